"""Courses: people move through the stages of a school, month by month, and leave where there is a place further on.

A fixed course has a stage for each month (months are rounded up): each cohort moves on by one. An Erlang course of
mean ``months`` has k = ``stages`` stages; each person leaves a stage within the month with probability
1 - exp(-k / months), so that the time in school is Erlang-k (a phase-type law; Bartholomew, Forbes and McClean 1991,
chapter 4), cut to whole months. Nobody leaves the last stage without a place in what follows. Where a course becomes
shorter, those past its new end leave it at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np

from forcesim.kernels import kernel, law
from forcesim.numerics import exp
from forcesim.processes.laws import Items, Stage
from forcesim.processes.process import Section
from forcesim.quantities import Persons, Quantity, Share, Value, choice, number
from forcesim.randomness.variates import binomials, whole

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints

__all__ = ["SCHOOLS", "STAGES", "Courses", "Enrolment", "FirstDay", "School"]

SCHOOLS = 2
STAGES = 24
"""Schools in series, and stages of a course, at most."""

NO_LIMIT = 1e12
PASS_ON, MOVING, LEAVING = 2, 4, 5
"""Rows of the scratch array of a month's courses."""

Stages = Annotated[Value, Quantity("stages", 1.0, float(STAGES))]
CourseMonths = Annotated[Value, Quantity("months", 0.1, float(STAGES))]


class School(Section):
    """One school; several stand in series."""

    seats: Persons = number(meaning="persons who can be in it at once", lever=True)
    months: CourseMonths = number(meaning="mean duration of the course", lever=True)
    stages: Stages = number(1.0, meaning="stages of an Erlang course", assumption="one unless given")
    duration: Literal["fixed", "erlang"] = choice("fixed", meaning="kind of duration", assumption="courses are fixed")
    pass_share: Share = number(0.95, meaning="share of those who finish that passes", assumption="few fail at war")


@law
def filled(memory: Floats, at: int, by: int, out: Floats) -> None:
    """Copy a number of each path, or one number for all, into a row."""
    for p in range(out.shape[0]):
        out[p] = memory[at + by * p]


@kernel
def move_courses(
    memory: Floats, at: Ints, by: Ints, school_at: Ints, school_by: Ints, first: Ints, paths: int, noise: bool
) -> None:
    """Move all schools on, the last first; write graduates, wash-outs, free places and pupils.

    ``at`` and ``by`` are (name, nation), in the order of ``Courses.takes`` and ``gives``; ``school_at`` and
    ``school_by`` are (name, school), in that of ``of_school``; the schools of nation n begin at ``first[n]``.
    """
    work = np.empty((6, paths))
    months, moments, pass_on, last, moving, leaving = (
        work[0],
        work[1],
        work[PASS_ON],
        work[3],
        work[MOVING],
        work[LEAVING],
    )
    z_stage, z_pass, present, share, each, trainees, depths, graduations, washouts, places, crowd = range(11)
    for n in range(at.shape[1]):
        free = memory[at[places, n] : at[places, n] + paths]
        pupils = memory[at[crowd, n] : at[crowd, n] + paths]
        graduates = memory[at[graduations, n] : at[graduations, n] + paths]
        failed = memory[at[washouts, n] : at[washouts, n] + paths]
        graduates[:], failed[:], pupils[:], free[:] = 0.0, 0.0, 0.0, NO_LIMIT
        for k in range(first[n + 1] - first[n] - 1, -1, -1):
            school = first[n] + k
            begin = at[trainees, n] + k * STAGES * paths
            people = memory[begin : begin + STAGES * paths].reshape(STAGES, paths)
            begin = at[z_stage, n] + k * STAGES * paths
            z = memory[begin : begin + STAGES * paths].reshape(STAGES, paths)
            depth = memory[at[depths, n] + k * paths : at[depths, n] + (k + 1) * paths]
            erlang = memory[school_at[4, school]] > 0.5
            filled(memory, school_at[0, school], school_by[0, school], months)
            filled(memory, school_at[1, school], school_by[1, school], moments)
            deepest = 0.0
            for p in range(paths):
                stages = np.floor(moments[p]) if erlang else np.ceil(months[p])
                deepest = max(deepest, max(depth[p], stages))  # noqa: PLW3301 - of three numbers it compiles for long
                pass_on[p] = 1.0 - exp(-stages / months[p])
                last[p], leaving[p], depth[p] = stages - 1.0, 0.0, stages
            for s in range(np.int64(deepest) - 1, 0, -1):
                for p in range(paths):  # a course became shorter: those beyond its end are at its end
                    beyond = people[s, p] if s > last[p] else 0.0
                    people[s - 1, p] += beyond
                    people[s, p] -= beyond
            for s in range(np.int64(deepest) - 1, -1, -1):
                after = min(s + 1, STAGES - 1)
                if erlang:
                    binomials(people, s, work, PASS_ON, z, s, work, MOVING)
                else:
                    for p in range(paths):
                        moving[p] = people[s, p]
                for p in range(paths):
                    ends = s == last[p]
                    moves = (min(moving[p], free[p]) if ends else moving[p]) if s <= last[p] else 0.0
                    people[s, p] -= moves
                    leaving[p] += moves if ends else 0.0
                    people[after, p] += 0.0 if ends else moves
            filled(memory, school_at[3, school], school_by[3, school], pass_on)
            passes = memory[at[z_pass, n] + k * paths : at[z_pass, n] + (k + 1) * paths]
            binomials(work, LEAVING, work, PASS_ON, passes.reshape(1, paths), 0, work, MOVING)
            is_last = k == first[n + 1] - first[n] - 1
            onward = at[graduations, n] if is_last else at[trainees, n] + (k + 1) * STAGES * paths
            for p in range(paths):
                memory[onward + p] += moving[p]
                failed[p] += leaving[p] - moving[p]
                pupils[p] += 0.0 if is_last else moving[p]
            filled(memory, school_at[2, school], school_by[2, school], months)
            filled(memory, at[share, n], by[share, n], moments)
            filled(memory, at[each, n], by[each, n], pass_on)
            filled(memory, at[present, n], by[present, n], moving)
            last[:] = 0.0
            for s in range(np.int64(deepest)):
                for p in range(paths):
                    last[p] += people[s, p]
            for p in range(paths):
                room = min(months[p], moments[p] * moving[p] * pass_on[p]) - last[p]
                free[p] = max(0.0, whole(room, noise))
                pupils[p] += last[p]


@kernel
def enrol(
    memory: Floats, at: Ints, _by: Ints, _school_at: Ints, _school_by: Ints, _first: Ints, paths: int, _noise: bool
) -> None:
    """Put the month's recruits into the first stage of the first school; (name, nation) as in ``Enrolment.takes``."""
    for n in range(at.shape[1]):
        taken, school = at[0, n], at[1, n]
        if memory[at[2, n]] > 0.0:
            for p in range(paths):
                memory[school + p] += memory[taken + p]


@kernel
def begin_courses(
    memory: Floats, at: Ints, _by: Ints, _school_at: Ints, _school_by: Ints, _first: Ints, paths: int, _noise: bool
) -> None:
    """Put all trainees into the first stage of the first school, and let courses have one stage."""
    for n in range(at.shape[1]):
        for p in range(paths):
            memory[at[1, n] + p] = memory[at[0, n] + p]
        for p in range(SCHOOLS * paths):
            memory[at[2, n] + p] = 1.0


class Courses(Stage):
    """Moves all schools on by a month."""

    takes = ("z_stage", "z_pass", "present", "instructor_share", "students_per_instructor")
    gives = ("trainees", "school_stages", "graduations", "washouts", "free_places", "pupils")
    over = Items("schools")
    takes_of_item = ("months", "stages", "seats", "pass_share", "duration")
    kernel = move_courses


class Enrolment(Stage):
    """Puts the month's recruits into the first stage of the first school."""

    takes = ("accessions", "trainees", "schools_count")
    gives = ("trainees",)
    kernel = enrol


class FirstDay(Stage):
    """Begins with all trainees in the first stage of the first school, and courses of one stage."""

    takes = ("in_school",)
    gives = ("trainees", "school_stages")
    kernel = begin_courses
