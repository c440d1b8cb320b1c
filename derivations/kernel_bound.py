"""The kernel bound: each coefficient of the teacher in spherical harmonics, through a Gaussian channel of its own.

Docs/math2.md, section C1.  The teacher enters by its covariance alone, which does not depend on K.
"""

import sympy as sp

from infobound.bounds.kernel_bound import LAWS
from infobound.proof.averages import Mean
from infobound.proof.information import DataProcessing
from infobound.proof.linking import Insert
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, equal
from infobound.symbols import T, d

from . import channel, energies, teacher
from .coefficients import SPECTRUM, Series
from .neurons import NEURON, SQUARED_NEURON, WEIGHTS, mean_square, summand
from .teacher import LOGITS, F, F_tilde, Information, L

__all__ = ["DERIVATION"]

(LAW,) = LAWS

SERIES = Series(
    share=sp.S.One,
    whole=F,
    part=sp.Symbol("F_m", real=True),
    copy=F_tilde,
    information=sp.Symbol("I_c", nonnegative=True),
    subject="The teacher",
    name="F",
)

_ENERGY = Mean(F**2, F)
_SOURCE = "docs/math2.md, section C1"

ASSUMPTIONS = (
    channel.ASSUMPTION,
    Assumption(
        "code",
        "What the channels passed on determines the student, and the teacher acts on the student through it only.",
    ),
    *SERIES.assumptions,
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of a student that codes the teacher's coefficients",
    setting=(*teacher.SETTING, *SERIES.setting),
    assumptions=(*teacher.ASSUMPTIONS, *ASSUMPTIONS),
    symbols=(
        *teacher.LETTERS,
        *SERIES.letters,
        Letter(summand("second"), r"second moment of the $k$-th term of $F$"),
    ),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *LOGITS,
        *WEIGHTS,
        *NEURON,
        SPECTRUM,
        *mean_square("second", _ENERGY, SQUARED_NEURON, "The teacher"),
        Step(
            name="whole",
            title="Energy of the teacher",
            prose="Put in the second moment of one neuron.",
            claim=equal(_ENERGY, sp.Rational(1, 2)),
            check=Insert("second", ("neuron",)),
            source=_SOURCE,
        ),
        *channel.NOISE,
        *SERIES.error,
        Step(
            name="mismatch",
            title="Mismatch of student and teacher",
            prose="From logits to squares.",
            claim=at_most(teacher.DIVERGENCE, LAW.terms["misspecification"] + LAW.terms["quantisation"]),
            check=Insert("logits", ("series_error",)),
            source=_SOURCE,
        ),
        Step(
            name="code",
            title="A code for the student",
            prose="The student is a function of what the channels passed on.",
            claim=at_most(Information, SERIES.information),
            check=DataProcessing(coarse=Information, fine=SERIES.information, resting_on=("code",)),
            source=_SOURCE,
        ),
        *SERIES.code,
        Step(
            name="information",
            title="Information of the student",
            prose="No more than the channels pass on.",
            claim=at_most(Information, T * LAW.terms["estimation"]),
            check=Insert("code", ("series_information",)),
            source=_SOURCE,
        ),
        Step(
            name="kernel_bound",
            title="The bound",
            prose="Put information and mismatch into the theorem.",
            claim=at_most(L, LAW.expr),
            check=Insert("misspecified_bayes", ("information", "mismatch")),
            source=_SOURCE,
        ),
    ),
    conclusion=at_most(L, LAW.expr),
    corollaries=(SPECTRUM.claim,),
    references=(*teacher.REFERENCES, *energies.REFERENCES),
    example={T: sp.Integer(10) ** 6, d: sp.Integer(16)},
)
