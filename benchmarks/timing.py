"""Measuring: rivals take turns in one run, and a ratio of medians is what is reported."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Line", "medians"]


@dataclass(frozen=True)
class Line:
    """One measurement: our rate, and that of each rival, in things done per second."""

    kind: str
    case: str
    unit: str
    ours: float
    rivals: Mapping[str, float]
    notes: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        ratios = [f"{name} {self.ours / rate:.3g}x" for name, rate in self.rivals.items()]
        ratios += [f"{name} {why}" for name, why in self.notes.items()]
        return f"{self.kind:9} {self.case:32} {self.ours:10.3g} {self.unit}   {', '.join(ratios)}"

    def row(self) -> str:
        """One line of a Markdown table: what was measured, our rate, our ratio to each rival."""
        ratios = ", ".join(f"{name} {self.ours / rate:.2g}" for name, rate in self.rivals.items())
        return f"| {self.kind} | {self.case} | {self.ours:.2g} {self.unit} | {ratios} |"

    def lost(self) -> list[str]:
        """Rivals that are faster than we are; limits of the machine are none."""
        return [name for name, rate in self.rivals.items() if rate > self.ours and "bandwidth" not in name]


def medians(tasks: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Median seconds of each task: one round that does not count, then the tasks take turns."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for counted in range(-1, rounds):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            if counted >= 0:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}
