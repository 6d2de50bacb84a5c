"""Whether Europe's brigades can keep 30,000 to 150,000 in place, with America's enablers and without.

Every brigade rotates by its nation's own rule. The mission is new on day 0: until then nobody asks for the brigades, so
that all are trained and rested (assumption: existing commitments are left out). Rules may be
broken at a price: a brigade is sent before its dwell is over, or stays beyond its tour. Prints how long it takes until
the mission is full, how long that lasts, what is missing, what dwell it costs and who breaks a rule first; writes
output/rotation_sand.png, rotation_gantt.png and rotation_dwell.png.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forcesim as fs
from forcesim import rotation
from forcesim.tables import lookup, table

YEARS = 4
DAYS = int(365.25 * YEARS)
BRIGADE = 6_000
"""Persons: 300,000 to replace America's troops are 50 brigades with their share of corps support (CT044)."""

MISSIONS = {30_000: 5, 64_000: 11, 100_000: 17, 150_000: 25}
"""Persons, and brigades of 6,000."""

PER_ENABLER = 5
"""Assumption: one formation of enablers (air defence, fires, intelligence, engineers, transport) for five brigades."""

EUROPEAN_ENABLERS = {"DEU": 2, "FRA": 2, "GBR": 2, "ITA": 1, "NLD": 1, "POL": 1}
"""Assumption: no count is published; the lack of them is why all want America behind them (CT033)."""

AMERICAN_ENABLERS = 9
"""Assumption: as many again as Europe's."""

LEAVES_PER_YEAR = {True: 0.048, False: 0.13}
"""Rate at which a nation announces to leave, with America behind the force and without: the contingent process's
withdrawal hazard of 0.004 a month, and 2.7 times as much."""

EUR = 1.1
RUNNING = lookup("CT070").value * 1e6 * EUR * 12 / 365.25 / lookup("CT063").value
"""US dollars a soldier and day: Germany's brigade in Lithuania (CT070, CT063), at 1.1 dollars for a euro."""


@dataclass(frozen=True)
class Nation:
    """A nation's rule in days, and where it comes from."""

    tour: int
    dwell: int
    preparation: int
    source: str


UK = "24 months between tours: House of Lords, 24 July 2007, HL4852; Iraq Inquiry, section 16.1, table 1; 6 out: CT062"
GERMAN = "4 months in 24: DW, 22 June 2013; there too: half of all breaks were shorter, a quarter of all tours longer"
FRENCH = "4 months: Assemblee nationale, nosdeputes.fr/intervention/452664; 12 at home promised after 6 in Afghanistan"
OTHERS = "assumption: 6 months in 24, between the German and the British rule"
AMERICAN = "9 months: US European Command, 2016 (brigades on rotation); assumption: twice as long at home"

RULES = {
    "GBR": Nation(180, 720, 45, UK),
    "DEU": Nation(120, 600, 60, GERMAN),
    "FRA": Nation(120, 360, 30, FRENCH),
    "USA": Nation(270, 540, 45, AMERICAN),
}
"""Preparation: weeks to brigade strength for France, over a month for Britain and Germany (Shurkin, RAND, 2017)."""

OTHER = Nation(180, 540, 90, OTHERS)


def policies(*, strict: bool = False) -> dict[str, Any]:
    """Return every rule; dwell may be halved and a tour go on for two months (assumption), unless strict."""
    found = {}
    for name, rule in {**RULES, "other": OTHER}.items():
        found[name] = {
            "tour": {"guidance": rule.tour, "tolerance": 0 if strict else 60, "penalty": 1e6},
            "minimum_dwell": {"guidance": rule.dwell, "tolerance": 0 if strict else rule.dwell // 2, "penalty": 1e6},
            "overlap": 10, "recovery": 30, "available_from": 180, "preparation": rule.preparation,
            "source": rule.source,
            "assumption": "hand-over 10 days, leave 30, training 180; tolerances and penalties",
        }  # fmt: skip
    return found


def europeans() -> list[str]:
    """Return the coalition's European nations with brigades; Türkiye's stay at home (assumption)."""
    nations = fs.load("ukraine-2025").nations
    asked = sorted(str(row["iso3"]) for row in table("nations") if row["coalition"] and row["europe"])
    return [code for code in asked if code in nations and code != "TUR" and nations[code].generation is not None]


@functools.cache
def brigades() -> dict[str, int]:
    """Return the brigades that can be sent in mid 2026, as force generation has them, enablers apart.

    What is left over of each nation is put together: multinational brigades ("XMN") of nations too small for one.
    """
    scenario = fs.load("ukraine-2025").with_values({"generation.own_enablers": 1}).without_noise()
    result = fs.simulate(scenario, paths=1, progress=False)
    able = {code: result.mean(f"deployable[{code}]", at="2026-07").value / BRIGADE for code in europeans()}
    found = {code: int(count) for code, count in able.items() if count >= 1}
    found["XMN"] = int(sum(able.values()) - sum(found.values()))
    return found


def on_paper(persons: int, *, america: bool) -> float:
    """Return the mean contingent of the same four years if all Europeans are ready to send what they can sustain."""
    others = ("TUR", "AUS", "CAN", "JPN", "NZL", "AUT", "CYP", "IRL", "MLT")
    values: dict[str, Any] = {f"nations.{code}.contingent.chance": 0 for code in others}
    for code in europeans():
        values |= {f"nations.{code}.contingent.chance": 1, f"nations.{code}.contingent.willingness": 1}
    values |= {
        f"contingent.{name}": 0 for name in ("delivery_spread", "fading", "standing_chance", "backstop_loss_hazard")
    }
    values |= {"contingent.ambition": 1e3, "contingent.delivery_median": 1, "contingent.requested": persons}
    values |= {"conflict.hold": "ceasefire", "contingent.backstop_offered": "yes" if america else "no"}
    result = fs.simulate(fs.load("ukraine-2025").with_values(values), paths=400, seed=2025, progress=False)
    months = [f"{year}-{month:02}" for year in range(2026, 2030) for month in range(1, 13)]
    return sum(result.mean("contingent", at=month).value for month in months[6:]) / len(months[6:])


def study(persons: int, *, america: bool, strict: bool = False) -> rotation.Rotation:
    """Return the study of one mission."""

    def group(kind: str, code: str, count: int) -> dict[str, Any]:
        policy = code if code in RULES else "other"
        size = BRIGADE if kind == "brigade" else 0
        name = code if kind == "brigade" else f"{code} enablers"
        return {
            "name": name,
            "type": kind,
            "nation": code,
            "count": count,
            "size": size,
            "policy": policy,
        }

    units = [group("brigade", code, count) for code, count in brigades().items()]
    units += [group("enablers", code, count) for code, count in EUROPEAN_ENABLERS.items()]
    if america:
        units.append(group("enablers", "USA", AMERICAN_ENABLERS))
    slots = MISSIONS[persons]
    demands = [
        {"name": "mission", "type": "brigade", "quantity": slots, "begun": False},
        {"name": "enablers", "type": "enablers", "quantity": -(-slots // PER_ENABLER), "begun": False},
    ]
    caveats = [
        {
            "nation": code, "demand": "mission", "withdraws_per_year": LEAVES_PER_YEAR[america], "notice": 60,
            "returns_after": 365, "assumption": "as the contingent process; back after a year",
        }
        for code in brigades()
    ]  # fmt: skip
    cost = RUNNING * BRIGADE
    return rotation.Rotation.of({
        "name": f"{persons:,} {'with' if america else 'without'} America", "start": "2026-07-01", "days": DAYS,
        "policies": policies(strict=strict), "units": units, "demands": demands, "caveats": caveats,
        "costs": {"brigade": {"home": 0.5 * cost, "training": 0.75 * cost, "deployed": cost}},
    })  # fmt: skip


def told(result: rotation.RotationResult, slots: int) -> None:
    """Print the answer of one mission."""
    print(f"\n{result.study.name}: {slots} brigades")
    for demand in ("mission", "enablers"):
        missing = result.mean(f"unmet_share[{demand}]")
        error = "all futures alike" if missing.error != missing.error else f"± {missing.error:.1%}"
        text = f"  {result.time_to(demand)}"
        if len(result.time_to(demand).days):
            held = result.quantiles(f"full_for[{demand}]", [0.5])[0]
            ends = result.chance(f"full_after[{demand}] + full_for[{demand}] >= {DAYS}").value
            text += f"; full for {held:,.0f} days in the median, to the end in {ends:.0%}"
        print(f"{text}; missing over {YEARS} years {missing.value:.1%} ({error})")
    tours = result.arrays["tours"].sum()
    times = result.arrays["breaks"][:, 0].sum()
    short = result.arrays["broken_days"][:, 0].sum() / max(1, times)
    dwell = result.arrays["dwell_sum"].sum() / max(1, result.arrays["dwell"].sum())
    print(f"  dwell {dwell:,.0f} days; {times / tours:.0%} of departures before it was over, by {short:.0f} days")
    first = list(result.first_to_break(rules=("dwell", "tour")).items())[:3]
    print("  first to break dwell or tour: " + ", ".join(f"{code} ({chance.value:.0%})" for code, chance in first))
    soldier_days = result.mean("persons[mission]").value * DAYS
    persons, america = next(one for one, count in MISSIONS.items() if count == slots), " with " in result.study.name
    kept = rotation.simulate(study(persons, america=america, strict=True), replications=20, seed=2025)
    held = kept.mean("persons[mission]").value
    print(f"  there in the mean: {soldier_days / DAYS:,.0f}; every rule kept: {held:,.0f};", end="")
    print(f" the contingent process, all willing: {on_paper(persons, america=america):,.0f}")
    print(
        f"  the whole force costs {result.mean('total_cost').value * 1e9 / soldier_days:,.0f} USD a soldier-day there"
    )


def main() -> None:
    """Ask about every mission, print, draw."""
    pool = brigades()
    print(f"deployable brigades: {sum(pool.values())} of {len(pool)} nations: {pool}")
    for name in ("GBR", "DEU", "FRA", "other"):
        ratio = rotation.rotation_ratio(policies()[name])
        print(f"  {name}'s rule: {ratio}; 17 slots (100,000): {ratio.units(17)} brigades")
    workers = min(2, os.cpu_count() or 1)
    results = {}
    for america in (True, False):
        for persons, slots in MISSIONS.items():
            result = rotation.simulate(study(persons, america=america), replications=60, seed=2025, workers=workers)
            results[persons, america] = result
            told(result, slots)
    output = Path("output")
    output.mkdir(exist_ok=True)
    shown = results[100_000, False]
    title = "100,000 without America: who is there, against what is asked for"
    shown.sand(by="nation", kind="brigade", title=title).savefig(output / "rotation_sand.png", dpi=150)
    shown.gantt(title="100,000 without America: one future, brigade by brigade").savefig(
        output / "rotation_gantt.png", dpi=150
    )
    shown.dwells(by="nation", title="100,000 without America: days at home between two tours (line: the rule)").savefig(
        output / "rotation_dwell.png", dpi=150
    )
    print(f"\npictures: {output}/rotation_sand.png, rotation_gantt.png, rotation_dwell.png")


if __name__ == "__main__":
    main()
