"""Batches of fits: compiled descents of a robust sum of log residuals, from many starts and for many weightings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.errors import ExpressionError
from infobound.kernels.compiling import Kernel, load
from infobound.kernels.generating import fingerprint, function_text, module_text
from infobound.kernels.lowering import derivative, identifier

__all__ = ["Descents", "LogResiduals"]

Array = NDArray[np.float64]

MOST_FREE = 32
_NEWTON = Path(__file__).with_name("newton.py")
_MINIMISE, _LIST = 0, 1


@dataclass(frozen=True)
class Descents:
    """Where each descent came to rest.

    Attributes
    ----------
    u : numpy.ndarray
        Coordinates, of shape (weightings, starts, free).
    value : numpy.ndarray
        Weighted sum there, of shape (weightings, starts); infinite where the law is no positive number.
    converged : numpy.ndarray of bool
    """

    u: Array
    value: Array
    converged: NDArray[np.bool_]


@dataclass(frozen=True)
class LogResiduals:
    """Residuals ln loss - ln expr over a table of runs, as a function of the free parameters' coordinates.

    Attributes
    ----------
    expr : sympy.Expr
        The loss, in the symbols of `columns` and `free`.
    columns : tuple of sympy.Symbol
        What varies from run to run.  A table has the shape (runs, 1 + columns), ln loss first.
    free : tuple of sympy.Symbol
    logged : tuple of bool
        Whether a parameter's coordinate is its logarithm; else the coordinate is the parameter.
    """

    expr: sp.Expr
    columns: tuple[sp.Symbol, ...]
    free: tuple[sp.Symbol, ...]
    logged: tuple[bool, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.free) <= MOST_FREE:
            raise ExpressionError(f"a fit must have from 1 to {MOST_FREE} free parameters, got {len(self.free)}")

    def listed(self, u: Array, table: Array, *, order: int = 1) -> Array:
        """Loss, gradient and lower triangle of the Hessian (in the coordinates) at every point and run.

        Parameters
        ----------
        u : numpy.ndarray
            Of shape (points, free).
        table : numpy.ndarray
        order : int
            0, 1 or 2: how many derivatives.

        Returns
        -------
        numpy.ndarray
            Of shape (points, runs, values).
        """
        p, rows = len(self.free), len(table)
        width = (1, 1 + p, 1 + p + p * (p + 1) // 2)[order]
        out = np.empty((len(u), rows, width))
        nothing = np.empty(0)
        self._run(
            len(u) * rows, 20 * out.size, _LIST, width, out, u, table, nothing, 1, nothing, nothing, nothing, nothing, 0
        )
        return out

    def minimise(
        self,
        starts: Array,
        table: Array,
        weights: Array,
        *,
        delta: float,
        coarse: float,
        box: Array,
        basis: Array | None = None,
        most: int = 200,
    ) -> Descents:
        """Minimise the sum of Huber losses from every start, for every weighting of the runs.

        Parameters
        ----------
        starts : numpy.ndarray
            Of shape (weightings, starts, free).
        table : numpy.ndarray
        weights : numpy.ndarray
            Of shape (weightings, runs).
        delta, coarse : float
            Threshold of the Huber loss (infinite: least squares), and the threshold to begin with.
        box : numpy.ndarray
            Of shape (free, 2): ends of the coordinates.
        basis : numpy.ndarray, optional
            Of shape (free, directions): the descent stays in start + their span.
        most : int
            Steps at the last threshold.
        """
        p = len(self.free)
        basis = np.eye(p) if basis is None else basis
        # the box holds a direction back where it moves one coordinate alone
        alone = (basis != 0).sum(axis=0) == 1
        owners = np.where(alone, np.abs(basis).argmax(axis=0), -1.0)
        draws, each = starts.shape[:2]
        found = np.empty((draws, each, p + 2))
        thresholds = np.array([coarse, delta])
        count = draws * each
        work = 1000 * count * len(table)
        self._run(
            count, work, _MINIMISE, p + 2, found, starts, table, weights, each, thresholds, basis, owners, box, most
        )
        return Descents(found[..., :p], found[..., p], found[..., p + 1] > 0)

    def _run(
        self,
        length: int,
        work: int,
        task: int,
        width: int,
        out: Array,
        points: Array,
        table: Array,
        weights: Array,
        each: int,
        thresholds: Array,
        basis: Array,
        owners: Array,
        box: Array,
        most: int,
    ) -> None:
        k = basis.shape[1] if basis.ndim == 2 else 0
        points, table, weights, basis, owners, box = (
            np.ascontiguousarray(array, dtype=np.float64) for array in (points, table, weights, basis, owners, box)
        )
        kernel = _kernel(self)
        kernel(
            length,
            work,
            task,
            width,
            out,
            points,
            table,
            len(table),
            weights,
            each,
            thresholds,
            basis,
            k,
            owners,
            box,
            most,
        )


@lru_cache(maxsize=64)
def _kernel(fit: LogResiduals) -> Kernel:
    p, columns = len(fit.free), 1 + len(fit.columns)
    unpacked = [f"{identifier(symbol)} = table[j * {columns} + {i}]" for i, symbol in enumerate(fit.columns, 1)]
    unpacked += [
        f"{identifier(symbol)} = exp(u[at + {i}])" if logged else f"{identifier(symbol)} = u[at + {i}]"
        for i, (symbol, logged) in enumerate(zip(fit.free, fit.logged, strict=True))
    ]
    arguments = ["u", "at", "table", "j"]

    def write() -> str:
        slopes = [derivative(fit.expr, s, log=logged) for s, logged in zip(fit.free, fit.logged, strict=True)]
        bends = [_bend(fit, slopes, a, b) for a in range(p) for b in range(a + 1)]
        return module_text(
            f"FREE = {p}\nCOLUMNS = {columns}",
            function_text("level", arguments, [fit.expr], unpacked),
            function_text("model", arguments, [fit.expr, *slopes, *bends], unpacked, inline=False),
            _NEWTON.read_text(encoding="utf-8"),
        )

    kinds = "iipppipippippi"
    return load(("residuals", str(fit.logged), fingerprint((fit.expr, *fit.columns, *fit.free))), kinds, write)


def _bend(fit: LogResiduals, slopes: Sequence[sp.Expr], a: int, b: int) -> sp.Expr:
    """Second derivative; where a function has no rule for it, the one with which ln expr is straight."""
    try:
        return derivative(slopes[a], fit.free[b], log=fit.logged[b])
    except ExpressionError:
        return slopes[a] * slopes[b] / fit.expr
