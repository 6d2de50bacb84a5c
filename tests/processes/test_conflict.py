"""Conflict: hand cases, exact chains within 4 standard errors, the guarantee's formula, monotone hazards."""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np
import pytest

from forcesim import tables
from forcesim.processes.conflict import Common, Conflict, change, guarantee_in_force, hazards, phase_law
from tests.support.alone import run_alone, without_compiler
from tests.support.laws import assert_mean, assert_share

N = 100_000
PLAIN = {"ceasefire_elasticity": 0, "aversion": 0, "breach_elasticity": 0, "gap_effect": 0, "lasting_share": 1}
KINDS = ("none", "un-peacekeepers", "europe", "nato-in-ukraine", "nato-membership")


def run(months: int, *, reads=None, **arguments) -> dict[str, np.ndarray]:
    """Run the conflict; each series as (month, path). What is no argument of a run is a number."""
    own = {k: arguments.pop(k) for k in ("paths", "seed", "noise", "per_path") if k in arguments}
    found = run_alone(Conflict(), None, Common(**arguments), reads=reads, months=months, **own)
    return {name: series[:, 0, 0] for name, series in found.items()}


def test_without_noise_a_phase_ends_when_its_hazard_has_added_up_to_one() -> None:
    found = run(100, noise=False, ceasefire_base=0.05, breach_base=0.04, **PLAIN)
    assert list(np.flatnonzero(np.diff(found["phase"][:, 0])) + 1) == [20, 45, 65, 90]
    assert list(np.flatnonzero(found["breaches"][:, 0])) == [45, 90]
    assert list(found["months_of_peace"][19:24, 0]) == [0, 0, 1, 2, 3]


def test_the_guarantee_by_hand() -> None:
    europe, none = KINDS.index("europe"), KINDS.index("none")
    credibility = partial(
        guarantee_in_force, europe_promise=0.5, nato_promise=0.745, membership_promise=0.9, presence_effect=0.3,
        un_presence_effect=0.15, backstop_reliance=0.4, troops_that_count=25_000.0,
    )  # fmt: skip
    assert credibility(guarantee=europe, backstop=0.0, contingent=0.0) == pytest.approx(0.3)
    assert credibility(guarantee=europe, backstop=1.0, contingent=0.0) == pytest.approx(0.5)
    assert credibility(guarantee=none, backstop=0.0, contingent=25_000.0) == pytest.approx(0.3 * (1 - math.exp(-1)))
    assert credibility(guarantee=europe, backstop=1.0, contingent=1e9) == pytest.approx(1 - 0.5 * 0.7)


def test_the_hazards_by_hand() -> None:
    numbers = {
        "gap": 0.0, "months_of_peace": 0.0, "month": 1.0, "reference_ratio": 0.5, "ceasefire_base": 0.02,
        "ceasefire_elasticity": 0.5, "aversion": 1.0, "breach_base": 0.03, "breach_elasticity": 1.0, "gap_effect": 0.3,
        "lasting_share": 0.2, "consolidation_months": 60.0,
    }  # fmt: skip

    def by_hand(phase: float, ratio: float, guarantee_in_force: float, **more: float) -> tuple[float, float]:
        return hazards(**{**numbers, **more}, phase=phase, ratio=ratio, guarantee_in_force=guarantee_in_force)

    assert by_hand(0.0, 2.0, 0.0) == (pytest.approx(0.04), 0.0)
    assert by_hand(0.0, 0.5, 0.5) == (pytest.approx(0.02 * math.exp(-0.5)), 0.0)
    assert by_hand(1.0, 1.0, 0.5) == (0.0, pytest.approx(0.0075))
    assert by_hand(1.0, 0.5, 0.0, gap=5e5, gap_effect=0.4) == (0.0, pytest.approx(0.03 * math.exp(0.2)))
    assert by_hand(1.0, 0.5, 0.0, months_of_peace=60.0)[1] == pytest.approx(0.03 * (0.2 + 0.8 * math.exp(-1)))
    assert by_hand(1.0, 1.0, 0.5, month=0.0)[1] == pytest.approx(0.015)  # at first the ratio is the reference


def test_a_phase_by_hand() -> None:
    """A small uniform stops a war, a large one breaks a ceasefire; a hold wins over both."""
    assert [phase_law(0.0, 0.0, u, 0.5) for u in (0.39, 0.4)] == [1.0, 0.0]  # 1 - exp(-0.5) is 0.3935
    assert [phase_law(1.0, 0.0, u, 0.5) for u in (0.61, 0.6)] == [0.0, 1.0]
    assert [phase_law(1.0, hold, 0.99, 0.5) for hold in (1.0, 2.0)] == [0.0, 1.0]
    numbers = {"exposure": 0.3, "ceasefire_hazard": 0.0, "breach_hazard": 0.5, "hold": 0.0, "noise": 1.0}
    stays = change(phase=1.0, months_of_peace=7.0, u_change=0.5, **numbers)
    assert stays == (1.0, 0.0, 0.8, 8.0)
    assert change(phase=1.0, months_of_peace=7.0, u_change=0.99, **numbers) == (0.0, 1.0, 0.0, 0.0)
    assert change(phase=0.0, months_of_peace=0.0, u_change=0.01, **numbers) == (1.0, 0.0, 0.0, 0.0)
    assert change(phase=0.0, months_of_peace=0.0, u_change=0.99, **numbers) == (0.0, 0.0, 0.8, 0.0)


def test_war_lasts_geometrically() -> None:
    found = run(12, paths=N, seed=1, ceasefire_base=0.1, breach_base=0, **PLAIN)
    at_war = int((found["phase"][12] == 0).sum())
    assert_share(at_war, N, math.exp(-1.2), "war after a year")
    with pytest.raises(AssertionError):
        assert_share(at_war, N, 0.9**12, "twin: probability h instead of 1 - exp(-h)")


@pytest.mark.parametrize("start", ["war", "ceasefire"])
def test_the_phase_is_a_two_state_chain(start: str) -> None:
    found = run(30, paths=N, seed=2, ceasefire_base=0.05, breach_base=0.03, start_phase=start, **PLAIN)
    p, q = 1 - math.exp(-0.05), 1 - math.exp(-0.03)
    stationary, memory = p / (p + q), (1 - p - q) ** 30
    expected = stationary + ((start == "ceasefire") - stationary) * memory
    ceasefires = int(found["phase"][30].sum())
    assert_share(ceasefires, N, expected, "ceasefire after 30 months")
    with pytest.raises(AssertionError):
        assert_share(ceasefires, N, stationary, "twin: no memory of the start")
    chain = [stationary + ((start == "ceasefire") - stationary) * (1 - p - q) ** k for k in range(30)]
    assert_mean(found["breaches"].sum(axis=0), q * sum(chain), "breaches in 30 months")


def test_a_ceasefire_that_lasts_gets_firmer_as_the_formula_has_it() -> None:
    numbers = {**PLAIN, "lasting_share": 0.25, "consolidation_months": 20}
    found = run(60, paths=N, seed=3, start_phase="ceasefire", ceasefire_base=0, breach_base=0.03, **numbers)
    hazard = sum(0.03 * (0.25 + 0.75 * math.exp(-month / 20)) for month in range(60))
    held = int(found["phase"][60].sum())
    assert_share(held, N, math.exp(-hazard), "held for five years")
    with pytest.raises(AssertionError):
        assert_share(held, N, math.exp(-60 * 0.03), "twin: no consolidation")


def test_each_kind_of_guarantee_is_its_promise_and_presence() -> None:
    troops, given = 30_000.0, []
    for kind in KINDS:
        for backstop in (0.0, 1.0):
            found = run(1, guarantee=kind, reads={"contingent": troops, "backstop": backstop})
            given.append(float(found["guarantee_in_force"][1, 0]))
    share = 1 - math.exp(-troops / 25_000)
    promises = (0.0, 0.0, 0.5, 0.745, 0.9)
    presences = (0.3, 0.15, 0.3, 0.3, 0.3)
    expected = [
        1 - (1 - promise * (1 - 0.4 * (1 - backstop))) * (1 - presence * share)
        for promise, presence in zip(promises, presences, strict=True)
        for backstop in (0.0, 1.0)
    ]
    np.testing.assert_allclose(given, expected, rtol=1e-12)
    strongest = given[1::2]
    assert strongest[0] > strongest[1]  # peacekeepers deter less than the same troops of a coalition
    assert strongest[2:] == sorted(strongest[2:])


@pytest.mark.parametrize(
    ("reads", "calmer"),
    [
        ("ratio", (0.6, 0.9)),
        ("gap", (500_000.0, 100_000.0)),
        ("contingent", (0.0, 50_000.0)),
        ("backstop", (0.0, 1.0)),
    ],
)
def test_what_calms_brings_never_a_higher_breach_hazard_nor_less_peace(reads: str, calmer: tuple[float, float]) -> None:
    peace = []
    for value in calmer:
        given = {"ratio": 0.667, "gap": 5e5, "contingent": 1e4, "backstop": 0.0, reads: value}
        peace.append(run(60, paths=4_000, seed=4, guarantee="europe", start_phase="ceasefire", aversion=0, reads=given))
    worse, better = peace
    assert worse["breach_hazard"][1, 0] > better["breach_hazard"][1, 0]
    assert (better["phase"] >= worse["phase"]).all()
    assert (better["phase"] > worse["phase"]).any()


def test_a_credible_guarantee_delays_a_ceasefire_by_the_stated_aversion() -> None:
    hazards = [float(run(1, guarantee=kind, aversion=0.8)["ceasefire_hazard"][1, 0]) for kind in ("none", "europe")]
    assert hazards[1] == pytest.approx(hazards[0] * math.exp(-0.8 * 0.5 * 0.6))


def test_a_phase_can_be_held() -> None:
    for hold, phase in (("war", 0.0), ("ceasefire", 1.0)):
        found = run(36, paths=50, seed=5, hold=hold, ceasefire_base=0.3, breach_base=0.3)
        np.testing.assert_array_equal(found["phase"][1:], phase)
    free = run(36, paths=50, seed=5, ceasefire_base=0.3, breach_base=0.3)
    assert 0 < free["phase"][1:].mean() < 1


def test_hazards_are_written_in_their_own_phase_only() -> None:
    found = run(80, paths=200, seed=6, ceasefire_base=0.1, breach_base=0.1)
    before = found["phase"][:-1]
    assert (found["ceasefire_hazard"][1:][before == 1] == 0).all()
    assert (found["breach_hazard"][1:][before == 0] == 0).all()
    np.testing.assert_array_equal(found["breaches"][1:], (before == 1) & (found["phase"][1:] == 0))
    assert found["months_of_peace"][found["phase"] == 0].max() == 0
    assert found["guarantee_in_force"].min() >= 0
    assert found["guarantee_in_force"].max() <= 1


def test_the_breach_elasticity_is_fitted_to_battles() -> None:
    battles = []
    for row in tables.table("parameters"):
        ratio = re.search(r"attacker_win_share_ratio_([\d.]+)-?([\d.]+)?", str(row["quantity"]))
        size = re.search(r"share of (\d+)", str(row["unit"]))
        if ratio and size:
            low, high = float(ratio[1]), float(ratio[2] or 4.0)  # "2.71+" is taken up to 4
            battles.append((0.5 * math.log(low * high), float(row["central"]), int(size[1])))
    x, share, n = (np.array(column) for column in zip(*battles, strict=True))
    assert n.sum() == 478
    design, beta = np.column_stack([np.ones_like(x), x]), np.zeros(2)
    for _ in range(30):  # Newton's method for the logistic regression
        p = 1 / (1 + np.exp(-design @ beta))
        information = design.T @ (design * (n * p * (1 - p))[:, None])
        beta += np.linalg.solve(information, design.T @ (n * (share - p)))
    assert beta[1] == pytest.approx(Common().breach_elasticity.value, abs=0.01)
    assert math.sqrt(np.linalg.inv(information)[1, 1]) == pytest.approx(0.18, abs=0.01)


def test_every_number_acts_on_its_own_path() -> None:
    reads = {"ratio": 0.9, "gap": 4e5, "contingent": 2e4, "backstop": 0.0}
    idle = {"europe_promise": "europe", "nato_promise": "nato-in-ukraine", "membership_promise": "nato-membership"}
    idle |= {"un_presence_effect": "un-peacekeepers"}
    for name, field in Common.model_fields.items():
        value = getattr(field.default, "value", None)
        if value is None:
            continue  # a choice
        common = {
            "guarantee": idle.get(name, "europe"),
            "ceasefire_base": 0.3,
            "reads": reads,
            "noise": False,
            "paths": 2,
        }
        value = common.get(name, value)
        alone = run(30, **common)
        mixed = run(30, **common, per_path={name: np.array([value, 0.9 * value])})
        for series, found in mixed.items():
            np.testing.assert_array_equal(found[:, 0], alone[series][:, 0])
        assert any((found[:, 1] != alone[series][:, 1]).any() for series, found in mixed.items()), name


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"paths": 5, "seed": 7, "guarantee": "europe", "ceasefire_base": 0.1, "breach_base": 0.1}
    reads = {"ratio": lambda month: 0.5 + 0.01 * month, "gap": 3e5, "contingent": 2e4, "backstop": 1.0}
    compiled = [run(40, reads=reads, noise=noise, **arguments) for noise in (True, False)]
    without_compiler(monkeypatch)
    plain = [run(40, reads=reads, noise=noise, **arguments) for noise in (True, False)]
    for one, other in zip(compiled, plain, strict=True):
        for name, series in one.items():
            np.testing.assert_array_equal(series, other[name], err_msg=name)
