"""The linear teacher with a power-law spectrum: f(x) = sum_i theta_i x_i, theta_i ~ N(0, s i^-(1+gamma)).

The student keeps the first n features.  Here the size-data trade-off is a power law without logarithms, and it is
true of every learner that sees the first n features only, not just of a bound (docs/math2.md section B).
"""

import sympy as sp

from infobound.bounds import spectrum, teacher
from infobound.bounds.spectrum import gamma, s, v
from infobound.record import PRODUCT, Law, Reference
from infobound.special import admissible_features
from infobound.symbols import T, n

# docs/math2.md B1: variances s i^-p; a feature carries more than its code's distortion v/T up to x0.
p = 1 + gamma
x0 = (T * s / v) ** (1 / p)
m = admissible_features(n, x0)
nats = m * (sp.log(T * s / v) - p * sp.log(m) + p) / 2

LAWS = (
    Law(
        name="linear_spectrum",
        title="First n features of a linear teacher with a power-law spectrum",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={
            # docs/math2.md B1 and the smooth envelopes after it: sum_{i>m} s i^-p <= (s/gamma) (m + 1/2)^-gamma.
            "misspecification": s * (m + sp.Rational(1, 2)) ** -gamma / (2 * v * gamma),
            "quantisation": m / (2 * T),
            # sum_{i<=m} (1/2) ln(T s i^-p / v) <= (m/2) (p ln(x0/m) + p).
            "estimation": sp.Piecewise(
                (m * (sp.log(T * s / v) - p * sp.log(m) + p) / (2 * T), T * s / v >= 1), (0, True)
            ),
        },
        size=n,
        data=T,
        parameters=spectrum.PARAMETERS,
        parameter_count=n,
        cost=PRODUCT,
        assumptions=(
            *spectrum.SETTING,
            "The student keeps the first m = min(n, largest admissible) features, each coded at mean squared error "
            "v/T; a feature is admissible while its variance exceeds that.",
            "The learner is the Bayes mixture over such students that assumes noise of variance v, updated on the "
            "teacher's data.",
            teacher.LOSS,
            "Rigorous at whole n (n_integer of an allocation); between whole numbers the value is the analytic "
            "interpolation.",
        ),
        references=(
            Reference(
                "Hong Jun Jeon, Benjamin Van Roy",
                "Information-Theoretic Foundations for Neural Scaling Laws",
                2024,
                "arXiv:2407.01456",
                "the theorem for a misspecified learner",
            ),
            Reference(
                "Thomas M. Cover, Joy A. Thomas",
                "Elements of Information Theory",
                2006,
                "ISBN 978-0-471-24195-9",
                "sections 10.3.2 and 10.3.3: rate-distortion of Gaussians",
            ),
        ),
        notes=(
            "The allocation that minimises it has n* ~ C^(1/(2+gamma)) exactly, without logarithms, and its loss falls "
            "like C^(-gamma/(2+gamma)); these are the true exponents of learners that see the first n features only.",
            "The learner of linear_spectrum_jensen takes the features left out for noise, and has a smaller bound.",
            "Derived in docs/math2.md section B; it is not in the papers.",
        ),
    ),
)
