"""When could Europe fill the 500,000, by which means, and at what cost.

Counts people in uniform, brigades and who can be sent, for Europe and Canada without Türkiye, under money, service and
both. Prints chances with dates, Germany's legal corridor and the brigades that NATO asks for, as chances and not as
targets; writes output/when_could_europe.png.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import forcesim as fs
from forcesim.tables import lookup
from forcesim.view.tables import text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAP = lookup("CT002").value
SERVICE = fs.Setting(lever="nations.@volunteers.generation.conscription", set=0.5, start="2026-01")
FINLAND = fs.Policy(title="service as in Finland", settings=[SERVICE])
"""Conscript-years of half of the regulars: Finland 0.53, Estonia 0.49."""

MEANS = {
    "as pledged": ("status-quo",),
    "5 % of GDP": ("five-percent",),
    "conscription": ("conscription",),
    "5 % and conscription": ("five-percent", "conscription"),
    "5 % and service as in Finland": ("five-percent", FINLAND),
}
CORRIDOR = {"2030-12": 204_000, "2035-12": 255_000}
"""Lower edge of Germany's law, persons."""

BRIGADES = (120, 130)
"""Asked of NATO, from about 80."""

COLOURS = ("#4c566a", "#2e7d6b", "#b5651d", "#7b3f8c", "#a11d33")


def people(scenario: fs.Scenario) -> str:
    """Return the expression of all in uniform but Türkiye's."""
    allies = [code for code, nation in scenario.nations.items() if nation.generation is not None and code != "TUR"]
    return ", ".join(allies)


def picture(months: list[str], courses: dict[str, NDArray[np.float64]]) -> str:
    """Draw added people by means, median and 80 % interval, against the 500,000; return the file's name."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5.4), layout="constrained")
    years = np.array([int(month[:4]) + (int(month[5:]) - 1) / 12 for month in months])
    for (name, course), colour in zip(courses.items(), COLOURS, strict=True):
        low, middle, high = course / 1000
        axes.fill_between(years, low, high, color=colour, alpha=0.13, lw=0)
        axes.plot(years, middle, color=colour, lw=2, label=name)
    axes.axhline(GAP / 1000, color="black", lw=1, ls="--")
    axes.text(years[2], GAP / 1000 + 12, "the gap: 500,000", fontsize=9)
    axes.set(xlabel="", ylabel="thousand people more than in February 2025", xlim=(years[0], years[-1]))
    axes.set_title("Europe and Canada without Türkiye: people in uniform, added", loc="left")
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, 0.9))
    axes.spines[["top", "right"]].set_visible(False)
    note = f"forcesim {fs.__version__}, scenario ukraine-2025; 2,000 paths, seed 2025; medians and 80 % intervals"
    figure.text(0.99, -0.03, note, ha="right", fontsize=7, color="#555555")
    output = Path("output")
    output.mkdir(exist_ok=True)
    figure.savefig(output / "when_could_europe.png", dpi=150, bbox_inches="tight")
    return str(output / "when_could_europe.png")


def main() -> None:
    """Simulate each means, print, draw."""
    scenario = fs.load("ukraine-2025")
    allies = people(scenario)
    added, brigades = f"sum(soldiers[{allies}])", f"sum(brigades[{allies}])"
    able, money = f"sum(deployable[{allies}])", f"sum(defence_budget[{allies}])"
    keep = ["soldiers", "brigades", "deployable", "defence_budget", "reserves"]
    rows = [["means", "added 2030", "added 2035", f"+{GAP:,.0f} by 2035", "bn USD more, 2035", "can be sent, 2035"]]
    more = [["means", *(f"{count} brigades by {year}" for year in (2030, 2035) for count in BRIGADES),
             *(f"DEU {persons:,} in {month[:4]}" for month, persons in CORRIDOR.items())]]  # fmt: skip
    courses, paid = {}, 0.0
    for name, policies in MEANS.items():
        result = fs.simulate(scenario, list(policies), paths=2_000, seed=2025, keep=keep, progress=False)
        first = result.sample(added, at="2025-02")
        gained = {month: result.sample(added, at=month) - first for month in result.timeline.labels}
        spent = result.mean(money, at="2035-12").value
        paid = paid or spent
        sent = np.quantile(result.sample(able, at="2035-12"), [0.1, 0.5, 0.9])
        rows.append([
            name, *("{1:,.0f} ({0:,.0f} to {2:,.0f})".format(*np.quantile(gained[month], [0.1, 0.5, 0.9]))
                    for month in ("2030-12", "2035-12")),
            f"{(gained['2035-12'] >= GAP).mean():.2f}", f"{spent - paid:,.0f}",
            "{1:,.0f} ({0:,.0f} to {2:,.0f})".format(*sent),
        ])  # fmt: skip
        more.append([
            name,
            *(f"{(result.sample(brigades, at=f'{year}-12') >= count).mean():.2f}" for year in (2030, 2035)
              for count in BRIGADES),
            *(f"{(result.sample('soldiers[DEU]', at=at) >= edge).mean():.2f}" for at, edge in CORRIDOR.items()),
        ])  # fmt: skip
        courses[name] = np.array([np.quantile(one, [0.1, 0.5, 0.9]) for one in gained.values()]).T
    print(text_table(rows, caption="Europe and Canada without Türkiye: people added since February 2025"))
    print(text_table(more, caption="chances"))
    print(f"picture: {picture(list(result.timeline.labels), courses)}")


if __name__ == "__main__":
    main()
