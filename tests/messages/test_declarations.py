"""A process that declares what cannot be: the exact message, before any path runs or in the month of the fault."""

# ruff: noqa: ISC004 - a message stands as it is read

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import Field

import forcesim as fs

if TYPE_CHECKING:
    from collections.abc import Callable

    from forcesim.state import Series


class Numbers(fs.Section):
    """A section with one number."""

    births: fs.Ratio = fs.number(2.0, meaning="births a month", assumption="toy")


PEOPLE = fs.Stock(name="people", unit="persons", meaning="people", outcome=True, storage="count", inflows=("births",), outflows=("deaths",))  # fmt: skip
BIRTHS = fs.Flow(name="births", unit="persons", meaning="births")
DEATHS = fs.Flow(name="deaths", unit="persons", meaning="deaths")
MOOD = fs.Indicator(name="mood", unit="1", meaning="mood")


class Town(fs.Process):
    """Two are born and one dies a month, in every town."""

    name = section = "town"
    Parameters = Numbers
    reads: tuple[fs.Read, ...] = ()
    writes: tuple[Series, ...] = (PEOPLE, BIRTHS, DEATHS)
    draws: tuple[fs.Draw, ...] = (fs.Draw("z_luck"), fs.Draw("u_fire"))

    def start(self, context: fs.Context) -> None:
        context.write("people")[:] = 10.0

    def step(self, context: fs.Context, month: int) -> None:
        context.write("births")[:] = context.parameter("births")
        context.write("deaths")[:] = 1.0
        context.write("people")[:] += context.write("births") - context.write("deaths")


def town(**more: Any) -> type[fs.Process]:
    """Return the town with other declarations."""
    return type("Other", (Town,), more)


def scenario(*kinds: Any) -> fs.Scenario:
    nations = {nation: {"town": {}} for nation in ("DEU", "FRA")}
    data = {"name": "towns", "start": "2025-01", "horizon": "2025-12", "nations": nations}
    return fs.Scenario.of(data, kinds)


def run(*kinds: Any) -> fs.Result:
    return fs.simulate(scenario(*kinds), paths=8, progress=False)


class Nameless(fs.Process):
    def start(self, context: fs.Context) -> None: ...
    def step(self, context: fs.Context, month: int) -> None: ...


class Lazy(fs.Process):
    name = section = "lazy"

    def start(self, context: fs.Context) -> None: ...


class Fussy(Town):
    def __init__(self, size: int) -> None:
        self.size = size


class Loose:
    births = 1.0


class Endless(fs.Section):
    parts: tuple[Numbers, ...] = ()


class Bare(fs.Section):
    parts: tuple[float, ...] = Field(default=(), max_length=3)


def named(kind: type[Series], **more: Any) -> Series:
    return kind(**{"name": "mood", "unit": "1", "meaning": "mood", **more})


DECLARED: list[tuple[Callable[[], Any], str]] = [
    (lambda: fs.Draw("shock"),
     "Draw 'shock': must begin with z_ or u_, which says its law (z_shock is a standard normal, u_shock a uniform on (0, 1))"),
    (lambda: fs.Draw("z shock"), "Draw 'z shock': must be a name of letters, digits and _ that begins with a letter, got 'z shock'"),
    (lambda: fs.Draw(3),
     "Draw 3: must be a name of letters, digits and _ that begins with a letter, got 3"),
    (lambda: fs.Draw("z_a", every="monthly"),
     "Draw 'z_a': every: must be 'month', 'year' or 'start', got 'monthly' (did you mean month?)"),
    (lambda: fs.Draw("z_a", scope="nations"), "Draw 'z_a': scope: must be 'nation' or 'world', got 'nations' (did you mean nation?)"),
    (lambda: fs.Draw("z_a", slots=0), "Draw 'z_a': slots: must be a whole number of at least 1, got 0"),
    (lambda: fs.Draw("z_a", slots=1.5), "Draw 'z_a': slots: must be a whole number of at least 1, got 1.5"),
    (lambda: fs.Draw("u_a", still=2.0), "Draw 'u_a': still: must be a number in [0, 1], got 2.0"),
    (lambda: fs.Draw("z_a", still=float("nan")), "Draw 'z_a': still: must be a finite number, got nan"),
    (lambda: fs.Read("gdp", lag=2), "Read 'gdp': lag: must be 0 or 1, got 2"),
    (lambda: fs.Read("gdp", missing="none"), "Read 'gdp': missing: must be a number, got 'none'"),
    (lambda: named(fs.Flow, storage="int"), "Flow 'mood': storage: must be 'float', 'count' or 'code', got 'int'"),
    (lambda: named(fs.Flow, scope="globe"), "Flow 'mood': scope: must be 'nation' or 'world', got 'globe'"),
    (lambda: named(fs.Flow, name="my mood"),
     "Flow 'my mood': must be a name of letters, digits and _ that begins with a letter, got 'my mood'"),
    (lambda: named(fs.Flow, unit=None), "Flow 'mood': unit: must be text, got None"),
    (lambda: named(fs.Indicator, labels=("a",)), "Indicator 'mood': labels: are the words of a code, 128 at most, got 1, storage 'float'"),
    (lambda: named(fs.Stock, inflows="births"), "Stock 'mood': inflows: must be a tuple of names, got 'births' (write ('births',))"),
    (lambda: scenario(Nameless),
     "2 faults:\n  processes.Nameless.name: is missing (write name = 'nameless' in the class)\n"
     "  processes.Nameless.section: is missing (write section = 'nameless' in the class)"),
    (lambda: scenario(town(name="my town")),
     "processes.my town.name: must be a name of letters, digits and _ that begins with a letter, got 'my town'"),
    (lambda: scenario(town(section="nations")),
     "processes.town: section 'nations' must not be a word of every scenario"),
    (lambda: scenario(Lazy), "processes[0]: must have a month of laws, or start and step, got Lazy (define step)"),
    (lambda: scenario(Town()), "processes[0]: must be a class of Process, got an instance of Town (give the class)"),
    (lambda: scenario(Numbers), "processes[0]: must be a class of Process, got Numbers"),
    (lambda: scenario("town"), "processes[0]: must be a class of Process, got 'town'"),
    (lambda: fs.load("seed-figures", processes=Town), "processes: must be a list of classes of Process, got Town (write processes=[Town])"),
    (lambda: fs.load("seed-figures", processes="town"), "processes: must be a list of classes of Process, got 'town'"),
    (lambda: scenario(Fussy),
     "processes.town: must be made without arguments, got TypeError: "
     "Fussy.__init__() missing 1 required positional argument: 'size'"),
    (lambda: scenario(town(Parameters=Loose)),
     "processes.town.Parameters: must be a class of Section, got Loose (write class Parameters(forcesim.Section))"),
    (lambda: scenario(town(Common=Numbers)), "processes.town: Common and Parameters must have fields of other names, got 'births'"),
    (lambda: scenario(town(Parameters=Endless)),
     "processes.town.Parameters.parts: must say how many sections there are at most (pydantic.Field(max_length=...))"),
    (lambda: scenario(town(Parameters=Bare)),
     "processes.town.Parameters.parts: must be a tuple of sections, got tuple[float, ...]"),
    (lambda: scenario(town(draws=("z_luck",))), "processes.town.draws[0]: must be a Draw, got 'z_luck'"),
    (lambda: scenario(town(draws=fs.Draw("z_luck"))), "processes.town.draws: must be a tuple, got one Draw (write a comma: (Draw(...),))"),
    (lambda: scenario(town(draws=Town.draws * 2)),
     "2 faults:\n  processes.town.draws: must name each once, got 'z_luck'\n  processes.town.draws: must name each once, got 'u_fire'"),
    (lambda: scenario(town(writes=("people",))), "processes.town.writes[0]: must be a Stock, Flow or Indicator, got 'people'"),
    (lambda: scenario(town(writes=(*Town.writes, MOOD, MOOD))), "processes.town: series 'mood' must have one owner (town has it already)"),
    (lambda: scenario(town(reads=(fs.Read("gdp"), fs.Read("gdp", lag=1)))), "processes.town.reads: must name each once, got 'gdp'"),
    (lambda: scenario(town(reads=(fs.Read("strenght"),))),
     "processes.town.reads: must name a series that a process writes, got 'strenght' "
     "(did you mean strength?; Read(..., missing=0.0) where it may be absent)"),
    (lambda: scenario(town(Parameters=None, writes=(MOOD,))),
     "processes.town.writes: a process of world scope cannot write a series of nations, got 'mood' "
     "(give the series scope='world', or the process Parameters, so that it runs for nations)"),
    (lambda: scenario(town(writes=(PEOPLE, BIRTHS))),
     "processes.town.writes.people.outflows: must name flows that a process writes, got 'deaths' "
     "(did you mean breaches?; the process writes the flows births)"),
    (lambda: scenario(town(writes=(named(fs.Stock, inflows=("birth",)), BIRTHS))),
     "processes.town.writes.mood.inflows: must name flows that a process writes, got 'birth' "
     "(did you mean births?; the process writes the flows births)"),
    (lambda: scenario(town(writes=(named(fs.Stock, name="bank", inflows=("mood",)), MOOD))),
     "processes.town.writes.bank.inflows: must name flows, got 'mood', a Indicator (the process writes no flow)"),
    (lambda: scenario(town(writes=(named(fs.Stock, inflows=("births",), outflows=("births",)), BIRTHS))),
     "processes.town.writes.mood: must name each flow once, got 'births'"),
    (lambda: scenario(town(writes=(named(fs.Stock, inflows=("deployments",)),))),
     "processes.town.writes.mood.inflows: must name flows of nations, as the stock is, got 'deployments', one of the world"),
    (lambda: scenario(town(writes=(named(fs.Flow, name="month"),))),
     "processes.town.writes: must have a name that is free in datasets, got 'month' (it is an axis)"),
    (lambda: scenario(town(writes=(named(fs.Flow, name="gap_mean"),))),
     "processes.town.writes: must have a name that is free in datasets, got 'gap_mean' (it is the mean of gap)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declare", "message"), DECLARED, ids=lambda part: str(part)[:60] if isinstance(part, str) else "case"
)
def test_a_declaration_that_cannot_be_is_refused_before_a_run(declare: Callable[[], Any], message: str) -> None:
    with pytest.raises(fs.PlanError) as caught:
        declare()
    assert str(caught.value) == message


def test_what_may_be_declared_is_let_through() -> None:
    """The twin of the table: forms that look like its faults and are none."""
    absent = fs.Read("nobody_writes_this", missing=np.float64(1.0))
    draws = (*Town.draws, fs.Draw("u_slump", slots=np.int64(2), still=1.0))
    world = fs.Indicator(name="mood", unit="1", meaning="mood", scope="world")
    nation = town(reads=(fs.Read("strength", lag=1), absent), writes=[*Town.writes, world], draws=draws)
    assert run(nation).mean("people[DEU]", at="2025-12").value == 21.0
    alone = town(name="globe", Parameters=None, writes=(world,), step=lambda *_: None, start=lambda *_: None)
    assert scenario(Town, alone)


def asking(act: Callable[[fs.Context], Any]) -> Callable[[], Any]:
    """Return a run of a town that asks for something in its step."""

    def step(self: fs.Process, context: fs.Context, month: int) -> None:
        Town.step(self, context, month)
        act(context)

    return lambda: run(town(step=step, reads=(fs.Read("strength"),)))


def written(context: fs.Context) -> None:
    context.read("strength")[:] = 0.0


ASKED: list[tuple[Callable[[], Any], str]] = [
    (asking(lambda c: c.draw("z_lock")),
     "town: context.draw: must name a draw of the process, got 'z_lock' (did you mean z_luck? there are z_luck, u_fire)"),
    (asking(lambda c: c.parameter("birth")),
     "town: context.parameter: must name a number of the process's sections, got 'birth' (did you mean births? there are births)"),
    (asking(lambda c: c.read("streng")),
     "town: context.read: must name a series that the process reads or writes, got 'streng' "
     "(did you mean strength? there are strength, people, births, deaths)"),
    (asking(lambda c: c.write("strength")),
     "town: context.write: must name a series that the process writes, got 'strength' (there are people, births, deaths)"),
    (asking(written),
     "town.step: must not raise, got ValueError: assignment destination is read-only; month 1, paths 0 to 7 "
     "(forcesim.reproduce runs one path step by step)"),
    (lambda: fs.simulate(scenario(Town), paths=8, outcomes=[fs.Derived("x", lambda month: month.read("poeple")[0])], progress=False),
     "outcomes: month.read: must name an outcome of the run, got 'poeple' (did you mean people? there are people, births, deaths, x)"),
    (lambda: fs.simulate(scenario(Town), paths=8, outcomes=[fs.Derived("x", lambda month: month.read("people", "POL"))], progress=False),
     "outcomes: month.read('people'): must name a nation that people has, got 'POL' (there are DEU, FRA)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "message"), ASKED, ids=lambda part: str(part)[:60] if isinstance(part, str) else "case"
)
def test_a_name_that_is_not_declared_is_told_with_what_there_is(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(fs.ProcessError) as caught:
        ask()
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["gap", "month", "people_mean"])
def test_an_outcome_of_ones_own_takes_no_name_of_a_dataset(name: str) -> None:
    own = fs.Derived(name, "people[DEU]")
    if name == "gap":
        assert name in fs.simulate(scenario(Town), paths=8, outcomes=["people", own], progress=False).dataset
        return
    with pytest.raises(fs.ResultError, match=f"must have a name that is free in datasets, got '{name}'"):
        fs.simulate(scenario(Town), paths=8, outcomes=["people", own], progress=False)


def leaking(amount: float, storage: str = "count", **more: Any) -> type[fs.Process]:
    """Return a town that loses people beyond its deaths, in one nation, on one path, in one month."""
    people = fs.Stock(
        name="people", unit="persons", meaning="people", outcome=True, storage=storage, inflows=("births",), outflows=("deaths",)
    )  # fmt: skip

    def start(self: fs.Process, context: fs.Context) -> None:
        context.write("people")[:] = 3e9

    def step(self: fs.Process, context: fs.Context, month: int) -> None:
        Town.step(self, context, month)
        if month == 3:
            context.write("people")[1, 5] -= amount

    return town(writes=(people, BIRTHS, DEATHS), start=start, step=step, **more)


@pytest.mark.parametrize(("storage", "amount"), [("count", 1.0), ("float", 10.0)])
def test_a_stock_that_leaks_is_refused_with_place_and_amount(storage: str, amount: float) -> None:
    with pytest.raises(fs.ProcessError) as caught:
        fs.simulate(scenario(leaking(amount, storage)), paths=8, progress=False, keep="summary")
    assert str(caught.value) == (
        "town: people[FRA]: must change by its declared flows only, + births - deaths, "
        f"got {-amount:+g} persons beyond them in 2025-04, path 5 "
        "(move the stock by what is written to its flows, or declare the flow that is missing)"
    )


@pytest.mark.parametrize(("storage", "amount"), [("count", 0.0), ("float", 1e-3)])
def test_a_stock_that_closes_but_for_rounding_runs(storage: str, amount: float) -> None:
    found = fs.simulate(scenario(leaking(amount, storage)), paths=8, progress=False, keep="summary")
    assert found.mean("people[FRA]", at="2025-12").value == pytest.approx(3e9 + 11.0)


def test_a_stock_without_flows_must_stay_as_it_is() -> None:
    still = named(fs.Stock, outcome=True)

    def step(self: fs.Process, context: fs.Context, month: int) -> None:
        context.write("mood")[:] += month == 2

    kind = town(writes=(still,), start=lambda *_: None, step=step)
    with pytest.raises(
        fs.ProcessError, match=r"mood\[DEU\]: must change by its declared flows only, and it has none, got \+1"
    ):
        run(kind)
    assert run(town(writes=(still,), start=lambda *_: None, step=lambda *_: None)).mean("mood[DEU]", at=1).value == 0.0


def test_a_stock_of_the_world_takes_the_flows_of_all_nations() -> None:
    whole = fs.Stock(
        name="everybody", unit="persons", meaning="everybody", scope="world", inflows=("births",), outflows=("deaths",)
    )

    def step(self: fs.Process, context: fs.Context, month: int) -> None:
        Town.step(self, context, month)
        context.write("everybody")[:] += 2.0

    assert run(town(writes=(*Town.writes, whole), step=step))
    with pytest.raises(
        fs.ProcessError, match=r"town: everybody: must change .* got -2 persons beyond them in 2025-02, path 0"
    ):
        run(town(writes=(*Town.writes, whole)))
