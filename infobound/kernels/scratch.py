"""Memory of a compiled function's own: a row of doubles on its stack."""

from typing import TYPE_CHECKING

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["ROW", "row"]

ROW = 8194

if TYPE_CHECKING:

    def row() -> list[float]:
        """Pointer to ROW doubles, until the function that asked for them returns; nothing is in them."""
else:

    @intrinsic
    def row(typing):
        """Pointer to ROW doubles, until the function that asked for them returns; nothing is in them."""

        def reserve(context, builder, signature, args):
            return cgutils.alloca_once(builder, ir.DoubleType(), size=ROW)

        return types.CPointer(types.float64)(), reserve
