"""Bands: what the draws of a fit's constants make of a prediction or of an allocation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound.allocation.minimising import allocated
from infobound.costs import Cost
from infobound.record import AllocationRule, Law

__all__ = ["allocation_band", "band"]

Array = NDArray[np.float64]


def band(drawn: Array, level: float) -> tuple[Array, Array]:
    """Ends between which a share `level` of the draws, along the first axis, lies.

    A draw without a value counts as one that may lie anywhere; where no draw has one, the ends are NaN.
    """
    unknown = np.isnan(drawn)
    nowhere = unknown.all(axis=0)
    if not drawn.size:
        return np.full(nowhere.shape, np.nan), np.full(nowhere.shape, np.nan)
    tail = (1 - level) / 2
    low = np.quantile(np.where(unknown, -np.inf, drawn), tail, axis=0, method="lower")
    high = np.quantile(np.where(unknown, np.inf, drawn), 1 - tail, axis=0, method="higher")
    return np.where(nowhere, np.nan, low), np.where(nowhere, np.nan, high)


def allocation_band(
    entry: Law | AllocationRule,
    cost: Cost | str | None,
    given: Mapping[str, Any],
    draws: Mapping[str, Array],
    level: float,
) -> dict[str, tuple[tuple[str, ...], Array]]:
    """`_low` and `_high` of parameters, tokens and their ratio on each budget, each draw allocated by itself."""
    import xarray as xr

    along = {name: xr.DataArray(values, dims="draw") for name, values in draws.items()}
    found: dict[str, tuple[tuple[str, ...], Array]] = {}
    answer = allocated(entry, cost, {**given, **along})
    for name in ("p", "T", "tokens_per_parameter"):
        dims, array = answer.variables[name]
        low, high = band(np.moveaxis(array, dims.index("draw"), 0), level)
        kept = tuple(dim for dim in dims if dim != "draw")
        found |= {f"{name}_low": (kept, low), f"{name}_high": (kept, high)}
    return found
