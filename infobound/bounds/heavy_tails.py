"""What the bounds for the heavy-tailed teacher share: its weights are a Pitman-Yor process PY(alpha, K).

The teacher is F(x) = sqrt(kappa+1) sum_k s_k pi_k ReLU(w_k.x) with kappa + 1 = (K+1)/(1-alpha), so that
E F^2 = 1/2 as for the Dirichlet teacher, which is the case alpha = 0 (docs/math2.md section A).
"""

import sympy as sp

from infobound.bounds import teacher
from infobound.record import Parameter, Reference
from infobound.symbols import HEAVY_TAILS, K

__all__ = ["PARAMETERS", "REFERENCES", "SETTING", "alpha", "kappa"]

_TAIL = HEAVY_TAILS["alpha"]
alpha = _TAIL.symbol
# docs/math2.md A1: E sum pi_k^2 = 1/(kappa+1), the chance that two draws are one neuron.
kappa = (K + alpha) / (1 - alpha)

PARAMETERS = (
    *teacher.PARAMETERS,
    Parameter(
        alpha,
        sp.Rational(1, 4),
        _TAIL.domain.low,
        _TAIL.domain.high,
        printed="1/4",
        source="an example of a heavy tail; any other by keyword",
        below=_TAIL.domain.below,
    ),
)

SETTING = (
    "The teacher is F(x) = sqrt((K+1)/(1-alpha)) sum_k s_k pi_k ReLU(w_k.x) with weights pi from a Pitman-Yor "
    "process PY(alpha, K), random signs s_k and w_k uniform on the unit sphere in d dimensions; alpha = 0 is the "
    "Dirichlet process.",
    *teacher.SETTING[1:],
)

REFERENCES = (
    *teacher.REFERENCES,
    Reference(
        "Jim Pitman, Marc Yor",
        "The two-parameter Poisson-Dirichlet distribution derived from a stable subordinator",
        1997,
        "10.1214/aop/1024404422",
        "Ann. Probab. 25(2); the weights",
    ),
)
