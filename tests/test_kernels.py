"""The door to Numba: lazy, cached, safe with threads, honest about waiting, and off when told."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forcesim import numerics
from forcesim.kernels import kernel, law

if TYPE_CHECKING:
    from pathlib import Path

PLUG_IN = """
    import numpy as np
    from forcesim.kernels import kernel, law
    from forcesim.numerics import exp

    RATE = 2.0

    @law
    def grown(x):
        return RATE * exp(x)

    @law(inline=False)
    def bounded(x):
        return min(grown(x), 10.0)

    @kernel
    def step(x):
        for i in range(x.size):
            x[i] = bounded(x[i])

    if __name__ == "__main__":
        x = np.zeros(3)
        step(x)
        print(x[0], step._dispatcher is not None and sum(step._dispatcher.stats.cache_hits.values()))
"""


def run(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(path)], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )


@pytest.fixture
def plug_in(tmp_path):
    path = tmp_path / "plug_in.py"
    path.write_text(textwrap.dedent(PLUG_IN), encoding="utf-8")
    return path


def test_a_plug_in_is_cached_beside_itself_until_it_is_edited(plug_in):
    first, second = run(plug_in), run(plug_in)
    assert first.stdout.split() == ["2.0", "0"]
    assert first.stderr.count("compiling step") == 1
    assert second.stdout.split() == ["2.0", "1"]
    assert not second.stderr
    plug_in.write_text(plug_in.read_text(encoding="utf-8").replace("RATE = 2.0", "RATE = 3.0"), encoding="utf-8")
    assert run(plug_in).stdout.split() == ["3.0", "0"]


def test_a_law_in_another_file_outdates_the_cache(plug_in):
    laws = plug_in.parent / "laws.py"
    laws.write_text("from forcesim.kernels import law\n@law\ndef grown(x):\n    return x + 1.0\n", encoding="utf-8")
    text = plug_in.read_text(encoding="utf-8")
    start, end = text.index("@law\ndef grown"), text.index("@law(inline=False)")
    plug_in.write_text(text[:start] + "from laws import grown\n\n" + text[end:], encoding="utf-8")
    assert run(plug_in).stdout.split() == ["1.0", "0"]
    assert run(plug_in).stdout.split() == ["1.0", "1"]
    laws.write_text(laws.read_text(encoding="utf-8").replace("1.0", "4.0"), encoding="utf-8")
    assert run(plug_in).stdout.split() == ["4.0", "0"]


def test_a_damaged_cache_is_made_again(plug_in):
    run(plug_in)
    files = [path for path in (plug_in.parent / "__pycache__").iterdir() if path.suffix in (".nbi", ".nbc")]
    assert files
    for path in files:
        path.write_bytes(b"nonsense")
    done = run(plug_in)
    assert done.stdout.split() == ["2.0", "0"]
    assert "compiling step" in done.stderr


def test_a_given_cache_directory_is_used(plug_in, tmp_path):
    place = tmp_path / "elsewhere"
    run(plug_in, NUMBA_CACHE_DIR=str(place))
    assert list(place.rglob("*.nbc"))
    assert not list((plug_in.parent / "__pycache__").glob("*.nb?"))


@pytest.mark.parametrize("home", ["writable", "missing"])
def test_without_a_place_beside_the_source(plug_in, tmp_path, home):
    """A file where ``__pycache__`` should be stands in for a directory that cannot be written, whoever runs this."""
    (plug_in.parent / "__pycache__").write_text("in the way", encoding="utf-8")
    place = tmp_path / "home"
    if home == "writable":
        place.mkdir()
    else:
        place.write_text("a file, so no directory can be made in it", encoding="utf-8")
    environment = {"HOME": str(place), "XDG_CACHE_HOME": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    for again in (0, 1):
        done = run(plug_in, **environment)
        assert done.stdout.split() == ["2.0", str(again if home == "writable" else 0)]
    assert stat.S_ISREG((plug_in.parent / "__pycache__").stat().st_mode)


def test_switched_off_it_is_plain_python(plug_in):
    done = run(plug_in, FORCESIM_COMPILE="0")
    assert done.stdout.split() == ["2.0", "False"]
    assert not done.stderr
    assert not list(plug_in.parent.rglob("*.nb?"))


def test_a_function_without_a_file_is_compiled_in_memory():
    names: dict[str, object] = {"kernel": kernel, "law": law, "exp": numerics.exp}
    exec("@kernel\ndef twice(x):\n    for i in range(x.size):\n        x[i] = 2 * exp(x[i])\n", names)
    x = np.zeros(2)
    names["twice"](x)
    assert x.tolist() == [2.0, 2.0]


def test_threads_that_call_first_at_once(plug_in):
    code = plug_in.read_text(encoding="utf-8").split("if __name__")[0] + textwrap.dedent("""
        import threading
        from concurrent.futures import ThreadPoolExecutor
        start = threading.Barrier(8)
        def work(place):
            x = np.full(100, float(place % 2))
            start.wait()
            (step if place % 3 else lambda x: [bounded(value) for value in x])(x)
            return x[0]
        with ThreadPoolExecutor(8) as pool:
            print(*(round(value, 3) for value in pool.map(work, range(8))))
    """)
    plug_in.write_text(code, encoding="utf-8")
    done = run(plug_in)
    assert done.stdout.split() == ["0.0", "5.437", "2.0", "1.0", "2.0", "5.437", "0.0", "5.437"]
    assert done.stderr.count("compiling") == 1


def test_imports_leave_numba_alone():
    code = (
        "import sys, forcesim.kernels, forcesim.numerics, forcesim.randomness.address, forcesim.randomness.variates\n"
        "found = {'numba', 'scipy', 'llvmlite', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@law
def increased(x):
    return x + 1.0


@kernel
def increase(x):
    for i in range(x.size):
        x[i] = increased(x[i])


def test_wrapped_functions_look_like_functions():
    assert increased.__name__ == "increased"
    assert increased.__wrapped__ is increased.function
    assert pickle.loads(pickle.dumps(increased)) is increased
    assert pickle.loads(pickle.dumps(increase)) is increase


def test_kernels_release_the_interpreter_and_agree_in_threads():
    assert increase.dispatcher.targetoptions["nogil"]
    rows = np.zeros((16, 1000))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(increase, rows))
    assert (rows == 1).all()


def test_nothing_may_reorder_arithmetic():
    for dispatcher in (increase.dispatcher, increased.dispatcher, numerics.exp.dispatcher):
        assert not dispatcher.targetoptions.get("fastmath")
        assert not dispatcher.targetoptions.get("parallel")


def test_a_kernel_and_a_law_made_inside_a_function_run_without_a_cache(capfd):
    def made(rate):
        @law
        def grown(x):
            return rate * x

        @kernel
        def step(x):
            for i in range(x.size):
                x[i] = grown(x[i])

        return step

    for rate in (2.0, 3.0):
        x = np.ones(3)
        made(rate)(x)
        np.testing.assert_array_equal(x, rate)
    assert "compiling the kernels" not in capfd.readouterr().err
