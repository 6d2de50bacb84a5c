"""Which policies does nothing beat on cost against chance? A search on common futures, scored again on fresh ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forcesim.arguments import each, finite, integer, one_of, paths_of, seed_of, shown, text
from forcesim.decide.futures import asked_of
from forcesim.decide.levers import WAYS, Lever
from forcesim.decide.weighing import Study
from forcesim.errors import Fault, ResultError
from forcesim.machine import progress_shown
from forcesim.question import one_date
from forcesim.scenario import asked as asked_scenario

if TYPE_CHECKING:
    import datetime as dt

    from forcesim.decide.front import Frontier
    from forcesim.engine import Progress
    from forcesim.policy import Policy
    from forcesim.question import Asked
    from forcesim.scenario import Scenario

__all__ = ["frontier"]


def frontier(
    scenario: Scenario,
    levers: Mapping[str, tuple[float, float]] | Sequence[str | Policy | Sequence[str | Policy]],
    *,
    cost: str,
    against: str,
    given: str | None = None,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    constraints: Mapping[str, float] | None = None,
    better: str = "more",
    way: str = "set",
    start: str | dt.date | None = None,
    policy: str | Policy | Sequence[str | Policy] | None = None,
    tries: int = 48,
    paths: int = 1_000,
    again: int = 4_000,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Frontier:
    """Find the policies that nothing beats on cost against a chance, or against the mean of a number.

    All policies meet the same futures. Those that are likely to be unbeaten are scored again on fresh futures, because
    the best of many on the same futures are best by luck, too.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    levers : mapping of lever to (low, high), or sequence
        Numbers to set within bounds; or paths of levers, within their admissible ranges; or policies to choose from.
    cost : str
        What is paid: an outcome or an expression, as its mean in the month (``"total(sum(cost))"``).
    against : str
        What it is for: true or false (its chance), or a number (its mean).
    given : str, optional
        True or false: ``against`` is asked of the paths on which it is true in that month.
    at, by : str, date or int
        The month; with ``by`` whether it came true in any month until then.
    constraints : mapping of str to float, optional
        Chances that must be kept: ``{"debt_ratio[UKR] < 1.5": 0.9}``, in that month.
    better : {"more", "less"}
        Which is better of ``against``.
    way, start, policy
        How and from when levers are set, and which policies apply before, as in :func:`forcesim.solve`.
    tries : int
        Settings that are tried, at least 2 for each lever and 2 more.
    paths, again : int
        Futures of the search, and fresh ones on which the best are scored again.
    seed, threads, progress
        As in :func:`forcesim.simulate`.

    Returns
    -------
    Frontier

    Raises
    ------
    PolicyError
        If a policy cannot be applied.
    ResultError
        If a lever has no bounds, ``cost`` is true or false, or an argument is not admissible.

    Source
    ------
    Regis, R. G. and Shoemaker, C. A. (2007), INFORMS J. Computing 19(4), 497-509 (search by radial basis functions).
    Smith, J. E. and Winkler, R. L. (2006), Management Science 52(3), 311-322 (the best of several disappoints).

    Examples
    --------
    >>> import forcesim as fs
    >>> seed, names = fs.load("seed-figures"), ["status-quo", "europe-100k", "europe-150k"]
    >>> found = fs.frontier(seed, names, cost="contingent", against="gap", better="less", at="2026-01", paths=2)
    >>> [point.name for point in found.front]
    ['status-quo', 'europe-100k', 'europe-150k']
    """
    scenario, cost, against, better, way, tries, paths, again, seed, threads = each(
        lambda: asked_scenario(scenario, policy),
        lambda: text("cost", cost),
        lambda: text("against", against),
        lambda: one_of("better", better, ("more", "less")),
        lambda: one_of("way", way, WAYS),
        lambda: integer("tries", tries, least=2),
        lambda: paths_of(paths),
        lambda: paths_of(again),
        lambda: seed_of(seed),
        lambda: None if threads is None else integer("threads", threads, least=1),
    )
    one_date(at, by, needed=True)
    wanted = {text("constraints", name): finite("constraints", least, least=0.0, most=1.0)
              for name, least in (constraints or {}).items()}  # fmt: skip
    questions = [(cost, None), (against, given), *((one, None) for one in wanted)]
    priced, asked, *held = asked_of(scenario, questions, at=at, by=by)
    if priced.expression.is_event:
        raise ResultError(Fault("cost", "must be a number", shown(cost), "total(sum(cost)), say"))
    _check_constraints(held)
    study = Study(scenario, [priced, asked, *held], list(wanted.values()), better, threads)
    chosen = _levers(scenario, levers, way=way, start=start)
    count = len(levers) if not chosen else tries
    with progress_shown(progress, count * paths, "paths") as show:
        tried = study.tried(levers, chosen, tries, paths, seed, show)
    worth = list(range(len(tried))) if not chosen else study.likely(tried)
    with progress_shown(progress, len(worth) * again, "paths, fresh") as show:
        fresh = [study.scored(tried[place], again, seed + 1, show, len(worth)) for place in worth]
    return study.frontier([tried[place] for place in worth], fresh, tried, seed)


def _check_constraints(held: Sequence[Asked]) -> None:
    """Refuse constraints that are no conditions."""
    for one in held:
        if not one.expression.is_event:
            raise ResultError(
                Fault("constraints", "must be true or false", str(one.expression), "debt_ratio[UKR] < 1.5")
            )


def _levers(scenario: Scenario, levers: Any, *, way: str, start: Any) -> list[Lever]:
    """Return the levers that are searched, none where policies are given."""
    if isinstance(levers, Mapping):
        found = []
        for path, bounds in levers.items():
            if not isinstance(bounds, Sequence) or isinstance(bounds, str) or len(bounds) != 2:
                raise ResultError(Fault(f"levers.{path}", "must be (low, high)", shown(bounds)))
            found.append(Lever.of(scenario, path, low=bounds[0], high=bounds[1], way=way, start=start))
        if not found:
            raise ResultError(Fault("levers", "must name at least one", shown(levers)))
        return found
    if not isinstance(levers, Iterable) or isinstance(levers, str):
        raise ResultError(Fault("levers", "must be levers with bounds, or policies", shown(levers), "{lever: (0, 1)}"))
    every = list(levers)
    known = set(scenario.levers())
    if every and all(isinstance(one, str) and (one in known or one.startswith("nations.")) for one in every):
        return [Lever.of(scenario, one, way=way, start=start) for one in every]
    return []
