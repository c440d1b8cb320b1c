"""The discounted student: the errors of readouts of math2.md A3, by every composition and by simulation; its order."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_accuracy import random_points
from test_heavy_tails import DISCOUNTED, SAMPLED, SHRUNK, concentrations, counts, digits_of, tails


def compositions_of(n):
    """All ways to write n as a sum, in order."""
    for cuts in itertools.product((False, True), repeat=n - 1):
        ends = [i + 1 for i, cut in enumerate(cuts) if cut] + [n]
        yield tuple(end - start for start, end in zip([0, *ends], ends, strict=False))


def chances_of_compositions(n, K, alpha):
    """Probability of each composition of n draws, by blocks in order of appearance.

    The exchangeable partition probability function times the number of partitions that have these blocks in order.
    """
    chances = {}
    for sizes in compositions_of(n):
        left, chance = n, 1.0
        for blocks, size in enumerate(sizes):
            chance *= math.comb(left - 1, size - 1) * math.prod(1 - alpha + i for i in range(size - 1))
            chance *= K + blocks * alpha if blocks else 1
            left -= size
        chances[sizes] = chance / math.prod(K + 1 + i for i in range(n - 1))
    return chances


# math2.md A3 and its checks: (alpha, K, n), then the errors of the mean, of the shrunk sum and of the posterior mean.
READOUTS = {
    (0.5, 1, 10): (".15", ".11538", ".10578"),
    (0.3, 5, 20): (".18929", ".13731", ".13447"),
    (0.7, 0.2, 5): (".3", ".1875", ".1502"),
    (0.4, 2, 12): (".1667", ".1250", ".1195"),
}


def errors_of_readouts(point):
    """E(F - student)^2 with exact directions, eight times what the laws lose by it."""
    tail, concentration, count = point
    at = {"n": count, "T": 1e30, "d": 1, "K": concentration, "alpha": tail}
    return [8 * law.terms_at(**at)["misspecification"] for law in (SAMPLED, SHRUNK, DISCOUNTED)]


@pytest.mark.parametrize("point", READOUTS)
def test_printed_errors_of_the_readouts(point):
    for error, printed in zip(errors_of_readouts(point), READOUTS[point], strict=True):
        assert error == pytest.approx(float(printed), rel=1e-13, abs=digits_of(printed))


@pytest.mark.parametrize("point", [(0.5, 1.0, 10), (0.3, 5.0, 9), (0.9, 0.2, 7), (0.0, 3.0, 8)])
def test_errors_of_the_readouts_over_all_draws(point):
    """Every composition of the draws by its probability, and the prediction rule for what the next draw hits."""
    tail, concentration, count = point
    moments = dict.fromkeys(("mean", "shrunk", "discounted"), 0.0)
    complexity = (concentration + tail) / (1 - tail)
    for sizes, chance in chances_of_compositions(count, concentration, tail).items():
        hit = [(size - tail) / (count + concentration) for size in sizes]
        for name, weights in (
            ("mean", [size / count for size in sizes]),
            ("shrunk", [size / (count + complexity) for size in sizes]),
            ("discounted", hit),
        ):
            cross = sum(w * h for w, h in zip(weights, hit, strict=True))
            moments[name] += chance * (sum(w * w for w in weights) - 2 * cross)
    exact = [(1 + (complexity + 1) * moment) / 2 for moment in moments.values()]
    assert errors_of_readouts(point) == pytest.approx(exact, rel=1e-12)


def test_errors_of_the_readouts_by_simulation():
    """math2.md A3 at (.3, 5, 20): weights by broken sticks, draws from them, and the squared distance of the two."""
    rng = np.random.default_rng(4)
    tail, concentration, count = point = (0.3, 5, 20)
    complexity = (concentration + tail) / (1 - tail)
    k = np.arange(1, 1501)
    found = []
    for _ in range(3000):
        sticks = rng.beta(1 - tail, concentration + tail * k)
        weights = sticks * np.append(1.0, np.cumprod(1 - sticks)[:-1])
        # what is beyond the last stick is drawn by place, too
        drawn = rng.multinomial(count, np.append(weights, max(0.0, 1 - weights.sum())))[:-1]
        readouts = (
            drawn / count,
            drawn / (count + complexity),
            np.where(drawn, drawn - tail, 0) / (count + concentration),
        )
        found.append([(complexity + 1) / 2 * ((weights - readout) ** 2).sum() for readout in readouts])
    error = np.std(found, axis=0, ddof=1) / math.sqrt(len(found))
    assert np.all(np.abs(np.mean(found, axis=0) - errors_of_readouts(point)) < 3.5 * error)
    assert np.all(error < 0.02 * np.array(errors_of_readouts(point)))


@settings(max_examples=100, deadline=None)
@given(counts, st.floats(0, 18).map(lambda x: 10**x), st.floats(0, 6).map(lambda x: 10**x), concentrations, tails)
def test_the_discounted_student_is_never_above_the_shrunk_one(count, T, d, concentration, tail):
    at = {"n": count, "T": T, "d": d, "K": concentration, "alpha": tail}
    assert DISCOUNTED(**at) <= SHRUNK(**at) * (1 + 1e-13)


@pytest.mark.slow
def test_at_alpha_nil_it_is_the_shrunk_student():
    points = {s.name: v for s, v in random_points(SHRUNK, 300, seed=5).items() if s.name != "alpha"}
    assert DISCOUNTED(**points, alpha=0) == pytest.approx(SHRUNK(**points, alpha=0), rel=1e-13)
