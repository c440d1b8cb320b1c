"""Heavy-tailed teachers: the values of math2.md section A, the functions by a second road, the laws at alpha = 0."""

import itertools
import math
import re
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from called import Called
from hypothesis import given, settings
from hypothesis import strategies as st
from test_accuracy import assert_contract, random_points

import infobound as ib
from infobound.errors import DomainError
from infobound.kernels import compositions as kernel_compositions
from infobound.kernels import heavy_tails
from infobound.kernels import twins as kernel_twins
from infobound.special import (
    admissible_atoms,
    composition_nats,
    digamma_quotient,
    digamma_quotient_slope,
    expected_atoms,
    log_remainder,
    log_remainder_bend,
    log_remainder_fall,
    log_remainder_slope,
    log_remainder_tilt,
    new_share,
    new_share_fall,
    novelty_lost,
    novelty_lost_slope,
    novelty_lost_tilt,
    pitman_yor_atoms,
    pitman_yor_atoms_slope,
    pitman_yor_atoms_tilt,
)

SAMPLED, TRUNCATED = ib.law("heavy_tailed_sampled_student"), ib.law("heavy_tailed_truncated_student")
SHRUNK, DISCOUNTED = ib.law("heavy_tailed_shrunk_student"), ib.law("heavy_tailed_discounted_student")
n, K, alpha = sp.symbols("n K alpha", positive=True)
counts, concentrations = (st.floats(*ends).map(lambda x: 10**x) for ends in ((0, 18), (-3, 6)))
tails = st.one_of(st.just(0.0), st.floats(1e-12, 0.99))
without_deadline = settings(deadline=None)

twins, compositions = Called(heavy_tails), Called(kernel_compositions)
dirichlet_atoms = Called(kernel_twins).expected_atoms


def digits_of(printed):
    """Half a unit of the last printed digit."""
    mantissa, _, power = printed.partition("e")
    return 0.5000001 * 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))


# math2.md A4: (n, K, alpha) as exact decimals. The second and third are printed there with digits swapped from the
# 39th and 27th on; these are the urn's recursion.
ATOMS = {
    ("10", "1", ".5"): "5.40027618408203125",
    ("1000", "1e-3", ".01"): "1.0853721564755338667754288214636697686883724914731191",
    ("1e6", "10", ".25"): "678.06730804431359284881817047645701687435410549851",
    ("1e9", "100", ".75"): "23732480.883379943022205436743381848647948377615965",
    ("1e15", "1e6", ".99"): "821040929285163.50029947142133505780214154150811698",
    ("1e15", "1e-3", ".5"): "35731924.357513293324541484583714277793733232546167",
    ("5", "1e6", ".1"): "4.99999100002609991490529680902122802774118142903",
    ("1e12", "1", "1e-9"): "28.208237177860428895204840271037643200724477322008",
}
# math2.md A6: (m, K, alpha). The last is printed there for the double next to 0.9.
REMAINDERS = {
    ("10", "1", ".5"): "-3.8177123259569047317",
    ("1000", "10", ".25"): "-22.173607611696980989",
    ("1e6", "100", ".75"): "-14.854744518075775178",
    ("50", "1e-3", ".9"): "-4.6977982295177807616",
}


@pytest.mark.parametrize(
    ("head", "point", "printed"),
    [(pitman_yor_atoms, *row) for row in ATOMS.items()] + [(log_remainder, *row) for row in REMAINDERS.items()],
)
def test_printed_values_to_all_digits(head, point, printed):
    digits = len(printed.lstrip("-").replace(".", "")) - 1
    with mpmath.workdps(60):
        exact = head.mp_value(*map(mpmath.mpf, point))
        assert abs(exact / mpmath.mpf(printed) - 1) < mpmath.mpf(10) ** (1 - digits)
    compiled = getattr(twins, head.__name__)(*map(float, point))
    assert compiled == pytest.approx(float(printed), rel=4e-15)


HEADS = (
    pitman_yor_atoms,
    pitman_yor_atoms_slope,
    pitman_yor_atoms_tilt,
    log_remainder,
    log_remainder_fall,
    log_remainder_bend,
    log_remainder_slope,
    log_remainder_tilt,
    composition_nats,
    new_share,
    novelty_lost,
    novelty_lost_slope,
)


def twin_of(head):
    return getattr(compositions, head.__name__, None) or getattr(twins, head.__name__)


def contracted_points(size=160):
    """(n, K, alpha) over n in [1, 1e15], K in [1e-3, 1e6], alpha in [0, 0.99]: real, whole, near 1, edges."""
    rng = np.random.default_rng(11)
    ns = 10 ** rng.uniform(0, 15, size)
    ns[: size // 4] = np.floor(10 ** rng.uniform(0, 5, size // 4))
    ns[size // 4 : size // 2] = 1 + 10 ** rng.uniform(-9, 1, size // 4)
    Ks = 10 ** rng.uniform(-3, 6, size)
    alphas = np.where(rng.random(size) < 0.5, 0.99 * rng.random(size), 0.99 * 10 ** rng.uniform(-12, 0, size))
    alphas[:8], alphas[-8:] = 0.0, 0.99
    return ns, Ks, alphas


def assert_twin(head, columns, tolerance):
    for row in zip(*columns, strict=True):
        point = [*map(float, row)]
        with mpmath.workdps(40):
            exact = head.mp_value(*point)
        got = twin_of(head)(*point)
        assert abs(got - exact) <= tolerance * abs(exact), (head, point, got, exact)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.__name__)
def test_twins_over_the_contracted_domain(head):
    tolerance = 1e-14 if head in (pitman_yor_atoms, log_remainder, novelty_lost) else 2e-12
    assert_twin(head, contracted_points(), tolerance)


@pytest.mark.parametrize("head", [digamma_quotient, digamma_quotient_slope], ids=lambda head: head.__name__)
def test_digamma_quotient_twins(head):
    _, xs, alphas = contracted_points()
    assert_twin(head, (1 + xs * 10 ** np.linspace(0, 12, len(xs)), alphas), 1e-12)


def test_tilt_of_the_novelty_lost():
    """Zero at n = 2, whatever alpha: to a rounding of the function itself."""
    for row in zip(*contracted_points(), strict=True):
        point = [*map(float, row)]
        with mpmath.workdps(40):
            exact, scale = novelty_lost_tilt.mp_value(*point), novelty_lost.mp_value(*point)
        assert abs(compositions.novelty_lost_tilt(*point) - exact) <= 1e-14 * max(abs(exact), scale), point


def test_fall_of_the_share_of_new_draws():
    """A difference close to n = 1: to a rounding of n/(n-1)."""
    for row in zip(*contracted_points(), strict=True):
        point = [*map(float, row)]
        with mpmath.workdps(40):
            exact = new_share_fall.mp_value(*point)
        allowed = 2e-12 * exact + 1e-14 * point[0] / max(point[0] - 1, 1e-8)
        assert abs(compositions.new_share_fall(*point) - exact) <= allowed, point


@pytest.mark.parametrize("tail", ["0", "1/1000000", "1/4", "1/2", "0.99"])
@pytest.mark.parametrize("concentration", [1e-3, 0.7, 10.0, 1e5])
def test_atoms_by_the_urn(tail, concentration):
    """E N_(i+1) = E N_i + (K + alpha E N_i)/(K + i), and the truncation's product."""
    a = float(Fraction(tail))
    atoms, remainder = 1.0, 0.0
    for i in range(1, 300):
        atoms += (concentration + a * atoms) / (concentration + i)
        remainder -= math.log1p((2 - a) / (concentration + i * a))
        if i in (1, 2, 17, 299):
            assert twins.pitman_yor_atoms(i + 1.0, concentration, a) == pytest.approx(atoms, rel=3e-14)
            assert twins.log_remainder(float(i), concentration, a) == pytest.approx(remainder, rel=3e-14)


@without_deadline
@given(
    st.floats(0, 18).map(lambda x: 10**x),
    st.floats(-3, 6).map(lambda x: 10**x),
    st.one_of(st.just(0.0), st.floats(1e-12, 0.99)),
)
def test_clean_bounds_of_atoms(count, concentration, tail):
    """math2.md A4, for K >= 0: both sides of the sum of log(1 + alpha/(K+i))."""

    def grown(length):
        if tail == 0:
            return 1 + concentration * length
        return math.exp(tail * length) + concentration * math.expm1(tail * length) / tail

    low = grown(math.log1p((count - 1) / (concentration + 1 + tail)))
    high = grown(math.log1p((count - 1) / (concentration + 0.5)))
    atoms = twins.pitman_yor_atoms(count, concentration, tail)
    assert low * (1 - 1e-12) <= atoms <= high * (1 + 1e-12)


def test_how_loose_the_upper_clean_bound_of_atoms_is():
    """math2.md A4: at most 1.98 times for n up to 1e8, worst where alpha is close to 1 and K to 0."""
    ratios = {}
    for point in itertools.product(
        (1.0, 2.0, 10.0, 1e3, 1e5, 1e8), (1e-9, 0.1, 1.0, 10.0, 1e3), (0.25, 0.5, 0.9, 0.99)
    ):
        count, concentration, tail = point
        length = tail * math.log1p((count - 1) / (concentration + 0.5))
        bound = math.exp(length) + concentration * math.expm1(length) / tail
        ratios[point] = bound / twins.pitman_yor_atoms(*point)
    worst = max(ratios, key=ratios.get)
    assert worst[1:] == (1e-9, 0.99)
    assert ratios[worst] == pytest.approx(1.978, abs=5e-4)


def test_two_arguments_are_the_dirichlet_process():
    assert expected_atoms(n, K, 0) == expected_atoms(n, K)
    assert expected_atoms(n, K, alpha) == pitman_yor_atoms(n, K, alpha)
    assert log_remainder(n, K, 0) == -n * sp.log(1 + 2 / K)
    assert expected_atoms(1, K, alpha) == 1
    for count in (1.0, 2.5, 1e9):
        assert twins.pitman_yor_atoms(count, 3.0, 0.0) == pytest.approx(dirichlet_atoms(count, 3.0), rel=1e-15)


@pytest.mark.parametrize("head", [pitman_yor_atoms, log_remainder, novelty_lost], ids=lambda head: head.__name__)
def test_balls_hold_the_values_of_their_points(head):
    ball = head.arb_value(flint.arb(50, 1), flint.arb(7, 1), flint.arb("0.3", "0.1"))
    for point in ((49, 6, "0.2"), (51, 8, "0.4"), (50, 7, "0.3")):
        with mpmath.workdps(30):
            assert ball.contains(flint.arb(mpmath.nstr(head.mp_value(*map(mpmath.mpf, point)), 25)))
    assert float(ball.rad()) < abs(float(ball.mid()))


def test_twins_are_nan_outside_their_domains():
    for head in HEADS:
        twin = twin_of(head)
        for point in ((-0.5, 1.0, 0.5), (2.0, 0.0, 0.5), (2.0, 1.0, -0.1), (2.0, 1.0, 1.0), (math.nan, 1.0, 0.5)):
            assert math.isnan(twin(*point)), (head, point)
    assert math.isnan(twins.admissible_atoms(0.5, 1.0, 1.0, 0.5))
    assert math.isnan(twins.digamma_quotient(0.0, 0.5))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.floats(-1, 7), st.floats(-2, 3), tails)
def test_admissible_atoms_by_counting(width, log_level, log_K, tail):
    level, concentration = 10**log_level, 10**log_K
    kept, remainder = 0, 1.0
    while kept < width and level * remainder * (2 - tail) / (concentration + 2 + kept * tail) >= 1:
        kept += 1
        remainder *= (concentration + kept * tail) / (concentration + 2 + (kept - 1) * tail)
    got = twins.admissible_atoms(float(width), level, concentration, tail)
    exact = admissible_atoms.mp_value(width, level, concentration, tail)
    edge = level * remainder * (2 - tail) / (concentration + 2 + kept * tail)
    assert got == exact
    assert got == kept or edge == pytest.approx(1, abs=1e-9)


def test_a_ball_of_the_novelty_lost_across_two_draws():
    """In alpha it rises from two draws on and falls before."""
    for first, last in ((1.2, 1.9), (1.5, 2.5), (2.0, 3.0)):
        ball = novelty_lost.arb_value(
            flint.arb((first + last) / 2, (last - first) / 2), flint.arb(1), flint.arb(0.5, 0.4)
        )
        for count, tail in itertools.product(np.linspace(first, last, 5), np.linspace(0.1, 0.9, 5)):
            assert ball.contains(flint.arb(mpmath.nstr(novelty_lost.mp_value(count, 1, tail), 20)))
        assert float(ball.rad()) < 0.2


@pytest.mark.parametrize("tail", [0.0, 0.3, 0.99])
def test_novelty_lost_by_its_product(tail):
    """And by the expected number of distinct atoms: the chance that the next draw is new is (K + alpha A)/(K + n)."""
    for concentration in (0.2, 40.0):
        left = 1.0
        for i in range(1, 200):
            left *= (concentration + i + tail) / (concentration + i + 1)
            count = i + 1.0
            got = compositions.novelty_lost(count, concentration, tail)
            assert got == pytest.approx((1 - left) / (1 - tail), rel=1e-12)
            atoms = twins.pitman_yor_atoms(count, concentration, tail)
            new = (concentration + tail * atoms) / (concentration + count)
            assert 1 - (1 - tail) * got == pytest.approx(new * (concentration + 1) / (concentration + tail), rel=1e-12)
    assert novelty_lost(n, K, 0) == (n - 1) / (K + n)


# The laws


def test_dirichlet_laws_are_the_case_alpha_nil():
    for law, plain in ((SAMPLED, "sampled_student"), (TRUNCATED, "truncated_student")):
        points = {s.name: v for s, v in random_points(ib.law(plain), 300, seed=5).items()}
        assert law(**points, alpha=0) == pytest.approx(ib.law(plain)(**points), rel=1e-13)


@pytest.mark.parametrize(
    "law",
    [SAMPLED, TRUNCATED, *(pytest.param(law, marks=pytest.mark.slow) for law in (SHRUNK, DISCOUNTED))],
    ids=lambda e: e.name,
)
def test_contract_over_all_tails(law):
    # past the corners of the domain, half of which lie on the clamp of the radius
    points = {symbol: values[40:] for symbol, values in random_points(law, 160, seed=6).items()}
    (tail,) = (symbol for symbol in points if symbol.name == "alpha")
    points[tail] = np.geomspace(1e-9, 0.99, 120)
    assert_contract(law, points)


@pytest.mark.parametrize("bad", [1.0, 2.0])
def test_alpha_is_less_than_one(bad):
    with pytest.raises(DomainError, match=rf"alpha must be less than 1, got alpha={bad:g}"):
        TRUNCATED(n=5, T=1e6, d=4, K=1, alpha=bad)
    with pytest.raises(DomainError, match=re.escape("alpha must be at least 0, got alpha=-0.5 at index 1")):
        SAMPLED(n=5, T=1e6, d=4, K=1, alpha=[0.5, -0.5])


def test_printed_values_of_theorem_a7():
    assert TRUNCATED(n=20, T=1e8, d=16, K=10, alpha=0.25) == pytest.approx(0.004537959390243649, rel=1e-14)
    assert TRUNCATED(n=5, T=1e5, d=4, K=1, alpha=0.5) == pytest.approx(0.0059417, abs=5.1e-8)
    # the exact sum, before Jensen's inequality
    left, nats = 1.0, 0.0
    for kept in range(5):
        square = left * 1.5 / (3 + kept / 2)
        left, nats = left - square, nats + math.log(2) + 2 + 2 * math.log(1e5 * square / 32)
    assert left / 16 + nats / 1e5 == pytest.approx(0.0059353, abs=5.1e-8)


def test_the_side_condition_is_enforced():
    """Outside it the formula is negative: -8.6e3 at m = 1e6, C = 1e12 (math2-checks A7)."""
    far = TRUNCATED(n=1e6, T=1e12 / 16e6, d=16, K=10, alpha=0.25)
    assert 0 < far <= 1 / 16
    widths = np.floor(np.geomspace(1, 1e9, 200))
    level = 1e8 / 128
    kept = [twins.admissible_atoms(width, level, 10.0, 0.25) for width in widths]
    assert max(kept) < 1e4
    assert np.all(np.diff(TRUNCATED(n=widths[np.array(kept) < widths], T=1e8, d=16, K=10, alpha=0.25)) == 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.floats(2, 10), st.floats(-1, 2), st.floats(0, 0.95), st.sampled_from([1, 16, 128]))
def test_theorem_a7_is_no_smaller_than_the_exact_sum(width, log_T, log_K, tail, d):
    """Against the sum over atoms before Jensen's inequality."""
    T, concentration = 10**log_T, 10**log_K
    kept, remainder, nats = 0, 1.0, 0.0
    while kept < width:
        square = remainder * (2 - tail) / (concentration + 2 + kept * tail)
        if T * square < 8 * d:
            break
        kept, remainder = kept + 1, remainder - square
        nats += math.log(2) + d / 2 + d / 2 * math.log(T * square / (8 * d))
    value = TRUNCATED(n=width, T=T, d=d, K=concentration, alpha=tail)
    exact = max(remainder, 0.0) / 16 + nats / T
    assert value >= exact * (1 - 1e-9) - 1e-15
    assert value <= exact * 1.1 + 1e-12


# math2.md A8, d = 16, K = 10: C, then m* and the loss of the truncated student.
OPTIMA = {
    (0.25, 1e12): ("127.30587", "2.168474352045e-5"),
    (0.25, 1e18): ("713.98865", "8.450131418576e-10"),
    (0.5, 1e12): ("261.16417", "8.801491825818e-5"),
    (0.5, 1e18): ("4358.7792", "2.569565109471e-8"),
}
# math2.md A8: local exponents of the truncated student at C = 1e12, 1e18, 1e24, 1e40, and the loss's at the last.
EXPONENTS = {
    0.25: ((0.1398, 0.1166, 0.1123, 0.1111), 0.7777),
    0.5: ((0.2111, 0.2007, 0.2000, 0.2000), 0.6000),
    0.75: ((0.2773, 0.2728, 0.2727, 0.2727), 0.4545),
}


def test_printed_optima_of_the_truncated_student():
    for (tail, C), (width, loss) in OPTIMA.items():
        found = ib.allocate(TRUNCATED, C=C, d=16, K=10, alpha=tail)
        # the loss is flat at its minimum: the width is printed to the minimiser's own accuracy
        assert float(found.n) == pytest.approx(float(width), rel=2e-7)
        assert float(found.loss) == pytest.approx(float(loss), rel=0, abs=digits_of(loss))


def test_printed_exponents_of_the_truncated_student():
    for tail, (printed, of_loss) in EXPONENTS.items():
        found = ib.allocate(TRUNCATED, C=[1e12, 1e18, 1e24, 1e40], d=16, K=10, alpha=tail)
        # printed from differences over a step of the budget: up to one unit of the last digit away
        assert found.exponent_p.values == pytest.approx(printed, rel=0, abs=1e-4)
        assert -float(found.exponent_loss[-1]) == pytest.approx(of_loss, rel=0, abs=5.1e-5)
        assert float(found.exponent_p[-1]) == pytest.approx(tail / (2 + tail), abs=1e-4)


def test_printed_ratios_to_the_limiting_width_of_the_truncated_student():
    """math2.md A8: m* ~ [c C/(8 d^2 e^y)]^(alpha/(2+alpha)) with e^y = 1 + 2 b0 + 2 y + 2/alpha, at C = 1e40."""
    for tail, printed in ((0.1, ".974"), (0.25, ".99983"), (0.5, "1.0000"), (0.75, "1.0000")):
        y = float(mpmath.findroot(lambda y, a=tail: mpmath.exp(y) - 1 - mpmath.log(2) / 4 - 2 * y - 2 / a, 3))
        scale = math.log(2 / tail - 1) + math.lgamma(12 / tail) - math.lgamma(10 / tail + 1)
        limit = math.exp(tail / (2 + tail) * (scale + 40 * math.log(10) - math.log(8 * 16**2) - y))
        found = ib.allocate(TRUNCATED, C=1e40, d=16, K=10, alpha=tail)
        assert float(found.n) / limit == pytest.approx(float(printed), rel=0, abs=digits_of(printed))


def test_the_tail_takes_the_exponent_from_a_half_to_a_third():
    tails = np.array([0.0, 0.25, 0.5, 0.75, 0.95])
    found = ib.allocate(SAMPLED, C=1e80, d=16, K=10, alpha=tails)
    assert np.all(np.diff(found.exponent_p.values) < 0)
    # ~ 1/(2 + alpha + 1/ln n): from below, by a logarithm
    limits = 1 / (2 + tails)
    assert np.all((found.exponent_p.values < limits) & (found.exponent_p.values > limits - 0.007))


# math2.md A8, the iid rows at d = 16, K = 10: n* and loss at C = 1e12 and 1e18; exponents at 1e12, 1e18, 1e24, 1e40.
SHRUNK_OPTIMA = {
    (0.25, 1e12): ("2276.01266", "6.82816200427e-4"),
    (0.25, 1e18): ("747636.5", "2.100631666886e-6"),
    (0.5, 1e12): ("1851.489", "1.210091056665e-3"),
    (0.5, 1e18): ("361904.4", "6.209928350879e-6"),
}
SHRUNK_EXPONENTS = {
    0.25: (0.4082, 0.4273, 0.4338, 0.4390),
    0.5: (0.3756, 0.3867, 0.3911, 0.3952),
    0.75: (0.3464, 0.3517, 0.3555, 0.3592),
}


def test_printed_value_of_the_shrunk_student():
    printed = "9.171999343559e-4"
    assert SHRUNK(n=1000, T=1e8, d=16, K=10, alpha=0.25) == pytest.approx(float(printed), rel=0, abs=digits_of(printed))


@pytest.mark.slow
def test_printed_optima_and_exponents_of_the_shrunk_student():
    for (tail, C), (width, loss) in SHRUNK_OPTIMA.items():
        found = ib.allocate(SHRUNK, C=C, d=16, K=10, alpha=tail)
        assert float(found.n) == pytest.approx(float(width), rel=2e-7)
        assert float(found.loss) == pytest.approx(float(loss), rel=0, abs=digits_of(loss))
    for tail, exponents in SHRUNK_EXPONENTS.items():
        found = ib.allocate(SHRUNK, C=[1e12, 1e18, 1e24, 1e40], d=16, K=10, alpha=tail)
        assert found.exponent_p.values == pytest.approx(exponents, rel=0, abs=5.1e-5)
