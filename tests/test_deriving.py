"""Derivations as a user meets them: found by name, re-checked, held against their laws, typeset."""

import dataclasses
import json
import re
import shutil

import pytest
import sympy as sp

pytest.importorskip("infobound.derivations", reason="infobound.derivations is mapped by an install")

from infobound import allocate, deriving
from infobound.catalogue import laws
from infobound.cli import main
from infobound.errors import CheckFailed, InfoboundError, UnknownNameError
from infobound.proof.step import Standing
from infobound.record import Law

NAMES = deriving.derivations()
DERIVED = {name: deriving.derivation(name) for name in NAMES}
LAWS = [name for name in NAMES if isinstance(laws().get(name), Law)]
# Their documents are compiled by the quick tests, too.
SOME = ("incremental_gaussian", "optimum_chinchilla", "sampled_student")


def test_every_theory_law_has_a_derivation():
    assert {name for name, entry in laws().items() if entry.family == "theory"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_step_is_open(name):
    assert all(step.standing is not Standing.OPEN for step in deriving.derivation(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_derivation_passes_and_ends_in_the_law(name):
    derived = DERIVED[name]
    assert derived.checked.name == name
    if derived.law is not None:
        assert derived.derivation.conclusion.rhs.free_symbols == derived.law.expr.free_symbols


@pytest.mark.parametrize("name", LAWS)
def test_a_changed_law_is_refused(name, monkeypatch):
    derived = deriving.derivation(name)
    monkeypatch.setattr(deriving, "verify", lambda derivation, progress: None)
    term, expr = next(iter(derived.law.terms.items()))
    changed = dataclasses.replace(derived.law, terms=dict(derived.law.terms) | {term: expr * sp.Rational(17, 16)})
    with pytest.raises(CheckFailed, match="must end in the law's expression"):
        dataclasses.replace(derived, law=changed).check()


@pytest.mark.parametrize("name", LAWS)
def test_a_law_of_another_kind_is_refused(name, monkeypatch):
    derived = deriving.derivation(name)
    monkeypatch.setattr(deriving, "verify", lambda derivation, progress: None)
    other = "upper bound" if derived.law.kind == "lower bound" else "lower bound"
    with pytest.raises(CheckFailed, match="must end in the law's relation"):
        dataclasses.replace(derived, law=dataclasses.replace(derived.law, kind=other)).check()


@pytest.mark.skipif(not (shutil.which("latexmk") or shutil.which("pdflatex")), reason="no TeX on this machine")
@pytest.mark.parametrize(
    "name", [name if name in SOME else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def test_the_document_compiles_without_complaint(name, tmp_path):
    made = deriving._compiled(DERIVED[name].latex(), tmp_path)
    log = (tmp_path / "derivation.log").read_text(encoding="utf-8", errors="replace")
    assert made.read_bytes().startswith(b"%PDF")
    assert "undefined" not in log
    assert [float(points) for points in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt", log) if float(points) > 10] == []


def test_a_document_without_tex_names_the_packages(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(InfoboundError, match="texlive-latex-recommended"):
        deriving._compiled(r"\relax", tmp_path)


def test_the_minimiser_finds_the_certified_optimum():
    (least,) = DERIVED["optimum_certified"].derivation.corollaries
    found = allocate("sampled_student", C=1e9, d=16, K=10)
    assert round(float(found.n)) == 136
    assert float(least.rhs) <= float(found.loss) <= float(least.rhs) * 1.0015


def test_an_unknown_derivation_lists_the_known():
    with pytest.raises(UnknownNameError, match="sampled_student"):
        deriving.derivation("sampled")


def test_the_command_line_checks_and_writes(tmp_path, capsys):
    target = tmp_path / "body.tex"
    assert main(["derive", "sampled_student", "--latex", str(target), "--fragment", "--json"]) == 0
    columns = json.loads(capsys.readouterr().out)
    assert columns["weakest"] == ["cited"]
    assert columns["open"] == [0]
    body = target.read_text(encoding="utf-8")
    assert r"\documentclass" not in body
    assert r"\begin{theorem}" in body


@pytest.mark.parametrize("arguments", [["derive"], ["derive", "nothing"], ["derive", "--all", "--latex", "x.tex"]])
def test_bad_requests_exit_2(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("infobound: ")
