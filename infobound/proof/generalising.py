"""Named rules of learning theory: from the fit on a sample to the risk, by Rademacher complexities.

The Rademacher complexity of a class of functions on T inputs is the mean over random signs s_t of
sup_f sum_t s_t f(x_t) / T, and over the inputs where these are random.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.proof.rules import NamedRule, expect
from infobound.proof.step import above, at_least, at_most

__all__ = ["Contraction", "LinearClass", "SignedSupremum", "SumsOfNeurons", "Symmetrisation"]

_LEARNING = "Shalev-Shwartz and Ben-David, Understanding Machine Learning (2014)"

# For the numerical tests: three inputs in the plane, and weights of 1-norm at most 1, zero among them.
_INPUTS = ((1.0, -0.5), (0.25, 1.0), (-1.0, 0.75))
_WEIGHTS = tuple((i / 4, j / 4) for i, j in product(range(-4, 5), repeat=2) if abs(i) + abs(j) <= 4)
_LINEAR = [[w * x + v * y for x, y in _INPUTS] for w, v in _WEIGHTS]
_NEURONS = [[max(0.0, u) for u in image] for image in _LINEAR]


def _complexity(images: Iterable[Sequence[float]], *, absolute: bool = False) -> float:
    """Return the Rademacher complexity of a finite class from its images on the inputs, over all signs."""
    images = list(images)
    patterns = list(product((-1, 1), repeat=len(images[0])))
    total = 0.0
    for pattern in patterns:
        sums = [sum(sign * y for sign, y in zip(pattern, image, strict=True)) for image in images]
        total += max(map(abs, sums)) if absolute else max(sums)
    return total / len(patterns) / len(images[0])


@dataclass(frozen=True, kw_only=True)
class Symmetrisation(NamedRule):
    """What a function chosen on a sample loses more on new data: at most twice the complexity of the losses."""

    title: ClassVar[str] = "symmetrisation by a second sample"
    reference: ClassVar[str] = f"{_LEARNING}, lemma 26.2"
    needs: ClassVar[tuple[str, ...]] = ("the samples are independent with the law of a new one",)

    risk: sp.Expr
    fit: sp.Expr
    complexity: sp.Expr

    def yields(self) -> Relational:
        """Return risk - fit <= 2 complexity."""
        return at_most(self.risk - self.fit, 2 * self.complexity)

    @staticmethod
    def spot() -> None:
        """Try all samples of size 2 and 3 from three points, and four functions of them."""
        functions = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.5), (0.2, 0.9, 0.0), (0.0, 1.0, 1.0))
        for size in (2, 3):
            samples = list(product(range(3), repeat=size))
            gap = sum(max(sum(f) / 3 - sum(f[i] for i in s) / size for f in functions) for s in samples)
            bound = 2 * sum(_complexity([[f[i] for i in s] for f in functions]) for s in samples)
            expect(gap <= bound, "symmetrisation")


@dataclass(frozen=True, kw_only=True)
class Contraction(NamedRule):
    """Complexity of a class behind functions with a Lipschitz constant: at most the constant times its own."""

    title: ClassVar[str] = "contraction by Lipschitz functions"
    reference: ClassVar[str] = f"{_LEARNING}, lemma 26.9"
    needs: ClassVar[tuple[str, ...]] = ("the functions have this constant",)

    composed: sp.Expr
    complexity: sp.Expr
    constant: sp.Expr

    def yields(self) -> Relational:
        """Return composed <= constant * complexity."""
        return at_most(self.composed, self.constant * self.complexity)

    def conditions(self) -> tuple[Relational, ...]:
        """Give the constant its sign."""
        return (above(self.constant, 0),)

    @staticmethod
    def spot() -> None:
        """Positive parts, and square losses of clipped functions against labels."""
        expect(_complexity(_NEURONS) <= _complexity(_LINEAR), "contraction")
        labels = (0.0, 1.0, 0.3)
        for scale in (0.5, 1.0, 3.0):
            plain = [[scale * u for u in image] for image in _LINEAR]
            losses = [[(min(1.0, max(0.0, u)) - y) ** 2 for u, y in zip(image, labels, strict=True)] for image in plain]
            expect(_complexity(losses) <= 2 * _complexity(plain), "contraction")


@dataclass(frozen=True, kw_only=True)
class SumsOfNeurons(NamedRule):
    """Complexity of sums of neurons with total size at most r: at most r times that of |one neuron|."""

    title: ClassVar[str] = "Hölder's inequality for sums"
    reference: ClassVar[str] = "Horn and Johnson, Matrix Analysis, 2nd edition (2013), chapter 5"
    needs: ClassVar[tuple[str, ...]] = ("the sizes of a network's neurons add up to the radius at most",)

    complexity: sp.Expr
    radius: sp.Expr
    single: sp.Expr

    def yields(self) -> Relational:
        """Return complexity <= radius * single."""
        return at_most(self.complexity, self.radius * self.single)

    def conditions(self) -> tuple[Relational, ...]:
        """Give the radius its sign."""
        return (at_least(self.radius, 0),)

    @staticmethod
    def spot() -> None:
        """Try networks of two neurons."""
        networks = [
            [2.5 * (share * sign * y + (1 - share) * other * z) for y, z in zip(first, second, strict=True)]
            for first, second in zip(_NEURONS[:-1], _NEURONS[:0:-1], strict=True)
            for share, sign, other in product((0.0, 0.3, 1.0), (-1, 1), (-1, 1))
        ]
        bound = 2.5 * _complexity(_NEURONS, absolute=True)
        expect(_complexity(networks) <= bound * (1 + 1e-12), "Hölder's inequality")


@dataclass(frozen=True, kw_only=True)
class SignedSupremum(NamedRule):
    """E sup |U_f| <= E sup U_f + E sup (-U_f) where some U_f is zero: neither supremum is then negative."""

    title: ClassVar[str] = "supremum of an absolute value"
    reference: ClassVar[str] = "max(a, b) <= a + b for nonnegative numbers"
    needs: ClassVar[tuple[str, ...]] = ("the class holds zero",)

    absolute: sp.Expr
    rising: sp.Expr
    falling: sp.Expr

    def yields(self) -> Relational:
        """Return absolute <= rising + falling."""
        return at_most(self.absolute, self.rising + self.falling)

    @staticmethod
    def spot() -> None:
        """Try neurons, whose sign is not free."""
        turned = [[-y for y in image] for image in _NEURONS]
        bound = _complexity(_NEURONS) + _complexity(turned)
        expect(_complexity(_NEURONS, absolute=True) <= bound * (1 + 1e-12), "the supremum of an absolute value")


@dataclass(frozen=True, kw_only=True)
class LinearClass(NamedRule):
    """Complexity of the functions w.x with |w|_1 <= 1 on inputs in [-1, 1]^d."""

    title: ClassVar[str] = "linear functions in the 1-norm"
    reference: ClassVar[str] = f"{_LEARNING}, lemma 26.11"
    needs: ClassVar[tuple[str, ...]] = ("coordinates of inputs lie between -1 and 1",)

    complexity: sp.Expr
    dimension: sp.Expr
    length: sp.Expr

    def yields(self) -> Relational:
        """Return complexity <= sqrt(2 ln(2 d) / T)."""
        return at_most(self.complexity, sp.sqrt(2 * sp.log(2 * self.dimension) / self.length))

    def conditions(self) -> tuple[Relational, ...]:
        """From one dimension and one sample on."""
        return (at_least(self.dimension, 1), at_least(self.length, 1))

    @staticmethod
    def spot() -> None:
        """Try the corners of the ball, where the supremum is, on inputs of the plane."""
        expect(_complexity(_LINEAR) <= math.sqrt(2 * math.log(4) / 3), "the linear class")
        expect(_complexity([[1.0, 1.0], [-1.0, -1.0]]) <= math.sqrt(2 * math.log(2) / 2), "the linear class")
