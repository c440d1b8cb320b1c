"""From a family's data file to records: forms, constants as printed, intervals, references.

A file of this room states its forms in SymPy and keeps its numbers in a TOML file of the same stem, every number
a string at its printed precision.  In a table of that file `reading` (primary or secondary) and `read` say how its
numbers were read, and `disagrees` lists traps and what contradicts them; `common` holds for all tables.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import sympy as sp

from infobound.record import TRANSFORMER, AllocationRule, Interval, Law, Parameter, Reference
from infobound.symbols import FITS, C, T, p

__all__ = [
    "PF_DAY",
    "Form",
    "Published",
    "compute",
    "given",
    "log1pexp_of_negative",
    "positive",
    "power",
    "scale",
    "signed",
]

# Operations in a petaflop-day: 1e15 a second for 86,400 seconds.
PF_DAY = sp.Integer(864) * 10**17

_UNPRINTED = "no interval printed"

compute = Parameter(C, low=0.0, low_included=False, unit="operations")


def positive(name: str, unit: str = "", high: float = float("inf")) -> Parameter:
    """Return a constant of a form that is greater than 0, without its value."""
    return Parameter(sp.Symbol(name, positive=True), low=0.0, high=high, low_included=False, unit=unit)


def signed(name: str, unit: str = "", high: float = float("inf")) -> Parameter:
    """Return a constant of a form that may have either sign, without its value."""
    return Parameter(sp.Symbol(name, real=True), high=high, unit=unit)


def given(name: str, unit: str = "", low: float = 0.0, high: float = float("inf")) -> Parameter:
    """Return a constant that may be 0, or a variable that the caller gives, from `low` on."""
    return Parameter(sp.Symbol(name, positive=True), low=low, high=high, unit=unit)


# Of N = k C^a: k, which many sources do not print, and a.
scale, power = positive("k", "parameters", high=1e3), positive("a")


def log1pexp_of_negative(z: sp.Expr) -> sp.Expr:
    """Return ln(1 + exp(-|z|)): with max(z, 0) it makes ln(1 + exp(z)) without overflow."""
    return sp.log(1 + sp.exp(-sp.Abs(z)))


@dataclass(frozen=True)
class Form:
    """What laws of one form share.

    Attributes
    ----------
    terms : mapping of str to sympy.Expr
    parameters : sequence of Parameter
        Variables that the caller gives and constants, as printed in the source: without values.
    size, data : sympy.Symbol, optional
    """

    terms: Mapping[str, sp.Expr]
    parameters: Sequence[Parameter]
    size: sp.Symbol | None = None
    data: sp.Symbol | None = None


class Published:
    """The data file of a family: what its tables say, as parts of records.

    Parameters
    ----------
    module : str
        The `__file__` of the module whose stem the data file shares.
    """

    def __init__(self, module: str) -> None:
        path = Path(module)
        self.family = path.stem
        self.data: dict[str, Any] = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))

    def tables(self, kind: str) -> list[dict[str, Any]]:
        """Return the tables of a kind, each with what is `common` to all of the file."""
        return [self.data.get("common", {}) | raw for raw in self.data.get(kind, ())]

    def law(self, raw: Mapping[str, Any], form: Form) -> Law:
        """Return the law that a table states, in a form."""
        parameters = self.parameters(raw, form.parameters)
        # a and b are the exponents of an optimum there, whatever constants of a form have these letters
        unprinted = {
            q.symbol.name: Interval(q.value, meaning=_UNPRINTED)
            for q in parameters
            if q.value is not None and q.printed and q.symbol.name not in ("a", "b")
        }
        return Law(
            name=raw["name"],
            title=raw["title"],
            kind="fit",
            quantity=raw.get("quantity", "loss"),
            unit=raw.get("unit", "nats per token"),
            terms=form.terms,
            size=form.size,
            data=form.data,
            parameters=parameters,
            parameter_count=form.size,
            cost=TRANSFORMER,
            assumptions=tuple(raw.get("assumptions", ())),
            references=self.references(raw),
            intervals=unprinted | self.intervals(raw),
            notes=(f"Constants: {raw['read']}.", *raw.get("disagrees", ())),
            family=self.family,
            reading=raw["reading"],
        )

    def rule(self, raw: Mapping[str, Any], p_of_C: sp.Expr, parameters: Sequence[Parameter]) -> AllocationRule:
        """Return the allocation rule that a table states; tokens follow from C = 6 N D."""
        filled = self.parameters(raw, parameters)
        return AllocationRule(
            name=raw["name"],
            title=raw["title"],
            size=FITS["N"].symbol,
            data=FITS["D"].symbol,
            p_of_C=p_of_C,
            T_of_C=C / TRANSFORMER.expr.xreplace({p: p_of_C, T: sp.S.One}),
            cost=TRANSFORMER,
            intervals=self.intervals(raw),
            references=self.references(raw),
            notes=(f"Numbers: {raw['read']}.", *_no_scale(filled), *_sum_of_exponents(raw), *raw.get("disagrees", ())),
            family=self.family,
            parameters=filled,
            reading=raw["reading"],
        )

    def exponents(self) -> tuple[AllocationRule, ...]:
        """Return the rules N = k C^a that the `exponents` tables state; k has a value where it is printed."""
        path = scale.symbol * C**power.symbol
        return tuple(self.rule(raw, path, (scale, power)) for raw in self.tables("exponents"))

    def references(self, raw: Mapping[str, Any]) -> tuple[Reference, ...]:
        """Return the sources of a table, each with its place inside."""
        return tuple(Reference(**self.data["paper"][paper], locator=locator) for paper, locator in raw["references"])

    def intervals(self, raw: Mapping[str, Any]) -> dict[str, Interval]:
        """Return the published numbers that have names, with their intervals."""
        return {name: _interval(raw, **printed) for name, printed in raw.get("intervals", {}).items()}

    def parameters(self, raw: Mapping[str, Any], blank: Sequence[Parameter]) -> tuple[Parameter, ...]:
        """Return the parameters of a form with the values that a table prints for them."""
        reference = self.references(raw)[0]
        source = f"{reference.identifier}, {reference.locator} ({raw['read']})"
        stray = {*raw.get("constants", ()), *raw.get("logarithms", ())} - {q.symbol.name for q in blank}
        if stray:
            raise KeyError(f"{raw['name']} prints constants that its form lacks: {', '.join(sorted(stray))}")

        def filled(parameter: Parameter) -> Parameter:
            value, printed = _constant(raw, parameter.symbol.name)
            return parameter if value is None else replace(parameter, value=value, printed=printed, source=source)

        return tuple(map(filled, blank))


def _constant(raw: Mapping[str, Any], name: str) -> tuple[sp.Rational | None, str]:
    """Value and printed form; where the logarithm is printed, the value has 17 digits."""
    if name in raw.get("constants", ()):
        printed = raw["constants"][name]
        return sp.Rational(printed), printed
    if name not in raw.get("logarithms", ()):
        return None, ""
    logarithm = raw["logarithms"][name]
    return sp.Rational(str(Context(prec=17).exp(Decimal(logarithm)))), f"ln {name} = {logarithm}"


def _no_scale(filled: Iterable[Parameter]) -> tuple[str, ...]:
    """Say so where a rule's k was not printed."""
    if not any(q.symbol == scale.symbol and q.value is None for q in filled):
        return ()
    return (f"Exponents alone were read: an allocation needs {scale.symbol}, and `compare` shows no level without it.",)


def _sum_of_exponents(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Say so where the printed exponents of size and data do not fit together under C = 6 N D."""
    a, b = (Decimal(raw.get("intervals", {}).get(letter, {}).get("value", "NaN")) for letter in ("a", "b"))
    if not (a + b).is_finite() or a + b == 1:
        return ()
    return (
        f"The printed exponents add up to {a + b}, not to 1, so that 6 N D does not grow like C: N has the printed "
        f"exponent {a} here, and D, which follows from C = 6 N D, has {1 - a} where {b} is printed.",
    )


def _interval(raw: Mapping[str, Any], value: str, low: str = "", high: str = "", error: str = "") -> Interval:
    """Interval as printed, one standard error either side where only that is printed, or none."""
    middle = sp.Rational(value)
    if low:
        meaning = raw["interval_meaning"] + (f"; standard error {error}" if error else "")
        return Interval(middle, sp.Rational(low), sp.Rational(high), meaning)
    if not error:
        return Interval(middle, meaning=_UNPRINTED)
    half = sp.Rational(error)
    return Interval(middle, middle - half, middle + half, raw["error_meaning"])
