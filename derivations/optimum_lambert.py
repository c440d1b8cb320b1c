r"""Where a power law with one logarithm is least along a budget: Lambert's W, and the exponents that follow.

.. math::

    L = \frac{c_1}{n^\beta} + \frac{c_2 n^\gamma \ln n}{T}, \quad C = d n T, \qquad
    n_* = \exp\Bigl(\frac{W(Z)}{s} - \frac1{1+\gamma}\Bigr), \quad s = 1 + \beta + \gamma

These are the leading orders of the bounds: gamma = 0 for students that pay for distinct neurons, gamma = 1 where
every parameter is paid for (docs/math.md sections 8 and 10, docs/math2.md theorem D).  The width grows like
C^(1/s), from below: the local exponent is W/(s (1 + W)), and how fast it approaches 1/s is proved too.
"""

import sympy as sp

from infobound.proof.calculus import ConvexMinimum
from infobound.proof.check import Algebra, Definition
from infobound.proof.differentiating import Differentiation
from infobound.proof.limits import BothSides, Root
from infobound.proof.linking import Combine, Insert, Specialise
from infobound.proof.step import Derivation, Letter, Step, at_least, at_most, equal
from infobound.symbols import C, T, d, n

__all__ = ["DERIVATION"]

RULE = "docs/math2.md, theorem D"
c_1, c_2, beta = sp.symbols("c_1 c_2 beta", positive=True)
gamma = sp.Symbol("gamma", nonnegative=True)
n_best, Z, z, u = sp.symbols("n_{*} Z z u", positive=True)
x, best = sp.symbols("x x_{*}", nonnegative=True)
L, Q = sp.symbols("L Q", real=True)
W = sp.Function("W", positive=True)

s = 1 + beta + gamma
price = c_2 * d / C
marginal = n_best**s * ((1 + gamma) * sp.log(n_best) + 1)
argument = s / (1 + gamma) * sp.exp(s / (1 + gamma)) * beta * c_1 * C / (c_2 * d)
width = sp.exp(W(Z) / s - 1 / (1 + gamma))
scale = (1 + gamma) / s * sp.exp(-s / (1 + gamma))
slope = sp.Derivative(W(z), z)
rate = sp.Derivative(W(z) / s - 1 / (1 + gamma), z)


def _along(size: sp.Expr) -> sp.Expr:
    """Loss along the budget, at a width."""
    return c_1 / size**beta + price * size ** (1 + gamma) * sp.log(size)


def _shape(move: sp.Expr, balanced: sp.Expr) -> sp.Expr:
    """Loss in units of the price at the logarithm of a width, if the two terms balance at another one."""
    factor = sp.exp(s * balanced) * ((1 + gamma) * balanced + 1) / beta
    return factor * sp.exp(-beta * move) + move * sp.exp((1 + gamma) * move)


WIDE = (at_least(n, 1), at_least(n_best, 1))

STEPS = (
    Step(
        "data",
        "The data that the budget leaves",
        "A neuron costs $d$ parameters, and each of them sees every sample.",
        equal(T, C / (d * n)),
        Definition(),
    ),
    Step(
        "loss",
        "The loss",
        r"Misspecification falls with the width; what is estimated grows with it, up to a logarithm.",
        equal(L, c_1 / n**beta + c_2 * n**gamma * sp.log(n) / T),
        Definition(),
        source=RULE,
    ),
    Step(
        "along",
        "The loss along the budget",
        "A function of the width.",
        equal(L, _along(n)),
        Insert("loss", ("data",)),
    ),
    Step(
        "lambert",
        "Lambert's function",
        r"For positive $y$ the function $y e^y$ rises from 0 to infinity. So it takes every positive value $z$ once, "
        r"at a place called $W(z)$; it is the principal branch of Lambert's function.",
        equal(W(z) * sp.exp(W(z)), z),
        Root(W(z)),
        source="Corless et al. 1996",
    ),
    Step(
        "argument",
        "Its argument",
        "It is proportional to compute.",
        equal(Z, argument),
        Definition(),
    ),
    Step(
        "at_argument",
        "The function at this argument",
        "A special case.",
        equal(W(Z) * sp.exp(W(Z)), Z),
        Specialise("lambert", {z: Z}),
    ),
    Step(
        "width",
        "The candidate",
        "Let the width be this one.",
        equal(n_best, width),
        Definition(),
        source=RULE,
    ),
    Step(
        "marginal",
        "Two marginal losses",
        r"A wider student by one unit of $\ln n$ pays $c_2d/C$ times $n^{1+\gamma}((1+\gamma)\ln n + 1)$ and saves "
        r"$\beta c_1/n^\beta$. Their ratio is, up to constants, this number.",
        equal(Q, marginal),
        Definition(),
    ),
    Step(
        "marginal_form",
        "Their ratio at the candidate",
        r"There $n_*^s = e^{W(Z) - s/(1+\gamma)}$ and $(1+\gamma)\ln n_* + 1 = (1+\gamma)W(Z)/s$.",
        equal(Q, scale * W(Z) * sp.exp(W(Z))),
        Insert("marginal", ("width",)),
    ),
    Step(
        "balance",
        "Stationarity",
        "At the candidate the two agree.",
        equal(price * marginal, beta * c_1),
        Combine(
            {"marginal": -price, "marginal_form": price, "at_argument": price * scale, "argument": price * scale},
        ),
        source=RULE,
    ),
    Step(
        "convex",
        "Nothing is less",
        r"As a function of $x = \ln n \ge 0$ the loss along the budget is convex: the second derivative of "
        r"$xe^{(1+\gamma)x}$ is $(1+\gamma)(2+(1+\gamma)x)e^{(1+\gamma)x}$. The factor makes it stationary at "
        r"$x_*$.",
        at_most(_shape(best, best), _shape(x, best)),
        ConvexMinimum(x, best),
    ),
    Step(
        "widths",
        "The same for widths",
        r"Put $x = \ln n$ and $x_* = \ln n_*$.",
        at_most(_shape(sp.log(n_best), sp.log(n_best)), _shape(sp.log(n), sp.log(n_best))),
        Specialise("convex", {x: sp.log(n), best: sp.log(n_best)}),
        WIDE,
    ),
    Step(
        "slope",
        "How fast the function grows",
        "Differentiate both sides of its equation.",
        equal(slope * sp.exp(W(z)) + W(z) * slope * sp.exp(W(z)), 1),
        BothSides("lambert", z),
    ),
    Step(
        "width_slope",
        "How fast the logarithm of the width grows",
        r"With $\ln n_*$ as a function of the argument.",
        equal(rate, slope / s),
        Differentiation(),
    ),
    Step(
        "exponent",
        "Local exponent",
        r"The derivative of $\ln n_*$ in $\ln Z$, which is that in $\ln C$: divide the slope of $W$ by "
        r"$(1+W)e^W = z(1+W)/W$.",
        equal(z * rate, W(z) / (s * (1 + W(z)))),
        Combine(
            {
                "width_slope": z,
                "slope": W(z) / (s * (1 + W(z))),
                "lambert": -slope / s,
            }
        ),
        source=RULE,
    ),
    Step(
        "short",
        "What is missing",
        r"It is less than $1/s$, and approaches it.",
        equal(1 / s - z * rate, 1 / (s * (1 + W(z)))),
        Combine({"exponent": -1}),
    ),
    Step(
        "tangent",
        "A tangent of the logarithm",
        "The logarithm is concave.",
        at_most(sp.log(u), u - 1),
        ConvexMinimum(u, 1),
    ),
    Step(
        "tangent_there",
        "At Lambert's function",
        "A special case.",
        at_most(sp.log(W(z)), W(z) - 1),
        Specialise("tangent", {u: W(z)}),
    ),
    Step(
        "product",
        "Logarithm of a product",
        "For every positive number.",
        equal(sp.log(u * sp.exp(u)), u + sp.log(u)),
        Algebra(),
    ),
    Step(
        "product_there",
        "At Lambert's function",
        "A special case.",
        equal(sp.log(W(z) * sp.exp(W(z))), W(z) + sp.log(W(z))),
        Specialise("product", {u: W(z)}),
    ),
    Step(
        "logarithm",
        "Its equation in logarithms",
        "Put in the equation.",
        equal(sp.log(z), W(z) + sp.log(W(z))),
        Insert("product_there", ("lambert",)),
    ),
    Step(
        "large",
        "Lambert's function is large",
        r"At least about half of the logarithm of its argument.",
        at_least(W(z), (1 + sp.log(z)) / 2),
        Combine({"tangent_there": sp.Rational(1, 2), "logarithm": sp.Rational(1, 2)}),
    ),
    Step(
        "approach",
        "The exponent",
        r"The width, and with it the number of parameters $dn_*$, grows like $C^{1/s}$; the data like $C^{1-1/s}$. For "
        r"$\beta = 1$ that is $C^{1/(2+\gamma)}$.",
        at_most(1 / s - z * rate, 2 / (s * (3 + sp.log(z)))),
        Combine({"short": 1, "large": 2 / (s * (3 + sp.log(z)) * (1 + W(z)))}),
        (at_least(z, 1),),
        source=RULE,
    ),
    Step(
        "minimum",
        "The least loss",
        "No other width of at least 1 has a smaller loss for the same budget.",
        at_most(_along(n_best), _along(n)),
        Combine({"widths": price, "balance": (n**-beta - n_best**-beta) / beta}),
        WIDE,
        source=RULE,
    ),
)

DERIVATION = Derivation(
    name="optimum_lambert",
    title="Where a power law with a logarithm is least along a budget",
    setting=(
        r"A student of width n has $dn$ parameters and learns from T samples; the budget counts parameters times "
        r"samples. Its loss is a power of the width for what it cannot express, and a power of the width times a "
        r"logarithm, per sample, for what it has to learn.",
        r"That is the leading order of the bounds: $\beta=1$, $\gamma=0$ for a student of sampled neurons that pays "
        r"for distinct ones, $\beta=\gamma=1$ where every parameter is paid for. Widths are real numbers from 1 on.",
    ),
    assumptions=(),
    symbols=(
        Letter(n, "width: number of neurons of the student", "neurons"),
        Letter(n_best, "the width that makes the loss least", "neurons"),
        Letter(T, "data size", "samples"),
        Letter(d, "input dimension: parameters of a neuron", "parameters per neuron"),
        Letter(C, "compute", "parameters times samples"),
        Letter(L, "loss", "nats per sample"),
        Letter(c_1, "prefactor of misspecification", "nats per sample"),
        Letter(c_2, "prefactor of estimation", "nats"),
        Letter(beta, "exponent of misspecification"),
        Letter(gamma, "exponent of estimation"),
        Letter(W(z), "Lambert's function: the principal branch"),
        Letter(z, "any positive argument of it"),
        Letter(Z, "its argument at the optimum, proportional to compute"),
        Letter(Q, "ratio of the two marginal losses, up to constants"),
        Letter(x, "logarithm of any width"),
        Letter(best, "logarithm of the best width"),
        Letter(u, "any positive number"),
    ),
    steps=STEPS,
    conclusion=STEPS[-1].claim,
    domain=(*WIDE, at_least(z, 1)),
    corollaries=tuple(
        step.claim for step in STEPS if step.name in ("along", "lambert", "argument", "width", "approach")
    ),
    references=(
        "H. J. Jeon and B. Van Roy, An information-theoretic analysis of compute-optimal neural scaling laws (2022), "
        "arXiv:2212.01365.",
        "R. M. Corless, G. H. Gonnet, D. E. G. Hare, D. J. Jeffrey and D. E. Knuth, On the Lambert W function, "
        "Advances in Computational Mathematics 5 (1996) 329-359.",
    ),
    example={
        n: sp.Integer(32),
        n_best: sp.exp(3),
        c_1: sp.Integer(1),
        c_2: sp.Integer(1),
        beta: sp.Integer(1),
        gamma: sp.Integer(0),
        d: sp.Integer(16),
        C: 64 * sp.exp(6),
        z: sp.Integer(10) ** 9,
    },
)
