"""Compiled twins of the Pitman-Yor teacher's functions, to the accuracy contract over real arguments.

Each public name is that of the SymPy head it implements.  With

    sum_i log(1 + alpha/(K+i)) / alpha  =  int_0^1 sum_i 1/(K+alpha t+i) dt

everything about the draws is an average over t of sums known from the Dirichlet process, which twelve Gauss
nodes give to rounding; everything about the truncation is one Euler-Maclaurin sum (docs/math2.md A4, A6).
"""

from math import nan

from numpy import ceil, floor

from infobound.kernels.compiling import jit
from infobound.kernels.elementary import exp, expm1, log, log1p, power
from infobound.kernels.twins import (
    EULER_MACLAURIN,
    expected_atoms_slope,
    harmonic,
    scaled_polygamma,
    scaled_polygamma_slope,
    shift_to,
)

__all__ = [
    "admissible_atoms",
    "digamma_quotient",
    "digamma_quotient_slope",
    "log_remainder",
    "log_remainder_bend",
    "log_remainder_fall",
    "log_remainder_slope",
    "log_remainder_tilt",
    "pitman_yor_atoms",
    "pitman_yor_atoms_slope",
    "pitman_yor_atoms_tilt",
]

# Nodes and weights of Gauss and Legendre on [0, 1]: the nearest singularity lies at t = -1, so twelve err by 1e-18.
NODES = (
    0.009219682876640375,
    0.04794137181476257,
    0.11504866290284765,
    0.2063410228566913,
    0.3160842505009099,
    0.43738329574426554,
    0.5626167042557345,
    0.6839157494990901,
    0.7936589771433087,
    0.8849513370971523,
    0.9520586281852375,
    0.9907803171233597,
)
WEIGHTS = (
    0.023587668193255914,
    0.05346966299765921,
    0.08003916427167311,
    0.10158371336153296,
    0.1167462682691774,
    0.12457352290670139,
    0.12457352290670139,
    0.1167462682691774,
    0.10158371336153296,
    0.08003916427167311,
    0.05346966299765921,
    0.023587668193255914,
)


@jit
def relative_log1p(x: float) -> float:
    """log(1+x) / x, and 1 at 0."""
    return log1p(x) / x if x != 0.0 else 1.0


@jit
def relative_expm1(x: float) -> float:
    """(e^x - 1) / x, and 1 at 0."""
    return expm1(x) / x if x != 0.0 else 1.0


@jit
def lag(x: float) -> float:
    """(x - log(1+x)) / x^2 for x >= 0, by its series in z = x/(2+x) where x is small."""
    if x > 0.2:
        return (x - log1p(x)) / (x * x)
    z = x / (2.0 + x)
    zz = z * z
    odd = 1 / 3 + zz * (1 / 5 + zz * (1 / 7 + zz * (1 / 9 + zz * (1 / 11 + zz * (1 / 13 + zz / 15)))))
    # x - log(1+x) = 2z/(1-z) - 2z - 2 z^3 odd, and x = 2z/(1-z)
    return 0.5 * (1.0 - z) * (1.0 - z * (1.0 - z) * odd)


@jit
def growth(length: float, K: float, alpha: float) -> tuple[float, float, float]:
    """G = sum_{i=1}^{length} log(1 + alpha/(K+i)) / alpha, (e^(alpha G) - 1) / alpha and e^(alpha G).

    The power is taken of the sum's leading part, whose logarithm is large where the length is.
    """
    shift = shift_to(K + 1.0)
    a = K + 1.0 + shift
    rest = 0.0
    for j in range(12):
        y = K + alpha * NODES[j]
        lead = log1p(alpha * NODES[j] / (y + 1.0 + shift) * (length / (a + length)) * -1.0)
        rest += WEIGHTS[j] * (harmonic(length, y, shift) - log1p(length / (y + 1.0 + shift)) + lead)
    total = log1p(length / a) + rest
    if alpha * total < 1.0:
        return total, total * relative_expm1(alpha * total), exp(alpha * total)
    raised = power(1.0 + length / a, alpha) * exp(alpha * rest)
    return total, (raised - 1.0) / alpha, raised


@jit
def pitman_yor_atoms(n: float, K: float, alpha: float) -> float:
    """A = 1 + (K + alpha) (e^(alpha G) - 1) / alpha: all terms are positive."""
    if not (n >= 1.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    _, grown, _ = growth(n - 1.0, K, alpha)
    return 1.0 + (K + alpha) * grown


@jit
def inverse_squares(length: float, y: float) -> float:
    """sum_{i=1}^{length} 1/(y+i)^2, continued to real length."""
    shift = shift_to(y + 1.0)
    total = 0.0
    for i in range(int(shift)):
        low = y + 1.0 + i
        high = low + length
        total += length / high * (1.0 / low + 1.0 / high) / low
    a = y + 1.0 + shift
    u, v = 1.0 / a, 1.0 / (a + length)
    gap = length * u * v
    # u^(2k+1) - v^(2k+1) = (u - v) * powers, the Bernoulli numbers being 2k times the coefficients
    corrections, powers, power_of_u, order = 1.0 + 0.5 * (u + v), 1.0, 1.0, 0.0
    for coefficient in EULER_MACLAURIN:
        power_of_u *= u
        powers = power_of_u + v * powers
        power_of_u *= u
        powers = power_of_u + v * powers
        order += 2.0
        corrections += order * coefficient * powers
    return total + gap * corrections


@jit
def pitman_yor_atoms_slope(n: float, K: float, alpha: float) -> float:
    """dA/dK = E mean_t sum_i (i - alpha (1-t)) / (K+alpha t+i)^2 - G (E - (E-1)/(alpha G)), E = e^(alpha G).

    What is left to cancel is a factor of 1 - alpha.
    """
    if not (n >= 1.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    length = n - 1.0
    total, _, raised = growth(length, K, alpha)
    mean = 0.0
    for j in range(12):
        y = K + alpha * NODES[j]
        slope = expected_atoms_slope(n, y) - alpha * (1.0 - NODES[j]) * inverse_squares(length, y)
        mean += WEIGHTS[j] * slope
    return raised * mean - total * rise(alpha * total, raised)


@jit
def rise(z: float, raised: float) -> float:
    """e^z - (e^z - 1)/z for z >= 0, e^z given; by its series sum_k k z^k / (k+1)! where z is small."""
    if z > 0.3:
        return raised - (raised - 1.0) / z
    # the coefficients k/(k+1)! from the twelfth down
    value, k, factorial = 0.0, 12.0, 6227020800.0
    for _ in range(12):
        value = (value + k / factorial) * z
        factorial /= k + 1.0
        k -= 1.0
    return value


@jit
def pitman_yor_atoms_tilt(n: float, K: float, alpha: float) -> float:
    """dA/dalpha from d(alpha G)/dalpha = sum_i 1/(K+alpha+i) and dG/dalpha = -mean_t t sum_i 1/(K+alpha t+i)^2."""
    if not (n >= 1.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    length = n - 1.0
    total, _, raised = growth(length, K, alpha)
    z = alpha * total
    moved = harmonic(length, K + alpha, shift_to(K + alpha + 1.0))
    mean = 0.0
    for j in range(12):
        mean += WEIGHTS[j] * NODES[j] * inverse_squares(length, K + alpha * NODES[j])
    # the derivative of (e^z - 1)/z is rise(z)/z, and 1/2 at 0
    bent = rise(z, raised) / z if z > 0.0 else 0.5
    return raised * moved + K * (total * bent * moved - mean * relative_expm1(z))


@jit
def digamma_quotient(x: float, alpha: float) -> float:
    """X mean_t psi'(x + alpha t)."""
    if not (x > 0.0 and 0.0 <= alpha <= 1.0):
        return nan
    mean = 0.0
    # from x >= 16 on, where the nodes are exact
    shift = shift_to(x)
    for i in range(int(shift)):
        mean += x / ((x + i) * (x + i + alpha))
    for j in range(12):
        y = x + shift + alpha * NODES[j]
        mean += WEIGHTS[j] * scaled_polygamma(1.0, y) * (x / y)
    return mean


@jit
def digamma_quotient_slope(x: float, alpha: float) -> float:
    """sum_{i>=0} of the derivative of x/((x+i)(x+i+alpha)) in ln x: x (i(i+alpha) - x^2) / ((x+i)(x+i+alpha))^2."""
    if not (x > 0.0 and 0.0 <= alpha <= 1.0):
        return nan
    total = 0.0
    shift = shift_to(x)
    for i in range(int(shift)):
        low, high = x + i, x + i + alpha
        total += x / low / high * ((i / low) * ((i + alpha) / high) - x / low * (x / high))
    for j in range(12):
        # x psi'(z) + x^2 psi''(z) at z = x + beyond: psi' + z psi'' is small
        beyond = shift + alpha * NODES[j]
        z = x + beyond
        bend = beyond / z * scaled_polygamma(2.0, z)
        total += WEIGHTS[j] * (x / z) * (scaled_polygamma_slope(1.0, z) - bend)
    return total


@jit
def shift_by(g: float, alpha: float) -> float:
    """Whole steps of alpha that carry g to at least 16 alpha."""
    return ceil(16.0 - g / alpha) if g < 16.0 * alpha else 0.0


@jit
def log_remainder(m: float, K: float, alpha: float) -> float:
    """-sum_{j=1}^m log(1 + c/(K+alpha j)) with c = 2 - alpha, in units that leave alpha = 0 regular.

    The integral is int_0^m log(1 + c/(g+alpha u)) du, a second difference of x ln x that is symmetric in
    p = alpha m / g and q = c / g, and is written so that nothing in it cancels.
    """
    if not (m >= 0.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    c, span = 2.0 - alpha, alpha * m
    shift = shift_by(K + alpha, alpha)
    total = 0.0
    for i in range(int(shift)):
        g = K + alpha * (1.0 + i)
        total += log1p(c / g * (span / (g + c + span)))
    g = K + alpha * (1.0 + shift)
    p, q = span / g, c / g
    share = q / (1.0 + q)
    integral = log1p(q / (1.0 + p)) + share * relative_log1p(p / (1.0 + q))
    integral -= share / (1.0 + p) * relative_log1p(-share * (p / (1.0 + p)))
    total += m * integral + 0.5 * log1p(q * (p / (1.0 + p + q)))
    return -total - reciprocal_powers(g, c, span, alpha)


@jit
def reciprocal_powers(g: float, c: float, span: float, alpha: float) -> float:
    """Euler-Maclaurin terms of sum_j log(1 + c/(K+alpha j)) between g and g + span."""
    start, start_far = alpha / g, alpha / (g + c)
    end, end_far = alpha / (g + span), alpha / (g + span + c)
    corrections, order = 0.0, 1.0
    a, b, d, e = start, start_far, end, end_far
    for coefficient in EULER_MACLAURIN:
        corrections += coefficient / order * ((a - b) - (d - e))
        a *= start * start
        b *= start_far * start_far
        d *= end * end
        e *= end_far * end_far
        order += 2.0
    return corrections


@jit
def log_remainder_fall(m: float, K: float, alpha: float) -> float:
    """sum_{i>=0} alpha (1/g_i - 1/(g_i+c)) at g_i = K + alpha (m+1+i), c = 2 - alpha; log(1 + c/K) at alpha = 0."""
    if not (m >= 0.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    c, g = 2.0 - alpha, K + alpha * (m + 1.0)
    total = 0.0
    shift = shift_by(g, alpha)
    for _ in range(int(shift)):
        total += alpha / g * (c / (g + c))
        g += alpha
    near, far = alpha / g, alpha / (g + c)
    total += log1p(c / g) + 0.5 * near * (c / (g + c))
    a, b = near * near, far * far
    for coefficient in EULER_MACLAURIN:
        total += coefficient * (a - b)
        a *= near * near
        b *= far * far
    return total


@jit
def log_remainder_bend(m: float, K: float, alpha: float) -> float:
    """sum_{i>=0} alpha^2 (1/g_i^2 - 1/(g_i+c)^2), the derivative of -`log_remainder_fall` in m."""
    if not (m >= 0.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    c, g = 2.0 - alpha, K + alpha * (m + 1.0)
    total = 0.0
    shift = shift_by(g, alpha)
    for _ in range(int(shift)):
        total += (alpha / g + alpha / (g + c)) * (alpha / g * (c / (g + c)))
        g += alpha
    near, far = alpha / g, alpha / (g + c)
    total += near * (c / (g + c)) * (1.0 + 0.5 * (near + far))
    a, b, order = near * near * near, far * far * far, 0.0
    for coefficient in EULER_MACLAURIN:
        order += 2.0
        total += order * coefficient * (a - b)
        a *= near * near
        b *= far * far
    return total


@jit
def log_remainder_slope(m: float, K: float, alpha: float) -> float:
    """sum_{j=1}^m (1/g_j - 1/(g_j+c)) at g_j = K + alpha j."""
    if not (m >= 0.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    c, span = 2.0 - alpha, alpha * m
    total = 0.0
    shift = shift_by(K + alpha, alpha)
    for i in range(int(shift)):
        g = K + alpha * (1.0 + i)
        total += fallen(g, c, span)
    g = K + alpha * (1.0 + shift)
    high = g + span
    ends = c / g / (high + c)
    total += m * ends * relative_log1p(span * ends) + 0.5 * fallen(g, c, span)
    near, near_far = alpha / g, alpha / (g + c)
    end, end_far = alpha / high, alpha / (high + c)
    a, b, d, e = near / g, near_far / (g + c), end / high, end_far / (high + c)
    for coefficient in EULER_MACLAURIN:
        total += coefficient * ((a - b) - (d - e))
        a *= near * near
        b *= near_far * near_far
        d *= end * end
        e *= end_far * end_far
    return total


@jit
def fallen(g: float, c: float, span: float) -> float:
    """Difference of 1/g - 1/(g+c) between g and g + span."""
    high = g + span
    return c / g / (g + c) * (span / high) * ((g + high + c) / (high + c))


@jit
def log_remainder_tilt(m: float, K: float, alpha: float) -> float:
    """sum_{j=1}^m (K+2j) / (g_j (g_j+c)) at g_j = K + alpha j, the derivative of each logarithm in alpha."""
    if not (m >= 0.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    c, span = 2.0 - alpha, alpha * m
    total = 0.0
    shift = shift_by(K + alpha, alpha)
    for i in range(int(shift)):
        total += tilted(1.0 + i, K, alpha) - tilted(1.0 + i + m, K, alpha)
    g = K + alpha * (1.0 + shift)
    first, last = tilted(1.0 + shift, K, alpha), tilted(1.0 + shift + m, K, alpha)
    x = span / g
    if x > 1.0:
        y = span / (g + c)
        difference = log1p(x * (c / (g + c)) / (1.0 + y))
        total += (2.0 * log1p(y) - K * difference) / (alpha * alpha)
    else:
        y = c / g / (g + c + span)
        bent = K * (y / (g + c) + y * y * lag(span * y)) - 2.0 * lag(span / (g + c)) / (g + c) / (g + c)
        total += m * (first + m * bent)
    total += 0.5 * (first - last)
    high = g + span
    scale = 1.0
    a, b = (K + 2.0) / (g + c) / (g + c), K / g / g
    d, e = (K + 2.0) / (high + c) / (high + c), K / high / high
    for coefficient in EULER_MACLAURIN:
        total += coefficient * scale * ((d - e) - (a - b)) * -1.0
        a /= (g + c) * (g + c)
        b /= g * g
        d /= (high + c) * (high + c)
        e /= high * high
        scale *= alpha * alpha
    return total


@jit
def tilted(j: float, K: float, alpha: float) -> float:
    """(K + 2j) / (g (g+c)) at g = K + alpha j."""
    g = K + alpha * j
    return (K + 2.0 * j) / g / (g + 2.0 - alpha)


@jit
def atom_excess(k: float, log_level: float, K: float, alpha: float) -> float:
    """Logarithm of the k-th atom's mean square in units of the distortion."""
    return log_level + log_remainder(k, K, alpha) - log(K + alpha * k)


@jit
def admissible_atoms(n: float, level: float, K: float, alpha: float) -> float:
    """min(n, M): the width itself if its last atom is admissible, else the root rounded down.

    The logarithm is convex in k, so that Newton's method rises to the root from the first atom.
    """
    if not (n >= 1.0 and level > 0.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    log_level = log(level) + log(2.0 - alpha)
    if atom_excess(ceil(n), log_level, K, alpha) >= 0.0:
        return n
    excess = atom_excess(1.0, log_level, K, alpha)
    if excess < 0.0:
        return 0.0
    k, step = 1.0, 1.0
    for _ in range(500):
        if not (excess > 0.0 and step > 1e-3 and step > 1e-15 * k):
            break
        step = excess / (log_remainder_fall(k, K, alpha) + alpha / (K + alpha * k))
        k += step
        excess = atom_excess(k, log_level, K, alpha)
    # the root is within a hair: let the atoms beside it decide
    last = float(floor(k))
    if atom_excess(last + 1.0, log_level, K, alpha) >= 0.0:
        last += 1.0
    if last > 1.0 and atom_excess(last, log_level, K, alpha) < 0.0:
        last -= 1.0
    return last
