"""The text of a generated module: imports, one function for each tuple of expressions, then loops."""

import re
from collections.abc import Iterable, Sequence

import sympy as sp

from infobound.kernels.lowering import assignments, source

__all__ = ["fingerprint", "function_text", "module_text"]

_IMPORTS = """from math import e, inf, nan, pi, sqrt

from numpy import ceil, floor

from infobound.kernels.compiling import inlined, jit
from infobound.kernels.compositions import *
from infobound.kernels.elementary import *
from infobound.kernels.heavy_tails import *
from infobound.kernels.spectra import *
from infobound.kernels.tails import *
from infobound.kernels.twins import *
"""

_ELEMENTARY = re.compile(r"\b(exp|log|log1p|power)\(")


def fingerprint(expressions: Iterable[sp.Basic]) -> str:
    """Text that tells expressions apart, the assumptions on their symbols included; cheaper than srepr."""
    known: dict[sp.Basic, str] = {}

    def text(node: sp.Basic) -> str:
        if node not in known:
            if node.is_Symbol:
                known[node] = f"{node.name!r}{sorted(node.assumptions0.items())}"
            else:
                known[node] = f"{type(node).__name__}({','.join(map(text, node.args)) if node.args else node})"
        return known[node]

    return "\0".join(map(text, expressions))


def function_text(
    name: str,
    arguments: Sequence[str],
    expressions: Sequence[sp.Expr],
    prologue: Sequence[str] = (),
    *,
    inline: bool = True,
    quick: bool = False,
) -> str:
    """Text of a compiled function that returns the tuple of the expressions' values.

    A quick one gives NaN wherever it would need care for zeros, infinities and the ends of the range of doubles.
    """
    shared, reduced = assignments(expressions)
    text = "\n".join(
        [
            "@inlined" if inline else "@jit",
            f"def {name}({', '.join(arguments)}):",
            *(f"    {line}" for line in prologue),
            *(f"    {symbol.name} = {source(expr)}" for symbol, expr in shared),
            f"    return ({', '.join(map(source, reduced))},)",
        ]
    )
    return _ELEMENTARY.sub(r"quick_\1(", text) if quick else text


def module_text(*parts: str) -> str:
    """Text of a module: the imports that lowered expressions need, then `parts`."""
    return "\n\n".join([_IMPORTS, *parts, ""])
