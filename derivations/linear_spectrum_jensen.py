"""The linear teacher, and a learner that takes the features it does not see for noise: Bound J, with integrals.

Data are charged by a Gaussian model according to their covariances, and these are the model's own: so its losses add
up to an information and a term for the noise.  The information is least in doubt one feature at a time, each given the
others, and a logarithm is concave.  No determinant is needed.  Derived in docs/math2.md section B2; it is not in the
papers.
"""

from dataclasses import dataclass
from typing import ClassVar

import mpmath
import sympy as sp
from sympy.core.relational import Relational

from infobound.bounds.linear_spectrum_jensen import LAWS
from infobound.bounds.spectrum import gamma, s, v
from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.calculus import IntegralTest, Integration
from infobound.proof.check import Algebra, Assumed
from infobound.proof.gaussians import ChargedByMoments, EachGivenTheOthers, ExcessCodeLength
from infobound.proof.information import DifferentialInformation, GaussianEntropy, GaussianInformation
from infobound.proof.linking import Combine, Insert, SumUp
from infobound.proof.moments import SumOfMany
from infobound.proof.probability import Jensen
from infobound.proof.rules import NamedRule
from infobound.proof.step import (
    Assumption,
    Derivation,
    Letter,
    Standing,
    Step,
    above,
    at_least,
    at_most,
    equal,
    whole,
)
from infobound.special import power_tail, spectrum_nats
from infobound.symbols import THEORY, T, n

from . import spectrum, teacher
from .spectrum import DROPPED, POWER, REMAINDER, TAIL, count, h, i, variance, x
from .teacher import D_mixture, F, Information, L, u

__all__ = ["ASSUMPTIONS", "COMMON_LETTERS", "DERIVATION", "LOSS", "NOISE", "REFERENCES", "SETTING", "w"]

(LAW,) = LAWS
HERE = "docs/math2.md, B2"

w = sp.Symbol("w", positive=True)
length = sp.Symbol("E_Q", real=True)
h_labels, h_model, h_noise = sp.symbols("h_Y h_Q h_theta", real=True)
R = sp.Symbol("R", nonnegative=True)
y = sp.Symbol("y", positive=True)
z = sp.Symbol("z", nonnegative=True)
gain = sp.Function("G", nonnegative=True)(i, R)

COUNTED = at_least(count, 1)
_RATIO = T * s / w
_RANGE = (i, 0, count - 1)
_INSIDE = 1 + POWER * R / w
_FEATURE = sp.log(1 + _RATIO * (i + 1) ** (-1 - gamma))
_TERM = sp.log(1 + _RATIO * y ** (-1 - gamma))
_AREA = sp.Integral(_TERM, (y, 0, count))
_NATS = spectrum_nats(count, _RATIO, gamma)
_SUM = sp.Sum(_FEATURE, _RANGE)


@dataclass(frozen=True, kw_only=True)
class TailOfPowers(NamedRule):
    """Sum of (i+1)^(-1-gamma) over i >= n, by definition."""

    title: ClassVar[str] = "definition of the zeta function of Hurwitz"
    reference: ClassVar[str] = "NIST Digital Library of Mathematical Functions, section 25.11"

    index: sp.Symbol
    first: sp.Expr
    decay: sp.Expr

    @property
    def standing(self) -> Standing:
        """Exact: a definition."""
        return Standing.EXACT

    def yields(self) -> Relational:
        """Return sum = power_tail."""
        if not (self.index.is_integer and self.first.is_integer):
            raise CheckFailed(f"{self.title} is used at whole numbers, got {self.index} from {self.first}")
        body = (self.index + 1) ** (-1 - self.decay)
        return equal(sp.Sum(body, (self.index, self.first, sp.oo)), power_tail(self.first, self.decay))

    def conditions(self) -> tuple[Relational, ...]:
        """Start at 0 or later, with a sum that converges."""
        return (at_least(self.first, 0), above(self.decay, 0))

    @staticmethod
    def spot() -> None:
        """Add a thousand terms and what lies between the integrals about the rest."""
        for first, decay in ((0, 1.5), (7, 0.4)):
            total = mpmath.fsum(mpmath.mpf(k + 1) ** (-1 - decay) for k in range(first, 1000))
            low, high = (mpmath.mpf(end) ** -decay / decay for end in (1001, 1000))
            if not total + low <= power_tail.mp_value(first, decay) <= total + high:
                raise CheckFailed("the tail of powers fails a numerical test")


# docs/math2.md, B2. Ends in step "loss": T L = I + (T/2) ln(w/v), exactly.
LOSS = (
    teacher.MISSPECIFIED_BAYES[1],
    Step(
        name="code_length",
        title="Code length of the labels",
        prose=r"$E_Q$ is the mean of $-\ln Q(Y^T|X^T)$, and $h_Y$ is the entropy of the labels, given teacher and "
        "inputs.",
        claim=equal(D_mixture, length - h_labels),
        check=ExcessCodeLength(divergence=D_mixture, length=length, entropy=h_labels),
        source=HERE,
    ),
    Step(
        name="charged",
        title="The learner's model has the covariances of the labels",
        prose=r"Given the first $m$ coordinates of all inputs, the labels have mean zero, and the covariance of "
        r"$Y_{t+1}$ and $Y_{r+1}$ is $\sum_{i<m}\lambda(i)X_{t,i}X_{r,i}$, for $t=r$ with $v+\mathbb{E}(F-F_m)^2$ "
        r"added: the coordinates left out are independent and centred. These are the covariances of $Q$, which is "
        r"Gaussian, and $h_Q$ is its entropy given the inputs.",
        claim=equal(length, h_model),
        check=ChargedByMoments(length=length, entropy=h_model, resting_on=("coordinates", "model")),
        source=HERE,
    ),
    Step(
        name="model",
        title="Entropy of the model",
        prose=r"In the model, labels carry an information $I$ about the coefficients, and $h_\theta$ is their entropy "
        r"given these.",
        claim=equal(Information, h_model - h_noise),
        check=DifferentialInformation(information=Information, output=h_model, conditional=h_noise),
        source=HERE,
    ),
    Step(
        name="model_noise",
        title="Noise in the model",
        prose="Given the coefficients, the labels of the model are independent Gaussians of variance $w$.",
        claim=equal(h_noise, T / 2 * sp.log(2 * sp.pi * sp.E * w)),
        check=GaussianEntropy(entropy=h_noise, dimension=T, variance=w, resting_on=("model",)),
        source=HERE,
    ),
    Step(
        name="label_noise",
        title="Noise of the labels",
        prose="Given the teacher, labels are independent Gaussians of variance $v$.",
        claim=equal(h_labels, T / 2 * sp.log(2 * sp.pi * sp.E * v)),
        check=GaussianEntropy(entropy=h_labels, dimension=T, variance=v, resting_on=("noise",)),
        source=HERE,
    ),
    Step(
        name="loss",
        title="The loss, exactly",
        prose="The five steps together, over $T$.",
        claim=equal(L, Information / T + sp.log(w / v) / 2),
        check=Combine(
            {
                "loss_as_divergence": -1 / T,
                "code_length": 1 / T,
                "charged": 1 / T,
                "model": -1 / T,
                "model_noise": 1 / T,
                "label_noise": -1 / T,
            }
        ),
        source=HERE,
    ),
)

# From step "loss" on. Ends in steps "noise_value" and "features_left_out".
NOISE = (
    *TAIL,
    Step(
        name="noise",
        title="Noise that the learner assumes",
        prose="It counts the features left out as noise.",
        claim=equal(w, v + DROPPED),
        check=Assumed("variance"),
        source=HERE,
    ),
    Step(
        name="hurwitz",
        title="Variances left out",
        prose=r"$Z$ is a zeta function of Hurwitz, $Z(m,\gamma)=\zeta(1+\gamma,m+1)$.",
        claim=equal(sp.Sum((i + 1) ** (-1 - gamma), (i, count, sp.oo)), power_tail(count, gamma)),
        check=TailOfPowers(index=i, first=count, decay=gamma),
        source=HERE,
    ),
    Step(
        name="left_out",
        title="Mean square left out",
        prose="Put in variances and spectrum.",
        claim=equal(DROPPED, s * sp.Sum((i + 1) ** (-1 - gamma), (i, count, sp.oo))),
        check=Insert("dropped_terms", ("spectrum",)),
        source=HERE,
    ),
    Step(
        name="noise_value",
        title="Value of the noise",
        prose="Put it in.",
        claim=equal(w, v + s * power_tail(count, gamma)),
        check=Insert("noise", ("left_out", "hurwitz")),
        source=HERE,
    ),
    Step(
        name="noise_bound",
        title="Bound on the noise",
        prose="Put in the bound on the tail of the spectrum.",
        claim=at_most(w, v + s * REMAINDER),
        check=Insert("noise", ("dropped_terms", "spectrum", "tail_sum", "tail_value")),
        source=HERE,
    ),
)

# From step "loss" on. Ends in step "information": I <= N(m, T s/w, gamma) / 2.
INFORMATION = (
    Step(
        name="features",
        title="One feature at a time, the others being known",
        prose=r"Coefficients are independent. Given the others and the inputs, the labels read $\theta_i\sqrt R$ "
        r"through noise of variance $w$, where $R=\sum_tX_{t,i}^2$; $G(i,R)$ is the information of this channel.",
        claim=at_most(Information, sp.Sum(Mean(gain, R), _RANGE)),
        check=EachGivenTheOthers(
            total=Information, single=Mean(gain, R), index=i, low=sp.S.Zero, high=count - 1, resting_on=("model",)
        ),
        source=HERE,
    ),
    Step(
        name="channel",
        title="Information about one coefficient",
        prose=r"The signal $\theta_i\sqrt R$ has variance $\lambda(i)R$.",
        claim=equal(gain, sp.log(1 + variance * R / w) / 2),
        check=GaussianInformation(information=gain, signal=variance * R, noise=w, resting_on=("model",)),
        source=HERE,
    ),
    Step(
        name="all_features",
        title="All features",
        prose="Put in channel and spectrum.",
        claim=at_most(Information, sp.Sum(Mean(sp.log(_INSIDE), R), _RANGE) / 2),
        check=Insert("features", ("channel", "spectrum")),
        source=HERE,
    ),
    Step(
        name="concave",
        title="The logarithm is concave",
        prose="Its mean is at most its value at the mean.",
        claim=at_most(Mean(sp.log(_INSIDE), R), sp.log(1 + POWER * Mean(R, R) / w)),
        check=Jensen(function=sp.log(1 + POWER * z / w), variable=z, argument=R, over=(R,), sense="concave"),
        source=HERE,
    ),
    Step(
        name="gains",
        title="Mean of the gain",
        prose="$R$ is a sum of $T$ squares.",
        claim=equal(Mean(R, R), T * Mean(u**2, u)),
        check=SumOfMany(total=Mean(R, R), single=Mean(u**2, u), count=T, resting_on=("gain",)),
        source=HERE,
    ),
    Step(
        name="unit",
        title="Mean square of a coordinate",
        prose="By assumption.",
        claim=equal(Mean(u**2, u), 1),
        check=Assumed("coordinates"),
        source="definition",
    ),
    Step(
        name="feature",
        title="One feature",
        prose="Put in the mean of the gain.",
        claim=at_most(Mean(sp.log(_INSIDE), R), _FEATURE),
        check=Insert("concave", ("gains", "unit")),
        source=HERE,
    ),
    Step(
        name="feature_sum",
        title="Sum over the features",
        prose="Add up.",
        claim=at_most(sp.Sum(Mean(sp.log(_INSIDE), R), _RANGE), _SUM),
        check=SumUp("feature", i, sp.S.Zero, count - 1),
        source=HERE,
    ),
    Step(
        name="integral_value",
        title="An integral",
        prose=r"$N(n,c,\gamma)=n\ln(1+cn^{-1-\gamma})+(1+\gamma)\,n\,{}_2F_1(1,\tfrac1{1+\gamma};1+\tfrac1{1+\gamma};"
        r"-n^{1+\gamma}/c)$ has the derivative $\ln(1+cn^{-1-\gamma})$ in $n$, and is zero at $n=0$.",
        claim=equal(_AREA, _NATS),
        check=Integration(spectrum_nats(y, _RATIO, gamma)),
        hypotheses=(COUNTED,),
        source=HERE,
    ),
    Step(
        name="integral_test",
        title="Sum and integral",
        prose="Summands fall with the feature's place.",
        claim=at_most(_SUM, _AREA),
        check=IntegralTest(term=_TERM, x=y, index=i, count=count, side="after", finite="integral_value"),
        hypotheses=(COUNTED,),
        source=HERE,
    ),
    Step(
        name="information",
        title="Information in the model",
        prose="Put the parts together.",
        claim=at_most(Information, _NATS / 2),
        check=Insert("all_features", ("feature_sum", "integral_test", "integral_value")),
        hypotheses=(COUNTED,),
        source=HERE,
    ),
)

# Ends in steps "number": m = n, and "counted": m >= 1.
NUMBER = (
    Step(
        name="number",
        title="Number of features",
        prose="The learner sees the first $n$.",
        claim=equal(count, n),
        check=Assumed("number"),
        source="definition",
    ),
    Step(
        name="least_size",
        title="The least size",
        prose="A positive whole number is at least 1.",
        claim=at_least(n, 1),
        check=Algebra(),
        hypotheses=(whole(n),),
    ),
    Step(
        name="counted",
        title="At least one feature",
        prose="So is the number of features.",
        claim=COUNTED,
        check=Insert("least_size", ("number",)),
        hypotheses=(whole(n),),
    ),
)

_MIDDLE = (n + sp.Rational(1, 2)) ** -gamma

ASSEMBLY = (
    Step(
        name="features_left_out",
        title="Price of the features left out",
        prose="The loss rises with the noise assumed.",
        claim=at_most(L, Information / T + sp.log((v + s * REMAINDER) / v) / 2),
        check=Insert("loss", ("noise_bound",)),
        source=HERE,
    ),
    Step(
        name="bound",
        title="The bound for a number of features",
        prose="Put in information and noise.",
        claim=at_most(
            L,
            spectrum_nats(count, T * s / (v + s * power_tail(count, gamma)), gamma) / (2 * T)
            + sp.log((v + s * REMAINDER) / v) / 2,
        ),
        check=Insert("features_left_out", ("information", "noise_value")),
        hypotheses=(COUNTED,),
        source=HERE,
    ),
    Step(
        name="middle",
        title="A power of a sum",
        prose="Take the size out of it.",
        claim=equal(_MIDDLE, n**-gamma * (1 + 1 / (2 * n)) ** -gamma),
        check=Algebra(),
    ),
    Step(
        name="linear_spectrum_jensen",
        title="The bound",
        prose="Put in the number of features.",
        claim=at_most(L, LAW.expr),
        check=Insert("bound", ("number", "middle"), discharging=("counted",)),
        hypotheses=(whole(n),),
        source="docs/math2.md, section B, J-env",
    ),
)

SETTING = (
    r"The teacher is $F(x)=\sum_{i\ge0}\theta_ix_i$ with independent Gaussian coefficients $\theta_i$ of variance "
    r"$\lambda(i)=s\,(i+1)^{-1-\gamma}$; a label is $F(X_t)$ plus Gaussian noise of variance $v$, which is known.",
    r"The learner sees the first $m$ coordinates of an input. It is exact Bayes for a model of its own: labels are "
    r"$\sum_{i<m}\theta_iX_{t,i}$ plus Gaussian noise of variance $w=v+\mathbb{E}(F-F_m)^2$, where $F_m$ is the "
    r"teacher cut off after $m$ features. It updates on the labels that the teacher makes, and $Q$ is the model's law "
    r"of $T$ labels, given the inputs.",
    r"The loss $L=\frac1T\sum_{t<T}\mathbb{E}\,\mathrm{KL}(P_F(\cdot|X_t)\,\|\,\tilde P_t)$ is the excess log-loss "
    r"over the teacher, averaged over the first $T$ samples; it is not the loss after $T$ samples. Logarithms are "
    r"natural.",
)

ASSUMPTIONS = (
    Assumption("inputs", "The inputs $X_t$ are of one law, independent of the teacher."),
    Assumption("noise", "Given the teacher, labels are independent, Gaussian, of variance $v$ about its values."),
    Assumption(
        "coordinates",
        "Coordinates of the inputs are independent, of each other and of the coefficients, at one time and between "
        "times; they are centred and of variance 1.",
        equal(Mean(u**2, u), 1),
    ),
    spectrum.ASSUMPTIONS["spectrum"],
    Assumption(
        "model",
        r"In the model the coefficients $\theta_i$, $i<m$, are centred independent Gaussians of variance $\lambda(i)$, "
        r"independent of inputs and noise, and noise is independent and Gaussian of variance $w$.",
    ),
    Assumption(
        "variance",
        "The model's noise has the variance of the labels' noise and of what is left out.",
        equal(w, v + DROPPED),
    ),
    Assumption("gain", r"$R$ is the sum of the squares of one coordinate of the $T$ inputs."),
    Assumption("number", "The learner sees $n$ features.", equal(count, n)),
)

COMMON_LETTERS = (
    *(Letter(THEORY[name].symbol, THEORY[name].meaning, THEORY[name].unit) for name in ("n", "T")),
    *spectrum.LETTERS,
    *(row for row in teacher.LETTERS if row.symbol == L),
    Letter(D_mixture, r"$\mathbb{E}\,\mathrm{KL}(P_F^T\|Q)$, where $Q$ is the model's law of $T$ labels", "nats"),
    Letter(Information, "information of the model's labels about its coefficients, given the inputs", "nats"),
    Letter(F, "value of the teacher at an input"),
    Letter(w, "variance of the model's noise"),
    Letter(count, "number of features that the learner sees"),
    Letter(length, "mean code length of the labels under the model", "nats"),
    Letter(h_labels, "entropy of the labels, given teacher and inputs", "nats"),
    Letter(h_model, "entropy of the model's labels, given the inputs", "nats"),
    Letter(h_noise, "entropy of the model's labels, given its coefficients and the inputs", "nats"),
    Letter(power_tail(count, gamma), r"$\sum_{i>m}i^{-1-\gamma}$"),
)

LETTERS = (
    *COMMON_LETTERS,
    *spectrum.MIDPOINT_LETTERS,
    Letter(R, "sum of the squares of one coordinate of the $T$ inputs"),
    Letter(gain, "information about the $i$-th coefficient, given the others, at this sum", "nats"),
    Letter(u, "a coordinate of an input"),
    Letter(y, "a positive number"),
    Letter(_NATS, r"$\int_0^m\ln(1+\tfrac{Ts}wy^{-1-\gamma})\,dy$", "nats"),
)

REFERENCES = (
    "T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley (2006).",
    "NIST Digital Library of Mathematical Functions, section 25.11.",
    "D. Williams, Probability with Martingales, Cambridge University Press (1991).",
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of a learner that takes the features it does not see for noise",
    setting=SETTING,
    assumptions=ASSUMPTIONS,
    symbols=LETTERS,
    steps=(*LOSS, *NOISE, *INFORMATION, *NUMBER, *ASSEMBLY),
    conclusion=at_most(L, LAW.expr),
    domain=(whole(n),),
    references=REFERENCES,
    example={
        n: sp.Integer(1000),
        T: sp.Integer(10) ** 6,
        s: sp.Integer(1),
        v: sp.Integer(1),
        gamma: sp.Integer(1),
        h: sp.Rational(1, 2),
        x: sp.Integer(1),
    },
)
