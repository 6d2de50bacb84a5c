"""Who does the work: threads here, or any executor; what is done, on disk if wanted; and how a run is stopped.

Sums and counts are free of order, so the bits are the same for any worker and any number of tries.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forcesim.checkpoint import Checkpoint, Span, Stores, differences, gaps, joined
from forcesim.engine.pieces import PIECE_SECONDS, give_out
from forcesim.engine.pools import guarded
from forcesim.engine.recording import Kept, Recording
from forcesim.errors import CheckpointError, ExecutorError, Fault, Interrupted
from forcesim.packing import pack, unpack
from forcesim.plan import make_plan
from forcesim.scenario import Scenario
from forcesim.summary import CHUNK, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forcesim.engine.derived import Derived
    from forcesim.machine import Progress
    from forcesim.processes.process import Process

__all__ = ["RunLedger", "RunTask", "do_piece", "on_executor", "on_threads"]

LONGEST_PIECE = 120.0
"""Seconds that a piece for an executor may take: that much is lost with a worker."""

PATIENCE = 0.2
"""How often the main thread looks whether a checkpoint is due."""

KNOWN = 2
"""Runs whose plan a worker keeps at hand."""

MOST_FAULTS = 5

Piece = tuple[bytes, Stores, float]
"""What a worker sends back: its summary and the layout of all it recorded, packed; its kept paths; its seconds."""


@dataclass
class RunLedger:
    """What of a run is done: its summary, its kept paths, the ranges of paths in them."""

    recording: Recording
    kept: Kept
    summary: Summary
    done: list[Span] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    saved: list[Span] = field(default_factory=list)

    @classmethod
    def begun(cls, recording: Recording, kept: Kept, checkpoint: Checkpoint | None) -> RunLedger:
        """Return the ledger of a run: empty, or as its checkpoint left it."""
        last = recording.paths
        ledger = cls(recording, kept, recording.new_summary(), checkpoint=checkpoint)
        found = checkpoint.read() if checkpoint is not None else None
        if checkpoint is not None and found is not None:
            arrays, ledger.done = found
            _check_done(ledger.done, last)
            ledger.saved = joined(ledger.done)
            ledger.summary.merge(Summary.of_arrays(arrays))
            for span, stores in checkpoint.read_kept():
                ledger.kept.place(*span, stores)
        return ledger

    @property
    def paths(self) -> int:
        """Return how many paths are done."""
        return sum(last - first for first, last in joined(self.done))

    def todo(self, last: int, block: int) -> Iterator[Span]:
        """Yield the blocks that are not done yet, each within one multiple of ``block``."""
        for begin, end in gaps(self.done, 0, last):
            first = begin
            while first < end:
                until = min(end, (first // block + 1) * block)
                yield first, until
                first = until

    def add(self, summary: Summary, spans: Sequence[Span]) -> None:
        """Take in the summary of ranges whose kept paths are in place."""
        if self.summary.paths:
            self.summary.merge(summary)
        else:  # nothing to merge with: a second copy would cost as much memory again
            self.summary = summary
        self.done += spans

    def take(self, span: Span, piece: Piece) -> None:
        """Take in what a worker has done.

        Raises
        ------
        ExecutorError
            If it is laid out in another way than here: its numbers would come under wrong names.
        """
        data, stores, _ = piece
        about, arrays = unpack(data)
        odd = differences(about.get("layout"), self.recording.layout)
        if odd:
            remedy = "give the workers the same forcesim, processes and outcomes as here"
            rule, of = "must be the same at a worker as here", "executor: {}"
            faults = [Fault(of.format(path), rule, f"{there} there, {here} here", remedy) for path, there, here in odd]
            raise ExecutorError(faults[:MOST_FAULTS])
        self.kept.place(*span, stores)
        self.add(Summary.of_arrays(arrays), [span])

    def save(self, others: Sequence[tuple[Summary, Sequence[Span]]] = ()) -> None:
        """Write a checkpoint, with what others have done and still go on adding to."""
        if self.checkpoint is None:
            return
        done = joined([*self.done, *(span for _, spans in others for span in spans)])
        if done == self.saved:  # a run that keeps less than before must not let go of the rest for nothing
            return
        whole = self.recording.new_summary().merge(self.summary)
        for summary, _ in others:
            whole.merge(summary)
        fresh: list[tuple[Span, Stores]] = []
        if self.kept.names:
            stored = self.checkpoint.stored
            fresh = [(new, self.kept.cut(*new)) for span in done for new in gaps(stored, *span)]
        self.checkpoint.write(whole, done, fresh)
        self.saved = done


def _check_done(done: Sequence[Span], last: int) -> None:
    """Refuse a checkpoint whose paths cannot be part of a run of so many."""
    ends = [end for _, end in joined(list(done))]
    if max(ends, default=0) > last:
        found = f"{max(ends):,} there, {last:,} here"
        raise CheckpointError(Fault("checkpoint: paths", "must not hold more paths than the run", found))
    odd = [end for end in ends if end % CHUNK and end != last]
    if odd:
        remedy = f"a run is extended from a multiple of {CHUNK} paths, since sums are taken over so many"
        raise CheckpointError(Fault("checkpoint: paths", "must be as many as in the run", f"{odd[-1]:,}", remedy))


class _Hand:
    """One thread's own summary, and the blocks in it; the lock is held while a block is folded."""

    def __init__(self, summary: Summary) -> None:
        """Begin with nothing."""
        self.summary, self.spans, self.lock = summary, list[Span](), threading.Lock()


def on_threads(ledger: RunLedger, last: int, *, block: int, threads: int, show: Progress) -> None:
    """Do all that is not done of paths 0 to ``last`` - 1 on threads of this process.

    Raises
    ------
    Interrupted
        If the user stops it: the blocks begun are ended first, and a checkpoint is written if there is one.
    """
    todo = list(ledger.todo(last, block))
    queue, lock, stop = iter(todo), threading.Lock(), threading.Event()
    hands = [_Hand(ledger.recording.new_summary()) for _ in range(min(threads, len(todo)))]
    count = ledger.paths

    def work(hand: _Hand) -> None:
        nonlocal count
        while not stop.is_set():
            with lock:
                span = next(queue, None)
            if span is None:
                return
            with hand.lock:
                ledger.recording.run(*span, hand.summary, ledger.kept)
                hand.spans.append(span)
            with lock:
                count += span[1] - span[0]
                show(count, last)

    if len(hands) <= 1 and ledger.checkpoint is None:
        try:
            for hand in hands:
                work(hand)
        except KeyboardInterrupt:
            raise Interrupted(_farewell(ledger, count, last)) from None
    else:
        with ThreadPoolExecutor(max(1, len(hands)), thread_name_prefix="forcesim") as pool:
            futures = [pool.submit(work, hand) for hand in hands]
            try:
                _watch(futures, ledger, hands)
            except KeyboardInterrupt:
                stop.set()
                wait(futures)
                ledger.save([(hand.summary, hand.spans) for hand in hands])
                raise Interrupted(_farewell(ledger, count, last)) from None
            finally:
                stop.set()
    for hand in hands:
        ledger.add(hand.summary, hand.spans)
    if todo:
        ledger.save()


def _watch(futures: Sequence[Future[None]], ledger: RunLedger, hands: Sequence[_Hand]) -> None:
    """Wait for the threads, and write a checkpoint whenever one is due, between two blocks of each."""
    left = set(futures)
    while left:
        done, left = wait(left, timeout=PATIENCE, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        if left and ledger.checkpoint is not None and ledger.checkpoint.due:
            _save_between(ledger, hands, hands)


def _save_between(ledger: RunLedger, hands: Sequence[_Hand], to_stop: Sequence[_Hand]) -> None:
    """Save while no hand is at a block; by ``with`` alone: Ctrl-C must not leave a lock taken and nobody to free it."""
    if not to_stop:
        ledger.save([(hand.summary, hand.spans) for hand in hands])
        return
    with to_stop[0].lock:
        _save_between(ledger, hands, to_stop[1:])


def _farewell(ledger: RunLedger, count: int, last: int) -> str:
    """Return what to tell who stopped a run."""
    if ledger.checkpoint is None:
        return f"stopped after {count:,} of {last:,} paths; nothing is kept (checkpoint='folder' would keep it)"
    folder = str(ledger.checkpoint.folder)
    return (
        f"stopped after {count:,} of {last:,} paths, which are kept; the same call with checkpoint={folder!r} goes on"
    )


@dataclass(frozen=True)
class RunTask:
    """A run, as it is sent to a worker: small, and by itself enough to do any piece of it."""

    scenario: dict[str, Any]
    processes: tuple[type[Process], ...]
    paths: int
    seed: int
    keep: str | list[str]
    outcomes: list[str | Derived]
    events: tuple[str, ...]
    block: int
    code: dict[str, str]
    token: str

    def recording(self) -> Recording:
        """Return what the run records, laid out anew."""
        scenario = Scenario.of(self.scenario, self.processes)
        return Recording(
            scenario,
            make_plan(scenario),
            paths=self.paths,
            seed=self.seed,
            keep=self.keep,
            outcomes=self.outcomes,
            events=self.events,
        )


_known: deque[tuple[str, Recording]] = deque(maxlen=KNOWN)
"""Plans of the runs that this worker met last: many pieces of one run come to it. What is in it changes no result."""


def do_piece(task: RunTask, first: int, last: int) -> Piece:
    """Do a range of paths, in a worker: return its summary and layout, its kept paths, and the seconds that it took."""
    begun = time.monotonic()
    recording = next((found for token, found in tuple(_known) if token == task.token), None)
    if recording is None:
        recording = task.recording()
        for path in recording.code.differences(task.code):
            remedy = "start new workers: these hold the code of an earlier version"
            raise ExecutorError(Fault(path, "must be the same code at the workers", "other code there", remedy))
        _known.append((task.token, recording))
    summary, kept = recording.new_summary(), recording.new_kept(first, last)
    for begin in range(first, last, task.block):
        recording.run(begin, min(last, begin + task.block), summary, kept)
    data = pack(summary.arrays(), {"layout": recording.layout})
    return data, kept.cut(first, last), time.monotonic() - begun


def on_executor(
    ledger: RunLedger, task: RunTask, last: int, *, executor: Executor, at_once: int, show: Progress
) -> None:
    """Do all that is not done of paths 0 to ``last`` - 1 on an executor, in pieces of some seconds.

    Raises
    ------
    ExecutorError
        If the executor takes no work, breaks, loses a piece again and again, or lays its pieces out in another way.
    Interrupted
        If the user stops it; a checkpoint is written if there is one.
    """
    begun = ledger.paths
    try:
        _give_out(ledger, task, last, executor=executor, at_once=at_once, show=show)
    except KeyboardInterrupt:
        ledger.save()
        raise Interrupted(_farewell(ledger, ledger.paths, last)) from None
    except BrokenExecutor as error:
        ledger.save()
        kept = "what was done is kept: the same call with a new executor goes on" if ledger.checkpoint else ""
        never = isinstance(error, BrokenProcessPool) and ledger.paths == begun
        remedy = "; ".join(part for part in (guarded() if never else "", kept) if part)
        raise ExecutorError(Fault("executor", "must stay alive", str(error), remedy)) from error
    ledger.save()


def _give_out(
    ledger: RunLedger, task: RunTask, last: int, *, executor: Executor, at_once: int, show: Progress
) -> None:  # fmt: skip
    """Give out pieces of neighbouring blocks, and take them in."""
    queue, size = deque(ledger.todo(last, task.block)), task.block

    def next_piece() -> Span | None:
        if not queue:
            return None
        first, until = queue.popleft()
        while queue and queue[0][0] == until and queue[0][1] - first <= size:
            until = queue.popleft()[1]
        return first, until

    def take(span: Span, piece: Piece) -> None:
        nonlocal size
        merging = time.monotonic()
        ledger.take(span, piece)
        show(ledger.paths, last)
        # with many workers merging is the bottleneck: pieces grow until it takes half of this process's time
        wanted = min(LONGEST_PIECE, max(PIECE_SECONDS, 2.0 * at_once * (time.monotonic() - merging)))
        per_path = piece[2] / (span[1] - span[0])
        size = max(task.block, int(wanted / max(per_path, 1e-9)) // task.block * task.block)
        if ledger.checkpoint is not None and ledger.checkpoint.due:
            ledger.save()

    give_out(lambda *one: executor.submit(do_piece, task, *one), next_piece, take, at_once=at_once, unit="paths")
