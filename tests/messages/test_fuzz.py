"""Damaged files: each is accepted and runs, or is refused with an error of ours; nothing else, no hang, little memory."""

from __future__ import annotations

import contextlib
import random
import resource
import signal
from typing import TYPE_CHECKING, Any

import pytest

import forcesim as fs
from tests.support.mutations import a_file, damaged
from tests.support.toys import TOYS, toy_data, toy_scenario

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 20
MEGABYTES = 600
"""By how much the process may grow; a run of the smallest scenario takes a few of them."""


def seeds() -> list[dict[str, Any]]:
    """Return valid files to begin with: armies that stand still, and one that uses every form of a number."""
    still = fs.load("seed-figures").to_dict()
    army = {
        "strength": {"normal": {"mean": 1e5, "sd": 1e3, "low": 9e4, "high": 1.1e5}},
        "volunteers": {"schedule": {"2025-01": 10, "2025-03": 20}},
    }
    lively = {
        "name": "lively", "start": "2025-01", "horizon": "2025-06",
        "nations": {"UKR": {"army": {**army, "schools": [{"seats": 500, "months": 2}]}, "economy": {"gdp": 100}, "spending": {"share": 0.2}},
                    "RUS": {"army": {"strength": 2e5, "casualty_rate": {"uniform": [0.01, 0.02]}}, "economy": {"gdp": 1000, "trend": 0.01}}},
        "conflict": {"breach_base": {"pert": {"low": 0.01, "mode": 0.02, "high": 0.05}}},
        "policies": {"more": {"title": "More", "settings": [{"lever": "nations.UKR.army.volunteers", "add": 5, "from": "2025-02"}]}},
        "sampling": {"design": "sobol"},
    }  # fmt: skip
    fs.Scenario.of(lively)
    return [{**still, "horizon": "2025-06", "policies": {}}, lively]


def too_long(*_: Any) -> None:
    raise TimeoutError


def try_files(folder: Path, count: int, seed: int) -> tuple[int, int]:
    """Return how many files were accepted (and ran), and how many refused."""
    chance, valid = random.Random(seed), seeds()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    old, accepted, refused = signal.signal(signal.SIGALRM, too_long), 0, 0
    try:
        for number in range(count):
            ending, raw = a_file(chance.choice(valid), chance)
            path = folder / f"file{ending}"
            path.write_bytes(raw)
            signal.alarm(SECONDS)
            try:
                scenario = fs.load(path)
                fs.simulate(scenario, paths=3, threads=1, keep="summary", seed=number, progress=False)
                accepted += 1
            except fs.ForcesimError:
                refused += 1
            except BaseException as error:
                (folder / "culprit").write_bytes(raw)
                message = f"file {number} of seed {seed}{ending}: {type(error).__name__}: {error}\n{raw[:3000]!r}"
                raise AssertionError(message) from error
            finally:
                signal.alarm(0)
    finally:
        signal.signal(signal.SIGALRM, old)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEGABYTES
    return accepted, refused


def test_damaged_scenario_files(tmp_path: Path) -> None:
    accepted, refused = try_files(tmp_path, 250, seed=1)
    assert accepted > 8
    assert refused > 80


@pytest.mark.slow
def test_five_thousand_damaged_scenario_files(tmp_path: Path) -> None:
    accepted, refused = try_files(tmp_path, 5_000, seed=2)
    assert accepted + refused == 5_000
    assert min(accepted, refused) > 500


def test_damaged_checkpoints_manifests_and_results(tmp_path: Path) -> None:
    pytest.importorskip("h5netcdf")
    chance, folder = random.Random(3), tmp_path / "run"
    kept = fs.simulate(toy_scenario(), paths=300, seed=5, checkpoint=folder)
    whole, text = (folder / "progress.fsp").read_bytes(), kept.manifest.to_json().encode()
    kept.to_netcdf(tmp_path / "r.nc")
    net = (tmp_path / "r.nc").read_bytes()
    for _ in range(150):
        (folder / "progress.fsp").write_bytes(damaged(whole, chance))
        try:
            assert fs.simulate(toy_scenario(), paths=300, seed=5, checkpoint=folder).same_bits(kept)
        except fs.CheckpointError:
            (folder / "progress.fsp").write_bytes(whole)
        (tmp_path / "m.json").write_bytes(damaged(text, chance))
        with contextlib.suppress(fs.ForcesimError):
            if fs.Manifest.read(tmp_path / "m.json").paths < 10_000:
                fs.replay(tmp_path / "m.json", processes=TOYS)
        (tmp_path / "r.nc").write_bytes(damaged(net, chance))
        with contextlib.suppress(fs.ForcesimError):
            assert fs.Result.open(tmp_path / "r.nc").same_bits(kept)
    assert toy_data()["name"] == "toy"
