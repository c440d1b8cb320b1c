"""The sampled student: n neurons drawn from an infinitely wide teacher, with coded directions.

The construction is that of Jeon and Van Roy (after Barron 1993).  The constants are derived in docs/math.md
along their construction; they are not quoted from the papers.
"""

import sympy as sp

from infobound.bounds import teacher
from infobound.record import PRODUCT, Law
from infobound.special import codebook_radius, expected_atoms
from infobound.symbols import K, T, d, n

# docs/math.md section 4: expected number of distinct neurons among n draws.
A = expected_atoms(n, K)
# docs/math.md section 6: the radius at which quantisation and estimation balance.
epsilon = codebook_radius(16 * A * d / T)

LAWS = (
    Law(
        name="sampled_student",
        title="Student of n neurons sampled from an infinitely wide teacher, directions in a codebook",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            # docs/math.md section 3: E(F - student)^2 = K/(2n) + delta2, and KL <= (difference of logits)^2 / 8.
            "misspecification": K / (16 * n),
            "quantisation": epsilon**2 / 16,
            # docs/math.md section 5: H(student) <= A ln(2nM) with M <= (1 + 2/epsilon)^d codewords.
            "estimation": A * (sp.log(2 * n) + d * sp.log(1 + 2 / epsilon)) / T,
        },
        size=n,
        data=T,
        parameters=teacher.PARAMETERS,
        parameter_count=d * n,
        cost=PRODUCT,
        cap=teacher.CAP,
        assumptions=(
            *teacher.SETTING,
            "The student averages n neurons drawn from the teacher's weights; each distinct direction is rounded to "
            "a codebook of radius epsilon on the sphere.",
            "The learner is the Bayes mixture over such students, updated on the teacher's data.",
        ),
        references=teacher.REFERENCES,
        notes=(
            "The constants are derived along the papers' construction, not quoted from the papers.",
            "p*/T* is the allocation that minimises the bound for this student. A truncated student has a smaller "
            "bound and another allocation: see truncated_student.",
        ),
    ),
)
