"""Results: estimates with their error, dates and names, datasets with units, files that come back, pictures."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import forcesim as fs
from forcesim.result import Estimate
from tests.support.laws import FALSE_ALARM
from tests.support.toys import toy_scenario


@pytest.fixture(scope="module")
def kept() -> fs.Result:
    return fs.simulate(toy_scenario(), "faster", paths=1500, seed=3, keep="paths", events=["total / 2 > 5"])


@pytest.fixture(scope="module")
def streamed() -> fs.Result:
    return fs.simulate(toy_scenario(), "faster", paths=1500, seed=3, keep="summary", events=["total / 2 > 5"])


def test_means_and_errors_are_those_of_the_paths(kept: fs.Result) -> None:
    sample = kept.kept["level"][12, 1]
    found = kept.mean("level[FRA]", at="2026-01")
    assert found.value == pytest.approx(sample.mean(), rel=1e-12)
    assert found.error == pytest.approx(sample.std(ddof=1) / np.sqrt(1500), rel=1e-9)
    assert found.unit == "units"
    assert kept.mean("level", at=12, nation="FRA") == found
    assert kept.mean("level", at=dt.date(2026, 1, 5), nation="FRA") == found


def test_quantiles_are_exact_when_kept_and_within_their_bound_when_streamed(kept, streamed) -> None:
    shares = [0.05, 0.5, 0.95]
    exact, near = kept.quantiles("level", shares), streamed.quantiles("level", shares)
    assert exact.dims == ("quantile", "month", "nation")
    assert exact.attrs == {"units": "units", "long_name": "level of the walk"}
    np.testing.assert_array_equal(
        exact.sel(nation="FRA"), np.quantile(kept.kept["level"][:, 1], shares, axis=1, method="inverted_cdf")
    )
    np.testing.assert_allclose(near, exact, rtol=0.004, atol=1e-9)
    assert kept.quantiles("total", shares).dims == ("quantile", "month")


def test_the_interval_of_a_chance_covers_as_often_as_it_says() -> None:
    """Wilson's 95 % interval at n = 400, p = 0.3 covers 95.0 % of the time, within 4 standard errors of 20,000 trials."""
    rng = np.random.default_rng(1)
    hits = rng.binomial(400, 0.3, 20_000)
    inside = np.mean([e.low <= 0.3 <= e.high for e in (Estimate.of_count(int(k), 400) for k in hits)])
    assert FALSE_ALARM < 1e-4
    assert abs(inside - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 20_000) + 0.005
    narrow = np.mean([abs(k / 400 - 0.3) <= 1.645 * np.sqrt(0.3 * 0.7 / 400) for k in hits])
    assert abs(narrow - 0.95) > 4 * np.sqrt(0.95 * 0.05 / 20_000) + 0.005, "the negative twin: a 90 % interval"


def test_a_chance_that_never_came_has_an_upper_bound() -> None:
    none = Estimate.of_count(0, 1000)
    assert none.value == none.low == 0.0
    assert 0.003 < none.high < 0.004


def test_an_estimate_prints_as_one_quotes_it() -> None:
    assert str(Estimate(0.1234, 0.0033, 0.117, 0.130, 10_000, "chance")) == (
        "0.1234 ± 0.0033 (95 %: 0.1170 to 0.1300, n = 10,000)"
    )


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.mean("levl", at=0), "outcome: must be one of the result's, got 'levl' (did you mean level?)"),
        (lambda r: r.mean("level", at=0), "nation: must be given for level (one of DEU, FRA)"),
        (lambda r: r.mean("total", at="2031-01"), "at: must lie between 2025-01 and 2026-01, got '2031-01'"),
        (lambda r: r.chance("total", by="2025-05"), "'total': must be true or false (write gap <= 0, say)"),
        (lambda r: r.quantiles("total", [0.0]), "shares: must lie in (0, 1), got [0.0]"),
        (lambda r: r.sample("total"), "at, by: must be given one of both"),
    ],
)
def test_messages(kept: fs.Result, ask, message: str) -> None:
    with pytest.raises(fs.ResultError) as caught:
        ask(kept)
    assert str(caught.value) == message


def test_the_dataset_has_units_and_dims(kept, streamed) -> None:
    assert kept.dataset["level"].dims == ("month", "nation", "path")
    assert streamed.dataset["level"].dims == ("month", "nation", "quantile")
    assert kept.dataset["total"].attrs["units"] == "units"
    assert float(kept.dataset["total_mean"].sel(month="2025-01")) == 0.0
    assert len(kept.to_dataframe("total")) == 13 * 1500
    assert list(kept.summary().columns) == ["unit", "mean", "error", "q10", "q50", "q90"]


@pytest.mark.parametrize("which", ["kept", "streamed"])
def test_a_file_comes_back_without_loss(which: str, request, tmp_path) -> None:
    result: fs.Result = request.getfixturevalue(which)
    result.to_netcdf(tmp_path / "run.nc")
    back = fs.Result.open(tmp_path / "run.nc")
    assert back.same_bits(result)
    assert back.manifest == result.manifest
    assert repr(back) == repr(result)
    assert back.chance("total / 2 > 5", by="2025-12") == result.chance("total / 2 > 5", by="2025-12")
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.nc"]


def test_a_file_of_something_else_is_refused(tmp_path) -> None:
    (tmp_path / "x.nc").write_text("no")
    with pytest.raises(fs.ResultError, match="must be a file that to_netcdf wrote"):
        fs.Result.open(tmp_path / "x.nc")


def test_manifests_come_back_and_strangers_are_refused(kept: fs.Result, tmp_path) -> None:
    kept.manifest.write(tmp_path / "m.json")
    assert fs.Manifest.read(tmp_path / "m.json") == kept.manifest
    assert fs.Manifest.read(tmp_path / "m.json").hash == kept.manifest.hash
    for text in ("{", "[]", '{"forcesim_manifest": 2}'):
        with pytest.raises(fs.ManifestError):
            fs.Manifest.from_json(text)
    with pytest.raises(fs.ManifestError, match="must be a file that can be read"):
        fs.Manifest.read(tmp_path / "none.json")


def test_pictures_have_units_a_source_and_stated_quantiles(kept: fs.Result, tmp_path) -> None:
    figure = kept.fan("level")
    figure.savefig(tmp_path / "fan.png")
    assert (tmp_path / "fan.png").stat().st_size > 10_000
    words = [text.get_text() for axes in figure.axes for text in (axes.title, axes.yaxis.label)]
    words += [axes.get_title(loc="left") for axes in figure.axes]
    assert {"DEU", "FRA", "units"} <= set(words)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["5 to 95 %", "25 to 75 %", "median"]
    assert "1,500 paths, seed 3" in figure._supxlabel.get_text()
    comparison = fs.compare(toy_scenario(), ["status-quo", "faster", "ramped"], "total", at="2025-12", paths=256)
    comparison.figure().savefig(tmp_path / "paired.png")
    assert (tmp_path / "paired.png").stat().st_size > 5_000


def test_tables_are_quotable(kept: fs.Result) -> None:
    assert "total" in repr(kept)
    assert "paths, seed 3" in repr(kept)
    assert kept._repr_html_().startswith("<table>")
    assert "2025-12" in repr(kept.first_passage("total > 5"))
