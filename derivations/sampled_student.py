"""The sampled student: n neurons drawn from an infinitely wide teacher, with coded directions.

The construction is that of Jeon and Van Roy (after Barron 1993).  The constants are derived along it, section by
section of docs/math.md; they are not quoted from the papers.
"""

from fractions import Fraction
from math import comb

import sympy as sp

from infobound.bounds.sampled_student import LAWS
from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.calculus import Induction
from infobound.proof.check import Algebra, Theorem
from infobound.proof.information import InformationBelowEntropy, PrefixCode
from infobound.proof.linking import Combine, Insert
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, equal, whole
from infobound.special import expected_atoms
from infobound.symbols import K, T, d, n

from . import sampling, teacher
from .sampling import M, chosen_radius, epsilon, optimal_radius, r, radius_assumption
from .teacher import Information, L

__all__ = ["DERIVATION"]

(LAW,) = LAWS

H = sp.Symbol("H", nonnegative=True)
N = sp.Symbol("N", integer=True, positive=True)
i = sp.Symbol("i", integer=True, nonnegative=True)
A = expected_atoms(n, K)

_DISTINCT = Mean(N, N)
_SUM = sp.Sum(K / (K + i), (i, 0, n - 1))


def _urn_on_numbers() -> None:
    """Compare the urn with moments of stick-breaking weights, in exact fractions.

    E N = E sum_k [1 - (1 - pi_k)^n] = sum_j (-1)^(j+1) C(n, j) E sum_k pi_k^j, and E sum_k pi_k^j =
    (j-1)!/((K+1)...(K+j-1)) by the geometric series of stick moments.
    """
    for concentration in (Fraction(1, 3), Fraction(2), Fraction(17, 2)):
        for count in (1, 2, 5, 12):
            moment, distinct = Fraction(1), Fraction(0)
            for j in range(1, count + 1):
                distinct += (-1) ** (j + 1) * comb(count, j) * moment
                moment *= j / (concentration + j)
            urn = sum((concentration / (concentration + m) for m in range(count)), Fraction(0))
            if distinct != urn:
                raise CheckFailed(f"the urn fails a numerical test at n={count}, K={concentration}")


# docs/math.md, section 4. Ends in step "distinct": E N = A(n, K).
DISTINCT_NEURONS = (
    Step(
        name="urn",
        title="New neurons among the draws",
        prose=r"After $i$ draws the next one is a new neuron with probability $K/(K+i)$ (the urn of the Dirichlet "
        r"process). By linearity of expectation, these probabilities add up.",
        claim=equal(_DISTINCT, _SUM),
        check=Theorem(
            name="urn of the Dirichlet process",
            reference="Blackwell and MacQueen, Ann. Statist. 1 (1973) 353-355",
            spot=_urn_on_numbers,
            resting_on=("draws", "sticks"),
        ),
        hypotheses=(whole(n),),
        source="docs/math.md, section 4",
    ),
    Step(
        name="urn_sum",
        title="Their sum",
        prose=r"By induction on $n$, since $\psi(x+1)=\psi(x)+1/x$ for the digamma function $\psi$.",
        claim=equal(_SUM, K * (sp.digamma(K + n) - sp.digamma(K))),
        check=Induction(n),
        hypotheses=(whole(n),),
        source="docs/math.md, section 4",
    ),
    Step(
        name="atoms",
        title="Name of the sum",
        prose="The law's function $A$ is defined by this expression.",
        claim=equal(K * (sp.digamma(K + n) - sp.digamma(K)), A),
        check=Algebra(),
        source="docs/math.md, section 4",
    ),
    Step(
        name="distinct",
        title="Expected number of distinct neurons",
        prose="The three steps together.",
        claim=equal(_DISTINCT, A),
        check=Insert("urn", ("urn_sum", "atoms")),
        hypotheses=(whole(n),),
        source="docs/math.md, section 4",
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


def _bound(radius: sp.Expr) -> sp.Expr:
    """Return the bound with a codebook of any radius."""
    estimation = A * (sp.log(2 * n) + d * sp.log(1 + 2 / radius)) / T
    return K / (16 * n) + radius**2 / 16 + estimation


# docs/math.md, section 6.
ASSEMBLY = (
    Step(
        name="assembly",
        title="The bound for every radius",
        prose="Put information and mismatch into the theorem. This holds for every radius of the codebook.",
        claim=at_most(L, _bound(epsilon)),
        check=Insert("misspecified_bayes", ("information", "mismatch")),
        hypotheses=(whole(n),),
        source="docs/math.md, section 6",
    ),
    *optimal_radius(A),
    Step(
        name="least",
        title="Nothing is lost by the choice",
        prose="No radius of a codebook on the sphere makes this bound smaller than the radius chosen.",
        claim=at_most(LAW.expr, _bound(r)),
        check=Combine({"radius_best": sp.Rational(1, 16)}),
        hypotheses=(at_most(r, 2),),
        source="docs/math.md, section 6",
    ),
    Step(
        name="sampled_student",
        title="The bound",
        prose="Put the radius chosen into the bound.",
        claim=at_most(L, LAW.expr),
        check=Insert("assembly", ("radius",)),
        hypotheses=(whole(n),),
        source="docs/math.md, section 6; along the construction of Jeon and Van Roy (2022, 2024)",
    ),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the sampled student",
    setting=(
        *teacher.SETTING,
        *sampling.SETTING,
        "Each distinct neuron among the draws is coded once. The constants below are derived along the construction "
        "of Jeon and Van Roy; they are not quoted from the papers.",
    ),
    assumptions=(
        *teacher.ASSUMPTIONS,
        *sampling.ASSUMPTIONS,
        Assumption(
            "code",
            "Numbers of draws, signs and codewords of the distinct neurons, in order of appearance, determine the "
            "student; they are a prefix-free code, for it ends when the numbers add up to $n$.",
        ),
        radius_assumption(A),
    ),
    symbols=(
        *teacher.LETTERS,
        *sampling.LETTERS,
        Letter(i, "number of draws made so far"),
        Letter(N, "number of distinct neurons among the draws"),
        Letter(A, r"expected number of distinct neurons, $K(\psi(K+n)-\psi(K))$"),
        Letter(H, "entropy of the student", "nats"),
        Letter(chosen_radius(A), r"the codebook's radius as a function of $c=16Ad/T$"),
    ),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *sampling.MISMATCH,
        *DISTINCT_NEURONS,
        *sampling.COVERING,
        *CODE,
        *ASSEMBLY,
    ),
    conclusion=at_most(L, LAW.expr),
    domain=(whole(n), at_most(r, 2)),
    corollaries=(at_most(LAW.expr, _bound(r)),),
    abbreviations=(equal(epsilon, chosen_radius(A)),),
    references=(
        *teacher.REFERENCES,
        *sampling.REFERENCES,
        "D. Blackwell and J. B. MacQueen, Ferguson distributions via Polya urn schemes, "
        "Ann. Statist. 1 (1973) 353-355.",
    ),
    example={
        n: sp.Integer(1024),
        T: sp.Integer(10) ** 9,
        d: sp.Integer(512),
        K: sp.Integer(64),
        r: sp.Integer(1),
        sampling.c: sp.Integer(1),
    },
)
