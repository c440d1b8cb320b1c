"""The verb `experiment`: an exact loss between its bounds, the same from Python and the command line."""

import json
from typing import Any

import pytest

import infobound as ib
from infobound.cli import main
from infobound.experiments import linear_spectrum

CELL = {"n": 8, "T": 64, "gamma": 1.0}


@pytest.fixture(scope="module")
def found() -> Any:
    return ib.experiment("linear_spectrum", n=[4, 16, 64], T=[64, 256], gamma=0.5, draws=16, seed=3)


def test_each_cell_is_what_the_functions_give(found: Any) -> None:
    assert found.exact.dims == ("n", "T")
    at = {"n": 16, "T": 256, "gamma": 0.5}
    cell = found.sel(n=16, T=256)
    exact = linear_spectrum.exact_loss(**at, designs=16, seed=3)
    assert (cell.exact, cell.exact_se) == (exact.value, exact.standard_error)
    assert cell.lower == linear_spectrum.lower_bound(**at)
    assert cell.jensen == linear_spectrum.jensen_bound(**at)
    assert cell.rate_distortion == linear_spectrum.rate_distortion_bound(**at)
    for name in ("linear_spectrum_lower", "linear_spectrum_jensen", "linear_spectrum"):
        assert cell[name] == ib.law(name)(s=1, v=1, **at)


def test_the_exact_loss_lies_between_its_bounds(found: Any) -> None:
    assert (found.linear_spectrum_lower <= found.lower).all()
    assert (found.lower <= found.exact + 5 * found.exact_se).all()
    assert (found.exact - 5 * found.exact_se <= found.jensen).all()
    assert (found.jensen <= found.rate_distortion).all()
    assert (found.jensen <= found.linear_spectrum_jensen).all()
    assert (found.rate_distortion <= found.linear_spectrum).all()


def test_draws_come_from_the_seed() -> None:
    def drawn(seed: int) -> float:
        return float(ib.experiment("linear_spectrum", **CELL, draws=4, seed=seed).exact)

    assert drawn(1) == drawn(1) != drawn(2)


def test_the_command_line_says_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    question = ["experiment", "linear_spectrum", "n=8", "T=64,128", "gamma=1", "--draws", "4", "--seed", "1"]
    assert main([*question, "--json"]) == 0
    columns = json.loads(capfd.readouterr().out)
    same = ib.experiment("linear_spectrum", n=8, T=[64, 128], gamma=1, draws=4, seed=1)
    assert columns["exact"] == same.exact.values.tolist()
    assert columns["T"] == [64.0, 128.0]
    assert main(question) == 0
    assert "linear_spectrum: exact value by 4 draws, and bounds" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        ({"model": "linear"}, ib.UnknownNameError, "must be one of linear_spectrum; got 'linear'"),
        ({"d": 3}, ib.UnknownNameError, "got d"),
        ({"n": 2.5}, ib.DomainError, "n must be a whole number, got n=2.5"),
        ({"n": 1e5, "T": 1e5}, ib.DomainError, r"at most 2e\+07 numbers, got n=100000 times T=100000"),
        ({"draws": 1}, ib.DomainError, "draws must be at least 2, got draws=1"),
        ({"seed": -1}, ib.DomainError, "seed must be at least 0, got seed=-1"),
    ],
)
def test_bad_questions_are_refused(question: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ib.experiment(**{"model": "linear_spectrum", **CELL, **question})


def test_an_unknown_experiment_exits_with_2(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", "nobody"]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == "infobound: an experiment must be one of linear_spectrum; got 'nobody'\n"
