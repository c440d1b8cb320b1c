"""LaTeX by single dispatch: laws, claims and steps, and derivations as amsmath documents.

Every formula is made from a SymPy expression; nothing is typed twice.
"""

import re
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.printing.latex import LatexPrinter

from infobound import __version__
from infobound.proof.step import Derivation, Step, equal
from infobound.proof.verifying import Verification
from infobound.record import RELATIONS, Law
from infobound.special.exponentials import printable

__all__ = ["SIGNS", "document", "fragment", "typeset"]

SIGNS = {sp.Eq: "=", sp.Le: r"\le", sp.Lt: "<", sp.Ge: r"\ge", sp.Gt: ">"}
# Characters of a formula's source, without commands, that fit on one line of text.
_LINE = 62


class _Printer(LatexPrinter):  # type: ignore[misc]
    """SymPy's printer with the notation of the field: ln, and Min and Max as operators."""

    def __init__(self) -> None:
        super().__init__({"ln_notation": True, "fold_short_frac": False})

    def doprint(self, expr: Any) -> str:
        """Print, without a look into long exponents."""
        return str(super().doprint(printable(expr) if isinstance(expr, sp.Expr) else expr))

    def _print_polygamma(self, expr: sp.Expr, exp: str | None = None) -> str:
        order, x = expr.args
        mark = {sp.S.Zero: "", sp.S.One: "'"}.get(order, f"^{{({self._print(order)})}}")
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\psi{mark}\left({self._print(x)}\right){power}"


@singledispatch
def typeset(thing: Any) -> str:
    r"""Return the LaTeX of a law, an allocation rule, a claim, a step or an expression, without delimiters.

    Examples
    --------
    >>> from infobound.symbols import K, n
    >>> typeset(K / (16 * n))
    '\\frac{K}{16 n}'
    """
    # laws and rules carry SymPy's own printing hook, `_latex`, as its expressions do
    return str(_Printer().doprint(thing))


@typeset.register
def _(claim: Relational) -> str:
    return f"{typeset(claim.lhs)} {SIGNS[claim.func]} {typeset(claim.rhs)}"


@typeset.register
def _(step: Step) -> str:
    return typeset(step.claim)


def _width(source: str) -> int:
    """Rough width of a formula: characters that print; of a fraction only the longer part counts."""
    fraction = re.compile(r"\\frac\{([^{}]*)\}\{([^{}]*)\}")
    while fraction.search(source):
        source = fraction.sub(lambda match: max(match.groups(), key=len), source)
    return len(re.sub(r"\\(left|right|,|!|;)|\\[a-zA-Z]+|[{}^_ ]", lambda m: "x" if m[0][1:].isalpha() else "", source))


def _broken(side: sp.Expr, start: str) -> list[str]:
    """An expression behind `start`, on as many lines as it needs, broken between the terms of a sum."""
    lines = [start]
    for i, term in enumerate(side.as_ordered_terms() if side.is_Add else [side]):
        text = typeset(term)
        if i and not text.startswith("-"):
            text = f"+ {text}"
        if i and _width(lines[-1]) + _width(text) > _LINE:
            lines.append(rf"&\quad {text}")
        else:
            lines[-1] += f" {text}"
    return lines


def _lines(claim: Relational) -> list[str]:
    """A claim on as many lines as it needs, broken at its relation and between the terms of its sides."""
    left, sign, right = typeset(claim.lhs), SIGNS[claim.func], typeset(claim.rhs)
    if _width(left) + _width(right) <= _LINE:
        return [f"{left} &{sign} {right}"]
    if _width(left) > _LINE / 2:
        return [*_broken(claim.lhs, "&"), *_broken(claim.rhs, rf"&\quad {sign}")]
    return _broken(claim.rhs, f"{left} &{sign} ")


def _display(claim: Relational, label: str = "") -> str:
    r"""A numbered display; a line that is still too long is scaled to the width of the text."""
    body = r" \\ ".join(_lines(claim))
    tag = rf"\label{{{label}}}" if label else r"\nonumber"
    return rf"\begin{{equation}}{tag}\fitted{{\begin{{aligned}} {body} \end{{aligned}}}}\end{{equation}}"


_SPECIAL = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _prose(text: str) -> str:
    """Escape what TeX reads as commands, outside of formulas between dollars."""
    parts = re.split(r"(\$[^$]*\$)", text)
    return "".join(
        part if part.startswith("$") else "".join(_SPECIAL.get(letter, letter) for letter in part) for part in parts
    )


def _items(kind: str, entries: list[str]) -> list[str]:
    return [rf"\begin{{{kind}}}", *(rf"\item {entry}" for entry in entries), rf"\end{{{kind}}}"] if entries else []


def _key(derivation: Derivation, step: str) -> str:
    return f"{derivation.name}:{step}".replace("_", "-")


def _step(derivation: Derivation, step: Step) -> list[str]:
    uses = ", ".join(rf"\eqref{{{_key(derivation, name)}}}" for name in step.uses)
    conditions = ", ".join(f"${typeset(h)}$" for h in step.hypotheses)
    lines = [rf"\begin{{step}}[{_prose(step.title)}]", _prose(step.prose)]
    if conditions:
        lines.append(f"For {conditions}:")
    lines.append(_display(step.claim, _key(derivation, step.name)))
    rule = step.rule if step.check is None else step.check.described(lambda expression: f"${typeset(expression)}$")
    reason = f"Rule: {_prose(rule)}" + (f", from {uses}" if uses else "")
    lines += [rf"\standing{{{step.standing}}} {reason}. Source: {_prose(step.source)}.", r"\end{step}"]
    return lines


def _number(value: Any) -> str:
    text = mpmath.nstr(value, 8)
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa


def _example(derivation: Derivation, law: Law | None) -> list[str]:
    """A worked numerical example, computed here from the same expressions."""
    if not derivation.example:
        return []
    used = derivation.example if law is None else {s: v for s, v in derivation.example.items() if s in law.symbols}
    point = ", ".join(f"{typeset(symbol)} = {typeset(value)}" for symbol, value in used.items())
    lines = [r"\section*{A numerical example}"]
    if law is not None:
        at = {symbol.name: derivation.example[symbol] for symbol in law.symbols if symbol in derivation.example}
        if len(at) == len(law.symbols):
            terms = " + ".join(
                rf"\underbrace{{{_number(law.exact(at, 20, term=name))}}}_{{\text{{{name.replace('_', ' ')}}}}}"
                for name in law.terms
            )
            total = _number(law.exact(at, 20))
            sign = RELATIONS[law.kind]
            return [*lines, f"At ${point}$ the law gives", rf"\[ L {sign} {terms} = {total} \;\text{{{law.unit}}}. \]"]
    ends = (derivation.conclusion, *derivation.corollaries)
    shown = [text for text in (_evaluated(derivation, claim) for claim in ends) if text is not None]
    return [*lines, f"At ${point}$:", *shown] if shown else []


def _evaluated(derivation: Derivation, claim: Relational) -> str | None:
    """A claim with the values of its sides at the example, if they are numbers there; a name stands for itself."""
    values = [side.subs(derivation.example).evalf(20) for side in claim.args]
    named = claim.lhs.is_Symbol or isinstance(claim.lhs, AppliedUndef)
    wanted = values[1:] if named else values
    if claim.rhs.is_number or not all(value.is_Float or value.is_Rational for value in wanted):
        return None
    left = typeset(claim.lhs) if named else _number(values[0]._to_mpmath(60))
    return _display(claim) + rf"that is, ${left} {SIGNS[claim.func]} {_number(values[1]._to_mpmath(60))}$."


def _abbreviated(abbreviations: Sequence[Relational], side: sp.Expr) -> sp.Expr:
    """Put names for their expressions, and pieces with one condition under one brace."""
    pieces = side.atoms(sp.Piecewise)
    if pieces and len({tuple(condition for _, condition in piece.args) for piece in pieces}) == 1:
        side = sp.piecewise_fold(side)
    for name, meaning in (abbreviation.args for abbreviation in abbreviations):
        put = side.subs(meaning, name)
        constant, rest = meaning.as_coeff_Add()
        side = put if put != side else side.subs(rest, name - constant)
    return side


def _stated(derivation: Derivation, claim: Relational, label: str = "") -> list[str]:
    """A claim with the conditions under which a step proves it, and the names that it is printed with."""
    conditions = next(
        (step.hypotheses for step in reversed(derivation.steps) if step.claim == claim), derivation.domain
    )
    when = [f"For {', '.join(f'${typeset(h)}$' for h in conditions)}:"] if conditions else []
    left, right = (_abbreviated(derivation.abbreviations, side) for side in claim.args)
    printed = claim.func(left, right, evaluate=False)
    names: list[Relational] = []
    for i, (name, meaning) in enumerate(abbreviation.args for abbreviation in derivation.abbreviations):
        # a name may stand in the meaning of an earlier one
        if any(thing.has(name) for thing in (printed, *names)) and not claim.has(name):
            names.append(equal(name, _abbreviated(derivation.abbreviations[i + 1 :], meaning)))
    where = [f"Here {', '.join(f'${typeset(a)}$' for a in names)}."] if names else []
    return [*when, _display(printed, label), *where]


def fragment(derivation: Derivation, verification: Verification, law: Law | None = None) -> str:
    r"""Return the body of a derivation for ``\input``; its preamble is that of `document`."""
    lines = [rf"\section*{{{_prose(derivation.title)}}}"]
    for paragraph in derivation.setting:
        lines += [_prose(paragraph), ""]
    lines += [r"\subsection*{Assumptions}"] if derivation.assumptions else []
    lines += _items("enumerate", [_prose(assumption.sentence) for assumption in derivation.assumptions])
    lines += [
        r"\subsection*{Symbols}",
        r"\begin{longtable}[l]{@{}l>{\raggedright}p{0.55\linewidth}>{\raggedright\arraybackslash}p{0.19\linewidth}@{}}",
        r"\hline symbol & meaning & unit \\ \hline \endhead",
    ]
    lines += [rf"${typeset(row.symbol)}$ & {_prose(row.meaning)} & {_prose(row.unit)} \\" for row in derivation.symbols]
    lines += [r"\hline", r"\end{longtable}", "", r"\begin{theorem}"]
    lines += _stated(derivation, derivation.conclusion, _key(derivation, "theorem"))
    lines += [r"\end{theorem}"]
    for corollary in derivation.corollaries:
        lines += [r"\begin{corollary}", *_stated(derivation, corollary), r"\end{corollary}"]
    if law is not None:
        lines += ["Term by term:", _display_law(law, derivation)]
    lines += [r"\subsection*{Steps}"]
    for step in derivation.steps:
        lines += _step(derivation, step)
    lines += _example(derivation, law)
    counts = ", ".join(f"{verification.count(s)} {s}" for s in dict.fromkeys(r.standing for r in verification.steps))
    lines += [
        r"\subsection*{Standing}",
        f"Re-checked by infobound {__version__}: {counts}. The derivation stands as its weakest step: "
        rf"\emph{{{verification.standing}}}.",
    ]
    if verification.cited:
        lines += [
            " Taken on trust from the literature:",
            *_items(
                "itemize", [f"{_prose(theorem)} ({_prose(place)})" for theorem, place in verification.cited.items()]
            ),
        ]
    lines += [r"\subsection*{References}"] if derivation.references else []
    lines += _items("enumerate", [_prose(reference) for reference in derivation.references])
    return "\n".join(lines) + "\n"


def _display_law(law: Law, derivation: Derivation) -> str:
    arguments = ", ".join(typeset(symbol) for symbol in (law.size, law.data) if symbol is not None)
    rows = [
        rf"&{'+' if i else ''} \underbrace{{{typeset(_abbreviated(derivation.abbreviations, expr))}}}"
        rf"_{{\text{{{name.replace('_', ' ')}}}}}"
        for i, (name, expr) in enumerate(law.terms.items())
    ]
    body = r" \\ ".join([f"L({arguments}) {RELATIONS[law.kind]} {rows[0]}", *rows[1:]])
    return rf"\[ \fitted{{\begin{{aligned}} {body} \end{{aligned}}}} \]"


_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage{amsmath,amssymb,amsthm}
\usepackage{array,graphicx,longtable}
\usepackage[margin=25mm]{geometry}
\usepackage{microtype}
\newtheorem*{theorem}{Theorem}
\newtheorem*{corollary}{Corollary}
\theoremstyle{definition}
\newtheorem{step}{Step}
\newcommand{\standing}[1]{\textsf{[#1]}}
% a display no wider than the text: scaled only where breaking lines was not enough
\newsavebox{\formula}
\newcommand{\fitted}[1]{\sbox{\formula}{$\displaystyle #1$}%
  \ifdim\wd\formula>0.9\linewidth\resizebox{0.9\linewidth}{!}{\usebox{\formula}}\else\usebox{\formula}\fi}
\setlength{\emergencystretch}{3em}
\allowdisplaybreaks
"""


def document(derivation: Derivation, verification: Verification, law: Law | None = None) -> str:
    """Return a complete document: setting, assumptions, symbols, theorem, steps with rule and standing."""
    body = fragment(derivation, verification, law)
    return f"{_PREAMBLE}\\begin{{document}}\n{body}\\end{{document}}\n"
