"""Numbers that callers give: as float64 arrays or as exact numbers, and inside their domains or refused."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import mpmath
import sympy as sp

from infobound.errors import DomainError
from infobound.symbols import Domain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["as_exact", "as_floats", "enforce", "log_spaced"]


def as_floats(name: str, raw: Any) -> "NDArray[np.float64]":
    """Return numbers as float64; anything else is a DomainError that names the symbol."""
    import numpy as np

    try:
        array = np.asarray(raw)
        if array.dtype.kind not in "iufO":
            raise TypeError
        return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError):
        raise DomainError(f"{name} must be a real number or an array of real numbers, got {raw!r}") from None


def log_spaced(low: float, high: float, count: int) -> "NDArray[np.float64]":
    """Return log-spaced numbers of 15 digits, so that 1e18 to 1e26 in nine holds 1e19 itself."""
    import numpy as np

    return np.array([float(f"{x:.15g}") for x in np.geomspace(low, high, count)])


def enforce(name: str, values: "NDArray[np.float64]", domain: Domain) -> None:
    """Raise a DomainError that names symbol, rule, first bad value and its index."""
    import numpy as np

    if values.size:
        # two passes without temporaries settle the usual case; NaN fails both comparisons
        least, greatest = values.min(), values.max()
        inside = least >= domain.low if domain.low_included else least > domain.low
        if inside and least > -np.inf and greatest < domain.below:
            return
    inside = (values >= domain.low if domain.low_included else values > domain.low) & (values < domain.below)
    bad = ~(inside & np.isfinite(values))
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        value = float(values[index])
        rule = domain.rule(name, value) if np.isfinite(value) else f"{name} must be a finite number"
        place = f" at index {index[0] if len(index) == 1 else index}" if index else ""
        short = f"{value:g}"
        raise DomainError(f"{rule}, got {name}={short if float(short) == value else repr(value)}{place}")


def as_exact(name: str, value: Any) -> Any:
    """Return a number as a fraction, or as the mpmath number that it is, without rounding."""
    if isinstance(value, mpmath.mpf):
        return value
    try:
        if isinstance(value, sp.Expr):
            value = sp.Rational(value)
            exact = Fraction(int(value.p), int(value.q))
        elif hasattr(value, "dtype"):
            exact = Fraction(value.item())
        else:
            exact = Fraction(value)
        float(exact)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError, AttributeError):
        raise DomainError(f"{name} must be a finite number, got {value!r}") from None
    return exact
