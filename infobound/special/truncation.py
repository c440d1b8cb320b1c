"""What truncation leaves of a Pitman-Yor teacher, and how many atoms or features are worth keeping.

At alpha = 0 the process is the Dirichlet process, and every function continues to it.
"""

from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import ArgumentIndexError

from infobound.special.head import SpecialFunction, between, derivative_at, guarded

__all__ = [
    "admissible_atoms",
    "admissible_features",
    "log_remainder",
    "log_remainder_bend",
    "log_remainder_fall",
    "log_remainder_slope",
    "log_remainder_tilt",
]


class log_remainder(SpecialFunction):  # noqa: N801
    r"""Logarithm of R_m: the share of the second moment that the first m atoms of PY(alpha, K) leave.

    .. math:: R_m = \prod_{j=1}^m \frac{K+j\alpha}{K+2+(j-1)\alpha}
        = \frac{\Gamma(K/\alpha+m+1)\,\Gamma((K+2)/\alpha)}{\Gamma(K/\alpha+1)\,\Gamma((K+2)/\alpha+m)}

    The second form continues it to real m >= 0; at alpha = 0 it is (K/(K+2))^m.  Otherwise it falls like
    m^-(2/alpha-1).  Source: docs/math2.md A6.

    Examples
    --------
    >>> log_remainder(10, 1, sp.Rational(1, 2)).evalf(20)
    -3.8177123259569047317
    >>> log_remainder(3, 5, 0)
    -3*log(7/5)
    """

    nargs = 3
    is_nonpositive = True

    @classmethod
    def eval(cls, m: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr | None:
        """Nothing is cut off by no atom; alpha = 0 is the Dirichlet process."""
        if m == 0:
            return sp.S.Zero
        return -m * sp.log(1 + 2 / K) if alpha == 0 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in m (argument 1), K (argument 2) or alpha (argument 3)."""
        if argindex not in (1, 2, 3):
            raise ArgumentIndexError(self, argindex)
        if argindex == 1:
            return -log_remainder_fall(*self.args)
        return (log_remainder_slope, log_remainder_tilt)[argindex - 2](*self.args)

    def _eval_rewrite_as_gamma(self, m: sp.Expr, K: sp.Expr, alpha: sp.Expr, **_: Any) -> sp.Expr:
        first, second = K / alpha + 1, (K + 2) / alpha
        upper, lower = sp.gamma(first + m) * sp.gamma(second), sp.gamma(first) * sp.gamma(second + m)
        return sp.log(upper / lower)

    @staticmethod
    def mp_value(m: Any, K: Any, alpha: Any) -> Any:
        """Logarithms of Gamma functions, with as many guard digits as they cancel."""
        m, K, alpha = mpmath.mpf(m), mpmath.mpf(K), mpmath.mpf(alpha)
        with mpmath.workprec(mpmath.mp.prec + guarded(m, K, alpha)):
            if alpha == 0:
                return -m * mpmath.log1p(2 / K)
            first, second = K / alpha + 1, (K + 2) / alpha
            upper = mpmath.loggamma(first + m) - mpmath.loggamma(first)
            return upper - (mpmath.loggamma(second + m) - mpmath.loggamma(second))

    @staticmethod
    def arb_value(m: Any, K: Any, alpha: Any) -> Any:
        """Ball that holds the value for all points of the balls; the function falls in m and rises in K and alpha."""
        return between(log_remainder.mp_value, (m, K, alpha), (-1, 1, 1))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\ln R", exp)


class log_remainder_fall(SpecialFunction):  # noqa: N801
    """Derivative of -`log_remainder` in m; log(1 + 2/K) at alpha = 0."""

    nargs = 3
    is_positive = True

    @staticmethod
    def mp_value(m: Any, K: Any, alpha: Any) -> Any:
        """Two digammas, with guard digits."""
        m, K, alpha = mpmath.mpf(m), mpmath.mpf(K), mpmath.mpf(alpha)
        with mpmath.workprec(mpmath.mp.prec + guarded(m, K, alpha)):
            if alpha == 0:
                return mpmath.log1p(2 / K)
            return mpmath.psi(0, (K + 2) / alpha + m) - mpmath.psi(0, K / alpha + m + 1)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"-\partial_m \ln R", exp)


class log_remainder_bend(SpecialFunction):  # noqa: N801
    """Second derivative of `log_remainder` in m; 0 at alpha = 0."""

    nargs = 3
    is_nonnegative = True

    @staticmethod
    def mp_value(m: Any, K: Any, alpha: Any) -> Any:
        """Two trigammas, with guard digits."""
        m, K, alpha = mpmath.mpf(m), mpmath.mpf(K), mpmath.mpf(alpha)
        if alpha == 0:
            return mpmath.mpf(0)
        with mpmath.workprec(mpmath.mp.prec + guarded(m, K, alpha)):
            return mpmath.psi(1, K / alpha + m + 1) - mpmath.psi(1, (K + 2) / alpha + m)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_m^2 \ln R", exp)


class log_remainder_slope(SpecialFunction):  # noqa: N801
    """Derivative of `log_remainder` in K."""

    nargs = 3
    is_nonnegative = True

    @staticmethod
    def mp_value(m: Any, K: Any, alpha: Any) -> Any:
        """By differencing."""
        m, alpha = mpmath.mpf(m), mpmath.mpf(alpha)
        return derivative_at(lambda K: log_remainder.mp_value(m, K, alpha), mpmath.mpf(K))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_K \ln R", exp)


class log_remainder_tilt(SpecialFunction):  # noqa: N801
    """Derivative of `log_remainder` in alpha."""

    nargs = 3
    is_nonnegative = True

    @staticmethod
    def mp_value(m: Any, K: Any, alpha: Any) -> Any:
        """By differencing."""
        m, K = mpmath.mpf(m), mpmath.mpf(K)
        return derivative_at(lambda alpha: log_remainder.mp_value(m, K, alpha), mpmath.mpf(alpha))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_\alpha \ln R", exp)


class admissible_atoms(SpecialFunction):  # noqa: N801
    r"""Number of atoms that a truncated student of width n keeps: min(n, M), or 0 where no atom is admissible.

    .. math:: M = \#\{k \ge 1 : \tau_k^2\,\ell \ge 1\}, \qquad
        \tau_k^2 = R_{k-1} - R_k = \frac{2-\alpha}{K+k\alpha}\,R_k

    M is a whole number: the level l = T/(8d) admits an atom whose mean square exceeds the channel's
    distortion 8d/T.  Where the width is the smaller of the two, the value is n itself, whole or not.
    Source: docs/math2.md, theorem A7.

    Examples
    --------
    >>> admissible_atoms(20, 10**8 / sp.Integer(128), 10, sp.Rational(1, 4)).evalf(5)
    20.000
    >>> admissible_atoms(10**6, 10**8 / sp.Integer(128), 10, sp.Rational(1, 4)).evalf(5)
    147.00
    """

    nargs = 4
    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1) of the active branch; M is locally constant."""
        if argindex not in (1, 2, 3, 4):
            raise ArgumentIndexError(self, argindex)
        return sp.Piecewise((1, self.args[0] <= self), (0, True)) if argindex == 1 else sp.S.Zero

    @staticmethod
    def mp_value(n: Any, level: Any, K: Any, alpha: Any) -> Any:
        """Decide the width itself, else find the root and round it down."""
        n, level, K, alpha = map(mpmath.mpf, (n, level, K, alpha))

        def excess(k: Any) -> Any:
            return log_remainder.mp_value(k, K, alpha) + mpmath.log(level * (2 - alpha) / (K + alpha * k))

        if excess(mpmath.ceil(n)) >= 0:
            return n
        if excess(mpmath.mpf(1)) < 0:
            return mpmath.mpf(0)
        with mpmath.workprec(mpmath.mp.prec + int(mpmath.mag(n)) + 20):
            # the admissible atom `low`, and `high` that is not, close in on the last one
            low, high = mpmath.mpf(1), mpmath.ceil(n)
            while high - low > 1:
                middle = mpmath.floor(mpmath.sqrt(low * high)) if high > 4 * low else mpmath.floor((low + high) / 2)
                low, high = (middle, high) if excess(middle) >= 0 else (low, middle)
            return low

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, "M", exp)


class admissible_features(SpecialFunction):  # noqa: N801
    r"""Number of features that a student of width n codes where the first x ones are worth it: min(n, floor(x)).

    Where the width is the smaller of the two, the value is n itself, whole or not.

    Examples
    --------
    >>> admissible_features(20, 31.7), admissible_features(40, 31.7)
    (20, 31)
    """

    nargs = 2
    is_nonnegative = True

    @classmethod
    def eval(cls, n: sp.Expr, x: sp.Expr) -> sp.Expr | None:
        """Numbers are rounded at once."""
        return sp.Min(n, sp.floor(x)) if n.is_number and x.is_number else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1) of the active branch; floor(x) is locally constant."""
        if argindex not in (1, 2):
            raise ArgumentIndexError(self, argindex)
        return sp.Piecewise((1, self.args[0] <= self), (0, True)) if argindex == 1 else sp.S.Zero

    @staticmethod
    def mp_value(n: Any, x: Any) -> Any:
        """By its definition."""
        return min(mpmath.mpf(n), mpmath.floor(x))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, "m", exp)
