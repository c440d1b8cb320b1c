"""Grids: every part at its own depth, and every point what it is by itself."""

import itertools

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from test_accuracy import each_form_but, is_published

from infobound.kernels import compiling
from infobound.kernels.hoisting import pieces
from infobound.kernels.nests import outer
from infobound.kernels.points import evaluate

a, b, c, x, y, z = sp.symbols("a b c x y z", positive=True)
PLACE = {x: 0, y: 1, z: 2}


def restored(plan, expr):
    """Put every piece back in place of its name."""
    for piece in reversed(plan.pieces):
        expr = expr.xreplace({piece.symbol: piece.expr})
    return expr


@pytest.mark.parametrize(
    "expr",
    [
        a / x + b * y + c,
        sp.log(x * y) / z + sp.sqrt(x + y) * (x + z + 2 * y),
        sp.Min(x, y) * sp.exp(-y) + sp.Max(1, z / x),
        (x + y) * (x + z) * (y + z),
        sp.Piecewise((x * y, x < y), (z, True)),
        sp.Integer(3),
    ],
)
def test_pieces_put_back_are_the_expression(expr):
    plan = pieces([expr], PLACE, 2)
    point = {a: 1.3, b: 0.7, c: 2.1, x: 1.9, y: 0.4, z: 3.3}
    point = {symbol: np.array(value) for symbol, value in point.items()}
    (again,), (once,) = evaluate([restored(plan, plan.results[0])], point), evaluate([expr], point)
    assert again == pytest.approx(once, rel=1e-14)


def test_each_part_has_the_axes_that_it_names():
    plan = pieces([a * sp.log(x) * sp.log(y) / z + sp.exp(x + y) + c / z], PLACE, 2)
    for piece in plan.pieces:
        used = [
            plan.by_symbol[s].axes if s in plan.by_symbol else frozenset({PLACE[s]})
            for s in piece.expr.free_symbols & {*PLACE, *plan.by_symbol}
        ]
        assert piece.axes == frozenset().union(*used)


def test_no_function_is_left_in_the_innermost_loop_where_the_expression_separates():
    separable = a * x**-b + c / (y * z) + sp.log(1 + x / y) / z
    (result,) = pieces([separable], PLACE, 2).results
    assert not result.has(sp.log, sp.exp)
    assert all(power.base.is_Symbol for power in result.atoms(sp.Pow))
    assert result.count_ops() <= 3


def test_what_varies_along_the_last_axis_alone_is_tabulated():
    plan = pieces([x / z + y * sp.log(z)], PLACE, 2)
    assert {restored(plan, table.expr) for table in plan.tables()} == {1 / z, sp.log(z)}


def filled(expressions, axes, values, dtype=float):
    shape = [len(values[next(iter(axis))]) for axis in axes]
    out = np.full((len(expressions), *shape), np.nan, dtype=dtype)
    outer(expressions, axes, values, out)
    return out


EXPRESSIONS = [
    a / x + y * sp.log(z) + c,
    sp.Min(x, y * z) * sp.exp(-y / z),
    (x + y + z) ** -sp.Rational(3, 2) + sp.floor(x * z),
]


@settings(max_examples=30, deadline=None)
@given(st.permutations([x, y, z]), st.tuples(*[st.integers(1, 5)] * 3), st.integers(0, 2**32 - 1))
def test_every_point_is_what_it_is_by_itself(order, lengths, seed):
    source = np.random.default_rng(seed)
    values = {symbol: source.uniform(0.1, 9, length) for symbol, length in zip(order, lengths, strict=True)}
    values |= {a: np.array(1.5), c: np.array(-0.5)}
    got = filled(EXPRESSIONS, [[symbol] for symbol in order], values)
    shaped = {s: v.reshape([-1 if s == t else 1 for t in order]) if v.ndim else v for s, v in values.items()}
    for row, exact in zip(got, evaluate(EXPRESSIONS, shaped), strict=True):
        np.testing.assert_allclose(row, exact, rtol=1e-14)


def test_nan_and_infinities_stay_in_their_rows():
    values = {x: np.array([1.0, np.nan, 2.0]), y: np.array([1.0, np.inf]), z: np.array([0.5, 1.0, 0.0, np.nan])}
    values |= {a: np.array(1.0), c: np.array(0.0)}
    got = filled(EXPRESSIONS, [[x], [y], [z]], values)
    for place in itertools.product(*map(range, got.shape[1:])):
        point = {symbol: values[symbol][i] for symbol, i in zip((x, y, z), place, strict=True)}
        alone = evaluate(EXPRESSIONS, point | {a: 1.0, c: 0.0})
        np.testing.assert_array_equal(got[(slice(None), *place)], np.array(alone).ravel())


def test_two_symbols_along_one_axis_and_no_axis_at_all():
    both = filled([x * y], [[x, y]], {x: np.arange(4.0), y: np.arange(4.0) + 1})
    np.testing.assert_array_equal(both[0], [0.0, 2.0, 6.0, 12.0])
    single = np.empty((1,))
    outer([x * y], [], {x: np.array(3.0), y: np.array(4.0)}, single)
    assert single.tolist() == [12.0]


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_shares_may_begin_anywhere(threads, monkeypatch):
    monkeypatch.setenv("INFOBOUND_THREADS", str(threads))
    monkeypatch.setattr(compiling, "_WORTHWHILE", 1)
    values = {
        x: np.linspace(1, 2, 3),
        y: np.linspace(2, 5, 7),
        z: np.linspace(1, 3, 11),
        a: np.array(2.0),
        c: np.array(1.0),
    }
    expected = filled(EXPRESSIONS, [[x], [y], [z]], values)
    monkeypatch.setattr(compiling, "_PIECE", 13)
    np.testing.assert_array_equal(filled(EXPRESSIONS, [[x], [y], [z]], values), expected)


def on_axes(law, numbers):
    """A law and its terms on an outer product, and the same at its points one by one."""
    values = dict(zip(law.symbols, numbers, strict=True))
    # four axes will do
    free = 4 - len({law.size, law.data} - {None})
    for parameter in law.parameters:
        if parameter.value is not None:
            values[parameter.symbol] = np.array(float(parameter.value))
        else:
            own = np.minimum(values[parameter.symbol], parameter.high)
            values[parameter.symbol] = own if free > 0 else own[0]
            free -= 1
    axes = [[symbol] for symbol in law.symbols if values[symbol].ndim]
    shaped = {s: v.reshape([-1 if [s] == axis else 1 for axis in axes]) if v.ndim else v for s, v in values.items()}
    expressions = [law.expr, *law.terms.values()]
    return zip(filled(expressions, axes, values), evaluate(expressions, shaped), strict=True)


@each_form_but(is_published)
def test_laws_are_the_same_on_grids_and_at_points(laws):
    law = laws[0]
    source = np.random.default_rng(11)
    for row, alone in on_axes(law, [np.sort(10 ** source.uniform(0, 4, 3 + i)) for i, _ in enumerate(law.symbols)]):
        np.testing.assert_allclose(row, alone, rtol=2e-14)


@each_form_but(is_published)
def test_laws_are_the_same_where_there_is_no_number(laws):
    law = laws[0]
    ends, parameters = np.array([2.5, np.nan, 1.0, 1e150, np.inf]), np.array([2.5, np.nan, 1.0])
    for row, alone in on_axes(law, [ends if s in (law.size, law.data) else parameters for s in law.symbols]):
        np.testing.assert_allclose(row, alone, rtol=2e-14)
