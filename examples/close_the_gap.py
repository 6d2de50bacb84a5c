"""The main question: how long is Ukraine secure under each policy, what fills the gap of 500,000, and who pays for it.

Runs every policy of ``ukraine-2026`` on the same futures, prints four tables, and draws output/close_the_gap.png
(policies side by side), output/filling.png (the waterfall) and output/bill.png.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

import forcesim as fs
from forcesim.result.headline import ratio_after
from forcesim.view.headline import measures
from forcesim.view.tables import text_table

PATHS, SEED = 4_000, 2025
FIRST = "status-quo"
SHOWN = ("status-quo", "europe-150k", "all-in")
PEACE, BY = "phase == 'ceasefire'", "2030-12"
AFTER = (6, 24, 60)
KEPT = ["phase", "secure_months", "front_ratio", "gap", "strength", "contingent", "quality", "cost", "gdp"]
MORE = ("deployable", "extra_interest")
PAYERS = {
    "Ukraine": ["UKR"],
    "NATO in Europe, Canada": ["@nato", "-USA"],
    "United States": ["USA"],
}


def payers(scenario: fs.Scenario) -> dict[str, list[str]]:
    """Return the nations of each payer."""
    found = {}
    for name, parts in PAYERS.items():
        every = [nation for part in parts for nation in (scenario.groups[part[1:]] if part[0] == "@" else [part])]
        out = {part[1:] for part in parts if part[0] == "-"}
        found[name] = [nation for nation in every if nation not in out and nation[0] != "-"]
    return found


def main() -> None:
    """Simulate, print, draw."""
    scenario = fs.load("ukraine-2026")
    there = fs.make_plan(scenario).vocabulary
    kept = [*KEPT, *(name for name in MORE if name in there)]
    last, who = scenario.horizon, payers(scenario)
    found: dict[str, fs.Result] = {}
    begun = time.perf_counter()
    for place, name in enumerate(scenario.policies, 1):
        print(f"[{place}/{len(scenario.policies)}] {name} ...", file=sys.stderr)
        found[name] = fs.simulate(scenario, name, paths=PATHS, seed=SEED, keep=kept, outcomes=kept, progress=False)
    took = time.perf_counter() - begun
    secure = {name: one.mean("secure_months", at=last) for name, one in found.items()}
    gained = {name: paired(one, found[FIRST], "secure_months", last) for name, one in found.items()}
    holds = {name: one.survival(PEACE, begun_by=BY).chance(60) for name, one in found.items()}
    ratio = {name: [ratio_after(one, months) for months in AFTER] for name, one in found.items()}
    print(headline(secure, gained, holds, ratio))
    print(gaps(found))
    for name in SHOWN:
        print(found[name].waterfall(at=BY, given=PEACE), end="\n\n")
    print(costs(found, who))
    print(f"{len(found)} policies x {PATHS:,} futures x {scenario.timeline.months} months in {took:.1f} s")
    draw(scenario, found, gained, holds, {name: one[1] for name, one in ratio.items()})


def paired(one: fs.Result, base: fs.Result, what: str, at: str) -> fs.Estimate:
    """Return the difference of an outcome's mean from the base policy, on the same futures."""
    difference = one.sample(what, at=at) - base.sample(what, at=at)
    return fs.Estimate.of_moments(float(difference.mean()), float(np.var(difference, ddof=1)), len(difference))


def headline(
    secure: dict[str, fs.Estimate],
    gained: dict[str, fs.Estimate],
    holds: dict[str, fs.Estimate],
    ratio: dict[str, list[fs.Estimate]],
) -> str:
    """Return secure months, the chance that a ceasefire holds, and the front ratio after it."""
    rows = [
        [
            "policy",
            "secure months",
            "gained",
            "holds 5 years",
            *(f"front ratio, {months} m" for months in AFTER),
            "spells",
        ]
    ]
    for name, months in secure.items():
        ratios = [one.quoted(2) for one in ratio[name]]
        rows.append(
            [name, months.quoted(1), gained[name].quoted(1), holds[name].quoted(3), *ratios, f"{holds[name].n:,}"]
        )
    caption = f"secure months to the horizon; a first ceasefire begun by {BY} that holds five years; and the ratio then"
    return text_table(rows, caption=caption) + "\n"


def gaps(found: dict[str, fs.Result]) -> str:
    """Return the gap of heads at war, and twelve months after a ceasefire: never both in one number."""
    rows = [["policy", f"at war, {BY}", "a year after a ceasefire"]]
    for name, one in found.items():
        at_war, peace = one.mean("gap", at=BY, given="phase == 'war'"), one.mean("gap", at=12, since=PEACE, given=PEACE)
        rows.append([name, at_war.quoted(0), peace.quoted(0)])
    return text_table(rows, caption="gap of heads, persons") + "\n"


def costs(found: dict[str, fs.Result], who: dict[str, list[str]]) -> str:
    """Return what each payer pays in 2030, and what the policy adds to it."""
    base = found[FIRST].bill(year=BY[:4], payers=who).rows
    rows = [["policy", *(f"{name} (% of GDP)" for name in who), "more than status quo"]]
    for name, one in found.items():
        bill = one.bill(year=BY[:4], payers=who).rows
        cells = [f"{bill[payer][0]:,.0f} ({100 * bill[payer][2]:.1f})" for payer in who]
        rows.append([name, *cells, f"{sum(bill[payer][0] - base[payer][0] for payer in who):+,.0f}"])
    return text_table(rows, caption=f"bill of {BY[:4]}, bn USD of 2025, interest on added debt included") + "\n"


def draw(
    scenario: fs.Scenario,
    found: dict[str, fs.Result],
    gained: dict[str, fs.Estimate],
    holds: dict[str, fs.Estimate],
    ratio: dict[str, fs.Estimate],
) -> None:
    """Draw the three pictures."""
    output = Path("output")
    output.mkdir(exist_ok=True)
    order = [FIRST, *sorted((name for name in found if name != FIRST), key=lambda name: -gained[name].value)]
    panels = {
        "secure months gained to 2035-12": gained,
        "a ceasefire holds five years": holds,
        "front ratio two years after": ratio,
    }
    figure = measures(
        labels=order,
        panels={name: [values[policy] for policy in order] for name, values in panels.items()},
        units=["months", "chance", "ratio"],
        title="How long is Ukraine secure?",
        source=f"forcesim {fs.__version__}, {scenario.name}; {PATHS:,} futures, seed {SEED}; bars: Monte Carlo error",
    )
    figure.savefig(output / "close_the_gap.png", dpi=150)
    found["all-in"].waterfall(at=BY, given=PEACE).figure().savefig(output / "filling.png", dpi=150)
    found["all-in"].bill(year=BY[:4]).figure().savefig(output / "bill.png", dpi=150)
    print(f"pictures: {', '.join(str(output / name) for name in ('close_the_gap.png', 'filling.png', 'bill.png'))}")


if __name__ == "__main__":
    main()
