"""Who does the work: executors, checkpoints, kills, full disks. Whatever happens, the bits are the same."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import forcesim as fs
from forcesim import checkpoint
from forcesim.packing import pack, unpack
from tests.support.killed import run
from tests.support.toys import TOYS, Sum, Walk, toy_data, toy_scenario

ROOT = Path(__file__).parent.parent


def simulate(**more) -> fs.Result:
    options = {"paths": 1500, "seed": 5, "keep": ["level"], "events": ["total > 20"], "block": 256}
    return fs.simulate(toy_scenario(), **{**options, **more})


class Unreliable(Executor):
    """Loses each piece so many times before it does it."""

    def __init__(self, losses: int) -> None:
        self.losses, self.left = losses, {}

    def submit(self, fn, /, *args, **kwargs) -> Future:
        future: Future = Future()
        left = self.left.setdefault(args[1:], self.losses)
        if left:
            self.left[args[1:]] = left - 1
            future.set_exception(RuntimeError("lost on the way"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_changes_no_bit(kind) -> None:
    with kind(2, **({"mp_context": get_context("spawn")} if kind is ProcessPoolExecutor else {})) as executor:
        assert simulate(executor=executor).same_bits(simulate())


def test_dask_changes_no_bit_and_a_killed_worker_costs_its_piece_only() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert simulate(executor=client.get_executor()).same_bits(simulate())
        seen = []

        def kill_one(done: int, _: int) -> None:
            if not seen:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
            seen.append(done)

        wanted = simulate(paths=4_000)
        assert simulate(paths=4_000, executor=client.get_executor(), progress=kill_one, threads=2).same_bits(wanted)
        assert seen[-1] == 4_000


def test_what_an_executor_loses_is_given_out_again() -> None:
    assert simulate(executor=Unreliable(2)).same_bits(simulate())
    with pytest.raises(fs.ExecutorError, match="3 failures, the last: RuntimeError: lost on the way"):
        simulate(executor=Unreliable(3))


def test_a_broken_pool_says_how_to_go_on(tmp_path: Path) -> None:
    def kill_one(done: int, _: int) -> None:
        for pid in list(executor._processes)[:1]:
            os.kill(pid, signal.SIGKILL)

    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor,
        pytest.raises(fs.ExecutorError, match="the same call with a new executor goes on"),
    ):
        simulate(paths=6_000, executor=executor, checkpoint=tmp_path, progress=kill_one)
    about, _ = unpack((tmp_path / "progress.fsp").read_bytes())
    assert about["done"]
    assert simulate(paths=6_000, checkpoint=tmp_path).same_bits(simulate(paths=6_000))


def test_a_checkpoint_is_taken_up_and_may_be_extended(tmp_path: Path) -> None:
    first = simulate(paths=700, checkpoint=tmp_path)
    assert first.same_bits(simulate(paths=700))
    seen = []
    again = simulate(paths=700, checkpoint=tmp_path, progress=lambda done, _: seen.append(done))
    assert again.same_bits(first)
    assert not seen, "nothing was left to do"
    with pytest.raises(fs.CheckpointError, match="extended from a multiple of 256"):
        simulate(paths=2_000, checkpoint=tmp_path)
    simulate(paths=768, checkpoint=tmp_path / "even")
    assert simulate(paths=2_000, checkpoint=tmp_path / "even").same_bits(simulate(paths=2_000))


def test_a_checkpoint_of_another_run_is_refused_with_the_difference(tmp_path: Path) -> None:
    simulate(checkpoint=tmp_path)
    with pytest.raises(fs.CheckpointError, match="checkpoint: seed: must be that of the run, got 5 there, 6 here"):
        simulate(checkpoint=tmp_path, seed=6)
    other = toy_scenario().with_values({"nations.DEU.walk.drift": 1.5})
    with pytest.raises(fs.CheckpointError, match=r"nations\.DEU\.walk\.drift"):
        fs.simulate(other, paths=1500, seed=5, keep=["level"], events=["total > 20"], checkpoint=tmp_path)
    with pytest.raises(fs.CheckpointError, match="events"):
        simulate(checkpoint=tmp_path, events=["total > 21"])
    with pytest.raises(fs.CheckpointError, match="must not hold more paths than the run"):
        simulate(checkpoint=tmp_path, paths=1_000)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    simulate(checkpoint=tmp_path)
    path = tmp_path / "progress.fsp"
    whole, chance = path.read_bytes(), random.Random(3)
    for _ in range(60):
        place = chance.randrange(len(whole))
        hurt = whole[:place] if chance.random() < 0.3 else whole[:place] + b"?" + whole[place + 1 :]
        path.write_bytes(hurt)
        if hurt != whole:
            with pytest.raises(fs.CheckpointError, match="must be readable and whole"):
                simulate(checkpoint=tmp_path)
    path.write_bytes(whole)
    next(tmp_path.glob("kept-*")).unlink()
    with pytest.raises(fs.CheckpointError, match="kept-"):
        simulate(checkpoint=tmp_path)


def test_a_header_that_claims_too_much_takes_no_memory(tmp_path: Path) -> None:
    data = pack({"x": np.zeros(10)})
    about, arrays = unpack(data)
    assert about == {}
    np.testing.assert_array_equal(arrays["x"], np.zeros(10))
    for wrong in (b"[10]", b"[10]"), (b"[10]", b"[99]"), (b'"<f8"', b'"|O8"'):
        body = data[len(b"forcesim-packed-1\n") + 32 :].replace(*wrong)
        import hashlib

        made = b"forcesim-packed-1\n" + hashlib.sha256(body).digest() + body
        if wrong[0] == wrong[1]:
            assert unpack(made)[1]["x"].shape == (10,)
        else:
            with pytest.raises(fs.ResultError, match="must hold what its header says"):
                unpack(made)


def stopped_once(folder: Path, paths: int, wait: float, how: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Start a run, stop it some time after it began."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.killed", str(folder), str(paths)],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "FORCESIM_HELP": "0"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        begun = time.monotonic()
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess([f"{time.monotonic() - begun:.3f}"], process.returncode, out, err)


def killed_until_done(folder: Path, paths: int, kills: int, seed: int) -> int:
    """Kill a run at random moments, then let it end; return how many kills met it alive."""
    chance, met = random.Random(seed), 0
    for _ in range(kills):
        met += stopped_once(folder, paths, chance.uniform(0.0, 0.25), signal.SIGKILL).returncode == -signal.SIGKILL
    assert run(str(folder), paths).same_bits(run(None, paths))
    return met


@pytest.mark.slow
def test_kills_at_random_moments_change_no_bit(tmp_path: Path) -> None:
    assert killed_until_done(tmp_path, 25_000, 2, seed=1) >= 1


@pytest.mark.slow
def test_fifty_kills_at_random_moments_change_no_bit(tmp_path: Path) -> None:
    met = sum(killed_until_done(tmp_path / str(k), 60_000, 10, seed=k) for k in range(6))
    assert met >= 50


def test_an_interrupt_ends_within_a_second_and_says_how_to_go_on(tmp_path: Path) -> None:
    stopped = stopped_once(tmp_path, 1_000_000, 1.0, signal.SIGINT)
    assert stopped.returncode != 0
    assert "which are kept; the same call with checkpoint=" in stopped.stderr
    assert float(stopped.args[0]) < 5.0, "a second, and the time that a busy machine may take"
    about, _ = unpack((tmp_path / "progress.fsp").read_bytes())
    assert about["done"]


def test_a_full_disk_leaves_the_last_checkpoint_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "SOONEST", 0.0)
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    simulate(paths=512, checkpoint=tmp_path)
    size = (tmp_path / "progress.fsp").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            simulate(paths=3_000, checkpoint=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)
    assert not list(tmp_path.glob(".*")), "nothing half-written is left"
    assert simulate(paths=3_000, checkpoint=tmp_path).same_bits(simulate(paths=3_000))


def test_a_process_that_fails_is_named_and_its_path_can_be_run_again() -> None:
    class Failing(Walk):
        def step(self, context: fs.Context, month: int) -> None:
            super().step(context, month)
            if month == 4:
                context.write("level")[:] = np.zeros((3, 7))

    scenario = fs.Scenario.of(toy_data(), (Failing, Sum))
    with pytest.raises(fs.ProcessError, match=r"walk\.step: must not raise, got ValueError: .*month 4, paths 0 to 19"):
        fs.simulate(scenario, paths=20)
    trace = fs.reproduce(scenario, path=3)
    assert "must not raise" in trace.error
    assert len(trace.labels) == 5
    assert "stopped" in repr(trace)


def test_a_stock_below_zero_is_refused() -> None:
    class Purse(fs.Process):
        name = section = "purse_of_toy"

        class Parameters(fs.Section):
            begin: fs.Ratio = fs.number(1.0, meaning="begin", assumption="toy")

        writes = (
            fs.Stock(name="purse", unit="bn USD", meaning="money", outcome=True, inflows=(), outflows=("spent",)),
            fs.Flow(name="spent", unit="bn USD per month", meaning="spent"),
        )

        def start(self, context: fs.Context) -> None:
            context.write("purse")[:] = context.parameter("begin")

        def step(self, context: fs.Context, month: int) -> None:
            context.write("spent")[:] = 0.4
            context.write("purse")[:] -= 0.4

    data = {"name": "toy", "start": "2025-01", "horizon": "2025-12", "nations": {"DEU": {"purse_of_toy": {}}}}
    with pytest.raises(
        fs.ProcessError, match=r"purse_of_toy: purse\[DEU\]: must be at least 0, being a stock, got -0.2"
    ):
        fs.simulate(fs.Scenario.of(data, (Purse,)), paths=3)


def test_a_path_run_again_is_the_path_of_the_run() -> None:
    result = simulate(paths=600)
    trace = fs.reproduce(toy_scenario(), path=517, seed=5)
    np.testing.assert_array_equal(trace.series("level", "FRA"), result.kept["level"][:, 1, 517])
    assert trace.to_dataframe().loc[("walk", "level", "FRA", 0), "2025-03"] == result.kept["level"][2, 1, 517]
    with pytest.raises(fs.ResultError):
        trace.series("nothing")


def test_only_what_is_asked_for_is_summarised() -> None:
    few = simulate(outcomes=["total"], keep="summary")
    assert list(few.outcomes) == ["total"]
    assert few.mean("total", at="2026-01") == simulate().mean("total", at="2026-01")
    assert fs.replay(few.manifest, processes=TOYS).same_bits(few)
    with pytest.raises(fs.ResultError, match="did you mean total"):
        simulate(outcomes=["totall"])
