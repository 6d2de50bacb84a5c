"""Pictures of a rotation: who is deployed (sand chart), what every unit does (Gantt), how long they were at home."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats

__all__ = ["gantt", "histograms", "sand"]


STATE_COLOURS = {
    "forming": "#f2f2f2",
    "recovery": "#cfcfcf",
    "reset": "#dfe9f1",
    "available": "#56B4E9",
    "expired": "#b9c4cc",
    "mobilising": "#F0C75E",
    "preparing": "#E69F00",
    "deployed": "#0072B2",
    "hand-over": "#D55E00",
}
"""What is asked of a unit in strong colours, the rest pale."""

SHADES = 3
"""How often the colours are gone through, paler each time, where there are many layers."""


def _years(axes: Axes, start: str, days: int) -> None:
    """Label the x axis with years; positions are days from the start."""
    first = dt.date.fromisoformat(start if len(start) > 7 else f"{start}-01")
    last = first + dt.timedelta(days=days)
    whole = [dt.date(year, 1, 1) for year in range(first.year, last.year + 1)]
    places = [day for day in whole if first <= day <= last]
    every = max(1, -(-len(places) // 8))
    kept = places[::every]
    axes.set_xticks([(day - first).days for day in kept], [str(day.year) for day in kept])
    axes.set_xlim(0, max(1, days))
    axes.spines[["top", "right"]].set_visible(False)


def _layer_colours(count: int) -> list[Any]:
    """Return a colour for each layer: the palette, then paler ones of it."""
    from matplotlib.colors import to_rgb

    strong = COLOURS[:7]
    found = []
    for place in range(count):
        pale = 0.45 * min(place // len(strong), SHADES - 1)
        found.append(tuple((1 - pale) * part + pale for part in to_rgb(strong[place % len(strong)])))
    return found


def sand(
    *,
    days: npt.NDArray[np.int64],
    layers: Mapping[str, Floats],
    asked: Floats,
    start: str,
    title: str,
    source: str = "",
    unit: str = "units",
) -> Figure:
    """Return the sand chart: layers stacked over the days, and a line of what is asked for.

    Parameters
    ----------
    days : int64 (day,)
        Days from the start.
    layers : mapping of label to float64 (day,)
        What is stacked, the first at the bottom.
    asked : float64 (day,)
        The line.
    start : str
        Date of day 0.
    title, source, unit : str
        Above, below, at the axis.
    """
    figure = new_figure(9.0, 4.6)
    from matplotlib.ticker import MaxNLocator

    axes = figure.subplots()
    if layers:
        stack = np.vstack(list(layers.values()))
        axes.stackplot(
            days, stack, labels=list(layers), colors=_layer_colours(len(layers)), step="post",
            linewidth=0.3, edgecolor="white",
        )  # fmt: skip
    axes.step(days, asked, where="post", color="#000000", lw=1.4, label="asked for")
    _years(axes, start, int(days[-1]))
    axes.grid(visible=True, axis="y", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_ylim(0, None)
    unit_axis(axes, unit)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = axes.get_legend_handles_labels()
    columns = 1 if len(labels) <= 16 else 2
    figure.legend(
        handles[::-1], labels[::-1], loc="outside right upper", ncols=columns, frameon=False, fontsize=8.0,
    )  # fmt: skip
    return finish(figure, title, source)


def gantt(
    *,
    names: Sequence[str],
    spells: npt.NDArray[np.int64],
    states: Sequence[str],
    last: int,
    start: str,
    title: str,
    source: str = "",
) -> Figure:
    """Return the Gantt view: a row for each unit, a bar for each spell in a state.

    Parameters
    ----------
    names : sequence of str
        The units, from above.
    spells : int64 (spell, 6)
        Unit, group, state, first day, day after the last, demand.
    states : sequence of str
        Names of the states.
    last : int
        Days in all.
    start : str
        Date of day 0.
    title, source : str
        Above and below.
    """
    from matplotlib.patches import Patch

    figure = new_figure(10.0, 1.6 + 0.19 * len(names))
    axes = figure.subplots()
    seen = []
    for state, name in enumerate(states):
        rows = spells[(spells[:, 2] == state) & (spells[:, 0] < len(names))]
        if not len(rows):
            continue
        seen.append(name)
        axes.barh(
            rows[:, 0], rows[:, 4] - rows[:, 3], left=rows[:, 3], height=0.8, color=STATE_COLOURS[name], linewidth=0,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), names, fontsize=7.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    _years(axes, start, last)
    handles = [Patch(color=STATE_COLOURS[name], label=name) for name in seen]
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(seen), frameon=False, fontsize=8.5,
        borderaxespad=0.2,
    )  # fmt: skip
    return finish(figure, title, source)


def histograms(
    *,
    counts: Mapping[str, Floats],
    edges: Floats,
    marks: Mapping[str, Sequence[float]],
    unit: str,
    title: str,
    source: str = "",
) -> Figure:
    """Return one histogram a panel on one scale, as shares of each panel's sum.

    Parameters
    ----------
    counts : mapping of label to float64 (bin,)
        How many fall into each bin; the last bin holds whatever is beyond.
    edges : float64 (bin + 1,)
        Edges of the bins.
    marks : mapping of label to sequence of float
        Values to mark in a panel: its rules.
    unit, title, source : str
        At the axis, above, below.
    """
    many = max(1, len(counts))
    width = min(4, math.ceil(math.sqrt(many)))
    height = math.ceil(many / width)
    figure = new_figure(*((8.0, 4.2) if many == 1 else (3.6 * width + 0.6, 2.3 * height + 1.1)))
    flat = list(figure.subplots(height, width, squeeze=False, sharex=True, sharey=True).flat)
    whole = sum(counts.values(), np.zeros(len(edges) - 1))
    seen = np.flatnonzero(whole)
    first, last = (0, len(whole) - 1) if not len(seen) else (max(0, seen[0] - 1), min(len(whole) - 1, seen[-1] + 1))
    for place, (axes, (label, row)) in enumerate(zip(flat, counts.items(), strict=False)):
        share = row / row.sum()
        axes.bar(edges[:-1], share, width=np.diff(edges), align="edge", color=COLOURS[0], edgecolor="white", lw=0.3)
        for mark in marks.get(label, ()):
            axes.axvline(mark, color=COLOURS[1], lw=1.2)
        axes.set_title(f"{label} (n = {row.sum():,.0f})", fontsize=9.5, loc="left")
        axes.set_xlim(edges[first], edges[last + 1])
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="y", color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
        if place % width == 0:
            unit_axis(axes, "share")
        if place + width >= many:
            unit_axis(axes, unit, which="x")
    for place, axes in enumerate(flat):
        axes.tick_params(labelbottom=place + width >= many)
        axes.set_visible(place < many)
    return finish(figure, title, source)
