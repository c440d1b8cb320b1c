"""What a predictor of labels loses, as the mean squared error of its probabilities (docs/math2.md, C6).

Pinsker's inequality for a coin, the average over time, and the variance of a label from both sides.
"""

from functools import partial

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, SignOfDerivative
from infobound.proof.check import Algebra, Assumed, Split
from infobound.proof.linking import Average, Combine, Insert, Specialise
from infobound.proof.step import Assumption, Letter, Step, at_least, at_most, equal
from infobound.symbols import T

from . import teacher
from .teacher import DIVERGENCE, KL, LOGITS, F, F_tilde, L

__all__ = [
    "ASSUMPTIONS",
    "COIN",
    "ERROR",
    "LABELS",
    "LETTERS",
    "PINSKER",
    "SUM",
    "VARIANCE",
    "elapsed",
    "error",
    "t",
    "z",
]

HERE = "docs/math2.md, C6"
_step = partial(Step, source=HERE)

t = sp.Symbol("t", integer=True, nonnegative=True)
elapsed = sp.Symbol("tau", nonnegative=True)
error = sp.Function("e", nonnegative=True)(t)
x, y = sp.symbols("x y", positive=True)
z = sp.Symbol("z", real=True)

PROBABILITY = sp.exp(F) / (1 + sp.exp(F))
PREDICTED = sp.exp(F_tilde) / (1 + sp.exp(F_tilde))
_BREGMAN = LOGITS[0].claim.rhs
VARIANCE = sp.exp(F) / (1 + sp.exp(F)) ** 2
ERROR = Mean((PROBABILITY - PREDICTED) ** 2, F, F_tilde)
SUM = sp.Sum(error, (t, 0, T - 1))

ASSUMPTIONS = (
    Assumption(
        "loss",
        r"$F$ and $\tilde F$ are the logits of teacher and prediction at a time drawn uniformly from the first $T$, "
        "and the loss is the expected divergence there.",
        formula=equal(L, DIVERGENCE),
    ),
    Assumption(
        "times",
        r"$e(t)$ is the mean squared error of the predicted probability after $t$ samples.",
        formula=equal(ERROR, SUM / T),
    ),
    Assumption(
        "predictor",
        "A prediction is made from the inputs and labels before, the input, what the predictor is told of the teacher, "
        "and randomness that is independent of all else; it sees nothing more of what is to be learned.",
    ),
)

LETTERS = (
    Letter(F_tilde, "logit of the prediction"),
    Letter(t, "number of samples seen"),
    Letter(elapsed, "the same, as a real number"),
    Letter(error, r"mean squared error of the predicted probability after $t$ samples"),
    Letter(x, "odds of a label"),
    Letter(y, "odds predicted"),
    Letter(z, "a real number"),
)


# Ends in step "averaged": 2 E (p - p~)^2 is at most the expected divergence.
COIN = (
    teacher.MISSPECIFIED_BAYES[0],
    LOGITS[0],
    _step(
        "divergence",
        "Divergence in terms of logits",
        "The two steps together.",
        equal(KL(F, F_tilde), _BREGMAN),
        Insert("label_divergence", ("bregman",)),
    ),
    _step(
        "odds",
        "Divergence and difference of probabilities",
        r"In terms of the odds $x=e^F$ and $y=e^{\tilde F}$. The derivative in $y$ is $(y-x)$ times a positive factor.",
        at_most(
            2 * (x / (1 + x) - y / (1 + y)) ** 2,
            sp.log(1 + y) - sp.log(1 + x) - x / (1 + x) * (sp.log(y) - sp.log(x)),
        ),
        Split(y, x, under=SignOfDerivative(y, x), over=SignOfDerivative(y, x)),
    ),
    _step(
        "pinsker",
        "Pinsker's inequality for a coin",
        "The same in terms of the logits.",
        at_most(2 * (PROBABILITY - PREDICTED) ** 2, _BREGMAN),
        Specialise("odds", {x: sp.exp(F), y: sp.exp(F_tilde)}),
    ),
    _step(
        "pointwise",
        "Divergence and squared error",
        "The two steps together.",
        at_most(2 * (PROBABILITY - PREDICTED) ** 2, KL(F, F_tilde)),
        Combine({"pinsker": 1, "divergence": -1}),
    ),
    _step(
        "averaged",
        "On average",
        "Take expectations.",
        at_most(2 * ERROR, DIVERGENCE),
        Average("pointwise", (F, F_tilde)),
    ),
)

# Ends in step "squared_error": L >= 2 E (p - p~)^2, which is averaged over time.
PINSKER = (
    *COIN,
    _step(
        "random_time",
        "A time drawn at random",
        r"$F$ and $\tilde F$ are the logits at a time drawn uniformly, which makes the average over time part of the "
        "expectation.",
        equal(L, DIVERGENCE),
        Assumed("loss"),
    ),
    _step(
        "squared_error",
        "Loss and squared error",
        "The two steps together.",
        at_least(L, 2 * ERROR),
        Combine({"averaged": 1, "random_time": -1}),
    ),
)

# Steps "few_labels" and "typical": bounds on the variance of a label.
LABELS = (
    _step(
        "few_labels",
        "Variance of a label",
        r"$p(1-p)\le1/4$.",
        at_most(VARIANCE, sp.Rational(1, 4)),
        Algebra(),
    ),
    _step(
        "logarithm",
        "The variance from below",
        r"In logarithms: $\ln4p(1-p)+F^2/4$ is convex, and zero and stationary at $F=0$.",
        at_least(F - 2 * sp.log(1 + sp.exp(F)) + 2 * sp.log(2) + F**2 / 4, 0),
        ConvexMinimum(F, 0),
    ),
    _step(
        "tangent",
        "The exponential function is convex",
        "It lies above its tangent at 0.",
        at_least(sp.exp(z), 1 + z),
        ConvexMinimum(z, 0),
    ),
    _step(
        "exponential",
        "The same at that logarithm",
        "The last step, at the left side of the one before.",
        at_least(4 * VARIANCE * sp.exp(F**2 / 4), 1 + F - 2 * sp.log(1 + sp.exp(F)) + 2 * sp.log(2) + F**2 / 4),
        Specialise("tangent", {z: F - 2 * sp.log(1 + sp.exp(F)) + 2 * sp.log(2) + F**2 / 4}),
    ),
    _step(
        "typical",
        "Together",
        "A label's variance falls no faster than that.",
        at_least(VARIANCE, sp.exp(-(F**2) / 4) / 4),
        Combine({"exponential": sp.exp(-(F**2) / 4) / 4, "logarithm": sp.exp(-(F**2) / 4) / 4}),
    ),
)
