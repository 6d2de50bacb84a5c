"""Laws that cannot be bound: the exact message when the plan is made. Each town is right but for one law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import forcesim as fs
from forcesim.processes.laws import Items, total, unless_zero, world, yearly

if TYPE_CHECKING:
    from collections.abc import Callable


class Part(fs.Section):
    size: fs.Ratio = fs.number(1.0, meaning="size", assumption="toy")


class Common(fs.Section):
    pull: fs.Ratio = fs.number(1.0, meaning="what all share", assumption="toy")


class Parameters(fs.Section):
    people: fs.Ratio = fs.number(10.0, meaning="at the start", assumption="toy")
    birth_rate: fs.Ratio = fs.number(2.0, meaning="births", assumption="toy")
    east: Part = Part()
    west: Part = Part()


class Town(fs.Process):
    """Births and a world's mood: everything here can be bound."""

    name = section = "town"
    Common, Parameters = Common, Parameters
    reads = (fs.Read("strength"),)
    writes = (
        fs.Stock(name="people", unit="persons", meaning="people", inflows=("births",)),
        fs.Flow(name="births", unit="persons", meaning="births"),
        fs.Indicator(name="warmth", unit="1", meaning="shared", scope="world"),
    )
    draws = (fs.Draw("z_luck"), fs.Draw("z_year", every="year"), fs.Draw("u_first", every="start"))


parts = Items("east", "west")


def births(birth_rate: float, z_luck: float) -> float:
    return max(0.0, birth_rate + z_luck)


def warmth(warmth: float, pull: float) -> float:
    return warmth + pull


MONTH = (births, world(warmth))


def town(*laws: Any, **more: Any) -> fs.Scenario:
    """Return a scenario of two towns with some laws."""
    kind = type("Other", (Town,), {"month": laws, **more})
    nations = {nation: {"town": {}} for nation in ("DEU", "FRA")}
    return fs.Scenario.of({"name": "towns", "start": "2025-01", "horizon": "2025-06", "nations": nations}, [kind])


def plan(*month: Any, **more: Any) -> Any:
    """Make the plan of such a scenario."""
    return fs.make_plan(town(*month, **more))


def births_by_ratio(birth_rat: float) -> float:
    return birth_rat


class Wrong(NamedTuple):
    births: float
    people: float


def gives_the_stock(people: float, birth_rate: float) -> Wrong:
    return Wrong(birth_rate, people + birth_rate)


def strength(people: float) -> float:
    return people


def birth_rate(people: float) -> float:
    return people


def z_luck(people: float) -> float:
    return people


def month(people: float) -> float:
    return people


def shared(people: float) -> float:
    return people


def shared_by_rate(birth_rate: float) -> float:
    return birth_rate


def takes_all(*numbers: float) -> float:
    return sum(numbers)


def has_a_default(people: float, part: float = 0.5) -> float:
    return part * people


def only_by_keyword(*, people: float) -> float:
    return people


def size_of_part(size: float) -> float:
    return 2.0 * size


def uses_parts(size_of_part: float) -> float:
    return size_of_part


def uses_size(size: float) -> float:
    return size


class Pair(NamedTuple):
    births: float
    extra: float


def one_too_few(birth_rate: float) -> Pair:
    return birth_rate  # type: ignore[return-value]


def one_too_many(birth_rate: float, z_luck: float) -> float:
    return birth_rate, z_luck  # type: ignore[return-value]


def by_year(z_year: float) -> float:
    return z_year


def at_first(u_first: float) -> float:
    return u_first


def at_opening(z_luck: float) -> float:
    return z_luck


def inner() -> Any:
    class Local(NamedTuple):
        births: float
        extra: float

    def local(birth_rate: float) -> Local:
        return Local(birth_rate, 0.0)

    return local


class Method:
    def __call__(self, people: float) -> float:
        return people


def people(people: float) -> float:
    return people


def again(births: float) -> float:
    return births


def twice() -> Any:
    def births(birth_rate: float) -> float:
        return birth_rate

    return births


def births_of_all() -> Any:
    def births(pull: float) -> float:
        return pull

    return births


def again_later(later: float) -> float:
    return later


def later(births: float) -> float:
    return births


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: plan(births_by_ratio, *MONTH),
     "town.births_by_ratio: takes a name that is neither a series, a draw, a parameter nor given by an earlier law, got 'birth_rat' (did you mean birth_rate?)"),
    (lambda: plan(gives_the_stock, world(warmth)),
     "town.gives_the_stock: must give flows: the stock moves by its declared flows, got 'people' (flows of people: births)"),
    (lambda: plan(people, *MONTH),
     "town.people: must give flows: the stock moves by its declared flows, got 'people' (flows of people: births)"),
    (lambda: plan(strength, *MONTH),
     "town.strength: must give series of its own, got 'strength' (another process writes it)"),
    (lambda: plan(birth_rate, *MONTH),
     "town.birth_rate: must give a name of its own, got 'birth_rate' (a parameter has it)"),
    (lambda: plan(z_luck, *MONTH),
     "town.z_luck: must give a name of its own, got 'z_luck' (a draw has it)"),
    (lambda: plan(month, *MONTH),
     "town.month: must give a name of its own, got 'month' (the engine has it)"),
    (lambda: plan(world(shared), *MONTH),
     "town.shared: people: differs between nations: a law of the world cannot take it (add it up with total)"),
    (lambda: plan(world(shared_by_rate), *MONTH),
     "town.shared_by_rate: birth_rate: differs between nations: a law of the world cannot take it (add it up with total)"),
    (lambda: plan(world(births_of_all()), world(warmth)),
     "town.births: a law of the world cannot give a series of nations, got 'births'"),
    (lambda: plan(inner(), world(warmth)),
     "law local: must return float or a NamedTuple that stands in the same module, got name 'Local' is not defined"),
    (lambda: plan(takes_all, *MONTH),
     "law takes_all: must name its arguments, without defaults, got numbers"),
    (lambda: plan(has_a_default, *MONTH),
     "law has_a_default: must name its arguments, without defaults, got part"),
    (lambda: plan(only_by_keyword, *MONTH),
     "law only_by_keyword: must name its arguments, without defaults, got people"),
    (lambda: plan(world(warmth)),
     "town: births: must be given by a law of the month"),
    (lambda: plan(*MONTH, total("sum", of="birthz")),
     "town.total 'sum': takes a name that is neither a series, a draw, a parameter nor given by an earlier law, got 'birthz' (did you mean births?)"),
    (lambda: plan(*MONTH, total("birth_rate", of="births")),
     "town.birth_rate: must give a name of its own, got 'birth_rate' (a parameter has it)"),
    (lambda: plan(*MONTH, total("strength", of="births")),
     "town.strength: must give series of its own, got 'strength' (another process writes it)"),
    (lambda: plan(world(warmth), total("births", of="strength")),
     "town.births: births: differs between nations: a law of the world cannot take it (add it up with total)"),
    (lambda: plan(parts(size_of_part), uses_parts, *MONTH),
     "town.uses_parts: size_of_part: was given for each item of nation, and is taken for each nation (add it up with total)"),
    (lambda: plan(uses_size, *MONTH),
     "town.uses_size: takes a name that is neither a series, a draw, a parameter nor given by an earlier law, got 'size' (did you mean west.size?)"),
    (lambda: plan(parts(twice()), world(warmth)),
     "town.births: a law over items cannot give a series that has one number, got 'births' (add it up with total)"),
    (lambda: fs.simulate(town(one_too_few, world(warmth)), paths=4, progress=False),
     "town.one_too_few: must return what it names, births, extra, got 1 number (return a NamedTuple, and name it after ->)"),
    (lambda: fs.simulate(town(one_too_many, *MONTH), paths=4, progress=False),
     "town.one_too_many: must return what it names, one_too_many, got 2 numbers (return a NamedTuple, and name it after ->)"),
    (lambda: plan(by_year, *MONTH),
     "town.by_year: takes a draw that is made once a year, got 'z_year' (list the law in yearly)"),
    (lambda: plan(at_first, *MONTH),
     "town.at_first: takes a draw that is made in month 0 only, got 'u_first' (take it in opening)"),
    (lambda: plan(*MONTH, opening=(at_opening,)),
     "town.at_opening: takes a draw that month 0 does not make, got 'z_luck' (Draw(..., every='start') for the opening)"),
    (lambda: plan("births", *MONTH),
     "month: must list laws: functions of floats, or total, world, yearly, unless_zero, got 'births'"),
    (lambda: plan(Method(), *MONTH),
     "month: must list laws: functions of floats, or total, world, yearly, unless_zero, got Method"),
    (lambda: town(month=births),
     "processes.town.month: must be a tuple of laws, got a function (write a comma: month = (law,))"),
    (lambda: plan(max, *MONTH),
     "month: must list laws: functions of floats, or total, world, yearly, unless_zero, got builtin_function_or_method"),
    (lambda: plan(unless_zero("birth_rat", births), world(warmth)),
     "town.unless_zero: takes a name that is neither a series, a draw, a parameter nor given by an earlier law, got 'birth_rat' (did you mean birth_rate?)"),
    (lambda: plan(unless_zero((), births), world(warmth)),
     "unless_zero: must name the numbers at which laws rest, got ()"),
    (lambda: plan(Items("north")(size_of_part), *MONTH),
     "town: Items: must name sections of the parameters, got 'north'"),
    (lambda: plan(Items("east", "west", writes={"size_of_part": "size_{}"})(size_of_part), *MONTH),
     "town.size_of_part: must give series of its own, got 'size_east'"),
    (lambda: plan(world(parts(size_of_part)), *MONTH),
     "month: must list laws: functions of floats, or total, world, yearly, unless_zero, got OverItems"),
    (lambda: plan(again_later, later, *MONTH),
     "town.again_later: takes a name that is neither a series, a draw, a parameter nor given by an earlier law, got 'later'"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=lambda part: part[:50] if isinstance(part, str) else "case")
def test_a_law_that_cannot_be_bound_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(fs.PlanError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("make", [
    lambda: plan(*MONTH, total("sum", of="births"), total("sum", of="births")),
    lambda: plan(yearly(by_year), *MONTH),
    lambda: plan(lambda people: people, *MONTH),
    lambda: plan(births, twice(), world(warmth)),
    lambda: plan(yearly(), *MONTH),
])  # fmt: skip
def test_what_looks_like_these_and_is_right_is_bound(make: Callable[[], Any]) -> None:
    """The twin: forms near those of the table."""
    assert make().steps
