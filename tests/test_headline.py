"""What fills the 500,000, and who pays: the founding figures, parts that add up, sums over a year; what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import forcesim as fs
from forcesim.result.headline import ratio_after

KEPT = ("strength", "contingent", "quality")


def still(policy: str) -> fs.Result:
    return fs.simulate(fs.load("seed-figures").without_noise(), policy, paths=2, keep=list(KEPT))


@pytest.mark.parametrize(("policy", "sent"), [("status-quo", 0), ("europe-100k", 100_000), ("europe-150k", 150_000)])
def test_the_founding_figures_fall_step_by_step(policy: str, sent: float) -> None:
    found = still(policy).waterfall(at="2030-12")
    assert [part.value for part in found.parts.values()] == pytest.approx([0, 0, sent, 0], abs=1e-6)
    assert found.remains.value == pytest.approx(500_000 - sent)
    assert "what remains" in repr(found)


@pytest.fixture(scope="module")
def result() -> fs.Result:
    scenario = fs.load("ukraine-2026").with_values({"horizon": "2031-01"})
    return fs.simulate(
        scenario,
        "europe-100k",
        paths=512,
        seed=4,
        keep=["phase", "gap", "front_ratio", "deployable", "intake_limit", "reserves", *KEPT],
    )


@pytest.mark.parametrize("given", [None, "phase == 'ceasefire'"])
def test_the_parts_add_up_and_the_first_two_give_the_gap_of_heads(result: fs.Result, given: str | None) -> None:
    found = result.waterfall(at="2030-12", given=given)
    parts = [part.value for part in found.parts.values()]
    assert found.remains.value == pytest.approx(500_000 - sum(parts))
    heads = result.mean("strength[RUS] - strength[UKR]", at="2030-12", given=given)
    assert 500_000 - parts[0] - parts[1] == pytest.approx(heads.value)
    assert found.remains.n == heads.n
    assert all(part.error >= 0 for part in found.parts.values())
    bars = found.figure().axes[0].patches
    heights = [bar.get_height() for bar in bars]
    assert heights[0] == 500_000
    assert heights[-1] == pytest.approx(found.remains.value)
    assert bars[-2].get_y() == pytest.approx(heights[-1]), "the last part ends where the remainder begins"


def test_beside_the_parts_stand_limits_and_reserves(result: fs.Result) -> None:
    peace = "phase == 'ceasefire'"
    found = result.waterfall(at="2030-12", given=peace)
    ceiling = result.chance("intake_limit[UKR] == ceiling", at="2030-12", given=peace)
    assert found.beside["intake limited by ceiling"].value == pytest.approx(ceiling.value)
    assert found.beside["intake limited by money"].value < ceiling.value
    assert found.beside["allies' reserves"].value == pytest.approx(
        result.mean("sum(reserves)", at="2030-12", given=peace).value
    )
    assert "beside it: intake limited by ceiling" in repr(found)
    assert not still("status-quo").waterfall(at="2030-12").beside  # not kept


def test_the_bill_is_the_sum_of_the_year(result: fs.Result) -> None:
    groups = {"Poland and Italy": ("POL", "ITA"), "Russia": ("RUS",)}
    one_by_one, together = result.bill(year=2030), result.bill(year="2030", payers=groups)
    months = [f"2030-{month:02d}" for month in range(1, 13)]
    poland = sum(result.mean("cost[POL]", at=month).value for month in months)
    assert one_by_one.rows["POL"][0] == pytest.approx(poland, rel=1e-12)
    gdp = sum(result.mean("gdp[POL]", at=month).value for month in months) / 12
    assert one_by_one.rows["POL"][2] == pytest.approx(poland / gdp, rel=1e-12)
    assert together.rows["Poland and Italy"][0] == pytest.approx(poland + one_by_one.rows["ITA"][0])
    assert list(one_by_one.rows) == sorted(one_by_one.rows, key=lambda payer: -one_by_one.rows[payer][0])
    assert one_by_one.total == pytest.approx(sum(row[0] for row in one_by_one.rows.values()))
    assert "Poland and Italy" in repr(together)
    drawn = together.figure().axes[0]
    assert [label.get_text() for label in drawn.get_yticklabels()] == list(together.rows)


def test_the_front_ratio_after_a_ceasefire_as_by_hand(result: fs.Result) -> None:
    peace, ratio = result.history("phase == 'ceasefire'") > 0, result.history("front_ratio")
    shares = []
    for path in range(result.paths):
        begun = np.flatnonzero(peace[:, path])
        month = begun[0] + 6 if len(begun) else result.timeline.months
        if month < result.timeline.months and peace[month, path]:
            shares.append(ratio[month, path] / (1 + ratio[month, path]))
    found, mean = ratio_after(result, 6), float(np.mean(shares))
    assert found.n == len(shares)
    assert found.value == pytest.approx(mean / (1 - mean))
    step = 1e-6
    slope = ((mean + step) / (1 - mean - step) - mean / (1 - mean)) / step
    assert found.error == pytest.approx(slope * float(np.std(shares, ddof=1)) / np.sqrt(len(shares)), rel=1e-4)
    assert found.low < found.value < found.high


def test_refusals(result: fs.Result) -> None:
    with pytest.raises(fs.ResultError, match=r"given: must be true on some path, got none of 512 \(gap < -1e9\)"):
        result.waterfall(at="2030-12", given="gap < -1e9")
    with pytest.raises(fs.ResultError, match="must be kept path by path"):
        fs.simulate(fs.load("seed-figures"), paths=2, keep=["gap"]).waterfall(at="2030-12")
    with pytest.raises(fs.ResultError, match=r"cost: must be an outcome of the result"):
        still("status-quo").bill(year=2030)
    with pytest.raises(fs.ResultError, match="2031-02"):
        result.bill(year=2031)
    assert np.isfinite(result.waterfall(at=12).remains.value)
