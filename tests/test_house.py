"""The house: bands, imports, names, start-up, examples in docstrings."""

import ast
import doctest
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import infobound as ib

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "infobound"

# A room stands for all its modules.
BANDS = {
    1: {"errors", "symbols", "special", "inputs", "limits", "parsing"},
    2: {"proof", "kernels"},
    3: {"facts", "costs", "record", "repeating", "catalogue", "defining", "latex", "bounds", "fits", "derivations"},
    4: {
        "labelled",
        "reducing",
        "allocation",
        "comparing",
        "sweeping",
        "fitting",
        "experiments",
        "deriving",
        "sandwiching",
    },
    5: {"writing", "plotting", "reporting", "printing", "arguments", "cli", "__main__", "__init__"},
}
BAND = {room: band for band, rooms in BANDS.items() for room in rooms}
HEAVY = {"numba", "llvmlite", "scipy", "sympy", "mpmath", "xarray", "matplotlib", "pandas", "dask", "zarr", "flint"}


def _sources() -> dict[str, Path]:
    """Every module of the package by its dotted name; `derivations` lives beside the package."""
    found = {}
    for top, prefix in ((PACKAGE, "infobound"), (ROOT / "derivations", "infobound.derivations")):
        for path in sorted(top.rglob("*.py")):
            parts = path.relative_to(top).with_suffix("").parts
            found[".".join((prefix, *(part for part in parts if part != "__init__")))] = path
    return found


SOURCES = _sources()


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


class _Imports(ast.NodeVisitor):
    """Every import of a file, those inside functions too, except under TYPE_CHECKING."""

    def __init__(self, module: str, is_package: bool) -> None:
        self.package = module if is_package else module.rpartition(".")[0]
        self.found: list[tuple[int, str, str | None]] = []

    def visit_If(self, node: ast.If) -> None:
        named = ast.unparse(node.test)
        if named in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for child in node.orelse:
                self.visit(child)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [(node.lineno, alias.name, None) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            above = self.package.split(".")[: len(self.package.split(".")) - node.level + 1]
            base = ".".join([*above, *filter(None, [node.module])])
        self.found += [(node.lineno, base, alias.name) for alias in node.names]


def _imports(text: str, module: str, is_package: bool = False) -> list[tuple[int, str, str | None]]:
    visitor = _Imports(module, is_package)
    visitor.visit(ast.parse(text))
    return visitor.found


def _house_imports(module: str) -> Iterator[tuple[int, str]]:
    """Lines and modules of this package that `module` imports."""
    path = SOURCES[module]
    for line, base, name in _imports(path.read_text(encoding="utf-8"), module, path.name == "__init__.py"):
        if base.split(".")[0] != "infobound":
            continue
        if name is not None and f"{base}.{name}" in SOURCES:
            yield line, f"{base}.{name}"
        elif base != "infobound" or name != "__version__":
            # the version is the package's own plain string, set before any module of it can be imported
            yield line, base


def test_the_reader_of_imports_sees_all_forms() -> None:
    text = """
import numba
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import hidden
else:
    import shown
def inner():
    from . import sibling
    from ..errors import E
    import infobound.cli as c
class A:
    try:
        from infobound.kernels import points
    except ImportError:
        pass
"""
    found = {(base, name) for _, base, name in _imports(text, "infobound.bounds.one")}
    assert found == {
        ("numba", None),
        ("typing", "TYPE_CHECKING"),
        ("shown", None),
        ("infobound.bounds", "sibling"),
        ("infobound.errors", "E"),
        ("infobound.cli", None),
        ("infobound.kernels", "points"),
    }
    assert _imports("from . import x", "infobound.bounds", is_package=True) == [(1, "infobound.bounds", "x")]


@pytest.mark.parametrize("module", SOURCES)
def test_every_module_has_a_band(module: str) -> None:
    assert _room(module) in BAND, f"{module} stands in no band of the house"


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_imports_from_its_own_band_or_below(module: str) -> None:
    own = BAND[_room(module)]
    upward = [
        f"{SOURCES[module].relative_to(ROOT)}:{line} in band {own} imports {imported}"
        for line, imported in _house_imports(module)
        if BAND[_room(imported)] > own
    ]
    assert not upward, "\n".join(upward)


@pytest.mark.parametrize("module", SOURCES)
def test_imported_modules_of_the_package_exist(module: str) -> None:
    assert {imported for _, imported in _house_imports(module)} <= set(SOURCES)


def test_no_import_circles() -> None:
    graph = {module: {imported for _, imported in _house_imports(module)} for module in SOURCES}
    state: dict[str, int] = {}

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert state.get(module) != 1, f"circle: {' -> '.join((*path[path.index(module) :], module))}"
        if module in state:
            return
        state[module] = 1
        for imported in graph[module]:
            walk(imported, (*path, module))
        state[module] = 2

    for module in graph:
        walk(module, ())


@pytest.mark.parametrize("library", ["numba", "llvmlite"])
def test_only_kernels_import_the_compiler(library: str) -> None:
    users = {
        module
        for module, path in SOURCES.items()
        for _, base, _ in _imports(path.read_text(encoding="utf-8"), module)
        if base.split(".")[0] == library
    }
    assert all(_room(module) == "kernels" for module in users), users


def test_nobody_imports_derivations_by_their_folder() -> None:
    files = [path for path in ROOT.rglob("*.py") if not {".venv", "venv", "build"} & set(path.parts)]
    guilty = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files
        for line, base, _ in _imports(path.read_text(encoding="utf-8"), "somewhere.else")
        if base.split(".")[0] == "derivations"
    ]
    assert not guilty


def _modules() -> dict[str, ModuleType]:
    """Import every module of the package, `infobound.derivations` where the package is installed."""
    found = {"infobound": ib}
    for entry in pkgutil.walk_packages(ib.__path__, "infobound."):
        found[entry.name] = importlib.import_module(entry.name)
    try:
        room = importlib.import_module("infobound.derivations")
    except ModuleNotFoundError:
        return found
    found["infobound.derivations"] = room
    for entry in pkgutil.walk_packages(room.__path__, "infobound.derivations."):
        found[entry.name] = importlib.import_module(entry.name)
    return found


def test_public_names_survive_the_import_of_every_module() -> None:
    _modules()
    for name in ib.__all__:
        assert not inspect.ismodule(getattr(ib, name)), f"infobound.{name} is a module"
    assert set(ib.__all__) <= set(dir(ib))


def test_no_public_function_shares_its_modules_name() -> None:
    """Nor that of any module beside it: importing the module would replace the function."""
    for name, module in _modules().items():
        stems = {name.rpartition(".")[2]}
        if hasattr(module, "__path__"):
            stems |= {entry.name for entry in pkgutil.iter_modules(module.__path__)}
        shared = [
            public
            for public, value in vars(module).items()
            if public in stems and not public.startswith("_") and not inspect.ismodule(value)
        ]
        assert not shared, f"{name} has {shared}"


def test_modules_list_what_is_public() -> None:
    for name, module in _modules().items():
        for public in getattr(module, "__all__", ()):
            assert hasattr(module, public), f"{name}.__all__ names {public}"


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="optimal_loss"):
        _ = ib.optimal_loss


def test_one_version() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == ib.__version__


def test_every_package_is_listed_for_the_wheel() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        listed = set(tomllib.load(file)["tool"]["setuptools"]["packages"])
    rooms = {module for module, path in SOURCES.items() if path.name == "__init__.py"}
    assert rooms == listed


def _loaded_after(code: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {name.partition(".")[0] for name in json.loads(ran.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    "code",
    [
        "import infobound",
        "import infobound; dir(infobound)",
        "from infobound.cli import main; assert main(['--help']) == 0",
        "from infobound.cli import main; assert main(['--version']) == 0",
        "from infobound.cli import main; assert main(['no_such_verb']) == 2",
    ],
)
def test_start_up_imports_nothing_heavy(code: str) -> None:
    assert not _loaded_after(code) & HEAVY


def test_a_cached_kernel_runs_without_numba() -> None:
    """A second process loads machine code; only the first one compiles."""
    code = "import infobound; infobound.law('parameter_counting')(n=3, T=1e3, d=2, K=1)"
    _loaded_after(code)
    assert not _loaded_after(code) & {"numba", "xarray", "matplotlib", "scipy"}


DOCUMENTED = sorted(module for module in SOURCES if not module.endswith("__main__"))


@pytest.mark.parametrize("module", DOCUMENTED)
def test_examples_in_docstrings(module: str) -> None:
    if module.startswith("infobound.derivations") and importlib.util.find_spec("infobound.derivations") is None:
        pytest.skip("infobound.derivations is mapped by an install: this is an uninstalled checkout")
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_the_verbs_of_the_readme_exist() -> None:
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("no README.md yet")
    from infobound.cli import VERBS

    blocks = re.findall(r"```[a-z]*\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    said = {
        match[1]
        for block in blocks
        for match in re.finditer(r"(?:^|[\s/;&])(?:infobound|-m infobound) +([a-z]+)", block, re.MULTILINE)
        if not re.search(r"\bimport\s+infobound|from\s+infobound", match[0])
    }
    assert said, "README.md shows no verb"
    assert said - {"as", "import"} <= set(VERBS)
