"""What a power-law spectrum leaves beyond its first features, and the nats that these cost a Bayesian learner.

Variances fall like i^-p with p = 1 + gamma, and c is the ratio of T times the first one to the noise (docs/math2.md
section B).  In each derivative below all parts are of one sign.
"""

from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import ArgumentIndexError

from infobound.special.head import SpecialFunction, derivative_at

__all__ = [
    "effective_dimension",
    "effective_dimension_rise",
    "power_tail",
    "power_tail_bend",
    "power_tail_fall",
    "power_tail_tilt",
    "spectrum_nats",
    "spectrum_nats_excess",
    "spectrum_nats_rise",
    "spectrum_nats_tilt",
]


class power_tail(SpecialFunction):  # noqa: N801 - a function's name, as in SymPy
    r"""Sum of a power law beyond its first n terms, by the zeta function of Hurwitz.

    .. math:: \sum_{i>n} i^{-1-\gamma} = \zeta(1+\gamma, n+1)

    The right side continues it to real n >= 0.  It is at most (n + 1/2)^-gamma / gamma.

    Examples
    --------
    >>> power_tail(10, 1).evalf(15)
    0.0951663356816857
    """

    is_smooth = True
    nargs = 2
    is_positive = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1) or gamma (argument 2)."""
        n, gamma = self.args
        if argindex == 1:
            return -power_tail_fall(n, gamma) / n
        if argindex == 2:
            return power_tail_tilt(n, gamma)
        raise ArgumentIndexError(self, argindex)

    def _eval_rewrite_as_zeta(self, n: sp.Expr, gamma: sp.Expr, **_: Any) -> sp.Expr:
        return sp.zeta(1 + gamma, n + 1)

    @staticmethod
    def mp_value(n: Any, gamma: Any) -> Any:
        """Zeta function of mpmath, with guard digits for the pole."""
        n, gamma = mpmath.mpf(n), mpmath.mpf(gamma)
        with mpmath.workprec(mpmath.mp.prec + abs(int(mpmath.mag(gamma))) + abs(int(mpmath.mag(n + 1))) + 20):
            return mpmath.zeta(1 + gamma, n + 1)

    @staticmethod
    def arb_value(n: Any, gamma: Any) -> Any:
        """Ball that holds the value for all points of the balls."""
        return (1 + gamma).zeta(n + 1)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"Z", exp)


class power_tail_fall(SpecialFunction):  # noqa: N801
    r"""Minus the slope of `power_tail` in ln n: (1 + gamma) n times the tail of the next power."""

    nargs = 2
    is_positive = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1)."""
        if argindex == 1:
            return -power_tail_bend(*self.args) / self.args[0]
        raise ArgumentIndexError(self, argindex)

    @staticmethod
    def mp_value(n: Any, gamma: Any) -> Any:
        """By `power_tail`."""
        n, gamma = mpmath.mpf(n), mpmath.mpf(gamma)
        return (1 + gamma) * n * power_tail.mp_value(n, gamma + 1)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"-\partial_{\ln n} Z", exp)


class power_tail_bend(SpecialFunction):  # noqa: N801
    r"""Second derivative of `power_tail` in ln n."""

    nargs = 2

    @staticmethod
    def mp_value(n: Any, gamma: Any) -> Any:
        """By `power_tail`, with digits for the difference."""
        n, gamma = mpmath.mpf(n), mpmath.mpf(gamma)
        with mpmath.workprec(mpmath.mp.prec + abs(int(mpmath.mag(gamma))) + abs(int(mpmath.mag(n))) + 20):
            second = (1 + gamma) * (2 + gamma) * n**2 * power_tail.mp_value(n, gamma + 2)
            return second - power_tail_fall.mp_value(n, gamma)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_{\ln n}^2 Z", exp)


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


class spectrum_nats(SpecialFunction):  # noqa: N801 - a function's name, as in SymPy
    r"""Nats, each counted twice, that a Bayesian learner pays for the first n features of a power-law spectrum.

    .. math:: N(n, c, \gamma) = \int_0^n \ln(1 + c\,y^{-p})\,\mathrm{d}y
        = n \ln(1 + c\,n^{-p}) + p\,n\;{}_2F_1\bigl(1, \tfrac1p; 1+\tfrac1p; -n^p/c\bigr), \qquad p = 1 + \gamma

    It rises in n to c^(1/p) pi / sin(pi/p).  The sum of ln(1 + c i^-p) over i <= n is at most that: summands fall.
    Source: docs/math2.md section B, J-env.

    Examples
    --------
    >>> spectrum_nats(1, 1, 1).evalf(15)
    2.26394350735484
    """

    is_smooth = True
    nargs = 3
    is_nonnegative = True

    @classmethod
    def eval(cls, n: sp.Expr, c: sp.Expr, gamma: sp.Expr) -> sp.Expr | None:
        """No feature costs nothing."""
        return sp.S.Zero if n == 0 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n, c or gamma (arguments 1 to 3)."""
        n, c, _ = self.args
        if argindex == 1:
            return spectrum_nats_rise(*self.args) / n
        if argindex == 2:
            return effective_dimension(*self.args) / c
        if argindex == 3:
            return spectrum_nats_tilt(*self.args)
        raise ArgumentIndexError(self, argindex)

    def excess(self) -> tuple[sp.Expr, ...]:
        """Addends of what it has beyond its slope in ln c, none of them negative."""
        n, c, gamma = self.args
        return gamma / (1 + gamma) * self, spectrum_nats_rise(n, c, gamma) / (1 + gamma)

    def _eval_rewrite_as_hyper(self, n: sp.Expr, c: sp.Expr, gamma: sp.Expr, **_: Any) -> sp.Expr:
        p = 1 + gamma
        return n * sp.log(1 + c * n**-p) + p * n * sp.hyper((1, 1 / p), (1 + 1 / p,), -(n**p) / c)

    @staticmethod
    def mp_value(n: Any, c: Any, gamma: Any) -> Any:
        """By the effective dimension."""
        n, c, gamma = map(mpmath.mpf, (n, c, gamma))
        with mpmath.workprec(mpmath.mp.prec + 40):
            p = 1 + gamma
            return n * mpmath.log1p(c * n**-p) + p * effective_dimension.mp_value(n, c, gamma)

    @staticmethod
    def arb_value(n: Any, c: Any, gamma: Any) -> Any:
        """Ball that holds the value for all points of the balls."""
        p = 1 + gamma
        return n * (c * n**-p).log1p() + p * effective_dimension.arb_value(n, c, gamma)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"N", exp)


class spectrum_nats_rise(SpecialFunction):  # noqa: N801
    r"""Slope of `spectrum_nats` in ln n: n ln(1 + c n^-(1+gamma))."""

    is_smooth = True
    nargs = 3
    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n, c or gamma (arguments 1 to 3)."""
        n, c, gamma = self.args
        if argindex == 1:
            # ln(1+u) - p u/(1+u) = [ln(1+u) - u/(1+u)] - gamma u/(1+u)
            return (spectrum_nats_excess(*self.args) - gamma * effective_dimension_rise(*self.args)) / n
        if argindex == 2:
            return effective_dimension_rise(*self.args) / c
        if argindex == 3:
            return -sp.log(n) * effective_dimension_rise(*self.args)
        raise ArgumentIndexError(self, argindex)

    def _eval_expand_func(self, **_: Any) -> sp.Expr:
        n, c, gamma = self.args
        return n * sp.log(1 + c * n ** (-1 - gamma))

    def excess(self) -> tuple[sp.Expr, ...]:
        """What it has beyond its slope in ln c."""
        return (spectrum_nats_excess(*self.args),)

    @staticmethod
    def mp_value(n: Any, c: Any, gamma: Any) -> Any:
        """By definition."""
        n, c, gamma = map(mpmath.mpf, (n, c, gamma))
        return n * mpmath.log1p(c * n ** -(1 + gamma))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_{\ln n} N", exp)


class spectrum_nats_excess(SpecialFunction):  # noqa: N801
    r"""What `spectrum_nats_rise` has beyond its slope in ln c: n [ln(1 + u) - u / (1 + u)], u = c n^-(1+gamma)."""

    nargs = 3
    is_nonnegative = True

    @staticmethod
    def mp_value(n: Any, c: Any, gamma: Any) -> Any:
        """By definition, with digits for the cancellation."""
        n, c, gamma = map(mpmath.mpf, (n, c, gamma))
        u = c * n ** -(1 + gamma)
        with mpmath.workprec(mpmath.mp.prec + abs(int(mpmath.mag(u))) + 20):
            return n * (mpmath.log1p(u) - u / (1 + u))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"E", exp)


class spectrum_nats_tilt(SpecialFunction):  # noqa: N801
    r"""Derivative of `spectrum_nats` in gamma: minus the integral of ln(y) c / (c + y^(1+gamma)) from 0 to n."""

    nargs = 3

    @staticmethod
    def mp_value(n: Any, c: Any, gamma: Any) -> Any:
        """By differencing."""
        n, c = mpmath.mpf(n), mpmath.mpf(c)
        return derivative_at(lambda gamma: spectrum_nats.mp_value(n, c, gamma), mpmath.mpf(gamma))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_\gamma N", exp)


class effective_dimension(SpecialFunction):  # noqa: N801
    r"""Effective dimension of the first n features of a power-law spectrum: how many the data determine.

    .. math:: D(n, c, \gamma) = \int_0^n \frac{c}{c + y^p}\,\mathrm{d}y
        = n\;{}_2F_1\bigl(1, \tfrac1p; 1+\tfrac1p; -n^p/c\bigr), \qquad p = 1 + \gamma

    The sum of its integrand over whole y is the trace of K (K + v'/T)^-1 for variances K: the degrees of freedom of
    ridge regression.  It is the slope of `spectrum_nats` in ln c.

    Examples
    --------
    >>> effective_dimension(1, 1, 1).evalf(15)
    0.785398163397448
    """

    is_smooth = True
    nargs = 3
    is_nonnegative = True

    @classmethod
    def eval(cls, n: sp.Expr, c: sp.Expr, gamma: sp.Expr) -> sp.Expr | None:
        """No feature has no dimension."""
        return sp.S.Zero if n == 0 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n, c or gamma (arguments 1 to 3)."""
        n, c, gamma = self.args
        if argindex == 1:
            return effective_dimension_rise(*self.args) / n
        if argindex == 2:
            return (self - effective_dimension_rise(*self.args)) / (c * (1 + gamma))
        if argindex == 3:
            # that of (N - n ln(1 + u)) / (1 + gamma)
            tilt = spectrum_nats_tilt(*self.args) + sp.log(n) * effective_dimension_rise(*self.args)
            return (tilt - self) / (1 + gamma)
        raise ArgumentIndexError(self, argindex)

    def excess(self) -> tuple[sp.Expr, ...]:
        """Addends of what it has beyond its slope in ln c, none of them negative."""
        gamma = self.args[2]
        return gamma / (1 + gamma) * self, effective_dimension_rise(*self.args) / (1 + gamma)

    @staticmethod
    def mp_value(n: Any, c: Any, gamma: Any) -> Any:
        """Hypergeometric function of mpmath."""
        n, c, gamma = map(mpmath.mpf, (n, c, gamma))
        with mpmath.workprec(mpmath.mp.prec + 40):
            p = 1 + gamma
            return n * mpmath.hyp2f1(1, 1 / p, 1 + 1 / p, -(n**p) / c)

    @staticmethod
    def arb_value(n: Any, c: Any, gamma: Any) -> Any:
        """Ball that holds the value for all points of the balls."""
        p = 1 + gamma
        w = n**p / c
        if not (w > 1 and gamma > 0):
            return n * (-w).hypgeom_2f1(1, 1 / p, 1 + 1 / p)
        # the limit for large n, less the integral from n on
        beyond = c * n**-gamma / gamma * (-1 / w).hypgeom_2f1(1, gamma / p, 1 + gamma / p)
        return c ** (1 / p) / (p * (1 / p).sin_pi()) * w.pi() - beyond

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"D", exp)


class effective_dimension_rise(SpecialFunction):  # noqa: N801
    r"""Slope of `effective_dimension` in ln n: n c / (c + n^(1+gamma))."""

    nargs = 3
    is_nonnegative = True

    @staticmethod
    def mp_value(n: Any, c: Any, gamma: Any) -> Any:
        """By definition."""
        n, c, gamma = map(mpmath.mpf, (n, c, gamma))
        return n / (1 + n ** (1 + gamma) / c)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_{\ln n} D", exp)
