"""Bad input and the exact message, before anything runs; and a day that does not end."""

# ruff: noqa: ISC004 - a message stands as it is read

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest

import forcesim as fs
from forcesim import paths, rotation
from tests.rotation.strategies import study

if TYPE_CHECKING:
    from pathlib import Path

RULE = "policies.rule"
CHAIN = {
    "start": "peace",
    "states": {"peace": {"days": 30, "then": {"war": 1}}, "war": {"days": 9, "then": {"peace": 1}}},
}
CRISIS = {"name": "c", "type": "brigade", "quantity": 1, "rate_per_year": 1, "duration": 30}
SCHOOL = {"name": "s", "seats": 1, "course": 10, "applicants": {"per_year": 5}}

CASES: list[tuple[str, Any, str]] = [
    (f"{RULE}.available_until", 700,
     f"{RULE}.available_until: must lie after available_from, 720, got 700 (a window must not end before it begins)"),
    (f"{RULE}.cycle", 500,
     f"{RULE}.cycle: must lie after available_from, 720, got 500 (a window must not end before it begins)"),
    (f"{RULE}.tour", 1_000,
     f"{RULE}.tour: must not be longer than the cycle, 900 days, got 1000 (it may end after its cycle, but not take longer than one)"),
    (f"{RULE}.tour", 0, f"{RULE}.tour: must be at least 7 days, got 0 (tours are in days: 6 months are 180)"),
    (f"{RULE}.tour", 6, f"{RULE}.tour: must be at least 7 days, got 6 (tours are in days: 6 months are 180)"),
    (f"{RULE}.minimum_dwell", 900, f"{RULE}.minimum_dwell: must be over within the cycle, 900 days, got 900"),
    (f"{RULE}.recovery", 1_000, f"{RULE}.recovery: must be over within the cycle, 900 days, got 1000"),
    (f"{RULE}.preparation", 950, f"{RULE}.preparation: must be over within the cycle, 900 days, got 950"),
    ("units[0].count", 0, "demands[0].type: must be a type of which there are units, got 'brigade' (raise a count)"),
    ("units[0].component", "resrve", "units[0].component: must be active, reserve or cadre, or unlike them, got 'resrve' (did you mean reserve?)"),
    (f"{RULE}.tour", "half a year", f"{RULE}.tour: must be a number of days, or guidance with tolerance and penalty, got 'half a year'"),
    (f"{RULE}.overlap", 180, f"{RULE}.overlap: must be shorter than the tour, 180 days, got 180"),
    (f"{RULE}.recovery", -1, f"{RULE}.recovery: must be >= 0, got -1"),
    (f"{RULE}.recovery", 1.5, f"{RULE}.recovery: must be a whole number, got 1.5"),
    (f"{RULE}.recovery", {"normal": [10, 5]},
     f"{RULE}.recovery: must not be negative: give the law a low of 0 or more"),
    (f"{RULE}.recovery", {"cauchy": [10, 5]}, f"{RULE}.recovery.cauchy: is not a known key"),
    (f"{RULE}.recovery", {"exponential": [10], "erlang": [10, 2]},
     f"{RULE}.recovery: must be one law, not exponential and erlang"),
    (f"{RULE}.available_until", {"value": 950}, f"{RULE}.available_until: must not lie beyond the cycle, got 950 days in 900"),
    ("units[0].policy", "Rule", "units[0].policy: must name a policy, got 'Rule' (did you mean rule?)"),
    ("units[0].polcy", "rule", "units[0].polcy: is not a known key (did you mean policy?)"),
    ("units[0].count", -1, "units[0].count: must be >= 0, got -1"),
    ("units[0].start", [0, 180], "units[0].start: must have a state, or a day of the cycle, for each of 5 units, got 2"),
    ("units[0].joins", "2040-01", "units[0].joins: must lie within the 3,600 days, got 2040-01"),
    ("units[0].joins", "soon", "units[0].joins: must be a day or a date such as 2030-12-01, got 'soon'"),
    ("units[0].activation", {"ready_after": 3},
     "units[0].activation: must begin on a day, in a phase, or on need; one of them"),
    ("units[0].policy", {"peace": "rule"}, "2 faults:\n  units[0].policy.peace: must name a phase, got 'peace' (known are all, other)"),
    ("demands[0].type", "brigades",
     "demands[0].type: must be a type that some unit has, got 'brigades' (did you mean brigade?)"),
    ("demands[0].quantity", 0, "demands[0].quantity: must be >= 1, got 0"),
    ("demands[0].start", "2025-12-01", "demands[0].start: must not lie before the start, 2026-01-01, got 2025-12-01"),
    ("demands[0].nations", ["GBR"], "demands[0].nations[0]: must name nations that some unit has, got 'GBR'"),
    ("demands[0].phases", ["war"], "demands[0].phases[0]: must name a phase, got 'war'"),
    ("demands[0].rate_per_year", 2, "demands[0]: must have a duration if it comes at a rate_per_year"),
    ("demands[0].lost", True, "demands[0]: must be a package to be lost; other demands are filled in part and wait"),
    ("demands[0]", {**CRISIS, "rate_per_year": 13, "overlapping": False},
     "demands[0].rate_per_year: must leave quiet days between crises that do not overlap, got 1.07 of all days in crisis"),
    ("demands[0]", {**CRISIS, "rate_per_year": 9_000, "quantity": 5_000},
     "demands[0].rate_per_year: must bring at most 200,000 units in crises, got 443,531,828"),
    ("sourcing", {"order": ["strongest"]}, "sourcing.order[0]: must be a key or a rule, got 'strongest'"),
    ("sourcing", {"order": ["restd"]}, "sourcing.order[0]: must be a key or a rule, got 'restd' (did you mean rested?)"),
    ("caveats", [{"nation": "GBR", "demand": "misson", "most": 1}],
     "2 faults:\n  caveats[0].nation: must name a nation that has units, got 'GBR' (known are own)\n"
     "  caveats[0].demand: must name a demand, got 'misson' (did you mean mission?)"),
    ("phases", {"dated": {"100": "war"}}, "phases.dated: must begin on day 0, got 100"),
    ("phases", {"chain": {**CHAIN, "start": "piece"}},
     "phases.chain.start: must name one of its states, got 'piece' (did you mean peace?)"),
    ("phases", {}, "phases: must be one of dated, chain or following"),
    ("substitutes", [{"demanded": "a", "by": "a", "effectiveness": 1}],
     "substitutes[0].by: must be another type, got 'a'"),
    ("substitutes", [{"demanded": "a", "by": "b", "effectiveness": 0}], "substitutes[0].effectiveness: must be > 0, got 0"),
    ("schools", [SCHOOL, SCHOOL], "schools[1].name: must be given once, got 's'"),
    ("schools", [{**SCHOOL, "applicants": {}}], "schools[0].applicants: must have either per_year, or batch and every"),
    ("schools", [{**SCHOOL, "feeds": "DEU"}],
     "schools[0].feeds: must name a nation that has units, got 'DEU' (known are own)"),
    ("days", 0, "days: must be >= 1, got 0"),
    ("start", "now", "start: must be a date such as 2026-01-01, got 'now'"),
    ("unit", [], "unit: is not a known key (did you mean units?)"),
]  # fmt: skip


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a sound study with one thing changed."""
    data = copy.deepcopy(study())
    *way, last = paths.split(path)
    at: Any = data
    for part in way:
        at = at[part]
    at[last] = value
    return data


@pytest.mark.parametrize(("path", "value", "message"), CASES, ids=[f"{path} {value}"[:60] for path, value, _ in CASES])
def test_what_is_wrong_is_said_where_it_is_and_what_to_do(path: str, value: Any, message: str) -> None:
    with pytest.raises(fs.ScenarioError) as caught:
        rotation.simulate(changed(path, value), replications=1)
    assert str(caught.value).startswith(message)


def test_all_faults_come_at_once_and_none_that_only_follows_from_another() -> None:
    data = changed(f"{RULE}.available_until", 700)
    data["units"].append({"name": "x", "type": "brigade", "policy": "rule", "size": -4})
    data["demands"].append({"name": "y", "type": "x", "quantity": 1})
    data["caveats"] = [{"nation": "own", "demand": "z", "most": 1}]
    with pytest.raises(fs.ScenarioError) as caught:
        rotation.Rotation.of(data)
    said = [fault.path for fault in caught.value.faults]
    assert said == ["units[1].size", f"{RULE}.available_until", "caveats[0].demand"]


def test_calls_are_checked_before_anything_runs() -> None:
    with pytest.raises(fs.ResultError, match=re.escape("replications: must be >= 1, got 0")):
        rotation.simulate(study(), replications=0)
    with pytest.raises(fs.ResultError, match="until: must have neither by nor at"):
        rotation.simulate(study(), until=fs.Precision(mean="unmet[mission]", half_width=1, at="2030-12"))
    result = rotation.simulate(study(), replications=1)
    with pytest.raises(fs.ExpressionError, match=re.escape("did you mean unmet?")):
        result.mean("unmett[mission]")
    with pytest.raises(fs.ResultError, match="must be one of the study"):
        result.time_to("war")
    with pytest.raises(fs.ResultError, match="keep="):
        result.gantt(5)
    with pytest.raises(fs.ResultError, match="must be modelled"):
        result.dwells(persons=True)
    with pytest.raises(fs.ResultError, match="must name a group of units"):
        rotation.smallest_force(study(), "unmet[mission] <= 0", group="brigades")


def test_a_mean_of_what_is_not_always_reached_is_refused() -> None:
    short = rotation.simulate(study(unit={"count": 4, "start": "rested"}, demand={"quantity": 5}), replications=1)
    with pytest.raises(fs.ResultError, match="cannot be reached"):
        short.mean("full_after[mission]")
    assert short.chance("full_after[mission] <= 900").value == 0
    assert str(short.time_to("mission")).startswith("mission in full: cannot be reached")
    assert "never" in repr(short)


def test_a_day_that_does_not_end_is_stopped_with_the_names_of_those_who_wait() -> None:
    """Reset and window both come out at no day at all: the unit begins one cycle after the other."""
    nothing = {"uniform": [0, 0.4]}
    data = study(policy={"available_from": nothing, "window": nothing, "cycle": None}, unit={"count": 2, "joins": 3})
    said = r"units brigade-1: must let time pass, got 1000 changes on day 3 \(units that wait .*: brigade-1.*mission"
    with pytest.raises(fs.ProcessError, match=said):
        rotation.simulate(data, replications=1)


def test_files_are_data(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    made = rotation.Rotation.of(study())
    rotation.save(made, path)
    assert rotation.load(path) == made
    path.write_text("policies: !!python/object:os.system {}", encoding="utf-8")
    with pytest.raises(fs.ScenarioError, match="must be plain data"):
        rotation.load(path)
    with pytest.raises(fs.ScenarioError, match=re.escape("must end in .yaml")):
        rotation.load(tmp_path / "study.pickle")
    with pytest.raises(fs.ScenarioError, match="must be a file"):
        rotation.load(tmp_path / "none.yaml")
