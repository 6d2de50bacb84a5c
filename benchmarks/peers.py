"""One small job in forcesim and in the tools that somebody would otherwise take: time, memory and lines of code.

The job: 120 months of a stock of 1,000,000 people. Each month a binomial count of them is lost, at a rate that is
normal(0.025, 0.005) within [0, 1]; then normal(27,000, 3,000), not below zero, come in. Asked for are mean and standard
deviation of the stock at the end.

How fairness is held: each entrant is one function of :mod:`benchmarks.peer_entrants`, written in its tool's best
documented form, with the fastest draws that the tool's user has at hand. It may take a normal for the binomial (the
notes say who does). What is done once (imports, compiling, translating a model) is its set-up, which is not timed but
shown. All run on one core, one after another in each round, so that a slow minute of the machine meets all of them, and
ratios are taken within a round. Time is the processor's, of all threads, so that other programs count little; of the
entrant with two processes it is the clock's. Paths are as many as take about a second; compared is the time of a
path-month. Every entrant's answers, pooled over the rounds, must agree with NumPy's exact binomials, and those with the
exact moments. forcesim's time includes what it always does: means, errors and quantiles of all 121 months.

``python -m benchmarks.peers`` prints the table; ``--write FILE``, ``--smoke``, ``--only NAME,NAME``, ``--rounds N``.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import importlib.metadata
import inspect
import io
import math
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import textwrap
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peer_entrants as code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MONTHS = 120
BASE = "forcesim-compiled"
TOLERANCE = 4.5
"""Combined standard errors within which answers must agree."""

PACKAGES = ("forcesim", "numpy", "numba", "simpy", "ema_workbench", "monaco", "Mesa", "bptk-py", "pysd", "jax")
TARGETS = (
    ("plain NumPy", ("numpy",), 5.0),
    ("the best numba loop", ("numba", "numba-binomial"), 3.0),
    ("EMA Workbench's usual form", ("ema",), 100.0),
    ("SimPy", ("simpy",), 300.0),
)
"""What forcesim, laws by name, wants to be faster than: by name, the entrants meant, how many times."""


@dataclass
class Entrant:
    """One tool in one form, and what was measured of it."""

    name: str
    title: str
    build: Callable[..., code.Run]
    paths: int
    notes: str = ""
    argument: tuple[object, ...] = ()
    cores: int = 1
    run: code.Run | None = None
    setup: float = 0.0
    peak: float = math.nan
    seconds: list[float] = field(default_factory=list)
    answers: list[tuple[float, float]] = field(default_factory=list)

    @property
    def per_path_month(self) -> float:
        """Return nanoseconds, the median over the rounds."""
        return statistics.median(self.seconds) / (self.paths * MONTHS) * 1e9

    def over(self, other: Entrant) -> list[float]:
        """Return, round by round, how many times longer a path-month takes than another's."""
        share = other.paths / self.paths
        return [mine / its * share for mine, its in zip(self.seconds, other.seconds, strict=True)]


def entrants() -> list[Entrant]:
    """Return all of them; paths such that a run takes about a second."""
    normal = "normal for the binomial"
    loop = "generator handed to the loop"
    return [
        Entrant(BASE, "forcesim, laws by name", code.forcesim_compiled, 100_000, "summaries of all months"),
        Entrant("forcesim-numpy", "forcesim, process in NumPy", code.forcesim_numpy, 100_000,
                "summaries of all months"),
        Entrant("numpy", "plain NumPy over paths", code.numpy_normal, 100_000, normal),
        Entrant("numpy-binomial", "NumPy, exact binomials", code.numpy_binomial, 50_000, "the reference"),
        Entrant("numba", "numba loop", code.numba_normal, 100_000, f"{normal}; {loop}"),
        Entrant("numba-binomial", "numba loop, exact binomials", code.numba_binomial, 50_000, loop),
        Entrant("jax-float32", "JAX, float32", code.jax_scan, 100_000, f"{normal}; vmap and scan, threefry",
                ("float32",)),
        Entrant("jax-float64", "JAX, float64", code.jax_scan, 50_000, f"{normal}; vmap and scan, threefry",
                ("float64",)),
        Entrant("simpy", "SimPy", code.simpy_process, 500, f"{normal}; Python's random is faster than NumPy's scalars"),
        Entrant("ema", "EMA Workbench, usual form", code.ema_usual, 1_000, "sequential evaluator", (1,)),
        Entrant("ema-two", "EMA Workbench, two processes", code.ema_usual, 2_000,
                "two cores; its pool's start is included; peak of the parent alone", (2,), cores=2),
        Entrant("ema-expert", "EMA Workbench, batches in NumPy", code.ema_expert, 100_000,
                f"{normal}; ten experiments of a tenth of the paths each"),
        Entrant("monaco", "monaco", code.monaco_sim, 2_000, "one thread, no files"),
        Entrant("mesa", "Mesa, batch_run", code.mesa_batch, 500, f"{normal}; the model steps, without agents"),
        Entrant("bptk", "BPTK-Py", code.bptk_model, 20, "SD DSL, its default engine", ("python",)),
        Entrant("bptk-rust", "BPTK-Py, Rust engine", code.bptk_model, 300,
                "the same model; takes no seed from simulate()", ("rust",)),
        Entrant("pysd", "PySD", code.pysd_model, 8, f"{normal}; a Vensim text"),
    ]  # fmt: skip


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep progress bars and warnings of the tools from the screen."""
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def pin(cores: int) -> None:
    """Keep this process (and its children) to the last of its cores, or to all of them."""
    os.sched_setaffinity(0, {max(CORES)} if cores == 1 else CORES)


def build(entrant: Entrant) -> bool:
    """Set an entrant up and warm it; tell whether its packages are here."""
    begun = time.perf_counter()
    try:
        with quiet():
            entrant.run = entrant.build(*entrant.argument)
            multiprocessing.set_start_method("fork", force=True)  # importing Mesa changes it for everybody
            entrant.run(min(entrant.paths, 256 if entrant.paths >= 500 else 2), 0)
    except ImportError as error:
        if entrant.name == BASE:  # ours: whoever measures without it measures nothing
            raise
        print(f"{entrant.title}: left out, {error}; pip install forcesim[bench]", file=sys.stderr)
        return False
    entrant.setup = time.perf_counter() - begun
    return True


def measure(entrant: Entrant, seed: int) -> None:
    """Run it once on its cores, and keep time and answer."""
    assert entrant.run is not None
    gc.collect()
    gc.freeze()  # else each collection would walk through what the other tools have loaded
    pin(entrant.cores)
    clock = time.process_time if entrant.cores == 1 else time.perf_counter
    with quiet():
        begun = clock()
        answer = entrant.run(entrant.paths, seed)
        entrant.seconds.append(clock() - begun)
    pin(1)
    entrant.answers.append((float(answer[0]), float(answer[1])))


def moments() -> tuple[float, float]:
    """Return mean and standard deviation of the stock in month 120 by recursion (clipping, at 5 sd, left out)."""
    mean, variance, rate, spread = 1e6, 0.0, 0.025, 0.005**2
    for _ in range(MONTHS):
        losses = mean * (rate - rate * rate - spread) + (variance + mean * mean) * spread
        variance = (1.0 - rate) ** 2 * variance + losses + 3_000.0**2 + 1.0 / 12.0
        mean += 27_000.0 - mean * rate
    return mean, math.sqrt(variance)


def agree(entrant: Entrant, reference: tuple[float, float], paths: float) -> float:
    """Return by how many combined standard errors its mean or sd is off; raise if by too many."""
    own = entrant.paths * len(entrant.answers)
    mean, sd = (statistics.fmean(part) for part in zip(*entrant.answers, strict=True))
    error = reference[1] * math.sqrt(1.0 / own + 1.0 / paths)
    off = max(abs(mean - reference[0]) / error, abs(sd - reference[1]) / error * math.sqrt(2.0))
    if not off <= TOLERANCE:
        message = f"{entrant.title}: mean {mean:.0f}, sd {sd:.0f} against {reference}: {off:.1f} standard errors off"
        raise AssertionError(message)
    return off


def peak_of(entrant: Entrant) -> float:
    """Return the peak memory (MB) of one run in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.peers", "--memory", entrant.name, "--paths", str(entrant.paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    return float(done.stdout)


def own_peak(entrant: Entrant) -> float:
    """Run an entrant and return this process's peak memory, MB.

    Not ru_maxrss: a child that was forked starts with the parent's.
    """
    build(entrant)
    measure(entrant, 1)
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def lines_of(function: Callable[..., object]) -> int:
    """Return a function's lines of code, without docstrings, comments and blank lines."""
    source = textwrap.dedent(inspect.getsource(function))
    silent: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            silent |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = ((at, line.strip()) for at, line in enumerate(source.splitlines(), 1))
    return sum(1 for at, line in lines if line and not line.startswith("#") and at not in silent)


def report(found: list[Entrant], missing: list[Entrant], offs: dict[str, float]) -> str:
    """Return the table, how the targets came out, and on what it was measured."""
    base = next(entrant for entrant in found if entrant.name == BASE)
    rounds = len(base.seconds)
    heads = ("name", "ns a path-month", "times slower than forcesim, laws", "peak MB", "lines of user code")
    heads += ("set-up, s", "paths", "off, standard errors", "notes")
    rows = [f"| {' | '.join(heads)} |", "|---|---:|---:|---:|---:|---:|---:|---:|---|"]
    for one in sorted(found, key=lambda entrant: entrant.per_path_month):
        ratios = one.over(base)
        times = f"{short(statistics.median(ratios))} ({short(min(ratios))}-{short(max(ratios))})"
        peak = "" if math.isnan(one.peak) else f"{one.peak:.0f}"
        rows.append(
            f"| {one.title} | {short(one.per_path_month)} | {times} | {peak} | {lines_of(one.build)}"
            f" | {one.setup:.1f} | {one.paths:,} | {offs[one.name]:.1f} | {one.notes} |"
        )
    rows += [f"| {one.title} | | | | {lines_of(one.build)} | | | | not installed |" for one in missing]
    return "\n".join(
        [f"Rounds: {rounds}. Times are medians; ratios are taken within a round (least-most).", "", *rows, "",
         *targets(found, base), "", *machine()]
    )  # fmt: skip


def targets(found: list[Entrant], base: Entrant) -> Iterator[str]:
    """Yield a line for each target: reached or missed."""
    for title, names, wanted in TARGETS:
        ratios = [statistics.median(one.over(base)) for one in found if one.name in names]
        if ratios:
            word = "reached" if min(ratios) >= wanted else "missed"
            yield f"- {title}: {short(min(ratios))} times, wanted {wanted:g}: {word}"


def machine() -> Iterator[str]:
    """Yield the machine and the versions of all packages."""
    cpu = (
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    )
    yield f"- {next(cpu, platform.machine())}, {os.cpu_count()} cores, Python {platform.python_version()}"
    versions = []
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{package} {importlib.metadata.version(package)}")
    yield f"- {', '.join(versions)}"


def short(value: float) -> str:
    """Return a number with two or three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def compare(chosen: list[Entrant], rounds: int, reference_paths: int, *, memory: bool) -> str:
    """Measure all that are chosen, check that they agree, and return the report."""
    for entrant in chosen[: None if memory else 1]:
        with contextlib.suppress(subprocess.CalledProcessError):  # not installed: build() says so
            entrant.peak = peak_of(entrant)
    found = [entrant for entrant in chosen if build(entrant)]
    for seed in range(1, rounds + 1):
        for entrant in found:
            measure(entrant, seed)
        print(f"round {seed} of {rounds}", file=sys.stderr)
    reference = code.numpy_binomial()(reference_paths, 0)
    agree(
        Entrant("reference", "the reference", code.numpy_binomial, reference_paths, answers=[reference]),
        moments(),
        math.inf,
    )
    offs = {entrant.name: agree(entrant, reference, reference_paths) for entrant in found}
    return report(found, [entrant for entrant in chosen if entrant not in found], offs)


def main() -> int:
    """Read the command line; measure; print or write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report as Markdown")
    parser.add_argument("--smoke", action="store_true", help="one round with few paths")
    parser.add_argument("--only", default="", metavar="NAME,NAME", help="these and forcesim, laws by name")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--paths", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    known = {entrant.name: entrant for entrant in entrants()}
    wanted = {given.memory} if given.memory else set(filter(None, given.only.split(",")))
    if wanted - set(known):
        parser.error(f"one of {', '.join(known)}")
    if given.memory:
        known[given.memory].paths = given.paths or known[given.memory].paths
        print(own_peak(known[given.memory]))
        return 0
    chosen = [entrant for entrant in known.values() if not wanted or entrant.name in wanted | {BASE}]
    if given.smoke:
        for entrant in chosen:
            entrant.paths = max(2, entrant.paths // 10)
    rounds, reference_paths = (1, 20_000) if given.smoke else (given.rounds, 400_000)
    text = compare(chosen, rounds, reference_paths, memory=not given.smoke)
    if given.write is None:
        print(text)
    else:
        partial = given.write.with_name(given.write.name + ".partial")
        partial.write_text(f"# The peers, measured\n\n{text}\n", encoding="utf-8")
        partial.replace(given.write)
    return 0


CORES = os.sched_getaffinity(0)
if __name__ == "__main__":
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    sys.exit(main())
