"""Every series in a dataset has its own nations and its own type, whatever the other series have."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import forcesim as fs
from forcesim.manifest import Manifest
from forcesim.result import Outcome
from forcesim.summary import Summary
from forcesim.timeline import Timeline

if TYPE_CHECKING:
    from pathlib import Path

CODES = ("DEU", "FRA", "POL", "RUS", "UKR", "USA")
KINDS = {"float": np.float64, "count": np.int32, "code": np.int8}
MONTHS = 4


@st.composite
def results(draw: st.DrawFn) -> fs.Result:
    """Return a result of random series: nations in any order or none, any kind of number, kept or streamed."""
    paths, rng = draw(st.integers(1, 9)), np.random.default_rng(draw(st.integers(0, 2**32)))
    outcomes, kept, index = [], {}, dict[tuple[str, str | None], int]()
    for place in range(draw(st.integers(1, 6))):
        nations = tuple(draw(st.lists(st.sampled_from(CODES), unique=True, max_size=4)))
        storage = draw(st.sampled_from(sorted(KINDS)))
        scope = "nation" if nations else "world"
        outcomes.append(Outcome(f"s{place}", "units", "a series", scope, nations, storage=storage))
        index |= {(f"s{place}", nation): len(index) + at for at, nation in enumerate(nations or (None,))}
        shape = (MONTHS, len(nations), paths) if nations else (MONTHS, paths)
        whole = rng.integers(-100, 100, size=(shape[0] * 2, *shape[1:])).astype(KINDS[storage])[::2]
        kept[f"s{place}"] = whole
    rows = np.concatenate([kept[o.name].reshape(MONTHS, -1, paths) for o in outcomes], axis=1).astype(np.float64)
    summary = Summary(len(index), MONTHS, floors=np.full(len(index), -np.inf))
    for month in range(MONTHS):
        summary.fold(month, np.ascontiguousarray(rows[month]), np.arange(len(index)))
    held = draw(st.sets(st.sampled_from(sorted(kept)))) if draw(st.booleans()) else set(kept)
    manifest = Manifest(scenario={"name": "random"}, policies=(), seed=1, paths=paths, options={})
    timeline = Timeline("2025-01", f"2025-0{MONTHS}")
    return fs.Result(manifest, outcomes, timeline, summary, index, {name: kept[name] for name in sorted(held)})


def assert_own(result: fs.Result, *, views: bool) -> None:
    """Hold the dataset against what is kept, series by series."""
    dataset = result.dataset
    for name, outcome in result.outcomes.items():
        for end in ("", "_mean", "_error"):
            array = dataset[name + end]
            assert array.dims[:2] == (("month", "nation") if outcome.nations else array.dims[:2])
            unknown = end == "_error" and result.paths == 1
            assert (np.isnan(array.values) == unknown).all()
            for at, nation in enumerate(outcome.nations):
                np.testing.assert_array_equal(array.sel(nation=nation).values, array.values[:, at])
            assert not outcome.nations or tuple(array["nation"].values) == outcome.nations
        table = result.to_dataframe(name)
        assert len(table) == dataset[name].size
        assert not table.drop(columns=[f"{name}_error"]).isna().any(axis=None)
        if name in result.kept:
            values = result.kept[name]
            assert dataset[name].dtype == table[name].dtype == values.dtype
            np.testing.assert_array_equal(dataset[name].values, values)
            np.testing.assert_array_equal(table[name].to_numpy(), values.ravel())
            assert not views or np.shares_memory(dataset[name].values, values)
    rows = sum(max(1, len(outcome.nations)) for outcome in result.outcomes.values())
    labels = sum(axis.nbytes for axis in dataset.coords.values())
    streamed = sum(dataset[name].nbytes for name in result.outcomes if name not in result.kept)
    assert dataset.nbytes == sum(v.nbytes for v in result.kept.values()) + streamed + 16 * MONTHS * rows + labels


@given(results())
@settings(deadline=None)
def test_a_series_has_its_own_nations_and_numbers(result: fs.Result) -> None:
    assert_own(result, views=True)


@given(results())
@settings(deadline=None, max_examples=10)
def test_a_file_gives_the_same_dataset_back(tmp_path_factory: pytest.TempPathFactory, result: fs.Result) -> None:
    path = tmp_path_factory.mktemp("files") / "run.nc"
    result.to_netcdf(path)
    back = fs.Result.open(path)
    assert_own(back, views=True)
    assert back.dataset.identical(result.dataset)


@given(results())
@settings(deadline=None, max_examples=10)
def test_a_dataset_goes_through_netcdf_with_its_types(
    tmp_path_factory: pytest.TempPathFactory, result: fs.Result
) -> None:
    path = tmp_path_factory.mktemp("files") / "dataset.nc"
    result.dataset.to_netcdf(path, engine="h5netcdf")
    with xr.open_dataset(path, engine="h5netcdf") as stored:
        for name, variable in result.dataset.variables.items():
            if variable.dtype.kind in "if":
                assert stored[name].dtype == variable.dtype
                np.testing.assert_array_equal(stored[name].values, variable.values)
            if variable.dtype.kind == "i":
                assert "_FillValue" not in stored[name].encoding


def unlike() -> fs.Result:
    """Return a result of two series with unlike nations."""
    outcomes = [
        Outcome("gdp", "bn USD", "output", "nation", ("DEU", "FRA", "UKR")),
        Outcome("strength", "persons", "people", "nation", ("RUS", "UKR"), storage="count"),
    ]
    kept: dict[str, Any] = {
        "gdp": np.arange(MONTHS * 6.0).reshape(MONTHS, 3, 2),
        "strength": np.arange(MONTHS * 4, dtype=np.int32).reshape(MONTHS, 2, 2),
    }
    names = [(o.name, nation) for o in outcomes for nation in o.nations]
    summary = Summary(len(names), MONTHS, floors=np.full(len(names), -np.inf))
    rows = np.concatenate(list(kept.values()), axis=1)
    for month in range(MONTHS):
        summary.fold(month, np.ascontiguousarray(rows[month]), np.arange(len(names)))
    manifest = Manifest(scenario={"name": "unlike"}, policies=(), seed=1, paths=2, options={})
    index = {key: row for row, key in enumerate(names)}
    return fs.Result(manifest, outcomes, Timeline("2025-01", "2025-04"), summary, index, kept)


def test_twin_one_axis_for_unlike_nations_is_found_out() -> None:
    """The negative twin: arrays joined over one axis of nations, as xarray does by itself."""
    result = unlike()
    assert_own(result, views=True)
    arrays = {name: result.dataset[name] for name in result.dataset.data_vars}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of another default for joins
        result.__dict__["dataset"] = xr.Dataset(arrays)
    with pytest.raises(AssertionError):
        assert_own(result, views=False)


def test_what_xarray_does_with_the_dataset_as_a_whole_keeps_the_axes() -> None:
    dataset = unlike().dataset
    assert dataset.strength.dims == ("month", "nation", "path")
    assert dict(dataset.sizes) == {"month": 4, "path": 2, "nation_gdp": 3, "nation_strength": 2}
    halves = [dataset.isel(month=slice(0, 2)), dataset.isel(month=slice(2, 4))]
    joined = xr.concat(halves, "month", data_vars="all", join="outer", coords="minimal", compat="override")
    half = xr.DataArray([0, 0, 1, 1], dims="month", name="half")
    for whole in (
        dataset.copy(deep=True),
        joined,
        dataset.assign(more=dataset["gdp"].sum("nation"))[["gdp", "strength"]],
        xr.merge([dataset, xr.Dataset({"more": ("month", np.zeros(4))})], compat="no_conflicts", join="outer"),
        xr.Dataset.from_dict(dataset.to_dict()),
    ):
        assert whole["strength"].dims == ("month", "nation_strength", "path")
        np.testing.assert_array_equal(whole["strength"].values, dataset["strength"].values)
        assert whole["strength"].dtype.kind == "i"
    assert dict(dataset.groupby(half).mean().sizes) == {"half": 2, "path": 2, "nation_gdp": 3, "nation_strength": 2}
    assert dataset.map(np.mean)["strength"].item() == 7.5
    assert [array.dims for array in dataset.values()] == [array.dims for _, array in dataset.items()]


def test_one_table_of_unlike_nations_is_refused() -> None:
    message = (
        "dataset: must have one axis of nations for this, got nation_gdp, nation_strength "
        "(take one outcome: result.to_dataframe('...'), or dataset['...'])"
    )
    for ask in (lambda d: d.to_dataframe(), lambda d: d.to_dataarray(), lambda d: d.to_array()):
        with pytest.raises(fs.ResultError) as caught:
            ask(unlike().dataset)
        assert str(caught.value) == message


def test_paths_on_disk_have_the_axes_of_the_dataset(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    from tests.support.toys import Sum, Walk, toy_data

    class Second(Walk):
        name = section = "second"
        writes = (
            fs.Indicator(name="height", unit="units", meaning="of the second walk", storage="count", outcome=True),
        )

        def start(self, context: fs.Context) -> None:
            context.write("height")[:] = 7.0

        def step(self, context: fs.Context, month: int) -> None: ...

    data = toy_data()
    data["nations"]["FRA"]["second"] = {}
    scenario = fs.Scenario.of(data, (Walk, Sum, Second))
    result = fs.simulate(scenario, paths=8, keep="zarr", store=tmp_path / "paths.zarr", progress=False)
    stored = xr.open_zarr(str(tmp_path / "paths.zarr"), consolidated=False)
    axes = {name: stored[name].dims for name in ("level", "height")}
    assert axes == {"level": ("month", "nation_level", "path"), "height": ("month", "nation_height", "path")}
    found = result.stored("height")
    assert found.dims == ("month", "nation", "path")
    assert found.sel(nation="FRA").dtype == np.int32
    assert (found == 7).all()
    assert result.dataset["height"].sizes == {"month": 13, "nation": 1, "quantile": 7}
