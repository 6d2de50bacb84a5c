"""The form of the hazard of a breach, against how 200 ceasefires and peace agreements ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import minimize

from forcesim import tables
from forcesim.processes.conflict import Common
from forcesim.processes.deterrence import held_law

if TYPE_CHECKING:
    from collections.abc import Callable

SEEN_FROM = 1.0
"""Years: a break within the first year is not in the data, so each case counts from there on."""

Survival = tuple["Callable[[np.ndarray], np.ndarray]", "Callable[[np.ndarray], np.ndarray]"]


def endings(outcome: str = "") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return years watched, whether fighting resumed, and the year of the ending."""
    rows = [row for row in tables.table("endings") if not outcome or row["outcome"] == outcome]
    years = np.maximum([float(row["years"]) for row in rows], SEEN_FROM + 1 / 365)  # type: ignore[arg-type]
    return years, np.array([row["broken"] == 1 for row in rows]), np.array([int(str(row["ended"])[:4]) for row in rows])


def mixture(x: np.ndarray) -> Survival:
    """Return survival and hazard of two rates: log-odds of the kind that breaks, log rates."""
    share, fast, slow = 1 / (1 + math.exp(-x[0])), math.exp(x[1]), math.exp(x[2])

    def parts(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return share * np.exp(-fast * t), (1 - share) * np.exp(-slow * t)

    return (lambda t: sum(parts(t))), (lambda t: (fast * parts(t)[0] + slow * parts(t)[1]) / sum(parts(t)))


def constant(x: np.ndarray) -> Survival:
    """Return survival and hazard of one rate."""
    rate = math.exp(x[0])
    return (lambda t: np.exp(-rate * t)), (lambda t: rate + 0 * t)


def scores(law: Survival, years: np.ndarray, broken: np.ndarray) -> np.ndarray:
    """Return each case's log-likelihood, given that it held for the first year."""
    survival, hazard = law
    at = np.array([SEEN_FROM])
    return np.where(broken, np.log(hazard(years)), 0) + np.log(survival(years)) - np.log(survival(at))[0]


def fit(
    form: Callable[[np.ndarray], Survival], starts: list[list[float]], *data: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the most likely numbers and Akaike's criterion."""
    found = [minimize(lambda x: -scores(form(x), *data).sum(), x0, method="Nelder-Mead") for x0 in starts]
    best = min(found, key=lambda one: one.fun)
    return best.x, 2 * best.fun + 2 * len(best.x)


TWO, ONE = [[0.0, 0.0, -3.5], [-0.5, -1.0, -4.0]], [[-3.0]]


def test_two_rates_fit_and_a_constant_hazard_does_not() -> None:
    for outcome, n in (("", 200), ("ceasefire", 95)):
        years, broken, _ = endings(outcome)
        assert len(years) == n
        assert fit(mixture, TWO, years, broken)[1] < fit(constant, ONE, years, broken)[1] - 50


def test_fitted_to_1991_two_rates_foretell_the_later_endings() -> None:
    """Log score per case better by at least 0.2 than a constant hazard's; breaks within five years within 0.15."""
    years, broken, ended = endings()
    early = ended <= 1991
    assert (early.sum(), (~early).sum()) == (75, 125)
    x, _ = fit(mixture, TWO, years[early], broken[early])
    twin, _ = fit(constant, ONE, years[early], broken[early])
    later = years[~early], broken[~early]
    gain = scores(mixture(x), *later) - scores(constant(twin), *later)
    assert gain.mean() > 0.2
    assert gain.mean() > 2 * gain.std(ddof=1) / math.sqrt(len(gain))
    seen = (later[0] >= 5) | later[1]  # who was watched for five years, or broke
    share = (later[1][seen] & (later[0][seen] < 5)).mean()
    survival = mixture(x)[0]
    told = 1 - float(survival(np.array([5.0]))[0] / survival(np.array([SEEN_FROM]))[0])
    assert told == pytest.approx(share, abs=0.15)


def test_the_defaults_lie_where_the_classes_of_wars_do() -> None:
    """Broken within five years: between states 0.31, civil wars 0.59, Russia since 1992 0.33, at judged weights."""
    common = Common()
    numbers = (common.breaking_share.value, common.breach_base.value, common.lasting_share.value)
    broken = 1 - held_law(60.0, *numbers)
    assert broken == pytest.approx(0.45 * 0.31 + 0.25 * 0.33 + 0.30 * 0.59, abs=0.04)
    assert 1 - held_law(6.0, *numbers) == pytest.approx(0.14, abs=0.03)
    constant_rate = 0.023  # Minsk's, held for five years: far above all three classes
    assert 1 - math.exp(-60 * constant_rate) > 0.7
