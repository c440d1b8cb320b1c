"""Van Trees' inequality along gradients of zonal functions, for neurons of given sizes (docs/math2.md, C2)."""

from functools import partial

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.check import Algebra, Assumed, Definition
from infobound.proof.estimating import OwnAndPairs
from infobound.proof.linking import Combine, EitherWay, Insert
from infobound.proof.moments import DrawnByWeight, DrawnPart
from infobound.proof.probability import OrthogonalSum
from infobound.proof.spheres import HarmonicGradients, HarmonicPairs
from infobound.proof.step import Step, at_least, at_most, below, equal
from infobound.symbols import d

from .directions import WIDE, square_length
from .given_sizes import (
    COUNT,
    HERE,
    LENGTH,
    OPENING,
    PAIRS,
    RISE,
    SCALED,
    SQUARES,
    P,
    a,
    alpha,
    beta,
    k,
    loss,
    m,
    pairs,
    product,
    t,
    up,
)
from .probabilities import ERROR, VARIANCE
from .teacher import DIVERGENCE, F
from .van_trees import cauchy_schwarz, few, score, statistic
from .zonal_fields import (
    WORTH,
    D,
    G,
    Q,
    W,
    ZonalField,
    covariance,
    gradient,
    laplacian,
    own_score,
    shared_score,
    square,
    term,
    worth,
)

__all__ = ["Harmonics"]

_step = partial(Step, source=HERE)
_SPHERE = ("directions", "inputs", "harmonics")


class Harmonics(ZonalField):
    """A field, and the steps to what it shows."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps; the last is "bound"."""
        return (
            *OPENING,
            *self.slope_steps(),
            *self.score_steps(),
            *self.divergence_steps(),
            *self.learned_steps(),
        )

    def _gradients(self, product: sp.Expr, first: sp.Expr, other: sp.Expr) -> HarmonicGradients:
        return HarmonicGradients(
            product=product,
            length=square_length,
            first=first,
            second=other,
            resting_on=_SPHERE,
            share=self.share,
            degree=self.degree,
            last=self.last,
            dimension=d,
        )

    def slope_steps(self) -> tuple[Step, ...]:
        """Return the steps to "slope": how fast the field moves the label's probability, and to "along_value"."""
        part = DrawnPart(
            beside=VARIANCE,
            over=(F,),
            whole=W,
            part=P - Q if self.down else P,
            part_over=(P, Q) if self.down else (P,),
            total=COUNT,
            resting_on=("drawn",),
        )
        drawn = DrawnByWeight(
            function=self.seen(alpha),
            variable=alpha,
            value=a,
            weight=beta,
            index=k,
            low=sp.S.One,
            high=m,
            resting_on=("drawn",),
        )
        along = self._gradients(Mean(P, P) - Mean(Q, Q) if self.down else Mean(P, P), sp.S.One, self.weight)
        falling = (
            product("fall", "Its negative part", "In the same way.", Mean(Q, Q), square_length, self.down),
            _step("fall_value", "Its mean", "Put it in.", equal(Mean(Q, Q), d * self.down), Insert("fall", LENGTH)),
            *few(Q, Q, "Slope of the probability, negative part", r"$p(1-p)\le1/4$.", "lost", ""),
        )
        return (
            _step(
                "drawn_part",
                "A neuron drawn by weight",
                r"The slope is $W=\sum_k\beta_k|x|^2n(v_k)$, a sum over neurons.",
                part.yields(),
                part,
            ),
            _step(
                "along", "Its slope, on average", "A neuron's gradient times the field.", along.yields(), along, WIDE
            ),
            *RISE,
            *(falling if self.down else ()),
            _step(
                "along_value",
                "Slope and energy",
                "Put it in.",
                equal(d * self.net, self.field / 2),
                Insert("along", ("rise_value", *(("fall_value",) if self.down else ()), *LENGTH)),
                WIDE,
            ),
            _step(
                "by_weight",
                "The neuron drawn",
                "An expectation is a sum over neurons.",
                drawn.yields(),
                drawn,
            ),
            _step(
                "signal",
                "Signal",
                r"It gets a name, $\sum_{k\le m}\beta_ku_k$.",
                equal(self.signal, self.signal_value),
                Definition(),
                self.rising,
            ),
            _step(
                "slope",
                "Slope of the probability",
                "Put everything in.",
                at_least(Mean(VARIANCE * W, F, W), self._size),
                Combine(
                    {
                        "drawn_part": -1,
                        "slope_up": COUNT,
                        **({"lost_mean": COUNT, "fall_value": COUNT / 4} if self.down else {}),
                        "by_weight": -d * up / 4,
                        "signal": d * self.net / 4,
                    }
                ),
                self.rising,
            ),
        )

    @property
    def _size(self) -> sp.Expr:
        """A lower bound on the statistic's covariance with the error."""
        return d * self.net * self.signal / 4

    def score_steps(self) -> tuple[Step, ...]:
        """Return the steps to what a sample tells along the field."""
        steep = self._gradients(gradient, self.weight, self.weight)
        shared = HarmonicPairs(
            shared=shared_score,
            lengths=(square_length, square_length),
            weight=self.weight,
            count=self.count,
            resting_on=_SPHERE,
            share=self.share,
            degree=self.degree,
            last=self.last,
            dimension=d,
        )
        parts = OwnAndPairs(
            total=Mean(G**2, G),
            own=(SQUARES, own_score),
            pairs=(pairs, shared_score),
            resting_on=("directions", "signs"),
        )
        return (
            *score(G, "Score along the field", ""),
            *PAIRS,
            _step(
                "score_parts",
                "One neuron, and two",
                r"$G=\sum_k\beta_kh_k$, where $h_k=1(w_k\cdot X>0)\,X\cdot\nabla Z(w_k\cdot x)$ for the sample's "
                "input $X$.",
                parts.yields(),
                parts,
            ),
            product(
                "own_score_parts",
                "One neuron",
                r"Given $x$ and $w$, $X\cdot\nabla Z$ is normal with variance $|\nabla Z|^2$, and independent of "
                r"$w\cdot X$.",
                own_score,
                sp.Rational(1, 2),
                gradient,
                key="inputs",
            ),
            _step("gradient", "Square of the gradient", "Degree by degree.", steep.yields(), steep, WIDE),
            _step(
                "own_score",
                "Its value",
                "Put the means in.",
                equal(own_score, self.squared / 4),
                Insert("own_score_parts", ("gradient", *LENGTH)),
                WIDE,
            ),
            _step(
                "shared_score_parts",
                "Two neurons",
                "Given the inputs they are independent.",
                shared.yields(),
                shared,
                WIDE,
            ),
            _step(
                "shared_score",
                "Its value",
                "Put the means in.",
                equal(shared_score, self.over_degrees(self.weight**2 * self.energy**2 / self.count) / 4),
                Insert("shared_score_parts", LENGTH),
                WIDE,
            ),
        )

    def divergence_steps(self) -> tuple[Step, ...]:
        """Return the steps to "field_divergence"."""
        curved = self._gradients(laplacian, self.weight, self.eigenvalue * self.weight)
        terms = OrthogonalSum(square=Mean(D**2, D), summand=term, index=k, low=sp.S.One, high=m, resting_on=("signs",))
        return (
            _step(
                "terms",
                "Divergence of the field",
                "It is a sum over neurons with independent centred signs.",
                terms.yields(),
                terms,
            ),
            product(
                "term",
                "One neuron",
                r"The field is $s_k\beta_k/a_k$ times the gradient of $Z$; its divergence is that times the Laplacian.",
                term,
                beta**2 / a**2,
                laplacian,
            ),
            _step(
                "laplacian_parts",
                "The Laplacian",
                r"It multiplies degree $\ell$ by $-\ell(\ell+d-2)$.",
                curved.yields(),
                curved,
                WIDE,
            ),
            _step(
                "laplacian",
                "Its mean square",
                "Put the means in.",
                equal(laplacian, self.curved / 2),
                Insert("laplacian_parts", LENGTH),
                WIDE,
            ),
            _step(
                "field_divergence",
                "All neurons",
                "Put the terms in.",
                equal(Mean(D**2, D), SCALED * laplacian),
                Insert("terms", ("term",)),
            ),
        )

    def _error_steps(self) -> tuple[Step, ...]:
        """Return the steps to "learned", by cases where the signal may be negative."""
        size = self._size
        something = _step(
            "learned_something" if self.down else "learned",
            "Error, where the signal is not negative" if self.down else "Error",
            "Put everything in.",
            at_least(ERROR, 16 * size**2 / worth),
            Combine(
                {
                    "bessel": 1,
                    "covariance_square": 1 / square,
                    "identity": -2 * size / square,
                    "slope": 2 * size / square,
                    "square": 16 * size**2 / (square * worth),
                }
            ),
            (*self.rising, at_least(self.signal, 0)) if self.down else (),
        )
        if not self.down:
            return (something,)
        return (
            something,
            _step(
                "learned_nothing", "Where it is", "A square.", at_least(ERROR, 0), Algebra(), (below(self.signal, 0),)
            ),
            _step(
                "learned",
                "Error",
                "Either way.",
                at_least(ERROR, (d * self.net * self.heard) ** 2 / worth),
                EitherWay(at_least(self.signal, 0), "learned_something", "learned_nothing"),
                self.rising,
            ),
        )

    def learned_steps(self) -> tuple[Step, ...]:
        """Return the steps to "bound"."""
        size = self._size
        return (
            *statistic(covariance, square, (W, G, D), "The statistic", "directions", ""),
            _step("worth", "Denominator", "It gets a name.", equal(worth, WORTH), Definition()),
            _step(
                "square",
                "The statistic's square, from above",
                "Put everything in.",
                at_most(square, worth / 16),
                Combine(
                    {
                        "statistic": 1,
                        "score_mean": t,
                        "score_parts": t / 4,
                        "field_divergence": 1,
                        "worth": -sp.Rational(1, 16),
                    }
                ),
            ),
            cauchy_schwarz(ERROR, covariance, square),
            _step(
                "covariance_square",
                "Square of the covariance",
                "It lies above its tangent.",
                at_least(covariance**2, 2 * covariance * size - size**2),
                Algebra(),
            ),
            *self._error_steps(),
            _step(
                "loss",
                "Loss after some samples",
                r"$F$ and $\tilde F$ are the logits then.",
                equal(loss, DIVERGENCE),
                Assumed("then"),
            ),
            _step(
                "named",
                "The bound, with names",
                "Put the steps together.",
                at_least(loss, (self.heard * self.field) ** 2 / (2 * worth)),
                Combine(
                    {
                        "averaged": 1,
                        "loss": -1,
                        "learned": 2,
                        "along_value": -2 * self.heard**2 * (d * self.net + self.field / 2) / worth,
                    }
                ),
                self.domain,
            ),
            _step(
                "denominator",
                "Denominator",
                "Put everything in.",
                equal(worth, self.worth),
                Insert("worth", ("own_score", "shared_score", "laplacian", "pairs_value")),
                WIDE,
            ),
            _step(
                "bound",
                "The bound",
                "Put the names in.",
                at_least(loss, self.bound),
                Insert("named", ("signal", "denominator")),
                self.domain,
            ),
        )
