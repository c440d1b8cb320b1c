"""Named rules for zonal functions on the sphere, taken apart by degree into spherical harmonics.

A neuron max(0, w.x) is, as a function of w, a sum of parts of degree l = 0, 1, 2, ...  The part of degree l has the
share kappa_l of the mean square |x|^2/(2d), and there are N_l harmonics of that degree; the Laplacian multiplies it by
-l (l + d - 2).  Two such parts for inputs at an angle with cosine c have the mean product
|X| |x| kappa_l P_l(c)/(2d), where P_l(1) = 1 and E P_l(c)^2 = 1/N_l at a uniform direction; those of different degrees
are orthogonal.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.averages import pulled_out
from infobound.proof.estimating import circle
from infobound.proof.rules import NamedRule, expect
from infobound.proof.step import at_least, equal

__all__ = ["HarmonicGradients", "HarmonicPairs"]

# shares of a neuron's mean square in degrees 1 and 2 on the circle, and amplitudes of its parts there
_SHARES = {1: 0.5, 2: 8 / (9 * np.pi**2)}
_PARTS = {1: 0.5, 2: 2 / (3 * np.pi)}


def _slope(angle: np.ndarray, weights: dict[int, float]) -> np.ndarray:
    """Derivative in the angle of a neuron's parts on the circle, times weights."""
    return np.asarray(sum(-z * _PARTS[degree] * degree * np.sin(degree * angle) for degree, z in weights.items()))


@dataclass(frozen=True, kw_only=True)
class _ByDegree:
    """What the rules share: sums over degrees.

    Parameters
    ----------
    share : Expr
        kappa_l.
    degree, last : Expr
        l, and the last one of a sum that starts at 1; or the only degree, twice.
    dimension : Expr
        d.
    """

    title: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = (
        "the directions are uniform on the sphere",
        "the inputs are independent and Gaussian, with that mean square length",
        "a neuron has this share in a degree, which has that many harmonics",
    )

    share: sp.Expr
    degree: sp.Expr
    last: sp.Expr
    dimension: sp.Expr

    def _energy(self) -> sp.Expr:
        """Return l (l + d - 2) kappa_l."""
        if not (self.degree.is_integer and self.degree.is_positive and self.last.is_finite):
            raise CheckFailed(f"{self.title} sums over degrees from 1 to a finite one, got {self.degree}, {self.last}")
        return self.degree * (self.degree + self.dimension - 2) * self.share

    def _over_degrees(self, term: sp.Expr) -> sp.Expr:
        return term if self.degree == self.last else pulled_out(sp.Sum(term, (self.degree, 1, self.last)))

    def conditions(self) -> tuple[Relational, ...]:
        """A sphere that is not two points."""
        return (at_least(self.dimension, 2),)


@dataclass(frozen=True, kw_only=True)
class HarmonicGradients(_ByDegree, NamedRule):
    r"""Mean product of the gradients, on the sphere, of two weighted sums of a neuron's parts.

    .. math:: \mathbb{E}\,\nabla_w A \cdot \nabla_w B
        = \mathbb{E}|x|^2 \sum_l \frac{l (l+d-2)\, \kappa_l\, a_l b_l}{2d}

    This is Green's identity.  For b_l = l (l + d - 2) a_l it is the mean square of the Laplacian of A.

    Parameters
    ----------
    product : Expr
        The expectation on the left.
    length : Expr
        E |x|^2.
    first, second : Expr
        a_l and b_l, of which one is zero beyond the last degree.
    """

    title: ClassVar[str] = "Green's identity on the sphere, by degrees"
    reference: ClassVar[str] = "Atkinson and Han, Spherical Harmonics and Approximations on the Unit Sphere (2012)"

    product: sp.Expr
    length: sp.Expr
    first: sp.Expr
    second: sp.Expr

    def yields(self) -> Relational:
        """Return product = length times the sum."""
        total = self._over_degrees(self._energy() * self.first * self.second)
        return equal(self.product, self.length * total / (2 * self.dimension))

    @staticmethod
    def spot() -> None:
        """On the circle: a neuron and a sum of its parts; and such a sum with itself, and its Laplacian."""
        angle, weights = circle(), {1: 0.7, 2: 1.9}
        part = _slope(angle, weights)
        neuron = np.where(np.cos(angle) > 0, -np.sin(angle), 0.0)
        curved = sum(z * _PARTS[k] * k**2 * np.cos(k * angle) for k, z in weights.items())
        for found, power, order in ((neuron * part, 1, 2), (part**2, 2, 2), (curved**2, 2, 4)):
            stated = sum(z**power * k**order * _SHARES[k] / 4 for k, z in weights.items())
            expect(abs(float(np.mean(found)) - stated) < 1e-6, "Green's identity on the circle")


@dataclass(frozen=True, kw_only=True)
class HarmonicPairs(_ByDegree, NamedRule):
    r"""What two independent directions share: E H^2, where H is a mean over a uniform w, given X and x.

    .. math:: H = \mathbb{E}_w\, 1(w\cdot X > 0)\; X \cdot \nabla_w Z(w \cdot x)
        = |X| |x| \sum_l \frac{l (l+d-2)\, \kappa_l z_l}{2d} P_l(c)

    for the weighted sum Z of the parts of max(0, w.x), as the gradient of max(0, w.X) is a part of X where w.X > 0.

    Parameters
    ----------
    shared : Expr
        E H^2.
    lengths : tuple of Expr
        E |X|^2 and E |x|^2.
    weight : Expr
        z_l, not negative.
    count : Expr
        N_l.
    """

    title: ClassVar[str] = "addition theorem for spherical harmonics"
    reference: ClassVar[str] = "Atkinson and Han, Spherical Harmonics and Approximations on the Unit Sphere (2012)"

    shared: sp.Expr
    lengths: tuple[sp.Expr, sp.Expr]
    weight: sp.Expr
    count: sp.Expr

    def yields(self) -> Relational:
        """Return E H^2 by the orthogonality of the P_l."""
        total = self._over_degrees((self._energy() * self.weight) ** 2 / self.count)
        return equal(self.shared, sp.Mul(*self.lengths) * total / (4 * self.dimension**2))

    def conditions(self) -> tuple[Relational, ...]:
        """Besides, weights that are not negative."""
        return (*super().conditions(), at_least(self.weight, 0))

    @staticmethod
    def spot() -> None:
        """On the circle, where there are two harmonics of each degree: mean over the angle between the inputs."""
        angle, weights = circle(), {1: 0.7, 2: 1.9}
        part = _slope(angle, weights)
        turns = 2 * np.pi * np.arange(24) / 24
        means = [np.mean(np.where(np.cos(angle - t) > 0, -np.sin(angle - t), 0.0) * part) for t in turns]
        stated = sum((z * k**2 * _SHARES[k] / 4) ** 2 / 2 for k, z in weights.items())
        expect(abs(float(np.mean(np.square(means))) - stated) < 1e-6, "the addition theorem on the circle")
