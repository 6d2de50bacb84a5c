"""Personnel: from the pool through the schools to trained strength, and out of it; people are whole and conserved.

**Equation.** Stocks move by named flows only, in whole persons, each month in this order (without noise a binomial is
its mean, a share of persons is not rounded, and I and exp(v) are 1)::

    losses        ~ binomial(trained, 1 - exp(-casualty_rate I a quality^-e))          a = 1 at war, else quiet_share
    killed        ~ binomial(losses, killed_share);    wounds = losses - killed
    awol          ~ binomial(trained - losses, 1 - exp(-awol_rate a'))                 a' = 1 at war, else quiet_share
    discharges    ~ binomial(what is left, 1 - exp(-discharge_rate))
    demobilised   = min(what is left, demobilisation_share max(0, strength - ceiling))  in a ceasefire
    recoveries    ~ binomial(wounded, 1 - exp(-1 / recovery_months))
    returns       ~ binomial(recoveries, return_share);  invalided = recoveries - returns
    awol_returns  ~ binomial(absent, 1 - exp(-awol_return_rate))
    absorbed      = min(waiting, absorption_share trained)
    each school:  the cohort (or, Erlang-k, each of k stages) moves on; of those who finish pass_share pass
    accessions    = min((volunteers + mobilisation) exp(v), pool, seats, ceiling - strength, money - strength)

    ln I  = sigma (sqrt(rho) x + sqrt(1 - rho) x_n) - sigma^2 / 2          (mean 1; x shared, x_n own)
    x'    = phi x + sqrt(1 - phi^2) z,  phi = exp(-1 / shared_months)     (x_n with intensity_months, v intake_months)

**Symbols.**

=================  ================================================  =================  ================================
symbol             name in code                                      unit               source
=================  ================================================  =================  ================================
strength           ``strength``                                      persons            written: all in the army
stocks             ``trained``, ``trainees``, ``waiting``,           persons            written
                   ``wounded``, ``absent``, ``pool``
intake             ``accessions``, ``pool_entries``                  persons per month  written
schools            ``graduations``, ``washouts``, ``absorbed``       persons per month  written
losses             ``losses``, ``killed``, ``wounds``                persons per month  written
wounded            ``returns``, ``invalided``                        persons per month  written
absence            ``awol``, ``awol_returns``                        persons per month  written
leaving            ``discharges``, ``demobilised``                   persons per month  written
I                  ``intensity``                                     ratio              written
x, x_n, v          ``shared_intensity``, ``own_intensity``,          ratio              written
                   ``intake_shock``
stages in use      ``school_stages``                                 stages             written
at the start       ``strength``, ``wounded``, ``absent``, ``pool``,  persons            FG004-FG006, FG111
                   ``trainees``
pool_entries       ``pool_entries``                                  persons per month  population, FG087, FG088
volunteers         ``volunteers``                                    persons per month  FG027-FG036
mobilisation       ``mobilisation``                                  persons per month  FG064-FG071
v                  ``intake_volatility``, ``intake_months``          ratio, months      assumption (FG064-FG071)
ceiling            ``ceiling``                                       persons            FG010, FG024
after a ceasefire  ``peace_ceiling``, ``demobilisation_share``       persons, share     FG008, FG009; assumption
casualty_rate      ``casualty_rate``                                 per month          FG030, FG046-FG049
sigma, rho         ``intensity_volatility``, ``intensity_shared``    ratio, share       FG049-FG053 (months apart)
phi                ``intensity_months``, ``shared_months``           months             FG049-FG053 (months apart)
a, e               ``quiet_share``, ``quality_elasticity``           share, ratio       assumption
killed_share       ``killed_share``                                  share              FG045, FG056, FG063
recovery_months    ``recovery_months``                               months             assumption
return_share       ``return_share``                                  share              FG042, FG043, FG062
awol_rate          ``awol_rate``, ``awol_return_rate``               per month          FG075, FG076, FG084, FG085
discharge_rate     ``discharge_rate``                                per month          assumption
absorption_share   ``absorption_share``                              share per month    assumption
schools            ``schools``, ``seats``, ``stages``, ``months``,   persons, months    FG094-FG098
                   ``duration``, ``pass_share``
instructors        ``instructor_share``,                             share, ratio       assumption
                   ``students_per_instructor``
money              ``soldier_cost``                                  USD per year       SP046
draws              ``z_shared``, ``z_intensity``, ``z_intake``,      normal             drawn
                   ``z_losses``, ``z_killed``, ``z_awol``,
                   ``z_discharge``, ``z_recover``, ``z_return``,
                   ``z_back``, ``z_pass``, ``z_stage``
phase              ``phase``                                         code               read (0 war, 1 ceasefire)
personnel_budget   ``personnel_budget``                              bn USD per month   read; no limit if not written
quality            ``quality``                                       ratio              read, last month's
=================  ================================================  =================  ================================

**Assumes and leaves out.** The wounded who return, return trained; who fails a course goes back to the pool. Who is
absent is off the books. Discharge, absence and losses strike trained soldiers alike, whatever their service. Money caps
intake and dismisses nobody. Ranks, ages, branches and officers are left out. A course has at most 24 stages; with
``duration: fixed`` a stage is a month (months are rounded up), with ``erlang`` the time is Erlang, k = ``stages``.
Where a course becomes shorter, those who are past its new end leave it at once. More intake gives never fewer people
at equal draws while pool, seats and ceiling have room; an exhausted pool is exhausted sooner.

**By hand.** Without noise, no schools, ``casualty_rate`` 0.02, killed_share 0.25, quality 1: of 100,000 trained
1,980.1 are lost in the month, 495.0 of them killed. With one fixed school of 2 months and seats for all, 1,000 who
join in month 1 graduate in month 3. An army without flows stands still.

**Within the month.** As listed: losses first, then absence, discharge, recovery, returns, the schools, intake last.

**References.** Bartholomew, D. J., Forbes, A. F. and McClean, S. I. (1991), Statistical Techniques for Manpower
Planning, 2nd ed., Wiley, chapters 3-4. Little, J. D. C. (1961), Operations Research 9(3), 383-387. Wang, J. (2005), A
review of operations research applications in workforce planning, DSTO-TR-1688.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.courses import SCHOOLS, STAGES, Courses, Enrolment, FirstDay, School
from forcesim.processes.laws import world
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import PerMonth, Persons, Quantity, Ratio, Share, Value, number
from forcesim.randomness.variates import binomial, whole
from forcesim.state import Flow, Indicator, Read, Stock

SomeMonths = Annotated[Value, Quantity("months", 0.1, 120.0)]
UsdPerYear = Annotated[Value, Quantity("USD per year", 0.0)]

WAR = 0.0
NO_LIMIT = 1e12


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
    casualty_rate: PerMonth = number(
        0.0, meaning="rate of killed and wounded at war", assumption="none unless given", open=True,
    )  # fmt: skip
    intensity_volatility: Ratio = number(0.0, meaning="sd of the log of intensity", assumption="steady unless given")
    intensity_shared: Share = number(0.6, meaning="part of its variance that both sides share", assumption="one front")
    intensity_months: SomeMonths = number(4.0, meaning="correlation time of intensity", assumption="a campaign")
    quiet_share: Share = number(0.02, meaning="losses in a ceasefire against war", assumption="shelling goes on")
    quality_elasticity: Ratio = number(0.3, meaning="how losses fall with quality", assumption="weak; see balance")
    killed_share: Share = number(0.25, meaning="share of killed among losses", source="FG056")
    recovery_months: SomeMonths = number(3.0, meaning="mean time a wounded is away", assumption="months, not weeks")
    return_share: Share = number(0.6, meaning="wounded who return to duty", source="FG042", lever=True)
    awol_rate: PerMonth = number(
        0.0, meaning="rate of leaving without leave at war", assumption="none unless given", open=True,
    )  # fmt: skip
    awol_return_rate: PerMonth = number(0.0, meaning="rate of return", assumption="none unless given", lever=True)
    discharge_rate: PerMonth = number(0.0, meaning="rate of discharge", assumption="none unless given", lever=True)
    absorption_share: Share = number(
        0.2, meaning="graduates that units can take in a month, of trained", assumption="a fifth", lever=True,
    )  # fmt: skip
    instructor_share: Share = number(0.03, meaning="trained who teach", assumption="three in a hundred", lever=True)
    students_per_instructor: Ratio = number(8.0, meaning="students of one instructor", assumption="a section")
    soldier_cost: UsdPerYear = number(40_000.0, meaning="cost of a soldier a year", source="SP046")
    schools: tuple[School, ...] = Field(default=(), max_length=SCHOOLS, description="schools in series")

    @model_validator(mode="after")
    def _books_agree(self) -> Self:
        """Refuse more trainees and wounded than people on the books."""
        inside = self.trainees.centre + self.wounded.centre
        if inside <= self.strength.centre:
            return self
        rule = "trainees and wounded are counted in strength: together they must not exceed it"
        found = f"{inside:.12g} of {self.strength.centre:.12g}"
        raise PydanticCustomError("books", "{rule}", {"rule": rule, "found": found, "remedy": ""})


READS = (Read("phase"), Read("personnel_budget", missing=NO_LIMIT), Read("quality", lag=1, missing=1.0))


def _flow(name: str, meaning: str, *, outcome: bool = False) -> Flow:
    return Flow(name=name, unit="persons", meaning=meaning, outcome=outcome, storage="count")


WRITES = (
    Indicator(name="strength", unit="persons", meaning="people on the books", outcome=True, storage="count"),
    Stock(
        name="trained", unit="persons", meaning="trained strength", outcome=True, storage="count",
        inflows=("absorbed", "returns", "awol_returns"), outflows=("losses", "awol", "discharges", "demobilised"),
    ),
    Stock(
        name="trainees", unit="persons", meaning="in school", slots=SCHOOLS * STAGES, inflows=("accessions",),
        outflows=("graduations", "washouts"),
    ),
    Stock(name="waiting", unit="persons", meaning="trained, not yet in a unit", inflows=("graduations",),
          outflows=("absorbed",)),
    Stock(name="wounded", unit="persons", meaning="wounded, on the books", outcome=True, storage="count",
          inflows=("wounds",), outflows=("returns", "invalided")),
    Stock(name="absent", unit="persons", meaning="absent without leave", outcome=True, storage="count",
          inflows=("awol",), outflows=("awol_returns",)),
    Stock(name="pool", unit="persons", meaning="people who can be mobilised", outcome=True, storage="count",
          inflows=("pool_entries", "washouts"), outflows=("accessions",)),
    _flow("accessions", "intake", outcome=True),
    _flow("pool_entries", "new in the pool"),
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
    Indicator(name="school_stages", unit="stages", meaning="stages of each course as of this month", slots=SCHOOLS),
    Indicator(name="shared_intensity", unit="ratio", meaning="the shared part, standard normal", scope="world"),
)  # fmt: skip
DRAWS = (
    Draw("z_shared", scope="world"),
    *(Draw(f"z_{name}") for name in
      ("intensity", "intake", "losses", "killed", "awol", "discharge", "recover", "return", "back")),
    Draw("z_pass", slots=SCHOOLS),
    Draw("z_stage", slots=SCHOOLS * STAGES),
)  # fmt: skip


@law
def chance(rate: float) -> float:
    """Return the chance that something of a monthly rate happens within the month."""
    return 1.0 - exp(-rate)


class SharedMemory(NamedTuple):
    shared_keep: float  # part of last month's value that the shared intensity keeps
    shared_swing: float  # standard deviation of its innovations


@law
def shared_memory(shared_months: float) -> SharedMemory:
    """Return how the intensity that both sides share moves: an exact AR(1) step of a standard normal."""
    keep = exp(-1.0 / shared_months)
    return SharedMemory(keep, math.sqrt(1.0 - keep * keep))


@law
def shared_intensity(shared_intensity: float, shared_keep: float, shared_swing: float, z_shared: float) -> float:
    """Move the intensity that both sides share by a month."""
    return shared_keep * shared_intensity + shared_swing * z_shared


class Fixed(NamedTuple):
    intensity_keep: float
    intensity_swing: float
    intake_keep: float
    intake_swing: float
    shared_root: float  # weights of the shared and of the own part of intensity
    own_root: float
    recovery_chance: float
    discharge_chance: float
    awol_at_war: float
    awol_at_rest: float
    awol_return_chance: float


@law
def fixed(
    intensity_months: float, intake_months: float, intensity_shared: float, recovery_months: float, discharge_rate:
    float, awol_rate: float, quiet_share: float, awol_return_rate: float,
) -> Fixed:  # fmt: skip
    """Return chances and memories that depend on parameters alone."""
    intensity_keep, intake_keep = exp(-1.0 / intensity_months), exp(-1.0 / intake_months)
    return Fixed(
        intensity_keep=intensity_keep,
        intensity_swing=math.sqrt(1.0 - intensity_keep * intensity_keep),
        intake_keep=intake_keep,
        intake_swing=math.sqrt(1.0 - intake_keep * intake_keep),
        shared_root=math.sqrt(intensity_shared),
        own_root=math.sqrt(1.0 - intensity_shared),
        recovery_chance=chance(1.0 / recovery_months),
        discharge_chance=chance(discharge_rate),
        awol_at_war=chance(awol_rate),
        awol_at_rest=chance(quiet_share * awol_rate),
        awol_return_chance=chance(awol_return_rate),
    )


class Shocks(NamedTuple):
    own_intensity: float
    intake_shock: float
    intensity: float


@law
def shocks(
    shared_intensity: float, own_intensity: float, intake_shock: float, intensity_keep: float, intensity_swing:
    float, intake_keep: float, intake_swing: float, shared_root: float, own_root: float, intensity_volatility:
    float, noise: float, z_intensity: float, z_intake: float,
) -> Shocks:  # fmt: skip
    """Move the army's shocks; intensity is lognormal with mean 1."""
    own = intensity_keep * own_intensity + intensity_swing * z_intensity
    sigma = intensity_volatility if noise > 0.0 else 0.0
    x = shared_root * shared_intensity + own_root * own
    return Shocks(
        own_intensity=own,
        intake_shock=intake_keep * intake_shock + intake_swing * z_intake,
        intensity=exp(sigma * x - 0.5 * sigma * sigma),
    )


class Front(NamedTuple):
    losses: float
    killed: float
    wounds: float
    awol: float
    discharges: float
    demobilised: float


@law
def front(
    trained: float, strength: float, phase: float, quality: float, intensity: float, casualty_rate: float,
    quality_elasticity: float, quiet_share: float, killed_share: float, awol_at_war: float, awol_at_rest: float,
    discharge_chance: float, peace_ceiling: float, demobilisation_share: float, noise: float, z_losses: float,
    z_killed: float, z_awol: float, z_discharge: float,
) -> Front:  # fmt: skip
    """Return the month's losses, absences, discharges and demobilisation, each from those who are left."""
    activity = 1.0 if phase == WAR else quiet_share
    hit = chance(casualty_rate * intensity * activity * exp(-quality_elasticity * log(max(quality, 0.01))))
    losses = binomial(trained, hit, z_losses)
    killed = binomial(losses, killed_share, z_killed)
    awol = binomial(trained - losses, awol_at_war if phase == WAR else awol_at_rest, z_awol)
    discharges = binomial(trained - losses - awol, discharge_chance, z_discharge)
    left = trained - losses - awol - discharges
    surplus = max(0.0, strength - killed - awol - discharges - peace_ceiling)
    sent_home = min(left, whole(demobilisation_share * surplus, noise > 0.0))
    return Front(losses, killed, losses - killed, awol, discharges, 0.0 if phase == WAR else sent_home)


class Back(NamedTuple):
    returns: float
    invalided: float
    awol_returns: float
    present: float  # trained, after the month's losses and returns
    in_care: float  # wounded, after the month's wounds and recoveries


@law
def back(
    trained: float, wounded: float, absent: float, losses: float, wounds: float, awol: float, discharges: float,
    demobilised: float, recovery_chance: float, return_share: float, awol_return_chance: float, z_recover: float,
    z_return: float, z_back: float,
) -> Back:  # fmt: skip
    """Return who recovers and comes back, and who is there then."""
    recoveries = binomial(wounded, recovery_chance, z_recover)
    returns = binomial(recoveries, return_share, z_return)
    awol_returns = binomial(absent, awol_return_chance, z_back)
    gone = losses + awol + discharges + demobilised
    return Back(
        returns=returns,
        invalided=recoveries - returns,
        awol_returns=awol_returns,
        present=trained + returns + awol_returns - min(gone, trained),
        in_care=wounded + wounds - recoveries,
    )


class Intake(NamedTuple):
    absorbed: float
    accessions: float
    graduations: float
    pool_entries: float
    strength: float


@law
def recruit(
    present: float, in_care: float, waiting: float, pool: float, graduations: float, pupils: float, free_places:
    float, phase: float, personnel_budget: float, intake_shock: float, absorption_share: float, ceiling: float,
    peace_ceiling: float, soldier_cost: float, volunteers: float, mobilisation: float, intake_volatility: float,
    pool_entries: float, schools_count: float, noise: float,
) -> Intake:  # fmt: skip
    """Take graduates into units, and people from the pool: what is wanted, within pool, seats, ceiling and money."""
    rounded = noise > 0.0
    inside = present + pupils + waiting + graduations + in_care
    allowed = ceiling if phase == WAR else min(ceiling, peace_ceiling)
    affordable = personnel_budget * 1e9 * 12.0 / max(soldier_cost, 1.0)
    room = min(free_places, min(allowed, affordable) - inside)
    sigma = intake_volatility if rounded else 0.0
    wanted = volunteers + (mobilisation if phase == WAR else 0.0)
    meant = wanted * exp(sigma * intake_shock - 0.5 * sigma * sigma)
    accessions = max(0.0, whole(min(meant, pool, room), rounded))
    return Intake(
        absorbed=min(waiting, whole(absorption_share * present, rounded)),
        accessions=accessions,
        graduations=graduations + (0.0 if schools_count > 0.5 else accessions),
        pool_entries=whole(pool_entries, rounded),
        strength=inside + accessions,
    )


class Opening(NamedTuple):
    strength: float
    trained: float
    wounded: float
    absent: float
    pool: float
    intensity: float
    in_school: float


@law
def opening(
    strength: float, trainees: float, wounded: float, absent: float, pool: float, schools_count: float, noise: float
) -> Opening:
    """Begin with the stocks of month 0, in whole persons where chance plays."""
    rounded = noise > 0.0
    in_school = whole(trainees, rounded) if schools_count > 0.5 else 0.0
    hurt = whole(wounded, rounded)
    trained = max(0.0, whole(strength, rounded) - in_school - hurt)
    return Opening(
        strength=trained + in_school + hurt,
        trained=trained,
        wounded=hurt,
        absent=whole(absent, rounded),
        pool=whole(pool, rounded),
        intensity=1.0,
        in_school=in_school,
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
        front,
        back,
        Courses(),
        recruit,
        Enrolment(),
    )

    def uses(self, draw: Draw, slot: int, section: Section | None) -> bool:
        """Return whether an army draws a slot: not for schools that it lacks, nor for stages of fixed courses."""
        if draw.name not in ("z_pass", "z_stage") or not isinstance(section, Parameters):
            return True
        school = slot if draw.name == "z_pass" else slot // STAGES
        if school >= len(section.schools):
            return False
        return draw.name == "z_pass" or section.schools[school].duration == "erlang"
