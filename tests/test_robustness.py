"""Robustness: measures that can be counted by hand, noise and ignorance apart, and a worst case that is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

import forcesim as fs
from forcesim.decide.regrets import drawn_in, measures
from forcesim.decide.worst import leading, lowest_corner
from tests.test_sensitivity import LEVELS, MONTHS, NOISE, RHO, SD, WHOLE, walks


def test_measures_by_hand() -> None:
    """Two policies in four worlds."""
    worlds = np.array([[1.0, 2.0, 3.0, 4.0], [2.5, 2.5, 2.5, 2.5]])
    found = {name: one.tolist() for name, one in measures(worlds, threshold=2.5, optimism=0.25, share=0.5).items()}
    assert found["mean"] == [2.5, 2.5]
    assert found["maximin"] == [1.0, 2.5]
    assert found["maximax"] == [4.0, 2.5]
    assert found["hurwicz"] == [0.25 * 4 + 0.75 * 1, 2.5]
    assert found["percentile"] == [2.5, 2.5]
    assert found["satisficing"] == [0.5, 1.0]
    assert found["regret"] == [1.5, 1.5]
    assert found["undesirable"] == [(1.5 + 0.5) / 4, 0.0]
    assert found["signal_to_noise"][0] == pytest.approx(2.5 / np.std([1, 2, 3, 4], ddof=1))
    turned = measures(-worlds, threshold=-2.5, optimism=0.25, share=0.5, lowest=True)
    for name in ("satisficing", "regret", "undesirable", "signal_to_noise"):
        assert turned[name].tolist() == found[name]
    for name in ("mean", "maximin", "hurwicz", "percentile"):
        assert turned[name].tolist() == [-one for one in found[name]]


def test_worlds_spread_as_their_means_do() -> None:
    """Means of standard deviation 1 under chance of 4, played 4 times: plain estimates spread by the root of 5."""
    rng = np.random.default_rng(11)
    values = rng.normal(size=(1, 20_000, 1)) + 4.0 * rng.normal(size=(1, 20_000, 4))
    assert drawn_in(values).std() == pytest.approx(1.0, abs=0.08)
    assert values.mean(axis=-1).std() == pytest.approx(math.sqrt(5.0), rel=0.03)
    two = np.concatenate([values, values + 0.1 * rng.normal(size=(1, 20_000, 4))])  # they differ by chance alone
    assert measures(drawn_in(two))["regret_90"].max() < 0.3 * measures(two.mean(axis=-1))["regret_90"].max()


def test_noise_and_ignorance_are_apart() -> None:
    """What we do not know moves the mean by 1.645 of its standard deviations; faster walks are never regretted."""
    found = fs.robustness(walks(), ["status-quo", "faster"], "total", at="2025-07", worlds=1_024, plays=4, threads=1)
    sd = math.sqrt(WHOLE - NOISE)
    low, high = found.unknown["status-quo"]
    assert high - low == pytest.approx(2 * norm.ppf(0.95) * sd, rel=0.12)
    assert high - low < 0.95 * 2 * norm.ppf(0.95) * math.sqrt(WHOLE)  # chance is not in it
    assert found.chance_share["status-quo"] == pytest.approx(NOISE / WHOLE, abs=0.05)
    assert found.measures["regret"]["faster"].value == pytest.approx(0.0, abs=0.3)
    assert found.measures["mean"]["status-quo"].value == pytest.approx(270 + 3 * MONTHS, abs=1.0)
    assert found.sentences()[0].startswith("status-quo: 28")
    assert "of which what we do not know moves it between" in found.sentences()[0]
    again = fs.robustness(walks(), ["status-quo", "faster"], "total", at="2025-07", worlds=1_024, plays=4, threads=2)
    assert again.measures == found.measures
    assert again.worst == found.worst
    picture = found.figure().axes[0]
    assert [label.get_text() for label in picture.get_yticklabels()] == ["status-quo", "faster"]
    assert list(found.to_dataframe().columns[:3]) == ["low", "high", "chance_share"]
    assert "worst case" in repr(found)


def test_the_worst_plausible_case() -> None:
    """All levels at their 5 % quantile: 1.645 standard deviations of each below the middle."""
    found = fs.robustness(walks(rho=0), ["status-quo"], "total", at="2025-07", worlds=512, plays=4, threads=1)
    truth = 270 + 3 * MONTHS - norm.ppf(0.95) * sum(SD.values())
    assert abs(found.worst["status-quo"].value - truth) < 4 * found.worst["status-quo"].error + 0.5
    for nation, name in LEVELS.items():
        assert found.worst_inputs["status-quo"][name] == pytest.approx(90 - norm.ppf(0.95) * SD[nation], abs=0.2)
    high = fs.robustness(
        walks(rho=0), ["status-quo"], "total", at="2025-07", worlds=512, plays=4, lowest=True, threads=1
    )
    assert high.worst["status-quo"].value > 270 + 3 * MONTHS


def test_the_search_finds_a_corner_and_an_inside() -> None:
    u = np.random.default_rng(12).uniform(size=(5, 600))
    y = (u[1] - 0.4) ** 2 - 0.5 * u[3]
    numbers = leading(u, y, 2)
    assert 3 in numbers
    assert lowest_corner(u, y, np.array([1, 3]), 1).shares == pytest.approx([0.4, 0.95], abs=0.03)


def test_refusals() -> None:
    assert RHO > 0
    with pytest.raises(fs.ResultError, match="plays: must be >= 2, got 1"):
        fs.robustness(walks(), ["status-quo"], "total", at="2025-07", plays=1)
    with pytest.raises(fs.ResultError, match="optimism: must be a number from 0 to 1"):
        fs.robustness(walks(), ["status-quo"], "total", at="2025-07", optimism=2)
