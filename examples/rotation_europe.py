"""Whether Europe's units can keep 30,000 to 150,000 in Ukraine, with America behind them and without.

Nations, units, will and limits come from the scenario `ukraine-2026`, the rules from the study `europe-in-ukraine`.
Prints who is there, what the contingent process says of the same question, and which rule is broken first; writes
output/rotation_sand.png, rotation_gantt.png and rotation_dwell.png.
"""

from __future__ import annotations

import os
from pathlib import Path

import forcesim as fs
from forcesim import rotation

MISSIONS = (30_000, 64_000, 100_000, 150_000)
START, DAYS = "2027-01", 1461
REPLICATIONS = 20


def on_paper(scenario: fs.Scenario, persons: int, *, america: bool) -> float:
    """Return the mean contingent of the process over the same four years, in a ceasefire that holds."""
    values = {
        "contingent.requested": persons,
        "contingent.backstop_offered": "yes" if america else "no",
        "contingent.backstop_loss_hazard": 0,
        "conflict.hold": "ceasefire",
        "conflict.start_phase": "ceasefire",
    }
    wanted = ["contingent"]
    result = fs.simulate(scenario.with_values(values), paths=1_000, outcomes=wanted, progress=False)
    months = [f"{year}-{month:02}" for year in range(2027, 2031) for month in range(1, 13)]
    return sum(result.mean("contingent", at=month).value for month in months) / len(months)


def main() -> None:
    """Ask about every mission, print, draw."""
    scenario = fs.load("ukraine-2026")
    workers = min(2, os.cpu_count() or 1)
    print("asked     America  said limits  there, unit by unit    contingent process  first to break dwell or tour")
    for america in (True, False):
        for persons in MISSIONS:
            for limits in (True, False):
                study = rotation.from_scenario(
                    scenario, asked=persons, start=START, days=DAYS, america=america, limits=limits
                )
                result = rotation.simulate(study, replications=REPLICATIONS, workers=workers, progress=False)
                there = result.mean("persons[mission]")
                paper = f"{on_paper(scenario, persons, america=america):,.0f}" if limits else ""
                first = ", ".join(list(result.first_to_break(rules=("dwell", "tour")))[:3]) or "nobody"
                row = ("yes" if america else "no", "kept" if limits else "left out")
                figure = f"{there.value:,.0f} ± {there.error:,.0f}"
                print(f"{persons:>7,}   {row[0]:<7}  {row[1]:<11}  {figure:<21}  {paper:>18}  {first}")
    study = rotation.from_scenario(scenario, asked=30_000, start=START, days=DAYS, america=True)
    shown = rotation.simulate(study, replications=REPLICATIONS, workers=workers, progress=False)
    output = Path("output")
    output.mkdir(exist_ok=True)
    title = "30,000 with America: who is there, against what is asked for"
    shown.sand(by="nation", title=title).savefig(output / "rotation_sand.png", dpi=150)
    shown.gantt(title="30,000 with America: one future, unit by unit").savefig(output / "rotation_gantt.png", dpi=150)
    shown.dwells(by="nation", title="30,000 with America: days at home between two tours (line: the rule)").savefig(
        output / "rotation_dwell.png", dpi=150
    )
    print(f"\npictures: {output}/rotation_sand.png, rotation_gantt.png, rotation_dwell.png")


if __name__ == "__main__":
    main()
