"""Which part of an expression belongs to which axes of a grid, and where it is computed.

A grid is an outer product of axes, and most of an expression depends on few of them.  Sums and products are
grouped by the axes that their parts depend on, and every part that depends on fewer axes than what surrounds it
becomes a piece with a name: it is computed as often as its own axes ask for, not once for each point.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import sympy as sp

from infobound.kernels.lowering import Shared, assignments, choice

__all__ = ["Piece", "Plan", "pieces"]

Axes = frozenset[int]

# Below this many additions or multiplications a part is computed again rather than read from a table.
_WORTH_A_TABLE = 3
_FUNCTION, _DIVISION = 20, 5


@dataclass(frozen=True)
class Piece:
    """A named part: its symbol, what it is, and the axes it depends on."""

    symbol: sp.Symbol
    expr: sp.Expr
    axes: Axes


@dataclass(frozen=True)
class Plan:
    """Pieces in an order in which each uses only those before it, and what is left at each point."""

    pieces: tuple[Piece, ...]
    results: tuple[sp.Expr, ...]
    innermost: int
    by_symbol: Mapping[sp.Symbol, Piece] = field(hash=False)

    def tables(self) -> tuple[Piece, ...]:
        """Pieces that vary along the innermost axis and not along all others: read from memory, not computed again."""
        everything = frozenset(range(self.innermost + 1))
        return tuple(
            piece
            for piece in self.needed(self.results, frozenset())
            if self.innermost in piece.axes and piece.axes != everything and _cost(piece.expr) >= _WORTH_A_TABLE
        )

    def needed(self, expressions: Iterable[sp.Expr], known: frozenset[sp.Symbol]) -> tuple[Piece, ...]:
        """Pieces that expressions rest on, directly or through others, but for those that are known."""
        found: set[sp.Symbol] = set()
        waiting = list(expressions)
        while waiting:
            for symbol in waiting.pop().free_symbols - found - known:
                if symbol in self.by_symbol:
                    found.add(symbol)
                    waiting.append(self.by_symbol[symbol].expr)
        return tuple(piece for piece in self.pieces if piece.symbol in found)


def pieces(expressions: Sequence[sp.Expr], place: Mapping[sp.Symbol, int], innermost: int) -> Plan:
    """Take expressions apart by axes.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
    place : mapping of symbol to int
        The axis along which a symbol varies; symbols that are not in it are the same at all points.
    innermost : int
        The last axis.
    """
    return _Taking(place, innermost).plan(expressions)


def _cost(expr: sp.Expr) -> int:
    """Rough work of one evaluation, in additions."""
    if not expr.args:
        return 0
    inside = sum(map(_cost, expr.args))
    if expr.is_Add or expr.is_Mul:
        return inside + len(expr.args) - 1
    if expr.is_Pow and expr.exp.is_Integer:
        return inside + abs(int(expr.exp)) + (_DIVISION if expr.exp < 0 else 0)
    return inside + _FUNCTION


class _Taking:
    """The pieces found so far."""

    def __init__(self, place: Mapping[sp.Symbol, int], innermost: int) -> None:
        self.axes: dict[sp.Symbol, Axes] = {symbol: frozenset({axis}) for symbol, axis in place.items()}
        self.innermost = innermost
        self.found: dict[sp.Expr, Piece] = {}
        self.by_symbol: dict[sp.Symbol, sp.Expr] = {}
        self.names = (Shared(f"y{i}") for i in count())

    def plan(self, expressions: Sequence[sp.Expr]) -> Plan:
        shared, reduced = assignments(expressions)
        named: dict[sp.Symbol, sp.Expr] = {}
        for symbol, expr in shared:
            named[symbol] = self.named(self.taken(expr.xreplace(named)))
        results = tuple(self.taken(expr.xreplace(named)) for expr in reduced)
        listed = tuple(self.found.values())
        return Plan(listed, results, self.innermost, {piece.symbol: piece for piece in listed})

    def axes_of(self, expr: sp.Expr) -> Axes:
        return frozenset().union(*(self.axes.get(symbol, frozenset()) for symbol in expr.free_symbols))

    def named(self, expr: sp.Expr) -> sp.Expr:
        """Return the name of a piece for the expression; an atom is its own name."""
        if not expr.args:
            return expr
        if expr not in self.found:
            piece = Piece(next(self.names), expr, self.axes_of(expr))
            self.found[expr] = piece
            self.by_symbol[piece.symbol] = expr
            self.axes[piece.symbol] = piece.axes
        return self.found[expr].symbol

    def taken(self, expr: sp.Expr) -> sp.Expr:
        """Name every part of an expression that depends on fewer axes than what surrounds it."""
        if not expr.args:
            return expr
        everything = self.axes_of(expr)
        if not everything:
            return expr
        arguments = [self.taken(argument) for argument in expr.args]
        if expr.is_Add or expr.is_Mul:
            return self.grouped(expr.func, arguments, everything)
        branches = self.branches(expr.func(*arguments), everything)
        if branches is not None:
            return branches
        lower = [self.axes_of(argument) != everything for argument in arguments]
        return expr.func(*(self.named(a) if low else a for a, low in zip(arguments, lower, strict=True)))

    def branches(self, expr: sp.Expr, everything: Axes) -> sp.Expr | None:
        """Write f(Min(a, b)) as f(a) where a <= b, else f(b), if each of the two depends on fewer axes."""
        if not (len(expr.args) == 1 or (expr.is_Pow and not expr.exp.is_Integer)):
            return None
        named = {symbol: self.by_symbol[symbol] for symbol in expr.free_symbols if symbol in self.by_symbol}
        extremes = {part: part for part in expr.atoms(sp.Min, sp.Max)} | {
            symbol: part for symbol, part in named.items() if isinstance(part, sp.Min | sp.Max)
        }
        for part, extreme in extremes.items():
            if len(extreme.args) == 2:
                values = [expr.xreplace({part: argument}) for argument in extreme.args]
                if all(self.axes_of(value) != everything for value in values):
                    relation = "<=" if isinstance(extreme, sp.Min) else ">="
                    return choice(relation, *extreme.args, *(self.named(self.taken(value)) for value in values))
        return None

    def grouped(self, head: type[sp.Expr], arguments: Sequence[sp.Expr], everything: Axes) -> sp.Expr:
        """Join the arguments of a sum or product by axes, the fewest first, as long as the joint has fewer than all."""
        groups: dict[Axes, list[sp.Expr]] = {}
        for argument in arguments:
            groups.setdefault(self.axes_of(argument), []).append(argument)
        here = groups.pop(everything, [])
        joined: dict[Axes, sp.Expr] = {}
        for axes in sorted(groups, key=lambda axes: (len(axes), sorted(axes))):
            members, union = groups[axes], axes
            for other in list(joined):
                if self.may_join(other, union, everything):
                    members = [*members, self.named(joined.pop(other))]
                    union |= other
            joined[union] = head(*members)
        return head(*here, *map(self.named, joined.values()))

    def may_join(self, other: Axes, axes: Axes, everything: Axes) -> bool:
        """Whether two groups are better computed together: neither, or only the larger, varies along the last axis."""
        union = other | axes
        if union == everything:
            return False
        return self.innermost not in union or union in (other, axes)
