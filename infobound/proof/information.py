"""Named rules of information theory.

Entropies, divergences and informations enter as symbols; what is checked is that the claim has the rule's
shape, that its side conditions hold, and which assumptions of the model it rests on.
Reference for all: T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley 2006.
"""

import math
import random
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.proof.rules import NamedRule, expect
from infobound.proof.step import Standing, above, at_least, at_most, equal

__all__ = [
    "BernoulliEntropy",
    "ChainRule",
    "ConditioningReducesEntropy",
    "DataProcessing",
    "DifferentialInformation",
    "DivergenceChainRule",
    "EntropySubadditivity",
    "GaussianEntropy",
    "GaussianInformation",
    "GaussianMaxEntropy",
    "GibbsVariational",
    "IndependentEntropies",
    "InformationBelowEntropy",
    "PrefixCode",
    "ProductDivergence",
    "binary_entropy",
]

_BOOK = "Cover and Thomas, Elements of Information Theory (2006)"


def binary_entropy(p: sp.Expr) -> sp.Expr:
    """Return the entropy of a coin with bias p, in nats."""
    return -p * sp.log(p) - (1 - p) * sp.log(1 - p)


def _law(source: random.Random, size: int) -> list[float]:
    weights = [source.expovariate(1.0) + 1e-3 for _ in range(size)]
    return [weight / sum(weights) for weight in weights]


def _entropy(law: list[float]) -> float:
    return -sum(p * math.log(p) for p in law if p > 0)


def _divergence(p: list[float], q: list[float]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def _tables(count: int = 20) -> list[list[list[float]]]:
    """Return joint laws of two finite variables."""
    source = random.Random(7)
    return [[[w / 3 for w in _law(source, 4)] for _ in range(3)] for _ in range(count)]


def _columns(joint: list[list[float]]) -> list[float]:
    return [sum(column) for column in zip(*joint, strict=True)]


def _rows(joint: list[list[float]]) -> list[float]:
    return [sum(row) for row in joint]


def _flat(joint: list[list[float]]) -> list[float]:
    return [p for row in joint for p in row]


def _information(joint: list[list[float]]) -> float:
    return _entropy(_rows(joint)) + _entropy(_columns(joint)) - _entropy(_flat(joint))


@dataclass(frozen=True, kw_only=True)
class DivergenceChainRule(NamedRule):
    r"""Joint divergence of a sequence = length times the average one-step divergence of its predictives.

    .. math:: \mathbb{E} D(P_F^T \Vert Q) = T \cdot \tfrac1T \sum_{t<T} \mathbb{E} D(P_F(\cdot|X_t) \Vert Q_t)
    """

    title: ClassVar[str] = "chain rule of relative entropy"
    reference: ClassVar[str] = f"{_BOOK}, theorem 2.5.3"
    needs: ClassVar[tuple[str, ...]] = ("inputs independent of teacher and student",)

    joint: sp.Expr
    average: sp.Expr
    length: sp.Expr

    def yields(self) -> Relational:
        """Return joint = length * average."""
        return equal(self.joint, self.length * self.average)

    def conditions(self) -> tuple[Relational, ...]:
        """At least one round."""
        return (above(self.length, 0),)

    @staticmethod
    def spot() -> None:
        """Two rounds of a finite alphabet."""
        for p, q in zip(_tables(), reversed(_tables()), strict=True):
            first = _divergence(_rows(p), _rows(q))
            rest = sum(
                sum(a) * _divergence([x / sum(a) for x in a], [y / sum(b) for y in b])
                for a, b in zip(p, q, strict=True)
            )
            expect(abs(first + rest - _divergence(_flat(p), _flat(q))) < 1e-12, "the chain rule")


@dataclass(frozen=True, kw_only=True)
class ProductDivergence(NamedRule):
    r"""Divergence of two laws of T rounds, independent given teacher and student: T times one round."""

    title: ClassVar[str] = "chain rule of relative entropy"
    reference: ClassVar[str] = f"{_BOOK}, theorem 2.5.3"
    needs: ClassVar[tuple[str, ...]] = (
        "inputs independent of teacher and student",
        "labels independent given the teacher and the inputs",
    )

    joint: sp.Expr
    single: sp.Expr
    length: sp.Expr

    def yields(self) -> Relational:
        """Return joint = length * single."""
        return equal(self.joint, self.length * self.single)

    def conditions(self) -> tuple[Relational, ...]:
        """At least one round."""
        return (above(self.length, 0),)

    @staticmethod
    def spot() -> None:
        """Two rounds of a finite alphabet."""
        source = random.Random(3)
        for _ in range(20):
            p, q = _law(source, 3), _law(source, 3)
            joint = _divergence([a * b for a in p for b in p], [a * b for a in q for b in q])
            expect(abs(joint - 2 * _divergence(p, q)) < 1e-12, "additivity over product laws")


@dataclass(frozen=True, kw_only=True)
class GibbsVariational(NamedRule):
    r"""A mixture predicts as well as any of its members, up to the information that picks the member.

    .. math:: \mathbb{E}\, D(P_F \Vert Q) \le \mathbb{E}\, D(P_F \Vert P_{\tilde F}) + I(F; \tilde F),
        \qquad Q = \mathbb{E} P_{\tilde F}

    The variational principle of Gibbs (Donsker and Varadhan) gives it with the posterior law of F~ given F.
    """

    title: ClassVar[str] = "Gibbs variational principle"
    reference: ClassVar[str] = "Donsker and Varadhan (1975); Gibbs inequality for mixtures"
    needs: ClassVar[tuple[str, ...]] = ("labels independent of the student given the teacher",)

    mixture: sp.Expr
    matched: sp.Expr
    information: sp.Expr

    def yields(self) -> Relational:
        """Return mixture <= matched + information."""
        return at_most(self.mixture, self.matched + self.information)

    @staticmethod
    def spot() -> None:
        """Finite teachers, students and alphabets."""
        source = random.Random(11)
        for joint in _tables():
            teachers = [_law(source, 5) for _ in range(3)]
            students = [_law(source, 5) for _ in range(4)]
            prior = _columns(joint)
            mixture = [sum(w * s[y] for w, s in zip(prior, students, strict=True)) for y in range(5)]
            left = sum(w * _divergence(t, mixture) for w, t in zip(_rows(joint), teachers, strict=True))
            matched = sum(joint[i][j] * _divergence(teachers[i], students[j]) for i in range(3) for j in range(4))
            expect(left <= matched + _information(joint) + 1e-12, "the Gibbs variational principle")


@dataclass(frozen=True, kw_only=True)
class DataProcessing(NamedRule):
    """Information does not grow along a Markov chain: I(A; C) <= I(A; B) for A - B - C."""

    title: ClassVar[str] = "data processing inequality"
    reference: ClassVar[str] = f"{_BOOK}, theorem 2.8.1"
    needs: ClassVar[tuple[str, ...]] = ("the three variables form a Markov chain",)

    coarse: sp.Expr
    fine: sp.Expr

    def yields(self) -> Relational:
        """Return coarse <= fine."""
        return at_most(self.coarse, self.fine)

    @staticmethod
    def spot() -> None:
        """Finite chains."""
        source = random.Random(5)
        for joint in _tables():
            channel = [_law(source, 3) for _ in range(4)]
            after = [[sum(row[j] * channel[j][k] for j in range(4)) for k in range(3)] for row in joint]
            expect(_information(after) <= _information(joint) + 1e-12, "data processing")


@dataclass(frozen=True, kw_only=True)
class InformationBelowEntropy(NamedRule):
    """I(A; B) <= H(B) for a discrete B."""

    title: ClassVar[str] = "information as a difference of entropies"
    reference: ClassVar[str] = f"{_BOOK}, theorem 2.4.1 and equation 8.48"

    information: sp.Expr
    entropy: sp.Expr

    def yields(self) -> Relational:
        """Return information <= entropy."""
        return at_most(self.information, self.entropy)

    @staticmethod
    def spot() -> None:
        """Finite joint laws."""
        for joint in _tables():
            expect(_information(joint) <= _entropy(_columns(joint)) + 1e-12, "information below entropy")


@dataclass(frozen=True, kw_only=True)
class PrefixCode(NamedRule):
    """Entropy is at most expected length times log of alphabet size, for a prefix-free code (Kraft)."""

    title: ClassVar[str] = "prefix codes (Kraft)"
    reference: ClassVar[str] = f"{_BOOK}, theorems 5.2.1 and 5.3.1"
    needs: ClassVar[tuple[str, ...]] = ("the code is prefix-free and determines what it codes",)

    entropy: sp.Expr
    length: sp.Expr
    alphabet: sp.Expr

    def yields(self) -> Relational:
        """Return entropy <= length * ln(alphabet)."""
        return at_most(self.entropy, self.length * sp.log(self.alphabet))

    def conditions(self) -> tuple[Relational, ...]:
        """Lengths are nonnegative and the alphabet is not empty."""
        return (at_least(self.length, 0), above(self.alphabet, 0))

    @staticmethod
    def spot() -> None:
        """Try a comma-free binary code with lengths 1, 2, 3, 3."""
        source = random.Random(2)
        for _ in range(20):
            law = _law(source, 4)
            length = sum(p * size for p, size in zip(law, (1, 2, 3, 3), strict=True))
            expect(_entropy(law) <= length * math.log(2) + 1e-12, "the bound by a prefix code")


@dataclass(frozen=True, kw_only=True)
class EntropySubadditivity(NamedRule):
    """H(A, B, ...) <= H(A) + H(B) + ..., and the same for informations about independent parts."""

    title: ClassVar[str] = "independence bound on entropy"
    reference: ClassVar[str] = f"{_BOOK}, theorem 2.6.6"

    joint: sp.Expr
    parts: tuple[sp.Expr, ...]

    def yields(self) -> Relational:
        """Return joint <= sum of the parts."""
        return at_most(self.joint, sp.Add(*self.parts))

    @staticmethod
    def spot() -> None:
        """Finite joint laws."""
        for joint in _tables():
            expect(_information(joint) >= -1e-12, "subadditivity")


@dataclass(frozen=True, kw_only=True)
class ChainRule(NamedRule):
    """Chain rule: a joint entropy or information is the sum of its conditional parts."""

    title: ClassVar[str] = "chain rule of entropy and information"
    reference: ClassVar[str] = f"{_BOOK}, theorems 2.5.1 and 2.5.2"

    total: sp.Expr
    parts: tuple[sp.Expr, ...]

    def yields(self) -> Relational:
        """Return total = sum of the parts."""
        return equal(self.total, sp.Add(*self.parts))

    @staticmethod
    def spot() -> None:
        """Finite joint laws."""
        for joint in _tables():
            rest = sum(sum(row) * _entropy([p / sum(row) for p in row]) for row in joint)
            expect(abs(_entropy(_rows(joint)) + rest - _entropy(_flat(joint))) < 1e-12, "the chain rule")


@dataclass(frozen=True, kw_only=True)
class ConditioningReducesEntropy(NamedRule):
    """H(A | B) <= H(A)."""

    title: ClassVar[str] = "conditioning reduces entropy"
    reference: ClassVar[str] = f"{_BOOK}, theorem 2.6.5"

    conditional: sp.Expr
    entropy: sp.Expr

    def yields(self) -> Relational:
        """Return conditional <= entropy."""
        return at_most(self.conditional, self.entropy)

    @staticmethod
    def spot() -> None:
        """Finite joint laws."""
        for joint in _tables():
            rest = _entropy(_flat(joint)) - _entropy(_columns(joint))
            expect(rest <= _entropy(_rows(joint)) + 1e-12, "conditioning reduces entropy")


@dataclass(frozen=True, kw_only=True)
class BernoulliEntropy(NamedRule):
    """Entropy of one coin, by definition."""

    title: ClassVar[str] = "entropy of a coin"
    reference: ClassVar[str] = f"{_BOOK}, equation 2.5"

    entropy: sp.Expr
    probability: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: a definition."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return entropy = binary entropy of the probability."""
        return equal(self.entropy, binary_entropy(self.probability))

    def conditions(self) -> tuple[Relational, ...]:
        """Keep the probability between 0 and 1."""
        return (at_least(self.probability, 0), at_most(self.probability, 1))

    @staticmethod
    def spot() -> None:
        """Two outcomes."""
        expect(abs(_entropy([0.3, 0.7]) - 0.6108643020548935) < 1e-12, "the entropy of a coin")


@dataclass(frozen=True, kw_only=True)
class IndependentEntropies(NamedRule):
    """Joint entropy of independent variables with an index: the sum of their entropies."""

    title: ClassVar[str] = "independence bound on entropy"
    reference: ClassVar[str] = f"{_BOOK}, theorem 2.6.6"
    needs: ClassVar[tuple[str, ...]] = ("the variables are independent",)

    joint: sp.Expr
    single: sp.Expr
    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr

    def yields(self) -> Relational:
        """Return joint = sum of the single ones."""
        return equal(self.joint, sp.Sum(self.single, (self.index, self.low, self.high)))

    @staticmethod
    def spot() -> None:
        """Two independent variables."""
        source = random.Random(4)
        p, q = _law(source, 3), _law(source, 4)
        both = _entropy([a * b for a in p for b in q])
        expect(abs(both - _entropy(p) - _entropy(q)) < 1e-12, "additivity of entropy")


@dataclass(frozen=True, kw_only=True)
class GaussianMaxEntropy(NamedRule):
    """Among laws on R^d with a given E|V|^2 the Gaussian has the largest differential entropy."""

    title: ClassVar[str] = "Gaussian maximum entropy"
    reference: ClassVar[str] = f"{_BOOK}, theorems 8.4.1 and 8.6.5"

    entropy: sp.Expr
    dimension: sp.Expr
    second_moment: sp.Expr

    def yields(self) -> Relational:
        """Return entropy <= (d/2) ln(2 pi e E|V|^2 / d)."""
        scale = 2 * sp.pi * sp.E * self.second_moment / self.dimension
        return at_most(self.entropy, self.dimension / 2 * sp.log(scale))

    def conditions(self) -> tuple[Relational, ...]:
        """Dimension and second moment are positive."""
        return (above(self.dimension, 0), above(self.second_moment, 0))

    @staticmethod
    def spot() -> None:
        """Try a uniform law on [-h, h]: entropy ln(2h), second moment h^2/3."""
        for h in (0.1, 1.0, 7.0):
            expect(math.log(2 * h) <= math.log(2 * math.pi * math.e * h * h / 3) / 2, "maximum entropy")


@dataclass(frozen=True, kw_only=True)
class GaussianEntropy(NamedRule):
    """Differential entropy of an isotropic Gaussian vector with variance v in each coordinate."""

    title: ClassVar[str] = "Gaussian maximum entropy"
    reference: ClassVar[str] = f"{_BOOK}, theorems 8.4.1 and 8.6.5"
    needs: ClassVar[tuple[str, ...]] = ("the vector is isotropic Gaussian given what it is conditioned on",)

    entropy: sp.Expr
    dimension: sp.Expr
    variance: sp.Expr

    def yields(self) -> Relational:
        """Return entropy = (d/2) ln(2 pi e v)."""
        return equal(self.entropy, self.dimension / 2 * sp.log(2 * sp.pi * sp.E * self.variance))

    def conditions(self) -> tuple[Relational, ...]:
        """Dimension and variance are positive."""
        return (above(self.dimension, 0), above(self.variance, 0))

    @staticmethod
    def spot() -> None:
        """Quadrature of -p ln p for v = 2."""
        v, step = 2.0, 0.01
        grid = [step * i for i in range(-2000, 2001)]
        law = [math.exp(-x * x / (2 * v)) / math.sqrt(2 * math.pi * v) for x in grid]
        value = -sum(p * math.log(p) for p in law if p > 0) * step
        expect(abs(value - math.log(2 * math.pi * math.e * v) / 2) < 1e-9, "the entropy of a Gaussian")


@dataclass(frozen=True, kw_only=True)
class DifferentialInformation(NamedRule):
    """I(V; W) = h(W) - h(W | V)."""

    title: ClassVar[str] = "information as a difference of entropies"
    reference: ClassVar[str] = f"{_BOOK}, theorem 2.4.1 and equation 8.48"

    information: sp.Expr
    output: sp.Expr
    conditional: sp.Expr

    def yields(self) -> Relational:
        """Return information = output - conditional."""
        return equal(self.information, self.output - self.conditional)

    @staticmethod
    def spot() -> None:
        """Finite joint laws, whose informations obey the same identity."""
        for joint in _tables():
            conditional = _entropy(_flat(joint)) - _entropy(_rows(joint))
            direct = _divergence(_flat(joint), [a * b for a in _rows(joint) for b in _columns(joint)])
            expect(abs(_entropy(_columns(joint)) - conditional - direct) < 1e-12, "the difference of entropies")


@dataclass(frozen=True, kw_only=True)
class GaussianInformation(NamedRule):
    """Information of a scalar Gaussian about itself plus independent Gaussian noise."""

    title: ClassVar[str] = "information through Gaussian noise"
    reference: ClassVar[str] = f"{_BOOK}, equation 9.16"
    needs: ClassVar[tuple[str, ...]] = ("signal and noise are independent Gaussians",)

    information: sp.Expr
    signal: sp.Expr
    noise: sp.Expr

    def yields(self) -> Relational:
        """Return information = (1/2) ln(1 + signal/noise)."""
        return equal(self.information, sp.log(1 + self.signal / self.noise) / 2)

    def conditions(self) -> tuple[Relational, ...]:
        """Variances: the signal's nonnegative, the noise's positive."""
        return (at_least(self.signal, 0), above(self.noise, 0))

    @staticmethod
    def spot() -> None:
        """Log-determinants of the covariance."""
        for s, v in ((0.5, 1.0), (3.0, 0.2)):
            joint = s * (s + v) - s * s
            expect(abs(math.log(s * (s + v) / joint) - math.log(1 + s / v)) < 1e-12, "Gaussian information")
