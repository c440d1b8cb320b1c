r"""Closed forms for a scalar Gaussian of what an incremental statistic costs.

The statistic S_{t+1} = (1 - gain) S_t + gain Y_{t+1} averages noisy readings Y = theta + noise of a standard
Gaussian theta; the noise has variance v.  A constant gain forgets in every round but the first, and its regret
per round tends to a positive limit; the gains 1/(t+1+c) never forget (`incremental_averaging`).  The balance
of regret, gain and forgetting is that of `incremental_identity`.  Source: docs/math.md section 9.
"""

import sympy as sp

from infobound.proof.calculus import Induction
from infobound.proof.check import Algebra, Assumed, Definition, Factored
from infobound.proof.differentiating import Recursion
from infobound.proof.information import GaussianInformation
from infobound.proof.linking import Combine, Insert, Specialise
from infobound.proof.step import Assumption, Derivation, Letter, Step, above, at_least, at_most, below, equal

from . import incremental_averaging as averaging
from . import incremental_identity as identity
from .incremental_averaging import c, combination, half_log, posterior, v
from .incremental_identity import HERE, T, amount, forgotten, held, regret, t

__all__ = ["DERIVATION"]

HALF = sp.Rational(1, 2)
eta, w = sp.symbols("eta w", positive=True)
m, g, x, y = sp.symbols("m g x y", real=True)
BELOW_TWO = (below(eta, 2),)
slope, spread, ratio = sp.Function("a", real=True), amount("V"), amount(r"\rho")
precision, left = sp.Function(r"\lambda", positive=True), sp.Function("P", positive=True)
precision_limit, regret_limit = sp.symbols(r"\lambda_{\infty} R_{\infty}", positive=True)
decay = 1 - eta


def _slope(steps: sp.Expr) -> sp.Expr:
    return 1 - decay**steps


def _spread(steps: sp.Expr) -> sp.Expr:
    return eta * v * (1 - decay ** (2 * steps)) / (2 - eta)


def _ratio(steps: sp.Expr) -> sp.Expr:
    return (2 - eta) / (eta * v) * (1 - decay**steps) / (1 + decay**steps)


def _lost(steps: sp.Expr) -> sp.Expr:
    """Precision lost in the round after so many labels, in units of a label's precision 1/v."""
    first, second = decay**steps, decay ** (steps + 1)
    return (1 - first) * (1 - second) / ((1 + first) * (1 + second))


# What the Gaussian forms need of the identity: the balance of one round.
BALANCE = identity.IDENTITY[: next(i for i, s in enumerate(identity.IDENTITY) if s.name == "balance") + 1]

ANY_GAIN = (
    Step(
        "loss_of_precision",
        "One averaging step with any gain",
        r"Let a statistic have mean $m\theta$ and variance $w$ given $\theta$. After mixing in a label with weight $g$ "
        r"these are $(1-g)m + g$ and $(1-g)^2 w + g^2 v$. The precision about $\theta$ could grow by $1/v$; what it "
        "falls short of that is a square.",
        equal(
            m**2 / w + 1 / v - ((1 - g) * m + g) ** 2 / ((1 - g) ** 2 * w + g**2 * v),
            (g * m * v - (1 - g) * w) ** 2 / (v * w * ((1 - g) ** 2 * w + g**2 * v)),
        ),
        Algebra(),
    ),
)

CONSTANT = (
    Step(
        "slope_start",
        "Start of the mean",
        r"The first statistic is 0, so its mean given $\theta$ is $0 \cdot \theta$.",
        equal(slope(0), 0),
        Assumed("zero_mean"),
        source=HERE,
    ),
    Step(
        "slope_onward",
        "Mean after one more label",
        r"Given $\theta$ the statistic has mean $a_t\theta$ and the label has mean $\theta$.",
        equal(slope(t + 1), decay * slope(t) + eta),
        combination("constant_gain", "gaussian"),
        source=HERE,
    ),
    Step(
        "slope",
        "Mean in closed form",
        "It starts at 0 and obeys the recursion.",
        equal(slope(t), _slope(t)),
        Recursion("slope_start", "slope_onward"),
        source=HERE,
    ),
    Step(
        "spread_start",
        "Start of the variance",
        "A constant has variance 0.",
        equal(spread(0), 0),
        Assumed("zero_variance"),
        source=HERE,
    ),
    Step(
        "spread_onward",
        "Variance after one more label",
        r"Given $\theta$ the noise of the new label is independent of the statistic.",
        equal(spread(t + 1), decay**2 * spread(t) + eta**2 * v),
        combination("constant_gain", "gaussian"),
        BELOW_TWO,
        source=HERE,
    ),
    Step(
        "spread",
        "Variance in closed form",
        "It starts at 0 and obeys the recursion.",
        equal(spread(t), _spread(t)),
        Recursion("spread_start", "spread_onward"),
        BELOW_TWO,
        source=HERE,
    ),
    Step(
        "slope_next",
        "The next mean",
        "Put the closed form into the recursion.",
        equal(slope(t + 1), _slope(t + 1)),
        Insert("slope_onward", ("slope",)),
    ),
    Step(
        "spread_next",
        "The next variance",
        "Likewise.",
        equal(spread(t + 1), _spread(t + 1)),
        Insert("spread_onward", ("spread",)),
        BELOW_TWO,
    ),
    Step(
        "ratio_start",
        "No label, no signal",
        "Before the first label the statistic is a constant and its signal-to-noise ratio is 0.",
        equal(ratio(0), 0),
        Assumed("no_signal"),
        source=HERE,
    ),
    Step(
        "ratio_onward",
        "Signal-to-noise ratio",
        r"After that it is $a^2/V$, the squared mean per unit of $\theta$ over the variance.",
        equal(ratio(t + 1), slope(t + 1) ** 2 / spread(t + 1)),
        Assumed("signal"),
        source=HERE,
    ),
    Step(
        "ratio_next",
        "Signal-to-noise ratio after at least one label",
        "Put in mean and variance.",
        equal(ratio(t + 1), _ratio(t + 1)),
        Insert("ratio_onward", ("slope_next", "spread_next")),
        BELOW_TWO,
    ),
    Step(
        "ratio",
        "Signal-to-noise ratio in closed form",
        r"The same formula gives 0 at $t = 0$.",
        equal(ratio(t), _ratio(t)),
        Recursion("ratio_start", "ratio_next"),
        BELOW_TWO,
        source=HERE,
    ),
    Step(
        "precision",
        "Precision",
        r"Write $\lambda_t$ for the prior precision 1 of $\theta$ plus that of the statistic.",
        equal(precision(t), 1 + ratio(t)),
        Definition(),
        source=HERE,
    ),
    Step(
        "precision_next",
        "Precision after one more label",
        "The same for the next statistic.",
        equal(precision(t + 1), 1 + ratio(t + 1)),
        Specialise("precision", {t: t + 1}),
    ),
    Step(
        "precision_form",
        "Precision in closed form",
        "Put in the ratio.",
        equal(precision(t), 1 + _ratio(t)),
        Insert("precision", ("ratio",)),
        BELOW_TWO,
    ),
    Step(
        "precision_next_form",
        "The next precision in closed form",
        "Put in the next ratio.",
        equal(precision(t + 1), 1 + _ratio(t + 1)),
        Insert("precision_next", ("ratio_next",)),
        BELOW_TWO,
    ),
    Step(
        "held_ratio",
        "What the statistic knows",
        r"Scaled to unit noise, the statistic is a reading of $\theta$ with signal variance $\rho_t$.",
        equal(held(t), half_log(1 + ratio(t))),
        GaussianInformation(information=held(t), signal=ratio(t), noise=sp.S.One, resting_on=("gaussian",)),
        source=HERE,
    ),
    Step(
        "held_next_ratio",
        "What the next statistic knows",
        "Likewise.",
        equal(held(t + 1), half_log(1 + ratio(t + 1))),
        GaussianInformation(information=held(t + 1), signal=ratio(t + 1), noise=sp.S.One, resting_on=("gaussian",)),
        source=HERE,
    ),
    Step(
        "held",
        "Information and precision",
        "Half the logarithm of the precision.",
        equal(held(t), half_log(precision(t))),
        Insert("held_ratio", ("precision",)),
        source=HERE,
    ),
    Step(
        "held_next",
        "Information and precision, one label later",
        "Half the logarithm of the next precision.",
        equal(held(t + 1), half_log(precision(t + 1))),
        Insert("held_next_ratio", ("precision_next",)),
    ),
    Step(
        "posterior",
        "Posterior variance",
        r"Given the statistic, $\theta$ is Gaussian; precisions add.",
        equal(left(t), 1 / (1 + ratio(t))),
        posterior("gaussian"),
        source=HERE,
    ),
    Step(
        "posterior_precision",
        "Posterior variance and precision",
        "It is the inverse of the precision.",
        equal(left(t), 1 / precision(t)),
        Insert("posterior", ("precision",)),
    ),
    Step(
        "regret_left",
        "Regret of one round",
        r"The next label reads what is left of $\theta$ through noise of variance $v$.",
        equal(regret(t), half_log(1 + left(t) / v)),
        GaussianInformation(information=regret(t), signal=left(t), noise=v, resting_on=("gaussian",)),
        source=HERE,
    ),
    Step(
        "regret",
        "Regret and precision",
        "Put in the posterior variance.",
        equal(regret(t), half_log(1 + 1 / (v * precision(t)))),
        Insert("regret_left", ("posterior_precision",)),
        source=HERE,
    ),
    Step(
        "lost",
        "The precision lost in one round",
        "The difference of the two precisions in closed form.",
        equal(precision(t) + 1 / v - precision(t + 1), _lost(t) / v),
        Combine({"precision_form": 1, "precision_next_form": -1}),
        BELOW_TWO,
    ),
)

POWERS = (
    Step(
        "square_below_one",
        "The decay is less than 1 in size",
        r"$1 - (1-\eta)^2 = \eta(2-\eta)$.",
        below(decay**2, 1),
        Algebra(),
        BELOW_TWO,
    ),
    Step(
        "powers_at_most_one",
        "So are its powers, at most",
        r"By induction: $(1-\eta)^{2t}$ does not grow.",
        at_most(decay ** (2 * t), 1),
        Induction(t, Factored(decay ** (2 * t))),
        BELOW_TWO,
    ),
    Step(
        "powers_below_one",
        "And less than 1 from the first power on",
        r"Multiply by $(1-\eta)^2$.",
        below(decay ** (2 * t + 2), 1),
        Combine({"powers_at_most_one": decay**2, "square_below_one": 1}),
        BELOW_TWO,
    ),
    Step(
        "product_of_ratios",
        "Two numbers of size less than 1",
        "All four factors are positive.",
        above((1 - x) * (1 - y) / ((1 + x) * (1 + y)), 0),
        Algebra(),
        (above(x, -1), below(x, 1), above(y, -1), below(y, 1)),
    ),
    Step(
        "square_below",
        "A square",
        "Squares are not negative.",
        at_least((1 - decay ** (t + 1)) ** 2, 0),
        Algebra(),
    ),
    Step(
        "square_above",
        "Another square",
        "Likewise.",
        at_least((1 + decay ** (t + 1)) ** 2, 0),
        Algebra(),
    ),
    Step(
        "power_below",
        "A power is below 1",
        r"$2(1-q) = (1-q)^2 + (1-q^2)$ with $q = (1-\eta)^{t+1}$.",
        below(decay ** (t + 1), 1),
        Combine({"square_below": HALF, "powers_below_one": HALF}),
        BELOW_TWO,
    ),
    Step(
        "power_above",
        "And above -1",
        r"$2(1+q) = (1+q)^2 + (1-q^2)$.",
        above(decay ** (t + 1), -1),
        Combine({"square_above": HALF, "powers_below_one": HALF}),
        BELOW_TWO,
    ),
    Step(
        "next_power_below",
        "The next power is below 1",
        r"Put $t+1$ for $t$.",
        below(decay ** (t + 2), 1),
        Specialise("power_below", {t: t + 1}),
        BELOW_TWO,
    ),
    Step(
        "next_power_above",
        "And above -1",
        r"Put $t+1$ for $t$.",
        above(decay ** (t + 2), -1),
        Specialise("power_above", {t: t + 1}),
        BELOW_TWO,
    ),
    Step(
        "always_lost",
        "Some precision is lost in every round but the first",
        "So the right side of the loss of precision is positive as soon as one label has been seen: a constant gain "
        "forgets in every round but the first.",
        above(_lost(t + 1), 0),
        Specialise(
            "product_of_ratios",
            {x: decay ** (t + 1), y: decay ** (t + 2)},
            ("power_below", "power_above", "next_power_below", "next_power_above"),
        ),
        BELOW_TWO,
    ),
)

LIMIT = (
    Step(
        "precision_limit",
        "Limit of the precision",
        "Name the value that the precision takes where the power has died out.",
        equal(precision_limit, 1 + (2 - eta) / (eta * v)),
        Definition(),
        BELOW_TWO,
        source=HERE,
    ),
    Step(
        "approach",
        "The precision tends to it",
        r"The difference is proportional to $(1-\eta)^t/(1+(1-\eta)^t)$, which tends to 0 geometrically since "
        r"$|1-\eta| < 1$.",
        equal(precision_limit - precision(t), 2 * (2 - eta) / (eta * v) * decay**t / (1 + decay**t)),
        Combine({"precision_limit": 1, "precision_form": -1}),
        BELOW_TWO,
    ),
    Step(
        "regret_limit",
        "Limit of the regret of one round",
        "Regret is continuous in the precision: name its value at the limit.",
        equal(regret_limit, half_log(1 + 1 / (v * precision_limit))),
        Definition(),
        source=HERE,
    ),
    Step(
        "regret_limit_form",
        "In closed form",
        r"It is positive, so with a constant gain total regret grows in proportion to $T$.",
        equal(regret_limit, half_log(1 + eta / (2 - eta + eta * v))),
        Insert("regret_limit", ("precision_limit",)),
        BELOW_TWO,
        source=HERE,
    ),
    Step(
        "forgetting_at_limit",
        "Forgetting at the limit",
        "Forgetting, with both precisions at their limit, is the same number.",
        equal(half_log((precision_limit + 1 / v) / precision_limit), half_log(1 + 1 / (v * precision_limit))),
        Algebra(),
    ),
    Step(
        "forgetting_limit",
        "In the long run all regret is forgetting",
        "The statistic gains nothing more; each round forgets as much as it learns.",
        equal(half_log((precision_limit + 1 / v) / precision_limit), regret_limit),
        Insert("forgetting_at_limit", ("regret_limit",)),
        source=HERE,
    ),
)

FORGETTING = (
    Step(
        "forgetting",
        "What one round forgets",
        "By the balance of one round it is regret less gain. It compares the precision that a learner with full memory "
        "would have reached with the one reached.",
        equal(forgotten(t), half_log((precision(t) + 1 / v) / precision(t + 1))),
        Combine({"balance": -1, "regret": 1, "held": 1, "held_next": -1}),
        source=HERE,
    ),
)

STEPS = (*BALANCE, *ANY_GAIN, *averaging.AVERAGING, *CONSTANT, *POWERS, *LIMIT, *FORGETTING)

DERIVATION = Derivation(
    name="incremental_gaussian",
    title="What an incremental statistic costs: the scalar Gaussian",
    setting=(
        *identity.SETTING,
        r"Here the teacher is a standard Gaussian number $\theta$, there are no inputs, and a label is $\theta$ plus "
        r"Gaussian noise of variance $v$. The statistic is a running average, $S_{t+1} = (1-g_t) S_t + g_t Y_{t+1}$ "
        r"from $S_0 = 0$: first with gains $g_t = 1/(t+1+c)$, $c > -1$, then with a constant gain $\eta$ between 0 and "
        "2.",
    ),
    assumptions=(
        *(a for a in identity.ASSUMPTIONS if a.key != "start"),
        Assumption("gaussian", "Parameter and noises are independent Gaussians, of variance 1 and v."),
        *averaging.ASSUMPTIONS,
        Assumption("constant_gain", "Where the gain is constant: each label enters with weight eta."),
        Assumption("zero_mean", "Where the gain is constant: the first statistic is 0.", equal(slope(0), 0)),
        Assumption(
            "zero_variance", "Where the gain is constant: the first statistic is not random.", equal(spread(0), 0)
        ),
        Assumption(
            "no_signal",
            "Where the gain is constant: the signal-to-noise ratio of a statistic that is constant is 0.",
            equal(ratio(0), 0),
        ),
        Assumption(
            "signal",
            "Where the gain is constant: the signal-to-noise ratio of a statistic is its squared mean per unit of the "
            "parameter over its variance.",
            equal(ratio(t + 1), slope(t + 1) ** 2 / spread(t + 1)),
        ),
    ),
    symbols=(
        *identity.LETTERS,
        Letter(v, "variance of a label's noise"),
        Letter(m, "mean of some statistic, per unit of the parameter"),
        Letter(w, "variance of that statistic given the parameter"),
        Letter(g, "weight with which a label is mixed in"),
        *averaging.LETTERS,
        Letter(eta, "constant gain"),
        Letter(slope(t), "mean, per unit of the parameter, after t labels with constant gain"),
        Letter(spread(t), "variance given the parameter, after t labels with constant gain"),
        Letter(ratio(t), "signal-to-noise ratio after t labels with constant gain"),
        Letter(precision(t), "precision of the parameter given the statistic"),
        Letter(left(t), "variance of the parameter given the statistic"),
        Letter(precision_limit, "limit of the precision"),
        Letter(regret_limit, "limit of the regret of one round", "nats"),
        Letter(x, "a number between -1 and 1"),
        Letter(y, "another"),
    ),
    steps=STEPS,
    conclusion=STEPS[-1].claim,
    domain=(*averaging.ABOVE_MINUS_ONE, *BELOW_TWO),
    corollaries=tuple(
        step.claim
        for step in STEPS
        if step.name
        in (
            "loss_of_precision",
            "known_form",
            "nothing_forgotten",
            "total",
            "lost",
            "always_lost",
            "approach",
            "regret_limit_form",
            "forgetting_limit",
        )
    ),
    references=(
        *identity.REFERENCES,
        "D. Williams, Probability with Martingales, Cambridge 1991.",
        "T. W. Anderson, An Introduction to Multivariate Statistical Analysis, 3rd edition, Wiley 2003.",
    ),
    example={v: sp.Integer(1), eta: sp.Rational(3, 10), T: sp.Integer(20), c: sp.Integer(0)},
)
