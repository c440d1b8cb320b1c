"""The linear teacher of `linear_spectrum`, and a learner that takes the features it does not see for noise.

Its loss is known exactly as an expectation over the inputs; Jensen's inequality, and integrals for sums, make the law
of it (docs/math2.md section B, Bound J and its smooth envelope).
"""

import sympy as sp

from infobound.bounds import spectrum, teacher
from infobound.bounds.spectrum import gamma, s, v
from infobound.record import PRODUCT, Law, Reference
from infobound.special import power_tail, spectrum_nats
from infobound.symbols import T, n

# What n features leave to noise: sum_{i>n} s i^-p = s zeta(p, n+1) <= (s/gamma) (n + 1/2)^-gamma.
noise = v + s * power_tail(n, gamma)
# written so that no slope of it underflows before the loss does
tail = s * n**-gamma * (1 + 1 / (2 * n)) ** -gamma / gamma

LEARNER = (
    "The learner is Bayesian linear regression on the first n features: its prior is the teacher's for these, and it "
    "assumes Gaussian noise of variance v' = v + sum_{i>n} s i^-(1+gamma), for it takes the others for noise."
)

LAWS = (
    Law(
        name="linear_spectrum_jensen",
        title="First n features of a linear teacher with a power-law spectrum, the others taken for noise",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        # docs/math2.md B, J-env.
        terms={
            "misspecification": sp.log(1 + tail / v) / 2,
            # (1/2T) sum_{i<=n} ln(1 + T s i^-p / v') with an integral for the sum.
            "estimation": spectrum_nats(n, T * s / noise, gamma) / (2 * T),
        },
        size=n,
        data=T,
        parameters=spectrum.PARAMETERS,
        parameter_count=n,
        cost=PRODUCT,
        assumptions=(
            *spectrum.SETTING,
            LEARNER,
            teacher.LOSS,
            "Rigorous at whole n (n_integer of an allocation); between whole numbers the value is the analytic "
            "interpolation.",
        ),
        references=(
            Reference(
                "Thomas M. Cover, Joy A. Thomas",
                "Elements of Information Theory",
                2006,
                "ISBN 978-0-471-24195-9",
                "sections 2.5, 8.6 and 9.1: chain rules, entropy and information of Gaussians",
            ),
        ),
        notes=(
            "The allocation that minimises it has n* ~ C^(1/(2+gamma)), without logarithms, and its loss falls like "
            "C^(-gamma/(2+gamma)); these are the true exponents of learners that see the first n features only.",
            "The learner of linear_spectrum assumes noise of variance v, and its bound is larger. "
            "`infobound experiment linear_spectrum` sets both beside the exact loss of this one.",
            "Derived in docs/math2.md section B; it is not in the papers.",
        ),
    ),
)
