"""Aid: amounts that donors decide, conserved on the way, an exact Ornstein-Uhlenbeck luck, less after a ceasefire."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forcesim.processes.aid import Aid, Common, Parameters, decide, peace_factor
from forcesim.processes.phases import CEASEFIRE, DEFEAT, LOCAL_ATTACK, WAR
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own

PATHS = 100_000


def errors_off(sample: np.ndarray, expected: float) -> float:
    """Distance of the sample's mean from what is expected, in standard errors."""
    return float(abs(sample.mean() - expected) / (sample.std() / math.sqrt(sample.size)))


def nations() -> dict[str, Parameters]:
    return {
        "AAA": Parameters(military=12.0, pays=0.25),
        "BBB": Parameters(military=6.0, pays=0.5),
        "CCC": Parameters(receives=0.25),
        "UKR": Parameters(receives=0.75),
    }


def test_what_is_given_is_received_on_every_path() -> None:
    reads = {"phase": lambda month: float(month > 20)}
    common = Common(external_soldiers=20.0)
    run = run_alone(Aid(), nations(), common, reads=reads, months=48, paths=200, seed=3, start_month=2)
    np.testing.assert_allclose(run["aid_received"].sum(axis=1), run["military_aid"].sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(run["aid_total"][:, 0], run["military_aid"].sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(run["soldiers_received"].sum(axis=1), run["soldiers_paid"].sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(run["soldiers_paid"][1:].sum(axis=1), 0.75 * 20 / 12, rtol=1e-13)
    np.testing.assert_allclose(run["soldiers_received"][1:, 3], 0.75 * 0.75 * 20 / 12, rtol=1e-13)
    np.testing.assert_array_equal(run["military_aid"][0], 0.0)  # it flows from month 1


def test_without_noise_the_amount_is_what_was_decided_and_falls_in_the_first_january_of_a_ceasefire() -> None:
    reads = {"phase": lambda month: float(month > 6)}
    run = run_alone(Aid(), nations(), Common(after_ceasefire=0.25), reads=reads, months=12, noise=False, start_month=2)
    aid = run["aid_total"][:, 0, 0, 0]
    np.testing.assert_allclose(aid[1:11], 18 / 12)  # the year's aid stands as voted
    assert aid[11] == pytest.approx(0.25 * 18 / 12)
    assert [peace_factor(phase, 0.4) for phase in (WAR, CEASEFIRE, LOCAL_ATTACK, DEFEAT)] == [1.0, 0.4, 1.0, 0.0]


def test_effort_is_an_exact_ornstein_uhlenbeck_process_that_donors_share_in_part() -> None:
    common = Common(volatility=0.5, shared=0.36, memory=2.0)
    run = run_alone(Aid(), nations(), common, reads={"phase": 0.0}, months=25, paths=PATHS, seed=5, start_month=12)
    one, other = run["effort"][25, 0, 0], run["effort"][25, 1, 0]
    years = 25 / 12
    variance = 0.25 * (1.0 - math.exp(-2.0 * years / 2.0))
    for effort in (one, other):
        assert errors_off(effort, 0.0) < 4
        assert errors_off(effort**2, variance) < 4
    assert errors_off(one * other, 0.36 * variance) < 4
    assert errors_off(one * other, 0.0) > 20  # negative twin: each on its own
    assert errors_off(one**2, 0.25) > 20  # negative twin: a spread without memory
    np.testing.assert_allclose(run["military_aid"][25, 0, 0], np.exp(one), rtol=1e-13)


def test_a_decision_by_hand() -> None:
    found = decide(
        effort=0.2, phase=CEASEFIRE, years=0.5, military=12.0, after_ceasefire=0.5, volatility=0.3, shared=0.25,
        memory=2.0, z_effort=1.0, z_donors=-0.4,
    )  # fmt: skip
    keep = math.exp(-0.25)
    effort = keep * 0.2 + 0.3 * math.sqrt(1 - keep**2) * (0.5 * -0.4 + math.sqrt(0.75))
    assert found == pytest.approx((effort, 0.5 * math.exp(effort)), rel=1e-13)


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = {"phase": lambda month: float(month > 6)}
    arguments = {"reads": reads, "months": 24, "paths": 7, "seed": 4, "per_path": {"shared": np.linspace(0, 1, 7)}}
    compiled = run_alone(Aid(), nations(), Common(), **arguments)
    without_compiler(monkeypatch)
    plain = run_alone(Aid(), nations(), Common(), **arguments)
    for name, series in compiled.items():
        np.testing.assert_array_equal(series, plain[name], err_msg=name)


def test_parameters_that_differ_between_paths_act_path_by_path() -> None:
    nation = {"UKR": Parameters(military=5.0, pays=0.5, receives=0.5)}
    reads = {"phase": lambda month: float(month > 8)}
    assert_each_path_has_its_own(Aid(), nation, Common(external_soldiers=3.0), reads=reads, months=24, seed=8)
