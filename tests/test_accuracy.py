"""The accuracy contract, over the whole catalogue: compiled values and derivatives against the oracle."""

import math
from itertools import product

import numpy as np
import pytest
from oracle import NearKinkError, Oracle

from infobound.catalogue import laws
from infobound.kernels.lowering import derivative
from infobound.kernels.points import evaluate
from infobound.labelled import grid
from infobound.record import Law
from infobound.special import admissible_atoms, coded_modes, composition_nats, pitman_yor_atoms

LAWS = [entry for entry in laws().values() if isinstance(entry, Law)]
# Laws by form: those of one form share their kernels, and the points among them.
FORMS = {
    (form.expr, form.symbols): [law for law in LAWS if (law.expr, law.symbols) == (form.expr, form.symbols)]
    for form in LAWS
}
# By the order of the derivative.
CONTRACT = (1e-13, 1e-11, 1e-9)
SIZE_HIGH, DATA_HIGH = 1e15, 1e18


def ends_of(law, symbol):
    """Least and greatest number to try for a symbol; both are edges worth a visit."""
    if symbol == law.size:
        return 1.0, SIZE_HIGH
    if symbol == law.data:
        return 1.0, DATA_HIGH
    (parameter,) = (q for q in law.parameters if q.symbol == symbol)
    if parameter.value is not None:
        # a constant that is 0 as printed is tried as a small one, a negative one as its size: see random_points
        size = abs(float(parameter.value)) or 1e-3
        return size / 2, min(size * 2, parameter.high)
    high = parameter.high if math.isfinite(parameter.high) else 1e3
    low = parameter.low if parameter.low_included and parameter.low > 0 else high * 1e-9
    return low, high


def random_points(law, count, seed):
    """Points of the law's domain, as an array for each symbol: corners, edges, whole numbers, n near 1."""
    rng = np.random.default_rng(seed)
    below_zero = {q.symbol for q in law.parameters if q.value is not None and q.value < 0}
    ends = [ends_of(law, symbol) for symbol in law.symbols]
    corners = list(product(*ends))[: count // 4]
    points = {}
    for i, (symbol, (low, high)) in enumerate(zip(law.symbols, ends, strict=True)):
        values = np.exp(rng.uniform(math.log(low), math.log(high), count)).clip(low, high)
        kind = rng.random(count)
        values[kind < 0.04] = low
        values[(kind >= 0.04) & (kind < 0.08)] = high
        if low == 1.0:
            values = np.where((kind >= 0.1) & (kind < 0.3), np.floor(values), values)
            near_one = (kind >= 0.3) & (kind < 0.4)
            values[near_one] = 1.0 + 10.0 ** rng.uniform(-16, 0, near_one.sum())
        values[: len(corners)] = [corner[i] for corner in corners]
        points[symbol] = -values if symbol in below_zero else values
    return points


def points_of_form(laws, count, seed):
    """Points as above, shared among laws of one form."""
    parts = [random_points(law, -(-count // len(laws)), seed + i) for i, law in enumerate(laws)]
    return {symbol: np.concatenate([part[symbol] for part in parts]) for symbol in parts[0]}


def orders_of(law):
    return Oracle(law).orders


def compiled(law, points):
    """Kernel's value and derivatives at all points, in the oracle's order of keys."""
    expressions = []
    for order in orders_of(law):
        expr = law.expr
        for symbol in order:
            expr = derivative(expr, symbol, log=symbol in (law.size, law.data))
        expressions.append(expr)
    return dict(zip(orders_of(law), evaluate(expressions, points), strict=True))


def worst_errors(law, points):
    """For each derivative the largest error and the point where it is; and the number of points at kinks."""
    got, oracle = compiled(law, points), Oracle(law)
    worst = dict.fromkeys(got, (0.0, "nowhere"))
    excluded = 0
    for i in range(len(points[law.symbols[0]])):
        point = {symbol.name: float(values[i]) for symbol, values in points.items()}
        try:
            exact = oracle(point)
        except NearKinkError:
            excluded += 1
            continue
        for order, quantity in exact.items():
            error = quantity.error(float(got[order][i]))
            if error > worst[order][0]:
                worst[order] = (error, f"{point}: got {got[order][i]!r}, exact {quantity.value!r}")
    return worst, excluded


def assert_contract(law, points):
    worst, excluded = worst_errors(law, points)
    count = len(points[law.symbols[0]])
    assert excluded < count / 20, f"{excluded} of {count} points of {law.name} lie at a kink"
    broken = [
        f"{law.name}, derivative in {order}: error {error:.2e} > {CONTRACT[len(order)]:.0e} at {place}"
        for order, (error, place) in worst.items()
        if error > CONTRACT[len(order)]
    ]
    assert not broken, "\n".join(broken)


def is_costly(law):
    """Whether the oracle takes a while."""
    return law.expr.has(admissible_atoms, coded_modes, composition_nats, pitman_yor_atoms)


def is_published(law):
    """Whether it is one of the many forms of published fits: sums of powers, whose kernels compile for a while."""
    return law.family not in ("theory", "chinchilla")


def each_form_but(later):
    """All forms, those for which this holds in the slow tests."""
    forms = [
        pytest.param(laws, id=laws[0].name, marks=pytest.mark.slow if later(laws[0]) else ()) for laws in FORMS.values()
    ]
    return pytest.mark.parametrize("laws", forms)


@each_form_but(is_published)
def test_contract_on_random_points(laws):
    assert_contract(laws[0], points_of_form(laws, 100 if is_costly(laws[0]) else 300, seed=1))


@each_form_but(lambda law: is_published(law) or is_costly(law))
def test_contract_at_budgets_up_to_1e300(laws):
    law = laws[0]
    points = points_of_form(laws, 50 if is_costly(law) else 100, seed=3)
    count = len(points[law.symbols[0]])
    rng = np.random.default_rng(4)
    # the slopes of this one hold T^(3/2) below the line; it is never minimised, so that no budget gets there
    decades = rng.uniform(0, 200 if law.name == "two_harmonics" else 300, count)
    shares = rng.random(count)
    shares[:20] = rng.integers(0, 2, 20)
    for symbol, share in ((law.size, shares), (law.data, 1 - shares)):
        if symbol is not None:
            points[symbol] = 10.0 ** (decades * share)
    assert_contract(law, points)


@each_form_but(is_published)
def test_contract_on_grids(laws):
    """Parts computed at their own depth, with both ends of the domain on every axis; float32 rounds that once."""
    law = laws[0]
    rng = np.random.default_rng(6)
    axes = {}
    fixed = {q.symbol.name: float(q.value) for q in law.parameters if q.value is not None}
    for symbol in law.symbols:
        if symbol.name not in fixed:
            low, high = ends_of(law, symbol)
            inner = np.exp(rng.uniform(math.log(low), math.log(high), 2))
            # five axes will do
            if len(axes) < 5:
                axes[symbol.name] = np.array([low, *inner, high])
            else:
                fixed[symbol.name] = inner[0]
    table, single = (grid(law, dtype=dtype, **fixed, **axes).values for dtype in ("float64", "float32"))
    oracle = Oracle(law)
    places = list(np.ndindex(table.shape))
    for place in [places[0], places[-1], *(places[i] for i in rng.choice(len(places), min(40, len(places)), False))]:
        point = {name: float(axis[i]) for (name, axis), i in zip(axes.items(), place, strict=True)}
        try:
            exact = oracle(fixed | point)[()]
        except NearKinkError:
            continue
        assert exact.error(float(table[place])) <= CONTRACT[0], point
        if 1e-37 < exact.value < 1e38:
            assert single[place] == pytest.approx(exact.value, rel=6e-8), point


@pytest.mark.slow
@each_form_but(is_published)
def test_contract_on_many_random_points(laws):
    """Ten thousand; a thousand where the oracle takes a while or the form is a published one's."""
    count = 1_000 if is_costly(laws[0]) or is_published(laws[0]) else 10_000
    assert_contract(laws[0], points_of_form(laws, count, seed=2))
