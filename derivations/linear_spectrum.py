"""The linear teacher: its first features, each coded as rate-distortion theory codes a Gaussian.

The steps from divergences of sequences to information and mismatch are those of the other bounds; the labels here
are real numbers with Gaussian noise.  Derived in docs/math2.md section B1; it is not in the papers.
"""

import math

import sympy as sp

from infobound.bounds.linear_spectrum import LAWS, m, p
from infobound.bounds.spectrum import gamma, s, v
from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.calculus import Induction, IntegralTest, Integration, Summation
from infobound.proof.check import Algebra, Assumed, Theorem
from infobound.proof.copies import MemorylessChannel
from infobound.proof.information import DataProcessing, GaussianInformation, InformationBelowEntropy
from infobound.proof.linking import Average, Combine, EitherWay, Insert, SumUp
from infobound.proof.probability import OrthogonalSum, Pythagoras, SameLaw
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
from infobound.symbols import THEORY, T, n

from . import spectrum, teacher
from .spectrum import DROPPED, HALF, REMAINDER, TAIL, F_m, count, h, i, variance, x
from .teacher import DIVERGENCE, KL, SQUARED_ERROR, F, F_tilde, Information, L

__all__ = ["DERIVATION"]

(LAW,) = LAWS

I_code = sp.Symbol("I_c", nonnegative=True)
copy = sp.Function("g", nonnegative=True)(i)
coded = sp.Function("c", nonnegative=True)(i)
J = sp.Function("J", real=True)(i)

_COUNTED = at_least(count, 1)
# A feature is worth coding from T s = v on.
_SOME, _NONE = at_least(T * s / v, 1), below(T * s / v, 1)
_CODED_FEATURE = at_most(i, count - 1)
_CODED = Mean((F_m - F_tilde) ** 2, F_m, F_tilde)
_DISTORTION = v / T
_LOGARITHMS = sp.Sum(-sp.log(1 + i), (i, 0, count - 1))
_NATS = (sp.log(T * s / v) - p * sp.log(1 + i)) / 2


def _divergence_on_numbers() -> None:
    """Quadrature of the divergence of two Gaussians."""
    for a, b, noise in ((0.0, 1.5, 1.0), (-0.3, 0.4, 0.2)):
        step, total = 0.001, 0.0
        for j in range(-12000, 12001):
            z = a + step * j
            density = math.exp(-((z - a) ** 2) / (2 * noise)) / math.sqrt(2 * math.pi * noise)
            total += step * density * ((z - b) ** 2 - (z - a) ** 2) / (2 * noise)
        if abs(total - (a - b) ** 2 / (2 * noise)) > 1e-9:
            raise CheckFailed("the divergence of Gaussians fails a numerical test")


# docs/math2.md, B1. Ends in step "squares": E KL = E (f - f~)^2 / (2 v).
LABELS = (
    Step(
        name="label_divergence",
        title="Divergence of two labels",
        prose="Labels are Gaussian of variance $v$ about the function's value.",
        claim=equal(KL(F, F_tilde), (F - F_tilde) ** 2 / (2 * v)),
        check=Theorem(
            name="divergence of Gaussians of one variance",
            reference="Cover and Thomas, Elements of Information Theory (2006), section 8.5",
            spot=_divergence_on_numbers,
            resting_on=("noise",),
            pointwise=(F, F_tilde),
        ),
        source="docs/math2.md, B1",
    ),
    *(step for step in teacher.MISSPECIFIED_BAYES if step.name != "label_divergence"),
    Step(
        name="squares",
        title="Mismatch and squared error",
        prose="Take expectations over teacher, student and input.",
        claim=equal(DIVERGENCE, SQUARED_ERROR / (2 * v)),
        check=Average("label_divergence", (F, F_tilde)),
        source="docs/math2.md, B1",
    ),
)

# docs/math2.md, B1 and the envelopes after it. Ends in step "mismatch".
MISMATCH = (
    Step(
        name="decomposition",
        title="Two sources of error",
        prose=r"The student differs from the teacher in the features left out ($F-F_m$) and in the error of those "
        r"coded ($F_m-\tilde F$). Coordinates of the input are centred and independent.",
        claim=equal(SQUARED_ERROR, DROPPED + _CODED),
        check=Pythagoras(total=SQUARED_ERROR, first=DROPPED, second=_CODED, resting_on=("coordinates",)),
        source="docs/math2.md, B1",
    ),
    *TAIL,
    Step(
        name="coded_terms",
        title="Features coded",
        prose=r"Likewise; $c(i)$ is the mean squared error of a coefficient's copy.",
        claim=equal(_CODED, sp.Sum(coded, (i, 0, count - 1))),
        check=OrthogonalSum(
            square=_CODED, summand=coded, index=i, low=sp.S.Zero, high=count - 1, resting_on=("coordinates",)
        ),
        source="docs/math2.md, B1",
    ),
    Step(
        name="coded",
        title="Error of a copy",
        prose="The coefficient is its copy plus independent noise of variance $v/T$.",
        claim=equal(coded, _DISTORTION),
        check=SameLaw(first=coded, second=_DISTORTION, resting_on=("backward",)),
        hypotheses=(_CODED_FEATURE,),
        source="docs/math2.md, B1",
    ),
    Step(
        name="coded_sum",
        title="All copies",
        prose="Add up.",
        claim=equal(sp.Sum(coded, (i, 0, count - 1)), sp.Sum(_DISTORTION, (i, 0, count - 1))),
        check=SumUp("coded", i, sp.S.Zero, count - 1),
    ),
    Step(
        name="coded_value",
        title="Equal terms",
        prose="There are $m$ of them.",
        claim=equal(sp.Sum(_DISTORTION, (i, 0, count - 1)), count * _DISTORTION),
        check=Summation(i * _DISTORTION),
    ),
    Step(
        name="mismatch",
        title="Mismatch of student and teacher",
        prose="From divergences to squares, and the two sources of error.",
        claim=at_most(DIVERGENCE, (s * REMAINDER + count * _DISTORTION) / (2 * v)),
        check=Insert(
            "squares",
            (
                "decomposition",
                "dropped_terms",
                "spectrum",
                "tail_sum",
                "tail_value",
                "coded_terms",
                "coded_sum",
                "coded_value",
            ),
        ),
        source="docs/math2.md, B1",
    ),
)

# docs/math2.md, B1. Ends in step "information".
CODE = (
    Step(
        name="code",
        title="A code for the student",
        prose="The student is a function of the copies.",
        claim=at_most(Information, I_code),
        check=DataProcessing(coarse=Information, fine=I_code, resting_on=("code",)),
        source="docs/math2.md, B1",
    ),
    Step(
        name="channels",
        title="Copies are made one by one",
        prose="Each copy is made from its own coefficient.",
        claim=at_most(I_code, sp.Sum(J, (i, 0, count - 1))),
        check=MemorylessChannel(
            total=I_code, single=J, index=i, low=sp.S.Zero, high=count - 1, resting_on=("backward",)
        ),
        source="docs/math2.md, B1",
    ),
    Step(
        name="copy",
        title="Information about one coefficient",
        prose="The coefficient is its copy, a Gaussian of variance $g(i)$, plus independent Gaussian noise.",
        claim=equal(J, sp.log(1 + copy / _DISTORTION) / 2),
        check=GaussianInformation(information=J, signal=copy, noise=_DISTORTION, resting_on=("backward",)),
        hypotheses=(_CODED_FEATURE,),
        source="docs/math2.md, B1",
    ),
    Step(
        name="backward",
        title="Variance of a copy",
        prose="Variances of independent parts add up.",
        claim=equal(copy, variance - _DISTORTION),
        check=Assumed("backward"),
        hypotheses=(_CODED_FEATURE,),
        source="docs/math2.md, B1",
    ),
    Step(
        name="copy_value",
        title="In terms of the feature's place",
        prose="Put in variance and spectrum.",
        claim=equal(J, _NATS),
        check=Insert("copy", ("backward", "spectrum")),
        hypotheses=(_CODED_FEATURE,),
        source="docs/math2.md, B1",
    ),
    Step(
        name="copies",
        title="All coded features",
        prose="Add up.",
        claim=equal(sp.Sum(J, (i, 0, count - 1)), sp.Sum(_NATS, (i, 0, count - 1))),
        check=SumUp("copy_value", i, sp.S.Zero, count - 1),
    ),
    Step(
        name="copies_split",
        title="Term by term",
        prose="By induction on $m$.",
        claim=equal(sp.Sum(_NATS, (i, 0, count - 1)), count / 2 * sp.log(T * s / v) + p / 2 * _LOGARITHMS),
        check=Induction(count),
    ),
    Step(
        name="integral_test",
        title="Sum and integral of the logarithm",
        prose=r"$-\ln x$ decreases.",
        claim=at_most(_LOGARITHMS, sp.Integral(-sp.log(x), (x, 1, count))),
        check=IntegralTest(term=-sp.log(x), x=x, index=i, count=count, side="upper", start=sp.S.One),
        hypotheses=(_COUNTED,),
        source="docs/math2.md, B",
    ),
    Step(
        name="integral_value",
        title="Its value",
        prose=r"An antiderivative is $x-x\ln x$.",
        claim=equal(sp.Integral(-sp.log(x), (x, 1, count)), count - count * sp.log(count) - 1),
        check=Integration(x - x * sp.log(x)),
        hypotheses=(_COUNTED,),
    ),
    Step(
        name="unit",
        title="One is not negative",
        prose="It is given away, for a simpler bound.",
        claim=at_most(0, 1),
        check=Algebra(),
    ),
    Step(
        name="logarithms",
        title="Sum of the logarithms",
        prose="The three steps together.",
        claim=at_most(_LOGARITHMS, count - count * sp.log(count)),
        check=Combine({"integral_test": 1, "integral_value": 1, "unit": 1}),
        hypotheses=(_COUNTED,),
        source="docs/math2.md, B",
    ),
    Step(
        name="counted",
        title="At least one feature",
        prose="The first feature is worth coding.",
        claim=_COUNTED,
        check=Assumed("counted"),
        hypotheses=(_SOME,),
        source="docs/math2.md, B1",
    ),
    Step(
        name="information",
        title="Information of the student",
        prose="Put the parts together.",
        claim=at_most(Information, count * (sp.log(T * s / v) - p * sp.log(count) + p) / 2),
        check=Insert("code", ("channels", "copies", "copies_split", "logarithms"), discharging=("counted",)),
        hypotheses=(_SOME,),
        source="docs/math2.md, B1",
    ),
)

_BOUND = LAW.expr.xreplace({m: count})
_MISMATCH = s * REMAINDER / (2 * v) + count / (2 * T)

ASSEMBLY = (
    Step(
        name="some",
        title="The bound for a number of coded features",
        prose="Put information and mismatch into the theorem.",
        claim=at_most(L, _MISMATCH + count * (sp.log(T * s / v) - p * sp.log(count) + p) / (2 * T)),
        check=Insert("misspecified_bayes", ("information", "mismatch")),
        hypotheses=(_SOME,),
        source="docs/math2.md, B1",
    ),
    Step(
        name="constant_information",
        title="No feature is coded: information",
        prose="Then the student is the zero function, which has no entropy.",
        claim=at_most(Information, 0),
        check=InformationBelowEntropy(information=Information, entropy=sp.S.Zero, where=(_NONE,)),
        hypotheses=(_NONE,),
        source="docs/math2.md, B1",
    ),
    Step(
        name="none",
        title="No feature is coded: the bound",
        prose="Only the mismatch is left.",
        claim=at_most(L, _MISMATCH),
        check=Insert("misspecified_bayes", ("constant_information", "mismatch")),
        hypotheses=(_NONE,),
        source="docs/math2.md, B1",
    ),
    Step(
        name="either",
        title="With or without coded features",
        prose="Both cases together.",
        claim=at_most(L, _BOUND),
        check=EitherWay(_SOME, "some", "none"),
        source="docs/math2.md, B1",
    ),
    Step(
        name="number",
        title="Number of coded features",
        prose="The student codes as many as its width and their variance allow.",
        claim=equal(m, count),
        check=Assumed("number"),
        hypotheses=(whole(n),),
        source="docs/math2.md, B1",
    ),
    Step(
        name="linear_spectrum",
        title="The bound",
        prose="Put in the number of coded features.",
        claim=at_most(L, LAW.expr),
        check=Insert("either", ("number",)),
        hypotheses=(whole(n),),
        source="docs/math2.md, section B",
    ),
)

SETTING = (
    r"The teacher is $F(x)=\sum_{i\ge0}\theta_ix_i$ with independent Gaussian coefficients $\theta_i$ of variance "
    r"$\lambda(i)=s\,(i+1)^{-1-\gamma}$; a label is $F(X_t)$ plus Gaussian noise of variance $v$, which is known.",
    r"The student is $\tilde F(x)=\sum_{i<m}\tilde\theta_ix_i$, where $\tilde\theta_i$ is a copy of $\theta_i$ at mean "
    r"squared error $v/T$; $F_m$ is the teacher cut off after $m$ features. The learner is the Bayes mixture of the "
    r"students: its prior is the law of $\tilde F$, it takes the noise for that of the labels, and it updates on the "
    r"labels that the teacher makes.",
    r"The loss $L=\frac1T\sum_{t<T}\mathbb{E}\,\mathrm{KL}(P_F(\cdot|X_t)\,\|\,\tilde P_t)$ is the excess log-loss "
    r"over the teacher, averaged over the first $T$ samples; it is not the loss after $T$ samples. Logarithms are "
    r"natural.",
)

_KEPT_ASSUMPTIONS = {assumption.key: assumption for assumption in teacher.ASSUMPTIONS}
ASSUMPTIONS = (
    Assumption("inputs", "The inputs $X_t$ are of one law, independent of teacher and student."),
    _KEPT_ASSUMPTIONS["labels"],
    Assumption("noise", "Given the function, a label is Gaussian of variance $v$ about the function's value."),
    *spectrum.ASSUMPTIONS.values(),
    Assumption(
        "backward",
        r"A coded coefficient, $i<m$, is its copy plus independent Gaussian noise of variance $v/T$, and the copy is "
        r"Gaussian of variance $g(i)$; each has noise of its own. (This is possible since $\lambda(i)\ge v/T$ for "
        r"$i+1\le(Ts/v)^{1/(1+\gamma)}$.)",
        equal(copy, variance - _DISTORTION),
        where=(_CODED_FEATURE,),
    ),
    Assumption("counted", "Where $Ts\\ge v$, at least one feature is coded; where $Ts<v$, none is.", _COUNTED),
    Assumption("code", "The student is determined by the copies, and the teacher acts on it through them only."),
    Assumption(
        "number",
        r"The number of coded features is the smaller of $n$ and of $(Ts/v)^{1/(1+\gamma)}$, rounded down; the law's "
        r"function $m$ gives it.",
        equal(m, count),
    ),
)

_COMMON = {"L", "D_Q", "D_Ftilde", "I"}
LETTERS = (
    *(Letter(THEORY[name].symbol, THEORY[name].meaning, THEORY[name].unit) for name in ("n", "T")),
    *spectrum.LETTERS,
    *spectrum.MIDPOINT_LETTERS,
    *(row for row in teacher.LETTERS if str(row.symbol) in _COMMON),
    Letter(F, "value of the teacher at an input"),
    Letter(F_tilde, "value of the student at the same input"),
    Letter(KL(F, F_tilde), "divergence of the labels' laws at these values", "nats"),
    Letter(count, "number of coded features"),
    Letter(copy, "variance of a coefficient's copy"),
    Letter(coded, "mean squared error of a coefficient's copy"),
    Letter(J, "information of a coefficient and its copy", "nats"),
    Letter(I_code, "information of teacher and copies", "nats"),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the first features of a linear teacher",
    setting=SETTING,
    assumptions=ASSUMPTIONS,
    symbols=LETTERS,
    steps=(*LABELS, *MISMATCH, *CODE, *ASSEMBLY),
    conclusion=at_most(L, LAW.expr),
    domain=(whole(n),),
    references=teacher.REFERENCES,
    # v is left open: whether a feature is worth coding distinguishes two cases
    example={
        n: sp.Integer(1000),
        T: sp.Integer(10) ** 6,
        s: sp.Integer(1),
        gamma: HALF,
        h: HALF,
        x: sp.Integer(1),
    },
)
