"""What is streamed besides outcomes: a caller's own outcomes, time in a state, what comes true together; paths on disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.special import ndtr

import forcesim as fs
from tests.support.laws import assert_share
from tests.support.toys import TOYS, toy_scenario

SPREAD = fs.Derived("spread", "abs(level[DEU] - level[FRA])", unit="units", meaning="how far they are apart")
AHEAD = fs.Derived("ahead", "level[DEU] > level[FRA]")


def biggest(month: fs.engine.Month) -> np.ndarray:
    return month.read("level").max(axis=0) + 0.0 * month.read("total")


LARGEST = fs.Derived("largest", biggest, unit="units")
OWN = ["total", "level", SPREAD, AHEAD, LARGEST]
EVENTS = ["total > 20", "level[DEU] > 8", "spread > 4"]


@pytest.fixture(scope="module")
def kept() -> fs.Result:
    return fs.simulate(toy_scenario(), paths=1500, seed=3, keep="paths", outcomes=OWN)


@pytest.fixture(scope="module")
def streamed() -> fs.Result:
    return fs.simulate(toy_scenario(), paths=1500, seed=3, keep="summary", outcomes=OWN, events=EVENTS)


def test_own_outcomes_are_what_their_rules_say(kept: fs.Result) -> None:
    level = kept.kept["level"]
    np.testing.assert_array_equal(kept.kept["spread"], abs(level[:, 0] - level[:, 1]))
    np.testing.assert_array_equal(kept.kept["ahead"], level[:, 0] > level[:, 1])
    np.testing.assert_array_equal(kept.kept["largest"], level.max(axis=1))
    assert kept.outcomes["spread"].unit == "units"
    assert kept.dataset["spread_mean"].attrs["long_name"] == "how far they are apart"


def test_own_outcomes_are_streamed_like_any(kept: fs.Result, streamed: fs.Result) -> None:
    mean = streamed.mean("spread", at="2025-09")
    assert mean.value == pytest.approx(kept.sample("spread", at="2025-09").mean(), rel=1e-12)
    exact = np.quantile(kept.sample("largest", at="2025-09"), 0.9, method="inverted_cdf")
    assert float(streamed.quantiles("largest", [0.9]).sel(month="2025-09")[0]) == pytest.approx(exact, rel=0.004)
    deviation = streamed.standard_deviation("spread", at="2025-09")
    assert deviation == pytest.approx(kept.sample("spread", at="2025-09").std(ddof=1), rel=1e-9)


def test_own_outcomes_change_no_other_bit_and_no_thread_or_block_changes_them(streamed: fs.Result) -> None:
    plain = fs.simulate(toy_scenario(), paths=1500, seed=3, keep="summary", outcomes=["total", "level"])
    assert plain.mean("total", at="2025-09") == streamed.mean("total", at="2025-09")
    again = fs.simulate(
        toy_scenario(), paths=1500, seed=3, keep="summary", outcomes=OWN, events=EVENTS, threads=3, block=256
    )
    assert again.same_bits(streamed)
    with ThreadPoolExecutor(2) as pool:
        pieces = fs.simulate(
            toy_scenario(), paths=1500, seed=3, keep="summary", outcomes=OWN, events=EVENTS, executor=pool, block=256
        )
    assert pieces.same_bits(streamed)


def test_own_outcomes_are_replayed_expressions_by_themselves_and_functions_when_given(streamed: fs.Result) -> None:
    by_rule = fs.simulate(toy_scenario(), paths=256, outcomes=["total", SPREAD])
    assert fs.replay(by_rule.manifest, processes=TOYS).same_bits(by_rule)
    assert fs.replay(streamed.manifest, processes=TOYS, derived=[LARGEST]).same_bits(streamed)
    for wrong in ([], [fs.Derived("largest", lambda month: month.read("total"), unit="units")]):
        with pytest.raises(fs.ManifestError, match=r"derived\.largest: must be the function that the run had"):
            fs.replay(streamed.manifest, processes=TOYS, derived=wrong)


def raises(_month: fs.engine.Month) -> np.ndarray:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("own", "kind", "message"),
    [
        (lambda: fs.Derived("total", "level[DEU]"), fs.ResultError, "must have new names"),
        (lambda: fs.Derived("a b", "total"), fs.ResultError, "letters, digits"),
        (lambda: fs.Derived("a", 3), fs.ResultError, "an expression or a function"),
        (lambda: fs.Derived("a", "totl"), fs.ExpressionError, "did you mean total"),
        (lambda: fs.Derived("a", raises), fs.ProcessError, "outcomes.a: must not raise, got ZeroDivisionError"),
        (lambda: fs.Derived("a", lambda _: np.zeros(3)), fs.ProcessError, r"outcomes.a: must return \(256,\)"),
        (lambda: fs.Derived("a", lambda _: np.nan), fs.ProcessError, "outcomes: a: must be a finite number"),
    ],
)
def test_own_outcomes_that_cannot_be_are_refused(own, kind, message: str) -> None:
    with pytest.raises(kind, match=message):
        fs.simulate(toy_scenario(), paths=256, outcomes=["total", own()])


def test_time_in_a_state_is_counted_exactly(kept: fs.Result, streamed: fs.Result) -> None:
    level = kept.kept["level"][:, 0]
    months = (level > 8).sum(axis=0)
    for result in (kept, streamed):
        found = result.time_in("level[DEU] > 8")
        np.testing.assert_array_equal(found.paths, np.bincount(months, minlength=14))
        assert found.mean.value == pytest.approx(months.mean())
        assert found.mean.error == pytest.approx(months.std(ddof=1) / 1500**0.5)
        assert found.chance(at_least=3).value == pytest.approx((months >= 3).mean())
        assert found.quantile(0.75) == np.quantile(months, 0.75, method="inverted_cdf")
        assert "months with level[DEU] > 8" in repr(found)


@pytest.mark.parametrize("swapped", [False, True])
def test_what_comes_true_together_is_counted_exactly(kept: fs.Result, streamed: fs.Result, swapped: bool) -> None:
    total, level = kept.kept["total"] > 20, kept.kept["level"][:, 0] > 8
    one, other = total[:11].any(axis=0), level[:9].any(axis=0)
    names, dates = ("total > 20", "level[DEU] > 8"), ("2025-11", "2025-09")
    if swapped:
        names, dates, one, other = names[::-1], dates[::-1], other, one
    for result in (kept, streamed):
        both = result.joint(*names, by=dates[0], other_by=dates[1])
        assert both.value == (one & other).mean()
        among = result.joint(*names, by=dates[0], other_by=dates[1], given=True)
        assert (among.value, among.n) == (pytest.approx((one & other).sum() / other.sum()), other.sum())
    assert streamed.joint(names[0], names[0]).value == streamed.chance(names[0]).value


def test_the_chance_of_both_has_its_law() -> None:
    """Two independent walks, each above its level in month 4 with chance Phi((4 - 5) / 2): n = 20,000."""
    data = ["level[DEU] > 5", "level[FRA] > 5"]
    both = fs.Derived("both", f"{data[0]} and {data[1]}")
    result = fs.simulate(toy_scenario(), paths=20_000, seed=4, keep="summary", outcomes=["level", both])
    chance = float(ndtr(-0.5)) ** 2
    assert_share(round(result.mean("both", at="2025-05").value * 20_000), 20_000, chance, "both above")


def test_given_what_never_comes_true_is_refused(streamed: fs.Result) -> None:
    with pytest.raises(fs.ResultError, match="must come true on some path"):
        streamed.joint("total > 20", "spread > 4", by="2025-12", other_by="2025-01", given=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_paths_on_disk_are_those_in_memory(tmp_path, threads: int) -> None:
    whole = fs.simulate(toy_scenario(), paths=1500, seed=3, keep="paths")
    result = fs.simulate(
        toy_scenario(), paths=1500, seed=3, keep="zarr", store=tmp_path / "a.zarr", threads=threads, block=512
    )
    assert result.same_bits(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr"]
    stored = result.stored("level").sel(nation="FRA", month="2025-09")
    np.testing.assert_array_equal(stored.values, whole.kept["level"][8, 1])
    assert result.stored("total").attrs["units"] == "units"
    for at in ({"by": "2025-09"}, {"at": "2025-09"}):
        assert result.chance("total > 15", **at) == whole.chance("total > 15", **at)
    np.testing.assert_array_equal(result.sample("total", at="2025-09"), whole.sample("total", at="2025-09"))
    assert float(result.quantiles("total", [0.5])[0, 5]) == pytest.approx(
        float(whole.quantiles("total", [0.5])[0, 5]), rel=0.004
    )
    assert "level_mean" in result.dataset
    result.to_netcdf(tmp_path / "a.nc")
    assert fs.Result.open(tmp_path / "a.nc").mean("total", at="2025-09") == whole.mean("total", at="2025-09")
    assert fs.replay(result.manifest, processes=TOYS).mean("total", at="2025-09") == whole.mean("total", at="2025-09")


def test_paths_on_disk_from_an_executor_and_up_to_a_precision(tmp_path) -> None:
    with ThreadPoolExecutor(2) as pool:
        far = fs.simulate(
            toy_scenario(), paths=1500, seed=3, keep="zarr", store=tmp_path / "a", executor=pool, block=256
        )
    assert far.same_bits(fs.simulate(toy_scenario(), paths=1500, seed=3, keep="paths"))
    wanted = fs.Precision(mean="total", at="2025-09", half_width=0.2)
    some = fs.simulate(toy_scenario(), paths=40_000, keep="zarr", store=tmp_path / "b", until=wanted)
    assert some.reached
    assert some.paths < 40_000
    assert some.stored("total").shape == (13, some.paths)


def test_a_store_is_whole_or_not_there(tmp_path) -> None:
    store = tmp_path / "a.zarr"

    def fail(_month: fs.engine.Month) -> np.ndarray:
        raise RuntimeError

    with pytest.raises(fs.ProcessError):
        fs.simulate(toy_scenario(), paths=256, keep="zarr", store=store, outcomes=["total", fs.Derived("a", fail)])
    assert not list(tmp_path.iterdir())
    (tmp_path / "a.zarr.part").mkdir()  # a killed run left it
    fs.simulate(toy_scenario(), paths=256, keep="zarr", store=store)
    with pytest.raises(fs.ResultError, match="store: must not exist yet"):
        fs.simulate(toy_scenario(), paths=256, keep="zarr", store=store)
    for wrong in ({"keep": "zarr"}, {"store": store}, {"keep": "zarr", "store": store, "checkpoint": tmp_path / "c"}):
        with pytest.raises(fs.ResultError, match="keep, store: must fit together"):
            fs.simulate(toy_scenario(), paths=256, **wrong)
    with pytest.raises(fs.ResultError, match="must have its paths on disk"):
        fs.simulate(toy_scenario(), paths=256).stored("total")
