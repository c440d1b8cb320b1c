"""The domain that hypotheses carve out: bounds of each symbol, changes of variable onto it, points in it.

A step's domain is written nowhere but in its symbols' SymPy assumptions and its hypotheses, so whatever is
proved by way of this module is proved for exactly what the step says.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from infobound.errors import CheckFailed

__all__ = [
    "Interval",
    "bounds",
    "interval_of",
    "is_whole",
    "points",
    "satisfied",
    "shifted",
    "sides",
]


@dataclass(frozen=True)
class Interval:
    """Bounds of one symbol; an end may be an expression in other symbols."""

    low: sp.Expr
    high: sp.Expr
    low_open: bool = True
    high_open: bool = True


def is_whole(symbol: sp.Symbol, hypotheses: Iterable[sp.Basic]) -> bool:
    """Whether the symbol is an integer, by assumption or by hypothesis."""
    if symbol.is_integer:
        return True
    return any(
        isinstance(h, sp.Contains) and h.args[0] == symbol and h.args[1].is_subset(sp.S.Integers) for h in hypotheses
    )


def sides(relation: Relational) -> tuple[sp.Expr, sp.Expr, bool]:
    """Return (smaller, larger, strict) of an inequality, whichever way round it is written."""
    strict = isinstance(relation, (sp.Lt, sp.Gt))
    if isinstance(relation, (sp.Le, sp.Lt)):
        return relation.lhs, relation.rhs, strict
    if isinstance(relation, (sp.Ge, sp.Gt)):
        return relation.rhs, relation.lhs, strict
    raise CheckFailed(f"an inequality is needed here, got {relation}")


def _by_assumption(symbol: sp.Symbol) -> Interval:
    whole = bool(symbol.is_integer)
    if symbol.is_positive:
        return Interval(sp.Integer(1), sp.oo, False) if whole else Interval(sp.S.Zero, sp.oo, True)
    if symbol.is_nonnegative:
        return Interval(sp.S.Zero, sp.oo, False)
    if symbol.is_negative:
        return Interval(-sp.oo, sp.S.Zero, True, True)
    if symbol.is_nonpositive:
        return Interval(-sp.oo, sp.S.Zero, True, False)
    if symbol.is_real:
        return Interval(-sp.oo, sp.oo)
    raise CheckFailed(f"a symbol must be declared real before anything is proved about it, got {symbol}")


def interval_of(symbol: sp.Symbol, hypotheses: Iterable[sp.Basic]) -> Interval:
    """Return the bounds of `symbol`: its assumptions, narrowed by hypotheses of the form symbol <= bound.

    Hypotheses of other forms are left out, which can only make the domain larger than stated.
    """
    found = _by_assumption(symbol)
    low, high, low_open, high_open = found.low, found.high, found.low_open, found.high_open
    for hypothesis in hypotheses:
        if not isinstance(hypothesis, (sp.Le, sp.Lt, sp.Ge, sp.Gt)):
            continue
        smaller, larger, strict = sides(hypothesis)
        if larger == symbol and not smaller.has(symbol):
            if (smaller - low).is_nonpositive and not (smaller == low and strict):
                continue
            low, low_open = smaller, strict
        elif smaller == symbol and not larger.has(symbol):
            if (high - larger).is_nonpositive and not (larger == high and strict):
                continue
            high, high_open = larger, strict
    if is_whole(symbol, hypotheses):
        if low_open and low.is_integer:
            low, low_open = low + 1, False
        if high_open and high.is_integer:
            high, high_open = high - 1, False
    return Interval(low, high, low_open, high_open)


def bounds(symbols: Iterable[sp.Symbol], hypotheses: Iterable[sp.Basic]) -> dict[sp.Symbol, Interval]:
    """Return the interval of each symbol, and of those that occur in their ends, dependent ones first."""
    hypotheses = tuple(hypotheses)
    found: dict[sp.Symbol, Interval] = {}
    waiting = sorted(symbols, key=str)
    while waiting:
        symbol = waiting.pop()
        if symbol in found:
            continue
        found[symbol] = interval_of(symbol, hypotheses)
        waiting += sorted((found[symbol].low.free_symbols | found[symbol].high.free_symbols) - found.keys(), key=str)
    ordered: dict[sp.Symbol, Interval] = {}
    while found:
        named = {s for i in found.values() for s in i.low.free_symbols | i.high.free_symbols}
        free = [s for s in sorted(found, key=str) if s not in named]
        if not free:  # x <= y and y <= x: fall back on what the assumptions alone say of one of them
            looped = min(found, key=str)
            found[looped] = _by_assumption(looped)
            continue
        for symbol in free:
            ordered[symbol] = found.pop(symbol)
    return ordered


def shifted(
    symbols: Iterable[sp.Symbol], hypotheses: Iterable[sp.Basic]
) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Dummy], list[sp.Dummy]]:
    r"""Return substitutions that map nonnegative new variables onto the domain.

    A symbol with a lower end a becomes a + u, with both ends (a + b u)/(1 + u), which misses only the
    upper end; with an upper end alone b - u.  A symbol without ends stays as it is.

    Returns
    -------
    (substitutions, half_lines, intervals)
        Substitutions in the order in which they are to be made; the new variables of half-lines, and those
        of two-ended intervals, for which the upper end is the limit u -> oo.
    """
    substitutions: list[tuple[sp.Symbol, sp.Expr]] = []
    half_lines: list[sp.Dummy] = []
    intervals: list[sp.Dummy] = []
    for symbol, interval in bounds(symbols, hypotheses).items():
        has_low, has_high = interval.low != -sp.oo, interval.high != sp.oo
        if not has_low and not has_high:
            continue
        is_open = interval.low_open if has_low else interval.high_open
        u = sp.Dummy(f"u_{symbol.name}", positive=True) if is_open else sp.Dummy(f"u_{symbol.name}", nonnegative=True)
        if has_low and has_high:
            intervals.append(u)
            substitutions.append((symbol, (interval.low + interval.high * u) / (1 + u)))
        elif has_low:
            half_lines.append(u)
            substitutions.append((symbol, interval.low + u))
        else:
            half_lines.append(u)
            substitutions.append((symbol, interval.high - u))
    return substitutions, half_lines, intervals


def _drawn(interval: Interval, whole: bool, source: random.Random, decades: float) -> sp.Expr | None:
    low, high = interval.low, interval.high
    if whole:
        start = sp.ceiling(low) if low != -sp.oo else sp.Integer(-10)
        stop = sp.floor(high) if high != sp.oo else start + 25
        return sp.Integer(source.randint(int(start), int(stop))) if start <= stop else None
    step = sp.Rational(round(1000 * 10 ** source.uniform(-1.3, decades)), 1000)
    if low != -sp.oo and high != sp.oo:
        return low + (high - low) * sp.Rational(source.randint(1, 99), 100) if low <= high else None
    if low != -sp.oo:
        return low + step
    return high - step if high != sp.oo else step * source.choice((-1, 1))


def satisfied(hypothesis: sp.Basic, point: Mapping[Any, Any]) -> bool | None:
    """Whether a hypothesis holds at a point; None where the point does not settle it."""
    if isinstance(hypothesis, sp.Contains):
        value = sp.sympify(hypothesis.args[0]).xreplace(dict(point))
        return None if value.free_symbols else bool(hypothesis.args[1].contains(value) == sp.true)
    value = (hypothesis.lhs - hypothesis.rhs).xreplace(dict(point))
    if value.free_symbols:
        return None
    settled = type(hypothesis)(value, 0)
    return bool(settled == sp.true) if settled in (sp.true, sp.false) else None


def points(
    symbols: Iterable[sp.Symbol],
    hypotheses: Iterable[sp.Basic],
    count: int = 5,
    seed: int = 20240,
    decades: float = 1.3,
) -> Iterator[dict[sp.Symbol, sp.Expr]]:
    """Yield exact points of the domain, up to some decades from its ends and the same ones each time.

    They are for refuting, never for proving.
    """
    hypotheses = tuple(hypotheses)
    source = random.Random(seed)
    ordered = list(reversed(bounds(symbols, hypotheses).items()))
    found = 0
    for _ in range(20 * count):
        point: dict[sp.Symbol, sp.Expr] = {}
        for symbol, interval in ordered:
            here = Interval(interval.low.xreplace(point), interval.high.xreplace(point))
            value = _drawn(here, is_whole(symbol, hypotheses), source, decades)
            if value is None:
                break
            point[symbol] = value
        else:
            if all(satisfied(hypothesis, point) is not False for hypothesis in hypotheses):
                yield point
                found += 1
                if found == count:
                    return
