"""Moments of an input and of a uniform direction, as steps for lower bounds (docs/math2.md, C6).

Seen from a direction w, an input x is its projection u = w.x, standard normal, and the rest, whose square length S
is independent of it; v stands for |u|.
"""

from functools import partial

import sympy as sp

from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.check import Definition, Theorem
from infobound.proof.linking import Combine, Insert
from infobound.proof.moments import SquareOfSum, SumOfMany
from infobound.proof.probability import Independence, IndependentFactors
from infobound.proof.step import Letter, Step, at_least, at_most, equal
from infobound.symbols import d

from .densities import moment

__all__ = [
    "DIRECTION",
    "INPUT",
    "LETTERS",
    "WIDE",
    "S",
    "absolute",
    "cubed",
    "h",
    "mixed",
    "power",
    "second",
    "square_length",
    "v",
]

v, S, R = sp.symbols("v S R", nonnegative=True)
second, absolute, cubed, mixed = sp.symbols("omega_2 omega_1 omega_3 omega_12", positive=True)

# half of the dimension of the sphere, and E|x|^2
h = sp.Symbol("h", positive=True)
square_length = sp.Symbol("X_2", nonnegative=True)

WIDE = (at_least(d, 2),)
HALF_NORMAL = sp.sqrt(2) / sp.sqrt(sp.pi) * sp.exp(-(v**2) / 2)
CHI = R ** (d - 1) * sp.exp(-(R**2) / 2) * 2 ** (1 - d / 2) / sp.gamma(d / 2)
LENGTH, CUBED_LENGTH = Mean(R, R), Mean(R**3, R)
HERE = "docs/math2.md, C6"

LETTERS = (
    Letter(v, r"length $|u|$ of the projection of an input on a direction"),
    Letter(S, "square length of the rest of the input"),
    Letter(R, "length of an input"),
    Letter(square_length, r"$\mathbb{E}|X|^2$"),
    Letter(h, "$(d-1)/2$"),
    Letter(second, r"$\mathbb{E}w_1^2$ for a uniform direction $w$"),
    Letter(absolute, r"$\mathbb{E}|w_1|$"),
    Letter(cubed, r"$\mathbb{E}|w_1|^3$"),
    Letter(mixed, r"$\mathbb{E}|w_1|w_2^2$"),
)


def power(q: int) -> sp.Expr:
    """Return E v^q."""
    return Mean(v**q, v) if q else sp.S.One


_moment = partial(moment, high=sp.oo, resting_on="inputs", source=HERE)

_ROOT = sp.sqrt(2) / sp.sqrt(sp.pi)
_POWERS = {1: _ROOT, 2: sp.S.One, 3: 2 * _ROOT, 4: sp.Integer(3)}
_WORDS = {1: "Mean length", 2: "Mean square", 3: "Mean cube", 4: "Mean fourth power"}


def _product(name: str, first: sp.Expr, other: sp.Expr) -> Step:
    return Step(
        name=name,
        title="Projection and rest are independent",
        prose="They are made of different coordinates of the input.",
        claim=equal(Mean(first * other, v, S), Mean(first, v) * Mean(other, S)),
        check=Independence(first=first, first_over=(v,), second=other, second_over=(S,), resting_on=("inputs",)),
        source=HERE,
    )


# Steps "v1" to "v4" (with "v1_integral" and so on), "rest", "rest_square", products of the two, and "square_length".
INPUT = (
    Step(
        name="half",
        title="Half of the dimension of the sphere",
        prose="It gets a name.",
        claim=equal(h, (d - 1) / 2),
        check=Definition(),
        hypotheses=WIDE,
        source=HERE,
    ),
    Step(
        name="square_length",
        title="Mean square of an input's length",
        prose="Each coordinate counts the same.",
        claim=equal(square_length, d * power(2)),
        check=SumOfMany(total=square_length, single=power(2), count=d, resting_on=("inputs",)),
        source=HERE,
    ),
    *(
        step
        for q, value in _POWERS.items()
        for step in _moment(f"v{q}", f"{_WORDS[q]} of a projection", v**q, v, HALF_NORMAL, value)
    ),
    Step(
        name="rest_sum",
        title="Mean of the rest",
        prose="The rest is the sum of $d-1$ squares of independent standard normal coordinates.",
        claim=equal(Mean(S, S), (d - 1) * power(2)),
        check=SumOfMany(total=Mean(S, S), single=power(2), count=d - 1, resting_on=("inputs",)),
        source=HERE,
    ),
    Step(
        name="rest",
        title="Its value",
        prose="Put the moment in.",
        claim=equal(Mean(S, S), d - 1),
        check=Insert("rest_sum", ("v2", "v2_integral")),
        source=HERE,
    ),
    Step(
        name="rest_square_sum",
        title="Mean square of the rest",
        prose="In the same way.",
        claim=equal(Mean(S**2, S), (d - 1) * power(4) + (d - 1) * (d - 2) * power(2) ** 2),
        check=SquareOfSum(
            square=Mean(S**2, S), second_moment=power(4), mean=power(2), count=d - 1, resting_on=("inputs",)
        ),
        source=HERE,
    ),
    Step(
        name="rest_square",
        title="Its value",
        prose="Put the moments in.",
        claim=equal(Mean(S**2, S), (d - 1) * (d + 1)),
        check=Insert("rest_square_sum", ("v4", "v4_integral", "v2", "v2_integral")),
        source=HERE,
    ),
    Step(
        name="rest_named",
        title="Mean of the rest",
        prose="With the name.",
        claim=equal(Mean(S, S), 2 * h),
        check=Combine({"rest": 1, "half": -2}),
        hypotheses=WIDE,
        source=HERE,
    ),
    Step(
        name="rest_square_named",
        title="Mean square of the rest",
        prose="With the name.",
        claim=equal(Mean(S**2, S), 2 * h * (d + 1)),
        check=Combine({"rest_square": 1, "half": -2 * (d + 1)}),
        hypotheses=WIDE,
        source=HERE,
    ),
    _product("v2_rest", v**2, S),
    _product("v3_rest", v**3, S),
    _product("v_rest_square", v, S**2),
)


def _watson_on_numbers() -> None:
    from math import lgamma, log

    for count in (1, 2, 3, 10, 1000):
        if 2 * (lgamma((count + 1) / 2) - lgamma(count / 2)) + log(2) < log(count - 0.5):
            raise CheckFailed(f"Watson's inequality fails a numerical test in {count} dimensions")


_MEAN_LENGTH = sp.sqrt(2) * sp.gamma((d + 1) / 2) / sp.gamma(d / 2)

# Steps "second", "absolute", "cubed", "h", "mixed" give the moments; "absolute_square" bounds (E|w_1|)^2.
DIRECTION = (
    Step(
        name="coordinate_squares",
        title="Squares of a direction's coordinates",
        prose="They add up to 1, and each counts the same.",
        claim=equal(1, d * second),
        check=SumOfMany(total=sp.S.One, single=second, count=d, resting_on=("directions",)),
        source=HERE,
    ),
    Step(
        name="second",
        title="Mean square of a coordinate",
        prose="Solve for it.",
        claim=equal(second, 1 / d),
        check=Combine({"coordinate_squares": -1 / d}),
        source=HERE,
    ),
    *_moment("length", "Mean length of an input", R, R, CHI, _MEAN_LENGTH, hypotheses=WIDE),
    *_moment("cubed_length", "Mean cube of it", R**3, R, CHI, (d + 1) * _MEAN_LENGTH, hypotheses=WIDE),
    Step(
        name="length_and_direction",
        title="Length and direction are independent",
        prose="A coordinate of an input is its length times that of its direction.",
        claim=equal(power(1), LENGTH * absolute),
        check=IndependentFactors(product=power(1), factors=(LENGTH, absolute), resting_on=("inputs",)),
        source=HERE,
    ),
    Step(
        name="length_and_direction_cubed",
        title="The same for cubes",
        prose="In the same way.",
        claim=equal(power(3), CUBED_LENGTH * cubed),
        check=IndependentFactors(product=power(3), factors=(CUBED_LENGTH, cubed), resting_on=("inputs",)),
        source=HERE,
    ),
    Step(
        name="absolute_value",
        title="Mean length of a coordinate",
        prose="Put the moments in.",
        claim=equal(_ROOT, _MEAN_LENGTH * absolute),
        check=Insert("length_and_direction", ("v1", "v1_integral", "length", "length_integral")),
        hypotheses=WIDE,
        source=HERE,
    ),
    Step(
        name="cubed_value",
        title="Mean cube of it",
        prose="Likewise.",
        claim=equal(2 * _ROOT, (d + 1) * _MEAN_LENGTH * cubed),
        check=Insert("length_and_direction_cubed", ("v3", "v3_integral", "cubed_length", "cubed_length_integral")),
        hypotheses=WIDE,
        source=HERE,
    ),
    Step(
        name="cubed",
        title="The one in terms of the other",
        prose="Compare the two.",
        claim=equal(cubed, 2 * absolute / (d + 1)),
        check=Combine({"cubed_value": -1 / ((d + 1) * _MEAN_LENGTH), "absolute_value": 2 / ((d + 1) * _MEAN_LENGTH)}),
        hypotheses=WIDE,
        source=HERE,
    ),
    Step(
        name="coordinates",
        title="All coordinates",
        prose=r"$|w_1|(1-w_1^2)$ is $|w_1|$ times the sum of the other squares, and each of them counts the same.",
        claim=equal(absolute - cubed, (d - 1) * mixed),
        check=SumOfMany(total=absolute - cubed, single=mixed, count=d - 1, resting_on=("directions",)),
        source=HERE,
    ),
    Step(
        name="mixed",
        title="Mean product of a coordinate and the square of another",
        prose="Solve for it.",
        claim=equal(mixed, absolute / (d + 1)),
        check=Combine({"coordinates": -1 / (d - 1), "cubed": -1 / (d - 1)}),
        hypotheses=WIDE,
        source=HERE,
    ),
    Step(
        name="watson",
        title="Mean length of an input, from below",
        prose="A ratio of Gamma functions.",
        claim=at_least(_MEAN_LENGTH**2, d - sp.Rational(1, 2)),
        check=Theorem(
            name="Watson's inequality for Gamma(x+1)/Gamma(x+1/2)",
            reference="Watson, Proc. Edinburgh Math. Soc. 11 (1959) 7-9",
            spot=_watson_on_numbers,
        ),
        hypotheses=WIDE,
        source=HERE,
    ),
    Step(
        name="absolute_square",
        title="Mean length of a coordinate, from above",
        prose="Square, and put it in.",
        claim=at_most(absolute**2, 2 / (sp.pi * (d - sp.Rational(1, 2)))),
        check=Combine(
            {
                "watson": absolute**2 / (d - sp.Rational(1, 2)),
                "absolute_value": -(_ROOT + _MEAN_LENGTH * absolute) / (d - sp.Rational(1, 2)),
            }
        ),
        hypotheses=WIDE,
        source=HERE,
    ),
)
