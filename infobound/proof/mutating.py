"""Mutants of a derivation: every small change that ought to make it fail.

A checker is trusted as far as it rejects what is false.  `mutants` enumerates changes to the constants,
signs, exponents, relations and hypotheses of a step; `survivors` re-checks whatever a change can affect (the
step itself, the steps that use it, the frame) and returns the changes that still pass.  A survivor is either
a fault of the checker or a true statement that the derivation does not need as it stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed, ExpressionError
from infobound.proof.calculus import IntegralTest
from infobound.proof.check import Assumed, Theorem
from infobound.proof.linking import Link
from infobound.proof.rules import NamedRule
from infobound.proof.step import Derivation, Step
from infobound.proof.verifying import verify_frame, verify_step

__all__ = ["Mutant", "frame_mutants", "mutants", "passes", "survivors"]

_TURNED = {sp.Le: sp.Ge, sp.Ge: sp.Le, sp.Lt: sp.Gt, sp.Gt: sp.Lt}
_STRICT = {sp.Le: sp.Lt, sp.Ge: sp.Gt}


@dataclass(frozen=True)
class Mutant:
    """A derivation with one change: in which step (None for the frame), and what was changed."""

    derivation: Derivation
    step: str | None
    change: str


def _changed_expressions(expression: sp.Basic) -> Iterator[tuple[str, sp.Basic]]:
    """Yield copies of an expression with one number, sign, exponent or term changed."""
    if expression.is_Rational:
        for name, number in (("+ 1", expression + 1), ("times 2", 2 * expression), ("negated", -expression)):
            if number != expression:
                yield f"{expression} {name}", number
        return
    if isinstance(expression, sp.Add):
        for term in expression.args:
            yield f"sign of {term}", expression - 2 * term
            yield f"{term} doubled", expression + term
    if isinstance(expression, sp.Pow) and not expression.exp.is_Rational:
        yield f"exponent {expression.exp} + 1", expression.base ** (expression.exp + 1)
    bound = {expression.args[0]} if isinstance(expression, sp.Tuple) and expression.args else set()
    for place, argument in enumerate(expression.args):
        if argument in bound:
            continue
        for change, copy in _changed_expressions(argument):
            arguments = (*expression.args[:place], copy, *expression.args[place + 1 :])
            try:
                made = expression.func(*arguments)
            except (ValueError, TypeError, ArithmeticError, ExpressionError):
                continue
            if not made.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or expression.has(sp.oo, -sp.oo):
                yield change, made


def _changed_relations(relation: Relational) -> Iterator[tuple[str, Relational]]:
    lhs, rhs, head = relation.lhs, relation.rhs, relation.func

    def state(kind: Any, left: sp.Expr, right: sp.Expr) -> Relational:
        return kind(left, right, evaluate=False)

    for side, expression in (("left", lhs), ("right", rhs)):
        whole = [("all negated", -expression), ("all doubled", 2 * expression)] if expression != 0 else []
        for change, copy in chain(_changed_expressions(expression), whole):
            if copy != expression:
                yield f"{side}: {change}", state(head, *((copy, rhs) if side == "left" else (lhs, copy)))
    if head in _TURNED:
        yield "relation reversed", state(_TURNED[head], lhs, rhs)
        yield "relation made an equation", state(sp.Eq, lhs, rhs)
        if head in _STRICT:
            yield "relation made strict", state(_STRICT[head], lhs, rhs)
    else:
        yield "equation made <", state(sp.Lt, lhs, rhs)
        yield "equation made >", state(sp.Gt, lhs, rhs)


def _changed_slots(check: Any) -> Iterator[tuple[str, Any]]:
    """Yield copies of a rule, link or integral test with one expression in its slots changed."""
    for entry in fields(check):
        value = getattr(check, entry.name)
        if isinstance(value, sp.Expr) and not value.is_Symbol:
            for change, copy in _changed_expressions(value):
                yield f"slot {entry.name}: {change}", replace(check, **{entry.name: copy})
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                if isinstance(inner, sp.Expr):
                    for change, copy in _changed_expressions(inner):
                        put = {**value, key: copy}
                        yield f"slot {entry.name}[{key}]: {change}", replace(check, **{entry.name: put})
        elif entry.name == "resting_on":
            for key in value:
                kept = tuple(other for other in value if other != key)
                yield f"assumption {key} not named", replace(check, resting_on=kept)


def _changed_steps(step: Step) -> Iterator[tuple[str, Step | None]]:
    def build(**parts: Any) -> Step | None:
        try:
            return replace(step, **parts)
        except ExpressionError:
            return None

    for change, claim in _changed_relations(step.claim):
        yield f"claim, {change}", build(claim=claim)
    for place, hypothesis in enumerate(step.hypotheses):
        before, after = step.hypotheses[:place], step.hypotheses[place + 1 :]
        yield f"hypothesis {hypothesis} dropped", build(hypotheses=(*before, *after))
        if isinstance(hypothesis, Relational):
            for change, relation in _changed_relations(hypothesis):
                changed = build(hypotheses=(*before, relation, *after))
                yield f"hypothesis {hypothesis}, {change}", changed
    if isinstance(step.check, (NamedRule, Link, IntegralTest)):
        for change, check in _changed_slots(step.check):
            yield change, build(check=check)


def mutants(derivation: Derivation, names: Iterable[str] | None = None) -> Iterator[Mutant]:
    """Yield the derivation with one change in one step, for every change in every step of `names`.

    Theorems taken on trust as they stand (`Theorem`) are left out; named rules are not, since their claims
    are made from their slots.
    """
    for place, step in enumerate(derivation.steps):
        if isinstance(step.check, Theorem) or (names is not None and step.name not in names):
            continue
        for change, changed in _changed_steps(step):
            if changed is not None and (changed.claim, changed.hypotheses, changed.check) != (
                step.claim,
                step.hypotheses,
                step.check,
            ):
                steps = (*derivation.steps[:place], changed, *derivation.steps[place + 1 :])
                yield Mutant(replace(derivation, steps=steps), step.name, change)


def frame_mutants(derivation: Derivation) -> Iterator[Mutant]:
    """Yield the derivation with its conclusion, domain or assumptions changed."""
    for change, conclusion in _changed_relations(derivation.conclusion):
        yield Mutant(replace(derivation, conclusion=conclusion), None, f"conclusion, {change}")
    for hypothesis in derivation.domain:
        kept = tuple(h for h in derivation.domain if h != hypothesis)
        yield Mutant(replace(derivation, domain=kept), None, f"domain, {hypothesis} dropped")
    for assumption in derivation.assumptions:
        left = tuple(a for a in derivation.assumptions if a != assumption)
        yield Mutant(replace(derivation, assumptions=left), None, f"assumption {assumption.key} dropped")


def passes(mutant: Mutant) -> bool:
    """Whether what the change can affect still passes: its step, the steps that use it, and the frame."""
    derivation = mutant.derivation
    if mutant.step is None:
        keys = {assumption.key for assumption in derivation.assumptions}
        affected = [s.name for s in derivation.steps if s.check is not None and set(s.check.given) - keys]
    else:
        affected = [s.name for s in derivation.steps if mutant.step in s.uses]
        # its own check comes first where it compares claims, and last where it has signs or integrals to find
        comparing = isinstance(derivation[mutant.step].check, (Assumed, IntegralTest, Link, NamedRule))
        affected.insert(0 if comparing else len(affected), mutant.step)
    try:
        for name in affected:
            verify_step(derivation, name)
        verify_frame(derivation)
    except CheckFailed:
        return False
    return True


def survivors(derivation: Derivation, names: Iterable[str] | None = None) -> list[Mutant]:
    """Return the mutants of a derivation (that itself verifies) which still pass.

    A change to a step affects that step, those that use it, and the frame; nothing else is re-checked.
    """
    chosen = list(mutants(derivation, names))
    if names is None:
        chosen += frame_mutants(derivation)
    return [mutant for mutant in chosen if passes(mutant)]
