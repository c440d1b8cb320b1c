"""Expressions from text: a closed grammar, read by hand.  No part of the text is ever run.

::

    sum     = product {("+" | "-") product}
    product = signed {("*" | "/") signed}
    signed  = {"+" | "-"} power
    power   = atom [("^" | "**") signed]
    atom    = number | name | function "(" sum {"," sum} ")" | "(" sum ")"

A minus binds as in print: -x^2 is -(x^2), and x^y^z is x^(y^z).  Every name is a positive real symbol, also
E, I, N, S, pi and gamma.  SymPy evaluates what it is given, so whatever could make it compute for long is refused
before it is built.
"""

import keyword
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sympy as sp

from infobound import special
from infobound.errors import ExpressionError
from infobound.limits import (
    DECADES,
    DEEPEST,
    LONGEST,
    MOST_COMPARISONS,
    MOST_DEGREES,
    MOST_DIGITS,
    MOST_NESTED,
    MOST_TOKENS,
    addend,
    apart,
    check_exponent,
    check_powers,
    check_roots,
    digits,
    magnitude,
)

__all__ = ["exact_decimal", "parse"]

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(rf"\s*(?:(?P<number>{_NUMBER})|(?P<name>[A-Za-z]\w*)|(?P<sign>\*\*|[-+*/^(),]))", re.ASCII)

_CALLS: dict[str, Callable[..., float]] = {"exp": math.exp, "log": math.log}
# those whose first argument is the order of a derivative, and those that only kernels need, have no place in a law
_SPECIAL = {
    name: getattr(special, name)
    for name in special.__all__
    if not name.startswith("scaled_") and not name.endswith(("_slope", "_elasticity"))
}
_IMPROPER = frozenset({sp.I, sp.nan, sp.zoo, sp.oo, -sp.oo})
FUNCTIONS = (*_CALLS, "floor", "max", "min", "sqrt", *_SPECIAL)


def parse(text: str) -> sp.Expr:
    """Read an expression.

    Parameters
    ----------
    text : str
        At most 10,000 characters, nested at most 100 deep, constant exponents at most 1000 in size.  `^` and `**`
        are powers; functions are exp, log, sqrt, min, max, floor and those of `infobound.special`; decimals
        become exact rationals.

    Returns
    -------
    sympy.Expr
        In symbols that are positive.

    Raises
    ------
    ExpressionError
        The message names the rule, what breaks it, and the place.

    Examples
    --------
    >>> parse("E + A/N^0.34")
    A/N**(17/50) + E
    >>> parse("-x^2"), parse("2^3^2")
    (-x**2, 512)
    """
    if not isinstance(text, str):
        raise ExpressionError(f"an expression must be a string, got {text!r}")
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression must have at most {LONGEST} characters, got {len(text)}")
    reader = _Reader(text)
    try:
        return reader.expression()
    except ExpressionError:
        raise
    except (ArithmeticError, RecursionError, TypeError, ValueError) as fault:
        rule = "every part of an expression must be a real number that SymPy can hold"
        raise ExpressionError(f"{rule}, got one that is not by character {reader.token.place} ({fault})") from None


def exact_decimal(text: str) -> sp.Rational:
    """Return a decimal exactly, such as 1.5e-3.

    Raises
    ------
    ExpressionError
        If the text is no decimal, or lies beyond 1e300 or, other than 0, below 1e-300.
    """
    if not re.fullmatch(rf"[+-]?{_NUMBER}", text.strip(), re.ASCII):
        raise ExpressionError(f"a number must be a decimal such as 1.5e-3, got {_short(text)}")
    value = Decimal(text.strip())
    if len(value.as_tuple().digits) > MOST_DIGITS or (value and abs(value.adjusted()) > DECADES):
        raise ExpressionError(
            f"a number must lie between 1e-{DECADES} and 1e{DECADES}, in at most {MOST_DIGITS} digits, "
            f"got {_short(text)}"
        )
    return sp.Rational(text.strip())


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int


@dataclass(frozen=True)
class _Part:
    """A piece of the text: its expression, its value where it holds no symbol, its degree in each symbol."""

    expr: sp.Expr
    value: float | None = None
    degrees: Mapping[str, int] = field(default_factory=dict)


def _constant(expr: sp.Expr) -> _Part:
    return _Part(expr, float(expr))


class _Reader:
    """One pass over the tokens, by recursive descent."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        weight = _weight(self.tokens)
        if weight > MOST_TOKENS:
            raise ExpressionError(
                f"terms of more than one name or number must have at most {MOST_TOKENS} parts in all, got {weight}"
            )
        nested = _nested(self.tokens)
        if nested > MOST_NESTED:
            raise ExpressionError(
                f"an expression must be short where it is nested deep (depths of all parts at most {MOST_NESTED} "
                f"in all), got {nested}"
            )
        self.position = 0
        self.depth = 0
        self.digits = 0
        self.degrees = 0
        self.comparisons = 0

    def expression(self) -> sp.Expr:
        """Read the whole text."""
        expr = self._sum().expr
        if self.token.kind != "end":
            raise self._unexpected("an operator must stand between two parts of an expression")
        for number in expr.atoms(sp.Rational):
            if digits(number) > MOST_DIGITS:
                raise ExpressionError(f"a number must have at most {MOST_DIGITS} digits, got {digits(number)}")
        return expr

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def _take(self, *signs: str) -> str:
        """Take the next token if it is one of these signs; else return an empty text."""
        token = self.token
        if token.kind != "sign" or token.text not in signs:
            return ""
        self.position += 1
        return token.text

    def _unexpected(self, rule: str) -> ExpressionError:
        token = self.token
        found = "the end" if token.kind == "end" else repr(token.text)
        return ExpressionError(f"{rule}, got {found} at character {token.place}")

    def _sum(self) -> _Part:
        place = self.token.place
        parts = [self._product()]
        while sign := self._take("+", "-"):
            part = self._product()
            parts.append(_negative(part) if sign == "-" else part)
        if len(parts) == 1:
            return parts[0]
        degrees = _highest(parts)
        shared = Counter(name for part in parts for name in part.degrees)
        self.degrees += sum(degree for name, degree in degrees.items() if shared[name] > 1 and degree > 1)
        if self.degrees > MOST_DEGREES:
            raise ExpressionError(
                f"polynomials in one symbol must have degrees of at most {MOST_DEGREES} in all, got {self.degrees} in "
                f"the sum at character {place}"
            )
        values = [part.value for part in parts if part.value is not None]
        value = math.fsum(values) if len(values) == len(parts) else None
        return self._built(sp.Add(*(part.expr for part in parts)), value, degrees, place)

    def _product(self) -> _Part:
        place = self.token.place
        parts = [self._signed()]
        while sign := self._take("*", "/"):
            part = self._signed()
            parts.append(self._power_of(part, _constant(sp.S.NegativeOne), place) if sign == "/" else part)
        if len(parts) == 1:
            return parts[0]
        values = [part.value for part in parts if part.value is not None]
        value = math.prod(values) if len(values) == len(parts) else None
        degrees: Counter[str] = Counter()
        for part in parts:
            degrees.update(part.degrees)
        return self._built(sp.Mul(*(part.expr for part in parts)), value, degrees, place)

    def _signed(self) -> _Part:
        minus = False
        while sign := self._take("+", "-"):
            minus ^= sign == "-"
        part = self._power()
        return _negative(part) if minus else part

    def _power(self) -> _Part:
        place = self.token.place
        base = self._atom()
        if not self._take("^", "**"):
            return base
        with_depth = self._deeper(place)
        exponent = self._signed()
        self.depth -= with_depth
        return self._power_of(base, exponent, place)

    def _atom(self) -> _Part:
        token = self.token
        if self._take("("):
            with_depth = self._deeper(token.place)
            part = self._sum()
            self.depth -= with_depth
            self._close()
            return part
        if token.kind not in ("number", "name"):
            raise self._unexpected("an expression needs a number, a name or a parenthesis here")
        self.position += 1
        if token.kind == "number":
            return _constant(exact_decimal(token.text))
        if self._take("("):
            return self._call(token)
        if token.text in FUNCTIONS:
            raise ExpressionError(
                f"a function needs its arguments in parentheses, got {token.text} at character {token.place}"
            )
        if keyword.iskeyword(token.text) or "__" in token.text:
            raise ExpressionError(
                f"a name must not be a word of Python and must not hold '__', got {_short(token.text)} at character "
                f"{token.place}"
            )
        return _Part(sp.Symbol(token.text, positive=True), degrees={token.text: 1})

    def _deeper(self, place: int) -> int:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"an expression must be nested at most {DEEPEST} deep, got more at character {place}")
        return 1

    def _close(self) -> None:
        if not self._take(")"):
            raise self._unexpected("a parenthesis must be closed")

    def _call(self, name: _Token) -> _Part:
        if name.text not in FUNCTIONS:
            raise ExpressionError(
                f"an expression may call only {', '.join(sorted(FUNCTIONS))}; got {_short(name.text)} at character "
                f"{name.place}"
            )
        first = self.position
        with_depth = self._deeper(name.place)
        arguments = [self._sum()]
        while self._take(","):
            arguments.append(self._sum())
        self.depth -= with_depth
        self._close()
        many = name.text in ("min", "max")
        expected = int(next(iter(_SPECIAL[name.text].nargs))) if name.text in _SPECIAL else 1
        if not many and len(arguments) != expected:
            raise ExpressionError(
                f"{name.text} takes {expected} argument{'s' if expected > 1 else ''}, got {len(arguments)} at "
                f"character {name.place}"
            )
        if name.text == "sqrt":
            return self._power_of(arguments[0], _constant(sp.S.Half), name.place)
        if many or name.text == "floor":
            self.comparisons += (self.position - first) * len(arguments) ** 2
            if self.comparisons > MOST_COMPARISONS:
                raise ExpressionError(
                    f"min, max and floor must have few and short arguments (parts times arguments squared at most "
                    f"{MOST_COMPARISONS} in all), got {self.comparisons} at character {name.place}"
                )
        if name.text == "floor":
            return self._floor(arguments[0], name.place)
        if many:
            return self._extreme(sp.Min if name.text == "min" else sp.Max, arguments, name.place)
        if name.text == "exp":
            self._check_exponential(arguments[0].expr, name.place)
        head: Any = _SPECIAL.get(name.text) or getattr(sp, name.text)
        value = self._value(_CALLS.get(name.text) or (lambda *x: float(head.mp_value(*x))), arguments)
        built = head(*(argument.expr for argument in arguments))
        check_powers(built, name.place)
        return self._built(built, value, {}, name.place)

    def _floor(self, argument: _Part, place: int) -> _Part:
        if argument.value is None or argument.expr.is_Rational:
            return self._built(sp.floor(argument.expr), None if argument.value is None else 0.0, {}, place)
        apart(argument.value, float(round(argument.value)), place)
        return _constant(sp.Integer(math.floor(argument.value)))

    def _extreme(self, head: Any, arguments: Sequence[_Part], place: int) -> _Part:
        chosen: _Part | None = None
        for argument in arguments:
            if argument.value is None or chosen is None or chosen.value is None:
                chosen = chosen or (argument if argument.value is not None else None)
                continue
            if argument.expr != chosen.expr:
                if not (argument.expr.is_Rational and chosen.expr.is_Rational):
                    apart(argument.value, chosen.value, place)
                if bool(argument.expr < chosen.expr) == (head is sp.Min):
                    chosen = argument
        rest = [argument.expr for argument in arguments if argument.value is None]
        if chosen is not None and not rest:
            return chosen
        try:
            built = head(*rest, *([chosen.expr] if chosen else []))
        except ValueError as fault:
            raise ExpressionError(
                f"min and max must have arguments that compare, got others at character {place} ({fault})"
            ) from None
        return self._built(built, None, _highest(arguments), place)

    def _power_of(self, base: _Part, exponent: _Part, place: int) -> _Part:
        power = exponent.expr
        whole = bool(power.is_Integer)
        # of b^(x + c), too, SymPy computes b^c
        times = abs(exponent.value or 0.0) if power.is_number else magnitude(addend(power))
        check_exponent(times, place)
        self._check_digits(base.expr, times if whole or not power.is_number else 20, power == -1, place)
        if not whole:
            check_roots(base.expr, power, place)
        value = self._value(lambda x, y: x**y, [base, exponent])
        built = sp.Pow(base.expr, power)
        check_powers(built, place)
        degrees = {name: degree * abs(int(power)) for name, degree in base.degrees.items()} if whole else {}
        return self._built(built, value, degrees, place)

    def _check_digits(self, base: sp.Expr, times: float, free: bool, place: int) -> None:
        """Refuse powers of numbers that SymPy would compute, and roots of numbers that it would factor, for long."""
        coefficient = base.as_coeff_Mul()[0]
        size = digits(coefficient) if coefficient.is_Rational and coefficient not in (1, -1) else 0
        self.digits += int(size * times)
        if not free and self.digits > MOST_DIGITS:
            raise ExpressionError(
                f"powers of constants must have at most {MOST_DIGITS} digits in all, got {self.digits} at "
                f"character {place}"
            )

    def _check_exponential(self, argument: sp.Expr, place: int) -> None:
        """Refuse exp(c log b + x), which SymPy turns into b^c exp(x), where it could not compute b^c."""
        for part in sp.Add.make_args(argument):
            factor, rest = part.as_coeff_Mul(rational=True)
            symbolic = [inner for inner in sp.Mul.make_args(rest) if not inner.is_number or isinstance(inner, sp.log)]
            for inner in symbolic:
                if isinstance(inner, sp.log) and len(symbolic) == 1:
                    check_exponent(magnitude(factor), place)
                    self._check_digits(inner.args[0], magnitude(factor), False, place)

    def _value(self, function: Callable[..., Any], arguments: Sequence[_Part]) -> float | None:
        """Value of a function of constants; None where an argument holds a symbol."""
        values = [argument.value for argument in arguments if argument.value is not None]
        if len(values) < len(arguments):
            return None
        try:
            value = function(*values)
        except (ArithmeticError, ValueError):
            value = math.nan
        return math.nan if isinstance(value, complex) else float(value)

    def _built(self, expr: sp.Expr, value: float | None, degrees: Mapping[str, int], place: int) -> _Part:
        """Refuse what is no real number, or a constant out of range."""
        if expr.is_Rational:
            if digits(expr) > MOST_DIGITS:
                raise ExpressionError(
                    f"a number must have at most {MOST_DIGITS} digits, got {digits(expr)} at character {place}"
                )
            value = float(expr) if value is None or math.isfinite(value) else value
        bad = value is not None and not (value == 0 or 10.0**-DECADES <= abs(value) <= 10.0**DECADES)
        if bad or not _IMPROPER.isdisjoint((expr, *expr.args)):
            raise ExpressionError(
                f"every part of an expression must be a real number, a constant one of 1e-{DECADES} to 1e{DECADES} in "
                f"size; the part at character {place} is not"
            )
        return _Part(expr, value, degrees)


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""
        yield _Token(kind, match[kind], match.start(kind) + 1)
        position = match.end()
    rest = text[position:].lstrip()
    if rest:
        raise ExpressionError(
            f"an expression may hold only numbers, names that start with a letter, + - * / ^ ( ) and commas, "
            f"got {rest[0]!r} at character {len(text) - len(rest) + 1}"
        )
    yield _Token("end", "", len(text) + 1)


def _weight(tokens: Sequence[_Token]) -> int:
    """Tokens of all terms that are more than one name or number."""
    total = length = depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.kind == "end" or (depth == 0 and token.text in ("+", "-")):
            total += length if length > 1 else 0
            length = 0
        else:
            length += 1
    return total


def _nested(tokens: Sequence[_Token]) -> int:
    """Depths in parentheses of all tokens, added up."""
    total = depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth > DEEPEST:
            # the reader will name the place
            return 0
        total += depth
    return total


def _negative(part: _Part) -> _Part:
    return _Part(-part.expr, None if part.value is None else -part.value, part.degrees)


def _highest(parts: Sequence[_Part]) -> dict[str, int]:
    """Degree of a sum in each symbol."""
    found: dict[str, int] = {}
    for part in parts:
        for name, degree in part.degrees.items():
            found[name] = max(degree, found.get(name, 0))
    return found
