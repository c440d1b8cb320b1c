"""Lower bound on the loss of any predictor that is told how large the neurons are, with harmonics of all degrees.

Docs/math2.md, C2.  The predictor knows the sizes and signs of all neurons, and has to learn their directions.
"""

from functools import partial

import sympy as sp

from infobound.proof.check import Algebra, Definition
from infobound.proof.linking import Insert
from infobound.proof.step import Derivation, Letter, Step, at_least, at_most, equal
from infobound.symbols import d

from . import given_sizes
from .directions import WIDE
from .given_sizes import HERE, a, beta, k, loss, m, t, tilted, up, whole_energy
from .harmonics import Harmonics
from .zonal_fields import WORTH, worth

__all__ = ["DERIVATION", "FIELD"]

_step = partial(Step, source=HERE)

ell, last = sp.symbols("ell ell_max", integer=True, positive=True)
z, kappa = (sp.Function(name, nonnegative=True)(ell) for name in ("z", "kappa"))
N = sp.Function("N", positive=True)(ell)
down = sp.Symbol("nu_-", nonnegative=True)

FIELD = Harmonics(ell, last, z, kappa, N, down)
*SHOWN, END = FIELD.steps

# A time at which the field is the one that is wanted, and the denominator then.
later = sp.Symbol("t_1", integer=True, nonnegative=True)
worth_later = sp.Symbol("V_1", positive=True)
EARLIER = at_least(loss, FIELD.bound.subs(t, later))
_BEFORE = (at_most(t, later),)

# Ends in a corollary: with given weights the bound falls in time, so that it holds at all times before.
FALLING = (
    _step(
        "worth_later",
        "Denominator at a later time",
        "It gets a name.",
        equal(worth_later, WORTH.subs(t, later)),
        Definition(),
    ),
    _step(
        "rising",
        "The denominator rises",
        "More samples tell more.",
        at_most(WORTH, WORTH.subs(t, later)),
        Algebra(),
        _BEFORE,
    ),
    _step(
        "worth_before",
        "The same with names",
        "Put the names in.",
        at_most(worth, worth_later),
        Insert("rising", ("worth", "worth_later")),
        _BEFORE,
    ),
    _step(
        "denominator_later",
        "Its value",
        "As for the other.",
        equal(worth_later, FIELD.worth.subs(t, later)),
        Insert("worth_later", ("own_score", "shared_score", "laplacian", "pairs_value")),
        WIDE,
    ),
    _step(
        "earlier",
        "At all times before",
        "The same field, with fewer samples.",
        EARLIER,
        Insert("named", ("worth_before", "signal", "denominator_later")),
        (*FIELD.domain, *_BEFORE),
    ),
)

DERIVATION = Derivation(
    name="all_harmonics",
    title="Lower bound on the loss of any predictor that knows the sizes of the teacher's neurons",
    setting=(
        *given_sizes.SETTING,
        r"Each direction $w_k$ is a point on a sphere, and $\frac{s_k\beta_k}{a_k}\nabla Z(w_k\cdot x)$ a tangent "
        r"vector there for the test input $x$ and $k\le m$: a field. $Z$ is the sum over degrees $\ell\le\ell_{\max}$ "
        r"of $z(\ell)$ times the part of degree $\ell$ of $\max(0,w_k\cdot x)$. The weights $\beta_k>0$ and "
        r"$z(\ell)\ge0$ are any, and may depend on $t$ and the sizes; neurons beyond $m$ have weight 0.",
        r"In terms of $v_k=w_k\cdot x/|x|$, $Z=|x|\,\zeta(v_k)$ and the field moves neuron $k$ at the test input by "
        r"$s_k\beta_k|x|^2n(v_k)$, where $n(v)=1(v>0)(1-v^2)\zeta'(v)$.",
    ),
    assumptions=given_sizes.ASSUMPTIONS,
    symbols=(
        *FIELD.letters,
        Letter(ell, "a degree"),
        Letter(last, "the highest degree of the field"),
        Letter(z, r"weight of degree $\ell$ in the field"),
        Letter(kappa, r"share of degree $\ell$ in the energy of a neuron"),
        Letter(N, r"number of spherical harmonics of degree $\ell$"),
        Letter(later, "a later number of samples"),
        Letter(worth_later, "denominator of the bound then"),
    ),
    steps=(*SHOWN, *FALLING, END),
    conclusion=at_least(loss, FIELD.bound),
    domain=(*FIELD.domain, *_BEFORE),
    corollaries=(EARLIER,),
    abbreviations=FIELD.abbreviations,
    references=given_sizes.REFERENCES,
    # one degree, where n(v) is (1 - v^2)/2 for v > 0
    example={
        d: sp.Integer(16),
        t: sp.Integer(1000),
        later: sp.Integer(2000),
        m: sp.Integer(3),
        a: 2**-k,
        beta: sp.S.One,
        whole_energy: sp.S.One,
        last: sp.S.One,
        z: sp.S.One,
        kappa: sp.S.Half,
        N: sp.Integer(16),
        up: sp.Rational(15, 64),
        down: sp.S.Zero,
        tilted: sp.Rational(15, 64 * 18),
    },
)
