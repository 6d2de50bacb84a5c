"""Without noise: counts are their means, stocks are real numbers, and what is kept of them is not cut off.

Where the month is linear in the counts (fixed rates, no bound met, no intensity) a run without noise is the mean of
all runs with noise: 200,000 paths, in standard errors. The old way, each count at its median, must fail.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import forcesim as fs
from forcesim.processes.courses import School
from forcesim.processes.personnel import Common, Parameters, Personnel, recruit
from forcesim.processes.process import Context, Draw, Process
from forcesim.processes.stances import DEPLOYED, DEPLOYING, goal_law, move_law
from forcesim.randomness.variates import binomial_counts
from forcesim.state import Flow, Stock
from tests.support.alone import run_alone
from tests.support.laws import assert_mean

PATHS, TIMES, MONTHS = 40_000, 5, 3
STOCKS = ("strength", "trained", "trainees", "wounded", "absent", "pool", "waiting")
FLOWS = ("losses", "killed", "awol", "awol_returns", "discharges", "returns", "invalided", "graduations", "washouts")


def army() -> Parameters:
    """Return a small army in which every count has a mean of a few persons, so that medians are off."""
    school = {"seats": 1e6, "months": 2.5, "stages": 2, "duration": "erlang", "pass_share": 0.7}
    return Parameters(
        strength=400.5, wounded=20, absent=10, pool=1000, volunteers=7.5, pool_entries=2.25, casualty_rate=0.006,
        killed_share=0.3, return_share=0.4, recovery_months=4, awol_rate=0.004, awol_return_rate=0.1,
        discharge_rate=0.003, absorption_share=1.0, schools=(School(**school),),
    )  # fmt: skip


def last_month(one: Parameters, *, noise: bool, paths: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Return each series of the last month, summed over its slots, by path."""
    found = run_alone(
        Personnel(), {"UKR": one}, Common(), months=MONTHS, paths=paths, noise=noise, seed=seed,
        reads={"personnel_budget": 1e12},
    )  # fmt: skip
    return {name: found[name][-1, 0].sum(axis=0) for name in (*STOCKS, *FLOWS)}


@pytest.fixture(scope="module")
def noisy() -> dict[str, np.ndarray]:
    """Return 200,000 paths; whole numbers of persons go in, since that is what noise makes of others."""
    one = army().model_copy(update={"strength": fs.Value.model_validate(400), "volunteers": fs.Value.model_validate(7),
                                    "pool_entries": fs.Value.model_validate(2)})  # fmt: skip
    parts = [last_month(one, noise=True, paths=PATHS, seed=seed) for seed in range(TIMES)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def still() -> dict[str, np.ndarray]:
    one = army().model_copy(update={"strength": fs.Value.model_validate(400), "volunteers": fs.Value.model_validate(7),
                                    "pool_entries": fs.Value.model_validate(2)})  # fmt: skip
    return last_month(one, noise=False, paths=1)


def test_without_noise_an_army_is_the_mean_of_its_futures(noisy: dict[str, np.ndarray]) -> None:
    expected = still()
    for name, sample in noisy.items():
        assert_mean(sample, float(expected[name][0]), name, comparisons=len(noisy))


def test_counts_at_their_medians_are_not_the_mean(
    noisy: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative twin: a normal that is not quite 0 gives medians, as all runs without noise had."""
    monkeypatch.setattr(Draw, "without_noise", property(lambda _: 1e-12))
    medians = still()
    wrong = 0
    for name, sample in noisy.items():
        try:
            assert_mean(sample, float(medians[name][0]), name, comparisons=len(noisy))
        except AssertionError:
            wrong += 1
    assert wrong > len(noisy) / 2


def test_without_noise_nothing_is_rounded() -> None:
    found = last_month(army(), noise=False, paths=1)
    assert all(found[name][0] % 1 for name in STOCKS if name != "waiting")
    start = run_alone(Personnel(), {"UKR": army()}, Common(), months=1, paths=1, noise=False,
                      reads={"personnel_budget": 1e12})  # fmt: skip
    assert start["strength"][0].item() == 400.5
    assert start["pool_entries"][1].item() == 2.25
    assert start["accessions"][1].item() == 7.5
    assert goal_law(DEPLOYED, 10.4, 0.5, 100.0, 0.5, False) == 5.7
    assert goal_law(DEPLOYED, 10.4, 0.5, 100.0, 0.5, True) == 5.5


def test_factors_with_mean_one_are_one_without_noise() -> None:
    boundless = dict.fromkeys(
        ("pool", "seats_left", "teaching_left", "ceiling", "peace_ceiling", "personnel_budget"), 1e9
    )
    names = ("present", "in_care", "waiting", "graduations", "pupils_now", "pool_entries", "phase", "bonuses", "combat_pay",
             "pool_exit_rate", "z_exits", "u_person", "u_intake")  # fmt: skip
    intake = partial(
        recruit, **boundless, **dict.fromkeys(names, 0.0), intake_shock=0.0, soldier_cost=1.0, volunteers=900.0,
        mobilisation=100.0, intake_volatility=0.5,
    )  # fmt: skip
    assert intake(noise=0.0).accessions == 1000.0
    assert intake(noise=1.0).accessions == math.floor(1000.0 * math.exp(-0.125))
    volatile = army().model_copy(update={"intensity_volatility": fs.Value.model_validate(0.8)})
    calm, wild = (last_month(one, noise=False, paths=1) for one in (army(), volatile))
    assert calm == wild


@pytest.mark.parametrize("months", [1.0, 3.0, 7.0, 9.0, 11.0])
def test_troops_without_noise_come_and_leave_in_the_same_months(months: float) -> None:
    """Rounding errors of a part of the way leave no month more with a billionth of a soldier."""
    there, taken = 0.0, 0
    while there < 1234.5:
        there += move_law(DEPLOYING, there, 1234.5, 1.0, 1.0 / months, 1234.5, 0.5, False)
        taken += 1
    assert (there, taken) == (1234.5, months)
    while there > 0.0:
        there += move_law(DEPLOYING, there, 0.0, 1.0, 0.5, 1234.5, 1.0 / months, False)
        taken += 1
    assert (there, taken) == (0.0, 2 * months)


def test_what_is_kept_without_noise_is_not_cut_off() -> None:
    scenario = fs.load("ukraine-2025").with_values({"horizon": "2027-01"})
    names = ["strength", "gap", "contingent_by_nation", "phase"]
    still = fs.simulate(scenario.without_noise(), paths=2, keep="paths", outcomes=names, progress=False)
    assert {name: kept.dtype.kind for name, kept in still.kept.items()} == {
        "strength": "f", "gap": "f", "contingent_by_nation": "f", "phase": "i",
    }  # fmt: skip
    assert still.kept["strength"][-1, :, 0] % 1 != pytest.approx(0.0)
    for month in (0, 12, 23):
        at = scenario.timeline.label(month)
        assert still.kept["gap"][month, 0] == still.mean("gap", at=at).value
    noisy = fs.simulate(scenario, paths=2, keep="paths", outcomes=names, progress=False)
    assert all(noisy.kept[name].dtype.kind == "i" for name in names)


@pytest.mark.parametrize(("policy", "gap"), [("status-quo", 5e5), ("europe-100k", 4e5), ("europe-150k", 3.5e5)])
def test_the_seed_figures_stand(policy: str, gap: float) -> None:
    result = fs.simulate(fs.load("seed-figures").without_noise(), policy, paths=1, keep="paths", progress=False)
    assert (result.kept["gap"][:] == gap).all()


class Patients(Process):
    """A caller's own process: of ten patients some recover."""

    name = "patients"
    section = "patients"
    writes = (
        Stock(name="patients", unit="persons", meaning="in care", outflows=("recovered",), scope="world",
              storage="count", outcome=True),
        Flow(name="recovered", unit="persons", meaning="go home", scope="world", storage="count", outcome=True),
    )  # fmt: skip
    draws = (Draw("z_recover", scope="world"),)

    def start(self, context: Context) -> None:
        context.write("patients")[:] = 10.0

    def step(self, context: Context, month: int) -> None:
        patients, recovered = context.write("patients"), context.write("recovered")
        recovered[:] = binomial_counts(patients, 0.25, context.draw("z_recover"))
        patients -= recovered


def test_counts_of_an_own_process_are_means_too() -> None:
    data = {"name": "ward", "start": "2025-01", "horizon": "2025-04", "nations": {"UKR": {}}}
    result = fs.simulate(fs.Scenario.of(data, [Patients]).without_noise(), paths=1, keep="paths", progress=False)
    assert result.kept["patients"][:, 0].tolist() == [10.0, 7.5, 5.625, 4.21875]
