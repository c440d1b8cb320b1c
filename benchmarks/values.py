"""Values: outer grids, their fused minimum, and scattered points, against the rivals and the machine's bandwidth."""

import numpy as np

import infobound as ib
from benchmarks.forms import FORMS
from benchmarks.rivals import bandwidth, grid_rivals, missing, points_rivals
from benchmarks.timing import Line, medians

__all__ = ["grids", "scattered"]

ROUNDS = 3


def grids(count: int) -> list[Line]:
    """Each law on an outer product of about `count` points: (N, D) for the fit, (d, K, n, T) for the bounds."""
    limits = bandwidth(count)
    lines = []
    for law in FORMS:
        axes = _axes(law, count)
        shape = tuple(map(len, axes.values()))
        out, theirs = np.empty(shape), np.empty(shape)
        tasks = {"ours": lambda law=law, axes=axes, out=out: ib.grid(law, out=out, **axes)}
        tasks |= grid_rivals(law, list(axes.values()), theirs)
        tasks["ours"]()
        for name, task in tasks.items():
            found = task()
            _agree(name, out, theirs if found is None or found is theirs else np.asarray(found))
        least = {"least": lambda law=law, axes=axes: ib.least(law, over=list(axes), **axes)}
        rates = {name: out.size / taken for name, taken in medians(tasks | least, ROUNDS).items()}
        ours, fused = rates.pop("ours"), rates.pop("least")
        lines.append(Line("grid", f"{law}, {out.size:.0e}", "points/s", ours, rates | limits, missing()))
        lines.append(Line("minimum", f"{law}, {out.size:.0e}", "points/s", fused, {"our own grid": ours}))
    return lines


def scattered(count: int) -> list[Line]:
    """Each law at `count` random points."""
    source = np.random.default_rng(0)
    lines = []
    for law in FORMS:
        fit = law == "chinchilla_replication"
        n, T = 10 ** source.uniform(6 if fit else 0.1, 12 if fit else 8, count), 10 ** source.uniform(6, 15, count)
        given = {"N": n, "D": T} if fit else {"n": n, "T": T, "d": 64.0, "K": 10.0}
        theirs = np.empty(count)
        entry = ib.law(law)
        tasks = {"ours": lambda entry=entry, given=given: entry(**given)}
        tasks |= points_rivals(law, n, T, 64.0, 10.0, theirs)
        wanted = entry(**given)
        for name, task in tasks.items():
            found = task()
            _agree(name, wanted, theirs if found is None else np.asarray(found))
        rates = {name: count / taken for name, taken in medians(tasks).items()}
        lines.append(Line("points", f"{law}, {count:.0e}", "points/s", rates.pop("ours"), rates, missing()))
    return lines


def _axes(law: str, count: int) -> dict[str, np.ndarray]:
    if law == "chinchilla_replication":
        side = round(count**0.5)
        return {"N": np.geomspace(1e6, 1e12, side), "D": np.geomspace(1e9, 1e14, side)}
    few = round((count / 1e5) ** 0.5)
    return {
        "d": np.geomspace(2, 1024, few),
        "K": np.geomspace(1, 100, few),
        "n": np.geomspace(1.5, 1e6, 100),
        "T": np.geomspace(1e4, 1e12, 1000),
    }


def _agree(name: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Refuse to time a rival that computes something else; 1e-6 leaves room for cancellation in its way."""
    worst = np.max(np.abs(ours - theirs) / np.abs(ours))
    if not worst < 1e-6:
        raise SystemExit(f"{name} must compute the same values, got a relative difference of {worst:g}")
