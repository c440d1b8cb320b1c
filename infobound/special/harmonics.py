"""The spectrum of a random ReLU neuron on the sphere, and what a student that codes it coefficient by coefficient pays.

The covariance of s ReLU(w.x), w uniform on the unit sphere in d dimensions, is diagonal in the spherical harmonics
(docs/math2.md C0).  Degree l has N_l harmonics and the share kappa_l of the energy; each of its coefficients has mean
square kappa_l / (2 N_l).  With T samples a coefficient is coded where T kappa_l / (2 N_l) > 4, and degrees above
`MOST` are not.  N_l is continued to real d >= 1; the bounds built on it hold at whole d.
"""

from collections.abc import Iterator
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import ArgumentIndexError

from infobound.special.head import SpecialFunction

__all__ = [
    "MOST",
    "coded_modes",
    "coding_nats",
    "coding_slope",
    "constant_energy",
    "degrees",
    "uncoded_energy",
]

# The highest degree that is ever coded.  It is part of the definition, so that a bound stays one.
MOST = 4096


def degrees(d: Any, energy: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield N_l, kappa_l and kappa_l / (2 N_l) for l = 0, 1, 2, 4, ..., MOST, given kappa_0."""
    mode = energy / 2
    yield 1 + 0 * d, energy, mode
    yield d, 1 / (2 + 0 * d), 1 / (4 * d)
    mode = mode / (d + 1) ** 2
    count = (d + 2) * (d - 1) / 2
    for degree in range(4, MOST + 3, 2):
        yield count, 2 * count * mode, mode
        growth = (2 * degree + d - 2) * (degree + d - 3) * (degree + d - 4)
        count = count * growth / ((2 * degree + d - 6) * degree * (degree - 1))
        mode = mode * ((degree - 3) / (degree + d - 1)) ** 2


def _totals(
    T: Any, d: Any, energy: Any, log: Any, blur: Any = 1, number: int | None = None
) -> tuple[Any, Any, Any, int]:
    """Return modes and nats of the coded degrees, the energy of the others, and how many degrees are coded.

    `blur` stands for the weight of a degree of which balls cannot tell whether it is coded; `number` settles how
    many are, whatever T.
    """
    modes, nats, rest, coded = 0 * d, 0 * d, 1 + 0 * d, 0
    for count, share, mode in degrees(d, energy):
        ratio = T * mode / 4
        if ratio <= 1 if number is None else coded == number:
            break
        weight = 1 if number is not None or ratio > 1 else blur
        modes, nats, rest = modes + weight * count, nats + weight * count / 2 * log(ratio), rest - weight * share
        coded += 1
    return modes, nats, rest, coded


def constant_energy(d: Any) -> Any:
    """kappa_0, the share of the constant, at an mpmath number; exact at d = 1, where nothing is left beside it."""
    return mpmath.mpf(0.5) if d == 1 else d / (2 * mpmath.pi) * (mpmath.gamma(d / 2) / mpmath.gamma((d + 1) / 2)) ** 2


class _Coding(SpecialFunction):
    """What the three totals share: their arguments T and d, and where each stands in `_totals`."""

    nargs = 2
    is_nonnegative = True
    place: int

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative in T (argument 1), at which no degree is added, or d (argument 2)."""
        T, d = self.args
        if argindex == 1:
            return coded_modes(T, d) / (2 * T) if self.place == 1 else sp.S.Zero
        if argindex == 2:
            return coding_slope(self.place, T, d)
        raise ArgumentIndexError(self, argindex)

    @classmethod
    def mp_value(cls, T: Any, d: Any) -> Any:
        """Sum over the degrees, with guard digits for the energy that is left."""
        T, d = mpmath.mpf(T), mpmath.mpf(d)
        with mpmath.workprec(mpmath.mp.prec + 60):
            return _totals(T, d, constant_energy(d), mpmath.log)[cls.place]

    @classmethod
    def arb_value(cls, T: Any, d: Any) -> Any:
        """Ball that holds the value for every point of the balls T and d."""
        ball = type(d)
        energy = ball(0.5) if d == 1 else d / (2 * ball.pi()) * ((d / 2).gamma() / ((d + 1) / 2).gamma()) ** 2
        return _totals(T, d, energy, lambda x: x.log(), ball(0).union(ball(1)))[cls.place]


class coded_modes(_Coding):  # noqa: N801 - a function's name, as in SymPy
    r"""Number of coefficients that are coded with T samples in d dimensions.

    .. math:: M(T, d) = \sum_{l :\, T \kappa_l > 8 N_l} N_l

    Source: docs/math2.md C0 and C1.

    Examples
    --------
    >>> coded_modes(16, 2), coded_modes(10**4, 2).evalf(3)
    (coded_modes(16, 2), 7.00)
    """

    place = 0

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, "M", exp)


class coding_nats(_Coding):  # noqa: N801
    r"""Nats that the coded coefficients cost, beyond the half nat of each that its distortion costs.

    .. math:: R(T, d) = \sum_{l :\, T \kappa_l > 8 N_l} \frac{N_l}{2} \ln \frac{T \kappa_l}{8 N_l}

    Source: docs/math2.md C1.
    """

    place = 1

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, "R", exp)


class uncoded_energy(_Coding):  # noqa: N801
    r"""Share of the energy in the degrees that are not coded.

    .. math:: \kappa(T, d) = 1 - \sum_{l :\, T \kappa_l > 8 N_l} \kappa_l

    Source: docs/math2.md C0 and C1.
    """

    place = 2

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return self._typeset(printer, r"\kappa", exp)


class coding_slope(SpecialFunction):  # noqa: N801
    """Derivative in d of `coded_modes` (k = 0), `coding_nats` (k = 1) or `uncoded_energy` (k = 2).

    The same degrees are coded beside d.  Kernels use it, and sum it degree by degree without cancellation.
    """

    nargs = 3

    @staticmethod
    def mp_value(k: Any, T: Any, d: Any) -> Any:
        """Central difference, with digits enough for its step."""
        T, d = mpmath.mpf(T), mpmath.mpf(d)
        bits = mpmath.mp.prec
        with mpmath.workprec(4 * bits + 60):
            step = mpmath.ldexp(d, -bits - 20)
            number = _totals(T, d, constant_energy(d), mpmath.log)[3]
            up, down = (_totals(T, x, constant_energy(x), mpmath.log, number=number) for x in (d + step, d - step))
            return (up[int(k)] - down[int(k)]) / (2 * step)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        k, *rest = self.args
        head = rf"\partial_d {('M', 'R', chr(92) + 'kappa')[int(k)]}"
        text = rf"{head}\left({', '.join(map(printer._print, rest))}\right)"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"
