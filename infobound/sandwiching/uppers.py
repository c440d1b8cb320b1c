"""`best_known_upper`: the least of all upper bounds that apply to exact Bayes, and which one it is."""

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound import __version__
from infobound.bounds import (
    heavy_tailed_discounted_student,
    heavy_tailed_truncated_student,
    sampled_student,
    shrunk_student,
    truncated_student,
)
from infobound.bounds.kernel_bound import KERNEL_BOUND
from infobound.inputs import as_floats, enforce
from infobound.kernels.points import evaluate
from infobound.labelled import Answer, as_xarray, laid_out
from infobound.record import Law
from infobound.sandwiching.coding import CAP, order_free_code
from infobound.special import admissible_atoms
from infobound.symbols import HEAVY_TAILS, THEORY

__all__ = ["best_known_upper", "closed_form", "points"]

Array = NDArray[np.float64]

# Whole widths that are tried: so many over the whole range, then as many between the neighbours of the best.
WIDTHS = 160
WIDEST = 1e15
ADMISSIBLE = admissible_atoms(*sp.symbols("n level K alpha", positive=True))

BY_WIDTH: tuple[Law, ...] = (*sampled_student.LAWS, *shrunk_student.LAWS, *truncated_student.LAWS)
# For alpha > 0; the discounted student's bound is never above the shrunk one's.
HEAVY_TAILED: tuple[Law, ...] = (*heavy_tailed_discounted_student.LAWS, *heavy_tailed_truncated_student.LAWS)

# Whose loss each bound bounds, beside that of exact Bayes, which no predictor undercuts.
HOLDS_FOR = {
    "sampled_student": "exact Bayes, and the sampled student of the width given",
    "shrunk_student": "exact Bayes, and the shrunk student of the width given",
    "truncated_student": "exact Bayes, and the student that keeps as many atoms as the width given",
    "heavy_tailed_discounted_student": "exact Bayes, and the discounted student of the width given",
    "heavy_tailed_truncated_student": "exact Bayes, and the student that keeps as many atoms as the width given",
    "kernel_bound": "exact Bayes, and the student that codes the coefficients in spherical harmonics",
    "order_free_code": "exact Bayes, and the student that codes the atoms by size",
    "cap": "exact Bayes, and the predictor that always says 1/2",
}


@as_xarray
def best_known_upper(*, T: Any, d: Any, K: Any, alpha: Any = 0.0) -> Answer:
    """Least of the upper bounds on the loss of exact Bayes with T samples from the teacher.

    Parameters
    ----------
    T, d, K, alpha : array_like of float
        Samples, input dimension, concentration and discount of the Pitman-Yor teacher; alpha = 0 is the Dirichlet
        teacher.  1-D arrays are axes of an outer product; scalars become scalar coordinates; xarray inputs broadcast
        by dimension name.

    Returns
    -------
    xarray.Dataset
        `upper`, nats per sample; `binding`, the bound that attains it; `holds_for`, whose loss that one bounds.  Beside
        them each candidate: `bound_<law>` for the theory laws, those with a size at their best whole width
        `width_<law>`; `bound_order_free_code`; and `bound_closed_form`, the truncated student's in the data size
        alone.  Students of the Dirichlet teacher are tried where alpha = 0 and those of a heavy-tailed one elsewhere;
        a bound that is not tried is NaN.  The cap of 1/16 always applies.

    Raises
    ------
    DomainError

    Notes
    -----
    Exact Bayes has the least loss of all predictors, so that a bound for any learner is one for it.  The reverse is
    false: this minimum bounds the loss of no student of a fixed width (docs/math.md section 6).

    Examples
    --------
    >>> best = best_known_upper(T=1e6, d=16, K=[1, 100])
    >>> best.binding.values.tolist()
    ['order_free_code', 'order_free_code']
    """
    coords, cells, shape = points(T, d, K, alpha)
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    # of equal ones the first binds
    found = {
        "cap": np.full(cells["T"].shape, CAP),
        "kernel_bound": np.asarray(KERNEL_BOUND(T=cells["T"], d=cells["d"])),
        "order_free_code": np.asarray(order_free_code(*(cells[name] for name in ("T", "d", "K", "alpha")))),
    }
    widths: dict[str, Array] = {}
    for laws, here in ((BY_WIDTH, cells["alpha"] == 0), (HEAVY_TAILED, cells["alpha"] > 0)):
        for law in laws if here.any() else ():
            found[law.name], widths[law.name] = (np.full(here.shape, np.nan) for _ in range(2))
            asked = {symbol.name: cells[symbol.name][here] for symbol in law.symbols if symbol != law.size}
            found[law.name][here], widths[law.name][here] = _at_best_width(law, **asked)
    names, table = np.array([*found]), np.stack([*found.values()])
    binding = names[np.nanargmin(table, 0)]
    variables: dict[str, Any] = {
        "upper": np.nanmin(table, 0),
        "binding": binding,
        "holds_for": np.array([HOLDS_FOR[name] for name in binding]),
        **{f"bound_{name}": values for name, values in found.items() if name != "cap"},
        "bound_closed_form": np.asarray(closed_form(**cells)),
        **{f"width_{name}": values for name, values in widths.items()},
    }
    attrs = {
        "kind": "upper bound",
        "quantity": "time-averaged excess log-loss",
        "unit": "nats per sample",
        "infobound_version": __version__,
    }
    return Answer(coords, {name: (dims, values.reshape(shape)) for name, values in variables.items()}, attrs)


def points(T: Any, d: Any, K: Any, alpha: Any = 0.0) -> tuple[dict[str, Any], dict[str, Array], tuple[int, ...]]:
    """Lay T, d, K and alpha out: coordinates, each number at every cell (flat), and the shape of the cells.

    Raises
    ------
    DomainError
    """
    given = {"T": T, "d": d, "K": K, "alpha": alpha}
    for name, raw in given.items():
        enforce(name, as_floats(name, raw), {**THEORY, **HEAVY_TAILS}[name].domain)
    coords, spread = laid_out(given)
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))
    return coords, {name: np.broadcast_to(array, shape).ravel() for name, array in spread.items()}, shape


def closed_form(T: Any, d: Any, K: Any, alpha: Any = 0.0) -> Any:
    r"""Upper bound in the data size alone: the truncated student that keeps what is worth keeping.

    For the Dirichlet teacher

    .. math:: L \le \frac{d}{4T} \Bigl[\frac{a^2}{b} + 2a + 2\Bigl(\frac ab + 1\Bigr)\Bigl(1 + \frac{2\ln 2}{d}\Bigr)
        + K + 2\Bigr], \qquad a = \ln\frac{T}{4d(K+2)}, \quad b = \ln\Bigl(1 + \frac2K\Bigr)

    and 1/16 where a < 0.  For a heavy-tailed one, with m the number of atoms whose mean square is at least 8d/T,

    .. math:: L \le \frac{d}{2T} \Bigl\{ m \Bigl[1 + \frac{2\ln 2}{d} + \ln\Bigl(1 + \frac2{K+\alpha m}\Bigr)\Bigr]
        + \frac{m(m-1)}2 \ln\Bigl(1 + \frac4{2K+\alpha m}\Bigr) + \frac{K+2+\alpha m}{2-\alpha} \Bigr\}

    and 1/16 where there is none.  Source: docs/math.md, section 12, theorem 12; docs/math2.md, theorem A7.

    Examples
    --------
    >>> float(closed_form(1e6, 16, 10)) < 1 / 16
    True
    """
    a, b = np.log(T / (4 * d * (K + 2))), np.log1p(2 / K)
    atoms = a / b + 1
    value = np.where(a < 0, CAP, d / (4 * T) * (a * a / b + 2 * a + 2 * atoms * (1 + 2 * np.log(2) / d) + K + 2))
    if not np.any(alpha):
        return value
    level, K, alpha = np.broadcast_arrays(np.divide(T, 8 * np.asarray(d)), K, alpha)
    (m,) = evaluate((ADMISSIBLE,), dict(zip(ADMISSIBLE.args, (1e300, level, K, alpha), strict=True)))
    each = m * (1 + 2 * np.log(2) / d + np.log1p(2 / (K + alpha * m)))
    pairs = m * (m - 1) / 2 * np.log1p(4 / (2 * K + alpha * m))
    heavy = np.where(m < 1, CAP, d / (2 * T) * (each + pairs + (K + 2 + alpha * m) / (2 - alpha)))
    return np.where(np.equal(alpha, 0), value, heavy)


def _at_best_width(law: Law, T: Array, d: Array, K: Array, **rest: Array) -> tuple[Array, Array]:
    """Least value of a law over whole widths, and where; any width gives a bound, so that few have to be tried."""
    low, high = np.ones_like(T), np.clip(T * K, 10, WIDEST)
    place = np.arange(len(T))
    for _ in range(2):
        widths = np.floor(np.geomspace(low, high, WIDTHS))
        values = np.asarray(law(n=widths, T=T, d=d, K=K, **rest))
        best = values.argmin(0)
        low, high = (widths[np.clip(best + step, 0, WIDTHS - 1), place] for step in (-1, 1))
    return values[best, place], widths[best, place]
