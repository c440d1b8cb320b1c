"""From expressions to machine code: derivatives, refusals, NaN, and accuracy of the text."""

import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from infobound.errors import ExpressionError
from infobound.kernels.lowering import derivative, source
from infobound.kernels.points import evaluate
from infobound.special import expected_atoms, scaled_polygamma_slope

x, y = sp.symbols("x y", positive=True)
z = sp.Symbol("z", real=True)


def value_at(expr, **values):
    symbols = {symbol.name: symbol for symbol in expr.free_symbols}
    return float(evaluate([expr], {symbols[name]: values[name] for name in symbols})[0])


# Derivatives


def smooth_expressions():
    leaves = st.sampled_from([x, y, sp.Integer(2), sp.Rational(1, 3), x / y, 1 / x])

    def grown(parts):
        return st.one_of(
            st.builds(lambda a, b: a + b, parts, parts),
            st.builds(lambda a, b: a * b, parts, parts),
            st.builds(lambda a, b: a / (1 + b), parts, parts),
            st.builds(lambda a: sp.log(1 + a), parts),
            st.builds(lambda a: sp.exp(-a), parts),
            st.builds(lambda a: sp.sqrt(1 + a), parts),
            st.builds(lambda a, b: (1 + a) ** (b / (1 + b)), parts, parts),
            st.builds(lambda a, b: expected_atoms(1 + a, b), parts, parts),
        )

    return st.recursive(leaves, grown, max_leaves=6)


def high_precision(expr, point):
    return float(expr.subs({symbol: sp.Float(number, 60) for symbol, number in point.items()}).evalf(30))


@settings(max_examples=60, deadline=None)
@given(smooth_expressions(), st.floats(0.3, 3), st.floats(0.3, 3), st.sampled_from([x, y]), st.booleans())
def test_derivative_is_sympys(expr, at_x, at_y, symbol, log):
    point = {x: at_x, y: at_y}
    ours = high_precision(spelled_out(derivative(expr, symbol, log=log)), point)
    theirs = high_precision(sp.diff(expr, symbol) * (symbol if log else 1), point)
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-14)


# heads of derivatives that have no numbers outside kernels
HEADS = {"_Excess": lambda g: sp.log(1 + g) - g / (1 + g), "_Share": lambda g: g / (1 + g)}


def spelled_out(expr):
    return expr.replace(lambda node: node.func.__name__ in HEADS, lambda node: HEADS[node.func.__name__](*node.args))


@pytest.mark.parametrize(
    "expr",
    [
        x * sp.log(1 + y / x),
        y * x * sp.log(1 + 3 / x),
        x / (x + y),
        (x + y) / x,
        x**2 / (x**2 + y),
        sp.sqrt(x) / sp.sqrt(x + y),
        x * sp.log(1 + x) / (x + y),
        x / (x + sp.log(x)),
        x / (x + y + x**2),
        x**y / (x**y + 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("log", [True, False])
def test_rules_against_cancellation_change_no_value(expr, log):
    for at_x, at_y in [(0.7, 2.3), (1.0, 1.0), (40.0, 0.1), (1e-3, 30.0)]:
        point = {x: at_x, y: at_y}
        first = derivative(expr, x, log=log)
        theirs = sp.diff(expr, x) * (x if log else 1)
        assert high_precision(spelled_out(first), point) == pytest.approx(high_precision(theirs, point), rel=1e-14)
        second = derivative(first, x, log=log)
        theirs = sp.diff(theirs, x) * (x if log else 1)
        assert high_precision(spelled_out(second), point) == pytest.approx(high_precision(theirs, point), rel=1e-14)


@pytest.mark.parametrize(("expr", "slope"), [(x / (x + y), 1e-15), ((x + y) / x, -1e-15)], ids=str)
def test_terms_that_cancel_do_so_before_rounding(expr, slope):
    assert value_at(derivative(expr, x), x=1e18, y=1e3) == pytest.approx(slope, rel=1e-14)


def test_slope_of_a_power_at_any_magnitude():
    expr = y * x ** (-z)
    for order, exact in enumerate((-0.3, 0.09)):
        for _ in range(order + 1):
            expr = derivative(expr, x)
        got = value_at(expr, x=1e290, y=2.0, z=0.3)
        assert got == pytest.approx(exact * 2e-87, rel=1e-13)
        expr = y * x ** (-z)


@pytest.mark.parametrize("at", [1e-300, 1e-160, 1e-5, 1.0, 1e5, 1e160, 1e300])
def test_slope_of_a_logarithm_at_any_magnitude(at):
    expr = sp.log(1 + 2 / x)
    first, second = (
        float(array) for array in evaluate([derivative(expr, x), derivative(derivative(expr, x), x)], {x: at})
    )
    share = 1 / (1 + at / 2)
    assert first == pytest.approx(-share, rel=1e-15)
    assert second == pytest.approx(share / (1 + 2 / at), rel=1e-15)


def test_excess_of_a_logarithm_keeps_its_digits():
    # d/dx x ln(1 + y/x) = ln(1 + q) - q/(1 + q) = q^2/2 - 2 q^3/3 + ... at q = y/x
    got = value_at(derivative(x * sp.log(1 + y / x), x, log=False), x=1e9, y=1.0)
    assert got == pytest.approx(5e-19 * (1 - 4e-9 / 3), rel=1e-14)
    got = value_at(derivative(z * sp.log(1 - 1 / z), z, log=False), z=2.0)
    assert got == pytest.approx(math.log(0.5) + 1, rel=1e-14)


@pytest.mark.parametrize(
    ("expr", "below", "above"),
    [
        (sp.Min(x, 2), 1.0, 0.0),
        (sp.Max(x, 2), 0.0, 1.0),
        (sp.Min(x, y, 4), 1.0, 0.0),
        (sp.Max(2 * x, x + 2, y), 1.0, 2.0),
        (sp.floor(x) + x, 1.0, 1.0),
        (sp.ceiling(x) * x, 2.0, 3.0),
        (sp.Piecewise((x**2, x < 2), (5 * x, True)), 3.0, 5.0),
        (sp.Abs(z - 2), -1.0, 1.0),
    ],
    ids=str,
)
def test_derivative_of_the_active_branch(expr, below, above):
    (symbol,) = expr.free_symbols - {y}
    slope = derivative(expr, symbol, log=False)
    assert not slope.has(sp.Heaviside, sp.DiracDelta, sp.Derivative)
    values = {y: 3.0} if y in expr.free_symbols else {}
    got = evaluate(
        [slope + 0 * symbol], {symbol: np.array([1.5, 2.5 if y not in expr.free_symbols else 3.5]), **values}
    )
    assert list(np.broadcast_to(got[0], 2)) == [below, above]


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3, unique=True))
@settings(deadline=None)
def test_extremes_of_three(numbers):
    symbols = sp.symbols("u v w", real=True)
    values = dict(zip(symbols, numbers, strict=True))
    for head, best in ((sp.Min, min(numbers)), (sp.Max, max(numbers))):
        expr = head(*symbols)
        got = [float(slope) for slope in evaluate([derivative(expr, s, log=False) for s in symbols], values)]
        assert got == [float(number == best) for number in numbers]


def test_derivative_in_an_absent_symbol_is_nil():
    assert derivative(sp.gamma(y) + y, x) == 0


# Refusals


@pytest.mark.parametrize(
    ("expr", "head"),
    [
        (sp.gamma(x), "gamma"),
        (sp.sin(x), "sin"),
        (sp.Function("mystery")(x), "mystery"),
        (sp.Sum(x**y, (y, 1, 3)), "Sum"),
        (sp.I * x, "ImaginaryUnit"),
        (sp.zoo, "ComplexInfinity"),
        (sp.Heaviside(z), "Heaviside"),
        (sp.Piecewise((x, sp.Symbol("condition")), (1, True)), "condition"),
    ],
    ids=str,
)
def test_unknown_heads_are_refused_by_name(expr, head):
    with pytest.raises(ExpressionError, match=head):
        evaluate([expr], dict.fromkeys((x, y, z), 1.0))


def test_functions_without_a_derivative_rule_are_refused_by_name():
    with pytest.raises(ExpressionError, match="gamma"):
        derivative(sp.gamma(x), x)
    with pytest.raises(ExpressionError, match="scaled_polygamma_slope"):
        derivative(scaled_polygamma_slope(1, x), x)
    with pytest.raises(ExpressionError, match="expected_atoms_slope"):
        derivative(derivative(expected_atoms(x, y), y), y)


# NaN and infinities


@pytest.mark.parametrize(
    "expr",
    [
        sp.Min(x, y),
        sp.Max(x, y),
        sp.Min(x, y, 3),
        sp.Piecewise((1, x < y), (2, True)),
        sp.Piecewise((1, sp.And(x < 5, y < 5)), (2, True)),
        sp.Piecewise((1, sp.Or(x > 5, y > 5)), (2, True)),
        sp.Piecewise((1, sp.Eq(x, y)), (2, True)),
        sp.Piecewise((1, sp.Ne(x, y)), (2, True)),
        x**y,
        expected_atoms(1 + x, y),
        sp.floor(x) + sp.ceiling(y),
        sp.log(1 + x) + sp.Abs(sp.exp(y) - 1),
    ],
    ids=str,
)
def test_nan_in_any_symbol_gives_nan(expr):
    nan = math.nan
    assert math.isnan(value_at(expr, x=nan, y=1.0))
    assert math.isnan(value_at(expr, x=1.0, y=nan))
    assert not math.isnan(value_at(expr, x=1.0, y=2.0))


def test_infinities():
    assert value_at(x + sp.oo + 0 * y, x=1.0) == math.inf
    assert value_at(1 / x, x=0.0) == math.inf
    assert value_at(sp.log(x), x=0.0) == -math.inf
    assert value_at(sp.exp(x), x=1e3) == math.inf
    assert value_at(x * sp.Integer(10) ** 400, x=1.0) == math.inf
    assert value_at(sp.Min(x, 3), x=math.inf) == 3.0
    assert math.isnan(value_at(sp.log(z), z=-1.0))


def test_piecewise_without_a_default_is_nan_elsewhere():
    got = evaluate([sp.Piecewise((x, x > 1))], {x: np.array([2.0, 0.5])})[0]
    assert got[0] == 2.0
    assert math.isnan(got[1])


# The text


@pytest.mark.parametrize(
    ("expr", "exact"),
    [
        (sp.log(1 + z), 1e-18),
        (sp.exp(z) - 1, 1e-18),
        (1 - sp.exp(z), -1e-18),
        (2 * sp.log(1 + 3 * z), 6e-18),
        (y + sp.exp(z) - 1 - y, 1e-18),
    ],
    ids=str,
)
def test_small_arguments_keep_their_digits(expr, exact):
    assert value_at(expr, z=1e-18) == pytest.approx(exact, rel=1e-15)


def test_a_power_with_a_symbol_beside_whole_powers_of_its_base_is_kept():
    """y^2 x^y / x^2 pairs (y/x)^2, and lost x^y with the other powers of x."""
    assert value_at(y**2 * x**y / x**2, x=3.0, y=1.5) == pytest.approx(1.5**2 * 3.0**-0.5, rel=1e-15)


def test_pairing_powers_keeps_other_powers_of_their_bases():
    a = sp.Symbol("a", positive=True)
    expr = x**2 / ((x + y) ** 2 * (x + y) ** a)
    assert value_at(expr, x=3.0, y=2.0, a=0.5) == pytest.approx(9 / 25 / math.sqrt(5), rel=1e-15)


def test_ratios_of_powers_do_not_overflow():
    expr = x**2 * y**2 / (x + y) ** 4
    assert value_at(expr, x=1e200, y=1e200) == pytest.approx(1 / 16, rel=1e-14)
    assert value_at(x**3 / y**3, x=1e250, y=1e249) == pytest.approx(1000, rel=1e-13)


@pytest.mark.parametrize(
    "name",
    ["lambda", "x_{1}", "a b", "1x", "nan", "exp", "kernel", "x0", "α", "", "x'", "i", "out", "count", "_"],
)
def test_any_name_of_a_symbol(name):
    symbol = sp.Symbol(name)
    assert float(evaluate([symbol**2 + sp.log(1 + symbol**2)], {symbol: 1.0})[0]) == 1 + math.log(2)


def test_names_that_differ_only_in_odd_characters():
    odd = sp.symbols(r"a\ b a_b", cls=sp.Symbol)
    others = (sp.Symbol("a-b"), sp.Dummy("exp"))
    values = dict(zip((*odd, *others), (1.0, 2.0, 4.0, 8.0), strict=True))
    expr = sum(values, sp.S.Zero)
    assert float(evaluate([expr], values)[0]) == 15.0


def test_constants_and_shapes():
    assert float(evaluate([sp.pi], {})[0]) == math.pi
    grid = evaluate([x + y, sp.Integer(2)], {x: np.ones((3, 1)), y: np.arange(4.0)})
    assert [array.shape for array in grid] == [(3, 4), (3, 4)]
    assert evaluate([x], {x: np.empty(0)})[0].shape == (0,)
    assert list(evaluate([x], {x: np.arange(6.0)[::-2]})[0]) == [5.0, 3.0, 1.0]


def test_unknown_power_text_is_closed():
    assert source(x**y) == "power(x_, y_)"
    assert source(sp.sqrt(x)) == "sqrt(x_)"


def test_a_base_under_a_number_and_under_a_symbol_keeps_both_powers():
    x, y, q = sp.symbols("x y q", positive=True)
    expr = x**2 * (y + 1) ** -2 * (y + 1) ** -q
    (got,) = evaluate([expr], {x: np.array([3.0]), y: np.array([4.0]), q: np.array([0.5])})
    assert got[0] == pytest.approx(9 / 5**2.5, rel=1e-15)


def test_long_products_of_sums_are_not_written_out():
    a, b = sp.symbols("a b", positive=True)
    expr = sp.log(1 + x) * (a + b + y) ** 1000
    assert value_at(derivative(expr, x), x=3.0, y=0.2, a=0.4, b=0.4) == pytest.approx(0.75, rel=1e-12)
