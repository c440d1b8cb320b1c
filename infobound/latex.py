"""LaTeX of laws by single dispatch, from the one expression."""

from functools import singledispatch
from typing import Any

import sympy as sp

from infobound.record import AllocationRule, Law

__all__ = ["latex"]

RELATIONS = {"upper bound": r"\le", "lower bound": r"\ge", "exact": "=", "fit": r"\approx"}


@singledispatch
def latex(thing: Any) -> str:
    """Return the LaTeX of a law, an allocation rule or an expression, without math delimiters."""
    return str(sp.latex(thing))


@latex.register
def _(law: Law) -> str:
    arguments = ", ".join(sp.latex(symbol) for symbol in (law.size, law.data) if symbol is not None)
    terms = " + ".join(
        rf"\underbrace{{{sp.latex(expr)}}}_{{\text{{{name.replace('_', ' ')}}}}}" for name, expr in law.terms.items()
    )
    return rf"L({arguments}) {RELATIONS[law.kind]} {terms}"


@latex.register
def _(rule: AllocationRule) -> str:
    return rf"p^* = {sp.latex(rule.p_of_C)}, \quad T^* = {sp.latex(rule.T_of_C)}"
