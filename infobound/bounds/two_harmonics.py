"""Lower bound from van Trees' inequality with the harmonics of degrees 1 and 2 (docs/math2.md, C6)."""

from dataclasses import dataclass

import sympy as sp

from infobound.bounds import teacher
from infobound.record import Law, Parameter
from infobound.symbols import K, T, d

__all__ = ["DEGREES", "LAWS", "RATE", "ROOT", "SEEN", "Degree", "atoms_charged"]

# Rate of the weights (1 - (1 - pi)^RATE)^2 of the atoms: about those with pi > 1/RATE are charged for.  SEEN is
# T (K+1)/(8 RATE^2), in a form that neither overflows nor cancels.
ROOT = sp.sqrt(T * (K + 1) / (8 * d))
RATE = sp.sqrt(1 + K * ROOT)
SEEN = d * ROOT / (K + 1 / ROOT)


def atoms_charged(rate: sp.Expr) -> sp.Expr:
    """Return a lower bound on E sum_k (1 - (1 - pi_k)^rate)^2, the expected number of atoms charged for."""
    return K * sp.log(1 + rate**2 / (K * (K + 2 * rate))) + rate**2 / ((K + rate) * (K + 2 * rate))


@dataclass(frozen=True)
class Degree:
    """What the harmonics of one degree contribute.

    Attributes
    ----------
    energy, share, eigenvalue : Expr
        e, g and lambda: the degree's energy, an upper bound on what two atoms share of theirs, and minus the
        eigenvalue of the sphere's Laplacian.
    own, others : Expr
        What an atom's own square, and those of the others, take from the labels' variance.
    """

    energy: sp.Expr
    share: sp.Expr
    eigenvalue: sp.Expr
    own: sp.Expr
    others: sp.Expr

    def bound(self, atoms: sp.Expr, seen: sp.Expr) -> sp.Expr:
        """Return the degree's part of the lower bound, where seen stands for T (K+1)/(8 rate^2)."""
        shared = 1 / (self.share + 1 / atoms)
        damping = sp.exp(-2 * (self.own / atoms + self.others))
        learned = sp.log(1 + (1 + self.share * atoms) * seen / self.eigenvalue)
        return self.energy * damping * shared * learned / (2 * T)


DEGREES = {
    "first_degree": Degree((d - 1) / 2, (d - 1) / (2 * d), d - 1, sp.Rational(1, 4), (d + 2) / (8 * d)),
    "second_degree": Degree(
        (d - 1) / sp.pi, 4 * d**2 / (sp.pi * (d + 1) ** 2 * (2 * d - 1)), 2 * d, sp.Rational(1, 2), (d + 3) / (8 * d)
    ),
}

LAWS = (
    Law(
        name="two_harmonics",
        title="Any predictor: van Trees' inequality, harmonics of degrees 1 and 2",
        kind="lower bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        terms={name: degree.bound(atoms_charged(RATE), SEEN) for name, degree in DEGREES.items()},
        size=None,
        data=T,
        parameters=(Parameter(d, low=2), *(p for p in teacher.PARAMETERS if p.symbol != d)),
        assumptions=(
            *teacher.SETTING,
            "The predictor is any one that learns from the labels before, even one that is told the weights and signs "
            "of all neurons; exact Bayes is one.",
        ),
        references=(*teacher.REFERENCES, teacher.VAN_TREES),
        notes=(
            "A closed form of what `sandwich` computes from draws of the weights, and free of a standard error: "
            "smaller by a factor of 1.7 to 9 for d up to 128, K from 0.2 to 100 and T from 100 to 1e12.",
            "The loss of exact Bayes does not rise with T: where the formula does, its value at any larger T is a "
            "bound too, and for T far below d a better one by orders of magnitude.",
            "Derived in docs/math2.md, C6; it is not in the papers.",
        ),
    ),
)
