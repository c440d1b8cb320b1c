"""Where a sweep is written: a Zarr store with a journal of its finished chunks.

The store is made whole, beside its place, and moved there: it is either absent or complete but for its chunks.
A chunk's files are written by renaming drafts and flushed to disk; only then is it entered in the journal.
What the journal does not hold is written again.
"""

import json
import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from numpy.typing import NDArray

from infobound.errors import DomainError, UnknownNameError
from infobound.sweeping.chunking import Chunk, Layout, laid_out
from infobound.sweeping.specifying import Spec

__all__ = ["Store"]

Array = NDArray[Any]

_JOURNAL = "sweep.jsonl"


class Store:
    """A Zarr store that one process fills.

    Parameters
    ----------
    path : Path
        A new place, or the store of the same sweep, which is taken up where it ended.
    spec : Spec
    memory : int
        Bytes that chunks in work may take, for the chunks of a new store.

    Raises
    ------
    DomainError
        If something else lies at the path, the store holds another sweep, or another process fills it.
    OSError
        If it cannot be written.
    """

    def __init__(self, path: Path, spec: Spec, memory: int) -> None:
        _zarr()
        self.path = path
        record = spec.record()
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            _make(path, laid_out(spec, None, memory), record)
        self._journal = _Journal(path / _JOURNAL)
        try:
            head = self._journal.head
            change = _difference(head.get("sweep"), record)
            if change:
                raise DomainError(f"{path} holds another sweep: {change}; write to a new place, or remove it")
            self.layout = laid_out(spec, head["chunk"], memory)
            self._arrays = {name: _array(path, name) for name in self.layout.variables}
            self._flushed: set[Path] = set()
            # drafts of a process that was killed
            for draft in path.rglob("*.partial"):
                draft.unlink(missing_ok=True)
            self.finished = {
                chunk.number
                for chunk in (self.layout.chunks() if self._journal.entries else ())
                if self._journal.entries.get(chunk.number) == self._size(chunk)
            }
        except BaseException:
            self._journal.close()
            raise

    def write(self, chunk: Chunk, block: Mapping[str, Array]) -> None:
        """Write a chunk's files and flush them to disk; several threads may write chunks of their own."""
        for name, array in self.layout.spread(chunk, block):
            self._arrays[name][chunk.region] = array
        for file in self._files(chunk):
            self._flush(file)

    def finish(self, chunk: Chunk) -> None:
        """Enter a chunk that is written in the journal."""
        self._journal.enter(chunk.number, self._size(chunk))
        self.finished.add(chunk.number)

    def left(self) -> str:
        """Say what there is of a sweep that ended early."""
        return (
            f"{len(self.finished)} of {self.layout.count} chunks are finished and can be read, and the same sweep "
            "started again computes the rest"
        )

    def close(self) -> None:
        """Let go of the store."""
        self._journal.close()

    def _files(self, chunk: Chunk) -> list[Path]:
        return [self.path.joinpath(name, "c", *map(str, chunk.place)) for name in self._arrays]

    def _size(self, chunk: Chunk) -> int:
        """Bytes of a chunk's files; -1 where one is missing."""
        try:
            return sum(file.stat().st_size for file in self._files(chunk))
        except OSError:
            return -1

    def _flush(self, path: Path) -> None:
        """Flush a file, and the folders that are new on the way to it."""
        folders = []
        for folder in path.parents:
            folders.append(folder)
            if folder in self._flushed or folder == self.path:
                break
        for part in (path, *folders):
            _synchronise(part)
        self._flushed.update(folders)


class _Journal:
    """Lines of JSON: what is swept and how it is cut, then each finished chunk with the bytes of its files."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("r+b")
        except (FileNotFoundError, NotADirectoryError):
            raise DomainError(
                f"--out must name a new place or a sweep to go on with, got {path.parent}, which exists and is none"
            ) from None
        _lock(self._file, path.parent)
        lines = self._file.read().split(b"\n")
        self.head: dict[str, Any] = _parsed(lines[0]) if len(lines) > 1 else {}
        self.entries: dict[int, int] = {}
        whole = len(lines[0]) + 1
        # the last piece has no end of line: it is empty, or torn
        for line in lines[1:-1]:
            entry = _parsed(line)
            if not isinstance(entry.get("chunk"), int) or not isinstance(entry.get("bytes"), int):
                break
            self.entries[entry["chunk"]] = entry["bytes"]
            whole += len(line) + 1
        if self.head:
            self._file.seek(whole)
            self._file.truncate()

    def enter(self, chunk: int, size: int) -> None:
        """Add a finished chunk, durably."""
        self._file.write(json.dumps({"chunk": chunk, "bytes": size}).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file, and with it give up the lock."""
        self._file.close()


def _make(path: Path, layout: Layout, record: Mapping[str, Any]) -> None:
    """Make a store without chunks: coordinates, attributes, empty arrays, and the journal's first line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        draft.mkdir()
        _write_skeleton(draft, layout)
        head = {"sweep": record, "chunk": layout.lengths}
        (draft / _JOURNAL).write_text(json.dumps(head) + "\n", encoding="utf-8")
        for file in draft.rglob("*"):
            _synchronise(file)
        draft.rename(path)
        _synchronise(path.parent)
    except OSError:
        # another process may have been faster
        if not path.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_skeleton(folder: Path, layout: Layout) -> None:
    import dask.array as da
    import xarray as xr

    spec = layout.spec
    compressors = {"none": None, "zstd": "auto"}[spec.compression]
    encoding = {
        name: {"chunks": layout.lengths, "compressors": compressors, "fill_value": variable.missing}
        for name, variable in layout.variables.items()
    }
    variables = {
        # a template: nothing of it is computed or written
        name: (spec.dims, da.empty(spec.shape, chunks=spec.shape, dtype=variable.dtype), dict(variable.attrs))
        for name, variable in layout.variables.items()
    }
    with warnings.catch_warnings():
        # consolidated metadata and strings are extensions of Zarr 3 that its implementations share
        warnings.filterwarnings("ignore", category=UserWarning, module="zarr")
        xr.Dataset(variables, coords=layout.coords(), attrs=dict(layout.attrs)).to_zarr(
            folder, compute=False, zarr_format=3, consolidated=True, encoding=encoding, mode="w"
        )


def _zarr() -> Any:
    try:
        import dask.array  # noqa: F401
        import zarr
    except ImportError as fault:
        raise UnknownNameError(f"a .zarr store needs infobound[scale]; missing: {fault.name}") from None
    return zarr


def _array(path: Path, name: str) -> Any:
    # a chunk that holds nothing but NaN is a file too: its presence is what the journal speaks of
    return _zarr().open_array(path, path=name, mode="r+").with_config({"write_empty_chunks": True})


def _lock(file: Any, path: Path) -> None:
    """Hold a store for this process until it ends, however it ends."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise DomainError(f"one process at a time may fill a store, got {path}, which another one fills") from None


def _synchronise(path: Path) -> None:
    """Flush a file or folder to disk, where the system lets folders be opened."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _difference(before: Any, now: Any, name: str = "") -> str:
    """Name the first place where two records differ; empty where they are equal."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*before, *now)):
            change = _difference(before.get(key), now.get(key), f"{name} {key}".strip())
            if change:
                return change
        return ""
    return "" if before == now else f"{name or 'it'} was {_short(before)} and is now {_short(now)}"


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
