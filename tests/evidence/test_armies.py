"""The armies' measurement model and its fit: each statistical bound at the suite's false-alarm rate (6e-5 a test)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from forcesim.errors import DataError, ResultError
from forcesim.evidence.armies import PRIOR, armies, fit_armies, log_likelihood, predicted, weigh_armies
from forcesim.evidence.measured import FAMILY_PART, disagreement, measured, not_measured
from forcesim.evidence.peacetime import fit_peacetime, peacetime, strengths
from forcesim.scenario import load
from tests.support.laws import FALSE_ALARM

SPAN = ("2025-02", "2026-06")
NARROW = tuple(replace(one, sd=0.3 * one.sd) for one in PRIOR)
CHECKED = ("strength[UKR]", "mobilisation[UKR]", "casualty_rate[UKR]", "awol_rate[UKR]", "casualty_rate[RUS]")


@pytest.fixture(scope="module")
def figures():
    return measured(*SPAN)


@pytest.fixture(scope="module")
def weighed(figures):
    return weigh_armies(armies(*SPAN), figures, paths=2_000, seed=3)


def test_every_figure_is_in_order(figures) -> None:
    for one in (*figures, *measured("2023-12", "2026-06")):
        assert 0 < one.low <= one.central <= one.high, one.pointer
        assert one.first <= one.last
        assert one.sd >= 0.05


def test_differences_and_quotients_are_what_the_rows_say() -> None:
    found = {one.pointer: one for one in measured("2023-12", "2026-06")}
    assert found["FG079 - FG078"].central == 235_646 - 218_282
    assert found["FG076"].central == pytest.approx(110_511 / 7)
    assert found["FG051; FG034"].central == pytest.approx((32_500 + 9_000) / 32_500)
    assert found["FG045; FG044"].low == pytest.approx(275 / 1200)


def test_windows_are_cut_to_the_span_and_levels_before_it_are_left_out() -> None:
    found = {one.pointer: one for one in measured("2025-02", "2025-07")}
    assert (found["FG076"].first, found["FG076"].last) == ("2025-03", "2025-07")
    assert "FG002" not in found
    assert "FG030" not in found, "five of twelve months are not most of them"


def test_nothing_is_known_before_it_was_published() -> None:
    known = measured("2023-12", "2024-12", as_known_on="2024-12-31")
    assert known
    assert all(one.published <= "2024-12-31" for one in known)
    assert any(one.published > "2024-12-31" for one in measured("2023-12", "2024-12")), "the twin without a date"


def test_what_is_not_measured_is_listed_with_a_reason() -> None:
    found = not_measured("2025-01", "2026-06")
    assert "FG018" in set(found["pointer"])
    assert found["why not"].str.len().min() > 5


def test_disagreement_is_shrunk_to_the_pool_and_grows_with_it(figures) -> None:
    apart = [replace(one, central=one.central * (3.0 if i % 2 else 1 / 3.0)) for i, one in enumerate(figures)]
    before, after = disagreement(figures), disagreement(apart)
    assert all(after[topic] > before[topic] for topic in before)
    assert before["RUS intake"] > before["RUS losses"] > 0.05


def test_the_likelihood_is_that_of_a_normal_with_shared_bias(figures) -> None:
    sds = disagreement(figures)
    residuals = np.random.default_rng(1).normal(0.0, 0.4, (len(figures), 5))
    own = [one.sd**2 + (1 - FAMILY_PART) * sds[one.topic] ** 2 for one in figures]
    shared = [[FAMILY_PART * sds[a.topic] ** 2 * (a.group == b.group) for b in figures] for a in figures]
    law = stats.multivariate_normal(np.zeros(len(figures)), np.diag(own) + np.array(shared))
    found = log_likelihood(figures, residuals, sds)
    assert np.diff(found) == pytest.approx(np.diff(law.logpdf(residuals.T)))
    assert np.diff(found) != pytest.approx(np.diff(stats.norm.logpdf(residuals, 0, np.sqrt(own)[:, None]).sum(axis=0)))


def test_a_figure_repeated_by_a_family_counts_less_than_another_family_that_agrees(figures) -> None:
    one = next(each for each in figures if each.pointer == "FG030")
    other, sds = replace(one, family="Russia"), {one.topic: 0.3}
    far = np.full((5, 1), 0.5)
    single = log_likelihood([one], far[:1], sds)[0]
    repeated, spread = log_likelihood([one] * 5, far, sds)[0], log_likelihood([one, other], far[:2], sds)[0]
    assert spread == pytest.approx(2 * single)
    assert spread < repeated < single


def test_the_fit_gives_the_same_bits_again(weighed, figures) -> None:
    again = weigh_armies(armies(*SPAN), figures, paths=2_000, seed=3)
    assert (again.weights == weighed.weights).all()
    assert (again.logs == weighed.logs).all()
    assert (weigh_armies(armies(*SPAN), figures, paths=2_000, seed=4).logs != weighed.logs).any()


def test_the_fit_counts_enough_paths_and_learns_where_there_are_figures(weighed) -> None:
    assert weighed.effective > 100
    fit, prior = weighed.fit(), {one.name: one for one in PRIOR}
    for name in ("awol_rate[UKR]", "casualty_rate[RUS]", "volunteers[RUS]"):
        assert fit[name].sd < 0.6 * prior[name].sd
    assert fit["discharge_rate[RUS]"].sd > 0.8 * prior["discharge_rate[RUS]"].sd, "nobody counts discharges"


def test_the_fit_goes_into_the_bundled_scenario_with_its_correlation(weighed) -> None:
    fit = weighed.fit()
    found = fit.apply(load("ukraine-2025"))
    assert found.correlations
    assert found.nations["RUS"].army.casualty_rate.centre == pytest.approx(fit["casualty_rate[RUS]"].value)


def test_pulls_name_the_sources_that_differ(weighed) -> None:
    found = weighed.pulls().set_index(["topic", "family"])
    assert set(found.columns) == {"figures", "pull", "bias", "prior_sd"}
    assert (found["bias"].abs() <= found["pull"].abs() + 0.02).all()
    assert weighed.forest().axes[0].get_xlabel().startswith("published")


def test_too_few_rounds_are_refused(figures) -> None:
    with pytest.raises(ResultError, match="rounds: must be enough"):
        weigh_armies(armies(*SPAN), figures, paths=512, rounds=1)


def synthetic(figures, logs, sds, rng):
    """Return logs of figures as the measurement model makes them from true logs: (figure,)."""
    bias: dict = {}
    made = []
    for one, true in zip(figures, logs, strict=True):
        shared = bias.setdefault(one.group, rng.normal(0.0, math.sqrt(FAMILY_PART) * sds[one.topic]))
        own = math.sqrt(one.sd**2 + (1 - FAMILY_PART) * sds[one.topic] ** 2)
        made.append(true + shared + rng.normal(0.0, own))
    return np.array(made)


def ranks(figures, sds, *, truths: int, power: float, narrow: float = 1.0) -> np.ndarray:
    """Return where true parameters lie in their posteriors: (parameter, truth)."""
    one = weigh_armies(armies(*SPAN), figures, prior=NARROW, spread=dict.fromkeys(sds, 50.0), paths=3_000, rounds=2)
    logs = np.log(np.array([predicted(each, one.result) for each in figures]))
    rows = [one.fit().names.index(name) for name in CHECKED]
    rng, found = np.random.default_rng(5), np.empty((len(rows), truths))
    prior = one.weights / one.weights.max()
    true = np.flatnonzero(rng.random(len(prior)) < prior)[:truths]
    for k, path in enumerate(true):
        y = synthetic(figures, logs[:, path], {topic: narrow * sd for topic, sd in sds.items()}, rng)
        height = power * log_likelihood(figures, y[:, None] - logs, sds)
        weight = np.exp(height - height.max()) * one.weights
        weight[path] = 0.0
        weight /= weight.sum()
        below = one.logs[rows] < one.logs[rows, path][:, None]
        found[:, k] = below @ weight
    return found


def chi_squares(found: np.ndarray, bins: int = 8) -> np.ndarray:
    """Return each parameter's chi-square against uniform ranks."""
    counts = np.array([np.histogram(row, bins, (0.0, 1.0))[0] for row in found])
    return ((counts - found.shape[1] / bins) ** 2 / (found.shape[1] / bins)).sum(axis=1)


def test_simulation_based_calibration_of_the_weights(figures) -> None:
    """Ranks of 200 truths in 8 bins; the twin believes the figures four times as much as it should."""
    sds = {topic: max(0.2, sd) for topic, sd in disagreement(figures).items()}
    bound = stats.chi2.isf(FALSE_ALARM / len(CHECKED), 7)
    assert chi_squares(ranks(figures, sds, truths=200, power=1.0)).max() < bound
    assert chi_squares(ranks(figures, sds, truths=200, power=6.0)).max() > bound


@pytest.mark.slow
def test_simulation_based_calibration_of_the_whole_fit(figures) -> None:
    """Ranks of 48 truths, the rounds included; the twin divides each posterior's sd by 2.5.

    Net absences are left out: near zero their logarithm has no normal error.
    """
    figures = [one for one in figures if one.topic != "UKR awol net"]
    sds = {topic: max(0.2, sd) for topic, sd in disagreement(figures).items()}
    flat = weigh_armies(armies(*SPAN), figures, prior=NARROW, spread=dict.fromkeys(sds, 50.0), paths=512, rounds=2)
    logs = np.log(np.array([predicted(each, flat.result) for each in figures]))
    rng = np.random.default_rng(7)
    z = []
    true = np.flatnonzero(rng.random(512) < flat.weights / flat.weights.max())[:48]
    for path in true:
        y = np.exp(synthetic(figures, logs[:, path], sds, rng))
        made = [replace(one, low=v, central=v, high=v) for one, v in zip(figures, y, strict=True)]
        made = [
            replace(one, beside=math.sqrt(max(0.0, old.sd**2 - 0.05**2)))
            for one, old in zip(made, figures, strict=True)
        ]
        fit = weigh_armies(armies(*SPAN), made, prior=NARROW, spread=sds, paths=2_000, seed=int(path), rounds=60).fit()
        z.append([(flat.logs[fit.names.index(n), path] - fit[n].centre) / fit[n].sd for n in CHECKED])
    found = np.array(z).T
    bound = stats.chi2.isf(FALSE_ALARM / len(CHECKED), 5)
    assert chi_squares(stats.norm.cdf(found), 6).max() < bound
    assert chi_squares(stats.norm.cdf(2.5 * found), 6).max() > bound


@pytest.mark.parametrize(("nation", "worst"), [("DEU", 0.025), ("GBR", 0.06)])
def test_intake_and_discharge_hold_a_peacetime_army_for_a_decade(nation: str, worst: float) -> None:
    found = peacetime(nation, paths=512)
    assert found.worst < worst
    assert found.inside >= 0.8
    assert len(found.years) >= 10


def test_intake_that_is_not_the_discharge_does_not_hold_it() -> None:
    fit, found = fit_peacetime("DEU"), strengths("DEU")
    balance = fit["volunteers[DEU]"].value / -math.expm1(-fit["discharge_rate[DEU]"].value)
    assert balance == pytest.approx(np.mean(list(found.values())), rel=0.06)
    years, kept = 10, math.exp(-120 * fit["discharge_rate[DEU]"].value)
    wrong = found[2014] * kept + 0.5 * balance * (1 - kept)
    assert abs(wrong / found[2014 + years] - 1) > 0.2


def test_a_nation_without_strengths_is_refused() -> None:
    with pytest.raises(DataError, match="nation: must have strengths"):
        fit_peacetime("RUS")


def test_the_public_call_is_the_weighted_one() -> None:
    found = fit_armies(paths=1_024, seed=3)
    assert found.process == "personnel"
    assert found.diagnostics["figures"] == 35.0
