"""One suite over the whole catalogue: what every process must hold, the built-in ones and a plug-in."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import forcesim as fs
from forcesim.engine import Block, draw_keys
from forcesim.plan import make_plan
from forcesim.processes.catalogue import Catalogue
from forcesim.processes.columns import all_columns
from forcesim.processes.laws import (
    WORDS,
    Items,
    OverItems,
    Rest,
    Stage,
    Total,
    World,
    Yearly,
    as_law,
    results_of,
    takes_of,
)
from forcesim.quantities import Value
from forcesim.state import Stock
from tests.support.plugin import Refugees, with_refugees
from tests.support.whole import History, history

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forcesim.processes.process import Process, Section

CATALOGUE = Catalogue()
PROCESSES = [type(process) for process in CATALOGUE.processes]


def ids(process: type[Process]) -> str:
    return process.name


@pytest.fixture(scope="module", params=["status-quo", "all-in"])
def run(request: pytest.FixtureRequest) -> History:
    return history(fs.load("ukraine-2025").with_policy(request.param), paths=48, seed=11)


def test_the_catalogue_has_these_processes() -> None:
    names = {process.name for process in PROCESSES}
    assert names == {
        "absence",
        "exchange",
        "recruiting",
        "economy",
        "spending",
        "conflict",
        "front",
        "personnel",
        "contingent",
        "generation",
        "industry",
        "resources",
        "balance",
        "aid",
        "debt",
    }


def test_stocks_close_by_their_declared_flows(run: History) -> None:
    closed = 0
    for process in PROCESSES:
        for series in process.writes:
            if not isinstance(series, Stock):
                continue
            level = run.series(series.name)
            change = np.diff(level, axis=0)
            flows = np.zeros_like(level)
            for name in series.inflows:
                flows += run.series(name)
            for name in series.outflows:
                flows -= run.series(name)
            if series.unit == "persons":
                np.testing.assert_array_equal(change, flows[1:], err_msg=series.name)
                np.testing.assert_array_equal(level, np.floor(level), err_msg=series.name)
            else:
                np.testing.assert_allclose(change, flows[1:], atol=1e-9, rtol=1e-9, err_msg=series.name)
            assert level.min() >= 0, series.name
            closed += 1
    assert closed >= 8


def test_everything_is_finite(run: History) -> None:
    assert np.isfinite(run.rows).all()


def look_at(block: Block, place: int, month: int, *, reads: bool = True) -> None:
    """Run a month of one process while all memory that it does not declare holds nan; nothing else may change.

    Its own are its series, parameters, constants and scratch rows; the month's draws are made anew.
    """
    step, places, memory, paths = block.plan.steps[place], block.layout.places, block.memory, block.state.shape[1]
    kind = type(step.process)
    own, seen = np.zeros(len(memory), dtype=bool), np.zeros(len(memory), dtype=bool)
    rows = own[: block.state.size].reshape(block.state.shape)
    for series_at, series in zip(step.at[len(kind.reads) :], kind.writes, strict=True):
        for row in series_at:
            rows[row : row + series.slots] = True
    written = np.flatnonzero(own)
    own[places.steps[place] : places.steps[place] + step.room(paths)] = True
    seen[places.words : places.words + len(WORDS)] = True
    seen[places.end :] = True  # what operations bring along
    seen[: block.state.size].reshape(block.state.shape)[step.at[: len(kind.reads)]] = reads
    for row, _ in block.plan.standing:  # what stands in place of a series that nobody writes
        seen[: block.state.size].reshape(block.state.shape)[row] = True
    for other in block.plan.steps:  # the factors of others on its parameters
        makes = type(other.process)
        for series_at, series in zip(other.at[len(makes.reads) :], makes.writes, strict=True):
            if isinstance(series, fs.Factor) and series.on.split(".")[0] == kind.section:
                seen[: block.state.size].reshape(block.state.shape)[series_at] = True
    before = memory.copy()
    memory[~own & ~seen] = np.nan
    begin, _, end = block.layout.steps[month > 0][place]
    block.run(begin, end)
    assert np.isfinite(memory[written]).all(), f"{kind.name} reads what it does not declare"
    drawn = slice(places.drawn, places.words)
    memory[drawn] = before[drawn]
    np.testing.assert_array_equal(memory[seen & ~own], before[seen & ~own], err_msg=f"{kind.name} writes what it reads")
    assert np.isnan(np.delete(memory, drawn)[np.delete(~own & ~seen, drawn)]).all(), f"{kind.name} writes to others"
    memory[~own] = before[~own]


def a_block() -> Block:
    scenario = with_refugees(fs.load("ukraine-2025").in_full(), birth_chance=0.1).with_policy("all-in")
    plan = make_plan(scenario)
    sampled = scenario.sampler(seed=3, paths=8)(0, 8)
    return Block(plan, draw_keys(plan, 3), sampled, first=0, paths=8, noise=True)


def test_a_process_writes_its_own_rows_and_reads_what_it_declares() -> None:
    block = a_block()
    assert len(block.plan.steps) == len(WITH_PLUGIN)
    for month in range(14):
        block.open(month)
        for place in range(len(block.plan.steps)):
            look_at(block, place, month)


def test_a_read_that_is_not_declared_is_found() -> None:
    """The twin: the month of a process whose reads count as undeclared."""
    block = a_block()
    block.month(0)
    block.open(1)
    found = next(place for place, step in enumerate(block.plan.steps) if step.process.name == "spending")
    with pytest.raises(AssertionError, match="spending reads what it does not declare"):
        look_at(block, found, 1, reads=False)


WITH_PLUGIN = [*PROCESSES, Refugees]


def names_of(kind: type[Process]) -> tuple[set[str], set[str], set[str]]:
    """Return what the laws of a process take, what they give, and the items over which they run."""
    takes, gives, items = set[str](), set[str](), set[str]()

    def over(some: Items | None) -> None:
        items.update(some.names if some is not None else ())

    def walk(stages: Iterable[Any]) -> None:
        for stage in stages:
            match stage:
                case Yearly(laws):
                    walk(laws)
                case Rest(names, laws):
                    takes.update(names)
                    walk(laws)
                case Total(name, of, some):
                    takes.add(of)
                    gives.add(name)
                    over(some)
                case Stage():
                    takes.update(stage.takes, stage.takes_of_item)
                    gives.update(stage.gives)
                    over(stage.over)
                case _:
                    some = stage.items if isinstance(stage, OverItems) else None
                    one = stage.law if isinstance(stage, OverItems | World) else as_law(stage)
                    over(some)
                    takes.update(takes_of(one))
                    gives.update(results_of(one))
                    for name, spelled in (some.writes if some is not None else {}).items():
                        gives.update(spelled.format(item) for item in some.names if name in results_of(one))

    walk((*kind.opening, *kind.month))
    return takes, gives, items


def parameters_of(kind: type[Process]) -> tuple[set[str], set[str]]:
    """Return the numbers of a process as laws name them, and the tuples of sections that it counts."""
    paths = [column.path for column in all_columns(kind.Common, kind.Parameters)]
    counted = {path.removesuffix(".count") for path in paths if path.endswith(".count")}
    return {path.split(".")[-1] for path in paths if not path.endswith(".count")}, counted


def unused(kind: type[Process]) -> set[str]:
    """Return what a process declares and no law uses; a number of a series' own name is where it starts."""
    takes, _, items = names_of(kind)
    numbers, counted = parameters_of(kind)
    series = {series.name for series in kind.writes}
    declared = {draw.name for draw in kind.draws} | {read.name for read in kind.reads} | (numbers - series)
    return (declared - takes) | (counted - items)


def not_given(kind: type[Process]) -> set[str]:
    """Return the series that no law gives, no flow moves, and that do not stay as they began."""
    _, gives, _ = names_of(kind)
    stocks = {one.name for one in kind.writes if isinstance(one, Stock) and (*one.inflows, *one.outflows)}
    return {series.name for series in kind.writes} - gives - stocks - parameters_of(kind)[0]


def not_bound(kind: type[Process]) -> set[str]:
    """Return the names that laws take and nobody has."""
    takes, gives, _ = names_of(kind)
    numbers, counted = parameters_of(kind)
    series = {one.name for one in (*kind.reads, *kind.writes)} | {draw.name for draw in kind.draws}
    return takes - gives - numbers - {f"{name}_count" for name in counted} - series - set(WORDS)


@pytest.mark.parametrize("process", WITH_PLUGIN, ids=ids)
def test_everything_declared_is_used_everything_named_is_there(process: type[Process]) -> None:
    assert unused(process) == set()
    assert not_given(process) == set()
    assert not_bound(process) == set()


def test_what_is_not_used_not_given_or_not_there_is_found() -> None:
    """The twin: one declaration too many, or a law too few."""
    economy = built("economy")
    more = type("More", (economy,), {"draws": (*economy.draws, fs.Draw("z_new"))})
    assert unused(more) == {"z_new"}
    fewer = type("Fewer", (economy,), {"month": economy.month[:-1], "opening": ()})
    assert unused(fewer) == {"phase", "war_drag", "recovery_months"}
    assert not_given(type("Nothing", (Refugees,), {"month": Refugees.month[1:]})) == {"cold"}
    assert not_bound(type("Unbound", (Refugees,), {"month": Refugees.month[4:]})) == {"beds_of_all", "hardship"}


def built(name: str) -> type[Process]:
    return next(kind for kind in PROCESSES if kind.name == name)


@pytest.mark.parametrize("process", PROCESSES, ids=ids)
def test_every_default_has_a_source_or_is_an_assumption(process: type[Process]) -> None:
    def walk(model: type[Section], place: str) -> list[str]:
        bare = []
        for name, field in model.model_fields.items():
            default = field.default
            if isinstance(default, Value) and not (default.source or default.assumption):
                bare.append(f"{place}.{name}")
            assert field.description or not isinstance(default, Value), f"{place}.{name} has no meaning"
        return bare

    models = [model for model in (process.Common, process.Parameters) if model is not None]
    assert [place for model in models for place in walk(model, process.name)] == []


@pytest.mark.parametrize("process", PROCESSES, ids=ids)
def test_the_docstring_names_every_parameter_series_and_draw(process: type[Process]) -> None:
    page = inspect.getmodule(process).__doc__ or ""
    names = {column.path.split(".")[0].split("[")[0] for column in all_columns(process.Common, process.Parameters)}
    names |= {draw.name for draw in process.draws}
    names |= {re.sub(r"_\d+_", "_1_", series.name) for series in process.writes}  # the page names the first of many
    missing = sorted(name for name in names if not re.search(rf"\b{name}\b", page))
    assert missing == [], f"{process.name}: not in the table of symbols"


@pytest.mark.parametrize("process", PROCESSES, ids=ids)
def test_names_follow_the_house(process: type[Process]) -> None:
    for draw in process.draws:
        assert draw.name.startswith(("z_", "u_"))
    for series in process.writes:
        assert series.unit
        assert series.meaning
