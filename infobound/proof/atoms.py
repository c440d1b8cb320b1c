"""Named rules for sums over the atoms of a Dirichlet process, whose weights are broken sticks."""

import math
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.averages import Mean, pulled_out
from infobound.proof.rules import NamedRule, expect
from infobound.proof.step import Goal, above, at_least, at_most, equal

__all__ = ["DistinctAtoms", "SizeBiasedAtom"]


@dataclass(frozen=True, kw_only=True)
class SizeBiasedAtom(NamedRule):
    """E sum_k f(pi_k) = E f(V)/V, where V is the weight of an atom drawn by weight: it has the law of the first stick.

    Parameters
    ----------
    total : Expr
        E sum_k f(pi_k).
    value : Expr
        f(V) in terms of the variable.
    variable : Symbol
        -ln(1 - V), random and positive.
    """

    title: ClassVar[str] = "an atom drawn by weight"
    reference: ClassVar[str] = "Pitman, Combinatorial Stochastic Processes (2006), section 3.2"
    needs: ClassVar[tuple[str, ...]] = ("the weights are broken sticks with one law",)

    total: sp.Expr
    value: sp.Expr
    variable: sp.Symbol

    def yields(self) -> Relational:
        """Return total = E value/weight."""
        weight = 1 - sp.exp(-self.variable)
        return equal(self.total, pulled_out(Mean(self.value / weight, self.variable)))

    def conditions(self) -> tuple[Relational, ...]:
        """A nonnegative value, of a positive variable."""
        return (above(self.variable, 0), at_least(self.value, 0))

    @staticmethod
    def spot() -> None:
        """K = 3: the mean sums of squares and of cubes, from the urn."""
        K = 3.0
        squares, cubes = 1 / (K + 1), 2 / ((K + 1) * (K + 2))
        stick = [K * math.gamma(j + 1) * math.gamma(K) / math.gamma(j + 1 + K) for j in (1, 2)]
        expect(abs(stick[0] - squares) < 1e-12 and abs(stick[1] - cubes) < 1e-12, "an atom drawn by weight")


@dataclass(frozen=True, kw_only=True)
class DistinctAtoms(NamedRule):
    r"""Two different atoms repel: bound on a sum over pairs of them, for nonnegative f and increasing g.

    .. math:: \mathbb{E}\sum_{j \ne k} f(\pi_k) g(\pi_j) \le \mathbb{E}\sum_k f(\pi_k)\; \mathbb{E}\sum_k g(\pi_k)

    The atoms besides one drawn by weight are a copy of all of them, scaled by what it leaves.

    Parameters
    ----------
    pairs : Expr
        The expectation on the left.
    first, second : SizeBiasedAtom
        The checks of the earlier steps that say what the two on the right are.
    """

    title: ClassVar[str] = "atoms besides one drawn by weight"
    reference: ClassVar[str] = "Pitman, Combinatorial Stochastic Processes (2006), section 3.2"
    needs: ClassVar[tuple[str, ...]] = ("the weights are broken sticks with one law",)

    pairs: sp.Expr
    first: SizeBiasedAtom
    second: SizeBiasedAtom

    def yields(self) -> Relational:
        """Return pairs <= first * second."""
        return at_most(self.pairs, self.first.total * self.second.total)

    def conditions(self) -> tuple[Relational, ...]:
        """The second increases; that both are nonnegative is a condition of their own steps."""
        return (at_least(sp.diff(self.second.value, self.second.variable), 0),)

    def examine(self, goal: Goal) -> None:
        """Besides shape and conditions, see that earlier steps say what the two expectations are."""
        checks = [step.check for step in goal.earlier.values()]
        for atoms in (self.first, self.second):
            if atoms not in checks:
                raise CheckFailed(f"{self.title} needs a step before it that says what {atoms.total} is, got none")
        super().examine(goal)

    @staticmethod
    def spot() -> None:
        """K = 1/2: pairs of squares, from the urn, and pairs of a square and a first power."""
        K = 0.5
        squares = 1 / (K + 1)
        pairs = K / ((K + 1) * (K + 2) * (K + 3))
        mixed = squares - 2 / ((K + 1) * (K + 2))
        expect(pairs <= squares**2 and mixed <= squares, "different atoms")
