"""Same seed, same bits, whoever does the work; what is added leaves the draws of others alone; stopping; losing."""

from __future__ import annotations

import copy
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import forcesim as fs
from forcesim import rotation
from forcesim.rotation import replicate
from tests.rotation.strategies import study

RANDOM = {
    "days": 2_000,
    "policies": {
        "one": {
            "available_from": {"triangular": [300, 400, 600]}, "tour": 150, "overlap": 7,
            "preparation": {"uniform": [10, 40]},
        }
    },
    "units": [
        {"name": "g", "type": "b", "nation": "GBR", "count": 6, "size": 500, "policy": "one", "start": "uniform"},
        {"name": "f", "type": "b", "nation": "FRA", "count": 4, "size": 700, "policy": "one", "start": "uniform"},
    ],
    "demands": [
        {"name": "mission", "type": "b", "quantity": 2},
        {"name": "crisis", "type": "b", "quantity": 2, "rate_per_year": 0.8, "duration": {"erlang": [120, 2]}},
    ],
    "caveats": [{"nation": "FRA", "demand": "mission", "withdraws_per_year": 0.2, "returns_after": 200}],
    "people": {"not_deployable": 0.1, "turnover_per_year": 0.3},
    "schools": [
        {"name": "s", "seats": 4, "course": {"exponential": 30}, "applicants": {"per_year": 60}, "pass_share": 0.9},
    ],
}  # fmt: skip


def run(**options: Any) -> rotation.RotationResult:
    return rotation.simulate(RANDOM, replications=6, seed=3, keep=2, **options)


def test_series_threads_and_processes_give_the_same_bits() -> None:
    alone = run()
    with ThreadPoolExecutor(3) as pool:
        assert run(executor=pool).same_bits(alone)
    seen: list[tuple[int, int]] = []
    assert run(workers=2, progress=lambda done, most: seen.append((done, most))).same_bits(alone)
    assert seen[-1] == (6, 6)
    assert not rotation.simulate(RANDOM, replications=6, seed=4, keep=2).same_bits(alone)


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    short = rotation.simulate(RANDOM, replications=2, seed=3)
    for name, values in run().arrays.items():
        if name != "sand":
            assert values[:2].tobytes() == short.arrays[name].tobytes()


def crises_of(data: dict[str, Any]) -> np.ndarray:
    """Return what the crisis asks for, day by day, in four replications."""
    result = rotation.simulate(data, replications=4, seed=3)
    return result.dataset["asked_at"].sel(demand="crisis").to_numpy()


def test_an_added_unit_or_demand_changes_no_draw_of_the_others() -> None:
    before = crises_of(RANDOM)
    more = copy.deepcopy(RANDOM)
    more["units"].insert(0, {"name": "new", "type": "b", "policy": "one", "start": "uniform", "count": 3})
    more["demands"].insert(
        0, {"name": "other", "type": "b", "quantity": 1, "rate_per_year": 2.0, "duration": {"exponential": 30}}
    )
    np.testing.assert_array_equal(crises_of(more), before)
    # without demands a unit's cycle is its own: that of the old ones must stay as it is, day by day
    quiet, fuller = ({**data, "demands": [], "caveats": []} for data in (RANDOM, more))
    for data in (quiet, fuller):
        data["policies"] = {"one": {**RANDOM["policies"]["one"], "window": {"exponential": 90}}}
    old, new = (rotation.simulate(data, replications=1, seed=3) for data in (quiet, fuller))
    spells = {}
    for result in (old, new):
        for member in result.layout.members:
            mine = result.spells[0][result.spells[0][:, 0] == member.index]
            spells.setdefault(member.name, []).append(mine[:, 2:5].tolist())
    for name in ("g-1", "g-6", "f-4"):
        assert spells[name][0] == spells[name][1], name
    assert spells["g-1"][0] != spells["g-2"][0]


def test_it_stops_when_it_is_precise_enough_and_pays_for_the_looks() -> None:
    wanted = fs.Precision(mean="unmet_share[crisis]", half_width=0.1)
    found = rotation.simulate(RANDOM, replications=256, seed=3, until=wanted)
    assert found.reached
    assert found.replications in (32, 64, 128)
    estimate = found.mean("unmet_share[mission]")
    assert estimate.high - estimate.low > 2 * 2.4 * estimate.error  # four looks share the 5 %
    never = rotation.simulate(study(), replications=2, until=fs.Precision(chance="unmet[mission] > 0", half_width=0.01))
    assert not never.reached


class Losing(ThreadPoolExecutor):
    """An executor that loses the first pieces."""

    def __init__(self, losses: int) -> None:
        super().__init__(1)
        self.losses = losses

    def submit(self, *arguments: Any, **options: Any) -> Future[Any]:
        if self.losses > 0:
            self.losses -= 1
            lost: Future[Any] = Future()
            lost.set_exception(OSError("worker went away"))
            return lost
        return super().submit(*arguments, **options)


def test_a_lost_piece_is_done_again_and_one_that_is_lost_for_ever_is_an_error() -> None:
    with Losing(2) as pool:
        assert run(executor=pool).same_bits(run())
    with Losing(1_000) as pool, pytest.raises(fs.ExecutorError, match=r"replications \d to \d.*worker went away"):
        run(executor=pool)


def test_a_run_that_is_stopped_says_how_far_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = replicate.run_piece

    def piece(layout: Any, task: Any, first: int, last: int) -> Any:
        if first == 2:
            raise KeyboardInterrupt
        return whole(layout, task, first, last)

    monkeypatch.setattr(replicate, "run_piece", piece)
    with pytest.raises(fs.Interrupted, match="stopped after 2 of 6 replications"):
        run()
