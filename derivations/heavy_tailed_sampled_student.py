"""The sampled student of a heavy-tailed teacher: that of the Dirichlet teacher, with more distinct neurons.

The steps are those of `sampled_student` with kappa for K; new is the expected number of distinct neurons among
draws from Pitman-Yor weights.  Derived in docs/math2.md section A; it is not in the papers.
"""

from fractions import Fraction

import sympy as sp

from infobound.bounds.heavy_tailed_sampled_student import LAWS
from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.calculus import Induction
from infobound.proof.check import Algebra, Theorem
from infobound.proof.information import InformationBelowEntropy, PrefixCode
from infobound.proof.linking import Combine, Insert
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, equal, whole
from infobound.special import expected_atoms
from infobound.symbols import K, T, d, n

from . import heavy_tails, sampling, teacher
from .heavy_tails import TAIL, alpha, kappa
from .sampling import M, chosen_radius, epsilon, mismatch, optimal_radius, r, radius_assumption
from .teacher import Information, L

__all__ = ["DERIVATION"]

(LAW,) = LAWS

H = sp.Symbol("H", nonnegative=True)
N = sp.Symbol("N", integer=True, positive=True)
i = sp.Symbol("i", integer=True, nonnegative=True)
A = expected_atoms(n, K, alpha)

_DISTINCT = Mean(N, N)
_NEW = sp.gamma(K + alpha + i) * sp.gamma(K + 1) / (sp.gamma(K + alpha) * sp.gamma(K + 1 + i))
_SUM = sp.Sum(_NEW, (i, 0, n - 1))
_GROWN = sp.gamma(K + alpha + n) * sp.gamma(K + 1) / (sp.gamma(K + 1 + alpha) * sp.gamma(K + n))
_CLOSED = ((K + alpha) * _GROWN - K) / alpha


def _urn_on_numbers() -> None:
    """Compare with the law of the number of distinct neurons, by the urn of the process, in exact fractions.

    With c distinct neurons among i draws the next one is new with probability (K + alpha c)/(K + i).
    """
    for tail, concentration in ((Fraction(1, 4), Fraction(2)), (Fraction(2, 3), Fraction(1, 5))):
        law, chance = {1: Fraction(1)}, Fraction(1)
        for draws in range(1, 9):
            chance *= (concentration + tail + draws - 1) / (concentration + draws)
            new = sum(p * (concentration + tail * c) / (concentration + draws) for c, p in law.items())
            if new != chance:
                raise CheckFailed(f"the urn fails a numerical test at alpha={tail}, K={concentration}")
            after: dict[int, Fraction] = {}
            for c, p in law.items():
                fresh = (concentration + tail * c) / (concentration + draws)
                after[c + 1] = after.get(c + 1, Fraction(0)) + p * fresh
                after[c] = after.get(c, Fraction(0)) + p * (1 - fresh)
            law = after


# docs/math2.md, A4. Ends in step "distinct": E N = A(n, K, alpha).
DISTINCT_NEURONS = (
    Step(
        name="urn",
        title="New neurons among the draws",
        prose=r"After $i$ draws with $c$ distinct neurons the next one is a new neuron with probability "
        r"$(K+c\,\alpha)/(K+i)$ (the urn of the Pitman-Yor process); on average over $c$ that is the product of the "
        r"$(K+\alpha+j)/(K+1+j)$ over $j<i$. By linearity of expectation, these probabilities add up.",
        claim=equal(_DISTINCT, _SUM),
        check=Theorem(
            name="prediction rule of the Pitman-Yor process",
            reference="Pitman, Probab. Theory Relat. Fields 102 (1995) 145-158",
            spot=_urn_on_numbers,
            resting_on=("draws", "sticks"),
        ),
        hypotheses=(whole(n),),
        source="docs/math2.md, A4",
    ),
    Step(
        name="urn_sum",
        title="Their sum",
        prose=r"By induction on $n$, since $\Gamma(x+1)=x\,\Gamma(x)$.",
        claim=equal(_SUM, _CLOSED),
        check=Induction(n),
        hypotheses=(whole(n),),
        source="docs/math2.md, A4",
    ),
    Step(
        name="atoms",
        title="Name of the sum",
        prose="The law's function $A$ is defined by this expression.",
        claim=equal(_CLOSED, A),
        check=Algebra(),
        source="docs/math2.md, A4",
    ),
    Step(
        name="distinct",
        title="Expected number of distinct neurons",
        prose="The three steps together.",
        claim=equal(_DISTINCT, A),
        check=Insert("urn", ("urn_sum", "atoms")),
        hypotheses=(whole(n),),
        source="docs/math2.md, A4",
    ),
)

# docs/math.md, section 5. Ends in step "information": I <= A (ln(2 n) + d ln(1 + 2/epsilon)).
CODE = (
    Step(
        name="entropy",
        title="Information and entropy",
        prose="The student is one of finitely many functions, given $n$.",
        claim=at_most(Information, H),
        check=InformationBelowEntropy(information=Information, entropy=H),
        source="docs/math.md, section 5",
    ),
    Step(
        name="composition",
        title="A code for the student",
        prose=r"For each distinct neuron, in order of appearance, write how often it was drawn (from 1 to $n$), its "
        r"sign and its codeword: one of $2nM$ letters. The code ends when the numbers add up to $n$, so no code word "
        r"begins another one; its length is the number $N$ of distinct neurons.",
        claim=at_most(H, _DISTINCT * sp.log(2 * n * M)),
        check=PrefixCode(entropy=H, length=_DISTINCT, alphabet=2 * n * M, resting_on=("code",)),
        source="docs/math.md, section 5",
    ),
    Step(
        name="information",
        title="Information of the student",
        prose="Put in the expected number of distinct neurons and the size of the codebook.",
        claim=at_most(Information, A * (sp.log(2 * n) + d * sp.log(1 + 2 / epsilon))),
        check=Insert("entropy", ("composition", "distinct", "codebook")),
        hypotheses=(whole(n),),
        source="docs/math.md, section 5",
    ),
)


def _bound(radius: sp.Expr, complexity: sp.Expr) -> sp.Expr:
    """Return the bound with a codebook of any radius."""
    estimation = A * (sp.log(2 * n) + d * sp.log(1 + 2 / radius)) / T
    return complexity / (16 * n) + radius**2 / 16 + estimation


_COMPLEXITY = (K + alpha) / (1 - alpha)

# docs/math.md, section 6.
ASSEMBLY = (
    Step(
        name="assembly",
        title="The bound for every radius",
        prose="Put information and mismatch into the theorem. This holds for every radius of the codebook.",
        claim=at_most(L, _bound(epsilon, kappa)),
        check=Insert("misspecified_bayes", ("information", "mismatch")),
        hypotheses=(whole(n),),
        source="docs/math.md, section 6",
    ),
    *heavy_tails.COMPLEXITY,
    *optimal_radius(A),
    Step(
        name="least",
        title="Nothing is lost by the choice",
        prose="No radius of a codebook on the sphere makes this bound smaller than the radius chosen.",
        claim=at_most(LAW.expr, _bound(r, _COMPLEXITY)),
        check=Combine({"radius_best": sp.Rational(1, 16)}),
        hypotheses=(at_most(r, 2),),
        source="docs/math.md, section 6",
    ),
    Step(
        name="heavy_tailed_sampled_student",
        title="The bound",
        prose="Put the radius chosen and the teacher's complexity into the bound.",
        claim=at_most(L, LAW.expr),
        check=Insert("assembly", ("radius", "complexity")),
        hypotheses=(whole(n), TAIL),
        source="docs/math2.md, section A",
    ),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the sampled student of a heavy-tailed teacher",
    setting=(
        *heavy_tails.SETTING,
        sampling.SETTING[0].replace("K+1", r"\kappa+1"),
        *sampling.SETTING[1:],
        "Each distinct neuron among the draws is coded once.",
    ),
    assumptions=(
        *heavy_tails.ASSUMPTIONS,
        *sampling.ASSUMPTIONS,
        Assumption(
            "code",
            "Numbers of draws, signs and codewords of the distinct neurons, in order of appearance, determine the "
            "student; they are a prefix-free code, for it ends when the numbers add up to $n$.",
        ),
        radius_assumption(A),
    ),
    symbols=(
        *heavy_tails.LETTERS,
        *sampling.LETTERS,
        Letter(i, "number of draws made so far"),
        Letter(N, "number of distinct neurons among the draws"),
        Letter(A, "expected number of distinct neurons"),
        Letter(H, "entropy of the student", "nats"),
        Letter(chosen_radius(A), r"the codebook's radius as a function of $c=16Ad/T$"),
    ),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *mismatch(kappa, heavy_tails.WEIGHTS),
        *DISTINCT_NEURONS,
        *sampling.COVERING,
        *CODE,
        *ASSEMBLY,
    ),
    conclusion=at_most(L, LAW.expr),
    domain=(whole(n), TAIL, at_most(r, 2)),
    corollaries=(at_most(LAW.expr, _bound(r, _COMPLEXITY)),),
    abbreviations=(equal(epsilon, chosen_radius(A)),),
    references=(*heavy_tails.REFERENCES, *sampling.REFERENCES),
    example={
        n: sp.Integer(1024),
        T: sp.Integer(10) ** 9,
        d: sp.Integer(512),
        K: sp.Integer(64),
        alpha: sp.Rational(1, 4),
        kappa: sp.Rational(257, 3),
        r: sp.Integer(1),
        sampling.c: sp.Integer(1),
    },
)
