"""The special functions: compiled twins, oracles, balls and derivatives, each by a second road."""

import math

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from called import Called
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import radius_in_closed_form

from infobound.kernels import twins as kernel_twins
from infobound.kernels.points import evaluate
from infobound.special import (
    codebook_radius,
    codebook_radius_elasticity,
    expected_atoms,
    expected_atoms_slope,
    scaled_polygamma,
    scaled_polygamma_slope,
)

twins = Called(kernel_twins)

# the first call of a twin compiles it
without_deadline = settings(deadline=None)

n, K, c, x = sp.symbols("n K c x", positive=True)

counts = st.one_of(
    st.floats(1, 1e18),
    st.integers(1, 10**6).map(float),
    st.floats(0, 41.4).map(math.exp),
    st.floats(1e-16, 1e-3).map(lambda excess: 1 + excess),
)
concentrations = st.one_of(st.floats(1e-6, 1e9), st.floats(-13.8, 20.7).map(math.exp))


def contracted_points(size=1200):
    """Widths and concentrations over n in [1, 1e18], K in [1e-6, 1e9]: real, whole, near 1, near K, edges."""
    rng = np.random.default_rng(3)
    ns = 10 ** rng.uniform(0, 18, size)
    Ks = 10 ** rng.uniform(-6, 9, size)
    ns[: size // 4] = np.floor(10 ** rng.uniform(0, 6, size // 4))
    ns[size // 4 : size // 2] = 1 + 10 ** rng.uniform(-15.6, 1, size // 4)
    near_K = slice(size // 2, 3 * size // 4)
    ns[near_K] = np.clip(Ks[near_K] * 10 ** rng.uniform(-3, 3, size // 4), 1, 1e18)
    ns[-9:] = np.repeat([1.0, 2.0, 1e18], 3)
    Ks[-9:] = np.tile([1e-6, 1.0, 1e9], 3)
    return ns, Ks


def relative_error(got, exact):
    if exact == 0:
        return 0.0 if got == 0 else math.inf
    with mpmath.workdps(40):
        return float(abs(mpmath.mpf(float(got)) / exact - 1))


def assert_twin(head, columns, tolerance=1e-14):
    with mpmath.workdps(40):
        exact = [head.mp_value(*map(float, row)) for row in zip(*columns, strict=True)]
    got = [getattr(twins, head.__name__)(*map(float, row)) for row in zip(*columns, strict=True)]
    errors = [relative_error(a, b) for a, b in zip(got, exact, strict=True)]
    worst = int(np.argmax(errors))
    assert errors[worst] <= tolerance, f"{[column[worst] for column in columns]}: {got[worst]!r}, {exact[worst]}"


@pytest.mark.parametrize("head", [expected_atoms, expected_atoms_slope], ids=lambda head: head.__name__)
def test_atoms_twin_over_the_contracted_domain(head):
    assert_twin(head, contracted_points())


@pytest.mark.parametrize("head", [codebook_radius, codebook_radius_elasticity], ids=lambda head: head.__name__)
def test_radius_twin_over_all_magnitudes(head):
    rng = np.random.default_rng(4)
    cs = [
        *(10 ** rng.uniform(-300, 300, 300)),
        *(10 ** rng.uniform(-6, 1.3, 600)),
        16.0,
        np.nextafter(16.0, 0),
    ]
    assert_twin(head, [cs])


@pytest.mark.parametrize(("head", "k"), [(scaled_polygamma, 1), (scaled_polygamma, 2), (scaled_polygamma_slope, 1)])
def test_scaled_polygamma_twin(head, k):
    rng = np.random.default_rng(5)
    xs = [*(10 ** rng.uniform(-6, 18, 600)), *rng.uniform(0.01, 20, 600), *map(float, range(1, 40))]
    assert_twin(head, [[float(k)] * len(xs), xs])


def test_scaled_polygamma_keeps_its_limit_where_polygamma_underflows():
    assert twins.scaled_polygamma(1.0, 1e300) == 1.0
    assert twins.scaled_polygamma(2.0, 1e300) == -1.0


def test_twins_are_nan_outside_their_domains():
    nan = math.nan
    outside = [
        twins.expected_atoms(0.5, 1.0),
        twins.expected_atoms(2.0, 0.0),
        twins.expected_atoms(nan, 1.0),
        twins.expected_atoms(2.0, nan),
        twins.expected_atoms_slope(0.5, 1.0),
        twins.expected_atoms_slope(nan, 1.0),
        twins.scaled_polygamma(1.0, 0.0),
        twins.scaled_polygamma(1.0, nan),
        twins.scaled_polygamma_slope(1.0, 0.0),
        twins.scaled_polygamma_slope(1.0, nan),
        twins.codebook_radius(-1.0),
        twins.codebook_radius(nan),
        twins.codebook_radius_elasticity(nan),
        twins.lesser(nan, 1.0),
        twins.lesser(1.0, nan),
        twins.greater(nan, 1.0),
        twins.greater(1.0, nan),
    ]
    assert all(map(math.isnan, outside)), outside


# math.md section 4: A - K ln(1 + n/K) at n = 1, 10, 100, 1e6.
GAPS = {
    0.01: (0.954, 0.959, 0.960, 0.960),
    1: (0.307, 0.531, 0.572, 0.577),
    10: (0.047, 0.256, 0.463, 0.508),
    100: (0.005, 0.046, 0.251, 0.501),
}


@pytest.mark.parametrize("concentration", GAPS)
def test_gap_table(concentration):
    for count, printed in zip((1, 10, 100, 1e6), GAPS[concentration], strict=True):
        gap = twins.expected_atoms(float(count), float(concentration)) - concentration * math.log1p(
            count / concentration
        )
        assert gap == pytest.approx(printed, abs=0.0005001)


# math.md section 7, column A.
@pytest.mark.parametrize(
    ("concentration", "count", "printed", "unit"),
    [
        (1, 10, 2.93, 0.01),
        (1, 100, 5.19, 0.01),
        (1, 1000, 7.49, 0.01),
        (10, 10, 7.19, 0.01),
        (10, 100, 24.4, 0.1),
        (10, 1000, 46.7, 0.1),
        (100, 10, 9.58, 0.01),
        (100, 100, 69.6, 0.1),
        (100, 1000, 240.2, 0.1),
    ],
)
def test_printed_expected_atoms(concentration, count, printed, unit):
    assert twins.expected_atoms(float(count), float(concentration)) == pytest.approx(printed, abs=unit / 2)


@pytest.mark.parametrize("concentration", [1e-6, 0.3, 1.0, 17.5, 1e4, 1e9])
@pytest.mark.parametrize("count", [1, 2, 3, 17, 64, 1000])
def test_atoms_are_the_direct_sum_at_whole_n(count, concentration):
    # math2.md A4 at alpha = 0: 1 + K sum_{i=1}^{n-1} 1/(K+i)
    direct = 1 + concentration * math.fsum(1 / (concentration + i) for i in range(1, count))
    assert twins.expected_atoms(float(count), concentration) == pytest.approx(direct, rel=1e-15)
    slope = math.fsum(i / (concentration + i) ** 2 for i in range(1, count))
    assert twins.expected_atoms_slope(float(count), concentration) == pytest.approx(slope, rel=1e-14)


@without_deadline
@given(counts, concentrations)
def test_atoms_lie_between_their_logarithms(count, concentration):
    atoms = twins.expected_atoms(count, concentration)
    low = concentration * math.log1p(count / concentration)
    high = 1 + concentration * math.log1p((count - 1) / concentration)
    rounding = 1e-15 * atoms + 1e-15
    assert low - rounding < atoms <= high + rounding
    assert low < codes_gap(count, concentration) + low < low + 1
    # math2.md A4, clean bounds at alpha = 0
    assert atoms >= 1 + concentration * math.log1p((count - 1) / (concentration + 1)) - rounding
    assert atoms <= 1 + concentration * math.log1p((count - 1) / (concentration + 0.5)) + rounding


def codes_gap(count, concentration):
    """A - K ln(1 + n/K) to all digits."""
    with mpmath.workdps(60):
        N, k = mpmath.mpf(count), mpmath.mpf(concentration)
        return expected_atoms.mp_value(N, k) - k * mpmath.log1p(N / k)


@without_deadline
@given(counts.filter(lambda count: count < 1e15), concentrations)
def test_one_more_draw(count, concentration):
    here, after = (twins.expected_atoms(count + i, concentration) for i in (0.0, 1.0))
    # the rounding of count + 1 - count belongs to the floats, not to the function
    drawn = (count + 1.0) - count
    assert after - here == pytest.approx(drawn * concentration / (concentration + count), rel=1e-3, abs=4e-15 * after)


@without_deadline
@given(counts, concentrations)
def test_one_more_draw_to_all_digits(count, concentration):
    with mpmath.workdps(60):
        N, k = mpmath.mpf(count), mpmath.mpf(concentration)
        step = expected_atoms.mp_value(N + 1, k) - expected_atoms.mp_value(N, k)
        assert abs(step * (k + N) / k - 1) < mpmath.mpf("1e-25")


# math.md section 6.
RADII = {
    1e-6: (7.069818363980e-4, 1e-16),
    0.01: (0.06951298247130, 1e-14),
    1.0: (0.6180339887498949, 2e-16),
    32 / 27: (2 / 3, 2e-16),
    5.0: (1.24189656303448, 1e-14),
    16.0: (2.0, 0.0),
}


@pytest.mark.parametrize("argument", RADII)
def test_printed_radii(argument):
    printed, unit = RADII[argument]
    assert twins.codebook_radius(argument) == pytest.approx(printed, rel=0, abs=unit)
    assert float(codebook_radius(sp.Float(argument, 40)).evalf(30)) == pytest.approx(printed, rel=0, abs=unit)


@without_deadline
@given(st.one_of(st.floats(1e-300, 16), st.floats(-690, 2.7).map(math.exp)))
def test_radius_in_closed_form(argument):
    with flint.ctx.workprec(120):
        exact = radius_in_closed_form(flint.arb(argument))
    assert abs(twins.codebook_radius(argument) / float(exact.mid()) - 1) < 1e-15
    with mpmath.workdps(20):
        assert abs(float(codebook_radius.mp_value(argument)) / float(exact.mid()) - 1) < 1e-15


@without_deadline
@given(counts, concentrations)
def test_ball_of_atoms_holds_the_value(count, concentration):
    with flint.ctx.workprec(300):
        ball = expected_atoms.arb_value(flint.arb(count), flint.arb(concentration))
    with mpmath.workdps(60):
        assert ball.overlaps(point_ball(expected_atoms.mp_value(count, concentration), "1e-55"))


@without_deadline
@given(st.floats(-30, 4).map(math.exp), st.sampled_from([0.0, 1e-12, 0.1]))
def test_ball_of_radii_holds_the_whole_ball(argument, width):
    ball = codebook_radius.arb_value(flint.arb(argument, argument * width))
    with mpmath.workdps(40):
        for factor in (1 - width, 1, 1 + width):
            inside = codebook_radius.mp_value(mpmath.mpf(argument) * factor)
            assert ball.overlaps(point_ball(inside, "1e-15" if width else "1e-30"))
    assert float(ball.rad()) <= (width + 1e-12) * 2 * float(ball.mid())


def point_ball(value, slack):
    """Ball about an mpmath number of a relative radius."""
    with flint.ctx.workprec(300):
        return flint.arb(mpmath.nstr(value, 60)) * (1 + flint.arb(0, slack))


@pytest.mark.parametrize(
    ("expr", "symbol"),
    [
        (expected_atoms(n, K), n),
        (expected_atoms(n, K), K),
        (codebook_radius(c), c),
        (codebook_radius_elasticity(c), c),
        (scaled_polygamma(1, x), x),
    ],
    ids=str,
)
@pytest.mark.parametrize("point", [(1.5, 0.02, 0.3, 0.4), (1e4, 300.0, 9.0, 25.0), (7.0, 1e5, 15.9, 1e6)])
def test_sympy_derivative_against_differencing(expr, symbol, point):
    values = {symbol: sp.Float(number, 100) for symbol, number in zip((n, K, c, x), point, strict=True)}
    with mpmath.workdps(80):
        step = values[symbol] / 10**25
        up, down = (expr.subs(values | {symbol: values[symbol] + shift}).evalf(80) for shift in (step, -step))
        differenced = (up - down) / (2 * step)
    exact = sp.diff(expr, symbol).subs(values).evalf(50)
    assert abs(exact / differenced - 1) < 1e-30


def test_derivative_on_the_clamp_is_nil():
    assert codebook_radius(c).diff(c).subs(c, 20) == 0
    assert codebook_radius_elasticity.mp_value(20) == 0


def test_slope_is_the_derivative_in_K():
    for count, concentration in [(2.5, 0.1), (1e6, 30.0), (12.0, 1e7)]:
        with mpmath.workdps(60):
            exact = expected_atoms_slope.mp_value(count, concentration)
            step = mpmath.mpf(concentration) * mpmath.mpf("1e-20")
            up, down = (expected_atoms.mp_value(count, concentration + shift) for shift in (step, -step))
            assert abs((up - down) / (2 * step) / exact - 1) < mpmath.mpf("1e-25")


def test_rewriting_in_polygammas():
    rewritten = expected_atoms(n, K).rewrite(sp.polygamma)
    assert rewritten == K * (sp.polygamma(0, K + n) - sp.polygamma(0, K))
    assert abs((rewritten - expected_atoms(n, K)).subs({n: 7, K: 3}).evalf(30)) < 1e-28


def test_whole_values_are_exact():
    assert expected_atoms(1, K) == 1
    assert codebook_radius(16) == 2
    assert codebook_radius(sp.Integer(10) ** 400) == 2
    assert expected_atoms(10, 1).evalf(15) == sp.harmonic(10).evalf(15)


def test_kernels_use_the_twins():
    (got,) = evaluate([expected_atoms(n, K)], {n: np.array([10.0, 1e12]), K: 1.0})
    assert list(got) == [twins.expected_atoms(10.0, 1.0), twins.expected_atoms(1e12, 1.0)]


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (expected_atoms(n, K), r"A\left(n, K\right)"),
        (expected_atoms(n, K) ** 2, r"A^{2}\left(n, K\right)"),
        (codebook_radius(c), r"\varepsilon\left(c\right)"),
        (codebook_radius_elasticity(c), r"\varepsilon_{\ln}\left(c\right)"),
        (expected_atoms_slope(n, K), r"\partial_K A\left(n, K\right)"),
        (scaled_polygamma(1, x), r"\left(x\right)^{1} \psi^{(1)}\left(x\right)"),
        (scaled_polygamma(2, x) ** 3, r"\left(\left(x\right)^{2} \psi^{(2)}\left(x\right)\right)^{3}"),
    ],
    ids=str,
)
def test_latex(expr, text):
    assert sp.latex(expr) == text


# math.md section 7: entropy of the block sizes in order of appearance.
@pytest.mark.parametrize(
    ("concentration", "count", "printed"),
    [(1, 10, "4.303761674657"), (10, 100, "46.54456158441"), (100, 1000, "467.249053367")],
)
def test_entropy_of_block_sizes_and_its_bound(concentration, count, printed):
    def binary_entropy(q):
        return 0.0 if q in (0, 1) else -q * math.log(q) - (1 - q) * math.log1p(-q)

    entropy = math.fsum(binary_entropy(concentration / (concentration + i)) for i in range(count))
    assert entropy == pytest.approx(float(printed), rel=0, abs=0.51 * 10.0 ** -len(printed.split(".")[1]))
    ell = math.log1p((count - 1) / concentration)
    assert entropy <= concentration * (ell + ell**2 / 2)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 3000), concentrations)
def test_entropy_bound_holds_everywhere(count, concentration):
    q = concentration / (concentration + np.arange(1, count))
    entropy = float(np.sum(-q * np.log(q) - (1 - q) * np.log1p(-q)))
    ell = math.log1p((count - 1) / concentration)
    assert entropy <= concentration * (ell + ell**2 / 2) * (1 + 1e-9) + 1e-12
