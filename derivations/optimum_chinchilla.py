r"""The compute-optimal allocation of E + A/N^alpha + B/D^beta under C = 6 N D, in closed form.

.. math::

    N_* = G \left(\frac{C}{6}\right)^a, \quad D_* = \frac1G \left(\frac{C}{6}\right)^b, \quad
    G = \left(\frac{\alpha A}{\beta B}\right)^{1/(\alpha+\beta)}, \quad
    a = \frac{\beta}{\alpha+\beta}, \quad b = \frac{\alpha}{\alpha+\beta}

The result is eq. 4 of Hoffmann et al. 2022 (arXiv:2203.15556).  It is proved here: at (N_*, D_*) the budget is
met and the two marginal losses agree, and every other allocation on the budget, written N = N_* e^y, has a
larger loss because the loss is a sum of two convex exponentials in y, stationary at y = 0.
"""

from dataclasses import dataclass

import sympy as sp

from infobound.proof.calculus import ConvexMinimum, SignOfDerivative
from infobound.proof.check import Algebra, Definition
from infobound.proof.differentiating import Differentiation
from infobound.proof.linking import Combine, Insert, Specialise
from infobound.proof.step import Derivation, Letter, Step, above, at_least, equal
from infobound.symbols import FITS, C

__all__ = ["DERIVATION", "Optimum", "optimum"]

N, D, E, A, B, alpha, beta = (FITS[name].symbol for name in ("N", "D", "E", "A", "B", "alpha", "beta"))
G, N_best, D_best, M, M_data, a, b = sp.symbols("G N_{*} D_{*} M M_{D} a b", positive=True)
L, L_best = sp.symbols("L L_{*}", positive=True)
y = sp.Symbol("y", real=True)
u = sp.Symbol("u", positive=True)

# Hoffmann et al. 2022 eq. 2, as `infobound.fits.chinchilla` has it
LOSS = E + A / N**alpha + B / D**beta
COST = 6 * N * D
HOFFMANN = "Hoffmann et al. 2022, eq. 4"

a_value, b_value = beta / (alpha + beta), alpha / (alpha + beta)
G_value = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
decay = alpha * beta / (alpha + beta)
marginal = (alpha * A) ** a_value * (beta * B) ** b_value * (C / 6) ** (-decay)
least = E + (1 / alpha + 1 / beta) * marginal


def _at(move: sp.Expr) -> sp.Expr:
    """Loss at N = N_* e^move and the D that the budget leaves."""
    return E + A / (N_best * sp.exp(move)) ** alpha + B / (D_best * sp.exp(-move)) ** beta


def _shape(move: sp.Expr) -> sp.Expr:
    return sp.exp(-alpha * move) / alpha + sp.exp(beta * move) / beta


def _scaled(move: sp.Expr) -> sp.Expr:
    """Loss in terms of the common marginal loss M."""
    return E + M * sp.exp(-alpha * move) / alpha + M * sp.exp(beta * move) / beta


ALLOCATION = (
    Step(
        "G",
        "The ratio of the two terms",
        "Where the two marginal losses agree depends on the prefactors only through one number.",
        equal(G, G_value),
        Definition(),
        source=HOFFMANN,
    ),
    Step(
        "size",
        "The candidate size",
        "Let the candidate for the optimal parameter count grow with compute as a power with exponent "
        r"$a = \beta/(\alpha+\beta)$.",
        equal(N_best, G * (C / 6) ** a_value),
        Definition(),
        source=HOFFMANN,
    ),
    Step(
        "data",
        "The candidate data",
        r"The candidate for the optimal number of tokens has the exponent $b = \alpha/(\alpha+\beta)$.",
        equal(D_best, (C / 6) ** b_value / G),
        Definition(),
        source=HOFFMANN,
    ),
    Step(
        "budget",
        "The candidate spends the budget",
        r"Multiply the two: $G$ cancels, and the exponents add up to 1.",
        equal(6 * N_best * D_best, C),
        Combine({"size": 6 * D_best, "data": 6 * G * (C / 6) ** a_value}),
    ),
)

BALANCE = (
    Step(
        "marginal_size",
        "Marginal loss of the size term",
        r"Write $M$ for minus the derivative of $A/N^\alpha$ in $\ln N$ at the candidate.",
        equal(M, alpha * A / N_best**alpha),
        Definition(),
    ),
    Step(
        "marginal_data",
        "Marginal loss of the data term",
        r"Write $M_D$ for minus the derivative of $B/D^\beta$ in $\ln D$ at the candidate.",
        equal(M_data, beta * B / D_best**beta),
        Definition(),
    ),
    Step(
        "marginal",
        "The marginal loss in closed form",
        "Put in the candidate size and collect powers.",
        equal(M, marginal),
        Insert("marginal_size", ("size", "G")),
    ),
    Step(
        "other_marginal",
        "The other marginal loss in closed form",
        "Put in the candidate data; the same powers come out.",
        equal(M_data, marginal),
        Insert("marginal_data", ("data", "G")),
    ),
    Step(
        "balance",
        "Stationarity",
        r"Along the budget $\ln D = \ln(C/6) - \ln N$, so an allocation is stationary exactly where the two marginal "
        "losses agree. At the candidate they do.",
        equal(alpha * A / N_best**alpha, beta * B / D_best**beta),
        Combine({"marginal_size": -1, "marginal_data": 1, "marginal": 1, "other_marginal": -1}),
        source=HOFFMANN,
    ),
)

MINIMUM = (
    Step(
        "move",
        "Any other size",
        r"Let $y$ be any real number and $N = N_* e^y$: every positive $N$ is of this form for one $y$.",
        equal(N, N_best * sp.exp(y)),
        Definition(),
    ),
    Step(
        "rest",
        "The data that the budget leaves",
        r"With it goes $D = D_* e^{-y}$.",
        equal(D, D_best * sp.exp(-y)),
        Definition(),
    ),
    Step(
        "same_budget",
        "The same budget",
        r"The two factors $e^y$ and $e^{-y}$ cancel, so $(N, D)$ runs through all allocations of the budget $C$.",
        equal(COST, C),
        Combine({"move": 6 * D, "rest": 6 * N_best * sp.exp(y), "budget": 1}),
    ),
    Step(
        "loss",
        "The loss",
        "The loss of this allocation.",
        equal(L, LOSS),
        Definition(),
        source="Hoffmann et al. 2022, eq. 2",
    ),
    Step(
        "loss_along",
        "The loss along the budget",
        r"As a function of $y = \ln N - \ln N_*$.",
        equal(L, _at(y)),
        Insert("loss", ("move", "rest")),
    ),
    Step(
        "loss_scaled",
        "Two exponentials with one prefactor",
        r"By stationarity both terms are multiples of the same $M$.",
        equal(L, _scaled(y)),
        Combine({"loss_along": 1, "marginal_size": -_shape(y), "balance": -sp.exp(beta * y) / beta}),
    ),
    Step(
        "curvature_value",
        "Second derivative",
        r"Differentiate twice in $y$, that is, in $\ln N$ along the budget.",
        equal(sp.Derivative(_scaled(y), (y, 2)), M * alpha * sp.exp(-alpha * y) + M * beta * sp.exp(beta * y)),
        Differentiation(),
    ),
    Step(
        "curvature_sign",
        "It is positive",
        "A sum of positive terms.",
        above(M * alpha * sp.exp(-alpha * y) + M * beta * sp.exp(beta * y), 0),
        Algebra(),
    ),
    Step(
        "curvature",
        "Strict convexity",
        r"The loss along the budget is strictly convex in $\ln N$. So it has no more than one minimum.",
        above(sp.Derivative(_scaled(y), (y, 2)), 0),
        Insert("curvature_sign", ("curvature_value",)),
    ),
    Step(
        "gain",
        "The least value of the two exponentials",
        r"A convex function that is stationary at $y = 0$ is nowhere smaller than there.",
        at_least(_shape(y), 1 / alpha + 1 / beta),
        ConvexMinimum(y, 0),
    ),
    Step(
        "strict_right",
        "Strictly, for a larger size",
        r"For $u > 0$ the derivative $e^{\beta u} - e^{-\alpha u}$ is positive, since it starts at 0 and rises.",
        above(_shape(u), 1 / alpha + 1 / beta),
        SignOfDerivative(u, 0, then=SignOfDerivative(u, 0)),
    ),
    Step(
        "strict_left",
        "Strictly, for a smaller size",
        r"Exchange the roles of $\alpha$ and $\beta$.",
        above(_shape(-u), 1 / alpha + 1 / beta),
        Specialise("strict_right", {alpha: beta, beta: alpha}),
    ),
    Step(
        "unique_right",
        "No larger size is as good",
        "Every larger size on the budget has a larger loss than the least value, strictly.",
        above(_at(u), least),
        Combine(
            {
                "strict_right": M,
                "marginal_size": _shape(u),
                "balance": sp.exp(beta * u) / beta,
                "marginal": -(1 / alpha + 1 / beta),
            }
        ),
    ),
    Step(
        "unique_left",
        "No smaller size is as good",
        "Nor is any smaller size: the minimiser is unique.",
        above(_at(-u), least),
        Combine(
            {
                "strict_left": M,
                "marginal_size": _shape(-u),
                "balance": sp.exp(-beta * u) / beta,
                "marginal": -(1 / alpha + 1 / beta),
            }
        ),
    ),
)

RESULT = (
    Step(
        "best",
        "The loss at the candidate",
        "Name it.",
        equal(L_best, E + A / N_best**alpha + B / D_best**beta),
        Definition(),
    ),
    Step(
        "attained",
        "The least loss in closed form",
        r"The two terms are $M/\alpha$ and $M/\beta$.",
        equal(L_best, least),
        Combine(
            {
                "best": 1,
                "marginal_size": -(1 / alpha + 1 / beta),
                "balance": -1 / beta,
                "marginal": 1 / alpha + 1 / beta,
            }
        ),
    ),
    Step(
        "exponent",
        "Exponent of the reducible loss",
        r"What is left above $E$ is a power of compute with exponent $-\alpha\beta/(\alpha+\beta)$.",
        equal(C * sp.Derivative(sp.log((1 / alpha + 1 / beta) * marginal), C), -decay),
        Differentiation(),
    ),
    Step("a", "Exponent of the size", "Name it.", equal(a, a_value), Definition(), source=HOFFMANN),
    Step("b", "Exponent of the data", "Name it.", equal(b, b_value), Definition(), source=HOFFMANN),
    Step(
        "exponents_sum",
        "They add up to 1",
        "As they must, since the product of size and data is proportional to compute.",
        equal(a + b, 1),
        Combine({"a": 1, "b": 1}),
    ),
    Step(
        "optimal_size",
        "The optimal size",
        "The candidate, which has turned out to be the minimiser.",
        equal(N_best, G * (C / 6) ** a),
        Insert("size", ("a",)),
        source=HOFFMANN,
    ),
    Step(
        "optimal_data",
        "The optimal data",
        "Likewise.",
        equal(D_best, (C / 6) ** b / G),
        Insert("data", ("b",)),
        source=HOFFMANN,
    ),
    Step(
        "minimum",
        "The candidate is the global minimum",
        "Along the whole budget the loss is at least its value at the candidate.",
        at_least(L, least),
        Combine({"loss_scaled": -1, "gain": M, "marginal": -(1 / alpha + 1 / beta)}),
    ),
)

STEPS = (*ALLOCATION, *BALANCE, *MINIMUM, *RESULT)

DERIVATION = Derivation(
    name="optimum_chinchilla",
    title="The compute-optimal allocation of a Chinchilla-type law in closed form",
    setting=(
        r"A fitted law says that a model of $N$ parameters trained on $D$ tokens has loss "
        r"$E + A/N^{\alpha} + B/D^{\beta}$, and training costs $C = 6ND$ operations. The allocation that minimises the "
        "fitted loss at a given compute is wanted, over all positive real $N$.",
        "The law is a fit, not a bound: what is proved is where the fitted loss is least.",
    ),
    assumptions=(),
    symbols=(
        Letter(N, "parameter count of the trained model", "parameters"),
        Letter(D, "training tokens", "tokens"),
        Letter(C, "compute", "operations"),
        Letter(E, "irreducible loss", "nats per token"),
        Letter(A, "prefactor of the size term", "nats per token"),
        Letter(B, "prefactor of the data term", "nats per token"),
        Letter(alpha, "exponent of the size term"),
        Letter(beta, "exponent of the data term"),
        Letter(G, "balance of the two terms", "parameters"),
        Letter(N_best, "compute-optimal parameter count", "parameters"),
        Letter(D_best, "compute-optimal number of tokens", "tokens"),
        Letter(M, "marginal loss per unit of the logarithm of size, at the optimum", "nats per token"),
        Letter(M_data, "the same for the data", "nats per token"),
        Letter(y, "logarithm of the ratio of the size to the optimal size"),
        Letter(u, "a positive value of y, or of its negative"),
        Letter(L, "loss", "nats per token"),
        Letter(L_best, "least loss at this compute", "nats per token"),
        Letter(a, "exponent of the optimal size in compute"),
        Letter(b, "exponent of the optimal data in compute"),
    ),
    steps=STEPS,
    conclusion=STEPS[-1].claim,
    corollaries=tuple(
        step.claim
        for step in STEPS
        if step.name
        in (
            "same_budget",
            "curvature",
            "unique_right",
            "unique_left",
            "attained",
            "exponent",
            "exponents_sum",
            "optimal_size",
            "optimal_data",
        )
    ),
    references=(
        "J. Hoffmann et al., Training compute-optimal large language models (2022), arXiv:2203.15556.",
        "T. Besiroglu et al., Chinchilla scaling: a replication attempt (2024), arXiv:2404.10102.",
    ),
    example={
        A: sp.Rational("406.4"),
        B: sp.Rational("410.7"),
        E: sp.Rational("1.69"),
        alpha: sp.Rational("0.34"),
        beta: sp.Rational("0.28"),
        C: sp.Integer(10) ** 21,
    },
)


@dataclass(frozen=True)
class Optimum:
    """Closed-form optimum: sizes as expressions in C and the law's parameters, and what they are made of."""

    N: sp.Expr
    D: sp.Expr
    G: sp.Expr
    a: sp.Expr
    b: sp.Expr


def optimum() -> Optimum:
    r"""Return the allocation that minimises the loss along a budget, as the derivation proves it.

    .. math::

        N_{opt} = G \left(\frac{C}{6}\right)^a, \quad D_{opt} = \frac1G \left(\frac{C}{6}\right)^b, \quad
        G = \left(\frac{\alpha A}{\beta B}\right)^{1/(\alpha+\beta)}, \quad
        a = \frac{\beta}{\alpha+\beta}, \quad b = \frac{\alpha}{\alpha+\beta}

    Returns
    -------
    Optimum

    Notes
    -----
    The ends N >= 1 and D >= 1 are left out: where the optimum crosses one, the end itself is optimal.
    Source: Hoffmann et al. 2022, eq. 4.

    Examples
    --------
    >>> optimum().a
    beta/(alpha + beta)
    """
    named = {name: DERIVATION[name].claim for name in ("G", "a", "b")}
    values = {claim.lhs: claim.rhs for claim in named.values()}
    size, data = (DERIVATION[name].claim.rhs.xreplace(values) for name in ("optimal_size", "optimal_data"))
    return Optimum(N=size, D=data, **{name: claim.rhs for name, claim in named.items()})
