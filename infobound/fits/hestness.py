"""Hestness et al. 2017: learning curves, the error as a power of the number of training samples.

The numbers stand in `hestness.toml` as they are printed.
"""

import sympy as sp

from infobound.fits.reading import Form, Published, positive, signed

__all__ = ["FORM", "LAWS"]

m = sp.Symbol("m", positive=True)
_alpha, _beta_g = positive("alpha"), signed("beta_g")

# the power-law region; beta_g is printed with its sign
FORM = Form({"error": _alpha.symbol * m**_beta_g.symbol}, [_alpha, _beta_g], data=m)

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.law(raw, FORM) for raw in _PUBLISHED.tables("law"))
