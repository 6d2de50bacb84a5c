"""Numbers as users write them: short forms, distributions against SciPy, ranges, round trips."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy import interpolate, stats

from forcesim.quantities import Quantity, Share, Value
from forcesim.quantities.distributions import (
    KINDS,
    Beta,
    Discrete,
    Distribution,
    Gamma,
    Lognormal,
    LogRange,
    Normal,
    Pert,
    Quantiles,
    Range,
    Triangular,
    Uniform,
)
from forcesim.quantities.interpolation import monotone_cubic
from tests.support.strategies import values

U = np.linspace(0.0005, 0.9995, 1999)
SHARE = TypeAdapter(Share)


def lognormal(mu: float, sigma: float) -> Any:
    return stats.lognorm(s=sigma, scale=math.exp(mu))


def truncnormal(mean: float, sd: float, low: float, high: float) -> Any:
    return stats.truncnorm((low - mean) / sd, (high - mean) / sd, loc=mean, scale=sd)


CASES = [
    (Normal(mean=3, sd=2), stats.norm(3, 2)),
    (Normal(mean=3, sd=2, low=1), truncnormal(3, 2, 1, math.inf)),
    (Normal(mean=3, sd=2, low=1, high=4.5), truncnormal(3, 2, 1, 4.5)),
    (Lognormal(median=5, sigma=0.4), lognormal(math.log(5), 0.4)),
    (Lognormal(mean=5, sigma=0.4), lognormal(math.log(5) - 0.08, 0.4)),
    (Uniform(low=-1, high=4), stats.uniform(-1, 5)),
    (Range(low=-1, high=4), stats.uniform(-1, 5)),
    (LogRange(low=0.004, high=0.04), stats.loguniform(0.004, 0.04)),
    (LogRange(low=2, high=2e6), stats.loguniform(2, 2e6)),
    (Gamma(shape=0.5, scale=1 / 77), stats.gamma(0.5, scale=1 / 77)),
    (Gamma(shape=3, scale=2), stats.gamma(3, scale=2)),
    (Triangular(low=1, mode=2, high=5), stats.triang(0.25, 1, 4)),
    (Triangular(low=1, mode=1, high=5), stats.triang(0, 1, 4)),
    (Triangular(low=1, mode=5, high=5), stats.triang(1, 1, 4)),
    (Beta(a=2, b=3), stats.beta(2, 3)),
    (Beta(a=2, b=3, low=10, high=20), stats.beta(2, 3, 10, 10)),
    (Pert(low=1, mode=2, high=5), stats.beta(2, 4, 1, 4)),
]


@pytest.mark.parametrize(("mine", "theirs"), CASES, ids=lambda case: str(case)[:40])
def test_quantiles_and_moments_are_those_of_scipy(mine: Distribution, theirs: Any) -> None:
    np.testing.assert_allclose(mine.quantile(U), theirs.ppf(U), rtol=1e-9, atol=1e-12)
    assert mine.moments == pytest.approx((theirs.mean(), theirs.std()), rel=1e-9)
    assert mine.centre == pytest.approx(theirs.median(), rel=1e-9)
    assert mine.support == pytest.approx(theirs.support())
    # negative twin: half a percent off in the argument is seen
    assert not np.allclose(mine.quantile(U * 0.995), theirs.ppf(U), rtol=1e-9, atol=1e-12)


def test_lognormal_takes_mean_or_median_and_sd_or_sigma() -> None:
    for made in (Lognormal(mean=8, sd=3), Lognormal(median=8, sd=3)):
        mean, sd = made.moments
        assert sd == pytest.approx(3)
        assert (mean if made.mean else made.centre) == pytest.approx(8)
    cut = Lognormal(median=8, sigma=0.5, low=4, high=20)
    sample = cut.quantile((np.arange(400_000) + 0.5) / 400_000)
    assert cut.moments == pytest.approx((sample.mean(), sample.std()), rel=1e-5)
    assert sample.min() >= 4
    assert sample.max() <= 20


def test_a_log_range_gives_each_decade_its_share() -> None:
    """A range over a decade puts nine in ten of its paths into the upper nine tenths; a log range puts half below."""
    law, even = LogRange(low=0.004, high=0.04), Range(low=0.004, high=0.04)
    u = (np.arange(100_000) + 0.5) / 100_000
    middle = math.sqrt(0.004 * 0.04)
    assert (law.quantile(u) < middle).mean() == pytest.approx(0.5, abs=1e-5)
    assert (even.quantile(u) < middle).mean() == pytest.approx((middle - 0.004) / 0.036, abs=1e-5)  # the twin: 0.24
    assert law.quantile(np.array([0.25]))[0] == pytest.approx(0.004 * 10**0.25)
    assert Value.model_validate({"log_range": [0.004, 0.04]}).bounds == (0.004, 0.04)
    huge = LogRange(low=1e-300, high=1e300)
    np.testing.assert_allclose(huge.quantile(np.array([0.0, 0.5, 1.0])), [1e-300, 1.0, 1e300], rtol=1e-9)
    assert np.isfinite(huge.moments).all()


def test_discrete_draws_its_weights() -> None:
    law = Discrete(values=(5, 1, 9), weights=(1, 2, 0))
    found = law.quantile((np.arange(3000) + 0.5) / 3000)
    assert [int((found == value).sum()) for value in (1, 5, 9)] == [2000, 1000, 0]
    assert law.moments == pytest.approx((found.mean(), found.std()))
    assert law.quantile(np.array([1 - 2.0**-53]))[0] == 5  # never the value of weight 0


def test_expert_quantiles_are_met_and_tails_are_straight_in_the_normal_score() -> None:
    law = Quantiles.model_validate({0.1: 5, 0.5: 7, 0.9: 12, "low": 0})
    np.testing.assert_allclose(law.quantile(np.array([0.1, 0.5, 0.9])), [5, 7, 12], rtol=1e-12)
    z = np.array([2.0, 2.5, 3.0])
    tail = law.quantile(stats.norm.cdf(z))
    slope = (12 - 7) / (stats.norm.ppf(0.9) - stats.norm.ppf(0.5))
    np.testing.assert_allclose(np.diff(tail), slope * np.diff(z), rtol=1e-9)
    assert law.quantile(np.array([1e-9]))[0] == 0.0
    assert law.moments is None
    normal = Quantiles.model_validate({0.05: stats.norm.ppf(0.05), 0.5: 0, 0.95: stats.norm.ppf(0.95)})
    np.testing.assert_allclose(normal.quantile(U), stats.norm.ppf(U), atol=1e-12)  # exact for a normal


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=8, unique=True), st.data())
def test_interpolation_is_scipys_and_never_overshoots(x: list[float], data: st.DataObject) -> None:
    points = np.sort(x)
    if np.diff(points).min() < 1e-3:
        return
    heights = np.array(data.draw(st.lists(st.floats(-10, 10), min_size=len(x), max_size=len(x))))
    at = np.linspace(points[0], points[-1], 101)
    theirs = interpolate.PchipInterpolator(points, heights)(at)
    np.testing.assert_allclose(monotone_cubic(points, heights, at), theirs, rtol=1e-7, atol=1e-7)
    rising = np.sort(heights)
    assert (np.diff(monotone_cubic(points, rising, np.linspace(points[0] - 1, points[-1] + 1, 203))) >= -1e-12).all()


@given(values())
def test_values_survive_python_json_and_yaml(value: Value) -> None:
    for dumped in (
        value.model_dump(),
        json.loads(value.model_dump_json()),
        yaml.safe_load(yaml.safe_dump(value.model_dump(mode="json"))),
    ):
        assert Value.model_validate(dumped) == value


@given(values())
def test_quantile_functions_rise_and_stay_in_the_support(value: Value) -> None:
    if value.distribution is None:
        return
    found = value.distribution.quantile(U)
    low, high = value.distribution.support
    assert (np.diff(found) >= 0).all()
    assert np.isfinite(found).all()
    assert ((found >= low) & (found <= high)).all()
    assert low <= value.distribution.centre <= high


def test_short_forms() -> None:
    for short in (
        0.5,
        {"value": 0.5, "source": "FG001"},
        {"schedule": {"2025-02": 1.0, "2026-01": 2.0}, "interpolate": "linear"},
    ):
        assert Value.model_validate(short).model_dump() == short
    assert Value.model_validate({"triangular": [1, 2, 3]}) == Value.model_validate(
        {"triangular": {"low": 1, "mode": 2, "high": 3}}
    )
    assert Value.model_validate(np.int64(3)).value == 3.0
    assert Value.model_validate({"normal": [0, 1]}).model_dump() == {"normal": {"mean": 0.0, "sd": 1.0}}
    assert set(KINDS) == {kind.model_fields["kind"].default for kind in KINDS.values()}


def test_replace_keeps_what_it_is_not_told() -> None:
    value = Value.model_validate({"uniform": [0, 1], "source": "FG001", "note": "n"})
    assert value.replace(2.0).model_dump() == {"value": 2.0, "source": "FG001", "note": "n"}
    assert value.replace(Triangular(low=0, mode=1, high=2), source=None).model_dump() == {
        "triangular": {"low": 0.0, "mode": 1.0, "high": 2.0},
        "note": "n",
    }
    assert value.replace({"2025-01": 1.0}).schedule == {"2025-01": 1.0}
    assert value.replace(note="m").distribution == value.distribution
    assert value.settled().model_dump() == {"value": 0.5, "source": "FG001", "note": "n"}
    assert value.origin == "FG001"
    assert Value(value=1.0, assumption="a guess").origin == "assumption: a guess"
    assert Value(value=1.0).origin == "none given"


def test_deep_uncertainty_is_marked() -> None:
    assert Range(low=0, high=1).deep
    assert LogRange(low=0.1, high=1).deep
    assert not Uniform(low=0, high=1).deep


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (4.7, "did you mean 0.047?"),
        ({"uniform": [2, 5]}, "did you mean 0.02 to 0.05?"),
        ({"normal": [0.5, 0.1]}, "give the distribution low and high"),
        ({"schedule": {"2025-01": 0.02, "2026-01": 3}}, "did you mean 0.0002 to 0.03?"),
        (470, ""),
    ],
)
def test_a_number_out_of_range_is_refused_with_a_remedy(given_: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SHARE.validate_python(given_)
    context = caught.value.errors()[0]["ctx"]
    assert context["rule"] == "share must lie in [0, 1]"
    assert context["remedy"].startswith(said)
    assert bool(context["remedy"]) == bool(said)


def test_only_rates_are_thought_of_in_percent() -> None:
    ratio = TypeAdapter(Annotated[Value, Quantity("ratio", 0.0, 1.0)])
    with pytest.raises(ValidationError) as caught:
        ratio.validate_python(4.7)
    assert caught.value.errors()[0]["ctx"]["remedy"] == ""


@pytest.mark.parametrize(
    "given_",
    [
        True,
        "0.5",
        None,
        math.nan,
        math.inf,
        10**400,
        [1],
        {},
        {"value": "1"},
        {"value": True},
        {"value": 1, "uniform": [0, 1]},
        {"uniform": [0, 1], "range": [0, 1]},
        {"uniform": [1, 0]},
        {"log_range": [1, 0.5]},
        {"log_range": [0, 1]},
        {"log_range": [-1, 1]},
        {"gamma": [0, 1]},
        {"gamma": [1, 0]},
        {"uniform": [0, 1, 2]},
        {"uniform": 3},
        {"uniform": ["0", 1]},
        {"triangular": [0, 2, 1]},
        {"beta": {"a": 0, "b": 1}},
        {"lognormal": {"median": 1, "mean": 1, "sigma": 1}},
        {"lognormal": {"median": 1}},
        {"normal": {"mean": 0, "sd": 1, "low": 9}},
        {"normal": {"mean": 0, "sd": math.inf}},
        {"discrete": [[1, 2], [1]]},
        {"discrete": [[1, 2], [0, 0]]},
        {"quantiles": {0.5: 1}},
        {"quantiles": {0.1: 2, 0.9: 1}},
        {"quantiles": {0: 2, 0.9: 3}},
        {"quantiles": {"a": 2, 0.9: 3}},
        {"quantiles": [1, 2]},
        {"schedule": {}},
        {"value": 1, "interpolate": "linear"},
        {"value": 1, "sauce": "x"},
        {"distribution": {"kind": "normal", "mean": 0}},
    ],
    ids=str,
)
def test_what_is_no_number_is_refused(given_: Any) -> None:
    with pytest.raises(ValidationError):
        Value.model_validate(given_)


def test_the_schema_describes_the_short_forms() -> None:
    schema = SHARE.json_schema()
    assert schema["unit"] == "share"
    assert (schema["least"], schema["most"]) == (0.0, 1.0)
    forms = schema["anyOf"] if "anyOf" in schema else next(iter(schema["$defs"].values()))["anyOf"]
    assert {"type": "number"} in forms
    assert {form["required"][0] for form in forms[1:]} == {"value", "schedule", *KINDS}
