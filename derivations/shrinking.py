"""What the shrunk students share: their readout, the channel for their directions, its best rate.

A shrunk student sums n neurons drawn from the teacher's weights and divides by n + K, where a mean would divide by n;
for a heavy-tailed teacher kappa takes the place of K.  Its directions pass through a Gaussian channel.  The students
differ in how their numbers of draws are coded.  The blocks of steps follow docs/math.md, sections 3, 5 and 6.
"""

from dataclasses import dataclass

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, SignOfDerivative
from infobound.proof.check import Algebra, Assumed, Definition
from infobound.proof.copies import SharedAmongCopies
from infobound.proof.information import (
    BernoulliEntropy,
    ChainRule,
    DataProcessing,
    InformationBelowEntropy,
    binary_entropy,
)
from infobound.proof.linking import Combine, EitherWay, Insert, Specialise
from infobound.proof.order import IncreasingImage
from infobound.proof.probability import Pythagoras, SameLaw, SampleMean
from infobound.proof.step import Assumption, Letter, Step, at_least, at_most, below, equal, whole
from infobound.symbols import T, d, n

from . import channel
from .neurons import (
    NEURON,
    ROUNDED_NEURON,
    SQUARED_NEURON,
    SQUARED_ROUNDED_NEURON,
    mean_square,
    relu,
    rounding,
    summand,
)
from .sampled_student import N
from .teacher import DIVERGENCE, LOGITS, SQUARED_ERROR, F, F_tilde, Information, L, u, u_tilde

__all__ = [
    "ATOMS",
    "CHANNEL",
    "CODED",
    "CODE_LETTERS",
    "COIN",
    "DIRECTION",
    "DRAWS",
    "LETTERS",
    "MARKS",
    "RATE",
    "H_sizes",
    "Student",
    "mismatch",
    "p",
    "rho",
    "setting",
    "x",
]

HALF = sp.Rational(1, 2)
_WHOLE = (whole(n),)

# Readout (section 3), channel (section 5), and any other rate of the channel (section 6).
lam = sp.Symbol("lambda", positive=True)
F_bar, G = sp.symbols("Fbar G", real=True)
R, D = sp.Symbol("R", nonnegative=True), sp.Symbol("D", positive=True)
rho, x = sp.Symbol("rho", nonnegative=True), sp.Symbol("x", positive=True)
J, h_out, h_noise = sp.symbols("J h_1 h_0", real=True)
chord, size = sp.Symbol("Delta", nonnegative=True), sp.Symbol("S", positive=True)
# The code (section 5), and a coin.
I_code, I_sizes, I_marks, H_sizes, H_sign = sp.symbols("I_c I_s I_m H_s H_{\\pm}", nonnegative=True)
p = sp.Symbol("p", positive=True)

ATOMS = Mean(N, N)

CHANNEL = channel.Channel(
    signal=sp.S.One,
    distortion=D,
    chord=chord,
    size=size,
    information=J,
    output=h_out,
    noise=h_noise,
    vector="w",
    copy=r"\tilde w",
)


CODED = (
    r"A direction is not rounded to a codebook: each passes once through a Gaussian channel, "
    r"$\tilde w=(1-D)w+\sqrt{D(1-D)/d}\,Z$, where $D=e^{-R}$ and $R\ge0$ is the channel's rate in nats per two "
    r"coordinates. Each distinct neuron among the draws is coded once."
)


def setting(complexity: sp.Expr) -> tuple[str, ...]:
    """Return what the student is, where the teacher's factor is the root of `complexity` + 1."""
    letter = sp.latex(complexity)
    return (
        rf"Draw neurons $c_1,\dots,c_n$ from the weights $\pi$. The student is $\tilde F(x)="
        rf"\frac{{\sqrt{{{letter}+1}}}}{{n+{letter}}}\sum_{{i=1}}^ns_{{c_i}}\max(0,\tilde w_{{c_i}}\cdot x)$: "
        rf"the sum is divided by $n+{letter}$ instead of $n$. "
        rf"$\bar F(x)=\lambda\sqrt{{{letter}+1}}\sum_ks_k\pi_k\max(0,\tilde w_k\cdot x)$ with "
        rf"$\lambda=n/(n+{letter})$ is its mean over the draws.",
        CODED,
    )


_SPREAD = Mean((F_bar - F_tilde) ** 2, F_bar, F_tilde)
_OFFSET = Mean((F - F_bar) ** 2, F, F_bar)
_SIZE = Mean(F_bar**2, F_bar)
_DRAW = Mean(G**2, G)
_SHRUNK_NEURON = Mean((relu(u) - lam * relu(u_tilde)) ** 2, u, u_tilde)


def mismatch(complexity: sp.Expr, weights: tuple[Step, ...]) -> tuple[Step, ...]:
    r"""Return the steps to "mismatch": E KL <= (K + n D)/(16 (n + K)), with a teacher's complexity for K.

    Parameters
    ----------
    complexity : Expr
        K where the teacher's factor is sqrt(K+1).
    weights : tuple of Step
        Ending in step "weights": the second moments of the weights add up to 1/(K+1).
    """
    letter = sp.latex(complexity)
    return (
        *LOGITS,
        *weights,
        *NEURON,
        Step(
            name="shrinkage",
            title="Factor of the readout",
            prose=f"The sum over the draws is divided by $n+{letter}$; of the mean over the draws that leaves the "
            "fraction",
            claim=equal(lam, n / (n + complexity)),
            check=Definition(),
            source="docs/math.md, section 3",
        ),
        Step(
            name="decomposition",
            title="Two sources of error",
            prose=r"The student differs from the teacher because it is shrunk and its directions are noisy "
            r"($F-\bar F$), and because only $n$ neurons are drawn ($\bar F-\tilde F$). Given teacher and noise the "
            r"second error has mean zero.",
            claim=equal(SQUARED_ERROR, _OFFSET + _SPREAD),
            check=Pythagoras(total=SQUARED_ERROR, first=_OFFSET, second=_SPREAD, resting_on=("draws",)),
            source="docs/math.md, section 3",
        ),
        *mean_square("offset", _OFFSET, _SHRUNK_NEURON, r"The error $F-\bar F$", complexity),
        Step(
            name="polarisation",
            title="Error of a shrunk neuron",
            prose=r"For any two numbers $(a-\lambda b)^2=(1-\lambda)a^2+\lambda(a-b)^2-\lambda(1-\lambda)b^2$; take "
            "expectations.",
            claim=equal(
                _SHRUNK_NEURON,
                (1 - lam) * SQUARED_NEURON + lam * ROUNDED_NEURON - lam * (1 - lam) * SQUARED_ROUNDED_NEURON,
            ),
            check=Algebra(),
            source="docs/math.md, section 3",
        ),
        *mean_square("size", _SIZE, lam**2 * SQUARED_ROUNDED_NEURON, r"The averaged student $\bar F$", complexity),
        Step(
            name="draw",
            title="Second moment of one draw",
            prose=rf"The student is the mean of $n$ draws of $\lambda\sqrt{{{letter}+1}}\,s_c"
            r"\max(0,\tilde w_c\cdot X)$. The sign squares to 1, and the direction of "
            "the neuron drawn has the law of any other.",
            claim=equal(_DRAW, lam**2 * (complexity + 1) * SQUARED_ROUNDED_NEURON),
            check=SameLaw(
                first=_DRAW, second=lam**2 * (complexity + 1) * SQUARED_ROUNDED_NEURON, resting_on=("draws",)
            ),
            source="docs/math.md, section 3",
        ),
        Step(
            name="spread",
            title="Error of a mean of draws",
            prose="Given teacher and noise, the student is a mean of $n$ independent draws.",
            claim=equal(_SPREAD, (_DRAW - _SIZE) / n),
            check=SampleMean(error=_SPREAD, second_moment=_DRAW, squared_mean=_SIZE, count=n, resting_on=("draws",)),
            hypotheses=_WHOLE,
            source="docs/math.md, section 3",
        ),
        Step(
            name="squared_error",
            title="Squared error of the student",
            prose=r"Put the parts together. The second moment of a noisy neuron drops out, because "
            rf"$\lambda^2(1+{letter}/n)=\lambda$: that is what the choice of $\lambda$ is for.",
            claim=equal(SQUARED_ERROR, (complexity / 2 + n * ROUNDED_NEURON) / (n + complexity)),
            check=Insert("decomposition", ("offset", "polarisation", "spread", "draw", "size", "neuron", "shrinkage")),
            hypotheses=_WHOLE,
            source="docs/math.md, section 3, shrunk student",
        ),
        *channel.NOISE,
        *CHANNEL.distance(),
        *rounding(chord),
        Step(
            name="mismatch",
            title="Mismatch of student and teacher",
            prose="From logits to squares, the squared error, and the distance at which the channel passes directions "
            "on.",
            claim=at_most(DIVERGENCE, (complexity + n * D) / (16 * (n + complexity))),
            check=Insert("logits", ("squared_error", "rounding", "distance")),
            hypotheses=_WHOLE,
            source="docs/math.md, section 3, shrunk student",
        ),
    )


# docs/math.md, section 5.
RATE = (
    Step(
        name="distortion",
        title="Distortion and rate",
        prose="The channel of rate $R$ has the distortion",
        claim=equal(D, sp.exp(-R)),
        check=Definition(),
        source="docs/math.md, section 5",
    ),
)

# docs/math.md, section 5. Ends in step "direction": J <= d R / 2.
DIRECTION = (
    *CHANNEL.information_steps(),
    Step(
        name="passed_rate",
        title="In terms of the rate",
        prose=r"$\ln(1/D)=R$.",
        claim=at_most(J, d * R / 2),
        check=Insert("passed", ("distortion",)),
        hypotheses=(CHANNEL.inside,),
        source="docs/math.md, section 5",
    ),
    Step(
        name="rate_sign",
        title="A rate is not negative",
        prose="By definition.",
        claim=at_least(d * R / 2, 0),
        check=Algebra(),
    ),
    Step(
        name="silent_rate",
        title="The silent channel within the same bound",
        prose="So the bound holds for the silent channel, too.",
        claim=at_most(J, d * R / 2),
        check=Combine({"silent": 1, "rate_sign": 1}),
        hypotheses=(CHANNEL.silent,),
        source="docs/math.md, section 5",
    ),
    Step(
        name="direction",
        title="Information about one direction",
        prose="Either way, a direction costs",
        claim=at_most(J, d * R / 2),
        check=EitherWay(CHANNEL.inside, "passed_rate", "silent_rate"),
        source="docs/math.md, section 5",
    ),
)


# docs/math.md, section 7. Step "coin": h(p) < p (1 - ln p).
COIN = (
    Step(
        name="coin",
        title="Entropy of one coin",
        prose=r"The difference is $p+(1-p)\ln(1-p)$, which is zero at $p=0$ and has the derivative $-\ln(1-p)>0$.",
        claim=below(binary_entropy(p), p * (1 - sp.log(p))),
        check=SignOfDerivative(p, 0),
        hypotheses=(below(p, 1),),
        source="docs/math.md, section 7",
    ),
)


# docs/math.md, section 6: what a rate costs against what it gains. Ends in step "trade_rate"; "clamp" is used with it.
_TRADE = (
    Step(
        name="trade_inside",
        title="Trading distortion for information",
        prose=r"As a function of $\rho$ the right side is convex, and it is stationary where $e^{-\rho}=x$.",
        claim=at_most(x - x * sp.log(x), sp.exp(-rho) + x * rho),
        check=ConvexMinimum(rho, -sp.log(x)),
        hypotheses=(below(x, 1),),
        source="docs/math.md, section 6",
    ),
    Step(
        name="trade_corner",
        title="Where nothing is worth coding",
        prose=r"For $x\ge1$ the right side increases from $\rho=0$ on.",
        claim=at_most(1, sp.exp(-rho) + x * rho),
        check=SignOfDerivative(rho, 0),
        hypotheses=(at_least(x, 1),),
        source="docs/math.md, section 6",
    ),
    Step(
        name="trade",
        title="The best distortion",
        prose="Both cases together: the best distortion is $x$, or 1 if $x$ is larger.",
        claim=at_most(sp.Min(1, x) - x * sp.log(sp.Min(1, x)), sp.exp(-rho) + x * rho),
        check=EitherWay(below(x, 1), "trade_inside", "trade_corner"),
        source="docs/math.md, section 6",
    ),
    Step(
        name="clamp",
        title="Distortion and rate",
        prose=r"The exponential keeps the order, so the distortion is 1 where the rate is zero.",
        claim=equal(sp.exp(sp.Min(0, sp.log(x))), sp.Min(1, x)),
        check=IncreasingImage(function=sp.exp(u), variable=u, first=sp.S.Zero, second=sp.log(x)),
    ),
    Step(
        name="trade_rate",
        title="The best rate",
        prose=r"In terms of the rate $-\min(0,\ln x)$ that belongs to it.",
        claim=at_most(sp.exp(sp.Min(0, sp.log(x))) - x * sp.Min(0, sp.log(x)), sp.exp(-rho) + x * rho),
        check=Insert("trade", ("clamp",)),
        source="docs/math.md, section 6",
    ),
)


@dataclass(frozen=True)
class Student:
    r"""A student with a Gaussian channel: what the bound on its loss is made of.

    .. math:: \frac{m+bD}{16} + \frac{h+a\,(\ln2+\frac d2\ln\frac1D)}T

    Parameters
    ----------
    missing, explained : Expr
        m and b: the share of the teacher's variance that the readout of exact directions leaves, and the rest of it,
        which is positive.
    composition : Expr
        h, which step "composition" shows to bound the entropy of the numbers of draws.
    number : Expr
        a, which the step named `counted` shows the expected number of distinct neurons to be, or to be bounded by.
    counted : str
    """

    missing: sp.Expr
    explained: sp.Expr
    composition: sp.Expr
    number: sp.Expr
    counted: str

    @classmethod
    def shrunk(cls, complexity: sp.Expr, composition: sp.Expr, number: sp.Expr, counted: str) -> "Student":
        """Return a student whose sum is divided by n + K, with `complexity` for K."""
        missing, explained = (share / (n + complexity) for share in (complexity, n))
        return cls(missing, explained, composition, number, counted)

    def bound(self, rate: sp.Expr, distortion: sp.Expr | None = None) -> sp.Expr:
        """Return the bound with a channel of any rate ln(1/D)."""
        D = sp.exp(-rate) if distortion is None else distortion
        estimation = self.composition + self.number * (sp.log(2) + d * rate / 2)
        return (self.missing + self.explained * D) / 16 + estimation / T

    @property
    def least(self) -> sp.Expr:
        """The bound at the best rate, where the distortion is the ratio clamped."""
        return self.bound(self.best_rate, sp.Min(1, self.ratio))

    @property
    def ratio(self) -> sp.Expr:
        """What a nat of rate costs, relative to a unit of distortion."""
        return 8 * d * self.number / (self.explained * T)

    @property
    def best_rate(self) -> sp.Expr:
        """Rate at which the distortion is that ratio, or 1 if the ratio exceeds it."""
        return -sp.Min(0, sp.log(self.ratio))

    @property
    def choice(self) -> Assumption:
        """The choice of the rate as an assumption of the model."""
        return Assumption(
            "rate",
            rf"The channel's distortion is $D=e^{{-R}}=\min(1,x)$ at $x={sp.latex(self.ratio)}$.",
            equal(R, self.best_rate),
        )

    def information(self) -> tuple[Step, ...]:
        """Return the steps to "information": I <= h + a (ln 2 + d R / 2)."""
        return (
            Step(
                name="code",
                title="A code for the student",
                prose="For each distinct neuron, in order of appearance, write how often it was drawn, its sign, and "
                "what the channel passed on of its direction. The student is a function of this code.",
                claim=at_most(Information, I_code),
                check=DataProcessing(coarse=Information, fine=I_code, resting_on=("code",)),
                source="docs/math.md, sections 1 and 5",
            ),
            Step(
                name="parts",
                title="Parts of the code",
                prose="First the numbers of draws, then, given these, signs and directions.",
                claim=equal(I_code, I_sizes + I_marks),
                check=ChainRule(total=I_code, parts=(I_sizes, I_marks)),
                source="docs/math.md, section 5",
            ),
            Step(
                name="sizes",
                title="Numbers of draws",
                prose="The numbers of draws are discrete.",
                claim=at_most(I_sizes, H_sizes),
                check=InformationBelowEntropy(information=I_sizes, entropy=H_sizes),
                source="docs/math.md, section 5",
            ),
            Step(
                name="marks",
                title="Signs and directions",
                prose="Given the numbers of draws there are $N$ neurons. Their signs and directions are independent, "
                "and the channel passes each on by itself; so each tells as much as one.",
                claim=equal(I_marks, ATOMS * (H_sign + J)),
                check=SharedAmongCopies(total=I_marks, number=ATOMS, single=H_sign + J, resting_on=("directions",)),
                source="docs/math.md, section 5",
            ),
            Step(
                name="sign",
                title="Information about one sign",
                prose="A sign is a fair coin.",
                claim=equal(H_sign, sp.log(2)),
                check=BernoulliEntropy(entropy=H_sign, probability=HALF),
                source="docs/math.md, section 5",
            ),
            Step(
                name="information",
                title="Information of the student",
                prose="Put the parts together.",
                claim=at_most(Information, self.composition + self.number * (sp.log(2) + d * R / 2)),
                check=Insert("code", ("parts", "sizes", "composition", "marks", "sign", "direction", self.counted)),
                hypotheses=_WHOLE,
                source="docs/math.md, sections 5 and 7",
            ),
        )

    def assembly(self, before: "Student", *hypotheses: sp.Basic) -> tuple[Step, ...]:
        """Return the steps from "mismatch" and "information" to the bound for every rate, and to the best rate.

        Parameters
        ----------
        before : Student
            This student with the complexity as the steps before call it.
        *hypotheses
            What the choice of the rate needs to be known.

        Returns
        -------
        tuple of Step
            "assembly" for any rate; "clamp_best", "least" and "rate" for the best one.
        """
        ratio, best, cost = self.ratio, self.best_rate, self.explained / 16
        return (
            Step(
                name="assembly",
                title="The bound for every rate",
                prose="Put information and mismatch into the theorem. This holds for a channel of any rate.",
                claim=at_most(L, before.bound(R)),
                check=Insert("misspecified_bayes", ("information", "mismatch", "distortion")),
                hypotheses=_WHOLE,
                source="docs/math.md, section 6",
            ),
            *_TRADE,
            Step(
                name="best",
                title="At the costs of this student",
                prose="The costs of a nat of rate and of a unit of distortion have this ratio $x$.",
                claim=at_most(sp.exp(-best) + ratio * best, sp.exp(-rho) + ratio * rho),
                check=Specialise("trade_rate", {x: ratio}),
                hypotheses=hypotheses,
                source="docs/math.md, section 6",
            ),
            Step(
                name="clamp_best",
                title="Distortion at these costs",
                prose="The distortion that belongs to the best rate.",
                claim=equal(sp.exp(-best), sp.Min(1, ratio)),
                check=Specialise("clamp", {x: ratio}),
                hypotheses=hypotheses,
                source="docs/math.md, section 6",
            ),
            Step(
                name="least",
                title="Nothing is lost by the choice",
                prose=r"No other rate $\rho$ of the channel makes the bound smaller than the rate chosen.",
                claim=at_most(self.least, self.bound(rho)),
                check=Combine({"best": cost, "clamp_best": -cost}),
                hypotheses=hypotheses,
                source="docs/math.md, section 6",
            ),
            Step(
                name="rate",
                title="Choice of the rate",
                prose="The student uses the best rate.",
                claim=equal(R, best),
                check=Assumed("rate"),
                source="docs/math.md, section 6",
            ),
        )


DRAWS = Assumption(
    "draws",
    r"Given the teacher, $c_1,\dots,c_n$ are independent draws from the weights $\pi$, made without looking at signs, "
    r"directions, inputs or the channel's noise.",
)

MARKS = (
    channel.ASSUMPTION,
    Assumption(
        "code",
        "Numbers of draws, signs and what the channel passed on of the directions of the distinct neurons determine "
        "the student, and the teacher acts on the student through them only.",
    ),
)

CODE_LETTERS = (
    Letter(N, "number of distinct neurons among the draws"),
    Letter(R, "rate of the channel: $dR/2$ nats for one direction", "nats"),
    Letter(D, r"distortion $e^{-R}$ of the channel"),
    *CHANNEL.letters,
    Letter(I_code, "information of teacher and code", "nats"),
    Letter(I_sizes, "information of teacher and numbers of draws", "nats"),
    Letter(I_marks, "information about signs and directions, given the numbers of draws", "nats"),
    Letter(H_sizes, "entropy of the numbers of draws of the distinct neurons, in order of appearance", "nats"),
    Letter(H_sign, "entropy of a sign", "nats"),
    Letter(p, "bias of a coin"),
    Letter(rho, "any other rate of the channel", "nats"),
    Letter(x, "cost of rate relative to the cost of distortion"),
)

LETTERS = (
    Letter(lam, r"fraction of the mean over the draws that the readout keeps"),
    Letter(F_bar, "mean of the student's logit over its draws"),
    Letter(summand("offset"), r"second moment of the $k$-th term of $F-\bar F$"),
    Letter(summand("size"), r"second moment of the $k$-th term of $\bar F$"),
    Letter(G, r"what one draw contributes to the student's logit: $\tilde F$ is the mean of $n$ of these"),
    *CODE_LETTERS,
)
