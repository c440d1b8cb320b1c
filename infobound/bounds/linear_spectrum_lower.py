"""The linear teacher of `linear_spectrum`, and what the learner of `linear_spectrum_jensen` must lose.

Each feature is read from what the ones before it leave of the data (docs/math2.md section B, Lower-env).
"""

import sympy as sp

from infobound.bounds import spectrum, teacher
from infobound.bounds.linear_spectrum_jensen import LEARNER, noise
from infobound.bounds.spectrum import gamma, s, v
from infobound.record import PRODUCT, Law, Reference
from infobound.special import power_tail, spectrum_nats
from infobound.symbols import T, n

# The features charged end here: all n, as long as they are fewer than a quarter of the data.
last = sp.Min(n + 1, T / 4 - 1)
# What they leave of the data, three quarters of T, times the ratio of the first variance to the noise.
gain = 3 * T * s / (4 * noise)


def charged(nats: sp.Expr, end: sp.Expr) -> sp.Expr:
    """Return what is charged if there are features to charge."""
    return sp.Piecewise((nats, end > 1), (0, True))


LAWS = (
    Law(
        name="linear_spectrum_lower",
        title="First n features of a linear teacher with a power-law spectrum: what must be lost",
        kind="lower bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        # docs/math2.md B, Lower-env.
        terms={
            "misspecification": sp.log(1 + s * power_tail(n, gamma) / v) / 2,
            "estimation": charged(spectrum_nats(last, gain, gamma) / (2 * T), last)
            - charged(spectrum_nats(1, gain, gamma) / (2 * T), last),
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
            "Rigorous at whole n; between whole numbers the value is the analytic interpolation.",
        ),
        references=(
            Reference(
                "Thomas M. Cover, Joy A. Thomas",
                "Elements of Information Theory",
                2006,
                "ISBN 978-0-471-24195-9",
                "sections 2.5, 2.8, 8.6 and 9.1: chain rules, data processing, entropy and information of Gaussians",
            ),
        ),
        notes=(
            "It holds for the learner of linear_spectrum_jensen, whose loss lies between the two; another may do "
            "better than either.",
            "It falls with the same powers of n and T as the upper bound, so that these are the true ones.",
            "Derived in docs/math2.md section B; it is not in the papers.",
        ),
    ),
)
