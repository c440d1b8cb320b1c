r"""How sure a fit is: what the runs cannot tell apart, profile likelihood, and the bootstrap over runs.

All of it is in the coordinates u of the free parameters.  With psi the derivative of the loss of residuals and g_j the
gradient of ln L at run j, the estimate's covariance is the sandwich

.. math:: V = H^{-1} J H^{-1}, \quad H = \sum_j \psi'_j g_j g_j^\top, \quad
    J = \frac{G}{G-1} \frac{n}{n-p} \sum_c s_c s_c^\top, \quad s_c = \sum_{j \in c} \psi(r_j) g_j,

with one s for each of the G clusters (runs by themselves where no cluster is named).  An objective is no
log-likelihood, so twice the rise of the least sum Q along a direction c is set against kappa t^2 with
kappa = (c' V c) / (c' H^{-1} c) and t Student's quantile (Kent, Robust properties of likelihood ratio tests,
Biometrika 1982, section 3).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from infobound.fitting.forms import Form
from infobound.fitting.objectives import Objective

__all__ = ["Spread", "indistinct", "null_space", "profile", "resample", "spread", "student"]

Array = NDArray[np.float64]

# Singular values of the scaled gradients below this part of the largest are 0 to the rounding of the losses.
RANK = 1e-9
# Multiples of the estimated half width at which a profile is sampled: near the crossing first, far ones after.
NEAR, FAR = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0), (4.0, 6.0, 9.0, 15.0, 25.0, 50.0)
REFINED = 5


@dataclass(frozen=True, eq=False)
class Spread:
    """Second moments of a fit.

    Attributes
    ----------
    covariance : numpy.ndarray
        V, of shape (free, free).
    bread : numpy.ndarray
        The inverse of H.
    freedom : int
        Degrees of freedom: runs less parameters, or clusters less one where that is fewer.
    """

    covariance: Array
    bread: Array
    freedom: int

    def deviation(self, direction: Array) -> float:
        """Standard error of the coordinates' combination."""
        return math.sqrt(max(float(direction @ self.covariance @ direction), 0.0))


def spread(form: Form, u: Array, table: Array, clusters: NDArray[np.int64], objective: Objective) -> Spread:
    """Sandwich covariance at an optimum."""
    listed = form.residuals.listed(u[None], table)[0]
    gradients = listed[:, 1:] / listed[:, :1]
    residuals = table[:, 0] - np.log(listed[:, 0])
    n, p = gradients.shape
    scores = objective.pull(residuals)[:, None] * gradients
    groups = np.unique(clusters, return_inverse=True)[1]
    count = int(groups.max()) + 1
    summed = np.zeros((count, p))
    np.add.at(summed, groups, scores)
    scale = np.sqrt((gradients**2).sum(axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    hessian = (gradients / scale * objective.bend(residuals)[:, None]).T @ (gradients / scale)
    bread = np.linalg.pinv(hessian, rcond=RANK**2, hermitian=True) / np.outer(scale, scale)
    meat = count / max(count - 1, 1) * n / max(n - p, 1) * summed.T @ summed
    freedom = n - p if count == n else min(n - p, count - 1)
    return Spread(bread @ meat @ bread, bread, freedom)


def indistinct(form: Form, points: Array, table: Array) -> tuple[str, ...]:
    """Names of parameters whose effects on these runs are combinations of each other's, whatever their values.

    Empty where some of the points is one at which the gradients are independent.
    """
    listed = form.residuals.listed(points, table)
    with np.errstate(all="ignore"):
        gradients = listed[..., 1:] / listed[..., :1]
        scale = np.sqrt((gradients**2).sum(axis=1, keepdims=True))
        gradients = gradients / np.where(scale > 0, scale, 1.0)
    places: set[int] = set()
    for matrix in gradients[np.isfinite(gradients).all(axis=(1, 2))]:
        _, singular, directions = np.linalg.svd(matrix, full_matrices=False)
        null = directions[singular <= RANK * singular[0]]
        if not len(null):
            return ()
        places |= set(np.flatnonzero((np.abs(null) > 0.01).any(axis=0)))
    return tuple(form.names[i] for i in sorted(places))


def student(level: float, freedom: int) -> float:
    """Two-sided quantile of Student's t: exact at 1 and 2, else by its expansion (Abramowitz and Stegun 26.7.5).

    Examples
    --------
    >>> [round(student(0.9, freedom), 2) for freedom in (1, 2, 3, 10)], round(student(0.95, 100), 3)
    ([6.31, 2.92, 2.35, 1.81], 1.984)
    """
    if freedom == 1:
        return math.tan(math.pi * level / 2)
    if freedom == 2:
        return level * math.sqrt(2 / (1 - level**2))
    z = NormalDist().inv_cdf((1 + level) / 2)
    v = float(freedom)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def null_space(direction: Array) -> Array:
    """Basis of the coordinates' moves that leave one combination of them as it is; coordinates alone where possible."""
    p = len(direction)
    touched = np.flatnonzero(direction)
    alone = np.eye(p)[:, np.setdiff1d(np.arange(p), touched)]
    inside = np.linalg.svd(direction[touched][None])[2][1:].T
    spread_out = np.zeros((p, inside.shape[1]))
    spread_out[touched] = inside
    return np.hstack([alone, spread_out])


def profile(
    form: Form,
    u: Array,
    table: Array,
    objective: Objective,
    around: Spread,
    direction: Array,
    level: float,
) -> tuple[float, float]:
    """Interval of one combination of the coordinates: where the least sum at that value has not risen too far.

    Returns
    -------
    low, high : float
        Values of direction . u; where the sum never rises enough, the end of the domain or infinite.
    """
    moved = direction != 0
    ends = direction[moved, None] * form.domains[moved]
    lowest, highest = float(ends.min(axis=1).sum()), float(ends.max(axis=1).sum())
    model = float(direction @ around.bread @ direction)
    error = around.deviation(direction)
    if around.freedom < 1 or not (model > 0 and error < np.inf):
        return lowest, highest
    centre = float(direction @ u)
    if error == 0:
        return centre, centre
    # the sum is kept in the units of the Huber loss that is minimised
    allowed = (error * student(level, around.freedom)) ** 2 / model / 2
    basis = null_space(direction)
    weights = np.ones((1, len(table)))
    slide = around.bread @ direction / model if basis.shape[1] else direction / (direction @ direction)

    def placed(starts: Array, offsets: Array) -> Array:
        # inside the box, and the combination itself just where it is wanted
        starts = np.clip(starts, form.box[:, 0], form.box[:, 1])
        lack = offsets - (starts - u) @ direction
        return starts + lack[:, None] * direction / (direction @ direction)

    def lowest_at(starts: Array, offsets: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        found = form.residuals.minimise(
            placed(starts, offsets)[None],
            table,
            weights,
            delta=objective.threshold,
            coarse=objective.threshold,
            box=form.box,
            basis=basis,
            most=60,
        )
        # the box may have held a start back: that value is not reached
        missed = np.abs((found.u[0] - u) @ direction - offsets) > 1e-6 * (1 + np.abs(offsets))
        return np.where(missed, np.inf, found.value[0]), found.u[0], found.converged[0] & ~missed

    least = float(lowest_at(u[None], np.zeros(1))[0][0])

    def rises(offsets: Array) -> Array:
        # along the conditional optimum to first order
        value, at, rested = lowest_at(u + offsets[:, None] * slide, offsets)
        for _ in range(2):
            # a descent that stays on its way says not that the sum has risen: from each neighbour that lies nearer
            restless = np.flatnonzero(~rested & (value - least > allowed))
            if not restless.size:
                break
            again, there, calm = lowest_at(np.vstack([u, at[:-1]])[restless], offsets[restless])
            better = restless[again < value[restless]]
            picked = again < value[restless]
            value[better], at[better], rested[better] = again[picked], there[picked], calm[picked]
        return (value - least) / allowed

    half = error * student(level, around.freedom)
    return max(centre - _crossing(rises, -half), lowest), min(centre + _crossing(rises, half), highest)


def _crossing(rises: Callable[[Array], Array], half: float) -> float:
    """Distance from the optimum at which the rise reaches 1."""
    multiples = np.array([0.0])
    heights = np.array([0.0])
    for more in (NEAR, FAR):
        multiples = np.append(multiples, more)
        heights = np.append(heights, rises(half * np.array(more)))
        if (heights > 1).any():
            break
    else:
        return np.inf
    last = int(np.argmax(heights > 1))
    low, high = multiples[last - 1], multiples[last]
    inner = np.linspace(low, high, REFINED + 2)[1:-1]
    fine = rises(half * inner)
    xs = np.concatenate([[low], inner, [high]])
    roots = np.sqrt(np.maximum(np.concatenate([[heights[last - 1]], fine, [heights[last]]]), 0))
    i = int(np.argmax(roots > 1))
    if not np.isfinite(roots[i]):
        # up to where the box or the law ends, the sum has not risen enough
        return np.inf
    return float(abs(half) * (xs[i - 1] + (1 - roots[i - 1]) / (roots[i] - roots[i - 1]) * (xs[i] - xs[i - 1])))


def resample(
    form: Form,
    optima: Array,
    table: Array,
    clusters: NDArray[np.int64],
    objective: Objective,
    draws: int,
    *,
    seed: int = 0,
) -> tuple[Array, int, int]:
    """Fit resampled runs, clusters of them drawn with replacement; every draw starts from all known optima.

    Returns
    -------
    u : numpy.ndarray
        Coordinates of each draw's optimum, of shape (draws, free).
    unsettled : int
        Draws whose best descent did not come to rest.
    undetermined : int
        Draws with fewer different runs than there are parameters.
    """
    if not draws:
        return np.empty((0, len(form.free))), 0, 0
    rng = np.random.default_rng(seed)
    groups = np.unique(clusters, return_inverse=True)[1]
    count = int(groups.max()) + 1
    times = rng.multinomial(count, np.full(count, 1 / count), size=draws)[:, groups]
    found = form.residuals.minimise(
        np.broadcast_to(optima, (draws, *optima.shape)),
        table,
        times.astype(np.float64),
        delta=objective.threshold,
        coarse=objective.coarse if objective.name == "lad" else objective.threshold,
        box=form.box,
        most=100,
    )
    best = found.value.argmin(axis=1)
    rows = np.arange(draws)
    undetermined = (times > 0).sum(axis=1) < len(form.free)
    return found.u[rows, best], int((~found.converged[rows, best]).sum()), int(undetermined.sum())
