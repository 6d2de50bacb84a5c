"""Signposts: a binormal case with known ROC area and level, one that tells nothing, lead times, rules, same bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

import forcesim as fs
from forcesim.decide.warning import Weights, area_of, best_cut, roc
from tests.support.laws import assert_mean

APART, SHARE = 1.5, 0.3


class Fate(fs.Process):
    """Whether a path fails in month 4 is drawn in month 1; a dial shows it with noise, a pulse without, once."""

    name = section = "fate"

    class Parameters(fs.Section):
        apart: fs.Ratio = fs.number(APART, meaning="how much higher the dial is", assumption="toy")
        share: fs.Ratio = fs.number(SHARE, meaning="chance of failure", assumption="toy")
        idle: fs.Ratio = fs.number(0.0, meaning="what a rule sets", assumption="toy", lever=True)

    writes = tuple(
        fs.Indicator(name=name, unit="units", meaning=name, outcome=True)
        for name in ("dial", "blank", "pulse", "hidden", "failed", "still")
    )
    draws = (fs.Draw("z_dial"), fs.Draw("z_blank"), fs.Draw("z_fate"))

    def start(self, context: fs.Context) -> None:
        for name in ("dial", "blank", "pulse", "hidden", "failed", "still"):
            context.write(name)[:] = 0.0

    def step(self, context: fs.Context, month: int) -> None:
        if month == 1:
            fails = ndtr(context.draw("z_fate")) < context.parameter("share")
            context.write("hidden")[:] = fails
            context.write("dial")[:] = context.draw("z_dial") + context.parameter("apart") * fails
            context.write("blank")[:] = context.draw("z_blank")
        context.write("pulse")[:] = context.write("hidden") * (month == 1)
        context.write("still")[:] = context.parameter("idle")
        if month >= 4:
            context.write("failed")[:] = context.write("hidden")


DATA = {
    "name": "fate",
    "start": "2025-01",
    "horizon": "2025-07",
    "nations": {"DEU": {"fate": {}}},
    "policies": {"as-is": {"title": "As it is", "baseline": True}},
}
WATCHED = ["dial[DEU]", "blank[DEU]", "pulse[DEU]", "still[DEU]"]
ASKED: dict[str, Any] = {"failure": "failed[DEU] > 0.5", "watch": "2025-03", "observables": WATCHED, "threads": 1}


def found(paths: int = 12_000, **more: Any) -> fs.Signposts:
    return fs.signposts(fs.Scenario.of(DATA, (Fate,)), "as-is", **{**ASKED, "paths": paths, **more})


@pytest.fixture(scope="module")
def signs() -> fs.Signposts:
    return found()


def near(one: fs.Estimate, truth: float) -> bool:
    return abs(one.value - truth) < 4 * one.error


def test_two_normals_have_the_known_area_and_level(signs: fs.Signposts) -> None:
    """Area Phi(d / sqrt 2); J is greatest at d / 2; at any level hits are Phi(d - c), false alarms Phi(-c)."""
    dial = signs["dial[DEU]"]
    assert near(signs.base, SHARE)
    assert near(dial.area, ndtr(APART / math.sqrt(2)))
    assert dial.area.error == pytest.approx(0.0045, rel=0.2)
    assert not near(dial.area, ndtr((APART - 0.2) / math.sqrt(2))), "the negative twin"
    assert near(dial.hit, ndtr(APART - dial.level))
    assert near(dial.false_alarm, ndtr(-dial.level))
    assert near(dial.worth, ndtr(APART - dial.level) - ndtr(-dial.level))
    assert dial.low <= APART / 2 <= dial.high
    assert dial.level == pytest.approx(APART / 2, abs=0.25)
    assert dial.when == f"dial[DEU] > {dial.level:.12g}"
    assert (dial.lead.value, dial.lead.error) == (2.0, 0.0)


def test_a_stated_cost_moves_the_level() -> None:
    """Where a miss costs w false alarms the densities meet at d / 2 + ln((1 - p) / (p w)) / d."""
    for cost in (0.5, 8.0):
        dial = found(miss_cost=cost)["dial[DEU]"]
        truth = APART / 2 + math.log((1 - SHARE) / (SHARE * cost)) / APART
        assert dial.low <= truth <= dial.high
        assert dial.level == pytest.approx(truth, abs=0.35)
        assert not dial.low <= APART / 2 <= dial.high, "the negative twin: Youden's level"


def test_what_tells_nothing_has_half_the_area_and_no_worth() -> None:
    areas, worths, searched = [], [], []
    for seed in range(0, 40, 2):
        blank = found(400, seed=seed)["blank[DEU]"]
        assert abs(blank.area.value - 0.5) < 4 * blank.area.error
        areas.append(blank.area.value)
        worths.append(blank.worth.value)
        searched.append(blank.searched_worth)
    assert_mean(areas, 0.5, "area")
    assert_mean(worths, 0.0, "worth on fresh futures")
    with pytest.raises(AssertionError):
        assert_mean(searched, 0.0, "the negative twin: on the futures that chose the level")


def test_a_pulse_is_seen_until_the_watch_ends(signs: fs.Signposts) -> None:
    """It is seen in month 1 and nothing fails before month 4: three months of lead, never in vain."""
    pulse = signs.best
    assert pulse.observable == "pulse[DEU]"
    assert pulse.when == "pulse[DEU] > 0.5"
    assert pulse.watched == "from 2025-02 to 2025-03"
    assert (pulse.hit.value, pulse.false_alarm.value, pulse.area.value, pulse.worth.value) == (1.0, 0.0, 1.0, 1.0)
    assert (pulse.lead.value, pulse.lead.error) == (3.0, 0.0)
    assert pulse.area.low < 1.0
    assert signs.silent == ("still[DEU]",)
    assert [sign.observable for sign in signs.signs] == ["pulse[DEU]", "dial[DEU]", "blank[DEU]"]
    assert "in 100 ± 0 % of the failures, on average 3 months before" in signs.sentence
    last = found(400, at="2025-06", observables="dial[DEU]")
    assert last.best.lead.value == 3.0


def test_a_rule_takes_the_condition(signs: fs.Signposts) -> None:
    """It is in effect on as many of the fresh futures as the warning came on."""
    for name in ("pulse[DEU]", "dial[DEU]"):
        sign = signs[name]
        setting = fs.Setting(lever="nations.DEU.fate.idle", set=1.0)
        rule = fs.Rule(when=signs.rule(name), after=sign.after, settings=[setting])
        policy = fs.Policy(title="watchful", rules=[rule])
        run = fs.simulate(fs.Scenario.of(DATA, (Fate,)), policy, paths=12_000, seed=2026)
        warned = sign.hit.value * sign.hit.n + sign.false_alarm.value * sign.false_alarm.n
        assert run.mean("rule_1", at="2025-07").value * 12_000 == pytest.approx(warned)
    assert signs.rule() == signs.best.when


def test_a_condition_warns_by_itself_or_by_its_absence() -> None:
    many = found(1_000, observables=["dial[DEU] > 0.75", "dial[DEU] <= 0.75"])
    one, other = many["dial[DEU] > 0.75"], many["dial[DEU] <= 0.75"]
    assert one.when == "dial[DEU] > 0.75"
    assert other.when == "not (dial[DEU] <= 0.75)"
    assert (one.hit, one.false_alarm, one.unit) == (other.hit, other.false_alarm, "chance")


def test_the_same_bits_on_two_threads() -> None:
    one, two = (found(3_000, threads=threads) for threads in (1, 2))
    assert one == two
    assert one != found(3_000, seed=2024)


def test_all_outcomes_of_few_nations_unless_named() -> None:
    every = found(300, observables=None)
    assert {sign.observable for sign in every.signs} == {
        f"{name}[DEU]" for name in ("dial", "blank", "pulse", "hidden")
    }
    assert set(every.silent) == {"failed[DEU]", "still[DEU]"}


def test_tables_and_picture(signs: fs.Signposts) -> None:
    frame = signs.to_dataframe()
    assert frame.loc["dial[DEU]", "false_alarm"] == signs["dial[DEU]"].false_alarm.value
    assert frame["searched_worth"].is_monotonic_decreasing
    assert "months before" in repr(signs)
    (axes,) = signs.figure().axes
    assert axes.get_ylabel() == "hits: share of the paths that fail"
    hits = np.array(signs["dial[DEU]"].curve)
    assert hits[0].tolist() == [0.0, 0.0]
    assert hits[-1].tolist() == [1.0, 1.0]
    assert np.trapezoid(hits[:, 1], hits[:, 0]) == pytest.approx(signs["dial[DEU]"].area.value, abs=0.003)


def test_by_hand() -> None:
    """Six paths: of the nine pairs seven are in order and one is a tie."""
    values, fails = np.array([1.0, 2.0, 3.0, 3.0, 4.0, 0.0]), np.array([0, 0, 1, 0, 1, 1], dtype=bool)
    assert area_of(values, fails)[0] == pytest.approx((2.5 + 3.0 + 0.0) / 9)
    cut = best_cut(values, fails, ">", Weights(1.0, 1.0))
    assert cut is not None
    assert (cut.level, cut.worth) == (2.5, pytest.approx(1 / 3))
    assert best_cut(np.ones(6), fails, ">", Weights(1.0, 1.0)) is None
    assert roc(values, fails)[1] == (0.0, pytest.approx(1 / 3))
    assert Weights.of(0.2, 4.0) == Weights(1.0, 1.0), "the cost at which never and always to warn are equal"


def test_refusals() -> None:
    with pytest.raises(fs.ResultError, match="failure: must be true or false"):
        found(failure="dial[DEU]", at="2025-06")
    with pytest.raises(fs.ResultError, match="watch: must lie before the failure, 2025-02 to 2025-06"):
        found(watch="2025-07")
    with pytest.raises(fs.ResultError, match=r"later on 20 paths.*; on 279 it is true before"):
        found(1_000, watch="2025-05")
    with pytest.raises(fs.ResultError, match="must be of one month, without total"):
        found(observables="total(dial[DEU])")
    with pytest.raises(fs.ResultError, match="must be a finite number on every path"):
        found(100, observables="1 / still[DEU]")
    with pytest.raises(fs.ResultError, match="must differ between paths"):
        found(100, observables="still[DEU]")
    with pytest.raises(fs.ResultError, match="observable: must be one of"):
        found(100)["gap"]
