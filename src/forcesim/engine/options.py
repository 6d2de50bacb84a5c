"""What a run is asked for: checked and made plain before any work starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forcesim.arguments import each, integer, paths_of, place, scalar, seed_of, shown, switch, texts
from forcesim.engine.derived import Derived
from forcesim.engine.pools import check_executor
from forcesim.engine.precision import Precision
from forcesim.errors import Fault, ManifestError, ResultError
from forcesim.extras import needed
from forcesim.summary import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from forcesim.machine import Progress
    from forcesim.scenario import Scenario

__all__ = ["Options", "asked_outcomes", "check_manifest_options", "outcomes_of_manifest"]


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of :func:`forcesim.simulate`, which explains them, as plain values."""

    paths: int
    seed: int
    threads: int | None
    block: int | None
    keep: str | list[str] | None
    store: Path | None
    outcomes: list[str | Derived] | None
    events: tuple[str, ...]
    progress: bool | Progress | None
    executor: Executor | None
    checkpoint: Path | None
    until: Precision | None

    @classmethod
    def checked(cls, **given: Any) -> Options:
        """Return the options that a caller gave.

        Parameters
        ----------
        given : dict
            All fields, as the caller wrote them.

        Raises
        ------
        ResultError
            With the faults of all of them; if a package is missing.
        ExecutorError
            If the executor is none.
        """
        paths, seed, threads, block, keep, store, outcomes, events, checkpoint, progress = each(
            lambda: paths_of(given["paths"]),
            lambda: seed_of(given["seed"]),
            lambda: None if given["threads"] is None else integer("threads", given["threads"], least=1),
            lambda: None if given["block"] is None else _block(given["block"]),
            lambda: _keep(given["keep"]),
            lambda: None if given["store"] is None else place("store", given["store"]),
            lambda: None if given["outcomes"] is None else asked_outcomes(given["outcomes"]),
            lambda: texts("events", given["events"]),
            lambda: None if given["checkpoint"] is None else place("checkpoint", given["checkpoint"]),
            lambda: _progress(given["progress"]),
        )
        if (keep == "zarr") != (store is not None) or (store is not None and checkpoint is not None):
            found = f"keep {keep!r}, store {store!r}, checkpoint {checkpoint!r}"
            remedy = "give keep='zarr' and store='paths.zarr' together; a checkpoint goes with other ways to keep"
            raise ResultError(Fault("keep, store", "must fit together", found, remedy))
        if keep == "zarr":
            needed("keep='zarr'", "zarr")
        executor, until = given["executor"], given["until"]
        check_executor(executor)
        return cls(
            paths, seed, threads, block, keep, store, outcomes, events, progress, executor, checkpoint, until
        )  # fmt: skip

    def for_scenario(self, scenario: Scenario) -> Options:
        """Return the options for a scenario: the event of ``until`` is followed, and by default no path is kept."""
        if self.until is None:
            return self
        _check_until(scenario, self.until)
        chance = self.until.chance
        events = self.events if chance is None or chance in self.events else (*self.events, chance)
        return replace(self, keep="summary" if self.keep is None else self.keep, events=events)


def _block(value: Any) -> int:
    """Return a size of blocks."""
    found = integer("block", value, least=1)
    if found % CHUNK:
        raise ResultError(Fault("block", f"must be a multiple of {CHUNK}", shown(found)))
    return found


def _keep(value: Any) -> str | list[str] | None:
    """Return of which outcomes every path is kept: a word or a name as it is, names as a list."""
    if value is None:
        return None
    found = texts("keep", value)
    return found[0] if isinstance(value, str) else list(found)


def asked_outcomes(value: Any, name: str = "outcomes") -> list[str | Derived]:
    """Return names of outcomes and outcomes of the caller's own; one is a list of one."""
    value = scalar(value)
    every = (value,) if isinstance(value, (str, Derived)) else value
    if isinstance(every, bytes) or not isinstance(every, Iterable):
        raise ResultError(Fault(name, "must be names of outcomes or Derived", shown(value)))
    found = list(every)
    for one in found:
        if not isinstance(one, (str, Derived)):
            raise ResultError(Fault(name, "must be names of outcomes or Derived", shown(one)))
    return [one if isinstance(one, Derived) else str(one) for one in found]


def _progress(value: Any) -> bool | Progress | None:
    """Return how progress is shown."""
    return value if value is None or callable(value) else switch("progress", value)


def _check_until(scenario: Scenario, until: Precision) -> None:
    """Refuse designs whose paths are not independent of each other or of their number."""
    if not isinstance(until, Precision):
        remedy = "until=forcesim.Precision(mean='gap', at='2030-12', half_width=1_000), say"
        raise ResultError(Fault("until", "must be a Precision", shown(until), remedy))
    for name in ("at", "by"):
        if getattr(until, name) is not None:
            scenario.timeline.asked(f"until.{name}", getattr(until, name))
    design = scenario.sampling.design
    if design != "plain" and scenario.uncertain():
        remedy = "set sampling.design to plain, or give paths and no until"
        raise ResultError(Fault("until", "needs independent paths", f"sampling.design {design!r}", remedy))
    if until.mean is None and until.chance is None:
        raise ResultError(Fault("until", "must name a chance or a mean"))


def outcomes_of_manifest(
    names: list[str] | None, told: list[dict[str, str]], given: Sequence[Derived]
) -> list[str | Derived] | None:
    """Return what a run summarised: the caller's own outcomes are made again, functions among those that are given."""
    own = {one.name: one for one in given}
    for data in told:
        if "rule" in data:
            own[data["name"]] = Derived(data["name"], data["rule"], data["unit"], data["meaning"])
        elif data["name"] not in own or own[data["name"]].to_dict() != data:
            remedy = f"derived=[fs.Derived({data['name']!r}, {data['function']})]"
            raise ManifestError(Fault(f"derived.{data['name']}", "must be the function that the run had", "", remedy))
    return None if names is None else [own.get(name, name) for name in names]


def check_manifest_options(options: dict[str, Any]) -> None:
    """Refuse options of a manifest that no run can have had."""

    def names(found: Any) -> bool:
        return isinstance(found, list) and all(isinstance(name, str) for name in found)

    def described(found: Any) -> bool:
        keys = ({"name", "unit", "meaning", "rule"}, {"name", "unit", "meaning", "function", "code"})
        return isinstance(found, list) and all(
            isinstance(one, dict) and set(one) in keys and all(isinstance(text, str) for text in one.values())
            for one in found
        )

    keep, outcomes, events = (options.get(key) for key in ("keep", "outcomes", "events"))
    faults = []
    if not described(options.get("derived", [])):
        faults.append(Fault("manifest.options.derived", "must be a list of outcomes", repr(options["derived"])[:60]))
    if not (keep is None or isinstance(keep, str) or names(keep)):
        faults.append(Fault("manifest.options.keep", "must be text or a list of names", repr(keep)[:60]))
    if not (outcomes is None or names(outcomes)):
        faults.append(Fault("manifest.options.outcomes", "must be a list of names", repr(outcomes)[:60]))
    if not (events is None or names(events)):
        faults.append(Fault("manifest.options.events", "must be a list of expressions", repr(events)[:60]))
    if faults:
        raise ManifestError(faults)
