"""How a sweep is cut: into chunks of one law and a block of axes, small enough for a memory budget."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound.errors import DomainError
from infobound.sweeping.computing import NOT_COMPUTED, STATUSES, Question
from infobound.sweeping.specifying import Spec

__all__ = ["Chunk", "Layout", "bytes_of", "chunk_lengths", "laid_out"]

Array = NDArray[Any]

# Numbers from which larger chunks gain nothing, and points that a chunk of least values goes through.
_ENOUGH = 2**22
_PATIENCE = 2**27
# A chunk takes at most this share of the memory, so that one is computed while others are written.
_SHARE = 8
# Rows of double precision, beside the results, that a point takes while it is computed.
_WORKING_ROWS = {"value": 2, "terms": 2, "least": 4, "allocation": 60}
_UNITS = {"": 1, "B": 1} | {f"{p}{b}": u**k for k, p in enumerate("KMGT", 1) for b, u in (("IB", 1024), ("B", 1000))}


@dataclass(frozen=True)
class Variable:
    """An array of the result: its type, and what it holds where nothing is computed yet."""

    dtype: np.dtype[Any]
    missing: Any
    attrs: Mapping[str, Any]


@dataclass(frozen=True)
class Chunk:
    """A block of the result: its number, its place along each dimension, and what is asked there."""

    number: int
    place: tuple[int, ...]
    region: tuple[slice, ...]
    question: Question
    given: Mapping[str, Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the block."""
        return tuple(part.stop - part.start for part in self.region)


@dataclass(frozen=True)
class Layout:
    """The arrays of a result, all of the same dimensions, and their chunks.

    Attributes
    ----------
    variables : mapping of str to Variable
    attrs : mapping
        What the result says of its law or laws.
    lengths : tuple of int
        Of a chunk along each dimension.
    """

    spec: Spec
    questions: tuple[Question, ...]
    variables: Mapping[str, Variable]
    attrs: Mapping[str, Any]
    lengths: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        """Bytes that a point takes while it is computed."""
        results = sum(variable.dtype.itemsize for variable in self.variables.values())
        return results + 8 * _WORKING_ROWS[self.spec.quantity]

    @property
    def chunk_bytes(self) -> int:
        """Bytes that a chunk takes while it is computed."""
        return self.row_bytes * prod(self.lengths)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many chunks there are along each dimension."""
        return tuple(-(-whole // part) for whole, part in zip(self.spec.shape, self.lengths, strict=True))

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return prod(self.counts)

    def coords(self) -> dict[str, Any]:
        """Labels of the dimensions, and what is the same at all points."""
        words = np.dtypes.StringDType()
        laws = {
            "law": ("law", np.array([entry.name for entry in self.spec.entries], dtype=words)),
            "kind": ("law", np.array([entry.claim for entry in self.spec.entries], dtype=words)),
        }
        return {**(laws if self.spec.stacked else {}), **self.spec.kept, **self.spec.parameters}

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk, in the order of the dimensions."""
        offset = 1 if self.spec.stacked else 0
        for number, place in enumerate(np.ndindex(self.counts)):
            region = tuple(
                slice(at * part, min((at + 1) * part, whole))
                for at, part, whole in zip(place, self.lengths, self.spec.shape, strict=True)
            )
            question = self.questions[place[0] if offset else 0]
            along = dict(zip(self.spec.kept, region[offset:], strict=True))
            known = self.spec.known(question.entry)
            given = {name: np.asarray(value)[along[name]] if name in along else value for name, value in known.items()}
            yield Chunk(number, place, region, question, given)

    def spread(self, chunk: Chunk, block: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
        """Every variable of the result on a chunk; a law is constant along axes that it does not know."""
        lengths = zip(self.spec.dims, chunk.shape, strict=True)
        known = [length if dim in chunk.given else 1 for dim, length in lengths]
        for name, variable in self.variables.items():
            if name in block:
                yield name, np.broadcast_to(block[name].reshape(known), chunk.shape)
            else:
                yield name, np.full(chunk.shape, variable.missing, dtype=variable.dtype)


def laid_out(spec: Spec, lengths: Sequence[int] | None, memory: int) -> Layout:
    """Lay the result of a sweep out, its variables found by asking at the first point.

    Parameters
    ----------
    lengths : sequence of int, optional
        Of a chunk along each dimension; as the memory allows if left out.
    memory : int
        Bytes that the chunks in work may take.
    """
    questions = tuple(Question(entry, spec.quantity, spec.over, spec.cost, spec.dtype) for entry in spec.entries)
    variables: dict[str, Variable] = {}
    attrs: dict[str, Any] = {}
    for question in questions:
        known = spec.known(question.entry)
        first = {name: value[:1] if isinstance(value, np.ndarray) else value for name, value in known.items()}
        attrs = dict(question.answer(first).attrs)
        variables |= {name: _variable(array.dtype) for name, array in question.block(first).items()}
    if spec.stacked:
        attrs = {name: value for name, value in attrs.items() if name in ("cost", "infobound_version")}
    layout = Layout(spec, questions, variables, attrs, tuple(lengths or ()))
    if lengths is None:
        most = min(memory // (_SHARE * layout.row_bytes), _PATIENCE // spec.depth)
        cut = chunk_lengths(spec.shape[1:] if spec.stacked else spec.shape, most)
        layout = replace(layout, lengths=(1, *cut) if spec.stacked else cut)
    return layout


def chunk_lengths(shape: Sequence[int], points: int) -> tuple[int, ...]:
    """Lengths of nearly equal chunks of at most so many points, long along the last dimension.

    Examples
    --------
    >>> chunk_lengths((100, 100, 4096), 1_000_000)
    (25, 50, 512)
    """
    most = max(1, min(points, _ENOUGH))
    parts, lengths = [1] * len(shape), list(shape)
    while prod(lengths) > most:
        # memory is written along the last dimension: that one is cut last
        i = max(range(len(shape)), key=lambda i: lengths[i] / (16 if i == len(shape) - 1 else 1))
        if lengths[i] == 1:
            i = len(shape) - 1
        parts[i] *= 2
        lengths[i] = -(-shape[i] // parts[i])
    return tuple(lengths)


def bytes_of(text: str | int) -> int:
    """Read an amount of memory: `1GiB`, `500 MB`, or a number of bytes.

    Raises
    ------
    DomainError
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Z]*)\s*", str(text).upper())
    if not match or match[2] not in _UNITS:
        raise DomainError(f"memory must be an amount such as 1GiB or 500MB, got {text!r}")
    return int(float(match[1]) * _UNITS[match[2]])


def _variable(dtype: np.dtype[Any]) -> Variable:
    if dtype == np.int8:
        codes = np.arange(NOT_COMPUTED, len(STATUSES), dtype=np.int8)
        # the convention of CF for words kept as numbers
        return Variable(
            dtype, NOT_COMPUTED, {"flag_values": codes.tolist(), "flag_meanings": " ".join(("not_computed", *STATUSES))}
        )
    return Variable(dtype, np.nan if dtype.kind == "f" else dtype.type(0), {})
