"""The truncated student: the first m atoms of the teacher's stick-breaking, free amplitudes (docs/math.md section 12).

Its misspecification falls exponentially in the width, so its optimal parameter count is polylogarithmic
in compute: the linear law belongs to sampled students, not to the teacher.
"""

import sympy as sp

from infobound.bounds import teacher
from infobound.record import PRODUCT, Law
from infobound.symbols import K, T, d, n

# r = K/(K+2): the mean squared length of the stick that each atom leaves; decay = ln(1/r).
decay = sp.log(1 + 2 / K)
# Side condition 8 d / T <= (1-r) r^(m-1): an atom below the channel's noise is not kept.
admissible = sp.floor(1 + sp.log(2 * T / (8 * d * (K + 2))) / decay)
m = sp.Min(n, admissible)
# ln(tau_1^2 / theta) with tau_1^2 = 1 - r = 2/(K+2) and theta = 8 d / T.
first = sp.log(2 * T / (8 * d * (K + 2)))


def _kept(value: sp.Expr, otherwise: sp.Expr) -> sp.Expr:
    """Take `value` where at least one atom is admissible."""
    return sp.Piecewise((value, admissible >= 1), (otherwise, True))


LAWS = (
    Law(
        name="truncated_student",
        title="Student that keeps the first n atoms of the teacher's stick-breaking",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            # E(F - F_m)^2 = r^m / 2 exactly.
            "misspecification": _kept(sp.exp(-m * decay) / 16, sp.Rational(1, 16)),
            "quantisation": _kept(m * d / (2 * T), sp.S.Zero),
            "estimation": _kept(m / T * (sp.log(2) + d / 2 * first - d / 4 * (m - 1) * decay), sp.S.Zero),
        },
        size=n,
        data=T,
        parameters=teacher.PARAMETERS,
        parameter_count=d * n,
        cost=PRODUCT,
        cap=teacher.CAP,
        assumptions=(
            *teacher.SETTING,
            "The student keeps the first m = min(n, largest admissible) atoms with their amplitudes; each passes "
            "through a Gaussian channel of distortion 8d/T. An atom is admissible while its mean square exceeds that.",
            "Where no atom is admissible the student is the constant 1/2, of excess loss at most 1/16.",
            "Rigorous at whole n (n_integer of an allocation); between whole numbers the value is the analytic "
            "interpolation.",
            "The learner is the Bayes mixture over such students, updated on the teacher's data.",
        ),
        references=teacher.REFERENCES,
        notes=("Derived in docs/math.md section 12; it is not in the papers.",),
    ),
)
