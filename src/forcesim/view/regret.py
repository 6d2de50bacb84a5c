"""Regret as a heat map: policies down, worlds across."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from forcesim.view.style import finish, new_figure, unit_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from forcesim.arrays import Floats

__all__ = ["regret_map"]

MOST_COLUMNS = 120
"""Columns at most; more worlds are taken together by their mean."""


def regret_map(*, labels: Sequence[str], regret: Floats, title: str, unit: str, source: str = "") -> Figure:
    """Return a heat map.

    Parameters
    ----------
    labels : sequence of str
        Policies.
    regret : float64 (policy, world)
        What the best policy of each world gives more.
    title, unit, source : str
        Above, at the colours, below.
    """
    figure = new_figure(9.5, 2.0 + 0.45 * len(labels))
    axes = figure.subplots()
    columns = min(MOST_COLUMNS, regret.shape[1])
    edges = [round(k * regret.shape[1] / columns) for k in range(columns + 1)]
    shown = [[own[a:b].mean() for a, b in itertools.pairwise(edges)] for own in regret]
    image = axes.imshow(shown, aspect="auto", cmap="cividis_r", vmin=0.0, interpolation="nearest")
    axes.set_yticks(range(len(labels)), list(labels), fontsize=9)
    axes.set_xticks([0, columns - 1], ["worst world", "best world"], fontsize=9)
    for place, own in enumerate(regret):
        text = f" mean {own.mean():,.3g}, largest {own.max():,.3g}"
        axes.annotate(text, (columns - 0.5, place), xytext=(4, 0), textcoords="offset points", va="center",
                      fontsize=8, annotation_clip=False)  # fmt: skip
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.6, aspect=40)
    unit_axis(bar.ax, unit, which="x")
    bar.ax.set_xlabel(f"regret, {unit}")
    return finish(figure, title, source)
