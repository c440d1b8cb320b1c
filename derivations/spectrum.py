"""The linear teacher: its spectrum, and what the features beyond the first m add up to.

Shared by the bounds on learners that see the first features only (docs/math2.md section B).
"""

import sympy as sp

from infobound.bounds.spectrum import gamma, s
from infobound.proof.averages import Mean
from infobound.proof.calculus import SignOfDerivative, Summation
from infobound.proof.check import Assumed
from infobound.proof.linking import Combine, Specialise, SumUp
from infobound.proof.probability import OrthogonalSum
from infobound.proof.step import Assumption, Letter, Step, at_most, below, equal
from infobound.symbols import SPECTRUM

from .teacher import F

__all__ = [
    "ASSUMPTIONS",
    "DROPPED",
    "HALF",
    "LETTERS",
    "MIDPOINT_LETTERS",
    "POWER",
    "REMAINDER",
    "TAIL",
    "F_m",
    "count",
    "h",
    "i",
    "variance",
    "x",
]

count = sp.Symbol("m", integer=True, nonnegative=True)
i = sp.Symbol("i", integer=True, nonnegative=True)
h, x = sp.symbols("h x", positive=True)
F_m = sp.Symbol("F_m", real=True)
variance = sp.Function("lambda", positive=True)(i)

HALF = sp.Rational(1, 2)
DROPPED = Mean((F - F_m) ** 2, F, F_m)
POWER = s * (i + 1) ** (-1 - gamma)
# A bound on the sum of (i+1)^(-1-gamma) over i >= m.
REMAINDER = (count + HALF) ** -gamma / gamma
_BETWEEN = ((i + HALF) ** -gamma - (i + 3 * HALF) ** -gamma) / gamma

ASSUMPTIONS = {
    assumption.key: assumption
    for assumption in (
        Assumption(
            "coordinates",
            "Coordinates of an input are independent of each other and of the coefficients, centred and of variance 1.",
        ),
        Assumption("spectrum", r"Variances of the coefficients are a power law.", equal(variance, POWER)),
    )
}

LETTERS = (
    *(Letter(q.symbol, q.meaning, q.unit) for q in SPECTRUM.values()),
    Letter(F_m, "value of the teacher cut off after $m$ features"),
    Letter(i, "index of a feature, from 0"),
    Letter(variance, "variance of a coefficient"),
)

MIDPOINT_LETTERS = (
    Letter(x, "a positive number"),
    Letter(h, "half the length of an interval about it"),
)

# Ends in step "tail_value": the sum of the variances from m on is at most s (m + 1/2)^-gamma / gamma.
TAIL = (
    Step(
        name="dropped_terms",
        title="Features left out",
        prose="Coordinates of the input are independent, centred and of variance 1.",
        claim=equal(DROPPED, sp.Sum(variance, (i, count, sp.oo))),
        check=OrthogonalSum(
            square=DROPPED, summand=variance, index=i, low=count, high=sp.oo, resting_on=("coordinates",)
        ),
        source="docs/math2.md, B1",
    ),
    Step(
        name="spectrum",
        title="The spectrum",
        prose="A power law.",
        claim=equal(variance, POWER),
        check=Assumed("spectrum"),
        source="docs/math2.md, B",
    ),
    Step(
        name="midpoint",
        title="A convex function at the middle of an interval",
        prose=r"The right side is the integral of $y^{-1-\gamma}$ from $x-h$ to $x+h$. In $h$ the difference of the "
        r"two sides and its first two derivatives are zero at $h=0$, and its third derivative is positive.",
        claim=at_most(2 * h * x ** (-1 - gamma), ((x - h) ** -gamma - (x + h) ** -gamma) / gamma),
        check=SignOfDerivative(h, sp.S.Zero, then=SignOfDerivative(h, sp.S.Zero, then=SignOfDerivative(h, sp.S.Zero))),
        hypotheses=(below(h, x),),
        source="docs/math2.md, B",
    ),
    Step(
        name="midpoint_feature",
        title="At a feature",
        prose="With $x=i+1$ and $h=1/2$.",
        claim=at_most((i + 1) ** (-1 - gamma), _BETWEEN),
        check=Specialise("midpoint", {h: HALF, x: i + 1}),
    ),
    Step(
        name="tail_term",
        title="One feature",
        prose="Times the scale of the spectrum.",
        claim=at_most(POWER, s * _BETWEEN),
        check=Combine({"midpoint_feature": s}),
    ),
    Step(
        name="tail_sum",
        title="All features left out",
        prose="Add up.",
        claim=at_most(sp.Sum(POWER, (i, count, sp.oo)), sp.Sum(s * _BETWEEN, (i, count, sp.oo))),
        check=SumUp("tail_term", i, count, sp.oo),
    ),
    Step(
        name="tail_value",
        title="A telescoping sum",
        prose="Neighbours cancel, and the terms tend to zero.",
        claim=equal(sp.Sum(s * _BETWEEN, (i, count, sp.oo)), s * REMAINDER),
        check=Summation(-s * (i + HALF) ** -gamma / gamma),
        source="docs/math2.md, B",
    ),
)
