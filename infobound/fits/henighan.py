"""Henighan et al. 2020: power laws with a constant for images, video, mathematics, and text with images.

The numbers stand in `henighan.toml` as Table 1 prints them.  Compute is in operations here and in PF-days there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from infobound.fits.reading import PF_DAY, Form, Published, compute, given, positive
from infobound.record import AllocationRule, Law
from infobound.symbols import FITS, C

__all__ = ["FORMS", "LAWS"]

N = FITS["N"].symbol
_L_inf, _N_0, _C_0 = given("L_inf", "nats per token"), positive("N_0", "parameters"), positive("C_0", "PF-days")
_alpha_N, _alpha_C, _a = positive("alpha_N"), positive("alpha_C"), positive("a")
L_inf, N_0, C_0, alpha_N, alpha_C, a = (q.symbol for q in (_L_inf, _N_0, _C_0, _alpha_N, _alpha_C, _a))

# Table 1
FORMS = {
    "size": Form({"irreducible": L_inf, "reducible": (N_0 / N) ** alpha_N}, [_L_inf, _N_0, _alpha_N], size=N),
    "compute": Form(
        {"irreducible": L_inf, "reducible": (PF_DAY * C_0 / C) ** alpha_C}, [compute, _L_inf, _C_0, _alpha_C]
    ),
}

_PUBLISHED = Published(__file__)


def _of(raw: Mapping[str, Any]) -> Iterator[Law | AllocationRule]:
    """Records of one domain: of L(N), L(C) and N_opt(C) what the table prints."""

    def named(part: str, words: str, **more: Any) -> dict[str, Any]:
        return {**raw, "name": f"henighan_{raw['name']}_{part}", "title": f"Henighan, {raw['domain']}: {words}", **more}

    if "size" in raw:
        constants = dict(zip(("L_inf", "N_0", "alpha_N"), raw["size"], strict=True))
        yield _PUBLISHED.law(named("size", "loss in the model's size", constants=constants), FORMS["size"])
    if "compute" in raw:
        constants = dict(zip(("L_inf", "C_0", "alpha_C"), raw["compute"], strict=True))
        yield _PUBLISHED.law(named("compute", "loss in compute", constants=constants), FORMS["compute"])
    if "allocation" in raw:
        constants = dict(zip(("C_0", "a"), raw["allocation"], strict=True))
        intervals = {"a": {"value": constants["a"]}}
        words = "size that a compute budget is best spent on"
        yield _PUBLISHED.rule(
            named("allocation", words, constants=constants, intervals=intervals),
            (C / (PF_DAY * C_0)) ** a,
            (_C_0, _a),
        )


LAWS = tuple(entry for raw in _PUBLISHED.tables("domain") for entry in _of(raw))
