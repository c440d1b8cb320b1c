"""Parameter counting: the sampled student, but every neuron coded on its own.

The contrast to `sampled_student`: its estimation term grows with n, not with the expected number of
distinct neurons, and its optimal parameter count therefore grows like C^(1/3).
"""

import sympy as sp

from infobound.bounds import teacher
from infobound.record import PRODUCT, Law
from infobound.special import codebook_radius
from infobound.symbols import K, T, d, n

# docs/math.md section 6, with n in place of the expected number of distinct neurons.
epsilon = codebook_radius(16 * n * d / T)

LAWS = (
    Law(
        name="parameter_counting",
        title="Student of n sampled neurons, each coded separately",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            "misspecification": K / (16 * n),
            "quantisation": epsilon**2 / 16,
            "estimation": n * (sp.log(2) + d * sp.log(1 + 2 / epsilon)) / T,
        },
        size=n,
        data=T,
        parameters=teacher.PARAMETERS,
        parameter_count=d * n,
        cost=PRODUCT,
        cap=teacher.CAP,
        assumptions=(
            *teacher.SETTING,
            "The student averages n neurons drawn from the teacher's weights; the sign and direction of every draw "
            "are coded, repeated draws included, in a codebook of radius epsilon.",
            "The learner is the Bayes mixture over such students, updated on the teacher's data.",
        ),
        references=teacher.REFERENCES,
        notes=("A contrast: counting parameters gives p* ~ C^(1/3) (docs/math.md section 10), not C^(1/2).",),
    ),
)
