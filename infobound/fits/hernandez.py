"""Hernandez et al. 2021: the data that pre-training is worth when a model is fine-tuned.

The numbers stand in `hernandez.toml` as they are printed.
"""

from infobound.fits.reading import Form, Published, given, positive

__all__ = ["FORM", "LAWS"]

_N = given("N", "parameters", low=1.0, high=1e15)
_D_F = given("D_F", "as in the paper (not verified)", low=1.0, high=1e18)
_k, _alpha, _beta = positive("k"), positive("alpha"), positive("beta")

# eq. 1.1: D_T = k D_F^alpha N^beta
FORM = Form(
    {"transferred": _k.symbol * _D_F.symbol**_alpha.symbol * _N.symbol**_beta.symbol}, [_N, _D_F, _k, _alpha, _beta]
)

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.law(raw, FORM) for raw in _PUBLISHED.tables("law"))
