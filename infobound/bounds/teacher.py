"""What the bounds for the Dirichlet teacher share: parameters, cap, references and the setting's assumptions.

The teacher is F(x) = sqrt(K+1) sum_k s_k pi_k ReLU(w_k.x) with weights pi from a stick-breaking (GEM)
distribution of concentration K, random signs s_k and directions w_k uniform on the sphere of dimension d;
x is standard Gaussian, and a label is 1 with probability sigmoid(F(x)).
"""

import sympy as sp

from infobound.record import Cap, Parameter, Reference
from infobound.symbols import THEORY

__all__ = ["CAP", "LOSS", "PARAMETERS", "REFERENCES", "SETTING", "VAN_TREES"]

PARAMETERS = tuple(
    Parameter(q.symbol, low=q.domain.low, high=q.domain.high, low_included=q.domain.low_included)
    for q in (THEORY["d"], THEORY["K"])
)

# docs/math.md section 6: KL(P_F || 1/2) <= F^2/8 and E F^2 = 1/2.
CAP = Cap(
    sp.Rational(1, 16),
    "The predictor that always says 1/2 has excess loss at most 1/16. So min(1/16, bound) bounds exact Bayes and "
    "the best student over n >= 0; it does not bound the Bayes learner whose width is fixed at n.",
)

LOSS = (
    "The loss is the excess log-loss over the teacher, averaged over the first T samples (a time average, not the loss "
    "after T samples)."
)

SETTING = (
    "The teacher is F(x) = sqrt(K+1) sum_k s_k pi_k ReLU(w_k.x) with pi ~ GEM(K), random signs s_k and w_k uniform "
    "on the unit sphere in d dimensions.",
    "Inputs x are standard Gaussian in d dimensions and independent of the teacher; a label is 1 with probability "
    "sigmoid(F(x)).",
    LOSS,
)

REFERENCES = (
    Reference(
        "Hong Jun Jeon, Benjamin Van Roy",
        "An Information-Theoretic Analysis of Compute-Optimal Neural Scaling Laws",
        2022,
        "arXiv:2212.01365",
    ),
    Reference(
        "Hong Jun Jeon, Benjamin Van Roy",
        "Information-Theoretic Foundations for Neural Scaling Laws",
        2024,
        "arXiv:2407.01456",
    ),
    Reference(
        "Andrew R. Barron",
        "Universal approximation bounds for superpositions of a sigmoidal function",
        1993,
        "IEEE Trans. Inf. Theory 39(3)",
        "the sampling argument",
    ),
)

# of the lower bounds
VAN_TREES = Reference(
    "Richard D. Gill, Boris Y. Levit",
    "Applications of the van Trees inequality: a Bayesian Cramér-Rao bound",
    1995,
    "10.2307/3318681",
    "the inequality",
)
