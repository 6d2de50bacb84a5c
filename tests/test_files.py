"""Files are whole or not there: what fails in mid-write leaves the old file, and nothing beside it."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
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


def folder_of(path: Path) -> list[str]:
    return sorted(names(path.parent))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("there", [True, False], ids=["file", "dangling"])
def test_a_link_stays_and_the_file_that_it_names_is_replaced(tmp_path: Path, result, name: str, there: bool) -> None:
    (tmp_path / "runs").mkdir()
    real, middle, link = tmp_path / "runs" / f"2025-{name}", tmp_path / "middle", tmp_path / name
    if there:
        real.write_text("old")
    middle.symlink_to(real)
    link.symlink_to("middle")
    WRITERS[name](result, link)
    assert link.readlink() == Path("middle")
    assert middle.is_symlink()
    assert real.read_bytes() not in (b"old", b"")
    assert folder_of(real) == [real.name]
    assert folder_of(link) == sorted([name, "middle", "runs"])


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    target.chmod(mode)
    write_text(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_text() == "new"
    fresh = tmp_path / "b.txt"
    write_text(fresh, "new")
    plain = tmp_path / "c.txt"
    plain.write_text("new")
    assert fresh.stat().st_mode == plain.stat().st_mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only an administrator gives files away")
def test_a_replaced_file_keeps_its_owner(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    os.chown(target, 12345, 54321)
    target.chmod(0o640)
    write_text(target, "new")
    found = target.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 54321, 0o640)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only an administrator gives files away")
def test_a_group_that_cannot_be_kept_gets_no_more_than_everybody(tmp_path: Path, monkeypatch) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    os.chown(target, 12345, 54321)
    target.chmod(0o660)

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refused)
    write_text(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def looped(folder: Path) -> Path:
    (folder / "one").symlink_to("other")
    (folder / "other").symlink_to("one")
    return folder / "one"


def taken(folder: Path) -> Path:
    (folder / "taken").mkdir()
    return folder / "taken"


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("old")
    return folder / "file" / "a.txt"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


REFUSED: list[tuple[Callable[[Path], Path], str]] = [
    (looped, "one: must lead to a file, got links that lead to each other (remove the links)"),
    (taken, "taken: must be a file, got a folder (give the name of a file)"),
    (below_a_file, "a.txt: must lie in a folder that exists"),
    (pipe, "pipe: must be a file, got a device or pipe (give the name of a file)"),
    (lambda folder: folder / "none" / "a.txt", "a.txt: must lie in a folder that exists"),
]


@pytest.mark.skipif(os.name != "posix", reason="links and pipes of POSIX")
@pytest.mark.parametrize(("place", "message"), REFUSED, ids=["loop", "folder", "below a file", "pipe", "no folder"])
def test_what_cannot_be_a_file_is_refused_in_our_words(tmp_path: Path, place, message: str) -> None:
    target = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(fs.FileError) as caught:
        write_text(target, "new")
    assert message in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENAMETOOLONG])
def test_what_the_system_refuses_is_told_in_our_words(tmp_path: Path, monkeypatch, number: int) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def refused(self: Path, *_: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(
        fs.FileError, match=rf"a\.txt: must be a file that can be written, got {os.strerror(number)}"
    ) as caught:
        write_text(target, "new")
    assert caught.value.errno == number
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_read_only_file_is_not_replaced(tmp_path: Path, monkeypatch) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # an administrator may write to any
    with pytest.raises(fs.FileError, match="must be a file that may be written, got a read-only file"):
        write_text(target, "new")
    assert target.read_text() == "old"


def test_a_network_disk_that_cannot_sync_a_folder_is_no_fault(tmp_path: Path, monkeypatch) -> None:
    fsync = os.fsync

    def refused(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", refused)
    write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_half_of_a_character_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(fs.FileError, match=r"must get text that UTF-8 can hold, got '\\ud800' at 1"):
        write_text(target, "a\ud800")
    assert target.read_text() == "old"


def test_lines_end_alike_on_every_system(tmp_path: Path, monkeypatch) -> None:
    """A file that is opened as text gets the line ends of its system; none is."""
    monkeypatch.setattr(Path, "write_text", None)
    write_text(tmp_path / "a.txt", "one\ntwo\n")
    assert (tmp_path / "a.txt").read_bytes() == b"one\ntwo\n"


def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    write_text(tmp_path / ("a" * 251 + ".txt"), "new")


def test_a_store_behind_a_link_is_made_where_the_link_leads(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    link = tmp_path / "latest"
    link.symlink_to("2025.zarr")
    fs.simulate(toy_scenario(), paths=256, keep="zarr", store=link)
    assert link.is_symlink()
    assert (tmp_path / "2025.zarr").is_dir()
    assert sorted(names(tmp_path)) == ["2025.zarr", "latest"]
    with pytest.raises(fs.ResultError, match="must not exist yet"):
        fs.simulate(toy_scenario(), paths=256, keep="zarr", store=link)


LOCK = (
    "import fcntl, sys; f = open(sys.argv[1], 'rb+'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
)


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
@pytest.mark.parametrize("wanted", [None, "TRUE"])
def test_a_file_that_another_program_locks_is_read_or_said_to_be_locked(
    tmp_path: Path, result: fs.Result, wanted: str | None
) -> None:
    path = tmp_path / "run.nc"
    result.to_netcdf(path)
    code = "import sys, forcesim as fs\ntry: print(fs.Result.open(sys.argv[1]).paths)\nexcept fs.ResultError as e: print(e)"
    env = {name: value for name, value in os.environ.items() if name != "HDF5_USE_FILE_LOCKING"}
    env |= {} if wanted is None else {"HDF5_USE_FILE_LOCKING": wanted}
    with subprocess.Popen([sys.executable, "-c", LOCK, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        done = subprocess.run([sys.executable, "-c", code, path], env=env, capture_output=True, text=True, check=True)
        holder.communicate(b"\n")
    assert done.stdout.strip() in (
        "256",
        f"{path}: must not be locked, got a lock of another program (set HDF5_USE_FILE_LOCKING=FALSE)",
    )
    assert wanted is not None or done.stdout.strip() == "256"


def test_reading_needs_no_right_to_write(tmp_path: Path, result: fs.Result) -> None:
    path = tmp_path / "run.nc"
    result.to_netcdf(path)
    path.chmod(0o444)
    before = path.stat().st_mtime_ns
    assert fs.Result.open(path).same_bits(result)
    assert path.stat().st_mtime_ns == before


def test_a_result_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(fs.ResultError, match=r"none\.nc: must be a file that to_netcdf wrote, got no file"):
        fs.Result.open(tmp_path / "none.nc")
