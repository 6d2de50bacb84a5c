"""The API as a user would type it; mypy reads this file, nothing runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import forcesim as fs
from forcesim.result import Estimate, FirstPassage, Outcome, digest

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt


def chance_that_the_gap_closes(policy: str, by: str) -> float:
    """Return the chance, from 1,000 paths."""
    scenario: fs.Scenario = fs.load("ukraine-2025").with_values({"nations.UKR.army.strength": 1_000_000})
    result: fs.Result = fs.simulate(scenario, policy, paths=1_000, seed=1, keep=["gap"], progress=False)
    estimate: fs.Estimate = result.chance("gap <= 0", by=by)
    return estimate.value + 0.0 * estimate.error


def better(one: str, other: str) -> bool:
    """Return whether the difference is real."""
    found: fs.Comparison = fs.compare(fs.load("ukraine-2025"), [one, other], "gap", at="2030-12", paths=1_000)
    return found.differences[other].high < 0


def again(result: fs.Result) -> bool:
    """Return whether a manifest makes the same bits."""
    return fs.replay(result.manifest).same_bits(result)


def asked(scenario: fs.Scenario, path: str) -> float:
    """Return numbers of every kind that a result gives."""
    result = fs.simulate(scenario, ["status-quo"], paths=256, events=["gap <= 0"])
    result.to_netcdf(path)
    again: fs.Result = fs.Result.open(path)
    passage: FirstPassage = again.first_passage("gap <= 0")
    first: npt.NDArray[np.int64] = passage.first
    median: str | None = passage.median
    never: Estimate = passage.never
    outcome: Outcome = again.outcomes["gap"]
    sample: npt.NDArray[np.float64] = again.sample("gap", at="2030-12")
    counted = Estimate.of_count(int(first.sum()), again.paths)
    low, high = (again.quantiles("gap", [share]) for share in (0.1, 0.9))
    return never.low + counted.high + float(sample.mean()) + float((high - low).max()) + len(median or outcome.unit)


def paths_needed(found: fs.Comparison, half_width: float) -> int:
    """Return how many paths the widest difference needs."""
    gains: dict[str, float] = found.pairing_gain
    needed: dict[str, int] = found.paths_for(half_width)
    return max(needed[policy] for policy in gains)


def kept_for_later(result: fs.Result, folder: Path) -> str:
    """Write all that can be written, and return the hash over the numbers."""
    result.manifest.write(folder / "manifest.json")
    fs.save(fs.load("ukraine-2025"), folder / "scenario.yaml")
    return digest(result)


def rotated(study: fs.rotation.Rotation) -> float:
    """Return numbers of every kind that a rotation study gives."""
    result: fs.rotation.RotationResult = fs.rotation.simulate(study, replications=2, workers=1)
    share: Estimate = result.mean("unmet_share[mission]")
    middle: float | None = result.time_to("mission").median
    ratio: fs.rotation.RotationRatio = fs.rotation.rotation_ratio(study.policies["rule"])
    least: int | None = fs.rotation.smallest_force(study, "unmet[mission] <= 0", 0.9).units
    return share.value + (middle or 0.0) + float(ratio.ratio) + (least or 0)


def chosen(scenario: fs.Scenario) -> float:
    """Return what is enough, what nothing beats, and which is best."""
    enough: fs.Solution = fs.solve(scenario, "contingent.requested", reach="gap <= 0", by="2030-12", high=3e5)
    front: fs.Frontier = fs.frontier(
        scenario, {"contingent.requested": (0, 3e5)}, cost="cost", against="gap", at="2030-12"
    )
    best: fs.Selection = fs.select(scenario, ["a", "b"], "gap", at="2030-12", indifference=1_000, better="less")
    told: fs.Comparisons = fs.compare(scenario, ["a", "b"], ["gap", "cost"], at="2030-12", given="phase == 'war'")
    one: fs.Comparison = fs.compare([scenario, scenario], None, "gap", at="2030-12")
    rule = fs.Rule(when="gap > 0", months=3, settings=[fs.Setting(lever="contingent.requested", add=1e4)])
    watchful = fs.Policy(title="watchful", rules=[rule])
    cheapest = front.cheapest(0.0)
    needed: int | None = told["gap"].details["b"].paths_needed
    values = [
        enough.setting.value,
        enough.limits["money"].value,
        one.best["a"].high,
        float(best.paths),
        float(needed or 0),
    ]
    return sum(values) + (cheapest.cost.value if cheapest else 0.0) + len(watchful.rules)


def decided(scenario: fs.Scenario) -> float:
    """Return what matters, whence it comes, what it is worth and where it fails."""
    found: fs.Sensitivity = fs.sensitivity(scenario, "status-quo", "gap", at="2030-12", fixed={"a.b": (0.0, 1.0)})
    parts: fs.Decomposition = fs.decompose(scenario, None, "gap", at="2030-12", by="nation")
    knowing: fs.ValueOfInformation = fs.value_of_information(scenario, ["a", "b"], "gap", at="2030-12", lowest=True)
    held: fs.Robustness = fs.robustness(scenario, ["a", ["b", "c"]], "gap <= 0", by="2030-12")
    boxes: fs.Discovery = fs.discover(scenario, "a", "gap > 0", at="2030-12", method="cart")
    signs: fs.Signposts = fs.signposts(scenario, "a", "gap > 0", at="2030-12", watch="2028-01", observables="gap")
    best: fs.Signpost = signs.best
    ways: fs.Pathways = fs.pathways(scenario, ["a", "b"], "gap <= 0", chance=0.5, by="2030-12")
    first: fs.Stretch = ways.policies["a"]
    watchful = fs.Rule(when=signs.rule(), after=best.after, settings=[fs.Setting(lever="a.b", set=1.0)])
    experiments, outcomes = fs.to_ema(scenario, ["a", "b"], ["gap"])
    function: fs.ScenarioFunction = fs.as_function(scenario, None, "gap", ["conflict.*"])
    total: dict[str, Estimate] = found.measures["total"]
    values = [total["chance"].value, parts.alone["interaction"].value, knowing.plain["all numbers"], boxes.base]
    values += [best.area.value, float(watchful.months), first.chances[0]]
    return sum(values) + held.values["a"].high + function()["gap"] + float(outcomes["gap"].sum()) + len(experiments)
