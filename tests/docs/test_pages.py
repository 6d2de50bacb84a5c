"""What the pages show runs: every block of Python, the scenario file, the forms of a number, the example of a process.

Blocks run statement by statement in an empty folder, page by page, with few paths in place of many.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml

import forcesim as fs
from forcesim.decide import inverse
from tests.support.toys import TOYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")) if "_build" not in path.parts)
PATHS = 64
SMALL: dict[str, dict[str, Any]] = {
    "sensitivity": {"paths": 64, "most": 1},
    "decompose": {"paths": 64, "most": 1},
    "value_of_information": {"paths": 256},
    "robustness": {"worlds": 32, "plays": 2, "search": False},
}
"""How small a page's studies are made."""


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of a language on a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]


@functools.cache
def bundled() -> fs.Scenario:
    return fs.load("ukraine-2025")


@functools.cache
def example() -> ModuleType:
    """Return the example of a process of one's own, as a module."""
    spec = importlib.util.spec_from_file_location("own_process", ROOT / "examples" / "own_process.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # annotations of a section are looked up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Run everything on few paths in an empty folder; return how many paths the pages asked for."""
    asked: list[int] = []

    def with_few(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            asked.append(options.get("paths", 100_000))
            return function(*arguments, **{**options, "paths": PATHS, "threads": 1, "progress": False})

        return call

    for name, small in SMALL.items():
        call = getattr(fs, name)
        monkeypatch.setattr(
            fs, name, lambda *a, _call=call, _small=small, **o: _call(*a, **{**o, **_small, "threads": 1})
        )
    monkeypatch.setattr(fs, "simulate", with_few(fs.simulate))
    monkeypatch.setattr(fs, "compare", with_few(fs.compare))
    monkeypatch.setattr(fs, "solve", with_few(fs.solve))
    monkeypatch.setattr(inverse, "GRID", 3)
    monkeypatch.setattr(inverse, "REFINED", 1)
    frontier, select = fs.frontier, fs.select
    monkeypatch.setattr(fs, "frontier", lambda *a, **o: frontier(*a, **{**o, "paths": PATHS, "again": PATHS}))
    monkeypatch.setattr(fs, "select", lambda *a, **o: select(*a, **{**o, "first": PATHS, "most": PATHS}))
    monkeypatch.chdir(tmp_path)
    return asked


def shown(page: Path) -> dict[str, Any]:
    """Run a page's blocks in one namespace; return the value of every bare expression by its source."""
    names: dict[str, Any] = {"__name__": "page", "fs": fs, "scenario": bundled(), "Weariness": example().Weariness}
    nations = {code: nation for code, nation in bundled().to_dict()["nations"].items() if "economy" in nation}
    own = {"name": "mine", "start": "2025-02", "horizon": "2026-02", "nations": nations}
    fs.save(fs.Scenario.of(own), "mine.yaml")
    found: dict[str, Any] = {}
    for block in blocks(page, "python"):
        for statement in ast.parse(block).body:
            source = ast.unparse(statement)
            if isinstance(statement, ast.Expr):
                found[source] = eval(source, names)
            else:  # without the future statements of this file, as a reader's own file has none
                exec(compile(source, page.name, "exec", dont_inherit=True), names)
    return {**found, "names": names}


LONG = (
    "armies_meet.md", "deterrence.md", "evidence.md", "evidence_coalitions.md", "large_runs.md", "precision.md",
    "what_is_enough.md", "what_matters.md",
)  # fmt: skip
"""Pages that ask many questions of the whole model."""
BY_THEMSELVES = ("own_process.md", "policies.md", "results.md")
"""Pages that a test of their own runs, and looks at what they give."""
RUN = [
    pytest.param(page, marks=[pytest.mark.slow] if page.name in LONG else [])
    for page in WITH_PYTHON
    if page.name not in BY_THEMSELVES
]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_of_python_runs(page: Path, few: list[int]) -> None:
    shown(page)
    assert all(paths >= 1000 for paths in few), "a page shows a run of a useful size"


def test_the_pages_with_python_are_the_ones_that_teach_it() -> None:
    names = {page.name for page in WITH_PYTHON}
    assert {"README.md", "index.md", "own_process.md", "policies.md", "results.md", "scenarios.md"} <= names


@pytest.mark.usefixtures("few")
def test_the_results_page_says_what_comes_back() -> None:
    found = shown(ROOT / "docs" / "results.md")

    def kind(start: str) -> str:
        return next(type(value).__name__ for source, value in found.items() if source.startswith(start))

    assert kind("result.chance") == kind("result.mean") == "Estimate"
    assert kind("result.summary") == "DataFrame"
    assert kind("result.dataset") == "Dataset"
    assert kind("result.fan") == "Figure"
    assert kind("fs.Result.open") == "Result"
    quantiles = next(value for source, value in found.items() if source.startswith("result.quantiles"))
    assert quantiles.dims == ("quantile", "month")
    assert next(value for source, value in found.items() if source.startswith("fs.replay")) is True


@pytest.mark.usefixtures("few")
def test_the_policies_page_is_right_that_two_ways_are_the_same() -> None:
    found = shown(ROOT / "docs" / "policies.md")
    listed = next(value for source, value in found.items() if source.startswith("fs.simulate"))
    stacked = fs.simulate(found["names"]["both"])
    assert stacked.same_bits(listed)


def test_the_front_page_counts_right() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    claim = re.search(r'load\("(\S+)"\)  # (\d+) nations, monthly to (\S+), as known in November 2026', text)
    assert claim is not None
    scenario = fs.load(claim[1])
    assert int(claim[2]) == len(scenario.nations)
    assert claim[3] == scenario.horizon
    assert scenario.as_of == "2026-11"


def test_the_file_on_the_scenarios_page_is_a_scenario() -> None:
    first = blocks(ROOT / "docs" / "scenarios.md", "yaml")[0]
    data = yaml.safe_load(first)
    data["nations"]["DEU"] = {"economy": {"gdp": 4700}, "spending": {"share": 0.024}}  # of the group, left out there
    result = fs.simulate(fs.Scenario.of(data), "more", paths=PATHS, threads=1, progress=False)
    assert result.mean("defence_share[POL]", at="2030-12").value > 0.041


def test_the_forms_of_a_number_on_the_scenarios_page_can_be_read() -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    forms = [form for form in re.findall(r"^\| `(.+?)` \|", text, re.MULTILINE) if form != "form"]
    assert len(forms) >= 7
    for form in forms:
        fs.Value.model_validate(yaml.safe_load(form))


def test_a_process_of_ones_own_runs_beside_the_built_in_ones() -> None:
    """The page's promise: hand it to load, give the nations the section, and its outcomes are like any other."""
    scenario = fs.load("ukraine-2025", processes=[example().Weariness])
    scenario = scenario.with_values({"nations.UKR.weariness": {}, "nations.RUS.weariness": {}})
    options = {"paths": PATHS, "seed": 2, "threads": 1, "keep": "paths", "progress": False}
    result = fs.simulate(scenario, "status-quo", **options)
    months = scenario.timeline.months
    assert result.outcomes["weariness"].nations == ("RUS", "UKR")
    weariness = result.kept["weariness"]
    assert weariness.shape == (months, 2, PATHS)
    assert (weariness[0] == 0.1).all()
    assert weariness.min() >= 0
    losses = result.kept["losses"][1:, 1].astype(float)
    burden = losses / result.kept["strength"][1:, 1].clip(1)
    shock = weariness[1:, 1] - (0.95 * weariness[:-1, 1] + burden)
    inside = weariness[1:, 1] > 0
    assert abs(shock[inside].std() - 0.005) < 4 * 0.005 / np.sqrt(2 * inside.sum())
    assert abs(shock[inside].mean()) < 4 * 0.005 / np.sqrt(inside.sum())
    without = fs.simulate(bundled(), "status-quo", **options)
    for name, kept in without.kept.items():
        np.testing.assert_array_equal(result.kept[name], kept, err_msg=f"{name}: the process only reads")


def test_the_page_and_the_example_write_the_same_laws() -> None:
    text = (ROOT / "docs" / "own_process.md").read_text(encoding="utf-8")
    module = example()
    for one in (module.weariness, module.Weariness, module.morale, module.Morale):
        assert inspect.getsource(one).strip() in text, one.__name__
    typed = (ROOT / "tests" / "typing" / "own_process.py").read_text(encoding="utf-8")
    for name in ("Left", "leave", "Flight"):
        node = next(one for one in ast.parse(typed).body if getattr(one, "name", "") == name)
        assert str(ast.get_source_segment(typed, node)) in text, name


@pytest.mark.usefixtures("few")
def test_the_law_and_its_numpy_form_on_the_page_do_the_same() -> None:
    names = shown(ROOT / "docs" / "own_process.md")["names"]

    def kept(kind: type[fs.Process]) -> np.ndarray:
        scenario = bundled_with(kind).with_values({"nations.UKR.weariness": {}})
        return fs.simulate(scenario, paths=PATHS, seed=2, keep=["weariness"], progress=False).kept["weariness"]

    assert Path("weariness.png").stat().st_size > 10_000
    np.testing.assert_allclose(kept(names["Weariness"]), kept(names["WearinessInNumPy"]), rtol=1e-12)


def bundled_with(kind: type[fs.Process]) -> fs.Scenario:
    return fs.load("ukraine-2025", processes=[kind])


def test_the_plan_shows_the_process_after_what_it_reads() -> None:
    scenario = fs.load("ukraine-2025", processes=[example().Weariness]).with_values({"nations.UKR.weariness": {}})
    order = [step.process.name for step in fs.make_plan(scenario).steps]
    assert order.index("weariness") > order.index("personnel")
    assert "weariness" in str(fs.make_plan(scenario))


@pytest.mark.usefixtures("few")
def test_the_example_of_a_process_prints_its_answer_and_draws_its_picture(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    example().main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["status-quo", "nato-in-ukraine", "picture"]
    assert "95 %" in lines[0]
    assert (tmp_path / "output" / "own_process.png").stat().st_size > 10_000


def test_a_process_that_nobody_has_does_not_run() -> None:
    scenario = fs.Scenario.of(
        {"name": "toy", "start": "2025-01", "horizon": "2025-06", "nations": {"DEU": {"walk": {}}}},
        [*TOYS, example().Weariness],
    )
    assert [process.name for process in scenario.processes()] == ["walk"]
