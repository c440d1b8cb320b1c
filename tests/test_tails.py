"""Sums of a power law beyond n, and the nats of its features: twins, balls and derivatives by second roads."""

import math

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from called import Called
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

import infobound as ib
from infobound.kernels import tails as kernel_tails
from infobound.special import (
    effective_dimension,
    effective_dimension_rise,
    power_tail,
    power_tail_bend,
    power_tail_fall,
    power_tail_tilt,
    spectrum_nats,
    spectrum_nats_excess,
    spectrum_nats_rise,
    spectrum_nats_tilt,
)

tails = Called(kernel_tails)

TAILS = (power_tail, power_tail_fall, power_tail_bend, power_tail_tilt)
NATS = (spectrum_nats, spectrum_nats_rise, spectrum_nats_excess, spectrum_nats_tilt)
DIMENSIONS = (effective_dimension, effective_dimension_rise)
HEADS = (*TAILS, *NATS, *DIMENSIONS)
n, c, gamma = sp.symbols("n c gamma", positive=True)


def points(head, count, seed):
    """Arguments: whole and real places, decays near their lower end, places far before and beyond the noise."""
    rng = np.random.default_rng(seed)
    if head in TAILS:
        first = 10 ** rng.uniform(0, 15, count)
        first[: count // 4] = np.floor(10 ** rng.uniform(0, 4, count // 4))
        first[-2:] = 1.0, 15.0
        return first, 10 ** rng.uniform(-6, 0.8, count)
    decay = 10 ** rng.uniform(-9, 0.7, count)
    ratio = 10 ** rng.uniform(-9, 20, count)
    place = 10 ** rng.uniform(-12, 12, count)
    place[: count // 2] = 10 ** rng.uniform(-1, 1, count // 2)
    ratio[-3:], place[-3:] = 1.0, (1.0, np.nextafter(1.0, 2), np.nextafter(1.0, 0))
    return place * ratio ** (1 / (1 + decay)), ratio, decay


def scale_of(head, arguments, exact):
    """What errors are measured on: the parts of what changes its sign, else the value."""
    if head is power_tail_bend:
        return power_tail_fall.mp_value(*arguments)
    if head is spectrum_nats_tilt:
        # in units of the place there is no other scale than the nats
        return spectrum_nats.mp_value(*arguments) * (1 + abs(mpmath.log(arguments[1])))
    return abs(exact)


def assert_twin(head, count, seed):
    with mpmath.workdps(30):
        for drawn in zip(*points(head, count, seed), strict=True):
            arguments = tuple(map(float, drawn))
            exact = head.mp_value(*arguments)
            got = getattr(tails, head.__name__)(*arguments)
            allowed = 1e-13 * max(scale_of(head, arguments, exact), abs(exact))
            assert abs(mpmath.mpf(got) - exact) <= allowed, (arguments, got, exact)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_twins(head):
    assert_twin(head, 200, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_twins_at_many_points(head):
    assert_twin(head, 10_000, seed=2)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_twins_are_nan_outside_their_domains(head):
    twin, wrong = getattr(tails, head.__name__), math.nan
    for arguments in [(-0.5, 1.0), (1.0, -0.5), (wrong, 1.0), (1.0, wrong)]:
        assert math.isnan(twin(*arguments) if head in TAILS else twin(arguments[0], 1.0, arguments[1]))
    if head not in TAILS:
        assert math.isnan(twin(1.0, 0.0, 1.0))
        assert math.isnan(twin(1.0, wrong, 1.0))
        assert twin(0.0, 1.0, 1.0) == 0.0


def test_nats_far_out_are_their_limit():
    for scale in (1.0, 1e9):
        assert tails.spectrum_nats(1e300, scale**2, 1.0) == pytest.approx(math.pi * scale, rel=1e-14)
        assert tails.spectrum_nats(1e300, scale**5, 4.0) == pytest.approx(
            scale * math.pi / math.sin(math.pi / 5), rel=1e-14
        )
        assert tails.effective_dimension(1e300, scale**2, 1.0) == pytest.approx(math.pi * scale / 2, rel=1e-14)


def test_nothing_underflows_before_its_product_does():
    """N ln(1 + u) where u is too small for a double, and n u is not."""
    assert tails.spectrum_nats_rise(1e290, 1.0, 0.34) == pytest.approx(1e290**-0.34, rel=1e-12)
    assert tails.effective_dimension_rise(1e290, 1.0, 0.34) == pytest.approx(1e290**-0.34, rel=1e-12)
    assert tails.power_tail_fall(1e290, 0.34) == pytest.approx(1e290**-0.34, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2000), st.floats(0.05, 5))
def test_one_more_term(count, decay):
    """Neighbours differ by a term, and the envelope of math2.md B is above."""
    here, after = (tails.power_tail(float(count + i), decay) for i in (0, 1))
    assert here - after == pytest.approx((count + 1.0) ** (-1 - decay), abs=4e-15 * here)
    assert here <= (count + 0.5) ** -decay / decay * (1 + 1e-14)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 50), st.floats(0.01, 100), st.floats(0.05, 4))
def test_nats_by_quadrature(last, ratio, decay):
    middle = [min(ratio ** (1 / (1 + decay)), last / 2)]
    value, _ = quad(lambda y: math.log1p(ratio * y ** -(1 + decay)), 0, last, points=middle, limit=200)
    assert tails.spectrum_nats(last, ratio, decay) == pytest.approx(value, rel=1e-7)
    value, _ = quad(lambda y: ratio / (ratio + y ** (1 + decay)), 0, last, points=middle, limit=200)
    assert tails.effective_dimension(last, ratio, decay) == pytest.approx(value, rel=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.floats(0.05, 4), st.floats(-3, 6))
def test_nats_and_dimension_are_above_their_sums(count, decay, decades):
    ratio = 10.0**decades
    gains = ratio * np.arange(1.0, count + 1) ** -(1 + decay)
    assert float(np.log1p(gains).sum()) <= tails.spectrum_nats(count, ratio, decay) * (1 + 1e-13)
    assert float((gains / (1 + gains)).sum()) <= tails.effective_dimension(count, ratio, decay) * (1 + 1e-13)


@pytest.mark.parametrize("point", [(2.5, 0.3), (1.0, 1.0), (4000.0, 2.0)])
def test_balls_hold_the_values(point):
    first, second = point
    with mpmath.workdps(30), flint.ctx.workprec(120):
        for head, more in ((power_tail, ()), (spectrum_nats, (7.0,)), (effective_dimension, (7.0,))):
            arguments = (first, *more, second)
            ball = head.arb_value(*map(flint.arb, arguments))
            exact = flint.arb(mpmath.nstr(head.mp_value(*arguments), 30))
            assert abs(ball - exact) < 1e-25 * abs(exact)


@pytest.mark.parametrize(
    ("expr", "symbol"),
    [
        (head(*arguments), symbol)
        for heads, arguments in (
            ((power_tail,), (n, gamma)),
            ((spectrum_nats, spectrum_nats_rise, effective_dimension), (n, c, gamma)),
        )
        for head in heads
        for symbol in arguments
    ]
    + [(power_tail_fall(n, gamma), n)],
    ids=str,
)
@pytest.mark.parametrize("at", [{n: 1.5, c: 7.0, gamma: 0.2}, {n: 30.0, c: 0.5, gamma: 1.5}])
def test_sympy_derivative_against_differencing(expr, symbol, at):
    values = {s: sp.Float(number, 60) for s, number in at.items()}
    step = sp.Float("1e-20", 60)
    up, down = (expr.subs(values | {symbol: values[symbol] + shift}).evalf(60) for shift in (step, -step))
    exact = sp.diff(expr, symbol).subs(values).evalf(40)
    assert abs((up - down) / (2 * step) / exact - 1) < 1e-30


@pytest.mark.parametrize("head", [spectrum_nats, spectrum_nats_rise, effective_dimension], ids=str)
def test_an_excess_is_what_is_beyond_the_slope(head):
    at = {n: sp.Rational(5, 2), c: 7, gamma: sp.Rational(3, 10)}
    function = head(n, c, gamma)
    excess = function - c * sp.diff(function, c)
    assert abs((sp.Add(*function.excess()) - excess).subs(at).evalf(30)) < 1e-27
    assert all(addend.subs(at).evalf(30) > 0 for addend in function.excess())


def test_rewriting():
    assert power_tail(n, gamma).rewrite(sp.zeta) == sp.zeta(1 + gamma, n + 1)
    function = spectrum_nats(sp.Rational(5, 2), 7, 1)
    assert abs((function.rewrite(sp.hyper) - function).evalf(30)) < 1e-28


def test_latex():
    assert sp.latex(power_tail(n, gamma)) == r"Z\left(n, \gamma\right)"
    assert sp.latex(spectrum_nats(n, c, gamma) ** 2) == r"N^{2}\left(n, c, \gamma\right)"


def test_a_law_from_a_text_may_hold_them():
    law = ib.define("power_tail(n, g) + spectrum_nats(n, T, g)/T", size="n", data="T", parameters={"g": 1})
    nats = 10 * float(spectrum_nats(1, 1, 1).evalf())
    assert law(n=10, T=100) == pytest.approx(0.0951663356816857 + nats / 100, rel=1e-14)
