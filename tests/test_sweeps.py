"""Sweeps: what is written, what an end in the middle leaves, and what is refused."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

import infobound as ib
from infobound.cli import main
from infobound.sweeping import running, specifying
from infobound.sweeping.chunking import bytes_of, chunk_lengths
from infobound.sweeping.exporting import LARGEST, NEEDED
from infobound.sweeping.running import swept
from infobound.sweeping.specifying import specified
from infobound.sweeping.storing import Store

pytest.importorskip("zarr", reason="stores need infobound[scale]")
pytest.importorskip("dask", reason="stores need infobound[scale]")
import xarray as xr

# 4 x 3 x 5 x 2 points in chunks of a few: shapes that no chunk divides
AXES = {"n": {"log": [64, 4096, 4]}, "T": [1e6, 1e8, 1e10], "d": {"linear": [2, 10, 5]}, "K": [0.5, 10]}
VALUES = {"law": "sampled_student", "axes": AXES}
TINY = "1KiB"


def contents(path: Path) -> dict[str, Any]:
    """Every file of a store; the journal as the set of its lines, for chunks end in any order."""
    files = {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    metadata = {name: json.loads(data) for name, data in files.items() if name.endswith("zarr.json")}
    return files | metadata | {"sweep.jsonl": sorted(files["sweep.jsonl"].splitlines())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Files of the sweep that nothing interrupts."""
    path = tmp_path_factory.mktemp("whole") / "values.zarr"
    swept(VALUES, path, memory=TINY)
    return contents(path)


# --- what is written --------------------------------------------------------------------------------------


def test_a_sweep_is_the_grid(tmp_path: Path) -> None:
    found = ib.sweep(VALUES, tmp_path / "values.zarr", memory=TINY)
    axes = {name: found[name].values for name in AXES}
    own = ib.grid("sampled_student", **axes).to_dataset(promote_attrs=True)
    own.loss.attrs.clear()
    xr.testing.assert_identical(found.compute(), own)
    assert found.loss.dims == tuple(AXES)
    np.testing.assert_array_equal(found.n, [64, 256, 1024, 4096])
    np.testing.assert_array_equal(found.d, [2, 4, 6, 8, 10])
    assert len({*map(len, found.loss.data.chunks)}) > 1


def test_terms_of_two_laws(tmp_path: Path) -> None:
    laws, path = ["sampled_student", "parameter_counting"], tmp_path / "terms.zarr"
    swept({"law": laws, "quantity": "terms", "axes": AXES}, path, memory="8KiB")
    for file in path.rglob("zarr.json"):
        assert json.loads(file.read_text())["zarr_format"] == 3
    # pytest turns warnings into errors: none is given
    with xr.open_zarr(path, chunks=None) as found:
        assert list(found.law.values) == laws
        assert list(found.kind.values) == ["upper bound", "upper bound"]
        assert {*found} == {"loss", *(f"term_{term}" for name in laws for term in ib.law(name).terms)}
        for name in laws:
            own = ib.grid(name, terms=True, **{axis: found[axis].values for axis in AXES})
            for variable in own:
                np.testing.assert_array_equal(found[variable].sel(law=name), own[variable])


def test_an_allocation_of_laws_and_rules_that_know_other_parameters(tmp_path: Path) -> None:
    laws = ["parameter_counting", "chinchilla_replication", "hoffmann_approach_1"]
    budgets, widths = [0.5, 1e18, 1e21], [2.0, 16.0]
    spec = {
        "law": laws,
        "quantity": "allocation",
        "cost": "transformer",
        "axes": {"C": budgets, "d": widths},
        "parameters": {"K": 10},
    }
    found = ib.sweep(spec, tmp_path / "best.zarr", memory="4KiB").compute()
    own = ib.allocate(laws[0], C=budgets, d=widths, K=10, cost="transformer")
    words = np.array(found.status.attrs["flag_meanings"].split())
    for variable in own:
        stored = found[variable].sel(law=laws[0]).values
        np.testing.assert_array_equal(words[stored + 1] if variable == "status" else stored, own[variable])
    fitted = ib.allocate(laws[1], C=budgets, cost="transformer")
    np.testing.assert_array_equal(found.n.sel(law=laws[1]).isel(d=1), fitted.n)
    assert found.term_quantisation.sel(law=laws[1]).isnull().all()
    assert (words[found.status.sel(law=laws[2]).values + 1] == [["infeasible"] * 2, ["rule"] * 2, ["rule"] * 2]).all()
    assert found.attrs["cost"] == "transformer: C = 6*T*p"


def test_least_values_over_axes(tmp_path: Path) -> None:
    spec = {**VALUES, "axes": {**AXES, "n": {"log": [1, 1e6, 300]}}, "quantity": "least", "over": "n"}
    found = ib.sweep(spec, tmp_path / "least.zarr", memory=TINY)
    assert found.loss.dims == ("T", "d", "K")
    assert len({*map(len, found.loss.data.chunks)}) > 1
    axes = {name: found[name].values for name in found.loss.dims}
    own = ib.least("sampled_student", over="n", n=specified(spec).axes["n"], **axes)
    xr.testing.assert_equal(found.compute(), own)
    assert swept(spec, tmp_path / "least.zarr")["points"] == 300 * 30


def test_float32_and_compression(tmp_path: Path) -> None:
    exact = ib.sweep(VALUES, tmp_path / "double.zarr")
    found = ib.sweep({**VALUES, "dtype": "float32", "compression": "zstd"}, tmp_path / "single.zarr", memory=TINY)
    assert found.loss.dtype == np.float32
    np.testing.assert_array_equal(found.loss, exact.loss.astype(np.float32))
    assert found.loss.encoding["compressors"]


def test_a_law_of_the_users_own(tmp_path: Path) -> None:
    N, D = sp.symbols("N D", positive=True)
    law = ib.define(2 + 400 / N**0.34 + 400 / D**0.28, size=N, data=D)
    found = ib.sweep({"law": law, "axes": {"N": [1e9, 1e10], "D": [1e10]}}, tmp_path / "mine.zarr")
    assert found.loss[0, 0] == pytest.approx(law(N=1e9, D=1e10), rel=1e-15)
    table = {"expr": "2 + 400/N^0.34 + 400/D^0.28", "size": "N", "data": "D", "name": "mine"}
    same = ib.sweep({"law": table, "axes": {"N": [1e9, 1e10], "D": [1e10]}}, tmp_path / "text.zarr")
    np.testing.assert_allclose(same.loss, found.loss, rtol=1e-15)
    assert same.attrs["law"] == "mine"


@pytest.mark.parametrize("suffix", NEEDED)
@pytest.mark.parametrize("quantity", ["value", "allocation"])
def test_small_sweeps_in_one_file(tmp_path: Path, suffix: str, quantity: str) -> None:
    pytest.importorskip(NEEDED[suffix])
    axes = {"C": [0.5, 1e12], "K": [1.0, 10.0]} if quantity == "allocation" else {"n": [64.0, 256], "T": [1e6, 1e8]}
    rest = {"d": 16.0} if quantity == "allocation" else {"d": 16.0, "K": 10.0}
    path = tmp_path / f"small{suffix}"
    found = ib.sweep({"law": "sampled_student", "quantity": quantity, "axes": axes, "parameters": rest}, path)
    ask = ib.allocate if quantity == "allocation" else ib.grid
    own = ask("sampled_student", **axes, **rest)
    own = own if quantity == "allocation" else own.to_dataset()
    if suffix == ".nc":
        assert found.sizes == own.sizes
        found = found.to_dataframe().reset_index()
    for name in own.data_vars:
        got, want = found[name].to_numpy(), own[name].values.ravel()
        if name != "status":
            np.testing.assert_array_equal(got, want)
        elif suffix != ".nc":
            assert list(got) == list(want)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    with pytest.raises(ib.DomainError, match="must name a new file"):
        swept({**VALUES}, path)


# --- chunks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1,), (7,), (316,) * 4, (3, 10**7), (10**6, 2), (1, 5, 1, 9)])
@pytest.mark.parametrize("points", [0, 1, 10, 10**5, 10**9])
def test_chunks_hold_as_many_points_as_they_may_and_not_far_fewer(shape: tuple[int, ...], points: int) -> None:
    lengths = chunk_lengths(shape, points)
    assert all(1 <= part <= whole for part, whole in zip(lengths, shape, strict=True))
    most = min(np.prod(shape), max(1, min(points, 2**22)))
    assert np.prod(lengths) <= most
    assert np.prod(lengths) >= min(most / 4, np.prod(shape) / 2)


@pytest.mark.parametrize(("text", "count"), [("1GiB", 2**30), ("1.5 kB", 1500), (512, 512), ("512", 512), ("2MB", 2e6)])
def test_amounts_of_memory(text: Any, count: int) -> None:
    assert bytes_of(text) == count


@pytest.mark.parametrize("text", ["", "much", "-1GiB", "1 iB", "1GiBs", "GiB"])
def test_other_words_are_no_amount(text: str) -> None:
    with pytest.raises(ib.DomainError, match="amount"):
        bytes_of(text)


# --- ends in the middle -----------------------------------------------------------------------------------

KILLS = {
    "before the journal knows": "storing.Store.finish = after(FEW, storing.Store.finish)",
    "when the journal knows": "storing._Journal.enter = entered",
    "inside a line of the journal": "storing._Journal.enter = torn_line",
    "inside a file of a chunk": "_local._put = torn_file",
    "inside a draft of a chunk": "_local._put = torn_draft",
    "while the store is made": "storing._write_skeleton = torn_skeleton",
}

VICTIM = """
import json, os, signal, sys
from pathlib import Path
from zarr.storage import _local
from infobound.sweeping import running, storing

FEW = int(sys.argv[3])
calls = 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def after(count, function):
    def counted(*arguments):
        global calls
        calls += 1
        if calls > count:
            die()
        return function(*arguments)
    return counted

enter, put, skeleton = storing._Journal.enter, _local._put, storing._write_skeleton

def entered(journal, chunk, size):
    enter(journal, chunk, size)
    if chunk >= FEW:
        die()

def torn_line(journal, chunk, size):
    if chunk < FEW:
        return enter(journal, chunk, size)
    journal._file.write(b'{"chunk": 1')
    journal._file.flush()
    die()

def torn_file(path, value, exclusive=False):
    if "loss/c/1" not in str(path):
        return put(path, value, exclusive)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(value.as_buffer_like())[:-7])
    die()

def torn_draft(path, value, exclusive=False):
    if "loss/c/1" not in str(path):
        return put(path, value, exclusive)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("0.123.partial").write_bytes(bytes(value.as_buffer_like())[:-7])
    die()

def torn_skeleton(folder, layout):
    skeleton(folder, layout)
    die()

{patch}
running.swept(json.loads(sys.argv[1]), sys.argv[2], memory="1KiB")
"""


def killed(patch: str, path: Path, few: int = 3) -> None:
    """Start a sweep in a process of its own, which ends by SIGKILL."""
    program = textwrap.dedent(VICTIM).replace("{patch}", patch)
    ran = subprocess.run(
        [sys.executable, "-c", program, json.dumps(VALUES), str(path), str(few)], capture_output=True, check=False
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()


def resumed(path: Path) -> int:
    """Take the sweep up; return the number of chunks that were left, after a check that no others were computed."""
    # a store that is there has its chunks already, whatever the memory
    done = swept(VALUES, path, memory="1GiB" if path.exists() else TINY)
    assert swept(VALUES, path)["computed"] == 0
    return int(done["computed"])


@pytest.mark.parametrize("moment", ["before the journal knows", "inside a file of a chunk"])
def test_a_killed_sweep_ends_as_if_it_had_not_been(tmp_path: Path, whole: dict[str, Any], moment: str) -> None:
    killed(KILLS[moment], tmp_path / "values.zarr")
    chunks = len(whole["sweep.jsonl"]) - 1
    assert 0 < resumed(tmp_path / "values.zarr") < chunks
    assert contents(tmp_path / "values.zarr") == whole


@pytest.mark.slow
@pytest.mark.parametrize("few", [0, 7])
@pytest.mark.parametrize("moment", KILLS)
def test_killed_at_any_moment(tmp_path: Path, whole: dict[str, Any], moment: str, few: int) -> None:
    killed(KILLS[moment], tmp_path / "values.zarr", few)
    resumed(tmp_path / "values.zarr")
    assert contents(tmp_path / "values.zarr") == whole


@pytest.mark.slow
def test_killed_again_and_again_at_random(tmp_path: Path, whole: dict[str, Any]) -> None:
    random = np.random.default_rng(7)
    chunks = len(whole["sweep.jsonl"]) - 1
    for _ in range(4):
        killed("storing.Store.finish = after(FEW, storing.Store.finish)", tmp_path / "v.zarr", int(random.integers(3)))
    assert resumed(tmp_path / "v.zarr") < chunks
    assert contents(tmp_path / "v.zarr") == whole


class Stopped(Exception):
    """What ends a sweep in the middle, in this process."""


def stopped_after(few: int, monkeypatch: pytest.MonkeyPatch, path: Path, spec: Any = VALUES) -> None:
    """End a sweep after some chunks."""
    finish, left = Store.finish, [few]

    def finish_some(store: Store, chunk: Any) -> None:
        if not left[0]:
            raise Stopped
        left[0] -= 1
        finish(store, chunk)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "finish", finish_some)
        with pytest.raises(Stopped):
            swept(spec, path, memory=TINY)


def test_unfinished_chunks_alone_are_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]
) -> None:
    path, chunks = tmp_path / "values.zarr", len(whole["sweep.jsonl"]) - 1
    stopped_after(5, monkeypatch, path)
    assert np.isnan(xr.open_zarr(path).loss.values).any()
    assert resumed(path) == chunks - 5
    assert contents(path) == whole


@pytest.mark.parametrize("harm", [b"", b"torn", None])
def test_a_finished_chunk_whose_file_was_harmed_is_computed_again(
    tmp_path: Path, whole: dict[str, Any], harm: bytes | None
) -> None:
    path = tmp_path / "values.zarr"
    swept(VALUES, path, memory=TINY)
    victim = next((path / "loss" / "c" / "0").rglob("1"))
    victim = next(file for file in [victim, *victim.rglob("*")] if file.is_file())
    victim.unlink() if harm is None else victim.write_bytes(harm)
    assert swept(VALUES, path)["computed"] == 1
    assert {**contents(path), "sweep.jsonl": whole["sweep.jsonl"]} == whole


@pytest.mark.parametrize("tail", [b'{"chunk": 1', b"\0\0\0\n", b'{"chunk": "x"}\n{"chunk": 9, "bytes": 1}\n', b"[]\n"])
def test_a_torn_journal_is_believed_up_to_the_tear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any], tail: bytes
) -> None:
    path = tmp_path / "values.zarr"
    stopped_after(3, monkeypatch, path)
    with (path / "sweep.jsonl").open("ab") as file:
        file.write(tail)
    resumed(path)
    assert contents(path) == whole


def assert_full_disk(spec: Any, path: Path) -> None:
    """A full disk is said to be one, what is finished can be read, and nothing half-written stays in the way."""
    with pytest.raises(OSError, match=r"\d+ of \d+ chunks are finished and can be read"):
        swept(spec, path, memory=TINY)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]) -> None:
    """A limit on the size of files fails the writing of a chunk, as a full disk does."""
    path = tmp_path / "values.zarr"
    stopped_after(2, monkeypatch, path)
    before = contents(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        assert_full_disk(VALUES, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert np.isfinite(xr.open_zarr(path).loss.values).any()
    assert {name: data for name, data in contents(path).items() if name in before} == before
    resumed(path)
    assert contents(path) == whole


@pytest.mark.parametrize("room", [10, 2000])
@pytest.mark.parametrize("suffix", NEEDED)
def test_a_full_disk_leaves_no_part_of_a_file(tmp_path: Path, suffix: str, room: int) -> None:
    pytest.importorskip(NEEDED[suffix])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(OSError, match="nothing is written"):
            swept(VALUES, tmp_path / f"values{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_full_already(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            swept(VALUES, tmp_path / "values.zarr")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_small_disk_that_fills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system of its own needs root")
    spec = tmp_path / "spec.toml"
    spec.write_text(
        'law = "sampled_student"\nparameters = { K = 3 }\n'
        "axes = { n = {log = [1, 1e6, 5000]}, T = [1e6, 1e7, 1e8, 1e9], d = [2, 3, 4, 5] }\n"
    )
    out = str(disk / "o.zarr")
    try:
        assert main(["sweep", str(spec), "--out", out, "--memory", "1MiB"]) == 1
        assert "No space left on device" in capsys.readouterr().err
        with xr.open_zarr(out) as found:
            assert np.isfinite(found.loss.values).any()
        subprocess.run(["mount", "-o", "remount,size=9M", disk], check=True)
        assert main(["sweep", str(spec), "--out", out]) == 0
        with xr.open_zarr(out) as found:
            np.testing.assert_array_equal(
                found.loss, ib.grid("sampled_student", n=found.n.values, T=found["T"].values, d=found.d.values, K=3)
            )
    finally:
        subprocess.run(["umount", disk], check=True)


# --- what is refused --------------------------------------------------------------------------------------


def test_another_sweep_is_refused_and_the_difference_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "values.zarr"
    swept(VALUES, path, memory=TINY)
    before = contents(path)
    with pytest.raises(ib.DomainError, match=r"axes T was \[1000000.0, .*\] and is now \[1.0\]"):
        swept({**VALUES, "axes": {**AXES, "T": [1]}}, path)
    with pytest.raises(ib.DomainError, match="dtype was float64 and is now float32"):
        swept({**VALUES, "dtype": "float32"}, path)
    with pytest.raises(ib.DomainError, match="dimensions was"):
        swept({**VALUES, "axes": dict(reversed(AXES.items()))}, path)
    law = ib.law("sampled_student")
    changed = {**law.terms, "estimation": 2 * law.terms["estimation"]}
    with pytest.raises(ib.DomainError, match=r"law sampled_student term estimation was .* and is now 2"):
        swept({**VALUES, "law": replace(law, terms=changed)}, path)
    monkeypatch.setattr(specifying, "__version__", "99.0")
    with pytest.raises(ib.DomainError, match=f"infobound version was {ib.__version__} and is now 99.0"):
        swept(VALUES, path)
    assert contents(path) == before


@pytest.mark.parametrize("kind", ["file", "folder", "store"])
def test_what_is_no_sweep_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "other.zarr"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
        (path / "mine.txt").write_text("mine")
    else:
        xr.Dataset({"x": ("y", np.arange(3.0))}).to_zarr(path, zarr_format=3, consolidated=False)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ib.DomainError, match="which exists and is none"):
        swept(VALUES, path)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "values.zarr").mkdir()
    assert swept(VALUES, tmp_path / "values.zarr")["chunks"] == 1


def test_two_processes_do_not_fill_one_store(tmp_path: Path) -> None:
    path = tmp_path / "values.zarr"
    swept(VALUES, path)
    with closing(Store(path, specified(VALUES), 2**20)), pytest.raises(ib.DomainError, match="one process at a time"):
        swept(VALUES, path)
    assert swept(VALUES, path)["computed"] == 0


BAD = {
    "no axes": ({"law": "sampled_student"}, "needs law and axes"),
    "unknown key": ({**VALUES, "grid": 1}, "got grid"),
    "unknown law": ({**VALUES, "law": "nobody"}, "got 'nobody'"),
    "no law": ({**VALUES, "law": []}, "laws of different names"),
    "law twice": ({**VALUES, "law": ["sampled_student"] * 2}, "laws of different names"),
    "unknown quantity": ({**VALUES, "quantity": "loss"}, "value, terms, least, allocation; got 'loss'"),
    "unknown dtype": ({**VALUES, "dtype": "int8"}, "float64, float32; got 'int8'"),
    "unknown symbol": ({**VALUES, "axes": {**AXES, "x": [1]}}, "got x"),
    "missing symbol": ({"law": "sampled_student", "axes": {"n": [1]}}, "missing: T, d, K"),
    "outside its domain": ({**VALUES, "axes": {**AXES, "T": [1, 0]}}, "T must be at least 1, got T=0 at index 1"),
    "axis and parameter": ({**VALUES, "parameters": {"T": 1}}, "got T as both"),
    "no number": ({**VALUES, "axes": {**AXES, "T": "many"}}, "T must be a real number"),
    "a scalar axis": ({**VALUES, "axes": {**AXES, "T": 5}}, "an axis must be a list"),
    "an empty axis": ({**VALUES, "axes": {**AXES, "T": []}}, "an axis must be a list"),
    "an unknown range": ({**VALUES, "axes": {**AXES, "T": {"cubic": [1, 2, 3]}}}, "log = "),
    "a short range": ({**VALUES, "axes": {**AXES, "T": {"log": [1, 2]}}}, "log = "),
    "a negative log": ({**VALUES, "axes": {**AXES, "T": {"log": [-1, 2, 3]}}}, "must be positive"),
    "no count": ({**VALUES, "axes": {**AXES, "T": {"log": [1, 2, 0]}}}, "count of T"),
    "axes is no table": ({**VALUES, "axes": [1]}, "axes must be a table"),
    "cost of a value": ({**VALUES, "cost": "product"}, "a cost belongs to an allocation"),
    "value of a rule": ({"law": "hoffmann_approach_1", "axes": {"C": [1]}}, "laws with a loss"),
    "no budget": (
        {"law": "sampled_student", "quantity": "allocation", "axes": {"d": [1]}, "parameters": {"K": 1}},
        "budgets C",
    ),
    "a budget of nothing": (
        {"law": "chinchilla_replication", "quantity": "allocation", "axes": {"C": [1e9, 0]}},
        "C must be a positive finite number, got C=0 at index 1",
    ),
    "least over nothing": ({**VALUES, "quantity": "least"}, "got least over []"),
    "a value over an axis": ({**VALUES, "over": "n"}, "got value over ['n']"),
    "least over all": ({**VALUES, "quantity": "least", "over": [*AXES]}, "at least one axis that stays"),
    "least over no axis": ({**VALUES, "quantity": "least", "over": "x"}, "over must name axes"),
}


@pytest.mark.parametrize(("spec", "message"), BAD.values(), ids=BAD)
def test_a_bad_sweep_is_refused_before_anything_is_made(tmp_path: Path, spec: Any, message: str) -> None:
    with pytest.raises(ib.InfoboundError) as fault:
        swept(spec, tmp_path / "values.zarr")
    assert message in str(fault.value)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ib.DomainError, match=r"a \.zarr store or a"):
        swept(VALUES, tmp_path / "values.txt")
    with pytest.raises(OSError, match="file"):
        swept(VALUES, tmp_path / "file" / "values.zarr")
    with pytest.raises(ib.DomainError, match="a new file in a folder that can be written"):
        swept(VALUES, tmp_path / "nowhere" / "values.csv")


def test_a_large_sweep_does_not_go_into_one_file(tmp_path: Path) -> None:
    spec = {**VALUES, "axes": {**AXES, "n": {"linear": [1, 1e6, LARGEST]}}}
    with pytest.raises(ib.DomainError, match=f"at most {LARGEST} points, got 150000000: write a .zarr store"):
        swept(spec, tmp_path / "values.csv")


@pytest.mark.parametrize("missing", ["zarr", "dask.array", "distributed", "netCDF4"])
def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    path = tmp_path / ("values.nc" if missing == "netCDF4" else "values.zarr")
    with pytest.raises(ib.UnknownNameError, match=rf"needs infobound\[scale\]; missing: {missing.partition('.')[0]}"):
        swept(VALUES, path, scheduler="tcp://127.0.0.1:1" if missing == "distributed" else None)


# --- the command line, and clusters -----------------------------------------------------------------------


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, out = tmp_path / "spec.toml", str(tmp_path / "values.zarr")
    lines = [f"{name} = {json.dumps(axis).replace(':', ' =').replace(chr(34), '')}" for name, axis in AXES.items()]
    spec.write_text("\n".join(['law = "sampled_student"', "[axes]", *lines]))
    assert main(["sweep", str(spec), "--out", out, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out)["points"] == [120]
    assert main(["sweep", str(spec), "--out", out]) == 0
    assert "computed: 0\n" in capsys.readouterr().out
    spec.write_text("law = ")
    assert main(["sweep", str(spec), "--out", out]) == 2
    assert "must be TOML" in capsys.readouterr().err
    assert main(["sweep", str(tmp_path / "none.toml"), "--out", out]) == 2
    assert "must be readable" in capsys.readouterr().err
    assert main(["sweep", str(spec)]) == 2
    assert "--out" in capsys.readouterr().err


def test_the_page_of_sweeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its files, commands and Python code, as they stand; there is no cluster to send chunks to."""
    page = (Path(__file__).parent.parent / "docs" / "sweeps.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"<!-- file: (\S+) -->\n```toml\n(.*?)```", page, re.DOTALL):
        Path(name).write_text(text, encoding="utf-8")
    commands = re.findall(r"^infobound (.*)$", page, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        assert "--scheduler" in command or main(command.split()) == 0
    assert "points: 18000\n" in capsys.readouterr().out
    names: dict[str, Any] = {}
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code, names)
    assert np.isfinite(names["values"].loss).all()
    assert set(specifying.KEYS) == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))


def test_progress_is_shown_on_a_terminal_alone(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    from infobound.sweeping.metering import meter

    with meter("values", 100, 20, quiet=False) as advance:
        advance(80)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with meter("values", 100, 20, quiet=True) as advance:
        advance(80)
    assert capsys.readouterr().err == ""
    with meter("values", 100, 20, quiet=False) as advance:
        advance(80)
    assert "100%" in capsys.readouterr().err


def test_a_scheduler_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(running, "_CONNECTING", 0.2)
    with pytest.raises(OSError, match=r"the scheduler at tcp://127\.0\.0\.1:1 must answer"):
        swept(VALUES, tmp_path / "values.zarr", scheduler="tcp://127.0.0.1:1")
    assert not list(tmp_path.iterdir())


class Cancelled(ThreadPoolExecutor):
    """Workers whose scheduler goes after three chunks."""

    left = 3

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
        self.left -= 1
        if self.left >= 0:
            return super().submit(function, *arguments, **keywords)
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_a_cluster_that_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]) -> None:
    path = tmp_path / "values.zarr"

    @contextmanager
    def gone(scheduler: str) -> Any:
        with Cancelled(1) as executor:
            yield running._Workers(executor, 1, (OSError, CancelledError))

    with monkeypatch.context() as patch:
        patch.setattr(running, "_workers", gone)
        with pytest.raises(OSError, match=r"the scheduler has gone: .*; 3 of \d+ chunks"):
            swept(VALUES, path, scheduler="tcp://somewhere:1", memory=TINY)
    assert contents(path)["sweep.jsonl"][0] == whole["sweep.jsonl"][0]
    resumed(path)
    assert contents(path) == whole


def test_an_interrupted_command_can_be_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(store: Store, chunk: Any) -> None:
        raise KeyboardInterrupt

    spec, out = tmp_path / "spec.toml", str(tmp_path / "values.zarr")
    spec.write_text('law = "sampled_student"\naxes = { n = [1, 2], T = [1, 2], d = [1, 2], K = [1, 2] }\n')
    with monkeypatch.context() as patch:
        patch.setattr(Store, "finish", interrupt)
        assert main(["sweep", str(spec), "--out", out]) == 130
    assert main(["sweep", str(spec), "--out", out]) == 0
    assert "computed: 1\n" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any]
) -> None:
    distributed = pytest.importorskip("distributed")
    finish, cluster_of = Store.finish, distributed.LocalCluster
    with cluster_of(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        victims = [worker.process.pid for worker in cluster.workers.values()][:1]

        def finish_and_kill(store: Store, chunk: Any) -> None:
            finish(store, chunk)
            if len(store.finished) == 3:
                os.kill(victims.pop(), signal.SIGKILL)

        monkeypatch.setattr(Store, "finish", finish_and_kill)
        done = swept(VALUES, tmp_path / "values.zarr", scheduler=cluster.scheduler_address, memory=TINY)
    assert not victims
    assert done["computed"] == done["chunks"]
    assert contents(tmp_path / "values.zarr") == whole
