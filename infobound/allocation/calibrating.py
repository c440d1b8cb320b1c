"""`calibrate`: what reaches a target loss with the least compute, data or size - `allocate` turned round."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.allocation.minimising import (
    Values,
    described,
    minima_on,
    optima,
    parameter_values,
    refuse_lower_bound,
    terms_and_count,
)
from infobound.catalogue import entry_named
from infobound.costs import Cost, Pricing, cost_named
from infobound.errors import DomainError, ExpressionError, InfeasibleError
from infobound.kernels.points import evaluate
from infobound.labelled import Answer, as_xarray, laid_out
from infobound.record import Law
from infobound.repeating import Learner, repeated

__all__ = ["calibrate", "least_along", "spent"]

Array = NDArray[Any]

# Logarithms of the least and the largest budget, size and data that are looked at.
_LEAST_BUDGET, _MOST = -230.0, 690.0
# Steps of the scan for the first size or data that reaches the target, and elements scanned at once.
_STEPS, _AT_ONCE = 1380, 500
# A first guess that is cheap to leave: 1e20 operations.
_GUESS = 46.0


@as_xarray
def calibrate(
    law: Law | str,
    *,
    loss: Any,
    minimise: Literal["compute", "data", "size"] = "compute",
    cost: Cost | str | None = None,
    repeats: Learner | None = None,
    **parameters: Any,
) -> Answer:
    r"""Find the least compute, data or size with which a law reaches a target loss.

    .. math:: \min C \quad\text{with}\quad \min_{\mathrm{cost}(p(n),\,T) = C} L(n, T) \le \mathrm{loss}

    For `minimise="compute"` that is the budget whose allocation has the target loss, the inverse of
    `allocate`; for "data" the least T at a given size, for "size" the least size at a given T.  For a bound:
    what makes the *bound* as small as the target.

    Parameters
    ----------
    law : Law or str
    loss : array_like of float
        Targets.  1-D arrays here and in `parameters` are axes of an outer product, loss first.
    minimise : str
        "compute" (the default), "data" at a given size, or "size" at given data.
    cost : Cost or str, optional
        The law's own cost if left out.
    repeats : str, optional
        Learner of U unique samples, which are repeated: "effective" or "exact_bayes" (see `repeated`).
    **parameters : array_like of float
        The law's parameters by name, and its size or data where that is given.

    Returns
    -------
    xarray.Dataset
        Over the targets: `C` and the variables of `allocate` there, with the loss under the name `attained`;
        for "data" and "size" `n, p, T, C, attained, term_<name>..., tokens_per_parameter, status, vacuous`.
        `status` is `infeasible`, and the numbers NaN, where no size and data up to 1e299 reach the target.

    Raises
    ------
    DomainError
        If a target is not a finite number, or another input lies outside its domain.
    InfeasibleError
        If no target can be reached.
    UnknownNameError, ExpressionError

    Examples
    --------
    >>> found = calibrate("sampled_student", loss=4.569100672e-4, d=16, K=10)
    >>> f"{float(found.C):.3e}", round(float(found.n))
    ('1.000e+12', 2626)
    """
    entry = entry_named(law) if repeats is None else repeated(entry_named(law), repeats)
    if not isinstance(entry, Law):
        raise ExpressionError(f"a target needs a law with a loss, got the allocation rule {entry.name}")
    refuse_lower_bound(entry)
    solvers = {"compute": _least_compute, "data": _least_data, "size": _least_size}
    if minimise not in solvers:
        raise DomainError(f"what is least must be one of {', '.join(solvers)}, got {minimise!r}")
    chosen = cost_named(cost) if cost is not None else entry.cost
    given_end = {"compute": None, "data": entry.size, "size": entry.data}[minimise]
    needed = [q.symbol.name for q in entry.parameters] + ([] if given_end is None else [given_end.name])
    entry.checked(parameters, needed)
    coords, spread = laid_out({"loss": loss, **parameters})
    if not np.isfinite(spread["loss"]).all():
        raise DomainError("a target loss must be a finite number")
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))
    values = {symbol: _flat(array, shape) for symbol, array in parameter_values(entry, spread).items()}
    if given_end is not None:
        values[given_end] = _flat(spread[given_end.name], shape)
    found = solvers[minimise](entry, chosen, _flat(spread["loss"], shape), values)
    if (found["status"] == "infeasible").all() and found["status"].size:
        raise InfeasibleError(
            f"a target loss must be one that some size and data reach; {entry.name} reaches none of the targets, "
            f"got loss={np.max(spread['loss']):g}{' at most' if spread['loss'].size > 1 else ''}"
        )
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    variables = {name: (dims, array.reshape(shape)) for name, array in found.items() if name not in coords}
    return Answer(coords, variables, described(entry, chosen, _METHODS[minimise]))


_METHODS = {
    "compute": "Newton's method in ln C over the batched minimiser",
    "data": "scan and bisection in ln T",
    "size": "scan and bisection in ln n",
}


def _flat(array: Array, shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(array, shape).ravel()


def _least_compute(law: Law, cost: Cost, target: Array, values: Values) -> dict[str, Array]:
    """Find the root of ln L*(C) = ln loss in ln C, both less what neither size nor data moves."""
    scale = 0.0 if law.parameter_count is None else np.log(cost.priced(law.parameter_count, law.data).scale)
    low, high = np.full(target.shape, scale + _LEAST_BUDGET), np.full(target.shape, scale + _MOST)

    def reached(x: Array, chosen: Array) -> tuple[Array, Array]:
        """Logarithm of the part that moves over that of its target, and its derivative in ln C."""
        own = {symbol: array[chosen] for symbol, array in values.items()}
        minima = minima_on(law, cost, np.exp(x), own)
        (_, *terms), *_ = terms_and_count(law, minima.size, minima.data, own)
        moves = [bool(term.free_symbols & {law.size, law.data}) for term in law.terms.values()]
        moving = sum(term for term, moved in zip(terms, moves, strict=True) if moved)
        left = target[chosen] - sum(term for term, moved in zip(terms, moves, strict=True) if not moved)
        with np.errstate(divide="ignore", invalid="ignore"):
            # a target at or below the irreducible loss is never reached
            return np.where(left > 0, np.log(moving / left), np.inf), minima.rate_value / moving

    open_ = np.flatnonzero(reached(high, np.arange(target.size))[0] <= 0)
    budget = np.full(target.shape, np.nan)
    x = np.full(target.shape, scale + _GUESS)
    for _ in range(250):
        if not open_.size:
            break
        miss, rate = reached(x[open_], open_)
        below = miss <= 0
        high[open_[below]], low[open_[~below]] = x[open_[below]], x[open_[~below]]
        with np.errstate(divide="ignore", invalid="ignore"):
            following = x[open_] - miss / rate
        inside = (following > low[open_]) & (following < high[open_])
        following = np.where(inside, following, 0.5 * (low[open_] + high[open_]))
        near = np.abs(following - x[open_]) <= 4e-15 * np.abs(x[open_])
        budget[open_] = np.exp(np.where(near & ~below & ~inside, high[open_], following))
        x[open_] = following
        open_ = open_[~near]
    found = {"C": budget} | optima(law, cost, budget, values)
    found["attained"] = found.pop("loss")
    return found


def _least_data(law: Law, cost: Cost, target: Array, values: Values) -> dict[str, Array]:
    return _least_end(law, cost, target, values, law.data)


def _least_size(law: Law, cost: Cost, target: Array, values: Values) -> dict[str, Array]:
    return _least_end(law, cost, target, values, law.size)


def _least_end(law: Law, cost: Cost, target: Array, values: Values, end: sp.Symbol | None) -> dict[str, Array]:
    """Variables at the least data, or the least size, that reaches the target."""
    if end is None or law.size is None or law.data is None or law.parameter_count is None:
        raise ExpressionError(f"what is least must be a symbol of a law in size and data, got {law.name}")
    x = least_along(law, target, values, end)
    at = {**values, end: np.exp(x)}
    size, data = at.pop(law.size), at.pop(law.data)
    (loss, *terms), count, _ = terms_and_count(law, size, data, at)
    cap = np.inf if law.cap is None else float(law.cap.value)
    status = np.where(np.isnan(x), "infeasible", np.where(x == 0.0, "lower_edge", "converged"))
    return {
        "n": np.where(np.isnan(x), np.nan, size),
        "p": count,
        "T": np.where(np.isnan(x), np.nan, data),
        "C": spent(law, cost, size, data, at),
        "attained": loss,
        **{f"term_{name}": term for name, term in zip(law.terms, terms, strict=True)},
        "tokens_per_parameter": data / count,
        "status": status,
        "vacuous": loss >= cap,
    }


def least_along(law: Law, target: Array, values: Values, end: sp.Symbol) -> Array:
    """Least logarithm of one end at which the law reaches the target, beside the values of all else; NaN if none.

    The first crossing of a scan over the whole range is bisected; where the scan stays above the target, the
    valley that it passes lowest is searched.
    """
    (size, data), rest = (law.size, law.data), {s: a for s, a in values.items() if s not in (law.size, law.data)}

    def above(x: Array, chosen: Array) -> Array:
        """Loss over target; infinite where it is not a number."""
        wide = (...,) + (None,) * (x.ndim - 1)
        at = {s: np.broadcast_to(a, target.shape)[chosen][wide] for s, a in values.items()} | {end: np.exp(x)}
        own = {s: at[s] for s in rest}
        (loss, *_), *_ = terms_and_count(law, at[size], at[data], own)
        return np.where(np.isnan(loss), np.inf, loss - target[chosen][wide])

    grid = np.linspace(0.0, _MOST, _STEPS + 1)
    low, high = np.full(target.shape, np.nan), np.full(target.shape, np.nan)
    for start in range(0, target.size, _AT_ONCE):
        chosen = np.arange(start, min(start + _AT_ONCE, target.size))
        heights = above(np.broadcast_to(grid, (chosen.size, grid.size)), chosen)
        first, lowest = np.argmax(heights <= 0, axis=1), np.argmin(heights, axis=1)
        crosses = (heights <= 0).any(axis=1)
        valley = np.where(
            crosses, 0.0, _valley(above, grid[np.maximum(lowest - 1, 0)], grid[np.minimum(lowest + 1, _STEPS)], chosen)
        )
        dips = ~crosses & (above(valley, chosen) <= 0)
        low[chosen] = np.where(crosses, grid[np.maximum(first - 1, 0)], grid[np.maximum(lowest - 1, 0)])
        high[chosen] = np.where(crosses, grid[first], np.where(dips, valley, np.nan))
    everything = np.arange(target.size)
    for _ in range(64):
        middle = 0.5 * (low + high)
        reached = above(middle, everything) <= 0
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def _valley(height: Callable[[Array, Array], Array], low: Array, high: Array, chosen: Array) -> Array:
    """Least point of valleys by golden section."""
    ratio = 0.6180339887498949
    for _ in range(80):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        falls = height(left, chosen) > height(right, chosen)
        low, high = np.where(falls, left, low), np.where(falls, high, right)
    return 0.5 * (low + high)


def spent(law: Law, cost: Cost, size: Array, data: Array, values: Values) -> Array:
    """Cost of size and data."""
    paid: Pricing = cost.priced(law.parameter_count, law.data)
    at = {law.size: size, law.data: data, **values, **paid.values}
    (price,) = evaluate((paid.price,), {symbol: at[symbol] for symbol in paid.price.free_symbols})
    return paid.scale * price
