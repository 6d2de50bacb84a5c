"""Extras: a call that needs a missing package names the extra, before it works or writes."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import forcesim as fs
from forcesim import evidence
from forcesim.evidence.missions import leave_one_out
from forcesim.extras import EXTRAS, needed
from tests.support.toys import toy_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

AT = {"at": "2026-01", "paths": 16}


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return how to imitate that a package is not installed."""

    def gone(package: str) -> None:
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, package, None)

    return gone


def result() -> fs.Result:
    return fs.simulate(toy_scenario(), paths=16)


CALLS: dict[str, tuple[str, Callable[[Path, Any], Any]]] = {
    "to_netcdf without h5netcdf": ("h5netcdf", lambda folder, run: run.to_netcdf(folder / "run.nc")),
    "to_netcdf without h5py": ("h5py", lambda folder, run: run.to_netcdf(folder / "run.nc")),
    "open": ("h5py", lambda folder, _: fs.Result.open(folder / "there.nc")),
    "keep": ("zarr", lambda folder, _: fs.simulate(toy_scenario(), paths=16, keep="zarr", store=folder / "paths.zarr")),
    "fan": ("matplotlib", lambda _, run: run.fan("total")),
    "compare": ("matplotlib", lambda *_: fs.compare(toy_scenario(), ["faster", "ramped"], "total", **AT).figure()),
    "parameter": ("matplotlib", lambda *_: evidence.parameter("FG004").figure()),
    "backtest": ("scoringrules", lambda *_: evidence.backtest("growth", origins=[2019], horizons=[1])),
    "backtest without statsmodels": ("statsmodels", lambda *_: evidence.backtest("growth", origins=[2019])),
    "war years": ("scoringrules", lambda *_: evidence.war_years()),
    "discover by prim": ("ema_workbench", lambda *_: fs.discover(toy_scenario(), "faster", "total > 0", at="2026-01")),
    "discover by cart": (
        "sklearn", lambda *_: fs.discover(toy_scenario(), "faster", "total > 0", at="2026-01", method="cart"),
    ),
    "sensitivity": ("SALib", lambda *_: fs.sensitivity(toy_scenario(), None, "total", at="2026-01", method="pawn")),
    "missions": ("scoringrules", lambda *_: leave_one_out()),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_a_missing_package_is_named_with_its_extra(call: str, without: Any, tmp_path: Path, monkeypatch: Any) -> None:
    package, act = CALLS[call]
    run = result()
    (tmp_path / "there.nc").write_bytes(b"of another program")
    before = sorted(tmp_path.iterdir())
    without(package)
    if call.startswith(("backtest", "war")):  # the check comes before the work
        monkeypatch.setattr("forcesim.engine.calls.Recording", None)
    with pytest.raises(fs.ResultError) as caught:
        act(tmp_path, run)
    assert f"needs the package {package}" in str(caught.value)
    assert f"pip install 'forcesim[{EXTRAS[package]}]'" in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_extras_are_those_of_the_package() -> None:
    declared = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    called = {"sklearn": "scikit-learn", "ema_workbench": "ema-workbench"}
    for package, extra in EXTRAS.items():
        assert any(line.startswith(called.get(package, package) + ">") for line in declared[extra]), package


def test_what_is_there_and_broken_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "zarr.py").write_text("import a_part_of_it")
    for name in [name for name in sys.modules if name.split(".")[0] == "zarr"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(fs.ResultError, match="keep: needs the package zarr, got No module named 'a_part_of_it'"):
        needed("keep", "zarr")
