"""Results: estimates with their error, dates and names, datasets with units, files that come back, pictures."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import forcesim as fs
from forcesim.result import Estimate, digest
from tests.support.laws import FALSE_ALARM, assert_same_bits
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


@pytest.mark.parametrize(
    ("hits", "n"), [(0, 1), (1, 1), (0, 400), (1, 400), (123, 400), (399, 400), (400, 400), (7, 10**6)]
)
def test_the_interval_of_a_chance_is_wilsons(hits: int, n: int) -> None:
    found = Estimate.of_count(hits, n)
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert found.low == pytest.approx(expected.low, rel=1e-9, abs=1e-15)
    assert found.high == pytest.approx(expected.high, rel=1e-9)
    assert found.value == hits / n
    of_sample = np.sqrt(hits * (n - hits) / n**3)
    if n == 1:
        assert np.isnan(found.error), "one path tells no error"
    elif of_sample:
        assert found.error == pytest.approx(of_sample, rel=1e-12)
    else:
        assert found.error == pytest.approx((found.high - found.low) / 2 / stats.norm.ppf(0.975), rel=1e-9)


def test_the_interval_of_a_mean_is_normal() -> None:
    found = Estimate.of_moments(10.0, 4.0, 400, "units")
    assert (found.value, found.error, found.n, found.unit) == (10.0, 0.1, 400, "units")
    assert (found.low, found.high) == pytest.approx(stats.norm.interval(0.95, 10.0, 0.1), rel=1e-12)
    assert np.isnan([Estimate.of_moments(10.0, 0.0, 1).error, Estimate.of_moments(10.0, 0.0, 1).high]).all()
    assert Estimate.of_moments(10.0, 0.0, 1, certain=True) == Estimate(10.0, 0.0, 10.0, 10.0, 1)


def test_a_chance_that_never_came_has_an_upper_bound() -> None:
    none = Estimate.of_count(0, 1000)
    assert none.value == none.low == 0.0
    assert 0.003 < none.high < 0.004


def test_an_estimate_prints_as_one_quotes_it() -> None:
    assert str(Estimate(0.1234, 0.0033, 0.117, 0.130, 10_000, "chance")) == (
        "0.1234 ± 0.0033 (95 %: 0.1170 to 0.1300, n = 10,000)"
    )


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (Estimate.of_count(0, 256), "0.0000 ± 0.0038 (95 %: 0.0000 to 0.0148, n = 256)"),
        (Estimate.of_count(256, 256), "1.0000 ± 0.0038 (95 %: 0.9852 to 1.0000, n = 256)"),
        (
            Estimate.of_count(0, 10**8),
            "0.0000000000 ± 0.0000000098 (95 %: 0.0000000000 to 0.0000000384, n = 100,000,000)",
        ),
        (Estimate.of_count(0, 1000, 2.5), "0.0000 ± 0.0010 (95 %: 0.0000 to 0.0051, n = 1,000)"),
        (Estimate.of_count(1, 1), "1.00 ± unknown (95 %: 0.21 to 1.00, n = 1)"),
        (Estimate.of_moments(554_908.0, 0.0, 1, "persons"), "554,908 ± unknown persons (n = 1)"),
        (Estimate.of_moments(3.5, 0.0, 1, certain=True), "3.5000 ± 0.0000 (95 %: 3.5000 to 3.5000, n = 1)"),
        (Estimate.of_count(1, 1, certain=True), "1.0000 ± 0.0000 (95 %: 1.0000 to 1.0000, n = 1)"),
    ],
)
def test_what_is_not_known_is_not_printed_as_nothing(estimate: Estimate, said: str) -> None:
    assert str(estimate) == said


def test_one_path_of_something_random_tells_no_error() -> None:
    one = fs.simulate(toy_scenario(), paths=1, events=["total > 5"])
    found = [
        one.mean("total", at="2026-01").error,
        one.standard_deviation("total", at="2026-01"),
        one.chance("total > 5").error,
        one.chance("total > 5", at="2026-01").error,
        one.lasting("total > 5", since="2025-02").error,
        one.first_passage("total > 5").never.error,
        one.joint("total > 5", "total > 6").error,
        one.time_in("total > 5").mean.error,
        one.time_in("total > 5").chance(at_least=3).error,
        *one.summary()["error"],
        *np.ravel(one.dataset["total_error"]),
    ]
    assert np.isnan(found).all()
    two = fs.simulate(toy_scenario(), paths=2)
    assert two.mean("total", at="2026-01").error > 0.0, "the negative twin: two paths tell an error"


def test_one_path_of_what_is_certain_tells_all() -> None:
    still = toy_scenario().without_noise()
    one = fs.simulate(still, paths=1)
    assert one.mean("total", at="2026-01").error == one.standard_deviation("total", at="2026-01") == 0.0
    never = one.chance("total > 1e6")
    assert (never.value, never.error, never.low, never.high) == (0.0, 0.0, 0.0, 0.0)
    assert one.time_in("total > 5").mean.error == 0.0
    unknown = still.with_values({"nations.DEU.walk.drift": {"uniform": [0.5, 1.5]}})
    assert np.isnan(fs.simulate(unknown, paths=1).mean("total", at="2026-01").error), "without noise, yet uncertain"


@pytest.mark.parametrize("expression", ["total / 2 > 5", "level[FRA] > 8", "total > 1e6", "total > -1e6"])
def test_first_passage_counts_every_path_once(kept: fs.Result, expression: str) -> None:
    """The first expression was counted in the run, the others are read from the kept paths."""
    found = kept.first_passage(expression)
    assert found.first.sum() + found.never.value * found.never.n == kept.paths == found.never.n
    assert len(found.first) == len(found.months) == len(found.chance) == kept.timeline.months
    assert found.chance[-1] == pytest.approx(1 - found.never.value, abs=1e-12)
    for month in (0, 6, 12):
        assert found.chance[month] == pytest.approx(kept.chance(expression, by=month).value, abs=1e-12)
    true = kept.history(expression)
    when = [int(np.flatnonzero(path)[0]) for path in true.T if path.any()]
    np.testing.assert_array_equal(found.first, np.bincount(when, minlength=13)[:13] if when else np.zeros(13))
    half = np.flatnonzero(found.chance >= 0.5)
    assert found.median == (found.months[half[0]] if len(half) else None)


def test_counted_and_read_events_agree(kept: fs.Result) -> None:
    """The same question in other words is not among the events, so it is read from the paths."""
    counted, read = kept.first_passage("total / 2 > 5"), kept.first_passage("total / 2 > 5.0")
    np.testing.assert_array_equal(counted.first, read.first)
    assert counted.never == read.never
    assert kept.lasting("total / 2 > 5", since=9) == kept.lasting("total / 2 > 5.0", since=9)
    assert kept.chance("total / 2 > 5", at=9) == kept.chance("total / 2 > 5.0", at=9)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.mean("levl", at=0), "outcome: must be one of the result's, got 'levl' (did you mean level?)"),
        (lambda r: r.mean("level", at=0), "nation: must be given for level (one of DEU, FRA)"),
        (lambda r: r.mean("total", at="2031-01"), "at: must lie between 2025-01 and 2026-01, got '2031-01'"),
        (lambda r: r.chance("total", by="2025-05"), "'total': must be true or false (write gap <= 0, say)"),
        (lambda r: r.quantiles("total", [0.0]), "shares: must lie in (0, 1), got [0.0] (0.5 is the median)"),
        (lambda r: r.sample("total"), "at, by: must be exactly one of the two"),
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
    assert digest(back) == digest(result) == result.manifest.digest
    for name, values in result.kept.items():
        assert_same_bits(back.kept[name], values, name)
    assert back.manifest == result.manifest
    assert (back.outcomes, back.timeline, back.row_index) == (result.outcomes, result.timeline, result.row_index)
    assert repr(back) == repr(result)
    assert back.chance("total / 2 > 5", by="2025-12") == result.chance("total / 2 > 5", by="2025-12")
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.nc"]


def test_a_file_is_netcdf_and_takes_any_title(tmp_path) -> None:
    result = fs.simulate(toy_scenario(title="Übung \u20ac \U0001f600"), paths=256, keep="paths")
    result.to_netcdf(str(tmp_path / "run.nc"))
    assert fs.Result.open(str(tmp_path / "run.nc")).manifest == result.manifest
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as stored:
        assert stored.attrs["manifest"] == result.manifest.to_json()
        names = json.loads(stored.attrs["names"])
        assert_same_bits(stored[f"a{names.index('kept total')}"].to_numpy(), result.kept["total"], "total")


def refused(path) -> str:
    with pytest.raises(fs.ResultError, match="must be a file that to_netcdf wrote") as caught:
        fs.Result.open(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


def test_a_file_of_something_else_is_refused(tmp_path) -> None:
    path = tmp_path / "x.nc"
    refused(path)
    for content in (b"", b"no", np.random.default_rng(1).bytes(5000), b"\x89HDF\r\n\x1a\n" + b"\0" * 3000):
        path.write_bytes(content)
        refused(path)
    refused(tmp_path)
    xr.Dataset({"a0": ("x", np.arange(3))}, attrs={"title": "other"}).to_netcdf(path, engine="h5netcdf")
    refused(path)


def test_a_file_that_was_cut_short_is_refused(kept: fs.Result, tmp_path) -> None:
    path = tmp_path / "run.nc"
    kept.to_netcdf(path)
    whole = path.read_bytes()
    for share in (0.001, 0.1, 0.5, 0.9, 0.99999):
        path.write_bytes(whole[: int(share * len(whole))])
        refused(path)


def test_a_file_with_a_damaged_byte_is_refused_or_comes_back_the_same(streamed: fs.Result, tmp_path) -> None:
    """A byte between two parts of the file may change and harm nothing; no other change goes unseen."""
    path, rng, unseen = tmp_path / "run.nc", np.random.default_rng(4), 0
    streamed.to_netcdf(path)
    whole = path.read_bytes()
    for place in rng.integers(0, len(whole), 80):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            back = fs.Result.open(path)
        except fs.ResultError:
            continue
        unseen += 1
        assert back.same_bits(streamed)
        assert (back.manifest, back.outcomes, back.row_index) == (
            streamed.manifest,
            streamed.outcomes,
            streamed.row_index,
        )
    assert unseen < 40


def drop(stored: xr.Dataset, name: str) -> xr.Dataset:
    return stored.drop_vars(name)


def cast(stored: xr.Dataset, name: str) -> xr.Dataset:
    """Return the same bytes under another type."""
    values = stored[name].to_numpy()
    return stored.assign(
        {name: (stored[name].dims, values.view({8: np.uint64, 4: np.float32, 1: np.uint8}[values.itemsize]))}
    )


def change(stored: xr.Dataset, name: str) -> xr.Dataset:
    values = stored[name].to_numpy().copy()
    values.flat[0] += 1
    return stored.assign({name: (stored[name].dims, values)})


@pytest.mark.parametrize("harm", [drop, cast, change])
def test_a_file_whose_arrays_were_changed_is_refused(kept: fs.Result, tmp_path, harm) -> None:
    kept.to_netcdf(tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as stored:
        whole = stored.load()
    whole.to_netcdf(tmp_path / "copied.nc", engine="h5netcdf")
    assert fs.Result.open(tmp_path / "copied.nc").same_bits(kept)
    for name in map(str, whole.data_vars):
        harm(whole, name).to_netcdf(tmp_path / "harmed.nc", engine="h5netcdf")
        refused(tmp_path / "harmed.nc")


@pytest.mark.parametrize("name", ["manifest", "names", "outcomes", "timeline", "row_index", "check"])
def test_a_file_whose_texts_were_changed_is_refused(kept: fs.Result, tmp_path, name: str) -> None:
    kept.to_netcdf(tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as stored:
        whole = stored.load()
    turned = str.maketrans("0123456789l", "1234567890k")
    for text in (None, "{", "null", "[]", whole.attrs[name].translate(turned)):
        attributes = {key: value for key, value in {**whole.attrs, name: text}.items() if value is not None}
        whole.drop_attrs().assign_attrs(attributes).to_netcdf(tmp_path / "harmed.nc", engine="h5netcdf")
        refused(tmp_path / "harmed.nc")


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


def test_an_outcome_that_was_not_recorded_is_refused_with_the_way_to_have_it() -> None:
    scenario = fs.load("seed-figures").with_values({"horizon": "2025-06"})
    result = fs.simulate(scenario, paths=16, seed=1, threads=1, progress=False)
    remedy = (
        r"recorded on request: simulate\(\.\.\., keep=\['pool_exits'\]\), or outcomes=\[\.\.\.\] for the summary alone"
    )
    for ask in (lambda r: r.mean("pool_exits[UKR]", at=3), lambda r: r.chance("pool_exits[UKR] > 1", at=3)):
        with pytest.raises(fs.ForcesimError, match=remedy):
            ask(result)
    with pytest.raises(fs.ForcesimError, match="did you mean") as nowhere:
        result.mean("accesions[UKR]", at=3)
    assert "on request" not in str(nowhere.value)
    had = fs.simulate(scenario, paths=16, seed=1, threads=1, progress=False, keep=["pool_exits"])
    assert had.mean("pool_exits[UKR]", at=3).value >= 0.0
