"""Faults of a study: of form, as pydantic finds them, and of the whole; all at once, each by its path.

An entry of a list that is malformed is left out, and nothing that refers to its name is called wrong for that.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from forcesim import paths
from forcesim.arguments import shown
from forcesim.errors import Fault, ScenarioError
from forcesim.rotation.draft import StudyDraft, fault_of_day, unknown
from forcesim.rotation.durations import MOST_DAYS, mean_of_whole_days
from forcesim.rotation.entries import MOST_UNITS
from forcesim.rotation.never import faults_never_acting
from forcesim.rotation.plain import plain
from forcesim.rotation.standing import faults_of_places, faults_of_start
from forcesim.rotation.study import RotationFields, date_of
from forcesim.scenario.faults import faults_of_form, listed, place_of

if TYPE_CHECKING:
    from forcesim.rotation.durations import Days
    from forcesim.rotation.sections import Caveat, Demand, RotationPolicy, UnitGroup

__all__ = ["KEYS", "checked", "faults_of_policy"]

KEYS = ("soonest", "effectiveness", "component", "nation", "rested", "advanced", "fewest")
"""Keys by which units are ranked; others are the names of rules that come with the call."""

MOST_CRISES = 200_000

SHORTEST_TOUR = 7
SHORT_STUDY = 90
"""Days that a tour takes at least; who writes less means months."""

OF_CLOCK = ("must not lie before the start", "must lie within the ", "must begin on day 0")
OF_PHASES = ("must name a phase", "must have a policy for every phase")
"""How rules begin that need the first and the last day, or the phases."""

LISTS = ("units", "demands", "substitutes", "caveats", "schools")

AnyStudy = TypeVar("AnyStudy", bound=RotationFields)


def checked(kind: type[AnyStudy], data: Any) -> AnyStudy:
    """Return the study that plain data describe, or raise all that is wrong with it."""
    data = data.to_dict() if isinstance(data, RotationFields) else plain(data)
    if not isinstance(data, dict):
        raise ScenarioError(Fault("", "must be a mapping", shown(data), "rotation.load(path) reads a file"))
    try:
        study = kind.model_validate(data)
    except ValidationError as error:
        faults = faults_of_form(error, RotationFields, data)
        raise ScenarioError([*faults, *_faults_of_the_rest(kind, data, error)]) from None
    faults = _faults_of_draft(StudyDraft(study))
    if faults:
        raise ScenarioError(faults)
    return study


def _faults_of_the_rest(kind: type[AnyStudy], data: dict[str, Any], error: ValidationError) -> list[Fault]:
    """Return what is wrong with the sound entries of a file of which some are malformed."""
    bad: dict[str, set[Any]] = {}
    rest, places, lost = dict(data), dict[str, list[int]](), dict[str, set[str]]()
    for details in error.errors(include_url=False):
        place = place_of(details, data)
        if place and (len(place) < 2 or place[0] not in (*LISTS, "policies", "costs")):
            rest.pop(str(place[0]), None)
            lost[str(place[0])] = {""}
        elif place:
            bad.setdefault(str(place[0]), set()).add(place[1])
    if "days" not in rest:
        rest["days"] = MOST_DAYS
        lost.setdefault("days", {""})
    for section, which in bad.items():
        entries = rest.get(section)
        if isinstance(entries, dict):
            rest[section] = {key: entry for key, entry in entries.items() if key not in which}
            lost[section] = {str(key) for key in which}
        elif entries is not None:
            places[section] = [place for place in range(len(entries)) if place not in which]
            rest[section] = [entries[place] for place in places[section]]
            names = (entries[place] for place in which if isinstance(place, int) and place < len(entries))
            lost[section] = {str(entry.get(key)) for entry in names if isinstance(entry, dict) for key in entry}
    try:
        study = kind.model_validate(rest)
    except ValidationError:
        return []
    return _faults_of_draft(StudyDraft(study, places, lost))


def _faults_of_clock(draft: StudyDraft) -> tuple[StudyDraft, list[Fault]]:
    """Return what is wrong with the first and the last day, and the study with days that can be reckoned with."""
    study = draft.study
    try:
        date_of(study.start)
        study.date(study.days)
    except ValueError:
        fault = Fault("start", "must be a date such as 2026-01-01", repr(study.start))
        study = study.model_copy(update={"start": RotationFields.model_fields["start"].default})
    except OverflowError:
        fault = Fault("days", "must end before the year 10000", f"{study.days:,} from {study.start}")
    else:
        return draft, []
    return StudyDraft(study, draft.places, {**draft.lost, fault.path: {""}}), [fault]


def _faults_of_draft(draft: StudyDraft) -> list[Fault]:
    """Return the faults that only the whole shows; none that only follows from what is malformed."""
    draft, faults = _faults_of_clock(draft)
    clock = "start" in draft.lost or "days" in draft.lost
    follows = (*(OF_CLOCK if clock else ()), *(OF_PHASES if "phases" in draft.lost else ()))
    found = dict.fromkeys([*faults, *_faults_of_whole(draft)])
    return [fault for fault in found if not fault.rule.startswith(follows)]


def _faults_of_whole(draft: StudyDraft) -> list[Fault]:
    """Return the faults of all sections."""
    study = draft.study
    faults = [*_faults_of_names(draft), *_faults_of_phases(draft)]
    for name, policy in study.policies.items():
        faults += faults_of_policy(f"policies.{name}", policy, days=study.days)
    for number, group in enumerate(study.units):
        faults += _faults_of_group(draft, number, group)
    total = sum(group.count for group in study.units)
    if total > MOST_UNITS:
        faults.append(Fault("units", f"must be at most {MOST_UNITS:,} in all", f"{total:,}"))
    for number, demand in enumerate(study.demands):
        faults += _faults_of_demand(draft, number, demand)
    for number, caveat in enumerate(study.caveats):
        faults += _faults_of_caveat(draft, number, caveat)
    for number, one in enumerate(study.substitutes):
        if one.demanded == one.by:
            faults.append(Fault(draft.path("substitutes", number, ".by"), "must be another type", repr(one.by)))
    for number, school in enumerate(study.schools):
        path = draft.path("schools", number)
        faults += fault_of_day(study, f"{path}.measure_from", school.measure_from)
        if school.feeds is not None and school.feeds not in {group.nation for group in study.units}:
            known = {group.nation for group in study.units}
            faults.append(unknown(f"{path}.feeds", "a nation that has units", school.feeds, known))
    faults += [*faults_of_places(draft), *faults_never_acting(draft)]
    return faults


def _faults_of_names(draft: StudyDraft) -> list[Fault]:
    """Return names that are given twice."""
    faults = []
    for section in ("units", "demands", "schools"):
        seen = set()
        for number, entry in enumerate(getattr(draft.study, section)):
            if entry.name in seen:
                faults.append(Fault(draft.path(section, number, ".name"), "must be given once", repr(entry.name)))
            seen.add(entry.name)
    return faults


def faults_of_policy(path: str, policy: RotationPolicy, *, days: int | None = None) -> list[Fault]:
    """Return what is wrong with a policy, in a study of so many days.

    A tour of some days is refused as one of months that was meant, unless the study itself is as short.
    """
    faults = []
    tour, overlap = policy.tour.guidance, policy.overlap.guidance
    if tour < 1 or (tour < SHORTEST_TOUR and (days is None or days > SHORT_STUDY)):
        remedy = "tours are in days: 6 months are 180"
        faults.append(Fault(f"{path}.tour", f"must be at least {SHORTEST_TOUR} days", str(tour), remedy))
    if overlap >= max(tour, 1):
        faults.append(Fault(f"{path}.overlap", f"must be shorter than the tour, {tour} days", str(overlap)))
    if policy.available_until is not None and policy.window is not None:
        faults.append(Fault(f"{path}.window", "must not be given beside available_until", "", "keep one of them"))
    if policy.available_until is not None:
        faults += _ordered(f"{path}.available_until", policy.available_from, policy.available_until, "available_from")
    if policy.cycle is not None:
        faults += _ordered(f"{path}.cycle", policy.available_from, policy.cycle, "available_from")
        if policy.available_until is not None and policy.available_until.most > policy.cycle.least:
            found = f"{policy.available_until.most:g} days in {policy.cycle.least:g}"
            faults.append(Fault(f"{path}.available_until", "must not lie beyond the cycle", found))
        if tour > policy.cycle.least:
            rule = f"must not be longer than the cycle, {policy.cycle.least} days"
            faults.append(
                Fault(f"{path}.tour", rule, str(tour), "it may end after its cycle, but not take longer than one")
            )
        faults += _beyond_cycle(path, policy)
    away = policy.mobilisation.most + policy.preparation.most
    if policy.counts_preparation and away >= tour:
        rule = f"must leave days for the tour of {tour}, since they count against it"
        faults.append(Fault(f"{path}.mobilisation", rule, f"{away:g}"))
    return faults


def _beyond_cycle(path: str, policy: RotationPolicy) -> list[Fault]:
    """Return durations that take longer than a whole cycle, so that no unit would ever be ready in time."""
    assert policy.cycle is not None
    cycle, lead = policy.cycle.most, policy.mobilisation.least + policy.preparation.least
    dwell = policy.minimum_dwell.guidance - (0 if policy.counts_preparation else lead)
    rule = f"must be over within the cycle, {cycle:g} days"
    found = (("minimum_dwell", dwell), ("recovery", policy.recovery.least), ("preparation", lead))
    return [Fault(f"{path}.{name}", rule, f"{days:g}") for name, days in found if days >= cycle]


def _ordered(path: str, earlier: Days, later: Days, name: str) -> list[Fault]:
    """Return whether one day of a cycle can come before another that it must follow."""
    if later.least > earlier.most:
        return []
    least, most = f"{later.least:g}", f"{earlier.most:g}"
    return [Fault(path, f"must lie after {name}, {most}", least, "a window must not end before it begins")]


def _faults_of_group(draft: StudyDraft, number: int, group: UnitGroup) -> list[Fault]:
    """Return what is wrong with a group of units."""
    study, path = draft.study, draft.path("units", number)
    faults = fault_of_day(study, f"{path}.joins", group.joins)
    by_phase = group.policy if isinstance(group.policy, dict) else {"": group.policy}
    for phase, name in by_phase.items():
        place = f"{path}.policy.{phase}" if phase else f"{path}.policy"
        if not draft.knows("policies", name, study.policies):
            faults.append(unknown(place, "a policy", name, study.policies))
        if phase and phase not in (*study.phase_names, "other"):
            faults.append(unknown(place, "a phase", phase, (*study.phase_names, "other")))
    missing = [phase for phase in study.phase_names if phase not in by_phase]
    if "" not in by_phase and "other" not in by_phase and missing:
        faults.append(Fault(f"{path}.policy", "must have a policy for every phase", "", f"add {missing[0]}, or other"))
    if isinstance(group.start, tuple):
        faults += faults_of_start(draft, number, group)
    wake = group.activation
    if wake is not None:
        faults += fault_of_day(study, f"{path}.activation.on", wake.on)
        if sum((wake.on is not None, wake.phase is not None, wake.need)) != 1:
            faults.append(Fault(f"{path}.activation", "must begin on a day, in a phase, or on need; one of them"))
        if wake.phase is not None and wake.phase not in study.phase_names:
            faults.append(unknown(f"{path}.activation.phase", "a phase", wake.phase, study.phase_names))
    return faults


def _faults_of_steps(draft: StudyDraft, path: str, demand: Demand) -> list[Fault]:
    """Return what is wrong with the later quantities of a demand."""
    faults = [fault for when in demand.steps for fault in fault_of_day(draft.study, f"{path}.steps.{when}", when)]
    if faults or fault_of_day(draft.study, path, demand.start):
        return faults
    start, days = draft.study.day(demand.start), [draft.study.day(when) for when in demand.steps]
    for when, day in zip(demand.steps, days, strict=True):
        if day <= start:
            faults.append(Fault(f"{path}.steps.{when}", f"must lie after the demand's first day, {start}", str(day)))
        if days.count(day) > 1:
            faults.append(Fault(f"{path}.steps.{when}", "must be the only one of its day", str(day)))
    return faults


def _faults_of_demand(draft: StudyDraft, number: int, demand: Demand) -> list[Fault]:
    """Return what is wrong with a demand."""
    study, path = draft.study, draft.path("demands", number)
    faults = fault_of_day(study, f"{path}.start", demand.start) + _faults_of_steps(draft, path, demand)
    stands_in = {one.by for one in study.substitutes if one.demanded == demand.type}
    types = {group.type for group in study.units}
    if not draft.lost.get("units") and not ({demand.type} | stands_in) & types:
        remedy = paths.nearest(demand.type, types) or listed(types)
        faults.append(Fault(f"{path}.type", "must be a type that some unit has", repr(demand.type), remedy))
    elif not draft.lost.get("units") and not sum(g.count for g in study.units if g.type in {demand.type, *stands_in}):
        faults.append(
            Fault(f"{path}.type", "must be a type of which there are units", repr(demand.type), "raise a count")
        )
    for key, known in (
        ("nations", {group.nation for group in study.units}),
        ("components", {group.component for group in study.units}),
    ):
        for place, name in enumerate(getattr(demand, key) or ()):
            if not draft.lost.get("units") and name not in known:
                faults.append(unknown(f"{path}.{key}[{place}]", f"{key[:-1]}s that some unit has", name, known))
    for place, phase in enumerate(demand.phases or ()):
        if phase not in study.phase_names:
            faults.append(unknown(f"{path}.phases[{place}]", "a phase", phase, study.phase_names))
    if demand.duration is not None and demand.duration.most < 1:
        faults.append(Fault(f"{path}.duration", "must be at least 1 day", f"{demand.duration.most:g}"))
    if demand.rate_per_year is not None and demand.duration is not None:
        crises = demand.rate_per_year * study.days / 365.25
        if crises * demand.quantity > MOST_CRISES:
            rule = f"must bring at most {MOST_CRISES:,} units in crises"
            faults.append(Fault(f"{path}.rate_per_year", rule, f"{crises * demand.quantity:,.0f}"))
        busy = demand.rate_per_year / 365.25 * mean_of_whole_days(demand.duration, 1)
        if not demand.overlapping and busy >= 1.0:
            rule = "must leave quiet days between crises that do not overlap"
            faults.append(Fault(f"{path}.rate_per_year", rule, f"{busy:.3g} of all days in crisis"))
    return faults


def _faults_of_caveat(draft: StudyDraft, number: int, caveat: Caveat) -> list[Fault]:
    """Return what is wrong with a caveat."""
    study, path = draft.study, draft.path("caveats", number)
    nations, demands = {group.nation for group in study.units}, [demand.name for demand in study.demands]
    faults = fault_of_day(study, f"{path}.withdraws_on", caveat.withdraws_on)
    if not draft.lost.get("units") and caveat.nation not in nations:
        faults.append(unknown(f"{path}.nation", "a nation that has units", caveat.nation, nations))
    if not draft.knows("demands", caveat.demand, demands):
        faults.append(unknown(f"{path}.demand", "a demand", caveat.demand, demands))
    for place, phase in enumerate(caveat.not_in):
        if phase not in study.phase_names:
            faults.append(unknown(f"{path}.not_in[{place}]", "a phase", phase, study.phase_names))
    if caveat.withdraws_on is not None and caveat.withdraws_per_year is not None:
        faults.append(Fault(path, "must withdraw on a day or at a rate, not both"))
    return faults


def _faults_of_phases(draft: StudyDraft) -> list[Fault]:
    """Return what is wrong with the phases."""
    study = draft.study
    if study.phases is None:
        return []
    faults: list[Fault] = []
    if study.phases.dated is not None:
        days = []
        for when in study.phases.dated:
            found = fault_of_day(study, f"phases.dated.{when}", when)
            faults += found
            days += [] if found else [study.day(when)]
        if not faults and min(days) != 0:
            faults.append(Fault("phases.dated", "must begin on day 0", str(min(days))))
        if len(set(days)) < len(days):
            faults.append(Fault("phases.dated", "must have each day once"))
    if study.phases.following is not None:
        name, names = study.phases.following.demand, [demand.name for demand in study.demands]
        if not draft.knows("demands", name, names):
            faults.append(unknown("phases.following.demand", "a demand", name, names))
        if any(demand.name == name and demand.phases is not None for demand in study.demands):
            faults.append(Fault("phases.following.demand", "must not itself follow the phases", repr(name)))
    if study.phases.chain is not None:
        faults += _faults_of_chain(study)
    return faults


def _faults_of_chain(study: RotationFields) -> list[Fault]:
    """Return what is wrong with a chain of phases."""
    assert study.phases is not None
    chain = study.phases.chain
    assert chain is not None
    faults = []
    if chain.start not in chain.states:
        faults.append(unknown("phases.chain.start", "one of its states", chain.start, chain.states))
    for name, state in chain.states.items():
        path = f"phases.chain.states.{name}"
        faults += [
            unknown(f"{path}.then", "states of the chain", other, chain.states)
            for other in state.then
            if other not in chain.states
        ]
        if not math.fsum(state.then.values()) > 0.0:
            faults.append(Fault(f"{path}.then", "must have a weight above 0"))
        if state.days.most < 1:
            faults.append(Fault(f"{path}.days", "must be at least 1 day", f"{state.days.most:g}"))
    return faults
