"""What a piece of work costs besides its paths: on the way, and in the process that merges; projected to large runs.

One piece of the bundled scenario is done as a worker does it, and merged as the head does it. From both follows how
many workers one head keeps busy, and what 10^12 path-months take. A real pool of two processes is timed too.
"""

from __future__ import annotations

import pickle
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import forcesim as fs
from forcesim.engine.calls import _task
from forcesim.engine.recording import Recording
from forcesim.engine.work import LONGEST_PIECE, do_piece
from forcesim.packing import unpack
from forcesim.plan import make_plan
from forcesim.summary import Summary

SCENARIO = fs.load("ukraine-2025")
PATHS = 5_120
LARGE = 1e12
"""Path-months to project to."""


@pytest.mark.benchmark(group="scaling")
def test_a_piece_on_its_way_and_merged(benchmark) -> None:
    recording = Recording(SCENARIO, make_plan(SCENARIO), paths=10 * PATHS, seed=1, keep="summary")
    task = _task(recording, 2_560)
    do_piece(task, 0, 512)
    data, _, seconds = do_piece(task, 0, PATHS)
    whole = recording.new_summary().merge(Summary.of_arrays(unpack(data)[1]))

    def merge() -> Summary:
        return whole.merge(Summary.of_arrays(unpack(data)[1]))

    benchmark.pedantic(merge, rounds=5)
    merging = benchmark.stats.stats.median
    per_path_month = seconds / PATHS / recording.months
    assert whole.paths % PATHS == 0
    benchmark.extra_info["sent_kb"] = len(pickle.dumps(task)) / 1e3
    benchmark.extra_info["returned_mb"] = len(data) / 1e6
    benchmark.extra_info["merges_a_second"] = 1.0 / merging
    benchmark.extra_info["ns_a_path_month"] = per_path_month * 1e9
    benchmark.extra_info["workers_one_head_keeps_busy"] = LONGEST_PIECE / merging / 2.0
    benchmark.extra_info["core_hours_for_1e12"] = LARGE * per_path_month / 3_600.0
    benchmark.extra_info["head_hours_for_1e12"] = LARGE * per_path_month / LONGEST_PIECE * merging / 3_600.0


@pytest.mark.benchmark(group="scaling")
@pytest.mark.slow
def test_two_processes_over_one_thread(benchmark) -> None:
    paths, known = 20_480, {"seed": 1, "keep": "summary", "block": 2_560}
    begun = time.perf_counter()
    alone = fs.simulate(SCENARIO, paths=paths, threads=1, **known)
    one = time.perf_counter() - begun
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        fs.simulate(SCENARIO, paths=5_120, executor=pool, threads=2, **known)  # plans and compiled code at hand
        result = benchmark.pedantic(
            fs.simulate, (SCENARIO,), {"paths": paths, "executor": pool, "threads": 4, **known}, rounds=1
        )
    assert result.same_bits(alone)
    benchmark.extra_info["times_faster"] = one / benchmark.stats.stats.median
