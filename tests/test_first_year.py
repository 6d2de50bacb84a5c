"""The bundled scenario's first year lies inside the spread of what was published for 2025."""

from __future__ import annotations

import numpy as np
import pytest

import forcesim as fs
from forcesim.tables import lookup

MONTHS = [f"2025-{month:02d}" for month in range(3, 13)]


@pytest.fixture(scope="module")
def year() -> tuple[fs.Result, np.ndarray]:
    kept = ["strength", "accessions", "losses", "awol", "killed", "phase"]
    result = fs.simulate(fs.load("ukraine-2025"), "status-quo", paths=1024, seed=2025, keep=kept)
    return result, np.stack([result.sample("phase", at=month) for month in MONTHS]).max(axis=0) == 0


def median(year: tuple[fs.Result, np.ndarray], outcome: str) -> float:
    """Return the median over the paths at war of the mean of the months."""
    result, war = year
    return float(np.median(np.mean([result.sample(outcome, at=month) for month in MONTHS], axis=0)[war]))


def span(*rows: str) -> tuple[float, float]:
    """Return the lowest and the highest published figure of some rows."""
    return min(lookup(row).low for row in rows), max(lookup(row).high for row in rows)


@pytest.mark.parametrize(
    ("outcome", "rows", "factor"),
    [
        ("accessions[UKR]", ("FG064", "FG069", "FG070"), 1.0),
        ("awol[UKR]", ("FG076",), 1 / 7),
        ("accessions[RUS]", ("FG033", "FG034", "FG037"), 1.0),
        ("losses[RUS]", ("FG050", "FG049"), 1.0),
        ("strength[UKR]", ("FG004", "FG005", "FG006"), 1.0),
        ("strength[RUS]", ("FG111", "FG024"), 1.0),
    ],
)
def test_the_median_lies_inside_what_was_published(year, outcome: str, rows: tuple[str, ...], factor: float) -> None:
    low, high = span(*rows)
    found = median(year, outcome)
    slack = 0.1 if low == high else 0.0
    assert low * factor * (1 - slack) <= found <= high * factor * (1 + slack)


def test_ukraines_losses_follow_from_russias_and_the_exchange_ratio(year) -> None:
    low, high = span("FG048")
    assert 30_000 / high <= median(year, "losses[UKR]") <= 45_000 / low


def test_the_killed_are_the_published_share(year) -> None:
    low, high = span("FG056")
    assert low <= median(year, "killed[RUS]") / median(year, "losses[RUS]") <= high
