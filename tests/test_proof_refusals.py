"""Arguments that look sound and are not: each ends in something false, and the checker refuses it."""

import pytest
import sympy as sp

from infobound.errors import CheckFailed, ExpressionError
from infobound.proof.check import Algebra, Assumed, Balls, Change, Definition, Split
from infobound.proof.differentiating import Recursion
from infobound.proof.linking import Combine, Insert, Specialise
from infobound.proof.signs import defined, positive
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
