"""Muennighoff et al. 2023: the Chinchilla form where U unique tokens are repeated.

The numbers stand in `muennighoff.toml` as the authors' code prints them.
"""

import sympy as sp

from infobound.fits.chinchilla import FORM as CHINCHILLA
from infobound.fits.reading import Form, Published, positive
from infobound.symbols import FITS

__all__ = ["FORM", "LAWS", "best_size", "data_worth", "unique"]

N, D, E, A, B, alpha, beta = (FITS[name].symbol for name in ("N", "D", "E", "A", "B", "alpha", "beta"))
_U, _R_D, _R_N = positive("U", "unique tokens", high=1e18), positive("R_D"), positive("R_N")
U, R_D, R_N = (q.symbol for q in (_U, _R_D, _R_N))


def _growth(excess: sp.Expr, decay: sp.Expr) -> sp.Expr:
    """Factor by which a quantity used 1 + excess times is worth more than used once, each repetition worth less."""
    # beyond 800 the exponential is less than any double, and its derivatives would be 0 times infinity
    return 1 + decay * (1 - sp.exp(-sp.Min(excess / decay, 800)))


# eq. 5: unique tokens are at most those trained on
unique = sp.Min(D, U)
data_worth = unique * _growth(sp.Max(D / U, 1) - 1, R_D)
# eq. 6: the size that these unique tokens are best spent on is that of the Chinchilla form, (alpha A / (beta B))
# ^(1/alpha) unique^(beta/alpha), at most N; A over its power alpha is the larger of two terms without A in the second
best_size = (alpha * A / (beta * B)) ** (1 / alpha) * unique ** (beta / alpha)
size_growth = _growth(sp.Max(N / best_size, 1) - 1, R_N)

FORM = Form(
    {
        "irreducible": E,
        "size": sp.Max(A / N**alpha, beta * B / (alpha * unique**beta)) / size_growth**alpha,
        "data": B / data_worth**beta,
    },
    [_U, *CHINCHILLA.parameters, _R_D, _R_N],
    N,
    D,
)

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.law(raw, FORM) for raw in _PUBLISHED.tables("law"))
