"""Draws from a Pitman-Yor process: the nats it takes to say how often each atom was drawn, and how few are new.

At alpha = 0 the process is the Dirichlet process, and every function continues to it.
"""

from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import ArgumentIndexError

from infobound.special.atoms import (
    digamma_quotient,
    pitman_yor_atoms,
    pitman_yor_atoms_slope,
    pitman_yor_atoms_tilt,
)
from infobound.special.head import SpecialFunction, between, derivative_at, guarded

__all__ = [
    "composition_nats",
    "new_share",
    "new_share_fall",
    "novelty_lost",
    "novelty_lost_slope",
    "novelty_lost_tilt",
]


def _more(n: Any) -> int:
    """Bits that A - 1 loses where n is close to 1."""
    return abs(int(mpmath.mag(n - 1))) if n != 1 else 0


class composition_nats(SpecialFunction):  # noqa: N801 - a function's name, as in SymPy
    r"""Upper bound on the entropy of the numbers of draws of the distinct atoms, in order of appearance.

    .. math:: (A-1)\,\Bigl(1+\ln\frac{n-1}{A-1}\Bigr) = (A-1)\,(1-\ln q), \qquad q = \frac{A-1}{n-1}

    with A = A(n, K, alpha), the expected number of distinct atoms among n draws from PY(alpha, K), and `new_share` q;
    0 for one draw.  It holds for any exchangeable partition.  Source: docs/math2.md A5.

    Examples
    --------
    >>> composition_nats(10, 1, sp.Rational(1, 2)).evalf(5)
    7.5489
    >>> composition_nats(1, sp.Symbol("K"), 0)
    0
    """

    nargs = 3
    is_nonnegative = True

    @classmethod
    def eval(cls, n: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr | None:
        """Of one draw there is nothing to say."""
        return sp.S.Zero if n == 1 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1), K (argument 2) or alpha (argument 3)."""
        if argindex not in (1, 2, 3):
            raise ArgumentIndexError(self, argindex)
        n, K, alpha = self.args
        share = new_share(n, K, alpha)
        if argindex == 1:
            return share - pitman_yor_atoms(n, K, alpha).fdiff(1) * sp.log(share)
        return -(pitman_yor_atoms_slope, pitman_yor_atoms_tilt)[argindex - 2](n, K, alpha) * sp.log(share)

    def _eval_rewrite_as_log(self, n: sp.Expr, K: sp.Expr, alpha: sp.Expr, **_: Any) -> sp.Expr:
        return (pitman_yor_atoms(n, K, alpha) - 1) * (1 - sp.log(new_share(n, K, alpha)))

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """By its definition."""
        n = mpmath.mpf(n)
        q = new_share.mp_value(n, K, alpha)
        return (n - 1) * q * (1 - mpmath.log(q))

    @staticmethod
    def arb_value(n: Any, K: Any, alpha: Any) -> Any:
        """Ball that holds the value for all points of the balls; the function rises in each argument."""
        return between(composition_nats.mp_value, (n, K, alpha), (1, 1, 1))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\mathcal{H}", exp)


class new_share(SpecialFunction):  # noqa: N801
    r"""Share of the draws after the first that are new: q = (A-1)/(n-1), continued to n = 1.

    Source: docs/math2.md A5.

    Examples
    --------
    >>> new_share(10, 1, 0).evalf(15)
    0.214329805996473
    """

    nargs = 3
    is_positive = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1)."""
        if argindex != 1:
            raise ArgumentIndexError(self, argindex)
        return -self * new_share_fall(*self.args) / self.args[0]

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """By its definition; at n = 1 the derivative of A."""
        n, K, alpha = map(mpmath.mpf, (n, K, alpha))
        if n == 1:
            return (K + alpha) / (K + 1) * digamma_quotient.mp_value(K + 1, alpha)
        with mpmath.workprec(mpmath.mp.prec + 2 * _more(n)):
            return (pitman_yor_atoms.mp_value(n, K, alpha) - 1) / (n - 1)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, "q", exp)


class new_share_fall(SpecialFunction):  # noqa: N801
    """Derivative of -log `new_share` in ln n; it tends to 1 - alpha."""

    nargs = 3
    is_nonnegative = True

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """From the derivative of A, with guard digits; at n = 1 from its second one."""
        n, K, alpha = map(mpmath.mpf, (n, K, alpha))
        with mpmath.workprec(mpmath.mp.prec + guarded(n, K, alpha) + 4 * _more(n)):
            x = K + n
            # A' = (K + alpha A) steps[0]
            steps = [mpmath.psi(k, x + alpha) - mpmath.psi(k, x) for k in (0, 1)]
            steps = [step / alpha for step in steps] if alpha else [mpmath.psi(k, x) for k in (1, 2)]
            if n == 1:
                return -(alpha * steps[0] + steps[1] / steps[0]) / 2
            slope = (K + alpha * pitman_yor_atoms.mp_value(n, K, alpha)) * steps[0]
            return n / (n - 1) * (1 - slope / new_share.mp_value(n, K, alpha))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"-\partial_{\ln n} \ln q", exp)


class novelty_lost(SpecialFunction):  # noqa: N801
    r"""How much the chance that the next draw is new has fallen since the first draw, as a share, over 1 - alpha.

    .. math:: g = \frac{1 - c_n/c_1}{1-\alpha}, \qquad c_n = \frac{K+\alpha A(n, K, \alpha)}{K+n}, \qquad
        \frac{c_n}{c_1} = \prod_{i=1}^{n-1} \frac{K+i+\alpha}{K+i+1}

    The product continues it to real n >= 1.  It is 0 after one draw, (n-1)/(K+n) at alpha = 0, and tends to
    1/(1-alpha).  With it the share of a teacher's variance that draws do not explain is
    (1 + alpha g) (K+alpha)/(K+n).  Source: docs/math2.md, A3 and A4.

    Examples
    --------
    >>> novelty_lost(10, 1, sp.Rational(1, 2)).evalf(15)
    1.10299682617188
    >>> novelty_lost(1, sp.Symbol("K"), sp.Symbol("alpha"))
    0
    """

    nargs = 3
    is_nonnegative = True

    @classmethod
    def eval(cls, n: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr | None:
        """Nothing is lost by the first draw; alpha = 0 is the Dirichlet process."""
        if n == 1:
            return sp.S.Zero
        return (n - 1) / (K + n) if alpha == 0 else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in n (argument 1), K (argument 2) or alpha (argument 3)."""
        if argindex not in (1, 2, 3):
            raise ArgumentIndexError(self, argindex)
        n, K, alpha = self.args
        if argindex == 1:
            x = K + n + alpha
            return (1 - (1 - alpha) * self) * digamma_quotient(x, 1 - alpha) / x
        return (novelty_lost_slope, novelty_lost_tilt)[argindex - 2](n, K, alpha)

    def _eval_rewrite_as_gamma(self, n: sp.Expr, K: sp.Expr, alpha: sp.Expr, **_: Any) -> sp.Expr:
        grown = sp.gamma(K + alpha + n) * sp.gamma(K + 1) / (sp.gamma(K + 1 + alpha) * sp.gamma(K + n))
        return (1 - grown * (K + 1) / (K + n)) / (1 - alpha)

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """Quotient of Gamma functions, with as many guard digits as it cancels."""
        n, K, alpha = mpmath.mpf(n), mpmath.mpf(K), mpmath.mpf(alpha)
        with mpmath.workprec(mpmath.mp.prec + guarded(n, K, 1 - alpha) + 2 * _more(n)):
            upper = mpmath.loggamma(K + n + alpha) - mpmath.loggamma(K + n + 1)
            return -mpmath.expm1(upper - mpmath.loggamma(K + 1 + alpha) + mpmath.loggamma(K + 2)) / (1 - alpha)

    @staticmethod
    def arb_value(n: Any, K: Any, alpha: Any) -> Any:
        """Ball that holds the value for all points of the balls.

        The function rises in n and falls in K.  In alpha it rises from n = 2 on, where the product is convex in alpha,
        and falls before, where it is concave.
        """
        signs = {1 if n.upper() >= 2 else -1, 1 if n.lower() >= 2 else -1}
        first, *rest = (between(novelty_lost.mp_value, (n, K, alpha), (1, -1, sign)) for sign in sorted(signs))
        return first.union(rest[0]) if rest else first

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, "g", exp)


class novelty_lost_slope(SpecialFunction):  # noqa: N801
    """Derivative of `novelty_lost` in K."""

    nargs = 3
    is_nonpositive = True

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """By differencing."""
        n, alpha = mpmath.mpf(n), mpmath.mpf(alpha)
        return derivative_at(lambda K: novelty_lost.mp_value(n, K, alpha), mpmath.mpf(K))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_K g", exp)


class novelty_lost_tilt(SpecialFunction):  # noqa: N801
    """Derivative of `novelty_lost` in alpha."""

    nargs = 3

    @staticmethod
    def mp_value(n: Any, K: Any, alpha: Any) -> Any:
        """By differencing."""
        n, K = mpmath.mpf(n), mpmath.mpf(K)
        return derivative_at(lambda alpha: novelty_lost.mp_value(n, K, alpha), mpmath.mpf(alpha))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\partial_\alpha g", exp)
