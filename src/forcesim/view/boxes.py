"""The trade-off of scenario discovery: coverage against density."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.view.style import finish, new_figure, unit_axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["trade_off"]


def trade_off(*, frame: pd.DataFrame, base: float, title: str, source: str = "") -> Figure:
    """Return points of coverage across and density up, coloured by the number of restricted inputs.

    Parameters
    ----------
    frame : DataFrame
        A row a box: coverage, density, fresh_coverage, fresh_density, res_dim.
    base : float
        Density of all cases.
    title, source : str
        Above, below.
    """
    figure = new_figure(7.6, 5.4)
    axes = figure.subplots()
    fresh = axes.scatter(frame["fresh_coverage"], frame["fresh_density"], marker="x", c="#555555", s=22)
    own = axes.scatter(frame["coverage"], frame["density"], c=frame["res_dim"], cmap="viridis", s=34)
    figure.colorbar(own, ax=axes, label="restricted inputs", aspect=30)
    labels = ["on the paths that chose the boxes", "on fresh paths"]
    axes.legend([own, fresh], labels, loc="lower left", fontsize=8.5, frameon=False)
    for place in sorted({0, len(frame) // 2, len(frame) - 1}):
        at = (frame["coverage"].iloc[place], frame["density"].iloc[place])
        axes.annotate(f"box {place}", at, xytext=(7, 4), textcoords="offset points", fontsize=8.5)
    axes.axhline(base, color="#000000", lw=0.9, ls="--")
    axes.annotate("all paths", (0.0, base), xytext=(4, 4), textcoords="offset points", fontsize=8.5)
    axes.set_xlim(0.0, 1.08)
    axes.set_ylim(0.0, 1.08)
    for which in ("x", "y"):
        unit_axis(axes, "share", which=which)
    axes.set_xlabel("coverage: share of all cases that lie inside")
    axes.set_ylabel("density: share of cases among all that lies inside")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    return finish(figure, title, source)
