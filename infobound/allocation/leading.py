r"""Leading behaviour of an expression when size and data grow together: powers, logarithms, coefficients.

Along the ray n = X^theta, T = X^(1 - theta) with X to infinity, an expression of the closed table below
behaves like

.. math:: c \, n^s \, T^t \times \text{logarithms}, \qquad c > 0,

and on an interval of theta the same addend of every sum wins.  `pieces` finds these intervals: a comparison
that comes out differently at the two ends of an interval splits it where it turns.  Signs are decided
symbolically from the domains of the parameters, else from their values, else not at all (`Undecided`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import sympy as sp

from infobound.record import Parameter
from infobound.special import (
    admissible_atoms,
    admissible_features,
    codebook_radius,
    composition_nats,
    expected_atoms,
    log_remainder,
    novelty_lost,
    pitman_yor_atoms,
    power_tail,
    spectrum_nats,
)

__all__ = ["HEADS", "LOG_DATA", "LOG_SIZE", "Lead", "Signs", "Undecided", "expanded", "pieces"]

# ln n and ln T inside coefficients
LOG_SIZE, LOG_DATA = sp.symbols("ln_size ln_data", positive=True)

# How much of the behaviour is known: all of it; the powers, up to logarithms; no more than an upper limit.
EXACT, UP_TO_LOGS, AT_MOST = range(3)


class Undecided(Exception):
    """The leading behaviour cannot be decided; the message says what is in the way."""


class _Split(Exception):
    """A comparison turns at this theta, inside the interval."""

    def __init__(self, at: sp.Expr) -> None:
        self.at = at


@dataclass(frozen=True)
class Lead:
    """Leading behaviour: coefficient * size^s * data^t.

    Attributes
    ----------
    coefficient : sympy.Expr
        Homogeneous of degree `logs` in `LOG_SIZE` and `LOG_DATA`, else free of size and data; 0 for nothing.
    size, data : sympy.Expr
        The powers s and t.
    logs, iterated : sympy.Expr
        Powers of the logarithm, and of logarithms of logarithms.
    known : int
        EXACT, UP_TO_LOGS (the coefficient stands for its sign) or AT_MOST (what a cancellation leaves).
    beyond : int
        1 above every power, -1 below every power, else 0.
    """

    coefficient: sp.Expr
    size: sp.Expr = sp.S.Zero
    data: sp.Expr = sp.S.Zero
    logs: sp.Expr = sp.S.Zero
    iterated: sp.Expr = sp.S.Zero
    known: int = EXACT
    beyond: int = 0

    def __mul__(self, other: "Lead") -> "Lead":
        if self.beyond * other.beyond < 0:
            raise Undecided("a product of something above every power with something below every power")
        return Lead(
            self.coefficient * other.coefficient,
            self.size + other.size,
            self.data + other.data,
            self.logs + other.logs,
            self.iterated + other.iterated,
            max(self.known, other.known),
            self.beyond or other.beyond,
        )

    def raised(self, power: sp.Expr) -> "Lead":
        """Take a power that is free of size and data and not 0; the coefficient must be positive."""
        return Lead(
            self.coefficient**power,
            self.size * power,
            self.data * power,
            self.logs * power,
            self.iterated * power,
            self.known,
        )

    def order(self, theta: sp.Expr) -> sp.Expr:
        """Power of X along the ray theta."""
        return self.size * theta + self.data * (1 - theta)

    def coefficient_at(self, theta: sp.Expr) -> sp.Expr:
        """Coefficient along the ray theta, with the power of ln X left out."""
        return self.coefficient.subs({LOG_SIZE: theta, LOG_DATA: 1 - theta})


@dataclass
class Signs:
    """Signs of expressions in a law's parameters.

    Parameters sit inside their domains, not on an edge.  What a decision took beyond the lower ends of the
    domains is written down in `conditions`.
    """

    parameters: Sequence[Parameter]
    values: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)

    def __call__(self, expr: sp.Expr) -> int:
        """Return -1, 0 or 1.

        Raises
        ------
        Undecided
        """
        expr = _factored(expr)
        known = _sign(expr)
        if known is not None:
            return known
        own = [q for q in self.parameters if q.symbol in expr.free_symbols]
        above = {q.symbol: _rational(q.low) + _above(q) for q in own if q.low > -float("inf")}
        known = _sign(_factored(expr.subs(above, simultaneous=True)))
        if known is not None:
            return known
        between = {
            q.symbol: _rational(q.low) + _rational(q.below - q.low) / (1 + _above(q))
            for q in own
            if q.below - q.low < float("inf")
        }
        known = _sign(_factored(expr.subs(above | between, simultaneous=True)))
        if known is not None:
            self.note(*(f"{q.symbol} < {q.below:g}" for q in own if q.symbol in between))
            return known
        if expr.free_symbols <= set(self.values):
            known = _sign(expr.subs(self.values))
            if known is not None:
                self.note(f"{expr} {'<=>'[known + 1]} 0, as at the given values")
                return known
        raise Undecided(f"the sign of {_short(expr)} decides, and the domains of the parameters leave it open")

    def note(self, *conditions: str) -> None:
        """Write conditions down."""
        self.conditions += [text for text in conditions if text not in self.conditions]


def _above(parameter: Parameter) -> sp.Symbol:
    return sp.Symbol(f"above_{parameter.symbol.name}", positive=True)


def _rational(number: float) -> sp.Rational:
    return sp.Rational(repr(float(number)))


def _factored(expr: sp.Expr) -> sp.Expr:
    # to SymPy exp(-800) is the 800th power of exp(-1), and factoring a polynomial in that does not end
    names = {number: sp.Dummy(positive=True) for number in expr.atoms(sp.exp) if number.is_number}
    factored = sp.factor(sp.together(expr.xreplace(names)))
    return factored.xreplace({name: number for number, name in names.items()})


def _short(expr: sp.Expr) -> str:
    names = ", ".join(sorted(symbol.name for symbol in expr.free_symbols))
    return str(expr) if len(str(expr)) <= 100 else f"an expression in {names}"


def _sign(expr: sp.Expr) -> int | None:
    if expr.is_zero:
        return 0
    if expr.is_number and expr.is_comparable:
        return int(sp.sign(expr))
    return 1 if expr.is_positive else -1 if expr.is_negative else None


def pieces(
    expressions: Sequence[sp.Expr], size: sp.Symbol | None, data: sp.Symbol | None, signs: Signs
) -> list[tuple[sp.Expr, sp.Expr, tuple[Lead, ...]]]:
    """Intervals of theta with the leading behaviour of every expression inside.

    Parameters
    ----------
    expressions : sequence of sympy.Expr
        Of the first it is checked that it ends up positive.
    size, data : sympy.Symbol or None
        What grows; with one of them alone there is one ray, theta = 1 or 0.
    signs : Signs

    Raises
    ------
    Undecided
    """
    first, last = (1 if data is None else 0), (0 if size is None else 1)
    waiting, found = [(sp.Integer(first), sp.Integer(last))], []
    while waiting:
        low, high = waiting.pop()
        try:
            walk = _Walk(size, data, low, high, signs)
            leads = tuple(walk.lead(expr) for expr in expressions)
            if walk.sign(leads[0]) < 0:
                raise Undecided(f"the leading behaviour of {_short(expressions[0])} is negative")
            found.append((low, high, leads))
        except _Split as split:
            waiting += [(split.at, high), (low, split.at)]
        if len(found) + len(waiting) > 60:
            raise Undecided("too many changes of behaviour between size and data")
    return found


def expanded(expr: sp.Expr) -> sp.Expr:
    """Multiply out, but take no logarithm or power of a product apart."""
    return sp.expand(expr, log=False, power_base=False, power_exp=False)


class _Walk:
    """Leading behaviour of expressions on one interval of theta."""

    def __init__(
        self, size: sp.Symbol | None, data: sp.Symbol | None, low: sp.Expr, high: sp.Expr, signs: Signs
    ) -> None:
        self.size, self.data = size, data
        self.low, self.high = low, high
        self.signs = signs
        self.growing = {symbol for symbol in (size, data) if symbol is not None}
        self.found: dict[sp.Expr, Lead] = {}

    # --- signs on the interval ---

    def power_sign(self, size: sp.Expr, data: sp.Expr) -> int:
        """Sign of size * theta + data * (1 - theta) between the ends of the interval.

        Raises
        ------
        _Split
            If it turns inside.
        """
        at_low, at_high = (self.signs(size * end + data * (1 - end)) for end in (self.low, self.high))
        if at_low * at_high < 0:
            raise _Split(sp.factor(data / (data - size)))
        return at_low or at_high

    def coefficient_sign(self, coefficient: sp.Expr) -> int:
        """Sign of a coefficient with its logarithms on the interval."""
        logs = coefficient.free_symbols & {LOG_SIZE, LOG_DATA}
        if not logs:
            return self.signs(coefficient)
        slopes = [sp.diff(coefficient, log) for log in (LOG_SIZE, LOG_DATA)]
        if not any(slope.free_symbols & {LOG_SIZE, LOG_DATA} for slope in slopes):
            return self.power_sign(*slopes)
        z = sp.Symbol("z", positive=True)
        inside = {LOG_SIZE: self.low + self.high * z, LOG_DATA: 1 - self.low + (1 - self.high) * z}
        return self.signs(coefficient.subs(inside, simultaneous=True))

    def sign(self, lead: Lead) -> int:
        """Sign of what a lead stands for."""
        if lead.coefficient != 0 and lead.known == AT_MOST:
            raise Undecided("a difference cancels to leading order, and its sign decides")
        return self.coefficient_sign(lead.coefficient)

    def limit(self, expr: sp.Expr) -> str:
        """Where an expression goes: "0", "constant" or "oo" (up to its sign)."""
        lead = self.lead(expr)
        way = lead.beyond or self.power_sign(lead.size, lead.data)
        way = way or self.signs(lead.logs) or self.signs(lead.iterated)
        return "0" if lead.coefficient == 0 else ("0", "constant", "oo")[way + 1]

    # --- the table ---

    def lead(self, expr: sp.Expr) -> Lead:
        """Leading behaviour of an expression."""
        if expr not in self.found:
            self.found[expr] = self._lead(expr)
        return self.found[expr]

    def _lead(self, expr: sp.Expr) -> Lead:
        if not expr.free_symbols & self.growing:
            return Lead(expr)
        if expr == self.size:
            return Lead(sp.S.One, size=sp.S.One)
        if expr == self.data:
            return Lead(sp.S.One, data=sp.S.One)
        for head, rule in _TABLE.items():
            if isinstance(expr, head):
                return rule(self, expr)
        if all(self.limit(argument) == "constant" for argument in expr.args):
            return Lead(expr.func(*(self.lead(argument).coefficient for argument in expr.args)), known=UP_TO_LOGS)
        for special, equivalent in HEADS.items():
            if isinstance(expr, special):
                return self.lead(equivalent(self, *expr.args))
        raise Undecided(f"no leading behaviour is known for {expr.func.__name__}")

    def plus(self, x: Lead, y: Lead) -> Lead:
        """Leading behaviour of a sum of two."""
        if x.coefficient == 0 or y.coefficient == 0:
            return y if x.coefficient == 0 else x
        if x.beyond or y.beyond:
            if x.beyond == y.beyond:
                if x.beyond < 0 or self.sign(x) == self.sign(y):
                    return x
                raise Undecided("a difference of two that are above every power")
            return x if x.beyond > y.beyond else y
        way = self.power_sign(x.size - y.size, x.data - y.data)
        if way:
            return x if way > 0 else y
        more_logs = self.signs(x.logs - y.logs) or self.signs(x.iterated - y.iterated)
        if AT_MOST in (x.known, y.known):
            vague, other = (x, y) if x.known == AT_MOST else (y, x)
            ahead = more_logs if other is x else -more_logs
            return other if other.known == EXACT and ahead >= 0 else replace(vague, known=AT_MOST)
        if UP_TO_LOGS in (x.known, y.known):
            same = self.sign(x) == self.sign(y)
            return replace(x, known=UP_TO_LOGS if same else AT_MOST)
        if more_logs:
            return x if more_logs > 0 else y
        total = _factored(sp.expand(x.coefficient + y.coefficient))
        if total == 0 or sp.simplify(total) == 0:
            return replace(x, known=AT_MOST)
        return replace(x, coefficient=total)

    def _sum(self, expr: sp.Add) -> Lead:
        total = reduce(self.plus, map(self.lead, expr.args))
        if total.coefficient == 0 or total.known != AT_MOST:
            return total
        beside: dict[sp.Expr, list[sp.Expr]] = {}
        for term in expr.args:
            factors = sp.Mul.make_args(term.as_independent(*self.growing, as_Add=False)[1])
            logs = [factor for factor in factors if isinstance(factor, sp.log | log_remainder)]
            others = sp.Mul(*factors) / logs[0] if len(logs) == 1 else sp.Mul(*factors)
            beside.setdefault(others, []).append(term / others)
        if beside.keys() == {sp.S.One}:
            return self._sum_of_logarithms(expr, total)
        if len(beside) < len(expr.args):
            return reduce(self.plus, (self.lead(factor * sp.Add(*terms)) for factor, terms in beside.items()))
        return total

    def _sum_of_logarithms(self, expr: sp.Add, at_most: Lead) -> Lead:
        """Leading behaviour of logarithms that cancel one another: they do so exactly inside one logarithm."""
        parted = list(map(self.parted, expr.args))
        inside = sp.Mul(*(rest.args[0] ** times for times, rest in parted if isinstance(rest, sp.log)))
        joined = sp.log(inside) + sp.Add(*(times * rest for times, rest in parted if not isinstance(rest, sp.log)))
        if joined == expr:
            return at_most
        left = self.lead(joined)
        # what tends to nothing is no larger than what the logarithms of equivalents leave out
        return left if left.coefficient != 0 and self.limit(joined) != "0" else at_most

    def parted(self, term: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """Part a term into what does not grow and the rest; in a logarithm, equivalents stand for special functions.

        That changes the rest by what tends to nothing.
        """
        times, rest = term.as_independent(*self.growing, as_Add=False)
        if isinstance(rest, log_remainder):
            # a logarithm itself, to the same accuracy
            rest = HEADS[log_remainder](self, *rest.args)
        if isinstance(rest, sp.log):
            special = tuple(HEADS)
            rest = rest.replace(lambda node: isinstance(node, special), lambda node: HEADS[node.func](self, *node.args))
        return times, rest

    def _product(self, expr: sp.Mul) -> Lead:
        return reduce(Lead.__mul__, map(self.lead, expr.args))

    def _power(self, expr: sp.Pow) -> Lead:
        base, power = expr.args
        if power.free_symbols & self.growing:
            return self.lead(sp.exp(power * sp.log(base)))
        lead = self.lead(base)
        if lead.coefficient == 0:
            return lead
        if lead.known == AT_MOST and self.signs(power) < 0:
            raise Undecided(f"the reciprocal of {base}, which cancels to leading order")
        if lead.beyond:
            return replace(lead, beyond=lead.beyond * self.signs(power))
        if not power.is_integer and self.sign(lead) <= 0:
            raise Undecided(f"a power of {base}, which is not positive")
        return lead.raised(power)

    def _exponential(self, expr: sp.exp) -> Lead:
        inside = self.lead(expr.args[0])
        limit = self.limit(expr.args[0])
        if limit == "0":
            return Lead(sp.S.One)
        if limit == "constant":
            return Lead(sp.exp(inside.coefficient), known=inside.known)
        fast = inside.beyond or self.power_sign(inside.size, inside.data)
        fast = fast or self.signs(inside.logs - 1) or self.signs(inside.iterated)
        if fast < 0:
            return Lead(sp.S.One, known=UP_TO_LOGS)  # slower than every power
        if fast > 0:
            return Lead(sp.S.One, known=UP_TO_LOGS, beyond=self.sign(inside))
        as_powers = self._as_powers(expr.args[0])
        if as_powers is not None:
            return self.lead(as_powers)
        powers = [sp.diff(sp.expand(inside.coefficient), log) for log in (LOG_SIZE, LOG_DATA)]
        if inside.known != EXACT or any(power.free_symbols & {LOG_SIZE, LOG_DATA} for power in powers):
            raise Undecided(f"the power of which {expr} is")
        return Lead(sp.S.One, size=powers[0], data=powers[1], known=UP_TO_LOGS)

    def _as_powers(self, exponent: sp.Expr) -> sp.Expr | None:
        """Return e to a sum of logarithms and constants as a product of powers, or None if it is no such sum."""
        factors = []
        for times, rest in map(self.parted, sp.Add.make_args(expanded(exponent))):
            if rest != 1 and not isinstance(rest, sp.log):
                return None
            factors.append(sp.exp(times) if rest == 1 else rest.args[0] ** times)
        return sp.Mul(*factors)

    def _logarithm(self, expr: sp.log) -> Lead:
        (inner,) = expr.args
        lead = self.lead(inner)
        if lead.beyond or self.sign(lead) <= 0:
            raise Undecided(f"the logarithm of {inner}")
        if self.power_sign(lead.size, lead.data):
            return Lead(lead.size * LOG_SIZE + lead.data * LOG_DATA, logs=sp.S.One)
        if lead.known != EXACT:
            raise Undecided(f"the logarithm of {inner}, which is known up to logarithms only")
        if self.signs(lead.logs):
            return Lead(lead.logs, iterated=sp.S.One)
        if self.signs(lead.iterated):
            raise Undecided(f"three logarithms of one another in {expr}")
        if sp.simplify(lead.coefficient - 1) == 0:
            return self.lead(expanded(inner - 1))
        # coefficients are positive, and so is every base in them that stands in a broken power
        limit = sp.expand_log(sp.log(_factored(lead.coefficient)), force=True)
        return Lead(sp.S.One, known=AT_MOST) if sp.simplify(limit) == 0 else Lead(limit)

    def _rounded(self, expr: sp.floor | sp.ceiling) -> Lead:
        limit = self.limit(expr.args[0])
        inside = self.lead(expr.args[0])
        if limit == "oo":
            return inside
        whole = expr.func(inside.coefficient) if limit == "constant" else None
        if whole is None or not inside.coefficient.is_Rational or inside.coefficient.is_Integer:
            raise Undecided(f"{expr} tends to a whole number, from a side that decides")
        return Lead(whole)

    def _extreme(self, expr: sp.Min | sp.Max) -> Lead:
        wanted = -1 if isinstance(expr, sp.Min) else 1
        best, *others = expr.args
        for other in others:
            if self.sign(self.lead(other - best)) == wanted:
                best = other
        return self.lead(best)

    def _modulus(self, expr: sp.Abs) -> Lead:
        lead = self.lead(expr.args[0])
        return replace(lead, coefficient=lead.coefficient * self.sign(lead))

    def _cases(self, expr: sp.Piecewise) -> Lead:
        return next(self.lead(value) for value, condition in expr.args if self._holds(condition))

    def _holds(self, condition: sp.Basic) -> bool:
        if condition in (sp.true, sp.false):
            return bool(condition == sp.true)
        if isinstance(condition, sp.Not):
            return not self._holds(condition.args[0])
        if isinstance(condition, sp.And | sp.Or):
            return (all if isinstance(condition, sp.And) else any)(map(self._holds, condition.args))
        way = self.sign(self.lead(condition.lhs - condition.rhs))
        if way == 0 or condition.rel_op not in ("<", "<=", ">", ">="):
            raise Undecided(f"whether {condition}")
        return (way > 0) == (condition.rel_op in (">", ">="))


_TABLE: dict[type, Callable[[_Walk, Any], Lead]] = {
    sp.Add: _Walk._sum,
    sp.Mul: _Walk._product,
    sp.Pow: _Walk._power,
    sp.exp: _Walk._exponential,
    sp.log: _Walk._logarithm,
    sp.floor: _Walk._rounded,
    sp.ceiling: _Walk._rounded,
    sp.Min: _Walk._extreme,
    sp.Max: _Walk._extreme,
    sp.Abs: _Walk._modulus,
    sp.Piecewise: _Walk._cases,
}


def _choose(walk: _Walk, head: str, argument: sp.Expr, **behaviours: sp.Expr) -> sp.Expr:
    """Pick what a function behaves like where its argument goes."""
    limit = {"0": "nil", "constant": "constant", "oo": "infinity"}[walk.limit(argument)]
    if limit not in behaviours:
        raise Undecided(f"no leading behaviour is known for {head} at an argument that tends to {limit}")
    return behaviours[limit]


def _atoms(walk: _Walk, n: sp.Expr, K: sp.Expr) -> sp.Expr:
    return _choose(walk, "expected_atoms", n, infinity=K * sp.log(n))


def _heavy_tailed_atoms(walk: _Walk, n: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr:
    large = n**alpha * sp.gamma(K + 1) / (alpha * sp.gamma(K + alpha))
    return _choose(walk, "pitman_yor_atoms", n, infinity=large)


def _composition(walk: _Walk, n: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr:
    atoms = pitman_yor_atoms(n, K, alpha)
    return _choose(walk, "composition_nats", n, infinity=atoms * (1 + sp.log(n / atoms)))


def _novelty(walk: _Walk, n: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr:
    return _choose(walk, "novelty_lost", n, infinity=1 / (1 - alpha))


def _remainder(walk: _Walk, m: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr:
    scale = sp.gamma((K + 2) / alpha) / sp.gamma(K / alpha + 1)
    return _choose(walk, "log_remainder", m, nil=sp.S.Zero, infinity=sp.log(scale * m ** (1 - 2 / alpha)))


def _admissible(walk: _Walk, n: sp.Expr, level: sp.Expr, K: sp.Expr, alpha: sp.Expr) -> sp.Expr:
    if walk.limit(level) == "constant" and walk.sign(walk.lead(level - 1)) <= 0:
        return sp.S.Zero  # no mean square exceeds 1
    # the k at which the mean square (2/alpha - 1) k^-1 R_k of an atom falls to 1/level
    scale = (2 / alpha - 1) * sp.gamma((K + 2) / alpha) / sp.gamma(K / alpha + 1)
    most = (level * scale) ** (alpha / 2)
    return _choose(walk, "admissible_atoms", level, nil=sp.S.Zero, infinity=sp.Min(n, most))


def _features(walk: _Walk, n: sp.Expr, x: sp.Expr) -> sp.Expr:
    if not x.free_symbols & walk.growing:
        return sp.Min(n, sp.floor(x))
    return _choose(walk, "admissible_features", x, nil=sp.S.Zero, infinity=sp.Min(n, x))


def _radius(walk: _Walk, c: sp.Expr) -> sp.Expr:
    return _choose(walk, "codebook_radius", c, nil=sp.sqrt(c / 2), infinity=sp.Integer(2))


def _polygamma(walk: _Walk, k: sp.Expr, x: sp.Expr) -> sp.Expr:
    large = sp.log(x) if k == 0 else (-1) ** (k + 1) * sp.factorial(k - 1) / x**k
    return _choose(walk, "polygamma", x, nil=(-1) ** (k + 1) * sp.factorial(k) / x ** (k + 1), infinity=large)


def _loggamma(walk: _Walk, x: sp.Expr) -> sp.Expr:
    return _choose(walk, "loggamma", x, nil=-sp.log(x), infinity=x * sp.log(x))


def _hurwitz(walk: _Walk, s: sp.Expr, x: sp.Expr = sp.S.One) -> sp.Expr:
    return _choose(walk, "zeta", x, nil=x**-s, infinity=x ** (1 - s) / (s - 1))


def _power_tail(walk: _Walk, n: sp.Expr, gamma: sp.Expr) -> sp.Expr:
    return _choose(walk, "power_tail", n, infinity=n**-gamma / gamma)


def _nats(walk: _Walk, n: sp.Expr, c: sp.Expr, gamma: sp.Expr) -> sp.Expr:
    p = 1 + gamma
    # the product of gammas is pi / sin(pi/p), seen to be positive
    most = sp.gamma(1 / p) * sp.gamma(sp.cancel(1 - 1 / p))
    place = c ** (1 / p)
    few = n * (p + sp.log(c) - p * sp.log(n))
    return _choose(walk, "spectrum_nats", n / place, nil=few, infinity=place * most)


# Special functions: what each behaves like, as an expression of the table above.  A further head goes here.
HEADS: dict[Any, Callable[..., sp.Expr]] = {
    expected_atoms: _atoms,
    pitman_yor_atoms: _heavy_tailed_atoms,
    composition_nats: _composition,
    novelty_lost: _novelty,
    log_remainder: _remainder,
    admissible_atoms: _admissible,
    admissible_features: _features,
    codebook_radius: _radius,
    power_tail: _power_tail,
    spectrum_nats: _nats,
    sp.polygamma: _polygamma,
    sp.loggamma: _loggamma,
    sp.zeta: _hurwitz,
}
