"""The shrunk student of a heavy-tailed teacher: the draws' mean scaled down, with Gaussian-coded directions.

It is `heavy_tailed_sampled_student` with the readout and the channel of `shrunk_student` (docs/math2.md A2), and
less to pay for the numbers of draws (A5).
"""

import sympy as sp

from infobound.bounds import heavy_tails, teacher
from infobound.bounds.heavy_tails import alpha, kappa
from infobound.record import PRODUCT, Law
from infobound.special import composition_nats, expected_atoms
from infobound.symbols import K, T, d, n

# docs/math2.md A4: expected number of distinct neurons among n draws.
A = expected_atoms(n, K, alpha)
# docs/math2.md A8: distortion that minimises the bound; D = 1 is the corner where nothing is coded.
distortion = 8 * d * A * (n + kappa) / (n * T)
D, ln_D = sp.Min(1, distortion), sp.Min(0, sp.log(distortion))

LAWS = (
    Law(
        name="heavy_tailed_shrunk_student",
        title="Student of n neurons sampled from a heavy-tailed teacher, shrunk readout, Gaussian-coded directions",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            # docs/math2.md A2: E(F - student)^2 <= (kappa + n D) / (2 (n + kappa)).
            "misspecification": 1 / (16 * (1 + n / kappa)),
            "quantisation": n * D / (16 * (n + kappa)),
            # docs/math2.md A5: entropy of the numbers of draws; docs/math.md section 5: d/2 ln(1/D) per direction.
            "estimation": (composition_nats(n, K, alpha) + A * (sp.log(2) - d * ln_D / 2)) / T,
        },
        size=n,
        data=T,
        parameters=heavy_tails.PARAMETERS,
        parameter_count=d * n,
        cost=PRODUCT,
        cap=teacher.CAP,
        assumptions=(
            *heavy_tails.SETTING,
            "The student sums n neurons drawn from the teacher's weights, scaled by 1/(n+kappa) instead of 1/n, with "
            "kappa = (K+alpha)/(1-alpha).",
            "Each distinct direction passes through a Gaussian channel of distortion D; no codebook is needed.",
            "The learner is the Bayes mixture over such students, updated on the teacher's data.",
        ),
        references=heavy_tails.REFERENCES,
        notes=(
            "At alpha = 0 it bounds the loss of the student of shrunk_student, with the exact number of distinct "
            "neurons but a composition entropy that holds for every exchangeable partition, so that neither bound is "
            "always the smaller.",
            "The allocation that minimises this bound has p* ~ C^(1/(2+alpha)) up to logarithms: from 1/2 to 1/3 as "
            "the tail gets heavier.",
            "Derived in docs/math2.md section A; it is not in the papers.",
        ),
    ),
)
