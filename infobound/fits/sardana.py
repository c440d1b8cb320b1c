"""Sardana et al. 2024: fits of the Chinchilla form to runs of up to so many tokens per parameter.

With demand for D_inf tokens at inference the paper minimises 6 N D + 2 N D_inf at a fixed loss (eq. 3).  The numbers
stand in `sardana.toml` as they are printed.
"""

from infobound.fits.chinchilla import FORM
from infobound.fits.reading import Published

__all__ = ["LAWS"]

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.law(raw, FORM) for raw in _PUBLISHED.tables("law"))
