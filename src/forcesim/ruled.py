"""Rules as the engine takes them: a condition with its rows, how long it waits, and where it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forcesim.expression import Vocabulary
from forcesim.outcome import Outcome
from forcesim.question import event
from forcesim.scenario.switched import mask_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.expression import Expression
    from forcesim.scenario import Scenario

__all__ = ["Ruled", "ruled"]


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule as the engine takes it: its condition, the rows of what that names, and where it is written.

    Attributes
    ----------
    name : str
        Of its mask.
    when : Expression
        The condition, on the state at the end of the month before.
    rows : mapping of (outcome, nation or None) to row
        What it names.
    months, after, delay : int
        In how many months in a row it must be true, from which month on; how much later it takes effect.
    cost : float
        Billion US dollars a month.
    row, cost_row : int
        Where it is written whether it is in effect, and what all rules cost.
    """

    name: str
    when: Expression
    rows: Mapping[tuple[str, str | None], int]
    months: int
    after: int
    delay: int
    cost: float
    row: int
    cost_row: int


def ruled(
    scenario: Scenario, outcomes: list[Outcome], row_of: dict[tuple[str, str | None], int], first: int
) -> tuple[Ruled, ...]:
    """Return the scenario's rules; add their outcomes: which is in effect, and the cost of all."""
    words = Vocabulary({one.name: one.term for one in outcomes}, scenario.groups)
    cost_row, found = first + len(scenario.rules), list[Ruled]()
    for place, rule in enumerate(scenario.rules):
        when = event(rule.when, words, "when")
        rows = {key: row_of[key] for key in when.names}
        after = 1 if rule.after is None else max(1, scenario.timeline.offset(rule.after))
        found.append(
            Ruled(mask_of(place), when, rows, rule.months, after, rule.delay, rule.cost, first + place, cost_row)
        )
    for place in range(len(found)):
        name = f"rule_{place + 1}"
        outcomes.append(Outcome(name, "", f"whether rule {place + 1} is in effect", "world"))
        row_of[name, None] = first + place
    if found:
        outcomes.append(Outcome("rules_cost", "bn USD per month", "cost of the rules in effect", "world", kind="flow"))
        row_of["rules_cost", None] = cost_row
    return tuple(found)
