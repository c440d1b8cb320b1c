"""Complete small derivations verify, and no small change to any of them goes unnoticed."""

from dataclasses import replace

import pytest
import sympy as sp
from proof_examples import EXAMPLES, K, T, distinct_atoms, logits, n, rectifier, toy_law

from infobound.errors import CheckFailed
from infobound.proof.check import Algebra, Definition
from infobound.proof.mutating import frame_mutants, mutants, survivors
from infobound.proof.step import Standing, Step, at_least, at_most, equal
from infobound.proof.verifying import verify


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.__name__)
def test_examples_verify(example):
    report = verify(example())
    assert report.standing is not Standing.OPEN
    assert sum(step.seconds for step in report.steps) < 10


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.__name__)
def test_no_mutant_survives(example):
    derivation = example()
    assert len(list(mutants(derivation))) > 10 * len(derivation.steps)
    assert len(list(frame_mutants(derivation))) > 5
    assert [(mutant.step, mutant.change) for mutant in survivors(derivation)] == []


def test_standing_is_the_weakest_and_theorems_are_listed():
    assert verify(logits()).standing is Standing.EXACT
    report = verify(toy_law())
    assert report.standing is Standing.CITED
    assert "Gibbs variational principle" in report.cited
    assert report.count(Standing.EXACT) == 5


def test_progress_is_reported():
    seen = []
    verify(logits(), seen.append)
    assert [report.name for report in seen] == [step.name for step in logits().steps]


class TestFrame:
    """What no single step can see: the steps must make one argument."""

    def test_a_step_that_nothing_uses(self):
        idle = Step("idle", "", "", equal(K + K, 2 * K), Algebra())
        with pytest.raises(CheckFailed, match="idle"):
            verify(replace(logits(), steps=(idle, *logits().steps)))

    def test_steps_out_of_order(self):
        steps = logits().steps
        with pytest.raises(CheckFailed, match="before it"):
            verify(replace(logits(), steps=(*steps[:3], steps[4], steps[3])))

    def test_two_steps_of_one_name(self):
        steps = logits().steps
        with pytest.raises(CheckFailed, match="different names"):
            verify(replace(logits(), steps=(steps[0], *steps)))

    def test_another_conclusion(self):
        with pytest.raises(CheckFailed, match="conclusion"):
            verify(replace(logits(), conclusion=at_most(sp.S.Zero, n)))

    def test_an_assumption_that_nothing_asks_for(self):
        extra = replace(rectifier().assumptions[0], key="idle")
        with pytest.raises(CheckFailed, match="asked for"):
            verify(replace(rectifier(), assumptions=(*rectifier().assumptions, extra)))

    def test_a_domain_too_wide_or_too_narrow(self):
        with pytest.raises(CheckFailed, match="domain"):
            verify(replace(distinct_atoms(), domain=()))
        with pytest.raises(CheckFailed, match="domain"):
            verify(replace(distinct_atoms(), domain=(*distinct_atoms().domain, at_least(K, 1))))

    def test_contradictory_hypotheses_are_seen_at_the_example(self):
        with pytest.raises(CheckFailed, match="example"):
            verify(replace(distinct_atoms(), example={n: sp.Rational(1, 2), K: 1}))

    def test_an_open_step_leaves_the_derivation_open(self):
        steps = [replace(step, check=None) if step.name == "bregman" else step for step in logits().steps]
        assert verify(replace(logits(), steps=tuple(steps))).standing is Standing.OPEN

    def test_a_law_that_changed_is_refused(self):
        law = K / n + n / T
        assert verify(toy_law())
        for changed in (law + K / T, 2 * law, law.subs(n, 2 * n)):
            with pytest.raises(CheckFailed, match="conclusion"):
                verify(replace(toy_law(), conclusion=at_most(toy_law().conclusion.lhs, changed)))

    def test_an_example_that_contradicts_a_definition(self):
        claim = equal(n, 2 * K)
        steps = (Step("named", "", "", claim, Definition()),)
        stated = replace(logits(), steps=steps, assumptions=(), conclusion=claim, domain=(), corollaries=())
        assert verify(replace(stated, example={n: 2, K: 1})).standing is Standing.EXACT
        with pytest.raises(CheckFailed, match="agrees with the definitions"):
            verify(replace(stated, example={n: 3, K: 1}))
