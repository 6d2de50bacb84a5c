"""The map of pathways: a row a policy, a line while it reaches its target, a tick where another takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forcesim.view.style import COLOURS, finish, month_axis, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

__all__ = ["pathways_map"]


def pathways_map(
    *,
    months: Sequence[str],
    chance: float,
    rows: Mapping[str, Sequence[float]],
    transfers: Sequence[tuple[str, str, str, Sequence[float]]],
    title: str,
    source: str = "",
) -> Figure:
    """Return a map like that of a metro.

    Parameters
    ----------
    months : sequence of str
        The months.
    chance : float
        The wanted chance: a line stands where it is reached.
    rows : mapping of policy to chances
        By month, followed from the start.
    transfers : sequence of (first policy, second policy, month, chances)
        Switches that restore the target; they run beside the second policy's line, in the colour of the first.
    title, source : str
        Above, below.
    """
    figure = new_figure(10.0, 1.8 + 0.75 * len(rows))
    axes = figure.subplots()
    places = {name: float(len(rows) - place) for place, name in enumerate(rows)}
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(rows)}
    axis = np.arange(len(months))
    for name, chances in rows.items():
        held = np.where(np.asarray(chances) >= chance, places[name], np.nan)
        axes.plot(axis, np.full(len(months), places[name]), color="#dddddd", lw=1.0)
        axes.plot(axis, held, color=colours[name], lw=5, solid_capstyle="butt")
    shift = {name: 0.32 * (place + 1) / len(rows) for place, name in enumerate(rows)}
    for first, second, month, chances in transfers:
        at, row = months.index(month), places[second] - shift[first]
        reached = (np.asarray(chances) >= chance) & (axis >= at)
        axes.plot(axis, np.where(reached, row, np.nan), color=colours[first], lw=2.4, solid_capstyle="butt")
        axes.plot([at, at], [places[first], row], color=colours[first], lw=1.2, ls=":")
        axes.plot([at, at], [places[first], row], "o", color=colours[first], ms=5, mfc="white")
    month_axis(axes, months)
    axes.set_yticks(list(places.values()), list(places))
    axes.set_ylim(0.4, len(rows) + 0.5)
    return finish(figure, title, source)
