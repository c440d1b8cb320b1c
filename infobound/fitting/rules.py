"""Allocations fitted without a loss surface: the optimum of each budget, and one power of C through the optima."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound import __version__
from infobound.allocation.minimising import allocate
from infobound.costs import Cost
from infobound.errors import DomainError
from infobound.fitting.banding import allocation_band
from infobound.fitting.forms import form_of, law_of
from infobound.fitting.objectives import Objective
from infobound.fitting.reading import Finding, Runs, data_of, read_runs, refuse
from infobound.fitting.sealing import write_sealed
from infobound.fitting.searching import probes, search
from infobound.fitting.storing import tree_of_findings, tree_of_ranges, tree_of_runs
from infobound.fitting.uncertainty import indistinct
from infobound.labelled import Answer, as_xarray
from infobound.record import TRANSFORMER, AllocationRule, Interval, Parameter
from infobound.symbols import FITS, C, Domain

__all__ = ["RuleFit", "line", "read_budgets", "rule_of", "ruled", "surface"]

Array = NDArray[np.float64]
Range = tuple[float, float]

N, D = FITS["N"].symbol, FITS["D"].symbol
_COEFFICIENT, _EXPONENT = sp.Symbol("k", positive=True), sp.Symbol("a", real=True)


@dataclass(frozen=True, eq=False)
class RuleFit:
    """An allocation rule N = k C^a, D = C/(6 N) fitted to the optima of several budgets.

    Attributes
    ----------
    rule : AllocationRule
        For `allocate` and `compare`, with k and a as parameters.
    exponents : mapping of str to float
        `a` and `b` = 1 - a.
    coefficient : float
        k.
    optima : mapping of str to numpy.ndarray
        `C`, `N`, `D` and `loss` at the optimum of each budget.
    level : float
    intervals : mapping of str to mapping of str to (float, float)
        By method ("bootstrap", where draws were asked for), then by exponent or k.
    draws : mapping of str to numpy.ndarray
        `a` and `k` of the bootstrap's draws; empty where none were asked for.
    runs : Runs
    warnings : tuple of Finding
    """

    rule: AllocationRule
    exponents: Mapping[str, float]
    coefficient: float
    optima: Mapping[str, Array]
    level: float
    intervals: Mapping[str, Mapping[str, Range]]
    draws: Mapping[str, Array] = field(repr=False)
    runs: Runs = field(repr=False)
    warnings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.rule.title}: N = {self.coefficient:.5g} C^{self.exponents['a']:.5g}"]
        for method, found in self.intervals.items():
            lines += [f"  {name} [{low:.6g}, {high:.6g}] by {method}" for name, (low, high) in found.items()]
        return "\n".join([*lines, *(f"  warning: {finding}" for finding in self.warnings)])

    @property
    def entry(self) -> AllocationRule:
        """What `allocate`, `compare` and the like take: the fitted rule."""
        return self.rule

    @as_xarray
    def allocate(self, *, C: Any, cost: Cost | str | None = None) -> Answer:
        """Follow the fitted rule to each budget.

        Parameters
        ----------
        C : array_like of float
        cost : Cost or str, optional

        Returns
        -------
        xarray.Dataset
            As from `infobound.allocate`; beside it `extrapolation`, decades from the compute of the optima, and where
            a bootstrap was asked for `p_low, p_high, T_low, T_high, tokens_per_parameter_low,
            tokens_per_parameter_high`.

        Raises
        ------
        DomainError, InfeasibleError, UnknownNameError
        """
        best: Answer = allocate.answer(self.rule, C=C, cost=cost)  # type: ignore[attr-defined]
        (dims, count), (_, data) = best.variables["p"], best.variables["T"]
        spent = np.log10(6 * count * data)
        given = {"C": C}
        band = allocation_band(self.rule, cost, given, self.draws, self.level) if self.draws else {}
        variables = {**best.variables, **band}
        ends = np.log10([self.optima["C"].min(), self.optima["C"].max()])
        variables["extrapolation"] = dims, np.maximum(np.maximum(ends[0] - spent, spent - ends[1]), 0.0)
        return Answer(best.coords, variables, {**best.attrs, "level": self.level})

    def record(self) -> dict[str, Any]:
        """Exponents, coefficient, optima, warnings and intervals, as JSON has them."""
        return {
            **self.exponents,
            "k": self.coefficient,
            "optima": {name: values.tolist() for name, values in self.optima.items()},
            "warnings": tree_of_findings(self.warnings),
            "intervals": {"level": self.level, **tree_of_ranges(self.intervals)},
        }

    def save(self, path: str | Path) -> None:
        """Write the whole result to a JSON file, which `load_fit` reads."""
        write_sealed(
            path,
            {
                "kind": "rule",
                "infobound_version": __version__,
                "name": self.rule.name,
                "title": self.rule.title,
                "fit": self.record(),
                "draws": {name: values.tolist() for name, values in self.draws.items()},
                "runs": tree_of_runs(self.runs),
            },
        )


def read_budgets(
    runs: Any, columns: Mapping[str, str], loss: str, *, compute: str | None, cluster: str | None, drop: int
) -> tuple[Runs, Array]:
    """Read runs with a size and either tokens or compute; return them with their compute."""
    wanted = {"N", "D"} if compute is None else {"N"}
    if compute is not None and "D" in columns:
        raise DomainError("an allocation is fitted to N with either D or C, got both")
    if set(columns) != wanted:
        raise DomainError(f"an allocation is fitted to N with either D or C, got {', '.join(columns) or 'none'}")
    named = dict(columns) | ({} if compute is None else {"C": compute})
    read = read_runs(
        runs, named, loss, domains={name: Domain(low=1) for name in named}, cluster=cluster, drop_highest_loss=drop
    )
    if compute is not None:
        data_of(read.columns["C"], read.columns["N"])
        return read, read.columns["C"]
    with np.errstate(over="ignore"):
        spent = 6 * read.columns["N"] * read.columns["D"]
    beyond = read.rows[~np.isfinite(spent)]
    if beyond.size:
        raise refuse("not-finite", "6 N D must be a finite number in every run, got inf", [*map(int, beyond)])
    return read, spent


def line(budgets: Array, sizes: Array) -> tuple[float, float]:
    """Exponent and coefficient of the least-squares line through ln size over ln budget."""
    a, intercept = np.polyfit(np.log(budgets), np.log(sizes), 1)
    return float(a), float(np.exp(intercept))


def rule_of(name: str, title: str, a: float, k: float, intervals: Mapping[str, Range], level: float) -> AllocationRule:
    """Record of N = k C^a with D = C / (6 N)."""
    exponent, coefficient = sp.Rational(repr(a)), sp.Rational(repr(k))
    meaning = f"{level:.0%} interval by bootstrap"

    def interval(letter: str, value: sp.Rational) -> Interval:
        if letter not in intervals:
            return Interval(value)
        low, high = intervals[letter]
        return Interval(value, sp.Rational(repr(low)), sp.Rational(repr(high)), meaning)

    return AllocationRule(
        name=name,
        title=title,
        size=N,
        data=D,
        p_of_C=_COEFFICIENT * C**_EXPONENT,
        T_of_C=C ** (1 - _EXPONENT) / (6 * _COEFFICIENT),
        cost=TRANSFORMER,
        intervals={"a": interval("a", exponent), "b": interval("b", 1 - exponent)},
        parameters=(
            Parameter(_COEFFICIENT, coefficient, low=0, low_included=False, source="fitted"),
            Parameter(_EXPONENT, exponent, source="fitted"),
        ),
    )


def ruled(
    name: str,
    title: str,
    found: tuple[float, float],
    optima: Mapping[str, Array],
    drawn: Array,
    level: float,
    runs: Runs,
    findings: Sequence[Finding],
) -> RuleFit:
    """Result of an exponent and coefficient, and of those of the bootstrap's draws, of shape (draws, 2)."""
    a, k = found
    draws = dict(zip(("a", "k"), drawn.T, strict=True)) if len(drawn) else {}
    intervals: dict[str, dict[str, Range]] = {}
    if draws:
        tails = [(1 - level) / 2, (1 + level) / 2]
        ends = {name: np.quantile(values, tails) for name, values in (draws | {"b": 1 - draws["a"]}).items()}
        intervals["bootstrap"] = {name: (float(low), float(high)) for name, (low, high) in sorted(ends.items())}
    return RuleFit(
        rule=rule_of(name, title, a, k, intervals.get("bootstrap", {}), level),
        exponents={"a": a, "b": 1 - a},
        coefficient=k,
        optima=optima,
        level=level,
        intervals=intervals,
        draws=draws,
        runs=runs,
        warnings=(*runs.findings, *findings),
    )


def surface(runs: Runs, compute: Array) -> tuple[Array, float] | None:
    """Losses at the runs, and exponent a, of the Chinchilla form fitted to them; None where they cannot identify it."""
    form = form_of(law_of("chinchilla"), ["N", "D"], {})
    sizes = runs.columns["N"]
    table = np.column_stack([np.log(runs.loss), sizes, runs.columns.get("D", compute / (6 * sizes))])
    objective = Objective("huber")
    if len(runs) <= len(form.free) or indistinct(form, probes(form, table, objective, 0), table):
        return None
    u = search(form, table, objective).u
    values = form.values(u)
    return form.residuals.listed(u[None], table, order=0)[0, :, 0], float(
        values["beta"] / (values["alpha"] + values["beta"])
    )
