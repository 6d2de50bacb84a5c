"""The scenario: all inputs of a run, checked as a whole; a policy or a value applied to it gives a scenario again.

Its sections are made from the catalogue of processes: a process's ``Parameters`` is the section
``nations.XXX.<section>``, its ``Common`` the section ``<section>``.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model
from pydantic_core import PydanticCustomError

from forcesim import paths
from forcesim.arguments import shown
from forcesim.errors import Fault, PlanError, PolicyError, ScenarioError
from forcesim.policy import Policy, Setting, in_order
from forcesim.processes.catalogue import Catalogue
from forcesim.processes.declarations import classes_of
from forcesim.quantities import Value
from forcesim.scenario.auditing import audit
from forcesim.scenario.checks import Whole, faults_of_settings
from forcesim.scenario.correlated import Correlated  # noqa: TC001 - pydantic reads it
from forcesim.scenario.dated import Listed
from forcesim.scenario.examination import examine
from forcesim.scenario.numbers import numbers_of
from forcesim.timeline import Timeline
from forcesim.uncertainty import Correlation, Design, Sampler, sampler

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from forcesim.processes.process import Process
    from forcesim.quantities import Distribution
    from forcesim.scenario.numbers import Number

__all__ = ["Scenario", "kind_of"]

WORLD = "WORLD"
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


def _whole(name: str) -> str:
    """Refuse half of a character, which no file can hold; of texts of a bounded length pydantic does."""
    try:
        name.encode()
    except UnicodeEncodeError:
        about = {"rule": "must be text that UTF-8 can hold", "found": ascii(name)[:60], "remedy": ""}
        raise PydanticCustomError("range", "{rule}", about) from None
    return name


Name = Annotated[str, AfterValidator(_whole)]


class Sampling(BaseModel):
    """How uncertain numbers are laid out over the paths."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    design: Design = "plain"


class NationBase(BaseModel):
    """What every nation has besides its sections."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    extra: ClassVar[tuple[type[Process], ...]] = ()

    name: str = Field(default="", max_length=100)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as plain data, as a scenario: the class is made from the catalogue."""
        return _nation_again, (self.model_dump(mode="json", exclude_unset=True), self.extra)


class Scenario(BaseModel):
    """All inputs of a run.

    Made by :func:`load`, or by :meth:`of` from plain data. Immutable: every change gives another.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> seed.with_values({"nations.UKR.army.strength": 900_000}).get("nations.UKR.army.strength").value
    900000.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    catalogue: ClassVar[Catalogue]
    nation_kind: ClassVar[type[NationBase]] = NationBase
    extra: ClassVar[tuple[type[Process], ...]] = ()

    name: str = Field(max_length=100)
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=5000)
    start: Month
    horizon: Month
    base_year: Annotated[int, Field(strict=True, ge=1900, le=2200)] = 2025
    noise: Annotated[bool, Field(strict=True)] = True
    sampling: Sampling = Sampling()
    groups: dict[Name, tuple[Name, ...]] = Field(default={}, max_length=100)
    nations: dict[str, Any] = Field(min_length=1, max_length=250)
    correlations: tuple[Correlated, ...] = Field(default=(), max_length=1000)
    policies: dict[Name, Policy] = Field(default={}, max_length=200)
    applied: tuple[Name, ...] = Field(default=(), max_length=1000)
    settings: tuple[Setting, ...] = Field(default=(), max_length=2000)

    def model_post_init(self, _context: Any, /) -> None:
        """Refuse a scenario without a catalogue: it would take anything for a section."""
        if not hasattr(type(self), "catalogue"):
            raise TypeError("make a scenario by forcesim.load or Scenario.of, which know the processes")

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

    @property
    def timeline(self) -> Timeline:
        """Return the months from start to horizon."""
        return Timeline(self.start, self.horizon)

    def processes(self) -> tuple[Process, ...]:
        """Return the processes that run: those whose section some nation (or the world) has."""
        return tuple(process for process in self.catalogue.processes if self.nations_of(process))

    def nations_of(self, process: Process) -> tuple[str, ...]:
        """Return the nations that have a process's section, in alphabetical order."""
        section = process.section
        if process.Parameters is None:
            return (WORLD,) if process.Common is None or getattr(self, section) is not None else ()
        return tuple(sorted(name for name, nation in self.nations.items() if getattr(nation, section) is not None))

    def numbers(self) -> tuple[Number, ...]:
        """Return every number of the processes that run, with its path and, under the settings in force, its course."""
        return self._numbers

    @functools.cached_property
    def _numbers(self) -> tuple[Number, ...]:
        """Keep the numbers, so that a course is computed once."""
        return tuple(self._made())

    def _made(self) -> Iterator[Number]:
        """Make the numbers."""
        timeline, settings = self.timeline, self.settings_by_path()
        for process in self.processes():
            section = process.section
            common = None if process.Common is None else getattr(self, section)
            if process.Common is not None and common is not None:
                yield from numbers_of(section, process.Common, common, timeline, settings)
            if process.Parameters is not None:
                for nation in self.nations_of(process):
                    own = getattr(self.nations[nation], section)
                    prefix = f"nations.{nation}.{section}"
                    yield from numbers_of(prefix, process.Parameters, own, timeline, settings)

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

    def levers(self) -> list[str]:
        """Return the paths of what somebody decides."""
        return [number.path for number in self.numbers() if number.column.lever]

    def uncertain(self) -> dict[str, Distribution]:
        """Return the uncertain numbers by path; after them those that settings bring in."""
        found, brought = dict[str, "Distribution"](), dict[str, "Distribution"]()
        for number in self.numbers():
            if number.distribution is not None:
                found[number.path] = number.distribution
            if number.settings:
                brought.update(number.course.distributions)
        return {**found, **{name: law for name, law in brought.items() if name not in found}}

    def sampler(self, *, seed: int, paths: int) -> Sampler:
        """Return a function from (first path, how many) to the uncertain numbers of those paths."""
        uncertain = self.uncertain()
        return sampler(uncertain, self.tied(), design=self.sampling.design, seed=seed, paths=paths)

    def tied(self) -> list[Correlation]:
        """Return the correlations, pair by pair."""
        return [pair for entry in self.correlations for pair in entry.pairs]

    def settings_by_path(self, settings: Iterable[Setting] | None = None) -> dict[str, list[Setting]]:
        """Return settings (those in force) by the path of the number that they set, in the order of stacking."""
        found: dict[str, list[Setting]] = {}
        for setting in self.in_force if settings is None else settings:
            try:
                reached = list(paths.expand(setting.lever, self.nations, self.groups))
            except KeyError:  # of an unknown group, which the checks report
                continue
            for path in reached:
                found.setdefault(path, []).append(setting)
        return found

    @property
    def in_force(self) -> tuple[Setting, ...]:
        """Return the settings in force, in the order in which they are put on top of each other.

        A file's own stand in any order, since dates decide; once policies are applied, those of each follow the last.
        """
        return self.settings if self.applied else tuple(in_order(self.settings, self.timeline))

    def __copy__(self) -> Self:
        """Return a copy, which computes its own courses: what is replaced in it may change them."""
        copied = super().__copy__()
        copied.__dict__.pop("_numbers", None)
        return copied

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
        place = f"policies.{name}"
        items = [Listed(f"{place}.settings[{at}]", setting) for at, setting in enumerate(policy.settings)]
        stacked = (*self.in_force, *in_order(policy.settings, self.timeline))
        changed = self.model_copy(update={"settings": stacked, "applied": (*self.applied, name)})
        faults = faults_of_settings(Whole.of(changed), items, self.settings_by_path())
        if not faults and not policy.baseline and self.same_numbers(changed):
            faults = [Fault(place, "must change something", "", "every lever has that value already")]
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

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as plain data, as a file would hold it."""
        return self.model_dump(mode="json", exclude_unset=True)

    def in_full(self) -> dict[str, Any]:
        """Return the scenario as plain data, defaults written out."""
        return self.model_dump(mode="json", exclude_none=True)

    def save(self, path: Any) -> None:
        """Write the scenario to a YAML or JSON file; see :func:`forcesim.save`."""
        from forcesim.scenario.files import save

        save(self, path)

    def __repr__(self) -> str:
        """Return what it is in a line."""
        under = f" under {' + '.join(self.applied)}" if self.applied else ""
        return f"<Scenario {self.name!r}{under}: {len(self.nations)} nations, {self.start} to {self.horizon}>"

    __str__ = __repr__


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
