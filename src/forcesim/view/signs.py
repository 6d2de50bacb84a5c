"""Hits against false alarms of several warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from forcesim.view.paired import Interval

__all__ = ["hits_against_alarms"]


def hits_against_alarms(
    *,
    labels: Sequence[str],
    curves: Sequence[Sequence[tuple[float, float]]],
    chosen: Sequence[tuple[Interval, Interval]],
    title: str,
    source: str = "",
) -> Figure:
    """Return one curve a warning (ROC), and a cross with 95 % intervals at its chosen level.

    Parameters
    ----------
    labels : sequence of str
        Warnings.
    curves : sequence of sequences of (false-alarm rate, hit rate)
        At all levels.
    chosen : sequence of (false-alarm rate, hit rate)
        At the chosen level, with value, low and high.
    title, source : str
        Above, below.
    """
    figure = new_figure(7.6, 6.0)
    axes = figure.subplots()
    for colour, label, curve, (alarm, hit) in zip(COLOURS, labels, curves, chosen, strict=False):
        axes.plot(*zip(*curve, strict=True), color=colour, lw=1.6, label=label)
        axes.plot([alarm.low, alarm.high], [hit.value, hit.value], color=colour, lw=2.6)
        axes.plot([alarm.value, alarm.value], [hit.low, hit.high], color=colour, lw=2.6)
        axes.plot(alarm.value, hit.value, "o", color=colour, ms=6)
    axes.plot([0, 1], [0, 1], color="#000000", lw=0.9, ls="--", label="tells nothing")
    axes.set_xlim(0.0, 1.02)
    axes.set_ylim(0.0, 1.02)
    for which in ("x", "y"):
        unit_axis(axes, "share", which=which)
    axes.set_xlabel("false alarms: share of the paths that do not fail")
    axes.set_ylabel("hits: share of the paths that fail")
    axes.legend(loc="lower right", fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    return finish(figure, title, source)
