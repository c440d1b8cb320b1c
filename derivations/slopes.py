"""What can be learned of one of two slopes, by van Trees' inequality: steps (docs/math2.md, C3 and C7).

The mass M of the neurons of a side is known; the share B of it that has the sign +1 is to be learned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.check import Algebra
from infobound.proof.estimating import BetaDivergence
from infobound.proof.linking import Insert
from infobound.proof.probability import IndependentFactors
from infobound.proof.step import Assumption, Letter, Step, at_least, at_most, equal
from infobound.symbols import K, T

from . import directions, probabilities, teacher
from .densities import moment
from .directions import INPUT, power, v
from .probabilities import VARIANCE, error, t
from .teacher import KL, F
from .van_trees import REFERENCES as VAN_TREES
from .van_trees import cauchy_schwarz, score, slope, statistic

__all__ = ["ASSUMPTIONS", "LETTERS", "PREDICTOR", "REFERENCES", "TEACHER", "M", "Side", "named", "over_unit"]

HERE = "docs/math2.md, C7"
_step = partial(Step, source=HERE)

# The mass of the neurons of a direction, and the share of it that has the sign +1.
M, B = sp.symbols("M B", positive=True)
G, D = sp.symbols("G D", real=True)
W = sp.Symbol("W", nonnegative=True)
square, covariance = sp.Function("Q", positive=True)(t), sp.Function("c", real=True)(t)

SIGNS = sp.gamma(K / 2) / sp.gamma(K / 4) ** 2 * B ** (K / 4 - 1) * (1 - B) ** (K / 4 - 1)
FIELD, SLOPE = B * (1 - B), 2 * B - 1

over_unit = partial(moment, high=sp.S.One, resting_on="masses", source=HERE)


def named(*moments: str) -> tuple[str, ...]:
    """Return the names of the steps to moments."""
    return tuple(name for moment in moments for name in (moment, f"{moment}_integral"))


_FIELD = K / (4 * (K + 2))
_FIELD_SQUARE = K * (K + 4) / (16 * (K + 2) * (K + 6))
_SLOPE_FIELD = K / (2 * (K + 2) * (K + 6))

_TILTED = Mean(F**2 * W, F, W)
_INFORMATION = Mean(VARIANCE * G**2, F, G)

_MOMENTS = (
    *(step for step in INPUT if step.name in named("v2", "v4")),
    *over_unit("field", "The field", FIELD, B, SIGNS, _FIELD),
    *over_unit("field_square", "Its square", FIELD**2, B, SIGNS, _FIELD_SQUARE),
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
        Insert("slope_field_parts", (*named("field"), *named("field_square"))),
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
        Insert("slope_square_parts", named("field")),
    ),
)


@dataclass(frozen=True)
class Side:
    """A side whose mass is a number, or random, and the steps about it.

    Attributes
    ----------
    second, fourth : Expr
        E M^2 and E M^4.
    second_value, fourth_value : tuple of str
        The steps that give them values, if any.
    lag, slope, score, divergence : Expr
        What their values make of a quarter of the mean of F^2 under the weights of the slope, of the slope, and of the
        mean squares of score and divergence.
    """

    second: sp.Expr
    fourth: sp.Expr
    second_value: tuple[str, ...]
    fourth_value: tuple[str, ...]
    lag: sp.Expr
    slope: sp.Expr
    score: sp.Expr
    divergence: sp.Expr

    def steps(self, known_after: Callable[[sp.Expr], sp.Expr]) -> tuple[Step, ...]:
        """Return the steps to "learned": the error after t samples is at least `known_after` of t."""
        return (*_MOMENTS, *self._slope_steps(), *self._score_steps(), *self._end_steps(known_after))

    def _slope_steps(self) -> tuple[Step, ...]:
        slope_factors = (2 * (K + 1), power(2), self.second, Mean(FIELD, B))
        tilt_factors = (2 * (K + 1) ** 2, power(4), self.fourth, Mean(SLOPE**2 * FIELD, B))
        return (
            _step(
                "slope_parts",
                "Slope of the logit along the field",
                r"$F=\sqrt{K+1}\,M(2B-1)|x|$, and the field is $\sqrt{K+1}\,M|x|B(1-B)$ in the coordinate $B$.",
                equal(Mean(W, W), sp.Mul(*slope_factors)),
                IndependentFactors(product=Mean(W, W), factors=slope_factors, resting_on=("masses",)),
            ),
            _step(
                "slope_value",
                "Its mean",
                "Put the moments in.",
                equal(Mean(W, W), self.slope),
                Insert("slope_parts", (*named("v2"), *self.second_value, *named("field"))),
            ),
            _step(
                "tilt_parts",
                "Together with the square of the logit",
                "The same with $F^2$ beside it.",
                equal(_TILTED, sp.Mul(*tilt_factors)),
                IndependentFactors(product=_TILTED, factors=tilt_factors, resting_on=("masses",)),
            ),
            _step(
                "tilt",
                "Its mean",
                "Put the moments in.",
                equal(_TILTED, 4 * self.lag * self.slope),
                Insert("tilt_parts", (*named("v4"), *self.fourth_value, "slope_field")),
            ),
            *slope(W, self.lag, self.slope, "", ()),
        )

    def _score_steps(self) -> tuple[Step, ...]:
        factors = (sp.Rational(1, 2), 4 * (K + 1) ** 2, power(2) ** 2, self.fourth, Mean(FIELD**2, B))
        divergence = BetaDivergence(
            mean_square=Mean(D**2, D),
            field=FIELD,
            variable=B,
            first=K / 4,
            second=K / 4,
            factors=(K + 1, power(2), self.second),
            resting_on=("masses",),
        )
        return (
            *score(G, "Score along the field", ""),
            _step(
                "score_parts",
                "Its mean square",
                "Half of the samples have the test input's sign; the others tell nothing.",
                equal(Mean(G**2, G), sp.Mul(*factors)),
                IndependentFactors(product=Mean(G**2, G), factors=factors, resting_on=("masses",)),
            ),
            _step(
                "score",
                "Its value",
                "Put the moments in.",
                at_most(_INFORMATION, self.score / 4),
                Insert("score_mean", ("score_parts", *named("v2"), *self.fourth_value, *named("field_square"))),
            ),
            _step(
                "divergence_parts", "Divergence of the field", "Under the law of $B$.", divergence.yields(), divergence
            ),
            _step(
                "field_divergence",
                "Its value",
                "Put the moments in.",
                equal(Mean(D**2, D), self.divergence),
                Insert("divergence_parts", (*named("v2"), *self.second_value, "slope_square")),
            ),
        )

    def _end_steps(self, known_after: Callable[[sp.Expr], sp.Expr]) -> tuple[Step, ...]:
        return (
            *statistic(covariance, square, (W, G, D), "The statistic", "masses", ""),
            _step(
                "square",
                "Its square, from above",
                "Put the values in.",
                at_most(square, t * self.score / 4 + self.divergence),
                Insert("statistic", ("field_divergence", "score")),
            ),
            cauchy_schwarz(error, covariance, square),
            _step(
                "learned",
                "Error at a time",
                "Put everything in.",
                at_least(error, known_after(t)),
                Insert("bessel", ("identity", "slope", "square")),
            ),
        )


TEACHER = (
    r"The teacher is $F(x)=\sqrt{K+1}\,\sum_{k\ge1}s_k\pi_k\max(0,w_kx)$ of a number $x$: infinitely many neurons "
    r"with weights $\pi$ from a stick-breaking process of concentration $K$, random signs $s_k$ and directions "
    r"$w_k=\pm1$. So $F(x)=\sqrt{K+1}\,M(2B-1)|x|$ with the mass $M$ of the neurons that are active at $x$, and "
    r"the share $B$ of it that has the sign $+1$."
)
PREDICTOR = (
    r"A predictor states, at an input $x=X_t$, a probability $1/(1+e^{-\tilde F})$ for the label. It makes it from the "
    r"inputs and labels before, from $X_t$, from the mass $M$, which it is told, and from randomness of its own if any."
)

ASSUMPTIONS = (
    *probabilities.ASSUMPTIONS,
    Assumption("inputs", "The inputs are independent standard normal variables, independent of the teacher."),
    *(a for a in teacher.ASSUMPTIONS if a.key == "labels"),
)

LETTERS = (
    *(row for row in teacher.LETTERS if row.symbol in {K, T, F, KL(F, teacher.F_tilde)}),
    *probabilities.LETTERS,
    *(row for row in directions.LETTERS if row.symbol == v),
    Letter(M, "mass of the neurons that are active at the input"),
    Letter(B, "share of it that has the sign $+1$"),
    Letter(W, "slope of the logit along the field"),
    Letter(G, "slope of a past sample's logit along the field"),
    Letter(D, "divergence of the field"),
    Letter(square, "mean square of the statistic"),
    Letter(covariance, "mean product of error and statistic"),
)

REFERENCES = (
    *teacher.REFERENCES[:2],
    "T. S. Ferguson, A Bayesian analysis of some nonparametric problems, Ann. Statist. 1 (1973) 209-230.",
    *VAN_TREES,
)
