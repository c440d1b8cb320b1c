"""Batches of budgets: a compiled loop that minimises an expression along each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.kernels.compiling import Kernel, load
from infobound.kernels.generating import fingerprint, function_text, module_text
from infobound.kernels.lowering import derivative, identifier

__all__ = ["STATUSES", "Minima", "minimise"]

Array = NDArray[np.float64]

# In the order of the codes in descent.py.
STATUSES = ("converged", "lower_edge", "upper_edge", "flat", "infeasible", "not_finite", "not_converged")

_DESCENT = Path(__file__).with_name("descent.py")


@dataclass(frozen=True)
class Minima:
    """Minimisers along budgets, each attribute an array of the budgets' shape.

    `rate_*` are derivatives in ln C: of ln size, of ln data, and of the expression itself.
    """

    size: Array
    data: Array
    status: NDArray[np.str_]
    rate_size: Array
    rate_data: Array
    rate_value: Array
    whole_size: Array
    whole_data: Array


def minimise(
    expr: sp.Expr,
    cost: sp.Expr,
    solved: sp.Expr | None,
    *,
    size: sp.Symbol,
    data: sp.Symbol,
    budget: sp.Symbol,
    budgets: Any,
    values: Mapping[sp.Symbol, Any],
) -> Minima:
    """Minimise `expr` over size >= 1 and data >= 1 with cost = budget, for every budget.

    Parameters
    ----------
    expr, cost : sympy.Expr
        In `size`, `data` and the symbols of `values`.
    solved : sympy.Expr or None
        The data size that solves cost = budget; None where it is to be searched for.
    size, data, budget : sympy.Symbol
    budgets : array_like of float
    values : mapping of symbol to array_like of float
        Parameters; they and the budgets broadcast.
    """
    # a constant factor of the cost goes into the budgets: costs that differ by one share a kernel
    factor, cost = cost.as_coeff_Mul()
    budgets = np.asarray(budgets, dtype=np.float64) / float(factor)
    if solved is not None:
        solved = solved.subs(budget, factor * budget)
    symbols = tuple(sorted(values, key=str))
    arrays = [np.asarray(array, dtype=np.float64) for array in (budgets, *(values[symbol] for symbol in symbols))]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    flat: list[Array | int] = []
    for array in arrays:
        single = array.size == 1
        flat += [np.ascontiguousarray(array if single else np.broadcast_to(array, shape)), 0 if single else 1]
    out = np.empty((8, int(np.prod(shape))))
    # constants would drown the minimum in rounding: only what size or data moves is minimised
    moving = sp.Add(*(part for part in sp.Add.make_args(expr) if part.free_symbols & {size, data}))
    _kernel(moving, cost, solved, (size, data, budget), symbols)(
        out.shape[1], 500 * out.shape[1], out, out.shape[1], *flat
    )
    n, T, status, *rest = (row.reshape(shape) for row in out)
    return Minima(n, T, np.array(STATUSES)[status.astype(np.intp)], *rest)


@lru_cache(maxsize=512)
def _kernel(
    expr: sp.Expr,
    cost: sp.Expr,
    solved: sp.Expr | None,
    ends: tuple[sp.Symbol, sp.Symbol, sp.Symbol],
    symbols: tuple[sp.Symbol, ...],
) -> Kernel:
    size, data, budget = ends
    unpacked = [f"{identifier(symbol)} = q[{i}]" for i, symbol in enumerate(symbols)]

    def lowered(name: str, expressions: Sequence[sp.Expr], second: sp.Symbol = data, *, inline: bool = False) -> str:
        return function_text(name, [identifier(size), identifier(second), "q"], expressions, unpacked, inline=inline)

    def second_order(whole: sp.Expr) -> list[sp.Expr]:
        in_size, in_data = derivative(whole, size), derivative(whole, data)
        return [
            in_size,
            in_data,
            derivative(in_size, size),
            derivative(in_size, data),
            derivative(in_data, data),
        ]

    def write() -> str:
        names = [identifier(symbol) for symbol in symbols]
        q = "(" + "".join(f"{name}[i * {name}step], " for name in names) + ")"
        loop = [
            f"def kernel(start, stop, out, count, {', '.join(f'{name}, {name}step' for name in ('budget', *names))}):",
            "    for i in range(start, stop):",
            f"        values = minimised(budget[i * budgetstep], {q})",
            *(f"        out[{row} * count + i] = values[{row}]" for row in range(8)),
        ]
        if solved is None:
            left = "@jit\ndef data_left(n, C, q):\n    return (searched_data(n, C, q),)"
        else:
            left = lowered("data_left", [solved], budget, inline=True)
        return module_text(
            lowered("objective", [expr], inline=True),
            lowered("slopes", second_order(expr)),
            lowered("spending", [cost]),
            lowered("spending_slopes", second_order(cost)),
            left,
            _DESCENT.read_text(encoding="utf-8"),
            "\n".join(loop),
        )

    parts = (expr, cost, *ends, *symbols) if solved is None else (expr, cost, solved, *ends, *symbols)
    return load(("budgets", fingerprint(parts)), "pi" + "pi" * (1 + len(symbols)), write)
