"""What the calls on unknowns begin with: a question of a scenario, some of whose fixed numbers are made uncertain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forcesim import paths
from forcesim.arguments import each, finite, integer, paths_of, seed_of, shown, text
from forcesim.decide.asking import PathQuestion
from forcesim.errors import Fault, PolicyError, ResultError
from forcesim.machine import threads_here
from forcesim.manifest import versions
from forcesim.policy import Policy
from forcesim.scenario import asked, stack_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from forcesim.scenario import Scenario

__all__ = ["Size", "chosen", "in_words", "question_of", "questions_of", "size_of", "source_of", "widened"]

ASKED = "an admissible range, asked for in an analysis"


def widened(scenario: Scenario, fixed: Any = None) -> Scenario:
    """Return a scenario in which numbers that are fixed by assumption vary over a range.

    Parameters
    ----------
    scenario : Scenario
        As it stands.
    fixed : mapping of path to (low, high), or sequence of str
        Numbers, each uniform over its range; without one over all that its declaration admits.

    Raises
    ------
    ResultError
        If a path leads to no number, or a number has no bounds and no range is given.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = widened(fs.load("seed-figures"), {"nations.UKR.army.strength": (900_000, 1_100_000)})
    >>> list(seed.uncertain())
    ['nations.UKR.army.strength']
    """
    if fixed is None:
        return scenario
    given = fixed.items() if isinstance(fixed, Mapping) else [(name, None) for name in _names("fixed", fixed)]
    known = {number.path: number for number in scenario.numbers()}
    values, faults = {}, []
    for name, ends in given:
        number = known.get(name)
        if number is None or number.column.quantity is None:
            faults.append(Fault(f"fixed: {name}", "must be a number", "", paths.nearest_path(str(name), known)))
            continue
        low, high = (number.column.quantity.low, number.column.quantity.high) if ends is None else _ends(name, ends)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            rule, found = "needs a range with low below high", f"{low:g} to {high:g}"
            faults.append(Fault(f"fixed: {name}", rule, found, f"fixed={{{name!r}: (low, high)}}"))
            continue
        values[name] = {"uniform": [low, high], "assumption": ASKED}
    if faults:
        raise ResultError(faults)
    return scenario.with_values(values)


def _names(argument: str, given: Any) -> list[str]:
    """Return names that a caller gave as a list."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise ResultError(Fault(argument, "must be a list of paths", shown(given)))
    return [text(argument, name) for name in given]


def _ends(name: str, given: Any) -> tuple[float, float]:
    """Return the ends of a range."""
    try:
        low, high = given
    except (TypeError, ValueError):
        raise ResultError(Fault(f"fixed: {name}", "must be two ends", shown(given), "(low, high)")) from None
    return finite(f"fixed: {name}", low), finite(f"fixed: {name}", high)


def question_of(
    scenario: Scenario,
    policy: str | Policy | Sequence[str | Policy] | None,
    outcome: str,
    *,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    fixed: Any = None,
    seed: int,
    every_month: bool = False,
) -> PathQuestion:
    """Return the question of a call, with its policies applied and its fixed numbers widened."""
    under = asked(widened(asked(scenario), fixed), policy)
    return PathQuestion(under, text("outcome", outcome), at=at, by=by, seed=seed, every_month=every_month)


def questions_of(
    scenario: Scenario,
    policies: Any,
    outcome: str,
    *,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    fixed: Any = None,
    seed: int,
    least: int = 2,
) -> dict[str, PathQuestion]:
    """Return the same question under each of several policies, by name; all have the same uncertain numbers.

    Raises
    ------
    PolicyError
        If there are fewer than ``least`` different ones, or one brings an uncertain number of its own.
    """
    base = widened(asked(scenario), fixed)
    given = [policies] if isinstance(policies, (str, Policy)) else policies
    if isinstance(given, (bytes, Mapping)) or not isinstance(given, Iterable):
        raise PolicyError(Fault("policies", "must be a list of policies", shown(given)))
    found: dict[str, PathQuestion] = {}
    for one in given:
        stack = stack_of("policies", one)
        if isinstance(one, str) and one not in base.policies:
            stack = [part.strip() for part in one.split(" + ")]
        name = " + ".join(part if isinstance(part, str) else part.title for part in stack)
        found[name] = PathQuestion(base.with_policy(*stack), text("outcome", outcome), at=at, by=by, seed=seed)
    if len(found) < least:
        raise PolicyError(Fault("policies", f"must name at least {least} different policies", shown(list(found))))
    first, *others = found.values()
    for name, question in zip(list(found)[1:], others, strict=True):
        more = question.sampler.distributions.keys() ^ first.sampler.distributions.keys()
        if more:
            rule, remedy = "must not bring or take an uncertain number", "set a certain value, or give it fixed="
            raise PolicyError(Fault(f"policies: {name}", rule, min(more), remedy))
    return found


def in_words(question: PathQuestion) -> str:
    """Return the policies of a question in words."""
    return " + ".join(question.scenario.applied) or "as given"


def source_of(question: PathQuestion, paths: int) -> str:
    """Return the line that says where a picture or table comes from."""
    version, name = versions()["forcesim"], question.scenario.name
    return f"forcesim {version}: {name}, {in_words(question)}; {paths:,} paths, seed {question.seed}"


class Size:
    """How many paths, which seed, how many threads."""

    __slots__ = ("paths", "seed", "threads")

    def __init__(self, paths: int, seed: int, threads: int) -> None:
        """Hold them."""
        self.paths, self.seed, self.threads = paths, seed, threads


def size_of(paths: Any, seed: Any, threads: Any, *, least: int = 64) -> Size:
    """Return how large a study is, or refuse it."""
    found = each(
        lambda: paths_of(paths, least=least),
        lambda: seed_of(seed),
        lambda: threads_here() if threads is None else integer("threads", threads, least=1),
    )
    return Size(*found)


def chosen(argument: str, given: Any, known: Sequence[str]) -> list[str]:
    """Return the names among ``known`` that a caller's names or beginnings with ``*`` stand for, in their order.

    Examples
    --------
    >>> chosen("inputs", ["a.*"], ["a.x", "a.y", "b"])
    ['a.x', 'a.y']
    """
    found, faults = list[str](), []
    for name in [given] if isinstance(given, str) else _names(argument, given):
        these = [one for one in known if one == name or (name.endswith("*") and one.startswith(name[:-1]))]
        if not these:
            remedy = paths.nearest_path(name, known) or "scenario.uncertain() lists them; fixed= adds numbers"
            faults.append(Fault(f"{argument}: {name}", "must be an uncertain number", "", remedy))
        found += [one for one in these if one not in found]
    if faults:
        raise ResultError(faults)
    return found
