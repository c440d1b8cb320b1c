"""The compute-optimal allocation of E + A/N^alpha + B/D^beta under C = 6 N D, in closed form.

The result is eq. 4 of Hoffmann et al. 2022 (arXiv:2203.15556), with N_opt = G (C/6)^a and
D_opt = (C/6)^b / G.  It is derived here from the law and the cost of the catalogue.
"""

from dataclasses import dataclass

import sympy as sp

from infobound.fits.chinchilla import TERMS
from infobound.record import TRANSFORMER
from infobound.symbols import FITS, C, T, p

__all__ = ["Optimum", "optimum"]


@dataclass(frozen=True)
class Optimum:
    """Closed-form optimum: sizes as expressions in C and the law's parameters, and what they are made of."""

    N: sp.Expr
    D: sp.Expr
    G: sp.Expr
    a: sp.Expr
    b: sp.Expr


def optimum() -> Optimum:
    r"""Minimise the loss along a budget, in logarithms.

    .. math::

        N_{opt} = G \left(\frac{C}{6}\right)^a, \quad D_{opt} = \frac1G \left(\frac{C}{6}\right)^b, \quad
        G = \left(\frac{\alpha A}{\beta B}\right)^{1/(\alpha+\beta)}, \quad
        a = \frac{\beta}{\alpha+\beta}, \quad b = \frac{\alpha}{\alpha+\beta}

    With x = ln N and u = ln(C/6) the budget leaves D = exp(u - x).  The size term falls in x, the data term
    rises in x, and each is an exponential in x: the loss is strictly convex in x, so the one stationary point
    is its minimum over all N > 0.  There the two slopes cancel; the logarithms of their magnitudes are linear
    in x, and equating them gives x.

    Returns
    -------
    Optimum

    Notes
    -----
    The ends N >= 1 and D >= 1 are left out: where the optimum crosses one, the end itself is optimal.
    Put numbers in by ``evalf(subs=...)``: ``subs`` with exact rationals factors them into primes, which may
    take minutes.  Source: Hoffmann et al. 2022, eq. 4.

    Examples
    --------
    >>> optimum().a
    beta/(alpha + beta)
    """
    N, D = FITS["N"].symbol, FITS["D"].symbol
    x, u = sp.symbols("x u", real=True)
    per_pair = TRANSFORMER.expr.subs({p: 1, T: 1})
    (data,) = sp.solve(TRANSFORMER.expr.subs(p, sp.exp(x)) - per_pair * sp.exp(u), T)
    fall = -sp.diff(TERMS["size"].subs(N, sp.exp(x)), x)
    rise = sp.diff(TERMS["data"].subs(D, data), x)
    (solution,) = sp.solve(sp.expand_log(sp.log(fall) - sp.log(rise)), x)

    parts = sp.collect(sp.expand(solution), u, evaluate=False)
    a = sp.factor(parts[u])
    numerator, denominator = sp.fraction(sp.factor(parts[sp.S.One]))
    G = sp.exp(sp.logcombine(numerator)) ** (1 / denominator)
    # the budget leaves ln D = u - x
    b = sp.factor(1 - a)
    return Optimum(N=G * (C / per_pair) ** a, D=(C / per_pair) ** b / G, G=G, a=a, b=b)
