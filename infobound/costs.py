"""What a model of p parameters trained on T samples costs: operations, accelerator-hours or money.

A cost is one expression in p and T that increases in both, with parameters of its own.  The shipped ones
have names (`COSTS`); text such as ``serving:T_inf=1e12`` or ``transformer/money:peak=1e15,utilisation=0.4,price=2``
names one with its parameters, in Python as on the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from infobound.errors import DomainError, ExpressionError, UnknownNameError
from infobound.facts import Parameter, Reference
from infobound.inputs import as_exact, enforce
from infobound.symbols import COST, p
from infobound.symbols import T as samples

__all__ = ["COSTS", "MEASURES", "PRODUCT", "TRANSFORMER", "Cost", "Pricing", "cost_named"]


@dataclass(frozen=True)
class Pricing:
    """A cost written in a law's symbols, with its parameters apart.

    Attributes
    ----------
    scale : float
        Constant factor: budgets are divided by it, so that costs which differ by a factor share a kernel.
    price : sympy.Expr
        The rest.
    data_left : sympy.Expr or None
        Data size at which the price is the budget symbol, where it is linear in the data.
    values : mapping of sympy.Symbol to float
        Parameters of the price; no symbol of a law has their names.
    """

    scale: float
    price: sp.Expr
    data_left: sp.Expr | None
    values: Mapping[sp.Symbol, float]


@dataclass(frozen=True)
class Cost:
    """Cost C as an expression in p (parameter count) and T (data size), increasing in both.

    Attributes
    ----------
    name : str
    expr : sympy.Expr
        In p, T and the parameters.
    parameters : tuple of Parameter
        Further symbols; both ends of their domains are enforced.
    unit : str
    notes : tuple of str
        What is counted, and what p counts.
    references : tuple of Reference

    Raises
    ------
    ExpressionError
        If the expression holds another symbol, or falls where p or T rises.

    Examples
    --------
    >>> P, D, fee = sp.symbols("p T fee")
    >>> Cost("with a fee", 6 * P * D + fee * P, (Parameter(fee, sp.Integer(100), low=0),)).with_(fee=7)
    with a fee: C = 6*T*p + fee*p (fee=7)
    """

    name: str
    expr: sp.Expr
    parameters: tuple[Parameter, ...] = ()
    unit: str = "operations"
    notes: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()

    def __post_init__(self) -> None:
        # one symbol for each name, whatever the caller's assumptions: nothing in a cost is negative
        own = tuple(
            replace(q, symbol=sp.Symbol(q.symbol.name, **_signed(q)), low=max(q.low, 0.0)) for q in self.parameters
        )
        object.__setattr__(self, "parameters", own)
        letters = {"p": p, "T": samples} | {q.symbol.name: q.symbol for q in own}
        # strings are not sympified: SymPy evaluates them as Python code
        expr = None if isinstance(self.expr, str) else sp.sympify(self.expr)
        if not isinstance(expr, sp.Expr):
            raise ExpressionError(f"a cost must be a SymPy expression in p and T, got {self.expr!r}")
        object.__setattr__(self, "expr", expr.subs({s: letters.get(s.name, s) for s in expr.free_symbols}))
        known = {p, samples, *(q.symbol for q in own)}
        if not {p, samples} <= self.expr.free_symbols <= known:
            raise ExpressionError(f"a cost must be an expression in p, T and its parameters, got {self.expr}")
        given = {q.symbol: q.value for q in own if q.value is not None}
        for symbol in (p, samples):
            if not _increases(self.expr, symbol, given):
                raise ExpressionError(f"a cost must increase in p and T, got {self.expr}, which falls in {symbol}")

    def with_(self, **values: Any) -> "Cost":
        """Return the same cost with parameters bound to values.

        Raises
        ------
        UnknownNameError, DomainError
        """
        by_name = {q.symbol.name: q for q in self.parameters}
        unknown = [name for name in values if name not in by_name]
        if unknown:
            raise UnknownNameError(
                f"a parameter of the cost {self.name} must be one of {', '.join(by_name) or 'none'}; "
                f"got {', '.join(unknown)}"
            )
        exact = {name: as_exact(name, value) for name, value in values.items()}
        for name, value in exact.items():
            enforce(name, np.asarray(float(value)), by_name[name].domain)
            if value > by_name[name].high:
                raise DomainError(f"{name} must be at most {by_name[name].high:g}, got {name}={float(value):g}")
        bound = (
            replace(q, value=sp.Rational(exact[q.symbol.name])) if q.symbol.name in exact else q
            for q in self.parameters
        )
        return replace(self, parameters=tuple(bound))

    def in_hours(self, peak: float | None = None, utilisation: float | None = None) -> "Cost":
        """Return the accelerator-hours that the operations take.

        Parameters
        ----------
        peak : float, optional
            Operations that one accelerator can do in a second.
        utilisation : float, optional
            Share of the peak that training attains.

        Raises
        ------
        DomainError
        """
        return self._measured("hours", "accelerator-hours", {"peak": peak, "utilisation": utilisation})

    def in_money(
        self, peak: float | None = None, utilisation: float | None = None, price: float | None = None
    ) -> "Cost":
        """Return the price of the accelerator-hours that the operations take.

        Parameters
        ----------
        peak, utilisation : float, optional
            As in `in_hours`.
        price : float, optional
            Price of an accelerator-hour; the cost is in the same money.

        Raises
        ------
        DomainError
        """
        return self._measured("money", "money", {"peak": peak, "utilisation": utilisation, "price": price})

    def _measured(self, measure: str, unit: str, given: Mapping[str, float | None]) -> "Cost":
        if self.unit != PRODUCT.unit:
            raise ExpressionError(f"only operations take time, got a cost in {self.unit}")
        expr = self.expr / (3600 * _PEAK.symbol * _UTILISATION.symbol)
        own: tuple[Parameter, ...] = (_PEAK, _UTILISATION)
        if measure == "money":
            expr, own = expr * _PRICE.symbol, (*own, _PRICE)
        whole = replace(self, name=f"{self.name}/{measure}", expr=expr, parameters=(*self.parameters, *own), unit=unit)
        return whole.with_(**{name: value for name, value in given.items() if value is not None})

    @property
    def data_at(self) -> sp.Expr | None:
        """Data size that a budget C leaves beside p parameters, where the cost is linear in T; else None."""
        self._refuse_open()
        return _data_left(self.expr.subs({q.symbol: q.value for q in self.parameters}))

    def _refuse_open(self) -> None:
        missing = [q.symbol.name for q in self.parameters if q.value is None]
        if missing:
            raise UnknownNameError(
                f"the cost {self.name} needs a value for {', '.join(missing)}, such as "
                f"{self.name}:{','.join(f'{name}=1' for name in missing)}"
            )

    def priced(self, count: sp.Expr, data: sp.Symbol) -> Pricing:
        """Write the cost for a law whose parameter count and data symbol these are.

        Raises
        ------
        UnknownNameError
            If a parameter has no value.
        """
        self._refuse_open()
        constants = {q.symbol: q.value for q in self.parameters if q.value is not None}
        factor, core = self.expr.as_independent(p, samples, as_Add=False)
        private = {q.symbol: sp.Symbol(f"{q.symbol.name} of the cost", **_signed(q)) for q in self.parameters}
        values = {private[s]: float(constants[s]) for s in core.free_symbols if s in private}
        at_law = {p: count, samples: data, **private}
        left = _data_left(core)
        if left is not None:
            left = left.subs(at_law, simultaneous=True)
        return Pricing(float(factor.subs(constants)), core.subs(at_law, simultaneous=True), left, values)

    def __str__(self) -> str:
        given = ", ".join(f"{q.symbol}={float(q.value):g}" for q in self.parameters if q.value is not None)
        return f"{self.name}: C = {self.expr}{f' ({given})' if given else ''}"

    __repr__ = __str__


def _data_left(expr: sp.Expr) -> sp.Expr | None:
    """Solve expr = C for T where that is linear."""
    slope = sp.diff(expr, samples)
    return None if samples in slope.free_symbols else (COST["C"].symbol - expr.subs(samples, 0)) / slope


def _signed(parameter: Parameter) -> dict[str, bool]:
    return {"nonnegative": True} if parameter.low_included and parameter.low <= 0 else {"positive": True}


def _increases(expr: sp.Expr, symbol: sp.Symbol, values: Mapping[sp.Symbol, Any]) -> bool:
    """Decide by the sign of the derivative, symbolically or else on a grid of 1 to 1e300.

    A cost whose parameters decide is believed until they have values.
    """
    slope = sp.diff(expr, symbol)
    if slope.is_positive is not None:
        return bool(slope.is_positive)
    slope = slope.subs(values)
    if not slope.free_symbols <= {p, samples}:
        return True
    other = samples if symbol == p else p
    evaluate = sp.lambdify((symbol, other), slope, "mpmath")
    decades = [mpmath.mpf(10) ** k for k in range(0, 301, 12)]
    return all(evaluate(x, y) > 0 for x in decades for y in decades)


def _parameter(name: str, low: float = 0.0, high: float = float("inf"), *, from_zero: bool = False) -> Parameter:
    return Parameter(sp.Symbol(name), low=low, high=high, low_included=from_zero)


_PEAK, _UTILISATION, _PRICE = _parameter("peak"), _parameter("utilisation", high=1.0), _parameter("price")
_ACTIVE = _parameter("active", high=1.0)
_T_INF = _parameter("T_inf", from_zero=True)
_ASPECT, _CONTEXT, _KEY, _VOCABULARY = (_parameter(name) for name in ("aspect", "context", "key", "vocabulary"))

PRODUCT = Cost("product", p * samples, notes=("Jeon and Van Roy count one operation for each parameter and sample.",))
TRANSFORMER = Cost("transformer", 6 * p * samples, notes=("Two operations forward and four backward.",))

_KAPLAN = Reference("J. Kaplan et al.", "Scaling Laws for Neural Language Models", 2020, "arXiv:2001.08361", "Table 1")
_HOFFMANN = Reference(
    "J. Hoffmann et al.", "Training Compute-Optimal Large Language Models", 2022, "arXiv:2203.15556", "appendix F"
)


def _kaplan() -> Cost:
    """Return 6 p T and the attention over the context: 6 n_ctx n_layer d_model T, where p = 12 n_layer d_model^2."""
    aspect, context = sp.symbols("aspect context", positive=True)
    width = sp.cbrt(aspect * p / 12)
    return Cost(
        "kaplan_flops",
        6 * samples * (p + context * width**2 / aspect),
        (_ASPECT, _CONTEXT),
        notes=(
            "p counts non-embedding parameters, 12 n_layer d_model^2, at a fixed aspect d_model / n_layer; "
            "embedding and logits are left out.",
        ),
        references=(_KAPLAN,),
    )


def _hoffmann() -> Cost:
    """Return the count of appendix F; p = 12 n_layer d_model^2 + vocabulary d_model is solved for d_model."""
    aspect, context, key, vocabulary = sp.symbols("aspect context key vocabulary", positive=True)
    # width^3 + 3 u width = 2 v has one real root, 2 sqrt(u) sinh(asinh(v / u^(3/2)) / 3)
    u, v = aspect * vocabulary / 36, aspect * p / 24
    z = v / u ** sp.Rational(3, 2)
    root = sp.cbrt(z + sp.sqrt(z**2 + 1))
    width = sp.sqrt(u) * (root - 1 / root)
    # a layer costs 24 width^2 + 4 context width + 3 context heads for each token; embedding and logits 4 v width
    forward = 2 * p + 2 * vocabulary * width + context * (4 + 3 / key) * width**2 / aspect
    return Cost(
        "hoffmann_flops",
        3 * samples * forward,
        (_ASPECT, _CONTEXT, _KEY, _VOCABULARY),
        notes=(
            "p counts all parameters, 12 n_layer d_model^2 + vocabulary d_model, at a fixed aspect d_model / n_layer "
            "and d_ff = 4 d_model; embedding and logits are counted as printed, although Table A4 of the paper "
            "recomputes only without them.",
        ),
        references=(_HOFFMANN,),
    )


COSTS: Mapping[str, Cost] = MappingProxyType(
    {
        cost.name: cost
        for cost in (
            PRODUCT,
            TRANSFORMER,
            Cost(
                "serving",
                6 * p * samples + 2 * p * _T_INF.symbol,
                (_T_INF,),
                notes=("Training on T tokens, then serving T_inf tokens: 2 p operations for each.",),
                references=(
                    Reference(
                        "N. Sardana, J. Portes, S. Doubov, J. Frankle",
                        "Beyond Chinchilla-Optimal: Accounting for Inference in Language Model Scaling Laws",
                        2024,
                        "arXiv:2401.00448",
                        "eq. 3",
                    ),
                ),
            ),
            Cost(
                "sparse",
                6 * _ACTIVE.symbol * p * samples,
                (_ACTIVE,),
                notes=("p counts all parameters; the share `active` of them takes part for each token.",),
            ),
            _kaplan(),
            _hoffmann(),
        )
    }
)
MEASURES = MappingProxyType({"hours": Cost.in_hours, "money": Cost.in_money})


def cost_named(cost: Cost | str) -> Cost:
    """Return the cost that a text names, or the cost given.

    The text is NAME, NAME/hours or NAME/money, then a colon and the parameters where there are any.

    Raises
    ------
    UnknownNameError, DomainError

    Examples
    --------
    >>> cost_named("serving:T_inf=1e12")
    serving: C = 6*T*p + 2*T_inf*p (T_inf=1e+12)
    >>> cost_named("transformer/hours:peak=1e15,utilisation=0.4").unit
    'accelerator-hours'
    """
    if isinstance(cost, Cost):
        return cost
    head, _, rest = str(cost).partition(":")
    name, measured, measure = head.partition("/")
    if not isinstance(cost, str) or name not in COSTS or (measured and measure not in MEASURES):
        raise UnknownNameError(
            f"a cost must be one of {', '.join(COSTS)}, or one of these with /{' or /'.join(MEASURES)}; got {cost!r}"
        )
    found = MEASURES[measure](COSTS[name]) if measured else COSTS[name]
    given: dict[str, Fraction] = {}
    for item in rest.split(",") if rest else ():
        key, _, text = item.partition("=")
        try:
            given[key] = Fraction(text)
        except (ValueError, ZeroDivisionError):
            raise DomainError(f"a parameter of a cost must have the form NAME=NUMBER, got {item!r}") from None
    return found.with_(**given)
