"""A teacher whose neurons have given sizes, and a neuron of it that is drawn by weight (docs/math2.md, C2).

The letters, the setting and the assumptions of lower bounds on what a predictor that knows the sizes loses; and what
the squared logit takes from the labels' variance at a neuron.
"""

from functools import partial

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.estimating import OwnAndPairs
from infobound.proof.linking import Combine, Insert
from infobound.proof.moments import SquareOfSum
from infobound.proof.probability import Independence, IndependentFactors
from infobound.proof.step import Assumption, Letter, Step, at_least, equal
from infobound.symbols import d

from . import directions, probabilities, teacher
from .directions import DIRECTION, INPUT, power, second, square_length
from .probabilities import COIN, LABELS, VARIANCE, t
from .teacher import DIVERGENCE, KL, F, F_tilde, k
from .van_trees import REFERENCES as VAN_TREES
from .van_trees import moved

__all__ = [
    "ASSUMPTIONS",
    "COUNT",
    "HERE",
    "LENGTH",
    "LETTERS",
    "OPENING",
    "PAIRS",
    "REFERENCES",
    "RISE",
    "SCALED",
    "SETTING",
    "SQUARES",
    "SUMS",
    "P",
    "a",
    "alpha",
    "beta",
    "damped",
    "k",
    "lag",
    "loss",
    "m",
    "over_neurons",
    "pairs",
    "product",
    "t",
    "tilted",
    "up",
    "whole_energy",
]

HERE = "docs/math2.md, C2"
_step = partial(Step, source=HERE)

loss = sp.Symbol("L_t", nonnegative=True)

# Neurons whose directions count, by number; their sizes and weights; and sums over them.
m = sp.Symbol("m", integer=True, positive=True)
a, beta = (sp.Function(name, positive=True)(k) for name in ("a", "beta"))
whole_energy, pairs = sp.Symbol("A_2", positive=True), sp.Symbol("B_11", nonnegative=True)

# A neuron's slope along the field, over |x|^2: mean of the positive part, alone and with v^2 beside it.
up, tilted = sp.Symbol("nu_+", positive=True), sp.Symbol("nu_2", nonnegative=True)

# The positive part of the slope of a neuron drawn by weight, and its size.
P = sp.Symbol("P", nonnegative=True)
alpha = sp.Symbol("alpha", positive=True)

fourth_length, own, others = sp.symbols("X_4 p q", nonnegative=True)

_MOMENTS = {directions.v, second, square_length}
LETTERS = (
    *(row for row in teacher.LETTERS if row.symbol in {d, F, KL(F, F_tilde), k}),
    *(row for row in probabilities.LETTERS if row.symbol not in {probabilities.elapsed, probabilities.error}),
    *(row for row in directions.LETTERS if row.symbol in _MOMENTS),
    Letter(loss, "excess log-loss of the predictor after $t$ samples, given the sizes", "nats"),
    Letter(m, "number of neurons whose directions count"),
    Letter(a, r"size $a_k$ of a neuron"),
    Letter(beta, r"its weight $\beta_k$ in the field"),
    Letter(whole_energy, r"$\sum_ka_k^2$, over all neurons"),
    Letter(pairs, r"$\sum_{j\ne k}\beta_j\beta_k$"),
    Letter(up, r"$\nu_+=\mathbb{E}\max(0,n(v))$ for a coordinate $v$ of a uniform direction"),
    Letter(tilted, r"$\nu_2=\mathbb{E}v^2\max(0,n(v))$"),
    Letter(P, r"$|x|^2\max(0,n(v_J))$ for a neuron $J$ drawn by weight"),
    Letter(alpha, "its size $a_J$"),
    Letter(fourth_length, r"$\mathbb{E}|x|^4$"),
    Letter(own, "mean of a neuron's part of $P$ times its own square in $F^2$, sizes left out"),
    Letter(others, "the same with the square of another neuron"),
)
_ASKED = {"inputs", "labels", "signs", "directions", "predictor"}

SETTING = (
    r"The teacher is $F(x)=\sum_{k\ge1}s_ka_k\max(0,w_k\cdot x)$, with weights $a_k>0$, the sizes of the neurons, "
    r"that are given, random signs $s_k$ and random directions $w_k$ on the unit sphere of $\mathbb{R}^d$. (Where the "
    r"sizes are random, all that follows holds given them, and the bound's expectation bounds the expected loss.)",
    r"A predictor states, at an input $x=X_t$, a probability $1/(1+e^{-\tilde F})$ for the label. It makes it from the "
    r"inputs and labels before, from $X_t$, from the sizes and signs of all neurons, which it is told, and from "
    r"randomness of its own if any. Its loss $L_t$ is the excess log-loss over the teacher at that time, "
    r"$\mathbb{E}\,\mathrm{KL}$.",
)

ASSUMPTIONS = (
    *(each for each in (*teacher.ASSUMPTIONS, *probabilities.ASSUMPTIONS) if each.key in _ASKED),
    Assumption(
        "then",
        r"$F$ and $\tilde F$ are the logits of teacher and prediction after $t$ samples, and the loss is the expected "
        "divergence there.",
        formula=equal(loss, DIVERGENCE),
    ),
    Assumption(
        "drawn",
        r"$J\le m$ is drawn with chances in proportion to the weights $\beta_k$, independently of all else.",
    ),
    Assumption(
        "harmonics",
        r"The part of degree $\ell$ of $\max(0,w\cdot x)$, as a function of $w$, has the share $\kappa(\ell)$ of its "
        r"mean square, and there are $N(\ell)$ spherical harmonics of degree $\ell$ (docs/math2.md, C0).",
    ),
)

REFERENCES = (
    *teacher.REFERENCES[:2],
    "K. Atkinson and W. Han, Spherical Harmonics and Approximations on the Unit Sphere: An Introduction, Lecture "
    "Notes in Mathematics 2044, Springer (2012).",
    *VAN_TREES,
)


def over_neurons(body: sp.Expr) -> sp.Expr:
    """Sum over the neurons that count."""
    return sp.Sum(body, (k, 1, m))


COUNT, SQUARES, SCALED = (over_neurons(each) for each in (beta, beta**2, beta**2 / a**2))

SUMS = tuple(
    equal(sp.Symbol(name), total) for name, total in (("B_1", COUNT), ("B_2", SQUARES), (r"B_2^{\prime}", SCALED))
)
LENGTH = ("square_length", "v2", "v2_integral")


def lag(size: sp.Expr) -> sp.Expr:
    """Return a quarter of the mean of F^2 at a neuron of this size, where its slope is positive."""
    return (d + 2) / 4 * (size**2 * tilted / up + (whole_energy - size**2) / (2 * d))


damped = sp.exp(-lag(alpha))


def product(name: str, title: str, prose: str, value: sp.Expr, *factors: sp.Expr, key: str = "directions") -> Step:
    """Return the step that takes the expectation of a product of independent factors."""
    rule = IndependentFactors(product=value, factors=factors, resting_on=(key,))
    return _step(name, title, prose, rule.yields(), rule)


def _tilt() -> tuple[Step, ...]:
    tilt = Mean(F**2 * P * damped, F, P, alpha)
    parts = OwnAndPairs(
        total=tilt,
        own=(Mean(alpha**2 * damped, alpha), own),
        pairs=(Mean((whole_energy - alpha**2) * damped, alpha), others),
        resting_on=("directions", "signs"),
    )
    apart = Independence(
        first=P, first_over=(P,), second=(1 + lag(alpha)) * damped, second_over=(alpha,), resting_on=("drawn",)
    )
    fourth = SquareOfSum(square=fourth_length, second_moment=power(4), mean=power(2), count=d, resting_on=("inputs",))
    return (
        _step(
            "apart",
            "Size and slope are independent",
            "The slope is made of direction and input.",
            apart.yields(),
            apart,
        ),
        _step(
            "tilt_parts",
            "Together with the square of the logit",
            "The signs leave squares of single terms: that of the neuron itself, and those of the others.",
            parts.yields(),
            parts,
        ),
        _step(
            "fourth_length",
            "Mean fourth power of an input's length",
            "A square of a sum over coordinates.",
            fourth.yields(),
            fourth,
        ),
        product("tilt_own", "The neuron itself", "Length and direction are independent.", own, fourth_length, tilted),
        product(
            "tilt_others",
            "Another neuron",
            "Its direction is independent, and it counts where its projection is positive.",
            others,
            fourth_length,
            up,
            second / 2,
        ),
        _step(
            "tilt",
            "Their sum",
            "Put the moments in.",
            equal(tilt, 4 * d * up * Mean(lag(alpha) * damped, alpha)),
            Insert(
                "tilt_parts",
                ("tilt_own", "tilt_others", "fourth_length", "v4", "v4_integral", "v2", "v2_integral", "second"),
            ),
        ),
    )


_INPUTS = {"v2", "v2_integral", "v4", "v4_integral", "square_length"}

# Steps "averaged", "typical" and "few_labels", and moments of inputs and directions.
OPENING = (
    *COIN,
    *LABELS,
    *(step for step in INPUT if step.name in _INPUTS),
    *(step for step in DIRECTION if step.name in {"coordinate_squares", "second"}),
)

# Ends in step "slope_up": E p(1-p) P >= d nu_+ E e^-lag/4.
RISE = (
    product(
        "rise", "Positive part of its slope", "Length and direction are independent.", Mean(P, P), square_length, up
    ),
    _step("rise_value", "Its mean", "Put it in.", equal(Mean(P, P), d * up), Insert("rise", LENGTH)),
    *moved(P, lag(alpha), "", (alpha,)),
    *_tilt(),
    _step(
        "slope_up",
        "Slope of the probability, positive part",
        "Put the means in.",
        at_least(Mean(VARIANCE * P, F, P), d * up * Mean(damped, alpha) / 4),
        Combine(
            {
                "moved_mean": 1,
                "apart": -sp.Rational(1, 4),
                "rise_value": -Mean((1 + lag(alpha)) * damped, alpha) / 4,
                "tilt": sp.Rational(1, 16),
            }
        ),
    ),
)

_SQUARE = OwnAndPairs(
    total=COUNT**2, own=(SQUARES, sp.S.One), pairs=(pairs, sp.S.One), resting_on=("directions", "signs")
)
PAIRS = (
    _step("pairs", "Pairs of neurons", "A square of a sum.", _SQUARE.yields(), _SQUARE),
    _step("pairs_value", "Their sum", "Solve for it.", equal(pairs, COUNT**2 - SQUARES), Combine({"pairs": -1})),
)
