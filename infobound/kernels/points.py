"""Values of expressions at scattered points: one flat compiled loop, which checks what it reads."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.errors import DomainError
from infobound.kernels.compiling import Kernel, load
from infobound.kernels.generating import fingerprint, function_text, module_text
from infobound.kernels.lowering import identifier

__all__ = ["evaluate"]

Array = NDArray[np.float64]

# Points from which numbers that are the same everywhere get a kernel that knows it; points in a block.
_MANY = 20_000
_BLOCK = 1024


def evaluate(
    expressions: Sequence[sp.Expr],
    values: Mapping[sp.Symbol, Any],
    ranges: Mapping[sp.Symbol, tuple[float, float]] | None = None,
) -> tuple[Array, ...]:
    """Evaluate all expressions at the broadcast of `values`, in one pass of compiled code.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
    values : mapping of symbol to array_like of float
        Shapes broadcast like NumPy's.
    ranges : mapping of symbol to (least, greatest), optional
        Of every symbol, ends included; without them any number will do, NaN too.

    Returns
    -------
    tuple of numpy.ndarray
        One float64 array of the broadcast shape for each expression.

    Raises
    ------
    DomainError
        If a number that is met lies outside its range; the caller knows better what to say of it.
    """
    symbols = tuple(sorted(values, key=str))
    arrays = [np.asarray(values[symbol], dtype=np.float64) for symbol in symbols]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    out = np.empty((len(expressions), int(np.prod(shape))))
    # few points do not pay for a kernel of their own, which would know what is the same at all of them
    scalars = tuple(array.size == 1 and out.shape[1] >= _MANY for array in arrays)
    flat = [
        np.ascontiguousarray(array if scalar else np.broadcast_to(array, shape))
        for array, scalar in zip(arrays, scalars, strict=True)
    ]
    outside, ends = np.zeros(1), np.array([ranges[symbol] for symbol in symbols] if ranges else [], dtype=np.float64)
    kernel = _kernel(tuple(expressions), symbols, scalars)
    kernel(out.shape[1], out.size, out, out.shape[1], outside, ends.size, ends, *flat)
    if outside[0]:
        raise DomainError("numbers must lie in the ranges given for them")
    return tuple(out.reshape(len(expressions), *shape))


@lru_cache(maxsize=512)
def _kernel(expressions: tuple[sp.Expr, ...], symbols: tuple[sp.Symbol, ...], scalars: tuple[bool, ...]) -> Kernel:
    names = [identifier(symbol) for symbol in symbols]

    def write() -> str:
        arguments = [name if scalar else f"{name}all[i]" for name, scalar in zip(names, scalars, strict=True)]
        points = (
            function_text("point", names, expressions),
            function_text("quick_point", names, expressions, quick=True),
        )
        return module_text(*points, "\n".join(_loops(names, scalars, arguments, len(expressions))))

    pattern = "".join("s" if scalar else "a" for scalar in scalars)
    return load(("points", pattern, fingerprint((*expressions, *symbols))), "pipip" + "p" * len(names), write)


def _loops(names: Sequence[str], scalars: Sequence[bool], arguments: Sequence[str], count: int) -> list[str]:
    """Loops over blocks that stay in the first-level cache: numbers are checked, then used.

    A block with a NaN among its values is computed again: quick functions give NaN wherever they do not know.
    """
    read = list(zip(names, arguments, strict=True))

    return [
        f"def kernel(start, stop, out, count, outside, checks, ends, {', '.join(f'{name}all' for name in names)}):",
        *(f"    {name} = {name}all[0]" for name, scalar in zip(names, scalars, strict=True) if scalar),
        f"    for first in range(start, stop, {_BLOCK}):",
        f"        last = min(first + {_BLOCK}, stop)",
        "        strays, unknown = 0, 0",
        "        if checks > 0:",
        *(
            line
            for at, (name, argument) in enumerate(read)
            for line in (
                f"            low, high = ends[{2 * at}], ends[{2 * at + 1}]",
                *([] if scalars[at] else ["            for i in range(first, last):"]),
                f"            {'' if scalars[at] else '    '}strays += 0 if low <= {argument} <= high else 1",
            )
        ),
        "            if strays > 0:",
        "                outside[0] = 1.0",
        "                return",
        "        for i in range(first, last):",
        f"            values = quick_point({', '.join(arguments)})",
        *(
            line
            for row in range(count)
            for line in (
                f"            out[{row} * count + i] = values[{row}]",
                f"            unknown += 0 if values[{row}] == values[{row}] else 1",
            )
        ),
        "        if unknown > 0:",
        "            for i in range(first, last):",
        f"                values = point({', '.join(arguments)})",
        *(f"                out[{row} * count + i] = values[{row}]" for row in range(count)),
    ]
