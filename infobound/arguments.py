"""What is typed on the command line: numbers, NAME=VALUE, and laws by name, by expression or by the file of a fit."""

import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from infobound.errors import DomainError, InfoboundError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["assigned", "entry_of_text", "fit_of_text", "law_of_text", "numbers", "question"]

LONGEST_RANGE = 10_000_000
# A law's name; anything else is an expression, or the file of a saved fit.
_NAME = re.compile(r"[A-Za-z0-9_-]+")
SAVED = ".json"


def numbers(name: str, text: str) -> "float | np.ndarray":
    """Read `1e21`, a list `1,2,5`, or `1e18:1e26:9` for nine log-spaced numbers.

    Raises
    ------
    DomainError
    """
    import numpy as np

    from infobound.inputs import log_spaced

    rule = f"{name} must be a number, a list a,b,c or a log-spaced range LOW:HIGH:COUNT, got {name}={text}"
    try:
        if ":" in text:
            low, high, count = text.split(":")
            ends = float(low), float(high)
            if not all(0 < end < np.inf for end in ends) or not 1 <= int(count) <= LONGEST_RANGE:
                raise DomainError(
                    f"{rule}; LOW and HIGH must be positive and COUNT a whole number from 1 to {LONGEST_RANGE}"
                )
            return log_spaced(*ends, int(count))
        if "," in text:
            return np.array([float(part) for part in text.removesuffix(",").split(",")])
        return float(text)
    except ValueError as fault:
        raise DomainError(rule) if not isinstance(fault, InfoboundError) else fault from None


def assigned(items: Sequence[str], *, words: bool = False) -> dict[str, Any]:
    """Read NAME=VALUE items, values that are no numbers as words where a verb takes them.

    Raises
    ------
    DomainError
    """
    given: dict[str, Any] = {}
    for item in items:
        name, equals, text = item.partition("=")
        if not equals or not name.isidentifier():
            raise DomainError(f"an argument must have the form NAME=VALUE, such as C=1e21, got {item!r}")
        if name in given:
            raise DomainError(f"each name must be given once, got {name} twice")
        try:
            given[name] = numbers(name, text)
        except DomainError:
            if not words:
                raise
            given[name] = text
    return given


def fit_of_text(text: str) -> Any:
    """Return the fit that a .json file holds, and any other text as it is.

    Raises
    ------
    DomainError, ExpressionError
    """
    if not text.lower().endswith(SAVED):
        return text
    from infobound.fitting.loading import load_fit

    return load_fit(text)


def entry_of_text(text: str) -> Any:
    """Return the law or rule of a saved fit, and any other text as it is.

    Raises
    ------
    DomainError, ExpressionError
    """
    found = fit_of_text(text)
    return getattr(found, "entry", found)


def law_of_text(text: str, size: str | None, data: str | None, settings: str | None) -> Any:
    """Return a law's name as it is, a saved fit, or the law of an expression such as E + A/N^alpha.

    Raises
    ------
    DomainError, ExpressionError
    """
    chosen = {"size": size, "data": data, "set": settings}
    found = fit_of_text(text)
    if found is not text or _NAME.fullmatch(text):
        given = [f"--{key}" for key, value in chosen.items() if value is not None]
        if given:
            raise DomainError(f"{given[0]} belongs to an expression, got the law {text}")
        return found
    from infobound.defining import define

    parameters: dict[str, str] = {}
    for item in settings.split(",") if settings else ():
        name, equals, value = item.partition("=")
        if not equals or not name.strip().isidentifier() or name.strip() in parameters:
            raise DomainError(f"--set must have the form A=406.4,B=410.7, each name once, got {item!r}")
        parameters[name.strip()] = value.strip()
    return define(text, size=size, data=data, parameters=parameters, name=text)


def question(verb: str, function: Callable[..., Any], given: dict[str, Any]) -> Callable[..., Any]:
    """Return what answers a verb without xarray: of a saved fit its own answer, with a band, where it has one.

    Arguments in `given` that the answer does not take are left out.
    """
    fit: Any = given.get("law")
    if hasattr(fit, "entry"):
        if verb == "show":
            return lambda law: law
        method, whole = {
            "allocate": ("allocate", given.get("repeats") is None),
            "eval": ("predict", not given.get("terms") and given.get("dtype") == "float64"),
        }.get(verb, ("", False))
        if whole and hasattr(fit, method):
            for key in ("law", "repeats", "terms", "dtype"):
                given.pop(key, None)
            return functools.partial(getattr(type(fit), method).answer, fit)
        given["law"] = fit.entry
    answer: Callable[..., Any] = getattr(function, "answer", function)
    return answer
