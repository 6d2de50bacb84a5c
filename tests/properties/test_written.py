"""Whatever text a user has, what is written is read back as it was."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

import forcesim as fs
from forcesim import rotation
from forcesim.scenario.reading import read_yaml
from forcesim.scenario.writing import yaml_text
from tests.support.garrison import Garrison, garrison_data
from tests.support.toys import TOYS, toy_data

ODD = [
    *(
        "1e6",
        "1.5e3",
        "7e12345",
        "695e0514",
        "-2E4",
        "0o17",
        "0x1f",
        "1_000",
        ".5",
        "5.",
        "+1",
        "-0",
        "1e5_0",
        ".inf",
        ".nan",
    ),
    *(
        "y",
        "N",
        "on",
        "Off",
        "yes",
        "NO",
        "true",
        "FALSE",
        "null",
        "~",
        "",
        "=",
        "<<",
        "12:30:45",
        "2027-01-01",
        "2027-01",
    ),
    *(
        "- a",
        "# b",
        "a: b",
        "a #b",
        "? a",
        "* a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'",
        '"',
        "{",
        "[1]",
        "---",
        "...",
        "|",
        ">",
    ),
    *(
        " a",
        "a ",
        "a\n",
        "\na",
        "a\n\n b",
        "\t",
        "a\tb",
        "\r",
        "a\r\nb",
        "\x85",
        "\u2028",
        "\u2029",
        "\ufeff",
        "\ufffe",
    ),
    *(
        "\x00",
        "\x01",
        "\x1b",
        "\x7f",
        "\x9f",
        "\xa0",
        "\u3000",
        "\U0001f600",
        "\u202e",
        "e\u0301",
        "a " * 300,
        "[" * 600,
        "- " * 600,
    ),
    "a\n" + " " * 1300 + "b",
]
"""Words that one reader of YAML or another takes for something else, and characters that files have trouble with."""

WHOLE = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
TEXT = st.one_of(st.sampled_from(ODD), WHOLE)


def again(data: Any) -> Any:
    return read_yaml(yaml_text(data))


@pytest.mark.parametrize("word", ODD, ids=ascii)
def test_odd_words_in_yaml(word: str) -> None:
    data = {"value": word, "list": [word, word], word + "!": 1, "deep": {word: word}}
    assert again(data) == data


@given(st.dictionaries(TEXT, st.one_of(TEXT, st.integers(-(10**30), 10**30), st.floats(allow_nan=False, allow_infinity=False),
                                       st.booleans(), st.none(), st.lists(TEXT, max_size=3)), min_size=1, max_size=4))  # fmt: skip
def test_any_plain_data_in_yaml(data: dict[str, Any]) -> None:
    found = again(data)
    assert found == data
    assert [type(value) for value in found.values()] == [type(value) for value in data.values()]


@given(TEXT)
def test_other_readers_of_yaml_take_words_for_words(word: str) -> None:
    assert yaml.safe_load(yaml_text({"value": word})) == {"value": word}


def test_the_writer_of_pyyaml_would_not_do() -> None:
    """The twin: without our writer, words become numbers."""
    assert read_yaml(yaml.safe_dump({"name": "1e6"})) == {"name": 1e6}


def scenario_of(word: str) -> dict[str, Any]:
    data = garrison_data()
    data |= {"name": word[:100], "title": word[:200], "description": word}
    data["nations"]["DEU"]["name"] = word[:100]
    data["nations"]["DEU"]["garrison"]["strength"] = {"value": 5.0, "source": word, "note": word}
    setting = {"lever": "nations.DEU.garrison.strength", "set": 7.0, "source": word, "assumption": word}
    data["policies"] = {word: {"title": word[:200], "description": word[:2000], "settings": [setting]}}
    return data


@given(TEXT)
@example("1e6")
@example("\x85")
def test_scenarios_as_files(word: str) -> None:
    scenario = fs.Scenario.of(scenario_of(word), [Garrison])
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.yaml", "a.yml", "a.json"):
            fs.save(scenario, Path(folder, name))
            assert fs.load(Path(folder, name), [Garrison]) == scenario
            fs.save(scenario.with_policy(word), Path(folder, name))
            assert fs.load(Path(folder, name), [Garrison]) == scenario.with_policy(word)


@given(WHOLE.filter(bool), st.sampled_from(ODD))
def test_studies_as_files(name: str, word: str) -> None:
    key = (name + word)[:50]
    study = {
        "name": key,
        "days": 60,
        "policies": {key: {"tour": 30}},
        "units": [{"name": key, "type": key, "policy": key}],
    }
    try:
        made = rotation.Rotation.of(study)
    except fs.ScenarioError:  # names of a study are bounded: what it refuses, it does not write
        return
    with tempfile.TemporaryDirectory() as folder:
        for end in ("yaml", "json"):
            rotation.save(made, Path(folder, f"a.{end}"))
            assert rotation.load(Path(folder, f"a.{end}")) == made


@pytest.mark.parametrize("word", ODD, ids=ascii)
def test_manifests_and_results_as_files(tmp_path: Path, word: str) -> None:
    data = {**toy_data(), "name": word[:100], "title": word[:200]}
    data["policies"] = {word: {"title": word[:200], "settings": [{"lever": "nations.DEU.walk.drift", "set": 2.0}]}}
    result = fs.simulate(fs.Scenario.of(data, TOYS), word, paths=256, seed=3)
    result.manifest.write(tmp_path / "manifest.json")
    assert fs.Manifest.read(tmp_path / "manifest.json") == result.manifest
    result.to_netcdf(tmp_path / "run.nc")
    back = fs.Result.open(tmp_path / "run.nc")
    assert back.manifest == result.manifest
    assert back.same_bits(result)


@given(st.text(st.characters(), max_size=20))
def test_manifests_hold_even_halves_of_characters(word: str) -> None:
    manifest = fs.Manifest({"name": word}, (word,), 1, 1, {"events": [word]}, {word: word}, word)
    with tempfile.TemporaryDirectory() as folder:
        manifest.write(Path(folder, "a.json"))
        assert fs.Manifest.read(Path(folder, "a.json")) == manifest


@pytest.mark.parametrize("place", ["name", "title", "description", "source", "policy"])
def test_half_of_a_character_is_refused_when_a_scenario_is_made(place: str) -> None:
    data, half = scenario_of("a"), "a\udc80"
    if place == "source":
        data["nations"]["DEU"]["garrison"]["strength"] = {"value": 5.0, "source": half}
    elif place == "policy":
        data["policies"] = {half: data["policies"]["a"]}
    else:
        data[place] = half
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario.of(data, [Garrison])
    str(caught.value).encode()


@pytest.mark.parametrize(
    "text",
    ["[" * 600 + "]" * 600, "- " * 600 + "a", "\n".join(" " * k + "a:" for k in range(600))],
    ids=["brackets", "dashes", "spaces"],
)
def test_deep_nesting_is_still_refused(text: str) -> None:
    """The twin of brackets in words: those that nest are refused before anything recurses."""
    with pytest.raises(fs.ScenarioError, match="must nest at most 24 levels"):
        read_yaml(text)
