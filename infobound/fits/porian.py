"""Porian et al. 2024: how Kaplan's exponent becomes Chinchilla's, one correction after another.

The numbers stand in `porian.toml` as they are printed.
"""

from infobound.fits.reading import Published

__all__ = ["LAWS"]

LAWS = Published(__file__).exponents()
