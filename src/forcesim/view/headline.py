"""Policies side by side in several measures: one row a policy, one panel a measure, a dot with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from forcesim.view.paired import Interval

__all__ = ["measures"]


def measures(
    *,
    labels: Sequence[str],
    panels: Mapping[str, Sequence[Interval]],
    units: Sequence[str],
    title: str,
    source: str = "",
) -> Figure:
    """Return one panel a measure with a dot and its 95 % interval for each policy; a line marks the first policy.

    Parameters
    ----------
    labels : sequence of str
        Policies; the first is the one to compare with.
    panels : mapping of measure to sequence of intervals
        With value, low and high, in the order of the labels; nothing is drawn where a value is nan.
    units : sequence of str
        Of the panels.
    title, source : str
        Above, below.
    """
    figure = new_figure(3.4 + 3.1 * len(panels), 1.7 + 0.36 * len(labels))
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    places = list(range(len(labels)))[::-1]
    for axes, unit, (name, values) in zip(row, units, panels.items(), strict=True):
        axes.axvline(values[0].value, color=COLOURS[6], lw=0.9, ls=":")
        for place, value in zip(places, values, strict=True):
            if math.isnan(value.value):
                continue
            apart = value.low > values[0].high or value.high < values[0].low
            colour = COLOURS[0] if apart or place == places[0] else COLOURS[6]
            axes.plot([value.low, value.high], [place, place], color=colour, lw=2.6, solid_capstyle="butt")
            axes.plot(value.value, place, "o", color=colour, ms=6)
        axes.set_title(name, fontsize=10, loc="left")
        unit_axis(axes, unit, which="x")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.margins(x=0.08, y=0.06)
    row[0].set_yticks(places, labels)
    note = f"dotted: {labels[0]}; grey: the interval overlaps its interval"
    return finish(figure, title, f"{note}. {source}")
