"""Columns by name from files, frames and mappings, as their owners keep them; faults name the line or the column."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound.errors import DomainError, UnknownNameError

__all__ = ["MISSING", "Table", "read_table"]

# Texts that stand for a number that is missing.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>", "#n/a"})
# How many names of columns a message lists.
MOST_NAMED = 40
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length.

    Attributes
    ----------
    columns : mapping of str to numpy.ndarray
    repeated : frozenset of str
        Names that stand above several columns, of which none is meant more than another.
    """

    columns: Mapping[str, NDArray[Any]]
    repeated: frozenset[str] = field(default=frozenset())

    def __len__(self) -> int:
        return max(map(len, self.columns.values()), default=0)

    def column(self, name: str) -> NDArray[Any]:
        """Return a column as it was read.

        Raises
        ------
        UnknownNameError, DomainError
        """
        if not isinstance(name, str) or name not in self.columns:
            known = list(self.columns)
            more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
            shown = ", ".join(known[:MOST_NAMED]) or "none"
            raise UnknownNameError(f"a column must be one of {shown}{more}; got {name!r} [missing-column]")
        if name in self.repeated:
            raise DomainError(f"each column must have a name of its own, got {name!r} twice [repeated-column]")
        return self.columns[name]

    def numbers(self, name: str) -> tuple[NDArray[np.float64], list[int]]:
        """Return a column as floats, NaN where a number is missing, and the rows (from 1) that hold anything else."""
        raw = self.column(name)
        if raw.dtype.kind in "iuf":
            with np.errstate(over="ignore"):
                return raw.astype(np.float64), []
        values = np.array([_number(item) for item in raw], dtype=object)
        bad = [row for row, value in enumerate(values, 1) if value is None]
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64), bad


def read_table(runs: Any) -> Table:
    """Read a table.

    Parameters
    ----------
    runs : str, pathlib.Path, pandas.DataFrame or mapping
        A .csv, .parquet, .json (records or columns) or .jsonl file, a frame, or columns by name.

    Raises
    ------
    DomainError
        If the file is no table, columns differ in length, or there are no runs.
    """
    if isinstance(runs, str | Path):
        table = _file(Path(runs))
    elif hasattr(runs, "columns") and hasattr(runs, "__getitem__"):
        table = _frame(runs)
    elif isinstance(runs, Mapping):
        table = _mapping(runs)
    else:
        raise DomainError(f"runs must be a path, a DataFrame or a mapping of columns, got {type(runs).__name__}")
    if not len(table):
        raise DomainError(f"runs must have at least one row, got none below {', '.join(table.columns)} [no-runs]")
    return table


def _number(item: Any) -> float | None:
    """Value of a number, or of its text; NaN where it is missing, None where it is something else."""
    if isinstance(item, bool | np.bool_ | complex | np.complexfloating | np.datetime64 | np.timedelta64 | np.ndarray):
        return None
    if item is None or str(item).strip().lower() in MISSING:
        return float("nan")
    try:
        return float(item)
    except OverflowError:
        return float("inf")
    except (TypeError, ValueError):
        return None


def _frame(frame: Any) -> Table:
    names = [str(name) for name in frame.columns]
    # a frame may repeat a name, and then gives several columns for it
    places = getattr(frame, "iloc", None)
    arrays = [frame[name] for name in frame.columns] if places is None else [places[:, i] for i in range(len(names))]
    return _named(names, [np.asarray(array) for array in arrays])


def _mapping(runs: Mapping[Any, Any]) -> Table:
    arrays = []
    for name, column in runs.items():
        try:
            masked = isinstance(column, np.ma.MaskedArray)
            array = column.astype(object).filled(np.nan) if masked else np.asarray(column)
        except ValueError:
            raise DomainError(f"columns of runs must be 1-D, got lists of lists in {str(name)!r}") from None
        if array.ndim != 1:
            raise DomainError(f"columns of runs must be 1-D, got {array.ndim} dimensions in {str(name)!r}")
        arrays.append(array)
    lengths = {str(name): len(array) for name, array in zip(runs, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{length} in {name!r}" for name, length in lengths.items())
        raise DomainError(f"columns of runs must have one length, got {said}")
    return _named([str(name) for name in runs], arrays)


def _named(names: list[str], arrays: Iterable[NDArray[Any]]) -> Table:
    repeated = frozenset(name for name, count in Counter(names).items() if count > 1)
    return Table(dict(zip(names, arrays, strict=True)), repeated)


def _file(path: Path) -> Table:
    reader = _READERS.get(path.suffix.lower())
    if path.is_dir():
        raise DomainError(f"runs must be in a file, got the folder {path}")
    if reader is None:
        raise DomainError(f"runs must be in a {', '.join(_READERS)} file, got {path}")
    if not path.is_file():
        raise DomainError(f"runs must be in a file that exists, got {path}")
    try:
        return reader(path)
    except UnicodeDecodeError as fault:
        raise DomainError(f"runs must be text in UTF-8, got {path}: {fault.reason} at byte {fault.start}") from None
    except OSError as fault:
        raise DomainError(f"runs must be in a file that can be read, got {path}: {fault.strerror or fault}") from None


def _csv(path: Path) -> Table:
    """Every line below the header has its number of fields; empty lines are no runs."""
    rows: list[list[str]] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            separator = next((sign for sign in _SEPARATORS if len(header) == 1 and sign in header[0]), "")
            if separator:
                raise DomainError(f"fields of {path} must be separated by commas, got {_SEPARATORS[separator]}")
            if not any(header):
                raise DomainError(f"{path} must begin with the names of its columns, got an empty line or file")
            for fields in reader:
                if len(fields) == len(header):
                    rows.append(fields)
                elif any(text.strip() for text in fields):
                    rule = f"each line of {path} must have the {len(header)} fields of its header"
                    raise DomainError(f"{rule}, got {len(fields)} in line {reader.line_num}")
        except csv.Error as fault:
            raise DomainError(f"{path} must be a CSV file, got {fault} in line {reader.line_num}") from None
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return _named(header, (np.array(column, dtype=object) for column in columns))


def _json(path: Path) -> Table:
    """A list of runs, or an object of columns."""
    content = _parsed(path.read_text(encoding="utf-8-sig"), str(path), 0)
    if isinstance(content, dict) and content and all(isinstance(column, list) for column in content.values()):
        return _mapping({name: _objects(column) for name, column in content.items()})
    if not isinstance(content, list):
        raise DomainError(f"{path} must hold a list of runs, or an object of columns that are lists, got neither")
    return _records(content, [f"run {i} of {path}" for i in range(1, len(content) + 1)])


def _jsonl(path: Path) -> Table:
    """A run in each line; empty lines are no runs."""
    records, places = [], []
    for i, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if line.strip():
            records.append(_parsed(line, str(path), i))
            places.append(f"line {i} of {path}")
    return _records(records, places)


def _parsed(text: str, path: str, line: int) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            name = Counter(name for name, _ in pairs).most_common(1)[0][0]
            place = f" in line {line}" if line else ""
            raise DomainError(f"each name in an object of {path} must be its own, got {name!r} twice{place}")
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as fault:
        raise DomainError(f"{path} must be JSON, got {fault.msg} in line {line or fault.lineno}") from None
    except (ValueError, RecursionError) as fault:
        if isinstance(fault, DomainError):
            raise
        raise DomainError(f"{path} must be JSON that can be read, got {fault}") from None


def _records(records: list[Any], places: list[str]) -> Table:
    """Runs as objects; what a run does not name is missing there."""
    stray = [i for i, record in enumerate(records) if not isinstance(record, dict)]
    if stray:
        raise DomainError(f"each run must be an object, got {type(records[stray[0]]).__name__} as {places[stray[0]]}")
    names = dict.fromkeys(name for record in records for name in record)
    return Table({name: _objects([record.get(name) for record in records]) for name in names})


def _objects(column: list[Any]) -> NDArray[Any]:
    """Array of the very items, lists among them too."""
    array = np.empty(len(column), dtype=object)
    for i, item in enumerate(column):
        array[i] = item
    return array


def _parquet(path: Path) -> Table:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as fault:
        raise DomainError(f"reading .parquet needs infobound[scale]; missing: {fault.name}") from None
    try:
        table: Any = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowException as fault:
        raise DomainError(f"{path} must be a Parquet file that can be read, got {fault}") from None
    return _named(list(table.column_names), (column.to_numpy() for column in table.columns))


_READERS: dict[str, Callable[[Path], Table]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".json": _json,
    ".jsonl": _jsonl,
}
