"""Functions that kernels call, called from Python: they are compiled for kernels alone, without a way in."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numba

__all__ = ["Called"]


class Called:
    """The functions of a room of kernels, each compiled again behind a way in where it is first asked for."""

    def __init__(self, room: ModuleType) -> None:
        self._room = room

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(self._room, name)

        @numba.njit
        def call(*arguments):
            return function(*arguments)

        setattr(self, name, call)
        return call
