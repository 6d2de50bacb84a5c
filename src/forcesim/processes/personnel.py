"""Personnel: from the pool through the schools to trained strength, and out of it; people are whole and conserved.

**Equation.** Stocks move by named flows only, in whole persons. A trained soldier runs constant hazards in a month::

    loss      = casualty_rate I tempo theatre / trained      tempo = quiet_share + (1 - quiet_share) activity at war
    absence   = awol_rate tempo                              tempo = quiet_share in a ceasefire and after a defeat
    service   = discharge_rate + term_share / term_months        at war
                discharge_rate - ln(1 - contract_share (1 - exp(-release_rate)))        in peace
    h         = loss + absence + service

Who was there leaves with chance ``1 - exp(-h)``, who arrives in the month with ``1 - (1 - exp(-h)) / h``; the hazards
share the leavers out. So a steady intake I keeps I / h soldiers. By the same law the wounded leave care at the rate
1 / recovery_months, and the absent come back at awol_return_rate. Then::

    killed      ~ binomial(losses, killed_share);   returns ~ binomial(who leaves care, return_in_force)
    demobilised = demobilisation_share max(0, strength - ceiling)           in a ceasefire
    absorbed    = min(waiting + graduations, absorption_share (trained + both)); all of them where there is no school
    accessions  = min((volunteers + mobilisation) exp(v), pool, seats, instructors,
                      ceiling - strength, money - strength)
    theatre     = front_share trained - field_instructors trainees / students_per_instructor
    front_share'= front_share + (goal - front_share) (1 - exp(-1 / shift_months))
                  goal = theatre_share at war, theatre_share peace_theatre_share in peace
    ln I        = sigma (sqrt(rho) x + sqrt(1 - rho) x_n) - half of its variance     (1 in month 0, mean 1; x shared)
    x'          = phi x + sqrt(1 - phi^2) z,  phi = exp(-1 / shared_months)          (x_n with intensity_months)

``return_basis: balance`` solves the share of the wounded who return. With the intake Q, the losses L and the other
leavers X of the start (less absentees who come back) the army then changes by ``Q - L + net_return L`` a month::

    return_in_force = (net_return L + X) / ((1 - killed_share) L),  within 0 and 1

**Symbols.**

=================  ================================================  =================  =============================
symbol             name in code                                      unit               source
=================  ================================================  =================  =============================
strength           ``strength``                                      persons            written: all in the army
stocks             ``trained``, ``trainees``, ``waiting``,           persons            written
                   ``wounded``, ``absent``, ``pool``
theatre            ``theatre``, ``front_share``                      persons, share     written
intake             ``accessions``, ``pool_entries``, ``pool_exits``  persons per month  written
what bounds it     ``intake_limit``                                  code               written
schools            ``graduations``, ``washouts``, ``absorbed``       persons per month  written
of each school     ``school_1_entrants``, ``school_1_graduates``,    persons (a month)  written
                   ``school_1_failures``, ``school_1_pupils`` ...
losses             ``losses``, ``killed``, ``wounds``                persons per month  written
mean of them       ``mean_loss_rate``                                per month          written, of six months
wounded            ``returns``, ``invalided``, ``return_in_force``   persons, share     written
absence            ``awol``, ``awol_returns``                        persons per month  written
leaving            ``discharges``, ``demobilised``                   persons per month  written
I                  ``intensity``                                     ratio              written
x, x_n, v          ``shared_intensity``, ``own_intensity``,          ratio              written
                   ``intake_shock``
ages in use        ``school_ages``                                   months             written
at the start       ``strength``, ``wounded``, ``absent``, ``pool``,  persons            FG004-FG006, FG111
                   ``trainees``
pool               ``pool_entries``, ``pool_exit_rate``              persons per month  population, FG087, FG088
volunteers         ``volunteers``                                    persons per month  FG027-FG036
mobilisation       ``mobilisation``                                  persons per month  FG064-FG071
v                  ``intake_volatility``, ``intake_months``          ratio, months      assumption (FG064-FG071)
ceiling            ``ceiling``                                       persons            FG010, FG024
after a ceasefire  ``peace_ceiling``, ``demobilisation_share``       persons, share     FG008, FG009; assumption
casualty_rate      ``casualty_rate``                                 per month          FG031, FG016
theatre            ``theatre_share``, ``peace_theatre_share``,       share, months      FG016; assumption
                   ``shift_months``
sigma, rho         ``intensity_volatility``, ``intensity_shared``    ratio, share       FG049-FG053 (months apart)
phi                ``intensity_months``, ``shared_months``           months             FG049-FG053 (months apart)
quiet_share        ``quiet_share``                                   share              assumption
killed_share       ``killed_share``                                  share              FG045, FG056, FG063
recovery_months    ``recovery_months``                               months             assumption
the wounded back   ``return_basis``, ``return_share``,               word, share        FG042, FG043, FG062
                   ``net_return``
awol_rate          ``awol_rate``, ``awol_return_rate``               per month          FG075, FG076, FG084, FG085
end of service     ``discharge_rate``, ``term_share``,               per month, share,  FG090, FG091; assumption
                   ``term_months``, ``contract_share``,              months
                   ``release_rate``
absorption_share   ``absorption_share``                              share per month    assumption
schools            ``schools``, ``seats``, ``stages``, ``months``,   persons, months    FG094-FG098
                   ``duration``, ``pass_share``, ``early_share``,
                   ``leads_to``
instructors        ``instructor_share``, ``founders``,               share, persons,    assumption
                   ``students_per_instructor``,                      ratio
                   ``field_instructors``
money              ``soldier_cost``                                  USD per year       SP046
draws              ``z_shared``, ``z_intensity``, ``z_intake``,      normal, uniform    drawn
                   ``z_leave``, ``z_losses``, ``z_killed``,
                   ``z_awol``, ``z_recover``, ``z_return``,
                   ``z_back``, ``z_late``, ``z_late_losses``,
                   ``z_late_killed``, ``z_late_recover``,
                   ``z_late_return``, ``z_late_back``,
                   ``z_exits``, ``z_pass``,
                   ``z_stage``, ``z_fail``, ``u_person``,
                   ``u_intake``
phase, activity    ``phase``, ``activity``                           code, ratio        read
personnel_budget   ``personnel_budget``, ``bonuses``,                bn USD per month   read; no limit if not written
                   ``combat_pay``
=================  ================================================  =================  =============================

**Assumes and leaves out.** The theatre is filled up from the rear: all the trained share its losses over time. The
wounded who return, return trained; who fails a course goes back to the pool. Who is absent is off the books. Discharge
and absence strike trained soldiers alike, whatever their service. Money caps intake and dismisses nobody. Ranks, ages,
branches and officers are left out. More intake gives never fewer people at equal draws while pool, seats and ceiling
have room; an exhausted pool is exhausted sooner. Without noise each count is its mean, given the month before, and a
share of persons is not rounded: where no bound binds, the run is the mean of all paths.

**By hand.** Without noise, no schools, ``casualty_rate`` 0.02, killed_share 0.25: of 100,000 trained
1,980.1 are lost in the month, 495.0 of them killed. With one fixed school of 2 months and seats for all, 1,000 who
join in month 1 graduate in month 3. With 1,000 recruits a month, no school and ``discharge_rate`` 0.02 an army of any
size goes to 50,000. An army without flows stands still.

**Within the month.** Who was there leaves, the wounded and absent come back, schools move on, recruits join, arrivals
run the risks of the time that is left.

**References.** Bartholomew, D. J., Forbes, A. F. and McClean, S. I. (1991), Statistical Techniques for Manpower
Planning, 2nd ed., Wiley, chapters 3-4. Little, J. D. C. (1961), Operations Research 9(3), 383-387. Wang, J. (2005), A
review of operations research applications in workforce planning, DSTO-TR-1688.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from forcesim.kernels import law
from forcesim.numerics import exp
from forcesim.processes.courses import AGES, BY_SCHOOL, SCHOOLS, SLOTS, Courses, Enrolment, FirstDay, School
from forcesim.processes.laws import world
from forcesim.processes.leaving import arrive, chance, depart, drawn, hazards, recover, settle, tell
from forcesim.processes.phases import at_war
from forcesim.processes.process import Draw, Process, Section
from forcesim.processes.tempo import fixed, shared_intensity, shared_memory, shocks
from forcesim.quantities import PerMonth, Persons, Quantity, Ratio, Share, Value, choice, number
from forcesim.randomness.variates import binomial, whole
from forcesim.state import Flow, Indicator, Read, Stock

SomeMonths = Annotated[Value, Quantity("months", 0.1, 120.0)]
UsdPerYear = Annotated[Value, Quantity("USD per year", 0.0)]

NetShare = Annotated[Value, Quantity("share", -1.0, 1.0)]
TermMonths = Annotated[Value, Quantity("months", 1.0, 600.0)]

NO_LIMIT = 1e12
LIMITS = ("none", "pool", "seats", "instructors", "ceiling", "money")
LOOKED_BACK = exp(-1.0 / 6.0)
"""What a month leaves of the mean loss rate: it looks back six months."""


class Common(Section):
    """What all armies share."""

    shared_months: SomeMonths = number(
        4.0, meaning="correlation time of the intensity that both sides share", assumption="a campaign",
    )  # fmt: skip


class Parameters(Section):
    """One army."""

    strength: Persons = number(meaning="people on the books at the start")
    trainees: Persons = number(0.0, meaning="of them in school", assumption="none unless given")
    wounded: Persons = number(0.0, meaning="of them wounded", assumption="none unless given")
    absent: Persons = number(0.0, meaning="absent without leave at the start, off the books", assumption="none")
    pool: Persons = number(1e7, meaning="people who can be mobilised", assumption="no bound unless given")
    pool_entries: Persons = number(0.0, meaning="who come into the pool each month", assumption="none unless given")
    pool_exit_rate: PerMonth = number(
        0.0, meaning="rate of leaving the pool: age, emigration, exemption", assumption="none unless given"
    )
    volunteers: Persons = number(
        0.0, meaning="volunteers and contracts a month", assumption="none", lever=True, open=True,
    )  # fmt: skip
    mobilisation: Persons = number(0.0, meaning="mobilised a month", assumption="none", lever=True, open=True)
    intake_volatility: Ratio = number(0.0, meaning="sd of the log of intake", assumption="steady unless given")
    intake_months: SomeMonths = number(6.0, meaning="correlation time of intake", assumption="half a year")
    ceiling: Persons = number(1e9, meaning="authorised strength", assumption="no bound unless given", lever=True)
    peace_ceiling: Persons = number(
        1e9, meaning="authorised strength in a ceasefire", assumption="no bound unless given", lever=True,
    )  # fmt: skip
    demobilisation_share: Share = number(
        0.05, meaning="part of the excess over the ceiling that leaves each month of a ceasefire",
        assumption="a mean of 20 months", lever=True,
    )  # fmt: skip
    theatre_share: Share = number(
        1.0, meaning="part of the trained in the theatre, at war", assumption="all unless given", lever=True
    )
    peace_theatre_share: Share = number(1.0, meaning="the same in peace, against war", assumption="they stay")
    shift_months: SomeMonths = number(6.0, meaning="time to move between theatre and rear", assumption="half a year")
    casualty_rate: PerMonth = number(
        0.0, meaning="rate of killed and wounded in the theatre, at war", assumption="none unless given", open=True,
    )  # fmt: skip
    intensity_volatility: Ratio = number(0.0, meaning="sd of the log of intensity", assumption="steady unless given")
    intensity_shared: Share = number(0.6, meaning="part of its variance that both sides share", assumption="one front")
    intensity_months: SomeMonths = number(4.0, meaning="correlation time of intensity", assumption="a campaign")
    quiet_share: Share = number(0.02, meaning="losses in a ceasefire against war", assumption="shelling goes on")
    killed_share: Share = number(0.25, meaning="share of killed among losses", source="FG056")
    recovery_months: SomeMonths = number(3.0, meaning="mean time a wounded is away", assumption="months, not weeks")
    return_basis: Literal["share", "balance"] = choice(
        "share", meaning="what tells how many of the wounded return", assumption="return_share unless said otherwise"
    )
    return_share: Share = number(0.6, meaning="wounded who return to duty", source="FG042", lever=True)
    net_return: NetShare = number(
        0.0, meaning="returns less leavers other than losses, over losses, at the start", assumption="steady army"
    )
    awol_rate: PerMonth = number(
        0.0, meaning="rate of leaving without leave at war", assumption="none unless given", open=True,
    )  # fmt: skip
    awol_return_rate: PerMonth = number(0.0, meaning="rate of return", assumption="none unless given", lever=True)
    discharge_rate: PerMonth = number(0.0, meaning="rate of discharge", assumption="none unless given", lever=True)
    term_share: Share = number(0.0, meaning="part that serves for a term", assumption="none unless given", lever=True)
    term_months: TermMonths = number(24.0, meaning="mean term at war", source="FG091", lever=True)
    contract_share: Share = number(0.0, meaning="part that serves until the war ends", assumption="none unless given")
    release_rate: PerMonth = number(
        0.0, meaning="rate at which these leave in peace", assumption="none unless given", lever=True,
    )  # fmt: skip
    absorption_share: Share = number(
        0.2, meaning="graduates that units can take in a month, of trained", assumption="a fifth", lever=True,
    )  # fmt: skip
    instructor_share: Share = number(0.03, meaning="trained who teach", assumption="three in a hundred", lever=True)
    founders: Persons = number(50.0, meaning="instructors beside them", assumption="the staff that founds an army")
    field_instructors: Share = number(
        0.0, meaning="instructors at work who come from the theatre", assumption="they stand in the rear", lever=True
    )
    students_per_instructor: Ratio = number(8.0, meaning="students of one instructor", assumption="a section")
    soldier_cost: UsdPerYear = number(40_000.0, meaning="cost of a soldier a year", source="SP046")
    schools: tuple[School, ...] = Field(default=(), max_length=SCHOOLS, description="schools")

    @model_validator(mode="after")
    def _books_agree(self) -> Self:
        """Refuse more trainees and wounded than people on the books."""
        inside = self.trainees.centre + self.wounded.centre
        if inside <= self.strength.centre:
            return self
        rule = "trainees and wounded are counted in strength: together they must not exceed it"
        found = f"{inside:.12g} of {self.strength.centre:.12g}"
        raise PydanticCustomError("books", "{rule}", {"rule": rule, "found": found, "remedy": ""})


READS = (
    Read("phase"), Read("activity", missing=1.0), Read("personnel_budget", missing=NO_LIMIT),
    Read("bonuses", missing=0.0), Read("combat_pay", missing=0.0),
)  # fmt: skip


def _flow(name: str, meaning: str, *, outcome: bool = False) -> Flow:
    return Flow(name=name, unit="persons", meaning=meaning, outcome=outcome, storage="count")


WRITES = (
    Indicator(name="strength", unit="persons", meaning="people on the books", outcome=True, storage="count"),
    Stock(
        name="trained", unit="persons", meaning="trained strength", outcome=True, storage="count",
        inflows=("absorbed", "returns", "awol_returns"), outflows=("losses", "awol", "discharges", "demobilised"),
    ),
    Stock(
        name="trainees", unit="persons", meaning="in school", slots=SCHOOLS * SLOTS, inflows=("accessions",),
        outflows=("graduations", "washouts"),
    ),
    Stock(name="waiting", unit="persons", meaning="trained, not yet in a unit", inflows=("graduations",),
          outflows=("absorbed",)),
    Stock(name="wounded", unit="persons", meaning="wounded, on the books", outcome=True, storage="count",
          inflows=("wounds",), outflows=("returns", "invalided")),
    Stock(name="absent", unit="persons", meaning="absent without leave", outcome=True, storage="count",
          inflows=("awol",), outflows=("awol_returns",)),
    Stock(name="pool", unit="persons", meaning="people who can be mobilised", outcome=True, storage="count",
          inflows=("pool_entries", "washouts"), outflows=("accessions", "pool_exits")),
    _flow("accessions", "intake", outcome=True),
    _flow("pool_entries", "new in the pool"),
    _flow("pool_exits", "left the pool: age, emigration, exemption"),
    _flow("graduations", "passed the last school"),
    _flow("washouts", "failed a course, back to the pool"),
    _flow("absorbed", "taken in by units"),
    _flow("losses", "killed and wounded", outcome=True),
    _flow("killed", "killed", outcome=True),
    _flow("wounds", "wounded"),
    _flow("returns", "wounded returned to duty"),
    _flow("invalided", "wounded who do not return"),
    _flow("awol", "left without leave", outcome=True),
    _flow("awol_returns", "came back"),
    _flow("discharges", "discharged"),
    _flow("demobilised", "demobilised"),
    Indicator(name="intensity", unit="ratio", meaning="intensity of losses, mean 1"),
    Indicator(name="own_intensity", unit="ratio", meaning="the army's own part of it, standard normal"),
    Indicator(name="intake_shock", unit="ratio", meaning="shock to intake, standard normal"),
    Indicator(name="theatre", unit="persons", meaning="trained soldiers in the theatre", outcome=True, storage="count"),
    Indicator(name="front_share", unit="share", meaning="part of the trained that is meant for the theatre"),
    Indicator(name="mean_loss_rate", unit="per month", meaning="losses per soldier in the theatre, mean of six months",
              outcome=True),
    Indicator(name="contract_share", unit="share", meaning="part of the trained that serves until the war ends"),
    Indicator(name="return_in_force", unit="share", meaning="wounded who return to duty"),
    Indicator(name="intake_limit", unit="code", meaning="which limit binds intake", outcome=True, storage="code",
              labels=LIMITS),
    Indicator(name="school_ages", unit="months", meaning="ages in use in each course", slots=SCHOOLS),
    Indicator(name="shared_intensity", unit="ratio", meaning="the shared part, standard normal", scope="world"),
    *(Indicator(name=name, unit="persons", meaning=name.replace("_", " "), storage="count") for name in BY_SCHOOL),
)  # fmt: skip
LATE = ("late", "late_losses", "late_killed", "late_recover", "late_return", "late_back")
DRAWS = (
    Draw("z_shared", scope="world"),
    *(Draw(f"z_{name}") for name in ("intensity", "intake", "leave", "losses", "killed", "awol", "recover", "return",
                                     "back", *LATE, "exits")),
    Draw("u_person"),
    Draw("u_intake"),
    Draw("z_pass", slots=2 * SCHOOLS),
    Draw("z_stage", slots=SCHOOLS * SLOTS),
    Draw("z_fail", slots=SCHOOLS * SLOTS),
)  # fmt: skip


class Intake(NamedTuple):
    accessions: float
    intake_limit: float
    pool_entries: float
    pool_exits: float


@law
def recruit(
    present: float, in_care: float, waiting: float, pool: float, graduations: float, pupils_now: float, seats_left:
    float, teaching_left: float, phase: float, personnel_budget: float, bonuses: float, combat_pay: float, intake_shock:
    float, ceiling: float, peace_ceiling: float, soldier_cost: float, volunteers: float, mobilisation: float,
    intake_volatility: float, pool_entries: float, pool_exit_rate: float, noise: float, u_person: float, u_intake:
    float, z_exits: float,
) -> Intake:  # fmt: skip
    """Take people from the pool: as many as are wanted, within pool, seats, instructors, ceiling and money."""
    fights, rounded = at_war(phase), noise > 0.0
    sigma = intake_volatility if rounded else 0.0
    wanted = (volunteers + (mobilisation if fights else 0.0)) * exp(sigma * intake_shock - 0.5 * sigma * sigma)
    left = binomial(pool, chance(pool_exit_rate), z_exits)
    inside = present + pupils_now + waiting + graduations + in_care
    paid = max(0.0, personnel_budget - bonuses - combat_pay) * 1e9 * 12.0 / max(soldier_cost, 1.0)
    room = (ceiling if fights else min(ceiling, peace_ceiling)) - inside
    people, allowed, money = pool - left, max(0.0, whole(room, rounded)), max(0.0, whole(paid - inside, rounded))
    most = min(min(min(people, seats_left), min(teaching_left, allowed)), money)  # noqa: PLW3301 - compiles for long
    would = drawn(wanted, u_intake, noise)
    physical = 1.0 if people == most else (2.0 if seats_left == most else 3.0)
    is_physical = min(people, min(seats_left, teaching_left)) == most  # noqa: PLW3301 - as above
    limit = physical if is_physical else (4.0 if allowed == most else 5.0)
    return Intake(
        accessions=min(would, most),
        intake_limit=limit if most < would else 0.0,
        pool_entries=drawn(pool_entries, u_person, noise),
        pool_exits=left,
    )


class Force(NamedTuple):
    theatre: float
    front_share: float
    mean_loss_rate: float
    contract_share: float


@law
def force(
    trained: float, theatre: float, front_share: float, mean_loss_rate: float, contract_share: float, absorbed: float,
    returns: float, awol_returns: float, losses: float, awol: float, discharges: float, demobilised: float, pupils:
    float, phase: float, theatre_share: float, peace_theatre_share: float, shift: float, release_rate: float,
    field_instructors: float, students_per_instructor: float, noise: float,
) -> Force:  # fmt: skip
    """Return who stands in the theatre, what it lost, and who serves until the war ends."""
    fights = at_war(phase)
    goal = theatre_share * (1.0 if fights else peace_theatre_share)
    share = front_share + (goal - front_share) * shift
    there = trained + absorbed + returns + awol_returns - losses - awol - discharges - demobilised
    teachers = field_instructors * pupils / max(students_per_instructor, 1.0)
    fresh = min(1.0, absorbed / max(there, 1.0))
    released = contract_share * exp(-release_rate)
    bound = contract_share if fights else released / max(released + 1.0 - contract_share, 1e-12)
    return Force(
        theatre=max(0.0, whole(share * there - teachers, noise > 0.0)),
        front_share=share,
        mean_loss_rate=LOOKED_BACK * mean_loss_rate + (1.0 - LOOKED_BACK) * losses / max(theatre, 1.0),
        contract_share=bound * (1.0 - fresh) + (fresh if fights and contract_share > 0.0 else 0.0),
    )


class Opening(NamedTuple):
    strength: float
    trained: float
    wounded: float
    absent: float
    pool: float
    intensity: float
    in_school: float
    theatre: float
    front_share: float
    mean_loss_rate: float
    return_in_force: float


@law
def opening(
    strength: float, trainees: float, wounded: float, absent: float, pool: float, phase: float, activity: float,
    theatre_share: float, peace_theatre_share: float, casualty_rate: float, quiet_share: float, killed_share: float,
    awol_rate: float, awol_return_rate: float, discharge_rate: float, term_share: float, term_months: float,
    return_share: float, net_return: float, return_basis: float, schools_count: float, noise: float,
) -> Opening:  # fmt: skip
    """Begin with the stocks of month 0, in whole persons where chance plays."""
    rounded, fights = noise > 0.0, at_war(phase)
    in_school = whole(trainees, rounded) if schools_count > 0.5 else 0.0
    hurt = whole(wounded, rounded)
    trained = max(0.0, whole(strength, rounded) - in_school - hurt)
    share = theatre_share * (1.0 if fights else peace_theatre_share)
    tempo = quiet_share + (1.0 - quiet_share) * (activity if fights else 0.0)
    lost = casualty_rate * theatre_share * trained
    leavers = (awol_rate + discharge_rate + term_share / term_months) * trained - awol_return_rate * absent
    solved = (net_return * lost + leavers) / max((1.0 - killed_share) * lost, 1e-300)
    return Opening(
        strength=trained + in_school + hurt,
        trained=trained,
        wounded=hurt,
        absent=whole(absent, rounded),
        pool=whole(pool, rounded),
        intensity=1.0,
        in_school=in_school,
        theatre=whole(share * trained, rounded),
        front_share=share,
        mean_loss_rate=casualty_rate * tempo,
        return_in_force=min(1.0, max(0.0, solved)) if return_basis > 0.5 and lost > 0.0 else return_share,
    )


class Personnel(Process):
    """Every army's people."""

    name = "personnel"
    section = "army"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (opening, FirstDay())
    month = (
        world(shared_memory),
        world(shared_intensity),
        fixed,
        shocks,
        hazards,
        depart,
        recover,
        Courses(),
        recruit,
        Enrolment(),
        arrive,
        tell,
        settle,
        force,
    )

    def uses(self, draw: Draw, slot: int, section: Section | None) -> bool:
        """Return whether an army draws a slot: not for schools that it lacks, nor for ages that chance leaves alone."""
        if draw.name not in ("z_pass", "z_stage", "z_fail") or not isinstance(section, Parameters):
            return True
        place, age = (slot // 2, 0) if draw.name == "z_pass" else divmod(slot, SLOTS)
        if place >= len(section.schools):
            return False
        school = section.schools[place]
        if draw.name == "z_fail":
            return school.early_share.distribution is not None or school.early_share.bounds != (0.0, 0.0)
        return draw.name == "z_pass" or school.duration == "erlang" or age in (0, AGES)
