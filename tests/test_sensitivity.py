"""What matters in a scenario whose answer is a sum of correlated normals and a walk: every share is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import forcesim as fs
from forcesim.decide.swaps import Swaps, clusters, given_held, tied_to
from forcesim.decide.widening import widened
from tests.support.toys import toy_scenario

NATIONS = ("DEU", "FRA", "POL")
LEVELS = {nation: f"nations.{nation}.walk.level" for nation in NATIONS}
SD = {"DEU": 4.0, "FRA": 3.0, "POL": 2.0}
RHO, MONTHS = 0.5, 6
NOISE = 3.0 * MONTHS
"""Variance of three walks of standard deviation 1 after six months."""
PAIR = SD["DEU"] ** 2 + SD["FRA"] ** 2 + 2 * RHO * SD["DEU"] * SD["FRA"]
WHOLE = PAIR + SD["POL"] ** 2 + NOISE


def walks(rho: float = RHO, **more: object) -> fs.Scenario:
    """Return three walks from normal levels, of which two are correlated; ``total`` at 2025-07 is their sum."""
    levels = {LEVELS[n]: {"normal": {"mean": 90.0, "sd": SD[n], "low": 0.0}, "assumption": "toy"} for n in NATIONS}
    pair = [{"between": [LEVELS["DEU"], LEVELS["FRA"]], "rho": rho, "assumption": "toy"}] if rho else []
    return toy_scenario(NATIONS).with_values(levels | {"correlations": pair, **more})


def asked(method: str, paths: int = 4_096, **more: object) -> fs.Sensitivity:
    return fs.sensitivity(walks(), None, "total", at="2025-07", method=method, paths=paths, seed=4, threads=1, **more)


def near(found: fs.Estimate, truth: float, slack: float = 0.0) -> bool:
    return abs(found.value - truth) < 4 * found.error + slack


def test_correlated_numbers_are_one_input_of_sobol() -> None:
    found = asked("sobol")
    both = f"{LEVELS['DEU']} + {LEVELS['FRA']}"
    for measure in ("first", "total"):
        assert near(found.measures[measure][both], PAIR / WHOLE)
        assert near(found.measures[measure][LEVELS["POL"]], SD["POL"] ** 2 / WHOLE, 0.01)
        assert LEVELS["DEU"] not in found.measures[measure]
    assert near(found.measures["total"]["chance"], NOISE / WHOLE)
    assert not near(found.measures["total"][both], (SD["DEU"] ** 2 + SD["FRA"] ** 2) / WHOLE)  # correlation ignored
    assert found.ranking[0] == both
    assert found.base.value == pytest.approx(3 * 90 + 3 * MONTHS, abs=4 * found.base.error)


def test_shapley_effects_of_correlated_normals() -> None:
    """Of two correlated terms each has its own variance and half of twice their covariance; all sum to 1."""
    found = asked("shapley").measures["shapley"]
    covariance = RHO * SD["DEU"] * SD["FRA"]
    # Owen and Prieur (2017): of a linear sum of two normals a correlated share is (s1^2 (1 - r^2/2) + s2^2 r^2/2 + cov)
    own = {n: SD[n] ** 2 for n in NATIONS}
    for one, other in (("DEU", "FRA"), ("FRA", "DEU")):
        truth = own[one] * (1 - RHO**2 / 2) + own[other] * RHO**2 / 2 + covariance
        assert near(found[LEVELS[one]], truth / WHOLE), one
    assert near(found[LEVELS["POL"]], own["POL"] / WHOLE)
    assert near(found["chance"], NOISE / WHOLE)
    assert sum(one.value for one in found.values()) == pytest.approx(1.0)
    assert not near(found[LEVELS["FRA"]], own["FRA"] / WHOLE)


def test_shares_over_time() -> None:
    """Chance gains as the walks go on: 3 t of 3 t + the levels'."""
    found = asked("sobol", every=2)
    assert found.months == ("2025-03", "2025-05", "2025-07")
    course = found.by_month()["chance"]
    for month, value in zip((2, 4, 6), course, strict=True):
        assert value == pytest.approx(3 * month / (WHOLE - NOISE + 3 * month), abs=0.03)


def test_swings_move_what_is_tied() -> None:
    """From the 5 % to the 95 % quantile: 3.29 standard deviations, and those of the other number that go with it."""
    found = asked("swings", paths=256)
    assert found.measures["swing"][LEVELS["DEU"]].value == pytest.approx(3.2897 * (4.0 + RHO * 3.0), rel=1e-3)
    assert found.measures["swing"][LEVELS["POL"]].value == pytest.approx(3.2897 * 2.0, rel=1e-3)
    assert found.ranking[0] == LEVELS["DEU"]


def test_pawn_ranks_and_knows_what_is_nothing() -> None:
    pytest.importorskip("SALib")
    found = asked("pawn", paths=1_024).measures["pawn"]
    nothing = found["a number of no effect"].value
    assert found[LEVELS["DEU"]].value > found[LEVELS["POL"]].value > nothing
    assert found[LEVELS["DEU"]].error > 0


def test_fixed_numbers_take_part_on_request() -> None:
    """A drift of 0 to 2 a month, uniform, moves the sum by 6 times itself: variance 36 / 3."""
    drift = "nations.DEU.walk.drift"
    found = asked("sobol", fixed={drift: (0.0, 2.0)}, inputs=[drift])
    assert near(found.measures["total"][drift], 12.0 / (WHOLE + 12.0))
    assert near(found.measures["total"]["all other numbers"], (WHOLE - NOISE) / (WHOLE + 12.0))
    assert set(widened(walks(), {drift: (0.0, 2.0)}).uncertain()) == {*LEVELS.values(), drift}


def test_groups_and_events() -> None:
    found = asked("sobol", groups={"levels": ["nations.*"]})
    assert near(found.measures["first"]["levels"], 1 - NOISE / WHOLE)
    event = fs.sensitivity(walks(), None, "total > 288", at="2025-07", paths=1_024, threads=1)
    assert event.base.unit == "chance"
    assert event.measures["total"]["chance"].value > NOISE / WHOLE  # a threshold mixes what a sum adds


def test_series_and_parallel_are_the_same_bits() -> None:
    one, two = (
        fs.sensitivity(walks(), None, "total", at="2025-07", method=method, paths=2_304, threads=threads)
        for method in ("sobol", "shapley")
        for threads in (1, 2)
        if method == "shapley"
    )
    assert one.measures == two.measures


def test_every_mixture_has_the_law_of_a_future() -> None:
    """Given held numbers the others keep mean, variance and correlation, and held ones keep their bits."""
    matrix = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, -0.4], [0.0, -0.4, 1.0]])
    rng = np.random.default_rng(8)
    scores = np.linalg.cholesky(matrix) @ rng.normal(size=(3, 40_000))
    held = rng.uniform(size=(3, 40_000)) < 0.5
    found = given_held(scores, rng.normal(size=(3, 40_000)), held, matrix)
    assert np.array_equal(found[held], scores[held])
    assert np.abs(np.cov(found) - matrix).max() < 4 * np.sqrt(2 / 40_000)
    careless = np.where(held, scores, rng.normal(size=(3, 40_000)))
    assert np.abs(np.cov(careless) - matrix).max() > 0.1
    drawn = walks().sampler(seed=1, paths=20_000)
    u = drawn.joined(drawn.uniforms(0, 20_000))
    u[0] = 0.95
    stays = np.zeros(u.shape, dtype=bool)
    stays[0] = True
    moved = norm.ppf(tied_to(drawn, u, drawn.uniforms(0, 20_000), stays))
    assert moved[1].mean() == pytest.approx(RHO * norm.ppf(0.95), abs=4 / 20_000**0.5)
    assert np.array_equal(moved[2], norm.ppf(u[2]))
    assert clusters((4, 6, 9), np.linalg.cholesky(matrix)) == [[4, 6, 9]]


def test_a_mixture_in_which_all_is_held_is_the_plain_run() -> None:
    from forcesim.decide.measures import Study
    from forcesim.decide.widening import question_of, size_of

    question = question_of(walks(), None, "total", at="2025-07", seed=4)
    study = Study(
        question, {name: (row,) for row, name in enumerate(LEVELS.values())}, (), 3, (), size_of(512, 4, 1), print
    )
    players = study.players(list(LEVELS.values()))
    mixed = Swaps(question, players)
    run = fs.simulate(walks(), paths=512, seed=4, keep=["total"])
    assert np.array_equal(mixed.on_all(range(4), 512, 1), run.sample("total", at="2025-07"))
    far = mixed.on_all((), 512, 1)
    assert abs(np.corrcoef(far, run.sample("total", at="2025-07"))[0, 1]) < 4 / np.sqrt(512)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"inputs": ["nations.DEU.walk.levle"]}, "inputs: nations.DEU.walk.levle: must be an uncertain number"),
        ({"fixed": ["nations.DEU.walk.drift"]}, "needs a range with low below high, got 0 to inf"),
        ({"fixed": {"nations.DEU.walk.drfit": (0, 1)}}, "did you mean nations.DEU.walk.drift"),
        ({"groups": {"a": [LEVELS["DEU"]]}}, "must hold all numbers that are correlated (add nations.FRA.walk.level)"),
        ({"method": "pwan"}, "did you mean pawn"),
    ],
)  # fmt: skip
def test_refusals(more: dict[str, object], message: str) -> None:
    with pytest.raises(fs.ResultError) as caught:
        fs.sensitivity(walks(), None, "total", at="2025-07", **more)
    assert message in str(caught.value)
    with pytest.raises(fs.ResultError, match="must have uncertain numbers"):
        fs.sensitivity(toy_scenario(), None, "total", at="2025-07")


def test_pictures_show_what_the_tables_say() -> None:
    """One bar a measure of each input, a line for each course; without courses there is no picture of them."""
    found = asked("sobol", paths=512, every=3)
    bars = found.figure().axes[0]
    assert [label.get_text() for label in bars.get_yticklabels()][-1] == "chance"
    assert len(found.figure_by_month().axes[0].lines) == len(found.course)
    swings = asked("swings", paths=64).figure().axes[0]
    assert swings.get_xlabel() == "units"
    with pytest.raises(fs.ResultError, match="needs shares over time"):
        asked("shapley", paths=64).figure_by_month()
    assert "chance" in repr(found)
    assert "<table>" in found._repr_html_()


def test_a_number_that_acts_only_with_chance_is_found() -> None:
    """A spread from 0 to 2 times six normals has no first index; its total is 6 Var(spread) = 2 of 6 x 4/3 + 12 + 3/4."""
    spread = "nations.FRA.walk.spread"
    levels = {name: {"normal": {"mean": 90.0, "sd": 0.5, "low": 0.0}, "assumption": "toy"} for name in LEVELS.values()}
    scenario = walks().with_values(levels | {"correlations": [], spread: {"uniform": [0, 2], "assumption": "toy"}})
    found = fs.sensitivity(scenario, None, "total", at="2025-07", most=1, paths=4_096, threads=1)
    assert list(found.measures["total"]) == [spread, "all other numbers", "chance"]
    assert near(found.measures["first"][spread], 0.0)
    assert near(found.measures["total"][spread], 2.0 / (8.0 + 12.0 + 0.75))
