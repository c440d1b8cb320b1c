"""Named rules about Gaussian models of data: what they charge, and what each parameter's share of information is.

Reference: T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley 2006.
"""

import math
import random
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.proof.rules import NamedRule, expect
from infobound.proof.step import Standing, at_least, at_most, equal

__all__ = ["ChargedByMoments", "EachGivenTheLater", "EachGivenTheOthers", "ExcessCodeLength"]

_BOOK = "Cover and Thomas, Elements of Information Theory (2006)"


def _log_determinant(matrix: list[list[float]]) -> float:
    """Logarithm of a positive definite determinant, by elimination."""
    rows, total = [list(row) for row in matrix], 0.0
    for k, pivot in enumerate(rows):
        total += math.log(pivot[k])
        for row in rows[k + 1 :]:
            factor = row[k] / pivot[k]
            row[k:] = [x - factor * y for x, y in zip(row[k:], pivot[k:], strict=True)]
    return total


def _covariance(design: list[list[float]], variances: list[float], noise: float) -> list[list[float]]:
    """Covariance of labels: the design's rows weigh independent parameters, and noise is added."""
    return [
        [
            sum(v * x * y for v, x, y in zip(variances, first, second, strict=True)) + noise * (i == j)
            for j, second in enumerate(design)
        ]
        for i, first in enumerate(design)
    ]


@dataclass(frozen=True, kw_only=True)
class ExcessCodeLength(NamedRule):
    """D(P || Q) = expected code length -E_P ln q of the data under Q, less the entropy of P."""

    title: ClassVar[str] = "relative entropy as excess code length"
    reference: ClassVar[str] = f"{_BOOK}, section 8.5"

    divergence: sp.Expr
    length: sp.Expr
    entropy: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: a definition."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return divergence = length - entropy."""
        return equal(self.divergence, self.length - self.entropy)

    @staticmethod
    def spot() -> None:
        """Try three outcomes."""
        p, q = (0.2, 0.5, 0.3), (0.4, 0.4, 0.2)
        length, entropy = (-sum(a * math.log(b) for a, b in zip(p, law, strict=True)) for law in (q, p))
        divergence = sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
        expect(abs(divergence - length + entropy) < 1e-15, "the excess of a code length")


@dataclass(frozen=True, kw_only=True)
class ChargedByMoments(NamedRule):
    r"""Code length of any data under a Gaussian law of the data's own mean and covariance: that law's entropy.

    .. math:: -\mathbb{E}\ln\varphi(Y) = h(\varphi) \quad\text{if}\quad
        \mathbb{E}Y = \mathbb{E}_\varphi Y,\ \mathrm{Cov}\,Y = \mathrm{Cov}_\varphi Y

    The logarithm of a Gaussian density is quadratic.
    """

    title: ClassVar[str] = "code length under a Gaussian of the data's moments"
    reference: ClassVar[str] = f"{_BOOK}, theorem 8.6.5 (proof)"
    needs: ClassVar[tuple[str, ...]] = (
        "the data's means and covariances are known, given what the model is given",
        "the model is Gaussian with these means and covariances",
    )

    length: sp.Expr
    entropy: sp.Expr

    def yields(self) -> Relational:
        """Return length = entropy."""
        return equal(self.length, self.entropy)

    @staticmethod
    def spot() -> None:
        """Two points of the plane and their mirror images, which are no Gaussian data."""
        points = ((1.0, 2.0), (-2.0, 0.5))
        a, b, c = (sum(p[i] * p[j] for p in points) / 2 for i, j in ((0, 0), (0, 1), (1, 1)))
        determinant = a * c - b * b
        square = sum((c * x * x - 2 * b * x * y + a * y * y) / determinant for x, y in points) / 2
        length = (2 * math.log(2 * math.pi) + math.log(determinant) + square) / 2
        entropy = math.log(2 * math.pi * math.e) + math.log(determinant) / 2
        expect(abs(length - entropy) < 1e-12, "the code length of data with a Gaussian's moments")


@dataclass(frozen=True, kw_only=True)
class EachGivenTheOthers(NamedRule):
    """I(V_1..V_m; W) <= sum of I(V_k; W | the other V) for independent V: a part is best seen without the others.

    By the chain rule the left side is a sum of I(V_k; W | V_1..V_{k-1}); V_k is independent of the later parts given
    the earlier ones, so that to know them as well takes no information away.
    """

    title: ClassVar[str] = "information about independent parts, each given the others"
    reference: ClassVar[str] = f"{_BOOK}, theorems 2.5.2 and 2.6.5"
    needs: ClassVar[tuple[str, ...]] = ("the parts are independent",)

    total: sp.Expr
    single: sp.Expr
    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr

    def yields(self) -> Relational:
        """Return total <= sum of the single ones."""
        return at_most(self.total, sp.Sum(self.single, (self.index, self.low, self.high)))

    @staticmethod
    def spot() -> None:
        """Two Gaussian parameters seen through two or three labels: determinants."""
        source = random.Random(8)
        for size in (2, 3):
            design = [[source.gauss(0, 1) for _ in range(2)] for _ in range(size)]
            variances, noise = [1.5, 0.4], 0.3
            total = _log_determinant(_covariance(design, variances, noise)) - size * math.log(noise)
            apart = [math.log(1 + v * sum(row[k] ** 2 for row in design) / noise) for k, v in enumerate(variances)]
            expect(total <= sum(apart) + 1e-12, "the information about independent parts")


@dataclass(frozen=True, kw_only=True)
class EachGivenTheLater(NamedRule):
    """I(V_1..V_m; W) >= sum of I(V_k; W | V_{k+1}..V_m) over the first parts, by the chain rule from the last on."""

    title: ClassVar[str] = "chain rule of entropy and information"
    reference: ClassVar[str] = f"{_BOOK}, theorems 2.5.1 and 2.5.2"
    needs: ClassVar[tuple[str, ...]] = ("the parts are what the information is about",)

    total: sp.Expr
    parts: sp.Expr
    single: sp.Expr
    index: sp.Symbol
    count: sp.Expr

    def yields(self) -> Relational:
        """Return sum of the single ones <= total."""
        return at_most(sp.Sum(self.single, (self.index, 0, self.count - 1)), self.total)

    def conditions(self) -> tuple[Relational, ...]:
        """No more are summed than there are, and informations are not negative."""
        return (at_most(self.count, self.parts), at_least(self.single, 0))

    @staticmethod
    def spot() -> None:
        """Three Gaussian parameters seen through four labels: determinants."""
        source = random.Random(9)
        design = [[source.gauss(0, 1) for _ in range(3)] for _ in range(4)]
        variances, noise = [1.5, 0.4, 2.0], 0.3

        def about(first: int) -> float:
            rows = [row[:first] for row in design]
            return _log_determinant(_covariance(rows, variances[:first], noise)) - 4 * math.log(noise)

        singles = [about(k + 1) - about(k) for k in range(3)]
        expect(all(x > 0 for x in singles), "the chain rule")
        expect(abs(sum(singles) - about(3)) < 1e-12, "the chain rule")
