"""Named rules of probability, convexity and geometry: moments, Jensen, AM-GM, packings."""

import math
import random
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.averages import Mean, pulled_out
from infobound.proof.calculus import Integration
from infobound.proof.domain import interval_of
from infobound.proof.rules import NamedRule, expect
from infobound.proof.signs import nonnegative, stand_in
from infobound.proof.step import Goal, Standing, above, at_least, at_most, below, equal

__all__ = [
    "AmGm",
    "CapArea",
    "DisjointParts",
    "ExpectedCount",
    "GaussianProjection",
    "Independence",
    "IndependentFactors",
    "Jensen",
    "OrthogonalSum",
    "Pythagoras",
    "SameLaw",
    "SampleMean",
    "Symmetry",
    "UnderDensity",
    "ball_volume",
]


def ball_volume(d: sp.Expr) -> sp.Expr:
    """Return the volume of the unit ball in d dimensions."""
    return sp.pi ** (d / 2) / sp.gamma(d / 2 + 1)


@dataclass(frozen=True, kw_only=True)
class UnderDensity(NamedRule):
    """Expectation of a function of a variable with a density: an integral."""

    title: ClassVar[str] = "expectation under a density"
    reference: ClassVar[str] = "definition of the expectation under a density"
    needs: ClassVar[tuple[str, ...]] = ("the variable has this density",)

    expression: sp.Expr
    variable: sp.Symbol
    density: sp.Expr
    low: sp.Expr
    high: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: that the density is one is checked."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return E g(v) = integral of g times density."""
        body = self.expression * self.density
        return equal(Mean(self.expression, self.variable), sp.Integral(body, (self.variable, self.low, self.high)))

    def examine(self, goal: Goal) -> None:
        """Besides shape and assumptions, check that the density is nonnegative with total 1."""
        super().examine(goal)
        v = stand_in(self.variable, sp.sympify(self.low), goal.hypotheses)
        inside = []
        if sp.sympify(self.low).is_finite is not False:
            inside.append(above(v, self.low))
        if sp.sympify(self.high).is_finite is not False:
            inside.append(below(v, self.high))
        if not nonnegative(self.density.subs(self.variable, v), (*goal.hypotheses, *inside)):
            raise CheckFailed(f"a density must not be negative, could not show it for {self.density}")
        total = equal(sp.Integral(self.density, (self.variable, self.low, self.high)), 1)
        Integration(standard=True).examine(goal.with_claim(total))

    @staticmethod
    def spot() -> None:
        """Nothing to try: the rule is a definition."""


@dataclass(frozen=True, kw_only=True)
class OrthogonalSum(NamedRule):
    """Second moment of a sum of orthogonal terms: the sum of their second moments."""

    title: ClassVar[str] = "Pythagoras' theorem in mean square"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), sections 9.4 and 12.1"
    needs: ClassVar[tuple[str, ...]] = ("the signs are independent and centred",)

    square: sp.Expr
    summand: sp.Expr
    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr

    def yields(self) -> Relational:
        """Return E S^2 = sum of E a_k^2."""
        return equal(self.square, sp.Sum(self.summand, (self.index, self.low, self.high)))

    @staticmethod
    def spot() -> None:
        """All sign patterns of four terms."""
        source = random.Random(1)
        a = [source.gauss(0, 1) for _ in range(4)]
        patterns = [[1 if (code >> k) & 1 else -1 for k in range(4)] for code in range(16)]
        square = sum(sum(s * x for s, x in zip(signs, a, strict=True)) ** 2 for signs in patterns) / 16
        expect(abs(square - sum(x * x for x in a)) < 1e-12, "orthogonality")


@dataclass(frozen=True, kw_only=True)
class Pythagoras(NamedRule):
    """E(U - W)^2 = E(U - V)^2 + E(V - W)^2 where the product of the two errors has mean zero.

    It has where V - W has conditional mean zero given U and V.
    """

    title: ClassVar[str] = "Pythagoras' theorem in mean square"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), sections 9.4 and 12.1"
    needs: ClassVar[tuple[str, ...]] = ("the product of the two errors has mean zero",)

    total: sp.Expr
    first: sp.Expr
    second: sp.Expr

    def yields(self) -> Relational:
        """Return total = first + second."""
        return equal(self.total, self.first + self.second)

    @staticmethod
    def spot() -> None:
        """Two-point noise about a two-point variable."""
        total = sum((u + e) ** 2 for u in (-1.0, 2.0) for e in (-0.5, 0.5)) / 4
        expect(abs(total - 2.5 - 0.25) < 1e-12, "the decomposition")


@dataclass(frozen=True, kw_only=True)
class SampleMean(NamedRule):
    """Squared error of a mean of n draws about their conditional mean: one n-th of the variance of one."""

    title: ClassVar[str] = "variance of a sum of independent variables"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), sections 7.1 and 7.2"
    needs: ClassVar[tuple[str, ...]] = ("the draws are independent with one law, given the teacher",)

    error: sp.Expr
    second_moment: sp.Expr
    squared_mean: sp.Expr
    count: sp.Expr

    def yields(self) -> Relational:
        """Return error = (second moment - squared mean) / n."""
        return equal(self.error, (self.second_moment - self.squared_mean) / self.count)

    def conditions(self) -> tuple[Relational, ...]:
        """At least one draw."""
        return (at_least(self.count, 1),)

    @staticmethod
    def spot() -> None:
        """All samples of size 2 from three values."""
        values, mean = (0.0, 1.0, 5.0), 2.0
        error = sum(((a + b) / 2 - mean) ** 2 for a in values for b in values) / 9
        second = sum(a * a for a in values) / 3
        expect(abs(error - (second - mean**2) / 2) < 1e-12, "the variance of a sample mean")


@dataclass(frozen=True, kw_only=True)
class Independence(NamedRule):
    """E f(U) g(V) = E f(U) E g(V) for independent U and V."""

    title: ClassVar[str] = "expectation of a product of independent factors"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), section 7.1"
    needs: ClassVar[tuple[str, ...]] = ("the factors are independent",)

    first: sp.Expr
    first_over: tuple[sp.Symbol, ...]
    second: sp.Expr
    second_over: tuple[sp.Symbol, ...]

    def yields(self) -> Relational:
        """Return E f g = E f E g."""
        shared = set(self.first_over) & set(self.second_over)
        if shared or self.first.has(*self.second_over) or self.second.has(*self.first_over):
            raise CheckFailed(f"{self.title} needs factors in different variables, got {self.first}, {self.second}")
        joint = Mean(self.first * self.second, *self.first_over, *self.second_over)
        return equal(joint, Mean(self.first, *self.first_over) * Mean(self.second, *self.second_over))

    @staticmethod
    def spot() -> None:
        """Two independent two-point variables."""
        product = sum(u * v for u in (1.0, 4.0) for v in (-2.0, 3.0)) / 4
        expect(abs(product - 2.5 * 0.5) < 1e-12, "the product rule")


@dataclass(frozen=True, kw_only=True)
class IndependentFactors(NamedRule):
    """Expectation of a product of independent factors, given as the expectations of the factors."""

    title: ClassVar[str] = "expectation of a product of independent factors"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), section 7.1"
    needs: ClassVar[tuple[str, ...]] = ("the factors are independent",)

    product: sp.Expr
    factors: tuple[sp.Expr, ...]

    def yields(self) -> Relational:
        """Return product = product of the factors."""
        return equal(self.product, sp.Mul(*self.factors))

    @staticmethod
    def spot() -> None:
        """Try the product of three independent two-point variables."""
        cube = [(a, b, c) for a in (1.0, 2.0) for b in (1.0, 3.0) for c in (-1.0, 5.0)]
        expect(abs(sum(a * b * c for a, b, c in cube) / 8 - 1.5 * 2 * 2) < 1e-12, "the product rule")


@dataclass(frozen=True, kw_only=True)
class GaussianProjection(NamedRule):
    """E (a.x)^2 = |a|^2 for a standard Gaussian x in R^d."""

    title: ClassVar[str] = "variance of a sum of independent variables"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), sections 7.1 and 7.2"
    needs: ClassVar[tuple[str, ...]] = ("the inputs are standard Gaussian",)

    square: sp.Expr
    squared_length: sp.Expr

    def yields(self) -> Relational:
        """Return square = squared length."""
        return equal(self.square, self.squared_length)

    @staticmethod
    def spot() -> None:
        """Try a product of two 3-point Gauss-Hermite rules, exact for squares."""
        nodes = ((-math.sqrt(3), 1 / 6), (0.0, 2 / 3), (math.sqrt(3), 1 / 6))
        square = sum(p * q * (2 * x - 3 * y) ** 2 for x, p in nodes for y, q in nodes)
        expect(abs(square - 13) < 1e-12, "the projection of a Gaussian")


@dataclass(frozen=True, kw_only=True)
class Symmetry(NamedRule):
    """E g(x, y) = E (g(x, y) + g(-x, y)) / 2 where (x, y) and (-x, y) have one law; there may be no `beside` y."""

    title: ClassVar[str] = "variables of one law have one expectation"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), section 6.12"
    needs: ClassVar[tuple[str, ...]] = ("the law is symmetric",)

    expression: sp.Expr
    over: tuple[sp.Symbol, ...]
    beside: tuple[sp.Symbol, ...] = ()

    def yields(self) -> Relational:
        """Return the mean equal to the mean over the pair."""
        turned = self.expression.subs({x: -x for x in self.over}, simultaneous=True)
        averaged = (*self.over, *self.beside)
        return equal(Mean(self.expression, *averaged), Mean((self.expression + turned) / 2, *averaged))

    @staticmethod
    def spot() -> None:
        """Symmetric two-point law."""
        direct = sum(math.exp(x) for x in (-1.0, 1.0)) / 2
        expect(abs(direct - math.cosh(1.0)) < 1e-12, "symmetry")


@dataclass(frozen=True, kw_only=True)
class SameLaw(NamedRule):
    """Two quantities that are expectations of one function under one law are equal."""

    title: ClassVar[str] = "variables of one law have one expectation"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), section 6.12"
    needs: ClassVar[tuple[str, ...]] = ("the two have one law",)

    first: sp.Expr
    second: sp.Expr

    def yields(self) -> Relational:
        """Return first = second."""
        return equal(self.first, self.second)

    @staticmethod
    def spot() -> None:
        """Nothing to try: the rule is a definition."""


@dataclass(frozen=True, kw_only=True)
class ExpectedCount(NamedRule):
    """The expected number of events that happen is the sum of their probabilities."""

    title: ClassVar[str] = "expected number of events"
    reference: ClassVar[str] = "linearity of expectation"
    needs: ClassVar[tuple[str, ...]] = ("each event has the stated probability",)

    count: sp.Expr
    probability: sp.Expr
    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr

    def yields(self) -> Relational:
        """Return count = sum of probabilities."""
        return equal(self.count, sp.Sum(self.probability, (self.index, self.low, self.high)))

    def conditions(self) -> tuple[Relational, ...]:
        """Probabilities lie between 0 and 1."""
        return (at_least(self.probability, 0), at_most(self.probability, 1))

    @staticmethod
    def spot() -> None:
        """Two dependent events."""
        law = {(0, 0): 0.1, (0, 1): 0.2, (1, 0): 0.3, (1, 1): 0.4}
        count = sum(p * sum(events) for events, p in law.items())
        expect(abs(count - 0.7 - 0.6) < 1e-12, "linearity")


@dataclass(frozen=True, kw_only=True)
class Jensen(NamedRule):
    """E f(U) <= f(E U) for concave f, and the reverse for convex f; the curvature of f is proved.

    Parameters
    ----------
    function, variable : Expr, Symbol
        f, written in the variable, whose assumptions are its domain.
    argument, over : Expr, tuple of Symbol
        U, and the random symbols in it.
    sense : {"concave", "convex"}
        Which of the two.
    """

    title: ClassVar[str] = "Jensen's inequality"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), section 6.6"

    function: sp.Expr
    variable: sp.Symbol
    argument: sp.Expr
    over: tuple[sp.Symbol, ...]
    sense: str

    def yields(self) -> Relational:
        """Return E f(U) <= f(E U), or f(E U) <= E f(U)."""
        if self.function.has(*self.over):
            raise CheckFailed(f"{self.title} is about a function of one variable, got {self.function}")
        outside = pulled_out(Mean(self.function.subs(self.variable, self.argument), *self.over))
        inside = self.function.subs(self.variable, pulled_out(Mean(self.argument, *self.over)))
        return at_most(outside, inside) if self.sense == "concave" else at_most(inside, outside)

    def conditions(self) -> tuple[Relational, ...]:
        """Give the second derivative the sign of the sense, and keep U in the domain of f."""
        if self.sense not in ("concave", "convex") or self.variable.is_integer:
            raise CheckFailed(f"{self.title} is for 'concave' or 'convex' functions of a real, got {self.sense!r}")
        sign = -1 if self.sense == "concave" else 1
        curvature = at_least(sign * sp.diff(self.function, self.variable, 2), 0)
        domain = interval_of(self.variable, ())
        if domain.low == -sp.oo and domain.high == sp.oo:
            return (curvature,)
        ends = domain.low if domain.low != -sp.oo else domain.high
        side = 1 if domain.low != -sp.oo else -1
        is_open = domain.low_open if side == 1 else domain.high_open
        return (curvature, (above if is_open else at_least)(side * (self.argument - ends), 0))

    @staticmethod
    def spot() -> None:
        """Try the logarithm of a two-point variable."""
        expect((math.log(1) + math.log(9)) / 2 <= math.log(5), "Jensen's inequality")


@dataclass(frozen=True, kw_only=True)
class AmGm(NamedRule):
    """Geometric mean <= arithmetic mean of two nonnegative numbers, proved by completing the square."""

    title: ClassVar[str] = "arithmetic and geometric mean"
    reference: ClassVar[str] = "(sqrt a - sqrt b)^2 >= 0"

    first: sp.Expr
    second: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: a square is not negative."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return 2 sqrt(a b) <= a + b."""
        return at_most(2 * sp.sqrt(self.first) * sp.sqrt(self.second), self.first + self.second)

    def conditions(self) -> tuple[Relational, ...]:
        """Both numbers are nonnegative."""
        return (at_least(self.first, 0), at_least(self.second, 0))

    @staticmethod
    def spot() -> None:
        """One pair."""
        expect(2 * math.sqrt(2 * 3) <= 2 + 3, "AM-GM")


@dataclass(frozen=True, kw_only=True)
class DisjointParts(NamedRule):
    """Disjoint parts of one measure each fit into a whole at most so many times: count * part <= whole.

    The union of the caps or balls around the points of a packing is the case in use.
    """

    title: ClassVar[str] = "union of disjoint parts"
    reference: ClassVar[str] = "additivity of measure; Vershynin, High-Dimensional Probability, section 4.2"
    needs: ClassVar[tuple[str, ...]] = ("the parts are disjoint and lie in the whole",)

    count: sp.Expr
    part: sp.Expr
    whole: sp.Expr

    def yields(self) -> Relational:
        """Return count * part <= whole."""
        return at_most(self.count * self.part, self.whole)

    def conditions(self) -> tuple[Relational, ...]:
        """Measures are nonnegative, the part's positive."""
        return (above(self.part, 0), at_least(self.whole, 0), at_least(self.count, 0))

    @staticmethod
    def spot() -> None:
        """Points of the circle at pairwise chord above eps, placed greedily: arcs of half that angle."""
        source = random.Random(6)
        for eps in (0.3, 0.7, 1.1):
            kept: list[complex] = []
            for _ in range(400):
                turn = source.uniform(0, 2 * math.pi)
                point = complex(math.cos(turn), math.sin(turn))
                if all(abs(point - other) > eps for other in kept):
                    kept.append(point)
            expect(len(kept) * 2 * math.asin(eps / 2) <= 2 * math.pi, "a packing of the circle")


@dataclass(frozen=True, kw_only=True)
class CapArea(NamedRule):
    """Normalised area of a spherical cap in R^d is at least that of its flat base, seen along the axis."""

    title: ClassVar[str] = "a cap is larger than its projection"
    reference: ClassVar[str] = "orthogonal projection does not increase area"

    area: sp.Expr
    dimension: sp.Expr
    sine: sp.Expr

    def yields(self) -> Relational:
        """Return V_{d-1} sin^{d-1} / (d V_d) <= area."""
        d = self.dimension
        return at_most(ball_volume(d - 1) * self.sine ** (d - 1) / (d * ball_volume(d)), self.area)

    def conditions(self) -> tuple[Relational, ...]:
        """From one dimension on, and an angle up to a right one."""
        return (at_least(self.dimension, 1), above(self.sine, 0), at_most(self.sine, 1))

    @staticmethod
    def spot() -> None:
        """Two and three dimensions, where the area is elementary."""
        for angle in (0.1, 0.7, 1.5):
            sine = math.sin(angle)
            expect(2 * sine / (2 * math.pi) <= angle / math.pi, "the cap of a circle")
            expect(math.pi * sine**2 / (4 * math.pi) <= (1 - math.cos(angle)) / 2, "the cap of a sphere")
