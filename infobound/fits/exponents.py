"""Exponents of size and data in compute, of text and much else, for which no loss was read.

Most sources print the exponents alone: `compare` sets these beside others, and an allocation needs k in N = k C^a.
The numbers stand in `exponents.toml` as they are printed.
"""

from infobound.fits.reading import Published, positive, scale
from infobound.symbols import C

__all__ = ["LAWS"]

_alpha, _beta = positive("alpha"), positive("beta")

_PUBLISHED = Published(__file__)

LAWS = (
    *_PUBLISHED.exponents(),
    # printed are the exponents of E + A/N^alpha + B/D^beta, whose optimum has N ~ C^(beta/(alpha+beta))
    *(
        _PUBLISHED.rule(
            raw, scale.symbol * C ** (_beta.symbol / (_alpha.symbol + _beta.symbol)), (scale, _alpha, _beta)
        )
        for raw in _PUBLISHED.tables("loss_exponents")
    ),
)
