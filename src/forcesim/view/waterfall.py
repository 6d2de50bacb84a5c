"""Waterfalls: from a first amount, by parts that fill or open it, to what remains; and who pays as bars."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["payers", "waterfall"]


def waterfall(
    *,
    first: tuple[str, float],
    parts: Mapping[str, float],
    last: tuple[str, float],
    title: str,
    unit: str,
    source: str = "",
) -> Figure:
    """Return one bar a part, each from where the one before it ended.

    Parameters
    ----------
    first, last : (label, amount)
        The whole bars at both ends.
    parts : mapping of label to amount
        What each takes off; below zero where it adds.
    title, unit, source : str
        Above, at the axis, below.
    """
    figure = new_figure(9.5, 5.0)
    axes = figure.subplots()
    labels = [first[0], *parts, last[0]]
    axes.bar(0, first[1], color=COLOURS[6], width=0.62)
    _say(axes, 0, max(first[1], 0.0), f"{first[1]:,.0f}")
    level = highest = lowest = first[1]
    for place, amount in enumerate(parts.values(), 1):
        colour = COLOURS[2] if amount >= 0.0 else COLOURS[1]
        axes.bar(place, amount, bottom=level - amount, color=colour, width=0.62)
        axes.plot([place - 1.31, place + 0.31], [level, level], color="#000000", lw=0.7)
        _say(axes, place, max(level, level - amount), f"{-amount:+,.0f}")
        level -= amount
        highest, lowest = max(highest, level), min(lowest, level)
    axes.plot([len(parts) - 0.31, len(parts) + 1.31], [level, level], color="#000000", lw=0.7)
    axes.bar(len(parts) + 1, last[1], color=COLOURS[0], width=0.62)
    _say(axes, len(parts) + 1, max(last[1], 0.0), f"{last[1]:,.0f}")
    axes.axhline(0.0, color="#000000", lw=0.9)
    axes.set_xticks(range(len(labels)), [textwrap.fill(label, 17) for label in labels], fontsize=8)
    unit_axis(axes, unit)
    axes.set_ylim(bottom=1.15 * min(lowest, 0.0), top=1.1 * highest)
    _quiet(axes, "y")
    return finish(figure, title, source)


def payers(rows: Mapping[str, tuple[float, float, float]], *, title: str, unit: str, source: str = "") -> Figure:
    """Return one bar a payer, interest dark, with the part of GDP beside it.

    Parameters
    ----------
    rows : mapping of payer to (cost, interest, share of GDP)
        The largest first.
    title, unit, source : str
        Above, at the axis, below.
    """
    figure = new_figure(8.0, 1.6 + 0.32 * len(rows))
    axes = figure.subplots()
    places = list(range(len(rows)))[::-1]
    for place, (cost, interest, share) in zip(places, rows.values(), strict=True):
        axes.barh(place, cost, color=COLOURS[5], height=0.62, label="defence and aid" if place == places[0] else None)
        label = "interest on the debt that they add" if place == places[0] else None
        axes.barh(place, interest, color=COLOURS[1], height=0.62, label=label)
        text = f"{cost:,.0f}, {100 * share:.1f} % of GDP"
        axes.annotate(text, (cost, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(places, list(rows), fontsize=8.5)
    axes.margins(x=0.22)
    axes.set_xlim(left=0.0)
    unit_axis(axes, unit, which="x")
    _quiet(axes, "x")
    axes.legend(loc="lower right", frameon=False, fontsize=8.5)
    return finish(figure, title, source)


def _say(axes: Axes, place: float, height: float, text: str) -> None:
    """Write an amount above its bar."""
    axes.annotate(text, (place, height), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8.5)


def _quiet(axes: Axes, which: str) -> None:
    """Take off what does not tell anything."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y" if which == "y" else "x", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
