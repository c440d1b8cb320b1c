"""What reductions do with a row of values: fold it to its least, or count it by the bits of its numbers."""

from typing import TYPE_CHECKING

from numba import types
from numba.extending import intrinsic
from numpy import floor

from infobound.kernels.compiling import inlined, jit
from infobound.kernels.elementary import bits_of

__all__ = ["BINS", "BLOCK", "TILE", "chosen", "filled", "folded", "merged", "tallied"]

# Values in a row, so that three rows lie in the first-level cache; rows between two notes of where the least is.
TILE = 1024
BLOCK = 16
BINS = 65536


if TYPE_CHECKING:

    def chosen(condition: bool, one: float, other: float) -> float:
        """Return one of two numbers without a branch, which would make conditional stores of plain ones."""
else:

    @intrinsic
    def chosen(typing, condition, one, other):
        """Return one of two numbers without a branch, which would make conditional stores of plain ones."""

        def select(context, builder, signature, args):
            return builder.fadd(builder.select(*args), context.get_constant(types.float64, 0.0))

        return types.float64(types.boolean, types.float64, types.float64), select


@inlined
def filled(row: list[float], length: int, value: float) -> None:
    """Put one value everywhere in a row."""
    for j in range(length):
        row[j] = value


@inlined
def merged(best: list[float], where: list[float], row: list[float], mark: float, length: int) -> None:
    """Lay a row on the best so far, and mark where it is less."""
    for j in range(length):
        value, other, elsewhere = row[j], best[j], where[j]
        best[j] = chosen(value < other, value, other)
        where[j] = chosen(value < other, mark, elsewhere)


@jit
def folded(best: list[float], where: list[float], length: int) -> tuple[float, float, int]:
    """Least of a row, its mark and its place: of equal ones that of the least mark, then of the least place.

    The upper half is laid on the lower until one value is left, so that the work is done in vector registers.
    The row is used up.
    """
    for j in range(length):
        where[j] = where[j] * TILE + j
    while length > 1:
        half = (length + 1) // 2
        for j in range(length - half):
            value, place, other, elsewhere = best[j + half], where[j + half], best[j], where[j]
            first = chosen(place < elsewhere, place, elsewhere)
            best[j] = chosen(value < other, value, other)
            where[j] = chosen(value == other, first, chosen(value < other, place, elsewhere))
        length = half
    mark = floor(where[0] / TILE)
    return best[0], mark, int(where[0] - mark * TILE)


@jit
def tallied(row: list[float], length: int, counts: list[float], first: int, prefix: int, shift: int) -> None:
    """Count a row's numbers by sixteen bits of their rank among all doubles, behind the bits that are `prefix`."""
    for j in range(length):
        value = row[j]
        if value == value:
            bits = bits_of(value)
            rank = bits if bits >= 0 else bits ^ 0x7FFFFFFFFFFFFFFF
            if shift == 48:
                counts[first + ((rank >> 48) & 0xFFFF ^ 0x8000)] += 1.0
            elif rank >> (shift + 16) == prefix:
                counts[first + (rank >> shift & 0xFFFF)] += 1.0
