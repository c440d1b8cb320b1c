r"""How parameters and data grow with compute where the bound for the sampled student is least.

.. math::

    \frac{K d}{16}\,\frac{C}{P(C)} \le p_*^2 \le \frac{K d}{16}\,C, \qquad
    \frac{\ln p_*}{\ln C} \to \frac12

P is a polynomial in logarithms, so the exponent of the parameters tends to 1/2 from both sides of an explicit
window, and that of the data with it: docs/math.md section 8.  It starts from `optimum_stationarity`.
"""

import sympy as sp

from infobound.proof.calculus import SignOfDerivative
from infobound.proof.check import Algebra, Assumed, Definition
from infobound.proof.limits import FallsToLimit, LimitAtInfinity
from infobound.proof.linking import Combine, Insert, Specialise
from infobound.proof.step import Assumption, Derivation, Letter, Step, above, at_least, at_most, below, equal
from infobound.symbols import C, K, T, d, n, p

from . import optimum_stationarity as stationarity
from .optimum_stationarity import HERE, WIDE, A, Q, S, radius, slope_A, x

__all__ = ["DERIVATION"]

HALF = sp.Rational(1, 2)
u, y, cost = sp.symbols("u y P", positive=True)
DIMENSIONS = (*WIDE, at_least(d, 1))
LARGE = (*DIMENSIONS, above(C, 1))
NEEDED = ("data", "size", "budget", "total", "radius", "envelope", "stationary", "cost", "balance", "quotient")
GROWTH = ("trigamma_below", "slope_above", "atoms_above")

digammas = K * (sp.digamma(K + n) - sp.digamma(K))
coded = sp.log(1 + 2 * sp.sqrt(C))


def _atoms(width: sp.Expr) -> sp.Expr:
    """Upper bound on the expected number of distinct neurons."""
    return 1 + K * sp.log(1 + width / K)


def _marginal(width: sp.Expr) -> sp.Expr:
    """Upper bound on the marginal cost of estimation."""
    return (_atoms(width) + K + 1) * (sp.log(1 + 2 * width) + d * coded) + _atoms(width)


widest = sp.sqrt(K * C / (16 * d))
polylog = _marginal(widest)
# The upper end of the window for the exponent of the parameters; the lower end depends on what a neuron costs.
highest = sp.log(K * d * C / 16) / (2 * sp.log(C))


def _lowest(most: sp.Expr) -> sp.Expr:
    return sp.log(K * d * C / (16 * most)) / (2 * sp.log(C))


STEPS = (
    *(step for step in stationarity.STEPS if step.name in (*NEEDED, *GROWTH)),
    Step(
        "square",
        "Parameters and compute",
        "Multiply parameters per sample by parameters times samples.",
        equal(p**2, K * d * C / (16 * Q)),
        Combine({"quotient": p * T, "budget": K * d / (16 * Q)}),
        WIDE,
        source=HERE,
    ),
    Step(
        "one",
        "One",
        "A positive number.",
        at_least(1, 0),
        Algebra(),
    ),
    Step(
        "first_atom",
        "At least one neuron",
        r"At $n=1$ the number is 1, since $\psi(K+1)=\psi(K)+1/K$; it grows with $n$.",
        at_least(digammas, 1),
        SignOfDerivative(n, 1),
        WIDE,
        source="docs/math.md, section 4",
    ),
    Step(
        "atoms",
        "Name of the number",
        "The function $A$ is defined by this expression.",
        equal(digammas, A),
        Algebra(),
        source="docs/math.md, section 4",
    ),
    Step(
        "one_atom",
        "At least one distinct neuron",
        "The two steps together.",
        at_least(A, 1),
        Insert("first_atom", ("atoms",)),
        WIDE,
    ),
    Step(
        "coded_sign",
        "What a neuron's code costs",
        "Both factors are positive.",
        at_least((A + n * slope_A) * S, 0),
        Algebra(),
        WIDE,
    ),
    Step(
        "least_cost",
        "Marginal estimation, from below",
        "One neuron more costs at least one nat.",
        at_least(Q, 1),
        Combine({"cost": -1, "coded_sign": 1, "one_atom": 1}),
        WIDE,
    ),
    Step(
        "above",
        "Parameters, from above",
        "So they grow at most like the square root of compute.",
        at_most(p**2, K * d * C / 16),
        Combine({"square": 1, "least_cost": K * d * C / (16 * Q)}),
        WIDE,
        source=HERE,
    ),
    Step(
        "digamma_above",
        "The digamma function, from above",
        r"The difference falls by $1/x-\ln(1+1/x)\ge0$ with a unit step, to 0 in the limit.",
        at_most(sp.digamma(x), sp.log(x)),
        FallsToLimit(x, SignOfDerivative(x, sp.oo)),
    ),
    Step(
        "digamma_below",
        "The digamma function, from below",
        r"Here a unit step takes off $\ln(1+1/x)-1/(x+1)\ge0$.",
        at_least(sp.digamma(x), sp.log(x) - 1 / x),
        FallsToLimit(x, SignOfDerivative(x, sp.oo)),
    ),
    Step(
        "digamma_wide",
        "At a width",
        "A special case.",
        at_most(sp.digamma(K + n), sp.log(K + n)),
        Specialise("digamma_above", {x: K + n}),
    ),
    Step(
        "digamma_start",
        "At the start",
        "A special case.",
        at_least(sp.digamma(K), sp.log(K) - 1 / K),
        Specialise("digamma_below", {x: K}),
    ),
    Step(
        "few_atoms",
        "Distinct neurons, from above",
        "Their number grows like a logarithm.",
        at_most(A, _atoms(n)),
        Combine({"digamma_wide": K, "digamma_start": K, "atoms": -1}),
        source="docs/math.md, section 4",
    ),
    Step(
        "few_new",
        "What a further neuron adds",
        r"Both of the two fractions that bound it are less than $K$ and 1.",
        below(K * n / (K + n) + K * n / (K + n) ** 2, K + 1),
        Algebra(),
    ),
    Step(
        "few_new_atoms",
        "Growth of the number of distinct neurons",
        "The two steps together.",
        below(n * slope_A, K + 1),
        Combine({"atoms_above": 1, "few_new": 1}),
    ),
    Step(
        "inside",
        "The radius is on the sphere",
        "By assumption.",
        at_most(radius, 2),
        Assumed("inside"),
    ),
    Step(
        "radius_square",
        "The radius, from below",
        r"$4\varepsilon^2\ge\varepsilon^2(\varepsilon+2)=16Ad^2n/C\ge16d^2n/C$.",
        at_most(4 * d**2 * n / C, radius**2),
        Combine({"inside": radius**2 / 4, "radius": -HALF / 2, "one_atom": 4 * d**2 * n / C}),
        WIDE,
    ),
    Step(
        "dimensions",
        "At least one neuron of one dimension",
        "A product of numbers of at least 1.",
        at_most(1, 4 * d**2 * n),
        Algebra(),
        DIMENSIONS,
    ),
    Step(
        "radius_product",
        "Radius and compute",
        "Multiply by compute.",
        at_most(1, C * radius**2),
        Combine({"radius_square": C, "dimensions": 1}),
        DIMENSIONS,
    ),
    Step(
        "radius_root",
        "Their root",
        r"$C\varepsilon^2-1=(\sqrt C\varepsilon-1)(\sqrt C\varepsilon+1)$.",
        at_most(1, sp.sqrt(C) * radius),
        Combine({"radius_product": 1 / (sp.sqrt(C) * radius + 1)}),
        DIMENSIONS,
    ),
    Step(
        "cells",
        "Number of cells per dimension",
        "So a codebook needs no more of them than the root of compute.",
        at_most(1 + 2 / radius, 1 + 2 * sp.sqrt(C)),
        Combine({"radius_root": 2 / radius}),
        DIMENSIONS,
    ),
    Step(
        "increasing",
        "The logarithm increases",
        "Its derivative is positive.",
        at_most(sp.log(u), sp.log(y)),
        SignOfDerivative(y, u),
        (at_most(u, y),),
    ),
    Step(
        "code_length",
        "Length of the code of a direction",
        "A special case.",
        at_most(sp.log(1 + 2 / radius), coded),
        Specialise("increasing", {u: 1 + 2 / radius, y: 1 + 2 * sp.sqrt(C)}, ("cells",)),
        DIMENSIONS,
    ),
    Step(
        "width_square",
        "The width, from above",
        "There are $d$ parameters to a neuron.",
        at_most(n**2, K * C / (16 * d)),
        Combine({"above": 1 / d**2, "size": -(p + d * n) / d**2}),
        WIDE,
    ),
    Step(
        "width",
        "Its root",
        "A difference of squares.",
        at_most(n, widest),
        Combine({"width_square": 1 / (n + widest)}),
        WIDE,
    ),
    Step(
        "doubled",
        "Twice the width",
        "Double it.",
        at_most(2 * n, 1 + 2 * widest),
        Combine({"width": 2, "one": 1}),
        WIDE,
    ),
    Step(
        "width_log",
        "Logarithm of the width",
        "A special case.",
        at_most(sp.log(2 * n), sp.log(1 + 2 * widest)),
        Specialise("increasing", {u: 2 * n, y: 1 + 2 * widest}, ("doubled",)),
        WIDE,
    ),
    Step(
        "width_ratio",
        "Width and latent complexity",
        r"Divide by $K$.",
        at_most(1 + n / K, 1 + widest / K),
        Combine({"width": 1 / K}),
        WIDE,
    ),
    Step(
        "ratio_log",
        "Logarithm of their ratio",
        "A special case.",
        at_most(sp.log(1 + n / K), sp.log(1 + widest / K)),
        Specialise("increasing", {u: 1 + n / K, y: 1 + widest / K}, ("width_ratio",)),
        WIDE,
    ),
    Step(
        "polynomial",
        "A polynomial in logarithms",
        "Name what these three make of the marginal cost.",
        equal(cost, polylog),
        Definition(),
        source=HERE,
    ),
    Step(
        "most_cost",
        "Marginal estimation, from above",
        "It grows with each of the numbers bounded so far.",
        at_most(Q, cost),
        Insert("cost", ("few_atoms", "few_new_atoms", "code_length", "width_log", "ratio_log", "polynomial")),
        DIMENSIONS,
    ),
    Step(
        "below",
        "Parameters, from below",
        "Up to logarithms they grow at least like the square root of compute.",
        at_most(K * d * C / (16 * cost), p**2),
        Combine({"square": -1, "most_cost": K * d * C / (16 * Q * cost)}),
        DIMENSIONS,
        source=HERE,
    ),
    Step(
        "above_log",
        "In logarithms, from above",
        "A special case.",
        at_most(sp.log(p**2), sp.log(K * d * C / 16)),
        Specialise("increasing", {u: p**2, y: K * d * C / 16}, ("above",)),
        WIDE,
    ),
    Step(
        "below_log",
        "In logarithms, from below",
        "A special case.",
        at_most(sp.log(K * d * C / (16 * cost)), sp.log(p**2)),
        Specialise("increasing", {u: K * d * C / (16 * cost), y: p**2}, ("below",)),
        DIMENSIONS,
    ),
    Step(
        "highest_limit",
        "Limit from above",
        "For large compute the upper end of the window tends to one half.",
        equal(sp.Limit(highest, C, sp.oo), HALF),
        LimitAtInfinity(),
        source=HERE,
    ),
    Step(
        "lowest_limit",
        "Limit from below",
        r"So does the lower end, since $P$ grows like the square of a logarithm.",
        equal(sp.Limit(_lowest(polylog), C, sp.oo), HALF),
        LimitAtInfinity(),
        source=HERE,
    ),
    Step(
        "highest",
        "The exponent, from above",
        "Divide by the logarithm of compute.",
        at_most(sp.log(p) / sp.log(C), highest),
        Combine({"above_log": 1 / (2 * sp.log(C))}),
        (*WIDE, above(C, 1)),
        source=HERE,
    ),
    Step(
        "lowest",
        "The exponent, from below",
        "With the other limit it follows that the exponent of the parameters tends to one half, and that of the data, "
        "which are compute over parameters, with it.",
        at_least(sp.log(p) / sp.log(C), _lowest(cost)),
        Combine({"below_log": 1 / (2 * sp.log(C))}),
        LARGE,
        source=HERE,
    ),
)

DERIVATION = Derivation(
    name="optimum_exponents",
    title="Asymptotic exponents of the optimum of the bound for the sampled student",
    setting=(
        *stationarity.DERIVATION.setting,
        "The exponent of the parameters is taken to be the ratio of their logarithm to that of compute.",
    ),
    assumptions=(
        *stationarity.DERIVATION.assumptions,
        Assumption("inside", "The radius is at most 2, the diameter of the sphere.", at_most(radius, 2)),
    ),
    symbols=(
        *(row for row in stationarity.DERIVATION.symbols if row.symbol not in stationarity.ONLY_HERE),
        Letter(u, "any positive number"),
        Letter(y, "any number at least as large"),
        Letter(cost, "upper bound on the marginal estimation cost of width", "nats"),
    ),
    steps=STEPS,
    conclusion=STEPS[-1].claim,
    domain=LARGE,
    corollaries=tuple(
        step.claim for step in STEPS if step.name in ("polynomial", "highest_limit", "lowest_limit", "highest")
    ),
    references=stationarity.DERIVATION.references,
    example={n: sp.Integer(136), d: sp.Integer(16), K: sp.Integer(10), C: sp.Integer(10) ** 9, p: sp.Integer(136 * 16)},
)
