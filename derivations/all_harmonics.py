"""Lower bound on the loss of any predictor that is told how large the neurons are, with harmonics of all degrees.

Docs/math2.md, C2.  The predictor knows the sizes and signs of all neurons, and has to learn their directions.
"""

import sympy as sp

from infobound.proof.step import Derivation, Letter, at_least
from infobound.symbols import d

from . import given_sizes
from .given_sizes import a, beta, k, loss, m, t, tilted, up, whole_energy
from .harmonics import Harmonics

__all__ = ["DERIVATION", "FIELD"]

ell, last = sp.symbols("ell ell_max", integer=True, positive=True)
z, kappa = (sp.Function(name, nonnegative=True)(ell) for name in ("z", "kappa"))
N = sp.Function("N", positive=True)(ell)
down = sp.Symbol("nu_-", nonnegative=True)

FIELD = Harmonics(ell, last, z, kappa, N, down)

DERIVATION = Derivation(
    name="all_harmonics",
    title="Lower bound on the loss of any predictor that knows the sizes of the teacher's neurons",
    setting=(
        *given_sizes.SETTING,
        r"Each direction $w_k$ is a point on a sphere, and $\frac{s_k\beta_k}{a_k}\nabla Z(w_k\cdot x)$ a tangent "
        r"vector there for the test input $x$ and $k\le m$: a field. $Z$ is the sum over degrees $\ell\le\ell_{\max}$ "
        r"of $z(\ell)$ times the part of degree $\ell$ of $\max(0,w_k\cdot x)$. The weights $\beta_k>0$ and "
        r"$z(\ell)\ge0$ are any, and may depend on $t$ and the sizes.",
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
    ),
    steps=FIELD.steps,
    conclusion=at_least(loss, FIELD.bound),
    domain=FIELD.domain,
    abbreviations=FIELD.abbreviations,
    references=given_sizes.REFERENCES,
    # one degree, where n(v) is (1 - v^2)/2 for v > 0
    example={
        d: sp.Integer(16),
        t: sp.Integer(1000),
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
