"""The scenario: all inputs of a run, checked as a whole; a policy or a value applied to it gives a scenario again.

Its sections are made from the catalogue of processes: a process's ``Parameters`` is the section
``nations.XXX.<section>``, its ``Common`` the section ``<section>``.
"""

from __future__ import annotations

import functools
import json
import os
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from forcesim import paths
from forcesim.errors import Fault, PolicyError, ScenarioError
from forcesim.policy import Course, Policy, Setting, course
from forcesim.processes.catalogue import Catalogue
from forcesim.processes.process import Column, Process, entries
from forcesim.quantities import Value
from forcesim.scenario.checks import faults_of_settings, faults_of_validation, faults_of_whole
from forcesim.scenario.reading import read_file
from forcesim.timeline import Timeline, month_number
from forcesim.uncertainty import Correlation, Design, Sampler, sampler

if TYPE_CHECKING:
    import pandas as pd

    from forcesim.quantities import Distribution

__all__ = ["Cell", "Number", "Scenario", "load", "save", "scenario_schema"]

WORLD = "WORLD"
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class Correlated(BaseModel):
    """Two uncertain numbers whose normal scores are correlated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    between: tuple[str, str]
    rho: float = Field(gt=-1, lt=1)
    source: str | None = None
    assumption: str | None = None


class Sampling(BaseModel):
    """How uncertain numbers are laid out over the paths."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    design: Design = "plain"


class NationBase(BaseModel):
    """What every nation has besides its sections."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", max_length=100)


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a scenario, with its path."""

    path: str
    column: Column
    value: Value | float


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What a number is in each month: a constant, plus factors times the uncertain numbers that it rests on."""

    constant: npt.NDArray[np.float64]
    factors: Mapping[str, npt.NDArray[np.float64]]


class Scenario(BaseModel):
    """All inputs of a run.

    Made by :func:`load`, or by :meth:`of` from plain data. Immutable: every change gives another.

    Examples
    --------
    >>> seed = load("seed-figures")
    >>> seed.with_values({"nations.UKR.army.strength": 900_000}).nations["UKR"].army.strength.value
    900000.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    catalogue: ClassVar[Catalogue]

    name: str = Field(max_length=100)
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=5000)
    start: Month
    horizon: Month
    base_year: int = Field(default=2025, ge=1900, le=2200)
    noise: bool = True
    sampling: Sampling = Sampling()
    groups: dict[str, tuple[str, ...]] = Field(default={}, max_length=100)
    nations: dict[str, Any] = Field(min_length=1, max_length=250)
    correlations: tuple[Correlated, ...] = Field(default=(), max_length=1000)
    policies: dict[str, Policy] = Field(default={}, max_length=200)
    applied: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = Field(default=(), max_length=2000)

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
        """
        kind = _kind(tuple(processes)) if cls is Scenario else cls
        try:
            scenario = kind.model_validate(data)
        except ValidationError as error:
            raise ScenarioError(faults_of_validation(error, kind, data)) from None
        faults = faults_of_whole(scenario)
        if faults:
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
        if process.Parameters is None:
            return (WORLD,) if getattr(self, process.section, None) is not None else ()
        return tuple(sorted(n for n, nation in self.nations.items() if getattr(nation, process.section, None) is not None))

    def numbers(self) -> Iterator[Number]:
        """Yield every number of the processes that run, with its path."""
        for process in self.processes():
            if process.Common is not None:
                yield from self._numbers(process.section, process.Common, getattr(self, process.section, None))
            if process.Parameters is not None:
                for nation in self.nations_of(process):
                    section = getattr(self.nations[nation], process.section)
                    yield from self._numbers(f"nations.{nation}.{process.section}", process.Parameters, section)

    def _numbers(self, prefix: str, model: type[BaseModel], section: BaseModel | None) -> Iterator[Number]:
        for column, value in entries(model, section or model()):
            if not column.path.endswith(".count") and (isinstance(value, Value) or column.words):
                yield Number(f"{prefix}.{column.path}", column, value)

    def levers(self) -> list[str]:
        """Return the paths of what somebody decides."""
        return [number.path for number in self.numbers() if number.column.lever]

    def uncertain(self) -> dict[str, Distribution]:
        """Return the uncertain numbers by path, those that settings bring in among them."""
        found: dict[str, Distribution] = {}
        settings = self.settings_by_path()
        for number in self.numbers():
            if isinstance(number.value, Value) and number.value.distribution is not None:
                found[number.path] = number.value.distribution
            if number.path in settings:
                found.update({name: law for name, (law, _) in self._course(number, settings).extra.items()})
        return found

    def sampler(self, *, seed: int, paths: int) -> Sampler:
        """Return a function from (first path, how many) to the uncertain numbers of those paths."""
        tied = [Correlation(*entry.between, entry.rho) for entry in self.correlations] if self.uncertain() else []
        return sampler(self.uncertain(), tied, design=self.sampling.design, seed=seed, paths=paths)

    def cell(self, number: Number, settings: Mapping[str, list[Setting]]) -> Cell:
        """Return what a number is in each month, settings applied; ``settings`` as :meth:`settings_by_path` gives them."""
        value = number.value if isinstance(number.value, Value) else Value(value=float(number.value))
        dated = _dated(value, self.timeline) if value.schedule is not None else None
        found = self._course(number, settings, dated)
        factors = {name: factor for name, (_, factor) in found.extra.items()}
        if value.distribution is not None:
            return Cell(found.constant, {number.path: found.factor, **factors} if found.factor.any() else factors)
        return Cell(found.constant if dated is not None else found.factor * value.centre + found.constant, factors)

    def _course(
        self, number: Number, settings: Mapping[str, list[Setting]], dated: npt.NDArray[np.float64] | None = None
    ) -> Course:
        """Return what settings make of a number."""
        mine = settings.get(number.path, ())
        return course(mine, self.timeline, number.column.words, path=number.path, dated=dated)

    def settings_by_path(self) -> dict[str, list[Setting]]:
        """Return the settings in force by the path of the number that they set."""
        found: dict[str, list[Setting]] = {}
        for setting in self.settings:
            for path in paths.expand(setting.lever, self.nations, self.groups):
                found.setdefault(path, []).append(setting)
        return found

    def with_policy(self, *policies: str | Policy) -> Self:
        """Return the scenario under policies, stacked in order.

        Raises
        ------
        PolicyError
            If a policy is unknown, names no lever, lies outside the horizon, or changes nothing.
        """
        scenario = self
        for policy in policies:
            name = policy if isinstance(policy, str) else policy.title
            if isinstance(policy, str) and policy not in self.policies:
                hint = paths.nearest(policy, self.policies) or f"there are {', '.join(self.policies)}"
                raise PolicyError(Fault("policy", "must be one of the scenario's", repr(policy), hint))
            chosen = self.policies[policy] if isinstance(policy, str) else policy
            changed = scenario.model_copy(
                update={"settings": (*scenario.settings, *chosen.settings), "applied": (*scenario.applied, name)}
            )
            faults = faults_of_settings(scenario, chosen.settings, f"policies.{name}.settings")
            if not faults and not chosen.baseline and scenario.same_numbers(changed):
                faults = [Fault(f"policies.{name}", "must change something", "", "every lever has that value already")]
            if faults:
                raise PolicyError(faults)
            scenario = changed
        return scenario

    def same_numbers(self, other: Scenario) -> bool:
        """Return whether every number that a setting touches is the same in every month."""
        mine, others = self.settings_by_path(), other.settings_by_path()
        for number in self.numbers():
            if number.path in mine or number.path in others:
                one, two = self.cell(number, mine), other.cell(number, others)
                if one.factors.keys() != two.factors.keys() or not np.array_equal(one.constant, two.constant):
                    return False
                if not all(np.array_equal(factor, two.factors[name]) for name, factor in one.factors.items()):
                    return False
        return True

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
        for path, value in values.items():
            try:
                for each in paths.expand(path, self.nations, self.groups):
                    data = paths.replace(data, paths.split(each), value)
            except KeyError as error:
                known = [number.path for number in self.numbers()]
                faults.append(Fault(path, f"leads nowhere at {error.args[0]!r}", "", paths.nearest(path, known)))
        if faults:
            raise ScenarioError(faults)
        return type(self).of(data)

    def without_noise(self) -> Scenario:
        """Return the scenario with every shock at its mean and every distribution at its centre (median)."""
        values = {
            number.path: number.value.settled().model_dump()
            for number in self.numbers()
            if isinstance(number.value, Value) and number.value.distribution is not None
        }
        still = self.model_copy(update={"settings": tuple(setting.settled() for setting in self.settings)})
        return still.with_values({**values, "noise": False, "correlations": []})

    def audit(self) -> pd.DataFrame:
        """Return where every number comes from: path, value, unit, source or assumption."""
        import pandas as pd

        rows = []
        for number in self.numbers():
            value, unit = number.value, number.column.quantity.unit if number.column.quantity else ""
            if isinstance(value, Value):
                shown, given = value.model_dump(mode="json"), value.source or (
                    f"assumption: {value.assumption}" if value.assumption else "none given"
                )  # fmt: skip
                bare = {k: v for k, v in shown.items() if k not in ("source", "assumption", "note")} if isinstance(shown, dict) else shown
                shown = bare.get("value", bare) if isinstance(bare, dict) else bare
            else:
                shown, unit, given = number.column.words[int(value)], "choice", number.column.remark or "none given"
            rows.append({"path": number.path, "value": shown, "unit": unit, "source": given})
        return pd.DataFrame(rows, columns=["path", "value", "unit", "source"])

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as plain data, as a file would hold it."""
        return self.model_dump(mode="json", exclude_unset=True)

    def in_full(self) -> dict[str, Any]:
        """Return the scenario as plain data, defaults written out."""
        return self.model_dump(mode="json", exclude_none=True)

    def __repr__(self) -> str:
        """Return what it is in a line."""
        under = f" under {' + '.join(self.applied)}" if self.applied else ""
        return f"<Scenario {self.name!r}{under}: {len(self.nations)} nations, {self.start} to {self.horizon}>"

    __str__ = __repr__


def _dated(value: Value, timeline: Timeline) -> npt.NDArray[np.float64]:
    """Return a schedule in each month: the last value given, or the line between two."""
    assert value.schedule is not None
    origin = month_number(timeline.start)
    dates = sorted((month_number(date) - origin, x) for date, x in value.schedule.items())
    months, values = np.array([date for date, _ in dates]), np.array([x for _, x in dates])
    every = np.arange(timeline.months)
    if value.interpolate == "linear":
        return np.interp(every, months, values)
    return np.asarray(values[np.clip(np.searchsorted(months, every, side="right") - 1, 0, None)])


@functools.cache
def _kind(extra: tuple[type[Process], ...] = ()) -> type[Scenario]:
    """Make the scenario's model for a catalogue."""
    catalogue = Catalogue(extra)
    of_nation: dict[str, Any] = {}
    of_world: dict[str, Any] = {}
    for process in catalogue.kinds:
        if process.Parameters is not None:
            of_nation[process.section] = (process.Parameters | None, None)
        if process.Common is not None:
            default = None if process.Parameters is None else process.Common()
            of_world[process.section] = (process.Common | None, default)
    nation = create_model("Nation", __base__=NationBase, **of_nation)
    kind = create_model(
        "Scenario",
        __base__=Scenario,
        __module__=__name__,
        nations=(types.GenericAlias(dict, (str, nation)), Field(min_length=1, max_length=250)),
        **of_world,
    )
    kind.catalogue = catalogue
    return kind


def load(name_or_path: str | os.PathLike[str], processes: Iterable[type[Process]] = ()) -> Scenario:
    """Load a scenario: a bundled one by name, or a YAML or JSON file.

    Parameters
    ----------
    name_or_path : str or path
        ``"ukraine-2025"``, ``"seed-figures"``, or a path that ends in .yaml, .yml or .json.
    processes : iterable of type of Process
        A caller's own processes, whose sections the file may have.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        If there is no such scenario; or with all faults of the file at once, each by its path.

    Examples
    --------
    >>> load("ukraine-2025").start
    '2025-02'
    """
    text = os.fspath(name_or_path)
    if Path(text).suffix in (".yaml", ".yml", ".json"):
        return Scenario.of(read_file(Path(text)), processes)
    bundled = {entry.name.removesuffix(".yaml"): entry for entry in files("forcesim").joinpath("scenarios").iterdir()}
    if text not in bundled:
        hint = paths.nearest(text, bundled) or f"there are {', '.join(sorted(bundled))}; or a path that ends in .yaml"
        raise ScenarioError(Fault("scenario", "must be a bundled name or a file", repr(text), hint))
    return Scenario.of(read_file(Path(str(bundled[text]))), processes)


def save(scenario: Scenario, path: str | os.PathLike[str]) -> None:
    """Write a scenario to a YAML or JSON file; an existing file is replaced only when all is written.

    Raises
    ------
    ScenarioError
        If the path ends in neither .yaml, .yml nor .json.
    """
    target = Path(path)
    data = scenario.to_dict()
    if target.suffix == ".json":
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    elif target.suffix in (".yaml", ".yml"):
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    else:
        raise ScenarioError(Fault("path", "must end in .yaml, .yml or .json", str(target)))
    aside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file.

    Examples
    --------
    >>> sorted(scenario_schema()["required"])
    ['horizon', 'name', 'nations', 'start']
    """
    return _kind().model_json_schema()
