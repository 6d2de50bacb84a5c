"""Shares of variance over time, a line for each input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from forcesim.arrays import Floats

__all__ = ["shares_by_month"]

STYLES = ("-", "--", ":")


def shares_by_month(
    *, months: Sequence[str], courses: Mapping[str, Floats], title: str, measure: str, source: str = ""
) -> Figure:
    """Return lines of shares of variance.

    Parameters
    ----------
    months : sequence of str
        The months.
    courses : mapping of input to float64 (month,)
        Shares.
    title, measure, source : str
        Above, at the axis, below.
    """
    figure = new_figure(10.0, 5.2)
    axes = figure.subplots()
    for row, (name, values) in enumerate(courses.items()):
        colour, style = COLOURS[row % len(COLOURS)], STYLES[row // len(COLOURS) % len(STYLES)]
        axes.plot(range(len(months)), values, style, color=colour, lw=1.8, marker="o", ms=3.5, label=name)
    every = max(1, -(-len(months) // 10))
    axes.set_xticks(range(0, len(months), every), list(months)[::every], fontsize=8.5)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    unit_axis(axes, f"share of variance, {measure}")
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return finish(figure, title, source)
