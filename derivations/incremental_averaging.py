r"""A running average with gains 1/(t+1+c): the steps by which it is seen never to forget.

With c = 0 the statistic is the mean of the labels, with c = v the posterior mean of theta (the Kalman filter).
The steps belong to `incremental_gaussian`.
"""

import math

import sympy as sp

from infobound.proof.calculus import Summation
from infobound.proof.check import Assumed, Theorem
from infobound.proof.differentiating import Recursion
from infobound.proof.information import GaussianInformation
from infobound.proof.linking import Combine, Insert, SumUp
from infobound.proof.step import Assumption, Letter, Step, above, equal

from .incremental_identity import HERE, T, amount, expect, rounds, t

__all__ = ["ASSUMPTIONS", "AVERAGING", "LETTERS", "c", "combination", "half_log", "posterior", "v"]

v = sp.Symbol("v", positive=True)
c = sp.Symbol("c", real=True)
ABOVE_MINUS_ONE = (above(c, -1),)
# The statistic after t+1 labels, t = 0, 1, ...: with c = 0 the first label replaces it altogether.
slope, spread, ratio = sp.Function(r"\hat{a}^{+}", real=True), amount(r"\hat{V}^{+}"), amount(r"\hat{\rho}")
left, regret, held = sp.Function(r"\hat{P}", positive=True), amount(r"\hat{R}"), amount(r"\hat{I}")
gain = 1 / (t + 2 + c)


def half_log(expression: sp.Expr) -> sp.Expr:
    """Return half the logarithm, as in every information between Gaussians."""
    return sp.log(expression) / 2


def _try_moments() -> None:
    """Two fair signs: mean and variance of a linear combination."""
    values = [0.3 * (2 + a) + 0.7 * (2 + 3 * b) for a in (-1, 1) for b in (-1, 1)]
    mean = sum(values) / 4
    variance = sum((value - mean) ** 2 for value in values) / 4
    expect(abs(mean - 2) < 1e-12 and abs(variance - 0.09 - 0.49 * 9) < 1e-12, "moments of a combination")


def _try_posterior() -> None:
    """Quadrature of the posterior of a standard Gaussian read with unit noise at signal-to-noise ratio 3."""
    grid = [0.001 * i for i in range(-6000, 6001)]
    weights = [math.exp(-x * x / 2 - (0.4 - math.sqrt(3.0) * x) ** 2 / 2) for x in grid]
    mean = sum(x * q for x, q in zip(grid, weights, strict=True)) / sum(weights)
    found = sum((x - mean) ** 2 * q for x, q in zip(grid, weights, strict=True)) / sum(weights)
    expect(abs(found - 0.25) < 1e-9, "the variance of a Gaussian posterior")


def combination(*given: str) -> Theorem:
    """Cite the mean and variance of a linear combination of independent variables."""
    return Theorem(
        "variance of a sum of independent variables",
        "Williams, Probability with Martingales (1991), sections 7.1 and 7.2",
        _try_moments,
        resting_on=given,
    )


def posterior(*given: str) -> Theorem:
    """Cite the posterior variance of a standard Gaussian read through Gaussian noise."""
    return Theorem(
        "posterior variance of a Gaussian",
        "Anderson, An Introduction to Multivariate Statistical Analysis (2003), theorem 2.5.1",
        _try_posterior,
        resting_on=given,
    )


AVERAGING = (
    Step(
        "mean_first",
        "Decreasing gains: mean after the first label",
        r"Now let the gains be $1/(t+1+c)$. The first label enters a statistic that is 0, with weight $1/(1+c)$.",
        equal(slope(0), 1 / (1 + c)),
        combination("decreasing_gains", "gaussian"),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "mean_onward",
        "Mean after one more label",
        r"After $t+1$ labels the gain is $1/(t+2+c)$.",
        equal(slope(t + 1), (1 - gain) * slope(t) + gain),
        combination("decreasing_gains", "gaussian"),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "mean",
        "Mean in closed form",
        "Of the right start, and obeying the recursion.",
        equal(slope(t), (t + 1) / (t + 1 + c)),
        Recursion("mean_first", "mean_onward"),
        ABOVE_MINUS_ONE,
    ),
    Step(
        "variance_first",
        "Variance after the first label",
        "The squared weight of the label times its variance.",
        equal(spread(0), v / (1 + c) ** 2),
        combination("decreasing_gains", "gaussian"),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "variance_onward",
        "Variance after one more label",
        "The noise of the new label is independent of the statistic.",
        equal(spread(t + 1), (1 - gain) ** 2 * spread(t) + gain**2 * v),
        combination("decreasing_gains", "gaussian"),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "variance",
        "Variance in closed form",
        "Of the right start, and obeying the recursion.",
        equal(spread(t), (t + 1) * v / (t + 1 + c) ** 2),
        Recursion("variance_first", "variance_onward"),
        ABOVE_MINUS_ONE,
    ),
    Step(
        "signal_first",
        "No label, no signal",
        "Before the first label the signal-to-noise ratio is 0.",
        equal(ratio(0), 0),
        Assumed("no_signal_decreasing"),
        source=HERE,
    ),
    Step(
        "signal_onward",
        "Signal-to-noise ratio",
        "After that it is the squared mean over the variance.",
        equal(ratio(t + 1), slope(t) ** 2 / spread(t)),
        Assumed("signal_decreasing"),
        source=HERE,
    ),
    Step(
        "signal_next",
        "It does not depend on c",
        "Put in mean and variance: the scale cancels.",
        equal(ratio(t + 1), (t + 1) / v),
        Insert("signal_onward", ("mean", "variance")),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "signal",
        "Each label adds 1/v",
        r"The same formula gives 0 at $t = 0$.",
        equal(ratio(t), t / v),
        Recursion("signal_first", "signal_next"),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "known",
        "What this statistic knows",
        r"Scaled to unit noise it is a reading of $\theta$ with this signal variance.",
        equal(held(t), half_log(1 + ratio(t))),
        GaussianInformation(information=held(t), signal=ratio(t), noise=sp.S.One, resting_on=("gaussian",)),
        source=HERE,
    ),
    Step(
        "known_next",
        "What it knows one label later",
        "Likewise.",
        equal(held(t + 1), half_log(1 + ratio(t + 1))),
        GaussianInformation(information=held(t + 1), signal=ratio(t + 1), noise=sp.S.One, resting_on=("gaussian",)),
        source=HERE,
    ),
    Step(
        "known_form",
        "In closed form",
        "Put in the ratio. This is what all labels together say.",
        equal(held(t), half_log(1 + t / v)),
        Insert("known", ("signal",)),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "known_next_form",
        "In closed form, one label later",
        "Put in the next ratio.",
        equal(held(t + 1), half_log(1 + (t + 1) / v)),
        Insert("known_next", ("signal_next",)),
        ABOVE_MINUS_ONE,
    ),
    Step(
        "remaining",
        "Posterior variance",
        "Precisions add.",
        equal(left(t), 1 / (1 + ratio(t))),
        posterior("gaussian"),
        source=HERE,
    ),
    Step(
        "spent",
        "Regret of one round",
        r"The next label reads what is left of $\theta$ through noise of variance $v$.",
        equal(regret(t), half_log(1 + left(t) / v)),
        GaussianInformation(information=regret(t), signal=left(t), noise=v, resting_on=("gaussian",)),
        source=HERE,
    ),
    Step(
        "spent_form",
        "In closed form",
        "Put in posterior variance and ratio.",
        equal(regret(t), half_log(1 + 1 / (v + t))),
        Insert("spent", ("remaining", "signal")),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "nothing_forgotten",
        "Nothing is forgotten",
        r"The regret of a round is what the statistic gains in it, for $(v+t+1)/(v+t)$ is the ratio of the two "
        "precisions. By the balance of one round nothing is forgotten.",
        equal(regret(t), held(t + 1) - held(t)),
        Combine({"spent_form": 1, "known_next_form": -1, "known_form": 1}),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
    Step(
        "spent_in_all",
        "All rounds",
        r"Add up the rounds $t = 0, \dots, T-1$.",
        equal(sp.Sum(regret(t), rounds), sp.Sum(half_log(1 + 1 / (v + t)), rounds)),
        SumUp("spent_form", t, sp.S.Zero, T - 1),
        ABOVE_MINUS_ONE,
    ),
    Step(
        "product",
        "A telescoping product under the logarithm",
        r"Each term is the difference of $\frac12\ln(v+t)$ from its next value.",
        equal(sp.Sum(half_log(1 + 1 / (v + t)), rounds), half_log(1 + T / v)),
        Summation(half_log(v + t)),
    ),
    Step(
        "total",
        "Total regret without forgetting",
        r"It grows like $\frac12\ln T$, whatever $c$ is.",
        equal(sp.Sum(regret(t), rounds), half_log(1 + T / v)),
        Insert("spent_in_all", ("product",)),
        ABOVE_MINUS_ONE,
        source=HERE,
    ),
)

ASSUMPTIONS = (
    Assumption(
        "decreasing_gains", "Where gains decrease: the first statistic is 0 and the gain for label t+1 is 1/(t+1+c)."
    ),
    Assumption(
        "no_signal_decreasing",
        "Where gains decrease: the signal-to-noise ratio of a statistic that is constant is 0.",
        equal(ratio(0), 0),
    ),
    Assumption(
        "signal_decreasing",
        "Where gains decrease: the signal-to-noise ratio of a statistic is its squared mean per unit of the "
        "parameter over its variance.",
        equal(ratio(t + 1), slope(t) ** 2 / spread(t)),
    ),
)

LETTERS = (
    Letter(c, "offset of the decreasing gains"),
    Letter(slope(t), "mean, per unit of the parameter, after t+1 labels with decreasing gains"),
    Letter(spread(t), "variance given the parameter, after t+1 labels with decreasing gains"),
    Letter(ratio(t), "signal-to-noise ratio after t labels with decreasing gains"),
    Letter(left(t), "variance of the parameter given that statistic"),
    Letter(held(t), "information about the parameter in that statistic", "nats"),
    Letter(regret(t), "regret of the next round with that statistic", "nats"),
)
