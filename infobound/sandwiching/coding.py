"""The order-free code: the teacher's atoms by size, not by place (docs/math2.md, C1, Bound C*).

The bound has two free numbers, the height of a cell and the cell from which on atoms are coded, and holds for all of
their values.  The least over a grid of them is therefore a bound, though no single expression; the accuracy of the
minimisation costs tightness only.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound.bounds.kernel_bound import KERNEL_BOUND
from infobound.errors import DomainError
from infobound.inputs import as_floats, enforce
from infobound.symbols import THEORY, Domain

__all__ = ["order_free_code"]

Array = NDArray[np.float64]

CAP = 1 / 16
# Heights of a cell in ln x^2.
HEIGHTS = np.geomspace(0.01, 1.5, 24)
# Gauss-Legendre nodes for one cell; terms of the series in 1 - x, which is at most 1 - exp(-3/4)/2 there.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
SERIES = 160


def order_free_code(
    T: Any,
    d: Any,
    K: Any,
    alpha: Any = 0.0,
    *,
    height: float | None = None,
    cut: int | None = None,
    spectral: bool = True,
) -> Any:
    r"""Upper bound on the loss of exact Bayes from a code for the teacher's atoms, in no order.

    .. math::
        L \le \frac1T \sum_{c > c_0} \Bigl\{ h(\mu_c) + \mu_c \bigl[\ln 2 + \tfrac d2 + \tfrac d2
        \ln\tfrac{b_c}{\theta}\bigr] \Bigr\} + \mathrm{tail}(\rho),
        \qquad h(\mu) = (1+\mu)\ln(1+\mu) - \mu\ln\mu

    Atoms of scaled square between :math:`\theta e^{h(c-1)}` and :math:`b_c = \min(\theta e^{hc}, A_0)`, with
    :math:`\theta = 8d/T` and :math:`A_0 = (K+1)/(1-\alpha)`, form cell c; :math:`\mu_c` of them are expected.  The
    smaller ones, of energy :math:`\rho`, are left to the tail: :math:`\rho/16`, or the kernel bound for their sum,
    :math:`\rho\,G(\rho T, d)`.

    Parameters
    ----------
    T, d, K, alpha : array_like of float
        Samples, input dimension, concentration, and discount of the Pitman-Yor teacher (0: Dirichlet), which broadcast;
        T, d >= 1, 0 <= alpha < 1, K > 0.
    height : float, optional
        Height h of a cell, at most 1.5; the best of a grid from 0.01 to 1.5 if left out.
    cut : int, optional
        The cell c_0 up to which nothing is coded; the best one if left out.
    spectral : bool
        Whether the tail is bounded by the kernel bound rather than by its energy.

    Returns
    -------
    float or numpy.ndarray
        Nats per sample, never above 1/16.

    Raises
    ------
    DomainError

    Notes
    -----
    Source: docs/math2.md, C1.  Accurate to about 1e-12 relative.  `infobound derive order_free_code --check` checks the
    bound for given cells with the better tail, and that this tail is never above rho/16; where no atom stands out of
    the distortion, the bound is that of `infobound derive kernel_bound --check`.

    Examples
    --------
    >>> order_free_code(1e6, d=16, K=1)
    0.00024...
    """
    given = {name: as_floats(name, value) for name, value in (("T", T), ("d", d), ("K", K), ("alpha", alpha))}
    for name in ("T", "d", "K"):
        enforce(name, given[name], THEORY[name].domain)
    enforce("alpha", given["alpha"], Domain(low=0))
    if (given["alpha"] >= 1).any():
        raise DomainError(f"alpha must be less than 1, got alpha={given['alpha'].max():g}")
    if height is not None and not 0 < height <= HEIGHTS[-1]:
        raise DomainError(f"height must be greater than 0 and at most {HEIGHTS[-1]:g}, got {height!r}")
    if cut is not None and not cut >= 0:
        raise DomainError(f"cut must be at least 0, got {cut!r}")
    cells = np.broadcast_arrays(*given.values())
    heights = HEIGHTS if height is None else (height,)
    least = [
        min([CAP, *(_coded(samples, dimension, mass, discount, h, cut, spectral) for h in heights)])
        for samples, dimension, mass, discount in zip(*(numbers.ravel().tolist() for numbers in cells), strict=True)
    ]
    return np.reshape(least, cells[0].shape) if cells[0].shape else float(least[0])


def _coded(T: float, d: float, K: float, alpha: float, height: float, cut: int | None, spectral: bool) -> float:
    """Bound at one point and one height of the cells: at a cut, or at the best one."""
    theta, scale = 8 * d / T, (K + 1) / (1 - alpha)
    nats = np.log(scale / theta)
    if nats <= 0:
        # no atom stands out of the distortion: all is tail
        return float(KERNEL_BOUND(T=T, d=d)) if spectral else CAP
    count = int(np.ceil(nats / height))
    # upper ends of the cells, as shares of the largest possible square, in logarithms; the lowest end first
    ends = np.minimum(height * np.arange(count + 1) - nats, 0.0)
    ends[-1] = 0.0
    mu = _expected_atoms_between(ends / 2, K, alpha)
    passed = ends[1:] + nats
    cost = (1 + mu) * np.log1p(mu) - _x_log_x(mu) + mu * (np.log(2) + d / 2 * (1 + passed))
    above = np.append(np.cumsum(cost[::-1])[::-1], 0.0) / T
    rest = _energy_below(np.exp(ends / 2), K, alpha)
    tail = rest * (KERNEL_BOUND(T=np.maximum(rest * T, 1.0), d=d) if spectral else CAP)
    totals = above + tail
    return float(totals.min() if cut is None else totals[min(cut, count)])


def _x_log_x(x: Array) -> Array:
    return np.where(x > 0, x * np.log(np.where(x > 0, x, 1.0)), 0.0)


def _expected_atoms_between(ends: Array, K: float, alpha: float) -> Array:
    """Expected number of weights between exp(ends) and the next: integrals of the intensity over the cells."""
    from scipy.special import beta

    middle, half = (ends[1:] + ends[:-1]) / 2, np.diff(ends) / 2
    # up to x = 1/2 by quadrature in ln x; beyond, where the intensity may be singular at 1, by its series
    near = int(np.searchsorted(ends[1:], np.log(0.5)))
    log_x = middle[:near, None] + half[:near, None] * NODES
    density = np.exp(-alpha * log_x + (K + alpha - 1) * np.log1p(-np.exp(log_x)))
    by_series = -np.diff(_weights_above(ends[near:], K, alpha))
    return np.asarray(np.append(half[:near] * (density @ WEIGHTS), by_series) / beta(1 - alpha, K + alpha))


def _weights_above(ends: Array, K: float, alpha: float) -> Array:
    """Integral of x^(-1-alpha) (1-x)^(K+alpha-1) from exp(ends) to 1, by the binomial series in 1 - x."""
    j = np.arange(SERIES)
    binomial = np.cumprod(np.append(1.0, (1 + alpha + j[:-1]) / (1 + j[:-1])))
    left = -np.expm1(ends)
    power = K + alpha
    return np.asarray(left**power * ((left[:, None] ** j / (power + j)) @ binomial))


def _energy_below(x: Array, K: float, alpha: float) -> Array:
    """Expected share of the teacher's energy in atoms of weight at most x: a regularised incomplete beta function."""
    from scipy.special import betainc

    return np.asarray(betainc(2 - alpha, K + alpha, x))
