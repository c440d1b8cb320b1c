"""The shrunk student: n neurons drawn from the teacher, read out by the posterior mean, coded by a Gaussian channel.

Bound B of docs/math.md, section 6.  The constants are derived along the construction of Jeon and Van Roy, not quoted
from their papers; the shrunk readout and the channel in place of a codebook are of docs/math.md, sections 3 and 5.
"""

import sympy as sp

from infobound.bounds.shrunk_student import LAWS, distortion
from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, Induction, IntegralTest, Integration, SignOfDerivative
from infobound.proof.check import Algebra, Assumed, Definition
from infobound.proof.copies import Regeneration, SharedAmongCopies
from infobound.proof.information import (
    BernoulliEntropy,
    ChainRule,
    DataProcessing,
    IndependentEntropies,
    InformationBelowEntropy,
    binary_entropy,
)
from infobound.proof.linking import Combine, EitherWay, Insert, Specialise, SumUp
from infobound.proof.order import IncreasingImage
from infobound.proof.probability import IndependentFactors, Pythagoras, SameLaw, SampleMean, UnderDensity
from infobound.proof.step import (
    Assumption,
    Derivation,
    Letter,
    Step,
    at_least,
    at_most,
    below,
    equal,
    whole,
)
from infobound.symbols import K, T, d, n

from . import channel, teacher
from .neurons import (
    NEURON,
    ROUNDED_NEURON,
    SQUARED_NEURON,
    SQUARED_ROUNDED_NEURON,
    STICK_DENSITY,
    WEIGHTS,
    mean_square,
    relu,
    rounding,
    summand,
)
from .sampled_student import DISTINCT_NEURONS, N
from .teacher import DIVERGENCE, LOGITS, SQUARED_ERROR, F, F_tilde, Information, L, beta, u, u_tilde

__all__ = ["DERIVATION"]

(LAW,) = LAWS
HALF = sp.Rational(1, 2)

# Readout (section 3), channel (section 5), and any other rate of the channel (section 6).
lam = sp.Symbol("lambda", positive=True)
F_bar, G = sp.symbols("Fbar G", real=True)
R, D = sp.Symbol("R", nonnegative=True), sp.Symbol("D", positive=True)
rho, x = sp.Symbol("rho", nonnegative=True), sp.Symbol("x", positive=True)
J, h_out, h_noise = sp.symbols("J h_1 h_0", real=True)
chord, size = sp.Symbol("Delta", nonnegative=True), sp.Symbol("S", positive=True)
# The code (sections 5 and 7).
I_code, I_sizes, I_marks, H_sizes, H_coins, H_sign = sp.symbols("I_c I_s I_m H_s H_c H_{\\pm}", nonnegative=True)
first, last = sp.Function("b", real=True), sp.Function("c", real=True)
j, i = sp.Symbol("j", integer=True, positive=True), sp.Symbol("i", integer=True, positive=True)
y, p = sp.Symbol("y", nonnegative=True), sp.Symbol("p", positive=True)

ell = sp.log(1 + (n - 1) / K)
A1 = 1 + K * ell
ATOMS = Mean(N, N)
_WHOLE = (whole(n),)

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

SETTING = (
    r"Draw neurons $c_1,\dots,c_n$ from the weights $\pi$. The student is $\tilde F(x)=\frac{\sqrt{K+1}}{n+K}"
    r"\sum_{i=1}^ns_{c_i}\max(0,\tilde w_{c_i}\cdot x)$: the sum is divided by $n+K$ instead of $n$, which is the "
    r"posterior mean of the teacher given the draws. $\bar F(x)=\lambda\sqrt{K+1}\sum_ks_k\pi_k\max(0,\tilde "
    r"w_k\cdot x)$ "
    r"with $\lambda=n/(n+K)$ is its mean over the draws.",
    r"A direction is not rounded to a codebook: each passes once through a Gaussian channel, "
    r"$\tilde w=(1-D)w+\sqrt{D(1-D)/d}\,Z$, where $D=e^{-R}$ and $R\ge0$ is the channel's rate in nats per two "
    r"coordinates.",
)

_SPREAD = Mean((F_bar - F_tilde) ** 2, F_bar, F_tilde)
_OFFSET = Mean((F - F_bar) ** 2, F, F_bar)
_SIZE = Mean(F_bar**2, F_bar)
_DRAW = Mean(G**2, G)
_SHRUNK_NEURON = Mean((relu(u) - lam * relu(u_tilde)) ** 2, u, u_tilde)

# docs/math.md, sections 2 and 3. Ends in step "mismatch": E KL <= (K + n D)/(16 (n + K)).
MISMATCH = (
    *LOGITS,
    *WEIGHTS,
    *NEURON,
    Step(
        name="shrinkage",
        title="Factor of the readout",
        prose="The sum over the draws is divided by $n+K$; of the mean over the draws that leaves the fraction",
        claim=equal(lam, n / (n + K)),
        check=Definition(),
        source="docs/math.md, section 3",
    ),
    Step(
        name="decomposition",
        title="Two sources of error",
        prose=r"The student differs from the teacher because it is shrunk and its directions are noisy ($F-\bar F$), "
        r"and because only $n$ neurons are drawn ($\bar F-\tilde F$). Given teacher and noise the second error has "
        r"mean "
        "zero.",
        claim=equal(SQUARED_ERROR, _OFFSET + _SPREAD),
        check=Pythagoras(total=SQUARED_ERROR, first=_OFFSET, second=_SPREAD, resting_on=("draws",)),
        source="docs/math.md, section 3",
    ),
    *mean_square("offset", _OFFSET, _SHRUNK_NEURON, r"The error $F-\bar F$"),
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
    *mean_square("size", _SIZE, lam**2 * SQUARED_ROUNDED_NEURON, r"The averaged student $\bar F$"),
    Step(
        name="draw",
        title="Second moment of one draw",
        prose=r"The student is the mean of $n$ draws of $\lambda\sqrt{K+1}\,s_c\max(0,\tilde w_c\cdot X)$. The sign "
        "squares to 1, and the direction of the neuron drawn has the law of any other.",
        claim=equal(_DRAW, lam**2 * (K + 1) * SQUARED_ROUNDED_NEURON),
        check=SameLaw(first=_DRAW, second=lam**2 * (K + 1) * SQUARED_ROUNDED_NEURON, resting_on=("draws",)),
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
        r"$\lambda^2(1+K/n)=\lambda$: that is what the choice of $\lambda$ is for.",
        claim=equal(SQUARED_ERROR, (K / 2 + n * ROUNDED_NEURON) / (n + K)),
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
        prose="From logits to squares, the squared error, and the distance at which the channel passes directions on.",
        claim=at_most(DIVERGENCE, (K + n * D) / (16 * (n + K))),
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


def _new(at: sp.Expr) -> sp.Expr:
    return K / (K + at)


_i0 = sp.Symbol("i", integer=True, nonnegative=True)
_NEW_INTEGRAL = sp.Integral(_new(y), (y, 0, n - 1))

# docs/math.md, section 4. Ends in step "atoms": E N <= 1 + K ln(1 + (n-1)/K).
ATOM_STEPS = (
    DISTINCT_NEURONS[0],
    Step(
        name="atoms_test",
        title="Integral test",
        prose="The probabilities decrease, so all but the first are below the integral.",
        claim=at_most(sp.Sum(_new(_i0), (_i0, 0, n - 1)), 1 + _NEW_INTEGRAL),
        check=IntegralTest(_new(y), y, _i0, n, "upper"),
        hypotheses=_WHOLE,
        source="docs/math.md, section 4",
    ),
    Step(
        name="atoms_integral",
        title="The integral",
        prose="A logarithm.",
        claim=equal(_NEW_INTEGRAL, K * ell),
        check=Integration(primitive=K * sp.log(K + y)),
        hypotheses=_WHOLE,
        source="docs/math.md, section 4",
    ),
    Step(
        name="atoms",
        title="Expected number of distinct neurons",
        prose="The three steps together.",
        claim=at_most(ATOMS, A1),
        check=Insert("urn", ("atoms_test", "atoms_integral")),
        hypotheses=_WHOLE,
        source="docs/math.md, section 4",
    ),
)

_HIT = sp.binomial(n - 1, j - 1) * beta ** (j - 1) * (1 - beta) ** (n - j)
_HIT_INTEGRAL = sp.Integral(_HIT * STICK_DENSITY, (beta, 0, 1))
_FIRST_LAW = K * sp.gamma(n) * sp.gamma(K + n - j) / (sp.gamma(n - j + 1) * sp.gamma(K + n))
_COIN, _NO_COINS = _new(n - j), sp.ff(n - 1, j - 1) / sp.ff(K + n - 1, j - 1)
_UP_TO = (at_most(j, n),)


def _coin_bound(at: sp.Expr) -> sp.Expr:
    return _new(at) * (1 + sp.log(1 + at / K))


_COIN_SUM = sp.Sum(binary_entropy(_new(i)), (i, 1, n - 1))
_BOUND_SUM = sp.Sum(_coin_bound(i), (i, 1, n - 1))
_BOUND_SUM_0 = sp.Sum(_coin_bound(_i0), (_i0, 0, n - 1))
_BOUND_INTEGRAL = sp.Integral(_coin_bound(y), (y, 0, n - 1))
_Y = sp.log(1 + y / K)

# docs/math.md, section 7. Ends in step "composition": H <= K (l + l^2/2), l = ln(1 + (n-1)/K).
COMPOSITION = (
    Step(
        name="first_block",
        title="How often the first neuron is drawn",
        prose=r"The neuron of the first draw has a weight $\beta$ with the law of a stick; each of the other $n-1$ "
        r"draws "
        r"hits it with probability $\beta$. So it is drawn $j$ times in all with probability",
        claim=equal(first(j, n, K), Mean(_HIT, beta)),
        check=Definition(),
        source="docs/math.md, section 7",
    ),
    Step(
        name="first_block_density",
        title="As an integral",
        prose=r"The stick has density $K(1-\beta)^{K-1}$.",
        claim=equal(Mean(_HIT, beta), _HIT_INTEGRAL),
        check=UnderDensity(
            expression=_HIT, variable=beta, density=STICK_DENSITY, low=0, high=1, resting_on=("sticks",)
        ),
        source="docs/math.md, section 7",
    ),
    Step(
        name="first_block_integral",
        title="Its value",
        prose="A Beta integral.",
        claim=equal(_HIT_INTEGRAL, _FIRST_LAW),
        check=Integration(standard=True),
        hypotheses=_UP_TO,
        source="docs/math.md, section 7",
    ),
    Step(
        name="last_spacing",
        title="Independent coins",
        prose=r"Throw coins $\xi_0,\dots,\xi_{n-1}$, independent, that show heads with probability $K/(K+i)$. The last "
        r"heads is at $i=n-j$ if that coin shows heads and the $j-1$ after it do not, which has probability "
        r"$\prod_{i=n-j+1}^{n-1}\frac{i}{K+i}$, a ratio of falling factorials.",
        claim=equal(last(j, n, K), _COIN * _NO_COINS),
        check=IndependentFactors(
            product=last(j, n, K), factors=(_COIN, _NO_COINS), resting_on=("coins",), where=_UP_TO
        ),
        hypotheses=_UP_TO,
        source="docs/math.md, section 7",
    ),
    Step(
        name="last_spacing_value",
        title="In Gamma functions",
        prose="Write the falling factorials out.",
        claim=equal(_COIN * _NO_COINS, _FIRST_LAW),
        check=Algebra(),
        hypotheses=_UP_TO,
        source="docs/math.md, section 7",
    ),
    Step(
        name="same_first",
        title="Block and spacing have one law",
        prose="The block of the first neuron and the distance of the last heads from the end have the same law.",
        claim=equal(last(j, n, K), first(j, n, K)),
        check=Insert(
            "last_spacing", ("last_spacing_value", "first_block_integral", "first_block_density", "first_block")
        ),
        hypotheses=_UP_TO,
        source="docs/math.md, section 7",
    ),
    Step(
        name="coupling",
        title="Blocks and coins have one entropy",
        prose=r"Leave out the first neuron: the other $n-j$ draws are draws from a teacher of the same kind. Leave "
        r"out the "
        r"last spacing: the other $n-j$ coins are coins of the same kind. By induction on $n$ the sizes of the "
        r"blocks, in "
        "order of appearance, have the law of the spacings of the coins, and these determine the coins.",
        claim=equal(H_sizes, H_coins),
        check=Regeneration(first=H_sizes, second=H_coins, matching="same_first", resting_on=("size_biased", "coins")),
        source="docs/math.md, section 7 (Feller coupling)",
    ),
    Step(
        name="coins",
        title="Entropy of the coins",
        prose="The coins are independent, and the first one always shows heads.",
        claim=equal(H_coins, _COIN_SUM),
        check=IndependentEntropies(
            joint=H_coins,
            single=binary_entropy(_new(i)),
            index=i,
            low=sp.S.One,
            high=n - 1,
            resting_on=("coins",),
            where=_WHOLE,
        ),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
    Step(
        name="coin",
        title="Entropy of one coin",
        prose=r"The difference is $p+(1-p)\ln(1-p)$, which is zero at $p=0$ and has the derivative $-\ln(1-p)>0$.",
        claim=below(binary_entropy(p), p * (1 - sp.log(p))),
        check=SignOfDerivative(p, 0),
        hypotheses=(below(p, 1),),
        source="docs/math.md, section 7",
    ),
    Step(
        name="coin_bound",
        title="At the coins' probabilities",
        prose="With $p=K/(K+i)$.",
        claim=below(binary_entropy(_new(i)), _coin_bound(i)),
        check=Specialise("coin", {p: _new(i)}),
        source="docs/math.md, section 7",
    ),
    Step(
        name="coins_bound",
        title="All coins",
        prose="Add up.",
        claim=at_most(_COIN_SUM, _BOUND_SUM),
        check=SumUp("coin_bound", i, sp.S.One, n - 1),
        source="docs/math.md, section 7",
    ),
    Step(
        name="coins_test",
        title="Integral test",
        prose=r"The terms decrease: in $q=1+i/K$ they are $(1+\ln q)/q$, with derivative $-q^{-2}\ln q$.",
        claim=at_most(_BOUND_SUM_0, 1 + _BOUND_INTEGRAL),
        check=IntegralTest(_coin_bound(y), y, _i0, n, "upper"),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
    Step(
        name="coins_first",
        title="Without the first term",
        prose="The first term is 1.",
        claim=equal(_BOUND_SUM_0, 1 + _BOUND_SUM),
        check=Induction(n),
        hypotheses=_WHOLE,
    ),
    Step(
        name="coins_integral",
        title="The integral",
        prose=r"An antiderivative is $K(q+q^2/2)$ at $q=\ln(1+y/K)$.",
        claim=equal(_BOUND_INTEGRAL, K * (ell + ell**2 / 2)),
        check=Integration(primitive=K * (_Y + _Y**2 / 2)),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
    Step(
        name="coins_total",
        title="Bound on the sum",
        prose="The test, less the first term on both sides.",
        claim=at_most(_BOUND_SUM, K * (ell + ell**2 / 2)),
        check=Combine({"coins_test": 1, "coins_first": -1, "coins_integral": 1}),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
    Step(
        name="composition",
        title="Entropy of the numbers of draws",
        prose=r"About half of what a list of $N$ numbers up to $n$ would cost.",
        claim=at_most(H_sizes, K * (ell + ell**2 / 2)),
        check=Insert("coupling", ("coins", "coins_bound", "coins_total")),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
)

# docs/math.md, section 5. Ends in step "information".
CODE = (
    Step(
        name="code",
        title="A code for the student",
        prose="For each distinct neuron, in order of appearance, write how often it was drawn, its sign, and what the "
        "channel passed on of its direction. The student is a function of this code.",
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
        prose="Given the numbers of draws there are $N$ neurons. Their signs and directions are independent, and "
        "the channel passes each on by itself; so each tells as much as one.",
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
        claim=at_most(Information, K * (ell + ell**2 / 2) + A1 * (sp.log(2) + d * R / 2)),
        check=Insert("code", ("parts", "sizes", "composition", "marks", "sign", "direction", "atoms")),
        hypotheses=_WHOLE,
        source="docs/math.md, sections 5 and 7",
    ),
)


def _bound(rate: sp.Expr) -> sp.Expr:
    """Return the bound with a channel of any rate."""
    estimation = K * (ell + ell**2 / 2) + A1 * (sp.log(2) + d * rate / 2)
    return (K + n * sp.exp(-rate)) / (16 * (n + K)) + estimation / T


_BEST = -sp.Min(0, sp.log(distortion))


def _chosen(share: sp.Expr, rate: sp.Expr) -> sp.Expr:
    """Return what a channel adds to the bound, relative to the cost of distortion."""
    return share + distortion * rate


# docs/math.md, section 6, Bound B.
ASSEMBLY = (
    Step(
        name="assembly",
        title="The bound for every rate",
        prose="Put information and mismatch into the theorem. This holds for a channel of any rate.",
        claim=at_most(L, _bound(R)),
        check=Insert("misspecified_bayes", ("information", "mismatch", "distortion")),
        hypotheses=_WHOLE,
        source="docs/math.md, section 6",
    ),
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
    Step(
        name="best",
        title="At the costs of this student",
        prose=r"A nat of rate costs $dA_1/(2T)$ with $A_1=1+K\ln(1+\frac{n-1}K)$, a unit of distortion costs "
        r"$n/(16(n+K))$; $x$ is the ratio of the two.",
        claim=at_most(_chosen(sp.exp(-_BEST), _BEST), _chosen(sp.exp(-rho), rho)),
        check=Specialise("trade_rate", {x: distortion}),
        hypotheses=_WHOLE,
        source="docs/math.md, section 6",
    ),
    Step(
        name="clamp_best",
        title="Distortion at these costs",
        prose="The distortion that belongs to the best rate.",
        claim=equal(sp.exp(-_BEST), sp.Min(1, distortion)),
        check=Specialise("clamp", {x: distortion}),
        hypotheses=_WHOLE,
        source="docs/math.md, section 6",
    ),
    Step(
        name="least",
        title="Nothing is lost by the choice",
        prose=r"No other rate $\rho$ of the channel makes the bound smaller than the rate chosen.",
        claim=at_most(LAW.expr, _bound(rho)),
        check=Combine({"best": n / (16 * (n + K)), "clamp_best": -n / (16 * (n + K))}),
        hypotheses=_WHOLE,
        source="docs/math.md, section 6",
    ),
    Step(
        name="rate",
        title="Choice of the rate",
        prose="The student uses the best rate.",
        claim=equal(R, _BEST),
        check=Assumed("rate"),
        source="docs/math.md, section 6",
    ),
    Step(
        name="shrunk_student",
        title="The bound",
        prose="Put the rate chosen into the bound.",
        claim=at_most(L, LAW.expr),
        check=Insert("assembly", ("rate", "clamp_best")),
        hypotheses=_WHOLE,
        source="docs/math.md, section 6, Bound B",
    ),
)

ASSUMPTIONS = (
    Assumption(
        "draws",
        r"Given the teacher, $c_1,\dots,c_n$ are independent draws from the weights $\pi$, made without looking at "
        r"signs, directions, inputs or the channel's noise.",
    ),
    Assumption(
        "size_biased",
        r"The weight of the first neuron drawn has the law of a stick, and given which of the draws hit it, the others "
        r"are draws from weights of the same law (a stick-breaking process does not change under size-biased "
        "permutation).",
    ),
    Assumption(
        "coins",
        r"$\xi_0,\dots,\xi_{n-1}$ are independent, and $\xi_i=1$ with probability $K/(K+i)$; they are coins for "
        "comparison, and no part of the model.",
    ),
    channel.ASSUMPTION,
    Assumption(
        "code",
        "Numbers of draws, signs and what the channel passed on of the directions of the distinct neurons "
        "determine the "
        "student, and the teacher acts on the student through them only.",
    ),
    Assumption(
        "rate",
        r"The channel's distortion is $D=e^{-R}=\min(1,\,8dA_1(n+K)/(nT))$ with $A_1=1+K\ln(1+\frac{n-1}K)$.",
        equal(R, _BEST),
    ),
)

LETTERS = (
    Letter(lam, r"fraction of the mean over the draws that the readout keeps"),
    Letter(F_bar, "mean of the student's logit over its draws"),
    Letter(summand("offset"), r"second moment of the $k$-th term of $F-\bar F$"),
    Letter(summand("size"), r"second moment of the $k$-th term of $\bar F$"),
    Letter(G, r"what one draw contributes to the student's logit: $\tilde F$ is the mean of $n$ of these"),
    Letter(N, "number of distinct neurons among the draws"),
    Letter(R, "rate of the channel: $dR/2$ nats for one direction", "nats"),
    Letter(D, r"distortion $e^{-R}$ of the channel"),
    *CHANNEL.letters,
    Letter(I_code, "information of teacher and code", "nats"),
    Letter(I_sizes, "information of teacher and numbers of draws", "nats"),
    Letter(I_marks, "information about signs and directions, given the numbers of draws", "nats"),
    Letter(H_sizes, "entropy of the numbers of draws of the distinct neurons, in order of appearance", "nats"),
    Letter(H_coins, "entropy of the coins", "nats"),
    Letter(H_sign, "entropy of a sign", "nats"),
    Letter(first(j, n, K), "probability that the first neuron is drawn $j$ times among $n$ draws"),
    Letter(last(j, n, K), "probability that the last heads among $n$ coins is the $j$-th from the end"),
    Letter(i, "number of a coin"),
    Letter(p, "bias of a coin"),
    Letter(rho, "any other rate of the channel", "nats"),
    Letter(x, "cost of rate relative to the cost of distortion"),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the shrunk student",
    setting=(
        *teacher.SETTING,
        *SETTING,
        "Each distinct neuron among the draws is coded once. The constants below are derived along the construction "
        "of Jeon and Van Roy; they are not quoted from the papers.",
    ),
    assumptions=(*teacher.ASSUMPTIONS, *ASSUMPTIONS),
    symbols=(*teacher.LETTERS, *LETTERS),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *RATE,
        *MISMATCH,
        *ATOM_STEPS,
        *COMPOSITION,
        *DIRECTION,
        *CODE,
        *ASSEMBLY,
    ),
    conclusion=at_most(L, LAW.expr),
    domain=_WHOLE,
    corollaries=(at_most(LAW.expr, _bound(rho)),),
    abbreviations=(
        equal(sp.Symbol(r"\ell"), ell),
        equal(sp.Symbol("A_1"), 1 + K * sp.Symbol(r"\ell")),
        equal(x, 8 * d * sp.Symbol("A_1") * (n + K) / (n * T)),
    ),
    references=(
        *teacher.REFERENCES,
        "D. Blackwell and J. B. MacQueen, Ferguson distributions via Polya urn schemes, "
        "Ann. Statist. 1 (1973) 353-355.",
        "R. Arratia, A. D. Barbour and S. Tavare, Logarithmic Combinatorial Structures: a Probabilistic Approach, "
        "European Mathematical Society (2003).",
        "J. Pitman, Combinatorial Stochastic Processes, Lecture Notes in Mathematics 1875, Springer (2006), "
        "section 3.2.",
    ),
    example={
        n: sp.Integer(1024),
        T: sp.Integer(10) ** 9,
        d: sp.Integer(512),
        K: sp.Integer(64),
        p: sp.Rational(1, 2),
        j: sp.Integer(1),
    },
)
