"""Stopping at a precision: the width is reached, and looking often has not made intervals too narrow."""

from __future__ import annotations

import numpy as np
import pytest

import forcesim as fs
from forcesim.engine.precision import looks
from tests.support.toys import TOYS, toy_scenario

REPETITIONS = 1_000


def test_the_wanted_half_width_is_reached_with_no_more_looks_than_needed() -> None:
    wanted = fs.Precision(chance="total > 14", by="2025-07", half_width=0.02)
    result = fs.simulate(toy_scenario(), paths=100_000, seed=2, until=wanted)
    found = result.chance("total > 14", by="2025-07")
    assert result.reached is True
    assert max(found.high - found.value, found.value - found.low) <= 0.02
    assert result.paths in looks(100_000)[0]
    before = fs.simulate(toy_scenario(), paths=result.paths // 2, seed=2, events=["total > 14"])
    half = before.chance("total > 14", by="2025-07")
    assert half.error * looks(100_000)[1] > 0.019, "half as many paths would not do"
    assert fs.replay(result.manifest, processes=TOYS).same_bits(result)


def test_a_checkpoint_is_taken_up_at_the_look_that_it_has_reached(tmp_path) -> None:
    wanted = fs.Precision(mean="total", at="2026-01", half_width=0.1)
    whole = fs.simulate(toy_scenario(), paths=20_000, seed=2, until=wanted)
    assert whole.paths > 4_096
    fs.simulate(toy_scenario(), paths=4_096, seed=2, keep="summary", checkpoint=tmp_path)
    again = fs.simulate(toy_scenario(), paths=20_000, seed=2, until=wanted, checkpoint=tmp_path)
    assert again.same_bits(whole)
    assert again.paths == whole.paths


def test_what_cannot_be_reached_says_so() -> None:
    wanted = fs.Precision(mean="total", at="2026-01", half_width=1e-4)
    result = fs.simulate(toy_scenario(), paths=3_000, until=wanted)
    assert result.paths == 3_000
    assert result.reached is False
    assert fs.simulate(toy_scenario(), paths=300).reached is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"half_width": 0.0, "mean": "total"}, "half_width: must be a number above 0"),
        ({"half_width": 0.1}, "must name either a chance or a mean"),
        ({"half_width": 0.1, "mean": "total", "chance": "total > 1"}, "must name either a chance or a mean"),
        ({"half_width": 0.1, "mean": "total", "by": "2025-03"}, "belongs to a chance"),
        ({"half_width": 0.1, "chance": "total > 1", "by": "2025-03", "at": "2025-03"}, "not both"),
    ],
)
def test_what_is_no_question_is_refused(asked, message: str) -> None:
    with pytest.raises(fs.ResultError, match=message):
        fs.Precision(**asked)


def test_paths_that_depend_on_their_number_are_refused() -> None:
    scenario = toy_scenario(sampling={"design": "latin-hypercube"}).with_values(
        {"nations.DEU.walk.drift": {"uniform": [0.5, 1.5]}}
    )
    with pytest.raises(fs.ResultError, match="needs independent paths"):
        fs.simulate(scenario, paths=3_000, until=fs.Precision(mean="total", half_width=1.0))


def stopped_coverage(z_of_look, half_width: float) -> float:
    """Return how often the interval of a mean at the look where it stopped holds the truth (0), for normal samples.

    The rule is that of the engine; the samples come from NumPy, since a thousand runs of the engine take minutes.
    """
    rng = np.random.default_rng(12)
    places, z = looks(65_536)
    covered = 0
    for _ in range(REPETITIONS):
        # a variable whose spread itself is uncertain early on: what looks narrow is what is stopped at
        sample = rng.lognormal(0.0, 2.0, places[-1]) - np.exp(2.0)
        total, squares = np.cumsum(sample), np.cumsum(sample**2)
        for n in places:
            mean = total[n - 1] / n
            error = np.sqrt((squares[n - 1] / n - mean**2) / (n - 1))
            if z_of_look(z) * error <= half_width or n == places[-1]:
                covered += abs(mean) <= z_of_look(z) * error
                break
    return covered / REPETITIONS


@pytest.mark.slow
def test_coverage_over_a_thousand_repetitions() -> None:
    """At 95 % and n = 1,000 four standard errors are 2.8 %; the negative twin is the interval without correction."""

    def chances(seed: int) -> bool:
        wanted = fs.Precision(chance="total > 6", at="2025-04", half_width=0.035)
        result = fs.simulate(scenario, paths=8_192, seed=seed, until=wanted, outcomes=["total"], threads=1)
        found = result.chance("total > 6", at="2025-04")
        return found.low <= 0.5 <= found.high

    scenario = toy_scenario(horizon="2025-04", policies={})
    covered = sum(chances(seed) for seed in range(REPETITIONS)) / REPETITIONS
    assert covered >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / REPETITIONS)


@pytest.mark.slow
def test_the_correction_is_needed() -> None:
    with_correction, without = (stopped_coverage(rule, 1.2) for rule in (lambda z: z, lambda _: 1.96))
    assert with_correction > without
    assert without < 0.95 - 4 * np.sqrt(0.95 * 0.05 / REPETITIONS), "the negative twin covers too seldom"
