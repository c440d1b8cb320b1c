r"""What an incremental statistic costs: the identity of docs/math.md section 9, theorem 9.

.. math::

    \sum_{t<T} \mathbb{E}\, D(P_F \Vert P_t) = I(F; S_T) - I(F; S_0)
        + \sum_{t<T} I(F; S_t, X_t, Y_{t+1} \mid S_{t+1})

A learner that keeps only a statistic S_t and predicts with P_t, the law of the label given S_t and the input,
pays for what it still knows at the end and for what it has forgotten on the way.
"""

import math
import random

import sympy as sp

from infobound.errors import CheckFailed
from infobound.proof.calculus import Summation
from infobound.proof.check import Theorem
from infobound.proof.information import ChainRule
from infobound.proof.linking import Combine, Insert, SumUp
from infobound.proof.step import Assumption, Derivation, Letter, Step, equal

__all__ = ["ASSUMPTIONS", "DERIVATION", "IDENTITY", "LETTERS", "REFERENCES", "SETTING", "START"]

t = sp.Symbol("t", integer=True, nonnegative=True)
T = sp.Symbol("T", integer=True, positive=True)
HERE = "docs/math.md, section 9"
BOOK = "Cover and Thomas, Elements of Information Theory (2006)"


def amount(name: str) -> sp.Function:
    """Return a quantity of information, a function of the number t of labels seen."""
    return sp.Function(name, nonnegative=True)


regret, held, forgotten = amount("R"), amount("I"), amount(r"\Phi")
of_label, of_input, of_round = amount("I^{Y}"), amount("I^{X}"), amount("I^{SXY}")
of_all, of_update = amount("I^{SXYS'}"), amount("I^{S'}")
rounds = (t, 0, T - 1)


def expect(holds: bool, what: str) -> None:
    """Raise `CheckFailed` if a numerical test fails."""
    if not holds:
        raise CheckFailed(f"{what} fails a numerical test")


def _law(source: random.Random, size: int) -> list[float]:
    weights = [source.expovariate(1.0) + 1e-3 for _ in range(size)]
    return [weight / sum(weights) for weight in weights]


def _try_prediction() -> None:
    """Average divergence from the mixture is information, for finite teachers and labels."""
    source = random.Random(9)
    for _ in range(20):
        prior, rows = _law(source, 3), [_law(source, 4) for _ in range(3)]
        mixed = [sum(p * row[j] for p, row in zip(prior, rows, strict=True)) for j in range(4)]
        spent = sum(
            p * a * math.log(a / b) for p, row in zip(prior, rows, strict=True) for a, b in zip(row, mixed, strict=True)
        )
        entropy = -sum(q * math.log(q) for q in mixed)
        rest = -sum(p * a * math.log(a) for p, row in zip(prior, rows, strict=True) for a in row)
        expect(abs(spent - (entropy - rest)) < 1e-12, "divergence from the predictive law as information")


def _try_independence() -> None:
    """A product law has no information."""
    source = random.Random(10)
    p, q = _law(source, 3), _law(source, 4)
    found = sum(a * b * math.log(a * b / (a * b)) for a in p for b in q)
    expect(abs(found) < 1e-12, "no information between independent variables")


PREDICTION = "information as divergence from the predictive law"
INDEPENDENT = "independent variables carry no information"

IDENTITY = (
    Step(
        "prediction",
        "Regret is information about the teacher",
        "Given the statistic and the input, the learner predicts with the law that the label has. Its average "
        "divergence from the teacher's law is the information that the label then carries about the teacher.",
        equal(regret(t), of_label(t)),
        Theorem(PREDICTION, f"{BOOK}, equation 2.36", _try_prediction, resting_on=("labels", "predictor")),
        source=HERE,
    ),
    Step(
        "round",
        "One round",
        "Split the information in statistic, input and label together in the order in which they come.",
        equal(of_round(t), held(t) + of_input(t) + of_label(t)),
        ChainRule(total=of_round(t), parts=(held(t), of_input(t), of_label(t))),
        source=HERE,
    ),
    Step(
        "input",
        "Inputs say nothing",
        "The input is independent of the teacher and the statistic together.",
        equal(of_input(t), 0),
        Theorem(INDEPENDENT, f"{BOOK}, equation 2.90", _try_independence, resting_on=("inputs",)),
        source=HERE,
    ),
    Step(
        "all",
        "The new statistic besides",
        "Take in the new statistic as well.",
        equal(of_all(t), of_round(t) + of_update(t)),
        ChainRule(total=of_all(t), parts=(of_round(t), of_update(t))),
        source=HERE,
    ),
    Step(
        "update",
        "It adds nothing",
        "The new statistic is made from the old one, the input, the label and fresh randomness. Given the first "
        "three it is independent of the teacher.",
        equal(of_update(t), 0),
        Theorem(INDEPENDENT, f"{BOOK}, equation 2.90", _try_independence, resting_on=("fresh",)),
        source=HERE,
    ),
    Step(
        "other_way",
        "The other way round",
        "Split the same information with the new statistic first: what is left over is what the new statistic "
        "has forgotten.",
        equal(of_all(t), held(t + 1) + forgotten(t)),
        ChainRule(total=of_all(t), parts=(held(t + 1), forgotten(t))),
        source=HERE,
    ),
    Step(
        "balance",
        "The balance of one round",
        "Regret is what the statistic gains plus what it forgets.",
        equal(regret(t), held(t + 1) - held(t) + forgotten(t)),
        Combine({"prediction": 1, "round": -1, "input": -1, "all": -1, "update": -1, "other_way": 1}),
        source=HERE,
    ),
    Step(
        "summed",
        "All rounds",
        r"Add up the rounds $t = 0, \dots, T-1$.",
        equal(sp.Sum(regret(t), rounds), sp.Sum(held(t + 1) - held(t), rounds) + sp.Sum(forgotten(t), rounds)),
        SumUp("balance", t, sp.S.Zero, T - 1),
        source=HERE,
    ),
    Step(
        "telescoped",
        "The gains telescope",
        "Only the last and the first remain.",
        equal(sp.Sum(held(t + 1) - held(t), rounds), held(T) - held(0)),
        Summation(held(t)),
        source=HERE,
    ),
    Step(
        "identity",
        "The identity",
        "Total regret is the information gained in the end plus all that was forgotten on the way.",
        equal(sp.Sum(regret(t), rounds), held(T) - held(0) + sp.Sum(forgotten(t), rounds)),
        Insert("summed", ("telescoped",)),
        source=HERE,
    ),
)

START = (
    Step(
        "nothing_yet",
        "An ignorant start",
        "The first statistic is independent of the teacher.",
        equal(held(0), 0),
        Theorem(INDEPENDENT, f"{BOOK}, equation 2.90", _try_independence, resting_on=("start",)),
        source=HERE,
    ),
    Step(
        "from_ignorance",
        "The identity from an ignorant start",
        "Then total regret is what the statistic knows in the end plus all that was forgotten.",
        equal(sp.Sum(regret(t), rounds), held(T) + sp.Sum(forgotten(t), rounds)),
        Insert("identity", ("nothing_yet",)),
        source=HERE,
    ),
)

ASSUMPTIONS = (
    Assumption(
        "labels",
        "Given the teacher and the input, the label is independent of the statistic and has the teacher's law.",
    ),
    Assumption("predictor", "The learner predicts with the law of the label given the statistic and the input."),
    Assumption("inputs", "The input is independent of the teacher and the statistic together."),
    Assumption(
        "fresh",
        "The next statistic is a function of the statistic, the input, the label and randomness that is independent of "
        "everything before.",
    ),
    Assumption("start", "The first statistic is independent of the teacher."),
)

LETTERS = (
    Letter(t, "number of labels seen", "samples"),
    Letter(T, "number of labels in all", "samples"),
    Letter(regret(t), "regret: average divergence of the prediction of label t+1 from the teacher's law", "nats"),
    Letter(held(t), "information about the teacher in the statistic after t labels", "nats"),
    Letter(
        forgotten(t),
        "forgetting: information about the teacher in statistic, input and label that the next statistic lacks",
        "nats",
    ),
    Letter(of_label(t), "information about the teacher in the label, given statistic and input", "nats"),
    Letter(of_input(t), "information about the teacher in the input, given the statistic", "nats"),
    Letter(of_round(t), "information about the teacher in statistic, input and label", "nats"),
    Letter(of_update(t), "information about the teacher in the next statistic, given all three", "nats"),
    Letter(of_all(t), "information about the teacher in all four", "nats"),
)

SETTING = (
    "A learner sees inputs and labels one at a time and keeps nothing but a statistic, which it updates from the "
    "input, the label and perhaps its own randomness. Its regret in a round is the divergence of its prediction "
    "from the teacher's law of the label, on average over everything.",
)

REFERENCES = ("T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley 2006.",)

DERIVATION = Derivation(
    name="incremental_identity",
    title="What an incremental statistic costs",
    setting=SETTING,
    assumptions=ASSUMPTIONS,
    symbols=LETTERS,
    steps=(*IDENTITY, *START),
    conclusion=START[-1].claim,
    references=REFERENCES,
    example={T: sp.Integer(2)},
)
