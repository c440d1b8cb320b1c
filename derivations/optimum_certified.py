r"""One optimum with a certificate: no width makes the bound for the sampled student much smaller at one budget.

A minimiser says where a function is least; it does not prove that it looked everywhere.  Here ball arithmetic does,
on all widths that the budget C = d n T of 10^9 allows for d = 16 and K = 10: docs/math.md section 8 has the optimum
at a width of 136.  The same steps certify any other allocation.
"""

import sympy as sp

from infobound.bounds.sampled_student import LAWS
from infobound.proof.check import Balls, Definition
from infobound.proof.linking import Combine, Insert
from infobound.proof.step import Derivation, Letter, Step, at_least, at_most, equal
from infobound.symbols import K, T, d, n

__all__ = ["DERIVATION"]

(LAW,) = LAWS
HERE = "docs/math.md, section 8"
BUDGET = sp.Integer(10) ** 9
TEACHER = {d: sp.Integer(16), K: sp.Integer(10)}
CANDIDATE = sp.Integer(136)
SLACK = 1 + sp.Rational(1, 1000)
LEAST = sp.Rational(8411, 10**6)
B, B_candidate = sp.symbols("B B_{136}", real=True)


def _data(width: sp.Expr) -> sp.Expr:
    """Samples that the budget leaves to a width."""
    return BUDGET / (TEACHER[d] * width)


def _bound(width: sp.Expr, data: sp.Expr) -> sp.Expr:
    """The law for this teacher."""
    return LAW.expr.xreplace({**TEACHER, n: width, T: data})


ALLOWED = (at_least(n, 1), at_most(n, _data(sp.S.One)))

STEPS = (
    Step(
        "data",
        "The data that the budget leaves",
        "A neuron has 16 parameters, and each of them sees every sample.",
        equal(T, _data(n)),
        Definition(),
    ),
    Step(
        "bound",
        "The bound",
        "The bound for the sampled student with this teacher.",
        equal(B, _bound(n, T)),
        Definition(),
        source="docs/math.md, section 6",
    ),
    Step(
        "along",
        "The bound along the budget",
        "A function of the width.",
        equal(B, _bound(n, _data(n))),
        Insert("bound", ("data",)),
    ),
    Step(
        "candidate",
        "The bound at the candidate",
        "That is what a minimiser found.",
        equal(B_candidate, _bound(CANDIDATE, _data(CANDIDATE))),
        Definition(),
        source=HERE,
    ),
    Step(
        "value",
        "Its value",
        "Evaluated with rigorous error bounds.",
        at_least(_bound(CANDIDATE, _data(CANDIDATE)), SLACK * LEAST),
        Balls(),
        source=HERE,
    ),
    Step(
        "everywhere",
        "All other widths",
        "From one neuron to one sample: every width lies in one of finitely many intervals, and on each of them an "
        "enclosure of the difference of the two sides is positive.",
        at_most(_bound(CANDIDATE, _data(CANDIDATE)), SLACK * _bound(n, _data(n))),
        Balls(),
        ALLOWED,
        source=HERE,
    ),
    Step(
        "least",
        "The least bound",
        "So the bound is nowhere smaller than this many nats per sample: with this budget no width, however it is "
        "chosen, lets the bound promise less.",
        at_least(B, LEAST),
        Combine({"everywhere": 1 / SLACK, "value": 1 / SLACK, "along": -1}),
        ALLOWED,
        source=HERE,
    ),
    Step(
        "optimum",
        "The candidate is the optimum, up to a thousandth",
        "No width makes the bound smaller than at the candidate by more than one part in a thousand.",
        at_most(B_candidate, SLACK * B),
        Combine({"everywhere": 1, "candidate": 1, "along": -SLACK}),
        ALLOWED,
        source=HERE,
    ),
)

DERIVATION = Derivation(
    name="optimum_certified",
    title="A certified optimum of the bound for the sampled student",
    setting=(
        "The teacher has input dimension 16 and latent complexity 10; the budget of compute, counted as parameters "
        "times samples, is a thousand million. The bound for the sampled student is minimised over the width, a real "
        "number between 1 and the width that leaves one sample.",
        "A numerical minimiser finds the width 136. What follows proves that it has missed no other one: the solver is "
        "not trusted, its answer is certified. It says where the bound for this student is least, not what the best "
        "student is.",
    ),
    assumptions=(),
    symbols=(
        Letter(n, "width: number of neurons of the student", "neurons"),
        Letter(T, "data size", "samples"),
        Letter(B, "the bound at a width, along the budget", "nats per sample"),
        Letter(B_candidate, "the bound at the width 136", "nats per sample"),
    ),
    steps=STEPS,
    conclusion=STEPS[-1].claim,
    domain=ALLOWED,
    corollaries=tuple(step.claim for step in STEPS if step.name == "least"),
    references=(
        "H. J. Jeon and B. Van Roy, An information-theoretic analysis of compute-optimal neural scaling laws (2022), "
        "arXiv:2212.01365.",
        "F. Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, IEEE Transactions on "
        "Computers 66 (2017) 1281-1292.",
    ),
    example={n: sp.Integer(1000)},
)
