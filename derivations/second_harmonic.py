"""Lower bound on the loss of any predictor that is told how large the neurons are, with harmonics of degree 2.

Docs/math2.md, C2, the simple closed form: the bound `all_harmonics` for one degree, where no quadrature is left.
"""

from functools import partial

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.linking import Combine, Insert
from infobound.proof.probability import IndependentFactors
from infobound.proof.step import Derivation, Letter, Step, at_least, equal
from infobound.symbols import d

from . import energies, given_sizes
from .densities import moment
from .directions import WIDE
from .energies import spectrum
from .given_sizes import (
    COUNT,
    HERE,
    SCALED,
    SQUARES,
    SUMS,
    a,
    beta,
    k,
    loss,
    m,
    over_neurons,
    t,
    tilted,
    up,
    whole_energy,
)
from .harmonics import Harmonics

__all__ = ["DERIVATION"]

_step = partial(Step, source=HERE)

TWO = sp.Integer(2)
kappa = sp.Function("kappa", positive=True)(TWO)
NUMBER = (d - 1) * (d + 2) / 2
FIELD = Harmonics(TWO, TWO, sp.S.One, kappa, NUMBER, sp.S.Zero)

# Square of a coordinate of a direction, and what n(v) is over v (1 - v^2).
s, c = sp.symbols("s c", positive=True)
COORDINATE = sp.gamma(d / 2) / (sp.sqrt(sp.pi) * sp.gamma((d - 1) / 2)) * s**-sp.S.Half * (1 - s) ** ((d - 3) / 2)
_FRONT = sp.gamma(d / 2) / (sp.sqrt(sp.pi) * sp.gamma((d - 1) / 2))
SLOPE, TILTED = sp.sqrt(s) * (1 - s), s * sp.sqrt(s) * (1 - s)

ENERGY = d**2 * (d - 1) * (d + 2) * sp.gamma(d / 2) ** 2 / (8 * sp.pi * sp.gamma((d + 3) / 2) ** 2)
LAG = (d + 2) * a**2 / (2 * (d + 3)) + (d + 2) * (whole_energy - a**2) / (8 * d)
BOUND = (
    over_neurons(beta * sp.exp(-LAG)) ** 2
    * ENERGY
    / (2 * (t * (SQUARES + (COUNT**2 - SQUARES) * ENERGY / NUMBER) + 16 * d * SCALED))
)


def _moment(name: str, title: str, body: sp.Expr, value: sp.Expr) -> tuple[Step, Step]:
    return moment(
        name, title, body, s, COORDINATE, value, high=sp.S.One, resting_on="directions", hypotheses=WIDE, source=HERE
    )


def _part(name: str, title: str, value: sp.Expr, body: sp.Expr) -> Step:
    rule = IndependentFactors(product=value, factors=(c, sp.S.Half, Mean(body, s)), resting_on=("directions",))
    return _step(name, title, r"$n(v)=c\,v(1-v^2)$ where $v>0$, which is so half of the time.", rule.yields(), rule)


CLOSED = (
    *_moment("first", "Mean slope", SLOPE, _FRONT * 2 / (d + 1)),
    *_moment("third", "The same times the square of the coordinate", TILTED, _FRONT * 4 / ((d + 1) * (d + 3))),
    _part("up", "Mean slope of a neuron", up, SLOPE),
    _part("tilted", "The same with the coordinate's square", tilted, TILTED),
    _step(
        "up_value",
        "Its value",
        "Put the moment in.",
        equal(up, c * _FRONT / (d + 1)),
        Insert("up", ("first", "first_integral")),
        WIDE,
    ),
    _step(
        "tilted_value",
        "Its value",
        "Put the moment in.",
        equal(tilted, 2 * c * _FRONT / ((d + 1) * (d + 3))),
        Insert("tilted", ("third", "third_integral")),
        WIDE,
    ),
    _step(
        "ratio",
        "The one in terms of the other",
        "Compare the two.",
        equal(tilted, 2 * up / (d + 3)),
        Combine({"tilted_value": 1, "up_value": -2 / (d + 3)}),
        WIDE,
    ),
    spectrum(kappa, TWO, r"\kappa(2)=2dN_2\,\mathbb{E}[v^+P(v)]^2", WIDE),
    _step(
        "share",
        "Its value",
        "Written without the ratio of Gamma functions that counts the harmonics.",
        equal(kappa, ENERGY / (2 * d)),
        Combine({"spectrum": 1}),
        WIDE,
    ),
    _step(
        "second_harmonic",
        "The closed form",
        "Put ratio and energy in.",
        at_least(loss, BOUND),
        Insert("bound", ("ratio", "share")),
        WIDE,
    ),
)

DERIVATION = Derivation(
    name="second_harmonic",
    title="Lower bound in closed form on the loss of any predictor that knows the sizes of the teacher's neurons",
    setting=(
        *given_sizes.SETTING,
        r"Each direction $w_k$ is a point on a sphere, and $\frac{s_k\beta_k}{a_k}\nabla Z(w_k\cdot x)$ a tangent "
        r"vector there for the test input $x$ and $k\le m$: a field. $Z$ is the part of degree 2 of "
        r"$\max(0,w_k\cdot x)$, which is $(w_k\cdot x)^2/|x|-|x|/d$ up to a factor. The weights $\beta_k>0$ are any, "
        r"and may depend on $t$ and the sizes; neurons beyond $m$ have weight 0. There are $N(2)=(d-1)(d+2)/2$ "
        r"harmonics of degree 2.",
        r"In terms of $v_k=w_k\cdot x/|x|$, the field moves neuron $k$ at the test input by $s_k\beta_k|x|^2n(v_k)$, "
        r"where $n(v)=c\,v(1-v^2)$ for $v>0$ and 0 otherwise.",
    ),
    assumptions=given_sizes.ASSUMPTIONS,
    symbols=(
        *FIELD.letters,
        Letter(kappa, "share of degree 2 in the energy of a neuron"),
        Letter(s, r"square of a coordinate $v$ of a uniform direction"),
        Letter(c, r"the constant $n(v)/(v(1-v^2))$"),
    ),
    steps=(*FIELD.steps, *CLOSED),
    conclusion=at_least(loss, BOUND),
    domain=WIDE,
    abbreviations=(*SUMS, equal(sp.Symbol("e_2"), ENERGY)),
    references=(
        *given_sizes.REFERENCES,
        *energies.REFERENCES,
    ),
    example={
        d: sp.Integer(16),
        t: sp.Integer(1000),
        m: sp.Integer(3),
        a: 2**-k,
        beta: sp.S.One,
        whole_energy: sp.S.One,
    },
)
