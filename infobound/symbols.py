"""Each symbol once: its SymPy object, meaning, unit and domain.

Theory bounds and published fits use the letters of their own papers, and some letters clash, so the
vocabulary is keyed by family: `THEORY` for the bounds of Jeon and Van Roy's construction, `HEAVY_TAILS`
for what its heavy-tailed teacher has besides, `SPECTRUM` for linear teachers, `FITS` for laws fitted to
training runs.  `COST` holds the letters in which a cost is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import sympy as sp

__all__ = ["COST", "FITS", "HEAVY_TAILS", "SPECTRUM", "THEORY", "C", "Domain", "K", "Quantity", "T", "d", "n", "p"]


@dataclass(frozen=True)
class Domain:
    """The numbers that a symbol may take.

    `low` is enforced (`low_included` says whether it belongs), and so is `below`, from which on nothing
    belongs; `high` is where the accuracy contract ends and is never a reason to refuse a number.
    """

    low: float = -float("inf")
    high: float = float("inf")
    low_included: bool = True
    below: float = float("inf")

    def rule(self, name: str, value: float = -float("inf")) -> str:
        """Say the rule that a value breaks, in words that start an error message."""
        if value >= self.below:
            return f"{name} must be less than {self.below:g}"
        if self.low == -float("inf"):
            return f"{name} must be a finite number"
        return f"{name} must be {'at least' if self.low_included else 'greater than'} {self.low:g}"


@dataclass(frozen=True)
class Quantity:
    """A symbol with what it stands for."""

    symbol: sp.Symbol
    meaning: str
    unit: str
    domain: Domain


def _positive(name: str, meaning: str, unit: str, **domain: Any) -> Quantity:
    return Quantity(sp.Symbol(name, positive=True), meaning, unit, Domain(**domain))


def _vocabulary(*quantities: Quantity) -> Mapping[str, Quantity]:
    return MappingProxyType({quantity.symbol.name: quantity for quantity in quantities})


THEORY = _vocabulary(
    _positive("n", "width: number of neurons (or kept atoms) of the student", "neurons", low=1, high=1e15),
    _positive("T", "data size", "samples", low=1, high=1e18),
    _positive("d", "input dimension", "1", low=1, high=1e6),
    _positive(
        "K",
        "latent complexity: concentration of the teacher's Dirichlet process",
        "1",
        low=0,
        high=1e6,
        low_included=False,
    ),
)

# SymPy takes alpha to be positive: at 0 the functions that hold it are other functions.
HEAVY_TAILS = _vocabulary(
    _positive(
        "alpha",
        "weight of the tail: discount of the teacher's Pitman-Yor process (0 is the Dirichlet process)",
        "1",
        low=0,
        high=0.99,
        below=1,
    ),
)

SPECTRUM = _vocabulary(
    _positive("s", "variance of the spectrum's first coefficient", "1", low=0, high=1e3, low_included=False),
    _positive("v", "variance of the noise on a label", "1", low=0, high=1e3, low_included=False),
    _positive("gamma", "decay: variances fall like i^-(1+gamma)", "1", low=0, high=4, low_included=False),
)

FITS = _vocabulary(
    _positive("N", "parameter count of the trained model", "parameters", low=1, high=1e15),
    _positive("D", "training tokens", "tokens", low=1, high=1e18),
    _positive("E", "irreducible loss", "nats per token", low=0),
    _positive("A", "prefactor of the size term", "nats per token", low=0, low_included=False),
    _positive("B", "prefactor of the data term", "nats per token", low=0, low_included=False),
    _positive("alpha", "exponent of the size term", "1", low=0, low_included=False),
    _positive("beta", "exponent of the data term", "1", low=0, low_included=False),
)

COST = _vocabulary(
    _positive("p", "parameter count", "parameters", low=0, low_included=False),
    _positive("T", "data size", "samples", low=1),
    _positive("C", "compute", "operations", low=0, low_included=False),
)

n, T, d, K = (THEORY[name].symbol for name in ("n", "T", "d", "K"))
p, C = (COST[name].symbol for name in ("p", "C"))
