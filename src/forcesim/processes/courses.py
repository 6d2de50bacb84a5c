"""Courses: people move through the stages of a school, month by month, and leave where there is a place further on.

A fixed course has a stage for each month (months are rounded up): each cohort moves on by one. An Erlang course of
mean ``months`` has k = ``stages`` stages; each person leaves a stage within the month with probability
1 - exp(-k / months), so that the time in school is Erlang-k (a phase-type law; Bartholomew, Forbes and McClean 1991,
chapter 4), cut to whole months. Nobody leaves the last stage without a place in what follows. Where a course becomes
shorter, those past its new end leave it at once.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from forcesim.kernels import law
from forcesim.numerics import exp
from forcesim.processes.process import Floats, Section, Table, look, parameter_positions, spread
from forcesim.quantities import Persons, Quantity, Share, Value, choice, number
from forcesim.randomness.variates import binomials, whole

__all__ = ["LEAVING", "ROOM", "SCHOOL_COLUMNS", "STAGES", "School", "free_places", "move_course"]

STAGES = 24
"""Stages that a course can have."""

Stages = Annotated[Value, Quantity("stages", 1.0, float(STAGES))]
CourseMonths = Annotated[Value, Quantity("months", 0.1, float(STAGES))]


class School(Section):
    """One school; several stand in series."""

    seats: Persons = number(meaning="persons who can be in it at once", lever=True)
    months: CourseMonths = number(meaning="mean duration of the course", lever=True)
    stages: Stages = number(1.0, meaning="stages of an Erlang course", assumption="one unless given")
    duration: Literal["fixed", "erlang"] = choice("fixed", meaning="kind of duration", assumption="courses are fixed")
    pass_share: Share = number(0.95, meaning="share of those who finish that passes", assumption="few fail at war")


C = parameter_positions(School)
SCHOOL_COLUMNS = len(C)
MONTHS, LAST, MOVING, LEAVING = 2, 3, 4, 5
ROOM = 6
"""Rows of the scratch table, of which callers have the first two for themselves; and their number."""


@law
def places_law(seats: float, teachable: float, there: float, noise: bool) -> float:
    """Return the free places of a school, as seats and instructors have it."""
    return max(0.0, whole(min(seats, teachable) - there, noise))


@law
def moves_law(k: int, last: float, moving: float, free: float) -> float:
    """Return how many of those who are done with stage k leave it: at the end of the course as many as find a place."""
    return (min(moving, free) if k == last else moving) if k <= last else 0.0


@law(inline=False)
def move_course(
    state: Floats, first: int, depth: int, drawn: Floats, slot: int, table: Table, columns: int, n: int,
    places: Floats, free: int, work: Floats,
) -> None:  # fmt: skip
    """Move one course on by a month, its last stage first, and write who leaves it into the scratch table.

    ``first`` is the row of the first stage. The row of depths tells how many stages each path's course had last
    month: nobody can be beyond them. ``places[free]`` has the room that there is further on.
    """
    paths, erlang, deepest = state.shape[1], look(table, columns + C.duration, n, 0) > 0.5, 0.0
    spread(table, columns + C.months, n, work, MONTHS)
    spread(table, columns + C.stages, n, work, LAST)
    for i in range(paths):
        stages = np.floor(work[LAST, i]) if erlang else np.ceil(work[MONTHS, i])
        deepest = max(deepest, max(state[depth, i], stages))  # noqa: PLW3301 - of three numbers it compiles for long
        work[MONTHS, i] = 1.0 - exp(-stages / work[MONTHS, i])
        work[LAST, i], work[LEAVING, i] = stages - 1.0, 0.0
        state[depth, i] = stages
    for k in range(np.int64(deepest) - 1, 0, -1):
        here, before = first + k, first + k - 1
        for i in range(paths):
            beyond = state[here, i] if k > work[LAST, i] else 0.0
            state[before, i] += beyond
            state[here, i] -= beyond
    for k in range(np.int64(deepest) - 1, -1, -1):
        here, after = first + k, first + min(k + 1, STAGES - 1)
        if erlang:
            binomials(state, here, work, MONTHS, drawn, slot + k, work, MOVING)
        else:
            for i in range(paths):
                work[MOVING, i] = state[here, i]
        for i in range(paths):
            moves = moves_law(k, work[LAST, i], work[MOVING, i], places[free, i])
            ends = k == work[LAST, i]
            state[here, i] -= moves
            work[LEAVING, i] += moves if ends else 0.0
            state[after, i] += 0.0 if ends else moves


@law(inline=False)
def free_places(
    state: Floats, first: int, depth: int, table: Table, seats: int, n: int,
    places: Floats, free: int, pupils: int, work: Floats, noise: bool,
) -> None:  # fmt: skip
    """Write the free places of a school after its course moved on, and add who is in it to the pupils.

    The scratch table's row ``LEAVING`` now holds how many the instructors can teach.
    """
    deepest = 0.0
    for i in range(state.shape[1]):
        work[LAST, i] = 0.0
        deepest = max(deepest, state[depth, i])
    for k in range(np.int64(deepest)):
        here = first + k
        for i in range(state.shape[1]):
            work[LAST, i] += state[here, i]
    spread(table, seats, n, work, MOVING)
    for i in range(state.shape[1]):
        places[free, i] = places_law(work[MOVING, i], work[LEAVING, i], work[LAST, i], noise)
        places[pupils, i] += work[LAST, i]
