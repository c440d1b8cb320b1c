"""What the special functions share: their head, and what oracles and balls of several of them are made with."""

from collections.abc import Callable
from typing import Any

import mpmath
import sympy as sp

__all__ = ["SpecialFunction", "between", "derivative_at", "guarded"]


class SpecialFunction(sp.Function):
    """What the special functions share: real values, and numbers by way of `mp_value`.

    One that is smooth wherever its arguments are positive says so by `is_smooth`; proofs lean on that, and on `fdiff`.
    """

    is_extended_real = True
    is_smooth = False

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


def guarded(*numbers: Any) -> int:
    """Bits that quotients of Gamma functions at these arguments cancel at most."""
    return 80 + 4 * sum(abs(int(mpmath.mag(number))) for number in numbers if number)


def derivative_at(function: Callable[[Any], Any], x: Any) -> Any:
    """Derivative by a central difference whose digits are all good (the oracle; kernels have closed sums)."""
    step_bits = mpmath.mp.prec // 2 + 20
    with mpmath.workprec(3 * mpmath.mp.prec + 120):
        step = mpmath.ldexp(x if x else 1, -step_bits)
        if x:
            return (function(x + step) - function(x - step)) / (2 * step)
        # at the end of the domain, from within: the second-order formula
        return (4 * function(x + step) - function(x + 2 * step) - 3 * function(x)) / (2 * step)


def between(value: Callable[..., Any], balls: tuple[Any, ...], signs: tuple[int, ...]) -> Any:
    """Ball about the values of a function that rises (sign 1) or falls (-1) in each argument."""
    import flint

    precision = flint.ctx.prec

    def at(end: int) -> Any:
        corner = []
        for ball, sign in zip(balls, signs, strict=True):
            mantissa, exponent = (ball.upper() if sign == end else ball.lower()).mid().man_exp()
            corner.append(mpmath.ldexp(int(mantissa), int(exponent)))
        sign, mantissa, power, _ = mpmath.mpf(value(*corner))._mpf_
        exact = flint.arb(flint.fmpz(-int(mantissa) if sign else int(mantissa))) * flint.arb(2) ** int(power)
        return exact * (1 + flint.arb(0, 1) * flint.arb(2) ** (8 - precision))

    with mpmath.workprec(precision + 16):
        return at(-1).union(at(1))
