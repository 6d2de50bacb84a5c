"""Files are whole or not there: what fails in mid-write leaves the old file, and nothing beside it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import forcesim as fs
from forcesim.files import replacing, write_text
from tests.support.toys import toy_scenario

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def result() -> fs.Result:
    return fs.simulate(toy_scenario(), paths=256, seed=3, keep="paths")


def names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def test_a_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "one")
    write_text(str(target), "Übung")
    assert target.read_text(encoding="utf-8") == "Übung"
    assert names(tmp_path) == ["a.txt"]


def test_until_the_block_ends_the_old_file_is_there(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replacing(target) as aside:
        aside.write_text("new")
        assert target.read_text() == "old"
        assert aside.parent == tmp_path
    assert target.read_text() == "new"


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with replacing(target) as one, replacing(target) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert target.read_text() == "one"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [OSError("disk full"), ValueError("no"), KeyboardInterrupt()])
def test_what_fails_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def half() -> None:
        with replacing(target) as aside:
            aside.write_text("ha")
            raise error

    with pytest.raises(type(error)):
        half()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_all_is_on_disk_before_the_name_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append("fsync")
        fsync(handle)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    write_text(tmp_path / "a.txt", "one")
    assert steps[:2] == ["fsync", "replace"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(fs.FileError, match=r"a\.txt: must lie in a folder that exists, got .*none \(make the folder\)"):
        write_text(tmp_path / "none" / "a.txt", "one")


WRITERS: dict[str, Callable[[fs.Result, Path], None]] = {
    "run.nc": lambda result, path: result.to_netcdf(path),
    "manifest.json": lambda result, path: result.manifest.write(path),
    "toy.yaml": lambda _, path: fs.save(toy_scenario(), path),
    "toy.json": lambda _, path: fs.save(toy_scenario(), path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, result, name: str) -> None:
    """Whatever is written, half of it arrives, then the disk is full."""
    target = tmp_path / name
    WRITERS[name](result, target)
    before = target.read_bytes()
    begun: list[Path] = []

    def half(self: Path, data: object, **_: object) -> int:
        whole = data.encode() if isinstance(data, str) else bytes(data)  # type: ignore[call-overload]
        with self.open("wb") as file:
            file.write(whole[: len(whole) // 2])
        begun.append(self)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", half)
        patched.setattr(Path, "write_bytes", half)
        with pytest.raises(OSError, match="No space left"):
            WRITERS[name](result, target)
    assert len(begun) == 1
    assert begun[0] != target
    assert target.read_bytes() == before
    assert names(tmp_path) == [name]
