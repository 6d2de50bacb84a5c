"""What a user may send to a worker can be pickled and copied, and is the same afterwards."""

from __future__ import annotations

import copy
import inspect
import pickle
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr

import forcesim as fs
from forcesim import errors, evidence, rotation, tables
from forcesim.evidence.published_cases import bundled_cases
from forcesim.state import Flow, Indicator, Read, Stock
from tests.support.garrison import garrisons
from tests.support.toys import Walk, toy_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

STUDY: dict[str, Any] = {
    "days": 60,
    "policies": {"p": {"tour": 30}},
    "units": [{"name": "a", "type": "t", "policy": "p"}],
}


@cache
def result() -> fs.Result:
    return fs.simulate(toy_scenario(), paths=256, seed=3, keep="paths", events=["total > 0"])


def doubled(months: Any) -> Any:
    return months["total"] * 2


THINGS: dict[str, Callable[[], Any]] = {
    "row": lambda: fs.table("nations")[0],
    "table": lambda: fs.table("nations"),
    "schema": lambda: tables.schema("nations"),
    "figure": lambda: tables.lookup("FG004"),
    "views": lambda: evidence.parameter("FG004"),
    "case": lambda: bundled_cases()[0],
    "scenario": lambda: fs.load("ukraine-2025"),
    "scenario under policies": lambda: fs.load("ukraine-2025").with_policy("two-percent", "five-percent"),
    "scenario of own processes": garrisons,
    "nation": lambda: fs.load("ukraine-2025").nations["UKR"],
    "nation of own processes": lambda: garrisons().nations["DEU"],
    "nations": lambda: fs.load("ukraine-2025").nations,
    "section": lambda: fs.load("ukraine-2025").nations["UKR"].army,
    "policy": lambda: fs.load("ukraine-2025").policies["all-in"],
    "policies": lambda: fs.load("ukraine-2025").policies,
    "setting": lambda: fs.Setting(lever="x", set=1.0, start="2027-01"),
    "value": lambda: fs.Value.model_validate({"triangular": [1, 2, 3], "source": "FG001"}),
    "distribution": lambda: next(iter(fs.load("ukraine-2025").uncertain().values())),
    "number": lambda: next(iter(fs.load("ukraine-2025").numbers())),
    "timeline": lambda: toy_scenario().timeline,
    "plan": lambda: fs.make_plan(toy_scenario()),
    "process": lambda: Walk,
    "draw": lambda: fs.Draw("z_x"),
    "stock": lambda: Stock(name="a", unit="b", meaning="c"),
    "flow": lambda: Flow(name="a", unit="b", meaning="c"),
    "indicator": lambda: Indicator(name="a", unit="b", meaning="c"),
    "read": lambda: Read("a"),
    "result": result,
    "summary": lambda: result().summary_,
    "outcome": lambda: result().outcomes["total"],
    "first passage": lambda: result().first_passage("total > 0"),
    "manifest": lambda: result().manifest,
    "estimate": lambda: result().mean("total", at=3),
    "dataset": lambda: result().dataset,
    "precision": lambda: fs.Precision(chance="gap <= 0", half_width=0.1),
    "derived rule": lambda: fs.Derived("double", "total * 2", "units", "twice the total"),
    "derived function": lambda: fs.Derived("double", doubled, "units", "twice the total"),
    "answer": lambda: fs.estimate(toy_scenario(), "total", at="2026-01", paths=256),
    "study": lambda: rotation.Rotation.of(STUDY),
    "rotation result": lambda: rotation.simulate(STUDY, replications=2),
    "fault": lambda: errors.Fault("a", "must b", "c", "d"),
}

WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def same(one: Any, other: Any) -> bool:
    """Return whether two things are alike, arrays and what holds them by their contents."""
    if isinstance(one, xr.Dataset):  # a copy of a result's dataset is an ordinary one
        return isinstance(other, xr.Dataset) and bool(one.identical(other))
    if isinstance(one, type) or type(one) is not type(other):
        return one is other
    if isinstance(one, fs.Result):
        return one.same_bits(other) and one.manifest == other.manifest
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    if isinstance(one, float) and one != one:  # noqa: PLR0124 - nan
        return other != other  # noqa: PLR0124
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if type(one).__eq__ is object.__eq__ or hasattr(one, "__dataclass_fields__"):
        names = getattr(one, "__dataclass_fields__", None) or getattr(one, "__dict__", {})
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", THINGS)
def test_what_may_be_sent_arrives_as_it_was(name: str, way: str) -> None:
    thing = THINGS[name]()
    assert same(WAYS[way](thing), thing)


def test_the_comparison_sees_a_difference() -> None:
    """The twin: things that differ are not called the same."""
    assert not same(fs.table("nations")[0], fs.table("nations")[1])
    assert not same(result(), fs.simulate(toy_scenario(), paths=256, seed=4, keep="paths"))
    assert not same(fs.make_plan(toy_scenario()), fs.make_plan(toy_scenario(("DEU",))))


ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, BaseException)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ERRORS)
def test_errors_arrive_with_all_their_faults(kind: type[BaseException], way: str) -> None:
    faults = [errors.Fault("a", "must b", "c", "d"), errors.Fault("e", "must f")]
    thrown: Any = kind("stopped") if issubclass(kind, KeyboardInterrupt) else kind(faults)  # type: ignore[arg-type]
    found = WAYS[way](thrown)
    assert type(found) is kind
    assert str(found) == str(thrown)
    assert getattr(found, "faults", ()) == getattr(thrown, "faults", ())


def test_a_row_cannot_be_changed_and_has_a_hash() -> None:
    row = fs.table("nations")[0]
    with pytest.raises(TypeError):
        row["iso3"] = "XXX"  # type: ignore[index]
    assert hash(tables.lookup("FG004")) == hash(tables.lookup("FG004"))
