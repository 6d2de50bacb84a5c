"""A run in a process of its own, for tests that stop it: ``python -m tests.support.killed folder paths``."""

from __future__ import annotations

import signal
import sys

import forcesim as fs
from tests.support.toys import toy_scenario

SEED = 11
NATIONS = ("DEU", "FRA", "POL", "UKR", "EST", "LVA", "LTU", "FIN")


def run(folder: str | None, paths: int) -> fs.Result:
    """Run toys long enough to be stopped; blocks are small, so that there is much to interrupt."""
    return fs.simulate(
        toy_scenario(NATIONS, horizon="2029-12"), paths=paths, seed=SEED, threads=2, block=256, keep=["total"],
        events=["total > 30"], checkpoint=folder, progress=False,
    )  # fmt: skip


if __name__ == "__main__":
    import forcesim.checkpoint

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    run(None, 256)  # what has to be compiled is, before anybody stops it
    forcesim.checkpoint.SOONEST = forcesim.checkpoint.EVERY = 0.0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdout.write(run(sys.argv[1], int(sys.argv[2])).manifest.digest + "\n")
