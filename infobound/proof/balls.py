"""Rigorous sign certificates by ball arithmetic with adaptive subdivision.

An expression is compiled to operations on `flint.arb` balls, each of which encloses every value the
expression takes on a box.  A box on which the enclosure has the wanted sign is done; any other is halved
along its widest side.  Nothing is concluded from the value at a point.

A SymPy function of one's own takes part by carrying ``arb_value``, a static method from balls to a ball.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flint
import sympy as sp

from infobound.errors import CheckFailed, ExpressionError

__all__ = ["Box", "Enclosure", "certify", "enclosure"]

Enclosure = Callable[[Sequence[flint.arb]], flint.arb]
Box = Mapping[sp.Symbol, tuple[sp.Rational, sp.Rational]]

_UNARY: dict[Any, Callable[[flint.arb], flint.arb]] = {
    sp.exp: lambda x: x.exp(),
    sp.log: lambda x: x.log(),
    sp.sin: lambda x: x.sin(),
    sp.cos: lambda x: x.cos(),
    sp.tan: lambda x: x.tan(),
    sp.asin: lambda x: x.asin(),
    sp.acos: lambda x: x.acos(),
    sp.atan: lambda x: x.atan(),
    sp.sinh: lambda x: x.sinh(),
    sp.cosh: lambda x: x.cosh(),
    sp.tanh: lambda x: x.tanh(),
    sp.asinh: lambda x: x.asinh(),
    sp.acosh: lambda x: x.acosh(),
    sp.atanh: lambda x: x.atanh(),
    sp.gamma: lambda x: x.gamma(),
    sp.loggamma: lambda x: x.lgamma(),
    sp.digamma: lambda x: x.digamma(),
    sp.erf: lambda x: x.erf(),
    sp.erfc: lambda x: x.erfc(),
    sp.Abs: abs,
}
_CONSTANTS: dict[Any, Callable[[], flint.arb]] = {
    sp.pi: flint.arb.pi,
    sp.E: lambda: flint.arb(1).exp(),
    sp.EulerGamma: flint.arb.const_euler,
}


def _exact(number: sp.Rational) -> flint.fmpq:
    return flint.fmpq(int(number.p), int(number.q))


def _polygamma(order: int, x: flint.arb) -> flint.arb:
    """Enclose psi^(order)(x) on x > 0 from the Hurwitz zeta function, which is monotone there."""
    if order == 0:
        return x.digamma()
    if not x > 0:
        return flint.arb("nan")
    ends = [flint.arb(order + 1).zeta(end) for end in (x.lower(), x.upper())]
    return flint.arb(-1) ** (order + 1) * flint.arb(order).fac() * ends[0].union(ends[1])


def _natural_power(base: flint.arb, exponent: int) -> flint.arb:
    """Enclose base^exponent; a ball around zero is cut at zero, since flint's power gives nan there."""
    if base > 0 or exponent == 0:
        return base**exponent
    if base < 0:
        return (-base) ** exponent * (-1 if exponent % 2 else 1)
    top = base.abs_upper() ** exponent
    return top.union(flint.arb(0)) if exponent % 2 == 0 else top.union(-top)


def _fixed_power(base: flint.arb, exponent: sp.Expr) -> flint.arb:
    if exponent.is_Integer:
        power = _natural_power(base, abs(int(exponent)))
        return power if exponent >= 0 else 1 / power
    return base.sqrt()


def enclosure(expression: sp.Expr, variables: Sequence[sp.Symbol]) -> Enclosure:
    """Compile an expression to a function from balls for the variables to a ball for its value.

    Raises
    ------
    ExpressionError
        If the expression holds a head that has no ball evaluator.
    """
    places = {variable: place for place, variable in enumerate(variables)}

    def build(part: sp.Expr) -> Enclosure:
        if part in places:
            place = places[part]
            return lambda x: x[place]
        if part.is_Rational:
            number = _exact(part)
            return lambda x: flint.arb(number)
        if part in _CONSTANTS:
            constant = _CONSTANTS[part]
            return lambda x: constant()
        if part.is_Add or part.is_Mul:
            pieces = [build(argument) for argument in part.args]

            def accumulated(x: Sequence[flint.arb], adding: bool = bool(part.is_Add)) -> flint.arb:
                total = pieces[0](x)
                for piece in pieces[1:]:
                    total = total + piece(x) if adding else total * piece(x)
                return total

            return accumulated
        if part.is_Pow:
            base, exponent = build(part.base), part.exp
            if exponent.is_Integer or exponent == sp.S.Half:
                return lambda x: _fixed_power(base(x), exponent)
            if part.base == sp.E:
                inner = build(exponent)
                return lambda x: inner(x).exp()
            raised = build(exponent)
            return lambda x: base(x) ** raised(x)
        arguments = [build(argument) for argument in part.args] if part.args else []
        own = getattr(part.func, "arb_value", None)
        if own is not None:
            return lambda x: own(*(argument(x) for argument in arguments))
        if part.func in _UNARY:
            head, only = _UNARY[part.func], arguments[0]
            return lambda x: head(only(x))
        if isinstance(part, sp.polygamma) and part.args[0].is_Integer:
            order, at = int(part.args[0]), arguments[1]
            return lambda x: _polygamma(order, at(x))
        if isinstance(part, (sp.Max, sp.Min)):
            choose = "max" if isinstance(part, sp.Max) else "min"

            def extreme(x: Sequence[flint.arb]) -> flint.arb:
                total = arguments[0](x)
                for argument in arguments[1:]:
                    total = getattr(total, choose)(argument(x))
                return total

            return extreme
        raise ExpressionError(
            f"a ball certificate needs a ball evaluator for every function, got {part.func.__name__} in {part}"
        )

    return build(expression)


def _ball(low: sp.Rational, high: sp.Rational) -> flint.arb:
    return flint.arb(_exact(low)).union(flint.arb(_exact(high)))


def _place(variables: Sequence[sp.Symbol], box: Sequence[tuple[sp.Rational, sp.Rational]]) -> str:
    sides = zip(variables, box, strict=True)
    return ", ".join(f"{v} in [{low}, {high}]" for v, (low, high) in sides) or "its only point"


class _Enclosed:
    """Enclosure of an expression on a box, sharpened by the mean value form where that is tighter."""

    def __init__(self, expression: sp.Expr, variables: Sequence[sp.Symbol]) -> None:
        self.value = enclosure(expression, variables)
        self.slopes: list[Enclosure] | None
        try:
            self.slopes = [enclosure(sp.diff(expression, variable), variables) for variable in variables]
        except (ExpressionError, ValueError, ArithmeticError):
            self.slopes = None

    def shows(self, box: Sequence[tuple[sp.Rational, sp.Rational]], strict: bool) -> bool | None:
        """Whether the enclosure settles the sign on the box; None if the sign is wrong in its middle."""
        balls = [_ball(*side) for side in box]
        natural = self.value(balls)
        if bool(natural > 0) or (not strict and bool(natural >= 0)):
            return True
        middles = [flint.arb(_exact((low + high) / 2)) for low, high in box]
        centred = self.value(middles)
        if bool(centred < 0) or (strict and bool(centred <= 0)):
            return None
        if self.slopes is None or natural.is_nan():
            return False
        for slope, ball, middle in zip(self.slopes, balls, middles, strict=True):
            centred = centred + slope(balls) * (ball - middle)
        return bool(centred > 0) or (not strict and bool(centred >= 0))


def certify(expression: sp.Expr, box: Box, *, strict: bool, boxes: int = 4000, precision: int = 64) -> int:
    """Prove that the expression is >= 0 (or > 0 if `strict`) on a closed box, or raise.

    Parameters
    ----------
    expression : Expr
        In no symbols but the box's.
    box : mapping of symbol to (low, high)
        Rational ends; the box is closed.
    strict : bool
        Whether > 0 is wanted.
    boxes : int
        How many boxes may be looked at.
    precision : int
        Working precision in bits.

    Returns
    -------
    int
        How many boxes were needed.

    Raises
    ------
    CheckFailed
        If the sign is wrong or unsettled on some box; the message names that box.
    """
    variables = sorted(box, key=str)
    stray = expression.free_symbols - set(variables)
    if stray:
        raise CheckFailed(
            f"a ball certificate needs an interval for every symbol, got none for {sorted(map(str, stray))}"
        )
    before = flint.ctx.prec
    flint.ctx.prec = precision
    try:
        enclosed = _Enclosed(expression, variables)
        start = tuple((sp.Rational(low), sp.Rational(high)) for low, high in (box[v] for v in variables))
        sizes = [high - low if high > low else sp.S.One for low, high in start]
        # Largest boxes first, so that a failure is reported at the coarsest place that resists.
        waiting = [(0, 0, start)]
        looked, ticket = 0, 0
        while waiting:
            depth, _, current = heapq.heappop(waiting)
            looked += 1
            shown = enclosed.shows(current, strict)
            if shown:
                continue
            if shown is None:
                raise CheckFailed(
                    f"{expression} must be {'>' if strict else '>='} 0 on the box, has the other sign in the "
                    f"middle of {_place(variables, current)}"
                )
            widths = [(high - low) / size for (low, high), size in zip(current, sizes, strict=True)]
            if looked >= boxes or not widths or max(widths) == 0:
                raise CheckFailed(
                    f"{expression} must be {'>' if strict else '>='} 0 on the box, "
                    f"not settled after {looked} boxes at {_place(variables, current)}"
                )
            split = widths.index(max(widths))
            low, high = current[split]
            for half in ((low, (low + high) / 2), ((low + high) / 2, high)):
                ticket += 1
                heapq.heappush(waiting, (depth + 1, ticket, (*current[:split], half, *current[split + 1 :])))
        return looked
    finally:
        flint.ctx.prec = before
