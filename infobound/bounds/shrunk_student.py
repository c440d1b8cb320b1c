"""The shrunk student: the sampled student read out by its posterior mean, with Gaussian-coded directions."""

import sympy as sp

from infobound.bounds import teacher
from infobound.record import PRODUCT, Law
from infobound.symbols import K, T, d, n

# docs/math.md section 4: A <= 1 + K ln(1 + (n-1)/K).
ell = sp.log(1 + (n - 1) / K)
A1 = 1 + K * ell
# docs/math.md section 6, Bound B: distortion that minimises the bound; D = 1 is the corner where nothing is coded.
distortion = 8 * d * A1 * (n + K) / (n * T)
D, ln_D = sp.Min(1, distortion), sp.Min(0, sp.log(distortion))

LAWS = (
    Law(
        name="shrunk_student",
        title="Student of n sampled neurons with posterior-mean readout and Gaussian-coded directions",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            # docs/math.md section 3, shrunk student: E(F - student)^2 <= (K + n D) / (2 (n + K)).
            "misspecification": K / (16 * (n + K)),
            "quantisation": n * D / (16 * (n + K)),
            # docs/math.md section 7: entropy of the block sizes <= K (l + l^2/2); section 5: d/2 ln(1/D) per atom.
            "estimation": (K * ell + K * ell**2 / 2 + A1 * (sp.log(2) - d * ln_D / 2)) / T,
        },
        size=n,
        data=T,
        parameters=teacher.PARAMETERS,
        parameter_count=d * n,
        cost=PRODUCT,
        cap=teacher.CAP,
        assumptions=(
            *teacher.SETTING,
            "The student sums n neurons drawn from the teacher's weights, scaled by 1/(n+K) instead of 1/n (the "
            "posterior mean of the teacher given the draws).",
            "Each distinct direction passes through a Gaussian channel of distortion D; no codebook is needed.",
            "The learner is the Bayes mixture over such students, updated on the teacher's data.",
        ),
        references=teacher.REFERENCES,
        notes=("The constants are derived along the papers' construction, not quoted from the papers.",),
    ),
)
