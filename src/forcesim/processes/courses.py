"""Courses: people go through schools in series or side by side, and leave when their time has come.

Who joins a course in a month joins at an even pace within it. ``F`` is the chance that a course lasts longer than a
time; ``months`` is its mean, m. Of those who joined in a month this part is still there ``a`` months after its end::

    S(a) = G(a) - G(a + 1),    G(a) = integral of F from a on,    G(0) = m

A fixed course has ``G(a) = max(0, m - a)``. An Erlang course of k stages has, with ``x = k a / m``,
``G(a) = m / k sum over i < k of (k - i) exp(-x) x^i / i!``. Each person leaves in the next month with chance
``1 - S(a + 1) / S(a)``. Those who joined 24 months ago and earlier leave at one rate, which keeps the mean. So a steady
intake I keeps I m people in school: Little's law (Little 1961) holds for any m and k.

Of those who join, ``pass_share`` pass. About a part ``early_share`` of the others fails on the way, at an even rate and
at the end of a month; the rest fails at the end of the course. Who finishes leaves only where the next school has a
place, and waits in the old one until then. Where a course becomes shorter, those past its new end leave it at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.laws import Items, Stage
from forcesim.processes.process import Section
from forcesim.quantities import Persons, Quantity, Share, Value, choice, number
from forcesim.randomness.variates import binomials, whole

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints

__all__ = ["AGES", "SCHOOLS", "SLOTS", "Courses", "Enrolment", "FirstDay", "School", "failing", "finishing", "left"]

SCHOOLS = 6
AGES = 24
"""Schools of an army, and months that are told apart since somebody joined, at most."""

SLOTS = AGES + 1
"""Of a school: people by month since they joined, and those who have finished and wait for a place."""

NO_LIMIT = 1e12
UNITS = 1.0
"""Code of the word ``units``."""

Stages = Annotated[Value, Quantity("stages", 1.0, 24.0)]
CourseMonths = Annotated[Value, Quantity("months", 0.1, float(AGES))]


class School(Section):
    """One school; recruits enter the first of a series."""

    seats: Persons = number(meaning="persons who can be in it at once", lever=True)
    months: CourseMonths = number(meaning="mean duration of the course", lever=True)
    stages: Stages = number(1.0, meaning="stages of an Erlang course", assumption="one unless given")
    duration: Literal["fixed", "erlang"] = choice("fixed", meaning="kind of duration", assumption="courses are fixed")
    pass_share: Share = number(0.95, meaning="share of those who join that passes", assumption="few fail at war")
    early_share: Share = number(
        0.0, meaning="part of the failures before the end", assumption="at the end unless given"
    )
    leads_to: Literal["next", "units"] = choice(
        "next", meaning="where its graduates go: to the next school of the list, or to units",
        assumption="one series unless given",
    )  # fmt: skip


@law
def time_left(age: float, months: float, stages: float, erlang: bool) -> float:
    """Return the mean time that those who join spend in a course after an age: G in the equations of the module."""
    if not erlang:
        return max(0.0, months - age)
    k = float(np.floor(stages))
    x = k * age / months
    term, total, i = exp(-x), 0.0, 0.0
    while i < k:
        total += (k - i) * term
        i += 1.0
        term *= x / i
    return months / k * total


@law
def left(age: float, months: float, stages: float, erlang: bool) -> float:
    """Return which part of a month's entrants is in the course ``age`` months after the month's end.

    Examples
    --------
    >>> [round(left(age, 1.7, 1.0, False), 9) for age in (0.0, 1.0, 2.0)]
    [1.0, 0.7, 0.0]
    """
    return time_left(age, months, stages, erlang) - time_left(age + 1.0, months, stages, erlang)


@law
def of_fixed(age: float, months: float) -> float:
    """Return :func:`left` of a fixed course: 1 up to its end, and the part of a month that is left then."""
    return min(1.0, max(0.0, months - age))


@law
def of_fixed_finishing(age: float, months: float) -> float:
    """Return :func:`finishing` of a fixed course."""
    here = of_fixed(age, months)
    return 1.0 - of_fixed(age + 1.0, months) / max(here, 1e-9)


@law
def finishing(age: float, months: float, stages: float, erlang: bool) -> float:
    """Return the chance to finish in the next month for those of an age; the last age stands for all older ones."""
    if not erlang:
        return of_fixed_finishing(age, months)
    here, tail = left(age, months, stages, erlang), time_left(age, months, stages, erlang)
    if here <= 0.0:
        return 1.0
    return here / tail if age >= AGES - 1.0 else 1.0 - left(age + 1.0, months, stages, erlang) / here


@law
def failing(months: float, pass_share: float, early_share: float) -> float:
    """Return the chance to fail before the end in a month of the course."""
    stays = 1.0 - early_share * (1.0 - pass_share)
    return 1.0 - exp(log(stays) / months) if stays > 0.0 else 1.0


@law
def passing(months: float, stages: float, erlang: bool, pass_share: float, early_share: float) -> float:
    """Return the chance to pass for those who reach the end, so that ``pass_share`` of those who join pass."""
    if early_share <= 0.0:
        return pass_share
    stays = 1.0 - failing(months, pass_share, early_share)
    kept, reached, age = math.sqrt(stays), 1.0 - left(0.0, months, stages, erlang), 0.0
    while age < AGES - 1.0:
        reached += kept * (left(age, months, stages, erlang) - left(age + 1.0, months, stages, erlang))
        kept *= stays
        age += 1.0
    ends, last = finishing(age, months, stages, erlang), left(age, months, stages, erlang)
    if ends < 1.0:
        last = time_left(age, months, stages, erlang) * ends
    reached += kept * last * ends / max(1.0 - stays * (1.0 - ends), 1e-12)
    return min(1.0, pass_share / max(reached, 1e-12))


@law
def last_age(months: float, erlang: bool) -> float:
    """Return how many ages a course uses."""
    return float(AGES) if erlang else min(float(AGES), float(np.ceil(months)))


MONTHS, COURSE_STAGES, SEATS, PASSING, EARLY, CHANCE, DONE, DROPPED, INSIDE, ROOM, LEAVING, WAITED, GOOD = range(13)
"""Rows of the scratch array of a school's month."""

OF_SCHOOL = ("months", "stages", "seats", "pass_share", "early_share", "duration", "leads_to")
DURATION, LEADS_TO = 5, 6
COUNTS = ("entrants", "graduates", "failures", "pupils")
"""What is told of each school, as ``school_1_entrants``."""

BY_SCHOOL = tuple(f"school_{k + 1}_{count}" for k in range(SCHOOLS) for count in COUNTS)


@law
def filled(memory: Floats, at: int, by: int, out: Floats) -> None:
    """Copy a number of each path, or one number for all, into a row."""
    for p in range(out.shape[0]):
        out[p] = memory[at + by * p]


@law
def begins(memory: Floats, school_at: Ints, first: int, k: int) -> bool:
    """Return whether a series of schools begins with the k-th of an army, whose schools stand from ``first`` on."""
    return k == 0 or memory[school_at[LEADS_TO, first + k - 1]] == UNITS


@law
def rows_of(memory: Floats, at: int, rows: int, paths: int) -> Floats:
    """Return rows of the block's memory as (row, path)."""
    return memory[at : at + rows * paths].reshape(rows, paths)


@law(inline=False)
def taken(n: Floats, n_row: int, work: Floats, z: Floats, z_row: int, into: int) -> None:
    """Write counts by the row of chances: at once where all are 0 or all are 1, as with a course of whole months."""
    paths, least, most = work.shape[1], 1.0, 0.0
    for p in range(paths):
        least, most = min(least, work[CHANCE, p]), max(most, work[CHANCE, p])
    if most > 0.0 and least < 1.0:
        binomials(n, n_row, work, CHANCE, z, z_row, work, into)
    else:
        for p in range(paths):
            work[into, p] = n[n_row, p] if most > 0.0 else 0.0


@law(inline=False)
def study(people: Floats, z: Floats, z_fail: Floats, work: Floats, deepest: int, erlang: bool) -> None:
    """Move those in a course on by a month: rows of who has finished, who has failed before, who is still there."""
    paths, early = people.shape[1], 0.0
    for p in range(paths):
        work[DONE, p], work[DROPPED, p], work[INSIDE, p] = people[AGES, p], 0.0, 0.0
        early = max(early, work[EARLY, p])
    for s in range(deepest - 1, -1, -1):
        if erlang:
            for p in range(paths):
                work[CHANCE, p] = finishing(float(s), work[MONTHS, p], work[COURSE_STAGES, p], erlang)
        else:
            for p in range(paths):
                work[CHANCE, p] = of_fixed_finishing(float(s), work[MONTHS, p])
        taken(people, s, work, z, s if erlang else 0, LEAVING)
        for p in range(paths):
            people[s, p] -= work[LEAVING, p]
            work[DONE, p] += work[LEAVING, p]
        if early > 0.0:
            for p in range(paths):
                work[CHANCE, p] = failing(work[MONTHS, p], work[PASSING, p], work[EARLY, p])
            binomials(people, s, work, CHANCE, z_fail, s, work, LEAVING)
            for p in range(paths):
                people[s, p] -= work[LEAVING, p]
                work[DROPPED, p] += work[LEAVING, p]
        after = min(s + 1, AGES - 1)
        for p in range(paths):
            stays = people[s, p]
            people[s, p] = 0.0
            people[after, p] += stays
            work[INSIDE, p] += stays


@law(inline=False)
def enter(people: Floats, new: Floats, z: Floats, z_fail: Floats, work: Floats, erlang: bool) -> None:
    """Take a month's entrants in: some finish a short course, or fail, before the month ends."""
    paths, early = people.shape[1], 0.0
    for p in range(paths):
        early = max(early, work[EARLY, p])
        work[INSIDE, p], work[DROPPED, p] = new[p], 0.0
        work[CHANCE, p] = 1.0 - of_fixed(0.0, work[MONTHS, p])
    if erlang:
        for p in range(paths):
            work[CHANCE, p] = 1.0 - left(0.0, work[MONTHS, p], work[COURSE_STAGES, p], erlang)
    taken(work, INSIDE, work, z, AGES, DONE)
    for p in range(paths):
        work[INSIDE, p] -= work[DONE, p]
    if early > 0.0:
        for p in range(paths):
            work[CHANCE, p] = 1.0 - math.sqrt(1.0 - failing(work[MONTHS, p], work[PASSING, p], work[EARLY, p]))
        binomials(work, INSIDE, work, CHANCE, z_fail, AGES, work, DROPPED)
    for p in range(paths):
        work[INSIDE, p] -= work[DROPPED, p]
        people[0, p] += work[INSIDE, p]


@law(inline=False)
def leave(people: Floats, z: Floats, row: int, work: Floats, erlang: bool) -> None:
    """Let those who have finished go as far as there is room, or wait; some pass, the others fail."""
    most, early = 0.0, 0.0
    for p in range(people.shape[1]):
        early = max(early, work[EARLY, p])
        work[LEAVING, p] = min(work[DONE, p], work[ROOM, p])
        people[AGES, p] = work[DONE, p] - work[LEAVING, p]
        work[INSIDE, p] += people[AGES, p]
        work[GOOD, p] = 0.0
        most = max(most, work[LEAVING, p])
    if most > 0.0:
        for p in range(people.shape[1]):
            work[CHANCE, p] = work[PASSING, p]
        if early > 0.0:
            for p in range(people.shape[1]):
                months, stages = work[MONTHS, p], work[COURSE_STAGES, p]
                work[CHANCE, p] = passing(months, stages, erlang, work[PASSING, p], work[EARLY, p])
        binomials(work, LEAVING, work, CHANCE, z, row, work, GOOD)
    for p in range(people.shape[1]):
        work[DROPPED, p] += work[LEAVING, p] - work[GOOD, p]


@kernel
def move_courses(
    memory: Floats, at: Ints, by: Ints, school_at: Ints, school_by: Ints, first: Ints, paths: int, noise: bool
) -> None:
    """Move those who are in school on by a month, the last school first; write graduates, failures and free places.

    ``at`` and ``by`` are (name, nation), in the order of ``Courses.takes`` and ``gives``; ``school_at`` and
    ``school_by`` are (name, school), in that of ``OF_SCHOOL``; the schools of nation n begin at ``first[n]``.
    """
    work = np.empty((GOOD + 1, paths))
    z_stage, z_fail, z_pass, present, share, each, founders, trainees, depths = range(9)
    graduations, washouts, seats_left, teaching_left, crowd, told = range(9, 15)
    entrants, graduates, failures, pupils = range(told, told + 4)
    for n in range(at.shape[1]):
        count = first[n + 1] - first[n]
        for one in range(graduations, at.shape[0]):
            memory[at[one, n] : at[one, n] + paths] = 0.0
        for k in range(count - 1, -1, -1):
            school, slot, here = first[n] + k, k * SLOTS * paths, 4 * k
            people = rows_of(memory, at[trainees, n] + slot, SLOTS, paths)
            depth = rows_of(memory, at[depths, n] + k * paths, 1, paths)[0]
            erlang = memory[school_at[DURATION, school]] > 0.5
            deepest = 0.0
            for row in range(EARLY + 1):
                filled(memory, school_at[row, school], school_by[row, school], work[row])
            for p in range(paths):
                now = last_age(work[MONTHS, p], erlang)
                deepest = max(deepest, max(now, depth[p]))  # noqa: PLW3301 - of three numbers it compiles for long
                depth[p] = now
            z = rows_of(memory, at[z_stage, n] + slot, SLOTS, paths)
            z_drop = rows_of(memory, at[z_fail, n] + slot, SLOTS, paths)
            study(people, z, z_drop, work, int(deepest), erlang)
            to_units = k == count - 1 or begins(memory, school_at, first[n], k + 1)
            if to_units:
                work[ROOM] = NO_LIMIT
            leave(people, rows_of(memory, at[z_pass, n] + 2 * k * paths, 1, paths), 0, work, erlang)
            onward = at[graduations, n] if to_units else at[entrants + here + 4, n]
            starts = begins(memory, school_at, first[n], k)
            for p in range(paths):
                memory[onward + p] += work[GOOD, p]
                memory[at[washouts, n] + p] += work[DROPPED, p]
                memory[at[graduates + here, n] + p] = work[GOOD, p]
                memory[at[failures + here, n] + p] = work[DROPPED, p]
                memory[at[pupils + here, n] + p] = work[INSIDE, p]
                memory[at[crowd, n] + p] += work[INSIDE, p] + (0.0 if to_units else work[GOOD, p])
                work[ROOM, p] = max(0.0, whole(work[SEATS, p] - work[INSIDE, p], noise))
                memory[at[seats_left, n] + p] += work[ROOM, p] if starts else 0.0
        for p in range(paths):
            staff = memory[at[share, n] + by[share, n] * p] * memory[at[present, n] + by[present, n] * p]
            staff += memory[at[founders, n] + by[founders, n] * p]
            places = memory[at[each, n] + by[each, n] * p] * staff - memory[at[crowd, n] + p]
            memory[at[teaching_left, n] + p] = max(0.0, whole(places, noise)) if count > 0 else NO_LIMIT
            memory[at[seats_left, n] + p] += 0.0 if count > 0 else NO_LIMIT


@law(inline=False)
def share_out(
    memory: Floats, at: Ints, school_at: Ints, school_by: Ints, first: int, room: Floats, noise: bool
) -> None:
    """Spread a month's recruits over the schools where a series begins: by free places, what is left in order.

    ``at`` is that of ``Enrolment``, of one nation; ``room`` (school, path) becomes the free places of every school.
    """
    recruits, entrants, pupils = 0, 7, 10
    paths, count = room.shape[1], room.shape[0]
    if count == 1:
        for p in range(paths):
            memory[at[entrants] + p] += memory[at[recruits] + p]
        return
    for p in range(paths):
        places = 0.0
        for k in range(count):
            seats = memory[school_at[SEATS, first + k] + school_by[SEATS, first + k] * p]
            taken = memory[at[pupils + 4 * k] + p] + memory[at[entrants + 4 * k] + p]
            room[k, p] = max(0.0, whole(seats - taken, noise))
            places += room[k, p] if begins(memory, school_at, first, k) else 0.0
        given = memory[at[recruits] + p]
        rest, evenly = given, given / max(places, 1.0)
        for part in range(2):
            for k in range(count):
                if begins(memory, school_at, first, k):
                    wanted = rest if part > 0 else whole(evenly * room[k, p], noise)
                    take = min(min(wanted, rest), room[k, p])  # noqa: PLW3301 - of three numbers it compiles for long
                    memory[at[entrants + 4 * k] + p] += take
                    rest -= take
                    room[k, p] -= take


@kernel
def enter_courses(
    memory: Floats, at: Ints, _by: Ints, school_at: Ints, school_by: Ints, first: Ints, paths: int, noise: bool
) -> None:
    """Put recruits into school; let go who finishes or fails before the month ends. ``at`` is as ``Enrolment`` says."""
    work, room = np.empty((GOOD + 1, paths)), np.empty((SCHOOLS, paths))
    recruits, z_stage, z_fail, z_pass, trainees, graduations, washouts = range(7)
    entrants, graduates, failures, pupils = range(7, 11)
    crowd = at.shape[0] - 1
    for n in range(at.shape[1]):
        count = first[n + 1] - first[n]
        if count == 0:
            for p in range(paths):
                memory[at[graduations, n] + p] = memory[at[recruits, n] + p]
                memory[at[crowd, n] + p] = 0.0
            continue
        share_out(memory, at[:, n], school_at, school_by, first[n], room[:count], noise)
        memory[at[crowd, n] : at[crowd, n] + paths] = 0.0
        for k in range(count):
            school, slot, here = first[n] + k, k * SLOTS * paths, 4 * k
            for row in range(EARLY + 1):
                filled(memory, school_at[row, school], school_by[row, school], work[row])
            erlang = memory[school_at[DURATION, school]] > 0.5
            people = rows_of(memory, at[trainees, n] + slot, SLOTS, paths)
            z = rows_of(memory, at[z_stage, n] + slot, SLOTS, paths)
            z_drop = rows_of(memory, at[z_fail, n] + slot, SLOTS, paths)
            new = rows_of(memory, at[entrants + here, n], 1, paths)[0]
            enter(people, new, z, z_drop, work, erlang)
            to_units = k == count - 1 or begins(memory, school_at, first[n], k + 1)
            for p in range(paths):
                work[ROOM, p] = NO_LIMIT if to_units else room[k + 1, p]
                work[WAITED, p] = people[AGES, p]
            leave(people, rows_of(memory, at[z_pass, n] + (2 * k + 1) * paths, 1, paths), 0, work, erlang)
            onward = at[graduations, n] if to_units else at[entrants + here + 4, n]
            for p in range(paths):
                people[AGES, p] += work[WAITED, p]
                memory[onward + p] += work[GOOD, p]
                memory[at[washouts, n] + p] += work[DROPPED, p]
                memory[at[graduates + here, n] + p] += work[GOOD, p]
                memory[at[failures + here, n] + p] += work[DROPPED, p]
                memory[at[pupils + here, n] + p] += work[INSIDE, p]
                memory[at[crowd, n] + p] += memory[at[pupils + here, n] + p]
                if not to_units:
                    room[k + 1, p] -= work[GOOD, p]


@kernel
def fill_courses(
    memory: Floats, at: Ints, _by: Ints, school_at: Ints, school_by: Ints, first: Ints, paths: int, noise: bool
) -> None:
    """Spread those in school at the start as a steady intake would: over schools, and months since they joined."""
    in_school, trainees, depths, pupils = 0, 1, 2, 6
    numbers = np.empty(EARLY + 1)
    weights = np.empty((SCHOOLS, AGES))
    for n in range(at.shape[1]):
        count = first[n + 1] - first[n]
        for p in range(paths):
            total, flow = 0.0, 0.0
            for k in range(count):
                school = first[n] + k
                for row in range(EARLY + 1):
                    numbers[row] = memory[school_at[row, school] + school_by[row, school] * p]
                erlang = memory[school_at[DURATION, school]] > 0.5
                flow = max(numbers[SEATS], 1.0) if begins(memory, school_at, first[n], k) else flow
                stays = 1.0 - failing(numbers[MONTHS], numbers[PASSING], numbers[EARLY])
                kept = math.sqrt(stays)
                for s in range(AGES):
                    there = left(float(s), numbers[MONTHS], numbers[COURSE_STAGES], erlang)
                    if s == AGES - 1:
                        there = time_left(float(s), numbers[MONTHS], numbers[COURSE_STAGES], erlang)
                    weights[k, s] = flow * kept * there
                    total += weights[k, s]
                    kept *= stays
                flow *= numbers[PASSING]
                memory[at[depths, n] + k * paths + p] = last_age(numbers[MONTHS], erlang)
            given, weight, placed = memory[at[in_school, n] + p], 0.0, 0.0
            for k in range(count):
                inside = placed
                for s in range(AGES):
                    weight += weights[k, s]
                    reached = given if weight >= total else whole(given * (weight / total), noise)
                    memory[at[trainees, n] + (k * SLOTS + s) * paths + p] = reached - placed
                    placed = reached
                memory[at[pupils + 4 * k, n] + p] = placed - inside


class Courses(Stage):
    """Moves all schools on by a month."""

    takes = ("z_stage", "z_fail", "z_pass", "present", "instructor_share", "students_per_instructor", "founders")
    gives = (
        "trainees",
        "school_ages",
        "graduations",
        "washouts",
        "seats_left",
        "teaching_left",
        "pupils_now",
        *BY_SCHOOL,
    )
    over = Items("schools")
    takes_of_item = OF_SCHOOL
    kernel = move_courses


class Enrolment(Stage):
    """Puts the month's recruits into school."""

    takes = ("accessions", "z_stage", "z_fail", "z_pass")
    gives = ("trainees", "graduations", "washouts", *BY_SCHOOL, "pupils")
    over = Items("schools")
    takes_of_item = OF_SCHOOL
    kernel = enter_courses


class FirstDay(Stage):
    """Begins with the trainees spread as a steady intake would have it."""

    takes = ("in_school",)
    gives = ("trainees", "school_ages", *BY_SCHOOL)
    over = Items("schools")
    takes_of_item = OF_SCHOOL
    kernel = fill_courses
