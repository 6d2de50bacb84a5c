"""Personnel, person by person: slow and obvious, with its own random numbers; shares no code with the library.

Each person is one word: what he or she is. A month is told in the order that the process states.
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
    course_months: int,
    pass_share: float,
) -> dict[str, int]:
    """Return head-counts after so many months of war, without bounds on seats, ceiling, pool or money."""
    people = ["trained"] * trained + ["wounded"] * wounded + ["absent"] * absent
    students: list[int] = []  # months each has been in school
    waiting = 0
    dead = 0

    def happens(rate: float) -> bool:
        return rng.random() < 1.0 - math.exp(-rate)

    for _ in range(months):
        absorbed = waiting
        arrived = people.count("trained")
        before = list(people)
        people = []
        for person in before:
            if person == "trained":
                if happens(casualty_rate):
                    if rng.random() < killed_share:
                        dead += 1
                    else:
                        people.append("wounded")
                elif happens(awol_rate):
                    people.append("absent")
                elif not happens(discharge_rate):
                    people.append("trained")
            elif person == "wounded":
                if happens(1.0 / recovery_months):
                    if rng.random() < return_share:
                        people.append("trained")
                else:
                    people.append("wounded")
            elif happens(awol_return_rate):
                people.append("trained")
            else:
                people.append("absent")
        assert arrived >= 0
        waiting = 0
        students = [spent + 1 for spent in students]
        for spent in list(students):
            if spent >= course_months:
                students.remove(spent)
                waiting += rng.random() < pass_share
        students += [0] * intake
        people += ["trained"] * absorbed
    return {
        "trained": people.count("trained"),
        "wounded": people.count("wounded"),
        "absent": people.count("absent"),
        "students": len(students),
        "waiting": waiting,
        "dead": dead,
    }
