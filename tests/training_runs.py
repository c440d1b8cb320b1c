"""Training runs for tests of fits: real ones, which are no part of the project, and made ones of a known law.

Real runs are read from $INFOBOUND_DATA, by default a folder beside the checkout.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import infobound as ib

DATA = Path(os.environ.get("INFOBOUND_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))

TRUTH = {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37}


def data(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {name} in $INFOBOUND_DATA")
    return path


def made(noise: float = 0.0, seed: int = 0, sizes: int = 8, tokens: int = 8) -> dict[str, Any]:
    """Runs of a known Chinchilla law."""
    N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e10, sizes), np.geomspace(1e9, 1e12, tokens)))
    loss = TRUTH["E"] + TRUTH["A"] / N ** TRUTH["alpha"] + TRUTH["B"] / D ** TRUTH["beta"]
    return {"N": N, "D": D, "loss": loss * np.exp(noise * np.random.default_rng(seed).standard_normal(len(N)))}


def fitted(runs: Any, **asked: Any) -> Any:
    return ib.fit("chinchilla", runs, **{"N": "N", "D": "D"} | asked)


def codes(found: Any) -> set[str]:
    return {finding.code for finding in found.warnings}
