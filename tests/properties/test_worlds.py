"""Laws of the whole model, on whole scenarios at random: conservation, bounds, bits, scale, permutation.

Bits are those of every outcome on every path. Each example is a scenario of its own with 256 to 512 paths.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import forcesim as fs
from forcesim.plan import make_plan
from forcesim.processes.catalogue import Catalogue
from forcesim.processes.phases import LOCAL_ATTACK, WAR
from forcesim.state import Flow, Stock
from tests.support.laws import assert_same_bits
from tests.support.whole import History, history
from tests.support.worlds import COMES_AND_GOES, comes_and_goes, dials, policy_of, scenario_of, worlds, written

PROCESSES = Catalogue().processes
SERIES = {series.name: series for process in PROCESSES for series in process.writes}
PATHS = 256
# An example is a whole scenario: to shrink one takes minutes, and the data are printed.
OPTIONS: dict[str, Any] = {
    "deadline": None,
    "phases": (Phase.generate,),
    "suppress_health_check": list(HealthCheck),
}
FEW, MORE = settings(max_examples=5, **OPTIONS), settings(max_examples=8, **OPTIONS)


def run(scenario: fs.Scenario, policy: str = "status-quo", *, paths: int = PATHS, **more: Any) -> fs.Result:
    options = {"seed": 7, "threads": 1, "keep": "paths", "progress": False, **more}
    return fs.simulate(scenario, policy, paths=paths, **options)


def outcomes_of(scenario: fs.Scenario) -> list[str]:
    """Return every series that a result can hold, also what results hold only when asked."""
    return [outcome.name for outcome in make_plan(scenario).outcomes]


def written_by(found: History) -> dict[str, np.ndarray]:
    return {series.name: found.series(series.name) for step in found.plan.steps for series in step.process.writes}


def assert_same_outcomes(one: fs.Result, other: fs.Result, nations: set[str] | None = None) -> None:
    """Check every kept path of every outcome; ``nations`` leaves out the rows of others."""
    assert one.kept.keys() == other.kept.keys()
    for name, kept in one.kept.items():
        mine, others = one.outcomes[name].nations, other.outcomes[name].nations
        if mine:
            chosen = [nation for nation in mine if nations is None or nation in nations]
            left = kept[:, [mine.index(nation) for nation in chosen]]
            right = other.kept[name][:, [others.index(nation) for nation in chosen]]
            assert_same_bits(left, right, name)
        else:
            assert_same_bits(kept, other.kept[name], name)


@MORE
@given(worlds())
def test_stocks_close_and_nothing_is_negative_or_out_of_bounds(data: dict[str, Any]) -> None:
    found = history(scenario_of(data).with_policy(policy_of(data)), paths=PATHS, seed=3)
    assert np.isfinite(found.rows).all()
    rows = written_by(found)
    for name, values in rows.items():
        series = SERIES[name]
        if isinstance(series, Stock):
            flows = sum(rows[flow] for flow in series.inflows) - sum(rows[flow] for flow in series.outflows)
            if series.unit == "persons":
                np.testing.assert_array_equal(np.diff(values, axis=0), flows[1:], err_msg=name)
            else:
                change = np.diff(values, axis=0)
                np.testing.assert_allclose(change, flows[1:], rtol=1e-9, atol=1e-9, err_msg=name)
        if isinstance(series, Stock) or (isinstance(series, Flow) and name != "resource_defence"):
            assert values.min() >= 0, name
        if series.unit == "persons":
            np.testing.assert_array_equal(values, np.floor(values), err_msg=name)
        if isinstance(series, Flow):
            assert not values[0].any(), f"{name}: month 0 is the opening balance"
        if series.labels:
            assert np.isin(values, np.arange(len(series.labels))).all(), name
        if series.unit in ("share", "share of GDP"):
            assert values.min() >= 0, name
            assert series.slots > 1 or values.max() <= 1 + 1e-12, name


@FEW
@given(worlds())
def test_without_noise_stocks_close_too(data: dict[str, Any]) -> None:
    """People are real numbers then: what parts add up to is right but for rounding, and nothing is below zero."""
    scenario = scenario_of(data).without_noise().with_policy(policy_of(data))
    rows = written_by(history(scenario, paths=1, seed=3))
    for name, values in rows.items():
        series = SERIES[name]
        assert np.isfinite(values).all()
        if isinstance(series, Stock):
            flows = sum(rows[flow] for flow in series.inflows) - sum(rows[flow] for flow in series.outflows)
            scale = np.abs(values).max() + 1.0
            np.testing.assert_allclose(np.diff(values, axis=0), flows[1:], atol=1e-12 * scale, err_msg=name)
        if isinstance(series, Stock) or (isinstance(series, Flow) and name != "resource_defence"):
            assert values.min() >= 0, name
    if "contingent" in rows:
        total = rows["contingent_by_nation"].sum(axis=1)
        np.testing.assert_allclose(rows["contingent"][:, 0], total, atol=1e-7)


@MORE
@given(worlds())
def test_people_are_conserved_over_the_whole_of_an_army(data: dict[str, Any]) -> None:
    """Who is on the books, absent or in the pool, and who has left for good, are those of the start and the born."""
    found = history(scenario_of(data).with_policy(policy_of(data)), paths=PATHS, seed=4)
    rows = written_by(found)
    if "strength" not in rows:
        return
    books = rows["trained"] + rows["trainees"] + rows["waiting"] + rows["wounded"]
    np.testing.assert_array_equal(rows["strength"], books)
    out = ("killed", "invalided", "discharges", "demobilised", "pool_exits")
    gone = sum(rows[name] for name in out) - rows["pool_entries"]
    everybody = books + rows["absent"] + rows["pool"] + np.cumsum(gone, axis=0)
    np.testing.assert_array_equal(everybody, np.broadcast_to(everybody[:1], everybody.shape))
    np.testing.assert_array_equal(rows["losses"], rows["killed"] + rows["wounds"])


@MORE
@given(worlds())
def test_sums_over_nations_are_the_world_s(data: dict[str, Any]) -> None:
    found = history(scenario_of(data).with_policy(policy_of(data)), paths=PATHS, seed=5)
    rows = written_by(found)
    if "contingent" in rows:
        np.testing.assert_array_equal(rows["contingent"][:, 0], rows["contingent_by_nation"].sum(axis=1))
    if "aid_total" in rows:
        np.testing.assert_allclose(rows["aid_total"][:, 0], rows["military_aid"].sum(axis=1), rtol=1e-12, atol=1e-12)
    if "equipment_aid" in rows:
        given_away, got = rows["gifts"].sum(axis=1), rows["equipment_aid"].sum(axis=1)
        np.testing.assert_allclose(got, given_away, rtol=1e-9, atol=1e-12, err_msg="aid in kind: what is given is got")
    if "gap" in rows and "strength" in rows:
        nations = next(step.nations for step in found.plan.steps if step.process.name == "personnel")
        own = rows["strength"][:, nations.index("UKR")] if "UKR" in nations else 0.0
        theirs = rows["strength"][:, nations.index("RUS")] if "RUS" in nations else 0.0
        fighting = np.isin(rows["phase"][:, 0], (WAR, LOCAL_ATTACK)) if "phase" in rows else False
        there = rows["contingent"][:, 0] if "contingent" in rows else 0.0
        if "fights" not in json.dumps(data):
            there = np.where(fighting, 0.0, there)
        else:  # in some months they may fight: then they count
            there = np.where(fighting & (rows["gap"][:, 0] == theirs - own), 0.0, there)
        np.testing.assert_array_equal(rows["gap"][:, 0], theirs - own - there)
        np.testing.assert_array_equal(rows["closed"][:, 0], rows["gap"][:, 0] <= 0)


@FEW
@given(worlds(), st.sampled_from([(1, 256), (2, 256), (2, 512), (1, 768)]))
def test_blocks_and_threads_change_no_bit(data: dict[str, Any], cut: tuple[int, int]) -> None:
    scenario, policy = scenario_of(data), policy_of(data)
    every = outcomes_of(scenario)
    one = run(scenario, policy, paths=600, block=1024, outcomes=every)
    other = run(scenario, policy, paths=600, threads=cut[0], block=cut[1], outcomes=every)
    assert other.same_bits(one)
    assert_same_outcomes(one, other)


@pytest.mark.parametrize("name", COMES_AND_GOES)
def test_what_comes_and_goes_is_the_same_in_every_block(name: str) -> None:
    """No path decides for others: blocks, threads, the order of nations and more paths change no bit."""
    data = comes_and_goes(name)
    scenario = scenario_of(data)
    turned = scenario_of({**data, "nations": dict(reversed(data["nations"].items()))})
    every = outcomes_of(scenario)
    for seed in (1, 2, 3):
        one = run(scenario, (), paths=1024, block=1024, seed=seed, outcomes=every)
        for threads, block in ((1, 256), (2, 256), (2, 512)):
            other = run(scenario, (), paths=1024, threads=threads, block=block, seed=seed, outcomes=every)
            assert other.same_bits(one)
            assert_same_outcomes(one, other)
        assert_same_outcomes(one, run(turned, (), paths=1024, block=512, seed=seed, outcomes=every))
        for kept_name, kept in run(scenario, (), paths=300, block=512, seed=seed, outcomes=every).kept.items():
            assert_same_bits(one.kept[kept_name][..., :300], kept, kept_name)


@FEW
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_a_file_changes_no_bit(data: dict[str, Any], chance: Any) -> None:
    def shuffled(found: Any) -> Any:
        if not isinstance(found, dict):
            return found
        keys = list(found)
        chance.shuffle(keys)
        return {key: shuffled(found[key]) for key in keys}

    policy = policy_of(data)
    other = {**shuffled({**data, "policies": {}}), "policies": data["policies"]}
    assert_same_outcomes(run(scenario_of(data), policy), run(scenario_of(other), policy))


@FEW
@given(worlds(), st.sampled_from(["ALB", "JPN", "ZAF"]))
def test_a_nation_that_takes_part_in_nothing_disturbs_nobody(data: dict[str, Any], code: str) -> None:
    present = set().union(*data["nations"].values())
    onlooker: dict[str, Any] = {
        "economy": {"gdp": 100.0},
        "spending": {"share": 0.02},
        "industry": {"equipment": 5.0},  # who orders arms takes part in their market
        "contingent": {"land_force": 10_000, "willingness": 0, "un_willingness": 0},
        "balance": {"side": "none"},
    }
    bystander = {section: found for section, found in onlooker.items() if section in present}
    if "army" in present and code > "UKR":  # the first army's correlation time is the shared intensity's
        bystander["army"] = {"strength": 5000, "volunteers": 10, "casualty_rate": 0.01}
    more = {**data, "nations": {**data["nations"], code: bystander}}
    policy = policy_of(data)
    assert_same_outcomes(run(scenario_of(data)), run(scenario_of(more)), set(data["nations"]))
    if not re.search(r"nations\.\*", json.dumps(data["policies"])):
        assert_same_outcomes(run(scenario_of(data), policy), run(scenario_of(more), policy), set(data["nations"]))


@FEW
@given(worlds(), st.sampled_from(["plain", "sobol"]), st.integers(1, 511))
def test_more_paths_leave_the_first_as_they_were(data: dict[str, Any], design: str, few: int) -> None:
    scenario, policy = scenario_of({**data, "sampling": {"design": design}}), policy_of(data)
    many = run(scenario, policy, paths=512)
    for name, kept in run(scenario, policy, paths=few).kept.items():
        assert_same_bits(many.kept[name][..., :few], kept, name)


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
@FEW
@given(data=worlds())
def test_a_file_comes_back_as_the_same_scenario(
    data: dict[str, Any], suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, policy = tmp_path_factory.mktemp("world"), policy_of(data)
    (folder / f"given{suffix}").write_text(written(data, suffix))
    scenario = fs.load(folder / f"given{suffix}")
    assert scenario == scenario_of(data)
    under = scenario.with_policy(policy)
    fs.save(under, folder / f"saved{suffix}")
    back = fs.load(folder / f"saved{suffix}")
    assert back == under
    assert back.to_dict() == under.to_dict()
    assert run(back, ()).same_bits(run(scenario, policy))


@FEW
@given(data=worlds())
def test_a_manifest_is_enough_to_run_again(data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    scenario, policy = scenario_of(data), policy_of(data)
    result = run(scenario, policy, keep=None)
    path = tmp_path_factory.mktemp("manifest") / "manifest.json"
    result.manifest.write(path)
    again = fs.replay(path)
    assert again.same_bits(result)
    assert again.manifest == result.manifest


@FEW
@given(data=worlds())
def test_without_noise_every_path_is_the_same(data: dict[str, Any]) -> None:
    result = run(scenario_of(data).without_noise(), policy_of(data), paths=3)
    for name, kept in result.kept.items():
        assert_same_bits(kept[..., :1].repeat(3, axis=-1), kept, name)


MONEY = re.compile(
    r"economy\.gdp|aid\.(military|external_soldiers)|army\.soldier_cost|recruiting\.bonus_cost|absence\.pay_cost"
    r"|industry\.(\w+\.unit_cost|equipment|ammunition|fires_needed)|balance\.reference_equipment"
    r"|resources\.(protection_cost|fields\[\d\]\.(price|start_price))"
)


@FEW
@given(data=worlds())
def test_money_in_quarters_of_a_dollar_changes_no_soldier(data: dict[str, Any]) -> None:
    """All money times four (a power of two, so that no bit is lost): people and ratios stay, money is fourfold."""
    scenario = scenario_of({**data, "sampling": {"design": "plain"}}).without_noise()
    scenario = scenario.with_values({"noise": True})
    policy = policy_of(data)
    sums = {number.path: number.value for number in scenario.numbers() if MONEY.search(number.path)}
    fourfold = {
        path: 4 * value.centre if value.schedule is None
        else {"schedule": {date: 4 * x for date, x in value.schedule.items()}, "interpolate": value.interpolate}
        for path, value in sums.items()
    }  # fmt: skip
    one, other = run(scenario, policy), run(scenario.with_values(fourfold), policy)
    for name, kept in one.kept.items():
        factor = 4 if "USD" in SERIES[name].unit else 1
        assert_same_bits(factor * kept, other.kept[name], name)


@settings(max_examples=15, **OPTIONS)
@given(st.data())
def test_armies_that_only_recruit_scale_with_their_numbers(data: st.DataObject) -> None:
    """No losses, no schools, units that take in everybody: all persons times eight, and every outcome is eightfold."""

    def army(factor: int, numbers: dict[str, int]) -> dict[str, Any]:
        return {**{name: factor * value for name, value in numbers.items()}, "absorption_share": 1.0}

    whole = {
        code: {
            "strength": data.draw(st.integers(20_000, 10**6)),
            "volunteers": data.draw(st.integers(0, 5000)),
            "mobilisation": data.draw(st.integers(0, 5000)),
            "pool": data.draw(st.integers(0, 10**5)),
            "pool_entries": data.draw(st.integers(0, 3000)),
            "ceiling": data.draw(st.integers(0, 1_100_000)),
        }
        for code in ("UKR", "RUS")
    }
    there = data.draw(st.integers(0, 150_000))

    def result(factor: int) -> fs.Result:
        nations = {
            code: {"army": army(factor, whole[code]), "balance": {"side": side}}
            for code, side in (("UKR", "defender"), ("RUS", "aggressor"))
        }
        nations["FRA"] = {"contingent": {"land_force": factor * 10**5, "deployed": factor * there}}
        stay = {"contingent": {"withdrawal_hazard": 0}}
        scenario = {"name": "scale", "start": "2025-01", "horizon": "2026-06", "nations": nations, **stay}
        return fs.simulate(fs.Scenario.of(scenario), paths=1, keep="paths", progress=False)

    one, eight = result(1), result(8)
    for name, kept in one.kept.items():
        factor = 8 if SERIES[name].unit == "persons" else 1
        assert_same_bits(factor * kept, eight.kept[name], name)


def renamed(found: Any, names: dict[str, str]) -> Any:
    """Return plain data with the codes of nations exchanged, in keys, groups and levers alike."""
    text = re.sub("|".join(names), lambda match: names[match.group()], json.dumps(found))
    return json.loads(text)


@FEW
@given(worlds(noise=False, allies=("DEU", "EST")))
def test_two_nations_that_change_places_change_their_outcomes(data: dict[str, Any]) -> None:
    """Without noise a nation is its numbers: exchange two that sums begin with, and no bit of anybody else moves."""
    swap = {"DEU": "EST", "EST": "DEU"}
    policy = policy_of(data)
    one = run(scenario_of(data).without_noise(), policy, paths=1)
    other = run(scenario_of(renamed(data, swap)).without_noise(), policy, paths=1)
    for name, kept in one.kept.items():
        mine, theirs = one.outcomes[name].nations, other.outcomes[name].nations
        assert sorted(swap.get(code, code) for code in mine) == sorted(theirs)
        if mine:
            there = other.kept[name][:, [theirs.index(swap.get(code, code)) for code in mine]]
            assert_same_bits(kept, there, name)
        else:
            assert_same_bits(kept, other.kept[name], name)


@FEW
@given(worlds(noise=False, allies=()))
def test_two_armies_that_change_places_change_their_outcomes(data: dict[str, Any]) -> None:
    swap = {"UKR": "RUS", "RUS": "UKR"}
    policy = policy_of(data)
    one = run(scenario_of(data).without_noise(), policy, paths=1)
    other = run(scenario_of(renamed(data, swap)).without_noise(), policy, paths=1)
    for name, kept in one.kept.items():
        there = other.kept[name]
        if one.outcomes[name].nations:
            order = [other.outcomes[name].nations.index(swap[code]) for code in one.outcomes[name].nations]
            there = there[:, order]
        assert_same_bits(kept, there, name)


@settings(max_examples=30, **OPTIONS)
@given(st.data())
def test_a_number_of_a_world_lies_within_its_bounds(data: st.DataObject) -> None:
    """The strategy itself: what it draws can be read, and keeps to the bounds that it was given."""
    low, high = data.draw(st.sampled_from([(0.0, 1.0), (-0.05, 0.08), (1e4, 2e6), (1.0, 2.0)]))
    value = fs.Value.model_validate(dials(data.draw, (low, high), ["2025-01", "2025-04", "2025-08"]))
    assert low - 1e-9 <= value.bounds[0] <= value.bounds[1] <= high + 1e-9
