"""Lower bound on the loss of any predictor in one input dimension, where the teacher is two slopes (docs/math2.md, C7).

The predictor is told how the weights are shared between the two directions, and has to learn the slopes.
"""

import sympy as sp

from infobound.bounds.two_slopes import LAG, LAWS, SHARE
from infobound.proof.averages import Mean
from infobound.proof.step import Assumption, Derivation, Letter, above, whole
from infobound.symbols import K, T

from . import slopes
from .probabilities import LABELS, PINSKER, elapsed
from .slopes import M, Side, named, over_unit
from .teacher import L
from .van_trees import over_time

__all__ = ["DERIVATION"]

(LAW,) = LAWS

MASS = sp.gamma(K) / sp.gamma(K / 2) ** 2 * M ** (K / 2 - 1) * (1 - M) ** (K / 2 - 1)

_SECOND = (K + 2) / (4 * (K + 1))
_FOURTH = (K + 4) * (K + 6) / (16 * (K + 1) * (K + 3))

SIDE = Side(
    second=Mean(M**2, M),
    fourth=Mean(M**4, M),
    second_value=named("second"),
    fourth_value=named("fourth"),
    lag=LAG,
    slope=K / 8,
    score=K * (K + 1) * (K + 4) ** 2 / (128 * (K + 2) * (K + 3)),
    divergence=K**2 / 32,
)


def _known_after(time: sp.Expr) -> sp.Expr:
    """Return the lower bound on the mean squared error after some samples."""
    return sp.exp(-2 * LAG) / (32 * (1 + time / (16 * SHARE)))


STEPS = (
    *PINSKER,
    *LABELS,
    *over_unit("second", "Mean square of a mass", M**2, M, MASS, _SECOND),
    *over_unit("fourth", "Mean fourth power of it", M**4, M, MASS, _FOURTH),
    *SIDE.steps(_known_after),
    *over_time(
        _known_after,
        LAW.expr,
        SHARE * sp.exp(-2 * LAG) / 2 * sp.log(1 + elapsed / (16 * SHARE)),
        (LAW.name, "The bound"),
    ),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Lower bound on the loss of any predictor in one dimension, from van Trees' inequality",
    setting=(
        slopes.TEACHER,
        slopes.PREDICTOR,
        r"Its loss is $L=\frac1T\sum_{t<T}\mathbb{E}\,\mathrm{KL}$, the excess log-loss over the teacher averaged over "
        r"the first $T$ samples.",
    ),
    assumptions=(
        *slopes.ASSUMPTIONS,
        Assumption(
            "masses",
            r"$M$ and $B$ are independent of each other and of the inputs, with the laws Beta$(K/2,K/2)$ and "
            r"Beta$(K/4,K/4)$; given $M$, the other mass and share are independent of $B$. (The masses of the four "
            r"kinds of neurons, by direction and sign, are Dirichlet$(K/4,K/4,K/4,K/4)$.)",
        ),
    ),
    symbols=(
        Letter(L, "excess log-loss of the predictor, averaged over time and teachers", "nats per sample"),
        *slopes.LETTERS,
    ),
    steps=STEPS,
    conclusion=above(L, LAW.expr),
    domain=(whole(T),),
    references=slopes.REFERENCES,
    example={T: sp.Integer(1000), K: sp.Integer(10)},
)
