"""The heavy-tailed teacher: what replaces the Dirichlet teacher's setting, assumptions and symbols.

Its weights are a Pitman-Yor process.  The blocks of steps that the Dirichlet teacher's bounds share hold with
kappa in place of K, where 1/(kappa+1) is the chance that two draws from the weights are one neuron.
"""

from fractions import Fraction

import sympy as sp

from infobound.bounds.heavy_tails import alpha
from infobound.bounds.heavy_tails import kappa as kappa_value
from infobound.errors import CheckFailed
from infobound.proof.check import Assumed, Theorem
from infobound.proof.linking import Combine
from infobound.proof.step import Assumption, Letter, Step, below, equal
from infobound.symbols import HEAVY_TAILS, K

from . import teacher
from .teacher import k, mu

__all__ = ["ASSUMPTIONS", "COMPLEXITY", "LETTERS", "REFERENCES", "SETTING", "TAIL", "WEIGHTS", "alpha", "kappa"]

kappa = sp.Symbol("kappa", positive=True)
_ALL = sp.Sum(mu(k), (k, 1, sp.oo))
_FACTOR = (kappa + 1) * (K + 1) / (1 - alpha)
# The condition on alpha, which is positive; at alpha = 0 the teacher is the Dirichlet one.
TAIL = below(alpha, 1)

SETTING = (
    r"The teacher is $F(x)=\sqrt{\kappa+1}\,\sum_{k\ge1}s_k\pi_k\max(0,w_k\cdot x)$: infinitely many neurons with "
    r"weights $\pi$ from a Pitman-Yor process of discount $\alpha$, $0<\alpha<1$, and concentration $K$, random signs "
    r"$s_k$ and random directions $w_k$ on the unit sphere of $\mathbb{R}^d$. At $\alpha=0$ it is the Dirichlet "
    r"teacher, whose bounds have derivations of their own.",
    *teacher.SETTING[1:],
)

ASSUMPTIONS = (
    *(assumption for assumption in teacher.ASSUMPTIONS if assumption.key != "sticks"),
    Assumption(
        "sticks",
        r"$\pi_k=\beta_k\prod_{j<k}(1-\beta_j)$, where the $\beta_j$ are independent and $\beta_j$ has the Beta law "
        r"of parameters $1-\alpha$ and $K+j\alpha$.",
    ),
    Assumption(
        "scale",
        r"The teacher's factor normalises its weights: $1/(\kappa+1)$ is the chance that two draws from $\pi$ are the "
        r"same neuron.",
        equal(_ALL, 1 / (kappa + 1)),
    ),
)

LETTERS = (
    *teacher.LETTERS,
    *(Letter(q.symbol, q.meaning, q.unit) for q in HEAVY_TAILS.values()),
    Letter(kappa, "complexity of the teacher's weights, in place of the Dirichlet teacher's concentration"),
)

REFERENCES = (
    *teacher.REFERENCES,
    "J. Pitman, Exchangeable and partially exchangeable random partitions, Probab. Theory Relat. Fields 102 (1995) "
    "145-158.",
)

WEIGHTS = (
    Step(
        name="weights",
        title="Normalisation of the teacher",
        prose=r"Hence the factor $\sqrt{\kappa+1}$ in the teacher.",
        claim=equal(_ALL, 1 / (kappa + 1)),
        check=Assumed("scale"),
        source="docs/math2.md, A1",
    ),
)


def _coincidence_on_numbers() -> None:
    """Compare with the second moments of stick-breaking weights, in exact fractions.

    The first m of them add up to (1 - alpha)/(K + 1) times 1 - R_m, and R_m is a product that tends to 0.
    """
    for tail, concentration in ((Fraction(1, 4), Fraction(3)), (Fraction(1, 2), Fraction(1, 3))):
        left, total, remainder = Fraction(1), Fraction(0), Fraction(1)
        for j in range(1, 30):
            a, b = 1 - tail, concentration + j * tail
            total += left * a * (a + 1) / ((a + b) * (a + b + 1))
            left *= b * (b + 1) / ((a + b) * (a + b + 1))
            remainder *= b / (b + 2 - tail)
        if total != (1 - tail) / (concentration + 1) * (1 - remainder):
            raise CheckFailed(f"the chance of a coincidence fails a numerical test at alpha={tail}, K={concentration}")


# Ends in step "complexity"; uses step "weights".
COMPLEXITY = (
    Step(
        name="coincidence",
        title="Two draws that are one neuron",
        prose=r"After one draw the next one is the same neuron with probability $(1-\alpha)/(K+1)$: the prediction "
        r"rule of the Pitman-Yor process.",
        claim=equal(_ALL, (1 - alpha) / (K + 1)),
        check=Theorem(
            name="prediction rule of the Pitman-Yor process",
            reference="Pitman, Probab. Theory Relat. Fields 102 (1995) 145-158",
            spot=_coincidence_on_numbers,
            resting_on=("sticks",),
        ),
        hypotheses=(TAIL,),
        source="docs/math2.md, A1",
    ),
    Step(
        name="complexity",
        title="Complexity of the teacher",
        prose="Compare the two.",
        claim=equal(kappa, kappa_value),
        check=Combine({"weights": _FACTOR, "coincidence": -_FACTOR}),
        hypotheses=(TAIL,),
        source="docs/math2.md, A1",
    ),
)
