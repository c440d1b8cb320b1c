"""`fit`: a law's constants from training runs, at the global optimum and with intervals."""

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.errors import DomainError, UnknownNameError
from infobound.fitting.envelopes import fit_envelope
from infobound.fitting.forms import Form, form_of, law_of
from infobound.fitting.isoflops import fit_isoflops
from infobound.fitting.objectives import Objective
from infobound.fitting.reading import Finding, Runs, read_runs, refuse
from infobound.fitting.results import Fit, check_target
from infobound.fitting.rules import RuleFit
from infobound.fitting.searching import Search, probes, search
from infobound.fitting.uncertainty import Spread, indistinct, profile, resample, spread
from infobound.record import Interval, Law

__all__ = ["fit", "fit_runs"]

Array = NDArray[np.float64]
Range = tuple[float, float]

RULES = {"isoflop": fit_isoflops, "envelope": fit_envelope}
# Draws of the normal approximation behind bands where no bootstrap was asked for.
NORMAL_DRAWS = 1000
# A standard error of a logarithm, or of a number in units of itself, from which a parameter is weakly identified.
WEAK = 1.0
# A share of descents below which the optimum deserves a second look.
RARE = 0.1


def fit(
    form: Law | str,
    runs: Any,
    *,
    N: str | float | None = None,
    D: str | float | None = None,
    C: str | None = None,
    loss: str = "loss",
    objective: str = "huber",
    delta: float = 1e-3,
    bootstrap: int = 0,
    cluster: str | None = None,
    drop_highest_loss: int = 0,
    level: float = 0.9,
    seed: int = 0,
    save: str | None = None,
    **columns: str | float,
) -> Fit | RuleFit:
    r"""Fit a law to training runs.

    The least sum over runs of :math:`\rho(\ln \mathrm{loss} - \ln L)` is searched for over all free parameters: on a
    net over those that are not linear, with the best linear ones at each node, then by Newton's method from many nodes.

    Parameters
    ----------
    form : Law or str
        A law, its name, or "chinchilla" for E + A/N^alpha + B/D^beta: every parameter without a column or a number is
        free.  A law of the theory is fitted as irreducible + scale times it.  "isoflop" fits parabolas to runs of equal
        compute (approach 2 of Hoffmann et al.), "envelope" the lower envelope of training curves (approach 1).
    runs : str, pathlib.Path, pandas.DataFrame or mapping
        A .csv, .parquet, .json (records) or .jsonl file, a frame, or columns by name.
    N, D : str or float, optional
        Columns of the parameters and of the tokens.
    C : str, optional
        Column of the compute in operations; in place of D it gives D = C/(6 N).
    loss : str
        Column of the loss, not of its logarithm.
    objective : str
        "huber" (rho = r^2/2 up to delta, delta (|r| - delta/2) beyond), "lad" (|r|) or "lsq" (r^2/2), summed over runs.
    delta : float
        Threshold of the Huber loss.
    bootstrap : int
        Draws of runs with replacement, for bootstrap intervals beside those of profile likelihood.
    cluster : str, optional
        Column of what belongs together: checkpoints of one run are not independent.
    drop_highest_loss : int
        How many runs of the highest loss to leave out; the warnings list them.
    level : float
        Of all intervals, between 0 and 1.
    seed : int
        Of random starts and draws.
    save : str, optional
        A .json file to save the whole result to; `load_fit` reads it.
    **columns : str or float
        For other symbols of the law the name of a column, or a number that is not fitted; `p` is the parameter count
        of a law whose size is another symbol.

    Returns
    -------
    Fit or RuleFit
        A `RuleFit` for "isoflop" and "envelope".

    Raises
    ------
    DomainError
        If a number is bad, there are fewer runs than parameters, or the runs cannot tell parameters apart; with a code
        and the rows.
    UnknownNameError, ExpressionError

    Examples
    --------
    >>> sizes, tokens = np.meshgrid(np.geomspace(1e7, 1e9, 5), np.geomspace(1e9, 1e11, 5))
    >>> made = {"N": sizes.ravel(), "D": tokens.ravel()}
    >>> made["loss"] = 1.8 + 480 / made["N"] ** 0.35 + 2100 / made["D"] ** 0.37
    >>> found = fit("chinchilla", made, N="N", D="D")
    >>> round(found.parameters["alpha"], 6), round(found.exponents["a"], 6)
    (0.35, 0.513889)
    """
    given = {name: value for name, value in {"N": N, "D": D, **columns}.items() if value is not None}
    named = {name: str(value) for name, value in given.items() if isinstance(value, str)}
    fixed = {name: value for name, value in given.items() if not isinstance(value, str)}
    if not 0 < level < 1:
        raise DomainError(f"level must lie between 0 and 1, got {level!r}")
    if bootstrap < 0:
        raise DomainError(f"bootstrap must be a number of draws, at least 0, got {bootstrap!r}")
    if save is not None:
        check_target(save)
    result: Fit | RuleFit
    if isinstance(form, str) and form in RULES:
        if fixed or save is not None:
            raise DomainError(f"{form} fits an allocation to columns alone and is not saved, got a number or a file")
        return RULES[form](
            runs,
            named,
            loss,
            compute=C,
            cluster=cluster,
            drop=drop_highest_loss,
            draws=bootstrap,
            level=level,
            seed=seed,
        )
    law, compute = law_of(form), None
    if C is not None:
        if law.size is None or law.data is None or law.size.name not in named:
            rule = f"C gives the data beside a column of the size, got none for {law.name}"
            raise UnknownNameError(f"{rule} [missing-column]")
        compute = C, law.size.name, law.data.name
    by_runs = dict.fromkeys([*named, *([] if compute is None else [compute[2]])])
    chosen = form_of(law, tuple(by_runs), fixed)
    read = read_runs(
        runs,
        named,
        loss,
        domains={symbol.name: chosen.domain(symbol.name) for symbol in chosen.columns},
        compute=compute,
        cluster=cluster,
        drop_highest_loss=drop_highest_loss,
    )
    result = fit_runs(chosen, read, Objective(objective, delta), draws=bootstrap, level=level, seed=seed)
    if save is not None:
        result.save(save)
    return result


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
    directions = _directions(form)

    def ends(low: float, high: float, name: str) -> Range:
        inverse = directions[name][1]
        return float(inverse(np.float64(low))), float(inverse(np.float64(high)))

    with np.errstate(over="ignore"):
        profiled = {
            name: ends(*profile(form, found.u, table, objective, around, direction, level), name)
            for name, (direction, _) in directions.items()
        }
    if "a" in profiled:
        profiled["b"] = (1 - profiled["a"][1], 1 - profiled["a"][0])
    intervals: dict[str, dict[str, Range]] = {"profile": profiled}
    if draws:
        drawn, unsettled = resample(form, found.optima, table, runs.clusters, objective, draws, seed=seed)
        if unsettled:
            findings.append(Finding("unsettled-draws", f"{unsettled} of {draws} bootstrap fits did not come to rest"))
    else:
        drawn = _normal_draws(form, found.u, around, seed)
    parameters = {name: float(value) for name, value in form.values(found.u).items()}
    exponents = _exponents(form, parameters)
    spreads = {name: np.asarray(value) for name, value in form.values(drawn).items()}
    if draws:
        tail = (1 - level) / 2
        columns = spreads | {name: np.asarray(value) for name, value in _exponents(form, spreads).items()}
        intervals["bootstrap"] = {
            name: (float(low), float(high))
            for name, (low, high) in ((k, np.quantile(v, [tail, 1 - tail])) for k, v in columns.items())
        }
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
    )


def _and(names: Any) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else str(last)
