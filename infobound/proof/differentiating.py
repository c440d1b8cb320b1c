"""Checks about rates of change: derivatives that a claim states, and sequences given by a recursion."""

from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.algebra import alike
from infobound.proof.domain import interval_of
from infobound.proof.linking import Link, refuse_named
from infobound.proof.signs import continuous
from infobound.proof.step import Check, Goal, equal

__all__ = ["Differentiation", "Recursion", "is_smooth"]

_KINKED = (sp.Abs, sp.Max, sp.Min, sp.Piecewise, sp.sign, sp.floor, sp.ceiling, sp.Heaviside)


def is_smooth(expression: sp.Expr, x: sp.Symbol, hypotheses: tuple[sp.Basic, ...]) -> bool:
    """Whether an expression is built smoothly from x and from functions of x that are taken to be smooth."""
    inner = {
        f: sp.Dummy(f.func.__name__, **({"positive": True} if f.is_positive else {"real": True}))
        for f in expression.atoms(AppliedUndef)
        if f.has(x)
    }
    if expression.has(*_KINKED) or any(not f.is_real or f.args != (x,) for f in inner):
        return False
    plain = expression.xreplace(inner).rewrite(sp.polygamma)
    return all(continuous(plain, variable, hypotheses) for variable in (x, *inner.values()))


@dataclass(frozen=True)
class Differentiation(Check):
    """Carry out every derivative of an equation and compare.

    Undefined functions of the variable are taken to be differentiable, and their derivatives stand as they are.
    """

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "differentiation"

    def examine(self, goal: Goal) -> None:
        """Replace the derivatives by what they come to, and compare."""
        claim = goal.claim
        if not isinstance(claim, sp.Eq) or not claim.has(sp.Derivative):
            raise CheckFailed(f"a differentiation evaluates the derivatives of an equation, got {claim}")
        sides = [self._carried_out(side, goal.hypotheses) for side in (claim.lhs, claim.rhs)]
        if sides == [claim.lhs, claim.rhs]:
            raise CheckFailed(f"a differentiation needs a derivative of an expression, got {claim}")
        if not alike(sides[0], sides[1], goal.hypotheses):
            raise CheckFailed(f"a derivative must equal what is stated, got {sides[0]} and {sides[1]}")

    @staticmethod
    def _carried_out(side: sp.Expr, hypotheses: tuple[sp.Basic, ...]) -> sp.Expr:
        values = {}
        for derivative in side.atoms(sp.Derivative):
            body = derivative.expr
            if isinstance(body, AppliedUndef):
                continue
            for x, _ in derivative.variable_count:
                if not is_smooth(body, x, hypotheses):
                    raise CheckFailed(
                        f"a function to be differentiated must be smooth in {x} on the domain, "
                        f"could not show it for {body}"
                    )
            values[derivative] = derivative.doit()
        return side.xreplace(values)


@dataclass(frozen=True)
class Recursion(Link):
    """Induction on a sequence: a closed form starts where the sequence starts and obeys its recursion.

    The claim is f(t) = g(t) for all integers t from the first on.

    Parameters
    ----------
    first : str
        The step that gives f at the first t.
    onward : str
        The step that gives f(t+1) from f(t), for every t from the first on.
    discharging : tuple of str
        Steps whose claims are hypotheses of these.
    """

    first: str
    onward: str
    discharging: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "induction on a recursion"

    @property
    def sources(self) -> tuple[str, ...]:
        """The start and the recursion."""
        return (self.first, self.onward)

    def yields(self, goal: Goal) -> Relational:
        """Return the claim, once its right side is seen to start and to go on as the sequence does."""
        claim, start, onward = goal.claim, goal.step(self.first), goal.step(self.onward)
        if not all(isinstance(relation, sp.Eq) for relation in (claim, start.claim, onward.claim)):
            raise CheckFailed(f"a recursion determines a sequence by equations, got {claim}")
        term, closed = claim.lhs, claim.rhs
        if not isinstance(term, AppliedUndef) or len(term.args) != 1 or not term.args[0].is_Symbol:
            raise CheckFailed(f"a recursion determines a function of one index, got {term}")
        (t,), f = term.args, term.func
        interval = interval_of(t, ())
        if not t.is_integer or not interval.low.is_Integer or closed.has(f):
            raise CheckFailed(f"a closed form holds for all integers from the first on, got {claim}")
        if any(h.has(t) for h in (*start.hypotheses, *onward.hypotheses)):
            raise CheckFailed(f"a recursion must hold for every {t}, got one with hypotheses on it")
        if start.claim.lhs != f(interval.low) or onward.claim.lhs != f(t + 1):
            raise CheckFailed(
                f"a recursion gives {f(interval.low)} and {f(t + 1)}, got {start.claim} and {onward.claim}"
            )
        refuse_named(self.onward, t, goal)
        after = onward.claim.rhs.xreplace({term: closed})
        if after.has(f) or not alike(closed.subs(t, interval.low), start.claim.rhs, goal.hypotheses):
            raise CheckFailed(f"a closed form must start at {start.claim.rhs}, got {closed}")
        if not alike(closed.subs(t, t + 1), after, goal.hypotheses):
            raise CheckFailed(f"a closed form must obey {onward.claim}, got {closed}")
        return equal(term, closed)
