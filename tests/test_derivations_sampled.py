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
from infobound.proof.mutating import Mutant, frame_mutants, mutants, passes, survivors
from infobound.proof.step import Goal, Standing, at_least, at_most, below
from infobound.proof.verifying import verify, verify_step
from infobound.special import codebook_radius
from infobound.symbols import K, T, d, n

CASES = [
    pytest.param(SAMPLED, SAMPLED_LAWS[0], id="sampled_student"),
    pytest.param(COUNTING, COUNTING_LAWS[0], id="parameter_counting"),
]

# Theorems of probability, measure and information theory that the derivations take on trust.
TEXTBOOK = {
    "chain rule of relative entropy",
    "Gibbs variational principle",
    "divergence of product laws",
    "information is at most entropy",
    "prefix codes (Kraft)",
    "expectation of a product of independent factors",
    "orthogonality of independent centred terms",
    "orthogonal decomposition of a squared error",
    "variance of a sample mean",
    "symmetry of the law",
    "equality in law",
    "projection of a standard Gaussian",
    "union of disjoint parts",
    "urn of the Dirichlet process",
}


def own_steps(derivation, other):
    """Names of the steps that the other derivation lacks, and of the steps that these use."""
    own = [step for step in derivation.steps if not any(step is shared for shared in other.steps)]
    return {name for step in own for name in (step.name, *step.uses)}


def few(found, count):
    """Choose evenly spaced mutants."""
    found = list(found)
    return [found[(2 * place + 1) * len(found) // (2 * count)] for place in range(min(count, len(found)))]


@pytest.mark.parametrize(("derivation", "law"), CASES)
class TestDerivation:
    def test_every_step_holds(self, derivation, law):
        report = verify(derivation)
        assert report.count(Standing.OPEN) == 0
        assert set(report.cited) <= TEXTBOOK
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

    def test_every_symbol_is_in_the_table(self, derivation, law):
        named = {letter.symbol for letter in derivation.symbols}
        spoken = set().union(*(step.claim.free_symbols for step in derivation.steps))
        assert spoken <= named

    def test_prose_is_there_for_every_step(self, derivation, law):
        for step in derivation.steps:
            assert step.title
            assert step.prose.count("$") % 2 == 0
            assert step.prose.endswith(".")


def test_a_change_in_any_step_is_seen():
    """Three mutants of every step; all of them are tried by the slow test."""
    tried = [m for step in SAMPLED.steps for m in few(mutants(SAMPLED, [step.name]), 3)]
    tried += [m for name in own_steps(COUNTING, SAMPLED) for m in few(mutants(COUNTING, [name]), 2)]
    tried += [*few(frame_mutants(SAMPLED), 12), *few(frame_mutants(COUNTING), 6)]
    assert {m.step for m in tried if m.derivation.name == SAMPLED.name and m.step} == {
        step.name for step in SAMPLED.steps if step.name != "urn"
    }
    assert [(m.derivation.name, m.step, m.change) for m in tried if passes(m)] == []


@pytest.mark.slow
def test_no_mutant_of_the_sampled_student_survives():
    found = survivors(SAMPLED)
    assert [(m.step, m.change) for m in found] == []


@pytest.mark.slow
def test_no_mutant_of_parameter_counting_survives():
    found = survivors(COUNTING, own_steps(COUNTING, SAMPLED))
    found += [m for m in frame_mutants(COUNTING) if passes(m)]
    assert [(m.step, m.change) for m in found] == []


def test_an_unchanged_derivation_passes_the_test_that_mutants_fail():
    assert passes(Mutant(COUNTING, "covering", "none"))


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
