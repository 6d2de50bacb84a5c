"""Processes that act on others: flows out of and into their stocks, factors on their rates, a process in another's place."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forcesim as fs
from forcesim import binomial
from forcesim.engine import acting, closing
from forcesim.plan import make_plan
from forcesim.processes.catalogue import Catalogue, built_in
from forcesim.processes.industry import Industry
from tests.support.acting import Flight, FlightInNumPy, LateFlight, people_missing, war
from tests.support.whole import history

FORMS = (Flight, LateFlight, FlightInNumPy)


def order(scenario: fs.Scenario) -> list[str]:
    return [step.process.name for step in make_plan(scenario).steps]


def flow(name: str = "drain", **more: Any) -> Any:
    return fs.Flow(**{"name": name, "unit": "persons", "meaning": "x", "storage": "count", **more})


def made(kind: str = "drain", *, parameters: bool = True, **more: Any) -> type[fs.Process]:
    class Parameters(fs.Section):
        size: fs.Ratio = fs.number(1.0, meaning="size", assumption="toy")

    body = {"name": kind, "section": kind, "start": lambda *_: None, "step": lambda *_: None, **more}
    return type(kind.title(), (fs.Process,), {**body, **({"Parameters": Parameters} if parameters else {})})


# flows


@pytest.mark.parametrize("kind", FORMS)
def test_people_are_whole_and_conserved_when_a_flow_leaves_the_pool(kind: type[fs.Process]) -> None:
    run = history(war(kind), paths=40)
    assert run.series("refugees")[1:].min() > 0
    assert run.series("returnees")[2:].max() > 0
    assert (people_missing(run) == 0).all()
    assert (run.series("pool") == np.floor(run.series("pool"))).all()


def test_people_are_missing_where_the_flow_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative twin: without the move people appear from nowhere, and the check of stocks says so."""
    monkeypatch.setattr(acting, "move_stocks", lambda *_: None)
    with pytest.raises(fs.ProcessError, match=r"personnel: pool\[UKR\]: must change by its declared flows only, .*"):
        history(war(Flight), paths=8)
    monkeypatch.setattr(closing.Closing, "check", lambda *_: None)
    assert (people_missing(history(war(Flight), paths=8)) != 0).any()


def test_the_refusal_of_a_leak_names_the_flows_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "move_stocks", lambda *_: None)
    with pytest.raises(
        fs.ProcessError, match=r"\+ washouts - accessions - pool_exits - refugees \+ returnees, got .* path 0"
    ):
        history(war(Flight), paths=8)


def test_the_form_of_the_process_changes_no_bit() -> None:
    laws, numpy = (history(war(kind), paths=40).rows for kind in (Flight, FlightInNumPy))
    np.testing.assert_array_equal(laws, numpy)


def test_who_acts_runs_before_the_owner_unless_it_reads_the_owner_without_lag() -> None:
    assert order(war(Flight)).index("flight") < order(war(Flight)).index("personnel")
    assert order(war(LateFlight)).index("flight") > order(war(LateFlight)).index("personnel")
    blind = made("withdrawal", writes=(flow(out_of="pool"),))  # by its name alone it would run after
    assert order(war(blind)).index("withdrawal") < order(war(blind)).index("personnel")
    after = made(reads=(fs.Read("ratio"),), writes=(flow(out_of="pool"),))  # the balance runs after personnel
    assert order(war(after)).index("drain") > order(war(after)).index("balance")


def test_who_reads_a_stock_without_lag_runs_after_all_who_move_it() -> None:
    count = made("count", reads=(fs.Read("pool"),), writes=(fs.Indicator(name="seen", unit="x", meaning="x"),))
    found = order(war(LateFlight, count))
    assert found.index("personnel") < found.index("flight")
    assert found.index("count") > found.index("flight")
    past = made("count", reads=(fs.Read("pool", lag=1),), writes=(fs.Indicator(name="seen", unit="x", meaning="x"),))
    assert order(war(Flight, past)).index("count") < order(war(Flight, past)).index("flight")


def test_a_circle_through_a_stock_is_named() -> None:
    count = made("count", reads=(fs.Read("pool"),), writes=(fs.Indicator(name="seen", unit="x", meaning="x"),))
    drain = made(reads=(fs.Read("seen"),), writes=(flow(out_of="pool"),))
    with pytest.raises(fs.PlanError, match=r"in a circle, got count waits for drain; drain waits for count"):
        make_plan(war(drain, count))


def test_who_acts_sees_the_stock_as_it_stands() -> None:
    army = {"volunteers": 0, "mobilisation": 0, "pool_entries": 0, "schools": []}
    run = history(war(Flight, army=army), paths=4)
    pool, gone, back = (run.series(name) for name in ("pool", "refugees", "returnees"))
    np.testing.assert_array_equal(np.diff(pool[:, 1], axis=0), (back - gone)[1:, 0])


def test_two_who_act_on_one_stock_take_from_what_the_other_leaves() -> None:
    def second(pool: float, share: float, z_take: float) -> float:
        return binomial(pool, share, z_take)

    class Emigration(fs.Process):
        name = section = "second_drain"

        class Parameters(fs.Section):
            share: fs.Share = fs.number(1.0, meaning="share", assumption="toy")

        reads = (fs.Read("pool", lag=1),)
        writes = (flow("second", out_of="pool"),)
        draws = (fs.Draw("z_take"),)
        month = (second,)

    run = history(war(Flight, Emigration, army={"pool_entries": 0}, flight={"fear": 0.5}), paths=8)
    assert (run.series("pool")[1, 1] == 0.0).all()
    np.testing.assert_array_equal(run.series("second")[1] + run.series("refugees")[1], run.series("pool")[0, 1:])


DRAINS = {
    "more than there is": (-1.0, r"drain: drain\[UKR\]: takes more than there is: pool must stay at least 0, got "),
    "below zero": (1.0, r"drain: drain\[UKR\]: must be at least 0, as it moves pool, got -5e\+06 in 2025-02, path 0"),
    "no whole number": (0.5, r"drain: drain\[UKR\]: must be a whole number, as pool is"),
}


@pytest.mark.parametrize("case", DRAINS)
def test_a_flow_that_cannot_be_is_refused_with_process_and_path(case: str) -> None:
    amount = {"more than there is": 5e6, "below zero": -5e6, "no whole number": 0.5}[case]

    class Drain(made(writes=(flow(out_of="pool"),))):  # type: ignore[misc]
        def step(self, context: fs.Context, month: int) -> None:
            context.write("drain")[:] = amount

    with pytest.raises(fs.ProcessError, match=DRAINS[case][1]):
        fs.simulate(war(Drain), paths=256, threads=1, progress=False, outcomes=["gap"])


def test_nations_without_the_stock_are_refused_when_the_plan_is_made() -> None:
    drain = made(writes=(flow(out_of="equipment", storage="float"),))
    with pytest.raises(fs.PlanError, match=r"drain: moves the stock 'equipment': every nation .*, got UKR without"):
        make_plan(war(drain))


REFUSED = {
    "no stock": ((flow(out_of="pol"),), r"out_of: must name a stock of another process, got 'pol' \(did you mean pool"),
    "a flow": ((flow(into="losses"),), "into: must name a stock of another process, got 'losses'"),
    "slots": ((flow(into="trainees"),), "into: must name a stock without slots: nobody else knows what a slot means"),
    "fractions": ((flow(into="pool", storage="float"),), "into: must have storage 'count', since 'pool' holds whole"),
    "the world": (
        (flow(into="pool", scope="world"),),
        r"into: must have the scope of the stock, got world; 'pool' has",
    ),
    "own stock": (
        (flow(out_of="mine"), fs.Stock(name="mine", unit="persons", meaning="x", outflows=("drain",))),
        r"out_of: must name a stock of another process, got 'mine', the process's own \(name the flow in the stock's out",
    ),
    "what is not open": (
        (fs.Factor(name="morale", on="army.killed_share", meaning="x"),),
        r"on: must name a number that is open to others, got 'army.killed_share' \(.*open are army.awol_rate, army.casu",
    ),
    "one for all nations": (
        (fs.Factor(name="morale", on="conflict.breach_base", meaning="x"),),
        "on: must have scope 'world': the number is one for all nations, got 'conflict.breach_base'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_process_can_act_on_is_refused(case: str) -> None:
    writes, said = REFUSED[case]
    with pytest.raises(fs.PlanError, match=said):
        Catalogue([made(writes=writes)])


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: flow(out_of="pool", into="pool"), "must go out of one stock and into another"),
        (lambda: flow(out_of="pool", slots=2), "must have one slot to move a stock"),
        (lambda: flow(out_of=3), "out_of: must be a name of letters"),
        (lambda: fs.Factor(name="x", on="volunteers", meaning="x"), "on: must be a section and a name"),
        (lambda: fs.Factor(name="x", on="army.volunteers", meaning="x", slots=2), "must have one slot"),
    ],
)
def test_a_declaration_that_cannot_act_is_refused(declare: Any, said: str) -> None:
    with pytest.raises(fs.PlanError, match=said):
        declare()


# factors


class Steady(NamedTuple):
    morale: float


def hold(size: float) -> Steady:
    return Steady(size)


def steady(on: str, scope: str = "nation", **more: Any) -> type[fs.Process]:
    """Return a process whose factor is its parameter, from month 1 on."""
    made_ = made("steady", month=(hold,), writes=(fs.Factor(name="morale", on=on, meaning="x", scope=scope),), **more)
    if scope == "world":
        made_.Parameters, made_.Common = None, made_.Parameters
        made_.writes = (*made_.writes,)
    return made_


OPEN = ("volunteers", "mobilisation", "casualty_rate", "awol_rate")


@pytest.mark.parametrize("name", OPEN)
def test_a_factor_acts_as_a_parameter_of_that_size(name: str) -> None:
    kind = steady(f"army.{name}")
    half = history(war(kind, steady={"size": 0.5}), paths=12)
    before = war(army={"awol_rate": 0.01}).nations["UKR"].army
    other = history(war(kind, army={name: getattr(before, name).centre / 2}), paths=12)
    one = history(war(kind), paths=12)
    plain = history(war(), paths=12)
    for series in ("pool", "trained", "absent", "losses", "accessions"):
        np.testing.assert_array_equal(half.series(series), other.series(series), err_msg=series)
        np.testing.assert_array_equal(one.series(series), plain.series(series), err_msg=series)
    assert any((half.series(series) != one.series(series)).any() for series in ("pool", "trained"))


def test_a_factor_of_the_world_multiplies_a_number_of_the_world() -> None:
    kind = steady("conflict.ceasefire_base", "world")
    data = war(kind).to_dict()
    half = fs.Scenario.of({**data, "steady": {"size": 0.5}}, [kind])
    other = fs.Scenario.of({**data, "steady": {}, "conflict": {"ceasefire_base": 0.025}}, [kind])
    found, same = (history(one, paths=12) for one in (half, other))
    for series in ("phase", "ceasefire_hazard", "gap"):
        np.testing.assert_array_equal(found.series(series)[1:], same.series(series)[1:], err_msg=series)
    assert found.series("ceasefire_hazard").max() > 0


def test_a_factor_counts_last_month_where_its_process_runs_after_the_owner() -> None:
    late = steady("army.volunteers", reads=(fs.Read("accessions"),))
    army = {"mobilisation": 0, "volunteers": 1000}
    early, found = (
        history(war(kind, army=army, steady={"size": 0.0}), paths=4) for kind in (steady("army.volunteers"), late)
    )
    assert (early.series("accessions")[1:, 1] == 0).all()
    assert (found.series("accessions")[1, 1] > 0).all()
    assert (found.series("accessions")[2:, 1] == 0).all()


def test_all_factors_on_a_number_multiply_and_nations_without_one_keep_theirs() -> None:
    scenario = war(Flight, steady("army.volunteers"), army={"mobilisation": 0}, steady={"size": 0.5})
    run = history(scenario.with_values({"conflict.ceasefire_base": 0.0}), paths=4)
    taken = run.series("accessions")[1:]
    wanted = np.round(3000 * 0.5 * 0.9 ** np.arange(1, len(taken) + 1))
    assert np.abs(taken[:, 1] - wanted[:, None]).max() <= 1
    assert (taken[:6, 0] == 4000).all()


def test_a_factor_below_zero_is_refused_with_process_and_path() -> None:
    def sink(morale: float) -> Steady:
        return Steady(morale - 0.4)

    kind = steady("army.volunteers")
    kind.month = (sink,)
    with pytest.raises(
        fs.ProcessError, match=r"steady: morale\[UKR\]: must be at least 0, being a factor.*2025-04, path"
    ):
        fs.simulate(war(kind), paths=256, threads=1, progress=False)


def test_only_a_number_with_one_meaning_can_be_open() -> None:
    class Part(fs.Section):
        seats: fs.Ratio = fs.number(1.0, meaning="x", assumption="toy", open=True)

    class Parameters(fs.Section):
        part: Part = Part()
        level: fs.Ratio = fs.number(1.0, meaning="x", assumption="toy", open=True)

    level = fs.Indicator(name="level", unit="x", meaning="x")
    for month, said in ((), "only in a process of laws"), ((hold,), r"part.seats: must stand in the section itself"):
        with pytest.raises(fs.PlanError, match=said):
            Catalogue([made("own", Parameters=Parameters, month=month, writes=(level,), parameters=False)])
    with pytest.raises(fs.PlanError, match="level: must have a name of its own to be open"):
        Catalogue([made("own", Parameters=Parameters, month=(hold,), writes=(level,), parameters=False)])


# a process in another's place


class Mine(fs.Process):
    """Industry whose producers make nothing and wear nothing out."""

    name = section = "industry"
    replaces = True
    Common, Parameters = Industry.Common, Industry.Parameters
    reads, writes, draws = Industry.reads, Industry.writes, Industry.draws

    def start(self, context: fs.Context) -> None:
        context.write("equipment")[:] = context.parameter("equipment")

    def step(self, context: fs.Context, month: int) -> None: ...


def test_a_process_stands_in_for_the_built_in_one() -> None:
    kinds = Catalogue([Mine]).kinds
    assert Mine in kinds
    assert Industry not in kinds
    assert len(kinds) == len(built_in())
    scenario = fs.load("ukraine-2025", processes=[Mine])
    run = history(scenario, paths=8, months=4)
    equipment = run.series("equipment")
    np.testing.assert_array_equal(equipment, equipment[:1].repeat(4, axis=0))
    assert (history(fs.load("ukraine-2025"), paths=8, months=4).series("equipment")[1:] != equipment[1:]).any()


def test_the_laws_of_a_built_in_process_give_the_same_bits_in_a_process_that_replaces_it() -> None:
    own = type("Own", (Industry,), {"replaces": True})
    found = [
        fs.simulate(fs.load("ukraine-2025", processes=kinds), paths=256, threads=1, progress=False)
        for kinds in ([own], [])
    ]
    assert found[0].same_bits(found[1])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"writes": tuple(x for x in Mine.writes if x.name != "equipment")},
            "must write 'equipment', which balance reads",
        ),
        ({"name": "industri"}, r"must have the name of a built-in process, got 'industri' \(did you mean industry"),
        ({"replaces": False}, "name 'industry' must have one owner"),
    ],
)
def test_a_replacement_writes_what_others_read(more: dict[str, Any], said: str) -> None:
    with pytest.raises(fs.PlanError, match=said):
        Catalogue([type("Other", (Mine,), more)])


# what the plan shows


def test_the_plan_shows_a_month_law_by_law() -> None:
    scenario = fs.load("ukraine-2025", processes=[Flight]).with_values({"nations.UKR.flight": {}})
    text = str(make_plan(scenario))
    assert max(map(len, text.splitlines())) <= 120
    for line in (
        "      shared_spreads, for the world, when parameters change",
        "      in month 1 and each January:",
        "      rests while war_gap and war_drag are 0:",
        "      produce, for each of shells, armour, drones, air_defence",
        "      aid_money the total of aid_for_goods over all nations",
        "      stock pool + pool_entries + washouts - accessions - pool_exits - refugees (of flight) + returnees (of flight)",
        "      takes refugees out of pool",
        "      adds returnees to pool",
        "      multiplies army.volunteers by spirit",
        "      factors awol_rate x pressure, casualty_rate x attrition, volunteers x enlistment x spirit",
        "          takes series pool, abroad, spirit; parameters fear, homesick, decay; draws z_fear",
        "          gives refugees, returnees, spirit",
    ):
        assert line in text.splitlines(), line
    for step in make_plan(scenario).steps:
        for series in step.process.writes:
            assert series.name in text, series.name


# whatever does the work


@st.composite
def acting_worlds(draw: st.DrawFn) -> tuple[type[fs.Process], fs.Scenario]:
    """Return an own process that acts, and a war for it."""
    kind = draw(st.sampled_from(FORMS))
    share = st.sampled_from([0.0, 0.01, 0.3, 1.0, {"uniform": [0, 1], "assumption": "toy"}])
    numbers = {"fear": draw(share), "homesick": draw(share), "decay": draw(st.sampled_from([0.0, 0.7, 1.0, 1.2]))}
    army = {
        "pool": draw(st.sampled_from([0, 3, 5_000, 300_000])),
        "volunteers": draw(st.sampled_from([0, 2_000])),
        "schools": draw(st.sampled_from([[], [{"seats": 900, "months": 3, "duration": "erlang", "stages": 2}]])),
        "pool_entries": draw(st.sampled_from([0, 700])),
    }
    return kind, war(kind, army=army, flight=numbers)


@settings(max_examples=15, deadline=None)
@given(acting_worlds())
def test_people_are_conserved_whatever_an_own_process_does(found: tuple[type[fs.Process], fs.Scenario]) -> None:
    _, scenario = found
    assert (people_missing(history(scenario, paths=6)) == 0).all()


def test_acts_compiled_and_plain_give_the_same_bits() -> None:
    code = (
        "import hashlib; from tests.support.acting import Flight, war; from tests.support.whole import history;"
        "print(hashlib.sha256(history(war(Flight), paths=8, months=5).rows.tobytes()).hexdigest())"
    )

    def run(compiled: str) -> str:
        environment = {**os.environ, "FORCESIM_COMPILE": compiled, "FORCESIM_HELP": "0"}
        command = [sys.executable, "-W", "ignore", "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert run("1") == run("0") != ""


@pytest.mark.parametrize("kind", FORMS)
def test_blocks_threads_and_the_order_of_processes_change_no_bit(kind: type[fs.Process]) -> None:
    other = steady("army.casualty_rate")

    def run(*kinds: type[fs.Process], **options: Any) -> fs.Result:
        scenario = war(*kinds, flight={"fear": {"uniform": [0, 0.1], "assumption": "toy"}}, steady={"size": 0.9})
        return fs.simulate(scenario, paths=1024, seed=3, keep="paths", progress=False, **options)

    one = run(kind, other, threads=1, block=1024)
    assert one.mean("refugees[UKR]", at="2025-06").value > 0
    assert one.same_bits(run(kind, other, threads=2, block=256))
    assert one.same_bits(run(other, kind, threads=1, block=512))
