"""No small change to any shipped derivation passes: the checkers see what they claim to see."""

import importlib

import pytest

pytest.importorskip("infobound.derivations", reason="infobound.derivations is mapped by an install")

from infobound.deriving import derivations
from infobound.proof.mutating import frame_mutants, mutants, passes

# test_derivations_sampled.py tries those of the first two at greater length
NAMES = [name for name in derivations() if name not in ("sampled_student", "parameter_counting")]


def derivation_of(name):
    return importlib.import_module(f"infobound.derivations.{name}").DERIVATION


def own_steps(name):
    """Names of the steps that no derivation before it has tried."""
    before = [step for other in derivations()[: derivations().index(name)] for step in derivation_of(other).steps]
    return [step.name for step in derivation_of(name).steps if not any(step is tried for tried in before)]


def surviving(found):
    return [(mutant.step, mutant.change) for mutant in found if passes(mutant)]


@pytest.mark.parametrize("name", NAMES)
def test_a_change_in_any_step_is_seen(name):
    """One mutant of every eighth step, another one for each step's place."""
    derivation = derivation_of(name)
    tried = []
    for place, step in enumerate(own_steps(name)[::8]):
        found = list(mutants(derivation, [step]))
        tried += found[place % len(found) :][:1] if found else []
    assert surviving(tried) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_change_of_the_frame_is_seen(name):
    assert surviving(list(frame_mutants(derivation_of(name)))[::4]) == []
