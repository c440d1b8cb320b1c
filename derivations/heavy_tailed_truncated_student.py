"""The truncated student of a heavy-tailed teacher: the first atoms, each through a Gaussian channel.

Theorem A7 of docs/math2.md.  What does not speak of the weights is taken from `truncated_student`; new are the
second moments of Pitman-Yor weights, and what the kept atoms' mean squares add up to.
"""

import sympy as sp

from infobound.bounds.heavy_tailed_truncated_student import LAWS
from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, Induction, Integration, Summation
from infobound.proof.check import Algebra, Assumed, Definition
from infobound.proof.differentiating import Recursion
from infobound.proof.linking import Combine, EitherWay, Insert, Specialise, SumUp
from infobound.proof.probability import IndependentFactors, OrthogonalSum, Pythagoras, UnderDensity
from infobound.proof.step import Assumption, Derivation, Letter, Step, at_most, equal, whole
from infobound.special import admissible_atoms, log_remainder
from infobound.symbols import K, T, d, n

from . import channel, heavy_tails, teacher, truncated_student
from .heavy_tails import TAIL, alpha, kappa
from .neurons import NEURON, SQUARED_NEURON, mean_square, rounding
from .teacher import DIVERGENCE, LOGITS, F, Information, L, beta, k, mu
from .truncated_student import CHANNEL, F_m, J, M, chord, m, q, theta, x

__all__ = ["DERIVATION"]

(LAW,) = LAWS
HALF = sp.Rational(1, 2)
y = sp.Symbol("y", positive=True)
before = sp.Function("b", positive=True)
tau = sp.Function("tau_2", positive=True)
held = sp.Function("h", nonnegative=True)(k)

_SHARED = {step.name: step for step in truncated_student.DERIVATION.steps}
_KEPT, _ATOM = _SHARED["theorem"].hypotheses, _SHARED["level"].hypotheses


def _shared(*names: str) -> tuple[Step, ...]:
    """Return steps of the Dirichlet teacher's truncated student that hold word for word."""
    return tuple(_SHARED[name] for name in names)


def _gammas(count: sp.Expr) -> sp.Expr:
    """Return R for a number of atoms cut off after, as Gamma functions."""
    first, second = K / alpha + 1, (K + 2) / alpha
    return sp.gamma(first + count) * sp.gamma(second) / (sp.gamma(first) * sp.gamma(second + count))


_STICK, _REST = Mean(beta**2, beta), Mean((1 - beta) ** 2, beta)
_LAST = K + (k - 1) * alpha
_DENSITY = (sp.gamma(_LAST + 1) / (sp.gamma(1 - alpha) * sp.gamma(K + k * alpha))) * (
    beta ** (-alpha) * (1 - beta) ** (K + k * alpha - 1)
)
_STICK_INTEGRAL = sp.Integral(beta**2 * _DENSITY, (beta, 0, 1))
_REST_INTEGRAL = sp.Integral((1 - beta) ** 2 * _DENSITY, (beta, 0, 1))
_STICK_VALUE = (1 - alpha) * (2 - alpha) / ((_LAST + 1) * (_LAST + 2))
_REST_VALUE = (K + k * alpha) * (K + k * alpha + 1) / ((_LAST + 1) * (_LAST + 2))
_BEFORE = (_LAST + 1) / (K + 1) * _gammas(k - 1)
_SQUARE = (2 - alpha) / (_LAST + 2) * _gammas(k - 1)
_TAU = tau(k, K, alpha)
_TAU_NEXT = tau(k + 1, K, alpha)
_R = sp.exp(log_remainder(m, K, alpha))

# docs/math2.md, A6. Ends in steps "signal_value" (E|v_k|^2 = tau_2(k)) and "ratio" (tau_2 falls by 1 + 2/(K+k alpha)).
WEIGHT = (
    Step(
        name="stick",
        title="Second moment of a stick",
        prose=r"The $k$-th stick has the Beta law of parameters $1-\alpha$ and $K+k\alpha$.",
        claim=equal(_STICK, _STICK_INTEGRAL),
        check=UnderDensity(expression=beta**2, variable=beta, density=_DENSITY, low=0, high=1, resting_on=("sticks",)),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
    Step(
        name="stick_integral",
        title="Its value",
        prose="A Beta integral.",
        claim=equal(_STICK_INTEGRAL, _STICK_VALUE),
        check=Integration(standard=True),
        hypotheses=(TAIL,),
    ),
    Step(
        name="rest",
        title="Second moment of what a stick leaves",
        prose=r"In the same way for $1-\beta$.",
        claim=equal(_REST, _REST_INTEGRAL),
        check=UnderDensity(
            expression=(1 - beta) ** 2, variable=beta, density=_DENSITY, low=0, high=1, resting_on=("sticks",)
        ),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
    Step(
        name="rest_integral",
        title="Its value",
        prose="Another Beta integral.",
        claim=equal(_REST_INTEGRAL, _REST_VALUE),
        check=Integration(standard=True),
        hypotheses=(TAIL,),
    ),
    Step(
        name="before_first",
        title="Before the first stick",
        prose=rf"${sp.latex(before(k))}$ is the second moment of what the sticks before the $k$-th leave; before the "
        "first there is all, an empty product.",
        claim=equal(before(1), 1),
        check=IndependentFactors(product=before(1), factors=(), resting_on=("sticks",)),
        source="docs/math2.md, A6",
    ),
    Step(
        name="before_next",
        title="After one more stick",
        prose="Sticks are independent.",
        claim=equal(before(k + 1), before(k) * _REST),
        check=IndependentFactors(product=before(k + 1), factors=(before(k), _REST), resting_on=("sticks",)),
        source="docs/math2.md, A6",
    ),
    Step(
        name="before_next_value",
        title="Its value",
        prose="Put in the second moment of what a stick leaves.",
        claim=equal(before(k + 1), before(k) * _REST_VALUE),
        check=Insert("before_next", ("rest", "rest_integral")),
        hypotheses=(TAIL,),
    ),
    Step(
        name="before",
        title="In closed form",
        prose=r"The product telescopes, since $\Gamma(x+1)=x\,\Gamma(x)$.",
        claim=equal(before(k), _BEFORE),
        check=Recursion("before_first", "before_next_value"),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
    Step(
        name="weight_factors",
        title="Second moment of a weight",
        prose=r"$\pi_k$ is the $k$-th stick times what the sticks before it leave.",
        claim=equal(mu(k), _STICK * before(k)),
        check=IndependentFactors(product=mu(k), factors=(_STICK, before(k)), resting_on=("sticks",)),
        source="docs/math2.md, A6",
    ),
    Step(
        name="weight",
        title="Its value",
        prose="Put in the two moments.",
        claim=equal(mu(k), _STICK_VALUE * _BEFORE),
        check=Insert("weight_factors", ("stick", "stick_integral", "before")),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
    Step(
        name="square",
        title="A name for the atoms' mean squares",
        prose=r"It will turn out to be $\mathbb{E}|v_k|^2$.",
        claim=equal(_TAU, _SQUARE),
        check=Definition(),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
    Step(
        name="square_next",
        title="The next one",
        prose="The definition at the next place.",
        claim=equal(_TAU_NEXT, _SQUARE.subs(k, k + 1)),
        check=Specialise("square", {k: k + 1}),
        hypotheses=(TAIL,),
    ),
    Step(
        name="ratio",
        title="How mean squares fall",
        prose=r"Neighbours differ by a rational factor, since $\Gamma(x+1)=x\,\Gamma(x)$.",
        claim=equal(_TAU_NEXT, _TAU * (K + k * alpha) / (K + k * alpha + 2)),
        check=Combine({"square_next": 1, "square": -(K + k * alpha) / (K + k * alpha + 2)}),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
    Step(
        name="signal",
        title="Mean square of an atom",
        prose="Directions have length 1.",
        claim=equal(q, (kappa + 1) * mu(k)),
        check=IndependentFactors(product=q, factors=(kappa + 1, mu(k)), resting_on=("directions",)),
        source="docs/math2.md, A6",
    ),
    *heavy_tails.COMPLEXITY,
    Step(
        name="signal_value",
        title="Its value",
        prose="Put in the second moment of the weight and the complexity.",
        claim=equal(q, _TAU),
        check=Combine(
            {
                "signal": 1,
                "weight": kappa + 1,
                "complexity": _STICK_VALUE * _BEFORE,
                "square": -1,
            }
        ),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
)

# docs/math2.md, A7: which atoms are kept. Ends in step "level": theta <= q(k) for k <= m.
LEVEL = (
    *_shared("theta"),
    Step(
        name="kept",
        title="Number of kept atoms",
        prose="If some atom is admissible, the student keeps as many as its width allows.",
        claim=equal(m, sp.Min(n, M)),
        check=Definition(),
        hypotheses=_KEPT,
        source="docs/math2.md, A7",
    ),
    Step(
        name="admissible",
        title="Kept atoms are admissible",
        prose="Only admissible atoms are kept.",
        claim=at_most(8 * d / T, q),
        check=Assumed("admissible"),
        hypotheses=_ATOM,
        source="docs/math2.md, A7",
    ),
    Step(
        name="level",
        title="Kept atoms stand out of the distortion",
        prose="So the channel exists for every kept atom.",
        claim=at_most(theta, q),
        check=Insert("admissible", ("theta",)),
        hypotheses=_ATOM,
        source="docs/math2.md, A7",
    ),
)

# docs/math2.md, A6: what the kept atoms leave, and the last of them.
REMAINDER = (
    Step(
        name="remainder",
        title="Name of what is left",
        prose="The law's function $R$ is defined by this expression.",
        claim=equal(_gammas(m), _R),
        check=Algebra(),
        source="docs/math2.md, A6",
    ),
    Step(
        name="square_last",
        title="The last kept atom",
        prose="The definition at the last place.",
        claim=equal(tau(m, K, alpha), _SQUARE.subs(k, m)),
        check=Specialise("square", {k: m}),
        hypotheses=(TAIL,),
    ),
    Step(
        name="last",
        title="Its mean square in terms of what is left",
        prose=r"Since $\Gamma(x+1)=x\,\Gamma(x)$.",
        claim=equal(tau(m, K, alpha), (2 - alpha) / (K + alpha * m) * _R),
        check=Combine({"square_last": 1}),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
)

_DROPPED = Mean((F - F_m) ** 2, F, F_m)
_HELD = Mean(F_m**2, F_m)
_SECOND = Mean(F**2, F)

# docs/math2.md, A6 and A7. Ends in step "mismatch": E KL <= (R_m + m theta)/16.
MISMATCH = (
    *_shared("decomposition"),
    *mean_square("second", _SECOND, SQUARED_NEURON, "The teacher", kappa),
    Step(
        name="split",
        title="The teacher in two parts",
        prose=r"$F$ is the sum of its kept atoms and of the others, whose signs are centred and independent of those.",
        claim=equal(_SECOND, _HELD + _DROPPED),
        check=Pythagoras(total=_SECOND, first=_HELD, second=_DROPPED, resting_on=("signs",)),
        source="docs/math2.md, A6",
    ),
    Step(
        name="held_terms",
        title="Kept atoms: no cross terms",
        prose=rf"The signs are independent and centred; ${sp.latex(held)}$ is the second moment of the $k$-th term.",
        claim=equal(_HELD, sp.Sum(held, (k, 1, m))),
        check=OrthogonalSum(square=_HELD, summand=held, index=k, low=sp.S.One, high=m, resting_on=("signs",)),
        source="docs/math2.md, A6",
    ),
    Step(
        name="held_factors",
        title="Kept atoms: one term",
        prose="The length of an atom is independent of its direction and the input.",
        claim=equal(held, q * SQUARED_NEURON),
        check=IndependentFactors(product=held, factors=(q, SQUARED_NEURON), resting_on=("directions",)),
        source="docs/math2.md, A6",
    ),
    Step(
        name="held_sum",
        title="A telescoping sum",
        prose=r"$\tau_2(k)$ is what the $k$-th atom takes from what is left: the difference of neighbouring $R$.",
        claim=equal(sp.Sum(_SQUARE / 2, (k, 1, m)), (1 - _gammas(m)) / 2),
        check=Summation(-_gammas(k - 1) / 2),
        source="docs/math2.md, A6",
    ),
    Step(
        name="held",
        title="Kept atoms: second moment",
        prose="Put the parts together.",
        claim=equal(_HELD, (1 - _R) / 2),
        check=Insert("held_terms", ("held_factors", "signal_value", "neuron", "square", "held_sum", "remainder")),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
    Step(
        name="dropped",
        title="Error of truncation",
        prose="It is what the kept atoms leave of the teacher's second moment.",
        claim=equal(_DROPPED, _R / 2),
        check=Combine({"split": -1, "second": 1, "neuron": 1, "held": -1}),
        hypotheses=(TAIL,),
        source="docs/math2.md, A6",
    ),
    *channel.NOISE,
    *CHANNEL.distance(at_most(theta, q)),
    *_shared("distance_kept", "distances", "distances_value", "distance_drawn", "distance_mean"),
    *_shared("coded_terms", "coded_drawn"),
    *rounding(chord),
    Step(
        name="mismatch",
        title="Mismatch of student and teacher",
        prose="From logits to squares, and the two sources of error.",
        claim=at_most(DIVERGENCE, (_R + m * theta) / 16),
        check=Insert(
            "logits",
            ("decomposition", "dropped", "coded_terms", "coded_drawn", "rounding", "distance_mean"),
        ),
        hypotheses=(*_KEPT, TAIL),
        source="docs/math2.md, A7",
    ),
)


def _fall(place: sp.Expr) -> sp.Expr:
    """Return a place times the logarithm by which the mean squares fall there."""
    return place * sp.log((K + alpha * place + 2) / (K + alpha * place))


_NATS = d / 2 * sp.log(q / theta)
_LINE = _fall(y) + sp.diff(_fall(y), y) * (x - y)
_LINE_AT = _LINE.subs({x: k, y: m / 2}, simultaneous=True)
_MIDDLE = _fall(m / 2)
_SLOPE = sp.diff(_fall(y), y).subs(y, m / 2)
_NATS_TOTAL = d * m / 2 * sp.log(tau(m, K, alpha) / theta) + d / 2 * (m - 1) * _MIDDLE

# docs/math2.md, A7. Ends in step "information".
CODE = (
    *_shared("code", "parts", "signs", "sign", "signs_value", "channels"),
    *CHANNEL.information_steps(),
    *_shared("logarithm"),
    Step(
        name="logarithm_ratio",
        title="At the ratio of the distortion to an atom",
        prose=r"With $x=\theta/q(k)$.",
        claim=at_most(sp.log(theta / q), theta / q - 1),
        check=Specialise("logarithm", {x: theta / q}),
    ),
    Step(
        name="nats",
        title="What is left to code of a kept atom",
        prose="A kept atom stands out of the distortion.",
        claim=at_most(sp.log(theta / q), 0),
        check=Combine({"logarithm_ratio": 1, "level": 1 / q}),
        hypotheses=_ATOM,
    ),
    Step(
        name="silent_value",
        title="The silent channel within the same bound",
        prose="For a kept atom the bound is not negative, so it holds for the silent channel, too.",
        claim=at_most(J, _NATS),
        check=Combine({"silent": 1, "nats": d / 2}),
        hypotheses=(*_ATOM, CHANNEL.silent),
        source="docs/math2.md, A7",
    ),
    Step(
        name="atom",
        title="Information about one atom",
        prose="Either way, a kept atom costs at most",
        claim=at_most(J, _NATS),
        check=EitherWay(CHANNEL.inside, "passed", "silent_value"),
        hypotheses=_ATOM,
        source="docs/math2.md, A7",
    ),
    Step(
        name="atoms",
        title="All kept atoms",
        prose="Add up.",
        claim=at_most(sp.Sum(J, (k, 1, m)), sp.Sum(_NATS, (k, 1, m))),
        check=SumUp("atom", k, sp.S.One, m),
        hypotheses=_KEPT,
    ),
    Step(
        name="by_parts",
        title="Summation by parts",
        prose="By induction: every logarithm is the last one and the steps from its place to the last.",
        claim=equal(
            sp.Sum(d / 2 * sp.log(_TAU / theta), (k, 1, m)),
            d * m / 2 * sp.log(tau(m, K, alpha) / theta) + d / 2 * sp.Sum(k * sp.log(_TAU / _TAU_NEXT), (k, 1, m - 1)),
        ),
        check=Induction(m),
        source="docs/math2.md, A7",
    ),
    Step(
        name="tangent",
        title="A concave function below its tangent",
        prose=r"The difference of the two sides is convex in $x$, and zero and stationary at $x=y$.",
        claim=at_most(_fall(x), _LINE),
        check=ConvexMinimum(x, y),
        source="docs/math2.md, A7",
    ),
    Step(
        name="tangent_middle",
        title="The tangent at the middle",
        prose="At the middle of the kept atoms.",
        claim=at_most(_fall(k), _LINE_AT),
        check=Specialise("tangent", {x: k, y: m / 2}),
    ),
    Step(
        name="falls",
        title="All steps",
        prose="Add up.",
        claim=at_most(sp.Sum(_fall(k), (k, 1, m - 1)), sp.Sum(_LINE_AT, (k, 1, m - 1))),
        check=SumUp("tangent_middle", k, sp.S.One, m - 1),
    ),
    Step(
        name="falls_value",
        title="Its value",
        prose="The places lie evenly about the middle, so the tangent's slope does not matter.",
        claim=equal(sp.Sum(_LINE_AT, (k, 1, m - 1)), (m - 1) * _MIDDLE),
        check=Summation((k - 1) * _MIDDLE + _SLOPE * (k - 1) * (k - m) / 2),
        source="docs/math2.md, A7",
    ),
    Step(
        name="atoms_value",
        title="In closed form",
        prose="Put the sums in.",
        claim=at_most(sp.Sum(J, (k, 1, m)), _NATS_TOTAL),
        check=Insert("atoms", ("signal_value", "by_parts", "ratio", "falls", "falls_value")),
        hypotheses=(*_KEPT, TAIL),
        source="docs/math2.md, A7",
    ),
    Step(
        name="information",
        title="Information of the student",
        prose="Put the parts together.",
        claim=at_most(Information, m * sp.log(2) + _NATS_TOTAL),
        check=Insert("code", ("parts", "signs", "sign", "signs_value", "channels", "atoms_value")),
        hypotheses=(*_KEPT, TAIL),
        source="docs/math2.md, A7",
    ),
)


def _kept_bound(count: sp.Expr) -> sp.Expr:
    """Return the law with a number of kept atoms."""
    return LAW.expr.xreplace({admissible_atoms(n, T / (8 * d), K, alpha): count})


_NUMBER = sp.Piecewise((sp.Min(n, M), M >= 1), (0, True))

# docs/math2.md, theorem A7, and the student without any atom.
ASSEMBLY = (
    Step(
        name="theorem",
        title="The bound for a number of kept atoms",
        prose="Put information and mismatch into the theorem.",
        claim=at_most(L, _kept_bound(m)),
        check=Insert("misspecified_bayes", ("information", "mismatch", "last", "theta")),
        hypotheses=(*_KEPT, TAIL),
        source="docs/math2.md, theorem A7",
    ),
    Step(
        name="some",
        title="At the number that is kept",
        prose="The student keeps $m=\\min(n,M)$ atoms.",
        claim=at_most(L, _kept_bound(sp.Min(n, M))),
        check=Insert("theorem", ("kept",)),
        hypotheses=(*_KEPT, TAIL),
        source="docs/math2.md, A7",
    ),
    *_shared("constant_information", "constant_error", "none"),
    Step(
        name="either",
        title="With or without admissible atoms",
        prose="Both cases together.",
        claim=at_most(L, _kept_bound(_NUMBER)),
        check=EitherWay(_KEPT[-1], "some", "none"),
        hypotheses=(whole(n), TAIL),
        source="docs/math2.md, A7",
    ),
    *_shared("best_distortion"),
    Step(
        name="number",
        title="Name of the number of kept atoms",
        prose="The law's function $M$ counts them.",
        claim=equal(admissible_atoms(n, T / (8 * d), K, alpha), _NUMBER),
        check=Assumed("number"),
        source="docs/math2.md, A7",
    ),
    Step(
        name="heavy_tailed_truncated_student",
        title="The bound",
        prose="Put in the number of kept atoms.",
        claim=at_most(L, LAW.expr),
        check=Insert("either", ("number",)),
        hypotheses=(whole(n), TAIL),
        source="docs/math2.md, theorem A7",
    ),
)

ASSUMPTIONS = (
    *truncated_student.ASSUMPTIONS,
    Assumption(
        "admissible",
        r"Every kept atom $k\le m$ is admissible: its mean square is at least the distortion $8d/T$. (Mean "
        r"squares fall with $k$, so that the admissible atoms are the first $M$.)",
        at_most(8 * d / T, q),
    ),
    Assumption(
        "number",
        r"The law's function $M(n,\ell,K,\alpha)$ is the number of kept atoms, the smaller of $n$ and the number $M$ "
        r"of atoms whose mean square is at least $1/\ell$, or zero if there are none.",
        equal(admissible_atoms(n, T / (8 * d), K, alpha), _NUMBER),
    ),
)

LETTERS = (
    *(row for row in truncated_student.LETTERS if row.symbol != truncated_student.dropped),
    Letter(y, "another positive number"),
    Letter(before(k), "second moment of what the sticks before the $k$-th leave"),
    Letter(_TAU, r"mean square of the $k$-th atom"),
    Letter(held, r"second moment of the $k$-th term of $F_m$"),
    Letter(log_remainder(m, K, alpha), r"logarithm of what $m$ atoms leave of the second moment"),
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Upper bound on the loss of the truncated student of a heavy-tailed teacher",
    setting=(
        *heavy_tails.SETTING,
        truncated_student.SETTING[0].replace("K+1", r"\kappa+1"),
        *truncated_student.SETTING[1:],
    ),
    assumptions=(*heavy_tails.ASSUMPTIONS, *ASSUMPTIONS),
    symbols=(*heavy_tails.LETTERS, *LETTERS),
    steps=(
        *teacher.MISSPECIFIED_BAYES,
        *LOGITS,
        *NEURON,
        *heavy_tails.WEIGHTS,
        *WEIGHT,
        *LEVEL,
        *REMAINDER,
        *MISMATCH,
        *CODE,
        *ASSEMBLY,
    ),
    conclusion=at_most(L, LAW.expr),
    domain=(whole(n), TAIL),
    corollaries=(_SHARED["best_distortion"].claim,),
    references=heavy_tails.REFERENCES,
    example={
        n: sp.Integer(64),
        T: sp.Integer(10) ** 9,
        d: sp.Integer(512),
        K: sp.Integer(64),
        alpha: sp.Rational(1, 4),
        kappa: sp.Rational(257, 3),
    },
)
