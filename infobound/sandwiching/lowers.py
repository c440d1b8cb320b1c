"""Lower bounds on the loss of every predictor, exact Bayes included (docs/math2.md, C2 and C3).

Each holds for the time-averaged excess log-loss of whatever learns the teacher.  Two are expectations over the
teacher's weights, so neither is a law of the catalogue: that for d >= 2 is estimated from draws, and its standard error
goes with it; that for d = 1 holds for the Dirichlet teacher.  The lower bound with a closed expression is for the
Dirichlet teacher the law `infobound.bounds.first_sample`, and `first_prediction` for a heavy-tailed one.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from infobound.special.harmonics import constant_energy, degrees

__all__ = [
    "Spectrum",
    "degree_two",
    "first_prediction",
    "one_input",
    "over_time",
    "squares_of_atoms",
    "van_trees",
]

Array = NDArray[np.float64]

# Points of the grid of t in a decade: part of the definition, as a coarser grid gives a smaller bound.
PER_DECADE = 20
# Scales f of the weights, of which the best is taken: 0.5, 1, 2, 4, 8, 16, 40, rounded to the grid of t, so that
# weights at neighbouring t are often the same.
SCALES = 10.0 ** (np.array([-6, 0, 6, 12, 18, 24, 32]) / PER_DECADE)
# The highest degree of the test function, the largest number of harmonics in a degree, and quadrature nodes.
HIGHEST, CROWD, NODES = 120, 1e200, 192
# Atoms, the largest ones, whose contribution is not bounded by its tangent.
LARGE = 64
# Numbers in one block of sums over atoms.
BLOCK = 2**20
# Atoms that are drawn at most, and at least of a heavy-tailed teacher; the energy of the others is known on average.
MOST, HEAVY = 2**18, 5000
# Equally likely parts into which the law of a side's mass is cut at d = 1.
QUANTILES = 4096


@lru_cache(maxsize=1)
def squares_of_atoms(K: float, draws: int, seed: int, alpha: float = 0.0) -> tuple[Array, Array]:
    r"""Squares of the atoms of teachers drawn at random, and the expected sum of those that are not drawn.

    .. math:: a_k^2 = \tfrac{K+1}{1-\alpha}\,\pi_k^2, \qquad
        \mathbb{E}\Bigl[\sum_{k>m} a_k^2 \Bigm| \pi_1, \dots, \pi_m\Bigr]
        = \frac{K+1}{K+1+m\alpha} \Bigl(1 - \sum_{k \le m} \pi_k\Bigr)^2

    Returns
    -------
    squares : numpy.ndarray
        A row for each teacher, the largest first.  The sticks end where about exp(-25) of the mass of a Dirichlet
        teacher is left, or after 5000 of a heavy-tailed one if that is later, or after 2^18 at the latest.
    rest : numpy.ndarray
        Expected sum of the other squares, for each teacher.
    """
    rng = np.random.default_rng(seed)
    count = int(min(max(np.ceil(25 * (K + 1)) + 20, HEAVY if alpha else 0), MOST))
    sticks = rng.beta(1.0 - alpha, K + alpha * np.arange(1, count + 1), size=(draws, count))
    left = np.cumprod(np.hstack([np.ones((draws, 1)), 1 - sticks]), axis=1)
    squares = (K + 1) / (1 - alpha) * np.sort((sticks * left[:, :-1]) ** 2, axis=1)[:, ::-1]
    return np.asarray(squares), np.asarray((K + 1) / (K + 1 + count * alpha) * left[:, -1] ** 2)


@dataclass(frozen=True)
class Spectrum:
    """Degrees l = 1, 2, 4, ... of functions on the sphere in d >= 2 dimensions, and nodes v > 0 of a coordinate.

    Attributes
    ----------
    energy, count, eigenvalue : numpy.ndarray
        e_l = lambda_l kappa_l, N_l and lambda_l = l (l + d - 2).
    slopes : numpy.ndarray
        f_l P_l'(v), with f_l = N_l E[v^+ P_l(v)]; a row for each node, a column for each degree.
    squares, weights : numpy.ndarray
        v^2 at the nodes, and weights with which g(v) sums to E[g(v) (1 - v^2); v > 0] up to a constant.
    """

    energy: Array
    count: Array
    eigenvalue: Array
    slopes: Array
    squares: Array
    weights: Array

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, d: int) -> "Spectrum":
        """Build the spectrum, without degrees that have too many harmonics for a double."""
        energies = degrees(float(d), float(constant_energy(mpmath.mpf(d))))
        next(energies)
        rows = [*takewhile(lambda row: row[0] < CROWD, (next(energies) for _ in range(HIGHEST // 2 + 1)))]
        count, share = (np.array([row[i] for row in rows]) for i in (0, 1))
        degree = np.array([1, *range(2, 2 * len(rows), 2)])
        eigenvalue = degree * (degree + d - 2.0)
        # v = sin(phi); beyond 12 standard deviations there is nothing
        x, weights = np.polynomial.legendre.leggauss(NODES)
        end = min(np.pi / 2, 12 / np.sqrt(d))
        phi = end * (x + 1) / 2
        v = np.sin(phi)
        # P_l' = lambda_l / (d-1) times the polynomial of degree l - 1 in d + 2 dimensions
        polynomials = [np.ones_like(v), v]
        for k in range(1, HIGHEST):
            polynomials.append(((2 * k + d) * v * polynomials[k] - k * polynomials[k - 1]) / (k + d))
        signs = np.where(degree == 1, 1.0, (-1.0) ** (degree // 2 + 1))
        slopes = np.stack([polynomials[k - 1] for k in degree], axis=1)
        slopes *= signs * np.sqrt(share * count / (2 * d)) * eigenvalue / (d - 1)
        return cls(eigenvalue * share, count, eigenvalue, slopes, v * v, weights * np.cos(phi) ** d)


@dataclass(frozen=True)
class _Sums:
    """Sums over the atoms of weights beta = a^2 / (a^2 + s): of beta, beta^2, beta^2/a^2, beta a^2."""

    first: Array
    second: Array
    scaled: Array
    energy: Array

    @classmethod
    def of(cls, squares: Array, s: Array) -> "_Sums":
        """Form the sums for all s, a few at a time where atoms are many."""
        found = np.empty((4, len(s)))
        step = max(1, BLOCK // len(squares))
        for start in range(0, len(s), step):
            part = slice(start, start + step)
            beta = squares / (squares + s[part, None])
            scaled = beta / np.sqrt(squares)
            # not by matrix products, whose threads would wait for each other on a busy machine
            found[0, part] = beta.sum(1)
            found[1, part] = np.einsum("sk,sk->s", beta, beta)
            found[2, part] = np.einsum("sk,sk->s", scaled, scaled)
            found[3, part] = np.einsum("sk,k->s", beta, squares)
        return cls(*found)

    def at(self, index: Any) -> "_Sums":
        return _Sums(self.first[index], self.second[index], self.scaled[index], self.energy[index])


def van_trees(squares: Array, t: Array, d: int, scales: Array = SCALES, rest: float = 0.0) -> Array:
    r"""Lower bound on the loss at times t of a learner that knows the sizes of the teacher's atoms (d >= 2).

    .. math:: L_t \ge \tfrac12 \Bigl(\sum_k \beta_k u_k\Bigr)_+^2 \sum_{l \ge 1} \frac{e_l}{w_l}, \qquad
        w_l = t \Bigl[B_2 + (B_1^2 - B_2) \frac{e_l}{N_l}\Bigr] + 8 B_2' \lambda_l

    with :math:`\beta_k = 1/(1 + 8fd/(t a_k^2))` and the best of some scales f.

    Parameters
    ----------
    squares : numpy.ndarray
        a_k^2, the largest first, all positive.
    t : numpy.ndarray
        Times, 1-D.
    d : int
    scales : numpy.ndarray
        Candidates for f.
    rest : float
        Sum of the squares of further atoms, of which nothing is learned (their beta is 0).  As the bound is convex in
        it, an expected sum gives less than the bound's expectation.

    Notes
    -----
    `infobound derive all_harmonics --check` checks the bound for given weights, at the z_l = 1/w_l that are the best up
    to u_k.  Source: docs/math2.md, C2.
    """
    spectrum = Spectrum.of(d)
    # weights with nearly one s are made one
    s = 8 * d * scales / t[:, None]
    rounded, places = np.unique(np.round(np.log(s), 12), return_inverse=True)
    sums = _Sums.of(squares, np.exp(rounded)).at(places.reshape(s.shape))
    shares = spectrum.energy / spectrum.count
    spread = sums.first**2 - sums.second
    w = t[:, None, None] * (sums.second[..., None] + spread[..., None] * shares)
    w += 8 * sums.scaled[..., None] * spectrum.eigenvalue
    worth = sums.first**2 * (spectrum.energy / w).sum(-1)
    # the best scale up to the factors u, which depend on it little; any choice gives a bound
    best = np.arange(len(t)), worth.argmax(1)
    sums, s, z = sums.at(best), s[best], 1 / w[best]
    slope = np.einsum("vl,tl->vt", spectrum.slopes, z)
    up, down = np.maximum(slope, 0.0), np.maximum(-slope, 0.0)
    gain, loss = (np.einsum("v,vt->t", spectrum.weights, part) for part in (up, down))
    total = gain - loss
    tilt = (d + 2) * np.einsum("v,v,vt->t", spectrum.weights, spectrum.squares, up) / gain
    level = (d + 2) / (2 * d)
    # sum of beta exp(-phi): exactly for the largest atoms, by the tangent, which lies below, for the others
    bend = (tilt - level) / 4
    large = squares[:LARGE]
    beta = large / (large + s[:, None])
    damped = sums.first - bend * sums.energy
    damped += (beta * (np.exp(-bend[:, None] * large) - 1 + bend[:, None] * large)).sum(1)
    damped *= np.exp(-level * (squares.sum() + rest) / 4)
    signal = np.maximum(0.0, (gain * damped - loss * sums.first) / total)
    return np.asarray(signal**2 * (spectrum.energy * z).sum(1) / 2)


def degree_two(squares: Array, t: Array, d: int, scale: float = 2.0) -> Array:
    r"""Closed form of `van_trees` with the second degree alone: weaker, and free of quadrature (d >= 2).

    .. math:: L_t \ge \frac{(\sum_k \beta_k u_k)^2\, e_2 / 2}{t [B_2 + (B_1^2 - B_2)\, e_2/N_2] + 16 d B_2'}, \qquad
        u_k = e^{-\frac{(d+2) a_k^2}{2(d+3)} - \frac{(d+2)(A_2 - a_k^2)}{8d}}

    `infobound derive second_harmonic --check` checks the bound for given weights.  Source: docs/math2.md, C2.
    """
    spectrum = Spectrum.of(d)
    energy, count = spectrum.energy[1], spectrum.count[1]
    s = 8 * d * scale / t
    sums = _Sums.of(squares, s)
    u = np.exp(-(d + 2) * squares / (2 * (d + 3)) - (d + 2) * (squares.sum() - squares) / (8 * d))
    signal = (squares / (squares + s[:, None])) @ u
    w = t * (sums.second + (sums.first**2 - sums.second) * energy / count) + 16 * d * sums.scaled
    return np.asarray(signal**2 * energy / (2 * w))


def over_time(T: Array, d: int, K: float, draws: int, seed: int, alpha: float = 0.0) -> tuple[Array, Array]:
    """Time average up to each T of `van_trees`, averaged over draws of the weights, and its standard error.

    With fixed weights the bound decreases in t (a corollary of the derivation `all_harmonics`), so that its values at
    the right ends of a grid's intervals give a lower sum, whatever weights are taken at each.
    """
    grid = 10.0 ** (np.arange(np.floor(PER_DECADE * np.log10(T.max())) + 1) / PER_DECADE)
    teachers = zip(*squares_of_atoms(K, draws, seed, alpha), strict=True)
    rows = np.stack([van_trees(row[row > 0], np.append(grid, T), d, rest=rest) for row, rest in teachers])
    # whole intervals up to T, then what is left
    whole = np.cumsum(np.diff(grid, prepend=0.0) * rows[:, : len(grid)], axis=1)
    last = np.searchsorted(grid, T, side="right") - 1
    sums = (whole[:, last] + (T - grid[last]) * rows[:, len(grid) :]) / T
    return sums.mean(0), sums.std(0, ddof=1) / np.sqrt(draws)


def one_input(T: Array, K: float) -> Array:
    r"""Lower bound for d = 1, where the teacher is two slopes.

    .. math:: L \ge \mathbb{E}_M\, \frac{u^2 b_1^2}{b_2}\, \frac1T
        \ln\Bigl(1 + T\,\frac{g^2 b_2 (2q+1)}{2 q^2}\Bigr), \qquad g^2 = (K+1) M^2, \quad q = K/4

    M, the mass of a side, is Beta(K/2, K/2), and u = exp(-3 g^2 / (4 (2q+3))).  The expectation is taken over the
    middles of equally likely parts.  `infobound derive two_slopes_given_mass --check` checks the bound for a given M.
    Source: docs/math2.md, C3.
    """
    from scipy.special import betaincinv

    mass = betaincinv(K / 2, K / 2, (np.arange(QUANTILES) + 0.5) / QUANTILES)
    q, square = K / 4, (K + 1) * mass**2
    b1, b2 = q / (2 * (2 * q + 1)), q * (q + 1) / (4 * (2 * q + 1) * (2 * q + 3))
    front = np.exp(-3 * square / (2 * (2 * q + 3))) * b1**2 / b2
    T = np.asarray(T)[..., None]
    return np.asarray((front * np.log1p(T * square * b2 * (2 * q + 1) / (2 * q * q))).mean(-1) / T[..., 0])


def first_prediction(T: Any, d: Any, K: Any, alpha: Any = 0.0) -> Array:
    r"""What the first prediction alone must lose, for any Pitman-Yor teacher; 0 where that is nothing.

    .. math:: L \ge \frac1T \Bigl(\frac1{16} - \frac{\mathbb{E}F^4}{64}\Bigr)_+, \qquad
        \mathbb{E}F^4 = \frac{3\,(K+1)\,\bigl[2(2-\alpha)(3-\alpha)/(1-\alpha) + (K+\alpha)(d+2)/d\bigr]}{4\,(K+2)(K+3)}

    It is `first_sample` for alpha = 0.  Of four draws from the weights all are one atom with probability
    (1-alpha)(2-alpha)(3-alpha)/((K+1)(K+2)(K+3)), and the first two are one and the last two another with probability
    (K+alpha)(1-alpha)^2/((K+1)(K+2)(K+3)).
    """
    T, d, K, alpha = (np.asarray(x, dtype=float) for x in (T, d, K, alpha))
    whole = 2 * (2 - alpha) * (3 - alpha) / (1 - alpha)
    fourth = 3 * (K + 1) / (K + 2) * (whole + (K + alpha) * (1 + 2 / d)) / (4 * (K + 3))
    return np.asarray(np.maximum(0.0, 1 / 16 - fourth / 64) / T)
