"""The checks accept what is true, reject what is false, and say where they got stuck."""

from dataclasses import replace

import flint
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from infobound.errors import CheckFailed, ExpressionError
from infobound.proof.algebra import alike, vanishes
from infobound.proof.averages import Mean, pulled_out
from infobound.proof.balls import certify, enclosure
from infobound.proof.calculus import (
    ConvexMinimum,
    Induction,
    IntegralTest,
    Integration,
    SignOfDerivative,
    Summation,
)
from infobound.proof.check import Algebra, Balls, Cases, Change, Definition, Factored, Split, Theorem
from infobound.proof.domain import interval_of, points
from infobound.proof.signs import continuous, nonnegative, positive
from infobound.proof.step import (
    Goal,
    Standing,
    Step,
    above,
    at_least,
    at_most,
    below,
    equal,
    weakest,
    whole,
)
from infobound.special import admissible_features, spectrum_nats

K, n, d, T, eps = sp.symbols("K n d T epsilon", positive=True)
a, b, x, y, t, s = sp.symbols("a b x y t s", real=True)
u = sp.Symbol("u", nonnegative=True)
i = sp.Symbol("i", integer=True, nonnegative=True)
k = sp.Symbol("k", integer=True, positive=True)
HALF = sp.Rational(1, 2)


def passes(check, claim, *hypotheses):
    check.examine(Goal(claim, hypotheses))


def fails(check, claim, *hypotheses, match=None):
    with pytest.raises(CheckFailed, match=match):
        check.examine(Goal(claim, hypotheses))


def bregman(first, second):
    slope = sp.exp(first) / (1 + sp.exp(first))
    return sp.log(1 + sp.exp(second)) - sp.log(1 + sp.exp(first)) - slope * (second - first)


class TestAlgebra:
    @pytest.mark.parametrize(
        ("lhs", "rhs"),
        [
            (sp.log(1 + 2 / eps), sp.log((eps + 2) / eps)),
            ((1 + 2 / eps) ** d, ((1 + eps / 2) / (eps / 2)) ** d),
            (sp.log(2 * n * (1 + 2 / eps) ** d), sp.log(2 * n) + d * sp.log(1 + 2 / eps)),
            (K * (sp.digamma(K + n + 1) - sp.digamma(K + n)), K / (K + n)),
            (sp.gamma(K + 2), K * (K + 1) * sp.gamma(K)),
            (sp.exp(a) / (1 + sp.exp(a)), 1 / (1 + sp.exp(-a))),
            (sp.sin(3 * s), 3 * sp.sin(s) - 4 * sp.sin(s) ** 3),
            (K * (1 - K / (K + 2)), 2 * K / (K + 2)),
            (sp.Sum(K * i, (i, 0, n - 1)), K * sp.Sum(k, (k, 0, n - 1))),
            (Mean((a - b) ** 2, a), Mean(a**2, a) - 2 * b * Mean(a, a) + b**2),
        ],
    )
    def test_identities(self, lhs, rhs):
        passes(Algebra(), equal(lhs, rhs))
        fails(Algebra(), equal(lhs, 2 * rhs))
        fails(Algebra(), equal(lhs, rhs + sp.Rational(1, 10**9)))

    def test_the_root_of_the_codebook_cubic_in_closed_form(self):
        root = 2 / sp.sqrt(3) * sp.sin(s / 3) - sp.Rational(4, 3) * sp.sin(s / 6) ** 2
        passes(Algebra(), equal(root**2 * (root + 2), sp.Rational(32, 27) * sp.sin(s / 2) ** 2))
        fails(Algebra(), equal(root**2 * (root + 2), sp.Rational(31, 27) * sp.sin(s / 2) ** 2))

    def test_logarithms_of_reals_are_not_split(self):
        assert not vanishes(sp.log(a * b) - sp.log(a) - sp.log(b))
        assert not vanishes(sp.sqrt(a**2) - a)

    def test_numbers_are_not_believed(self):
        # Agrees with zero to 15 digits at every point of the domain, and is not zero.
        assert not vanishes(sp.sin(x) / 10**40)

    @pytest.mark.parametrize(
        ("difference", "hypotheses"),
        [
            (sp.Rational(1, 4) - sp.exp(b) / (1 + sp.exp(b)) ** 2, ()),
            (n**2 - n, (at_least(n, 1),)),
            (sp.log(n), (at_least(n, 1),)),
            (T - d, (at_most(d, T),)),
            (a**2 + b**2 - 2 * a * b, ()),
            (x - x**3, (at_least(x, 0), at_most(x, 1))),
            (x**4 - 2 * x**2 + 1, ()),
            (K * sp.log(1 + n / K), ()),
            (1 / (1 - x), (at_least(x, 0), below(x, 1))),
        ],
    )
    def test_signs(self, difference, hypotheses):
        passes(Algebra(), at_least(difference, 0), *hypotheses)
        fails(Algebra(), at_least(-difference, 0), *hypotheses)

    @pytest.mark.parametrize(
        ("difference", "hypotheses"),
        [
            (n**2 - n, ()),
            (sp.log(n), ()),
            (T - d, (at_most(d, 2 * T),)),
            (x - x**3, (at_least(x, 0), at_most(x, 2))),
            (x - x**3, (at_most(x, 1),)),
            (1 / (1 - x), (at_least(x, 0), at_most(x, 1))),
            (x**3 - x, (at_least(x, 0),)),
            (a**2 + b**2 - 3 * a * b, ()),
        ],
    )
    def test_too_large_a_domain(self, difference, hypotheses):
        fails(Algebra(), at_least(difference, 0), *hypotheses)

    def test_what_is_too_long_to_multiply_out_is_not_proved(self):
        x, y = a + eps + 1, d + eps + K + T
        assert nonnegative(x**2 + y**2 - 2 * x * y)
        assert not nonnegative(x**200 + y**200 - 2 * x**100 * y**100)
        assert not vanishes(sp.exp(x**200) * sp.exp(-(y**200)) - 1)

    def test_strict_claims_need_strict_signs(self):
        assert nonnegative(x**4 - 2 * x**2 + 1)
        assert not positive(x**4 - 2 * x**2 + 1)
        assert positive(T - d, (below(d, T),))
        assert not positive(T - d, (at_most(d, T),))

    @given(
        st.lists(st.integers(-6, 6), min_size=2, max_size=5),
        st.integers(-3, 3),
        st.integers(0, 4),
        st.booleans(),
    )
    @settings(max_examples=60, deadline=None)
    def test_a_sign_proved_is_a_sign_seen(self, coefficients, low, width, strict):
        polynomial = sum(c * x**power for power, c in enumerate(coefficients))
        hypotheses = (at_least(x, low), at_most(x, low + width))
        proved = (positive if strict else nonnegative)(sp.sympify(polynomial), hypotheses)
        seen = [sp.sympify(polynomial).subs(x, low + width * sp.Rational(step, 24)) for step in range(25)]
        if proved:
            assert all(value > 0 or (value == 0 and not strict) for value in seen)
        elif width and len(coefficients) == 2:  # a line is decided by its ends
            assert not all(value > 0 or (value == 0 and not strict) for value in seen)


class TestIntegrals:
    DENSITY = K * (1 - x) ** (K - 1)

    @pytest.mark.parametrize(
        ("integral", "value"),
        [
            (sp.Integral(sp.exp(-(x**2) / 2) * x**2, (x, -sp.oo, sp.oo)), sp.sqrt(2 * sp.pi)),
            (sp.Integral(sp.exp(-(x**2) / 2) * x**2, (x, 0, sp.oo)), sp.sqrt(2 * sp.pi) / 2),
            (sp.Integral(x**2 * K * (1 - x) ** (K - 1), (x, 0, 1)), 2 / ((K + 1) * (K + 2))),
            (sp.Integral((1 - x) ** 2 * K * (1 - x) ** (K - 1), (x, 0, 1)), K / (K + 2)),
            (sp.Integral(K / (K + x), (x, 0, n)), K * sp.log(1 + n / K)),
            (sp.Integral(sp.sin(x) * x, (x, 0, sp.pi)), sp.pi),
        ],
    )
    def test_values(self, integral, value):
        passes(Integration(), equal(integral, value))
        fails(Integration(), equal(integral, 2 * value))
        fails(Integration(), equal(integral, value + 1))

    def test_an_antiderivative_is_verified(self):
        """The arc-cosine integral of degree one, over the half-plane where both units are active."""
        theta = sp.Symbol("theta", positive=True)
        inside = (at_most(theta, sp.pi),)
        body = sp.cos(x) * sp.cos(x - theta)
        primitive = x * sp.cos(theta) / 2 + sp.sin(2 * x - theta) / 4
        integral = sp.Integral(body, (x, theta - sp.pi / 2, sp.pi / 2))
        value = (sp.sin(theta) + (sp.pi - theta) * sp.cos(theta)) / 2
        passes(Integration(primitive), equal(integral, value), *inside)
        fails(Integration(primitive + x), equal(integral, value), *inside, match="differentiate")
        fails(Integration(primitive), equal(integral, 2 * value), *inside)
        fails(Integration(primitive), equal(integral, value), match="upwards")

    def test_an_antiderivative_with_a_jump_is_refused(self):
        primitive = sp.atan(sp.tan(x) / 2) / 2
        body = sp.simplify(sp.diff(primitive, x))
        fails(Integration(primitive), equal(sp.Integral(body, (x, 0, sp.pi)), 0), match="continuous")

    def test_a_divergent_integral_has_no_value(self):
        fails(Integration(), equal(sp.Integral(1 / x**2, (x, -1, 1)), -2))


class TestSums:
    def test_geometric(self):
        body = 2 / ((K + 1) * (K + 2)) * (K / (K + 2)) ** (k - 1)
        passes(Summation(), equal(sp.Sum(body, (k, 1, sp.oo)), 1 / (K + 1)))
        fails(Summation(), equal(sp.Sum(body, (k, 2, sp.oo)), 1 / (K + 1)))
        fails(Summation(), equal(sp.Sum(body, (k, 1, sp.oo)), 1 / K))

    def test_a_geometric_sum_diverges_without_a_small_ratio(self):
        fails(Summation(), equal(sp.Sum(2**k, (k, 1, sp.oo)), -2), match="ratio")
        fails(Summation(), equal(sp.Sum(K**k, (k, 1, sp.oo)), K / (1 - K)))
        passes(Summation(), equal(sp.Sum(K**k, (k, 1, sp.oo)), K / (1 - K)), below(K, 1))

    def test_telescoping(self):
        total = sp.Sum(1 / (k * (k + 1)), (k, 1, n))
        passes(Summation(-1 / k), equal(total, 1 - 1 / (n + 1)))
        fails(Summation(-1 / k), equal(total, 1 - 1 / n))
        fails(Summation(-2 / k), equal(total, 2 - 2 / (n + 1)))

    def test_telescoping_logarithms(self):
        total = sp.Sum(sp.log(1 + 1 / (K + i)), (i, 0, n - 1))
        passes(Summation(sp.log(K + i)), equal(total, sp.log(1 + n / K)), whole(n))
        passes(Induction(n), equal(total, sp.log(1 + n / K)), whole(n))
        fails(Summation(sp.log(K + i)), equal(total, sp.log(1 + (n - 1) / K)), whole(n))

    def test_induction(self):
        total = sp.Sum(K / (K + i), (i, 0, n - 1))
        closed = K * (sp.digamma(K + n) - sp.digamma(K))
        passes(Induction(n), equal(total, closed), whole(n))
        fails(Induction(n), equal(total, closed), match="integer")
        fails(Induction(n), equal(total, closed + 1), whole(n))
        fails(Induction(n), equal(sp.Sum(K / (K + i), (i, 0, n)), closed), whole(n))
        passes(Induction(n), at_most(sp.Sum(K / (K + i), (i, 0, n - 1)), n), whole(n))
        fails(Induction(n), at_most(sp.Sum(K / (K + i), (i, 0, n - 1)), n - 1), whole(n))

    def test_integral_test(self):
        term = K / (K + x)
        total = sp.Sum(K / (K + i), (i, 0, n - 1))
        lower = below(sp.Integral(term, (x, 0, n)), total)
        passes(IntegralTest(term, x, i, n, "lower"), lower, whole(n))
        passes(
            IntegralTest(term, x, i, n, "upper"),
            at_most(total, 1 + sp.Integral(term, (x, 0, n - 1))),
            whole(n),
        )
        fails(IntegralTest(term, x, i, n, "lower"), lower)
        fails(
            IntegralTest(-term, x, i, n, "lower"),
            below(sp.Integral(-term, (x, 0, n)), sp.Sum(-K / (K + i), (i, 0, n - 1))),
            whole(n),
            match="decreasing",
        )
        fails(
            IntegralTest(term, x, i, n, "lower"),
            below(sp.Integral(term, (x, 0, n + 1)), total),
            whole(n),
        )

    def test_integral_test_from_where_a_term_is_infinite(self):
        """Without the integral's value nothing is claimed: of 1/x there is none."""
        root, total = 1 / sp.sqrt(x), sp.Sum(1 / sp.sqrt(1 + i), (i, 0, n - 1))
        area = sp.Integral(root, (x, 0, n))
        check, claim = IntegralTest(root, x, i, n, "after", finite="area"), at_most(total, area)

        def goal(value, integration, *hypotheses, given=(), body=area):
            earlier = {"area": Step("area", "", "", equal(body, value), integration, given)}
            return Goal(claim, hypotheses, earlier)

        good = Integration(2 * sp.sqrt(x))
        good.examine(Goal(equal(area, 2 * sp.sqrt(n))))
        check.examine(goal(2 * sp.sqrt(n), good, whole(n)))
        for wrong, match in (
            (goal(2 * sp.sqrt(n), good), "counts at least one"),
            (goal(2 * sp.sqrt(n), Algebra(), whole(n)), "by integration"),
            (goal(sp.oo, good, whole(n)), "finite value"),
            (goal(2 * sp.sqrt(n), good, whole(n), body=area / 2), "finite value"),
            (goal(2 * sp.sqrt(n), good, whole(n), given=(at_least(n, 9),)), "where its use does"),
        ):
            with pytest.raises(CheckFailed, match=match):
                check.examine(wrong)
        fails(IntegralTest(root, x, i, n, "after"), claim, whole(n), match="gives the integral a value")
        steep = IntegralTest(1 / x, x, i, n, "after", finite="area")
        harmonic, infinite = sp.Sum(1 / (1 + i), (i, 0, n - 1)), sp.Integral(1 / x, (x, 0, n))
        fails(Integration(sp.log(x)), equal(infinite, sp.log(n)))
        with pytest.raises(CheckFailed, match="finite value"):
            steep.examine(replace(goal(2 * sp.sqrt(n), good, whole(n)), claim=at_most(harmonic, infinite)))
        with pytest.raises(CheckFailed, match="gives"):
            check.examine(replace(goal(2 * sp.sqrt(n), good, whole(n)), claim=at_most(total, area - 1)))
        rising = replace(check, term=sp.sqrt(x))
        with pytest.raises(CheckFailed, match="decreasing"):
            rising.examine(replace(goal(2 * sp.sqrt(n), good, whole(n)), claim=rising.yields()))
        fails(
            IntegralTest(K / (K + x), x, i, n, "upper", finite="area"),
            at_most(sp.Sum(K / (K + i), (i, 0, n - 1)), 1 + sp.Integral(K / (K + x), (x, 0, n - 1))),
            whole(n),
            match="'after' only",
        )


class TestCalculus:
    def test_special_functions_are_smooth_where_they_say_so(self):
        """An antiderivative may hold them for positive arguments; one with jumps is refused."""
        area = sp.Integral(sp.log(1 + T * d ** (-1 - K)), (d, 0, n))
        passes(Integration(spectrum_nats(d, T, K)), equal(area, spectrum_nats(n, T, K)))
        fails(Integration(spectrum_nats(d, 2 * T, K)), equal(area, spectrum_nats(n, 2 * T, K)), match="differentiate")
        fails(Integration(spectrum_nats(d, T, K)), equal(area, 2 * spectrum_nats(n, T, K)))
        assert continuous(spectrum_nats(u + 1, T, K), u, ())
        assert not continuous(spectrum_nats(u, T, K), u, ())
        assert not continuous(admissible_features(n, d), d, ())

    def test_logits(self):
        passes(ConvexMinimum(b, a), at_most(bregman(a, b), (a - b) ** 2 / 8))
        fails(ConvexMinimum(b, a), at_most(bregman(a, b), (a - b) ** 2 / 9))
        fails(ConvexMinimum(b, a), below(bregman(a, b), (a - b) ** 2 / 8))
        fails(ConvexMinimum(b, a + 1), at_most(bregman(a, b), (a - b) ** 2 / 8), match="stationary")

    def test_a_minimiser_must_lie_in_the_domain(self):
        claim = at_least((x - 2) ** 2, 0)
        passes(ConvexMinimum(x, 2), claim)
        fails(ConvexMinimum(x, 2), claim, at_most(x, 1))

    def test_symbolic_exponents(self):
        """The optimum of A/N^alpha + B/(C/(6N))^beta, in ln N where it is convex."""
        A, B, C, alpha, beta = sp.symbols("A B C alpha beta", positive=True)
        best = (alpha * A / (beta * B)) ** (1 / (alpha + beta)) * (C / 6) ** (beta / (alpha + beta))

        def loss(size):
            return A * size ** (-alpha) + B * (C / (6 * size)) ** (-beta)

        claim = at_least(loss(sp.exp(y)), loss(sp.exp(sp.log(best))))
        passes(ConvexMinimum(y, sp.log(best)), claim)
        fails(ConvexMinimum(y, sp.log(2 * best)), at_least(loss(sp.exp(y)), loss(2 * best)))

    def test_logarithms_and_exponentials_of_known_sign(self):
        passes(Algebra(), at_least(sp.log((K + u) / K), 0))
        passes(Algebra(), at_most(sp.exp(-u), 1))
        passes(SignOfDerivative(u, 0), at_most(-(1 - u) * sp.log(1 - u), u), below(u, 1))
        fails(Algebra(), at_most(sp.exp(u), 1 + sp.log(1 + u)))  # one variable must not stand for both
        fails(Algebra(), at_least(1 + sp.log(1 + u), sp.exp(u)))

    def test_sign_of_derivative(self):
        passes(SignOfDerivative(u, 0), at_most(sp.log(1 + u), u))
        fails(SignOfDerivative(u, 0), at_least(sp.log(1 + u), u))
        fails(SignOfDerivative(u, 0), below(sp.log(1 + u), u))
        passes(SignOfDerivative(K, 0), below(sp.log(1 + K), K))
        fails(SignOfDerivative(x, 0), at_most(sp.log(1 + x), x), above(x, -1), match="end")

    def test_a_value_at_infinity(self):
        passes(SignOfDerivative(K, sp.oo), above(1 / K, sp.log(1 + 1 / K)))
        fails(SignOfDerivative(K, sp.oo), below(1 / (K + 1) + 1, sp.log(1 + 1 / K)))

    def test_a_walk_must_stay_in_the_domain(self):
        # Nonnegative derivative wherever the hypotheses hold, but they leave out what lies between.
        claim = at_least(x**3 - x, 0)
        fails(SignOfDerivative(x, 0), claim, at_least(x, 0), at_least(x**2, 1), match="one interval")

    def test_a_jump_is_no_monotone_function(self):
        fails(SignOfDerivative(x, -1), at_least(-1 / x, 1), at_least(x, -1), match="continuous|hold")

    def test_cases(self):
        relu = sp.Max(0, a), sp.Max(0, b), sp.Max(0, -a), sp.Max(0, -b)
        pair = (relu[0] - relu[1]) ** 2 + (relu[2] - relu[3]) ** 2
        passes(Cases((a, b)), at_most(pair, (a - b) ** 2))
        fails(Cases((a, b)), at_most(pair, (a - b) ** 2 / 2))
        fails(Cases((a, b)), at_least(pair, (a - b) ** 2))
        passes(Cases((x,)), equal(sp.Abs(x), sp.Max(x, -x)))

    def test_split_and_factor(self):
        claim = at_least(sp.exp(-u), 1 - u)
        parts = Split(u, 1, SignOfDerivative(u, 0), Algebra())
        passes(parts, claim)
        assert parts.standing is Standing.EXACT
        passes(Factored(u), at_least(u**3 + u, 0))
        fails(Factored(x), at_least(x**3 + x, 0), match="negative")


class TestBalls:
    def test_on_a_box(self):
        box = (at_least(x, sp.Rational(1, 10)), at_most(x, 3))
        passes(Balls(), above(sp.exp(x), 1 + x + sp.Rational(49, 100) * x**2), *box)
        assert Balls().standing is Standing.CERTIFIED

    def test_too_wide_a_box_names_where_it_stuck(self):
        claim = at_least(sp.exp(x), 1 + x + x**2 / 2)  # true for x >= 0, but touches at 0
        passes(Balls(), claim, at_least(x, sp.Rational(1, 10)), at_most(x, 3))
        fails(Balls(boxes=300), claim, at_least(x, 0), at_most(x, 3), match=r"after 300 boxes at x in \[")
        fails(Balls(), claim, at_least(x, -1), at_most(x, 3), match="x = -")
        with pytest.raises(CheckFailed, match=r"middle of x in \["):
            certify(x - sp.Rational(1, 7), {x: (0, 1)}, strict=False)

    def test_an_unbounded_domain_needs_a_change_of_variable(self):
        claim = above(K + 1 / K, sp.Rational(19, 10))
        fails(Balls(), claim, match="change of variable")
        onto = {K: Change(t / (1 - t), t)}
        passes(Balls(change=onto, scaling=K / (1 + K) ** 2), claim)
        fails(Balls(change=onto, scaling=K - 1), claim, match="scaling")
        fails(Balls(change={K: Change(t / (2 - t), t)}), claim, match="cover")
        fails(Balls(change={K: Change(t * (1 - t), t)}), claim, match="monotone")
        fails(Balls(change=onto, scaling=K / (1 + K) ** 2, boxes=200), above(K + 1 / K, 2))

    def test_a_boundary_zero_by_its_derivative(self):
        claim = at_least(sp.sin(u), 2 * u / sp.pi - u**2)
        fails(Balls(boxes=200), above(sp.sin(u), 2 * u / sp.pi - u**2), at_most(u, 1))
        passes(SignOfDerivative(u, 0, then=Balls()), claim, at_most(u, 1))

    def test_functions_of_ones_own(self):
        class doubled(sp.Function):  # noqa: N801
            @staticmethod
            def arb_value(ball):
                return 2 * ball

        assert certify(doubled(x) - 1, {x: (1, 2)}, strict=True) == 1
        with pytest.raises(ExpressionError, match="zeta"):
            certify(sp.zeta(x), {x: (2, 3)}, strict=True)

    def test_special_functions_enclose(self):
        for expression, point in ((sp.polygamma(1, x), 3), (sp.digamma(x), 2), (sp.loggamma(x), 5)):
            ball = enclosure(expression, [x])([flint.arb(point).union(flint.arb(point) + 1)])
            assert ball.overlaps(flint.arb(str(expression.subs(x, point).evalf(30))))

    @given(st.integers(-8, 8), st.integers(1, 8), st.integers(2, 5), st.integers(0, 8))
    @settings(max_examples=60, deadline=None)
    def test_powers_enclose(self, low, width, power, place):
        ball = flint.arb(low).union(flint.arb(low + width))
        value = flint.arb(flint.fmpq(8 * low + width * place, 8)) ** power
        assert enclosure(x**power, [x])([ball]).overlaps(value)

    def test_strictness(self):
        box = {x: (sp.Integer(0), sp.Integer(1))}
        with pytest.raises(CheckFailed):
            certify(x, box, strict=True, boxes=100)


class TestSteps:
    def test_a_float_is_refused(self):
        with pytest.raises(ExpressionError, match="Float"):
            Step("f", "", "", at_most(x, 0.5 * x), Algebra())
        with pytest.raises(ExpressionError, match="Float"):
            Step("f", "", "", at_most(x, x), Algebra(), (at_least(x, 0.5),))
        with pytest.raises(ExpressionError, match="Float"):
            Step("f", "", "", at_most(x, x), Balls(scaling=sp.Float("0.5")))

    def test_a_decided_relation_is_refused(self):
        with pytest.raises(ExpressionError, match="equation or inequality"):
            Step("f", "", "", sp.Le(0, u), Algebra())

    def test_standings(self):
        assert weakest(Standing.EXACT, Standing.CITED, Standing.CERTIFIED) is Standing.CITED
        assert weakest() is Standing.EXACT
        assert Step("f", "", "", at_most(x, x), None).standing is Standing.OPEN

    def test_definitions(self):
        fresh, taken = sp.Symbol("c", positive=True), Goal(equal(n, K), taken=frozenset({n}))
        passes(Definition(), equal(fresh, 16 * d / T))
        fails(Definition(), equal(fresh, a), match="positive")
        with pytest.raises(CheckFailed, match="new symbol"):
            Definition().examine(taken)
        kernel = sp.Function("kappa")
        passes(Definition(), equal(kernel(a, b), a * b))
        fails(Definition(), equal(kernel(a, a), a), match="distinct")
        fails(Definition(), equal(kernel(a), a * b), match="own arguments")
        signed = sp.Function("sigma", nonnegative=True)
        fails(Definition(), equal(signed(a), a), match="nonnegative")

    def test_a_cited_theorem_can_be_refuted_but_not_proved(self):
        ran = []
        theorem = Theorem("a theorem", "a book", lambda: ran.append(1), (at_least(n, 1),))
        assert theorem.standing is Standing.CITED
        passes(theorem, at_most(sp.log(n), n), at_least(n, 1))
        assert ran
        fails(theorem, at_most(sp.log(n), n))
        fails(theorem, at_least(sp.log(n), n), at_least(n, 1))


class TestDomain:
    def test_intervals(self):
        assert interval_of(K, ()).low_open
        assert interval_of(n, (whole(n),)).low == 1
        assert interval_of(x, (at_least(x, 2), at_least(x, 1))).low == 2
        assert interval_of(x, (below(x, K),)).high == K

    def test_points_obey_every_hypothesis(self):
        hypotheses = (at_most(d, T), at_least(d, 2), whole(d), at_most(d * K, 50))
        for point in points({d, T, K}, hypotheses):
            assert point[d].is_integer
            assert 2 <= point[d] <= point[T]
            assert point[d] * point[K] <= 50

    def test_constants_leave_an_expectation(self):
        assert pulled_out(Mean(K * a**2 / 8 + K, a)) == K * Mean(a**2, a) / 8 + K
        assert Mean(a * K, a).free_symbols == {K}
        assert alike(Mean(a + b, a, b), Mean(a, a, b) + Mean(b, a, b))
