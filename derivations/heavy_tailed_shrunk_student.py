"""The shrunk student of a heavy-tailed teacher: a shrunk readout of the draws, a code for their block starts.

The steps are those of `shrunk_student` with kappa for K; new is the entropy of the numbers of draws, by a bound that
holds for every exchangeable partition.  Derived in docs/math2.md section A; it is not in the papers.
"""

import sympy as sp

from infobound.bounds.heavy_tailed_shrunk_student import LAWS
from infobound.bounds.heavy_tails import kappa as kappa_value
from infobound.proof.calculus import ConvexMinimum, Induction
from infobound.proof.check import Assumed
from infobound.proof.information import BernoulliEntropy, EntropySubadditivity, binary_entropy
from infobound.proof.linking import Combine, Insert, Specialise, SumUp
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, below, equal, whole
from infobound.special import composition_nats, expected_atoms, new_share
from infobound.symbols import K, T, d, n

from . import heavy_tails, shrinking, teacher
from .heavy_tailed_sampled_student import DISTINCT_NEURONS
from .heavy_tailed_sampled_student import i as drawn
from .heavy_tails import TAIL, alpha, kappa
from .shrinking import ATOMS, COIN, H_sizes, p, rho, x
from .teacher import L

__all__ = ["COMPOSITION", "DERIVATION", "NAMES", "PLACES"]

(LAW,) = LAWS
_WHOLE = (whole(n),)

i = sp.Symbol("j", integer=True, positive=True)
q = sp.Symbol("q", positive=True)
against, bit = sp.Function("c", positive=True)(i), sp.Function("h", nonnegative=True)(i)
start = 1 / (1 + against)
A = expected_atoms(n, K, alpha)
share, nats = new_share(n, K, alpha), composition_nats(n, K, alpha)
STUDENT, NAMED = (shrinking.Student.shrunk(letter, nats, A, "distinct") for letter in (kappa_value, kappa))

_PLACES = (i, 1, n - 1)
_LINE = q - start * sp.log(q)
_NATS = A - 1 - (A - 1) * sp.log(share)
_STARTS = sp.Sum(start, _PLACES)

# docs/math2.md, A5. Ends in step "composition": H <= (A-1) (1 + ln((n-1)/(A-1))).
COMPOSITION = (
    Step(
        name="starts",
        title="Where blocks start",
        prose="Write the draws down neuron by neuron, in order of appearance. At each place but the first a block may "
        "start, and these starts determine the numbers of draws.",
        claim=at_most(H_sizes, sp.Sum(bit, _PLACES)),
        check=EntropySubadditivity(joint=H_sizes, parts=(sp.Sum(bit, _PLACES),)),
        source="docs/math2.md, A5",
    ),
    Step(
        name="bit",
        title="One place",
        prose="Whether a block starts there is a coin.",
        claim=equal(bit, binary_entropy(start)),
        check=BernoulliEntropy(entropy=bit, probability=start),
        source="docs/math2.md, A5",
    ),
    *COIN,
    Step(
        name="logarithm",
        title="The logarithm below its tangent",
        prose=r"The difference of the two sides is convex, and zero and stationary at $x=1$.",
        claim=at_most(sp.log(x), x - 1),
        check=ConvexMinimum(x, 1),
        source="docs/math2.md, A5",
    ),
    Step(
        name="logarithm_ratio",
        title="At a ratio of chances",
        prose=r"With $x=q/p$.",
        claim=at_most(sp.log(q / p), q / p - 1),
        check=Specialise("logarithm", {x: q / p}),
        source="docs/math2.md, A5",
    ),
    Step(
        name="tangent",
        title="A concave function below its tangent",
        prose="Multiply by $p$.",
        claim=at_most(p * (1 - sp.log(p)), q - p * sp.log(q)),
        check=Combine({"logarithm_ratio": p}),
        source="docs/math2.md, A5",
    ),
    Step(
        name="coin_place",
        title="The coin of a place",
        prose=r"With $p=1/(1+c(j))$, the chance of a start.",
        claim=below(binary_entropy(start), start * (1 - sp.log(start))),
        check=Specialise("coin", {p: start}),
        source="docs/math2.md, A5",
    ),
    Step(
        name="tangent_place",
        title="The tangent there",
        prose="At the same chance.",
        claim=at_most(start * (1 - sp.log(start)), _LINE),
        check=Specialise("tangent", {p: start}),
        source="docs/math2.md, A5",
    ),
    Step(
        name="place",
        title="Entropy of one place",
        prose="The two together.",
        claim=below(binary_entropy(start), _LINE),
        check=Combine({"coin_place": 1, "tangent_place": 1}),
        source="docs/math2.md, A5",
    ),
    Step(
        name="places",
        title="All places",
        prose="Add up.",
        claim=at_most(sp.Sum(binary_entropy(start), _PLACES), sp.Sum(_LINE, _PLACES)),
        check=SumUp("place", i, sp.S.One, n - 1),
        source="docs/math2.md, A5",
    ),
    Step(
        name="line",
        title="The sum of the tangent",
        prose="It is linear in the chances.",
        claim=equal(sp.Sum(_LINE, _PLACES), (n - 1) * q - sp.log(q) * _STARTS),
        check=Induction(n),
        hypotheses=_WHOLE,
        source="docs/math2.md, A5",
    ),
    Step(
        name="places_value",
        title="For any tangent",
        prose="Put the sum in.",
        claim=at_most(sp.Sum(binary_entropy(start), _PLACES), (n - 1) * q - sp.log(q) * _STARTS),
        check=Combine({"places": 1, "line": 1}),
        hypotheses=_WHOLE,
        source="docs/math2.md, A5",
    ),
    Step(
        name="best_tangent",
        title="The tangent at the mean chance",
        prose="With the share of the draws after the first that are new for $q$.",
        claim=at_most(sp.Sum(binary_entropy(start), _PLACES), (n - 1) * share - sp.log(share) * _STARTS),
        check=Specialise("places_value", {q: share}),
        hypotheses=_WHOLE,
        source="docs/math2.md, A5",
    ),
    Step(
        name="number",
        title="Number of starts",
        prose="Every neuron but the first has a block that starts at one of these places.",
        claim=equal(_STARTS, ATOMS - 1),
        check=Assumed("starts"),
        source="docs/math2.md, A5",
    ),
    Step(
        name="share",
        title="Name of the share",
        prose="The law's function $q$ is defined by this equation.",
        claim=equal((n - 1) * share, A - 1),
        check=Assumed("share"),
        source="docs/math2.md, A5",
    ),
    Step(
        name="nats",
        title="Name of the bound",
        prose=r"The law's function $\mathcal H$ is defined by this expression.",
        claim=equal(nats, _NATS),
        check=Assumed("nats"),
        source="docs/math2.md, A5",
    ),
    Step(
        name="composition_sum",
        title="Sum of the entropies",
        prose="Put in the number of starts, on average, and the names.",
        claim=at_most(sp.Sum(binary_entropy(start), _PLACES), nats),
        check=Insert("best_tangent", ("number", "distinct", "share", "nats")),
        hypotheses=_WHOLE,
        source="docs/math2.md, A5",
    ),
    Step(
        name="composition",
        title="Entropy of the numbers of draws",
        prose="It is at most that of the starts.",
        claim=at_most(H_sizes, nats),
        check=Insert("starts", ("bit", "composition_sum")),
        hypotheses=_WHOLE,
        source="docs/math2.md, A5",
    ),
)

# What the names in these steps stand for.
NAMES = (
    Assumption(
        "starts",
        "Written down neuron by neuron, the draws have a block start at place $j+1$ with probability $1/(1+c(j))$; "
        "there are as many starts as neurons, the first at the first place.",
        equal(_STARTS, ATOMS - 1),
    ),
    Assumption(
        "share", "The law's function $q$ is the share of the later draws that are new.", equal((n - 1) * share, A - 1)
    ),
    Assumption(
        "nats",
        r"The law's function $\mathcal H$ is this expression of $q$.",
        equal(nats, _NATS),
    ),
)

# Letters of these steps.
PLACES = (
    Letter(i, "number of a place after the first"),
    Letter(bit, "entropy of whether a block starts at the place after the $j$-th", "nats"),
    Letter(against, "odds against a start there"),
    Letter(q, "any other chance of a start"),
    Letter(A, "expected number of distinct neurons"),
    Letter(share, "share of the draws after the first that are new"),
    Letter(nats, "bound on the entropy of the numbers of draws", "nats"),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the shrunk student of a heavy-tailed teacher",
    setting=(*heavy_tails.SETTING, *shrinking.setting(kappa)),
    assumptions=(*heavy_tails.ASSUMPTIONS, shrinking.DRAWS, *NAMES, *shrinking.MARKS, STUDENT.choice),
    symbols=(
        *heavy_tails.LETTERS,
        *shrinking.LETTERS,
        Letter(drawn, "number of draws made so far"),
        *PLACES,
    ),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *shrinking.RATE,
        *shrinking.mismatch(kappa, heavy_tails.WEIGHTS),
        *DISTINCT_NEURONS,
        *COMPOSITION,
        *shrinking.DIRECTION,
        *STUDENT.information(),
        *heavy_tails.COMPLEXITY,
        *STUDENT.assembly(NAMED, TAIL),
        Step(
            name="heavy_tailed_shrunk_student",
            title="The bound",
            prose="Put the rate chosen and the teacher's complexity into the bound.",
            claim=at_most(L, LAW.expr),
            check=Insert("assembly", ("rate", "clamp_best", "complexity")),
            hypotheses=(*_WHOLE, TAIL),
            source="docs/math2.md, section A",
        ),
    ),
    conclusion=at_most(L, LAW.expr),
    domain=(*_WHOLE, TAIL),
    corollaries=(at_most(LAW.expr, STUDENT.bound(rho)),),
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
