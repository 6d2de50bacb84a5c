"""Write the tables and pictures of docs/claims.md: what the article claims, and what the model says.

``python tools/claims.py`` runs every policy of ``ukraine-2026`` on the same futures and replaces what stands between
``<!-- table: NAME -->`` and ``<!-- end -->`` in the page; pictures go to docs/_static.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

import forcesim as fs
from forcesim.quantities import Value
from forcesim.result.headline import ratio_after
from forcesim.view.headline import measures

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURES = ROOT / "docs" / "claims.md", ROOT / "docs" / "_static"
PEACE, WAR, BASE = "phase == 'ceasefire'", "phase == 'war'", "status-quo"
BY, LAST = "2030-12", "2035-12"
KEPT = (
    "phase", "secure_months", "front_ratio", "gap", "strength", "losses", "contingent", "pledged", "quality", "cost",
    "gdp", "deployable", "brigades_total", "soldiers", "equipment", "fires", "territory", "extra_interest",
    "resource_revenue", "intake_limit", "willing", "sustainable_force",
)  # fmt: skip
Runs = dict[str, fs.Result]
Rows = list[list[str]]


def number(found: fs.Estimate, digits: int = 0) -> str:
    """Return an estimate with its error, or a dash where no path tells."""
    return "none" if found.n == 0 or np.isnan(found.value) else found.quoted(digits)


def quantiles(result: fs.Result, what: str, at: str, given: str | None = None) -> str:
    """Return the median with 10 and 90 %."""
    found = result.quantiles(what, (0.1, 0.5, 0.9), given=given).sel(month=at).values.ravel()
    digits = 0 if abs(found[1]) >= 100 else 2
    return f"{found[1]:,.{digits}f} ({found[0]:,.{digits}f} to {found[2]:,.{digits}f})"


def paired(one: fs.Result, base: fs.Result, what: str, at: str) -> fs.Estimate:
    """Return the difference of an outcome's mean on the same futures."""
    difference = one.sample(what, at=at) - base.sample(what, at=at)
    return fs.Estimate.of_moments(float(difference.mean()), float(np.var(difference, ddof=1)), len(difference))


def yearly(result: fs.Result, what: str, year: str) -> fs.Estimate:
    """Return the mean of a monthly flow over a year, times twelve."""
    months = [result.timeline.index(f"{year}-{month:02d}") for month in range(1, 13)]
    sums = result.history(what)[months].sum(axis=0)
    return fs.Estimate.of_moments(float(sums.mean()), float(np.var(sums, ddof=1)), len(sums))


def gap(runs: Runs) -> Rows:
    """Return strengths and the gap of heads, at war and a year after a ceasefire."""
    rows = [["", "Ukraine", "Russia", "gap of heads"]]
    base = runs[BASE]
    for label, at, given in (
        ("November 2026", 0, None),
        (f"at war, {BY}", BY, WAR),
        (f"in a ceasefire, {BY}", BY, PEACE),
    ):
        cells = (base.mean(f"strength[{nation}]", at=at, given=given) for nation in ("UKR", "RUS"))
        rows.append([label, *(number(cell) for cell in cells), number(base.mean("gap", at=at, given=given))])
    after = [base.mean(what, at=12, since=PEACE, given=PEACE) for what in ("strength[UKR]", "strength[RUS]", "gap")]
    return [*rows, ["a year after the first ceasefire", *(number(one) for one in after)]]


def filling(runs: Runs) -> Rows:
    """Return what fills the 500,000 by policy, in a ceasefire in 2030."""
    names = [name for name in (BASE, "ukraine-1.5m", "ukraine-1.5m-financed", "europe-150k", "all-in") if name in runs]
    falls = {name: runs[name].waterfall(at=BY, given=PEACE) for name in names}
    rows = [["means, persons", *names]]
    rows.extend([part, *(f"{-falls[name].parts[part].value:+,.0f}" for name in names)] for part in falls[BASE].parts)
    rows.append(["**what remains**", *(f"{falls[name].remains.value:,.0f}" for name in names)])
    return rows


def contingents(runs: Runs) -> Rows:
    """Return what was asked for and what came."""
    rows = [["policy", "pledged after 12 months", "there after 3", "after 12", "after 24", "100,000 there within 24"]]
    for name in ("coalition-plan", "europe-100k", "europe-150k", "nato-in-ukraine", "un-peacekeepers"):
        one = runs[name]
        cells = [number(one.mean("contingent", at=months, since=PEACE)) for months in (3, 12, 24)]
        pledged, chance = (
            one.mean("pledged", at=12, since=PEACE),
            one.chance("contingent >= 100000", by=24, since=PEACE),
        )
        rows.append([name, number(pledged), *cells, f"{100 * chance.value:.1f} ± {100 * chance.error:.1f} %"])
    return rows


STAGES = {"means to send": "willing", "of it can be kept up": "sustainable_force", "pledged": "pledged"}


def chain(runs: Runs) -> Rows:
    """Return how a request becomes troops: a year after the first ceasefire, where there is one."""
    names = ("coalition-plan", "europe-100k", "nato-in-ukraine", "un-peacekeepers")
    rows = [["persons", *names]]
    asked = (max(_asked(fs.load("ukraine-2026").policies[name])) for name in names)
    rows.append(["asked for", *(f"{size:,.0f}" for size in asked)])
    for label, what in STAGES.items():
        rows.append([label, *(number(runs[name].mean(what, at=12, since=PEACE, given=PEACE)) for name in names)])
    for months in (3, 12, 24):
        there = (runs[name].mean("contingent", at=months, since=PEACE, given=PEACE) for name in names)
        rows.append([f"there after {months} months", *(number(one) for one in there)])
    for size in (15_000, 25_000):
        chances = (runs[name].chance(f"contingent >= {size}", at=12, since=PEACE, given=PEACE) for name in names)
        rows.append([f"chance of {size:,} after 12", *(f"{100 * one.value:.0f} %" for one in chances)])
    return rows


def _asked(policy: fs.Policy) -> list[float]:
    """Return the sizes that a policy asks for."""
    set_to = [one.set for one in policy.settings if one.lever == "contingent.requested"]
    return [one.centre for one in set_to if isinstance(one, Value)]


def turning(_: Runs) -> Rows:
    """Return the aversion at which troops gain nothing in secure months, and its chance to be lower."""
    rows = [["policy", "gains nothing at an aversion of", "95 %", "chance that it is lower"]]
    scenario = fs.load("ukraine-2026")
    drawn = scenario.get("conflict.aversion").distribution
    assert drawn is not None
    draws = drawn.quantile(np.linspace(0.0005, 0.9995, 1_000))
    for name in ("europe-100k", "coalition-plan", "nato-in-ukraine", "all-in"):
        turn = fs.turning_value(
            scenario, "conflict.aversion", [BASE, name], "secure_months", at=LAST, low=-0.3, high=1.0, paths=2_000,
            progress=False,
        )  # fmt: skip
        lower = float(np.mean(draws < turn.value))
        rows.append([name, f"{turn.value:.2f}", f"{turn.low:.2f} to {turn.high:.2f}", f"{lower:.2f}"])
    return rows


def generation(runs: Runs) -> Rows:
    """Return people, brigades and what can be sent, by date and pledge."""
    rows = [
        [
            "policy",
            "people in uniform 2030",
            "2035",
            "brigades 2030",
            "2035",
            "can be sent 2035",
            "120 brigades by 2035",
        ]
    ]
    for name in (BASE, "hague-in-full", "five-percent", "conscription"):
        if name in runs:
            one = runs[name]
            cells = [number(one.mean("sum(soldiers)", at=at)) for at in (BY, LAST)]
            cells += [number(one.mean("brigades_total", at=at), 1) for at in (BY, LAST)]
            chance = one.chance("brigades_total >= 120", by=LAST)
            rows.append([name, *cells, number(one.mean("sum(deployable)", at=LAST)), f"{100 * chance.value:.0f} %"])
    return rows


def security(runs: Runs) -> Rows:
    """Return secure months, the chance that a ceasefire holds, and the front ratio after it."""
    rows = [["policy", "secure months", "gained", "holds 5 years", "front ratio after 6 months", "24", "60"]]
    for name, one in runs.items():
        holds = one.survival(PEACE, begun_by=BY).chance(60)
        ratios = [number(ratio_after(one, months), 2) for months in (6, 24, 60)]
        gained = paired(one, runs[BASE], "secure_months", LAST)
        rows.append([name, number(one.mean("secure_months", at=LAST), 1), number(gained, 1), number(holds, 2), *ratios])
    return rows


def production(runs: Runs) -> Rows:
    """Return losses, fires and the ratio under more production and more soldiers, where the war goes on."""
    rows = [
        ["policy", "Ukraine's losses 2028", "Russia's losses 2028", "Ukraine's fires 2028", "ratio 2030", "cost 2030"]
    ]
    for name in (BASE, "production-push", "ukraine-1.5m", "ukraine-1.5m-financed"):
        if name in runs:
            one = runs[name]
            cells = [number(yearly(one, f"losses[{nation}]", "2028")) for nation in ("UKR", "RUS")]
            cells += [
                number(one.mean("fires[UKR]", at="2028-12", given=WAR), 2),
                quantiles(one, "front_ratio", BY),
            ]
            added = one.bill(year="2030").total - runs[BASE].bill(year="2030").total
            rows.append([name, *cells, f"{added:+,.0f} bn USD"])
    return rows


def money(runs: Runs) -> Rows:
    """Return the bill of pledges, and what it buys."""
    rows = [["policy", "NATO without US, 2030", "2035", "United States, 2035", "of it interest", "front ratio 2035"]]
    groups = {"allies": [n for n in fs.load("ukraine-2026").groups["nato"] if n != "USA"], "USA": ["USA"]}
    for name in ("two-percent", BASE, "hague-in-full", "five-percent"):
        one, bills = runs[name], [runs[name].bill(year=year, payers=groups).rows for year in ("2030", "2035")]
        cells = [f"{bill['allies'][0]:,.0f} bn ({100 * bill['allies'][2]:.2f} %)" for bill in bills]
        usa, interest = bills[1]["USA"], sum(row[1] for row in bills[1].values())
        ratio = quantiles(one, "front_ratio", LAST)
        rows.append([name, *cells, f"{usa[0]:,.0f} bn ({100 * usa[2]:.2f} %)", f"{interest:,.1f} bn", ratio])
    return rows


def ground(runs: Runs) -> Rows:
    """Return what the ground yields, and to whom."""
    rows = [["policy", "Ukraine's revenue 2030, bn USD", "Russia's", "share of Ukraine held 2030"]]
    for name in (BASE, "protect-resources", "all-in"):
        one = runs[name]
        cells = [number(yearly(one, f"resource_revenue[{nation}]", "2030"), 2) for nation in ("UKR", "RUS")]
        rows.append([name, *cells, quantiles(one, "territory", BY)])
    return rows


MADE = (gap, filling, contingents, chain, generation, security, turning, production, money, ground)
TABLES = {one.__name__: one for one in MADE}


def markdown(rows: Rows) -> str:
    """Return rows as a table of a page."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def pictures(runs: Runs) -> None:
    """Draw the two pictures of the page."""
    order = [
        BASE,
        *sorted(
            (n for n in runs if n != BASE), key=lambda n: -paired(runs[n], runs[BASE], "secure_months", LAST).value
        ),
    ]
    panels = {
        "secure months gained to 2035-12": [paired(runs[n], runs[BASE], "secure_months", LAST) for n in order],
        "a ceasefire holds five years": [runs[n].survival(PEACE, begun_by=BY).chance(60) for n in order],
    }
    figure = measures(labels=order, panels=panels, units=["months", "chance"], title="How long is Ukraine secure?",
                      source=runs[BASE].source_line)  # fmt: skip
    figure.savefig(PICTURES / "secure.png", dpi=110)
    runs["all-in"].waterfall(at=BY, given=PEACE).figure().savefig(PICTURES / "filling.png", dpi=110)


def main() -> None:
    """Run every policy, then write tables and pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--paths", type=int, default=4_000)
    options = parser.parse_args()
    scenario = fs.load("ukraine-2026")
    kept = [name for name in KEPT if name in fs.make_plan(scenario).vocabulary]
    runs = {
        name: fs.simulate(scenario, name, paths=options.paths, seed=2025, keep=kept, outcomes=kept, progress=False)
        for name in scenario.policies
    }
    page = PAGE.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        pattern = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not pattern.search(page):
            raise SystemExit(f"{PAGE}: has no place for the table {name}")
        table = markdown(make(runs))
        page = pattern.sub(lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}", page)
    PAGE.write_text(page, encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    pictures(runs)
    print(f"{len(runs)} policies x {options.paths:,} paths: {PAGE.name}, secure.png, filling.png")


if __name__ == "__main__":
    main()
