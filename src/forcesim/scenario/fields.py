"""The fields of a scenario, and what they say: its months, processes, nations, numbers and settings.

What one does with a scenario (check it, apply a policy, change a value, save it) is in ``model.py``. The checks know
this file alone, so that the model can call them.
"""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from forcesim import paths
from forcesim.errors import Fault, ScenarioError
from forcesim.policy import Policy, Rule, Setting, in_order
from forcesim.processes.catalogue import Catalogue  # noqa: TC001 - pydantic reads it
from forcesim.scenario.correlated import Correlated  # noqa: TC001 - pydantic reads it
from forcesim.scenario.numbers import numbers_of
from forcesim.timeline import Timeline
from forcesim.uncertainty import Correlation, Design  # noqa: TC001 - pydantic reads Design

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forcesim.processes.process import Process
    from forcesim.quantities import Distribution
    from forcesim.scenario.numbers import Affine, Number

__all__ = ["ScenarioFields"]

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


class ScenarioFields(BaseModel):
    """What a scenario holds, and what can be asked of it without changing it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    catalogue: ClassVar[Catalogue]

    name: str = Field(max_length=100)
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=5000)
    start: Month
    horizon: Month
    as_of: Month | None = None
    base_year: Annotated[int, Field(strict=True, ge=1900, le=2200)] = 2025
    noise: Annotated[bool, Field(strict=True)] = True
    sampling: Sampling = Sampling()
    groups: dict[Name, tuple[Name, ...]] = Field(default={}, max_length=100)
    nations: dict[str, Any] = Field(min_length=1, max_length=250)
    correlations: tuple[Correlated, ...] = Field(default=(), max_length=1000)
    policies: dict[Name, Policy] = Field(default={}, max_length=200)
    applied: tuple[Name, ...] = Field(default=(), max_length=1000)
    settings: tuple[Setting, ...] = Field(default=(), max_length=2000)
    rules: tuple[Rule, ...] = Field(default=(), max_length=20)

    def model_post_init(self, _context: Any, /) -> None:
        """Refuse a scenario without a catalogue: it would take anything for a section."""
        if not hasattr(type(self), "catalogue"):
            raise TypeError("make a scenario by forcesim.load or Scenario.of, which know the processes")

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

    def cell(self, number: Number, settings: Mapping[str, list[Setting]]) -> Affine:
        """Return what a number is in each month under settings, as 0.1.0 did; take :attr:`Number.course` instead.

        Raises
        ------
        ScenarioError
            If the number has a floor: a floor is a line of its own.
        """
        warnings.warn("Scenario.cell goes with 0.3: take number.course", DeprecationWarning, stacklevel=2)
        first, *floors = number.under(settings.get(number.path, ())).course.lines
        if floors:
            remedy = "take number.course, whose lines hold both"
            raise ScenarioError(Fault(number.path, "must have no floor to be one line", f"{len(floors)}", remedy))
        return first

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
