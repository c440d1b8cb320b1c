"""Bayesian linear regression: in the right coordinates, d scalar Gaussian channels, and a logarithm below its tangent.

The losses of exact Bayes add up to the information that the labels carry about the parameters; the gain of each
channel is an eigenvalue of the inputs' Gram matrix, and what the eigenvalues add up to is known.
"""

import math

import sympy as sp

from infobound.bounds.bayesian_linear_regression import LAWS, rho
from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum
from infobound.proof.check import Assumed, Theorem
from infobound.proof.copies import MemorylessChannel, UniformIndex
from infobound.proof.information import DivergenceChainRule, GaussianInformation
from infobound.proof.linking import Average, Combine, Insert
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, equal
from infobound.symbols import THEORY, T, d

__all__ = ["DERIVATION"]

(LAW,) = LAWS
HERE = "derived here"

L, Information = sp.symbols("L I", nonnegative=True)
j = sp.Symbol("j", integer=True, positive=True)
mu = sp.Symbol("mu", nonnegative=True)
energy = sp.Symbol("E", nonnegative=True)
J = sp.Function("J", nonnegative=True)(j)
G = sp.Function("G", nonnegative=True)(mu)

_NATS = sp.log(1 + rho * mu / d) / 2


def _traces_on_numbers() -> None:
    """Gram matrices of two inputs in the plane, whose eigenvalues solve a quadratic equation."""
    for (a, b), (c, e) in (((1.0, 2.0), (-0.5, 3.0)), ((0.3, -1.0), (2.0, 0.1))):
        first, second, off = a * a + c * c, b * b + e * e, a * b + c * e
        root = math.sqrt((first - second) ** 2 + 4 * off * off)
        largest, smallest = (first + second + root) / 2, (first + second - root) / 2
        product = first * second - off * off
        if abs(largest * smallest - product) > 1e-9 or abs(largest + smallest - first - second) > 1e-12:
            raise CheckFailed("the trace of a Gram matrix fails a numerical test")


STEPS = (
    Step(
        name="loss",
        title="The losses add up to an information",
        prose=r"Exact Bayes predicts with the conditional laws of the labels' mixture, so by the chain rule its losses "
        r"add up to $I(\theta;Y^T|X^T)$.",
        claim=equal(Information, T * L),
        check=DivergenceChainRule(joint=Information, average=L, length=T, resting_on=("inputs",)),
        source=HERE,
    ),
    Step(
        name="channels",
        title="One channel for each feature",
        prose=r"Write $\mu_j$ for the eigenvalues of the Gram matrix $\sum_tX_tX_t^\top$. Turned into the coordinates "
        r"of the inputs' singular vectors, which depends on the inputs alone, parameters and noises are again "
        r"independent Gaussians of the same variances, and the labels read the $j$-th parameter times $\sqrt{\mu_j}$ "
        r"through noise of variance 1, for $j=1,\dots,d$, and noise alone besides.",
        claim=at_most(Information, sp.Sum(J, (j, 1, d))),
        check=MemorylessChannel(total=Information, single=J, index=j, low=sp.S.One, high=d, resting_on=("gaussian",)),
        source=HERE,
    ),
    Step(
        name="drawn",
        title="A channel drawn at random",
        prose=r"Draw one of the $d$ eigenvalues uniformly and call it $\mu$; $G(\mu)$ is the information of a channel "
        r"of this gain.",
        claim=equal(sp.Sum(J, (j, 1, d)), d * Mean(G, mu)),
        check=UniformIndex(single=J, index=j, count=d, expected=Mean(G, mu), resting_on=("drawn",)),
        source=HERE,
    ),
    Step(
        name="channel",
        title="Information of one channel",
        prose=r"Its signal has variance $\rho\mu/d$, its noise variance 1.",
        claim=equal(G, _NATS),
        check=GaussianInformation(information=G, signal=rho * mu / d, noise=sp.S.One, resting_on=("gaussian",)),
        source=HERE,
    ),
    Step(
        name="all_channels",
        title="Information of all channels",
        prose="Put it in.",
        claim=at_most(Information, d * Mean(sp.log(1 + rho * mu / d), mu) / 2),
        check=Insert("channels", ("drawn", "channel")),
        source=HERE,
    ),
    Step(
        name="tangent",
        title="The logarithm is concave",
        prose=r"It lies below its tangent at $\mu=T$.",
        claim=at_most(sp.log(1 + rho * mu / d), sp.log(1 + rho * T / d) + rho * (mu - T) / (d + rho * T)),
        check=ConvexMinimum(mu, T),
        source=HERE,
    ),
    Step(
        name="equal_gains",
        title="Equal gains give most information",
        prose="Take the mean of both sides.",
        claim=at_most(
            Mean(sp.log(1 + rho * mu / d), mu), sp.log(1 + rho * T / d) + rho * (Mean(mu, mu) - T) / (d + rho * T)
        ),
        check=Average("tangent", (mu,)),
        source=HERE,
    ),
    Step(
        name="trace",
        title="The eigenvalues add up to the trace",
        prose=r"$\sum_j\mu_j=\sum_t|X_t|^2$; take the mean over the $d$ eigenvalues and over the inputs.",
        claim=equal(Mean(mu, mu), T * energy / d),
        check=Theorem(
            name="the trace is the sum of the eigenvalues",
            reference="Horn and Johnson, Matrix Analysis, 2nd edition (2013), chapter 1",
            spot=_traces_on_numbers,
            resting_on=("drawn", "inputs"),
        ),
        source=HERE,
    ),
    Step(
        name="energy",
        title="Scale of the inputs",
        prose="By assumption.",
        claim=equal(energy, d),
        check=Assumed("scale"),
        source="definition",
    ),
    Step(
        name="information",
        title="Information of the labels",
        prose="Put the parts together.",
        claim=at_most(Information, d * sp.log(1 + rho * T / d) / 2),
        check=Insert("all_channels", ("equal_gains", "trace", "energy")),
        source=HERE,
    ),
    Step(
        name="bayesian_linear_regression",
        title="The bound",
        prose="Divide by $T$.",
        claim=at_most(L, LAW.expr),
        check=Combine({"loss": -1 / T, "information": 1 / T}),
        source=HERE,
    ),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of Bayesian linear regression",
    setting=(
        r"The teacher is $f(x)=\theta\cdot x$ in $\mathbb{R}^d$ with $\theta\sim N(0,(\rho/d)I)$. At time "
        r"$t=0,\dots,T-1$ an input $X_t$ is drawn, and a label, $f(X_t)$ plus standard normal noise. The learner is "
        r"exact Bayes: it predicts a label by its conditional law given all that it has seen.",
        r"The loss $L$ is the excess log-loss over the teacher, averaged over the first $T$ samples; it is not the "
        r"loss after $T$ samples. Logarithms are natural.",
    ),
    assumptions=(
        Assumption(
            "inputs", r"The inputs are independent of $\theta$ and of the noise; they may depend on each other."
        ),
        Assumption("scale", r"$E=\mathbb{E}|X_t|^2=d$ at every time.", formula=equal(energy, d)),
        Assumption(
            "gaussian",
            r"Given the inputs, the coordinates of $\theta$ are independent Gaussians of variance $\rho/d$, and the "
            "noises are independent standard Gaussians, independent of them.",
        ),
        Assumption(
            "drawn",
            "The eigenvalue drawn is drawn independently of all else; it serves to state averages, and is no part of "
            "the model.",
        ),
    ),
    symbols=(
        *(Letter(THEORY[name].symbol, THEORY[name].meaning, THEORY[name].unit) for name in ("T", "d")),
        Letter(rho, "ratio of a label's signal to its noise, as variances"),
        Letter(L, "excess log-loss of the learner, averaged over time and teachers", "nats per sample"),
        Letter(Information, "information of the labels about the parameters, given the inputs", "nats"),
        Letter(j, "index of an eigenvalue of the inputs' Gram matrix"),
        Letter(J, "information of the channel of that eigenvalue", "nats"),
        Letter(mu, "an eigenvalue drawn uniformly among the $d$"),
        Letter(G, r"information of a channel of gain $\sqrt\mu$", "nats"),
        Letter(energy, "mean square length of an input"),
    ),
    steps=STEPS,
    conclusion=at_most(L, LAW.expr),
    references=(
        "T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley (2006).",
        "R. A. Horn and C. R. Johnson, Matrix Analysis, 2nd edition, Cambridge University Press (2013).",
        "S. M. Kakade and A. Y. Ng, Online Bounds for Bayesian Algorithms, NIPS 17 (2004).",
    ),
    example={T: sp.Integer(1000), d: sp.Integer(20), rho: sp.Integer(2)},
)
