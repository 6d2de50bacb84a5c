"""What comes back: xarray with units, tables, text, pictures."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import forcesim as fs
from forcesim import rotation
from tests.rotation.test_bits import RANDOM


@functools.cache
def result() -> rotation.RotationResult:
    return rotation.simulate(RANDOM, replications=5, seed=3)


def test_every_series_has_its_unit_and_labels() -> None:
    data = result().dataset
    assert all(data[name].attrs["units"] for name in data.data_vars)
    assert data["unmet"].dims == ("replication", "demand")
    assert data["account"].dims == ("replication", "group", "phase", "category")
    assert data.sizes["replication"] == 5
    units = np.array([6, 4])
    np.testing.assert_array_equal(data["account"].sum(("phase", "category"))[0], units * 2_000)
    np.testing.assert_array_equal(data["asked"], data["filled"] + data["unmet"])


def test_answers_carry_their_error() -> None:
    found = result().mean("unmet_share[crisis]")
    values = result().values("unmet_share[crisis]")
    assert found.value == pytest.approx(values.mean())
    assert found.error == pytest.approx(values.std(ddof=1) / 5**0.5)
    assert found.unit == "share"
    assert result().chance("unmet_share[crisis] <= 1").value == 1
    assert result().mean("idle_days[g] + idle_days[f]").unit == ""
    low, high = result().quantiles("unmet[crisis]", [0.1, 0.9])
    assert low <= high


def test_tables() -> None:
    table = result().summary()
    assert set(table.columns) >= {"outcome", "of", "unit", "mean", "error", "meaning"}
    assert len(table) == sum(max(1, len(one.labels)) for one in result().outcomes.values())
    account = result().account(by="nation")
    assert account.index.tolist() == ["GBR", "FRA"]
    np.testing.assert_allclose(account.iloc[:, :4].sum(axis=1), account["units x days"])
    assert result().unmet_by("phase").index.tolist() == ["all"]
    assert "unmet share" in repr(result())
    assert "<table>" in result()._repr_html_()
    first = result().first_to_break()
    assert all(isinstance(one, fs.Estimate) for one in first.values())


def test_pictures() -> None:
    pytest.importorskip("matplotlib")
    sand = result().sand(by="nation", kind="b")
    assert [text.get_text() for text in sand.legends[0].get_texts()] == ["asked for", "FRA", "GBR"]
    assert sand.axes[0].get_ylabel() == "units"
    gantt = result().gantt()
    assert [text.get_text() for text in gantt.axes[0].get_yticklabels()][:2] == ["g-1", "g-2"]
    assert len(result().dwells(by="nation").axes) >= 2
    assert result().dwells(by="component", persons=True).axes[0].get_xlabel() == "days at home"
    assert result().stress().axes[0].get_ylabel() == "per cent"


def test_the_module_is_found_both_ways_and_simpy_only_when_wanted() -> None:
    import subprocess
    import sys

    code = "import sys, forcesim as fs; assert 'simpy' not in sys.modules; fs.rotation; assert 'simpy' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert fs.rotation is rotation
    assert all(hasattr(rotation, name) for name in rotation.__all__)
