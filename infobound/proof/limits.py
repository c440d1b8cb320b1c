"""Checks by limits and slopes: differences that fall to a limit, roots, derivatives of both sides."""

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.algebra import alike, refuted
from infobound.proof.check import Algebra, gap
from infobound.proof.differentiating import is_smooth
from infobound.proof.linking import Link, refuse_fixed
from infobound.proof.signs import is_signed, path_interval, positive
from infobound.proof.step import Check, Goal, Standing, above, at_least, equal

__all__ = ["BothSides", "FallsToLimit", "LimitAtInfinity", "Root"]


@dataclass(frozen=True)
class FallsToLimit(Check):
    r"""An inequality whose difference g falls with every unit step, to a limit that is not negative.

    .. math:: g(z) \ge g(z+1), \quad \lim_{z\to\infty} g(z) \ge 0 \quad\Longrightarrow\quad g(z) \ge 0

    With g(z) > g(z+1) the difference is positive.

    Parameters
    ----------
    on : Symbol
        z, which runs to infinity.
    then : Check
        How the sign of g(z) - g(z+1) is established.
    """

    on: sp.Symbol
    then: Check = field(default_factory=Algebra)

    @property
    def standing(self) -> Standing:
        """Standing of the sign of a unit step."""
        return self.then.standing

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        return f"unit steps in {say(self.on)}, down to the limit at infinity"

    def examine(self, goal: Goal) -> None:
        """Check the sign of a unit step and the limit."""
        difference, strict = gap(goal.claim)
        refuted(goal.claim, goal.hypotheses)
        if path_interval(self.on, goal.hypotheses).high != sp.oo:
            raise CheckFailed(f"a limit at infinity needs a symbol that runs there, got {self.on}")
        fall = sp.expand_func(difference - difference.subs(self.on, self.on + 1))
        self.then.examine(goal.with_claim((above if strict else at_least)(fall, 0)))
        limit = sp.limit(difference, self.on, sp.oo)
        rest = tuple(h for h in goal.hypotheses if not h.has(self.on))
        if limit.is_finite is not True or not is_signed(limit, rest, strict=False):
            raise CheckFailed(f"a limit must not be negative, could not show it for {limit} of {difference}")


@dataclass(frozen=True)
class LimitAtInfinity(Check):
    """Evaluate the limit on the left side of an equation, as a symbol runs to infinity.

    The value is that of Gruntz's algorithm, by SymPy.
    """

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "limit at infinity"

    def examine(self, goal: Goal) -> None:
        """Compare the limit with the value stated."""
        claim = goal.claim
        if not isinstance(claim, sp.Eq) or not isinstance(claim.lhs, sp.Limit) or claim.lhs.args[2] != sp.oo:
            raise CheckFailed(f"a limit at infinity is the left side of an equation, got {claim}")
        body, on = claim.lhs.args[:2]
        found = sp.limit(body, on, sp.oo)
        if path_interval(on, goal.hypotheses).high != sp.oo or not alike(found, claim.rhs, goal.hypotheses):
            raise CheckFailed(f"a limit must be the value stated, got {found} for {claim}")


@dataclass(frozen=True)
class Root(Check):
    """Name the root of an equation whose left side rises from 0 to infinity and whose right side is positive.

    By the implicit function theorem it is a smooth function of what the right side depends on.

    Parameters
    ----------
    name : applied function
        What the root is called: a new positive function of the symbols on the right side.
    """

    name: sp.Expr

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "definition as the only root of an increasing function"

    def examine(self, goal: Goal) -> None:
        """See that the name is new and that there is exactly one root for each value."""
        name, claim = self.name, goal.claim
        if not isinstance(claim, sp.Eq) or not isinstance(name, AppliedUndef) or not name.is_positive:
            raise CheckFailed(f"a root is named by a function declared positive, got {name} in {claim}")
        y = sp.Dummy("y", positive=True)
        rising, value = claim.lhs.xreplace({name: y}), claim.rhs
        own = set(name.args)
        if name.func in goal.taken or len(own) < len(name.args) or not all(a.is_Symbol for a in own):
            raise CheckFailed(f"a root needs a new function of distinct symbols, got {name}")
        if rising.free_symbols != {y} or claim.xreplace({name: y}).has(name.func) or value.free_symbols - own:
            raise CheckFailed(f"a root solves f(y) = value for a function of y alone, got {claim}")
        if goal.hypotheses or not positive(value) or not all(is_smooth(value, x, ()) for x in own):
            raise CheckFailed(f"a root needs a smooth value that is always positive, could not show it for {value}")
        ends = sp.limit(rising, y, 0, "+"), sp.limit(rising, y, sp.oo)
        if ends != (0, sp.oo) or not is_smooth(rising, y, ()) or not positive(sp.diff(rising, y)):
            raise CheckFailed(f"a root needs a function that rises from 0 to infinity, could not show it for {rising}")


@dataclass(frozen=True)
class BothSides(Link):
    """Differentiate both sides of an equation that holds for all values of a symbol.

    Functions of the symbol that occur in it must have been named as roots, which are smooth.
    """

    step: str
    by: sp.Symbol
    discharging: tuple[str, ...] = ()

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        return f"derivative of both sides in {say(self.by)}"

    @property
    def sources(self) -> tuple[str, ...]:
        """The equation differentiated."""
        return (self.step,)

    def yields(self, goal: Goal) -> Relational:
        """Return the equation of the derivatives."""
        claim, hypotheses = goal.step(self.step).claim, goal.step(self.step).hypotheses
        if not isinstance(claim, sp.Eq) or any(h.has(self.by) for h in hypotheses) or self.by.is_integer:
            raise CheckFailed(f"an equation is differentiated that holds for all real {self.by}, got {claim}")
        refuse_fixed(self.step, (self.by,), goal)
        roots = {step.check.name.func for step in goal.earlier.values() if isinstance(step.check, Root)}
        named = {f.func for f in claim.atoms(AppliedUndef) if f.has(self.by)}
        if named - roots or not all(is_smooth(side, self.by, hypotheses) for side in claim.args):
            raise CheckFailed(f"both sides must be smooth in {self.by}, could not show it for {claim}")
        return equal(*(sp.diff(side, self.by) for side in claim.args))
