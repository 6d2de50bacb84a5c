"""Who joins, how much arrives, how long they stay; leave one mission out. False alarms: 6e-5 a test."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from forcesim.evidence.coalitions import (
    IRAQ,
    Stay,
    delivered,
    features,
    fit_contingent,
    forces,
    joining,
    missions,
    pledged_and_delivered,
    pledges_figure,
    sizes,
    stays,
    withdrawal,
)
from forcesim.evidence.missions import area_under_curve, leave_one_out
from forcesim.scenario import load
from tests.support.laws import assert_mean, assert_share


@pytest.fixture(scope="module")
def left():
    return leave_one_out()


def test_the_five_pledges_of_kfor() -> None:
    assert pledged_and_delivered() == {
        "DEU": (8500, 6000), "FRA": (7000, 7000), "GBR": (13000, 19000), "RUS": (10000, 3000), "USA": (7000, 7000),
    }  # fmt: skip


def test_delivery_has_the_moments_of_its_exact_posterior() -> None:
    ratios = np.array([0.5, 0.7, 1.0, 1.4, 2.0])
    logs = np.log(ratios)
    median, spread = delivered(ratios.tolist())
    exact = stats.t(4, logs.mean(), logs.std(ddof=1) / math.sqrt(5))
    assert (median.centre, median.sd) == pytest.approx((exact.mean(), exact.std()))
    variance = stats.invgamma(2.0, scale=2.0 * logs.var(ddof=1)).rvs(200_000, random_state=np.random.default_rng(1))
    assert_mean(0.5 * np.log(variance), spread.centre, "log of the spread")


def test_intervals_from_five_pledges_cover_and_those_that_take_the_spread_as_known_do_not() -> None:
    rng, n = np.random.default_rng(2), 4_000
    sets = rng.normal(-0.2, 0.5, (n, 5))
    ours = naive = 0
    for logs in sets:
        median, _ = delivered(np.exp(logs).tolist())
        ours += abs(median.centre + 0.2) < 1.96 * median.sd
        naive += abs(logs.mean() + 0.2) < 1.96 * logs.std(ddof=1) / math.sqrt(5)
    expected = 2 * stats.t(4).cdf(1.96 * math.sqrt(2.0)) - 1
    assert_share(ours, n, expected, "cover")
    assert expected > 0.94
    assert naive / n < 0.90


def test_a_hazard_is_recovered_and_missions_that_differ_widen_it() -> None:
    alike = [Stay(name, 2_000, round(2_000 * -math.expm1(-0.01 * 50)), 50.0, "") for name in "abcd"]
    known = withdrawal(alike)
    assert known.value == pytest.approx(0.01, rel=0.1)
    mixed = [Stay(one.mission, 2_000, round(2_000 * -math.expm1(-h * 50)), 50.0, "")
             for one, h in zip(alike, (0.003, 0.03, 0.003, 0.03), strict=True)]  # fmt: skip
    assert withdrawal(mixed).sd > 3 * known.sd


def test_few_stays_leave_the_prior_and_none_that_left_is_no_hazard_of_zero() -> None:
    none = withdrawal([Stay("a", 30, 0, 12.0, "")])
    assert 0.0001 < none.value < 0.004
    assert none.sd > 1.0
    assert withdrawal([Stay("a", 30, 0, 120.0, "")]).value < none.value


def test_withdrawal_simulated_by_hand_is_recovered() -> None:
    """40 sets of three missions; the twin forgets that those who left did so within the time, not at its end."""
    rng, z, wrong = np.random.default_rng(3), [], []
    for _ in range(40):
        h = np.exp(rng.normal(math.log(0.004), 0.3, 3))
        given = [Stay("m", 40, int((rng.exponential(1 / each, 40) < 60).sum()), 60.0, "") for each in h]
        found, new = withdrawal(given), math.log(0.004) + 0.3 * rng.normal()
        z.append((new - found.centre) / found.sd)
        wrong.append((new - math.log(20 * sum(one.left for one in given) / (3 * 40 * 60))) / found.sd)
    assert_mean(z, 0.0, "z of the next mission's hazard")
    with pytest.raises(AssertionError):
        assert_mean(wrong, 0.0, "z")


def test_iraqs_hazard_is_a_multiple_of_kfors() -> None:
    assert withdrawal(IRAQ[:1]).value > 2 * withdrawal(stays()).value


def test_joining_finds_what_members_and_size_do() -> None:
    """40 sets of made-up missions from known coefficients; the twin has membership turned about."""
    rng, gaps = np.random.default_rng(4), []
    known = missions()["IFOR"]
    nations = list(known.joined)
    true = np.array([0.3, 1.0, 0.5])
    chance = 1 / (1 + np.exp(-features(nations, 1995) @ true))
    for _ in range(40):
        made = [
            replace(known, joined=dict(zip(nations, rng.random(len(nations)) < chance, strict=True))) for _ in range(3)
        ]
        mode, covariance = joining(made)
        gaps.append((mode - true) / np.sqrt(np.diag(covariance)))
    gap = np.array(gaps)
    assert np.abs(gap.mean(axis=0)).max() < 4 / math.sqrt(40) + 0.15, "the weak prior pulls a little"
    assert abs((gap[:, 1] + 2 * true[1] / 0.45).mean()) > 2


def test_sizes_rise_with_the_forces() -> None:
    (median, error), (base, slope, sd) = sizes(list(missions().values()))
    assert median == base
    assert 0.5 < slope < 1.1
    assert 0.2 < error < sd


def test_every_nation_that_could_be_asked_has_forces() -> None:
    size = forces()
    assert all(size[nation] > 0 for one in missions().values() for nation in one.joined)
    assert "FRA" not in missions()["SFOR"].joined, "the list leaves France out: nobody knows from it"
    assert "MNE" not in missions()["IFOR"].joined, "no state then"


def test_the_fit_goes_into_a_scenarios_contingent() -> None:
    fit = fit_contingent()
    found = fit.apply(load("ukraine-2025")).contingent
    assert found.withdrawal_hazard.centre == pytest.approx(fit["withdrawal_hazard"].value)
    assert found.delivery_median.bounds[1] == 1.0
    assert fit["joins"].interval[0] < 90 / 122 < fit["joins"].interval[1]


def test_area_under_curve_by_hand() -> None:
    assert area_under_curve([0.1, 0.4, 0.35, 0.8], [False, False, True, True]) == 0.75
    assert area_under_curve([0.5, 0.5], [True, False]) == 0.5
    assert math.isnan(area_under_curve([0.5, 0.5], [True, True]))


def test_a_nations_record_beats_the_base_rate_and_shuffled_records_do_not(left) -> None:
    scores = left.joins.set_index(["mission", "model"])
    for name in missions():
        assert scores.loc[(name, "record"), "brier"] < scores.loc[(name, "base rate"), "brier"]
        assert scores.loc[(name, "base rate"), "auc"] == 0.5
    rng = np.random.default_rng(6)
    mixed = [
        replace(one, joined=dict(zip(one.joined, rng.permutation(list(one.joined.values())).tolist(), strict=True)))
        for one in missions().values()
    ]
    found = leave_one_out(mixed).joins
    worse = found[found["model"] == "record"]["brier"].mean() > found[found["model"] == "base rate"]["brier"].mean()
    assert worse


def test_the_left_out_mission_is_not_looked_at(left) -> None:
    known = list(missions().values())
    turned = replace(known[0], joined={one: not came for one, came in known[0].joined.items()})
    found = leave_one_out([turned, *known[1:]])
    mine = found.nations[found.nations["mission"] == "IFOR"]
    same = left.nations[left.nations["mission"] == "IFOR"]
    assert mine["record"].tolist() == same["record"].tolist()
    assert mine["regression"].tolist() == same["regression"].tolist()


def test_totals_lie_inside_their_wide_intervals(left) -> None:
    assert ((left.totals["low"] < left.totals["total"]) & (left.totals["total"] < left.totals["high"])).all()
    assert left.coverage()[0.95] > 0.9
    assert (left.totals["crps"] > 0).all()


def test_the_same_seed_gives_the_same_scores(left) -> None:
    assert leave_one_out().totals.equals(left.totals)
    assert not leave_one_out(seed=1).totals.equals(left.totals)


def test_the_picture_holds_all_pledges() -> None:
    axes = pledges_figure().axes[0]
    words = " ".join(text.get_text() for text in axes.texts)
    assert all(nation in words for nation in pledged_and_delivered())
