"""What laws and costs carry beside their expressions: where a claim stands, published intervals, parameters."""

from dataclasses import dataclass

import sympy as sp

from infobound.symbols import Domain

__all__ = ["Interval", "Parameter", "Reference"]


@dataclass(frozen=True)
class Reference:
    """Where a claim stands: authors, title, year, identifier and the place inside."""

    authors: str
    title: str
    year: int
    identifier: str = ""
    locator: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.authors, self.title, self.identifier, str(self.year), self.locator)))


@dataclass(frozen=True)
class Interval:
    """A published number with the interval printed beside it and what that interval is."""

    value: sp.Rational
    low: sp.Rational | None = None
    high: sp.Rational | None = None
    meaning: str = ""


@dataclass(frozen=True)
class Parameter:
    """A symbol of a law beside size and data.

    Attributes
    ----------
    symbol : sympy.Symbol
    value : sympy.Rational, optional
        A fit's constant, which a keyword overrides; None where the caller must give it.
    low, high : float
        Domain: `low` is enforced, `high` is where the accuracy contract ends.
    low_included : bool
        Whether `low` itself belongs to the domain.
    below : float
        The domain ends before it; enforced.
    printed, source : str
        The value as printed, and where.
    unit : str
    """

    symbol: sp.Symbol
    value: sp.Rational | None = None
    low: float = -float("inf")
    high: float = float("inf")
    low_included: bool = True
    printed: str = ""
    source: str = ""
    below: float = float("inf")
    unit: str = ""

    @property
    def domain(self) -> Domain:
        """Domain of the symbol."""
        return Domain(self.low, self.high, self.low_included, self.below)
