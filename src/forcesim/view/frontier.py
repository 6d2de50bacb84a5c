"""Cost against value: what was tried, what nothing beats, and how far both may be off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from forcesim.view.paired import Interval

__all__ = ["frontier"]


def frontier(
    *,
    tried: Sequence[tuple[float, float]],
    points: Sequence[tuple[str, Interval, Interval, bool]],
    title: str,
    cost_unit: str,
    unit: str,
    source: str = "",
) -> Figure:
    """Return the picture of a frontier.

    Parameters
    ----------
    tried : sequence of (cost, value)
        All that was tried, on the futures of the search.
    points : sequence of (name, cost, value, unbeaten)
        What was scored again, with low and high; the name of what is unbeaten is written.
    title, cost_unit, unit, source : str
        Above, at the axes, below.
    """
    figure = new_figure(8.0, 5.0)
    axes = figure.subplots()
    axes.plot(*zip(*tried, strict=True), "o", color="#c8c8c8", ms=4, label="tried, futures of the search")
    front = [(cost, value) for _, cost, value, unbeaten in points if unbeaten]
    if front:
        costs = [cost.value for cost, _ in front]
        low, high = [value.low for _, value in front], [value.high for _, value in front]
        axes.fill_between(costs, low, high, step="post", color=COLOURS[5], alpha=0.35, lw=0, label="95 %, all at once")
        axes.step(costs, [value.value for _, value in front], where="post", color=COLOURS[0], lw=1.2)
    for name, cost, value, unbeaten in points:
        colour = COLOURS[0] if unbeaten else COLOURS[1]
        axes.plot([cost.low, cost.high], [value.value] * 2, color=colour, lw=1.2)
        axes.plot([cost.value] * 2, [value.low, value.high], color=colour, lw=1.2)
        axes.plot(cost.value, value.value, "o", color=colour, ms=6)
        if name and unbeaten:
            axes.annotate(name, (cost.value, value.value), xytext=(6, -9), textcoords="offset points", fontsize=7.5)
    for colour, label in ((COLOURS[0], "nothing beats it, fresh futures"), (COLOURS[1], "beaten on fresh futures")):
        axes.plot([], [], "o", color=colour, ms=6, label=label)
    unit_axis(axes, unit)
    unit_axis(axes, cost_unit, which="x")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4, fontsize=8, frameon=False)
    return finish(figure, title, source)
