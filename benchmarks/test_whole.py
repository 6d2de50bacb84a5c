"""The bundled scenario whole, and one army's step, against the cost of their draws.

Typical printout (2-core AVX2 server CPU, other work on the machine):
    whole     1,024 paths  0.6 s        path-months per second 2.3e5 (one thread)
    personnel               one army's month with its draws against NumPy's normals alone: see `ratio`
"""

from __future__ import annotations

import resource
import time

import numpy as np
import pytest

import forcesim as fs
from forcesim.engine import Block, draw_keys
from forcesim.plan import make_plan

SCENARIO = fs.load("ukraine-2025")


@pytest.mark.benchmark(group="whole")
@pytest.mark.parametrize("paths", [1_000, 10_000])
def test_whole_scenario(benchmark, paths: int) -> None:
    fs.simulate(SCENARIO, paths=256)
    result = benchmark.pedantic(fs.simulate, (SCENARIO,), {"paths": paths, "seed": 1, "threads": 1}, rounds=1)
    months = SCENARIO.timeline.months
    assert result.paths == paths
    assert np.isfinite(result.mean("gap", at=months - 1).value)
    benchmark.extra_info["path_months_per_second"] = paths * months / benchmark.stats.stats.median
    benchmark.extra_info["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.benchmark(group="whole")
def test_two_threads_over_one(benchmark) -> None:
    def run(threads: int) -> float:
        begun = time.perf_counter()
        fs.simulate(SCENARIO, paths=4_096, seed=1, threads=threads, keep="summary")
        return time.perf_counter() - begun

    run(1)
    one = run(1)
    two = benchmark.pedantic(run, (2,), rounds=1)
    benchmark.extra_info["times_faster"] = one / two
    assert one > 0


@pytest.mark.benchmark(group="process")
def test_personnel_step_with_its_draws(benchmark) -> None:
    """Two armies' months with all draws, against NumPy's normals alone for the same number of draws."""
    paths, months = 1_024, 40
    plan = make_plan(SCENARIO)
    place = next(i for i, step in enumerate(plan.steps) if step.process.name == "personnel")
    sampled = SCENARIO.sampler(seed=1, paths=paths)(0, paths)
    block = Block(plan, draw_keys(plan, 1), sampled, first=0, paths=paths, noise=True)
    for month in range(3):
        block.month(month)
    army = block.running[place]

    def run() -> None:
        for month in range(3, 3 + months):
            army.month(month, 0)

    run()
    benchmark.pedantic(run, rounds=5)
    rng, buffer = np.random.default_rng(1), np.empty((army.step.drawn_rows, paths))
    begun = time.perf_counter()
    for _ in range(months):
        rng.standard_normal(out=buffer)
    numpy_alone = time.perf_counter() - begun
    trained = block.state[plan.row_of["trained", "UKR"]]
    assert (trained == np.floor(trained)).all()
    assert trained.min() >= 0
    mine = benchmark.stats.stats.median
    benchmark.extra_info["ratio"] = mine / numpy_alone
    benchmark.extra_info["ns_an_army_month"] = mine / (2 * paths * months) * 1e9
