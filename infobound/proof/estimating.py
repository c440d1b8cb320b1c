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
from infobound.proof.rules import NamedRule
from infobound.proof.step import Standing, at_least, equal

__all__ = [
    "Bessel",
    "DivergenceUnderDensity",
    "OwnAndPairs",
    "PairOfDirections",
    "PartialIntegration",
    "SphereLaplacian",
    "StatisticSquared",
]


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise CheckFailed(f"{what} fails a numerical test")


def _circle(count: int = 4096) -> tuple[np.ndarray, np.ndarray]:
    """Return points at equal distances on the circle."""
    angle = 2 * np.pi * (np.arange(count) + 0.5) / count
    return np.cos(angle), np.sin(angle)


@dataclass(frozen=True, kw_only=True)
class Bessel(NamedRule):
    """E U^2 >= sum (E U G_l)^2 / E G_l^2 for uncorrelated G_l.

    Parameters
    ----------
    square : Expr
        E U^2.
    covariances, squares : tuple of Expr
        E U G_l, and E G_l^2.
    """

    title: ClassVar[str] = "Bessel's inequality"
    reference: ClassVar[str] = "Rudin, Real and Complex Analysis, 3rd edition (1987), chapter 4"
    needs: ClassVar[tuple[str, ...]] = ("the statistics are uncorrelated",)

    square: sp.Expr
    covariances: tuple[sp.Expr, ...]
    squares: tuple[sp.Expr, ...]

    def yields(self) -> Relational:
        """Return the square >= the sum of covariance^2 / square."""
        return at_least(self.square, sp.Add(*(c**2 / v for c, v in zip(self.covariances, self.squares, strict=True))))

    def conditions(self) -> tuple[Relational, ...]:
        """No statistic is zero."""
        return tuple(v > 0 for v in self.squares if not v.is_positive)

    @staticmethod
    def spot() -> None:
        """Two orthogonal directions in space."""
        u, pair = np.array([1.0, -2.0, 3.0]), (np.array([1.0, 1.0, 0.0]), np.array([1.0, -1.0, 1.0]))
        _expect(bool(u @ u >= sum((u @ g) ** 2 / (g @ g) for g in pair)), "Bessel's inequality")


@dataclass(frozen=True, kw_only=True)
class PartialIntegration(NamedRule):
    """E (prediction - p) (score along a field + its divergence) = E of the derivative of p along the field.

    The score is that of the labels, whose law does not depend on the prediction.  On spheres, where directions are
    uniform, there is no boundary; on an interval the field times the density vanishes at the ends.
    """

    title: ClassVar[str] = "van Trees' identity"
    reference: ClassVar[str] = "Gill and Levit, Bernoulli 1 (1995) 59-79"
    needs: ClassVar[tuple[str, ...]] = (
        "the prediction is made from the labels, whose law given the teacher is a product",
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
        c, s = _circle()
        p, slope, field, divergence = (2 + c) / 4, -s / 4, 1 + c / 2, -s / 2
        predictions = (0.3, 0.9)
        covariance = sum(
            np.mean(chance * (guess - p) * (field * sign * slope / chance + divergence))
            for chance, guess, sign in ((1 - p, predictions[0], -1), (p, predictions[1], 1))
        )
        _expect(abs(float(covariance - np.mean(field * slope))) < 1e-12, "van Trees' identity")


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

    @staticmethod
    def spot() -> None:
        """Two coins of chance 1/3, slope 1/2, and a divergence of 3/4."""
        p, slope, divergence = 1 / 3, 0.5, 0.75
        score = {1: slope / p, 0: -slope / (1 - p)}
        chance = {1: p, 0: 1 - p}
        square = sum(chance[a] * chance[b] * (score[a] + score[b] + divergence) ** 2 for a in (0, 1) for b in (0, 1))
        _expect(abs(square - 2 * slope**2 / (p * (1 - p)) - divergence**2) < 1e-12, "the square of a statistic")


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

    def yields(self) -> Relational:
        """Return total = own + pairs."""
        return equal(self.total, sp.Mul(*self.own) + sp.Mul(*self.pairs))

    @staticmethod
    def spot() -> None:
        """Two neurons with weights 1 and 3, and terms that are two-point variables."""
        values = (1.0, 4.0)
        square = sum((a + 3 * b) ** 2 for a in values for b in values) / 4
        _expect(abs(square - 10 * 8.5 - 6 * 2.5**2) < 1e-12, "a double sum")


@dataclass(frozen=True, kw_only=True)
class SphereLaplacian(NamedRule):
    r"""Mean square of the Laplacian, on the sphere, of f(w.x) as a function of w.

    .. math:: \Delta_w f(w\cdot x) = f''(u)\,|P_w x|^2 - (d-1)\,u f'(u), \qquad u = w\cdot x

    Parameters
    ----------
    mean_square : Expr
    function, projection, rest : Expr, Symbol, Symbol
        f in the symbol of |u|, of which it is an even or an odd function; and |P_w x|^2, the rest of |x|^2.
    dimension : Expr
        d.
    """

    title: ClassVar[str] = "Laplacian of a function of one coordinate on a sphere"
    reference: ClassVar[str] = "Atkinson and Han, Spherical Harmonics and Approximations on the Unit Sphere (2012)"
    needs: ClassVar[tuple[str, ...]] = ("the inputs are standard Gaussian",)

    mean_square: sp.Expr
    function: sp.Expr
    projection: sp.Symbol
    rest: sp.Symbol
    dimension: sp.Expr

    def yields(self) -> Relational:
        """Return mean square = E (f'' rest - (d - 1) u f')^2, multiplied out."""
        f, v = self.function, self.projection
        laplacian = sp.diff(f, v, 2) * self.rest - (self.dimension - 1) * v * sp.diff(f, v)
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
        _expect(abs(second - 2 * slope**2 + 2 * square(angle)) < 1e-6, "the Laplacian")


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
        c, s = _circle()
        X, x = np.array([1.3, 0.0]), np.array([0.7, -1.9])
        past, now = c * X[0] + s * X[1], c * x[0] + s * x[1]
        seen = np.where(past > 0, X @ x - past * now, 0.0)
        linear = (1 - 1 / 2) * X @ x / 2
        first, third = 2 / math.pi, 4 / (3 * math.pi)
        quadratic = X[0] / 2 * ((first - third) * x[0] ** 2 - (first - third) * x[1] ** 2)
        _expect(abs(np.mean(seen) - linear) < 1e-6, "the mean over a direction")
        _expect(abs(np.mean(seen * now) - quadratic) < 1e-5, "the mean over a direction, times a projection")


@dataclass(frozen=True, kw_only=True)
class DivergenceUnderDensity(NamedRule):
    r"""Mean square of the divergence of a field on (0, 1) under a density, times a factor independent of the parameter.

    .. math:: D = \frac{\mathrm{d}(\xi\rho)/\mathrm{d}b}{\rho}

    Parameters
    ----------
    mean_square : Expr
    field, density, variable : Expr, Expr, Symbol
        xi and rho, written in b.
    factors : tuple of Expr
        Expectations of independent factors of the field's square.
    """

    title: ClassVar[str] = "divergence of a field under a density"
    reference: ClassVar[str] = "definition"
    needs: ClassVar[tuple[str, ...]] = ("the parameter has this density, and the factors are independent of it",)

    mean_square: sp.Expr
    field: sp.Expr
    density: sp.Expr
    variable: sp.Symbol
    factors: tuple[sp.Expr, ...]

    @property
    def standing(self) -> Standing:
        """Exact: a definition, carried out."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return mean square = factors times E D^2, for a density that is a product of powers."""
        b, carried = self.variable, self.field * self.density
        if any(sp.limit(carried, b, end, side) != 0 for end, side in ((0, "+"), (1, "-"))):
            raise CheckFailed(f"{self.title} needs a field that vanishes at the ends with it, got {carried}")
        powers = [factor.as_base_exp() for factor in sp.Mul.make_args(self.density)]
        if any(exponent.has(b) for _, exponent in powers):
            raise CheckFailed(f"{self.title} needs a product of powers, got {self.density}")
        logarithmic = sp.Add(*(exponent * sp.diff(base, b) / base for base, exponent in powers))
        divergence = sp.factor(sp.diff(self.field, b) + self.field * logarithmic)
        return equal(self.mean_square, sp.Mul(*self.factors) * pulled_out(Mean(divergence**2, b)))

    @staticmethod
    def spot() -> None:
        """Nothing to try: the rule is a definition."""
