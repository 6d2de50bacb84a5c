"""Calls: what is asked for is checked at the door; rules of one's own; workers; errors of which nothing is known."""

from __future__ import annotations

import math
import multiprocessing
import subprocess
import sys
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import forcesim as fs
from forcesim import rotation
from forcesim.rotation import replicate, streams
from forcesim.rotation.certainty import is_certain
from forcesim.rotation.layout import RotationLayout
from tests.rotation.own_rules import Counting, fails_on_three, least_away
from tests.rotation.strategies import study
from tests.rotation.test_bits import RANDOM

if TYPE_CHECKING:
    from pathlib import Path

# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"replications": 2.5}, "replications: must be a whole number, got 2.5"),
        ({"replications": float("nan")}, "replications: must be a whole number, got nan"),
        ({"replications": True}, "replications: must be a whole number, got True"),
        ({"replications": "2"}, "replications: must be a whole number, got '2' (write 2 without quotes)"),
        ({"replications": 2**40}, "replications: must be <= 4294967295, got 1099511627776"),
        ({"seed": 5.5}, "seed: must be a whole number, got 5.5"),
        ({"seed": -1}, "seed: must be >= 0, got -1"),
        ({"workers": 0}, "workers: must be >= 1, got 0"),
        ({"workers": None}, "workers: must be a whole number, got None"),
        ({"keep": -1}, "keep: must be >= 0, got -1"),
        ({"keep": "all"}, "keep: must be a whole number, got 'all'"),
        ({"until": 0.01}, "until: must be a Precision, got 0.01"),
        ({"progress": "bar"}, "progress: must be True or False, got 'bar'"),
        ({"executor": "processes"}, "got 'processes'"),
        ({"executor": ThreadPoolExecutor}, "ThreadPoolExecutor"),
        ({"rules": ["rested"]}, "rules: must be a mapping of names to functions"),
    ],
)
def test_what_is_asked_for_is_checked_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr(replicate, "run_once", lambda *_: pytest.fail("something ran"))
    with pytest.raises(fs.ForcesimError) as caught:
        rotation.simulate(study(), **asked)
    assert message in str(caught.value)


def test_all_that_is_wrong_with_a_call_comes_at_once() -> None:
    with pytest.raises(fs.ResultError) as caught:
        rotation.simulate(study(), replications=0, seed="x", keep=0.5)
    assert [fault.path for fault in caught.value.faults] == ["replications", "seed", "keep"]


def test_numpy_numbers_are_taken_and_become_plain_ones() -> None:
    result = rotation.simulate(
        RANDOM, replications=np.int64(3), seed=np.uint8(3), keep=np.int32(2), workers=np.int16(1)
    )
    assert type(result.seed) is int
    assert result.same_bits(rotation.simulate(RANDOM, replications=3, seed=3, keep=2))


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.quantiles("unmet[mission]", 1.5),
        lambda r: r.quantiles("unmet[mission]", [0.5, math.nan]),
        lambda r: r.quantiles("unmet[mission]", "half"),
        lambda r: r.time_to("mission", 0),
        lambda r: r.time_to("mission", True),
        lambda r: r.time_to(["mission"]),
        lambda r: r.gantt(0.5),
        lambda r: r.gantt(True),
        lambda r: r.gantt(most=0),
        lambda r: r.account(["nation"]),
        lambda r: r.account(None),
        lambda r: r.dwells(persons="no"),
        lambda r: r.mean(5),
        lambda r: r.first_to_break(rules=[]),
        lambda r: rotation.smallest_force(study(), "unmet[mission] <= 0", chance=math.nan),
        lambda r: rotation.smallest_force(study(), "unmet[mission] <= 0", chance="90 %"),
        lambda r: rotation.smallest_force(study(), "unmet[mission] <= 0", most=2.5),
        lambda r: rotation.rotation_ratio({"tour": 90}).units(-1),
    ],
)
def test_questions_of_a_wrong_kind_are_refused_with_their_argument(call: Any) -> None:
    with pytest.raises(fs.ForcesimError):
        call(rotation.simulate(study(), replications=1))


def test_one_share_is_a_list_of_one() -> None:
    result = rotation.simulate(RANDOM, replications=9, seed=3)
    assert result.quantiles("unmet[crisis]", 0.5) == result.quantiles("unmet[crisis]", [0.5])
    assert result.time_to("mission", np.int64(1)).chance.n == 9


# -- errors of which nothing is known ----------------------------------------------------------------------------------


def test_one_future_of_many_tells_no_error() -> None:
    one = rotation.simulate(RANDOM, replications=1, seed=3)
    found = one.mean("unmet[crisis]")
    assert math.isnan(found.error)
    assert math.isnan(found.low)
    assert "± unknown" in str(found)
    assert math.isnan(one.chance("unmet[crisis] > 0").error)
    assert "no error is known" in repr(one)
    table = one.summary().set_index(["outcome", "of"])["error"]
    assert math.isnan(table["unmet", "crisis"])
    assert table["asked", "mission"] == 0.0  # its dates are fixed
    assert one.mean("asked[mission]").error == 0.0


def test_futures_that_are_all_alike_tell_no_error_where_chance_has_a_part() -> None:
    """A crisis of which none has come yet: 0 is the mean of what was seen, and not the error of it."""
    rare = study(demand={"rate_per_year": 1e-6, "duration": 30})
    result = rotation.simulate(rare, replications=5)
    assert result.values("asked[mission]").tolist() == [0.0] * 5
    assert math.isnan(result.mean("asked[mission]").error)
    chance = result.chance("asked[mission] > 0")
    assert (chance.value, chance.low) == (0.0, 0.0)
    assert chance.error > 0.0
    assert chance.high > 0.3
    wanted = fs.Precision(mean="asked[mission]", half_width=1.0)
    stopped = rotation.simulate(rare, replications=40, until=wanted)
    assert (stopped.reached, stopped.replications) == (False, 40)


def test_a_study_without_chance_has_no_error() -> None:
    found = rotation.simulate(study(), replications=1).mean("fill_days[brigade]")
    assert (found.error, found.low, found.high) == (0.0, found.value, found.value)
    assert "means" in repr(rotation.simulate(study(), replications=1))


RANDOM_PARTS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a reset by chance": {"policy": {"available_from": {"uniform": [700, 730]}}},
    "a start by chance": {"unit": {"start": "uniform"}},
    "crises": {"demand": {"rate_per_year": 1.0, "duration": 30}},
    "a duration by chance": {"demand": {"duration": {"exponential": 30}}},
    "withdrawals": {"caveats": [{"nation": "own", "demand": "mission", "withdraws_per_year": 1.0}]},
    "a chain with one way": {
        "phases": {"chain": {"start": "a", "states": {"a": {"days": 9, "then": {"b": 1}}, "b": {"days": 9, "then": {"a": 1}}}}}
    },
    "a chain with two ways": {
        "phases": {"chain": {"start": "a", "states": {"a": {"days": 9, "then": {"a": 1, "b": 1}}, "b": {"days": 9, "then": {"a": 1}}}}}
    },
    "people": {"unit": {"size": 90}, "people": {"fill": 0.9}},
    "people who cannot be sent": {"unit": {"size": 90}, "people": {"not_deployable": 0.1}},
    "turnover": {"unit": {"size": 90}, "people": {"turnover_per_year": 0.3}},
}  # fmt: skip


@pytest.mark.parametrize("changes", RANDOM_PARTS.values(), ids=RANDOM_PARTS)
def test_chance_is_known_where_it_is_drawn(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    """A chain with one way draws its way all the same: what is certain is looked at in its numbers, too."""
    drawn = []
    batch = streams.Stream.batch
    monkeypatch.setattr(streams.Stream, "batch", lambda self: drawn.append(1) or batch(self))
    made = rotation.Rotation.of(study(**changes))
    result = rotation.simulate(made, replications=4)
    if is_certain(made):
        assert all(
            len({row.tobytes() for row in values}) == 1 for name, values in result.arrays.items() if name != "sand"
        )
    else:
        assert drawn


# -- whoever does the work ---------------------------------------------------------------------------------------------

OWN = {**RANDOM, "sourcing": {"order": ["least_away", "rested"]}}
SIMPLE = {**study(unit={"start": "rested"}), "sourcing": {"order": ["mine"]}}


def everything(result: rotation.RotationResult) -> dict[str, Any]:
    """Return all that a result holds, with its names and its order."""
    found: dict[str, Any] = {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in result.arrays.items()}
    found |= {f"spells {k}": (a.dtype.str, a.shape, a.tobytes()) for k, a in result.spells.items()}
    found["order"] = (list(result.arrays), list(result.spells), list(result.outcomes))
    found["outcomes"] = {
        name: (one.unit, one.meaning, one.axis, one.labels, one.series.tobytes())
        for name, one in result.outcomes.items()
    }
    found["rest"] = (result.study, result.seed, result.replications, result.z, result.reached, repr(result))
    found["dataset"] = result.dataset.to_dict().__repr__()
    found["summary"] = result.summary().to_csv()
    return found


def makers() -> dict[str, Any]:
    return {
        "threads": lambda: ThreadPoolExecutor(3),
        "one thread": lambda: ThreadPoolExecutor(1),
        "spawned processes": lambda: ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")),
    }


@pytest.mark.parametrize("kind", makers())
def test_everything_in_a_result_is_the_same_whoever_does_the_work(kind: str) -> None:
    options: dict[str, Any] = {"replications": 7, "seed": 3, "keep": 3, "rules": {"least_away": least_away}}
    alone = everything(rotation.simulate(OWN, **options))
    with makers()[kind]() as pool:
        other = everything(rotation.simulate(OWN, executor=pool, **options))
    assert alone == other
    assert alone != everything(rotation.simulate(OWN, **{**options, "seed": 4}))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["workers", "forkserver", "dask"])
@pytest.mark.parametrize("keep", [0, 1, 7, 99])
def test_everything_in_a_result_is_the_same_on_every_kind_of_executor(kind: str, keep: int) -> None:
    options: dict[str, Any] = {"replications": 7, "seed": 3, "keep": keep, "rules": {"least_away": least_away}}
    alone = everything(rotation.simulate(OWN, **options))
    if kind == "workers":
        other = everything(rotation.simulate(OWN, workers=2, **options))
    elif kind == "forkserver":
        context = multiprocessing.get_context("forkserver")
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            other = everything(rotation.simulate(OWN, executor=pool, **options))
    else:
        from distributed import Client

        with Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None) as client:
            other = everything(rotation.simulate(OWN, executor=client.get_executor(), **options))
    assert alone == other


def test_a_piece_of_several_replications_holds_each_in_its_place() -> None:
    made = rotation.Rotation.of(RANDOM)
    layout, task = RotationLayout(made), replicate.RotationTask(made.to_dict(), 3, 2)
    together = replicate.run_piece(layout, task, 0, 3)
    for number in range(3):
        alone = replicate.run_piece(layout, task, number, number + 1)
        for name in set(alone) - {"sand"}:
            mine = together[name] if name.startswith("spells") else together[name][[number]]
            assert mine.tobytes() == alone[name].tobytes(), name


def test_same_bits_looks_at_places_and_names() -> None:
    one, other = (rotation.simulate(study(), replications=2) for _ in range(2))
    assert one.same_bits(other)
    other.arrays["full"], other.arrays["lasts"] = other.arrays["lasts"], other.arrays["full"]
    assert not one.same_bits(other)
    flat = rotation.simulate(study(), replications=2)
    flat.arrays["stress"] = flat.arrays["stress"].reshape(-1)
    assert not one.same_bits(flat)
    assert not one.same_bits(rotation.simulate(study(unit={"name": "other"}), replications=2))


# -- rules of one's own ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            lambda _: 1 / 0,
            "rules.mine: must return a value for every candidate, got ZeroDivisionError: division by zero",
        ),
        (lambda _: None, "rules.mine: must return a number, a text, or a tuple of them, got None"),
        (lambda _: math.nan, "rules.mine: must return a number, a text, or a tuple of them, got nan"),
        (lambda _: (1, None), "rules.mine: must return a number, a text, or a tuple of them, got (1, None)"),
        (lambda _: np.arange(3), "rules.mine: must return a number"),
        (lambda: 1, "got TypeError"),
    ],
)
def test_a_rule_that_gives_nothing_is_named_with_the_day_and_the_unit(rule: Any, message: str) -> None:
    with pytest.raises(fs.ProcessError) as caught:
        rotation.simulate(SIMPLE, replications=1, rules={"mine": rule})
    assert str(caught.value).startswith(message) or message in str(caught.value)
    assert "(on day 0, for unit brigade-1 and demand mission)" in str(caught.value)


def test_values_that_cannot_be_compared_are_said() -> None:
    rules = {"mine": lambda seen: 1 if seen.name > "brigade-3" else "x"}
    with pytest.raises(fs.ProcessError, match=r"rules: mine: must return values that can be compared"):
        rotation.simulate(SIMPLE, replications=1, rules=rules)


@pytest.mark.parametrize("value", [1, 1.5, np.float32(2), np.int64(1), True, "a", (1, "a"), np.array(3)])
def test_numbers_texts_and_tuples_of_them_are_compared(value: Any) -> None:
    data = {**study(), "sourcing": {"order": ["mine"]}}
    result = rotation.simulate(data, replications=1, rules={"mine": lambda _: value})
    assert result.mean("unmet[mission]").value == 0.0


def test_a_rule_at_a_worker_fails_with_the_same_message() -> None:
    data = {**SIMPLE, "sourcing": {"order": ["fails_on_three"]}}
    said = []
    for executor in (None, ThreadPoolExecutor(2)):
        with pytest.raises(
            fs.ProcessError, match=r"rules\.fails_on_three.*ZeroDivisionError.*on day \d+, for unit"
        ) as caught:
            rotation.simulate(data, replications=2, rules={"fails_on_three": fails_on_three}, executor=executor)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"mine": 5}, "rules.mine: must be a function of one candidate, got 5"),
        ({"mine": len, "rested": len}, "rules.rested: must not have the name of a key"),
        ({"mine": len, "yours": len}, "rules.yours: must stand in sourcing.order"),
        ({"mine": len, 5: len}, "rules: must have names that are text, got 5"),
        ({"mine": type("Held", (), {"__call__": lambda *_: 1, "lock": 0, "__deepcopy__": lambda *_: 1 / 0})()},
         "rules.mine: must be a function, or an object that can be copied"),
    ],
)  # fmt: skip
def test_rules_are_checked_before_anything_runs(rules: Any, message: str) -> None:
    with pytest.raises(fs.ResultError) as caught:
        rotation.simulate(SIMPLE, replications=1, rules=rules)
    assert str(caught.value).startswith(message)
    with pytest.raises(fs.ScenarioError, match=r"got 'mine' \(did you mean mne\?\)"):
        rotation.simulate(SIMPLE, replications=1, rules={"mne": len})


def test_rules_that_cannot_be_sent_are_refused_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessPoolExecutor, "submit", lambda *_: pytest.fail("something was sent"))
    said = r"rules\.mine: must be one that can be sent to a worker, got .*pickle.*write it with def in a module"
    with pytest.raises(fs.ResultError, match=said):
        rotation.simulate(SIMPLE, replications=2, workers=2, rules={"mine": lambda _: 1})
    with ProcessPoolExecutor(1) as pool, pytest.raises(fs.ResultError, match=said):
        rotation.simulate(SIMPLE, replications=2, executor=pool, rules={"mine": lambda _: 1})


def test_an_executor_that_cannot_send_a_rule_says_so_once() -> None:
    class Sending(Executor):
        def submit(self, *arguments: Any, **_: Any) -> Any:
            import pickle
            from concurrent.futures import Future

            found: Future[Any] = Future()
            try:
                pickle.dumps(arguments)
            except Exception as error:  # noqa: BLE001 - as a pool does
                found.set_exception(error)
            return found

    with pytest.raises(fs.ExecutorError, match=r"must be able to send the replications.*top level of a module"):
        rotation.simulate(SIMPLE, replications=2, executor=Sending(), rules={"mine": lambda _: 1})


def test_what_a_rule_remembers_stays_within_one_replication() -> None:
    """In threads a shared memory would make the result depend on who came first; in series on what was done before."""
    options: dict[str, Any] = {"replications": 6, "seed": 3}
    counting = Counting()
    data = {**RANDOM, "sourcing": {"order": ["mine"]}}
    alone = rotation.simulate(data, rules={"mine": counting}, **options)
    assert counting.asked == 0
    with ThreadPoolExecutor(3) as pool:
        assert rotation.simulate(data, rules={"mine": counting}, executor=pool, **options).same_bits(alone)
    more = rotation.simulate(data, replications=3, seed=3, rules={"mine": counting})
    assert more.values("unmet[crisis]").tolist() == alone.values("unmet[crisis]")[:3].tolist()


def test_a_worker_that_has_an_older_rule_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool outlives a change of a module: its workers would rank by the old rule, and the head by the new one."""
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "changing_rules.py"
    module.write_text("FIRST = 1\ndef mine(seen):\n    return FIRST * seen.days_away\n", encoding="utf-8")
    import changing_rules

    data = {**RANDOM, "sourcing": {"order": ["mine"]}}
    options: dict[str, Any] = {"replications": 2, "seed": 3}
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        before = rotation.simulate(data, executor=pool, rules={"mine": changing_rules.mine}, **options)
        assert before.same_bits(rotation.simulate(data, rules={"mine": changing_rules.mine}, **options))
        monkeypatch.setattr(changing_rules, "FIRST", -1)
        with pytest.raises(fs.ExecutorError, match=r"rules\.mine: must be the same code and data at the worker"):
            rotation.simulate(data, executor=pool, rules={"mine": changing_rules.mine}, **options)


# -- scripts -----------------------------------------------------------------------------------------------------------

SCRIPT = """
from forcesim import rotation
data = {"days": 400, "policies": {"p": {"tour": 90}}, "units": [{"name": "a", "type": "t", "count": 4, "policy": "p"}],
        "demands": [{"name": "m", "type": "t", "quantity": 2}]}
"""
CALL = "rotation.simulate(data, replications=4, workers=2)\n"


def ran(script: str, folder: Path, *, piped: bool = False) -> subprocess.CompletedProcess[str]:
    file = folder / "plain.py"
    file.write_text(script, encoding="utf-8")
    command = [sys.executable, *([] if piped else [str(file)])]
    given = script if piped else None
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, input=given)


def test_a_script_without_the_guard_is_told_which_line_it_lacks(tmp_path: Path) -> None:
    done = ran(SCRIPT + CALL, tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith("forcesim.errors.ExecutorError")
    assert "__name__ == " in last
    assert "__main__" in last


def test_a_script_with_the_guard_works(tmp_path: Path) -> None:
    done = ran(f'{SCRIPT}if __name__ == "__main__":\n    print({CALL.strip()}.replications)\n', tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "4"), done.stderr


def test_a_script_from_standard_input_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = ran(SCRIPT + CALL, tmp_path, piped=True)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert "must have a script that they can import" in last
    assert "__main__" in last


def test_the_description_of_workers_names_the_guard() -> None:
    assert 'if __name__ == "__main__":' in str(rotation.simulate.__doc__)


# -- extras ------------------------------------------------------------------------------------------------------------


class Without:
    """A finder that has no matplotlib."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.split(".", maxsplit=1)[0] == "matplotlib":
            raise ModuleNotFoundError(name, name=name)


@pytest.mark.parametrize("picture", ["gantt", "sand", "dwells", "stress"])
def test_a_picture_names_the_extra_that_is_missing_before_it_works(
    monkeypatch: pytest.MonkeyPatch, picture: str
) -> None:
    result = rotation.simulate(study(), replications=1)
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Without(), *sys.meta_path])
    monkeypatch.setattr(type(result), "_labels", lambda *_: pytest.fail("something worked"))
    monkeypatch.setattr(type(result), "source_line", property(lambda _: pytest.fail("something worked")))
    with pytest.raises(fs.ResultError, match=r"pip install 'forcesim\[plot\]'"):
        getattr(result, picture)()
