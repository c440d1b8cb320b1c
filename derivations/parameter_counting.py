"""Parameter counting: the sampled student again, but every draw is coded, repeated draws included.

The contrast to `sampled_student`: sign and codeword are written n times, so the estimation term grows with the
number of parameters, not with the expected number of distinct neurons.  Derived along docs/math.md, section 6, with n
in place of the expected number of distinct neurons.
"""

import sympy as sp

from infobound.bounds.parameter_counting import LAWS
from infobound.proof.information import InformationBelowEntropy, PrefixCode
from infobound.proof.linking import Combine, Insert
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, equal, whole
from infobound.symbols import K, T, d, n

from . import sampling, teacher
from .sampling import M, chosen_radius, epsilon, optimal_radius, r, radius_assumption
from .teacher import Information, L

__all__ = ["DERIVATION"]

(LAW,) = LAWS

H = sp.Symbol("H", nonnegative=True)

# docs/math.md, section 5, without its saving on repeated draws. Ends in step "information":
# I <= n (ln 2 + d ln(1 + 2/epsilon)).
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
        name="listing",
        title="A code for the student",
        prose=r"For each of the $n$ draws write the sign and the codeword of its neuron: one of $2M$ letters. All code "
        r"words have length $n$.",
        claim=at_most(H, n * sp.log(2 * M)),
        check=PrefixCode(entropy=H, length=n, alphabet=2 * M, resting_on=("code",)),
    ),
    Step(
        name="information",
        title="Information of the student",
        prose="Put in the size of the codebook.",
        claim=at_most(Information, n * (sp.log(2) + d * sp.log(1 + 2 / epsilon))),
        check=Insert("entropy", ("listing", "codebook")),
    ),
)


def _bound(radius: sp.Expr) -> sp.Expr:
    """Return the bound with a codebook of any radius."""
    return K / (16 * n) + radius**2 / 16 + n * (sp.log(2) + d * sp.log(1 + 2 / radius)) / T


# docs/math.md, section 6, with n in place of A.
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
    *optimal_radius(n),
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
        name="parameter_counting",
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
    title="Upper bound on the loss of a student whose every draw is coded",
    setting=(
        *teacher.SETTING,
        *sampling.SETTING,
        "Every draw is coded, repeated ones included. The constants below are derived along the construction of Jeon "
        "and Van Roy; they are not quoted from the papers.",
    ),
    assumptions=(
        *teacher.ASSUMPTIONS,
        *sampling.ASSUMPTIONS,
        Assumption(
            "code",
            "Signs and codewords of the $n$ neurons drawn determine the student; all code words have the same length, "
            "so none begins another one.",
        ),
        radius_assumption(n),
    ),
    symbols=(
        *teacher.LETTERS,
        *sampling.LETTERS,
        Letter(H, "entropy of the student", "nats"),
        Letter(chosen_radius(n), r"the codebook's radius as a function of $c=16nd/T$"),
    ),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *sampling.MISMATCH,
        *sampling.COVERING,
        *CODE,
        *ASSEMBLY,
    ),
    conclusion=at_most(L, LAW.expr),
    domain=(whole(n), at_most(r, 2)),
    corollaries=(at_most(LAW.expr, _bound(r)),),
    abbreviations=(equal(epsilon, chosen_radius(n)),),
    references=(*teacher.REFERENCES, *sampling.REFERENCES),
    example={
        n: sp.Integer(1024),
        T: sp.Integer(10) ** 9,
        d: sp.Integer(512),
        K: sp.Integer(64),
        r: sp.Integer(1),
        sampling.c: sp.Integer(1),
    },
)
