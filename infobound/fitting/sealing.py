"""Results in JSON files: written whole or not at all, and read only where nothing in them has changed."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from infobound.errors import DomainError

__all__ = ["check_target", "read_sealed", "write_sealed"]

# What every version writes first, and the version of what follows.
_NAME, _VERSION = "infobound fit", 2


def check_target(path: str | os.PathLike[str]) -> Path:
    """Refuse a file that a fit cannot be saved to.

    Raises
    ------
    DomainError
    """
    if not isinstance(path, str | os.PathLike):
        raise DomainError(f"a fit is saved to a .json file, got {path!r}")
    target = Path(path)
    folder = target.parent
    if target.suffix != ".json" or target.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise DomainError(f"a fit is saved to a .json file in a folder that can be written, got {path}")
    return target


def write_sealed(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write content with its format and digest; a file that was there stays as it was until all is written.

    Raises
    ------
    DomainError
        If the file cannot be written.
    """
    target = check_target(path)
    draft = target.with_name(f".{os.getpid()}.{target.name}")
    marked = {"format": f"{_NAME} {_VERSION}", **content}
    try:
        draft.write_text(json.dumps(marked | {"sha256": _digest(marked)}), encoding="utf-8")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def read_sealed(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read content that `write_sealed` wrote.

    Raises
    ------
    DomainError
        If the file cannot be read, is none of these, was written by another version, or has changed since.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as fault:
        raise DomainError(f"a saved fit must be a file that can be read, got {path}: {fault.strerror}") from None
    except (ValueError, RecursionError) as fault:
        raise DomainError(f"a saved fit must be a whole JSON file, got {path}: {fault}") from None
    said = content.pop("format", None) if isinstance(content, dict) else None
    if not isinstance(said, str) or not said.startswith(f"{_NAME} "):
        raise DomainError(f"a saved fit must have the format {_NAME!r}, got another file, {path}")
    if said != f"{_NAME} {_VERSION}":
        raise DomainError(
            f"a saved fit must have the format '{_NAME} {_VERSION}' of this version, got {said!r} in {path}"
        )
    if content.pop("sha256", None) != _digest({"format": said, **content}):
        raise DomainError(f"a saved fit must be as it was written, got {path}, which has been changed or damaged")
    return dict(content)


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
