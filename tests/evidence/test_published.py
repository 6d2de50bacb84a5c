"""Published computations replayed: each gives its stated verdict, wrong ones are found, faulty files are refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import forcesim as fs
from forcesim.errors import DataError
from forcesim.evidence import Case, Replay, bundled_cases, load_cases, published_run, replay
from forcesim.evidence.published_cases import Agreement, cases_of

ROOT = Path(__file__).parents[2]
ASKED = "A1 A3 A5 B1 B2 B3 C1 C2 C6 C7 D1 D4 E1 E2 F1 F2"
GAP: dict[str, Any] = {
    "id": "mine",
    "title": "The gap",
    "source": "me",
    "scenario": "seed-figures",
    "ask": {"what": "gap", "at": "2025-02"},
    "published": {"value": 500_000, "unit": "persons"},
}
OWN = """
cases:
  - id: my-gap
    title: Ukraine with 1.2 million against the Russia of the decree
    source: my own report
    inputs:
      - {name: Ukraine, value: 1200000, source: my own report, sets: nations.UKR.army.strength}
      - {name: Russia, source: FG024, sets: nations.RUS.army.strength}
    scenario: seed-figures
    policy: [europe-150k]
    ask: {what: gap, at: 2030-12}
    published: {value: 150000, unit: persons}
"""


@pytest.fixture(scope="module")
def found() -> Replay:
    return replay()


def case(**changes: Any) -> dict[str, Any]:
    """Return a file of one case, changed; None takes a key away."""
    return {"cases": [{key: value for key, value in {**GAP, **changes}.items() if value is not None}]}


def faults(data: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        replay(cases=data)
    return [str(fault) for fault in caught.value.faults]


def test_every_bundled_case_gives_its_stated_verdict(found: Replay) -> None:
    assert [(row.case.id, row.verdict, row.case.expect) for row in found if not row.as_expected] == []
    assert {row.case.id.partition("-")[0] for row in found} >= set(ASKED.split())
    assert found.counts[Agreement.MATCH] >= 40
    assert sum(found.counts.values()) == len(found) == len(bundled_cases())


def test_the_founding_figures_are_exact(found: Replay) -> None:
    assert [found[f"B1-{name}"].computed for name in ("gap", "100k", "150k")] == [500_000, 400_000, 350_000]
    assert all(found[f"B1-{name}"].difference == 0 for name in ("gap", "100k", "150k"))


def test_allies_at_two_per_cent_depend_on_the_edition(found: Replay) -> None:
    counts = [found[f"C6-{year}"].computed for year in range(2014, 2026)]
    assert counts == [3, 4, 4, 3, 4, 6, 8, 6, 7, 10, 18, 31]
    assert found["C6-2024-june-2024"].computed == 23
    assert [found[f"C6-2024-{when}"].verdict for when in ("february-2024", "april-2025")] == [Agreement.CANNOT] * 2


def test_what_is_found_backwards_is_what_was_published(found: Replay) -> None:
    assert found["B3-four-tranches"].computed == pytest.approx(256_000, abs=4)
    assert found["A3-monthly"].computed == pytest.approx(35_000, abs=1)
    assert found["A5-cumulative"].computed == pytest.approx(6_988 + 17_658 + 67_840 + 110_511, abs=0.01)


def test_a_case_that_does_not_match_says_why(found: Replay) -> None:
    for row in found:
        assert row.verdict in (Agreement.MATCH, Agreement.WITHIN) or row.case.why
        assert row.verdict != Agreement.MATCH or row.case.tolerance <= 0.1
        assert row.case.source


def test_every_published_input_has_a_source(found: Replay) -> None:
    assert all(one.source for row in found for one in row.case.inputs)


@pytest.mark.parametrize(
    ("published", "tolerance", "verdict"),
    [
        ({"value": 500_000}, 0.0, Agreement.MATCH),
        ({"value": 499_999}, 0.0, Agreement.DIFFERS),
        ({"value": 480_000}, 0.05, Agreement.MATCH),
        ({"value": 400_000}, 0.05, Agreement.DIFFERS),
        ({"value": 450_000, "low": 400_000, "high": 550_000}, 0.0, Agreement.WITHIN),
        ({"low": 400_000, "high": 499_000}, 0.0, Agreement.DIFFERS),
        ({"low": 400_000, "high": 500_000}, 0.0, Agreement.WITHIN),
    ],
)
def test_a_wrong_published_number_is_found(published: dict[str, float], tolerance: float, verdict: str) -> None:
    row = replay(cases=case(published=published, tolerance=tolerance))["mine"]
    assert row.verdict == verdict
    assert row.as_expected == (verdict == Agreement.MATCH)


def test_a_bundled_case_with_a_wrong_number_or_input_differs() -> None:
    right = next(one for one in bundled_cases() if one.id == "B3-four-tranches")
    data = right.model_dump(mode="json", exclude_none=True)
    wrong = {**data, "id": "wrong", "published": {"value": 192_000}}
    other = {**data, "id": "three-tranches", "inputs": [{**data["inputs"][1], "source": "CT062 low"}]}
    rows = replay(cases={"cases": [wrong, other]})
    assert [row.verdict for row in rows] == [Agreement.DIFFERS, Agreement.DIFFERS]
    assert rows["three-tranches"].computed == pytest.approx(192_000, abs=4)


def test_chance_gives_a_spread_and_an_error() -> None:
    data = case(
        values={"nations.UKR.army.strength": {"uniform": {"low": 900_000, "high": 1_100_000}, "assumption": "unsure"}},
        noise=True, paths=512, published={"value": 450_000},
    )  # fmt: skip
    row = replay(cases=data)["mine"]
    assert row.verdict == Agreement.WITHIN
    assert row.low < 450_000 < row.high
    assert row.error == pytest.approx(200_000 / 12**0.5 / 512**0.5, rel=0.1)
    assert " ± " in repr(Replay((row,)))


def test_a_case_of_ones_own_in_a_few_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(OWN, encoding="utf-8")
    rows = replay(cases=path)
    assert [(row.case.id, row.computed, row.verdict) for row in rows] == [("my-gap", 150_000, Agreement.MATCH)]
    beside = replay(["B1-gap", "my-gap"], cases=path)
    assert [row.case.id for row in beside] == ["B1-gap", "my-gap"]
    assert all(isinstance(one, Case) for one in load_cases(path))
    assert [row.case.id for row in replay(cases=load_cases(path))] == ["my-gap"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": None}, "cases[0].title: is missing"),
        ({"tolerence": 0.1}, "cases[0].tolerence: is not a known key (did you mean tolerance?)"),
        ({"id": "a b"}, "cases[0].id: must be letters, digits, . _ and -, at most 60 of them, got 'a b'"),
        ({"ask": {"what": "gap"}}, "cases[0].ask: must have one of at, by, sum, mean, change, got none"),
        (
            {"ask": {"what": "gap", "at": "2025-02", "by": "2025-03"}},
            "cases[0].ask: must have one of at, by, sum, mean, change, got at, by",
        ),
        ({"ask": {"what": "gap", "at": "2025-13"}}, "cases[0].ask.at: must be a month such as 2030-12, got '2025-13'"),
        ({"ask": None}, "cases[0]: must ask something of its scenario (add ask: {what: gap, at: 2025-02})"),
        ({"world": {"start": "2025-02"}}, "cases[0]: must have a scenario or a world, not both"),
        (
            {"scenario": None},
            "cases[0]: must have a scenario or a world (or say expect: cannot be replayed, and why)",
        ),
        ({"published": None}, "cases[0]: must say what was published"),
        ({"published": {"low": 1}}, "cases[0].published: must have both low and high, or neither"),
        ({"published": {"low": 2, "high": 1}}, "cases[0].published: low must not exceed high, got 2 and 1"),
        (
            {"published": {"unit": "persons"}},
            "cases[0].published: must have a value, or low and high, or a source that points at a bundled row",
        ),
        ({"expect": "differs"}, "cases[0]: must say why, got expect 'differs' and no why"),
        (
            {"inputs": [{"name": "Russia", "source": "FG9999"}]},
            "cases[0].inputs[0].value: is missing (or let source point at a bundled row)",
        ),
        (
            {"inputs": [{"name": "Russia", "source": "FG029", "value": 1}]},
            "cases[0].inputs[0].value: must agree with FG029, 406000, got 1",
        ),
        (
            {"inputs": [{"name": "GDP", "source": "gdp_levl DEU 2024"}]},
            "cases[0].inputs[0].source: must name a bundled table, got 'gdp_levl DEU 2024' (did you mean gdp_level?)",
        ),
        (
            {"inputs": [{"name": "GDP", "source": "gdp_level DEV 2024"}]},
            "cases[0].inputs[0].source: gdp_level must hold a row with this iso3, got 'DEV' (did you mean DEU?)",
        ),
        (
            {"inputs": [{"name": "GDP", "source": "gdp_level {nation} 2024", "sets": "nations.DEU.economy.gdp"}]},
            ("cases[0].inputs[0].sets: must reach several nations, got 'nations.DEU.economy.gdp' "
            "(nations.*.spending.share, say)"),
        ),
        (
            {"find": [{"path": "x", "low": 2, "high": 1, "so_that": {"what": "gap", "at": "2025-02"}, "equals": 0}]},
            "cases[0].find[0]: low must lie below high, got 2 and 1",
        ),
        (
            {"published": {"value": 7, "source": "CT002"}},
            "cases[0].published.value: must agree with CT002, 500000, got 7",
        ),
        ({"published": {"source": "CT034"}}, "cases[0].published.source: must hold a figure, got 'CT034'"),
        # what only the run shows carries the name of the case
        (
            {"values": {"nations.UKR.army.strenght": 1}},
            "cases.mine: nations.UKR.army.strenght: is not a known key (did you mean strength?)",
        ),
        ({"scenario": "seed-figure"}, ("cases.mine: scenario: must be a bundled name or a file, got 'seed-figure' "
         "(did you mean seed-figures?)")),
        ({"policy": ["europe-100kk"]}, ("cases.mine: policy: must be one of the scenario's, got 'europe-100kk' "
         "(did you mean europe-100k?)")),
        ({"ask": {"what": "gapp", "at": "2025-02"}}, ("cases.mine: 'gapp', column 1: must name an outcome, "
         "got 'gapp' (did you mean gap?)")),
        (
            {"ask": {"what": "gap", "at": "2040-01"}},
            "cases.mine: ask: must lie between 2025-02 and 2030-12, got 2040-01",
        ),
        (
            {"ask": {"what": "sum(strength[@eu])", "at": "2025-02"}},
            ("cases.mine: 'sum(strength[@eu])', column 5: must name a group of the scenario, "
             "got '@eu' (there are europe)"),
        ),
        (
            {"ask": {"what": "count(strength)", "at": "2025-02"}},
            ("cases.mine: 'count(strength)', column 1: count must be over something true or false, "
             "sum, mean, min and max over a number, got count(strength)"),
        ),
        (
            {"ask": {"what": "sum(gap)", "at": "2025-02"}},
            "cases.mine: 'sum(gap)', column 1: sum must be over an outcome by nation, got sum(gap)",
        ),
        (
            {"ask": {"what": "gap / (gap - 500000)", "at": "2025-02"}},
            "cases.mine: 'gap / (gap - 500000)': must give a finite number, got 2025-02",
        ),
        (
            {"ask": {"what": "gap", "by": "2025-02"}},
            "cases.mine: 'gap': must be true or false (write gap <= 0, say)",
        ),
        (
            {"inputs": [{"name": "x", "value": 1, "source": "me", "sets": "nations.*"}]},
            "cases.mine: nations.*: must lead to a number (nations.*.spending.share, say)",
        ),
        (
            {"inputs": [{"name": "x", "value": 1, "source": "me", "sets": "nations.@asia.army.strength"}]},
            "cases.mine: nations.@asia.army.strength: must name a group of the scenario, got @asia",
        ),
        (
            {"inputs": [{"name": "x", "value": 1, "source": "me", "sets": "nations..army"}]},
            ("cases.mine: sets: must be a path such as nations.UKR.army.strength; it is none at '..army', "
            "got 'nations..army'"),
        ),
        (
            {"cut": {"nations": ["UKR", "@asia"], "sections": ["armi"]}},
            "cases.mine: cut.sections[0]: must be a section, got 'armi' (did you mean army?)",
        ),
        (
            {"find": [{"path": "nations.UKR.army.strength", "low": 1, "high": 9,
                       "so_that": {"what": "gap", "at": "2025-02"}, "equals": 0}]},
            "cases.mine: find[0]: must bring gap to 0 between 1 and 9, got 1.5e+06 to 1.49999e+06",
        ),
    ],
)  # fmt: skip
def test_a_faulty_case_says_what_is_wrong_where(changes: dict[str, Any], message: str) -> None:
    assert faults(case(**changes))[0] == message


@pytest.mark.parametrize(
    ("ask", "value"),
    [
        ({"what": "strength[RUS] > strength[UKR]", "by": "2025-03"}, 1),
        ({"what": "gap <= 0", "by": "2030-12"}, 0),
        ({"what": "sum(strength)", "at": "2025-02"}, 2_500_000),
        ({"what": "sum(contingent_by_nation[@europe]) + gap", "at": "2026-02"}, 500_000),
        ({"what": "count(strength > 1_200_000)", "at": "2025-02"}, 1),
        ({"what": "sum(max(strength, 1_200_000)) / count(strength > 0)", "at": "2025-02"}, 1_350_000),
        ({"what": "gap", "sum": ["2025-02", "2025-04"]}, 1_500_000),
        ({"what": "gap", "mean": ["2025-02", "2025-04"]}, 500_000),
        ({"what": "gap", "change": ["2025-02", "2025-04"]}, 0),
    ],
)
def test_what_can_be_asked(ask: dict[str, Any], value: float) -> None:
    row = replay(cases=[{**GAP, "ask": ask, "published": {"value": value}}])["mine"]
    assert (row.computed, row.verdict) == (value, Agreement.MATCH)


def test_every_number_comes_from_a_run_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[str] = []

    def told(scenario: fs.Scenario, *arguments: Any, **options: Any) -> fs.Result:
        met.append(scenario.name)
        return fs.simulate(scenario, *arguments, **options)

    monkeypatch.setattr(published_run, "simulate", told)
    rows = replay(["B1", "B2", "B3", "D1", "F1"])
    assert met.count("seed-figures") == 3
    ran = {row.case.id for row in rows if row.verdict != Agreement.CANNOT}
    assert {*met} - {"seed-figures"} == {name for name in ran if not name.startswith("B1")}


def test_all_faults_of_all_cases_come_at_once() -> None:
    data = {"cases": [{**GAP, "title": 5}, {**GAP, "tolerance": 2}, 7]}
    assert faults(data) == [
        "cases[0].title: must be text, got 5",
        "cases[1].tolerance: must be <= 1, got 2",
        "cases[2]: must be a mapping, got 7",
    ]
    assert faults({"cases": [GAP, GAP]}) == ["cases[1].id: must be given once, got 'mine'"]
    own = {**GAP, "ask": {"what": "gapp", "at": "2025-02"}}
    assert len(faults({"cases": [own, {**own, "id": "other"}]})) == 2
    assert faults({"cases": []}) == ["cases: must have at least 1 entry"]
    assert faults({"cases": [{**GAP, "id": "B1-gap"}]}) == ["cases.B1-gap: must not have the name of a bundled case"]


def test_an_unknown_name_says_what_is_near() -> None:
    with pytest.raises(DataError, match=r"names: must name a case, got 'B1-gab' \(did you mean B1-gap\?\)"):
        replay("B1-gab")
    with pytest.raises(DataError, match=r"names: must name a case, got 'B1-100' \(did you mean B1-100k\?\)"):
        replay("B1")["B1-100"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must hold cases, got an empty file"),
        ("cases: [", "must be YAML"),
        ("cases: !!python/object/apply:os.getcwd []", "cases: must be plain data, got python/object/apply:os.getcwd"),
        ("cases: {}\ncases: {}", r"cases: must be given once \(again in line 2\)"),
        ("a: &a [*a]", "must not contain itself"),
        ("# " + "x" * (2 * 1024 * 1024), "must have at most 2,097,152 bytes"),
    ],
)
def test_a_file_that_is_no_bounded_plain_data_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        replay(cases=path)
    with pytest.raises(DataError, match="must be a file"):
        load_cases(tmp_path / "none.yaml")


def test_it_shows_as_table_frame_html_and_picture(found: Replay) -> None:
    text = repr(found)
    assert text.splitlines()[0].startswith(f"{len(found)} published computations replayed: ")
    assert re.search(r"^B1-gap .* 500,000 +500,000 +0 +persons +match$", text, re.MULTILINE)
    assert "F1-stability-troops: A product of two published numbers" in text
    frame = found.to_dataframe()
    assert frame.loc["C6-2024", "inputs"] == "shares 2024"
    assert frame.loc["D1-bain", "relative"] == pytest.approx(4.5 / 1.3 / 3 - 1)
    html = found._repr_html_()
    assert "<td>B1-gap</td>" in html
    axes = found.figure().axes[0]
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert "B1-gap" in shown
    assert "F1-stability-troops" not in shown
    assert fs.evidence.replay is replay


def test_the_bundled_files_quote_no_figure_wrongly() -> None:
    folder = ROOT / "src" / "forcesim" / "published"
    assert sum(len(yaml.safe_load(path.read_text())["cases"]) for path in folder.glob("*.yaml")) == len(bundled_cases())
    data = {"cases": [{**GAP, "published": {"source": "CT002"}}]}
    assert cases_of(data)[0].published.shown_unit == "persons"  # type: ignore[union-attr]


def test_the_page_shows_what_the_code_prints(found: Replay) -> None:
    page = (ROOT / "docs" / "published.md").read_text(encoding="utf-8")
    assert f"```text\n{found!r}\n```" in page


def test_the_page_explains_every_key_of_a_case() -> None:
    page = (ROOT / "docs" / "published.md").read_text(encoding="utf-8")
    assert [name for name in Case.model_fields if f"`{name}`" not in page] == []
    own = re.findall(r"^```yaml\n(cases:.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert own
    for text in own:
        rows = replay(cases=yaml.safe_load(text))
        assert all(row.as_expected for row in rows)
