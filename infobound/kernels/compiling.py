"""One place for jit options, and the cache of compiled kernels on disk.

A kernel is a generated Python text with one function named `kernel` whose arguments are pointers to
floats and 64-bit integers.  Numba compiles it once; its machine code is kept beside the text, and later
processes load that with LLVM alone, without importing Numba (which takes longer than most questions do).
"""

import ctypes
import hashlib
import os
import stat
import sys
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import binding as llvm
from numpy.typing import NDArray

from infobound.errors import DomainError, ExpressionError

__all__ = ["Kernel", "cache_folder", "cache_status", "clear_cache", "inlined", "jit", "load", "threads"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Products may be fused with sums; NaN, infinities and the order of operations are kept.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}

_ROOM = Path(__file__).parent
_ENTRY = "infobound_kernel"
# Values from which several threads are worthwhile, and values in one uninterrupted piece (a fraction of a second).
_WORTHWHILE = 20_000
_PIECE = 2_000_000
_MOST_THREADS = 256


def jit(function: _Function) -> _Function:
    """Compile a function that kernels call."""
    import numba

    return cast(_Function, numba.njit(**_OPTIONS)(function))


def inlined(function: _Function) -> _Function:
    """Compile a function into each place where it is called, so that a loop there runs in vector registers."""
    import numba

    return cast(_Function, numba.njit(forceinline=True, **_OPTIONS)(function))


class Kernel:
    """Machine code of one kernel, called with NumPy arrays (C order) and integers.

    The interpreter's lock is released during a call.
    """

    def __init__(self, code: bytes, kinds: str) -> None:
        # keeps the machine code alive
        self._engine, address = _linked(code)
        pointer, integer = ctypes.c_void_p, ctypes.c_int64
        types = [integer if kind == "i" else pointer for kind in kinds]
        # Numba's convention: status(return slot, exception slot, arguments...); kernels return and raise nothing
        self._function = ctypes.CFUNCTYPE(ctypes.c_int32, pointer, pointer, integer, integer, *types)(address)
        self._slots = (ctypes.c_int64 * 2)()

    def __call__(self, length: int, work: int, *arguments: NDArray[np.floating] | int) -> None:
        """Run over 0 <= i < length, in several threads where `work` values make that worthwhile.

        A kernel's first two arguments are the ends of its share of that range; outputs are written into the
        arrays given for them.
        """
        raw = [item.ctypes.data if isinstance(item, np.ndarray) else item for item in arguments]
        slots = ctypes.addressof(self._slots)
        shares = max(1, min(length, threads(), _MOST_THREADS)) if work >= _WORTHWHILE else 1
        # machine code cannot be interrupted: it runs in pieces of a fraction of a second
        pieces = min(length, max(shares, -(-work // _PIECE)))
        ends = [length * k // max(pieces, 1) for k in range(pieces + 1)]
        if shares == 1:
            for pair in pairwise(ends):
                self._function(slots, slots + 8, *pair, *raw)
            return
        rest, lock, interrupted = iter(pairwise(ends)), Lock(), Event()

        def run_pieces(_held: tuple[NDArray[np.floating] | int, ...] = arguments) -> None:
            # holds the arrays: an interrupted caller may let go of them before the last piece is done
            while not interrupted.is_set():
                with lock:
                    pair = next(rest, None)
                if pair is None:
                    return
                self._function(slots, slots + 8, *pair, *raw)

        with ThreadPoolExecutor(shares) as pool:
            try:
                for run in [pool.submit(run_pieces) for _ in range(shares)]:
                    run.result()
            finally:
                interrupted.set()


def threads() -> int:
    """Threads that kernels use: $INFOBOUND_THREADS, else one for each processor of this process."""
    chosen = os.environ.get("INFOBOUND_THREADS", "")
    if not chosen:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not chosen.isdecimal() or int(chosen) < 1:
        raise DomainError(f"the number of threads must be a whole number from 1 on, got {chosen!r}")
    return int(chosen)


def cache_folder() -> Path:
    """Folder of the compiled kernels: $INFOBOUND_CACHE_DIR, else $XDG_CACHE_HOME/infobound."""
    chosen = os.environ.get("INFOBOUND_CACHE_DIR")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "infobound"


def clear_cache() -> int:
    """Remove the compiled kernels from the cache folder; return how many there were."""
    files = sorted(cache_folder().glob("kernel_*"))
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
    objects = list(cache_folder().glob("kernel_*.o"))
    return {
        "folder": str(cache_folder()),
        "kernels": len(objects),
        "bytes": sum(file.stat().st_size for file in objects),
    }


def load(ingredients: Iterable[str], kinds: str, write: Callable[[], str]) -> Kernel:
    """Load the kernel made from `ingredients`; call `write` for its text where it is not cached.

    Files are named by a digest of the ingredients, of this room's sources, of the versions of Numba and
    Python, and of the processor; each object file starts with a digest of the rest, so that a truncated
    one is made anew.

    Parameters
    ----------
    ingredients : iterable of str
    kinds : str
        One letter for each argument behind the first two (which are integers): "p" pointer to float64,
        "s" pointer to float32, "i" integer.
    write : callable
        Returns the module's text, which defines `kernel`.
    """
    return _loaded("kernel_" + _digest("\0".join((_provenance(), kinds, *ingredients)))[:32], kinds, _Once(write))


class _Once:
    """A writer that does not count for the memory of loaded kernels: the name does."""

    def __init__(self, write: Callable[[], str]) -> None:
        self.write = write

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=1024)
def _loaded(name: str, kinds: str, once: _Once) -> Kernel:
    folder = _private_folder()
    code = _read(folder / f"{name}.o") if folder else None
    if code is None:
        text = once.write()
        code = _compiled(text, kinds)
        if folder:
            try:
                _replace(folder / f"{name}.py", text.encode())
                _replace(folder / f"{name}.o", hashlib.sha256(code).digest() + code)
            except OSError as fault:
                warnings.warn(f"kernels are not cached: cannot write to {folder} ({fault})", stacklevel=4)
    return Kernel(code, kinds)


def _compiled(text: str, kinds: str) -> bytes:
    """Compile a module's text with Numba; return the object file of its function `kernel`."""
    import numba

    types: Any = numba.types
    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "<generated kernel>", "exec"), namespace)
    options: dict[str, Any] = _OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    entry = numba.njit(**options)(namespace["kernel"])
    native = {"p": types.CPointer(types.float64), "s": types.CPointer(types.float32), "i": types.int64}
    signature = tuple(native[kind] for kind in "ii" + kinds)
    entry.compile(types.void(*signature))
    module = llvm.parse_assembly(entry.inspect_llvm(signature))
    # a mangled name holds the length and the text of the function's own name
    next(f for f in module.functions if "6kernel" in f.name and not f.is_declaration).name = _ENTRY
    return bytes(_machine().emit_object(module))


def _machine() -> Any:
    """Make a target machine of this processor: one for each engine, which deletes it with itself."""
    target, processor, features = _processor()
    return target.create_target_machine(
        cpu=processor, features=features, opt=3, reloc="pic", codemodel="jitdefault", jit=True
    )


@cache
def _processor() -> tuple[Any, str, str]:
    """Target, name and features of this processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return (
        llvm.Target.from_default_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )


def _linked(code: bytes) -> tuple[Any, int]:
    """Place an object file in memory; return the engine that holds it and the address of `kernel`."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(_ENTRY)
    if not address:
        raise ExpressionError(f"a compiled kernel must define {_ENTRY!r}, got an object file without it")
    return engine, address


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _provenance() -> str:
    """What machine code depends on beside its ingredients."""
    files = [*sorted(_ROOM.glob("*.py")), *sorted(_ROOM.with_name("special").glob("*.py"))]
    sources = "".join(file.read_text(encoding="utf-8") for file in files)
    processor = " ".join((llvm.get_default_triple(), *_processor()[1:]))
    return f"{_digest(sources)} {version('numba')} {version('llvmlite')} {sys.version_info[:2]} {processor}"


def _private_folder() -> Path | None:
    """Return the cache folder, made for this user alone, or None with a warning where it cannot be trusted."""
    folder = cache_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as fault:
        warnings.warn(f"kernels are not cached: cannot create {folder} ({fault})", stacklevel=5)
        return None
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    if not stat.S_ISDIR(status.st_mode) or not mine or status.st_mode & 0o022:
        warnings.warn(
            f"kernels are not cached: the cache folder must be a directory that only you can write, got {folder}",
            stacklevel=5,
        )
        return None
    return folder


def _read(path: Path) -> bytes | None:
    """Object code of a whole file, or None."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    code = content[32:]
    return code if code and content[:32] == hashlib.sha256(code).digest() else None


def _replace(path: Path, content: bytes) -> None:
    """Write the whole file or none of it, also when two processes write at once."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
