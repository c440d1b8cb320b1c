"""DeepSeek LLM 2024: model scale, in operations per token, and data that a compute budget is best spent on.

The numbers stand in `deepseek.toml` as they are printed.  The paper's C is M D with M operations per token, so p
stands for M/6 here.
"""

from infobound.fits.reading import Published, positive, power
from infobound.symbols import C

__all__ = ["LAWS"]

_M_1 = positive("M_1", "operations per token")

_PUBLISHED = Published(__file__)

LAWS = (
    # eq. 4: M = M_1 C^a
    *(_PUBLISHED.rule(raw, _M_1.symbol * C**power.symbol / 6, (_M_1, power)) for raw in _PUBLISHED.tables("rule")),
    *_PUBLISHED.exponents(),
)
