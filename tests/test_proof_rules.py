"""Named rules give exactly the claim of their slots, prove their conditions, and links leave no slack."""

from dataclasses import replace

import pytest
import sympy as sp

import infobound.proof.gaussians as gauss
import infobound.proof.information as info
import infobound.proof.probability as prob
from infobound.errors import CheckFailed
from infobound.proof import copies, order
from infobound.proof.averages import Mean
from infobound.proof.check import Algebra, Assumed, Definition, Theorem
from infobound.proof.linking import Average, Combine, Insert, Specialise, SumUp
from infobound.proof.rules import all_rules
from infobound.proof.step import (
    Assumption,
    Goal,
    Standing,
    Step,
    above,
    at_least,
    at_most,
    below,
    equal,
    whole,
)

n, K, T, d, M = sp.symbols("n K T d M", positive=True)
x, y, u, v = sp.symbols("x y u v", real=True)
z = sp.Symbol("z", positive=True)
A, B, C, H = sp.symbols("A B C H", nonnegative=True)
f = sp.Function("f", real=True)
i = sp.Symbol("i", integer=True, nonnegative=True)

APPLIED = [
    (info.DivergenceChainRule(joint=A, average=B, length=T, resting_on=("a",)), equal(A, T * B)),
    (info.ProductDivergence(joint=A, single=B, length=T, resting_on=("a", "b")), equal(A, T * B)),
    (info.GibbsVariational(mixture=A, matched=B, information=C, resting_on=("a",)), at_most(A, B + C)),
    (info.DataProcessing(coarse=A, fine=B, resting_on=("a",)), at_most(A, B)),
    (info.InformationBelowEntropy(information=A, entropy=H), at_most(A, H)),
    (
        info.PrefixCode(entropy=H, length=A, alphabet=2 * n * M, resting_on=("a",)),
        at_most(H, A * sp.log(2 * n * M)),
    ),
    (info.EntropySubadditivity(joint=H, parts=(A, B)), at_most(H, A + B)),
    (info.ChainRule(total=H, parts=(A, B, C)), equal(H, A + B + C)),
    (info.ConditioningReducesEntropy(conditional=A, entropy=H), at_most(A, H)),
    (
        info.BernoulliEntropy(entropy=H, probability=K / (K + i)),
        equal(H, info.binary_entropy(K / (K + i))),
    ),
    (
        info.IndependentEntropies(joint=H, single=K / (K + i), index=i, low=1, high=n, resting_on=("a",)),
        equal(H, sp.Sum(K / (K + i), (i, 1, n))),
    ),
    (
        info.GaussianMaxEntropy(entropy=H, dimension=d, second_moment=K),
        at_most(H, d / 2 * sp.log(2 * sp.pi * sp.E * K / d)),
    ),
    (
        info.GaussianEntropy(entropy=H, dimension=d, variance=K / d, resting_on=("a",)),
        equal(H, d / 2 * sp.log(2 * sp.pi * sp.E * K / d)),
    ),
    (info.DifferentialInformation(information=A, output=B, conditional=C), equal(A, B - C)),
    (
        info.GaussianInformation(information=A, signal=K, noise=T, resting_on=("a",)),
        equal(A, sp.log(1 + K / T) / 2),
    ),
    (copies.SharedAmongCopies(total=A, number=K, single=B, resting_on=("a",)), equal(A, K * B)),
    (
        copies.MemorylessChannel(total=A, single=f(i), index=i, low=1, high=n, resting_on=("a",)),
        at_most(A, sp.Sum(f(i), (i, 1, n))),
    ),
    (copies.TwoOutputs(total=A, first=B, second=C, resting_on=("a",)), at_most(A, B + C)),
    (
        copies.UniformIndex(single=f(i), index=i, count=n, expected=A, resting_on=("a",)),
        equal(sp.Sum(f(i), (i, 1, n)), n * A),
    ),
    (
        copies.WeightedIndex(weight=K + i, single=f(i), index=i, count=n, expected=A, resting_on=("a",)),
        equal(sp.Sum((K + i) * f(i), (i, 1, n)), sp.Sum(K + i, (i, 1, n)) * A),
    ),
    (copies.CountsTogether(joint=H, single=f(i), index=i, low=0, high=n), at_most(H, sp.Sum(f(i), (i, 0, n)))),
    (copies.CountEntropy(entropy=H, mean=K), at_most(H, (1 + K) * sp.log(1 + K) - K * sp.log(K))),
    (gauss.ExcessCodeLength(divergence=A, length=B, entropy=H), equal(A, B - H)),
    (gauss.ChargedByMoments(length=A, entropy=H, resting_on=("a", "b")), equal(A, H)),
    (
        gauss.EachGivenTheLater(total=A, parts=n + 1, single=f(i) ** 2, index=i, count=n, resting_on=("a",)),
        at_most(sp.Sum(f(i) ** 2, (i, 0, n - 1)), A),
    ),
    (
        gauss.EachGivenTheOthers(total=A, single=f(i), index=i, low=0, high=n, resting_on=("a",)),
        at_most(A, sp.Sum(f(i), (i, 0, n))),
    ),
    (
        prob.UnderDensity(
            expression=z**2,
            variable=z,
            density=K * sp.exp(-K * z),
            low=sp.S.Zero,
            high=sp.oo,
            resting_on=("a",),
        ),
        equal(Mean(z**2, z), sp.Integral(z**2 * K * sp.exp(-K * z), (z, 0, sp.oo))),
    ),
    (
        prob.OrthogonalSum(square=A, summand=f(i), index=i, low=1, high=sp.oo, resting_on=("a",)),
        equal(A, sp.Sum(f(i), (i, 1, sp.oo))),
    ),
    (prob.Pythagoras(total=A, first=B, second=C, resting_on=("a",)), equal(A, B + C)),
    (
        prob.SampleMean(error=A, second_moment=B, squared_mean=C, count=n + 1, resting_on=("a",)),
        equal(A, (B - C) / (n + 1)),
    ),
    (
        prob.Independence(first=u**2, first_over=(u,), second=v, second_over=(v,), resting_on=("a",)),
        equal(Mean(u**2 * v, u, v), Mean(u**2, u) * Mean(v, v)),
    ),
    (prob.IndependentFactors(product=A, factors=(B, C**2), resting_on=("a",)), equal(A, B * C**2)),
    (prob.GaussianProjection(square=A, squared_length=H**2, resting_on=("a",)), equal(A, H**2)),
    (
        prob.Symmetry(expression=sp.Max(0, u), over=(u,), resting_on=("a",)),
        equal(Mean(sp.Max(0, u), u), Mean((sp.Max(0, u) + sp.Max(0, -u)) / 2, u)),
    ),
    (prob.SameLaw(first=A, second=B, resting_on=("a",)), equal(A, B)),
    (
        prob.ExpectedCount(count=A, probability=K / (K + i), index=i, low=0, high=n, resting_on=("a",)),
        equal(A, sp.Sum(K / (K + i), (i, 0, n))),
    ),
    (
        prob.Jensen(function=sp.log(1 + z), variable=z, argument=u**2 + 1, over=(u,), sense="concave"),
        at_most(Mean(sp.log(2 + u**2), u), sp.log(2 + Mean(u**2, u))),
    ),
    (
        prob.Jensen(function=x**2, variable=x, argument=u, over=(u,), sense="convex"),
        at_most(Mean(u, u) ** 2, Mean(u**2, u)),
    ),
    (prob.AmGm(first=K / n, second=n / T), at_most(2 * sp.sqrt(K) / sp.sqrt(T), K / n + n / T)),
    (prob.DisjointParts(count=M, part=K, whole=T, resting_on=("a",)), at_most(M * K, T)),
    (
        prob.CapArea(area=A, dimension=d + 1, sine=sp.Rational(1, 2)),
        at_most(prob.ball_volume(d) / 2**d / ((d + 1) * prob.ball_volume(d + 1)), A),
    ),
]


@pytest.mark.parametrize(("rule", "claim"), APPLIED, ids=lambda part: type(part).__name__)
def test_a_rule_gives_the_claim_of_its_slots_and_no_other(rule, claim):
    rule.examine(Goal(claim))
    lhs, rhs = claim.lhs, claim.rhs
    for wrong in (
        claim.func(2 * lhs, rhs, evaluate=False),
        claim.func(lhs, rhs + 1, evaluate=False),
        claim.func(lhs, -rhs, evaluate=False),
        claim.func(rhs, lhs, evaluate=False) if not isinstance(claim, sp.Eq) else at_most(lhs, rhs),
        below(lhs, rhs),
    ):
        with pytest.raises(CheckFailed):
            rule.examine(Goal(wrong))
    if rule.needs:
        with pytest.raises(CheckFailed, match="rests on"):
            replace(rule, resting_on=()).examine(Goal(claim))


def test_every_rule_is_tried_here_and_survives_its_own_numbers():
    tried = {type(rule) for rule, _ in APPLIED}
    # rules of a single derivation's subject live in rooms of their own and are tried by that derivation, and so is
    # the one that leans on an earlier step
    rooms = {rule.__module__ for rule in tried}
    assert {rule for rule in all_rules() if rule.__module__ in rooms} == tried | {copies.Regeneration}
    for rule in all_rules():
        rule.spot()
        assert rule.reference
        assert rule.title


def test_what_is_proved_by_its_own_check_is_exact_and_the_rest_cited():
    exact = {type(rule) for rule, _ in APPLIED if rule.standing is Standing.EXACT}
    assert exact == {
        copies.UniformIndex,
        copies.WeightedIndex,
        info.BernoulliEntropy,
        gauss.ExcessCodeLength,
        prob.AmGm,
        prob.UnderDensity,
    }
    assert all(rule.standing in (Standing.EXACT, Standing.CITED) for rule, _ in APPLIED)


@pytest.mark.parametrize(
    "rule",
    [
        prob.Jensen(function=z**3, variable=z, argument=1 + u**2, over=(u,), sense="concave"),
        prob.Jensen(function=sp.log(z), variable=z, argument=u**2 - 1, over=(u,), sense="concave"),
        prob.Jensen(function=sp.sin(x), variable=x, argument=u, over=(u,), sense="concave"),
        prob.AmGm(first=x, second=y),
        prob.SampleMean(error=A, second_moment=B, squared_mean=C, count=n, resting_on=("a",)),
        prob.ExpectedCount(count=A, probability=2 * K / (K + i), index=i, low=0, high=n, resting_on=("a",)),
        prob.DisjointParts(count=M, part=x, whole=T, resting_on=("a",)),
        prob.CapArea(area=A, dimension=d, sine=K),
        info.GaussianMaxEntropy(entropy=H, dimension=d, second_moment=x),
        info.GaussianInformation(information=A, signal=K, noise=x, resting_on=("a",)),
        info.BernoulliEntropy(entropy=H, probability=K),
        copies.CountEntropy(entropy=H, mean=C),
        copies.UniformIndex(single=f(i), index=i, count=x, expected=A, resting_on=("a",)),
        copies.WeightedIndex(weight=f(i), single=f(i), index=i, count=n, expected=A, resting_on=("a",)),
        gauss.EachGivenTheLater(total=A, parts=n, single=f(i) ** 2, index=i, count=n + 1, resting_on=("a",)),
        gauss.EachGivenTheLater(total=A, parts=n, single=f(i), index=i, count=n, resting_on=("a",)),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_side_conditions_are_proved(rule):
    with pytest.raises(CheckFailed, match="needs"):
        rule.examine(Goal(rule.yields()))


def test_rounding_up():
    """It reaches the number, by less than 1, and stays below a whole number that was above."""
    least = sp.Min(n + 1, T / 4 - 1)
    for rule, claim in (
        (order.Rounding(number=least, way="up"), at_most(least, sp.ceiling(least))),
        (order.Rounding(number=least, way="within"), below(sp.ceiling(least), least + 1)),
        (order.RoundedUpToEntry(first=n + 1, second=T / 4 - 1), at_most(sp.ceiling(least), n + 1)),
    ):
        rule.examine(Goal(claim, (whole(n),)))
        rule.spot()
        assert rule.standing is Standing.EXACT
        with pytest.raises(CheckFailed):
            rule.examine(Goal(claim.func(claim.lhs, claim.rhs - 1, evaluate=False), (whole(n),)))
    with pytest.raises(CheckFailed, match="is whole"):
        rule.examine(Goal(claim))
    halves = order.RoundedUpToEntry(first=n / 2, second=T)
    with pytest.raises(CheckFailed, match="is whole"):
        halves.examine(Goal(halves.yields(), (whole(n),)))
    with pytest.raises(CheckFailed, match="real number"):
        order.Rounding(number=sp.Symbol("c"), way="up").yields()
    with pytest.raises(CheckFailed, match="got 'sideways'"):
        order.Rounding(number=least, way="sideways").yields()


def test_a_side_condition_may_be_a_hypothesis():
    rule = prob.SampleMean(error=A, second_moment=B, squared_mean=C, count=n, resting_on=("a",))
    rule.examine(Goal(rule.yields(), (at_least(n, 1),)))


def test_a_density_has_total_one_and_no_negative_part():
    rule = prob.UnderDensity(
        expression=z, variable=z, density=sp.exp(-K * z), low=sp.S.Zero, high=sp.oo, resting_on=("a",)
    )
    with pytest.raises(CheckFailed):
        rule.examine(Goal(rule.yields()))
    # Positive where the symbol is declared positive, but not on the whole range.
    odd = prob.UnderDensity(
        expression=z,
        variable=z,
        density=sp.Rational(1, 2) + z / 2,
        low=sp.Integer(-3),
        high=sp.Integer(1),
        resting_on=("a",),
    )
    with pytest.raises(CheckFailed, match="negative"):
        odd.examine(Goal(odd.yields()))


def made(name, claim, check=None, *hypotheses):
    return Step(name, "", "", claim, check or Algebra(), hypotheses)


def goal(claim, *steps, hypotheses=()):
    return Goal(claim, hypotheses, {step.name: step for step in steps})


class TestInsert:
    TOP = made("top", at_most(A, K * B + C))
    BOUND = made("bound", at_most(B, H**2))

    def test_into_the_larger_side(self):
        Insert("top", "bound").examine(goal(at_most(A, K * H**2 + C), self.TOP, self.BOUND))
        for wrong in (at_most(A, K * H**2 + 2 * C), at_most(A, 2 * K * H**2 + C), below(A, K * H**2 + C)):
            with pytest.raises(CheckFailed, match="what its steps give"):
                Insert("top", "bound").examine(goal(wrong, self.TOP, self.BOUND))

    def test_the_place_must_be_monotone_the_right_way(self):
        falling = made("top", at_most(A, C - B))
        with pytest.raises(CheckFailed, match="monotone"):
            Insert("top", "bound").examine(goal(at_most(A, C - H**2), falling, self.BOUND))
        unknown = made("top", at_most(A, x * B))
        with pytest.raises(CheckFailed, match="monotone"):
            Insert("top", "bound").examine(goal(at_most(A, x * H**2), unknown, self.BOUND))

    def test_into_the_smaller_side_and_into_equations(self):
        lower = made("lower", at_most(C, B))
        Insert("top", "low").examine(goal(at_most(C, K), made("top", at_most(B, K)), made("low", at_most(C, B))))
        Insert("top", "lower").examine(goal(at_most(K * C, A), made("top", equal(A, K * B)), lower))
        Insert("top", "bound").examine(goal(at_most(A, K * H**2), made("top", equal(A, K * B)), self.BOUND))

    def test_hypotheses_are_inherited(self):
        conditional = made("bound", at_most(B, H**2), None, at_least(n, 2))
        claim = at_most(A, K * H**2 + C)
        with pytest.raises(CheckFailed, match="stated or discharged"):
            Insert("top", "bound").examine(goal(claim, self.TOP, conditional))
        Insert("top", "bound").examine(goal(claim, self.TOP, conditional, hypotheses=(at_least(n, 2),)))
        with pytest.raises(CheckFailed, match="only hypotheses that it needs"):
            Insert("top", "bound").examine(
                goal(claim, self.TOP, conditional, hypotheses=(at_least(n, 2), at_least(K, 1)))
            )

    def test_hypotheses_are_discharged_by_their_proof(self):
        conditional = made("bound", at_most(B, H**2), None, at_least(n, 2))
        claim, proof = at_most(A, K * H**2 + C), made("proof", at_least(n, 2))
        link = Insert("top", "bound", discharging=("proof",))
        link.examine(goal(claim, self.TOP, conditional, proof))
        with pytest.raises(CheckFailed, match="stated or discharged"):
            link.examine(goal(claim, self.TOP, conditional, made("proof", at_least(n, 1))))

    def test_equations_under_a_sum_hold_for_its_indices(self):
        top = made("top", equal(A, sp.Sum(f(i), (i, 0, n))))
        there, from_one = equal(f(i), K**i), at_least(i, 1)
        Insert("top", "all").examine(goal(equal(A, sp.Sum(K**i, (i, 0, n))), top, made("all", there)))
        with pytest.raises(CheckFailed, match="for all i"):
            Insert("top", "some").examine(
                goal(equal(A, sp.Sum(K**i, (i, 0, n))), top, made("some", there, None, from_one))
            )

    def test_inequalities_do_not_enter_an_expectation_unaveraged(self):
        top = made("top", at_most(A, Mean(-f(u), u)))
        with pytest.raises(CheckFailed, match="monotone"):
            Insert("top", "b").examine(goal(at_most(A, Mean(-K, u)), top, made("b", at_most(f(u), K))))


class TestCombine:
    FIRST, SECOND = made("first", at_most(A, B + C)), made("second", equal(B, T * H))

    def test_an_identity(self):
        link = Combine({"first": 1 / T, "second": 1 / T})
        link.examine(goal(at_most(A / T, H + C / T), self.FIRST, self.SECOND))
        for wrong in (at_most(A / T, 2 * H + C / T), at_most(A, H + C / T), below(A / T, H + C / T)):
            with pytest.raises(CheckFailed, match="what its steps give"):
                link.examine(goal(wrong, self.FIRST, self.SECOND))

    def test_multipliers_of_inequalities_are_not_negative(self):
        with pytest.raises(CheckFailed, match="negative"):
            Combine({"first": -1}).examine(goal(at_most(-A, -B - C), self.FIRST))
        with pytest.raises(CheckFailed, match="negative"):
            Combine({"first": x}).examine(goal(at_most(x * A, x * (B + C)), self.FIRST))

    def test_strictness(self):
        strict = made("strict", below(A, B))
        Combine({"strict": K}).examine(goal(below(K * A, K * B), strict))
        Combine({"strict": C}).examine(goal(at_most(C * A, C * B), strict))
        with pytest.raises(CheckFailed):
            Combine({"strict": C}).examine(goal(below(C * A, C * B), strict))


class TestSpecialise:
    SCALAR = made("scalar", at_most(sp.log(z), z - 1), None, at_least(z, 1))

    def test_images_lie_in_the_domain(self):
        claim = at_most(sp.log(1 + K), K)
        Specialise("scalar", {z: 1 + K}).examine(goal(claim, self.SCALAR))
        with pytest.raises(CheckFailed, match="stated or discharged"):
            Specialise("scalar", {z: K}).examine(goal(at_most(sp.log(K), K - 1), self.SCALAR))
        Specialise("scalar", {z: K}).examine(goal(at_most(sp.log(K), K - 1), self.SCALAR, hypotheses=(at_least(K, 1),)))
        with pytest.raises(CheckFailed, match="domain of z"):
            Specialise("scalar", {z: x}).examine(goal(at_most(sp.log(x), x - 1), self.SCALAR))

    def test_fixed_quantities_are_not_specialised(self):
        named = made("named", equal(z, K + 1), Definition())
        rested = made("rested", at_most(A, z), Insert("bound", "named"))
        for fixed in (named, made("cited", at_most(A, z), Theorem("t", "r", lambda: None))):
            with pytest.raises(CheckFailed, match="for all values"):
                Specialise(fixed.name, {z: K}).examine(goal(equal(K, K + 1), fixed))
        bound = made("bound", at_most(A, K + 1))
        with pytest.raises(CheckFailed, match="for all values"):
            Specialise("rested", {z: n}).examine(goal(at_most(A, n), named, bound, rested))

    def test_random_symbols_are_not_specialised(self):
        step = made("step", equal(Mean(u**2, u), Mean(u**2, u)))
        with pytest.raises(CheckFailed, match="random"):
            Specialise("step", {u: K}).examine(goal(equal(K, K), step))


class TestAverageAndSum:
    POINTWISE = made("pointwise", at_most(f(u), K * u**2 + n))

    def test_average(self):
        link = Average("pointwise", (u,))
        link.examine(goal(at_most(Mean(f(u), u), K * Mean(u**2, u) + n), self.POINTWISE))
        with pytest.raises(CheckFailed):
            link.examine(goal(at_most(Mean(f(u), u), K * Mean(u**2, u) + 2 * n), self.POINTWISE))
        conditional = made("pointwise", self.POINTWISE.claim, None, above(u, 0))
        with pytest.raises(CheckFailed, match="for all"):
            link.examine(goal(at_most(Mean(f(u), u), K * Mean(u**2, u) + n), conditional))

    def test_a_fixed_symbol_is_not_averaged(self):
        named = made("named", equal(u, K), Definition())
        with pytest.raises(CheckFailed, match="rests on"):
            Average("named", (u,)).examine(goal(equal(Mean(u, u), K), named))

    def test_sum(self):
        step = made("step", at_most(f(i), K / (K + i)), None, at_least(i, 1))
        total = at_most(sp.Sum(f(i), (i, 1, n)), sp.Sum(K / (K + i), (i, 1, n)))
        SumUp("step", i, sp.Integer(1), n).examine(goal(total, step))
        from_zero = at_most(sp.Sum(f(i), (i, 0, n)), sp.Sum(K / (K + i), (i, 0, n)))
        with pytest.raises(CheckFailed, match="stated or discharged"):
            SumUp("step", i, sp.Integer(0), n).examine(goal(from_zero, step))
        with pytest.raises(CheckFailed, match="integer"):
            SumUp("step", x, sp.Integer(0), n).examine(goal(total, step))


def test_an_assumed_claim_is_the_assumption():
    assumption = Assumption("near", "Codewords are near.", at_most(A, K))
    held = {"near": assumption}
    Assumed("near").examine(Goal(at_most(A, K), assumptions=held))
    for wrong in (at_most(A, 2 * K), below(A, K)):
        with pytest.raises(CheckFailed, match="formula"):
            Assumed("near").examine(Goal(wrong, assumptions=held))
    with pytest.raises(CheckFailed):
        Assumed("far").examine(Goal(at_most(A, K), assumptions=held))


def test_an_integer_is_a_hypothesis_like_any_other():
    step = made("step", at_most(A, n), None, whole(n))
    with pytest.raises(CheckFailed, match="stated or discharged"):
        Combine({"step": 1}).examine(goal(at_most(A, n), step))
    Combine({"step": 1}).examine(goal(at_most(A, n), step, hypotheses=(whole(n),)))


def test_a_theorem_may_be_pointwise_in_a_symbol():
    claim = at_most(sp.log(z), z - 1)
    cited = made("cited", claim, Theorem("t", "r", lambda: None, pointwise=(z,)))
    Specialise("cited", {z: K}).examine(goal(at_most(sp.log(K), K - 1), cited))
    Average("cited", (z,)).examine(goal(at_most(Mean(sp.log(z), z), Mean(z, z) - 1), cited))


def test_an_image_is_not_captured_by_an_index():
    step = made("step", equal(sp.Sum(K * i, (i, 0, n)), K * sp.Sum(i, (i, 0, n))))
    with pytest.raises(CheckFailed, match="bound"):
        Specialise("step", {K: i + 1}).examine(goal(equal(K, K), step))
