"""The global optimum of a fit: variable projection on a net of nodes, then Newton's method from many of them.

The loss is linear in some parameters (E, A and B of E + A/N^alpha + B/D^beta).  At fixed others, a node, their best
non-negative values follow from a few rounds of reweighted least squares; so a net over the others alone maps every
basin.  Descents in all parameters start from the net's local minima, from its best nodes and from random ones.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from infobound.fitting.forms import Form
from infobound.fitting.objectives import Objective

__all__ = ["Search", "probes", "search", "with_linear_part"]

Array = NDArray[np.float64]

# Nodes of the net by the number of parameters that are not linear: a grid up to two, else a Latin hypercube.
ALONG_ONE, ALONG_TWO, HYPERCUBE = 60, 20, 800
STARTS = 32
NEIGHBOURS = 8
ROUNDS = 6
PROBES = 62
# Linear parts larger than this are projected in part only: every subset of them is solved for.
MOST_LINEAR = 5
# Sums this close to the least count as the same optimum: relative, and for each run.
SAME, SAME_EACH = 1e-8, 1e-20
_CHUNK = 2_000_000


@dataclass(frozen=True, eq=False)
class Search:
    """What a search found.

    Attributes
    ----------
    u : numpy.ndarray
        Coordinates of the best optimum.
    starts, starts_at_best : int
        Descents, and how many of them came to rest at the best optimum.
    optima : numpy.ndarray
        Coordinates of the distinct optima, best first.
    converged : bool
        Whether the descent to the best optimum came to rest.
    """

    u: Array
    starts: int
    starts_at_best: int
    optima: Array
    converged: bool


def search(form: Form, table: Array, objective: Objective, *, seed: int = 0) -> Search:
    """Find the least sum over all parameters.

    Parameters
    ----------
    form : Form
    table : numpy.ndarray
        Of shape (runs, 1 + columns), ln loss first.
    objective : Objective
    seed : int
        Of the random starts.
    """
    rng = np.random.default_rng(seed)
    nodes = with_linear_part(form, _net(form, rng), table, objective)
    heights = _heights(form, nodes, table, objective)
    chosen = _chosen(_scaled(form, nodes), heights, rng)
    descents = form.residuals.minimise(
        nodes[chosen][None],
        table,
        np.ones((1, len(table))),
        delta=objective.threshold,
        coarse=objective.coarse,
        box=form.box,
    )
    u, value, rested = descents.u[0], descents.value[0], descents.converged[0]
    order = np.argsort(value, kind="stable")
    least = value[order[0]]
    same = value <= least * (1 + SAME) + SAME_EACH * len(table)
    # of equally good descents one that came to rest speaks for the optimum
    best = min(np.flatnonzero(same), key=lambda i: (not rested[i], value[i]))
    optima = [u[best]]
    for i in order:
        if (
            len(optima) < 4
            and np.isfinite(value[i])
            and not any(np.allclose(u[i], v, rtol=1e-3, atol=1e-3) for v in optima)
        ):
            optima.append(u[i])
    return Search(u[best], len(chosen), int(same.sum()), np.array(optima), bool(rested[best]))


def probes(form: Form, table: Array, objective: Objective, seed: int) -> Array:
    """Points all over the net, at which the runs either tell parameters apart or never do."""
    net = _net(form, np.random.default_rng(seed))
    inner = net[np.linspace(0, len(net) - 1, min(len(net), PROBES + 2)).astype(np.intp)[1:-1]] if len(net) > 2 else net
    return with_linear_part(form, inner, table, objective)


def with_linear_part(form: Form, nodes: Array, table: Array, objective: Objective) -> Array:
    """Fill in the linear parameters that are best at each node, by reweighted least squares on log residuals."""
    linear = form.linear[:MOST_LINEAR]
    if not linear:
        return nodes
    nodes = nodes.copy()
    logged = np.array([form.logged[i] for i in linear])
    signed = np.array([form.free[i].low < 0 and not form.logged[i] for i in linear])
    nodes[:, linear] = np.where(logged, 0.0, 1.0)
    step = max(1, _CHUNK // (len(table) * (1 + len(form.free))))
    for first in range(0, len(nodes), step):
        part = nodes[first : first + step]
        listed = form.residuals.listed(part, table)
        with np.errstate(all="ignore"):
            c = _projected(listed[..., 0], listed[..., [1 + i for i in linear]], table[:, 0], objective, signed)
        part[:, linear] = np.where(logged, np.log(np.maximum(c, 1e-300)), c)
    return nodes


def _net(form: Form, rng: np.random.Generator) -> Array:
    """Nodes in the parameters that are not linear; the linear ones are 0."""
    linear = form.linear[:MOST_LINEAR]
    moving = [i for i in range(len(form.free)) if i not in linear]
    ends = form.start_ends[moving]
    if not moving:
        unit = np.zeros((1, 0))
    elif len(moving) <= 2:
        along = np.linspace(0, 1, ALONG_ONE if len(moving) == 1 else ALONG_TWO)
        unit = np.stack(np.meshgrid(*[along] * len(moving), indexing="ij"), axis=-1).reshape(-1, len(moving))
    else:
        cells = np.stack([rng.permutation(HYPERCUBE) for _ in moving], axis=1)
        unit = (cells + rng.random(cells.shape)) / HYPERCUBE
    nodes = np.zeros((len(unit), len(form.free)))
    nodes[:, moving] = ends[:, 0] + unit * (ends[:, 1] - ends[:, 0])
    return nodes


def _scaled(form: Form, nodes: Array) -> Array:
    """Coordinates that are not linear, between 0 and 1."""
    moving = [i for i in range(len(form.free)) if i not in form.linear[:MOST_LINEAR]]
    ends = form.start_ends[moving]
    return (nodes[:, moving] - ends[:, 0]) / (ends[:, 1] - ends[:, 0])


def _projected(unit: Array, basis: Array, target: Array, objective: Objective, signed: NDArray[np.bool_]) -> Array:
    """Coefficients for each node: `unit` is the loss where all are 1, `basis` its slopes, `target` ln loss."""
    threshold = max(objective.threshold, 1e-3)
    rest = unit - basis.sum(axis=-1)
    loss = np.exp(target)
    level, residual = np.broadcast_to(loss, unit.shape), np.zeros(unit.shape)
    c = np.zeros(basis[:, 0].shape)
    for _ in range(ROUNDS):
        # ln L moves by (L_new - L) / L
        root = np.sqrt(np.minimum(1.0, threshold / np.maximum(np.abs(residual), 1e-300)))
        matrix = root[..., None] * basis / level[..., None]
        wanted = root * (residual + 1 - rest / level)
        c = _nonnegative(matrix, wanted, signed)
        level = rest + np.einsum("nrk,nk->nr", basis, c)
        level = np.where(level > 0, level, loss)
        residual = target - np.log(level)
    # a parameter that must be positive begins at a thousandth of the loss
    floor = 1e-3 * loss.mean() / np.abs(basis).mean(axis=1)
    return np.where(signed, c, np.maximum(c, np.where(np.isfinite(floor), floor, 1.0)))


def _nonnegative(matrix: Array, wanted: Array, signed: NDArray[np.bool_]) -> Array:
    """Least squares with coefficients >= 0 (but for `signed` ones) in a batch: the best of all feasible subsets."""
    nodes, _, k = matrix.shape
    scale = np.sqrt(np.einsum("nrk,nrk->nk", matrix, matrix))
    scale = np.where((scale > 0) & np.isfinite(scale), scale, 1.0)
    matrix = np.nan_to_num(matrix / scale[:, None], posinf=0.0, neginf=0.0)
    gram = np.einsum("nrk,nrl->nkl", matrix, matrix)
    moment = np.einsum("nrk,nr->nk", matrix, np.nan_to_num(wanted))
    best, gain = np.zeros((nodes, k)), np.zeros(nodes)
    for size in range(1, k + 1):
        for subset in combinations(range(k), size):
            chosen = list(subset)
            part = gram[:, chosen][:, :, chosen] + 1e-13 * np.eye(size)
            c = np.linalg.solve(part, moment[:, chosen, None])[..., 0]
            explained = (c * moment[:, chosen]).sum(axis=1)
            better = (signed[chosen] | (c >= 0)).all(axis=1) & (explained > gain)
            gain = np.where(better, explained, gain)
            full = np.zeros((nodes, k))
            full[:, chosen] = c
            best = np.where(better[:, None], full, best)
    return best / scale


def _heights(form: Form, nodes: Array, table: Array, objective: Objective) -> Array:
    heights = np.empty(len(nodes))
    step = max(1, _CHUNK // len(table))
    for first in range(0, len(nodes), step):
        losses = form.residuals.listed(nodes[first : first + step], table, order=0)[..., 0]
        with np.errstate(all="ignore"):
            residuals = table[:, 0] - np.log(losses)
        heights[first : first + step] = [
            objective.value(row) if np.isfinite(row).all() else np.inf for row in residuals
        ]
    return heights


def _chosen(scaled: Array, heights: Array, rng: np.random.Generator) -> NDArray[np.intp]:
    """Nodes to descend from: the net's local minima first, then half its best, half random ones."""
    order = np.argsort(heights, kind="stable")
    local: list[int] = []
    if scaled.shape[1]:
        distances = ((scaled[:, None] - scaled[None]) ** 2).sum(axis=-1)
        near = np.argsort(distances, axis=1, kind="stable")[:, : NEIGHBOURS + 1]
        local = [int(i) for i in order if heights[i] <= heights[near[i]].min() and np.isfinite(heights[i])]
    best = [int(i) for i in order[: STARTS // 2]]
    others = [int(i) for i in rng.permutation(len(heights))]
    picked = list(dict.fromkeys([*local[: STARTS // 2], *best]))[: 3 * STARTS // 4]
    return np.array(list(dict.fromkeys([*picked, *others]))[:STARTS], dtype=np.intp)
