"""The path norm student: its parts against exact values on small examples, and its allocation in closed form."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infobound as ib

STUDENT = ib.law("path_norm_student")


def relu(x):
    return np.maximum(0, x)


def neurons(inputs, rng, count):
    """Values of random neurons with |w|_1 = 1 on the inputs, the corners of the ball among them."""
    d = inputs.shape[1]
    weights = np.vstack([np.eye(d), -np.eye(d), rng.laplace(size=(count, d))])
    return relu(weights / abs(weights).sum(axis=1, keepdims=True) @ inputs.T)


def test_value():
    """By hand: d = 1/2 e^2 has ln(2d) = 2, so the second term is 16 Q/sqrt(T)."""
    d = math.e**2 / 2
    assert STUDENT(n=100, T=6400, d=d, Q=2) == pytest.approx(4 / 100 + 16 * 2 / 80, rel=1e-14)
    terms = STUDENT.terms_at(n=100, T=6400, d=d, Q=2)
    assert terms == pytest.approx({"misspecification": 0.04, "estimation": 0.4}, rel=1e-14)


@settings(max_examples=30, deadline=None)
@given(d=st.integers(1, 5), Q=st.floats(0.1, 10), seed=st.integers(0, 10**6))
def test_sampling_two_neurons_in_every_way(d, Q, seed):
    """Mean over all pairs of draws from a target of four neurons, against the variance of one draw and the bound."""
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(-1, 1, (20, d))
    draws = Q * rng.choice([-1, 1], (4, 1)) * neurons(inputs, rng, 4)[-4:]
    chances = rng.dirichlet(np.ones(4))
    target = chances @ draws
    error = sum(
        chances[i] * chances[j] * np.mean((target - (draws[i] + draws[j]) / 2) ** 2)
        for i, j in product(range(4), repeat=2)
    )
    variance = np.mean(chances @ draws**2 - target**2)
    assert error == pytest.approx(variance / 2, rel=1e-9, abs=1e-12)
    assert error <= STUDENT.terms_at(n=2, T=1, d=d, Q=Q)["misspecification"]


@settings(max_examples=20, deadline=None)
@given(d=st.integers(1, 4), T=st.integers(1, 9), corners=st.booleans(), seed=st.integers(0, 10**6))
def test_complexity_of_the_ball(d, T, corners, seed):
    """All patterns of signs: four times the complexity of the neurons stays below the estimation term."""
    rng = np.random.default_rng(seed)
    inputs = rng.choice([-1.0, 1.0], (T, d)) if corners else rng.uniform(-1, 1, (T, d))
    signs = np.array(list(product((-1, 1), repeat=T)))
    complexity = np.mean(abs(signs @ neurons(inputs, rng, 200).T).max(axis=1)) / T
    assert 4 * complexity <= STUDENT.terms_at(n=1, T=T, d=d, Q=1)["estimation"]


@pytest.mark.parametrize("T", [1, 4, 30, 1000])
def test_least_squares_in_one_dimension(T):
    """Inputs +-1: a network is two numbers with |f(1)| + |f(-1)| <= Q, here on a grid."""
    rng = np.random.default_rng(T)
    target, Q = np.array([0.7, 0.2]), 0.9
    grid = np.array([(a, b) for a in np.linspace(0, Q, 37) for b in np.linspace(0, Q, 37) if a + b <= Q])
    excess = []
    for _ in range(200):
        side = rng.integers(0, 2, T)
        labels = rng.random(T) < target[side]
        count = np.array([np.sum(side == k) for k in (0, 1)])
        ones = np.array([np.sum(labels[side == k]) for k in (0, 1)])
        # sum of (f - y)^2 over the samples, up to a constant
        best = grid[np.argmin((count * grid**2 - 2 * ones * grid).sum(axis=1))]
        excess.append(np.mean((best - target) ** 2))
    assert np.mean(excess) <= STUDENT(n=2, T=T, d=1, Q=Q)


def test_the_allocation_in_closed_form():
    """Q^2 (d+1)/p + B sqrt(p/C) is least where p^(3/2) = 2 Q^2 (d+1) sqrt(C)/B."""
    d, Q = 20, 3.0
    B = 8 * Q * math.sqrt(2 * math.log(2 * d))
    found = ib.allocate(STUDENT.with_(d=d, Q=Q), C=[1e15, 1e24])
    for budget, p in zip([1e15, 1e24], np.atleast_1d(found["p"]), strict=True):
        assert float(p) == pytest.approx((2 * Q**2 * (d + 1) * math.sqrt(budget) / B) ** (2 / 3), rel=1e-6)


def test_its_quantity_is_not_that_of_the_other_bounds():
    other = ib.law("sampled_student")
    assert STUDENT.quantity != other.quantity
    assert STUDENT.unit != other.unit
    assert any("not a log-loss" in sentence for sentence in STUDENT.assumptions)
