"""A comparison as a folder to keep: its table, its figure, and the derivations of its theory laws."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infobound.catalogue import entry_named
from infobound.catalogue import laws as catalogue
from infobound.comparing import compare
from infobound.costs import Cost
from infobound.deriving import Derived, derivation, derivations
from infobound.errors import DomainError
from infobound.labelled import Answer
from infobound.plotting import plot
from infobound.printing import waiting
from infobound.record import AllocationRule, Law
from infobound.writing import write

__all__ = ["report"]

Entry = Law | AllocationRule
INDEX = "index.md"


def report(
    out: str | os.PathLike[str],
    laws: Sequence[Entry | str] | Entry | str | None = None,
    C: Any = None,
    cost: Cost | str = "transformer",
    **parameters: Any,
) -> dict[str, Any]:
    """Write a comparison into a new folder: table, figure, and LaTeX derivations, each re-checked.

    Parameters
    ----------
    out : path
        The folder, new or empty; it is there whole or not at all.
    laws : Law, AllocationRule or str, or a sequence of these, optional
        Entries, as in `compare`; if left out, theory laws without a size have their derivations written, too.
    C : array_like of float, optional
        As in `compare`, two budgets or more.
    cost : Cost or str
        One cost for all entries, or "own", as in `compare`.
    **parameters : array_like of float
        As in `compare`; the figure is drawn at the last value of each.

    Returns
    -------
    dict
        `folder`, and the number of `files` and `derivations` in it.

    Raises
    ------
    DomainError
        If the folder is there and not empty, or its parent cannot be written; and as in `compare` and `plot`.
    UnknownNameError, InfeasibleError
    CheckFailed
        If a derivation does not pass.
    """
    target, rule = Path(out).absolute(), "a report must be written into a folder that is new or empty"
    try:
        if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
            raise DomainError(f"{rule}, got {out}")
        room = tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent)
    except OSError as fault:
        raise DomainError(f"{rule}, in one that can be written, got {out} ({fault.strerror})") from None
    with room as made, waiting("infobound report: comparing, and re-checking derivations"):
        folder = Path(made) / target.name
        (folder / "derivations").mkdir(parents=True)
        found: Answer = compare.answer(laws, C, cost, **parameters)  # type: ignore[attr-defined]
        for form in ("pdf", "png"):
            plot(found, folder / f"comparison.{form}")
        for form in ("csv", "json"):
            write(found, folder / f"comparison.{form}")
        derived = _derived(laws)
        for each in derived:
            (folder / "derivations" / f"{each.name}.tex").write_text(each.latex(), encoding="utf-8")
        (folder / INDEX).write_text(_index(found, derived), encoding="utf-8")
        files = sum(path.is_file() for path in folder.rglob("*"))
        try:
            folder.replace(target)
        except OSError as fault:
            # somebody else has written there meanwhile
            raise DomainError(f"{rule}, got {out} ({fault.strerror})") from None
    return {"folder": str(target), "files": files, "derivations": len(derived)}


def _derived(laws: Any) -> list[Derived]:
    """Derivations of the theory laws that are compared, or of all of them."""
    shipped = catalogue()
    if isinstance(laws, str | Law | AllocationRule):
        laws = (laws,)
    asked = shipped.values() if laws is None else [entry_named(entry) for entry in laws]
    # a user's law may bear a shipped name
    names = {entry.name for entry in asked if entry.family == "theory" and shipped.get(entry.name) is entry}
    return [derivation(name) for name in derivations() if name in names]


def _index(found: Answer, derived: Sequence[Derived]) -> str:
    attrs = found.attrs
    given = [
        f"- {name}: {', '.join(f'{value:g}' for value in found.coords[name][1].ravel())}"
        for name in found.coords
        if name not in ("law", "kind")
    ]
    documents = [
        f"- [{each.name}](derivations/{each.name}.tex): {each.derivation.title} "
        f"({len(each.derivation.steps)} steps, {each.checked.standing})"
        for each in derived
    ]
    lines = [
        "# Bounds and published fits side by side",
        "",
        f"infobound {attrs['infobound_version']}; cost {_escaped(attrs['cost'])}",
        "",
        f"> {_escaped(attrs['summary'])}",
        "",
        "![p* and tokens per parameter against compute](comparison.png)",
        "",
        "- The table: [comparison.csv](comparison.csv), [comparison.json](comparison.json)",
        "- The figure: [comparison.pdf](comparison.pdf), [comparison.png](comparison.png)",
        "",
        "## Compared at",
        "",
        *given,
        "",
    ]
    if documents:
        lines += ["## Derivations", "", "Re-checked when this was written; each stands as its weakest step.", ""]
        lines += [*documents, ""]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Text in which Markdown sees no emphasis."""
    return text.replace("*", r"\*").replace("_", r"\_")
