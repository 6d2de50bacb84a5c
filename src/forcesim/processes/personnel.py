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
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.courses import LEAVING, ROOM, SCHOOL_COLUMNS, STAGES, School, free_places, move_course
from forcesim.processes.process import (
    Context,
    Draw,
    Floats,
    Ints,
    Process,
    Section,
    Table,
    draw_positions,
    look,
    parameter_positions,
    series_positions,
    spread,
)
from forcesim.quantities import PerMonth, Persons, Quantity, Ratio, Share, Value, number
from forcesim.randomness.variates import binomials, whole
from forcesim.state import Flow, Indicator, Read, Stock

SomeMonths = Annotated[Value, Quantity("months", 0.1, 120.0)]
UsdPerYear = Annotated[Value, Quantity("USD per year", 0.0)]

SCHOOLS = 2
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
    volunteers: Persons = number(0.0, meaning="volunteers and contracts a month", assumption="none", lever=True)
    mobilisation: Persons = number(0.0, meaning="mobilised a month", assumption="none", lever=True)
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

P = parameter_positions(Common, Parameters)
S = series_positions(READS, WRITES)
Z = draw_positions(DRAWS)
K = parameter_positions(School)
SHOCKS = (
    (S.shared_intensity, Z.z_shared, P.shared_months),
    (S.own_intensity, Z.z_intensity, P.intensity_months),
    (S.intake_shock, Z.z_intake, P.intake_months),
)
A, B, C, D = range(4)
"""Rows of a kernel's scratch table."""


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
def loss_law(rate: float, intensity: float, activity: float, quality: float, elasticity: float) -> float:
    """Return the chance of a soldier to be killed or wounded within the month."""
    return chance(rate * intensity * activity * exp(-elasticity * log(max(quality, 0.01))))


@law
def demobilised_law(left: float, strength: float, ceiling: float, share: float, phase: float, noise: bool) -> float:
    """Return who is sent home in a ceasefire: a share of the excess over the ceiling."""
    surplus = max(0.0, strength - ceiling)
    return 0.0 if phase == WAR else min(left, whole(share * surplus, noise))


@law
def room_law(
    strength: float, ceiling: float, peace_ceiling: float, phase: float, budget: float, soldier_cost: float
) -> float:
    """Return how many more people ceiling and money allow (below 0: none)."""
    allowed = ceiling if phase == WAR else min(ceiling, peace_ceiling)
    return min(allowed, budget * 1e9 * 12.0 / max(soldier_cost, 1.0)) - strength


@law
def intake_law(wanted: float, volatility: float, shock: float, pool: float, room: float, noise: bool) -> float:
    """Return accessions: what is wanted, within pool and room (of seats, ceiling and money)."""
    sigma = volatility if noise else 0.0  # the factor's mean is 1
    meant = wanted * exp(sigma * shock - 0.5 * sigma * sigma)
    return max(0.0, whole(min(meant, pool, room), noise))


@kernel
def stir(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table) -> None:
    """Move the shocks by a month; the shared one once, for all armies."""
    work = np.empty((1, state.shape[1]))
    for n in range(at.shape[1]):
        for series, draw, column in SHOCKS:
            if series == S.shared_intensity and n > 0:
                continue
            x, z = at[series, n], drawn_at[draw, n]
            spread(table, column, n, work, 0)
            for i in range(state.shape[1]):
                state[x, i] = autoregression(state[x, i], work[0, i], drawn[z, i])


@kernel
def fight(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table, noise: bool) -> None:
    """Write intensity, losses and the killed among them."""
    work = np.empty((4, state.shape[1]))
    for n in range(at.shape[1]):
        shared, own, intensity = at[S.shared_intensity, n], at[S.own_intensity, n], at[S.intensity, n]
        spread(table, P.intensity_volatility, n, work, A)
        spread(table, P.intensity_shared, n, work, B)
        for i in range(state.shape[1]):
            sigma = work[A, i] if noise else 0.0  # the intensity's mean is 1
            state[intensity, i] = intensity_law(state[shared, i], state[own, i], sigma, work[B, i])
        phase, quality, trained = at[S.phase, n], at[S.quality, n], at[S.trained, n]
        spread(table, P.casualty_rate, n, work, A)
        spread(table, P.quality_elasticity, n, work, B)
        spread(table, P.quiet_share, n, work, C)
        for i in range(state.shape[1]):
            activity = 1.0 if state[phase, i] == WAR else work[C, i]
            work[D, i] = loss_law(work[A, i], state[intensity, i], activity, state[quality, i], work[B, i])
        losses, killed, wounds = at[S.losses, n], at[S.killed, n], at[S.wounds, n]
        binomials(state, trained, work, D, drawn, drawn_at[Z.z_losses, n], state, losses)
        spread(table, P.killed_share, n, work, D)
        binomials(state, losses, work, D, drawn, drawn_at[Z.z_killed, n], state, killed)
        for i in range(state.shape[1]):
            state[wounds, i] = state[losses, i] - state[killed, i]


@kernel
def leave(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table, noise: bool) -> None:
    """Write who leaves without leave, is discharged and demobilised, in that order, from those left."""
    work = np.empty((4, state.shape[1]))
    for n in range(at.shape[1]):
        phase, trained, losses, awol = at[S.phase, n], at[S.trained, n], at[S.losses, n], at[S.awol, n]
        spread(table, P.awol_rate, n, work, A)
        spread(table, P.quiet_share, n, work, B)
        for i in range(state.shape[1]):
            work[D, i] = state[trained, i] - state[losses, i]
            work[C, i] = chance((1.0 if state[phase, i] == WAR else work[B, i]) * work[A, i])
        binomials(work, D, work, C, drawn, drawn_at[Z.z_awol, n], state, awol)
        discharges, strength, killed = at[S.discharges, n], at[S.strength, n], at[S.killed, n]
        spread(table, P.discharge_rate, n, work, A)
        for i in range(state.shape[1]):
            work[D, i] -= state[awol, i]
            work[C, i] = chance(work[A, i])
        binomials(work, D, work, C, drawn, drawn_at[Z.z_discharge, n], state, discharges)
        demobilised = at[S.demobilised, n]
        spread(table, P.peace_ceiling, n, work, A)
        spread(table, P.demobilisation_share, n, work, B)
        for i in range(state.shape[1]):
            left = work[D, i] - state[discharges, i]
            books = state[strength, i] - state[killed, i] - state[awol, i] - state[discharges, i]
            state[demobilised, i] = demobilised_law(left, books, work[A, i], work[B, i], state[phase, i], noise)


@kernel
def recover(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table) -> None:
    """Write who recovers, is invalided and comes back, and move the stocks by the month's flows so far."""
    work = np.empty((4, state.shape[1]))
    for n in range(at.shape[1]):
        wounded, returns, invalided = at[S.wounded, n], at[S.returns, n], at[S.invalided, n]
        spread(table, P.recovery_months, n, work, A)
        for i in range(state.shape[1]):
            work[B, i] = chance(1.0 / work[A, i])
        binomials(state, wounded, work, B, drawn, drawn_at[Z.z_recover, n], work, C)
        spread(table, P.return_share, n, work, B)
        binomials(work, C, work, B, drawn, drawn_at[Z.z_return, n], state, returns)
        absent, back, awol, wounds = at[S.absent, n], at[S.awol_returns, n], at[S.awol, n], at[S.wounds, n]
        spread(table, P.awol_return_rate, n, work, A)
        for i in range(state.shape[1]):
            state[invalided, i] = work[C, i] - state[returns, i]
            state[wounded, i] += state[wounds, i] - work[C, i]
            work[B, i] = chance(work[A, i])
        binomials(state, absent, work, B, drawn, drawn_at[Z.z_back, n], state, back)
        trained, losses, discharges, sent = at[S.trained, n], at[S.losses, n], at[S.discharges, n], at[S.demobilised, n]
        for i in range(state.shape[1]):
            state[absent, i] += state[awol, i] - state[back, i]
            gone = state[losses, i] + state[awol, i] + state[discharges, i] + state[sent, i]
            # without noise parts may add up to a rounding error more than the whole
            state[trained, i] += state[returns, i] + state[back, i] - min(gone, state[trained, i])


@kernel
def teach(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table, shared: Floats, noise: bool) -> None:
    """Move all schools on, the last first; write graduates and wash-outs, and into ``shared`` places and pupils."""
    work = np.empty((ROOM, state.shape[1]))
    for n in range(at.shape[1]):
        free, pupils, trained = 2 * n, 2 * n + 1, at[S.trained, n]
        graduates, failed = at[S.graduations, n], at[S.washouts, n]
        for i in range(state.shape[1]):
            state[graduates, i] = state[failed, i] = shared[pupils, i] = 0.0
            shared[free, i] = NO_LIMIT
        count = np.int64(look(table, P.schools_count, n, 0))
        for k in range(count - 1, -1, -1):
            columns, slot = P.schools + k * SCHOOL_COLUMNS, drawn_at[Z.z_stage, n] + k * STAGES
            first, depth = at[S.trainees, n] + k * STAGES, at[S.school_stages, n] + k
            move_course(state, first, depth, drawn, slot, table, columns, n, shared, free, work)
            spread(table, columns + K.pass_share, n, work, A)
            binomials(work, LEAVING, work, A, drawn, drawn_at[Z.z_pass, n] + k, work, B)
            onward = graduates if k == count - 1 else first + STAGES
            for i in range(state.shape[1]):
                state[onward, i] += work[B, i]
                state[failed, i] += work[LEAVING, i] - work[B, i]
                shared[pupils, i] += work[B, i] if k < count - 1 else 0.0
            spread(table, P.instructor_share, n, work, A)
            spread(table, P.students_per_instructor, n, work, B)
            for i in range(state.shape[1]):
                work[LEAVING, i] = work[A, i] * state[trained, i] * work[B, i]
            free_places(state, first, depth, table, columns + K.seats, n, shared, free, pupils, work, noise)


@kernel
def recruit(state: Floats, at: Ints, table: Table, shared: Floats, noise: bool) -> None:
    """Write absorption and intake, and move the stocks by them; then strength."""
    work = np.empty((3, state.shape[1]))
    for n in range(at.shape[1]):
        room, pupils, trained, waiting, graduates = (
            2 * n,
            2 * n + 1,
            at[S.trained, n],
            at[S.waiting, n],
            at[S.graduations, n],
        )
        absorbed, wounded, strength, phase = at[S.absorbed, n], at[S.wounded, n], at[S.strength, n], at[S.phase, n]
        spread(table, P.absorption_share, n, work, A)
        for i in range(state.shape[1]):
            state[absorbed, i] = min(state[waiting, i], whole(work[A, i] * state[trained, i], noise))
            inside = state[trained, i] + shared[pupils, i] + state[waiting, i] + state[graduates, i]
            state[strength, i] = inside + state[wounded, i]
        budget = at[S.personnel_budget, n]
        spread(table, P.ceiling, n, work, A)
        spread(table, P.peace_ceiling, n, work, B)
        spread(table, P.soldier_cost, n, work, C)
        for i in range(state.shape[1]):
            more = room_law(state[strength, i], work[A, i], work[B, i], state[phase, i], state[budget, i], work[C, i])
            shared[room, i] = min(shared[room, i], more)
        accessions, jolt, pool = at[S.accessions, n], at[S.intake_shock, n], at[S.pool, n]
        spread(table, P.volunteers, n, work, A)
        spread(table, P.mobilisation, n, work, B)
        spread(table, P.intake_volatility, n, work, C)
        for i in range(state.shape[1]):
            wanted = work[A, i] + (work[B, i] if state[phase, i] == WAR else 0.0)
            state[accessions, i] = intake_law(
                wanted, work[C, i], state[jolt, i], state[pool, i], shared[room, i], noise
            )
        begun = at[S.trainees, n] if look(table, P.schools_count, n, 0) > 0.5 else graduates
        entries, failed = at[S.pool_entries, n], at[S.washouts, n]
        spread(table, P.pool_entries, n, work, A)
        for i in range(state.shape[1]):
            state[begun, i] += state[accessions, i]
            state[strength, i] += state[accessions, i]
            state[entries, i] = whole(work[A, i], noise)
            state[pool, i] += state[entries, i] + state[failed, i] - state[accessions, i]
        for i in range(state.shape[1]):
            state[waiting, i] += state[graduates, i] - state[absorbed, i]
            state[trained, i] += state[absorbed, i]


class Personnel(Process):
    """Every army's people."""

    name = "personnel"
    section = "army"
    Common = Common
    Parameters = Parameters
    reads = READS
    writes = WRITES
    draws = DRAWS

    def uses(self, draw: Draw, slot: int, section: Section | None) -> bool:
        """Return whether an army draws a slot: not for schools that it lacks, nor for stages of fixed courses."""
        if draw.name not in ("z_pass", "z_stage") or not isinstance(section, Parameters):
            return True
        school = slot if draw.name == "z_pass" else slot // STAGES
        if school >= len(section.schools):
            return False
        return draw.name == "z_pass" or section.schools[school].duration == "erlang"

    def start(self, context: Context) -> None:
        """Write the stocks of month 0, in whole persons where chance plays; shocks are none."""
        given = {name: context.parameter(name) for name in ("strength", "trainees", "wounded", "absent", "pool")}
        if context.noise:
            given = {name: np.floor(persons) for name, persons in given.items()}
        schools = context.parameter("schools.count")
        trainees = np.where(schools > 0, given["trainees"], 0.0)
        trained = np.maximum(0.0, given["strength"] - trainees - given["wounded"])
        context.write("trained")[:] = trained
        context.write("strength")[:] = trained + trainees + given["wounded"]
        for name in ("wounded", "absent", "pool"):
            context.write(name)[:] = given[name]
        rows = context.write("trainees").reshape(len(context.nations), SCHOOLS * STAGES, -1)
        rows[:] = 0.0
        rows[:, 0] = trainees
        context.write("school_stages")[:] = 1.0
        context.write("intensity")[:] = 1.0

    def step(self, context: Context, month: int) -> None:  # noqa: ARG002 - the same law every month
        """Shocks, losses, leavers, recoveries, schools, intake."""
        rows, table, noise = context.arrays[:4], context.arrays[4:], context.noise
        stir(*rows, table)
        fight(*rows, table, noise)
        leave(*rows, table, noise)
        recover(*rows, table)
        shared = np.empty((2 * len(context.nations), context.paths))
        teach(*rows, table, shared, noise)
        recruit(context.state, context.at, table, shared, noise)
