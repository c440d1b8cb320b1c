"""Fits of E + A/N^alpha + B/D^beta: ours, SciPy's L-BFGS from many starts, and the package `chinchilla` if installed.

All minimise the same sum of Huber losses (delta 1e-3) of ln loss on the same made runs: 240, about the compute-optimal
ratio, with 1% of noise.  A fit counts by the objective it reaches as much as by its time.
"""

import importlib.util
import tempfile
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

import infobound as ib
from benchmarks.timing import Line

DELTA = 1e-3
# The grid of 4,500 starts from which Hoffmann et al. descend, and every 90th of them, which is what is timed.
GRID = (
    np.linspace(0, 25, 6),
    np.linspace(0, 25, 6),
    np.linspace(-1, 1, 5),
    np.linspace(0, 2, 5),
    np.linspace(0, 2, 5),
)
EVERY = 90


def made_runs() -> pd.DataFrame:
    """Runs of a known law."""
    rng = np.random.default_rng(0)
    C = np.exp(rng.uniform(np.log(1e18), np.log(1e22), 240))
    N = np.sqrt(C / 120) * np.exp(rng.normal(0, 1, 240))
    D = C / (6 * N)
    loss = (1.8 + 480 / N**0.35 + 2100 / D**0.37) * np.exp(0.01 * rng.standard_normal(240))
    return pd.DataFrame({"C": C, "N": N, "D": D, "loss": loss})


def huber(runs: pd.DataFrame, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Sum of Huber losses and its gradient at (ln A, ln B, ln E, alpha, beta)."""
    n, d = np.log(runs.N.to_numpy()), np.log(runs.D.to_numpy())
    parts = np.stack([x[0] - x[3] * n, x[1] - x[4] * d, np.full_like(n, x[2])])
    top = parts.max(axis=0)
    fitted = top + np.log(np.exp(parts - top).sum(axis=0))
    r = np.log(runs.loss.to_numpy()) - fitted
    size = np.abs(r)
    total = np.where(size <= DELTA, r**2 / 2, DELTA * (size - DELTA / 2)).sum()
    share = np.exp(parts - fitted)
    slopes = np.stack([share[0], share[1], share[2], -n * share[0], -d * share[1]])
    return float(total), -(slopes * np.clip(r, -DELTA, DELTA)).sum(axis=1)


def scipy_fit(runs: pd.DataFrame, every: int) -> tuple[float, int]:
    """Least sum over a part of the grid of starts, and how many starts those are."""
    starts = list(product(*GRID))[::every]
    return min(float(minimize(lambda x: huber(runs, x), x0, jac=True, method="L-BFGS-B").fun) for x0 in starts), len(
        starts
    )


def chinchilla_fit(runs: pd.DataFrame) -> float:
    """Least sum found by the package, from 3 values of each parameter (243 starts)."""
    from chinchilla import Chinchilla
    from chinchilla._metrics import log_huber

    grid = {"e": GRID[2][::2], "a": GRID[0][1:6:2], "b": GRID[1][1:6:2], "alpha": GRID[3][1:4], "beta": GRID[4][1:4]}
    with tempfile.TemporaryDirectory() as folder:
        runs.to_csv(Path(folder) / "df.csv", index=False)
        package = Chinchilla(
            folder, param_grid=grid, loss_fn=lambda true, fitted: log_huber(true, fitted, DELTA), log_level=50
        )
        package.fit()
    x = [np.log(float(package.A)), np.log(float(package.B)), np.log(float(package.E)), package.alpha, package.beta]
    return huber(runs, np.array(x, dtype=float))[0]


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result of one run."""
    start = time.perf_counter()
    result = task()
    return time.perf_counter() - start, result


def fits(size: int) -> list[Line]:
    """One fit with its profile intervals, and bootstrap draws."""
    runs = made_runs()
    ib.fit("chinchilla", runs, N="N", D="D")
    ours, found = timed(lambda: ib.fit("chinchilla", runs, N="N", D="D"))
    drawn, _ = timed(lambda: ib.fit("chinchilla", runs, N="N", D="D", bootstrap=size))
    some, (least, starts) = timed(lambda: scipy_fit(runs, EVERY))
    count = len(list(product(*GRID)))
    rates = {f"L-BFGS from {count} starts": starts / (count * some)}
    notes = {f"L-BFGS, {starts} of these": f"objective {least / found.objective - 1:+.1e} relative to ours"}
    if importlib.util.find_spec("chinchilla") is None:
        notes["chinchilla"] = "is not installed"
    else:
        theirs, reached = timed(lambda: chinchilla_fit(runs))
        rates["chinchilla from 243 starts"] = 1 / theirs
        notes["chinchilla"] = f"objective {reached / found.objective - 1:+.1e} relative to ours"
    return [
        Line("fit", "240 runs, profile intervals", "fits/s", 1 / ours, rates, notes),
        Line("fit", f"bootstrap, {size} draws", "draws/s", size / (drawn - ours), {}),
    ]
