"""The kernel bound: code the teacher's coefficients in spherical harmonics, whatever the law of its weights.

The covariance of the teacher does not depend on K, so neither does the bound (docs/math2.md, C0 and C1).
"""

from infobound.bounds import teacher
from infobound.record import Law
from infobound.special.harmonics import coded_modes, coding_nats, uncoded_energy
from infobound.symbols import T, d

KERNEL_BOUND = Law(
    name="kernel_bound",
    title="Student that codes the teacher's coefficients in spherical harmonics, whatever K",
    kind="upper bound",
    quantity="time-averaged excess log-loss",
    unit="nats per sample",
    terms={
        # docs/math2.md C1, the coefficients that are not coded: phi_T(mu) = mu/8, kappa_l/16 for degree l.
        "misspecification": uncoded_energy(T, d) / 16,
        # Those that are, at distortion 4/T: phi_T(mu) = (1/2T) (1 + ln(T mu / 4)).
        "quantisation": coded_modes(T, d) / (2 * T),
        "estimation": coding_nats(T, d) / T,
    },
    size=None,
    data=T,
    parameters=tuple(q for q in teacher.PARAMETERS if q.symbol == d),
    cap=teacher.CAP,
    assumptions=(
        *teacher.SETTING,
        "The student has the teacher's coefficients in the spherical harmonics of degree l, for the degrees where "
        "their mean square exceeds 4/T, each passed through a Gaussian channel of distortion 4/T. Degrees above "
        "4096 are not coded.",
        "Only the teacher's covariance matters, so the bound holds for every K, and for weights from a Pitman-Yor "
        "process, too.",
        "Rigorous at whole d; between whole numbers the number of harmonics is the analytic interpolation.",
        "The learner is the Bayes mixture over such students, updated on the teacher's data.",
    ),
    references=teacher.REFERENCES,
    notes=(
        "Derived in docs/math2.md, section C1; it is not in the papers.",
        "The student's width is the number of coded coefficients, which are not neurons: the law has no size to "
        "trade for data.",
    ),
)

LAWS = (KERNEL_BOUND,)
