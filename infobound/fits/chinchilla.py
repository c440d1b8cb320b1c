"""Chinchilla: published fits of E + A/N^alpha + B/D^beta, and published allocations without a loss.

The numbers stand in `chinchilla.toml` as they are printed; this file turns them into records.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sympy as sp

from infobound.record import TRANSFORMER, AllocationRule, Interval, Law, Parameter, Reference
from infobound.symbols import FITS, C, T, p

__all__ = ["LAWS", "TABLES", "Row", "Table", "log_mean", "prefactors"]

N, D, E, A, B, alpha, beta = (FITS[name].symbol for name in ("N", "D", "E", "A", "B", "alpha", "beta"))

# Hoffmann et al. 2022 eq. 2
TERMS = {"irreducible": E, "size": A / N**alpha, "data": B / D**beta}

_POWERS = {"M": 6, "B": 9, "T": 12}
_UNPRINTED = "no interval printed"


@dataclass(frozen=True)
class Row:
    """One line of a published table of optima.

    Attributes
    ----------
    size, flops, tokens : int
        Parameters, and the compute and data at which this size is optimal; as printed, misprints included.
    misprint : str
        What is wrong with the line as printed; empty where nothing is.
    """

    size: int
    flops: int
    tokens: int
    misprint: str = ""


@dataclass(frozen=True)
class Table:
    """A published table of optima, and where it stands in the paper."""

    locator: str
    rows: tuple[Row, ...]


def prefactors(rows: Iterable[Row], exponent: float) -> tuple[float, ...]:
    """Prefactor N / C^a of every row that is not a misprint.

    Parameters
    ----------
    rows : iterable of Row
    exponent : float
        The exponent a.

    Examples
    --------
    >>> [round(k, 4) for k in prefactors(TABLES["hoffmann_approach_1"].rows[:2], 0.5)]
    [0.0913, 0.0909]
    """
    return tuple(row.size / row.flops**exponent for row in rows if not row.misprint)


def log_mean(values: Sequence[float]) -> float:
    """Exponential of the mean logarithm.

    Examples
    --------
    >>> round(log_mean([2, 8]), 12)
    4.0
    """
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def _table(raw: Mapping[str, Any]) -> Table:
    misprints = raw.get("misprints", {})
    return Table(
        raw["locator"],
        tuple(
            Row(_counted(size), int(Decimal(flops)), _counted(tokens), misprints.get(size, ""))
            for size, flops, tokens in raw["rows"]
        ),
    )


def _counted(printed: str) -> int:
    """Read a count such as 205.1B."""
    return int(Decimal(printed[:-1]).scaleb(_POWERS[printed[-1]]))


def _references(raw: Mapping[str, Any]) -> tuple[Reference, ...]:
    return tuple(Reference(**_DATA["paper"][paper], locator=locator) for paper, locator in raw["references"])


def _intervals(raw: Mapping[str, Any]) -> dict[str, Interval]:
    return {name: _interval(raw, **printed) for name, printed in raw.get("intervals", {}).items()}


def _interval(raw: Mapping[str, Any], value: str, low: str = "", high: str = "", error: str = "") -> Interval:
    """Interval as printed, or one standard error either side where only that is printed."""
    middle = sp.Rational(value)
    if low:
        meaning = raw["interval_meaning"] + (f"; standard error {error}" if error else "")
        return Interval(middle, sp.Rational(low), sp.Rational(high), meaning)
    half = sp.Rational(error)
    return Interval(middle, middle - half, middle + half, raw["error_meaning"])


def _parameters(raw: Mapping[str, Any]) -> tuple[Parameter, ...]:
    reference = _references(raw)[0]
    source = f"{reference.identifier}, {reference.locator} ({raw['status']})"

    def parameter(name: str) -> Parameter:
        quantity = FITS[name]
        value, printed = _constant(raw, name)
        domain = quantity.domain
        return Parameter(quantity.symbol, value, domain.low, domain.high, domain.low_included, printed, source)

    return tuple(parameter(symbol.name) for symbol in (E, A, B, alpha, beta))


def _constant(raw: Mapping[str, Any], name: str) -> tuple[sp.Rational, str]:
    """Value and printed form; where the logarithm is printed, the value has 17 digits."""
    if name in raw["constants"]:
        printed = raw["constants"][name]
        return sp.Rational(printed), printed
    logarithm = raw["logarithms"][name]
    return sp.Rational(str(Context(prec=17).exp(Decimal(logarithm)))), f"ln {name} = {logarithm}"


def _law(raw: Mapping[str, Any]) -> Law:
    parameters = _parameters(raw)
    unprinted = {q.symbol.name: Interval(q.value, meaning=_UNPRINTED) for q in parameters if q.value is not None}
    return Law(
        name=raw["name"],
        title=raw["title"],
        kind="fit",
        quantity="loss",
        unit="nats per token",
        terms=TERMS,
        size=N,
        data=D,
        parameters=parameters,
        parameter_count=N,
        cost=TRANSFORMER,
        assumptions=tuple(raw["assumptions"]),
        references=_references(raw),
        intervals=unprinted | _intervals(raw),
        notes=(f"Constants: {raw['status']}.", *raw["disagrees"]),
        family="chinchilla",
    )


def _rule(raw: Mapping[str, Any]) -> AllocationRule:
    printed, table = raw["intervals"]["a"]["value"], TABLES[raw["name"]]
    each = prefactors(table.rows, float(printed))
    k = log_mean(each)
    # six digits: the rows themselves spread by percents
    path = sp.Rational(f"{k:.6g}") * C ** sp.Rational(printed)
    return AllocationRule(
        name=raw["name"],
        title=raw["title"],
        size=N,
        data=D,
        p_of_C=path,
        # the cost is proportional to T
        T_of_C=C / TRANSFORMER.expr.xreplace({p: path, T: sp.S.One}),
        cost=TRANSFORMER,
        intervals=_intervals(raw),
        references=_references(raw),
        notes=(
            f"Exponents: {raw['status']}.",
            f"The paper prints no prefactor. k = {k:.4f} in N = k C^{printed} is computed here: the log-mean "
            f"over {table.locator}, whose rows spread by {max(each) / min(each) - 1:.0%}.",
            "Tokens follow from C = 6 N D.",
            *raw["disagrees"],
        ),
        family="chinchilla",
    )


_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

TABLES: Mapping[str, Table] = MappingProxyType({raw["of"]: _table(raw) for raw in _DATA["table"]})
LAWS: tuple[AllocationRule | Law, ...] = (*map(_rule, _DATA["rule"]), *map(_law, _DATA["law"]))
