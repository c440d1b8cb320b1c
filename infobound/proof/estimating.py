"""Named rules for what an estimator must lose: van Trees' inequality on spheres, and the moments that go into it.

A teacher's directions w_k are points on spheres, uniform given all else of it.  A field of tangent vectors, one for
each direction, makes a statistic: the score of the labels along the field, plus the field's divergence.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.averages import Mean, pulled_out
from infobound.proof.rules import NamedRule, expect
from infobound.proof.step import Goal, Standing, above, at_least, equal

__all__ = [
    "Bessel",
    "BetaDivergence",
    "OwnAndPairs",
    "PairOfDirections",
    "PartialIntegration",
    "SphereLaplacian",
    "StatisticSquared",
    "circle",
]


def circle(count: int = 4096) -> np.ndarray:
    """Return angles of points at equal distances on the circle."""
    return 2 * np.pi * (np.arange(count) + 0.5) / count


def _points() -> tuple[np.ndarray, np.ndarray]:
    return np.cos(circle()), np.sin(circle())


@dataclass(frozen=True, kw_only=True)
class Bessel(NamedRule):
    """E U^2 >= sum (E U G_l)^2 / E G_l^2 for uncorrelated G_l.

    Parameters
    ----------
    square : Expr
        E U^2.
    covariances, squares : tuple of Expr
        E U G_l, and E G_l^2.
    degrees : tuple of int
        Degree of each statistic in a test input that is as likely as its reflection: at most one odd, one even.
    """

    title: ClassVar[str] = "Bessel's inequality"
    reference: ClassVar[str] = "Rudin, Real and Complex Analysis, 3rd edition (1987), chapter 4"
    needs: ClassVar[tuple[str, ...]] = ("a test input is as likely as its reflection, on which nothing else depends",)

    square: sp.Expr
    covariances: tuple[sp.Expr, ...]
    squares: tuple[sp.Expr, ...]
    degrees: tuple[int, ...]

    def yields(self) -> Relational:
        """Return the square >= the sum of covariance^2 / square."""
        if len({degree % 2 for degree in self.degrees}) < len(self.degrees) or len(self.degrees) != len(self.squares):
            raise CheckFailed(f"{self.title} needs at most one odd and one even statistic, got degrees {self.degrees}")
        if len({*self.covariances}) < len(self.covariances) or len({*self.squares}) < len(self.squares):
            raise CheckFailed(f"{self.title} needs different statistics, got {self.covariances} and {self.squares}")
        return at_least(self.square, sp.Add(*(c**2 / v for c, v in zip(self.covariances, self.squares, strict=True))))

    def conditions(self) -> tuple[Relational, ...]:
        """No statistic is zero."""
        return tuple(v > 0 for v in self.squares if not v.is_positive)

    @staticmethod
    def spot() -> None:
        """Two orthogonal directions in space."""
        u, pair = np.array([1.0, -2.0, 3.0]), (np.array([1.0, 1.0, 0.0]), np.array([1.0, -1.0, 1.0]))
        expect(bool(u @ u >= sum((u @ g) ** 2 / (g @ g) for g in pair)), "Bessel's inequality")


@dataclass(frozen=True, kw_only=True)
class PartialIntegration(NamedRule):
    """E (prediction - p) (score along a field + its divergence) = E of the derivative of p along the field.

    The score is that of the labels, whose law does not depend on the prediction.  On spheres, where directions are
    uniform, there is no boundary; on an interval the field times the density vanishes at the ends.  Logits need only be
    absolutely continuous in the parameters, and a field over infinitely many of them is a limit in mean square.
    """

    title: ClassVar[str] = "van Trees' identity"
    reference: ClassVar[str] = "Gill and Levit, Bernoulli 1 (1995) 59-79"
    needs: ClassVar[tuple[str, ...]] = (
        "the prediction is made from past inputs and labels, what is not to be learned, and randomness of its own",
        "the labels' law given the teacher is a product",
        "the field's divergence is that under the law of the parameters given all else, and nothing is lost at an end",
    )

    covariance: sp.Expr
    slope: sp.Expr

    def yields(self) -> Relational:
        """Return covariance = slope."""
        return equal(self.covariance, self.slope)

    @staticmethod
    def spot() -> None:
        """A coin on a circle, p = (2 + cos)/4, seen once, and a field of length 1 + cos/2."""
        c, s = _points()
        p, slope, field, divergence = (2 + c) / 4, -s / 4, 1 + c / 2, -s / 2
        predictions = (0.3, 0.9)
        covariance = sum(
            np.mean(chance * (guess - p) * (field * sign * slope / chance + divergence))
            for chance, guess, sign in ((1 - p, predictions[0], -1), (p, predictions[1], 1))
        )
        expect(abs(float(covariance - np.mean(field * slope))) < 1e-12, "van Trees' identity")


@dataclass(frozen=True, kw_only=True)
class StatisticSquared(NamedRule):
    """E (score + divergence)^2 = count * E (a sample's score)^2 + E divergence^2."""

    title: ClassVar[str] = "a score has mean zero given the parameters"
    reference: ClassVar[str] = "Lehmann and Casella, Theory of Point Estimation, 2nd edition (1998), section 2.5"
    needs: ClassVar[tuple[str, ...]] = ("the labels are independent given the teacher",)

    square: sp.Expr
    count: sp.Expr
    sample: sp.Expr
    divergence: sp.Expr

    def yields(self) -> Relational:
        """Return square = count * sample + divergence."""
        return equal(self.square, self.count * self.sample + self.divergence)

    def conditions(self) -> tuple[Relational, ...]:
        """A number of samples that is not negative."""
        return (at_least(self.count, 0),)

    @staticmethod
    def spot() -> None:
        """Two coins of chance 1/3, slope 1/2, and a divergence of 3/4."""
        p, slope, divergence = 1 / 3, 0.5, 0.75
        score = {1: slope / p, 0: -slope / (1 - p)}
        chance = {1: p, 0: 1 - p}
        square = sum(chance[a] * chance[b] * (score[a] + score[b] + divergence) ** 2 for a in (0, 1) for b in (0, 1))
        expect(abs(square - 2 * slope**2 / (p * (1 - p)) - divergence**2) < 1e-12, "the square of a statistic")


@dataclass(frozen=True, kw_only=True)
class OwnAndPairs(NamedRule):
    r"""A double sum over neurons: what each has with itself, and what two have with each other.

    .. math:: \mathbb{E}\sum_{j,k} c_{jk} f_{jk}
        = \mathbb{E}\sum_k c_{kk}\,\mathbb{E}f_{kk} + \mathbb{E}\sum_{j\ne k} c_{jk}\,\mathbb{E}f_{jk}

    where the c depend on the weights alone and the f on directions and inputs, alike for all neurons.

    Parameters
    ----------
    total : Expr
    own, pairs : tuple of Expr
        The expected sum of the coefficients, and the expected value of a term.
    """

    title: ClassVar[str] = "expectation of a double sum"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), section 7.1"
    needs: ClassVar[tuple[str, ...]] = (
        "the weights are independent of the directions and inputs",
        "the signs are independent and centred",
    )

    total: sp.Expr
    own: tuple[sp.Expr, sp.Expr]
    pairs: tuple[sp.Expr, sp.Expr]

    def examine(self, goal: Goal) -> None:
        """Besides shape, see that nothing random stands outside of an expectation."""
        loose = sp.Tuple(*self.own, *self.pairs).free_symbols & goal.random
        if loose:
            raise CheckFailed(f"{self.title} needs expectations, got the random {sorted(map(str, loose))}")
        super().examine(goal)

    def yields(self) -> Relational:
        """Return total = own + pairs."""
        return equal(self.total, sp.Mul(*self.own) + sp.Mul(*self.pairs))

    @staticmethod
    def spot() -> None:
        """Two neurons with weights 1 and 3, and terms that are two-point variables."""
        values = (1.0, 4.0)
        square = sum((a + 3 * b) ** 2 for a in values for b in values) / 4
        expect(abs(square - 10 * 8.5 - 6 * 2.5**2) < 1e-12, "a double sum")


@dataclass(frozen=True, kw_only=True)
class SphereLaplacian(NamedRule):
    r"""Mean square of the Laplacian, on the sphere, of u^l/l as a function of w.

    .. math:: \Delta_w f(w\cdot x) = f''(u)\,|P_w x|^2 - (d-1)\,u f'(u), \qquad u = w\cdot x

    Parameters
    ----------
    mean_square : Expr
    degree : int
        l, at least 1.
    projection, rest : Symbol
        |u|; and |P_w x|^2, the rest of |x|^2.
    dimension : Expr
        d.
    """

    title: ClassVar[str] = "Laplacian of a function of one coordinate on a sphere"
    reference: ClassVar[str] = "Atkinson and Han, Spherical Harmonics and Approximations on the Unit Sphere (2012)"
    needs: ClassVar[tuple[str, ...]] = ("the inputs are standard Gaussian",)

    mean_square: sp.Expr
    degree: int
    projection: sp.Symbol
    rest: sp.Symbol
    dimension: sp.Expr

    def yields(self) -> Relational:
        """Return mean square = E (f'' rest - (d - 1) u f')^2, multiplied out."""
        v = self.projection
        if not isinstance(self.degree, int) or self.degree < 1 or v == self.rest:
            raise CheckFailed(
                f"{self.title} needs a whole degree from 1 and two variables, got {self.degree}, {v} and {self.rest}"
            )
        slope = v ** (self.degree - 1)
        laplacian = sp.diff(slope, v) * self.rest - (self.dimension - 1) * v * slope
        body = Mean(sp.expand(laplacian**2), v, self.rest)
        return equal(self.mean_square, pulled_out(body, expanding=True))

    @staticmethod
    def spot() -> None:
        """On the circle, where the Laplacian is the second derivative in the angle."""
        x, y, angle, step = 0.7, -1.9, 0.4, 1e-4

        def square(at: float) -> float:
            return (x * math.cos(at) + y * math.sin(at)) ** 2

        second = (square(angle + step) - 2 * square(angle) + square(angle - step)) / step**2
        slope = -x * math.sin(angle) + y * math.cos(angle)
        expect(abs(second - 2 * slope**2 + 2 * square(angle)) < 1e-6, "the Laplacian")


@dataclass(frozen=True, kw_only=True)
class PairOfDirections(NamedRule):
    r"""What two independent directions share: E H^2, where H is the mean of h(w) over a uniform w, given X and x.

    .. math:: h(w) = 1(w\cdot X > 0)\;(P_w X)\cdot x\;(w\cdot x)^{l-1}.

    By the symmetry of w and -w, and in coordinates along X,

    .. math:: H_1 = \tfrac12 (1 - \mathbb{E}w_1^2)\, X\cdot x, \qquad
        H_2 = \tfrac12 |X| \bigl[ (\mathbb{E}|w_1| - \mathbb{E}|w_1|^3)\, x_1^2
        - \mathbb{E}|w_1|w_2^2\,(|x|^2 - x_1^2) \bigr].

    Parameters
    ----------
    shared : Expr
        E H_l^2.
    degree : {1, 2}
        l.
    length : Expr
        E |X|^2.
    moments : tuple of Expr
        E w_1^2 for l = 1; E |w_1|, E |w_1|^3 and E |w_1| w_2^2 for l = 2.
    projection, rest : Symbol
        |x_1|, and |x|^2 - x_1^2.
    """

    title: ClassVar[str] = "expectation given the inputs"
    reference: ClassVar[str] = "Williams, Probability with Martingales (1991), sections 9.7 and 9.10"
    needs: ClassVar[tuple[str, ...]] = (
        "the directions are independent and uniform on the sphere",
        "the inputs are standard Gaussian",
    )

    shared: sp.Expr
    degree: int
    length: sp.Expr
    moments: tuple[sp.Expr, ...]
    projection: sp.Symbol
    rest: sp.Symbol

    def yields(self) -> Relational:
        """Return E H^2, multiplied out."""
        v, s = self.projection, self.rest
        if v == s or not all(moment.is_positive for moment in self.moments):
            raise CheckFailed(f"{self.title} needs two variables and positive moments, got {v}, {s}, {self.moments}")
        if self.degree == 1:
            (second,) = self.moments
            body = ((1 - second) * v) ** 2
        elif self.degree == 2:
            first, third, mixed = self.moments
            body = ((first - third) * v**2 - mixed * s) ** 2
        else:
            raise CheckFailed(f"{self.title} is known for degrees 1 and 2, got {self.degree}")
        constants = {c: sp.Dummy(positive=True) for c in self.moments}
        expanded = sp.expand(body.xreplace(constants)).xreplace({mark: c for c, mark in constants.items()})
        return equal(self.shared, self.length * pulled_out(Mean(expanded, v, s), expanding=True) / 4)

    @staticmethod
    def spot() -> None:
        """On the circle, for one pair of inputs."""
        c, s = _points()
        X, x = np.array([1.3, 0.0]), np.array([0.7, -1.9])
        past, now = c * X[0] + s * X[1], c * x[0] + s * x[1]
        seen = np.where(past > 0, X @ x - past * now, 0.0)
        linear = (1 - 1 / 2) * X @ x / 2
        first, third = 2 / math.pi, 4 / (3 * math.pi)
        quadratic = X[0] / 2 * ((first - third) * x[0] ** 2 - (first - third) * x[1] ** 2)
        expect(abs(np.mean(seen) - linear) < 1e-6, "the mean over a direction")
        expect(abs(np.mean(seen * now) - quadratic) < 1e-5, "the mean over a direction, times a projection")


@dataclass(frozen=True, kw_only=True)
class BetaDivergence(NamedRule):
    r"""Mean square of the divergence of a field on (0, 1) under a Beta law, times independent factors.

    .. math:: D = \xi' + \xi \Bigl(\frac{a-1}{b} - \frac{c-1}{1-b}\Bigr), \qquad b \sim \mathrm{Beta}(a, c)

    Parameters
    ----------
    mean_square : Expr
    field, variable : Expr, Symbol
        xi, a polynomial in b that vanishes at 0 and at 1.
    first, second : Expr
        a and c.
    factors : tuple of Expr
        Expectations of independent factors of the field's square.
    """

    title: ClassVar[str] = "divergence of a field under a Beta law"
    reference: ClassVar[str] = "definition"
    needs: ClassVar[tuple[str, ...]] = ("the parameter has this law, and the factors are independent of it",)

    mean_square: sp.Expr
    field: sp.Expr
    variable: sp.Symbol
    first: sp.Expr
    second: sp.Expr
    factors: tuple[sp.Expr, ...]

    @property
    def standing(self) -> Standing:
        """Exact: a definition, carried out."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return mean square = factors times E D^2."""
        b, field = self.variable, self.field
        if not field.is_polynomial(b) or field.subs(b, 0) != 0 or field.subs(b, 1) != 0:
            raise CheckFailed(f"{self.title} needs a polynomial that vanishes at 0 and 1, got {field}")
        if any(factor.has(b) and b in factor.free_symbols for factor in self.factors):
            raise CheckFailed(f"{self.title} needs factors without {b}, got {self.factors}")
        pull = (self.first - 1) / b - (self.second - 1) / (1 - b)
        divergence = sp.factor(sp.cancel(sp.diff(field, b) + field * pull))
        return equal(self.mean_square, sp.Mul(*self.factors) * pulled_out(Mean(divergence**2, b)))

    def conditions(self) -> tuple[Relational, ...]:
        """Positive parameters."""
        return (above(self.first, 0), above(self.second, 0))

    @staticmethod
    def spot() -> None:
        """E D^2 = (a + c) E field^2/(b (1 - b)) for the field b (1 - b), whose D is a - (a + c) b: at a = 2, c = 3."""
        mean, square = 2 / 5, 2 * 3 / (5 * 6)
        expect(abs(4 - 20 * mean + 25 * square - 5 * (mean - square)) < 1e-12, "the divergence under a Beta law")
