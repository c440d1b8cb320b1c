"""The linear teacher: what a learner must lose that takes the features it does not see for noise.

Its losses add up to an information and a term for the noise, as in `linear_spectrum_jensen`.  The information is at
least what each feature adds when the data are cleared of those before it; what is left of its column is the square
length of a Gaussian vector.  Derived in docs/math2.md section B, Lower-env; it is not in the papers.
"""

import sympy as sp

from infobound.bounds.linear_spectrum_lower import LAWS, charged, last
from infobound.bounds.spectrum import gamma, s, v
from infobound.proof.averages import Mean
from infobound.proof.calculus import IntegralTest, Integration, SignOfDerivative
from infobound.proof.check import Algebra, Definition
from infobound.proof.gaussians import EachGivenTheLater
from infobound.proof.information import DataProcessing, GaussianInformation
from infobound.proof.linking import Combine, EitherWay, Insert, Specialise, SumUp
from infobound.proof.order import BelowEntry, RoundedUpToEntry, Rounding
from infobound.proof.probability import Jensen, UnderDensity
from infobound.proof.step import (
    Assumption,
    Derivation,
    Letter,
    Step,
    above,
    at_least,
    at_most,
    below,
    equal,
    whole,
)
from infobound.special import spectrum_nats
from infobound.symbols import T, n

from . import linear_spectrum_jensen as jensen
from .linear_spectrum_jensen import w
from .spectrum import POWER, count, i, variance
from .teacher import Information, L

__all__ = ["DERIVATION"]

(LAW,) = LAWS
HERE = "docs/math2.md, B, Lower-env"
HALF = sp.Rational(1, 2)

q = sp.Symbol("q", real=True)
r = sp.Symbol("r", integer=True)
P = sp.Symbol("P", positive=True)
c, y, z, a, b = sp.symbols("c y z a b", positive=True)
J = sp.Function("J", nonnegative=True)(i)
gain = sp.Function("G", nonnegative=True)(i, P)

_FIRST, _SECOND = n + 1, T / 4 - 1
_ROUNDED = sp.ceiling(last)
_SOME, _NONE = above(q, 1), at_most(q, 1)
# At least one feature is charged, no more than there are, and with samples to spare.
_ONE, _FEW, _SPARE = at_least(r, 1), at_most(r, count), above(T, r + 7)
_CHARGED = at_most(i, r - 1)
_RANGE = (i, 0, r - 1)

_LEFT = 3 * T / 4
_DEGREES = (T - i) / 2
_DENSITY = P ** (_DEGREES - 1) * sp.exp(-P / 2) / (2**_DEGREES * sp.gamma(_DEGREES))
_INVERSE = sp.Integral(_DENSITY / P, (P, 0, sp.oo))
_SEEN = sp.log(1 + POWER * P / w)


def _charged(samples: sp.Expr) -> sp.Expr:
    """Return what a feature adds if this is left of the data, twice."""
    return sp.log(1 + POWER * samples / w)


_RATIO = _LEFT * s / w
_TERM = sp.log(1 + c * y ** (-1 - gamma))
_AREA = sp.Integral(_TERM, (y, 1, 1 + r))
_SUMMED = sp.Sum(sp.log(1 + c * (1 + i) ** (-1 - gamma)), _RANGE)


def _nats(end: sp.Expr, ratio: sp.Expr) -> sp.Expr:
    """Return the integral from 1 to an end."""
    return spectrum_nats(end, ratio, gamma) - spectrum_nats(1, ratio, gamma)


_KEPT = ("dropped_terms", "spectrum", "noise", "hurwitz", "left_out", "noise_value")
NOISE = tuple(step for step in jensen.NOISE if step.name in _KEPT)

# Which features are charged. Ends in steps "few_features", "some_features", "spare" and "samples_left".
COUNTS = (
    Step(
        name="last",
        title="Where the features charged end",
        prose="All $n$ features are charged, as long as they are fewer than a quarter of the data.",
        claim=equal(q, last),
        check=Definition(),
    ),
    Step(
        name="charged_features",
        title="Number of features charged",
        prose="The last whole number below.",
        claim=equal(r, _ROUNDED - 1),
        check=Definition(),
    ),
    Step(
        name="up",
        title="Rounding up",
        prose="It makes no number smaller.",
        claim=at_most(last, _ROUNDED),
        check=Rounding(number=last, way="up"),
    ),
    Step(
        name="less_than_one",
        title="By less than one",
        prose="The next whole number is nearer than that.",
        claim=below(_ROUNDED, last + 1),
        check=Rounding(number=last, way="within"),
    ),
    Step(
        name="whole_size",
        title="Rounding up below a whole number",
        prose="$n+1$ is one.",
        claim=at_most(_ROUNDED, _FIRST),
        check=RoundedUpToEntry(first=_FIRST, second=_SECOND),
        hypotheses=(whole(n),),
    ),
    Step(
        name="quarter_of_data",
        title="Fewer than a quarter of the data",
        prose="A minimum is at most its entries.",
        claim=at_most(last, _SECOND),
        check=BelowEntry(entry=_SECOND, other=_FIRST),
    ),
    Step(
        name="reached",
        title="The features charged reach the end",
        prose="The steps on rounding up together.",
        claim=at_most(q, r + 1),
        check=Combine({"up": 1, "charged_features": -1, "last": 1}),
    ),
    Step(
        name="close",
        title="They end close to it",
        prose="Likewise.",
        claim=below(r + 1, q + 1),
        check=Combine({"less_than_one": 1, "charged_features": 1, "last": -1}),
    ),
    Step(
        name="number",
        title="Number of features",
        prose="The learner sees the first $n$.",
        claim=jensen.DERIVATION["number"].claim,
        check=jensen.DERIVATION["number"].check,
        source="definition",
    ),
    Step(
        name="few_features",
        title="No more than there are",
        prose="Likewise.",
        claim=_FEW,
        check=Combine({"whole_size": 1, "charged_features": 1, "number": -1}),
        hypotheses=(whole(n),),
    ),
    Step(
        name="beyond_one",
        title="If there are features to charge",
        prose="This is the case looked at.",
        claim=above(q, 1),
        check=Algebra(),
        hypotheses=(_SOME,),
    ),
    Step(
        name="not_none",
        title="Then their number is not zero",
        prose="They reach the end.",
        claim=above(r, 0),
        check=Combine({"beyond_one": 1, "reached": 1}),
        hypotheses=(_SOME,),
    ),
    Step(
        name="whole_step",
        title="The least positive whole number",
        prose="It is 1.",
        claim=_ONE,
        check=Algebra(),
        hypotheses=(above(r, 0),),
    ),
    Step(
        name="some_features",
        title="At least one feature",
        prose="The two steps together.",
        claim=_ONE,
        check=Combine({"whole_step": 1}, discharging=("not_none",)),
        hypotheses=(_SOME,),
    ),
    Step(
        name="last_below",
        title="The end and the data",
        prose="The same for $q$.",
        claim=at_most(q, _SECOND),
        check=Combine({"last": 1, "quarter_of_data": 1}),
    ),
    Step(
        name="spare",
        title="Samples to spare",
        prose="There are more than four times as many samples as features charged.",
        claim=_SPARE,
        check=Combine({"close": 4, "last_below": 4, "some_features": 3}),
        hypotheses=(_SOME,),
    ),
    Step(
        name="samples_left",
        title="Samples left by the features charged",
        prose="They are fewer than a quarter of the data.",
        claim=below(_LEFT, T - r - 1),
        check=Combine({"close": 1, "last_below": 1}),
    ),
)
_WITHIN = (_ONE, _SPARE)

# From step "spectrum" on. Ends in step "charges": what the features charged add.
FEATURES = (
    Step(
        name="later",
        title="One feature after the other",
        prose=r"$J(i)$ is the information of the model's labels about $\theta_i$, given the later coefficients and the "
        r"inputs. By the chain rule these add up to $I$, and the first $r$ of them to no more.",
        claim=at_most(sp.Sum(J, _RANGE), Information),
        check=EachGivenTheLater(total=Information, parts=count, single=J, index=i, count=r, resting_on=("model",)),
        hypotheses=(_FEW,),
        source=HERE,
    ),
    Step(
        name="cleared",
        title="Data cleared of the features before",
        prose=r"Project the labels on the $T-i$ dimensions at right angles to the columns of the $i$ features before. "
        r"What they add is gone, and the labels read $\theta_i\sqrt P$ through noise of variance $w$, where $P$ is the "
        r"square length of what is left of the column of feature $i$; $G(i,P)$ is the information of this channel.",
        claim=at_most(Mean(gain, P), J),
        check=DataProcessing(coarse=Mean(gain, P), fine=J, resting_on=("model",)),
        source=HERE,
    ),
    Step(
        name="channel",
        title="Information about one coefficient",
        prose=r"The signal $\theta_i\sqrt P$ has variance $\lambda(i)P$.",
        claim=equal(gain, sp.log(1 + variance * P / w) / 2),
        check=GaussianInformation(information=gain, signal=variance * P, noise=w, resting_on=("model",)),
        source=HERE,
    ),
    Step(
        name="seen",
        title="Its value",
        prose="Put in channel and spectrum.",
        claim=at_most(Mean(_SEEN, P) / 2, J),
        check=Insert("cleared", ("channel", "spectrum")),
        source=HERE,
    ),
    Step(
        name="convex",
        title="A convex function",
        prose=r"$\ln(1+\lambda/(wz))$ is convex in $z$; its mean at $z=1/P$ is at least its value at the mean.",
        claim=at_most(sp.log(1 + POWER / w / Mean(1 / P, P)), Mean(_SEEN, P)),
        check=Jensen(function=sp.log(1 + POWER / w / z), variable=z, argument=1 / P, over=(P,), sense="convex"),
        source=HERE,
    ),
    Step(
        name="density",
        title="Law of the square length",
        prose=r"What is left of a column is a standard Gaussian vector in $T-i$ dimensions, so that $P$ has the law "
        "chi-squared of as many degrees of freedom.",
        claim=equal(Mean(1 / P, P), _INVERSE),
        check=UnderDensity(
            expression=1 / P, variable=P, density=_DENSITY, low=sp.S.Zero, high=sp.oo, resting_on=("normal",)
        ),
        hypotheses=(_CHARGED, *_WITHIN),
        source=HERE,
    ),
    Step(
        name="inverse",
        title="Its mean inverse",
        prose="A Gamma integral.",
        claim=equal(_INVERSE, 1 / (T - i - 2)),
        check=Integration(standard=True),
        hypotheses=(_CHARGED, *_WITHIN),
    ),
    Step(
        name="feature",
        title="One feature",
        prose="Put it in.",
        claim=at_most(_charged(T - i - 2), Mean(_SEEN, P)),
        check=Insert("convex", ("density", "inverse")),
        hypotheses=(_CHARGED, *_WITHIN),
        source=HERE,
    ),
    Step(
        name="left",
        title="What is left of the data",
        prose="At least what the features charged leave.",
        claim=at_most(T - r - 1, T - i - 2),
        check=Algebra(),
        hypotheses=(_CHARGED,),
    ),
    Step(
        name="left_at_least",
        title="In terms of the data",
        prose="The two steps together.",
        claim=below(_LEFT, T - i - 2),
        check=Combine({"left": 1, "samples_left": 1}),
        hypotheses=(_CHARGED,),
    ),
    Step(
        name="more_samples",
        title="More samples, more information",
        prose="The difference rises from zero.",
        claim=at_most(_charged(a), _charged(b)),
        check=SignOfDerivative(b, a),
        hypotheses=(above(b, a),),
    ),
    Step(
        name="fewer_samples",
        title="With fewer samples",
        prose="At the two numbers of samples.",
        claim=at_most(_charged(_LEFT), _charged(T - i - 2)),
        check=Specialise("more_samples", {a: _LEFT, b: T - i - 2}, discharging=("left_at_least",)),
        hypotheses=(_CHARGED, *_WITHIN),
    ),
    Step(
        name="weaker",
        title="One feature, by the end of those charged",
        prose="The two steps together.",
        claim=at_most(_charged(_LEFT), Mean(_SEEN, P)),
        check=Combine({"fewer_samples": 1, "feature": 1}),
        hypotheses=(_CHARGED, *_WITHIN),
    ),
    Step(
        name="charge",
        title="What a feature adds",
        prose="To the information, half of that.",
        claim=at_most(_charged(_LEFT) / 2, J),
        check=Combine({"seen": 1, "weaker": HALF}),
        hypotheses=(_CHARGED, *_WITHIN),
        source=HERE,
    ),
    Step(
        name="charges",
        title="All features charged",
        prose="Add up.",
        claim=at_most(sp.Sum(_charged(_LEFT) / 2, _RANGE), sp.Sum(J, _RANGE)),
        check=SumUp("charge", i, sp.S.Zero, r - 1),
        hypotheses=_WITHIN,
        source=HERE,
    ),
)

# Ends in step "area": an integral from 1 to q is at most the sum.
AREA = (
    Step(
        name="integral_test",
        title="Sum and integral",
        prose="Summands fall with the feature's place.",
        claim=below(_AREA, _SUMMED),
        check=IntegralTest(term=_TERM, x=y, index=i, count=r, side="lower", start=sp.S.One),
        hypotheses=(_ONE,),
        source=HERE,
    ),
    Step(
        name="integral_value",
        title="Value of the integral",
        prose=r"$N(n,c,\gamma)$ is the integral from 0 to $n$.",
        claim=equal(_AREA, _nats(1 + r, c)),
        check=Integration(spectrum_nats(y, c, gamma)),
        hypotheses=(_ONE,),
        source=HERE,
    ),
    Step(
        name="sum_above",
        title="Sum and integral, evaluated",
        prose="Put it in.",
        claim=below(_nats(1 + r, c), _SUMMED),
        check=Insert("integral_test", ("integral_value",)),
        hypotheses=(_ONE,),
    ),
    Step(
        name="further",
        title="A longer integral is larger",
        prose="Its derivative at the end is not negative.",
        claim=at_most(spectrum_nats(a, c, gamma), spectrum_nats(b, c, gamma)),
        check=SignOfDerivative(b, a),
        hypotheses=(at_least(b, a),),
    ),
    Step(
        name="up_to_end",
        title="Up to the end of the features charged",
        prose="With $a=q$ and $b=r+1$.",
        claim=at_most(spectrum_nats(q, c, gamma), spectrum_nats(r + 1, c, gamma)),
        check=Specialise("further", {a: q, b: r + 1}, discharging=("reached",)),
        hypotheses=(_SOME, _ONE),
    ),
    Step(
        name="area",
        title="The features charged, by an integral",
        prose="The two steps together.",
        claim=below(_nats(q, c), _SUMMED),
        check=Combine({"sum_above": 1, "up_to_end": 1}),
        hypotheses=(_SOME, _ONE),
    ),
)

ASSEMBLY = (
    Step(
        name="area_there",
        title="At the data and noise",
        prose="With $c=3Ts/(4w)$.",
        claim=below(_nats(q, _RATIO), sp.Sum(_charged(_LEFT), _RANGE)),
        check=Specialise("area", {c: _RATIO}),
        hypotheses=(_SOME, _ONE),
        source=HERE,
    ),
    Step(
        name="information",
        title="Information in the model",
        prose="Put the parts together.",
        claim=below(_nats(q, _RATIO) / 2, Information),
        check=Combine(
            {"later": 1, "charges": 1, "area_there": HALF},
            discharging=("few_features", "some_features", "spare"),
        ),
        hypotheses=(_SOME, whole(n)),
        source=HERE,
    ),
    Step(
        name="some",
        title="If features are charged",
        prose="Put the information into the loss.",
        claim=at_least(L, _nats(q, _RATIO) / (2 * T) + sp.log(w / v) / 2),
        check=Insert("loss", ("information",)),
        hypotheses=(_SOME, whole(n)),
        source=HERE,
    ),
    Step(
        name="nothing",
        title="If none is",
        prose="An information is not negative.",
        claim=at_least(Information, 0),
        check=Algebra(),
        hypotheses=(_NONE,),
    ),
    Step(
        name="none",
        title="Then the noise is left",
        prose="Put it into the loss.",
        claim=at_least(L, sp.log(w / v) / 2),
        check=Combine({"loss": -1, "nothing": 1 / T}),
        hypotheses=(_NONE,),
        source=HERE,
    ),
    Step(
        name="either",
        title="With or without features charged",
        prose="Both cases together.",
        claim=at_least(
            L,
            charged(spectrum_nats(q, _RATIO, gamma) / (2 * T), q)
            - charged(spectrum_nats(1, _RATIO, gamma) / (2 * T), q)
            + sp.log(w / v) / 2,
        ),
        check=EitherWay(_SOME, "some", "none"),
        hypotheses=(whole(n),),
        source=HERE,
    ),
    Step(
        name="linear_spectrum_lower",
        title="The bound",
        prose="Put in noise, end and number of features.",
        claim=at_least(L, LAW.expr),
        check=Insert("either", ("noise_value", "last", "number")),
        hypotheses=(whole(n),),
        source=HERE,
    ),
)

_ASSUMED = {assumption.key: assumption for assumption in jensen.ASSUMPTIONS}

DERIVATION = Derivation(
    name=LAW.name,
    title="Lower bound on the loss of a learner that takes the features it does not see for noise",
    setting=jensen.SETTING,
    assumptions=(
        *(_ASSUMED[key] for key in ("inputs", "noise")),
        Assumption("coordinates", _ASSUMED["coordinates"].sentence),
        *(_ASSUMED[key] for key in ("spectrum", "model", "variance", "number")),
        Assumption("normal", "Coordinates of the inputs are Gaussian."),
    ),
    symbols=(
        *jensen.COMMON_LETTERS,
        Letter(q, "where the features charged end: the number that is the smaller of $n+1$ and $T/4-1$"),
        Letter(r, "number of features charged"),
        Letter(J, "information about the $i$-th coefficient, given the later ones", "nats"),
        Letter(P, "square length of what the features before leave of the $i$-th column of the inputs"),
        Letter(gain, "information about the $i$-th coefficient at this square length, the others aside", "nats"),
        *(Letter(symbol, "a positive number") for symbol in (a, b, c, y)),
        Letter(spectrum_nats(n, c, gamma), r"$\int_0^n\ln(1+c\,y^{-1-\gamma})\,dy$", "nats"),
    ),
    steps=(*jensen.LOSS, *NOISE, *COUNTS, *FEATURES, *AREA, *ASSEMBLY),
    conclusion=at_least(L, LAW.expr),
    domain=(whole(n),),
    references=jensen.REFERENCES,
    example={n: sp.Integer(3), T: sp.Integer(30), s: sp.Integer(1), v: sp.Integer(1), gamma: sp.Integer(1)},
)
