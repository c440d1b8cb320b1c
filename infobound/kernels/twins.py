"""Compiled twins of the special functions, to the accuracy contract over real arguments.

Each public name is that of the SymPy head it implements.
"""

from math import nan, sqrt

from numpy import floor

from infobound.kernels.compiling import inlined
from infobound.kernels.elementary import log1p

__all__ = [
    "admissible_features",
    "codebook_radius",
    "codebook_radius_elasticity",
    "excess",
    "expected_atoms",
    "expected_atoms_slope",
    "greater",
    "lesser",
    "scaled_polygamma",
    "scaled_polygamma_slope",
    "share",
]

# B_2k / 2k for k = 1..6: the Euler-Maclaurin coefficients B_2k / (2k)! times (2k-1)!.
EULER_MACLAURIN = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760)


@inlined
def lesser(a: float, b: float) -> float:
    """Smaller of two numbers; NaN if either is."""
    return a if a < b or a != a else b


@inlined
def greater(a: float, b: float) -> float:
    """Larger of two numbers; NaN if either is."""
    return a if a > b or a != a else b


@inlined
def admissible_features(n: float, x: float) -> float:
    """Smaller of n and x rounded down."""
    return lesser(n, floor(x))


@inlined
def shift_to(x: float) -> float:
    """Whole steps that carry x > 0 to at least 16, where six Euler-Maclaurin terms leave 1e-18."""
    return 17.0 - floor(x) if x < 16.0 else 0.0


@inlined
def harmonic(length: float, y: float, shift: float) -> float:
    """sum_{i=1}^{length} 1/(y+i), continued to real length, without cancellation (docs/math2.md A4 at alpha = 0).

    The sum is shifted until Euler-Maclaurin is exact to rounding.  Every difference f(a) - f(b) of powers is
    written as a multiple of the length.
    """
    x = y + 1.0
    total = 0.0
    # always as many rounds, so that loops over this run in vector registers
    for i in range(16):
        low = x + i
        term = length / (low * (low + length))
        total += term if i < shift else 0.0
    a = x + shift
    b = a + length
    u, v = 1.0 / a, 1.0 / b
    gap = length / a * v
    # sum_k c_k (u^2k - v^2k) = (u^2 - v^2) * sum_k c_k (u^2k-2 + u^2k-4 v^2 + ... + v^2k-2)
    series, powers, power = 0.0, 0.0, 1.0
    for coefficient in EULER_MACLAURIN:
        powers = power + v * v * powers
        series += coefficient * powers
        power *= u * u
    return total + log1p(length / a) + gap * (0.5 + (u + v) * series)


@inlined
def expected_atoms(n: float, K: float) -> float:
    """A = 1 + K * sum_{i=1}^{n-1} 1/(K+i); the length n - 1 is formed before K is added."""
    length = n - 1.0
    atoms = 1.0 + K * harmonic(length, K, shift_to(K + 1.0))
    return atoms if length >= 0.0 and K > 0.0 else nan


@inlined
def excess(length: float, a: float) -> float:
    """log1p(x) - x/(1+x) at x = length/a > -1, by its series in z = x/(2+x) where x is small."""
    b = a + length
    z = length / (a + b)
    if abs(z) > 0.1:
        return log1p(length / a) - length / b
    zz = z * z
    odd = zz * z * (1 / 3 + zz * (1 / 5 + zz * (1 / 7 + zz * (1 / 9 + zz * (1 / 11 + zz * (1 / 13 + zz / 15))))))
    return 2.0 * (zz / (1.0 + z) + odd)


@inlined
def share(x: float) -> float:
    """x/(1+x) for x >= 0, infinite x included."""
    return x / (1.0 + x) if x < 1.0 else 1.0 / (1.0 + 1.0 / x)


@inlined
def expected_atoms_slope(n: float, K: float) -> float:
    """dA/dK = sum_{i=1}^{n-1} i/(K+i)^2, shifted and then by Euler-Maclaurin for g(u) = (u-K)/u^2.

    The integral of g is ln u + K/u; its difference over [a, b] is `excess` plus a positive rest.
    """
    if not (n >= 1.0 and K > 0.0):
        return nan
    length = n - 1.0
    shift = shift_to(K + 1.0)
    total = 0.0
    for i in range(int(shift)):
        low, high = K + 1.0 + i, K + 1.0 + i + length
        # g(low) - g(high) with (1+i)/low^2 - (1+i+length)/high^2 written over the common length
        total += length / high * ((1.0 + i) * (1.0 / low + 1.0 / high) - low / high) / low
    a = K + 1.0 + shift
    b = a + length
    u, v = 1.0 / a, 1.0 / b
    gap = length / b * u
    # -g^(j)(u) = j! (u^-(j+1) - (j+1) K u^-(j+2)) for odd j, its differences over [a, b] multiples of gap:
    # u^m - v^m = gap * powers with powers = u^(m-1) + u^(m-2) v + ... + v^(m-1)
    corrections, powers, power, order = 0.5 * ((1.0 + shift) * u - K * v), 1.0, 1.0, 0.0
    for coefficient in EULER_MACLAURIN:
        power *= u
        even = power + v * powers
        power *= u
        powers = power + v * even
        order += 2.0
        corrections += coefficient * (even - order * K * powers)
    return total + excess(length, a) + gap * (1.0 + shift + corrections)


@inlined
def scaled_polygamma(k: float, x: float) -> float:
    """x^k psi^(k)(x) for k = 1, 2: recurrence up to x >= 16, then the asymptotic series."""
    if not x > 0.0:
        return nan
    shift = shift_to(x)
    y = x + shift
    v = 1.0 / y
    w = v * v
    total = 0.0
    if k == 1.0:
        for i in range(int(shift)):
            ratio = x / (x + i)
            total += ratio * ratio
        series = 1.0 + v * (
            0.5 + v * (1 / 6 - w * (1 / 30 - w * (1 / 42 - w * (1 / 30 - w * (5 / 66 - w * (691 / 2730 - w * 7 / 6))))))
        )
        return total / x + x / y * series
    if k == 2.0:
        for i in range(int(shift)):
            ratio = x / (x + i)
            total += ratio * ratio * ratio
        series = 1.0 + v * (
            1.0 + v * (0.5 - w * (1 / 6 - w * (1 / 6 - w * (0.3 - w * (5 / 6 - w * (691 / 210 - w * 17.5))))))
        )
        ratio = x / y
        return -(2.0 * total / x + ratio * ratio * series)
    return nan


@inlined
def scaled_polygamma_slope(k: float, x: float) -> float:
    """X d/dx of x psi'(x), the only k being 1: sum of x (i-x)/(x+i)^3, shifted and then by its asymptotic series."""
    if not (x > 0.0 and k == 1.0):
        return nan
    shift = shift_to(x)
    y = x + shift
    total = 0.0
    for i in range(int(shift)):
        ratio = x / (x + i)
        total += ratio * ratio / x * ((i - x) / (x + i))
    v = 1.0 / y
    w = v * v
    # y psi'(y) + y^2 psi''(y) without its leading parts, which cancel
    series = -v * (
        0.5 + v * (1 / 3 - w * (2 / 15 - w * (1 / 7 - w * (4 / 15 - w * (25 / 33 - w * (1382 / 455 - w * 49 / 3))))))
    )
    ratio = x / y
    return total + ratio * (shift / y * scaled_polygamma(1.0, y) + ratio * series)


@inlined
def codebook_radius(c: float) -> float:
    """Root of eps^2 (eps+2) = c clamped to 2, without branches.

    With u = sqrt(c/2) the ratio q = eps/u solves q^2 (1 + u q/2) = 1.  A polynomial gives q to 7e-4, a step of
    Halley's method to 1e-10, a step of Newton's method to rounding.
    """
    u = sqrt(0.5 * c)
    q = 0.9993126662 + u * (-0.2353600820 + u * (0.0999362767 + u * (-0.0284922993 + u * 0.0034231812)))
    miss, slope = q * q * (1.0 + 0.5 * u * q) - 1.0, q * (2.0 + 1.5 * u * q)
    q -= 2.0 * miss * slope / (2.0 * slope * slope - miss * (2.0 + 3.0 * u * q))
    q -= (q * q * (1.0 + 0.5 * u * q) - 1.0) / (q * (2.0 + 1.5 * u * q))
    return 2.0 if c >= 16.0 else u * q


@inlined
def codebook_radius_elasticity(c: float) -> float:
    """Derivative of ln eps in ln c; 0 on the clamp."""
    root = codebook_radius(c)
    elasticity = (root + 2.0) / (3.0 * root + 4.0)
    return 0.0 if c >= 16.0 else elasticity
