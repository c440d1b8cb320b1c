"""Allocations fitted without a loss surface: the optimum of each budget, and one power of C through the optima."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.errors import DomainError
from infobound.fitting.forms import form_of, law_of
from infobound.fitting.objectives import Objective
from infobound.fitting.reading import Finding, Runs, read_runs
from infobound.fitting.searching import probes, search
from infobound.fitting.uncertainty import indistinct
from infobound.record import TRANSFORMER, AllocationRule, Interval
from infobound.symbols import FITS, C, Domain

__all__ = ["RuleFit", "line", "read_budgets", "rule_of", "surface"]

Array = NDArray[np.float64]
Range = tuple[float, float]

N, D = FITS["N"].symbol, FITS["D"].symbol


@dataclass(frozen=True, eq=False)
class RuleFit:
    """An allocation rule N = k C^a, D = C/(6 N) fitted to the optima of several budgets.

    Attributes
    ----------
    rule : AllocationRule
        For `allocate` and `compare`.
    exponents : mapping of str to float
        `a` and `b` = 1 - a.
    coefficient : float
        k.
    optima : mapping of str to numpy.ndarray
        `C`, `N`, `D` and `loss` at the optimum of each budget.
    level : float
    intervals : mapping of str to mapping of str to (float, float)
        By method ("bootstrap", where draws were asked for), then by exponent or k.
    runs : Runs
    warnings : tuple of Finding
    """

    rule: AllocationRule
    exponents: Mapping[str, float]
    coefficient: float
    optima: Mapping[str, Array]
    level: float
    intervals: Mapping[str, Mapping[str, Range]]
    runs: Runs = field(repr=False)
    warnings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.rule.title}: N = {self.coefficient:.5g} C^{self.exponents['a']:.5g}"]
        for method, found in self.intervals.items():
            lines += [f"  {name} [{low:.6g}, {high:.6g}] by {method}" for name, (low, high) in found.items()]
        return "\n".join([*lines, *(f"  warning: {finding}" for finding in self.warnings)])

    def record(self) -> dict[str, Any]:
        """Exponents, coefficient, optima, warnings and intervals, as JSON has them."""
        return {
            **self.exponents,
            "k": self.coefficient,
            "optima": {name: values.tolist() for name, values in self.optima.items()},
            "warnings": [{"code": f.code, "message": f.message, "rows": list(f.rows)} for f in self.warnings],
            "intervals": {
                "level": self.level,
                **{
                    method: {name: list(ends) for name, ends in found.items()}
                    for method, found in self.intervals.items()
                },
            },
        }


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
    return read, read.columns["C"] if compute is not None else 6 * read.columns["N"] * read.columns["D"]


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
        p_of_C=coefficient * C**exponent,
        T_of_C=C ** (1 - exponent) / (6 * coefficient),
        cost=TRANSFORMER,
        intervals={"a": interval("a", exponent), "b": interval("b", 1 - exponent)},
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
