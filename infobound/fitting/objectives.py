"""What a fit minimises: a sum over runs of a loss of the residual r = ln loss - ln L."""

from dataclasses import dataclass
from numbers import Real
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound.errors import DomainError, UnknownNameError

__all__ = ["OBJECTIVES", "Objective"]

Array = NDArray[np.float64]

OBJECTIVES = ("huber", "lad", "lsq")
# Least absolute deviations are minimised as Huber losses with this threshold, whose sum is theirs up to 1e-9 for
# each run that the optimum passes through.
_ABSOLUTE = 1e-9
# No residual of a logarithm lies beyond the second.
LEAST_DELTA, MOST_DELTA = 1e-9, 1e6
# The threshold with which a descent begins: as good as least squares on log losses.
_COARSE = 0.1


@dataclass(frozen=True)
class Objective:
    r"""A loss of residuals, summed (not averaged) over runs.

    .. math:: \rho(r) = r^2/2 \;(|r| \le \delta), \quad \delta(|r| - \delta/2) \;(|r| > \delta)

    for "huber", :math:`|r|` for "lad" and :math:`r^2/2` for "lsq".

    Raises
    ------
    UnknownNameError, DomainError
    """

    name: str
    delta: float = 1e-3

    def __post_init__(self) -> None:
        if self.name not in OBJECTIVES:
            raise UnknownNameError(f"an objective must be one of {', '.join(OBJECTIVES)}; got {self.name!r}")
        real = isinstance(self.delta, Real) and not isinstance(self.delta, bool)
        if not (real and LEAST_DELTA <= self.delta <= MOST_DELTA):
            rule = f"delta must be a number from {LEAST_DELTA:g} (all but absolute deviations) to {MOST_DELTA:g}"
            raise DomainError(f"{rule}, got {self.delta!r}")

    def __str__(self) -> str:
        return {
            "huber": f"sum of Huber losses (delta {self.delta:g}) of ln loss",
            "lad": "sum of absolute deviations of ln loss",
            "lsq": "half the sum of squared deviations of ln loss",
        }[self.name]

    @property
    def threshold(self) -> float:
        """Threshold of the Huber loss that is minimised."""
        return {"huber": self.delta, "lad": _ABSOLUTE, "lsq": np.inf}[self.name]

    @property
    def coarse(self) -> float:
        """Threshold with which a descent begins."""
        return max(self.threshold, _COARSE)

    def value(self, residuals: Array) -> float:
        """Sum over runs."""
        size = np.abs(residuals)
        if self.name == "lad":
            return float(size.sum())
        inside = size <= self.threshold
        beyond = 0.0 if self.name == "lsq" else self.delta * (size - self.delta / 2)
        return float(np.where(inside, size**2 / 2, beyond).sum())

    def pull(self, residuals: Array) -> Any:
        """Derivative of the Huber loss that is minimised, for each residual."""
        return np.clip(residuals, -self.threshold, self.threshold)

    def bend(self, residuals: Array) -> Array:
        """Estimate of the expected second derivative of the Huber loss that is minimised, for each residual.

        Where the threshold is narrower than the noise, few residuals lie within it: they are counted in a wider window,
        run by run, so that noise that differs from run to run is told from noise that does not (Powell's estimate for
        quantile regression, with the window of Hall and Sheather; Koenker, Quantile Regression 2005, section 3.4.2).
        """
        if self.name == "lsq":
            return np.ones_like(residuals)
        n = len(residuals)
        rate = n ** (-1 / 3) * NormalDist().inv_cdf(0.95) ** (2 / 3) * (1.5 / (2 * np.pi)) ** (1 / 3)
        width = 2 * NormalDist().inv_cdf(0.5 + min(rate, 0.45))
        window = max(self.threshold, width * 1.4826 * float(np.median(np.abs(residuals))))
        return np.where(np.abs(residuals) <= window, self.threshold / window, 0.0)
