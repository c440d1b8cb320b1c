"""Saved fits, read back."""

import os
from typing import Any

import numpy as np

from infobound.errors import DomainError, InfoboundError
from infobound.fitting.objectives import Objective
from infobound.fitting.results import Fit
from infobound.fitting.rules import RuleFit, rule_of
from infobound.fitting.sealing import read_sealed
from infobound.fitting.storing import findings_of_tree, law_of_tree, ranges_of_tree, runs_of_tree

__all__ = ["load_fit"]


def load_fit(path: str | os.PathLike[str]) -> Fit | RuleFit:
    """Read a fit that `save` wrote: all of it, exactly.

    Raises
    ------
    DomainError
        If the file is none of these, was written by another version, or has been changed or damaged.
    ExpressionError
        If its law holds anything but the heads that laws are written in.
    """
    content = read_sealed(path)
    try:
        return _rule_fit(content) if content["kind"] == "rule" else _fit(content)
    except InfoboundError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
        raise DomainError(f"a saved fit must hold all its parts, got {path}: {type(fault).__name__} {fault}") from None


def _fit(content: dict[str, Any]) -> Fit:
    fit = content["fit"]
    level = fit["intervals"].pop("level")
    return Fit(
        law=law_of_tree(content["law"]),
        parameters=content["parameters"],
        exponents=content["exponents"],
        objective=fit["objective"],
        loss=Objective(**content["loss"]),
        starts=fit["starts"],
        starts_at_best=fit["starts_at_best"],
        level=level,
        intervals=ranges_of_tree(fit["intervals"]),
        draws={name: np.array(values, dtype=np.float64) for name, values in content["draws"].items()},
        runs=runs_of_tree(content["runs"]),
        warnings=findings_of_tree(fit["warnings"]),
    )


def _rule_fit(content: dict[str, Any]) -> RuleFit:
    fit = content["fit"]
    level = fit["intervals"].pop("level")
    intervals = ranges_of_tree(fit["intervals"])
    return RuleFit(
        rule=rule_of(content["name"], content["title"], fit["a"], fit["k"], intervals.get("bootstrap", {}), level),
        exponents={"a": fit["a"], "b": fit["b"]},
        coefficient=fit["k"],
        optima={name: np.array(values, dtype=np.float64) for name, values in fit["optima"].items()},
        level=level,
        intervals=intervals,
        draws={name: np.array(values, dtype=np.float64) for name, values in content["draws"].items()},
        runs=runs_of_tree(content["runs"]),
        warnings=findings_of_tree(fit["warnings"]),
    )
