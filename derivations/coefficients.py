"""A random function in spherical harmonics, each of its coefficients through a Gaussian channel of its own.

Docs/math2.md, sections C0 and C1.  The function is the teacher, or a part of it that has the same spectrum; it enters
by its covariance alone.
"""

from dataclasses import dataclass

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.check import Assumed, Definition
from infobound.proof.copies import MemorylessChannel
from infobound.proof.linking import Combine, Insert, Specialise, SumUp
from infobound.proof.probability import OrthogonalSum, Pythagoras
from infobound.proof.step import Assumption, Letter, Step, at_most, below, equal
from infobound.special.harmonics import coded_modes, coding_nats, uncoded_energy
from infobound.symbols import T, d

from .channel import Channel, x
from .energies import spectrum

__all__ = ["SPECTRUM", "Series"]

m = sp.Symbol("m", integer=True, nonnegative=True)
j = sp.Symbol("j", integer=True, positive=True)
h = sp.Symbol("h", integer=True, positive=True)
varkappa = sp.Function("varkappa", positive=True)(h)
eta = sp.Symbol("eta", positive=True)
N, kappa = sp.Function("N", positive=True)(j), sp.Function("kappa", positive=True)(j)

_DEGREES = (j, 1, m)
_SOURCE = "docs/math2.md, section C1"

SPECTRUM = spectrum(varkappa, 2 * h, r"\varkappa(h)=2dN_\ell\,\mathbb{E}[v^+P_\ell(v)]^2")


@dataclass(frozen=True)
class Series:
    """A random function with the teacher's spectrum, and the student's copy of it.

    Parameters
    ----------
    share : Expr
        The function's share of the teacher's energy; a step "whole" before `error` says that it is E S^2 = share/2.
    whole, part, copy : Symbol
        Logits of the function S, of its coded degrees, and of the copy.
    information : Symbol
        Information of the teacher and what the channels passed on.
    subject, name : str
        The function for the reader, as words and as LaTeX.
    """

    share: sp.Expr
    whole: sp.Symbol
    part: sp.Symbol
    copy: sp.Symbol
    information: sp.Symbol
    subject: str
    name: str

    @property
    def totals(self) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """Number of coded coefficients, their nats, and the share of the energy that they leave."""
        samples = self.share * T
        return coded_modes(samples, d), coding_nats(samples, d), uncoded_energy(samples, d)

    @property
    def square(self) -> sp.Expr:
        """E (S - S~)^2, the error of the copy."""
        return Mean((self.whole - self.copy) ** 2, self.whole, self.copy)

    @property
    def channel(self) -> Channel:
        """The channel of one coefficient."""
        return Channel(
            signal=self.share * kappa / (2 * N),
            distortion=eta,
            chord=sp.Function("delta_a", nonnegative=True)(j),
            size=sp.Function("S_a", positive=True)(j),
            information=sp.Function("J_a", real=True)(j),
            output=sp.Function("h_a", real=True)(j),
            noise=sp.Function("h_z", real=True)(j),
            vector="a",
            copy=r"\tilde a",
            dimension=sp.S.One,
        )

    @property
    def _factor(self) -> str:
        return "" if self.share == 1 else sp.latex(self.share)

    @property
    def _nats(self) -> sp.Expr:
        return N / 2 * sp.log(T * self.share * kappa / (8 * N))

    @property
    def _sums(self) -> tuple[sp.Basic, sp.Basic, sp.Basic]:
        """What the totals are, by definition."""
        modes, nats, left = self.totals
        return (
            equal(sp.Sum(N, _DEGREES), modes),
            equal(sp.Sum(self._nats, _DEGREES), nats),
            equal(sp.Sum(kappa / 2, _DEGREES), (1 - left) / 2),
        )

    @property
    def setting(self) -> tuple[str, ...]:
        """Paragraphs on the coefficients and the totals."""
        factor = self._factor
        modes, nats, left = map(sp.latex, self.totals)
        return (
            r"The functions $|x|\,Y(x/|x|)/\sqrt d$, where $Y$ runs through an orthonormal basis of the spherical "
            rf"harmonics, are orthonormal for standard Gaussian inputs in $\mathbb{{R}}^d$. {self.subject} "
            rf"${self.name}$ is a series in them, whose coefficients $a$ are random, centred and uncorrelated. Those "
            rf"of one degree have one mean square, ${factor}\kappa/(2N)$ if the degree has $N$ harmonics and the share "
            r"$\kappa$ of the energy.",
            r"A degree is coded if this mean square exceeds $\eta=4/T$ (and if it is at most 4096, which matters for "
            r"$d\le3$ and $T>10^{12}$ only). Number the coded degrees by $j=1,\dots,m$; there may be none. "
            rf"${sp.latex(self.part)}$ is their part of ${self.name}$. The student's copy ${sp.latex(self.copy)}$ is "
            rf"${sp.latex(self.part)}$ with each coefficient $a$ replaced by $\tilde a=(1-D)a+\sqrt{{D(1-D)\,{factor}"
            rf"\kappa/(2N)}}\;Z$, where $D=\frac{{2N\eta}}{{{factor}\kappa}}$.",
            rf"${modes}$, ${nats}$ and ${left}$ are the sums over coded degrees that the assumptions state. Their "
            "terms have closed forms (docs/math2.md, section C0), which are part of what these functions are: degree 0 "
            r"has one harmonic and the share $\frac d{2\pi}(\Gamma(\frac d2)/\Gamma(\frac{d+1}2))^2$, degree 1 has "
            r"$d$ and the share $\frac12$, an even degree $\ell=2h\ge2$ has $N_\ell=\frac{(2\ell+d-2)\,"
            r"\Gamma(\ell+d-2)}{\ell!\,\Gamma(d-1)}$ and the share below, and the other odd degrees have none.",
        )

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What is assumed of the series and its coded degrees; the channels' noise is assumed beside it."""
        modes, nats, left = map(sp.latex, self.totals)
        counted, cost, energies = self._sums
        factor = self._factor
        return (
            Assumption(
                "harmonics",
                f"{self.subject} is a series in functions that are orthonormal under the law of the inputs, and its "
                "coefficients are uncorrelated, with the mean squares stated above; inputs are independent of them.",
            ),
            Assumption(
                "coded",
                "The coefficients of a coded degree have a mean square above the distortion.",
                formula=below(4 / T, self.channel.signal),
            ),
            Assumption("modes", f"${modes}$ is the number of coded coefficients.", formula=counted),
            Assumption(
                "nats",
                rf"${nats}$ sums $\frac12\ln\frac{{T{factor}\kappa}}{{8N}}$ over the coded coefficients.",
                formula=cost,
            ),
            Assumption(
                "energy", f"${left}$ is the share of the energy that the coded degrees leave.", formula=energies
            ),
        )

    @property
    def letters(self) -> tuple[Letter, ...]:
        """Rows of the symbol table, but for the whole and the copy."""
        return (
            Letter(eta, "distortion at which each coefficient is coded"),
            Letter(m, "number of coded degrees"),
            Letter(j, "place of a coded degree among the coded ones"),
            Letter(N, "number of harmonics of that degree"),
            Letter(kappa, "its share of the energy"),
            Letter(self.part, f"logit of the coded degrees' part of ${self.name}$"),
            Letter(h, "half of an even degree"),
            Letter(varkappa, r"share of the energy in degree $2h$"),
            *self.channel.letters,
            Letter(
                self.information, "information of the teacher and what the coefficients' channels passed on", "nats"
            ),
        )

    @property
    def error(self) -> tuple[Step, ...]:
        """Steps to "series_error", the error of the copy; they use step "whole"."""
        channel, chord = self.channel, self.channel.chord
        modes, _, left = self.totals
        counted, _, energies = self._sums
        square, kept = Mean(self.whole**2, self.whole), Mean(self.part**2, self.part)
        dropped = Mean((self.whole - self.part) ** 2, self.whole, self.part)
        noisy = Mean((self.part - self.copy) ** 2, self.part, self.copy)
        name, part, copy = self.name, sp.latex(self.part), sp.latex(self.copy)
        return (
            Step(
                name="eta",
                title="Distortion of a coefficient",
                prose="Every coded coefficient is passed on at the same distortion.",
                claim=equal(eta, 4 / T),
                check=Definition(),
                source=_SOURCE,
            ),
            Step(
                name="coded",
                title="Coded degrees",
                prose="By definition of what is coded.",
                claim=below(4 / T, channel.signal),
                check=Assumed("coded"),
                source=_SOURCE,
            ),
            Step(
                name="inside",
                title="The channel passes something on",
                prose="So its distortion is below the signal.",
                claim=channel.inside,
                check=Insert("coded", ("eta",)),
                source=_SOURCE,
            ),
            Step(
                name="series_parts",
                title="Two sources of error",
                prose=rf"The copy differs from ${name}$ in the degrees that are not coded (${name}-{part}$) and in the "
                rf"noise of those that are (${part}-{copy}$), which are orthogonal.",
                claim=equal(self.square, dropped + noisy),
                check=Pythagoras(total=self.square, first=dropped, second=noisy, resting_on=("harmonics",)),
                source=_SOURCE,
            ),
            Step(
                name="energy_parts",
                title=f"Energy of ${name}$",
                prose="So are the coded degrees and the others.",
                claim=equal(square, kept + dropped),
                check=Pythagoras(total=square, first=kept, second=dropped, resting_on=("harmonics",)),
                source=_SOURCE,
            ),
            Step(
                name="kept",
                title="Energy of the coded degrees",
                prose=rf"Degree $j$ has the share $\kappa(j)$ of the energy ${sp.latex(self.share / 2)}$.",
                claim=equal(kept, sp.Sum(self.share * kappa / 2, _DEGREES)),
                check=OrthogonalSum(
                    square=kept,
                    summand=self.share * kappa / 2,
                    index=j,
                    low=sp.S.One,
                    high=m,
                    resting_on=("harmonics",),
                ),
                source=_SOURCE,
            ),
            Step(
                name="energy",
                title="What the coded degrees leave",
                prose=f"By definition of ${sp.latex(left)}$.",
                claim=energies,
                check=Assumed("energy"),
                source="definition",
            ),
            Step(
                name="dropped",
                title="Error of the degrees that are not coded",
                prose="The energy that the coded degrees leave.",
                claim=equal(dropped, self.share * left / 2),
                check=Combine({"energy_parts": -1, "whole": 1, "kept": -1, "energy": -self.share}),
                source=_SOURCE,
            ),
            *channel.distance(channel.inside),
            Step(
                name="distance_coded",
                title="Distance of a coded coefficient's copy",
                prose="The channel exists for the coded degrees.",
                claim=equal(chord, eta),
                check=Specialise("distance", {}, discharging=("inside",)),
                source=_SOURCE,
            ),
            Step(
                name="degree_terms",
                title="Error of the coded degrees",
                prose=r"The basis is orthonormal, and degree $j$ has $N(j)$ coefficients.",
                claim=equal(noisy, sp.Sum(N * chord, _DEGREES)),
                check=OrthogonalSum(
                    square=noisy, summand=N * chord, index=j, low=sp.S.One, high=m, resting_on=("harmonics",)
                ),
                source=_SOURCE,
            ),
            Step(
                name="modes",
                title="Number of coded coefficients",
                prose=f"By definition of ${sp.latex(modes)}$.",
                claim=counted,
                check=Assumed("modes"),
                source="definition",
            ),
            Step(
                name="degrees_error",
                title="Its value",
                prose="Each coded coefficient errs by the distortion.",
                claim=equal(noisy, eta * sp.Sum(N, _DEGREES)),
                check=Insert("degree_terms", ("distance_coded",)),
                source=_SOURCE,
            ),
            Step(
                name="series_error",
                title="Error of the copy",
                prose="Put the two sources together.",
                claim=equal(self.square, self.share * left / 2 + 4 * modes / T),
                check=Insert("series_parts", ("dropped", "degrees_error", "modes", "eta")),
                source=_SOURCE,
            ),
        )

    @property
    def code(self) -> tuple[Step, ...]:
        """Steps to "series_information", what the channels pass on; they use the steps of `error`."""
        channel, passed = self.channel, self.channel.information
        _, nats, _ = self.totals
        _, cost, _ = self._sums
        return (
            Step(
                name="coefficients",
                title="Coefficients",
                prose="Each coefficient passes through a channel of its own. The coefficients depend on each other, "
                "but the noises do not.",
                claim=at_most(self.information, sp.Sum(N * passed, _DEGREES)),
                check=MemorylessChannel(
                    total=self.information, single=N * passed, index=j, low=sp.S.One, high=m, resting_on=("noise",)
                ),
                source=_SOURCE,
            ),
            *channel.information_steps()[:-1],
            Step(
                name="coefficient",
                title="Information about one coefficient",
                prose="The channel exists for the coded degrees.",
                claim=at_most(passed, sp.log(channel.signal / eta) / 2),
                check=Specialise("passed", {}, discharging=("inside",)),
                source=_SOURCE,
            ),
            Step(
                name="coefficient_value",
                title="Its value",
                prose="Put in the distortion.",
                claim=at_most(passed, sp.log(T * self.share * kappa / (8 * N)) / 2),
                check=Insert("coefficient", ("eta",)),
                source=_SOURCE,
            ),
            Step(
                name="degree",
                title="Information about one degree",
                prose="It has $N(j)$ coefficients.",
                claim=at_most(N * passed, self._nats),
                check=Combine({"coefficient_value": N}),
                source=_SOURCE,
            ),
            Step(
                name="degrees",
                title="All coded degrees",
                prose="Add up.",
                claim=at_most(sp.Sum(N * passed, _DEGREES), sp.Sum(self._nats, _DEGREES)),
                check=SumUp("degree", j, sp.S.One, m),
            ),
            Step(
                name="nats",
                title="Nats of the code",
                prose=f"By definition of ${sp.latex(nats)}$.",
                claim=cost,
                check=Assumed("nats"),
                source="definition",
            ),
            Step(
                name="series_information",
                title="Information about the coefficients",
                prose="Put the parts together.",
                claim=at_most(self.information, nats),
                check=Insert("coefficients", ("degrees", "nats")),
                source=_SOURCE,
            ),
        )

    @property
    def worth(self) -> tuple[Step, ...]:
        """Steps to "coding_pays": to code a degree never costs more than its energy; they use step "logarithm"."""
        modes, nats, left = self.totals
        ratio = T * self.share * kappa / (8 * N)
        spared = N / 2 * (ratio - 1)
        return (
            Step(
                name="ratio_logarithm",
                title="At the ratio of signal and distortion",
                prose=f"With $x={sp.latex(ratio)}$.",
                claim=at_most(sp.log(ratio), ratio - 1),
                check=Specialise("logarithm", {x: ratio}),
            ),
            Step(
                name="degree_worth",
                title="A coded degree and its energy",
                prose="Its coefficients together.",
                claim=at_most(self._nats, spared),
                check=Combine({"ratio_logarithm": N / 2}),
            ),
            Step(
                name="degrees_worth",
                title="All coded degrees",
                prose="Add up.",
                claim=at_most(sp.Sum(self._nats, _DEGREES), sp.Sum(spared, _DEGREES)),
                check=SumUp("degree_worth", j, sp.S.One, m),
            ),
            Step(
                name="coding_pays",
                title="Coding pays",
                prose=f"All that ${self.name}$ costs is at most what its energy alone would.",
                claim=at_most(self.share * left / 16 + modes / (2 * T) + nats / T, self.share / 16),
                check=Combine(
                    {"degrees_worth": 1 / T, "nats": -1 / T, "modes": -1 / (2 * T), "energy": self.share / 8}
                ),
                source=_SOURCE,
            ),
        )
