"""`allocate`: the size and data size that minimise a law on a budget."""

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound import __version__
from infobound.catalogue import entry_named
from infobound.errors import DomainError, ExpressionError, InfeasibleError, UnknownNameError
from infobound.kernels.budgets import minimise
from infobound.kernels.lowering import derivative
from infobound.kernels.points import evaluate
from infobound.labelled import Answer, as_xarray, laid_out
from infobound.record import COSTS, AllocationRule, Cost, Law
from infobound.symbols import COST, p
from infobound.symbols import T as samples

__all__ = ["allocate", "allocated", "check_budgets", "cost_named"]

Array = NDArray[Any]
Values = dict[sp.Symbol, Array]

_BUDGET = COST["C"].symbol


@as_xarray
def allocate(law: Law | AllocationRule | str, *, C: Any, cost: Cost | str | None = None, **parameters: Any) -> Answer:
    r"""Minimise a law over size and data on each budget.

    .. math:: \min_{n \ge 1,\; T \ge 1} L(n, T) \quad\text{with}\quad \mathrm{cost}(p(n), T) = C

    The minimum is global over a scan of the whole feasible range of ln n and refined to 1e-10 in ln n.
    What it minimises is the law: for a bound, the allocation that minimises the bound for this student.

    Parameters
    ----------
    law : Law, AllocationRule or str
        A law, a published allocation rule, or the name of one.
    C : array_like of float
        Budgets in operations.  1-D arrays here and in `parameters` are axes of an outer product, C first;
        scalars become scalar coordinates; xarray inputs broadcast by dimension name.
    cost : Cost or str, optional
        The law's own cost if left out; "product" (p T) or "transformer" (6 p T) by name.
    **parameters : array_like of float
        The law's parameters by name.

    Returns
    -------
    xarray.Dataset
        `n, p, T, loss, term_<name>..., tokens_per_parameter` at the optimum; `exponent_p, exponent_T,
        exponent_loss`, the derivatives of ln p, ln T and ln loss in ln C there; `n_integer, T_integer,
        loss_integer`, the better of floor and ceiling of n with the whole samples that the budget leaves;
        `status` (converged, lower_edge, upper_edge, flat, infeasible, not_finite, not_converged, rule) and
        `vacuous` (the loss reaches the law's cap).  For fits n and p both hold N, and T holds D.

    Raises
    ------
    DomainError
        If C is not a positive finite number, or a parameter lies outside its domain.
    InfeasibleError
        If no budget pays for the smallest size and one sample; where only some do not, their status says so.
    UnknownNameError, ExpressionError

    Examples
    --------
    >>> best = allocate("sampled_student", C=1e12, d=16, K=10)
    >>> round(float(best.n), 1), round(float(best.exponent_p), 3), str(best.status.item())
    (2626.1, 0.442, 'converged')
    """
    answer = allocated(entry_named(law), cost, {"C": C, **parameters})
    status = answer.variables["status"][1]
    if status.size and (status == "infeasible").all():
        most = float(np.max(answer.coords["C"][1]))
        raise InfeasibleError(
            f"a budget must pay for the smallest size and one sample of {answer.attrs['law']} "
            f"({answer.attrs['cost']}); got C={most:g}{' at most' if answer.coords['C'][1].size > 1 else ''}"
        )
    return answer


def allocated(entry: Law | AllocationRule, cost: Cost | str | None, given: dict[str, Any]) -> Answer:
    """Allocate each budget `given["C"]`, with status `infeasible` also where no budget is feasible."""
    chosen = cost_named(cost) if cost is not None else entry.cost
    if entry.size is None or entry.data is None or (isinstance(entry, Law) and entry.parameter_count is None):
        raise ExpressionError(f"an allocation needs a law in size and data, got {entry.name}, which lacks one")
    entry.checked({name: raw for name, raw in given.items() if name != "C"}, [q.symbol.name for q in entry.parameters])
    coords, spread = laid_out(given)
    check_budgets(spread["C"])
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    values = {q.symbol: spread.get(q.symbol.name, _default(q.value)) for q in entry.parameters}
    if isinstance(entry, AllocationRule):
        found = _by_rule(entry, chosen, spread["C"], values)
    else:
        found = _by_minimum(entry, chosen, spread["C"], values)
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))
    attrs = {
        "law": entry.name,
        "kind": entry.claim,
        "quantity": entry.quantity,
        "unit": entry.unit,
        "cost": str(chosen),
        "infobound_version": __version__,
    }
    return Answer(coords, {name: (dims, np.broadcast_to(array, shape)) for name, array in found.items()}, attrs)


def cost_named(cost: Cost | str) -> Cost:
    """Return the cost of a name, or the cost given.

    Raises
    ------
    UnknownNameError
    """
    if isinstance(cost, Cost):
        return cost
    if not isinstance(cost, str) or cost not in COSTS:
        raise UnknownNameError(f"a cost must be one of {', '.join(COSTS)}; got {cost!r}")
    return COSTS[cost]


def check_budgets(C: Array) -> None:
    """Refuse budgets that are not positive finite numbers.

    Raises
    ------
    DomainError
    """
    bad = ~(np.isfinite(C) & (C > 0))
    if bad.any():
        flat = np.flatnonzero(bad)[0]
        place = f" at index {flat}" if C.ndim else ""
        raise DomainError(f"C must be a positive finite number, got C={C.ravel()[flat]:g}{place}")


def _default(value: sp.Rational | None) -> Array:
    return np.asarray(float(value) if value is not None else np.nan)


def _by_minimum(law: Law, cost: Cost, C: Array, values: Values) -> dict[str, Array]:
    at_law = {p: law.parameter_count, samples: law.data}
    price = cost.expr.subs(at_law, simultaneous=True)
    solved = cost.data_at
    if solved is not None:
        solved = solved.subs(p, law.parameter_count)
    minima = minimise(law.expr, price, solved, size=law.size, data=law.data, budget=_BUDGET, budgets=C, values=values)
    growth = derivative(law.parameter_count, law.size) / law.parameter_count
    parts = (law.expr, *law.terms.values(), law.parameter_count, growth)
    loss, *terms, count, per_size = evaluate(parts, {law.size: minima.size, law.data: minima.data, **values})
    whole = {law.size: minima.whole_size, law.data: minima.whole_data, **values}
    cap = np.inf if law.cap is None else float(law.cap.value)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "n": minima.size,
            "p": count,
            "T": minima.data,
            "loss": loss,
            **{f"term_{name}": term for name, term in zip(law.terms, terms, strict=True)},
            "tokens_per_parameter": minima.data / count,
            "exponent_p": minima.rate_size * per_size,
            "exponent_T": minima.rate_data,
            "exponent_loss": minima.rate_value / loss,
            "n_integer": minima.whole_size,
            "T_integer": minima.whole_data,
            "loss_integer": evaluate(parts, whole)[0],
            "status": minima.status,
            "vacuous": loss >= cap,
        }


def _by_rule(rule: AllocationRule, cost: Cost, C: Array, values: Values) -> dict[str, Array]:
    """Follow the rule's path of (p, T) to where the cost reaches the budget."""
    price = cost.expr.subs({p: rule.p_of_C, samples: rule.T_of_C}, simultaneous=True)
    own = C if cost == rule.cost else _budget_on_path(price, C, values)
    rates = (derivative(sp.log(expr), _BUDGET) for expr in (rule.p_of_C, rule.T_of_C))
    count, data, spent, rate, *exponents = evaluate(
        (rule.p_of_C, rule.T_of_C, price, derivative(price, _BUDGET), *rates), {_BUDGET: own, **values}
    )
    feasible = (count >= 1) & (data >= 1)
    count, data = np.where(feasible, count, np.nan), np.where(feasible, data, np.nan)
    grown, longer = (np.where(feasible, rate_own * spent / rate, np.nan) for rate_own in exponents)
    nothing = np.full(np.shape(C), np.nan)
    return {
        "n": count,
        "p": count,
        "T": data,
        "loss": nothing,
        "tokens_per_parameter": data / count,
        "exponent_p": grown,
        "exponent_T": longer,
        "exponent_loss": nothing,
        "n_integer": np.floor(count),
        "T_integer": np.floor(data),
        "loss_integer": nothing,
        "status": np.where(feasible, "rule", "infeasible"),
        "vacuous": np.zeros(np.shape(C), dtype=bool),
    }


def _budget_on_path(price: sp.Expr, C: Array, values: Values) -> Array:
    """Solve price(C') = C for C' by bisection in ln C'."""
    shape = np.broadcast_shapes(np.shape(C), *(np.shape(value) for value in values.values()))
    low, high = np.full(shape, -700.0), np.full(shape, 700.0)
    for _ in range(110):
        middle = (low + high) / 2
        below = evaluate((price,), {_BUDGET: np.exp(middle), **values})[0] <= C
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found: Array = np.exp(low)
    return found
