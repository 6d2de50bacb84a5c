"""What every call is given first: a scenario, and the policies to apply to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from forcesim.arguments import scalar, shown
from forcesim.errors import Fault, PolicyError, ResultError
from forcesim.policy import Policy
from forcesim.scenario.model import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["asked", "stack_of"]


def asked(scenario: Any, policy: str | Policy | Iterable[str | Policy] | None = None) -> Scenario:
    """Return the scenario of a call with its policies applied.

    Raises
    ------
    ResultError
        If it is no scenario.
    PolicyError
        If a policy is none, or cannot be applied.
    """
    if not isinstance(scenario, Scenario):
        remedy = f"forcesim.load({scenario!r})" if isinstance(scenario, str) else "forcesim.load makes one"
        raise ResultError(Fault("scenario", "must be a Scenario", shown(scenario), remedy))
    return scenario if policy is None else scenario.with_policy(*stack_of("policy", policy))


def stack_of(name: str, policy: Any) -> Sequence[str | Policy]:
    """Return one policy or several, by name or as objects, in the order in which they are applied.

    Examples
    --------
    >>> stack_of("policy", "status-quo"), stack_of("policy", (name for name in "ab"))
    (('status-quo',), ('a', 'b'))
    """
    policy = scalar(policy)
    if isinstance(policy, (str, Policy)):
        return (policy,)
    rule = "must be a policy's name, a Policy, or a list of them"
    if not isinstance(policy, Iterable) or isinstance(policy, (bytes, Mapping, AbstractSet)):
        raise PolicyError(Fault(name, rule, shown(policy), "in the order in which they are applied"))
    found = tuple(scalar(one) for one in policy)
    wrong = [one for one in found if not isinstance(one, (str, Policy))]
    if wrong:
        raise PolicyError(Fault(name, rule, shown(wrong[0])))
    return found
