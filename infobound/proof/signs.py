"""Exact proofs that an expression is nonnegative or positive on the domain of its hypotheses.

Three certificates are tried, each of which is exact: SymPy's assumptions on the factors; nonnegative
coefficients after the change of variable that maps nonnegative variables onto the domain; and, for a
polynomial in one variable with rational coefficients, counting its real roots there.
"""

from collections.abc import Iterable, Iterator

import sympy as sp
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import Boolean

from infobound.errors import CheckFailed
from infobound.proof.algebra import OPAQUE, concealed, is_long, refuted, vanishes
from infobound.proof.averages import pulled_out
from infobound.proof.domain import Interval, bounds, interval_of, shifted, sides
from infobound.proof.step import above, at_least

__all__ = ["continuous", "defined", "is_signed", "nonnegative", "path_interval", "positive", "stand_in"]

# A longer expression takes SymPy's simplification seconds; the shipped derivations need it for 35 operations.
_MOST_OPERATIONS = 100
_ENTIRE = (
    sp.exp,
    sp.sin,
    sp.cos,
    sp.sinh,
    sp.cosh,
    sp.tanh,
    sp.atan,
    sp.asinh,
    sp.erf,
    sp.erfc,
    sp.Abs,
    sp.Max,
    sp.Min,
)
_TOTAL = (*_ENTIRE, sp.Add, sp.Mul, sp.floor, sp.ceiling, sp.Piecewise, ExprCondPair, Boolean)
_POSITIVE_ARGUMENT = (sp.log, sp.gamma, sp.loggamma, sp.digamma)


def _plain(expression: sp.Expr, *, strict: bool) -> bool:
    return bool(expression.is_positive if strict else expression.is_nonnegative)


def _term_by_term(expression: sp.Expr, *, strict: bool) -> bool:
    """Whether every term is nonnegative, and one of them positive if need be."""
    terms = sp.Add.make_args(expression)
    return all(term.is_nonnegative for term in terms) and (not strict or any(term.is_positive for term in terms))


def _multiplied_out(expression: sp.Expr) -> sp.Expr:
    return expression if is_long(expression) else sp.expand(expression)


def _by_factors(expression: sp.Expr, *, strict: bool) -> bool:
    """Decide the sign of a product from its factors, each multiplied out if that helps."""
    negative = False
    for factor in sp.Mul.make_args(expression):
        base, exponent = factor.as_base_exp()
        if exponent.is_integer and exponent.is_even and base.is_real:
            if strict and not (
                base.is_nonzero
                or _term_by_term(_multiplied_out(base), strict=True)
                or _term_by_term(_multiplied_out(-base), strict=True)
            ):
                return False
            if not strict and exponent.is_negative and not base.is_nonzero:
                return False
            continue
        whole = exponent.is_integer
        need = strict or not exponent.is_nonnegative
        if _plain(base, strict=need) or _term_by_term(_multiplied_out(base), strict=need):
            continue
        if whole and (_plain(-base, strict=need) or _term_by_term(_multiplied_out(-base), strict=need)):
            negative = negative != bool(exponent.is_odd)
            continue
        return False
    return not negative or (not strict and expression == 0)


def _forms(expression: sp.Expr) -> Iterator[sp.Expr]:
    yield expression
    if is_long(together := sp.together(expression)):
        return
    yield sp.factor(together)
    yield sp.expand(expression)
    yield sp.factor(sp.together(sp.expand(expression, power_exp=True, log=True)))
    if sp.count_ops(expression) <= _MOST_OPERATIONS:
        yield sp.factor_terms(sp.simplify(expression))


def _by_roots(expression: sp.Expr, hypotheses: tuple[sp.Basic, ...], *, strict: bool) -> bool:
    """Count the real roots of a polynomial in one variable on its interval."""
    if len(expression.free_symbols) != 1:
        return False
    (x,) = expression.free_symbols
    interval = interval_of(x, hypotheses)
    numerator, denominator = sp.fraction(sp.together(expression))
    try:
        polynomial = sp.Poly(numerator * denominator, x)
        bottom = sp.Poly(denominator, x)
    except sp.PolynomialError:
        return False
    low, high = interval.low, interval.high
    if not (polynomial.domain.is_ZZ or polynomial.domain.is_QQ):
        return False
    if not all(end.is_Rational or end in (sp.oo, -sp.oo) for end in (low, high)):
        return False
    left, right = (None if low == -sp.oo else low), (None if high == sp.oo else high)
    if left is not None and right is not None:
        sample = (left + right) / 2
    elif left is not None:
        sample = left + 1
    else:
        sample = sp.S.Zero if right is None else right - 1

    def roots_inside(counted: sp.Poly) -> int:
        count = counted.count_roots(left, right)
        ends = [(left, interval.low_open), (right, interval.high_open)]
        return int(count) - sum(1 for end, is_open in ends if end is not None and is_open and counted.eval(end) == 0)

    if bottom.degree() > 0 and roots_inside(bottom):
        return False
    odd = polynomial
    if not strict:  # a root of even multiplicity keeps the sign
        odd = sp.Poly(1, x)
        for factor, power in sp.factor_list(polynomial)[1]:
            odd = odd * factor if power % 2 else odd
    if odd.degree() > 0 and roots_inside(odd):
        ends_only = [end for end in (left, right) if end is not None and odd.eval(end) == 0]
        inner = odd
        for end in ends_only:
            inner = sp.quo(inner, sp.Poly(x - end, x))
        if strict or (inner.degree() > 0 and roots_inside(inner)):
            return False
    if left is not None and left == right:
        return _plain(expression.xreplace({x: left}), strict=strict)
    # No sign change inside: the sign at any point that is not a root is the sign everywhere.
    for _ in range(polynomial.degree() + 2):
        value = expression.xreplace({x: sample})
        if value != 0:
            return bool(value.is_positive)
        sample = (sample + (right if right is not None else sample + 2)) / 2
    return False


def _by_discriminant(expression: sp.Expr) -> bool:
    """Whether a real quadratic in one of its symbols is positive because it opens upwards and has no real root."""
    if is_long(expression):
        return False
    for x in sorted(expression.free_symbols, key=str):
        if not expression.is_polynomial(x):
            continue
        coefficients = sp.Poly(expression, x).all_coeffs()
        if len(coefficients) == 3:
            a, b, c = coefficients
            rootless = sp.factor(4 * a * c - b**2)
            if all(_plain(e, strict=True) or _by_factors(e, strict=True) for e in (a, rootless)):
                return True
    return False


def _freed(expression: sp.Expr) -> sp.Expr:
    """Replace logarithms and exponentials of known sign by free variables of that sign: a larger domain.

    ln w becomes z >= 0 where w >= 1 and -z where w <= 1; e^w becomes 1 + z where w >= 0 and 1/(1 + z) where
    w <= 0.  What is proved for all z holds for the functions.
    """
    table: dict[tuple[str, sp.Expr], sp.Expr] = {}

    def sign_of(w: sp.Expr) -> tuple[int, bool]:
        w = sp.factor(sp.together(w))
        for sign in (1, -1):
            for strict in (True, False):
                if any(proves(sign * w, strict=strict) for proves in (_plain, _by_factors)):
                    return sign, strict
        return 0, False

    def variable(head: str, w: sp.Expr) -> sp.Expr | None:
        if (head, w) not in table:
            sign, strict = sign_of(w)
            z = sp.Dummy("z", positive=True) if strict else sp.Dummy("z", nonnegative=True)
            table[head, w] = sign * z
        return table[head, w] or None

    def logarithm(w: sp.Expr) -> sp.Expr:
        z = variable("log", w - 1) if w.is_positive or sp.factor(sp.together(w)).is_positive else None
        return sp.log(w) if z is None else z

    def exponential(w: sp.Expr) -> sp.Expr:
        z = variable("exp", w)
        if z is None:
            return sp.exp(w)
        return 1 + z if z.is_nonnegative else 1 / (1 - z)

    return expression.replace(sp.log, logarithm).replace(sp.exp, exponential)


def _by_shifting(expression: sp.Expr, hypotheses: tuple[sp.Basic, ...], *, strict: bool) -> bool:
    substitutions, _, _ = shifted(expression.free_symbols, hypotheses)
    for symbol, image in substitutions:
        expression = expression.subs(symbol, image)
    freed = _freed(expression)
    for start in (expression,) if freed == expression else (expression, freed):
        for form in _forms(start):
            if any(proves(form, strict=strict) for proves in (_plain, _term_by_term, _by_factors)):
                return True
    return _by_discriminant(expression)


def _concealed_in(hypothesis: sp.Basic, table: dict[sp.Basic, sp.Dummy]) -> sp.Basic:
    if not isinstance(hypothesis, Relational) or not hypothesis.has(*table):
        return hypothesis
    return hypothesis.func(*(concealed(side, table) for side in hypothesis.args), evaluate=False)


def is_signed(expression: sp.Expr, hypotheses: Iterable[sp.Basic] = (), *, strict: bool) -> bool:
    """Whether the expression is proved >= 0 (or > 0 if `strict`) on the domain of the hypotheses."""
    table: dict[sp.Basic, sp.Dummy] = {}
    expression = concealed(pulled_out(sp.sympify(expression)), table)
    hypotheses = tuple(_concealed_in(hypothesis, table) for hypothesis in hypotheses)
    if _plain(expression, strict=strict):
        return True
    if isinstance(expression, sp.Min):
        return all(is_signed(entry, hypotheses, strict=strict) for entry in expression.args)
    for hypothesis in hypotheses:
        if isinstance(hypothesis, (sp.Le, sp.Lt, sp.Ge, sp.Gt)):
            known = hypothesis.gts - hypothesis.lts
            if (not strict or isinstance(hypothesis, (sp.Lt, sp.Gt))) and _multiplied_out(known - expression) == 0:
                return True
    try:
        refuted((above if strict else at_least)(expression, 0), hypotheses)
    except CheckFailed:
        return False
    try:
        if _by_roots(expression, hypotheses, strict=strict):
            return True
    except (sp.PolynomialError, NotImplementedError):
        pass
    # The change of variable leaves out the upper end of a closed interval: that end is a case of its own.
    for symbol, interval in bounds(expression.free_symbols, hypotheses).items():
        closed = interval.high != sp.oo and interval.low != -sp.oo and not interval.high_open
        if closed and expression.has(symbol):
            end = expression.subs(symbol, interval.high)
            rest = tuple(h for h in hypotheses if not h.has(symbol))
            if end.has(sp.nan, sp.zoo, sp.oo) or not is_signed(end, rest, strict=strict):
                return not strict and vanishes(expression, hypotheses)
    if _by_shifting(expression, hypotheses, strict=strict):
        return True
    return not strict and vanishes(expression, hypotheses)


def nonnegative(expression: sp.Expr, hypotheses: Iterable[sp.Basic] = ()) -> bool:
    """Whether the expression is proved >= 0."""
    return is_signed(expression, hypotheses, strict=False)


def positive(expression: sp.Expr, hypotheses: Iterable[sp.Basic] = ()) -> bool:
    """Whether the expression is proved > 0."""
    return is_signed(expression, hypotheses, strict=True)


def _nonzero(expression: sp.Expr, hypotheses: tuple[sp.Basic, ...]) -> bool:
    for base, _ in (factor.as_base_exp() for factor in sp.Mul.make_args(expression)):
        if isinstance(base, sp.FallingFactorial):  # its last factor is the least
            if not positive(base.args[0] - base.args[1] + 1, hypotheses):
                return False
        elif not (base.is_nonzero or positive(base, hypotheses) or positive(-base, hypotheses)):
            return False
    return True


def defined(expression: sp.Expr, hypotheses: Iterable[sp.Basic] = ()) -> bool:
    """Whether the expression is seen, from the way it is built, to have a value on the whole domain.

    Expectations, sums, integrals and undefined functions are taken to have one.
    """
    hypotheses = tuple(hypotheses)
    if not expression.args or isinstance(expression, OPAQUE):
        return True
    if not all(defined(argument, hypotheses) for argument in expression.args):
        return False
    if expression.is_Pow:
        base, exponent = expression.args
        if exponent.is_integer:
            return bool(exponent.is_nonnegative) or _nonzero(base, hypotheses)
        return positive(base, hypotheses) or (nonnegative(base, hypotheses) and positive(exponent, hypotheses))
    if isinstance(expression, (sp.asin, sp.acos)):
        inner = expression.args[0]
        return nonnegative(1 - inner, hypotheses) and nonnegative(1 + inner, hypotheses)
    if isinstance(expression, sp.FallingFactorial):
        return bool(expression.args[1].is_nonnegative and expression.args[1].is_integer)
    if isinstance(expression, sp.polygamma):
        return positive(expression.args[1], hypotheses)
    if expression.func in _POSITIVE_ARGUMENT or hasattr(expression.func, "arb_value"):
        return all(positive(argument, hypotheses) for argument in expression.args)
    return isinstance(expression, _TOTAL)


def continuous(expression: sp.Expr, x: sp.Symbol, hypotheses: tuple[sp.Basic, ...]) -> bool:
    """Whether the expression is seen, from the way it is built, to be continuous in x on the domain."""
    if not expression.has(x) or expression == x:
        return True
    if not all(continuous(argument, x, hypotheses) for argument in expression.args):
        return False
    if expression.is_Add or expression.is_Mul or expression.func in _ENTIRE:
        return True
    if expression.is_Pow:
        base, exponent = expression.args
        if exponent.is_Integer and exponent >= 0:
            return True
        return (
            bool(base.is_positive)
            or positive(base, hypotheses)
            or (nonnegative(base, hypotheses) and positive(exponent, hypotheses))
            or bool(exponent.is_Integer and positive(-base, hypotheses))
        )
    if expression.func in _POSITIVE_ARGUMENT or getattr(expression.func, "is_smooth", False):
        return all(positive(argument, hypotheses) for argument in expression.args)
    if isinstance(expression, sp.polygamma):
        return positive(expression.args[1], hypotheses)
    if isinstance(expression, (sp.asin, sp.acos)):
        inner = expression.args[0]
        return nonnegative(1 - inner, hypotheses) and nonnegative(1 + inner, hypotheses)
    return False


def path_interval(symbol: sp.Symbol, hypotheses: Iterable[sp.Basic]) -> Interval:
    """Return the interval of a symbol, provided the domain is exactly that interval for fixed other symbols.

    An argument that walks from one value of the symbol to another needs this: a hypothesis of another form,
    or a second bound that is not implied by the first, could lead the walk out of the domain.
    """
    hypotheses = tuple(hypotheses)
    interval = interval_of(symbol, hypotheses)
    rest = tuple(h for h in hypotheses if not h.has(symbol))
    for hypothesis in hypotheses:
        if isinstance(hypothesis, sp.Contains) or not hypothesis.has(symbol):
            continue
        if isinstance(hypothesis, sp.Eq):
            raise CheckFailed(f"the domain of {symbol} must be one interval, got the hypothesis {hypothesis}")
        smaller, larger, _ = sides(hypothesis)
        lower = larger == symbol and not smaller.has(symbol)
        upper = smaller == symbol and not larger.has(symbol)
        if not (
            (lower and nonnegative(interval.low - smaller, rest))
            or (upper and nonnegative(larger - interval.high, rest))
        ):
            raise CheckFailed(f"the domain of {symbol} must be one interval, got the hypothesis {hypothesis} besides")
    assumed = interval_of(symbol, ())
    for ends in ((assumed.low, interval.low), (interval.high, assumed.high)):
        if not any(end in (sp.oo, -sp.oo) for end in ends) and not nonnegative(ends[1] - ends[0], rest):
            raise CheckFailed(f"the domain of {symbol} must be one interval, got {ends[0]} and {ends[1]} as ends")
    return interval


def stand_in(x: sp.Symbol, low: sp.Expr, hypotheses: Iterable[sp.Basic]) -> sp.Dummy:
    """Return a variable for the range above `low` whose assumptions say no more than that range does."""
    known = low.is_finite is not False and nonnegative(low, hypotheses)
    return sp.Dummy(x.name, positive=True) if known else sp.Dummy(x.name, real=True)
