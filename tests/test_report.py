"""The folder of a comparison: what is in it, and that it is there whole or not at all."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import infobound as ib
from infobound import reporting
from infobound.cli import main

LAWS = ["parameter_counting", "sampled_student", "hoffmann_approach_1"]
ASKED: dict[str, Any] = {"laws": LAWS, "C": [1e18, 1e26], "d": 128, "K": 10}
FILES = {"index.md", *(f"comparison.{form}" for form in ("csv", "json", "pdf", "png"))}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports") / "report"
    said = ib.report(folder, **ASKED)
    assert said == {"folder": str(folder), "files": 7, "derivations": 2}
    return folder


def test_what_is_in_the_folder(written: Path) -> None:
    assert [path.name for path in written.parent.iterdir()] == ["report"]
    assert {path.name for path in written.iterdir()} == FILES | {"derivations"}
    assert {path.name for path in (written / "derivations").iterdir()} == {f"{name}.tex" for name in LAWS[:2]}
    assert (written / "comparison.pdf").read_bytes().startswith(b"%PDF")
    assert (written / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_is_the_comparison(written: Path) -> None:
    found = ib.compare(**ASKED)
    columns = json.loads((written / "comparison.json").read_text(encoding="utf-8"))
    assert columns["p"] == found.p.values.ravel().tolist()
    with (written / "comparison.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["p"]) for row in rows] == columns["p"]


def test_the_derivations_are_whole_documents(written: Path) -> None:
    name = "parameter_counting"
    assert (written / "derivations" / f"{name}.tex").read_text(encoding="utf-8") == ib.derivation(name).latex()


def test_the_index_says_what_was_asked_and_found(written: Path) -> None:
    text = (written / "index.md").read_text(encoding="utf-8")
    found = ib.compare(**ASKED)
    plain = text.replace("\\", "")
    assert found.attrs["summary"] in plain
    assert f"infobound {ib.__version__}; cost transformer: C = 6*T*p" in plain
    assert "- C: 1e+18, 1e+26\n- d: 128\n- K: 10\n" in text
    for name in LAWS[:2]:
        assert f"[{name}](derivations/{name}.tex)" in text
        assert f"{len(tuple(ib.derivation(name)))} steps, cited" in text
    linked = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert all((written / name).is_file() for name in linked)


def test_every_theory_law_with_a_derivation_is_there_by_default() -> None:
    names = [derived.name for derived in reporting._derived(None)]
    assert {name for name, entry in ib.laws().items() if entry.family == "theory"} == set(names)
    mine = ib.law("sampled_student").with_(d=16)
    assert reporting._derived([mine, "hoffmann_approach_1"]) == []


@pytest.fixture
def tables_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes time: pictures and derivations."""
    monkeypatch.setattr(reporting, "_derived", lambda _: [])
    monkeypatch.setattr(reporting, "plot", lambda _, path: path.write_bytes(b"drawn"))


def test_an_empty_folder_is_filled_and_a_full_one_is_left(tmp_path: Path, tables_only: None) -> None:
    target = tmp_path / "there"
    target.mkdir()
    ib.report(target, **ASKED)
    assert {path.name for path in target.iterdir()} == FILES | {"derivations"}
    before = (target / "index.md").read_bytes()
    with pytest.raises(ib.DomainError, match=r"a folder that is new or empty, got .*there"):
        ib.report(target, **ASKED | {"d": 16})
    assert (target / "index.md").read_bytes() == before


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise ib.CheckFailed("a step must hold")

    with pytest.raises(ib.DomainError, match="two budgets or more"):
        ib.report(tmp_path / "report", **ASKED | {"C": 1e20})
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(reporting, "plot", lambda _, path: path.write_bytes(b"drawn"))
    monkeypatch.setattr(reporting, "_derived", fails)
    with pytest.raises(ib.CheckFailed, match="a step must hold"):
        ib.report(tmp_path / "report", **ASKED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["missing/report", "file", "file/report", "link", "x" * 300])
def test_a_folder_that_cannot_be_made_exits_with_2(
    where: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed")

    monkeypatch.setattr(ib.compare, "answer", never)
    (tmp_path / "file").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert main(["report", "--out", str(tmp_path / where)]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith("infobound: a report must be written into a folder that is new or empty")
    assert said.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"file", "link"}


def test_the_command_line_says_where_it_is(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], tables_only: None
) -> None:
    target = tmp_path / "report"
    asked = ["--laws", ",".join(LAWS), "C=1e18,1e26", "d=128", "K=10"]
    assert main(["report", "--out", str(target), *asked]) == 0
    assert f"folder: {target}\nfiles: 5\n" in capfd.readouterr().out
    assert target.is_dir()
