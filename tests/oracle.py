"""High-precision values and derivatives of laws, by a road that shares nothing with the kernels.

A law's addends are evaluated in ball arithmetic straight from its SymPy expression; derivatives are
central differences with a step so small, and digits so many, that differencing costs nothing.  No
derivative rule, rewriting, or compiled twin of the package takes part, and every ball says how far it
can be trusted.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import combinations_with_replacement
from typing import Any

import flint
import mpmath
import sympy as sp

from infobound.special import admissible_atoms, log_remainder

BITS = 480
# Where these are too few: 1 + x for the least x.
MORE_BITS = 1600
# Second differences lose 2 * STEP_BITS of BITS and err by 2^(-2 STEP_BITS) relative.
STEP_BITS = 110
NEAR = 1e-9


class NearKinkError(Exception):
    """The point lies where the accuracy contract does not hold: at a kink or a jump."""


@dataclass(frozen=True)
class Quantity:
    """An exact number and the scale on which the contract measures errors in it; 0 means below `nil`."""

    value: float
    scale: float
    exact: Any
    nil: float = 0.0

    def error(self, got: float) -> float:
        """Error of `got` on the contract's scale; a wrong infinity or NaN has infinite error."""
        if not abs(got) < float("inf"):
            return float("inf")
        if self.scale == 0.0:
            return 0.0 if abs(got) <= self.nil else float("inf")
        with flint.ctx.workprec(BITS):
            # below the least normal number a double has no relative precision
            return float(abs(flint.arb(got) - self.exact).mid()) / max(self.scale, sys.float_info.min)


def radius_in_closed_form(c: flint.arb) -> flint.arb:
    """Root of eps^2 (eps + 2) = c, clamped to 2, in the closed form of math.md section 6."""
    if c >= 16:
        return flint.arb(2)
    if c <= flint.arb(32) / 27:
        s = 2 * (27 * c / 32).sqrt().asin()
        return 2 / flint.arb(3).sqrt() * (s / 3).sin() - flint.arb(4) / 3 * (s / 6).sin() ** 2
    return flint.arb(4) / 3 * ((27 * c / 16 - 1).acosh() / 3).cosh() - flint.arb(2) / 3


def _floor(x: flint.arb) -> flint.arb:
    whole = x.floor().unique_fmpz()
    if whole is None:
        raise NearKinkError
    return flint.arb(whole)


def _atoms(n: flint.arb, K: flint.arb) -> flint.arb:
    return K * ((K + n).digamma() - K.digamma())


def _rounded(x: flint.arb, bits: int = 96) -> mpmath.mpf:
    """Number that a point and its neighbours share."""
    mantissa, exponent = x.mid().man_exp()
    with mpmath.workprec(bits):
        return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))


def _admissible(n: flint.arb, level: flint.arb, K: flint.arb, alpha: flint.arb) -> flint.arb:
    """Kept atoms of math2.md A7, decided by Gamma functions: the width itself, or a locally constant number."""
    width, *rest = (_rounded(x) for x in (n, level, K, alpha))
    with mpmath.workprec(200):
        kept = admissible_atoms.mp_value(width, *rest)
        beside = (mpmath.ceil(width),) if kept == width else (kept, kept + 1)
        # a jump within the rounding of a logarithm; beyond 1e13 atoms one more or less is within rounding, too
        near = 1e-14 * (1 + abs(mpmath.log(rest[0])))
        if kept < 1e13 and any(abs(_log_excess(k, *rest)) < near for k in beside if k >= 1):
            raise NearKinkError
    return n if kept == width else flint.arb(mpmath.nstr(kept, 60))


def _log_excess(k: mpmath.mpf, level: mpmath.mpf, K: mpmath.mpf, alpha: mpmath.mpf) -> mpmath.mpf:
    return log_remainder.mp_value(k, K, alpha) + mpmath.log(level * (2 - alpha) / (K + alpha * k))


def _features(n: flint.arb, x: flint.arb) -> flint.arb:
    width, worthwhile = _rounded(n), _rounded(x)
    whole = mpmath.nint(worthwhile)
    # a jump within the rounding of the kernel's number; beyond 1e13 one more or less is, too
    if whole <= min(width, 1e13) and abs(worthwhile - whole) < 1e-13 * max(1, whole):
        raise NearKinkError
    kept = mpmath.floor(worthwhile)
    return n if width <= kept else flint.arb(mpmath.nstr(kept, 60))


FUNCTIONS: dict[str, Callable[..., flint.arb]] = {
    "admissible_features": _features,
    "admissible_atoms": _admissible,
    "log": lambda x: x.log(),
    "exp": lambda x: x.exp(),
    "Abs": abs,
    "floor": _floor,
    "ceiling": lambda x: -_floor(-x),
    "expected_atoms": _atoms,
    "codebook_radius": radius_in_closed_form,
}

FOLDED: dict[type, Callable[..., flint.arb]] = {
    sp.Add: lambda x, y: x + y,
    sp.Mul: lambda x, y: x * y,
    sp.Min: lambda x, y: x.min(y),
    sp.Max: lambda x, y: x.max(y),
}


def _holds(relation: sp.Basic, left: flint.arb, right: flint.arb) -> bool:
    """Truth of a relation between balls; NearKinkError where they overlap."""
    if not (left < right or left > right or (left.is_exact() and right.is_exact())):
        raise NearKinkError
    outcomes = {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }
    return bool(outcomes[relation.rel_op])


class Stencil:
    """Values of expressions at a point and at its neighbours one step away in some symbols.

    An offset gives a step of -1, 0 or 1 to each symbol.  Sub-expressions are evaluated once for each
    offset of the symbols that they hold.
    """

    def __init__(
        self,
        symbols: tuple[sp.Symbol, ...],
        held: Mapping[sp.Basic, tuple[int, ...]],
        neighbours: Mapping[sp.Symbol, tuple[flint.arb, ...]],
    ) -> None:
        self.symbols = symbols
        # for each expression the positions of the symbols in it
        self.held = held
        # for each symbol its value, then one step up, then (index -1) one step down
        self.neighbours = neighbours
        self.known: dict[Any, flint.arb] = {}

    def value(self, node: sp.Basic, offset: tuple[int, ...]) -> flint.arb:
        key = (node, *(offset[i] for i in self.held[node]))
        if key not in self.known:
            self.known[key] = self.evaluated(node, offset)
        return self.known[key]

    def evaluated(self, node: sp.Basic, offset: tuple[int, ...]) -> flint.arb:
        if node.is_Symbol:
            return self.neighbours[node][offset[self.symbols.index(node)]]
        if node.is_Rational:
            return flint.arb(flint.fmpq(int(node.p), int(node.q)))
        if node is sp.pi:
            return flint.arb.pi()
        if isinstance(node, sp.Piecewise):
            return self.value(next(branch for branch, condition in node.args if self.true(condition, offset)), offset)
        if node.is_Pow:
            base, exponent = node.args
            if base is sp.E:
                return self.value(exponent, offset).exp()
            if exponent.is_Integer:
                return self.value(base, offset) ** int(exponent)
            return (self.value(exponent, offset) * self.value(base, offset).log()).exp()
        values = [self.value(arg, offset) for arg in node.args]
        if node.func in FOLDED:
            return reduce(FOLDED[node.func], values)
        if node.func.__name__ in FUNCTIONS:
            return FUNCTIONS[node.func.__name__](*values)
        if hasattr(node, "arb_value"):
            return node.arb_value(*values)
        raise TypeError(f"the oracle knows no {node.func.__name__}")

    def true(self, condition: sp.Basic, offset: tuple[int, ...]) -> bool:
        if condition in (sp.true, sp.false):
            return condition == sp.true
        if isinstance(condition, sp.Not):
            return not self.true(condition.args[0], offset)
        if isinstance(condition, sp.And | sp.Or):
            both = all if isinstance(condition, sp.And) else any
            return both([self.true(part, offset) for part in condition.args])
        return _holds(condition, *(self.value(side, offset) for side in condition.args))


class Oracle:
    """Exact value and derivatives of a law.

    The keys of an answer are () for the value, (s,) for the derivative in ln s (size and data) or in s
    (a parameter), and (s, t) for second derivatives in ln size and ln data.
    """

    def __init__(self, law: Any) -> None:
        self.symbols = law.symbols
        self.ends = tuple(symbol for symbol in (law.size, law.data) if symbol is not None)
        self.addends = [addend for term in law.terms.values() for addend in sp.Add.make_args(term)]
        self.orders = [
            (),
            *((symbol,) for symbol in self.symbols),
            *combinations_with_replacement(self.ends, 2),
        ]
        nodes = {node for addend in self.addends for node in sp.preorder_traversal(addend)}
        self.jumps = [node.args[0] for node in nodes if isinstance(node, sp.floor | sp.ceiling)]
        self.meetings = [pair for node in nodes for pair in _meetings(node) if _moves(pair)]
        nodes |= {side for pair in self.meetings for side in pair}
        self.held = {
            node: tuple(i for i, symbol in enumerate(self.symbols) if symbol in node.free_symbols) for node in nodes
        }

    def __call__(self, point: Mapping[str, float]) -> dict[tuple[sp.Symbol, ...], Quantity]:
        """Answers at one point of floats, which are taken exactly.

        Raises
        ------
        NearKinkError
        """
        try:
            return self._answers(point, BITS)
        except ArithmeticError:
            return self._answers(point, MORE_BITS)

    def _answers(self, point: Mapping[str, float], bits: int) -> dict[tuple[sp.Symbol, ...], Quantity]:
        with flint.ctx.workprec(bits):
            step = flint.arb(2) ** -STEP_BITS
            at = {symbol: flint.arb(point[symbol.name]) for symbol in self.symbols}
            steps = {s: step if s in self.ends or at[s] == 0 else at[s] * step for s in self.symbols}
            up, down = step.exp(), (-step).exp()
            stencil = Stencil(
                self.symbols,
                self.held,
                {
                    s: (x, x * up, x * down) if s in self.ends else (x, x + steps[s], x - steps[s])
                    for s, x in at.items()
                },
            )
            self._refuse_kinks(stencil)
            return {order: self._answer(stencil, order, steps) for order in self.orders}

    def _refuse_kinks(self, stencil: Stencil) -> None:
        here = (0,) * len(self.symbols)
        for inside in self.jumps:
            x = float(stencil.value(inside, here).mid())
            if abs(x - round(x)) <= NEAR * max(1.0, abs(x)):
                raise NearKinkError
        for left, right in self.meetings:
            a, b = (float(stencil.value(side, here).mid()) for side in (left, right))
            if abs(a - b) <= NEAR * (max(abs(a), abs(b)) if a and b else 1.0):
                raise NearKinkError

    def _answer(self, stencil: Stencil, order: tuple[sp.Symbol, ...], steps: Mapping[sp.Symbol, Any]) -> Quantity:
        parts = [self._difference(stencil, addend, order, steps) for addend in self.addends]
        here = (0,) * len(self.symbols)
        size = sum((abs(stencil.value(addend, here)) for addend in self.addends), flint.arb(0))
        for symbol in order:
            size = size * flint.arb(2) ** -STEP_BITS / abs(steps[symbol])
        # a derivative that no bit resolves and that is nil to 30 digits of the law itself is nil
        nil = size * 1e-30
        faint = [part.rad() > abs(part.mid()) * 1e-18 and abs(part) < nil for part in parts]
        if flint.ctx.prec == BITS and any(faint) and not all(faint) and all(abs(part) < nil for part in parts):
            raise ArithmeticError(f"the oracle has too few bits to tell the parts of the derivative in {order} apart")
        parts = [flint.arb(0) if is_faint else part for part, is_faint in zip(parts, faint, strict=True)]
        total, scale = sum(parts, flint.arb(0)), sum(map(abs, parts), flint.arb(0))
        if scale.rad() > scale.mid() * 1e-18:
            raise ArithmeticError(f"the oracle has too few bits for the derivative in {order}: {scale}")
        return Quantity(float(total.mid()), float(scale.mid()), total, float(size.mid()) * 1e-30)

    def _difference(
        self, stencil: Stencil, addend: sp.Expr, order: tuple[sp.Symbol, ...], steps: Mapping[sp.Symbol, Any]
    ) -> flint.arb:
        if any(self.symbols.index(symbol) not in self.held[addend] for symbol in order):
            return flint.arb(0)

        def at(**moves: int) -> flint.arb:
            return stencil.value(addend, tuple(moves.get(symbol.name, 0) for symbol in self.symbols))

        if not order:
            return at()
        s, t = order[0].name, order[-1].name
        h, k = steps[order[0]], steps[order[-1]]
        if len(order) == 1:
            return (at(**{s: 1}) - at(**{s: -1})) / (2 * h)
        if s == t:
            return (at(**{s: 1}) - 2 * at() + at(**{s: -1})) / h**2
        corners = [(i, j, at(**{s: i, t: j})) for i in (1, -1) for j in (1, -1)]
        return sum((i * j * value for i, j, value in corners), flint.arb(0)) / (4 * h * k)


def _meetings(node: sp.Basic) -> list[tuple[sp.Basic, sp.Basic]]:
    """Pairs of expressions at whose equality a node may have a kink."""
    if isinstance(node, sp.Min | sp.Max):
        return [(a, b) for i, a in enumerate(node.args) for b in node.args[i + 1 :]]
    if isinstance(node, sp.core.relational.Relational):
        return [node.args]
    if isinstance(node, sp.Abs):
        return [(node.args[0], sp.S.Zero)]
    if node.func.__name__ == "codebook_radius":
        return [(node.args[0], sp.Integer(16))]
    return []


def _moves(pair: tuple[sp.Basic, sp.Basic]) -> bool:
    """Whether the two sides can meet other than by a jump, which is looked for on its own."""
    return any(
        side.replace(lambda node: isinstance(node, sp.floor | sp.ceiling), lambda node: sp.S.Zero).free_symbols
        for side in pair
    )
