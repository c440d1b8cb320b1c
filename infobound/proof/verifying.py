"""Re-checking a derivation from top to bottom.

Each step's own check establishes its claim from its hypotheses and the claims it uses.  What is verified
beyond that is that the steps form one argument: names are unique, uses point backwards, everything stated
is used, and the end is the conclusion under the stated domain.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.algebra import claims_alike, value_at
from infobound.proof.averages import random_symbols
from infobound.proof.check import Theorem
from infobound.proof.domain import satisfied
from infobound.proof.linking import Link
from infobound.proof.rules import NamedRule
from infobound.proof.step import Derivation, Goal, Standing, Step

# Relations that two equal numbers satisfy, so that rounding may hide it.
_TOUCHING = (sp.Eq, sp.Le, sp.Ge)

__all__ = ["StepReport", "Verification", "goal_of", "verify", "verify_frame", "verify_step"]


@dataclass(frozen=True)
class StepReport:
    """What became of one step."""

    name: str
    standing: Standing
    rule: str
    seconds: float


@dataclass(frozen=True)
class Verification:
    """A derivation that has passed, step by step."""

    name: str
    steps: tuple[StepReport, ...]
    standing: Standing
    cited: Mapping[str, str]

    def count(self, standing: Standing) -> int:
        """Return how many steps have a standing."""
        return sum(1 for step in self.steps if step.standing is standing)


@lru_cache(maxsize=4096)
def _names_in(relation: sp.Basic) -> frozenset[sp.Basic]:
    functions = {application.func for application in relation.atoms(sp.core.function.AppliedUndef)}
    return frozenset(relation.atoms(sp.Symbol) | functions)


def _speaks_of(step: Step) -> frozenset[sp.Basic]:
    return frozenset().union(*map(_names_in, (step.claim, *step.hypotheses)))


def goal_of(derivation: Derivation, name: str) -> Goal:
    """Return what the named step has to establish, and what it may lean on."""
    before: dict[str, Step] = {}
    taken: set[sp.Basic] = set()
    for step in derivation.steps:
        if step.name == name:
            keys = {assumption.key: assumption for assumption in derivation.assumptions}
            averaged = frozenset(s for other in derivation.steps for s in random_symbols(other.claim))
            return Goal(step.claim, step.hypotheses, before, keys, frozenset(taken), averaged)
        before[step.name] = step
        taken |= _speaks_of(step)
    raise KeyError(name)


def verify_step(derivation: Derivation, name: str) -> None:
    """Run the check of one step; the claims it uses are taken as stated."""
    step, goal = derivation[name], goal_of(derivation, name)
    if step.check is None:
        return
    for key in step.check.given:
        if key not in goal.assumptions:
            raise CheckFailed(f"step {name!r}: a rule rests on assumptions of the derivation, got {key!r}")
        # what a claim sums over has its range there
        summed = step.claim.atoms(sp.Symbol) - step.claim.free_symbols
        conditions = [c for c in goal.assumptions[key].where if not c.free_symbols & summed]
        lacking = [condition for condition in conditions if condition not in step.hypotheses]
        if lacking:
            raise CheckFailed(f"step {name!r}: the assumption {key!r} holds only where {lacking[0]}")
    try:
        step.check.examine(goal)
    except CheckFailed as failure:
        raise CheckFailed(f"step {name!r}: {failure}") from failure
    except (ArithmeticError, NotImplementedError, TypeError, ValueError, RecursionError) as failure:
        raise CheckFailed(f"step {name!r}: a check must come to a result, got {failure!r}") from failure


def _any_alike(pairs: list[tuple[Relational, Relational, tuple[sp.Basic, ...]]]) -> bool:
    """Whether one pair of claims is alike; most are so word for word, which is seen before any algebra."""
    return any(first == second for first, second, _ in pairs) or any(claims_alike(*pair) for pair in pairs)


def _end_claims(derivation: Derivation) -> None:
    """Every unused step is the conclusion (the last one) or a corollary, under hypotheses of the domain."""
    used = {name for step in derivation.steps for name in step.uses}
    last = derivation.steps[-1]
    ends = [step for step in derivation.steps if step.name not in used]
    if last.claim is not derivation.conclusion and not claims_alike(last.claim, derivation.conclusion, last.hypotheses):
        raise CheckFailed(f"a derivation ends in its conclusion {derivation.conclusion}, got {last.claim}")
    if set(last.hypotheses) - set(derivation.domain):
        raise CheckFailed(f"the conclusion holds on the domain {derivation.domain}, got {last.hypotheses}")
    proved = [last]
    for step in ends:
        if step is last:
            continue
        if not _any_alike([(step.claim, corollary, step.hypotheses) for corollary in derivation.corollaries]):
            raise CheckFailed(f"a step is used by a later one or is a corollary, got {step.name!r} that is neither")
        proved.append(step)
    for corollary in derivation.corollaries:
        if not _any_alike([(step.claim, corollary, step.hypotheses) for step in derivation.steps]):
            raise CheckFailed(f"a corollary is the claim of a step, got {corollary}")
    stated = {hypothesis for step in proved for hypothesis in step.hypotheses}
    if stated != set(derivation.domain):
        raise CheckFailed(f"the domain is what the ends assume, {stated}, got {set(derivation.domain)}")


def verify_frame(derivation: Derivation) -> None:
    """Verify everything about a derivation but the checks of its steps."""
    if not derivation.steps:
        raise CheckFailed(f"a derivation has at least one step, got none in {derivation.name!r}")
    names = [step.name for step in derivation.steps]
    if len(set(names)) < len(names):
        raise CheckFailed(f"steps have different names, got {names}")
    for place, step in enumerate(derivation.steps):
        for used in step.uses:
            if used not in names[:place]:
                raise CheckFailed(f"step {step.name!r}: a step uses only steps before it, got {used!r}")
        if isinstance(step.check, Link) and not step.check.sources:
            raise CheckFailed(f"step {step.name!r}: a link is made from at least one step")
    keys = [assumption.key for assumption in derivation.assumptions]
    asked = {key for step in derivation.steps if step.check is not None for key in step.check.given}
    if len(set(keys)) < len(keys) or set(keys) - asked:
        raise CheckFailed(
            f"an assumption has a key of its own and is asked for by a step, got {set(keys) - asked or keys}"
        )
    _end_claims(derivation)
    for hypothesis in derivation.domain:
        if satisfied(hypothesis, derivation.example) is not True:
            raise CheckFailed(f"the example lies in the domain, got {dict(derivation.example)} for {hypothesis}")
    for hypothesis in {h for step in derivation.steps for h in step.hypotheses}:
        if satisfied(hypothesis, derivation.example) is False:
            raise CheckFailed(f"the example satisfies every hypothesis, got {hypothesis} at {dict(derivation.example)}")
    for claim in (derivation.conclusion, *derivation.corollaries):
        lhs, rhs = (value_at(side, dict(derivation.example)) for side in claim.args)
        if lhs is None or rhs is None or claim.func(lhs, rhs) == sp.true:
            continue
        apart = abs(lhs - rhs) > sp.Rational(1, 10**12) * (abs(lhs) + abs(rhs))
        if apart or not isinstance(claim, _TOUCHING):
            raise CheckFailed(f"the example agrees with the definitions, got {lhs} and {rhs} as sides of {claim}")


def verify(derivation: Derivation, progress: Callable[[StepReport], None] | None = None) -> Verification:
    """Re-check a derivation; raise `CheckFailed` naming the step at fault.

    Parameters
    ----------
    derivation : Derivation
        What to check.
    progress : callable, optional
        Called with the report of each step that has passed.

    Returns
    -------
    Verification
        Standing, rule and time of each step, the weakest standing, and the theorems taken on trust with the
        place where each is proved.

    Raises
    ------
    CheckFailed
        If a step does not pass, or the steps do not make one argument that ends in the conclusion.
    """
    verify_frame(derivation)
    reports = []
    for step in derivation.steps:
        begun = time.perf_counter()
        verify_step(derivation, step.name)
        report = StepReport(step.name, step.standing, step.rule, time.perf_counter() - begun)
        reports.append(report)
        if progress is not None:
            progress(report)
    cited = {
        step.check.rule: step.check.reference
        for step in derivation.steps
        if isinstance(step.check, (NamedRule, Theorem)) and step.standing is Standing.CITED
    }
    return Verification(derivation.name, tuple(reports), derivation.standing, MappingProxyType(cited))
