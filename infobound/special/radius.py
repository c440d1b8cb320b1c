"""Radius of the codebook at which quantisation and estimation balance."""

from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import ArgumentIndexError

from infobound.special.head import SpecialFunction

__all__ = [
    "codebook_radius",
    "codebook_radius_elasticity",
]


class codebook_radius(SpecialFunction):  # noqa: N801
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


class codebook_radius_elasticity(SpecialFunction):  # noqa: N801
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
