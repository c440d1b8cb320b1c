"""Atoms by size: how many each cell of sizes holds, and each atom through a Gaussian channel.

Docs/math2.md, section C1, Bound C*: the atoms that are coded.
"""

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.check import Assumed, Definition
from infobound.proof.copies import CountEntropy, CountsTogether, MemorylessChannel, WeightedIndex
from infobound.proof.information import (
    BernoulliEntropy,
    ChainRule,
    DifferentialInformation,
    EntropySubadditivity,
    GaussianEntropy,
    GaussianMaxEntropy,
    InformationBelowEntropy,
)
from infobound.proof.linking import Combine, Insert, Specialise, SumUp
from infobound.proof.probability import OrthogonalSum, Pythagoras
from infobound.proof.step import Assumption, Letter, Step, at_most, equal
from infobound.symbols import T, d

from .channel import LOGARITHM, x, z
from .neurons import ROUNDED_NEURON, rounding

__all__ = [
    "ASSUMPTIONS",
    "CODE",
    "COST",
    "ERROR",
    "LETTERS",
    "NATS",
    "SETTING",
    "SQUARE",
    "A",
    "I_cells",
    "theta",
]

c = sp.Symbol("c", integer=True, positive=True)
C = sp.Symbol("C", integer=True, positive=True)
theta, A = sp.symbols("theta A", positive=True)
chord = sp.Symbol("Delta", nonnegative=True)
F_cells, F_cells_copy = sp.symbols("F_C Ftilde_C", real=True)
I_cells, I_counts, I_atoms, H_counts, H_sign = sp.symbols(r"I_C I_n I_a H_n H_\pm", nonnegative=True)
nu, r, q = (sp.Function(name, positive=True)(c) for name in ("nu", "r", "q"))
error, distance = (sp.Function(name, nonnegative=True)(c) for name in ("g", "delta"))
size = sp.Function("S", positive=True)(c)
H = sp.Function("H", nonnegative=True)(c)
J, V, output, noise = (sp.Function(name, real=True)(c) for name in ("J", "V", "h_1", "h_0"))

# The upper end of a cell, as the distortion and what is above it, so that it is seen to exceed the distortion.
b = theta + r
# Share of the noise, its variance in each coordinate, and the parts of the copy's mean square and distance.
D = theta / b
_VARIANCE = D * (1 - D) * b / d
_SPREAD = d * _VARIANCE * Mean(z**2, z)
SQUARE = Mean((F_cells - F_cells_copy) ** 2, F_cells, F_cells_copy)
_COUNT = (1 + nu) * sp.log(1 + nu) - nu * sp.log(nu)
_VECTOR = d / 2 * sp.log(1 + T * r / (8 * d))
_ATOM = sp.log(2) + _VECTOR
_CELLS = (c, 1, C)
_SOURCE = "docs/math2.md, section C1"

_COUNTS, _ATOMS = sp.Sum(_COUNT, _CELLS), sp.Sum(nu * _ATOM, _CELLS)
# Nats of the code; and what the atoms in cells cost per sample, their error included.
NATS = _COUNTS + _ATOMS
COST = _COUNTS / T + _ATOMS / T + d / (2 * T) * sp.Sum(nu, _CELLS)

SETTING = (
    r"Write $v_k=\sqrt{K+1}\,\pi_kw_k$ for the atoms of the teacher and $\theta=8d/T$. Cells $c=1,\dots,C$ part the "
    r"squares $|v|^2$ above some level that is at least $\theta$; an atom of cell $c$ has $|v|^2\le b(c)=\theta+r(c)$. "
    r"Cell $c$ holds $\nu(c)$ atoms on average. $F_C$ is the part of the teacher made of the atoms in cells.",
    r"The code of $F_C$ says how many atoms each cell holds, and for each atom, in a random order within its cell, its "
    r"sign $s$ and $\tilde v=(1-D)v+\sqrt{D(1-D)\,b(c)/d}\;Z$ with $D=\theta/b(c)$. The copy $\tilde F_C$ is the sum "
    r"of $s\max(0,\tilde v\cdot x)$ over these.",
    r"Where an atom is drawn at random, each atom in a cell is as likely as any other: its cell is $c$ with "
    r"probability $\nu(c)/A$, where $A$ is the sum of all $\nu(c)$. $u=v\cdot X$ and $\tilde u=\tilde v\cdot X$ are "
    r"its projections.",
)

ASSUMPTIONS = (
    Assumption("number", "$A$ is the expected number of atoms in all cells.", formula=equal(A, sp.Sum(nu, _CELLS))),
    Assumption("sizes", "No atom of a cell is larger than the cell's upper end.", formula=at_most(q, 8 * d / T + r)),
    Assumption(
        "drawn",
        "The atom drawn at random is drawn independently of all else; it serves to state averages, and is no part of "
        "the model.",
    ),
)


def _all_cells(single: str, name: str, left: sp.Expr, right: sp.Expr) -> tuple[Step, Step]:
    """Return the steps from one atom of a cell, left <= right, to the atoms of all cells."""
    return (
        Step(
            name=f"{single}_weighted",
            title="Weighted by the number of atoms",
            prose="Multiply.",
            claim=at_most(nu * left, nu * right),
            check=Combine({single: nu}),
            source=_SOURCE,
        ),
        Step(
            name=name,
            title="All cells",
            prose="Add up.",
            claim=at_most(sp.Sum(nu * left, _CELLS), sp.Sum(nu * right, _CELLS)),
            check=SumUp(f"{single}_weighted", c, sp.S.One, C),
            source=_SOURCE,
        ),
    )


# Ends in step "coded_error": E (F_C - F~_C)^2 <= A theta/2.
ERROR = (
    Step(
        name="theta",
        title="Distortion",
        prose="Every coded atom is passed on at the same distortion.",
        claim=equal(theta, 8 * d / T),
        check=Definition(),
        source=_SOURCE,
    ),
    Step(
        name="upper_end",
        title="Mean square of an atom in a cell",
        prose="No atom is larger than the upper end.",
        claim=at_most(q, 8 * d / T + r),
        check=Assumed("sizes"),
        source=_SOURCE,
    ),
    Step(
        name="sizes",
        title="In terms of the distortion",
        prose="Put it in.",
        claim=at_most(q, b),
        check=Insert("upper_end", ("theta",)),
        source=_SOURCE,
    ),
    Step(
        name="number",
        title="Expected number of coded atoms",
        prose="Over all cells.",
        claim=equal(A, sp.Sum(nu, _CELLS)),
        check=Assumed("number"),
        source="definition",
    ),
    Step(
        name="coded_terms",
        title="Coded atoms: no cross terms",
        prose=r"The signs are independent and centred; $g(c)$ is the second moment of $\max(0,v\cdot X)-\max(0,\tilde v"
        r"\cdot X)$ for an atom of cell $c$.",
        claim=equal(SQUARE, sp.Sum(nu * error, _CELLS)),
        check=OrthogonalSum(square=SQUARE, summand=nu * error, index=c, low=sp.S.One, high=C, resting_on=("signs",)),
        source=_SOURCE,
    ),
    Step(
        name="coded_drawn",
        title="Coded atoms: one drawn at random",
        prose="The sum is the expected number times the expectation for an atom drawn at random.",
        claim=equal(sp.Sum(nu * error, _CELLS), sp.Sum(nu, _CELLS) * ROUNDED_NEURON),
        check=WeightedIndex(weight=nu, single=error, index=c, count=C, expected=ROUNDED_NEURON, resting_on=("drawn",)),
        source=_SOURCE,
    ),
    Step(
        name="atom_distance_parts",
        title="Distance of an atom's copy",
        prose=r"$v-\tilde v$ is $D$ times $v$ minus noise that has mean zero given $v$.",
        claim=equal(distance, D**2 * q + _SPREAD),
        check=Pythagoras(total=distance, first=D**2 * q, second=_SPREAD, resting_on=("noise",)),
        source=_SOURCE,
    ),
    Step(
        name="atom_distance_value",
        title="Noise put in",
        prose="Its coordinates have variance 1 before they are scaled.",
        claim=equal(distance, D**2 * q + D * (1 - D) * b),
        check=Insert("atom_distance_parts", ("noise", "noise_integral")),
        source=_SOURCE,
    ),
    Step(
        name="atom_distance",
        title="It is at most the distortion",
        prose=r"$D^2b+D(1-D)b=Db=\theta$.",
        claim=at_most(distance, theta),
        check=Combine({"atom_distance_value": 1, "sizes": D**2}),
        source=_SOURCE,
    ),
    *_all_cells("atom_distance", "atoms_distance", distance, theta),
    Step(
        name="distance_drawn",
        title="Distance of an atom drawn at random",
        prose="From the cells to one atom.",
        claim=equal(sp.Sum(nu * distance, _CELLS), sp.Sum(nu, _CELLS) * chord),
        check=WeightedIndex(weight=nu, single=distance, index=c, count=C, expected=chord, resting_on=("drawn",)),
        source=_SOURCE,
    ),
    Step(
        name="distance_mean",
        title="It is at most the distortion, too",
        prose="Divide by the expected number of atoms.",
        claim=at_most(chord, theta),
        check=Combine({"distance_drawn": -1 / A, "atoms_distance": 1 / A, "number": (chord - theta) / A}),
        source=_SOURCE,
    ),
    *rounding(chord),
    Step(
        name="coded_error",
        title="Error of the coded atoms",
        prose="At most half of the distance for each.",
        claim=at_most(SQUARE, A * theta / 2),
        check=Insert("coded_terms", ("coded_drawn", "number", "rounding", "distance_mean")),
        source=_SOURCE,
    ),
)

# Ends in step "cells_information".
CODE = (
    Step(
        name="parts",
        title="Counts, then atoms",
        prose="What the code says of the atoms is weighed given the counts.",
        claim=equal(I_cells, I_counts + I_atoms),
        check=ChainRule(total=I_cells, parts=(I_counts, I_atoms)),
        source=_SOURCE,
    ),
    Step(
        name="counts",
        title="Counts",
        prose="No more than their entropy.",
        claim=at_most(I_counts, H_counts),
        check=InformationBelowEntropy(information=I_counts, entropy=H_counts),
        source=_SOURCE,
    ),
    Step(
        name="counts_parted",
        title="One cell after the other",
        prose="The counts depend on each other, which only helps.",
        claim=at_most(H_counts, sp.Sum(H, _CELLS)),
        check=CountsTogether(joint=H_counts, single=H, index=c, low=sp.S.One, high=C),
        source=_SOURCE,
    ),
    Step(
        name="count",
        title="Entropy of one count",
        prose=r"Of all laws on $0,1,2,\dots$ with mean $\nu$ the geometric one has the largest entropy.",
        claim=at_most(H, _COUNT),
        check=CountEntropy(entropy=H, mean=nu),
        source=_SOURCE,
    ),
    Step(
        name="counts_value",
        title="All counts",
        prose="Add up.",
        claim=at_most(sp.Sum(H, _CELLS), sp.Sum(_COUNT, _CELLS)),
        check=SumUp("count", c, sp.S.One, C),
        source=_SOURCE,
    ),
    Step(
        name="channels",
        title="Atoms",
        prose="Given the counts each atom passes through a channel of its own, sign and all. The atoms depend on each "
        r"other, but the noises do not; there are $\nu(c)$ of cell $c$ on average.",
        claim=at_most(I_atoms, sp.Sum(nu * J, _CELLS)),
        check=MemorylessChannel(total=I_atoms, single=nu * J, index=c, low=sp.S.One, high=C, resting_on=("noise",)),
        source=_SOURCE,
    ),
    Step(
        name="atom_parts",
        title="Sign and vector",
        prose="They are independent, and each part of an atom's code is made from one of the two.",
        claim=at_most(J, H_sign + V),
        check=EntropySubadditivity(joint=J, parts=(H_sign, V)),
        source=_SOURCE,
    ),
    Step(
        name="sign",
        title="One sign",
        prose="A sign is a fair coin.",
        claim=equal(H_sign, sp.log(2)),
        check=BernoulliEntropy(entropy=H_sign, probability=sp.Rational(1, 2)),
        source=_SOURCE,
    ),
    Step(
        name="atom_copy_parts",
        title="Size of an atom's copy",
        prose=r"$\tilde v$ is $1-D$ times $v$ plus independent noise.",
        claim=equal(size, (1 - D) ** 2 * q + _SPREAD),
        check=Pythagoras(total=size, first=(1 - D) ** 2 * q, second=_SPREAD, resting_on=("noise",)),
        source=_SOURCE,
    ),
    Step(
        name="atom_copy_value",
        title="Noise put in",
        prose="As before.",
        claim=equal(size, (1 - D) ** 2 * q + D * (1 - D) * b),
        check=Insert("atom_copy_parts", ("noise", "noise_integral")),
        source=_SOURCE,
    ),
    Step(
        name="atom_copy_size",
        title="It is at most",
        prose=r"$(1-D)^2b+D(1-D)b=(1-D)b=r$.",
        claim=at_most(size, r),
        check=Combine({"atom_copy_value": 1, "sizes": (1 - D) ** 2}),
        source=_SOURCE,
    ),
    LOGARITHM,
    Step(
        name="atom_copy_logarithm",
        title="At the ratio of the size to its bound",
        prose="With $x$ that ratio.",
        claim=at_most(sp.log(size / r), size / r - 1),
        check=Specialise("logarithm", {x: size / r}),
    ),
    Step(
        name="atom_copy_entropy",
        title="Entropy of an atom's copy",
        prose="Given the counts or not, a Gaussian vector of the same mean square has at least its differential "
        "entropy.",
        claim=at_most(output, d / 2 * sp.log(2 * sp.pi * sp.E * size / d)),
        check=GaussianMaxEntropy(entropy=output, dimension=d, second_moment=size),
        source=_SOURCE,
    ),
    Step(
        name="atom_noise_entropy",
        title="Entropy of the noise",
        prose="Given the atom, its copy is Gaussian.",
        claim=equal(noise, d / 2 * sp.log(2 * sp.pi * sp.E * _VARIANCE)),
        check=GaussianEntropy(entropy=noise, dimension=d, variance=_VARIANCE, resting_on=("noise",)),
        source=_SOURCE,
    ),
    Step(
        name="vector",
        title="Information through the channel",
        prose="The difference of the two entropies.",
        claim=equal(V, output - noise),
        check=DifferentialInformation(information=V, output=output, conditional=noise),
        source=_SOURCE,
    ),
    Step(
        name="vector_value",
        title="Cost of an atom's vector",
        prose="All but the ratio of upper end and distortion cancels.",
        claim=at_most(V, d / 2 * sp.log(b / theta)),
        check=Combine(
            {
                "vector": 1,
                "atom_copy_entropy": 1,
                "atom_noise_entropy": -1,
                "atom_copy_logarithm": d / 2,
                "atom_copy_size": d / (2 * r),
            }
        ),
        source=_SOURCE,
    ),
    Step(
        name="vector_samples",
        title="In terms of the samples",
        prose="Put in the distortion.",
        claim=at_most(V, _VECTOR),
        check=Insert("vector_value", ("theta",)),
        source=_SOURCE,
    ),
    Step(
        name="atom",
        title="Cost of an atom",
        prose="Sign and vector together.",
        claim=at_most(J, _ATOM),
        check=Combine({"atom_parts": 1, "sign": 1, "vector_samples": 1}),
        source=_SOURCE,
    ),
    *_all_cells("atom", "atoms", J, _ATOM),
    Step(
        name="cells_information",
        title="Information about the atoms in cells",
        prose="Put the parts together.",
        claim=at_most(I_cells, NATS),
        check=Insert("parts", ("counts", "counts_parted", "counts_value", "channels", "atoms")),
        source=_SOURCE,
    ),
)

LETTERS = (
    Letter(theta, "distortion at which each coded atom is passed on"),
    Letter(c, "a cell"),
    Letter(C, "number of cells"),
    Letter(nu, "expected number of atoms in a cell"),
    Letter(r, r"upper end $b$ of a cell, for $|v|^2$, less the distortion"),
    Letter(q, r"mean square $\mathbb{E}|v|^2$ of an atom in a cell"),
    Letter(A, "expected number of coded atoms"),
    Letter(F_cells, "logit of the part of the teacher in cells"),
    Letter(F_cells_copy, "logit of the student's copy of that part"),
    Letter(error, "second moment of the error of an atom in a cell"),
    Letter(distance, r"mean squared distance $\mathbb{E}|v-\tilde v|^2$ of an atom in a cell and its copy"),
    Letter(chord, "the same of an atom drawn at random"),
    Letter(size, r"mean square $\mathbb{E}|\tilde v|^2$ of a copy"),
    Letter(I_cells, "information of the teacher and the code of the atoms in cells", "nats"),
    Letter(I_counts, "information of teacher and counts", "nats"),
    Letter(I_atoms, "information of atoms and what the code says of them, given the counts", "nats"),
    Letter(H_counts, "entropy of the counts", "nats"),
    Letter(H, "entropy of the count of a cell", "nats"),
    Letter(H_sign, "entropy of a sign", "nats"),
    Letter(J, "information of an atom in a cell and what the code says of it", "nats"),
    Letter(V, r"information $I(v;\tilde v)$", "nats"),
    Letter(output, r"differential entropy of $\tilde v$", "nats"),
    Letter(noise, r"differential entropy of $\tilde v$ given $v$", "nats"),
)
