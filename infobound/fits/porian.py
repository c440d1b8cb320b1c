"""Porian et al. 2024: how Kaplan's exponent becomes Chinchilla's, one correction after another.

The numbers stand in `porian.toml` as they are printed.
"""

from infobound.fits.reading import Published, positive
from infobound.symbols import C

__all__ = ["LAWS"]

_k, _a = positive("k", "parameters", high=1e3), positive("a")

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.rule(raw, _k.symbol * C**_a.symbol, (_k, _a)) for raw in _PUBLISHED.tables("exponents"))
