"""Ways to establish a single claim: algebra, cases, ball certificates, definitions, theorems.

Every check reads the domain from the step's hypotheses, so nothing is proved for less than is stated.
Checks that take another check as `then` hand it a simpler claim that implies theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.algebra import alike, claims_alike, refuted, upright
from infobound.proof.averages import random_symbols
from infobound.proof.balls import certify
from infobound.proof.domain import interval_of, is_whole
from infobound.proof.signs import continuous, defined, is_signed, positive
from infobound.proof.step import Check, Goal, Standing, above, at_least, at_most, weakest

__all__ = [
    "Algebra",
    "Assumed",
    "Balls",
    "Cases",
    "Change",
    "Definition",
    "Factored",
    "Split",
    "Theorem",
    "gap",
    "replaced",
]


def gap(claim: Relational) -> tuple[sp.Expr, bool]:
    """Return larger side minus smaller side of an inequality, and whether it is strict."""
    claim = upright(claim)
    if isinstance(claim, sp.Eq):
        raise CheckFailed(f"this check proves inequalities, got the equation {claim}")
    return claim.rhs - claim.lhs, isinstance(claim, sp.Lt)


def _gap_goal(goal: Goal, expression: sp.Expr, strict: bool, *more: sp.Basic) -> Goal:
    return goal.with_claim((above if strict else at_least)(expression, 0), *more)


def replaced(goal: Goal, images: Mapping[sp.Symbol, sp.Expr]) -> Goal:
    """Rewrite claim and hypotheses by substituting for symbols; hypotheses that become true fall away."""

    def substituted(relation: sp.Basic) -> sp.Basic:
        if isinstance(relation, sp.Contains):
            return sp.Contains(relation.args[0].subs(images), relation.args[1], evaluate=False)
        return relation.func(relation.lhs.subs(images), relation.rhs.subs(images), evaluate=False)

    kept = tuple(h for h in map(substituted, goal.hypotheses) if h.doit() != sp.true)
    return replace(goal, claim=substituted(goal.claim), hypotheses=kept)


@dataclass(frozen=True)
class Algebra(Check):
    """Exact algebra: the two sides are the same, or their difference has a provable sign."""

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "algebra"

    def examine(self, goal: Goal) -> None:
        """Simplify the difference to zero, or prove its sign under the hypotheses."""
        claim = goal.claim
        if isinstance(claim, sp.Eq):
            if not alike(claim.lhs, claim.rhs, goal.hypotheses):
                raise CheckFailed(f"two sides must agree identically, could not show {claim.lhs} = {claim.rhs}")
            for side in claim.args:
                if not defined(side, goal.hypotheses):
                    raise CheckFailed(f"a side must have a value on the whole domain, could not show it for {side}")
            return
        refuted(claim, goal.hypotheses)
        difference, strict = gap(claim)
        if not is_signed(difference, goal.hypotheses, strict=strict):
            raise CheckFailed(
                f"a difference must be {'positive' if strict else 'nonnegative'} on the whole domain, "
                f"could not show it for {difference}"
            )


@dataclass(frozen=True)
class Change:
    """A change of variable onto an interval: the image, its variable, and the ends between which it runs."""

    image: sp.Expr
    variable: sp.Symbol
    low: Any = 0
    high: Any = 1

    def verify(self, symbol: sp.Symbol, goal: Goal) -> None:
        """Raise unless the image rises or falls continuously over the whole interval of `symbol`."""
        interval = interval_of(symbol, goal.hypotheses)
        if goal.claim.has(self.variable) or not self.variable.is_real or self.variable.is_integer:
            raise CheckFailed(f"a change of variable needs a new real symbol, got {self.variable}")
        within = (above(self.variable, self.low), sp.Lt(self.variable, self.high, evaluate=False))
        slope = sp.diff(self.image, self.variable)
        rising = is_signed(slope, within, strict=False)
        if not rising and not is_signed(-slope, within, strict=False):
            raise CheckFailed(f"a change of variable must be monotone, could not show it for {symbol} = {self.image}")
        if not continuous(self.image, self.variable, within) or not sp.sympify(self.low) < sp.sympify(self.high):
            raise CheckFailed(f"a change of variable must be continuous, could not show it for {self.image}")
        ends = (
            sp.limit(self.image, self.variable, self.low, "+"),
            sp.limit(self.image, self.variable, self.high, "-"),
        )
        if set(ends) != {interval.low, interval.high} or (ends[0] == interval.low) != rising:
            raise CheckFailed(
                f"a change of variable must cover the domain of {symbol}, {interval.low} to {interval.high}, "
                f"got {self.image} from {ends[0]} to {ends[1]}"
            )


@dataclass(frozen=True)
class Balls(Check):
    """Ball arithmetic with subdivision on the box that the hypotheses describe.

    Parameters
    ----------
    change : mapping of symbol to Change
        For every symbol whose interval is unbounded (or that is better seen in another variable).
    scaling : Expr
        A positive factor by which the difference is multiplied first, to keep it away from zero at infinity.
    boxes, precision : int
        How many boxes may be looked at, and the working precision in bits.
    """

    change: Mapping[sp.Symbol, Change] = field(default_factory=dict, hash=False)
    scaling: sp.Expr = sp.S.One
    boxes: int = 4000
    precision: int = 64

    def __post_init__(self) -> None:
        object.__setattr__(self, "change", MappingProxyType(dict(self.change)))

    @property
    def standing(self) -> Standing:
        """Certified."""
        return Standing.CERTIFIED

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "ball arithmetic on a box"

    def examine(self, goal: Goal) -> None:
        """Certify the sign of the difference on the box."""
        refuted(goal.claim, goal.hypotheses)
        difference, strict = gap(goal.claim)
        if not positive(self.scaling, goal.hypotheses):
            raise CheckFailed(f"a scaling must be positive on the domain, could not show it for {self.scaling}")
        difference = difference * self.scaling
        box: dict[sp.Symbol, tuple[sp.Rational, sp.Rational]] = {}
        for symbol in sorted((goal.claim.lhs - goal.claim.rhs).free_symbols, key=str):
            if symbol in self.change:
                change = self.change[symbol]
                change.verify(symbol, goal)
                if change.variable in box:
                    raise CheckFailed(f"each change of variable needs a symbol of its own, got {change.variable} twice")
                difference = difference.subs(symbol, change.image)
                box[change.variable] = (sp.Rational(change.low), sp.Rational(change.high))
                continue
            interval = interval_of(symbol, goal.hypotheses)
            if not (interval.low.is_Rational and interval.high.is_Rational):
                raise CheckFailed(
                    f"a box needs two rational ends or a change of variable for every symbol, "
                    f"got {symbol} from {interval.low} to {interval.high}"
                )
            box[symbol] = (interval.low, interval.high)
        if self.change:
            difference = sp.factor_terms(sp.cancel(sp.together(sp.expand_log(difference, force=False))))
        certify(difference, box, strict=strict, boxes=self.boxes, precision=self.precision)


@dataclass(frozen=True)
class Cases(Check):
    """Distinguish the signs of some symbols, which resolves positive parts and absolute values."""

    on: tuple[sp.Symbol, ...]
    then: Check = field(default_factory=Algebra)

    @property
    def standing(self) -> Standing:
        """Standing of the check in each case."""
        return self.then.standing

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        return f"cases by sign of {', '.join(map(say, self.on))}; {self.then.described(say)}"

    def examine(self, goal: Goal) -> None:
        """Check the claim with each symbol replaced by a nonnegative one and by minus one."""
        sizes = [sp.Dummy(f"|{symbol}|", nonnegative=True) for symbol in self.on]
        for signs in product((1, -1), repeat=len(self.on)):
            images = dict(zip(self.on, (sign * size for sign, size in zip(signs, sizes, strict=True)), strict=True))
            self.then.examine(replaced(goal, images))


@dataclass(frozen=True)
class Split(Check):
    """Cut the domain of one symbol in two; each part has a check of its own (a tail, an end, a middle)."""

    on: sp.Symbol
    at: sp.Expr
    under: Check
    over: Check

    @property
    def standing(self) -> Standing:
        """The weaker of the parts."""
        return weakest(self.under.standing, self.over.standing)

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        below, above_it = self.under.described(say), self.over.described(say)
        return f"split at {say(self.on)} = {say(self.at)}; below: {below}; above: {above_it}"

    def examine(self, goal: Goal) -> None:
        """Check the claim on both sides of the cut, which belongs to both."""
        if not sp.sympify(self.at).is_real:
            raise CheckFailed(f"a domain is cut at a real number, got {self.at}")
        self.under.examine(goal.with_claim(goal.claim, at_most(self.on, self.at)))
        self.over.examine(goal.with_claim(goal.claim, at_least(self.on, self.at)))


@dataclass(frozen=True)
class Factored(Check):
    """Take a nonnegative factor out of the difference and check the sign of what is left."""

    factor: sp.Expr
    then: Check = field(default_factory=Algebra)

    @property
    def standing(self) -> Standing:
        """Standing of the check of the cofactor."""
        return self.then.standing

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        return f"factor {say(self.factor)}; {self.then.described(say)}"

    def examine(self, goal: Goal) -> None:
        """Divide the difference by the factor, multiply back, and check the cofactor."""
        difference, strict = gap(goal.claim)
        if not is_signed(self.factor, goal.hypotheses, strict=strict):
            raise CheckFailed(f"a factor taken out must not be negative, could not show it for {self.factor}")
        cofactor = sp.cancel(sp.together(difference / self.factor))
        if not alike(cofactor * self.factor, difference, goal.hypotheses):
            raise CheckFailed(f"a factor must divide the difference, got {self.factor} and {difference}")
        self.then.examine(_gap_goal(goal, cofactor, strict))


@dataclass(frozen=True)
class Definition(Check):
    """Introduce a new symbol, or a new function of some symbols, for an expression."""

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "definition"

    def examine(self, goal: Goal) -> None:
        """See that the name is new and may be given to the expression."""
        if not isinstance(goal.claim, sp.Eq):
            raise CheckFailed(f"a definition is an equation, got {goal.claim}")
        name, meaning = goal.claim.lhs, goal.claim.rhs
        if isinstance(name, AppliedUndef):
            own = set(name.args)
            if name.func in goal.taken or len(own) < len(name.args) or not all(a.is_Symbol for a in own):
                raise CheckFailed(f"a definition needs a new function of distinct symbols, got {name}")
            if not meaning.free_symbols <= own or meaning.has(name.func):
                raise CheckFailed(f"a function is defined in its own arguments only, got {name} := {meaning}")
            self._signed(name, meaning, goal)
            return
        formulas = [a.formula for a in goal.assumptions.values() if a.formula is not None]
        if any(formula.has(name) for formula in formulas):
            raise CheckFailed(f"a definition needs a symbol that no assumption speaks of, got {name}")
        if not name.is_Symbol or name in goal.taken or meaning.has(name) or name in random_symbols(meaning):
            raise CheckFailed(f"a definition needs a new symbol on the left, got {name} := {meaning}")
        if meaning.free_symbols & goal.random:
            raise CheckFailed(
                f"a symbol is defined without random symbols (define a function), got {name} := {meaning}"
            )
        self._signed(name, meaning, goal)

    @staticmethod
    def _signed(name: sp.Expr, meaning: sp.Expr, goal: Goal) -> None:
        """Raise unless the meaning has a value, with the sign and integrality that the name is declared with."""
        if not defined(meaning, goal.hypotheses):
            raise CheckFailed(f"a meaning must have a value on the whole domain, could not show it for {meaning}")
        for sign, strict in (("positive", True), ("nonnegative", False)):
            if getattr(name, f"is_{sign}") and not is_signed(meaning, goal.hypotheses, strict=strict):
                raise CheckFailed(f"{name} is declared {sign}, could not show it for {meaning}")
        integers = {
            s: sp.Dummy(s.name, integer=True, positive=s.is_positive)
            for s in meaning.free_symbols
            if is_whole(s, goal.hypotheses)
        }
        if name.is_integer and not meaning.xreplace(integers).is_integer:
            raise CheckFailed(f"{name} is declared an integer, could not show it for {meaning}")
        if name.is_negative or name.is_nonpositive:
            raise CheckFailed(f"a defined symbol may be declared real, nonnegative or positive, got {name}")


@dataclass(frozen=True)
class Assumed(Check):
    """The formula of an assumption of the model: the theorem holds where the model does."""

    key: str

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "assumption of the model"

    @property
    def given(self) -> tuple[str, ...]:
        """The assumption."""
        return (self.key,)

    def examine(self, goal: Goal) -> None:
        """Compare the claim with the assumption's formula."""
        formula = goal.assumptions[self.key].formula if self.key in goal.assumptions else None
        if formula is None or not claims_alike(goal.claim, formula):
            raise CheckFailed(f"an assumed claim is the formula of its assumption, {formula}, got {goal.claim}")


@dataclass(frozen=True)
class Theorem(Check):
    """A claim taken on trust from the literature, with a numerical test that could refute it.

    Parameters
    ----------
    name : str
        What the theorem is called.
    reference : str
        Where it is proved.
    spot : callable
        Runs a fixed numerical test and raises `CheckFailed` if the theorem fails it; proves nothing.
    conditions : tuple of relations
        Side conditions that can be checked; each is proved exactly under the step's hypotheses.
    resting_on : tuple of str
        Keys of the assumptions of the model that the theorem needs.
    pointwise : tuple of Symbol
        Symbols for all of whose values the theorem holds, which may therefore be specialised or averaged.
    """

    name: str
    reference: str
    spot: Callable[[], None]
    conditions: tuple[Relational, ...] = ()
    resting_on: tuple[str, ...] = ()
    pointwise: tuple[sp.Symbol, ...] = ()

    @property
    def standing(self) -> Standing:
        """Cited."""
        return Standing.CITED

    @property
    def rule(self) -> str:
        """Name of the theorem."""
        return self.name

    @property
    def given(self) -> tuple[str, ...]:
        """Keys of the assumptions that the theorem needs."""
        return self.resting_on

    def examine(self, goal: Goal) -> None:
        """Prove the side conditions, and let numbers have their say against the claim."""
        for condition in self.conditions:
            Algebra().examine(goal.with_claim(condition))
        refuted(goal.claim, goal.hypotheses)
        self.spot()
