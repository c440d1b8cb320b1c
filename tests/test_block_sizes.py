"""Numbers of draws of the distinct atoms: the values of math2.md A5, every composition by its probability, order."""

import math

import mpmath
import numpy as np
import pytest
from called import Called
from hypothesis import given, settings
from hypothesis import strategies as st
from test_discounted_student import chances_of_compositions
from test_heavy_tails import digits_of

import infobound as ib
from infobound.experiments.block_sizes import (
    block_size_bound,
    block_start_bound,
    composition_entropy,
    expected_blocks,
)
from infobound.kernels import compositions as kernel_compositions

compositions = Called(kernel_compositions)

# math2.md A5 and its checks: (K, alpha, n); exact entropy, bound by block starts, its rounding in the laws, and the
# bound on the sizes in no order.
VALUES = {
    (1, 0.5, 10): ("5.480098704378", "6.236", "7.5489", "6.548"),
    (1, 0.5, 60): ("24.048727496651", "33.00", "34.97", "17.22"),
    (10, 0.75, 60): ("27.325997757643", "33.97", "56.76", "13.12"),
    (10, 0.5, 100_000): (None, None, "9841", "581"),
    (1, 0.0, 10): ("4.303761674657", None, None, None),
}


@pytest.mark.parametrize("point", VALUES)
def test_printed_values(point):
    K, alpha, n = point
    bounds = (
        composition_entropy,
        block_start_bound,
        lambda *at: compositions.composition_nats(*map(float, at)),
        block_size_bound,
    )
    for bound, printed in zip(bounds, VALUES[point], strict=True):
        if printed is not None:
            assert bound(n, K, alpha) == pytest.approx(float(printed), rel=2e-14, abs=digits_of(printed))


@pytest.mark.parametrize(("K", "alpha"), [(0.3, 0.0), (4.0, 0.0), (0.3, 0.5), (2.0, 0.9)])
@pytest.mark.parametrize("n", [1, 2, 9])
def test_every_composition_by_its_probability(n, K, alpha):
    chances = chances_of_compositions(n, K, alpha)
    assert sum(chances.values()) == pytest.approx(1)
    in_order = -sum(chance * math.log(chance) for chance in chances.values())
    assert composition_entropy(n, K, alpha) == pytest.approx(in_order, rel=1e-12, abs=1e-15)
    unordered = {}
    for sizes, chance in chances.items():
        key = tuple(sorted(sizes))
        unordered[key] = unordered.get(key, 0.0) + chance
    assert -sum(chance * math.log(chance) for chance in unordered.values()) <= block_size_bound(n, K, alpha)
    for m in range(1, n + 1):
        mean = sum(chance * sizes.count(m) for sizes, chance in chances.items())
        assert expected_blocks(np.array([float(m)]), n, K, alpha)[0] == pytest.approx(mean, rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 80), st.floats(-3, 5), st.floats(0, 0.99))
def test_bounds_are_in_order(n, log_K, alpha):
    K = 10**log_K
    exact, starts = composition_entropy(n, K, alpha), block_start_bound(n, K, alpha)
    # where nearly all draws are new or nearly none is, the entropies are differences of rounded numbers
    assert exact <= starts * (1 + 1e-9) + 1e-12
    assert starts <= compositions.composition_nats(float(n), K, alpha) * (1 + 1e-12)


def test_expected_blocks_of_many_draws():
    """Against Gamma functions of 50 digits; and numbers of draws add up to n, blocks to the distinct atoms."""
    for m, n, K, alpha in ((1, 1e6, 10, 0.5), (1e5, 1e6, 10, 0), (3, 1e15, 1e-3, 0.25), (1e11, 1e12, 1, 0.75)):
        with mpmath.workdps(50):
            counted = [mpmath.mpf(x) for x in (n + 1, m + 1, n - m + 1, m - alpha, 1 - alpha)]
            more, size, rest, near, first = map(mpmath.loggamma, counted)
            masses = [mpmath.mpf(K) + x for x in (1, n, alpha, alpha + n - m)]
            one, all_of_it, new, left = map(mpmath.loggamma, masses)
            exact = mpmath.exp(more - size - rest + near - first + left - new - all_of_it + one)
        assert expected_blocks(np.array([float(m)]), n, K, alpha)[0] == pytest.approx(float(exact), rel=1e-12)
    sizes = np.arange(1.0, 5001)
    blocks = expected_blocks(sizes, 5000, 7.0, 0.4)
    assert (sizes * blocks).sum() == pytest.approx(5000, rel=1e-11)
    assert blocks.sum() == pytest.approx(ib.special.pitman_yor_atoms(5000, 7, 0.4).evalf(), rel=1e-11)


def test_sizes_taken_together_cost_little():
    """Beyond 1e5 sizes are bounded in blocks: from above, and closely."""
    n, K, alpha = 400_000, 30.0, 0.6
    mean = expected_blocks(np.arange(1.0, n + 1), n, K, alpha)
    single = (np.log1p(mean) + mean * np.log1p(1 / mean)).sum()
    assert single <= block_size_bound(n, K, alpha) < single * 1.001


@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.75])
def test_the_sizes_in_no_order_are_far_fewer_than_the_atoms(alpha):
    """math2.md A5: O(n^(alpha/(1+alpha))), where the atoms are of order n^alpha."""
    low, high = (block_size_bound(n, 10, alpha) for n in (1e12, 1e15))
    assert math.log(high / low) / math.log(1e3) == pytest.approx(alpha / (1 + alpha), abs=0.01)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n": 2.5}, "n must be a whole number, got n=2.5"),
        ({"n": 0}, "n must be at least 1, got n=0"),
        ({"n": 1001}, "n must be at most 1000 for the recursion, got n=1001"),
        ({"K": 0}, "K must be greater than 0, got K=0"),
        ({"alpha": 1.0}, "alpha must be less than 1, got alpha=1"),
    ],
)
def test_refused(given, message):
    with pytest.raises(ib.DomainError, match=message):
        composition_entropy(**({"n": 10, "K": 1.0, "alpha": 0.5} | given))
