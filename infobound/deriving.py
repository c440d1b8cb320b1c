"""`derivation`: find a derivation by name, re-check it, compare it with its law, print it."""

import importlib
import pkgutil
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sympy as sp

from infobound.catalogue import laws
from infobound.errors import CheckFailed, InfoboundError, UnknownNameError
from infobound.latex import SIGNS, document, fragment, typeset
from infobound.proof.algebra import alike
from infobound.proof.step import Derivation, Step
from infobound.proof.verifying import StepReport, Verification, verify
from infobound.record import RELATIONS, Law

__all__ = ["Derived", "derivation", "derivations", "derive"]


@dataclass(frozen=True)
class Derived:
    """A derivation beside the law, if any, that it ends in.

    Iterating yields its steps.  `check` re-verifies it; `latex` and `pdf` do so too before they state the
    standing of each step.
    """

    derivation: Derivation
    law: Law | None

    @property
    def name(self) -> str:
        """Name of the derivation, and of its law."""
        return self.derivation.name

    def __iter__(self) -> Iterator[Step]:
        return iter(self.derivation.steps)

    def check(self, progress: Callable[[StepReport], None] | None = None) -> Verification:
        """Re-check every step, the links between them, and that the end is the law's expression.

        Raises
        ------
        CheckFailed
            Naming the step at fault, or the difference from the law.
        """
        found = verify(self.derivation, progress)
        if self.law is not None:
            reached, relation = self.derivation.conclusion.rhs, self.derivation.conclusion.func
            # a strict bound is a bound
            if SIGNS[{sp.Lt: sp.Le, sp.Gt: sp.Ge}.get(relation, relation)] != RELATIONS[self.law.kind]:
                raise CheckFailed(
                    f"a law's derivation must end in the law's relation, got {relation.rel_op} "
                    f"where {self.law.name} is declared {self.law.kind!r}"
                )
            if not alike(reached, self.law.expr, self.derivation.domain):
                raise CheckFailed(
                    f"a law's derivation must end in the law's expression, got {reached} "
                    f"where {self.law.name} is {self.law.expr}"
                )
        return found

    @cached_property
    def checked(self) -> Verification:
        """The verification, made once."""
        return self.check()

    @property
    def is_checked(self) -> bool:
        """Whether `checked` has been made."""
        return "checked" in self.__dict__

    def latex(self, *, body_only: bool = False) -> str:
        r"""Return a complete LaTeX document, or its body for ``\input``, after checking the derivation.

        Raises
        ------
        CheckFailed
        """
        write = fragment if body_only else document
        return write(self.derivation, self.checked, self.law)

    def pdf(self, target: str | Path) -> Path:
        """Compile the document with latexmk or pdflatex and put it at `target`.

        Raises
        ------
        CheckFailed
            If the derivation does not pass.
        InfoboundError
            If there is no TeX, naming the Debian packages, or if it reports an error.
        """
        text, path = self.latex(), Path(target)
        with tempfile.TemporaryDirectory() as folder:
            made = _compiled(text, Path(folder))
            draft = path.with_name(f".{path.name}.draft")
            try:
                shutil.copyfile(made, draft)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
        return path

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {typeset(self.derivation.conclusion)}$"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{i}</td><td>{step.title}</td><td>$\\displaystyle {typeset(step.claim)}$</td>"
            f"<td>{step.rule}</td><td>{step.standing}</td></tr>"
            for i, step in enumerate(self, 1)
        )
        head = "<tr><th></th><th>step</th><th>claim</th><th>rule</th><th>standing</th></tr>"
        return f"<h4>{self.derivation.title}</h4><table>{head}{rows}</table>"


def derivations() -> tuple[str, ...]:
    """Names of all shipped derivations: those of the laws first, in the catalogue's order."""
    room = importlib.import_module("infobound.derivations")
    found = [
        module.name
        for module in pkgutil.iter_modules(room.__path__)
        if hasattr(importlib.import_module(f"infobound.derivations.{module.name}"), "DERIVATION")
    ]
    order = list(laws())
    return tuple(sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name)))


def derivation(name: str) -> Derived:
    """Find the derivation of a law or of a named identity.

    Raises
    ------
    UnknownNameError
        If there is no derivation of that name.

    Examples
    --------
    >>> derivation("sampled_student").check().standing
    <Standing.CITED: 'cited'>
    """
    known = derivations()
    if name not in known:
        raise UnknownNameError(f"a derivation must be one of {', '.join(known)}; got {name!r}")
    module = importlib.import_module(f"infobound.derivations.{name}")
    entry = laws().get(name)
    return Derived(module.DERIVATION, entry if isinstance(entry, Law) else None)


def derive(
    name: str | None = None,
    *,
    all: bool = False,
    check: bool = False,
    latex: str | None = None,
    fragment: bool = False,
    pdf: str | None = None,
) -> tuple[Derived, ...]:
    """Show, re-check or typeset the derivation of a law or identity.

    Parameters
    ----------
    name : str, optional
        A derivation; see the error message for the names.
    all : bool
        Every shipped derivation.
    check : bool
        Re-check every step and print a table of standings.
    latex : str, optional
        Write a complete LaTeX document to this file.
    fragment : bool
        With --latex: only the body, for input in a paper.
    pdf : str, optional
        Write the compiled document to this file.

    Raises
    ------
    UnknownNameError, CheckFailed, InfoboundError
    """
    if (name is None) != all:
        raise UnknownNameError(
            f"a derivation must be named, or --all given, but not both; there are {', '.join(derivations())}"
        )
    chosen = tuple(derivation(each) for each in (derivations() if name is None else (name,)))
    if all and (latex is not None or pdf is not None):
        raise UnknownNameError("a document holds one derivation: name it instead of --all")
    for derived in chosen:
        if check:
            _ = derived.checked
        if latex is not None:
            Path(latex).write_text(derived.latex(body_only=fragment), encoding="utf-8")
        if pdf is not None:
            derived.pdf(pdf)
    return chosen


def _compiled(text: str, folder: Path) -> Path:
    """Run TeX on the document in a folder of its own; return the PDF."""
    (folder / "derivation.tex").write_text(text, encoding="utf-8")
    options = ["-interaction=nonstopmode", "-halt-on-error", "derivation.tex"]
    if shutil.which("latexmk"):
        commands = [["latexmk", "-pdf", "-norc", *options]]
    elif shutil.which("pdflatex"):
        commands = [["pdflatex", "-no-shell-escape", *options]] * 2
    else:
        raise InfoboundError(
            "a PDF needs latexmk or pdflatex, got neither: on Debian install texlive-latex-recommended, "
            "lmodern and latexmk"
        )
    for command in commands:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        if run.returncode:
            complaint = next((line for line in run.stdout.splitlines() if line.startswith("!")), "no message")
            raise InfoboundError(f"TeX must accept the document, got {complaint}")
    return folder / "derivation.pdf"
