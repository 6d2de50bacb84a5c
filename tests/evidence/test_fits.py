"""Fits recover what they were not told, with honest errors, and go into a scenario.

Ranks: with n repetitions in b equal bins chi-square has b - 1 degrees of freedom; its bound is that of four standard
errors of a normal, a false alarm in 16,000.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm

import forcesim as fs
from forcesim import evidence
from forcesim.evidence.growth import estimate_growth, fit_growth
from forcesim.evidence.peacetime import strengths
from forcesim.evidence.shares import GUIDELINE, PERSISTENCE, SHARED_MEAN, SHARED_SD, changes_of, fit_shares

FALSE_ALARM = 2.0 * norm.sf(4.0)
BINS = 8


def uneven(ranks: np.ndarray) -> float:
    """Return chi-square of ranks in [0, 1] over its bound: above 1 is uneven."""
    counts = np.histogram(ranks, np.linspace(0.0, 1.0, BINS + 1))[0]
    expected = len(ranks) / BINS
    return float(((counts - expected) ** 2 / expected).sum() / chi2.isf(FALSE_ALARM, BINS - 1))


def growth_panel(rng: np.random.Generator, nations: int = 24, years: int = 30) -> tuple[dict, dict[str, float]]:
    """Return a panel drawn from the model, and the trends behind it."""
    factor, own = np.zeros(years), np.zeros((nations, years))
    loading, sd = rng.normal(1.0, 0.25, nations), 0.02 * np.exp(rng.normal(0.0, 0.25, nations))
    for t in range(years):
        factor[t] = 0.13 * (factor[t - 1] if t else 0.0) + 0.02 * rng.normal()
        own[:, t] = 0.2 * (own[:, t - 1] if t else 0.0) + sd * math.sqrt(1 - 0.04) * rng.normal(size=nations)
    trend = rng.normal(0.025, 0.01, nations)
    growth = trend[:, None] + loading[:, None] * factor + own
    names = sorted(set(evidence.panel("gdp_growth")) - {"UKR", "RUS"})[:nations]
    panel = {name: {1995 + t: float(growth[n, t]) for t in range(years)} for n, name in enumerate(names)}
    return panel, dict(zip(names, trend.tolist(), strict=True))


@pytest.mark.slow
def test_growth_is_recovered_with_honest_errors() -> None:
    rng, ranks, narrow = np.random.default_rng(11), [], []
    for _ in range(160):
        panel, trend = growth_panel(rng)
        fit = fit_growth(panel)
        name = sorted(trend)[rng.integers(24)]
        found = fit[f"trend[{name}]"]
        score = (trend[name] - found.centre) / found.sd
        ranks.append(norm.cdf(score))
        narrow.append(norm.cdf(2.0 * score))
    assert uneven(np.array(ranks)) < 1.0
    assert uneven(np.array(narrow)) > 1.0  # negative twin: half the error


def test_trends_share_the_error_of_the_factor() -> None:
    fit = evidence.fit("economy")
    one, other = fit.names.index("trend[DEU]"), fit.names.index("trend[FRA]")
    assert 0.2 < fit.correlation[one, other] < 1.0
    draws = fit.draws(20_000, seed=1)
    found = np.corrcoef(draws["trend[DEU]"], draws["trend[FRA]"])[0, 1]
    rho = fit.correlation[one, other]
    assert abs(found - rho) < 4 * (1 - rho * rho) / math.sqrt(20_000)
    assert abs(draws["trend[DEU]"].mean() - fit["trend[DEU]"].value) < 4 * fit["trend[DEU]"].sd / math.sqrt(20_000)


def test_the_bundled_estimates_are_this_fit() -> None:
    rows = {row[0]: row for row in estimate_growth(evidence.panel("gdp_growth"))}
    table = {row["iso3"]: row for row in fs.table("growth_estimates")}
    for nation, row in rows.items():
        assert table[nation]["trend"] == pytest.approx(float(row[3]), abs=5e-5)
    assert evidence.fit("economy")["trend[POL]"].value == pytest.approx(float(rows["POL"][3]))


def test_nothing_after_the_last_year_is_looked_at() -> None:
    growth, shares = evidence.panel("gdp_growth"), evidence.panel("nato_defence_share")
    for fitter, panel, last in ((fit_growth, growth, 2010), (fit_shares, shares, 2018)):
        spoilt = {n: {y: v if y <= last else 9.9 for y, v in series.items()} for n, series in panel.items()}
        one, other = fitter(panel, until=last), fitter(spoilt, until=last)
        assert [f.centre for f in one.fitted] == [f.centre for f in other.fitted]


def share_panel(rng: np.random.Generator, nations: int, years: int, truth: dict[str, float]) -> dict:
    """Return defence shares drawn from the mixed model."""
    panel: dict[str, dict[int, float]] = {f"N{n:03d}": {2014: float(rng.uniform(0.002, 0.008))} for n in range(nations)}
    slopes = truth["step"] + truth["between"] * rng.normal(size=nations)
    swing = rng.normal()
    for t in range(1, years + 1):
        swing = PERSISTENCE * swing + math.sqrt(1.0 - PERSISTENCE**2) * rng.normal()
        shared, after = truth["shared"] * swing, 2014 + t >= 2023
        for n, series in enumerate(panel.values()):
            gap = max(0.0, math.log(GUIDELINE / series[2013 + t]))
            slope = slopes[n] + (truth["more"] if after else 0.0)
            series[2014 + t] = series[2013 + t] * math.exp(slope * gap + shared + truth["own"] * rng.normal())
    return panel


TRUTH = {"step": 0.10, "more": 0.15, "between": 0.04, "shared": 0.04, "own": 0.08}


def true_values(truth: dict[str, float]) -> dict[str, float]:
    speed, after = -math.log(1 - truth["step"]), -math.log(1 - truth["step"] - truth["more"])
    k = math.exp(-speed)
    return {
        "speed": speed,
        "pace": after / speed,
        "spread_of_step": truth["between"],
        "shared_volatility": truth["shared"],
        "volatility": truth["own"] / math.sqrt((1 - k * k) / (2 * speed)),
    }


def test_shares_are_recovered_from_a_large_panel() -> None:
    fit = fit_shares(share_panel(np.random.default_rng(5), 70, 11, TRUTH))
    for name, true in true_values(TRUTH).items():
        found = fit[name]
        assert abs(math.log(true) - found.centre) < 4 * found.sd, name
    assert fit["election_ratio"].value < 1.6  # its shocks are normal


@pytest.mark.slow
def test_errors_of_the_shares_are_honest() -> None:
    rng, ranks = np.random.default_rng(6), {name: [] for name in ("pace", "shared_volatility", "volatility")}
    for _ in range(160):
        truth = {**TRUTH, "shared": math.exp(SHARED_MEAN + SHARED_SD * rng.normal())}  # few years: the prior counts
        fit = fit_shares(share_panel(rng, 31, 11, truth))
        for name, found in ranks.items():
            found.append(norm.cdf((math.log(true_values(truth)[name]) - fit[name].centre) / fit[name].sd))
    for name, found in ranks.items():
        assert uneven(np.array(found)) < 1.0, name
    assert uneven(norm.cdf(2.0 * norm.ppf(np.clip(ranks["volatility"], 1e-12, 1 - 1e-12)))) > 1.0  # negative twin


def test_the_break_is_found_and_not_smoothed_away() -> None:
    fit = evidence.fit("spending")
    low, high = fit["pace"].interval
    assert 1.5 < low < fit["pace"].value < high
    assert evidence.fit("spending", until=2022)["pace"].sd == 0.0
    frame = changes_of(evidence.panel("nato_defence_share"))
    assert set(frame.loc[frame["after"] == 1, "year"]) == {2023, 2024, 2025}


def test_a_fit_goes_into_a_scenario() -> None:
    scenario = fs.load("ukraine-2025")
    fitted = evidence.fit("spending").apply(evidence.fit("economy").apply(scenario))
    assert fitted.get("nations.DEU.economy.trend").distribution.kind == "normal"
    assert fitted.get("spending.pace").distribution.kind == "lognormal"
    assert fitted.correlations
    certain = evidence.fit("economy").apply(scenario, certain=True)
    assert certain.get("nations.DEU.economy.trend").distribution is None
    assert "fitted to real growth" in certain.get("nations.DEU.economy.trend").source
    result = fs.simulate(fitted, paths=256, seed=1, outcomes=["gdp"])
    assert result.mean("gdp[DEU]", at="2030-12").value > 0


def test_every_process_that_is_named_can_be_fitted_to_what_is_given() -> None:
    """What a refusal lists is what is taken: of each process some history can be given, or none at all."""
    given = {"economy": evidence.panel("gdp_growth"), "spending": evidence.panel("nato_defence_share"),
             "personnel": {"DEU": strengths("DEU"), "GBR": strengths("GBR")}}  # fmt: skip
    with pytest.raises(fs.ResultError) as caught:
        evidence.fit("nothing")
    named = set(caught.value.faults[0].remedy.split(", "))
    assert named == {*given, "contingent"}
    assert all(evidence.fit(process, data).process == process for process, data in given.items())
    assert evidence.fit("contingent").process == "contingent"


def test_the_spread_of_an_army_s_years_goes_into_a_scenario() -> None:
    fit = evidence.fit("personnel", {"DEU": strengths("DEU")})
    army = {"strength": strengths("DEU")[2014]}
    bare = {"name": "peace", "start": "2014-06", "horizon": "2016-06", "nations": {"DEU": {"army": army}}}
    for certain in (False, True):
        scenario = fit.apply(fs.Scenario.of(bare), certain=certain)
        volatility = scenario.get("nations.DEU.army.intake_volatility").centre
        per_head = 12 * fit["volunteers[DEU]"].value / np.mean(list(strengths("DEU").values()))
        assert volatility * per_head == pytest.approx(fit["yearly_sd[DEU]"].value, rel=1e-6)
        assert scenario.get("nations.DEU.army.intake_months").centre == 12
    # certain: all that spreads the paths is the spread of the years, about 1 % after one of them
    result = fs.simulate(scenario, paths=2_000, keep="paths", outcomes=["strength"], progress=False)
    spread = np.std(np.log(result.kept["strength"][12, 0]))
    assert 0.4 < spread / fit["yearly_sd[DEU]"].value < 1.2
    steady = scenario.with_values({"nations.DEU.army.intake_volatility": 0.0})  # negative twin: what used to go in
    result = fs.simulate(steady, paths=2_000, keep="paths", outcomes=["strength"], progress=False)
    assert np.std(np.log(result.kept["strength"][12, 0])) / fit["yearly_sd[DEU]"].value < 0.1


def test_a_fit_can_be_applied_again_and_made_certain() -> None:
    fit = evidence.fit("economy")
    own = {"between": ["nations.DEU.economy.trend", "nations.DEU.spending.speed"], "rho": 0.3}
    scenario = fs.load("ukraine-2025").with_values({"nations.DEU.spending.speed": {"uniform": [0.1, 0.2]}})
    once = fit.apply(scenario)
    once = fs.Scenario.of({**once.to_dict(), "correlations": [*once.to_dict()["correlations"], own]})
    again = fit.apply(once)
    assert {frozenset((p.one, p.other)): p.rho for p in again.tied()} == {
        frozenset((p.one, p.other)): p.rho for p in once.tied()
    }
    assert fit.apply(again, certain=True).correlations == ()


def test_a_logit_stays_within_its_bounds() -> None:
    from forcesim.evidence import Fitted

    one = Fitted("p", math.log(0.05 / 0.95), 1.0, "logit", "share", "economy.recession_probability", 0.0, 0.3)
    law = one.as_data("a test")["quantiles"]
    assert law["low"] == 0.0
    assert law["high"] == 0.3
    assert one.value == pytest.approx(0.05)
    assert 0.0 < one.interval[0] < 0.05 < one.interval[1] <= 0.3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evidence.fit("economics"), "process: must be one that can be fitted, got 'economics' (economy"),
        (lambda: evidence.fit("contingent", {}), "data: must not be given for contingent (it is fitted"),
        (lambda: evidence.fit("contingent", until=2020), "until: must be an option of this fit of contingent (there"),
        (lambda: evidence.fit("economy", paths=5), "paths: must be an option of this fit of economy (there are until"),
        (lambda: evidence.fit("personnel", until=2020), "until: must be an option of this fit of personnel (there are"),
        (lambda: evidence.fit("personnel", {"DEU": {2014: 1.0}}), "data[DEU]: must have strengths of 5 years or more"),
        (
            lambda: evidence.fit("personnel", {"DEU": dict.fromkeys(range(2010, 2020), 0.0)}),
            "data[DEU][2010]: must be persons, above 0, got 0.0",
        ),
        (lambda: fit_growth({"AAA": {2000: 0.01}}), "growth: must hold three nations with 8 years, got 0"),
        (lambda: fit_shares({"AAA": {2000: 0.01, 2001: 0.01}}), "shares: must hold 40 yearly changes, got 1"),
        (lambda: evidence.fit("economy")["trend[XXX]"], "fit: must name a fitted parameter, got 'trend[XXX]'"),
    ],
)
def test_what_cannot_be_fitted_is_refused(call, message: str) -> None:
    with pytest.raises(fs.ResultError) as caught:
        call()
    assert str(caught.value).startswith(message)
