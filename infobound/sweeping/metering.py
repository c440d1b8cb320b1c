"""How far a sweep is, on a terminal: a bar with the rate and the time left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["meter"]


@contextmanager
def meter(title: str, total: int, done: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on the error stream where that is a terminal; give the function that moves it on.

    Parameters
    ----------
    title : str
    total, done : int
        Points in all, and points that an earlier run finished, which do not count for the rate.
    quiet : bool
        Show nothing.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda points: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:.3g} points/s" if task.speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total, completed=done)
        yield lambda points: progress.advance(task, points)
