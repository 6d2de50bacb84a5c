"""Forest plots: what each source says beside what a model says, on one scale; and pairs against where they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ForestRow", "forest", "pairs"]

MARKS = ("o", "s", "^", "D")


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of a forest plot.

    Parameters
    ----------
    label : str
        Which figure.
    group : str
        Under which heading it stands.
    family : str
        Who says so: a colour and a mark.
    low, central, high : float
        The figure with its own span, over the model's median.
    band : tuple of float
        The model's outer low, inner low, inner high, outer high, over its median.
    """

    label: str
    group: str
    family: str
    low: float
    central: float
    high: float
    band: tuple[float, ...]


def forest(rows: Sequence[ForestRow], *, title: str, unit: str, source: str = "", furthest: float = 5.0) -> Figure:
    """Return a forest plot on a logarithmic axis.

    Parameters
    ----------
    rows : sequence of ForestRow
        In the order of their groups.
    title, unit, source : str
        Above, at the axis, below.
    furthest : float
        Ratios beyond it are drawn at the edge, with an arrow and their value.
    """
    groups = list(dict.fromkeys(row.group for row in rows))
    families = list(dict.fromkeys(row.family for row in rows))
    figure = new_figure(9.0, 1.7 + 0.21 * (len(rows) + 1.25 * len(groups)))
    axes = figure.subplots()
    place, ticks, labels = 0.0, list[float](), list[str]()
    for group in groups:
        axes.annotate(
            group, (0.0, place), xycoords=("axes fraction", "data"), xytext=(-6, 0), textcoords="offset points",
            ha="right", va="center", fontsize=8.5, fontweight="bold",
        )  # fmt: skip
        place -= 1.0
        for row in (one for one in rows if one.group == group):
            _draw_row(axes, row, place, families.index(row.family), furthest)
            ticks.append(place)
            labels.append(row.label)
            place -= 1.0
        place -= 0.25
    axes.axvline(1.0, color="#000000", lw=0.9)
    axes.set_xscale("log")
    axes.set_xlim(1.0 / furthest, furthest)
    _ratio_ticks(axes, furthest)
    axes.set_yticks(ticks, labels, fontsize=7.5)
    axes.set_ylim(place + 0.6, 0.8)
    _quiet(axes, which="x")
    axes.set_xlabel(unit)
    for place_of, family in enumerate(families):
        axes.plot([], [], MARKS[place_of], color=COLOURS[place_of], ms=5, label=family)
    figure.legend(loc="outside lower right", ncols=len(families), frameon=False, fontsize=8.5)
    return finish(figure, title, source)


def _draw_row(axes: Axes, row: ForestRow, place: float, family: int, furthest: float) -> None:
    """Draw the model's band and the figure upon it."""
    outer_low, inner_low, inner_high, outer_high = row.band
    axes.barh(place, outer_high - outer_low, left=outer_low, height=0.72, color="#d9d9d9", lw=0)
    axes.barh(place, inner_high - inner_low, left=inner_low, height=0.72, color="#b3b3b3", lw=0)
    colour, mark = COLOURS[family], MARKS[family]
    edge = min(max(row.central, 1.03 / furthest), furthest / 1.03)
    if edge != row.central:
        axes.plot(edge, place, ">" if edge > 1.0 else "<", color=colour, ms=5)
        side = -1 if edge > 1.0 else 1
        axes.annotate(
            f"{row.central:.2g}", (edge, place), xytext=(6 * side, 0), textcoords="offset points",
            ha="right" if edge > 1.0 else "left", va="center", fontsize=7.5, color=colour,
        )  # fmt: skip
        return
    axes.plot([row.low, row.high], [place, place], color=colour, lw=1.3)
    axes.plot(row.central, place, mark, color=colour, ms=4.5)


def _ratio_ticks(axes: Axes, furthest: float) -> None:
    """Label a logarithmic axis with plain ratios."""
    from matplotlib.ticker import NullFormatter

    ticks = [
        tick for tick in (0.1, 0.2, 0.33, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0) if 1 / furthest <= tick <= furthest
    ]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()


def _quiet(axes: Axes, *, which: str) -> None:
    """Take off what does not tell anything."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="both" if which == "both" else "x", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)


def pairs(
    *,
    labels: Sequence[str],
    before: Sequence[float],
    after: Sequence[float],
    bands: Mapping[str, tuple[float, float]],
    title: str,
    names: tuple[str, str],
    unit: str,
    source: str = "",
) -> Figure:
    """Return points against the line where both are the same, on logarithmic axes.

    Parameters
    ----------
    labels : sequence of str
        Of the points.
    before, after : sequence of float
        Where they lie across and up.
    bands : mapping of label to (low, high)
        Ratios of after to before that are shaded, the widest first.
    title : str
        Above.
    names : (str, str)
        Of the axes.
    unit, source : str
        Behind the names, below.
    """
    import numpy as np

    figure = new_figure(6.8, 6.0)
    axes = figure.subplots()
    ends = np.array([0.6 * min(*before, *after), 1.6 * max(*before, *after)])
    for place, (label, (low, high)) in enumerate(bands.items()):
        axes.fill_between(ends, low * ends, high * ends, color=COLOURS[0], alpha=0.13 + 0.12 * place, lw=0, label=label)
    axes.plot(
        ends, ends, color="#000000", lw=0.9, label="as much as was pledged" if "pledge" in names[0] else "the same"
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    points: dict[tuple[float, float], list[str]] = {}
    for label, x, y in zip(labels, before, after, strict=True):
        points.setdefault((x, y), []).append(label)
    for (x, y), together in points.items():
        axes.plot(x, y, "o", color=COLOURS[1], ms=6)
        axes.annotate(", ".join(together), (x, y), xytext=(7, -3), textcoords="offset points", fontsize=9)
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    for which in ("x", "y"):
        unit_axis(axes, unit, which=which)
    _plain_ticks(axes, ends[0], ends[1])
    axes.set_xlabel(f"{names[0]}, {unit}")
    axes.set_ylabel(f"{names[1]}, {unit}")
    _quiet(axes, which="both")
    axes.legend(loc="upper left", frameon=False, fontsize=8.5)
    return finish(figure, title, source)


def _plain_ticks(axes: Axes, low: float, high: float) -> None:
    """Put round numbers at both logarithmic axes."""
    ticks = [step * 10.0**power for power in range(-2, 8) for step in (1, 2, 5) if low <= step * 10.0**power <= high]
    for set_ticks in (axes.set_xticks, axes.set_yticks):
        set_ticks(ticks, [f"{tick:,.12g}" for tick in ticks])
    axes.minorticks_off()
