"""Processes that act on others, and a small war for them: people who leave the country, and a factor on volunteers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import forcesim as fs
from forcesim import binomial

if TYPE_CHECKING:
    from tests.support.whole import History


class Left(NamedTuple):
    refugees: float
    returnees: float
    spirit: float


def leave(pool: float, abroad: float, fear: float, homesick: float, decay: float, spirit: float, z_fear: float) -> Left:
    """Have people leave the pool and come back; spirit falls."""
    return Left(binomial(pool, fear, z_fear), binomial(abroad, homesick, z_fear), decay * spirit)


class Flight(fs.Process):
    """People who leave the pool, live abroad and come back; volunteers lose spirit. It runs before personnel."""

    name = section = "flight"

    class Parameters(fs.Section):
        fear: fs.Share = fs.number(0.01, meaning="part of the pool that leaves in a month", assumption="toy")
        homesick: fs.Share = fs.number(0.02, meaning="part of those abroad who come back", assumption="toy")
        decay: fs.Ratio = fs.number(0.9, meaning="what a month leaves of spirit", assumption="toy", lever=True)

    reads = (fs.Read("pool", lag=1),)
    writes: Any = (
        fs.Stock(
            name="abroad", unit="persons", meaning="people abroad", outcome=True, storage="count",
            inflows=("refugees",), outflows=("returnees",),
        ),
        fs.Flow(name="refugees", unit="persons", meaning="left", storage="count", outcome=True, out_of="pool"),
        fs.Flow(name="returnees", unit="persons", meaning="came back", storage="count", outcome=True, into="pool"),
        fs.Factor(name="spirit", on="army.volunteers", meaning="spirit of volunteers", outcome=True),
    )  # fmt: skip
    draws = (fs.Draw("z_fear"),)
    month = (leave,)


class LateFlight(Flight):
    """The same after personnel: it reads this month's pool."""

    reads = (fs.Read("pool"),)


class FlightInNumPy(Flight):
    """The same in NumPy."""

    month = ()

    def start(self, context: fs.Context) -> None:
        context.write("spirit")[:] = 1.0

    def step(self, context: fs.Context, month: int) -> None:
        z = context.draw("z_fear")
        refugees = fs.binomial_counts(context.read("pool"), context.parameter("fear"), z)
        returnees = fs.binomial_counts(context.read("abroad"), context.parameter("homesick"), z)
        context.write("refugees")[:], context.write("returnees")[:] = refugees, returnees
        context.write("abroad")[:] += refugees - returnees
        context.write("spirit")[:] *= context.parameter("decay")


ARMY: dict[str, Any] = {
    "strength": 50_000,
    "pool": 200_000,
    "pool_entries": 500,
    "volunteers": 3_000,
    "mobilisation": 1_000,
    "casualty_rate": 0.02,
    "awol_rate": 0.01,
    "awol_return_rate": 0.1,
    "discharge_rate": 0.01,
    "schools": [{"seats": 20_000, "months": 2}],
}


def war_data(army: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a war of two armies as plain data, 18 months; flight from one."""
    return {
        "name": "war",
        "start": "2025-01",
        "horizon": "2026-06",
        "nations": {
            "UKR": {"army": {**ARMY, **(army or {})}, "balance": {"side": "defender"}},
            "RUS": {"army": ARMY, "balance": {"side": "aggressor"}},
        },
        "conflict": {"ceasefire_base": 0.05},
        **more,
    }


def war(*kinds: type[fs.Process], army: dict[str, Any] | None = None, **sections: dict[str, Any]) -> fs.Scenario:
    """Return the war with processes, each for Ukraine with the numbers given."""
    data = war_data(army)
    for kind in kinds:
        if kind.Parameters is not None:
            data["nations"]["UKR"][kind.section] = sections.get(kind.section, {})
    return fs.Scenario.of(data, kinds)


PEOPLE = ("trained", "trainees", "waiting", "wounded", "absent", "pool")
GONE = ("killed", "invalided", "discharges", "demobilised")


def people_missing(run: History, *, abroad: str = "abroad", nation: int = 1) -> Any:
    """Return by month and path how many people of a nation are neither there nor accounted for."""
    there = sum(run.series(name)[:, nation] for name in PEOPLE) + run.series(abroad)[:, 0]
    came = run.series("pool_entries")[1:, nation] - sum(run.series(name)[1:, nation] for name in GONE)
    return there[1:] - there[:-1] - came
