"""Pieces that come from elsewhere: placed by name whatever their order, refused if they are laid out in another way."""

from __future__ import annotations

import copy
import dataclasses
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import forcesim as fs
from forcesim.engine import recording
from forcesim.engine.recording import Kept
from forcesim.packing import pack, unpack
from forcesim.result import Outcome
from tests.support.everything import assert_names_fit, assert_same
from tests.support.toys import TOYS, toy_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

OPTIONS: dict[str, Any] = {"paths": 600, "seed": 5, "events": ["total > 20", "level[FRA] > 5"], "block": 256}


def simulate(**more: Any) -> fs.Result:
    return fs.simulate(toy_scenario(), **{**OPTIONS, **more})


class Changing(Executor):
    """Does each piece here and now, and hands it back changed."""

    def __init__(self, change: Callable[[Any], Any]) -> None:
        self.change = change

    def submit(self, fn, /, *args, **kwargs) -> Future:
        future: Future = Future()
        future.set_result(self.change(fn(*args, **kwargs)))
        return future


def turned(piece: Any) -> Any:
    data, stores, seconds = piece
    return data, dict(reversed(stores.items())), seconds


def with_stores(change: Callable[[dict[str, np.ndarray]], Any]) -> Callable[[Any], Any]:
    def changed(piece: Any) -> Any:
        data, stores, seconds = piece
        stores = dict(stores)
        change(stores)
        return data, stores, seconds

    return changed


def with_layout(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    def changed(piece: Any) -> Any:
        data, stores, seconds = piece
        about, arrays = unpack(data)
        change(about["layout"])
        return pack(arrays, about), stores, seconds

    return changed


@pytest.mark.parametrize("keep", ["paths", None, ["sign", "level"]])
def test_pieces_in_another_order_come_to_their_places(keep) -> None:
    result = simulate(keep=keep, executor=Changing(turned))
    assert_names_fit(result)
    assert_same(result, simulate(keep=keep))


def test_places_by_order_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative twin: as 0.1.0 did it, by position, the same pieces come under wrong names."""

    def place(self: Kept, first: int, _last: int, pieces: Mapping[str, np.ndarray]) -> None:
        for name, values in zip(self.names, pieces.values(), strict=True):
            self._write(name, 0, first, values.reshape(13, -1, values.shape[-1])[:, 0])

    monkeypatch.setattr(Kept, "place", place)
    keep = ["sign", "total"]
    wrong = simulate(keep=keep, executor=Changing(turned))
    assert not wrong.same_bits(simulate(keep=keep))
    with pytest.raises(AssertionError):
        assert_names_fit(wrong)


@given(st.permutations(["one", "two", "code"]), st.integers(1, 3), st.integers(0, 4))
def test_any_order_of_outcomes_is_placed_by_name(order: list[str], nations: int, more: int) -> None:
    names = tuple("ABC"[:nations])
    outcomes = [Outcome("one", "", "", "nation", names), Outcome("two", "", "", "world", storage="count")]
    outcomes.append(Outcome("code", "", "", "world", storage="code"))
    kept = Kept({("one", n): k for k, n in enumerate(names)} | {("two", None): 3, ("code", None): 4}, 2, outcomes, 0, 9)
    sent = {
        "one": np.arange(2.0 * nations * 4).reshape(2, nations, 4),
        "two": np.arange(8, dtype=np.int32).reshape(2, 4) + 100,
        "code": np.arange(8, dtype=np.int8).reshape(2, 4) + 50,
    }
    kept.place(more, more + 4, {name: sent[name] for name in order})
    for name, values in kept.cut(more, more + 4).items():
        np.testing.assert_array_equal(values, sent[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda stores: stores.pop("level"), r"kept paths: level: must be float64 \(13, 2, 256\), got nothing"),
        (lambda stores: stores.update(sign=stores["total"]), r"kept paths: sign: must be int8 \(13, 256\), got float64"),
        (lambda stores: stores.update(level=stores["level"][:, :1]), r"must be float64 \(13, 2, 256\), got float64 \(13, 1"),
        (lambda stores: stores.update(total=stores["total"][:, :5]), r"kept paths: total: .* got float64 \(13, 5\)"),
    ],
)  # fmt: skip
def test_arrays_of_another_kind_or_size_are_refused(change, message: str) -> None:
    with pytest.raises(fs.ResultError, match=message):
        simulate(keep="paths", executor=Changing(with_stores(change)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda layout: layout["recorded"].reverse(), r"executor: recorded\[0\]: must be the same at a worker as here"),
        (lambda layout: layout["recorded"].pop(), r"executor: recorded: .* got \[\] more there, \['sign'\] more here"),
        (lambda layout: layout["events"].reverse(), r"executor: events\[0\]"),
        (lambda layout: layout["series"]["level"]["nations"].reverse(), r"executor: series\.level\.nations\[0\]"),
        (lambda layout: layout["series"]["sign"].update(labels=["above", "below"]), r"series\.sign\.labels\[0\]"),
        (lambda layout: layout["series"]["total"].update(storage="count"), r"series\.total\.storage"),
        (lambda layout: layout.update(months=["2025-02", "2026-02"]), r"executor: months\[0\]"),
        (lambda layout: layout.clear(), r"executor: months: .* got None there"),
    ],
)
def test_another_layout_is_refused_with_the_difference(change, message: str) -> None:
    with pytest.raises(fs.ExecutorError, match=message):
        simulate(keep="summary", executor=Changing(with_layout(change)))


def test_kept_outcomes_have_one_order_however_they_are_named() -> None:
    every = list(simulate(keep="paths").kept)
    assert list(simulate().kept) == list(simulate(keep=list(reversed(every))).kept) == every
    with ThreadPoolExecutor(1) as pool:
        assert list(simulate(executor=pool).kept) == every


def alter(result: fs.Result, what: Callable[[fs.Result], Any]) -> fs.Result:
    other = copy.deepcopy(result)
    vars(other).pop("manifest", None)
    what(other)
    return other


def swapped_nations(result: fs.Result) -> None:
    result.outcomes["level"] = dataclasses.replace(result.outcomes["level"], nations=("FRA", "DEU"))


def a_sign_of_zero(result: fs.Result) -> None:
    result.kept["level"][0] = -0.0


@pytest.mark.parametrize(
    "what",
    [
        swapped_nations,
        a_sign_of_zero,
        lambda r: r.outcomes.update(sign=dataclasses.replace(r.outcomes["sign"], labels=("above", "below"))),
        lambda r: r.outcomes.update(total=dataclasses.replace(r.outcomes["total"], unit="bn USD")),
        lambda r: r.row_index.update({("total", None): 3, ("sign", None): 2}),
        lambda r: r.kept.update(level=r.kept["level"][:, ::-1]),
        lambda r: r.kept.update(total=r.kept["total"].astype(np.float32)),
        lambda r: r.kept.update(total=r.kept["total"][:, :-1]),
        lambda r: r.kept.update(total=r.kept["sign"], sign=r.kept["total"]),
        lambda r: r.kept.pop("sign"),
        lambda r: r.summary_.events["total > 20"].holds.__setitem__(5, 1),
        lambda r: r.summary_.events.pop("total > 20"),
        lambda r: r.summary_.pool.__setitem__((0, slice(None)), 0),
    ],
)
def test_same_bits_sees_whatever_a_result_holds(what) -> None:
    result = simulate(keep="paths", paths=256)
    assert alter(result, lambda _: None).same_bits(result)
    other = alter(result, what)
    assert not other.same_bits(result)
    assert not result.same_bits(other)


def test_the_digest_sees_names_and_events_and_not_what_is_kept() -> None:
    result, few = simulate(keep="paths", paths=256), simulate(keep="summary", paths=256)
    assert few.manifest.digest == result.manifest.digest
    renamed = alter(result, swapped_nations)
    renamed._manifest = dataclasses.replace(renamed._manifest, digest="")
    assert renamed.manifest.digest != result.manifest.digest


def room_for(monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(recording, "KEPT_BYTES", kept)


def test_a_run_is_extended_when_keep_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fits depends on the number of paths; extended, a run keeps what a new one of so many paths would."""
    room_for(monkeypatch, 100_000)
    first = simulate(paths=256, checkpoint=tmp_path)
    assert list(first.kept) == ["level", "total", "sign"]
    more = simulate(paths=768, checkpoint=tmp_path)
    assert list(more.kept) == ["total", "sign"]
    assert_same(more, simulate(paths=768))
    most = simulate(paths=2_048, checkpoint=tmp_path)
    assert list(most.kept) == ["sign"]
    assert_same(most, simulate(paths=2_048))


def test_a_run_begun_with_more_paths_goes_on_with_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes that the longer run did not keep are lost for the paths that are done: they are not kept at all."""
    room_for(monkeypatch, 100_000)

    def stop(_done: int, _last: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(fs.Interrupted):
        simulate(paths=768, threads=1, checkpoint=tmp_path, progress=stop)
    fewer = simulate(paths=300, checkpoint=tmp_path)
    assert list(fewer.kept) == ["total", "sign"]
    assert_names_fit(fewer)
    assert_same(fewer, simulate(paths=300, keep=["total", "sign"]))
    assert fs.replay(fewer.manifest, processes=TOYS).same_bits(fewer)


def test_a_run_may_keep_less_of_what_a_checkpoint_has_and_not_more(tmp_path: Path) -> None:
    simulate(paths=256, keep=["level", "total"], checkpoint=tmp_path)
    assert_same(simulate(paths=256, keep="level", checkpoint=tmp_path), simulate(paths=256, keep="level"))
    assert list(simulate(paths=256, checkpoint=tmp_path).kept) == ["level", "total"], "nothing is let go for nothing"
    with pytest.raises(fs.CheckpointError, match=r"checkpoint: kept: .*\['sign'\] \(give keep=\['level', 'total'\]"):
        simulate(paths=512, keep="paths", checkpoint=tmp_path)
    assert_same(simulate(paths=512, keep="summary", checkpoint=tmp_path), simulate(paths=512, keep="summary"))
    with pytest.raises(fs.CheckpointError, match="give keep='summary', or take another folder"):
        simulate(paths=512, keep=["level"], checkpoint=tmp_path)
    assert list(simulate(paths=768, checkpoint=tmp_path).kept) == []


def test_outcomes_that_differ_are_shown_and_not_two_lists_that_look_alike(tmp_path: Path) -> None:
    simulate(paths=256, outcomes=["level", "total"], checkpoint=tmp_path)
    with pytest.raises(
        fs.CheckpointError, match=r"recorded: .*, got \[\] more there, \['sign'\] more here \(give outcomes="
    ):
        simulate(paths=256, checkpoint=tmp_path)


@pytest.mark.parametrize("what", ["another run", "another range", "fewer outcomes"])
def test_kept_paths_of_something_else_are_refused(tmp_path: Path, what: str) -> None:
    simulate(paths=256, keep="paths", checkpoint=tmp_path / "run")
    file = tmp_path / "run" / "kept-0-256.fsp"
    if what == "another run":
        simulate(paths=256, keep="paths", checkpoint=tmp_path / "other", seed=6)
        file.write_bytes((tmp_path / "other" / file.name).read_bytes())
    else:
        about, arrays = unpack(file.read_bytes())
        if what == "another range":
            about["paths"] = [256, 512]
        else:
            del arrays["level"]
        file.write_bytes(pack(arrays, about))
    with pytest.raises(fs.CheckpointError, match="must be the kept paths 0 to 255 of this run"):
        simulate(paths=256, keep="paths", checkpoint=tmp_path / "run")
