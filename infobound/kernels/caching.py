"""The cache of compiled kernels on disk, which is believed only as far as it can be checked.

A kernel is two files: `kernel_<digest>.py`, its generated text, and `kernel_<digest>.o`, its machine code.  The
object file starts with a SHA-256 of its own name, of that text and of the code, and nothing of it is given to
the linker before the three agree: a truncated, stale or foreign file is as good as none.  Text on disk is there
to be read by people and compared; it is never executed.
"""

import hashlib
import os
import re
import stat
import tempfile
import warnings
from pathlib import Path

__all__ = ["cache_folder", "cache_status", "clear_cache", "keep", "kept", "private_folder"]

_FILE = re.compile(r"kernel_[0-9a-f]{32}\.(o|py)(\.\w+)?")
_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """Folder of the compiled kernels: $INFOBOUND_CACHE_DIR, else $XDG_CACHE_HOME/infobound."""
    chosen = os.environ.get("INFOBOUND_CACHE_DIR")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "infobound"


def clear_cache() -> int:
    """Remove the compiled kernels from the cache folder; return how many there were.

    Processes that use them go on: code that is loaded stays loaded, and code that is gone is compiled again.
    Files of any other name stay, and so does what a link in place of the folder points to.
    """
    files = _files()
    for file in files:
        file.unlink(missing_ok=True)
    return sum(file.suffix == ".o" for file in files)


def cache_status(*, clear: bool = False) -> dict[str, str | int]:
    """Where compiled kernels are kept, how many there are, and their size in bytes.

    Parameters
    ----------
    clear : bool
        Remove them first.
    """
    if clear:
        clear_cache()
    # another process may clear the cache meanwhile
    found = [status for file in _files() if file.suffix == ".o" and (status := _status(file)) is not None]
    sizes = [status.st_size for status in found]
    return {"folder": str(cache_folder()), "kernels": len(sizes), "bytes": sum(sizes)}


def private_folder() -> Path | None:
    """Return the cache folder, made for this user alone, or None with a warning where it cannot be trusted."""
    folder = cache_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as fault:
        warnings.warn(f"kernels are not cached: cannot create {folder} ({fault})", stacklevel=2)
        return None
    private = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o077)
    if not stat.S_ISDIR(status.st_mode) or not private:
        warnings.warn(
            f"kernels are not cached: the cache folder must be a directory of yours with mode 0700, got {folder}",
            stacklevel=2,
        )
        return None
    return folder


def kept(folder: Path, name: str) -> bytes | None:
    """Machine code kept under a name, where its files are whole and belong together; else None."""
    try:
        text, content = (folder / f"{name}.py").read_bytes(), (folder / f"{name}.o").read_bytes()
    except OSError:
        return None
    code = content[_DIGEST:]
    return code if code and content[:_DIGEST] == _sealed(name, text, code) else None


def keep(folder: Path, name: str, text: str, code: bytes) -> None:
    """Keep a kernel for later processes; where that cannot be done, warn."""
    try:
        _replace(folder / f"{name}.py", text.encode())
        _replace(folder / f"{name}.o", _sealed(name, text.encode(), code) + code)
    except OSError as fault:
        warnings.warn(f"kernels are not cached: cannot write to {folder} ({fault})", stacklevel=2)


def _files() -> list[Path]:
    """Files of kernels in the cache folder, drafts included, and nothing else that lies there."""
    folder = cache_folder()
    status = _status(folder)
    if status is None or not stat.S_ISDIR(status.st_mode):
        return []
    with os.scandir(folder) as entries:
        found = [Path(e.path) for e in entries if _FILE.fullmatch(e.name) and e.is_file(follow_symlinks=False)]
    return sorted(found)


def _status(path: Path) -> os.stat_result | None:
    """Status of a file itself, not of what it links to; None where there is none."""
    try:
        return path.lstat()
    except OSError:
        return None


def _sealed(name: str, text: bytes, code: bytes) -> bytes:
    """Digest that binds machine code to its name and to the text it was compiled from."""
    parts = (name.encode(), text, code)
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "little") + part for part in parts)).digest()


def _replace(path: Path, content: bytes) -> None:
    """Write the whole file or none of it, also when two processes write at once."""
    handle, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)
