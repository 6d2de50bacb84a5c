"""Rotation: 100 brigades over ten years; its events against an empty SimPy loop of as many; a study on two cores.

Typical printout (2-core AVX2 server CPU, shared, Python 3.11):
    see docs/rotation.md, which is taken from `make bench` on such a machine
"""

from __future__ import annotations

import time

import pytest
import simpy

import forcesim as fs
from forcesim import rotation
from forcesim.rotation.layout import RotationLayout
from forcesim.rotation.run import make_replication

DAYS = 3_650
BRIGADES = 100


def study() -> rotation.Rotation:
    """Return 100 brigades of four nations, a lasting mission and crises."""
    nations = ("DEU", "FRA", "GBR", "POL")
    rule = {"available_from": 600, "tour": 180, "overlap": 10, "preparation": 30, "recovery": 30}
    units = [
        {"name": f"{nations[n % 4]} {n}", "type": "b", "nation": nations[n % 4], "policy": "rule", "start": "uniform"}
        for n in range(BRIGADES)
    ]
    demands = [
        {"name": "mission", "type": "b", "quantity": 12},
        {"name": "crisis", "type": "b", "quantity": 4, "rate_per_year": 0.5, "duration": {"erlang": [300, 3]}},
    ]
    return rotation.Rotation.of({"days": DAYS, "policies": {"rule": rule}, "units": units, "demands": demands})


def empty_loop(events: int) -> float:
    """Return the seconds that SimPy takes for processes that do nothing but wait, for as many events."""
    env = simpy.Environment()

    def wait(times: int):
        for _ in range(times):
            yield env.timeout(30)

    for _ in range(BRIGADES):
        env.process(wait(events // BRIGADES - 2))
    begun = time.perf_counter()
    env.run()
    return time.perf_counter() - begun


@pytest.mark.benchmark(group="rotation")
def test_ten_years_of_a_hundred_brigades(benchmark) -> None:
    layout = RotationLayout(study())
    parts: list[tuple[float, float, float, int]] = []

    def once() -> None:
        times = [time.perf_counter()]
        made = make_replication(layout, 1, len(parts))
        world = made.world
        times.append(time.perf_counter())
        world.env.run(until=world.last)
        times.append(time.perf_counter())
        account = made.account()
        times.append(time.perf_counter())
        assert account["days"].sum() == BRIGADES * DAYS
        events = next(world.env._eid)  # noqa: SLF001 - SimPy counts its events there, and tells nobody
        parts.append((times[1] - times[0], times[2] - times[1], times[3] - times[2], events))

    benchmark.pedantic(once, rounds=15, warmup_rounds=2)
    made, ran, counted, events = sorted(parts, key=lambda part: part[1])[len(parts) // 2]
    empty = sorted(empty_loop(events) for _ in range(15))[7]
    benchmark.extra_info["events"] = events
    benchmark.extra_info["events_per_second"] = events / ran
    benchmark.extra_info["events_per_second_empty_simpy"] = events / empty
    benchmark.extra_info["ratio_to_empty_simpy"] = empty / ran
    benchmark.extra_info["share_of_time_in_events"] = ran / (made + ran + counted)


@pytest.mark.benchmark(group="rotation")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_study(benchmark, workers: int) -> None:
    many = 1_000 if not benchmark.disabled and workers == 2 else 100
    found = benchmark.pedantic(
        rotation.simulate, (study(),), {"replications": many, "workers": workers, "progress": False}, rounds=1
    )
    assert (found.arrays["days"].sum(axis=(1, 2, 3)) == BRIGADES * DAYS).all()
    benchmark.extra_info["replications"] = many
    benchmark.extra_info["replications_per_second"] = many / benchmark.stats.stats.mean if benchmark.stats else 0.0


@pytest.mark.benchmark(group="rotation")
def test_a_study_to_a_wanted_half_width(benchmark) -> None:
    wanted = fs.Precision(mean="unmet_share[crisis]", half_width=0.02)
    found = benchmark.pedantic(
        rotation.simulate, (study(),), {"replications": 1_000, "workers": 2, "until": wanted}, rounds=1
    )
    assert found.reached
    benchmark.extra_info["replications"] = found.replications
