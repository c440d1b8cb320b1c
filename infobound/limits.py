"""How large an expression may be, and what in it would make SymPy compute for long, though it is small."""

import math

import sympy as sp

from infobound.errors import ExpressionError

__all__ = [
    "DECADES",
    "DEEPEST",
    "GREATEST_EXPONENT",
    "LONGEST",
    "MOST_COMPARISONS",
    "MOST_DEGREES",
    "MOST_DIGITS",
    "MOST_NESTED",
    "MOST_NODES",
    "MOST_ROOTS",
    "MOST_TOKENS",
    "addend",
    "apart",
    "check_exponent",
    "check_powers",
    "check_roots",
    "digits",
    "magnitude",
]

LONGEST = 10_000
DEEPEST = 100
GREATEST_EXPONENT = 1000
# Decades either way in which constants must lie: inside what a double holds.
DECADES = 300
# Digits that powers of constants may have in all, and digits of one number.
MOST_DIGITS = 3000
# Degrees of all polynomials in one symbol: SymPy looks for their real roots to learn their signs.
MOST_DEGREES = 40
# Over all calls of min, max and floor: tokens inside times the square of the number of arguments.
MOST_COMPARISONS = 3000
# Powers of differences inside of one another.
MOST_ROOTS = 3
# Parts of one that is raised again: SymPy takes real and imaginary parts of its logarithm.
MOST_NODES = 30
# Tokens of all terms that are more than one name or number.
MOST_TOKENS = 1000
# Tokens of an expression, each counted as often as it is deep: a derivative has a part for each such pair.
MOST_NESTED = 16_000


def magnitude(number: sp.Rational) -> float:
    """Absolute value, as far as a double goes."""
    return float(min(abs(number), sp.Integer(10) ** DECADES))


def addend(expr: sp.Expr) -> sp.Rational:
    """Rational number that a sum, or a number times a sum, holds beside its symbols."""
    factor, rest = expr.as_coeff_Mul(rational=True)
    return factor * rest.as_coeff_Add(rational=True)[0] if rest.is_Add else sp.S.Zero


def _roots(expr: sp.Expr) -> int:
    """How deep powers are nested whose base is not known to be positive: SymPy takes each apart, within the next."""
    inner = max(map(_roots, expr.args), default=0)
    return inner + bool(expr.is_Pow and not expr.exp.is_Integer and not expr.base.is_nonnegative)


def digits(number: sp.Rational) -> int:
    """Decimal digits of the larger of numerator and denominator, rounded up."""
    return int(max(int(number.p).bit_length(), int(number.q).bit_length()) * math.log10(2)) + 1


def apart(value: float, other: float, place: int) -> None:
    """Refuse constants of which rounding decides which is larger."""
    if abs(value - other) <= 1e-9 * max(1.0, abs(value)):
        raise ExpressionError(
            f"constants that floor, min or max compares must differ by more than 1e-9, got {value:g} and {other:g} at "
            f"character {place}"
        )


def check_exponent(size: float, place: int) -> None:
    """Refuse a constant exponent that is too large."""
    if size > GREATEST_EXPONENT:
        raise ExpressionError(
            f"a constant exponent must be at most {GREATEST_EXPONENT} in size, got {size:g} at character {place}"
        )


def check_powers(built: sp.Expr, place: int) -> None:
    """Refuse exponents that grew beyond their limit as SymPy put powers of powers together."""
    for factor in sp.Mul.make_args(built):
        raised = factor.as_base_exp()[1]
        if factor.is_Pow:
            check_exponent(magnitude(raised if raised.is_Rational else addend(raised)), place)


def check_roots(base: sp.Expr, power: sp.Expr, place: int) -> None:
    """Refuse powers of what may be negative inside of many such powers, and a large one that is raised again."""
    if base.is_Pow and not base.base.is_nonnegative:
        nodes = sum(1 for _ in sp.preorder_traversal(base))
        if nodes > MOST_NODES:
            raise ExpressionError(
                f"a power of what may be negative must have at most {MOST_NODES} parts to be raised again, got {nodes} "
                f"at character {place}"
            )
    if max(_roots(base), _roots(power)) >= MOST_ROOTS:
        raise ExpressionError(
            f"powers, other than whole ones, of what may be negative must be nested at most {MOST_ROOTS} deep, got "
            f"more at character {place}"
        )
