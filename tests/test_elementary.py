"""Elementary functions in vector registers: against 60 digits, at the edges of the doubles, and as machine code."""

import math

import mpmath
import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from infobound.kernels import elementary

ULP = 2.0**-53


def looped(name):
    """Compile a loop over a function, as kernels have it."""
    function = getattr(elementary, name)

    @numba.njit(error_model="numpy", fastmath={"contract"})
    def loop(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    return loop


@numba.njit(error_model="numpy", fastmath={"contract"})
def powers(x, y, out):
    for i in range(x.size):
        out[i] = elementary.power(x[i], y[i])


LOOPS = {name: looped(name) for name in ("exp", "expm1", "log", "log1p")}
QUICK = {name: looped(f"quick_{name}") for name in ("exp", "log", "log1p")}
RNG = np.random.default_rng(5)


def spread(low, high, count=400):
    return 10.0 ** RNG.uniform(low, high, count)


POINTS: dict[str, NDArray[np.float64]] = {
    "exp": np.concatenate([RNG.uniform(-708, 709, 800), spread(-18, 1), -spread(-18, 1)]),
    "expm1": np.concatenate([RNG.uniform(-60, 709, 800), spread(-300, 1), -spread(-300, 1)]),
    "log": np.concatenate([spread(-323, 308, 800), 1 + spread(-16, 0), 1 - spread(-16, -0.1)]),
    "log1p": np.concatenate([spread(-300, 308, 800), -spread(-300, -0.1), spread(-16, -1) - 1]),
}


def applied(name, values):
    out = np.empty(len(values))
    LOOPS[name](np.asarray(values, dtype=float), out)
    return out


@pytest.mark.parametrize("name", LOOPS)
def test_within_two_units_of_the_last_place(name):
    with mpmath.workprec(200):
        exact = [getattr(mpmath, name)(mpmath.mpf(float(x))) for x in POINTS[name]]
        errors = [
            float(abs((mpmath.mpf(float(got)) - value) / value)) if value else float(got != 0)
            for got, value in zip(applied(name, POINTS[name]), exact, strict=True)
        ]
    assert max(errors) <= 2 * ULP


@pytest.mark.parametrize("name", LOOPS)
def test_edges_are_those_of_numpy(name):
    edges = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, -2.0, 5e-324, 1e-310, 709.7, 710.0, -745.1, -800.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(applied(name, edges), getattr(np, name)(edges), rtol=4 * ULP, atol=5e-324)


@pytest.mark.parametrize("name", LOOPS)
def test_loops_run_in_vector_registers(name):
    text = LOOPS[name].inspect_llvm(next(iter(LOOPS[name].signatures))) if applied(name, [1.0]) is not None else ""
    assert "x double>" in text


@pytest.mark.parametrize("name", QUICK)
def test_quick_functions_are_the_careful_ones_or_nan(name):
    edges = [0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, -2.0, 5e-324, 1e-310, 2.3e-308, 1.7e308, 709.0, -745.1, 1e300]
    values = np.concatenate([POINTS[name], edges])
    quick = np.empty(len(values))
    QUICK[name](values, quick)
    known = ~np.isnan(quick)
    np.testing.assert_allclose(quick[known], applied(name, values[known]), rtol=2 * ULP)
    inside = {"exp": abs(values) < 700, "log": (values > 1e-307) & (values < np.inf), "log1p": abs(values) < 1}[name]
    assert known[inside].all()


@numba.njit(error_model="numpy", fastmath={"contract"})
def quick_powers(x, y, out):
    for i in range(x.size):
        out[i] = elementary.quick_power(x[i], y[i])


def test_quick_powers_are_the_careful_ones_or_nan():
    base, exponent = np.exp(RNG.uniform(-600, 600, 1500)), RNG.uniform(-1.15, 1.15, 1500)
    edges = [0.0, 1.0, -1.0, 5e-324, 2.0, np.inf, -np.inf, np.nan, 1e308, -1e308]
    extremes = np.array([(x, y) for x in edges for y in edges])
    base, exponent = np.append(base, extremes[:, 0]), np.append(exponent, extremes[:, 1])
    quick, careful = np.empty(base.size), np.empty(base.size)
    quick_powers(base, exponent, quick)
    powers(base, exponent, careful)
    known = ~np.isnan(quick)
    assert known[:1500].all()
    np.testing.assert_allclose(quick[known], careful[known], rtol=2 * ULP)


def test_powers():
    base, exponent = np.exp(RNG.uniform(-600, 600, 1500)), RNG.uniform(-1.15, 1.15, 1500)
    base[:500], exponent[:500] = RNG.uniform(0.5, 2, 500), RNG.uniform(-600, 600, 500)
    out = np.empty(1500)
    powers(base, exponent, out)
    with mpmath.workprec(200):
        for got, b, e in zip(out, base, exponent, strict=True):
            value = mpmath.power(mpmath.mpf(float(b)), mpmath.mpf(float(e)))
            # the logarithm of the base is known to 1e-17 beside its upper part
            assert abs(got - value) <= value * (2 * ULP + abs(float(e)) * 2e-17)


def test_powers_at_the_edges():
    places = [0.0, 0.5, 1.0, 2.0, math.inf]
    exponents = [0.0, 1.0, -1.0, 0.5, math.inf, -math.inf, 1e308, -1e308]
    base, exponent = (grid.ravel() for grid in np.meshgrid(places, exponents))
    out = np.empty(base.size)
    powers(base, exponent, out)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(out, base**exponent, rtol=2 * ULP)
    undefined = np.array([math.nan, 1.0, 0.0, -1.0])
    powers(undefined, np.array([0.0, math.nan, math.nan, 2.0]), out[:4])
    assert np.isnan(out[:4]).all()
