"""How a claim is made from the claims of earlier steps: the links that hold a derivation together.

A link leaves no slack: it computes the claim that the earlier ones give and compares it with the claim
stated.  So a change to any claim, however true by itself, breaks the link to whatever uses it.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import sympy as sp
from sympy.core.relational import Relational
from sympy.printing.str import StrPrinter

from infobound.errors import CheckFailed
from infobound.proof.algebra import alike, claims_alike, upright
from infobound.proof.averages import Mean, pulled_out, random_symbols
from infobound.proof.check import Definition, Theorem
from infobound.proof.domain import interval_of
from infobound.proof.signs import defined, nonnegative, positive
from infobound.proof.step import Check, Goal, Standing, Step, at_least, at_most, equal

__all__ = ["Average", "Combine", "EitherWay", "Insert", "Link", "Specialise", "SumUp", "refuse_fixed", "refuse_named"]

# Terms in the order in which they stand: to sort them, SymPy would evaluate the integrals among them numerically.
_say = StrPrinter({"order": "none"}).doprint


class Link(Check):
    """A check that makes its claim from earlier claims."""

    discharging: tuple[str, ...]

    @property
    def standing(self) -> Standing:
        """Exact: the earlier steps carry their own standing."""
        return Standing.EXACT

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the steps whose claims go into this one."""
        return ()

    @property
    def uses(self) -> tuple[str, ...]:
        """Names of the steps used, those that discharge a hypothesis included."""
        return (*self.sources, *(name for name in self.discharging if name not in self.sources))

    @abstractmethod
    def yields(self, goal: Goal) -> Relational:
        """Return the claim that the earlier steps give."""

    def examine(self, goal: Goal) -> None:
        """Compare the claim with what the earlier steps give, and account for every hypothesis."""
        made = self.yields(goal)
        if not self.matches(made, goal):
            raise self._unlike(made, goal)
        self._account(goal)

    @staticmethod
    def _unlike(made: Relational, goal: Goal) -> CheckFailed:
        return CheckFailed(f"a link's claim must be what its steps give, {_say(made)}, got {_say(goal.claim)}")

    def matches(self, made: Relational, goal: Goal) -> bool:
        """Whether the claim stated is the claim made."""
        return claims_alike(made, goal.claim, goal.hypotheses)

    def inherited(self, source: Step, goal: Goal) -> tuple[sp.Basic, ...]:
        """Return the hypotheses that a source brings along."""
        return source.hypotheses

    def settled(self, hypothesis: sp.Basic, goal: Goal) -> bool:
        """Whether a hypothesis is a discharging step's claim, or follows from the symbols' assumptions."""
        return self._discharged(hypothesis, goal) or _follows(hypothesis, ())

    def _discharged(self, hypothesis: sp.Basic, goal: Goal) -> bool:
        return not isinstance(hypothesis, sp.Contains) and any(
            claims_alike(hypothesis, goal.step(name).claim) for name in self.discharging
        )

    def _brought(self, goal: Goal) -> set[sp.Basic]:
        """Return the hypotheses that the claim must state; raise if it does not state them all."""
        brought = {
            hypothesis
            for name in self.sources
            for hypothesis in self.inherited(goal.step(name), goal)
            if not self.settled(hypothesis, goal)
        }
        for name in self.discharging:
            brought |= set(goal.step(name).hypotheses)
        for hypothesis in sorted(brought - set(goal.hypotheses), key=str):
            raise CheckFailed(f"a hypothesis of a step used must be stated or discharged, got neither for {hypothesis}")
        return brought

    def _account(self, goal: Goal) -> None:
        """Match stated and inherited hypotheses; any other must be one without which the link fails."""
        for hypothesis in set(goal.hypotheses) - self._brought(goal):
            without = replace(goal, hypotheses=tuple(h for h in goal.hypotheses if h != hypothesis))
            try:
                self.yields(without)
                self._brought(without)
            except CheckFailed:
                continue
            raise CheckFailed(f"a link states only hypotheses that it needs, got {hypothesis} besides")
        for name in self.discharging:
            brought = [h for source in self.sources for h in self.inherited(goal.step(source), goal)]
            if not any(claims_alike(h, goal.step(name).claim) for h in brought if not isinstance(h, sp.Contains)):
                raise CheckFailed(f"a discharging step must be a hypothesis of a step used, got {name!r}")


def _follows(hypothesis: sp.Basic, hypotheses: tuple[sp.Basic, ...]) -> bool:
    if isinstance(hypothesis, sp.Contains):
        return bool(hypothesis.doit() == sp.true)
    if isinstance(hypothesis, sp.Eq):
        return False
    wanted = upright(hypothesis)
    proves = positive if isinstance(wanted, sp.Lt) else nonnegative
    return proves(wanted.rhs - wanted.lhs, hypotheses)


def _monotone(expression: sp.Expr, mark: sp.Dummy, hypotheses: tuple[sp.Basic, ...]) -> int:
    """Return 1 or -1 if the expression is seen to rise or fall in `mark`, else 0."""
    if any(mean.has(mark) for mean in expression.atoms(Mean, sp.Sum, sp.Integral)):
        return 0
    slope = sp.diff(expression, mark)
    if nonnegative(slope, hypotheses):
        return 1
    return -1 if nonnegative(-slope, hypotheses) else 0


@dataclass(frozen=True)
class Insert(Link):
    """Start from one claim and put other claims into it, one after the other.

    An equation replaces its left side by its right side (or the reverse, if only the right side occurs).  An
    inequality Y <= Z replaces Y by Z in the larger side where that side rises in Y (and so on for the other
    three combinations); that the side is monotone is proved from the sign of its derivative.

    Parameters
    ----------
    into : str
        The step started from.
    using : tuple of str
        The steps put into it, in order.
    discharging : tuple of str
        Steps whose claims are hypotheses of the ones used.
    """

    into: str
    using: tuple[str, ...]
    discharging: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.using, str):
            object.__setattr__(self, "using", (self.using,))

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "insertion"

    @property
    def sources(self) -> tuple[str, ...]:
        """The step started from and those put into it."""
        return (self.into, *self.using)

    def yields(self, goal: Goal) -> Relational:
        """Put one claim after the other into the first."""
        current = upright(goal.step(self.into).claim)
        for name in self.using:
            current = self._inserted(current, goal.step(name), goal)
        return current

    def _inserted(self, current: Relational, source: Step, goal: Goal) -> Relational:
        claim = upright(source.claim)
        if isinstance(claim, sp.Eq):
            for old, new in ((claim.lhs, claim.rhs), (claim.rhs, claim.lhs)):
                sides = [self._swapped(side, old, new) for side in (current.lhs, current.rhs)]
                if sides != [current.lhs, current.rhs]:
                    self._under_binders(current, source, goal)
                    return current.func(*sides, evaluate=False)
            raise CheckFailed(f"an equation put in must occur, found neither side of {_say(claim)} in {_say(current)}")
        low, high = claim.args
        upper = [(current.rhs, low, high, 1, "upper"), (current.rhs, high, low, -1, "upper")]
        # An equation a = R also gives lower bounds on a; an inequality has a smaller side to work in.
        other, kind = (current.rhs, "turned") if isinstance(current, sp.Eq) else (current.lhs, "lower")
        options = [*upper, (other, high, low, 1, kind), (other, low, high, -1, kind)]
        for side, old, new, direction, kind_of in options:
            marked_by = self._mark(old, new)
            marked = self._swapped(side, old, marked_by)
            if old.is_Number or not marked.has(marked_by) or _monotone(marked, marked_by, goal.hypotheses) != direction:
                continue
            put = marked.subs(marked_by, new)
            strict = isinstance(claim, sp.Lt) and marked == marked_by
            relation = sp.Lt if strict or isinstance(current, sp.Lt) else sp.Le
            if kind_of == "upper":
                return relation(current.lhs, put, evaluate=False)
            return relation(put, current.lhs if kind_of == "turned" else current.rhs, evaluate=False)
        raise CheckFailed(
            f"an inequality put in must occur in a monotone place, found none for {_say(claim)} in {_say(current)}"
        )

    @staticmethod
    def _mark(old: sp.Expr, new: sp.Expr) -> sp.Dummy:
        for sign in ("positive", "nonnegative"):
            if all(getattr(value, f"is_{sign}") for value in (old, new)):
                return sp.Dummy("y", **{sign: True})
        return sp.Dummy("y", real=True)

    @staticmethod
    def _swapped(side: sp.Expr, old: sp.Expr, new: sp.Expr) -> sp.Expr:
        """Replace an expression, as it stands or as part of a product or sum."""
        if old.is_Number:
            return side
        at_once = side.xreplace({old: new})
        return at_once if at_once != side or side.has(sp.Sum, sp.Integral, Mean) else side.subs(old, new)

    @staticmethod
    def _under_binders(current: Relational, source: Step, goal: Goal) -> None:
        """Refuse an equation in a bound index that need not hold at every value of the index."""
        for operator in current.atoms(sp.Sum, sp.Integral):
            for index, low, high in operator.limits:
                if index not in source.claim.free_symbols:
                    continue
                refuse_named(source.name, index, goal)
                assumed = interval_of(index, ())
                within = (at_least(index, low), *((at_most(index, high),) if high != sp.oo else ()))
                covers = nonnegative(low - assumed.low) and assumed.high == sp.oo and not assumed.low_open
                if not covers or not all(_follows(h, within) for h in source.hypotheses if h.has(index)):
                    raise CheckFailed(f"an equation put under a sum must hold for all {index} from {low} to {high}")
        averaged = random_symbols(current)
        if any(h.free_symbols & averaged for h in source.hypotheses):
            raise CheckFailed(f"an equation put under an expectation must hold without conditions on {averaged}")


@dataclass(frozen=True)
class Combine(Link):
    """A combination of earlier claims with multipliers, which are nonnegative on inequalities.

    The stated claim is a <= b if b - a is the sum of multiplier times (larger side - smaller side): the
    certificate of a linear derivation, checked as an identity.

    Parameters
    ----------
    multipliers : mapping of step name to Expr
        The multiplier of each claim used; an equation's may have any sign.
    """

    multipliers: Mapping[str, sp.Expr] = field(hash=False)
    discharging: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        frozen = MappingProxyType({name: sp.sympify(value) for name, value in self.multipliers.items()})
        object.__setattr__(self, "multipliers", frozen)

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "linear combination"

    @property
    def sources(self) -> tuple[str, ...]:
        """The steps combined."""
        return tuple(self.multipliers)

    def examine(self, goal: Goal) -> None:
        """Compare the gaps before the signs of the multipliers are proved, which takes longer."""
        claim, combined = upright(goal.claim), self._combined(goal)
        if not alike(claim.rhs - claim.lhs, combined, goal.hypotheses):
            raise self._unlike(claim.func(sp.S.Zero, combined, evaluate=False), goal)
        super().examine(goal)

    def _combined(self, goal: Goal) -> sp.Expr:
        claims = {name: upright(goal.step(name).claim) for name in self.multipliers}
        return sp.Add(*(factor * (claims[name].rhs - claims[name].lhs) for name, factor in self.multipliers.items()))

    def yields(self, goal: Goal) -> Relational:
        """Return 0 <= combined gap (or 0 =, 0 <)."""
        relation = sp.Eq
        for name, multiplier in self.multipliers.items():
            claim = upright(goal.step(name).claim)
            if not isinstance(claim, sp.Eq):
                if not nonnegative(multiplier, goal.hypotheses):
                    raise CheckFailed(f"an inequality's multiplier must not be negative, got {multiplier} for {name!r}")
                strict = isinstance(claim, sp.Lt) and positive(multiplier, goal.hypotheses)
                relation = sp.Lt if strict or relation is sp.Lt else sp.Le
            if not defined(multiplier, goal.hypotheses):
                raise CheckFailed(f"a multiplier must have a value on the whole domain, got {multiplier} for {name!r}")
        return relation(sp.S.Zero, self._combined(goal), evaluate=False)

    def matches(self, made: Relational, goal: Goal) -> bool:
        """Whether the relation is the one made: the gaps have been compared."""
        return type(made) is type(upright(goal.claim))


def _ancestry(name: str, goal: Goal) -> Iterator[Step]:
    step = goal.step(name)
    yield step
    for used in step.uses:
        yield from _ancestry(used, goal)


def _names_a_symbol(step: Step) -> bool:
    return isinstance(step.check, Definition) and bool(step.claim.lhs.is_Symbol)


def refuse_named(name: str, index: sp.Symbol, goal: Goal) -> None:
    """Raise if a step rests on a definition that fixes the index: it holds for one value of it only."""
    for step in _ancestry(name, goal):
        if _names_a_symbol(step) and step.claim.has(index):
            raise CheckFailed(f"a claim must hold for all {index}, got {name!r} that rests on {step.name!r}")


def refuse_fixed(name: str, symbols: Iterable[sp.Symbol], goal: Goal) -> None:
    """Raise unless a step holds for all values of the symbols.

    A definition fixes its symbol and those in its meaning; a named rule, an assumption or a theorem speaks
    of the model's own quantities, unless a theorem says that it is pointwise in a symbol.
    """
    wanted = set(symbols)
    for step in _ancestry(name, goal):
        check = step.check
        if check is None or not (check.standing is Standing.CITED or check.given or _names_a_symbol(step)):
            continue
        pointwise = set(check.pointwise) if isinstance(check, Theorem) else set()
        if any(step.claim.has(symbol) for symbol in wanted - pointwise):
            raise CheckFailed(
                f"a claim must hold for all values of {sorted(map(str, wanted))}, "
                f"got {name!r} that rests on {step.name!r}"
            )


@dataclass(frozen=True)
class Specialise(Link):
    """Put expressions for the symbols of an earlier claim that holds for all their values.

    A step that rests on a definition or on a cited rule speaks of fixed quantities and cannot be specialised.
    """

    step: str
    images: Mapping[sp.Symbol, sp.Expr] = field(hash=False)
    discharging: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        frozen = MappingProxyType({symbol: sp.sympify(image) for symbol, image in self.images.items()})
        object.__setattr__(self, "images", frozen)

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "special case"

    @property
    def sources(self) -> tuple[str, ...]:
        """The step specialised."""
        return (self.step,)

    def inherited(self, source: Step, goal: Goal) -> tuple[sp.Basic, ...]:
        """Return the hypotheses with the images in them."""

        def image(h: sp.Basic) -> sp.Basic:
            if isinstance(h, sp.Contains):
                return sp.Contains(h.args[0].subs(self.images, simultaneous=True), h.args[1], evaluate=False)
            return h.func(*(side.subs(self.images, simultaneous=True) for side in h.args), evaluate=False)

        return tuple(image(h) for h in source.hypotheses)

    def settled(self, hypothesis: sp.Basic, goal: Goal) -> bool:
        """Whether the image of a hypothesis follows from the stated ones, unless it is one of them."""
        if hypothesis in goal.hypotheses:
            return False
        return self._discharged(hypothesis, goal) or _follows(hypothesis, goal.hypotheses)

    def yields(self, goal: Goal) -> Relational:
        """Substitute, once each image is seen to lie in the domain of its symbol's assumptions."""
        source = goal.step(self.step)
        refuse_fixed(self.step, self.images, goal)
        bound = random_symbols(source.claim)
        bound |= {limit[0] for part in source.claim.atoms(sp.Sum, sp.Integral) for limit in part.limits}
        put_in = {s for image in self.images.values() for s in image.free_symbols}
        if bound & (set(self.images) | put_in):
            raise CheckFailed(f"a random or bound symbol cannot be specialised or put in, got {bound}")
        for symbol, value in self.images.items():
            assumed = interval_of(symbol, ())
            fits = (not symbol.is_integer or value.is_integer) and value.is_real is not False
            if assumed.low != -sp.oo:
                proves = positive if assumed.low_open else nonnegative
                fits = fits and proves(value - assumed.low, goal.hypotheses)
            elif assumed.high != sp.oo:
                proves = positive if assumed.high_open else nonnegative
                fits = fits and proves(assumed.high - value, goal.hypotheses)
            elif not value.is_real:
                fits = False
            if not fits:
                raise CheckFailed(f"a special value must lie in the domain of {symbol}, could not show it for {value}")
        claim = upright(source.claim)
        return claim.func(*(side.subs(self.images, simultaneous=True) for side in claim.args), evaluate=False)


@dataclass(frozen=True)
class Average(Link):
    """Take expectations on both sides of a claim that holds for all values of some symbols."""

    step: str
    over: tuple[sp.Symbol, ...]
    discharging: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "expectation of both sides"

    @property
    def sources(self) -> tuple[str, ...]:
        """The step averaged."""
        return (self.step,)

    def yields(self, goal: Goal) -> Relational:
        """Put both sides under an expectation and take the constants out."""
        source = goal.step(self.step)
        if any(h.has(*self.over) for h in source.hypotheses):
            raise CheckFailed(f"a claim that is averaged must hold for all {self.over}, got {source.hypotheses}")
        refuse_fixed(self.step, self.over, goal)
        if random_symbols(source.claim) & set(self.over):
            raise CheckFailed(f"a claim is averaged over symbols that are free in it, got {self.over}")
        claim = upright(source.claim)
        relation = at_most if not isinstance(claim, sp.Eq) else equal
        return relation(*(pulled_out(Mean(side, *self.over)) for side in claim.args))


@dataclass(frozen=True)
class SumUp(Link):
    """Sum both sides of a claim that holds for all values of an index."""

    step: str
    index: sp.Symbol
    low: sp.Expr
    high: sp.Expr
    discharging: tuple[str, ...] = ()

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        return f"sum over {say(self.index)}"

    @property
    def sources(self) -> tuple[str, ...]:
        """The step summed."""
        return (self.step,)

    def inherited(self, source: Step, goal: Goal) -> tuple[sp.Basic, ...]:
        """Return the hypotheses that do not follow from the range of the index."""
        within = (at_least(self.index, self.low), at_most(self.index, self.high))
        return tuple(h for h in source.hypotheses if not h.has(self.index) or not _follows(h, within))

    def yields(self, goal: Goal) -> Relational:
        """Put both sides under a sum."""
        claim = upright(goal.step(self.step).claim)
        refuse_named(self.step, self.index, goal)
        if not self.index.is_integer:
            raise CheckFailed(f"a sum runs over a symbol declared an integer, got {self.index}")
        assumed = interval_of(self.index, ())
        if assumed.low != -sp.oo and not nonnegative(self.low - (assumed.low + (1 if assumed.low_open else 0))):
            raise CheckFailed(f"a sum runs where its index may be, got {self.index} from {self.low}")
        if assumed.high != sp.oo or (self.high == sp.oo and not claim.lhs.is_nonnegative):
            raise CheckFailed(f"an infinite sum of inequalities needs nonnegative terms, got {claim}")
        relation = at_most if not isinstance(claim, sp.Eq) else equal
        return relation(*(sp.Sum(side, (self.index, self.low, self.high)) for side in claim.args))


_NEGATED = {sp.Le: sp.Gt, sp.Lt: sp.Ge, sp.Ge: sp.Lt, sp.Gt: sp.Le}


@dataclass(frozen=True)
class EitherWay(Link):
    """A claim that follows from one step where a relation holds, and from another where it does not.

    The claim may speak of the relation as a condition between the pieces of an expression, or by way of the
    smaller or larger of its two sides; each case then proves what is left.

    Parameters
    ----------
    on : Relational
        The relation that distinguishes the cases; an inequality between quantities that are not random.
    holding, failing : str
        The steps that have it, and its negation, among their hypotheses.
    """

    on: Relational
    holding: str
    failing: str
    discharging: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "two cases"

    @property
    def sources(self) -> tuple[str, ...]:
        """The two cases."""
        return (self.holding, self.failing)

    def _condition(self, name: str) -> Relational:
        if type(self.on) not in _NEGATED:
            raise CheckFailed(f"cases are distinguished by an inequality, got {self.on}")
        lhs, rhs = self.on.args
        return self.on if name == self.holding else _NEGATED[type(self.on)](lhs, rhs, evaluate=False)

    def inherited(self, source: Step, goal: Goal) -> tuple[sp.Basic, ...]:
        """Return the hypotheses of a case but the one that makes it the case."""
        condition = upright(self._condition(source.name))
        return tuple(h for h in source.hypotheses if isinstance(h, sp.Contains) or upright(h) != condition)

    def yields(self, goal: Goal) -> Relational:
        """Return the claim, once each case is seen to prove what is left of it there."""
        if self.on.free_symbols & goal.random or self.holding == self.failing:
            raise CheckFailed(f"two cases are told apart by quantities that are not random, got {self.on}")
        for name, truth in ((self.holding, sp.true), (self.failing, sp.false)):
            source, condition = goal.step(name), self._condition(name)
            if len(self.inherited(source, goal)) == len(source.hypotheses):
                raise CheckFailed(f"a case states the condition that makes it one, {condition}, got {name!r}")
            low, high = self.on.gts, self.on.lts
            if truth:
                low, high = high, low
            settled = {self.on: truth, sp.Min(*self.on.args): low, sp.Max(*self.on.args): high}
            left = [side.xreplace(settled) for side in goal.claim.args]
            claim = goal.claim.func(*left, evaluate=False)
            if not claims_alike(claim, source.claim, (*goal.hypotheses, condition)):
                raise CheckFailed(f"where {condition}, the claim is {claim}, got {source.claim}")
        return goal.claim
