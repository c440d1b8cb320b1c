"""Exact identity of expressions: the ladder of rewritings that decides whether a difference is zero.

`vanishes` answers True only when some rewriting, valid under the declared assumptions, turns the expression
into the integer 0.  Numbers are used to say no quickly, never to say yes.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from math import comb, prod

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from infobound.errors import CheckFailed
from infobound.proof.averages import Mean, pulled_out
from infobound.proof.domain import is_whole, points, sides

__all__ = ["OPAQUE", "alike", "claims_alike", "concealed", "is_long", "refuted", "upright", "value_at", "vanishes"]

_MOST_TERMS = 5000  # the shipped derivations need up to 1,920
OPAQUE = (Mean, sp.Sum, sp.Integral, AppliedUndef, sp.Derivative, sp.Limit)
_TRIGONOMETRIC = (sp.sin, sp.cos, sp.tan, sp.asin, sp.acos, sp.atan)
_HYPERBOLIC = (sp.sinh, sp.cosh, sp.tanh, sp.asinh, sp.acosh, sp.atanh)
_PIECES = (sp.Piecewise, sp.Max, sp.Min)
_GAMMA_LIKE = (sp.gamma, sp.factorial, sp.binomial, sp.RisingFactorial, sp.FallingFactorial, sp.beta)
_DIGAMMA_LIKE = (sp.polygamma, sp.harmonic, sp.digamma, sp.loggamma)


def concealed(expression: sp.Expr, table: dict[sp.Basic, sp.Dummy] | None = None) -> sp.Expr:
    """Replace expectations, sums, integrals and undefined functions by symbols of the same sign.

    With a `table`, what it holds is replaced as before and what is new is entered: that keeps the symbols of
    several expressions together.
    """
    table = {} if table is None else table

    def conceal(part: sp.Basic) -> sp.Basic:
        if isinstance(part, OPAQUE):
            part = part.as_dummy() if isinstance(part, (sp.Sum, sp.Integral)) else part
            if part not in table:
                sign = {"positive": True} if part.is_positive else {"nonnegative": True}
                known = part.is_positive or part.is_nonnegative
                table[part] = sp.Dummy(type(part).__name__, **(sign if known else {"real": True}))
            return table[part]
        if not part.args or not part.has(*OPAQUE):
            return part
        return part.func(*(conceal(argument) for argument in part.args))

    return conceal(expression)


def _stands_fast(expression: sp.Basic) -> bool:
    """Whether multiplying out leaves the expectations, sums, integrals and undefined functions as they are."""
    if isinstance(expression, OPAQUE):
        return bool(pulled_out(sp.expand(expression), expanding=True) == expression)
    return not expression.has(*OPAQUE) or all(map(_stands_fast, expression.args))


def is_long(expression: sp.Expr) -> bool:
    """Whether multiplying out gives so many terms, like ones apart, that no proof is sought that way."""
    return _terms(expression) > _MOST_TERMS


def _terms(expression: sp.Basic) -> int:
    if isinstance(expression, sp.Add):
        return sum(map(_terms, expression.args))
    if isinstance(expression, sp.Mul):
        return prod(map(_terms, expression.args))
    if isinstance(expression, sp.Pow) and isinstance(expression.exp, sp.Integer):
        power, terms = abs(int(expression.exp)), _terms(expression.base)
        return comb(terms + power - 1, power)
    # what stands in a function is multiplied out, too, but is one factor of the term around it
    longest = max(map(_terms, expression.args), default=1)
    return longest if longest > _MOST_TERMS else 1


def _unnested(expression: sp.Expr) -> sp.Expr:
    """Write the arguments of logarithms and powers as products of irreducible factors, then expand them."""

    def logarithm(argument: sp.Expr) -> sp.Expr:
        return sp.expand_log(sp.log(sp.factor(sp.together(argument))))

    def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if exponent.is_Integer or not base.has(sp.Add):
            return sp.Pow(base, exponent)
        return sp.expand_power_base(sp.Pow(sp.factor(sp.together(base)), exponent))

    return expression.replace(sp.log, logarithm).replace(sp.Pow, power)


def _rational(expression: sp.Expr) -> sp.Expr:
    expanded = sp.expand(expression, power_exp=True, power_base=True, log=True, mul=False, multinomial=False)
    return sp.cancel(sp.together(expanded))


def _by_logarithms(expression: sp.Expr) -> sp.Expr:
    """Write every positive term as a product of powers of irreducible bases, exponents in lowest terms."""
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(expression, power_base=True, power_exp=False)):
        sign = -1 if term.could_extract_minus_sign() else 1
        if not (sign * term).is_positive:
            total += term
            continue
        exponent = sp.expand(sp.expand_log(sp.log(sign * term), factor=True))
        factor = sp.S.One
        for logarithm in sorted(exponent.atoms(sp.log), key=str):
            coefficient = exponent.coeff(logarithm)
            if not coefficient.has(sp.log):
                factor *= logarithm.args[0] ** sp.cancel(sp.together(coefficient))
                exponent = sp.expand(exponent - coefficient * logarithm)
        total += sign * factor * sp.exp(sp.cancel(sp.together(exponent)))
    return total


def _gammas(expression: sp.Expr) -> sp.Expr:
    return sp.gammasimp(sp.expand_func(expression.rewrite(sp.gamma)))


def _digammas(expression: sp.Expr) -> sp.Expr:
    return sp.cancel(sp.together(sp.expand_func(sp.expand_func(expression.rewrite(sp.polygamma)))))


def _half_angles(expression: sp.Expr) -> sp.Expr:
    """Expand to sines and cosines of single angles and reduce by sin^2 + cos^2 = 1."""
    expression = sp.expand(sp.expand_trig(sp.expand(expression)))
    for sine in sorted(expression.atoms(sp.sin), key=str):
        x = sine.args[0]
        s, c = sp.Dummy("s"), sp.Dummy("c")
        numerator = sp.numer(sp.together(expression.xreplace({sp.sin(x): s, sp.cos(x): c})))
        try:
            expression = sp.rem(numerator, c**2 + s**2 - 1, c).xreplace({s: sp.sin(x), c: sp.cos(x)})
        except sp.PolynomialError:
            return expression
    return sp.expand(expression)


def _monomials(expression: sp.Expr) -> sp.Expr:
    """Cancel terms that are the same product of powers of positive factors, exponents being symbolic.

    Each term is written as sign times e^(sum of exponent * ln factor), in which equal products look equal.
    """
    totals: dict[sp.Expr, int] = {}
    for term in sp.Add.make_args(sp.expand(expression, power_base=False, power_exp=False, log=False)):
        sign, size = (-1, -term) if term.could_extract_minus_sign() else (1, term)
        if not size.is_positive:
            return expression
        logarithm = sp.expand_log(sp.log(sp.factor_terms(size)), factor=True)
        logarithm = _unnested(logarithm.replace(sp.exp, lambda w: sp.exp(sp.expand(w))))
        logs = sorted(logarithm.atoms(sp.log), key=sp.default_sort_key)
        try:
            polynomial = sp.Poly(sp.expand(logarithm), *logs) if logs else sp.Poly(logarithm, sp.Dummy())
        except sp.PolynomialError:
            return expression
        key = sp.Tuple(*(sp.Tuple(sp.Tuple(*m), sp.cancel(c)) for m, c in polynomial.terms() if sp.cancel(c) != 0))
        labelled = sp.Tuple(sp.Tuple(*logs), key)
        totals[labelled] = totals.get(labelled, 0) + sign
    return expression if any(totals.values()) else sp.S.Zero


def _rungs(expression: sp.Expr) -> Iterable[Callable[[sp.Expr], sp.Expr]]:
    yield sp.expand
    if expression.has(sp.Piecewise):  # the others compare every pair of nested pieces, in vain
        return
    if any(not power.exp.is_Rational for power in expression.atoms(sp.Pow)):
        yield _monomials
    if any(power.exp.free_symbols for power in expression.atoms(sp.Pow, sp.exp)):
        yield _by_logarithms
    yield _rational
    yield lambda e: _rational(_unnested(e))
    if expression.has(*_DIGAMMA_LIKE) or hasattr(expression, "rewrite"):
        yield _digammas
    if expression.has(*_GAMMA_LIKE):
        yield _gammas
        yield sp.combsimp
    if expression.has(*_TRIGONOMETRIC):
        yield _half_angles
        yield sp.trigsimp
    if expression.has(*_HYPERBOLIC):
        yield lambda e: _rational(e.rewrite(sp.exp))
    yield lambda e: sp.powsimp(_rational(_unnested(sp.powdenest(sp.expand_log(e)))))
    yield lambda e: sp.radsimp(sp.together(e))
    if not expression.has(sp.Max, sp.Min):  # as with pieces
        yield sp.simplify


def _evaluated(expression: sp.Expr, point: dict[sp.Symbol, sp.Expr]) -> sp.Expr | None:
    """Return the value to 25 digits; exact powers with broken exponents would be factored and are not formed."""
    try:
        if any(power.exp.free_symbols for power in expression.atoms(sp.Pow)):
            return expression.evalf(25, subs=point)
        if any(power.has(sp.log) for power in expression.atoms(sp.exp)):
            point = {symbol: value if value.is_Integer else value.n(60) for symbol, value in point.items()}
        return expression.xreplace(point).evalf(25)
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, RecursionError):
        return None


def value_at(expression: sp.Expr, point: dict[sp.Symbol, sp.Expr]) -> sp.Expr | None:
    """Return a 25-digit real number, or None where the expression has no plain value at the point."""
    value = _evaluated(expression, point)
    return value if value is not None and (value.is_Float or value.is_Rational) else None


@lru_cache(maxsize=4096)
def _number(term: sp.Expr, point: tuple[tuple[sp.Symbol, sp.Expr], ...]) -> sp.Expr | None:
    """Return a real or complex value, or None where there is none; changed claims share most of their terms."""
    value = _evaluated(term, dict(point))
    return value if value is not None and (value.is_Float or value.is_Rational or value.is_complex) else None


def _settles(expression: sp.Expr, hypotheses: tuple[sp.Basic, ...]) -> bool:
    """Whether numbers can be put into the expression: limits of sums must be integers there."""
    if expression.has(Mean, AppliedUndef, sp.Limit, sp.Integral):
        return False
    ends = {
        s for total in expression.atoms(sp.Sum) for limit in total.limits for s in sp.Tuple(*limit[1:]).free_symbols
    }
    infinite = any(limit[2] == sp.oo for total in expression.atoms(sp.Sum) for limit in total.limits)
    return not infinite and all(is_whole(symbol, hypotheses) for symbol in ends)


def _nonzero_somewhere(expression: sp.Expr, hypotheses: tuple[sp.Basic, ...]) -> bool:
    if any(symbol.is_real is None for symbol in expression.free_symbols):
        return False
    tried = points(expression.free_symbols, hypotheses, count=2)
    if expression.has(*_PIECES):  # pieces that need large values are to be met, too; powers of those are not exact
        wide = points(expression.free_symbols, hypotheses, count=24, decades=6)
        tried = chain(tried, ({s: v if v.is_Integer else v.n(40) for s, v in point.items()} for point in wide))
    for point in tried:
        values = [_number(term, tuple(point.items())) for term in sp.Add.make_args(expression)]
        if None in values:
            continue
        size, scale = (total.evalf(25) for total in (sp.Abs(sp.Add(*values)), sp.Add(*map(sp.Abs, values))))
        if size.is_comparable and size > sp.Rational(1, 10**12) * max(scale, sp.Rational(1, 10**6)):
            return True
    return False


def vanishes(expression: sp.Expr, hypotheses: Iterable[sp.Basic] = ()) -> bool:
    """Whether the expression is zero wherever its symbols' assumptions and the hypotheses hold.

    True is a proof; False says only that no rewriting was found, or that the expression is nonzero somewhere.
    """
    expression = sp.sympify(expression)
    if expression == 0:
        return True
    if (expression.is_number and expression.is_Rational) or is_long(expression):
        return False
    hypotheses = tuple(hypotheses)
    expression = pulled_out(expression, expanding=True)
    # numbers say no at once where multiplying out, which can take longer than all else, would not change them
    early = _stands_fast(expression)
    if early and _nonzero_somewhere(concealed(expression), hypotheses):
        return False
    expression = concealed(pulled_out(sp.expand(expression), expanding=True))
    if expression == 0:
        return True
    if not early and _nonzero_somewhere(expression, hypotheses):
        return False
    for rung in _rungs(expression):
        try:
            if rung(expression) == 0:
                return True
        except (sp.PolynomialError, NotImplementedError, AttributeError, TypeError, ValueError):
            continue
    return False


def alike(first: sp.Expr, second: sp.Expr, hypotheses: Iterable[sp.Basic] = ()) -> bool:
    """Whether two expressions are the same, structurally or by exact simplification."""
    return bool(first == second) or vanishes(first - second, hypotheses)


def upright(claim: Relational) -> Relational:
    """Turn >= and > round, so that only =, <= and < are left."""
    if isinstance(claim, sp.Eq):
        return claim
    smaller, larger, strict = sides(claim)
    return (sp.Lt if strict else sp.Le)(smaller, larger, evaluate=False)


def claims_alike(first: Relational, second: Relational, hypotheses: Iterable[sp.Basic] = ()) -> bool:
    """Whether two claims have the same relation and, side by side, the same expressions."""
    first, second = upright(first), upright(second)
    hypotheses = tuple(hypotheses)
    return (
        type(first) is type(second)
        and alike(first.lhs, second.lhs, hypotheses)
        and alike(first.rhs, second.rhs, hypotheses)
    )


def refuted(claim: Relational, hypotheses: Iterable[sp.Basic] = ()) -> None:
    """Raise `CheckFailed` if the claim is false at one of a few fixed points of its domain."""
    hypotheses = tuple(hypotheses)
    difference = claim.rhs - claim.lhs
    if not _settles(difference, hypotheses) or any(s.is_real is None for s in difference.free_symbols):
        return
    claim = upright(claim)
    for point in points(difference.free_symbols, hypotheses):
        smaller, larger = (value_at(side, point) for side in (claim.lhs, claim.rhs))
        if smaller is None or larger is None:
            continue
        slack = sp.Rational(1, 10**18) * (1 + abs(smaller) + abs(larger))
        if larger - smaller < -slack or (isinstance(claim, sp.Eq) and larger - smaller > slack):
            where = ", ".join(f"{symbol} = {value}" for symbol, value in point.items()) or "every point"
            raise CheckFailed(
                f"a claim must hold on its whole domain, got {claim.lhs} = {smaller.n(8)} and "
                f"{claim.rhs} = {larger.n(8)} at {where}"
            )
