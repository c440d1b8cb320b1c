"""Named rules: theorems that make a claim from their slots.

A step that applies a rule says which expressions fill its slots.  The rule computes the claim from them, and
the step's claim must be that one exactly; side conditions that mention only symbols are proved, and
conditions on the model (independence, say) are tied to assumptions of the derivation by their keys.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.algebra import claims_alike
from infobound.proof.check import Algebra
from infobound.proof.step import Check, Goal, Standing

__all__ = ["NamedRule", "all_rules", "expect"]


def expect(holds: bool, what: str) -> None:
    """Raise unless a numerical test of a rule comes out as the rule says."""
    if not holds:
        raise CheckFailed(f"{what} fails a numerical test")


@cache
def _spotted(rule: type["NamedRule"]) -> None:
    """Run the numerical test of a rule once per process."""
    rule.spot()


@dataclass(frozen=True, kw_only=True)
class NamedRule(Check):
    """A theorem with slots.

    Subclasses are dataclasses whose fields are the slots; they say what the theorem yields, under which
    conditions, and test it numerically in `spot`, which can refute it and is never counted as proof.

    Parameters
    ----------
    resting_on : tuple of str
        Keys of the derivation's assumptions, one for each entry of the rule's `needs` and in that order.
    where : tuple of relations
        Hypotheses under which the slots mean what the model says of them; the step must state them.
    """

    title: ClassVar[str]
    reference: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()

    resting_on: tuple[str, ...] = ()
    where: tuple[sp.Basic, ...] = ()

    @property
    def standing(self) -> Standing:
        """Cited, unless the rule is proved by its own check."""
        return Standing.CITED

    @property
    def rule(self) -> str:
        """Name of the theorem."""
        return self.title

    @property
    def given(self) -> tuple[str, ...]:
        """Keys of the assumptions that the rule rests on."""
        return self.resting_on

    @abstractmethod
    def yields(self) -> Relational:
        """Return the claim that the slots give."""

    def conditions(self) -> tuple[Relational, ...]:
        """Side conditions, proved exactly under the step's hypotheses."""
        return ()

    @staticmethod
    @abstractmethod
    def spot() -> None:
        """Try the theorem on numbers; raise `CheckFailed` if it fails there."""

    def examine(self, goal: Goal) -> None:
        """Compare the claim with what the slots give, and prove the side conditions."""
        if len(self.resting_on) != len(self.needs):
            raise CheckFailed(
                f"{self.title} rests on {len(self.needs)} assumptions ({'; '.join(self.needs) or 'none'}), "
                f"got {self.resting_on}"
            )
        for condition in self.where:
            if condition not in goal.hypotheses:
                raise CheckFailed(f"{self.title} is applied where {condition}, got the hypotheses {goal.hypotheses}")
        made = self.yields()
        if not claims_alike(made, goal.claim, goal.hypotheses):
            raise CheckFailed(f"{self.title} gives {made}, got the claim {goal.claim}")
        for condition in self.conditions():
            try:
                Algebra().examine(goal.with_claim(condition))
            except CheckFailed as failure:
                raise CheckFailed(f"{self.title} needs {condition}: {failure}") from failure
        _spotted(type(self))


def all_rules(root: type[NamedRule] = NamedRule) -> Iterator[type[NamedRule]]:
    """Yield every named rule that has been imported."""
    for rule in root.__subclasses__():
        yield rule
        yield from all_rules(rule)
