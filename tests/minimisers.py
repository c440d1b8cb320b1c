"""Laws that can be minimised along a budget, for tests over the catalogue."""

import pytest

import infobound as ib

LAWS = [
    e
    for e in ib.laws().values()
    if isinstance(e, ib.Law) and e.kind != "lower bound" and e.size is not None and e.data is not None
]
# The minimiser of each further form compiles for some seconds.
QUICK = ("sampled_student", "shrunk_student", "truncated_student", "parameter_counting")
SOME = [pytest.param(e, id=e.name, marks=() if e.name in QUICK else pytest.mark.slow) for e in LAWS]
