"""What a power-law spectrum leaves beyond its first features, and the nats that these cost a Bayesian learner.

Variances fall like i^-p with p = 1 + gamma (docs/math2.md section B).
"""

from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import ArgumentIndexError

from infobound.special.head import SpecialFunction, derivative_at

__all__ = ["power_tail", "power_tail_tilt", "spectrum_nats", "spectrum_nats_tilt"]


class power_tail(SpecialFunction):  # noqa: N801 - a function's name, as in SymPy
    r"""Sum of a power law beyond its first n terms, by the zeta function of Hurwitz.

    .. math:: \sum_{i>n} i^{-1-\gamma} = \zeta(1+\gamma, n+1)

    The right side continues it to real n >= 0.  It is at most (n + 1/2)^-gamma / gamma.

    Examples
    --------
    >>> power_tail(10, 1).evalf(15)
    0.0951663356816857
    """

    nargs = 2
    is_positive = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1) or gamma (argument 2)."""
        n, gamma = self.args
        if argindex == 1:
            return -(1 + gamma) * power_tail(n, gamma + 1)
        if argindex == 2:
            return power_tail_tilt(n, gamma)
        raise ArgumentIndexError(self, argindex)

    def _eval_rewrite_as_zeta(self, n: sp.Expr, gamma: sp.Expr, **_: Any) -> sp.Expr:
        return sp.zeta(1 + gamma, n + 1)

    @staticmethod
    def mp_value(n: Any, gamma: Any) -> Any:
        """Zeta function of mpmath, with guard digits for the pole."""
        n, gamma = mpmath.mpf(n), mpmath.mpf(gamma)
        with mpmath.workprec(mpmath.mp.prec + abs(int(mpmath.mag(gamma))) + abs(int(mpmath.mag(n))) + 20):
            return mpmath.zeta(1 + gamma, n + 1)

    @staticmethod
    def arb_value(n: Any, gamma: Any) -> Any:
        """Ball that holds the value for all points of the balls."""
        return (1 + gamma).zeta(n + 1)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"Z", exp)


class power_tail_tilt(SpecialFunction):  # noqa: N801
    r"""Derivative of `power_tail` in gamma: minus the sum of ln(i) i^(-1-gamma) over i > n."""

    nargs = 2
    is_negative = True

    @staticmethod
    def mp_value(n: Any, gamma: Any) -> Any:
        """By differencing."""
        n = mpmath.mpf(n)
        return derivative_at(lambda gamma: power_tail.mp_value(n, gamma), mpmath.mpf(gamma))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_\gamma Z", exp)


class spectrum_nats(SpecialFunction):  # noqa: N801
    r"""Nats, each counted twice, that a Bayesian learner pays for features of a power-law spectrum, up to place x.

    .. math:: N(x, p) = \int_0^x \ln(1 + t^{-p})\,\mathrm{d}t
        = x \ln(1 + x^{-p}) + p\,x\;{}_2F_1\bigl(1, \tfrac1p; 1+\tfrac1p; -x^p\bigr)

    for p >= 1, where place 1 is that of the feature whose variance is the noise's over the number of samples.  It
    rises to pi / sin(pi/p).  With y = (T s/v')^(1/p) the sum of ln(1 + T s i^-p / v') over i <= n is at most
    y N(n/y, p).  Source: docs/math2.md section B, J-env.

    Examples
    --------
    >>> spectrum_nats(1, 2).evalf(15)
    2.26394350735484
    """

    nargs = 2
    is_nonnegative = True

    @classmethod
    def eval(cls, x: sp.Expr, p: sp.Expr) -> sp.Expr | None:
        """No feature costs nothing."""
        return sp.S.Zero if x == 0 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in x (argument 1) or p (argument 2)."""
        x, p = self.args
        if argindex == 1:
            return sp.log(1 + x**-p)
        if argindex == 2:
            return spectrum_nats_tilt(x, p)
        raise ArgumentIndexError(self, argindex)

    def _eval_rewrite_as_hyper(self, x: sp.Expr, p: sp.Expr, **_: Any) -> sp.Expr:
        return x * sp.log(1 + x**-p) + p * x * sp.hyper((1, 1 / p), (1 + 1 / p,), -(x**p))

    @staticmethod
    def mp_value(x: Any, p: Any) -> Any:
        """Hypergeometric function of mpmath."""
        x, p = mpmath.mpf(x), mpmath.mpf(p)
        with mpmath.workprec(mpmath.mp.prec + 40):
            curve = mpmath.hyp2f1(1, 1 / p, 1 + 1 / p, -(x**p))
            return x * mpmath.log1p(x**-p) + p * x * curve

    @staticmethod
    def arb_value(x: Any, p: Any) -> Any:
        """Ball that holds the value for all points of the balls."""
        curve = (-(x**p)).hypgeom_2f1(1, 1 / p, 1 + 1 / p)
        return x * (1 + x**-p).log() + p * x * curve

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"N", exp)


class spectrum_nats_tilt(SpecialFunction):  # noqa: N801
    r"""Derivative of `spectrum_nats` in p: minus the integral of ln(t) / (1 + t^p) from 0 to x."""

    nargs = 2

    @staticmethod
    def mp_value(x: Any, p: Any) -> Any:
        """By differencing."""
        x = mpmath.mpf(x)
        return derivative_at(lambda p: spectrum_nats.mp_value(x, p), mpmath.mpf(p))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_p N", exp)
