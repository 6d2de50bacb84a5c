"""Methods side by side: the estimate of each in its trial, and the time that each needs for a wanted precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from forcesim.view.paired import Interval

__all__ = ["method_costs"]


def method_costs(
    *,
    labels: Sequence[str],
    values: Sequence[Interval],
    seconds: Sequence[float],
    worth: Sequence[float],
    best: str,
    title: str,
    unit: str,
    source: str = "",
) -> Figure:
    """Return two panels: each method's estimate with its 95 % interval, and the seconds that it needs.

    Parameters
    ----------
    labels : sequence of str
        Methods.
    values : sequence
        With value, low and high.
    seconds, worth : sequence of float
        To the wanted precision; efficiency against plain paths, written at the bars.
    best : str
        The method to stress.
    title, unit, source : str
        Above, at the axis, below.
    """
    figure = new_figure(10.0, 1.8 + 0.42 * len(labels))
    left, right = figure.subplots(1, 2, sharey=True)
    places = list(range(len(labels)))[::-1]
    for place, label, value, time, gain in zip(places, labels, values, seconds, worth, strict=True):
        colour = COLOURS[0] if label == best else COLOURS[6]
        left.plot([value.low, value.high], [place, place], color=colour, lw=3, solid_capstyle="butt")
        left.plot(value.value, place, "o", color=colour, ms=6)
        right.barh(place, time, color=colour, height=0.55)
        right.annotate(
            f"worth {gain:.2g}", (time, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5
        )
    left.set_yticks(places, labels)
    left.set_title("trial estimate, 95 % interval", fontsize=10, loc="left")
    right.set_title("seconds to the wanted precision (blue: the least)", fontsize=10, loc="left")
    right.set_xlim(0.0, 1.25 * max(seconds))
    unit_axis(left, unit, which="x")
    unit_axis(right, "seconds", which="x")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(axis="x", labelsize=8.5)
    left.locator_params(axis="x", nbins=5)
    return finish(figure, title, source)
