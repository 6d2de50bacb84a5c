"""The variance of an answer, by where it comes from: walks whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest

import forcesim as fs
from tests.support.toys import TOYS, toy_scenario

NATIONS = ("DEU", "FRA", "POL")
SPREAD = {"DEU": 2.0, "FRA": 1.0, "POL": 0.5}
LEVEL = "nations.DEU.walk.level"


class Jolt(fs.Process):
    """A second source of chance in the world: the product of it and the sum is an interaction."""

    name = section = "jolt"

    class Common(fs.Section):
        size: fs.Ratio = fs.number(1.0, meaning="size", assumption="toy")

    reads = (fs.Read("total"),)
    writes = (
        fs.Indicator(name="jolted", unit="units", meaning="the sum and a jolt", scope="world", outcome=True),
        fs.Indicator(name="mixed", unit="units", meaning="the sum times a jolt", scope="world", outcome=True),
    )
    draws = (fs.Draw("z_jolt", scope="world"),)

    def start(self, context: fs.Context) -> None:
        context.write("jolted")[:] = context.write("mixed")[:] = 0.0

    def step(self, context: fs.Context, month: int) -> None:
        total, jolt = context.read("total").reshape(-1), context.draw("z_jolt").reshape(-1)
        context.write("jolted")[:] = total + 5.0 * jolt
        context.write("mixed")[:] = (total - 90.0 - 3.0 * month) * jolt


def walks() -> fs.Scenario:
    """Return three walks, a jolt, and a level of variance 9."""
    data = toy_scenario(NATIONS).to_dict()
    level = {"normal": {"mean": 90.0, "sd": 3.0, "low": 0.0}, "assumption": "toy"}
    spreads = {f"nations.{n}.walk.spread": SPREAD[n] for n in NATIONS}
    return fs.Scenario.of(data | {"jolt": {}}, (*TOYS, Jolt)).with_values({LEVEL: level} | spreads)


def near(found: fs.Estimate, truth: float) -> bool:
    return abs(found.value - truth) < 4 * found.error + 1e-12


def test_parts_by_process_and_by_nation() -> None:
    """After four months: walks 4 (4 + 1 + 1/4), jolt 25, level 9; a sum has no interaction."""
    whole = 4 * 5.25 + 25 + 9
    found = fs.decompose(walks(), None, "jolted", at="2025-05", paths=4_096, threads=1)
    for shares in (found.alone, found.total):
        assert near(shares["walk"], 21 / whole)
        assert near(shares["jolt"], 25 / whole)
        assert near(shares["uncertain numbers"], 9 / whole)
    assert near(found.alone["interaction"], 0.0)
    assert sum(one.value for one in found.alone.values()) == pytest.approx(1.0)
    assert found.standard_deviation == pytest.approx(whole**0.5, rel=0.05)
    nations = fs.decompose(walks(), None, "jolted", at="2025-05", by="nation", paths=4_096, threads=1)
    assert near(nations.total["DEU"], 16 / whole)
    assert near(nations.alone["POL"], 1 / whole)
    assert near(nations.total["world"], 25 / whole)
    assert not near(nations.total["DEU"], 21 / whole)


def test_a_product_is_all_interaction() -> None:
    """Of (sum - mean) x jolt no part has a share alone; the jolt is in all of it."""
    found = fs.decompose(walks(), None, "mixed", at="2025-05", paths=8_192, threads=1)
    assert near(found.alone["interaction"], 1.0)
    assert near(found.total["jolt"], 1.0)
    assert near(found.total["walk"], 21 / 30)
    assert near(found.total["uncertain numbers"], 9 / 30)


def test_others_stand_together() -> None:
    found = fs.decompose(walks(), None, "jolted", at="2025-05", by="nation", most=2, paths=2_048, threads=1)
    assert list(found.total) == ["world", "DEU", "3 others"]
    assert near(found.total["3 others"], (4 + 1 + 9) / 55)


def test_same_bits_and_refusals() -> None:
    one, two = (fs.decompose(walks(), None, "jolted", at="2025-05", paths=2_304, threads=k) for k in (1, 2))
    assert one.alone == two.alone
    assert one.total == two.total
    with pytest.raises(fs.ResultError, match="by: must be one of process, nation, got 'nations'"):
        fs.decompose(walks(), None, "jolted", at="2025-05", by="nations")
    with pytest.raises(fs.ResultError, match="must have chance or uncertain numbers"):
        fs.decompose(walks().without_noise(), None, "jolted", at="2025-05")
    frame = one.to_dataframe()
    assert frame.index[-1] == "interaction"
    assert [label.get_text() for label in one.figure().axes[0].get_yticklabels()] == list(one.alone)
    assert "standard deviation" in repr(one)
    assert np.isnan(frame.loc["interaction", "total"])
