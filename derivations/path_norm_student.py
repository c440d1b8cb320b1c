"""The path norm student: sampling for the error, and the Rademacher complexity of the path norm's ball.

An a-priori estimate along the construction of E, Ma and Wu (2018): a network of n sampled neurons is in the ball and
near the target, and no network of the ball fits the samples much better than it predicts.  The constants are derived
here; they are not quoted from the paper.
"""

import sympy as sp

from infobound.bounds.path_norm_student import LAWS, Q
from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.check import Algebra, Assumed, Cases, Theorem
from infobound.proof.generalising import Contraction, LinearClass, SignedSupremum, SumsOfNeurons, Symmetrisation
from infobound.proof.linking import Average, Combine, Insert
from infobound.proof.probability import Pythagoras, SameLaw, SampleMean
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_least, at_most, equal, whole
from infobound.symbols import THEORY, T, d, n

__all__ = ["DERIVATION"]

(LAW,) = LAWS
HERE = "derived here"
LEARNING = "Shalev-Shwartz and Ben-David, Understanding Machine Learning (2014)"

L, Noise, Risk, Fit = sp.symbols("L N R Rhat", nonnegative=True)
SampledRisk, SampledFit = sp.symbols("R_n Rhat_n", nonnegative=True)
F, F_tilde, P, G = sp.symbols("F Ftilde P G", real=True)
u = sp.Symbol("u", real=True)
LossClass, Ball, Neurons, Rising, Falling, Linear = sp.symbols("A_ell A_Q S S_+ S_- A_1", nonnegative=True)

_CLIPPED = Mean((F - P) ** 2, F, P)
_SAMPLED = Mean((F - F_tilde) ** 2, F, F_tilde)
_DRAW, _SIZE = Mean(G**2, G), Mean(F**2, F)
_NEURON = sp.Max(0, u) ** 2
_COMPLEXITY = sp.sqrt(2 * sp.log(2 * d) / T)


def _clip(x: float) -> float:
    return min(1.0, max(0.0, x))


def _projection_on_numbers() -> None:
    grid = [i / 4 for i in range(-8, 13)]
    if any((f - _clip(g)) ** 2 > (f - g) ** 2 for f in grid if 0 <= f <= 1 for g in grid):
        raise CheckFailed("the projection on an interval fails a numerical test")


# Ends in step "sampling": E(F - Ftilde)^2 <= Q^2/n.
SAMPLING = (
    Step(
        name="spread",
        title="Error of a mean of draws",
        prose=r"The network is a mean of $n$ independent draws $G$, whose mean is the target.",
        claim=equal(_SAMPLED, (_DRAW - _SIZE) / n),
        check=SampleMean(error=_SAMPLED, second_moment=_DRAW, squared_mean=_SIZE, count=n, resting_on=("draws",)),
        hypotheses=(whole(n),),
        source=HERE,
    ),
    Step(
        name="draw",
        title="One draw",
        prose=r"A draw is $G=Q\,s\max(0,u)$ with $u=w\cdot X$, and its sign squares to 1.",
        claim=equal(_DRAW, Q**2 * Mean(_NEURON, u)),
        check=SameLaw(first=_DRAW, second=Q**2 * Mean(_NEURON, u), resting_on=("draws",)),
        source=HERE,
    ),
    Step(
        name="positive_part",
        title="A positive part",
        prose="It is no larger than the number itself.",
        claim=at_most(_NEURON, u**2),
        check=Cases((u,)),
        source=HERE,
    ),
    Step(
        name="neuron",
        title="On average",
        prose="Take expectations.",
        claim=at_most(Mean(_NEURON, u), Mean(u**2, u)),
        check=Average("positive_part", (u,)),
        source=HERE,
    ),
    Step(
        name="projection",
        title="Size of a projection",
        prose=r"$|w\cdot X|\le|w|_1|X|_\infty\le1$.",
        claim=at_most(Mean(u**2, u), 1),
        check=Assumed("inputs"),
        source="definition",
    ),
    Step(
        name="size",
        title="Size of the target",
        prose="A square is not negative.",
        claim=at_least(_SIZE, 0),
        check=Algebra(),
        source=HERE,
    ),
    Step(
        name="sampling",
        title="Error of the sampled network",
        prose="Put the parts together.",
        claim=at_most(_SAMPLED, Q**2 / n),
        check=Insert("spread", ("draw", "neuron", "projection", "size")),
        hypotheses=(whole(n),),
        source=f"{HERE}, along E, Ma and Wu (2018) and Barron (1993)",
    ),
)

# Ends in step "split": the excess risk is what the fit flatters, plus the error of the sampled network.
SPLIT = (
    Step(
        name="excess",
        title="Excess risk of the minimiser",
        prose=r"$L$ is the mean square distance of the fitted network, clipped, from the target $\mathbb{E}[Y|X]$; "
        r"given input and samples, what is left of the label has mean zero. $N$ is the risk of the target.",
        claim=equal(Risk, L + Noise),
        check=Pythagoras(total=Risk, first=L, second=Noise, resting_on=("labels",)),
        source=HERE,
    ),
    Step(
        name="sampled_risk",
        title="Risk of the sampled network",
        prose="In the same way, for the sampled network, clipped.",
        claim=equal(SampledRisk, _CLIPPED + Noise),
        check=Pythagoras(total=SampledRisk, first=_CLIPPED, second=Noise, resting_on=("labels",)),
        source=HERE,
    ),
    Step(
        name="minimiser",
        title="The minimiser fits best",
        prose="The sampled network is in the ball, for its path norm is that of a mean of $n$ neurons of path norm at "
        r"most $Q$; so it fits the samples no better than the minimiser does.",
        claim=at_most(Fit, SampledFit),
        check=Assumed("minimiser"),
        source="definition",
    ),
    Step(
        name="unbiased",
        title="A network that does not know the samples",
        prose="Each sample has the law of a new one, so the mean loss of the sampled network on samples is its risk.",
        claim=equal(SampledFit, SampledRisk),
        check=SameLaw(first=SampledFit, second=SampledRisk, resting_on=("samples",)),
        source=HERE,
    ),
    Step(
        name="split",
        title="Two sources of error",
        prose="The four steps together.",
        claim=at_most(L, Risk - Fit + _CLIPPED),
        check=Combine({"excess": -1, "sampled_risk": 1, "minimiser": 1, "unbiased": 1}),
        source=HERE,
    ),
    Step(
        name="clipping",
        title="Clipping",
        prose="The target lies in $[0,1]$, and clipping moves nothing away from a point of that interval.",
        claim=at_most(_CLIPPED, _SAMPLED),
        check=Theorem(
            name="projection on a convex set",
            reference=f"{LEARNING}, lemma 14.9",
            spot=_projection_on_numbers,
            resting_on=("labels",),
        ),
        source=HERE,
    ),
)

# Ends in step "generalisation": R - Rhat <= 8 Q sqrt(2 ln(2 d)/T).
GENERALISATION = (
    Step(
        name="symmetrisation",
        title="A second sample and signs",
        prose=r"The minimiser's risk exceeds its mean loss on the samples by no more than a network of the ball can: "
        r"on average, twice the Rademacher complexity $A_\ell$ of the losses, "
        r"$\frac1T\mathbb{E}\sup_f\sum_t\sigma_t\ell(f(X_t),Y_t)$ with random signs $\sigma_t$.",
        claim=at_most(Risk - Fit, 2 * LossClass),
        check=Symmetrisation(risk=Risk, fit=Fit, complexity=LossClass, resting_on=("samples",)),
        source=HERE,
    ),
    Step(
        name="loss_contraction",
        title="The loss is Lipschitz",
        prose="Clipping has constant 1. Clipped predictions and labels lie in $[0,1]$, so the slope of the square loss "
        r"is at most 2 in size. Hence the complexity of the losses is at most twice that of the ball, $A_Q$.",
        claim=at_most(LossClass, 2 * Ball),
        check=Contraction(composed=LossClass, complexity=Ball, constant=sp.Integer(2), resting_on=("slopes",)),
        source=HERE,
    ),
    Step(
        name="ball",
        title="From networks to neurons",
        prose=r"Positive factors pass through a neuron, so the $i$-th one adds at most $|a_i||w_i|_1$ times the "
        r"value of $|\sum_t\sigma_t\max(0,w\cdot X_t)|$ at $w=w_i/|w_i|_1$. $S$ is the mean of its supremum over "
        r"$|w|_1\le1$, divided by $T$.",
        claim=at_most(Ball, Q * Neurons),
        check=SumsOfNeurons(complexity=Ball, radius=Q, single=Neurons, resting_on=("ball",)),
        source=HERE,
    ),
    Step(
        name="two_signs",
        title="Without absolute values",
        prose=r"$S_+$ and $S_-$ are the same with the sum, or its negative, in place of its absolute value. Neither "
        "supremum is negative, for $w=0$ gives zero; so their sum is at least the larger of them.",
        claim=at_most(Neurons, Rising + Falling),
        check=SignedSupremum(absolute=Neurons, rising=Rising, falling=Falling, resting_on=("ball",)),
        source=HERE,
    ),
    Step(
        name="mirrored",
        title="Signs turned",
        prose="Turned signs are random signs again.",
        claim=equal(Falling, Rising),
        check=SameLaw(first=Falling, second=Rising, resting_on=("signs",)),
        source=HERE,
    ),
    Step(
        name="neuron_contraction",
        title="A neuron is Lipschitz",
        prose=r"Its constant is 1, so $S_+$ is at most the complexity $A_1$ of the linear functions $w\cdot x$, "
        r"$|w|_1\le1$.",
        claim=at_most(Rising, Linear),
        check=Contraction(composed=Rising, complexity=Linear, constant=sp.S.One, resting_on=("slopes",)),
        source=HERE,
    ),
    Step(
        name="linear",
        title="Linear functions",
        prose=r"The supremum is the largest of the $2d$ numbers $\pm\frac1T\sum_t\sigma_tX_{t,i}$, with "
        r"$|X_{t,i}|\le1$.",
        claim=at_most(Linear, _COMPLEXITY),
        check=LinearClass(complexity=Linear, dimension=d, length=T, resting_on=("inputs",)),
        hypotheses=(at_least(d, 1), at_least(T, 1)),
        source=HERE,
    ),
    Step(
        name="generalisation",
        title="What the fit flatters",
        prose="Put the steps together: two for the second sample, two for the loss, two for the signs.",
        claim=at_most(Risk - Fit, 8 * Q * _COMPLEXITY),
        check=Insert(
            "symmetrisation", ("loss_contraction", "ball", "two_signs", "mirrored", "neuron_contraction", "linear")
        ),
        hypotheses=(at_least(d, 1), at_least(T, 1)),
        source=f"{HERE}, along E, Ma and Wu (2018)",
    ),
)

STEPS = (
    *SPLIT,
    *SAMPLING,
    *GENERALISATION,
    Step(
        name="path_norm_student",
        title="The bound",
        prose="Put both errors in.",
        claim=at_most(L, LAW.expr),
        check=Combine({"split": 1, "clipping": 1, "sampling": 1, "generalisation": 1}),
        hypotheses=(whole(n), at_least(d, 1), at_least(T, 1)),
        source=f"{HERE}, along E, Ma and Wu (2018)",
    ),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the risk of least squares in a ball of the path norm",
    setting=(
        r"Inputs $X\in[-1,1]^d$ and labels $Y\in[0,1]$ have any joint law. The target is "
        r"$F=\mathbb{E}[Y|X]=Q\,\mathbb{E}_{s,w}[s\max(0,w\cdot X)]$ over a law of signs $s$ and weights $w$ with "
        r"$|w|_1\le1$.",
        r"The ball holds the networks $\sum_{i=1}^na_i\max(0,w_i\cdot x)$ with $\sum_i|a_i||w_i|_1\le Q$. The "
        r"student is the network of the ball whose square loss $\ell$ on $T$ samples, clipped to $[0,1]$, is least.",
        r"The loss $L$ is the excess square risk after $T$ samples, in expectation; it is not a log-loss, and not "
        r"averaged over time. The constants are derived along the construction of E, Ma and Wu; they are not quoted "
        r"from the paper.",
    ),
    assumptions=(
        Assumption(
            "labels",
            r"Labels lie in $[0,1]$, and $F=\mathbb{E}[Y|X]$, whatever is known of the samples and of the draws.",
        ),
        Assumption(
            "minimiser",
            "The student has the least mean square loss on the samples, clipped, among the networks of the ball; the "
            "sampled network is one of them.",
            at_most(Fit, SampledFit),
        ),
        Assumption(
            "samples", "The $T$ samples are independent, with the law of a new one, and independent of the draws."
        ),
        Assumption(
            "draws",
            r"The sampled network is $\tilde F=\frac Qn\sum_{i=1}^ns_i\max(0,w_i\cdot X)$, with $(s_i,w_i)$ drawn "
            r"independently from the target's law of signs and weights.",
        ),
        Assumption(
            "inputs",
            r"Coordinates of inputs lie in $[-1,1]$ and $|w|_1\le1$, so $|w\cdot X|\le1$.",
            at_most(Mean(u**2, u), 1),
        ),
        Assumption(
            "ball", r"Networks of the ball have $\sum_i|a_i||w_i|_1\le Q$; zero is among the weights $|w|_1\le1$."
        ),
        Assumption(
            "slopes",
            r"Clipping and $\max(0,u)$ change by no more than what they are applied to; for labels and clipped "
            "predictions in $[0,1]$ the slope of the square loss is at most 2 in size.",
        ),
        Assumption("signs", r"The signs $\sigma_t$ are independent fair coins, independent of the samples."),
    ),
    symbols=(
        *(Letter(THEORY[name].symbol, THEORY[name].meaning, THEORY[name].unit) for name in ("n", "T", "d")),
        Letter(Q, "path norm of the target, and radius of the ball"),
        Letter(L, "excess square risk of the student, expected over the samples", "squared label units"),
        Letter(Noise, "square risk of the target", "squared label units"),
        Letter(Risk, "square risk of the student", "squared label units"),
        Letter(Fit, "mean square loss of the student on the samples", "squared label units"),
        Letter(SampledRisk, "square risk of the sampled network, clipped", "squared label units"),
        Letter(SampledFit, "mean square loss of the sampled network, clipped, on the samples", "squared label units"),
        Letter(F, "value of the target at an input"),
        Letter(F_tilde, "value of the sampled network"),
        Letter(P, "value of the sampled network, clipped"),
        Letter(G, r"what one draw contributes: $\tilde F$ is the mean of $n$ of these"),
        Letter(u, r"projection $w\cdot X$ of an input on the weights of a neuron"),
        Letter(LossClass, "Rademacher complexity of the losses of the ball"),
        Letter(Ball, "Rademacher complexity of the ball"),
        Letter(Neurons, r"mean of $\frac1T\sup_{|w|_1\le1}|\sum_t\sigma_t\max(0,w\cdot X_t)|$"),
        Letter(Rising, "the same without absolute value: Rademacher complexity of neurons"),
        Letter(Falling, "the same with the negative of the sum"),
        Letter(Linear, r"Rademacher complexity of the functions $w\cdot x$, $|w|_1\le1$"),
    ),
    steps=STEPS,
    conclusion=at_most(L, LAW.expr),
    domain=(whole(n), at_least(d, 1), at_least(T, 1)),
    references=(
        "W. E, C. Ma and L. Wu, A Priori Estimates of the Population Risk for Two-layer Neural Networks, "
        "arXiv:1810.06397 (2018).",
        "S. Shalev-Shwartz and S. Ben-David, Understanding Machine Learning, Cambridge University Press (2014).",
        "A. R. Barron, Universal approximation bounds for superpositions of a sigmoidal function, IEEE Trans. Inf. "
        "Theory 39 (1993) 930-945.",
        "D. Williams, Probability with Martingales, Cambridge University Press (1991).",
        "R. A. Horn and C. R. Johnson, Matrix Analysis, 2nd edition, Cambridge University Press (2013).",
    ),
    example={n: sp.Integer(1000), T: sp.Integer(10) ** 9, d: sp.Integer(20), Q: sp.Integer(2)},
)
