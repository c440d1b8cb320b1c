"""A user's own law in one call, with everything that a shipped law has."""

import unicodedata
from collections.abc import Mapping
from typing import Any

import sympy as sp

from infobound.costs import COSTS, cost_named
from infobound.errors import DomainError, ExpressionError, UnknownNameError
from infobound.kernels.generating import function_text
from infobound.kernels.lowering import derivative
from infobound.parsing import exact_decimal, parse
from infobound.record import PRODUCT, TRANSFORMER, Cost, Kind, Law, Parameter

__all__ = ["define", "define_from"]

# Keywords of the functions that take a law's symbols as keywords, and names that their answers use.
_KEYWORDS = frozenset(
    {"C", "law", "laws", "cost", "kind", "terms", "out", "dtype", "loss", "minimise", "repeats", "smaller"}
)
_OUTPUTS = frozenset({"n", "p", "T", "tokens_per_parameter", "status", "vacuous", "unit", "knows"})


def define(
    expr: sp.Expr | str | Mapping[str, sp.Expr | str],
    *,
    size: sp.Symbol | str | None,
    data: sp.Symbol | str | None,
    parameters: Mapping[Any, Any] | None = None,
    parameter_count: sp.Expr | str | None = None,
    cost: Cost | str | None = None,
    name: str = "user",
    kind: Kind = "fit",
    unit: str = "nats",
) -> Law:
    """Make a law from an expression, SymPy's or a text, or from named terms.

    Parameters
    ----------
    expr : sympy.Expr, str, or mapping of str to these
        The loss, or its named terms.  A text is read by `infobound.parsing`, and nothing in it is run: numbers,
        names (each a positive symbol), + - * / ^, and exp, log, sqrt, min, max, floor and the functions of
        `infobound.special`.
    size, data : sympy.Symbol or str or None
        The symbols that a budget trades; None for a law in one of them.
    parameters : mapping, optional
        Symbol (or its name) to a number, None (the caller must give it), or a `Parameter`.  Symbols of
        `expr` that are not listed are parameters without a value.
    parameter_count : sympy.Expr or str, optional
        Parameters p of the model; the size itself if left out.
    cost : Cost or str, optional
        Default price, a `Cost`, the name of one, or a text in p and T: 6 p T for a fit, p T for anything else.
    name, kind, unit : str
        `kind` is "upper bound", "lower bound", "exact" or "fit"; a bound prints as claimed by the user.

    Returns
    -------
    Law

    Raises
    ------
    ExpressionError
        If a symbol is named that the expression does not hold, or it holds a function that kernels cannot
        compile or differentiate, or a text is not in the grammar.
    DomainError
        If a parameter's value is no number.

    Examples
    --------
    >>> law = define("E + A/N^0.34 + B/D^0.28", size="N", data="D", parameters={"E": 2, "A": 400, "B": 400})
    >>> law(N=1e9, D=1e10)
    2.982...

    >>> N, D = sp.symbols("N D", positive=True)
    >>> law = define(2 + 400 / N**0.34 + 400 / D**0.28, size=N, data=D)
    >>> law(N=1e9, D=1e10)
    2.982...
    """
    terms = {key: _exact(value) for key, value in (expr if isinstance(expr, Mapping) else {"loss": expr}).items()}
    held = {symbol for term in terms.values() for symbol in term.free_symbols}
    counted = [_exact(count) for count in (parameter_count,) if count is not None]
    held = held.union(*(count.free_symbols for count in counted))
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
        parameter_count=counted[0] if counted else ends[0],
        cost=_cost(cost) if cost is not None else TRANSFORMER if kind == "fit" else PRODUCT,
        family="user",
    )
    _check_names(law)
    moved = [end for end in ends if end is not None]
    try:
        slopes = [derivative(expr, end) for expr in (law.expr, *counted) for end in moved]
        function_text("law", [], [*law.terms.values(), *counted, *slopes])
    except RecursionError:
        raise ExpressionError(f"an expression must be nested less deep to be differentiated, got {name!r}") from None
    return law


def _check_names(law: Law) -> None:
    """Refuse symbols that could not be given as keywords, or would be taken for something else."""
    ends = {symbol.name for symbol in (law.size, law.data) if symbol is not None}
    for symbol in law.symbols:
        name = symbol.name
        if not name.isidentifier() or name != unicodedata.normalize("NFKC", name):
            raise ExpressionError(f"a symbol of a law is given as a keyword and must be named like one, got {name!r}")
        taken = _KEYWORDS if name in ends else _KEYWORDS | _OUTPUTS
        if not ends:
            # a law of compute alone has no budget to be given beside it
            taken -= {"C"}
        if name in taken or name.startswith(("term_", "exponent_", "share_")) or name.endswith("_integer"):
            raise ExpressionError(
                f"a symbol must not have a name that questions and answers use ({', '.join(sorted(taken))}), "
                f"got {name!r}"
            )


def define_from(table: Mapping[str, Any]) -> Law:
    """Make a law from a table as TOML has it: the arguments of `define`, by name.

    Parameters
    ----------
    table : mapping
        `expr` (a text, or a table of named terms), and as far as wanted `size`, `data`, `parameters` (a table),
        `parameter_count`, `cost`, `name`, `kind`, `unit`.

    Raises
    ------
    UnknownNameError
        If a key is none of these, or `expr` is missing.
    ExpressionError, DomainError

    Examples
    --------
    >>> import tomllib
    >>> table = tomllib.loads('''
    ... expr = "E + A/N^alpha"
    ... size = "N"
    ... parameters = { E = 1.69, A = 406.4, alpha = 0.34 }
    ... ''')
    >>> define_from(table)(N=1e9)
    2.043...
    """
    keys = ("expr", "size", "data", "parameters", "parameter_count", "cost", "name", "kind", "unit")
    stray = [str(key) for key in table if key not in keys]
    if stray:
        raise UnknownNameError(f"a key of a law's table must be one of {', '.join(keys)}; got {', '.join(stray)}")
    if "expr" not in table:
        raise UnknownNameError(f"a law's table must hold expr, got {', '.join(table) or 'nothing'}")
    return define(**({"size": None, "data": None} | dict(table)))


def _cost(given: Cost | str) -> Cost:
    if isinstance(given, str):
        named = given.partition(":")[0].partition("/")[0] in COSTS
        return cost_named(given) if named else Cost("user", parse(given))
    return given


def _exact(value: Any) -> sp.Expr:
    """Return the expression with its floats as the decimals that they print as."""
    if isinstance(value, str):
        return parse(value)
    expr = None if isinstance(value, bool) else sp.sympify(value)
    if not isinstance(expr, sp.Expr):
        raise ExpressionError(f"a law must be a SymPy expression, got {value!r}")
    return expr.xreplace({number: sp.Rational(repr(float(number))) for number in expr.atoms(sp.Float)})


def _parameter(symbol: sp.Symbol, value: Any) -> Parameter:
    if isinstance(value, Parameter):
        return value
    try:
        exact = None if value is None else _number(value)
    except (TypeError, ValueError, ZeroDivisionError):
        raise DomainError(f"{symbol} must be a finite number or None, got {value!r}") from None
    # what SymPy simplifies for a positive symbol holds at 0 by continuity, and not below
    low = 0.0 if symbol.is_nonnegative else -float("inf")
    if exact is not None and exact < low:
        raise DomainError(f"{symbol} must be at least 0, got {symbol}={value}")
    return Parameter(symbol, exact, low=low, source="" if exact is None else "set by the user")


def _number(value: Any) -> sp.Rational:
    """Value of a number, or of a text such as 1.5e-3 or 1/3, exactly."""
    over, slash, under = str(value).partition("/")
    if not slash:
        return exact_decimal(over)
    if exact_decimal(under) == 0:
        raise ZeroDivisionError
    return exact_decimal(over) / exact_decimal(under)
