"""What a sweep is asked: a TOML file or a mapping, read and checked as a whole before anything is computed."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound import __version__
from infobound.allocation.minimising import check_budgets
from infobound.catalogue import entry_named
from infobound.costs import Cost, cost_named
from infobound.defining import define_from
from infobound.errors import DomainError, ExpressionError, UnknownNameError
from infobound.inputs import as_floats, log_spaced
from infobound.record import AllocationRule, Law

__all__ = ["KEYS", "QUANTITIES", "Spec", "specified"]

Array = NDArray[np.float64]
Entry = Law | AllocationRule

QUANTITIES = ("value", "terms", "least", "allocation")
KEYS = ("law", "quantity", "over", "axes", "parameters", "cost", "dtype", "compression")
_LONGEST_AXIS = 10_000_000


@dataclass(frozen=True)
class Spec:
    """A checked sweep.

    Attributes
    ----------
    entries : tuple of Law or AllocationRule
    stacked : bool
        The laws were given as a list and are the first dimension, `law`.
    quantity : str
        "value", "terms", "least" or "allocation".
    over : tuple of str
        The axes that a least value is taken over.
    axes : mapping of str to numpy.ndarray
        All axes in order, each with its labels.
    parameters : mapping of str to float
        Numbers that are the same at all points.
    cost : Cost, optional
        What an allocation pays; each law's own if left out.
    dtype, compression : str
        "float64" or "float32"; "none" or "zstd".
    """

    entries: tuple[Entry, ...]
    stacked: bool
    quantity: str
    over: tuple[str, ...]
    axes: Mapping[str, Array]
    parameters: Mapping[str, float]
    cost: Cost | None
    dtype: str
    compression: str

    @property
    def kept(self) -> dict[str, Array]:
        """The axes that are dimensions of the result."""
        return {name: axis for name, axis in self.axes.items() if name not in self.over}

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the result's dimensions."""
        return ("law", *self.kept) if self.stacked else tuple(self.kept)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the result's dimensions."""
        lengths = tuple(map(len, self.kept.values()))
        return (len(self.entries), *lengths) if self.stacked else lengths

    @property
    def depth(self) -> int:
        """How many points a number of the result is taken from."""
        return prod(len(self.axes[name]) for name in self.over)

    def known(self, entry: Entry) -> dict[str, Array | float]:
        """Return the axes and parameters that a law knows, in the order of the axes."""
        names = _known(entry, self.quantity)
        given: dict[str, Array | float] = {**self.axes, **self.parameters}
        return {name: value for name, value in given.items() if name in names}

    def record(self) -> dict[str, Any]:
        """Everything that the numbers depend on, as JSON has it: equal records mean equal numbers."""
        return {
            "infobound version": __version__,
            "quantity": self.quantity,
            "over": list(self.over),
            "dtype": self.dtype,
            "compression": self.compression,
            "axes": {name: axis.tolist() for name, axis in self.axes.items()},
            "parameters": dict(self.parameters),
            "dimensions": list(self.dims),
            "law": {entry.name: _contents(entry, self) for entry in self.entries},
        }


def specified(given: Mapping[str, Any] | str | Path) -> Spec:
    """Read and check what a sweep is asked.

    Parameters
    ----------
    given : mapping, str or Path
        The keys of docs/sweeps.md, or the TOML file that holds them.

    Raises
    ------
    UnknownNameError
        If a key, law, symbol or cost is unknown, or one that is needed is missing.
    DomainError
        If the file is not TOML, or an axis or a number lies outside its domain.
    ExpressionError
        If a law lacks what is asked: a value, or an allocation.
    """
    if isinstance(given, str | Path):
        given = _toml(Path(given))
    unknown = [key for key in given if key not in KEYS]
    if unknown or "law" not in given or "axes" not in given:
        raise UnknownNameError(
            f"a sweep needs law and axes, and may have {', '.join(key for key in KEYS if key not in ('law', 'axes'))}"
            f"; got {', '.join(unknown or given) or 'nothing'}"
        )
    law, quantity = given["law"], _chosen(given, "quantity", QUANTITIES)
    stacked = isinstance(law, Sequence) and not isinstance(law, str)
    entries = tuple(_entry(one) for one in (law if stacked else (law,)))
    if not entries or len({entry.name for entry in entries}) < len(entries):
        raise DomainError(f"a sweep needs laws of different names, got {[entry.name for entry in entries]}")
    cost, over = given.get("cost"), given.get("over", ())
    if cost is not None and quantity != "allocation":
        raise DomainError(f"a cost belongs to an allocation, got quantity={quantity}")
    spec = Spec(
        entries=entries,
        stacked=stacked,
        quantity=quantity,
        over=(over,) if isinstance(over, str) else tuple(over),
        axes={name: _axis(name, axis) for name, axis in _table(given, "axes").items()},
        parameters={name: _number(name, value) for name, value in _table(given, "parameters").items()},
        cost=None if cost is None else cost_named(cost),
        dtype=_chosen(given, "dtype", ("float64", "float32")),
        compression=_chosen(given, "compression", ("none", "zstd")),
    )
    _check(spec)
    return spec


def _entry(given: Any) -> Entry:
    """Return the law of a name, of a table that defines one, or the law given."""
    return define_from(given) if isinstance(given, Mapping) else entry_named(given)


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as fault:
        raise DomainError(f"a sweep's file must be readable, got {path} ({fault.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DomainError(f"a sweep's file must be TOML, got {path}: {fault}") from None


def _chosen(given: Mapping[str, Any], key: str, choices: Sequence[str]) -> str:
    value = given.get(key, choices[0])
    if value not in choices:
        raise DomainError(f"{key} must be one of {', '.join(choices)}; got {value!r}")
    return str(value)


def _table(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = given.get(key, {})
    if not isinstance(table, Mapping):
        raise DomainError(f"{key} must be a table of names, got {table!r}")
    return table


def _axis(name: str, raw: Any) -> Array:
    """Labels of an axis: a list, or `{ log = [low, high, count] }`, or `{ linear = [...] }`."""
    if isinstance(raw, Mapping):
        ends = next(iter(raw.values()), None)
        if [*raw] not in (["log"], ["linear"]) or not isinstance(ends, Sequence) or len(ends) != 3:
            raise DomainError(
                f"the axis {name} must be a list, {{log = [low, high, count]}} or {{linear = [low, high, count]}}, "
                f"got {raw}"
            )
        low, high = (_number(f"an end of {name}", end) for end in ends[:2])
        if not isinstance(ends[2], int) or not 1 <= ends[2] <= _LONGEST_AXIS:
            raise DomainError(f"the count of {name} must be a whole number from 1 to {_LONGEST_AXIS}, got {ends[2]!r}")
        if "linear" in raw:
            return np.linspace(low, high, ends[2])
        if not (low > 0 and high > 0):
            raise DomainError(f"the ends of a log-spaced axis must be positive, got {name} from {low:g} to {high:g}")
        return log_spaced(low, high, ends[2])
    axis = as_floats(name, raw)
    if axis.ndim != 1 or not axis.size:
        raise DomainError(f"an axis must be a list of numbers, got {name}={raw!r}")
    return axis


def _number(name: str, raw: Any) -> float:
    number = as_floats(name, raw)
    if number.ndim or not np.isfinite(number):
        raise DomainError(f"{name} must be one finite number, got {raw!r}")
    return float(number)


def _needed(entry: Entry, quantity: str) -> tuple[str, ...]:
    """Names that a law needs numbers for, beside the budget."""
    if isinstance(entry, Law) and quantity != "allocation":
        return tuple(symbol.name for symbol in entry.symbols)
    return tuple(q.symbol.name for q in entry.parameters)


def _known(entry: Entry, quantity: str) -> set[str]:
    return {*_needed(entry, quantity), *(("C",) if quantity == "allocation" else ())}


def _check(spec: Spec) -> None:
    if not spec.kept:
        raise DomainError(f"a sweep needs at least one axis that stays, got {', '.join(spec.axes) or 'none'}")
    if (spec.quantity == "least") != bool(spec.over):
        raise DomainError(f"least, and nothing else, is taken over axes, got {spec.quantity} over {[*spec.over]}")
    twice = [name for name in spec.axes if name in spec.parameters]
    if twice:
        raise DomainError(f"a name must be an axis or a parameter, got {', '.join(twice)} as both")
    rules = [entry.name for entry in spec.entries if not isinstance(entry, Law)]
    if rules and spec.quantity != "allocation":
        raise ExpressionError(f"{spec.quantity} needs laws with a loss, got {', '.join(rules)}")
    names = set().union(*(_known(entry, spec.quantity) for entry in spec.entries))
    stray = [name for name in (*spec.axes, *spec.parameters) if name not in names]
    if stray:
        raise UnknownNameError(
            f"axes and parameters must be known to a law of the sweep ({', '.join(sorted(names))}); "
            f"got {', '.join(stray)}"
        )
    for entry in spec.entries:
        known = spec.known(entry)
        unknown = [name for name in spec.over if name not in spec.axes or name not in known]
        if unknown:
            raise UnknownNameError(f"over must name axes that {entry.name} knows, got {', '.join(map(str, unknown))}")
        if spec.quantity == "allocation":
            if "C" not in known:
                raise UnknownNameError("an allocation needs budgets C, got none")
            check_budgets(np.asarray(known.pop("C")))
        entry.checked(known, _needed(entry, spec.quantity))


def _contents(entry: Entry, spec: Spec) -> dict[str, str]:
    """Expressions and constants of a law that its numbers come from."""
    if isinstance(entry, Law):
        found = {f"term {name}": str(term) for name, term in entry.terms.items()}
        found["parameter count"] = str(entry.parameter_count)
    else:
        found = {"p": str(entry.p_of_C), "T": str(entry.T_of_C), "own cost": str(entry.cost)}
    found |= {f"parameter {q.symbol.name}": str(q.value) for q in entry.parameters if q.value is not None}
    if spec.quantity == "allocation":
        found["cost"] = str(spec.cost or entry.cost)
    return found
