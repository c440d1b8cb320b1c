"""One chunk of a sweep: numbers of a law on a block of its axes, computed by one thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound import __version__
from infobound.allocation.minimising import allocated
from infobound.costs import Cost
from infobound.errors import DomainError
from infobound.kernels.budgets import STATUSES as MINIMISED
from infobound.kernels.compiling import serial
from infobound.labelled import Answer, grid
from infobound.record import AllocationRule, Law
from infobound.reducing import least

__all__ = ["NOT_COMPUTED", "STATUSES", "Question"]

Array = NDArray[Any]

# Code of a status in stored arrays: its place here.
STATUSES = (*MINIMISED, "rule")
NOT_COMPUTED = -1


@dataclass(frozen=True)
class Question:
    """What is asked of one law; it travels to whoever computes, there to be asked of one block after the other."""

    entry: Law | AllocationRule
    quantity: str
    over: tuple[str, ...]
    cost: Cost | None
    dtype: str
    version: str = __version__

    def answer(self, given: Mapping[str, Any]) -> Answer:
        """Answer it on the outer product of axes."""
        if self.version != __version__:
            raise DomainError(f"every worker must run infobound {self.version}, got {__version__}")
        with serial():
            if self.quantity == "allocation":
                return allocated(self.entry, self.cost, dict(given))
            answered: Answer
            if self.quantity == "least":
                answered = least.answer(self.entry, over=self.over, **given)  # type: ignore[attr-defined]
            else:
                terms = self.quantity == "terms"
                answered = grid.answer(self.entry, terms=terms, dtype=self.dtype, **given)  # type: ignore[attr-defined]
            return answered

    def block(self, given: Mapping[str, Any]) -> dict[str, Array]:
        """Arrays of the answer by name, as they are stored: dimensions in the order given, statuses as codes."""
        return {name: self._stored(array) for name, (_, array) in self.answer(given).variables.items()}

    def _stored(self, array: Array) -> Array:
        if array.dtype.kind == "U":
            codes = np.full(array.shape, NOT_COMPUTED, dtype=np.int8)
            for code, status in enumerate(STATUSES):
                codes[array == status] = code
            return codes
        return array.astype(self.dtype, copy=False) if array.dtype.kind == "f" else array
