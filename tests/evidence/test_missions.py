"""Past missions: posteriors are those of their formulas, and a mission is predicted without looking at it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import gamma

import forcesim as fs
from forcesim import evidence
from forcesim.evidence import missions as past


def test_hazards_are_gamma_posteriors() -> None:
    fit = evidence.fit("contingent")
    gone = past.exits().set_index("mission")
    left, months = gone.loc["Iraq 2003-2008", ["left", "nation_months"]].astype(float)
    exact = gamma(left + 0.5, scale=1.0 / months)
    found = fit["withdrawal_hazard_alone"]
    # the logarithm is normal to a few parts in a hundred
    assert found.value == pytest.approx(exact.median(), rel=0.03)
    assert found.interval == (pytest.approx(exact.ppf(0.025), rel=0.06), pytest.approx(exact.ppf(0.975), rel=0.06))
    assert fit["withdrawal_hazard"].interval[1] < found.interval[0]  # an alliance's mission is not Iraq


def test_delivery_is_as_wide_as_five_pairs_make_it() -> None:
    fit, pairs = evidence.fit("contingent"), past.deliveries()
    logs = np.log(pairs["delivered"].to_numpy() / pairs["pledged"].to_numpy())
    assert fit["delivery_median"].value == pytest.approx(math.exp(logs.mean()))
    assert fit["delivery_median"].sd > logs.std(ddof=1) / math.sqrt(5)
    low, high = fit["delivery_spread"].interval
    assert low < 0.5 < high  # the scenario's


def test_joining_recovers_what_it_was_not_told() -> None:
    """600 nations drawn from the model: each slope within 4 of its errors; without the ally it is not."""
    rng, frame = np.random.default_rng(4), past.missions()
    frame = frame.sample(600, replace=True, random_state=7).reset_index(drop=True)
    design, truth = past._design(frame), np.array([-0.5, 0.6, 1.5])
    frame["joined"] = rng.random(600) < 1.0 / (1.0 + np.exp(-design @ truth))
    mode, errors, *_ = past._joining(frame)
    assert (np.abs(mode - truth) < 4.0 * errors).all()
    assert abs(mode[2]) > 4.0 * errors[2]  # negative twin: no effect of the alliance


def test_a_mission_is_predicted_without_looking_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = past.left_out("SFOR", draws=1_000)
    frame = past.missions()
    spoilt = frame.assign(
        joined=frame["joined"].where(frame["mission"] != "SFOR", other=False),
        troops=frame["troops"].where(frame["mission"] != "SFOR", other=1.0),
    )
    monkeypatch.setattr(past, "missions", lambda: spoilt)
    after = past.left_out("SFOR", draws=1_000)
    np.testing.assert_array_equal(before.chance, after.chance)
    assert before.total == after.total
    assert before.observed != after.observed


def test_what_past_missions_tell_of_each_other() -> None:
    base = {"IFOR": 0.223, "SFOR": 0.205, "KFOR": 0.223}
    for mission, of_base in base.items():
        found = past.left_out(mission)
        assert found.brier < of_base
        assert found.ranked > 0.65
    assert (
        past.left_out("KFOR").observed < past.left_out("KFOR").low
    )  # KFOR of 2017 had shrunk to a tenth: not foreseen


def test_it_goes_into_a_scenario() -> None:
    scenario = evidence.fit("contingent").apply(fs.load("ukraine-2025"))
    assert scenario.get("contingent.delivery_median").distribution.kind == "lognormal"


def test_sources_are_drawn() -> None:
    figure = evidence.parameter("FG004").figure()
    assert len(figure.axes[0].get_yticklabels()) == 7


def test_no_list_no_prediction() -> None:
    with pytest.raises(fs.ResultError, match="mission: must have a complete list, got 'ISAF'"):
        past.left_out("ISAF")
