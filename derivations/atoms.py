"""Sums over the neurons of a Dirichlet teacher, with weights that rise with a neuron's size (docs/math2.md, C6).

A neuron of weight pi is charged for with 1 - (1 - pi)^r, squared: about 1 where pi > 1/r, about (r pi)^2 below.
"""

from functools import partial

import sympy as sp

from infobound.bounds.two_harmonics import atoms_charged
from infobound.proof.atoms import DistinctAtoms, SizeBiasedAtom
from infobound.proof.averages import Mean, pulled_out
from infobound.proof.calculus import SignOfDerivative
from infobound.proof.check import Factored
from infobound.proof.linking import Average, Combine, Insert
from infobound.proof.step import Letter, Step, at_least, at_most, below, equal
from infobound.symbols import K

from .densities import moment
from .teacher import k

__all__ = ["ATOMS", "FAST", "FEW", "LETTERS", "M", "energy", "exchanged", "pairs", "r", "s", "scaled", "squares"]

r, s, M = sp.symbols("r s M", positive=True)
squares, pairs, energy, exchanged, whole_energy = sp.symbols("B_2 B_11 A_1 A_11 A_2", nonnegative=True)
scaled = sp.Function("b_2", nonnegative=True)(k)

HALF = sp.Rational(1, 2)
HERE = "docs/math2.md, C6"
_step = partial(Step, source=HERE)
CHANCE, WEIGHT = 1 - sp.exp(-r * s), 1 - sp.exp(-s)
BETA, ATOM_ENERGY = CHANCE**2, (K + 1) * WEIGHT**2
FAST = (at_least(r, 1),)

LETTERS = (
    Letter(r, r"rate of the weights $\beta_k=(1-(1-\pi_k)^r)^2$ with which neurons are charged for"),
    Letter(s, r"$-\ln(1-\pi)$ for the weight $\pi$ of a neuron drawn by weight"),
    Letter(M, r"$\mathbb{E}\sum_k\beta_k$, the expected number of neurons charged for"),
    Letter(squares, r"$\mathbb{E}\sum_k\beta_k^2$"),
    Letter(pairs, r"$\mathbb{E}\sum_{j\ne k}\beta_j\beta_k$"),
    Letter(scaled, r"$\mathbb{E}\beta_k^2/a_k^2$, where $a_k=\sqrt{K+1}\,\pi_k$"),
    Letter(energy, r"$\mathbb{E}\sum_k\beta_ka_k^2$"),
    Letter(exchanged, r"$\mathbb{E}\sum_{j\ne k}\beta_ka_j^2$"),
    Letter(whole_energy, r"$\mathbb{E}\sum_ka_k^2$"),
)


def _mean(body: sp.Expr) -> sp.Expr:
    return pulled_out(Mean(body, s))


def _drawn(total: sp.Expr, value: sp.Expr) -> SizeBiasedAtom:
    return SizeBiasedAtom(total=total, value=value, variable=s, resting_on=("sticks",))


def _sum_over_atoms(name: str, title: str, drawn: SizeBiasedAtom) -> Step:
    prose = r"A neuron drawn by weight has a weight $1-e^{-s}$ with the law of the first stick."
    return _step(name, title, prose, drawn.yields(), drawn)


_COUNTED, _WHOLE = _drawn(M, BETA), _drawn(whole_energy, ATOM_ENERGY)


def _mean_over_s(name: str, title: str, body: sp.Expr, value: sp.Expr) -> tuple[Step, ...]:
    prose = r"$s=-\ln(1-\beta)$ has density $Ke^{-Ks}$."
    density = K * sp.exp(-K * s)
    return moment(name, title, body, s, density, value, high=sp.oo, resting_on="sticks", prose=prose, source=HERE)


FEW = atoms_charged(r)

# Steps "squares", "pairs", "scaled", "energy", "exchanged" bound the sums by M, and "many" M itself.
ATOMS = (
    _sum_over_atoms("atoms", "Neurons charged for", _COUNTED),
    _sum_over_atoms("atom_squares", "Squares of their weights", _drawn(squares, BETA**2)),
    _step(
        "below_one",
        "The weights are below 1",
        "Their squares are smaller.",
        below(BETA**2 / WEIGHT, BETA / WEIGHT),
        Factored(BETA / WEIGHT),
    ),
    _step(
        "below_one_mean",
        "On average",
        "Take expectations.",
        at_most(Mean(BETA**2 / WEIGHT, s), Mean(BETA / WEIGHT, s)),
        Average("below_one", (s,)),
    ),
    _step(
        "squares",
        "Squares of the weights",
        "Together.",
        at_most(squares, M),
        Combine({"below_one_mean": 1, "atom_squares": 1, "atoms": -1}),
    ),
    _step(
        "pairs",
        "Pairs of neurons",
        "What one neuron leaves to the others is a scaled copy of all, and the weights rise with size.",
        at_most(pairs, M**2),
        DistinctAtoms(pairs=pairs, first=_COUNTED, second=_COUNTED, resting_on=("sticks",)),
    ),
    _sum_over_atoms(
        "atom_scaled",
        "Squares of the weights over sizes",
        _drawn(sp.Sum(scaled, (k, 1, sp.oo)), BETA**2 / ATOM_ENERGY),
    ),
    _step(
        "bernoulli",
        "Bernoulli's inequality",
        r"For $r\ge1$ the difference rises with $s$.",
        at_most(CHANCE, r * WEIGHT),
        SignOfDerivative(s, 0, then=Factored(r * sp.exp(-r * s), then=SignOfDerivative(s, 0))),
        FAST,
    ),
    _step(
        "scaled_pointwise",
        "One neuron",
        "Square, and multiply.",
        at_most(BETA**2 / ATOM_ENERGY / WEIGHT, r**2 * BETA / ((K + 1) * WEIGHT)),
        Combine({"bernoulli": BETA * (r * WEIGHT + CHANCE) / (ATOM_ENERGY * WEIGHT)}),
        FAST,
    ),
    _step(
        "scaled_mean",
        "On average",
        "Take expectations.",
        at_most(_mean(BETA**2 / ATOM_ENERGY / WEIGHT), r**2 / (K + 1) * Mean(BETA / WEIGHT, s)),
        Average("scaled_pointwise", (s,)),
        FAST,
    ),
    _step(
        "scaled",
        "All neurons",
        "Together.",
        at_most(sp.Sum(scaled, (k, 1, sp.oo)), r**2 * M / (K + 1)),
        Combine({"scaled_mean": 1, "atom_scaled": 1, "atoms": -(r**2) / (K + 1)}),
        FAST,
    ),
    _sum_over_atoms("atom_whole_energy", "Energy of all neurons", _WHOLE),
    *_mean_over_s("mean_weight", "A weight", WEIGHT, 1 / (K + 1)),
    _step(
        "whole_energy",
        "Its value",
        "The teacher is normalised.",
        equal(whole_energy, 1),
        Insert("atom_whole_energy", ("mean_weight", "mean_weight_integral")),
    ),
    _sum_over_atoms("atom_energy", "Energy of the neurons charged for", _drawn(energy, BETA * ATOM_ENERGY)),
    _step(
        "energy_pointwise",
        "One neuron",
        "Its weight is below 1.",
        below(BETA * ATOM_ENERGY / WEIGHT, ATOM_ENERGY / WEIGHT),
        Factored(ATOM_ENERGY / WEIGHT),
    ),
    _step(
        "energy_mean",
        "On average",
        "Take expectations.",
        at_most(_mean(BETA * ATOM_ENERGY / WEIGHT), _mean(ATOM_ENERGY / WEIGHT)),
        Average("energy_pointwise", (s,)),
    ),
    _step(
        "energy",
        "All neurons",
        "Together.",
        at_most(energy, 1),
        Combine({"energy_mean": 1, "atom_energy": 1, "atom_whole_energy": -1, "whole_energy": 1}),
    ),
    _step(
        "exchanged_pairs",
        "Energy of the others",
        "As for pairs.",
        at_most(exchanged, M * whole_energy),
        DistinctAtoms(pairs=exchanged, first=_COUNTED, second=_WHOLE, resting_on=("sticks",)),
    ),
    _step(
        "exchanged",
        "Energy of the others",
        "Put the value in.",
        at_most(exchanged, M),
        Insert("exchanged_pairs", ("whole_energy",)),
    ),
    _step(
        "cotangent",
        "A weight from above",
        r"$1/(1-e^{-s})\ge1/s+1/2$: multiplied out, the difference rises with $s$, and so does its slope.",
        at_least(1 / WEIGHT, 1 / s + HALF),
        Factored(1 / (2 * s * WEIGHT), then=SignOfDerivative(s, 0, then=SignOfDerivative(s, 0))),
    ),
    _step(
        "cotangent_seen",
        "Times the weight",
        "Multiply.",
        at_least(BETA / WEIGHT, BETA / s + BETA / 2),
        Combine({"cotangent": BETA}),
    ),
    _step(
        "many_mean",
        "On average",
        "Take expectations.",
        at_least(Mean(BETA / WEIGHT, s), Mean(BETA / s, s) + Mean(BETA, s) / 2),
        Average("cotangent_seen", (s,)),
    ),
    *_mean_over_s("small", "The first part", BETA / s, K * sp.log(1 + r**2 / (K * (K + 2 * r)))),
    *_mean_over_s("large", "The second part", BETA, 2 * r**2 / ((K + r) * (K + 2 * r))),
    _step(
        "many",
        "Neurons charged for, from below",
        "Put the values in.",
        at_least(M, FEW),
        Combine(
            {"many_mean": 1, "atoms": -1, "small": -1, "small_integral": -1, "large": -HALF, "large_integral": -HALF}
        ),
    ),
)
