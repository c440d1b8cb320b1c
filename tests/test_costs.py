"""Costs: their spelling, parameters and counts, and the optima of math2.md section E under each."""

from typing import Any

import numpy as np
import pytest
import sympy as sp

import infobound as ib
from infobound.cli import main
from infobound.costs import COSTS, PRODUCT, TRANSFORMER, cost_named
from infobound.facts import Parameter
from infobound.kernels import budgets
from infobound.symbols import COST

p, T = sp.symbols("p T")
N, D, a, b, alpha, beta = sp.symbols("N D a b alpha beta", positive=True)
# the law of math2.md section E: 400 p^-.34 + 400 T^-.28
LAW = ib.define(
    a * N**-alpha + b * D**-beta,
    size=N,
    data=D,
    parameters={"a": 400, "b": 400, "alpha": 0.34, "beta": 0.28},
    name="power_laws",
)
SHAPED = {"aspect": 100, "context": 2048, "key": 128, "vocabulary": 32000}


def value(dataset: Any, name: str) -> float:
    return float(dataset[name].item())


def bound(cost: ib.Cost) -> ib.Cost:
    """Parameters of a cost at ordinary values."""
    ordinary = SHAPED | {"T_inf": 10**12, "active": 0.1, "peak": 10**15, "utilisation": 0.4, "price": 2}
    return cost.with_(**{q.symbol.name: ordinary[q.symbol.name] for q in cost.parameters})


E1 = {
    "serving:T_inf=0": ("1.85544998e9", "8.9825470e10", "0.6252027853153"),
    "serving:T_inf=1e11": ("1.10686903e9", "1.17241542e11", "0.6547761462866"),
    "serving:T_inf=1e12": ("2.94865395e8", "2.31896326e11", "0.7905931799207"),
}


@pytest.mark.parametrize("cost", E1)
def test_training_and_inference_of_math2_e1(cost: str) -> None:
    found = ib.allocate(LAW, C=1e21, cost=cost)
    for name, printed in zip(("p", "T", "loss"), E1[cost], strict=True):
        assert value(found, name) == pytest.approx(float(printed), rel=5e-9 if name != "loss" else 1e-13)
    size, data, demand = value(found, "p"), value(found, "T"), float(cost.partition("=")[2])
    assert 0.34 * 400 * size**-0.34 == pytest.approx(0.28 * 400 * data**-0.28 * (1 + demand / (3 * data)), rel=1e-7)


E2 = {1e11: ("1.85544998e9", None), 1e10: ("2.474863e9", "0.6437717498628"), 1e9: ("6.42419e9", "0.7698282120955")}


def test_repeated_data_of_math2_e2() -> None:
    found = ib.allocate(LAW, C=1e21, repeats="effective", U=list(E2), R=15.39)
    for unique, (size, loss) in E2.items():
        cell = found.sel(U=unique)
        assert value(cell, "n") == pytest.approx(float(size), rel=2e-7)
        assert loss is None or value(cell, "loss") == pytest.approx(float(loss), rel=1e-12)
    for ratio, printed, digits in zip(
        found["T"].values / found.U.values, (0.898, 6.734, 25.94), (3, 3, 2), strict=True
    ):
        assert round(float(ratio), digits) == printed
    assert found.attrs["method"].startswith("batched minimiser")
    assert found.attrs["kind"].startswith("fit")


def test_unique_data_are_a_hard_cap_for_exact_bayes() -> None:
    """math2.md E2: the unconstrained optimum while T* <= U, then T = U and n = C/(6 U)."""
    found = ib.allocate(LAW, C=[1e18, 1e21, 1e25], repeats="exact_bayes", U=1e10)
    free = ib.allocate(LAW, C=1e18)
    assert value(found.isel(C=0), "n") == pytest.approx(value(free, "n"), rel=1e-9)
    np.testing.assert_allclose(found["T"].values[1:], 1e10, rtol=1e-9)
    np.testing.assert_allclose(found.n.values[1:], np.array([1e21, 1e25]) / 6e10, rtol=1e-9)
    # beyond, p ~ C at the data that there are, and the loss falls as it does in the size alone
    np.testing.assert_array_equal(found.exponent_p.values[1:], 1)
    np.testing.assert_array_equal(found.exponent_T.values[1:], 0)
    size = 400 * found.n.values[1:] ** -0.34
    np.testing.assert_allclose(found.exponent_loss.values[1:], -0.34 * size / found.loss.values[1:], rtol=1e-9)
    assert value(found.isel(C=0), "exponent_p") == pytest.approx(value(free, "exponent_p"), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("cost", "unit"), [("product", 1), ("serving:T_inf=1e6", 5)])
def test_exponents_where_a_bounds_data_are_used_up(cost: str, unit: float) -> None:
    """math2.md E2: above the cap the exponent of p is 1 under p T, then 0 where a larger student gains nothing."""
    C = unit * np.array([1e10, 1e12, 1e15, 1e18])
    law, given = ib.law("sampled_student"), {"d": 16, "K": 10, "repeats": "exact_bayes", "U": 1e7, "cost": cost}
    low, found, high = (ib.allocate(law, C=f * C, **given) for f in (1 - 1e-5, 1, 1 + 1e-5))
    assert set(found.status.values) == {"converged"}
    np.testing.assert_allclose(found["T"].values[1], 1e7, rtol=1e-9)
    for name, variable in (("exponent_p", "p"), ("exponent_T", "T"), ("exponent_loss", "loss")):
        steps = np.log(high[variable].values / low[variable].values) / 2e-5
        np.testing.assert_allclose(found[name].values, steps, atol=2e-5)
    if cost == "product":
        np.testing.assert_allclose(found.exponent_p.values[1:], [1, 0, 0], atol=1e-12)
        np.testing.assert_allclose(found.exponent_T.values[1:], [0, 1, 1], atol=1e-12)


def test_repeats_need_a_law_and_a_known_learner() -> None:
    with pytest.raises(ib.ExpressionError, match="allocation rule"):
        ib.allocate("hoffmann_approach_2", C=1e21, repeats="effective")
    with pytest.raises(ib.DomainError, match="exact_bayes"):
        ib.repeated(LAW, "forgetful")  # type: ignore[arg-type]
    with pytest.raises(ib.ExpressionError, match="U and R"):
        ib.repeated(ib.repeated(LAW))
    with pytest.raises(ib.UnknownNameError, match="missing: U"):
        ib.allocate(LAW, C=1e21, repeats="effective")


def test_costs_that_differ_by_a_factor_or_a_parameter_share_a_kernel() -> None:
    before = budgets._kernel.cache_info().misses
    for cost in ("serving:T_inf=0", "serving:T_inf=3e10", "serving/hours:T_inf=3e10,peak=1e15,utilisation=0.4"):
        ib.allocate(LAW, C=1e21 if "hours" not in cost else 1e6, cost=cost)
    assert budgets._kernel.cache_info().misses - before <= 1


def test_hours_and_money_are_the_operations_in_other_units() -> None:
    operations = ib.allocate(LAW, C=1e21, cost="serving:T_inf=1e11")
    rate = 3600 * 1e15 * 0.4
    hours = ib.allocate(LAW, C=1e21 / rate, cost="serving/hours:T_inf=1e11,peak=1e15,utilisation=0.4")
    money = ib.allocate(LAW, C=2 * 1e21 / rate, cost="serving/money:T_inf=1e11,peak=1e15,utilisation=0.4,price=2")
    for found, unit in ((hours, "accelerator-hours"), (money, "money")):
        assert value(found, "n") == pytest.approx(value(operations, "n"), rel=1e-9)
        assert found.attrs["cost_unit"] == unit
    sparse = ib.allocate(LAW, C=1e21, cost="sparse:active=0.1")
    assert value(sparse, "n") == pytest.approx(value(ib.allocate(LAW, C=1e22), "n"), rel=1e-9)


# Hoffmann et al. 2022, Table A4: layers, width, heads, key size; parameters with relative positions; count over 6 N D
TABLE_A4 = [
    (10, 640, 10, 64, 73825280, 1.03),
    (20, 1024, 16, 64, 305707008, 1.10),
    (24, 1280, 10, 128, 552604160, 1.08),
    (26, 1792, 14, 128, 1143453696, 1.04),
    (28, 2048, 16, 128, 1593126912, 1.03),
    (40, 3584, 28, 128, 6796274688, 0.99),
]


@pytest.mark.parametrize("row", TABLE_A4)
def test_the_count_of_appendix_f(row: tuple[int, int, int, int, int, float]) -> None:
    """The cost at the shape's own aspect; the table leaves embedding and logits out, 12 vocabulary width a token."""
    layers, width, heads, key, count, printed = row
    context, vocabulary = 2048, 32000
    total = 12 * layers * width**2 + vocabulary * width
    cost = COSTS["hoffmann_flops"].with_(aspect=sp.Rational(width, layers), context=context, key=key, vocabulary=32000)
    paid = cost.priced(COST["p"].symbol, COST["T"].symbol)
    numbers = paid.price.subs(paid.values).subs({COST["p"].symbol: total, COST["T"].symbol: 1})
    got = paid.scale * float(numbers)
    by_hand = 3 * (
        4 * vocabulary * width
        + layers * (2 * 3 * width**2 + 2 * context * width * 2 + 3 * heads * context + 2 * width**2 + 2 * 8 * width**2)
    )
    assert got == pytest.approx(by_hand, rel=1e-9)
    assert (by_hand - 12 * vocabulary * width) / (6 * count) == pytest.approx(printed, abs=0.0051)


def test_the_count_of_kaplan() -> None:
    layers, width, context = 96, 12288, 2048
    paid = COSTS["kaplan_flops"].with_(aspect=128, context=context).priced(COST["p"].symbol, COST["T"].symbol)
    numbers = paid.price.subs(paid.values).subs({COST["p"].symbol: 12 * layers * width**2, COST["T"].symbol: 1})
    by_hand = 6 * (12 * layers * width**2 + context * layers * width)
    assert paid.scale * float(numbers) == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("name", COSTS)
def test_every_cost_rises_and_is_solved_for_the_data(name: str) -> None:
    cost = bound(COSTS[name])
    left = cost.data_at
    assert left is not None
    size, budget = sp.Integer(10) ** 9, sp.Integer(10) ** 24
    data = left.subs({COST["p"].symbol: size, COST["C"].symbol: budget})
    constants = {q.symbol: q.value for q in cost.parameters}
    spent = cost.expr.subs(constants).subs({COST["p"].symbol: size, COST["T"].symbol: data})
    assert float(spent.evalf()) == pytest.approx(1e24, rel=1e-12)


def test_spelling() -> None:
    assert cost_named("serving:T_inf=1e12").parameters[0].value == 10**12
    assert cost_named(PRODUCT) is PRODUCT
    assert str(cost_named("transformer")) == str(TRANSFORMER) == "transformer: C = 6*T*p"
    with pytest.raises(ib.UnknownNameError, match="serving"):
        cost_named("inference")
    with pytest.raises(ib.UnknownNameError, match="/hours"):
        cost_named("serving/days:T_inf=1")
    with pytest.raises(ib.DomainError, match="NAME=NUMBER"):
        cost_named("serving:T_inf=many")
    with pytest.raises(ib.UnknownNameError, match="T_inf"):
        cost_named("serving:tokens=1")
    with pytest.raises(ib.DomainError, match="active must be at most 1, got active=2"):
        cost_named("sparse:active=2")
    with pytest.raises(ib.DomainError, match="utilisation must be greater than 0"):
        TRANSFORMER.in_hours(peak=1e15, utilisation=0)
    with pytest.raises(ib.UnknownNameError, match="serving:T_inf=1"):
        ib.allocate(LAW, C=1e21, cost="serving")
    with pytest.raises(ib.ExpressionError, match="only operations"):
        cost_named("transformer/hours:peak=1,utilisation=1").in_money()


def test_a_users_cost_with_a_parameter() -> None:
    fee = sp.Symbol("fee")
    cost = ib.Cost("with a fee", 6 * p * T + fee * p, (Parameter(fee, low=0),))
    served = ib.allocate(LAW, C=1e21, cost=cost.with_(fee=2e12))
    assert value(served, "n") == pytest.approx(value(ib.allocate(LAW, C=1e21, cost="serving:T_inf=1e12"), "n"))
    with pytest.raises(ib.ExpressionError, match="falls in T"):
        ib.Cost("falling", p * T - fee * T, (Parameter(fee, sp.Integer(10) ** 301, low=0),))
    with pytest.raises(ib.ExpressionError, match="its parameters"):
        ib.Cost("stray", p * T + fee)


def test_the_option_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["allocate", "chinchilla_replication", "C=1e23", "--cost", "serving:T_inf=1e12"]) == 0
    assert "T_inf=1e+12" in capsys.readouterr().out
    assert main(["allocate", "chinchilla_replication", "C=1e23", "--cost", "serving"]) == 2
