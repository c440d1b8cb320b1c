"""Fields of tangent vectors for van Trees' inequality, of degree 1 and 2, and what goes into it (docs/math2.md, C6).

Each direction w_k is a point on a sphere.  For a test input x the field is (s_k beta_k/a_k) times the gradient of
u_k^l/l, where u_k = w_k.x and l is the degree.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import sympy as sp

from infobound.bounds.two_harmonics import DEGREES, Degree
from infobound.proof.averages import Mean
from infobound.proof.check import Definition
from infobound.proof.estimating import (
    OwnAndPairs,
    PairOfDirections,
    SphereLaplacian,
)
from infobound.proof.linking import Combine, Insert
from infobound.proof.probability import IndependentFactors, OrthogonalSum
from infobound.proof.step import Letter, Step, at_most, equal
from infobound.symbols import K, d

from .atoms import FAST, M, energy, exchanged, pairs, r, scaled, squares
from .directions import WIDE, S, absolute, cubed, h, mixed, power, second, square_length, v
from .probabilities import VARIANCE, t
from .teacher import F, k
from .van_trees import score, slope, statistic

__all__ = ["FIELDS", "Field"]

HALF = sp.Rational(1, 2)
HERE = "docs/math2.md, C6"
_step = partial(Step, source=HERE)


@dataclass(frozen=True)
class Field:
    """A field of one degree, the symbols of what it moves, and the steps about it.

    Attributes
    ----------
    degree : int
        1 or 2.
    known : Degree
        What the law says of the degree.
    scale : Expr
        E u^(l-1) over u > 0, over that at l = 1.
    """

    degree: int
    known: Degree
    scale: sp.Expr

    def _symbol(self, name: str, **assumptions: bool) -> sp.Symbol:
        return sp.Symbol(f"{name}_{self.degree}", **assumptions)

    @cached_property
    def letters(self) -> tuple[Letter, ...]:
        """Rows of the symbol table."""
        ell = self.degree
        return (
            Letter(self.share, f"bound on what two neurons share of their scores, degree {ell}"),
            Letter(self.covariance, f"mean product of error and statistic of degree {ell}"),
            Letter(self.square, "mean square of that statistic"),
            Letter(self.slope, f"slope of the logit along the field of degree {ell}"),
            Letter(self.score, "slope of a past sample's logit along that field"),
            Letter(self.divergence, "divergence of that field"),
            Letter(self.term, "mean square of a neuron's part of it"),
            Letter(self.own, "mean of a neuron's part of the slope times its own square in $F^2$, weights left out"),
            Letter(self.others, "the same with the square of another neuron"),
            Letter(self.own_score, "mean square of a neuron's part of the score, weights left out"),
            Letter(self.shared_score, "mean product of two neurons' parts"),
            Letter(self.laplacian, f"mean square of the Laplacian of $u^{ell}/{ell}$"),
        )

    @property
    def share(self) -> sp.Symbol:
        """The law's share, by name."""
        return self._symbol("g", positive=True)

    @property
    def square(self) -> sp.Expr:
        """Mean square of the statistic after t samples."""
        return sp.Function(f"Q_{self.degree}", positive=True)(t)

    @property
    def covariance(self) -> sp.Expr:
        """Mean product of the error and the statistic after t samples."""
        return sp.Function(f"c_{self.degree}", real=True)(t)

    @property
    def score(self) -> sp.Symbol:
        """Slope of a sample's logit along the field."""
        return self._symbol("G", real=True)

    @property
    def divergence(self) -> sp.Symbol:
        """Divergence of the field."""
        return self._symbol("D", real=True)

    @property
    def term(self) -> sp.Expr:
        """Mean square of a neuron's part of the divergence."""
        return sp.Function(f"theta_{self.degree}", nonnegative=True)(k)

    @property
    def slope(self) -> sp.Symbol:
        """Slope of the logit at the test input along the field."""
        return self._symbol("W", nonnegative=True)

    @property
    def own_score(self) -> sp.Symbol:
        """Mean square of a neuron's part of the score."""
        return self._symbol("eta", nonnegative=True)

    @property
    def shared_score(self) -> sp.Symbol:
        """Mean product of two neurons' parts."""
        return self._symbol("zeta", nonnegative=True)

    @property
    def laplacian(self) -> sp.Symbol:
        """Mean square of the Laplacian."""
        return self._symbol("delta", nonnegative=True)

    @property
    def own(self) -> sp.Symbol:
        """Mean of a neuron's part of the slope times its own square in F^2."""
        return self._symbol("p", nonnegative=True)

    @property
    def others(self) -> sp.Symbol:
        """The same with the square of another neuron."""
        return self._symbol("q", nonnegative=True)

    @property
    def named(self) -> Degree:
        """The law's quantities, with names for what a dimension of at least 2 makes positive."""
        known = self.known
        eigenvalue = 2 * h if self.degree == 1 else known.eigenvalue
        return Degree(h * self.scale**2, self.share, eigenvalue, known.own, known.others)

    @property
    def lag(self) -> sp.Expr:
        """A quarter of the mean of F^2 under the weights of the slope, from above."""
        return self.known.own / M + self.known.others

    @property
    def rest_moment(self) -> sp.Expr:
        """E v^(l-1) S^2."""
        return Mean(v * S**2, v, S) if self.degree == 2 else Mean(S**2, S)

    @property
    def name_step(self) -> Step:
        """Step "share_l"."""
        prose = f"For degree {self.degree}."
        return _step(f"share_{self.degree}", "A name", prose, equal(self.share, self.known.share), Definition(), WIDE)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps; "slope_l" and "square_l" are used by what follows, and "identity_l"."""
        return (*self.slope_steps(), *self.score_steps(), *self.divergence_steps(), *self.statistic_steps())

    def slope_steps(self) -> tuple[Step, ...]:
        """Return the steps to "slope_l": how fast the field moves the label's probability, on average."""
        ell = self.degree
        W, y = self.slope, self.lag
        value, tilted = M * h * self.scale, Mean(F**2 * W, F, W)
        own, others = 2 * y.coeff(M, -1) * 2 * h * self.scale, 4 * self.named.others * h * self.scale
        first = ("v1", "v1_integral") if ell == 2 else ()
        products = ("v3_rest", "v_rest_square", "v3", "v3_integral") if ell == 2 else ("v2_rest", "v2", "v2_integral")
        return (
            _step(
                f"slope_parts_{ell}",
                f"Slope along the field of degree {ell}",
                rf"$W_{ell}=\sum_k\beta_k\,1(u_k>0)\,u_k^{{{ell - 1}}}S_k$ for the projections $u_k$ of the input and "
                "its rests.",
                equal(Mean(W, W), M * power(ell - 1) * Mean(S, S) / 2),
                IndependentFactors(
                    product=Mean(W, W), factors=(M, HALF, power(ell - 1), Mean(S, S)), resting_on=("directions",)
                ),
            ),
            _step(
                f"slope_value_{ell}",
                "Its mean",
                "Put the moments in.",
                equal(Mean(W, W), value),
                Insert(f"slope_parts_{ell}", (*first, "rest_named")),
                WIDE,
            ),
            _step(
                f"tilt_parts_{ell}",
                "Together with the square of the logit",
                "The signs leave squares of single terms: that of the neuron itself, and those of the others.",
                equal(tilted, energy * self.own + exchanged * self.others),
                OwnAndPairs(
                    total=tilted,
                    own=(energy, self.own),
                    pairs=(exchanged, self.others),
                    resting_on=("directions", "signs"),
                ),
            ),
            _step(
                f"tilt_own_{ell}",
                "The neuron itself",
                "Projection and rest are independent.",
                equal(self.own, power(ell + 1) * Mean(S, S) / 2),
                IndependentFactors(
                    product=self.own, factors=(HALF, power(ell + 1), Mean(S, S)), resting_on=("inputs",)
                ),
            ),
            _step(
                f"tilt_others_{ell}",
                "Another neuron",
                "Its direction is independent: what is left is the input's square length, projection and rest.",
                equal(self.others, second / 4 * (Mean(v ** (ell + 1) * S, v, S) + self.rest_moment)),
                IndependentFactors(
                    product=self.others,
                    factors=(sp.Rational(1, 4), second, Mean(v ** (ell + 1) * S, v, S) + self.rest_moment),
                    resting_on=("directions",),
                ),
            ),
            _step(
                f"tilt_{ell}",
                "Their sum",
                "Put the moments in, and the bounds on the weights.",
                at_most(tilted, own + M * others),
                Insert(
                    f"tilt_parts_{ell}",
                    (
                        f"tilt_own_{ell}",
                        f"tilt_others_{ell}",
                        "second",
                        *products,
                        *first,
                        "rest_named",
                        "rest_square_named",
                        "energy",
                        "exchanged",
                    ),
                ),
                WIDE,
            ),
            *slope(W, y, value, f"_{ell}", WIDE),
        )

    def score_steps(self) -> tuple[Step, ...]:
        """Return the steps to "score_l": what a sample tells along the field."""
        ell = self.degree
        G = self.score
        moments = {1: (second,), 2: (absolute, cubed, mixed)}[ell]
        shared = {
            1: ("square_length", "second", "v2", "v2_integral"),
            2: (
                "square_length",
                "v2_rest",
                "v4",
                "v4_integral",
                "v2",
                "v2_integral",
                "rest",
                "rest_square",
                "cubed",
                "mixed",
                "absolute_square",
            ),
        }[ell]
        relation = equal if ell == 1 else at_most
        return (
            *score(G, f"Score along the field of degree {ell}", f"_{ell}"),
            _step(
                f"score_parts_{ell}",
                "One neuron, and two",
                rf"$G_{ell}=\sum_k\beta_kh_k$, where $h_k=1(w_k\cdot X>0)\,(P_kX)\cdot x\,u_k^{{{ell - 1}}}$ for the "
                r"sample's input $X$; $P_k$ projects on the directions orthogonal to $w_k$.",
                equal(Mean(G**2, G), squares * self.own_score + pairs * self.shared_score),
                OwnAndPairs(
                    total=Mean(G**2, G),
                    own=(squares, self.own_score),
                    pairs=(pairs, self.shared_score),
                    resting_on=("directions", "signs"),
                ),
            ),
            _step(
                f"own_score_parts_{ell}",
                "One neuron",
                r"Given $x$ and $w$, $(P_wX)\cdot x$ is normal with variance $S$ and independent of $w\cdot X$.",
                equal(self.own_score, power(2) * power(2 * ell - 2) * Mean(S, S) / 2),
                IndependentFactors(
                    product=self.own_score,
                    factors=(HALF, power(2), power(2 * ell - 2), Mean(S, S)),
                    resting_on=("inputs",),
                ),
            ),
            _step(
                f"own_score_{ell}",
                "Its value",
                "Put the moments in.",
                equal(self.own_score, h),
                Insert(f"own_score_parts_{ell}", ("v2", "v2_integral", "rest_named")),
                WIDE,
            ),
            _step(
                f"shared_score_parts_{ell}",
                "Two neurons",
                "Given the inputs they are independent.",
                PairOfDirections(
                    shared=self.shared_score, degree=ell, length=square_length, moments=moments, projection=v, rest=S
                ).yields(),
                PairOfDirections(
                    shared=self.shared_score,
                    degree=ell,
                    length=square_length,
                    moments=moments,
                    projection=v,
                    rest=S,
                    resting_on=("directions", "inputs"),
                ),
            ),
            _step(
                f"shared_score_value_{ell}",
                "Its value",
                "Put the moments in.",
                relation(self.shared_score, (d - 1) / 2 * self.known.share),
                Insert(f"shared_score_parts_{ell}", shared),
                WIDE if ell == 2 else (),
            ),
            _step(
                f"shared_score_{ell}",
                "The same with names",
                "Put the names in.",
                relation(self.shared_score, h * self.share),
                Combine({f"shared_score_value_{ell}": 1, f"share_{ell}": -h, "half": -self.known.share}),
                WIDE,
            ),
            _step(
                f"score_{ell}",
                "Together",
                "Put everything in.",
                at_most(Mean(VARIANCE * G**2, F, G), h * (M + self.share * M**2) / 4),
                Insert(
                    f"score_mean_{ell}",
                    (f"score_parts_{ell}", f"own_score_{ell}", f"shared_score_{ell}", "squares", "pairs"),
                ),
                WIDE,
            ),
        )

    def divergence_steps(self) -> tuple[Step, ...]:
        """Return the steps to "divergence_l": the mean square of the field's divergence."""
        ell = self.degree
        D, term = self.divergence, self.term
        values = {
            1: ("v2", "v2_integral"),
            2: ("v2_rest", "v4", "v4_integral", "v2", "v2_integral", "rest", "rest_square"),
        }
        laplacian = SphereLaplacian(
            mean_square=self.laplacian, degree=ell, projection=v, rest=S, dimension=d, resting_on=("inputs",)
        )
        return (
            _step(
                f"terms_{ell}",
                f"Divergence of the field of degree {ell}",
                "It is a sum over neurons with independent centred signs.",
                equal(Mean(D**2, D), sp.Sum(term, (k, 1, sp.oo))),
                OrthogonalSum(
                    square=Mean(D**2, D), summand=term, index=k, low=sp.S.One, high=sp.oo, resting_on=("signs",)
                ),
            ),
            _step(
                f"term_{ell}",
                "One neuron",
                r"The field is $s_k\beta_k/a_k$ times the gradient of a function of $w_k$; its divergence is that "
                "times the Laplacian.",
                equal(term, scaled * self.laplacian),
                IndependentFactors(product=term, factors=(scaled, self.laplacian), resting_on=("directions",)),
            ),
            _step(
                f"divergence_sum_{ell}",
                "All neurons",
                "Put the terms in.",
                equal(Mean(D**2, D), self.laplacian * sp.Sum(scaled, (k, 1, sp.oo))),
                Insert(f"terms_{ell}", (f"term_{ell}",)),
            ),
            _step(f"laplacian_parts_{ell}", "The Laplacian", f"Of $u^{ell}/{ell}$.", laplacian.yields(), laplacian),
            _step(
                f"laplacian_{ell}",
                "Its value",
                "Put the moments in.",
                equal(self.laplacian, (d - 1) * self.known.eigenvalue),
                Insert(f"laplacian_parts_{ell}", values[ell]),
            ),
            _step(
                f"laplacian_named_{ell}",
                "The same with the name",
                "Put the name in.",
                equal(self.laplacian, 2 * h * self.named.eigenvalue),
                Combine({f"laplacian_{ell}": 1, "half": -2 * (2 * h + d - 1) if ell == 1 else -4 * d}),
                WIDE,
            ),
            _step(
                f"divergence_{ell}",
                "Together",
                "Put everything in.",
                at_most(Mean(D**2, D), 2 * h * self.named.eigenvalue * r**2 * M / (K + 1)),
                Insert(f"divergence_sum_{ell}", (f"laplacian_named_{ell}", "scaled")),
                (*WIDE, *FAST),
            ),
        )

    def statistic_steps(self) -> tuple[Step, ...]:
        """Return the steps to "identity_l" and "square_l": covariance and mean square of the statistic."""
        ell = self.degree
        return (
            *statistic(
                self.covariance,
                self.square,
                (self.slope, self.score, self.divergence),
                f"Statistic of degree {ell}",
                "directions",
                f"_{ell}",
            ),
            _step(
                f"square_{ell}",
                "Its square, from above",
                "Put the bounds in.",
                at_most(
                    self.square, h * M * (t * (1 + self.share * M) / 4 + 2 * self.named.eigenvalue * r**2 / (K + 1))
                ),
                Insert(f"statistic_{ell}", (f"score_{ell}", f"divergence_{ell}")),
                (*WIDE, *FAST),
            ),
        )


FIELDS = tuple(
    Field(degree, known, scale)
    for degree, known, scale in zip((1, 2), DEGREES.values(), (sp.S.One, sp.sqrt(2) / sp.sqrt(sp.pi)), strict=True)
)
