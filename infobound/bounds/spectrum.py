"""What the bounds for linear teachers share: a spectrum of variances that falls like a power law.

The teacher is f(x) = sum_i theta_i x_i with theta_i ~ N(0, s i^-p), p = 1 + gamma (docs/math2.md section B).
"""

import sympy as sp

from infobound.record import Parameter
from infobound.symbols import SPECTRUM

__all__ = ["PARAMETERS", "SETTING", "gamma", "s", "v"]

s, v, gamma = (SPECTRUM[name].symbol for name in ("s", "v", "gamma"))
_DEFAULTS = {"s": sp.Integer(1), "v": sp.Integer(1), "gamma": sp.Rational(34, 100)}

PARAMETERS = tuple(
    Parameter(
        q.symbol,
        _DEFAULTS[name],
        q.domain.low,
        q.domain.high,
        q.domain.low_included,
        source="an example; any other by keyword",
    )
    for name, q in SPECTRUM.items()
)

SETTING = (
    "The teacher is f(x) = sum_i theta_i x_i with independent theta_i of law N(0, s i^-(1+gamma)); inputs have "
    "independent standard normal coordinates, and a label is f(x) plus normal noise of variance v.",
)
