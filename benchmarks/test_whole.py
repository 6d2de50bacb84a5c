"""The bundled scenario whole, and one army's step, against the cost of their draws.

Typical printout (2-core AVX2 server CPU, no AVX-512):
    see docs/speed.md, which is taken from `make bench` on such a machine
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest

import forcesim as fs
from forcesim.engine import Block, draw_keys
from forcesim.plan import make_plan

SCENARIO = fs.load("ukraine-2025")

FRESH = """
import json, resource, sys, time
import forcesim as fs
scenario = fs.load("ukraine-2025")
fs.simulate(scenario, paths=256, threads=2)
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
begun = time.perf_counter()
result = fs.simulate(scenario, paths=int(sys.argv[1]), seed=1, keep=sys.argv[2] if sys.argv[2] != "default" else None)
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
gap = result.mean("gap", at="2035-12")
json.dump({"seconds": seconds, "peak": peak, "idle": idle, "gap": gap.value, "error": gap.error}, sys.stdout)
"""


def in_a_fresh_process(paths: int, keep: str) -> dict[str, float]:
    """Run the bundled scenario by itself, so that its peak memory is its own."""
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(paths), keep], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


@pytest.mark.benchmark(group="whole")
@pytest.mark.parametrize(
    ("paths", "keep"),
    [
        (1_000, "default"),
        (10_000, "default"),
        pytest.param(100_000, "default", marks=pytest.mark.slow),
        pytest.param(100_000, "summary", marks=pytest.mark.slow),
    ],
)
def test_throughput_and_memory(benchmark, paths: int, keep: str) -> None:
    found = benchmark.pedantic(in_a_fresh_process, (paths, keep), rounds=1)
    assert 0 < found["error"] < 40_000 / paths**0.5 * 100
    months = SCENARIO.timeline.months
    benchmark.extra_info["seconds"] = found["seconds"]
    benchmark.extra_info["path_months_per_second"] = paths * months / found["seconds"]
    benchmark.extra_info["peak_mb"] = found["peak"]
    benchmark.extra_info["idle_mb"] = found["idle"]


@pytest.mark.benchmark(group="whole")
@pytest.mark.parametrize("policy", [None, "nato-in-ukraine"])
def test_whole_over_its_draws(benchmark, policy: str | None) -> None:
    found = benchmark.pedantic(fs.profile, (SCENARIO, policy), {"paths": 4_096}, rounds=3)
    assert found.path_months == 4_096 * SCENARIO.timeline.months
    benchmark.extra_info["whole_over_draws"] = found.over_draws
    benchmark.extra_info["recording_adds"] = found.recording_share
    benchmark.extra_info["ns_a_path_month"] = found.total / found.path_months * 1e9


@pytest.mark.benchmark(group="whole")
def test_two_threads_over_one(benchmark) -> None:
    def run(threads: int) -> float:
        begun = time.perf_counter()
        fs.simulate(SCENARIO, paths=8_192, seed=1, threads=threads, keep="summary")
        return time.perf_counter() - begun

    run(1), run(2)
    one = sorted(run(1) for _ in range(3))[1]
    two = sorted(benchmark.pedantic(lambda: [run(2) for _ in range(3)], rounds=1))[1]
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
    begin, _, end = block.layout.steps[1][place]

    def run() -> None:
        for month in range(3, 3 + months):
            block.open(month)
            block.run(begin, end)

    run()
    benchmark.pedantic(run, rounds=5)
    drawn = sum(len(drawing.rows) for drawing in plan.steps[place].drawings)
    rng, buffer = np.random.default_rng(1), np.empty((drawn, paths))
    rng.standard_normal(out=buffer)
    begun = time.perf_counter()
    for _ in range(months):
        rng.standard_normal(out=buffer)
    numpy_alone = time.perf_counter() - begun
    trained = block.state[plan.row_of["trained", "UKR"]]
    assert (trained == np.floor(trained)).all()
    assert trained.min() >= 0
    mine = benchmark.stats.stats.median
    benchmark.extra_info["ratio"] = mine / numpy_alone
    benchmark.extra_info["draws"] = drawn
    benchmark.extra_info["ns_an_army_month"] = mine / (2 * paths * months) * 1e9
