"""The derivations of the sampled student and of parameter counting hold, and no small change to them does."""

from dataclasses import replace

import pytest
import sympy as sp

from infobound.bounds.parameter_counting import LAWS as COUNTING_LAWS
from infobound.bounds.sampled_student import LAWS as SAMPLED_LAWS
from infobound.derivations.parameter_counting import DERIVATION as COUNTING
from infobound.derivations.sampled_student import DERIVATION as SAMPLED
from infobound.derivations.sampling import RadiusByCases
from infobound.derivations.teacher import L
from infobound.errors import CheckFailed
from infobound.proof.calculus import ConvexMinimum, SignOfDerivative
from infobound.proof.step import Goal, Standing, at_least, at_most, below
from infobound.proof.verifying import verify, verify_step
from infobound.special import codebook_radius
from infobound.symbols import K, T, d, n

CASES = [
    pytest.param(SAMPLED, SAMPLED_LAWS[0], id="sampled_student"),
    pytest.param(COUNTING, COUNTING_LAWS[0], id="parameter_counting"),
]


@pytest.mark.parametrize(("derivation", "law"), CASES)
class TestDerivation:
    def test_every_step_holds(self, derivation, law):
        report = verify(derivation)
        assert report.count(Standing.OPEN) == 0
        assert sum(step.seconds for step in report.steps) < 60

    def test_it_ends_in_the_law(self, derivation, law):
        assert derivation.name == law.name
        assert derivation.conclusion.lhs == L
        assert derivation.conclusion.rhs == law.expr == derivation.steps[-1].claim.rhs
        assert isinstance(derivation.conclusion, sp.Le)

    @pytest.mark.parametrize("term", ["misspecification", "quantisation", "estimation"])
    @pytest.mark.parametrize("factor", [sp.Rational(1, 2), sp.Rational(99, 100), 2])
    def test_it_refuses_another_law(self, derivation, law, term, factor):
        conclusion = at_most(L, law.expr + (factor - 1) * law.terms[term])
        last = replace(derivation.steps[-1], claim=conclusion)
        changed = replace(derivation, steps=(*derivation.steps[:-1], last), conclusion=conclusion)
        with pytest.raises(CheckFailed, match=law.name):
            verify_step(changed, last.name)
        with pytest.raises(CheckFailed, match="conclusion"):
            verify(replace(derivation, conclusion=conclusion))


class TestRadius:
    c, r, root = sp.symbols("c r rho", positive=True)
    WITHIN = (at_most(r, 2),)
    CHECK = RadiusByCases(c, root, ConvexMinimum(r, root), SignOfDerivative(r, 2))

    def trade(self, radius, factor=1):
        return radius**2 + factor * self.c * sp.log(1 + 2 / radius)

    def fails(self, claim, hypotheses=WITHIN, check=CHECK, match=None):
        with pytest.raises(CheckFailed, match=match):
            check.examine(Goal(claim, hypotheses))

    def test_it_is_the_best(self):
        claim = at_most(self.trade(codebook_radius(self.c)), self.trade(self.r))
        self.CHECK.examine(Goal(claim, self.WITHIN))
        assert self.CHECK.standing is Standing.EXACT
        self.fails(below(claim.lhs, claim.rhs))
        self.fails(at_least(claim.lhs, claim.rhs))
        self.fails(at_most(self.trade(codebook_radius(self.c), 2), self.trade(self.r, 2)))

    def test_a_larger_radius_can_be_better_beyond_the_sphere(self):
        claim = at_most(self.trade(codebook_radius(self.c)), self.trade(self.r))
        self.fails(claim, (at_most(self.r, 3),))
        self.fails(claim, ())

    def test_both_cases_are_needed(self):
        claim = at_most(self.trade(codebook_radius(self.c)), self.trade(self.r))
        self.fails(claim, check=replace(self.CHECK, inside=SignOfDerivative(self.r, 2)))
        self.fails(claim, check=replace(self.CHECK, clamped=ConvexMinimum(self.r, 2)))

    def test_its_side_conditions(self):
        claim = at_most(self.trade(codebook_radius(self.c)), self.trade(self.r))
        self.fails(claim, check=replace(self.CHECK, root=self.r), match="new positive symbol")
        self.fails(claim, check=replace(self.CHECK, root=sp.Symbol("x", real=True)), match="new positive symbol")
        self.fails(claim, (*self.WITHIN, at_most(self.c, 16)), match="all positive c")

    @pytest.mark.parametrize("place", [{T: 10**6, d: 5, n: 20, K: 3}, {T: 40, d: 9, n: 20, K: 3}])
    def test_the_corollaries_on_numbers(self, place):
        for derivation in (SAMPLED, COUNTING):
            (corollary,) = derivation.corollaries
            (radius,) = corollary.rhs.free_symbols - {n, T, d, K}
            best = corollary.lhs.subs(place).evalf(20)
            others = [corollary.rhs.subs(place).subs(radius, sp.Rational(j, 40)).evalf(20) for j in range(1, 81)]
            assert best <= min(others) * (1 + sp.Rational(1, 10**18))
            assert best >= min(others) * sp.Rational(99, 100)
