"""One place for jit options: generated text in, callable machine code out.

A kernel is a generated Python text with one function named `kernel` whose arguments are pointers to
floats and 64-bit integers.  Numba compiles it once; its machine code is kept in the cache, and later
processes load that with LLVM alone, without importing Numba (which takes longer than most questions do).
"""

import ctypes
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock, RLock
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import binding as llvm
from numpy.typing import NDArray

from infobound.errors import DomainError, ExpressionError
from infobound.kernels.caching import keep, kept, private_folder

__all__ = ["Kernel", "inlined", "jit", "load", "serial", "threads"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Products may be fused with sums; NaN, infinities and the order of operations are kept.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}

_ROOM = Path(__file__).parent
_ENTRY = "infobound_kernel"
# Values from which several threads are worthwhile, and values in one uninterrupted piece (a fraction of a second).
_WORTHWHILE = 20_000
_PIECE = 2_000_000
_MOST_THREADS = 256

_SERIAL: ContextVar[bool] = ContextVar("serial", default=False)
# One kernel is compiled at a time, and by one thread: the next that wants it finds it.
_LOADING = RLock()


def jit(function: _Function) -> _Function:
    """Compile a function for kernels to call; it has no way in from Python, which would take a fifth more work."""
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


@contextmanager
def serial() -> Iterator[None]:
    """Run kernels on the calling thread alone, where others already share the work out among threads."""
    token = _SERIAL.set(True)
    try:
        yield
    finally:
        _SERIAL.reset(token)


def threads() -> int:
    """Threads that kernels use: $INFOBOUND_THREADS, else one for each processor of this process."""
    if _SERIAL.get():
        return 1
    chosen = os.environ.get("INFOBOUND_THREADS", "")
    if not chosen:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not chosen.isdecimal() or int(chosen) < 1:
        raise DomainError(f"the number of threads must be a whole number from 1 on, got {chosen!r}")
    return int(chosen)


def load(ingredients: Iterable[str], kinds: str, write: Callable[[], str]) -> Kernel:
    """Load the kernel made from `ingredients`; call `write` for its text where it is not cached.

    A kernel is named by a digest of all that its text and machine code are made from: the ingredients, this
    room's sources, the versions of SymPy, Numba and Python, and the processor.  To write the text again and
    compare it would take longer than most questions do, and could differ only where the name does.

    Parameters
    ----------
    ingredients : iterable of str
    kinds : str
        One letter for each argument behind the first two (which are integers): "p" pointer to float64,
        "s" pointer to float32, "i" integer.
    write : callable
        Returns the module's text, which defines `kernel`.

    Raises
    ------
    ExpressionError
        If an expression is nested too deep to be differentiated and lowered.
    """
    name = "kernel_" + _digest("\0".join((_provenance(), kinds, *ingredients)))[:32]
    try:
        with _LOADING:
            return _loaded(name, kinds, _Once(write))
    except RecursionError:
        raise ExpressionError("an expression must be nested less deep to be differentiated and compiled") from None


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
    folder = private_folder()
    code = kept(folder, name) if folder else None
    if code is None:
        text = once.write()
        code = _compiled(text, kinds)
        if folder:
            keep(folder, name, text, code)
    return Kernel(code, kinds)


def _compiled(text: str, kinds: str) -> bytes:
    """Compile a module's text with Numba; return the object file of its function `kernel`."""
    import numba

    types: Any = numba.types
    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "<generated kernel>", "exec"), namespace)
    entry = numba.njit(**_OPTIONS)(namespace["kernel"])
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
    versions = (version(package) for package in ("sympy", "numba", "llvmlite"))
    return " ".join((_digest(sources), *versions, str(sys.version_info[:2]), processor))
