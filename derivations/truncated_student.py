"""The truncated student: the first atoms of the teacher's stick-breaking, each through a Gaussian channel.

Theorem 12 of docs/math.md, before its width is chosen, with as many atoms as the width allows and the channel's
distortion admits.  Derived there; it is not in the papers.
"""

import sympy as sp

from infobound.bounds.truncated_student import LAWS, admissible, decay, first
from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, Summation
from infobound.proof.check import Algebra, Definition
from infobound.proof.copies import MemorylessChannel, UniformIndex
from infobound.proof.information import (
    BernoulliEntropy,
    DataProcessing,
    EntropySubadditivity,
    IndependentEntropies,
    InformationBelowEntropy,
)
from infobound.proof.linking import Combine, EitherWay, Insert, Specialise, SumUp
from infobound.proof.order import BelowEntry, Rounding
from infobound.proof.probability import IndependentFactors, OrthogonalSum, Pythagoras, SameLaw
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
from .neurons import NEURON, ROUNDED_NEURON, SQUARED_NEURON, WEIGHTS, mean_square, rounding, summand
from .teacher import DIVERGENCE, LOGITS, SQUARED_ERROR, F, F_tilde, Information, L, k, mu

__all__ = ["DERIVATION"]

(LAW,) = LAWS
HALF = sp.Rational(1, 2)

M = sp.Symbol("M", integer=True)
m = sp.Symbol("m", integer=True, positive=True)
theta, t, x = sp.symbols("theta t x", positive=True)
F_m = sp.Symbol("F_m", real=True)
chord = sp.Symbol("Delta", nonnegative=True)
I_code, I_kept, H_signs, H_sign = sp.symbols("I_c I_v H_s H_{\\pm}", nonnegative=True)
dropped, coded = sp.Function("e", nonnegative=True)(k), sp.Function("g", nonnegative=True)(k)
q = sp.Function("q", positive=True)(k)

CHANNEL = channel.Channel(
    signal=q,
    distortion=theta,
    chord=sp.Function("delta", nonnegative=True)(k),
    size=sp.Function("S", positive=True)(k),
    information=sp.Function("J", real=True)(k),
    output=sp.Function("h_1", real=True)(k),
    noise=sp.Function("h_0", real=True)(k),
    vector="v_k",
    copy=r"\tilde v_k",
)
J = CHANNEL.information

# Where the student keeps at least one atom, and where it keeps none.
_SOME, _NONE = at_least(M, 1), below(M, 1)
_KEPT = (whole(n), _SOME)
_ATOM = (*_KEPT, at_most(k, m))

SETTING = (
    r"Write $v_k=\sqrt{K+1}\,\pi_kw_k$ for the $k$-th atom of the teacher, $F_m(x)=\sum_{k\le m}s_k\max(0,v_k\cdot "
    r"x)$ for "
    r"the teacher cut off after $m$ atoms, and $\theta=8d/T$. The student is "
    r"$\tilde F(x)=\sum_{k\le m}s_k\max(0,\tilde v_k\cdot x)$, where each kept atom has passed through a Gaussian "
    r"channel: "
    r"$\tilde v_k=(1-D_k)v_k+\sqrt{D_k(1-D_k)\,q(k)/d}\;Z_k$ with $q(k)=\mathbb{E}|v_k|^2$ and $D_k=\theta/q(k)$.",
    r"A channel needs $D_k\le1$: an atom is admissible if its mean square is at least $\theta$. The student keeps "
    r"$m=\min(n,M)$ atoms, where $M$ is the number of admissible ones. If there are none, the student is $\tilde F=0$, "
    r"which always says $1/2$.",
    r"Where an atom is drawn at random, it is one of the $m$ kept ones, each with the same probability; $u=v\cdot "
    r"X$ and "
    r"$\tilde u=\tilde v\cdot X$ are then the projections of an input on this atom and on its copy.",
)

_DROPPED = Mean((F - F_m) ** 2, F, F_m)
_CODED = Mean((F_m - F_tilde) ** 2, F_m, F_tilde)
_SECOND = Mean(F**2, F)
_TAIL_TERM = (K / (K + 2)) ** (k - 1) / (K + 2)
_TAIL = (K / (K + 2)) ** m
_SIGNAL = 2 / (K + 2) * (K / (K + 2)) ** (k - 1)
_RATIO = T / (4 * d * (K + 2)) * (K / (K + 2)) ** (k - 1)

# docs/math.md, section 12: which atoms are kept. Ends in step "level": theta <= q(k) for k <= m.
LEVEL = (
    Step(
        name="theta",
        title="Distortion",
        prose="Every kept atom is coded with the same distortion.",
        claim=equal(theta, 8 * d / T),
        check=Definition(),
        source="docs/math.md, section 12",
    ),
    Step(
        name="admissible",
        title="Number of admissible atoms",
        prose="Rounding down can give zero or less, which means that there are none.",
        claim=equal(M, admissible),
        check=Definition(),
        source="docs/math.md, section 12",
    ),
    Step(
        name="kept",
        title="Number of kept atoms",
        prose="If some atom is admissible, the student keeps as many as its width allows.",
        claim=equal(m, sp.Min(n, M)),
        check=Definition(),
        hypotheses=_KEPT,
        source="docs/math.md, section 12",
    ),
    Step(
        name="kept_below",
        title="Kept atoms are admissible",
        prose="By definition of the minimum.",
        claim=at_most(sp.Min(n, M), M),
        check=BelowEntry(entry=M, other=n),
    ),
    Step(
        name="rounded",
        title="Rounding down",
        prose="By definition of the integer part.",
        claim=at_most(sp.floor(first / decay), first / decay),
        check=Rounding(number=first / decay, way="down"),
    ),
    Step(
        name="index",
        title="A kept atom",
        prose="Let the atom $k$ be kept.",
        claim=at_most(k, m),
        check=Algebra(),
        hypotheses=(at_most(k, m),),
    ),
    Step(
        name="nats",
        title="What is left to code of a kept atom",
        prose=r"Multiply $k\le m\le M\le1+\ln\frac T{4d(K+2)}/\ln(1+\frac2K)$ by the last logarithm.",
        claim=at_most((k - 1) * decay, first),
        check=Combine({"index": decay, "kept": decay, "kept_below": decay, "admissible": decay, "rounded": decay}),
        hypotheses=_ATOM,
        source="docs/math.md, section 12",
    ),
    Step(
        name="logarithm",
        title="Logarithm and its tangent",
        prose="The difference is convex in $x$, and zero and stationary at $x=1$.",
        claim=at_most(sp.log(x), x - 1),
        check=ConvexMinimum(x, 1),
    ),
    Step(
        name="logarithm_ratio",
        title="At the ratio of an atom to the distortion",
        prose=r"With $x=q(k)/\theta$, whose value will be seen in a moment.",
        claim=at_most(first - (k - 1) * decay, _RATIO - 1),
        check=Specialise("logarithm", {x: _RATIO}),
    ),
    Step(
        name="ratio",
        title="The ratio is at least one",
        prose="Its logarithm is not negative.",
        claim=at_most(1, _RATIO),
        check=Combine({"nats": 1, "logarithm_ratio": 1}),
        hypotheses=_ATOM,
        source="docs/math.md, section 12",
    ),
    Step(
        name="signal",
        title="Mean square of an atom",
        prose="Directions have length 1.",
        claim=equal(q, (K + 1) * mu(k)),
        check=IndependentFactors(product=q, factors=(K + 1, mu(k)), resting_on=("directions",)),
        source="docs/math.md, section 12",
    ),
    Step(
        name="signal_value",
        title="Its value",
        prose="Put in the second moment of the weight.",
        claim=equal(q, _SIGNAL),
        check=Insert("signal", ("weight",)),
        source="docs/math.md, section 12",
    ),
    Step(
        name="level",
        title="Kept atoms stand out of the distortion",
        prose=r"So the channel exists for every kept atom.",
        claim=at_most(theta, q),
        check=Combine({"ratio": 8 * d / T, "signal_value": -1, "theta": 1}),
        hypotheses=_ATOM,
        source="docs/math.md, section 12",
    ),
)

# docs/math.md, section 12. Ends in step "mismatch": E KL <= ((K/(K+2))^m + m theta)/16.
MISMATCH = (
    Step(
        name="decomposition",
        title="Two sources of error",
        prose=r"The student differs from the teacher in the atoms left out ($F-F_m$) and in the noise of those kept "
        r"($F_m-\tilde F$). The signs of the kept atoms are centred and independent of the others.",
        claim=equal(SQUARED_ERROR, _DROPPED + _CODED),
        check=Pythagoras(total=SQUARED_ERROR, first=_DROPPED, second=_CODED, resting_on=("signs",), where=(_SOME,)),
        hypotheses=(_SOME,),
        source="docs/math.md, section 12",
    ),
    Step(
        name="dropped_terms",
        title="Atoms left out: no cross terms",
        prose=rf"The signs are independent and centred; ${sp.latex(dropped)}$ is the second moment of the $k$-th term.",
        claim=equal(_DROPPED, sp.Sum(dropped, (k, m + 1, sp.oo))),
        check=OrthogonalSum(square=_DROPPED, summand=dropped, index=k, low=m + 1, high=sp.oo, resting_on=("signs",)),
        source="docs/math.md, section 12",
    ),
    Step(
        name="dropped_factors",
        title="Atoms left out: one term",
        prose="The weight is independent of the direction and the input.",
        claim=equal(dropped, (K + 1) * mu(k) * SQUARED_NEURON),
        check=IndependentFactors(product=dropped, factors=(K + 1, mu(k), SQUARED_NEURON), resting_on=("directions",)),
        source="docs/math.md, section 12",
    ),
    Step(
        name="dropped_value",
        title="Atoms left out: its value",
        prose="Put in the second moments of the weight and of the neuron.",
        claim=equal(dropped, _TAIL_TERM),
        check=Insert("dropped_factors", ("weight", "neuron")),
        source="docs/math.md, section 12",
    ),
    Step(
        name="dropped_series",
        title="A geometric series",
        prose="Its ratio is $K/(K+2)<1$.",
        claim=equal(sp.Sum(_TAIL_TERM, (k, m + 1, sp.oo)), _TAIL / 2),
        check=Summation(),
        source="docs/math.md, section 12",
    ),
    Step(
        name="dropped",
        title="Error of truncation",
        prose="It falls exponentially in the number of atoms.",
        claim=equal(_DROPPED, _TAIL / 2),
        check=Insert("dropped_terms", ("dropped_value", "dropped_series")),
        source="docs/math.md, section 12",
    ),
    *channel.NOISE,
    *CHANNEL.distance(at_most(theta, q)),
    Step(
        name="distance_kept",
        title="Distance of a kept atom's copy",
        prose="The channel exists for the kept atoms.",
        claim=equal(CHANNEL.chord, theta),
        check=Specialise("distance", {}, discharging=("level",)),
        hypotheses=_ATOM,
        source="docs/math.md, section 12",
    ),
    Step(
        name="distances",
        title="All kept atoms",
        prose="Add up.",
        claim=equal(sp.Sum(CHANNEL.chord, (k, 1, m)), sp.Sum(theta, (k, 1, m))),
        check=SumUp("distance_kept", k, sp.S.One, m),
        hypotheses=_KEPT,
    ),
    Step(
        name="distances_value",
        title="Equal terms",
        prose="There are $m$ of them.",
        claim=equal(sp.Sum(theta, (k, 1, m)), m * theta),
        check=Summation(k * theta),
    ),
    Step(
        name="distance_drawn",
        title="Distance of an atom drawn at random",
        prose="Draw one of the kept atoms, each with probability $1/m$.",
        claim=equal(sp.Sum(CHANNEL.chord, (k, 1, m)), m * chord),
        check=UniformIndex(single=CHANNEL.chord, index=k, count=m, expected=chord, resting_on=("drawn",)),
        source="docs/math.md, section 12",
    ),
    Step(
        name="distance_mean",
        title="Its value",
        prose="All distances are equal, so it is their common value.",
        claim=equal(chord, theta),
        check=Combine({"distance_drawn": -1 / m, "distances": 1 / m, "distances_value": 1 / m}),
        hypotheses=_KEPT,
        source="docs/math.md, section 12",
    ),
    Step(
        name="coded_terms",
        title="Kept atoms: no cross terms",
        prose=rf"The signs are independent and centred; ${sp.latex(coded)}$ is the second moment of "
        r"$\max(0,v_k\cdot X)-\max(0,\tilde v_k\cdot X)$.",
        claim=equal(_CODED, sp.Sum(coded, (k, 1, m))),
        check=OrthogonalSum(square=_CODED, summand=coded, index=k, low=sp.S.One, high=m, resting_on=("signs",)),
        source="docs/math.md, section 12",
    ),
    Step(
        name="coded_drawn",
        title="Kept atoms: one drawn at random",
        prose="The sum is $m$ times the expectation for an atom drawn at random.",
        claim=equal(sp.Sum(coded, (k, 1, m)), m * ROUNDED_NEURON),
        check=UniformIndex(single=coded, index=k, count=m, expected=ROUNDED_NEURON, resting_on=("drawn",)),
        source="docs/math.md, section 12",
    ),
    *rounding(chord),
    Step(
        name="mismatch",
        title="Mismatch of student and teacher",
        prose="From logits to squares, and the two sources of error.",
        claim=at_most(DIVERGENCE, (_TAIL + m * theta) / 16),
        check=Insert(
            "logits",
            ("decomposition", "dropped", "coded_terms", "coded_drawn", "rounding", "distance_mean"),
        ),
        hypotheses=_KEPT,
        source="docs/math.md, section 12",
    ),
)

_NATS = d / 2 * (first - (k - 1) * decay)
_NATS_TOTAL = m * (d / 2 * first - d / 4 * (m - 1) * decay)
_INFORMATION = m * (sp.log(2) + d / 2 * first - d / 4 * (m - 1) * decay)

# docs/math.md, section 12. Ends in step "information".
CODE = (
    Step(
        name="code",
        title="A code for the student",
        prose="The student is a function of the signs of the kept atoms and of what the channels passed on.",
        claim=at_most(Information, I_code),
        check=DataProcessing(coarse=Information, fine=I_code, resting_on=("code",), where=(_SOME,)),
        hypotheses=(_SOME,),
        source="docs/math.md, sections 1 and 12",
    ),
    Step(
        name="parts",
        title="Parts of the code",
        prose="Signs and atoms are independent, and each part of the code is made from one of the two.",
        claim=at_most(I_code, H_signs + I_kept),
        check=EntropySubadditivity(joint=I_code, parts=(H_signs, I_kept)),
        source="docs/math.md, section 12",
    ),
    Step(
        name="signs",
        title="Signs",
        prose="The signs are independent.",
        claim=equal(H_signs, sp.Sum(H_sign, (k, 1, m))),
        check=IndependentEntropies(joint=H_signs, single=H_sign, index=k, low=sp.S.One, high=m, resting_on=("signs",)),
        source="docs/math.md, section 12",
    ),
    Step(
        name="sign",
        title="One sign",
        prose="A sign is a fair coin.",
        claim=equal(H_sign, sp.log(2)),
        check=BernoulliEntropy(entropy=H_sign, probability=HALF),
        source="docs/math.md, section 12",
    ),
    Step(
        name="signs_value",
        title="Equal terms",
        prose="There are $m$ signs.",
        claim=equal(sp.Sum(sp.log(2), (k, 1, m)), m * sp.log(2)),
        check=Summation(k * sp.log(2)),
    ),
    Step(
        name="channels",
        title="Kept atoms",
        prose="Each atom passes through a channel of its own. The atoms depend on each other, but the noises do not.",
        claim=at_most(I_kept, sp.Sum(J, (k, 1, m))),
        check=MemorylessChannel(total=I_kept, single=J, index=k, low=sp.S.One, high=m, resting_on=("noise",)),
        source="docs/math.md, section 12",
    ),
    *CHANNEL.information_steps(),
    Step(
        name="passed_value",
        title="In terms of the atom's place",
        prose=r"With $q(k)/\theta=\frac T{4d(K+2)}\bigl(\frac K{K+2}\bigr)^{k-1}$.",
        claim=at_most(J, _NATS),
        check=Insert("passed", ("signal_value", "theta")),
        hypotheses=(CHANNEL.inside,),
        source="docs/math.md, section 12",
    ),
    Step(
        name="silent_value",
        title="The silent channel within the same bound",
        prose="For a kept atom the bound is not negative, so it holds for the silent channel, too.",
        claim=at_most(J, _NATS),
        check=Combine({"silent": 1, "nats": d / 2}),
        hypotheses=(*_ATOM, CHANNEL.silent),
        source="docs/math.md, section 12",
    ),
    Step(
        name="atom",
        title="Information about one atom",
        prose="Either way, a kept atom costs at most",
        claim=at_most(J, _NATS),
        check=EitherWay(CHANNEL.inside, "passed_value", "silent_value"),
        hypotheses=_ATOM,
        source="docs/math.md, section 12",
    ),
    Step(
        name="atoms",
        title="All kept atoms",
        prose="Add up.",
        claim=at_most(sp.Sum(J, (k, 1, m)), sp.Sum(_NATS, (k, 1, m))),
        check=SumUp("atom", k, sp.S.One, m),
        hypotheses=_KEPT,
    ),
    Step(
        name="atoms_value",
        title="An arithmetic series",
        prose="The logarithms fall by the same amount from atom to atom.",
        claim=equal(sp.Sum(_NATS, (k, 1, m)), _NATS_TOTAL),
        check=Summation(k * d / 2 * first - d / 4 * (k - 1) * (k - 2) * decay),
        source="docs/math.md, section 12",
    ),
    Step(
        name="information",
        title="Information of the student",
        prose="Put the parts together.",
        claim=at_most(Information, _INFORMATION),
        check=Insert("code", ("parts", "signs", "sign", "signs_value", "channels", "atoms", "atoms_value")),
        hypotheses=_KEPT,
        source="docs/math.md, section 12",
    ),
)


def _kept_bound(count: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Return misspecification, quantisation and estimation of a student with a number of kept atoms."""
    nats = sp.log(2) + d / 2 * first - d / 4 * (count - 1) * decay
    return sp.exp(-count * decay) / 16, count * d / (2 * T), count / T * nats


def _pieces(count: sp.Expr, limit: sp.Expr) -> sp.Expr:
    """Return the law with a number of kept atoms out of `limit` admissible ones."""
    nothing = (sp.Rational(1, 16), sp.S.Zero, sp.S.Zero)
    return sp.Add(
        *(
            sp.Piecewise((term, limit >= 1), (otherwise, True))
            for term, otherwise in zip(_kept_bound(count), nothing, strict=True)
        )
    )


# docs/math.md, section 12, theorem 12 for a whole number of atoms, and the student without any.
ASSEMBLY = (
    Step(
        name="theorem",
        title="The bound for a number of kept atoms",
        prose="Put information and mismatch into the theorem.",
        claim=at_most(L, sp.Add(*_kept_bound(m))),
        check=Insert("misspecified_bayes", ("information", "mismatch", "theta")),
        hypotheses=_KEPT,
        source="docs/math.md, section 12, theorem 12",
    ),
    Step(
        name="some",
        title="At the number that is kept",
        prose="The student keeps $m=\\min(n,M)$ atoms.",
        claim=at_most(L, sp.Add(*_kept_bound(sp.Min(n, M)))),
        check=Insert("theorem", ("kept",)),
        hypotheses=_KEPT,
        source="docs/math.md, section 12",
    ),
    Step(
        name="constant_information",
        title="No atom is admissible: information",
        prose="Then the student is the zero function, which has no entropy.",
        claim=at_most(Information, 0),
        check=InformationBelowEntropy(information=Information, entropy=sp.S.Zero, where=(_NONE,)),
        hypotheses=(_NONE,),
        source="docs/math.md, section 6",
    ),
    Step(
        name="constant_error",
        title="No atom is admissible: squared error",
        prose=r"With $\tilde F=0$ the error is the teacher itself.",
        claim=equal(SQUARED_ERROR, _SECOND),
        check=SameLaw(first=SQUARED_ERROR, second=_SECOND, resting_on=("none",), where=(_NONE,)),
        hypotheses=(_NONE,),
        source="docs/math.md, section 6",
    ),
    *mean_square("second", _SECOND, SQUARED_NEURON, "The teacher"),
    Step(
        name="none",
        title="No atom is admissible: the bound",
        prose="The student that always says $1/2$ has a loss of at most $1/16$.",
        claim=at_most(L, sp.Rational(1, 16)),
        check=Insert("misspecified_bayes", ("logits", "constant_error", "second", "neuron", "constant_information")),
        hypotheses=(_NONE,),
        source="docs/math.md, section 6",
    ),
    Step(
        name="either",
        title="With or without admissible atoms",
        prose="Both cases together.",
        claim=at_most(L, _pieces(sp.Min(n, M), M)),
        check=EitherWay(_SOME, "some", "none"),
        hypotheses=(whole(n),),
        source="docs/math.md, section 12",
    ),
    Step(
        name="best_distortion",
        title="Nothing is lost by the choice of the distortion",
        prose=r"A kept atom contributes $\theta/16$ by its distortion, and $-\frac d{2T}\ln\theta$ by its "
        r"information. The "
        r"sum is convex in the distortion $t$ and stationary at $t=8d/T$.",
        claim=at_most(d / (2 * T) - d / (2 * T) * sp.log(8 * d / T), t / 16 - d / (2 * T) * sp.log(t)),
        check=ConvexMinimum(t, 8 * d / T),
        source="docs/math.md, section 12",
    ),
    Step(
        name="truncated_student",
        title="The bound",
        prose="Put in the number of admissible atoms.",
        claim=at_most(L, LAW.expr),
        check=Insert("either", ("admissible",)),
        hypotheses=(whole(n),),
        source="docs/math.md, section 12, theorem 12 before its width is chosen",
    ),
)

ASSUMPTIONS = (
    channel.ASSUMPTION,
    Assumption(
        "code",
        "Signs of the kept atoms and what the channels passed on determine the student, and the teacher acts on the "
        "student through them only.",
    ),
    Assumption(
        "drawn",
        "The atom drawn at random from the kept ones is drawn independently of all else; it serves to state "
        "averages, and "
        "is no part of the model.",
    ),
    Assumption("none", "Where no atom is admissible the student is the zero function."),
)

LETTERS = (
    Letter(theta, "distortion at which each kept atom is coded"),
    Letter(M, "number of admissible atoms; none if it is below 1"),
    Letter(m, "number of kept atoms"),
    Letter(q, r"mean square $\mathbb{E}|v_k|^2$ of the $k$-th atom"),
    Letter(F_m, "logit of the teacher cut off after $m$ atoms"),
    *CHANNEL.letters,
    Letter(chord, r"mean squared distance of a kept atom, drawn at random, and its copy"),
    Letter(I_code, "information of teacher and code", "nats"),
    Letter(I_kept, "information of the kept atoms and what the channels passed on", "nats"),
    Letter(H_signs, "entropy of the signs of the kept atoms", "nats"),
    Letter(H_sign, "entropy of a sign", "nats"),
    Letter(dropped, r"second moment of the $k$-th term of $F-F_m$"),
    Letter(coded, r"second moment of the $k$-th term of $F_m-\tilde F$"),
    Letter(summand("second"), r"second moment of the $k$-th term of $F$"),
    Letter(x, "a positive number"),
    Letter(t, "any other distortion"),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the truncated student",
    setting=(*teacher.SETTING, *SETTING),
    assumptions=(*teacher.ASSUMPTIONS, *ASSUMPTIONS),
    symbols=(*teacher.LETTERS, *LETTERS),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *LOGITS,
        *WEIGHTS,
        *NEURON,
        *LEVEL,
        *MISMATCH,
        *CODE,
        *ASSEMBLY,
    ),
    conclusion=at_most(L, LAW.expr),
    domain=(whole(n),),
    corollaries=(ASSEMBLY[-2].claim,),
    abbreviations=(equal(m, sp.Min(n, admissible)), equal(M, admissible)),
    references=teacher.REFERENCES,
    example={n: sp.Integer(64), T: sp.Integer(10) ** 9, d: sp.Integer(512), K: sp.Integer(64)},
)
