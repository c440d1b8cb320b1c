"""Published numbers against one another: each that a source derives is recomputed, or its disagreement documented."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import mpmath
import pytest
import sympy as sp

import infobound as ib
from infobound import fits
from infobound.fits import broken, chinchilla, mixture_of_experts, muennighoff
from infobound.fits.reading import PF_DAY
from infobound.record import Law
from infobound.symbols import C

PUBLISHED = {name: entry for name, entry in ib.laws().items() if entry.family != "theory"}
FAMILIES = {entry.family for entry in PUBLISHED.values()}
# an arXiv paper, or a preprint at bioRxiv
IDENTIFIER = r"arXiv:\d{4}\.\d{5}|doi:10\.1101/\d{4}(\.\d{2}){2}\.\d{6}"
each_entry = pytest.mark.parametrize("entry", PUBLISHED.values(), ids=lambda entry: entry.name)


def constants(name):
    return {q.symbol.name: q.value for q in ib.law(name).parameters if q.value is not None}


def on_path(name, budget, part="p_of_C"):
    rule = ib.law(name)
    values = {q.symbol: sp.Float(q.value, 30) for q in rule.parameters}
    return float(getattr(rule, part).xreplace({**values, C: sp.Float(budget, 30)}).evalf(30))


def said(name, text):
    return any(text in note for note in ib.law(name).notes)


# Every entry


def test_every_file_is_a_family():
    stems = {path.stem for path in Path(fits.__path__[0]).glob("*.toml")}
    assert stems == FAMILIES


@each_entry
def test_every_entry_says_source_place_and_how_it_was_read(entry):
    assert entry.reading in ("primary", "secondary")
    assert entry.references
    assert all(re.fullmatch(IDENTIFIER, reference.identifier) for reference in entry.references)
    assert all(reference.locator for reference in entry.references)
    assert any("read" in note for note in entry.notes)
    for q in entry.parameters:
        if q.value is None or q.source == "dense where none is given":
            assert q.printed == ""
        else:
            assert entry.references[0].identifier in q.source
            assert "read" in q.source
            decimal = q.printed.removeprefix(f"ln {q.symbol.name} = ")
            assert decimal == q.printed or abs(sp.log(q.value).evalf(20) - sp.Float(decimal, 20)) < 1e-14
            assert decimal != q.printed or sp.Rational(decimal) == q.value


@each_entry
def test_exponents_of_an_optimum_are_those_published(entry):
    """`a` and `b` of an entry are what `compare` shows as its published exponents."""
    for letter in ("a", "b"):
        if letter in entry.intervals:
            assert 0.2 < entry.intervals[letter].value < 0.9
    if isinstance(entry, Law) or entry.family == "chinchilla":
        return
    values = {q.symbol: q.value or sp.Integer(1) for q in entry.parameters}
    slopes = {
        letter: sp.simplify((C * sp.diff(sp.log(path), C)).xreplace(values))
        for letter, path in (("a", entry.p_of_C), ("b", entry.T_of_C))
    }
    assert slopes["a"] + slopes["b"] == 1
    printed = {letter: entry.intervals[letter].value for letter in "ab" if letter in entry.intervals}
    odd = len(printed) == 2 and sum(printed.values()) != 1
    assert said(entry.name, "The printed exponents add up to") == odd
    if odd:
        # both are data, and only one of them can be a slope
        assert slopes["a"] == printed["a"]
    else:
        assert printed.items() <= slopes.items()


def test_constants_and_data_files_hold_no_floats():
    """Numbers are strings, so that they keep the digits that are printed."""
    for path in Path(fits.__path__[0]).glob("*.toml"):
        stack = [tomllib.loads(path.read_text(encoding="utf-8"))]
        while stack:
            part = stack.pop()
            assert not isinstance(part, float), path.name
            stack += part.values() if isinstance(part, dict) else part if isinstance(part, list) else []


def test_new_families_stay_out_of_the_default_comparison():
    from infobound.comparing import _shipped

    assert {entry.family for entry in _shipped()} == {"theory", "chinchilla"}


def test_laws_in_one_variable_are_refused_where_a_budget_is_traded():
    for name in ("kaplan_size", "kaplan_data", "kaplan_compute", "zhai_finetune", "broken_1"):
        with pytest.raises(ib.ExpressionError, match=f"a law in size and data, got {name}"):
            ib.allocate(name, C=1e21)
        with pytest.raises(ib.ExpressionError, match=f"got {name}"):
            ib.compare([name], C=1e21)


# Kaplan


def test_kaplan_exponents():
    alpha_N = constants("kaplan_size")["alpha_N"]
    assert f"{float(1 / (1 / sp.Rational('0.76') + 1 / sp.Rational('0.21') + 1 / alpha_N)):.4f}" == "0.0520"
    assert said("kaplan_compute", "is 0.0520")


def test_kaplan_breakdown_point():
    at = {"C": mpmath.mpf(10) ** 4 * int(PF_DAY)}
    assert f"{float(ib.law('kaplan_compute').exact(at)):.2f}" == "1.68"
    assert round(float(ib.law("kaplan_compute").exact(at)), 1) == 1.7
    assert on_path("kaplan_allocation", 1e4 * float(PF_DAY)) == pytest.approx(1e12, rel=0.1)
    assert f"{4e10 * 1e4**0.26:.1e}" == "4.4e+11"


def test_kaplan_allocation_and_eq_6_7():
    day = float(PF_DAY)
    assert on_path("kaplan_allocation", day) == pytest.approx(1.3e9)
    tokens = on_path("kaplan_allocation", day, "T_of_C")
    assert f"{tokens:.1e}" == "1.1e+10"
    assert f"{4e10 / tokens:.1f}" == "3.6"
    assert f"{6 * 1.3e9 * 4e10 / day:.1f}" == "3.6"


@pytest.mark.parametrize("point", [(1e9, 1e10), (1e3, 1e18), (1e15, 1e3), (1e11, 3e11)])
def test_kaplan_joint_is_eq_1_5(point):
    size, tokens = map(mpmath.mpf, point)
    k = {name: mpmath.mpf(value.p) / value.q for name, value in constants("kaplan_joint").items()}
    printed = ((k["N_c"] / size) ** (k["alpha_N"] / k["alpha_D"]) + k["D_c"] / tokens) ** k["alpha_D"]
    assert ib.law("kaplan_joint").exact({"N": size, "D": tokens}, 12) == pytest.approx(printed, rel=1e-11)


# Henighan


def test_gpt_3_law_in_compute():
    k = constants("henighan_language_compute")
    assert f"{float(k['C_0']) ** float(k['alpha_C']):.3f}" == "2.570"
    law = ib.law("henighan_language_compute")
    assert float(law.exact({"C": int(PF_DAY)})) == pytest.approx(2.57, abs=0.005)


def test_gpt_3_allocation_is_kaplans():
    assert on_path("henighan_language_allocation", float(PF_DAY)) == pytest.approx(1.3e9, rel=0.02)


def test_doubtful_allocations_are_left_out():
    for domain in ("image_vq_32x32", "text_to_image_image"):
        assert f"henighan_{domain}_allocation" not in ib.laws()
        assert said(f"henighan_{domain}_compute", "may be a slip of the copy")
    pairs = [
        tuple(constants(name).values())
        for name, entry in PUBLISHED.items()
        if entry.family == "henighan" and entry.kind == "allocation rule"
    ]
    assert len(set(pairs)) == len(pairs) == 8


def test_domains_share_one_expression_for_each_kind():
    family = [entry for entry in PUBLISHED.values() if entry.family == "henighan"]
    for part, count in (("size", 12), ("compute", 10)):
        laws = [entry for entry in family if entry.name.endswith(f"_{part}")]
        assert len(laws) == count
        assert len({law.expr for law in laws}) == 1


# Chinchilla's form elsewhere


def test_fits_of_one_form_share_it():
    names = ("sardana_100", "sardana_250", "sardana_500", "sardana_all", "krajewski_dense")
    assert {ib.law(name).expr for name in names} == {sp.Add(*chinchilla.FORM.terms.values())}
    assert ib.law("clark_dense").expr == ib.law("kaplan_size").expr


def test_sardanas_condition_is_that_of_its_objective():
    """Least 6 N D + 2 N D_inf at a fixed loss: elasticities stand as 1 + D_inf / (3 D)."""
    N, D, served = sp.symbols("N D D_inf", positive=True)
    price = 6 * N * D + 2 * N * served
    # at the optimum (dL/dN) / (dL/dD) = (dprice/dN) / (dprice/dD)
    ratio = sp.simplify((N * sp.diff(price, N)) / (D * sp.diff(price, D)))
    assert sp.simplify(ratio - (1 + served / (3 * D))) == 0


# Muennighoff


def test_muennighoff_constants_and_level():
    k = constants("muennighoff_repeated")
    assert (f"{float(k['A']):.1f}", f"{float(k['B']):.1f}", f"{float(k['E']):.4f}") == ("520.8", "1487.7", "1.8691")
    law = ib.law("muennighoff_repeated")
    values = {q.symbol: sp.Float(q.value, 30) for q in law.parameters if q.value is not None}
    per_token = muennighoff.best_size.xreplace({muennighoff.unique: sp.Integer(1), **values}).evalf(20)
    assert f"{float(per_token):.4f}" == "0.0510"
    assert f"{1 / float(per_token):.1f}" == "19.6"


def test_muennighoff_is_eq_5_and_6():
    law, k = ib.law("muennighoff_repeated"), {q: float(v) for q, v in constants("muennighoff_repeated").items()}

    def printed(size, tokens, unique):
        unique = min(unique, tokens)
        best = min(size, (k["A"] / k["B"]) ** (1 / k["alpha"]) * unique)
        worth = [
            u + u * r * (1 - mpmath.exp(-(x / u - 1) / r))
            for x, u, r in ((size, best, k["R_N"]), (tokens, unique, k["R_D"]))
        ]
        return k["E"] + k["A"] / worth[0] ** k["alpha"] + k["B"] / worth[1] ** k["beta"]

    for point in [(1e9, 1e10, 1e12), (1e9, 1e12, 1e10), (1e11, 1e11, 1e9), (1e8, 1e10, 1e10)]:
        got = float(law.exact(dict(zip("NDU", point, strict=True)), 20))
        assert got == pytest.approx(float(printed(*point)), rel=1e-12)


def test_endless_repetition_is_worth_a_fixed_factor():
    law, k = ib.law("muennighoff_repeated"), constants("muennighoff_repeated")
    endless = law.exact({"N": 1, "D": 10**18, "U": 10**9}, 20, term="data")
    once = law.exact({"N": 1, "D": 10**9, "U": 10**9}, 20, term="data")
    assert float((once / endless) ** (1 / mpmath.mpf(str(float(k["beta"]))))) == pytest.approx(1 + float(k["R_D"]))


# Allocations


def test_llama_3_versions():
    budget = 3.8e25
    text, figure = (on_path(name, budget, "T_of_C") for name in ("llama_3_text", "llama_3_figure"))
    assert (f"{text / 1e12:.1f}", f"{figure / 1e12:.1f}") == ("10.5", "16.3")
    assert f"{1 - text / 16.55e12:.0%}" == "37%"
    assert f"{6 * 402e9 * 16.55e12:.3g}" == "3.99e+25"
    assert f"{6 * 402e9 * 16.55e12 / budget - 1:.0%}" == "5%"
    assert said("llama_3_text", "37% fewer")
    assert said("llama_3_figure", "5% over the budget")


def test_deepseek_pair_spends_the_budget():
    k, published = constants("deepseek_allocation"), ib.law("deepseek_allocation").intervals
    assert f"{float(k['M_1'] * published['D_1'].value):.4f}" == "1.0001"
    assert k["a"] + published["b"].value == 1
    for budget in (1e18, 1e24):
        printed = 5.8316 * budget**0.4757
        assert on_path("deepseek_allocation", budget, "T_of_C") == pytest.approx(printed, rel=2e-4)
    # M is 6 N where attention costs nothing
    assert on_path("deepseek_allocation", 1e20) == pytest.approx(0.1715 * 1e20**0.5243 / 6)


@pytest.mark.parametrize("name", [name for name, entry in PUBLISHED.items() if entry.family == "deepseek"])
def test_deepseek_exponents_add_up(name):
    intervals = ib.law(name).intervals
    assert intervals["a"].value + intervals["b"].value == 1


def test_porian_falls_to_chinchilla():
    steps = [ib.law(f"porian_step_{i}").intervals["a"] for i in range(1, 6)]
    assert all(step.low < step.value < step.high for step in steps)
    assert all(later.value < earlier.low for earlier, later in pairwise(steps))


def test_minicpm_disagrees_with_itself_as_documented():
    published = ib.law("minicpm_allocation").intervals
    alpha, beta = published["alpha"].value, published["beta"].value
    assert f"{float((beta - alpha) / (alpha + beta)):.3f}" == "-0.115"
    assert said("minicpm_allocation", "-0.115")
    assert on_path("minicpm_allocation", 1e21, "T_of_C") / on_path("minicpm_allocation", 1e21) == pytest.approx(192)


# Mixtures of experts


@pytest.mark.parametrize("name", ["clark_s_base", "clark_rl_r", "clark_hash"])
def test_effective_experts_run_from_start_to_max(name):
    m, k = mixture_of_experts, constants(name)
    values = {m.E_start: k["E_start"], m.E_max: k["E_max"]}
    effective = m.effective_experts.xreplace(values)
    assert sp.simplify(effective.subs(m.experts, 1)) == k["E_start"]
    assert sp.limit(effective, m.experts, sp.oo) == k["E_max"]
    # the paper's form
    printed = 1 / (1 / (m.experts - 1 + 1 / (1 / m.E_start - 1 / m.E_max)) + 1 / m.E_max)
    assert sp.simplify(m.effective_experts - printed) == 0


def test_clarks_logarithms_are_to_base_10():
    law = ib.law("clark_s_base")
    dense = float(ib.law("clark_dense").exact({"N": 13 * 10**8}))
    assert f"{dense:.1f}" == "2.2"
    # one expert is the dense model, within a few percent of another fit
    assert float(law.exact({"N": 13 * 10**8, "experts": 1})) == pytest.approx(dense, rel=0.05)
    k = {name: float(value) for name, value in constants("clark_s_base").items()}
    natural = mpmath.exp(
        k["a"] * mpmath.log(1.3e9) + k["d"] + (k["b"] + k["c"] * mpmath.log(1.3e9)) * mpmath.log(1.847)
    )
    assert natural < 1


def test_abnars_active_share_is_one_minus_sparsity():
    law = ib.law("abnar_sparse")
    N, D, S = 1e10, 1e11, 0.98
    k = {name: float(value) for name, value in constants("abnar_sparse").items()}
    printed = (
        k["a"] / N ** k["alpha"]
        + k["b"] / D ** k["beta"]
        + k["c"] / (1 - S) ** k["lambda"]
        + k["d"] / ((1 - S) ** k["delta"] * N ** k["gamma"])
        + k["e"]
    )
    assert float(law.exact({"N": N, "D": D, "active": 1 - S})) == pytest.approx(printed, rel=1e-12)


# Sparse networks


def test_the_notebooks_constants_are_the_tables_in_other_units():
    table, notebook = constants("frantar_vision"), constants("frantar_vision_notebook")
    weights, images = sp.Integer(10) ** 6, sp.Integer(10) ** 9
    converted = {
        **{name: notebook[name] for name in ("b_S", "b_N", "b_D", "c")},
        **{name: notebook[name] * weights ** notebook["b_N"] for name in ("a_S", "c_S")},
        "a_D": images * notebook["e"] ** (1 / notebook["b_D"]),
    }
    printed = {q.symbol.name: q.printed for q in ib.law("frantar_vision").parameters if q.printed}
    assert printed.keys() == converted.keys()
    for name, text in printed.items():
        digits = text.partition("e")[0].replace(".", "").lstrip("0")
        got = f"{sp.N(converted[name], 30):.{len(digits) - 1}e}"
        assert sp.Rational(got) == table[name], name
    at = {"N": 10**8, "D": 10**9, "S": sp.Rational(3, 4)}
    exact = [float(ib.law(name).exact(at)) for name in ("frantar_vision", "frantar_vision_notebook")]
    assert exact[0] == pytest.approx(exact[1], rel=1e-3)


def test_three_quarters_of_zeros_are_worth_a_dense_network_of_2_16_times_the_weights():
    """The number that goes with the table where it was read."""
    k = {name: float(value) for name, value in constants("frantar_text").items()}
    dense, sparse = k["a_S"] + k["c_S"], k["a_S"] * 0.25 ** k["b_S"] + k["c_S"]
    larger = (dense / sparse) ** (1 / k["b_N"])
    assert f"{larger:.2f}" == "2.16"
    law = ib.law("frantar_text")
    assert law(N=1e8, D=1e10, S=0.75) == pytest.approx(law(N=larger * 1e8, D=1e10), rel=1e-12)
    assert law(N=1e8, D=1e10) == law(N=1e8, D=1e10, S=0)


def test_sparse_text_models_are_as_good_as_their_runs_say():
    """Ends of the authors' runs, t5-data.csv beside their notebook: sparsity, scale, steps, loss."""
    runs = [
        (0.0, 0.0078125, 250_000, 3.1256396912691886),
        (0.875, 0.0625, 1_000_000, 2.6270287229303726),
        (0.0, 0.5, 250_000, 1.8827782346491229),
        (0.875, 4.0, 1_000_000, 1.6029677006236294),
    ]
    law = ib.law("frantar_text")
    for S, scale, steps, loss in runs:
        got = law(S=S, N=1.7e8 * scale * (1 - S), D=65_536 * steps)
        assert got == pytest.approx(loss, rel=0.028)
    assert said("frantar_text", "within 2.8%")


def test_all_weights_zero_is_refused():
    with pytest.raises(ib.DomainError, match="S must be less than 1, got S=1"):
        ib.law("frantar_text")(N=1e8, D=1e10, S=1)


# Exponents alone


def test_exponents_alone_are_compared_and_nothing_else():
    names = ["manakul_audio", "liang_diffusion_transformer", "merrill_hybrid", "porian_step_5"]
    found = ib.compare(names, C=[1e18, 1e24])
    alone = [name for name in names if name != "liang_diffusion_transformer"]
    part = found.sel(law=alone)
    assert (part.status == "no_level").all()
    assert part.p.isnull().all()
    assert part.tokens_per_parameter.isnull().all()
    expected = {"manakul_audio": 0.367, "merrill_hybrid": 0.219 / (0.226 + 0.219), "porian_step_5": 0.497}
    for name, a in expected.items():
        row = found.sel(law=name)
        assert row.exponent_p.values == pytest.approx([a, a], rel=1e-14)
        assert row.exponent_T.values == pytest.approx([1 - a, 1 - a], rel=1e-14)
    assert found.b_published.sel(law="manakul_audio").item() == 0.579
    assert (found.status.sel(law="liang_diffusion_transformer") == "rule").all()
    assert "a = 0.37" in ib.compare([*names, "sampled_student"], C=1e24, d=16, K=10).attrs["summary"]


def test_a_prefactor_gives_a_level_to_exponents():
    found = ib.compare(["porian_step_5", "manakul_audio"], C=1e24, k=0.2)
    assert (found.status == "rule").all()
    assert found.p.sel(law="porian_step_5").item() == pytest.approx(0.2 * 1e24**0.497, rel=1e-12)
    with pytest.raises(ib.UnknownNameError, match="needs a value for k, a; missing: k"):
        ib.allocate("porian_step_5", C=1e24)


def test_under_a_cost_whose_exponents_depend_on_the_level_they_are_not_given():
    found = ib.compare("manakul_audio", C=1e24, cost="serving:T_inf=1e12")
    assert found.exponent_p.isnull().all()
    assert ib.compare("manakul_audio", C=1e24, cost="product").exponent_p.item() == pytest.approx(0.367, rel=1e-14)


def test_diffusion_transformers_spend_the_budget():
    k, published = constants("liang_diffusion_transformer"), ib.law("liang_diffusion_transformer").intervals
    assert f"{float(6 * k['k'] * published['D_1'].value):.3f}" == "1.009"
    assert f"{1 / float(6 * k['k']):.1f}" == "185.2"
    assert said("liang_diffusion_transformer", "it is 185.2 C^0.4319")


@pytest.mark.parametrize(
    ("name", "alpha", "beta", "a"),
    [
        ("shukor_early_fusion", 0.301, 0.335, "0.527"),
        ("shukor_late_fusion", 0.2903, 0.3383, "0.538"),
        ("shukor_sparse", 0.710, 0.372, "0.344"),
    ],
)
def test_multimodal_rows_disagree_with_themselves_as_documented(name, alpha, beta, a):
    assert f"{beta / (alpha + beta):.3f}" == a
    assert said(name, f"give beta/(alpha+beta) = {a}")


# Broken laws


@pytest.mark.parametrize("breaks", [1, 2, 5])
def test_broken_is_eq_1(breaks):
    law = broken.broken_law(breaks)
    point = {"x": 3e5, "a": 0.1, "b": 2.0, "c_0": 0.1}
    for i in range(1, breaks + 1):
        point |= {f"c_{i}": 0.1 * i, f"d_{i}": 10.0**i, f"f_{i}": 0.3}
    product = mpmath.mpf(1)
    for i in range(1, breaks + 1):
        f = mpmath.mpf(point[f"f_{i}"])
        product *= (1 + (point["x"] / mpmath.mpf(point[f"d_{i}"])) ** (1 / f)) ** (-point[f"c_{i}"] * f)
    expected = point["a"] + point["b"] * mpmath.mpf(point["x"]) ** -point["c_0"] * product
    assert float(law.exact(point, 15)) == pytest.approx(float(expected), rel=1e-13)


def test_a_sharp_break_does_not_overflow():
    law = ib.law("broken_1")
    point = {"x": 1e18, "a": 0.1, "b": 2.0, "c_0": 0.1, "c_1": 0.2, "d_1": 1.0, "f_1": 1e-4}
    assert law(**point) == pytest.approx(0.1 + 2 * 1e18**-0.3, rel=1e-12)


@pytest.mark.parametrize("breaks", [0, 21, 1.0, True, "1"])
def test_breaks_must_be_few_and_whole(breaks):
    with pytest.raises(ib.ExpressionError, match="breaks must be a whole number from 1 to 20"):
        broken.broken_law(breaks)
