"""`calibrate` is `allocate` turned round; `overtrain` against the closed form for sums of two powers."""

import json
from typing import Any

import numpy as np
import pytest
import sympy as sp
from minimisers import SOME

import infobound as ib
from infobound.cli import main

BUDGETS = np.array([1e12, 1e18, 1e24])
USUAL = {"d": 16.0, "K": 10.0}
# So many unique tokens that none are repeated: where repeating no longer helps, one loss is that of many budgets.
UNIQUE = {"U": 1e30}


def _standard(law: ib.Law) -> dict[str, float]:
    def chosen(q: Any) -> float:
        return (USUAL | UNIQUE).get(q.symbol.name, q.low + min(q.high - q.low, 1.0) / 2)

    return {q.symbol.name: chosen(q) for q in law.parameters if q.value is None}


@pytest.mark.parametrize("law", SOME)
def test_round_trip_with_allocate(law: ib.Law) -> None:
    at = _standard(law)
    best = ib.allocate(law, C=BUDGETS, **at)
    found = ib.calibrate(law, loss=best.loss.values, **at)
    np.testing.assert_allclose(found.C, BUDGETS, rtol=1e-9)
    np.testing.assert_allclose(found.attained, best.loss, rtol=1e-12)
    np.testing.assert_allclose(np.log(found.n), np.log(best.n), atol=1e-6)
    assert (found.status.values == best.status.values).all()
    assert found.attrs["method"].startswith("Newton")


def test_least_data_and_least_size() -> None:
    best = ib.allocate("sampled_student", C=1e18, **USUAL)
    data = ib.calibrate("sampled_student", loss=best.loss, minimise="data", n=float(best.n), **USUAL)
    assert float(data["T"]) == pytest.approx(float(best["T"]), rel=1e-9)
    assert float(data.C) == pytest.approx(1e18, rel=1e-9)
    size = ib.calibrate("sampled_student", loss=best.loss, minimise="size", T=float(best["T"]), **USUAL)
    # the smallest size with that loss, which is at most the optimal one
    assert 1 <= float(size.n) <= float(best.n) * (1 + 1e-9)
    assert float(size.attained) == pytest.approx(float(best.loss), rel=1e-9)
    # twice the data reach the same loss with a smaller size, on the falling side of its valley
    less = ib.calibrate("sampled_student", loss=best.loss, minimise="size", T=2 * float(best["T"]), **USUAL)
    assert float(less.n) < 0.8 * float(best.n)


def test_sums_of_two_powers_in_closed_form() -> None:
    """At N*: B/D^beta = (alpha/beta) A/N^alpha, so that loss - E = (1 + alpha/beta) A/N^alpha."""
    law = ib.law("chinchilla_replication")
    A, B, E, alpha, beta = (float(v) for v in _values(law, "A", "B", "E", "alpha", "beta"))
    target = np.array([1.9, 2.1, 3.0])
    size = ((1 + alpha / beta) * A / (target - E)) ** (1 / alpha)
    data = (beta * B / (alpha * A)) ** (1 / beta) * size ** (alpha / beta)
    found = ib.calibrate(law, loss=target)
    np.testing.assert_allclose(found.C, 6 * size * data, rtol=1e-9)
    at = ib.calibrate(law, loss=target, minimise="data", N=1e11)
    np.testing.assert_allclose(at["T"], (B / (target - E - A * 1e11**-alpha)) ** (1 / beta), rtol=1e-9)


def _values(law: Any, *names: str) -> list[Any]:
    by_name = {q.symbol.name: q.value for q in law.parameters}
    return [by_name[name] for name in names]


def test_under_another_cost() -> None:
    cost = "serving:T_inf=1e12"
    best = ib.allocate("chinchilla_replication", C=[1e22, 1e24], cost=cost)
    found = ib.calibrate("chinchilla_replication", loss=best.loss.values, cost=cost)
    np.testing.assert_allclose(found.C, best.C, rtol=1e-9)
    assert "T_inf=1e+12" in found.attrs["cost"]


def test_what_cannot_be_reached() -> None:
    E = float(_values(ib.law("chinchilla_replication"), "E")[0])
    found = ib.calibrate("chinchilla_replication", loss=[E, 1.0, 2.2])
    assert found.status.values.tolist() == ["infeasible", "infeasible", "converged"]
    assert np.isnan(found.C.values).tolist() == [True, True, False]
    with pytest.raises(ib.InfeasibleError, match="loss=1"):
        ib.calibrate("chinchilla_replication", loss=1.0)
    with pytest.raises(ib.InfeasibleError):
        ib.calibrate("chinchilla_replication", loss=1.9, minimise="data", N=1e6)
    # a target above the loss of the least model on the least data is met at once
    assert float(ib.calibrate("chinchilla_replication", loss=1e6, minimise="data", N=1e6)["T"]) == 1
    assert float(ib.calibrate("chinchilla_replication", loss=1e6).C) == pytest.approx(6, rel=1e-9)


def test_bad_input() -> None:
    with pytest.raises(ib.DomainError, match="compute, data, size"):
        ib.calibrate("sampled_student", loss=1e-3, minimise="time", **USUAL)
    with pytest.raises(ib.DomainError, match="finite"):
        ib.calibrate("sampled_student", loss=[np.nan, 1e-3], **USUAL)
    with pytest.raises(ib.UnknownNameError, match="missing: n"):
        ib.calibrate("sampled_student", loss=1e-3, minimise="data", **USUAL)
    with pytest.raises(ib.ExpressionError, match="rule"):
        ib.calibrate("hoffmann_approach_2", loss=2.0)
    x = sp.Symbol("x", positive=True)
    with pytest.raises(ib.ExpressionError, match="lacks one"):
        ib.calibrate(ib.define(1 / x, size=None, data=x), loss=0.1)


def test_overtraining_in_closed_form() -> None:
    """k^alpha A/N^alpha + B/D'^beta at the optimal loss: D'/D = (1 - (k^alpha - 1) A N^-alpha D^beta / B)^(-1/beta)."""
    law = ib.law("chinchilla_replication")
    A, B, alpha, beta = (float(v) for v in _values(law, "A", "B", "alpha", "beta"))
    best = ib.allocate(law, C=1e21)
    k = np.array([0.5, 1, 2, 4])
    found = ib.overtrain(law, C=1e21, smaller=k)
    size, data = float(best.n), float(best["T"])
    longer = (1 - (k**alpha - 1) * A * size**-alpha * data**beta / B) ** (-1 / beta)
    np.testing.assert_allclose(found.T_equal, data * longer, rtol=1e-8)
    np.testing.assert_allclose(found.compute_overhead, longer / k - 1, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(found["T"], data * k, rtol=1e-9)
    assert (found.loss.values >= float(best.loss) - 1e-14).all()
    assert set(found.status.values) == {"converged"}
    far = ib.overtrain(law, C=[1e21], smaller=[64, 1e12])
    assert far.status.values.tolist() == [["unreachable", "infeasible"]]
    with pytest.raises(ib.DomainError, match="positive"):
        ib.overtrain(law, C=1e21, smaller=0)


def test_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "chinchilla_replication", "loss=2,2.5", "--json"]) == 0
    columns = json.loads(capsys.readouterr().out)
    assert columns["C"][0] == pytest.approx(2.438e23, rel=1e-3)
    assert main(["calibrate", "chinchilla_replication", "loss=2", "--minimise", "data", "N=1e12"]) == 0
    assert "attained" in capsys.readouterr().out
    assert main(["calibrate", "chinchilla_replication", "loss=1,2"]) == 2
    assert "loss=1" in capsys.readouterr().err
    assert main(["calibrate", "chinchilla_replication"]) == 2
    assert main(["overtrain", "chinchilla_replication", "C=1e21", "smaller=2,4"]) == 0
    assert "0.2593" in capsys.readouterr().out
