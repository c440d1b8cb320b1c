"""Kind x rival x size, warmed up, rivals in one run; ratios are what counts, times depend on the machine.

python -m benchmarks                               everything, at full size (1e8 points)
python -m benchmarks grid points --size 1e6        some kinds, at another size
python -m benchmarks --json F --table G            also as JSON, and as the table of README.md
"""

import argparse
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import infobound as ib
from benchmarks.allocations import allocations
from benchmarks.fits import fits
from benchmarks.starting import commands, kernels
from benchmarks.timing import Line
from benchmarks.values import grids, scattered

SIZES = {"grid": 1e8, "points": 1e7, "allocate": 1e5, "fit": 1e3}
MEASURED = {"grid": grids, "points": scattered, "allocate": allocations, "fit": fits}
STARTED = {"startup": commands, "compile": kernels}


def main() -> None:
    """Run the chosen kinds, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure against rivals in one run.")
    parser.add_argument("kinds", nargs="*", help=f"of {', '.join([*MEASURED, *STARTED])}; all if none is named")
    parser.add_argument("--size", type=float, help="points, budgets or draws; each kind's own if left out")
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument("--table", type=Path, help="file for the results as a Markdown table")
    chosen = parser.parse_args()
    unknown = sorted({*chosen.kinds} - {*MEASURED, *STARTED})
    if unknown:
        parser.error(f"a kind must be one of {', '.join([*MEASURED, *STARTED])}; got {', '.join(unknown)}")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > 0.5:
        print(f"the machine is not idle (load {load:.1f}): times and ratios will vary", flush=True)
    lines, seconds = [], {}
    for kind, measured in MEASURED.items():
        if not chosen.kinds or kind in chosen.kinds:
            found = measured(int(chosen.size or SIZES[kind]))
            lines += found
            print(*found, sep="\n", flush=True)
    for kind, started in STARTED.items():
        if not chosen.kinds or kind in chosen.kinds:
            for name, (cold, warm) in started().items():
                seconds[name] = {"cold": cold, "warm": warm}
                print(f"{kind:9} {name:32} cold {cold:.3g} s   warm {warm:.3g} s", flush=True)
    for line in lines:
        if line.lost():
            print(f"slower than {', '.join(line.lost())}: {line.kind}, {line.case}")
    machine = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": load,
        "python": platform.python_version(),
    }
    if chosen.json:
        results = {"version": ib.__version__, **machine, "rates": [asdict(line) for line in lines], "seconds": seconds}
        chosen.json.write_text(json.dumps(results, indent=1) + "\n")
    if chosen.table:
        chosen.table.write_text("\n".join([*_table(lines), "", *_seconds(seconds)]) + "\n")


def _table(lines: Sequence[Line]) -> list[str]:
    return ["| kind | case | ours | ours / rival |", "|---|---|---|---|", *(line.row() for line in lines)]


def _seconds(seconds: Mapping[str, Mapping[str, float]]) -> list[str]:
    rows = [f"| {name} | {taken['cold']:.2g} s | {taken['warm']:.2g} s |" for name, taken in seconds.items()]
    return ["| start | cold | warm |", "|---|---|---|", *rows]


if __name__ == "__main__":
    main()
