"""MiniCPM 2024: a fixed number of tokens to each parameter.

The numbers stand in `minicpm.toml` as they are printed.
"""

import sympy as sp

from infobound.fits.reading import Published, positive
from infobound.symbols import C

__all__ = ["LAWS"]

_ratio = positive("ratio", "tokens per parameter")

_PUBLISHED = Published(__file__)

# D = ratio N, so that C = 6 ratio N^2
LAWS = tuple(_PUBLISHED.rule(raw, sp.sqrt(C / (6 * _ratio.symbol)), (_ratio,)) for raw in _PUBLISHED.tables("rule"))
