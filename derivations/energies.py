"""Energy of a neuron in spherical harmonics of an even degree, as a step (docs/math2.md, C0)."""

import math

import sympy as sp

from infobound.errors import CheckFailed
from infobound.proof.check import Theorem
from infobound.proof.step import Step, equal
from infobound.symbols import d

__all__ = ["REFERENCES", "spectrum"]

REFERENCES = (
    "F. Bach, Breaking the Curse of Dimensionality with Convex Neural Networks, J. Mach. Learn. Res. 18 (2017) 1-53.",
    "C. Müller, Spherical Harmonics, Lecture Notes in Mathematics 17, Springer (1966).",
)


def _energy(ell: sp.Expr) -> sp.Expr:
    """Share of the energy in degree ell, with the number of harmonics written out."""
    count = (2 * ell + d - 2) * sp.gamma(ell + d - 2) / (sp.gamma(ell + 1) * sp.gamma(d - 1))
    amplitude = sp.gamma(d / 2) * sp.gamma((ell - 1) / 2) / (4 * sp.pi * sp.gamma((ell + d + 1) / 2))
    return 2 * d * count * amplitude**2


def _by_hand() -> None:
    """Degrees 2 and 4 in three dimensions, where a coordinate of a uniform direction is uniform on [-1, 1]."""
    # E[v^+ P(v)] for the Legendre polynomials (3v^2 - 1)/2 and (35v^4 - 30v^2 + 3)/8
    for degree, mean in ((2, (3 / 4 - 1 / 2) / 4), (4, (35 / 6 - 30 / 4 + 3 / 2) / 16)):
        energy = 2 * 3 * (2 * degree + 1) * mean**2
        if not math.isclose(energy, float(_energy(sp.Integer(degree)).subs(d, 3)), rel_tol=1e-12):
            raise CheckFailed("the spectrum of a ReLU neuron fails a numerical test")


def spectrum(share: sp.Expr, ell: sp.Expr, says: str, hypotheses: tuple[sp.Basic, ...] = ()) -> Step:
    """Return the step "spectrum": the share of a neuron's energy in an even degree.

    Parameters
    ----------
    says : str
        The share and the degree, in the words of the prose.
    """
    return Step(
        name="spectrum",
        title="Energy of an even degree",
        prose=r"A neuron $\max(0,w\cdot x)$ with a uniform direction is diagonal in the harmonics, and "
        rf"${says}$ for a coordinate $v$ of $w$ and the Gegenbauer polynomial $P$ of that degree.",
        claim=equal(share, _energy(ell)),
        check=Theorem(
            name="Funk-Hecke formula",
            reference="Müller, Spherical Harmonics (1966); Bach, J. Mach. Learn. Res. 18 (2017), appendix D",
            spot=_by_hand,
        ),
        hypotheses=hypotheses,
        source="docs/math2.md, section C0",
    )
