"""Lower bound from the first prediction alone, before which no learner knows anything (docs/math.md section 12)."""

from infobound.bounds import teacher
from infobound.record import Law
from infobound.symbols import K, T, d

# E F^4 = 3 (K+1) (3 + K (d+2)/(4d)) / ((K+2)(K+3)) less its limit 3 (d+2)/(4d) for large K: kept apart, so that the
# derivative in K is accurate there.
excess = (12 * K * (d - 1) + 9 * (d - 2)) / (2 * d * (K + 2) * (K + 3))

LAWS = (
    Law(
        name="first_sample",
        title="Any predictor: its first prediction",
        kind="lower bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        # docs/math.md, theorem 13: I_1 / T. The divergence from a fair coin is at least F^2/8 - F^4/64; E F^2 = 1/2.
        terms={"estimation": ((13 - 6 / d) / 256 - excess / 64) / T},
        size=None,
        data=T,
        parameters=teacher.PARAMETERS,
        assumptions=(
            *teacher.SETTING,
            "The predictor is any one that learns from the labels before; exact Bayes is one.",
        ),
        references=teacher.REFERENCES,
        notes=(
            "Only the first prediction is charged. It is of use where T is too small for anything else to be known "
            "of what a learner lacks.",
            "Derived in docs/math.md, section 12; it is not in the papers.",
        ),
    ),
)
