"""Pictures of a comparison: how the allocation that minimises each bound, or fit, moves with compute."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from infobound.errors import DomainError, UnknownNameError
from infobound.labelled import Answer
from infobound.writing import check_target, replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PICTURES", "plot"]

PICTURES = (".pdf", ".png", ".svg")
# Okabe and Ito's colours, told apart by the colour-blind; yellow is left out, which white paper swallows.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (4, 1.2, 1, 1.2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#666666"
_FITTED = ("fit", "allocation rule")
_STYLE: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "svg.hashsalt": "infobound",
}


@dataclass(frozen=True)
class _Curve:
    """One entry's allocation along the budgets."""

    name: str
    kind: str
    p: NDArray[np.float64]
    ratio: NDArray[np.float64]
    exponent: float
    vacuous: NDArray[np.bool_]

    @property
    def fitted(self) -> bool:
        return self.kind in _FITTED


def plot(comparison: Any, file: str | os.PathLike[str] | None = None, **at: float) -> "Figure":
    """Draw p* and tokens per parameter against compute, a line for each law of a comparison.

    Parameters
    ----------
    comparison : xarray.Dataset
        What `compare` returns, for two budgets or more.
    file : path, optional
        Where to write the picture: .pdf, .png or .svg.
    **at : float
        Which d, K, ... to draw, of those compared; the last one of each if left out.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels over C, in logarithms.  The legend gives each law's local exponent of p* at the largest budget;
        where a bound is vacuous its line is dotted.

    Raises
    ------
    DomainError
        If the comparison has fewer than two budgets or no size at all, or a value chosen is none of those compared.
    UnknownNameError
        If the comparison has no parameter of that name.
    """
    if file is not None:
        check_target(file, "file", PICTURES)
    answer = _answer(comparison)
    C, curves, chosen = _curves(answer, at)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10.5, 4.4 + 0.05 * len(curves)), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw(left, C, curves, "p")
        _draw(right, C, curves, "ratio")
        left.set_title(r"Parameters, $p^* \sim C^a$")
        left.set_ylabel("p* (parameters)")
        right.set_title("Tokens per parameter")
        right.set_ylabel("T*/p*")
        for axes in (left, right):
            axes.set_xlabel("compute C (operations)")
        _legend(figure, curves, C[-1])
        cell = ", ".join(f"{name} = {value:g}" for name, value in chosen.items())
        cost = answer.attrs["cost"].partition(": ")[2].replace("*", " ") or "each law's own cost"
        kinds = {curve.fitted for curve in curves}
        what = "each fit" if kinds == {True} else f"each bound, for its student{', or fit' if True in kinds else ''}"
        figure.suptitle(f"The allocation that minimises {what}: {', '.join(filter(None, (cell, cost)))}", fontsize=11)
        if file is not None:
            _write(figure, Path(file))
    return figure


def _answer(comparison: Any) -> Answer:
    if isinstance(comparison, Answer):
        return comparison
    if not hasattr(comparison, "data_vars") or "tokens_per_parameter" not in comparison:
        raise DomainError(f"a plot must be of what `compare` returns, got {type(comparison).__name__}")
    return Answer(
        {str(name): (tuple(map(str, c.dims)), c.values) for name, c in comparison.coords.items()},
        {str(name): (tuple(map(str, v.dims)), v.values) for name, v in comparison.data_vars.items()},
        comparison.attrs,
    )


def _curves(answer: Answer, at: Mapping[str, float]) -> tuple[NDArray[np.float64], list[_Curve], dict[str, float]]:
    """Return the budgets, one curve for each law, and the parameters at which they are drawn."""
    parameters = [name for name in answer.coords if name not in ("law", "kind", "C")]
    stray = [name for name in at if name not in parameters]
    if stray:
        raise UnknownNameError(
            f"a plot is drawn at parameters of the comparison ({', '.join(parameters) or 'none'}); got {stray[0]}"
        )
    columns = answer.columns()
    kept, chosen = np.ones(columns["C"].shape, dtype=bool), {}
    for name in parameters:
        values = columns[name]
        if not values.size:
            continue
        wanted = float(at.get(name, values[-1]))
        if wanted not in values:
            raise DomainError(
                f"{name} must be one of those compared ({', '.join(f'{v:g}' for v in dict.fromkeys(values))}), "
                f"got {name}={wanted:g}"
            )
        kept &= values == wanted
        chosen[name] = wanted
    columns = {name: column[kept] for name, column in columns.items()}
    budgets = np.unique(columns["C"])
    if budgets.size < 2:
        raise DomainError(f"a plot needs two budgets or more, got {budgets.size}")
    curves = []
    for name in dict.fromkeys(columns["law"]):
        own = np.flatnonzero(columns["law"] == name)
        own = own[np.argsort(columns["C"][own], kind="stable")]
        curves.append(
            _Curve(
                str(name),
                str(columns["kind"][own[0]]),
                columns["p"][own],
                columns["tokens_per_parameter"][own],
                float(columns["exponent_p"][own[-1]]),
                columns["vacuous"][own].astype(float) == 1,
            )
        )
    if not any(np.isfinite(curve.p).any() for curve in curves):
        raise DomainError("a plot needs a law that gives a size on some budget, got none")
    return budgets, curves, chosen


def _styles(curves: list[_Curve]) -> dict[str, dict[str, Any]]:
    """Bounds in colours and dashes, fits in grey with markers."""
    styles: dict[str, dict[str, Any]] = {}
    for i, curve in enumerate(c for c in curves if not c.fitted):
        styles[curve.name] = {
            "color": COLOURS[i % len(COLOURS)],
            "linestyle": DASHES[i // len(COLOURS) % len(DASHES)],
            "linewidth": 1.8,
        }
    for i, curve in enumerate(c for c in curves if c.fitted):
        styles[curve.name] = {
            "color": GREY,
            "linewidth": 0.9,
            "marker": MARKERS[i % len(MARKERS)],
            "markersize": 4,
            "clip_on": False,
            "markerfacecolor": "white",
        }
    return styles


def _draw(axes: "Axes", C: NDArray[np.float64], curves: list[_Curve], quantity: str) -> None:
    styles = _styles(curves)
    for curve in curves:
        values, vacuous = getattr(curve, quantity), curve.vacuous
        # a piece with a vacuous end is dotted: nowhere do two lines lie on each other
        dotted = vacuous | np.append(vacuous[1:], False) | np.insert(vacuous[:-1], 0, False)
        axes.plot(C, np.where(vacuous, np.nan, values), **styles[curve.name])
        if vacuous.any():
            faint = {"linestyle": ":", "linewidth": 1.0, "marker": ""}
            axes.plot(C, np.where(dotted, values, np.nan), **(styles[curve.name] | faint))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(C[0], C[-1])


def _legend(figure: "Figure", curves: list[_Curve], budget: float) -> None:
    """One legend for both panels, bounds before fits, each group by exponent."""
    from matplotlib.lines import Line2D

    styles = _styles(curves)
    handles = []
    for head, fitted in ((f"a at C = {budget:g}, bounds", False), ("fits", True)):
        group = sorted((c for c in curves if c.fitted is fitted), key=lambda c: -np.nan_to_num(c.exponent, nan=-np.inf))
        if group:
            handles.append(Line2D([], [], linestyle="none", label=head))
            handles += [Line2D([], [], label=f"{c.exponent:.3f}  {c.name}", **styles[c.name]) for c in group]
    if any(curve.vacuous.any() for curve in curves):
        handles.append(Line2D([], [], color="black", linestyle=":", linewidth=1.0, label="vacuous"))
    figure.legend(handles=handles, loc="outside right center")


def _write(figure: "Figure", path: Path) -> None:
    # without a date the same question gives the same file
    metadata: dict[str, Any] = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(path.suffix, {})
    with replacing(path) as draft:
        figure.savefig(draft, dpi=200, metadata=metadata)
