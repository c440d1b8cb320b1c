"""Lower bound for one input dimension, where the teacher is two slopes: van Trees' inequality (docs/math2.md, C7)."""

import sympy as sp

from infobound.bounds import teacher
from infobound.record import Law
from infobound.symbols import K, T, d

__all__ = ["LAG", "LAWS", "SHARE"]

# What a parameter's information is worth, K (K+2) (K+3) / ((K+1) (K+4)^2), and a quarter of the mean of F^2 under the
# weights of the slope, 3 (K+1) (K+4) / (8 (K+2) (K+3)): by what they lack at large K, so that derivatives are accurate.
SHARE = 1 / (1 + 2 * (2 * K**2 + 9 * K + 8) / (K * (K + 2) * (K + 3)))
LAG = sp.Rational(3, 8) - 3 / (4 * (K + 2) * (K + 3))

LAWS = (
    Law(
        name="two_slopes",
        title="Any predictor of one input dimension: van Trees' inequality for two slopes",
        kind="lower bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={"estimation": SHARE * sp.exp(-2 * LAG) * sp.log(1 + T / (16 * SHARE)) / T},
        size=None,
        data=T,
        parameters=tuple(p for p in teacher.PARAMETERS if p.symbol != d),
        assumptions=(
            "The input has d = 1 dimension, where a direction is a sign: F is a slope for x > 0 and another for x < 0.",
            *teacher.SETTING,
            "The predictor is any one that learns from the labels before, even one that is told how the weights are "
            "shared between the directions; exact Bayes is one.",
        ),
        references=(*teacher.REFERENCES, teacher.VAN_TREES),
        notes=(
            "A closed form of what `sandwich` computes by quadrature for d = 1: smaller by a factor of 1 to 2.5 for T "
            "up to 1e15.",
            "Derived in docs/math2.md, C7; it is not in the papers.",
        ),
    ),
)
