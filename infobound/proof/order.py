"""Rules of order, each proved by its own check: minima, rounding, images under increasing functions."""

import math
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.domain import is_whole
from infobound.proof.rules import NamedRule, expect
from infobound.proof.signs import continuous, positive
from infobound.proof.step import Goal, Standing, at_most, below, equal

__all__ = ["BelowEntry", "IncreasingImage", "RoundedUpToEntry", "Rounding"]


def _is_whole(expression: sp.Expr, hypotheses: tuple[sp.Basic, ...]) -> bool:
    """Whether an expression is a whole number where its symbols are what the hypotheses say."""
    whole = {
        s: sp.Dummy(s.name, integer=True, positive=s.is_positive, nonnegative=s.is_nonnegative)
        for s in expression.free_symbols
        if is_whole(s, hypotheses)
    }
    return bool(sp.expand(expression).xreplace(whole).is_integer)


@dataclass(frozen=True, kw_only=True)
class BelowEntry(NamedRule):
    """A minimum is at most each of its two entries."""

    title: ClassVar[str] = "a minimum is at most its entries"
    reference: ClassVar[str] = "definition of the minimum"

    entry: sp.Expr
    other: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: a definition."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return min(entry, other) <= entry."""
        return at_most(sp.Min(self.entry, self.other), self.entry)

    @staticmethod
    def spot() -> None:
        """Nothing to try: the rule is a definition."""


@dataclass(frozen=True, kw_only=True)
class Rounding(NamedRule):
    """One of floor(x) <= x, x <= ceiling(x), ceiling(x) < x + 1 for a real number x.

    Parameters
    ----------
    number : Expr
    way : {"down", "up", "within"}
        Which of the three, in this order.
    """

    title: ClassVar[str] = "rounding to a whole number"
    reference: ClassVar[str] = "definition of the integer part"

    number: sp.Expr
    way: str

    @property
    def standing(self) -> Standing:
        """Exact: a definition."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return the inequality."""
        x = self.number
        if not x.is_real:
            raise CheckFailed(f"{self.title} needs a real number, could not show it for {x}")
        if self.way == "down":
            return at_most(sp.floor(x), x)
        if self.way == "up":
            return at_most(x, sp.ceiling(x))
        if self.way == "within":
            return below(sp.ceiling(x), x + 1)
        raise CheckFailed(f"{self.title} is 'down', 'up' or 'within', got {self.way!r}")

    @staticmethod
    def spot() -> None:
        """Try numbers of either sign."""
        numbers = [k / 8 for k in range(-20, 20)]
        expect(all(math.floor(x) <= x <= math.ceil(x) < x + 1 for x in numbers), "rounding")


@dataclass(frozen=True, kw_only=True)
class RoundedUpToEntry(NamedRule):
    """The smaller of two numbers, rounded up, is at most the first if that is whole."""

    title: ClassVar[str] = "rounding up below a whole number"
    reference: ClassVar[str] = "definition of the integer part"

    first: sp.Expr
    second: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: that the first is whole is proved."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return ceiling(min(first, second)) <= first."""
        return at_most(sp.ceiling(sp.Min(self.first, self.second)), self.first)

    def examine(self, goal: Goal) -> None:
        """Besides the shape, prove that the first number is whole."""
        super().examine(goal)
        if not _is_whole(self.first, goal.hypotheses) or not self.second.is_real:
            raise CheckFailed(f"{self.title}: could not show that {self.first} is whole")

    @staticmethod
    def spot() -> None:
        """Try numbers about a whole one."""
        expect(all(math.ceil(min(3, x)) <= 3 for x in (1.2, 2.9, 3.0, 3.1, 7.0)), "rounding up below a whole number")


@dataclass(frozen=True, kw_only=True)
class IncreasingImage(NamedRule):
    r"""An increasing function takes the smaller of two numbers to the smaller image.

    .. math:: f(\min(a, b)) = \min(f(a), f(b)) \quad\text{for } f' > 0

    Parameters
    ----------
    function, variable : Expr, Symbol
        f, written in a real variable; f is proved to be continuous with positive derivative for all reals.
    first, second : Expr
        a and b.
    """

    title: ClassVar[str] = "image of a minimum under an increasing function"
    reference: ClassVar[str] = "an increasing function keeps the order"

    function: sp.Expr
    variable: sp.Symbol
    first: sp.Expr
    second: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: the sign of the derivative is proved."""
        return Standing.EXACT

    def _at(self, place: sp.Expr) -> sp.Expr:
        return self.function.subs(self.variable, place)

    def yields(self) -> Relational:
        """Return f(min(a, b)) = min(f(a), f(b))."""
        return equal(self._at(sp.Min(self.first, self.second)), sp.Min(self._at(self.first), self._at(self.second)))

    def examine(self, goal: Goal) -> None:
        """Besides the shape, prove that the function increases on all of the real line."""
        super().examine(goal)
        x = self.variable
        if x.is_positive is not None or x.is_negative is not None or not x.is_real or x.is_integer:
            raise CheckFailed(f"{self.title} needs a function of any real number, got one of {x}")
        if not (self.first.is_real and self.second.is_real):
            raise CheckFailed(f"{self.title} needs real entries, got {self.first} and {self.second}")
        others = self.function.free_symbols - {x}
        if others or not continuous(self.function, x, ()) or not positive(sp.diff(self.function, x)):
            raise CheckFailed(f"{self.title}: could not show that {self.function} increases")

    @staticmethod
    def spot() -> None:
        """Nothing to try: the rule is proved each time."""
