"""`allocate`: the size and data size that minimise a law on a budget."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.catalogue import entry_named
from infobound.costs import Cost, cost_named
from infobound.errors import DomainError, ExpressionError, InfeasibleError
from infobound.kernels.budgets import Minima, minimise
from infobound.kernels.lowering import derivative
from infobound.kernels.points import evaluate
from infobound.labelled import Answer, as_xarray, attributes, laid_out
from infobound.record import AllocationRule, Law
from infobound.repeating import Learner, repeated
from infobound.symbols import COST, p
from infobound.symbols import T as samples

__all__ = [
    "Values",
    "allocate",
    "allocated",
    "check_budgets",
    "described",
    "minima_on",
    "optima",
    "parameter_values",
    "terms_and_count",
]

Array = NDArray[Any]
Values = dict[sp.Symbol, Array]

_BUDGET = COST["C"].symbol


@as_xarray
def allocate(
    law: Law | AllocationRule | str,
    *,
    C: Any,
    cost: Cost | str | None = None,
    repeats: Learner | None = None,
    **parameters: Any,
) -> Answer:
    r"""Minimise a law over size and data on each budget.

    .. math:: \min_{n \ge 1,\; T \ge 1} L(n, T) \quad\text{with}\quad \mathrm{cost}(p(n), T) = C

    The minimum is global over a scan of the whole feasible range in steps of at most 0.2 in ln n, and refined to
    1e-10 in ln n.
    What it minimises is the law: for a bound, the allocation that minimises the bound for this student.

    Parameters
    ----------
    law : Law, AllocationRule or str
        A law, a published allocation rule, or the name of one.
    C : array_like of float
        Budgets in operations.  1-D arrays here and in `parameters` are axes of an outer product, C first;
        scalars become scalar coordinates; xarray inputs broadcast by dimension name.
    cost : Cost or str, optional
        The law's own cost if left out; by name "product" (p T), "transformer" (6 p T), or one with
        parameters, such as "serving:T_inf=1e12" (`infobound.costs.COSTS`).
    repeats : str, optional
        Learner of U unique samples, which are repeated: "effective" or "exact_bayes" (see `repeated`).
    **parameters : array_like of float
        The law's parameters by name.

    Returns
    -------
    xarray.Dataset
        `n, p, T, loss, term_<name>..., tokens_per_parameter` at the optimum; `exponent_p, exponent_T,
        exponent_loss`, the derivatives of ln p, ln T and ln loss in ln C there (where unique data that are used up
        hold the optimum: along T = U); `n_integer, T_integer, loss_integer`, the better of floor and ceiling of n with
        the whole samples that the budget leaves; `status` (converged, lower_edge, upper_edge, flat, infeasible,
        not_finite, not_converged, rule) and `vacuous` (the loss reaches the law's cap).  For fits n and p both hold
        N, and T holds D.

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
    entry = entry_named(law) if repeats is None else repeated(entry_named(law), repeats)
    answer = allocated(entry, cost, {"C": C, **parameters})
    status = answer.variables["status"][1]
    if status.size and (status == "infeasible").all():
        most = float(np.max(answer.coords["C"][1]))
        raise InfeasibleError(
            f"a budget must pay for the smallest size and one sample of {answer.attrs['law']} "
            f"({answer.attrs['cost']}); got C={most:g}{' at most' if answer.coords['C'][1].size > 1 else ''}"
        )
    return answer


def allocated(
    entry: Law | AllocationRule, cost: Cost | str | None, given: dict[str, Any], lacking: str | None = None
) -> Answer:
    """Allocate each budget `given["C"]`, with status `infeasible` also where no budget is feasible.

    A rule may lack its `scale`: of what it says only the exponents are then answered, with status `no_level`.
    """
    chosen = cost_named(cost) if cost is not None else entry.cost
    if entry.size is None or entry.data is None or (isinstance(entry, Law) and entry.parameter_count is None):
        raise ExpressionError(f"an allocation needs a law in size and data, got {entry.name}, which lacks one")
    refuse_lower_bound(entry)
    needed = [q.symbol.name for q in entry.parameters if q.symbol.name != lacking]
    entry.checked({name: raw for name, raw in given.items() if name != "C"}, needed)
    coords, spread = laid_out(given)
    check_budgets(spread["C"])
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    values = parameter_values(entry, spread)
    if isinstance(entry, AllocationRule):
        found = _by_rule(entry, chosen, spread["C"], values, levelled=lacking is None)
    else:
        found = optima(entry, chosen, spread["C"], values)
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))
    method = "published rule" if isinstance(entry, AllocationRule) else "batched minimiser over the feasible range"
    return Answer(
        coords,
        {name: (dims, np.broadcast_to(array, shape)) for name, array in found.items()},
        described(entry, chosen, method),
    )


def refuse_lower_bound(entry: Law | AllocationRule) -> None:
    """Refuse to minimise what no loss lies below: where that is least, nothing is promised.

    Raises
    ------
    ExpressionError
    """
    if entry.kind == "lower bound":
        raise ExpressionError(f"what is minimised must bound or be a loss, got {entry.name}, which is a lower bound")


def described(entry: Law | AllocationRule, cost: Cost, method: str) -> dict[str, str]:
    """What an answer says of the law, of the cost, and of how it was found."""
    return attributes(entry) | {"cost": str(cost), "cost_unit": cost.unit, "method": method}


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


def parameter_values(law: Law | AllocationRule, spread: Mapping[str, Array]) -> Values:
    """Numbers of a law's parameters, as given or by default."""

    def default(value: sp.Rational | None) -> Array:
        return np.asarray(float(value) if value is not None else np.nan)

    return {q.symbol: spread.get(q.symbol.name, default(q.value)) for q in law.parameters}


def minima_on(law: Law, cost: Cost, C: Array, values: Values) -> Minima:
    """Minimise a law on each budget.

    Raises
    ------
    ExpressionError
        If the law lacks size or data.
    UnknownNameError
        If a parameter of the cost has no value.
    """
    if law.size is None or law.data is None or law.parameter_count is None:
        raise ExpressionError(f"an allocation needs a law in size and data, got {law.name}, which lacks one")
    paid = cost.priced(law.parameter_count, law.data)
    prices = {symbol: np.asarray(value) for symbol, value in paid.values.items()}
    minima = minimise(
        law.expr,
        paid.price,
        paid.data_left,
        size=law.size,
        data=law.data,
        budget=_BUDGET,
        budgets=C / paid.scale,
        values=values | prices,
    )
    for kink in _kinks_in_data(law):
        minima = _along(kink, law, paid.price, minima, values | prices)
    return minima


def _kinks_in_data(law: Law) -> Iterator[sp.Expr]:
    """Data sizes, free of size and data themselves, at which the law's slope jumps."""
    found = {
        other
        for extreme in law.expr.atoms(sp.Min, sp.Max)
        for other in extreme.args
        if law.data in extreme.args and not other.free_symbols & {law.size, law.data}
    }
    yield from sorted(found, key=str)


def _along(kink: sp.Expr, law: Law, price: sp.Expr, minima: Minima, values: Values) -> Minima:
    """Fill in the rates where a minimum is held at a kink in the data size, and all of a budget goes into size.

    Such a minimum is not stationary, so that the implicit function theorem does not give its rates.  The data size
    stays; the size grows as the cost lets it, and the loss with it.
    """
    held = (minima.status == "converged") & np.isnan(minima.rate_size)
    if not held.any():
        return minima
    here = {symbol: np.broadcast_to(value, held.shape)[held] for symbol, value in values.items()}
    (end,) = evaluate((kink,), here) if kink.free_symbols else (np.full(held.sum(), float(kink)),)
    at = np.flatnonzero(held)[np.abs(minima.data[held] / end - 1) < 1e-9]
    if not at.size:
        return minima
    there = {symbol: np.broadcast_to(value, held.shape).ravel()[at] for symbol, value in values.items()}
    there |= {law.size: minima.size.ravel()[at], law.data: minima.data.ravel()[at]}
    steps = derivative(law.expr, law.size), derivative(price, law.size) / price
    fall, paid = evaluate(steps, there)
    rates = {name: getattr(minima, name).copy() for name in ("rate_size", "rate_data", "rate_value")}
    for name, rate in zip(rates, (1 / paid, np.zeros_like(paid), fall / paid), strict=True):
        rates[name].ravel()[at] = rate
    return replace(minima, **rates)


def terms_and_count(law: Law, size: Array, data: Array, values: Values) -> tuple[list[Array], Array, Array]:
    """Loss and its terms, parameter count, and the derivative of the logarithm of that in ln size."""
    growth = derivative(law.parameter_count, law.size) / law.parameter_count
    parts = (law.expr, *law.terms.values(), law.parameter_count, growth)
    *losses, count, per_size = evaluate(parts, {law.size: size, law.data: data, **values})
    return losses, count, per_size


def optima(law: Law, cost: Cost, C: Array, values: Values) -> dict[str, Array]:
    """Variables of an allocation on each budget."""
    minima = minima_on(law, cost, C, values)
    (loss, *terms), count, per_size = terms_and_count(law, minima.size, minima.data, values)
    (whole_loss, *_), *_ = terms_and_count(law, minima.whole_size, minima.whole_data, values)
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
            "loss_integer": whole_loss,
            "status": minima.status,
            "vacuous": loss >= cap,
        }


def _by_rule(rule: AllocationRule, cost: Cost, C: Array, values: Values, *, levelled: bool) -> dict[str, Array]:
    """Follow the rule's path of (p, T) to where the cost reaches the budget.

    Without a level p and T are NaN, and so are the exponents unless they are the same at every level.
    """
    paid = cost.priced(p, samples)
    price = paid.scale * paid.price.subs({p: rule.p_of_C, samples: rule.T_of_C}, simultaneous=True)
    own = C if cost == rule.cost else _budget_on_path(price, C, {**values, **paid.values})
    # what only scales the path leaves the logarithm's derivative, so that it need not be known
    rates = (derivative(sp.expand_log(sp.log(expr)), _BUDGET) for expr in (rule.p_of_C, rule.T_of_C))
    count, data, spent, rate, *exponents = evaluate(
        (rule.p_of_C, rule.T_of_C, price, derivative(price, _BUDGET), *rates), {_BUDGET: own, **values, **paid.values}
    )
    feasible = (count >= 1) & (data >= 1)
    count, data = np.where(feasible, count, np.nan), np.where(feasible, data, np.nan)
    known = feasible | (not levelled)
    grown, longer = (np.where(known, rate_own * spent / rate, np.nan) for rate_own in exponents)
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
        "status": np.where(feasible, "rule", "infeasible" if levelled else "no_level"),
        "vacuous": np.zeros(np.shape(C), dtype=bool),
    }


def _budget_on_path(price: sp.Expr, C: Array, values: Mapping[sp.Symbol, Any]) -> Array:
    """Solve price(C') = C for C' by bisection in ln C'."""
    shape = np.broadcast_shapes(np.shape(C), *(np.shape(value) for value in values.values()))
    low, high = np.full(shape, -700.0), np.full(shape, 700.0)
    for _ in range(110):
        middle = (low + high) / 2
        below = evaluate((price,), {_BUDGET: np.exp(middle), **values})[0] <= C
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found: Array = np.exp(low)
    return found
