"""`fit`: what is to be fitted to which columns of which runs."""

import operator
import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

from infobound.defining import define
from infobound.errors import DomainError, UnknownNameError
from infobound.fitting.envelopes import fit_envelope
from infobound.fitting.estimating import fit_runs
from infobound.fitting.forms import Form, form_of, law_of
from infobound.fitting.isoflops import fit_isoflops
from infobound.fitting.objectives import Objective
from infobound.fitting.reading import Runs, read_runs
from infobound.fitting.results import Fit
from infobound.fitting.rules import RuleFit, read_budgets
from infobound.fitting.sealing import check_target
from infobound.record import Law

__all__ = ["fit"]

# As on the command line: a law's name; anything else is an expression.
NAME = re.compile(r"[A-Za-z0-9_-]+")
RULES = {"isoflop": fit_isoflops, "envelope": fit_envelope}


def fit(
    form: Law | str,
    runs: Any,
    *,
    N: str | float | None = None,
    D: str | float | None = None,
    C: str | None = None,
    loss: str = "loss",
    objective: str | None = None,
    delta: float | None = None,
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
        free.  A law of the theory is fitted as irreducible + scale times it.  Anything but a name is an expression,
        such as "E + A/N^alpha", in which N is the size and D the data.  "isoflop" fits parabolas to runs of equal
        compute (approach 2 of Hoffmann et al.), "envelope" the lower envelope of training curves (approach 1).
    runs : str, pathlib.Path, pandas.DataFrame or mapping
        A .csv, .parquet, .json (records) or .jsonl file, a frame, or columns by name.
    N, D : str or float, optional
        Columns of the parameters and of the tokens.
    C : str, optional
        Column of the compute in operations; in place of D it gives D = C/(6 N), but for a law in C itself.
    loss : str
        Column of the loss, not of its logarithm.
    objective : str, optional
        "huber" (rho = r^2/2 up to delta, delta (|r| - delta/2) beyond; the default), "lad" (|r|) or "lsq" (r^2/2),
        summed over runs.  "isoflop" and "envelope" have none.
    delta : float, optional
        Threshold of the Huber loss; 1e-3 if left out.
    bootstrap : int
        Draws of runs with replacement, 2 or more, for bootstrap intervals beside those of profile likelihood.
    cluster : str, optional
        Column of what belongs together: checkpoints of one run are not independent.
    drop_highest_loss : int
        How many runs of the highest loss to leave out; the warnings list them.
    level : float
        Of all intervals, between 0 and 1.
    seed : int
        Of random starts and draws.
    save : str, optional
        A .json file to save the whole result to; `load_fit` reads it, and so does the command line in place of a law.
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
    >>> import numpy as np
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
    if not (isinstance(level, Real) and 0 < level < 1):
        raise DomainError(f"level must lie between 0 and 1, got {level!r}")
    draws, drop = _count("bootstrap", bootstrap), _count("drop_highest_loss", drop_highest_loss)
    seed = _count("seed", seed)
    if draws == 1:
        raise DomainError("bootstrap must be 0 or at least 2 draws, got 1")
    if save is not None:
        check_target(save)
    if isinstance(form, str) and form in RULES:
        stray = [name for name, value in (("objective", objective), ("delta", delta)) if value is not None]
        if stray or fixed:
            rule = f"{form} fits least-squares lines to columns and takes no objective, delta or number"
            raise DomainError(f"{rule}, got {', '.join([*stray, *fixed])}")
        budgets = read_budgets(runs, named, loss, compute=C, cluster=cluster, drop=drop)
        result: Fit | RuleFit = RULES[form](*budgets, draws=draws, level=level, seed=seed)
    else:
        summed = Objective("huber" if objective is None else objective, 1e-3 if delta is None else delta)
        chosen, read = _read(form, runs, named, fixed, compute=C, loss=loss, cluster=cluster, drop=drop)
        result = fit_runs(chosen, read, summed, draws=draws, level=level, seed=seed)
    if save is not None:
        result.save(save)
    return result


def _read(
    form: Law | str,
    runs: Any,
    named: dict[str, str],
    fixed: Mapping[str, Any],
    *,
    compute: str | None,
    loss: str,
    cluster: str | None,
    drop: int,
) -> tuple[Form, Runs]:
    """What is fitted, and the runs it is fitted to."""
    law, derived = _law(form, named, compute), None
    if compute is not None and "C" in {symbol.name for symbol in law.symbols}:
        named["C"] = compute
    elif compute is not None:
        if law.size is None or law.data is None or law.parameter_count != law.size or law.size.name not in named:
            rule = f"C gives the data beside a column of the parameter count, got none for {law.name}"
            raise UnknownNameError(f"{rule} [missing-column]")
        derived = compute, law.size.name, law.data.name
    chosen = form_of(law, tuple(dict.fromkeys([*named, *([] if derived is None else [derived[2]])])), fixed)
    domains = {symbol.name: chosen.domain(symbol.name) for symbol in chosen.columns}
    return chosen, read_runs(
        runs, named, loss, domains=domains, compute=derived, cluster=cluster, drop_highest_loss=drop
    )


def _count(name: str, value: Any) -> int:
    """A whole number, at least 0."""
    try:
        count = operator.index(value)
    except TypeError:
        count = -1
    if count < 0 or isinstance(value, bool):
        raise DomainError(f"{name} must be a whole number, at least 0, got {value!r}")
    return count


def _law(form: Law | str, named: Mapping[str, str], compute: str | None) -> Law:
    """Law to be fitted; of an expression, N and D are size and data where the runs give them."""
    if not isinstance(form, str) or NAME.fullmatch(form):
        return law_of(form)
    size, data = "N" if "N" in named else None, "D" if "D" in named or compute is not None else None
    return define(form, size=size, data=data)
