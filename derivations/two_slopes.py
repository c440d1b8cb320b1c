"""Lower bound on the loss of any predictor in one input dimension, where the teacher is two slopes (docs/math2.md, C7).

The predictor is told how the weights are shared between the two directions, and has to learn the slopes.
"""

from functools import partial

import sympy as sp

from infobound.bounds.two_slopes import LAG, LAWS, SHARE
from infobound.proof.averages import Mean
from infobound.proof.check import Algebra
from infobound.proof.estimating import Bessel, BetaDivergence
from infobound.proof.linking import Insert
from infobound.proof.probability import IndependentFactors
from infobound.proof.step import Assumption, Derivation, Letter, Step, above, at_least, at_most, equal, whole
from infobound.symbols import K, T

from . import directions, probabilities, teacher
from .densities import moment
from .directions import INPUT, power, v
from .probabilities import LABELS, PINSKER, VARIANCE, elapsed, error, t
from .teacher import KL, F, L
from .van_trees import over_time, score, slope, statistic

__all__ = ["DERIVATION"]

(LAW,) = LAWS

HERE = "docs/math2.md, C7"
_step = partial(Step, source=HERE)

# The mass of the neurons of a direction, and the share of it that has the sign +1.
M, B = sp.symbols("M B", positive=True)
G, D = sp.symbols("G D", real=True)
W = sp.Symbol("W", nonnegative=True)
square, covariance = sp.Function("Q", positive=True)(t), sp.Function("c", real=True)(t)

MASS = sp.gamma(K) / sp.gamma(K / 2) ** 2 * M ** (K / 2 - 1) * (1 - M) ** (K / 2 - 1)
SIGNS = sp.gamma(K / 2) / sp.gamma(K / 4) ** 2 * B ** (K / 4 - 1) * (1 - B) ** (K / 4 - 1)
FIELD, SLOPE = B * (1 - B), 2 * B - 1

_SECOND = (K + 2) / (4 * (K + 1))
_FOURTH = (K + 4) * (K + 6) / (16 * (K + 1) * (K + 3))
_FIELD = K / (4 * (K + 2))
_FIELD_SQUARE = K * (K + 4) / (16 * (K + 2) * (K + 6))
_SLOPE_FIELD = K / (2 * (K + 2) * (K + 6))


def _over(
    variable: sp.Symbol, density: sp.Expr, name: str, title: str, body: sp.Expr, value: sp.Expr
) -> tuple[Step, ...]:
    return moment(name, title, body, variable, density, value, high=sp.S.One, resting_on="masses", source=HERE)


_MOMENTS = (
    *_over(M, MASS, "second", "Mean square of a mass", M**2, _SECOND),
    *_over(M, MASS, "fourth", "Mean fourth power of it", M**4, _FOURTH),
    *_over(B, SIGNS, "field", "The field", FIELD, _FIELD),
    *_over(B, SIGNS, "field_square", "Its square", FIELD**2, _FIELD_SQUARE),
)


def _names(*moments: str) -> tuple[str, ...]:
    return tuple(name for moment in moments for name in (moment, f"{moment}_integral"))


_TILTED = Mean(F**2 * W, F, W)
_INFORMATION = Mean(VARIANCE * G**2, F, G)
_MEAN_SLOPE = K / 8
_MEAN_SCORE = K * (K + 1) * (K + 4) ** 2 / (128 * (K + 2) * (K + 3))
_MEAN_DIVERGENCE = K**2 / 32


def _known_after(time: sp.Expr) -> sp.Expr:
    """Return the lower bound on the mean squared error after some samples."""
    return sp.exp(-2 * LAG) / (32 * (1 + time / (16 * SHARE)))


_DIVERGENCE = BetaDivergence(
    mean_square=Mean(D**2, D),
    field=FIELD,
    variable=B,
    first=K / 4,
    second=K / 4,
    factors=(K + 1, power(2), Mean(M**2, M)),
    resting_on=("masses",),
)

STEPS = (
    *PINSKER,
    *LABELS,
    *(step for step in INPUT if step.name in _names("v2", "v4")),
    *_MOMENTS,
    _step(
        "slope_field_parts",
        "The field times the square of the slope",
        r"$(2B-1)^2=1-4B(1-B)$.",
        equal(Mean(SLOPE**2 * FIELD, B), Mean(FIELD, B) - 4 * Mean(FIELD**2, B)),
        Algebra(),
    ),
    _step(
        "slope_field",
        "Its value",
        "Put the moments in.",
        equal(Mean(SLOPE**2 * FIELD, B), _SLOPE_FIELD),
        Insert("slope_field_parts", (*_names("field"), *_names("field_square"))),
    ),
    _step(
        "slope_square_parts",
        "Square of the slope",
        "In the same way.",
        equal(Mean(SLOPE**2, B), 1 - 4 * Mean(FIELD, B)),
        Algebra(),
    ),
    _step(
        "slope_square",
        "Its value",
        "Put the moment in.",
        equal(Mean(SLOPE**2, B), 2 / (K + 2)),
        Insert("slope_square_parts", _names("field")),
    ),
    _step(
        "slope_parts",
        "Slope of the logit along the field",
        r"$F=\sqrt{K+1}\,M(2B-1)|x|$, and the field is $\sqrt{K+1}\,M|x|B(1-B)$ in the coordinate $B$.",
        equal(Mean(W, W), 2 * (K + 1) * power(2) * Mean(M**2, M) * Mean(FIELD, B)),
        IndependentFactors(
            product=Mean(W, W),
            factors=(2 * (K + 1), power(2), Mean(M**2, M), Mean(FIELD, B)),
            resting_on=("masses",),
        ),
    ),
    _step(
        "slope_value",
        "Its mean",
        "Put the moments in.",
        equal(Mean(W, W), _MEAN_SLOPE),
        Insert("slope_parts", (*_names("v2"), *_names("second"), *_names("field"))),
    ),
    _step(
        "tilt_parts",
        "Together with the square of the logit",
        "The same with $F^2$ beside it.",
        equal(_TILTED, 2 * (K + 1) ** 2 * power(4) * Mean(M**4, M) * Mean(SLOPE**2 * FIELD, B)),
        IndependentFactors(
            product=_TILTED,
            factors=(2 * (K + 1) ** 2, power(4), Mean(M**4, M), Mean(SLOPE**2 * FIELD, B)),
            resting_on=("masses",),
        ),
    ),
    _step(
        "tilt",
        "Its mean",
        "Put the moments in.",
        equal(_TILTED, 4 * LAG * _MEAN_SLOPE),
        Insert("tilt_parts", (*_names("v4"), *_names("fourth"), "slope_field")),
    ),
    *slope(W, LAG, _MEAN_SLOPE, "", ()),
    *score(G, "Score along the field", ""),
    _step(
        "score_parts",
        "Its mean square",
        "Half of the samples have the test input's sign; the others tell nothing.",
        equal(Mean(G**2, G), 2 * (K + 1) ** 2 * power(2) ** 2 * Mean(M**4, M) * Mean(FIELD**2, B)),
        IndependentFactors(
            product=Mean(G**2, G),
            factors=(sp.Rational(1, 2), 4 * (K + 1) ** 2, power(2) ** 2, Mean(M**4, M), Mean(FIELD**2, B)),
            resting_on=("masses",),
        ),
    ),
    _step(
        "score",
        "Its value",
        "Put the moments in.",
        at_most(_INFORMATION, _MEAN_SCORE / 4),
        Insert("score_mean", ("score_parts", *_names("v2"), *_names("fourth"), *_names("field_square"))),
    ),
    _step("divergence_parts", "Divergence of the field", "Under the law of $B$.", _DIVERGENCE.yields(), _DIVERGENCE),
    _step(
        "field_divergence",
        "Its value",
        "Put the moments in.",
        equal(Mean(D**2, D), _MEAN_DIVERGENCE),
        Insert("divergence_parts", (*_names("v2"), *_names("second"), "slope_square")),
    ),
    *statistic(covariance, square, (W, G, D), "The statistic", "masses", ""),
    _step(
        "square",
        "Its square, from above",
        "Put the values in.",
        at_most(square, t * _MEAN_SCORE / 4 + _MEAN_DIVERGENCE),
        Insert("statistic", ("field_divergence", "score")),
    ),
    _step(
        "bessel",
        "Error and statistic",
        "One statistic is uncorrelated with nothing but itself: this is the Cauchy-Schwarz inequality.",
        at_least(error, covariance**2 / square),
        Bessel(square=error, covariances=(covariance,), squares=(square,), degrees=(1,), resting_on=("inputs",)),
    ),
    _step(
        "learned",
        "Error at a time",
        "Put everything in.",
        at_least(error, _known_after(t)),
        Insert("bessel", ("identity", "slope", "square")),
    ),
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
        r"The teacher is $F(x)=\sqrt{K+1}\,\sum_{k\ge1}s_k\pi_k\max(0,w_kx)$ of a number $x$: infinitely many neurons "
        r"with weights $\pi$ from a stick-breaking process of concentration $K$, random signs $s_k$ and directions "
        r"$w_k=\pm1$. So $F(x)=\sqrt{K+1}\,M(2B-1)|x|$ with the mass $M$ of the neurons that are active at $x$, and "
        r"the share $B$ of it that has the sign $+1$.",
        r"A predictor states, at an input $x=X_t$, a probability $1/(1+e^{-\tilde F})$ for the label. It makes it from "
        r"the inputs and labels before, from $X_t$, from the mass $M$, which it is told, and from randomness of its "
        r"own if any. Its loss is $L=\frac1T\sum_{t<T}\mathbb{E}\,\mathrm{KL}$, the excess log-loss over the teacher "
        r"averaged over the first $T$ samples.",
    ),
    assumptions=(
        *probabilities.ASSUMPTIONS,
        Assumption("inputs", "The inputs are independent standard normal variables, independent of the teacher."),
        *(a for a in teacher.ASSUMPTIONS if a.key == "labels"),
        Assumption(
            "masses",
            r"$M$ and $B$ are independent of each other and of the inputs, with the laws Beta$(K/2,K/2)$ and "
            r"Beta$(K/4,K/4)$; given $M$, the other mass and share are independent of $B$. (The masses of the four "
            r"kinds of neurons, by direction and sign, are Dirichlet$(K/4,K/4,K/4,K/4)$.)",
        ),
    ),
    symbols=(
        *(row for row in teacher.LETTERS if row.symbol in {K, T, F, KL(F, teacher.F_tilde)}),
        Letter(L, "excess log-loss of the predictor, averaged over time and teachers", "nats per sample"),
        *probabilities.LETTERS,
        *(row for row in directions.LETTERS if row.symbol == v),
        Letter(M, "mass of the neurons that are active at the input"),
        Letter(B, "share of it that has the sign $+1$"),
        Letter(W, "slope of the logit along the field"),
        Letter(G, "slope of a past sample's logit along the field"),
        Letter(D, "divergence of the field"),
        Letter(square, "mean square of the statistic"),
        Letter(covariance, "mean product of error and statistic"),
    ),
    steps=STEPS,
    conclusion=above(L, LAW.expr),
    domain=(whole(T),),
    references=(
        *teacher.REFERENCES[:2],
        "T. S. Ferguson, A Bayesian analysis of some nonparametric problems, Ann. Statist. 1 (1973) 209-230.",
        "R. D. Gill and B. Y. Levit, Applications of the van Trees inequality: a Bayesian Cramér-Rao bound, Bernoulli "
        "1 (1995) 59-79.",
        "E. L. Lehmann and G. Casella, Theory of Point Estimation, 2nd edition, Springer (1998).",
        "W. Rudin, Real and Complex Analysis, 3rd edition, McGraw-Hill (1987).",
        "D. Williams, Probability with Martingales, Cambridge University Press (1991).",
    ),
    example={T: sp.Integer(1000), K: sp.Integer(10)},
)
