"""Why believe it? Where the numbers come from, what was fitted, and forecasts from past years beside what came.

Prints how much of the scenario has a published source, what history says of growth and of defence shares, how past
forecasts were scored, and how many allies the same method would have expected at 2 %. Draws all of it.
"""

from __future__ import annotations

from pathlib import Path

import forcesim as fs
from forcesim import evidence
from forcesim.evidence.armies import armies, weigh_armies
from forcesim.evidence.coalitions import pledges_figure
from forcesim.evidence.measured import measured
from forcesim.evidence.missions import leave_one_out
from forcesim.view.scored import calibration, skill_bars

ORIGINS = {"growth": range(2005, 2024, 3), "defence_share": range(2016, 2025)}
LABELS = {"growth": "real growth", "defence_share": "defence share"}


def main() -> None:
    """Gather the evidence and draw it."""
    output = Path("output")
    output.mkdir(exist_ok=True)
    audit = fs.load("ukraine-2025").audit()
    assumed = int(audit["source"].str.startswith("assumption").sum())
    print(f"ukraine-2025: {len(audit):,} numbers, {assumed:,} of them marked as assumptions\n")
    print(evidence.parameter("FG004"), "\n")
    for process in ("economy", "spending", "contingent"):
        fit = evidence.fit(process)
        print(fit.to_dataframe().query("not parameter.str.contains('\\[')").round(4).drop(columns="path"), "\n")
    tests = {
        target: evidence.backtest(target, origins=origins, horizons=(1, 2, 3, 4, 5), paths=1_000)
        for target, origins in ORIGINS.items()
    }
    for found in tests.values():
        print(found, "\n")
    print(evidence.allies_at_guideline(paths=2_000).to_string(index=False), "\n")
    print(leave_one_out(), "\n")
    print(evidence.war_years(), "\n")
    print(f"\n{evidence.replay()}")

    pits = {LABELS[target]: found.pit() for target, found in tests.items()}
    calibration(pits=pits, title="Were the forecasts honest?", source="origins 2004-2024, 1 to 5 years ahead").savefig(
        output / "calibration.png", dpi=150
    )
    skills = {
        LABELS[target]: {h: found.skill(found.best_baseline(horizon=h), horizon=h) for h in (1, 2, 3, 4, 5)}
        for target, found in tests.items()
    }
    skill_bars(
        skills=skills, title="Better than the best simple forecast?", source="90 % intervals; years drawn again"
    ).savefig(output / "skill.png", dpi=150)
    evidence.parameter("FG004").figure().savefig(output / "sources.png", dpi=150)
    pledges_figure().savefig(output / "pledged_and_delivered.png", dpi=150)
    weigh_armies(armies("2025-02", "2026-06"), measured("2025-02", "2026-06"), paths=2_000).forest().savefig(
        output / "armies.png", dpi=150
    )
    shares = tests["defence_share"].figure_origins(
        ["DEU", "POL", "FRA", "ITA", "GBR", "LTU"], [2017, 2020, 2023], line=0.02
    )
    shares.savefig(output / "past_forecasts.png", dpi=150)
    print(f"\npictures: calibration, skill, past_forecasts, sources, pledged_and_delivered, armies (.png) in {output}/")


if __name__ == "__main__":
    main()
