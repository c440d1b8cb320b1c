"""Reductions: what NumPy finds on the whole grid, found without the grid."""

import itertools
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import infobound as ib
from infobound.kernels import compiling
from infobound.kernels.folding import BLOCK, TILE
from infobound.kernels.reductions import least, order_statistics

x, y, z = sp.symbols("x y z", real=True)
PRODUCT = x * y
SQUARED = ib.Cost("squared", sp.Symbol("p") * sp.Symbol("T") ** 2)
AXES = {
    "n": np.geomspace(1, 1e5, 23),
    "T": np.geomspace(1e3, 1e9, 31),
    "d": np.array([2.0, 16.0, 128.0]),
    "K": np.array([0.5, 10.0]),
}
# Few different numbers, so that ties, NaN and infinities meet in every grid.
NUMBERS = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, np.nan, np.inf, -np.inf])


def product(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return rows[:, None] * columns


def first_least(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least along the last axis and its first place, by the rules of `least`."""
    held = np.where(np.isnan(table), np.inf, table)
    place = held.argmin(axis=-1)
    lowest = np.take_along_axis(held, place[..., None], -1)[..., 0]
    return np.where(lowest == np.inf, np.nan, lowest), np.where(lowest == np.inf, -1, place)


# --- the least ------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=4), st.lists(NUMBERS, min_size=5, max_size=9))
def test_the_least_is_numpys(rows: list[float], columns: list[float]) -> None:
    values = {x: np.array(rows), y: np.array(columns)}
    table = product(values[x], values[y])
    for over, moved in (([1], table), ([0], table.T), ([0, 1], table.reshape(-1))):
        got, places = least(PRODUCT, [[x], [y]], over, values)
        expected, place = first_least(moved)
        np.testing.assert_array_equal(got, expected)
        flat = np.ravel_multi_index(np.maximum(places, 0), [table.shape[i] for i in over])
        np.testing.assert_array_equal(np.where(places[0] < 0, -1, flat), place)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [1, 20 * BLOCK, 33 * BLOCK + 5])
def test_the_first_of_equal_ones_in_blocks_and_tiles(count: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFOBOUND_THREADS", str(threads))
    monkeypatch.setattr(compiling, "_WORTHWHILE", 1)
    source = np.random.default_rng(count)
    for _ in range(20):
        rows = source.choice([1.0, 2.0, 3.0, np.nan], count)
        columns = source.choice([1.0, 2.0, 3.0, np.nan], 2 * TILE + 7, p=[0.002, 0.4, 0.4, 0.198])
        lowest, (row, column) = least(PRODUCT, [[x], [y]], [0, 1], {x: rows, y: columns})
        expected, place = first_least(product(rows, columns).reshape(-1))
        np.testing.assert_array_equal(lowest, expected)
        assert place == (row * columns.size + column if row >= 0 else -1)


def test_axes_of_one_point() -> None:
    one = {x: np.array([2.0]), y: np.array([3.0]), z: np.array(5.0)}
    for over in ([0], [1], [0, 1]):
        lowest, places = least(PRODUCT + z, [[x], [y]], over, one)
        assert lowest.ravel().tolist() == [11.0]
        assert all((place == 0).all() for place in places)


@pytest.mark.parametrize(
    ("law", "over"),
    [("sampled_student", "n"), ("truncated_student", ("T", "n")), ("sampled_student", ("n", "T", "d", "K"))],
)
def test_the_least_of_a_law(law: str, over: Any) -> None:
    table = ib.grid(law, **AXES)
    found = ib.least(law, over=over, **AXES)
    names = [over] if isinstance(over, str) else list(over)
    xr.testing.assert_allclose(found.loss, table.min(names), rtol=1e-13)
    assert found.loss.dims == tuple(dim for dim in AXES if dim not in names)
    for name in names:
        assert name in found
    # the law is there what the least is
    there = table.sel({name: found[name] for name in names})
    np.testing.assert_allclose(there.values, found.loss.values, rtol=1e-13)
    assert found.attrs["law"] == law


def test_a_plateau_takes_the_smallest_size() -> None:
    found = ib.least("truncated_student", over="n", n=np.arange(1.0, 400.0), T=[1e6, 1e8], d=2, K=5)
    table = ib.grid("truncated_student", n=np.arange(1.0, 400.0), T=[1e6, 1e8], d=2, K=5)
    np.testing.assert_array_equal(found.n.values, table.n.values[table.argmin("n")])


# --- quantiles ------------------------------------------------------------------------------------------------

FRACTIONS = [0.0, 0.1, 0.5, 0.77, 1.0]


@settings(max_examples=100, deadline=None)
@given(st.lists(NUMBERS | st.floats(), min_size=1, max_size=4), st.lists(NUMBERS | st.floats(), min_size=5, max_size=9))
def test_order_statistics_are_those_of_a_sorted_table(rows: list[float], columns: list[float]) -> None:
    values = {x: np.array(rows), y: np.array(columns)}
    with np.errstate(all="ignore"):
        table = np.sort(product(values[x], values[y]), axis=None)
    table = table[~np.isnan(table)]
    lower, upper, count = order_statistics(PRODUCT, [[x], [y]], values, FRACTIONS)
    assert count == table.size
    if count:
        ranks = np.array(FRACTIONS) * (count - 1)
        np.testing.assert_array_equal(lower, table[np.floor(ranks).astype(int)])
        np.testing.assert_array_equal(upper, table[np.ceil(ranks).astype(int)])
    else:
        assert np.isnan(lower).all()
        assert np.isnan(upper).all()


def test_quantiles_of_a_ratio_are_numpys() -> None:
    ratio = ib.grid("shrunk_student", **AXES) / ib.grid("sampled_student", **AXES)
    found = ib.quantiles("shrunk_student", FRACTIONS, relative_to="sampled_student", **AXES)
    assert found.dims == ("q",)
    np.testing.assert_allclose(found.values, np.quantile(ratio.values, FRACTIONS), rtol=1e-12)
    assert found.attrs["relative_to"] == "sampled_student"
    single = ib.quantiles("shrunk_student", 0.5, relative_to="sampled_student", **AXES)
    assert single.shape == ()
    assert single.item() == pytest.approx(np.median(ratio.values), rel=1e-12)


def test_quantiles_of_laws_with_other_symbols() -> None:
    """Symbols of one name are one number, whatever their assumptions; others need their own."""
    m, T = sp.symbols("n T")
    other = ib.define({"first": 1 / m, "second": 1 / T}, size=m, data=T, name="other")
    found = ib.quantiles(other, [0.25], relative_to="sampled_student", **AXES)
    ratio = (1 / AXES["n"][:, None] + 1 / AXES["T"])[..., None, None] / ib.grid("sampled_student", **AXES).values
    np.testing.assert_allclose(found.values, np.quantile(ratio, [0.25]), rtol=1e-12)


# --- level lines ----------------------------------------------------------------------------------------------


def test_isoloss_is_where_the_law_comes_down_to_the_loss() -> None:
    levels = [1e-4, 1e-3, 1e-2]
    found = ib.isoloss("shrunk_student", levels, along="T", **AXES)
    assert found.dims == ("loss", "n", "d", "K")
    table = ib.grid("shrunk_student", **AXES)
    for level, i, j, k in itertools.product(range(3), range(23), range(3), range(2)):
        cell = {"n": i, "d": j, "K": k}
        along = table.isel(cell).values
        crossing = found.isel(loss=level, **cell).item()
        below = np.flatnonzero(along <= levels[level])
        if not below.size:
            assert np.isnan(crossing)
        elif below[0] == 0:
            assert crossing == AXES["T"][0]
        else:
            assert AXES["T"][below[0] - 1] < crossing <= AXES["T"][below[0]]
            at = {name: AXES[name][place] for name, place in cell.items()}
            assert ib.law("shrunk_student")(T=crossing, **at) == pytest.approx(levels[level], rel=1e-12)


def test_isoloss_of_a_fit_is_its_closed_form() -> None:
    law = ib.law("chinchilla_replication")
    q = {parameter.symbol.name: float(parameter.value) for parameter in law.parameters}
    sizes = np.array([1e9, 1e10, 7e10])
    found = ib.isoloss(law, 2.2, along="D", N=sizes, D=np.geomspace(1e8, 1e16, 9))
    left = 2.2 - q["E"] - q["A"] * sizes ** -q["alpha"]
    with np.errstate(invalid="ignore"):
        expected = (q["B"] / left) ** (1 / q["beta"])
    np.testing.assert_allclose(found.values, expected, rtol=1e-10)


def test_symbols_of_a_users_law_may_have_any_name() -> None:
    level, order, place = sp.symbols("level order place", positive=True)
    law = ib.define(
        {"one": order / place, "rest": level}, size=place, data=None, parameters={"level": None, "order": None}
    )
    found = ib.isoloss(law, [2.0, 3.0], along="place", place=[1, 10, 100], level=1, order=[4, 40])
    np.testing.assert_allclose(found.values, [[4, 40], [2, 20]], rtol=1e-13)


# --- isoFLOP curves -------------------------------------------------------------------------------------------


def test_isoflop_is_the_best_of_the_sizes_on_each_budget() -> None:
    budgets, sizes, dims = np.array([1e3, 1e7, 1e9, 1e12]), AXES["n"], AXES["d"]
    found = ib.isoflop("shrunk_student", C=budgets, n=sizes, d=dims, K=10)
    assert found.loss.dims == ("C", "d")
    left = budgets[:, None, None] / (dims[:, None] * sizes)
    table = np.where(left >= 1, ib.law("shrunk_student")(n=sizes, T=np.maximum(left, 1), d=dims[:, None], K=10), np.inf)
    np.testing.assert_allclose(found.loss.values, table.min(-1), rtol=1e-13)
    np.testing.assert_array_equal(found.n.values, sizes[table.argmin(-1)])
    np.testing.assert_allclose(found["T"].values, budgets[:, None] / (dims * found.n.values), rtol=1e-15)
    best = ib.allocate("shrunk_student", C=budgets, d=dims, K=10)
    assert (found.loss.values >= best.loss.values * (1 - 1e-13)).all()
    assert (abs(np.log(found.n / best.n)) <= np.log(sizes[1] / sizes[0])).all()


def test_isoflop_under_a_cost_of_the_users() -> None:
    p, T = sp.symbols("p T")
    sizes = np.array([1e8, 1e9, 1e10])
    cost = ib.Cost("served", 6 * p * T + 2e11 * p)
    found = ib.isoflop("chinchilla_replication", C=[1e10, 1e20, 1e22], cost=cost, N=sizes)
    assert np.isnan(found.loss.values[0])
    assert np.isnan(found.N.values[0])
    for budget, N, D, loss in zip(
        found.C.values[1:], found.N.values[1:], found.D.values[1:], found.loss.values[1:], strict=True
    ):
        np.testing.assert_allclose(6 * N * D + 2e11 * N, budget, rtol=1e-12)
        rest = (budget / sizes - 2e11) / 6
        losses = [ib.law("chinchilla_replication")(N=n, D=r) for n, r in zip(sizes, rest, strict=True) if r >= 1]
        assert loss == pytest.approx(min(losses), rel=1e-13)


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda: ib.least("sampled_student", over="m", **AXES), ib.UnknownNameError, "one of n, T, d, K"),
        (lambda: ib.least("sampled_student", over=[], **AXES), ib.UnknownNameError, "at least one"),
        (lambda: ib.least("sampled_student", over=("n", "n"), **AXES), ib.UnknownNameError, "once each"),
        (lambda: ib.least("sampled_student", over="n", **AXES | {"n": []}), ib.DomainError, "at least one number"),
        (lambda: ib.least("sampled_student", over="n", **AXES | {"n": [1, 0.5]}), ib.DomainError, "n must be"),
        (lambda: ib.least("sampled_student", over="n", N=1, **AXES), ib.UnknownNameError, "got N"),
        (lambda: ib.least("hoffmann_approach_1", over="n", n=[1]), ib.ExpressionError, "a law with a loss"),
        (lambda: ib.quantiles("sampled_student", 1.5, **AXES), ib.DomainError, "between 0 and 1"),
        (lambda: ib.quantiles("sampled_student", [[0.5]], **AXES), ib.DomainError, "between 0 and 1"),
        (lambda: ib.quantiles("sampled_student", np.nan, **AXES), ib.DomainError, "between 0 and 1"),
        (lambda: ib.isoloss("sampled_student", np.nan, along="n", **AXES), ib.DomainError, "finite number"),
        (lambda: ib.isoflop("sampled_student", C=[1e9, -1], n=[1, 2], d=2, K=1), ib.DomainError, "got C=-1 at index 1"),
        (lambda: ib.isoflop("sampled_student", C=1e9, n=2, d=2, K=1), ib.UnknownNameError, "an axis must be"),
        (lambda: ib.isoflop("sampled_student", C=1e9, T=[1], n=[2], d=2, K=1), ib.UnknownNameError, "got T"),
        (lambda: ib.isoflop("sampled_student", C=1e9, cost=SQUARED, n=[2], d=2, K=1), ib.ExpressionError, "linear"),
        (lambda: ib.isoloss("sampled_student", 0.01, along="q", **AXES), ib.UnknownNameError, "an axis must be"),
    ],
)  # fmt: skip
def test_bad_questions_are_refused(ask: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ask()


def test_axes_that_xarray_names() -> None:
    runs = xr.DataArray([10.0, 20.0, 40.0], dims="run")
    samples = xr.DataArray([1e6, 1e4, 1e3], dims="run")
    found = ib.least("sampled_student", over="run", n=runs, T=samples, d=AXES["d"], K=1)
    table = ib.grid("sampled_student", n=runs, T=samples, d=AXES["d"], K=1)
    xr.testing.assert_allclose(found.loss, table.min("run"), rtol=1e-13)
    np.testing.assert_array_equal(found.run.values, table.argmin("run").values)
    with pytest.raises(ib.UnknownNameError, match="axis of its own"):
        ib.isoloss("sampled_student", 0.01, along="run", n=runs, T=samples, d=AXES["d"], K=1)
