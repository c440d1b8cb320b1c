"""Zhai et al. 2021: error rates of vision transformers in compute, with a shift that bends the curve at its start.

The numbers stand in `zhai.toml` as they are printed.
"""

from infobound.fits.reading import Form, Published, given, positive

__all__ = ["FORM", "LAWS"]

_X = given("X", "the paper's unit of compute, not operations (not verified)", high=1e9)
_E, _A, _shift, _alpha = given("E"), positive("A"), positive("shift"), positive("alpha")

FORM = Form(
    {"irreducible": _E.symbol, "reducible": _A.symbol / (_X.symbol + _shift.symbol) ** _alpha.symbol},
    [_X, _E, _A, _shift, _alpha],
)

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.law(raw, FORM) for raw in _PUBLISHED.tables("law"))
