"""Laws that can be minimised along a budget, for tests over the catalogue."""

import pytest

import infobound as ib

LAWS = [
    e
    for e in ib.laws().values()
    if isinstance(e, ib.Law) and e.kind != "lower bound" and e.size is not None and e.data is not None
]
# The minimiser of each further form compiles for some seconds, and of a heavy-tailed student for more.
SOME = [
    pytest.param(
        e,
        id=e.name,
        marks=()
        if e.family in ("theory", "chinchilla") and not e.name.startswith("heavy_tailed")
        else pytest.mark.slow,
    )
    for e in LAWS
]
