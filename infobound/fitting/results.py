"""The result of a fit: parameters with intervals, and the questions that can be asked of the fitted law."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infobound import __version__
from infobound.allocation.minimising import allocate
from infobound.catalogue import entry_named
from infobound.comparing import compare
from infobound.errors import DomainError
from infobound.fitting.banding import allocation_band, band
from infobound.fitting.forms import size_at_count
from infobound.fitting.objectives import Objective
from infobound.fitting.reading import Finding, Runs
from infobound.fitting.sealing import write_sealed
from infobound.fitting.storing import tree_of_findings, tree_of_law, tree_of_ranges, tree_of_runs
from infobound.inputs import as_floats, enforce
from infobound.kernels.points import evaluate
from infobound.labelled import Answer, as_xarray, laid_out
from infobound.record import AllocationRule, Cost, Law
from infobound.symbols import Domain

__all__ = ["Fit", "outside"]

Array = NDArray[np.float64]
Range = tuple[float, float]

_DIRECTIONS = 720


@dataclass(frozen=True, eq=False)
class Fit:
    """A law fitted to training runs.

    Attributes
    ----------
    law : Law
        The fitted law, of kind "fit": every question takes it.
    parameters : mapping of str to float
        Fitted constants.
    exponents : mapping of str to float
        `a` and `b` of the optimum size ~ C^a, data ~ C^b where the law has such; else empty.
    objective : float
        The least sum.
    loss : Objective
        What was summed.
    starts, starts_at_best : int
        Descents, and how many of them came to rest at the least sum.
    level : float
        Of every interval.
    intervals : mapping of str to mapping of str to (float, float)
        By method, "profile" and, where asked for, "bootstrap"; then by parameter or exponent.  An end is infinite
        where the runs set none.
    draws : mapping of str to numpy.ndarray
        Parameters of the bootstrap's draws behind the bands, of 200 where none were asked for; empty, and the bands
        NaN, where the runs leave nothing to judge a fit by.
    runs : Runs
    warnings : tuple of Finding
        What was doubtful in the runs or the fit, with codes and rows.
    """

    law: Law
    parameters: Mapping[str, float]
    exponents: Mapping[str, float]
    objective: float
    loss: Objective
    starts: int
    starts_at_best: int
    level: float
    intervals: Mapping[str, Mapping[str, Range]]
    draws: Mapping[str, Array] = field(repr=False)
    runs: Runs = field(repr=False)
    warnings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.law.title}: {self.loss} = {self.objective:.7g} over {len(self.runs)} runs"]
        for name, value in {**self.parameters, **self.exponents}.items():
            low, high = self.intervals["profile"].get(name, (np.nan, np.nan))
            lines.append(f"  {name} = {value:.6g}  [{low:.6g}, {high:.6g}]")
        lines.append(f"  {self.starts_at_best} of {self.starts} descents ended at this optimum")
        return "\n".join([*lines, *(f"  warning: {finding}" for finding in self.warnings)])

    @property
    def entry(self) -> Law:
        """What `allocate`, `compare` and the like take: the fitted law."""
        return self.law

    @property
    def residuals(self) -> Array:
        """Ln loss less ln of the fitted law, for each run."""
        return np.log(self.runs.loss) - np.log(self._losses({}, self.runs.columns))

    @as_xarray
    def predict(self, **columns: Any) -> Answer:
        """Losses that the fitted law gives, with a band, and how far each point lies from the runs.

        Parameters
        ----------
        **columns : array_like of float
            The columns of the fit by symbol; 1-D arrays are axes of an outer product.

        Returns
        -------
        xarray.Dataset
            `loss`; `loss_low, loss_high`, the band of the law itself (not of a new run); `extrapolation`, the distance
            in decades from the convex hull of the runs in the logarithms of the columns, 0 inside.

        Raises
        ------
        UnknownNameError, DomainError
        """
        symbols = tuple(self.runs.columns)
        stray = sorted(set(columns) ^ set(symbols))
        if stray:
            raise DomainError(f"a prediction needs {', '.join(symbols)}, no more and no less; got {', '.join(columns)}")
        domains = {q.symbol.name: q.domain for q in self.law.parameters}
        for name, values in columns.items():
            enforce(name, as_floats(name, values), domains.get(name, Domain(low=1)))
        coords, spread = laid_out(columns)
        dims = tuple(dict.fromkeys(dim for own, _ in coords.values() for dim in own))
        points = {name: spread[name] for name in symbols}
        shape = np.broadcast_shapes(*(array.shape for array in points.values()))
        drawn = {name: values.reshape(-1, *[1] * len(shape)) for name, values in self.draws.items()}
        low, high = band(self._losses(drawn, points), self.level)
        found = {
            "loss": self._losses({}, points),
            "loss_low": low,
            "loss_high": high,
            "extrapolation": outside(
                [np.log10(self.runs.columns[s]) for s in symbols], [np.log10(points[s]) for s in symbols]
            ),
        }
        attrs = {
            "law": self.law.name,
            "kind": self.law.claim,
            "quantity": self.law.quantity,
            "unit": self.law.unit,
            "level": self.level,
            "infobound_version": __version__,
        }
        return Answer(coords, {key: (dims, np.broadcast_to(v, shape)) for key, v in found.items()}, attrs)

    @as_xarray
    def allocate(self, *, C: Any, cost: Cost | str | None = None, **parameters: Any) -> Answer:
        """Minimise the fitted law on each budget, with a band.

        Parameters
        ----------
        C : array_like of float
        cost : Cost or str, optional
        **parameters : array_like of float
            What the law needs beside its fitted constants.

        Returns
        -------
        xarray.Dataset
            As from `infobound.allocate`; beside it `p_low, p_high, T_low, T_high, tokens_per_parameter_low,
            tokens_per_parameter_high` and `extrapolation`, decades from the convex hull of the runs (NaN where the runs
            do not give size and data by themselves).

        Raises
        ------
        DomainError, InfeasibleError, UnknownNameError
        """
        stray = sorted(set(parameters) & set(self.parameters))
        if stray:
            raise DomainError(f"what was fitted is not given as well, got {', '.join(stray)}; ask the law itself")
        given = {"C": C, **parameters}
        best: Answer = allocate.answer(self.law, cost=cost, **given)  # type: ignore[attr-defined]
        dims = best.variables["loss"][0]
        variables = {**best.variables, **allocation_band(self.law, cost, given, self.draws, self.level)}
        variables["extrapolation"] = dims, self._outside(best)
        return Answer(best.coords, variables, {**best.attrs, "level": self.level})

    def compare(self, laws: Sequence[Law | AllocationRule | str] = (), **questions: Any) -> Any:
        """Set the fitted law beside others: `infobound.compare` with this law first.

        Parameters
        ----------
        laws : sequence of Law, AllocationRule, Fit or str
        **questions
            `C`, `cost` and parameters, as there.
        """
        others = laws if isinstance(laws, Sequence) and not isinstance(laws, str) else (laws,)
        return compare([self.law, *(entry_named(getattr(other, "entry", other)) for other in others)], **questions)

    def record(self) -> dict[str, Any]:
        """Parameters, exponents, objective, starts, warnings and intervals, as JSON has them."""
        return {
            **self.parameters,
            **self.exponents,
            "objective": self.objective,
            "starts": self.starts,
            "starts_at_best": self.starts_at_best,
            "warnings": tree_of_findings(self.warnings),
            "intervals": {"level": self.level, **tree_of_ranges(self.intervals)},
        }

    def save(self, path: str | Path) -> None:
        """Write the whole result to a JSON file, which `load_fit` reads."""
        write_sealed(
            path,
            {
                "kind": "law",
                "infobound_version": __version__,
                "law": tree_of_law(self.law),
                "parameters": dict(self.parameters),
                "exponents": dict(self.exponents),
                "fit": self.record(),
                "loss": {"name": self.loss.name, "delta": self.loss.delta},
                "draws": {name: values.tolist() for name, values in self.draws.items()},
                "runs": tree_of_runs(self.runs),
            },
        )

    def _losses(self, drawn: Mapping[str, Array], points: Mapping[str, Array]) -> Array:
        """Losses at points of the fit's columns, at the fitted constants or at those drawn."""
        expr = self.law.expr
        if "p" in self.runs.columns and self.law.size is not None and self.law.size.name not in self.runs.columns:
            expr = expr.subs(self.law.size, size_at_count(self.law))
        constants = {q.symbol.name: float(q.value) for q in self.law.parameters if q.value is not None}
        values = constants | dict(drawn) | dict(points)
        return evaluate((expr,), {symbol: values[symbol.name] for symbol in expr.free_symbols})[0]

    def _outside(self, best: Answer) -> Array:
        size, data = str(self.law.size), str(self.law.data)
        columns = self.runs.columns
        key = "n" if size in columns else "p"
        if data not in columns or (size not in columns and "p" not in columns):
            return np.full(best.variables["loss"][1].shape, np.nan)
        hull = [np.log10(columns[size if key == "n" else "p"]), np.log10(columns[data])]
        return outside(hull, [np.log10(best.variables[key][1]), np.log10(best.variables["T"][1])])


def outside(runs: Sequence[Array], points: Sequence[Array]) -> Array:
    """Distance of points from the convex hull of the runs, by its support in many directions of the plane.

    In one or two dimensions to 1e-5 of the distance; in more, the largest over all pairs of dimensions, which is never
    more than the distance.

    Examples
    --------
    >>> corners = [np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])]
    >>> outside(corners, [np.array([0.2, 2.0]), np.array([0.2, 0.0])]).round(6).tolist()
    [0.0, 1.0]
    """
    angles = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    if len(runs) == 1:
        pairs, turns = [(0, 0)], np.array([[1.0, 0.0], [-1.0, 0.0]])
    else:
        pairs = [(i, j) for j in range(len(runs)) for i in range(j)]
        turns = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    furthest = np.zeros(np.broadcast_shapes(*(array.shape for array in points)))
    for i, j in pairs:
        for x, y in turns:
            support = (x * runs[i] + y * runs[j]).max()
            furthest = np.maximum(furthest, x * points[i] + y * points[j] - support)
    return np.where(furthest > 1e-12, furthest, 0.0)
