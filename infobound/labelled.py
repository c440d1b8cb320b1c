"""Answers on labelled axes: the outer product of 1-D inputs, or the dimensions of xarray inputs.

A question is answered as an `Answer` (plain arrays with dimension names); `as_xarray` turns the
function that gives it into one that returns xarray, which the command line, wanting columns, does without.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from infobound import __version__
from infobound.catalogue import entry_named
from infobound.errors import DomainError, ExpressionError
from infobound.inputs import as_floats
from infobound.kernels.nests import outer
from infobound.kernels.points import evaluate
from infobound.record import Law

__all__ = ["Answer", "as_xarray", "grid", "laid_out"]

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
        sizes = self.sizes
        order = list(sizes)

        def flat(dims: tuple[str, ...], array: Array) -> Array:
            ordered = np.transpose(array, sorted(range(len(dims)), key=lambda i: order.index(dims[i])))
            spread = ordered.reshape([sizes[dim] if dim in dims else 1 for dim in order])
            return np.broadcast_to(spread, tuple(sizes.values())).ravel()

        return {name: flat(*entry) for name, entry in (*self.coords.items(), *self.variables.items())}

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
    names = list(order)

    def spread(dims: tuple[str, ...], array: Array) -> Array:
        ordered = np.transpose(array, sorted(range(len(dims)), key=lambda i: names.index(dims[i])))
        return ordered.reshape([order[dim] if dim in dims else 1 for dim in names])

    spread_out = {name: spread(*entry) for name, entry in coords.items()}
    return coords | {dim: ((dim,), array) for dim, array in labels.items() if dim not in coords}, spread_out


@as_xarray
def grid(
    law: Law | str, *, terms: bool = False, out: Array | None = None, dtype: str = "float64", **axes: Any
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
    entry = entry_named(law)
    if not isinstance(entry, Law):
        raise ExpressionError(f"a grid needs a law with a loss, got {entry.name}")
    numbers = entry.checked(axes, (symbol.name for symbol in entry.symbols))
    coords, spread = laid_out(axes)
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))
    expressions = (entry.expr, *entry.terms.values()) if terms else (entry.expr,)
    table = _buffer(out, dtype, shape if out is not None and not terms else (len(expressions), *shape))
    table = table.reshape(len(expressions), *shape)
    own = {name: coords[name][0] if name in coords else () for name in numbers}
    if all(len(axis) <= 1 for axis in own.values()):
        along = [[symbol for symbol in entry.symbols if own[symbol.name] == (dim,)] for dim in dims]
        outer(expressions, along, {symbol: numbers[symbol.name] for symbol in entry.symbols}, table)
    else:
        filled = {symbol: spread.get(symbol.name, numbers[symbol.name]) for symbol in entry.symbols}
        for row, array in zip(table, evaluate(expressions, filled), strict=True):
            row[...] = array
    names = ("loss", *(f"term_{name}" for name in entry.terms)) if terms else ("loss",)
    attrs = {
        "law": entry.name,
        "kind": entry.claim,
        "quantity": entry.quantity,
        "unit": entry.unit,
        "infobound_version": __version__,
    }
    variables = {name: (dims, array) for name, array in zip(names, table, strict=True)}
    return Answer(coords, variables, attrs, single=None if terms else "loss")


def _buffer(out: Array | None, dtype: str, shape: tuple[int, ...]) -> Array:
    """Return the caller's buffer after a check, or a new one."""
    if dtype not in ("float64", "float32"):
        raise DomainError(f"dtype must be float64 or float32, got {dtype!r}")
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
