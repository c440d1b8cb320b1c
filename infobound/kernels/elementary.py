"""Logarithms, exponentials and powers without branches or calls, so that loops over them run in vector registers.

Arguments are taken apart into exponent and
fraction by integer arithmetic on the bits of the double; what is left are polynomials.  Results are within two
units in the last place; zeros, infinities, NaN and subnormal numbers come out as in C.  The coefficients of the
logarithm are those of fdlibm's e_log.c (Sun Microsystems, 1993), whose error is below 2^-58.
"""

from math import inf, nan
from typing import TYPE_CHECKING, Any

from numba import types
from numba.extending import intrinsic

from infobound.kernels.compiling import inlined

__all__ = ["exp", "expm1", "log", "log1p", "power", "quick_exp", "quick_log", "quick_log1p", "quick_power"]

# ln 2 in two parts, the first with 21 trailing zero bits
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
INVERSE_LN2 = 1.44269504088896338700
# adding and subtracting it rounds to an integer
ROUNDER = 6755399441055744.0
ROUNDER_BITS = 0x4338000000000000
# bits of sqrt(1/2), between which and sqrt(2) fractions are brought
HALF_ROOT = 0x3FE6A09E667F3BCD
ONE = 0x3FF0000000000000
# the least and the greatest normal number
LEAST, GREATEST = 2.2250738585072014e-308, 1.7976931348623157e308


def _reread(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.bitcast(args[0], context.get_value_type(signature.return_type))


if TYPE_CHECKING:

    def bits_of(number: float) -> int:
        """Bits of a double as an integer."""

    def double_of(bits: int) -> float:
        """Double with the bits of an integer."""

    def fused(a: float, b: float, c: float) -> float:
        """A b + c, rounded once."""
else:

    @intrinsic
    def bits_of(typing, number):
        """Bits of a double as an integer."""
        return types.int64(types.float64), _reread

    @intrinsic
    def double_of(typing, bits):
        """Double with the bits of an integer."""
        return types.float64(types.int64), _reread

    @intrinsic
    def fused(typing, a, b, c):
        """A b + c, rounded once."""
        number = types.float64
        return number(number, number, number), lambda context, builder, signature, args: builder.fma(*args)


@inlined
def parted(x: float) -> tuple[float, float]:
    """K and f with x = 2^k (1 + f), |f| at most about sqrt(2) - 1, for positive finite x."""
    small = x < LEAST
    k, f = parted_normal(x * 18014398509481984.0 if small else x)
    return k - (54.0 if small else 0.0), f


@inlined
def parted_normal(x: float) -> tuple[float, float]:
    """The same for x that is not subnormal."""
    shifted = bits_of(x) + (ONE - HALF_ROOT)
    # whole numbers become doubles by way of the bits, as registers of four have no instruction for it
    k = double_of(((shifted >> 52) & 0x7FF) + ROUNDER_BITS) - (ROUNDER + 1023.0)
    f = double_of((shifted & 0x000FFFFFFFFFFFFF) + HALF_ROOT) - 1.0
    return k, f


@inlined
def of_fraction(f: float) -> float:
    """Difference f - log(1 + f)."""
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    odd = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    half = 0.5 * f * f
    return half - s * (half + even + odd)


@inlined
def log(x: float) -> float:
    """Natural logarithm."""
    k, f = parted(x)
    value = k * LN2_HIGH + (f - (of_fraction(f) - k * LN2_LOW))
    value = -inf if x == 0.0 else value
    value = inf if x == inf else value
    return value if x >= 0.0 else nan


@inlined
def log1p(x: float) -> float:
    """Logarithm of 1 + x."""
    u = 1.0 + x
    value = log1p_inside(x, u)
    value = -inf if u == 0.0 else value
    value = inf if x == inf else value
    return value if u >= 0.0 else nan


@inlined
def log1p_inside(x: float, u: float) -> float:
    """Logarithm of 1 + x for x > -1 and u = 1 + x, rounded; neither infinite."""
    k, f = parted_normal(u)
    # what rounding 1 + x has lost
    rest = u - 1.0
    lost = (x - rest) + (1.0 - (u - rest))
    return k * LN2_HIGH + (f - (of_fraction(f) - (k * LN2_LOW + lost / u)))


@inlined
def quick_log(x: float) -> float:
    """Natural logarithm of a normal positive number; NaN for all others."""
    k, f = parted_normal(x)
    value = k * LN2_HIGH + (f - (of_fraction(f) - k * LN2_LOW))
    return value if LEAST <= x <= GREATEST else nan


@inlined
def quick_log1p(x: float) -> float:
    """Logarithm of 1 + x for finite x > -1; NaN for all others."""
    u = 1.0 + x
    value = log1p_inside(x, u)
    return value if 0.0 < u <= GREATEST else nan


@inlined
def reduced(x: float) -> tuple[float, float]:
    """K and e^r - 1 with x = k ln 2 + r, |r| at most ln(2)/2, for |x| < 2^31."""
    k = (x * INVERSE_LN2 + ROUNDER) - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    far = 1 / 3628800 + r * (1 / 39916800 + r * (1 / 479001600 + r / 6227020800))
    tail = r * (1 / 5040 + r * (1 / 40320 + r * (1 / 362880 + r * far)))
    rest = r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + tail)))))
    return k, r + rest


@inlined
def power_of_two(k: float) -> float:
    """2^k for a whole k between -1022 and 1023."""
    return double_of(bits_of(k + (ROUNDER + 1023.0)) << 52)


@inlined
def exp(x: float) -> float:
    """E^x."""
    held = x if x < 710.0 else 710.0
    held = held if held > -746.0 else -746.0
    k, value = reduced(held)
    half = (k * 0.5 + ROUNDER) - ROUNDER
    value = (1.0 + value) * power_of_two(half) * power_of_two(k - half)
    return value if x == x else nan


@inlined
def quick_exp(x: float) -> float:
    """E^x where that is a normal number; NaN elsewhere, and within 1 of the ends."""
    k, value = reduced(x)
    value = (1.0 + value) * power_of_two(k)
    return value if -707.0 < x < 708.0 else nan


@inlined
def expm1(x: float) -> float:
    """E^x - 1."""
    held = x if x < 710.0 else 710.0
    held = held if held > -60.0 else -60.0
    k, value = reduced(held)
    half = (k * 0.5 + ROUNDER) - ROUNDER
    scale = power_of_two(half)
    rest = power_of_two(k - half)
    value = (scale * value + (scale - 1.0 / rest)) * rest
    return value if x == x else nan


@inlined
def power(base: float, exponent: float) -> float:
    """Base to the exponent for base >= 0; NaN if either is, also where C gives 1 (base 1 or exponent 0).

    The logarithm is carried in two parts, so that the error does not grow with its size.
    """
    high, low = log_in_parts(*parted(base))
    held = exponent if exponent < 1e150 else 1e150
    held = held if held > -1e150 else -1e150
    product = held * high
    missed = fused(held, high, -product) + held * low
    value = exp(product)
    # beyond the range of exp there is nothing to correct
    correction = value * missed
    correction = correction if value < inf else 0.0
    value += correction
    # base 0 and infinity, as in C
    at_zero = 0.0 if exponent > 0.0 else inf
    at_infinity = inf if exponent > 0.0 else 0.0
    value = at_zero if base == 0.0 else value
    value = at_infinity if base == inf else value
    value = 1.0 if exponent == 0.0 else value
    value = value if base >= 0.0 else nan
    return value if exponent == exponent else nan


@inlined
def log_in_parts(k: float, f: float) -> tuple[float, float]:
    """Logarithm of 2^k (1 + f) as the sum of a double and a small one."""
    coarse = k * LN2_HIGH
    upper = coarse + f
    # what the sum has lost (`coarse` is 0 or larger than f), and the rest of the logarithm
    rest = (f - (upper - coarse)) - (of_fraction(f) - k * LN2_LOW)
    high = upper + rest
    return high, rest - (high - upper)


@inlined
def quick_power(base: float, exponent: float) -> float:
    """Base to the exponent where base and power are normal positive numbers; NaN elsewhere."""
    high, low = log_in_parts(*parted_normal(base))
    product = exponent * high
    value = quick_exp(product)
    value += value * (fused(exponent, high, -product) + exponent * low)
    return value if LEAST <= base <= GREATEST else nan
