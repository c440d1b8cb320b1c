"""The truncated student of a heavy-tailed teacher: the first n atoms of Pitman-Yor weights (docs/math2.md A7).

What truncation leaves falls like n^-(2/alpha-1) instead of exponentially, so the optimal parameter count is a
power of compute again, C^(alpha/(2+alpha)), without logarithms.
"""

import sympy as sp

from infobound.bounds import heavy_tails, teacher
from infobound.bounds.heavy_tails import alpha
from infobound.record import PRODUCT, Law
from infobound.special import admissible_atoms, log_remainder
from infobound.symbols import K, T, d, n

# The side condition T tau_k^2 >= 8 d for every kept atom: below it an atom drowns in the channel's noise.
m = admissible_atoms(n, T / (8 * d), K, alpha)
ln_R = log_remainder(m, K, alpha)
# docs/math2.md A6: tau_m^2 = R_(m-1) - R_m, the mean square of the last kept atom, and ln(T tau_m^2 / (8 d)).
last = ln_R + sp.log((2 - alpha) * T / (8 * d * (K + alpha * m)))

LAWS = (
    Law(
        name="heavy_tailed_truncated_student",
        title="Student that keeps the first n atoms of a heavy-tailed teacher's stick-breaking",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            # docs/math2.md A6: E(F - F_m)^2 = R_m / 2 exactly; 1/16 where no atom is kept.
            "misspecification": sp.exp(ln_R) / 16,
            "quantisation": m * d / (2 * T),
            # docs/math2.md A7: sum_k ln(tau_k^2/tau_m^2) <= (m(m-1)/2) ln(1 + 4/(2K + alpha m)) by Jensen.
            "estimation": m / T * (sp.log(2) + d / 2 * last + d * (m - 1) / 4 * sp.log(1 + 4 / (2 * K + alpha * m))),
        },
        size=n,
        data=T,
        parameters=heavy_tails.PARAMETERS,
        parameter_count=d * n,
        cost=PRODUCT,
        cap=teacher.CAP,
        assumptions=(
            *heavy_tails.SETTING,
            "The student keeps the first m = min(n, largest admissible) atoms with their amplitudes; each passes "
            "through a Gaussian channel of distortion 8d/T. An atom is admissible while its mean square exceeds that.",
            "Where no atom is admissible the student is the constant 1/2, of excess loss at most 1/16.",
            "Rigorous at whole n (n_integer of an allocation); between whole numbers the value is the analytic "
            "interpolation.",
            "The learner is the Bayes mixture over such students, updated on the teacher's data.",
        ),
        references=heavy_tails.REFERENCES,
        notes=(
            "At alpha = 0 this is truncated_student. The allocation that minimises this bound has "
            "p* ~ C^(alpha/(2+alpha)), without logarithms.",
            "Derived in docs/math2.md section A; it is not in the papers.",
        ),
    ),
)
