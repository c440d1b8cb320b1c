"""What it takes to say how often each distinct atom was drawn from a Pitman-Yor process: exactly, and bounds on it.

Of n draws the numbers of draws of the distinct atoms are a composition of n, if they are told in order of appearance,
or a partition, if they are told in no order.  `composition_nats`, the bound in the laws, is beside the entropy of the
first what `block_start_bound` rounds up (docs/math2.md A5).
"""

import numpy as np
from numpy.typing import NDArray

from infobound.errors import DomainError
from infobound.inputs import as_floats, enforce
from infobound.special import new_share
from infobound.symbols import HEAVY_TAILS, THEORY

__all__ = ["block_size_bound", "block_start_bound", "composition_entropy", "expected_blocks"]

Array = NDArray[np.float64]

# The recursion takes the cube of n steps.
MOST_DRAWS = 1000
# Sizes up to here are counted one by one, larger ones in blocks whose ends lie this far apart, relatively.
SINGLE, APART = 100_000, 1e-3
# From here on Stirling's series gives a quotient of Gamma functions to rounding.
LARGE = 1000.0


def composition_entropy(n: float, K: float, alpha: float = 0.0) -> float:
    r"""Entropy of the numbers of draws of the distinct atoms, in order of appearance, by recursion.

    .. math:: H(n, K) = \sum_m P(m)\,\bigl[H(n-m, K+\alpha) - \ln P(m)\bigr], \qquad
        P(m) = \binom{n-1}{m-1} \frac{(1-\alpha)_{m-1}\,(K+\alpha)_{n-m}}{(K+1)_{n-1}}

    The first atom has m draws with probability P(m), and the others are draws from PY(alpha, K + alpha).

    Parameters
    ----------
    n : float
        Number of draws, whole, at most 1000.
    K, alpha : float
        Concentration and discount; 0 <= alpha < 1, K > 0.

    Returns
    -------
    float
        Nats.

    Raises
    ------
    DomainError

    Notes
    -----
    Source: docs/math2.md A5.

    Examples
    --------
    >>> round(composition_entropy(10, 1), 12)
    4.303761674657
    """
    n, K, alpha = _checked(n, K, alpha)
    if n > MOST_DRAWS:
        raise DomainError(f"n must be at most {MOST_DRAWS} for the recursion, got n={n:g}")
    draws = int(n)
    later = np.arange(draws, dtype=float)
    # rows: draws that are left; columns: how many of them, beside the first, are of its atom
    left, same = np.indices((draws, draws))
    others = np.maximum(left - same, 0)
    possible = same <= left
    of_same = _log_rising(1 - alpha, later)[same]
    entropy = np.zeros(draws + 1)
    # after so many atoms, from the last one that there can be
    for atoms in range(draws - 1, -1, -1):
        mass = K + atoms * alpha
        log_chance = of_same + _log_rising(mass + alpha, later)[others] - _log_rising(mass + 1, later)[:, None]
        summands = np.where(possible, np.exp(log_chance) * (entropy[others] - log_chance), 0.0)
        entropy = np.append(0.0, summands.sum(1))
    return float(entropy[draws])


def block_start_bound(n: float, K: float, alpha: float = 0.0) -> float:
    r"""Upper bound on `composition_entropy`: written atom by atom, a draw starts a block or goes on with one.

    .. math:: H \le (n-1)\,h(q), \qquad h(q) = -q\ln q - (1-q)\ln(1-q), \quad q = \frac{A-1}{n-1}

    with A = A(n, K, alpha), the expected number of distinct atoms.  It holds for every exchangeable partition.  Of
    the laws' `composition_nats` it is the form before h(q) <= q (1 - ln q).  Parameters, unit, errors and source are
    those of `composition_entropy`, for any whole n.

    Examples
    --------
    >>> round(block_start_bound(10, 1, 0.5), 3)
    6.236
    """
    n, K, alpha = _checked(n, K, alpha)
    share = float(new_share.mp_value(n, K, alpha))
    # a share of one: all draws are new, and nothing is to be said
    coin = -share * np.log(share) - (1 - share) * np.log1p(-share) if share < 1 else 0.0
    return float((n - 1) * coin)


def block_size_bound(n: float, K: float, alpha: float = 0.0) -> float:
    r"""Upper bound on the entropy of the numbers of draws in no order: how many atoms have how many draws.

    .. math:: H \le \sum_{m=1}^n h(\mathbb{E}C_m), \qquad h(\mu) = (1+\mu)\ln(1+\mu) - \mu\ln\mu

    with `expected_blocks` of size m.  Beyond a size of 1e5 sizes are taken together, each at the larger of the values
    at the two ends, between which none is larger.  For alpha > 0 it grows like n^(alpha/(1+alpha)), more slowly than
    the number of atoms; a code that needs no order may use it.  Parameters, unit, errors and source are those of
    `composition_entropy`, for any whole n.

    Examples
    --------
    >>> round(block_size_bound(10, 1, 0.5), 3)
    6.548
    """
    n, K, alpha = _checked(n, K, alpha)
    sizes = np.arange(1.0, min(n, SINGLE) + 1)
    total = _geometric_nats(expected_blocks(sizes, n, K, alpha)).sum()
    if n > SINGLE:
        ends = np.unique(np.floor(np.geomspace(SINGLE + 1, n + 1, int(np.log(n / SINGLE) / APART) + 2)))
        first, last = ends[:-1], ends[1:] - 1
        most = np.maximum(*(expected_blocks(end, n, K, alpha) for end in (first, last)))
        total += ((last - first + 1) * _geometric_nats(most)).sum()
    return float(total)


def expected_blocks(m: Array, n: float, K: float, alpha: float) -> Array:
    r"""Expected number of atoms that have m of n draws, for whole m from 1 to n.

    .. math:: \mathbb{E}C_m = \binom nm \frac{(1-\alpha)_{m-1}\,(K+\alpha)_{n-m}}{(K+1)_{n-1}}

    Relative to the value, the rounding is that of K ln n.  Source: docs/math2.md A5.

    Examples
    --------
    >>> sizes = np.arange(1.0, 11)
    >>> float(round((sizes * expected_blocks(sizes, 10, 1, 0.5)).sum(), 12))
    10.0
    """
    from scipy.special import gammaln

    nats = gammaln(K + 1) - gammaln(K + alpha) - gammaln(1 - alpha)
    nats -= _log_gamma_quotient(m - alpha, 1 + alpha) + _log_gamma_quotient(np.asarray(n + 1.0), K - 1)
    return np.asarray(np.exp(nats + _log_gamma_quotient(n - m + 1.0, K + alpha - 1)))


def _checked(n: float, K: float, alpha: float) -> tuple[float, float, float]:
    """Check the three numbers."""
    domains = {"n": THEORY["n"].domain, "K": THEORY["K"].domain, "alpha": HEAVY_TAILS["alpha"].domain}
    given = {"n": n, "K": K, "alpha": alpha}
    for name, domain in domains.items():
        enforce(name, as_floats(name, given[name]), domain)
    if n != np.floor(n):
        raise DomainError(f"n must be a whole number, got n={n:g}")
    return float(n), float(K), float(alpha)


def _log_rising(x: float, k: Array) -> Array:
    """Logarithms of (x)_k / k! for k = 0, 1, 2, ..."""
    return np.append(0.0, np.cumsum(np.log((x + k[:-1]) / (1 + k[:-1]))))


def _geometric_nats(mean: Array) -> Array:
    """Largest entropy of a count of this mean: (1+x) ln(1+x) - x ln x."""
    return np.asarray(np.log1p(mean) + mean * np.log1p(1 / np.maximum(mean, 1e-300)))


def _log_gamma_quotient(x: Array, step: float) -> Array:
    """Logarithm of Gamma(x + step)/Gamma(x), for positive x and x + step."""
    from scipy.special import gammaln

    y = x + step
    stirling = step * (np.log(x) - 1) + (y - 0.5) * np.log1p(step / x) - step / (12 * x * y)
    direct = gammaln(np.minimum(y, LARGE + abs(step))) - gammaln(np.minimum(x, LARGE))
    return np.where(np.minimum(x, y) > LARGE, stirling, direct)
