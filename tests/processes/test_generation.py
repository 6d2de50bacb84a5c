"""Generation: hand cases, the closed form of the step, the law of its shocks, limits of equipment, NATO's people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from forcesim.evidence.people import people_forecast
from forcesim.processes.generation import (
    MOST_SHOCK,
    Common,
    Generation,
    Parameters,
    begin,
    enablers,
    equip,
    grow,
    keep_service,
    pace,
    ready,
    sent,
    serve,
    standing,
    want,
)
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own
from tests.support.laws import assert_law, assert_mean, assert_variance

N = 40_000
STILL = {"drift": 0.0}
NATION = {"AAA": Parameters(people=100_000, brigades_counted=8)}


def run(nations=NATION, *, months: int, money: float = 2.0, reads=None, **arguments) -> dict[str, np.ndarray]:
    """Run allies whose budget of 1 becomes ``money`` from the first January on."""
    own = {k: arguments.pop(k) for k in ("paths", "seed", "noise", "per_path", "start_month") if k in arguments}
    given = {"defence_budget": lambda month: 1.0 if month == 0 else money, **(reads or {})}
    return run_alone(
        Generation(),
        nations,
        Common(**{**STILL, **arguments}),
        reads=given,
        months=months,
        **{"start_month": 12, **own},
    )


def people(found: dict[str, np.ndarray], nation: int = 0) -> np.ndarray:
    """Return soldiers as (month, path)."""
    return found["soldiers"][:, nation, 0]


def test_the_beginning_by_hand() -> None:
    numbers = {
        "overcount": 0.1, "defence_budget": 50.0, "equipment_budget": 1.5, "reserve_ratio": 0.25, "brigade_size": 5e3,
        "persons_per_brigade": 2e4, "readiness": 0.3, "readiness_ratio": 1.0, "enablers": 0.5,
    }  # fmt: skip
    found = begin(noise=0.0, people=2e5, reserves_counted=0.0, brigades_counted=0.0, **numbers)
    assert found == pytest.approx((1.8e5, 1.8e5, 4.5e4, 9, 9, 9, 4.5e4, 6_750, 50, 50, 1.5), rel=1e-14)
    counted = begin(noise=1.0, people=2e5, reserves_counted=7e4, brigades_counted=12.0, **numbers)
    assert (counted.reserves, counted.brigades, counted.kits, counted.wanted_brigades) == (7e4, 12, 12, 12)


def test_the_pace_of_the_years_by_hand() -> None:
    found = pace(
        years=0.25, response=0.06, lag_years=5.0, kit_years=4.0, volatility=0.03, shared_volatility=0.01,
        kits_per_year=8.0, z_people=-1.5,
    )  # fmt: skip
    e = math.exp
    assert found == pytest.approx((e(-0.05), 0.06 / (1 - e(-0.2)), e(-0.0625), 0.015, -0.0075, 2.0), rel=1e-14)
    assert keep_service(build_up_years=2.0) == pytest.approx(e(-1 / 24), rel=1e-14)


GROW = {
    "regulars": 9e4, "budget_at_start": 20.0, "budget_before": 30.0, "defence_budget": 40.0, "month": 24.0, "keep": 0.8,
    "elasticity": 0.3, "sway": 0.02, "shared_shock": 0.01, "people": 1e5, "overcount": 0.05, "responsiveness": 1.5,
    "drift": -0.01,
}  # fmt: skip


def test_a_years_people_by_hand() -> None:
    found = grow(u_people=0.975, **GROW)
    goal = math.log(9.5e4) + 1.5 * 0.3 * math.log(1.5) - 0.02
    own = math.exp(goal + 0.8 * (math.log(9e4) - goal) + 0.02 * stats.t.ppf(0.975, 3) + 0.01)
    assert found == pytest.approx((own, 40.0), rel=1e-12)
    calm = grow(u_people=0.5, **{**GROW, "shared_shock": 0.0}).regulars
    for u, bound in ((1 - 1e-9, MOST_SHOCK), (1e-9, -MOST_SHOCK)):
        assert math.log(grow(u_people=u, **GROW).regulars / calm) == pytest.approx(bound, rel=1e-12)


SERVE = {"regulars": 8e4, "service": 0.1, "reserves": 9_650.0, "keep_service": 0.6, "service_months": 10.0}
STANDING = {
    "people": 1e5, "overcount": 0.05, "conscription": 0.2, "service_yield": 0.9, "reserves_counted": 0.0,
    "reserve_ratio": 0.25, "reserve_years": 8.0,
}  # fmt: skip


def test_a_months_service_and_reserve_by_hand() -> None:
    added = 0.18 + 0.6 * (0.1 - 0.18)
    into = 8e4 * (0.25 / 96 + added / 10)
    given = standing(**STANDING)
    assert given == pytest.approx((0.18, 0.25 / 96, 96.0), rel=1e-14)
    numbers = SERVE | given._asdict()
    assert serve(noise=0.0, **numbers) == pytest.approx((added, 8e4 * (1 + added), into, 9_650 / 96), rel=1e-14)
    assert serve(noise=1.0, **numbers)[2:] == (math.floor(into), 100)
    counted = standing(**{**STANDING, "reserves_counted": 1.9e4})
    assert counted.kept_up == pytest.approx(0.2 / 96, rel=1e-14)


def test_what_people_would_fill_by_hand() -> None:
    numbers = {
        "kits": 7.0, "equipment_budget": 0.7, "people": 1e5, "overcount": 0.05, "persons_per_brigade": 2e4,
        "land_part": 0.6, "brigade_margin": 5_000.0,
    }  # fmt: skip
    assert want(soldiers=1.05e5, brigades_counted=9.0, **numbers) == pytest.approx((10.2, 3.2, 0.7), rel=1e-14)
    assert want(soldiers=1.05e5, brigades_counted=0.0, **numbers) == pytest.approx((5.95, 0.0, 0.7), rel=1e-14)
    assert want(soldiers=1e4, brigades_counted=9.0, **numbers)[:2] == (0.0, 0.0)


def test_equipment_by_hand() -> None:
    numbers = {
        "kits": 7.0, "wanted_brigades": 10.0, "waiting": 3.0, "kit_money_at_start": 2.0, "keep_kit": 0.75, "kits_made": 4.0,
    }  # fmt: skip
    assert equip(waiting_of_all=6.0, kit_money_before=2.0, **numbers) == (7.75, 7.75)  # the lead time binds
    assert equip(waiting_of_all=24.0, kit_money_before=2.0, **numbers) == (7.5, 7.5)  # what industry makes binds
    assert equip(waiting_of_all=24.0, kit_money_before=1.0, **numbers) == (7.25, 7.25)
    spare = {**numbers, "kits": 12.0, "waiting": 0.0}
    assert equip(waiting_of_all=0.0, kit_money_before=2.0, **spare) == (12.0, 10.0)


def test_who_can_be_sent_by_hand() -> None:
    numbers = {"brigade_size": 6_000.0, "readiness": 0.3, "readiness_ratio": 1.0}
    own, backed = enablers(own_enablers=0.6, backstop=0.0), enablers(own_enablers=0.6, backstop=1.0)
    assert (own, backed) == (0.6, 1.0)
    assert sent(brigades=8.0, enablers=own, **numbers) == pytest.approx(8_640)
    assert sent(brigades=8.0, enablers=backed, **numbers) == pytest.approx(14_400)
    assert sent(brigades=8.0, enablers=backed, **{**numbers, "readiness_ratio": 2.0}) == pytest.approx(28_800)
    assert sent(brigades=8.0, enablers=backed, **{**numbers, "readiness_ratio": 5.0}) == pytest.approx(48_000)
    assert ready(brigades=8.0, enablers=own, **numbers) == pytest.approx((48_000, 8_640))


def test_without_noise_people_follow_the_closed_form_to_the_long_run() -> None:
    """A budget doubled for good: ln P moves by eps ln 2 (1 - exp(-t / tau)), exactly, whatever the month of the start."""
    epsilon = 0.05 / (1 - math.exp(-1 / 5.5))
    for start in (12, 6):
        found = people(run(months=720, noise=False, start_month=start))[:, 0]
        for month in [1, *(month for month in range(2, 721) if (start - 1 + month) % 12 == 0)]:
            gain = epsilon * math.log(2) * (1 - math.exp(-(month - 1) / 12 / 5.5))  # money came in month 1
            assert found[month] == pytest.approx(1e5 * math.exp(gain), rel=1e-11), (start, month)
    assert math.log(found[7 + 12] / found[7]) == pytest.approx(0.05 * math.log(2), rel=0.15)  # response, not elasticity
    with pytest.raises(AssertionError):
        assert found[7] == pytest.approx(1e5 * math.exp(epsilon * math.log(2)), rel=1e-3)  # negative twin: no lag


def test_money_that_does_not_change_changes_nothing() -> None:
    found = run(months=240, money=1.0, noise=False)
    for name in ("soldiers", "brigades", "deployable", "reserves"):
        first = np.broadcast_to(found[name][:1], found[name].shape)
        np.testing.assert_allclose(found[name], first, rtol=1e-12, err_msg=name)
    assert people(run(months=24, money=1.0, noise=False, drift=-0.02))[24, 0] < 1e5  # negative twin


def test_a_years_shock_is_students_t() -> None:
    found = run(months=1, money=1.0, paths=N, seed=1, volatility=0.02, shared_volatility=0.0)
    shock = np.log(people(found)[1] / 1e5) * math.sqrt(12)  # of the month that month 1 covers
    assert_law(shock, lambda x: stats.t.cdf(x / 0.02, 3), "shock of a year")
    with pytest.raises(AssertionError):
        assert_law(shock, lambda x: stats.norm.cdf(x / (0.02 * math.sqrt(3))), "twin: a normal of the same variance")


def test_nations_share_a_part_of_the_year() -> None:
    nations = {name: Parameters(people=1e5) for name in ("AAA", "BBB")}
    found = run(nations, months=1, money=1.0, paths=N, seed=2, volatility=0.0, shared_volatility=0.03)
    one, other = (np.log(people(found, place)[1] / 1e5) for place in (0, 1))
    np.testing.assert_array_equal(one, other)
    assert_variance(one, 0.03**2 / 12, "shared shock")
    own = run(nations, months=1, money=1.0, paths=N, seed=2, volatility=0.02, shared_volatility=0.0)
    one, other = (np.log(people(own, place)[1] / 1e5) for place in (0, 1))
    assert_mean(np.sign(one * other), 0.0, "own shocks are independent")


def test_service_builds_up_and_feeds_the_reserve() -> None:
    nation = {"AAA": Parameters(people=1e5, conscription=0.3, reserves_counted=2e4)}
    found = run(nation, months=12 * 80, money=1.0, noise=False, service_yield=0.9, build_up_years=2, service_months=12)
    built = found["service"][:, 0, 0, 0]
    assert built[25] == pytest.approx(0.27 * (1 - math.exp(-25 / 24)), rel=1e-12)
    assert people(found)[-1, 0] == pytest.approx(1.27e5, rel=1e-9)
    assert found["reserves"][-1, 0, 0, 0] == pytest.approx(2e4 + 0.27e5 / 12 * 120, rel=1e-3)
    twin = run(nation, months=12 * 80, money=1.0, noise=False, service_yield=0.9, reserve_years=20)
    assert twin["reserves"][-1, 0, 0, 0] > 1.5 * found["reserves"][-1, 0, 0, 0]  # negative twin: they stay longer


def test_brigades_are_bound_by_people_or_by_equipment() -> None:
    nation = {"AAA": Parameters(people=1e5, conscription=0.6, brigades_counted=8)}
    by_people = run(nation, months=240, money=1.0, noise=False, kit_years=0.1, kits_per_year=1e4)
    wanted = 8 + 0.65 * (people(by_people)[:, 0] - 1e5) / 6e3
    np.testing.assert_allclose(by_people["brigades"][13::12, 0, 0, 0], wanted[13::12], rtol=1e-3)
    by_kits = run(nation, months=240, money=1.0, noise=False, kit_years=0.1, kits_per_year=0.1)
    assert by_kits["brigades"][240, 0, 0, 0] == pytest.approx(8 + 0.1 * 229 / 12, rel=1e-9)
    richer = run(nation, months=240, money=1.0, noise=False, kit_years=0.1, kits_per_year=0.1,
                 reads={"equipment_budget": lambda month: 1.0 if month == 0 else 3.0})  # fmt: skip
    assert richer["brigades"][240, 0, 0, 0] == pytest.approx(8 + 0.1 * (1 + 3 * 228) / 12, rel=1e-9)


def test_two_nations_share_what_industry_makes_by_what_they_wait_for() -> None:
    nations = {
        name: Parameters(people=1e5, conscription=c, brigades_counted=8) for name, c in (("AAA", 0.3), ("BBB", 0.1))
    }
    found = run(nations, months=1, money=1.0, noise=False, kit_years=0.1, kits_per_year=0.6)
    added = found["brigades"][1, :, 0, 0] - 8
    assert added.sum() == pytest.approx(0.05)
    assert added[0] == pytest.approx(3 * added[1])
    assert found["brigades_total"][1, 0, 0, 0] == pytest.approx(16.05)


def never_less(more: np.ndarray, less: np.ndarray) -> None:
    assert (more >= less).all()
    assert (more > less).any()


def test_money_service_and_backing_never_give_less_at_equal_draws() -> None:
    base = {"months": 120, "paths": 500, "seed": 3}
    poor, rich = run(**base, money=1.0), run(**base, money=1.5)
    served = run({"AAA": Parameters(people=100_000, brigades_counted=8, conscription=0.2)}, **base, money=1.0)
    backed = run(**base, money=1.0, reads={"backstop": 1.0})
    for more in (rich, served):
        for name in ("soldiers", "brigades", "deployable"):
            never_less(more[name], poor[name])
    never_less(backed["deployable"], poor["deployable"])
    with pytest.raises(AssertionError):
        never_less(poor["soldiers"], rich["soldiers"])


@pytest.mark.parametrize(
    ("origin", "last", "crps"),
    [pytest.param(2023, 2026, 0.040), pytest.param(2021, 2024, 0.033, marks=pytest.mark.slow)],
)
def test_nato_personnel_by_nation_out_of_sample(origin: int, last: int, crps: float) -> None:
    """Law and lag lean on 2022-2026; bounds are those of the fit to earlier years. Persistence: 0.051 and 0.028."""
    found = people_forecast(origin, last, draws=200)
    assert len(found) == 82
    assert found["crps"].mean() <= crps
    assert 0.70 <= found["inside"].mean() <= 0.88
    assert (found["crps"].mean() < found["persistence"].mean() - 0.01) == (origin == 2023)  # it wins where budgets jump


def test_every_number_acts_on_its_own_path() -> None:
    nation = {"AAA": Parameters(people=90_001, conscription=0.2, reserves_counted=0)}
    idle = (
        "persons_per_brigade",
        "brigades_counted",
        "reserves_counted",
        "volatility",
        "shared_volatility",
        "kits_per_year",
    )
    arguments = {"months": 30, "reads": {"defence_budget": lambda month: 1.0 + month, "backstop": 0.0}, "seed": 4}
    assert_each_path_has_its_own(Generation(), nation, Common(), idle=idle, noise=False, **arguments)
    others = tuple(name for name in (*Common.model_fields, *Parameters.model_fields) if name not in idle)
    tight = Common(kits_per_year=0.1)
    assert_each_path_has_its_own(
        Generation(), nation, tight, idle=(*others, "reserves_counted", "brigades_counted"), **arguments
    )


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"months": 40, "paths": 6, "seed": 5, "reads": {"backstop": 1.0}}
    compiled = run(**arguments)
    without_compiler(monkeypatch)
    plain = run(**arguments)
    for name, series in compiled.items():
        np.testing.assert_array_equal(series, plain[name], err_msg=name)
