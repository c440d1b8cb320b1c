"""Values of expressions on an outer product of axes: loop nests in which every part is computed at its own depth.

The parts that vary along the last axis, but not along all others, are put into tables first; the innermost loop
is left with what depends on every axis, and streams to memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import prod

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.kernels.compiling import Kernel, load
from infobound.kernels.generating import fingerprint, module_text
from infobound.kernels.hoisting import Piece, Plan, pieces
from infobound.kernels.lowering import identifier, source

__all__ = ["assigned", "offset", "outer", "tabulated"]

Array = NDArray[np.float64]


def outer(
    expressions: Sequence[sp.Expr],
    axes: Sequence[Sequence[sp.Symbol]],
    values: Mapping[sp.Symbol, Array],
    out: NDArray[np.floating],
) -> None:
    """Fill `out` with all expressions on the outer product of the axes.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
    axes : sequence of sequences of symbols
        For each dimension the symbols that vary along it; the other symbols of `values` are scalars.
    values : mapping of symbol to numpy.ndarray
        1-D along the symbol's axis, or of size one.
    out : numpy.ndarray
        float64 or float32, C order, of shape (expressions, *lengths of the axes).
    """
    scalars = tuple(sorted(set(values) - {symbol for axis in axes for symbol in axis}, key=str))
    layout = (scalars, *(map(tuple, axes) if axes else ((),)))
    flat = [np.ascontiguousarray(values[symbol], dtype=np.float64) for group in layout for symbol in group]
    sizes = out.shape[1:] if axes else (1,)
    kernel, plan = _kernel(tuple(expressions), layout, out.dtype == np.float32)
    tables = [np.empty(prod(sizes[axis] for axis in piece.axes)) for piece in plan.tables()]
    for phase, table in enumerate(tables):
        kernel(table.size, table.size, phase, out, out[0].size, *sizes, *tables, *flat)
    kernel(out[0].size, out.size, len(tables), out, out[0].size, *sizes, *tables, *flat)


@lru_cache(maxsize=512)
def _kernel(
    expressions: tuple[sp.Expr, ...], layout: tuple[tuple[sp.Symbol, ...], ...], single: bool
) -> tuple[Kernel, Plan]:
    symbols = [symbol for group in layout for symbol in group]
    place = {symbol: depth for depth, group in enumerate(layout[1:]) for symbol in group}
    plan = pieces(expressions, place, len(layout) - 2)
    sizes = [f"size{axis}" for axis in range(len(layout) - 1)]
    tables = plan.tables()
    names = [f"{table.symbol.name}all" for table in tables]
    kinds = "i" + ("s" if single else "p") + "i" + "i" * len(sizes) + "p" * (len(names) + len(symbols))

    def write() -> str:
        values = [f"{identifier(symbol)}all" for symbol in symbols]
        lines = [f"def kernel(start, stop, phase, out, total, {', '.join([*sizes, *names, *values])}):"]
        lines += tabulated(plan, layout)
        goals = [(f"out[{row} * total + place]", expr) for row, expr in enumerate(plan.results)]
        lines += _nest(plan, layout, tables, frozenset(range(len(sizes))), goals, indent="    ")
        return module_text("\n".join(lines))

    shape = "/".join(",".join(identifier(symbol) for symbol in group) for group in layout)
    return load(("nests", shape, fingerprint((*expressions, *symbols))), kinds, write), plan


def tabulated(plan: Plan, layout: Sequence[Sequence[sp.Symbol]]) -> list[str]:
    """Text of the phases that fill a plan's tables, one after the other; `phase` chooses."""
    tables, lines = plan.tables(), []
    for phase, table in enumerate(tables):
        lines += [f"    if phase == {phase}:"]
        lines += _nest(plan, layout, tables[:phase], table.axes, [(f"{table.symbol.name}all[place]", table.expr)])
        lines += ["        return"]
    return lines


def _nest(
    plan: Plan,
    layout: Sequence[Sequence[sp.Symbol]],
    tables: Sequence[Piece],
    axes: Iterable[int],
    goals: Sequence[tuple[str, sp.Expr]],
    indent: str = "        ",
) -> list[str]:
    """Loops over some axes that fill the goals between `start` and `stop`, counted in their points.

    A thread's share begins and ends anywhere: only the first and last round of each loop are cut short.
    """
    over = sorted(axes)
    known = frozenset(table.symbol for table in tables)
    needed = plan.needed([expr for _, expr in goals], known)
    read = [t for t in tables if any(e.has(t.symbol) for e in [*(p.expr for p in needed), *(e for _, e in goals)])]
    depth_of = {piece.symbol: max((over.index(axis) + 1 for axis in piece.axes), default=0) for piece in needed}
    lines = _ends(over, indent)
    lines += [f"{indent}{identifier(s)} = {identifier(s)}all[0]" for s in layout[0]]
    lines += assigned((p for p in needed if depth_of[p.symbol] == 0), indent)
    for depth, axis in enumerate(over, 1):
        lines += [
            f"{indent}low = first{axis} if at_first{depth - 1} else 0",
            f"{indent}high = last{axis} + 1 if at_last{depth - 1} else size{axis}",
        ]
        if depth == len(over):
            # rows of tables, and of the result, begin where the outer axes say
            lines += [f"{indent}row{i} = {offset(sorted(table.axes)[:-1], axis)}" for i, table in enumerate(read)]
            lines += [f"{indent}row = {offset(over[:-1], axis)}"]
        lines += [f"{indent}for i{axis} in range(low, high):"]
        indent += "    "
        if depth < len(over):
            lines += [
                f"{indent}at_first{depth} = at_first{depth - 1} and i{axis} == first{axis}",
                f"{indent}at_last{depth} = at_last{depth - 1} and i{axis} == last{axis}",
            ]
        lines += [f"{indent}{identifier(s)} = {identifier(s)}all[i{axis}]" for s in layout[axis + 1]]
        if depth == len(over):
            lines += [f"{indent}{t.symbol.name} = {t.symbol.name}all[row{i} + i{axis}]" for i, t in enumerate(read)]
            lines += [f"{indent}place = row + i{axis}"]
        lines += assigned((p for p in needed if depth_of[p.symbol] == depth), indent)
    return [*lines, *(f"{indent}{target} = {source(expr)}" for target, expr in goals)]


def _ends(over: Sequence[int], indent: str) -> list[str]:
    """Index along each axis of the first and the last point."""
    lines = [f"{indent}before = start", f"{indent}until = stop - 1", f"{indent}at_first0 = at_last0 = True"]
    for axis in reversed(over):
        lines += [
            f"{indent}first{axis} = before % size{axis}",
            f"{indent}last{axis} = until % size{axis}",
            f"{indent}before //= size{axis}",
            f"{indent}until //= size{axis}",
        ]
    return lines


def offset(outer_axes: Sequence[int], innermost: int) -> str:
    """Place of a row: the index of its outer axes, in their order, times the row's length."""
    text = "0"
    for axis in outer_axes:
        text = f"({text} * size{axis} + i{axis})" if text != "0" else f"i{axis}"
    return f"{text} * size{innermost}"


def assigned(chosen: Iterable[Piece], indent: str) -> list[str]:
    """Text that computes pieces."""
    return [f"{indent}{piece.symbol.name} = {source(piece.expr)}" for piece in chosen]
