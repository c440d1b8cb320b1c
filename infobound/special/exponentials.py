"""Exponentials as they are printed: SymPy's printers simplify an exponent to see whether it is constant."""

from typing import Any

import sympy as sp

from infobound.special.head import SpecialFunction

__all__ = ["printable"]

# Operations in an exponent from which on it is not looked into.
LONG = 25


class _Exponential(SpecialFunction):
    """e^x, which printers do not take apart."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"e^{{{printer._print(self.args[0])}}}"
        return power if exp is None else rf"\left({power}\right)^{{{exp}}}"


def printable(expr: sp.Expr) -> sp.Expr:
    """Return an expression that prints the same, and soon, whatever its exponents are."""
    return expr.replace(
        lambda node: isinstance(node, sp.exp) and node.count_ops() > LONG, lambda node: _Exponential(node.args[0])
    )
