"""A rotation study from a scenario: the same nations, brigades, will and mission, unit by unit.

The contingent process says what a coalition brings in the aggregate. A study made from the same numbers says whether
the units of those nations can keep it there under their own rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import each, finite, integer, switch, text
from forcesim.engine import simulate
from forcesim.errors import Fault, ScenarioError
from forcesim.processes.stances import ready_to_send
from forcesim.result import Result
from forcesim.rotation.files import load
from forcesim.rotation.model import Rotation
from forcesim.scenario import asked as scenario_under

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

__all__ = ["BUNDLED", "from_scenario"]

BUNDLED = "europe-in-ukraine"
"""The study whose rules, costs and order of sourcing are taken unless another is given."""

SMALL = "XMN"
"""Nations too small for a unit of their own, put together as multinational units."""

MONTH = 365.25 / 12
MISSION, TYPE = "mission", "battle group"


@dataclass(frozen=True)
class _Contributor:
    """A nation as the scenario has it: persons who can be sent, most that it would send, its will."""

    code: str
    able: float
    limit: float
    chance: float
    returns: float


def from_scenario(
    scenario: Scenario,
    policy: str | Policy | Iterable[str | Policy] | None = None,
    *,
    asked: float | Result | None = None,
    start: str | None = None,
    days: int = 1461,
    america: bool = False,
    limits: bool = True,
    size: int = 1_000,
    study: str | Rotation = BUNDLED,
) -> Rotation:
    """Return the rotation study of a scenario's contributors and mission.

    Units are what generation says can be sent in the month of ``start``. A nation takes part with the chance that the
    contingent process gives it, leaves at that process's hazard, and comes back as it pledges. Its politics is drawn
    for itself; the process lets nations share a part of it. Strain and the example of others are left out.

    Parameters
    ----------
    scenario : Scenario
        With a ``contingent`` and a ``generation``.
    policy : str or Policy, optional
        Policies to apply first.
    asked : float or Result, optional
        Persons that the mission asks for; or a result of the scenario, whose mean ``contingent`` is then the demand,
        month by month. Unless given, what the contingent process is asked for in the last month.
    start : str, optional
        Month of day 0; the scenario's start unless given.
    days : int
        Days to simulate.
    america : bool
        Whether the American backstop stands: its enablers count, and nations are readier.
    limits : bool
        Whether a nation sends at most what it has said that it would.
    size : int
        Persons in a unit; 1,000 is a battle group.
    study : str or Rotation
        Whose policies (by nation, ``other`` for all that are not named), costs and sourcing are taken.

    Returns
    -------
    Rotation

    Raises
    ------
    ScenarioError
        If the scenario has no contingent, generation or contributors, or the study no policy for a nation.
    ResultError
        If another argument is not admissible.

    Examples
    --------
    >>> import forcesim as fs
    >>> from forcesim import rotation
    >>> made = rotation.from_scenario(fs.load("ukraine-2026"), asked=30_000, start="2027-01")
    >>> made.demands[0].quantity, sum(group.count for group in made.units) > 100
    (30, True)
    """
    under = scenario_under(scenario, policy)
    days, size, america, limits = each(
        lambda: integer("days", days, least=1),
        lambda: integer("size", size, least=1),
        lambda: switch("america", america),
        lambda: switch("limits", limits),
    )
    start = under.start if start is None else text("start", start)
    month = under.timeline.asked("start", start)
    rules = study if isinstance(study, Rotation) else load(text("study", study))
    found = _Reading(under, month, america=america)
    nations = list(_gathered(found.contributors(), size, limits=limits))
    if not nations:
        raise ScenarioError(Fault("nations", "must have a contributor with as many soldiers as a unit", f"{size:,}"))
    quantity, steps = _demand(asked, found, month, days, size)
    data = rules.to_dict()
    data |= {
        "name": f"{under.name}: {max([quantity, *steps.values()]) * size:,} {'with' if america else 'without'} America",
        "start": f"{under.timeline.label(month)}-01",
        "days": days,
        "units": [_units(nation, rules, size) for nation in nations],
        "demands": [{"name": MISSION, "type": TYPE, "quantity": quantity, "steps": steps, "begun": False}],
        "caveats": [_caveat(nation, found, size, limits=limits) for nation in nations],
    }
    return Rotation.of(data)


class _Reading:
    """What a scenario says of its contingent in a month: central values, and who can be sent without chance."""

    def __init__(self, scenario: Scenario, month: int, *, america: bool) -> None:
        """Read the numbers; run the scenario once without chance."""
        self.scenario, self.month, self.america = scenario, month, america
        self.numbers = {number.path: number for number in scenario.numbers()}
        missing = [
            part for part in ("contingent", "generation") if not any(f".{part}." in path for path in self.numbers)
        ]
        if missing:
            remedy = f"give nations a section {missing[0]}"
            raise ScenarioError(Fault("scenario", "must have a contingent and a generation", scenario.name, remedy))
        self.centres = {name: np.array([law.centre]) for name, law in scenario.uncertain().items()}
        offered = scenario.with_values({"contingent.backstop_offered": "yes" if america else "no"})
        wanted = ["deployable"]
        run = simulate(offered.without_noise(), paths=1, outcomes=wanted, keep="summary", progress=False)
        codes = run.outcomes["deployable"].nations
        self.able = {code: run.mean(f"deployable[{code}]", at=month).value for code in codes}

    def value(self, path: str, month: int | None = None) -> float:
        """Return the central value of a number in a month, that of day 0 unless told."""
        row = np.empty(1)
        self.numbers[path].course.write(row, self.month if month is None else month, self.centres)
        return float(row[0])

    def leaves_per_year(self) -> float:
        """Return the rate at which a nation leaves while all others are in."""
        push = 0.0 if self.america else self.value("contingent.withdrawal_backstop")
        return 12.0 * self.value("contingent.withdrawal_hazard") * math.exp(push)

    def contributors(self) -> Iterable[_Contributor]:
        """Yield the nations that might send troops, with what they can send."""
        odds = math.exp(self.value("contingent.backstop_opens")) if self.america else 1.0
        pull = self.value("contingent.ceasefire_effect") + self.value("contingent.peers_effect")
        pull += self.value("contingent.backstop_effect") if self.america else 0.0
        for code, able in self.able.items():
            if f"nations.{code}.contingent.chance" not in self.numbers:
                continue
            part = f"nations.{code}.contingent"
            hazard = self.value(f"{part}.willingness") * self.value("contingent.readiness") * math.exp(pull)
            chance = float(ready_to_send(self.value(f"{part}.chance"), odds)) if hazard > 0.0 else 0.0
            limit = self.value(f"{part}.limit") * self.value("contingent.ambition")
            if able > 0.0 and chance > 0.0:
                yield _Contributor(code, able, limit, chance, MONTH / hazard)


def _gathered(nations: Iterable[_Contributor], size: int, *, limits: bool) -> Iterable[_Contributor]:
    """Yield the nations that can send a whole unit; the others are put together, by the weight of what they send."""
    small: list[tuple[_Contributor, float]] = []
    for nation in nations:
        sent = min(nation.able, nation.limit) if limits else nation.able
        if sent >= size:
            yield nation
        else:
            small.append((nation, sent))
    weight = sum(sent for _, sent in small)
    if weight < size:
        return

    def mean(name: str) -> float:
        return float(sum(getattr(nation, name) * sent for nation, sent in small) / weight)

    able = sum(nation.able for nation, _ in small)
    yield _Contributor(SMALL, able, weight if limits else able, mean("chance"), mean("returns"))


def _demand(
    asked: float | Result | None, found: _Reading, month: int, days: int, size: int
) -> tuple[int, dict[str, int]]:
    """Return the units that are asked for at first, and later by date."""
    timeline = found.scenario.timeline
    if isinstance(asked, Result):
        last = min(timeline.last, month + int((days - 1) / MONTH))
        labels = [timeline.label(one) for one in range(month, last + 1)]
        path = [round(asked.mean("contingent", at=label).value / size) for label in labels]
        changed = [place for place in range(1, len(path)) if path[place] != path[place - 1]]
        return max(1, path[0]), {f"{labels[place]}-01": path[place] for place in changed}
    if asked is None:
        asked = found.value("contingent.requested", timeline.last)
        if not asked:
            remedy = "asked=100_000, say"
            raise ScenarioError(Fault("asked", "must be given where no policy asks for a force", "", remedy))
    return max(1, round(finite("asked", asked, above=0) / size)), {}


def _units(nation: _Contributor, rules: Rotation, size: int) -> dict[str, Any]:
    """Return the units of a nation, trained and rested on day 0: nobody has asked for them before."""
    policy = nation.code if nation.code in rules.policies else "other"
    if policy not in rules.policies:
        raise ScenarioError(Fault("study", "must have a policy for each nation, or one called other", nation.code))
    return {
        "name": nation.code,
        "type": TYPE,
        "nation": nation.code,
        "count": int(nation.able / size),
        "size": size,
        "policy": policy,
        "start": "rested",
        "assumption": "who can be sent as force generation has it; other commitments are left out",
    }


def _caveat(nation: _Contributor, found: _Reading, size: int, *, limits: bool) -> dict[str, Any]:
    """Return a nation's will: whether it takes part, how many it sends, and when it leaves."""
    most = {"most": max(1, round(nation.limit / size))} if limits and nation.limit < nation.able else {}
    return {
        "nation": nation.code,
        "demand": MISSION,
        "chance": nation.chance,
        **most,
        "withdraws_per_year": found.leaves_per_year(),
        "notice": round(found.value("contingent.exit_months") * MONTH),
        "returns_after": {"exponential": nation.returns},
        "assumption": "as the contingent process has it, all others in",
    }
