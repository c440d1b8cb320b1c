"""Values of expressions on an outer product of axes: one loop nest, each sub-expression in its own depth."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.kernels.compiling import Kernel, load
from infobound.kernels.generating import fingerprint, module_text
from infobound.kernels.lowering import assignments, identifier, source

__all__ = ["outer"]

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
    layout = (scalars, *map(tuple, axes))
    flat = [np.ascontiguousarray(values[symbol], dtype=np.float64) for group in layout for symbol in group]
    single = out.dtype == np.float32
    first = out.shape[1] if axes else 1
    _kernel(tuple(expressions), layout, single)(first, out.size, out, out[0].size, *out.shape[1:], *flat)


@lru_cache(maxsize=512)
def _kernel(expressions: tuple[sp.Expr, ...], layout: tuple[tuple[sp.Symbol, ...], ...], single: bool) -> Kernel:
    count = len(layout) - 1
    symbols = [symbol for group in layout for symbol in group]

    def write() -> str:
        depths = {symbol: depth for depth, group in enumerate(layout) for symbol in group}
        shared, reduced = assignments(expressions)
        at_depth: list[list[str]] = [[] for _ in layout]
        for symbol, expr in shared:
            depths[symbol] = max((depths[s] for s in expr.free_symbols), default=0)
            at_depth[depths[symbol]].append(f"{symbol.name} = {source(expr)}")
        sizes = ", ".join(f"size{axis}" for axis in range(1, count + 1))
        pointers = ", ".join(f"{identifier(symbol)}all" for symbol in symbols)
        lines = [
            f"def kernel(start, stop, out, total, {', '.join(filter(None, (sizes, pointers)))}):",
            "    place0 = 0",
        ]
        for depth, group in enumerate(layout):
            indent = "    " * (depth + 1)
            if depth:
                lines += [
                    f"{'    ' * depth}for i{depth} in range({'start, stop' if depth == 1 else f'size{depth}'}):",
                    f"{indent}place{depth} = place{depth - 1} * size{depth} + i{depth}",
                ]
            lines += [f"{indent}{identifier(s)} = {identifier(s)}all[{f'i{depth}' if depth else 0}]" for s in group]
            lines += [indent + line for line in at_depth[depth]]
        lines += [f"{indent}out[{row} * total + place{count}] = {source(expr)}" for row, expr in enumerate(reduced)]
        return module_text("\n".join(lines))

    kinds = ("s" if single else "p") + "i" * (1 + count) + "p" * len(symbols)
    shape = "/".join(",".join(identifier(symbol) for symbol in group) for group in layout)
    return load(("nests", shape, fingerprint((*expressions, *symbols))), kinds, write)
