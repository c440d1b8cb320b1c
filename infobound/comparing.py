"""`compare`: bounds and published fits side by side, on the same budgets and under one cost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound import __version__
from infobound.allocation.minimising import allocated
from infobound.catalogue import entry_named
from infobound.catalogue import laws as catalogue
from infobound.costs import Cost, cost_named
from infobound.errors import DomainError, InfeasibleError, UnknownNameError
from infobound.labelled import Answer, as_xarray, laid_out
from infobound.record import AllocationRule, Law
from infobound.repeating import Learner, repeated

__all__ = ["compare"]

Array = NDArray[Any]
Entry = Law | AllocationRule

FAMILIES = ("theory", "chinchilla")
BUDGETS = tuple(float(f"1e{k}") for k in range(18, 27))
PARAMETERS = {"d": (128.0, 1024.0), "K": (10.0, 100.0)}
# Exponents this close are said to agree up to logarithms: at practical budgets a bound's local exponent
# lies about 1 / ln C below its limit (docs/math.md section 8).
AGREE = 0.05


@as_xarray
def compare(
    laws: Sequence[Entry | str] | Entry | str | None = None,
    C: Any = None,
    cost: Cost | str = "transformer",
    repeats: Learner | None = None,
    **parameters: Any,
) -> Answer:
    """Allocate the same budgets by several laws under one cost.

    Parameters
    ----------
    laws : Law, AllocationRule or str, or a sequence of these, optional
        Every theory law that has a size, and every Chinchilla entry, if left out; on repeated samples those of
        them that have a loss.
    C : array_like of float, optional
        Budgets; 1e18 to 1e26 in decades if left out.
    cost : Cost or str
        One cost for all entries ("transformer": 6 p T, or "product": p T), or "own" for each entry's own.
    repeats : str, optional
        Learner of U unique samples, which are repeated: "effective" or "exact_bayes" (see `repeated`).
    **parameters : array_like of float
        Parameters by name, passed to the entries that know them; d = 128, 1024 and K = 10, 100 if left out.

    Returns
    -------
    xarray.Dataset
        Dimensions (law, C, d, K) as far as the inputs are arrays.  Beside the variables of `allocate`:
        `a_published, b_published` with `_low` and `_high`; `share_d2, share_K2`, the factor on p*/T* when d
        or K doubles (NaN for an entry without that symbol); `unit` of each entry's loss; `knows`, those of the
        parameters asked for that an entry has; and in
        `attrs["summary"]` what agrees and what does not.  A rule whose source prints exponents alone has status
        `no_level`, and NaN for all but these, unless its prefactor is given.

    Raises
    ------
    UnknownNameError
        If no entry knows a parameter, or a name is unknown.
    DomainError, ExpressionError
        If a law that is to learn from repeated samples has no loss in the data size, among others.
    InfeasibleError
        If no entry has a feasible budget.
    """
    if isinstance(laws, str | Law | AllocationRule):
        laws = (laws,)
    entries = [entry_named(entry) for entry in laws] if laws is not None else _shipped(repeats)
    if not entries:
        raise DomainError("a comparison needs at least one law, got none")
    if repeats is not None:
        entries = [replace(repeated(entry, repeats), name=entry.name) for entry in entries]
    known = {q.symbol.name for entry in entries for q in entry.parameters}
    stray = [name for name in parameters if name not in known]
    if stray:
        raise UnknownNameError(
            f"a parameter must be one that some entry knows ({', '.join(sorted(known)) or 'none'}); "
            f"got {', '.join(stray)}"
        )
    given = {"C": np.asarray(BUDGETS) if C is None else C}
    given |= {name: np.asarray(value) for name, value in PARAMETERS.items() if name in known}
    given |= parameters
    coords, spread = laid_out(given)
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))

    def of(entry: Entry, doubled: str | None = None) -> Answer:
        own = {name: raw for name, raw in given.items() if name == "C" or name in _parameters(entry)}
        if doubled is not None:
            raw = own[doubled]
            own[doubled] = 2.0 * (raw if hasattr(raw, "dims") else np.asarray(raw))
        scale = entry.scale if isinstance(entry, AllocationRule) else None
        return allocated(entry, None if cost == "own" else cost, own, scale if scale not in own else None)

    answers = [of(entry) for entry in entries]
    if spread["C"].size and all((answer.variables["status"][1] == "infeasible").all() for answer in answers):
        raise InfeasibleError(f"some entry must have a feasible budget, got C={np.max(spread['C']):g} at most")

    def stacked(name: str, parts: Sequence[Answer | None]) -> tuple[tuple[str, ...], Array]:
        return ("law", *dims), np.stack([_spread(part, name, dims, shape) for part in parts])

    names = dict.fromkeys(name for answer in answers for name in answer.variables)
    variables = {name: stacked(name, answers) for name in names}
    share = variables["p"][1] / variables["T"][1]
    for name in PARAMETERS:
        if name in given:
            twice = [of(entry, name) if name in _parameters(entry) else None for entry in entries]
            ratio = stacked("p", twice)[1] / stacked("T", twice)[1]
            variables[f"share_{name}2"] = ("law", *dims), ratio / share
    variables |= _published(entries)
    variables["unit"] = ("law",), np.array([entry.unit for entry in entries])
    # a word each, for arrays hold no lists
    knows = [" ".join(name for name in given if name in _parameters(entry)) for entry in entries]
    variables["knows"] = ("law",), np.array(knows)
    coords = {
        "law": (("law",), np.array([entry.name for entry in entries])),
        "kind": (("law",), np.array([entry.claim for entry in entries])),
        **coords,
    }
    attrs = {
        "cost": "own" if cost == "own" else str(cost_named(cost)),
        **({} if repeats is None else {"repeats": repeats}),
        "summary": _summary(entries, variables, np.broadcast_to(spread["C"], shape)),
        "infobound_version": __version__,
    }
    return Answer(coords, variables, attrs)


def _shipped(repeats: Learner | None = None) -> list[Entry]:
    entries = [entry for family in FAMILIES for entry in catalogue().values() if entry.family == family]
    # a law without a size leaves a budget nothing to trade, and minimising a lower bound promises nothing
    traded = [entry for entry in entries if entry.size is not None and entry.kind != "lower bound"]
    return traded if repeats is None else [entry for entry in traded if isinstance(entry, Law)]


def _parameters(entry: Entry) -> set[str]:
    return {q.symbol.name for q in entry.parameters}


def _spread(answer: Answer | None, name: str, dims: tuple[str, ...], shape: tuple[int, ...]) -> Array:
    """One variable of one entry on the dimensions of all; NaN where the entry has no such variable."""
    if answer is None or name not in answer.variables:
        return np.full(shape, np.nan)
    own, array = answer.variables[name]
    ordered = np.transpose(array, sorted(range(len(own)), key=lambda i: dims.index(own[i])))
    lengths = dict(zip(dims, shape, strict=True))
    return np.broadcast_to(ordered.reshape([lengths[dim] if dim in own else 1 for dim in dims]), shape)


def _published(entries: Sequence[Entry]) -> dict[str, tuple[tuple[str, ...], Array]]:
    """The published exponents a and b of each entry with the interval printed beside them."""

    def number(value: Any) -> float:
        return np.nan if value is None else float(value)

    columns: dict[str, tuple[tuple[str, ...], Array]] = {}
    for letter in ("a", "b"):
        found = [entry.intervals.get(letter) for entry in entries]
        for suffix, part in (("", "value"), ("_low", "low"), ("_high", "high")):
            numbers = [number(getattr(interval, part, None)) for interval in found]
            columns[f"{letter}_published{suffix}"] = ("law",), np.array(numbers)
    return columns


def _summary(entries: Sequence[Entry], variables: Mapping[str, Any], C: Array) -> str:
    """Say what agrees at the largest budget, what does not, how the share moves, and what is vacuous."""
    if not C.size:
        return "No budget was given."
    largest = np.max(C)
    vacuous = variables["vacuous"][1].astype(bool)
    settled = np.isin(variables["status"][1], ("converged", "rule", "no_level")) & ~vacuous & (largest == C)

    def ranges(name: str) -> dict[str, tuple[float, float]]:
        found = {e.name: _range(variables[name][1][i][settled[i]]) for i, e in enumerate(entries)}
        return {law: span for law, span in found.items() if span is not None}

    exponents, tokens = ranges("exponent_p"), ranges("tokens_per_parameter")
    fits = [e.name for e in entries if e.kind in ("fit", "allocation rule") and e.name in exponents]
    said = [e.name for e in entries if e.kind not in ("fit", "allocation rule") and e.name in exponents]
    sentences = []
    if fits and said:
        low, high = _hull(exponents[name] for name in fits)
        agree = [n for n in said if exponents[n][0] >= low - AGREE and exponents[n][1] <= high + AGREE]
        differ = [n for n in said if n not in agree]
        head = f"At C = {largest:g} the fits put p* ~ C^a with a = {_words((low, high))}"
        if agree:
            span = _words(_hull(exponents[n] for n in agree))
            sentences.append(
                f"{head}; the allocation that minimises the bound of {_listed(agree)} has local exponent {span}: "
                f"the exponent agrees, up to logarithms."
            )
        else:
            sentences.append(f"{head}; no bound's exponent agrees.")
        if differ:
            each = _listed([f"{n} ({_words(exponents[n])})" for n in differ])
            sentences.append(f"It does not agree for {each}.")
        levelled = [n for n in fits if n in tokens]
        if agree and levelled:
            theirs, ours = (_hull(tokens[n] for n in group) for group in (levelled, agree))
            sentences.append(
                f"The level does not carry over: tokens per parameter are {_words(ours, '.3g')} for these bounds and "
                f"{_words(theirs, '.3g')} for the fits, and K is not fitted to any data."
            )
    # two bounds differ where their ranges over d and K lie apart
    if said and max(exponents[n][0] for n in said) - min(exponents[n][1] for n in said) > AGREE:
        span = _words(_hull(exponents[n] for n in said))
        sentences.append(
            f"The exponent a is a property of a bound's student and teacher: over these bounds it runs from {span}."
        )
    quantities: dict[str, list[str]] = {}
    for e in entries:
        if e.kind not in ("fit", "allocation rule"):
            quantities.setdefault(f"{e.quantity} ({e.unit})", []).append(e.name)
    if len(quantities) > 1:
        each = "; ".join(f"{_listed(names)}: {quantity}" for quantity, names in quantities.items())
        sentences.append(f"These bounds are on different quantities, so their values are not compared: {each}.")
    for name in PARAMETERS:
        key = f"share_{name}2"
        if key in variables:
            moved = ranges(key)
            parts = [f"{n} {_words(moved[n], '.3g')}" for n in said if n in moved]
            if parts:
                sentences.append(f"When {name} doubles, p*/T* changes by the factor: {', '.join(parts)}.")
    count = {n: int(vacuous[i].sum()) for i, n in enumerate(e.name for e in entries) if vacuous[i].any()}
    if count:
        total = C.size
        each = ", ".join(f"{n} in {k} of {total} cells" for n, k in count.items())
        sentences.append(f"Vacuous (at or above the cap, so that it says nothing): {each}.")
    return " ".join(sentences)


def _range(values: Array) -> tuple[float, float] | None:
    kept = values[np.isfinite(values)]
    return (float(kept.min()), float(kept.max())) if kept.size else None


def _hull(ranges: Any) -> tuple[float, float]:
    kept = list(ranges)
    return min(low for low, _ in kept), max(high for _, high in kept)


def _words(span: tuple[float, float], form: str = ".2f") -> str:
    low, high = span
    return f"{low:{form}}" if f"{low:{form}}" == f"{high:{form}}" else f"{low:{form}} to {high:{form}}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
