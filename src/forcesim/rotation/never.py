"""What a study says and nothing of it would hear: names that nothing has, and settings that can never act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim import paths
from forcesim.errors import Fault
from forcesim.rotation.draft import unknown
from forcesim.rotation.layout import RotationLayout
from forcesim.scenario.codes import ISO3

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forcesim.rotation.draft import StudyDraft
    from forcesim.rotation.sections import Caveat, Chain, Demand

__all__ = ["faults_never_acting"]

USUAL_COMPONENTS = ("active", "reserve", "cadre")


def faults_never_acting(draft: StudyDraft) -> list[Fault]:
    """Return names that nothing has, and settings that can never act."""
    study = draft.study
    faults = [*_of_sourcing(draft), *_of_types(draft), *_of_names(draft)]
    for number, demand in enumerate(study.demands):
        faults += _of_demand(draft, number, demand)
    for number, caveat in enumerate(study.caveats):
        faults += _of_caveat(draft, draft.path("caveats", number), caveat)
    for name, policy in study.policies.items():
        if policy.overlap.tolerance:
            remedy = "a hand-over is as long as its tour admits; each day that lacks costs the penalty"
            faults.append(
                Fault(f"policies.{name}.overlap.tolerance", "can never act", f"{policy.overlap.tolerance}", remedy)
            )
    for number, school in enumerate(study.schools):
        if school.instructors is None and school.students_per_instructor != type(school).model_fields[
            "students_per_instructor"
        ].default:  # fmt: skip
            path = draft.path("schools", number, ".students_per_instructor")
            found = f"{school.students_per_instructor:g}"
            faults.append(Fault(path, "can never act without instructors", found, "give the number of instructors"))
    if study.phases is not None and study.phases.chain is not None:
        faults += _of_chain(study.phases.chain)
    return faults


def _again(path: str, names: Sequence[str]) -> list[Fault]:
    """Return names of a list that stand in it already."""
    return [
        Fault(f"{path}[{place}]", "must be given once", repr(name))
        for place, name in enumerate(names)
        if name in names[:place]
    ]


def _of_sourcing(draft: StudyDraft) -> list[Fault]:
    """Return faults of the lists by which units are ranked."""
    study, sourcing, faults = draft.study, draft.study.sourcing, list[Fault]()
    known = {
        "components": {*USUAL_COMPONENTS, *(group.component for group in study.units)},
        "nations": {group.nation for group in study.units},
    }
    for key, names in known.items():
        given = getattr(sourcing, key)
        faults += _again(f"sourcing.{key}", given)
        if not draft.lost.get("units"):
            faults += [
                unknown(f"sourcing.{key}[{place}]", f"a {key[:-1]} that some unit has", name, sorted(names))
                for place, name in enumerate(given)
                if name not in names
            ]
    return [*faults, *_again("sourcing.order", sourcing.order)]


def _of_names(draft: StudyDraft) -> list[Fault]:
    """Return nations and components of units that look like another one, misspelt."""
    study, faults = draft.study, list[Fault]()
    codes = {group.nation for group in study.units} & ISO3
    usual = [*USUAL_COMPONENTS, *study.sourcing.components]
    for number, group in enumerate(study.units):
        nation = group.nation
        if codes and len(nation) == 3 and nation.isupper() and nation not in ISO3 and nation[0] != "X":
            remedy = paths.nearest(nation, sorted(codes)) or "X.. is free for what is no nation"
            rule = "must be a code of ISO 3166, since other nations are"
            faults.append(Fault(draft.path("units", number, ".nation"), rule, repr(nation), remedy))
        near = "" if group.component in usual else paths.nearest(group.component, usual)
        if near:
            rule = "must be active, reserve or cadre, or unlike them"
            faults.append(Fault(draft.path("units", number, ".component"), rule, repr(group.component), near))
    return faults


def _of_types(draft: StudyDraft) -> list[Fault]:
    """Return types that are named where no unit, or no demand, has them."""
    study, faults = draft.study, list[Fault]()
    types = {group.type for group in study.units}
    known = types | {demand.type for demand in study.demands}
    if not draft.lost.get("units"):
        faults += [
            unknown(f"costs.{kind}", "a type that some unit has, or * for all others", kind, sorted(types))
            for kind in study.costs
            if kind != "*" and kind not in known
        ]
    for number, one in enumerate(study.substitutes):
        if one.by == one.demanded or draft.lost.get("units"):
            continue
        if not draft.lost.get("demands") and one.demanded not in known:
            path = draft.path("substitutes", number, ".demanded")
            faults.append(unknown(path, "a type that some demand or unit has", one.demanded, sorted(known)))
        if one.by not in types:
            path = draft.path("substitutes", number, ".by")
            faults.append(unknown(path, "a type that some unit has", one.by, sorted(types)))
    return faults


def _of_demand(draft: StudyDraft, number: int, demand: Demand) -> list[Fault]:
    """Return what a demand says that its kind does not hear, and whether any unit may fill it."""
    path, faults = draft.path("demands", number), list[Fault]()
    for key in ("nations", "components", "phases"):
        faults += _again(f"{path}.{key}", getattr(demand, key) or ())
    if demand.start != 0 and (demand.rate_per_year is not None or demand.phases is not None):
        kind = "rate_per_year" if demand.rate_per_year is not None else "phases"
        remedy = f"keep either start or {kind}"
        faults.append(Fault(f"{path}.start", f"can never act beside {kind}", str(demand.start), remedy))
    if demand.notice and demand.phases is not None:
        why = "nobody knows a phase ahead"
        faults.append(Fault(f"{path}.notice", "can never act beside phases", str(demand.notice), why))
    study = draft.study
    stands_in = {one.by for one in study.substitutes if one.demanded == demand.type}
    of_type = [group for group in study.units if group.type in {demand.type, *stands_in}]
    named = all(
        set(getattr(demand, f"{key}s") or ()) <= {getattr(group, key) for group in study.units}
        for key in ("nation", "component")
    )  # a name that nothing has is said where it stands
    if (
        not draft.lost.get("units")
        and of_type
        and named
        and not any(RotationLayout.may_serve(g, demand) for g in of_type)
    ):
        there = sorted({f"{group.nation} {group.component}" for group in of_type})
        remedy = f"units of its type are {', '.join(there[:8])}"
        faults.append(Fault(path, "must be one that some unit may fill, by nation and component", "", remedy))
    return faults


def _of_caveat(draft: StudyDraft, path: str, caveat: Caveat) -> list[Fault]:
    """Return what a caveat says that can never act."""
    faults = _again(f"{path}.not_in", caveat.not_in)
    withdraws = caveat.withdraws_on is not None or caveat.withdraws_per_year is not None
    if caveat.most is None and not caveat.not_in and not withdraws and caveat.chance == 1.0:
        remedy = "give chance, most, not_in, withdraws_on or withdraws_per_year"
        faults.append(Fault(path, "can never act", "", remedy))
    if caveat.returns_after is not None and not withdraws:
        remedy = "give withdraws_on or withdraws_per_year"
        faults.append(Fault(f"{path}.returns_after", "can never act where nobody withdraws", "", remedy))
    study = draft.study
    demand = next((one for one in study.demands if one.name == caveat.demand), None)
    mine = [group for group in study.units if group.nation == caveat.nation]
    if demand is not None and mine and not draft.lost.get("units") and not draft.lost.get("substitutes"):
        types = {demand.type, *(one.by for one in study.substitutes if one.demanded == demand.type)}
        if not any(group.type in types and RotationLayout.may_serve(group, demand) for group in mine):
            found = f"no unit of {caveat.nation} may be sent to {caveat.demand}"
            faults.append(Fault(path, "can never act", found))
    return faults


def _of_chain(chain: Chain) -> Iterable[Fault]:
    """Yield states of a chain that no way leads to."""
    reached, todo = {chain.start}, [chain.start]
    while todo:
        state = chain.states.get(todo.pop())
        then = [] if state is None else [name for name, weight in state.then.items() if weight > 0.0]
        todo += [name for name in then if name not in reached]
        reached.update(then)
    if chain.start in chain.states:
        for name in chain.states:
            if name not in reached:
                yield Fault(
                    f"phases.chain.states.{name}",
                    "can never be entered",
                    "",
                    f"no state leads to it from {chain.start}",
                )
