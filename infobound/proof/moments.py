"""Named rules for moments of random sums: of random signs, of independent copies, of draws, of broken sticks."""

import math
import random
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.averages import Mean, pulled_out
from infobound.proof.rules import NamedRule, expect
from infobound.proof.step import Goal, Standing, above, at_least, at_most, equal

__all__ = [
    "DrawnByWeight",
    "DrawnPart",
    "FirstOfMany",
    "PairsOfDraws",
    "RandomSigns",
    "RemainingSticks",
    "SquareOfSum",
    "SumOfMany",
]


@dataclass(frozen=True, kw_only=True)
class DrawnByWeight(NamedRule):
    """E g(a_J) sum b_k = sum b_k g(a_k), where the index J is drawn with chances in proportion to the b_k.

    Parameters
    ----------
    function, variable : Expr, Symbol
        g, in terms of the random a_J, which is positive.
    value, weight : Expr
        a_k and b_k.
    index, low, high : Symbol, Expr, Expr
        k, and where it runs.
    """

    title: ClassVar[str] = "an index drawn by weight"
    reference: ClassVar[str] = "definition of the expectation of a discrete variable"
    needs: ClassVar[tuple[str, ...]] = ("the index is drawn with these chances",)

    function: sp.Expr
    variable: sp.Symbol
    value: sp.Expr
    weight: sp.Expr
    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: a definition."""
        return Standing.EXACT

    def _total(self, term: sp.Expr) -> sp.Expr:
        return sp.Sum(term, (self.index, self.low, self.high))

    def examine(self, goal: Goal) -> None:
        """Besides shape and conditions, see that the function depends on the index by its variable alone."""
        others = goal.random - {self.variable}
        loose = self.function.free_symbols & others or sp.Tuple(self.value, self.weight).free_symbols & goal.random
        # not even where a sum or an integral binds the index
        if loose or self.function.has(self.index):
            raise CheckFailed(f"{self.title} needs a function of {self.variable} alone, got {self.function}")
        super().examine(goal)

    def yields(self) -> Relational:
        """Return total * mean = sum."""
        mean = pulled_out(Mean(self.function, self.variable))
        image = self.function.subs(self.variable, self.value)
        return equal(self._total(self.weight) * mean, self._total(self.weight * image))

    def conditions(self) -> tuple[Relational, ...]:
        """Weights that are not negative, nor all of them zero, and values such as the variable takes."""
        return (at_least(self.weight, 0), above(self._total(self.weight), 0), above(self.value, 0))

    @staticmethod
    def spot() -> None:
        """Nothing to try: the rule is a definition."""


@dataclass(frozen=True, kw_only=True)
class DrawnPart(NamedRule):
    """E f S = total * E f v_J for S = sum b_k v_k, where J is drawn with chances b_k/total, whatever the v_k and f are.

    Parameters
    ----------
    beside, over : Expr, tuple of Symbol
        f, and the random symbols in it.
    whole : Symbol
        S.
    part, part_over : Expr, tuple of Symbol
        v_J, and the random symbols in it.
    total : Expr
        The sum of the b_k.
    """

    title: ClassVar[str] = "expectation given all but the index drawn"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), sections 9.7 and 9.10"
    needs: ClassVar[tuple[str, ...]] = ("the index is drawn with these chances, independently of all else",)

    beside: sp.Expr
    over: tuple[sp.Symbol, ...]
    whole: sp.Symbol
    part: sp.Expr
    part_over: tuple[sp.Symbol, ...]
    total: sp.Expr

    def examine(self, goal: Goal) -> None:
        """Besides shape and conditions, see that nothing random is left out of the expectations."""
        beside, part = self.beside.free_symbols - {*self.over}, self.part.free_symbols - {*self.over, *self.part_over}
        loose = (beside | part | self.total.free_symbols) & goal.random
        if loose:
            raise CheckFailed(f"{self.title} needs expectations, got the random {sorted(map(str, loose))}")
        super().examine(goal)

    def yields(self) -> Relational:
        """Return E f S = total * E f v_J."""
        mixed = sp.Tuple(self.beside, self.part, *self.over, *self.part_over).has(self.whole)
        if mixed or sp.Mul(self.beside, self.total).has(*self.part_over):
            raise CheckFailed(f"{self.title} needs {self.whole} and {self.part} to stand alone, got {self.beside}")
        drawn = pulled_out(Mean(self.beside * self.part, *self.over, *self.part_over), expanding=True)
        return equal(Mean(self.beside * self.whole, *self.over, self.whole), self.total * drawn)

    def conditions(self) -> tuple[Relational, ...]:
        """Weights that are not all of them zero."""
        return (above(self.total, 0),)

    @staticmethod
    def spot() -> None:
        """Two numbers with weights 1 and 3."""
        cube = [(f, a, b) for f in (1.0, 2.0) for a in (-1.0, 4.0) for b in (0.0, 5.0)]
        whole = sum(f * (a * f + 3 * b) for f, a, b in cube) / 8
        drawn = sum(f * (a * f) / 4 + f * b * 3 / 4 for f, a, b in cube) / 8
        expect(abs(whole - 4 * drawn) < 1e-12, "an index drawn by weight")


@dataclass(frozen=True, kw_only=True)
class FirstOfMany(NamedRule):
    """An average of nonnegative numbers is at least the first of them, over how many they are."""

    title: ClassVar[str] = "one of many nonnegative terms"
    reference: ClassVar[str] = "the other terms are not negative"
    needs: ClassVar[tuple[str, ...]] = ("the average is over that many numbers, none of them negative",)

    first: sp.Expr
    average: sp.Expr
    count: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: the other terms are left out."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return first / count <= average."""
        return at_most(self.first / self.count, self.average)

    def conditions(self) -> tuple[Relational, ...]:
        """At least one number."""
        return (above(self.count, 0),)

    @staticmethod
    def spot() -> None:
        """Three numbers."""
        expect(2.0 / 3 <= (2.0 + 0.0 + 5.0) / 3, "an average of nonnegative numbers")


@dataclass(frozen=True, kw_only=True)
class SumOfMany(NamedRule):
    """Expectation of a sum of numbers of one mean, dependent or not: how many there are times the mean."""

    title: ClassVar[str] = "expectation of a sum"
    reference: ClassVar[str] = "the expectation is linear"
    needs: ClassVar[tuple[str, ...]] = ("the sum is of that many numbers, each of this mean",)

    total: sp.Expr
    single: sp.Expr
    count: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: linearity."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return total = count * single."""
        return equal(self.total, self.count * self.single)

    @staticmethod
    def spot() -> None:
        """Three numbers, the third of which is the sum of the others' squares."""
        cube = [(a, b, a * a + b * b) for a in (1.0, -1.0, 3.0) for b in (0.0, 2.0)]
        means = [sum(column) / len(cube) for column in zip(*cube, strict=True)]
        expect(abs(sum(map(sum, cube)) / len(cube) - sum(means)) < 1e-12, "linearity")


@dataclass(frozen=True, kw_only=True)
class RandomSigns(NamedRule):
    """E (sum s_k a_k)^4 = sum E a_k^4 + 3 sum_{j != k} E a_j^2 a_k^2 for independent random signs s_k."""

    title: ClassVar[str] = "fourth moment of a sum with random signs"
    reference: ClassVar[str] = "Vershynin, High-Dimensional Probability (2018), section 2.7"
    needs: ClassVar[tuple[str, ...]] = ("the signs are independent and centred",)

    fourth: sp.Expr
    single: sp.Expr
    pairs: sp.Expr

    def yields(self) -> Relational:
        """Return the fourth moment = single + 3 pairs."""
        return equal(self.fourth, self.single + 3 * self.pairs)

    @staticmethod
    def spot() -> None:
        """All sign patterns of four terms."""
        source = random.Random(1)
        a = [source.gauss(0, 1) for _ in range(4)]
        fourth = sum(sum(s * x for s, x in zip(signs, a, strict=True)) ** 4 for signs in product((1, -1), repeat=4))
        single = sum(x**4 for x in a)
        pairs = sum(x * x for x in a) ** 2 - single
        expect(abs(fourth / 16 - single - 3 * pairs) < 1e-12, "the fourth moment of a sum with random signs")


@dataclass(frozen=True, kw_only=True)
class SquareOfSum(NamedRule):
    """E (sum of n independent copies of V)^2 = n E V^2 + n (n-1) (E V)^2."""

    title: ClassVar[str] = "variance of a sum of independent variables"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), sections 7.1 and 7.2"
    needs: ClassVar[tuple[str, ...]] = ("the terms are independent with one law",)

    square: sp.Expr
    second_moment: sp.Expr
    mean: sp.Expr
    count: sp.Expr

    def yields(self) -> Relational:
        """Return square = n second moment + n (n-1) mean^2."""
        return equal(self.square, self.count * self.second_moment + self.count * (self.count - 1) * self.mean**2)

    @staticmethod
    def spot() -> None:
        """Three copies of a two-point variable."""
        values = (1.0, 4.0)
        square = sum(sum(triple) ** 2 for triple in product(values, repeat=3)) / 8
        expect(abs(square - 3 * 8.5 - 6 * 2.5**2) < 1e-12, "the square of a sum")


@dataclass(frozen=True, kw_only=True)
class PairsOfDraws(NamedRule):
    """Expected sum of the squares of how often each value was drawn: n + n (n-1) times the chance of a coincidence."""

    title: ClassVar[str] = "expected number of events"
    reference: ClassVar[str] = "linearity of expectation"
    needs: ClassVar[tuple[str, ...]] = ("any two of the draws are of one value with this chance",)

    squares: sp.Expr
    coincidence: sp.Expr
    count: sp.Expr

    def yields(self) -> Relational:
        """Return squares = n + n (n-1) coincidence."""
        return equal(self.squares, self.count + self.count * (self.count - 1) * self.coincidence)

    def conditions(self) -> tuple[Relational, ...]:
        """At least one draw."""
        return (at_least(self.count, 1),)

    @staticmethod
    def spot() -> None:
        """All samples of size 3 from a law of three values."""
        law = (0.5, 0.3, 0.2)
        squares = 0.0
        for sample in product(range(3), repeat=3):
            chance = math.prod(law[i] for i in sample)
            squares += chance * sum(sample.count(i) ** 2 for i in range(3))
        expect(abs(squares - 3 - 6 * sum(p * p for p in law)) < 1e-12, "the pairs of draws of one value")


@dataclass(frozen=True, kw_only=True)
class RemainingSticks(NamedRule):
    r"""Moments of a power sum of broken sticks, from those before: what the first stick leaves is a copy of all.

    .. math:: S = \beta^q + (1-\beta)^q S', \qquad
        \mathbb{E}S^m = \sum_{j \le m} \binom mj\, \mathbb{E}\bigl[\beta^{q(m-j)} (1-\beta)^{qj}\bigr]\, \mathbb{E}S^j

    where S' has the law of S and is independent of the stick.

    Parameters
    ----------
    stick : Symbol
    power : int
        q.
    moments : tuple of Expr
        E S, E S^2, ..., E S^m.
    """

    title: ClassVar[str] = "what the first stick leaves"
    reference: ClassVar[str] = "Pitman, Combinatorial Stochastic Processes (2006), section 3.2"
    needs: ClassVar[tuple[str, ...]] = ("the sticks are independent with one law",)

    stick: sp.Symbol
    power: int
    moments: tuple[sp.Expr, ...]

    def yields(self) -> Relational:
        """Return the last moment as the sum over how often what is left is taken."""
        m, total = len(self.moments), sp.S.Zero
        for j, moment in enumerate((sp.S.One, *self.moments)):
            body = self.stick ** (self.power * (m - j)) * (1 - self.stick) ** (self.power * j)
            total += sp.binomial(m, j) * Mean(body, self.stick) * moment
        return equal(self.moments[-1], total)

    @staticmethod
    def spot() -> None:
        """K = 3: chances that two pairs of draws match, pair by pair, from Beta integrals and from the urn."""
        K = 3.0

        def stick(a: int, b: int) -> float:
            return K * math.gamma(a + 1) * math.gamma(b + K) / math.gamma(a + b + K + 1)

        first = stick(2, 0) / (1 - stick(0, 2))
        square = (stick(4, 0) + 2 * stick(2, 2) * first) / (1 - stick(0, 4))
        urn = (6 + K) / ((K + 1) * (K + 2) * (K + 3))
        expect(abs(first - 1 / (K + 1)) < 1e-12 and abs(square - urn) < 1e-12, "the moments of broken sticks")
