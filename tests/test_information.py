"""What knowing is worth: closed forms of a linear-Gaussian decision, on arrays and in a scenario."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import forcesim as fs
from forcesim.decide.worth import foresight, joint, partial
from tests.test_sensitivity import LEVELS, NATIONS, walks

PATHS = 20_000


def linear(mean: float, sd: float) -> float:
    """Return what it is worth to know the gain of one decision over another, if it is normal."""
    return mean * norm.cdf(mean / sd) + sd * norm.pdf(mean / sd) - max(mean, 0.0)


def test_a_linear_gaussian_decision() -> None:
    """Gain -0.5 + 2 x + y + chance: of x, of y, of both, and of nothing else."""
    x, y, nothing, chance = np.random.default_rng(9).normal(size=(4, PATHS))
    utilities = np.stack([np.zeros(PATHS), -0.5 + 2 * x + y + 3 * chance])
    for numbers, sd in (([x], 2.0), ([y], 1.0), ([x, y], 5**0.5)):
        found = partial(joint(numbers), utilities)
        assert abs(found.value - linear(-0.5, sd)) < 4 * found.error + 0.01
        assert found.plain >= found.value - 2 * found.error
    found = partial(joint([nothing]), utilities)
    assert found.value <= 4 * found.error
    assert abs(found.value - linear(-0.5, 1.0)) > 4 * found.error  # the negative twin
    everything = foresight(utilities)
    assert abs(everything.value - linear(-0.5, 14**0.5)) < 4 * everything.error


def test_errors_are_right() -> None:
    """Over 100 repetitions what a learnt decision gains is never above the truth on average, and its error is right."""
    rng, z = np.random.default_rng(10), []
    truth = linear(0.3, 1.0)
    for _ in range(100):
        x, chance = rng.normal(size=(2, 800))
        found = partial(joint([x]), np.stack([np.zeros(800), 0.3 + x + chance]))
        z.append((found.value - truth) / found.error)
    assert -1.5 < np.mean(z) < 4 / 100**0.5
    assert 0.5 < np.var(z) < 1.8


def test_in_a_scenario() -> None:
    """A policy gains the weighted level of one walk over its cost; only that level is worth knowing."""
    halved = fs.Policy(title="half", settings=[fs.Setting(lever="nations.DEU.sum.weight", set=0.5)])
    policies = [fs.Policy(title="whole", settings=[fs.Setting(lever="nations.DEU.sum.weight", set=1.01)]), halved]
    found = fs.value_of_information(
        walks(rho=0), policies, "total", at="2025-03", cost={"whole": 0.51 * 92.0}, paths=8_192, threads=1
    )
    own, sd = found.worth[LEVELS["DEU"]], 0.51 * 4.0
    assert abs(own.value - linear(0.0, sd)) < 4 * own.error + 0.01
    assert abs(found.worth["all numbers"].value - linear(0.0, sd)) < 4 * found.worth["all numbers"].error + 0.02
    everything = found.worth["all numbers and chance"]
    assert abs(everything.value - linear(0.0, 0.51 * 18**0.5)) < 4 * everything.error
    for nation in NATIONS[1:]:
        assert found.worth[LEVELS[nation]].low < 0.02
    assert found.to_dataframe().index[2] == LEVELS["DEU"]
    one, two = (
        fs.value_of_information(walks(rho=0), policies, "total", at="2025-03", paths=2_304, threads=threads)
        for threads in (1, 2)
    )
    assert one.worth == two.worth
    assert "all numbers and chance" in repr(one)
    assert one.figure().axes[0].get_xlabel() == "units"


def test_refusals() -> None:
    asked = (walks(), ["status-quo", "faster"], "total")
    with pytest.raises(fs.PolicyError, match="at least 2 different policies"):
        fs.value_of_information(walks(), ["faster"], "total", at="2025-03")
    with pytest.raises(fs.ResultError, match="cost: fastre: must be one of the policies"):
        fs.value_of_information(*asked, at="2025-03", cost={"fastre": 1.0})
    brings = fs.Policy(
        title="brings", settings=[fs.Setting(lever="nations.DEU.walk.drift", set={"uniform": [1, 2]}, assumption="toy")]
    )
    with pytest.raises(fs.PolicyError, match="must not bring or take an uncertain number"):
        fs.value_of_information(walks(), ["status-quo", brings], "total", at="2025-03")
