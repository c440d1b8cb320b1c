"""Approach 1 of Hoffmann et al. (arXiv:2203.15556, section 3.1): the lower envelope of training curves.

Each curve (the checkpoints of one run) is interpolated linearly in ln C and ln loss; at log-spaced budgets the size of
the curve that is lowest is taken as optimal, and a line through the logarithms gives N = k C^a.  Only sizes that were
trained can win; where the smallest or largest of the curves at a budget wins, the optimum may lie beyond, and the
budget is cut.
"""

import numpy as np
from numpy.typing import NDArray

from infobound.errors import UnknownNameError
from infobound.fitting.reading import Finding, Runs, refuse
from infobound.fitting.rules import RuleFit, line, ruled

__all__ = ["fit_envelope"]

Array = NDArray[np.float64]

# As many budgets as Hoffmann et al. take.
BUDGETS = 1500


def fit_envelope(read: Runs, spent: Array, *, draws: int = 0, level: float = 0.9, seed: int = 0) -> RuleFit:
    """Fit an allocation rule to the lower envelope of training curves.

    Parameters
    ----------
    read : Runs
    spent : numpy.ndarray
        Compute of each run.
    draws, level, seed
        As for `infobound.fit`.  The clusters are the curves, and the bootstrap draws curves.

    Raises
    ------
    UnknownNameError
        If no column tells curves apart.
    DomainError
        If fewer than three sizes lie on the envelope.
    """
    if not read.clustered:
        raise UnknownNameError("an envelope needs the column of the training curves, as cluster [missing-column]")
    curves = [np.flatnonzero(read.clusters == name) for name in np.unique(read.clusters)]
    lone = [int(row) for curve in curves for row in read.rows[curve] if len(curve) < 2]
    findings = [Finding("lone-checkpoint", "curves of a single checkpoint are left out", tuple(lone))] if lone else []
    curves = [curve[np.argsort(spent[curve], kind="stable")] for curve in curves if len(curve) > 1]
    if not curves:
        raise refuse("too-few-sizes", "an envelope needs curves of at least 2 checkpoints, got none")
    budgets = np.geomspace(spent.min(), spent.max(), BUDGETS)
    heights = _heights(curves, budgets, spent, read)
    sizes = np.array([read.columns["N"][curve[0]] for curve in curves])
    kept, winners = _inner(heights, sizes)
    if len(np.unique(winners)) < 2:
        raise refuse("too-few-sizes", "an envelope needs at least 4 sizes, two of them between the ends, got fewer")
    a, k = line(budgets[kept], winners)
    findings.append(
        Finding(
            "envelope-bias",
            f"only the {len(np.unique(sizes))} sizes trained can be optimal; {BUDGETS - int(kept.sum())} of {BUDGETS} "
            f"budgets are cut, where the smallest or largest size on offer wins",
        )
    )
    drawn = _bootstrap(heights, sizes, budgets, draws, seed)
    if len(drawn) < draws:
        message = f"{draws - len(drawn)} of {draws} bootstrap draws had fewer than two sizes between the ends"
        findings.append(Finding("failed-draws", message))
    optima = {
        "C": budgets[kept],
        "N": winners,
        "D": budgets[kept] / (6 * winners),
        "loss": np.exp(heights.min(axis=0)[kept]),
    }
    title = f"lower envelope of {len(curves)} training curves"
    return ruled("envelope_fitted", title, (a, k), optima, drawn, level, read, findings)


def _heights(curves: list[NDArray[np.intp]], budgets: Array, spent: Array, read: Runs) -> Array:
    """Ln loss of every curve at every budget; infinite outside of the curve."""
    x = np.log(budgets)
    return np.array([np.interp(x, np.log(spent[c]), np.log(read.loss[c]), left=np.inf, right=np.inf) for c in curves])


def _inner(heights: Array, sizes: Array) -> tuple[NDArray[np.bool_], Array]:
    """Budgets at which a size wins against both a smaller and a larger one, and the winners there."""
    present = np.isfinite(heights)
    smallest = np.where(present, sizes[:, None], np.inf).min(axis=0)
    largest = np.where(present, sizes[:, None], -np.inf).max(axis=0)
    winners = sizes[heights.argmin(axis=0)]
    kept = (winners > smallest) & (winners < largest)
    return kept, winners[kept]


def _bootstrap(heights: Array, sizes: Array, budgets: Array, draws: int, seed: int) -> Array:
    """Exponent and coefficient over resampled curves, of shape (draws, 2)."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        picked = np.unique(rng.integers(len(sizes), size=len(sizes)))
        kept, winners = _inner(heights[picked], sizes[picked])
        if len(np.unique(winners)) > 1:
            found.append(line(budgets[kept], winners))
    if draws and not found:
        raise refuse("failed-draws", "a bootstrap of the envelope needs draws with 4 sizes, got none")
    return np.array(found).reshape(-1, 2)
