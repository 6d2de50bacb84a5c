"""What is compared: policies, scenarios, or policies in each of several scenarios; each has a name and a yardstick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forcesim.arguments import shown
from forcesim.errors import Fault, PolicyError, ResultError
from forcesim.policy import Policy
from forcesim.scenario import Scenario, asked, stack_of

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

__all__ = ["Alternatives", "alternatives", "stacks_of"]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Scenarios with their policies applied, by name.

    Attributes
    ----------
    scenarios : dict of name to Scenario
        The first is the yardstick of those that have no other.
    yardsticks : dict of name to name
        What each is held against: the first policy of its scenario; where there is one policy, the first scenario.
    """

    scenarios: dict[str, Scenario]
    yardsticks: dict[str, str]


def alternatives(scenario: Any, policies: Any) -> Alternatives:
    """Return what a caller wants compared.

    Parameters
    ----------
    scenario : Scenario, mapping of name to Scenario, or iterable of Scenario
        One or several.
    policies : sequence of str, Policy or stacks of them, optional
        In each scenario; as it is given unless there are any.

    Raises
    ------
    PolicyError
        If there are fewer than two to compare, or one policy comes twice, or one cannot be applied.
    ResultError
        If there is no scenario, or two have one name.
    """
    if isinstance(scenario, Scenario) or not isinstance(scenario, Iterable) or isinstance(scenario, str):
        only = asked(scenario)
        stacks = stacks_of(policies, only.policies)
        if len(stacks) < 2:
            raise PolicyError(Fault("policies", "must name at least two different policies", shown(list(stacks))))
        found = {name: asked(only, stack) for name, stack in stacks.items()}
        first = next(iter(found))
        return Alternatives(found, {name: first for name in found if name != first})
    return _of_several(_named(scenario), policies)


def _of_several(scenarios: dict[str, Scenario], policies: Any) -> Alternatives:
    """Return the policies of each of several scenarios, or the scenarios under one policy."""
    found: dict[str, Scenario] = {}
    yardsticks: dict[str, str] = {}
    for name, one in scenarios.items():
        stacks = {"": None} if policies is None else dict(stacks_of(policies, one.policies))
        first = ""
        for policy, stack in stacks.items():
            label = name if len(stacks) == 1 else f"{name}: {policy}"
            found[label] = asked(one, stack)
            if first:
                yardsticks[label] = first
            first = first or label
    if not yardsticks:
        first = next(iter(found))
        yardsticks = {label: first for label in found if label != first}
    if len(found) < 2:
        rule, remedy = "must be at least two, or have two policies", "compare([one, other], ...)"
        raise PolicyError(Fault("scenario", rule, shown(list(found)), remedy))
    return Alternatives(found, yardsticks)


def _named(scenarios: Iterable[Any]) -> dict[str, Scenario]:
    """Return scenarios by name; those of a list by their own."""
    if isinstance(scenarios, Mapping):
        return {str(name): asked(one) for name, one in scenarios.items()}
    every = [asked(one) for one in scenarios]
    found = {one.name: one for one in every}
    if len(found) < len(every):
        remedy = "{'as it is': one, 'with more': other}, say"
        raise ResultError(Fault("scenario", "must have names of their own", shown([one.name for one in every]), remedy))
    if not found:
        raise ResultError(Fault("scenario", "must be a Scenario, or several", shown(scenarios)))
    return found


def stacks_of(policies: Any, known: Container[str]) -> dict[str, Sequence[str | Policy]]:
    """Return each name with the policies that it stacks, or refuse names that cannot be compared."""
    given = stack_of("policies", policies) if isinstance(policies, (str, Policy)) else policies
    if isinstance(given, (bytes, Mapping, AbstractSet)) or not isinstance(given, Iterable):
        raise PolicyError(Fault("policies", "must be a list of policies", shown(given), "the first is the yardstick"))
    stacks: dict[str, Sequence[str | Policy]] = {}
    names: list[str] = []
    for one in given:
        stack = stack_of("policies", one)
        name = " + ".join(part if isinstance(part, str) else part.title for part in stack)
        names.append(name)
        stacks[name] = _split(str(one), known) if isinstance(one, str) else stack
    if not stacks or len(stacks) < len(names):
        raise PolicyError(Fault("policies", "must name at least two different policies", shown(names)))
    return stacks


def _split(name: str, known: Container[str]) -> list[str]:
    """Return the policies that a name stacks; where a part with a plus in it is a policy's name, it is that policy.

    Examples
    --------
    >>> _split("a + b", {"a", "b"}), _split("3 % + 1 % + a", {"a", "3 % + 1 %"})
    (['a', 'b'], ['3 % + 1 %', 'a'])
    """
    if name in known:
        return [name]
    parts, found = name.split("+"), list[str]()
    while parts:
        longest = (n for n in range(len(parts), 1, -1) if "+".join(parts[:n]).strip() in known)
        taken = next(longest, 1)
        found.append("+".join(parts[:taken]).strip())
        parts = parts[taken:]
    return found
