"""Engine: exact moments of a known process, and the same bits however the work is cut up."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import forcesim as fs
from forcesim.engine import Block
from forcesim.engine.recording import Recording
from forcesim.plan import make_plan
from tests.support.toys import TOYS, Sum, Walk, toy_data, toy_scenario

N = 20_000


def test_moments_of_a_walk_are_exact_within_four_standard_errors() -> None:
    result = fs.simulate(toy_scenario(), paths=N, seed=3, keep="paths")
    level = result.kept["level"]
    for month in (1, 6, 12):
        for nation in range(2):
            sample = level[month, nation]
            assert abs(sample.mean() - month) <= 4 * np.sqrt(month / N)
            assert abs(sample.var() - month) <= 4 * month * np.sqrt(2 / N)
    assert abs(level[12].mean() - 11) > 4 * np.sqrt(12 / N), "the negative twin: a drift of 11 must be told from 12"
    total = result.kept["total"]
    np.testing.assert_allclose(total, level.sum(axis=1))


@pytest.mark.parametrize(("threads", "block"), [(1, 256), (2, 256), (2, 512), (1, 1024), (3, 768)])
def test_threads_and_blocks_change_no_bit(threads: int, block: int) -> None:
    one = fs.simulate(toy_scenario(), paths=1500, seed=1, threads=1, block=1536, keep="paths", events=["total > 5"])
    other = fs.simulate(
        toy_scenario(), paths=1500, seed=1, threads=threads, block=block, keep="paths", events=["total > 5"]
    )
    assert other.same_bits(one)
    assert not fs.simulate(toy_scenario(), paths=1500, seed=2, keep="paths").same_bits(one)


def test_more_paths_leave_the_first_as_they_were() -> None:
    few = fs.simulate(toy_scenario(), paths=300, seed=1, keep="paths").kept["level"]
    many = fs.simulate(toy_scenario(), paths=1000, seed=1, keep="paths").kept["level"]
    np.testing.assert_array_equal(many[..., :300], few)


def test_an_added_nation_and_another_order_disturb_nobody() -> None:
    two = fs.simulate(toy_scenario(("FRA", "DEU")), paths=256, seed=1, keep="paths")
    three = fs.simulate(toy_scenario(("POL", "DEU", "FRA")), paths=256, seed=1, keep="paths")
    assert two.outcomes["level"].nations == ("DEU", "FRA")
    np.testing.assert_array_equal(three.kept["level"][:, :2], two.kept["level"])
    assert two.same_bits(fs.simulate(toy_scenario(("DEU", "FRA")), paths=256, seed=1, keep="paths"))


def test_two_policies_meet_the_same_futures() -> None:
    found = fs.compare(toy_scenario(), ["status-quo", "faster"], "total", at="2026-01", paths=512)
    assert found.differences["faster"].value == pytest.approx(14.0)
    assert found.differences["faster"].error == pytest.approx(0.0, abs=1e-12)
    assert "faster" in repr(found)
    assert "<table>" in found._repr_html_()
    assert found.to_dataframe().loc["faster", "difference"] == pytest.approx(14.0)


def test_a_ramp_moves_in_steps() -> None:
    still = toy_scenario().without_noise().with_policy("ramped")
    level = fs.simulate(still, paths=1, keep="paths").kept["level"][:, 0, 0]
    np.testing.assert_allclose(np.diff(level), [1.5, 2.0, 2.5] + [3.0] * 9)


def test_an_uncertain_number_differs_between_paths_and_settings_act_on_it() -> None:
    data = toy_data()
    data["nations"]["DEU"]["walk"] = {"drift": {"uniform": [1.0, 3.0]}, "spread": 0.0}
    data["nations"]["FRA"]["walk"] = {"spread": 0.0}
    data["policies"]["half"] = {
        "title": "Half", "settings": [{"lever": "nations.DEU.walk.drift", "scale": 0.5, "from": "2025-07"}],
    }  # fmt: skip
    scenario = fs.Scenario.of(data, TOYS)
    plain = fs.simulate(scenario, paths=4000, seed=1, keep="paths").kept["level"]
    halved = fs.simulate(scenario, "half", paths=4000, seed=1, keep="paths").kept["level"]
    drift = plain[1, 0]
    assert 1.0 < drift.min() < drift.max() < 3.0
    assert abs(drift.mean() - 2.0) <= 4 * (2 / np.sqrt(12)) / np.sqrt(4000)
    np.testing.assert_allclose(halved[12, 0], 5 * drift + 7 * 0.5 * drift)
    np.testing.assert_array_equal(halved[:, 1], plain[:, 1])


def test_events_agree_with_kept_paths() -> None:
    result = fs.simulate(toy_scenario(), paths=700, seed=1, keep="paths", events=["level[DEU] > 4"])
    summary = fs.simulate(toy_scenario(), paths=700, seed=1, keep="summary", events=["level[DEU] > 4"])
    true = result.kept["level"][:, 0] > 4
    assert summary.chance("level[DEU] > 4", by="2025-06").value == true[:6].any(axis=0).mean()
    assert summary.chance("level[DEU] > 4", at="2025-06").value == true[5].mean()
    assert summary.lasting("level[DEU] > 4", since="2025-10").value == true[9:].all(axis=0).mean()
    assert summary.first_passage("level[DEU] > 4").never.value == (~true).all(axis=0).mean()
    with pytest.raises(fs.ResultError, match=r"simulate\(..., keep=\['level'\]\)"):
        summary.chance("level[DEU] > 5", by="2025-06")


def test_replay_proves_the_same_bits(tmp_path) -> None:
    result = fs.simulate(fs.load("seed-figures"), "europe-150k", paths=300, seed=4, events=["gap <= 0"])
    result.manifest.write(tmp_path / "manifest.json")
    assert fs.replay(tmp_path / "manifest.json").same_bits(result)


def test_a_damaged_manifest_is_found_out() -> None:
    import dataclasses

    result = fs.simulate(fs.load("seed-figures"), paths=300, seed=4)
    with pytest.raises(fs.ManifestError, match="digest: must come out the same"):
        fs.replay(dataclasses.replace(result.manifest, digest="0" * 64))


def test_what_is_not_finite_is_refused_with_its_place() -> None:
    class Broken(Walk):
        def step(self, context: fs.Context, month: int) -> None:
            super().step(context, month)
            if month == 3:
                context.write("level")[1, 5] = np.nan

    scenario = fs.Scenario.of(toy_data(), (Broken, Sum))
    with pytest.raises(fs.ProcessError) as caught:
        fs.simulate(scenario, paths=20, seed=7)
    assert str(caught.value) == (
        "walk: level[FRA]: must be a finite number, got nan in 2025-04, path 5, seed 7 "
        "(forcesim.reproduce(scenario, path=5, seed=7) shows how it came about)"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"paths": 0}, "paths: must be >= 1, got 0"),
        ({"paths": 5, "seed": -1}, "seed: must be >= 0, got -1"),
        ({"paths": 5, "threads": 0}, "threads: must be >= 1, got 0"),
        (
            {"paths": 2**32},
            (
                "paths: must be <= 4294967295, what a bucket can count, got 4294967296 "
                "(split it by seed and merge the estimates)"
            ),
        ),
        ({"paths": 5, "block": 100}, "block: must be a multiple of 256, got 100"),
        ({"paths": 5, "keep": ["levl"]}, "keep: must name outcomes, got 'levl' (did you mean level?)"),
    ],
)
def test_bad_options_are_refused(options: dict, message: str) -> None:
    with pytest.raises(fs.ResultError) as caught:
        fs.simulate(toy_scenario(), **options)
    assert str(caught.value) == message


def test_processes_that_wait_for_each_other_are_refused() -> None:
    class Tail(fs.Process):
        name = section = "tail"
        Parameters = Walk.Parameters
        reads = (fs.Read("total"),)
        writes = (fs.Indicator(name="tail", unit="1", meaning="tail"),)

        def start(self, context: fs.Context) -> None: ...
        def step(self, context: fs.Context, month: int) -> None: ...

    class Bitten(Walk):
        reads = (fs.Read("tail"),)

    data = toy_data()
    for nation in data["nations"].values():
        nation["tail"] = {}
    with pytest.raises(fs.PlanError, match="must not wait for each other in a circle"):
        fs.make_plan(fs.Scenario.of(data, (Bitten, Sum, Tail)))


def test_progress_is_told_to_a_caller() -> None:
    seen: list[tuple[int, int]] = []
    fs.simulate(toy_scenario(), paths=1000, seed=1, block=256, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (1000, 1000)
    assert len(seen) == 4


def test_a_block_is_let_go_as_soon_as_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Python's search for circles off: memory must not grow with the number of blocks."""
    scenario = fs.load("ukraine-2025")
    recording = Recording(scenario, make_plan(scenario), paths=512, seed=1, keep="summary")
    made: list[weakref.ref[np.ndarray]] = []
    as_it_was = Block.__init__

    def noted(self: Block, *args: object, **options: object) -> None:
        as_it_was(self, *args, **options)  # type: ignore[arg-type]
        made.append(weakref.ref(self.state))

    recording.run(0, 256, recording.new_summary(), recording.new_kept(0, 256))
    monkeypatch.setattr(Block, "__init__", noted)
    gc.collect()
    gc.disable()
    try:
        recording.run(256, 512, recording.new_summary(), recording.new_kept(256, 512))
        assert [state() for state in made] == [None]
    finally:
        gc.enable()
