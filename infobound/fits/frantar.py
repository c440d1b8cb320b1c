r"""Frantar et al. 2023: networks that have a share S of their weights set to zero.

.. math:: L = (a_S (1 - S)^{b_S} + c_S) N^{-b_N} + (a_D / D)^{b_D} + c

N counts the weights that are not zero; a network of these has N / (1 - S) weights, zeros among them.  The numbers
stand in `frantar.toml` as they are printed.
"""

import sympy as sp

from infobound.fits.reading import Form, Published, given, positive
from infobound.record import Parameter
from infobound.symbols import FITS

__all__ = ["FORMS", "LAWS", "by_sparsity"]

N, D = FITS["N"].symbol, FITS["D"].symbol
_S = Parameter(
    sp.Symbol("S", positive=True), sp.Integer(0), low=0.0, high=0.99, below=1.0, source="dense where none is given"
)
_a_S, _b_S, _c_S, _b_N, _b_D = (positive(name) for name in ("a_S", "b_S", "c_S", "b_N", "b_D"))
_a_D, _e, _c = positive("a_D", "as D"), positive("e"), given("c")
S, a_S, b_S, c_S, b_N, b_D, a_D, e, c = (q.symbol for q in (_S, _a_S, _b_S, _c_S, _b_N, _b_D, _a_D, _e, _c))

# eq. 1: how much a network of N weights lacks, by the share of zeros around them
by_sparsity = a_S * (1 - S) ** b_S + c_S

FORMS = {
    "paper": Form(
        {"irreducible": c, "size": by_sparsity / N**b_N, "data": (a_D / D) ** b_D},
        [_S, _a_S, _b_S, _c_S, _b_N, _a_D, _b_D, _c],
        N,
        D,
    ),
    # the authors' notebook counts millions of weights and thousand millions of examples
    "notebook": Form(
        {"irreducible": c, "size": by_sparsity / (N / 10**6) ** b_N, "data": e / (D / 10**9) ** b_D},
        [_S, _a_S, _b_S, _c_S, _b_N, _e, _b_D, _c],
        N,
        D,
    ),
}

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.law(raw, FORMS[raw["form"]]) for raw in _PUBLISHED.tables("law"))
