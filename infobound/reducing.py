"""What a grid is asked for when it is too large to look at: its least values, quantiles and level lines.

The grid itself is never written to memory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound.allocation.minimising import check_budgets, refuse_lower_bound
from infobound.costs import Cost, cost_named
from infobound.errors import DomainError, ExpressionError, UnknownNameError
from infobound.inputs import as_floats
from infobound.kernels.points import evaluate
from infobound.kernels.reductions import least as least_values
from infobound.kernels.reductions import order_statistics
from infobound.labelled import Answer, as_xarray, attributes, laid_out, law_named
from infobound.record import Law
from infobound.symbols import COST, p

__all__ = ["isoflop", "isoloss", "least", "quantiles"]

Array = NDArray[np.float64]

# No symbol of a law has such a name.
_LEVEL, _PLACE = sp.symbols(r"loss\ level place\ on\ axis", real=True)


@as_xarray
def least(law: Law | str, *, over: str | Iterable[str], **axes: Any) -> Answer:
    """Least values of a law over some axes of a grid, and where they are taken.

    Parameters
    ----------
    law : Law or str
    over : str or iterable of str
        The axes to minimise over.
    **axes : array_like of float
        Size, data and parameters by name: 1-D arrays are the axes of the grid, scalars become scalar coordinates.

    Returns
    -------
    xarray.Dataset
        On the axes that are left: `loss`, and for each axis of `over` the value at which it is least.  Of equal
        ones the first is taken, along several axes in their order from the shortest to the longest.  NaN where the
        law has no value below infinity.

    Raises
    ------
    UnknownNameError, DomainError

    Examples
    --------
    >>> found = least("sampled_student", over="n", n=range(1, 5000), T=[1e6, 1e8], d=16, K=10)
    >>> found.n.values
    array([ 967., 4999.])
    """
    entry = law_named(law)
    given = _Given((entry,), axes)
    gone = given.chosen(over)
    values, places = least_values(entry.expr, given.along, [given.dims.index(axis) for axis in gone], given.values)
    left = tuple(dim for dim in given.dims if dim not in gone)
    variables = {"loss": (left, values)}
    for axis, place in zip(gone, places, strict=True):
        variables[axis] = (left, np.where(place < 0, np.nan, given.labels(axis)[place]))
    return Answer(given.coords_without(gone), variables, attributes(entry))


@as_xarray
def quantiles(
    law: Law | str, q: float | Sequence[float], *, relative_to: Law | str | None = None, **axes: Any
) -> Answer:
    """Quantiles of a law, or of the ratio of two laws, over a whole grid.

    They are exact: four passes count the values by their bits, sixteen at a time.

    Parameters
    ----------
    law : Law or str
    q : float or sequence of float
        Fractions between 0 and 1; between two values of the grid the quantile is linear, like numpy.quantile's.
    relative_to : Law or str, optional
        The law that the values are divided by.  Symbols of one name are the same number in both.
    **axes : array_like of float
        As for `least`.

    Returns
    -------
    xarray.DataArray
        `quantile`, along `q` unless that is a number.  NaN is left out.

    Raises
    ------
    UnknownNameError, DomainError
    """
    entry = law_named(law)
    entries = (entry,) if relative_to is None else (entry, law_named(relative_to))
    fractions = np.asarray(q, dtype=np.float64)
    if fractions.ndim > 1 or not ((fractions >= 0) & (fractions <= 1)).all():
        raise DomainError(f"q must be a number or a sequence of numbers between 0 and 1, got {q!r}")
    given = _Given(entries, axes)
    expr = entry.expr if len(entries) == 1 else entry.expr / entries[1].expr.xreplace(given.renamed)
    lower, upper, count = order_statistics(expr, given.along, given.values, fractions.ravel().tolist())
    between = fractions.ravel() * (count - 1) % 1.0 if count else 0.0
    with np.errstate(invalid="ignore"):
        found = np.where(lower == upper, lower, lower + (upper - lower) * between)
    dims = ("q",) * fractions.ndim
    attrs = attributes(entry) | ({} if len(entries) == 1 else {"relative_to": entries[1].name})
    coords = {"q": (dims, fractions)} | given.coords_without(given.dims)
    return Answer(coords, {"quantile": (dims, found.reshape(fractions.shape))}, attrs, single="quantile")


@as_xarray
def isoloss(law: Law | str, loss: float | Sequence[float], *, along: str, **axes: Any) -> Answer:
    """Where a law first comes down to given losses along one axis of a grid.

    The axis is searched for its first value at which the law is at most the loss; the crossing between that and
    the value before is then found by bisection, to rounding.

    Parameters
    ----------
    law : Law or str
    loss : float or sequence of float
    along : str
        The axis to follow, in the order of its values.
    **axes : array_like of float
        As for `least`.

    Returns
    -------
    xarray.DataArray
        Values of `along`, on `loss` (unless that is a number) and the axes that are left.  NaN where the law
        stays above the loss; the first value of the axis where it is below from the start.

    Raises
    ------
    UnknownNameError, DomainError

    Examples
    --------
    >>> float(isoloss("chinchilla_replication", 2.2, along="D", N=70e9, D=[1e10, 1e11, 1e12]))
    31275...
    """
    entry = law_named(law)
    given = _Given((entry,), axes)
    axis = given.alone(along)
    levels = np.asarray(loss, dtype=np.float64)
    if levels.ndim > 1 or not np.isfinite(levels).all():
        raise DomainError(f"loss must be a finite number or a sequence of them, got {loss!r}")
    symbol = given.symbols[axis]
    # the least place on the axis at which the loss is not above the level
    first = sp.Piecewise((_PLACE, entry.expr <= _LEVEL), (sp.oo, True))
    along_all = [[_LEVEL], *given.along]
    place = given.dims.index(axis) + 1
    along_all[place] = [*along_all[place], _PLACE]
    labels = given.labels(axis)
    values = given.values | {_LEVEL: levels.ravel(), _PLACE: np.arange(labels.size, dtype=np.float64)}
    _, (found,) = least_values(first, along_all, [place], values)
    left = [dim for dim in given.dims if dim != axis]
    high = np.where(found < 0, np.nan, labels[found])
    low = np.where(found < 0, np.nan, labels[np.maximum(found - 1, 0)])
    spread = {_LEVEL: levels.reshape(-1, *[1] * len(left))} | given.spread_over(("loss", *left))
    # halving the logarithm where it can be taken: axes run over decades
    for _ in range(200):
        with np.errstate(invalid="ignore"):
            middle = np.where((low > 0) & (high > 0), np.sqrt(low) * np.sqrt(high), 0.5 * (low + high))
        outside = ~((np.minimum(low, high) < middle) & (middle < np.maximum(low, high)))
        if outside.all():
            break
        below = evaluate((entry.expr - _LEVEL,), {**spread, symbol: middle})[0] <= 0
        low, high = np.where(outside | below, low, middle), np.where(~outside & below, middle, high)
    dims = (*(("loss",) if levels.ndim else ()), *left)
    coords = {"loss": (("loss",) * levels.ndim, levels)} | given.coords_without((axis,))
    result = high if levels.ndim else high[0]
    return Answer(coords, {axis: (dims, result)}, attributes(entry), single=axis)


@as_xarray
def isoflop(law: Law | str, *, C: Any, cost: Cost | str | None = None, **axes: Any) -> Answer:
    """Lowest points of isoFLOP curves: the best of given sizes on each budget, with the data that the budget leaves.

    This is how sizes that were trained, or can be trained, are compared at equal compute (Hoffmann et al. 2022,
    section 3.2).  `allocate` finds the best of all sizes.

    Parameters
    ----------
    law : Law or str
    C : array_like of float
        Budgets in operations.
    cost : Cost or str, optional
        Linear in T; the law's own if left out; "product" (p T) or "transformer" (6 p T) by name.
    **axes : array_like of float
        The sizes, which must lie along an axis, and the parameters by name, as for `least`.

    Returns
    -------
    xarray.Dataset
        On the budgets and the axes that are left: `loss`, size and data size.  NaN where the budget leaves no
        size a sample.

    Raises
    ------
    UnknownNameError, DomainError, ExpressionError

    Examples
    --------
    >>> found = isoflop("chinchilla_replication", C=[6e18, 6e20], N=[1e8, 1e9, 1e10])
    >>> found.N.values.tolist()
    [100000000.0, 1000000000.0]
    """
    entry = law_named(law)
    if entry.size is None or entry.data is None or entry.parameter_count is None:
        raise ExpressionError(f"an isoFLOP curve needs a law in size and data, got {entry.name}, which lacks one")
    refuse_lower_bound(entry)
    chosen = entry.cost if cost is None else cost_named(cost)
    if chosen.data_at is None:
        raise ExpressionError(f"an isoFLOP curve needs a cost that is linear in T, got {chosen}; see allocate")
    left = chosen.data_at.xreplace({p: entry.parameter_count})
    given = _Given((entry,), {"C": C, **axes}, spent=entry.data)
    size = given.alone(entry.size.name)
    on_curve = sp.Piecewise((entry.expr.xreplace({entry.data: left}), left >= 1), (sp.oo, True))
    values, (place,) = least_values(on_curve, given.along, [given.dims.index(size)], given.values)
    dims = tuple(dim for dim in given.dims if dim != size)
    best = np.where(place < 0, np.nan, given.labels(size)[place])
    data = evaluate((left,), given.spread_over(dims) | {entry.size: best})[0]
    variables = {"loss": (dims, values), size: (dims, best), entry.data.name: (dims, data)}
    return Answer(given.coords_without((size,)), variables, attributes(entry) | {"cost": str(chosen)})


@dataclass(init=False)
class _Given:
    """Numbers for one or two laws on the axes of one grid.

    Attributes
    ----------
    dims : tuple of str
        The axes, in the order given.
    along : list of list of sympy.Symbol
        The symbols of each.
    values : mapping of sympy.Symbol to numpy.ndarray
    renamed : mapping of sympy.Symbol to sympy.Symbol
        Symbols of the second law that go by a symbol of the first.
    """

    def __init__(self, laws: Sequence[Law], axes: dict[str, Any], spent: sp.Symbol | None = None) -> None:
        """Take the numbers of all symbols; instead of `spent`, a data size, those of the budget C."""
        self.symbols: dict[str, sp.Symbol] = {}
        numbers: dict[str, Array] = {}
        self.renamed: dict[sp.Symbol, sp.Symbol] = {}
        if spent is not None:
            self.symbols["C"], numbers["C"] = COST["C"].symbol, as_floats("C", axes["C"])
            check_budgets(numbers["C"])
        needed = [*self.symbols, *dict.fromkeys(s.name for law in laws for s in law.symbols if s != spent)]
        unknown = [name for name in axes if name not in needed]
        if unknown:
            raise UnknownNameError(
                f"a symbol must be one of {', '.join(law.name for law in laws)}'s: {', '.join(needed)}; "
                f"got {', '.join(unknown)}"
            )
        for law in laws:
            own = {symbol.name: symbol for symbol in law.symbols if symbol != spent}
            numbers = law.checked({name: raw for name, raw in axes.items() if name in own}, own) | numbers
            for name, symbol in own.items():
                self.renamed[symbol] = self.symbols.setdefault(name, symbol)
        self.coords, _ = laid_out(axes)
        self.dim_of = {name: dims[0] for name, (dims, _) in self.coords.items() if len(dims) == 1}
        several = [name for name, (dims, _) in self.coords.items() if len(dims) > 1]
        if several:
            raise DomainError(f"the axes of a reduced grid must be one-dimensional, got {several[0]} with more")
        self.dims = tuple(dict.fromkeys(dim for dims, _ in self.coords.values() for dim in dims))
        named = self.symbols.items()
        self.along = [[symbol for name, symbol in named if self.dim_of.get(name) == dim] for dim in self.dims]
        self.values = {symbol: np.atleast_1d(numbers[name]) for name, symbol in named}

    def chosen(self, over: str | Iterable[str]) -> tuple[str, ...]:
        """Names of axes, after a check."""
        names = (over,) if isinstance(over, str) else tuple(over)
        for name in names:
            if name not in self.dims:
                raise UnknownNameError(f"an axis must be one of {', '.join(self.dims) or 'none'}; got {name!r}")
        if not names or len(set(names)) < len(names):
            raise UnknownNameError(f"axes must be named once each, and at least one, got {names!r}")
        if not all(self.values[symbol].size for group in self.along for symbol in group):
            raise DomainError("the axes of a reduced grid must hold at least one number each")
        return names

    def alone(self, name: str) -> str:
        """Name of an axis along which one symbol, of that name, varies."""
        (axis,) = self.chosen(name)
        group = [symbol.name for symbol in self.along[self.dims.index(axis)]]
        if group != [axis]:
            raise UnknownNameError(
                f"the symbol that is followed must have an axis of its own, got {axis!r} for {', '.join(group)}"
            )
        return axis

    def spread_over(self, dims: Sequence[str]) -> dict[sp.Symbol, Array]:
        """Numbers of the symbols that do not vary along other dimensions, shaped to broadcast over these."""
        found = {}
        for name, symbol in self.symbols.items():
            dim, array = self.dim_of.get(name), self.values[symbol]
            if dim is None or dim in dims:
                found[symbol] = array.reshape([array.size if own == dim else 1 for own in dims])
        return found

    def labels(self, axis: str) -> Array:
        """Numbers along an axis; places, where it has no coordinate."""
        if axis in self.coords:
            return self.coords[axis][1]
        return np.arange(self.values[self.along[self.dims.index(axis)][0]].size, dtype=np.float64)

    def coords_without(self, gone: Iterable[str]) -> dict[str, tuple[tuple[str, ...], Any]]:
        """Coordinates that do not lie along the axes that go."""
        gone = set(gone)
        return {name: entry for name, entry in self.coords.items() if not gone & {*entry[0]}}
