"""A user's own law in one call, with everything that a shipped law has."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import sympy as sp

from infobound.errors import DomainError, ExpressionError
from infobound.kernels.generating import function_text
from infobound.kernels.lowering import derivative
from infobound.record import PRODUCT, TRANSFORMER, Cost, Kind, Law, Parameter

__all__ = ["define"]

# Keywords of the functions that take a law's symbols as keywords, and names that their answers use.
_KEYWORDS = frozenset(
    {"C", "law", "laws", "cost", "kind", "terms", "out", "dtype", "loss", "minimise", "repeats", "smaller"}
)
_OUTPUTS = frozenset({"n", "p", "T", "tokens_per_parameter", "status", "vacuous"})


def define(
    expr: sp.Expr | Mapping[str, sp.Expr],
    *,
    size: sp.Symbol | str | None,
    data: sp.Symbol | str | None,
    parameters: Mapping[Any, Any] | None = None,
    parameter_count: sp.Expr | None = None,
    cost: Cost | None = None,
    name: str = "user",
    kind: Kind = "fit",
    unit: str = "nats",
) -> Law:
    """Make a law from a SymPy expression, or from named terms.

    Parameters
    ----------
    expr : sympy.Expr or mapping of str to sympy.Expr
        The loss, or its named terms.
    size, data : sympy.Symbol or str or None
        The symbols that a budget trades; None for a law in one of them.
    parameters : mapping, optional
        Symbol (or its name) to a number, None (the caller must give it), or a `Parameter`.  Symbols of
        `expr` that are not listed are parameters without a value.
    parameter_count : sympy.Expr, optional
        Parameters p of the model; the size itself if left out.
    cost : Cost, optional
        Default price: 6 p T for a fit, p T for anything else.
    name, kind, unit : str
        `kind` is "upper bound", "lower bound", "exact" or "fit"; a bound prints as claimed by the user.

    Returns
    -------
    Law

    Raises
    ------
    ExpressionError
        If a symbol is named that the expression does not hold, or it holds a function that kernels cannot
        compile or differentiate.

    Examples
    --------
    >>> N, D = sp.symbols("N D", positive=True)
    >>> law = define(2 + 400 / N**0.34 + 400 / D**0.28, size=N, data=D)
    >>> law(N=1e9, D=1e10)
    2.982...
    """
    terms = {key: _exact(value) for key, value in (expr if isinstance(expr, Mapping) else {"loss": expr}).items()}
    held = {symbol for term in terms.values() for symbol in term.free_symbols}
    if parameter_count is not None:
        parameter_count = _exact(parameter_count)
        held |= parameter_count.free_symbols
    by_name = {symbol.name: symbol for symbol in held}

    def symbol_of(given: sp.Symbol | str | None) -> sp.Symbol | None:
        if given is None:
            return None
        if str(given) not in by_name:
            raise ExpressionError(
                f"size, data and parameters must be symbols of the expression ({', '.join(sorted(by_name))}), "
                f"got {given}"
            )
        return by_name[str(given)]

    ends = tuple(symbol_of(end) for end in (size, data))
    listed = {symbol_of(key): value for key, value in (parameters or {}).items()}
    rest = sorted((held - set(listed) - set(ends)), key=str)
    law = Law(
        name=name,
        title="Law defined by the user",
        kind=kind,
        quantity="loss",
        unit=unit,
        terms=terms,
        size=ends[0],
        data=ends[1],
        parameters=tuple(_parameter(symbol, value) for symbol, value in (listed | dict.fromkeys(rest)).items()),
        parameter_count=ends[0] if parameter_count is None else parameter_count,
        cost=cost or (TRANSFORMER if kind == "fit" else PRODUCT),
        family="user",
    )
    _check_names(law)
    moved = [end for end in ends if end is not None]
    counted = [count for count in (law.parameter_count,) if count is not None]
    slopes = [derivative(expr, end) for expr in (law.expr, *counted) for end in moved]
    function_text("law", [], [*law.terms.values(), *counted, *slopes])
    return law


def _check_names(law: Law) -> None:
    """Refuse symbols that could not be given as keywords, or would be taken for something else."""
    ends = {symbol.name for symbol in (law.size, law.data) if symbol is not None}
    for symbol in law.symbols:
        name = symbol.name
        if not name.isidentifier() or name != unicodedata.normalize("NFKC", name):
            raise ExpressionError(f"a symbol of a law is given as a keyword and must be named like one, got {name!r}")
        taken = _KEYWORDS if name in ends else _KEYWORDS | _OUTPUTS
        if name in taken or name.startswith(("term_", "exponent_", "share_")) or name.endswith("_integer"):
            raise ExpressionError(
                f"a symbol must not have a name that questions and answers use ({', '.join(sorted(taken))}), "
                f"got {name!r}"
            )


def _exact(value: Any) -> sp.Expr:
    """Return the expression with its floats as the decimals that they print as."""
    # strings are not sympified: SymPy evaluates them as Python code
    expr = None if isinstance(value, str | bool) else sp.sympify(value)
    if not isinstance(expr, sp.Expr):
        raise ExpressionError(f"a law must be a SymPy expression, got {value!r}")
    return expr.xreplace({number: sp.Rational(repr(float(number))) for number in expr.atoms(sp.Float)})


def _parameter(symbol: sp.Symbol, value: Any) -> Parameter:
    if isinstance(value, Parameter):
        return value
    try:
        exact = None if value is None else sp.Rational(str(value))
    except (TypeError, ValueError):
        raise DomainError(f"{symbol} must be a finite number or None, got {value!r}") from None
    return Parameter(symbol, exact, source="" if exact is None else "set by the user")
