"""What do 2 %, the pledge of The Hague and 5 % of GDP cost, and what do they buy.

Prints the allies' spending, Ukraine's equipment and the gap under each target; writes output/five_percent.png.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import forcesim as fs
from forcesim.view.fan import fan_panels
from forcesim.view.tables import text_table

POLICIES = ("two-percent", "status-quo", "hague-in-full", "five-percent")
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
AT = "2035-12"


def main() -> None:
    """Simulate, print, draw."""
    scenario = fs.load("ukraine-2025")
    allies = [n for n in scenario.groups["nato"] if scenario.nations[n].spending is not None and n != "USA"]
    wanted = ["gdp", "defence_budget", "equipment", "gap"]
    rows = [["policy", "Europe and Canada, % of GDP", "bn USD a year", "Ukraine's equipment, bn USD", "gap, persons"]]
    panels = {}
    for policy in POLICIES:
        result = fs.simulate(scenario, policy, paths=4_000, seed=2025, keep=wanted)
        budgets = result.dataset["defence_budget"].sel(nation=allies).sum("nation")
        share = budgets / result.dataset["gdp"].sel(nation=allies).sum("nation")
        last = share.sel(month=AT)
        rows.append(
            [
                policy,
                "{1:.2f} ({0:.2f} to {2:.2f})".format(*(100 * np.asarray(last.quantile([0.1, 0.5, 0.9])))),
                f"{float(budgets.sel(month=AT).mean()):,.0f}",
                f"{result.mean('equipment[UKR]', at=AT).value:,.0f}",
                f"{result.mean('gap', at=AT).value:,.0f}",
            ]
        )
        panels[policy] = np.asarray(share.quantile(SHARES, dim="path"))
    print(text_table(rows, caption=f"allies without the United States in {AT}: median (10 % to 90 %), means"))
    figure = fan_panels(
        months=scenario.timeline.labels,
        panels=panels,
        shares=SHARES,
        title="Core defence spending of Europe and Canada, by pledge",
        unit="share of GDP",
        source=f"forcesim {fs.__version__}, scenario ukraine-2025; 4,000 paths, seed 2025; pledges are kept in part",
    )
    output = Path("output")
    output.mkdir(exist_ok=True)
    figure.savefig(output / "five_percent.png", dpi=150)
    print(f"picture: {output / 'five_percent.png'}")


if __name__ == "__main__":
    main()
