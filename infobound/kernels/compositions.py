"""Compiled twins of `infobound.special.compositions`, from the growth of the expected number of distinct atoms."""

from math import nan

from infobound.kernels.compiling import jit
from infobound.kernels.elementary import log
from infobound.kernels.heavy_tails import digamma_quotient, digamma_quotient_slope, growth

__all__ = ["composition_nats", "new_share", "new_share_fall"]


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
