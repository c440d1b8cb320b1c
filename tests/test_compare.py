"""Bounds and fits side by side: one cost, all budgets, and what is said about them."""

from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr

import infobound as ib

BOUNDS = ["sampled_student", "truncated_student"]
CHINCHILLA = [
    "hoffmann_approach_1", "hoffmann_approach_2", "hoffmann_approach_3",
    "hoffmann_approach_3_tex", "chinchilla_replication", "chinchilla_replication_huber",
]  # fmt: skip


@pytest.fixture(scope="module")
def default() -> xr.Dataset:
    return ib.compare()


def test_the_default_question(default: xr.Dataset) -> None:
    names = default.law.values.tolist()
    assert {"sampled_student", "shrunk_student", "truncated_student", "parameter_counting"} <= set(names)
    families = ("theory", "chinchilla")
    sized = {name: entry for name, entry in ib.laws().items() if entry.family in families and entry.size}
    # minimising a lower bound promises nothing
    assert names == [name for name, entry in sized.items() if entry.kind != "lower bound"]
    assert "linear_spectrum_lower" in sized
    assert default.n.dims == ("law", "C", "d", "K")
    np.testing.assert_allclose(default.C.values, [10.0**k for k in range(18, 27)], rtol=1e-15)
    assert default.d.values.tolist() == [128, 1024]
    assert default.K.values.tolist() == [10, 100]
    assert default.attrs["cost"] == "transformer: C = 6*T*p"


def test_all_six_chinchilla_entries_are_compared(default: xr.Dataset) -> None:
    if not any(name in ib.laws() for name in CHINCHILLA):
        pytest.skip("the catalogue has no Chinchilla entries yet")
    assert set(CHINCHILLA) <= set(default.law.values.tolist())
    part = default.sel(law=CHINCHILLA)
    # nothing in d or K: the same number in every cell
    assert (part.n == part.n.isel(d=0, K=0)).all()
    np.testing.assert_allclose((6 * part.p * part["T"] / part.C).values, 1, rtol=1e-6)
    assert set(part.sel(law=["hoffmann_approach_1", "hoffmann_approach_2"]).status.values.ravel()) == {"rule"}
    said = [name for name in CHINCHILLA if "a" in ib.law(name).intervals]
    assert {"hoffmann_approach_1", "hoffmann_approach_2", "hoffmann_approach_3"} <= set(said)
    assert np.isnan(part.sel(law=[name for name in CHINCHILLA if name not in said]).a_published).all()
    part = part.sel(law=said)
    # approach 3 prints 0.46 beside the interval (0.454, 0.455): a value is inside at its printed precision
    assert (part.a_published_low - 0.005 <= part.a_published).all()
    assert (part.a_published <= part.a_published_high + 0.005 + 1e-12).all()
    # what is published agrees with what the minimiser finds, at the printed precision
    settled = part.exponent_p.isel(C=0, d=0, K=0)
    np.testing.assert_allclose(settled.values, part.a_published.values, atol=0.012)
    assert np.isnan(part.share_d2).all()
    assert np.isnan(part.sel(law=["hoffmann_approach_1"]).loss).all()


def test_quantities_are_told_apart(default: xr.Dataset) -> None:
    assert default.unit.sel(law="sampled_student").item() == "nats per sample"
    assert default.unit.sel(law="path_norm_student").item() == "squared label units"
    said = "on different quantities"
    assert said in default.attrs["summary"]
    assert "path_norm_student: expected excess square risk" in default.attrs["summary"]
    assert said not in ib.compare(BOUNDS, C=1e20).attrs["summary"]


def test_each_row_is_what_allocate_gives(default: xr.Dataset) -> None:
    single = ib.allocate("sampled_student", C=1e22, cost="transformer", d=1024, K=10)
    cell = default.sel(law="sampled_student", C=1e22, d=1024, K=10)
    for name in single.data_vars:
        if name != "status":
            np.testing.assert_allclose(cell[name].item(), single[name].item(), rtol=1e-14)
    assert cell.status.item() == "converged"


def test_shares_when_a_parameter_doubles(default: xr.Dataset) -> None:
    def share(**at: float) -> float:
        found = ib.allocate("sampled_student", C=1e20, cost="transformer", **at)
        return (found.p / found["T"]).item()

    cell = default.sel(law="sampled_student", C=1e20, d=128, K=10)
    base = share(d=128, K=10)
    assert cell.share_d2.item() == pytest.approx(share(d=256, K=10) / base, rel=1e-12)
    assert cell.share_K2.item() == pytest.approx(share(d=128, K=20) / base, rel=1e-12)
    interior = default.sel(law="sampled_student")
    assert (interior.share_d2 > 1).all()
    assert (interior.share_K2 > 1).all()


def test_the_summary_says_what_agrees_and_what_does_not(default: xr.Dataset) -> None:
    summary = default.attrs["summary"]
    assert "When d doubles" in summary
    assert "When K doubles" in summary
    if any(name in ib.laws() for name in CHINCHILLA):
        assert "agrees, up to logarithms" in summary
        assert "level does not carry over" in summary
        assert "truncated_student" in summary.partition("It does not agree for")[2]
    assert "optimal loss" not in summary
    assert "information-theoretic optimum" not in summary


def test_the_exponent_is_said_to_depend_on_student_and_teacher_where_bounds_differ(default: xr.Dataset) -> None:
    words = "The exponent a is a property of a bound's student and teacher: over these bounds it runs from "
    bounds = default.sel(C=1e26, law=default.kind == "upper bound")
    settled = bounds.exponent_p.where((bounds.status == "converged") & (bounds.vacuous == 0))
    assert f"{words}{settled.min().item():.2f} to {settled.max().item():.2f}." in default.attrs["summary"]
    # without a fit, too, but neither for one bound nor for two that agree
    assert words in ib.compare(BOUNDS, C=1e26, d=128, K=10).attrs["summary"]
    for laws in (["truncated_student"], ["sampled_student", "shrunk_student"]):
        assert words not in ib.compare(laws, C=[1e18, 1e26], d=[1, 1024], K=[1, 100]).attrs["summary"]


def test_what_is_vacuous_is_said() -> None:
    found = ib.compare(BOUNDS, C=1e6, cost="product", d=[16, 1024], K=10)
    assert found.vacuous.sel(law="sampled_student").values.tolist() == [True, True]
    assert "Vacuous" in found.attrs["summary"]
    assert "sampled_student in 2 of 2 cells" in found.attrs["summary"]


def test_own_costs() -> None:
    found = ib.compare(BOUNDS, C=1e20, cost="own", d=16, K=10)
    own = ib.allocate("sampled_student", C=1e20, d=16, K=10)
    assert found.attrs["cost"] == "own"
    assert found.n.sel(law="sampled_student").item() == pytest.approx(own.n.item(), rel=1e-14)


@pytest.mark.parametrize(
    "inputs", [{"d": [16, 32]}, {"d": (16, 32)}, {"d": np.array([16, 32])}, {"d": xr.DataArray([16.0, 32.0], dims="d")}]
)
def test_inputs_may_be_lists_tuples_arrays_or_labelled(inputs: dict[str, Any]) -> None:
    found = ib.compare(["sampled_student"], C=1e20, K=10, **inputs)
    assert found.n.dims == ("law", "d")
    assert np.isfinite(found.share_d2).all()


@pytest.mark.parametrize("laws", ["sampled_student", ib.law("sampled_student"), ("sampled_student",)])
def test_one_law_is_enough(laws: Any) -> None:
    found = ib.compare(laws, C=1e20, d=16, K=10)
    assert found.law.values.tolist() == ["sampled_student"]


def test_a_users_law_and_rule_take_part() -> None:
    N, D, E, C = sp.symbols("N D E C", positive=True)
    law = ib.define(E + 400 / N**0.34 + 400 / D**0.28, size=N, data=D, parameters={E: 2}, name="mine")
    rule = ib.AllocationRule(
        name="halves", title="Halves", size=N, data=D, p_of_C=sp.sqrt(C / 120), T_of_C=sp.sqrt(C * 10 / 3),
        cost=law.cost,
    )  # fmt: skip
    found = ib.compare(["sampled_student", law, rule], C=[1e20, 1e22], d=16, K=10)
    assert found.law.values.tolist() == ["sampled_student", "mine", "halves"]
    assert found.kind.values.tolist() == ["upper bound", "fit", "allocation rule"]
    np.testing.assert_allclose(found.exponent_p.sel(law="mine").values, 0.28 / 0.62, rtol=1e-9)
    np.testing.assert_allclose(found.exponent_p.sel(law="halves").values, 0.5, rtol=1e-12)
    np.testing.assert_allclose(found.tokens_per_parameter.sel(law="halves").values, 20, rtol=1e-12)
    assert np.isnan(found.loss.sel(law="halves")).all()
    assert "the fits put p* ~ C^a with a = 0.45 to 0.50" in found.attrs["summary"]


def test_budgets_below_the_smallest_model_are_marked_for_each_law() -> None:
    found = ib.compare(BOUNDS, C=[1.0, 1e9], cost="product", d=16, K=10)
    assert (found.status.isel(C=0) == "infeasible").all()
    assert (found.status.isel(C=1) == "converged").all()
    with pytest.raises(ib.InfeasibleError, match="some entry must have a feasible budget, got C=1"):
        ib.compare(BOUNDS, C=1.0, cost="product", d=16, K=10)


def test_laws_on_repeated_samples_are_what_allocate_gives() -> None:
    names, U = ["chinchilla_replication", "hoffmann_approach_3"], [1e10, 1e14]
    found = ib.compare(names, C=[1e21, 1e23], repeats="effective", U=U)
    assert found.law.values.tolist() == names
    assert found.n.dims == ("law", "C", "U")
    assert found.attrs["repeats"] == "effective"
    for name in names:
        single = ib.allocate(name, C=[1e21, 1e23], repeats="effective", U=U)
        for part in ("n", "T", "loss", "exponent_p"):
            np.testing.assert_allclose(found[part].sel(law=name), single[part], rtol=1e-14)
    # so many unique samples that none are repeated
    once = ib.compare(names, C=[1e21, 1e23])
    np.testing.assert_allclose(found.n.sel(U=1e14), once.n, rtol=1e-6)
    assert (found.loss.sel(U=1e10, C=1e23) > 1.01 * once.loss.sel(C=1e23)).all()


@pytest.mark.slow
def test_bounds_on_repeated_samples() -> None:
    at = {"C": [1e18, 1e21], "repeats": "exact_bayes", "U": 1e9, "d": [128, 1024], "K": 10}
    found = ib.compare(["sampled_student", "chinchilla_replication"], **at)
    assert found.kind.values.tolist() == ["upper bound", "fit"]
    single = ib.allocate("sampled_student", cost="transformer", **at)
    np.testing.assert_allclose(found.n.sel(law="sampled_student"), single.n, rtol=1e-14)
    assert np.isfinite(found.share_d2.sel(law="sampled_student")).all()
    assert found.share_d2.sel(law="chinchilla_replication").isnull().all()


def test_the_default_question_on_repeated_samples_leaves_rules_out() -> None:
    from infobound.comparing import _shipped

    kept = _shipped("effective")
    assert kept == [entry for entry in _shipped() if isinstance(entry, ib.Law)]
    assert len(kept) < len(_shipped())


def test_an_empty_question_has_an_empty_answer() -> None:
    assert ib.compare(BOUNDS, C=[], d=16, K=10).n.shape == (2, 0)


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        ({"foo": 1}, ib.UnknownNameError, "some entry knows.*got foo"),
        ({"laws": ["nobody"]}, ib.UnknownNameError, "got 'nobody'"),
        ({"laws": []}, ib.DomainError, "at least one law"),
        ({"laws": [None]}, ib.ExpressionError, "a law must be"),
        ({"cost": "free"}, ib.UnknownNameError, "a cost must be"),
        ({"repeats": "exact_bayes", "d": 1, "K": 1}, ib.UnknownNameError, "needs a value for.*missing: U"),
        ({"repeats": "forgetful", "U": 1}, ib.DomainError, "a learner of repeated data must be one of"),
        ({"laws": "hoffmann_approach_1", "repeats": "effective", "U": 1}, ib.ExpressionError, "a law with a loss"),
        ({"U": 1}, ib.UnknownNameError, "some entry knows.*got U"),
        ({"C": -1}, ib.DomainError, "C must be a positive finite number"),
        ({"C": [1e20, np.nan]}, ib.DomainError, "C must be a positive finite number"),
        ({"d": 0}, ib.DomainError, "d must be at least 1"),
        ({"K": np.ones((2, 2))}, ib.DomainError, "1-D array"),
    ],
)
def test_bad_questions_are_refused(question: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ib.compare(**{"laws": BOUNDS, "C": 1e20, **question})
