"""One suite over the whole catalogue: what every process must hold, the built-in ones and a plug-in."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

import forcesim as fs
from forcesim.processes.catalogue import Catalogue
from forcesim.processes.columns import all_columns
from forcesim.quantities import Value
from forcesim.state import Stock
from tests.support.whole import History, history

if TYPE_CHECKING:
    from forcesim.processes.process import Process, Section

CATALOGUE = Catalogue()
PROCESSES = [type(process) for process in CATALOGUE.processes]


def ids(process: type[Process]) -> str:
    return process.name


@pytest.fixture(scope="module", params=["status-quo", "all-in"])
def run(request: pytest.FixtureRequest) -> History:
    return history(fs.load("ukraine-2025").with_policy(request.param), paths=48, seed=11)


def test_the_catalogue_has_the_eight_processes() -> None:
    names = {process.name for process in PROCESSES}
    assert names == {
        "economy",
        "spending",
        "conflict",
        "personnel",
        "contingent",
        "industry",
        "resources",
        "balance",
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


def test_a_process_writes_its_own_rows_and_no_other() -> None:
    from forcesim.engine import Block, draw_keys
    from forcesim.plan import make_plan

    scenario = fs.load("ukraine-2025").with_policy("all-in")
    plan = make_plan(scenario)
    block = Block(plan, draw_keys(plan, 3), scenario.sampler(seed=3, paths=8)(0, 8), first=0, paths=8, noise=True)
    for month in range(4):
        for one in block.running:
            kind = type(one.step.process)
            own = np.zeros(plan.rows, dtype=bool)
            for place, series in enumerate(kind.writes, start=len(kind.reads)):
                for row in one.step.at[place]:
                    own[row : row + series.slots] = True
            seen = own.copy()
            seen[one.step.at[: len(kind.reads)]] = True
            before = block.state.copy()
            block.state[~seen] = np.nan  # what is not declared must not be looked at
            one.month(month, 0)
            assert np.isfinite(block.state[own]).all(), f"{kind.name} reads what it does not declare"
            after = block.state.copy()
            np.testing.assert_array_equal(after[seen & ~own], before[seen & ~own], err_msg=f"{kind.name} writes a read")
            block.state[~seen] = before[~seen]


@pytest.mark.parametrize("process", PROCESSES, ids=ids)
def test_every_parameter_and_draw_is_used(process: type[Process]) -> None:
    source = inspect.getsource(inspect.getmodule(process))
    fields = {column.path.split(".")[0].split("[")[0] for column in all_columns(process.Common, process.Parameters)}
    for name in fields | {draw.name for draw in process.draws}:
        uses = len(re.findall(rf"\b[PD]\.{name}\b|\(\"{name}\"\)|\.{name}\b", source))
        assert uses >= 1, f"{process.name}: {name} is declared and not used"


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
    names |= {series.name for series in process.writes} | {draw.name for draw in process.draws}
    missing = sorted(name for name in names if not re.search(rf"\b{name}\b", page))
    assert missing == [], f"{process.name}: not in the table of symbols"


@pytest.mark.parametrize("process", PROCESSES, ids=ids)
def test_names_follow_the_house(process: type[Process]) -> None:
    for draw in process.draws:
        assert draw.name.startswith(("z_", "u_"))
    for series in process.writes:
        assert series.unit
        assert series.meaning
