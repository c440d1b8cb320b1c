"""Allocations: batches of budgets, against SciPy's minimisers, a brute-force grid and a fitted law's own tool."""

import warnings
from collections.abc import Callable

import numpy as np
from scipy.optimize import elementwise, minimize_scalar
from scipy.special import digamma

import infobound as ib
from benchmarks.forms import CONSTANTS, FORMS
from benchmarks.rivals import missing
from benchmarks.timing import Line, medians

__all__ = ["allocations"]

SETTING = {"d": 16.0, "K": 10.0}
# SciPy's loop takes milliseconds for each budget: fewer of them tell its rate as well.
LOOPED = 200


def allocations(count: int) -> list[Line]:
    """Each law at `count` budgets over fifteen decades."""
    lines = []
    for law in FORMS:
        fit = law == "chinchilla_replication"
        budgets = np.geomspace(1e17, 1e27, count) if fit else np.geomspace(1e7, 1e22, count)
        parameters = {} if fit else SETTING
        each = count // LOOPED
        some = budgets[::each]
        loss, price = _of_log_size(law)
        few = {"minimize_scalar": lambda loss=loss, price=price, some=some: _looped(loss, price, some)}
        many = {
            "ours": lambda law=law, budgets=budgets, p=parameters: ib.allocate(law, C=budgets, **p),
            "find_minimum": lambda loss=loss, price=price, budgets=budgets: _elementwise(loss, price, budgets),
            "brute force": lambda loss=loss, price=price, some=some: _brute(loss, price, some),
        }
        if fit and "chinchilla" not in missing():
            many["chinchilla"] = _chinchilla(budgets)
        n = ib.allocate(law, C=some, **parameters).n.values
        worst = np.max(np.abs(np.log(_elementwise(loss, price, some) / n)))
        rounds = medians(many, 3) | medians(few, 1)
        counts = dict.fromkeys(rounds, count) | {"minimize_scalar": len(some), "brute force": len(some)}
        rates = {name: counts[name] / taken for name, taken in rounds.items()}
        notes = {"find_minimum": f"differs by {worst:.0e} in ln n at most"} | missing()
        lines.append(Line("allocate", f"{law}, {count:.0e}", "budgets/s", rates.pop("ours"), rates, notes))
    return lines


def _of_log_size(law: str) -> tuple[Callable, float]:
    """Loss on a budget as a function of ln size, and what a size of one and one sample cost."""
    form = FORMS[law]
    if law == "chinchilla_replication":
        return (lambda x, C: form(np, digamma, np.exp(x), C / (6 * np.exp(x)))), 6.0
    d, K = SETTING["d"], SETTING["K"]
    return (lambda x, C: form(np, digamma, np.exp(x), C / (d * np.exp(x)), d, K)), d


def _looped(loss: Callable, price: float, budgets: np.ndarray) -> np.ndarray:
    return np.array(
        [minimize_scalar(loss, args=(C,), bounds=(0, np.log(C / price)), method="bounded").x for C in budgets]
    )


def _elementwise(loss: Callable, price: float, budgets: np.ndarray) -> np.ndarray:
    """All budgets at once, from a bracket that a coarse scan gives."""
    ends = np.log(budgets / price)
    steps = np.linspace(0, 1, 65)[:, None]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        lowest = np.argmin(loss(steps * ends, budgets), axis=0).clip(1, 63)
        bracket = tuple((lowest + k) / 64 * ends for k in (-1, 0, 1))
        return np.exp(elementwise.find_minimum(loss, bracket, args=(budgets,)).x)


def _brute(loss: Callable, price: float, budgets: np.ndarray) -> np.ndarray:
    """The least of ten thousand sizes, which is good to 1e-3 in ln n."""
    steps = np.linspace(0, 1, 10_000)
    found = [x[np.argmin(loss(x, C))] for C in budgets for x in (steps * np.log(C / price),)]
    return np.exp(found)


def _chinchilla(budgets: np.ndarray) -> Callable[[], object]:
    """PyPI's `chinchilla`, which has the closed form."""
    from chinchilla import Chinchilla

    return lambda: Chinchilla.allocate_compute(budgets, CONSTANTS)
