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
from forcesim.randomness.variates import binomials

__all__ = ["SCHOOL_COLUMNS", "STAGES", "School", "free_places", "move_course"]

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
LAST, LEAVE, MOVING = 2, 3, 5


@law
def places_law(seats: float, teachable: float, there: float) -> float:
    """Return the free places of a school, as seats and instructors have it."""
    return max(0.0, float(np.floor(min(seats, teachable) - there)))


@law
def moves_law(k: int, last: float, moving: float, free: float) -> float:
    """Return how many of those who are done with stage k leave it: at the end of the course as many as find a place."""
    return (min(moving, free) if k == last else moving) if k <= last else 0.0


@law(inline=False)
def move_course(
    state: Floats, row: int, depth_row: int, drawn: Floats, draw: int, table: Table, columns: int, n: int, here: slice,
    free: Floats, leaving: Floats, work: Floats,
) -> None:  # fmt: skip
    """Move one course on by a month, its last stage first, and write who leaves it.

    The row of depths tells how many stages each path's course had last month: nobody can be beyond them.
    """
    depth, first, size, erlang = (
        state[depth_row, here],
        here.start,
        len(leaving),
        look(table, columns + C.duration, n, 0) > 0.5,
    )
    last, p, moving = work[LAST, :size], work[LEAVE, :size], work[MOVING, :size]
    spread(table, columns + C.months, n, first, work[0])
    spread(table, columns + C.stages, n, first, work[1])
    deepest = 0.0
    for i in range(size):
        stages = np.floor(work[1, i]) if erlang else np.ceil(work[0, i])
        p[i] = 1.0 - exp(-stages / work[0, i])
        deepest = max(deepest, depth[i], stages)
        last[i], leaving[i] = stages - 1.0, 0.0
        depth[i] = stages
    for k in range(int(deepest) - 1, 0, -1):
        stage, before = state[row + k, here], state[row + k - 1, here]
        for i in range(size):
            beyond = stage[i] if k > last[i] else 0.0
            before[i] += beyond
            stage[i] -= beyond
    for k in range(int(deepest) - 1, -1, -1):
        stage, after = state[row + k, here], state[row + min(k + 1, STAGES - 1), here]
        if erlang:
            binomials(stage, p, drawn[draw + k, here], moving)
        else:
            for i in range(size):
                moving[i] = stage[i]
        for i in range(size):
            moving[i] = moves_law(k, last[i], moving[i], free[i])
            stage[i] -= moving[i]
        for i in range(size):
            leaving[i] += moving[i] if k == last[i] else 0.0
            moving[i] = 0.0 if k == last[i] else moving[i]
        for i in range(size):
            after[i] += moving[i]


@law(inline=False)
def free_places(
    state: Floats, row: int, depth_row: int, table: Table, seats: int, n: int, here: slice,
    teachable: Floats, free: Floats, pupils: Floats, work: Floats,
) -> None:  # fmt: skip
    """Write the free places of a school after its course moved on, and add who is in it to the pupils."""
    depth, there, deepest = state[depth_row, here], work[LAST], 0.0
    for i in range(len(free)):
        there[i] = 0.0
        deepest = max(deepest, depth[i])
    for k in range(int(deepest)):
        stage = state[row + k, here]
        for i in range(len(free)):
            there[i] += stage[i]
    spread(table, seats, n, here.start, work[0])
    for i in range(len(free)):
        free[i] = places_law(work[0, i], teachable[i], there[i])
        pupils[i] += there[i]
