"""What are titanium, uranium, manganese, rare earths, gas and oil worth to whoever holds the ground.

Prints the yearly revenue of both holders with and without protecting them, and sets it beside the
cost of the war; writes output/what_the_ground_is_worth.png.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import forcesim as fs
from forcesim.view.fan import fan_panels

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def main() -> None:
    """Simulate, print, draw."""
    scenario = fs.load("ukraine-2025")
    panels = {}
    for policy in ("status-quo", "protect-resources"):
        wanted = ["resource_revenue", "defence_budget"]
        result = fs.simulate(scenario, policy, paths=4_000, seed=2025, keep=wanted)
        for nation, who in (("UKR", "Ukraine"), ("RUS", "the occupier")):
            key = f"resource_revenue[{nation}]"
            year = 12 * np.mean([result.sample(key, at=f"2030-{month:02d}") for month in range(1, 13)], axis=0)
            low, high = np.quantile(year, [0.1, 0.9])
            print(
                f"{policy}: revenue of {who} in 2030: {year.mean():.2f} bn USD (10 % to 90 %: {low:.2f} to {high:.2f})"
            )
            panels[f"{who}, {policy}"] = np.asarray(result.quantiles(key, SHARES))[:, 1:] * 12.0
        budget = result.mean("defence_budget[UKR]", at="2030-12")
        print(f"{policy}: Ukraine's defence budget in 2030-12: {budget}")
    figure = fan_panels(
        months=scenario.timeline.labels[1:],
        panels=panels,
        shares=SHARES,
        title="Revenue from Ukraine's ground, by who holds it",
        unit="bn USD per year",
        source=f"forcesim {fs.__version__}, scenario ukraine-2025; 4,000 paths, seed 2025; "
        "most prices and outputs are assumptions",
    )
    output = Path("output")
    output.mkdir(exist_ok=True)
    figure.savefig(output / "what_the_ground_is_worth.png", dpi=150)
    print(f"picture: {output / 'what_the_ground_is_worth.png'}")


if __name__ == "__main__":
    main()
