"""A response curve: the chance over the settings of a lever, with the level that is wanted and the answer."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from forcesim.view.paired import Interval

__all__ = ["response"]


def response(
    *,
    settings: Sequence[float],
    chances: Sequence[Interval],
    level: float,
    answer: Interval | None,
    title: str,
    lever: str,
    remark: str = "",
    source: str = "",
) -> Figure:
    """Return the curve with its band, the level as a line, and the answer with its interval on the axis.

    Parameters
    ----------
    settings : sequence of float
        The settings, the least first.
    chances : sequence
        The chance at each, with low and high.
    level : float
        The chance that is wanted.
    answer : value with low and high, or None
        The least setting that is enough.
    title, lever, remark, source : str
        Above, at the axis, in the picture, below.
    """
    figure = new_figure(8.0, 4.6)
    axes = figure.subplots()
    axes.fill_between(
        settings, [one.low for one in chances], [one.high for one in chances], color=COLOURS[5], alpha=0.35, lw=0
    )
    axes.plot(settings, [one.value for one in chances], "o-", color=COLOURS[0], ms=4, lw=1.6, label="chance, 95 % band")
    axes.axhline(level, color="#000000", lw=1.0, ls="--", label=f"wanted: {100 * level:g} %")
    low, high = min(settings), max(settings)
    if answer is not None:
        end = min(answer.high, high) if math.isfinite(answer.high) else high
        axes.axvspan(answer.low, end, color=COLOURS[1], alpha=0.2, lw=0)
        label = "least that is enough, 95 % interval"
        axes.plot([answer.value], [level], "D", color=COLOURS[1], ms=8, label=label, zorder=5)
    if remark:
        axes.text(0.02, 0.03, "\n".join(textwrap.wrap(remark, 90)), transform=axes.transAxes, fontsize=8.5)
    axes.set_xlim(low, high)
    axes.set_ylim(0.0, 1.02)
    unit_axis(axes, "chance")
    unit_axis(axes, lever, which="x")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, fontsize=8.5, frameon=False)
    return finish(figure, title, source)
