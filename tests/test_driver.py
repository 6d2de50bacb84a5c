"""The driver: by addresses and in plain Python it does the same, and the size of a block changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import forcesim as fs
from forcesim.addresses import address_of, invoke, part, sheet
from forcesim.engine import Block, draw_keys, driver
from forcesim.engine.layout import LARGEST, layout_of, tile_of
from forcesim.engine.recording import Recording
from forcesim.kernels import kernel, wide
from forcesim.plan import make_plan
from forcesim.processes.laws import unless_zero
from forcesim.summary import CHUNK
from tests.support.alone import without_compiler
from tests.support.laws import assert_same_bits
from tests.support.plugin import Refugees, with_refugees
from tests.support.toys import toy_scenario
from tests.support.whole import history
from tests.support.worlds import policy_of, worlds

if TYPE_CHECKING:
    from forcesim.plan import Plan

TYPES = "float64[::1], int64[:, ::1], float64"


@kernel
def scatter(out: Any, places: Any, value: float) -> None:
    """Write a number to some places."""
    for row in range(places.shape[0]):
        for column in range(places.shape[1]):
            out[places[row, column]] += value


@kernel
def by_address(address: int, out: Any, places: Any, value: float) -> None:
    """Call what stands at an address, with views."""
    invoke(address, (part(out, 2, 6), sheet(places, 1, 2, 2), value))


@kernel
def tripled(x: Any) -> None:
    """Multiply by three, with wide vectors."""
    wide()
    for i in range(x.shape[0]):
        x[i] = 3.0 * x[i]


@pytest.mark.parametrize("compiled", [True, False])
def test_a_call_by_address_works_on_views(monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    if not compiled:
        without_compiler(monkeypatch)
    out, places = np.zeros(9), np.array([7, 0, 5, 1, 0, 3])
    by_address(address_of(scatter, TYPES), out, places, 1.5)
    assert out.tolist() == [0, 0, 3.0, 1.5, 0, 0, 0, 1.5, 0]


@pytest.mark.parametrize("compiled", [True, False])
def test_wide_vectors_change_no_number(monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    if not compiled:
        without_compiler(monkeypatch)
    x = np.arange(77.0) / 7.0
    wanted = 3.0 * x
    tripled(x)
    assert_same_bits(x, wanted)


def run(plan: Plan, scenario: fs.Scenario, *, paths: int, months: int = 15) -> tuple[np.ndarray, Block]:
    sampled = scenario.sampler(seed=4, paths=paths)(0, paths)
    block = Block(plan, draw_keys(plan, 4), sampled, first=0, paths=paths, noise=scenario.noise)
    rows = []
    for month in range(min(months, plan.timeline.months)):
        block.month(month)
        rows.append(block.state.copy())
    return np.stack(rows), block


@settings(max_examples=6, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(worlds())
def test_compiled_and_plain_give_the_same_bits_in_worlds_at_random(data: dict[str, Any]) -> None:
    scenario = with_refugees(data, birth_chance=0.1).with_policy(policy_of(data))
    plan = make_plan(scenario)
    compiled, _ = run(plan, scenario, paths=3, months=14)
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_compiler(monkeypatch)
        plain, _ = run(plan, scenario, paths=3, months=14)
    assert_same_bits(compiled, plain)


def test_operations_one_by_one_give_the_bits_of_a_whole_month() -> None:
    scenario = fs.load("ukraine-2025").with_policy("all-in")
    plan = make_plan(scenario)
    whole, block = run(plan, scenario, paths=40)
    alone = Block(plan, block.layout.keys, block.sampled, first=0, paths=40, noise=True)
    passing = (driver.YEAR, driver.REST, driver.REFRESH)
    for month in range(len(whole)):
        alone.open(month)
        place, end = alone.layout.whole[month > 0]
        while place < end:
            behind = place + 1
            if alone.layout.table[place, driver.CODE] in passing:
                behind = int(alone.layout.table[place, driver.NEXT])
            alone.run(place, behind)
            place = behind
        assert_same_bits(alone.state, whole[month], f"month {month}")


def test_an_operation_left_out_is_seen() -> None:
    """The twin: without the stocks' move the numbers differ."""
    scenario = fs.load("ukraine-2025")
    plan = make_plan(scenario)
    whole, block = run(plan, scenario, paths=40, months=4)
    alone = Block(plan, block.layout.keys, block.sampled, first=0, paths=40, noise=True)
    for month in range(4):
        alone.open(month)
        begin, end = alone.layout.whole[month > 0]
        moves = [k for k in range(begin, end) if alone.layout.table[k, driver.CODE] == driver.MOVE]
        for last in (*moves, end):
            alone.run(begin, last)
            begin = last + 1
    assert (alone.state != whole[3]).any()


def test_the_size_of_a_block_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = fs.load("ukraine-2025").with_values({"horizon": "2027-02"})

    def found(tile: int) -> str:
        monkeypatch.setattr("forcesim.engine.recording.tile_of", lambda _: tile)
        return fs.simulate(scenario, paths=700, seed=5, threads=1, progress=False).manifest.digest

    wanted = found(LARGEST)
    assert [found(tile) for tile in (CHUNK, 2 * CHUNK)] == [wanted, wanted]
    assert found(CHUNK // 2 + 1) != wanted, "the twin: sums over other chunks differ in their last bits"


def test_small_blocks_for_many_rows_and_whole_ones_for_a_process_in_numpy() -> None:
    many, few = make_plan(fs.load("ukraine-2025")), make_plan(fs.load("seed-figures"))
    assert tile_of(many) % CHUNK == 0
    assert CHUNK <= tile_of(many) < tile_of(few) <= LARGEST
    assert tile_of(make_plan(toy_scenario())) == LARGEST


def test_the_months_of_the_bundled_processes_need_no_python() -> None:
    """A twin: an own process that moves a stock of another does."""
    for name, needed in (("ukraine-2025", False), ("ukraine-2026", False)):
        scenario = fs.load(name)
        plan = make_plan(scenario)
        layout = layout_of(plan, draw_keys(plan, 1), 256, noise=True, more_rows=0)
        assert (driver.PYTHON in layout.table[:, driver.CODE]) is needed
        assert (layout.table[:, driver.CODE] == driver.LOOK).sum() == 6, "three factors, in month 0 and in each month"
    plan = make_plan(toy_scenario())
    layout = layout_of(plan, draw_keys(plan, 1), 256, noise=True, more_rows=0)
    assert driver.PYTHON in layout.table[:, driver.CODE], "the twin: a process in NumPy"


def test_blocks_of_one_plan_and_size_share_their_layout_and_nothing_else() -> None:
    scenario = fs.load("seed-figures")
    recording = Recording(scenario, make_plan(scenario), paths=600, seed=1)
    one, other = recording.new_block(0, 256), recording.new_block(256, 512)
    assert one.layout is other.layout is layout_of(recording.plan, recording.keys, 256, noise=True, more_rows=0)
    assert recording.new_block(512, 600).layout is not one.layout
    one.month(0)
    for name in ("memory", "book", "flags", "written", "hand"):
        assert not np.shares_memory(getattr(one, name), getattr(other, name)), name
    assert other.written[:-1].max() == 0


def born(refugees: float, birth_chance: float) -> float:
    """Return births; too many are an error."""
    if birth_chance * refugees > 0.4:
        raise ValueError("too many")
    return 0.0


@pytest.mark.parametrize("compiled", [True, False])
def test_a_law_that_raises_is_named_with_its_process(monkeypatch: pytest.MonkeyPatch, compiled: bool) -> None:
    if not compiled:
        without_compiler(monkeypatch)
    month = (*Refugees.month[:-2], unless_zero("birth_chance", born), Refugees.month[-1])
    kind = type("Raising", (Refugees,), {"month": month})
    nations = {"DEU": {"refugees": {"birth_chance": 0.1}}}
    scenario = fs.Scenario.of({"name": "x", "start": "2025-01", "horizon": "2025-12", "nations": nations}, [kind])
    with pytest.raises(fs.ProcessError, match=r"refugees\.step: must not raise, got ValueError: too many; month 1"):
        history(scenario, paths=3)
