"""The closed lower bounds of docs/math2.md, C6 and C7: parts by simulation and quadrature, and other bounds."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaincinv

import infobound as ib
from infobound.bounds.kernel_bound import KERNEL_BOUND
from infobound.bounds.two_harmonics import DEGREES, atoms_charged
from infobound.sandwiching.lowers import QUANTILES, one_input
from infobound.sandwiching.uppers import closed_form
from infobound.symbols import K, d

LAW = ib.law("two_harmonics")
DERIVED = ib.derivation("two_slopes_given_mass").derivation
TABLE = (Path(__file__).parents[1] / "docs" / "math2.md").read_text(encoding="utf-8")
RUNS = 200_000


def _dot(a, b):
    return np.einsum("ij,ij->i", a, b)


@pytest.mark.parametrize("dimension", [2, 5])
@pytest.mark.parametrize(("degree", "known"), [*enumerate(DEGREES.values(), start=1)])
def test_the_moments_by_simulation(dimension, degree, known):
    """Score, what two neurons share, divergence, slope and tilt, for directions and inputs drawn at random."""
    rng = np.random.default_rng(dimension)
    w, other = (a / np.linalg.norm(a, axis=1)[:, None] for a in rng.normal(size=(2, RUNS, dimension)))
    past, now = rng.normal(size=(2, RUNS, dimension))
    u, rest = _dot(w, now), _dot(now, now) - _dot(w, now) ** 2

    def score(direction):
        projection = _dot(direction, now)
        tangent = _dot(past, now) - _dot(direction, past) * projection
        return (_dot(direction, past) > 0) * tangent * projection ** (degree - 1)

    laplacian = -(dimension - 1) * u if degree == 1 else rest - (dimension - 1) * u * u
    slope = rest * (u > 0) * u ** (degree - 1)

    def expect(sample, mean, most=None):
        error = sample.std() / math.sqrt(RUNS)
        assert abs(sample.mean() - mean) < 4 * error if most is None else mean - 4 * error < sample.mean() < most

    values = {
        name: float(getattr(known, name).subs(d, dimension))
        for name in ("energy", "share", "eigenvalue", "own", "others")
    }
    sphere = dimension - 1
    exact = math.gamma((dimension + 1) / 2) ** 2 / math.gamma(dimension / 2) ** 2
    share = {1: sphere / (2 * dimension), 2: dimension**2 / (math.pi * (dimension + 1) ** 2 * exact)}[degree]
    expect(score(w) ** 2, sphere / 2)
    expect(score(w) * score(other), sphere / 2 * share)
    assert share <= values["share"] <= 1.05 * share
    expect(laplacian**2, sphere * values["eigenvalue"])
    mean = math.sqrt(values["energy"] * sphere / 2)
    expect(slope, mean)
    expect(slope * u * u, 4 * values["own"] * mean)
    expect(slope * np.maximum(_dot(other, now), 0) ** 2, 4 * values["others"] * mean)


@settings(deadline=None, max_examples=50)
@given(st.floats(-3, 5).map(math.exp), st.floats(0, 12).map(math.exp))
def test_the_number_of_atoms_by_quadrature(concentration, rate):
    def density(s):
        # E sum f(pi) = E f(V)/V for V = 1 - exp(-s), s exponential
        seen = -math.expm1(-rate * s / concentration)
        return seen**2 / -math.expm1(-s / concentration) * math.exp(-s)

    exact = sum(
        quad(density, low, high, epsabs=0, epsrel=1e-9)[0]
        for low, high in zip((0, 1e-6, 1e-3, 0.1, 1), (1e-6, 1e-3, 0.1, 1, 60), strict=True)
    )
    r = sp.Symbol("r", positive=True)
    found = float(atoms_charged(r).subs({K: sp.Float(concentration, 30), r: sp.Float(rate, 30)}))
    assert 0.6 * exact < found < exact * (1 + 1e-8)


def test_it_lies_below_the_bound_from_draws():
    rows = re.findall(
        r"^\| (2|16|128) \| (1|10|100) \| (1e\+\d\d) " + r"\| \S+ " * 5 + r"\| (\S+) \((\d)%\) \|", TABLE, re.MULTILINE
    )
    assert len(rows) == 36
    for dimension, concentration, T, drawn, _ in rows:
        bound = LAW(T=float(T), d=float(dimension), K=float(concentration))
        assert 0.1 * float(drawn) < bound < float(drawn)


@pytest.mark.parametrize(
    ("dimension", "concentration", "T", "information", "error"),
    [
        (2, 1, 100, 2.12, 0.18),
        (2, 1, 1000, 5.69, 0.21),
        (2, 10, 1000, 7.17, 0.41),
        (3, 1, 300, 4.25, 0.26),
        (4, 0.2, 300, 5.15, 0.18),
    ],
)
def test_it_lies_below_the_measured_information(dimension, concentration, T, information, error):
    """The information of the labels about the teacher, by nested Monte Carlo (docs/math2.md, C4)."""
    assert 0.04 * information < T * LAW(T=T, d=dimension, K=concentration) < information + error


@settings(deadline=None, max_examples=100)
@given(st.floats(0, 41).map(math.exp), st.integers(2, 10**6), st.floats(-9, 13).map(math.exp))
def test_it_lies_below_every_upper_bound(T, dimension, concentration):
    low = LAW(T=T, d=dimension, K=concentration)
    assert 0 < low < 1 / 16
    assert low < KERNEL_BOUND(T=T, d=dimension)
    assert low < float(closed_form(T, dimension, concentration))


def test_its_order_in_the_data():
    """K d ln^2 T / T up to constants while atoms are few: below, and above by the closed form of theorem 12."""
    d_, K_ = 1e6, 1.0
    ratios = [LAW(T=T, d=d_, K=K_) * T / (K_ * d_ * math.log(T / d_) ** 2) for T in (1e15, 1e30, 1e60)]
    assert min(ratios) > 0.01
    assert max(ratios) < 0.1


@settings(deadline=None, max_examples=100)
@given(st.floats(0, 41).map(math.exp), st.floats(-9, 13).map(math.exp))
def test_one_dimension_between_quadrature_and_a_share_of_it(T, concentration):
    low = ib.law("two_slopes")(T=T, K=concentration)
    sharper = float(one_input(np.array([T]), concentration)[0])
    assert sharper / 3 < low <= sharper * (1 + 1e-3)
    assert low < KERNEL_BOUND(T=T, d=1)


@pytest.mark.parametrize("concentration", [0.3, 2.0, 50.0])
def test_the_quadrature_is_of_the_derived_bound(concentration):
    (T,) = DERIVED.domain[0].free_symbols
    (M,) = DERIVED.conclusion.rhs.free_symbols - {K, T}
    given_mass = sp.lambdify((T, K, M), DERIVED.conclusion.rhs, "numpy")
    middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    masses = betaincinv(concentration / 2, concentration / 2, middles)
    for seen in (1.0, 1e3, 1e9):
        averaged = given_mass(seen, concentration, masses).mean()
        assert one_input(np.array([seen]), concentration)[0] == pytest.approx(averaged, rel=1e-12)


def test_the_moments_of_one_dimension():
    """Slope, tilt, score and divergence, for masses and shares drawn at random."""
    rng = np.random.default_rng(1)
    for concentration in (0.5, 4.0, 40.0):
        masses = rng.dirichlet([concentration / 4] * 4, size=RUNS)
        mass = masses[:, 0] + masses[:, 1]
        x, past = np.abs(rng.normal(size=(2, RUNS)))
        size = np.maximum(mass, 1e-300)
        share = masses[:, 0] / size
        g = math.sqrt(concentration + 1) * mass
        F, slope = g * (2 * share - 1) * x, 2 * g**2 * x**2 * share * (1 - share)
        score = 2 * g**2 * x * past * share * (1 - share) * (rng.random(RUNS) < 0.5)
        divergence = g * x * concentration / 4 * (1 - 2 * share)
        k = concentration
        for sample, mean in (
            (slope, k / 8),
            (F**2 * slope, 3 * k * (k + 1) * (k + 4) / (16 * (k + 2) * (k + 3))),
            (score**2, k * (k + 1) * (k + 4) ** 2 / (128 * (k + 2) * (k + 3))),
            (divergence**2, k**2 / 32),
        ):
            assert abs(sample.mean() - mean) < 4.5 * sample.std() / math.sqrt(RUNS)
