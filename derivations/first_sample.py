"""Lower bound from the first prediction: before the first label every predictor is as good as a coin, at best.

Docs/math.md, section 12, theorem 13, with the divergence from a fair coin bounded by moments of the teacher.
"""

import sympy as sp

from infobound.bounds.first_sample import LAWS
from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, SignOfDerivative
from infobound.proof.check import Factored, Split
from infobound.proof.linking import Average, Combine, Insert, Specialise
from infobound.proof.moments import FirstOfMany, RandomSigns, RemainingSticks, SquareOfSum
from infobound.proof.probability import IndependentFactors, Symmetry
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_least, at_most, equal
from infobound.symbols import K, T, d

from . import teacher
from .densities import moment
from .neurons import (
    NEURON,
    SQUARED_NEURON,
    STICK_DENSITY,
    WEIGHTS,
    mean_square,
    moment_of_neuron,
    relu,
    summand,
)
from .teacher import DIVERGENCE, KL, LOGITS, F, F_tilde, L, beta, k, mu, u

__all__ = ["DERIVATION"]

(LAW,) = LAWS

HALF = sp.Rational(1, 2)
pairs, single, both = sp.symbols("Q P R", nonnegative=True)
fourths, squares = sp.symbols("mu_4 mu_22", nonnegative=True)
length, squared_length, per_length = sp.symbols("X_2 X_4 r", nonnegative=True)

_COIN = sp.log(2) - sp.log(1 + sp.exp(F)) + F * sp.exp(F) / (1 + sp.exp(F))
_PAIR = KL(F, F_tilde) / 2 + KL(-F, F_tilde) / 2
_BREGMAN = LOGITS[0].claim.rhs
_SQUARE, _FOURTH, _FOURTH_NEURON = Mean(F**2, F), Mean(F**4, F), Mean(relu(u) ** 4, u)
_WEIGHTS = sp.Sum(mu(k), (k, 1, sp.oo))
_SOURCE = "docs/math.md, section 12"

SETTING = (
    *teacher.SETTING[:2],
    r"A predictor states, at an input $X_t$, a probability $1/(1+e^{-\tilde F})$ for the label. It makes it from "
    r"the inputs and labels before, from $X_t$, and from randomness of its own if any. Its loss is $L=\frac1T\sum_{t<T}"
    r"\mathbb{E}\,\mathrm{KL}$, the excess log-loss over the teacher averaged over the first $T$ samples. $F$ and "
    r"$\tilde F$ are the logits of teacher and prediction at the first input, before the first label.",
)

# Ends in step "prediction": E F^2/8 - E F^4/64 <= E KL at the first input.
PREDICTION = (
    teacher.MISSPECIFIED_BAYES[0],
    LOGITS[0],
    Step(
        name="divergence",
        title="Divergence in terms of logits",
        prose="The two steps together.",
        claim=equal(KL(F, F_tilde), _BREGMAN),
        check=Insert("label_divergence", ("bregman",)),
    ),
    Step(
        name="mirrored",
        title="The mirrored teacher",
        prose="The same for $-F$.",
        claim=equal(KL(-F, F_tilde), _BREGMAN.subs(F, -F)),
        check=Specialise("divergence", {F: -F}),
    ),
    Step(
        name="pair",
        title="A teacher and its mirror image",
        prose=r"On average over the two, the prediction and the teacher come apart; $\ln2-\ln(1+e^F)+Fe^F/(1+e^F)$ is "
        "the divergence from a fair coin.",
        claim=equal(_PAIR, sp.log(1 + sp.exp(F_tilde)) - F_tilde / 2 - sp.log(2) + _COIN),
        check=Combine({"divergence": HALF, "mirrored": HALF}),
    ),
    Step(
        name="coin",
        title="Nothing beats a fair coin",
        prose=r"The difference is convex in $\tilde F$, and zero and stationary at $\tilde F=0$.",
        claim=at_most(sp.log(2), sp.log(1 + sp.exp(F_tilde)) - F_tilde / 2),
        check=ConvexMinimum(F_tilde, 0),
    ),
    Step(
        name="moments",
        title="Divergence from a fair coin",
        prose="The difference and its slope are zero at $F=0$, and the slope over $F$ is least there.",
        claim=at_most(F**2 / 8 - F**4 / 64, _COIN),
        check=Split(
            F,
            sp.S.Zero,
            under=SignOfDerivative(F, 0, then=Factored(-F, SignOfDerivative(F, 0, then=SignOfDerivative(F, 0)))),
            over=SignOfDerivative(F, 0, then=Factored(F, SignOfDerivative(F, 0, then=SignOfDerivative(F, 0)))),
        ),
        source=_SOURCE,
    ),
    Step(
        name="pointwise",
        title="Together",
        prose="The last three steps.",
        claim=at_most(F**2 / 8 - F**4 / 64, _PAIR),
        check=Combine({"moments": 1, "coin": 1, "pair": -1}),
    ),
    Step(
        name="averaged",
        title="On average",
        prose="Take expectations.",
        claim=at_most(_SQUARE / 8 - _FOURTH / 64, Mean(_PAIR, F, F_tilde)),
        check=Average("pointwise", (F, F_tilde)),
    ),
    Step(
        name="symmetric",
        title="Symmetry of the teacher",
        prose="Before the first label all that a prediction is made of is independent of the signs, and $F$ and $-F$ "
        "have one law given the rest.",
        claim=equal(DIVERGENCE, Mean(_PAIR, F, F_tilde)),
        check=Symmetry(expression=KL(F, F_tilde), over=(F,), beside=(F_tilde,), resting_on=("signs",)),
    ),
    Step(
        name="prediction",
        title="Loss of the first prediction",
        prose="The two steps together.",
        claim=at_most(_SQUARE / 8 - _FOURTH / 64, DIVERGENCE),
        check=Combine({"averaged": 1, "symmetric": -1}),
        source=_SOURCE,
    ),
)


def _stick_moment(name: str, title: str, body: sp.Expr, value: sp.Expr) -> tuple[Step, ...]:
    prose = r"A stick has density $K(1-\beta)^{K-1}$ on $(0,1)$."
    return moment(name, title, body, beta, STICK_DENSITY, value, high=sp.S.One, resting_on="sticks", prose=prose)


_ALL = (K + 1) * (K + 2) * (K + 3)
_FIRST, _REST, _MIXED = beta**4, (1 - beta) ** 4, beta**2 * (1 - beta) ** 2

# Ends in steps "fourths" and "squares": E sum pi^4, and E (sum pi^2)^2.
SQUARED_WEIGHTS = (
    *_stick_moment("stick_fourth", "Fourth moment of a stick", _FIRST, 24 / (_ALL * (K + 4))),
    *_stick_moment("rest_fourth", "Fourth moment of what a stick leaves", _REST, K / (K + 4)),
    *_stick_moment("stick_mixed", "Mixed moment of the two", _MIXED, 2 * K / ((K + 2) * (K + 3) * (K + 4))),
    Step(
        name="fourths_parts",
        title="Fourth powers of the weights",
        prose="After the first stick the weights are a copy of all of them, scaled by what the stick leaves.",
        claim=equal(fourths, Mean(_FIRST, beta) + Mean(_REST, beta) * fourths),
        check=RemainingSticks(stick=beta, power=4, moments=(fourths,), resting_on=("sticks",)),
    ),
    Step(
        name="fourths_value",
        title="Moments put in",
        prose="The same, with the two values.",
        claim=equal(fourths, 24 / (_ALL * (K + 4)) + K / (K + 4) * fourths),
        check=Insert("fourths_parts", ("stick_fourth", "stick_fourth_integral", "rest_fourth", "rest_fourth_integral")),
    ),
    Step(
        name="fourths",
        title="Their sum",
        prose="Solve for it.",
        claim=equal(fourths, 6 / _ALL),
        check=Combine({"fourths_value": (K + 4) / 4}),
    ),
    Step(
        name="squares_parts",
        title="Square of the sum of squares",
        prose="In the same way.",
        claim=equal(
            squares,
            Mean(_FIRST, beta) + 2 * Mean(_MIXED, beta) * _WEIGHTS + Mean(_REST, beta) * squares,
        ),
        check=RemainingSticks(stick=beta, power=2, moments=(_WEIGHTS, squares), resting_on=("sticks",)),
    ),
    Step(
        name="squares_value",
        title="Moments put in",
        prose="The same, with the values.",
        claim=equal(
            squares,
            24 / (_ALL * (K + 4)) + 4 * K / ((K + 1) * (K + 2) * (K + 3) * (K + 4)) + K / (K + 4) * squares,
        ),
        check=Insert(
            "squares_parts",
            (
                "stick_fourth",
                "stick_fourth_integral",
                "stick_mixed",
                "stick_mixed_integral",
                "rest_fourth",
                "rest_fourth_integral",
                "weights",
            ),
        ),
    ),
    Step(
        name="squares",
        title="Its expectation",
        prose="Solve for it.",
        claim=equal(squares, (K + 6) / _ALL),
        check=Combine({"squares_value": (K + 4) / 4}),
    ),
)

# Ends in steps "one_neuron" and "two_neurons".
NEURONS = (
    *moment_of_neuron(
        4,
        sp.Rational(3, 2),
        word="fourth",
        stem="fourth",
        normal="normal_fourth",
        end="one_neuron",
        source=_SOURCE,
    ),
    Step(
        name="length_parts",
        title="Mean fourth power of an input's length",
        prose="$|X|^2$ is the sum of the squares of $d$ independent standard normal coordinates.",
        claim=equal(squared_length, d * Mean(u**4, u) + d * (d - 1) * Mean(u**2, u) ** 2),
        check=SquareOfSum(
            square=squared_length,
            second_moment=Mean(u**4, u),
            mean=Mean(u**2, u),
            count=d,
            resting_on=("inputs",),
        ),
    ),
    Step(
        name="length",
        title="Its value",
        prose="Put the moments in.",
        claim=equal(squared_length, 3 * d + d * (d - 1)),
        check=Insert("length_parts", ("normal_fourth", "normal_fourth_integral", "normal", "normal_integral")),
    ),
    Step(
        name="isotropic",
        title="A neuron at a given input",
        prose=r"Directions are isotropic: given the input, $\mathbb{E}\max(0,w\cdot X)^2=r|X|^2$ with one $r$ for all "
        r"inputs, and $\mathbb{E}|X|^2=X_2$.",
        claim=equal(SQUARED_NEURON, per_length * length),
        check=IndependentFactors(product=SQUARED_NEURON, factors=(per_length, length), resting_on=("directions",)),
    ),
    Step(
        name="mean_length",
        title="Mean square of an input's length",
        prose="Each coordinate counts the same.",
        claim=equal(length, d * Mean(u**2, u)),
        check=IndependentFactors(product=length, factors=(d, Mean(u**2, u)), resting_on=("inputs",)),
    ),
    Step(
        name="isotropic_value",
        title="The length put in",
        prose="Put the values in.",
        claim=equal(HALF, per_length * d),
        check=Insert("isotropic", ("neuron", "mean_length", "normal", "normal_integral")),
    ),
    Step(
        name="per_length",
        title="Its factor",
        prose="Solve for it.",
        claim=equal(per_length, 1 / (2 * d)),
        check=Combine({"isotropic_value": -1 / d}),
    ),
    Step(
        name="two_parts",
        title="Two neurons at one input",
        prose="Given the input, the two directions are independent.",
        claim=equal(both, per_length**2 * squared_length),
        check=IndependentFactors(product=both, factors=(per_length**2, squared_length), resting_on=("directions",)),
    ),
    Step(
        name="two_neurons",
        title="Its value",
        prose="Put the values in.",
        claim=equal(both, (d + 2) / (4 * d)),
        check=Insert("two_parts", ("per_length", "length")),
    ),
)

# Ends in step "fourth": E F^4.
FOURTH_MOMENT = (
    Step(
        name="fourth_parts",
        title="Fourth moment of the teacher",
        prose=r"$F$ is a sum over neurons with independent centred signs. $P$ sums the fourth moments of its terms, "
        "and $Q$ the mean products of two squares.",
        claim=equal(_FOURTH, single + 3 * pairs),
        check=RandomSigns(fourth=_FOURTH, single=single, pairs=pairs, resting_on=("signs",)),
    ),
    Step(
        name="singles",
        title="Terms",
        prose="Weights are independent of directions and inputs.",
        claim=equal(single, (K + 1) ** 2 * fourths * _FOURTH_NEURON),
        check=IndependentFactors(
            product=single, factors=((K + 1) ** 2, fourths, _FOURTH_NEURON), resting_on=("directions",)
        ),
    ),
    Step(
        name="pairs",
        title="Pairs of terms",
        prose="Likewise; the square of the sum of squares less the fourth powers is the sum over pairs.",
        claim=equal(pairs, (K + 1) ** 2 * (squares - fourths) * both),
        check=IndependentFactors(
            product=pairs, factors=((K + 1) ** 2, squares - fourths, both), resting_on=("directions",)
        ),
    ),
    Step(
        name="fourth",
        title="Its value",
        prose="Put everything in.",
        claim=equal(
            _FOURTH,
            (K + 1) ** 2 * 6 / _ALL * sp.Rational(3, 2)
            + 3 * (K + 1) ** 2 * ((K + 6) / _ALL - 6 / _ALL) * (d + 2) / (4 * d),
        ),
        check=Insert("fourth_parts", ("singles", "pairs", "fourths", "squares", "one_neuron", "two_neurons")),
        source=_SOURCE,
    ),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Lower bound on the loss of any predictor, from its first prediction",
    setting=SETTING,
    assumptions=(
        Assumption(
            "losses",
            "The loss is the average of $T$ expected divergences, none of them negative; that of the first prediction "
            "is one of them.",
        ),
        *(a for a in teacher.ASSUMPTIONS if a.key != "labels"),
    ),
    symbols=(
        *(row for row in teacher.LETTERS if row.symbol in {K, T, d, F, KL(F, F_tilde), beta, k, mu(k), u}),
        Letter(L, "excess log-loss of the predictor, averaged over time and teachers", "nats per sample"),
        Letter(F_tilde, "logit of the first prediction"),
        Letter(summand("second"), r"second moment of the $k$-th term of $F$"),
        Letter(fourths, r"$\mathbb{E}\sum_k\pi_k^4$"),
        Letter(squares, r"$\mathbb{E}(\sum_k\pi_k^2)^2$"),
        Letter(length, r"$\mathbb{E}|X|^2$"),
        Letter(squared_length, r"$\mathbb{E}|X|^4$"),
        Letter(per_length, r"mean square of a neuron at an input, over $|X|^2$"),
        Letter(both, r"$\mathbb{E}\max(0,w\cdot X)^2\max(0,w'\cdot X)^2$ for two neurons"),
        Letter(single, "sum of the fourth moments of the terms of $F$"),
        Letter(pairs, "sum over ordered pairs of terms of $F$ of the mean product of their squares"),
    ),
    steps=(
        *PREDICTION,
        *WEIGHTS,
        *NEURON,
        *mean_square("second", _SQUARE, SQUARED_NEURON, "The teacher"),
        *SQUARED_WEIGHTS,
        *NEURONS,
        *FOURTH_MOMENT,
        Step(
            name="first",
            title="The first prediction among all",
            prose="No other prediction has a negative loss.",
            claim=at_most(DIVERGENCE / T, L),
            check=FirstOfMany(first=DIVERGENCE, average=L, count=T, resting_on=("losses",)),
            source=_SOURCE,
        ),
        Step(
            name="first_sample",
            title="The bound",
            prose="Put the moments in.",
            claim=at_least(L, LAW.expr),
            check=Combine(
                {
                    "first": 1,
                    "prediction": 1 / T,
                    "second": -1 / (8 * T),
                    "neuron": -1 / (8 * T),
                    "fourth": 1 / (64 * T),
                }
            ),
            source="docs/math.md, section 12, theorem 13",
        ),
    ),
    conclusion=at_least(L, LAW.expr),
    references=(
        *teacher.REFERENCES,
        "J. Pitman, Combinatorial Stochastic Processes, Lecture Notes in Mathematics 1875, Springer (2006).",
        "R. Vershynin, High-Dimensional Probability, Cambridge University Press (2018).",
    ),
    example={T: sp.Integer(10), d: sp.Integer(16), K: sp.Integer(10)},
)
