"""The same values by other means, each written as its best user would; a rival that is not installed is left out.

`grid_rivals` and `points_rivals` return, for one law, tasks by name.  Every task fills or returns all values, and
is compared with ours before it is timed.
"""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from scipy.special import digamma

from benchmarks.forms import CONSTANTS, FORMS

__all__ = ["bandwidth", "grid_rivals", "missing", "points_rivals"]

Task = Callable[[], object]


def missing() -> dict[str, str]:
    """Rivals that cannot run here, and why."""
    absent = {name: "is not installed" for name in ("numexpr", "jax", "chinchilla") if not _there(name)}
    return absent | ({} if native() else {"C": "has no compiler here"})


def _there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def grid_rivals(law: str, axes: list[np.ndarray], out: np.ndarray) -> dict[str, Task]:
    """Tasks that compute a law on the outer product of its axes: (N, D), or (d, K, n, T)."""
    form, open_axes = FORMS[law], np.ix_(*axes)
    given = open_axes if len(axes) == 2 else (open_axes[2], open_axes[3], open_axes[0], open_axes[1])
    tasks: dict[str, Task] = {"NumPy": lambda: form(np, digamma, *given)}
    if native():
        shape = np.array(out.shape)
        constants = [_constants()] if len(axes) == 2 else []
        tasks["C"] = lambda: _call(f"grid_{law}", shape, *axes, *constants, out)
    if _there("numexpr"):
        tasks["numexpr"] = _numexpr(law, given, out)
    if _there("jax"):
        tasks["JAX"] = _jax(law, given)
    tasks["plain Numba"] = _plain_numba(law, axes, out)
    return tasks


def points_rivals(law: str, n: np.ndarray, T: np.ndarray, d: float, K: float, out: np.ndarray) -> dict[str, Task]:
    """Tasks that compute a law at scattered (n, T), or (N, D), with d and K the same everywhere."""
    form = FORMS[law]
    given = (n, T) if law == "chinchilla_replication" else (n, T, d, K)
    tasks: dict[str, Task] = {"NumPy": lambda: form(np, digamma, *given)}
    if native():
        fixed = np.array([d]), np.array([K])
        tasks["C"] = lambda: _call(f"points_{law}", len(n), n, T, *fixed, _constants(), out)
    if _there("jax"):
        tasks["JAX"] = _jax(law, given)
    return tasks


def bandwidth(count: int) -> dict[str, float]:
    """Doubles per second that all cores together store and fetch."""
    from benchmarks.timing import medians

    if not native():
        return {}
    array = np.empty(count)
    array.fill(0.0)
    times = medians({"store": lambda: _call("store", count, array), "fetch": lambda: _call("fetch", count, array)})
    return {f"{name} bandwidth": count / taken for name, taken in times.items()}


def _constants() -> np.ndarray:
    return np.array([CONSTANTS[name] for name in ("A", "B", "E", "alpha", "beta")])


@cache
def native() -> ctypes.CDLL | None:
    """Compile native.c for this processor; None without a compiler."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return None
    folder = tempfile.mkdtemp(prefix="benchmarks-")
    library = Path(folder, "native.so")
    flags = ["-O3", "-march=native", "-ffast-math", "-fopenmp", "-shared", "-fPIC"]
    source = Path(__file__).with_name("native.c")
    subprocess.run([compiler, *flags, str(source), "-o", str(library), "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    shutil.rmtree(folder)
    return loaded


def _call(name: str, *arguments: np.ndarray | int) -> None:
    library = native()
    assert library is not None
    raw = [a.ctypes.data_as(ctypes.c_void_p) if isinstance(a, np.ndarray) else ctypes.c_long(a) for a in arguments]
    getattr(library, name)(*raw)


def _numexpr(law: str, given: tuple, out: np.ndarray) -> Task:
    """NumPy for what lies on few axes, one numexpr expression for the rest."""
    import numexpr

    def task() -> object:
        if law == "chinchilla_replication":
            N, D = given
            q = CONSTANTS
            names = {"a": q["E"] + q["A"] * N ** -q["alpha"], "b": q["B"] * D ** -q["beta"]}
            return numexpr.evaluate("a + b", names, out=out)
        n, T, d, K = given
        if law == "shrunk_student":
            ell = np.log1p((n - 1) / K)
            A = 1 + K * ell
            u, v = 8 * d * A * (n + K) / n, 1 / T
            names = {"u": u, "v": v, "a": K / (16 * (n + K)), "b": n / (16 * (n + K)), "h": A * d / 2}
            names["c"] = K * (ell + ell**2 / 2) + A * np.log(2)
            text = "a + b*where(u*v < 1, u*v, 1) + (c - h*where(u*v < 1, log(u*v), 0))*v"
            return numexpr.evaluate(text, names, out=out)
        if law == "truncated_student":
            decay = np.log1p(2 / K)
            first = np.log(T / (4 * d * (K + 2)))
            most = np.floor(1 + first / decay)
            names = {"n": n, "most": most, "p": np.exp(-decay * n) / 16, "q": np.exp(-decay * most) / 16}
            names |= {"b": (d / 2 + np.log(2) + d / 2 * first + d / 4 * decay) / T, "c": d / 4 * decay / T}
            text = "where(most >= 1, where(n < most, p + n*(b - c*n), q + most*(b - c*most)), 0.0625)"
            return numexpr.evaluate(text, names, out=out)
        A = 1 + K * (digamma(K + n) - digamma(K + 1)) if law == "sampled_student" else n
        rest = np.log(2 * n) if law == "sampled_student" else np.log(2)
        y = A / T
        names = {"c": 16 * d * y, "u": y * rest, "w": y * d, "a": K / (16 * n)}
        e = "e - (e*e*(e + 2) - c)/(e*(3*e + 4))"
        names["e"] = numexpr.evaluate(
            "where(sqrt(c/2) < c**0.3333333333333333, sqrt(c/2), c**0.3333333333333333)", names
        )
        for _ in range(4):
            names["e"] = numexpr.evaluate(e, names)
        text = "a + where(e < 2, e, 2)**2/16 + u + w*log1p(2/where(e < 2, e, 2))"
        return numexpr.evaluate(text, names, out=out)

    return task


def _jax(law: str, given: tuple) -> Task:
    import jax

    jax.config.update("jax_enable_x64", True)
    from jax.scipy.special import digamma as jax_digamma

    form = jax.jit(lambda *parts: FORMS[law](jax.numpy, jax_digamma, *parts))
    placed = [jax.numpy.asarray(part, dtype=jax.numpy.float64) for part in given]
    return lambda: form(*placed).block_until_ready()


def _plain_numba(law: str, axes: list[np.ndarray], out: np.ndarray) -> Task:
    """The formula in the innermost of nested loops, as one writes it down."""
    import numba

    options = {"fastmath": True, "error_model": "numpy"}
    flat = out.reshape(len(axes[0]), -1) if len(axes) == 2 else out
    if len(axes) == 2:
        q = [CONSTANTS[name] for name in ("A", "B", "E", "alpha", "beta")]

        @numba.njit(parallel=True, **options)
        def fits(N, D, A, B, E, alpha, beta, out):
            for i in numba.prange(N.size):
                for j in range(D.size):
                    out[i, j] = E + A * N[i] ** -alpha + B * D[j] ** -beta

        return lambda: fits(*axes, *q, flat)

    point = numba.njit(**options)(_SCALAR[law])

    @numba.njit(parallel=True, **options)
    def nest(d, K, n, T, out):
        for i in numba.prange(d.size):
            for j in range(K.size):
                for k in range(n.size):
                    for m in range(T.size):
                        out[i, j, k, m] = point(n[k], T[m], d[i], K[j])

    return lambda: nest(*axes, flat)


def _radius(c):
    e = min(np.sqrt(c / 2), c ** (1 / 3))
    for _ in range(4):
        e -= (e * e * (e + 2) - c) / (e * (3 * e + 4))
    return min(e, 2.0)


def _digamma(x):
    total = 0.0
    for i in range(8):
        total += 1 / (x + i)
    y = x + 8
    w = 1 / (y * y)
    series = w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - w * 691 / 32760)))))
    return np.log(y) - 0.5 / y - series - total


def _shrunk(n, T, d, K):
    ell = np.log1p((n - 1) / K)
    A = 1 + K * ell
    y = 8 * d * A * (n + K) / (n * T)
    entropy = K * (ell + ell**2 / 2) + A * (np.log(2) - d / 2 * min(0.0, np.log(y)))
    return (K + n * min(1.0, y)) / (16 * (n + K)) + entropy / T


def _truncated(n, T, d, K):
    decay = np.log1p(2 / K)
    first = np.log(T / (4 * d * (K + 2)))
    most = np.floor(1 + first / decay)
    m = min(n, most)
    value = np.exp(-decay * m) / 16 + m / T * (d / 2 + np.log(2) + d / 2 * first - d / 4 * (m - 1) * decay)
    return value if most >= 1 else 1 / 16


def _of_scalars() -> dict[str, Callable]:
    import numba

    radius, psi = numba.njit(fastmath=True)(_radius), numba.njit(fastmath=True)(_digamma)

    def sampled(n, T, d, K):
        A = 1 + K * (psi(K + n) - psi(K + 1))
        e = radius(16 * A * d / T)
        return K / (16 * n) + e * e / 16 + A / T * (np.log(2 * n) + d * np.log1p(2 / e))

    def counting(n, T, d, K):
        e = radius(16 * n * d / T)
        return K / (16 * n) + e * e / 16 + n / T * (np.log(2) + d * np.log1p(2 / e))

    return {
        "shrunk_student": _shrunk,
        "truncated_student": _truncated,
        "sampled_student": sampled,
        "parameter_counting": counting,
    }


_SCALAR = _of_scalars()
