"""Lower bound on the loss of any predictor in one input dimension, given the mass of the side of the test input.

Docs/math2.md, C3.  Its expectation over the mass is sharper than the closed form that `two_slopes` derives.
"""

import sympy as sp

from infobound.proof.step import Assumption, Derivation, Letter, above, whole
from infobound.symbols import K, T

from . import slopes
from .probabilities import LABELS, PINSKER, elapsed
from .slopes import M, Side
from .teacher import L
from .van_trees import over_time

__all__ = ["DERIVATION"]

# A quarter of the mean of F^2 under the weights of the slope; what a parameter's information is worth; and how fast a
# sample adds to it.
LAG = 3 * (K + 1) * M**2 / (2 * (K + 6))
SHARE = K * (K + 6) / ((K + 2) * (K + 4))
RATE = (K + 1) * (K + 4) * M**2 / (4 * K * (K + 6))

BOUND = SHARE * sp.exp(-2 * LAG) * sp.log(1 + RATE * T) / T

SIDE = Side(
    second=M**2,
    fourth=M**4,
    second_value=(),
    fourth_value=(),
    lag=LAG,
    slope=K * (K + 1) * M**2 / (2 * (K + 2)),
    score=K * (K + 1) ** 2 * (K + 4) * M**4 / (8 * (K + 2) * (K + 6)),
    divergence=K**2 * (K + 1) * M**2 / (8 * (K + 2)),
)


def _known_after(time: sp.Expr) -> sp.Expr:
    """Return the lower bound on the mean squared error after some samples."""
    return SHARE * RATE * sp.exp(-2 * LAG) / (2 * (1 + RATE * time))


STEPS = (
    *PINSKER,
    *LABELS,
    *SIDE.steps(_known_after),
    *over_time(
        _known_after,
        BOUND,
        SHARE * sp.exp(-2 * LAG) / 2 * sp.log(1 + RATE * elapsed),
        ("given_mass", "The bound"),
    ),
)

DERIVATION = Derivation(
    name="two_slopes_given_mass",
    title="Lower bound on the loss of any predictor in one dimension, given the mass of a side",
    setting=(
        slopes.TEACHER,
        slopes.PREDICTOR,
        r"Here $M$ is a number between 0 and 1. Every expectation is the one given that the neurons active at the "
        r"input have this mass, and the loss is $L=\frac1T\sum_{t<T}\mathbb{E}[\mathrm{KL}\mid M]$. (At each time the "
        r"mass has the law Beta$(K/2,K/2)$, so that the expectation of the bound over it bounds the loss that is "
        r"averaged over all teachers.)",
    ),
    assumptions=(
        *slopes.ASSUMPTIONS,
        Assumption(
            "masses",
            r"Given $M$, the share $B$ has the law Beta$(K/4,K/4)$ and is independent of the inputs and of the other "
            r"direction's share. (The masses of the four kinds of neurons, by direction and sign, are "
            r"Dirichlet$(K/4,K/4,K/4,K/4)$.)",
        ),
    ),
    symbols=(
        Letter(
            L, "excess log-loss of the predictor given the mass, averaged over time and teachers", "nats per sample"
        ),
        *slopes.LETTERS,
    ),
    steps=STEPS,
    conclusion=above(L, BOUND),
    domain=(whole(T),),
    references=slopes.REFERENCES,
    example={T: sp.Integer(1000), K: sp.Integer(10), M: sp.Rational(1, 2)},
)
