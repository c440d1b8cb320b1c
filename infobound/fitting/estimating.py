"""Constants of a form from runs that were read: the optimum, its intervals, and what is doubtful about it."""

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.fitting.forms import Form
from infobound.fitting.objectives import Objective
from infobound.fitting.reading import Finding, Runs, refuse
from infobound.fitting.results import Fit
from infobound.fitting.searching import Search, probes, search
from infobound.fitting.uncertainty import Spread, indistinct, profile, resample, spread
from infobound.record import Interval, Law

__all__ = ["fit_runs"]

Array = NDArray[np.float64]
Range = tuple[float, float]

# Draws of the normal approximation behind bands where no bootstrap was asked for.
NORMAL_DRAWS = 1000
# A standard error of a logarithm, or of a number in units of itself, from which a parameter is weakly identified.
WEAK = 1.0
# A share of descents below which the optimum deserves a second look.
RARE = 0.1


def fit_runs(form: Form, runs: Runs, objective: Objective, *, draws: int, level: float, seed: int) -> Fit:
    """Fit a form to runs that were read and checked.

    Raises
    ------
    DomainError
        If there are fewer runs than parameters, or the runs cannot tell parameters apart.
    """
    table = np.column_stack([np.log(runs.loss), *(runs.columns[symbol.name] for symbol in form.columns)])
    if len(runs) < len(form.free):
        rule = f"a fit needs at least as many runs as parameters ({', '.join(form.names)})"
        raise refuse("too-few-runs", f"{rule}, got {len(runs)}")
    _refuse_indistinct(form, runs, table, objective, seed)
    found = search(form, table, objective, seed=seed)
    around = spread(form, found.u, table, runs.clusters, objective)
    findings = [*runs.findings, *_doubts(form, found, around, len(runs))]
    parameters = {name: float(value) for name, value in form.values(found.u).items()}
    exponents = _exponents(form, parameters)
    profiled = _profiled(form, found.u, table, objective, around, level)
    intervals = {"profile": profiled}
    if draws:
        drawn, unsettled = resample(form, found.optima, table, runs.clusters, objective, draws, seed=seed)
        if unsettled:
            findings.append(Finding("unsettled-draws", f"{unsettled} of {draws} bootstrap fits did not come to rest"))
    else:
        drawn = _normal_draws(form, found.u, around, seed)
    spreads = {name: np.asarray(value) for name, value in form.values(drawn).items()}
    if draws:
        tails = [(1 - level) / 2, (1 + level) / 2]
        quantiles = {name: np.quantile(v, tails) for name, v in (spreads | _exponents(form, spreads)).items()}
        intervals["bootstrap"] = {name: (float(low), float(high)) for name, (low, high) in quantiles.items()}
    residuals = table[:, 0] - np.log(form.residuals.listed(found.u[None], table, order=0)[0, :, 0])
    return Fit(
        law=_fitted(form, parameters, exponents, profiled, len(runs), objective, level),
        parameters=parameters,
        exponents=exponents,
        objective=objective.value(residuals),
        loss=objective,
        starts=found.starts,
        starts_at_best=found.starts_at_best,
        level=level,
        intervals=intervals,
        draws=spreads,
        runs=runs,
        warnings=tuple(findings),
    )


def _refuse_indistinct(form: Form, runs: Runs, table: Array, objective: Objective, seed: int) -> None:
    names = indistinct(form, probes(form, table, objective, seed), table)
    if names:
        few = [
            f"{name} takes {count} value{'s' if count > 1 else ''}"
            for name, count in ((name, len(np.unique(column))) for name, column in runs.columns.items())
            if count <= 3
        ]
        reason = f": {' and '.join(few)}" if few else ""
        raise refuse(
            "not-identifiable", f"the runs must tell all parameters apart, but do not tell {_and(names)}{reason}"
        )


def _doubts(form: Form, found: Search, around: Spread, runs: int) -> list[Finding]:
    """What its reader must know about an optimum."""
    doubts = []
    if not found.converged:
        doubts.append(Finding("not-converged", "the descent to the best optimum did not come to rest"))
    if found.starts_at_best <= RARE * found.starts:
        message = f"only {found.starts_at_best} of {found.starts} descents ended at the best optimum"
        doubts.append(Finding("rare-optimum", message))
    edges = [
        name
        for name, u, (low, high) in zip(form.names, found.u, form.box, strict=True)
        if min(u - low, high - u) <= 1e-9 * (1 + abs(u))
    ]
    if edges:
        doubts.append(Finding("at-edge", f"{_and(edges)} lies at the edge of its domain"))
    if around.freedom < 1:
        doubts.append(Finding("no-freedom", "as many parameters as runs: there is nothing to judge the fit by"))
        return doubts
    errors = np.sqrt(np.diag(around.covariance))
    scale = np.where(form.logged, 1.0, np.abs(found.u))
    weak = [
        name
        for name, error, unit in zip(form.names, errors, scale, strict=True)
        if error > WEAK * unit and name not in edges
    ]
    if weak:
        doubts.append(Finding("weakly-identified", f"the runs say little about {_and(weak)}: see the intervals"))
    return doubts


def _profiled(
    form: Form, u: Array, table: Array, objective: Objective, around: Spread, level: float
) -> dict[str, Range]:
    """Profile likelihood intervals of the parameters and of the exponents."""
    found: dict[str, Range] = {}
    with np.errstate(over="ignore"):
        for name, (direction, inverse) in _directions(form).items():
            low, high = profile(form, u, table, objective, around, direction, level)
            found[name] = float(inverse(np.float64(low))), float(inverse(np.float64(high)))
    if "a" in found:
        found["b"] = 1 - found["a"][1], 1 - found["a"][0]
    return found


def _directions(form: Form) -> dict[str, tuple[Array, Any]]:
    """Combinations of coordinates with profile intervals, and what turns them into the parameter.

    The exponent a = beta / (alpha + beta) depends on ln beta - ln alpha alone.
    """
    unit = np.eye(len(form.free))
    found: dict[str, tuple[Array, Any]] = {
        name: (unit[i], np.exp if logged else np.asarray)
        for i, (name, logged) in enumerate(zip(form.names, form.logged, strict=True))
    }
    if form.exponents is not None:
        a, _ = form.exponents
        odds = sp.simplify(a / (1 - a))
        powers = odds.as_powers_dict()
        places = {q.symbol: i for i, q in enumerate(form.free) if form.logged[i]}
        if powers and all(base in places and power.is_number for base, power in powers.items()):
            direction = sum(float(power) * unit[places[base]] for base, power in powers.items())
            found["a"] = np.asarray(direction), lambda x: 1 / (1 + np.exp(-x))
    return found


def _exponents(form: Form, values: dict[str, Any]) -> dict[str, Any]:
    if form.exponents is None:
        return {}
    bound = {q.symbol.name: float(q.value) for q in form.law.parameters if q.value is not None} | values
    found = {}
    for letter, expr in zip(("a", "b"), form.exponents, strict=True):
        symbols = sorted(expr.free_symbols, key=str)
        found[letter] = sp.lambdify(symbols, expr, "math" if _scalar(values) else "numpy")(
            *(bound[s.name] for s in symbols)
        )
    return found


def _scalar(values: dict[str, Any]) -> bool:
    return all(np.ndim(value) == 0 for value in values.values())


def _normal_draws(form: Form, u: Array, around: Spread, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    if around.freedom < 1:
        return u[None]
    values, vectors = np.linalg.eigh(around.covariance)
    steps = rng.standard_normal((NORMAL_DRAWS, len(u))) * np.sqrt(np.maximum(values, 0))
    return np.asarray(np.clip(u + steps @ vectors.T, form.box[:, 0], form.box[:, 1]))


def _fitted(
    form: Form,
    parameters: dict[str, float],
    exponents: dict[str, float],
    profiled: dict[str, Range],
    runs: int,
    objective: Objective,
    level: float,
) -> Law:
    source = f"fitted to {runs} runs by the least {objective}"
    meaning = f"{level:.0%} interval by profile likelihood"

    def exact(value: float) -> sp.Rational | None:
        return sp.Rational(repr(value)) if np.isfinite(value) else None

    law = form.law
    return replace(
        law,
        name=f"{law.name}_fitted",
        title=f"{law.title}, fitted to {runs} runs",
        parameters=tuple(
            replace(q, value=exact(parameters[q.symbol.name]), source=source) if q.symbol.name in parameters else q
            for q in law.parameters
        ),
        intervals={
            name: Interval(exact(value), exact(low), exact(high), meaning)
            for name, value in {**parameters, **exponents}.items()
            for low, high in [profiled.get(name, (np.nan, np.nan))]
        },
        assumptions=(f"{source[0].upper()}{source[1:]}; away from these runs it extrapolates.",),
        references=(),
        notes=(),
        family="user",
        reading="",
    )


def _and(names: Any) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else str(last)
