"""The outcomes of a rotation study: what each means, its unit, and how it comes from the accounts."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.errors import ExpressionError
from forcesim.expression import Term, parse
from forcesim.rotation.layout import WHOLE_UNIT
from forcesim.rotation.schools import MEASURES
from forcesim.rotation.world import BROKEN, CATEGORIES, CATEGORY, STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.arrays import Floats
    from forcesim.expression import Expression
    from forcesim.rotation.layout import RotationLayout

__all__ = ["AXES", "RotationOutcome", "category_days", "cost_per_day", "make_outcomes", "parsed", "vocabulary"]


BRACKETED = re.compile(r"\[([^\]'\"]+)\]")
"""What stands in brackets without quotes."""

AXES = ("", "demand", "group", "rule", "school")

NAMES = {
    "demand": (
        "asked", "filled", "unmet", "unmet_share", "unmet_days", "peak_unmet", "longest_unmet", "full_after",
        "full_for", "spells", "lost", "persons",
    ),
    "group": (
        "fill_days", "overlap_days", "idle_days", "not_ready_days", "tours", "dwell", "bog_dwell", "broken",
        "first_broken", "cost", "manning", "personal_broken",
    ),
    "rule": ("breaks", "broken_days"),
    "school": (
        "applicants", "admitted", "refused", "gave_up", "passed", "failed", "refused_share", "gave_up_share",
        "delayed_share", "in_queue", "in_school", "wait",
    ),
    "": ("total_cost", "price_of_rules", "cost_per_deployed_day", "price_of_personal_rules"),
}  # fmt: skip
"""Outcomes by their axis, so that a question can be read before anything has run."""

OF_PEOPLE = ("manning", "personal_broken", "price_of_personal_rules")
"""Outcomes that only a study with people has."""


@dataclass(frozen=True)
class RotationOutcome:
    """One outcome over the replications.

    Attributes
    ----------
    unit, meaning : str
        Its unit, and what it is in words.
    axis : str
        Of what there is one value each: demand, group, rule, school, or nothing.
    labels : tuple of str
        Their names.
    series : float64 (replication,) or (replication, label)
        The values; not a number where something was never reached.
    """

    unit: str
    meaning: str
    axis: str
    labels: tuple[str, ...]
    series: Floats


def vocabulary(layout: RotationLayout) -> dict[str, Term]:
    """Return what an expression may say of the outcomes of a study: the names, and the labels of each."""
    study = layout.study
    labels = {
        "demand": tuple(demand.name for demand in study.demands),
        "group": tuple(group.name for group in study.units),
        "rule": BROKEN,
        "school": tuple(school.name for school in study.schools),
        "": (),
    }
    left_out = () if study.people is not None else OF_PEOPLE
    return {
        name: Term(labels[axis])
        for axis, names in NAMES.items()
        if labels[axis] or not axis  # of no demands, or no schools, nothing can be asked
        for name in names
        if name not in left_out
    }


def parsed(text: Any, layout: RotationLayout) -> Expression:
    """Return an expression over the outcomes of a study.

    Raises
    ------
    ExpressionError
        As of :func:`forcesim.expression.parse`; where a name needs quotes, it says how to write it.

    Examples
    --------
    >>> from forcesim.rotation import Rotation
    >>> from forcesim.rotation.layout import RotationLayout
    >>> unit = {"name": "class", "type": "t", "policy": "p"}
    >>> study = Rotation.of({"days": 9, "policies": {"p": {"tour": 9}}, "units": [unit]})
    >>> parsed("tours['class']", RotationLayout(study)).names
    (('tours', 'class'),)
    """
    words = vocabulary(layout)
    try:
        return parse(text, words)
    except ExpressionError as error:
        labels = {label for term in words.values() for label in term.nations}
        bare = [name.strip() for name in BRACKETED.findall(text)] if isinstance(text, str) else []
        quoted = [repr(name) for name in bare if name in labels and not plainly(name)]
        if not quoted:
            raise
        remedy = f"write the name in quotes: [{quoted[0]}]"
        raise ExpressionError([replace(fault, remedy=remedy) for fault in error.faults]) from None


def plainly(name: str) -> bool:
    """Return whether a name may stand in an expression without quotes."""
    return name.isidentifier() and not keyword.iskeyword(name)


def category_days(arrays: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Return unit-days by replication, group, phase and category."""
    days = arrays["days"]
    found = np.zeros((*days.shape[:3], len(CATEGORIES)), np.int64)
    for state, category in enumerate(CATEGORY):
        found[..., category] += days[..., state]
    return found


def cost_per_day(layout: RotationLayout) -> Floats:
    """Return what a unit of each group costs a day in each state, in US dollars."""
    found = np.zeros((len(layout.study.units), len(STATES)))
    for number, group in enumerate(layout.study.units):
        costs = layout.study.costs.get(group.type, layout.study.costs.get("*"))
        if costs is not None:
            away, training = ("deployed", "hand-over"), ("mobilising", "preparing")
            found[number] = [
                costs.deployed if state in away else costs.training if state in training else costs.home
                for state in STATES
            ]
    return found


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> Floats:
    """Return a ratio; not a number where there is nothing below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _or_never(days: npt.NDArray[Any]) -> Floats:
    """Return days; not a number for never."""
    return np.where(days < 0, np.nan, days.astype(np.float64))


def make_outcomes(layout: RotationLayout, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, RotationOutcome]:
    """Return every outcome by name."""
    found: dict[str, RotationOutcome] = {}
    _of_demands(layout, arrays, found)
    _of_groups(layout, arrays, found)
    if layout.study.people is not None:
        _of_people(layout, arrays, found)
    if layout.study.schools:
        _of_schools(layout, arrays, found)
    return found


def _of_demands(
    layout: RotationLayout, arrays: Mapping[str, npt.NDArray[Any]], found: dict[str, RotationOutcome]
) -> None:
    names = tuple(demand.name for demand in layout.study.demands)
    asked, filled, unmet = (arrays[name].sum(axis=2) / WHOLE_UNIT for name in ("asked", "filled", "unmet"))
    unmet_days, days = arrays["unmet_days"].sum(axis=2), layout.study.days

    def put(name: str, unit: str, meaning: str, values: npt.NDArray[Any]) -> None:
        found[name] = RotationOutcome(unit, meaning, "demand", names, np.asarray(values, dtype=np.float64))

    put("asked", "unit-days", "what is asked for", asked)
    put("filled", "unit-days", "what is there, hand-over not counted", filled)
    put("unmet", "unit-days", "what is asked for and not there", unmet)
    put("unmet_share", "share", "what is not there over what is asked for", _ratio(unmet, asked))
    put("unmet_days", "days", "days on which anything is missing", unmet_days)
    put("peak_unmet", "units", "most units missing on a day", arrays["peak"] / WHOLE_UNIT)
    put("longest_unmet", "days", "longest run of days on which something is missing", arrays["longest"])
    put(
        "full_after", "days", "days from its first day until all is there for the first time", _or_never(arrays["full"])
    )
    put("full_for", "days", "days from there until something is missing, or to the horizon", _or_never(arrays["lasts"]))
    put("spells", "spells", "times that it began", arrays["started"])
    put("lost", "spells", "of them lost", arrays["lost"])
    put("persons", "persons", "persons there on average", arrays["person_days"].sum(axis=2) / days)


def _of_groups(
    layout: RotationLayout, arrays: Mapping[str, npt.NDArray[Any]], found: dict[str, RotationOutcome]
) -> None:
    names = tuple(group.name for group in layout.study.units)
    by_category = category_days(arrays).sum(axis=2)
    fill, overlap, idle, not_ready = (by_category[..., place] for place in range(4))
    price = (arrays["days"].sum(axis=2) * cost_per_day(layout)).sum(axis=2)
    again = arrays["dwell"].sum(axis=2)

    def put(name: str, unit: str, meaning: str, values: npt.NDArray[Any]) -> None:
        found[name] = RotationOutcome(unit, meaning, "group", names, np.asarray(values, dtype=np.float64))

    put("fill_days", "unit-days", "deployed and counted", fill)
    put("overlap_days", "unit-days", "deployed beside the relief", overlap)
    put("idle_days", "unit-days", "available and not asked for", idle)
    put("not_ready_days", "unit-days", "neither", not_ready)
    put("tours", "tours", "departures", arrays["tours"])
    put("dwell", "days", "mean dwell at departure, first ones left out", _ratio(arrays["dwell_sum"], again))
    put("bog_dwell", "ratio", "days at home for each day away", _ratio(idle + not_ready, fill + overlap))
    put("broken", "times", "rules broken", arrays["breaks"].sum(axis=1))
    put("first_broken", "days", "day on which a rule is first broken", _first(arrays["first_break"], axis=1))
    put("cost", "bn USD", "cost of the units", price / 1e9)

    def whole(name: str, unit: str, meaning: str, values: npt.NDArray[Any]) -> None:
        found[name] = RotationOutcome(unit, meaning, "", (), np.asarray(values, dtype=np.float64))

    whole("total_cost", "bn USD", "cost of all units", price.sum(axis=1) / 1e9)
    whole("price_of_rules", "bn USD", "penalties for broken rules", arrays["broken_price"].sum(axis=(1, 2)) / 1e9)
    away = (fill + overlap).sum(axis=1)
    whole("cost_per_deployed_day", "USD", "cost of all units for each unit-day away", _ratio(price.sum(axis=1), away))
    for name, unit, meaning in (
        ("breaks", "times", "times that a rule is broken"),
        ("broken_days", "days", "days by which a rule is broken"),
    ):
        values = arrays[name].sum(axis=2).astype(np.float64)
        found[name] = RotationOutcome(unit, meaning, "rule", BROKEN, values)


def _first(days: npt.NDArray[Any], axis: int) -> Floats:
    """Return the earliest of days of which -1 means never."""
    earliest = np.where(days < 0, np.iinfo(np.int64).max, days).min(axis=axis)
    return np.where(earliest == np.iinfo(np.int64).max, np.nan, earliest.astype(np.float64))


def _of_people(
    layout: RotationLayout, arrays: Mapping[str, npt.NDArray[Any]], found: dict[str, RotationOutcome]
) -> None:
    names = tuple(group.name for group in layout.study.units)
    people = layout.study.people
    assert people is not None
    short = arrays["personal_breaks"]
    share = _ratio(arrays["persons_sent"], arrays["posts_sent"])
    found["manning"] = RotationOutcome("share", "persons sent for each post of the units sent", "group", names, share)
    times = short[..., 0].astype(np.float64)
    found["personal_broken"] = RotationOutcome(
        "persons", "persons sent before their own dwell is over", "group", names, times
    )
    price = short[..., 1].sum(axis=1) * people.minimum_dwell.penalty / 1e9
    found["price_of_personal_rules"] = RotationOutcome("bn USD", "penalties for broken personal dwell", "", (), price)


def _of_schools(
    layout: RotationLayout, arrays: Mapping[str, npt.NDArray[Any]], found: dict[str, RotationOutcome]
) -> None:
    names = tuple(school.name for school in layout.study.schools)
    measure = {name: arrays["schools"][..., place] for place, name in enumerate(MEASURES)}

    def put(name: str, unit: str, meaning: str, values: npt.NDArray[Any]) -> None:
        found[name] = RotationOutcome(unit, meaning, "school", names, np.asarray(values, dtype=np.float64))

    for name, meaning in (
        ("applicants", "persons who want in"), ("admitted", "persons who get a seat"), ("refused", "persons refused"),
        ("gave_up", "persons who give up waiting"), ("passed", "persons who pass"), ("failed", "persons who fail"),
    ):  # fmt: skip
        put(name, "persons", meaning, measure[name])
    put("refused_share", "share", "of the applicants", _ratio(measure["refused"], measure["applicants"]))
    put("gave_up_share", "share", "of the applicants", _ratio(measure["gave_up"], measure["applicants"]))
    put(
        "delayed_share",
        "share",
        "of the applicants, who have to wait",
        _ratio(measure["delayed"], measure["applicants"]),
    )
    put("in_queue", "persons", "persons waiting, on average", _ratio(measure["wait_days"], measure["span"]))
    put("in_school", "persons", "persons in the course, on average", _ratio(measure["course_days"], measure["span"]))
    served = measure["admitted"] + measure["gave_up"]
    put("wait", "days", "wait of an applicant who is let in or gives up", _ratio(measure["wait_days"], served))
