"""The calls: simulate a scenario, and replay what a manifest describes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forcesim.arguments import each, integer, paths_of, place, scalar, seed_of, shown, switch, texts
from forcesim.checkpoint import Checkpoint
from forcesim.engine.derived import Derived
from forcesim.engine.pools import check_executor
from forcesim.engine.precision import Precision, looks
from forcesim.engine.recording import Kept, Recording
from forcesim.engine.stored import KeptOnDisk
from forcesim.engine.warm import ask_for_help
from forcesim.engine.work import RunLedger, RunTask, on_executor, on_threads
from forcesim.errors import CheckpointError, Fault, ManifestError, ResultError
from forcesim.expression import parse
from forcesim.extras import needed
from forcesim.kernels import code_stamp, when_compiling
from forcesim.machine import progress_shown, threads_here
from forcesim.manifest import Manifest, versions
from forcesim.plan import make_plan
from forcesim.scenario import asked
from forcesim.summary import CHUNK

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from forcesim.machine import Progress
    from forcesim.policy import Policy
    from forcesim.processes.process import Process
    from forcesim.result import Result
    from forcesim.scenario import Scenario

__all__ = ["replay", "simulate"]

BLOCK, LARGEST = 2_560, 20_480
"""Paths in a block at most, for many rows and for few. With many rows more paths would save another tenth of the time,
but a run stops between blocks only: a block must take less than a second."""

CACHE = 1 << 21
"""Bytes of state beyond which larger blocks bring nothing."""


def simulate(
    scenario: Scenario,
    policy: str | Policy | Sequence[str | Policy] | None = None,
    *,
    paths: int = 100_000,
    seed: int = 2025,
    threads: int | None = None,
    block: int | None = None,
    keep: str | Sequence[str] | None = None,
    store: str | os.PathLike[str] | None = None,
    outcomes: str | Derived | Sequence[str | Derived] | None = None,
    events: str | Sequence[str] = (),
    progress: bool | Progress | None = None,
    executor: Executor | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    until: Precision | None = None,
) -> Result:
    """Simulate a scenario and return its outcomes as distributions.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policy : str, Policy or sequence of them, optional
        Policies to apply first, stacked in order: names of the scenario's, or objects.
    paths : int
        Simulated futures, at least 1; with ``until`` the most. The first k paths of a longer run are those of a
        shorter one (save for a Latin hypercube, whose strata depend on the number).
    seed : int
        Seed of every draw's address, at least 0, of at most 256 bits.
    threads : int, optional
        Blocks run at once, all cores by default; with an executor, pieces given out at once. Changes no result.
    block : int, optional
        Paths in a block, a multiple of 256. Does not change a result.
    keep : {"summary", "paths", "zarr"} or sequence of str, optional
        Of which outcomes every path is kept; with ``"zarr"`` of all, on disk in ``store``. By default of as many as fit
        into 200 MB, the smallest first (none with ``until``; with a ``checkpoint`` no other than those that it has);
        everything else is summarised (mean, error, quantiles).
    store : path, optional
        Folder for ``keep="zarr"``; there must be none yet. It appears when the run is complete. ``~`` stands for the
        home folder, as in ``checkpoint``.
    outcomes : str, Derived or sequence of them, optional
        What to summarise; all that the processes declare as outcomes unless given. :class:`forcesim.Derived` adds
        outcomes of your own.
    events : str or sequence of str
        Expressions over outcomes (``"gap <= 0"``) that are followed path by path, whether or not
        the paths are kept: first passages, time spent, and which came true together are counted exactly.
    progress : bool or callable, optional
        A bar by default if the error stream is a terminal; ``False`` for none, ``True`` for always;
        a callable gets paths done and paths in all.
    executor : concurrent.futures.Executor, optional
        Who does the work: a pool of processes, Dask's ``client.get_executor()``, MPI's; threads unless given. A script
        that starts processes does so under ``if __name__ == "__main__":``, since they run it again.
    checkpoint : path, optional
        Folder in which what is done is kept, so that the same call goes on after a stop, whatever stopped it.
    until : Precision, optional
        Go on until an answer is that precise, or ``paths`` are done.

    Returns
    -------
    Result
        Outcomes by month (and nation) with their Monte Carlo error.

    Raises
    ------
    ScenarioError
        If a policy is unknown, or the scenario is not admissible.
    PlanError
        If the processes cannot be put in an order.
    ResultError
        If an argument is not admissible, or a package is missing; before any work starts.
    ProcessError
        If a process raises, or writes something that is no finite number, or a stock below zero.
    CheckpointError
        If the checkpoint is damaged, or belongs to another run.
    ExecutorError
        If the executor is none, breaks, or loses a piece again and again.
    Interrupted
        If the user stops it.

    Examples
    --------
    >>> import forcesim as fs
    >>> result = fs.simulate(fs.load("seed-figures").without_noise(), paths=1)
    >>> result.mean("gap", at="2025-02").value
    500000.0
    """
    own: list[str | Derived] | None
    paths, seed, threads, block, keep, store, own, events, checkpoint, progress = each(
        lambda: paths_of(paths),
        lambda: seed_of(seed),
        lambda: None if threads is None else integer("threads", threads, least=1),
        lambda: None if block is None else _block(block),
        lambda: _keep(keep),
        lambda: None if store is None else place("store", store),
        lambda: None if outcomes is None else _asked_outcomes(outcomes),
        lambda: texts("events", events),
        lambda: None if checkpoint is None else place("checkpoint", checkpoint),
        lambda: _progress(progress),
    )
    scenario = asked(scenario, policy)
    if (keep == "zarr") != (store is not None) or (store is not None and checkpoint is not None):
        found = f"keep {keep!r}, store {store!r}, checkpoint {checkpoint!r}"
        remedy = "give keep='zarr' and store='paths.zarr' together; a checkpoint goes with other ways to keep"
        raise ResultError(Fault("keep, store", "must fit together", found, remedy))
    if keep == "zarr":
        needed("keep='zarr'", "zarr")
    if until is not None:
        _check_until(scenario, until)
        keep = "summary" if keep is None else keep
        events = [*events, until.chance] if until.chance is not None and until.chance not in events else events
    check_executor(executor)
    when_compiling(ask_for_help)
    saved = None if checkpoint is None else Checkpoint(checkpoint)
    recording = Recording(
        scenario,
        make_plan(scenario),
        paths=paths,
        seed=seed,
        keep=keep,
        outcomes=own,
        events=events,
        had=None if saved is None else saved.keeps,
    )
    if until is not None and until.mean is not None:
        _check_mean(recording, until.mean)
    size = _sizes(recording, threads, block)
    if saved is not None:
        saved.begin(_belonging(recording))
    kept = recording.new_kept(0, paths) if store is None else KeptOnDisk(recording, store, size.block)
    try:
        run = _Run(recording, size, executor, kept, saved)
        with progress_shown(progress, paths, "paths") as show:
            if until is None:
                run.up_to(paths, show)
                return run.result(paths, {})
            return _precise(run, until, paths, show)
    except BaseException:
        kept.drop()
        raise


def replay(
    manifest: Manifest | str | os.PathLike[str],
    *,
    processes: Sequence[type[Process]] = (),
    derived: Sequence[Derived] = (),
) -> Result:
    """Run again what a manifest describes, and prove that it gives the same bits.

    Parameters
    ----------
    manifest : Manifest or path
        The manifest of a result, or a file that holds one.
    processes : sequence of type of Process
        Processes of your own that the run had; a manifest holds data, and no code.
    derived : sequence of Derived
        Outcomes of your own that are functions, for the same reason; expressions stand in the manifest.

    Returns
    -------
    Result
        The same to the last bit as the result that the manifest came from.

    Raises
    ------
    ManifestError
        If the manifest cannot be read, or the bits differ (another version of forcesim, say).

    Examples
    --------
    >>> import forcesim as fs
    >>> result = fs.simulate(fs.load("seed-figures"), paths=256)
    >>> fs.replay(result.manifest).same_bits(result)
    True
    """
    from forcesim.scenario import Scenario

    if not isinstance(manifest, Manifest):
        manifest = Manifest.read(place("manifest", manifest, error=ManifestError))
    derived = [one for one in _asked_outcomes(derived, "derived") if isinstance(one, Derived)]
    _check_options(manifest.options)
    paths, seed = each(lambda: paths_of(manifest.paths), lambda: seed_of(manifest.seed))
    scenario, options = Scenario.of(manifest.scenario, processes=processes), dict(manifest.options)
    recording = Recording(
        scenario,
        make_plan(scenario),
        paths=paths,
        seed=seed,
        keep=None if options.get("keep") == "zarr" else options.get("keep"),
        outcomes=_outcomes(options.pop("outcomes", None), options.pop("derived", []), derived),
        events=tuple(options.pop("events", ())),
    )
    changed = recording.code.differences(manifest.code)
    if changed:
        rule, remedy = "must be the code that the run had", "replay with the version of your code that the run had"
        raise ManifestError([Fault(path, rule, "other code", remedy) for path in changed])
    kept = recording.new_kept(0, paths)
    run = _Run(recording, _sizes(recording, None, None), None, kept, None)
    run.up_to(paths, lambda *_: None)
    result = run.result(paths, options)
    if result.manifest.digest != manifest.digest:
        there, here = (found.versions.get("forcesim", "?") for found in (manifest, result.manifest))
        remedy = f"made with forcesim {there}, this is {here}"
        raise ManifestError(Fault("digest", "must come out the same", result.manifest.digest, remedy))
    return result


def _outcomes(
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


def _check_options(options: dict[str, Any]) -> None:
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


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How a run is cut up."""

    block: int
    threads: int


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


def _asked_outcomes(value: Any, name: str = "outcomes") -> list[str | Derived]:
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


def _sizes(recording: Recording, threads: int | None, block: int | None) -> _Sizes:
    """Return how a run is cut up."""
    threads = threads or threads_here()
    return _Sizes(block=block or _even_block(recording.paths, threads, recording.plan.rows), threads=threads)


def _even_block(paths: int, threads: int, rows: int) -> int:
    """Return the largest block that gives each thread as many as any other.

    Examples
    --------
    >>> _even_block(10_000, 2, 1_200), _even_block(100, 4, 1_200), _even_block(1_000_000, 3, 1_200)
    (2560, 256, 2560)
    >>> _even_block(100_000, 1, 10)
    20224
    """
    each = -(-paths // threads)
    blocks = -(-each // min(LARGEST, max(BLOCK, CACHE // (8 * rows))))
    return -(-each // (blocks * CHUNK)) * CHUNK


class _Run:
    """A run while it goes on: as many paths as are asked for, done once."""

    def __init__(
        self, recording: Recording, size: _Sizes, executor: Executor | None, kept: Kept, checkpoint: Checkpoint | None
    ) -> None:
        """Take up what a checkpoint holds."""
        self.recording, self.size, self.executor = recording, size, executor
        self.task = None if executor is None else _task(recording, size.block)
        self.ledger = RunLedger.begun(recording, kept, checkpoint)

    def up_to(self, last: int, show: Progress) -> None:
        """Do all paths below ``last`` that are not done."""
        threads = self.size.threads
        if self.executor is None or self.task is None:
            on_threads(self.ledger, last, block=self.size.block, threads=threads, show=show)
        else:
            on_executor(self.ledger, self.task, last, executor=self.executor, at_once=threads, show=show)

    def result(self, paths: int, options: dict[str, Any]) -> Result:
        """Return the result of the first ``paths`` paths, which are all that is done."""
        return self.recording.result(self.ledger.summary, self.ledger.kept, paths, options)


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


def _check_mean(recording: Recording, name: str) -> None:
    """Refuse a mean that is not one recorded outcome."""
    if not parse(name, {outcome.name: outcome.term for outcome in recording.outcomes}).is_outcome:
        raise ResultError(Fault("until.mean", "must be one outcome", repr(name), "gap or strength[UKR], say"))


def _precise(run: _Run, until: Precision, most: int, show: Progress) -> Result:
    """Look after 2,048 paths and each doubling, and stop at the first look that is precise enough."""
    looked, z = looks(most)
    recording = run.recording
    nothing = Kept(recording.row_of, recording.months, (), 0, most)
    for paths in [look for look in looked if look >= run.ledger.paths]:  # a checkpoint may be beyond the first
        run.up_to(paths, show)
        summary, options = run.ledger.summary, {"until": until.to_dict(), "interval_z": z}
        if recording.result(summary, nothing, paths, options).reached:
            break
    return run.result(paths, options)


def _task(recording: Recording, block: int) -> RunTask:
    """Return the run as it is sent to workers; no two have one token, so that none is taken for another."""
    own = {one.name for one in recording.derived}
    return RunTask(
        scenario=recording.scenario.in_full(),
        processes=recording.scenario.extra,
        paths=recording.paths,
        seed=recording.seed,
        keep=[outcome.name for outcome in recording.kept_outcomes] or "summary",
        outcomes=[*(o.name for o in recording.outcomes if o.name not in own), *recording.derived],
        events=recording.events,
        block=block,
        code=recording.code.identities,
        token=secrets.token_hex(16),
    )


def _about(recording: Recording) -> dict[str, Any]:
    """Return what makes the bits of a run: a checkpoint belongs to it alone."""
    return {
        "seed": recording.seed,
        "forcesim": versions()["forcesim"],
        "code": code_stamp(),
        "own code": recording.code.identities,
        **recording.layout,
        "derived": [{**one.to_dict(), "code": ""} for one in recording.derived],
        "scenario": recording.scenario.in_full(),
    }


def _belonging(recording: Recording) -> dict[str, Any]:
    """Return the run that a checkpoint is for; strata depend on the number of paths."""
    if recording.code.faults:
        raise CheckpointError([replace(fault, path=f"checkpoint: {fault.path}") for fault in recording.code.faults])
    about: dict[str, Any] = json.loads(json.dumps(_about(recording)))
    strata = recording.scenario.sampling.design == "latin-hypercube" and recording.scenario.uncertain()
    return {**about, "paths": recording.paths} if strata else about
