"""The compiled kernels against the same functions uncompiled: the whole model, to the last bit."""

from __future__ import annotations

import os
import subprocess
import sys

CODE = """
import hashlib, sys
import forcesim as fs
from tests.support.whole import history

data = fs.load("ukraine-2025").in_full()
nations = {code: data["nations"][code] for code in ("POL", "RUS", "UKR")}
scenario = fs.Scenario.of({**data, "nations": nations, "groups": {}, "policies": {}, "correlations": []})
scenario = scenario.with_values({
    "conflict.start_phase": "ceasefire", "contingent.requested": 5_000, "contingent.readiness": 20,
    "contingent.backstop_offered": "yes", "conflict.guarantee": "nato-in-ukraine",
    "nations.UKR.army.schools[0].duration": "erlang", "nations.UKR.army.schools[0].stages": 2,
})
found = history(scenario, paths=40, seed=3, months=3).rows
result = fs.simulate(scenario.with_values({"horizon": "2025-04"}), paths=20, seed=3, threads=1, events=["gap <= 0"])
print(hashlib.sha256(found.tobytes()).hexdigest(), result.manifest.digest)
"""


def test_the_whole_model_compiled_and_plain_gives_the_same_bits() -> None:
    def run(compiled: str) -> str:
        environment = {**os.environ, "FORCESIM_COMPILE": compiled, "FORCESIM_HELP": "0"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", CODE], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert run("1") == run("0") != ""
