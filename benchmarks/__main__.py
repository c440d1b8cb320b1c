"""Kind x rival x size, warmed up, rivals in one run; ratios are what counts, times depend on the machine.

python -m benchmarks            everything
python -m benchmarks startup    one kind: startup, points, grid, allocate or fits
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

import infobound as ib
from benchmarks.fits import fits

ROUNDS = 5


def seconds(task: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median time of a task after one run that does not count."""
    task()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def row(kind: str, size: str, ours: float, rivals: dict[str, float]) -> None:
    """Print our time and each rival's as a multiple of it."""
    ratios = ", ".join(f"{name} {rival / ours:.1f}x" for name, rival in rivals.items())
    print(f"{kind:9} {size:34} infobound {ours:9.4f} s   {ratios}")


def shrunk(n, T, d, K):
    """`shrunk_student` as a NumPy user would write it."""
    ell = np.log1p((n - 1) / K)
    A1 = 1 + K * ell
    D = np.minimum(1, 8 * d * A1 * (n + K) / (n * T))
    return (K + n * D) / (16 * (n + K)) + (K * (ell + ell**2 / 2) + A1 * (np.log(2) - d / 2 * np.log(D))) / T


def points() -> None:
    """Scattered points, one law call on arrays."""
    rng = np.random.default_rng(0)
    count = 10**6
    n, T = 10 ** rng.uniform(0, 8, count), 10 ** rng.uniform(3, 15, count)
    law = ib.law("shrunk_student")
    ours = seconds(lambda: law(n=n, T=T, d=64.0, K=10.0))
    row("points", "shrunk_student, 1e6", ours, {"NumPy": seconds(lambda: shrunk(n, T, 64.0, 10.0))})


def grid() -> None:
    """An outer product of four axes into one buffer."""
    d, K = np.geomspace(2, 1024, 10), np.geomspace(1, 100, 10)
    n, T = np.geomspace(1, 1e6, 250), np.geomspace(1e3, 1e12, 400)
    out = np.empty((10, 10, 250, 400))
    ours = seconds(lambda: ib.grid("shrunk_student", d=d, K=K, n=n, T=T, out=out))
    axes = np.ix_(d, K, n, T)
    rival = seconds(lambda: shrunk(axes[2], axes[3], axes[0], axes[1]))
    row("grid", "shrunk_student, 1e7", ours, {"NumPy": rival})


def allocate() -> None:
    """Budgets minimised one by one by SciPy, and in one compiled batch by us."""
    budgets = np.geomspace(1e9, 1e24, 1000)
    ours = seconds(lambda: ib.allocate("shrunk_student", C=budgets, d=16, K=10))

    def rival() -> None:
        for C in budgets:
            minimize_scalar(
                lambda x, C=C: float(shrunk(np.exp(x), C / (16 * np.exp(x)), 16, 10)),
                bounds=(0, np.log(C / 16)),
                method="bounded",
            )

    row("allocate", "shrunk_student, 1000 budgets", ours, {"minimize_scalar (local)": seconds(rival, 3)})


def startup() -> None:
    """Whole commands; cold compiles every kernel, warm loads them."""
    for arguments in (["--help"], ["eval", "sampled_student", "n=64", "T=1e6", "d=16", "K=10"], ["compare"]):
        command = [sys.executable, "-m", "infobound", *arguments]
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"INFOBOUND_CACHE_DIR": folder + "/kernels"}

            def run(command: list[str] = command, environment: dict[str, str] = environment) -> None:
                subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

            start = time.perf_counter()
            run()
            cold = time.perf_counter() - start
            print(f"startup   {' '.join(arguments):34} cold {cold:.2f} s   warm {seconds(run):.2f} s")


KINDS = {"startup": startup, "points": points, "grid": grid, "allocate": allocate, "fits": fits}


def main(chosen: list[str]) -> None:
    """Run the chosen kinds, or all."""
    unknown = [kind for kind in chosen if kind not in KINDS]
    if unknown:
        sys.exit(f"a kind must be one of {', '.join(KINDS)}; got {', '.join(unknown)}")
    for kind in chosen or KINDS:
        KINDS[kind]()


if __name__ == "__main__":
    main(sys.argv[1:])
