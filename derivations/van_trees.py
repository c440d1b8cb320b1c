"""Van Trees' inequality along one field, and the average over time: steps that lower bounds share (docs/math2.md, C6).

The field moves the logit at the test input at the rate W, the logit of a past sample at the rate G, and has the
divergence D.  A mark at the end of the steps' names tells fields apart.
"""

from collections.abc import Callable
from functools import partial

import sympy as sp

from infobound.proof.averages import Mean, pulled_out
from infobound.proof.calculus import IntegralTest, Integration
from infobound.proof.check import Assumed
from infobound.proof.estimating import Bessel, PartialIntegration, StatisticSquared
from infobound.proof.linking import Average, Combine, Specialise, SumUp
from infobound.proof.step import Step, above, at_least, at_most, equal, whole
from infobound.symbols import T

from .probabilities import ERROR, SUM, VARIANCE, elapsed, t, z
from .teacher import F, L

__all__ = ["REFERENCES", "cauchy_schwarz", "few", "moved", "over_time", "score", "slope", "statistic"]

_step = partial(Step, source="docs/math2.md, C6")

REFERENCES = (
    "R. D. Gill and B. Y. Levit, Applications of the van Trees inequality: a Bayesian Cramér-Rao bound, Bernoulli "
    "1 (1995) 59-79.",
    "E. L. Lehmann and G. Casella, Theory of Point Estimation, 2nd edition, Springer (1998).",
    "W. Rudin, Real and Complex Analysis, 3rd edition, McGraw-Hill (1987).",
    "D. Williams, Probability with Martingales, Cambridge University Press (1991).",
)


def moved(W: sp.Symbol, lag: sp.Expr, mark: str, beside: tuple[sp.Symbol, ...] = ()) -> tuple[Step, Step, Step]:
    """Return the steps to "moved_mean": how fast the probability moves, in terms of E W and E F^2 W.

    They hold for any lag, which may depend on random symbols `beside` F and W.
    """
    front = sp.exp(-lag) / 4
    linear, square = (
        pulled_out(Mean(front * part * W, *over, W, *beside)) for part, over in ((1 + lag, ()), (F**2, (F,)))
    )
    return (
        _step(
            f"tangent_there{mark}",
            "The exponential function at the mean",
            "It lies above its tangent.",
            at_least(sp.exp(lag - F**2 / 4), 1 + lag - F**2 / 4),
            Specialise("tangent", {z: lag - F**2 / 4}),
        ),
        _step(
            f"moved{mark}",
            "Slope of the probability",
            "The probability moves by the variance of the label times as much as the logit.",
            at_least(VARIANCE * W, W * front * (1 + lag - F**2 / 4)),
            Combine({"typical": W, f"tangent_there{mark}": W * front}),
        ),
        _step(
            f"moved_mean{mark}",
            "On average",
            "Take expectations.",
            at_least(Mean(VARIANCE * W, F, W), linear - square / 4),
            Average(f"moved{mark}", (F, W, *beside)),
        ),
    )


def slope(W: sp.Symbol, lag: sp.Expr, value: sp.Expr, mark: str, hypotheses: tuple[sp.Basic, ...]) -> tuple[Step, ...]:
    """Return the steps to "slope": how fast the probability moves, E p(1-p) W >= e^-lag value/4.

    They use steps "slope_value", E W = value, and "tilt", E F^2 W <= 4 lag value, under these hypotheses.
    """
    return (
        *moved(W, lag, mark),
        _step(
            f"slope{mark}",
            "Together",
            "Put the means in.",
            at_least(Mean(VARIANCE * W, F, W), sp.exp(-lag) / 4 * value),
            Combine(
                {
                    f"moved_mean{mark}": 1,
                    f"tilt{mark}": sp.exp(-lag) / 16,
                    f"slope_value{mark}": -sp.exp(-lag) * (1 + lag) / 4,
                }
            ),
            hypotheses,
        ),
    )


def few(W: sp.Expr, over: sp.Symbol, title: str, prose: str, name: str, mark: str) -> tuple[Step, Step]:
    """Return the steps to "name_mean": E p(1-p) W <= E W/4 for a W that is not negative."""
    return (
        _step(
            f"{name}_pointwise{mark}",
            title,
            prose,
            at_most(VARIANCE * W, W / 4),
            Combine({"few_labels": W}),
        ),
        _step(
            f"{name}_mean{mark}",
            "On average",
            "Take expectations.",
            at_most(Mean(VARIANCE * W, F, over), Mean(W, over) / 4),
            Average(f"{name}_pointwise{mark}", (F, over)),
        ),
    )


def score(G: sp.Symbol, title: str, mark: str) -> tuple[Step, Step]:
    """Return the steps to "score_mean": what a sample tells, E p(1-p) G^2 <= E G^2/4."""
    prose = "A sample's score is the difference of label and probability times $G$."
    return few(G**2, G, title, prose, "score", mark)


def statistic(
    covariance: sp.Expr,
    square: sp.Expr,
    rates: tuple[sp.Symbol, sp.Symbol, sp.Symbol],
    title: str,
    parameters: str,
    mark: str,
) -> tuple[Step, ...]:
    """Return the steps "identity" and "statistic" about score plus divergence: covariance with the error, and square.

    Parameters
    ----------
    rates : tuple of Symbol
        W, G and D.
    parameters : str
        Key of the assumption about the law of what the field moves.
    """
    W, G, D = rates
    moved, sample, divergence = Mean(VARIANCE * W, F, W), Mean(VARIANCE * G**2, F, G), Mean(D**2, D)
    return (
        _step(
            f"identity{mark}",
            title,
            "The score of the labels along the field, plus the divergence of the field. Integrate by parts.",
            equal(covariance, moved),
            PartialIntegration(covariance=covariance, slope=moved, resting_on=("predictor", "labels", parameters)),
        ),
        _step(
            f"statistic{mark}",
            "Its square",
            "The scores of the samples are uncorrelated, and with the divergence too.",
            equal(square, t * sample + divergence),
            StatisticSquared(square=square, count=t, sample=sample, divergence=divergence, resting_on=("labels",)),
        ),
    )


def cauchy_schwarz(missed: sp.Expr, covariance: sp.Expr, square: sp.Expr) -> Step:
    """Return the step "bessel": the error missed is at least what its covariance with one statistic shows."""
    rule = Bessel(square=missed, covariances=(covariance,), squares=(square,), degrees=(1,), resting_on=("inputs",))
    return _step(
        "bessel",
        "Error and statistic",
        "One statistic is uncorrelated with nothing but itself: this is the Cauchy-Schwarz inequality.",
        rule.yields(),
        rule,
    )


def over_time(
    known_after: Callable[[sp.Expr], sp.Expr],
    bound: sp.Expr,
    primitive: sp.Expr,
    last: tuple[str, str],
    hypotheses: tuple[sp.Basic, ...] = (),
) -> tuple[Step, ...]:
    """Return the steps from "learned", a bound on the error after t samples, to one on the loss over the first T.

    Parameters
    ----------
    known_after : callable
        The bound at a time, under the hypotheses.
    bound, primitive : Expr
        2/T times its integral from 0 to T, and its antiderivative in `elapsed`.
    last : tuple of str
        Name and title of the last step.
    """
    total = sp.Integral(known_after(elapsed), (elapsed, 0, T))
    test = IntegralTest(known_after(elapsed), elapsed, t, T, "lower")
    return (
        _step(
            "summed",
            "Error at all times",
            "Sum over time.",
            at_least(SUM, sp.Sum(known_after(t), (t, 0, T - 1))),
            SumUp("learned", t, sp.S.Zero, T - 1),
            hypotheses,
        ),
        _step("integral", "A sum and an integral", "The terms decrease.", test.yields(), test, (whole(T),)),
        _step(
            "integrated",
            "Its value",
            "An elementary integral.",
            equal(total, T / 2 * bound),
            Integration(primitive=primitive),
        ),
        _step(
            "times",
            "A time drawn at random",
            "The expectation over time is the average.",
            equal(ERROR, SUM / T),
            Assumed("times"),
        ),
        _step(
            *last,
            "Put the steps together.",
            above(L, bound),
            Combine({"squared_error": 1, "times": -2, "summed": 2 / T, "integral": 2 / T, "integrated": -2 / T}),
            (*hypotheses, whole(T)),
        ),
    )
