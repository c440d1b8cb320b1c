"""Discovery: every law and allocation rule that a file of `bounds` or `fits` names in its `LAWS`."""

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from infobound import bounds, fits
from infobound.errors import ExpressionError, UnknownNameError
from infobound.record import AllocationRule, Law

__all__ = ["Catalogue", "entry_named", "law", "laws"]


class Catalogue(Mapping[str, Law | AllocationRule]):
    """Read-only mapping of name to law or allocation rule, in order of family; prints as a table."""

    def __init__(self, entries: Mapping[str, Law | AllocationRule]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Law | AllocationRule:
        if name not in self._entries:
            near = difflib.get_close_matches(name, self._entries, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UnknownNameError(
                f"a law must be one of the {len(self)} of the catalogue, which `infobound list` and `laws()` name; "
                f"got {name!r}{hint}"
            )
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def get(self, name: str, default: Any = None) -> Any:
        """Return the entry of a name, or the default where there is none."""
        return self._entries.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        rows = [(entry.family, name, entry.kind, entry.title) for name, entry in self._entries.items()]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        return "\n".join("  ".join(f"{cell:{w}}" for cell, w in zip(row, (*widths, 0), strict=True)) for row in rows)


@cache
def laws() -> Catalogue:
    """Return every shipped law and allocation rule: theory first, then the published families.

    Examples
    --------
    >>> "sampled_student" in laws()
    True
    """
    found: dict[str, Law | AllocationRule] = {}
    for room in (bounds, fits):
        for module in sorted(pkgutil.iter_modules(room.__path__), key=lambda module: module.name):
            for entry in getattr(importlib.import_module(f"{room.__name__}.{module.name}"), "LAWS", ()):
                found[entry.name] = entry
    return Catalogue(found)


def law(name: str) -> Law | AllocationRule:
    """Look a law or allocation rule up by name.

    Raises
    ------
    UnknownNameError
        If the catalogue has no such name.

    Examples
    --------
    >>> law("sampled_student")(n=1024, T=1e9, d=512, K=64)
    0.00435...
    """
    return laws()[name]


def entry_named(law: Law | AllocationRule | str) -> Law | AllocationRule:
    """Return the catalogue's entry of a name, or the entry given.

    Raises
    ------
    UnknownNameError, ExpressionError
    """
    entry = laws()[law] if isinstance(law, str) else law
    if not isinstance(entry, Law | AllocationRule):
        raise ExpressionError(f"a law must be a Law, an AllocationRule or a name of the catalogue, got {law!r}")
    return entry
