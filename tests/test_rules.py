"""Rules that act on the simulated state: exact months, path by path, the same bits, cost, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import forcesim as fs
from tests.support.laws import assert_same_bits
from tests.support.toys import TOYS, toy_data, toy_scenario

if TYPE_CHECKING:
    from pathlib import Path

FASTER = {"lever": "nations.DEU.walk.drift", "set": 4.0}
RULE = {"when": "total >= 8", "for": 2, "delay": 1, "settings": [FASTER], "cost": 0.5, "assumption": "toy"}


def ruled(*rules: dict[str, Any], **more: Any) -> fs.Scenario:
    policy = {"title": "When it is high", "rules": list(rules)}
    return toy_scenario(policies={**toy_data()["policies"], "adaptive": policy}, **more)


def test_it_takes_effect_in_the_month_that_can_be_counted() -> None:
    """2 a month: 8 in month 4 and 10 in month 5, so decided at the start of 6, in effect from 7: 5 a month from then."""
    result = fs.simulate(ruled(RULE).without_noise(), "adaptive", paths=1)
    total = result.history("total")[:, 0]
    expected = [2.0 * month for month in range(7)] + [12.0 + 5.0 * month for month in range(1, 7)]
    np.testing.assert_allclose(total, expected)
    np.testing.assert_array_equal(result.history("rule_1")[:, 0], [0.0] * 7 + [1.0] * 6)
    np.testing.assert_array_equal(result.history("rules_cost")[:, 0], [0.0] * 7 + [0.5] * 6)
    assert result.mean("total(rules_cost)", at="2026-01").value == 3.0
    late = fs.simulate(ruled({**RULE, "after": "2025-08"}).without_noise(), "adaptive", paths=1)
    assert late.history("rule_1")[:, 0].tolist() == [0.0] * 10 + [1.0] * 3  # true in months 7 and 8, begun 9 + 1


def by_hand(plain: np.ndarray, other: np.ndarray, drift: float = 4.0) -> np.ndarray:
    """Return the total of two walks where the first has another drift once the rule is in effect, path by path."""
    steps, months = np.diff(plain, axis=0), len(plain)
    level, since, begin = plain[0].copy(), np.zeros(plain.shape[1]), np.full(plain.shape[1], np.inf)
    found = [level + other[0]]
    for month in range(1, months):
        since = np.where((found[-1] >= 8) & (month > 1), since + 1, 0)
        begin = np.where(since >= 2, np.minimum(begin, month + 1), begin)
        level = level + steps[month - 1] + np.where(month >= begin, drift - 1.0, 0.0)
        found.append(level + other[month])
    return np.array(found)


def test_each_path_switches_when_its_own_condition_holds() -> None:
    scenario = ruled(RULE)
    plain = fs.simulate(scenario, paths=300, seed=5, keep="paths")
    found = fs.simulate(scenario, "adaptive", paths=300, seed=5, keep="paths")
    levels = [plain.history(f"level[{nation}]") for nation in ("DEU", "FRA")]
    np.testing.assert_allclose(found.history("total"), by_hand(*levels), rtol=1e-12, atol=1e-12)
    switched = found.history("rule_1")
    assert 0.1 < switched[8].mean() < 0.9
    assert (np.diff(switched, axis=0) >= 0).all(), "what is in effect stays"
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(found.history("total"), by_hand(*levels, drift=3.9), err_msg="the twin")


def test_the_same_bits_for_threads_and_blocks() -> None:
    runs = [
        fs.simulate(ruled(RULE), "adaptive", paths=2_000, seed=1, keep="paths", threads=threads, block=block)
        for threads, block in ((1, None), (2, 256), (2, 1024))
    ]
    for other in runs[1:]:
        assert runs[0].same_bits(other)
    assert fs.replay(runs[0].manifest, processes=TOYS).same_bits(runs[0])
    assert_same_bits(
        runs[0].kept["total"][:, :300], fs.simulate(ruled(RULE), "adaptive", paths=300, seed=1).kept["total"]
    )


def test_rules_stack_and_a_laws_parameter_is_switched() -> None:
    """Two rules on one lever: times 2 and then plus 1 is 3, where both hold; times 2 alone is 2."""
    double = {"when": "total >= 4", "settings": [{"lever": "nations.*.walk.drift", "scale": 2.0}]}
    more = {"when": "total >= 100", "settings": [{"lever": "nations.DEU.walk.drift", "add": 1.0}]}
    early = {**more, "when": "total >= 12"}
    without = fs.simulate(ruled(double, more).without_noise(), "adaptive", paths=1).history("total")[:, 0]
    np.testing.assert_allclose(without[:5], [0, 2, 4, 8, 12])
    both = fs.simulate(ruled(double, early).without_noise(), "adaptive", paths=1).history("total")[:, 0]
    np.testing.assert_allclose(both[:7], [0, 2, 4, 8, 12, 17, 22])


def test_an_army_is_let_have_more_recruits_where_it_is_small() -> None:
    """A compiled law: 1,000 a month, and 3,000 from the month after strength fell below 100,500 no longer holds."""
    own = {"strength": 100_000, "pool": 1e6, "mobilisation": 1_000, "casualty_rate": 0}
    rule = {"when": "strength[UKR] >= 102_000", "settings": [{"lever": "nations.UKR.army.mobilisation", "scale": 3.0}]}
    data = {"name": "army", "start": "2025-01", "horizon": "2025-07", "noise": False, "nations": {"UKR": {"army": own}}}
    strength = fs.simulate(fs.Scenario.of({**data, "rules": [rule]}), paths=2).history("strength[UKR]")[:, 1]
    np.testing.assert_allclose(np.diff(strength), [1_000, 1_000, 3_000, 3_000, 3_000, 3_000])


def test_a_rule_is_part_of_a_file(tmp_path: Path) -> None:
    scenario = ruled(RULE)
    under = scenario.with_policy("adaptive")
    assert len(under.rules) == 1
    assert fs.Scenario.of(under.to_dict(), TOYS) == under
    assert "rule 1: when total >= 8 2 months in a row, 1 later; before all processes" in str(fs.make_plan(under))
    assert under.to_dict()["rules"][0]["for"] == 2
    made = fs.Policy(title="made", rules=[fs.Rule(when="total >= 8", months=2, delay=1, settings=[FASTER], cost=0.5)])
    assert fs.simulate(scenario, made, paths=50).mean("total", at=12) == fs.simulate(
        scenario, "adaptive", paths=50
    ).mean("total", at=12)
    audit = scenario.audit().set_index("path")
    assert audit.loc["policies.adaptive.rules[0].cost", "value"] == 0.5
    assert audit.loc["policies.adaptive.rules[0].settings[0].set", "value"] == 4.0
    under.save(tmp_path / "ruled.yaml")
    assert "for: 2" in (tmp_path / "ruled.yaml").read_text(encoding="utf-8")


def test_decisions_know_rules() -> None:
    pair = fs.compare(ruled(RULE), ["status-quo", "adaptive"], "total", at="2026-01", paths=256)
    assert pair.differences["adaptive"].low > 0.0
    found = fs.solve(
        ruled(RULE), "nations.FRA.walk.drift", reach="total >= 40", at=12, low=0, high=4, policy="adaptive", paths=300
    )
    plain = fs.solve(ruled(RULE), "nations.FRA.walk.drift", reach="total >= 40", at=12, low=0, high=4, paths=300)
    assert found.setting.high < plain.setting.low


REFUSED = {
    "condition": ({"when": "totl >= 8"}, "policies.adaptive.rules[0].when: 'totl >= 8'"),
    "number": ({"when": "total"}, "policies.adaptive.rules[0].when: 'total': must be true or false"),
    "lever": (
        {"settings": [{"lever": "nations.DEU.walk.spread", "set": 1.0}]},
        "rules[0].settings[0].lever: must be something that somebody decides",
    ),
    "dates": (
        {"settings": [{**FASTER, "from": "2025-03"}]},
        "settings[0] must be set, add, scale or at_least of a certain number, without dates",
    ),
    "uncertain": ({"settings": [{"lever": FASTER["lever"], "set": {"uniform": [0, 1]}}]}, "without dates"),
    "months": ({"for": 0}, "policies.adaptive.rules[0].for"),
    "cost": ({"cost": -1.0}, "policies.adaptive.rules[0].cost"),
    "no settings": ({"settings": []}, "policies.adaptive.rules[0].settings"),
    "key": ({"until": "2025-03"}, "policies.adaptive.rules[0].until"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_rule_is_refused_when_the_file_is_read(case: str) -> None:
    change, message = REFUSED[case]
    with pytest.raises(fs.ScenarioError) as caught:
        ruled({**RULE, **change})
    assert message in str(caught.value)
    assert len(caught.value.faults) == 1


def test_a_rule_that_begins_too_late_is_refused_when_it_is_applied() -> None:
    late = ruled({**RULE, "after": "2027-01"})
    with pytest.raises(fs.PolicyError, match=r"policies\.adaptive\.rules\[0\]\.after: must lie before the horizon"):
        late.with_policy("adaptive")
