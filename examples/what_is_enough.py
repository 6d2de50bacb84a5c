"""What is enough: the least mobilisation for an 80 % chance, what nothing beats on cost, and what differs for certain.

Runs on ``ukraine-2026``, prints the answers of the page "What is enough", and draws output/enough.png,
output/front.png and output/told.png. Takes some minutes on two cores.
"""

from __future__ import annotations

import sys
from pathlib import Path

import forcesim as fs

AIM = {"given": "phase == 'ceasefire'", "at": "2030-12"}
RATIO, LEVER, COST = "front_ratio >= 0.67", "nations.UKR.army.mobilisation", "total(sum(cost))"


def main() -> None:
    """Ask, print, draw."""
    scenario = fs.load("ukraine-2026")
    folder = Path("output")
    folder.mkdir(exist_ok=True)
    for chance, policy in ((0.8, None), (0.8, "ukraine-1.5m-financed"), (0.95, None)):
        print(f"solving for {100 * chance:g} % ...", file=sys.stderr)
        enough = fs.solve(scenario, LEVER, reach=RATIO, chance=chance, high=80_000, policy=policy, **AIM)
        print(*enough.sentences, sep="\n", end="\n\n")
        if chance == 0.8 and policy is None:
            enough.figure().savefig(folder / "enough.png", dpi=150)
    front = fs.frontier(scenario, list(scenario.policies), cost=COST, against=RATIO, paths=2_000, again=2_000, **AIM)
    print(front, end="\n\n")
    front.figure().savefig(folder / "front.png", dpi=150)
    names = ["status-quo", "ukraine-1.5m-financed", "europe-150k"]
    told = fs.compare(scenario, names, [RATIO, "gap"], better={"gap": "less"}, cost=COST, paths=2_000, **AIM)
    print(*told.sentences, sep="\n", end="\n\n")
    told.figure().savefig(folder / "told.png", dpi=150)
    sooner = fs.compare(scenario, names, "gap <= 0", by=AIM["at"], paths=2_000)
    print(*sooner.sentences, sep="\n", end="\n\n")
    print(fs.select(scenario, list(scenario.policies), "secure_months", at=scenario.horizon, indifference=2.0))


if __name__ == "__main__":
    main()
