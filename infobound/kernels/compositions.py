"""Compiled twins of `infobound.special.compositions`.

The first ones follow from the growth of the expected number of distinct atoms; the others from

    sum_i -log(1 - (1-alpha)/(K+1+i)) / (1-alpha)  =  int_0^1 sum_i 1/(K+alpha+(1-alpha)t+i) dt

by the same nodes.
"""

from math import nan

from infobound.kernels.compiling import jit
from infobound.kernels.elementary import exp, log
from infobound.kernels.heavy_tails import (
    NODES,
    WEIGHTS,
    digamma_quotient,
    digamma_quotient_slope,
    growth,
    inverse_squares,
    relative_expm1,
)
from infobound.kernels.twins import harmonic, shift_to

__all__ = [
    "composition_nats",
    "new_share",
    "new_share_fall",
    "novelty_lost",
    "novelty_lost_slope",
    "novelty_lost_tilt",
]


@jit
def new_share(n: float, K: float, alpha: float) -> float:
    """(K + alpha) (e^(alpha G) - 1) / (alpha (n-1)): all terms are positive."""
    if not (n >= 1.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    if n == 1.0:
        return (K + alpha) * (digamma_quotient(K + 1.0, alpha) / (K + 1.0))
    _, grown, _ = growth(n - 1.0, K, alpha)
    return (K + alpha) * (grown / (n - 1.0))


@jit
def composition_nats(n: float, K: float, alpha: float) -> float:
    """(n-1) q (1 - log q)."""
    share = new_share(n, K, alpha)
    return (n - 1.0) * share * (1.0 - log(share))


@jit
def new_share_fall(n: float, K: float, alpha: float) -> float:
    """(n/(n-1)) (1 - A'/q), to a rounding of n/(n-1) times 1; by the second derivative of A where n is close to 1."""
    if not (n >= 1.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    x, length = K + n, n - 1.0
    quotient = digamma_quotient(x, alpha)
    if length < 1e-8:
        return 0.5 * (1.0 - alpha * quotient - digamma_quotient_slope(x, alpha) / quotient) / x
    # A' = (K + alpha A) quotient / x, and A - 1 = (K + alpha) grown
    _, grown, raised = growth(length, K, alpha)
    return n / length * (1.0 - length / x * quotient * (raised / grown))


@jit
def decline(length: float, K: float, alpha: float) -> float:
    """G = sum_{i=1}^{length} -log(1 - (1-alpha)/(K+1+i)) / (1-alpha); c_n / c_1 is exp(-(1-alpha) G)."""
    shift = shift_to(K + 1.0)
    total = 0.0
    for j in range(12):
        total += WEIGHTS[j] * harmonic(length, K + alpha + (1.0 - alpha) * NODES[j], shift)
    return total


@jit
def novelty_lost(n: float, K: float, alpha: float) -> float:
    """(1 - e^-x) / (1-alpha) at x = (1-alpha) G."""
    if not (n >= 1.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    total = decline(n - 1.0, K, alpha)
    return total * relative_expm1((alpha - 1.0) * total)


@jit
def novelty_lost_slope(n: float, K: float, alpha: float) -> float:
    """-e^-x mean_t sum_i 1/(K+alpha+(1-alpha)t+i)^2."""
    if not (n >= 1.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    mean = 0.0
    for j in range(12):
        mean += WEIGHTS[j] * inverse_squares(n - 1.0, K + alpha + (1.0 - alpha) * NODES[j])
    return -exp((alpha - 1.0) * decline(n - 1.0, K, alpha)) * mean


@jit
def novelty_lost_tilt(n: float, K: float, alpha: float) -> float:
    """G^2 (1 - (1+x) e^-x) / x^2 - e^-x mean_t (1-t) sum_i 1/(K+alpha+(1-alpha)t+i)^2."""
    if not (n >= 1.0 and K > 0.0 and 0.0 <= alpha < 1.0):
        return nan
    mean = 0.0
    for j in range(12):
        far = 1.0 - NODES[j]
        mean += WEIGHTS[j] * far * inverse_squares(n - 1.0, K + 1.0 - (1.0 - alpha) * far)
    total = decline(n - 1.0, K, alpha)
    x = (1.0 - alpha) * total
    left = exp(-x)
    return total * total * settled(x, left) - left * mean


@jit
def settled(x: float, left: float) -> float:
    """(1 - (1+x) e^-x) / x^2 for x >= 0, e^-x given; by its series sum_k (k+1) (-x)^k / (k+2)! where x is small."""
    if x > 0.3:
        return (1.0 - (1.0 + x) * left) / (x * x)
    # the coefficients (k+1)/(k+2)! from the eleventh down
    value, k, factorial = 0.0, 11.0, 6227020800.0
    for _ in range(12):
        value = (k + 1.0) / factorial - x * value
        factorial /= k + 2.0
        k -= 1.0
    return value
