"""Computed over published: a dot for each computation beside the span that was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import COLOURS, finish, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

__all__ = ["replayed"]


def replayed(
    *,
    labels: Sequence[str],
    spans: Sequence[tuple[float, float]],
    values: Sequence[float],
    groups: Sequence[str],
    order: Sequence[str],
    title: str,
    source: str = "",
) -> Figure:
    """Return a dot for each computed number, measured by the published one, and a bar for the published span.

    Parameters
    ----------
    labels : sequence of str
        Computations, the first on top.
    spans : sequence of (low, high)
        What was published, over its own central number.
    values : sequence of float
        What was computed, over the same.
    groups : sequence of str
        The verdict of each.
    order : sequence of str
        All verdicts that there may be: each has its own colour, whichever of them occur.
    title, source : str
        Above and below.

    Examples
    --------
    >>> found = replayed(labels=["a"], spans=[(0.9, 1.1)], values=[1.0], groups=["match"], order=["match"], title="One")
    >>> len(found.axes)
    1
    """
    figure = new_figure(7.5, 1.6 + 0.24 * len(labels))
    axes = figure.subplots()
    places = list(range(len(labels)))[::-1]
    colours = {group: colour for group, colour in zip(order, COLOURS, strict=False) if group in groups}
    axes.axvline(1.0, color=COLOURS[7], lw=0.8)
    for place, (low, high) in zip(places, spans, strict=True):
        axes.plot([low, high], [place, place], color="#c8c8c8", lw=6, solid_capstyle="butt")
    for group, colour in colours.items():
        here = [(value, place) for value, place, of in zip(values, places, groups, strict=True) if of == group]
        axes.plot([x for x, _ in here], [y for _, y in here], "o", color=colour, ms=5, label=group)
    axes.set_yticks(places, labels, fontsize=8)
    axes.set_ylim(-1.0, max(1, len(labels)))
    axes.set_xlabel("computed over published (grey: the published span)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    if labels:
        axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 1.06), ncols=4)
    return finish(figure, title, source)
