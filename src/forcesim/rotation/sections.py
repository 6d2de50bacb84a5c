"""The parts of a rotation study as checked data: policies, units, demands, sourcing, people, schools, money.

Every section is a frozen model with bounds, and carries where its numbers come from.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from forcesim.rotation.durations import MOST_DAYS, Days, Rule
from forcesim.rotation.entries import MOST_UNITS, Day, Name, RotationSection, Share, Usd, refuse

__all__ = [
    "Activation",
    "Applicants",
    "Caveat",
    "Chain",
    "Costs",
    "Demand",
    "Following",
    "People",
    "Phases",
    "RotationPolicy",
    "RotationSchool",
    "Sourcing",
    "State",
    "Substitute",
    "UnitGroup",
    "UnitState",
]


class RotationPolicy(RotationSection):
    """The rotation rules of a kind of unit, in days.

    The clock of a cycle starts when a unit comes home (or when a cycle ends unused). From day ``available_from`` to
    day ``available_until`` of the cycle a unit may be sent; if it is not, it becomes ready no more until ``cycle``
    ends and a new one begins. Without ``cycle`` a unit, once ready, stays so. ``recovery`` is the first part of a
    cycle, whatever else holds. An order is followed by mobilisation and preparation, then by the tour.

    Parameters
    ----------
    cycle : Days, optional
        Days after which a unit that was not sent begins anew. A tour may end after the cycle in which it began, but
        takes no longer than a whole one.
    available_from : Days
        Day of the cycle from which the unit is trained.
    available_until : Days, optional
        Day of the cycle from which it may no longer be sent; the cycle's end unless given.
    window : Days, optional
        How long it stays available, in place of ``available_until``.
    tour : Rule
        Most days away: boots on the ground, hand-over included.
    overlap : Rule
        Days that the unit that leaves and the one that relieves it are there together.
    overlap_always : bool
        Whether the last days of a tour are given to the hand-over even where no relief comes; its place is then empty.
    recovery : Days
        Days after the return in which nothing is asked of it.
    minimum_dwell : Rule
        Least days between return and next departure.
    mobilisation, preparation : Days
        From the order to the departure.
    counts_preparation : bool
        Whether mobilisation and preparation count against the tour (and end the dwell), as for called-up reserves.

    Examples
    --------
    >>> uk = RotationPolicy(tour=180, available_from=720, cycle=900)
    >>> uk.tour.guidance, uk.available_from.mean
    (180, 720.0)
    """

    cycle: Days | None = None
    available_from: Days = Days(value=0)
    available_until: Days | None = None
    window: Days | None = None
    tour: Rule
    overlap: Rule = Rule(guidance=0)
    overlap_always: bool = False
    recovery: Days = Days(value=0)
    minimum_dwell: Rule = Rule(guidance=0)
    mobilisation: Days = Days(value=0)
    preparation: Days = Days(value=0)
    counts_preparation: bool = False


class Activation(RotationSection):
    """How a cadre (or a unit still to be raised) becomes ready: what begins it, how long it takes, at what rate.

    Parameters
    ----------
    on : Day, optional
        A date that begins it.
    phase : str, optional
        A phase that begins it, the first time that it is entered.
    need : bool
        Whether the first demand that the other units leave unmet begins it.
    ready_after : int
        Days from there until the first unit is ready.
    per_year : float, optional
        Units that become ready a year, one after the other; all at once unless given.
    """

    on: Day | None = None
    phase: Name | None = None
    need: bool = False
    ready_after: int = Field(default=0, ge=0, le=MOST_DAYS)
    per_year: float | None = Field(default=None, gt=0.0, le=1e6)


class UnitState(RotationSection):
    """Where a unit stands on day 0: on tour in a demand, or at home, and since when.

    Parameters
    ----------
    since : int or str
        Days before day 0, or a date, on which it arrived there, or came home.
    on : str, optional
        The demand that it serves; it is at home unless given.

    Examples
    --------
    >>> UnitState(on="mission", since="2025-11-01").since
    '2025-11-01'
    """

    since: Annotated[int, Field(ge=0, le=MOST_DAYS, strict=True)] | Annotated[str, Field(max_length=10)]
    on: Name | None = None


class UnitGroup(RotationSection):
    """Units that are alike: type, nation, component, size, policy, and where in the cycle they start.

    Parameters
    ----------
    name : str
        Units are called ``name-1``, ``name-2`` …
    type, nation, component : str
        What they are, whose, and of which component (``active``, ``reserve``, ``cadre`` …).
    count : int
        How many.
    size : int
        Persons in each.
    policy : str or mapping of phase to str
        Their home policy; by phase, the phase ``other`` stands for all that are not named.
    start : {"stationary", "uniform", "staggered", "rested"} or list of int or UnitState
        Where they stand on day 0. ``stationary``: as after many years of the demands of day 0, drawn anew in each
        replication. ``uniform``: each at a day of its life that is drawn, tours included, without a warm-up.
        ``staggered``: evenly spread over that life, tours included. ``rested``: all at the end of reset. Or the day of
        the cycle of each at home, or its :class:`UnitState`.
    joins : Day
        Day from which they exist; before that they count as not ready.
    activation : Activation, optional
        What makes a cadre ready.
    """

    name: Name
    type: Name
    nation: Name = "own"
    component: Name = "active"
    count: int = Field(default=1, ge=0, le=MOST_UNITS)
    size: int = Field(default=0, ge=0, le=1_000_000)
    policy: Name | dict[Name, Name]
    start: (
        Literal["stationary", "uniform", "staggered", "rested"]
        | Annotated[
            tuple[Annotated[int, Field(ge=0, le=MOST_DAYS, strict=True)] | UnitState, ...], Field(max_length=MOST_UNITS)
        ]
    ) = "stationary"
    joins: Day = 0
    activation: Activation | None = None


class Demand(RotationSection):
    """What is asked for: units of a type, at a time, or at random, or in a phase.

    Parameters
    ----------
    name, type : str
        Its name, and the type of unit.
    quantity : int
        Units at once; with ``steps``, those of its first day.
    steps : mapping of Day to int, optional
        Units at once from later days on: a mission that grows and shrinks. Units that are there stay where it shrinks
        by others; what it gave up last goes home first.
    priority : int
        1 is served first.
    start, duration : Day, Days
        Once: from a day on, to the horizon unless a duration is given.
    rate_per_year : float, optional
        At random: crises begin in a Poisson stream of this rate, each with its own duration.
    overlapping : bool
        Whether a crisis may begin while another of the same demand goes on. If not, crises and quiet times take turns
        (the quiet ones exponential), and the rate is still the one that is asked for.
    begun : bool, optional
        Whether it was under way before day 0: a lasting demand has its units there, crises that began before still go
        on. Unless given it was, if it starts on day 0, or comes at random, and no phases follow it. A mission that is
        new on day 0 says ``false``.
    phases : tuple of str, optional
        In phases: from the beginning to the end of each spell of these phases.
    package : bool
        Whether it takes all units at once or none.
    lost : bool
        Whether a package that cannot be met when it begins is lost, rather than waiting.
    notice : int
        Days before its beginning at which units are looked for.
    nations, components : tuple of str, optional
        Who may be sent; anybody unless given.
    """

    name: Name
    type: Name
    quantity: int = Field(ge=1, le=5_000)
    steps: Annotated[dict[str, Annotated[int, Field(ge=0, le=5_000, strict=True)]], Field(max_length=1_000)] = Field(
        default_factory=dict
    )
    priority: int = Field(default=1, ge=1, le=1_000)
    start: Day = 0
    duration: Days | None = None
    rate_per_year: float | None = Field(default=None, gt=0.0, le=10_000.0)
    overlapping: bool = True
    begun: bool | None = None
    phases: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)] | None = None
    package: bool = False
    lost: bool = False
    notice: int = Field(default=0, ge=0, le=MOST_DAYS)
    nations: Annotated[tuple[Name, ...], Field(min_length=1, max_length=500)] | None = None
    components: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """Be fixed, random or of a phase."""
        if self.rate_per_year is not None and self.phases is not None:
            raise refuse("must have either a rate_per_year or phases")
        if self.rate_per_year is not None and self.duration is None:
            raise refuse("must have a duration if it comes at a rate_per_year")
        if self.phases is not None and self.duration is not None:
            raise refuse("must have no duration if it has phases: it lasts as long as they do")
        if self.rate_per_year is None and not self.overlapping:
            raise refuse("must have a rate_per_year if it says overlapping")
        if self.lost and not self.package:
            raise refuse("must be a package to be lost; other demands are filled in part and wait")
        if self.steps and (self.rate_per_year is not None or self.phases is not None or self.package):
            raise refuse("must have no steps if it has a rate_per_year or phases, or is a package")
        return self

    @field_validator("steps", mode="before")
    @classmethod
    def _text_days(cls, data: Any) -> Any:
        """Read days that YAML gives as numbers."""
        return {str(key): value for key, value in data.items()} if isinstance(data, dict) else data

    @property
    def most(self) -> int:
        """Return the most units that it asks for at once."""
        return max(self.quantity, *self.steps.values(), 0)


class Substitute(RotationSection):
    """A type that may stand in for another, and what a unit of it is then worth."""

    demanded: Name
    by: Name
    effectiveness: float = Field(gt=0.0, le=1.0)


class Caveat(RotationSection):
    """What a nation does not do in a mission, and when it leaves.

    Parameters
    ----------
    nation, demand : str
        Who, and where.
    chance : float
        Chance that it takes part at all, drawn once in each replication.
    most : int, optional
        Units of it there at once, at the most; 0 keeps it out.
    not_in : tuple of str
        Phases in which it sends no units there; those there leave after ``notice``.
    withdraws_on : Day, optional
        A day on which it announces to leave.
    withdraws_per_year : float, optional
        Rate at which it announces to leave.
    notice : int
        Days from the announcement to the departure of its units.
    returns_after : Days, optional
        Days after which it may be asked again; never unless given.
    """

    nation: Name
    demand: Name
    chance: Share = 1.0
    most: int | None = Field(default=None, ge=0, le=MOST_UNITS)
    not_in: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    withdraws_on: Day | None = None
    withdraws_per_year: float | None = Field(default=None, gt=0.0, le=1_000.0)
    notice: int = Field(default=30, ge=0, le=MOST_DAYS)
    returns_after: Days | None = None


class Sourcing(RotationSection):
    """Who is sent: the order in which units that may go are ranked.

    Parameters
    ----------
    order : tuple of str
        Keys, the first first: ``soonest`` (least late), ``effectiveness``, ``component``, ``nation`` (both as listed),
        ``rested`` (longest home), ``advanced`` (furthest in its window), ``fewest`` (fewest days away so far), or the
        name of a rule of your own (``rotation.simulate(..., rules={name: function})``). Ties go to the unit that
        stands first in the list.
    components, nations : tuple of str
        Their order; those that are not listed come last.
    break_first : {"dwell", "tour"}
        Which rule is broken first where both may be: a unit is sent early, or one stays longer.
    """

    order: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10)] = (
        "soonest",
        "effectiveness",
        "component",
        "rested",
    )
    components: Annotated[tuple[Name, ...], Field(max_length=50)] = ("active", "reserve", "cadre")
    nations: Annotated[tuple[Name, ...], Field(max_length=500)] = ()
    break_first: Literal["dwell", "tour"] = "dwell"


class State(RotationSection):
    """One phase of a chain: how long it lasts, and what comes then, with what weight."""

    days: Days
    then: Annotated[
        dict[Name, Annotated[float, Field(ge=0.0, le=1e6, strict=True)]], Field(min_length=1, max_length=100)
    ]


class Chain(RotationSection):
    """Phases as a semi-Markov chain (with exponential days, a Markov chain): peace, crisis, war and back."""

    start: Name
    states: Annotated[dict[Name, State], Field(min_length=1, max_length=100)]


class Following(RotationSection):
    """Phases that follow a demand: before it first begins, while any of it goes on, and after."""

    demand: Name
    before: Name = "peace"
    during: Name = "surge"
    after: Name = "after"


class Phases(RotationSection):
    """In which phase the world is: by date, by a chain of chance, or by an event. One of the three."""

    dated: Annotated[dict[str, Name], Field(min_length=1, max_length=1000)] | None = None
    chain: Chain | None = None
    following: Following | None = None

    @field_validator("dated", mode="before")
    @classmethod
    def _text_keys(cls, data: Any) -> Any:
        """Read days that YAML gives as numbers."""
        return {str(key): value for key, value in data.items()} if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """Be of one kind."""
        if sum(kind is not None for kind in (self.dated, self.chain, self.following)) != 1:
            raise refuse("must be one of dated, chain or following")
        return self


class People(RotationSection):
    """The people inside units.

    Parameters
    ----------
    fill : float
        Posts that are manned, as a share of a unit's size.
    not_deployable : float
        Share of the manned posts whose people cannot be sent, drawn at each departure.
    turnover_per_year : float
        Rate at which a person is posted to another unit of the same nation; who comes in his place brings his own
        dwell along.
    minimum_dwell : Rule
        A person's least days between return and next departure; the penalty is per person and day.
    """

    fill: Share = 1.0
    not_deployable: Share = 0.0
    turnover_per_year: float = Field(default=0.0, ge=0.0, le=10.0)
    minimum_dwell: Rule = Rule(guidance=0)


class Applicants(RotationSection):
    """Who wants into a school: at random with a rate, or so many every so many days."""

    per_year: float | None = Field(default=None, gt=0.0, le=1e6)
    batch: int | None = Field(default=None, ge=1, le=100_000)
    every: int | None = Field(default=None, ge=1, le=MOST_DAYS)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """Come at random or in batches."""
        if (self.per_year is None) == (self.batch is None) or (self.batch is None) != (self.every is None):
            raise refuse("must have either per_year, or batch and every")
        return self


class RotationSchool(RotationSection):
    """A school as a queue of persons, in real time.

    Parameters
    ----------
    name : str
        Its name.
    seats : int
        Persons in it at once, at the most.
    course : Days
        Length of the course; of a class that starts together, of each person where classes do not.
    applicants : Applicants
        Who wants in.
    classes_every : int, optional
        Days between two starts of classes; unless given anyone starts when a seat is free.
    patience : Days, optional
        How long an applicant waits before giving up; for ever unless given.
    room : int, optional
        Applicants who may wait; those who find it full are refused. No limit unless given.
    instructors : int, optional
        Each teaches ``students_per_instructor``; no limit unless given.
    students_per_instructor : float
        How many persons an instructor teaches.
    pass_share : float
        Share of those who end the course that passes.
    measure_from : Day
        Day from which its figures are taken.
    feeds : str, optional
        Nation whose units get those who pass (if people are modelled).
    """

    name: Name
    seats: int = Field(ge=0, le=1_000_000)
    course: Days
    applicants: Applicants
    classes_every: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    patience: Days | None = None
    room: int | None = Field(default=None, ge=0, le=10_000_000)
    instructors: int | None = Field(default=None, ge=0, le=1_000_000)
    students_per_instructor: float = Field(default=10.0, gt=0.0, le=1e6)
    pass_share: Share = 1.0
    measure_from: Day = 0
    feeds: Name | None = None

    @property
    def places(self) -> int:
        """Return how many it can hold, as seats and instructors have it."""
        taught = self.seats if self.instructors is None else int(self.instructors * self.students_per_instructor)
        return min(self.seats, taught)


class Costs(RotationSection):
    """What a unit costs a day, in US dollars: at home, in training (mobilisation and preparation), deployed."""

    home: Usd = 0.0
    training: Usd = 0.0
    deployed: Usd = 0.0
