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

# Draws of the bootstrap behind bands where none was asked for.
BAND_DRAWS = 200
# Draws beyond each end of an interval below which that end is one of a few.
FEW_BEYOND = 5
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
    if draws and len(runs) == len(form.free):
        raise refuse("too-few-runs", f"a bootstrap needs more runs than parameters, got {len(runs)} of both")
    if draws and len(np.unique(runs.clusters)) < 2:
        raise refuse("too-few-clusters", "a bootstrap needs at least 2 clusters to draw from, got 1")
    _refuse_indistinct(form, runs, table, objective, seed)
    found = search(form, table, objective, seed=seed)
    losses = form.residuals.listed(found.u[None], table, order=0)[0, :, 0]
    if not (np.isfinite(losses) & (losses > 0)).all():
        bad = runs.rows[~(np.isfinite(losses) & (losses > 0))]
        rule = "a law must be a positive finite number at every run for some parameters, got none that are"
        raise refuse("no-finite-fit", rule, [*map(int, bad)])
    residuals = table[:, 0] - np.log(losses)
    around = spread(form, found.u, table, runs.clusters, objective)
    findings = [*runs.findings, *_doubts(form, found, around, runs)]
    parameters = {name: float(value) for name, value in form.values(found.u).items()}
    exponents = _exponents(form, parameters)
    profiled = _profiled(form, found.u, table, objective, around, level)
    intervals = {"profile": profiled}
    count = draws or (BAND_DRAWS if around.freedom > 0 else 0)
    drawn, unsettled, undetermined = resample(form, found.optima, table, runs.clusters, objective, count, seed=seed)
    spreads = {name: np.asarray(value) for name, value in form.values(drawn).items()}
    findings += _doubts_of_draws(count, unsettled, undetermined, level)
    if draws:
        tails = [(1 - level) / 2, (1 + level) / 2]
        quantiles = {name: np.quantile(v, tails) for name, v in (spreads | _exponents(form, spreads)).items()}
        intervals["bootstrap"] = {name: (float(low), float(high)) for name, (low, high) in quantiles.items()}
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


def _doubts(form: Form, found: Search, around: Spread, runs: Runs) -> list[Finding]:
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
        where = "lies at the edge of its domain" if len(edges) == 1 else "lie at the edges of their domains"
        doubts.append(Finding("at-edge", f"{_and(edges)} {where}"))
    if around.freedom < 1:
        what = "a single cluster" if len(runs) > len(form.free) else "as many parameters as runs"
        doubts.append(
            Finding("no-freedom", f"{what}: there is nothing to judge the fit by, and no interval has an end")
        )
        return doubts
    clusters = len(np.unique(runs.clusters))
    if runs.clustered and clusters <= len(form.free):
        message = f"{clusters} clusters are no more than the {len(form.free)} parameters: intervals may be too narrow"
        doubts.append(Finding("few-clusters", message))
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


def _doubts_of_draws(count: int, unsettled: int, undetermined: int, level: float) -> list[Finding]:
    """What their reader must know about the draws of a bootstrap."""
    found = []
    if unsettled:
        found.append(Finding("unsettled-draws", f"{unsettled} of {count} bootstrap fits did not come to rest"))
    if undetermined:
        message = "bootstrap draws hold fewer different runs than there are parameters, and differ too little"
        found.append(Finding("undetermined-draws", f"{undetermined} of {count} {message}"))
    if count and count * (1 - level) / 2 < FEW_BEYOND:
        message = f"{count} draws are few for intervals of {level:.10g}: less than {FEW_BEYOND} lie beyond each end"
        found.append(Finding("few-draws", message))
    return found


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
        name=f"{law.name.removesuffix('_fitted')}_fitted",
        title=f"{law.title.partition(', fitted to ')[0]}, fitted to {runs} runs",
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
