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
stages in use         ``school_stages``             stages              written
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
intake and dismisses nobody. Ranks, ages, branches and officers are left out. A course has at most 24 stages; with
``duration: fixed`` a stage is a month (months are rounded up), with ``erlang`` the time is Erlang, k = ``stages``.
Where a course becomes shorter, those who are past its new end leave it at once. More intake gives never fewer people
at equal draws while pool, seats and ceiling have room; an exhausted pool is exhausted sooner.

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
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.courses import SCHOOL_COLUMNS, STAGES, School, free_places, move_course
from forcesim.processes.process import (
    STRIP,
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
from forcesim.randomness.variates import binomials
from forcesim.state import Flow, Indicator, Read, Stock

SomeMonths = Annotated[Value, Quantity("months", 0.1, 120.0)]
UsdPerYear = Annotated[Value, Quantity("USD per year", 0.0)]

SCHOOLS = 2
WAR = 0.0
NO_LIMIT = 1e12


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

P = parameter_positions(Parameters)
S = series_positions(READS, WRITES)
D = draw_positions(DRAWS)
C = parameter_positions(School)
FREE, PUPILS = 6, 7


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
def demobilised_law(left: float, strength: float, ceiling: float, share: float, phase: float) -> float:
    """Return who is sent home in a ceasefire: a share of the excess over the ceiling."""
    surplus = max(0.0, strength - ceiling)
    return 0.0 if phase == WAR else min(left, np.floor(share * surplus))


@law
def room_law(
    strength: float, ceiling: float, peace_ceiling: float, phase: float, budget: float, soldier_cost: float
) -> float:
    """Return how many more people ceiling and money allow (below 0: none)."""
    allowed = ceiling if phase == WAR else min(ceiling, peace_ceiling)
    return min(allowed, budget * 1e9 * 12.0 / max(soldier_cost, 1.0)) - strength


@law
def intake_law(wanted: float, volatility: float, shock: float, pool: float, room: float) -> float:
    """Return accessions: what is wanted, within pool and room (of seats, ceiling and money)."""
    meant = wanted * exp(volatility * shock - 0.5 * volatility * volatility)
    return float(max(0.0, np.floor(min(meant, pool, room))))


@law(inline=False)
def shock(x: Floats, z: Floats, table: Table, column: int, n: int, first: int, months: Floats) -> None:
    """Move an autoregressive shock by a month."""
    spread(table, column, n, first, months)
    for i in range(x.shape[0]):
        x[i] = autoregression(x[i], months[i], z[i])


@law(inline=False)
def fight(
    state: Floats, mine: Ints, drawn: Floats, draws: Ints, table: Table, n: int, here: slice, work: Floats
) -> None:
    """Write intensity, losses and the killed among them of a strip of paths."""
    first, phase, trained = here.start, state[mine[S.phase], here], state[mine[S.trained], here]
    a, b, c, p = work[0], work[1], work[2], work[3, : trained.shape[0]]
    shared, own = state[mine[S.shared_intensity], here], state[mine[S.own_intensity], here]
    intensity, quality = state[mine[S.intensity], here], state[mine[S.quality], here]
    spread(table, P.intensity_volatility, n, first, a)
    spread(table, P.intensity_shared, n, first, b)
    for i in range(trained.shape[0]):
        intensity[i] = intensity_law(shared[i], own[i], a[i], b[i])
    spread(table, P.casualty_rate, n, first, a)
    spread(table, P.quality_elasticity, n, first, b)
    spread(table, P.quiet_share, n, first, c)
    for i in range(trained.shape[0]):
        p[i] = loss_law(a[i], intensity[i], 1.0 if phase[i] == WAR else c[i], quality[i], b[i])
    losses, killed, wounds = state[mine[S.losses], here], state[mine[S.killed], here], state[mine[S.wounds], here]
    binomials(trained, p, drawn[draws[D.z_losses], here], losses)
    spread(table, P.killed_share, n, first, p)
    binomials(losses, p, drawn[draws[D.z_killed], here], killed)
    for i in range(trained.shape[0]):
        wounds[i] = losses[i] - killed[i]


@law(inline=False)
def leave(
    state: Floats, mine: Ints, drawn: Floats, draws: Ints, table: Table, n: int, here: slice, work: Floats
) -> None:
    """Write who leaves without leave, is discharged and demobilised, in that order, from those left."""
    first, phase, trained = here.start, state[mine[S.phase], here], state[mine[S.trained], here]
    a, b, p, left, books = work[0], work[1], work[2, : len(trained)], work[3, : len(trained)], work[4]
    losses, awol, discharges = state[mine[S.losses], here], state[mine[S.awol], here], state[mine[S.discharges], here]
    spread(table, P.awol_rate, n, first, a)
    spread(table, P.quiet_share, n, first, b)
    for i in range(trained.shape[0]):
        left[i] = trained[i] - losses[i]
        p[i] = chance((1.0 if phase[i] == WAR else b[i]) * a[i])
    binomials(left, p, drawn[draws[D.z_awol], here], awol)
    spread(table, P.discharge_rate, n, first, a)
    for i in range(trained.shape[0]):
        left[i] -= awol[i]
        p[i] = chance(a[i])
    binomials(left, p, drawn[draws[D.z_discharge], here], discharges)
    strength, killed = state[mine[S.strength], here], state[mine[S.killed], here]
    for i in range(trained.shape[0]):
        left[i] -= discharges[i]
        books[i] = strength[i] - killed[i] - awol[i] - discharges[i]
    demobilised = state[mine[S.demobilised], here]
    spread(table, P.peace_ceiling, n, first, a)
    spread(table, P.demobilisation_share, n, first, b)
    for i in range(trained.shape[0]):
        demobilised[i] = demobilised_law(left[i], books[i], a[i], b[i], phase[i])


@law(inline=False)
def recover(
    state: Floats, mine: Ints, drawn: Floats, draws: Ints, table: Table, n: int, here: slice, work: Floats
) -> None:
    """Write who recovers, is invalided and comes back, and move the stocks by the month's flows so far."""
    first, trained, wounded = here.start, state[mine[S.trained], here], state[mine[S.wounded], here]
    a, p, well = work[0], work[1, : len(trained)], work[2, : len(trained)]
    spread(table, P.recovery_months, n, first, a)
    for i in range(trained.shape[0]):
        p[i] = chance(1.0 / a[i])
    binomials(wounded, p, drawn[draws[D.z_recover], here], well)
    returns, invalided, wounds = (
        state[mine[S.returns], here],
        state[mine[S.invalided], here],
        state[mine[S.wounds], here],
    )
    spread(table, P.return_share, n, first, p)
    binomials(well, p, drawn[draws[D.z_return], here], returns)
    for i in range(trained.shape[0]):
        invalided[i] = well[i] - returns[i]
        wounded[i] += wounds[i] - well[i]
    absent, back, awol = state[mine[S.absent], here], state[mine[S.awol_returns], here], state[mine[S.awol], here]
    spread(table, P.awol_return_rate, n, first, a)
    for i in range(trained.shape[0]):
        p[i] = chance(a[i])
    binomials(absent, p, drawn[draws[D.z_back], here], back)
    for i in range(trained.shape[0]):
        absent[i] += awol[i] - back[i]
    losses, discharges, sent = (
        state[mine[S.losses], here],
        state[mine[S.discharges], here],
        state[mine[S.demobilised], here],
    )
    for i in range(trained.shape[0]):
        trained[i] += returns[i] + back[i] - losses[i] - awol[i] - discharges[i] - sent[i]


@law(inline=False)
def teach(
    state: Floats, mine: Ints, drawn: Floats, draws: Ints, table: Table, n: int, here: slice, work: Floats
) -> None:
    """Move all schools on, the last first; write graduates and wash-outs, and into ``work`` free seats and pupils."""
    first, trained = here.start, state[mine[S.trained], here]
    p, leaving, passed = work[3, : len(trained)], work[4, : len(trained)], work[5, : len(trained)]
    free, pupils = work[FREE, : len(trained)], work[PUPILS, : len(trained)]
    graduates, failed = state[mine[S.graduations], here], state[mine[S.washouts], here]
    for i in range(trained.shape[0]):
        graduates[i] = failed[i] = pupils[i] = 0.0
        free[i] = NO_LIMIT
    count = int(look(table, P.schools_count, n, first))
    for k in range(count - 1, -1, -1):
        columns, row, depth = P.schools + k * SCHOOL_COLUMNS, mine[S.trainees] + k * STAGES, mine[S.school_stages] + k
        move_course(
            state, row, depth, drawn, draws[D.z_stage] + k * STAGES, table, columns, n, here, free, leaving, work
        )
        spread(table, columns + C.pass_share, n, first, p)
        binomials(leaving, p, drawn[draws[D.z_pass] + k, here], passed)
        onward = graduates if k == count - 1 else state[row + STAGES, here]
        for i in range(trained.shape[0]):
            onward[i] += passed[i]
            failed[i] += leaving[i] - passed[i]
            pupils[i] += passed[i] if k < count - 1 else 0.0
        spread(table, P.instructor_share, n, first, work[0])
        spread(table, P.students_per_instructor, n, first, work[1])
        for i in range(trained.shape[0]):
            p[i] = work[0, i] * trained[i] * work[1, i]
        free_places(state, row, depth, table, columns + C.seats, n, here, p, free, pupils, work)


@law(inline=False)
def recruit(state: Floats, mine: Ints, table: Table, n: int, here: slice, work: Floats) -> None:
    """Write absorption and intake, and move the stocks by them; then strength."""
    first, trained, waiting = here.start, state[mine[S.trained], here], state[mine[S.waiting], here]
    a, b, c, room, pupils = work[0], work[1], work[2], work[FREE], work[PUPILS]
    absorbed, graduates, wounded = (
        state[mine[S.absorbed], here],
        state[mine[S.graduations], here],
        state[mine[S.wounded], here],
    )
    strength, phase, budget = (
        state[mine[S.strength], here],
        state[mine[S.phase], here],
        state[mine[S.personnel_budget], here],
    )
    spread(table, P.absorption_share, n, first, a)
    for i in range(trained.shape[0]):
        absorbed[i] = min(waiting[i], np.floor(a[i] * trained[i]))
        strength[i] = trained[i] + pupils[i] + waiting[i] + graduates[i] + wounded[i]
    spread(table, P.ceiling, n, first, a)
    spread(table, P.peace_ceiling, n, first, b)
    spread(table, P.soldier_cost, n, first, c)
    for i in range(trained.shape[0]):
        room[i] = min(room[i], room_law(strength[i], a[i], b[i], phase[i], budget[i], c[i]))
    accessions, jolt, pool = (
        state[mine[S.accessions], here],
        state[mine[S.intake_shock], here],
        state[mine[S.pool], here],
    )
    spread(table, P.volunteers, n, first, a)
    spread(table, P.mobilisation, n, first, b)
    spread(table, P.intake_volatility, n, first, c)
    for i in range(trained.shape[0]):
        wanted = a[i] + (b[i] if phase[i] == WAR else 0.0)
        accessions[i] = intake_law(wanted, c[i], jolt[i], pool[i], room[i])
    begun = state[mine[S.trainees], here] if look(table, P.schools_count, n, first) > 0.5 else graduates
    for i in range(trained.shape[0]):
        begun[i] += accessions[i]
        strength[i] += accessions[i]
    entries, failed = state[mine[S.pool_entries], here], state[mine[S.washouts], here]
    spread(table, P.pool_entries, n, first, a)
    for i in range(trained.shape[0]):
        entries[i] = np.floor(a[i])
        pool[i] += entries[i] + failed[i] - accessions[i]
    for i in range(trained.shape[0]):
        waiting[i] += graduates[i] - absorbed[i]
        trained[i] += absorbed[i]


@kernel
def month_of_armies(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table) -> None:
    """Move every army by a month, strip by strip; the shared shock's correlation time is the first army's."""
    work = np.empty((PUPILS + 1, STRIP))
    for begin in range(0, state.shape[1], STRIP):
        here = slice(begin, min(begin + STRIP, state.shape[1]))
        shared, z = state[at[S.shared_intensity, 0], here], drawn[drawn_at[D.z_shared, 0], here]
        shock(shared, z, table, P.intensity_months, 0, begin, work[0])
        for n in range(at.shape[1]):
            mine, draws = at[:, n], drawn_at[:, n]
            own, intake = state[mine[S.own_intensity], here], state[mine[S.intake_shock], here]
            shock(own, drawn[draws[D.z_intensity], here], table, P.intensity_months, n, begin, work[0])
            shock(intake, drawn[draws[D.z_intake], here], table, P.intake_months, n, begin, work[0])
            fight(state, mine, drawn, draws, table, n, here, work)
            leave(state, mine, drawn, draws, table, n, here, work)
            recover(state, mine, drawn, draws, table, n, here, work)
            teach(state, mine, drawn, draws, table, n, here, work)
            recruit(state, mine, table, n, here, work)


class Personnel(Process):
    """Every army's people."""

    name = "personnel"
    section = "army"
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
        """Write the stocks of month 0, in whole persons; shocks are none."""
        given = {
            name: np.floor(context.parameter(name)) for name in ("strength", "trainees", "wounded", "absent", "pool")
        }
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
        """Shocks, losses, leavers, recoveries, schools, intake: army by army."""
        month_of_armies(*context.arrays[:4], context.arrays[4:])
