"""Named rules for things that come in numbers: random blocks, copies of a part, uses of a channel."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.rules import NamedRule, expect
from infobound.proof.step import Goal, Standing, above, at_most, equal

__all__ = [
    "CountEntropy",
    "CountsTogether",
    "MemorylessChannel",
    "Regeneration",
    "SharedAmongCopies",
    "TwoOutputs",
    "UniformIndex",
    "WeightedIndex",
]


def _entropy(law: list[float]) -> float:
    return -sum(p * math.log(p) for p in law if p > 0)


@dataclass(frozen=True, kw_only=True)
class SharedAmongCopies(NamedRule):
    """Information about a random number of independent copies of a part: expected number times that of one."""

    title: ClassVar[str] = "information of independent copies, given their number"
    reference: ClassVar[str] = "Cover and Thomas, Elements of Information Theory (2006), theorems 2.5.2 and 2.6.6"
    needs: ClassVar[tuple[str, ...]] = ("given their number the parts are independent copies",)

    total: sp.Expr
    number: sp.Expr
    single: sp.Expr

    def yields(self) -> Relational:
        """Return total = expected number * single."""
        return equal(self.total, self.number * self.single)

    @staticmethod
    def spot() -> None:
        """Try one or two copies of a coin seen through a binary channel, each number with probability 1/2."""
        bias, flip = 0.3, 0.2
        joint = [bias * (1 - flip), bias * flip, (1 - bias) * flip, (1 - bias) * (1 - flip)]

        def information(table: list[list[float]]) -> float:
            flat = [p for row in table for p in row]
            columns = [sum(column) for column in zip(*table, strict=True)]
            return _entropy([sum(row) for row in table]) + _entropy(columns) - _entropy(flat)

        one = information([joint[:2], joint[2:]])
        pair = [[joint[2 * a + x] * joint[2 * b + y] for x in (0, 1) for y in (0, 1)] for a in (0, 1) for b in (0, 1)]
        expect(abs((one + information(pair)) / 2 - 1.5 * one) < 1e-12, "the information of independent copies")


@dataclass(frozen=True, kw_only=True)
class MemorylessChannel(NamedRule):
    """I(V_1..V_m; W_1..W_m) <= sum of I(V_k; W_k) where each W_k is made from V_k alone, however V is made."""

    title: ClassVar[str] = "a memoryless channel"
    reference: ClassVar[str] = "Cover and Thomas, Elements of Information Theory (2006), lemma 7.9.2"
    needs: ClassVar[tuple[str, ...]] = ("each output is made from its own input and independent noise",)

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
        """Try two dependent bits, each through a binary channel."""
        flip, law = 0.1, {(0, 0): 0.4, (0, 1): 0.1, (1, 0): 0.1, (1, 1): 0.4}

        def seen(a: int, x: int) -> float:
            return 1 - flip if a == x else flip

        bits = list(product((0, 1), repeat=2))
        outputs = [sum(p * seen(a, x) * seen(b, y) for (a, b), p in law.items()) for x, y in bits]
        noise = 2 * _entropy([flip, 1 - flip])
        expect(_entropy(outputs) - noise <= 2 * math.log(2) - noise + 1e-12, "a memoryless channel")


@dataclass(frozen=True, kw_only=True)
class TwoOutputs(NamedRule):
    """I(V; W_1, W_2) <= I(V; W_1) + I(V; W_2) for outputs that are independent given the input.

    H(W_1, W_2) is at most the sum of the entropies, and H(W_1, W_2 | V) is the sum of the conditional ones.
    """

    title: ClassVar[str] = "outputs independent given their input"
    reference: ClassVar[str] = "Cover and Thomas, Elements of Information Theory (2006), theorem 2.6.6 and lemma 7.9.2"
    needs: ClassVar[tuple[str, ...]] = ("the two outputs are independent given the input",)

    total: sp.Expr
    first: sp.Expr
    second: sp.Expr

    def yields(self) -> Relational:
        """Return total <= first + second."""
        return at_most(self.total, self.first + self.second)

    @staticmethod
    def spot() -> None:
        """Try a bit through two binary channels, and one channel with its noise, which breaks the condition."""
        bias, flips = 0.3, (0.1, 0.2)
        noises = list(product((0, 1), repeat=3))
        law = {e: math.prod(p if bit else 1 - p for bit, p in zip(e, (bias, *flips), strict=True)) for e in noises}

        def information(*outputs: Callable[[int, int, int], int]) -> float:
            joint: dict[tuple[int, ...], float] = {}
            for e, p in law.items():
                key = (e[0], *(output(*e) for output in outputs))
                joint[key] = joint.get(key, 0.0) + p
            seen: dict[tuple[int, ...], float] = {}
            for key, p in joint.items():
                seen[key[1:]] = seen.get(key[1:], 0.0) + p
            return _entropy([bias, 1 - bias]) + _entropy(list(seen.values())) - _entropy(list(joint.values()))

        def first(v: int, e: int, _: int) -> int:
            return v ^ e

        def second(v: int, _: int, e: int) -> int:
            return v ^ e

        def noise(_v: int, e: int, _e: int) -> int:
            return e

        apart = information(first) + information(second)
        expect(0 < information(first, second) < apart, "two outputs independent given their input")
        expect(information(first, noise) > information(first) + information(noise), "outputs that share a noise")


@dataclass(frozen=True, kw_only=True)
class UniformIndex(NamedRule):
    """Sum over m indices = m times the value expected at an index drawn uniformly among them."""

    title: ClassVar[str] = "expectation at an index drawn uniformly"
    reference: ClassVar[str] = "definition of the expectation"
    needs: ClassVar[tuple[str, ...]] = ("the index is drawn independently of all else",)

    single: sp.Expr
    index: sp.Symbol
    count: sp.Expr
    expected: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: a definition."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return sum = count * expected."""
        return equal(sp.Sum(self.single, (self.index, 1, self.count)), self.count * self.expected)

    def conditions(self) -> tuple[Relational, ...]:
        """At least one index."""
        return (above(self.count, 0),)

    @staticmethod
    def spot() -> None:
        """Nothing to try: the rule is a definition."""


@dataclass(frozen=True, kw_only=True)
class WeightedIndex(NamedRule):
    """Weighted sum over m indices = total weight times the value expected at an index drawn by weight."""

    title: ClassVar[str] = "expectation at an index drawn by weight"
    reference: ClassVar[str] = "definition of the expectation"
    needs: ClassVar[tuple[str, ...]] = ("the index is drawn independently of all else",)

    weight: sp.Expr
    single: sp.Expr
    index: sp.Symbol
    count: sp.Expr
    expected: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: a definition."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return weighted sum = sum of the weights * expected."""
        within = (self.index, 1, self.count)
        return equal(sp.Sum(self.weight * self.single, within), sp.Sum(self.weight, within) * self.expected)

    def conditions(self) -> tuple[Relational, ...]:
        """At least one index, and positive weights."""
        return (above(self.count, 0), above(self.weight, 0))

    @staticmethod
    def spot() -> None:
        """Nothing to try: the rule is a definition."""


@dataclass(frozen=True, kw_only=True)
class CountsTogether(NamedRule):
    """Joint entropy of variables with an index: at most the sum of their entropies."""

    title: ClassVar[str] = "independence bound on entropy"
    reference: ClassVar[str] = "Cover and Thomas, Elements of Information Theory (2006), theorem 2.6.6"

    joint: sp.Expr
    single: sp.Expr
    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr

    def yields(self) -> Relational:
        """Return joint <= sum of the single ones."""
        return at_most(self.joint, sp.Sum(self.single, (self.index, self.low, self.high)))

    @staticmethod
    def spot() -> None:
        """Two dependent counts."""
        joint = {(0, 0): 0.5, (1, 0): 0.1, (0, 1): 0.1, (2, 2): 0.3}
        sides = [[sum(p for pair, p in joint.items() if pair[i] == n) for n in range(3)] for i in (0, 1)]
        expect(_entropy(list(joint.values())) <= sum(map(_entropy, sides)) + 1e-12, "subadditivity")


@dataclass(frozen=True, kw_only=True)
class CountEntropy(NamedRule):
    """Entropy of a number 0, 1, 2, ... with mean mu: at most that of the geometric law of this mean."""

    title: ClassVar[str] = "geometric maximum entropy"
    reference: ClassVar[str] = "Cover and Thomas, Elements of Information Theory (2006), theorem 12.1.1"

    entropy: sp.Expr
    mean: sp.Expr

    def yields(self) -> Relational:
        """Return entropy <= (1 + mu) ln(1 + mu) - mu ln mu."""
        return at_most(self.entropy, (1 + self.mean) * sp.log(1 + self.mean) - self.mean * sp.log(self.mean))

    def conditions(self) -> tuple[Relational, ...]:
        """Keep the mean positive."""
        return (above(self.mean, 0),)

    @staticmethod
    def spot() -> None:
        """Poisson laws, a fixed number, and the geometric law itself, where the two are equal."""
        for mean in (0.05, 1.0, 6.0):
            bound = (1 + mean) * math.log1p(mean) - mean * math.log(mean)
            poisson = [math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(80)]
            expect(_entropy(poisson) <= bound, "the entropy of a count")
            geometric = [(mean / (1 + mean)) ** n / (1 + mean) for n in range(400)]
            expect(abs(_entropy(geometric) - bound) < 1e-9, "the entropy of a geometric law")


@dataclass(frozen=True, kw_only=True)
class Regeneration(NamedRule):
    """Two random compositions of n with one law of the first part, each starting afresh after it, have one entropy.

    By induction on n they have one law.

    Parameters
    ----------
    first, second : Expr
        Entropies of the two compositions.
    matching : str
        The earlier step that shows the laws of the first parts to be equal, for every n.
    """

    title: ClassVar[str] = "compositions that start afresh"
    reference: ClassVar[str] = (
        "Arratia, Barbour and Tavaré, Logarithmic Combinatorial Structures (2003), Feller coupling"
    )
    needs: ClassVar[tuple[str, ...]] = (
        "after its first part the first composition starts afresh on what is left",
        "after its first part the second composition starts afresh on what is left",
    )

    first: sp.Expr
    second: sp.Expr
    matching: str

    @property
    def uses(self) -> tuple[str, ...]:
        """The step about the first parts."""
        return (self.matching,)

    def yields(self) -> Relational:
        """Return first = second."""
        return equal(self.first, self.second)

    def examine(self, goal: Goal) -> None:
        """Besides the shape, see that the laws of the first parts are shown to be equal."""
        super().examine(goal)
        claim = goal.step(self.matching).claim
        if not isinstance(claim, sp.Eq):
            raise CheckFailed(f"{self.title} needs equal laws of the first parts, got {claim}")

    @staticmethod
    def spot() -> None:
        """Blocks of 5 draws from a Chinese restaurant with K = 1.7, against spacings of independent coins."""
        concentration, size = 1.7, 5
        tables: dict[tuple[int, ...], float] = {(): 1.0}
        for seated in range(size):
            after: dict[tuple[int, ...], float] = {}
            for blocks, p in tables.items():
                moves = [(place, block) for place, block in enumerate(blocks)]
                for place, block in moves:
                    grown = (*blocks[:place], block + 1, *blocks[place + 1 :])
                    after[grown] = after.get(grown, 0.0) + p * block / (concentration + seated)
                fresh = (*blocks, 1)
                after[fresh] = after.get(fresh, 0.0) + p * concentration / (concentration + seated)
            tables = after
        spacings: dict[tuple[int, ...], float] = {}
        for coins in product((0, 1), repeat=size - 1):
            p, parts, length = 1.0, [], 1
            for i, coin in zip(range(size - 1, 0, -1), coins, strict=True):
                chance = concentration / (concentration + i)
                p *= chance if coin else 1 - chance
                if coin:
                    parts.append(length)
                    length = 0
                length += 1
            key = (*parts, length)
            spacings[key] = spacings.get(key, 0.0) + p
        expect(
            tables.keys() == spacings.keys() and all(abs(tables[b] - spacings[b]) < 1e-12 for b in tables),
            "the coupling of blocks and coins",
        )
