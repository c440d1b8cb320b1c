"""What a person reads on the terminal: rich tables with units."""

import contextlib
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from infobound.errors import DomainError
from infobound.writing import flat_columns, record_of

__all__ = ["present", "waiting"]

UNITS = {
    "n": "neurons",
    "p": "parameters",
    "T": "samples",
    "C": "operations",
    "tokens_per_parameter": "T*/p*",
    "extrapolation": "decades",
}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave a reader that has gone to the command line, which ends in silence."""
        raise BrokenPipeError


def console() -> Console:
    """Return the console for results; as wide as they are where the output is no terminal."""
    terminal = sys.stdout.isatty()
    return _Console(width=None if terminal else 10_000, highlight=False, soft_wrap=not terminal)


@contextlib.contextmanager
def waiting(message: str) -> Iterator[None]:
    """Show a message with a spinner on a terminal's error stream while something takes time."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(message):
        yield


def present(presenter: str, result: Any, flags: Mapping[str, bool], rows: int) -> None:
    """Print a result with one of this module's presenters."""
    _PRESENTERS[presenter](result, flags, rows)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else f"{value:.4g}"
    return str(value)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    numeric = [all(not isinstance(row[i], str) for row in rows) for i in range(len(header))]
    for text, right in zip(header, numeric, strict=True):
        table.add_column(text, justify="right" if right else "left", no_wrap=right)
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _print(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]], keys: int) -> None:
    """Print a table, in several parts that repeat its first `keys` columns where the terminal is narrow.

    rich would cut numbers instead, and a cut number is another number.
    """
    out = console()
    # the words of a text wrap, numbers do not; a column's frame takes three places
    widths = []
    for i, text in enumerate(header):
        pieces = text.replace("[dim]", "").split("\n")
        for row in rows:
            pieces += row[i].split() if isinstance(row[i], str) else [_cell(row[i])]
        widths.append(3 + max(map(len, pieces)))
    # a terminal too narrow for even one column wraps the lines itself
    out.width = max(out.width, 1 + sum(widths[:keys]) + max(widths[keys:]))
    parts: list[list[int]] = [[]]
    room = out.width - 1 - sum(widths[:keys])
    for i in range(keys, len(header)):
        if parts[-1] and sum(widths[j] for j in (*parts[-1], i)) > room:
            parts.append([])
        parts[-1].append(i)
    # where even one column is too wide the terminal wraps the line
    out.width = max(out.width, 1 + max(sum(widths[:keys]) + sum(widths[i] for i in part) for part in parts))
    for part in parts:
        chosen = [*range(keys), *part]
        out.print(_table(title, [header[i] for i in chosen], [[row[i] for i in chosen] for row in rows]))
        title = ""


def _catalogue(result: Any, flags: Mapping[str, bool], rows: int) -> None:
    columns = flat_columns(result)
    header = ["name", "family", "kind", "read", "title"]
    _print("Laws and allocation rules", header, [*zip(*columns.values(), strict=True)], len(header) - 1)


def _show(entry: Any, flags: Mapping[str, bool], rows: int) -> None:
    if flags.get("latex"):
        from infobound.latex import typeset

        sys.stdout.write(f"{typeset(getattr(entry, 'entry', entry))}\n")
        return
    out = console()
    record = record_of(entry)
    out.print(f"[bold]{record['name']}[/bold]: {record['title']}")
    out.print(f"{record['kind']} on the {record['quantity']}, {record['unit']}" if record["unit"] else record["kind"])
    if record["reading"]:
        out.print(f"numbers read in {READINGS[record['reading']]}")
    for key in ("terms", "parameters", "published"):
        if record.get(key):
            out.print(f"\n[bold]{key}[/bold]")
            for name, value in record[key].items():
                out.print(f"  {name} = {value}" if key == "terms" else f"  {name}: {_clause(value)}", markup=False)
    if "p_of_C" in record:
        out.print(f"\np* = {record['p_of_C']}\nT* = {record['T_of_C']}")
    out.print(f"\n[bold]cost[/bold]  {record['cost']}")
    if record.get("cap"):
        out.print(f"[bold]cap[/bold]  {record['cap']['value']}. {record['cap']['binds']}")
    for key in ("assumptions", "references", "notes"):
        if record.get(key):
            out.print(f"\n[bold]{key}[/bold]")
            for line in record[key]:
                out.print(f"  - {line}", markup=False)


def _clause(parts: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in parts.items() if value not in (None, "")}
    if "low" in kept and "high" in kept:
        kept["interval"] = f"[{kept.pop('low'):g}, {kept.pop('high'):g}]"
    return ", ".join(
        str(value) if key in ("rule", "meaning", "interval") else f"{key} {value}" for key, value in kept.items()
    )


def _limited(columns: Mapping[str, Sequence[Any]], rows: int) -> int:
    count = len(next(iter(columns.values())))
    if count > rows:
        raise DomainError(
            f"a table on the terminal must have at most {rows} rows, got {count}: use --json, --csv or --out FILE"
        )
    return count


def _headline(result: Any) -> str:
    attrs = result.attrs
    cost = f"; cost {attrs['cost']}" if "cost" in attrs else ""
    return f"{attrs['law']}: {attrs['kind']} on the {attrs['quantity']} ({attrs['unit']}){cost}"


def _values(result: Any, flags: Mapping[str, bool], rows: int) -> None:
    columns = flat_columns(result)
    _limited(columns, rows)
    header = [
        f"{name}\n[dim]{UNITS.get(name, result.attrs['unit'] if name not in result.coords else '')}" for name in columns
    ]
    _print(_headline(result), header, [*zip(*columns.values(), strict=True)], len(result.coords))


READINGS = {
    "primary": "the source itself, or its authors' code or output",
    "secondary": "copies of the source, not the source itself",
}

ALLOCATION = {
    "C": "C\n",
    "n": "n*\n[dim]size",
    "p": "p*\n[dim]parameters",
    "T": "T*\n[dim]samples",
    "tokens_per_parameter": "T*/p*\n",
    "p_low": "p*\n[dim]low",
    "p_high": "p*\n[dim]high",
    "T_low": "T*\n[dim]low",
    "T_high": "T*\n[dim]high",
    "extrapolation": "beyond runs\n[dim]decades",
    "loss": "loss\n",
    "attained": "loss\n[dim]attained",
    "loss_optimal": "loss\n[dim]at n*",
    "T_equal": "T\n[dim]for that loss",
    "C_equal": "C\n[dim]for that loss",
    "compute_overhead": "C/C*-1\n",
    "exponent_p": "d ln p\n[dim]/d ln C",
    "exponent_T": "d ln T\n[dim]/d ln C",
    "exponent_loss": "d ln loss\n[dim]/d ln C",
    "n_integer": "n\n[dim]whole",
    "loss_integer": "loss\n[dim]at whole n",
    "status": "status\n",
    "vacuous": "vacuous\n",
}


def _allocation(result: Any, flags: Mapping[str, bool], rows: int) -> None:
    columns = flat_columns(result)
    _limited(columns, rows)
    units = UNITS | {"C": result.attrs["cost_unit"], "loss": result.attrs["unit"]}
    shown = [*result.coords, *(name for name in ALLOCATION if name in result.variables)]
    plain = {*result.coords, "C", "loss"}
    header = [f"{name}\n[dim]{units.get(name, '')}" if name in plain else ALLOCATION[name] for name in shown]
    _print(_headline(result), header, [*zip(*(columns[name] for name in shown), strict=True)], len(result.coords))


def _exponents(result: Any, flags: Mapping[str, bool], rows: int) -> None:
    """The derived exponents in words, then a table of local ones where budgets were given."""
    out = console()
    out.print(f"[bold]{result.law}[/bold]: {result.kind}; cost {result.cost}")
    if result.status != "derived":
        out.print(f"{result.status}: {result.reason}", markup=False)
    for letter, head, log in (("a", "p*", "p"), ("b", "T*", "T"), ("loss", "reducible loss", "loss")):
        power, number = getattr(result, letter), result.numbers[letter]
        if power is not None:
            logs = result.logs.get(log, 0)
            text = f"{head} ~ C^({'-' if letter == 'loss' else ''}{f'({power})' if power.is_Add else power})"
            text += f" (ln C)^({logs})" if logs != 0 else ""
            value = "" if power.is_number or math.isnan(number) else f"  [{number:.4g} at the given values]"
            out.print(f"{text}{value}", markup=False)
    if len(result.balance) > 1:
        out.print(f"where these meet: {' and '.join(map(str, result.balance))}", markup=False)
    for line in (*result.statements, *(f"Taken: {condition}." for condition in result.conditions)):
        out.print(line, markup=False)
    if result.local is not None:
        columns = flat_columns(result.local)
        _limited(columns, rows)
        header = [ALLOCATION.get(name, f"{name}\n[dim]{UNITS.get(name, '')}") for name in columns]
        _print("At finite budgets", header, [*zip(*columns.values(), strict=True)], len(result.local.coords))


def _comparison(result: Any, flags: Mapping[str, bool], rows: int) -> None:
    """Two tables, a row for each entry and each of its parameters: exponents, and levels at three budgets."""
    columns = flat_columns(result)
    budgets = sorted(set(columns["C"]))
    picked = sorted({budgets[0], budgets[len(budgets) // 2], budgets[-1]})
    parameters = [name for name in result.coords if name not in ("law", "kind", "C")]
    groups: dict[tuple[Any, ...], dict[float, int]] = {}
    for i, law in enumerate(columns["law"]):
        groups.setdefault((law, *(columns[name][i] for name in parameters)), {})[columns["C"][i]] = i
    # an entry has equal rows for all values of a parameter that it does not know: one stands for all
    kept: dict[tuple[Any, ...], dict[float, int]] = {}
    for (law, *values), places in groups.items():
        knows = columns["knows"][places[budgets[-1]]].split()
        face = (value if name in knows else None for name, value in zip(parameters, values, strict=True))
        kept.setdefault((law, *face), places)
    shares = [name for name in ("share_d2", "share_K2") if name in columns]

    def interval(i: int, letter: str) -> str:
        low, value, high = (columns[f"{letter}_published{suffix}"][i] for suffix in ("_low", "", "_high"))
        if value is None:
            return ""
        return f"{value:g}" if low is None or high is None else f"{value:g} [{low:g}, {high:g}]"

    def remark(places: Mapping[float, int]) -> str:
        vacuous = sum(bool(columns["vacuous"][i]) for i in places.values())
        odd = [columns["status"][i] for i in places.values() if columns["status"][i] not in ("converged", "rule")]
        words = [f"vacuous at {vacuous} of {len(places)} budgets"] if vacuous else []
        counts = {status: odd.count(status) for status in odd}
        return "; ".join(words + [s if n == len(places) else f"{s} at {n}" for s, n in counts.items()])

    exponents, levels = [], []
    for key, places in kept.items():
        last = places[budgets[-1]]
        exponents.append(
            [
                *key,
                columns["kind"][last],
                columns["exponent_p"][last],
                columns["exponent_T"][last],
                interval(last, "a"),
                interval(last, "b"),
                *(columns[name][last] for name in shares),
                remark(places),
            ]
        )
        levels.append(
            [*key, *(columns[name][places[C]] for C in picked for name in ("p", "T", "tokens_per_parameter"))]
        )
    keys = ["law", *parameters]
    doubled = [f"p*/T*\n2{name[6]}" for name in shares]
    learner = f", repeated samples ({result.attrs['repeats']})" if "repeats" in result.attrs else ""
    _print(
        f"Exponents at C = {budgets[-1]:g}, cost {result.attrs['cost']}{learner}: p* ~ C^a, T* ~ C^b",
        [*keys, "kind", "a", "b", "a published", "b published", *doubled, "remark"],
        exponents,
        len(keys),
    )
    heads = [f"{head}\n[dim]C={C:g}" for C in picked for head in ("p*", "T*", "T*/p*")]
    _print("Levels", [*keys, *heads], levels, len(keys))
    out = console()
    if len(picked) < len(budgets):
        out.print(f"{len(picked)} of {len(budgets)} budgets shown; --json, --csv or --out FILE give all.")
    out.print(result.attrs["summary"])


def _sandwich(result: Any, flags: Mapping[str, bool], rows: int) -> None:
    """The two bounds, which ones they are, and for whom the upper one holds."""
    columns = flat_columns(result)
    _limited(columns, rows)
    shown = [*result.coords, "lower", "lower_se", "upper", "ratio", "binding_lower", "binding"]
    _print(
        f"Exact Bayes: {result.attrs['kind']} on the {result.attrs['quantity']} ({result.attrs['unit']})",
        [*result.coords, "lower", "its s.e.", "upper", "upper\n/ lower", "lower bound", "upper bound"],
        [*zip(*(columns[name] for name in shown), strict=True)],
        len(result.coords),
    )
    out = console()
    for name, whom in dict.fromkeys(zip(columns["binding"], columns["holds_for"], strict=True)):
        out.print(f"{name} holds for {whom}.")
    out.print(f"The lower bound holds for every predictor, {result.attrs['label']} ({result.attrs['draws']} draws).")


def _derivations(result: Sequence[Any], flags: Mapping[str, bool], rows: int) -> None:
    """What was checked: a table of standings and the theorems taken on trust; else the steps themselves."""
    out = console()
    if not all(derived.is_checked for derived in result):
        for derived in result:
            out.print(f"[bold]{derived.name}[/bold]: {derived.derivation.title}")
            for i, step in enumerate(derived, 1):
                out.print(f"\n{i}. {step.title}  \\[{step.standing}: {step.rule}]")
                out.print(f"   {step.claim.lhs} {_relation(step.claim)} {step.claim.rhs}", markup=False)
            out.print("\nNot re-checked: add --check.")
        return
    columns = flat_columns(result)
    out.print(_table("Derivations, every step re-checked", [*columns], [*zip(*columns.values(), strict=True)]))
    cited = {theorem: place for derived in result for theorem, place in derived.checked.cited.items()}
    if cited:
        out.print("Taken on trust from the literature:")
        for theorem, place in cited.items():
            out.print(f"  - {theorem} ({place})", markup=False)


def _relation(claim: Any) -> str:
    return {"==": "="}.get(claim.rel_op, str(claim.rel_op))


def _fit(result: Any, flags: Mapping[str, bool], rows: int) -> None:
    record = result.record()
    level, methods = record["intervals"]["level"], [key for key in record["intervals"] if key != "level"]
    names = [name for name, value in record.items() if isinstance(value, float) and name != "objective"]

    def ends(method: str, name: str) -> str:
        low, high = record["intervals"][method].get(name, (None, None))
        return f"[{_cell(low)}, {_cell(high)}]"

    header = ["name", "value", *(f"{level:.0%}\n[dim]{method}" for method in methods)]
    title = result.law.title if "objective" in record else result.rule.title
    cells = [[name, f"{record[name]:.6g}", *(ends(method, name) for method in methods)] for name in names]
    _print(title, header, cells, 1)
    out = console()
    if "objective" in record:
        out.print(f"{result.loss}: {record['objective']:.7g} over {len(result.runs)} runs")
        out.print(f"{record['starts_at_best']} of {record['starts']} descents ended at this optimum")
    else:
        optima = record["optima"]
        if len(optima["C"]) <= rows:
            _print("Optima", [*optima], [*zip(*optima.values(), strict=True)], 1)
    for finding in result.warnings:
        out.print(f"warning: {finding}", markup=False)


def _facts(result: Mapping[str, Any], flags: Mapping[str, bool], rows: int) -> None:
    if flags.get("path"):
        sys.stdout.write(f"{result['folder']}\n")
        return
    for key, value in result.items():
        sys.stdout.write(f"{key}: {value}\n")


_PRESENTERS: dict[str, Callable[[Any, Mapping[str, bool], int], None]] = {
    "allocation": _allocation,
    "catalogue": _catalogue,
    "comparison": _comparison,
    "derivations": _derivations,
    "exponents": _exponents,
    "facts": _facts,
    "fit": _fit,
    "record": _show,
    "sandwich": _sandwich,
    "values": _values,
}
