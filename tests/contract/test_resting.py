"""Laws that rest change nothing: with none ever resting, every row of every month is the same to the last bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import forcesim as fs
from forcesim.engine import Block, driver
from forcesim.engine.programs import Writer
from forcesim.processes.laws import unless_zero
from forcesim.state import Stock
from tests.support.laws import assert_same_bits
from tests.support.plugin import Refugees, born, with_refugees
from tests.support.whole import History, history
from tests.support.worlds import COMES_AND_GOES, comes_and_goes, policy_of, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator

NEW = {"birth_chance": {"schedule": {"2025-01": 0, "2025-03": 0.3, "2025-05": 0, "2025-07": 0.1}}}
ONE_PATH_IN_TWO = {"birth_chance": {"discrete": {"values": [0, 0.2], "weights": [1, 1]}}}


class Awake:
    """Counts how often columns rest, and can keep all of them from it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.never_rest, self.rested = False, 0
        watched, month = Writer._watched, Block.month

        def watch_more(writer: Any, one: Any) -> Any:
            found, steady, own = watched(writer, one)
            if not self.never_rest:
                return found, steady, own
            at, by = (np.full(len(found[0][0]), number) for number in (writer.tables.number([1.0]), 0))
            return [*found, (at, by)], [*steady, False], [*own, False]

        def count(block: Block, number: int) -> None:
            month(block, number)
            begin, end = block.layout.whole[number > 0]
            for op in block.layout.table[begin:end]:
                if op[driver.CODE] == driver.REST:
                    runs = op[driver.FLAGS] + 2 * op[driver.COLUMNS]
                    self.rested += int((~block.flags[runs : runs + op[driver.COLUMNS]]).sum())

        monkeypatch.setattr(Writer, "_watched", watch_more)
        monkeypatch.setattr(Block, "month", count)

    def both(self, scenario: fs.Scenario, **more: Any) -> tuple[History, History]:
        """Return a run in which laws rest, and one in which none does."""
        self.never_rest = False
        found = history(scenario, **more)
        self.never_rest = True
        return found, history(scenario, **more)


@pytest.fixture
def awake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Awake]:
    return Awake(monkeypatch)


@pytest.mark.parametrize("noise", [True, False])
@pytest.mark.parametrize("policy", ["status-quo", "all-in", "two-percent", "nato-in-ukraine"])
def test_the_bundled_scenario_is_the_same_without_rest(awake: Awake, policy: str, noise: bool) -> None:
    scenario = fs.load("ukraine-2025").with_policy(policy)
    resting, other = awake.both(scenario if noise else scenario.without_noise(), paths=48 if noise else 1, seed=2)
    assert awake.rested > 0
    assert_same_bits(resting.rows, other.rows, policy)


@pytest.mark.parametrize("numbers", [NEW, ONE_PATH_IN_TWO], ids=["by date", "by path"])
@pytest.mark.parametrize("name", COMES_AND_GOES)
def test_what_comes_and_goes_is_the_same_without_rest(awake: Awake, name: str, numbers: dict[str, Any]) -> None:
    resting, other = awake.both(with_refugees(comes_and_goes(name), **numbers), paths=33, seed=3)
    assert resting.series("born").any()
    assert_same_bits(resting.rows, other.rows, name)


@settings(max_examples=8, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(worlds())
def test_worlds_at_random_are_the_same_without_rest(data: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        scenario = with_refugees(data, **NEW).with_policy(policy_of(data))
        resting, other = Awake(monkeypatch).both(scenario, paths=33, seed=3)
    assert_same_bits(resting.rows, other.rows)
    check_stocks(resting)


def check_stocks(found: History) -> None:
    """Check that each stock moves by its declared flows, in each month and on each path; counts exactly."""
    for step in found.plan.steps:
        for stock in (one for one in step.process.writes if isinstance(one, Stock)):
            level = found.series(stock.name)
            change, size = np.zeros_like(level), np.abs(level)
            for sign, names in ((1.0, stock.inflows), (-1.0, stock.outflows)):
                for flow in names:
                    values = found.series(flow)
                    values = values if stock.scope == "nation" else values.sum(axis=1, keepdims=True)
                    change, size = change + sign * values, size + np.abs(values)
            off = np.abs(np.diff(level, axis=0) - change[1:])
            allowed = 0.0 if stock.storage == "count" or stock.unit == "persons" else 1e-12 * size[1:]
            assert (off <= allowed).all(), f"{stock.name}: {off.max()}"


def test_a_stock_that_leaks_is_found() -> None:
    """The twin: one person more in one month on one path."""
    data = {"name": "x", "start": "2025-01", "horizon": "2025-12", "nations": {"DEU": {}, "POL": {}}}
    found = history(with_refugees(data, **NEW), paths=33)
    check_stocks(found)
    place = next(row for (name, who), row in found.plan.row_of.items() if (name, who) == ("refugees", "POL"))
    found.rows[5, place, 7] += 1.0
    with pytest.raises(AssertionError, match=r"refugees: 1\.0"):
        check_stocks(found)


def ageing(born: float, refugees: float) -> float:
    """Return something that is not 0 while births are."""
    return born + 0.01 * refugees


def test_laws_that_must_not_rest_are_found(awake: Awake) -> None:
    """The twin: laws under unless_zero that change something while what they watch is 0."""
    kind = type("Wrong", (Refugees,), {
        "writes": (*Refugees.writes, fs.Indicator(name="ageing", unit="persons", meaning="ages")),
        "month": (*Refugees.month[:-2], unless_zero("birth_chance", born, ageing), Refugees.month[-1]),
    })  # fmt: skip
    data = {"name": "x", "start": "2025-01", "horizon": "2025-12", "nations": {"DEU": {"refugees": NEW}}}
    resting, other = awake.both(fs.Scenario.of(data, [kind]), paths=33)
    with pytest.raises(AssertionError, match="numbers differ"):
        assert_same_bits(resting.rows, other.rows)


def test_a_stock_of_the_world_moves_by_the_flows_of_all_nations() -> None:
    everybody = Stock(name="everybody", unit="persons", meaning="in all camps", scope="world", storage="count",
                      inflows=("fled", "born"), outflows=("homeward",))  # fmt: skip
    kind = type("Whole", (Refugees,), {"writes": (*Refugees.writes, everybody)})
    data = {"name": "x", "start": "2025-01", "horizon": "2025-12"}
    nations = {name: {"refugees": NEW} for name in ("DEU", "FRA", "POL")}
    found = history(fs.Scenario.of({**data, "nations": nations}, [kind]), paths=33)
    check_stocks(found)
    assert found.series("everybody")[-1].max() > 0
