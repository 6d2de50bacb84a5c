"""Which guarantee holds a ceasefire longest? Each on the same futures, with paired differences.

Prints the chance that a ceasefire is breached by 2035-12 and the paired differences; writes
output/guarantees_compared.png.
"""

from __future__ import annotations

from pathlib import Path

import forcesim as fs

GUARANTEES = ["status-quo", "un-peacekeepers", "europe-100k", "europe-150k", "nato-in-ukraine", "nato-membership"]


def main() -> None:
    """Compare, print, draw."""
    scenario = fs.load("ukraine-2025")
    found = fs.compare(scenario, GUARANTEES, "breaches > 0", by="2035-12", paths=4_000, seed=2025)
    print(found)
    for policy, paths in found.paths_for(0.005).items():
        print(f"  {policy}: {paths:,} paths would give the difference to ± 0.5 percentage points")
    output = Path("output")
    output.mkdir(exist_ok=True)
    figure = found.figure()
    figure.suptitle("Is a ceasefire breached by 2035-12?", x=0.01, ha="left", fontweight="bold")
    figure.savefig(output / "guarantees_compared.png", dpi=150)
    print(f"picture: {output / 'guarantees_compared.png'}")


if __name__ == "__main__":
    main()
