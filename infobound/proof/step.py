"""What a derivation is made of: claims, steps and the derivation itself, as immutable data.

A `Step` states one relation between two SymPy expressions, the hypotheses under which it holds, and the
check that establishes it.  A `Derivation` is a sequence of steps together with the relation it arrives at.
Nothing here decides whether a step is right: `infobound.proof.verifying` does.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.core.relational import Relational

from infobound.errors import CheckFailed, ExpressionError

__all__ = [
    "Assumption",
    "Check",
    "Derivation",
    "Goal",
    "Letter",
    "Standing",
    "Step",
    "above",
    "at_least",
    "at_most",
    "below",
    "equal",
    "expressions_in",
    "weakest",
    "whole",
]


class Standing(StrEnum):
    """How firmly a step stands, from firmest to weakest."""

    EXACT = "exact"
    CERTIFIED = "certified"
    CITED = "cited"
    OPEN = "open"


def weakest(*standings: Standing) -> Standing:
    """Return the weakest of the standings, `exact` if there is none."""
    order = list(Standing)
    return max(standings, key=order.index, default=Standing.EXACT)


def equal(lhs: Any, rhs: Any) -> Relational:
    """State lhs = rhs without letting SymPy decide it."""
    return sp.Eq(sp.sympify(lhs), sp.sympify(rhs), evaluate=False)


def at_most(lhs: Any, rhs: Any) -> Relational:
    """State lhs <= rhs without letting SymPy decide it."""
    return sp.Le(sp.sympify(lhs), sp.sympify(rhs), evaluate=False)


def below(lhs: Any, rhs: Any) -> Relational:
    """State lhs < rhs without letting SymPy decide it."""
    return sp.Lt(sp.sympify(lhs), sp.sympify(rhs), evaluate=False)


def at_least(lhs: Any, rhs: Any) -> Relational:
    """State lhs >= rhs without letting SymPy decide it."""
    return sp.Ge(sp.sympify(lhs), sp.sympify(rhs), evaluate=False)


def above(lhs: Any, rhs: Any) -> Relational:
    """State lhs > rhs without letting SymPy decide it."""
    return sp.Gt(sp.sympify(lhs), sp.sympify(rhs), evaluate=False)


def whole(symbol: sp.Symbol) -> sp.Basic:
    """State the hypothesis that a symbol, declared real or positive, is an integer."""
    return sp.Contains(symbol, sp.S.Integers, evaluate=False)


@dataclass(frozen=True)
class Letter:
    """One row of a derivation's symbol table."""

    symbol: sp.Basic
    meaning: str
    unit: str = "1"


@dataclass(frozen=True)
class Assumption:
    """A condition of the model that no machine can check, with the key by which rules ask for it.

    `formula` states it as a relation where it is one; a step may then claim that relation (check `Assumed`).
    A step that rests on it must have the hypotheses `where` among its own.
    """

    key: str
    sentence: str
    formula: Relational | None = None
    where: tuple[sp.Basic, ...] = ()


@dataclass(frozen=True)
class Goal:
    """What a check has to establish, and what it may lean on.

    `earlier` holds the steps before, `assumptions` the model's assumptions by key, `taken` the symbols
    and functions that earlier steps speak of, `random` the symbols over which the derivation averages.
    """

    claim: Relational
    hypotheses: tuple[sp.Basic, ...] = ()
    earlier: Mapping[str, "Step"] = field(default_factory=dict)
    assumptions: Mapping[str, Assumption] = field(default_factory=dict)
    taken: frozenset[sp.Basic] = frozenset()
    random: frozenset[sp.Symbol] = frozenset()

    def with_claim(self, claim: Relational, *more: sp.Basic) -> "Goal":
        """Return the goal of another claim in the same place, under `more` hypotheses besides."""
        return replace(self, claim=claim, hypotheses=(*self.hypotheses, *more))

    def step(self, name: str) -> "Step":
        """Return the earlier step of that name."""
        if name not in self.earlier:
            known = ", ".join(self.earlier) or "none"
            raise CheckFailed(f"a step uses only steps before it, got {name!r} (before it: {known})")
        return self.earlier[name]


class Check(ABC):
    """One way to establish a claim.

    A check is data, too: what it carries (an antiderivative, multipliers, slots of an inequality) is a
    witness that `examine` verifies and never believes.
    """

    @property
    def standing(self) -> Standing:
        """How firmly a claim stands that this check has passed."""
        return Standing.EXACT

    @property
    def rule(self) -> str:
        """Name of the rule, as a reader sees it; overridden where it speaks of no expression."""
        return self.described(str)

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule, with the expressions that it speaks of as `say` writes them."""
        return self.rule

    @property
    def uses(self) -> tuple[str, ...]:
        """Names of the earlier steps that the claim is made from."""
        return ()

    @property
    def given(self) -> tuple[str, ...]:
        """Keys of the derivation's assumptions that the claim rests on."""
        return ()

    @abstractmethod
    def examine(self, goal: Goal) -> None:
        """Raise `CheckFailed` unless the claim of `goal` is established."""


@cache
def _plainly_declared(name: sp.Basic) -> bool:
    """Whether a symbol or function is declared real, by its sign and as an integer, and by nothing else.

    What the checks prove of a value put for a symbol is just that; a symbol declared even, say, or other than
    zero would smuggle in more.
    """
    found = {"commutative": True, **name._kwargs} if isinstance(name, UndefinedFunction) else name.assumptions0
    signs = ("real", "positive", "nonnegative", "negative", "nonpositive")
    plain = ({sign: True, **whole} for sign in signs for whole in ({}, {"integer": True}))
    return any(found == sp.Symbol("x", **declared).assumptions0 for declared in plain)


def expressions_in(thing: Any) -> Iterator[sp.Basic]:
    """Yield every SymPy object held by a piece of derivation data."""
    if isinstance(thing, sp.Basic):
        yield thing
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from expressions_in(key)
            yield from expressions_in(value)
    elif isinstance(thing, (tuple, list)):
        for item in thing:
            yield from expressions_in(item)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for entry in fields(thing):
            yield from expressions_in(getattr(thing, entry.name))


@dataclass(frozen=True)
class Step:
    """One claim of a derivation with all that a reader and a machine need to accept it.

    Parameters
    ----------
    name : str
        Slug by which later steps refer to this one.
    title : str
        Heading.
    prose : str
        One or more sentences that a reader sees above the displayed claim; may hold LaTeX between dollars.
    claim : Relational
        lhs = rhs, lhs <= rhs, lhs < rhs, lhs >= rhs or lhs > rhs for all values of the free symbols that
        their SymPy assumptions and `hypotheses` admit.
    check : Check or None
        How the claim is established; None leaves the step `open`.
    hypotheses : tuple of relations
        Conditions on the free symbols beyond their SymPy assumptions.
    source : str
        Where the statement is found: paper and section, or that it was derived here.
    """

    name: str
    title: str
    prose: str
    claim: Relational
    check: Check | None
    hypotheses: tuple[sp.Basic, ...] = ()
    source: str = "derived here"

    def __post_init__(self) -> None:
        if not isinstance(self.claim, (sp.Eq, sp.Le, sp.Lt, sp.Ge, sp.Gt)):
            raise ExpressionError(
                "a claim must be an equation or inequality (build it with equal, at_most, below, at_least or "
                f"above), got {self.claim!r} in step {self.name!r}"
            )
        object.__setattr__(self, "hypotheses", tuple(self.hypotheses))
        for hypothesis in self.hypotheses:
            if not isinstance(hypothesis, (Relational, sp.Contains)):
                raise ExpressionError(
                    f"a hypothesis must be a relation or a membership, got {hypothesis!r} in step {self.name!r}"
                )
        for expression in expressions_in((self.claim, self.hypotheses, self.check)):
            if expression.has(sp.Float):
                raise ExpressionError(
                    f"a step holds exact numbers only (Rational, Integer), got a Float in {expression} "
                    f"in step {self.name!r}"
                )
        for relation in (self.claim, *self.hypotheses):
            functions = {applied.func for applied in relation.atoms(AppliedUndef)}
            directions = {limit.args[3] for limit in relation.atoms(sp.Limit)}  # symbols, to SymPy
            for name in (relation.atoms(sp.Symbol) | functions) - directions:
                if not _plainly_declared(name):
                    raise ExpressionError(
                        "a symbol must be declared real, positive or the like, and integer if it is one, and nothing "
                        f"else; got {name} in step {self.name!r}"
                    )

    @property
    def standing(self) -> Standing:
        """How firmly the step stands, given that its check passes."""
        return Standing.OPEN if self.check is None else self.check.standing

    @property
    def rule(self) -> str:
        """Name of the rule that establishes the claim."""
        return "not established" if self.check is None else self.check.rule

    @property
    def uses(self) -> tuple[str, ...]:
        """Names of the earlier steps this one is made from."""
        return () if self.check is None else self.check.uses


@dataclass(frozen=True)
class Derivation:
    """A chain of steps that ends in `conclusion`.

    Parameters
    ----------
    name, title : str
        Slug (the law's, where it derives a law) and heading.
    setting : tuple of str
        Paragraphs that define the model.
    assumptions : tuple of Assumption
        Conditions of the model; every one is asked for by some step.
    symbols : tuple of Letter
        The symbol table.
    steps : tuple of Step
        In the order of reading.
    conclusion : Relational
        What the last step claims.
    domain : tuple of relations
        Hypotheses under which the conclusion (and each corollary) holds; exactly those of the steps.
    corollaries : tuple of Relational
        Claims of further steps that nothing later uses.
    abbreviations : tuple of equations
        Name = expression, in the order in which names are put for expressions where the conclusion is printed.
    references : tuple of str
        Works cited.
    example : mapping of symbol to exact number
        A point that satisfies the hypotheses, so that they are not contradictory; used for the worked
        example too.  A function stands there with an expression in its own symbol.
    """

    name: str
    title: str
    setting: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    symbols: tuple[Letter, ...]
    steps: tuple[Step, ...]
    conclusion: Relational
    domain: tuple[sp.Basic, ...] = ()
    corollaries: tuple[Relational, ...] = ()
    abbreviations: tuple[Relational, ...] = ()
    references: tuple[str, ...] = ()
    example: Mapping[sp.Expr, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        exact = {symbol: sp.sympify(value) for symbol, value in self.example.items()}
        if any(value.has(sp.Float) for value in exact.values()):
            raise ExpressionError(f"an example is a point of exact numbers, got {exact}")
        object.__setattr__(self, "example", MappingProxyType(exact))

    @property
    def standing(self) -> Standing:
        """The weakest standing of its steps."""
        return weakest(*(step.standing for step in self.steps))

    def __getitem__(self, name: str) -> Step:
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)
