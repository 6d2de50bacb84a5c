"""Personnel: from the pool through the schools to trained strength, and out of it; people are whole and conserved.

**Equation.** Stocks move by named flows only, in whole persons, each month in this order::

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
    x'    = phi x + sqrt(1 - phi^2) z,  phi = exp(-1 / intensity_months);  v alike with intake_volatility, intake_months

**Symbols.**

====================  ============================  ==================  ==============================================
symbol                name in code                  unit                source
====================  ============================  ==================  ==============================================
strength              ``strength``                  persons             written: trained, trainees, waiting, wounded
stocks                ``trained``, ``trainees``,    persons             written
                      ``waiting``, ``wounded``,
                      ``absent``, ``pool``
intake                ``accessions``,               persons per month   written
                      ``pool_entries``
schools               ``graduations``,              persons per month   written
                      ``washouts``, ``absorbed``
losses                ``losses``, ``killed``,       persons per month   written
                      ``wounds``
wounded               ``returns``, ``invalided``    persons per month   written
absence               ``awol``, ``awol_returns``    persons per month   written
leaving               ``discharges``,               persons per month   written
                      ``demobilised``
I                     ``intensity``                 ratio               written
x, x_n, v             ``shared_intensity``,         ratio               written
                      ``own_intensity``,
                      ``intake_shock``
at the start          ``strength``,                 persons             FG004-FG006, FG111
                      ``wounded``, ``absent``,
                      ``pool``, ``trainees``
pool_entries          ``pool_entries``              persons per month   population, FG087, FG088
volunteers            ``volunteers``                persons per month   FG027-FG036
mobilisation          ``mobilisation``              persons per month   FG064-FG071
v                     ``intake_volatility``,        ratio, months       assumption (spread of FG064-FG071)
                      ``intake_months``
ceiling               ``ceiling``                   persons             FG010, FG024
after a ceasefire     ``peace_ceiling``             persons             FG008, FG009
                      ``demobilisation_share``      share per month     assumption
casualty_rate         ``casualty_rate``             per month           FG030, FG046-FG049
sigma, rho, phi       ``intensity_volatility``,     ratio, months       FG049-FG053 (spread between months)
                      ``intensity_shared``,
                      ``intensity_months``
a                     ``quiet_share``               share               assumption
e                     ``quality_elasticity``        ratio               assumption
killed_share          ``killed_share``              share               FG045, FG056, FG063
recovery_months       ``recovery_months``           months              assumption
return_share          ``return_share``              share               FG042, FG043, FG062
awol_rate             ``awol_rate``                 per month           FG075, FG076
awol_return_rate      ``awol_return_rate``          per month           FG084, FG085
discharge_rate        ``discharge_rate``            per month           assumption
absorption_share      ``absorption_share``          share per month     assumption
schools               ``schools``: ``seats``,       persons, months     FG094-FG098
                      ``stages``, ``months``,
                      ``duration``, ``pass_share``
instructors           ``instructor_share``,         share, ratio        assumption
                      ``students_per_instructor``
money                 ``soldier_cost``              USD per year        SP046
draws                 ``z_shared``,                 normal              drawn
                      ``z_intensity``,
                      ``z_intake``, ``z_losses``,
                      ``z_killed``, ``z_awol``,
                      ``z_discharge``,
                      ``z_recover``, ``z_return``,
                      ``z_back``, ``z_pass``,
                      ``z_stage``
phase                 ``phase``                     code                read (0 war, 1 ceasefire)
personnel_budget      ``personnel_budget``          bn USD per month    read; no limit where nobody writes it
quality               ``quality``                   ratio               read, last month's
====================  ============================  ==================  ==============================================

**Assumes and leaves out.** The wounded who return, return trained; who fails a course goes back to the pool. Who is
absent is off the books. Discharge, absence and losses strike trained soldiers alike, whatever their service. Money caps
intake and dismisses nobody. Ranks, ages, branches and officers are left out. A school has at most 6 stages; with
``duration: fixed`` a stage is a month (months are rounded up), with ``erlang`` the time is Erlang, k = ``stages``.

**By hand.** Without noise, no schools, ``casualty_rate`` 0.02, killed_share 0.25, quality 1: of 100,000 trained
1,980 are lost in the month, 495 of them killed. With one fixed school of 2 months and seats for all, 1,000 who join in
month 1 graduate in month 3. An army without flows stands still.

**Within the month.** As listed: losses first, then absence, discharge, recovery, returns, the schools, intake last.

**References.** Bartholomew, D. J., Forbes, A. F. and McClean, S. I. (1991), Statistical Techniques for Manpower
Planning, 2nd ed., Wiley, chapters 3-4. Little, J. D. C. (1961), Operations Research 9(3), 383-387. Wang, J. (2005), A
review of operations research applications in workforce planning, DSTO-TR-1688.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.process import (
    Context,
    Draw,
    Floats,
    Ints,
    Process,
    Section,
    draw_positions,
    parameter_positions,
    series_positions,
)
from forcesim.quantities import PerMonth, Persons, Quantity, Ratio, Share, Value, choice, number
from forcesim.randomness.variates import binomial
from forcesim.state import Flow, Indicator, Read, Stock

Stages = Annotated[Value, Quantity("stages", 1.0, 6.0)]
SomeMonths = Annotated[Value, Quantity("months", 0.1, 120.0)]
UsdPerYear = Annotated[Value, Quantity("USD per year", 0.0)]

SCHOOLS, STAGES = 2, 6
WAR = 0.0
NO_LIMIT = 1e12


class School(Section):
    """One school; several stand in series."""

    seats: Persons = number(meaning="persons who can be in it at once", lever=True)
    months: SomeMonths = number(meaning="mean duration of the course", lever=True)
    stages: Stages = number(1.0, meaning="stages of an Erlang course", assumption="one unless given")
    duration: Literal["fixed", "erlang"] = choice("fixed", meaning="kind of duration", assumption="courses are fixed")
    pass_share: Share = number(0.95, meaning="share of those who finish that passes", assumption="few fail at war")


class Parameters(Section):
    """One army."""

    strength: Persons = number(meaning="people on the books at the start")
    trainees: Persons = number(0.0, meaning="of them in school", assumption="none unless given")
    wounded: Persons = number(0.0, meaning="of them wounded", assumption="none unless given")
    absent: Persons = number(0.0, meaning="absent without leave at the start, off the books", assumption="none")
    pool: Persons = number(1e7, meaning="people who can be mobilised", assumption="no bound unless given")
    pool_entries: Persons = number(0.0, meaning="who come into the pool each month", assumption="none unless given")
    volunteers: Persons = number(0.0, meaning="volunteers and contracts a month", assumption="none", lever=True)
    mobilisation: Persons = number(0.0, meaning="mobilised a month", assumption="none", lever=True)
    intake_volatility: Ratio = number(0.0, meaning="sd of the log of intake", assumption="steady unless given")
    intake_months: SomeMonths = number(6.0, meaning="correlation time of intake", assumption="half a year")
    ceiling: Persons = number(1e9, meaning="authorised strength", assumption="no bound unless given", lever=True)
    peace_ceiling: Persons = number(
        1e9, meaning="authorised strength in a ceasefire", assumption="no bound unless given", lever=True
    )
    demobilisation_share: Share = number(
        0.05, meaning="part of the excess over the ceiling that leaves each month of a ceasefire",
        assumption="a mean of 20 months", lever=True,
    )  # fmt: skip
    casualty_rate: PerMonth = number(0.0, meaning="rate of killed and wounded at war", assumption="none unless given")
    intensity_volatility: Ratio = number(0.0, meaning="sd of the log of intensity", assumption="steady unless given")
    intensity_shared: Share = number(0.6, meaning="part of its variance that both sides share", assumption="one front")
    intensity_months: SomeMonths = number(4.0, meaning="correlation time of intensity", assumption="a campaign")
    quiet_share: Share = number(0.02, meaning="losses in a ceasefire against war", assumption="shelling goes on")
    quality_elasticity: Ratio = number(0.3, meaning="how losses fall with quality", assumption="weak; see balance")
    killed_share: Share = number(0.25, meaning="share of killed among losses", source="FG056")
    recovery_months: SomeMonths = number(3.0, meaning="mean time a wounded is away", assumption="months, not weeks")
    return_share: Share = number(0.6, meaning="wounded who return to duty", source="FG042", lever=True)
    awol_rate: PerMonth = number(0.0, meaning="rate of leaving without leave at war", assumption="none unless given")
    awol_return_rate: PerMonth = number(0.0, meaning="rate of return", assumption="none unless given", lever=True)
    discharge_rate: PerMonth = number(0.0, meaning="rate of discharge", assumption="none unless given", lever=True)
    absorption_share: Share = number(
        0.2, meaning="graduates that units can take in a month, of trained", assumption="a fifth", lever=True
    )
    instructor_share: Share = number(0.03, meaning="trained who teach", assumption="three in a hundred", lever=True)
    students_per_instructor: Ratio = number(8.0, meaning="students of one instructor", assumption="a section")
    soldier_cost: UsdPerYear = number(40_000.0, meaning="cost of a soldier a year", source="SP046")
    schools: tuple[School, ...] = Field(default=(), max_length=SCHOOLS, description="schools in series")


READS = (Read("phase"), Read("personnel_budget", missing=NO_LIMIT), Read("quality", lag=1, missing=1.0))


def _flow(name: str, meaning: str, *, outcome: bool = False) -> Flow:
    return Flow(name=name, unit="persons", meaning=meaning, outcome=outcome, storage="count")


WRITES = (
    Indicator(name="strength", unit="persons", meaning="people on the books", outcome=True, storage="count"),
    Stock(
        name="trained", unit="persons", meaning="trained strength", outcome=True, storage="count",
        inflows=("absorbed", "returns", "awol_returns"),
        outflows=("losses", "awol", "discharges", "demobilised"),
    ),
    Stock(
        name="trainees", unit="persons", meaning="in school", slots=SCHOOLS * STAGES,
        inflows=("accessions",), outflows=("graduations", "washouts"),
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
    Indicator(name="shared_intensity", unit="ratio", meaning="the shared part, standard normal", scope="world"),
)  # fmt: skip
DRAWS = (
    Draw("z_shared", scope="world"),
    *(Draw(f"z_{name}") for name in
      ("intensity", "intake", "losses", "killed", "awol", "discharge", "recover", "return", "back")),
    Draw("z_pass", slots=SCHOOLS),
    Draw("z_stage", slots=SCHOOLS * STAGES),
)  # fmt: skip

P = parameter_positions(Parameters)
C = parameter_positions(School)
SCHOOL_COLUMNS = len(C)
S = series_positions(READS, WRITES)
D = draw_positions(DRAWS)


@law
def chance(rate: float) -> float:
    """Return the chance that something of a monthly rate happens within the month."""
    return 1.0 - exp(-rate)


@law
def autoregression(x: float, months: float, z: float) -> float:
    """Return the next value of a standard normal AR(1) with a correlation time in months (exact step)."""
    phi = exp(-1.0 / months)
    return phi * x + math.sqrt(1.0 - phi * phi) * z


@law
def intensity_law(shared: float, own: float, volatility: float, shared_part: float) -> float:
    """Return the intensity of losses: lognormal with mean 1."""
    x = math.sqrt(shared_part) * shared + math.sqrt(1.0 - shared_part) * own
    return exp(volatility * x - 0.5 * volatility * volatility)


@law
def losses_law(
    trained: float, rate: float, intensity: float, activity: float, quality: float, elasticity: float,
    killed_share: float, z_losses: float, z_killed: float,
) -> tuple[float, float]:  # fmt: skip
    """Return losses and the killed among them."""
    hazard = rate * intensity * activity * exp(-elasticity * log(max(quality, 0.01)))
    losses = binomial(trained, chance(hazard), z_losses)
    return losses, binomial(losses, killed_share, z_killed)


@law
def leavers_law(
    left: float, awol_rate: float, discharge_rate: float, excess: float, demobilisation_share: float,
    z_awol: float, z_discharge: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Return who leaves without leave, is discharged and demobilised, in that order, from those left."""
    awol = binomial(left, chance(awol_rate), z_awol)
    discharges = binomial(left - awol, chance(discharge_rate), z_discharge)
    surplus = max(0.0, excess - awol - discharges)
    return awol, discharges, min(left - awol - discharges, np.floor(demobilisation_share * surplus))


@law
def recovery_law(
    wounded: float, recovery_months: float, return_share: float, z_recover: float, z_return: float
) -> tuple[float, float]:
    """Return the wounded who return to duty and who are invalided."""
    recoveries = binomial(wounded, chance(1.0 / recovery_months), z_recover)
    returns = binomial(recoveries, return_share, z_return)
    return returns, recoveries - returns


@law
def intake_law(wanted: float, volatility: float, shock: float, pool: float, room: float) -> float:
    """Return accessions: what is wanted, within pool and room (of seats, ceiling and money)."""
    meant = wanted * exp(volatility * shock - 0.5 * volatility * volatility)
    return float(max(0.0, np.floor(min(meant, pool, room))))


@kernel
def move_school(
    state: Floats, first: int, drawn: Floats, stage_row: int, pass_row: int, i: int,
    stages: int, months: float, erlang: bool, pass_share: float, free_next: float,
) -> tuple[float, float]:  # fmt: skip
    """Move one school on by a month; return who passed and who failed.

    Nobody leaves the last stage without a place in the next school (``free_next``).
    """
    last = first + stages - 1
    leaving = state[last, i]
    if erlang:
        leaving = binomial(leaving, chance(stages / months), drawn[stage_row + stages - 1, i])
    leaving = min(leaving, free_next)
    state[last, i] -= leaving
    for k in range(stages - 1, 0, -1):
        moving = state[first + k - 1, i]
        if erlang:
            moving = binomial(moving, chance(stages / months), drawn[stage_row + k - 1, i])
        state[first + k - 1, i] -= moving
        state[first + k, i] += moving
    passed = binomial(leaving, pass_share, drawn[pass_row, i])
    return passed, leaving - passed


@kernel
def train(
    state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, values: Floats, offset: Ints, stride: Ints, n: int, i: int
) -> tuple[float, float, float]:
    """Move all schools on, the last first; return graduates, wash-outs and free seats in the first."""
    count = int(values[offset[P.schools_count, n] + stride[P.schools_count, n] * i])
    teachers = values[offset[P.instructor_share, n] + stride[P.instructor_share, n] * i]
    teachers *= state[at[S.trained, n], i]
    teachers *= values[offset[P.students_per_instructor, n] + stride[P.students_per_instructor, n] * i]
    graduates, failed, free = 0.0, 0.0, NO_LIMIT
    for k in range(count - 1, -1, -1):
        base, first = P.schools + k * SCHOOL_COLUMNS, at[S.trainees, n] + k * STAGES
        months = values[offset[base + C.months, n] + stride[base + C.months, n] * i]
        erlang = values[offset[base + C.duration, n] + stride[base + C.duration, n] * i] > 0.5
        stages = values[offset[base + C.stages, n] + stride[base + C.stages, n] * i] if erlang else math.ceil(months)
        passed, washed = move_school(
            state, first, drawn, drawn_at[D.z_stage, n] + k * STAGES, drawn_at[D.z_pass, n] + k, i,
            min(STAGES, max(1, int(stages))), months, erlang,
            values[offset[base + C.pass_share, n] + stride[base + C.pass_share, n] * i], free,
        )  # fmt: skip
        failed += washed
        if k == count - 1:
            graduates = passed
        else:
            state[first + STAGES, i] += passed
        there = 0.0
        for j in range(STAGES):
            there += state[first + j, i]
        seats = min(values[offset[base + C.seats, n] + stride[base + C.seats, n] * i], teachers)
        free = max(0.0, np.floor(seats - there))
    return graduates, failed, free


@kernel
def fight(
    state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, values: Floats, offset: Ints, stride: Ints, n: int
) -> None:
    """Write intensity, losses, leavers, recoveries and returns of one army, and move its stocks by them."""
    o, s = offset[:, n], stride[:, n]
    trained, wounded, absent = state[at[S.trained, n]], state[at[S.wounded, n]], state[at[S.absent, n]]
    strength, phase, shared = state[at[S.strength, n]], state[at[S.phase, n]], state[at[S.shared_intensity, n]]
    own, intake = state[at[S.own_intensity, n]], state[at[S.intake_shock, n]]
    for i in range(state.shape[1]):
        own[i] = autoregression(
            own[i], values[o[P.intensity_months] + s[P.intensity_months] * i], drawn[drawn_at[D.z_intensity, n], i]
        )
        intake[i] = autoregression(
            intake[i], values[o[P.intake_months] + s[P.intake_months] * i], drawn[drawn_at[D.z_intake, n], i]
        )
        intensity = intensity_law(
            shared[i], own[i], values[o[P.intensity_volatility] + s[P.intensity_volatility] * i],
            values[o[P.intensity_shared] + s[P.intensity_shared] * i],
        )  # fmt: skip
        war = phase[i] == WAR
        activity = 1.0 if war else values[o[P.quiet_share] + s[P.quiet_share] * i]
        losses, killed = losses_law(
            trained[i], values[o[P.casualty_rate] + s[P.casualty_rate] * i], intensity, activity,
            state[at[S.quality, n], i], values[o[P.quality_elasticity] + s[P.quality_elasticity] * i],
            values[o[P.killed_share] + s[P.killed_share] * i],
            drawn[drawn_at[D.z_losses, n], i], drawn[drawn_at[D.z_killed, n], i],
        )  # fmt: skip
        excess = 0.0 if war else strength[i] - killed - values[o[P.peace_ceiling] + s[P.peace_ceiling] * i]
        awol, discharges, demobilised = leavers_law(
            trained[i] - losses, activity * values[o[P.awol_rate] + s[P.awol_rate] * i],
            values[o[P.discharge_rate] + s[P.discharge_rate] * i], excess,
            values[o[P.demobilisation_share] + s[P.demobilisation_share] * i],
            drawn[drawn_at[D.z_awol, n], i], drawn[drawn_at[D.z_discharge, n], i],
        )  # fmt: skip
        returns, invalided = recovery_law(
            wounded[i], values[o[P.recovery_months] + s[P.recovery_months] * i],
            values[o[P.return_share] + s[P.return_share] * i],
            drawn[drawn_at[D.z_recover, n], i], drawn[drawn_at[D.z_return, n], i],
        )  # fmt: skip
        back = binomial(
            absent[i],
            chance(values[o[P.awol_return_rate] + s[P.awol_return_rate] * i]),
            drawn[drawn_at[D.z_back, n], i],
        )
        trained[i] += returns + back - losses - awol - discharges - demobilised
        wounded[i] += losses - killed - returns - invalided
        absent[i] += awol - back
        state[at[S.intensity, n], i] = intensity
        state[at[S.losses, n], i], state[at[S.killed, n], i], state[at[S.wounds, n], i] = (
            losses,
            killed,
            losses - killed,
        )
        state[at[S.awol, n], i], state[at[S.discharges, n], i] = awol, discharges
        state[at[S.demobilised, n], i], state[at[S.returns, n], i] = demobilised, returns
        state[at[S.invalided, n], i], state[at[S.awol_returns, n], i] = invalided, back


@kernel
def recruit(
    state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, values: Floats, offset: Ints, stride: Ints, n: int
) -> None:
    """Write schools, absorption and intake of one army, and move its stocks by them; then its strength."""
    o, s = offset[:, n], stride[:, n]
    trained, waiting, pool = state[at[S.trained, n]], state[at[S.waiting, n]], state[at[S.pool, n]]
    first = at[S.trainees, n]
    for i in range(state.shape[1]):
        absorbed = min(waiting[i], np.floor(values[o[P.absorption_share] + s[P.absorption_share] * i] * trained[i]))
        graduates, failed, free = train(state, at, drawn, drawn_at, values, offset, stride, n, i)
        in_school = 0.0
        for j in range(SCHOOLS * STAGES):
            in_school += state[first + j, i]
        strength = trained[i] + in_school + waiting[i] + graduates + state[at[S.wounded, n], i]
        war = state[at[S.phase, n], i] == WAR
        ceiling = values[o[P.ceiling] + s[P.ceiling] * i]
        if not war:
            ceiling = min(ceiling, values[o[P.peace_ceiling] + s[P.peace_ceiling] * i])
        cost = values[o[P.soldier_cost] + s[P.soldier_cost] * i]
        money = state[at[S.personnel_budget, n], i] * 1e9 * 12.0 / max(cost, 1.0)
        wanted = values[o[P.volunteers] + s[P.volunteers] * i]
        if war:
            wanted += values[o[P.mobilisation] + s[P.mobilisation] * i]
        entries = np.floor(values[o[P.pool_entries] + s[P.pool_entries] * i])
        accessions = intake_law(
            wanted, values[o[P.intake_volatility] + s[P.intake_volatility] * i], state[at[S.intake_shock, n], i],
            pool[i], min(free, min(ceiling, money) - strength),
        )  # fmt: skip
        if values[o[P.schools_count] + s[P.schools_count] * i] < 0.5:
            graduates = accessions
        else:
            state[first, i] += accessions
        waiting[i] += graduates - absorbed
        trained[i] += absorbed
        pool[i] += entries + failed - accessions
        state[at[S.strength, n], i] = strength + accessions
        state[at[S.absorbed, n], i], state[at[S.graduations, n], i] = absorbed, graduates
        state[at[S.washouts, n], i], state[at[S.accessions, n], i] = failed, accessions
        state[at[S.pool_entries, n], i] = entries


@kernel
def share_intensity(
    state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, values: Floats, offset: Ints, stride: Ints
) -> None:
    """Move the shared part of the intensity; its correlation time is the first army's."""
    shared, z = state[at[S.shared_intensity, 0]], drawn[drawn_at[D.z_shared, 0]]
    for i in range(state.shape[1]):
        months = values[offset[P.intensity_months, 0] + stride[P.intensity_months, 0] * i]
        shared[i] = autoregression(shared[i], months, z[i])


class Personnel(Process):
    """Every army's people."""

    name = "personnel"
    section = "army"
    Parameters = Parameters
    reads = READS
    writes = WRITES
    draws = DRAWS

    def start(self, context: Context) -> None:
        """Write the stocks of month 0, in whole persons; shocks are none."""
        given = {
            name: np.floor(context.parameter(name)) for name in ("strength", "trainees", "wounded", "absent", "pool")
        }
        schools = context.parameter("schools.count")
        trainees = np.where(schools > 0, given["trainees"], 0.0)
        context.write("strength")[:] = given["strength"]
        context.write("trained")[:] = np.maximum(0.0, given["strength"] - trainees - given["wounded"])
        for name in ("wounded", "absent", "pool"):
            context.write(name)[:] = given[name]
        rows = context.write("trainees").reshape(len(context.nations), SCHOOLS * STAGES, -1)
        rows[:] = 0.0
        rows[:, 0] = trainees
        context.write("intensity")[:] = 1.0

    def step(self, context: Context, month: int) -> None:  # noqa: ARG002 - the same law every month
        """Fight, then recruit, army by army."""
        share_intensity(*context.arrays)
        for n in range(len(context.nations)):
            fight(*context.arrays, n)
            recruit(*context.arrays, n)
