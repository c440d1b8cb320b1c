"""Moments by a density, as steps that derivations share."""

from typing import Any

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.calculus import Integration
from infobound.proof.probability import UnderDensity
from infobound.proof.step import Step, equal

__all__ = ["moment"]


def moment(
    name: str,
    title: str,
    body: sp.Expr,
    variable: sp.Symbol,
    density: sp.Expr,
    value: sp.Expr,
    *,
    high: sp.Expr,
    resting_on: str,
    prose: str = "By its density.",
    hypotheses: tuple[sp.Basic, ...] = (),
    **more: Any,
) -> tuple[Step, Step]:
    """Return the steps to an expectation over a positive variable: "name", an integral, and "name_integral", its value.

    Parameters
    ----------
    high : Expr
        Where the density ends; it begins at 0.
    resting_on : str
        Key of the assumption that the variable has the density.
    hypotheses : tuple of relations
        Under which it is one.
    **more
        Further fields of both steps, such as the source.
    """
    integral = sp.Integral(body * density, (variable, 0, high))
    return (
        Step(
            name=name,
            title=title,
            prose=prose,
            claim=equal(Mean(body, variable), integral),
            check=UnderDensity(
                expression=body, variable=variable, density=density, low=0, high=high, resting_on=(resting_on,)
            ),
            hypotheses=hypotheses,
            **more,
        ),
        Step(
            name=f"{name}_integral",
            title="Its value",
            prose="A standard integral.",
            claim=equal(integral, value),
            check=Integration(standard=True),
            **more,
        ),
    )
