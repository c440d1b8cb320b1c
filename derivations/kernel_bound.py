"""The kernel bound: each coefficient of the teacher in spherical harmonics, through a Gaussian channel of its own.

Docs/math2.md, section C1.  The teacher enters by its covariance alone, which does not depend on K.
"""

import sympy as sp

from infobound.bounds.kernel_bound import LAWS
from infobound.proof.averages import Mean
from infobound.proof.check import Assumed, Definition
from infobound.proof.copies import MemorylessChannel
from infobound.proof.information import DataProcessing
from infobound.proof.linking import Combine, Insert, Specialise, SumUp
from infobound.proof.probability import OrthogonalSum, Pythagoras
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, below, equal
from infobound.special.harmonics import coded_modes, coding_nats, uncoded_energy
from infobound.symbols import T, d

from . import channel, teacher
from .energies import spectrum
from .neurons import NEURON, SQUARED_NEURON, WEIGHTS, mean_square, summand
from .teacher import LOGITS, SQUARED_ERROR, F, F_tilde, Information, L

__all__ = ["DERIVATION"]

(LAW,) = LAWS

m = sp.Symbol("m", integer=True, nonnegative=True)
j = sp.Symbol("j", integer=True, positive=True)
theta = sp.Symbol("theta", positive=True)
F_m = sp.Symbol("F_m", real=True)
I_code = sp.Symbol("I_c", nonnegative=True)
h = sp.Symbol("h", integer=True, positive=True)
ell = 2 * h
share = sp.Function("varkappa", positive=True)(h)
N, kappa = sp.Function("N", positive=True)(j), sp.Function("kappa", positive=True)(j)

CHANNEL = channel.Channel(
    signal=kappa / (2 * N),
    distortion=theta,
    chord=sp.Function("delta", nonnegative=True)(j),
    size=sp.Function("S", positive=True)(j),
    information=sp.Function("J", real=True)(j),
    output=sp.Function("h_1", real=True)(j),
    noise=sp.Function("h_0", real=True)(j),
    vector="c",
    copy=r"\tilde c",
    dimension=sp.S.One,
)
J = CHANNEL.information

SETTING = (
    r"The functions $|x|\,Y(x/|x|)/\sqrt d$, where $Y$ runs through an orthonormal basis of the spherical harmonics, "
    r"are orthonormal for standard Gaussian inputs in $\mathbb{R}^d$. The teacher is a series in them, whose "
    r"coefficients $c$ are random, centred and uncorrelated. Those of one degree have one mean square, $\kappa/(2N)$ "
    r"if the degree has $N$ harmonics and the share $\kappa$ of the teacher's energy.",
    r"A degree is coded if this mean square exceeds $\theta=4/T$ (and if it is at most 4096, which matters for "
    r"$d\le3$ and $T>10^{12}$ only). Number the coded degrees by $j=1,\dots,m$; there may be none. $F_m$ is their part "
    r"of the teacher. The student is $F_m$ with each coefficient $c$ replaced by $\tilde c=(1-D)c+\sqrt{D(1-D)\,"
    r"\kappa/(2N)}\;Z$, where $D=2N\theta/\kappa$.",
    r"The functions $M$, $R$ and $\kappa$ of $T$ and $d$ are the sums over coded degrees that the assumptions "
    r"state. Their terms have closed forms (docs/math2.md, section C0), which are part of what these functions are: "
    r"degree 0 has one harmonic and the share $\frac d{2\pi}(\Gamma(\frac d2)/\Gamma(\frac{d+1}2))^2$, degree 1 has "
    r"$d$ and the share $\frac12$, an even degree $\ell=2h\ge2$ has $N_\ell=\frac{(2\ell+d-2)\,"
    r"\Gamma(\ell+d-2)}{\ell!\,\Gamma(d-1)}$ and the share below, and the other odd degrees have none.",
)

_CODED, _DROPPED = Mean((F_m - F_tilde) ** 2, F_m, F_tilde), Mean((F - F_m) ** 2, F, F_m)
_SECOND, _KEPT = Mean(F**2, F), Mean(F_m**2, F_m)
_NATS = N / 2 * sp.log(T * kappa / (8 * N))
_MODES = equal(sp.Sum(N, (j, 1, m)), coded_modes(T, d))
_COST = equal(sp.Sum(_NATS, (j, 1, m)), coding_nats(T, d))
_ENERGY = equal(sp.Sum(kappa / 2, (j, 1, m)), (1 - uncoded_energy(T, d)) / 2)
_SOURCE = "docs/math2.md, section C1"

ASSUMPTIONS = (
    Assumption(
        "noise",
        r"The channel's noise $Z$ is a standard normal variable $z$, independent of all else; each coefficient has its "
        r"own.",
    ),
    Assumption(
        "harmonics",
        "The teacher is a series in functions that are orthonormal under the law of the inputs, and its coefficients "
        "are uncorrelated, with the mean squares stated above; inputs are independent of them.",
    ),
    Assumption(
        "code",
        "What the channels passed on determines the student, and the teacher acts on the student through it only.",
    ),
    Assumption(
        "coded",
        "The coefficients of a coded degree have a mean square above the distortion.",
        formula=below(4 / T, kappa / (2 * N)),
    ),
    Assumption("modes", "$M(T,d)$ is the number of coded coefficients.", formula=_MODES),
    Assumption("nats", r"$R(T,d)$ sums $\frac12\ln\frac{T\kappa}{8N}$ over the coded coefficients.", formula=_COST),
    Assumption("energy", r"$\kappa(T,d)$ is the energy that the coded degrees leave.", formula=_ENERGY),
)

SPECTRUM = spectrum(share, ell, r"\varkappa(h)=2dN_\ell\,\mathbb{E}[v^+P_\ell(v)]^2")

# Ends in step "mismatch": E KL <= M/(2T) + kappa/16.
MISMATCH = (
    Step(
        name="theta",
        title="Distortion",
        prose="Every coded coefficient is passed on at the same distortion.",
        claim=equal(theta, 4 / T),
        check=Definition(),
        source=_SOURCE,
    ),
    Step(
        name="coded",
        title="Coded degrees",
        prose="By definition of what is coded.",
        claim=below(4 / T, kappa / (2 * N)),
        check=Assumed("coded"),
        source=_SOURCE,
    ),
    Step(
        name="inside",
        title="The channel passes something on",
        prose="So its distortion is below the signal.",
        claim=CHANNEL.inside,
        check=Insert("coded", ("theta",)),
        source=_SOURCE,
    ),
    Step(
        name="decomposition",
        title="Two sources of error",
        prose=r"The student differs from the teacher in the degrees that are not coded ($F-F_m$) and in the noise of "
        r"those that are ($F_m-\tilde F$), which are orthogonal.",
        claim=equal(SQUARED_ERROR, _DROPPED + _CODED),
        check=Pythagoras(total=SQUARED_ERROR, first=_DROPPED, second=_CODED, resting_on=("harmonics",)),
        source=_SOURCE,
    ),
    *mean_square("second", _SECOND, SQUARED_NEURON, "The teacher"),
    Step(
        name="parts",
        title="Energy of the teacher",
        prose="So are the coded degrees and the others.",
        claim=equal(_SECOND, _KEPT + _DROPPED),
        check=Pythagoras(total=_SECOND, first=_KEPT, second=_DROPPED, resting_on=("harmonics",)),
        source=_SOURCE,
    ),
    Step(
        name="kept",
        title="Energy of the coded degrees",
        prose=r"Degree $j$ has the share $\kappa(j)$ of the energy $1/2$.",
        claim=equal(_KEPT, sp.Sum(kappa / 2, (j, 1, m))),
        check=OrthogonalSum(square=_KEPT, summand=kappa / 2, index=j, low=sp.S.One, high=m, resting_on=("harmonics",)),
        source=_SOURCE,
    ),
    Step(
        name="energy",
        title="What the coded degrees leave",
        prose=r"By definition of $\kappa(T,d)$.",
        claim=_ENERGY,
        check=Assumed("energy"),
        source="definition",
    ),
    Step(
        name="dropped",
        title="Error of the degrees that are not coded",
        prose="The energy that the coded degrees leave.",
        claim=equal(_DROPPED, uncoded_energy(T, d) / 2),
        check=Combine({"parts": -1, "second": 1, "neuron": 1, "kept": -1, "energy": -1}),
        source=_SOURCE,
    ),
    *channel.NOISE,
    *CHANNEL.distance(CHANNEL.inside),
    Step(
        name="distance_coded",
        title="Distance of a coded coefficient's copy",
        prose="The channel exists for the coded degrees.",
        claim=equal(CHANNEL.chord, theta),
        check=Specialise("distance", {}, discharging=("inside",)),
        source=_SOURCE,
    ),
    Step(
        name="coded_terms",
        title="Error of the coded degrees",
        prose=r"The basis is orthonormal, and degree $j$ has $N(j)$ coefficients.",
        claim=equal(_CODED, sp.Sum(N * CHANNEL.chord, (j, 1, m))),
        check=OrthogonalSum(
            square=_CODED, summand=N * CHANNEL.chord, index=j, low=sp.S.One, high=m, resting_on=("harmonics",)
        ),
        source=_SOURCE,
    ),
    Step(
        name="modes",
        title="Number of coded coefficients",
        prose="By definition of $M(T,d)$.",
        claim=_MODES,
        check=Assumed("modes"),
        source="definition",
    ),
    Step(
        name="coded_error",
        title="Its value",
        prose="Each coded coefficient errs by the distortion.",
        claim=equal(_CODED, theta * sp.Sum(N, (j, 1, m))),
        check=Insert("coded_terms", ("distance_coded",)),
        source=_SOURCE,
    ),
    Step(
        name="mismatch",
        title="Mismatch of student and teacher",
        prose="From logits to squares, and the two sources of error.",
        claim=at_most(teacher.DIVERGENCE, uncoded_energy(T, d) / 16 + theta * coded_modes(T, d) / 8),
        check=Insert("logits", ("decomposition", "dropped", "coded_error", "modes")),
        source=_SOURCE,
    ),
)

# Ends in step "information": I <= R.
CODE = (
    Step(
        name="code",
        title="A code for the student",
        prose="The student is a function of what the channels passed on.",
        claim=at_most(Information, I_code),
        check=DataProcessing(coarse=Information, fine=I_code, resting_on=("code",)),
        source=_SOURCE,
    ),
    Step(
        name="channels",
        title="Coefficients",
        prose="Each coefficient passes through a channel of its own. The coefficients depend on each other, but the "
        "noises do not.",
        claim=at_most(I_code, sp.Sum(N * J, (j, 1, m))),
        check=MemorylessChannel(total=I_code, single=N * J, index=j, low=sp.S.One, high=m, resting_on=("noise",)),
        source=_SOURCE,
    ),
    *CHANNEL.information_steps()[:-1],
    Step(
        name="coefficient",
        title="Information about one coefficient",
        prose="The channel exists for the coded degrees.",
        claim=at_most(J, sp.log(kappa / (2 * N * theta)) / 2),
        check=Specialise("passed", {}, discharging=("inside",)),
        source=_SOURCE,
    ),
    Step(
        name="coefficient_value",
        title="Its value",
        prose="Put in the distortion.",
        claim=at_most(J, sp.log(T * kappa / (8 * N)) / 2),
        check=Insert("coefficient", ("theta",)),
        source=_SOURCE,
    ),
    Step(
        name="degree",
        title="Information about one degree",
        prose="It has $N(j)$ coefficients.",
        claim=at_most(N * J, _NATS),
        check=Combine({"coefficient_value": N}),
        source=_SOURCE,
    ),
    Step(
        name="degrees",
        title="All coded degrees",
        prose="Add up.",
        claim=at_most(sp.Sum(N * J, (j, 1, m)), sp.Sum(_NATS, (j, 1, m))),
        check=SumUp("degree", j, sp.S.One, m),
    ),
    Step(
        name="nats",
        title="Nats of the code",
        prose="By definition of $R(T,d)$.",
        claim=_COST,
        check=Assumed("nats"),
        source="definition",
    ),
    Step(
        name="information",
        title="Information of the student",
        prose="Put the parts together.",
        claim=at_most(Information, coding_nats(T, d)),
        check=Insert("code", ("channels", "degrees", "nats")),
        source=_SOURCE,
    ),
)

LETTERS = (
    Letter(theta, "distortion at which each coefficient is coded"),
    Letter(m, "number of coded degrees"),
    Letter(j, "place of a coded degree among the coded ones"),
    Letter(N, "number of harmonics of that degree"),
    Letter(kappa, r"its share of the teacher's energy $\mathbb{E}F^2$"),
    Letter(F_m, "logit of the coded degrees' part of the teacher"),
    Letter(h, "half of an even degree"),
    Letter(share, r"share of the energy in degree $2h$"),
    *CHANNEL.letters,
    Letter(I_code, "information of the coded coefficients and what the channels passed on", "nats"),
    Letter(summand("second"), r"second moment of the $k$-th term of $F$"),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of a student that codes the teacher's coefficients",
    setting=(*teacher.SETTING, *SETTING),
    assumptions=(*teacher.ASSUMPTIONS, *ASSUMPTIONS),
    symbols=(*teacher.LETTERS, *LETTERS),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *LOGITS,
        *WEIGHTS,
        *NEURON,
        SPECTRUM,
        *MISMATCH,
        *CODE,
        Step(
            name="kernel_bound",
            title="The bound",
            prose="Put information and mismatch into the theorem.",
            claim=at_most(L, LAW.expr),
            check=Insert("misspecified_bayes", ("information", "mismatch", "theta")),
            source=_SOURCE,
        ),
    ),
    conclusion=at_most(L, LAW.expr),
    corollaries=(SPECTRUM.claim,),
    references=(
        *teacher.REFERENCES,
        "F. Bach, Breaking the Curse of Dimensionality with Convex Neural Networks, "
        "J. Mach. Learn. Res. 18 (2017) 1-53.",
        "C. Müller, Spherical Harmonics, Lecture Notes in Mathematics 17, Springer (1966).",
    ),
    example={T: sp.Integer(10) ** 6, d: sp.Integer(16)},
)
