"""Llama 3, 2024: tokens that a compute budget is best spent on, in the two versions that the paper prints.

The numbers stand in `llama.toml` as they are printed.
"""

from infobound.fits.reading import Published, positive
from infobound.symbols import C

__all__ = ["LAWS"]

_A, _alpha = positive("A", "tokens"), positive("alpha")

_PUBLISHED = Published(__file__)

# section 3.2.1: tokens are A C^alpha; the size is what C = 6 N D leaves
LAWS = tuple(
    _PUBLISHED.rule(raw, C / (6 * _A.symbol * C**_alpha.symbol), (_A, _alpha)) for raw in _PUBLISHED.tables("rule")
)
