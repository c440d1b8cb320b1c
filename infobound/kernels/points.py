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

_MANY = 20_000


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
    # few points do not pay for a kernel of their own, which would know what is the same at all of them
    scalars = tuple(array.size == 1 and out.shape[1] >= _MANY for array in arrays)
    flat = [
        np.ascontiguousarray(array if scalar else np.broadcast_to(array, shape))
        for array, scalar in zip(arrays, scalars, strict=True)
    ]
    _kernel(tuple(expressions), symbols, scalars)(out.shape[1], out.size, out, out.shape[1], *flat)
    return tuple(out.reshape(len(expressions), *shape))


@lru_cache(maxsize=512)
def _kernel(expressions: tuple[sp.Expr, ...], symbols: tuple[sp.Symbol, ...], scalars: tuple[bool, ...]) -> Kernel:
    names = [identifier(symbol) for symbol in symbols]

    def write() -> str:
        arguments = [name if scalar else f"{name}all[i]" for name, scalar in zip(names, scalars, strict=True)]
        loop = [
            f"def kernel(start, stop, out, count, {', '.join(f'{name}all' for name in names)}):",
            *(f"    {name} = {name}all[0]" for name, scalar in zip(names, scalars, strict=True) if scalar),
            "    for i in range(start, stop):",
            f"        values = point({', '.join(arguments)})",
            *(f"        out[{row} * count + i] = values[{row}]" for row in range(len(expressions))),
        ]
        return module_text(function_text("point", names, expressions), "\n".join(loop))

    pattern = "".join("s" if scalar else "a" for scalar in scalars)
    return load(("points", pattern, fingerprint((*expressions, *symbols))), "pi" + "p" * len(names), write)
