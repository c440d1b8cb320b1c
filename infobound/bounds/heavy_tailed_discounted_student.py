"""The discounted student of a heavy-tailed teacher: each neuron weighs its number of draws less alpha.

Given the draws these weights are the teacher's expected ones, so that no readout of the same draws errs less; the
channel and the code are those of `heavy_tailed_shrunk_student` (docs/math2.md A3).
"""

import sympy as sp

from infobound.bounds import heavy_tails, teacher
from infobound.bounds.heavy_tails import alpha
from infobound.record import PRODUCT, Law
from infobound.special import composition_nats, expected_atoms, novelty_lost
from infobound.symbols import K, T, d, n

# docs/math2.md A4: expected number of distinct neurons among n draws.
A = expected_atoms(n, K, alpha)
# docs/math2.md A3, without cancellation: B = kept / (1 + K/n) is the share of the teacher's variance that the draws
# explain, and (1-alpha) g the share that the chance of a new neuron has lost since the first draw.
g = novelty_lost(n, K, alpha)
kept = 1 - alpha * (1 + (K + alpha) * g) / n
# The distortion that minimises the bound; D = 1 is the corner where nothing is coded.
distortion = 8 * d * A * (1 + K / n) / (kept * T)
D, ln_D = sp.Min(1, distortion), sp.Min(0, sp.log(distortion))

LAWS = (
    Law(
        name="heavy_tailed_discounted_student",
        title="Student of n neurons sampled from a heavy-tailed teacher, posterior-mean readout, Gaussian-coded "
        "directions",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            # docs/math2.md A3: E(F - student)^2 <= (1 - B + B D) / 2.
            "misspecification": (1 + alpha * g) / (16 * (1 + (n - alpha) / (K + alpha))),
            "quantisation": D * kept / (16 * (1 + K / n)),
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
            "The student sums the distinct ones among n neurons drawn from the teacher's weights, each with weight "
            "(m - alpha)/(n + K) if it was drawn m times: the posterior mean of the teacher given the draws.",
            "Each distinct direction passes through a Gaussian channel of distortion D; no codebook is needed.",
            "The learner is the Bayes mixture over such students, updated on the teacher's data.",
        ),
        references=heavy_tails.REFERENCES,
        notes=(
            "It is never above heavy_tailed_shrunk_student, whose readout is a multiple of the numbers of draws; at "
            "alpha = 0 the two are equal.",
            "The allocation that minimises this bound has p* ~ C^(1/(2+alpha)) up to logarithms: from 1/2 to 1/3 as "
            "the tail gets heavier.",
            "Derived in docs/math2.md section A; it is not in the papers.",
        ),
    ),
)
