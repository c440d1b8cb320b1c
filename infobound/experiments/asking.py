"""`experiment`: what a law and its bounds state, beside what is measured on the model itself."""

from collections.abc import Callable
from typing import Any

import numpy as np

from infobound.errors import DomainError, UnknownNameError
from infobound.experiments.linear_spectrum import exact_loss, jensen_bound, lower_bound, rate_distortion_bound
from infobound.labelled import Answer, as_xarray, attributes, laid_out, law_named

__all__ = ["experiment"]

LARGEST_DESIGN = 20_000_000


@as_xarray
def experiment(model: str, *, draws: int = 64, seed: int = 0, **axes: Any) -> Answer:
    """Measure the exact loss of a learner by Monte Carlo, between the bounds on it.

    Parameters
    ----------
    model : str
        linear_spectrum, the linear teacher with a power-law spectrum.
    draws : int
        Random designs over which each loss is averaged, at least 2.
    seed : int
        Of their generator, the same one for each cell.
    **axes : array_like of float
        Parameters of the model by name.  1-D arrays are axes of an outer product; scalars become scalar
        coordinates.  Of linear_spectrum: whole numbers n and T, and s, v, gamma; n = 4, 16, 64, 256 and
        T = 64, 256, 1024, s = v = 1 and gamma = 0.34 if left out.

    Returns
    -------
    xarray.Dataset
        In nats per sample: `exact` with its standard error `exact_se`, the bounds on the same learner's loss
        `lower` and `jensen`, `rate_distortion`, which is never below `jensen`, and the laws that are smooth forms of
        the three: `linear_spectrum_lower`, below, and `linear_spectrum_jensen` and `linear_spectrum`, above.

    Raises
    ------
    UnknownNameError
        If there is no experiment, or no parameter, of that name.
    DomainError

    Notes
    -----
    Source: docs/math2.md, section B.

    Examples
    --------
    >>> cell = experiment("linear_spectrum", n=10, T=100, draws=8)
    >>> bool(cell.linear_spectrum_lower < cell.lower < cell.jensen < cell.linear_spectrum_jensen)
    True
    """
    if model not in EXPERIMENTS:
        raise UnknownNameError(f"an experiment must be one of {', '.join(EXPERIMENTS)}; got {model!r}")
    if draws < 2:
        raise DomainError(f"draws must be at least 2, got draws={draws}")
    if seed < 0:
        raise DomainError(f"seed must be at least 0, got seed={seed}")
    return EXPERIMENTS[model](draws, seed, axes)


def _linear_spectrum(draws: int, seed: int, axes: dict[str, Any]) -> Answer:
    entry = law_named("linear_spectrum")
    given = {"n": (4.0, 16.0, 64.0, 256.0), "T": (64.0, 256.0, 1024.0), "s": 1.0, "v": 1.0, "gamma": 0.34} | axes
    numbers = entry.checked(given, (symbol.name for symbol in entry.symbols))
    coords, spread = laid_out(given)
    dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
    shape = np.broadcast_shapes(*(array.shape for array in spread.values()))
    flat = [np.broadcast_to(spread[name], shape).ravel().tolist() for name in numbers]
    cells = [dict(zip(numbers, cell, strict=True)) for cell in zip(*flat, strict=True)]
    for cell in cells:
        if cell["n"] * cell["T"] > LARGEST_DESIGN:
            raise DomainError(
                f"a design must have at most {LARGEST_DESIGN:g} numbers, got n={cell['n']:g} times T={cell['T']:g}"
            )
    # bounds first: they refuse bad numbers before anything is drawn
    lower, jensen, coded = ([of(**cell) for cell in cells] for of in (lower_bound, jensen_bound, rate_distortion_bound))
    found = [exact_loss(**cell, designs=draws, seed=seed) for cell in cells]
    columns = {
        "linear_spectrum_lower": law_named("linear_spectrum_lower")(**spread),
        "lower": lower,
        "exact": [estimate.value for estimate in found],
        "exact_se": [estimate.standard_error for estimate in found],
        "jensen": jensen,
        "rate_distortion": coded,
        **{name: law_named(name)(**spread) for name in ("linear_spectrum_jensen", "linear_spectrum")},
    }
    variables = {name: (dims, np.array(column, dtype=float).reshape(shape)) for name, column in columns.items()}
    attrs = {**attributes(entry), "kind": f"exact value by {draws} draws, and bounds", "draws": draws, "seed": seed}
    return Answer(coords, variables, attrs)


EXPERIMENTS: dict[str, Callable[[int, int, dict[str, Any]], Answer]] = {"linear_spectrum": _linear_spectrum}
