"""Schools as queues in real time: seats, classes, patience, instructors.

Without classes the school is M/G/s: with exponential courses and nobody who waits it is Erlang's loss model (B), with
a queue without end his delay model (C), with exponential patience Palm's (A). Every run measures Little's law: the
people there on average, from the changes of their number, must be the time that they spent there, person by person.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from simpy.exceptions import Interrupt

from forcesim.errors import Fault, ProcessError
from forcesim.randomness.variates import exponential
from forcesim.rotation.durations import DAYS_A_YEAR

if TYPE_CHECKING:
    from collections.abc import Generator

    from forcesim.rotation.people import Roster
    from forcesim.rotation.sections import RotationSchool
    from forcesim.rotation.world import RotationWorld

__all__ = ["MEASURES", "SchoolHouse"]

MEASURES = (
    "applicants", "refused", "gave_up", "admitted", "passed", "failed", "delayed", "waiting", "in_course",
    "wait_days", "course_days", "span",
)  # fmt: skip
"""What is counted from the day of measurement on: persons; person-days of waiting and in the course; days."""

LITTLE = 1e-6
"""Relative difference of two ways to count person-days beyond which something is wrong."""


class Level:
    """How many there are: persons, and person-days by both ways of counting."""

    __slots__ = ("area", "changed", "now", "spent", "start")

    def __init__(self, start: float) -> None:
        """Begin empty; count from a day on."""
        self.start, self.now, self.area, self.changed, self.spent = start, 0, 0.0, 0.0, 0.0

    def move(self, by: int, at: float) -> None:
        """Let so many come (or go)."""
        if at > self.start:
            self.area += self.now * (at - max(self.changed, self.start))
        self.now += by
        self.changed = at

    def leave(self, entered: float, at: float) -> None:
        """Let one go who came at a time."""
        self.move(-1, at)
        if at > self.start:
            self.spent += at - max(entered, self.start)


class SchoolHouse:
    """One school in one replication."""

    def __init__(self, world: RotationWorld, people: Roster | None, school: RotationSchool) -> None:
        """Open the school."""
        self.world, self.people, self.school, self.env = world, people, school, world.env
        self.free = school.places
        self.start = float(world.layout.study.day(school.measure_from))
        self.queue: deque[tuple[Any, float]] = deque()
        self.waiting, self.inside = Level(self.start), Level(self.start)
        self.there: dict[int, float] = {}
        self.count = dict.fromkeys(MEASURES[:7], 0)
        name = f"school {school.name}"
        self.course = world.streams.times(name, "course", school.course)
        self.patience = None if school.patience is None else world.streams.times(name, "patience", school.patience)
        self.passes = world.streams.uniform(name, "pass")
        self.gaps = world.streams.uniform(name, "gap")
        self.serial = 0
        self.env.process(self.applying())
        if school.classes_every is not None:
            self.env.process(self.classes(school.classes_every))

    @property
    def measured(self) -> bool:
        """Return whether what happens now counts."""
        return bool(self.env.now >= self.start)

    def note(self, what: str) -> None:
        """Count something."""
        if self.measured:
            self.count[what] += 1

    def applying(self) -> Generator[Any, Any, None]:
        """Let applicants come."""
        who = self.school.applicants
        yield from self.world.from_day(0)
        if who.batch is not None:
            while True:
                for _ in range(who.batch):
                    self.apply()
                yield self.env.timeout(who.every)
        assert who.per_year is not None
        mean = DAYS_A_YEAR / who.per_year
        while True:
            yield self.env.timeout(mean * float(exponential(self.gaps.next())))
            self.apply()

    def apply(self) -> None:
        """Take in an applicant: to a seat, to the queue, or not at all."""
        self.note("applicants")
        now = self.env.now
        if self.school.classes_every is None and self.free > 0 and not self.queue:
            self.admit()
        elif self.school.room is None or len(self.queue) < self.school.room:
            self.note("delayed")
            self.waiting.move(+1, now)
            if self.patience is None:
                self.queue.append((None, now))
            else:
                entry: list[Any] = []
                process = self.env.process(self.waits(entry, self.patience.next()))
                entry += [process, now]
                self.queue.append((process, now))
        else:
            self.note("refused")

    def waits(self, entry: list[Any], patience: float) -> Generator[Any, Any, None]:
        """Wait in the queue, and give up when patience ends."""
        try:
            yield self.env.timeout(patience)
        except Interrupt:
            return
        process, came = entry
        self.queue.remove((process, came))
        self.waiting.leave(came, self.env.now)
        self.note("gave_up")

    def admit(self) -> None:
        """Give somebody a seat."""
        self.note("admitted")
        self.free -= 1
        self.inside.move(+1, self.env.now)
        self.env.process(self.learning(self.course.next()))

    def call(self) -> None:
        """Call those who wait, as far as there are seats."""
        while self.free > 0 and self.queue:
            process, came = self.queue.popleft()
            if process is not None:
                process.interrupt()
            self.waiting.leave(came, self.env.now)
            self.admit()

    def learning(self, days: float) -> Generator[Any, Any, None]:
        """Go through the course of one person, or of a class's member."""
        begun = self.env.now
        self.serial += 1
        mark = self.serial
        self.there[mark] = begun
        yield self.env.timeout(days)
        del self.there[mark]
        self.inside.leave(begun, self.env.now)
        self.free += 1
        if self.passes.next() < self.school.pass_share:
            self.note("passed")
            if self.school.feeds is not None and self.people is not None:
                self.people.graduate(self.school.feeds)
        else:
            self.note("failed")
        if self.school.classes_every is None:
            self.call()

    def classes(self, every: int) -> Generator[Any, Any, None]:
        """Start a class every so many days; all of a class have the same course."""
        yield from self.world.from_day(0)
        while True:
            # courses that end and applications of this day come first
            yield self.env.timeout(0)
            self.begin_class()
            yield self.env.timeout(every)

    def begin_class(self) -> None:
        """Start a class with those who wait, as far as there are seats."""
        if self.free <= 0 or not self.queue:
            return
        days = self.course.next()
        while self.free > 0 and self.queue:
            process, came = self.queue.popleft()
            if process is not None:
                process.interrupt()
            self.waiting.leave(came, self.env.now)
            self.note("admitted")
            self.free -= 1
            self.inside.move(+1, self.env.now)
            self.env.process(self.learning(days))

    def measures(self) -> list[float]:
        """Return what was measured, after Little's law has been checked.

        Raises
        ------
        ProcessError
            If the two ways to count person-days disagree.
        """
        end = float(self.world.last)
        for level, entered in (
            (self.waiting, [came for _, came in self.queue]),
            (self.inside, list(self.there.values())),
        ):
            level.move(0, end)
            spent = level.spent + sum(end - max(came, self.start) for came in entered)
            if abs(spent - level.area) > LITTLE * max(1.0, level.area):
                found = f"{level.area:.9g} and {spent:.9g} person-days"
                raise ProcessError(Fault(f"schools {self.school.name}", "must keep Little's law", found))
        counts = [float(self.count[name]) for name in MEASURES[:7]]
        rest = [self.waiting.now, self.inside.now, self.waiting.area, self.inside.area, end - self.start]
        return [*counts, *map(float, rest)]
