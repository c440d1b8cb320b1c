"""`sweep`: every chunk of a sweep computed, here or on a cluster, and written where it belongs."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from infobound.errors import DomainError, UnknownNameError
from infobound.kernels.compiling import threads
from infobound.sweeping.chunking import Chunk, bytes_of
from infobound.sweeping.exporting import NEEDED, Table
from infobound.sweeping.metering import meter
from infobound.sweeping.specifying import specified
from infobound.sweeping.storing import Store

__all__ = ["sweep", "swept"]

# Chunks in work for each thread that computes: one computed, one written.
_AHEAD = 2
# Seconds.
_CONNECTING = 30

_Call = tuple[Chunk, Callable[[Any], Any], Any]


class _Workers(NamedTuple):
    """Who computes chunks, how many they should have in work, and the faults that are the machine's."""

    executor: Executor
    ahead: int
    faults: tuple[type[Exception], ...] = (OSError,)


def sweep(
    spec: Mapping[str, Any] | str | Path,
    out: str | Path,
    *,
    scheduler: str | None = None,
    memory: str = "1GiB",
    quiet: bool = False,
) -> Any:
    """Evaluate, minimise or allocate laws on a product of axes, chunk by chunk, into a file or store.

    A sweep into a Zarr store that ends early, in whatever way, is taken up by the same call: finished chunks
    stay, the others are computed, and the store ends as if it had never been interrupted.

    Parameters
    ----------
    spec : mapping, str or Path
        TOML file, or mapping, with law, axes and what docs/sweeps.md names beside them.
    out : str or Path
        Where to write: a .zarr store; up to 5 million points also a new .nc, .csv or .parquet file.
    scheduler : str, optional
        Address of a Dask cluster's scheduler, such as tcp://host:8786, whose workers compute the chunks.
    memory : str
        Memory for the chunks in work, such as 1GiB; it settles how large the chunks of a new store are.
    quiet : bool
        Show no progress on the terminal.

    Returns
    -------
    xarray.Dataset or pandas.DataFrame
        The result, read from the store or NetCDF file as it is used; a table for CSV and Parquet.

    Raises
    ------
    DomainError
        If the sweep is malformed, too large for a file, or `out` holds something else.
    UnknownNameError
        If a name is unknown, or a package of infobound[scale] is missing.
    ExpressionError
    OSError
        If the disk is full or cannot be written, or the scheduler does not answer.

    Examples
    --------
    >>> spec = {"law": "sampled_student", "axes": {"n": [64, 256]}, "parameters": {"T": 1e6, "d": 16, "K": 10}}
    >>> sweep(spec, "widths.zarr", quiet=True)["loss"].dims  # doctest: +SKIP
    ('n',)
    """
    swept(spec, out, scheduler=scheduler, memory=memory, quiet=quiet)
    return _opened(Path(out))


def swept(
    spec: Mapping[str, Any] | str | Path,
    out: str | Path,
    *,
    scheduler: str | None = None,
    memory: str = "1GiB",
    quiet: bool = False,
) -> dict[str, str | int | float]:
    """Do what `sweep` does, and say what was done: points, chunks, those computed now, seconds."""
    asked, path = specified(spec), Path(out)
    if path.suffix not in (".zarr", *NEEDED):
        raise DomainError(f"--out must name a .zarr store or a {', '.join(NEEDED)} file, got {out}")
    allowed = bytes_of(memory)
    here, began = scheduler is None, time.monotonic()
    with (
        _workers(scheduler) as workers,
        closing((Store if path.suffix == ".zarr" else Table)(path, asked, allowed)) as place,
    ):
        layout, before = place.layout, len(place.finished)
        width = max(1, min(workers.ahead, allowed // layout.chunk_bytes))
        open_chunks = (chunk for chunk in layout.chunks() if chunk.number not in place.finished)
        done = sum(prod(chunk.shape) for chunk in layout.chunks() if chunk.number in place.finished)
        points = prod(asked.shape)

        def compute_and_write(chunk: Chunk) -> None:
            place.write(chunk, chunk.question.block(chunk.given))

        def call(chunk: Chunk) -> _Call:
            # workers elsewhere may not see this disk: they send their numbers here
            return (chunk, compute_and_write, chunk) if here else (chunk, chunk.question.block, chunk.given)

        try:
            with meter(path.name, points * asked.depth, done * asked.depth, quiet=quiet) as advance:
                for chunk, block in _in_turn(workers.executor, map(call, open_chunks), width):
                    if block is not None:
                        place.write(chunk, block)
                    place.finish(chunk)
                    advance(prod(chunk.shape) * asked.depth)
        except workers.faults as fault:
            cause = getattr(fault, "strerror", None) or str(fault) or "the scheduler has gone"
            raise OSError(f"{cause}: {path}; {place.left()}") from fault
    return {
        "out": str(path),
        "law": ", ".join(entry.name for entry in asked.entries),
        "quantity": asked.quantity,
        "points": points * asked.depth,
        "chunks": layout.count,
        "computed": layout.count - before,
        "seconds": round(time.monotonic() - began, 3),
    }


sweep.answer = swept  # type: ignore[attr-defined]


def _in_turn(executor: Executor, work: Iterable[_Call], width: int) -> Iterator[tuple[Chunk, Any]]:
    """Submit calls, at most so many at a time; give each chunk with the call's result as it comes."""
    running: dict[Future[Any], Chunk] = {}
    try:
        for chunk, function, argument in work:
            running[executor.submit(function, argument)] = chunk
            while len(running) >= width:
                yield from _done(running)
        while running:
            yield from _done(running)
    finally:
        for future in running:
            future.cancel()


def _done(running: dict[Future[Any], Chunk]) -> Iterator[tuple[Chunk, Any]]:
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        yield running.pop(future), future.result()


@contextmanager
def _workers(scheduler: str | None) -> Iterator[_Workers]:
    """Give who computes chunks: threads of this process, or a cluster."""
    if scheduler is None:
        with ThreadPoolExecutor(threads()) as pool:
            yield _Workers(pool, _AHEAD * threads())
        return
    try:
        import distributed
    except ImportError as fault:
        raise UnknownNameError(f"a scheduler needs infobound[scale]; missing: {fault.name}") from None
    connect: Any = distributed.Client
    try:
        client = connect(scheduler, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError) as fault:
        raise OSError(f"the scheduler at {scheduler} must answer within {_CONNECTING} s ({fault})") from None
    with client, client.get_executor(pure=False) as executor:
        ahead = _AHEAD * max(1, sum(client.nthreads().values()))
        # a scheduler that goes cancels what it had; a chunk that ends one worker after the other is given up
        yield _Workers(executor, ahead, (OSError, CancelledError, distributed.KilledWorker))


def _opened(path: Path) -> Any:
    """Read a result back, a store or NetCDF file lazily."""
    if path.suffix in (".csv", ".parquet"):
        import pandas as pd

        return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    import xarray as xr

    return xr.open_zarr(path) if path.suffix == ".zarr" else xr.open_dataset(path, engine="netcdf4")
