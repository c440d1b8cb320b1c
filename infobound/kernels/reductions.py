"""Reductions of an expression over axes of a grid that is never written to memory.

The loops are those of `nests`, with the axes that stay outside and the longest axis that goes innermost.  Rows of
values stay in the first-level cache and are folded there.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.kernels.compiling import Kernel, load
from infobound.kernels.folding import BINS
from infobound.kernels.generating import fingerprint, module_text
from infobound.kernels.hoisting import Plan, pieces
from infobound.kernels.lowering import identifier, source
from infobound.kernels.nests import assigned, offset, tabulated

__all__ = ["least", "order_statistics"]

Array = NDArray[np.float64]
Axes = Sequence[Sequence[sp.Symbol]]
Layout = tuple[tuple[sp.Symbol, ...], ...]

# Shares into which the work is cut where there are few cells to hand out; results do not depend on the threads.
_SHARES = 32


def least(
    expr: sp.Expr, axes: Axes, over: Sequence[int], values: Mapping[sp.Symbol, Array]
) -> tuple[Array, tuple[NDArray[np.intp], ...]]:
    """Least values over some axes of a grid, and where they are taken.

    Parameters
    ----------
    expr : sympy.Expr
    axes : sequence of sequences of symbols
        For each dimension the symbols that vary along it; the other symbols of `values` are scalars.
    over : sequence of int
        The dimensions that go, at least one.
    values : mapping of symbol to numpy.ndarray
        1-D along the symbol's axis, or of size one.

    Returns
    -------
    (least, places)
        Arrays shaped like the dimensions that stay; `places` has the index along each dimension of `over`, in
        that order.  NaN is passed over; where nothing is below infinity the least is NaN and its indices are -1.
        Of equal ones the first is taken, in the order of `over` from the shortest dimension to the longest.
    """
    sizes = [values[axis[0]].size for axis in axes]
    kept = [i for i in range(len(axes)) if i not in over]
    gone = sorted(over, key=lambda i: sizes[i])
    scan = _Scan(expr, [axes[i] for i in (*kept, *gone)], len(kept), values)
    shape = tuple(sizes[i] for i in kept)
    found, place = np.empty(scan.jobs), np.empty(scan.jobs)
    scan.run("least", [found, place], [])
    found, place = (array.reshape(*shape, scan.shares) for array in (found, place))
    # of equal ones the first share's
    chosen = np.argmin(found, axis=-1)[..., None]
    lowest = np.take_along_axis(found, chosen, -1)[..., 0]
    lowest[lowest == np.inf] = np.nan
    flat = np.take_along_axis(place, chosen, -1)[..., 0].astype(np.intp)
    indices = np.unravel_index(np.maximum(flat, 0), [sizes[i] for i in gone])
    by_axis = {axis: np.where(flat < 0, -1, index) for axis, index in zip(gone, indices, strict=True)}
    return lowest, tuple(by_axis[axis] for axis in over)


def order_statistics(
    expr: sp.Expr, axes: Axes, values: Mapping[sp.Symbol, Array], fractions: Sequence[float]
) -> tuple[Array, Array, int]:
    """Values of a whole grid around fractions of its order, exactly, by four passes over it or fewer.

    Each pass counts sixteen more bits of the wanted numbers.

    Parameters
    ----------
    expr, axes, values
        As for `least`; all dimensions go.
    fractions : sequence of float
        Between 0 and 1.

    Returns
    -------
    (lower, upper, count)
        The values of rank floor and ceiling of fraction * (count - 1), counted from 0; `count` leaves NaN out.
    """
    scan = _Scan(expr, sorted(axes, key=lambda axis: values[axis[0]].size), 0, values)
    counts = np.empty((scan.jobs, BINS))
    known: dict[tuple[int, int], Array] = {}

    def tally(prefix: int, shift: int) -> Array:
        if (prefix, shift) not in known:
            counts[...] = 0.0
            scan.run("counts", [counts], [prefix, shift])
            known[prefix, shift] = counts.sum(axis=0)
        return known[prefix, shift]

    count = int(tally(0, 48).sum())

    def of_rank(rank: int) -> float:
        prefix = 0
        for shift in (48, 32, 16, 0):
            ends = np.cumsum(tally(prefix, shift))
            place = int(np.searchsorted(ends, rank, side="right"))
            rank -= int(ends[place - 1]) if place else 0
            prefix = place - 0x8000 if shift == 48 else prefix << 16 | place
        return float(np.int64(prefix if prefix >= 0 else prefix ^ 0x7FFFFFFFFFFFFFFF).view(np.float64))

    if count == 0:
        nothing = np.full(len(fractions), np.nan)
        return nothing, nothing, 0
    ranks = [fraction * (count - 1) for fraction in fractions]
    lower, upper = ([of_rank(int(end(rank))) for rank in ranks] for end in (np.floor, np.ceil))
    return np.array(lower), np.array(upper), count


class _Scan:
    """One expression on axes in the order of the loops, the first `kept` of which stay."""

    def __init__(self, expr: sp.Expr, axes: Axes, kept: int, values: Mapping[sp.Symbol, Array]) -> None:
        scalars = tuple(sorted(set(values) - {symbol for axis in axes for symbol in axis}, key=str))
        self.expr, self.kept = expr, kept
        self.layout: Layout = (scalars, *map(tuple, axes))
        self.flat = [np.ascontiguousarray(values[s], dtype=np.float64) for group in self.layout for s in group]
        self.sizes = [values[axis[0]].size for axis in axes]
        cells = prod(self.sizes[:kept])
        self.shares = max(1, min(prod(self.sizes[kept:-1]), _SHARES // max(cells, 1)))
        self.jobs = cells * self.shares

    def run(self, kind: str, out: list[Array], settings: list[int]) -> None:
        kernel, plan = _kernel(kind, self.expr, self.layout, self.kept)
        tables = [np.empty(prod(self.sizes[axis] for axis in piece.axes)) for piece in plan.tables()]
        rest: list[Array | int] = [*out, *settings, self.shares, *self.sizes, *tables, *self.flat]
        for phase, table in enumerate(tables):
            kernel(table.size, table.size, phase, *rest)
        kernel(self.jobs, prod(self.sizes), len(tables), *rest)


_IMPORTS = """from infobound.kernels.folding import *
from infobound.kernels.scratch import row as new_row
"""
# Arguments of a kernel behind its phase, by kind.
_ARGUMENTS = {"least": ("found", "places"), "counts": ("counts", "prefix", "shift")}


@lru_cache(maxsize=512)
def _kernel(kind: str, expr: sp.Expr, layout: Layout, kept: int) -> tuple[Kernel, Plan]:
    symbols = [symbol for group in layout for symbol in group]
    place = {symbol: depth for depth, group in enumerate(layout[1:]) for symbol in group}
    plan = pieces([expr], place, len(layout) - 2)
    arguments = _ARGUMENTS[kind]
    kinds = "i" + "".join("i" if name in ("prefix", "shift") else "p" for name in arguments) + "i" * len(layout)
    kinds += "p" * (len(plan.tables()) + len(symbols))

    def write() -> str:
        sizes = [f"size{axis}" for axis in range(len(layout) - 1)]
        names = [f"{table.symbol.name}all" for table in plan.tables()]
        given = ["start", "stop", "phase", *arguments, "shares", *sizes, *names]
        given += [f"{identifier(symbol)}all" for symbol in symbols]
        lines = [f"def kernel({', '.join(given)}):", *tabulated(plan, layout), *_scan(kind, plan, layout, kept)]
        return module_text(_IMPORTS, "\n".join(lines))

    shape = "/".join(",".join(identifier(symbol) for symbol in group) for group in layout)
    return load(("reductions", kind, str(kept), shape, fingerprint((expr, *symbols))), kinds, write), plan


def _scan(kind: str, plan: Plan, layout: Layout, kept: int) -> list[str]:
    """Loops over jobs, each a share of the rows of one cell; within them over tiles of the last axis, rows, and values.

    Of many rows the least is searched in two turns: the first notes only in which block of rows it is first met, the
    second goes through those rows.
    """
    last = len(layout) - 2
    tables = plan.tables()
    value = plan.results[0]
    needed = plan.needed([value], frozenset(table.symbol for table in tables))
    read = [t for t in tables if any(e.has(t.symbol) for e in (value, *(piece.expr for piece in needed)))]

    def level(axes: frozenset[int]) -> int:
        """0 for all, 1 for each cell, 2 for each row, 3 for each value."""
        return 3 if last in axes else 2 if any(axis >= kept for axis in axes) else 1 if axes else 0

    def at(depth: int, over: range) -> list[str]:
        symbols = [f"{identifier(s)} = {identifier(s)}all[i{axis}]" for axis in over for s in layout[axis + 1]]
        return [*symbols, *assigned((piece for piece in needed if level(piece.axes) == depth), "")]

    def row(goal: Sequence[str]) -> list[str]:
        return [
            *_indices("line", range(kept, last)),
            *at(2, range(kept, last)),
            *(f"row{i} = {offset(sorted(table.axes)[:-1], last)}" for i, table in enumerate(read)),
            "for j in range(length):",
            f"    i{last} = first + j",
            *(f"    {t.symbol.name} = {t.symbol.name}all[row{i} + i{last}]" for i, t in enumerate(read)),
            *(f"    {line}" for line in at(3, range(last, last + 1))),
            f"    value = {source(value)}",
            *(f"    {line}" for line in goal),
        ]

    rows = "1" if kept == last else " * ".join(f"size{axis}" for axis in range(kept, last))
    begun = [
        *(f"{identifier(s)} = {identifier(s)}all[0]" for s in layout[0]),
        *at(0, range(0)),
        "for job in range(start, stop):",
        *_deeper(_indices("job // shares", range(kept))),
        *_deeper(at(1, range(kept))),
        f"    begin = job % shares * ({rows}) // shares",
        f"    end = (job % shares + 1) * ({rows}) // shares",
    ]
    if kind == "counts":
        return _deeper(
            [
                "part = new_row()",
                *begun,
                f"    for first in range(0, size{last}, TILE):",
                f"        length = min(TILE, size{last} - first)",
                "        for line in range(begin, end):",
                *_deeper(row(["part[j] = value"]), 3),
                "            tallied(part, length, counts, job * BINS, prefix, shift)",
            ]
        )
    return _deeper(
        [
            "part, best, where = new_row(), new_row(), new_row()",
            *begun,
            "    step = BLOCK if end - begin > 8 * BLOCK else 1",
            "    for turn in range(2 if step > 1 else 1):",
            "        found[job], places[job], at_line = inf, -1.0, begin",
            f"        for first in range(0, size{last}, TILE):",
            f"            length = min(TILE, size{last} - first)",
            "            filled(best, length, inf)",
            "            filled(where, length, float(begin))",
            "            for block in range(begin, end, step):",
            "                filled(part, length, inf)",
            "                for line in range(block, min(block + step, end)):",
            *_deeper(row(["other = part[j]", "part[j] = chosen(value < other, value, other)"]), 5),
            "                merged(best, where, part, float(block), length)",
            "            least, mark, lane = folded(best, where, length)",
            "            if least < found[job] or (least == found[job] and mark < at_line):",
            "                found[job], at_line = least, int(mark)",
            f"                places[job] = float(at_line * size{last} + first + lane)",
            "        begin, end, step = at_line, min(at_line + BLOCK, end), 1",
        ]
    )


def _deeper(lines: Sequence[str], depth: int = 1) -> list[str]:
    return [f"{'    ' * depth}{line}" for line in lines]


def _indices(flat: str, axes: range) -> list[str]:
    """Index along each of some axes of a flat one."""
    lines = [f"rest = {flat}"] if axes else []
    for axis in reversed(axes):
        lines += [f"i{axis} = rest % size{axis}", f"rest //= size{axis}"]
    return lines
