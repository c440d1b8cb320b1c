"""The discounted student of a heavy-tailed teacher: read out by the teacher's expected weights, given the draws.

Code and channel are those of `heavy_tailed_shrunk_student`; new is the readout, which splits the teacher in two
orthogonal parts.  Derived in docs/math2.md section A; it is not in the papers.
"""

from fractions import Fraction

import sympy as sp

from infobound.bounds.heavy_tailed_discounted_student import LAWS, g, kept
from infobound.errors import CheckFailed
from infobound.proof.averages import Mean
from infobound.proof.check import Assumed, Theorem
from infobound.proof.linking import Average, Combine, Insert
from infobound.proof.moments import PairsOfDraws
from infobound.proof.probability import Pythagoras
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, equal, whole
from infobound.symbols import K, T, d, n

from . import channel, heavy_tails, shrinking, teacher
from .heavy_tailed_sampled_student import DISTINCT_NEURONS
from .heavy_tailed_sampled_student import i as drawn
from .heavy_tailed_shrunk_student import COMPOSITION, NAMES, PLACES, A, nats, q
from .heavy_tails import TAIL, alpha, kappa
from .neurons import NEURON, ROUNDED_NEURON, SQUARED_NEURON, Weights, mean_square, rounding, summand
from .shrinking import ATOMS, CHANNEL, D, F_bar, chord, p, rho
from .teacher import DIVERGENCE, LOGITS, SQUARED_ERROR, F, F_tilde, L, k, mu

__all__ = ["DERIVATION"]

(LAW,) = LAWS
_WHOLE = (whole(n),)
HALF = sp.Rational(1, 2)

B, lost = sp.Symbol("B", positive=True), sp.Symbol("g", nonnegative=True)
m = sp.Symbol("m", integer=True, positive=True)
expected = sp.Function(r"\hat\pi", real=True)(m)
omega = sp.Function("omega", nonnegative=True)(k)

_OMEGAS = sp.Sum(omega, (k, 1, sp.oo))
_ALL = sp.Sum(mu(k), (k, 1, sp.oo))
_WEIGHT = (m - alpha) / (n + K)
_SQUARE, _SIZE = Mean(F**2, F), Mean(F_bar**2, F_bar)
_OFFSET, _SPREAD = Mean((F - F_bar) ** 2, F, F_bar), Mean((F_bar - F_tilde) ** 2, F_bar, F_tilde)
_SQUARED, _FIRST, _SECOND = Mean(expected**2, m), Mean(m, m), Mean(m**2, m)
_COINCIDENCE = (1 - alpha) / (K + 1)
_FALLEN = 1 - (K + alpha * ATOMS) * (K + 1) / ((K + alpha) * (K + n))
_VALUE = kept / (1 + K / n)

READOUT = Weights(omega, B / (kappa + 1), "readout")
STUDENT = shrinking.Student(missing=1 - B, explained=B, composition=nats, number=A, counted="distinct")


def _posterior_on_numbers() -> None:
    """Draw one neuron m times and then once more: sums of powers of broken sticks, in exact fractions.

    Of the weights' sums of powers q the first j sticks hold all but what is left, a copy with K + j alpha for K, to
    the power q; the ratio of those of powers m + 1 and m is the chance of one draw more.
    """

    def powers(power: int, tail: Fraction, concentration: Fraction) -> Fraction:
        total = Fraction(1)
        for i in range(1, power):
            total *= (i - tail) / (concentration + i)
        return total

    for tail, concentration in ((Fraction(1, 4), Fraction(2)), (Fraction(2, 3), Fraction(1, 5))):
        for power in (2, 3, 4):
            left, total = Fraction(1), Fraction(0)
            for j in range(1, 12):
                a, b = 1 - tail, concentration + j * tail
                stick, rest = Fraction(1), Fraction(1)
                for i in range(power):
                    stick *= (a + i) / (a + b + i)
                    rest *= (b + i) / (a + b + i)
                total, left = total + left * stick, left * rest
            if total + left * powers(power, tail, concentration + 11 * tail) != powers(power, tail, concentration):
                raise CheckFailed(f"expected weights fail a numerical test at alpha={tail}, K={concentration}")


# docs/math2.md, A3. Ends in step "value": B in terms of the law's functions.
EXPLAINED = (
    Step(
        name="posterior",
        title="Expected weight of a neuron",
        prose=r"Given the draws, a neuron that was drawn $m$ times among $n$ has this weight on average: it is the "
        "chance that the next draw hits it, by the prediction rule of the Pitman-Yor process.",
        claim=equal(expected, _WEIGHT),
        check=Theorem(
            name="prediction rule of the Pitman-Yor process",
            reference="Pitman, Probab. Theory Relat. Fields 102 (1995) 145-158",
            spot=_posterior_on_numbers,
            resting_on=("draws", "sticks"),
            pointwise=(m,),
        ),
        source="docs/math2.md, A3",
    ),
    Step(
        name="posterior_square",
        title="Its square",
        prose="Multiply out.",
        claim=equal(expected**2, _WEIGHT**2),
        check=Combine({"posterior": expected + _WEIGHT}),
        source="docs/math2.md, A3",
    ),
    Step(
        name="squares",
        title="On average over the distinct neurons",
        prose="Take expectations.",
        claim=equal(_SQUARED, (_SECOND - 2 * alpha * _FIRST + alpha**2) / (n + K) ** 2),
        check=Average("posterior_square", (m,)),
        source="docs/math2.md, A3",
    ),
    Step(
        name="total",
        title="All draws",
        prose="The numbers of draws of the distinct neurons add up to $n$.",
        claim=equal(ATOMS * _FIRST, n),
        check=Assumed("total"),
        source="docs/math2.md, A3",
    ),
    Step(
        name="pairs",
        title="All pairs of draws",
        prose="The squares of the numbers of draws add up to the number of ordered pairs of draws that are of one "
        "neuron, each draw with itself among them.",
        claim=equal(ATOMS * _SECOND, n + n * (n - 1) * _ALL),
        check=PairsOfDraws(squares=ATOMS * _SECOND, coincidence=_ALL, count=n, resting_on=("draws",)),
        hypotheses=_WHOLE,
        source="docs/math2.md, A3",
    ),
    Step(
        name="weights_squared",
        title="Sum of the squared weights of the readout",
        prose="Over the neurons that were drawn; the others have no weight.",
        claim=equal(_OMEGAS, ATOMS * _SQUARED),
        check=Assumed("average"),
        source="docs/math2.md, A3",
    ),
    Step(
        name="fallen",
        title="A chance that falls",
        prose=r"The chance that the next draw is a new neuron is on average $(K+\alpha\,\mathbb{E}N)/(K+n)$, and "
        r"$(K+\alpha)/(K+1)$ after one draw. Over $1-\alpha$, $g$ is the share that it has lost.",
        claim=equal((1 - alpha) * lost, _FALLEN),
        check=Assumed("fallen"),
        source="docs/math2.md, A3 and A4",
    ),
    Step(
        name="lost",
        title="Name of the share",
        prose="The law's function is this share as one of the number of draws, by its product.",
        claim=equal(lost, g),
        check=Assumed("lost"),
        source="docs/math2.md, A3",
    ),
    Step(
        name="scaled",
        title="The share of the variance that the readout explains",
        prose="Its name.",
        claim=equal(B, (kappa + 1) * _OMEGAS),
        check=Assumed("explained"),
        source="docs/math2.md, A3",
    ),
    Step(
        name="collected",
        title="In terms of the draws",
        prose="Put the sums in.",
        claim=equal(B, (kappa + 1) * (n + n * (n - 1) * _ALL - 2 * alpha * n + alpha**2 * ATOMS) / (n + K) ** 2),
        check=Combine(
            {
                "scaled": 1,
                "weights_squared": kappa + 1,
                "squares": (kappa + 1) * ATOMS,
                "pairs": (kappa + 1) / (n + K) ** 2,
                "total": -2 * alpha * (kappa + 1) / (n + K) ** 2,
            }
        ),
        hypotheses=_WHOLE,
        source="docs/math2.md, A3",
    ),
    *heavy_tails.WEIGHTS,
    *heavy_tails.COMPLEXITY,
    Step(
        name="counted",
        title="In terms of the teacher",
        prose="Put in the chance of a coincidence and the teacher's factor.",
        claim=equal(
            B, (n + n * (n - 1) * _COINCIDENCE - 2 * alpha * n + alpha**2 * ATOMS) / (_COINCIDENCE * (n + K) ** 2)
        ),
        check=Insert("collected", ("coincidence", "complexity")),
        hypotheses=(*_WHOLE, TAIL),
        source="docs/math2.md, A3",
    ),
    Step(
        name="value",
        title="Without differences that cancel",
        prose="Put in $g$ for the number of distinct neurons.",
        claim=equal(B, _VALUE.subs(g, lost)),
        check=Combine({"counted": 1, "fallen": alpha * (K + alpha) / ((1 - alpha) * (n + K))}),
        hypotheses=(*_WHOLE, TAIL),
        source="docs/math2.md, A3",
    ),
)

# docs/math2.md, A3. Ends in step "mismatch": E KL <= (1 - B + B D)/16.
MISMATCH = (
    *LOGITS,
    *NEURON,
    Step(
        name="readout",
        title="Squared weights of the readout",
        prose="That is what $B$ says.",
        claim=equal(_OMEGAS, B / (kappa + 1)),
        check=Combine({"scaled": -1 / (kappa + 1)}),
        source="docs/math2.md, A3",
    ),
    Step(
        name="split",
        title="What the draws tell of the teacher, and the rest",
        prose=r"Given the draws and the signs and directions of the neurons drawn, $\bar F$ is the expectation of $F$: "
        "each neuron drawn has its expected weight, and the signs of the others are centred.",
        claim=equal(_SQUARE, _SIZE + _OFFSET),
        check=Pythagoras(total=_SQUARE, first=_SIZE, second=_OFFSET, resting_on=("readout",)),
        source="docs/math2.md, A3",
    ),
    *mean_square("second", _SQUARE, SQUARED_NEURON, "The teacher", kappa),
    *mean_square("size", _SIZE, SQUARED_NEURON, r"The expected teacher $\bar F$", kappa, READOUT),
    Step(
        name="decomposition",
        title="Two sources of error",
        prose=r"The student is made from the draws, signs and directions of the neurons drawn, and noise, given which "
        r"$F-\bar F$ is centred.",
        claim=equal(SQUARED_ERROR, _SPREAD + _OFFSET),
        check=Pythagoras(total=SQUARED_ERROR, first=_SPREAD, second=_OFFSET, resting_on=("readout",)),
        source="docs/math2.md, A3",
    ),
    *mean_square("spread", _SPREAD, ROUNDED_NEURON, r"The rounding error $\bar F-\tilde F$", kappa, READOUT),
    Step(
        name="squared_error",
        title="Squared error of the student",
        prose="Put the parts together.",
        claim=equal(SQUARED_ERROR, (1 - B) / 2 + B * ROUNDED_NEURON),
        check=Combine({"decomposition": 1, "split": -1, "second": 1, "size": -1, "spread": 1, "neuron": 1 - B}),
        source="docs/math2.md, A3",
    ),
    *channel.NOISE,
    *CHANNEL.distance(),
    *rounding(chord),
    Step(
        name="mismatch",
        title="Mismatch of student and teacher",
        prose="From logits to squares, the squared error, and the distance at which the channel passes directions on.",
        claim=at_most(DIVERGENCE, (1 - B + B * D) / 16),
        check=Insert("logits", ("squared_error", "rounding", "distance")),
        source="docs/math2.md, A3",
    ),
)

SETTING = (
    r"Draw neurons $c_1,\dots,c_n$ from the weights $\pi$, and let $m_k$ be how often the $k$-th was drawn. The "
    r"student is $\tilde F(x)=\sqrt{\kappa+1}\,\sum_{k:\,m_k>0}s_k\frac{m_k-\alpha}{n+K}\max(0,\tilde w_k\cdot x)$: "
    r"its weights are the expected weights of the teacher given the draws. $\bar F$ is the same sum with the "
    r"directions $w_k$ themselves.",
    shrinking.CODED,
)

ASSUMPTIONS = (
    shrinking.DRAWS,
    Assumption(
        "readout",
        r"Given the draws and the signs and directions of the neurons drawn, $\bar F$ is the expectation of $F$, and "
        r"the student is made from these and the channel's noise.",
    ),
    Assumption(
        "average",
        r"$m$ is the number of draws of a neuron chosen with equal chances from all that are drawn: a sum over the "
        "distinct neurons is on average their expected number times the expectation over $m$.",
        equal(_OMEGAS, ATOMS * _SQUARED),
    ),
    Assumption(
        "explained",
        r"$B$ is what the readout's squared weights add up to on average, times the square of the teacher's factor.",
        equal(B, (kappa + 1) * _OMEGAS),
    ),
    Assumption("total", "The numbers of draws of the distinct neurons add up to $n$.", equal(ATOMS * _FIRST, n)),
    Assumption(
        "fallen",
        r"$g$ is, over $1-\alpha$, the share that the chance of a new neuron has lost on average since the first draw.",
        equal((1 - alpha) * lost, _FALLEN),
    ),
    Assumption("lost", "The law's function $g(n,K,\\alpha)$ is that share.", equal(lost, g)),
    *NAMES,
    *shrinking.MARKS,
    STUDENT.choice,
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the discounted student of a heavy-tailed teacher",
    setting=(*heavy_tails.SETTING, *SETTING),
    assumptions=(*heavy_tails.ASSUMPTIONS, *ASSUMPTIONS),
    symbols=(
        *heavy_tails.LETTERS,
        Letter(F_bar, "expectation of the teacher's logit given the draws, signs and directions"),
        Letter(summand("second"), r"second moment of the $k$-th term of $F$"),
        Letter(summand("size"), r"second moment of the $k$-th term of $\bar F$"),
        Letter(summand("spread"), r"second moment of the $k$-th term of $\bar F-\tilde F$"),
        Letter(B, "share of the teacher's variance that the draws explain"),
        Letter(m, "number of draws of a neuron chosen from those that are drawn"),
        Letter(expected, "expected weight of a neuron that was drawn $m$ times"),
        Letter(omega, "second moment of the $k$-th weight of the readout"),
        Letter(g, "share that the chance of a new neuron has lost since the first draw, over $1-\\alpha$"),
        Letter(lost, "the same, as a letter"),
        *shrinking.CODE_LETTERS,
        Letter(drawn, "number of draws made so far"),
        *PLACES,
    ),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *shrinking.RATE,
        *DISTINCT_NEURONS,
        *EXPLAINED,
        *MISMATCH,
        *COMPOSITION,
        *shrinking.DIRECTION,
        *STUDENT.information(),
        *STUDENT.assembly(STUDENT),
        Step(
            name="least_value",
            title="In terms of the draws",
            prose="Put in the share that the draws explain.",
            claim=at_most(LAW.expr.subs(g, lost), STUDENT.bound(rho).subs(B, _VALUE.subs(g, lost))),
            check=Insert("least", ("value",)),
            hypotheses=(*_WHOLE, TAIL),
            source="docs/math2.md, section A",
        ),
        Step(
            name="least_named",
            title="In terms of the law's functions",
            prose="Put in what the letter stands for.",
            claim=at_most(LAW.expr, STUDENT.bound(rho).subs(B, _VALUE)),
            check=Insert("least_value", ("lost",)),
            hypotheses=(*_WHOLE, TAIL),
            source="docs/math2.md, section A",
        ),
        Step(
            name="bound_value",
            title="The bound at the best rate",
            prose="Put the rate chosen and the share that the draws explain into the bound.",
            claim=at_most(L, LAW.expr.subs(g, lost)),
            check=Insert("assembly", ("rate", "clamp_best", "value")),
            hypotheses=(*_WHOLE, TAIL),
            source="docs/math2.md, section A",
        ),
        Step(
            name="heavy_tailed_discounted_student",
            title="The bound",
            prose="Put in what the letter stands for.",
            claim=at_most(L, LAW.expr),
            check=Insert("bound_value", ("lost",)),
            hypotheses=(*_WHOLE, TAIL),
            source="docs/math2.md, section A",
        ),
    ),
    conclusion=at_most(L, LAW.expr),
    domain=(*_WHOLE, TAIL),
    corollaries=(at_most(LAW.expr, STUDENT.bound(rho).subs(B, _VALUE)),),
    references=heavy_tails.REFERENCES,
    example={
        n: sp.Integer(1024),
        T: sp.Integer(10) ** 9,
        d: sp.Integer(512),
        K: sp.Integer(64),
        alpha: sp.Rational(1, 4),
        kappa: sp.Rational(257, 3),
        p: sp.Rational(1, 2),
        q: sp.Rational(1, 3),
    },
)
