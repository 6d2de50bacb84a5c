"""Pictures: axes with units, a legend, a source line, and lines that stand where the numbers say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

import forcesim as fs
from forcesim.view.fan import fan_panels
from forcesim.view.paired import paired
from forcesim.view.style import new_figure, unit_axis
from forcesim.view.tables import html_table, text_table
from tests.support.toys import toy_scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PATHS = 400
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
MONTHS = tuple(f"{year}-{month:02d}" for year in (2025, 2026, 2027) for month in range(1, 13))


@pytest.fixture(scope="module")
def kept() -> fs.Result:
    return fs.simulate(toy_scenario(), "faster", paths=PATHS, seed=3, threads=1, keep="paths", progress=False)


@pytest.fixture(scope="module")
def streamed() -> fs.Result:
    return fs.simulate(toy_scenario(), "faster", paths=PATHS, seed=3, threads=1, keep="summary", progress=False)


@pytest.fixture(scope="module")
def comparison() -> fs.Comparison:
    names = ["status-quo", "faster", "ramped"]
    return fs.compare(toy_scenario(), names, "total", at="2025-12", paths=256, threads=1, progress=False)


def shown(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_visible()]


def median(axes: Axes) -> np.ndarray:
    return np.asarray(next(line for line in axes.lines if line.get_label() == "median").get_ydata())


def edges(axes: Axes, label: str, months: int) -> tuple[np.ndarray, np.ndarray]:
    """Return lower and upper edge of a band by month."""
    band = next(found for found in axes.collections if found.get_label() == label)
    points = np.unique(band.get_paths()[0].vertices, axis=0)
    rows = [points[points[:, 0] == month, 1] for month in range(months)]
    return np.array([row.min() for row in rows]), np.array([row.max() for row in rows])


def ticks(axes: Axes, which: str = "y") -> list[str]:
    axis = axes.yaxis if which == "y" else axes.xaxis
    return [axis.get_major_formatter()(x, 0) for x in (0.0, 0.035, 12.5, 1_500_000.0)]


@pytest.mark.parametrize("which", ["kept", "streamed"])
def test_a_fan_stands_at_the_quantiles(which: str, request: pytest.FixtureRequest) -> None:
    result: fs.Result = request.getfixturevalue(which)
    quantiles = result.quantiles("level", SHARES)
    figure = result.fan("level", quantiles=SHARES)
    for axes, nation in zip(shown(figure), ("DEU", "FRA"), strict=True):
        own = quantiles.sel(nation=nation).to_numpy()
        assert axes.get_title(loc="left") == nation
        np.testing.assert_array_equal(median(axes), own[2])
        for label, low, high in (("5 to 95 %", 0, 4), ("25 to 75 %", 1, 3)):
            below, above = edges(axes, label, 13)
            np.testing.assert_allclose(below, own[low])
            np.testing.assert_allclose(above, own[high])


def test_a_kept_fan_s_median_is_that_of_the_paths(kept: fs.Result) -> None:
    sample = kept.kept["total"]
    expected = np.quantile(sample, 0.5, axis=1, method="inverted_cdf")
    np.testing.assert_array_equal(median(shown(kept.fan("total"))[0]), expected)
    assert not np.array_equal(expected, np.quantile(sample, 0.6, axis=1, method="inverted_cdf")), "the negative twin"


def test_a_fan_names_its_unit_its_bands_and_its_source(kept: fs.Result) -> None:
    figure = kept.fan("total", quantiles=(0.1, 0.5, 0.9))
    (axes,) = shown(figure)
    assert axes.get_ylabel() == "units"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["10 to 90 %", "median"]
    assert figure.get_suptitle() == "sum of the walks"
    version = re.escape(kept.manifest.versions["forcesim"])
    assert re.fullmatch(rf"forcesim {version}: toy, faster; 400 paths, seed 3", figure.get_supxlabel())
    assert figure.get_supxlabel() == kept.source_line


def test_a_fan_of_one_nation_says_which(kept: fs.Result) -> None:
    for figure in (kept.fan("level[FRA]"), kept.fan("level", nation="FRA")):
        (axes,) = shown(figure)
        assert figure.get_suptitle() == "level of the walk, FRA"
        np.testing.assert_array_equal(
            median(axes), np.quantile(kept.kept["level"][:, 1], 0.5, axis=1, method="inverted_cdf")
        )


def test_panels_share_one_scale_and_label_the_outer_axes_only(kept: fs.Result) -> None:
    figure = kept.fan("level")
    left, right = shown(figure)
    assert left.get_ylim() == right.get_ylim()
    assert left.get_xlim() == right.get_xlim() == (0, 12)
    assert left.get_ylabel() == "units"
    assert right.get_ylabel() == ""


@pytest.mark.parametrize(("panels", "width", "height"), [(1, 1, 1), (2, 2, 1), (5, 3, 2), (17, 4, 5)])
def test_every_panel_is_drawn_and_no_empty_one_shows(panels: int, width: int, height: int) -> None:
    values = {f"N{place}": np.full((3, 36), float(place)) + np.arange(3)[:, None] for place in range(panels)}
    figure = fan_panels(months=MONTHS, panels=values, shares=(0.1, 0.5, 0.9), title="t", unit="persons", source="s")
    assert len(figure.axes) == width * height
    assert [axes.get_title(loc="left") for axes in shown(figure)] == list(values)
    assert [axes.get_ylabel() for axes in shown(figure)] == ["persons" if n % width == 0 else "" for n in range(panels)]
    for place, axes in enumerate(shown(figure)):
        assert (median(axes) == place + 1).all()
        below_is_empty = place + width >= panels
        assert axes.xaxis.get_major_ticks()[0].label1.get_visible() == below_is_empty, "years at the bottom"


def test_years_stand_at_their_januaries() -> None:
    figure = fan_panels(
        months=MONTHS[5:], panels={"": np.zeros((1, 31))}, shares=(0.5,), title="", unit="persons", zero=True
    )
    (axes,) = shown(figure)
    assert list(axes.get_xticks()) == [7, 19]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2026", "2027"]
    assert any(set(line.get_ydata()) == {0.0} and line.get_color() == "#000000" for line in axes.lines), (
        "zero is marked"
    )


def test_a_note_stands_in_its_panel_only() -> None:
    values = {name: np.zeros((1, 36)) for name in ("one", "other")}
    figure = fan_panels(months=MONTHS, panels=values, shares=(0.5,), title="", unit="", notes={"other": "closed: 12 %"})
    one, other = shown(figure)
    assert [text.get_text() for text in one.texts] == []
    assert [text.get_text() for text in other.texts] == ["closed: 12 %"]


def test_units_read_as_people_write_them() -> None:
    figure = new_figure(4, 3)
    labels = {}
    for unit in ("persons", "share of GDP", "share", "chance", "bn USD per year"):
        axes = figure.add_subplot()
        unit_axis(axes, unit)
        labels[unit] = axes.get_ylabel()
        formatted = ticks(axes)
        percent = unit == "chance" or unit.startswith("share")
        assert formatted[0] == ("0 %" if percent else "0")
        assert formatted[1] == ("3.5 %" if percent else "0.035")
        assert percent or formatted[3] == "1,500,000"
    assert labels == {
        "persons": "persons",
        "share of GDP": "per cent of GDP",
        "share": "per cent",
        "chance": "chance",
        "bn USD per year": "bn USD per year",
    }


def test_a_paired_picture_stands_at_the_estimates(comparison: fs.Comparison) -> None:
    figure = comparison.figure()
    left, right = shown(figure)
    assert [text.get_text() for text in left.get_yticklabels()] == ["status-quo", "faster", "ramped"]
    widths = [patch.get_width() for patch in left.patches]
    np.testing.assert_allclose(widths, [comparison.values[name].value for name in comparison.policies])
    dots = [line for line in right.lines if line.get_marker() == "o"]
    drawn = [float(line.get_xdata()[0]) for line in dots]
    np.testing.assert_allclose(drawn, [comparison.differences[name].value for name in ("faster", "ramped")])
    bars = [line for line in right.lines if line.get_linewidth() == 3]
    for bar, name in zip(bars, ("faster", "ramped"), strict=True):
        difference = comparison.differences[name]
        np.testing.assert_allclose(bar.get_xdata(), [difference.low, difference.high])
    assert [text.get_text() for text in right.texts] == ["yardstick"]


def test_a_paired_picture_names_its_units_and_its_source(comparison: fs.Comparison) -> None:
    figure = comparison.figure()
    left, right = shown(figure)
    assert left.get_xlabel() == right.get_xlabel() == "units"
    assert left.get_title(loc="left") == "value"
    assert right.get_title(loc="left") == "paired difference from status-quo, 95 % interval"
    assert figure.get_suptitle() == "total at 2025-12"
    assert figure.get_supxlabel() == comparison.source
    assert "256 paths, seed 2025" in comparison.source


def test_a_difference_that_may_be_none_is_grey() -> None:
    class Interval:
        def __init__(self, value: float, low: float, high: float) -> None:
            self.value, self.low, self.high = value, low, high

    figure = paired(
        labels=["one", "sure", "unsure"],
        values=[Interval(1, 0.9, 1.1)] * 3,
        differences=[None, Interval(1, 0.5, 1.5), Interval(0.1, -0.4, 0.6)],
        title="t",
        unit="chance",
        source="s",
    )
    _, right = shown(figure)
    sure, unsure = (line.get_color() for line in right.lines if line.get_marker() == "o")
    assert sure == "#0072B2"
    assert unsure == "#7F7F7F"
    assert ticks(right, "x")[1] == "3.5 %"


def test_a_figure_is_apart_from_any_global_state(kept: fs.Result) -> None:
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    kept.fan("total")
    assert plt.get_fignums() == before


def test_without_matplotlib_a_picture_says_what_to_install(kept: fs.Result, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(fs.ResultError, match=r"pip install 'forcesim\[plot\]'"):
        kept.fan("total")


def test_tables_align_and_escape() -> None:
    rows = [["policy", "gap"], ["a<b", "1,000"], ["c", "2"]]
    assert text_table(rows, caption="gaps").splitlines() == [
        "gaps",
        "policy    gap",
        "------  -----",
        "a<b     1,000",
        "c           2",
    ]
    page = html_table(rows, caption="x & y")
    assert "<td>a&lt;b</td>" in page
    assert "<caption>x &amp; y</caption>" in page
    assert page.count("<tr>") == 3
