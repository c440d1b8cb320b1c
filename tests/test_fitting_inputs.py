"""Training runs and options that are no good: each fault has its own message, with a code, rows, a line or a column."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from training_runs import TRUTH, codes, fitted, made

import infobound as ib
from infobound.cli import main
from infobound.errors import DomainError, InfeasibleError, InfoboundError, UnknownNameError

RUNS = made(noise=0.01)
TEXT = pd.DataFrame(RUNS).to_csv(index=False)
RECORDS = pd.DataFrame(RUNS).to_dict("records")


def changed(**columns: Callable[[Any], Any]) -> dict[str, Any]:
    return RUNS | {name: change(RUNS[name].copy()) for name, change in columns.items()}


def at(row: int, value: float) -> Callable[[Any], Any]:
    def change(column: Any) -> Any:
        column[row - 1] = value
        return column

    return change


# --- files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.csv", TEXT),
        ("UPPER.CSV", TEXT),
        ("mark.csv", "\ufeff" + TEXT),
        ("windows.csv", TEXT.replace("\n", "\r\n")),
        ("old.csv", TEXT.replace("\n", "\r")),
        ("blank.csv", TEXT.replace("\n", "\n\n")),
        ("spaced.csv", TEXT.replace("N,D,loss", " N , D ,loss ")),
        ("quoted.csv", TEXT.replace("N,D,loss", '"N","D","loss"').replace("10000000000.0,", '"1e10",')),
        ("unnamed twice.csv", TEXT.replace("\n", ",,\n")),
        ("columns.json", json.dumps({name: column.tolist() for name, column in RUNS.items()})),
        ("records.json", json.dumps(RECORDS)),
        ("lines.jsonl", "\n".join(map(json.dumps, RECORDS)) + "\n\n"),
    ],
)
def test_files_are_read_to_the_last_digit(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    found = fitted(tmp_path / name)
    for column, values in RUNS.items():
        assert np.array_equal(found.runs.loss if column == "loss" else found.runs.columns[column], values)
    assert not found.warnings


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "names of its columns, got an empty"),
        ("a.csv", "N,D,loss\n", r"at least one row, got none below N, D, loss \[no-runs\]"),
        ("a.csv", TEXT + "1e9,1e10\n", "3 fields of its header, got 2 in line 66"),
        ("a.csv", TEXT + "1e9,1e10,3,4\n", "got 4 in line 66"),
        ("a.csv", TEXT.replace("\n", ",7\n").replace("loss,7", "loss"), "got 4 in line 2"),
        ("a.csv", TEXT + '"1e9,1e10,2.6\n', "got unexpected end of data in line 66"),
        ("a.csv", TEXT.replace(",", ";"), "separated by commas, got semicolons"),
        ("a.csv", TEXT.replace(",", "\t"), "separated by commas, got tabs"),
        ("a.csv", TEXT.replace("N,D", "N,N"), r"got 'N' twice \[repeated-column\]"),
        ("a.csv", TEXT.partition("\n")[2], r"got 'loss' \[missing-column\]"),
        ("a.csv", TEXT + "1e9,1e10,\n", r"got nan in column 'loss'.* \(row 65\) \[not-finite\]"),
        ("a.csv", TEXT + '1e9,1e10,"2,6"\n', r"got '2,6' \(row 65\) \[not-a-number\]"),
        ("a.csv", TEXT + "1e9,1e10,True\n", r"got 'True' \(row 65\) \[not-a-number\]"),
        ("a.csv", TEXT + f"1{'0' * 400},1e10,3\n", r"got inf in column 'N'.* \(row 65\) \[not-finite\]"),
        ("a.csv", b"N,D,l\xf6ss\n", "UTF-8, got .*a.csv: invalid start byte at byte 5"),
        ("a.csv", TEXT.encode("utf-16"), "UTF-8"),
        ("a.json", "", "must be JSON, got Expecting value in line 1"),
        ("a.json", '{"N": 1}', "a list of runs, or an object of columns"),
        ("a.json", "5", "a list of runs, or an object of columns"),
        ("a.json", "[]", "no-runs"),
        ("a.json", "[[1]]", "must be an object, got list as run 1 of"),
        ("a.json", "[" * 100_000, "JSON that can be read"),
        ("a.json", '[{"N": 1, "N": 2}]', "its own, got 'N' twice"),
        ("a.json", '{"N": [1, 2], "D": [1], "loss": [3]}', "one length, got 2 in 'N', 1 in 'D', 1 in 'loss'"),
        ("a.json", json.dumps([*RECORDS, {"N": 1e9, "D": 1e10}]), r"got nan in column 'loss'.*row 65"),
        ("a.json", json.dumps([*RECORDS, {"N": True, "D": 1e10, "loss": 3}]), r"got True \(row 65\)"),
        ("a.json", json.dumps([*RECORDS, {"N": [5], "D": 1e10, "loss": 3}]), r"got \[5\] \(row 65\)"),
        ("a.jsonl", '{"N": 1}\n{"N":\n', "must be JSON, got .* in line 2"),
        ("a.jsonl", '{"N": 1}\n[2]\n', "must be an object, got list as line 2 of"),
        ("a.jsonl", '{"N": 1e9, "D": 1e10, "loss": Infinity}', r"got inf in column 'loss'.* \(row 1\)"),
        ("a.jsonl", f'{{"N": 1{"0" * 400}, "D": 1e10, "loss": 3}}', r"got inf in column 'N'"),
        ("a.jsonl", f'{{"N": 1{"0" * 5000}, "D": 1e10, "loss": 3}}', "JSON that can be read"),
        ("a.xls", "", r"must be in a \.csv, \.parquet, \.json, \.jsonl file"),
    ],
)
def test_files_that_are_no_good(
    name: str, text: str | bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises((DomainError, UnknownNameError), match=message):
        fitted(file)
    assert main(["fit", "chinchilla", str(file), "--N", "N", "--D", "D"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_is_no_file_and_a_file_must_exist(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").mkdir()
    with pytest.raises(DomainError, match="in a file, got the folder"):
        fitted(tmp_path / "runs.csv")
    with pytest.raises(DomainError, match="a file that exists"):
        fitted(tmp_path / "none.csv")


def test_parquet_is_read_or_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(RUNS)
    frame.to_parquet(tmp_path / "a.PARQUET")
    assert np.array_equal(fitted(tmp_path / "a.PARQUET").runs.loss, RUNS["loss"])
    frame.assign(loss=frame.loss.where(frame.index != 2)).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DomainError, match=r"\(row 3\) \[not-finite\]"):
        fitted(tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_text("N,D,loss")
    with pytest.raises(DomainError, match="must be a Parquet file"):
        fitted(tmp_path / "c.parquet")


def test_parquet_needs_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.parquet").write_text("")
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(DomainError, match=r"needs infobound\[scale\]; missing: pyarrow"):
        fitted(tmp_path / "a.parquet")


# --- frames and mappings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (None, "got NoneType"),
        (5, "got int"),
        ([{"N": 1}], "got list"),
        (np.ones((5, 3)), "got ndarray"),
        ({}, "no-runs"),
        (pd.DataFrame(), "no-runs"),
        ({"N": [], "D": [], "loss": []}, "no-runs"),
        ({"N": 1, "D": 2, "loss": 3}, "1-D, got 0 dimensions in 'N'"),
        ({"N": [[1], [2, 3]], "D": [1, 2], "loss": [1, 2]}, "1-D, got lists of lists in 'N'"),
        ({"N": [1, 2], "D": [1], "loss": [3, 4]}, "one length, got 2 in 'N', 1 in 'D', 2 in 'loss'"),
        (pd.DataFrame(np.ones((8, 4)), columns=["N", "N", "D", "loss"]), r"'N' twice \[repeated-column\]"),
        (changed(N=lambda x: x > 1e8), r"got False \(rows 1, 2, .* and 56 more\) \[not-a-number\]"),
        (changed(N=lambda x: x + 0j), r"got \(10000000\+0j\)"),
        (changed(N=lambda x: np.full(64, np.datetime64("2020-01-01"))), r"got datetime\.date"),
        (changed(N=lambda x: [datetime.date(2020, 1, 1)] * 64), r"got datetime\.date"),
        (changed(N=lambda x: [10**400] * 64), "got inf in column 'N'"),
        (changed(N=lambda x: x * np.longdouble("1e4000")), "got inf in column 'N'"),
        (changed(loss=lambda x: np.ma.masked_array(x, [1] + [0] * 63)), r"got nan .*\(row 1\) \[not-finite\]"),
        (pd.DataFrame(changed(N=lambda x: pd.array([None] + [1] * 63, dtype="Int64"))), r"got nan .*\(row 1\)"),
        (changed(loss=at(3, -1.0)), r"greater than 0, got -1 in column 'loss'.* \(row 3\) \[not-positive\]"),
        (changed(loss=at(5, np.nan)), r"\(row 5\) \[not-finite\]"),
        (changed(loss=at(5, -np.inf)), r"\(row 5\) \[not-finite\]"),
        (changed(D=at(7, 0.0)), r"D must be at least 1, got 0 .*\(row 7\) \[not-positive\]"),
        (changed(N=at(64, -5.0)), r"\(row 64\) \[not-positive\]"),
        (changed(N=at(2, 0.07)), r"got 0.07 in column 'N'; count single .*\(row 2\) \[outside-domain\]"),
        (changed(loss=lambda x: 0 * x + 2.5), r"differ between runs, got 2.5 in all 64 of them \[constant-loss\]"),
        (changed(N=lambda x: 0 * x + 1e9), r"E, A and alpha: N takes 1 value \[not-identifiable\]"),
        (changed(D=lambda x: 0 * x + 1e9), r"E, B and beta: D takes 1 value \[not-identifiable\]"),
        (
            {
                name: column[:1].repeat(64) * (1 + 0.1 * np.arange(64) * (name == "loss"))
                for name, column in RUNS.items()
            },
            "N takes 1 value and D takes 1 value",
        ),
        ({name: column[:1] for name, column in RUNS.items()}, r"got 1 \[too-few-runs\]"),
    ],
)
def test_runs_that_are_no_good(runs: Any, message: str) -> None:
    with pytest.raises(DomainError, match=message):
        fitted(runs)


@pytest.mark.parametrize(
    "kind",
    [
        pd.DataFrame,
        lambda runs: {name: tuple(column) for name, column in runs.items()},
        lambda runs: {name: pd.Series(column) for name, column in runs.items()},
        lambda runs: pd.DataFrame({name: column.astype(str) for name, column in runs.items()}, dtype="string"),
        lambda runs: pd.DataFrame(runs).assign(N=pd.Categorical(runs["N"])),
        lambda runs: pd.concat([pd.DataFrame(runs), pd.DataFrame(np.ones((64, 2)), columns=["x", "x"])], axis=1),
    ],
)
def test_runs_in_any_container(kind: Callable[[Any], Any]) -> None:
    assert fitted(kind(RUNS)).objective == fitted(RUNS).objective


# --- what is doubtful -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "code", "message"),
    [
        (changed(N=lambda x: x / 1e6), "units-suspected", "tokens per parameter have the median 1e+08"),
        (changed(D=lambda x: x / 1e9), "units-suspected", "median 1e-07"),
        (changed(N=lambda x: x / 1e6, D=lambda x: x / 1e6), "units-suspected", "N has the median 356"),
        ({"N": RUNS["D"], "D": RUNS["N"], "loss": RUNS["loss"]}, "units-suspected", "columns that changed places?"),
        (changed(loss=np.exp), "perplexity-suspected", "(median 15.5) looks like a perplexity"),
        (changed(loss=np.log), "log-loss-suspected", "looks like a logarithm"),
    ],
)
def test_doubts_about_units(runs: dict[str, Any], code: str, message: str) -> None:
    (doubt,) = [finding for finding in fitted(runs).warnings if finding.code.endswith("-suspected")]
    assert doubt.code == code
    assert message in doubt.message


def test_a_perplexity_may_be_named_one() -> None:
    runs = {"N": RUNS["N"], "D": RUNS["D"], "valid_ppl": RUNS["loss"]}
    assert codes(fitted(runs, loss="valid_ppl")) == {"perplexity-suspected"}


def test_few_clusters_are_doubtful_and_one_is_none() -> None:
    two = RUNS | {"run": ["a", "b"] * 32}
    assert "few-clusters" in codes(fitted(two, cluster="run"))
    one = RUNS | {"run": ["a"] * 64}
    found = fitted(one, cluster="run")
    assert "no-freedom" in codes(found)
    assert found.intervals["profile"]["A"] == (0, np.inf)
    assert np.isnan(found.predict(N=1e9, D=1e10).loss_low)
    with pytest.raises(DomainError, match=r"at least 2 clusters .*\[too-few-clusters\]"):
        fitted(one, cluster="run", bootstrap=20)
    with pytest.raises(DomainError, match=r"none in column 'run' \(rows 2, 4, .*\[missing-cluster\]"):
        fitted(RUNS | {"run": ["a", None] * 32}, cluster="run")


def test_few_runs_say_so() -> None:
    five = {name: column[::13] for name, column in RUNS.items()}
    found = fitted(five)
    assert codes(found) == {"no-freedom"}
    assert all(np.isnan(found.allocate(C=1e21)[name]) for name in ("p_low", "p_high", "T_low", "T_high"))
    with pytest.raises(DomainError, match=r"more runs than parameters, got 5 of both \[too-few-runs\]"):
        fitted(five, bootstrap=50)
    six = {name: column[::11] for name, column in RUNS.items()}
    assert {"undetermined-draws", "few-draws"} <= codes(fitted(six, bootstrap=50))


def test_an_interval_is_not_cut_short_where_a_descent_fails() -> None:
    """Losses of noise alone: every A that some E fits about as well lies in the interval of A."""
    runs = changed(loss=lambda x: 2.5 + 0.1 * np.random.default_rng(1).random(64))
    found = fitted(runs)
    assert {"at-edge", "weakly-identified"} <= codes(found)
    low, high = found.intervals["profile"]["A"]
    values = dict(found.parameters)
    for factor in (0.95, 1.05):
        values["A"] = factor * found.parameters["A"]
        law = found.law.with_(**values)
        shift = np.median(runs["loss"] - law(N=runs["N"], D=runs["D"]))
        residuals = np.log(runs["loss"] / (law(N=runs["N"], D=runs["D"]) + shift))
        assert found.loss.value(residuals) < found.objective * 1.005
        assert low < values["A"] < high


# --- questions that are no good ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"delta": 0}, "delta must be a number from 1e-09"),
        ({"delta": -1.0}, "got -1.0"),
        ({"delta": np.nan}, "got nan"),
        ({"delta": 1e300}, r"got 1e\+300"),
        ({"delta": 1e-300}, "got 1e-300"),
        ({"delta": True}, "got True"),
        ({"objective": ""}, "huber, lad, lsq; got ''"),
        ({"bootstrap": 1}, "0 or at least 2 draws, got 1"),
        ({"bootstrap": -1}, "whole number, at least 0, got -1"),
        ({"bootstrap": 1.5}, "got 1.5"),
        ({"bootstrap": True}, "got True"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"drop_highest_loss": 64}, "one less than the 64 runs, got 64"),
        ({"drop_highest_loss": 60}, r"got 4 \[too-few-runs\]"),
        ({"level": 1.0}, "between 0 and 1, got 1.0"),
        ({"level": "a"}, "between 0 and 1, got 'a'"),
        ({"D": "N"}, r"got 'N' for N and D \[shared-column\]"),
        ({"loss": "N"}, r"got 'N' for loss and N \[shared-column\]"),
        ({"N": ""}, r"got '' \[missing-column\]"),
        ({"N": 5.0}, "none for N"),
        ({"loss": None}, "got None"),
        ({"cluster": "run"}, "got 'run'"),
        ({"E": -1.0}, "E must be at least 0"),
        ({"E": [1, 2]}, "E must be a finite number"),
        (TRUTH, "a free parameter, got none"),
        ({"form": "chinchila"}, "did you mean chinchilla"),
        ({"form": "objective + A/N^alpha + B/D^beta"}, "a name that the result uses .* got objective"),
        ({"save": 5}, r"saved to a \.json file, got 5"),
    ],
)
def test_questions_that_are_no_good(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InfoboundError, match=message):
        ib.fit(**{"form": "chinchilla", "runs": RUNS, "N": "N", "D": "D"} | asked)


@pytest.mark.parametrize("form", ["isoflop", "envelope"])
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"objective": "lad"}, "takes no objective, delta or number, got objective"),
        ({"delta": 1e-3}, "got delta"),
        ({"d": 5}, "got d"),
        ({"C": "loss"}, "either D or C, got both"),
        ({"cluster": "run"}, "got 'run'"),
        (
            {"runs": changed(N=lambda x: x * 1e290, D=lambda x: x * 1e290)},
            r"6 N D must be a finite number .*not-finite",
        ),
        (
            {"D": None, "C": "D", "runs": changed(D=lambda x: RUNS["N"])},
            r"D must be at least 1, got 0.166667 in C/\(6 N\)",
        ),
        ({"runs": {name: column[:1] for name, column in RUNS.items()}, "cluster": "N"}, "needs"),
    ],
)
def test_rules_refuse_what_does_not_apply(form: str, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InfoboundError, match=message):
        ib.fit(form, **{"runs": RUNS, "N": "N", "D": "D"} | asked)


def test_a_bootstrap_of_one_cluster_at_each_budget_is_refused() -> None:
    runs = RUNS | {"budget": np.round(np.log(RUNS["N"] * RUNS["D"]), 6)}
    with pytest.raises(DomainError, match="too-few-clusters"):
        ib.fit("isoflop", runs, N="N", D="D", cluster="budget", bootstrap=20)


def test_answers_of_a_fit_check_what_they_are_asked() -> None:
    found = fitted(RUNS)
    for columns, message in (
        ({"N": 1e9}, "needs N, D"),
        ({"N": 1e9, "D": 1e10, "E": 2}, "no more and no less"),
        ({"N": 0.5, "D": 1e9}, "N must be at least 1"),
        ({"N": "a", "D": 1}, "real number"),
    ):
        with pytest.raises(DomainError, match=message):
            found.predict(**columns)
    with pytest.raises(DomainError, match="what was fitted is not given as well, got E"):
        found.allocate(C=1e21, E=2.0)
    rule = ib.fit("isoflop", RUNS, N="N", D="D", bootstrap=20)
    for fit in (found, rule):
        assert fit.allocate(C=[]).p_low.shape == (0,)
        with pytest.raises(InfeasibleError):
            fit.allocate(C=1e-5)
        some = fit.allocate(C=[1e-5, 1e21])
        assert np.isnan(some.p_low[0])
        assert some.p_low[1] < some.p[1] < some.p_high[1]
