"""Settings with their dates: which goes on top of which, which come twice, and which never act.

Within one policy dates decide, so the order in its list does not matter. What cannot be told apart by dates, or can
never act, is a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, TypeVar

from forcesim.errors import Fault
from forcesim.policy import acting, stacking_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forcesim.policy import Setting
    from forcesim.timeline import Timeline

__all__ = ["Entry", "Listed", "entries_in_order", "given_again", "idle"]

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Entry]):
    """An entry of a list with its place in the file, so that those beside it may be missing."""

    path: str
    entry: Entry


def entries_in_order(items: Iterable[Listed[Setting]], timeline: Timeline) -> list[Listed[Setting]]:
    """Return the settings of one policy in the order in which they are put on top of each other."""
    return sorted(items, key=lambda item: stacking_key(item.entry, timeline))


def given_again(reached: Mapping[str, Sequence[Listed[Setting]]], timeline: Timeline) -> list[Fault]:
    """Return the settings that set a number from a date from which another, as narrow as they, sets it.

    Parameters
    ----------
    reached : mapping of path to settings
        Of each number, in order.
    timeline : Timeline
        The scenario's months.
    """
    found: dict[tuple[str, str], Fault] = {}
    for target, items in reached.items():
        for one, other in pairwise(items):
            if stacking_key(one.entry, timeline) == stacking_key(other.entry, timeline):
                date = other.entry.start or timeline.start
                fault = Fault(
                    f"{other.path}.lever",
                    "must be set once from one date",
                    other.entry.lever,
                    f"{one.path} sets {target} from {date} too",
                )
                found.setdefault((one.path, other.path), fault)
    return list(found.values())


def idle(reached: Mapping[str, Sequence[Listed[Setting]]], timeline: Timeline, *, in_force: bool) -> list[Fault]:
    """Return the settings that change none of their numbers in any month.

    Parameters
    ----------
    reached : mapping of path to settings
        Of each number, in order.
    timeline : Timeline
        The scenario's months.
    in_force : bool
        Whether they apply; a policy that does not may have dates that only a longer horizon needs.
    """
    felt: set[str] = set()
    first_on: dict[str, tuple[Listed[Setting], Sequence[Listed[Setting]]]] = {}
    for items in reached.values():
        act = acting([item.entry for item in items], timeline)
        for place, item in enumerate(items):
            first_on.setdefault(item.path, (item, items[place + 1 :]))
            if place in act:
                felt.add(item.path)
    faults = []
    for path, (item, above) in first_on.items():
        if path not in felt:
            faults += _why_idle(item, above, timeline, in_force=in_force)
    return faults


def _why_idle(
    item: Listed[Setting], above: Sequence[Listed[Setting]], timeline: Timeline, *, in_force: bool
) -> list[Fault]:
    """Return why a setting does not act: it is covered by what lies on top, or a ramp that ends where it begins."""
    setting, rule = item.entry, "must act in some month"
    span = timeline.span(setting.start, setting.until)
    if span.start >= span.stop:  # outside the scenario: its dates are looked at elsewhere
        return []
    if acting([setting], timeline):
        begun = ((other.path, timeline.span(other.entry.start, other.entry.until).start) for other in above)
        covers = [path for path, first in begun if first <= span.start]
        return [Fault(item.path, rule, setting.lever, f"{covers[-1]} covers it" if covers else "others cover it")]
    ends = setting.until is not None and timeline.offset(setting.until) < timeline.last
    if not (in_force or ends):
        return []
    last = timeline.label(span.stop - 1)
    return [Fault(item.path, rule, setting.lever, f"its ramp begins in {last}, its last month")]
