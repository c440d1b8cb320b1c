"""Kaplan et al. 2020: power laws of language models in size, data and compute, one by one and jointly.

The numbers stand in `kaplan.toml` as they are printed.  Compute is in operations here and in PF-days in the paper.
"""

import sympy as sp

from infobound.fits.reading import PF_DAY, Form, Published, compute, log1pexp_of_negative, positive
from infobound.symbols import FITS, C

__all__ = ["FORMS", "LAWS"]

N, D = FITS["N"].symbol, FITS["D"].symbol
_N_c, _D_c, _C_c = positive("N_c", "parameters"), positive("D_c", "tokens"), positive("C_c", "PF-days")
_alpha_N, _alpha_D, _alpha_C = (positive(f"alpha_{letter}") for letter in "NDC")
_N_1, _a = positive("N_1", "parameters at 1 PF-day"), positive("a")

N_c, D_c, C_c, alpha_N, alpha_D, alpha_C, N_1, a = (
    q.symbol for q in (_N_c, _D_c, _C_c, _alpha_N, _alpha_D, _alpha_C, _N_1, _a)
)

# eq. 1.5, [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D, through the logarithms of its two parts, so that neither
# part's power swallows the other
_by_size, _by_data = alpha_N * sp.log(N_c / N), alpha_D * sp.log(D_c / D)
_joint = sp.exp(sp.Max(_by_size, _by_data) + alpha_D * log1pexp_of_negative((_by_size - _by_data) / alpha_D))

FORMS = {
    # eq. 1.1
    "size": Form({"loss": (N_c / N) ** alpha_N}, [_N_c, _alpha_N], size=N),
    # eq. 1.2
    "data": Form({"loss": (D_c / D) ** alpha_D}, [_D_c, _alpha_D], data=D),
    # eq. 1.3
    "compute": Form({"loss": (PF_DAY * C_c / C) ** alpha_C}, [compute, _C_c, _alpha_C]),
    "joint": Form({"loss": _joint}, [_N_c, _D_c, _alpha_N, _alpha_D], size=N, data=D),
}

_PUBLISHED = Published(__file__)

LAWS = (
    *(_PUBLISHED.law(raw, FORMS[raw["form"]]) for raw in _PUBLISHED.tables("law")),
    # eq. 1.7
    *(_PUBLISHED.rule(raw, N_1 * (C / PF_DAY) ** a, (_N_1, _a)) for raw in _PUBLISHED.tables("rule")),
)
