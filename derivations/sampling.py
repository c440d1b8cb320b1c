"""What the sampled student and parameter counting share: readout by n draws, a codebook, its best radius.

Both students average n neurons drawn from the teacher's weights and round their directions to a codebook of
radius epsilon; they differ only in how the student is coded.  The blocks of steps follow docs/math.md, sections
3, 5 and 6.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, SignOfDerivative
from infobound.proof.check import Assumed
from infobound.proof.linking import Combine, Insert, Specialise
from infobound.proof.probability import DisjointParts, Pythagoras, SameLaw, SampleMean, ball_volume
from infobound.proof.signs import is_signed
from infobound.proof.step import (
    Assumption,
    Check,
    Goal,
    Letter,
    Standing,
    Step,
    at_least,
    at_most,
    equal,
    weakest,
    whole,
)
from infobound.special import codebook_radius
from infobound.symbols import K, T, d, n

from .neurons import (
    NEURON,
    ROUNDED_NEURON,
    SQUARED_NEURON,
    SQUARED_ROUNDED_NEURON,
    WEIGHTS,
    mean_square,
    rounding,
    summand,
)
from .teacher import DIVERGENCE, LOGITS, SQUARED_ERROR, F, F_tilde

__all__ = [
    "ASSUMPTIONS",
    "COVERING",
    "LETTERS",
    "MISMATCH",
    "REFERENCES",
    "SETTING",
    "M",
    "RadiusByCases",
    "chosen_radius",
    "epsilon",
    "mismatch",
    "optimal_radius",
    "r",
]

# The student averaged over its draws, and one draw of it (section 3).
F_bar, G = sp.symbols("Fbar G", real=True)
chord = sp.Symbol("D", nonnegative=True)
# The codebook (section 5), any other radius, and what a codebook's radius is chosen for (section 6).
epsilon = sp.Symbol("varepsilon", positive=True)
M = sp.Symbol("M", positive=True)
r, c = sp.symbols("r c", positive=True)

SETTING = (
    r"Draw neurons $c_1,\dots,c_n$ from the weights $\pi$. The student is $\tilde F(x)=\frac{\sqrt{K+1}}n\sum_{i=1}^n"
    r"s_{c_i}\max(0,\tilde w_{c_i}\cdot x)$, where $\tilde w_k$ is a codeword next to the direction $w_k$. "
    r"$\bar F(x)=\sqrt{K+1}\sum_ks_k\pi_k\max(0,\tilde w_k\cdot x)$ is its mean over the draws.",
    r"The codebook is a largest set of unit vectors at pairwise distances above $\varepsilon$.",
)

ASSUMPTIONS = (
    Assumption(
        "draws",
        r"Given the teacher, $c_1,\dots,c_n$ are independent draws from the weights $\pi$, made without looking at "
        r"signs, directions or inputs.",
    ),
    Assumption(
        "codewords",
        r"Codewords are unit vectors, and balls of radius $\varepsilon/2$ about them are disjoint and lie in the ball "
        r"of radius $1+\varepsilon/2$ about the origin, because codewords are more than $\varepsilon$ apart.",
    ),
    Assumption(
        "covering",
        r"Every direction is within $\varepsilon$ of its codeword: else it could have been added to the codebook, "
        r"which is a largest one.",
        at_most(chord, epsilon**2),
    ),
)

LETTERS = (
    Letter(F_bar, "mean of the student's logit over its draws"),
    Letter(summand("offset"), r"second moment of the $k$-th term of $F-\bar F$"),
    Letter(summand("size"), r"second moment of the $k$-th term of $\bar F$"),
    Letter(G, "what one draw contributes to the student's logit: $\\tilde F$ is the mean of $n$ of these"),
    Letter(chord, r"mean squared distance $\mathbb{E}|w-\tilde w|^2$ of a direction and its codeword"),
    Letter(epsilon, "radius of the codebook"),
    Letter(M, "number of codewords"),
    Letter(r, "any other radius of a codebook, up to the diameter 2 of the sphere"),
    Letter(c, "cost of a codebook relative to its gain"),
)

REFERENCES = ("R. Vershynin, High-Dimensional Probability, Cambridge University Press (2018).",)

_SPREAD = Mean((F_bar - F_tilde) ** 2, F_bar, F_tilde)
_OFFSET = Mean((F - F_bar) ** 2, F, F_bar)
_SIZE = Mean(F_bar**2, F_bar)
_DRAW = Mean(G**2, G)


def mismatch(complexity: sp.Expr, weights: tuple[Step, ...]) -> tuple[Step, ...]:
    r"""Return the steps to "mismatch": E KL <= K/(16 n) + epsilon^2/16, with a teacher's complexity for K.

    Parameters
    ----------
    complexity : Expr
        K where the teacher's factor is sqrt(K+1).
    weights : tuple of Step
        Ending in step "weights": the second moments of the weights add up to 1/(K+1).
    """
    return (
        *LOGITS,
        *weights,
        *NEURON,
        Step(
            name="decomposition",
            title="Two sources of error",
            prose=r"The student differs from the teacher because directions are rounded ($F-\bar F$) and because only "
            r"$n$ neurons are drawn ($\bar F-\tilde F$). Given the teacher the second error has mean zero.",
            claim=equal(SQUARED_ERROR, _OFFSET + _SPREAD),
            check=Pythagoras(total=SQUARED_ERROR, first=_OFFSET, second=_SPREAD, resting_on=("draws",)),
            source="docs/math.md, section 3",
        ),
        *mean_square("offset", _OFFSET, ROUNDED_NEURON, r"The rounding error $F-\bar F$", complexity),
        *mean_square("size", _SIZE, SQUARED_ROUNDED_NEURON, r"The averaged student $\bar F$", complexity),
        Step(
            name="draw",
            title="Second moment of one draw",
            prose=rf"A draw is $\sqrt{{{sp.latex(complexity)}+1}}\,s_c\max(0,\tilde w_c\cdot X)$. "
            "Its sign squares to 1, and the direction of the neuron drawn has the law of any other.",
            claim=equal(_DRAW, (complexity + 1) * SQUARED_ROUNDED_NEURON),
            check=SameLaw(first=_DRAW, second=(complexity + 1) * SQUARED_ROUNDED_NEURON, resting_on=("draws",)),
            source="docs/math.md, section 3",
        ),
        Step(
            name="codeword_neuron",
            title="A neuron with a codeword for its direction",
            prose="The projections of an input on a codeword and on a teacher's direction have one law, for both are "
            "unit vectors.",
            claim=equal(SQUARED_ROUNDED_NEURON, SQUARED_NEURON),
            check=SameLaw(first=SQUARED_ROUNDED_NEURON, second=SQUARED_NEURON, resting_on=("codewords",)),
            source="docs/math.md, section 3",
        ),
        Step(
            name="spread",
            title="Error of a mean of draws",
            prose="Given the teacher, the student is a mean of $n$ independent draws.",
            claim=equal(_SPREAD, (_DRAW - _SIZE) / n),
            check=SampleMean(error=_SPREAD, second_moment=_DRAW, squared_mean=_SIZE, count=n, resting_on=("draws",)),
            hypotheses=(whole(n),),
            source="docs/math.md, section 3",
        ),
        Step(
            name="squared_error",
            title="Squared error of the student",
            prose=r"Put the parts together: the draws contribute "
            rf"$\frac1n(\frac{{{sp.latex(complexity)}+1}}2-\frac12)$.",
            claim=equal(SQUARED_ERROR, complexity / (2 * n) + ROUNDED_NEURON),
            check=Insert("decomposition", ("offset", "spread", "draw", "size", "codeword_neuron", "neuron")),
            hypotheses=(whole(n),),
            source="docs/math.md, section 3",
        ),
        *rounding(chord),
        Step(
            name="covering",
            title="Radius of the codebook",
            prose="A set that cannot be enlarged covers the sphere.",
            claim=at_most(chord, epsilon**2),
            check=Assumed("covering"),
            source="docs/math.md, section 5",
        ),
        Step(
            name="mismatch",
            title="Mismatch of student and teacher",
            prose="From logits to squares, and the two parts of the squared error.",
            claim=at_most(DIVERGENCE, complexity / (16 * n) + epsilon**2 / 16),
            check=Insert("logits", ("squared_error", "rounding", "covering")),
            hypotheses=(whole(n),),
            source="docs/math.md, section 3",
        ),
    )


# docs/math.md, sections 2 and 3.
MISMATCH = mismatch(K, WEIGHTS)

_BALL = ball_volume(d)
_SMALL, _LARGE = _BALL * (epsilon / 2) ** d, _BALL * (1 + epsilon / 2) ** d

# docs/math.md, section 5, the classical covering. Ends in step "codebook": M <= (1 + 2/epsilon)^d.
COVERING = (
    Step(
        name="packing",
        title="Disjoint balls",
        prose=r"Balls of radius $\varepsilon/2$ about the $M$ codewords are disjoint and lie in the ball of radius "
        r"$1+\varepsilon/2$; $\pi^{d/2}/\Gamma(d/2+1)$ is the volume of the unit ball.",
        claim=at_most(M * _SMALL, _LARGE),
        check=DisjointParts(count=M, part=_SMALL, whole=_LARGE, resting_on=("codewords",)),
        source="docs/math.md, section 5",
    ),
    Step(
        name="codebook",
        title="Size of the codebook",
        prose="Divide by the volume of a small ball.",
        claim=at_most(M, (1 + 2 / epsilon) ** d),
        check=Combine({"packing": 1 / _SMALL}),
        source="docs/math.md, section 5",
    ),
)


@dataclass(frozen=True)
class RadiusByCases(Check):
    r"""Resolve the codebook radius of a symbol c by its definition, and check the claim in either case.

    The radius is the root of :math:`\varepsilon^2(\varepsilon+2)=c` in (0, 2] up to c = 16, and 2 from there
    on.  The cubic rises from 0 to 16 on that interval, so the first case is met by putting
    :math:`c=\varepsilon^2(\varepsilon+2)` with :math:`\varepsilon` running through (0, 2].

    Parameters
    ----------
    on : Symbol
        c.
    root : Symbol
        The radius in the first case, a new positive symbol.
    inside, clamped : Check
        How the claim is established in the first and in the second case.
    """

    on: sp.Symbol
    root: sp.Symbol
    inside: Check
    clamped: Check

    @property
    def standing(self) -> Standing:
        """The weaker of the two cases."""
        return weakest(self.inside.standing, self.clamped.standing)

    def described(self, say: Callable[[sp.Basic], str]) -> str:
        """Name of the rule."""
        below, above = self.inside.described(say), self.clamped.described(say)
        return f"definition of the radius; below {say(self.on)} = 16: {below}; above: {above}"

    def examine(self, goal: Goal) -> None:
        """Put the radius of either case into the claim."""
        radius, cubic = codebook_radius(self.on), self.root**2 * (self.root + 2)
        if self.root in (goal.claim.lhs - goal.claim.rhs).free_symbols or not self.root.is_positive:
            raise CheckFailed(f"a radius needs a new positive symbol, got {self.root}")
        if any(hypothesis.has(self.on, self.root) for hypothesis in goal.hypotheses):
            raise CheckFailed(f"a radius is resolved for all positive {self.on}, got {goal.hypotheses}")
        if not is_signed(sp.diff(cubic, self.root), strict=True) or cubic.subs(self.root, 2) != 16:
            raise CheckFailed(f"a radius is found where its equation rises to 16 at 2, got {cubic}")

        def put(value: sp.Expr, size: sp.Expr) -> sp.Basic:
            parts = (part.xreplace({radius: value}).xreplace({self.on: size}) for part in goal.claim.args)
            return goal.claim.func(*parts, evaluate=False)

        self.inside.examine(goal.with_claim(put(self.root, cubic), at_most(self.root, 2)))
        self.clamped.examine(goal.with_claim(put(sp.Integer(2), self.on), at_least(self.on, 16)))


def _objective(radius: sp.Expr, size: sp.Expr) -> sp.Expr:
    """Return sixteen times what a codebook adds to the bound, for one neuron coded in size/16 samples."""
    return radius**2 + size * sp.log(1 + 2 / radius)


def chosen_radius(coded: sp.Expr) -> sp.Expr:
    """Return the radius at which quantisation and estimation balance, for a number of coded directions."""
    return codebook_radius(16 * coded * d / T)


def radius_assumption(coded: sp.Expr) -> Assumption:
    """Return the choice of the radius as an assumption of the model."""
    return Assumption(
        "radius",
        r"The codebook's radius is the root $\varepsilon$ of $\varepsilon^2(\varepsilon+2)=16\,d\,a/T$, or 2 if the "
        r"root is larger, where $a$ is the expected number of directions that are coded.",
        equal(epsilon, chosen_radius(coded)),
    )


def optimal_radius(coded: sp.Expr) -> tuple[Step, ...]:
    r"""Return the steps that the radius chosen is the best one, and its choice.

    .. math:: \frac{r^2}{16} + \frac{a d}{T}\ln\Bigl(1+\frac2r\Bigr) \quad\text{is least at } r^2(r+2) = \frac{16ad}{T}

    Parameters
    ----------
    coded : Expr
        a, the expected number of directions that are coded.

    Returns
    -------
    tuple of Step
        "radius_trade" for one size c, "radius_best" for c = 16 a d/T, and "radius", the choice.
    """
    best, size = chosen_radius(coded), 16 * coded * d / T
    return (
        Step(
            name="radius_trade",
            title="Trading rounding for information",
            prose=r"As a function of $r$ the right side is convex, and its derivative $2r-2c/(r(r+2))$ is zero where "
            r"$r^2(r+2)=c$. Up to $c=16$ that is at $r\le2$ and is the radius $\varepsilon(c)$; beyond, the right side "
            r"falls all the way to $r=2=\varepsilon(c)$.",
            claim=at_most(_objective(codebook_radius(c), c), _objective(r, c)),
            check=RadiusByCases(c, epsilon, ConvexMinimum(r, epsilon), SignOfDerivative(r, 2)),
            hypotheses=(at_most(r, 2),),
            source="docs/math.md, section 6",
        ),
        Step(
            name="radius_best",
            title="The best radius",
            prose="No other radius makes the sum of quantisation and estimation smaller.",
            claim=at_most(_objective(best, size), _objective(r, size)),
            check=Specialise("radius_trade", {c: size}),
            hypotheses=(at_most(r, 2),),
            source="docs/math.md, section 6",
        ),
        Step(
            name="radius",
            title="Choice of the radius",
            prose="The student uses the best radius.",
            claim=equal(epsilon, best),
            check=Assumed("radius"),
            source="docs/math.md, section 6",
        ),
    )
