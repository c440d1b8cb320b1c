"""Asymptotic exponents: symbolic against the rule of math2.md section D, and against minima at huge budgets."""

import json
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from minimisers import SOME

import infobound as ib
from infobound.allocation.leading import HEADS, Signs, Undecided, pieces
from infobound.cli import main
from infobound.special import (
    admissible_atoms,
    admissible_features,
    codebook_radius,
    composition_nats,
    expected_atoms,
    log_remainder,
    novelty_lost,
    pitman_yor_atoms,
    power_tail,
    spectrum_nats,
)

n, T, d, K, alpha, beta, gamma, s, v, A, B, E = sp.symbols("n T d K alpha beta gamma s v A B E", positive=True)
N, D, be, ta, k = sp.symbols("N D be ta k", positive=True)

# math2.md, Theorem D, with its own letters
RULE = ib.define(
    n**-be + n**s * (1 + sp.log(n)) ** k / T**ta, size=n, data=T, name="rule", cost=ib.law("sampled_student").cost
)


def bound(expr: sp.Expr, count: sp.Expr = d * n) -> ib.Law:
    return ib.define(expr, size=n, data=T, parameter_count=count, kind="upper bound")


def fit(expr: sp.Expr) -> ib.Law:
    return ib.define(expr, size=N, data=D)


# E N_n of a heavy-tailed teacher grows like n^alpha (math2.md A4)
atoms = (1 + K) * n**alpha / alpha
x0 = (T * s / v) ** (1 / (1 + gamma))
SPECTRUM = sp.Piecewise(  # math2.md B, RD-env
    (
        s * (n + sp.S.Half) ** -gamma / (2 * v * gamma) + n / (2 * T) * ((1 + gamma) * sp.log(x0 / n) + gamma + 2),
        n <= x0,
    ),
    (x0 / (2 * T) * (gamma + 2 + 1 / gamma) + s / (2 * v * gamma) * ((n + sp.S.Half) ** -gamma - n**-gamma), True),
)
DERIVED: dict[str, tuple[ib.Law, Any, Any, Any]] = {
    "sampled": (ib.law("sampled_student"), "1/2", "1/2", "1/2"),
    "shrunk": (ib.law("shrunk_student"), "1/2", "1/2", "1/2"),
    "counting": (ib.law("parameter_counting"), "1/3", "2/3", "1/3"),
    "truncated": (ib.law("truncated_student"), "0", "1", "1"),
    "heavy-tailed": (
        ib.law("heavy_tailed_sampled_student"),
        "1/(2 + alpha)",
        "(1 + alpha)/(2 + alpha)",
        "1/(2 + alpha)",
    ),
    "heavy-tailed shrunk": (
        ib.law("heavy_tailed_shrunk_student"),
        "1/(2 + alpha)",
        "(1 + alpha)/(2 + alpha)",
        "1/(2 + alpha)",
    ),
    "heavy-tailed discounted": (
        ib.law("heavy_tailed_discounted_student"),
        "1/(2 + alpha)",
        "(1 + alpha)/(2 + alpha)",
        "1/(2 + alpha)",
    ),
    "heavy-tailed truncated": (
        ib.law("heavy_tailed_truncated_student"),
        "alpha/(2 + alpha)",
        "2/(2 + alpha)",
        "(2 - alpha)/(2 + alpha)",
    ),
    "linear spectrum": (
        ib.law("linear_spectrum"),
        "1/(2 + gamma)",
        "(1 + gamma)/(2 + gamma)",
        "gamma/(2 + gamma)",
    ),
    "linear spectrum, Jensen": (
        ib.law("linear_spectrum_jensen"),
        "1/(2 + gamma)",
        "(1 + gamma)/(2 + gamma)",
        "gamma/(2 + gamma)",
    ),
    "path norm": (ib.law("path_norm_student"), "1/3", "2/3", "1/3"),
    "chinchilla": (
        ib.law("chinchilla_replication"),
        "beta/(alpha + beta)",
        "alpha/(alpha + beta)",
        "alpha*beta/(alpha + beta)",
    ),
    "rule": (RULE, "ta/(be + s + ta)", "(be + s)/(be + s + ta)", "be*ta/(be + s + ta)"),
    "barron": (bound(1 / n + d * n * sp.log(2 * T) / T), "1/3", "2/3", "1/3"),
    "systematic": (bound(sp.log(4 * n) / n**2 + d * sp.log(2 * T) ** 2 / T), "1/3", "2/3", "2/3"),
    "power": (bound(n**-beta + d * (1 + sp.log(n)) ** 3 / T), "1/(1 + beta)", "beta/(1 + beta)", "beta/(1 + beta)"),
    "exponential": (bound(sp.exp(-n / K) + d * n / T), "0", "1", "1"),
    "pitman-yor": (
        bound(K / (16 * n) + atoms * (sp.log(2 * n) + d * sp.log(1 + 2 / codebook_radius(16 * atoms * d / T))) / T),
        "1/(2 + alpha)",
        "(1 + alpha)/(2 + alpha)",
        "1/(2 + alpha)",
    ),
    "spectrum": (bound(SPECTRUM, n), "1/(2 + gamma)", "(1 + gamma)/(2 + gamma)", "gamma/(2 + gamma)"),
    "kaplan": (
        fit(((A / N) ** (alpha / beta) + B / D) ** beta),
        "beta/(alpha + beta)",
        "alpha/(alpha + beta)",
        "alpha*beta/(alpha + beta)",
    ),
    "inside": (
        fit((E + A / N**alpha) ** 2 + B / D**beta),
        "beta/(alpha + beta)",
        "alpha/(alpha + beta)",
        "alpha*beta/(alpha + beta)",
    ),
    "three terms": (fit(1 / N + 1 / D + N / D**2), "1/2", "1/2", "1/2"),
}


def same(expr: sp.Expr, text: str) -> bool:
    letters = {symbol.name: symbol for symbol in expr.free_symbols}
    return sp.simplify(expr - sp.sympify(text, locals=letters)) == 0


@pytest.mark.parametrize("name", DERIVED)
def test_exponents_are_derived(name: str) -> None:
    law, *expected = DERIVED[name]
    found = ib.exponents(law)
    assert found.status == "derived", found.reason
    for expr, text in zip((found.a, found.b, found.loss), expected, strict=True):
        assert same(expr, text), (expr, text)


def test_logarithms_are_reported() -> None:
    """math.md section 8: p* ~ C^(1/2) / ln C, T* ~ C^(1/2) ln C, L* ~ C^(-1/2) ln C; section 10 likewise."""
    assert dict(ib.exponents("sampled_student").logs) == {"p": -1, "T": 1, "loss": 1}
    third = sp.Rational(1, 3)
    assert dict(ib.exponents("parameter_counting").logs) == {"p": -third, "T": third, "loss": third}
    assert set(ib.exponents("chinchilla_replication").logs.values()) == {0}
    assert ib.exponents("truncated_student").logs == {}


@pytest.mark.parametrize("name", ["linear_spectrum", "heavy_tailed_truncated_student"])
def test_logarithms_that_cancel_at_the_optimum_are_none(name: str) -> None:
    """math2.md A8 and B: what is left of ln(x0/n), or of ln(T tau_m^2 / (8d)), at the optimum is a constant."""
    assert dict(ib.exponents(name).logs) == {"p": 0, "T": 0, "loss": 0}


def test_a_negative_difference_of_logarithms_is_refused() -> None:
    """The logarithms cancel, and what is left is negative: no loss."""
    assert "negative" in ib.exponents(bound(1 / n + n * (sp.log(1 + n) - sp.log(n) - 1) / T)).reason


def test_a_cancellation_that_leaves_nothing_known_is_undecided() -> None:
    """ln(E N_n / (K ln n)) tends to nothing at a rate that is not known."""
    left = sp.log(expected_atoms(n, K)) - sp.log(sp.log(n)) - sp.log(K)
    assert ib.exponents(bound(1 / n + d * n * left / T)).status == "undecided"


def test_how_the_share_moves() -> None:
    """math2.md section D: p*/T* ~ d^(2 + 2 (u1 - u2 - tau)/S), which rises with d iff be + s + u1 > u2."""
    assert ib.exponents("parameter_counting").shares["d"] == sp.Rational(2, 3)
    assert ib.exponents(DERIVED["systematic"][0]).shares["d"] == sp.Rational(2, 3)
    assert ib.exponents(bound(1 / sp.sqrt(n) + d / T)).shares["d"] == -sp.Rational(2, 3)
    assert ib.exponents("sampled_student").shares == {"d": 0, "K": 0}
    said = " ".join(ib.exponents("sampled_student").statements)
    assert "only logarithms and lower orders move p*/T*" in said
    # math2.md A8: m* ~ (C/d^2)^(alpha/(2+alpha)); B: n* ~ (C s/v)^(1/(2+gamma))
    assert same(ib.exponents("heavy_tailed_truncated_student").shares["d"], "(4 - 2*alpha)/(2 + alpha)")
    assert same(ib.exponents("linear_spectrum").shares["s"], "2/(2 + gamma)")
    assert same(ib.exponents("linear_spectrum").shares["v"], "-2/(2 + gamma)")
    # Hoffmann's G: N* = G (C/6)^a with G = (alpha A / (beta B))^(1/(alpha+beta))
    assert same(ib.exponents("chinchilla_replication").shares["A"], "2/(alpha + beta)")


def _standard(law: ib.Law) -> dict[str, float]:
    usual = {"d": 16.0, "K": 10.0}

    def chosen(q: Any) -> float:
        return usual.get(q.symbol.name, q.low + min(q.high - q.low, 1.0) / 2)

    return {q.symbol.name: chosen(q) for q in law.parameters if q.value is None}


@pytest.mark.parametrize("law", SOME)
def test_every_law_of_the_catalogue_agrees_with_its_minima_at_huge_budgets(law: ib.Law) -> None:
    at = _standard(law)
    found = ib.exponents(law, C=[1e40, 1e250], **at)
    if found.status == "undecided":
        assert found.reason
        return
    local = found.local.to_xarray()
    L = np.log(local.C.values)
    for letter, log, name in (("a", "p", "exponent_p"), ("b", "T", "exponent_T"), ("loss", "loss", "exponent_loss")):
        limit = found.numbers[letter] * (-1 if letter == "loss" else 1)
        power = sp.sympify(found.logs.get(log, 0))
        power = float(power.subs({symbol: found.values[symbol.name] for symbol in power.free_symbols}))
        off = np.abs(local[name].values - limit - power / L)
        assert off[1] < 0.01, (name, off)
        assert off[1] <= off[0] + 1e-9, (name, off)


def test_the_share_at_a_huge_budget() -> None:
    for name, logs in (("parameter_counting", 0.01), ("sampled_student", 0.1)):
        best = ib.allocate(name, C=1e250, d=[16, 32], K=[10, 20])
        share = np.log2(best.p.values / best["T"].values)
        moved = {"d": share[1, 0] - share[0, 0], "K": share[0, 1] - share[0, 0]}
        for letter, power in ib.exponents(name).shares.items():
            assert moved[letter] == pytest.approx(float(power), abs=logs)


def test_local_exponents_of_math2_d() -> None:
    """(be, s, k, ta) = (1, 0, 2, 1) with l = (1 + ln n)^2, from below."""
    found = ib.exponents(RULE, C=[1e20, 1e40, 1e250], be=1, s=0, k=2, ta=1)
    assert [f"{x:.4f}" for x in found.local.variables["exponent_p"][1]] == ["0.4782", "0.4889", "0.4982"]


@pytest.mark.slow
def test_local_exponents_of_math2_d_with_a_logarithm_that_starts_at_nil() -> None:
    """The same with l = (ln n)^2, and the balance V/M = 1/(1 + 2/ln n) at the optimum."""
    law = ib.define({"M": 1 / n, "V": sp.log(n) ** 2 / T}, size=n, data=T, cost=RULE.cost)
    found = ib.allocate(law, C=[1e20, 1e40, 1e250])
    assert [f"{x:.4f}" for x in found.exponent_p.values] == ["0.4772", "0.4887", "0.4982"]
    balance = (found.term_V / found.term_M).values
    assert balance == pytest.approx(1 / (1 + 2 / np.log(found.n.values)), rel=1e-7)


def test_the_rule_at_a_huge_budget() -> None:
    rng = np.random.default_rng(5)
    powers = {name: xr.DataArray(rng.uniform(0.2, 2, 200), dims="cell") for name in ("be", "s", "ta")}
    found, best = ib.exponents(RULE), ib.allocate(RULE, C=1e120, k=0.5, **powers)
    assert set(best.status.values) == {"converged"}
    for limit, log, name in ((found.a, "p", "exponent_p"), (found.b, "T", "exponent_T")):
        symbols = (be, s, ta, k)
        expected = sp.lambdify(symbols, limit + found.logs[log] / np.log(1e120))
        np.testing.assert_allclose(best[name], expected(*powers.values(), 0.5), atol=2e-3)


UNDECIDED = {
    "the sign of A0": fit(sp.Symbol("A0") / N + 1 / D),
    "below a constant": fit((E + A / N**alpha) ** alpha + B / D**beta),
    "the sign of": fit(N**-alpha + D**-beta + D / N**3),
    "faster at T = 1": bound(1 / n + d * sp.log(T) / T),
    "faster at n = 1": bound((n - 1) / T + 1 / T**2 + 1 / n**3 - 1 / n**4),
    "equally fast": fit(1 / (N * D)),
}


@pytest.mark.parametrize("reason", UNDECIDED)
def test_what_cannot_be_decided_is_said(reason: str) -> None:
    found = ib.exponents(UNDECIDED[reason])
    assert found.status == "undecided"
    assert reason in found.reason
    assert found.a is found.b is found.loss is None
    assert np.isnan(found.numbers["a"])


def test_values_settle_a_sign_and_the_condition_is_said() -> None:
    law = UNDECIDED["the sign of"]
    found = ib.exponents(law, alpha=0.5, beta=0.5)
    assert same(found.a, "beta/(alpha + beta)")
    assert any("as at the given values" in text for text in found.conditions)
    # at alpha = 2 the size term is the third: D/N^3 meets D^-beta
    assert same(ib.exponents(law, alpha=2, beta=1).a, "(1 + beta)/(4 + beta)")


def test_upper_ends_of_domains_settle_a_sign_and_are_said() -> None:
    law = ib.define(
        n ** (1 - 2 / alpha) + n / T,
        size=n,
        data=T,
        parameters={alpha: ib.Parameter(alpha, low=0, low_included=False, below=1)},
    )
    found = ib.exponents(law)
    assert same(found.a, "alpha/(2 + alpha)")
    assert found.conditions == ("alpha < 1",)


def test_costs() -> None:
    law = fit(E + A / N**alpha + B / D**beta)
    assert same(ib.exponents(law, cost="serving:T_inf=1e12").a, "beta/(alpha + beta)")
    assert same(ib.exponents(law, cost="kaplan_flops:aspect=100,context=1024").a, "beta/(alpha + beta)")
    assert same(ib.exponents(law, cost="hoffmann_flops").b, "alpha/(alpha + beta)")
    p, t = sp.symbols("p T")
    power = ib.exponents(law, cost=ib.Cost("power", p**2 * t**3))
    assert same(power.a, "beta/(3*alpha + 2*beta)")
    assert same(power.b, "alpha/(3*alpha + 2*beta)")


def test_allocation_rules() -> None:
    found = ib.exponents("hoffmann_approach_2", C=[1e21])
    assert (found.a, found.b, found.loss) == (sp.Rational(49, 100), sp.Rational(51, 100), None)
    assert found.local.variables["exponent_p"][1] == pytest.approx(0.49)


def test_special_functions_tend_to_their_table() -> None:
    x, half = sp.Symbol("x", positive=True), sp.Rational(1, 2)
    atoms = x**half * sp.gamma(K + 1) / (half * sp.gamma(K + half))
    heads = {
        expected_atoms(x, K): K * sp.log(x),
        codebook_radius(1 / x): 1 / sp.sqrt(2 * x),
        codebook_radius(x): 2,
        pitman_yor_atoms(x, K, half): atoms,
        composition_nats(x, K, half): atoms * (1 + sp.log(x / atoms)),
        novelty_lost(x, K, half): 2,
        log_remainder(x, K, half): -3 * sp.log(x),
        admissible_atoms(x, x, K, half): (3 * x * sp.gamma(2 * K + 4) / sp.gamma(2 * K + 1)) ** (half / 2),
        admissible_features(x, 2 * x): x,
        admissible_features(2 * x, x): x,
        power_tail(x, gamma): x**-gamma / gamma,
        spectrum_nats(x, K, gamma): K ** (1 / (1 + gamma)) * sp.pi / sp.sin(sp.pi / (1 + gamma)),
        sp.polygamma(0, x): sp.log(x),
        sp.polygamma(1, x + K): 1 / x,
        sp.polygamma(2, x): -1 / x**2,
        sp.loggamma(x): x * sp.log(x),
        sp.zeta(1 + gamma, x + 1): x**-gamma / gamma,
    }
    assert {type(expr) for expr in heads} == set(HEADS)
    for expr, leading in heads.items():
        large = sp.Integer(10**4) if expr.has(sp.zeta) else sp.Float(10**30, 60)
        ratio = (expr / leading).subs({x: large, K: 3, gamma: sp.Rational(1, 2)})
        assert float(ratio.evalf()) == pytest.approx(1, abs=0.03 if not expr.has(log_remainder) else 0.1)


def test_few_features_cost_logarithms() -> None:
    """Where T grows faster than n^(1+gamma), each feature costs half the logarithm of T over that."""
    leading = n * (sp.log(T) - sp.log(n) * (1 + gamma) + 1 + gamma)
    ratio = (spectrum_nats(n, T, gamma) / leading).subs({n: 10, T: sp.Float(10**40, 60), gamma: sp.Rational(1, 2)})
    assert float(ratio.evalf()) == pytest.approx(1, abs=1e-12)
    few = ib.exponents(bound(1 / n + n / T + spectrum_nats(n, T**3, gamma) / T, n), gamma=0.5)
    assert few.logs["p"] == -sp.Rational(1, 3)


def test_a_negative_loss_is_refused() -> None:
    with pytest.raises(Undecided, match="negative"):
        pieces((1 / T - 1 / n,), n, T, Signs(()))


def test_bad_input() -> None:
    with pytest.raises(ib.UnknownNameError):
        ib.exponents("sampled_student", gamma=1)
    with pytest.raises(ib.DomainError):
        ib.exponents("sampled_student", d=0.5)
    with pytest.raises(ib.ExpressionError, match="lacks one"):
        ib.exponents(ib.define(1 / T, size=None, data=T))


def test_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exponents", "chinchilla_replication"]) == 0
    assert "p* ~ C^(beta/(alpha + beta))  [0.5126 at the given values]" in capsys.readouterr().out
    assert main(["exponents", "sampled_student", "C=1e12,1e18", "d=16", "K=10", "--json"]) == 0
    columns = json.loads(capsys.readouterr().out)
    assert columns["a"] == ["1/2", "1/2"]
    assert [f"{x:.3f}" for x in columns["exponent_p"]] == ["0.442", "0.467"]
    assert main(["exponents", "sampled_student", "gamma=1"]) == 2
