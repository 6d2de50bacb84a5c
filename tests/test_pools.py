"""Executors that are none, that are shut down, or that a script without a main guard has started."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import Pool, get_context
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import forcesim as fs
from forcesim.engine.pools import GUARD
from tests.support.toys import Sum, Walk, toy_data, toy_scenario

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import forcesim as fs

def main():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("{method}")) as pool:
        print("paths", fs.simulate(fs.load("seed-figures"), paths=20, executor=pool).paths)

{call}
"""


def ended(script: str, folder: Path, *, piped: bool) -> subprocess.CompletedProcess[str]:
    """Run a script from its file, or read from a pipe."""
    file = folder / "plain.py"
    file.write_text(script, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-" if piped else file.name], cwd=folder, input=script if piped else "", text=True,
        capture_output=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["spawn", pytest.param("forkserver", marks=pytest.mark.slow)])
def test_a_script_without_the_guard_is_told_to_have_one(tmp_path: Path, method: str) -> None:
    found = ended(SCRIPT.format(method=method, call="main()"), tmp_path, piped=False)
    last = found.stderr.strip().splitlines()[-1]
    assert found.returncode == 1
    assert last.startswith("forcesim.errors.ExecutorError: executor: must stay alive, got ")
    assert f"workers run the script again: put the call, and what starts its processes, under {GUARD}" in last
    assert "executor: must take work" in found.stderr, "the worker says it as well"


def test_a_script_from_a_pipe_is_told_to_become_a_file(tmp_path: Path) -> None:
    found = ended(SCRIPT.format(method="spawn", call="main()"), tmp_path, piped=True)
    last = found.stderr.strip().splitlines()[-1]
    assert "workers run the script again, which is no file: save it as one, and put the call" in last
    assert GUARD in last


def test_a_script_with_the_guard_works(tmp_path: Path) -> None:
    found = ended(SCRIPT.format(method="spawn", call=f"{GUARD}\n    main()"), tmp_path, piped=False)
    assert (found.returncode, found.stdout) == (0, "paths 20\n"), found.stderr


@pytest.mark.parametrize(
    ("executor", "message"),
    [
        ("processes", "executor: must be an executor of concurrent.futures, got 'processes' .give an open one: with "),
        (4, "got 4"),
        (ThreadPoolExecutor, "got <class 'concurrent.futures.thread.ThreadPoolExecutor'>"),
        (SimpleNamespace(submit=print, get_executor=print), r"give executor=client\.get_executor"),
        (False, "got False"),
        ([], r"got \[\]"),
    ],
)
def test_what_is_no_executor_is_refused_before_work_begins(tmp_path: Path, executor: Any, message: str) -> None:
    with pytest.raises(fs.ExecutorError, match=message):
        fs.simulate(toy_scenario(), paths=20, executor=executor, checkpoint=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_a_pool_of_multiprocessing_is_no_executor() -> None:
    with Pool(1) as pool, pytest.raises(fs.ExecutorError, match="executor: must be an executor"):
        fs.simulate(toy_scenario(), paths=20, executor=pool)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_that_was_shut_down_is_refused(kind) -> None:
    with kind(1) as pool:
        pass
    with pytest.raises(
        fs.ExecutorError, match=r"executor: must take work, got RuntimeError: .*while the executor is open"
    ):
        fs.simulate(toy_scenario(), paths=20, executor=pool)


def test_what_cannot_be_sent_to_a_process_is_named() -> None:
    class Local(Walk):
        pass

    scenario = fs.Scenario.of(toy_data(), (Local, Sum))
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(fs.ExecutorError, match="top level of a module that it can import"),
    ):
        fs.simulate(scenario, paths=20, executor=pool)
