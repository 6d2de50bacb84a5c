"""The API as a user would type it; mypy reads this file, nothing runs it."""

from __future__ import annotations

import forcesim as fs


def chance_that_the_gap_closes(policy: str, by: str) -> float:
    """Return the chance, from 1,000 paths."""
    scenario: fs.Scenario = fs.load("ukraine-2025").with_values({"nations.UKR.army.strength": 1_000_000})
    result: fs.Result = fs.simulate(scenario, policy, paths=1_000, seed=1, keep=["gap"], progress=False)
    estimate: fs.Estimate = result.chance("gap <= 0", by=by)
    return estimate.value + 0.0 * estimate.error


def better(one: str, other: str) -> bool:
    """Return whether the difference is real."""
    found: fs.Comparison = fs.compare(fs.load("ukraine-2025"), [one, other], "gap", at="2030-12", paths=1_000)
    return found.differences[other].high < 0


def again(result: fs.Result) -> bool:
    """Return whether a manifest makes the same bits."""
    return fs.replay(result.manifest).same_bits(result)
