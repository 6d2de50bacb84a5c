"""Forecast, then outcome: what ``ukraine-2025`` said in February 2025 of the months to October 2026, and what came.

``python tools/score_2025.py`` runs the scenario under *status-quo*, keeps the paths that are still at war (as the world
was), and scores each published figure by its CRPS on the logarithmic scale. Persistence is the last figure known at the
end of January 2025, as a normal forecast whose spread is that of past changes. ``--save FILE`` writes the scores as
CSV, ``--before FILE`` puts earlier scores into a column beside them, ``--page FILE`` writes the tables into a page.
"""

from __future__ import annotations

import argparse
import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scoringrules import crps_ensemble, crps_normal

import forcesim as fs
from forcesim import tables
from forcesim.evidence.measured import measured

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = npt.NDArray[np.float64]

KNOWN, FIRST, LAST = "2025-01", "2025-03", "2026-10"
PATHS, SEED = 8_000, 2025
GUIDE = {"EUR": 1.13}
"""US dollars for a unit of other money, as in the scenario."""

ERROR = {"month": 0.10, "figure": 0.15, "share": 0.02, "money": 0.10, "output": 0.20}
"""How far a published figure may be off, as an sd of its logarithm: a month's claim, a statement, NATO's estimate, a
sum of allocations, a capacity. Errors of publication are part of the forecast of a figure."""


@dataclass(frozen=True)
class Target:
    """A published figure, the forecast of it on each path, and persistence as mean and sd of a logarithm."""

    group: str
    label: str
    published: float
    draws: Floats
    persistence: tuple[float, float]

    @property
    def scores(self) -> tuple[float, float, bool]:
        """Return CRPS, that of persistence, and whether the figure lies in the interval of 80 %."""
        y, logs = math.log(self.published), np.log(np.maximum(self.draws, 1e-9))
        low, high = np.quantile(logs, (0.1, 0.9))
        ours = float(crps_ensemble(y, logs, backend="numpy"))
        return ours, float(crps_normal(y, *self.persistence, backend="numpy")), bool(low <= y <= high)


class Forecast:
    """The forecast on the paths that are at war until a month."""

    def __init__(self, scenario: fs.Scenario, wanted: list[str]) -> None:
        """Run the scenario."""
        self.result = fs.simulate(scenario, "status-quo", paths=PATHS, seed=SEED, keep=wanted, outcomes=wanted)
        self.labels = list(self.result.timeline.labels)
        peace = self.result.history("phase == 'war'") < 1.0
        self.war = np.logical_and.accumulate(~peace, axis=0)
        self.rng = np.random.default_rng(SEED)

    def mean(self, expression: str, first: str, last: str, error: float) -> Floats:
        """Return the mean of an expression over months on paths at war to the last, with an error of publication."""
        begin, end = self.labels.index(first), self.labels.index(last)
        values = self.result.history(expression)[begin : end + 1].mean(axis=0)[self.war[end]]
        return np.asarray(values * np.exp(self.rng.normal(0.0, error, len(values))))


COUNTS = {
    "general_staff": "Russia: losses a month, claimed",
    "economist": "Russia: losses a month, The Economist",
}


def losses(forecast: Forecast) -> Iterator[Target]:
    """Yield Russian losses by month, as two count them; persistence is a random walk from the last three months."""
    for series, group in COUNTS.items():
        rows = {str(r["month"]): float(r["losses"] or 0) for r in tables.table("war_losses") if r["series"] == series}
        past = [math.log(value) for month, value in sorted(rows.items()) if "2023-01" <= month <= KNOWN]
        last, step = float(np.mean(past[-3:])), float(np.std(np.diff(past)))
        for ahead, month in enumerate(sorted(m for m in rows if FIRST <= m <= LAST), 2):
            draws = forecast.mean("losses[RUS]", month, month, ERROR["month"])
            yield Target(group, month, rows[month], draws, (last, math.hypot(step * math.sqrt(ahead), ERROR["month"])))


TOPICS = {
    "UKR strength": "Ukraine: strength", "RUS strength": "Russia: strength", "UKR intake": "Ukraine: intake",
    "RUS intake": "Russia: intake", "UKR awol": "Ukraine: absences a month", "UKR absent": "Ukraine: absent",
    "UKR awol returns": "Ukraine: returns of absent",
}  # fmt: skip
OTHER = [
    ("Ukraine: strength", "strength[UKR]", "2025-11", "FG310"),
    ("Russia: in the theatre", "theatre[RUS]", "2025-12", "FG018"),
    ("Russia: in the theatre", "theatre[RUS]", "2026-06", "FG302"),
]
LAST_KNOWN = {"UKR absent": 95_000.0, "UKR awol": 15_511.0, "UKR awol returns": 2_333.0, "RUS strength": 1_134_000.0}
"""What was known at the end of January 2025 of topics whose own figures are later: cases opened to 2025-01 less
returns, cases of December 2024, returns since 29 November 2024, IISS (February 2025)."""
THEATRE_KNOWN = 600_000.0


def armies(forecast: Forecast) -> Iterator[Target]:
    """Yield strengths, intake and absences of both armies."""
    known = {}
    for one in sorted(measured("2023-12", KNOWN, as_known_on=f"{KNOWN}-31"), key=lambda one: one.last):
        known[one.topic] = one.central
    known |= LAST_KNOWN
    for one in measured(FIRST[:4] + "-02", LAST, after=f"{KNOWN}-31"):
        if one.topic in TOPICS and one.topic in known and one.last >= FIRST and not one.over and len(one.terms) == 1:
            name, nation = one.terms[0]
            first = max(one.first, FIRST)
            draws = forecast.mean(f"{name}[{nation}]", first, one.last, ERROR["figure"])
            last = math.log(known[one.topic]), math.sqrt(2.0) * 0.2
            yield Target(TOPICS[one.topic], f"{one.pointer} {one.last}", one.central, draws, last)
    for group, what, month, pointer in OTHER:
        if what.partition("[")[0] in forecast.result.outcomes:
            draws = forecast.mean(what, month, month, ERROR["figure"])
            last_known = THEATRE_KNOWN if "theatre" in what else known["UKR strength"]
            last = math.log(last_known), math.sqrt(2.0) * 0.2
            yield Target(group, f"{pointer} {month}", tables.lookup(pointer).value, draws, last)


def shares(forecast: Forecast) -> Iterator[Target]:
    """Yield defence shares of allies; persistence is the last year of the edition of June 2024."""
    panel: dict[str, dict[int, float]] = {}
    for row in tables.table("nato_defence_share_vintages"):
        if row["edition"] == "2024-06":
            panel.setdefault(str(row["iso3"]), {})[int(row["year"] or 0)] = math.log(float(row["share"] or 0))
    steps = [s[year] - s[year - 1] for s in panel.values() for year in s if year - 1 in s]
    spread = float(np.sqrt(np.mean(np.square(steps))))
    for year, first, last in ((2025, FIRST, "2025-12"), (2026, "2026-01", LAST)):
        for nation, series in panel.items():
            if nation in forecast.result.outcomes["defence_share"].nations:
                came = tables.lookup(f"nato_2026 {nation} {year}").value
                draws = forecast.mean(f"defence_share[{nation}]", first, last, ERROR["share"])
                naive = series[2024], math.hypot(spread * math.sqrt(year - 2024), ERROR["share"])
                yield Target(f"allies: defence shares of {year}", nation, came, draws, naive)
    for nation, before in (("UKR", tables.lookup("defence_share UKR 2024").value),):
        draws = forecast.mean(f"defence_share[{nation}]", FIRST, "2025-12", 0.05)
        came = tables.lookup(f"defence_share {nation} 2025").value
        yield Target("Ukraine: defence share of 2025", nation, came, draws, (math.log(before), 0.2))


def money_and_shells(forecast: Forecast) -> Iterator[Target]:
    """Yield military aid of all donors in bn USD a year, and European shells a year."""
    mean = tables.lookup("SP055").value * GUIDE["EUR"]
    naive = math.log(mean), 0.3
    if "aid_total" in forecast.result.outcomes:
        to_october = tables.lookup("SP056").value * GUIDE["EUR"] * 1.2
        draws = 12.0 * forecast.mean("aid_total", FIRST, "2025-10", ERROR["money"])
        yield Target("military aid a year", "2025 to October", to_october, draws, naive)
        donors = sum(tables.lookup(f"SP{number}").value for number in range(311, 326))
        later = (donors - 3.0 * tables.lookup("SP055").value) / 1.5 * GUIDE["EUR"]
        draws = 12.0 * forecast.mean("aid_total", FIRST, "2026-06", ERROR["money"])
        yield Target("military aid a year", "2025-01 to 2026-06", later, draws, naive)
    if "production_shells" in forecast.result.outcomes:
        draws = 12.0 * forecast.mean(
            "sum(production_shells[@nato]) - production_shells[USA]", "2025-12", "2025-12", ERROR["output"]
        )
        yield Target("European shells a year", "2025-12", tables.lookup("PR005").value, draws, (math.log(1.7e6), 0.25))


def summary(targets: list[Target]) -> list[dict[str, str]]:
    """Return a row for each group, and one for all groups alike."""
    rows, means = [], []
    for group in dict.fromkeys(target.group for target in targets):
        of = [target for target in targets if target.group == group]
        scores = np.array([target.scores for target in of], dtype=np.float64)
        last, draws = of[-1], of[-1].draws
        low, middle, high = np.quantile(draws, (0.1, 0.5, 0.9))
        means.append(scores.mean(axis=0))
        rows.append(
            {
                "group": group, "n": str(len(of)), "last": last.label, "came": f"{last.published:.4g}",
                "median": f"{middle:.4g}", "low": f"{low:.4g}", "high": f"{high:.4g}",
                "inside": f"{scores[:, 2].mean():.2f}", "crps": f"{scores[:, 0].mean():.3f}",
                "persistence": f"{scores[:, 1].mean():.3f}",
            }
        )  # fmt: skip
    inside, ours, naive = (float(np.mean([mean[place] for mean in means])) for place in (2, 0, 1))
    empty = dict.fromkeys(("last", "came", "median", "low", "high"), "")
    rows.append({"group": "all groups alike", "n": str(len(targets)), **empty, "inside": f"{inside:.2f}",
                 "crps": f"{ours:.3f}", "persistence": f"{naive:.3f}"})  # fmt: skip
    return rows


HEAD = ("group", "n", "last figure", "came", "forecast, median (80 %)", "in 80 %", "CRPS", "persistence", "skill")
WANTED = ("losses", "accessions", "awol", "absent", "awol_returns", "strength", "theatre", "defence_share", "aid_total",
          "production_shells")  # fmt: skip
BEGIN, END = "<!-- scores: made by tools/score_2025.py -->", "<!-- end of scores -->"


def table(rows: list[dict[str, str]], before: dict[str, dict[str, str]]) -> str:
    """Return the scores as a table of a page; with earlier scores a column more for their CRPS and cover."""
    head = [*HEAD, *(("CRPS before", "in 80 % before") if before else ())]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        skill = 1.0 - float(row["crps"]) / float(row["persistence"])
        spread = f"{number(row['median'])} ({number(row['low'])} to {number(row['high'])})" if row["median"] else ""
        old = before.get(row["group"], {})
        line = [row["group"], row["n"], row["last"], number(row["came"]), spread, row["inside"], row["crps"],
                row["persistence"], f"{skill:+.2f}"]  # fmt: skip
        lines.append(line + ([old.get("crps", "none"), old.get("inside", "none")] if before else []))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(text: str) -> str:
    """Return a figure as one reads it."""
    if not text:
        return ""
    value = float(text)
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def main() -> None:
    """Run, score, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--save", type=Path, help="write the scores as CSV")
    parser.add_argument("--before", type=Path, help="earlier scores, to stand beside these")
    parser.add_argument("--page", type=Path, help="page whose tables are written anew")
    options = parser.parse_args()
    scenario = fs.load("ukraine-2025").with_values({"horizon": "2026-12"})
    there = fs.make_plan(scenario).vocabulary
    forecast = Forecast(scenario, ["phase", *(name for name in WANTED if name in there)])
    rows = summary([*losses(forecast), *armies(forecast), *shares(forecast), *money_and_shells(forecast)])
    before: dict[str, dict[str, str]] = {}
    if options.before:
        with options.before.open(encoding="utf-8", newline="") as file:
            before = {row["group"]: row for row in csv.DictReader(file)}
    at_war = forecast.war[forecast.labels.index(LAST)].mean()
    text = f"Still at war in {LAST}, without a break: {100 * at_war:.0f} % of {PATHS:,} paths.\n\n{table(rows, before)}"
    print(text)
    if options.save:
        with options.save.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    if options.page:
        page = options.page.read_text(encoding="utf-8")
        begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
        options.page.write_text(f"{page[:begin]}\n\n{text}\n\n{page[end:]}", encoding="utf-8")


if __name__ == "__main__":
    main()
