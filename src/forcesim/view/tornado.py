"""Tornado pictures: what moves an answer most stands at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forcesim.view.paired import Interval

__all__ = ["bars", "tornado"]


def _frame(rows: int) -> tuple[Figure, Axes]:
    """Return a figure for so many rows, the first at the top."""
    figure = new_figure(9.5, 1.6 + 0.32 * rows)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_ylim(rows - 0.5, -0.5)
    return figure, axes


def tornado(
    *,
    labels: Sequence[str],
    low: Sequence[Interval],
    high: Sequence[Interval],
    base: Interval,
    title: str,
    unit: str,
    source: str = "",
) -> Figure:
    """Return bars from the answer at a number's low end to that at its high end, about the base.

    Parameters
    ----------
    labels : sequence of str
        The numbers.
    low, high : sequence
        The answers, with value, low and high.
    base : Interval
        The answer with all numbers at their centre.
    title, unit, source : str
        Above, at the axis, below.
    """
    figure, axes = _frame(len(labels))
    for ends, colour, label in ((low, COLOURS[5], "at its 5 % quantile"), (high, COLOURS[1], "at its 95 % quantile")):
        widths = [end.value - base.value for end in ends]
        axes.barh(range(len(labels)), widths, left=base.value, height=0.62, color=colour, label=label)
        for place, end in enumerate(ends):
            axes.plot([end.low, end.high], [place, place], color="#000000", lw=1.2)
    axes.axvline(base.value, color="#000000", lw=0.9)
    axes.set_yticks(range(len(labels)), labels, fontsize=8.5)
    unit_axis(axes, unit, which="x")
    figure.legend(loc="outside lower right", ncols=2, fontsize=8.5, frameon=False)
    return finish(figure, title, source)


def bars(
    *,
    labels: Sequence[str],
    values: Mapping[str, Sequence[Interval | None]],
    title: str,
    unit: str,
    source: str = "",
) -> Figure:
    """Return a bar for each measure of each input, with its interval.

    Parameters
    ----------
    labels : sequence of str
        The inputs.
    values : mapping of measure to sequence
        With value, low and high; None where a measure has no value.
    title, unit, source : str
        Above, at the axis, below.
    """
    figure, axes = _frame(len(labels))
    height = 0.8 / len(values)
    for row, (measure, own) in enumerate(values.items()):
        colour = COLOURS[(5, 0)[row % 2]]
        axes.plot([], [], "s", color=colour, ms=8, label=measure)
        for place, one in enumerate(own):
            if one is None:
                continue
            at = place + (row - (len(values) - 1) / 2) * height
            axes.barh(at, one.value, height=0.92 * height, color=colour)
            axes.plot([one.low, one.high], [at, at], color="#000000", lw=1.2)
    axes.axvline(0.0, color="#000000", lw=0.9)
    axes.set_yticks(range(len(labels)), labels, fontsize=8.5)
    unit_axis(axes, unit, which="x")
    if len(values) > 1:
        figure.legend(loc="outside lower right", ncols=len(values), fontsize=8.5, frameon=False)
    return finish(figure, title, source)
