"""Training runs as their owners keep them: read, checked row by row, and never thinned out in silence.

Rows are counted from 1, the first run (not the header) being row 1.  Every fault and every doubt has a code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound.errors import DomainError, UnknownNameError
from infobound.inputs import as_floats
from infobound.symbols import Domain

__all__ = ["Finding", "Runs", "read_runs", "refuse"]

Array = NDArray[np.float64]

# Neighbours this far apart in a sorted column look like two units: the gap between thousands and millions.
UNIT_GAP = 300.0
# Losses of language models in nats lie above, their logarithms below.
LOGARITHM_LIKE = 1.3
# 6 N D is within this factor of the compute that is reported beside it, else it is not the same compute.
COMPUTE_FACTOR = 1.5


@dataclass(frozen=True)
class Finding:
    """Something about the runs or the fit that its reader must know.

    Attributes
    ----------
    code : str
        Kebab-case name that does not change.
    message : str
    rows : tuple of int
        The runs at issue, counted from 1.
    """

    code: str
    message: str
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.message}{_places(self.rows)} [{self.code}]"


@dataclass(frozen=True, eq=False)
class Runs:
    """Training runs as arrays of equal length.

    Attributes
    ----------
    columns : mapping of str to numpy.ndarray
        By the law's symbol (`N`, `D`, ...).
    loss : numpy.ndarray
    clusters : numpy.ndarray of int
        Which runs are resampled together; without a cluster column each run is its own.
    rows : numpy.ndarray of int
        Row of each run in what was read, counted from 1.
    findings : tuple of Finding
    """

    columns: Mapping[str, Array]
    loss: Array
    clusters: NDArray[np.int64]
    rows: NDArray[np.int64]
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def clustered(self) -> bool:
        """Whether some runs are resampled together."""
        return len(np.unique(self.clusters)) < len(self)

    def picked(self, chosen: NDArray[Any], *findings: Finding) -> "Runs":
        """Return some of the runs, with further findings."""
        return replace(
            self,
            columns={name: column[chosen] for name, column in self.columns.items()},
            loss=self.loss[chosen],
            clusters=self.clusters[chosen],
            rows=self.rows[chosen],
            findings=(*self.findings, *findings),
        )


def read_runs(
    runs: Any,
    columns: Mapping[str, str],
    loss: str,
    *,
    domains: Mapping[str, Domain],
    compute: tuple[str, str, str] | None = None,
    cluster: str | None = None,
    drop_highest_loss: int = 0,
) -> Runs:
    """Read runs and check them.

    Parameters
    ----------
    runs : str, pathlib.Path, pandas.DataFrame or mapping
        A .csv, .parquet, .json (records) or .jsonl file, a frame, or columns by name.
    columns : mapping of str to str
        Symbol of the law to name of its column.
    loss : str
        Column of the loss (not of its logarithm).
    domains : mapping of str to Domain
        What the law allows each symbol.
    compute : tuple of str, optional
        Column of the compute C in operations, symbol of the size, symbol of the data: gives the data as C / (6 size)
        where they have no column, and is held against 6 size data where they have.
    cluster : str, optional
        Column that tells which runs belong together.
    drop_highest_loss : int
        How many runs of the highest loss to leave out; the findings list them.

    Raises
    ------
    UnknownNameError
        If a column is missing.
    DomainError
        If a number is missing, not finite or outside its domain; rows are named.
    """
    frame = _frame(runs)
    numbers = {symbol: _numbers(frame, name, symbol, domains[symbol]) for symbol, name in columns.items()}
    losses = _numbers(frame, loss, "loss", Domain(low=0, low_included=False))
    findings: list[Finding] = []
    if compute is not None:
        column, size, data = compute
        spent = _numbers(frame, column, "C", Domain(low=0, low_included=False))
        if data in numbers:
            findings += _compute_mismatch(spent, numbers[size], numbers[data])
        else:
            numbers[data] = spent / (6 * numbers[size])
            _enforce(numbers[data], data, domains[data], f"C/(6 {size})")
    rows = np.arange(1, len(losses) + 1)
    groups = (
        rows if cluster is None else np.unique(np.asarray(_column(frame, cluster)).astype(str), return_inverse=True)[1]
    )
    read = Runs(numbers, losses, groups.astype(np.int64), rows)
    findings += _doubts(read, loss)
    read = replace(read, findings=tuple(findings))
    return _without_highest(read, drop_highest_loss)


def refuse(code: str, rule: str, rows: Sequence[int] = ()) -> DomainError:
    """Make the error of runs that cannot be fitted."""
    return DomainError(str(Finding(code, rule, tuple(rows))))


def _places(rows: Sequence[int]) -> str:
    if not rows:
        return ""
    shown = ", ".join(map(str, rows[:8]))
    more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
    return f" (row{'s' if len(rows) > 1 else ''} {shown}{more})"


def _frame(runs: Any) -> Mapping[str, Any]:
    """Columns by name."""
    if isinstance(runs, str | Path):
        return _file(Path(runs))
    if hasattr(runs, "columns") and hasattr(runs, "__getitem__"):
        return {str(name): np.asarray(runs[name]) for name in runs.columns}
    if isinstance(runs, Mapping):
        frame = {str(name): np.asarray(column) for name, column in runs.items()}
        lengths = {column.shape for column in frame.values()}
        if len(lengths) > 1 or any(len(shape) != 1 for shape in lengths):
            raise DomainError(f"columns of runs must be 1-D and of one length, got {sorted(map(str, lengths))}")
        return frame
    raise DomainError(f"runs must be a path, a DataFrame or a mapping of columns, got {type(runs).__name__}")


def _file(path: Path) -> Mapping[str, Any]:
    import pandas as pd

    readers: dict[str, Any] = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
        ".json": pd.read_json,
        ".jsonl": lambda file: pd.read_json(file, lines=True),
    }
    if path.suffix not in readers:
        raise DomainError(f"runs must be in a {', '.join(readers)} file, got {path}")
    if not path.is_file():
        raise DomainError(f"runs must be in a file that exists, got {path}")
    try:
        table = readers[path.suffix](path)
    except ImportError as fault:
        raise DomainError(f"reading {path.suffix} needs a package that is not installed: {fault}") from None
    except (ValueError, UnicodeDecodeError) as fault:
        raise DomainError(f"runs must be a table that can be read, got {path}: {fault}") from None
    return {str(name): table[name].to_numpy() for name in table.columns}


def _column(frame: Mapping[str, Any], name: str) -> Any:
    if name not in frame:
        raise UnknownNameError(f"a column must be one of {', '.join(frame) or 'none'}; got {name!r} [missing-column]")
    return frame[name]


def _numbers(frame: Mapping[str, Any], name: str, symbol: str, domain: Domain) -> Array:
    raw = _column(frame, name)
    if raw.dtype.kind not in "iuf":
        bad = [i for i, item in enumerate(raw, 1) if not _is_number(item)]
        if bad:
            raise refuse("not-a-number", f"column {name!r} must hold numbers, got {raw[bad[0] - 1]!r}", bad)
        raw = raw.astype(np.float64)
    values = as_floats(name, raw)
    _enforce(values, symbol, domain, f"column {name!r}")
    return values


def _is_number(item: Any) -> bool:
    try:
        float(item)
    except (TypeError, ValueError):
        return False
    return not isinstance(item, bool | np.bool_)


def _enforce(values: Array, symbol: str, domain: Domain, place: str) -> None:
    """Refuse what is missing, infinite or outside the domain, with all its rows."""
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        rule = f"{symbol} must be a finite number in every run, got {values[bad[0]]:g} in {place}"
        raise refuse("not-finite", f"{rule}; leave such runs out of the file if they are to be left out", [*(bad + 1)])
    inside = values >= domain.low if domain.low_included else values > domain.low
    bad = np.flatnonzero(~inside)
    if bad.size:
        hint = "; if the column holds the logarithm of the loss, give the loss itself" if symbol == "loss" else ""
        code = "not-positive" if values[bad[0]] <= 0 else "outside-domain"
        raise refuse(code, f"{domain.rule(symbol)}, got {values[bad[0]]:g} in {place}{hint}", [*(bad + 1)])


def _compute_mismatch(spent: Array, size: Array, data: Array) -> list[Finding]:
    ratio = spent / (6 * size * data)
    off = np.flatnonzero((ratio > COMPUTE_FACTOR) | (ratio < 1 / COMPUTE_FACTOR))
    if not off.size:
        return []
    message = (
        f"C differs from 6 N D by more than a factor {COMPUTE_FACTOR:g}, up to {_furthest(ratio):.3g}; C is not used"
    )
    return [Finding("compute-mismatch", message, tuple(int(i) + 1 for i in off))]


def _furthest(ratio: Array) -> float:
    return float(ratio[np.argmax(np.abs(np.log(ratio)))])


def _doubts(runs: Runs, loss: str) -> list[Finding]:
    """What is allowed but looks wrong."""
    found = []
    seen: dict[tuple[float, ...], int] = {}
    doubled = []
    for row, numbers in zip(runs.rows, zip(*runs.columns.values(), runs.loss, strict=True), strict=True):
        if numbers in seen:
            doubled.append(int(row))
        seen.setdefault(numbers, int(row))
    if doubled:
        message = f"{len(doubled)} runs repeat an earlier one in every number and count again"
        found.append(Finding("duplicated-runs", message, tuple(doubled)))
    named = any(
        part in ("log", "ln", "logloss") for part in loss.lower().replace("-", "_").replace(" ", "_").split("_")
    )
    if named or np.median(runs.loss) < LOGARITHM_LIKE:
        message = (
            f"the loss (median {np.median(runs.loss):.3g}) looks like a logarithm or another unit than nats per token; "
            f"its logarithm is taken here"
        )
        found.append(Finding("log-loss-suspected", message))
    for symbol, values in runs.columns.items():
        order = np.argsort(values, kind="stable")
        ratios = values[order][1:] / values[order][:-1]
        if ratios.size and ratios.max() > UNIT_GAP:
            cut = int(ratios.argmax()) + 1
            few = order[:cut] if cut <= len(order) / 2 else order[cut:]
            message = f"{symbol} leaps by a factor {ratios.max():.3g} between neighbours: mixed units?"
            found.append(Finding("mixed-units", message, tuple(sorted(int(i) for i in runs.rows[few]))))
    return found


def _without_highest(runs: Runs, count: int) -> Runs:
    if not 0 <= count < len(runs):
        raise DomainError(f"drop_highest_loss must be from 0 to one less than the {len(runs)} runs, got {count}")
    if not count:
        return runs
    dropped = np.sort(np.argsort(-runs.loss, kind="stable")[:count])
    message = f"{count} runs of the highest loss are left out, as asked"
    finding = Finding("dropped-highest-loss", message, tuple(int(i) for i in runs.rows[dropped]))
    return runs.picked(np.setdiff1d(np.arange(len(runs)), dropped), finding)
