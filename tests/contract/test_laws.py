"""Three ways in which laws run give the same bits: compiled, in plain Python, and called by the names of arguments."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

import forcesim as fs
from forcesim.engine.counting import counts, hands_on
from forcesim.engine.loops import add_up, loop_of, move_stocks
from forcesim.kernels import law
from forcesim.plan import make_plan
from forcesim.processes import leaving, personnel
from forcesim.processes.laws import as_law, results_of, takes_of, times
from forcesim.program import Loop, Places
from forcesim.randomness.variates import binomial
from tests.support import plugin
from tests.support.laws import assert_same_bits
from tests.support.loops import Bench, Numbers, loops_of

if TYPE_CHECKING:
    from forcesim.kernels import Compiled
    from forcesim.processes.process import Process

SIZES = (1, 33, 130)
"""Paths: less than any strip, one more than the shortest, and one more pair than the longest."""


@cache
def loops() -> dict[str, tuple[type[Process], Loop]]:
    """Return each loop of the bundled scenario and of the plug-in, by a name of its own."""
    found: dict[str, tuple[type[Process], Loop]] = {}
    data = {"name": "x", "start": "2025-01", "horizon": "2025-12", "nations": {"DEU": {}}}
    for plan in (make_plan(fs.load("ukraine-2025")), make_plan(plugin.with_refugees(data))):
        for kind, loop in loops_of(plan):
            name = f"{kind.name}: {', '.join(loop.names)}"
            found[name if name not in found else f"{name} again"] = kind, loop
    return found


def bench_of(name: str, seed: int, *, paths: int, few: bool) -> Bench:
    kind, loop = loops()[name]
    rng = np.random.default_rng(seed)
    return Bench(loop, Numbers(kind, rng, few=few).of, rng, paths=paths, columns=3)


def test_the_loops_hold_every_law_of_the_catalogue() -> None:
    run = {one for _, loop in loops().values() for one, _, _ in loop.laws}
    declared = {
        as_law(getattr(law, "law", law))
        for kind in {kind for kind, _ in loops().values()}
        for law in flat((*kind.opening, *kind.month))
    }
    assert declared | {times} == run, "and the product by which factors act"
    assert len(run) > 45


def flat(stages: tuple[object, ...]) -> list[object]:
    """Return the laws among the stages of a month."""
    found: list[object] = []
    for one in stages:
        if hasattr(one, "laws"):
            found += flat(one.laws)
        elif hasattr(one, "law") or callable(one):
            found.append(one)
    return found


@pytest.mark.parametrize("name", loops())
def test_compiled_plain_and_by_hand_give_the_same_bits(name: str) -> None:
    for paths in SIZES:
        for few in (False, True):
            bench = bench_of(name, paths + few, paths=paths, few=few)
            plain = bench.plain()
            assert np.isfinite(plain).all()
            assert_same_bits(bench.compiled(), plain, f"{name}, compiled, {paths} paths")
            assert_same_bits(bench.by_hand(), plain, f"{name}, by hand, {paths} paths")


def test_a_column_that_does_not_run_is_left_alone() -> None:
    bench = bench_of("personnel: fixed", 1, paths=33, few=False)
    left = bench.compiled()[bench.into[:, 0].min() :].reshape(len(bench.outs), bench.columns, -1)
    assert (left[:, -1] == -7.5).all()
    assert (left[:, :-1] != -7.5).all()


def test_a_column_runs_again_only_when_something_that_it_takes_was_written() -> None:
    bench, runs = bench_of("economy: gdp", 1, paths=33, few=False), []
    table, written, run = bench.table(), np.zeros(4, dtype=np.int64), loop_of(bench.loop)
    table[4:6] = [[0, 1, 2], [3, 3, 3]]  # the rows of gdp and of the month's factor
    table[7] = -1
    for now, parameter, touched in ((2, 0, ()), (4, 0, ()), (6, 0, (1,)), (8, 7, ()), (10, 7, (3,)), (12, 7, ())):
        written[list(touched)] = now - 1
        before = table[-1].copy()
        run(bench.memory, table, written, np.ones(3, dtype=np.bool_), bench.paths, now, parameter)
        runs.append((table[-1] != before).tolist())
    assert runs == [[True] * 3, [False] * 3, [False, True, False], [True] * 3, [True] * 3, [False] * 3]


def test_a_law_that_differs_is_seen() -> None:
    """The twin: the same loop with another law does not give the same bits."""
    bench = bench_of("economy: gdp", 1, paths=33, few=False)
    other = law(lambda gdp, monthly_factor: gdp * monthly_factor * (1 + 1e-15))
    (one,) = bench.loop.laws
    changed = dataclasses.replace(bench.loop, laws=[(other, *one[1:])])
    found = Bench.plain(bench)
    bench.loop = changed
    with pytest.raises(AssertionError, match="numbers differ"):
        assert_same_bits(found, bench.plain())


class Two(NamedTuple):
    first: float
    second: float


@law
def counted(n: float, p: float, z: float) -> float:
    return binomial(n, p, z)


@law
def passed_on(n: float, p: float, z: float) -> Two:
    gone = binomial(n, p, z)
    left = n - gone
    return Two(gone, left + binomial(left, p, -z))


@law
def by_helper(n: float, p: float, z: float) -> float:
    return 2.0 * counted(n, p, z) + 1.0


@law
def bounded(n: float, p: float, z: float) -> float:
    return min(0.5 * n, binomial(n, p, z))


@law
def compared(n: float, p: float, z: float) -> float:
    return 1.0 if binomial(n, p, z) > 0.0 else 0.0


@law
def hidden_by_a_field(n: float, p: float, z: float) -> Two:
    gone = binomial(n, p, z)
    return Two(max(0.0, gone), n)


@law
def given_twice(n: float, p: float, z: float) -> float:
    gone = binomial(n, p, z)
    gone = max(gone, 1.0)
    return gone  # noqa: RET504 - the name is given twice


@law
def one_of_two_returns(n: float, p: float, z: float) -> float:
    gone = binomial(n, p, z)
    if gone > 3.0:
        return 3.0
    return gone


@law
def by_a_helper_that_hides(n: float, p: float, z: float) -> float:
    return bounded(n, p, z) + n


@law
def never_given(n: float, p: float, z: float) -> float:
    gone = binomial(n, p, z)
    return n if gone >= 0.0 else -1.0


SHOWN: dict[Compiled[..., object], bool] = {
    counted: True, passed_on: True, by_helper: True, bounded: False, compared: False, hidden_by_a_field: False,
    given_twice: False, one_of_two_returns: False, by_a_helper_that_hides: False, never_given: False,
}  # fmt: skip


@pytest.mark.parametrize("one", SHOWN, ids=lambda one: one.__name__)
@pytest.mark.parametrize("paths", SIZES)
def test_small_counts_are_exact_whatever_a_law_does_with_them(one: Compiled[..., object], paths: int) -> None:
    rng = np.random.default_rng(paths)
    loop = Loop("counts", 1)
    takes = tuple(loop.row() for _ in takes_of(one))
    gives = tuple(loop.row() for _ in results_of(one))
    nowhere = Places("state", np.zeros(1, dtype=np.int64))
    loop.laws.append((one, takes, gives))
    loop.takes = dict.fromkeys(takes, nowhere)
    loop.gives = {name: (row, nowhere) for name, row in zip(results_of(one), gives, strict=True)}

    def numbers(name: str, count: int) -> np.ndarray:
        if name == "n":
            return rng.integers(0, 41, count).astype(float)
        return rng.choice([0.0, 0.01, 0.3, 0.97, 1.0], count) if name == "p" else rng.normal(0.0, 2.0, count)

    bench = Bench(loop, numbers, rng, paths=paths, columns=4)
    assert_same_bits(bench.compiled(), bench.plain(), one.__name__)
    assert_same_bits(bench.by_hand(), bench.plain(), one.__name__)


def test_the_fast_form_is_used_only_where_a_result_shows_each_count() -> None:
    assert {one.__name__: hands_on(one) for one in SHOWN} == {one.__name__: shown for one, shown in SHOWN.items()}
    armies = [leaving.depart, leaving.recover, leaving.arrive, leaving.tell, leaving.settle, personnel.recruit]
    assert [counts(one) and hands_on(one) for one in armies] == [
        True
    ] * 6  # else an army's month takes several times as long


def test_sums_and_stocks_take_their_members_in_order_however_many_there_are() -> None:
    """Members that cancel show the order; two are parameters, one is absent. A twin: another order gives other bits."""
    rng, paths, count = np.random.default_rng(4), 37, 11
    values = rng.normal(size=(count, paths)) * 10.0 ** rng.integers(-8, 9, (count, 1))
    for members in range(1, count + 1):
        memory = np.concatenate([values.ravel(), np.zeros(paths)])
        stride = np.ones((1, members), dtype=np.int64)
        stride[0, 5:7] = 0
        offset = np.arange(members).reshape(1, -1) * paths
        offset[0, 2:3] = -1
        sums = np.array([[count * paths], [-1], [-1]])
        add_up(memory, offset, stride, np.full((1, members), -1), sums, np.zeros(1, dtype=np.int64), paths, 1, 1)
        wanted, turned = np.zeros(paths), np.zeros(paths)
        rows = [values[k] if k not in (5, 6) else np.full(paths, values[k, 0]) for k in range(members) if k != 2]
        for one, other in zip(rows, rows[::-1], strict=True):
            wanted, turned = wanted + one, turned + other
        assert_same_bits(memory[-paths:], wanted, f"a sum of {members}")
        assert members < 5 or (turned != wanted).any()
        flows, signs = np.full((1, count + 1), -1), np.where(np.arange(count + 1) % 3, 1.0, -1.0).reshape(1, -1)
        flows[0, :members] = np.arange(members) * paths
        memory[-paths:] = stock = np.full(paths, 1e12)
        move_stocks(memory, np.array([count * paths]), flows, signs, paths)
        for k in range(members):
            stock = stock + signs[0, k] * values[k]
        assert_same_bits(memory[-paths:], stock, f"a stock of {members} flows")


@pytest.mark.parametrize(("beyond", "left"), [(0.0, 0.0), (1e-6, -1e-6)])
def test_a_stock_that_rounded_flows_empty_is_empty_and_one_that_is_overdrawn_is_not(beyond: float, left: float) -> None:
    memory = np.repeat([0.3, 0.1, 0.2 + beyond, 0.0], 4)
    assert 0.3 - 0.1 - 0.2 < 0.0
    move_stocks(memory, np.array([0]), np.array([[4, 8, -1]]), np.array([[-1.0, -1.0, 1.0]]), 4)
    assert memory[:4] == pytest.approx(left, rel=1e-6, abs=0.0)
