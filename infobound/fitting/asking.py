"""`fit`: what is to be fitted to which columns of which runs."""

import re
from collections.abc import Mapping
from typing import Any

from infobound.defining import define
from infobound.errors import DomainError, UnknownNameError
from infobound.fitting.envelopes import fit_envelope
from infobound.fitting.estimating import fit_runs
from infobound.fitting.forms import form_of, law_of
from infobound.fitting.isoflops import fit_isoflops
from infobound.fitting.objectives import Objective
from infobound.fitting.reading import read_runs
from infobound.fitting.results import Fit, check_target
from infobound.fitting.rules import RuleFit, read_budgets
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
    if not 0 < level < 1:
        raise DomainError(f"level must lie between 0 and 1, got {level!r}")
    if bootstrap < 0:
        raise DomainError(f"bootstrap must be a number of draws, at least 0, got {bootstrap!r}")
    if save is not None:
        check_target(save)
    if isinstance(form, str) and form in RULES:
        if fixed or save is not None:
            raise DomainError(f"{form} fits an allocation to columns alone and is not saved, got a number or a file")
        budgets = read_budgets(runs, named, loss, compute=C, cluster=cluster, drop=drop_highest_loss)
        return RULES[form](*budgets, draws=bootstrap, level=level, seed=seed)
    law, compute = _law(form, named, C), None
    if C is not None and "C" in {symbol.name for symbol in law.symbols}:
        named["C"] = C
    elif C is not None:
        if law.size is None or law.data is None or law.parameter_count != law.size or law.size.name not in named:
            rule = f"C gives the data beside a column of the parameter count, got none for {law.name}"
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


def _law(form: Law | str, named: Mapping[str, str], compute: str | None) -> Law:
    """Law to be fitted; of an expression, N and D are size and data where the runs give them."""
    if not isinstance(form, str) or NAME.fullmatch(form):
        return law_of(form)
    size, data = "N" if "N" in named else None, "D" if "D" in named or compute is not None else None
    return define(form, size=size, data=data)
