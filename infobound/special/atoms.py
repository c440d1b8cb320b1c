"""Expected number of distinct atoms among draws from a Dirichlet or a Pitman-Yor process, and its derivatives.

At alpha = 0 the Pitman-Yor process PY(alpha, K) is the Dirichlet process, and every function continues to it.
"""

from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import ArgumentIndexError

from infobound.special.head import SpecialFunction, between, derivative_at, guarded

__all__ = [
    "digamma_quotient",
    "digamma_quotient_slope",
    "expected_atoms",
    "expected_atoms_slope",
    "pitman_yor_atoms",
    "pitman_yor_atoms_slope",
    "pitman_yor_atoms_tilt",
    "scaled_polygamma",
    "scaled_polygamma_slope",
]


class expected_atoms(SpecialFunction):  # noqa: N801 - a function's name, as in SymPy
    r"""Expected number of distinct atoms among n draws from a Dirichlet process of concentration K.

    .. math:: A(n, K) = \sum_{i=0}^{n-1} \frac{K}{K+i} = K\,(\psi(K+n) - \psi(K))

    The second form continues the first to real n >= 1.  With a third argument alpha the process is that of
    Pitman and Yor, and the function is `pitman_yor_atoms`.  Source: docs/math.md section 4, docs/math2.md A4.

    Examples
    --------
    >>> expected_atoms(1, sp.Symbol("K"))
    1
    >>> expected_atoms(10, 1).evalf(15)
    2.92896825396825
    """

    nargs = (2, 3)
    is_positive = True

    @classmethod
    def eval(cls, n: sp.Expr, K: sp.Expr, alpha: sp.Expr | None = None) -> sp.Expr | None:
        """One draw is one atom; three arguments are another process, which at alpha = 0 is this one."""
        if n == 1:
            return sp.Integer(1)
        if alpha is None:
            return None
        return pitman_yor_atoms(n, K, alpha)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1) or K (argument 2)."""
        n, K = self.args
        if argindex == 1:
            return K * sp.polygamma(1, K + n)
        if argindex == 2:
            return self / K + K * (sp.polygamma(1, K + n) - sp.polygamma(1, K))
        raise ArgumentIndexError(self, argindex)

    def _eval_rewrite_as_polygamma(self, n: sp.Expr, K: sp.Expr, **_: Any) -> sp.Expr:
        return K * (sp.polygamma(0, K + n) - sp.polygamma(0, K))

    @staticmethod
    def mp_value(n: Any, K: Any) -> Any:
        """Difference of two digammas, with as many guard digits as it cancels."""
        n, K = mpmath.mpf(n), mpmath.mpf(K)
        with mpmath.workprec(mpmath.mp.prec + 2 * int(abs(mpmath.mag(K))) + 40):
            return K * (mpmath.psi(0, K + n) - mpmath.psi(0, K))

    @staticmethod
    def arb_value(n: Any, K: Any) -> Any:
        """Ball that holds the value for every point of the balls n and K."""
        return K * ((K + n).digamma() - K.digamma())

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, "A", exp)


class expected_atoms_slope(SpecialFunction):  # noqa: N801
    r"""Derivative of `expected_atoms` in K, as a sum without cancellation.

    .. math:: \frac{\partial A}{\partial K} = \sum_{i=1}^{n-1} \frac{i}{(K+i)^2}

    Kernels use it where the closed form would subtract digammas and trigammas.
    """

    nargs = 2
    is_nonnegative = True

    @staticmethod
    def mp_value(n: Any, K: Any) -> Any:
        """Closed form in digammas and trigammas, with guard digits."""
        n, K = mpmath.mpf(n), mpmath.mpf(K)
        if n == 1:
            return mpmath.mpf(0)
        with mpmath.workprec(mpmath.mp.prec + 4 * int(abs(mpmath.mag(K))) + int(abs(mpmath.mag(n - 1))) + 60):
            trigammas = mpmath.psi(1, K + n) - mpmath.psi(1, K)
            return mpmath.psi(0, K + n) - mpmath.psi(0, K) + K * trigammas

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_K A", exp)


class pitman_yor_atoms(SpecialFunction):  # noqa: N801 - a function's name, as in SymPy
    r"""Expected number of distinct atoms among n draws from a Pitman-Yor process PY(alpha, K).

    .. math:: A(n, K, \alpha) = \frac1\alpha\Bigl[(K+\alpha)\,\frac{(K+1+\alpha)_{n-1}}{(K+1)_{n-1}} - K\Bigr]

    with rising factorials (x)_k, which continue it to real n >= 1; its limit at alpha = 0 is the Dirichlet
    process's `expected_atoms`, of which this is the form with three arguments.  It grows like n^alpha.
    Source: docs/math2.md A4.

    Examples
    --------
    >>> pitman_yor_atoms(10, 1, sp.Rational(1, 2)).evalf(18)
    5.40027618408203125
    >>> pitman_yor_atoms(10, 1, 0).evalf(15)
    2.92896825396825
    """

    nargs = 3
    is_positive = True

    @classmethod
    def eval(cls, n: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr | None:
        """One draw is one atom; alpha = 0 is the Dirichlet process."""
        if n == 1:
            return sp.Integer(1)
        return expected_atoms(n, K) if alpha == 0 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1), K (argument 2) or alpha (argument 3)."""
        n, K, alpha = self.args
        if argindex == 1:
            return (K + alpha * self) * digamma_quotient(K + n, alpha) / (K + n)
        if argindex in (2, 3):
            return (pitman_yor_atoms_slope, pitman_yor_atoms_tilt)[argindex - 2](n, K, alpha)
        raise ArgumentIndexError(self, argindex)

    def _eval_rewrite_as_gamma(self, n: sp.Expr, K: sp.Expr, alpha: sp.Expr, **_: Any) -> sp.Expr:
        grown = sp.gamma(K + alpha + n) * sp.gamma(K + 1) / (sp.gamma(K + 1 + alpha) * sp.gamma(K + n))
        return ((K + alpha) * grown - K) / alpha

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """Quotient of Gamma functions, with as many guard digits as it cancels."""
        n, K, alpha = mpmath.mpf(n), mpmath.mpf(K), mpmath.mpf(alpha)
        if alpha == 0:
            return expected_atoms.mp_value(n, K)
        with mpmath.workprec(mpmath.mp.prec + guarded(n, K, alpha)):
            upper = mpmath.loggamma(K + alpha + n) - mpmath.loggamma(K + 1 + alpha)
            lower = mpmath.loggamma(K + n) - mpmath.loggamma(K + 1)
            return ((K + alpha) * mpmath.exp(upper - lower) - K) / alpha

    @staticmethod
    def arb_value(n: Any, K: Any, alpha: Any) -> Any:
        """Ball that holds the value for all points of the balls; the function rises in each argument."""
        return between(pitman_yor_atoms.mp_value, (n, K, alpha), (1, 1, 1))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, "A", exp)


class pitman_yor_atoms_slope(SpecialFunction):  # noqa: N801
    """Derivative of `pitman_yor_atoms` in K."""

    nargs = 3
    is_nonnegative = True

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """By differencing."""
        n, alpha = mpmath.mpf(n), mpmath.mpf(alpha)
        return derivative_at(lambda K: pitman_yor_atoms.mp_value(n, K, alpha), mpmath.mpf(K))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_K A", exp)


class pitman_yor_atoms_tilt(SpecialFunction):  # noqa: N801
    """Derivative of `pitman_yor_atoms` in alpha."""

    nargs = 3
    is_nonnegative = True

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """By differencing."""
        n, K = mpmath.mpf(n), mpmath.mpf(K)
        return derivative_at(lambda alpha: pitman_yor_atoms.mp_value(n, K, alpha), mpmath.mpf(alpha))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_\alpha A", exp)


class digamma_quotient(SpecialFunction):  # noqa: N801
    r"""Difference quotient of the digamma function, scaled to stay near 1: x (psi(x + alpha) - psi(x)) / alpha.

    .. math:: x\,\frac{\psi(x+\alpha)-\psi(x)}{\alpha} = \sum_{i\ge0}\frac{x}{(x+i)(x+i+\alpha)}

    At alpha = 0 it is x psi'(x).  The derivative of `pitman_yor_atoms` in n holds it.
    """

    nargs = 2
    is_positive = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in x (argument 1)."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        x, alpha = self.args
        return digamma_quotient_slope(x, alpha) / x

    @staticmethod
    def mp_value(x: Any, alpha: Any) -> Any:
        """Two digammas, with guard digits."""
        x, alpha = mpmath.mpf(x), mpmath.mpf(alpha)
        with mpmath.workprec(mpmath.mp.prec + guarded(x, alpha)):
            if alpha == 0:
                return x * mpmath.psi(1, x)
            return x * (mpmath.psi(0, x + alpha) - mpmath.psi(0, x)) / alpha

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"x\,\Delta_\alpha\psi", exp)


class digamma_quotient_slope(SpecialFunction):  # noqa: N801
    """Derivative of `digamma_quotient` in ln x."""

    nargs = 2

    @staticmethod
    def mp_value(x: Any, alpha: Any) -> Any:
        """By differencing."""
        alpha = mpmath.mpf(alpha)
        return mpmath.mpf(x) * derivative_at(lambda x: digamma_quotient.mp_value(x, alpha), mpmath.mpf(x))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_{\ln x} x\,\Delta_\alpha\psi", exp)


class scaled_polygamma(SpecialFunction):  # noqa: N801
    r"""Polygamma function scaled to stay between constants: x^k psi^(k)(x), for k = 1, 2.

    The scaling keeps derivatives in ln n finite up to n = 1e300, where psi^(k) itself underflows.
    """

    nargs = 2

    def fdiff(self, argindex: int = 2) -> sp.Expr:
        """Derivative in x (argument 2)."""
        k, x = self.args
        if argindex != 2:
            raise ArgumentIndexError(self, argindex)
        return (k * self + scaled_polygamma(k + 1, x)) / x

    @staticmethod
    def mp_value(k: Any, x: Any) -> Any:
        """Polygamma of mpmath times the power."""
        return mpmath.mpf(x) ** int(k) * mpmath.psi(int(k), x)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        k, x = (printer._print(argument) for argument in self.args)
        text = rf"\left({x}\right)^{{{k}}} \psi^{{({k})}}\left({x}\right)"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


class scaled_polygamma_slope(SpecialFunction):  # noqa: N801
    r"""Derivative of `scaled_polygamma` in ln x: k x^k psi^(k)(x) + x^(k+1) psi^(k+1)(x), for k = 1.

    Kernels use it where the sum would cancel: its two parts tend to 1 and -1, itself to -1/(2x).
    """

    nargs = 2

    @staticmethod
    def mp_value(k: Any, x: Any) -> Any:
        """Sum of the two parts, with guard digits for what they cancel."""
        k, x = int(k), mpmath.mpf(x)
        with mpmath.workprec(mpmath.mp.prec + int(abs(mpmath.mag(x))) + 40):
            return k * scaled_polygamma.mp_value(k, x) + scaled_polygamma.mp_value(k + 1, x)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_{\ln x} x^k \psi^{(k)}", exp)
