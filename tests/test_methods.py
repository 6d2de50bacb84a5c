"""Methods to estimate one number: each without bias, each with an error that is right, whatever the threads."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

import forcesim as fs
from forcesim.decide.asking import PathQuestion
from forcesim.decide.coordinates import MovedCoordinates, candidates, leading, project
from forcesim.decide.methods import Pilot, pilot
from forcesim.decide.precision import METHODS
from tests.support.laws import assert_mean, assert_variance, standard_errors
from tests.support.toys import toy_scenario

SEEDS = 30
LEVEL = {"normal": {"mean": 30.0, "sd": 3.0, "low": 0.0}, "assumption": "toy"}
MONTH, MEAN, VARIANCE = "2025-07", 72.0, 12.0 + 2 * 9.0
"""Six months of two walks with drift 1 and variance 1 a month, from two normal levels of mean 30 and variance 9."""


def walks() -> fs.Scenario:
    """Return two walks from uncertain levels: the sum is normal."""
    return toy_scenario().with_values({f"nations.{n}.walk.level": LEVEL for n in ("DEU", "FRA")})


def run(name: str, question: str, seed: int, paths: int, *, threads: int = 1, learnt: Pilot | None = None):
    """Return what a method finds."""
    asked = PathQuestion(walks(), question, at=MONTH, seed=seed)
    method = METHODS[name](asked, learnt or pilot(asked, threads), threads)
    method.up_to(paths)
    return method.found()


@pytest.mark.parametrize("name", [name for name in METHODS if name != "splitting"])
@pytest.mark.parametrize("question", ["total", "total > 80"])
def test_a_method_has_neither_bias_nor_a_wrong_error(name: str, question: str) -> None:
    """30 seeds: the mean of (value - truth) / error is 0 within 4 standard errors, false alarm 6e-5.

    Its variance is 1 (31/29 for Student's law of 31 degrees), within 4 standard errors.
    """
    truth = MEAN if question == "total" else float(ndtr((MEAN - 80.0) / VARIANCE**0.5))
    found = [run(name, question, seed, 2_048) for seed in range(SEEDS)]
    z = [(one.value - truth) / one.error for one in found]
    assert_mean(z, 0.0, f"{name}, {question}", comparisons=2)
    assert_variance(z, 1.0, f"{name}, {question}", comparisons=2)


@pytest.mark.parametrize("name", ["control", "sobol"])
def test_a_method_pays_where_it_should(name: str) -> None:
    """The sum is linear in draws and numbers: each method's variance is below that of plain paths."""
    plain, better = run("plain", "total", 3, 8_192), run(name, "total", 3, 8_192)
    assert better.error < 0.8 * plain.error
    assert better.variance == pytest.approx(plain.variance, rel=0.1)


@pytest.mark.parametrize("runs", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_a_rare_chance_by_splitting(runs: int) -> None:
    """P(total > 97) = 2.5e-6: the mean of runs of ten populations is within 4 standard errors of it."""
    threshold = 97.0
    truth = float(ndtr((MEAN - threshold) / VARIANCE**0.5))
    assert truth < 1e-5
    found = [run("splitting", f"total > {threshold}", seed, 2) for seed in range(runs)]
    assert_mean([one.value for one in found], truth, "splitting")
    errors = np.array([one.error for one in found])
    assert (errors < truth).mean() > 0.9, "plain paths would need millions for that"
    assert found[0].effective > 20 * found[0].n


def test_levels_that_the_same_populations_set_would_be_another_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A negative twin: moves that forget to shrink the old scores leave the normal law, and splitting goes wrong."""
    from forcesim.decide.scores import Scores

    true = Scores.moved

    def wrong(self, far: float, first: int, into):
        true(self, far, first, into)
        for (s, d), scores in self._of.items():
            near = np.sqrt(1.0 - far * far)
            into._of[s, d] += (1.0 - near) * scores
        return into

    monkeypatch.setattr(Scores, "moved", wrong)
    truth = float(ndtr((MEAN - 97.0) / VARIANCE**0.5))
    values = [run("splitting", "total > 97", seed, 2).value for seed in range(4)]
    assert np.mean(values) > 3 * truth


def test_moved_draws_have_the_wanted_coordinates_and_nothing_else_moves() -> None:
    asked = PathQuestion(walks(), "total", at="2026-01", seed=5)
    every = candidates(asked.plan, asked.last)
    chosen = [every[0], every[3]]
    wanted = np.array([[2.5] * 256, [-1.0] * 256])
    given = project(asked.plan, asked.keys, chosen, first=0, paths=256, last=asked.last)
    other = MovedCoordinates(asked.plan, chosen, wanted - given, asked.last)
    months = range(1, asked.last + 1)
    numbers = {name: np.zeros(256) for name in asked.sampler.distributions}
    plain = {one: _increments(asked, numbers, one, None) for one in ("DEU", "FRA")}
    moved = {one: _increments(asked, numbers, one, other) for one in ("DEU", "FRA")}
    place = {"DEU": 0, "FRA": 1}
    for coordinate, value in zip(chosen, (2.5, -1.0), strict=True):
        nation = next(n for n, p in place.items() if p == coordinate.place)
        along = leading(len(months), coordinate.component)
        assert along @ moved[nation] == pytest.approx(value, abs=1e-9)
        rest = moved[nation] - np.outer(along, along @ moved[nation])
        assert rest == pytest.approx(plain[nation] - np.outer(along, along @ plain[nation]), abs=1e-9)


def _increments(asked: PathQuestion, numbers, nation: str, other: MovedCoordinates | None) -> np.ndarray:
    """Return the draws of a walk, (month, path), from its levels."""
    question = PathQuestion(walks(), f"level[{nation}] > 1e9", by="2026-01", seed=5)
    history = question.histories(numbers, 0, 256, other=other)[("level", nation)]
    return np.diff(history, axis=0) - 1.0


@pytest.mark.parametrize("name", list(METHODS))
def test_threads_change_no_estimate(name: str) -> None:
    question = "total > 97" if name == "splitting" else "total > 80"
    one, two = (run(name, question, 2, 20_000, threads=threads) for threads in (1, 2))
    assert (one.value, one.error, one.n) == (two.value, two.error, two.n)


def test_a_half_width_is_reached_and_told() -> None:
    wanted = {"at": MONTH, "method": "control", "half_width": 0.02, "paths": 1 << 20}
    answer = fs.estimate(walks(), "total > 80", **wanted)
    assert answer.reached is True
    assert answer.estimate.high - answer.estimate.low <= 0.04
    assert not fs.estimate(walks(), "total > 80", **{**wanted, "half_width": 1e-6, "paths": 4_096}).reached
    truth = float(ndtr((MEAN - 80.0) / VARIANCE**0.5))
    assert abs(answer.value - truth) < standard_errors() * answer.error
    assert "by control, worth" in repr(answer)
    assert "depends on nations." in repr(answer)


def test_advice_names_what_is_there_first() -> None:
    advice = fs.plan_precision(walks(), "total", at=MONTH, half_width=0.05)
    assert set(advice.answers) == {"plain", "control", "sobol"}
    assert advice.answers["plain"].efficiency == pytest.approx(1.0, rel=1e-6)
    assert advice.seconds_for(advice.best) == min(advice.seconds_for(name) for name in advice.answers)
    needed = advice.paths_for("plain")
    assert needed == pytest.approx(VARIANCE * (1.96 / 0.05) ** 2, rel=0.1)
    frame = advice.to_dataframe()
    assert list(frame.columns) == ["value", "error", "efficiency", "paths", "seconds"]
    assert "paths needed" in repr(advice)
    assert "<table" in advice._repr_html_()


def test_advice_tries_splitting_where_the_chance_is_small() -> None:
    advice = fs.plan_precision(walks(), "total > 97", at=MONTH, half_width=1e-6, paths=2_048)
    assert advice.answers["splitting"].efficiency > 20
    assert advice.best in advice.answers


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"method": "sobel"}, "did you mean sobol"),
        ({"method": "antithetic"}, "method: was taken out, got 'antithetic'.*were worth 0.7 to 0.9 times plain"),
        ({"method": "twin"}, "method: was taken out, got 'twin'.*was worth 0.3 to 0.4 times plain"),
        ({"paths": 1}, "paths: must lie in"),
        ({"half_width": 0.0}, "half_width: must be a number above 0"),
        ({"seed": -1}, "seed: must be >= 0"),
        ({"threads": 0}, "threads: must be >= 1"),
        ({"at": None}, "at: must be given"),
        ({"at": "2031-01"}, "at: "),
        ({"by": "2025-03"}, "must be exactly one of the two"),
        ({"method": "splitting"}, "needs what is true or false"),
    ],
)
def test_what_cannot_be_done_is_refused(more, message: str) -> None:
    with pytest.raises(fs.ResultError, match=message):
        fs.estimate(walks(), "total", **{"at": MONTH, "paths": 512, **more})


def test_methods_that_find_nothing_to_hold_on_to_say_so() -> None:
    still = toy_scenario().without_noise()
    for method in ("control", "sobol"):
        with pytest.raises(fs.ResultError, match="must find what the answer depends on"):
            fs.estimate(still, "total", at=MONTH, method=method, paths=512)
    answer = fs.estimate(still, "total", at=MONTH, paths=512)
    assert (answer.value, answer.error) == (12.0, 0.0)
    with pytest.raises(fs.ResultError, match="no way to where it comes true"):
        fs.estimate(walks(), "sign == 'above' and sign == 'below'", at=MONTH, method="splitting", paths=512)


def test_a_chance_that_no_path_shows_has_an_interval() -> None:
    answer = fs.estimate(walks(), "total > 1000", at=MONTH, paths=2_048)
    assert answer.value == 0.0
    assert 0.0 < answer.estimate.high < 0.003
    assert "effective" not in repr(answer) or answer.effective < 100
