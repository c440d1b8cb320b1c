"""Approach 2 of Hoffmann et al. (arXiv:2203.15556, section 3.2): parabolas through runs of equal compute.

At each budget a parabola in ln N is fitted to the loss by least squares; its vertex is the optimal size, and a line
through the logarithms of the vertices gives N = k C^a.  The loss along a budget is no parabola where alpha and beta
differ, so a vertex is shifted by an amount that depends on the sizes that were tried; the exponent is biased where
these do not follow the optimum.  The bias is computed for the very runs at hand, on noise-free losses of the law that
fits them.
"""

import numpy as np
from numpy.typing import NDArray

from infobound.fitting.reading import Finding, Runs, refuse
from infobound.fitting.rules import RuleFit, line, ruled, surface

__all__ = ["fit_isoflops"]

Array = NDArray[np.float64]
Groups = list[NDArray[np.intp]]

# Neighbours in compute closer than this belong to one budget.
SAME_BUDGET = 1.05
FEWEST_SIZES = 3


def fit_isoflops(read: Runs, spent: Array, *, draws: int = 0, level: float = 0.9, seed: int = 0) -> RuleFit:
    """Fit an allocation rule to IsoFLOP profiles.

    Parameters
    ----------
    read : Runs
    spent : numpy.ndarray
        Compute of each run.
    draws, level, seed
        As for `infobound.fit`.  The bootstrap draws runs (or clusters) within each budget.

    Raises
    ------
    DomainError
        If fewer than two budgets have a vertex.
    """
    groups, findings = _budgets(read, spent)
    budgets = np.array([np.exp(np.log(spent[group]).mean()) for group in groups])
    sizes = read.columns["N"]
    vertices, losses = _vertices(groups, sizes, read.loss)
    findings += _odd(groups, sizes, vertices, budgets, read)
    kept = np.isfinite(vertices)
    if kept.sum() < 2:
        raise refuse("too-few-budgets", f"an exponent needs the vertices of at least 2 budgets, got {int(kept.sum())}")
    a, k = line(budgets[kept], vertices[kept])
    if draws and all(len(np.unique(read.clusters[group])) < 2 for group in groups):
        raise refuse(
            "too-few-clusters", "a bootstrap needs at least 2 clusters at some budget to draw from, got 1 at each"
        )
    drawn = _bootstrap(groups, read, sizes, budgets, draws, seed)
    if len(drawn) < draws:
        message = f"{draws - len(drawn)} of {draws} bootstrap draws had fewer than two vertices"
        findings.append(Finding("failed-draws", message))
    findings.append(_bias(groups, read, spent, budgets))
    optima = {
        "C": budgets[kept],
        "N": vertices[kept],
        "D": budgets[kept] / (6 * vertices[kept]),
        "loss": losses[kept],
    }
    title = f"IsoFLOP profiles of {len(read)} runs"
    return ruled("isoflop_fitted", title, (a, k), optima, drawn, level, read, findings)


def _budgets(read: Runs, spent: Array) -> tuple[Groups, list[Finding]]:
    """Runs of each budget; budgets with too few sizes for a parabola are named and left out."""
    order = np.argsort(spent, kind="stable")
    cuts = np.flatnonzero(spent[order][1:] / spent[order][:-1] > SAME_BUDGET) + 1
    groups, lone = [], []
    for group in np.split(order, cuts):
        if len(np.unique(read.columns["N"][group])) >= FEWEST_SIZES:
            groups.append(group)
        else:
            lone += [int(row) for row in read.rows[group]]
    if not lone:
        return groups, []
    message = f"{len(lone)} runs at budgets of fewer than {FEWEST_SIZES} sizes are left out"
    return groups, [Finding("few-sizes", message, tuple(sorted(lone)))]


def _vertices(groups: Groups, sizes: Array, losses: Array) -> tuple[Array, Array]:
    """Size and loss at each budget's vertex; NaN where the parabola opens downwards."""
    found = []
    for group in groups:
        x = np.log(sizes[group])
        centre = x.mean()
        if len(np.unique(x)) < FEWEST_SIZES:
            found.append((np.nan, np.nan))
            continue
        bend, slope, level = np.polyfit(x - centre, losses[group], 2)
        found.append(
            (np.exp(centre - slope / (2 * bend)), level - slope**2 / (4 * bend)) if bend > 0 else (np.nan, np.nan)
        )
    return np.array(found).reshape(-1, 2)[:, 0], np.array(found).reshape(-1, 2)[:, 1]


def _odd(groups: Groups, sizes: Array, vertices: Array, budgets: Array, read: Runs) -> list[Finding]:
    found = []
    for group, vertex, budget in zip(groups, vertices, budgets, strict=True):
        rows = tuple(sorted(int(row) for row in read.rows[group]))
        if np.isnan(vertex):
            found.append(Finding("no-vertex", f"the parabola at C = {budget:.3g} has no minimum and is left out", rows))
        elif not sizes[group].min() <= vertex <= sizes[group].max():
            message = f"the vertex at C = {budget:.3g} lies outside of the sizes tried, at N = {vertex:.3g}"
            found.append(Finding("vertex-outside", message, rows))
    return found


def _bootstrap(groups: Groups, read: Runs, sizes: Array, budgets: Array, draws: int, seed: int) -> Array:
    """Exponent and coefficient over resampled runs (or clusters) of each budget, of shape (draws, 2)."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        drawn = []
        for group in groups:
            clusters = read.clusters[group]
            names = np.unique(clusters)
            picked = rng.choice(names, len(names))
            drawn.append(np.concatenate([group[clusters == name] for name in picked]))
        vertices, _losses = _vertices(drawn, sizes, read.loss)
        kept = np.isfinite(vertices)
        if kept.sum() >= 2:
            found.append(line(budgets[kept], vertices[kept]))
    if draws and not found:
        raise refuse("failed-draws", "a bootstrap needs draws with at least two vertices, got none")
    return np.array(found).reshape(-1, 2)


def _bias(groups: Groups, read: Runs, spent: Array, budgets: Array) -> Finding:
    """What parabolas make of noise-free losses of a law at these very runs."""
    general = "parabolas are no E + A/N^alpha + B/D^beta: vertices are shifted where alpha and beta differ"
    law = surface(read, spent)
    if law is None:
        return Finding("parabola-bias", f"{general}; these runs do not identify that law, so the shift is not known")
    losses, exact = law
    vertices, _ = _vertices(groups, read.columns["N"], losses)
    kept = np.isfinite(vertices)
    if kept.sum() < 2:
        return Finding("parabola-bias", f"{general}; on the law fitted to these runs they have no minimum")
    a, _ = line(budgets[kept], vertices[kept])
    return Finding(
        "parabola-bias",
        f"{general}; on noise-free losses of the law fitted to these runs (a = {exact:.5f}) they give a = {a:.5f}, "
        f"a bias of {a - exact:+.5f}",
    )
