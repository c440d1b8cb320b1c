"""Ghorbani et al. 2021: translation, in the sizes of encoder and decoder.  The form alone; no numbers are shipped."""

from infobound.fits.reading import Form, Published, given, positive

__all__ = ["FORM", "LAWS"]

_N_e, _N_d = (given(name, "parameters", low=1.0, high=1e15) for name in ("N_e", "N_d"))
_Nbar_e, _Nbar_d = (positive(name, "parameters", high=1e12) for name in ("Nbar_e", "Nbar_d"))
_alpha, _L_inf = positive("alpha", high=1e3), given("L_inf", high=1e3)
_p_e, _p_d = (positive(name, high=2.0) for name in ("p_e", "p_d"))
N_e, N_d, Nbar_e, Nbar_d, alpha, L_inf, p_e, p_d = (
    q.symbol for q in (_N_e, _N_d, _Nbar_e, _Nbar_d, _alpha, _L_inf, _p_e, _p_d)
)

# eq. 2
FORM = Form(
    {"irreducible": L_inf, "reducible": alpha * (Nbar_e / N_e) ** p_e * (Nbar_d / N_d) ** p_d},
    [_N_e, _N_d, _Nbar_e, _Nbar_d, _alpha, _p_e, _p_d, _L_inf],
)

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.law(raw, FORM) for raw in _PUBLISHED.tables("law"))
