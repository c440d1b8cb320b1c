"""Every shipped derivation is complete, and no small change to any of its steps goes unnoticed."""

from itertools import islice

import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

pytest.importorskip("infobound.derivations", reason="infobound.derivations is mapped by an install")

from infobound.deriving import derivation, derivations
from infobound.proof.check import Theorem
from infobound.proof.mutating import Mutant, frame_mutants, mutants, passes, survivors

DERIVATIONS = [derivation(name).derivation for name in derivations()]

# What is taken on trust: theorems of information theory, probability and measure that are in textbooks.
TEXTBOOK = {
    "Bessel's inequality",
    "Funk-Hecke formula",
    "Gaussian maximum entropy",
    "Gibbs variational principle",
    "Green's identity on the sphere, by degrees",
    "Hölder's inequality for sums",
    "Jensen's inequality",
    "Laplacian of a function of one coordinate on a sphere",
    "Pythagoras' theorem in mean square",
    "Watson's inequality for Gamma(x+1)/Gamma(x+1/2)",
    "a memoryless channel",
    "a score has mean zero given the parameters",
    "addition theorem for spherical harmonics",
    "an atom drawn by weight",
    "atoms besides one drawn by weight",
    "chain rule of entropy and information",
    "chain rule of relative entropy",
    "code length under a Gaussian of the data's moments",
    "compositions that start afresh",
    "contraction by Lipschitz functions",
    "data processing inequality",
    "divergence of Gaussians of one variance",
    "expectation given all but the index drawn",
    "expectation given the inputs",
    "expectation of a double sum",
    "expected number of events",
    "expectation of a product of independent factors",
    "fourth moment of a sum with random signs",
    "geometric maximum entropy",
    "independence bound on entropy",
    "independent variables carry no information",
    "information about independent parts, each given the others",
    "information as a difference of entropies",
    "information as divergence from the predictive law",
    "information of independent copies, given their number",
    "information through Gaussian noise",
    "linear functions in the 1-norm",
    "outputs independent given their input",
    "posterior variance of a Gaussian",
    "prediction rule of the Pitman-Yor process",
    "prefix codes (Kraft)",
    "projection on a convex set",
    "supremum of an absolute value",
    "symmetrisation by a second sample",
    "the trace is the sum of the eigenvalues",
    "union of disjoint parts",
    "urn of the Dirichlet process",
    "van Trees' identity",
    "variables of one law have one expectation",
    "variance of a sum of independent variables",
    "what the first stick leaves",
}


def first_seen():
    """Pairs of a derivation and the steps that no derivation before it has, with the steps that these use."""
    seen = []
    for each in DERIVATIONS:
        own = [step for step in each.steps if not any(step is other for other in seen)]
        seen += own
        yield each, [step.name for step in own]


CASES = [pytest.param(each, names, id=each.name) for each, names in first_seen()]


def some(found, place):
    """Choose one of the first mutants, another one for each place."""
    *_, chosen = islice(found, 1 + (7 * place + 3) % 20)
    return chosen


def test_what_is_taken_on_trust():
    cited = {step.rule for each in DERIVATIONS for step in each.steps if step.standing == "cited"}
    assert cited == TEXTBOOK


@pytest.mark.parametrize("each", DERIVATIONS, ids=lambda each: each.name)
def test_every_symbol_is_in_the_table(each):
    named = set().union(*(row.symbol.atoms(sp.Symbol) for row in each.symbols))
    functions = {f.func for row in each.symbols for f in row.symbol.atoms(AppliedUndef)}
    assert set().union(*(step.claim.free_symbols for step in each.steps)) <= named
    assert {f.func for step in each.steps for f in step.claim.atoms(AppliedUndef)} <= functions


@pytest.mark.parametrize("each", DERIVATIONS, ids=lambda each: each.name)
def test_there_is_prose_for_every_step(each):
    for step in each.steps:
        assert step.title
        assert step.prose.count("$") % 2 == 0
        assert step.prose.strip() == step.prose != ""


@pytest.mark.parametrize(("each", "names"), CASES)
def test_a_change_in_any_step_is_seen(each, names):
    """One mutant of every step, and some of the frame; the slow test tries them all."""
    checked = [name for name in names if not isinstance(each[name].check, Theorem)]
    tried = [some(mutants(each, [name]), place) for place, name in enumerate(checked)]
    frame = list(frame_mutants(each))
    tried += [frame[0], *frame[-3:]]
    assert [(mutant.step, mutant.change) for mutant in tried if passes(mutant)] == []


def portions():
    """The steps whose mutants are all tried, a dozen at a time, so that test processes can share them."""
    for each, names in first_seen():
        # a changed claim may also break the step that uses it, which only the derivation itself can tell
        used = {name for step in each.steps if step.name in names for name in step.uses}
        wanted = [step.name for step in each.steps if step.name in {*names, *used}]
        for place in range(0, len(wanted), 12):
            yield pytest.param(each, wanted[place : place + 12], id=f"{each.name}-{wanted[place]}")


@pytest.mark.slow
@pytest.mark.parametrize(("each", "names"), list(portions()))
def test_no_mutant_of_a_step_survives(each, names):
    assert [(mutant.step, mutant.change) for mutant in survivors(each, names)] == []


@pytest.mark.slow
@pytest.mark.parametrize("each", DERIVATIONS, ids=lambda each: each.name)
def test_no_mutant_of_the_frame_survives(each):
    assert [(mutant.step, mutant.change) for mutant in frame_mutants(each) if passes(mutant)] == []


def test_an_unchanged_derivation_passes_the_test_that_mutants_fail():
    assert all(passes(Mutant(each, each.steps[-1].name, "none")) for each in DERIVATIONS)
