"""The linear teacher with a power-law spectrum: exact losses by Monte Carlo, and bounds on both sides of them.

Beside the laws `linear_spectrum` and `linear_spectrum_jensen`, smooth closed forms, stand the sums that they round up:
the rate-distortion bound, and Bound J, which is always below that; and a lower bound.  Bound J and the lower bound
enclose the exact loss of the learner that keeps the first n features and takes the others for noise (docs/math2.md
section B).
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from infobound.catalogue import law
from infobound.errors import DomainError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Estimate",
    "exact_loss",
    "full_model_bound",
    "jensen_bound",
    "lower_bound",
    "rate_distortion_bound",
]


@dataclass(frozen=True)
class Estimate:
    """A Monte Carlo mean with its standard error and the number of draws."""

    value: float
    standard_error: float
    draws: int


@dataclass(frozen=True)
class _Model:
    """Numbers of the model, checked; p is the exponent of the spectrum, `tail` what n features leave."""

    n: float
    T: float
    s: float
    v: float
    p: float

    @classmethod
    def checked(cls, n: float, T: float, s: float, v: float, gamma: float, *, whole: bool = True) -> "_Model":
        given = {"n": n, "T": T, "s": s, "v": v, "gamma": gamma}
        entry = law("linear_spectrum")
        numbers = {name: float(value) for name, value in entry.checked(given, given).items()}
        for name in ("n", "T") if whole else ():
            if numbers[name] != int(numbers[name]):
                raise DomainError(f"{name} must be a whole number, got {name}={numbers[name]:g}")
        return cls(numbers["n"], numbers["T"], numbers["s"], numbers["v"], 1 + numbers["gamma"])

    @property
    def variances(self) -> "NDArray[np.float64]":
        return self.s * np.arange(1.0, self.n + 1) ** -self.p

    @property
    def tail(self) -> float:
        return self.s * float(special.zeta(self.p, self.n + 1))


def rate_distortion_bound(n: float, T: float, s: float = 1, v: float = 1, gamma: float = 0.34) -> float:
    r"""Rate-distortion bound on the loss of a student that codes its first features (docs/math2.md B1).

    .. math:: \frac1{2T}\Bigl[m\ln\frac{Ts}v - p\ln m! + m\Bigr] + \frac s{2v}\zeta(p, m+1),
        \qquad m = \min(n, \lfloor(Ts/v)^{1/p}\rfloor),\ p = 1+\gamma

    Parameters
    ----------
    n, T : float
        Number of features and of samples, whole numbers.
    s, v, gamma : float
        Scale of the spectrum, variance of the noise, and decay: variances are s i^-(1+gamma).

    Returns
    -------
    float
        Upper bound in nats per sample.

    Raises
    ------
    DomainError

    Examples
    --------
    >>> round(rate_distortion_bound(10, 100, gamma=1), 14)
    0.17679755140949
    """
    q = _Model.checked(n, T, s, v, gamma)
    m = min(q.n, math.floor(math.pow(q.T * q.s / q.v, 1 / q.p)))
    nats = m * math.log(q.T * q.s / q.v) - q.p * math.lgamma(m + 1) + m
    return nats / (2 * q.T) + q.s / (2 * q.v) * float(special.zeta(q.p, m + 1))


def jensen_bound(n: float, T: float, s: float = 1, v: float = 1, gamma: float = 0.34) -> float:
    r"""Bound J on the loss of the learner that takes the features it does not see for noise (docs/math2.md B2).

    .. math:: \frac12\ln\Bigl(1+\frac{\Lambda_n}v\Bigr) + \frac1{2T}\sum_{i\le n}\ln\Bigl(1+\frac{T\lambda_i}{v'}\Bigr),
        \qquad v' = v + \Lambda_n,\ \Lambda_n = \sum_{i>n}\lambda_i

    It holds because ln det is concave, and is never above `rate_distortion_bound`.  Parameters, unit and errors are
    those of `rate_distortion_bound`.

    Examples
    --------
    >>> round(jensen_bound(10, 100, gamma=1), 14)
    0.13621726869569
    """
    q = _Model.checked(n, T, s, v, gamma)
    learned = float(np.sum(np.log1p(q.T * q.variances / (q.v + q.tail))))
    return math.log1p(q.tail / q.v) / 2 + learned / (2 * q.T)


def full_model_bound(T: float, s: float = 1, v: float = 1, gamma: float = 0.34) -> float:
    r"""Upper bound on the loss of exact Bayes, with all features: (Ts/v)^(1/p) pi / (2 T sin(pi/p)).

    Parameters, unit and errors are those of `rate_distortion_bound`.

    Examples
    --------
    >>> round(full_model_bound(100, gamma=1), 4)
    0.1571
    """
    q = _Model.checked(1, T, s, v, gamma, whole=False)
    return math.pow(q.T * q.s / q.v, 1 / q.p) * math.pi / math.sin(math.pi / q.p) / (2 * q.T)


def lower_bound(n: float, T: float, s: float = 1, v: float = 1, gamma: float = 0.34) -> float:
    r"""Lower bound on the same learner's loss: features one by one, each against what is left of the data.

    .. math:: \frac12\ln\Bigl(1+\frac{\Lambda_n}v\Bigr)
        + \frac1{2T}\sum_{i\le\min(n,T)}\ln\Bigl(1+\frac{\lambda_i}{v'}\,2e^{\psi((T-i+1)/2)}\Bigr)

    Parameters, unit and errors are those of `rate_distortion_bound`.

    Examples
    --------
    >>> lower_bound(10, 200, gamma=1) < jensen_bound(10, 200, gamma=1)
    True
    """
    q = _Model.checked(n, T, s, v, gamma)
    i = np.arange(1.0, min(q.n, q.T) + 1)
    seen = 2 * np.exp(special.digamma((q.T - i + 1) / 2))
    learned = float(np.sum(np.log1p(q.s * i**-q.p / (q.v + q.tail) * seen)))
    return math.log1p(q.tail / q.v) / 2 + learned / (2 * q.T)


def exact_loss(
    n: float,
    T: float,
    s: float = 1,
    v: float = 1,
    gamma: float = 0.34,
    *,
    designs: int = 64,
    seed: int = 0,
) -> Estimate:
    r"""Exact loss of the same learner, as a mean over random designs (docs/math2.md B2).

    .. math:: \frac12\ln\Bigl(1+\frac{\Lambda_n}v\Bigr)
        + \frac1{2T}\,\mathbb{E}\ln\det\Bigl(I + \tfrac1{v'}X\,\mathrm{diag}(\lambda)X^\top\Bigr)

    Parameters
    ----------
    n, T : float
        Number of features and of samples, whole numbers; the smaller one is the side of the matrices.
    s, v, gamma : float
        Scale of the spectrum, variance of the noise, and decay.
    designs : int
        How many designs X are drawn, at least 2.
    seed : int
        Seed of the draws.

    Returns
    -------
    Estimate
        In nats per sample, with the standard error of the mean.

    Raises
    ------
    DomainError

    Examples
    --------
    >>> found = exact_loss(10, 200, gamma=1)
    >>> abs(found.value - 0.104152) < 5 * found.standard_error
    True
    """
    q = _Model.checked(n, T, s, v, gamma)
    if designs < 2:
        raise DomainError(f"designs must be at least 2, got designs={designs}")
    generator = np.random.default_rng(seed)
    spread = np.sqrt(q.variances / (q.v + q.tail))
    draws = [_learned(generator, int(q.T), spread) for _ in range(designs)]
    constant = math.log1p(q.tail / q.v) / 2
    error = float(np.std(draws, ddof=1)) / math.sqrt(designs)
    return Estimate(constant + float(np.mean(draws)) / (2 * q.T), error / (2 * q.T), designs)


def _learned(generator: Any, samples: int, spread: "NDArray[np.float64]") -> float:
    """Draw a design and return the logarithm of the determinant, on the smaller side of the design."""
    design = generator.standard_normal((samples, spread.size)) * spread
    square = design @ design.T if samples < spread.size else design.T @ design
    square[np.diag_indices_from(square)] += 1
    return float(np.linalg.slogdet(square).logabsdet)
