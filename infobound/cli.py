"""The command line: one table of verbs, each generated from the signature of the function it calls.

A parameter of the function is an argument or option of the verb, and its docstring is the help text, so
that the command line and Python cannot drift apart.  Nothing heavy is imported before a verb is chosen.
"""

import contextlib
import importlib
import inspect
import os
import re
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from infobound import __version__
from infobound.arguments import assigned, entry_of_text, law_of_text, question
from infobound.errors import CheckFailed, DomainError, InfeasibleError, InfoboundError, UnknownNameError

__all__ = ["VERBS", "Verb", "main"]

ROWS = 200
# Parameters of a function that the command line takes as NAME=VALUE.
SYMBOLS = ("C", "T", "d", "K", "alpha", "loss", "smaller")


@dataclass(frozen=True)
class Verb:
    """A verb of the command line.

    Attributes
    ----------
    function : str
        "module:name" inside this package.
    presenter : str
        Function of `infobound.printing` that prints the result for a person.
    flags : mapping of str to str
        Further switches for the presenter, with their help texts.
    words : bool
        NAME=VALUE may also give a word, such as the name of a column.
    writes : bool
        The function itself writes to `--out`, and shows how far it is.
    draws : bool
        `--figure` draws the answer.
    """

    function: str
    summary: str
    presenter: str
    flags: tuple[tuple[str, str], ...] = ()
    words: bool = False
    writes: bool = False
    draws: bool = False

    def load(self) -> Callable[..., Any]:
        """Import the function."""
        module, name = self.function.split(":")
        found: Callable[..., Any] = getattr(importlib.import_module(f"infobound.{module}"), name)
        return found


VERBS = {
    "list": Verb("catalogue:laws", "List the laws and published allocation rules.", "catalogue"),
    "show": Verb(
        "catalogue:entry_named",
        "Show one law: terms, parameters, assumptions, sources.",
        "record",
        (("latex", "Print the law's display equation."),),
    ),
    "eval": Verb("labelled:grid", "Evaluate a law at a point or on a grid.", "values"),
    "allocate": Verb("allocation.minimising:allocate", "Minimise a law on compute budgets.", "allocation"),
    "exponents": Verb(
        "allocation.asymptotics:exponents", "Derive how the allocation scales with compute.", "exponents"
    ),
    "calibrate": Verb("allocation.calibrating:calibrate", "Find what reaches a target loss.", "allocation"),
    "overtrain": Verb("allocation.overtraining:overtrain", "Price a model smaller than the optimal one.", "allocation"),
    "compare": Verb("comparing:compare", "Set bounds and published fits side by side.", "comparison", draws=True),
    "fit": Verb("fitting.asking:fit", "Fit a law to training runs.", "fit", words=True),
    "sandwich": Verb(
        "sandwiching.bracketing:sandwich", "Set lower and upper bounds on exact Bayes side by side.", "sandwich"
    ),
    "experiment": Verb("experiments.asking:experiment", "Measure a loss by Monte Carlo beside its bounds.", "values"),
    "sweep": Verb("sweeping.running:sweep", "Write a sweep larger than memory, resumable.", "facts", writes=True),
    "derive": Verb("deriving:derive", "Show, re-check or typeset a derivation.", "derivations"),
    "report": Verb(
        "reporting:report", "Write a comparison with figure and derivations to a folder.", "facts", writes=True
    ),
    "cache": Verb(
        "kernels.caching:cache_status",
        "Show or clear the compiled kernels.",
        "facts",
        (("path", "Print the folder only."),),
    ),
}

# Verbs that ask nothing without a symbol.
NEEDED = {
    "allocate": ("C", "a budget must be given, such as C=1e21"),
    "calibrate": ("loss", "a target must be given, such as loss=2.1"),
    "overtrain": ("C", "a budget must be given, such as C=1e21"),
}
EXPRESSION = {
    "size": "Of an expression: the symbol of the model's size.",
    "data": "Of an expression: the symbol of the data size.",
    "set": "Of an expression: parameters, such as A=406.4,alpha=0.34.",
}

OUTPUTS = {
    "json": (bool, "Print JSON: flat columns, NaN and infinities as null."),
    "csv": (bool, "Print CSV."),
    "out": (str | None, "Write to a file, .json or .csv, instead of the terminal."),
}


def _described(function: Callable[..., Any]) -> dict[str, str]:
    """Help texts of the parameters, read from the NumPy docstring."""
    text = inspect.getdoc(function) or ""
    section = re.search(r"Parameters\n-+\n(.*?)(\n\n[A-Z]\w+\n-+|\Z)", text, re.DOTALL)
    found: dict[str, str] = {}
    for match in re.finditer(
        r"^(\S[^:\n]*) : [^\n]*\n((?: {4}[^\n]*\n?)*)", section[1] if section else "", re.MULTILINE
    ):
        for name in match[1].split(","):
            found[name.strip(" *")] = " ".join(textwrap.dedent(match[2]).split())
    return found


def _command(name: str, verb: Verb) -> Any:
    """Build the command of a verb from its function's signature."""
    function = verb.load()
    texts = _described(function)
    keywords: list[inspect.Parameter] = []
    assigned = False

    def add(key: str, kind: Any, default: Any) -> None:
        keywords.append(inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind))

    for key, parameter in inspect.signature(function).parameters.items():
        option = f"--{key.replace('_', '-')}"
        if parameter.kind is inspect.Parameter.VAR_KEYWORD or (key in SYMBOLS and not verb.words):
            assigned = True
        elif key in ("law", "name"):
            word: Any = str if parameter.default is parameter.empty else str | None
            text = "A name (see list), a saved fit (.json), or an expression." if key == "law" else "A name: see list."
            add(key, Annotated[word, typer.Argument(metavar="LAW", help=text)], parameter.default)
        elif key == "spec":
            add(key, Annotated[str, typer.Argument(metavar="SPEC.toml", help=texts.get(key))], parameter.default)
        elif key == "out" and verb.writes:
            add(key, Annotated[str, typer.Option("--out", help=texts.get(key))], parameter.default)
        elif parameter.default is parameter.empty:
            add(key, Annotated[str, typer.Argument(metavar=key.upper(), help=texts.get(key))], parameter.default)
        elif parameter.annotation == float | None:
            add(key, Annotated[float | None, typer.Option(option, help=texts.get(key))], None)
        elif isinstance(parameter.default, bool | int | float):
            add(key, Annotated[type(parameter.default), typer.Option(option, help=texts.get(key))], parameter.default)
        elif key not in ("out", "chunks"):
            default = parameter.default if isinstance(parameter.default, str) else None
            add(key, Annotated[str | None, typer.Option(option, help=texts.get(key))], default)
    if assigned:
        hint = "Symbols: C=1e21, d=128,1024 (a list), C=1e18:1e26:9 (log-spaced)."
        if verb.words:
            hint = "Other symbols: the name of a column, or a number that is not fitted (K=64)."
        add(
            "assignments",
            Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE...", help=hint)],
            None,
        )
    for key, text in EXPRESSION.items() if "law" in inspect.signature(function).parameters else ():
        add(key, Annotated[str | None, typer.Option(f"--{key}", help=text)], None)
    for key, text in verb.flags:
        add(key, Annotated[bool, typer.Option(f"--{key}", help=text)], False)
    if verb.draws:
        text = "Draw p* and tokens per parameter against C into a .pdf, .png or .svg file, too."
        add("figure", Annotated[str | None, typer.Option("--figure", help=text)], None)
    forms = {key: form for key, form in OUTPUTS.items() if not (verb.writes and key == "out")}
    for key, (kind, text) in forms.items():
        add(key, Annotated[kind, typer.Option(f"--{key}", help=text)], False if kind is bool else None)

    def run(**given: Any) -> None:
        outputs = {key: given.pop(key) for key in forms}
        flags = {key: given.pop(key) for key, _ in verb.flags}
        _answer(name, verb, function, given, flags, outputs)

    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in keywords}
    app = typer.Typer(add_completion=False)
    app.command(name, help=(inspect.getdoc(function) or verb.summary).split("\n\n")[0])(run)
    return typer.main.get_command(app)


def _answer(
    name: str,
    verb: Verb,
    function: Callable[..., Any],
    given: dict[str, Any],
    flags: dict[str, bool],
    outputs: dict[str, Any],
) -> None:
    """Call the function and print, or write, what it returns."""
    from infobound import printing, writing

    values = assigned(given.pop("assignments", None) or (), words=verb.words)
    clash = sorted(set(values) & {*given, *flags, *outputs})
    figure = given.pop("figure", None) if verb.draws else None
    if "law" in given:
        given["law"] = law_of_text(given["law"], *(given.pop(key) for key in EXPRESSION))
    if clash:
        raise DomainError(f"{clash[0]} must be given as an option, --{clash[0]}, got {clash[0]}=...")
    if isinstance(given.get("laws"), str):
        given["laws"] = [entry_of_text(text) for text in given["laws"].split(",")]
    if "form" in given:
        given["form"] = entry_of_text(given["form"])
    if name in NEEDED and NEEDED[name][0] not in values:
        raise DomainError(f"{NEEDED[name][1]}, got none")
    _check_symbols(name, function, values)
    chosen = [f"--{key}" for key, value in outputs.items() if value]
    if len(chosen) > 1:
        raise DomainError(f"an answer has one form, got {' and '.join(chosen)}")
    target = outputs.get("out")
    if target is not None:
        writing.check_target(target)
    if figure is not None:
        from infobound import plotting

        writing.check_target(figure, "--figure", plotting.PICTURES)
    message = f"infobound {name}: compiling kernels on the first run"
    with contextlib.nullcontext() if verb.writes else printing.waiting(message):
        result = question(name, function, given)(**given, **values)
    if figure is not None:
        plotting.plot(result, figure)
    form = "json" if outputs["json"] else "csv" if outputs["csv"] else None
    if target is not None:
        writing.write(result, target)
    elif form:
        writing.emit(result, form)
    else:
        fitted = hasattr(result, "entry") and not any(flags.values())
        printing.present("fit" if fitted else verb.presenter, result, flags, ROWS)
    lacking = writing.infeasible(result)
    if lacking:
        rule = "a target must be a loss that some size and data reach"
        rule = rule if name == "calibrate" else "a budget must pay for the smallest size and one sample"
        raise InfeasibleError(f"{rule}, got {lacking}")


def _check_symbols(name: str, function: Callable[..., Any], values: Mapping[str, Any]) -> None:
    """Refuse symbols that a function does not take, and ask for those that it must have."""
    parameters = inspect.signature(function).parameters
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    known = [key for key in SYMBOLS if key in parameters]
    unknown = [key for key in values if key not in known]
    if unknown:
        raise UnknownNameError(f"{name} takes {', '.join(known) or 'no symbols'}; got {', '.join(unknown)}")
    needed = [key for key in known if parameters[key].default is inspect.Parameter.empty]
    missing = [key for key in needed if key not in values]
    if missing:
        raise UnknownNameError(f"{name} needs a value for {', '.join(needed)}; missing: {', '.join(missing)}")


class _Group(TyperGroup):
    """The verbs: named in the top-level help without importing them, built when one is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        verb = VERBS.get(cmd_name)
        return None if verb is None else TyperCommand(cmd_name, help=verb.summary, callback=lambda: None)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _command(name, VERBS[name]) if name in VERBS else command, rest


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"infobound {__version__}")
        raise typer.Exit


_app = typer.Typer(cls=_Group, add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@_app.callback(help="Bounds for neural scaling laws: values, compute-optimal allocations, and Chinchilla beside them.")
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads for kernels.")] = None,
) -> None:
    if threads is not None:
        os.environ["INFOBOUND_THREADS"] = str(threads)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        0 = answered, 2 = bad input or infeasible, 1 = failure, 130 = interrupted.
    """
    command: Any = typer.main.get_command(_app)
    try:
        status = command(None if arguments is None else list(arguments), standalone_mode=False, prog_name="infobound")
        sys.stdout.flush()
    except InfoboundError as fault:
        return _failed(str(fault), 1 if isinstance(fault, CheckFailed) else 2)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except (BrokenPipeError, SystemExit) as fault:
        # click turns a broken pipe into an exit of its own
        if isinstance(fault, SystemExit) and not isinstance(fault.__context__, BrokenPipeError):
            raise
        # the reader has gone: nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, MemoryError) as fault:
        return _failed(str(fault) or "not enough memory for that many numbers", 1)
    except Exception as fault:
        if not hasattr(fault, "exit_code"):
            raise
        # a usage error, in one line; where a command is missing its message is the whole help
        usage: Any = fault
        message = usage.format_message().strip()
        if "\n" in message:
            usage.show()
            return int(usage.exit_code)
        return _failed(f"{message[0].lower()}{message[1:]}", int(usage.exit_code))
    return status if isinstance(status, int) else 0


def _failed(message: str, status: int) -> int:
    sys.stderr.write(f"infobound: {message}\n")
    return status
