"""Backtests: no look-ahead, honest on data that come from the model, scored as the scores are defined."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest
from scipy.stats import norm

import forcesim as fs
from forcesim import evidence
from forcesim.evidence.allies import counted, members_of
from forcesim.evidence.backtest import Backtest
from forcesim.evidence.baselines import growth_baselines, normal_members, share_baselines
from forcesim.evidence.measured import measured
from forcesim.evidence.missions import leave_one_out
from tests.evidence.test_fits import growth_panel

PUBLISHED = {
    2014: 3,
    2015: 4,
    2016: 4,
    2017: 3,
    2018: 5,
    2019: 6,
    2020: 8,
    2021: 6,
    2022: 7,
    2023: 10,
    2024: 18,
    2025: 31,
}


def as_backtest(observed: np.ndarray, members: dict[str, np.ndarray]) -> Backtest:
    import pandas as pd

    n = len(observed)
    cases = pd.DataFrame(
        {"origin": 2000, "horizon": 1, "year": 2001 + np.arange(n) // 10, "nation": "AAA", "observed": observed}
    )
    return Backtest("growth", cases, members)


@pytest.fixture(scope="module")
def normals() -> Backtest:
    rng = np.random.default_rng(3)
    centre = rng.normal(size=3_000)
    observed = centre + rng.normal(size=3_000)
    members = {
        "forcesim": np.stack([normal_members(m, 1.0) for m in centre]),
        "narrow": np.stack([normal_members(m, 0.5) for m in centre]),
    }
    return as_backtest(observed, members)


def test_scores_are_what_they_are_defined_to_be(normals: Backtest) -> None:
    centre = normals.members["forcesim"][:, 99]
    z = normals.observed - centre
    exact = z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / math.sqrt(math.pi)
    np.testing.assert_allclose(normals.crps(), exact, atol=0.01)
    # the weighted interval score tends to half the CRPS' integral over all quantiles: close to it
    assert normals.interval_score().mean() == pytest.approx(exact.mean(), rel=0.15)
    assert normals.interval_score("narrow").mean() > normals.interval_score().mean()


def test_coverage_and_pit_of_honest_forecasts(normals: Backtest) -> None:
    for share, found in normals.coverage().items():
        assert abs(found - share) < 4 * math.sqrt(share * (1 - share) / 3_000) + 1 / 199
    assert abs(normals.pit().mean() - 0.5) < 4 / math.sqrt(12 * 3_000)
    assert normals.coverage("narrow")[0.8] < 0.6  # negative twin


def test_skill_is_against_a_baseline_with_its_own_uncertainty(normals: Backtest) -> None:
    skill, low, high = normals.skill("narrow", horizon=1)
    assert 0 < low < skill < high
    assert normals.skill("narrow", horizon=1) == (skill, low, high)
    assert normals.skill("forcesim", horizon=1) == (0.0, 0.0, 0.0)
    assert normals.best_baseline(horizon=1) == "narrow"


def test_forecasts_know_nothing_of_what_came() -> None:
    for target, name, origin in (("growth", "gdp_growth", 2012), ("defence_share", "nato_defence_share", 2018)):
        panel = {n: series for n, series in evidence.panel(name).items() if n in ("DEU", "FRA", "POL", "ITA", "GBR")}
        panel |= {n: evidence.panel(name)[n] for n in ("ESP", "NLD", "BEL", "NOR", "CZE")}
        spoilt = {n: {y: v if y <= origin else 1.37 * v for y, v in series.items()} for n, series in panel.items()}
        found = [
            evidence.backtest(target, origins=[origin], horizons=[1, 2], data=data, paths=256)
            for data in (panel, spoilt)
        ]
        for method in found[0].members:
            np.testing.assert_array_equal(found[0].members[method], found[1].members[method], err_msg=method)
        assert not np.array_equal(found[0].observed, found[1].observed)


@pytest.mark.slow
def test_forecasts_of_the_model_s_own_data_are_honest() -> None:
    """20 nations in 9 years; what moves a year moves all, so the bound is that of 20 cases, not of 180."""
    panel, _ = growth_panel(np.random.default_rng(8), nations=20, years=31)
    found = evidence.backtest("growth", origins=range(2016, 2025), horizons=[1], data=panel, paths=1_000)
    assert len(found.cases) == 9 * 20
    assert abs(found.coverage()[0.8] - 0.8) < 4 * math.sqrt(0.8 * 0.2 / 20)
    skill, _, _ = found.skill("persistence", horizon=1)
    assert skill > 0.1


@pytest.mark.slow
def test_intervals_of_shares_hold_what_they_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """From nine origins 74 to 86 % of what came lies in intervals of 80 %; with years that forget, two thirds."""
    held = evidence.backtest("defence_share", paths=1_000)
    assert len(held.cases) == 1_085
    assert 0.74 <= held.coverage()[0.8] <= 0.86
    shares = importlib.import_module("forcesim.evidence.shares")
    monkeypatch.setattr(shares, "SHARED_MEAN", shares.WEAK_MEAN)
    monkeypatch.setattr(shares, "SHARED_SD", shares.WEAK_SD)
    monkeypatch.setattr(shares, "PERSISTENCE", 0.0)
    assert evidence.backtest("defence_share", paths=1_000).coverage()[0.8] < 0.70  # negative twin


def test_baselines_by_hand() -> None:
    series = {2000 + k: 0.02 + 0.01 * (-1) ** k for k in range(12)}
    found = growth_baselines(series, 2011, 1)
    assert found["persistence"] == (pytest.approx(0.01), pytest.approx(0.02))
    assert found["drift"][0] == pytest.approx(0.02)
    assert found["AR(1)"][0] > 0.028  # it alternates
    logs = {n: {y: math.log(0.01) + 0.05 * (y - 2014) for y in range(2014, 2020)} for n in ("AAA", "BBB")}
    shares = share_baselines(logs, "AAA", 2018, 2)
    assert shares["persistence"][0] == pytest.approx(math.log(0.01) + 0.2)
    assert shares["drift"] == (pytest.approx(math.log(0.01) + 0.3), pytest.approx(0.0, abs=1e-12))


def test_allies_are_counted_as_nato_counts_them() -> None:
    assert {year: counted(year) for year in PUBLISHED} == PUBLISHED
    assert "FIN" not in members_of(2022)
    assert "FIN" in members_of(2023)
    assert "ISL" not in members_of(2024)


def test_the_count_is_forecast_with_what_allies_share() -> None:
    found = evidence.allies_at_guideline([2021], last=2023, paths=1_000)
    assert found["observed"].tolist() == [7, 10]
    assert found["inside"].all()
    assert (found["low"] <= found["median"]).all()


def test_pictures_are_drawn() -> None:
    found = evidence.backtest("defence_share", origins=[2017, 2019], horizons=[1, 2], paths=256)
    figure = found.figure_origins(["DEU", "POL"], [2017, 2019], line=0.02)
    assert len(figure.axes) >= 2
    assert "horizon" in repr(found)
    assert 0 < found.by_year(horizon=1)["crps"].iloc[0] < 0.01


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evidence.backtest("gdp"), "target: must be growth or defence_share, got 'gdp'"),
        (lambda: evidence.backtest("growth", nations=["XXX"]), "nations: must be in the panel, got XXX"),
        (lambda: evidence.backtest("growth", origins=[2024]), "origins: must have a year after them that is known"),
        (lambda: evidence.backtest("growth", nations="PLO"), "nations: must be in the panel, got PLO (did you mean POL?)"),
        (lambda: evidence.backtest("growth", origins=[2019, 1890]),
         "origins: must be years with enough known before and something after, got 1890 (there are 2019)"),
        (lambda: evidence.backtest("growth", origins=[2022], horizons=[1, 9]),
         "horizons: must reach a year that is known, got 9 (there are 1)"),
        (lambda: evidence.backtest("growth", origins=[2022], nations=["RUS", "POL"]),
         "nations: must have enough years that are known, got RUS (there are POL)"),
        (lambda: evidence.backtest("growth", data=[1]), "data: must be a mapping of nations to years, got [1]"),
        (lambda: evidence.backtest("defence_share", data={"POL": {2020: -1}}),
         "data[POL][2020]: must be a number above 0, got -1"),
        (lambda: evidence.allies_at_guideline([1890]), "origins: must be a year that is known, with the one before it, got"),
        (lambda: evidence.allies_at_guideline([2021], last=2021), "last: must lie after every origin"),
        (lambda: measured("soon", "2026-06"), "first: must be a date such as 2024-12-31, got 'soon'"),
        (lambda: measured("2025-13", "2026-06"), "first: must be a month such as 2030-12, got '2025-13'"),
        (lambda: leave_one_out([]), "given: must be two missions or more, since each is predicted from the others, got 0"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call, message: str) -> None:
    with pytest.raises(fs.ResultError) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_a_picture_of_what_is_not_forecast_is_refused(normals: Backtest) -> None:
    nation, origin = normals.cases["nation"][0], int(normals.cases["origin"][0])
    for nations, origins, message in (
        (["XXX"], [origin], "nations: must be a nation that is forecast, got XXX"),
        ([nation], [origin, 1890], "origins: must be an origin of the forecasts, got 1890"),
        ([], [origin], "nations: must name at least one"),
    ):
        with pytest.raises(fs.ResultError) as caught:
            normals.figure_origins(nations, origins)
        assert str(caught.value).startswith(message)
