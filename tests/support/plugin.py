"""A caller's own process, written as laws, with one of everything: for contract tests."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import forcesim as fs
from forcesim.processes.laws import Items, total, unless_zero, world, yearly
from forcesim.quantities import Quantity, Value
from forcesim.randomness.variates import binomial

Chance = Annotated[Value, Quantity("share", 0.0, 1.0)]


class Camp(fs.Section):
    beds: fs.Persons = fs.number(10.0, meaning="places", assumption="toy", lever=True)
    warmth: Chance = fs.number(0.5, meaning="part of winter that it keeps out", assumption="toy")


class Weather(NamedTuple):
    cold: float
    cold_keep: float


def weather(cold: float, cold_memory: float, z_cold: float) -> Weather:
    """Move the winter's shock, which all nations share."""
    return Weather(cold_memory * cold + z_cold, cold_memory)


def mood(mood: float, years: float, first_year: float, u_mood: float) -> float:
    """Change the mood once a year; the first year begins with none."""
    return u_mood if first_year > 0.0 else mood + years * (u_mood - 0.5)


def hardship(warmth: float, cold: float) -> float:
    """Return what a camp suffers."""
    return max(0.0, cold) * (1.0 - warmth)


class Moves(NamedTuple):
    fled: float
    homeward: float


def move(refugees: float, beds_of_all: float, hardship_of_all: float, fled_mean: float, phase: float,
         z_fled: float, z_home: float) -> Moves:  # fmt: skip
    """Take people in while there are beds, and let some go home; few enough for exact counts."""
    room = max(0.0, beds_of_all - refugees)
    fled = min(room, binomial(2.0 * fled_mean, 0.5, z_fled))
    chance = min(1.0, 0.2 * hardship_of_all + (0.1 if phase > 0.5 else 0.0))
    return Moves(fled, binomial(refugees, chance, z_home))


def born(refugees: float, birth_chance: float, z_born: float) -> float:
    """Return births, none where the chance is 0."""
    return binomial(refugees, birth_chance, z_born)


camps = Items("north", "south")


class Refugees(fs.Process):
    """People who flee into two camps a nation and go home."""

    name = section = "refugees"

    class Common(fs.Section):
        cold_memory: Chance = fs.number(0.8, meaning="part of the winter's shock that stays", assumption="toy")

    class Parameters(fs.Section):
        refugees: fs.Persons = fs.number(5.0, meaning="people at the start", assumption="toy")
        fled_mean: fs.Persons = fs.number(6.0, meaning="mean arrivals of a month", assumption="toy", lever=True)
        birth_chance: Chance = fs.number(0.0, meaning="births a person and month", assumption="toy", lever=True)
        north: Camp = Camp()
        south: Camp = Camp()

    reads = (fs.Read("phase", lag=1, missing=0.0),)
    writes = (
        fs.Stock(name="refugees", unit="persons", meaning="people in camps", inflows=("fled", "born"),
                 outflows=("homeward",), outcome=True, storage="count"),
        fs.Flow(name="fled", unit="persons", meaning="people who come", outcome=True, storage="count"),
        fs.Flow(name="homeward", unit="persons", meaning="people who go home", outcome=True, storage="count"),
        fs.Flow(name="born", unit="persons", meaning="children", outcome=True, storage="count"),
        fs.Indicator(name="mood", unit="1", meaning="mood of the year"),
        fs.Indicator(name="cold", unit="1", meaning="the winter's shock", scope="world"),
        fs.Indicator(name="in_camps", unit="persons", meaning="people who came this month", scope="world"),
    )  # fmt: skip
    draws = (
        fs.Draw("z_cold", scope="world"),
        fs.Draw("u_mood", every="year", still=0.5),
        *(fs.Draw(f"z_{name}") for name in ("fled", "home", "born")),
    )
    month = (
        world(weather),
        yearly(mood),
        camps(hardship),
        total("beds_of_all", of="beds", over=camps),
        total("hardship_of_all", of="hardship", over=camps),
        move,
        unless_zero("birth_chance", born),
        total("in_camps", of="fled"),
    )


def with_refugees(data: dict[str, Any], **numbers: Any) -> fs.Scenario:
    """Return a scenario of plain data in which each nation takes refugees in."""
    nations = {name: {**nation, "refugees": numbers} for name, nation in data["nations"].items()}
    return fs.Scenario.of({**data, "nations": nations}, [Refugees])
