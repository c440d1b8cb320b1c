"""A fitted law and its runs as plain data and back: expressions as nested lists of a closed set of heads.

Exact numbers are fractions.  No text that was read from a file is run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import sympy as sp

from infobound import special
from infobound.costs import COSTS, Cost
from infobound.errors import ExpressionError
from infobound.facts import Interval, Parameter, Reference
from infobound.fitting.reading import Finding, Runs
from infobound.limits import GREATEST_EXPONENT
from infobound.record import Law

__all__ = [
    "findings_of_tree",
    "law_of_tree",
    "ranges_of_tree",
    "runs_of_tree",
    "tree_of_findings",
    "tree_of_law",
    "tree_of_ranges",
    "tree_of_runs",
]

Range = tuple[float, float]
Ranges = Mapping[str, Mapping[str, Range]]

_HEADS: dict[str, Any] = {
    head.__name__: head
    for head in (
        sp.Add,
        sp.Mul,
        sp.Pow,
        sp.exp,
        sp.log,
        sp.Min,
        sp.Max,
        sp.Abs,
        sp.floor,
        sp.ceiling,
        sp.Piecewise,
        sp.functions.elementary.piecewise.ExprCondPair,
        sp.LessThan,
        sp.StrictLessThan,
        sp.GreaterThan,
        sp.StrictGreaterThan,
        *(getattr(special, name) for name in special.__all__),
    )
}
_CONSTANTS = {"E": sp.E, "pi": sp.pi, "true": sp.true, "false": sp.false}
_ENDS = ("low", "high", "below")
_WORDS = ("name", "title", "kind", "quantity", "unit", "family", "reading")


def tree_of_law(law: Law) -> dict[str, Any]:
    """Data that JSON holds."""
    return {
        **{word: getattr(law, word) for word in _WORDS},
        "symbols": {s.name: {"positive": s.is_positive, "real": s.is_real} for s in law.symbols},
        "terms": {name: _tree(expr) for name, expr in law.terms.items()},
        "size": None if law.size is None else law.size.name,
        "data": None if law.data is None else law.data.name,
        "parameter_count": None if law.parameter_count is None else _tree(law.parameter_count),
        "parameters": [_tree_of_parameter(q) for q in law.parameters],
        "cost": _tree_of_cost(law.cost),
        "intervals": {
            name: {
                "value": str(q.value),
                "low": None if q.low is None else str(q.low),
                "high": None if q.high is None else str(q.high),
                "meaning": q.meaning,
            }
            for name, q in law.intervals.items()
        },
        "assumptions": list(law.assumptions),
        "notes": list(law.notes),
    }


def law_of_tree(tree: dict[str, Any]) -> Law:
    """Law that the data describe.

    Raises
    ------
    ExpressionError
        If an expression holds anything but the heads that laws are written in.
    """
    symbols = {
        name: sp.Symbol(name, **{key: value for key, value in facts.items() if value is not None})
        for name, facts in tree["symbols"].items()
    }
    return Law(
        **{word: tree[word] for word in _WORDS},
        terms={name: _expr(part, symbols) for name, part in tree["terms"].items()},
        size=symbols.get(tree["size"]),
        data=symbols.get(tree["data"]),
        parameter_count=None if tree["parameter_count"] is None else _expr(tree["parameter_count"], symbols),
        parameters=tuple(_parameter(q, symbols[q["name"]]) for q in tree["parameters"]),
        cost=_cost(tree["cost"]),
        intervals={
            name: Interval(
                sp.Rational(q["value"]),
                None if q["low"] is None else sp.Rational(q["low"]),
                None if q["high"] is None else sp.Rational(q["high"]),
                q["meaning"],
            )
            for name, q in tree["intervals"].items()
        },
        assumptions=tuple(tree["assumptions"]),
        notes=tuple(tree["notes"]),
    )


def tree_of_runs(runs: Runs) -> dict[str, Any]:
    """Data that JSON holds."""
    return {
        "columns": {name: values.tolist() for name, values in runs.columns.items()},
        "loss": runs.loss.tolist(),
        "clusters": runs.clusters.tolist(),
        "rows": runs.rows.tolist(),
        "findings": tree_of_findings(runs.findings),
    }


def runs_of_tree(tree: dict[str, Any]) -> Runs:
    """Runs that the data describe."""
    return Runs(
        {name: np.array(values, dtype=np.float64) for name, values in tree["columns"].items()},
        np.array(tree["loss"], dtype=np.float64),
        np.array(tree["clusters"], dtype=np.int64),
        np.array(tree["rows"], dtype=np.int64),
        findings_of_tree(tree["findings"]),
    )


def tree_of_findings(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Code, message and rows of each."""
    return [{"code": f.code, "message": f.message, "rows": list(f.rows)} for f in findings]


def findings_of_tree(tree: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Findings that the data describe."""
    return tuple(Finding(f["code"], f["message"], tuple(f["rows"])) for f in tree)


def tree_of_ranges(intervals: Ranges) -> dict[str, Any]:
    """Ends by method and name; an infinite one is null, for JSON knows no infinity."""
    return {
        method: {name: [end if np.isfinite(end) else None for end in ends] for name, ends in found.items()}
        for method, found in intervals.items()
    }


def ranges_of_tree(tree: Mapping[str, Any]) -> dict[str, dict[str, Range]]:
    """Intervals that the data describe."""

    def range_of(low: float | None, high: float | None) -> Range:
        return -np.inf if low is None else low, np.inf if high is None else high

    return {method: {name: range_of(*ends) for name, ends in found.items()} for method, found in tree.items()}


def _tree_of_parameter(q: Parameter) -> dict[str, Any]:
    """Every field of the record; numbers as text, for JSON knows no infinity."""
    facts = {field.name: getattr(q, field.name) for field in fields(q) if field.name != "symbol"}
    facts["value"] = None if q.value is None else str(q.value)
    return {"name": q.symbol.name, **{key: str(float(v)) if key in _ENDS else v for key, v in facts.items()}}


def _parameter(tree: dict[str, Any], symbol: sp.Symbol) -> Parameter:
    facts: dict[str, Any] = {key: float(tree[key]) if key in _ENDS else tree[key] for key in tree if key != "name"}
    facts["value"] = None if tree["value"] is None else sp.Rational(tree["value"])
    return Parameter(symbol, **facts)


def _tree_of_cost(cost: Cost) -> dict[str, Any]:
    if COSTS.get(cost.name) == cost:
        return {"name": cost.name}
    return {
        "name": cost.name,
        "expr": _tree(cost.expr),
        "parameters": [_tree_of_parameter(q) for q in cost.parameters],
        "unit": cost.unit,
        "notes": list(cost.notes),
        "references": [asdict(reference) for reference in cost.references],
    }


def _cost(tree: dict[str, Any]) -> Cost:
    if "expr" not in tree:
        return COSTS[tree["name"]]
    # a cost replaces these by symbols of its own
    symbols = {name: sp.Symbol(name) for name in ("p", "T", *(q["name"] for q in tree["parameters"]))}
    return Cost(
        tree["name"],
        _expr(tree["expr"], symbols),
        tuple(_parameter(q, symbols[q["name"]]) for q in tree["parameters"]),
        tree["unit"],
        tuple(tree["notes"]),
        tuple(Reference(**reference) for reference in tree["references"]),
    )


def _tree(expr: Any) -> Any:
    if expr.is_Symbol:
        return {"symbol": expr.name}
    if getattr(expr, "is_Rational", False):
        return str(expr)
    for name, constant in _CONSTANTS.items():
        if expr == constant:
            return {"constant": name}
    if expr.func.__name__ not in _HEADS:
        raise ExpressionError(f"a saved law may hold only {', '.join(_HEADS)}, got {expr.func.__name__}")
    return [expr.func.__name__, *map(_tree, expr.args)]


def _expr(tree: Any, symbols: dict[str, Any]) -> Any:
    if isinstance(tree, str):
        return sp.Rational(*map(int, tree.split("/")))
    if isinstance(tree, dict):
        ((kind, name),) = tree.items()
        known: dict[str, Any] = symbols if kind == "symbol" else _CONSTANTS
        if name not in known:
            raise ExpressionError(f"a saved law may name only its own symbols and constants, got {name!r}")
        return known[name]
    head, *args = tree
    if head not in _HEADS:
        raise ExpressionError(f"a saved law may hold only {', '.join(_HEADS)}, got {head!r}")
    parts = [_expr(arg, symbols) for arg in args]
    if head == "Pow" and all(part.is_Rational for part in parts) and abs(parts[1]) > GREATEST_EXPONENT:
        raise ExpressionError(f"a constant exponent must be at most {GREATEST_EXPONENT} in size, got {parts[1]}")
    return _HEADS[head](*parts)
