"""Whatever does the work, the same result, every array of it.

All that a result holds is compared: summary, every kept path, events, names and labels, files on disk. The suite takes
each way of doing the work with each way of keeping paths, and each of both with outcomes of every kind; the slow tests
take all combinations.
"""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

import forcesim as fs
from forcesim.engine import recording
from tests.support.everything import assert_names_fit, assert_same
from tests.support.toys import toy_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np

PATHS, FEWER, BLOCK = 768, 512, 256


def biggest(month: fs.engine.Month) -> np.ndarray:
    return month.read("level").max(axis=0)


class Highest:
    """A function that stores something: the highest level of each path so far."""

    def __call__(self, month: fs.engine.Month) -> np.ndarray:
        now = month.read("level").max(axis=0)
        self.so_far = now if month.month == 0 else now.clip(min=self.so_far)
        return self.so_far


DERIVED = [
    fs.Derived("spread", "abs(level[DEU] - level[FRA])", unit="units", meaning="how far they are apart"),
    fs.Derived("ahead", "level[DEU] > level[FRA]"),
    fs.Derived("largest", biggest, unit="units"),
    fs.Derived("highest", Highest(), unit="units"),
]

CASES: dict[str, dict[str, Any]] = {
    "built-in": {
        "scenario": lambda: fs.load("seed-figures").with_policy("europe-100k"),
        "events": ["gap <= 450_000", "ratio > 0.6"],
        "room": 2_000_000,
        "name": "strength",
        "others": ["gap", "strength", "quality", "closed", "backstop"],
    },
    "own": {
        "scenario": toy_scenario,
        "events": ["total > 20", "level[DEU] > 8"],
        "room": 10_000_000,
        "name": "level",
        "others": ["sign", "total", "level"],
    },
    "derived": {
        "scenario": toy_scenario,
        "events": ["total > 20", "spread > 4"],
        "outcomes": ["sign", "level", *DERIVED, "total"],
        "room": 10_000_000,
        "name": "highest",
        "others": ["largest", "sign", "ahead", "total", "highest", "level"],
    },
}
"""What is run. Room for kept paths: in the built-in case some outcomes are not kept by default, and fewer of more paths;
in the others all are, the small ones and the large ones of a kind."""

KEEPS = ("none given", "summary", "paths", "zarr", "one name", "names in another order")
WAYS = ("threads", "thread pool", "forkserver", "spawn", "dask", "resumed", "extended")
ALL = [(way, keep, case) for way in WAYS for keep in KEEPS for case in CASES]
CHOSEN = [(way, keep, list(CASES)[(i + j) % len(CASES)]) for i, way in enumerate(WAYS) for j, keep in enumerate(KEEPS)]


class Bench:
    """The pools, opened when first asked for and shared by all tests of this file; and results to compare with."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack, self.number = folder, stack, count()
        self.pools: dict[str, Executor] = {}
        self.alone: dict[tuple[str, str], fs.Result] = {}

    def pool(self, way: str) -> Executor:
        if way not in self.pools:
            if way == "thread pool":
                pool: Any = ThreadPoolExecutor(2)
            elif way == "dask":
                distributed = pytest.importorskip("distributed")
                cluster = self.stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
                    )
                )
                pool = self.stack.enter_context(distributed.Client(cluster)).get_executor()
            else:
                pool = ProcessPoolExecutor(1, mp_context=get_context(way))
            self.pools[way] = self.stack.enter_context(pool)
        return self.pools[way]

    def place(self) -> Path:
        return self.folder / str(next(self.number))

    def options(self, case: str, keep: str) -> dict[str, Any]:
        about = CASES[case]
        found = {"paths": PATHS, "seed": 7, "block": BLOCK, "events": about["events"]}
        found["outcomes"] = about.get("outcomes")
        if keep == "zarr":
            pytest.importorskip("zarr")
            return {**found, "keep": "zarr", "store": self.place()}
        forms = {"none given": None, "one name": about["name"], "names in another order": about["others"]}
        return {**found, "keep": forms.get(keep, keep)}

    def by_itself(self, case: str, keep: str) -> fs.Result:
        if (case, keep) not in self.alone:
            options = {**self.options(case, keep), "block": 1024, "threads": 1}
            self.alone[case, keep] = fs.simulate(CASES[case]["scenario"](), **options)
        return self.alone[case, keep]

    def done(self, way: str, case: str, keep: str) -> fs.Result:
        scenario, options = CASES[case]["scenario"](), self.options(case, keep)
        if way == "threads":
            return fs.simulate(scenario, threads=3, **options)
        if way == "resumed":
            return resumed(scenario, self.place(), options)
        if way == "extended":
            options["checkpoint"] = self.place()
            fs.simulate(scenario, **{**options, "paths": FEWER})
            return fs.simulate(scenario, **options)
        return fs.simulate(scenario, executor=self.pool(way), threads=2, **options)


def resumed(scenario: fs.Scenario, folder: Path, options: dict[str, Any], **first: Any) -> fs.Result:
    """Stop a run after some blocks, and go on."""

    def stop(done: int, last: int) -> None:
        assert done < last
        raise KeyboardInterrupt

    with pytest.raises(fs.Interrupted, match="are kept"):
        fs.simulate(scenario, **{"threads": 1, **first}, checkpoint=folder, progress=stop, **options)
    return fs.simulate(scenario, checkpoint=folder, **options)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path_factory.mktemp("bench"), stack)


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda case: monkeypatch.setattr(recording, "KEPT_BYTES", CASES[case]["room"])


def check(bench: Bench, way: str, keep: str, case: str) -> None:
    if keep == "zarr" and way in ("resumed", "extended"):
        with pytest.raises(fs.ResultError, match="a checkpoint goes with other ways to keep"):
            bench.done("extended", case, keep)
        return
    alone = bench.by_itself(case, keep)
    assert_names_fit(alone)
    if keep == "none given":
        assert 0 < len(alone.kept) < len(alone.outcomes) + (case != "built-in")
    assert_same(bench.done(way, case, keep), alone)


def test_the_choice_has_every_pair() -> None:
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert {(c[one], c[other]) for c in CHOSEN} == {(c[one], c[other]) for c in ALL}


@pytest.mark.parametrize(("way", "keep", "case"), CHOSEN)
def test_whatever_does_the_work_the_result_is_the_same(
    bench: Bench, little_room, way: str, keep: str, case: str
) -> None:
    little_room(case)
    check(bench, way, keep, case)


@pytest.mark.slow
@pytest.mark.parametrize(("way", "keep", "case"), [one for one in ALL if one not in CHOSEN])
def test_all_other_combinations_give_the_same(bench: Bench, little_room, way: str, keep: str, case: str) -> None:
    little_room(case)
    check(bench, way, keep, case)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("keep", KEEPS)
def test_forked_workers_give_the_same(bench: Bench, little_room, keep: str) -> None:
    little_room("built-in")
    check(bench, "fork", keep, "built-in")


@pytest.mark.parametrize("case", CASES)
def test_what_a_pool_began_goes_on_without_it_and_back(bench: Bench, little_room, tmp_path: Path, case: str) -> None:
    little_room(case)
    options, alone = bench.options(case, "none given"), bench.by_itself(case, "none given")
    scenario, pool = CASES[case]["scenario"](), bench.pool("spawn")
    assert_same(resumed(scenario, tmp_path / "a", options, executor=pool), alone)
    fs.simulate(scenario, checkpoint=tmp_path / "b", **{**options, "paths": FEWER})
    assert_same(fs.simulate(scenario, checkpoint=tmp_path / "b", executor=pool, **options), alone)
