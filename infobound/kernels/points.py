"""Values of expressions at scattered points: one flat compiled loop."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.kernels.compiling import Kernel, load
from infobound.kernels.generating import fingerprint, function_text, module_text
from infobound.kernels.lowering import identifier

__all__ = ["evaluate"]

Array = NDArray[np.float64]


def evaluate(expressions: Sequence[sp.Expr], values: Mapping[sp.Symbol, Any]) -> tuple[Array, ...]:
    """Evaluate all expressions at the broadcast of `values`, in one pass of compiled code.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
    values : mapping of symbol to array_like of float
        Shapes broadcast like NumPy's.

    Returns
    -------
    tuple of numpy.ndarray
        One float64 array of the broadcast shape for each expression.
    """
    symbols = tuple(sorted(values, key=str))
    arrays = [np.asarray(values[symbol], dtype=np.float64) for symbol in symbols]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    out = np.empty((len(expressions), int(np.prod(shape))))
    flat: list[Array | int] = []
    for array in arrays:
        single = array.size == 1
        flat += [np.ascontiguousarray(array if single else np.broadcast_to(array, shape)), 0 if single else 1]
    _kernel(tuple(expressions), symbols)(out.shape[1], out.size, out, out.shape[1], *flat)
    return tuple(out.reshape(len(expressions), *shape))


@lru_cache(maxsize=512)
def _kernel(expressions: tuple[sp.Expr, ...], symbols: tuple[sp.Symbol, ...]) -> Kernel:
    names = [identifier(symbol) for symbol in symbols]

    def write() -> str:
        loop = [
            f"def kernel(start, stop, out, count, {', '.join(f'{name}, {name}step' for name in names)}):",
            "    for i in range(start, stop):",
            f"        values = point({', '.join(f'{name}[i * {name}step]' for name in names)})",
            *(f"        out[{row} * count + i] = values[{row}]" for row in range(len(expressions))),
        ]
        return module_text(function_text("point", names, expressions), "\n".join(loop))

    return load(("points", fingerprint((*expressions, *symbols))), "pi" + "pi" * len(names), write)
