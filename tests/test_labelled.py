"""Grids on labelled axes, flat columns, and laws that a user defines."""

import pickle
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr

import infobound as ib
from infobound.labelled import Answer

N, D, c = sp.symbols("N D c", positive=True)
AXES = {"n": [1.0, 64.0, 1e6], "T": [10.0, 1e6], "d": [2.0, 16.0, 128.0, 1e4], "K": [0.5, 10.0]}
MORE = {
    "alpha": [0.25, 0.5],
    "s": [1.0, 3.0],
    "v": [0.1, 1.0],
    "gamma": [0.34, 1.0],
    "rho": [0.1, 10.0],
    "Q": [1.0, 5.0],
}


def theory() -> list[ib.Law]:
    return [entry for entry in ib.laws().values() if entry.family == "theory"]


# --- values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", theory(), ids=lambda law: law.name)
def test_a_grid_is_the_law_at_every_point(law: ib.Law) -> None:
    axes = {symbol.name: (AXES | MORE)[symbol.name] for symbol in law.symbols}
    found = ib.grid(law, **axes)
    mesh = dict(zip(axes, np.meshgrid(*axes.values(), indexing="ij"), strict=True))
    # two kernels of one expression may contract differently: a few units in the last place
    np.testing.assert_allclose(found.values, law(**mesh), rtol=1e-14)


def test_dimensions_follow_the_keywords() -> None:
    found = ib.grid("sampled_student", K=AXES["K"], n=AXES["n"], T=1e6, d=AXES["d"])
    assert found.dims == ("K", "n", "d")
    assert found.name == "loss"
    assert found.coords["T"].ndim == 0
    assert found.coords["T"].item() == 1e6
    np.testing.assert_array_equal(found.n.values, AXES["n"])
    other = ib.grid("sampled_student", n=AXES["n"], T=1e6, d=AXES["d"], K=AXES["K"])
    np.testing.assert_allclose(found.transpose("n", "d", "K").values, other.values, rtol=1e-15)


def test_scalars_give_one_number_with_scalar_coordinates() -> None:
    found = ib.grid("sampled_student", n=1024, T=1e9, d=512, K=64)
    assert found.shape == ()
    assert set(found.coords) == {"n", "T", "d", "K"}
    assert found.item() == pytest.approx(ib.law("sampled_student")(n=1024, T=1e9, d=512, K=64), rel=1e-15)


def test_terms_add_up() -> None:
    found = ib.grid("shrunk_student", terms=True, n=AXES["n"], T=1e6, d=16, K=AXES["K"])
    assert list(found.data_vars) == ["loss", "term_misspecification", "term_quantisation", "term_estimation"]
    total = sum(found[name] for name in found.data_vars if name != "loss")
    np.testing.assert_allclose(total.values, found.loss.values, rtol=1e-15)
    exact = ib.law("shrunk_student").terms_at(n=64, T=1e6, d=16, K=10)
    for name, value in exact.items():
        assert found[f"term_{name}"].sel(n=64, K=10).item() == pytest.approx(value, rel=1e-15)


def test_attributes_say_what_the_number_is() -> None:
    attrs = ib.grid("sampled_student", n=1, T=1, d=1, K=1).attrs
    assert attrs["kind"] == "upper bound"
    assert attrs["unit"] == "nats per sample"
    assert attrs["quantity"] == "time-averaged excess log-loss"
    assert attrs["law"] == "sampled_student"
    assert attrs["infobound_version"] == ib.__version__


def test_float32_is_rounded_once() -> None:
    double = ib.grid("sampled_student", **AXES)
    single = ib.grid("sampled_student", dtype="float32", **AXES)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single.values, double.values, rtol=6e-8)
    np.testing.assert_array_equal(single.values, double.values.astype(np.float32))


@pytest.mark.parametrize("chunks", [2, "auto", -1, (2, 1, 3, 1), {"n": 1, "d": 3}])
def test_a_grid_in_chunks_is_the_grid(chunks: Any) -> None:
    pytest.importorskip("dask", reason="chunks need infobound[scale]")
    whole, lazy = ib.grid("sampled_student", **AXES), ib.grid("sampled_student", chunks=chunks, **AXES)
    assert lazy.chunks is not None
    xr.testing.assert_identical(lazy.compute(scheduler="threads"), whole)
    xr.testing.assert_identical(lazy.isel(n=2, K=[1]).compute(), whole.isel(n=2, K=[1]))


def test_a_grid_in_chunks_of_terms_and_of_labelled_inputs() -> None:
    pytest.importorskip("dask", reason="chunks need infobound[scale]")
    sizes = xr.DataArray([[1.0, 64], [8, 1e3], [9, 1e6]], dims=("run", "step"))
    asked: dict[str, Any] = {"terms": True, "n": sizes, "T": AXES["T"], "d": 16, "K": 10}
    lazy = ib.grid("sampled_student", chunks={"run": 2}, dtype="float32", **asked)
    assert lazy.loss.dtype == np.float32
    assert lazy.chunks == {"run": (2, 1), "step": (2,), "T": (2,)}
    xr.testing.assert_allclose(lazy.compute(), ib.grid("sampled_student", **asked), rtol=1e-7)


def test_a_grid_in_chunks_is_not_computed_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dask", reason="chunks need infobound[scale]")
    calls: list[tuple[int, ...]] = []
    monkeypatch.setattr("infobound.labelled.outer", lambda *given: calls.append(given[-1].shape))
    # ten thousand million points
    lazy = ib.grid(
        "sampled_student", n=np.geomspace(1, 1e6, 10**5), T=np.geomspace(1, 1e9, 10**5), d=2, K=1, chunks=1000
    )
    assert not calls
    lazy[:5, :7].compute()
    assert calls == [(1, 1000, 1000)]


@pytest.mark.parametrize(
    ("chunks", "message"),
    [({"x": 1}, "got x"), ("many", "got 'many'"), ((1, 2), r"got \(1, 2\)"), (1.5, "got 1.5")],
)
def test_chunks_that_are_none(chunks: Any, message: str) -> None:
    pytest.importorskip("dask", reason="chunks need infobound[scale]")
    with pytest.raises(ib.InfoboundError, match=message):
        ib.grid("sampled_student", chunks=chunks, **AXES)
    with pytest.raises(ib.DomainError, match="both out and chunks"):
        ib.grid("sampled_student", chunks=1, out=np.empty((3, 2, 4, 2)), **AXES)
    with pytest.raises(ib.DomainError, match="dtype must be"):
        ib.grid("sampled_student", chunks=1, dtype="int8", **AXES)


@pytest.mark.parametrize("terms", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_buffer_is_filled(terms: bool, dtype: str) -> None:
    shape = (3, 2, 4, 2)
    buffer = np.full((4, *shape) if terms else shape, np.nan, dtype=dtype)
    found = ib.grid("sampled_student", terms=terms, out=buffer, dtype=dtype, **AXES)
    plain = ib.grid("sampled_student", terms=terms, dtype=dtype, **AXES)
    loss = buffer[0] if terms else buffer
    np.testing.assert_array_equal(loss, (plain.loss if terms else plain).values)
    assert np.shares_memory((found.loss if terms else found).values, buffer)


def _read_only(shape: tuple[int, ...]) -> np.ndarray:
    array = np.zeros(shape)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "out",
    [
        [0.0, 0.0],
        3.0,
        np.zeros(3),
        np.zeros((2, 1)),
        np.zeros(2, dtype=np.float32),
        np.zeros(2, dtype=">f8"),
        np.zeros(4)[::2],
        np.frombuffer(bytearray(17), dtype=np.uint8)[1:].view(np.float64),
        _read_only((2,)),
    ],
)
def test_a_wrong_buffer_is_refused_and_left_alone(out: Any) -> None:
    before = np.array(out, copy=True)
    with pytest.raises(ib.DomainError, match="out must be"):
        ib.grid("sampled_student", n=[1, 2], T=1e3, d=2, K=1, out=out)
    np.testing.assert_array_equal(out, before)


def test_xarray_inputs_keep_their_dimensions() -> None:
    runs = xr.DataArray([1e3, 1e6, 1e9], dims="run", coords={"run": ["a", "b", "c"]})
    widths = xr.DataArray([8.0, 64.0, 512.0], dims="run", coords={"run": ["a", "b", "c"]})
    found = ib.grid("sampled_student", n=widths, T=runs, d=16, K=[1.0, 10.0])
    assert found.dims == ("run", "K")
    assert found.run.values.tolist() == ["a", "b", "c"]
    law = ib.law("sampled_student")
    for i in range(3):
        expected = law(n=widths.values[i], T=runs.values[i], d=16, K=10)
        assert found.isel(run=i).sel(K=10).item() == pytest.approx(expected, rel=1e-15)


def test_xarray_inputs_of_two_dimensions_broadcast_by_name() -> None:
    widths = xr.DataArray(np.arange(1.0, 7).reshape(2, 3), dims=("x", "y"))
    data = xr.DataArray(np.arange(10.0, 16).reshape(3, 2), dims=("y", "x"))
    found = ib.grid("sampled_student", n=widths, T=data, d=2, K=[1.0, 2.0])
    assert found.dims == ("x", "y", "K")
    law = ib.law("sampled_student")
    for x in range(2):
        for y in range(3):
            expected = law(n=widths.values[x, y], T=data.values[y, x], d=2, K=2)
            assert found.values[x, y, 1] == pytest.approx(expected, rel=1e-15)


def _run(*labels: int) -> xr.DataArray:
    return xr.DataArray([1.0, 2.0], dims="r", coords={"r": list(labels)})


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        (_run(0, 1), _run(1, 0), "same labels"),
        (xr.DataArray([1.0, 2], dims="r"), xr.DataArray([1.0, 2, 3], dims="r"), "one length"),
        (np.ones((2, 2)), 1.0, "1-D array"),
        (xr.DataArray([1.0, 2], dims="T"), [1.0, 2.0, 3.0], "one length"),
    ],
)  # fmt: skip
def test_inputs_that_do_not_fit_are_refused(one: Any, two: Any, words: str) -> None:
    with pytest.raises(ib.DomainError, match=words):
        ib.grid("sampled_student", n=one, T=two, d=2, K=1)


@pytest.mark.parametrize(
    ("point", "error", "words"),
    [
        ({"T": 0}, ib.DomainError, "T must be at least 1, got T=0"),
        ({"n": [4, 2, 0.5]}, ib.DomainError, r"n must be at least 1, got n=0\.5 at index 2"),
        ({"K": 0}, ib.DomainError, "K must be greater than 0, got K=0"),
        ({"d": 0}, ib.DomainError, "d must be at least 1, got d=0"),
        ({"T": np.nan}, ib.DomainError, "T must be a finite number, got T=nan"),
        ({"T": np.inf}, ib.DomainError, "T must be a finite number, got T=inf"),
        ({"T": "many"}, ib.DomainError, "T must be a real number or an array"),
        ({"T": None}, ib.DomainError, "T must be a"),
        ({"T": 1j}, ib.DomainError, "T must be a real number or an array"),
        ({"z": 1}, ib.UnknownNameError, "got z"),
        ({"dtype": "float16"}, ib.DomainError, "dtype must be float64 or float32, got 'float16'"),
    ],
)
def test_bad_points_are_refused(point: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ib.grid("sampled_student", **{"n": 4, "T": 100, "d": 2, "K": 1, **point})


def test_a_missing_symbol_is_named() -> None:
    with pytest.raises(ib.UnknownNameError, match=r"needs a value for n, T, d, K; missing: K"):
        ib.grid("sampled_student", n=1, T=1, d=1)


def test_what_has_no_loss_is_refused() -> None:
    with pytest.raises(ib.UnknownNameError, match=r"did you mean sampled_student\?"):
        ib.grid("sampled_studen", n=1)
    with pytest.raises(ib.ExpressionError, match=r"a law must be a Law, .* got None"):
        ib.grid(None, n=1)
    for rule in ib.laws().values():
        if isinstance(rule, ib.AllocationRule):
            with pytest.raises(ib.ExpressionError, match=rule.name):
                ib.grid(rule.name, N=1e9)


def test_empty_axes_give_empty_grids() -> None:
    assert ib.grid("sampled_student", n=[], T=[1.0, 2.0], d=1, K=1).shape == (0, 2)


def test_a_large_grid_in_threads_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = {"n": np.geomspace(1, 1e9, 211), "T": np.geomspace(1, 1e12, 107), "d": [2.0, 512.0], "K": 10.0}
    grids = []
    for count in ("1", "2", "7"):
        monkeypatch.setenv("INFOBOUND_THREADS", count)
        grids.append(ib.grid("sampled_student", **axes).values)
    assert np.isfinite(grids[0]).all()
    np.testing.assert_array_equal(grids[0], grids[1])
    np.testing.assert_array_equal(grids[0], grids[2])


# --- columns ----------------------------------------------------------------------------------------------


def test_columns_are_row_major() -> None:
    answer = Answer(
        coords={"a": (("a",), np.array([1, 2])), "b": (("b",), np.array([10, 20, 30])), "s": ((), np.array(7))},
        variables={
            "full": (("a", "b"), np.arange(6).reshape(2, 3)),
            "turned": (("b", "a"), np.arange(6).reshape(2, 3).T),
            "part": (("b",), np.array([0.1, 0.2, 0.3])),
        },
    )
    columns = answer.columns()
    assert columns["a"].tolist() == [1, 1, 1, 2, 2, 2]
    assert columns["b"].tolist() == [10, 20, 30, 10, 20, 30]
    assert columns["s"].tolist() == [7] * 6
    assert columns["full"].tolist() == columns["turned"].tolist() == [0, 1, 2, 3, 4, 5]
    assert columns["part"].tolist() == [0.1, 0.2, 0.3] * 2


def test_columns_of_scalars_have_length_one() -> None:
    columns = ib.grid.answer("sampled_student", n=1, T=1, d=1, K=1).columns()
    assert {name: column.shape for name, column in columns.items()} == dict.fromkeys(("n", "T", "d", "K", "loss"), (1,))


def test_columns_agree_with_xarray() -> None:
    question = {"n": [1.0, 64.0], "T": [10.0, 1e6], "d": 16, "K": [0.5, 10.0]}
    columns = ib.grid.answer("sampled_student", **question).columns()
    frame = ib.grid("sampled_student", **question)
    np.testing.assert_array_equal(columns["loss"], frame.values.ravel())
    np.testing.assert_array_equal(columns["K"], np.tile([0.5, 10.0], 4))


# --- laws of the user -------------------------------------------------------------------------------------


def _user(**changes: Any) -> ib.Law:
    return ib.define(**{"expr": c / N + 1 / sp.sqrt(D), "size": N, "data": D, **changes})


def test_a_users_law_works_like_a_shipped_one() -> None:
    law = _user(parameters={c: 3}, name="mine", kind="upper bound")
    assert law(N=2, D=4) == 2
    assert law(N=2, D=4, c=1) == 1
    assert law.claim == "upper bound (claimed by the user)"
    assert ib.grid(law, N=[1.0, 2.0], D=4).values.tolist() == [3.5, 2.0]
    assert pickle.loads(pickle.dumps(law)) == law
    assert "underbrace" in law._repr_latex_()
    assert float(law.exact({"N": 2, "D": 4})) == 2


@pytest.mark.parametrize(
    "name", ["C", "law", "laws", "cost", "terms", "out", "dtype", "n", "p", "T", "status", "term_x", "exponent_p"]
)
def test_names_that_questions_and_answers_use_are_refused(name: str) -> None:
    symbol = sp.Symbol(name, positive=True)
    with pytest.raises(ib.ExpressionError, match=f"got '{name}'"):
        _user(expr=symbol / N + 1 / D)


@pytest.mark.parametrize("name", ["a.b", "a b", "x_{1}", r"\alpha", "1x", ""])
def test_names_that_cannot_be_keywords_are_refused(name: str) -> None:
    with pytest.raises(ib.ExpressionError, match="keyword"):
        _user(expr=sp.Symbol(name) / N + 1 / D)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "many", sp.pi, object()])
def test_values_that_are_no_numbers_are_refused(value: Any) -> None:
    with pytest.raises(ib.DomainError, match="c must be a finite number"):
        _user(parameters={c: value})


@pytest.mark.parametrize(
    "changes",
    [
        {"expr": "c/N + 1/D)"},
        {"expr": "__import__('os').getpid()"},
        {"expr": sp.sin(N) + 1 / D},
        {"expr": sp.Function("f")(c) / N + 1 / D},
        {"expr": {"one": sp.gamma(N), "two": 1 / D - sp.gamma(N)}},
        {"expr": sp.I / N + 1 / D},
        {"expr": {}},
        {"parameter_count": sp.gamma(N)},
        {"size": "M"},
        {"parameters": {"q": 1}},
        {"data": N},
        {"kind": "guess"},
        {"expr": True},
    ],
)
def test_what_cannot_be_a_law_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ib.ExpressionError):
        _user(**changes)


def test_a_refused_function_is_named() -> None:
    with pytest.raises(ib.ExpressionError, match="'zeta'"):
        _user(expr=sp.zeta(c) / N + 1 / D)
