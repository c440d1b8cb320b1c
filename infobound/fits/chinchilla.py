"""Chinchilla: published fits of E + A/N^alpha + B/D^beta, and published allocations without a loss.

The numbers stand in `chinchilla.toml` as they are printed; this file turns them into records.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import sympy as sp

from infobound.fits.reading import Form, Published
from infobound.record import AllocationRule, Law, Parameter
from infobound.symbols import FITS, C

__all__ = ["FORM", "LAWS", "TABLES", "Row", "Table", "log_mean", "prefactors"]

N, D, E, A, B, alpha, beta = (FITS[name].symbol for name in ("N", "D", "E", "A", "B", "alpha", "beta"))

# Hoffmann et al. 2022 eq. 2
FORM = Form(
    {"irreducible": E, "size": A / N**alpha, "data": B / D**beta},
    [
        Parameter(q.symbol, None, q.domain.low, q.domain.high, q.domain.low_included, unit=q.unit)
        for q in (FITS[name] for name in ("E", "A", "B", "alpha", "beta"))
    ],
    N,
    D,
)

_POWERS = {"M": 6, "B": 9, "T": 12}


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


def _rule(raw: Mapping[str, Any]) -> AllocationRule:
    printed, table = raw["intervals"]["a"]["value"], TABLES[raw["name"]]
    each = prefactors(table.rows, float(printed))
    k = log_mean(each)
    rule = _PUBLISHED.rule(
        raw,
        # six digits: the rows themselves spread by percents
        sp.Rational(f"{k:.6g}") * C ** sp.Rational(printed),
        (),
    )
    return replace(
        rule,
        notes=(
            rule.notes[0].replace("Numbers", "Exponents"),
            f"The paper prints no prefactor. k = {k:.4f} in N = k C^{printed} is computed here: the log-mean "
            f"over {table.locator}, whose rows spread by {max(each) / min(each) - 1:.0%}.",
            "Tokens follow from C = 6 N D.",
            *rule.notes[1:],
        ),
    )


_PUBLISHED = Published(__file__)

TABLES: Mapping[str, Table] = MappingProxyType({raw["of"]: _table(raw) for raw in _PUBLISHED.data["table"]})
LAWS: tuple[AllocationRule | Law, ...] = (
    *map(_rule, _PUBLISHED.tables("rule")),
    *(_PUBLISHED.law(raw, FORM) for raw in _PUBLISHED.tables("law")),
)
