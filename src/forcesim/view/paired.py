"""Policies side by side, with the interval of each paired difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

__all__ = ["Interval", "paired"]


class Interval(Protocol):
    """A value and the ends of its interval."""

    @property
    def value(self) -> float:
        """Return the value."""
        ...

    @property
    def low(self) -> float:
        """Return the lower end."""
        ...

    @property
    def high(self) -> float:
        """Return the upper end."""
        ...


def paired(
    *,
    labels: Sequence[str],
    values: Sequence[Interval],
    differences: Sequence[Interval | None],
    title: str,
    unit: str,
    source: str = "",
) -> Figure:
    """Return two panels: each policy's value, and its difference from the first, with 95 % intervals.

    Parameters
    ----------
    labels : sequence of str
        Policies; the first is the yardstick.
    values, differences : sequence
        With value, low and high; None for the yardstick's difference.
    title, unit, source : str
        Above, at the axes, below.
    """
    figure = new_figure(10.0, 1.8 + 0.42 * len(labels))
    from matplotlib.lines import Line2D

    left, right = figure.subplots(1, 2, sharey=True)
    places = list(range(len(labels)))[::-1]
    for place, value, difference in zip(places, values, differences, strict=True):
        left.barh(place, value.value, color=COLOURS[5], height=0.55)
        left.plot([value.low, value.high], [place, place], color="#000000", lw=1.6)
        if difference is None:
            right.annotate(
                "yardstick", (0, place), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8.5
            )
            continue
        sure = difference.low > 0 or difference.high < 0
        colour = COLOURS[0] if sure else COLOURS[6]
        right.plot([difference.low, difference.high], [place, place], color=colour, lw=3, solid_capstyle="butt")
        right.plot(difference.value, place, "o", color=colour, ms=6)
    left.set_yticks(places, labels)
    meanings = ((COLOURS[0], "differs from 0"), (COLOURS[6], "0 lies in the interval"))
    handles = [Line2D([], [], color=colour, marker="o", lw=3, ms=6, label=text) for colour, text in meanings]
    right.axvline(0.0, color="#000000", lw=0.9)
    figure.legend(handles=handles, loc="outside lower right", ncols=2, fontsize=8.5, frameon=False)
    left.set_title("value", fontsize=10, loc="left")
    right.set_title(f"paired difference from {labels[0]}, 95 % interval", fontsize=10, loc="left")
    for axes in (left, right):
        unit_axis(axes, unit, which="x")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(axis="x", labelsize=8.5)
    return finish(figure, title, source)
