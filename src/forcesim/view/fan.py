"""Fan charts: how an outcome spreads over the months."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forcesim.view.style import COLOURS, finish, month_axis, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats

__all__ = ["draw_fan", "fan_panels"]


def draw_fan(axes: Axes, values: Floats, shares: Sequence[float], *, colour: str = COLOURS[0]) -> None:
    """Draw bands between matching quantiles, darker inwards, and the median; values are (share, month)."""
    months = np.arange(values.shape[1])
    count = len(shares) // 2
    for place in range(count):
        strength = 0.18 + 0.25 * place / max(1, count - 1)
        label = f"{100 * shares[place]:g} to {100 * shares[-1 - place]:g} %"
        axes.fill_between(months, values[place], values[-1 - place], color=colour, alpha=strength, lw=0, label=label)
    if len(shares) % 2:
        axes.plot(
            months,
            values[count],
            color=colour,
            lw=1.8,
            label="median" if shares[count] == 0.5 else f"{shares[count]:g}",
        )


def fan_panels(
    *,
    months: Sequence[str],
    panels: Mapping[str, Floats],
    shares: Sequence[float],
    title: str,
    unit: str,
    source: str = "",
    notes: Mapping[str, str] | None = None,
    zero: bool = False,
) -> Figure:
    """Return one fan a panel on one scale, for nations or policies side by side.

    Parameters
    ----------
    months : sequence of str
        Labels, ``"2025-02"`` …
    panels : mapping of label to float64 (share, month)
        The quantiles of each panel.
    shares : sequence of float
        The quantiles' shares, rising and matching in pairs.
    title, unit, source : str
        Above, at the axis, below.
    notes : mapping of label to str, optional
        A line inside each panel.
    zero : bool
        Whether to mark zero.
    """
    width = min(4, math.ceil(math.sqrt(len(panels))))
    height = math.ceil(len(panels) / width)
    size = (8.5, 5.0) if len(panels) == 1 else (4.0 * width + 0.6, 2.7 * height + 1.1)
    figure = new_figure(*size)
    grid = figure.subplots(height, width, squeeze=False, sharex=True, sharey=True)
    flat = list(grid.flat)
    for place, (axes, (label, values)) in enumerate(zip(flat, panels.items(), strict=False)):
        draw_fan(axes, values, shares, colour=COLOURS[0])
        month_axis(axes, months)
        if zero:
            axes.axhline(0.0, color="#000000", lw=0.9)
        if label:
            axes.set_title(label, fontsize=10, loc="left")
        if notes and label in notes:
            axes.annotate(notes[label], (0.98, 0.97), xycoords="axes fraction", ha="right", va="top", fontsize=8.5)
        if place % width == 0:
            unit_axis(axes, unit)
    for place, axes in enumerate(flat):
        axes.tick_params(labelbottom=place + width >= len(panels))
        axes.set_visible(place < len(panels))
    handles, labels = flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False, fontsize=8.5)
    return finish(figure, title, source)
