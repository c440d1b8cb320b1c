"""Small sweeps in one file: NetCDF, CSV or Parquet, written whole or not at all."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound.errors import DomainError, UnknownNameError
from infobound.sweeping.chunking import Chunk, Layout, laid_out
from infobound.sweeping.computing import STATUSES
from infobound.sweeping.specifying import Spec

__all__ = ["LARGEST", "NEEDED", "Table"]

Array = NDArray[Any]

# Points of the largest sweep that goes into one file.
LARGEST = 5_000_000
# File types, and the package that each needs beside those that infobound needs anyway.
NEEDED = {".nc": "netCDF4", ".csv": "pandas", ".parquet": "pyarrow"}


class Table:
    """A sweep that is kept in memory and written to one file when it is complete.

    Parameters
    ----------
    path : Path
        A new file: .nc, .csv or .parquet.
    spec : Spec
    memory : int
        Bytes that chunks in work may take.

    Raises
    ------
    DomainError
        If the file exists or its folder cannot be written, or there are more than 5 million points.
    UnknownNameError
        If the package that writes such files is missing.
    """

    def __init__(self, path: Path, spec: Spec, memory: int) -> None:
        if prod(spec.shape) > LARGEST:
            raise DomainError(
                f"a {path.suffix} file holds at most {LARGEST} points, got {prod(spec.shape)}: write a .zarr store"
            )
        if find_spec(NEEDED[path.suffix]) is None:
            raise UnknownNameError(f"a {path.suffix} file needs infobound[scale]; missing: {NEEDED[path.suffix]}")
        if path.exists() or not os.access(path.parent, os.W_OK):
            raise DomainError(f"--out must name a new file in a folder that can be written, got {path}")
        self.path, self.finished = path, set[int]()
        self.layout: Layout = laid_out(spec, None, memory)
        self._arrays = {
            name: np.full(spec.shape, variable.missing, dtype=variable.dtype)
            for name, variable in self.layout.variables.items()
        }

    def write(self, chunk: Chunk, block: Mapping[str, Array]) -> None:
        """Put a chunk in its place; several threads may write chunks of their own."""
        for name, array in self.layout.spread(chunk, block):
            self._arrays[name][chunk.region] = array

    def finish(self, chunk: Chunk) -> None:
        """Count a chunk as finished, and write the file when all are."""
        self.finished.add(chunk.number)
        if len(self.finished) == self.layout.count:
            self._export()

    def left(self) -> str:
        """Say what there is of a sweep that ended early."""
        return "nothing is written"

    def close(self) -> None:
        """Let go of the arrays."""
        self._arrays.clear()

    def _export(self) -> None:
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        dataset = self._dataset()
        try:
            if self.path.suffix == ".nc":
                self._to_netcdf(dataset, draft)
            else:
                frame = dataset.to_dataframe(dim_order=list(self.layout.spec.dims)).reset_index()
                if "status" in frame:
                    frame["status"] = np.array(STATUSES)[frame["status"]]
                frame.to_csv(draft, index=False) if self.path.suffix == ".csv" else frame.to_parquet(draft, index=False)
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)

    @staticmethod
    def _to_netcdf(dataset: Any, draft: Path) -> None:
        try:
            dataset.to_netcdf(draft, engine="netcdf4")
        except RuntimeError as fault:
            # the library's word for a disk that is full
            raise OSError(str(fault)) from fault

    def _dataset(self) -> Any:
        import xarray as xr

        layout = self.layout
        variables = {
            name: (layout.spec.dims, self._arrays[name], dict(variable.attrs))
            for name, variable in layout.variables.items()
        }
        return xr.Dataset(variables, coords=layout.coords(), attrs=dict(layout.attrs))
