"""The main question: how does the force gap evolve under each policy, and what is the chance that it closes by a date.

Runs every policy of the bundled scenario on the same futures, prints the answer as a table, and
writes output/close_the_gap.png.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

import forcesim as fs
from forcesim.view.fan import fan_panels
from forcesim.view.tables import text_table

PATHS = 4_000
SEED = 2025
BY = ("2027-12", "2030-12", "2035-12")
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
CLOSED = "gap <= 0"


def quoted(chance: fs.Estimate) -> str:
    """Return a chance in per cent with its error; where it never happened, what it is below with 95 % confidence."""
    if chance.value == 0.0:
        return f"below {100 * chance.high:.1f} %"
    return f"{100 * chance.value:.1f} ± {100 * chance.error:.1f} %"


def main() -> None:
    """Simulate, print, draw."""
    scenario = fs.load("ukraine-2025")
    rows = [["policy", "gap 2030-12 (5 % to 95 %)", *(f"closed by {date}" for date in BY), "stays closed from 2033"]]
    panels, notes = {}, {}
    begun = time.perf_counter()
    for number, name in enumerate(scenario.policies, 1):
        print(f"[{number}/{len(scenario.policies)}] {name} ...", file=sys.stderr)
        result = fs.simulate(scenario, name, paths=PATHS, seed=SEED, keep=["gap"], events=[CLOSED])
        fan = result.quantiles("gap", SHARES)
        chances = [result.chance(CLOSED, by=date) for date in BY]
        low, middle, high = (float(fan.sel(quantile=q, month="2030-12")) for q in (0.05, 0.5, 0.95))
        rows.append(
            [
                name,
                f"{middle:,.0f} ({low:,.0f} to {high:,.0f})",
                *map(quoted, chances),
                f"{result.lasting(CLOSED, since='2033-01').value:.3f}",
            ]
        )
        panels[name] = np.asarray(fan)
        notes[name] = f"closed by 2030-12: {quoted(chances[1])}"
    took = time.perf_counter() - begun
    print(text_table(rows, caption=f"{scenario.title}: median gap, and chance that it has closed"))
    print(f"{len(panels)} policies x {PATHS:,} futures x {scenario.timeline.months} months in {took:.1f} s")
    figure = fan_panels(
        months=scenario.timeline.labels,
        panels=panels,
        shares=SHARES,
        title="Does the force gap close? Russia's strength less Ukraine's and the contingent's, by policy",
        unit="persons",
        source=f"forcesim {fs.__version__}, scenario ukraine-2025; {PATHS:,} paths a policy, seed {SEED}; "
        "bands over chance and uncertain inputs; ± is the Monte Carlo error",
        notes=notes,
        zero=True,
    )
    output = Path("output")
    output.mkdir(exist_ok=True)
    figure.savefig(output / "close_the_gap.png", dpi=150)
    print(f"picture: {output / 'close_the_gap.png'}")


if __name__ == "__main__":
    main()
