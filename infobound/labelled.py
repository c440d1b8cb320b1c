"""Answers on labelled axes: the outer product of 1-D inputs, or the dimensions of xarray inputs.

A question is answered as an `Answer` (plain arrays with dimension names); `as_xarray` turns the
function that gives it into one that returns xarray, which the command line, wanting columns, does without.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, ParamSpec

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from infobound import __version__
from infobound.catalogue import entry_named
from infobound.errors import DomainError, ExpressionError, UnknownNameError
from infobound.inputs import as_floats
from infobound.kernels.compiling import serial
from infobound.kernels.nests import outer
from infobound.kernels.points import evaluate
from infobound.record import AllocationRule, Law

__all__ = ["Answer", "as_xarray", "attributes", "grid", "laid_out", "law_named"]

_P = ParamSpec("_P")
Array = NDArray[Any]


@dataclass(frozen=True)
class Answer:
    """Arrays by name, each with the names of its dimensions.

    Attributes
    ----------
    coords, variables : mapping of str to (tuple of str, numpy.ndarray)
    attrs : mapping
    single : str, optional
        Name of the variable where the answer is one array, not a set of them.
    """

    coords: Mapping[str, tuple[tuple[str, ...], Array]]
    variables: Mapping[str, tuple[tuple[str, ...], Array]]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    single: str | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every dimension, in order."""
        found: dict[str, int] = {}
        for dims, array in (*self.variables.values(), *self.coords.values()):
            found |= {dim: length for dim, length in zip(dims, array.shape, strict=True) if dim not in found}
        return found

    def columns(self) -> dict[str, Array]:
        """Every coordinate and variable as a flat array of equal length, row-major."""
        order, shape = list(self.sizes), tuple(self.sizes.values())
        return {
            name: np.broadcast_to(_spread(dims, array, order), shape).ravel()
            for name, (dims, array) in (*self.coords.items(), *self.variables.items())
        }

    def to_xarray(self) -> Any:
        """Return an xarray.Dataset, or a DataArray where the answer is one array."""
        import xarray as xr

        dataset = xr.Dataset(dict(self.variables), coords=dict(self.coords), attrs=dict(self.attrs))
        return dataset if self.single is None else dataset[self.single].assign_attrs(self.attrs)


def as_xarray(function: Callable[_P, Answer]) -> Callable[_P, Any]:
    """Make a function that returns an `Answer` return xarray; keep the first as its `answer`."""

    @wraps(function)
    def question(*args: _P.args, **kwargs: _P.kwargs) -> Any:
        return function(*args, **kwargs).to_xarray()

    question.answer = function  # type: ignore[attr-defined]
    return question


def laid_out(given: Mapping[str, Any]) -> tuple[dict[str, tuple[tuple[str, ...], Array]], dict[str, Array]]:
    """Lay inputs out: 1-D arrays are axes of an outer product, xarray inputs keep their dimensions.

    Returns
    -------
    coords : mapping of name to (dimensions, array)
    spread : mapping of name to array
        The same numbers, shaped so that all of them broadcast over the dimensions in order.

    Raises
    ------
    DomainError
        If a plain array has more than one dimension, or two inputs give one dimension different lengths or
        different labels.
    """
    coords: dict[str, tuple[tuple[str, ...], Array]] = {}
    labels: dict[str, Array] = {}
    for name, raw in given.items():
        dims = tuple(map(str, raw.dims)) if hasattr(raw, "dims") else None
        array = as_floats(name, raw)
        if dims is None and array.ndim > 1:
            raise DomainError(
                f"{name} must be a number, a 1-D array or an xarray.DataArray, got {array.ndim} dimensions"
            )
        coords[name] = (dims if dims is not None else (name,) * array.ndim, array)
        own = {dim: raw[dim].values for dim in dims or () if dim in raw.coords}
        own |= {name: array} if dims is None and array.ndim else {}
        for dim, along in own.items():
            if dim in labels and not np.array_equal(labels[dim], along):
                raise DomainError(
                    f"inputs that share a dimension must have the same labels along it, got others for {dim} in {name}"
                )
            labels[dim] = along
    order: dict[str, int] = {}
    for name, (dims, array) in coords.items():
        for dim, length in zip(dims, array.shape, strict=True):
            if order.setdefault(dim, length) != length:
                raise DomainError(f"inputs that share a dimension must have one length in it, got {name} with {length}")
    spread_out = {name: _spread(*entry, list(order)) for name, entry in coords.items()}
    return coords | {dim: ((dim,), array) for dim, array in labels.items() if dim not in coords}, spread_out


def _spread(own: Sequence[str], array: Array, dims: Sequence[str]) -> Array:
    """Shape an array of some dimensions so that it broadcasts over all, in their order."""
    ordered = np.transpose(array, [own.index(dim) for dim in dims if dim in own])
    return ordered.reshape([array.shape[own.index(dim)] if dim in own else 1 for dim in dims])


def law_named(law: Law | str) -> Law:
    """Return the catalogue's law of a name, or the law given.

    Raises
    ------
    UnknownNameError, ExpressionError
    """
    entry = entry_named(law)
    if not isinstance(entry, Law):
        raise ExpressionError(f"a grid needs a law with a loss, got {entry.name}")
    return entry


def attributes(law: Law | AllocationRule) -> dict[str, str]:
    """What an answer says of the law it is about."""
    return {
        "law": law.name,
        "kind": law.claim,
        "quantity": law.quantity,
        "unit": law.unit,
        "infobound_version": __version__,
    }


@as_xarray
def grid(
    law: Law | str,
    *,
    terms: bool = False,
    out: Array | None = None,
    dtype: str = "float64",
    chunks: Any = None,
    **axes: Any,
) -> Answer:
    """Values of a law on labelled axes.

    Parameters
    ----------
    law : Law or str
    terms : bool
        Also the named terms: a Dataset with `loss` and `term_<name>...` instead of a DataArray.
    out : numpy.ndarray, optional
        Buffer for the values: C order, of `dtype`, shaped like the grid (with `terms`: one more, first,
        dimension, for the loss and each term).
    dtype : str
        "float64", or "float32": computed in double precision and rounded once, to 6e-8 relative.
    chunks : int, "auto", tuple or mapping of str to int, optional
        Lengths of chunks, as Dask and xarray take them (-1 is a whole dimension): nothing is computed now, and
        each chunk by one thread when Dask asks for it.  Needs infobound[scale].
    **axes : array_like of float
        Size, data and parameters by name.  1-D arrays are axes of an outer product in the order given;
        scalars become scalar coordinates; xarray inputs broadcast by dimension name.

    Returns
    -------
    xarray.DataArray or xarray.Dataset

    Raises
    ------
    UnknownNameError, DomainError

    Examples
    --------
    >>> grid("sampled_student", n=[64, 256], T=1e6, d=[16, 32], K=10).dims
    ('n', 'd')
    """
    entry = law_named(law)
    numbers = entry.checked(axes, (symbol.name for symbol in entry.symbols))
    coords, spread = laid_out(axes)
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))
    expressions = (entry.expr, *entry.terms.values()) if terms else (entry.expr,)
    own = {name: coords[name][0] if name in coords else () for name in numbers}
    ask = _Block(entry, expressions, dims, own, numbers)
    if chunks is not None:
        if out is not None:
            raise DomainError("a grid is computed into a buffer or in chunks, got both out and chunks")
        table = _lazy(ask, (len(expressions), *shape), dtype, chunks)
    else:
        table = _buffer(out, dtype, shape if out is not None and not terms else (len(expressions), *shape))
        table = table.reshape(len(expressions), *shape)
        ask.fill(table)
    names = ("loss", *(f"term_{name}" for name in entry.terms)) if terms else ("loss",)
    variables = {name: (dims, table[row]) for row, name in enumerate(names)}
    return Answer(coords, variables, attributes(entry), single=None if terms else "loss")


@dataclass(frozen=True)
class _Block:
    """Expressions of a law on all of a grid, or on a part of it."""

    law: Law
    expressions: tuple[sp.Expr, ...]
    dims: tuple[str, ...]
    own: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, Array]

    def fill(self, table: Array) -> None:
        """Put the values into an array of shape (expressions, *dimensions)."""
        symbols = self.law.symbols
        # a nest around one point is a loop in which nothing moves, and its compiler tries every combination of branches
        if self.dims and all(len(axis) <= 1 for axis in self.own.values()):
            along = [[symbol for symbol in symbols if self.own[symbol.name] == (dim,)] for dim in self.dims]
            outer(self.expressions, along, {symbol: self.numbers[symbol.name] for symbol in symbols}, table)
            return
        spread = {s: _spread(self.own[s.name], self.numbers[s.name], self.dims) for s in symbols}
        for row, array in enumerate(evaluate(self.expressions, spread)):
            table[row] = array

    def part(self, region: Mapping[str, slice]) -> "_Block":
        """Return the part inside a region."""
        cut = {name: array[tuple(region[dim] for dim in self.own[name])] for name, array in self.numbers.items()}
        return replace(self, numbers=cut)


def _lazy(whole: _Block, shape: tuple[int, ...], dtype: str, chunks: Any) -> Any:
    """Return a Dask array whose blocks are parts of the grid."""
    _check_dtype(dtype)
    try:
        import dask.array
    except ImportError as fault:
        raise UnknownNameError(f"a grid in chunks needs infobound[scale]; missing: {fault.name}") from None
    # Dask has no types
    da: Any = dask.array
    if isinstance(chunks, Mapping):
        stray = [dim for dim in chunks if dim not in whole.dims]
        if stray:
            raise UnknownNameError(f"chunks must name dimensions ({', '.join(whole.dims)}); got {', '.join(stray)}")
        chunks = tuple(chunks.get(dim, -1) for dim in whole.dims)
    try:
        lengths = da.core.normalize_chunks(chunks, shape=shape[1:], dtype=np.dtype(dtype))
    except (TypeError, ValueError) as fault:
        raise DomainError(
            f"chunks must be lengths of chunks along {', '.join(whole.dims)}; got {chunks!r} ({fault})"
        ) from None

    def block(block_info: Any = None) -> Array:
        ends = block_info[None]["array-location"]
        table = np.empty([stop - start for start, stop in ends], dtype=dtype)
        with serial():
            whole.part(dict(zip(whole.dims, (slice(*pair) for pair in ends[1:]), strict=True))).fill(table)
        return table

    return da.map_blocks(block, chunks=((shape[0],), *lengths), dtype=dtype, meta=np.empty((0,) * len(shape), dtype))


def _check_dtype(dtype: str) -> None:
    if dtype not in ("float64", "float32"):
        raise DomainError(f"dtype must be float64 or float32, got {dtype!r}")


def _buffer(out: Array | None, dtype: str, shape: tuple[int, ...]) -> Array:
    """Return the caller's buffer after a check, or a new one."""
    _check_dtype(dtype)
    if out is None:
        return np.empty(shape, dtype=dtype)
    # compiled code writes through the bare pointer: whatever it would overwrite wrongly is refused here
    if not isinstance(out, np.ndarray):
        raise DomainError(f"out must be a numpy array, got {type(out).__name__}")
    if out.shape != shape or out.dtype != np.dtype(dtype) or not out.flags.carray:
        state = "" if out.flags.carray else ", not C-ordered, aligned and writable"
        raise DomainError(
            f"out must be a writable C-ordered {dtype} array of shape {shape}, got {out.dtype} of {out.shape}{state}"
        )
    return out
