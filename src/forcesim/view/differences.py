"""Differences of several outcomes side by side, each with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from forcesim.view.paired import Interval

__all__ = ["differences"]


def differences(
    *,
    labels: Sequence[str],
    panels: Mapping[str, Sequence[Interval]],
    units: Sequence[str],
    source: str = "",
) -> Figure:
    """Return one panel an outcome: the difference of each policy from its yardstick.

    Parameters
    ----------
    labels : sequence of str
        Policies.
    panels : mapping of title to sequence
        Of each outcome a value with low and high for each policy.
    units : sequence of str
        Of each outcome.
    source : str
        Below.
    """
    from matplotlib.lines import Line2D

    figure = new_figure(4.2 * len(panels) + 2.0, 1.8 + 0.42 * len(labels))
    every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    places = list(range(len(labels)))[::-1]
    for axes, (title, values), unit in zip(every, panels.items(), units, strict=True):
        for place, value in zip(places, values, strict=True):
            colour = COLOURS[0] if value.low > 0 or value.high < 0 else COLOURS[6]
            axes.plot([value.low, value.high], [place, place], color=colour, lw=3, solid_capstyle="butt")
            axes.plot(value.value, place, "o", color=colour, ms=6)
        axes.axvline(0.0, color="#000000", lw=0.9)
        axes.set_title(title, fontsize=10, loc="left")
        unit_axis(axes, unit, which="x")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(axis="x", labelsize=8.5)
    every[0].set_yticks(places, labels)
    every[0].set_ylim(-0.6, len(labels) - 0.4)
    meanings = ((COLOURS[0], "differs from 0"), (COLOURS[6], "0 lies in the interval"))
    handles = [Line2D([], [], color=colour, marker="o", lw=3, ms=6, label=text) for colour, text in meanings]
    figure.legend(handles=handles, loc="outside lower right", ncols=2, fontsize=8.5, frameon=False)
    return finish(figure, "Difference from the yardstick; the 95 % intervals hold all at once", source)
