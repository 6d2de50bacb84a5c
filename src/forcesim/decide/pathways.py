"""Which policy may follow which, and when is each used up? Its last month with the wanted chance, and each switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import each, finite, integer, paths_of, seed_of, shown, text
from forcesim.decide.alternatives import stacks_of
from forcesim.decide.futures import Futures
from forcesim.decide.stretches import Pathways, Stretch, stretch_of
from forcesim.errors import Fault, PolicyError, ResultError
from forcesim.machine import progress_shown
from forcesim.manifest import versions
from forcesim.policy import Policy, in_order
from forcesim.question import Question
from forcesim.scenario import asked as asked_scenario

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from forcesim.arrays import Floats
    from forcesim.expression import Key
    from forcesim.machine import Progress
    from forcesim.policy import Setting
    from forcesim.scenario import Scenario
    from forcesim.timeline import Timeline

__all__ = ["pathways"]


def pathways(
    scenario: Scenario,
    policies: Sequence[str | Policy | Sequence[str | Policy]],
    reach: str,
    *,
    chance: float = 0.8,
    by: str | dt.date | int | None = None,
    paths: int = 4_096,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Pathways:
    """Find until when each policy holds a target with a wanted chance, and whether a switch to another restores it.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policies : sequence of str, Policy or stacks of them
        At least two.
    reach : str
        The target, true or false: ``"front_ratio >= 0.67"``.
    chance : float
        The wanted chance that it holds in a month, within (0, 1).
    by : str, date or int, optional
        The last month that is looked at; the horizon unless given.
    paths : int
        Of each policy and switch, all on the same futures.
    seed, threads, progress
        As in :func:`forcesim.simulate`; threads change no result.

    Returns
    -------
    Pathways
        For each policy the months in which it reaches the chance; for each policy that is used up, and each other
        one from that month on, the same.

    Raises
    ------
    PolicyError
        If there are fewer than two policies, or one cannot be applied or put off.
    ResultError
        If another argument is not admissible.

    Notes
    -----
    A policy is used up from the month after the last in which it reaches the chance. A switch then puts the other
    policy on top of it. Settings and rules of the other that would begin earlier begin in that month. Chances are of
    all futures in a month: nobody knows yet on which one he is. Where a switch shall depend on it, take a rule.

    Source
    ------
    Haasnoot, M., Kwakkel, J. H., Walker, W. E. and ter Maat, J. (2013), Dynamic adaptive policy pathways, Global
    Environmental Change 23(2), 485-498.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures").without_noise()
    >>> found = fs.pathways(seed, ["status-quo", "europe-150k"], "gap <= 400_000", by="2027-12")
    >>> found.policies["status-quo"].reaches, found.policies["europe-150k"].used_up
    (False, '')
    """
    base, chance, paths, seed, threads = each(
        lambda: asked_scenario(scenario),
        lambda: finite("chance", chance),
        lambda: paths_of(paths),
        lambda: seed_of(seed),
        lambda: None if threads is None else integer("threads", threads, least=1),
    )
    if not 0.0 < chance < 1.0:
        raise ResultError(Fault("chance", "must lie in (0, 1)", shown(chance), "0.8, say"))
    stacks = {name: _resolved(base, stack) for name, stack in stacks_of(policies, base.policies).items()}
    if len(stacks) < 2:
        raise PolicyError(Fault("policies", "must name at least two different policies", shown(list(stacks))))
    labels, total = base.timeline.labels, len(stacks) ** 2

    def stretch(name: str, under: Scenario, after: str = "", start: int = 1) -> Stretch:
        futures = Futures(under, seed=seed, paths=paths, threads=threads)
        return stretch_of(name, _hits(futures, reach, by), paths, chance, labels, after, start)

    transfers, nothing = list[Stretch](), list[tuple[str, str]]()
    with progress_shown(progress, total, "policies and switches") as show:
        found = dict[str, Stretch]()
        for done, (name, stack) in enumerate(stacks.items()):
            found[name] = stretch(name, base.with_policy(*stack))
            show(done + 1, total)
        pairs = [(one, other) for one in stacks for other in stacks if one != other]
        for done, (name, other) in enumerate(pairs):
            if found[name].reaches and found[name].used_up:
                start = base.timeline.index(found[name].used_up)
                under = _switched(base.with_policy(*stacks[name]), stacks[other], start)
                if under is None:
                    nothing.append((name, other))
                else:
                    transfers.append(stretch(other, under, name, start))
            show(len(stacks) + done + 1, total)
    version = versions()["forcesim"]
    return Pathways(
        reach=text("reach", reach),
        chance=chance,
        months=labels[1 : len(found[next(iter(found))].chances) + 1],
        policies=found,
        transfers=tuple(transfers),
        nothing=tuple(nothing),
        source=f"forcesim {version}: {base.name}; {paths:,} paths for each policy and switch, seed {seed}",
    )


def _resolved(scenario: Scenario, stack: Sequence[str | Policy]) -> list[Policy]:
    """Return policies as objects; names that there are not are refused where they are applied."""
    scenario.with_policy(*stack)
    return [scenario.policies[one] if isinstance(one, str) else one for one in stack]


def _hits(futures: Futures, reach: Any, by: Any) -> Floats:
    """Return on how many paths the target holds in each month from month 1 on."""
    asked = Question(text("reach", reach), by=by).check(futures.plan.vocabulary)
    if asked.month < 1:
        raise ResultError(Fault("by", "must lie after the first month", shown(by)))

    def work(values: Mapping[Key, Floats]) -> Floats:
        return np.asarray(asked.expression.evaluate(values), dtype=np.float64)

    found = futures.values(asked.names, asked.month, work)
    return np.asarray(found[1:].sum(axis=1))


def _switched(scenario: Scenario, stack: Sequence[Policy], start: int) -> Scenario | None:
    """Return a scenario with policies put on top from a month on; None if they change nothing."""
    for policy in stack:
        later = _put_off(policy, start, scenario.timeline)
        if later is None:
            return None
        try:
            scenario = scenario.with_policy(later)
        except PolicyError as error:
            if not any("change" in fault.rule for fault in error.faults):
                raise
            return None
    return scenario


def _put_off(policy: Policy, start: int, timeline: Timeline) -> Policy | None:
    """Return a policy of which nothing begins before a month; None if nothing of it is left."""
    month = timeline.label(start)
    settings: dict[tuple[str, int], Setting] = {}
    for setting in in_order(policy.settings, timeline):
        begin = max(start, timeline.offset(setting.start or timeline.start))
        if setting.until is not None and timeline.offset(setting.until) < start:
            continue
        key = (setting.lever, begin)
        if key in settings and setting.way != "set":
            rule = "must not build on an earlier setting of its own if it is put off"
            raise PolicyError(Fault(f"policies: {policy.title}: {setting.lever}", rule, setting.way, "one setting"))
        settings[key] = setting.model_copy(update={"start": timeline.label(begin)})
    rules = tuple(
        rule.model_copy(update={"after": max(month, timeline.label(timeline.offset(rule.after or month)))})
        for rule in policy.rules
    )
    if not settings and not rules:
        return None
    title = f"{policy.title}, from {month}"
    return Policy(title=title[:200], settings=tuple(settings.values()), rules=rules)
