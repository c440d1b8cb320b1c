"""Classical bounds in the same frame: against the exact losses of the learners that they bound."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infobound as ib

REGRESSION = ib.law("bayesian_linear_regression")


def regret_by_prediction(inputs, rho):
    """Sum of what exact Bayes loses in each round: half the logarithm of 1 + the variance of its prediction."""
    d = inputs.shape[1]
    posterior, total = np.eye(d) * rho / d, 0.0
    for x in inputs:
        seen = posterior @ x
        variance = x @ seen
        total += math.log1p(variance) / 2
        posterior -= np.outer(seen, seen) / (1 + variance)
    return total


def test_regression_in_one_dimension_is_exact():
    """Inputs of length 1 and one parameter: the closed form is the loss itself (math.md section 9)."""
    for T in (1, 7, 1000):
        assert REGRESSION(T=T, d=1, rho=2.5) == pytest.approx(math.log1p(2.5 * T) / (2 * T), rel=1e-15)
        assert REGRESSION(T=T, d=1, rho=2.5) == pytest.approx(regret_by_prediction(np.ones((T, 1)), 2.5) / T, rel=1e-12)


def test_regression_with_equal_gains_is_exact():
    """Each coordinate seen equally often, at the length sqrt(d): concavity costs nothing."""
    d, rounds = 6, 15
    inputs = np.tile(np.sqrt(d) * np.eye(d), (rounds, 1))
    assert regret_by_prediction(inputs, 3.0) / len(inputs) == pytest.approx(
        REGRESSION(T=len(inputs), d=d, rho=3.0), rel=1e-12
    )


@settings(max_examples=40, deadline=None)
@given(
    T=st.integers(1, 60), d=st.integers(1, 12), rho=st.floats(1e-3, 100), seed=st.integers(0, 10**6), flat=st.booleans()
)
def test_regression_bounds_the_exact_loss(T, d, rho, seed, flat):
    """For inputs of length sqrt(d) it holds design by design, by two roads to the exact loss."""
    inputs = np.random.default_rng(seed).standard_normal((T, d))
    if flat:
        inputs[:, 1:] *= 1e-3
    inputs *= math.sqrt(d) / np.linalg.norm(inputs, axis=1, keepdims=True)
    gram = np.eye(d) + rho / d * inputs.T @ inputs
    exact = np.linalg.slogdet(gram).logabsdet / (2 * T)
    assert regret_by_prediction(inputs, rho) / T == pytest.approx(exact, rel=1e-9)
    assert exact <= REGRESSION(T=T, d=d, rho=rho) * (1 + 1e-12)


def test_regression_bounds_the_mean_loss_on_gaussian_inputs():
    rng = np.random.default_rng(1)
    T, d, rho = 40, 10, 2.0
    draws = [
        np.linalg.slogdet(np.eye(d) + rho / d * (x.T @ x)).logabsdet / (2 * T)
        for x in (rng.standard_normal((T, d)) for _ in range(400))
    ]
    error = np.std(draws) / math.sqrt(len(draws))
    assert np.mean(draws) + 5 * error < REGRESSION(T=T, d=d, rho=rho) < 1.2 * np.mean(draws)
