r"""The Gaussian channel that codes a direction without a codebook (docs/math.md, sections 5 and 12).

A vector v with E|v|^2 = q is passed on as

.. math:: \tilde v = (1-D)\,v + \sqrt{D(1-D)\,q/d}\;Z, \qquad D = \delta/q, \quad Z \sim N(0, I_d),

which is at mean squared distance delta and carries at most (d/2) ln(q/delta) nats about v, whatever the law of v.
"""

from dataclasses import dataclass

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum, Integration
from infobound.proof.information import (
    DifferentialInformation,
    GaussianEntropy,
    GaussianMaxEntropy,
    InformationBelowEntropy,
)
from infobound.proof.linking import Insert
from infobound.proof.probability import Pythagoras, UnderDensity
from infobound.proof.step import Assumption, Letter, Step, at_least, at_most, below, equal
from infobound.symbols import d

__all__ = ["ASSUMPTION", "LOGARITHM", "NOISE", "Channel", "x", "z"]

x = sp.Symbol("x", positive=True)
z = sp.Symbol("z", real=True)
_DENSITY = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
_NOISE_INTEGRAL = sp.Integral(z**2 * _DENSITY, (z, -sp.oo, sp.oo))

ASSUMPTION = Assumption(
    "noise",
    r"The noise $Z$ of a channel is a vector of independent standard normal variables $z$, of the dimension of what it "
    r"codes, independent of all else; everything coded has a noise of its own.",
)

NOISE = (
    Step(
        name="noise",
        title="Second moment of the noise",
        prose=r"Each coordinate $z$ of the noise is a standard normal variable.",
        claim=equal(Mean(z**2, z), _NOISE_INTEGRAL),
        check=UnderDensity(
            expression=z**2, variable=z, density=_DENSITY, low=-sp.oo, high=sp.oo, resting_on=("noise",)
        ),
        source="docs/math.md, section 5",
    ),
    Step(
        name="noise_integral",
        title="Its value",
        prose="A Gaussian integral.",
        claim=equal(_NOISE_INTEGRAL, 1),
        check=Integration(standard=True),
    ),
)

LOGARITHM = Step(
    name="logarithm",
    title="Logarithm and its tangent",
    prose="The difference is convex in $x$, and zero and stationary at $x=1$.",
    claim=at_most(sp.log(x), x - 1),
    check=ConvexMinimum(x, 1),
)


@dataclass(frozen=True)
class Channel:
    """One use of the Gaussian channel: its sizes, and the letters for what it does.

    Parameters
    ----------
    signal, distortion : Expr
        Mean square q of the vector coded, and the mean squared distance delta at which it is passed on, at most q.
    chord : Expr
        E|v - v~|^2, which the first steps show to be the distortion.
    size : Expr
        E|v~|^2, a positive symbol.
    information, output, noise : Expr
        I(v; v~), the differential entropy of v~, and that of v~ given v.
    vector, copy : str
        v and v~, as LaTeX.
    dimension : Expr
        Number of coordinates of v.
    """

    signal: sp.Expr
    distortion: sp.Expr
    chord: sp.Expr
    size: sp.Expr
    information: sp.Expr
    output: sp.Expr
    noise: sp.Expr
    vector: str
    copy: str
    dimension: sp.Expr = d

    @property
    def inside(self) -> sp.Basic:
        """The condition that the channel passes anything on."""
        return below(self.distortion, self.signal)

    @property
    def silent(self) -> sp.Basic:
        """The condition that it does not."""
        return at_least(self.distortion, self.signal)

    @property
    def letters(self) -> tuple[Letter, ...]:
        """Rows of the symbol table."""
        return (
            Letter(z, "one coordinate of the channel's noise"),
            Letter(self.chord, rf"mean squared distance $\mathbb{{E}}|{self.vector}-{self.copy}|^2$"),
            Letter(self.size, rf"mean square $\mathbb{{E}}|{self.copy}|^2$ of what the channel passes on"),
            Letter(self.information, rf"information $I({self.vector};{self.copy})$ through the channel", "nats"),
            Letter(self.output, rf"differential entropy of ${self.copy}$", "nats"),
            Letter(self.noise, rf"differential entropy of ${self.copy}$ given ${self.vector}$", "nats"),
        )

    def distance(self, *hypotheses: sp.Basic) -> tuple[Step, ...]:
        """Return the steps to "distance": the channel's copy is at the stated mean squared distance."""
        fraction, variance = self.distortion / self.signal, self._variance
        moved, spread = fraction**2 * self.signal, self.dimension * variance * Mean(z**2, z)
        return (
            Step(
                name="distance_parts",
                title="Distance of the channel's copy",
                prose=rf"${self.vector}-{self.copy}$ is $D$ times ${self.vector}$, with $D={sp.latex(fraction)}$, "
                rf"minus "
                r"noise that has mean zero given the vector.",
                claim=equal(self.chord, moved + spread),
                check=Pythagoras(total=self.chord, first=moved, second=spread, resting_on=("noise",)),
                hypotheses=hypotheses,
                source="docs/math.md, section 5",
            ),
            Step(
                name="distance",
                title="Its value",
                prose=r"$D^2+D(1-D)=D$.",
                claim=equal(self.chord, self.distortion),
                check=Insert("distance_parts", ("noise", "noise_integral")),
                hypotheses=hypotheses,
                source="docs/math.md, section 5",
            ),
        )

    @property
    def _variance(self) -> sp.Expr:
        fraction = self.distortion / self.signal
        return fraction * (1 - fraction) * self.signal / self.dimension

    def information_steps(self, *hypotheses: sp.Basic) -> tuple[Step, ...]:
        """Return the steps to "passed" and "silent": the information with and without anything passed on."""
        fraction, variance = self.distortion / self.signal, self._variance
        kept, spread = (1 - fraction) ** 2 * self.signal, self.dimension * variance * Mean(z**2, z)
        within = (self.inside, *hypotheses)
        return (
            Step(
                name="copy_parts",
                title="Size of the channel's copy",
                prose=rf"${self.copy}$ is $1-D$ times ${self.vector}$ plus independent noise.",
                claim=equal(self.size, kept + spread),
                check=Pythagoras(total=self.size, first=kept, second=spread, resting_on=("noise",)),
                hypotheses=within,
                source="docs/math.md, section 5",
            ),
            Step(
                name="copy_size",
                title="Its value",
                prose=r"$(1-D)^2+D(1-D)=1-D$.",
                claim=equal(self.size, self.signal - self.distortion),
                check=Insert("copy_parts", ("noise", "noise_integral")),
                hypotheses=within,
                source="docs/math.md, section 5",
            ),
            Step(
                name="copy_entropy",
                title="Entropy of the channel's copy",
                prose="Whatever the law of the copy, a Gaussian vector of the same mean square has at least its "
                "differential entropy.",
                claim=at_most(self.output, self.dimension / 2 * sp.log(2 * sp.pi * sp.E * self.size / self.dimension)),
                check=GaussianMaxEntropy(
                    entropy=self.output, dimension=self.dimension, second_moment=self.size, where=within
                ),
                hypotheses=within,
                source="docs/math.md, section 5",
            ),
            Step(
                name="noise_entropy",
                title="Entropy of the noise",
                prose=rf"Given ${self.vector}$, the copy is Gaussian with the variance of the noise in each "
                rf"coordinate.",
                claim=equal(self.noise, self.dimension / 2 * sp.log(2 * sp.pi * sp.E * variance)),
                check=GaussianEntropy(
                    entropy=self.noise, dimension=self.dimension, variance=variance, resting_on=("noise",)
                ),
                hypotheses=within,
                source="docs/math.md, section 5",
            ),
            Step(
                name="channel_information",
                title="Information through the channel",
                prose="The information is the difference of the two entropies.",
                claim=equal(self.information, self.output - self.noise),
                check=DifferentialInformation(
                    information=self.information, output=self.output, conditional=self.noise, where=within
                ),
                hypotheses=within,
                source="docs/math.md, section 5",
            ),
            Step(
                name="passed",
                title="Cost of the channel",
                prose="Put the entropies in; all but the ratio of signal and distortion cancels.",
                claim=at_most(self.information, self.dimension / 2 * sp.log(self.signal / self.distortion)),
                check=Insert("channel_information", ("copy_entropy", "noise_entropy", "copy_size")),
                hypotheses=within,
                source="docs/math.md, section 5",
            ),
            Step(
                name="silent",
                title="A silent channel",
                prose=r"At $D=1$ the channel passes on the zero vector, whose entropy is zero.",
                claim=at_most(self.information, 0),
                check=InformationBelowEntropy(information=self.information, entropy=sp.S.Zero),
                hypotheses=(self.silent, *hypotheses),
                source="docs/math.md, section 5",
            ),
        )
