"""LaTeX of whatever the package displays, by single dispatch, from the one expression."""

from functools import singledispatch
from typing import Any

import sympy as sp

__all__ = ["typeset"]


@singledispatch
def typeset(thing: Any) -> str:
    r"""Return the LaTeX of a law, an allocation rule or an expression, without math delimiters.

    Examples
    --------
    >>> from infobound.symbols import K, n
    >>> typeset(K / (16 * n))
    '\\frac{K}{16 n}'
    """
    # laws and rules carry SymPy's own printing hook, `_latex`, as its expressions do
    return str(sp.latex(thing))
