"""The errors that infobound raises, one class for each kind of fault.

Every message states the rule first and the offending value after it.
"""

__all__ = [
    "CheckFailed",
    "DomainError",
    "ExpressionError",
    "InfeasibleError",
    "InfoboundError",
    "UnknownNameError",
]


class InfoboundError(Exception):
    """Any fault that infobound reports about its input or its own checks."""


class DomainError(InfoboundError, ValueError):
    """A number lies outside the domain on which a law is defined."""


class UnknownNameError(InfoboundError, LookupError):
    """A law, symbol, term or cost of that name does not exist, or one that is needed is missing."""


class ExpressionError(InfoboundError, ValueError):
    """An expression holds something that cannot be compiled, differentiated or solved."""


class InfeasibleError(InfoboundError, ValueError):
    """No requested budget pays for even the smallest size and one sample."""


class CheckFailed(InfoboundError):
    """A step of a derivation, or a stored claim, did not pass its check."""
