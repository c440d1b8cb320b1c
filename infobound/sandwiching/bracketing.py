"""`sandwich`: the best upper and lower bounds on the loss of exact Bayes, side by side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound import symbols
from infobound.bounds import first_sample, two_harmonics
from infobound.errors import DomainError
from infobound.labelled import Answer, as_xarray
from infobound.sandwiching.lowers import first_prediction, one_input, over_time
from infobound.sandwiching.uppers import best_known_upper, points

__all__ = ["sandwich"]

(FIRST_SAMPLE,) = first_sample.LAWS
(TWO_HARMONICS,) = two_harmonics.LAWS

Array = NDArray[np.float64]

LABEL = "rigorous up to the Monte-Carlo average over pi"


@as_xarray
def sandwich(*, T: Any, d: Any, K: Any, alpha: Any = 0.0, draws: int = 60, seed: int = 0) -> Answer:
    """Lower and upper bound on the excess log-loss of exact Bayes, averaged over the first T samples.

    Parameters
    ----------
    T, d, K, alpha : array_like of float
        Samples, input dimension (whole numbers), concentration and discount of the Pitman-Yor teacher; alpha = 0 is the
        Dirichlet teacher.  1-D arrays are axes of an outer product; scalars become scalar coordinates; xarray inputs
        broadcast by dimension name.
    draws : int
        Draws of the teacher's weights over which the lower bound is averaged; 60 take about half a minute for each d
        where K is 1e4 or more.
    seed : int
        Of their generator.

    Returns
    -------
    xarray.Dataset
        `lower`, `lower_se`, `upper`, `ratio`; `binding` and `binding_lower`, the bounds that attain them; and what
        `best_known_upper` says besides.  The lower bound is rigorous up to the average over draws of the weights, whose
        standard error is `lower_se` (0 where the bound needs no draws).  For a heavy-tailed teacher with d = 1 or alpha
        close to 1 little is known from below, and `lower` may be 0.

    Raises
    ------
    DomainError

    Notes
    -----
    Source: docs/math2.md, section C.  No predictor's loss lies below `lower`; exact Bayes has one below `upper`.

    Examples
    --------
    >>> cell = sandwich(T=1e6, d=16, K=1)
    >>> 3 < cell.ratio.item() < 4
    True
    """
    if draws < 2:
        raise DomainError(f"draws must be at least 2, got draws={draws}")
    _, cells, shape = points(T, d, K, alpha)
    fractional = cells["d"] != np.floor(cells["d"])
    if fractional.any():
        raise DomainError(f"d must be a whole number for a lower bound, got d={cells['d'][fractional][0]:g}")
    upper = best_known_upper.answer(T=T, d=d, K=K, alpha=alpha)  # type: ignore[attr-defined]
    value, name = _in_closed_form(cells)
    error = np.zeros_like(value)
    # one K after the other, so that its draws are made once
    teachers = zip(*(cells[key].tolist() for key in ("alpha", "K", "d")), strict=True)
    for tail, concentration, dimension in sorted({*teachers}):
        here = (cells["d"] == dimension) & (cells["K"] == concentration) & (cells["alpha"] == tail)
        if dimension == 1 and tail > 0:
            continue
        own, its_error = _learned(cells["T"][here], int(dimension), concentration, draws, seed, tail)
        kept = own > value[here]
        better = np.flatnonzero(here)[kept]
        value[better], error[better] = own[kept], its_error[kept]
        name[better] = "one_input" if dimension == 1 else "van_trees"
    dims, top = upper.variables["upper"]
    lower = value.reshape(shape)
    variables = {
        "lower": (dims, lower),
        "lower_se": (dims, error.reshape(shape)),
        "upper": (dims, top),
        "ratio": (dims, np.divide(top, lower, out=np.full_like(top, np.inf), where=lower > 0)),
        "binding": upper.variables["binding"],
        "binding_lower": (dims, name.astype(str).reshape(shape)),
        **upper.variables,
    }
    attrs = {**upper.attrs, "kind": "lower and upper bound", "label": LABEL, "draws": draws, "seed": seed}
    return Answer(upper.coords, variables, attrs)


def _in_closed_form(cells: dict[str, Array]) -> tuple[Array, NDArray[np.object_]]:
    """Best of the lower bounds that need no draws, and its name."""
    heavy = cells["alpha"] > 0
    value = np.where(heavy, first_prediction(**cells), -np.inf)
    name = np.full(value.shape, first_prediction.__name__, dtype=object)
    for law in (FIRST_SAMPLE, TWO_HARMONICS):
        (least,) = (q.low for q in law.parameters if q.symbol == symbols.d)
        at = np.flatnonzero(~heavy & (cells["d"] >= least))
        own = np.asarray(law(**{key: cells[key][at] for key in ("T", "d", "K")}))
        kept = own > value[at]
        value[at[kept]], name[at[kept]] = own[kept], law.name
    return value, name


def _learned(T: Array, d: int, K: float, draws: int, seed: int, alpha: float) -> tuple[Array, Array]:
    """Lower bound from what can be learned of the directions, or at d = 1 of the slopes, and its standard error."""
    if d == 1:
        return one_input(T, K), np.zeros_like(T)
    return over_time(T, d, K, draws, seed, alpha)
