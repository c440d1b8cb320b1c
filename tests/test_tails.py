"""Sums of a power law beyond n, and the nats of its features: twins, balls and derivatives by second roads."""

import math

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from test_accuracy import CONTRACT, random_points, worst_errors

import infobound as ib
from infobound.experiments.linear_spectrum import smooth_jensen
from infobound.kernels import tails
from infobound.special import power_tail, power_tail_tilt, spectrum_nats, spectrum_nats_tilt

HEADS = (power_tail, power_tail_tilt, spectrum_nats, spectrum_nats_tilt)
x, p, n, gamma = sp.symbols("x p n gamma", positive=True)


def points(head, count, seed):
    """First and second arguments: whole and real places, decays near their lower end."""
    rng = np.random.default_rng(seed)
    if head in (power_tail, power_tail_tilt):
        first = 10 ** rng.uniform(0, 15, count)
        first[: count // 4] = np.floor(10 ** rng.uniform(0, 4, count // 4))
        first[-2:] = 1.0, 15.0
        return first, 10 ** rng.uniform(-6, 0.8, count)
    first = 10 ** rng.uniform(-12, 12, count)
    first[: count // 2] = 10 ** rng.uniform(-1, 1, count // 2)
    first[-3:] = 1.0, np.nextafter(1.0, 2), np.nextafter(1.0, 0)
    return first, 1 + 10 ** rng.uniform(-9, 0.7, count)


def assert_twin(head, count, seed):
    with mpmath.workdps(30):
        for first, second in zip(*points(head, count, seed), strict=True):
            exact = head.mp_value(first, second)
            got = getattr(tails, head.__name__)(float(first), float(second))
            # the tilt of the nats changes its sign; they are the scale
            scale = spectrum_nats.mp_value(first, second) if head is spectrum_nats_tilt else abs(exact)
            assert abs(mpmath.mpf(got) - exact) <= 2e-14 * max(scale, abs(exact)), (first, second, got, exact)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_twins(head):
    assert_twin(head, 200, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_twins_at_many_points(head):
    assert_twin(head, 10_000, seed=2)


def test_twins_are_nan_outside_their_domains():
    assert math.isnan(tails.power_tail(-0.5, 1.0))
    assert math.isnan(tails.power_tail_tilt(1.0, 0.0))
    assert math.isnan(tails.spectrum_nats(-1.0, 2.0))
    assert math.isnan(tails.spectrum_nats_tilt(1.0, 0.5))
    assert all(math.isnan(getattr(tails, head.__name__)(math.nan, 2.0)) for head in HEADS)
    assert tails.spectrum_nats(0.0, 2.0) == tails.spectrum_nats_tilt(0.0, 2.0) == 0.0


def test_nats_far_out_are_their_limit():
    assert tails.spectrum_nats(1e300, 2.0) == pytest.approx(math.pi, rel=1e-15)
    assert tails.spectrum_nats(1e300, 5.0) == pytest.approx(math.pi / math.sin(math.pi / 5), rel=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2000), st.floats(0.05, 5))
def test_one_more_term(count, decay):
    """Neighbours differ by a term, and the envelope of math2.md B is above."""
    here, after = (tails.power_tail(float(count + i), decay) for i in (0, 1))
    assert here - after == pytest.approx((count + 1.0) ** (-1 - decay), abs=4e-15 * here)
    assert here <= (count + 0.5) ** -decay / decay * (1 + 1e-14)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 50), st.floats(1.05, 5))
def test_nats_by_quadrature(place, power):
    value, _ = quad(lambda t: math.log1p(t**-power), 0, place, points=[min(1.0, place / 2)], limit=200)
    assert tails.spectrum_nats(place, power) == pytest.approx(value, rel=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.floats(1.05, 5), st.floats(-3, 6))
def test_nats_are_above_the_sum(count, power, decades):
    scale = 10.0**decades
    total = float(np.log1p(scale * np.arange(1.0, count + 1) ** -power).sum())
    y = scale ** (1 / power)
    assert total <= y * tails.spectrum_nats(count / y, power) * (1 + 1e-13)


@pytest.mark.parametrize("point", [(2.5, 0.3), (1.0, 1.0), (4000.0, 2.0)])
def test_balls_hold_the_values(point):
    first, second = point
    with mpmath.workdps(30), flint.ctx.workprec(120):
        for head, argument in ((power_tail, second), (spectrum_nats, 1 + second)):
            ball = head.arb_value(flint.arb(first), flint.arb(argument))
            exact = flint.arb(mpmath.nstr(head.mp_value(first, argument), 30))
            assert abs(ball - exact) < 1e-25 * abs(exact)


@pytest.mark.parametrize(
    ("expr", "symbol"),
    [(power_tail(n, gamma), n), (power_tail(n, gamma), gamma), (spectrum_nats(x, p), x), (spectrum_nats(x, p), p)],
    ids=str,
)
@pytest.mark.parametrize("at", [(1.5, 1.2), (30.0, 2.5)])
def test_sympy_derivative_against_differencing(expr, symbol, at):
    values = {s: sp.Float(number, 60) for s, number in zip(expr.args, at, strict=True)}
    step = sp.Float("1e-20", 60)
    up, down = (expr.subs(values | {symbol: values[symbol] + shift}).evalf(60) for shift in (step, -step))
    exact = sp.diff(expr, symbol).subs(values).evalf(40)
    assert abs((up - down) / (2 * step) / exact - 1) < 1e-30


def test_rewriting():
    assert power_tail(n, gamma).rewrite(sp.zeta) == sp.zeta(1 + gamma, n + 1)
    hyper = spectrum_nats(x, p).rewrite(sp.hyper).subs({x: sp.Rational(1, 2), p: 2})
    assert abs((hyper - spectrum_nats(sp.Rational(1, 2), 2)).evalf(30)) < 1e-28


def test_latex():
    assert sp.latex(power_tail(n, gamma)) == r"Z\left(n, \gamma\right)"
    assert sp.latex(spectrum_nats(x, p) ** 2) == r"N^{2}\left(x, p\right)"


def test_a_law_from_a_text_may_hold_them():
    law = ib.define("power_tail(n, g) + spectrum_nats(n/T^0.5, 1 + g)/T^0.5", size="n", data="T", parameters={"g": 1})
    assert law(n=10, T=100) == pytest.approx(0.0951663356816857 + float(spectrum_nats(1, 2).evalf()) / 10, rel=1e-14)


def assert_smooth_bound_j(count, seed):
    """Left out: the mixed second derivative, which far beyond the features worth learning is a small difference."""
    law = smooth_jensen()
    worst, excluded = worst_errors(law, random_points(law, count, seed))
    assert excluded == 0
    for order, (error, place) in worst.items():
        if set(order) != {law.size, law.data}:
            assert error <= CONTRACT[len(order)], (order, place)


def test_accuracy_of_the_smooth_bound_j():
    assert_smooth_bound_j(200, seed=1)


@pytest.mark.slow
def test_accuracy_of_the_smooth_bound_j_at_many_points():
    assert_smooth_bound_j(2000, seed=2)
