"""Saved fits: all of a result comes back exactly, nothing else is taken for one; the command line answers from them."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
from training_runs import fitted, made

import infobound as ib
from infobound.cli import main
from infobound.errors import DomainError, ExpressionError
from infobound.fitting.storing import law_of_tree, tree_of_law


def curves() -> dict[str, Any]:
    """Runs on budgets that several sizes share, and of sizes that each have a curve."""
    runs = made(noise=0.002, sizes=10, tokens=10)
    return runs | {"C": 6 * runs["N"] * runs["D"], "run": [f"{size:.6g}" for size in runs["N"]]}


FITS: dict[str, Callable[..., Any]] = {
    "law": lambda **asked: fitted(made(noise=0.01), drop_highest_loss=1, **asked),
    "law and bootstrap": lambda **asked: fitted(made(noise=0.01), bootstrap=50, cluster=None, **asked),
    "wide intervals": lambda **asked: fitted(
        {name: column[::11] for name, column in made(noise=0.01).items()}, **asked
    ),
    "nothing to judge by": lambda **asked: fitted({name: column[::13] for name, column in made().items()}, **asked),
    "isoflop": lambda **asked: ib.fit("isoflop", curves(), N="N", C="C", **asked),
    "isoflop and bootstrap": lambda **asked: ib.fit("isoflop", curves(), N="N", D="D", bootstrap=30, **asked),
    "envelope": lambda **asked: ib.fit("envelope", curves(), N="N", D="D", cluster="run", bootstrap=20, **asked),
}


def same(ours: Any, theirs: Any) -> bool:
    """Whether two results are equal in every field, arrays to the last bit."""
    if isinstance(ours, np.ndarray):
        return bool(ours.dtype == theirs.dtype and np.array_equal(ours, theirs, equal_nan=True))
    if isinstance(ours, dict):
        return list(ours) == list(theirs) and all(same(ours[key], theirs[key]) for key in ours)
    if type(ours).__name__ in ("Fit", "RuleFit", "Runs"):
        return type(ours) is type(theirs) and same(vars(ours), vars(theirs))
    return bool(ours == theirs)


@pytest.mark.parametrize("made_fit", FITS.values(), ids=FITS)
def test_a_saved_fit_comes_back_exactly(made_fit: Callable[..., Any], tmp_path: Path) -> None:
    target = tmp_path / "fit.json"
    found = made_fit(save=str(target))
    again = ib.load_fit(target)
    assert same(again, found)
    assert (str(again), again.record()) == (str(found), found.record())
    assert again.allocate(C=[1e20, 1e23]).identical(found.allocate(C=[1e20, 1e23]))
    if hasattr(found, "predict"):
        assert again.predict(N=[1e9, 1e11], D=1e10).identical(found.predict(N=[1e9, 1e11], D=1e10))
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == target.read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_rule_is_allocated_with_its_band_and_its_distance() -> None:
    found = FITS["isoflop and bootstrap"]()
    best = found.allocate(C=[1e20, 1e26])
    plain = ib.allocate(found.rule, C=[1e20, 1e26])
    assert best.p.values == pytest.approx(plain.p.values, rel=1e-13)
    a, k = found.draws["a"], found.draws["k"]
    ends = [np.quantile(k * 1e26**a, q, method=method) for q, method in ((0.05, "lower"), (0.95, "higher"))]
    assert [float(best.p_low[1]), float(best.p_high[1])] == pytest.approx(ends, rel=1e-9)
    assert best.extrapolation.values == pytest.approx([0, 26 - np.log10(found.optima["C"].max())])
    assert "p_low" not in FITS["isoflop"]().allocate(C=1e20)


def test_a_saved_law_keeps_its_own_cost() -> None:
    P, T, fee = sp.symbols("p T fee")
    cost = ib.Cost("with a fee", 6 * P * T + fee * P, (ib.Parameter(fee, sp.Integer(100), low=0),))
    N, D, A = sp.symbols("N D A", positive=True)
    law = ib.define(1.8 + A / N**0.35 + 400 / D**0.28, size=N, data=D, cost=cost, parameters={A: 480})
    again = law_of_tree(json.loads(json.dumps(tree_of_law(law))))
    assert again == law
    assert again.cost == cost


# --- files that are no saved fits -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("fits")
    found = {name: folder / f"{name}.json" for name in ("law", "isoflop", "envelope")}
    for name, path in found.items():
        FITS[name](save=str(path))
    return found


@pytest.mark.parametrize("name", ["law", "isoflop", "envelope"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "a whole JSON file"),
        (lambda text: text[: len(text) // 2], "a whole JSON file"),
        (lambda text: text.replace("0.", "0.1", 1), "changed or damaged"),
        (lambda text: text.replace('"b": ', '"b": 0, "c": ', 1), "changed or damaged"),
        (lambda text: text.replace("infobound fit 2", "infobound fit 1"), r"got 'infobound fit 1'"),
        (lambda text: "{}", "format 'infobound fit', got another file"),
        (lambda text: "[1, 2]", "got another file"),
        (lambda text: "[" * 100_000, "a whole JSON file"),
        (lambda text: '{"format": 5}', "got another file"),
        (lambda text: text + "\udcff", "a whole JSON file"),
    ],
)
def test_other_files_are_refused(
    name: str, change: Callable[[str], str], message: str, files: dict[str, Path], tmp_path: Path
) -> None:
    target = tmp_path / "fit.json"
    target.write_bytes(change(files[name].read_text()).encode(errors="surrogateescape"))
    with pytest.raises(DomainError, match=message):
        ib.load_fit(target)


def sealed(content: dict[str, Any], path: Path) -> Path:
    """Write what a stranger might, with a digest that is right."""
    content = {key: value for key, value in content.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(content | {"sha256": digest}))
    return path


@pytest.mark.parametrize(
    ("change", "fault", "message"),
    [
        (lambda content: content["law"]["terms"].update(size=["__import__", "1"]), ExpressionError, "__import__"),
        (
            lambda content: content["law"]["terms"].update(size=["Pow", "10", "99999999"]),
            ExpressionError,
            "at most 1000",
        ),
        (lambda content: content["law"]["terms"].update(size={"symbol": "os"}), ExpressionError, "'os'"),
        (lambda content: content.pop("runs"), DomainError, "must hold all its parts"),
        (lambda content: content["runs"].update(loss="abc"), DomainError, "must hold all its parts"),
        (lambda content: content["fit"].update(intervals=5), DomainError, "must hold all its parts"),
    ],
)
def test_a_file_with_a_digest_runs_nothing_and_must_be_whole(
    change: Callable[[Any], Any], fault: type[Exception], message: str, files: dict[str, Path], tmp_path: Path
) -> None:
    content = json.loads(files["law"].read_text())
    change(content)
    with pytest.raises(fault, match=message):
        ib.load_fit(sealed(content, tmp_path / "fit.json"))


def test_a_fit_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "fit.json"
    found = FITS["isoflop"](save=str(target))
    before = target.read_bytes()

    def fails(self: Path, target: Path) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="no room"):
        found.save(target)
    assert [path.name for path in tmp_path.iterdir()] == ["fit.json"]
    assert target.read_bytes() == before
    (tmp_path / "folder.json").mkdir()
    for bad in ("fit.txt", "nowhere/fit.json", "folder.json"):
        with pytest.raises(DomainError, match=r"a \.json file in a folder that can be written"):
            found.save(tmp_path / bad)


# --- the command line -------------------------------------------------------------------------------------


def answer(capsys: pytest.CaptureFixture[str], *command: str) -> Any:
    assert main([*command, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_line_answers_from_a_saved_fit(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    law, rule = str(files["law"]), str(files["isoflop"])
    found = ib.load_fit(law)
    said = answer(capsys, "allocate", law, "C=1e20,1e24")
    best = found.allocate(C=[1e20, 1e24])
    for name in ("p", "p_low", "p_high", "extrapolation"):
        assert said[name] == best[name].values.tolist()
    assert answer(capsys, "eval", law, "N=1e9", "D=1e10") == {
        "N": [1e9],
        "D": [1e10],
        **{name: [float(value)] for name, value in found.predict(N=1e9, D=1e10).items()},
    }
    assert "term_size" in answer(capsys, "eval", law, "N=1e9", "D=1e10", "--terms")
    assert answer(capsys, "allocate", rule, "C=1e20")["status"] == ["rule"]
    assert set(answer(capsys, "compare", "--laws", f"{law},{rule},hoffmann_approach_3", "C=1e21")["law"]) == {
        "chinchilla_fitted",
        "isoflop_fitted",
        "hoffmann_approach_3",
    }
    assert answer(capsys, "calibrate", law, "loss=2.1")["status"] == ["converged"]
    assert answer(capsys, "show", law) == found.record()
    assert main(["show", law]) == 0
    assert "[dropped-highest-loss]" in capsys.readouterr().out
    assert main(["show", law, "--latex"]) == 0
    assert "alpha" in capsys.readouterr().out
    assert main(["exponents", law]) == 0
    assert "C^(beta/(alpha + beta))" in capsys.readouterr().out


def test_the_command_line_fits_the_form_of_a_saved_fit_again(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs.json"
    runs.write_text(json.dumps({name: column.tolist() for name, column in made().items()}))
    assert answer(capsys, "fit", str(files["law"]), str(runs), "--N", "N", "--D", "D")["A"] == pytest.approx(480)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("allocate", "none.json", "C=1e21"), "No such file"),
        (("eval", "ISOFLOP", "N=1e9", "D=1e10"), "needs a law with a loss, got isoflop_fitted"),
        (("eval", "LAW", "N=1e9"), "needs N, D"),
        (("allocate", "LAW", "C=1e21", "--size", "N"), "belongs to an expression"),
        (("allocate", "LAW", "C=1e-5"), "must pay for"),
        (("compare", "--laws", "LAW,none.json"), "No such file"),
        (("fit", "ISOFLOP", "runs.csv", "--N", "N"), "a law with a loss, got isoflop_fitted"),
    ],
)
def test_the_command_line_says_what_a_saved_fit_cannot_do(
    command: tuple[str, ...], message: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    placed = [part.replace("LAW", str(files["law"])).replace("ISOFLOP", str(files["isoflop"])) for part in command]
    assert main(placed) == 2
    assert message in capsys.readouterr().err
