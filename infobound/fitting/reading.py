"""Training runs as their owners keep them: read, checked row by row, and never thinned out in silence.

Rows are counted from 1, the first run (not the header) being row 1.  Every fault and every doubt has a code.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound.errors import DomainError
from infobound.fitting.tables import MISSING, Table, read_table
from infobound.symbols import Domain

__all__ = ["Finding", "Runs", "data_of", "read_runs", "refuse"]

Array = NDArray[np.float64]

# Neighbours this far apart in a sorted column look like two units: the gap between thousands and millions.
UNIT_GAP = 300.0
# Losses of language models in nats lie above, their logarithms below.
LOGARITHM_LIKE = 1.3
# Their perplexities lie above: a loss of 7 nats is a perplexity of 1,100.
PERPLEXITY_LIKE = 7.0
# Tokens per parameter beyond these look like other units, or like columns that changed places.
FEWEST_TOKENS, MOST_TOKENS = 0.1, 1e5
FEWEST_PARAMETERS = 5000.0
# Symbols that count, each in units of one: parameters and tokens.
COUNTS = (("N", "D"), ("p", "T"))
# 6 N D is within this factor of the compute that is reported beside it, else it is not the same compute.
COMPUTE_FACTOR = 1.5
LONGEST_SHOWN = 60


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
    table = read_table(runs)
    taken = {"loss": loss, **columns, **({} if compute is None else {"C": compute[0]})}
    for name in taken.values():
        twins = [other for other in taken if taken[other] == name]
        if len(twins) > 1:
            raise refuse(
                "shared-column", f"each symbol must have a column of its own, got {name!r} for {' and '.join(twins)}"
            )
        table.column(name)
    numbers = {symbol: _numbers(table, name, symbol, domains[symbol]) for symbol, name in columns.items()}
    losses = _numbers(table, loss, "loss", Domain(low=0, low_included=False))
    if len(losses) > 1 and (losses == losses[0]).all():
        raise refuse(
            "constant-loss", f"losses must differ between runs, got {losses[0]:g} in all {len(losses)} of them"
        )
    findings: list[Finding] = []
    if compute is not None:
        column, size, data = compute
        spent = _numbers(table, column, "C", Domain(low=0, low_included=False))
        if data in numbers:
            findings += _compute_mismatch(spent, numbers[size], numbers[data])
        else:
            numbers[data] = data_of(spent, numbers[size], size, data)
    read = Runs(numbers, losses, _clusters(table, cluster), np.arange(1, len(losses) + 1))
    findings += _doubts(read, loss)
    read = replace(read, findings=tuple(findings))
    return _without_highest(read, drop_highest_loss)


def data_of(compute: Array, sizes: Array, size: str = "N", data: str = "D") -> Array:
    """Tokens C / (6 N) that compute leaves.

    Raises
    ------
    DomainError
        If some run has less than one.
    """
    tokens = compute / 6 / sizes
    _enforce(tokens, data, Domain(low=1), f"C/(6 {size})")
    return tokens


def refuse(code: str, rule: str, rows: Sequence[int] = ()) -> DomainError:
    """Make the error of runs that cannot be fitted."""
    return DomainError(str(Finding(code, rule, tuple(rows))))


def _places(rows: Sequence[int]) -> str:
    if not rows:
        return ""
    shown = ", ".join(map(str, rows[:8]))
    more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
    return f" (row{'s' if len(rows) > 1 else ''} {shown}{more})"


def _numbers(table: Table, name: str, symbol: str, domain: Domain) -> Array:
    values, bad = table.numbers(name)
    if bad:
        item = table.column(name)[bad[0] - 1]
        shown = repr(item.item() if isinstance(item, np.generic) else item)
        shown = shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."
        raise refuse("not-a-number", f"column {name!r} must hold numbers, got {shown}", bad)
    _enforce(values, symbol, domain, f"column {name!r}")
    return values


def _clusters(table: Table, name: str | None) -> NDArray[np.int64]:
    """Number of the cluster of each run; without a column each run is its own."""
    if name is None:
        return np.arange(len(table))
    names = [str(item).strip() for item in table.column(name)]
    bad = [row for row, item in enumerate(names, 1) if item.lower() in MISSING]
    if bad:
        raise refuse("missing-cluster", f"cluster must be known for every run, got none in column {name!r}", bad)
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _enforce(values: Array, symbol: str, domain: Domain, place: str) -> None:
    """Refuse what is missing, infinite or outside the domain, with all its rows."""
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        rule = f"{symbol} must be a finite number in every run, got {values[bad[0]]:g} in {place}"
        raise refuse("not-finite", f"{rule}; leave such runs out of the file if they are to be left out", [*(bad + 1)])
    inside = (values >= domain.low if domain.low_included else values > domain.low) & (values < domain.below)
    bad = np.flatnonzero(~inside)
    if bad.size:
        value = float(values[bad[0]])
        hint = "; if the column holds the logarithm of the loss, give the loss itself" if symbol == "loss" else ""
        if value > 0 and any(symbol in pair for pair in COUNTS):
            hint = "; count single parameters and tokens, not thousands or millions of them"
        code = "not-positive" if value <= 0 else "outside-domain"
        raise refuse(code, f"{domain.rule(symbol, value)}, got {value:g} in {place}{hint}", [*(bad + 1)])


def _compute_mismatch(spent: Array, size: Array, data: Array) -> list[Finding]:
    # in logarithms, for the product of two large columns may be none
    ratio = np.exp(np.log(spent) - np.log(6) - np.log(size) - np.log(data))
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
    return [*found, *_doubts_of_loss(runs.loss, loss), *_doubts_of_units(runs.columns, runs.rows)]


def _doubts_of_loss(losses: Array, name: str) -> list[Finding]:
    words = set(re.split(r"[^a-z]+", name.lower()))
    median = float(np.median(losses))
    if words & {"log", "ln", "logloss"} or median < LOGARITHM_LIKE:
        message = "a logarithm or another unit than nats per token; its logarithm is taken here"
        return [Finding("log-loss-suspected", f"the loss (median {median:.3g}) looks like {message}")]
    if words & {"ppl", "perplexity"} or median > PERPLEXITY_LIKE:
        message = "a perplexity, or a loss that is not in nats per token; give the loss, ln of the perplexity"
        return [Finding("perplexity-suspected", f"the loss (median {median:.3g}) looks like {message}")]
    return []


def _doubts_of_units(columns: Mapping[str, Array], rows: NDArray[np.int64]) -> list[Finding]:
    found = []
    for size, data in COUNTS:
        if size not in columns or not {data, "C"} & set(columns):
            continue
        tokens = columns[data] if data in columns else columns["C"] / 6 / columns[size]
        count, ratio = float(np.median(columns[size])), float(np.median(tokens / columns[size]))
        if not FEWEST_TOKENS <= ratio <= MOST_TOKENS:
            message = f"tokens per parameter have the median {ratio:.3g}: other units, or columns that changed places?"
            found.append(Finding("units-suspected", message))
        elif count < FEWEST_PARAMETERS:
            message = f"{size} has the median {count:.3g}: thousands or millions of parameters?"
            found.append(Finding("units-suspected", message))
    for symbol, values in columns.items():
        order = np.argsort(values, kind="stable")
        ratios = values[order][1:] / values[order][:-1]
        if ratios.size and ratios.max() > UNIT_GAP:
            cut = int(ratios.argmax()) + 1
            few = order[:cut] if cut <= len(order) / 2 else order[cut:]
            message = f"{symbol} leaps by a factor {ratios.max():.3g} between neighbours: mixed units?"
            found.append(Finding("mixed-units", message, tuple(sorted(int(i) for i in rows[few]))))
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
