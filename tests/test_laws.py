"""Contracts that every law of the catalogue keeps, by discovery; and printed values of the theory laws."""

import math
import pickle
import re
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from called import Called
from hypothesis import given, settings
from hypothesis import strategies as st
from test_accuracy import random_points

from infobound.catalogue import law as lookup
from infobound.catalogue import laws
from infobound.errors import DomainError, ExpressionError, UnknownNameError
from infobound.kernels import heavy_tails
from infobound.kernels import twins as kernel_twins
from infobound.kernels.points import evaluate
from infobound.record import KINDS, Law, Parameter

LAWS = [entry for entry in laws().values() if isinstance(entry, Law)]
twins, admissible_atoms = Called(kernel_twins), Called(heavy_tails).admissible_atoms
THEORY = [law for law in LAWS if law.family == "theory"]

# the first call of a law compiles it
without_deadline = settings(deadline=None)
each_law = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
each_theory_law = pytest.mark.parametrize("law", THEORY, ids=lambda law: law.name)


def names_of(law):
    return [symbol.name for symbol in law.symbols]


def a_point(law):
    """A point inside the domain, every symbol given."""
    point = {q.symbol.name: min(10.0, q.high) if q.value is None else float(q.value) for q in law.parameters}
    ends = {law.size: 1024.0, law.data: 1e9}
    return point | {symbol.name: number for symbol, number in ends.items() if symbol is not None}


def domains_of(law):
    """Lower end of each symbol's domain and whether it belongs."""
    ends = {symbol.name: (1.0, True) for symbol in (law.size, law.data) if symbol is not None}
    return ends | {q.symbol.name: (q.low, q.low_included) for q in law.parameters}


# The record


def test_the_catalogue_holds_the_theory():
    assert {law.name for law in THEORY} >= {
        "sampled_student",
        "shrunk_student",
        "truncated_student",
        "parameter_counting",
    }
    assert len({entry.name for entry in laws().values()}) == len(laws())
    assert all(name in repr(laws()) for name in laws())


def test_unknown_laws_are_named_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"got 'sampled_studnet' \(did you mean sampled_student\?\)"):
        lookup("sampled_studnet")


@each_law
def test_words(law):
    assert law.kind in KINDS
    assert (law.kind == "fit") == (law.family != "theory")
    if law.kind == "fit":
        assert "bound" not in f"{law.title} {law.quantity}".lower()
        assert law.claim == "fit"
    prose = " ".join((law.title, law.quantity, *law.assumptions, *law.notes)).lower()
    assert "optimal loss" not in prose
    assert "information-theoretic optimum" not in prose
    assert all((law.name, law.title, law.quantity, law.unit))


@each_law
def test_references_can_be_found(law):
    assert law.references
    for reference in law.references:
        assert reference.authors
        assert reference.title
        assert re.search(r"arXiv:\d{4}\.\d{4,5}|10\.\d{4,}/|IEEE|ISBN|NIPS \d{4}", reference.identifier), reference
        assert reference.identifier in str(reference)


@each_theory_law
def test_theory_states_cap_and_assumptions(law):
    assert law.kind in ("upper bound", "lower bound")
    if law.kind == "lower bound":
        # the trivial lower bound is 0
        assert law.cap is None
        assert any(re.search("predictor is any one|The learner is", sentence) for sentence in law.assumptions)
        return
    if law.cap is None:
        # labels that are real numbers: what a constant predictor loses is not bounded
        assert any("normal noise" in sentence for sentence in law.assumptions)
        return
    assert law.cap is not None
    # saying 1/2 costs at most 1/16 nats on average over teachers, and 1/4 in squares of labels in [0, 1]
    assert law.cap.value == sp.Rational(1, 16 if law.unit.startswith("nats") else 4)
    assert "does not bound" in law.cap.binds
    assert len(law.assumptions) >= 3


@each_law
def test_terms_add_up_to_the_law(law):
    assert law.expr == sp.Add(*law.terms.values())
    point = a_point(law)
    assert math.fsum(law.terms_at(**point).values()) == pytest.approx(law(**point), rel=1e-14)
    with mpmath.workdps(50):
        exact = sum(law.exact(point, 40, term=term) for term in law.terms)
        assert abs(exact / law.exact(point, 40) - 1) < 1e-38
    with pytest.raises(UnknownNameError, match="a term must be one of"):
        law.exact(point, term="nonsense")


@each_law
def test_the_record_does_not_change(law):
    with pytest.raises(FrozenInstanceError):
        law.name = "other"
    for change in (
        lambda: law.terms.update(extra=sp.S.One),
        lambda: law.terms.__setitem__("extra", sp.S.One),
        lambda: law.terms.pop(next(iter(law.terms))),
        law.intervals.clear,
    ):
        with pytest.raises(TypeError, match="does not change"):
            change()


@each_law
def test_equality_hash_and_pickle(law):
    copy = pickle.loads(pickle.dumps(law))
    assert copy == law
    assert hash(copy) == hash(law)
    assert copy.expr == law.expr
    assert copy(**a_point(law)) == law(**a_point(law))
    renamed = replace(law, name="another")
    assert renamed != law
    assert hash(renamed) != hash(law)
    assert len({law, copy, renamed}) == 2


# Domains


@each_law
def test_lower_ends_are_enforced(law):
    for name, (low, included) in domains_of(law).items():
        if low == -math.inf:
            continue
        rule = f"{name} must be {'at least' if included else 'greater than'} {low:g}, got {name}="
        for bad in [low - 1.0, *([] if included else [low])]:
            with pytest.raises(DomainError, match=re.escape(rule)):
                law(**(a_point(law) | {name: bad}))
            with pytest.raises(DomainError, match=re.escape(rule)):
                law.exact(a_point(law) | {name: bad})
        if included:
            assert math.isfinite(law(**(a_point(law) | {name: low})))


@each_law
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_must_be_finite(law, bad):
    for name in names_of(law):
        with pytest.raises(DomainError, match=f"{name} must be"):
            law(**(a_point(law) | {name: bad}))


@each_law
@pytest.mark.parametrize("bad", ["3", 3j, sp.Symbol("q"), [[1.0], [1.0, 2.0]], True, object()])
def test_values_must_be_real_numbers(law, bad):
    name = names_of(law)[0]
    with pytest.raises(DomainError, match=f"{name} must be a real number or an array of real numbers"):
        law(**(a_point(law) | {name: bad}))


@pytest.mark.parametrize("law", [law for law in LAWS if law.size or law.data], ids=lambda law: law.name)
def test_the_first_bad_value_is_named_with_its_index(law):
    name = law.data.name if law.data is not None else law.size.name
    with pytest.raises(DomainError, match=re.escape(f"{name} must be at least 1, got {name}=0 at index 2")):
        law(**(a_point(law) | {name: [5.0, 1.0, 0.0, -3.0]}))
    with pytest.raises(DomainError, match=re.escape(f"got {name}=0.5 at index (1, 0)")):
        law(**(a_point(law) | {name: [[5.0, 1.0], [0.5, math.nan]]}))
    with pytest.raises(DomainError, match=re.escape(f"got {name}=0.9999999999")):
        law(**(a_point(law) | {name: 0.9999999999}))


@pytest.mark.parametrize("bad", [0.5, -1e18, np.nan, np.inf, -np.inf])
def test_the_first_bad_value_of_very_many_is_named_with_its_index(bad):
    """Many numbers are checked by the compiled loop, in several threads."""
    many = np.full(50_000, 4096.0)
    many[[31_234, 49_999]] = bad
    with pytest.raises(DomainError, match=r"n must be .*, got n=\S+ at index 31234$"):
        lookup("shrunk_student")(n=many, T=1e9, d=10, K=10)
    with pytest.raises(DomainError, match=r"K must be .*, got K=\S+$"):
        lookup("shrunk_student")(n=many[:30_000], T=1e9, d=10, K=-1)
    with pytest.raises(DomainError, match=r"K must be .*, got K=\S+$"):
        lookup("shrunk_student")(n=many[:0], T=1e9, d=10, K=-1)


def test_blocks_with_values_beyond_quick_arithmetic_are_computed_with_care():
    K, n = sp.symbols("K n", positive=True)
    expr = sp.log(n) + K * n**2.5
    numbers = np.full(5000, 2.0)
    numbers[[7, 2000, 2001, 4999]] = 0.0, 5e-324, np.inf, np.nan
    (values,) = evaluate([expr], {n: numbers, K: 1.0})
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(values, np.log(numbers) + numbers**2.5, rtol=1e-15)


@each_law
def test_missing_and_unknown_symbols(law):
    point = a_point(law)
    with pytest.raises(UnknownNameError, match=r"got nonsense"):
        law(**point, nonsense=1.0)
    with pytest.raises(UnknownNameError, match="got nonsense"):
        law.exact(point | {"nonsense": 1})
    needed = [name for name in names_of(law) if name not in defaults_of(law)]
    for name in needed:
        with pytest.raises(UnknownNameError, match=rf"missing: {name}"):
            law(**{key: value for key, value in point.items() if key != name})


def defaults_of(law):
    return {q.symbol.name for q in law.parameters if q.value is not None}


# Values


@each_law
def test_values_are_positive_and_terms_not_negative(law):
    points = {symbol.name: values for symbol, values in random_points(law, 2000, seed=7).items()}
    values = law(**points)
    assert np.all(np.isfinite(values) & (values > 0))
    for name, term in law.terms_at(**points).items():
        assert np.all(np.broadcast_to(term, values.shape) >= 0), name


@each_law
def test_big_budgets_stay_finite(law):
    ends = [symbol.name for symbol in (law.size, law.data) if symbol is not None]
    for powers in [(150, 150), (300, 0), (0, 300), (290, 9), (9, 290)]:
        given = {name: 10.0**power for name, power in zip(ends, powers, strict=False)}
        value = law(**(a_point(law) | given))
        assert math.isfinite(value)
        assert value == pytest.approx(float(law.exact(a_point(law) | given, 30)), rel=1e-13)


@each_law
def test_more_data_never_hurts(law):
    points = {symbol.name: values for symbol, values in random_points(law, 1000, seed=8).items()}
    if law.data is None:
        return
    more = points | {law.data.name: points[law.data.name] * 1.7}
    slack = 0.0
    if law.name == "truncated_student":
        # an atom that becomes admissible costs its sign, ln 2 nats in all
        admitted = np.minimum(points["n"], 1 + math.log(1.7) / np.log1p(2 / points["K"]))
        slack = admitted * math.log(2) / points["T"]
    if law.name == "heavy_tailed_truncated_student":
        # likewise; and the slack of Jensen's inequality moves by a thousandth of the law (math2.md A7)
        level, rest = points["T"] / (8 * points["d"]), (points["K"], points["alpha"])
        counts = [[*map(admissible_atoms, points["n"], f * level, *rest)] for f in (1.0, 1.7)]
        slack = np.subtract(*counts[::-1]) * math.log(2) / points["T"] + law(**points) / 1000
    if law.name == "linear_spectrum":
        # a feature m that becomes admissible costs p/(4 m T) more than it saves
        slack = (1 + points["gamma"]) / points["T"]
    if law.name == "linear_spectrum_lower":
        # with more samples more features are charged
        slack = law.terms_at(**more)["estimation"]
    if law.name == "two_harmonics":
        # it rises where samples are few: what more data cannot do is to lose less in all
        assert np.all(1.7 * law(**more) >= law(**points))
        return
    assert np.all(law(**more) <= law(**points) * (1 + 1e-13) + slack)


@each_law
def test_scalars_give_python_floats_and_arrays_broadcast(law):
    point = a_point(law)
    name, *_ = names_of(law)
    assert type(law(**point)) is float
    assert type(law(**(point | {name: np.array(7.0)}))) is float
    assert type(law(**(point | {name: 7}))) is float
    assert all(type(value) is float for value in law.terms_at(**point).values())
    row, column = np.array([2.0, 30.0, 400.0]), np.array([[2.0], [5.0]])
    others = dict.fromkeys(names_of(law)[1:2], column)
    values = law(**(point | {name: row} | others))
    assert values.shape == ((2, 3) if others else (3,))
    assert values.dtype == np.float64
    one = law(**(point | {name: 400.0} | dict.fromkeys(others, 5.0)))
    assert values.flat[-1] == one
    assert law(**(point | {name: np.empty((0, 3))})).shape == (0, 3)
    assert law(**(point | {name: [2, 3]})).tolist() == law(**(point | {name: np.array([2, 3])})).tolist()


@each_law
def test_fifty_digits_against_eighty(law):
    for values in zip(*random_points(law, 12, seed=9).values(), strict=True):
        point = dict(zip(names_of(law), map(float, values), strict=True))
        fifty, eighty = law.exact(point, 50), law.exact(point, 80)
        with mpmath.workdps(90):
            assert abs(fifty / eighty - 1) < mpmath.mpf("1e-49")
        assert law(**point) == pytest.approx(float(eighty), rel=1e-13)


@each_law
def test_exact_takes_any_exact_number(law):
    name, point = names_of(law)[0], a_point(law)
    # the kernel bound is constant in few samples, the truncated students in large widths
    whole = 150_000 if name == "T" else 15
    seventh = law.exact(point | {name: Fraction(whole, 7)}, 40)
    assert law.exact(point | {name: sp.Rational(whole, 7)}, 40) == seventh
    assert law.exact(point | {name: f"{whole}/7"}, 40) == seventh
    assert law.exact(point | {name: whole / 7}, 40) != seventh
    assert law.exact(point | {name: np.float64(2.5)}) == law.exact(point | {name: sp.Float("2.5", 30)})
    assert law.exact(point | {name: np.int64(3)}) == law.exact(point | {name: mpmath.mpf(3)})
    for bad in ("nonsense", "1/0", "1e999", None, [1, 2], sp.Symbol("q"), math.nan):
        with pytest.raises(DomainError, match=f"{name} must be"):
            law.exact(point | {name: bad})


@each_law
def test_binding_parameters(law):
    point = a_point(law)
    for q in law.parameters:
        name = q.symbol.name
        bound = law.with_(**{name: point[name]})
        rest = {key: value for key, value in point.items() if key != name}
        assert bound(**rest) == law(**point)
        assert bound(**(point | {name: 2 * point[name]})) == law(**(point | {name: 2 * point[name]}))
        assert bound.expr == law.expr
        if q.low > -math.inf:
            with pytest.raises(DomainError, match=f"{name} must be"):
                law.with_(**{name: q.low - 1})
    with pytest.raises(UnknownNameError, match="nonsense"):
        law.with_(nonsense=1)
    if law.size is not None:
        with pytest.raises(UnknownNameError, match=law.size.name):
            law.with_(**{law.size.name: 5})


# Laws that are refused, and numbers at the rim


n, T, q = sp.symbols("n T q", positive=True)


def small_law(expr, *parameters):
    return Law("small", "a law", "fit", "loss", "nats", {"loss": expr}, n, T, parameters)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "guess"}, "kind must be one of"),
        ({"terms": {}}, "at least one term"),
        ({"terms": {"loss": q / n}}, "leaves q undeclared"),
        ({"parameter_count": n * q}, "leaves q undeclared"),
        ({"data": n}, "name of its own"),
        ({"parameters": (Parameter(sp.Symbol("n")),)}, "name of its own"),
    ],
)
def test_malformed_laws_are_refused(change, message):
    with pytest.raises(ExpressionError, match=message):
        replace(small_law(1 / n + 1 / T), **change)


def test_exact_of_a_sum_that_cancels():
    law = small_law((sp.sqrt(n) + T) ** 2 - n - T**2 - 2 * T * sp.sqrt(n))
    assert law.exact({"n": 2, "T": 3}) == 0
    small = small_law(sp.log(1 + n / 10**70) - n / 10**70 + 0 * T)
    with mpmath.workdps(40):
        expected = mpmath.mpf(10) ** -140 * (mpmath.mpf(10) ** -70 * 2 / 3 - 1) * 2
        assert abs(small.exact({"n": 2, "T": 3}, 40) / expected - 1) < 1e-38


def test_binding_one_parameter_leaves_the_others_alone():
    law = small_law(q / n + 1 / T, Parameter(q, low=5, high=9))
    assert law.with_().parameters == law.parameters
    other = small_law(q / n + sp.Symbol("c") / T, Parameter(q, low=5), Parameter(sp.Symbol("c")))
    assert other.with_(c=2)(n=5, T=2, q=5) == 2.0


# The printed values of math.md

SAMPLED, SHRUNK = lookup("sampled_student"), lookup("shrunk_student")
TRUNCATED, COUNTED = lookup("truncated_student"), lookup("parameter_counting")

# Section 8: (d, K, C), then n* and L of Bound A, then of Bound B.
OPTIMA = [
    ((16, 10, 1e9), ("136.19", "8.419594e-3"), ("148.02", "7.230744e-3")),
    ((16, 10, 1e12), ("2626.1", "4.569101e-4"), ("2887.9", "4.190502e-4")),
    ((128, 100, 1e15), ("12239", "9.812267e-4"), ("13363", "9.006465e-4")),
    ((1024, 10, 1e18), ("32789", "3.743333e-5"), ("34775", "3.549257e-5")),
    ((2, 1, 1e6), ("23.478", "4.805499e-3"), ("25.089", "4.373226e-3")),
]
# Section 8: data sizes printed beside Bound A.
PRINTED_T = ["4.5891e5", "2.3799e7", "6.3833e8", "2.9783e10", "21297"]


def unit_of(printed):
    """Half a unit of the last printed digit."""
    mantissa, _, power = printed.partition("e")
    digits = len(mantissa.partition(".")[2])
    return 0.5000001 * 10.0 ** (int(power or 0) - digits)


@pytest.mark.parametrize(("setting", "sampled", "shrunk"), OPTIMA)
def test_optima_of_section_8(setting, sampled, shrunk):
    d, K, C = setting
    for law, (width, loss) in ((SAMPLED, sampled), (SHRUNK, shrunk)):
        at = float(width)
        assert law(n=at, T=C / (d * at), d=d, K=K) == pytest.approx(float(loss), rel=0, abs=unit_of(loss))
        # the loss at an optimum, to second order
        step = 1e-3
        beside = [law(n=at * f, T=C / (d * at * f), d=d, K=K) for f in (1 - step, 1 + step)]
        assert min(beside) > float(loss) - unit_of(loss)


@pytest.mark.parametrize(("row", "printed"), [*zip(OPTIMA, PRINTED_T, strict=True)])
def test_data_sizes_of_section_8(row, printed):
    (d, _, C), (width, _), _ = row
    # the width is printed to five digits, too
    slack = C / d / float(width) ** 2 * unit_of(width)
    assert C / (d * float(width)) == pytest.approx(float(printed), rel=0, abs=unit_of(printed) + slack)


@pytest.mark.parametrize(("C", "width", "loss"), [(1e9, 32, "9.8e-4"), (1e12, 64, "5.5e-6"), (1e24, 205, "1.3e-16")])
def test_truncated_optima_of_section_12(C, width, loss):
    widths = np.arange(1.0, 400.0)
    losses = TRUNCATED(n=widths, T=C / (16 * widths), d=16, K=10)
    assert widths[np.argmin(losses)] == width
    assert losses.min() == pytest.approx(float(loss), rel=0, abs=unit_of(loss))


@pytest.mark.parametrize(
    ("T", "sampled", "truncated"),
    [(1e4, ".0769", ".0325"), (1e6, "3.81e-3", "1.55e-3"), (1e8, "1.01e-4", "3.70e-5")],
)
def test_data_limited_comparison_of_section_12(T, sampled, truncated):
    widths = np.concatenate([np.arange(1.0, 2000.0), np.geomspace(2000, 1e9, 4000)])
    for law, printed in ((SAMPLED, sampled), (TRUNCATED, truncated)):
        best = float(np.min(law(n=widths, T=T, d=16, K=10)))
        assert best == pytest.approx(float(printed), rel=0, abs=unit_of(printed))


# What math.md states of the bounds

settings_of_theory = {
    "T": st.floats(0, math.log(1e18)).map(math.exp),
    "d": st.floats(0, math.log(1e6)).map(math.exp),
    "K": st.floats(math.log(1e-3), math.log(1e6)).map(math.exp),
}
widths = st.floats(0, math.log(1e15)).map(math.exp)


@without_deadline
@given(n=widths, **settings_of_theory)
def test_shrunk_student_exceeds_the_cap_by_no_more_than_its_composition(n, T, d, K):
    ell = math.log1p((n - 1) / K)
    composition = (K * (ell + ell**2 / 2) + (1 + K * ell) * math.log(2)) / T
    assert SHRUNK(n=n, T=T, d=d, K=K) <= (1 / 16 + composition) * (1 + 1e-12)
    terms = SHRUNK.terms_at(n=n, T=T, d=d, K=K)
    assert terms["misspecification"] + terms["quantisation"] <= 1 / 16 * (1 + 1e-12)


@without_deadline
@given(n=widths, distortion=st.floats(1e-12, 1), **settings_of_theory)
def test_no_other_distortion_does_better(n, distortion, T, d, K):
    ell = math.log1p((n - 1) / K)
    atoms = 1 + K * ell
    information = K * (ell + ell**2 / 2) + atoms * (math.log(2) - d / 2 * math.log(distortion))
    other = (K + n * distortion) / (16 * (n + K)) + information / T
    assert SHRUNK(n=n, T=T, d=d, K=K) <= other * (1 + 1e-12)


@without_deadline
@given(n=widths, radius=st.floats(1e-9, 2), **settings_of_theory)
def test_no_other_radius_does_better(n, radius, T, d, K):
    for law, atoms, plain in (
        (SAMPLED, twins.expected_atoms(n, K), math.log(2 * n)),
        (COUNTED, n, math.log(2)),
    ):
        other = K / (16 * n) + radius**2 / 16 + atoms * (plain + d * math.log1p(2 / radius)) / T
        assert law(n=n, T=T, d=d, K=K) <= other * (1 + 1e-12)


@without_deadline
@given(**settings_of_theory)
def test_one_neuron_is_coded_alike_by_both_students(T, d, K):
    assert SAMPLED(n=1, T=T, d=d, K=K) == pytest.approx(COUNTED(n=1, T=T, d=d, K=K), rel=1e-14)


@without_deadline
@given(**settings_of_theory)
def test_clamped_radius_is_vacuous(T, d, K):
    # section 6: T <= A d gives eps = 2 and a bound of at least 1/4
    assert SAMPLED(n=1, T=min(T, d), d=d, K=K) >= 0.25


@without_deadline
@given(**settings_of_theory)
def test_theorem_12_in_closed_form(T, d, K):
    a = math.log(T / (4 * d * (K + 2)))
    if a < 0:
        assert TRUNCATED(n=5, T=T, d=d, K=K) == 1 / 16
        return
    b = math.log1p(2 / K)
    closed = d / (4 * T) * (a * a / b + 2 * a + 2 * (a / b + 1) * (1 + 2 * math.log(2) / d) + K + 2)
    assert TRUNCATED(n=max(1, math.ceil(a / b)), T=T, d=d, K=K) <= closed * (1 + 1e-9)


@settings(max_examples=50, deadline=None)
@given(T=st.integers(1, 10**9), d=st.integers(1, 300), K=st.integers(1, 30), n=st.integers(1, 60))
def test_truncated_student_keeps_the_admissible_atoms(T, d, K, n):
    """Against math.md section 12 with the side condition 8 d/T <= (1-r) r^(m-1) decided in whole numbers."""
    r = Fraction(K, K + 2)
    kept = 0
    while kept < n and Fraction(8 * d, T) <= (1 - r) * r**kept:
        kept += 1
    decay = math.log1p(2 / K)
    bits = math.log(2) + d / 2 * math.log(T * float(1 - r) / (8 * d)) - d / 4 * (kept - 1) * decay
    expected = float(r) ** kept / 16 + kept * d / (2 * T) + kept / T * bits if kept else 1 / 16
    at_the_jump = any(Fraction(8 * d, T) == (1 - r) * r**m for m in range(n))
    if not at_the_jump:
        assert TRUNCATED(n=n, T=T, d=d, K=K) == pytest.approx(expected, rel=1e-12)
