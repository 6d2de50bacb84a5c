"""Readiness marks: brigades that are free, by hand on each path; needs that are met earlier where less is needed."""

from __future__ import annotations

import numpy as np
import pytest

import forcesim as fs
from forcesim.result.readiness import readiness

KEPT = ["phase", "trained", "theatre"]


@pytest.fixture(scope="module")
def result() -> fs.Result:
    scenario = fs.load("ukraine-2026").with_values({"horizon": "2032-01"})
    return fs.simulate(scenario, paths=256, seed=4, keep=KEPT, outcomes=KEPT, progress=False)


def test_free_brigades_and_chances_as_by_hand(result: fs.Result) -> None:
    found = readiness(result, {"local": 6.0, "large": 60.0}, within=(0, 12), land_share=0.6, brigade=5_000)
    peace = result.history("phase == 'ceasefire'") > 0
    brigades = (0.6 * result.history("trained[RUS]") - result.history("theatre[RUS]")) / 5_000
    last, met = [], []
    for path in range(result.paths):
        begun = np.flatnonzero(peace[:, path])
        months = slice(begun[0], begun[0] + 13) if len(begun) else slice(0, 0)
        if len(peace[months, path]) == 13 and peace[months, path].all():
            last.append(max(0.0, brigades[months, path][-1]))
            met.append(max(brigades[months, path]) >= 6)
    low, middle, high, n = found.free[12]
    assert n == len(last) > 50
    assert (low, middle, high) == pytest.approx(tuple(np.quantile(last, (0.1, 0.5, 0.9))))
    assert found.chances["local", 12].value == pytest.approx(np.mean(met))
    assert found.chances["large", 12].value <= found.chances["local", 12].value
    assert found.chances["local", 0].value < found.chances["local", 12].value  # negative twin: months count
    assert "local: 6" in repr(found)


def test_what_no_path_holds_is_refused(result: fs.Result) -> None:
    with pytest.raises(fs.ResultError, match="within: must be months that a ceasefire holds on some path, got 900"):
        readiness(result, {"local": 6.0}, within=(900,))
