"""How many Europeans arrive, when, and do they stay, if America does not back them.

Compares a European force of 150,000 on paper with and without the American backstop; writes
output/contingent_without_america.png.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import forcesim as fs
from forcesim.view.fan import fan_panels

POLICIES = ("europe-100k", "europe-150k", "nato-in-ukraine")
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def main() -> None:
    """Simulate, print, draw."""
    scenario = fs.load("ukraine-2025")
    panels, notes = {}, {}
    for policy in POLICIES:
        result = fs.simulate(scenario, policy, paths=4_000, seed=2025, keep=["contingent", "phase"])
        by_2028 = result.mean("contingent", at="2028-12")
        some = result.chance("contingent >= 30_000", by="2030-12")
        most = result.chance("contingent >= 100_000", by="2030-12")
        print(f"{policy}: mean in place in 2028-12 {by_2028}")
        print(f"    chance of 30,000 at some time by 2030-12: {some}")
        print(f"    chance of 100,000: {most}")
        peace = result.sample("phase", at="2030-12") > 0
        if peace.any():
            there = result.sample("contingent", at="2030-12")[peace]
            low, middle, high = np.quantile(there, [0.1, 0.5, 0.9])
            print(f"    given a ceasefire in 2030-12: median {middle:,.0f} (10 % to 90 %: {low:,.0f} to {high:,.0f})")
        panels[policy] = np.asarray(result.quantiles("contingent", SHARES))
        notes[policy] = f"30,000 by 2030-12: {100 * some.value:.0f} %"
    figure = fan_panels(
        months=scenario.timeline.labels,
        panels=panels,
        shares=SHARES,
        title="European troops in Ukraine: asked for, and there",
        unit="persons",
        source=f"forcesim {fs.__version__}, scenario ukraine-2025; 4,000 paths, seed 2025",
        notes=notes,
    )
    output = Path("output")
    output.mkdir(exist_ok=True)
    figure.savefig(output / "contingent_without_america.png", dpi=150)
    print(f"picture: {output / 'contingent_without_america.png'}")


if __name__ == "__main__":
    main()
