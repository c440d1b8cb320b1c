"""The shrunk student: n neurons drawn from the teacher, read out by the posterior mean, coded by a Gaussian channel.

Bound B of docs/math.md, section 6.  The constants are derived along the construction of Jeon and Van Roy, not quoted
from their papers; the shrunk readout and the channel in place of a codebook are of docs/math.md, sections 3 and 5.
"""

import sympy as sp

from infobound.bounds.shrunk_student import LAWS
from infobound.proof.averages import Mean
from infobound.proof.calculus import Induction, IntegralTest, Integration
from infobound.proof.check import Algebra, Definition
from infobound.proof.copies import Regeneration
from infobound.proof.information import IndependentEntropies, binary_entropy
from infobound.proof.linking import Combine, Insert, Specialise, SumUp
from infobound.proof.probability import IndependentFactors, UnderDensity
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, below, equal, whole
from infobound.symbols import K, T, d, n

from . import shrinking, teacher
from .neurons import STICK_DENSITY, WEIGHTS
from .sampled_student import DISTINCT_NEURONS
from .shrinking import ATOMS, COIN, H_sizes, p, rho
from .teacher import L, beta

__all__ = ["DERIVATION"]

(LAW,) = LAWS

# The comparison of blocks and coins (section 7).
H_coins = sp.Symbol("H_c", nonnegative=True)
first, last = sp.Function("b", real=True), sp.Function("c", real=True)
j, i = sp.Symbol("j", integer=True, positive=True), sp.Symbol("i", integer=True, positive=True)
y = sp.Symbol("y", nonnegative=True)

ell = sp.log(1 + (n - 1) / K)
A1 = 1 + K * ell
STUDENT = shrinking.Student.shrunk(K, composition=K * (ell + ell**2 / 2), number=A1, counted="atoms")
_WHOLE = (whole(n),)


def _new(at: sp.Expr) -> sp.Expr:
    return K / (K + at)


_i0 = sp.Symbol("i", integer=True, nonnegative=True)
_NEW_INTEGRAL = sp.Integral(_new(y), (y, 0, n - 1))

# docs/math.md, section 4. Ends in step "atoms": E N <= 1 + K ln(1 + (n-1)/K).
ATOM_STEPS = (
    DISTINCT_NEURONS[0],
    Step(
        name="atoms_test",
        title="Integral test",
        prose="The probabilities decrease, so all but the first are below the integral.",
        claim=at_most(sp.Sum(_new(_i0), (_i0, 0, n - 1)), 1 + _NEW_INTEGRAL),
        check=IntegralTest(_new(y), y, _i0, n, "upper"),
        hypotheses=_WHOLE,
        source="docs/math.md, section 4",
    ),
    Step(
        name="atoms_integral",
        title="The integral",
        prose="A logarithm.",
        claim=equal(_NEW_INTEGRAL, K * ell),
        check=Integration(primitive=K * sp.log(K + y)),
        hypotheses=_WHOLE,
        source="docs/math.md, section 4",
    ),
    Step(
        name="atoms",
        title="Expected number of distinct neurons",
        prose="The three steps together.",
        claim=at_most(ATOMS, A1),
        check=Insert("urn", ("atoms_test", "atoms_integral")),
        hypotheses=_WHOLE,
        source="docs/math.md, section 4",
    ),
)

_HIT = sp.binomial(n - 1, j - 1) * beta ** (j - 1) * (1 - beta) ** (n - j)
_HIT_INTEGRAL = sp.Integral(_HIT * STICK_DENSITY, (beta, 0, 1))
_FIRST_LAW = K * sp.gamma(n) * sp.gamma(K + n - j) / (sp.gamma(n - j + 1) * sp.gamma(K + n))
_COIN, _NO_COINS = _new(n - j), sp.ff(n - 1, j - 1) / sp.ff(K + n - 1, j - 1)
_UP_TO = (at_most(j, n),)


def _coin_bound(at: sp.Expr) -> sp.Expr:
    return _new(at) * (1 + sp.log(1 + at / K))


_COIN_SUM = sp.Sum(binary_entropy(_new(i)), (i, 1, n - 1))
_BOUND_SUM = sp.Sum(_coin_bound(i), (i, 1, n - 1))
_BOUND_SUM_0 = sp.Sum(_coin_bound(_i0), (_i0, 0, n - 1))
_BOUND_INTEGRAL = sp.Integral(_coin_bound(y), (y, 0, n - 1))
_Y = sp.log(1 + y / K)

# docs/math.md, section 7. Ends in step "composition": H <= K (l + l^2/2), l = ln(1 + (n-1)/K).
COMPOSITION = (
    Step(
        name="first_block",
        title="How often the first neuron is drawn",
        prose=r"The neuron of the first draw has a weight $\beta$ with the law of a stick; each of the other $n-1$ "
        r"draws "
        r"hits it with probability $\beta$. So it is drawn $j$ times in all with probability",
        claim=equal(first(j, n, K), Mean(_HIT, beta)),
        check=Definition(),
        source="docs/math.md, section 7",
    ),
    Step(
        name="first_block_density",
        title="As an integral",
        prose=r"The stick has density $K(1-\beta)^{K-1}$.",
        claim=equal(Mean(_HIT, beta), _HIT_INTEGRAL),
        check=UnderDensity(
            expression=_HIT, variable=beta, density=STICK_DENSITY, low=0, high=1, resting_on=("sticks",)
        ),
        source="docs/math.md, section 7",
    ),
    Step(
        name="first_block_integral",
        title="Its value",
        prose="A Beta integral.",
        claim=equal(_HIT_INTEGRAL, _FIRST_LAW),
        check=Integration(standard=True),
        hypotheses=_UP_TO,
        source="docs/math.md, section 7",
    ),
    Step(
        name="last_spacing",
        title="Independent coins",
        prose=r"Throw coins $\xi_0,\dots,\xi_{n-1}$, independent, that show heads with probability $K/(K+i)$. The last "
        r"heads is at $i=n-j$ if that coin shows heads and the $j-1$ after it do not, which has probability "
        r"$\prod_{i=n-j+1}^{n-1}\frac{i}{K+i}$, a ratio of falling factorials.",
        claim=equal(last(j, n, K), _COIN * _NO_COINS),
        check=IndependentFactors(
            product=last(j, n, K), factors=(_COIN, _NO_COINS), resting_on=("coins",), where=_UP_TO
        ),
        hypotheses=_UP_TO,
        source="docs/math.md, section 7",
    ),
    Step(
        name="last_spacing_value",
        title="In Gamma functions",
        prose="Write the falling factorials out.",
        claim=equal(_COIN * _NO_COINS, _FIRST_LAW),
        check=Algebra(),
        hypotheses=_UP_TO,
        source="docs/math.md, section 7",
    ),
    Step(
        name="same_first",
        title="Block and spacing have one law",
        prose="The block of the first neuron and the distance of the last heads from the end have the same law.",
        claim=equal(last(j, n, K), first(j, n, K)),
        check=Insert(
            "last_spacing", ("last_spacing_value", "first_block_integral", "first_block_density", "first_block")
        ),
        hypotheses=_UP_TO,
        source="docs/math.md, section 7",
    ),
    Step(
        name="coupling",
        title="Blocks and coins have one entropy",
        prose=r"Leave out the first neuron: the other $n-j$ draws are draws from a teacher of the same kind. Leave "
        r"out the "
        r"last spacing: the other $n-j$ coins are coins of the same kind. By induction on $n$ the sizes of the "
        r"blocks, in "
        "order of appearance, have the law of the spacings of the coins, and these determine the coins.",
        claim=equal(H_sizes, H_coins),
        check=Regeneration(first=H_sizes, second=H_coins, matching="same_first", resting_on=("size_biased", "coins")),
        source="docs/math.md, section 7 (Feller coupling)",
    ),
    Step(
        name="coins",
        title="Entropy of the coins",
        prose="The coins are independent, and the first one always shows heads.",
        claim=equal(H_coins, _COIN_SUM),
        check=IndependentEntropies(
            joint=H_coins,
            single=binary_entropy(_new(i)),
            index=i,
            low=sp.S.One,
            high=n - 1,
            resting_on=("coins",),
            where=_WHOLE,
        ),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
    *COIN,
    Step(
        name="coin_bound",
        title="At the coins' probabilities",
        prose="With $p=K/(K+i)$.",
        claim=below(binary_entropy(_new(i)), _coin_bound(i)),
        check=Specialise("coin", {p: _new(i)}),
        source="docs/math.md, section 7",
    ),
    Step(
        name="coins_bound",
        title="All coins",
        prose="Add up.",
        claim=at_most(_COIN_SUM, _BOUND_SUM),
        check=SumUp("coin_bound", i, sp.S.One, n - 1),
        source="docs/math.md, section 7",
    ),
    Step(
        name="coins_test",
        title="Integral test",
        prose=r"The terms decrease: in $q=1+i/K$ they are $(1+\ln q)/q$, with derivative $-q^{-2}\ln q$.",
        claim=at_most(_BOUND_SUM_0, 1 + _BOUND_INTEGRAL),
        check=IntegralTest(_coin_bound(y), y, _i0, n, "upper"),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
    Step(
        name="coins_first",
        title="Without the first term",
        prose="The first term is 1.",
        claim=equal(_BOUND_SUM_0, 1 + _BOUND_SUM),
        check=Induction(n),
        hypotheses=_WHOLE,
    ),
    Step(
        name="coins_integral",
        title="The integral",
        prose=r"An antiderivative is $K(q+q^2/2)$ at $q=\ln(1+y/K)$.",
        claim=equal(_BOUND_INTEGRAL, K * (ell + ell**2 / 2)),
        check=Integration(primitive=K * (_Y + _Y**2 / 2)),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
    Step(
        name="coins_total",
        title="Bound on the sum",
        prose="The test, less the first term on both sides.",
        claim=at_most(_BOUND_SUM, K * (ell + ell**2 / 2)),
        check=Combine({"coins_test": 1, "coins_first": -1, "coins_integral": 1}),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
    Step(
        name="composition",
        title="Entropy of the numbers of draws",
        prose=r"About half of what a list of $N$ numbers up to $n$ would cost.",
        claim=at_most(H_sizes, K * (ell + ell**2 / 2)),
        check=Insert("coupling", ("coins", "coins_bound", "coins_total")),
        hypotheses=_WHOLE,
        source="docs/math.md, section 7",
    ),
)

# docs/math.md, section 6, Bound B.
ASSEMBLY = (
    *STUDENT.assembly(STUDENT, *_WHOLE),
    Step(
        name="shrunk_student",
        title="The bound",
        prose="Put the rate chosen into the bound.",
        claim=at_most(L, LAW.expr),
        check=Insert("assembly", ("rate", "clamp_best")),
        hypotheses=_WHOLE,
        source="docs/math.md, section 6, Bound B",
    ),
)

ASSUMPTIONS = (
    shrinking.DRAWS,
    Assumption(
        "size_biased",
        r"The weight of the first neuron drawn has the law of a stick, and given which of the draws hit it, the others "
        r"are draws from weights of the same law (a stick-breaking process does not change under size-biased "
        "permutation).",
    ),
    Assumption(
        "coins",
        r"$\xi_0,\dots,\xi_{n-1}$ are independent, and $\xi_i=1$ with probability $K/(K+i)$; they are coins for "
        "comparison, and no part of the model.",
    ),
    *shrinking.MARKS,
    STUDENT.choice,
)

LETTERS = (
    *shrinking.LETTERS,
    Letter(H_coins, "entropy of the coins", "nats"),
    Letter(first(j, n, K), "probability that the first neuron is drawn $j$ times among $n$ draws"),
    Letter(last(j, n, K), "probability that the last heads among $n$ coins is the $j$-th from the end"),
    Letter(i, "number of a coin"),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the shrunk student",
    setting=(
        *teacher.SETTING,
        *shrinking.setting(K),
        "Divided by $n+K$, the sum is the posterior mean of the teacher given the draws. The constants below are "
        "derived along the construction of Jeon and Van Roy; they are not quoted from the papers.",
    ),
    assumptions=(*teacher.ASSUMPTIONS, *ASSUMPTIONS),
    symbols=(*teacher.LETTERS, *LETTERS),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *shrinking.RATE,
        *shrinking.mismatch(K, WEIGHTS),
        *ATOM_STEPS,
        *COMPOSITION,
        *shrinking.DIRECTION,
        *STUDENT.information(),
        *ASSEMBLY,
    ),
    conclusion=at_most(L, LAW.expr),
    domain=_WHOLE,
    corollaries=(at_most(LAW.expr, STUDENT.bound(rho)),),
    abbreviations=(
        equal(sp.Symbol(r"\ell"), ell),
        equal(sp.Symbol("A_1"), 1 + K * sp.Symbol(r"\ell")),
        equal(shrinking.x, 8 * d * sp.Symbol("A_1") * (n + K) / (n * T)),
    ),
    references=(
        *teacher.REFERENCES,
        "D. Blackwell and J. B. MacQueen, Ferguson distributions via Polya urn schemes, "
        "Ann. Statist. 1 (1973) 353-355.",
        "R. Arratia, A. D. Barbour and S. Tavare, Logarithmic Combinatorial Structures: a Probabilistic Approach, "
        "European Mathematical Society (2003).",
        "J. Pitman, Combinatorial Stochastic Processes, Lecture Notes in Mathematics 1875, Springer (2006), "
        "section 3.2.",
    ),
    example={
        n: sp.Integer(1024),
        T: sp.Integer(10) ** 9,
        d: sp.Integer(512),
        K: sp.Integer(64),
        p: sp.Rational(1, 2),
        j: sp.Integer(1),
    },
)
