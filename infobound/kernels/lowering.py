"""From SymPy expressions to source text: one closed table of heads, and the derivative that kernels use.

Whatever is not in a table is refused by name.  Logarithms of 1 + x and exponentials minus 1 are written
as log1p and expm1.  A NaN in any argument gives NaN, also through Min, Max and the conditions of a Piecewise.
"""

import re
from collections.abc import Callable, Sequence
from itertools import count
from math import prod
from typing import Any

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

from infobound import special
from infobound.errors import ExpressionError
from infobound.special import (
    admissible_atoms,
    admissible_features,
    codebook_radius,
    codebook_radius_elasticity,
    coded_modes,
    coding_nats,
    coding_slope,
    composition_nats,
    digamma_quotient,
    digamma_quotient_slope,
    effective_dimension,
    expected_atoms,
    expected_atoms_slope,
    log_remainder,
    log_remainder_bend,
    log_remainder_fall,
    log_remainder_slope,
    log_remainder_tilt,
    new_share,
    novelty_lost,
    pitman_yor_atoms,
    power_tail,
    power_tail_fall,
    scaled_polygamma,
    scaled_polygamma_slope,
    spectrum_nats,
    spectrum_nats_rise,
    uncoded_energy,
)

__all__ = ["Shared", "assignments", "choice", "derivative", "identifier", "source"]

_CALLS: dict[type, str] = {
    sp.exp: "exp",
    sp.log: "log",
    log1p: "log1p",
    expm1: "expm1",
    sp.floor: "floor",
    sp.ceiling: "ceil",
    sp.Abs: "abs",
    **{getattr(special, name): name for name in special.__all__},
}
# Addends of the longest sum that products are written out to.
_LONGEST_SUM = 200
_CONSTANTS = {
    sp.pi: "pi",
    sp.E: "e",
    sp.EulerGamma: repr(float(sp.EulerGamma)),
    sp.oo: "inf",
    -sp.oo: "-inf",
    sp.nan: "nan",
}
_OPPOSITES = {"<=": (">",), "<": (">=",), ">=": ("<",), ">": ("<=",), "==": ("<", ">")}
_RELATIONS = {
    sp.LessThan: "<=",
    sp.StrictLessThan: "<",
    sp.GreaterThan: ">=",
    sp.StrictGreaterThan: ">",
    sp.Equality: "==",
}


def source(expr: sp.Expr) -> str:
    """Python text of one expression.

    Raises
    ------
    ExpressionError
        If a head stands in no table; the message names it.
    """
    if expr in _CONSTANTS:
        return _CONSTANTS[expr]
    if expr.is_Symbol:
        return identifier(expr)
    if expr.is_Rational or expr.is_Float:
        return _number(expr)
    if expr.is_Add:
        return "(" + " + ".join(map(source, expr.args)) + ")"
    if expr.is_Mul:
        return _product(expr)
    if expr.is_Pow:
        return _power(*expr.args)
    if isinstance(expr, sp.Min | sp.Max):
        return _extreme("lesser" if isinstance(expr, sp.Min) else "greater", [source(arg) for arg in expr.args])
    if isinstance(expr, _Ratio):
        return f"({source(expr.args[0])} / {source(expr.args[1])})"
    if isinstance(expr, _Excess):
        return f"excess({source(expr.args[0])}, 1.0)"
    if isinstance(expr, _Share):
        return f"share({source(expr.args[0])})"
    if isinstance(expr, _Choice):
        left, right, value, otherwise = map(source, expr.args[1:])
        relation = expr.args[0].name
        # NaN satisfies neither a relation nor its opposites
        opposites = " or ".join(f"{left} {opposite} {right}" for opposite in _OPPOSITES[relation])
        return f"({value} if {left} {relation} {right} else {otherwise} if {opposites} else nan)"
    if expr.func in _CALLS:
        return f"{_CALLS[expr.func]}({', '.join(map(source, expr.args))})"
    raise ExpressionError(
        f"an expression may hold only {', '.join(sorted(_CALLS.values()))}, sqrt, powers, Min, Max and Piecewise; "
        f"kernels know no {expr.func.__name__!r}, got {expr}"
    )


class Shared(sp.Dummy):
    """Name of a common sub-expression."""


def identifier(symbol: sp.Symbol) -> str:
    """Name of a symbol in generated text, which no other symbol and no function there has.

    Plain names get a last underscore; any other becomes the digits of its characters.
    """
    if isinstance(symbol, Shared):
        return str(symbol.name)
    if re.fullmatch(r"[A-Za-z]\w*", symbol.name, re.ASCII):
        return f"{symbol.name}_"
    return f"_{symbol.name.encode().hex()}"


def assignments(expressions: Sequence[sp.Expr]) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
    """Rewrite for accuracy, then pull common sub-expressions out under names x0, x1, ..."""
    stable = [_stable(sp.sympify(expr)) for expr in expressions]
    shared, reduced = sp.cse(stable, symbols=(Shared(f"x{i}") for i in count()), order="none")
    return shared, reduced


def _stable(expr: sp.Expr) -> sp.Expr:
    """Write log(1 + x) as log1p(x), exp(x) - 1 as expm1(x), x^k / y^k as (x/y)^k, a Piecewise as choices."""
    for rule in (_with_choices, _with_one_choice, _with_log1p, _with_ratios, _with_expm1):
        expr = _rewritten(expr, rule, {})
    return expr


def _rewritten(expr: sp.Expr, rule: Callable[[sp.Expr], sp.Expr], known: dict[sp.Expr, sp.Expr]) -> sp.Expr:
    """Apply a rule to every part, the innermost first: once to each, for a derivative repeats its parts a lot."""
    if not expr.args:
        return expr
    if expr not in known:
        arguments = tuple(_rewritten(argument, rule, known) for argument in expr.args)
        known[expr] = rule(expr if arguments == expr.args else expr.func(*arguments))
    return known[expr]


def _with_choices(node: sp.Expr) -> sp.Expr:
    return _choices(node.args) if isinstance(node, sp.Piecewise) else node


def _with_log1p(node: sp.Expr) -> sp.Expr:
    if isinstance(node, sp.log) and node.args[0].is_Add and sp.S.One in node.args[0].args:
        return log1p(node.args[0] - 1)
    return node


def _with_one_choice(total: sp.Expr) -> sp.Expr:
    """Add up choices that hang on one condition, so that it is asked once."""
    if not (total.is_Add and total.has(_Choice)):
        return total
    choices: dict[tuple[sp.Basic, ...], list[sp.Expr]] = {}
    rest = []
    for term in total.args:
        if isinstance(term, _Choice):
            choices.setdefault(term.args[:3], []).append(term)
        else:
            rest.append(term)
    joined = [
        _Choice(*condition, sp.Add(*(term.args[3] for term in terms)), sp.Add(*(term.args[4] for term in terms)))
        for condition, terms in choices.items()
    ]
    return sp.Add(*rest, *joined)


def _is_exp(node: sp.Expr) -> bool:
    return isinstance(node, sp.exp)


def _with_expm1(node: sp.Expr) -> sp.Expr:
    if not (node.is_Add and sp.S.NegativeOne in node.args and any(_is_exp(arg) for arg in node.args)):
        return node
    chosen = next(arg for arg in node.args if _is_exp(arg))
    return expm1(chosen.args[0]) + sp.Add(*(arg for arg in node.args if arg not in (chosen, sp.S.NegativeOne)))


def _number(value: sp.Expr) -> str:
    text = repr(float(value))
    return f"({text})" if text.startswith("-") else text


def _product(expr: sp.Expr) -> str:
    over: list[str] = []
    under: list[str] = []
    for factor in expr.args:
        base, exponent = factor.as_base_exp()
        if factor.is_Rational and factor.p in (1, -1) and factor.q != 1:
            under.append(_number(sp.Integer(factor.p * factor.q)))
        elif factor.is_Pow and exponent.is_Rational and exponent < 0:
            under.append(_power(base, -exponent))
        else:
            over.append(source(factor))
    text = " * ".join(over) or "1.0"
    return "(" + " / ".join([text, *under]) + ")"


def _power(base: sp.Expr, exponent: sp.Expr) -> str:
    inside = source(base)
    if exponent.is_Rational and exponent < 0:
        return f"(1.0 / {_power(base, -exponent)})"
    if exponent == sp.S.Half:
        return f"sqrt({inside})"
    if exponent.is_Integer and exponent <= 4:
        return inside if exponent == 1 else "(" + " * ".join([inside] * int(exponent)) + ")"
    if base is sp.E:
        return f"exp({source(exponent)})"
    return f"power({inside}, {source(exponent)})"


def _extreme(twin: str, parts: Sequence[str]) -> str:
    text = parts[0]
    for part in parts[1:]:
        text = f"{twin}({text}, {part})"
    return text


class _Ratio(sp.Function):
    """Ratio(x, y) = x / y, which SymPy does not take apart in powers."""


def _with_ratios(product: sp.Expr) -> sp.Expr:
    """Pair powers above and below the line, so that neither overflows before they meet."""
    if not product.is_Mul:
        return product
    powers = {base: int(exponent) for base, exponent in map(_base_exp, product.args) if exponent.is_Integer}
    # a share is neither large nor worth a partner
    tops = (base for base, k in powers.items() if k > 0 and not base.is_number and not isinstance(base, _Share))
    over = sorted(tops, key=sp.default_sort_key)
    under = sorted((base for base, k in powers.items() if k < -1 and not base.is_number), key=sp.default_sort_key)
    paired = sp.S.One
    for top in over:
        # first with sums that grow with it
        for bottom in sorted(under, key=lambda base: not base.has(top)):
            k = min(powers[top], -powers[bottom])
            if k > 0:
                powers[top] -= k
                powers[bottom] += k
                paired *= _Ratio(top, bottom) ** k
    if paired is sp.S.One:
        return product
    # a base may stand in a power with a symbol as well
    rest = (factor for factor in product.args if not _base_exp(factor)[1].is_Integer)
    return sp.Mul(paired, *(base**k for base, k in powers.items()), *rest)


def _base_exp(factor: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    return (factor.base, factor.exp) if factor.is_Pow else (factor, sp.S.One)


class _Choice(sp.Function):
    """Choice(relation, left, right, value, otherwise): NaN where left or right is, not the other branch."""


def choice(relation: str, left: sp.Expr, right: sp.Expr, value: sp.Expr, otherwise: sp.Expr) -> sp.Expr:
    """Return `value` where the relation holds, else `otherwise`; NaN where either side is."""
    return _Choice(sp.Symbol(relation), left, right, value, otherwise)


def _choices(branches: Sequence[tuple[sp.Expr, sp.Basic]]) -> sp.Expr:
    (value, condition), *rest = branches
    if condition == sp.true:
        return value
    return _choice(condition, value, _choices(rest) if rest else sp.nan)


def _choice(condition: sp.Basic, value: sp.Expr, otherwise: sp.Expr) -> sp.Expr:
    if isinstance(condition, sp.Ne):
        condition, value, otherwise = sp.Eq(*condition.args, evaluate=False), otherwise, value
    if condition.func in _RELATIONS:
        left, right = condition.args
        return choice(_RELATIONS[condition.func], left, right, value, otherwise)
    if isinstance(condition, sp.Not):
        return _choice(condition.args[0], otherwise, value)
    if isinstance(condition, sp.And | sp.Or):
        first, *others = condition.args
        rest = condition.func(*others)
        if isinstance(condition, sp.And):
            return _choice(first, _choice(rest, value, otherwise), otherwise)
        return _choice(first, value, _choice(rest, value, otherwise))
    raise ExpressionError(f"a condition must compare two expressions, got {condition}")


class _Excess(sp.Function):
    """Excess(x) = log(1 + x) - x / (1 + x), whose two parts cancel for small x."""


class _Share(sp.Function):
    """Share(x) = x / (1 + x), without overflow."""


def _own_slopes(head: type[sp.Function], count: int) -> tuple[Callable[..., sp.Expr], ...]:
    """Partial derivatives that a function's own definition gives in a stable form."""
    return tuple(lambda *args, i=i: head(*args).fdiff(i) for i in range(1, count + 1))


# Partial derivatives of the special functions, in forms without cancellation or underflow.
_PARTIALS: dict[type, tuple[Callable[..., sp.Expr] | None, ...]] = {
    sp.exp: (sp.exp,),
    sp.log: (lambda x: 1 / x,),
    sp.floor: (lambda x: sp.S.Zero,),
    sp.ceiling: (lambda x: sp.S.Zero,),
    sp.Abs: (lambda x: sp.Piecewise((-1, x < 0), (1, True)),),
    expected_atoms: (lambda n, K: K * scaled_polygamma(1, K + n) / (K + n), expected_atoms_slope),
    pitman_yor_atoms: _own_slopes(pitman_yor_atoms, 3),
    composition_nats: _own_slopes(composition_nats, 3),
    novelty_lost: _own_slopes(novelty_lost, 3),
    new_share: (
        lambda *args: new_share(*args).fdiff(1),
        lambda n, K, alpha: sp.Derivative(new_share(n, K, alpha), K),
        lambda n, K, alpha: sp.Derivative(new_share(n, K, alpha), alpha),
    ),
    digamma_quotient: (
        lambda x, alpha: digamma_quotient_slope(x, alpha) / x,
        lambda x, alpha: sp.Derivative(digamma_quotient(x, alpha), alpha),
    ),
    log_remainder: (lambda m, K, alpha: -log_remainder_fall(m, K, alpha), log_remainder_slope, log_remainder_tilt),
    log_remainder_fall: (
        lambda m, K, alpha: -log_remainder_bend(m, K, alpha),
        lambda m, K, alpha: sp.Derivative(log_remainder_fall(m, K, alpha), K),
        lambda m, K, alpha: sp.Derivative(log_remainder_fall(m, K, alpha), alpha),
    ),
    admissible_atoms: (
        # n is written as the number kept, which it is there: that stays finite
        lambda n, *rest: admissible_atoms(n, *rest) / n * sp.Piecewise((1, n <= admissible_atoms(n, *rest)), (0, True)),
        None,
        None,
        None,
    ),
    admissible_features: (
        lambda n, x: admissible_features(n, x) / n * sp.Piecewise((1, n <= admissible_features(n, x)), (0, True)),
        None,
    ),
    codebook_radius: (lambda c: codebook_radius(c) * codebook_radius_elasticity(c) / c,),
    codebook_radius_elasticity: (lambda c: codebook_radius_elasticity(c).fdiff(),),
    scaled_polygamma: (None, lambda k, x: scaled_polygamma_slope(k, x) / x),
    coded_modes: (None, lambda T, d: coding_slope(0, T, d)),
    coding_nats: (lambda T, d: coded_modes(T, d) / (2 * T), lambda T, d: coding_slope(1, T, d)),
    uncoded_energy: (None, lambda T, d: coding_slope(2, T, d)),
    power_tail: _own_slopes(power_tail, 2),
    power_tail_fall: (
        lambda n, gamma: power_tail_fall(n, gamma).fdiff(1),
        lambda n, gamma: sp.Derivative(power_tail_fall(n, gamma), gamma),
    ),
    spectrum_nats: _own_slopes(spectrum_nats, 3),
    spectrum_nats_rise: _own_slopes(spectrum_nats_rise, 3),
    effective_dimension: _own_slopes(effective_dimension, 3),
    _Excess: (lambda x: _Share(x) / (1 + x),),
    _Share: (lambda x: _Share(x) * _Share(1 / x) / x,),
}


def derivative(expr: sp.Expr, symbol: sp.Symbol, *, log: bool = True) -> sp.Expr:
    """Derivative in ln(symbol), or in the symbol itself, of the active branch.

    Floors are locally constant; at a kink the branch of a Min or Max that is listed last holds.  No
    Heaviside or DiracDelta arises.

    Raises
    ------
    ExpressionError
        If a function has no derivative rule; the message names it.
    """
    known: dict[sp.Expr, sp.Expr] = {symbol: symbol if log else sp.S.One}

    def slope(node: sp.Expr) -> sp.Expr:
        if symbol not in node.free_symbols:
            return sp.S.Zero
        if node not in known:
            known[node] = rule(node)
        return known[node]

    def through(node: sp.Expr, except_for: int | None = None) -> list[sp.Expr]:
        """Slopes by way of each argument of a function."""
        ways = enumerate(zip(_PARTIALS[node.func], node.args, strict=True))
        return [
            partial(*node.args) * slope(argument)
            for i, (partial, argument) in ways
            if i != except_for and partial is not None and symbol in argument.free_symbols
        ]

    def rule(node: sp.Expr) -> sp.Expr:
        if node.is_Add:
            return sp.Add(*map(slope, node.args))
        if node.is_Mul:
            parted = _with_excess(node, symbol)
            if parted is not None:
                others, factor, excess = parted
                beside = [others * addend for addend in through(factor, except_for=1)] if factor.args[1:] else []
                return sp.Add(*(slope(others) * addend for addend in excess), *beside)
            ratio = _ratio_of_powers(node, symbol)
            if ratio is not None:
                whole, rise = ratio
                others = node / whole
                return others * (rise if log else rise / symbol) + whole * slope(others)
            return sp.Add(
                *(
                    _swapped(node, i, addend)
                    for i, factor in enumerate(node.args)
                    for addend in _apart(factor, slope(factor))
                )
            )
        if node.is_Pow:
            base, exponent = node.args
            if exponent.is_number:
                through_base = exponent * base ** (exponent - 1) * slope(base)
            else:
                # SymPy does not join base^(exponent - 1) with powers of base, and it may underflow before they meet
                through_base = exponent * node * (slope(base) / base)
            return through_base + node * sp.log(base) * slope(exponent)
        if isinstance(node, sp.log) and _is_one_and_product(node.args[0]):
            # the slope of ln(1 + g) through that of ln g: 1/g and 1/(1 + g) may under- or overflow
            inside = node.args[0] - 1
            return _Share(inside) * (slope(inside) / inside)
        if isinstance(node, sp.Min | sp.Max):
            return _extreme_slope(node, slope)
        if isinstance(node, sp.Piecewise):
            return sp.Piecewise(*((slope(value), condition) for value, condition in node.args))
        if node.func in _PARTIALS:
            return sp.Add(*through(node))
        raise ExpressionError(
            f"a derivative needs a rule for every function that holds {symbol}; there is none for "
            f"{node.func.__name__!r}, got {node}"
        )

    return slope(_by_branches(sp.sympify(expr)))


def _is_one_and_product(node: sp.Expr) -> bool:
    """Whether a node is 1 + g with g a positive product of powers, none of them a sum's."""
    if not (node.is_Add and sp.S.One in node.args):
        return False
    inside = node - 1
    return bool(inside.is_positive) and not any(f.as_base_exp()[0].is_Add for f in sp.Mul.make_args(inside))


def _swapped(product: sp.Expr, position: int, factor: sp.Expr) -> sp.Expr:
    return sp.Mul(*product.args[:position], factor, *product.args[position + 1 :])


def _expanded(expr: sp.Expr) -> sp.Expr:
    """Write products of sums out, unless that makes a long one somewhere in the expression."""
    return sp.expand(expr) if _longest(expr) <= _LONGEST_SUM else expr


def _longest(expr: sp.Expr) -> int:
    """How many addends the longest sum in an expression has, at most, when everything is written out."""
    known: dict[sp.Expr, int] = {}

    def addends(node: sp.Expr) -> int:
        if node not in known:
            inside = [addends(argument) for argument in node.args]
            whole = 1
            if node.is_Add:
                whole = sum(inside)
            elif node.is_Mul:
                whole = prod(inside)
            elif node.is_Pow:
                # b^(x + 2) is written as b^x b^2
                exponent = node.exp if node.exp.is_Integer else node.exp.as_coeff_Add()[0]
                whole = int(inside[0] ** abs(int(exponent))) if exponent.is_Integer else 1
            # far beyond what is written out, numbers need not grow
            known[node] = min(whole, _LONGEST_SUM + 1)
        return known[node]

    addends(expr)
    return max(known.values())


def _with_excess(product: sp.Expr, symbol: sp.Symbol) -> tuple[sp.Expr, sp.Expr, tuple[sp.Expr, ...]] | None:
    """Part f F(g), where f g is constant, into f, F and the addends of F - g F', whose product with f' is the slope.

    F is log(1 + g), or a function of g, its second argument, that has an `excess`.
    """
    for factor in product.args:
        if isinstance(factor, sp.log) and factor.args[0].is_Add and sp.S.One in factor.args[0].args:
            inside = factor.args[0] - 1
            excess: tuple[sp.Expr, ...] = (_Excess(inside),)
        elif hasattr(factor, "excess"):
            inside, excess = factor.args[1], factor.excess()
        else:
            continue
        others = product / factor
        if symbol in inside.free_symbols and symbol not in _expanded(others * inside).free_symbols:
            return others, factor, excess
    return None


def _by_branches(expr: sp.Expr) -> sp.Expr:
    """Write each product with F(Min(a, b), ...) as a Piecewise of products with F(a, ...) and F(b, ...).

    F is a function with an excess: what a slope is parted into is then seen in each branch.
    """
    if isinstance(expr, sp.Piecewise):
        return sp.Piecewise(*((_by_branches(value), condition) for value, condition in expr.args))
    return sp.Add(*map(_branched, sp.Add.make_args(expr)))


def _branched(product: sp.Expr) -> sp.Expr:
    if isinstance(product, sp.Piecewise):
        return _by_branches(product)
    for factor in sp.Mul.make_args(product):
        if hasattr(factor, "excess") and isinstance(factor.args[0], sp.Min | sp.Max):
            first, *rest = factor.args
            return _extreme_slope(first, _put_into(factor.func, rest, product / factor))
    return product


def _put_into(head: Any, rest: Sequence[sp.Expr], others: sp.Expr) -> Callable[[sp.Expr], sp.Expr]:
    return lambda first: _branched(others * head(first, *rest))


def _apart(factor: sp.Expr, slope: sp.Expr) -> tuple[sp.Expr, ...]:
    """Addends of a factor's slope, if each has an excess that its own product is parted for."""
    return sp.Add.make_args(slope) if hasattr(factor, "excess") else (slope,)


def _ratio_of_powers(product: sp.Expr, symbol: sp.Symbol) -> tuple[sp.Expr, sp.Expr] | None:
    """Part s^c (a s^r + b s^t)^-q with c = q r and its slope in ln s, q (r - t) b s^(c+t) (a s^r + b s^t)^(-q-1).

    The quotient rule would subtract two nearly equal numbers wherever a s^r outweighs b s^t.
    """
    c = product.as_powers_dict().get(symbol, sp.S.Zero)
    for factor in product.args:
        base, exponent = factor.as_base_exp()
        if c == 0 or not base.is_Add or symbol not in base.free_symbols or symbol in exponent.free_symbols:
            continue
        by_power: dict[sp.Expr, sp.Expr] = {}
        for addend in sp.Add.make_args(_expanded(base)):
            coefficient, power = addend.as_independent(symbol)
            root, t = power.as_base_exp()
            if power != 1 and (root != symbol or symbol in t.free_symbols):
                break
            t = sp.S.Zero if power == 1 else t
            by_power[t] = by_power.get(t, sp.S.Zero) + coefficient
        else:
            rest = [t for t in by_power if c + exponent * t != 0]
            if len(by_power) == 2 and len(rest) == 1:
                (t,) = rest
                rise = (c + exponent * t) * by_power[t] * symbol ** (c + t) * base ** (exponent - 1)
                return symbol**c * factor, rise
    return None


def _extreme_slope(node: sp.Expr, slope: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """Slope, or what else it may be, of the argument that attains the extreme."""
    *others, last = node.args
    branches = [
        (
            slope(arg),
            sp.And(*(arg < rest if isinstance(node, sp.Min) else arg > rest for rest in node.args[i + 1 :])),
        )
        for i, arg in enumerate(others)
    ]
    # argument i wins if it beats all that follow, once those before it have lost to some later one
    return sp.Piecewise(*branches, (slope(last), True))
