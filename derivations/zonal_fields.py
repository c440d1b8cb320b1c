"""Gradients of zonal functions as fields for van Trees' inequality: what they are made of (docs/math2.md, C2).

Each direction w_k is a point on a sphere.  For a test input x the field is (s_k beta_k/a_k) times the gradient of
Z(w_k.x), where Z is a sum over degrees l of z_l times the part of degree l of max(0, w_k.x).
"""

from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational

from infobound.proof.step import Letter, above, equal
from infobound.symbols import d

from .directions import WIDE
from .given_sizes import COUNT, LETTERS, SCALED, SQUARES, SUMS, a, beta, k, lag, over_neurons, pairs, t, up

__all__ = [
    "WORTH",
    "D",
    "G",
    "Q",
    "W",
    "ZonalField",
    "covariance",
    "gradient",
    "laplacian",
    "own_score",
    "shared_score",
    "square",
    "term",
    "worth",
]

# What is random: slopes of the logit, the divergence, and the negative part of a drawn neuron's slope.
W, G, D = sp.symbols("W G D", real=True)
Q = sp.Symbol("Q", nonnegative=True)

gradient, own_score, shared_score = sp.symbols("Gamma eta zeta", nonnegative=True)
laplacian = sp.Symbol("delta", positive=True)
term = sp.Function("theta", nonnegative=True)(k)
covariance, square = sp.Function("c", real=True)(t), sp.Function("S", positive=True)(t)
worth = sp.Symbol("V", positive=True)
WORTH = 4 * t * (SQUARES * own_score + pairs * shared_score) + 16 * SCALED * laplacian

_ROWS = (
    Letter(W, "slope of the logit at the test input along the field"),
    Letter(G, "slope of a past sample's logit along the field"),
    Letter(D, "divergence of the field"),
    Letter(gradient, r"$\mathbb{E}|\nabla_wZ(w\cdot x)|^2$"),
    Letter(own_score, "mean square of a neuron's part of $G$, its weight left out"),
    Letter(shared_score, "mean product of two neurons' parts"),
    Letter(laplacian, r"mean square of $\Delta_wZ(w\cdot x)$, positive unless $Z$ is constant"),
    Letter(term, "mean square of a neuron's part of the divergence"),
    Letter(covariance, "mean product of error and statistic"),
    Letter(square, "mean square of the statistic"),
    Letter(worth, "denominator of the bound"),
)


@dataclass(frozen=True)
class ZonalField:
    """A field, by the degrees that it is made of.

    Attributes
    ----------
    degree, last : Expr
        l and the last degree, or one degree twice.
    weight, share, count : Expr
        z_l, kappa_l and N_l.
    down : Expr
        Mean of the negative part of a neuron's slope, over |x|^2; 0 if there is none.
    """

    degree: sp.Expr
    last: sp.Expr
    weight: sp.Expr
    share: sp.Expr
    count: sp.Expr
    down: sp.Expr

    @property
    def eigenvalue(self) -> sp.Expr:
        """Minus the Laplacian's eigenvalue."""
        return self.degree * (self.degree + d - 2)

    @property
    def energy(self) -> sp.Expr:
        """e_l, what a degree has of the energy of a neuron's gradient."""
        return self.eigenvalue * self.share

    def over_degrees(self, body: sp.Expr) -> sp.Expr:
        """Sum over the degrees."""
        return body if self.degree == self.last else sp.Sum(body, (self.degree, 1, self.last))

    @property
    def field(self) -> sp.Expr:
        """The sum of the z_l e_l."""
        return self.over_degrees(self.weight * self.energy)

    @property
    def squared(self) -> sp.Expr:
        """The sum of the z_l^2 e_l."""
        return self.over_degrees(self.weight**2 * self.energy)

    @property
    def curved(self) -> sp.Expr:
        """The sum of the z_l^2 lambda_l e_l."""
        return self.over_degrees(self.weight**2 * self.eigenvalue * self.energy)

    @property
    def net(self) -> sp.Expr:
        """Mean of a neuron's slope, over |x|^2."""
        return up - self.down

    def seen(self, size: sp.Expr) -> sp.Expr:
        """Return what the labels' variance leaves of a neuron's slope, over the mean of its positive part."""
        return sp.exp(-lag(size)) - self.down / up

    @property
    def signal(self) -> sp.Symbol:
        """The sum of the beta_k u_k, by name."""
        return sp.Symbol("sigma", real=True) if self.down else sp.Symbol("sigma", nonnegative=True)

    @property
    def signal_value(self) -> sp.Expr:
        """The sum of the beta_k u_k."""
        return up / self.net * over_neurons(beta * self.seen(a))

    @property
    def heard(self) -> sp.Expr:
        """Its positive part, by name."""
        return sp.Max(self.signal, 0)

    @property
    def rising(self) -> tuple[sp.Basic, ...]:
        """That a neuron's slope is positive on average."""
        return (above(up, self.down),) if self.down else ()

    @property
    def domain(self) -> tuple[sp.Basic, ...]:
        """Hypotheses of the bound."""
        return (*WIDE, *self.rising)

    @property
    def worth(self) -> sp.Expr:
        """The bound's denominator."""
        shared = SQUARES + (COUNT**2 - SQUARES) * self.energy / self.count
        return t * self.over_degrees(self.weight**2 * self.energy * shared) + 8 * SCALED * self.curved

    @property
    def bound(self) -> sp.Expr:
        """The lower bound on the loss."""
        heard = sp.Max(self.signal_value, 0) if self.down else self.signal_value
        return (heard * self.field) ** 2 / (2 * self.worth)

    @property
    def abbreviations(self) -> tuple[Relational, ...]:
        """Names with which the bound is printed."""
        return (equal(sp.Symbol("sigma"), self.signal_value), *SUMS)

    @property
    def letters(self) -> tuple[Letter, ...]:
        """The symbol table."""
        negative = (
            Letter(self.down, r"$\nu_-=\mathbb{E}\max(0,-n(v))$"),
            Letter(Q, r"$|x|^2\max(0,-n(v_J))$ for the neuron $J$"),
        )
        return (
            *LETTERS,
            *_ROWS,
            *(negative if self.down else ()),
            Letter(
                self.signal, r"$\sum_{k\le m}\beta_ku_k$, where $u_k$ is what the labels' variance leaves of a slope"
            ),
        )
