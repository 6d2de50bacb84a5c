"""The process of docs/own_process.md that acts, as a user would type it; mypy reads this file, the page runs it."""

from __future__ import annotations

from typing import NamedTuple

import forcesim as fs
from forcesim import binomial


class Left(NamedTuple):
    refugees: float
    returnees: float


def leave(pool: float, abroad: float, fear: float, homesick: float, z_leave: float, z_back: float) -> Left:
    """Have people leave the pool, and others come back."""
    return Left(binomial(pool, fear, z_leave), binomial(abroad, homesick, z_back))


class Flight(fs.Process):
    """People who leave the country, and come back."""

    name = section = "flight"

    class Parameters(fs.Section):
        """For each country that people leave."""

        fear: fs.Share = fs.number(0.01, meaning="part of the pool that leaves in a month", assumption="an example")
        homesick: fs.Share = fs.number(0.02, meaning="part of those abroad who return", assumption="an example")

    reads = (fs.Read("pool", lag=1),)
    writes = (
        fs.Stock(
            name="abroad",
            unit="persons",
            meaning="people abroad",
            storage="count",
            outcome=True,
            inflows=("refugees",),
            outflows=("returnees",),
        ),
        fs.Flow(name="refugees", unit="persons", meaning="who leave", storage="count", out_of="pool"),
        fs.Flow(name="returnees", unit="persons", meaning="who come back", storage="count", into="pool"),
    )
    draws = (fs.Draw("z_leave"), fs.Draw("z_back"))
    month = (leave,)


class WearinessInNumPy(fs.Process):
    """The second form."""

    def step(self, context: fs.Context, month: int) -> None:
        """Fade, add the month's losses."""
        weariness = context.write("weariness")
        weariness *= 1.0 - context.parameter("fading") * month
