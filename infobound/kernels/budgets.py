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
from infobound.kernels.hoisting import pieces
from infobound.kernels.lowering import derivative, identifier, source
from infobound.kernels.nests import assigned

__all__ = ["STATUSES", "Minima", "minimise"]

Array = NDArray[np.float64]

# In the order of the codes in descent.py.
STATUSES = ("converged", "lower_edge", "upper_edge", "flat", "infeasible", "not_finite", "not_converged")

# Rows of memory that a scan reads beside the sizes themselves.
_MOST_TABLES = 6
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
    scalars = tuple(array.size == 1 for array in arrays)
    flat = [
        array.ravel() if one else np.broadcast_to(array, shape).ravel()
        for array, one in zip(arrays, scalars, strict=True)
    ]
    out = np.empty((8, int(np.prod(shape))))
    # budgets with the same parameters stand together: what depends on these alone is computed once for all of them
    varying = [array for array, scalar in zip(flat[1:], scalars[1:], strict=True) if not scalar]
    order = np.lexsort(varying) if varying else None
    if order is not None:
        flat = [array if one else array[order] for array, one in zip(flat, scalars, strict=True)]
    # constants would drown the minimum in rounding: only what size or data moves is minimised
    moving = sp.Add(*(part for part in sp.Add.make_args(expr) if part.free_symbols & {size, data}))
    steps = [
        part
        for array, one in zip(flat, scalars, strict=True)
        for part in (np.ascontiguousarray(array), 0 if one else 1)
    ]
    _kernel(moving, cost, solved, (size, data, budget), symbols)(
        out.shape[1], 500 * out.shape[1], out, out.shape[1], *steps
    )
    if order is not None:
        out[:, order] = out.copy()
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
        scan, tables = _scan(expr, cost, solved, ends, unpacked)
        loop = [
            f"def kernel(start, stop, out, count, {', '.join(f'{name}, {name}step' for name in ('budget', *names))}):",
            f"    tables = ({'row(), ' * tables})",
            "    filled, i = 0, start",
            f"    before = {q}",
            "    for i in range(start, stop):",
            f"        q = {q}",
            *(["        if q != before:", "            filled = 0", "        before = q"] if names else []),
            "        end = feasible_end(budget[i * budgetstep], q)",
            "        last = int(ceil(end / SCAN_STEP))",
            "        if last > filled:",
            "            tabulated(filled, last, q, tables)",
            "            filled = last",
            "        values = minimised(end, budget[i * budgetstep], q, tables)",
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
            _end_guessed(cost, ends, unpacked),
            _DESCENT.read_text(encoding="utf-8"),
            scan,
            "\n".join(loop),
        )

    parts = (expr, cost, *ends, *symbols) if solved is None else (expr, cost, solved, *ends, *symbols)
    return load(("budgets", fingerprint(parts)), "pi" + "pi" * (1 + len(symbols)), write)


def _end_guessed(cost: sp.Expr, ends: tuple[sp.Symbol, sp.Symbol, sp.Symbol], unpacked: Sequence[str]) -> str:
    """Text of `end_guessed`: the solution of cost = C in ln n at one sample, where the cost is c n^a."""
    size, data, budget = ends
    alone = cost.subs(data, 1)
    exponent = sp.cancel(derivative(alone, size) / alone)
    known = not exponent.has(size)
    guess = (sp.log(budget) - sp.log(alone.subs(size, 1))) / exponent if known else sp.nan
    text = function_text("guess", [identifier(budget), "q"], [guess], unpacked)
    return f"{text}\n\n@inlined\ndef end_guessed(C, q):\n    return guess(C, q)[0]"


def _scan(
    expr: sp.Expr,
    cost: sp.Expr,
    solved: sp.Expr | None,
    ends: tuple[sp.Symbol, sp.Symbol, sp.Symbol],
    unpacked: Sequence[str],
) -> tuple[str, int]:
    """Text of `tabulated` and `scanned`, and how many tables these use.

    On a budget the expression is one in size and budget alone.  What depends on the size alone is put into tables,
    what depends on the budget alone stands before the loop.  Logarithms of products are taken apart for that: a
    scan needs a dozen digits.
    """
    size, data, budget = ends
    heads = ["@jit", "def tabulated(first, last, q, tables):"], ["@jit", "def scanned(last, C, q, tables, heights):"]
    if solved is None:
        lines = [*heads[0], "    return", "", *heads[1], "    for i in range(last):"]
        return "\n".join([*lines, "        heights[i + 1] = height(i * SCAN_STEP, C, q)"]), 1
    plan = pieces([_apart(expr.subs(data, solved), {size, budget})], {budget: 0, size: 1}, 1)
    needed = plan.needed(plan.results, frozenset())
    of_size = [piece for piece in needed if piece.axes == {1}]
    inside = [*(piece.expr for piece in needed if len(piece.axes) == 2), *plan.results]
    used = frozenset().union(*(part.free_symbols for part in inside))
    tables = [piece for piece in of_size if piece.symbol in used][:_MOST_TABLES]
    known = frozenset(piece.symbol for piece in tables)
    rest = [piece for piece in plan.needed(inside, known) if piece.axes == {1}]
    names = [piece.symbol.name for piece in tables]
    before = [f"    {text}" for text in unpacked]
    constant = [f"    {line}" for line in assigned((piece for piece in needed if not piece.axes), "")]
    lines = [*heads[0], *before, *constant, "    for i in range(first, last):"]
    lines += [f"        {identifier(size)} = exp(i * SCAN_STEP)", f"        tables[0][i] = {identifier(size)}"]
    lines += assigned(of_size, "        ")
    lines += [f"        tables[{k}][i] = {name}" for k, name in enumerate(names, 1)]
    lines += ["", *heads[1], *before, f"    {identifier(budget)} = C", *constant]
    lines += assigned((piece for piece in needed if piece.axes == {0}), "    ")
    lines += [f"    {name}all = tables[{k}]" for k, name in enumerate(["size", *names])]
    lines += ["    for i in range(last):", f"        {identifier(size)} = sizeall[i]"]
    lines += [f"        {name} = {name}all[i]" for name in names]
    lines += assigned(rest, "        ")
    lines += assigned((piece for piece in needed if len(piece.axes) == 2), "        ")
    lines += [f"        value = {source(plan.results[0])}", "        heights[i + 1] = value if value == value else inf"]
    return "\n".join(lines), 1 + len(tables)


def _apart(expr: sp.Expr, moving: set[sp.Symbol]) -> sp.Expr:
    """Write logarithms of products as sums, the signs of what does not move left aside.

    `moving` are size and budget, which are positive; other factors that hold them must be known to be.  Where the
    rest is negative the objective has no value along the whole budget, and no scan changes that.  Powers of
    products are taken apart by SymPy, where that is always right.
    """

    def of_product(argument: sp.Expr) -> sp.Expr:
        factors = [factor.as_base_exp() for factor in sp.Mul.make_args(argument)]
        if any(base not in moving and base.free_symbols & moving and not base.is_positive for base, _ in factors):
            return sp.log(argument)
        if not all(exponent.is_number and exponent.is_real for _, exponent in factors):
            return sp.log(argument)
        return sp.Add(*(exponent * sp.log(base if base in moving else sp.Abs(base)) for base, exponent in factors))

    return sp.expand_power_base(expr.replace(sp.log, of_product))
