"""Small things that must be right: days from a demand's beginning, names in quotes, all faults at once, late windows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import forcesim as fs
from forcesim import rotation
from tests.rotation.strategies import study


def test_days_until_it_is_full_count_from_the_demands_beginning() -> None:
    data = study(policy={"preparation": 30, "cycle": None}, unit={"start": "rested"}, demand={"start": 200}, days=400)
    result = rotation.simulate(data, replications=1)
    assert result.mean("full_after[mission]").value == 30
    assert result.time_to("mission").median == result.time_to("mission", 1).median == 30
    assert str(result.time_to("mission")) == "mission in full: after 30 days in the median (30 to 30)"
    assert result.mean("full_for[mission]").value == 400 - 230


@pytest.mark.parametrize("name", ["class", "large mission", "1st", "A-B"])
def test_a_name_that_needs_quotes_is_shown_in_quotes(name: str) -> None:
    result = rotation.simulate(study(demand={"name": name}), replications=1)
    with pytest.raises(fs.ExpressionError) as caught:
        result.mean(f"unmet[{name}]")
    assert f"(write the name in quotes: ['{name}'])" in str(caught.value)
    assert result.mean(f"unmet['{name}']").value == 0
    with pytest.raises(fs.ExpressionError, match=r"invalid syntax"):
        result.mean("unmet[for]")


def test_a_dwell_longer_than_its_window_is_waited_out_in_the_ratio_and_in_a_run() -> None:
    """Rested on day 500 of a cycle whose window is open from day 100 to 200: sent on day 700, in the next cycle."""
    policy = {"available_from": 100, "available_until": 200, "cycle": 600, "minimum_dwell": 500, "tour": 100}
    ratio = rotation.rotation_ratio(policy)
    assert ratio.ratio == Fraction(700 + 100, 100)
    data = study(
        policy={**policy, "cycle": 600}, unit={"count": 1, "start": "rested"}, demand={"quantity": 1}, days=2_500
    )  # fmt: skip
    data["policies"]["rule"] = policy
    result = rotation.simulate(data, replications=1)
    filling = result.spells[0][result.spells[0][:, 2] == 7]
    assert filling[:, 3].tolist() == [0, 800, 1_600, 2_400]
    without = {**policy, "available_until": 200, "cycle": None}
    assert rotation.rotation_ratio({k: v for k, v in without.items() if v is not None}).ratio == Fraction(600, 100)


def test_all_faults_come_at_once_whatever_is_malformed() -> None:
    data: dict[str, Any] = {**study(), "start": "now", "unit": 5}
    data["units"][0]["polcy"] = "x"
    data["demands"].append({"name": "y", "type": "x", "quantity": 1})
    data["phases"] = {"dated": "never"}
    data["policies"]["rule"]["overlap"] = 180
    with pytest.raises(fs.ScenarioError) as caught:
        rotation.Rotation.of(data)
    said = sorted(fault.path for fault in caught.value.faults)
    assert said == ["phases.dated", "policies.rule.overlap", "start", "unit", "units[0].polcy"]
    data = {**study(), "days": 0, "caveats": [{"nation": "own", "demand": "z", "most": 1}]}
    with pytest.raises(fs.ScenarioError) as caught:
        rotation.Rotation.of(data)
    assert [fault.path for fault in caught.value.faults] == ["days", "caveats[0].demand"]


def test_a_nation_that_is_no_code_where_others_are_is_said() -> None:
    data = study(unit={"nation": "GBR"})
    data["units"].append({**data["units"][0], "name": "other", "nation": "GRB"})
    with pytest.raises(fs.ScenarioError, match=r"units\[1\].nation: must be a code of ISO 3166.*did you mean GBR"):
        rotation.Rotation.of(data)
    data["units"][1]["nation"] = "XAA"
    data["units"][0]["component"] = "militia"
    rotation.Rotation.of(data)
