"""The cache of compiled kernels: what is believed, what is made anew, and what a bad disk costs."""

import gc
import os
import resource
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import infobound as ib
from infobound.kernels import caching, compiling
from infobound.kernels.caching import cache_folder, clear_cache
from infobound.kernels.compiling import load
from infobound.kernels.generating import module_text

DOUBLING = "def kernel(start, stop, out, count, x_):\n    for i in range(start, stop):\n        out[i] = 2.0 * x_[i]"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Cache folder of one test, nothing of it in memory before or after."""
    monkeypatch.setenv("INFOBOUND_CACHE_DIR", str(tmp_path / "cache"))
    compiling._loaded.cache_clear()
    yield cache_folder()
    compiling._loaded.cache_clear()


class Writer:
    """Writes the doubling kernel and counts how often."""

    def __init__(self, factor: str = "2.0") -> None:
        self.factor, self.calls = factor, 0

    def __call__(self):
        self.calls += 1
        return module_text(DOUBLING.replace("2.0", self.factor))


def run(write, name="doubling"):
    compiling._loaded.cache_clear()
    out = np.empty(3)
    load(("test", name), "pip", write)(3, 3, out, 3, np.arange(3.0))
    return list(out)


def doubled(write):
    return run(write)


def files(folder: Path) -> dict[str, Path]:
    """The text and the object file of the only kernel."""
    found = {path.suffix: path for path in folder.iterdir()}
    assert sorted(found) == [".o", ".py"]
    return found


# --- what is kept -----------------------------------------------------------------------------------------


def test_second_load_reads_the_folder(folder):
    write = Writer()
    assert doubled(write) == doubled(write) == [0.0, 2.0, 4.0]
    assert write.calls == 1
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in files(folder).values()} == {0o600}


def test_text_is_kept_beside_the_code_and_never_run(folder):
    doubled(Writer())
    path = files(folder)[".py"]
    assert path.read_text() == module_text(DOUBLING)
    path.write_text("raise SystemExit")
    assert doubled(Writer()) == [0.0, 2.0, 4.0]
    assert path.read_text() == module_text(DOUBLING)


def test_kernels_outlive_one_another(folder):
    """An engine deletes its target machine with itself, so no two may share one."""
    for _ in range(8):
        assert doubled(Writer()) == [0.0, 2.0, 4.0]
        gc.collect()


def test_other_ingredients_are_another_kernel(folder):
    write = Writer()
    doubled(write)
    load(("test", "tripling"), "pip", write)
    assert write.calls == 2


@pytest.mark.parametrize("package", ["sympy", "numba", "llvmlite"])
def test_another_version_of_what_makes_kernels_is_another_kernel(folder, monkeypatch, package):
    known = compiling.version
    compiling._provenance.cache_clear()
    before = compiling._provenance()
    compiling._provenance.cache_clear()
    monkeypatch.setattr(compiling, "version", lambda name: "0" if name == package else known(name))
    after = compiling._provenance()
    compiling._provenance.cache_clear()
    assert before != after


def test_the_text_of_a_kernel_is_the_same_whenever_it_is_made():
    """A kernel is found by what its text is made from: that must settle the text, whatever the order of sets."""
    program = textwrap.dedent("""
        import infobound as ib
        from infobound.kernels import budgets, nests

        class Written(Exception):
            pass

        def load(ingredients, kinds, write):
            print(write())
            raise Written

        budgets.load = nests.load = load
        for ask, asked in ((ib.allocate, {"C": 1e9}), (ib.grid, {"n": [1, 2], "T": 1})):
            try:
                ask("shrunk_student", d=2, K=3, **asked)
            except Written:
                pass
    """)
    texts = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0] == texts[1]
    assert texts[0].count("def kernel") == 2


# --- what is not believed ---------------------------------------------------------------------------------


def other_kernel(folder: Path, suffix: str) -> bytes:
    """A whole file of another kernel: three times its argument."""
    place = folder.with_name("other")
    os.environ["INFOBOUND_CACHE_DIR"] = str(place)
    assert run(Writer("3.0"), "tripling") == [0.0, 3.0, 6.0]
    os.environ["INFOBOUND_CACHE_DIR"] = str(folder)
    return files(place)[suffix].read_bytes()


DAMAGE = {
    "cut short": lambda content: content[:-100],
    "empty": lambda content: b"",
    "digest alone": lambda content: content[:32],
    "one byte": lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
    "longer": lambda content: content + b"\0",
    "foreign": lambda content: b"\x7fELF" + content,
}


@pytest.mark.parametrize("suffix", [".o", ".py"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_files_are_made_anew(folder, monkeypatch, suffix, damage):
    write = Writer()
    doubled(write)
    path = files(folder)[suffix]
    path.write_bytes(damage(path.read_bytes()))
    linked = []
    whole = compiling._linked
    monkeypatch.setattr(compiling, "_linked", lambda code: linked.append(code) or whole(code))
    assert doubled(write) == [0.0, 2.0, 4.0]
    assert write.calls == 2
    assert doubled(write) == [0.0, 2.0, 4.0]
    assert write.calls == 2
    # what was damaged never reached the linker
    assert len(linked) == 2
    assert {caching._sealed(path.stem, files(folder)[".py"].read_bytes(), code) for code in linked} == {
        files(folder)[".o"].read_bytes()[:32]
    }


@pytest.mark.parametrize("suffixes", [(".o",), (".py",), (".o", ".py")])
def test_whole_files_of_another_kernel_are_not_taken_for_this_one(folder, suffixes):
    write = Writer()
    doubled(write)
    for suffix in suffixes:
        foreign = other_kernel(folder, suffix)
        files(folder)[suffix].write_bytes(foreign)
    assert doubled(write) == [0.0, 2.0, 4.0]
    assert write.calls == 2


@pytest.mark.parametrize("suffix", [".o", ".py"])
def test_a_folder_in_place_of_a_file_costs_time_only(folder, suffix):
    write = Writer()
    doubled(write)
    path = files(folder)[suffix]
    path.unlink()
    path.mkdir()
    with pytest.warns(UserWarning, match="not cached"):
        assert doubled(write) == [0.0, 2.0, 4.0]
    assert write.calls == 2


# --- folders that are not trusted, and disks that fail ----------------------------------------------------


def assert_memory_only(warning):
    write = Writer()
    with pytest.warns(UserWarning, match=warning):
        assert doubled(write) == [0.0, 2.0, 4.0]
    with pytest.warns(UserWarning, match=warning):
        doubled(write)
    assert write.calls == 2


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o755, 0o701])
def test_folder_open_to_others_is_not_used(folder, mode):
    folder.mkdir()
    folder.chmod(mode)
    assert_memory_only("of yours with mode 0700")
    assert not list(folder.iterdir())


def test_folder_opened_later_is_not_read(folder):
    write = Writer()
    doubled(write)
    folder.chmod(0o755)
    with pytest.warns(UserWarning, match="of yours with mode 0700"):
        doubled(write)
    assert write.calls == 2


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_folder_of_another_user_is_not_used(folder):
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, -1)
    assert_memory_only("of yours with mode 0700")
    assert not list(folder.iterdir())


def test_symlinked_folder_is_not_used(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    assert_memory_only("of yours with mode 0700")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_file_in_place_of_the_folder(folder):
    folder.write_text("")
    assert_memory_only("cannot create")
    assert clear_cache() == 0


def test_folder_that_cannot_be_written_costs_a_warning(folder, monkeypatch):
    def refuse(**_: Any) -> Any:
        raise PermissionError("read-only")

    monkeypatch.setattr(caching.tempfile, "mkstemp", refuse)
    assert_memory_only("cannot write")


def test_a_full_disk_costs_a_warning_and_leaves_no_part_of_a_file(folder):
    """A limit on the size of files fails a write half-way, as a full disk does."""
    doubled(Writer())
    text, code = (files(folder)[suffix].stat().st_size for suffix in (".py", ".o"))
    clear_cache()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((text + code) // 2, limits[1]))
    try:
        assert_memory_only("cannot write")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert text < code
    assert [path.suffix for path in folder.iterdir()] == [".py"]
    write = Writer()
    assert doubled(write) == doubled(write) == [0.0, 2.0, 4.0]
    assert write.calls == 1


# --- several at once, and clearing ------------------------------------------------------------------------


def test_two_processes_at_once(folder):
    program = (
        "import numpy as np, sympy as sp\n"
        "from infobound.kernels.points import evaluate\n"
        "x = sp.Symbol('x')\n"
        "print(float(evaluate([x**2 + 1], {x: 3.0})[0]))\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=os.environ.copy())
        for _ in range(2)
    ]
    assert [run.communicate(timeout=120)[0].strip() for run in runs] == ["10.0", "10.0"]
    assert [run.returncode for run in runs] == [0, 0]
    files(folder)


def test_threads_that_want_one_kernel_compile_it_once(folder):
    write = Writer()
    with ThreadPoolExecutor(4) as pool:
        kernels = {*pool.map(lambda _: load(("test", "doubling"), "pip", write), range(8))}
    assert len(kernels) == write.calls == 1


def test_clear_cache_removes_kernels_and_drafts_alone(folder, tmp_path):
    assert clear_cache() == 0
    doubled(Writer())
    load(("test", "other"), "pip", Writer())
    draft = next(folder.glob("*.o")).name + ".x7_abc"
    (folder / draft).write_text("of a process that was killed")
    for name in ("kept.txt", "kernel_notes.o", "kernel.py"):
        (folder / name).write_text("not ours")
    (folder / f"kernel_{'0' * 32}.o").mkdir()
    (folder / f"kernel_{'1' * 32}.o").symlink_to(tmp_path)
    assert ib.clear_cache() == 2
    left = ["kept.txt", "kernel.py", "kernel_" + "0" * 32 + ".o", "kernel_" + "1" * 32 + ".o", "kernel_notes.o"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(left)


def test_clear_cache_follows_no_link(folder, tmp_path):
    doubled(Writer())
    elsewhere = tmp_path / "elsewhere"
    shutil.move(folder, elsewhere)
    folder.symlink_to(elsewhere)
    assert clear_cache() == 0
    files(elsewhere)


def test_clearing_while_a_kernel_is_in_use_costs_a_compilation(folder):
    write = Writer()
    kernel = load(("test", "doubling"), "pip", write)
    assert clear_cache() == 1
    out = np.empty(3)
    kernel(3, 3, out, 3, np.arange(3.0))
    assert list(out) == [0.0, 2.0, 4.0]
    assert doubled(write) == [0.0, 2.0, 4.0]
    assert write.calls == 2
    files(folder)
