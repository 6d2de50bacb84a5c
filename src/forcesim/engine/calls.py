"""The calls: simulate a scenario, and replay what a manifest describes."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forcesim.arguments import each, paths_of, place, seed_of
from forcesim.checkpoint import Checkpoint
from forcesim.engine.derived import Derived
from forcesim.engine.options import Options, asked_outcomes, check_manifest_options, outcomes_of_manifest
from forcesim.engine.precision import Precision, looks
from forcesim.engine.recording import Kept, Recording
from forcesim.engine.stored import KeptOnDisk
from forcesim.engine.warm import ask_for_help
from forcesim.engine.work import RunLedger, RunTask, on_executor, on_threads
from forcesim.errors import CheckpointError, Fault, ManifestError, ResultError
from forcesim.expression import parse
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
    options = Options.checked(
        paths=paths, seed=seed, threads=threads, block=block, keep=keep, store=store, outcomes=outcomes, events=events,
        progress=progress, executor=executor, checkpoint=checkpoint, until=until,
    )  # fmt: skip
    scenario = asked(scenario, policy)
    options = options.for_scenario(scenario)
    when_compiling(ask_for_help)
    saved = None if options.checkpoint is None else Checkpoint(options.checkpoint)
    recording = Recording(
        scenario,
        make_plan(scenario),
        paths=options.paths,
        seed=options.seed,
        keep=options.keep,
        outcomes=options.outcomes,
        events=options.events,
        had=None if saved is None else saved.keeps,
    )
    if options.until is not None and options.until.mean is not None:
        _check_mean(recording, options.until.mean)
    size = _sizes(recording, options.threads, options.block)
    if saved is not None:
        saved.begin(_belonging(recording))
    stored = options.store
    kept = recording.new_kept(0, options.paths) if stored is None else KeptOnDisk(recording, stored, size.block)
    try:
        run = _Run(recording, size, options.executor, kept, saved)
        with progress_shown(options.progress, options.paths, "paths") as show:
            if options.until is None:
                run.up_to(options.paths, show)
                return run.result(options.paths, {})
            return _precise(run, options.until, options.paths, show)
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
    derived = [one for one in asked_outcomes(derived, "derived") if isinstance(one, Derived)]
    check_manifest_options(manifest.options)
    paths, seed = each(lambda: paths_of(manifest.paths), lambda: seed_of(manifest.seed))
    scenario, options = Scenario.of(manifest.scenario, processes=processes), dict(manifest.options)
    recording = Recording(
        scenario,
        make_plan(scenario),
        paths=paths,
        seed=seed,
        keep=None if options.get("keep") == "zarr" else options.get("keep"),
        outcomes=outcomes_of_manifest(options.pop("outcomes", None), options.pop("derived", []), derived),
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


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How a run is cut up."""

    block: int
    threads: int


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
