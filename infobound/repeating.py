"""Laws of a learner that has fewer unique samples than it trains on."""

from dataclasses import replace
from typing import Literal

import sympy as sp

from infobound.errors import DomainError, ExpressionError
from infobound.facts import Parameter, Reference
from infobound.record import AllocationRule, Law

__all__ = ["Learner", "repeated"]

Learner = Literal["effective", "exact_bayes"]

_UNIQUE, _DECAY = sp.symbols("U R", positive=True)
_MUENNIGHOFF = Reference(
    "N. Muennighoff et al.", "Scaling Data-Constrained Language Models", 2023, "arXiv:2305.16264", "eq. 5"
)


def repeated(law: Law | AllocationRule, learner: Learner = "effective") -> Law:
    r"""Return the law with its data size replaced by what T samples are worth when only U are unique.

    .. math:: T_{\mathrm{eff}} = U + U R \left(1 - e^{-(T/U - 1)/R}\right) \quad\text{for } T > U

    for "effective", an empirical law; and :math:`\min(T, U)` for "exact_bayes", to whom a repeated sample
    says nothing (docs/math2.md section E2).  T keeps counting all samples, so costs stay as they are.  No
    closed form of the optimum is known for either: the batched minimiser of `allocate` finds it.

    Parameters
    ----------
    law : Law
        With a data size, and no parameters named U and R.
    learner : str
        "effective" (parameters U, and R = 15.387756 as published) or "exact_bayes" (parameter U).

    Returns
    -------
    Law

    Raises
    ------
    DomainError, ExpressionError

    Examples
    --------
    >>> from infobound.catalogue import laws
    >>> law = repeated(laws()["chinchilla_replication"])
    >>> round(law(N=1e9, D=1e11, U=1e10), 4), round(law(N=1e9, D=1e11, U=1e11), 4)
    (2.3897, 2.3711)
    """
    if not isinstance(law, Law):
        raise ExpressionError(f"repeated data need a law with a loss, got the allocation rule {law.name}")
    if law.data is None or {"U", "R"} & {symbol.name for symbol in law.symbols}:
        raise ExpressionError(f"repeated data need a law in the data size, without symbols U and R, got {law.name}")
    T, U, R = law.data, _UNIQUE, _DECAY
    unique = Parameter(U, low=1)
    decay = Parameter(
        R,
        sp.Rational("15.387756"),
        low=0,
        low_included=False,
        printed="15.387756",
        source="arXiv:2305.16264, appendix A",
    )
    worth = {
        "effective": sp.Piecewise((T, T <= U), (U + U * R * (1 - sp.exp(-(T / U - 1) / R)), True)),
        "exact_bayes": sp.Min(T, U),
    }
    if learner not in worth:
        raise DomainError(f"a learner of repeated data must be one of {', '.join(worth)}, got {learner!r}")
    empirical = learner == "effective"
    notes = (
        "T_eff is an empirical law of networks trained for several epochs; it does not follow from this bound.",
        "Repeats carry no information for exact Bayes: more than U samples are as good as U.",
    )
    return replace(
        law,
        name=f"{law.name} on U unique samples ({learner})",
        kind="fit" if empirical else law.kind,
        terms={name: term.subs(T, worth[learner]) for name, term in law.terms.items()},
        parameters=(*law.parameters, unique, *((decay,) if empirical else ())),
        references=(*law.references, *((_MUENNIGHOFF,) if empirical else ())),
        notes=(*law.notes, notes[0 if empirical else 1]),
    )
