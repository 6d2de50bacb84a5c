"""Compile the kernels on a second core: a first run waits for half as long.

Numba compiles one function at a time in a process, and keeps what it made on disk. So where a run finds nothing
there, it starts one more process that compiles the same kernels from the last to the first; when the two meet, each
finds the other's half. The helper ends by itself, or with the run. ``FORCESIM_HELP=0`` keeps it from being started.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys

import numpy as np

from forcesim.engine.recording import Recording
from forcesim.machine import threads_here
from forcesim.plan import make_plan
from forcesim.scenario import load

__all__ = ["ask_for_help", "compile_backwards"]

PATHS = 256
POLICY = "nato-in-ukraine"
"""The bundled scenario under this policy enters every kernel."""


def ask_for_help() -> None:
    """Start the helper, unless there is no core for it or it is not wanted."""
    if os.environ.get("FORCESIM_HELP", "1") == "0" or threads_here() < 2 or not sys.executable:
        return
    command = [sys.executable, "-c", "from forcesim.engine.warm import compile_backwards; compile_backwards()"]
    with contextlib.suppress(OSError):  # where no process can be started, the run compiles alone
        helper = subprocess.Popen(  # noqa: S603 - this interpreter, and a text of our own
            command,
            env={**os.environ, "FORCESIM_HELP": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(helper.terminate)


def compile_backwards() -> None:
    """Enter every kernel once, the last of a month first; what they compute is of no use."""
    scenario = load("ukraine-2025").with_policy(POLICY)
    plan = make_plan(scenario)
    recording = Recording(scenario, plan, paths=PATHS, seed=0)
    block = recording.new_block(0, PATHS)
    summary, kept = recording.new_summary(), recording.new_kept(0, PATHS)
    with np.errstate(all="ignore"):
        summary.fold(0, block.state, recording.rows)
        kept.put(0, 0, block.state)
        for place in reversed(range(len(plan.steps))):
            for month in (0, 1):
                block.open(month)
                begin, _, end = block.layout.steps[month][place]
                block.run(begin, end)
