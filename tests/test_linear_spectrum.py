"""The linear teacher: the values of math2.md section B, and the exact loss between its bounds."""

import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from test_heavy_tails import digits_of

import infobound as ib
from infobound.errors import DomainError
from infobound.experiments.linear_spectrum import (
    exact_loss,
    full_model_bound,
    jensen_bound,
    lower_bound,
    rate_distortion_bound,
)

LAW, JENSEN, LOWER = (ib.law(f"linear_spectrum{form}") for form in ("", "_jensen", "_lower"))
ORDER = ("n", "T", "s", "v", "gamma")


def smooth_jensen_bound(*point):
    return JENSEN(**dict(zip(ORDER, point, strict=True)))


def smooth_lower_bound(*point):
    return LOWER(**dict(zip(ORDER, point, strict=True)))


# math2.md B: (n, T, s, v, gamma), then RD, J, J-env and RD-env.
VALUES = {
    (10, 100, 1, 1, 1): (".17679755140949", ".13621726869569", ".15514299749926", ".19761904761905"),
    (5, 1000, 1, 0.1, 0.5): ("4.281580978434594", "1.140475516426852", "1.142236685086", "4.287254785871"),
    # beyond the admissible features the law keeps those alone, and is below the envelope's 1.7476
    (1000, 300, 2, 0.5, 0.34): ("1.738942172739063", ".934636163808231", ".941925695652104", None),
    (100, 1e6, 1, 1, 1.5): ("6.169450581803e-4", "5.682161653189e-4", "5.722252887603e-4", "6.209781223471e-4"),
}
# math2.md B, tightness: (n, T, s, v, gamma), then exact, its printed error, J, lower, J-env and RD.
TIGHTNESS = {
    (10, 200, 1, 1, 1): (0.104152, 1e-4, ".104640", ".104095", ".114505", ".129519"),
    (4000, 20, 1, 1, 1): (0.24093, 2e-3, ".267806", ".203627", ".351197", ".351332"),
    (4000, 200, 1, 1, 1): (0.096832, 1e-4, ".099841", ".090778", ".111058", ".128954"),
    (8000, 500, 1, 1, 0.34): (0.360287, 2e-4, ".411632", ".268229", ".415905", ".540778"),
    (8000, 100, 1, 0.1, 0.34): (1.36188, 6e-4, "2.112348", "1.010170", "2.133596", "4.550291"),
    (8000, 500, 1, 0.1, 1): (0.204379, 1e-4, ".215910", ".186467", ".222006", ".276246"),
}


@pytest.mark.parametrize("point", VALUES)
def test_printed_values(point):
    found = [bound(*point) for bound in (rate_distortion_bound, jensen_bound, smooth_jensen_bound)]
    found.append(LAW(**dict(zip(ORDER, point, strict=True))))
    for value, printed in zip(found, VALUES[point], strict=True):
        if printed is not None:
            assert value == pytest.approx(float(printed), rel=3e-15, abs=digits_of(printed))
    assert found[0] <= found[3] < 1.7476 or point[0] != 1000


@pytest.mark.parametrize("point", TIGHTNESS)
def test_printed_bounds_about_the_exact_loss(point):
    exact, error, *printed = TIGHTNESS[point]
    bounds = (jensen_bound, lower_bound, smooth_jensen_bound, rate_distortion_bound)
    found = [bound(*point) for bound in bounds]
    for value, digits in zip(found, printed, strict=True):
        assert value == pytest.approx(float(digits), rel=0, abs=digits_of(digits))
    assert found[1] - 3 * error <= exact <= found[0] + 3 * error
    assert 0.5 * found[1] < smooth_lower_bound(*point) < found[1]


@pytest.mark.parametrize("point", [(10, 200, 1, 1, 1), (4000, 20, 1, 1, 1), (4000, 200, 1, 1, 1)])
def test_exact_loss(point):
    printed, error, *_ = TIGHTNESS[point]
    found = exact_loss(*point, designs=40)
    assert abs(found.value - printed) < 4 * math.hypot(found.standard_error, error)
    assert smooth_lower_bound(*point) < found.value - 4 * found.standard_error
    assert found.standard_error < 0.01 * found.value
    assert found.draws == 40


@pytest.mark.slow
@pytest.mark.parametrize("point", [*TIGHTNESS][3:])
def test_exact_loss_of_many_features(point):
    printed, error, *_ = TIGHTNESS[point]
    found = exact_loss(*point, designs=12)
    assert abs(found.value - printed) < 4 * math.hypot(found.standard_error, error)
    assert found.standard_error < 0.01 * found.value


def test_printed_value_of_the_smooth_envelope():
    """math2.md B, RD-env at (1000, 300, 2, .5, .34), where the law is the smaller: it keeps the admissible features."""
    n, T, s, v, gamma = point = (1000, 300, 2, 0.5, 0.34)
    x0 = (T * s / v) ** (1 / (1 + gamma))
    value = x0 / (2 * T) * (2 + gamma + 1 / gamma) + s / (2 * v * gamma) * ((n + 0.5) ** -gamma - n**-gamma)
    assert value == pytest.approx(1.747640732406, abs=5e-13)
    assert LAW(**dict(zip(ORDER, point, strict=True))) < value


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 3000),
    st.integers(1, 10**7),
    st.floats(0.05, 20),
    st.floats(0.05, 20),
    st.floats(0.1, 3),
)
def test_bounds_are_in_order(n, T, s, v, gamma):
    point = (n, T, s, v, gamma)
    low, jensen, smooth = (bound(*point) for bound in (lower_bound, jensen_bound, smooth_jensen_bound))
    rate = rate_distortion_bound(*point)
    value = LAW(**dict(zip(ORDER, point, strict=True)))
    assert smooth_lower_bound(*point) <= low * (1 + 1e-12)
    assert low <= jensen * (1 + 1e-12)
    assert jensen <= smooth * (1 + 1e-12)
    assert jensen <= rate * (1 + 1e-12)
    assert rate <= value * (1 + 1e-12)


def test_more_features_than_the_full_model_cannot_hurt_by_much():
    whole = full_model_bound(1000, gamma=1)
    assert jensen_bound(10**5, 1000, gamma=1) < whole * 1.01


# math2.md B: C = 1e12, s = v = 1: gamma, then n* and the loss.
@pytest.mark.parametrize(
    ("gamma", "width", "loss"), [(0.34, "62988.2535", ".04249332940682"), (1, "5265.5352", "1.632120309039e-4")]
)
def test_printed_optima(gamma, width, loss):
    found = ib.allocate(LAW, C=1e12, gamma=gamma)
    # the loss is flat at its minimum
    assert float(found.n) == pytest.approx(float(width), rel=1e-7)
    assert float(found.loss) == pytest.approx(float(loss), rel=0, abs=digits_of(loss))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gamma", "width", "loss"), [(0.34, "79808.07", ".03906061867633"), (1, "6174.559", "1.480601930176e-4")]
)
def test_printed_optima_of_the_smooth_bound_j(gamma, width, loss):
    found = ib.allocate(JENSEN, C=1e12, gamma=gamma)
    assert float(found.n) == pytest.approx(float(width), rel=1e-6)
    assert float(found.loss) == pytest.approx(float(loss), rel=0, abs=digits_of(loss))


def test_local_exponents_of_the_smooth_bound_j():
    """math2.md B: it converges slowly for small gamma; the limit is derived."""
    found = ib.exponents(JENSEN, C=[1e6, 1e9, 1e12, 1e18, 1e200, 1e250, 1e300], gamma=0.34)
    *printed, _, _, _ = found.local.variables["exponent_p"][1]
    assert [f"{x:.3f}" for x in printed] == ["0.453", "0.438", "0.432", "0.428"]
    for name, limit in (("exponent_p", 1 / 2.34), ("exponent_T", 1.34 / 2.34), ("exponent_loss", -0.34 / 2.34)):
        assert found.local.variables[name][1][4:] == pytest.approx(limit, abs=1e-6)
    assert found.numbers["a"] == pytest.approx(1 / 2.34, rel=1e-14)


def test_the_smooth_bounds_have_the_same_powers():
    """At the size that minimises the upper one the loss is between the two, which differ by a factor alone."""
    budgets = np.array([1e6, 1e12, 1e18, 1e24])
    for gamma in (0.34, 1.0):
        found = ib.allocate(JENSEN, C=budgets, gamma=gamma)
        low = LOWER(n=found.n_integer.values, T=found["T"].values, s=1, v=1, gamma=gamma)
        ratio = found.loss.values / low
        assert np.all(ratio > 1)
        assert np.all(ratio < 1.4)
        assert ratio[-1] == pytest.approx(ratio[-2], rel=0.05)


def test_what_the_smooth_lower_bound_charges():
    """No feature while there are eight samples or fewer, and at most a quarter as many as there are samples."""
    for samples in (1, 3, 8):
        assert smooth_lower_bound(5, samples, 1, 2, 0.5) == pytest.approx(
            math.log1p(float(special.zeta(1.5, 6)) / 2) / 2, rel=1e-14
        )
    few, most, more = (LOWER.terms_at(n=n, T=100, s=1, v=1, gamma=4)["estimation"] for n in (10, 23, 1e6))
    assert few < most
    # the noise still falls a little
    assert most < more < most * (1 + 1e-5)


def test_exponents_of_the_smooth_bound_j():
    gamma = sp.Symbol("gamma", positive=True)
    found = ib.exponents(JENSEN)
    for expr, expected in ((found.a, 1 / (2 + gamma)), (found.loss, gamma / (2 + gamma))):
        assert sp.simplify(expr - expected) == 0
    assert dict(found.logs) == {"p": 0, "T": 0, "loss": 0}


@pytest.mark.parametrize(
    ("point", "printed", "error"), [((3, 30, 1, 1, 1), 0.2313, 0.0041), ((10, 50, 1, 0.5, 0.5), 0.5761, 0.0041)]
)
def test_direct_simulation_of_the_log_loss(point, printed, error):
    found = exact_loss(*point, designs=2000)
    assert abs(found.value - printed) < 3 * math.hypot(error, found.standard_error)


@pytest.mark.parametrize(("point", "formula"), [((3, 30, 1, 1, 1), 0.2293), ((10, 50, 1, 0.5, 0.5), 0.5750)])
def test_printed_values_of_the_exact_formula(point, formula):
    found = exact_loss(*point, designs=2000)
    assert abs(found.value - formula) < 4 * found.standard_error + 5e-5


# math2.md B, exponents of RD-env: at C = 1e9 the half in (n + 1/2)^-gamma is still seen for gamma = 1
@pytest.mark.parametrize(("gamma", "budgets"), [(0.1739, 3), (0.34, 3), (1, 3), (2, 2)])
def test_local_exponents_to_four_digits(gamma, budgets):
    found = ib.allocate(LAW, C=[1e12, 1e18, 1e24][-budgets:], gamma=gamma)
    assert found.exponent_p.values == pytest.approx(1 / (2 + gamma), abs=5e-5)


@pytest.mark.parametrize("gamma", [0.1739, 0.34])
def test_printed_ratio_to_the_limiting_width(gamma):
    """math2.md B: n* = [C s/(v e^y)]^(1/(2+gamma)) with e^y = 2y + p + 1 to seven digits at C = 1e18.

    For gamma = 1 the half in (n + 1/2)^-gamma is still seen in the seventh digit.
    """
    y = 3.0
    for _ in range(200):
        y = math.log(2 * y + gamma + 2)
    found = ib.allocate(LAW, C=1e18, gamma=gamma)
    assert float(found.n) / (1e18 * math.exp(-y)) ** (1 / (2 + gamma)) == pytest.approx(1, abs=5e-8)


# math2.md B, honest comparison: a, then gamma
@pytest.mark.parametrize(
    ("a", "gamma"), [(".49", 0.0408), (".46", 0.1739), (".4274", 0.34), (".4259", 0.348), (".388", 0.577)]
)
def test_exponents_beside_published_ones(a, gamma):
    assert ib.exponents(LAW, gamma=gamma).numbers["a"] == pytest.approx(float(a), abs=5.1e-5)


def test_exponents_are_pure_powers():
    decays = np.array([0.1739, 0.34, 1.0])
    found = ib.allocate(LAW, C=1e24, gamma=decays)
    assert found.exponent_p.values == pytest.approx(1 / (2 + decays), abs=5e-5)
    assert -found.exponent_loss.values == pytest.approx(decays / (2 + decays), abs=5e-5)
    z = found.n.values / (1e24 / found.n.values) ** (1 / (1 + decays))
    # n* = [C s/(v e^y)]^(1/(2+gamma)) with e^y = 2y + p + 1, y = p ln(x0/n*)
    y = -(1 + decays) * np.log(z)
    assert np.exp(y) == pytest.approx(2 * y + 2 + decays, rel=1e-4)


def test_errors():
    with pytest.raises(DomainError, match=r"n must be a whole number, got n=2\.5"):
        jensen_bound(2.5, 10)
    with pytest.raises(DomainError, match="gamma must be greater than 0, got gamma=0"):
        exact_loss(2, 10, gamma=0)
    with pytest.raises(DomainError, match="designs must be at least 2, got designs=1"):
        exact_loss(2, 10, designs=1)
