"""Mixtures of experts: Clark et al. 2022, Krajewski et al. 2024, Abnar et al. 2025.

Which parameters N counts, all or those active for a token, is said in each law's assumptions.  The numbers stand in
`mixture_of_experts.toml` as they are printed.
"""

import sympy as sp

from infobound.fits.chinchilla import FORM as CHINCHILLA
from infobound.fits.kaplan import FORMS as KAPLAN
from infobound.fits.reading import Form, Published, given, positive, signed
from infobound.symbols import FITS

__all__ = ["FORMS", "LAWS"]

N, D, alpha, beta = (FITS[name].symbol for name in ("N", "D", "alpha", "beta"))
_alpha, _beta = positive("alpha"), positive("beta")
_a, _b, _c, _d, _e = (positive(letter, "nats per token") for letter in "abcde")
_g, _gamma, _delta, _lambda = positive("g"), positive("gamma"), positive("delta"), signed("lambda")
_experts = given("experts", low=1.0, high=512.0)
_G = given("G", low=1.0, high=1e3)
_active = given("active", low=1e-3, high=1.0)
_E_start, _E_max = positive("E_start"), positive("E_max")
# Clark et al.: coefficients of logarithms to base 10
_slope_N, _slope_E, _slope_both, _level = signed("a"), signed("b"), signed("c"), signed("d")

a, b, c, d, e, g, gamma, delta, lambda_, G, active, experts, E_start, E_max = (
    q.symbol for q in (_a, _b, _c, _d, _e, _g, _gamma, _delta, _lambda, _G, _active, _experts, _E_start, _E_max)
)

# Clark et al.: the effective number of experts, E_start for one expert and E_max for endlessly many; the paper's
# 1 / (1 / (E - 1 + 1 / saturation) + 1 / E_max) without a difference of near numbers
_saturation = 1 / E_start - 1 / E_max
effective_experts = (1 + (experts - 1) * _saturation) / (1 / E_start + (experts - 1) * _saturation / E_max)
_log_N, _log_E = (sp.log(x) / sp.log(10) for x in (N, effective_experts))
_clark = _slope_N.symbol * _log_N + _slope_E.symbol * _log_E + _slope_both.symbol * _log_N * _log_E + _level.symbol

FORMS = {
    "clark": Form(
        {"loss": sp.exp(sp.log(10) * _clark)},
        [_experts, _slope_N, _slope_E, _slope_both, _level, _E_start, _E_max],
        size=N,
    ),
    "clark_dense": KAPLAN["size"],
    # Krajewski et al. eq. 9
    "krajewski": Form(
        {"irreducible": c, "granularity": g / (G**gamma * N**alpha), "size": a / N**alpha, "data": b / D**beta},
        [_G, _c, _g, _gamma, _a, _alpha, _b, _beta],
        N,
        D,
    ),
    "krajewski_dense": CHINCHILLA,
    # Abnar et al. eq. 6, with the active share 1 - S of the paper's sparsity S
    "abnar": Form(
        {
            "irreducible": e,
            "size": a / N**alpha,
            "data": b / D**beta,
            "sparsity": c / active**lambda_,
            "sparsity_and_size": d / (active**delta * N**gamma),
        },
        [_active, _a, _alpha, _b, _beta, _c, _lambda, _d, _delta, _gamma, _e],
        N,
        D,
    ),
}

_PUBLISHED = Published(__file__)

LAWS = tuple(_PUBLISHED.law(raw, FORMS[raw["form"]]) for raw in _PUBLISHED.tables("law"))
