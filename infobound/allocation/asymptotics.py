r"""`exponents`: how the minimising allocation and its loss scale with compute, derived from the expression.

docs/math2.md section D: where a misspecification :math:`c_1 n^{-\beta}` meets an estimation
:math:`c_2 n^s T^{-\tau}` (each up to powers of logarithms) under :math:`C = c\,n\,T`, the minimum has
:math:`n^* \sim C^{\tau/S}, T^* \sim C^{(\beta+s)/S}, L^* \sim C^{-\beta\tau/S}` with
:math:`S = \beta + s + \tau`.  Here that balance is found for any law and cost: along n = X^theta,
T = X^(1-theta) the exponent of the loss is piecewise linear in theta, and the optimum is one of its corners.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.allocation.leading import (
    EXACT,
    LOG_DATA,
    LOG_SIZE,
    Lead,
    Signs,
    Undecided,
    expanded,
    pieces,
)
from infobound.allocation.minimising import allocated, refuse_lower_bound
from infobound.catalogue import entry_named
from infobound.costs import Cost, cost_named
from infobound.errors import ExpressionError
from infobound.kernels.points import evaluate
from infobound.labelled import Answer, laid_out
from infobound.record import AllocationRule, Law
from infobound.symbols import COST, p
from infobound.symbols import T as samples

__all__ = ["Exponents", "exponents"]

_BUDGET = COST["C"].symbol


@dataclass(frozen=True)
class Exponents:
    """Asymptotic exponents of the allocation that minimises a law: p* ~ C^a, T* ~ C^b, L* ~ C^-loss.

    Attributes
    ----------
    law, kind, cost : str
    status : str
        "derived", or "undecided" with the reason.
    a, b, loss : sympy.Expr or None
        In the law's parameters.  `loss` is the exponent with which what can be reduced of the loss falls.
    logs : mapping of str to sympy.Expr
        Powers of ln C that multiply p, T and the loss; empty where they are not decided.
    shares : mapping of str to sympy.Expr
        Power of each parameter in p*/T* at fixed C, as that parameter grows, up to logarithms and lower
        orders; empty where the optimum is no balance of two powers.
    balance : tuple of sympy.Expr
        The two behaviours of the loss that meet at the optimum.
    conditions : tuple of str
        What was taken of the parameters beyond the lower ends of their domains.
    reason : str
    values : mapping of str to float
        Parameters that have a value.
    local : Answer, optional
        Finite-budget exponents, where budgets were given.
    """

    law: str
    kind: str
    cost: str
    status: str
    a: sp.Expr | None = None
    b: sp.Expr | None = None
    loss: sp.Expr | None = None
    logs: Mapping[str, sp.Expr] = field(default_factory=dict)
    shares: Mapping[str, sp.Expr] = field(default_factory=dict)
    balance: tuple[sp.Expr, ...] = ()
    conditions: tuple[str, ...] = ()
    reason: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    local: Answer | None = None

    @cached_property
    def numbers(self) -> dict[str, float]:
        """a, b and loss at the parameters' values; NaN where one of these is open."""

        def number(expr: sp.Expr | None) -> float:
            found = None if expr is None else expr.subs({s: self.values.get(s.name, s) for s in expr.free_symbols})
            return float(found) if found is not None and found.is_number else float("nan")

        return {"a": number(self.a), "b": number(self.b), "loss": number(self.loss)}

    @property
    def statements(self) -> tuple[str, ...]:
        """Say in words how p*/T* moves with each parameter."""
        said = []
        for name, power in self.shares.items():
            if power == 0:
                said.append(f"As {name} grows, only logarithms and lower orders move p*/T*: the powers balance.")
            else:
                word = "rises" if power.is_positive else "falls" if power.is_negative else "moves"
                said.append(f"As {name} grows, p*/T* {word} like {name}^({power}), up to logarithms and lower orders.")
        return tuple(said)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Flat columns: one row, or one for each budget."""
        local = {} if self.local is None else self.local.columns()
        rows = len(next(iter(local.values()))) if local else 1

        def text(expr: Any) -> str:
            return "" if expr is None else str(expr)

        own: dict[str, Any] = {
            "law": self.law,
            "cost": self.cost,
            "status": self.status,
            **{name: text(getattr(self, name)) for name in ("a", "b", "loss")},
            **{f"{name}_value": number for name, number in self.numbers.items()},
            **{f"log_power_{name}": text(power) for name, power in self.logs.items()},
            **{f"share_power_{name}": text(power) for name, power in self.shares.items()},
            "reason": self.reason,
        }
        return {name: np.array([value] * rows) for name, value in own.items()} | {
            name if name not in own and name not in ("status",) else f"local_{name}": column
            for name, column in local.items()
        }


def exponents(
    law: Law | AllocationRule | str, *, C: Any = None, cost: Cost | str | None = None, **parameters: Any
) -> Exponents:
    r"""Derive the asymptotic exponents of the allocation that minimises a law.

    .. math:: p^* \sim C^a, \qquad T^* \sim C^b, \qquad L^* - L_\infty \sim C^{-\mathrm{loss}}

    Every term is reduced to its leading powers of size and data, logarithms apart; the exponents are the
    corner of the balance (docs/math2.md, Theorem D).  For a bound they are exponents of the optimum of the
    bound.  What cannot be decided is said, never guessed.

    Parameters
    ----------
    law : Law, AllocationRule or str
        A law, a published allocation rule, or the name of one.
    C : array_like of float, optional
        Budgets, at which the exponents of `allocate` are set beside the limits.
    cost : Cost or str, optional
        The law's own cost if left out.
    **parameters : array_like of float
        The law's parameters by name: needed for the local exponents; single numbers also settle signs
        that the domains leave open.

    Returns
    -------
    Exponents

    Raises
    ------
    UnknownNameError, DomainError, InfeasibleError
    ExpressionError
        If the law lacks size or data.

    Examples
    --------
    >>> found = exponents("sampled_student")
    >>> found.a, found.b, found.loss, found.logs["p"]
    (1/2, 1/2, 1/2, -1)
    >>> exponents("chinchilla_replication").a
    beta/(alpha + beta)
    """
    entry = entry_named(law)
    chosen = cost_named(cost) if cost is not None else entry.cost
    names = [q.symbol.name for q in entry.parameters]
    if C is None:
        entry.checked(parameters, parameters if parameters.keys() <= set(names) else names)
    single = {name: sp.Rational(repr(float(x))) for name, x in parameters.items() if np.ndim(x) == 0}
    defaults = {
        q.symbol.name: q.value for q in entry.parameters if q.value is not None and q.symbol.name not in parameters
    }
    settled = defaults | single
    values = {q.symbol: settled[q.symbol.name] for q in entry.parameters if q.symbol.name in settled}
    signs = Signs(entry.parameters, values)
    try:
        derived = _of_rule(entry, chosen, signs) if isinstance(entry, AllocationRule) else _of_law(entry, chosen, signs)
        found = derived | {"status": "derived"}
    except Undecided as reason:
        found = {"status": "undecided", "reason": str(reason)}
    return Exponents(
        law=entry.name,
        kind=entry.claim,
        cost=str(chosen),
        conditions=tuple(signs.conditions),
        values={symbol.name: float(value) for symbol, value in values.items()},
        local=None if C is None else _local(entry, chosen, {"C": C, **parameters}),
        **found,
    )


def _of_rule(rule: AllocationRule, cost: Cost, signs: Signs) -> dict[str, Any]:
    """Exponents of a published path (p, T), followed to where the cost reaches the budget."""
    price = cost.expr.subs({p: rule.p_of_C, samples: rule.T_of_C}, simultaneous=True)
    ((_, _, (count, data, spent)),) = pieces((rule.p_of_C, rule.T_of_C, price), None, _BUDGET, signs)
    return {"a": _tidy(count.data / spent.data), "b": _tidy(data.data / spent.data)}


def _of_law(law: Law, cost: Cost, signs: Signs) -> dict[str, Any]:
    if law.size is None or law.data is None or law.parameter_count is None:
        raise ExpressionError(f"exponents need a law in size and data, got {law.name}, which lacks one")
    refuse_lower_bound(law)
    given = {q.symbol: q.value for q in cost.parameters if q.value is not None}
    price = cost.expr.subs(given).subs({p: law.parameter_count, samples: law.data}, simultaneous=True)
    signs = Signs((*signs.parameters, *cost.parameters), signs.values, signs.conditions)
    moving = sp.Add(*_moving(law))
    found = pieces((moving, price, law.parameter_count), law.size, law.data, signs)
    for _, _, (loss, *_) in found:
        if loss.coefficient == 0 or loss.beyond:
            word = "grows" if loss.beyond > 0 else "falls"
            raise Undecided(f"the loss {word} faster than every power of size and data")
    thetas = [low for low, _, _ in found] + [sp.S.One]
    beside = [(found[max(i - 1, 0)][2], found[min(i, len(found) - 1)][2]) for i in range(len(thetas))]
    falls = [
        _tidy(-below[0].order(theta) / below[1].order(theta)) for theta, (below, _) in zip(thetas, beside, strict=True)
    ]
    best = 0
    for i in range(1, len(falls)):
        way = signs(falls[i] - falls[best])
        if way == 0 and signs(falls[i]) > 0:
            raise Undecided("the loss falls equally fast for a range of allocations")
        best = i if way > 0 else best
    if signs(falls[best]) <= 0:
        raise Undecided("the loss does not fall below a constant as size and data grow: write it as a term of its own")
    _check_edges(falls[best], price, law, signs)
    theta, (below, above) = thetas[best], beside[best]
    spent = below[1].order(theta)
    return {
        "a": _tidy(below[2].order(theta) / spent),
        "b": _tidy((1 - theta) / spent),
        "loss": falls[best],
        "balance": tuple(dict.fromkeys(_shown(lead, law) for lead, *_ in (below, above))),
        **_around(theta, below, above, signs),
    }


def _moving(law: Law) -> list[sp.Expr]:
    """Addends that size or data moves."""
    parts = [part for term in law.terms.values() for part in sp.Add.make_args(expanded(term))]
    return [part for part in parts if part.free_symbols & {law.size, law.data}]


def _check_edges(best: sp.Expr, price: sp.Expr, law: Law, signs: Signs) -> None:
    """Refuse where one neuron, or one sample, does better than the balance."""
    whole = sp.Add(*_moving(law))
    for fixed, size, data in ((law.size, None, law.data), (law.data, law.size, None)):

        def falls_faster(part: sp.Expr, fixed: sp.Symbol = fixed, ends: Any = (size, data)) -> bool:
            ((end, _, (lead, paid)),) = pieces((part.subs(fixed, 1), price.subs(fixed, 1)), ends[0], ends[1], signs)
            vanishes = lead.coefficient == 0 or lead.beyond < 0
            return vanishes or signs(best + lead.order(end) / paid.order(end)) < 0

        if whole.subs(fixed, 1).has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            continue
        known = len(signs.conditions)
        try:
            faster = falls_faster(whole)
        except Undecided:
            del signs.conditions[known:]
            faster = not _some_term_stays(law, falls_faster)
            signs.note(f"no term is negative at {fixed} = 1")
        if faster:
            raise Undecided(f"the loss falls faster at {fixed} = 1 than at any balance of size and data")


def _some_term_stays(law: Law, falls_faster: Callable[[sp.Expr], bool]) -> bool:
    """Whether some term by itself is seen to fall no faster; raise if no term can be decided."""
    reason = None
    for term in law.terms.values():
        try:
            if not falls_faster(term):
                return True
        except Undecided as open_:
            reason = open_
    if reason is not None:
        raise reason
    return False


def _around(theta: sp.Expr, below: tuple[Lead, ...], above: tuple[Lead, ...], signs: Signs) -> dict[str, Any]:
    """Powers of ln C, and of the parameters in p*/T*, where two exactly known behaviours balance.

    With ln n and ln T unknown: c1 n^s1 T^t1 = c2 n^s2 T^t2 and cost = C are two linear equations.
    """
    (one, price, count), (two, price_above, _) = below, above
    leads = (one, two, price, count)
    crossing = _tidy((one.size - two.size) * price.data - (one.data - two.data) * price.size)
    logs_open = any(_tidy(lead.coefficient_at(theta)) == 0 for lead in leads)
    if price != price_above or any(lead.known != EXACT for lead in leads) or crossing == 0 or logs_open:
        return {}
    if signs(theta) <= 0 or signs(1 - theta) <= 0:
        return {}

    def solved(balance: sp.Expr, paid: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Solve for n and T where the sides differ by these powers of some third quantity."""
        ds, dt = one.size - two.size, one.data - two.data
        in_size = (balance * price.data - paid * dt) / crossing
        in_data = (paid * ds - balance * price.size) / crossing
        return in_size, in_data

    in_size, in_data = solved(two.logs - one.logs, -price.logs)
    logs = {
        "p": _tidy(count.size * in_size + count.logs),
        "T": _tidy(in_data),
        "loss": _tidy(one.size * in_size + one.data * in_data + one.logs),
    }
    shares: dict[str, sp.Expr] = {}
    powers = {s for lead in leads for power in (lead.size, lead.data) for s in power.free_symbols}
    for q in signs.parameters:
        held = [lead.coefficient_at(theta) for lead in leads]
        if q.symbol in powers or not any(q.symbol in c.free_symbols for c in held):
            continue
        try:
            u1, u2, paid, counted = (_degree(c, q.symbol, signs) for c in held)
        except Undecided:
            continue
        in_size, in_data = solved(u2 - u1, -paid)
        shares[q.symbol.name] = _tidy(counted + count.size * in_size - in_data)
    iterated = any(lead.iterated != 0 for lead in leads)
    return {"logs": {} if iterated else logs, "shares": shares}


def _degree(coefficient: sp.Expr, symbol: sp.Symbol, signs: Signs) -> sp.Expr:
    """Power with which a coefficient grows in a parameter."""
    ((_, _, (lead,)),) = pieces((coefficient,), None, symbol, signs)
    if lead.beyond or lead.coefficient == 0:
        raise Undecided(f"{coefficient} is no power of {symbol}")
    return lead.data


def _shown(lead: Lead, law: Law) -> sp.Expr:
    """A lead as an expression in the law's symbols; without its coefficient where that is not known, or long."""
    logs = {LOG_SIZE: sp.log(law.size), LOG_DATA: sp.log(law.data)}
    coefficient = lead.coefficient.subs(logs) if lead.known == EXACT and lead.iterated == 0 else sp.S.One
    coefficient = sp.S.One if coefficient.count_ops() > 60 else coefficient
    return sp.factor(sp.powsimp(sp.factor(coefficient))) * law.size**lead.size * law.data**lead.data


def _tidy(expr: sp.Expr) -> sp.Expr:
    return sp.factor(sp.cancel(sp.together(expr)))


def _local(entry: Law | AllocationRule, cost: Cost, given: dict[str, Any]) -> Answer:
    """Exponents of `allocate` at each budget; that of the loss is for the part that can be reduced."""
    answer = allocated(entry, cost, given)
    found = {name: answer.variables[name] for name in ("exponent_p", "exponent_T", "exponent_loss", "status")}
    if isinstance(entry, Law) and sp.Add(*_moving(entry)) != entry.expr:
        # the difference of loss and irreducible loss would cancel at large budgets
        spread = laid_out(given)[1]
        values = {q.symbol: spread.get(q.symbol.name, q.value) for q in entry.parameters}
        (dims, loss), (_, n), (_, T) = (answer.variables[name] for name in ("loss", "n", "T"))
        (reducible,) = evaluate((sp.Add(*_moving(entry)),), {entry.size: n, entry.data: T, **values})
        found["exponent_loss"] = dims, found["exponent_loss"][1] * loss / reducible
    return Answer(answer.coords, found, answer.attrs)
