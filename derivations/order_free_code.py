"""The order-free code: how many atoms each cell of sizes holds, each atom through a channel, and the rest by spectrum.

Docs/math2.md, section C1, Bound C*.  The code that minimises over the cells is `infobound.sandwiching.coding`.
"""

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.check import Assumed
from infobound.proof.copies import TwoOutputs
from infobound.proof.information import DataProcessing
from infobound.proof.linking import Insert
from infobound.proof.probability import Pythagoras
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, equal
from infobound.symbols import K, T, d

from . import cells, channel, energies, teacher
from .cells import NATS, A, I_cells, theta
from .channel import x
from .coefficients import SPECTRUM, Series
from .teacher import LOGITS, SQUARED_ERROR, Information, L

__all__ = ["DERIVATION"]

rho = sp.Symbol("rho", positive=True)
I_code = sp.Symbol("I_c", nonnegative=True)

REST = Series(
    share=rho,
    whole=sp.Symbol("F_r", real=True),
    part=sp.Symbol("F_m", real=True),
    copy=sp.Symbol("Ftilde_r", real=True),
    information=sp.Symbol("I_r", nonnegative=True),
    subject="The rest",
    name="F_r",
)

_ENERGY = equal(Mean(REST.whole**2, REST.whole), rho / 2)
_SOURCE = "docs/math2.md, section C1"

SETTING = (
    *cells.SETTING,
    r"The rest $F_r=F-F_C$, the sum of the atoms in no cell, has the share $\rho$ of the teacher's energy. Cells look "
    r"at sizes alone, so that its atoms have uniform directions and random signs like all others, and its coefficients "
    r"have $\rho$ times the variances of the teacher's. The student is $\tilde F=\tilde F_C+\tilde F_r$.",
    *REST.setting,
)

ASSUMPTIONS = (
    # the law of the weights does not matter
    *(assumption for assumption in teacher.ASSUMPTIONS if assumption.key in ("inputs", "labels", "signs")),
    channel.ASSUMPTION,
    *cells.ASSUMPTIONS,
    Assumption(
        "rest",
        r"The teacher's energy is $1/2$, and the atoms in no cell, of which there are infinitely many, have the share "
        r"$\rho$ of it.",
        formula=_ENERGY,
    ),
    *REST.assumptions,
    Assumption(
        "code",
        "The counts, the signs and what the channels passed on determine the student, and the teacher acts on the "
        "student through them only.",
    ),
    Assumption(
        "apart",
        "Given the teacher, the code of the atoms in cells and that of the rest are independent: their noises are, and "
        "the order in which atoms are named is drawn independently of all else.",
    ),
)

_MODES, _COST, _LEFT = REST.totals
# The kernel bound with T times the share for T, times the share.
_TAIL = rho * _LEFT / 16 + _MODES / (2 * T) + _COST / T

DERIVATION = Derivation(
    name="order_free_code",
    title="Upper bound on the loss of a student that codes atoms by size",
    setting=(*teacher.SETTING, *SETTING),
    assumptions=ASSUMPTIONS,
    symbols=(
        *teacher.LETTERS,
        *cells.LETTERS,
        Letter(x, "a positive number"),
        Letter(rho, "share of the teacher's energy in atoms that are in no cell"),
        Letter(REST.whole, "logit of the rest of the teacher, the atoms in no cell"),
        Letter(REST.copy, "logit of the student's copy of the rest"),
        *REST.letters,
        Letter(I_code, "information of teacher and code", "nats"),
    ),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *LOGITS,
        SPECTRUM,
        Step(
            name="decomposition",
            title="Two parts of the teacher",
            prose=r"The student errs in the rest ($F_r-\tilde F_r$) and in the atoms in cells ($F_C-\tilde F_C$). The "
            "signs of the latter are centred and independent of all else.",
            claim=equal(SQUARED_ERROR, REST.square + cells.SQUARE),
            check=Pythagoras(total=SQUARED_ERROR, first=REST.square, second=cells.SQUARE, resting_on=("signs",)),
            source=_SOURCE,
        ),
        *channel.NOISE,
        *cells.ERROR,
        Step(
            name="whole",
            title="Energy of the rest",
            prose="As a share of that of the teacher, which is $1/2$.",
            claim=_ENERGY,
            check=Assumed("rest"),
            source=_SOURCE,
        ),
        *REST.error,
        Step(
            name="mismatch",
            title="Mismatch of student and teacher",
            prose="From logits to squares, and the two parts.",
            claim=at_most(teacher.DIVERGENCE, rho * _LEFT / 16 + _MODES / (2 * T) + A * theta / 16),
            check=Insert("logits", ("decomposition", "series_error", "coded_error")),
            source=_SOURCE,
        ),
        Step(
            name="code",
            title="A code for the student",
            prose="The student is a function of the code.",
            claim=at_most(Information, I_code),
            check=DataProcessing(coarse=Information, fine=I_code, resting_on=("code",)),
            source=_SOURCE,
        ),
        Step(
            name="apart",
            title="Atoms in cells, and the rest",
            prose="The two parts depend on each other, but given the teacher their codes do not.",
            claim=at_most(I_code, I_cells + REST.information),
            check=TwoOutputs(total=I_code, first=I_cells, second=REST.information, resting_on=("apart",)),
            source=_SOURCE,
        ),
        *cells.CODE,
        *REST.code,
        Step(
            name="information",
            title="Information of the student",
            prose="Put the parts together.",
            claim=at_most(Information, NATS + _COST),
            check=Insert("code", ("apart", "cells_information", "series_information")),
            source=_SOURCE,
        ),
        *REST.worth,
        Step(
            name="order_free_code",
            title="The bound",
            prose="Put information and mismatch into the theorem.",
            claim=at_most(L, cells.COST + _TAIL),
            check=Insert("misspecified_bayes", ("information", "mismatch", "theta", "number")),
            source=_SOURCE,
        ),
    ),
    conclusion=at_most(L, cells.COST + _TAIL),
    corollaries=(SPECTRUM.claim, REST.worth[-1].claim),
    references=(*teacher.REFERENCES, *energies.REFERENCES),
    example={T: sp.Integer(10) ** 6, d: sp.Integer(16), K: sp.Integer(10)},
)
