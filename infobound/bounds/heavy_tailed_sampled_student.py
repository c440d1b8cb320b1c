"""The sampled student of a heavy-tailed teacher: n neurons drawn from Pitman-Yor weights, with coded directions.

The number of distinct neurons grows like n^alpha instead of ln n, which takes the exponent of the optimal
parameter count from 1/2 (alpha = 0) down to 1/3 (alpha = 1): docs/math2.md A8.
"""

import sympy as sp

from infobound.bounds import heavy_tails, teacher
from infobound.bounds.heavy_tails import alpha, kappa
from infobound.record import PRODUCT, Law
from infobound.special import codebook_radius, expected_atoms
from infobound.symbols import K, T, d, n

# docs/math2.md A4: expected number of distinct neurons among n draws.
A = expected_atoms(n, K, alpha)
# docs/math.md section 6: the radius at which quantisation and estimation balance.
epsilon = codebook_radius(16 * A * d / T)

LAWS = (
    Law(
        name="heavy_tailed_sampled_student",
        title="Student of n neurons sampled from a heavy-tailed teacher, directions in a codebook",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            # docs/math2.md A1: E(F - student)^2 = kappa/(2n) + delta2, and KL <= (difference of logits)^2 / 8.
            "misspecification": kappa / (16 * n),
            "quantisation": epsilon**2 / 16,
            # docs/math.md section 5: H(student) <= A ln(2nM) with M <= (1 + 2/epsilon)^d codewords.
            "estimation": A * (sp.log(2 * n) + d * sp.log(1 + 2 / epsilon)) / T,
        },
        size=n,
        data=T,
        parameters=heavy_tails.PARAMETERS,
        parameter_count=d * n,
        cost=PRODUCT,
        cap=teacher.CAP,
        assumptions=(
            *heavy_tails.SETTING,
            "The student averages n neurons drawn from the teacher's weights; each distinct direction is rounded to "
            "a codebook of radius epsilon on the sphere.",
            "The learner is the Bayes mixture over such students, updated on the teacher's data.",
        ),
        references=heavy_tails.REFERENCES,
        notes=(
            "At alpha = 0 this is sampled_student. The allocation that minimises this bound has p* ~ C^(1/(2+alpha)) "
            "up to logarithms: from 1/2 to 1/3 as the tail gets heavier.",
            "Derived in docs/math2.md section A; it is not in the papers.",
        ),
    ),
)
