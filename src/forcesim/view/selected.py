"""A race of policies: the mean of each, and the paths that it was given before it was dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from forcesim.view.paired import Interval

__all__ = ["selected"]


def selected(
    *,
    labels: Sequence[str],
    values: Sequence[Interval],
    paths: Sequence[int],
    best: str,
    title: str,
    unit: str,
    source: str = "",
) -> Figure:
    """Return two panels: each policy's mean with its interval, and the paths that were spent on it.

    Parameters
    ----------
    labels : sequence of str
        Policies.
    values : sequence
        With value, low and high.
    paths : sequence of int
        Spent on each.
    best : str
        Which one stands out.
    title, unit, source : str
        Above, at the axis, below.
    """
    figure = new_figure(10.0, 1.6 + 0.42 * len(labels))
    left, right = figure.subplots(1, 2, sharey=True)
    places = list(range(len(labels)))[::-1]
    for place, label, value, spent in zip(places, labels, values, paths, strict=True):
        colour = COLOURS[0] if label == best else COLOURS[6]
        left.plot([value.low, value.high], [place, place], color=colour, lw=3, solid_capstyle="butt")
        left.plot(value.value, place, "o", color=colour, ms=6)
        right.barh(place, spent, color=colour, height=0.55)
    left.set_yticks(places, labels)
    left.set_title("mean, 95 % interval", fontsize=10, loc="left")
    right.set_title("paths until it was dropped or selected", fontsize=10, loc="left")
    for axes, what in ((left, unit), (right, "paths")):
        unit_axis(axes, what, which="x")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(axis="x", labelsize=8.5)
    return finish(figure, title, source)
