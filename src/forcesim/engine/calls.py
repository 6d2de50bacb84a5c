"""The calls: simulate a scenario, and replay what a manifest describes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forcesim.checkpoint import Checkpoint
from forcesim.engine.derived import Derived
from forcesim.engine.precision import looks
from forcesim.engine.recording import Kept, Recording
from forcesim.engine.stored import KeptOnDisk
from forcesim.engine.warm import ask_for_help
from forcesim.engine.work import Ledger, Task, on_executor, on_threads
from forcesim.errors import Fault, ManifestError, ResultError
from forcesim.kernels import code_stamp, when_compiling
from forcesim.machine import progress_shown, threads_here
from forcesim.manifest import Manifest, versions
from forcesim.plan import make_plan
from forcesim.summary import CHUNK

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from forcesim.engine.precision import Precision
    from forcesim.machine import Progress
    from forcesim.processes.process import Process
    from forcesim.result import Result
    from forcesim.scenario import Scenario

__all__ = ["replay", "simulate"]

MOST_PATHS = 2**32 - 1
"""Paths in a run at most: the counts of a bucket are 32 bits wide."""

BLOCK, LARGEST = 2_560, 20_480
"""Paths in a block at most, for many rows and for few. With many rows more paths would save another tenth of the time,
but a run stops between blocks only: a block must take less than a second."""

CACHE = 1 << 21
"""Bytes of state beyond which larger blocks bring nothing."""


def simulate(
    scenario: Scenario,
    policy: str | Sequence[str] | None = None,
    *,
    paths: int = 100_000,
    seed: int = 2025,
    threads: int | None = None,
    block: int | None = None,
    keep: str | Sequence[str] | None = None,
    store: str | os.PathLike[str] | None = None,
    outcomes: Sequence[str | Derived] | None = None,
    events: Sequence[str] = (),
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
    policy : str or sequence of str, optional
        Policies of the scenario to apply first, stacked in order.
    paths : int
        Simulated futures, at least 1; with ``until`` the most. The first k paths of a longer run are those of a
        shorter one (save for a Latin hypercube, whose strata depend on the number).
    seed : int
        Seed of every draw's address, at least 0.
    threads : int, optional
        Blocks run at once, all cores by default; with an executor, pieces given out at once. Changes no result.
    block : int, optional
        Paths in a block, a multiple of 256. Does not change a result.
    keep : {"summary", "paths", "zarr"} or sequence of str, optional
        Of which outcomes every path is kept; with ``"zarr"`` of all, on disk in ``store``. By default of as many as fit
        into 200 MB, the smallest first (none with ``until``); everything else is summarised (mean, error, quantiles).
    store : path, optional
        Folder for ``keep="zarr"``; there must be none yet. It appears when the run is complete. ``~`` stands for the
        home folder, as in ``checkpoint``.
    outcomes : sequence of str or Derived, optional
        What to summarise; all that the processes declare as outcomes unless given. :class:`forcesim.Derived` adds
        outcomes of your own.
    events : sequence of str
        Expressions over outcomes (``"gap <= 0"``) that are followed path by path, whether or not
        the paths are kept: first passages, time spent, and which came true together are counted exactly.
    progress : bool or callable, optional
        A bar by default if the error stream is a terminal; ``False`` for none, ``True`` for always;
        a callable gets paths done and paths in all.
    executor : concurrent.futures.Executor, optional
        Who does the work: a pool of processes, Dask's ``client.get_executor()``, MPI's; threads unless given.
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
        If paths, seed, block, threads or an outcome is not admissible.
    ProcessError
        If a process raises, or writes something that is no finite number, or a stock below zero.
    CheckpointError
        If the checkpoint is damaged, or belongs to another run.
    ExecutorError
        If the executor breaks, or loses a piece again and again.
    Interrupted
        If the user stops it.

    Examples
    --------
    >>> import forcesim as fs
    >>> result = fs.simulate(fs.load("seed-figures").without_noise(), paths=1)
    >>> result.mean("gap", at="2025-02").value
    500000.0
    """
    if policy is not None:
        scenario = scenario.with_policy(*([policy] if isinstance(policy, str) else policy))
    _check_sizes(paths=paths, seed=seed, threads=threads, block=block)
    if (keep == "zarr") != (store is not None) or (store is not None and checkpoint is not None):
        found = f"keep {keep!r}, store {store!r}, checkpoint {checkpoint!r}"
        remedy = "give keep='zarr' and store='paths.zarr' together; a checkpoint goes with other ways to keep"
        raise ResultError(Fault("keep, store", "must fit together", found, remedy))
    if until is not None:
        _check_until(scenario, until)
        keep = "summary" if keep is None else keep
        events = [*events, until.chance] if until.chance is not None and until.chance not in events else events
    when_compiling(ask_for_help)
    plan = make_plan(scenario)
    recording = Recording(scenario, plan, paths=paths, seed=seed, keep=keep, outcomes=outcomes, events=events)
    size = _sizes(recording, threads, block)
    kept = recording.new_kept(0, paths) if store is None else KeptOnDisk(recording, store, size.block)
    try:
        run = _Run(recording, size, executor, kept, _checkpoint(checkpoint, recording))
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
        manifest = Manifest.read(manifest)
    _check_options(manifest.options)
    _check_sizes(paths=manifest.paths, seed=manifest.seed, threads=None, block=None)
    scenario, options = Scenario.of(manifest.scenario, processes=processes), dict(manifest.options)
    recording = Recording(
        scenario,
        make_plan(scenario),
        paths=manifest.paths,
        seed=manifest.seed,
        keep=None if options.get("keep") == "zarr" else options.get("keep"),
        outcomes=_outcomes(options.pop("outcomes", None), options.pop("derived", []), derived),
        events=tuple(options.pop("events", ())),
    )
    kept = recording.new_kept(0, manifest.paths)
    run = _Run(recording, _sizes(recording, None, None), None, kept, None)
    run.up_to(manifest.paths, lambda *_: None)
    result = run.result(manifest.paths, options)
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


def _check_sizes(*, paths: int, seed: int, threads: int | None, block: int | None) -> None:
    """Check what a caller asks for before any work starts."""
    faults = []
    if paths < 1:
        faults.append(Fault("paths", "must be >= 1", str(paths)))
    if paths > MOST_PATHS:
        remedy = "split it by seed and merge the estimates"
        faults.append(Fault("paths", f"must be <= {MOST_PATHS}, what a bucket can count", str(paths), remedy))
    if seed < 0:
        faults.append(Fault("seed", "must be >= 0", str(seed)))
    if threads is not None and threads < 1:
        faults.append(Fault("threads", "must be >= 1", str(threads)))
    if block is not None and (block < 1 or block % CHUNK):
        faults.append(Fault("block", f"must be a multiple of {CHUNK}", str(block)))
    if faults:
        raise ResultError(faults)


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
        self.ledger = Ledger.begun(recording, kept, checkpoint)

    def up_to(self, last: int, show: Progress) -> None:
        """Do all paths below ``last`` that are not done."""
        if self.executor is None:
            on_threads(self.ledger, last, block=self.size.block, threads=self.size.threads, show=show)
        else:
            task, at_once = _task(self.recording, self.size.block), self.size.threads
            on_executor(self.ledger, task, last, executor=self.executor, at_once=at_once, show=show)

    def result(self, paths: int, options: dict[str, Any]) -> Result:
        """Return the result of the first ``paths`` paths, which are all that is done."""
        return self.recording.result(self.ledger.summary, self.ledger.kept, paths, options)


def _check_until(scenario: Scenario, until: Precision) -> None:
    """Refuse designs whose paths are not independent of each other or of their number."""
    design = scenario.sampling.design
    if design != "plain" and scenario.uncertain():
        remedy = "set sampling.design to plain, or give paths and no until"
        raise ResultError(Fault("until", "needs independent paths", f"sampling.design {design!r}", remedy))
    if until.mean is None and until.chance is None:
        raise ResultError(Fault("until", "must name a chance or a mean"))


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


def _task(recording: Recording, block: int) -> Task:
    """Return the run as it is sent to workers."""
    about = {**_about(recording), "paths": recording.paths, "block": block}
    own = {one.name for one in recording.derived}
    token = hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()
    return Task(
        scenario=recording.scenario.in_full(),
        processes=recording.scenario.extra,
        paths=recording.paths,
        seed=recording.seed,
        keep=[outcome.name for outcome in recording.kept_outcomes] or "summary",
        outcomes=[*(o.name for o in recording.outcomes if o.name not in own), *recording.derived],
        events=recording.events,
        block=block,
        token=token,
    )


def _about(recording: Recording) -> dict[str, Any]:
    """Return what makes the bits of a run: a checkpoint belongs to it alone."""
    return {
        "seed": recording.seed,
        "forcesim": versions()["forcesim"],
        "code": code_stamp(),
        "recorded": [outcome.name for outcome in recording.outcomes],
        "kept": [outcome.name for outcome in recording.kept_outcomes],
        "events": list(recording.events),
        "derived": [one.to_dict() for one in recording.derived],
        "scenario": recording.scenario.in_full(),
    }


def _checkpoint(folder: str | os.PathLike[str] | None, recording: Recording) -> Checkpoint | None:
    """Return the checkpoint of a run, if one is wanted."""
    if folder is None:
        return None
    about = json.loads(json.dumps(_about(recording)))
    strata = recording.scenario.sampling.design == "latin-hypercube" and recording.scenario.uncertain()
    return Checkpoint(folder, {**about, "paths": recording.paths} if strata else about)
