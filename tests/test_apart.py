"""What a process of a caller's own stores: each block has its own, so threads, blocks and executors change nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import forcesim as fs
from forcesim.engine import apart, block
from tests.support.everything import assert_same
from tests.support.toys import Sum, Walk, toy_data

if TYPE_CHECKING:
    from collections.abc import Callable

PATHS = 1_100


class OnSelf(Walk):
    """Stores last month's levels on ``self`` and pulls back to them."""

    def start(self, context: fs.Context) -> None:
        super().start(context)
        self.before = context.write("level").copy()

    def step(self, context: fs.Context, month: int) -> None:
        super().step(context, month)
        level = context.write("level")
        level[:] = 0.5 * level + 0.5 * self.before
        self.before = level.copy()


class SinceMade(Walk):
    """Counts its months from when it was made, and never begins anew."""

    def __init__(self) -> None:
        self.months, self.levels = 0, [0.0]

    def step(self, context: fs.Context, month: int) -> None:
        super().step(context, month)
        self.months += 1
        self.levels.append(float(self.months))
        context.write("level")[:] += sum(self.levels)


class OnClass(Walk):
    """Stores in a list and in an array that stand on its class."""

    seen: list[np.ndarray] = []  # noqa: RUF012 - the fault that is tried
    months = np.zeros(1)

    def step(self, context: fs.Context, month: int) -> None:
        super().step(context, month)
        self.seen.append(context.write("level").copy())
        self.months += 1
        context.write("level")[:] = 0.5 * (self.seen[-1] + self.seen[0]) + self.months


class ByInit(Walk):
    """Fills the list of its class when it is made."""

    weights: list[float] = []  # noqa: RUF012 - the fault that is tried

    def __init__(self) -> None:
        self.weights.append(1.0)

    def step(self, context: fs.Context, month: int) -> None:
        super().step(context, month)
        context.write("level")[:] += len(self.weights)


STORING = (OnSelf, SinceMade, OnClass, ByInit)


def run(kind: type[fs.Process], **more: Any) -> fs.Result:
    options = {"paths": PATHS, "seed": 3, "keep": "paths", "threads": 1, "block": 1280}
    return fs.simulate(fs.Scenario.of(toy_data(), (kind, Sum)), **{**options, **more})


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as found:
        yield found


@pytest.mark.parametrize("kind", STORING)
def test_what_a_process_stores_changes_nothing_by_threads_blocks_or_workers(kind: type[fs.Process], pool) -> None:
    one = run(kind)
    for threads, size in ((1, 256), (2, 256), (4, 256), (2, 512)):
        assert_same(run(kind, threads=threads, block=size), one)
    assert_same(run(kind, executor=pool, block=256), one)
    with ThreadPoolExecutor(3) as threads:
        assert_same(run(kind, executor=threads, block=256), one)
    assert_same(run(kind), one)
    trace = fs.reproduce(fs.Scenario.of(toy_data(), (kind, Sum)), path=517, seed=3)
    np.testing.assert_array_equal(trace.series("level", "FRA"), one.kept["level"][:, 1, 517])


@pytest.mark.parametrize("kind", [OnSelf, SinceMade])
def test_one_instance_for_all_blocks_would_show(kind: type[fs.Process], monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative twin: with the catalogue's instance in every block, what one block stores meets another."""
    monkeypatch.setattr(block, "own_instance", lambda process: process)
    monkeypatch.setattr(fs.engine.Block, "month", in_step(fs.engine.Block.month))
    with pytest.raises((AssertionError, fs.ProcessError)):
        assert_same(run(kind, threads=2, block=256), run(kind))


def in_step(month: Callable[..., None]) -> Callable[..., None]:
    """Have two threads take turns, so that what they share is mixed up whenever it can be."""
    turn = threading.Barrier(2)

    def taken(self: fs.engine.Block, number: int) -> None:
        if threading.current_thread().name.startswith("forcesim"):
            try:
                turn.wait(0.05)
            except threading.BrokenBarrierError:
                turn.reset()
        month(self, number)

    return taken


class ToClass(Walk):
    """Writes a number to its class."""

    steps = 0

    def step(self, context: fs.Context, month: int) -> None:
        super().step(context, month)
        ToClass.steps += 1


class ThroughClass(Walk):
    """Writes into a list of its class, by the name of the class."""

    seen: list[int] = []  # noqa: RUF012 - the fault that is tried

    def step(self, context: fs.Context, month: int) -> None:
        super().step(context, month)
        ThroughClass.seen.append(month)


class New(Walk):
    """Gives its class an attribute that it had not."""

    def step(self, context: fs.Context, month: int) -> None:
        super().step(context, month)
        type(self).level_of_all = context.write("level").mean() + month


@pytest.mark.parametrize(("kind", "name"), [(ToClass, "steps"), (ThroughClass, "seen"), (New, "level_of_all")])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_class_that_changes_in_a_run_is_refused(kind: type[fs.Process], name: str, threads: int) -> None:
    with pytest.raises(fs.ProcessError, match=rf"walk\.{name}: must not change on the class in a run.*store on self"):
        run(kind, threads=threads, block=256)


class Careful(Walk):
    """Has on its class what may stand there: tables, helpers, a lock, a list that nobody writes to."""

    table = {"fast": 2.0}  # noqa: RUF012 - nobody writes to it
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    lock = threading.Lock()

    @property
    def speed(self) -> float:
        return self.table["fast"]

    @staticmethod
    def twice(x: np.ndarray) -> np.ndarray:
        return 2 * x

    def step(self, context: fs.Context, month: int) -> None:
        super().step(context, month)
        with self.lock:
            context.write("level")[:] += self.speed * self.twice(self.fixed[1])


def test_what_may_stand_on_a_class_stays() -> None:
    assert_same(run(Careful, threads=3, block=256), run(Careful))
    found = apart.own_instance(Careful())
    assert found.fixed is Careful.fixed
    assert found.lock is Careful.lock
    assert found.table is not Careful.table


def test_a_built_in_process_is_its_own() -> None:
    process = next(iter(fs.load("seed-figures").processes()))
    assert apart.own_instance(process) is process


def test_a_process_that_cannot_be_made_again_is_named() -> None:
    class Once(Walk):
        made = [0]  # noqa: RUF012 - the fault that is tried

        def __init__(self) -> None:
            if Once.made[0] > 0:
                raise OSError("the table is gone")

    scenario = fs.Scenario.of(toy_data(), (Once, Sum))
    Once.made[0] = 1
    with pytest.raises(fs.ProcessError, match=r"walk\.__init__: must not raise, got OSError: the table is gone"):
        fs.simulate(scenario, paths=20)


class Storing:
    """A function over outcomes that counts its months, whatever block they are of."""

    def __init__(self) -> None:
        self.months = 0

    def __call__(self, month: fs.engine.Month) -> np.ndarray:
        self.months += 1
        return month.read("total") + self.months


def test_what_a_derived_outcome_stores_changes_nothing_either(pool, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, outcomes = fs.Scenario.of(toy_data(), (Walk, Sum)), ["total", fs.Derived("counted", Storing())]

    def counted(**more: Any) -> fs.Result:
        return fs.simulate(scenario, **{"paths": PATHS, "outcomes": outcomes, "threads": 1, "block": 1280, **more})

    one = counted()
    for threads in (1, 2, 4):
        assert_same(counted(threads=threads, block=256), one)
    assert_same(counted(executor=pool, block=256), one)
    monkeypatch.setattr(fs.Derived, "apart", lambda self: self)
    assert not counted(block=256).same_bits(one), "the twin: one object for all blocks"


def test_a_derived_outcome_that_cannot_be_copied_is_refused() -> None:
    class Locked(Storing):
        def __init__(self) -> None:
            super().__init__()
            self.lock = threading.Lock()

    scenario = fs.Scenario.of(toy_data(), (Walk, Sum))
    with pytest.raises(
        fs.ProcessError, match=r"outcomes\.counted: must be a function, or an object that can be copied"
    ):
        fs.simulate(scenario, paths=20, outcomes=[fs.Derived("counted", Locked())])
