"""Pictures of decisions: what is marked stands where the numbers say."""

from __future__ import annotations

import pytest

import forcesim as fs
from tests.support.toys import toy_scenario

LEVER = "nations.DEU.walk.drift"


@pytest.fixture(scope="module")
def toy() -> fs.Scenario:
    return toy_scenario()


def test_the_answer_is_marked_on_the_curve(toy: fs.Scenario) -> None:
    found = fs.solve(toy, LEVER, reach="total >= 40", at="2026-01", low=0, high=6, paths=300, progress=False)
    (axes,) = found.figure().axes
    lines = {line.get_label(): line for line in axes.lines}
    assert list(lines["chance, 95 % band"].get_xdata()) == list(found.curve)
    assert lines["least that is enough, 95 % interval"].get_xdata()[0] == found.setting.value
    assert lines["wanted: 80 %"].get_ydata()[0] == 0.8
    assert axes.get_xlabel() == f"{LEVER}, ratio"
    never = fs.solve(toy, LEVER, reach="total >= 400", at="2026-01", low=0, high=6, paths=50, progress=False)
    assert len(never.figure().axes[0].lines) == len(axes.lines) - 1


def test_a_frontier_shows_what_is_unbeaten_with_its_band(toy: fs.Scenario) -> None:
    names = ["status-quo", "faster", "ramped"]
    found = fs.frontier(toy, names, cost="level[DEU]", against="total > 30", at="2026-01", paths=200, again=200)
    (axes,) = found.figure().axes
    assert {text.get_text() for text in axes.texts} == {point.name for point in found.front}
    assert axes.get_xlabel() == "level[DEU], units"
    assert axes.get_ylabel() == "chance"
    labels = {text.get_text() for text in axes.get_legend().get_texts()}
    assert {"95 %, all at once", "nothing beats it, fresh futures", "tried, futures of the search"} <= labels


def test_comparisons_have_a_panel_for_each_outcome(toy: fs.Scenario) -> None:
    found = fs.compare(toy, ["status-quo", "faster", "ramped"], ["total", "total > 30"], at="2026-01", paths=200)
    panels = found.figure().axes
    assert [axes.get_title(loc="left") for axes in panels] == ["total at 2026-01", "total > 30 at 2026-01"]
    wide = found["total"].details["faster"].simultaneous
    assert list(panels[0].lines[0].get_xdata()) == [wide.low, wide.high]


def test_a_selection_shows_the_paths_that_were_spent(toy: fs.Scenario) -> None:
    found = fs.select(toy, ["status-quo", "faster"], "total", at="2026-01", indifference=1.0)
    left, right = found.figure().axes
    assert [bar.get_width() for bar in right.patches] == [value.n for value in found.values.values()]
    assert left.get_xlabel() == "units"
