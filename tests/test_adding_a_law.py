"""docs/adding_a_law.md, run: its files are written into rooms of their own and found by discovery."""

import importlib
import re
import sys
from pathlib import Path

import pytest

from infobound import bounds, catalogue
from infobound.proof.mutating import survivors

GUIDE = Path(__file__).parents[1] / "docs" / "adding_a_law.md"
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL))

derivations = pytest.importorskip("infobound.derivations", reason="infobound.derivations is mapped by an install")


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Put the guide's law and derivation where discovery looks."""
    for name, room in (("infobound/bounds", bounds), ("derivations", derivations)):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "gaussian_mean.py").write_text(FILES[f"{name}/gaussian_mean.py"], encoding="utf-8")
        monkeypatch.setattr(room, "__path__", [*room.__path__, str(folder)])
    catalogue.laws.cache_clear()
    yield
    for module in [name for name in sys.modules if name.endswith(".gaussian_mean")]:
        del sys.modules[module]
    for room in (bounds, derivations):
        if hasattr(room, "gaussian_mean"):
            delattr(room, "gaussian_mean")
    catalogue.laws.cache_clear()


@pytest.mark.usefixtures("added")
def test_the_guide_adds_a_law_with_a_checked_derivation():
    deriving = importlib.import_module("infobound.deriving")
    namespace = {}
    exec(FILES["tests/test_gaussian_mean.py"], namespace)
    namespace["test_reference_value"]()
    derived = deriving.derivation("gaussian_mean")
    assert derived.check().standing == "cited"
    assert r"\begin{theorem}" in derived.latex()


@pytest.mark.usefixtures("added")
def test_no_mutant_of_the_guides_derivation_survives():
    derivation = importlib.import_module("infobound.derivations.gaussian_mean").DERIVATION
    assert survivors(derivation) == []
