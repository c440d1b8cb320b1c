"""The expectation sign as a SymPy object, and the linearity that it shares with sums and integrals."""

from functools import lru_cache
from typing import Any

import sympy as sp

from infobound.errors import ExpressionError

__all__ = ["Mean", "pulled_out", "random_symbols"]


class Mean(sp.Function):  # type: ignore[misc]
    r"""Expectation of an expression over random symbols whose joint law is the model's.

    ``Mean(f, X, Y)`` stands for :math:`\mathbb{E} f(X, Y)`.  Symbols not named are constants under it.

    Examples
    --------
    >>> x, c = sp.symbols("x c", real=True)
    >>> pulled_out(Mean(c * x**2 / 8 + c, x))
    c*Mean(x**2, x)/8 + c
    """

    @classmethod
    def eval(cls, expression: sp.Expr, *variables: sp.Symbol) -> None:
        """Refuse anything that is not a symbol after the expression."""
        if not variables or not all(isinstance(v, sp.Symbol) for v in variables):
            raise ExpressionError(f"Mean takes an expression and the symbols it averages over, got {variables}")

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Symbols that the expectation depends on: those it averages over are bound."""
        found: set[sp.Symbol] = self.args[0].free_symbols - set(self.args[1:])
        return found

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.args[0].is_extended_real else None

    def _eval_is_finite(self) -> bool | None:
        return None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.args[0].is_nonnegative else None

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_positive else None

    def _eval_derivative(self, s: sp.Symbol) -> Any:
        if s not in self.free_symbols:
            return sp.S.Zero
        raise ExpressionError(f"an expectation cannot be differentiated under its sign, got {self} and {s}")

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        mean = rf"\mathbb{{E}}\left[{printer._print(self.args[0])}\right]"
        return mean if exp is None else rf"\left({mean}\right)^{{{exp}}}"


@lru_cache(maxsize=4096)
def random_symbols(expression: sp.Basic) -> frozenset[sp.Symbol]:
    """Return the symbols over which some expectation in the expression averages."""
    return frozenset(v for mean in expression.atoms(Mean) for v in mean.args[1:])


def _pulled_mean(body: sp.Expr, variables: tuple[sp.Symbol, ...]) -> sp.Expr:
    total = sp.S.Zero
    for term in sp.Add.make_args(body):
        constant, rest = term.as_independent(*variables, as_Add=False)
        # A variable that does not occur is integrated out: the law is then the marginal one.
        occurring = tuple(v for v in variables if rest.has(v))
        total += constant if rest == 1 else constant * Mean(rest, *occurring)
    return total


def _split_sum(total: sp.Sum) -> sp.Expr:
    """Write a finite sum of several terms as several sums."""
    if len(total.limits) != 1 or len(total.limits[0]) != 3 or not all(e.is_finite for e in total.limits[0][1:]):
        return total
    return sp.Add(*(total.func(term, *total.limits) for term in sp.Add.make_args(sp.expand(total.function))))


def _pulled_operator(operator: sp.Expr) -> sp.Expr:
    """Take the factors free of the index out of a sum or integral (one term each; no splitting)."""
    if len(operator.limits) != 1 or len(operator.limits[0]) != 3:
        return operator
    index, low, high = operator.limits[0]
    constant, rest = sp.factor_terms(operator.function).as_independent(index, as_Add=False)
    if sp.S.Zero in (constant, rest):
        return sp.S.Zero if low.is_finite and high.is_finite else operator
    return constant * operator.func(rest, (index, low, high))


def pulled_out(expression: sp.Expr, *, expanding: bool = False) -> sp.Expr:
    """Move constants out of every expectation, sum and integral, and split expectations of sums.

    With `expanding` the body of an expectation is multiplied out first, and a finite sum is split into its
    terms: that is the form in which two expressions are compared, not one to read.
    """
    if not expression.has(Mean, sp.Sum, sp.Integral):
        return expression
    if isinstance(expression, Mean):
        body = pulled_out(expression.args[0], expanding=expanding)
        return _pulled_mean(sp.expand(body) if expanding else body, expression.args[1:])
    if isinstance(expression, (sp.Sum, sp.Integral)):
        inner = expression.func(pulled_out(expression.function, expanding=expanding), *expression.limits)
        parts = _split_sum(inner) if expanding and isinstance(inner, sp.Sum) else inner
        pulled = (_pulled_operator(p) if isinstance(p, (sp.Sum, sp.Integral)) else p for p in sp.Add.make_args(parts))
        return sp.Add(*pulled)
    return expression.func(*(pulled_out(argument, expanding=expanding) for argument in expression.args))
