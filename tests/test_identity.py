"""The identity of code: it changes with everything that can change a number, and with nothing else."""

from __future__ import annotations

import copy
import functools
import subprocess
import sys
import threading
import types
from dataclasses import dataclass

import numpy as np
import pytest

import forcesim as fs
from forcesim.identity import IdentityError, identity_of
from forcesim.kernels import kernel, law

BASE = """
import functools, math
import numpy as np
import forcesim as fs
RATE = 2.0
TABLE = np.array([1.0, 2.0])
NAMES = {"a": 1.0}
WORD = "fast"

def helper(x, by=3.0):
    return x * by

class Base:
    scale = 1.0
    def scaled(self, x):
        return x * self.scale

class Thing(Base):
    offset = (1.0, 2.0)
    def rule(self, x):
        def inner(y):
            return y + RATE * TABLE[0]
        return self.scaled(helper(inner(x))) + NAMES["a"] + (1.0 if WORD == "fast" else 0.0) + math.floor(x)

partly = functools.partial(helper, by=5.0)
"""


def module(text: str) -> types.ModuleType:
    made = types.ModuleType("made_up")
    exec(compile(text, "made_up.py", "exec", dont_inherit=True), made.__dict__)
    return made


def seen(text: str) -> str:
    made = module(text)
    return identity_of(made.Thing, made.partly)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RATE = 2.0", "RATE = 2.5"),
        ("np.array([1.0, 2.0])", "np.array([1.0, 2.5])"),
        ("np.array([1.0, 2.0])", "np.array([1, 2])"),
        ('{"a": 1.0}', '{"a": 1.5}'),
        ('WORD = "fast"', 'WORD = "slow"'),
        ("return x * by", "return x / by"),
        ("by=3.0", "by=4.0"),
        ("scale = 1.0", "scale = 2.0"),
        ("return x * self.scale", "return x + self.scale"),
        ("offset = (1.0, 2.0)", "offset = (1.0, 3.0)"),
        ("y + RATE", "y - RATE"),
        ("math.floor", "math.ceil"),
        ("by=5.0", "by=6.0"),
    ],
)
def test_whatever_can_change_a_number_changes_the_identity(old: str, new: str) -> None:
    assert old in BASE
    assert seen(BASE) != seen(BASE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\nRATE", "\n\n\n# a remark\nRATE"),
        ("RATE = 2.0", "RATE = 2.0\nOTHER = 5.0"),
        ("    return x * by", '    """Say what it does."""\n    return x * by'),
        ("class Thing(Base):", 'class Thing(Base):\n    """A thing."""'),
    ],
)
def test_remarks_lines_and_unused_names_do_not(old: str, new: str) -> None:
    changed = BASE.replace(old, new, 1)
    assert changed != BASE
    if '"""Say' in changed:  # the twin: a docstring is a constant of the code
        assert module(changed).helper.__code__.co_consts != module(BASE).helper.__code__.co_consts
    assert seen(BASE) == seen(changed)


def test_two_processes_give_one_identity(tmp_path) -> None:
    (tmp_path / "mine.py").write_text(BASE, encoding="utf-8")
    code = "import mine; from forcesim.identity import identity_of; print(identity_of(mine.Thing, mine.partly))"
    found = {
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(found) == 1


def test_a_law_and_a_kernel_have_the_identity_of_what_they_call() -> None:
    def made(rate: float) -> object:
        @law
        def grown(x):
            return x * rate

        @kernel
        def step(x):
            x[0] = grown(x[0])

        return step

    assert identity_of(made(1.0)) == identity_of(made(1.0))
    assert identity_of(made(1.0)) != identity_of(made(2.0))


@dataclass
class Settings:
    rate: float
    names: dict[str, float]


def test_objects_count_by_what_they_hold() -> None:
    def with_settings(settings: object) -> str:
        return identity_of(lambda x: x * settings.rate)

    first = with_settings(Settings(1.0, {"a": 1.0}))
    assert first == with_settings(Settings(1.0, {"a": 1.0}))
    assert first != with_settings(Settings(1.0, {"a": 2.0}))
    pandas = pytest.importorskip("pandas")
    frames = [pandas.DataFrame({"a": [1.0, 2.0], "b": ["x", word]}) for word in ("y", "y", "z")]
    one, same, other = (identity_of(lambda frame=frame: frame) for frame in frames)
    assert one == same != other


def test_a_class_stays_what_it_is_when_an_instance_is_copied() -> None:
    made = module(BASE)
    before = identity_of(made.Thing)
    copy.deepcopy(made.Thing())
    assert "__slotnames__" in vars(made.Thing)
    assert made.Thing.__annotations__ == {}
    assert identity_of(made.Thing) == before


def test_functions_that_call_each_other_have_an_identity() -> None:
    text = "def a(x):\n    return b(x - 1) if x else {0}\ndef b(x):\n    return a(x) + 1\n"
    one, same, other = (module(text.replace("{0}", value)) for value in ("0", "0", "7"))
    assert identity_of(one.a) == identity_of(same.a) != identity_of(other.a)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("return float(open('x.txt').read())", r"open\(\)"),
        ("return np.loadtxt('x.csv')", "loadtxt"),
        ("return float(pathlib.Path('x').read_text())", "read_text"),
        ("return time.time()", "time.time"),
        ("return np.random.normal()", "numpy.random.normal"),
        ("return datetime.datetime.now().hour", "datetime.now"),
        ("return float(os.environ['RATE'])", "environ"),
        ("return RNG.normal()", "Generator"),
        ("return float(HELD.name)", "TextIOWrapper"),
        ("global COUNT\n    COUNT += 1\n    return COUNT", "COUNT"),
        ("import random\n    return random.random()", "random"),
    ],
)
def test_what_depends_on_more_than_code_and_data_has_none(body: str, word: str) -> None:
    text = "import datetime, os, pathlib, time\nimport numpy as np\nRNG = np.random.default_rng()\nCOUNT = 0\n"
    made = module(f"{text}HELD = open(os.devnull)\ndef rule(x):\n    {body}\n")
    try:
        with pytest.raises(IdentityError, match=word):
            identity_of(made.rule)
    finally:
        made.HELD.close()


def test_an_object_can_say_its_own_identity() -> None:
    class Held:
        def __init__(self, name: str) -> None:
            self.name, self.lock = name, threading.Lock()

        def __identity__(self) -> str:
            return self.name

    held = [Held(name) for name in "aab"]
    one, same, other = (identity_of(functools.partial(len, thing)) for thing in held)
    assert one == same != other


def test_libraries_count_by_version_even_where_they_hold_generators() -> None:
    made = module("from scipy import stats\nfrom scipy.stats import norm\ndef a(x):\n    return stats.norm.cdf(x)\n")
    assert identity_of(made.a)
    made.a = eval("lambda x: norm.cdf(x)", made.__dict__)
    assert identity_of(made.a)


MINE = """
import numpy as np
import forcesim as fs
from forcesim.kernels import kernel
KEEP = np.array([{keep}])

@kernel
def fade(w, by):
    for p in range(w.size):
        w[p] = w[p] * KEEP[0] + by

class Weariness(fs.Process):
    name = section = "weariness"
    class Parameters(fs.Section):
        start: fs.Ratio = fs.number(0.1, meaning="weariness in month 0", assumption="yardstick")
    reads = ()
    writes = (fs.Indicator(name="weariness", unit="index", meaning="war weariness", outcome=True),)
    draws = ()
    def start(self, context):
        context.write("weariness")[:] = context.parameter("start")
    def step(self, context, month):
        for row in context.write("weariness"):
            fade(row, 0.01)

def doubled(month):
    return month.read("weariness", "UKR") * FACTOR
FACTOR = 2.0
"""


def weary(keep: float) -> types.ModuleType:
    made = module(MINE.format(keep=keep))
    sys.modules["made_up"] = made
    return made


def simulate(made: types.ModuleType, **more) -> fs.Result:
    data = {
        "name": "own",
        "start": "2025-01",
        "horizon": "2025-12",
        "nations": {"UKR": {"economy": {"gdp": 100.0}, "weariness": {}}},
    }
    own = fs.Derived("doubled", made.doubled)
    options = {"paths": 256, "outcomes": ["weariness", own], "threads": 1, **more}
    return fs.simulate(fs.Scenario.of(data, processes=[made.Weariness]), **options)


def test_a_changed_array_is_seen_by_compiled_code_in_the_same_program() -> None:
    made = weary(0.9)
    before = simulate(made).mean("weariness[UKR]", at="2025-12").value
    made.KEEP[0] = 0.5
    after = simulate(made).mean("weariness[UKR]", at="2025-12").value
    assert before == pytest.approx(0.1, abs=1e-12)
    assert after == pytest.approx(0.02 + 0.08 * 0.5**11, rel=1e-12)


def test_a_checkpoint_belongs_to_the_code_of_own_processes_and_outcomes(tmp_path) -> None:
    simulate(weary(0.9), checkpoint=tmp_path / "run", keep="summary")
    assert simulate(weary(0.9), checkpoint=tmp_path / "run", keep="summary", paths=512).paths == 512
    with pytest.raises(fs.CheckpointError, match=r"own code\.processes\.weariness"):
        simulate(weary(0.5), checkpoint=tmp_path / "run", keep="summary")
    made = weary(0.9)
    made.FACTOR = 3.0
    with pytest.raises(fs.CheckpointError, match=r"own code\.outcomes\.doubled"):
        simulate(made, checkpoint=tmp_path / "run", keep="summary")


def test_what_cannot_be_identified_is_refused_for_checkpoints_and_runs_without(tmp_path) -> None:
    made = weary(0.9)
    text = "def doubled(month):\n    with open('/dev/null') as file:\n        return month.read('weariness', 'UKR') + len(file.read())"
    exec(text, vars(made))
    with pytest.raises(fs.CheckpointError, match=r"outcomes\.doubled: doubled: opens a file.*read it once"):
        simulate(made, checkpoint=tmp_path / "run")
    assert not list(tmp_path.rglob("*.fsp"))
    assert simulate(made).manifest.code["outcomes.doubled"] == ""


def test_a_manifest_refuses_other_code() -> None:
    result = simulate(weary(0.9))
    assert set(result.manifest.code) == {"processes.weariness", "outcomes.doubled"}
    made = weary(0.5)
    with pytest.raises(fs.ManifestError, match=r"processes\.weariness: must be the code that the run had"):
        fs.replay(result.manifest, processes=[made.Weariness], derived=[fs.Derived("doubled", made.doubled)])
    made = weary(0.9)
    again = fs.replay(result.manifest, processes=[made.Weariness], derived=[fs.Derived("doubled", made.doubled)])
    assert again.same_bits(result)


def test_workers_with_other_code_are_refused() -> None:
    from dataclasses import replace

    from forcesim.engine import calls, work
    from forcesim.engine.recording import Recording
    from forcesim.plan import make_plan

    made = weary(0.9)
    data = {"name": "own", "start": "2025-01", "horizon": "2025-12", "nations": {"UKR": {"weariness": {}}}}
    scenario = fs.Scenario.of(data, processes=[made.Weariness])
    recording = Recording(scenario, make_plan(scenario), paths=256, seed=1)
    task = calls._task(recording, 256)
    assert work.do_piece(task, 0, 256)
    changed = replace(task, processes=(weary(0.5).Weariness,), token="another")
    with pytest.raises(fs.ExecutorError, match=r"processes\.weariness: must be the same code at the workers"):
        work.do_piece(changed, 0, 256)


def test_arrays_of_one_content_in_another_order_are_told_apart() -> None:
    rows = np.arange(6.0).reshape(2, 3)
    one, same, other, whole = (
        identity_of(functools.partial(len, table))
        for table in (rows, rows.copy(), rows.reshape(3, 2), rows.astype(int))
    )
    assert one == same
    assert len({one, other, whole}) == 3
