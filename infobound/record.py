"""The record: a law is one SymPy expression with named terms, and everything that is claimed about it.

`Law` and its companions are immutable data.  Calling a law compiles its expression on first use.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

import mpmath
import sympy as sp

from infobound import special
from infobound.costs import PRODUCT, TRANSFORMER, Cost
from infobound.errors import DomainError, ExpressionError, UnknownNameError
from infobound.facts import Interval, Parameter, Reference
from infobound.inputs import as_exact, as_floats, enforce
from infobound.special.exponentials import printable
from infobound.symbols import Domain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "KINDS",
    "PRODUCT",
    "TRANSFORMER",
    "AllocationRule",
    "Cap",
    "Cost",
    "Interval",
    "Law",
    "Parameter",
    "Reference",
]

Kind = Literal["upper bound", "lower bound", "exact", "fit"]
# Digits that `Law.exact` adds before it takes what is left of a cancellation for 0.
_MOST_GUARD_DIGITS = 2000
KINDS = ("upper bound", "lower bound", "exact", "fit")
RELATIONS = {"upper bound": r"\le", "lower bound": r"\ge", "exact": "=", "fit": r"\approx"}


@dataclass(frozen=True)
class Cap:
    """The trivial value of a bound, and the sentence of whom it binds; values are never clipped to it."""

    value: sp.Rational
    binds: str


class _Checked:
    """What laws and allocation rules share: names of symbols, and one check of all inputs."""

    name: str
    size: sp.Symbol | None
    data: sp.Symbol | None
    parameters: tuple[Parameter, ...]

    def _domains(self) -> dict[str, Domain]:
        ends = {symbol.name: Domain(low=1) for symbol in (self.size, self.data) if symbol is not None}
        return ends | {parameter.symbol.name: parameter.domain for parameter in self.parameters}

    def checked(self, given: Mapping[str, Any], needed: Iterable[str]) -> dict[str, "NDArray[np.float64]"]:
        """Return the numbers of all needed names as float arrays, defaults filled in.

        Raises
        ------
        UnknownNameError
            If a name is not the law's, or one that is needed is missing.
        DomainError
            If a value lies outside its domain: symbol, rule, first bad value and its index are named.
        """
        values, domains = self._numbers(given, needed), self._domains()
        for name, array in values.items():
            enforce(name, array, domains[name])
        return values

    def _numbers(self, given: Mapping[str, Any], needed: Iterable[str]) -> dict[str, "NDArray[np.float64]"]:
        """Return the same before anything is said about domains."""
        needed = tuple(needed)
        unknown = [name for name in given if name not in needed]
        if unknown:
            raise UnknownNameError(
                f"a symbol must be one of {self.name}'s: {', '.join(needed) or 'none'}; got {', '.join(unknown)}"
            )
        defaults = {q.symbol.name: q.value for q in self.parameters if q.value is not None}
        missing = [name for name in needed if name not in given and name not in defaults]
        if missing:
            raise UnknownNameError(f"{self.name} needs a value for {', '.join(needed)}; missing: {', '.join(missing)}")
        return {name: as_floats(name, given.get(name, defaults.get(name))) for name in needed}


@dataclass(frozen=True)
class Law(_Checked):
    r"""An error bound or a fitted loss: the sum of its named terms.

    Attributes
    ----------
    name, title, kind, quantity, unit : str
        `kind` is "upper bound", "lower bound", "exact" or "fit".
    terms : mapping of str to sympy.Expr
        Named terms in order; `expr` is their sum.
    size, data : sympy.Symbol, optional
        The two symbols that a budget trades.
    parameters : tuple of Parameter
    parameter_count : sympy.Expr, optional
        Parameters p of the model as an expression in size and parameters.
    cost : Cost
        The default price of (p, data).
    cap : Cap, optional
    assumptions : tuple of str
    references : tuple of Reference
    intervals : mapping of str to Interval
        Published numbers about the law with their intervals (`a`, `b`, `A`, ...).
    notes : tuple of str
        Traps, and sources that disagree.
    family : str
        "theory", the stem of a file of published laws, or "user".
    reading : str
        How published numbers were read: "primary" (the source itself, or its authors' code or output) or
        "secondary" (copies of it); empty where none are claimed.

    Notes
    -----
    Immutable, hashed by name and expression, picklable, and callable: ``law(n=..., T=...)`` broadcasts like
    NumPy and returns a Python float where all inputs are scalars.
    """

    name: str
    title: str
    kind: Kind
    quantity: str
    unit: str
    terms: Mapping[str, sp.Expr] = field(hash=False)
    size: sp.Symbol | None
    data: sp.Symbol | None
    parameters: tuple[Parameter, ...]
    parameter_count: sp.Expr | None = None
    cost: Cost = PRODUCT
    cap: Cap | None = None
    assumptions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    intervals: Mapping[str, Interval] = field(default_factory=dict, hash=False)
    notes: tuple[str, ...] = ()
    family: str = "theory"
    reading: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ExpressionError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if not self.terms:
            raise ExpressionError(f"a law must have at least one term, got none in {self.name!r}")
        object.__setattr__(self, "terms", _Frozen({name: sp.sympify(expr) for name, expr in self.terms.items()}))
        object.__setattr__(self, "intervals", _Frozen(self.intervals))
        known = self.symbols
        names = [symbol.name for symbol in known]
        if len(set(names)) < len(names):
            raise ExpressionError(f"each symbol of a law must have a name of its own, got {', '.join(sorted(names))}")
        stray = sorted(symbol.name for symbol in self._used() - set(known))
        if stray:
            raise ExpressionError(
                f"every symbol of a law must be its size, its data or a parameter; {self.name!r} leaves "
                f"{', '.join(stray)} undeclared"
            )

    def _used(self) -> set[sp.Symbol]:
        count = set() if self.parameter_count is None else self.parameter_count.free_symbols
        return set().union(count, *(expr.free_symbols for expr in self.terms.values()))

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """Size, data and parameters, in this order."""
        ends = tuple(symbol for symbol in (self.size, self.data) if symbol is not None)
        return ends + tuple(parameter.symbol for parameter in self.parameters)

    @property
    def claim(self) -> str:
        """Kind of the law, with the word of who claims it where that is the user."""
        claimed = self.family == "user" and self.kind != "fit"
        return f"{self.kind} (claimed by the user)" if claimed else self.kind

    @cached_property
    def expr(self) -> sp.Expr:
        """The whole law: the sum of its terms."""
        return sp.Add(*self.terms.values())

    def __hash__(self) -> int:
        return hash((self.name, self.expr))

    def __call__(self, **point: "ArrayLike") -> "float | NDArray[np.float64]":
        """Value at a point or at the broadcast of arrays.

        Raises
        ------
        UnknownNameError, DomainError
            If a symbol is missing, unknown, or outside its domain.
        """
        return self._evaluated((self.expr,), point)[0]

    def terms_at(self, **point: "ArrayLike") -> dict[str, "float | NDArray[np.float64]"]:
        """Value of every named term, broadcast like `__call__`."""
        return dict(zip(self.terms, self._evaluated(tuple(self.terms.values()), point), strict=True))

    def _evaluated(
        self, expressions: tuple[sp.Expr, ...], point: Mapping[str, Any]
    ) -> tuple["float | NDArray[np.float64]", ...]:
        from infobound.kernels.points import evaluate

        names = [symbol.name for symbol in self.symbols]
        values, domains = self._numbers(point, names), self._domains()
        try:
            arrays = evaluate(
                expressions,
                {symbol: values[symbol.name] for symbol in self.symbols},
                {symbol: domains[symbol.name].ends for symbol in self.symbols},
            )
        except DomainError:
            # compiled code knows only that something is wrong
            self.checked(point, names)
            raise
        if not arrays[0].size:
            self.checked(point, names)
        return tuple(float(array) if array.ndim == 0 else array for array in arrays)

    def exact(self, point: Mapping[str, Any], digits: int = 50, *, term: str | None = None) -> Any:
        """Value at one point to `digits` digits: the oracle against which kernels are tested.

        Parameters
        ----------
        point : mapping of str to number
            Floats are taken exactly; strings, fractions and SymPy numbers keep all their digits.
        digits : int
        term : str, optional
            One named term instead of the whole law.

        Returns
        -------
        mpmath.mpf
            0 where the addends cancel to more than 2000 digits.

        Raises
        ------
        UnknownNameError, DomainError
        """
        if term is not None and term not in self.terms:
            raise UnknownNameError(f"a term must be one of {', '.join(self.terms)}; got {term!r}")
        exact = {name: as_exact(name, value) for name, value in point.items()}
        names = [symbol.name for symbol in self.symbols]
        self.checked({name: float(value) for name, value in exact.items()}, names)
        defaults = {q.symbol.name: as_exact(q.symbol.name, q.value) for q in self.parameters if q.value is not None}
        function = _oracle(self.expr if term is None else self.terms[term], self.symbols)

        def at(guard: int) -> Any:
            with mpmath.workdps(digits + guard):
                return function(*(mpmath.mpmathify((defaults | exact)[name]) for name in names))

        # numbers far from 1 may swallow others whole, at two precisions alike
        numbers = [*map(mpmath.mpmathify, (*self.expr.atoms(sp.Rational), *(defaults | exact).values()))]
        guard = 20 + sum(abs(int(mpmath.mag(number))) for number in numbers if number) // 3
        coarse, fine = at(guard), at(2 * guard)
        while abs(fine - coarse) > abs(fine) * mpmath.mpf(10) ** -digits:
            if guard > _MOST_GUARD_DIGITS:
                return mpmath.mpf(0)
            guard *= 2
            coarse, fine = fine, at(guard)
        with mpmath.workdps(digits):
            return +fine

    def with_(self, **values: Any) -> "Law":
        """Return the same law with parameters bound to values, which a keyword still overrides.

        Raises
        ------
        UnknownNameError, DomainError
        """
        exact = {name: as_exact(name, value) for name, value in values.items()}
        names = [q.symbol.name for q in self.parameters]
        known = exact.keys() <= set(names)
        self.checked({name: float(value) for name, value in exact.items()}, exact if known else names)
        return replace(
            self,
            parameters=tuple(
                replace(q, value=sp.Rational(exact[q.symbol.name]), printed="", source="set by the caller")
                if q.symbol.name in exact
                else q
                for q in self.parameters
            ),
        )

    def _latex(self, printer: Any) -> str:
        arguments = ", ".join(printer._print(end) for end in (self.size, self.data) if end is not None)
        terms = " + ".join(
            rf"\underbrace{{{printer._print(printable(expr))}}}_{{\text{{{name.replace('_', ' ')}}}}}"
            for name, expr in self.terms.items()
        )
        return rf"L({arguments}) {RELATIONS[self.kind]} {terms}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {sp.latex(self)}$"


@dataclass(frozen=True)
class AllocationRule(_Checked):
    """A published allocation without a loss: p and T as expressions in compute C and parameters.

    The rule is a path of pairs (p, T); under another cost than its own, the pair on the path that the
    budget pays for is taken.
    """

    name: str
    title: str
    size: sp.Symbol
    data: sp.Symbol
    p_of_C: sp.Expr
    T_of_C: sp.Expr
    cost: Cost
    intervals: Mapping[str, Interval] = field(default_factory=dict, hash=False)
    references: tuple[Reference, ...] = ()
    notes: tuple[str, ...] = ()
    family: str = "user"
    parameters: tuple[Parameter, ...] = ()
    reading: str = ""

    kind: str = field(default="allocation rule", init=False)
    claim: str = field(default="allocation rule", init=False)
    quantity: str = field(default="allocation", init=False)
    unit: str = field(default="", init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "intervals", _Frozen(self.intervals))

    @property
    def scale(self) -> str | None:
        """Name of the parameter without a value that only scales p, where a source prints exponents alone."""
        for q in self.parameters:
            if q.value is None and not (self.p_of_C / q.symbol).has(q.symbol):
                return str(q.symbol.name)
        return None

    def _latex(self, printer: Any) -> str:
        return rf"p^* = {printer._print(self.p_of_C)}, \quad T^* = {printer._print(self.T_of_C)}"


class _Frozen(dict[str, Any]):
    """A mapping that refuses to change."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("the record of a law does not change; use with_ or dataclasses.replace for another law")

    __setitem__ = __delitem__ = update = pop = popitem = clear = setdefault = __ior__ = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return _Frozen, (dict(self),)


@lru_cache(maxsize=256)
def _oracle(expr: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> Callable[..., Any]:
    """Function of mpmath numbers, with the special functions' own values."""
    values = {name: getattr(special, name).mp_value for name in special.__all__}
    return cast("Callable[..., Any]", sp.lambdify(symbols, expr, modules=[values, "mpmath"]))
