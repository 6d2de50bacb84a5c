"""Personnel, person by person in continuous time: slow and obvious, with its own random numbers, no code shared.

Each person waits for the first of the things that may happen, and for its date. Nothing knows of months, save the
intake: so many recruits, each on some day of the month.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def simulate(
    rng: random.Random,
    *,
    months: int,
    trained: int,
    wounded: int,
    absent: int,
    casualty_rate: float,
    killed_share: float,
    recovery_months: float,
    return_share: float,
    awol_rate: float,
    awol_return_rate: float,
    discharge_rate: float,
    intake: int,
    course_months: float,
    pass_share: float,
) -> dict[str, int]:
    """Return head-counts after so many months of war, without bounds on seats, units, ceiling, pool or money."""

    def life(state: str, day: float) -> str:
        while True:
            if state == "student":
                if day + course_months > months:
                    return state
                day, state = day + course_months, "trained" if rng.random() < pass_share else "gone"
            elif state == "trained":
                waits = {"hit": casualty_rate, "absent": awol_rate, "gone": discharge_rate}
                dates = {name: day + (rng.expovariate(rate) if rate else math.inf) for name, rate in waits.items()}
                what = min(dates, key=lambda name: dates[name])
                if dates[what] > months:
                    return state
                day, state = dates[what], what
                if what == "hit":
                    state = "dead" if rng.random() < killed_share else "wounded"
            elif state in ("wounded", "absent"):
                rate = 1.0 / recovery_months if state == "wounded" else awol_return_rate
                day += rng.expovariate(rate) if rate else math.inf
                if day > months:
                    return state
                back = state == "absent" or rng.random() < return_share
                state = "trained" if back else "gone"
            else:
                return state

    ends = [
        life(state, 0.0)
        for state, n in (("trained", trained), ("wounded", wounded), ("absent", absent))
        for _ in range(n)
    ]
    ends += [life("student", month + rng.random()) for month in range(months) for _ in range(intake)]
    return {name: ends.count(name) for name in ("trained", "wounded", "absent", "student", "dead")}
