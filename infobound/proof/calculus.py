"""Checks by calculus: integrals, sums, induction, signs of derivatives, convexity, the integral test.

A primitive or a summed form may be stated by the step or found by SymPy; either way it is verified by
differentiating (or differencing) it and by exact values at the ends.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from infobound.errors import CheckFailed
from infobound.proof.algebra import alike, claims_alike, refuted, vanishes
from infobound.proof.check import Algebra, gap, replaced
from infobound.proof.domain import is_whole
from infobound.proof.signs import continuous, defined, is_signed, nonnegative, path_interval, positive, stand_in
from infobound.proof.step import Check, Goal, Standing, above, at_least, at_most, below, weakest

__all__ = ["ConvexMinimum", "Induction", "IntegralTest", "Integration", "SignOfDerivative", "Summation"]


def _at_end(expression: sp.Expr, x: sp.Symbol, end: sp.Expr, side: str) -> sp.Expr:
    """Return the exact one-sided limit at an end of the interval."""
    if end.is_finite:
        value = expression.subs(x, end)
        if not value.has(sp.nan, sp.zoo, sp.oo, sp.AccumBounds):
            return value
    return sp.limit(expression, x, end, side)


def _frullani(body: sp.Expr, x: sp.Symbol, hypotheses: Any) -> sp.Expr | None:
    """Return the integral over x > 0 of sum_i c_i exp(-p_i x)/x, where the c_i add up to 0 and all p_i are positive."""
    total, added = sp.S.Zero, sp.S.Zero
    for term in sp.Add.make_args(sp.expand(sp.expand(body) * x)):
        constant, exponential = sp.powsimp(term).as_independent(x, as_Add=False)
        rate = sp.cancel(-exponential.args[0] / x) if isinstance(exponential, sp.exp) else sp.S.Zero
        if rate.has(x) or not positive(rate, hypotheses):
            return None
        total, added = total - constant * sp.log(rate), added + constant
    return total if vanishes(added, hypotheses) else None


def _standard_integral(body: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, hypotheses: Any) -> sp.Expr | None:
    """Return Euler's Beta and Gamma integrals, Gaussian moments and Frullani's integrals, by their patterns."""
    if (low, high) == (0, sp.oo):
        if (value := _frullani(body, x, hypotheses)) is not None:
            return value
        if len(parts := sp.Add.make_args(sp.expand(body))) > 1:
            values = [_standard_integral(part, x, low, high, hypotheses) for part in parts]
            return None if None in values else sp.Add(*values)
    constant, body = sp.powsimp(sp.factor_terms(body), combine="exp").as_independent(x, as_Add=False)
    a, b, q = (sp.Wild(name, exclude=[x]) for name in "abq")
    if (low, high) == (0, 1):
        powers = {x: sp.S.Zero, 1 - x: sp.S.Zero}
        for factor in sp.Mul.make_args(body):
            base, exponent = factor.as_base_exp()
            if base == x - 1 and exponent.is_even:
                base = 1 - x
            if base not in powers or exponent.has(x):
                return None
            powers[base] += exponent
        p, r = powers[x] + 1, powers[1 - x] + 1
        if positive(p, hypotheses) and positive(r, hypotheses):
            return constant * sp.gamma(p) * sp.gamma(r) / sp.gamma(p + r)
        return None
    if high != sp.oo or low not in (0, -sp.oo):
        return None
    body = body.replace(sp.exp, lambda exponent: sp.exp(sp.factor(exponent)))
    match = body.match(x**a * sp.exp(-b * x**q)) or body.match(sp.exp(-b * x**q))
    if not match or not (match[q] in (1, 2) and positive(match[b], hypotheses)):
        return None
    power = match.get(a, sp.S.Zero)
    if not vanishes(x**power * sp.exp(-match[b] * x ** match[q]) - body, hypotheses):
        return None
    k = (power + 1) / match[q]
    if not positive(k, hypotheses):
        return None
    half = constant * sp.gamma(k) / (match[q] * match[b] ** k)
    if low == 0:
        return half
    if match[q] == 2 and power.is_integer:
        return (2 * half if power.is_even else sp.S.Zero) if power.is_even is not None else None
    return None


@dataclass(frozen=True)
class Integration(Check):
    """Evaluate every integral of an equation exactly.

    Parameters
    ----------
    primitive : Expr, optional
        An antiderivative in the integration variable, for a claim with a single integral.  Without one,
        standard integrals are recognised and SymPy is asked for an antiderivative; each is verified by
        differentiation, continuity in the interval, and limits at its ends.
    standard : bool
        Whether nothing but the standard integrals (Euler's Beta and Gamma, Gaussian moments, Frullani's) is tried: with
        symbols in exponents the search for an antiderivative can take minutes before it fails.
    """

    primitive: sp.Expr | None = None
    standard: bool = False

    @property
    def rule(self) -> str:
        """Name of the rule."""
        if self.standard:
            return "standard integral"
        return "integration" if self.primitive is None else "integration, antiderivative verified by differentiation"

    def examine(self, goal: Goal) -> None:
        """Replace the integrals by their values and compare."""
        claim = goal.claim
        if not isinstance(claim, sp.Eq) or not claim.has(sp.Integral):
            raise CheckFailed(f"an integration evaluates the integrals of an equation, got {claim}")
        sides = [self._evaluated(side, goal.hypotheses) for side in (claim.lhs, claim.rhs)]
        if not alike(sides[0], sides[1], goal.hypotheses):
            raise CheckFailed(f"an integral must equal the value stated, got {sides[0]} and {sides[1]} in {claim}")

    def _evaluated(self, side: sp.Expr, hypotheses: tuple[sp.Basic, ...]) -> sp.Expr:
        while side.has(sp.Integral):
            inner = next(i for i in side.atoms(sp.Integral) if not i.function.has(sp.Integral))
            side = side.xreplace({inner: self._value(inner, hypotheses)})
        return side

    def _value(self, integral: sp.Integral, hypotheses: tuple[sp.Basic, ...]) -> sp.Expr:
        body = integral.function
        for x, low, high in integral.limits:
            body = self._one(body, x, low, high, hypotheses)
        return body

    def _one(self, body: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr, hypotheses: Any) -> sp.Expr:
        infinite = low == -sp.oo or high == sp.oo
        if not infinite and not nonnegative(high - low, hypotheses):
            raise CheckFailed(f"an integral runs upwards, could not show {low} <= {high}")
        variable = stand_in(x, low, hypotheses)
        body, stated = body.subs(x, variable), self.primitive
        primitive = None if stated is None else stated.subs(x, variable)
        x = variable
        if primitive is None:
            known = _standard_integral(body, x, low, high, hypotheses)
            if known is not None:
                return known
            if self.standard:
                raise CheckFailed(
                    f"a standard integral is one of Euler's, Frullani's or a Gaussian moment, got {body} in {x}"
                )
        inside = tuple(h for end, h in ((low, above(x, low)), (high, below(x, high))) if end.is_finite is not False)
        primitive = sp.integrate(body, x) if primitive is None else primitive
        if primitive.has(sp.Integral):
            raise CheckFailed(f"an integral needs an antiderivative, SymPy finds none for {body} in {x}")
        if not vanishes(sp.diff(primitive, x) - body, (*hypotheses, *inside)):
            raise CheckFailed(f"an antiderivative must differentiate to the integrand, got {primitive} for {body}")
        if not continuous(primitive, x, (*hypotheses, *inside)):
            raise CheckFailed(
                f"an antiderivative must be continuous between the ends, could not show it for {primitive}"
            )
        return _at_end(primitive, x, high, "-") - _at_end(primitive, x, low, "+")


@dataclass(frozen=True)
class Summation(Check):
    """Evaluate every sum of an equation exactly.

    Parameters
    ----------
    summed : Expr, optional
        A function G of the index with G(k+1) - G(k) equal to the summand, for a claim with a single sum.
        Without one a constant ratio of neighbours (a geometric sum) is recognised.
    """

    summed: sp.Expr | None = None

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "geometric sum" if self.summed is None else "telescoping sum"

    def examine(self, goal: Goal) -> None:
        """Replace the sums by their values and compare."""
        claim = goal.claim
        if not isinstance(claim, sp.Eq) or not claim.has(sp.Sum):
            raise CheckFailed(f"a summation evaluates the sums of an equation, got {claim}")
        sides = []
        for side in (claim.lhs, claim.rhs):
            totals = {total: self._value(total, goal.hypotheses) for total in side.atoms(sp.Sum)}
            sides.append(side.xreplace(totals))
        if not alike(sides[0], sides[1], goal.hypotheses):
            raise CheckFailed(f"a sum must equal the value stated, got {sides[0]} and {sides[1]} in {claim}")

    def _value(self, total: sp.Sum, hypotheses: tuple[sp.Basic, ...]) -> sp.Expr:
        if len(total.limits) != 1:
            raise CheckFailed(f"sums are evaluated one index at a time, got {total}")
        (k, low, high), body = total.limits[0], total.function
        if high != sp.oo and not nonnegative(high - low + 1, hypotheses):
            raise CheckFailed(f"a sum runs upwards, could not show {low} <= {high} + 1")
        summed, ratio = self.summed, None
        if summed is None:
            ratio = sp.cancel(sp.powsimp(sp.simplify(body.subs(k, k + 1) / body)))
            if ratio.has(k):
                raise CheckFailed(f"a sum without a summed form must be geometric, got the ratio {ratio} for {body}")
            if not (positive(1 - ratio, hypotheses) or positive(ratio - 1, hypotheses)):
                raise CheckFailed(f"a geometric sum needs a ratio other than 1, could not show it for {ratio}")
            summed = body / (ratio - 1)
        above_zero = "positive" if positive(low, hypotheses) else "nonnegative"
        known = {above_zero: True} if nonnegative(low, hypotheses) else {}
        index = sp.Dummy("k", integer=True, **known)
        if not vanishes((summed.subs(k, k + 1) - summed - body).subs(k, index), hypotheses):
            raise CheckFailed(f"a summed form must difference to the summand, got {summed} for {body}")
        if high != sp.oo:
            return summed.subs(k, high + 1) - summed.subs(k, low)
        if ratio is not None:
            if not (positive(1 - ratio, hypotheses) and positive(1 + ratio, hypotheses)):
                raise CheckFailed(f"an infinite geometric sum needs |ratio| < 1, could not show it for {ratio}")
            return -summed.subs(k, low)
        return sp.limit(summed, k, sp.oo) - summed.subs(k, low)


@dataclass(frozen=True)
class Induction(Check):
    """Induction over an integer symbol: the first case, and the step from each case to the next.

    For an equation both sides grow by the same amount; for an inequality the larger side grows by at
    least as much.  A sum over an index up to (a constant plus) the symbol grows by its last term.
    """

    on: sp.Symbol
    then: Check = field(default_factory=Algebra)

    @property
    def standing(self) -> Standing:
        """Standing of the check of the inequality between the growths."""
        return self.then.standing

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        return f"induction on {say(self.on)}"

    def examine(self, goal: Goal) -> None:
        """Check the first case and the growth."""
        interval = path_interval(self.on, goal.hypotheses)
        if not is_whole(self.on, goal.hypotheses) or not interval.low.is_Integer or interval.low_open:
            raise CheckFailed(f"induction needs an integer with a least value, got {self.on} from {interval.low}")
        if interval.high != sp.oo:
            raise CheckFailed(f"induction runs over all integers from the first, got {self.on} up to {interval.high}")
        claim = goal.claim
        first = replaced(goal, {self.on: interval.low})
        Algebra().examine(
            Goal(
                first.claim.func(first.claim.lhs.doit(), first.claim.rhs.doit(), evaluate=False),
                first.hypotheses,
            )
        )
        left, right = self._growth(claim.lhs), self._growth(claim.rhs)
        relation = sp.Eq if isinstance(claim, sp.Eq) else {sp.Lt: sp.Le, sp.Gt: sp.Ge}.get(type(claim), type(claim))
        self.then.examine(goal.with_claim(relation(left, right, evaluate=False)))

    def _growth(self, side: sp.Expr) -> sp.Expr:
        """Return side(n+1) - side(n) where a sum up to n + constant grows by its last term."""
        total = sp.S.Zero
        for term in sp.Add.make_args(side):
            sums = term.atoms(sp.Sum)
            after = term.subs(self.on, self.on + 1)
            if len(sums) == 1:
                (inner,) = sums
                k, low, high = inner.limits[0]
                outside = term.xreplace({inner: sp.S.One})
                simple = len(inner.limits) == 1 and not inner.function.has(self.on) and not low.has(self.on)
                if (
                    simple
                    and sp.expand(high - self.on).is_Integer
                    and outside * inner == term
                    and not outside.has(self.on)
                ):
                    total += outside * inner.function.subs(k, high + 1)
                    continue
            total += after - term
        return total


@dataclass(frozen=True)
class SignOfDerivative(Check):
    """An inequality whose difference is monotone in one symbol and right at one end (possibly as a limit).

    Parameters
    ----------
    on : Symbol
        The symbol in which the difference is monotone over its whole interval.
    at : Expr
        The end from which it grows: its lower end if the difference rises, its upper end if it falls.
    then, first : Check
        How the sign of the derivative, and the value at the end, are established.
    """

    on: sp.Symbol
    at: sp.Expr
    then: Check = field(default_factory=Algebra)
    first: Check = field(default_factory=Algebra)

    @property
    def standing(self) -> Standing:
        """The weaker of the two parts."""
        return weakest(self.then.standing, self.first.standing)

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        return f"sign of the derivative in {say(self.on)}, value at {say(self.on)} = {say(self.at)}"

    def examine(self, goal: Goal) -> None:
        """Check the value at the end and the sign of the derivative."""
        difference, strict = gap(goal.claim)
        refuted(goal.claim, goal.hypotheses)
        interval = path_interval(self.on, goal.hypotheses)
        at = sp.sympify(self.at)
        if at not in (interval.low, interval.high):
            raise CheckFailed(
                f"a monotone difference is evaluated at an end, {interval.low} or {interval.high}, got {self.on} = {at}"
            )
        rising = at == interval.low
        is_open = interval.low_open if rising else interval.high_open
        value = _at_end(difference, self.on, at, "+" if rising else "-")
        rest = tuple(h for h in goal.hypotheses if not h.has(self.on))
        # Strictly inside an open end a strict derivative is enough; at a closed end the value must be strict.
        end_goal = Goal((at_least if is_open or not strict else above)(value, 0), rest)
        self.first.examine(end_goal)
        if self.on.is_integer:
            raise CheckFailed(f"a derivative needs a symbol that is declared real, got the integer {self.on}")
        slope = sp.diff(difference, self.on) * (1 if rising else -1)
        inside = (above(self.on, at),) if rising and at.is_finite else (below(self.on, at),) if at.is_finite else ()
        if not continuous(difference, self.on, goal.hypotheses):
            raise CheckFailed(f"a difference must be continuous on the interval, could not show it for {difference}")
        self.then.examine(goal.with_claim((above if strict and is_open else at_least)(slope, 0), *inside))


@dataclass(frozen=True)
class ConvexMinimum(Check):
    """An inequality whose difference is convex in one symbol, with a stationary point of the right sign.

    With a strict second derivative the stationary point is the only minimiser.
    """

    on: sp.Symbol
    at: sp.Expr
    then: Check = field(default_factory=Algebra)

    @property
    def standing(self) -> Standing:
        """Standing of the sign of the second derivative."""
        return self.then.standing

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        return f"convexity in {say(self.on)}, stationary at {say(self.on)} = {say(self.at)}"

    def examine(self, goal: Goal) -> None:
        """Check convexity, stationarity and the value at the stationary point."""
        difference, strict = gap(goal.claim)
        refuted(goal.claim, goal.hypotheses)
        interval, at = path_interval(self.on, goal.hypotheses), sp.sympify(self.at)
        rest = tuple(h for h in goal.hypotheses if not h.has(self.on))
        for end, is_open, direction in (
            (interval.low, interval.low_open, 1),
            (interval.high, interval.high_open, -1),
        ):
            if end.is_finite is not False and not is_signed(direction * (at - end), rest, strict=is_open):
                raise CheckFailed(f"a stationary point must lie in the domain, could not show it for {self.on} = {at}")
        if self.on.is_integer or at.has(self.on):
            raise CheckFailed(f"a minimiser is a point of a real interval, got {self.on} = {at}")
        slope = sp.diff(difference, self.on)
        if not vanishes(slope.subs(self.on, at), rest):
            raise CheckFailed(f"a minimiser must be stationary, the derivative of {difference} is not zero at {at}")
        Algebra().examine(Goal((above if strict else at_least)(difference.subs(self.on, at), 0), rest))
        if not continuous(slope, self.on, goal.hypotheses):
            raise CheckFailed(f"a convex function must be smooth on the domain, could not show it for {difference}")
        self.then.examine(goal.with_claim(at_least(sp.diff(slope, self.on), 0)))


@dataclass(frozen=True)
class IntegralTest(Check):
    r"""Compare a sum of decreasing terms with the integral.

    For f decreasing on [start, oo) and n terms the claim is one of

    .. math::
        \int_{a}^{a+n} f < \sum_{i=0}^{n-1} f(a+i), \qquad
        \sum_{i=0}^{n-1} f(a+i) \le f(a) + \int_{a}^{a+n-1} f, \qquad
        \sum_{i=0}^{n-1} f(a+1+i) \le \int_{a}^{a+n} f.

    In the last one f need only decrease on (start, oo): it may be infinite at the start, if the integral is finite.

    Parameters
    ----------
    term : Expr
        f, in the symbol `x`.
    x : Symbol
        Its variable; the sum's index is `index`.
    start, count : Expr
        a and n.
    side : {"lower", "upper", "after"}
        Which of the three: a bound from below, or from above by the first term and more, or by the integral alone.
    finite : str, optional
        For "after": the earlier step whose equation gives the integral a value.
    """

    term: sp.Expr
    x: sp.Symbol
    index: sp.Symbol
    count: sp.Expr
    side: str
    start: sp.Expr = sp.S.Zero
    finite: str | None = None

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return "integral test for a decreasing term"

    @property
    def uses(self) -> tuple[str, ...]:
        """The step that gives the integral a value."""
        return () if self.finite is None else (self.finite,)

    def yields(self) -> sp.Basic:
        """Return the claim that these slots give."""
        f, a, n = self.term, self.start, self.count
        if self.side == "after":
            later = sp.Sum(f.subs(self.x, a + 1 + self.index), (self.index, 0, n - 1))
            return at_most(later, sp.Integral(f, (self.x, a, a + n)))
        if f.subs(self.x, a).has(sp.nan, sp.zoo, sp.oo):
            raise CheckFailed(f"an integral test needs a finite first term, got {f} at {self.x} = {a}")
        total = sp.Sum(f.subs(self.x, a + self.index), (self.index, 0, n - 1))
        if self.side == "lower":
            return below(sp.Integral(f, (self.x, a, a + n)), total)
        if self.side == "upper":
            return at_most(total, f.subs(self.x, a) + sp.Integral(f, (self.x, a, a + n - 1)))
        raise CheckFailed(f"an integral test bounds a sum from the side 'lower', 'upper' or 'after', got {self.side!r}")

    def examine(self, goal: Goal) -> None:
        """Check that the claim is the test's, that the term decreases, and how many there are."""
        if not claims_alike(goal.claim, self.yields(), goal.hypotheses):
            raise CheckFailed(f"an integral test gives {self.yields()}, got the claim {goal.claim}")
        x = stand_in(self.x, self.start, goal.hypotheses)
        term = self.term.subs(self.x, x)
        beyond = (*goal.hypotheses, (above if self.side == "after" else at_least)(x, self.start))
        if not is_signed(-sp.diff(term, x), beyond, strict=self.side == "lower"):
            raise CheckFailed(f"an integral test needs a decreasing term, could not show it for {self.term}")
        whole = self.count.is_integer or (self.count.is_Symbol and is_whole(self.count, goal.hypotheses))
        if not whole or not nonnegative(self.count - 1, goal.hypotheses):
            raise CheckFailed(f"an integral test counts at least one term, could not show it for {self.count}")
        if not continuous(term, x, beyond):
            raise CheckFailed(f"an integral test needs a continuous term, could not show it for {self.term}")
        if self.side == "after":
            self._see_finite(goal)
        elif self.finite is not None:
            raise CheckFailed(f"an integral needs a value for the side 'after' only, got {self.finite!r}")

    def _see_finite(self, goal: Goal) -> None:
        """Raise unless an earlier step, under no hypotheses but those stated, gives the integral a value."""
        if self.finite is None:
            raise CheckFailed("an integral test from the start of a term needs a step that gives the integral a value")
        step, integral = goal.step(self.finite), sp.Integral(self.term, (self.x, self.start, self.start + self.count))
        if set(step.hypotheses) - set(goal.hypotheses):
            raise CheckFailed(f"an integral's value must hold where its use does, got {step.hypotheses}")
        if not isinstance(step.claim, sp.Eq) or not isinstance(step.check, Integration):
            raise CheckFailed(f"an integral gets its value by integration, got {step.claim}")
        value = step.claim.rhs
        finite = defined(value, step.hypotheses) and not value.has(sp.oo, -sp.oo, sp.zoo, sp.nan)
        if not finite or not alike(step.claim.lhs, integral):
            raise CheckFailed(f"an integral test needs a finite value of {integral}, got {step.claim}")
