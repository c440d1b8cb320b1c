"""Information-theoretic bounds for neural scaling laws: values, allocations, and the same beside Chinchilla.

Everything public is an attribute of this package and is imported on first use.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "AllocationRule": "record",
    "CheckFailed": "errors",
    "Cost": "costs",
    "DomainError": "errors",
    "ExpressionError": "errors",
    "InfeasibleError": "errors",
    "InfoboundError": "errors",
    "Law": "record",
    "Parameter": "record",
    "UnknownNameError": "errors",
    "allocate": "allocation.minimising",
    "best_known_upper": "sandwiching.uppers",
    "calibrate": "allocation.calibrating",
    "cache_folder": "kernels.caching",
    "clear_cache": "kernels.caching",
    "compare": "comparing",
    "define": "defining",
    "derivation": "deriving",
    "experiment": "experiments.asking",
    "exponents": "allocation.asymptotics",
    "fit": "fitting.asking",
    "grid": "labelled",
    "isoflop": "reducing",
    "isoloss": "reducing",
    "law": "catalogue",
    "laws": "catalogue",
    "least": "reducing",
    "load_fit": "fitting.loading",
    "order_free_code": "sandwiching.coding",
    "overtrain": "allocation.overtraining",
    "plot": "plotting",
    "quantiles": "reducing",
    "repeated": "repeating",
    "report": "reporting",
    "sandwich": "sandwiching.bracketing",
    "sweep": "sweeping.running",
}

__all__ = [*sorted(_HOMES), "__version__"]  # noqa: PLE0604 - all are strings


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
