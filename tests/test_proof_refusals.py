"""Arguments that look sound and are not: each ends in something false, and the checker refuses it."""

from dataclasses import replace

import pytest
import sympy as sp

from infobound.errors import CheckFailed, ExpressionError
from infobound.proof.atoms import DistinctAtoms, SizeBiasedAtom
from infobound.proof.averages import Mean
from infobound.proof.calculus import Integration
from infobound.proof.check import Algebra, Assumed, Balls, Change, Definition, Split
from infobound.proof.differentiating import Recursion
from infobound.proof.estimating import Bessel, BetaDivergence, OwnAndPairs, PairOfDirections, SphereLaplacian
from infobound.proof.linking import Combine, Insert, Specialise
from infobound.proof.moments import DrawnByWeight, DrawnPart
from infobound.proof.signs import defined, positive
from infobound.proof.spheres import HarmonicGradients, HarmonicPairs
from infobound.proof.step import Assumption, Derivation, Step, above, at_least, at_most, equal
from infobound.proof.verifying import verify_step

x, y, z, s = sp.symbols("x y z s", real=True)
p, q = sp.symbols("p q", positive=True)
a = sp.Symbol("a", nonnegative=True)
i, m = sp.symbols("i m", integer=True, positive=True)
t = sp.Symbol("t", integer=True, nonnegative=True)
f = sp.Function("f", real=True)


def given(*formulas):
    return tuple(Assumption(str(place), "", formula) for place, formula in enumerate(formulas))


def argued(steps, assumptions):
    made = tuple(Step(name, "", "", claim, check, *rest) for name, claim, check, *rest in steps)
    derivation = Derivation("", "", (), assumptions, (), made, made[-1].claim)
    for step in made:
        verify_step(derivation, step.name)


def refused(*steps, assumptions=(), match):
    with pytest.raises((CheckFailed, ExpressionError), match=match):
        argued(steps, assumptions)


@pytest.mark.parametrize("declared", [{"even": True}, {"nonzero": True, "real": True}, {"prime": True}, {}])
def test_a_symbol_that_says_more_than_the_checks_prove(declared):
    odd = sp.Symbol("e", **declared)
    refused(("e", equal(odd, 3), Definition()), match="declared real")


def test_division_by_what_may_be_zero():
    formula = equal(a * y, a * z)
    refused(
        ("product", formula, Assumed("0")),
        ("quotient", equal(y, z), Combine({"product": 1 / a})),
        assumptions=given(formula),
        match="value on the whole domain",
    )
    refused(("hole", equal((x**2 - x) / x, x - 1), Algebra()), match="value on the whole domain")
    refused(("pole", equal(sp.gamma(x + 1), x * sp.gamma(x)), Algebra()), match="value on the whole domain")
    refused(("inverse", equal(y, 1 / a), Definition()), match="value on the whole domain")


def test_a_definition_against_an_assumption():
    refused(("x", equal(x, 1), Definition()), assumptions=given(at_least(x, 5)), match="no assumption speaks of")


def test_a_name_for_one_value_of_an_index_under_a_sum():
    refused(
        ("name", equal(y, i), Definition()),
        ("total", equal(x, sp.Sum(y, (i, 1, m))), Definition()),
        ("captured", equal(x, sp.Sum(i, (i, 1, m))), Insert("total", ("name",))),
        match="must hold for all i",
    )


def test_a_name_for_one_value_of_an_index_in_a_recursion():
    start, onward = equal(f(0), 0), equal(f(t + 1), f(t) + t)
    refused(
        ("name", equal(y, t), Definition()),
        ("start", start, Assumed("0")),
        ("onward", onward, Assumed("1")),
        ("renamed", equal(f(t + 1), f(t) + y), Combine({"onward": 1, "name": -1})),
        ("closed", equal(f(t), t * y), Recursion("start", "renamed")),
        assumptions=given(start, onward),
        match="must hold for all t",
    )


def test_an_equation_at_one_index_under_a_sum():
    value = equal(f(i), 5)
    refused(
        ("one", value, Assumed("0"), (at_most(2 * i, 6),)),
        ("total", equal(x, sp.Sum(f(i), (i, 1, m))), Definition()),
        ("all", equal(x, sp.Sum(5, (i, 1, m))), Insert("total", ("one",)), (at_most(2 * i, 6),)),
        assumptions=given(value),
        match="must hold for all i from 1 to m",
    )


def test_two_variables_changed_to_one():
    change = Change(s / (1 - s), s)
    claim = above(2 + p / (1 + p), 2 * q / (1 + q))
    refused(("diagonal", claim, Balls({p: change, q: change})), match="symbol of its own")


def test_a_cut_at_no_real_number():
    refused(("cut", at_least(x**2, 0), Split(x, sp.I, Algebra(), Algebra())), match="cut at a real number")


def test_a_special_value_outside():
    refused(
        ("square", above(p**2, 0), Algebra()),
        ("zero", above(sp.S.Zero, 0), Specialise("square", {p: sp.S.Zero})),
        match="must lie in the domain",
    )


def test_what_is_seen_to_have_a_value():
    assert defined(1 / (1 + x**2) + sp.log(p) + sp.sqrt(a))
    assert defined(1 / (x**2 - x * p + p**2))
    assert not defined(sp.sqrt(x))
    assert not defined(1 / (x**2 - 2 * x * p + p**2))
    assert not defined(sp.ff(p, i) ** -1)
    assert defined(sp.ff(p, i) ** -1, (at_least(p, i),))


def test_a_quadratic_without_real_roots_is_positive():
    assert positive(x**2 - x * y + y**2 + p)
    assert not positive(x**2 - 2 * x * y + y**2)


# What the rules for lower bounds are asked that they must not grant

weight = 1 - sp.exp(-p)


def drawn(value):
    return SizeBiasedAtom(total=a, value=value, variable=p, resting_on=("0",))


def repelled(*atoms):
    rule = DistinctAtoms(pairs=q, first=atoms[0], second=atoms[1], resting_on=("0",))
    return ("pairs", rule.yields(), rule)


def test_atoms_of_which_no_step_has_spoken():
    seen, other = drawn(weight**2), drawn(weight)
    argued([("atoms", seen.yields(), seen), repelled(seen, seen)], given(None))
    refused(repelled(seen, seen), assumptions=given(None), match="step before it")
    refused(("atoms", seen.yields(), seen), repelled(seen, other), assumptions=given(None), match="step before it")


def test_atoms_whose_value_does_not_rise_or_is_negative():
    bump, debt = drawn(weight * (1 - weight)), drawn(-weight)
    refused(("atoms", bump.yields(), bump), repelled(bump, bump), assumptions=given(None), match="needs")
    refused(("atoms", debt.yields(), debt), assumptions=given(None), match="needs")


def test_statistics_counted_twice():
    for covariances, squares, degrees in (((x, x), (p, p), (1, 2)), ((x, y), (p, q), (1, 3)), ((x, y), (p, q), (1,))):
        with pytest.raises(CheckFailed, match="statistic"):
            Bessel(square=z, covariances=covariances, squares=squares, degrees=degrees, resting_on=("0",)).yields()


@pytest.mark.parametrize(("degree", "rest"), [(0, p), (sp.Rational(1, 2), p), (2, a)])
def test_a_laplacian_of_what_is_neither_even_nor_odd(degree, rest):
    with pytest.raises(CheckFailed, match="whole degree from 1 and two variables"):
        SphereLaplacian(mean_square=z, degree=degree, projection=a, rest=rest, dimension=q).yields()


@pytest.mark.parametrize(
    ("field", "factors"),
    [
        (p * (1 - p) / (2 * p - 1), ()),
        (sp.Piecewise((p * (1 - p), p < sp.Rational(1, 2)), (0, True)), ()),
        (p, ()),
        (p * (1 - p), (p,)),
    ],
)
def test_a_field_that_jumps_or_does_not_vanish_at_the_ends(field, factors):
    rule = BetaDivergence(mean_square=z, field=field, variable=p, first=q, second=q, factors=factors)
    with pytest.raises(CheckFailed, match=r"polynomial that vanishes|factors without"):
        rule.yields()


def test_two_directions_with_one_variable():
    with pytest.raises(CheckFailed, match="two variables"):
        PairOfDirections(shared=z, degree=1, length=p, moments=(q,), projection=a, rest=a).yields()


def test_what_is_random_outside_of_an_expectation():
    rule = OwnAndPairs(total=z, own=(p, x), pairs=(p, y), resting_on=("0", "0"))
    refused(
        ("mean", equal(Mean(x, x), Mean(x, x)), Algebra()),
        ("sum", rule.yields(), rule),
        assumptions=given(None),
        match="expectations",
    )


g = sp.Function("g", positive=True)


def by_weight(**slots):
    slots = {"function": p**2, "variable": p, "value": i, "weight": g(i), "index": i, "low": 1, "high": m} | slots
    return DrawnByWeight(resting_on=("0",), **slots)


@pytest.mark.parametrize(
    "slots",
    [
        {"function": p * i},
        {"function": p * x},
        {"function": sp.Sum(p * g(i), (i, 1, 3))},
        {"weight": i * x},
        {"value": i - 1},
        {"weight": i - 2},
        {"weight": 0 * i},
    ],
)
def test_an_index_drawn_by_weights_that_are_none_or_for_what_depends_on_more(slots):
    for rule, word in ((by_weight(), None), (by_weight(**slots), "needs")):
        steps = ("mean", equal(Mean(x, x), Mean(x, x)), Algebra()), ("drawn", rule.yields(), rule)
        if word is None:
            argued(steps, given(None))
        else:
            refused(*steps, assumptions=given(None), match=word)


DRAWN = DrawnPart(beside=x, over=(x,), whole=z, part=y, part_over=(y,), total=q, resting_on=("0",))


@pytest.mark.parametrize(
    "slots", [{"over": (x, z)}, {"total": y}, {"beside": x * z}, {"part": y * z}], ids=lambda slots: next(iter(slots))
)
def test_a_part_drawn_that_is_counted_with_what_stands_beside_it(slots):
    with pytest.raises(CheckFailed, match="stand alone"):
        replace(DRAWN, **slots).yields()


@pytest.mark.parametrize(
    "slots", [{"total": t}, {"beside": x * t}, {"part": y * t}], ids=lambda slots: next(iter(slots))
)
def test_a_part_drawn_with_something_random_outside_of_the_expectation(slots):
    mean = ("mean", equal(Mean(t, t), Mean(t, t)), Algebra())
    for rule in (DRAWN, replace(DRAWN, **slots)):
        steps = mean, ("drawn", rule.yields(), rule)
        if rule is DRAWN:
            argued(steps, given(None))
        else:
            refused(*steps, assumptions=given(None), match="needs expectations")


HARMONIC = {"degree": i, "last": m, "dimension": q, "share": f(i), "resting_on": ("0", "0", "0")}


@pytest.mark.parametrize("slots", [{"last": sp.oo}, {"degree": p}, {"degree": t}])
def test_harmonics_of_no_degree(slots):
    for rule in (
        HarmonicGradients(product=z, length=p, first=i, second=i, **HARMONIC | slots),
        HarmonicPairs(shared=z, lengths=(p, p), weight=i, count=i, **HARMONIC | slots),
    ):
        with pytest.raises(CheckFailed, match="degrees from 1"):
            rule.yields()


def test_harmonics_of_two_points_or_with_a_negative_weight():
    for rule in (
        HarmonicGradients(product=z, length=p, first=i, second=i, **HARMONIC),
        HarmonicPairs(shared=z, lengths=(p, p), weight=i, count=i, **HARMONIC),
    ):
        argued([("sum", rule.yields(), rule, (at_least(q, 2),))], given(None))
        refused(("sum", rule.yields(), rule), assumptions=given(None), match="needs")
    turned = replace(rule, weight=-i)
    refused(("sum", turned.yields(), turned, (at_least(q, 2),)), assumptions=given(None), match="needs")


@pytest.mark.parametrize(
    "body",
    [
        sp.exp(-p * q) / p - 2 * sp.exp(-2 * p * q) / p,
        sp.exp(-p) / p,
        sp.exp(-p) / p - 1 / p,
        (sp.exp(-p) - sp.exp(-2 * p)) / p**2,
    ],
)
def test_an_integral_that_diverges(body):
    claim = equal(sp.Integral(body, (p, 0, sp.oo)), q)
    refused(("integral", claim, Integration(standard=True)), match="standard integral")
