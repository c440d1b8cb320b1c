"""The special functions that this field needs and SymPy lacks.

Each class is the SymPy head of one function and carries everything known about it: derivative, LaTeX,
value in mpmath (`mp_value`, the oracle) and enclosure in ball arithmetic (`arb_value`).  Its compiled
twin, of the same name, lives in `infobound.kernels.twins`.
"""

from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import ArgumentIndexError

__all__ = [
    "codebook_radius",
    "codebook_radius_elasticity",
    "expected_atoms",
    "expected_atoms_slope",
    "scaled_polygamma",
    "scaled_polygamma_slope",
]


class _Special(sp.Function):
    """What the special functions share: real values, and numbers by way of `mp_value`."""

    is_extended_real = True

    @staticmethod
    def mp_value(*args: Any) -> Any:
        """Value at mpmath numbers, to the working precision in force."""
        raise TypeError("each special function defines its own mp_value")

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        numbers = [argument._to_mpmath(prec + 20) for argument in self.args if argument.is_number]
        if len(numbers) < len(self.args):
            return None
        with mpmath.workprec(prec + 20):
            return sp.Expr._from_mpmath(self.mp_value(*numbers), prec)

    def _typeset(self, printer: Any, head: str, exp: str | None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        arguments = ", ".join(printer._print(argument) for argument in self.args)
        return rf"{head}{power}\left({arguments}\right)"


class expected_atoms(_Special):  # noqa: N801 - a function's name, as in SymPy
    r"""Expected number of distinct atoms among n draws from a Dirichlet process of concentration K.

    .. math:: A(n, K) = \sum_{i=0}^{n-1} \frac{K}{K+i} = K\,(\psi(K+n) - \psi(K))

    The second form continues the first to real n >= 1.  Source: docs/math.md section 4 and docs/math2.md A4.

    Examples
    --------
    >>> expected_atoms(1, sp.Symbol("K"))
    1
    >>> expected_atoms(10, 1).evalf(15)
    2.92896825396825
    """

    nargs = 2
    is_positive = True

    @classmethod
    def eval(cls, n: sp.Expr, K: sp.Expr) -> sp.Expr | None:
        """One draw is one atom."""
        return sp.Integer(1) if n == 1 else None

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


class codebook_radius(_Special):  # noqa: N801
    r"""Distortion at which a codebook's quantisation and estimation terms balance.

    .. math:: \varepsilon^2(\varepsilon + 2) = c, \qquad 0 \le \varepsilon \le 2

    For c >= 16 the value is 2, the diameter of the sphere, where one codeword covers it.  With
    c = 16 A d / T it minimises eps^2/16 + (A d / T) ln(1 + 2/eps).  Source: docs/math.md section 6.

    Examples
    --------
    >>> codebook_radius(1).evalf(16)
    0.6180339887498948
    >>> codebook_radius(16)
    2
    """

    nargs = 1
    is_positive = True

    @classmethod
    def eval(cls, c: sp.Expr) -> sp.Expr | None:
        """From c = 16 on, the clamp."""
        return sp.Integer(2) if c.is_number and c.is_comparable and c >= 16 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative of the active branch."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        return sp.Piecewise((1 / (self * (3 * self + 4)), self.args[0] < 16), (0, True))

    @staticmethod
    def mp_value(c: Any) -> Any:
        """Newton's method from above, which falls to the root of the convex cubic."""
        c = mpmath.mpf(c)
        if c >= 16:
            return mpmath.mpf(2)
        with mpmath.workprec(mpmath.mp.prec + 20):
            root = min(mpmath.sqrt(c / 2), mpmath.cbrt(c))
            while True:
                step = (root * root * (root + 2) - c) / (root * (3 * root + 4))
                root -= step
                if abs(step) <= mpmath.ldexp(root, 8 - mpmath.mp.prec):
                    return root

    @staticmethod
    def arb_value(c: Any) -> Any:
        """Ball that holds the value for every point of the ball c, its ends found by sign changes."""
        low, high = (_root_ball(end) for end in (c.lower(), c.upper()))
        return low.union(high)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\varepsilon", exp)


def _root_ball(c: Any) -> Any:
    """Enclose the clamped root of eps^2 (eps + 2) = c for one exact number c of ball type."""
    ball = type(c)
    if c >= 16:
        return ball(2)
    if not c > 0:
        return ball(0)
    middle = ball(str(codebook_radius.mp_value(mpmath.mpf(c.str(40, radius=False))))).mid()
    width = middle * ball(2) ** -45
    while True:
        low, high = middle - width, middle + width
        if low * low * (low + 2) <= c and high * high * (high + 2) >= c:
            return low.union(high)
        width *= 2


class codebook_radius_elasticity(_Special):  # noqa: N801
    r"""Derivative of ln `codebook_radius` in ln c: (eps + 2) / (3 eps + 4), and 0 on the clamp.

    Kernels use it where the derivative itself would under- or overflow.
    """

    nargs = 1
    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in c, which vanishes on the clamp with the elasticity itself."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        (c,) = self.args
        eps = codebook_radius(c)
        return -2 * eps / (3 * eps + 4) ** 2 * self / c

    @staticmethod
    def mp_value(c: Any) -> Any:
        """From the radius."""
        eps = codebook_radius.mp_value(c)
        return (eps + 2) / (3 * eps + 4) if mpmath.mpf(c) < 16 else mpmath.mpf(0)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\varepsilon_{\ln}", exp)


class expected_atoms_slope(_Special):  # noqa: N801
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


class scaled_polygamma(_Special):  # noqa: N801
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


class scaled_polygamma_slope(_Special):  # noqa: N801
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
