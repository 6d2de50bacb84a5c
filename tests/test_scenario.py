"""Scenarios: files, policies, values, and what is asked of them."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from hypothesis import given

import forcesim as fs
from forcesim.plan import make_plan
from forcesim.policy import Policy, Setting
from forcesim.scenario import numbers
from tests.support.garrison import Garrison, garrison_data, garrisons
from tests.support.strategies import scenarios

if TYPE_CHECKING:
    from forcesim.scenario.numbers import Number

DOUBLE = "nations.*.garrison.strength"


def number(scenario: fs.Scenario, path: str) -> Number:
    return next(found for found in scenario.numbers() if found.path == path)


def course(scenario: fs.Scenario, path: str) -> list[float]:
    """Return a certain number month by month."""
    found = number(scenario, path).course
    assert found.certain
    return found.lines[0].constant.tolist()


def through_yaml(data: Any) -> Any:
    """Return data as a YAML file gives it back."""
    text = yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@given(scenarios())
def test_scenarios_survive_python_json_and_yaml(data: dict[str, Any]) -> None:
    scenario = fs.Scenario.of(data, [Garrison])
    plain = scenario.to_dict()
    for again in (plain, json.loads(json.dumps(plain)), through_yaml(plain), scenario.in_full()):
        assert fs.Scenario.of(again, [Garrison]) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert copy.deepcopy(scenario) == scenario


@pytest.mark.parametrize("name", ["s.yaml", "s.yml", "s.json"])
@pytest.mark.parametrize("stack", [(), ("double", "pledge")])
def test_files_survive_a_round_trip(tmp_path: Path, name: str, stack: tuple[str, ...]) -> None:
    scenario = garrisons().with_policy(*stack)
    scenario.save(tmp_path / name)
    assert fs.load(tmp_path / name, [Garrison]) == scenario
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "s.yaml"
    garrisons().save(target)
    before = target.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        garrisons(title="other").save(target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


def test_policies_stack_in_order() -> None:
    scenario = garrisons()
    one, other = scenario.with_policy("double", "pledge"), scenario.with_policy("pledge", "double")
    assert one.applied == ("double", "pledge")
    assert course(one, "nations.DEU.garrison.strength") == [2000.0] * 13
    assert course(one, "nations.POL.garrison.strength") == [200.0] * 6 + [400.0] * 7
    share = course(one, "nations.DEU.garrison.share")
    np.testing.assert_allclose(share, np.interp(np.arange(13), [3, 9], [0.02, 0.05]))
    assert course(one, "nations.DEU.garrison.stance") == [0] * 5 + [1] * 4 + [0] * 4
    assert one.same_numbers(other)
    thrice = scenario.with_policy("double").with_policy("double")
    assert course(thrice, "nations.DEU.garrison.strength") == [4000.0] * 13
    assert not thrice.same_numbers(one)
    own = Policy(title="own", settings=(Setting(lever=DOUBLE, add=1.0),))
    assert course(scenario.with_policy("double", own), "nations.DEU.garrison.strength") == [2001.0] * 13
    assert course(scenario.with_policy(own, "double"), "nations.DEU.garrison.strength") == [2002.0] * 13


def test_a_policy_may_set_something_uncertain() -> None:
    policy = Policy(
        title="own",
        settings=(Setting.model_validate({"lever": DOUBLE, "set": {"uniform": [1, 2]}, "from": "2025-06"}),),
    )
    scenario = garrisons().with_policy(policy)
    added = [name for name in scenario.uncertain() if name not in garrisons().uncertain()]
    assert added == [f"nations.{nation}.garrison.strength from 2025-06" for nation in ("DEU", "FRA", "POL")]
    sample = scenario.sampler(seed=1, paths=10)(0, 10)
    assert not np.array_equal(sample[added[0]], sample[added[1]])
    (line,) = number(scenario, "nations.FRA.garrison.strength").course.lines
    assert {name: factor.tolist() for name, factor in line.factors.items()} == {
        "nations.FRA.garrison.strength": [1.0] * 5 + [0.0] * 8,
        added[1]: [0.0] * 5 + [1.0] * 8,
    }
    assert scenario.without_noise().uncertain() == {}


FRA = "nations.FRA.garrison.strength"
FLOOR = Policy(title="floor", settings=(Setting(lever=FRA, at_least=600.0, start="2025-06", until="2025-09"),))


def test_a_floor_holds_up_the_paths_that_lie_under_it() -> None:
    plain = fs.simulate(garrisons(), paths=512, seed=1, keep="paths").kept["garrison_strength"][:, 1]
    held = fs.simulate(garrisons(), FLOOR, paths=512, seed=1, keep="paths").kept["garrison_strength"][:, 1]
    assert 0 < (plain[0] < 600.0).sum() < 512
    inside = np.zeros((13, 1), dtype=bool)
    inside[5:9] = True
    np.testing.assert_array_equal(held, np.where(inside, np.maximum(plain, 600.0), plain))


def test_an_uncertain_floor_differs_between_paths() -> None:
    lever = {"lever": FRA, "at_least": {"uniform": [550, 650]}}
    policy = Policy(title="floor", settings=(Setting.model_validate(lever),))
    scenario = garrisons().with_policy(policy)
    drawn = scenario.sampler(seed=1, paths=512)(0, 512)
    held = fs.simulate(scenario, paths=512, seed=1, keep="paths").kept["garrison_strength"][:, 1]
    floor = drawn[f"{FRA} from 2025-01"]
    assert (held == np.maximum(drawn[FRA], floor)).all()
    assert 0 < (held[0] == floor).sum() < 512


def test_a_floor_under_every_path_changes_nothing() -> None:
    low = Policy(title="low", settings=(Setting(lever=FRA, at_least=500.0),))
    with pytest.raises(fs.PolicyError, match="must change something"):
        garrisons().with_policy(low)
    assert garrisons().with_policy(FLOOR, low.model_copy(update={"baseline": True})).applied == ("floor", "low")


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_a_floor_is_saved_and_read_back(tmp_path: Path, suffix: str) -> None:
    scenario = garrisons().with_policy(FLOOR)
    scenario.save(tmp_path / f"held{suffix}")
    again = fs.load(tmp_path / f"held{suffix}", [Garrison])
    assert again == scenario
    assert again.settings == FLOOR.settings
    assert number(again, FRA).course.same(number(scenario, FRA).course)


def test_a_course_is_computed_once_for_a_scenario_and_anew_for_a_copy() -> None:
    scenario = garrisons().with_policy("double")
    assert number(scenario, FRA) is number(scenario, FRA)
    assert number(scenario, FRA).course is number(scenario, FRA).course
    before = course(scenario, "nations.DEU.garrison.strength")
    bare = scenario.model_copy(update={"settings": ()})
    assert [2.0 * x for x in course(bare, "nations.DEU.garrison.strength")] == before
    assert bare != scenario
    assert copy.copy(scenario) == scenario


def test_the_range_is_checked_with_the_course_that_the_plan_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, int]] = []
    plain = numbers.course_of

    def counted(*given: Any, **more: Any) -> Any:
        made.append((more.get("path", ""), len(given[1])))
        return plain(*given, **more)

    scenario = garrisons()
    monkeypatch.setattr(numbers, "course_of", counted)
    make_plan(scenario.with_policy("double"))
    assert made.count((FRA, 1)) == 1


def test_with_values() -> None:
    scenario = garrisons()
    changed = scenario.with_values(
        {
            "nations.DEU.garrison.strength": {"value": 5, "source": "FG009"},
            "nations.@west.garrison.stance": "deployed",
            "nations.DEU.garrison.schools[1].seats": 7,
            "garrison.ratio": 4,
            "nations.EST": {"garrison": {"strength": 3}},
            "horizon": "2025-09",
        }
    )
    assert changed.get("nations.DEU.garrison.strength").source == "FG009"
    assert [changed.get(f"nations.{nation}.garrison.stance") for nation in ("DEU", "FRA", "POL")] == [
        "deployed",
        "deployed",
        "out",
    ]
    assert changed.get("nations.DEU.garrison.schools[1].seats").value == 7
    assert changed.get("nations.DEU.garrison.schools[1].kind") == "advanced"
    assert changed.get("garrison.ratio").value == 4
    assert changed.get("garrison.dwell") == scenario.get("garrison.dwell")
    assert changed.get("nations.EST.garrison.strength").value == 3
    assert changed.timeline.last == 8
    assert scenario == garrisons()  # the old one stays as it was


def test_without_noise_everything_stands_at_its_centre() -> None:
    still = garrisons(
        correlations=[{"between": ["garrison.dwell", "nations.FRA.garrison.strength"], "rho": 0.5}]
    ).without_noise()
    assert still.noise is False
    assert still.uncertain() == {}
    assert still.get("nations.FRA.garrison.strength").model_dump() == {"value": 600.0, "source": "FG002"}
    assert still.get("garrison.dwell").centre == pytest.approx(garrisons().get("garrison.dwell").centre)
    assert still.get("nations.POL.garrison.strength").schedule  # dates are no noise


def test_audit_knows_where_every_number_comes_from() -> None:
    found = garrisons().with_policy("double").audit().set_index("path")
    assert found.loc["nations.FRA.garrison.strength"].tolist() == [
        {"uniform": {"low": 500.0, "high": 700.0}},
        "persons",
        "FG002",
    ]
    assert found.loc["nations.DEU.garrison.share"].tolist() == [0.02, "share", "FG001"]
    assert found.loc["nations.FRA.garrison.share"].tolist() == [0.03, "share", "none given"]
    assert found.loc["garrison.ratio"].tolist() == [3.0, "ratio", "assumption: toy"]
    assert found.loc["nations.DEU.garrison.schools[0].kind"].tolist() == ["basic", "choice", "assumption: toy"]
    assert found.loc["nations.DEU.garrison.schools[1].kind"].tolist() == [
        "advanced",
        "choice",
        "chosen by the scenario",
    ]
    assert found.loc["settings[0].scale"].tolist() == [2.0, "factor", "none given"]
    assert found.loc["policies.pledge.settings[1].set"].tolist() == ["pledged", "choice", "none given"]
    assert "nations.DEU.garrison.schools[2].kind" not in found.index


def test_levers_and_uncertain_numbers() -> None:
    scenario = garrisons()
    levers = scenario.levers()
    assert "nations.DEU.garrison.schools[1].seats" in levers
    assert "nations.DEU.garrison.growth" not in levers
    assert list(scenario.uncertain()) == ["garrison.dwell", "nations.FRA.garrison.strength"]


def test_a_matrix_is_its_pairs() -> None:
    names = ["garrison.dwell", "nations.FRA.garrison.strength", "nations.POL.garrison.strength"]
    uncertain = {"POL": {"garrison": {"strength": {"uniform": [1, 2]}}}}
    nations = {**garrison_data()["nations"], **uncertain}
    matrix = [[1, 0.5, -0.2], [0.5, 1, 0.1], [-0.2, 0.1, 1]]
    pairs = [{"between": [names[i], names[j]], "rho": matrix[i][j]} for i in range(3) for j in range(i + 1, 3)]
    one = garrisons(nations=nations, correlations=[{"among": names, "matrix": matrix}])
    other = garrisons(nations=nations, correlations=pairs)
    assert one.tied() == other.tied()
    a, b = (scenario.sampler(seed=1, paths=50)(0, 50) for scenario in (one, other))
    assert all(np.array_equal(a[name], b[name]) for name in names)


def test_the_order_in_the_file_changes_no_draw() -> None:
    data = garrison_data()
    turned = {**data, "nations": dict(reversed(data["nations"].items()))}
    one, other = (fs.Scenario.of(d, [Garrison]).sampler(seed=1, paths=20)(0, 20) for d in (data, turned))
    assert list(one) == list(other)
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_scenario_is_made_with_a_catalogue_only() -> None:
    with pytest.raises(TypeError, match=r"forcesim\.load or Scenario\.of"):
        fs.Scenario.model_validate(garrison_data())


def test_the_schema_knows_sections_units_and_short_forms() -> None:
    schema = fs.scenario_schema()
    assert schema["additionalProperties"] is False
    assert "nations" in schema["required"]
    text = json.dumps(schema)
    assert schema["$defs"]["Setting"]["properties"]["at_least"]["anyOf"][0] == {"$ref": "#/$defs/Value"}
    for word in ('"unit": "persons"', '"triangular"', '"spending"', '"baseline"', '"from"', '"latin-hypercube"'):
        assert word in text


def test_importing_it_is_light() -> None:
    code = (
        "import sys, forcesim.scenario; print([m for m in ('scipy', 'numba', 'pandas', 'xarray') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


@pytest.mark.parametrize("name", ["ukraine-2025", "ukraine-2026", "seed-figures"])
def test_the_bundled_scenarios_hold_together(name: str) -> None:
    scenario = fs.load(name)
    for policy, what in scenario.policies.items():
        changed = scenario.with_policy(policy)
        assert what.baseline or not changed.same_numbers(scenario)
    assert fs.Scenario.of(json.loads(json.dumps(scenario.to_dict()))) == scenario
    assert scenario.without_noise().uncertain() == {}


def test_a_scenario_does_not_begin_after_its_starting_values() -> None:
    scenario = fs.load("ukraine-2025")
    with pytest.raises(fs.ScenarioError) as refused:
        scenario.with_values({"start": "2026-11"})
    assert str(refused.value) == (
        "start: must not lie after the month of the starting values, 2025-02, got 2026-11 "
        "(a scenario of that date, or new starting values and as_of: 2026-11)"
    )
    assert scenario.with_values({"start": "2026-11", "as_of": "2026-11"}).start == "2026-11"
    assert scenario.with_values({"start": "2025-01"}).start == "2025-01"
    assert fs.load("ukraine-2026").as_of == fs.load("ukraine-2026").start == "2026-11"
