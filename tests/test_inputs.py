"""The uncertain numbers of a run, drawn again: to the bits that the run used, for each design and after a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import forcesim as fs
from tests.support.toys import TOYS, toy_scenario

if TYPE_CHECKING:
    from pathlib import Path

LEVEL = {"normal": {"mean": 30.0, "sd": 3.0, "low": 0.0}, "assumption": "toy"}
LEVELS = [f"nations.{nation}.walk.level" for nation in ("DEU", "FRA")]


def walks(design: str = "plain", rho: float = 0.6) -> fs.Scenario:
    """Return two walks from correlated uncertain levels, which month 0 shows."""
    data = {"sampling": {"design": design}, "correlations": [{"between": LEVELS, "rho": rho, "assumption": "toy"}]}
    return toy_scenario().with_values(dict.fromkeys(LEVELS, LEVEL) | data)


@pytest.mark.parametrize("design", ["plain", "latin-hypercube", "sobol"])
@pytest.mark.parametrize("keep", ["paths", "summary"])
def test_inputs_are_what_the_run_used(design: str, keep: str) -> None:
    """Month 0 is the uncertain level itself; blocks of another size and correlation change nothing."""
    shown = fs.simulate(walks(design), paths=700, seed=3, keep="paths", block=256)
    run = fs.simulate(walks(design), paths=700, seed=3, keep=keep, threads=1)
    assert list(run.inputs.columns) == LEVELS
    assert run.inputs.shape == (700, 2)
    assert np.array_equal(run.inputs.to_numpy().T, shown.kept["level"][0])
    assert abs(run.inputs.corr().iloc[0, 1] - 0.6) < 4 * (1 - 0.36) / np.sqrt(700)
    other = fs.simulate(walks(design, rho=0.0), paths=700, seed=3, keep=keep)
    assert not np.array_equal(other.inputs[LEVELS[1]], run.inputs[LEVELS[1]])


def test_inputs_of_a_setting_take_part() -> None:
    """An uncertain lever is an uncertain number: it is drawn under its own name."""
    lever = fs.Setting(lever="nations.DEU.walk.drift", set={"uniform": [1.0, 2.0]}, assumption="toy")
    run = fs.simulate(walks(), fs.Policy(title="drift", settings=[lever]), paths=256)
    assert run.inputs.shape == (256, 3)
    assert list(run.inputs.columns[:2]) == LEVELS


def test_inputs_come_back_from_a_file(tmp_path: Path) -> None:
    """Processes of one's own must be given again: without them the remedy says so."""
    run = fs.simulate(walks(), paths=300, keep="summary")
    run.to_netcdf(tmp_path / "run.nc")
    again = fs.Result.open(tmp_path / "run.nc", processes=TOYS)
    assert again.inputs.equals(run.inputs)
    with pytest.raises(fs.ResultError, match=r"inputs: needs the scenario that the run had.*processes=\[\.\.\.\]"):
        fs.Result.open(tmp_path / "run.nc").inputs  # noqa: B018
