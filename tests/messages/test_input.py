"""Bad input and the exact message: path, rule, what was found, what to do."""

# ruff: noqa: ISC004 - a message stands as it is read

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

import forcesim as fs
from forcesim import paths
from forcesim.scenario.checks import ONE_CAUSE
from forcesim.scenario.reading import LARGEST_FILE, MOST_NODES
from tests.support.garrison import Garrison, garrison_data, garrisons

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEU = "nations.DEU.garrison"
TWO = "garrison.dwell", "nations.FRA.garrison.strength"


def setting(**given: Any) -> dict[str, Any]:
    return {"policies": {"p": {"title": "P", "settings": [given]}}}


VALUES: list[tuple[str, Any, str]] = [
    (f"{DEU}.share", 4.7, f"{DEU}.share: share must lie in [0, 1], got 4.7 (did you mean 0.047?)"),
    (f"{DEU}.share", 470, f"{DEU}.share: share must lie in [0, 1], got 470"),
    (f"{DEU}.growth", 3, f"{DEU}.growth: per year must lie in [-0.3, 0.3], got 3 (did you mean 0.03?)"),
    (f"{DEU}.share", {"uniform": [2, 5]}, f"{DEU}.share: share must lie in [0, 1], got 2 to 5 (did you mean 0.02 to 0.05?)"),
    (f"{DEU}.strength", -5, f"{DEU}.strength: persons must lie in [0, 1e+09], got -5"),
    (f"{DEU}.strength", "many", f"{DEU}.strength: must be a number, a distribution or a schedule, got 'many'"),
    (f"{DEU}.strength", True, f"{DEU}.strength: must be a number, a distribution or a schedule, got True"),
    (f"{DEU}.strength", float("nan"), f"{DEU}.strength: must be a finite number, got nan"),
    (f"{DEU}.strength", {"value": float("inf")}, f"{DEU}.strength.value: must be a finite number, got inf"),
    (f"{DEU}.strength", {"value": "1"}, f"{DEU}.strength.value: must be a number, got '1'"),
    (f"{DEU}.strength", {"value": 1, "sauce": "x"}, f"{DEU}.strength.sauce: is not a known key (did you mean source?)"),
    (f"{DEU}.strength", {}, f"{DEU}.strength: must be one of value, distribution (by its name) or schedule"),
    (f"{DEU}.strength", {"normal": [5, 1]},
     f"{DEU}.strength: persons must lie in [0, 1e+09], got -inf to inf "
     "(give the distribution low and high, or take one with bounds: triangular, pert, beta, uniform)"),
    (f"{DEU}.strength", {"triangular": [3, 2, 1]}, f"{DEU}.strength.triangular: must have low <= mode <= high and low < high"),
    (f"{DEU}.strength", {"triangular": {"low": 1, "mod": 2, "high": 3}},
     f"2 faults:\n  {DEU}.strength.triangular.mode: is missing\n  {DEU}.strength.triangular.mod: is not a known key (did you mean mode?)"),
    (f"{DEU}.strength", {"uniform": [1, 2, 3]}, f"{DEU}.strength: uniform must have at most 2 entries: low, high"),
    (f"{DEU}.strength", {"schedule": {"2031-01": 5}}, f"{DEU}.strength.schedule: must not lie past the horizon, 2026-01, got 2031-01"),
    (f"{DEU}.strength", {"schedule": {"soon": 5}}, f"{DEU}.strength.schedule: must be a month such as 2030-12, got 'soon'"),
    (f"{DEU}.strength", {"schedule": {"2025-03": 5, "2025-03-01": 6}}, f"{DEU}.strength.schedule: must have each month once, got 2025-03-01"),
    (f"{DEU}.stance", "pledge", f"{DEU}.stance: must be one of out, pledged or deployed, got 'pledge' (did you mean pledged?)"),
    (f"{DEU}.schools[1].seats", -1, f"{DEU}.schools[1].seats: persons must lie in [0, 1e+09], got -1"),
    (f"{DEU}.schools", [{"seats": 1}] * 4, f"{DEU}.schools: must have at most 3 entries"),
    (f"{DEU}.strenght", 5, f"{DEU}.strenght: is not a known key (did you mean strength?)"),
    ("nations.DEU.garison", {}, "nations.DEU.garison: is not a known key (did you mean garrison?)"),
    ("nations.EST", {"garrison": {}}, "nations.EST.garrison.strength: is missing"),
    ("nations.GER", {"name": "Germany"}, "nations.GER: must be an ISO 3166 alpha-3 code (did you mean DEU?)"),
    ("nations.pol", {"name": "Poland"}, "nations.pol: must be an ISO 3166 alpha-3 code (did you mean POL?)"),
    ("groups.west", ["DEU", "EST"], "groups.west[1]: must be a nation of the scenario, got 'EST'"),
    ("start", "2025", "start: must be a month such as 2030-12, got '2025'"),
    ("start", "2026-02", "horizon: must lie after the start, 2026-02, got 2026-01"),
    ("horizon", "2190-01", "horizon: must lie within 100 years of the start, got 2190-01"),
    ("noise", "no", "noise: must be true or false, got 'no'"),
    ("base_year", 2025.5, "base_year: must be a whole number, got 2025.5"),
    ("sampling.design", "sobel", "sampling.design: must be one of plain, latin-hypercube or sobol, got 'sobel' (did you mean sobol?)"),
    ("name", "x" * 101, "name: must have at most 100 characters"),
    ("correlations", [{"between": TWO, "rho": 1.5}], "correlations[0].rho: must be <= 1, got 1.5"),
    ("correlations", [{"between": TWO}],
     "correlations[0]: must have between and rho, or among and matrix"),
    ("correlations", [{"between": TWO, "rho": 1.0}], f"correlations[0].rho: must lie within (-1, 1), got 1 ({ONE_CAUSE})"),
    ("correlations", [{"among": TWO, "matrix": [[1, -1], [-1, 1]]}], f"correlations[0].matrix: must lie within (-1, 1), got -1 ({ONE_CAUSE})"),
    ("correlations", [{"between": TWO, "rho": 0.1}, {"between": TWO[::-1], "rho": 0.2}],
     f"correlations[1].between: must give each pair once, got {TWO[1]}, {TWO[0]}"),
    ("correlations", [{"between": [TWO[0], f"{DEU}.strength"], "rho": 0.1}],
     f"correlations[0].between[1]: must name an uncertain number, got {DEU}.strength"),
    ("correlations", [{"among": TWO, "matrix": [[1, 0.5], [0.4, 1]]}],
     "correlations[0]: matrix must be symmetric, with 1 in its diagonal"),
]  # fmt: skip

SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"lever": f"{DEU}.strenght", "set": 1}, f"[0].lever: must name a lever of the scenario, got {DEU}.strenght (did you mean {DEU}.strength?)"),
    ({"lever": f"{DEU}.growth", "set": 0.1}, f"[0].lever: must be something that somebody decides, got {DEU}.growth (change it by with_values)"),
    ({"lever": "nations.@est.garrison.strength", "set": 1}, "[0].lever: must name a group of the scenario, got @est (did you mean west?)"),
    ({"lever": f"{DEU}.share", "set": 5}, "[0].set: share must lie in [0, 1], got 5 (did you mean 0.05?)"),
    ({"lever": f"{DEU}.share", "ramp": 5, "over": 12}, "[0].ramp: share must lie in [0, 1], got 5 (did you mean 0.05?)"),
    ({"lever": f"{DEU}.share", "set": {"uniform": [0, 2]}}, "[0].set: share must lie in [0, 1], got 0 to 2 (did you mean 0 to 0.02?)"),
    ({"lever": f"{DEU}.share", "scale": 60, "from": "2025-05"},
     f"[0].scale: share must lie in [0, 1], got 1.2 ({DEU}.share in 2025-05)"),
    ({"lever": f"{DEU}.share", "at_least": 3.5, "from": "2025-05"},
     "[0].at_least: share must lie in [0, 1], got 3.5 (did you mean 0.035?)"),
    ({"lever": f"{DEU}.share", "scale": -1}, "[0].scale: must be >= 0, got -1"),
    ({"lever": f"{DEU}.stance", "at_least": 1}, "[0].at_least: must set one of out, pledged, deployed, got '1'"),
    ({"lever": f"{DEU}.share", "add": -0.5}, f"[0].add: share must lie in [0, 1], got -0.48 ({DEU}.share in 2025-01)"),
    ({"lever": f"{DEU}.stance", "set": "deploy"},
     "[0].set: must set one of out, pledged, deployed, got 'deploy' (did you mean deployed?)"),
    ({"lever": f"{DEU}.stance", "add": 1}, "[0].add: must set one of out, pledged, deployed, got '1'"),
    ({"lever": f"{DEU}.strength", "set": "many"}, "[0].set: must be a number, got 'many'"),
    ({"lever": f"{DEU}.strength", "set": 1, "from": "2025"}, "[0].from: must be a month such as 2030-12, got '2025'"),
    ({"lever": f"{DEU}.strength", "set": 1, "until": "2024-12"}, "[0].until: must not lie before the scenario's start, 2025-01, got 2024-12"),
    ({"lever": f"{DEU}.strength", "set": 1, "from": "2025-05", "until": "2025-03"},
     "[0].until: must not lie before its own start, 2025-05, got 2025-03"),
    ({"lever": f"{DEU}.strength"}, "[0]: must have exactly one of set, add, scale, ramp, at_least"),
    ({"lever": f"{DEU}.strength", "ramp": 5}, "[0]: ramp and over go together"),
    ({"lever": f"{DEU}.strength", "set": 1, "form": "2025-05"}, "[0].form: is not a known key (did you mean from?)"),
    ({"lever": f"{DEU}.strength", "set": {"schedule": {"2025-03": 1}}}, "[0]: takes no schedule: write one setting for each date"),
    ({"lever": f"{DEU}.strength", "set": {"uniform": [2, 1]}}, "[0].set.uniform: low must be below high"),
]  # fmt: skip


def said(act: Callable[[], Any], kind: type[fs.ForcesimError] = fs.ScenarioError) -> str:
    """Return the message of what an act raises."""
    with pytest.raises(kind) as caught:
        act()
    assert type(caught.value) is kind
    return str(caught.value)


def put(path: str, value: Any) -> dict[str, Any]:
    """Return the garrisons' data with one entry replaced, sections made where they are missing."""
    data = copy.deepcopy({"sampling": {}, **garrison_data()})
    return dict(paths.replace(data, paths.split(path), value))


@pytest.mark.parametrize(("path", "value", "message"), VALUES, ids=lambda part: str(part)[:50])
def test_values(path: str, value: Any, message: str) -> None:
    assert said(lambda: fs.Scenario.of(put(path, value), [Garrison])) == message


def test_a_policy_that_begins_past_the_horizon_is_refused_when_it_is_applied() -> None:
    """Whoever shortens a scenario need not prune the policies that are not used."""
    late = {"lever": f"{DEU}.strength", "set": 1, "from": "2025-12"}
    short = garrisons(**setting(**late)).with_values({"horizon": "2025-11"})
    rule = "must not lie past the horizon, 2025-11, got 2025-12"
    assert said(lambda: short.with_policy("p"), fs.PolicyError) == f"policies.p.settings[0].from: {rule}"
    applied = garrisons(**setting(**late)).with_policy("p")
    assert said(lambda: applied.with_values({"horizon": "2025-11"})) == f"settings[0].from: {rule}"


@pytest.mark.parametrize(("given", "message"), SETTINGS, ids=lambda part: str(part)[:60])
def test_settings(given: dict[str, Any], message: str) -> None:
    assert said(lambda: garrisons(**setting(**given))) == f"policies.p.settings{message}"


def test_all_faults_of_a_file_at_once() -> None:
    data = put(f"{DEU}.share", 4.7)
    data["colour"] = "red"
    data["nations"]["ger"] = {"garrison": {"strength": float("nan")}}
    data["nations"]["FRA"]["garrison"]["strength"] = {"schedule": {"2031-01": 1}}
    data["policies"]["p"] = {
        "title": "P",
        "settings": [
            {"lever": f"{DEU}.shar", "set": 0.1},
            {"lever": f"{DEU}.share"},
            {"lever": f"{DEU}.share", "set": 5},
            {"lever": f"{DEU}.share", "scale": 5, "from": "2025-03"},
        ],
    }
    data["policies"]["nothing"] = {"title": "N"}
    data["correlations"] = [{"between": TWO, "rho": 2}, {"between": [TWO[0], "x"], "rho": 0.1}]
    message = said(lambda: fs.Scenario.of(data, [Garrison]))
    assert message.splitlines() == [
        "11 faults:",
        f"  {DEU}.share: share must lie in [0, 1], got 4.7 (did you mean 0.047?)",
        "  nations.ger.garrison.strength: must be a finite number, got nan",
        "  correlations[0].rho: must be <= 1, got 2",
        "  policies.p.settings[1]: must have exactly one of set, add, scale, ramp, at_least",
        "  policies.nothing: must set at least one lever (or be marked baseline: true)",
        "  colour: is not a known key (known are applied, army, balance, base_year, conflict, contingent, correlations, "
        "description, economy, exchange, garrison, groups, ...)",
        "  nations.ger: must be an ISO 3166 alpha-3 code (did you mean DEU?)",
        "  nations.FRA.garrison.strength.schedule: must not lie past the horizon, 2026-01, got 2031-01",
        f"  policies.p.settings[0].lever: must name a lever of the scenario, got {DEU}.shar (did you mean {DEU}.share?)",
        "  policies.p.settings[2].set: share must lie in [0, 1], got 5 (did you mean 0.05?)",
        "  correlations[1].between[1]: must name an uncertain number, got x",
    ]


def test_one_fault_is_one_line_even_without_start() -> None:
    data = garrison_data()
    del data["start"]
    assert said(lambda: fs.Scenario.of(data, [Garrison])) == "start: is missing"
    assert (
        said(lambda: fs.Scenario.of({**garrison_data(), "nations": []}, [Garrison]))
        == "nations: must be a mapping, got []"
    )
    assert said(lambda: fs.Scenario.of([1])) == "must be a mapping, got [1]"


def test_policies_that_do_not_act() -> None:
    scenario = garrisons(**setting(lever=f"{DEU}.strength", set=1000))
    assert said(lambda: scenario.with_policy("p"), fs.PolicyError) == (
        "policies.p: must change something (every lever has that value already)"
    )
    twice = garrisons().with_policy("pledge")
    assert said(lambda: twice.with_policy("pledge"), fs.PolicyError).startswith(
        "policies.pledge: must change something"
    )
    assert (
        said(lambda: scenario.with_policy("q"), fs.PolicyError)
        == "policy: must be one of the scenario's, got 'q' (there are p)"
    )
    assert said(lambda: garrisons().with_policy("doubel"), fs.PolicyError) == (
        "policy: must be one of the scenario's, got 'doubel' (did you mean double?)"
    )
    own = fs.Policy.model_validate({"title": "own", "settings": [{"lever": f"{DEU}.share", "scale": 30}]})
    stacked = garrisons().with_policy("pledge")
    assert said(lambda: stacked.with_policy(own), fs.PolicyError) == (
        f"policies.own.settings[0].scale: share must lie in [0, 1], got 1.05 ({DEU}.share in 2025-07)"
    )


def test_paths_that_lead_nowhere() -> None:
    scenario = garrisons()
    assert said(lambda: scenario.with_values({f"{DEU}.schools[5].seats": 1})) == (
        f"{DEU}.schools[5].seats: leads nowhere at '{DEU}.schools[5]' (did you mean {DEU}.schools[1].seats?)"
    )
    assert said(lambda: scenario.with_values({"nations.EST.garrison.strength": 1})).startswith(
        "nations.EST.garrison.strength: leads nowhere at 'nations.EST'"
    )
    assert said(lambda: scenario.with_values({"a..b": 1})) == (
        "must be a path such as nations.UKR.army.strength; it is none at '..b', got 'a..b'"
    )
    assert said(lambda: scenario.get(f"{DEU}.strenght")) == (
        f"{DEU}.strenght: leads nowhere at '{DEU}.strenght' (did you mean {DEU}.strength?)"
    )


YAML: list[tuple[str, str]] = [
    ("", "must hold a scenario, got an empty file"),
    ("a: 1\nb: {c: 1, c: 2}\na: 3\n", "2 faults:\n  b.c: must be given once (again in line 2)\n  a: must be given once (again in line 3)"),
    ("a: !!python/object/apply:os.system ['true']", "a: must be plain data, got python/object/apply:os.system"),
    ("a: !!timestamp 2025-01-01", "a: must be plain data, got timestamp"),
    ("a: &a [*a]", "a[0]: must not contain itself"),
    ("? [1]\n: 2", "must have plain keys (line 1)"),
    ("a: " + "[" * 30 + "]" * 30, "a[0][0][0]...: must nest at most 24 levels"),
    ("[" * 100_000, "must nest at most 24 levels"),
    ("- " * 100_000, "must nest at most 24 levels"),
    ("a: " + "9" * 100, "a: must have at most 64 digits"),
    ("x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(f"x{n + 1}: &x{n + 1} [{', '.join([f'*x{n}'] * 9)}]\n" for n in range(9)),
     f"x5: must expand to at most {MOST_NODES:,} entries"),
    ("just text", "must be a mapping, got 'just text'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), YAML, ids=lambda part: str(part)[:30])
def test_yaml_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    assert said(lambda: fs.load(path)) == message


def test_yaml_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("a: [1", encoding="utf-8")
    assert re.fullmatch(r"line \d, column \d: must be YAML \(.*expected ',' or '\]'.*\)", said(lambda: fs.load(path)))


JSON: list[tuple[str, str]] = [
    ('{"a": {"b": 1, "b": 2}}', "a.b: must be given once"),
    ("{", "must be JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"),
    ("[" * 100_000, "must nest at most 24 levels"),
    ("{}", "must hold a scenario, got an empty file"),
]


@pytest.mark.parametrize(("text", "message"), JSON, ids=lambda part: str(part)[:30])
def test_json_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(text, encoding="utf-8")
    assert said(lambda: fs.load(path)) == message


def test_json_words_for_what_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(put(f"{DEU}.strength", float("nan"))), encoding="utf-8")
    assert said(lambda: fs.load(path, [Garrison])) == f"{DEU}.strength: must be a finite number, got nan"


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    assert said(lambda: fs.load(path)) == f"{path}: must be a file"
    path.write_bytes(b"a: \xff")
    assert said(lambda: fs.load(path)) == f"{path}: must be UTF-8 text, got byte 3"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    assert said(lambda: fs.load(path)) == f"{path}: must have at most 2,097,152 bytes"
    assert said(lambda: fs.load("ukraine-2052")) == (
        "scenario: must be a bundled name or a file, got 'ukraine-2052' (did you mean ukraine-2025?)"
    )
    assert (
        said(lambda: garrisons().save(tmp_path / "s.txt"))
        == f"path: must end in .yaml, .yml or .json, got {tmp_path / 's.txt'}"
    )
