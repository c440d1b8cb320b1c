"""What is fitted: a law whose constants are forgotten, its free parameters as coordinates, and where to look."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.catalogue import laws
from infobound.errors import DomainError, ExpressionError, UnknownNameError
from infobound.inputs import as_exact
from infobound.kernels.lowering import derivative
from infobound.kernels.residuals import LogResiduals
from infobound.record import Law, Parameter
from infobound.symbols import Domain, p

__all__ = ["Form", "form_of", "law_of", "size_at_count"]

Array = NDArray[np.float64]

# Ends of the coordinates of positive parameters, and ends of where starts are laid, by role.
EXPONENT_BOX, POSITIVE_BOX = (1e-3, 20.0), (1e-30, 1e60)
EXPONENT_STARTS, POSITIVE_STARTS = (0.03, 1.5), (1e-2, 1e16)

# Keys of a result beside its parameters.
RESULTS = ("objective", "starts", "starts_at_best", "warnings", "intervals")

_IRREDUCIBLE = Parameter(sp.Symbol("irreducible", positive=True), low=0)
_SCALE = Parameter(sp.Symbol("scale", positive=True), low=0, low_included=False)


@dataclass(frozen=True)
class Form:
    """A law to be fitted.

    Attributes
    ----------
    law : Law
        Its free parameters have no value.
    free : tuple of Parameter
    columns : tuple of sympy.Symbol
        What the runs give.
    expr : sympy.Expr
        The loss in `free` and `columns`, all fixed parameters put in.
    """

    law: Law
    free: tuple[Parameter, ...]
    columns: tuple[sp.Symbol, ...]
    expr: sp.Expr

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters."""
        return tuple(q.symbol.name for q in self.free)

    @cached_property
    def logged(self) -> tuple[bool, ...]:
        """Which parameters are fitted by their logarithm: the positive ones, but an addend such as E that may be 0."""
        return tuple(_positive(q) and not (q.low == 0 and q.low_included and self._adds(q.symbol)) for q in self.free)

    @cached_property
    def box(self) -> Array:
        """Ends of the coordinates in a descent, of shape (free, 2)."""
        rows = []
        for q, logged in zip(self.free, self.logged, strict=True):
            low, high = EXPONENT_BOX if self._is_exponent(q.symbol) else POSITIVE_BOX
            low = q.low if q.low > 0 else low
            rows.append((np.log(low), np.log(high)) if logged else (q.low, np.inf))
        return np.array(rows)

    @cached_property
    def domains(self) -> Array:
        """Ends of what the law allows each coordinate, of shape (free, 2)."""
        lows = [
            (np.log(q.low) if q.low > 0 else -np.inf) if logged else q.low
            for q, logged in zip(self.free, self.logged, strict=True)
        ]
        return np.array([(low, np.inf) for low in lows])

    @cached_property
    def linear(self) -> tuple[int, ...]:
        """Places of free parameters in which the loss is linear, all at once."""
        slopes = [derivative(self.expr, q.symbol, log=False) for q in self.free]
        chosen: list[int] = []
        for i, slope in enumerate(slopes):
            if not slope.free_symbols & {self.free[j].symbol for j in (*chosen, i)}:
                chosen.append(i)
        return tuple(chosen)

    @cached_property
    def residuals(self) -> LogResiduals:
        """Compiled residuals over tables (ln loss, columns...)."""
        return LogResiduals(self.expr, self.columns, tuple(q.symbol for q in self.free), self.logged)

    @cached_property
    def start_ends(self) -> Array:
        """Ends of the coordinates between which starts are laid, of shape (free, 2)."""
        rows = []
        for q, logged in zip(self.free, self.logged, strict=True):
            low, high = EXPONENT_STARTS if self._is_exponent(q.symbol) else POSITIVE_STARTS
            low, high = (q.low if q.low > 0 else low), (q.high if np.isfinite(q.high) else high)
            rows.append((np.log(low), np.log(high)) if logged else (max(q.low, -high), high))
        return np.array(rows)

    def domain(self, name: str) -> Domain:
        """Domain of a column."""
        return next((q.domain for q in self.law.parameters if q.symbol.name == name), Domain(low=1))

    def values(self, u: Array) -> dict[str, Any]:
        """Parameters at coordinates u, whose last axis is that of the free parameters."""
        return {
            name: np.exp(u[..., i]) if logged else u[..., i]
            for i, (name, logged) in enumerate(zip(self.names, self.logged, strict=True))
        }

    @cached_property
    def exponents(self) -> tuple[sp.Expr, sp.Expr] | None:
        """Exponents of the optimum size ~ C^a, data ~ C^b, where the loss is e + S size^-alpha + T data^-beta.

        None as well where a or b is a parameter of the form, whose name it keeps in every result.
        """
        size, data = self.law.size, self.law.data
        if {"a", "b"} & {q.symbol.name for q in self.law.parameters}:
            return None
        kinked = self.law.expr.has(sp.Min, sp.Max, sp.Piecewise, sp.floor)
        if size is None or data is None or self.law.parameter_count != size or kinked:
            return None
        powers = []
        for symbol, other in ((size, data), (data, size)):
            slope = derivative(self.law.expr, symbol)
            if slope == 0 or other in slope.free_symbols:
                return None
            power = sp.simplify(-derivative(slope, symbol) / slope)
            if power == 0 or power.free_symbols & {size, data}:
                return None
            powers.append(power)
        alpha, beta = powers
        return beta / (alpha + beta), alpha / (alpha + beta)

    def _adds(self, symbol: sp.Symbol) -> bool:
        return bool(derivative(self.expr, symbol, log=False).is_number)

    def _is_exponent(self, symbol: sp.Symbol) -> bool:
        return any(symbol in power.exp.free_symbols for power in self.expr.atoms(sp.Pow))


def form_of(law: Law, columns: Sequence[str], fixed: Mapping[str, Any]) -> Form:
    """Free every parameter of a law that no column and no number is given for.

    Parameters
    ----------
    law : Law
        A bound, or another law of the theory, is fitted as irreducible + scale times it.
    columns : sequence of str
        Symbols that the runs give; `p` is the parameter count in place of the size.
    fixed : mapping of str to number

    Raises
    ------
    UnknownNameError, DomainError
    """
    law = replace(law, parameters=tuple(replace(q, value=None, printed="", source="") for q in law.parameters))
    if law.kind != "fit":
        law = _shifted(law)
    known = {symbol.name: symbol for symbol in law.symbols}
    counted = law.size is not None and law.parameter_count not in (None, law.size)
    stray = [name for name in (*columns, *fixed) if name not in known and not (name == "p" and counted)]
    if stray:
        may = [*known, *(["p"] if counted else [])]
        raise UnknownNameError(f"a column or number must be for one of {', '.join(may)}; got {', '.join(stray)}")
    ends = [end for end in (law.size, law.data) if end is not None]
    lacking = [end.name for end in ends if end.name not in columns and not (end == law.size and "p" in columns)]
    if lacking:
        raise UnknownNameError(
            f"each of size and data needs a column, got none for {', '.join(lacking)} [missing-column]"
        )
    expr, symbols = law.expr, [known[name] for name in columns if name in known]
    if "p" in columns and law.size is not None:
        if law.size.name in columns:
            raise UnknownNameError(f"a size is given once, got columns for both p and {law.size.name}")
        expr = expr.subs(law.size, size_at_count(law))
        symbols.append(p)
    numbers = {name: as_exact(name, value) for name, value in fixed.items()}
    bound = {known[name]: sp.Rational(value) for name, value in numbers.items()}
    law.checked({name: float(value) for name, value in numbers.items()}, numbers)
    law = replace(
        law, parameters=tuple(replace(q, value=bound[q.symbol]) if q.symbol in bound else q for q in law.parameters)
    )
    free = tuple(q for q in law.parameters if q.value is None and q.symbol.name not in columns)
    if not free:
        raise DomainError(f"a fit must have a free parameter, got none in {law.name}")
    taken = [q.symbol.name for q in free if q.symbol.name in RESULTS]
    if taken:
        rule = f"a fitted parameter must not have a name that the result uses ({', '.join(RESULTS)})"
        raise ExpressionError(f"{rule}, got {', '.join(taken)}")
    return Form(law, free, tuple(symbols), expr.subs(bound))


def law_of(form: Law | str) -> Law:
    """Return a law, the law of a name, or the one expression of a family ("chinchilla").

    Raises
    ------
    UnknownNameError, ExpressionError
    """
    entry: Any = form
    if isinstance(form, str):
        family = [law for law in laws().values() if law.family == form and isinstance(law, Law)]
        if form in laws() or not family:
            near = difflib.get_close_matches(form, {law.family for law in laws().values()} - {"theory"}, n=1)
            if form not in laws() and near:
                raise UnknownNameError(
                    f"a form must be a law or the name of a family, got {form!r} (did you mean {near[0]}?)"
                )
            entry = laws()[form]
        elif len({law.expr for law in family}) == 1:
            entry = replace(family[0], name=form, title=f"the {form} form", notes=(), references=(), intervals={})
        else:
            raise UnknownNameError(
                f"a form must name one expression, got the family {form!r}: {', '.join(law.name for law in family)}"
            )
    if not isinstance(entry, Law):
        raise ExpressionError(f"a fit needs a law with a loss, got {getattr(entry, 'name', repr(entry))}")
    return entry


def _shifted(law: Law) -> Law:
    """Put a law of the theory, an excess loss up to a constant factor, above an irreducible loss."""
    terms = {"irreducible": _IRREDUCIBLE.symbol}
    terms |= {name: _SCALE.symbol * term for name, term in law.terms.items()}
    return replace(law, terms=terms, kind="fit", parameters=(*law.parameters, _SCALE, _IRREDUCIBLE), cap=None)


def size_at_count(law: Law) -> sp.Expr:
    """Size at which a law has p parameters."""
    found = sp.solve(sp.Eq(law.parameter_count, p), law.size)
    if len(found) != 1:
        raise ExpressionError(f"the size must follow from p = {law.parameter_count}, which has {len(found)} solutions")
    return found[0]


def _positive(q: Parameter) -> bool:
    return bool(q.symbol.is_positive) or q.low >= 0
