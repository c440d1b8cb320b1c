"""Second moments of a sum over neurons (docs/math.md, section 3), as steps that all four bounds share.

The signs are centred, so cross terms vanish; the weights are normalised, so the second moment of a signed,
weighted sum over neurons is that of one neuron; and a neuron whose direction is rounded errs by at most half of
the squared distance between the directions.
"""

from dataclasses import dataclass

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.calculus import Integration, Summation
from infobound.proof.check import Cases
from infobound.proof.linking import Average, Combine, Insert, SumUp
from infobound.proof.probability import (
    GaussianProjection,
    IndependentFactors,
    OrthogonalSum,
    Symmetry,
    UnderDensity,
)
from infobound.proof.step import Step, at_most, equal
from infobound.symbols import K

from .teacher import beta, k, mu, u, u_tilde

__all__ = [
    "NEURON",
    "ROUNDED_NEURON",
    "SQUARED_NEURON",
    "SQUARED_ROUNDED_NEURON",
    "WEIGHTS",
    "Weights",
    "mean_square",
    "moment_of_neuron",
    "relu",
    "rounding",
    "summand",
]

HALF = sp.Rational(1, 2)
STICK_DENSITY = K * (1 - beta) ** (K - 1)
NORMAL_DENSITY = sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)


def relu(x: sp.Expr) -> sp.Expr:
    """Return the positive part."""
    return sp.Max(0, x)


SQUARED_NEURON = Mean(relu(u) ** 2, u)
SQUARED_ROUNDED_NEURON = Mean(relu(u_tilde) ** 2, u_tilde)
ROUNDED_NEURON = Mean((relu(u) - relu(u_tilde)) ** 2, u, u_tilde)

_STICK_SQUARE, _REST_SQUARE = Mean(beta**2, beta), Mean((1 - beta) ** 2, beta)
_STICK_INTEGRAL = sp.Integral(beta**2 * STICK_DENSITY, (beta, 0, 1))
_REST_INTEGRAL = sp.Integral((1 - beta) ** 2 * STICK_DENSITY, (beta, 0, 1))
_WEIGHT = 2 / ((K + 1) * (K + 2)) * (K / (K + 2)) ** (k - 1)

# docs/math.md, section 3: E sum pi_k^2 = 1/(K+1). Ends in step "weights"; "weight" gives E pi_k^2 itself.
WEIGHTS = (
    Step(
        name="stick",
        title="Second moment of a stick",
        prose=r"A stick has density $K(1-\beta)^{K-1}$ on $(0,1)$.",
        claim=equal(_STICK_SQUARE, _STICK_INTEGRAL),
        check=UnderDensity(
            expression=beta**2, variable=beta, density=STICK_DENSITY, low=0, high=1, resting_on=("sticks",)
        ),
    ),
    Step(
        name="stick_integral",
        title="Its value",
        prose="A Beta integral.",
        claim=equal(_STICK_INTEGRAL, 2 / ((K + 1) * (K + 2))),
        check=Integration(),
    ),
    Step(
        name="rest",
        title="Second moment of what a stick leaves",
        prose=r"In the same way for $1-\beta$.",
        claim=equal(_REST_SQUARE, _REST_INTEGRAL),
        check=UnderDensity(
            expression=(1 - beta) ** 2,
            variable=beta,
            density=STICK_DENSITY,
            low=0,
            high=1,
            resting_on=("sticks",),
        ),
    ),
    Step(
        name="rest_integral",
        title="Its value",
        prose="Another Beta integral.",
        claim=equal(_REST_INTEGRAL, K / (K + 2)),
        check=Integration(),
    ),
    Step(
        name="weight_factors",
        title="Second moment of a weight",
        prose=r"$\pi_k^2=\beta_k^2\prod_{j<k}(1-\beta_j)^2$ is a product of independent factors.",
        claim=equal(mu(k), _STICK_SQUARE * _REST_SQUARE ** (k - 1)),
        check=IndependentFactors(
            product=mu(k), factors=(_STICK_SQUARE, _REST_SQUARE ** (k - 1)), resting_on=("sticks",)
        ),
    ),
    Step(
        name="weight",
        title="Its value",
        prose="Put in the two moments.",
        claim=equal(mu(k), _WEIGHT),
        check=Insert("weight_factors", ("stick", "stick_integral", "rest", "rest_integral")),
    ),
    Step(
        name="weights_series",
        title="All weights",
        prose="Sum over the neurons.",
        claim=equal(sp.Sum(mu(k), (k, 1, sp.oo)), sp.Sum(_WEIGHT, (k, 1, sp.oo))),
        check=SumUp("weight", k, sp.S.One, sp.oo),
    ),
    Step(
        name="weights_value",
        title="A geometric series",
        prose="Its ratio is $K/(K+2)<1$.",
        claim=equal(sp.Sum(_WEIGHT, (k, 1, sp.oo)), 1 / (K + 1)),
        check=Summation(),
    ),
    Step(
        name="weights",
        title="Normalisation of the teacher",
        prose=r"Hence the factor $\sqrt{K+1}$ in the teacher; $1/(K+1)$ is also the probability that two draws from "
        r"$\pi$ are the same neuron.",
        claim=equal(sp.Sum(mu(k), (k, 1, sp.oo)), 1 / (K + 1)),
        check=Insert("weights_series", ("weights_value",)),
        source="docs/math.md, section 3",
    ),
)


def moment_of_neuron(
    power: int, value: sp.Expr, *, word: str, stem: str, normal: str, end: str, source: str
) -> tuple[Step, ...]:
    """Return the steps to `end`: E max(0, u)^power is `value`, for an even power.

    The steps are named after `stem`, but for those of the normal moment, "`normal`" and "`normal`_integral".
    """
    moment = Mean(relu(u) ** power, u)
    integral = sp.Integral(u**power * NORMAL_DENSITY, (u, -sp.oo, sp.oo))
    return (
        Step(
            name=f"{stem}_pair",
            title="An input and its mirror image",
            prose="Of the two positive parts one is zero.",
            claim=equal(relu(u) ** power / 2 + relu(-u) ** power / 2, u**power / 2),
            check=Cases((u,)),
        ),
        Step(
            name=f"{stem}_mirrored",
            title="Symmetry of the input",
            prose="$X$ and $-X$ have one law.",
            claim=equal(moment, Mean((relu(u) ** power + relu(-u) ** power) / 2, u)),
            check=Symmetry(expression=relu(u) ** power, over=(u,), resting_on=("inputs",)),
        ),
        Step(
            name=f"{stem}_half",
            title=f"Half of the {word} moment",
            prose="A neuron sees half of the inputs.",
            claim=equal(moment, Mean(u**power, u) / 2),
            check=Insert(f"{stem}_mirrored", (f"{stem}_pair",)),
        ),
        Step(
            name=normal,
            title=f"{word.capitalize()} moment of a projection",
            prose="The projection of the input on a unit vector is standard normal.",
            claim=equal(Mean(u**power, u), integral),
            check=UnderDensity(
                expression=u**power,
                variable=u,
                density=NORMAL_DENSITY,
                low=-sp.oo,
                high=sp.oo,
                resting_on=("inputs",),
            ),
        ),
        Step(
            name=f"{normal}_integral",
            title="Its value",
            prose="A Gaussian integral.",
            claim=equal(integral, 2 * value),
            check=Integration(),
        ),
        Step(
            name=end,
            title=f"{word.capitalize()} moment of a neuron",
            prose="Put the value in.",
            claim=equal(moment, value),
            check=Insert(f"{stem}_half", (normal, f"{normal}_integral")),
            source=source,
        ),
    )


# docs/math.md, section 3: second moment of one neuron. Ends in step "neuron": E max(0, u)^2 = 1/2.
NEURON = moment_of_neuron(
    2, HALF, word="second", stem="neuron", normal="normal", end="neuron", source="docs/math.md, section 3"
)


def rounding(chord: sp.Expr) -> tuple[Step, ...]:
    r"""Return the steps from a rounded direction to its neuron's error: that is at most half of `chord`.

    .. math:: \delta_2 = \mathbb{E}(\max(0,u)-\max(0,\tilde u))^2 \le \tfrac12\,\mathbb{E}|w-\tilde w|^2

    for any copy w~ of the direction w, of unit length or not, that is made without the input.

    Parameters
    ----------
    chord : Expr
        The mean squared distance E|w - w~|^2, a nonnegative expression.

    Returns
    -------
    tuple of Step
        Ending in step "rounding".
    """
    mirrored = (relu(-u) - relu(-u_tilde)) ** 2
    pair = (relu(u) - relu(u_tilde)) ** 2 / 2 + mirrored / 2
    projected = Mean((u - u_tilde) ** 2, u, u_tilde)
    return (
        Step(
            name="rounding_pair",
            title="Two neurons at an input and at its mirror image",
            prose=r"If $u$ and $\tilde u$ have one sign, the two sides are equal; if not, the left side lacks the "
            r"cross term $-u\tilde u>0$.",
            claim=at_most(pair, (u - u_tilde) ** 2 / 2),
            check=Cases((u, u_tilde)),
            source="docs/math.md, section 3",
        ),
        Step(
            name="rounding_pair_mean",
            title="On average",
            prose="Take expectations.",
            claim=at_most(Mean(pair, u, u_tilde), projected / 2),
            check=Average("rounding_pair", (u, u_tilde)),
        ),
        Step(
            name="rounding_mirrored",
            title="Symmetry of the input",
            prose="$X$ and $-X$ have one law.",
            claim=equal(ROUNDED_NEURON, Mean(pair, u, u_tilde)),
            check=Symmetry(expression=(relu(u) - relu(u_tilde)) ** 2, over=(u, u_tilde), resting_on=("inputs",)),
        ),
        Step(
            name="rounding_length",
            title="Projection on the difference of directions",
            prose=r"$u-\tilde u=(w-\tilde w)\cdot X$, and $X$ is standard Gaussian.",
            claim=equal(projected, chord),
            check=GaussianProjection(square=projected, squared_length=chord, resting_on=("inputs",)),
        ),
        Step(
            name="rounding",
            title="Error of a neuron whose direction is rounded",
            prose="The three steps together; nothing is asked of the length of the rounded direction.",
            claim=at_most(ROUNDED_NEURON, chord / 2),
            check=Combine({"rounding_pair_mean": 1, "rounding_mirrored": 1, "rounding_length": HALF}),
            source="docs/math.md, section 3",
        ),
    )


def summand(name: str) -> sp.Expr:
    """Return the second moment of the k-th term of a sum over neurons; it belongs into the symbol table."""
    return sp.Function(rf"e_{{\mathrm{{{name}}}}}", nonnegative=True)(k)


@dataclass(frozen=True)
class Weights:
    """Second moments of the weights in a sum over neurons, if they are not the teacher's.

    Attributes
    ----------
    moment : Expr
        That of the k-th weight.
    total : Expr
        What the moments add up to, as step `step` says.
    """

    moment: sp.Expr
    total: sp.Expr
    step: str


def mean_square(
    name: str,
    square: sp.Expr,
    neuron: sp.Expr,
    subject: str,
    complexity: sp.Expr = K,
    weights: Weights | None = None,
) -> tuple[Step, ...]:
    r"""Return the steps from a signed, weighted sum over neurons to one neuron: E S^2 = E g^2.

    .. math:: S = \sqrt{K+1}\,\sum_k s_k\pi_k g_k, \qquad
        \mathbb{E}S^2 = (K+1)\sum_k \mathbb{E}\pi_k^2\;\mathbb{E}g^2 = \mathbb{E}g^2

    Parameters
    ----------
    name : str
        Name of the last step; the ones before are called ``name_terms``, ``name_factors`` and ``name_sum``.
    square : Expr
        E S^2.
    neuron : Expr
        E g^2, the same for every neuron.
    subject : str
        What S is, for the reader.
    complexity : Expr
        What stands for K in the factor of S.
    weights : Weights, optional
        What stands for the teacher's weights pi; the result is then (K+1) times their total times E g^2.

    Returns
    -------
    tuple of Step
        They use step "weights", or that of the weights given.
    """
    term = summand(name)
    own = weights or Weights(mu(k), 1 / (complexity + 1), "weights")
    last = "The weights are normalised, so what is left is the second moment of one neuron."
    return (
        Step(
            name=f"{name}_terms",
            title=f"{subject}: no cross terms",
            prose=rf"{subject} is a sum over neurons with independent centred signs $s_k$, so its square is on average "
            rf"the sum of the squares, where ${sp.latex(term)}$ is the second moment of the $k$-th term.",
            claim=equal(square, sp.Sum(term, (k, 1, sp.oo))),
            check=OrthogonalSum(square=square, summand=term, index=k, low=sp.S.One, high=sp.oo, resting_on=("signs",)),
        ),
        Step(
            name=f"{name}_factors",
            title=f"{subject}: one term",
            prose="The weight is independent of the direction and the input.",
            claim=equal(term, (complexity + 1) * own.moment * neuron),
            check=IndependentFactors(
                product=term, factors=(complexity + 1, own.moment, neuron), resting_on=("directions",)
            ),
        ),
        Step(
            name=f"{name}_sum",
            title=f"{subject}: sum over the neurons",
            prose="Put the terms into the sum.",
            claim=equal(square, (complexity + 1) * neuron * sp.Sum(own.moment, (k, 1, sp.oo))),
            check=Insert(f"{name}_terms", (f"{name}_factors",)),
        ),
        Step(
            name=name,
            title=f"{subject}: second moment",
            prose="Put in what the weights' second moments add up to." if weights else last,
            claim=equal(square, (complexity + 1) * own.total * neuron),
            check=Insert(f"{name}_sum", (own.step,)),
            source="docs/math.md, section 3",
        ),
    )
