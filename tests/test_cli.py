"""The command line: every verb, every form of output, and every way to ask wrongly."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main

import infobound as ib
from infobound.arguments import numbers
from infobound.cli import VERBS, main
from infobound.labelled import Answer

ROOT = Path(__file__).resolve().parent.parent
POINT = ["n=64", "T=1e6", "d=16", "K=10"]
BUDGET = ["d=16", "K=10", "C=1e9,1e12"]


class Said:
    """What a command wrote, and its exit status."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out)))


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("INFOBOUND_THREADS", "1")  # and restore it after --threads

    def command(*arguments: str) -> Said:
        capfd.readouterr()
        status = main(list(arguments))
        return Said(status, *capfd.readouterr())

    return command


def process(*arguments: str, **kwargs: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "infobound", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **kwargs,
    )


# --- answers ----------------------------------------------------------------------------------------------


def test_list(run: Any) -> None:
    said = run("list")
    assert said.status == 0
    assert said.err == ""
    for name, entry in ib.laws().items():
        assert name in said.out
        assert entry.title in said.out
    assert run("list", "--json").json["name"] == list(ib.laws())
    assert [row["name"] for row in run("list", "--csv").rows] == list(ib.laws())


@pytest.mark.parametrize("name", list(ib.laws()))
def test_show(run: Any, name: str) -> None:
    said = run("show", name)
    assert said.status == 0
    entry = ib.law(name)
    assert entry.title in said.out
    assert entry.claim in said.out
    record = run("show", name, "--json").json
    assert record["name"] == name
    assert record["kind"] == entry.claim
    if isinstance(entry, ib.Law):
        assert list(record["terms"]) == list(entry.terms)
        assert set(record["parameters"]) == {q.symbol.name for q in entry.parameters}
        for sentence in entry.assumptions:
            assert sentence in said.out
        assert run("show", name, "--latex").out.startswith("L(")
    else:
        assert run("show", name, "--latex").out.startswith("p^*")


def test_eval_gives_the_numbers_of_python(run: Any) -> None:
    said = run("eval", "sampled_student", *POINT)
    assert said.status == 0
    value = ib.law("sampled_student")(n=64, T=1e6, d=16, K=10)
    assert f"{value:.4g}" in said.out
    assert "upper bound on the time-averaged excess log-loss (nats per sample)" in said.out
    columns = run("eval", "sampled_student", *POINT, "--json").json
    assert columns == {"n": [64.0], "T": [1e6], "d": [16.0], "K": [10.0], "loss": [pytest.approx(value, rel=1e-14)]}


def test_eval_of_lists_is_an_outer_product_row_major(run: Any) -> None:
    columns = run("eval", "sampled_student", "d=16", "n=1,64", "T=1e6", "K=1,10,100", "--terms", "--json").json
    frame = ib.grid("sampled_student", d=16, n=[1, 64], T=1e6, K=[1, 10, 100], terms=True)
    assert list(columns) == ["d", "n", "T", "K", *frame.data_vars]
    assert columns["n"] == [1.0] * 3 + [64.0] * 3
    assert columns["K"] == [1.0, 10.0, 100.0] * 2
    assert columns["T"] == [1e6] * 6
    for name in frame.data_vars:
        assert columns[name] == frame[name].values.ravel().tolist()


def test_eval_in_single_precision(run: Any) -> None:
    columns = run("eval", "sampled_student", *POINT, "--dtype", "float32", "--json").json
    assert columns["loss"][0] == float(np.float32(columns["loss"][0]))


def test_allocate_gives_the_numbers_of_python(run: Any) -> None:
    said = run("allocate", "sampled_student", *BUDGET)
    assert said.status == 0
    assert said.err == ""
    for text in ("2626", "4.202e+04", "2.38e+07", "0.4418", "converged", "cost product: C = T*p", "nats per sample"):
        assert text in said.out
    columns = run("allocate", "sampled_student", *BUDGET, "--json").json
    found = ib.allocate("sampled_student", C=[1e9, 1e12], d=16, K=10)
    assert list(columns) == ["C", "d", "K", *found.data_vars]
    assert {len(column) for column in columns.values()} == {2}
    for name in found.data_vars:
        assert columns[name] == found[name].values.tolist(), name


def test_allocate_under_another_cost(run: Any) -> None:
    said = run("allocate", "sampled_student", "C=6e12", "d=16", "K=10", "--cost", "transformer", "--json")
    assert said.json["n"] == [ib.allocate("sampled_student", C=1e12, d=16, K=10).n.item()]


def test_compare(run: Any) -> None:
    question = ["compare", "--laws", "sampled_student,truncated_student", "C=1e18:1e26:9", "d=128", "K=10,100"]
    said = run(*question)
    assert said.status == 0
    assert "cost transformer: C = 6*T*p" in said.out
    assert "When K doubles" in said.out
    columns = run(*question, "--json").json
    found = ib.compare(["sampled_student", "truncated_student"], C=numbers("C", "1e18:1e26:9"), d=128, K=[10, 100])
    assert set(columns) == {*found.data_vars, *found.coords}
    assert {len(column) for column in columns.values()} == {36}
    assert columns["n"] == found.n.values.ravel().tolist()
    assert columns["law"] == ["sampled_student"] * 18 + ["truncated_student"] * 18
    assert columns["a_published"] == [None] * 36
    assert columns["share_d2"] == found.share_d2.values.ravel().tolist()


def test_a_comparison_has_a_row_for_each_value_that_an_entry_knows(run: Any) -> None:
    said = run("compare", "--laws", "porian_step_5,hoffmann_approach_1", "C=1e20,1e22", "k=0.1,0.2")
    assert said.status == 0
    # in each of two tables
    assert said.out.count("porian_step_5 ") == 4
    assert said.out.count("hoffmann_approach_1 ") == 2
    columns = run("compare", "--laws", "porian_step_5,hoffmann_approach_1", "C=1e20", "k=0.1", "--json").json
    assert columns["knows"] == ["k", ""]


@pytest.mark.slow
def test_compare_by_default(run: Any) -> None:
    said = run("compare")
    assert said.status == 0
    for name, entry in ib.laws().items():
        if entry.family in ("theory", "chinchilla") and entry.size:
            assert (name in said.out) == (entry.kind != "lower bound")
    assert ib.compare().attrs["summary"] in said.out
    assert "--json, --csv or --out FILE give all" in said.out


def _forms() -> list[Any]:
    """One entry of each form, whose kernels the others share; most that are answered compile and are slow."""
    forms: dict[Any, str] = {}
    for entry in ib.laws().values():
        forms.setdefault(entry.expr if isinstance(entry, ib.Law) else entry.p_of_C, entry.name)
    some = ("sampled_student", "hoffmann_approach_3", "kaplan_size", "kaplan_compute", "kaplan_allocation")

    def is_quick(name: str) -> bool:
        entry = ib.law(name)
        refused = entry.size is None or entry.data is None or entry.kind == "lower bound"
        return name in some or (refused and entry.family == "theory")

    return [name if is_quick(name) else pytest.param(name, marks=pytest.mark.slow) for name in forms.values()]


@pytest.mark.parametrize("name", _forms())
def test_every_form_answers_or_refuses_by_name(run: Any, name: str) -> None:
    entry = ib.law(name)
    given = {q.symbol.name: min(16, q.high) for q in entry.parameters if q.value is None}
    at = [f"{key}={value}" for key, value in given.items() if key != "C"]
    said = run("allocate", name, "C=1e21", *at, "--cost", "transformer", "--json")
    if entry.size is None or entry.data is None:
        assert said.status == 2
        assert f"a law in size and data, got {name}" in said.err
    elif entry.kind == "lower bound":
        assert said.status == 2
        assert f"got {name}, which is a lower bound" in said.err
    else:
        assert said.json["status"][0] in ("converged", "rule")
    if isinstance(entry, ib.Law):
        ends = [f"{end}=1e9" for end in (entry.size, entry.data) if end is not None]
        said = run("eval", name, *ends, *at, *(["C=1e21"] if "C" in given else []), "--json")
        assert said.json["loss"][0] > 0
    else:
        said = run("eval", name, "N=1e9", "D=1e10")
        assert said.status == 2
        assert name in said.err


EXPRESSION = ["E + A/N^alpha + B/D^beta", "--size", "N", "--data", "D"]
SETTINGS = ["--set", "A=406.4, B=410.7,E=1.69,alpha=0.34,beta=0.28"]


def test_an_expression_stands_wherever_a_law_does(run: Any) -> None:
    published = run("allocate", "hoffmann_approach_3", "C=1e21", "--json").json
    columns = run("allocate", *EXPRESSION, *SETTINGS, "C=1e21", "--json").json
    assert columns["n"] == published["n"]
    assert columns["loss"] == published["loss"]
    said = run("eval", *EXPRESSION, *SETTINGS, "N=1e9", "D=1e10", "A=0", "--json")
    assert said.json["loss"] == [pytest.approx(1.69 + 410.7 / 1e10**0.28, rel=1e-14)]
    record = run("show", *EXPRESSION, *SETTINGS, "--json").json
    assert record["terms"] == {"loss": "A/N**alpha + B/D**beta + E"}
    assert record["parameters"]["A"]["value"] == 406.4
    assert run("show", *EXPRESSION, "--latex").out.startswith("L(N, D)")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["eval", "x.real", "x=1"], "got '.' at character 2"),
        (["eval", "__import__('os')"], "got '_' at character 1"),
        (["show", "x + f(x)"], "got 'f' at character 5"),
        (["eval", "x + y", "x=1"], "missing: y"),
        (["allocate", "1/N + 1/D", "C=1e9"], "an allocation needs a law in size and data"),
        (["allocate", "1/N + 1/D", "--size", "M", "C=1e9"], "got M"),
        (["show", "x + y", "--set", "x"], "--set must have the form A=406.4,B=410.7"),
        (["show", "x + y", "--set", "x=1,x=2"], "each name once, got 'x=2'"),
        (["show", "x + y", "--set", "x=two"], "x must be a finite number"),
        (["show", "sampled_student", "--size", "n"], "--size belongs to an expression, got the law sampled_student"),
        (["show", "no_such_law"], "got 'no_such_law'"),
    ],
)
def test_faults_of_an_expression_exit_with_2(run: Any, arguments: list[str], message: str) -> None:
    said = run(*arguments)
    assert said.status == 2
    assert message in said.err
    assert said.err.count("\n") == 1


def test_version_and_help(run: Any) -> None:
    assert run("--version").out == f"infobound {ib.__version__}\n"
    said = run("--help")
    assert said.status == 0
    for name, verb in VERBS.items():
        assert name in said.out
        assert verb.summary in said.out


@pytest.mark.parametrize("name", VERBS)
def test_the_help_of_a_verb_names_every_option(run: Any, name: str) -> None:
    from infobound.cli import _command

    said = run(name, "--help")
    assert said.status == 0
    for parameter in _command(name, VERBS[name]).params:
        shown = parameter.metavar if parameter.param_type_name == "argument" else parameter.opts[0]
        assert str(shown) in said.out
        assert parameter.help, f"{shown} has no help"


@pytest.mark.parametrize("name", VERBS)
def test_options_are_the_parameters_of_the_function(name: str) -> None:
    import inspect

    from infobound.cli import EXPRESSION, OUTPUTS, SYMBOLS, _command

    verb = VERBS[name]
    keywords = {
        key
        for key, parameter in inspect.signature(verb.load()).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        and key != "chunks"
        and (key not in SYMBOLS or verb.words)
    }
    options = {parameter.name for parameter in _command(name, verb).params} - {"assignments", "help"}
    written = set(EXPRESSION) if "law" in keywords else set()
    drawn = {"figure"} if verb.draws else set()
    assert options == keywords | written | drawn | set(OUTPUTS) | {key for key, _ in verb.flags}


def test_threads(run: Any) -> None:
    said = run("--threads", "2", "eval", "sampled_student", *POINT, "--json")
    assert said.status == 0
    assert os.environ["INFOBOUND_THREADS"] == "2"


def test_cache(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    monkeypatch.setenv("INFOBOUND_CACHE_DIR", str(folder))
    assert run("cache", "--path").out == f"{folder}\n"
    assert "kernels: 0" in run("cache").out
    folder.mkdir()
    first, second = f"kernel_{'a' * 32}", f"kernel_{'b' * 32}"
    for name in (f"{first}.o", f"{first}.py", f"{second}.o", "mine.txt"):
        (folder / name).write_text("x")
    assert run("cache", "--json").json == {"folder": [str(folder)], "kernels": [2], "bytes": [2]}
    assert "kernels: 0" in run("cache", "--clear").out
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


# --- forms of output --------------------------------------------------------------------------------------


def test_nan_and_infinity_are_null(run: Any) -> None:
    columns = run("allocate", "sampled_student", "C=0.5,1e9", "d=16", "K=10", "--json").json
    assert columns["n"][0] is None
    assert columns["status"][0] == "infeasible"
    assert columns["n"][1] == pytest.approx(136.19, abs=0.01)
    assert columns["vacuous"] == [False, False]


def test_csv(run: Any) -> None:
    rows = run("allocate", "sampled_student", *BUDGET, "--csv").rows
    columns = run("allocate", "sampled_student", *BUDGET, "--json").json
    assert [float(row["n"]) for row in rows] == columns["n"]
    assert [row["status"] for row in rows] == ["converged", "converged"]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_out_writes_what_would_be_printed(run: Any, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"answer.{form}"
    target.write_text("old")
    said = run("allocate", "sampled_student", *BUDGET, "--out", str(target))
    assert (said.status, said.out) == (0, "")
    assert target.read_text() == run("allocate", "sampled_student", *BUDGET, f"--{form}").out
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_more_rows_than_a_person_reads(run: Any, tmp_path: Path) -> None:
    said = run("eval", "sampled_student", "n=1:1e9:201", "T=1e6", "d=16", "K=10")
    assert (said.status, said.out) == (2, "")
    assert "at most 200 rows, got 201" in said.err
    assert len(run("eval", "sampled_student", "n=1:1e9:201", "T=1e6", "d=16", "K=10", "--json").json["n"]) == 201
    assert run("eval", "sampled_student", "n=1:1e9:200", "T=1e6", "d=16", "K=10").status == 0


@pytest.mark.parametrize("width", ["40", "80", "100", "160"])
def test_a_narrow_terminal_cuts_no_number(run: Any, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setattr(sys.stdout.__class__, "isatty", lambda self: self is sys.stdout, raising=False)
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    said = run("allocate", "sampled_student", "C=1.234567e101", "d=16384", "K=0.0012345")
    assert said.status == 0
    assert said.out.count("1.235e+101") > 1, "one table in several parts"
    assert "status" in said.out
    found = ib.allocate("sampled_student", C=1.234567e101, d=16384, K=0.0012345)
    for name in ("n", "p", "T", "loss", "exponent_p", "exponent_T"):
        assert f"{found[name].item():.4g}" in said.out, name
    assert "…" not in said.out


def test_a_table_in_ascii() -> None:
    ran = process("allocate", "sampled_student", *BUDGET, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    out, err = ran.communicate()
    assert (ran.returncode, err) == (0, "")
    assert "2626" in out


# --- numbers ----------------------------------------------------------------------------------------------


def test_numbers() -> None:
    assert numbers("C", "1e21") == 1e21
    assert numbers("C", "1,2,5").tolist() == [1, 2, 5]
    assert numbers("C", "5,").tolist() == [5]
    decades = numbers("C", "1e18:1e26:9").tolist()
    assert decades == [1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26]
    assert numbers("C", "100:1:3").tolist() == [100, 10, 1]
    assert numbers("C", "7:7:1").tolist() == [7]
    assert numbers("n", "1:1024:11").tolist() == [2.0**k for k in range(11)]


MALFORMED = [
    "", ",", "1,,2", "one", "1:10", "1:10:2.5", "1:10:0", "1:10:-3", "1:10:3:4", "0:10:3", "-1:10:3", "1:inf:3",
    "1:1e400:3", "nan:1:3", "a:b:c", "::", "1:2:1000000000000", "1:2:99999999999999999999999999", "1;2", "1e", "--1",
]  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_numbers_are_refused(run: Any, text: str) -> None:
    wrong(
        run,
        ["eval", "sampled_student", f"n={text}", "T=1", "d=1", "K=1"],
        "n must be a number, a list a,b,c or a",
        text,
    )


# --- wrong questions --------------------------------------------------------------------------------------


def wrong(run: Any, arguments: list[str], *words: str, status: int = 2) -> Said:
    """Assert that a question is refused in one line on stderr, with nothing on stdout."""
    said = run(*arguments)
    assert said.status == status
    assert said.out == ""
    assert said.err.startswith("infobound: ")
    assert said.err.count("\n") == 1
    assert said.err.endswith("\n")
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err
    return said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["eval", "sampled_student", "n=1", "T=0", "d=1", "K=1"], ["T must be at least 1, got T=0"]),
        (["eval", "sampled_student", "n=0.5", "T=1", "d=1", "K=1"], ["n must be at least 1, got n=0.5"]),
        (["eval", "sampled_student", "n=1", "T=1", "d=0", "K=1"], ["d must be at least 1, got d=0"]),
        (["eval", "sampled_student", "n=1", "T=1", "d=1", "K=0"], ["K must be greater than 0, got K=0"]),
        (["eval", "sampled_student", "n=1", "T=1", "d=1", "K=-3"], ["K must be greater than 0, got K=-3"]),
        (["eval", "sampled_student", "n=1", "T=nan", "d=1", "K=1"], ["T must be a finite number, got T=nan"]),
        (["eval", "sampled_student", "n=1", "T=1e999", "d=1", "K=1"], ["T must be a finite number, got T=inf"]),
        (["eval", "sampled_student", "n=3,2,0", "T=1", "d=1", "K=1"], ["got n=0 at index 2"]),
        (["eval", "sampled_student", "n=1", "T=1", "d=1"], ["needs a value for n, T, d, K; missing: K"]),
        (["eval", "sampled_student", *POINT, "z=3"], ["must be one of sampled_student's: n, T, d, K; got z"]),
        (["eval", "sampled_student", *POINT, "n=3"], ["each name must be given once, got n twice"]),
        (["eval", "sampled_student", *POINT, "terms=1"], ["must be given as an option, --terms"]),
        (["eval", "sampled_student", *POINT, "out=3"], ["must be given as an option, --out"]),
        (["eval", "sampled_student", *POINT, "json=1"], ["must be given as an option, --json"]),
        (["eval", "sampled_student", *POINT, "law=1"], ["must be given as an option, --law"]),
        (["eval", "sampled_student", *POINT, "three"], ["NAME=VALUE", "got 'three'"]),
        (["eval", "sampled_student", *POINT, "=3"], ["NAME=VALUE", "got '=3'"]),
        (["eval", "sampled_student", *POINT, "--dtype", "float16"], ["dtype must be float64 or float32"]),
        (["eval", "sampled_student", *POINT, "--json", "--csv"], ["one form", "--json and --csv"]),
        (["eval", "sampled_student", *POINT, "--out", "x.txt"], [".json or .csv", "x.txt"]),
        (["eval", "sampled_student", *POINT, "--out", "/no/such/folder/x.json"], ["a folder that can be written"]),
        (["eval", "sampled_studen", *POINT], ["did you mean sampled_student?"]),
        (["show", "chinchila"], ["a law must be one of", "got 'chinchila'"]),
        (["show", "sampled_student", "--csv"], ["not as CSV"]),
        (["show", "sampled_student", "more"], ["unexpected extra argument"]),
        (["allocate", "sampled_student", "d=1", "K=1"], ["a budget must be given, such as C=1e21"]),
        (["allocate", "sampled_student", "C=0", "d=1", "K=1"], ["C must be a positive finite number, got C=0"]),
        (["allocate", "sampled_student", "C=-1", "d=1", "K=1"], ["C must be a positive finite number, got C=-1"]),
        (["allocate", "sampled_student", "C=nan", "d=1", "K=1"], ["C must be a positive finite number, got C=nan"]),
        (["allocate", "sampled_student", "C=1e9,nan", "d=1", "K=1"], ["got C=nan at index 1"]),
        (["allocate", "sampled_student", "C=15", "d=16", "K=1"], ["must pay for the smallest size", "got C=15"]),
        (["allocate", "sampled_student", "C=1e9", "d=1", "K=1", "n=3"], ["got n"]),
        (["allocate", "sampled_student", "C=1e9", "d=1", "K=1", "--cost", "free"], ["a cost must be one of"]),
        (["allocate", "sampled_student", "C=1e9", "d=1", "K=1", "cost=2"], ["as an option, --cost"]),
        (["compare", "foo=1"], ["some entry knows", "got foo"]),
        (["compare", "--laws", ""], ["got ''"]),
        (["compare", "--laws", "sampled_student,nobody"], ["got 'nobody'"]),
        (["compare", "--cost", "free"], ["a cost must be one of"]),
        (["compare", "C=1e26:1e18"], ["LOW:HIGH:COUNT"]),
        (["compare", "--laws", "sampled_student", "C=1e-5"], ["feasible budget"]),
        (["eval"], ["missing argument", "LAW"]),
        (["no_such_verb"], ["no such command", "no_such_verb"]),
        (["list", "--nonsense"], ["no such option", "--nonsense"]),
        (["--threads", "0", "list"], ["--threads"]),
        (["--threads", "many", "list"], ["--threads"]),
    ],
)
def test_wrong_questions_are_refused_in_one_line(run: Any, arguments: list[str], words: list[str]) -> None:
    wrong(run, arguments, *words)


def test_a_grid_beyond_memory_fails_in_one_line(run: Any) -> None:
    sizes = ["n=1:1e9:30000", "T=1:1e9:30000", "d=1:100:30000", "K=1"]
    wrong(run, ["eval", "sampled_student", *sizes, "--json"], status=1)


def test_some_infeasible_budgets(run: Any) -> None:
    said = run("allocate", "sampled_student", "C=0.25,15,1e9", "d=16", "K=10")
    assert said.status == 2
    assert "infeasible" in said.out
    assert "136.2" in said.out
    assert said.err == "infobound: a budget must pay for the smallest size and one sample, got C=0.25, C=15\n"


def test_infeasible_budgets_of_a_comparison_are_named_by_law(run: Any) -> None:
    laws = "sampled_student,truncated_student"
    said = run("compare", "--laws", laws, "C=1,1e9", "d=16", "K=10", "--cost", "transformer")
    assert said.status == 2
    assert "infeasible" in said.out
    assert "sampled_student at C=1, truncated_student at C=1" in said.err


def test_nothing_is_computed_for_a_target_that_cannot_be_written(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> Answer:
        raise AssertionError("computed")

    monkeypatch.setattr(ib.grid, "answer", never)
    for target in (tmp_path / "no" / "x.json", tmp_path / "x.txt", tmp_path, tmp_path / "x"):
        wrong(run, ["eval", "sampled_student", *POINT, "--out", str(target)], "--out must name")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_no_half_file(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.json"
    target.write_text("old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    wrong(run, ["eval", "sampled_student", *POINT, "--out", str(target)], "No space left", status=1)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_no_arguments_show_the_help(run: Any) -> None:
    said = run()
    assert said.status == 2
    assert "Commands:" in said.out + said.err
    assert "infobound: " not in said.err


# --- processes --------------------------------------------------------------------------------------------


def test_a_process_answers_and_refuses() -> None:
    ran = process("allocate", "sampled_student", *BUDGET, "--json")
    out, err = ran.communicate()
    assert (ran.returncode, err) == (0, "")
    assert json.loads(out)["n"] == ib.allocate("sampled_student", C=[1e9, 1e12], d=16, K=10).n.values.tolist()
    ran = process("eval", "sampled_student", "n=1", "T=0", "d=1", "K=1")
    out, err = ran.communicate()
    assert (ran.returncode, out, err) == (2, "", "infobound: T must be at least 1, got T=0\n")


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_a_closed_pipe_is_silent(form: list[str]) -> None:
    count = "20000" if form else "200"
    with process("eval", "sampled_student", f"n=1:1e9:{count}", "T=1e6", "d=16", "K=10", *form) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.close()
        assert ran.stderr.read() == ""
        assert ran.wait() == 0


INTERRUPTED = """
import signal
import sys
from infobound import cli, printing
# a shell's background job is started deaf to interrupts
signal.signal(signal.SIGINT, signal.default_int_handler)
waiting = printing.waiting
def announced(message):
    print("computing", file=sys.stderr, flush=True)
    return waiting(message)
printing.waiting = announced
sizes = ["C=1e6:1e30:400000", "d=16,32,64,128", "K=1,10,100,1000"]
sys.exit(cli.main(["allocate", "sampled_student", *sizes, "--json"]))
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_an_interrupt_gives_130(threads: str) -> None:
    """Millions of budgets, interrupted after a second."""
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"INFOBOUND_THREADS": threads},
    ) as ran:
        assert ran.stderr is not None
        assert ran.stderr.readline() == "computing\n"
        time.sleep(1)
        ran.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, err = ran.communicate(timeout=120)
        assert ran.returncode == 130
        assert out == ""
        assert "Traceback" not in err
        assert time.monotonic() - started < 10


def test_the_module_and_the_script_are_one() -> None:
    import infobound.__main__ as door

    assert door.main is main
    assert typer.main.get_command is not None
