"""Answers as JSON and CSV, on standard output or in a file that is written whole or not at all."""

import contextlib
import csv
import io
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from infobound.errors import DomainError
from infobound.proof.step import Standing
from infobound.record import Law

__all__ = ["check_target", "emit", "flat_columns", "infeasible", "record_of", "replacing", "write"]

TABLES = (".json", ".csv")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a draft beside a file to write to; it takes the file's place at the end, or goes without a trace."""
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def check_target(target: str | os.PathLike[str], what: str = "--out", forms: Sequence[str] = TABLES) -> None:
    """Refuse a file that cannot be written, before anything is computed.

    Raises
    ------
    DomainError
    """
    path = Path(target)
    if path.suffix not in forms:
        raise DomainError(f"{what} must name a {', '.join(forms[:-1])} or {forms[-1]} file, got {path}")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK) or path.is_dir():
        raise DomainError(f"{what} must name a file in a folder that can be written, got {path}")


def emit(result: Any, form: str) -> None:
    """Print a result as JSON or CSV."""
    sys.stdout.write(_text(result, form))


def write(result: Any, target: str | os.PathLike[str]) -> None:
    """Write a result to a .json or .csv file, whole or not at all."""
    path = Path(target)
    with replacing(path) as draft:
        draft.write_text(_text(result, path.suffix.removeprefix(".")), encoding="utf-8")


def infeasible(result: Any) -> str:
    """Name the infeasible budgets, or target losses, each once; empty where there are none."""
    if "status" not in getattr(result, "variables", ()):
        return ""
    columns = result.columns()
    lacking = columns["status"] == "infeasible"
    asked = "C" if "C" in result.coords else "loss"
    by_law = dict.fromkeys(
        zip(columns.get("law", np.full(lacking.shape, ""))[lacking], columns[asked][lacking], strict=True)
    )
    return ", ".join(f"{f'{law} at ' if law else ''}{asked}={number:g}" for law, number in by_law)


def _plain(value: Any) -> Any:
    """Return a number or word that JSON has; NaN and infinities are null."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def flat_columns(result: Any) -> dict[str, list[Any]]:
    """Flat columns of equal length."""
    if hasattr(result, "columns"):
        return {name: [_plain(item) for item in array] for name, array in result.columns().items()}
    if isinstance(result, Mapping) and all(hasattr(entry, "family") for entry in result.values()):
        entries = list(result.values())
        return {
            key: [getattr(entry, key) for entry in entries] for key in ("name", "family", "claim", "reading", "title")
        }
    if isinstance(result, tuple):
        return _standings(result)
    return {key: [value] for key, value in result.items()}


def _standings(result: Sequence[Any]) -> dict[str, list[Any]]:
    """Count the steps of each derivation by standing."""
    rows = [
        {
            "derivation": derived.name,
            "steps": len(tuple(derived)),
            **{str(s): sum(step.standing is s for step in derived) for s in Standing},
            "weakest": str(derived.derivation.standing),
            "checked": derived.is_checked,
        }
        for derived in result
    ]
    return {key: [row[key] for row in rows] for key in rows[0]}


def _text(result: Any, form: str) -> str:
    if hasattr(result, "record"):
        if form == "csv":
            raise DomainError("a fit is printed as text or JSON, not as CSV; got --csv")
        return json.dumps(result.record(), indent=2) + "\n"
    if hasattr(result, "family"):
        record = record_of(result)
        if form == "csv":
            raise DomainError("a law's record is printed as text or JSON, not as CSV; got --csv")
        return json.dumps(record, indent=2) + "\n"
    columns = flat_columns(result)
    if form == "json":
        return json.dumps(columns) + "\n"
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue()


def record_of(entry: Any) -> dict[str, Any]:
    """Everything that the record says, in words."""
    shown: dict[str, Any] = {
        "name": entry.name,
        "title": entry.title,
        "family": entry.family,
        "kind": entry.claim,
        "quantity": entry.quantity,
        "unit": entry.unit,
        "reading": entry.reading,
        "size": str(entry.size),
        "data": str(entry.data),
    }
    if isinstance(entry, Law):
        shown["terms"] = {name: str(expr) for name, expr in entry.terms.items()}
        shown["parameter_count"] = str(entry.parameter_count)
        shown["cap"] = None if entry.cap is None else {"value": str(entry.cap.value), "binds": entry.cap.binds}
        shown["assumptions"] = list(entry.assumptions)
    else:
        shown["p_of_C"], shown["T_of_C"] = str(entry.p_of_C), str(entry.T_of_C)
    shown["parameters"] = {
        q.symbol.name: {
            "value": None if q.value is None else float(q.value),
            "unit": q.unit,
            "rule": q.domain.rule(q.symbol.name),
            "printed": q.printed,
            "source": q.source,
        }
        for q in entry.parameters
    }
    shown["cost"] = str(entry.cost)
    shown["published"] = {
        name: {
            key: None if number is None else float(number)
            for key, number in (("value", q.value), ("low", q.low), ("high", q.high))
        }
        | {"meaning": q.meaning}
        for name, q in entry.intervals.items()
    }
    shown["references"] = [str(reference) for reference in entry.references]
    shown["notes"] = list(entry.notes)
    return shown
