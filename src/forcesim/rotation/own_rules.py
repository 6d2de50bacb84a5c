"""Rules of a caller's own: checked before any work starts, and held to what they promise whenever they are asked."""

from __future__ import annotations

import copy
import numbers
import pickle
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import scalar, shown
from forcesim.errors import ExecutorError, Fault, ProcessError, ResultError, ScenarioError
from forcesim.identity import IdentityError, identity_of
from forcesim.paths import nearest
from forcesim.rotation.checks import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from forcesim.rotation.slots import Candidate
    from forcesim.rotation.study import RotationFields

__all__ = ["check_identities", "checked_rules", "identities_of", "rule_value"]

Rules = dict[str, "Callable[[Candidate], Any]"]

TO_SEND = "write it with def in a module of its own, and import it"


def checked_rules(study: RotationFields, given: Any, *, to_processes: bool, spawned: bool) -> Rules:
    """Return the caller's rules by name.

    Parameters
    ----------
    study : RotationFields
        Its order must name all of them, and nothing else that is no key.
    given : mapping of str to callable, or None
        As the caller gave it.
    to_processes, spawned : bool
        Whether they go to other processes, and to fresh ones of our own.

    Raises
    ------
    ResultError
        If a rule is no callable, cannot be copied or sent, has the name of a key, or is not in the order.
    ScenarioError
        If the order names neither a key nor one of the rules.
    """
    if given is not None and not isinstance(given, Mapping):
        raise ResultError(Fault("rules", "must be a mapping of names to functions", shown(given)))
    rules: Rules = dict(given or {})
    faults = []
    for name, rule in rules.items():
        path = f"rules.{name}" if isinstance(name, str) else "rules"
        if not isinstance(name, str):
            faults.append(Fault(path, "must have names that are text", shown(name)))
        elif name in KEYS:
            faults.append(Fault(path, "must not have the name of a key", "", "the key is used: choose another name"))
        elif name not in study.sourcing.order:
            remedy = nearest(name, study.sourcing.order) or f"sourcing: {{order: [{name}, ...]}}"
            faults.append(Fault(path, "must stand in sourcing.order", "", remedy))
        if not callable(rule):
            faults.append(Fault(path, "must be a function of one candidate", shown(rule)))
        else:
            faults += _faults_of_sending(path, rule, to_processes=to_processes, spawned=spawned)
    known = (*KEYS, *(name for name in rules if isinstance(name, str)))
    unknown = [(place, key) for place, key in enumerate(study.sourcing.order) if key not in known]
    if unknown:
        remedy = "known are " + ", ".join(KEYS) + "; rules of your own come with rules={name: function}"
        raise ScenarioError(
            [
                Fault(f"sourcing.order[{place}]", "must be a key or a rule", repr(key), nearest(key, known) or remedy)
                for place, key in unknown
            ]
        )
    if faults:
        raise ResultError(faults)
    return rules


def _faults_of_sending(path: str, rule: Any, *, to_processes: bool, spawned: bool) -> list[Fault]:
    """Return why a rule cannot be given to each replication, or to other processes."""
    try:
        copy.deepcopy(rule)
    except Exception as error:  # noqa: BLE001 - an object says as it likes that it cannot be copied
        return [Fault(path, "must be a function, or an object that can be copied", f"{type(error).__name__}: {error}")]
    if not to_processes:
        return []
    try:
        pickle.dumps(rule)
    except Exception as error:  # noqa: BLE001 - as above
        return [Fault(path, "must be one that can be sent to a worker", f"{type(error).__name__}: {error}", TO_SEND)]
    module = getattr(rule, "__module__", None) or type(rule).__module__
    if spawned and module == "__main__" and not hasattr(sys.modules["__main__"], "__file__"):
        found = "a function that was typed in, which a fresh process does not know"
        return [Fault(path, "must be one that can be sent to a worker", found, TO_SEND)]
    return []


def identities_of(rules: Rules) -> dict[str, str]:
    """Return the identity of each rule's code and data, of those that have one."""
    found = {}
    for name, rule in rules.items():
        with suppress(IdentityError):  # no result is stored under it, so that a rule may do without
            found[name] = identity_of(rule)
    return found


def check_identities(rules: Rules, identities: Mapping[str, str]) -> None:
    """Refuse rules that are not those of the process that asks: a worker may live longer than its module.

    Raises
    ------
    ExecutorError
        With the rules whose code or data differ.
    """
    here = identities_of({name: rules[name] for name in identities})
    other = [name for name in identities if here.get(name) != identities[name]]
    if other:
        rule = "must be the same code and data at the worker as here"
        remedy = "its module has changed since the worker began: give a new executor"
        raise ExecutorError([Fault(f"rules.{name}", rule, "", remedy) for name in other])


def rule_value(name: str, rule: Callable[[Candidate], Any], seen: Candidate, day: int) -> Any:
    """Return what a rule says of a candidate, as something that can be compared.

    Raises
    ------
    ProcessError
        If the rule raises, or returns nothing that can be compared: with the rule, the day and the unit.
    """
    where = f"on day {day}, for unit {seen.name} and demand {seen.demand}"
    try:
        found = rule(seen)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ProcessError(Fault(f"rules.{name}", "must return a value for every candidate", said, where)) from error
    value = _comparable(found)
    if value is None:
        what = "must return a number, a text, or a tuple of them"
        raise ProcessError(Fault(f"rules.{name}", what, shown(found), where))
    return value


def _comparable(found: Any) -> Any:
    """Return a value that can be compared with others of its kind, or None."""
    found = scalar(found)
    if isinstance(found, np.generic):
        found = found.item()
    if isinstance(found, (list, tuple)):
        parts = tuple(_comparable(part) for part in found)
        return None if None in parts or not parts else parts
    if isinstance(found, numbers.Real):
        return found if found == found else None  # noqa: PLR0124 - what is not a number is in no order
    return found if isinstance(found, str) else None
