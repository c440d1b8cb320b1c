"""`overtrain`: what a model smaller than the optimal one costs, in loss or in compute."""

from typing import Any

import numpy as np
import sympy as sp

from infobound.allocation.calibrating import least_along, spent
from infobound.allocation.minimising import (
    check_budgets,
    described,
    minima_on,
    parameter_values,
    refuse_lower_bound,
    terms_and_count,
)
from infobound.catalogue import entry_named
from infobound.costs import Cost, cost_named
from infobound.errors import DomainError, ExpressionError
from infobound.labelled import Answer, as_xarray, laid_out
from infobound.record import Law

__all__ = ["overtrain"]


@as_xarray
def overtrain(
    law: Law | str, *, C: Any, smaller: Any = 2.0, cost: Cost | str | None = None, **parameters: Any
) -> Answer:
    r"""Compare a model k times smaller than the one that minimises the law on a budget.

    With :math:`n = n^*(C)/k`: the loss :math:`L(n, T)` at equal compute, :math:`\mathrm{cost}(p(n), T) = C`, and
    the compute :math:`\mathrm{cost}(p(n), T')` at equal loss, :math:`L(n, T') = L^*(C)`.

    Parameters
    ----------
    law : Law or str
    C : array_like of float
        Budgets.
    smaller : array_like of float
        The factor k: how many times smaller the size is than the optimal one; below 1 it is larger.
    cost : Cost or str, optional
        The law's own cost if left out.
    **parameters : array_like of float
        The law's parameters by name.

    Returns
    -------
    xarray.Dataset
        Dimensions (C, smaller, ...) as far as the inputs are arrays.  `n, p` the smaller size; `T, loss` what the
        budget buys at that size, and `loss_optimal` at the optimal one; `T_equal, C_equal` data and cost that
        reach `loss_optimal`; `compute_overhead` = C_equal/C - 1; `status`: converged, `infeasible` where the
        size is below 1 or beyond the budget, `unreachable` where no data size reaches that loss.

    Raises
    ------
    DomainError, UnknownNameError, ExpressionError

    Examples
    --------
    >>> found = overtrain("chinchilla_replication", C=1e21, smaller=2)
    >>> round(float(found.loss - found.loss_optimal), 4), round(float(found.compute_overhead), 3)
    (0.0149, 0.259)
    """
    entry = entry_named(law)
    if not isinstance(entry, Law) or entry.size is None or entry.data is None:
        raise ExpressionError(f"a smaller model needs a law in size and data, got {entry.name}")
    refuse_lower_bound(entry)
    chosen = cost_named(cost) if cost is not None else entry.cost
    entry.checked(parameters, [q.symbol.name for q in entry.parameters])
    coords, spread = laid_out({"C": C, "smaller": smaller, **parameters})
    check_budgets(spread["C"])
    if not ((spread["smaller"] > 0) & np.isfinite(spread["smaller"])).all():
        raise DomainError(f"smaller must be a positive finite number, got smaller={float(np.min(spread['smaller'])):g}")
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))

    def flat(array: Any) -> Any:
        return np.broadcast_to(array, shape).ravel()

    budget = flat(spread["C"])
    values = {symbol: flat(array) for symbol, array in parameter_values(entry, spread).items()}
    minima = minima_on(entry, chosen, budget, values)
    (best, *_), *_ = terms_and_count(entry, minima.size, minima.data, values)
    size = minima.size / flat(spread["smaller"])
    size = np.where(size >= 1, size, np.nan)
    data = _data_bought(entry, chosen, budget, {entry.size: size, **values})
    (loss, *_), count, _ = terms_and_count(entry, size, data, values)
    equal = np.exp(least_along(entry, best, {entry.size: size, **values}, entry.data))
    equal_cost = spent(entry, chosen, size, equal, values)
    status = np.where(np.isnan(data), "infeasible", np.where(np.isnan(equal), "unreachable", "converged"))
    found = {
        "n": size,
        "p": count,
        "T": data,
        "loss": loss,
        "loss_optimal": best,
        "T_equal": equal,
        "C_equal": equal_cost,
        "compute_overhead": equal_cost / budget - 1,
        "status": status,
    }
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    variables = {name: (dims, array.reshape(shape)) for name, array in found.items()}
    method = "batched minimiser for the optimum, scan and bisection in ln T for equal loss"
    return Answer(coords, variables, described(entry, chosen, method))


def _data_bought(law: Law, cost: Cost, budget: Any, values: dict[sp.Symbol, Any]) -> Any:
    """Data that the budget leaves beside a size, by bisection in ln T; NaN where not even one sample."""
    rest = {symbol: array for symbol, array in values.items() if symbol != law.size}
    low, high = np.zeros(budget.shape), np.full(budget.shape, 700.0)

    def paid(y: Any) -> Any:
        return spent(law, cost, values[law.size], np.exp(y), rest)

    affordable = paid(low) <= budget
    for _ in range(64):
        middle = 0.5 * (low + high)
        within = paid(middle) <= budget
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    return np.where(affordable, np.exp(low), np.nan)
