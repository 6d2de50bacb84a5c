"""Arguments: whatever is given, it is refused before any work starts, or the result can be saved, opened and replayed."""

from __future__ import annotations

import datetime as dt
import fractions
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forcesim as fs
from forcesim import arguments, evidence, tables
from tests.support.toys import TOYS, toy_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOY = toy_scenario()

WHOLE = st.one_of(
    st.integers(-2, 600),
    st.integers(),
    st.sampled_from([2**64, 2**128, 2**300, 10**400, 10**5000, -(10**5000)]),
)
SCALARS = st.one_of(
    WHOLE,
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(max_size=4),
    st.sampled_from([256.0, 5.5, "5", "256", b"5", 3j, np.nan, np.bool_(True), fractions.Fraction(4, 2), [256], {}, object]),
    st.sampled_from([np.int8, np.int64, np.uint64, np.float32, np.float64]).flatmap(
        lambda kind: st.integers(0, 120).map(kind)
    ),
    st.integers(0, 300).map(np.array),
)  # fmt: skip


def saved_and_opened(result: fs.Result, folder: Path) -> fs.Result:
    """Write a result and its manifest, and return what is read back."""
    result.to_netcdf(folder / "run.nc")
    result.manifest.write(folder / "run.json")
    assert fs.Manifest.read(folder / "run.json") == result.manifest
    return fs.Result.open(folder / "run.nc")


def is_plain(value: Any) -> bool:
    """Return whether a value is made of what JSON has, exactly."""
    if isinstance(value, dict):
        return all(type(key) is str and is_plain(part) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return all(is_plain(part) for part in value)
    return value is None or type(value) in (str, int, float, bool)


@settings(max_examples=60)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("paths", "seed", "block", "threads"), SCALARS)))
def test_whatever_number_is_given_it_is_refused_or_the_result_lasts(
    tmp_path_factory: Any, more: dict[str, Any]
) -> None:
    seen: list[int] = []
    asked = {"paths": 20, **more}
    try:  # a number of paths that is admissible and large would only take long
        large = arguments.paths_of(asked["paths"]) > 600
    except fs.ResultError:
        large = False
    if large:
        asked["paths"] = 600
    refused: fs.ResultError | None = None
    try:
        result = fs.simulate(TOY, progress=lambda done, _: seen.append(done), **asked)
    except fs.ResultError as error:
        refused = error
    if refused is not None:
        assert not seen, "refused after work began"
        assert all(fault.path in more for fault in refused.faults)
        return
    assert is_plain(json.loads(result.manifest.to_json()))
    assert type(result.manifest.seed) is type(result.manifest.paths) is int
    again = saved_and_opened(result, tmp_path_factory.mktemp("run"))
    assert again.same_bits(result)
    assert fs.replay(again.manifest, processes=TOYS).same_bits(result)


def test_the_property_can_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The negative twin: where a seed is kept as it came, the result cannot be saved."""
    monkeypatch.setattr("forcesim.engine.options.seed_of", lambda seed: seed)
    with pytest.raises(TypeError):
        saved_and_opened(fs.simulate(TOY, paths=20, seed=np.int64(5)), tmp_path)


@pytest.mark.parametrize(("one", "other"), [(np.int64(7), 7), (7.0, 7), (np.array(7), 7), (np.uint8(7), 7)])
def test_numbers_of_numpy_are_those_of_python(one: Any, other: int) -> None:
    assert fs.simulate(TOY, paths=np.int32(20), seed=one).same_bits(fs.simulate(TOY, paths=20.0, seed=other))


def test_one_text_is_one_name_and_a_generator_is_read_once(tmp_path: Path) -> None:
    texts = {"keep": "total", "outcomes": "total", "events": "total > 5"}
    plain = fs.simulate(TOY, paths=20, **{name: [text] for name, text in texts.items()})
    lazy: dict[str, Any] = {name: (part for part in [text]) for name, text in texts.items()}
    arrays: dict[str, Any] = {name: np.array([text]) for name, text in texts.items()}
    for given_ in (texts, lazy, arrays):
        result = fs.simulate(TOY, paths=20, **given_)
        assert result.same_bits(plain)
        assert saved_and_opened(result, tmp_path).same_bits(plain)


def test_policies_are_applied_by_name_or_as_objects() -> None:
    by_name = fs.simulate(TOY, "faster", paths=20)
    for policy in (TOY.policies["faster"], [TOY.policies["faster"]], np.str_("faster"), iter(["faster"])):
        assert fs.simulate(TOY, policy, paths=20).same_bits(by_name)
    trace = fs.reproduce(TOY, TOY.policies["faster"], path=np.int64(3))
    np.testing.assert_array_equal(trace.series("total"), by_name.kept["total"][:, 3])
    assert fs.profile(TOY, TOY.policies["faster"], paths=256).path_months == 256 * 13


def test_a_precision_is_plain(tmp_path: Path) -> None:
    wanted = fs.Precision(mean="total", at=np.datetime64("2026-01"), half_width=np.float32(50))
    assert is_plain(wanted.to_dict())
    result = fs.simulate(TOY, paths=2048, until=wanted)
    assert result.reached
    assert saved_and_opened(result, tmp_path).reached


RESULT = fs.simulate(TOY, paths=20, events=["total > 5"])
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "scenario": (lambda: fs.simulate("toy"), "scenario: must be a Scenario, got 'toy' (forcesim.load('toy'))"),
    "policy": (lambda: fs.simulate(TOY, 5), "policy: must be a policy's name, a Policy, or a list of them, got 5"),
    "stack": (lambda: fs.simulate(TOY, ["faster", None]), "policy: must be a policy's name, a Policy, or a list of them, got None"),
    "with_policy": (lambda: TOY.with_policy(["faster"]), "policy: must be a policy's name or a Policy, got ['faster']"),
    "with_values": (lambda: TOY.with_values([1]), "values: must be a mapping of path to value, got [1]"),
    "keep": (lambda: fs.simulate(TOY, paths=5, keep=[3]), "keep: must be text, got 3"),
    "keep alone": (lambda: fs.simulate(TOY, paths=5, keep=3), "keep: must be text, got 3"),
    "outcomes": (lambda: fs.simulate(TOY, paths=5, outcomes=[None]), "outcomes: must be names of outcomes or Derived, got None"),
    "events": (lambda: fs.simulate(TOY, paths=5, events=None), "events: must be text or a list of texts, got None"),
    "progress": (lambda: fs.simulate(TOY, paths=5, progress="bar"), "progress: must be True or False, got 'bar'"),
    "store": (lambda: fs.simulate(TOY, paths=5, keep="zarr", store=5), "store: must be a path, got 5"),
    "checkpoint": (lambda: fs.simulate(TOY, paths=5, checkpoint=""), "checkpoint: must be a path, got ''"),
    "until": (lambda: fs.simulate(TOY, paths=5, until=0.1), "until: must be a Precision, got 0.1"),
    "until at": (lambda: fs.simulate(TOY, paths=5, until=fs.Precision(1, mean="total", at="2031-01")), "until.at: must lie between 2025-01 and 2026-01, got '2031-01'"),
    "until mean": (lambda: fs.simulate(TOY, paths=5, until=fs.Precision(1, mean="2 * total")), "until.mean: must be one outcome, got '2 * total'"),
    "half width": (lambda: fs.Precision("wide", mean="total"), "until.half_width: must be a number above 0, got 'wide'"),
    "all at once": (lambda: fs.simulate(TOY, paths=0, seed=5.5), "2 faults:\n  paths: must be >= 1, got 0\n  seed: must be a whole number, got 5.5"),
    "text for a number": (lambda: fs.simulate(TOY, seed="5"), "seed: must be a whole number, got '5' (write 5 without quotes)"),
    "derived": (lambda: fs.Derived("mine", "total", unit=5), "outcomes.mine.unit: must be text, got 5"),
    "path": (lambda: fs.reproduce(TOY, path=2**41), f"path: must be <= {2**40 - 1}, got {2**41}"),
    "trace": (lambda: fs.reproduce(TOY, path=1.5), "path: must be a whole number, got 1.5"),
    "profile": (lambda: fs.profile(TOY, paths=10), "paths: must be >= 256, got 10"),
    "compare": (lambda: fs.compare(TOY, "faster", "total", at=3), "policies: must name at least two different policies, got ['faster']"),
    "compare paths": (lambda: fs.compare(TOY, ["faster", "ramped"], "total", at=3, paths=math.nan), "paths: must be a whole number, got nan"),
    "compare at": (lambda: fs.compare(TOY, ["faster", "ramped"], "total", at="soon"), "at: must be a month such as 2030-12, got 'soon'"),
    "estimate": (lambda: fs.estimate(TOY, "total", at=3, paths="all"), "paths: must be a whole number, got 'all'"),
    "method": (lambda: fs.estimate(TOY, "total", at=3, method=None), "method: must be one of plain, control, sobol, splitting, got None"),
    "advice": (lambda: fs.plan_precision(TOY, "total", at=3, half_width=None), "half_width: must be a number above 0, got None"),
    "mean": (lambda: RESULT.mean(["total"], at=3), "outcome: must be text, got ['total']"),
    "nation": (lambda: RESULT.mean("level", at=3, nation=5), "nation: must be text, got 5"),
    "at": (lambda: RESULT.mean("total", at=True), "at: must be a month such as 2030-12, got True"),
    "chance": (lambda: RESULT.chance(5), "expression: must be text, got 5"),
    "shares": (lambda: RESULT.quantiles("total", "half"), "shares: must lie in (0, 1), got 'half'"),
    "fan": (lambda: RESULT.fan("total", quantiles=[0.1, math.nan]), "quantiles: must lie in (0, 1), got [0.1, nan]"),
    "at least": (lambda: RESULT.time_in("total > 5").chance(at_least=2.5), "at_least: must be a whole number, got 2.5"),
    "share": (lambda: RESULT.time_in("total > 5").quantile(math.nan), "share: must be a number from 0 to 1, got nan"),
    "given": (lambda: RESULT.joint("total > 5", "total > 6", given="yes"), "given: must be True or False, got 'yes'"),
    "to_netcdf": (lambda: RESULT.to_netcdf(None), "path: must be a path, got None (path='folder/name', say)"),
    "open": (lambda: fs.Result.open(5), "path: must be a path, got 5 (path='folder/name', say)"),
    "replay": (lambda: fs.replay(5), "manifest: must be a path, got 5 (manifest='folder/name', say)"),
    "replay derived": (lambda: fs.replay(RESULT.manifest, derived=5), "derived: must be names of outcomes or Derived, got 5"),
    "load": (lambda: fs.load(5), "scenario: must be a bundled name or a file, got 5"),
    "processes": (lambda: fs.Scenario.of({}, processes=[5]), "processes[0]: must be a class of Process, got 5"),
    "save": (lambda: fs.save(TOY, None), "path: must be a path, got None (path='folder/name', say)"),
    "table": (lambda: tables.table([]), "table: must be text, got []"),
    "lookup": (lambda: tables.lookup(5), "pointer: must be text, got 5"),
    "parameter": (lambda: evidence.parameter(4), "id: must be text, got 4"),
    "as_known_on": (lambda: evidence.table("gdp_growth", as_known_on="lately"), "as_known_on: must be a date such as 2024-12-31, got 'lately'"),
    "horizons": (lambda: evidence.backtest("growth", horizons=[1.5]), "horizons: must be a whole number, got 1.5"),
    "fit": (lambda: evidence.fit("economy", last=2020), "last: must be an option of this fit of economy (there are until)"),
    "names": (lambda: evidence.replay(5), "names: must be text, got 5"),
}  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_refused_names_the_argument_the_rule_and_the_value(call: str) -> None:
    act, message = REFUSED[call]
    with pytest.raises(fs.ForcesimError) as caught:
        act()
    assert str(caught.value).startswith(message)


def test_one_share_is_a_list_of_one() -> None:
    np.testing.assert_array_equal(RESULT.quantiles("total", 0.5), RESULT.quantiles("total", [0.5]))
    assert RESULT.quantiles("total", np.float32(0.5)).sizes["quantile"] == 1


def test_dates_of_every_kind_ask_the_same() -> None:
    found = RESULT.mean("total", at="2025-07")
    for date in (
        dt.datetime(2025, 7, 3, tzinfo=dt.UTC),
        np.datetime64("2025-07"),
        np.int64(6),
        RESULT.dataset.month[6],
    ):
        assert RESULT.mean("total", at=date) == found
        assert RESULT.chance("total > 5", by=date) == RESULT.chance("total > 5", by=6)
