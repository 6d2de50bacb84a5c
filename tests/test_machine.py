"""What a machine may lack is imitated: processors that can be counted, a console, a home, a place for what is kept."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tqdm
from numba.core import caching

import forcesim as fs
from forcesim import kernels, machine, rotation
from forcesim.engine import warm
from forcesim.files import located
from tests.support.toys import toy_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

STUDY: dict[str, Any] = {
    "days": 60,
    "policies": {"p": {"tour": 30}},
    "units": [{"name": "a", "type": "t", "policy": "p"}],
}


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imitate a system that does not tell which processors a process may use."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(("there", "expected"), [(4, 4), (None, 1)])
def test_threads_are_those_of_the_machine_where_nothing_else_is_told(
    monkeypatch: pytest.MonkeyPatch, there: int | None, expected: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: there)
    assert machine.threads_here() == expected


RUNS: dict[str, Callable[[], Any]] = {
    "simulate": lambda: fs.simulate(toy_scenario(), paths=256),
    "estimate": lambda: fs.estimate(toy_scenario(), "total", at="2026-01", paths=256),
    "plan_precision": lambda: fs.plan_precision(toy_scenario(), "total", at="2026-01", half_width=1.0, paths=256),
    "rotation": lambda: rotation.simulate(STUDY, replications=1),
}


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("name", RUNS)
def test_everything_runs_where_processors_cannot_be_counted(name: str) -> None:
    assert RUNS[name]() is not None


class Closed(io.StringIO):
    """A stream that was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.close()


@pytest.mark.parametrize("progress", [None, True])
@pytest.mark.parametrize("stream", [None, Closed()], ids=["none", "closed"])
@pytest.mark.parametrize("name", ["simulate", "rotation"])
def test_everything_runs_without_an_error_stream(
    monkeypatch: pytest.MonkeyPatch, name: str, stream: Any, progress: bool | None
) -> None:
    if progress and stream is not None:
        pytest.skip("a bar that is asked for needs a stream that takes it")
    monkeypatch.setattr(sys, "stderr", stream)
    machine.say("to nobody")
    if name == "simulate":
        assert fs.simulate(toy_scenario(), paths=256, progress=progress).paths == 256
    else:
        rotation.simulate(STUDY, replications=1, progress=progress)


def test_a_bar_is_shown_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the test above: the bar is not gone for everybody."""
    bars: list[Any] = []
    real = tqdm.tqdm
    monkeypatch.setattr(tqdm, "tqdm", lambda **given: bars.append(real(**given)) or bars[-1])
    with machine.progress_shown(True, 3, "paths") as show:
        show(2, 3)
    assert [bar.n for bar in bars] == [2]
    with machine.progress_shown(False, 3, "paths") as show:
        show(2, 3)
    assert len(bars) == 1


@pytest.mark.parametrize("why", ["no interpreter", "one processor", "no new process"])
def test_no_helper_is_started_where_there_can_be_none(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    started: list[Any] = []

    def start(*args: Any, **_: Any) -> Any:
        started.append(args)
        raise OSError("no process can be made")

    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setenv("FORCESIM_HELP", "1")
    monkeypatch.setattr(warm, "threads_here", lambda: 1 if why == "one processor" else 2)
    if why == "no interpreter":
        monkeypatch.setattr(sys, "executable", "")
    warm.ask_for_help()
    assert bool(started) == (why == "no new process")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note who is asked to help with compiling."""
    calls: list[int] = []
    monkeypatch.setattr(kernels, "_helpers", [lambda: calls.append(1)])
    for told in (kernels._say_why_it_waits, kernels._say_that_nothing_is_kept):
        told.cache_clear()
        monkeypatch.setattr(kernels, told.__name__, told)
    return calls


def plain(x: float) -> float:
    return x


def test_where_nothing_can_be_kept_the_line_says_so_and_nobody_helps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: list[int]
) -> None:
    monkeypatch.setattr(caching.CompileResultCacheImpl, "_locator_classes", [])
    for _ in range(2):
        kernels._cached(plain)
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "in each process" in told
    assert "NUMBA_CACHE_DIR" in told
    assert "once on this machine" not in told
    assert not asked


def test_where_it_can_be_kept_a_helper_is_asked(capsys: pytest.CaptureFixture[str], asked: list[int]) -> None:
    """The twin of the test above."""
    kernels._say_why_it_waits()
    assert "once on this machine" in capsys.readouterr().err
    assert asked == [1]


PROGRAM = """
import sys
{before}
import forcesim as fs
from forcesim.kernels import compiling
from forcesim.numerics import exp
from tests.support.toys import toy_scenario
result = fs.simulate(toy_scenario(), paths=256, seed=3)
print(compiling(), result.manifest.digest)
"""


def digest_of(before: str = "", **environment: str) -> list[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("FORCESIM_COMPILE", "NUMBA_DISABLE_JIT")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before)],
        env={**env, "FORCESIM_HELP": "0", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "compiling" not in done.stderr
    return done.stdout.split()


def test_numbas_own_switch_gives_plain_python_and_the_same_bits() -> None:
    expected = digest_of(FORCESIM_COMPILE="0")
    assert expected[0] == "False"
    assert digest_of(NUMBA_DISABLE_JIT="1") == expected
    assert digest_of("import numba; numba.config.DISABLE_JIT = True") == expected
    late = digest_of("import forcesim.kernels, numba; numba.config.DISABLE_JIT = 1")
    assert late == ["True", expected[1]]


@pytest.mark.parametrize(("value", "off"), [("1", True), ("0", False), ("", False), ("words", False)])
def test_the_switch_is_read_as_numba_reads_it(monkeypatch: pytest.MonkeyPatch, value: str, off: bool) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", value)
    monkeypatch.delenv("FORCESIM_COMPILE", raising=False)
    monkeypatch.delitem(sys.modules, "numba")
    assert kernels._switched_off() is off


@pytest.mark.parametrize("given", ["~", "~/runs/a.nc", Path("~") / "a.yaml"], ids=str)
def test_a_tilde_stands_for_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Any) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert located(given) == Path(str(given).replace("~", str(tmp_path), 1))


@pytest.mark.parametrize("given", ["a~b.yaml", "runs/~/a.nc", "~no-such-user.yaml"])
def test_other_tildes_stay(given: str) -> None:
    assert located(given) == Path(given)


@pytest.mark.parametrize("given", ["", "a\0b", None, 3, ["a"], "~no-such-user/a.nc"])
def test_what_is_no_name_of_a_file_is_refused(given: Any) -> None:
    with pytest.raises(fs.FileError, match="must"):
        located(given)


@pytest.mark.parametrize("home", ["", "none"])
def test_without_a_home_a_tilde_is_refused(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setattr(os.path, "expanduser", (lambda path: path) if home else os.path.expanduser)
    monkeypatch.setenv("HOME", home)
    with pytest.raises(
        fs.FileError, match=r"~/a\.nc: ~ must stand for a home folder, got none \(write the whole path\)"
    ):
        located("~/a.nc")


PLACES: dict[str, Callable[[fs.Result, str], Any]] = {
    "checkpoint": lambda _, path: fs.simulate(toy_scenario(), paths=256, checkpoint=path),
    "store": lambda _, path: fs.simulate(toy_scenario(), paths=256, keep="zarr", store=path),
    "save": lambda _, path: fs.save(toy_scenario(), path + ".yaml"),
    "scenario.save": lambda _, path: toy_scenario().save(path + ".json"),
    "rotation.save": lambda _, path: rotation.save(rotation.Rotation.of(STUDY), path + ".yml"),
    "to_netcdf": lambda result, path: result.to_netcdf(path),
    "manifest": lambda result, path: result.manifest.write(path),
}
BACK: dict[str, Callable[[str], Any]] = {
    "save": lambda path: fs.load(path + ".yaml", processes=toy_scenario().extra),
    "scenario.save": lambda path: fs.load(path + ".json", processes=toy_scenario().extra),
    "rotation.save": lambda path: rotation.load(path + ".yml"),
    "to_netcdf": fs.Result.open,
    "manifest": fs.Manifest.read,
}


@pytest.mark.parametrize("name", PLACES)
def test_every_path_may_begin_with_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    result = fs.simulate(toy_scenario(), paths=256)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(here)
    PLACES[name](result, "~/run")
    assert not list(here.iterdir())
    assert len(list(home.iterdir())) == 1
    if name in BACK:
        assert BACK[name]("~/run") is not None
