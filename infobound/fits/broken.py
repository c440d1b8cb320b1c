r"""Caballero et al. 2022: broken neural scaling laws, power laws joined by smooth breaks.

.. math:: y = a + b x^{-c_0} \prod_{i=1}^{k} (1 + (x/d_i)^{1/f_i})^{-c_i f_i}

Each factor is written through :math:`f \ln(1 + e^{l/f}) = \max(l, 0) + f \ln(1 + e^{-|l|/f})` with
:math:`l = \ln(x/d_i)`, so that a sharp break (small f) does not overflow.  No constants are shipped: they are
those of one curve each.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from infobound.errors import ExpressionError
from infobound.fits.reading import Form, Published, given, log1pexp_of_negative, positive, signed
from infobound.record import Law, Parameter

__all__ = ["LAWS", "broken_law"]

MOST_BREAKS = 20

_X = given("x", low=1e-6, high=1e18)
_PUBLISHED = Published(__file__)


def broken_law(breaks: int) -> Law:
    """Return the broken neural scaling law with a number of breaks.

    Parameters
    ----------
    breaks : int
        From 1 to 20.

    Returns
    -------
    Law
        In x, the quantity that is scaled, with parameters a, b, c_0 and c_i, d_i, f_i for each break: the change of
        the exponent, where it lies, and how sharp it is.

    Raises
    ------
    ExpressionError

    Examples
    --------
    >>> law = broken_law(1)
    >>> law(x=1e6, a=0.1, b=2, c_0=0.1, c_1=0.2, d_1=1e4, f_1=0.5)
    0.299...
    """
    if not isinstance(breaks, int) or isinstance(breaks, bool) or not 1 <= breaks <= MOST_BREAKS:
        raise ExpressionError(f"breaks must be a whole number from 1 to {MOST_BREAKS}, got {breaks!r}")
    (raw,) = _PUBLISHED.tables("law")
    words = "one break" if breaks == 1 else f"{breaks} breaks"
    return _PUBLISHED.law(_named(raw, f"broken_{breaks}", words), _form(breaks))


def _named(raw: Mapping[str, Any], name: str, words: str) -> dict[str, Any]:
    return {**raw, "name": name, "title": f"{raw['title']} with {words}"}


def _form(breaks: int) -> Form:
    # authors' code, 1 and 3 breaks; eq. 1
    x = _X.symbol
    a, b, c_0 = given("a", high=1e3), positive("b", high=1e3), Parameter(sp.Symbol("c_0", real=True), low=0.0, high=2.0)
    parameters: Sequence[Parameter] = [_X, a, b, c_0]
    logarithm = -c_0.symbol * sp.log(x)
    for i in range(1, breaks + 1):
        c, d, f = signed(f"c_{i}", high=2.0), positive(f"d_{i}", high=1e12), positive(f"f_{i}", high=2.0)
        parameters = [*parameters, c, d, f]
        past = sp.log(x / d.symbol)
        logarithm -= c.symbol * (sp.Max(past, 0) + f.symbol * log1pexp_of_negative(past / f.symbol))
    return Form({"limit": a.symbol, "reducible": b.symbol * sp.exp(logarithm)}, parameters)


LAWS = (broken_law(1), broken_law(3))
