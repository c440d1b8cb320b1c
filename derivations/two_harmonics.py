"""Lower bound on the loss of any predictor, from van Trees' inequality with the harmonics of degrees 1 and 2.

Docs/math2.md, C6.  The predictor is told the weights and signs of all neurons, and has to learn their directions.
"""

from functools import partial

import sympy as sp

from infobound.bounds.two_harmonics import LAWS, RATE, ROOT, SEEN, atoms_charged
from infobound.proof.check import Algebra, Definition
from infobound.proof.estimating import Bessel
from infobound.proof.linking import Combine, Insert
from infobound.proof.step import Derivation, Letter, Step, above, at_least, equal, whole
from infobound.symbols import K, T, d

from . import atoms, directions, probabilities, teacher
from .atoms import ATOMS, FAST, M, r
from .directions import DIRECTION, INPUT, WIDE
from .fields import FIELDS, Field
from .probabilities import LABELS, PINSKER, elapsed, error, t
from .teacher import KL, F, F_tilde, L, k
from .van_trees import REFERENCES as VAN_TREES
from .van_trees import over_time

__all__ = ["DERIVATION"]

(LAW,) = LAWS

HERE = "docs/math2.md, C6"
_step = partial(Step, source=HERE)

seen = sp.Symbol("N", positive=True)

NAMES = (
    _step(
        "rate",
        "Rate of the weights",
        "Any rate of at least 1 gives a bound; this one leaves few neurons out and the last logarithm long.",
        equal(r, RATE),
        Definition(),
    ),
    _step("rate_square", "Its square", "It is at least 1.", at_least(RATE**2, 1), Algebra()),
    _step(
        "rate_value",
        "It is at least 1",
        "As its square is.",
        at_least(RATE, 1),
        Combine({"rate_square": 1 / (RATE + 1)}),
    ),
    _step("fast", "The same for the name", "Together.", at_least(r, 1), Combine({"rate_value": 1, "rate": -1})),
    _step("seen", "Samples seen", "They get a name.", equal(seen, T * (K + 1) / (8 * r**2)), Definition()),
    _step("seen_rate", "The same", "Put the rate in.", equal(seen, SEEN), Insert("seen", ("rate",))),
    *(field.name_step for field in FIELDS),
)


def _front(field: Field) -> sp.Expr:
    return field.named.energy * M * sp.exp(-2 * field.lag)


def _known_after(time: sp.Expr) -> sp.Expr:
    """Return the lower bound on the mean squared error after some samples."""
    return sp.Add(
        *(
            _front(field) / (4 * (time * (1 + field.share * M) + 8 * field.named.eigenvalue * r**2 / (K + 1)))
            for field in FIELDS
        )
    )


STEPS = (
    *NAMES,
    *PINSKER,
    *LABELS,
    *INPUT,
    *DIRECTION,
    *ATOMS,
    *(step for field in FIELDS for step in field.steps),
    _step(
        "bessel",
        "Error and statistics",
        r"$x\to-x$ turns the sign of the first statistic and leaves the second, so they are uncorrelated.",
        at_least(error, sp.Add(*(field.covariance**2 / field.square for field in FIELDS))),
        Bessel(
            square=error,
            covariances=tuple(field.covariance for field in FIELDS),
            squares=tuple(field.square for field in FIELDS),
            degrees=tuple(field.degree for field in FIELDS),
            resting_on=("inputs",),
        ),
    ),
    _step(
        "learned",
        "Error at a time",
        "Put everything in.",
        at_least(error, _known_after(t)),
        Insert(
            "bessel",
            tuple(f"{name}_{field.degree}" for field in FIELDS for name in ("identity", "slope", "square")),
        ),
        (*WIDE, *FAST),
    ),
    *over_time(
        _known_after,
        sp.Add(*(field.named.bound(M, T * (K + 1) / (8 * r**2)) for field in FIELDS)),
        sp.Add(
            *(
                _front(field)
                / (4 * (1 + field.share * M))
                * sp.log(elapsed * (1 + field.share * M) + 8 * field.named.eigenvalue * r**2 / (K + 1))
                for field in FIELDS
            )
        ),
        ("numbered", "In terms of the number of neurons"),
        (*WIDE, *FAST),
    ),
    _step(
        "fewer",
        "With fewer neurons",
        "The bound rises with the number of neurons charged for.",
        above(L, sp.Add(*(field.named.bound(atoms.FEW, seen) for field in FIELDS))),
        Insert("numbered", ("seen", "many")),
        (*WIDE, *FAST, whole(T)),
    ),
    _step(
        "two_harmonics",
        "The bound",
        "Put the names in.",
        above(L, LAW.expr),
        Insert("fewer", ("half", "share_1", "share_2", "seen_rate", "rate"), discharging=("fast",)),
        (*WIDE, whole(T)),
    ),
)

SETTING = (
    teacher.SETTING[0],
    r"A predictor states, at an input $X_t$, a probability $1/(1+e^{-\tilde F})$ for the label. It makes it from the "
    r"inputs and labels before, from $X_t$, from the weights $\pi$ and signs $s$ of all neurons, which it is told, and "
    r"from randomness of its own if any. Its loss is $L=\frac1T\sum_{t<T}\mathbb{E}\,\mathrm{KL}$, the excess log-loss "
    r"over the teacher averaged over the first $T$ samples.",
    r"Each direction $w_k$ is a point on a sphere, and $\frac{s_k\beta_k}{a_k}P_kx\,u_k^{l-1}$ a tangent vector there: "
    r"a field of degree $l=1$ or 2 for a test input $x=X_t$, where $a_k=\sqrt{K+1}\,\pi_k$, $u_k=w_k\cdot x$, "
    r"$\beta_k=(1-(1-\pi_k)^r)^2$, and $P_k$ projects on the directions orthogonal to $w_k$. It is the gradient of "
    r"$u_k^l/l$, up to its factor.",
)

DERIVATION = Derivation(
    name=LAW.name,
    title="Lower bound on the loss of any predictor, from van Trees' inequality",
    setting=SETTING,
    assumptions=(
        *probabilities.ASSUMPTIONS,
        *(a for a in teacher.ASSUMPTIONS),
    ),
    symbols=(
        *(row for row in teacher.LETTERS if row.symbol in {K, T, d, F, KL(F, F_tilde), k}),
        Letter(L, "excess log-loss of the predictor, averaged over time and teachers", "nats per sample"),
        *probabilities.LETTERS,
        *directions.LETTERS,
        *atoms.LETTERS,
        Letter(seen, "$T(K+1)/(8r^2)$"),
        *(letter for field in FIELDS for letter in field.letters),
    ),
    steps=STEPS,
    conclusion=above(L, LAW.expr),
    domain=(*WIDE, whole(T)),
    abbreviations=(equal(sp.Symbol("m"), atoms_charged(RATE)), equal(seen, SEEN), equal(sp.Symbol("q"), ROOT)),
    references=(
        *teacher.REFERENCES[:2],
        "K. Atkinson and W. Han, Spherical Harmonics and Approximations on the Unit Sphere: An Introduction, Lecture "
        "Notes in Mathematics 2044, Springer (2012).",
        *VAN_TREES,
        "J. Pitman, Combinatorial Stochastic Processes, Lecture Notes in Mathematics 1875, Springer (2006).",
        "G. N. Watson, A note on gamma functions, Proc. Edinburgh Math. Soc. 11 (1959), Edinburgh Math. Notes 42, 7-9.",
    ),
    example={T: sp.Integer(1000), d: sp.Integer(16), K: sp.Integer(10)},
)
