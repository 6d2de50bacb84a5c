"""What sources say of one figure, beside each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from forcesim.arrays import Floats

__all__ = ["spans"]


def spans(
    *,
    labels: Sequence[str],
    values: Floats,
    marked: Sequence[bool],
    title: str,
    unit: str,
    source: str = "",
    band: tuple[float, float] | None = None,
) -> Figure:
    """Return one line a source: its low, central and high; those marked stand out.

    Parameters
    ----------
    labels : sequence of str
        From the top.
    values : float64 (source, 3)
        Low, central, high; a central figure may be nan.
    marked : sequence of bool
        Which disagree.
    title, unit, source : str
        Above, at the axis, below.
    band : tuple of float, optional
        A span to shade.
    """
    figure = new_figure(9.0, 1.5 + 0.34 * len(labels))
    axes = figure.subplots()
    if band is not None:
        axes.axvspan(*band, color=COLOURS[0], alpha=0.12, lw=0)
    for place, (span, stands_out) in enumerate(zip(values, marked, strict=True)):
        colour, y = COLOURS[1] if stands_out else COLOURS[0], len(labels) - 1 - place
        axes.plot([span[0], span[2]], [y, y], color=colour, lw=2.2, solid_capstyle="round")
        if not math.isnan(span[1]):
            axes.plot(span[1], y, "o", color=colour, ms=5.5)
    axes.set_yticks(range(len(labels) - 1, -1, -1), labels, fontsize=8.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.7)
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=5)
    unit_axis(axes, unit, which="x")
    return finish(figure, title, source)
