"""The war years' backtest: no look-ahead, honest scores. False alarms: 6e-5 a test."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from forcesim.errors import ResultError
from forcesim.evidence import measured as measuring
from forcesim.evidence.armies import predicted
from forcesim.evidence.measured import disagreement, measured
from forcesim.evidence.war_years import _picked, _scored, _weights, war_years
from tests.support.laws import FALSE_ALARM

PATHS = 2_000


@pytest.fixture(scope="module")
def found():
    return war_years(paths=PATHS)


def test_nothing_later_touches_the_forecast(found, monkeypatch) -> None:
    assert max(one.published for one in found.weighed.figures) <= "2024-12-31"
    known = [one for one in measuring.ENTRIES if one.published <= "2024-12-31"]
    kept = [one for one in measuring.ENTRIES if one.pointer == "FG030"]
    monkeypatch.setattr(measuring, "ENTRIES", (*known, *kept))
    again = war_years(paths=PATHS)
    assert (again.weighed.weights == found.weighed.weights).all()
    mine = found.figures.set_index("pointer").loc["FG030"]
    assert again.figures.set_index("pointer").loc["FG030", "crps"] == mine["crps"]


def test_a_later_origin_knows_more_and_scores_less(found) -> None:
    later = war_years("2025-03-31", paths=PATHS)
    assert len(later.weighed.figures) > len(found.weighed.figures)
    assert len(later.figures) < len(found.figures)
    assert (later.weighed.logs != found.weighed.logs).any()
    assert "FG111" not in set(later.figures["pointer"])


def test_every_later_figure_is_scored_or_listed(found) -> None:
    expected = {one.pointer for one in measured("2024-12", "2026-06", after="2024-12-31")}
    assert set(found.figures["pointer"]) == expected
    assert len(expected) > 35
    assert not expected & set(found.unscored["pointer"])


def test_outside_is_what_lies_beyond_the_interval(found) -> None:
    frame = found.figures
    beyond = (frame["published"] < frame["low 95 %"]) | (frame["published"] > frame["high 95 %"])
    assert set(found.outside["pointer"]) == set(frame[beyond]["pointer"])
    assert (frame["inside 50 %"] <= frame["inside 80 %"]).all()
    assert (np.sign(frame["z"]) == np.sign(np.log(frame["published"] / frame["median"]))).mean() > 0.9


def test_absence_without_leave_was_not_foreseen(found) -> None:
    """The page says so; if it ever changes, the page must."""
    assert found.summary().loc["UKR awol", "inside 95 %"] < 0.5
    assert found.summary().loc["RUS losses", "inside 95 %"] == 1.0


def test_figures_drawn_from_the_forecast_are_uniform_in_it(found) -> None:
    """120 worlds, one figure each of four topics; the twin's figures have twice the errors and a bias."""
    later = measured("2024-12", "2026-06", after="2024-12-31")
    chosen = [
        next(one for one in later if one.topic == topic)
        for topic in ("UKR intake", "UKR killed", "RUS intake", "RUS losses")
    ]
    spread = disagreement(found.weighed.figures)
    bound = stats.chi2.isf(FALSE_ALARM, 4)

    def chi_square(scale: float, shift: float) -> float:
        rng, pits = np.random.default_rng(8), []
        picked = _picked(found.weighed.weights, 77)
        for one in chosen:
            values = np.log(predicted(one, found.weighed.result))[picked[:30]]
            errors = rng.normal(shift, scale * math.hypot(one.sd, spread[one.topic]), len(values))
            made = [
                replace(one, central=math.exp(v), low=math.exp(v), high=math.exp(v), beside=0.0)
                for v in values + errors
            ]
            made = [replace(each, beside=math.sqrt(max(0.0, one.sd**2 - each.sd**2))) for each in made]
            pits += _scored(found.weighed, found.weighed.figures, made, 5)["pit"].tolist()
        counts = np.histogram(pits, 5, (0.0, 1.0))[0]
        return float(((counts - len(pits) / 5) ** 2 / (len(pits) / 5)).sum())

    assert chi_square(1.0, 0.0) < bound
    assert chi_square(2.0, 0.8) > bound


def test_weights_fall_where_a_family_repeats_itself() -> None:
    one = next(each for each in measured("2024-12", "2026-06") if each.pointer == "FG030")
    other = replace(one, family="third")
    weights = _weights([one, one, one, other])
    assert weights.mean() == pytest.approx(1.0)
    assert weights[3] == pytest.approx(2 * weights[0])


def test_the_summary_is_the_mean_of_the_rows(found) -> None:
    whole = found.summary().loc["all"]
    assert whole["crps"] == pytest.approx(found.figures["crps"].mean())
    assert whole["inside 80 %"] == pytest.approx(found.figures["inside 80 %"].mean())
    both = found.figures.dropna(subset=["persistence"])
    assert whole["skill"] == pytest.approx(1 - both["crps"].mean() / both["persistence"].mean())


def test_it_prints_and_draws(found) -> None:
    assert "FG076" in repr(found)
    assert "FG076" in found._repr_html_()
    labels = [tick.get_text() for tick in found.forest().axes[0].get_yticklabels()]
    assert len(labels) == len(found.figures)


def test_an_origin_without_figures_after_it_is_refused() -> None:
    with pytest.raises(ResultError, match="origin: must have figures on both sides"):
        war_years("2026-06-30", paths=256)
