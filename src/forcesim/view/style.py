"""One look for all pictures: colours that a colour-blind reader can tell apart, units, a source line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forcesim.extras import needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "finish", "month_axis", "new_figure", "unit_axis"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#000000")
"""Okabe and Ito (2008), Color Universal Design; yellow left out, as it fades on white."""


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, apart from any global state.

    Raises
    ------
    ResultError
        If matplotlib is not installed.
    """
    figure: Figure = needed("figure", "matplotlib.figure").Figure(figsize=(width, height), layout="constrained")
    return figure


def month_axis(axes: Axes, months: Sequence[str]) -> None:
    """Label the x axis with years; positions are months from the start."""
    places = [place for place, label in enumerate(months) if label.endswith("-01")]
    every = max(1, -(-len(places) // 6))
    axes.set_xticks(places[::every], [months[place][:4] for place in places[::every]])
    axes.set_xlim(0, max(1, len(months) - 1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)


def unit_axis(axes: Axes, unit: str, *, which: str = "y") -> None:
    """Label an axis with its unit; large numbers get separators, shares become per cent."""
    from matplotlib.ticker import FuncFormatter

    axis: Any = axes.yaxis if which == "y" else axes.xaxis
    if unit == "chance" or unit.startswith("share"):
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.3g} %"))
        label = "chance" if unit == "chance" else unit.replace("share of", "per cent of").replace("share", "per cent")
    else:
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}" if abs(x) >= 100 or x == 0 else f"{x:,.3g}"))
        label = unit
    if which == "y":
        axes.set_ylabel(label)
    else:
        axes.set_xlabel(label)


def finish(figure: Figure, title: str, source: str) -> Figure:
    """Put the title above and the source line below."""
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=12)
    if source:
        figure.supxlabel(source, x=0.01, ha="left", fontsize=7.5, color="#555555")
    return figure
