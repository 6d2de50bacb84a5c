"""Forecasts beside what came: fans from past origins, calibration, skill."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from forcesim.arrays import Floats

__all__ = ["calibration", "past_fans", "skill_bars"]


def past_fans(
    *,
    observed: Mapping[str, tuple[Floats, Floats]],
    fans: Mapping[str, Sequence[tuple[Floats, Floats]]],
    title: str,
    unit: str,
    source: str = "",
    line: float | None = None,
) -> Figure:
    """Return what came as a black line and, from each past origin, the band of 80 % and the median.

    Parameters
    ----------
    observed : mapping of panel to (years, values)
        What came.
    fans : mapping of panel to sequence of (years, quantiles)
        Quantiles (share, year) at 0.1, 0.5 and 0.9; the first year is the origin.
    title, unit, source : str
        Above, at the axis, below.
    line : float, optional
        A level to mark.
    """
    width = min(4, math.ceil(math.sqrt(len(observed))))
    height = math.ceil(len(observed) / width)
    figure = new_figure(3.9 * width + 0.6, 2.7 * height + 1.1)
    flat = list(figure.subplots(height, width, squeeze=False, sharex=True).flat)
    for place, (axes, (label, (years, values))) in enumerate(zip(flat, observed.items(), strict=False)):
        for turn, (ahead, quantiles) in enumerate(fans[label]):
            colour = COLOURS[turn % 6]
            axes.fill_between(ahead, quantiles[0], quantiles[2], color=colour, alpha=0.22, lw=0)
            axes.plot(ahead, quantiles[1], color=colour, lw=1.3, label=f"from {int(ahead[0])}")
        axes.plot(years, values, color="#000000", lw=1.8, marker="o", ms=3, label="what came")
        if line is not None:
            axes.axhline(line, color="#7F7F7F", lw=0.9, ls=":")
        axes.set_title(label, fontsize=10, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, color="#e6e6e6", linewidth=0.7)
        axes.locator_params(axis="x", integer=True, nbins=6)
        unit_axis(axes, unit)
        if place % width:
            axes.set_ylabel("")
    for axes in flat[len(observed) :]:
        axes.set_visible(False)
    handles, labels = flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False, fontsize=8.5)
    return finish(figure, title, source)


def calibration(*, pits: Mapping[str, Floats], title: str, source: str = "") -> Figure:
    """Return how often outcomes fell where, and how many lay inside central intervals, for several sets of forecasts.

    Parameters
    ----------
    pits : mapping of label to float64 (case,)
        Where each outcome fell in its forecast, between 0 and 1.
    title, source : str
        Above and below.
    """
    figure = new_figure(9.6, 4.2)
    left, right = figure.subplots(1, 2)
    edges, shares = np.linspace(0.0, 1.0, 11), np.linspace(0.05, 0.99, 48)
    right.plot([0, 1], [0, 1], color="#7F7F7F", lw=1.0, ls=":")
    for turn, (label, pit) in enumerate(pits.items()):
        heights = np.histogram(pit, edges)[0] / len(pit) * 10.0
        left.stairs(heights, edges, color=COLOURS[turn], lw=1.8, label=f"{label} (n = {len(pit):,})")
        inside = np.abs(2.0 * pit - 1.0)
        right.plot(shares, [(inside <= share).mean() for share in shares], color=COLOURS[turn], lw=1.8, label=label)
    left.axhline(1.0, color="#7F7F7F", lw=1.0, ls=":")
    left.set_ylim(0, None)
    left.set_title("where in its forecast the outcome fell (flat: honest)", fontsize=10, loc="left")
    left.set_xlabel("share of the forecast below the outcome")
    left.set_ylabel("density")
    left.legend(frameon=False, fontsize=8.5)
    right.set_title("outcomes inside central intervals (dotted: honest)", fontsize=10, loc="left")
    for which in ("x", "y"):
        unit_axis(right, "share", which=which)
    right.set_xlabel("per cent that the interval claims")
    right.set_ylabel("per cent of outcomes inside")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return finish(figure, title, source)


def skill_bars(
    *, skills: Mapping[str, Mapping[int, tuple[float, float, float]]], title: str, source: str = ""
) -> Figure:
    """Return skill by horizon with its interval, for several targets.

    Parameters
    ----------
    skills : mapping of target to mapping of horizon to (skill, low, high)
        Above 0: better than the best baseline.
    title, source : str
        Above and below.
    """
    figure = new_figure(8.0, 4.2)
    axes = figure.subplots()
    for turn, (label, by_horizon) in enumerate(skills.items()):
        horizons = np.array(list(by_horizon), dtype=np.float64) + 0.12 * (turn - (len(skills) - 1) / 2)
        values = np.array(list(by_horizon.values()))
        ends = np.abs(values[:, 1:] - values[:, :1]).T
        axes.errorbar(
            horizons, values[:, 0], yerr=ends, fmt="o", color=COLOURS[turn], capsize=3, lw=1.5, ms=5, label=label
        )
    axes.axhline(0.0, color="#000000", lw=0.9)
    axes.set_xticks(sorted({h for by_horizon in skills.values() for h in by_horizon}))
    axes.set_xlabel("years ahead")
    unit_axis(axes, "share")
    axes.set_ylabel("CRPS below the best baseline's, per cent\n(above 0: better)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", color="#e6e6e6", linewidth=0.7)
    axes.legend(frameon=False, fontsize=9)
    return finish(figure, title, source)
