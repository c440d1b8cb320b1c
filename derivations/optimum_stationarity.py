r"""Where the bound for the sampled student is least along a budget: docs/math.md section 8.

.. math::

    \frac{p_*}{T_*} = \frac{K d / 16}{(A + n A'(n))\, S + A}, \qquad
    S = \ln 2n + d \ln(1 + 2/\varepsilon)

Along C = d n T the bound is a function of the width alone.  The radius of the codebook is chosen best for every
width, so by the envelope theorem its change with the width does not count; the rest is a derivative.  What
is proved is the condition that every interior minimiser meets.
"""

import sympy as sp

from infobound.proof.calculus import ConvexMinimum
from infobound.proof.check import Assumed, Definition
from infobound.proof.differentiating import Differentiation
from infobound.proof.limits import FallsToLimit
from infobound.proof.linking import Combine, Insert, Specialise
from infobound.proof.step import Assumption, Derivation, Letter, Step, above, at_least, below, equal
from infobound.special import expected_atoms
from infobound.symbols import C, K, T, d, n, p

__all__ = ["DERIVATION"]

HERE = "docs/math.md, section 8"
radius = sp.Function(r"\varepsilon", positive=True)(n)
e, x, kappa = sp.symbols("e x kappa", positive=True)
L, Q = sp.Symbol("L", real=True), sp.Symbol("Q", positive=True)
A = expected_atoms(n, K)
slope_A = K * sp.polygamma(1, K + n)
S = sp.log(2 * n) + d * sp.log(1 + 2 / radius)
marginal = (A + n * slope_A) * S + A


def _bound(data: sp.Expr) -> sp.Expr:
    """Bound of the sampled student with the codebook's radius left open (docs/math.md section 6)."""
    return K / (16 * n) + radius**2 / 16 + A * S / data


def _coding(distortion: sp.Expr, price: sp.Expr) -> sp.Expr:
    """Terms of the bound that depend on the radius, at a price per unit of logarithm."""
    return distortion**2 / 16 + price * sp.log(1 + 2 / distortion)


along = _bound(C / (d * n))
# Derivatives of the bound along the budget: in the width at a fixed radius, and in the radius.
by_width = -K / (16 * n**2) + d * marginal / C
cubic = radius**2 * (radius + 2)
price = 16 * A * d**2 * n / C
by_radius = (cubic - price) / (8 * radius * (radius + 2))
change = sp.Derivative(radius, n)
slope = sp.Derivative(along, n)
WIDE = (at_least(n, 1),)
ONLY_HERE = (e, kappa, L)

STEPS = (
    Step(
        "radius_slope",
        "Slope in the radius",
        r"For one width and data size write $\kappa = A d/T$. Only two terms of the bound depend on the radius of the "
        "codebook.",
        equal(sp.Derivative(_coding(x, kappa), x), (x**2 * (x + 2) - 16 * kappa) / (8 * x * (x + 2))),
        Differentiation(),
        source="docs/math.md, section 6",
    ),
    Step(
        "radius_best",
        "The best radius",
        r"The two terms are convex in the radius, so the root $e$ of $e^2(e+2) = 16\kappa$ is best among all radii.",
        at_least(_coding(x, e**2 * (e + 2) / 16), _coding(e, e**2 * (e + 2) / 16)),
        ConvexMinimum(x, e),
        source="docs/math.md, section 6",
    ),
    Step(
        "data",
        "The data that the budget leaves",
        "At a width the budget determines the data size.",
        equal(T, C / (d * n)),
        Definition(),
    ),
    Step(
        "size",
        "Parameters",
        "A neuron has as many parameters as the input has dimensions.",
        equal(p, d * n),
        Definition(),
    ),
    Step(
        "budget",
        "The budget",
        "Parameters times data is the budget, at every width.",
        equal(p * T, C),
        Combine({"size": T, "data": d * n}),
    ),
    Step(
        "bound",
        "The bound",
        "The bound for the sampled student, with a radius that may depend on the width.",
        equal(L, _bound(T)),
        Definition(),
        source="docs/math.md, section 6",
    ),
    Step(
        "along",
        "The bound along the budget",
        "A function of the width.",
        equal(L, along),
        Insert("bound", ("data",)),
    ),
    Step(
        "total",
        "Its derivative",
        "The derivative at a fixed radius, and the slope in the radius times the change of the radius.",
        equal(slope, by_width + by_radius * change),
        Differentiation(),
    ),
    Step(
        "radius",
        "The radius follows the width",
        r"At every width the radius is the best one, which is the root of the cubic with $\kappa = A d^2 n/C$.",
        equal(cubic, price),
        Assumed("radius"),
        source="docs/math.md, section 6",
    ),
    Step(
        "envelope",
        "Envelope theorem",
        "At the best radius the slope in the radius is zero, so its change does not count.",
        equal(slope, by_width),
        Combine({"total": 1, "radius": change / (8 * radius * (radius + 2))}),
        source=HERE,
    ),
    Step(
        "stationary",
        "Stationarity",
        "At an interior minimum the derivative along the budget is zero.",
        equal(slope, 0),
        Assumed("interior"),
        source=HERE,
    ),
    Step(
        "cost",
        "Marginal estimation",
        "Name what a further neuron costs in estimation, in units of $d/C$.",
        equal(Q, marginal),
        Definition(),
        WIDE,
    ),
    Step(
        "balance",
        "Marginal misspecification and marginal estimation",
        "At the minimum a further neuron saves in misspecification what it costs in estimation.",
        equal(K / (16 * n**2), d * Q / C),
        Combine({"envelope": 1, "stationary": -1, "cost": -d / C}),
        WIDE,
        source=HERE,
    ),
    Step(
        "quotient",
        "Parameters per sample",
        r"Multiply by $d n^2$ and use $p/T = d^2n^2/C$.",
        equal(p / T, K * d / (16 * Q)),
        Combine({"size": 1 / T, "data": -(d**2) * n**2 / (C * T), "balance": -d * n**2 / Q}),
        WIDE,
        source=HERE,
    ),
    Step(
        "trigamma_above",
        "The trigamma function, from below",
        r"The difference of the two sides falls by $1/x^2 - 1/x + 1/(x+1) = 1/(x^2(x+1))$ with a unit step, to 0 in "
        "the limit.",
        above(sp.polygamma(1, x), 1 / x),
        FallsToLimit(x),
    ),
    Step(
        "trigamma_below",
        "The trigamma function, from above",
        r"Here a unit step takes off $1/(x^2(x+1)^2)$.",
        below(sp.polygamma(1, x), 1 / x + 1 / x**2),
        FallsToLimit(x),
    ),
    Step(
        "slope_below",
        "Growth of the number of distinct neurons, from below",
        r"The derivative of $A(n,K) = K(\psi(K+n) - \psi(K))$ is $K\psi'(K+n)$.",
        above(sp.polygamma(1, K + n), 1 / (K + n)),
        Specialise("trigamma_above", {x: K + n}),
    ),
    Step(
        "slope_above",
        "Growth of the number of distinct neurons, from above",
        "Likewise.",
        below(sp.polygamma(1, K + n), 1 / (K + n) + 1 / (K + n) ** 2),
        Specialise("trigamma_below", {x: K + n}),
    ),
    Step(
        "atoms_below",
        "What a further neuron adds, from below",
        r"Multiply by $nK$.",
        above(n * slope_A, K * n / (K + n)),
        Combine({"slope_below": n * K}),
        source=HERE,
    ),
    Step(
        "atoms_above",
        "What a further neuron adds, from above",
        r"So $nA'$ is $Kn/(n+K)$ to leading order.",
        below(n * slope_A, K * n / (K + n) + K * n / (K + n) ** 2),
        Combine({"slope_above": n * K}),
        source=HERE,
    ),
    Step(
        "share",
        "Parameters per sample in closed form",
        r"Put in the marginal cost. To leading order, with $nA' \approx Kn/(n+K)$, it grows like the square of the "
        "logarithm of the width: parameters and data grow in proportion up to logarithms.",
        equal(p / T, K * d / (16 * marginal)),
        Insert("quotient", ("cost",)),
        WIDE,
        source=HERE,
    ),
)

DERIVATION = Derivation(
    name="optimum_stationarity",
    title="Where the bound for the sampled student is least along a budget",
    setting=(
        "The bound for the student of n sampled neurons is minimised along a budget of compute, counted as parameters "
        "times samples. The width is treated as a real number.",
        "What follows is necessary for an interior minimum. Where the width 1 or the clamped radius 2 is best, it does "
        "not apply. It says where the bound for this student is least, not what the best student is.",
    ),
    assumptions=(
        Assumption(
            "radius",
            "At every width the radius of the codebook is the one that makes the bound least, and is less than 2; it "
            "is a smooth function of the width.",
            equal(cubic, price),
        ),
        Assumption("interior", "The width is an interior minimiser of the bound along the budget.", equal(slope, 0)),
    ),
    symbols=(
        Letter(n, "width: number of neurons of the student", "neurons"),
        Letter(T, "data size", "samples"),
        Letter(d, "input dimension"),
        Letter(K, "latent complexity of the teacher"),
        Letter(p, "number of parameters", "parameters"),
        Letter(C, "compute", "parameters times samples"),
        Letter(A, "expected number of distinct neurons", "neurons"),
        Letter(radius, "radius of the codebook at width n"),
        Letter(x, "any radius; any positive argument"),
        Letter(e, "best radius"),
        Letter(kappa, "weight of the coding term", "nats per sample"),
        Letter(L, "bound", "nats per sample"),
        Letter(Q, "marginal estimation cost of width", "nats"),
    ),
    steps=STEPS,
    conclusion=STEPS[-1].claim,
    domain=WIDE,
    corollaries=tuple(
        step.claim
        for step in STEPS
        if step.name in ("radius_slope", "radius_best", "budget", "along", "atoms_below", "atoms_above")
    ),
    references=(
        "H. J. Jeon and B. Van Roy, An information-theoretic analysis of compute-optimal neural scaling laws (2022), "
        "arXiv:2212.01365.",
    ),
    example={K: sp.Integer(10), d: sp.Integer(16), n: sp.Integer(136)},
)
