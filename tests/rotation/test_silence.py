"""Nothing is passed over in silence: names that nothing has, settings that can never act, dates in any order."""

# ruff: noqa: ISC004 - a message stands as it is read

from __future__ import annotations

import copy
import datetime as dt
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

import forcesim as fs
from forcesim import rotation
from tests.rotation.strategies import study
from tests.rotation.test_bits import RANDOM
from tests.rotation.test_messages import CRISIS, SCHOOL, changed

CRISES = {"nation": "own", "demand": "mission"}
LOOSE = {"peace": {"days": 30, "then": {"war": 1}}, "war": {"days": 9, "then": {"peace": 1}}}

SILENT: list[tuple[str, Any, str]] = [
    ("sourcing", {"components": ["activ"]},
     "sourcing.components[0]: must name a component that some unit has, got 'activ' (did you mean active?)"),
    ("sourcing", {"nations": ["GBR"]}, "sourcing.nations[0]: must name a nation that some unit has, got 'GBR' (known are own)"),
    ("sourcing", {"order": ["rested", "soonest", "rested"]}, "sourcing.order[2]: must be given once, got 'rested'"),
    ("sourcing", {"components": ["active", "active"]}, "sourcing.components[1]: must be given once, got 'active'"),
    ("costs", {"brigad": {"home": 1.0}},
     "costs.brigad: must name a type that some unit has, or * for all others, got 'brigad' (did you mean brigade?)"),
    ("substitutes", [{"demanded": "brigades", "by": "brigade", "effectiveness": 1}],
     "substitutes[0].demanded: must name a type that some demand or unit has, got 'brigades' (did you mean brigade?)"),
    ("substitutes", [{"demanded": "brigade", "by": "batalion", "effectiveness": 1}],
     "substitutes[0].by: must name a type that some unit has, got 'batalion' (known are brigade)"),
    ("demands[0].nations", ["own", "own"], "demands[0].nations[1]: must be given once, got 'own'"),
    ("demands[0]", {**CRISIS, "start": 30}, "demands[0].start: can never act beside rate_per_year, got 30"),
    ("demands[0].start", "2035-11-10", "demands[0].start: must lie within the 3,600 days, got 2035-11-10"),
    ("caveats", [CRISES], "caveats[0]: can never act (give chance, most, not_in, withdraws_on or withdraws_per_year)"),
    ("caveats", [{**CRISES, "most": 1, "returns_after": 9}],
     "caveats[0].returns_after: can never act where nobody withdraws (give withdraws_on or withdraws_per_year)"),
    ("caveats", [{**CRISES, "withdraws_on": 3_600}], "caveats[0].withdraws_on: must lie within the 3,600 days, got 3600"),
    ("phases", {"dated": {"0": "peace", "3600": "war"}}, "phases.dated.3600: must lie within the 3,600 days, got 3600"),
    ("phases", {"dated": {"0": "peace", "2030-13": "war"}},
     "phases.dated.2030-13: must be a day or a date such as 2030-12-01, got '2030-13'"),
    ("phases", {"chain": {"start": "peace", "states": {**LOOSE, "truce": {"days": 9, "then": {"peace": 1}}}}},
     "phases.chain.states.truce: can never be entered (no state leads to it from peace)"),
    ("policies.rule.overlap", {"guidance": 10, "tolerance": 5}, "policies.rule.overlap.tolerance: can never act, got 5"),
    ("schools", [{**SCHOOL, "students_per_instructor": 5}],
     "schools[0].students_per_instructor: can never act without instructors, got 5"),
    ("units[0].name", "1st [UK]", "units[0].name: must be printable text without brackets, quotes or blanks at its ends, "
     "since expressions write it as unmet[NAME], got '1st [UK]'"),
    ("units[0].name", " ", "units[0].name: must not be empty, got ' '"),
    ("units[0].name", "a\x85b", "units[0].name: must be printable text"),
    ("units[0].count", True, "units[0].count: must not be true or false, got True"),
    ("units[0].count", "5", "units[0].count: must be a number, got '5'"),
    ("policies.rule.tour", {"guidance": 180, "penalty": True}, "policies.rule.tour.penalty: must be a number, got True"),
    ("days", float("nan"), "days: must be a finite number, got nan"),
    ("start", "9999-12-01", "days: must end before the year 10000, got 3,600 from 9999-12-01"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "message"), SILENT, ids=[f"{path} {value}"[:60] for path, value, _ in SILENT]
)
def test_what_would_not_be_heard_is_said(path: str, value: Any, message: str) -> None:
    with pytest.raises(fs.ScenarioError) as caught:
        rotation.Rotation.of(changed(path, value))
    assert str(caught.value).startswith(message)


def test_a_nation_and_a_component_that_no_unit_has_together_are_said() -> None:
    data = study(unit={"nation": "GBR"}, demand={"nations": ["GBR"], "components": ["reserve"]})
    data["units"].append({**data["units"][0], "name": "other", "nation": "FRA", "component": "reserve"})
    with pytest.raises(
        fs.ScenarioError, match=r"demands\[0\]: must be one that some unit may fill.*FRA reserve, GBR act"
    ):
        rotation.Rotation.of(data)
    data["caveats"] = [{"nation": "GBR", "demand": "mission", "most": 1}]
    data["demands"][0] = {**data["demands"][0], "nations": ["FRA"]}
    with pytest.raises(
        fs.ScenarioError, match=r"caveats\[0\]: can never act, got no unit of GBR may be sent to mission"
    ):
        rotation.Rotation.of(data)


def test_groups_that_there_are_not_are_refused_by_with_units() -> None:
    made = rotation.Rotation.of(study())
    with pytest.raises(fs.ScenarioError) as caught:
        made.with_units(brigades=9, tank=1)
    assert str(caught.value) == (
        "2 faults:\n  with_units: brigades: must name a group of units (did you mean brigade?)\n"
        "  with_units: tank: must name a group of units (known are brigade)"
    )
    assert made.with_units(brigade=np.int64(9)).units[0].count == 9
    for wrong in (True, float("nan"), "9", 2.5):
        with pytest.raises(fs.ScenarioError, match=r"units\[0\]\.count: must"):
            made.with_units(brigade=wrong)


def test_names_in_questions_are_checked() -> None:
    result = rotation.simulate(study(), replications=1)
    for call, message in (
        (lambda: result.mean("asked[misson]"), "got .misson. .there are mission"),
        (lambda: result.time_to("misson"), "did you mean mission"),
        (lambda: result.sand(kind="brigad"), "did you mean brigade"),
        (lambda: result.unmet_by("phases"), "did you mean phase"),
        (lambda: result.account("nations"), "did you mean nation"),
        (lambda: result.first_to_break("nation", ["dwel"]), "did you mean dwell"),
        (lambda: rotation.smallest_force(study(), "unmet[mission] <= 0", group="brigad"), "did you mean brigade"),
    ):
        with pytest.raises(fs.ForcesimError, match=message):
            call()
    assert result.first_to_break("nation", "dwell") == {}


def test_what_can_be_asked_is_known_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    result = rotation.simulate(RANDOM, replications=1)
    told = rotation.outcomes.vocabulary(result.layout)
    assert {name: term.nations for name, term in told.items()} == {
        name: outcome.labels for name, outcome in result.outcomes.items()
    }
    bare = rotation.simulate(study(), replications=1)
    told = rotation.outcomes.vocabulary(bare.layout)
    assert {name: term.nations for name, term in told.items()} == {
        name: outcome.labels for name, outcome in bare.outcomes.items()
    }
    monkeypatch.setattr(rotation.replicate, "run_once", lambda *_: pytest.fail("something ran"))
    with pytest.raises(fs.ExpressionError, match="there are mission"):
        rotation.smallest_force(study(), "unmet[misson] <= 0")
    with pytest.raises(fs.ResultError, match="must be true or false"):
        rotation.smallest_force(study(), "unmet[mission]")
    with pytest.raises(fs.ExpressionError, match="did you mean unmet"):
        rotation.simulate(study(), until=fs.Precision(mean="unmett[mission]", half_width=1))
    with pytest.raises(fs.ResultError, match=r"until: unmet.*must be true or false"):
        rotation.simulate(study(), until=fs.Precision(chance="unmet[mission]", half_width=1))


DATED = {
    "days": 900,
    "policies": {
        "calm": {"tour": 90, "available_from": {"uniform": [60, 120]}},
        "hard": {"tour": 150, "available_from": {"uniform": [20, 60]}},
    },
    "units": [{"name": "a", "type": "t", "count": 4, "policy": {"war": "hard", "other": "calm"}, "start": "uniform"}],
    "demands": [{"name": "m", "type": "t", "quantity": 2}],
}


def test_dates_decide_and_their_order_in_the_list_does_not() -> None:
    """The phases' order gives the draws of each policy: by mention, a later date listed first moved them."""
    dates = [("0", "peace"), ("2026-07-01", "war"), ("500", "after")]
    results = [
        rotation.simulate({**DATED, "phases": {"dated": dict(order)}}, replications=3)
        for order in itertools.permutations(dates)
    ]
    assert results[0].layout.phases == ("peace", "war", "after")
    for other in results[1:]:
        assert {name: a.tobytes() for name, a in results[0].arrays.items()} == {
            name: a.tobytes() for name, a in other.arrays.items()
        }
    moved = rotation.simulate(
        {**DATED, "phases": {"dated": {"0": "peace", "300": "war", "500": "after"}}}, replications=3
    )
    assert moved.arrays["phase_days"].tolist() != results[0].arrays["phase_days"].tolist()


@pytest.mark.parametrize(
    "when", [dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC), np.datetime64("2026-03-01"), np.datetime64("2026-03"),
             pd.Timestamp("2026-03-01"), "2026-03", "59", np.int64(59)],
)  # fmt: skip
def test_a_day_may_be_any_kind_of_date(when: Any) -> None:
    data = study(unit={"joins": when}, phases={"dated": {0: "peace", when: "war"}})
    made = rotation.Rotation.of(data)
    assert made.day(made.units[0].joins) == made.day(when) == 59
    assert [made.day(day) for day in made.phases.dated] == [0, 59]
    assert rotation.Rotation.of(made.to_dict()) == made


def test_what_is_no_date_is_refused_wherever_a_date_may_stand() -> None:
    made = rotation.Rotation.of(study())
    for wrong in ("soon", True, 1.5, None, np.datetime64("NaT"), pd.NaT):
        with pytest.raises(fs.ScenarioError, match="must be a day or a date"):
            made.day(wrong)
        with pytest.raises(fs.ScenarioError, match=r"caveats\[0\]|units\[0\]"):
            rotation.Rotation.of(study(unit={"joins": wrong}))
    assert rotation.Rotation.of({**study(), "start": dt.date(2027, 5, 3)}).start == "2027-05-03"


def test_numpy_numbers_and_views_are_taken_as_plain_ones() -> None:
    data = copy.deepcopy(study())
    data["policies"]["rule"]["tour"] = np.int64(180)
    data["units"][0] |= {"count": np.int32(5), "size": np.float64(4_000.0), "start": np.arange(5)}
    made = rotation.Rotation.of(data)
    assert made.units[0].start == (0, 1, 2, 3, 4)
    assert type(made.policies["rule"].tour.guidance) is int
    for wrong in ("study.yaml", 5, None, [study()]):
        with pytest.raises(fs.ScenarioError, match=r"must be a mapping.*rotation.load"):
            rotation.simulate(wrong, replications=1)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"tor": 5}, "policy.tor: is not a known key"),
        ({"tour": "long"}, "policy.tour: must be a number of days"),
        ({"tour": 50, "cycle": 40}, "policy.tour: must not be longer than the cycle"),
        ("rule", "policy: must be a mapping or a RotationPolicy, got 'rule'"),
    ],
)
def test_a_ratio_of_what_is_no_policy_says_why(policy: Any, message: str) -> None:
    with pytest.raises(fs.ScenarioError) as caught:
        rotation.rotation_ratio(policy)
    assert message in str(caught.value)
