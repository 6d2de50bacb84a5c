"""The scenario: all inputs of a run, checked as a whole. With a policy or a value it is a scenario again.

Its sections are made from the catalogue of processes: a process's ``Parameters`` is the section
``nations.XXX.<section>``, its ``Common`` the section ``<section>``.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, create_model

from forcesim import paths
from forcesim.arguments import place, shown
from forcesim.errors import Fault, PlanError, PolicyError, ScenarioError
from forcesim.policy import Policy, in_order
from forcesim.processes.catalogue import Catalogue
from forcesim.processes.declarations import classes_of
from forcesim.quantities import Value
from forcesim.scenario.auditing import audit
from forcesim.scenario.checks import ScenarioDraft, faults_of_settings
from forcesim.scenario.dated import Listed
from forcesim.scenario.examination import examine
from forcesim.scenario.fields import ScenarioFields
from forcesim.scenario.rules import faults_of_rules
from forcesim.scenario.writing import write_file
from forcesim.uncertainty import Sampler, sampler

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

    from forcesim.processes.process import Process

__all__ = ["Scenario", "kind_of"]


class NationBase(BaseModel):
    """What every nation has besides its sections."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    extra: ClassVar[tuple[type[Process], ...]] = ()

    name: str = Field(default="", max_length=100)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as plain data, as a scenario: the class is made from the catalogue."""
        return _nation_again, (self.model_dump(mode="json", exclude_unset=True), self.extra)


class Scenario(ScenarioFields):
    """All inputs of a run.

    Made by :func:`load`, or by :meth:`of` from plain data. Immutable: every change gives another.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> seed.with_values({"nations.UKR.army.strength": 900_000}).get("nations.UKR.army.strength").value
    900000.0
    """

    nation_kind: ClassVar[type[NationBase]] = NationBase
    extra: ClassVar[tuple[type[Process], ...]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as plain data: the class is made from the catalogue, so it is made again there."""
        return _again, (self.to_dict(), self.extra)

    @classmethod
    def of(cls, data: Any, processes: Iterable[type[Process]] = ()) -> Scenario:
        """Return the scenario of plain data.

        Parameters
        ----------
        data : mapping
            As a file holds it.
        processes : iterable of type of Process
            A caller's own processes, beside the built-in ones.

        Raises
        ------
        ScenarioError
            With every fault of the data, each by its path.
        PlanError
            If a process declares what cannot be, or two claim one name, section or series.
        """
        scenario, faults = examine(kind_of(classes_of(processes)) if cls is Scenario else cls, data)
        if scenario is None or faults:
            raise ScenarioError(faults)
        return scenario

    def get(self, path: str) -> Any:
        """Return what stands at a path: a :class:`Value`, a word, a section, a list.

        Raises
        ------
        ScenarioError
            If the path leads nowhere.
        """
        try:
            return paths.get(self, paths.split(path))
        except (KeyError, ValueError) as error:
            raise ScenarioError(self._nowhere(path, error)) from None

    def sampler(self, *, seed: int, paths: int) -> Sampler:
        """Return a function from (first path, how many) to the uncertain numbers of those paths."""
        uncertain = self.uncertain()
        return sampler(uncertain, self.tied(), design=self.sampling.design, seed=seed, paths=paths)

    def with_policy(self, *policies: str | Policy) -> Self:
        """Return the scenario under policies, stacked in order: where two set one lever, the later policy does.

        Parameters
        ----------
        *policies : str or Policy
            Names of the scenario's policies, or policies made in Python.

        Raises
        ------
        PolicyError
            If a policy is unknown, names no lever, lies outside the horizon, leads a number out of its
            range, or changes nothing.
        """
        scenario = self
        for policy in policies:
            scenario = scenario._under(policy)
        return scenario

    def _under(self, policy: str | Policy) -> Self:
        """Return the scenario under one more policy."""
        if not isinstance(policy, (str, Policy)):
            rule = "must be a policy's name or a Policy"
            raise PolicyError(Fault("policy", rule, shown(policy), "several stand side by side: with_policy('a', 'b')"))
        name = str(policy) if isinstance(policy, str) else policy.title
        if isinstance(policy, str):
            if policy not in self.policies:
                hint = paths.nearest(policy, self.policies) or f"there are {', '.join(self.policies)}"
                raise PolicyError(Fault("policy", "must be one of the scenario's", repr(policy), hint))
            policy = self.policies[policy]
        where = f"policies.{name}"
        items = [Listed(f"{where}.settings[{at}]", setting) for at, setting in enumerate(policy.settings)]
        stacked = (*self.in_force, *in_order(policy.settings, self.timeline))
        update = {"settings": stacked, "applied": (*self.applied, name)}
        if policy.rules:
            update["rules"] = (*self.rules, *policy.rules)
        changed = self.model_copy(update=update)
        faults = faults_of_settings(ScenarioDraft.of(changed), items, self.settings_by_path())
        faults += faults_of_rules(changed, policy.rules, where)
        if not faults and not policy.baseline and not policy.rules and self.same_numbers(changed):
            faults = [Fault(where, "must change something", "", "every lever has that value already")]
        if faults:
            raise PolicyError(faults)
        return changed

    def same_numbers(self, other: Scenario) -> bool:
        """Return whether every number that a setting touches is the same in every month."""
        return all(
            mine.course.same(others.course)
            for mine, others in zip(self.numbers(), other.numbers(), strict=True)
            if mine.settings != others.settings
        )

    def with_values(self, values: Mapping[str, Any]) -> Scenario:
        """Return the scenario with some inputs replaced, by path.

        Parameters
        ----------
        values : mapping of path to value
            ``{"nations.UKR.army.strength": 1_000_000}``; a value is what a file could hold there.

        Raises
        ------
        ScenarioError
            If a path leads nowhere, or a value is not admissible there.
        """
        data, faults = self.to_dict(), []
        full = self.model_dump(mode="json")
        if not isinstance(values, Mapping):
            remedy = "{'nations.UKR.army.strength': 900_000}, say"
            raise ScenarioError(Fault("values", "must be a mapping of path to value", shown(values), remedy))
        for path, value in values.items():
            plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
            try:
                if not isinstance(path, str):
                    faults.append(Fault("values", "must have paths as keys", shown(path)))
                    continue
                for parts in self._places(path, full):
                    data = paths.replace(_filled(data, full, parts), parts, plain)
            except (KeyError, ValueError) as error:
                faults.append(self._nowhere(path, error))
        if faults:
            raise ScenarioError(faults)
        return type(self).of(data)

    def _places(self, path: str, full: dict[str, Any]) -> list[paths.Parts]:
        """Return the places that a path stands for: of many nations those that have the section, as for a lever."""
        places = [paths.split(each) for each in paths.expand(path, self.nations, self.groups)]
        if any(len(parts) < 3 for parts in places) or [paths.join(parts) for parts in places] == [path]:
            return places
        return [parts for parts in places if paths.get(full, parts[:2]).get(parts[2]) is not None] or places

    def _nowhere(self, path: str, error: Exception) -> Fault:
        """Return the fault of a path that leads nowhere."""
        if isinstance(error, ValueError):
            return Fault("", str(error), repr(path))
        hint = paths.nearest_path(path, (number.path for number in self.numbers()))
        return Fault(path, f"leads nowhere at {error.args[0]!r}", "", hint)

    def without_noise(self) -> Scenario:
        """Return the scenario with every shock at its mean and every distribution at its centre (median).

        Counts are their means, so that stocks of people are real numbers; factors with mean 1 are 1. What is moved by
        shocks to its logarithm (GDP, shares, prices) follows its median.
        """
        values: dict[str, Any] = {
            number.path: number.value.settled()
            for number in self.numbers()
            if isinstance(number.value, Value) and number.distribution is not None
        }
        policies = {
            name: policy.model_copy(update={"settings": tuple(setting.settled() for setting in policy.settings)})
            for name, policy in self.policies.items()
        }
        settings = tuple(setting.settled() for setting in self.settings)
        still = self.model_copy(update={"policies": policies, "settings": settings, "correlations": ()})
        return still.with_values({**values, "noise": False})

    def audit(self) -> pd.DataFrame:
        """Return where every number comes from: path, value, unit, source or assumption.

        Settings in force and those of policies are numbers too; they follow.
        """
        return audit(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the scenario to a YAML or JSON file; see :func:`forcesim.save`."""
        write_file(self.to_dict(), place("path", path, error=ScenarioError))


def _filled(data: Any, full: Any, parts: Sequence[str | int]) -> Any:
    """Return plain data with the defaults written out that lie on the way to a place."""
    if not parts or not isinstance(data, dict) or not isinstance(full, dict) or parts[0] not in full:
        return data
    head = str(parts[0])
    below = full[head] if data.get(head) is None else _filled(data[head], full[head], parts[1:])
    if below is None and len(parts) > 1:
        below = {}  # a section that is not there yet
    return {**data, head: below}


def _again(data: dict[str, Any], extra: tuple[type[Process], ...]) -> Scenario:
    """Return a scenario from its pickle."""
    return Scenario.of(data, extra)


def _nation_again(data: dict[str, Any], extra: tuple[type[Process], ...]) -> NationBase:
    """Return a nation from its pickle."""
    found: NationBase = kind_of(extra).nation_kind.model_validate(data)
    return found


@functools.cache
def kind_of(extra: tuple[type[Process], ...] = ()) -> type[Scenario]:
    """Make the scenario's model for a catalogue: the built-in processes and a caller's own."""
    catalogue = Catalogue(extra)
    of_nation: dict[str, Any] = {}
    of_world: dict[str, Any] = {}
    faults = []
    for process in catalogue.kinds:
        if process.section in (*Scenario.model_fields, *NationBase.model_fields) or hasattr(Scenario, process.section):
            rule = f"section {process.section!r} must not be a word of every scenario"
            faults.append(Fault(f"processes.{process.name}", rule))
        if process.Parameters is not None:
            of_nation[process.section] = (process.Parameters | None, None)
        if process.Common is not None:
            needed = any(field.is_required() for field in process.Common.model_fields.values())
            default = None if process.Parameters is None or needed else process.Common()
            of_world[process.section] = (process.Common | None, default)
    if faults:
        raise PlanError(faults)
    nation = create_model("Nation", __base__=NationBase, **of_nation)
    nations: Any = types.GenericAlias(dict, (str, nation))
    kind = create_model(
        "Scenario",
        __base__=Scenario,
        __module__=__name__,
        nations=(nations, Field(min_length=1, max_length=250)),
        **of_world,
    )
    nation.extra = kind.extra = extra
    kind.catalogue, kind.nation_kind = catalogue, nation
    return kind
