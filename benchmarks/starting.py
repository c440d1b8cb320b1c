"""Start-up of whole commands, and compilation of a law's kernels, cold (an empty cache) and warm."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping

__all__ = ["commands", "kernels"]

ROUNDS = 5
COMMANDS = {
    "import infobound": ["-c", "import infobound"],
    "infobound --help": ["-m", "infobound", "--help"],
    "infobound eval": ["-m", "infobound", "eval", "sampled_student", "n=64", "T=1e6", "d=16", "K=10"],
    "infobound compare": ["-m", "infobound", "compare"],
}
# A law of the user's own, its kernels one by one; each line prints the seconds of its kind.
NEW_LAW = """
import time
import numpy as np
import sympy as sp
import xarray
import infobound as ib
from infobound.kernels.lowering import derivative
from infobound.kernels.points import evaluate

ib.law("chinchilla_replication")(N=1e9, D=1e10)
ib.grid("chinchilla_replication", N=[1e9], D=[1e10])
N, D = sp.symbols("N D", positive=True)
law = ib.define(1 + 300 / N**0.3 + 400 * sp.log(1 + D) / D**0.3 + sp.sqrt(N / D) / 100, size=N, data=D)
slopes = [derivative(law.expr, symbol) for symbol in (N, D)]
kinds = {
    "value and first derivatives": lambda: evaluate([law.expr, *slopes], {N: 1e9, D: 1e10}),
    "grid": lambda: ib.grid(law, N=np.geomspace(1e6, 1e9, 200), D=np.geomspace(1e6, 1e12, 200)),
    "allocation": lambda: ib.allocate(law, C=1e20),
}
for name, task in kinds.items():
    start = time.process_time()
    task()
    print(name, time.process_time() - start, sep="\t")
"""


def commands() -> dict[str, tuple[float, float]]:
    """Seconds of each command: with an empty cache, and the median afterwards."""
    taken = {}
    for name, arguments in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"INFOBOUND_CACHE_DIR": f"{folder}/kernels"}
            cold, *warm = (_seconds(arguments, environment) for _ in range(ROUNDS + 1))
            taken[name] = cold, statistics.median(warm)
    return taken


def kernels() -> dict[str, tuple[float, float]]:
    """Processor seconds of a new law's first answer of each kind: compiled, and loaded in the next process."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"INFOBOUND_CACHE_DIR": f"{folder}/kernels"}
        runs = []
        for _ in range(3):
            printed = subprocess.run([sys.executable, "-c", NEW_LAW], env=environment, check=True, capture_output=True)
            lines = [line.split("\t") for line in printed.stdout.decode().splitlines()]
            runs.append({name: float(seconds) for name, seconds in lines})
    cold, *warm = runs
    return {f"new law, {name}": (cold[name], min(run[name] for run in warm)) for name in cold}


def _seconds(arguments: list[str], environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
