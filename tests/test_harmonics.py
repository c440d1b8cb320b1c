"""The kernel's spectrum: closed forms against quadrature, compiled twins against the oracle, and the kernel bound."""

import math

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad
from scipy.special import eval_gegenbauer, gammaln

from infobound.bounds.kernel_bound import KERNEL_BOUND
from infobound.kernels.points import evaluate
from infobound.special.harmonics import (
    MOST,
    coded_modes,
    coding_nats,
    coding_slope,
    constant_energy,
    degrees,
    uncoded_energy,
)

HEADS = (coded_modes, coding_nats, uncoded_energy)
T, d = sp.symbols("T d", positive=True)


def spectrum(dimension, count):
    """Degree, N_l and kappa_l for the first degrees, as floats."""
    energies = degrees(float(dimension), float(constant_energy(mpmath.mpf(dimension))))
    return [(degree, *next(energies)[:2]) for degree in (0, 1, *range(2, 2 * count, 2))]


def points(count=120, seed=5):
    """Samples and dimensions over the contracted domain: real, whole, d = 1, d near 1, few and many samples."""
    rng = np.random.default_rng(seed)
    samples, dimensions = 10 ** rng.uniform(0, 18, count), 10 ** rng.uniform(0, 6, count)
    dimensions[: count // 3] = 10 ** rng.uniform(0, 1, count // 3)
    dimensions[count // 2 :] = np.floor(dimensions[count // 2 :])
    dimensions[:4] = [1.0, 1 + 1e-15, 1.5, 2.0]
    samples[-count // 20 :] = 10 ** rng.uniform(18, 300, samples[-count // 20 :].size)
    return samples, dimensions


# docs/math2.md C0
@pytest.mark.parametrize(
    ("dimension", "printed"),
    [
        (2, ("0.40528473456935", "0.09006327434874", "0.00360253097395")),
        (16, ("0.32840747603331", "0.15340833655535", "0.01177279529531")),
    ],
)
def test_energies_of_section_c0(dimension, printed):
    energy = {degree: share for degree, _, share in spectrum(dimension, 3)}
    assert energy[1] == 0.5
    for degree, text in zip((0, 2, 4), printed, strict=True):
        assert energy[degree] == pytest.approx(float(text), abs=0.5000001e-14)


@pytest.mark.parametrize("dimension", [3, 5, 16])
def test_energies_by_quadrature(dimension):
    """kappa_l = 2 d N_l E[v^+ P_l(v)]^2 for a coordinate v of a uniform unit vector."""
    order = dimension / 2 - 1
    mass = 2 * quad(lambda v: (1 - v * v) ** ((dimension - 3) / 2), 0, 1, epsabs=1e-14)[0]
    for degree, count, share in spectrum(dimension, 6):
        top = eval_gegenbauer(degree, order, 1.0)
        body = quad(
            lambda v, k=degree, top=top: v * eval_gegenbauer(k, order, v) / top * (1 - v * v) ** ((dimension - 3) / 2),
            0,
            1,
            epsabs=1e-14,
        )[0]
        assert share == pytest.approx(2 * dimension * count * (body / mass) ** 2, rel=1e-10)


@pytest.mark.parametrize("dimension", [1, 2, 3, 7, 100])
def test_energies_sum_to_one_and_gradients_to_d_less_one(dimension):
    rows = spectrum(dimension, MOST // 2)
    assert sum(share for *_, share in rows) == pytest.approx(1, abs=1e-7)
    # the gradient's energy decays as the inverse square of the degree
    energy = sum(degree * (degree + dimension - 2) * share for degree, _, share in rows)
    assert energy == pytest.approx(dimension - 1, rel=2e-2)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_twins_against_the_oracle(head):
    samples, dimensions = points()
    (got,) = evaluate((head(T, d),), {T: samples, d: dimensions})
    with mpmath.workdps(40):
        for value, *at in zip(got, samples, dimensions, strict=True):
            exact = head.mp_value(*at)
            assert abs(value - exact) <= 1e-13 * abs(exact), at


def test_slopes_in_the_dimension():
    samples, dimensions = points(24)
    got = evaluate([coding_slope(k, T, d) for k in range(3)], {T: samples, d: dimensions})
    with mpmath.workdps(30):
        for k, head in enumerate(HEADS):
            for value, *at in zip(got[k], samples, dimensions, strict=True):
                exact = coding_slope.mp_value(k, *at)
                scale = abs(exact) + abs(head.mp_value(*at)) * (1e-4 / at[1] if k < 2 else 1e-4 / at[1] ** 2)
                assert abs(value - exact) <= 1e-11 * scale, (k, at)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_balls_hold_the_value(head):
    for at in zip(*(column[::12] for column in points()), strict=True):
        ball = head.arb_value(*map(flint.arb, at))
        with mpmath.workdps(30):
            middle = flint.arb(mpmath.nstr(head.mp_value(*at), 25))
        assert abs(ball - middle) < abs(middle) * 1e-11 + 1e-14
        assert head.arb_value(flint.arb(at[0], 1e-3), flint.arb(at[1])).overlaps(ball)


def test_a_ball_across_the_edge_of_a_degree_holds_both_sides():
    ball = flint.arb(32, 1e-6)
    found = coded_modes.arb_value(ball, flint.arb(2))
    assert found.contains(flint.arb(1))
    assert found.contains(flint.arb(3))


def test_derivatives_in_the_samples():
    assert sp.diff(coding_nats(T, d), T) == coded_modes(T, d) / (2 * T)
    assert sp.diff(coded_modes(T, d), T) == sp.diff(uncoded_energy(T, d), T) == 0
    assert sp.diff(coded_modes(T, d), d) == coding_slope(0, T, d)


# docs/math2.md C1
@pytest.mark.parametrize(
    ("dimension", "samples", "printed"),
    [
        (2, 1e4, "1.785652560640e-3"),
        (2, 1e6, "4.991730579748e-5"),
        (3, 1e6, "1.321904288971e-4"),
        (16, 1e6, "1.618525260485e-3"),
        (128, 1e8, "1.645389879525e-3"),
    ],
)
def test_values_of_section_c1(dimension, samples, printed):
    # the printed digits end in the rounding of 1 - sum kappa_l in doubles
    assert KERNEL_BOUND(T=samples, d=dimension) == pytest.approx(float(printed), rel=1e-12)
    exact = KERNEL_BOUND.exact({"T": samples, "d": dimension}, 30)
    assert KERNEL_BOUND(T=samples, d=dimension) == pytest.approx(float(exact), rel=1e-14)


def test_one_dimension_has_two_modes():
    for samples in (1e2, 1e6, 1e12, 1e200):
        closed = (1 + math.log(samples / 16)) / samples
        assert KERNEL_BOUND(T=samples, d=1) == pytest.approx(closed, rel=1e-14)
    assert KERNEL_BOUND(T=16, d=1) == pytest.approx(1 / 16)
    assert KERNEL_BOUND(T=1, d=1e6) == 1 / 16


@pytest.mark.parametrize("dimension", [2, 3, 16, 128])
def test_the_sum_over_degrees_as_it_is_printed(dimension):
    """Gamma functions of SciPy, and a cut at 400 degrees, whose remainder is charged in full."""
    even = np.arange(2, 402, 2)
    log_count = np.log(2 * even + dimension - 2) + gammaln(even + dimension - 2)
    log_count -= np.log(even) + gammaln(even) + gammaln(dimension - 1)
    inside = gammaln(dimension / 2) + gammaln(even - 1) - 0.5 * math.log(math.pi) - even * math.log(2)
    inside -= gammaln(even / 2) + gammaln((even + dimension + 1) / 2)
    constant = 2 * dimension * math.exp(2 * (gammaln(dimension / 2) - gammaln((dimension + 1) / 2))) / (4 * math.pi)
    count = np.append([1.0, dimension], np.exp(log_count))
    share = np.append([constant, 0.5], 2 * dimension * np.exp(log_count + 2 * inside))
    for samples in (10.0, 1e3, 1e5, 1e8):
        mode = share / (2 * count)
        coded = (1 + np.log(np.maximum(samples * mode / 4, 1.0))) / (2 * samples)
        total = (count * np.where(samples * mode > 4, coded, mode / 8)).sum() + (1 - share.sum()) / 16
        assert KERNEL_BOUND(T=samples, d=dimension) == pytest.approx(total, rel=1e-10)


def test_the_rate_in_one_dimension_more():
    """Slope -3/(d+2) in ln T (docs/math2.md C1), slowly approached."""
    for dimension, printed in ((2, -0.763), (3, -0.607), (5, -0.436)):
        low, high = KERNEL_BOUND(T=[1e8, 1e10], d=dimension)
        assert math.log(high / low) / math.log(100) == pytest.approx(printed, abs=2e-3)
