"""Small derivations, complete from leaves to conclusion, on which the engine is tried out."""

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, Induction, IntegralTest, Integration, SignOfDerivative
from infobound.proof.check import Algebra, Assumed, Balls, Cases, Change, Definition
from infobound.proof.information import DivergenceChainRule, GibbsVariational, ProductDivergence
from infobound.proof.linking import Average, Combine, Insert, Specialise
from infobound.proof.probability import AmGm, GaussianProjection, Symmetry, UnderDensity
from infobound.proof.step import (
    Assumption,
    Derivation,
    Letter,
    Step,
    at_most,
    below,
    equal,
    whole,
)

n, K, T, C = sp.symbols("n K T C", positive=True)
F, G, u, v = sp.symbols(r"F \tilde{F} u v", real=True)


def logits() -> Derivation:
    """E KL between two coins is at most E (difference of logits)^2 / 8."""
    divergence = sp.Function(r"\mathrm{KL}", real=True)(F, G)
    p, q = 1 / (1 + sp.exp(-F)), 1 / (1 + sp.exp(-G))
    coins = p * sp.log(p / q) + (1 - p) * sp.log((1 - p) / (1 - q))
    bregman = sp.log(1 + sp.exp(G)) - sp.log(1 + sp.exp(F)) - p * (G - F)
    conclusion = at_most(Mean(divergence, F, G), Mean((F - G) ** 2, F, G) / 8)
    steps = (
        Step(
            "divergence",
            "Divergence of two coins",
            "The divergence of coins with logits F and G.",
            equal(divergence, coins),
            Definition(),
        ),
        Step("bregman", "Bregman form", "It is a Bregman divergence.", equal(coins, bregman), Algebra()),
        Step(
            "curvature",
            "Curvature of the log-partition function",
            "Its second derivative is at most 1/4.",
            at_most(bregman, (F - G) ** 2 / 8),
            ConvexMinimum(G, F),
        ),
        Step(
            "logits",
            "From logits to divergence",
            "Hence the bound for two fixed logits.",
            at_most(divergence, (F - G) ** 2 / 8),
            Insert("curvature", ("bregman", "divergence")),
        ),
        Step("mean", "Average", "Take expectations.", conclusion, Average("logits", (F, G))),
    )
    return Derivation("logits", "Logits", (), (), (), steps, conclusion)


def distinct_atoms() -> Derivation:
    """K ln(1 + n/K) < K (psi(K + n) - psi(K)), the integral test for the expected number of atoms."""
    x = sp.Symbol("x", nonnegative=True)
    i = sp.Symbol("i", integer=True, nonnegative=True)
    term = K / (K + x)
    total = sp.Sum(K / (K + i), (i, 0, n - 1))
    closed = K * (sp.digamma(K + n) - sp.digamma(K))
    area = sp.Integral(term, (x, 0, n))
    conclusion = below(K * sp.log(1 + n / K), closed)
    steps = (
        Step(
            "test",
            "Integral test",
            "The terms decrease.",
            below(area, total),
            IntegralTest(term, x, i, n, "lower"),
            (whole(n),),
        ),
        Step("area", "The integral", "It is elementary.", equal(area, K * sp.log(1 + n / K)), Integration()),
        Step(
            "closed",
            "The sum",
            "By the recurrence of digamma.",
            equal(total, closed),
            Induction(n),
            (whole(n),),
        ),
        Step("end", "Together", "Insert.", conclusion, Insert("test", ("area", "closed")), (whole(n),)),
    )
    return Derivation(
        "distinct_atoms",
        "Distinct atoms",
        (),
        (),
        (Letter(K, "concentration"), Letter(n, "draws")),
        steps,
        conclusion,
        domain=(whole(n),),
        example={n: 3, K: 1},
    )


def rectifier() -> Derivation:
    """E (ReLU(u) - ReLU(v))^2 <= |w - w'|^2 / 2 and E ReLU(u)^2 = 1/2, by pairing x with -x."""
    h = sp.Symbol("h", nonnegative=True)
    eps = sp.Symbol("varepsilon", positive=True)
    relu_u, relu_v = sp.Max(0, u), sp.Max(0, v)
    here, there = (relu_u - relu_v) ** 2, (sp.Max(0, -u) - sp.Max(0, -v)) ** 2
    pair, square = (here + there) / 2, (relu_u**2 + sp.Max(0, -u) ** 2) / 2
    density = sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi)
    moment = sp.Integral(u**2 * density, (u, -sp.oo, sp.oo))
    gaussian = ("gaussian",)
    conclusion = at_most(Mean(here, u, v), eps**2 / 2)
    corollary = equal(Mean(relu_u**2, u), sp.Rational(1, 2))
    steps = (
        Step(
            "paired_square",
            "Pairing",
            "x and -x have one law.",
            equal(Mean(relu_u**2, u), Mean(square, u)),
            Symmetry(expression=relu_u**2, over=(u,), resting_on=gaussian),
        ),
        Step("halves", "Halves", "One of the two is active.", equal(square, u**2 / 2), Cases((u,))),
        Step(
            "mean_halves",
            "Average",
            "Take expectations.",
            equal(Mean(square, u), Mean(u**2, u) / 2),
            Average("halves", (u,)),
        ),
        Step(
            "density",
            "Density",
            "u is standard Gaussian.",
            equal(Mean(u**2, u), moment),
            UnderDensity(expression=u**2, variable=u, density=density, low=-sp.oo, high=sp.oo, resting_on=gaussian),
        ),
        Step("moment", "Second moment", "The Gaussian integral.", equal(moment, 1), Integration()),
        Step(
            "half",
            "Second moment of a rectifier",
            "Half of one.",
            corollary,
            Insert("paired_square", ("mean_halves", "density", "moment")),
        ),
        Step(
            "paired",
            "Pairing",
            "x and -x have one law.",
            equal(Mean(here, u, v), Mean(pair, u, v)),
            Symmetry(expression=here, over=(u, v), resting_on=gaussian),
        ),
        Step("opposite", "Opposite inputs", "Case by case.", at_most(pair, (u - v) ** 2 / 2), Cases((u, v))),
        Step(
            "mean_opposite",
            "Average",
            "Take expectations.",
            at_most(Mean(pair, u, v), Mean((u - v) ** 2, u, v) / 2),
            Average("opposite", (u, v)),
        ),
        Step(
            "projection",
            "Projection",
            "u - v is the input along w - w'.",
            equal(Mean((u - v) ** 2, u, v), h**2),
            GaussianProjection(square=Mean((u - v) ** 2, u, v), squared_length=h**2, resting_on=gaussian),
        ),
        Step("cover", "Codebook", "Codewords are near.", at_most(h, eps), Assumed("cover")),
        Step(
            "end",
            "Together",
            "Insert.",
            conclusion,
            Insert("paired", ("mean_opposite", "projection", "cover")),
        ),
    )
    return Derivation(
        "rectifier",
        "Rectifier",
        (),
        (
            Assumption("gaussian", "Inputs are standard Gaussian."),
            Assumption("cover", "Every w has a codeword within eps.", at_most(h, eps)),
        ),
        (),
        steps,
        conclusion,
        corollaries=(corollary,),
    )


def toy_law() -> Derivation:
    """L >= 2 sqrt(K / T) for L = K/n + n/T; and the bound on a mixture it comes from."""
    L, information, joint, matched, single = sp.symbols("L I J M S", nonnegative=True)
    inputs, labels = ("inputs",), ("labels",)
    limit = sp.sqrt(K) / sp.sqrt(T)
    conclusion = at_most(L, K / n + n / T)
    corollary = at_most(2 * limit, K / n + n / T)
    steps = (
        Step(
            "chain",
            "Chain rule",
            "Divergence adds up.",
            equal(joint, T * L),
            DivergenceChainRule(joint=joint, average=L, length=T, resting_on=inputs),
        ),
        Step(
            "mixture",
            "Mixture",
            "Gibbs.",
            at_most(joint, matched + information),
            GibbsVariational(mixture=joint, matched=matched, information=information, resting_on=labels),
        ),
        Step(
            "rounds",
            "Rounds",
            "Rounds are alike.",
            equal(matched, T * single),
            ProductDivergence(joint=matched, single=single, length=T, resting_on=inputs + labels),
        ),
        Step(
            "misspecified",
            "Misspecified Bayes",
            "Divide by T.",
            at_most(L, single + information / T),
            Combine({"chain": -1 / T, "mixture": 1 / T, "rounds": 1 / T}),
        ),
        Step("single", "Misspecification", "By assumption.", equal(single, K / n), Assumed("single")),
        Step("size", "Information", "By assumption.", at_most(information, n), Assumed("size")),
        Step("end", "Together", "Insert.", conclusion, Insert("misspecified", ("single", "size"))),
        Step(
            "least",
            "Least value",
            "Arithmetic and geometric mean.",
            corollary,
            AmGm(first=K / n, second=n / T),
        ),
    )
    ordered = (*steps[:6], steps[7], steps[6])
    return Derivation(
        "toy_law",
        "Toy law",
        ("A teacher and a student.",),
        (
            Assumption("inputs", "Inputs are independent of teacher and student."),
            Assumption("labels", "Labels are independent given the teacher and the inputs."),
            Assumption("single", "The misspecification is K/n.", equal(single, K / n)),
            Assumption("size", "The student has n nats.", at_most(information, n)),
        ),
        (),
        ordered,
        conclusion,
        corollaries=(corollary,),
        example={K: 2, n: 3, T: 5},
    )


def certified() -> Derivation:
    """x e^-x <= 1/2 on a box and a rational inequality on a half-line, by ball arithmetic."""
    x, t = sp.Symbol("x", positive=True), sp.Symbol("t", real=True)
    claim = at_most(x * sp.exp(-x), sp.Rational(1, 2))
    conclusion = at_most((K + n) * sp.exp(-K - n), sp.Rational(1, 2))
    steps = (
        Step(
            "scalar",
            "A scalar inequality",
            "Rises up to x = 1, falls after it.",
            claim,
            Balls(),
            (at_most(x, 20),),
        ),
        Step(
            "rational",
            "A rational inequality",
            "On a half-line.",
            below(x / (1 + x**2), sp.Rational(51, 100)),
            Balls(change={x: Change(t / (1 - t), t, 0, 1)}),
        ),
        Step(
            "special",
            "Its use",
            "Put x = K + n.",
            conclusion,
            Specialise("scalar", {x: K + n}),
            (at_most(K + n, 20),),
        ),
    )
    return Derivation(
        "certified",
        "Certified",
        (),
        (),
        (),
        steps,
        conclusion,
        domain=(at_most(K + n, 20),),
        corollaries=(steps[1].claim,),
        example={K: 1, n: 2},
    )


def growth() -> Derivation:
    """ln(1 + K) < K by the sign of the derivative, put to use in an exponent."""
    scalar = below(sp.log(1 + K), K)
    conclusion = below(n * sp.log(1 + K) / T, n * K / T)
    return Derivation(
        "growth",
        "Growth",
        (),
        (),
        (),
        (
            Step("scalar", "Scalar", "Both vanish at 0.", scalar, SignOfDerivative(K, 0)),
            Step("end", "Scaled", "Multiply.", conclusion, Combine({"scalar": n / T})),
        ),
        conclusion,
        example={K: 1},
    )


EXAMPLES = (logits, distinct_atoms, rectifier, toy_law, certified, growth)
