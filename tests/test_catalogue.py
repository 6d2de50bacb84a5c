"""The catalogue: who is found, in which order, and who is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import forcesim as fs
import forcesim.processes
from forcesim.processes import catalogue
from forcesim.processes.catalogue import Catalogue, built_in
from tests.support.garrison import Garrison, garrison_data


def made(kind: str, **more: Any) -> type[fs.Process]:
    """Return a process class with the given declarations."""
    body = {"name": kind, "section": kind, "start": lambda *_: None, "step": lambda *_: None, **more}
    return type(kind.title(), (fs.Process,), body)


def test_every_file_of_the_folder_is_found_in_the_order_of_names() -> None:
    folder = Path(forcesim.processes.__path__[0])
    modules = {
        file.stem
        for file in folder.glob("*.py")
        if re.search(r"^class \w+\(Process\):", file.read_text(), re.MULTILINE)
    }
    assert {kind.__module__.rsplit(".", 1)[1] for kind in built_in()} == modules
    names = [kind.name for kind in built_in()]
    assert names == sorted(names)


def test_a_callers_own_come_last_and_once() -> None:
    other = made("other")
    found = Catalogue([other, Garrison, Garrison])
    assert found.kinds[-2:] == (Garrison, other)
    assert Catalogue([Garrison, other]).kinds == found.kinds


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "garrison"}, "name 'garrison' must have one owner"),
        ({"section": "garrison", "Common": Garrison.Common}, "section 'garrison' must have one owner"),
        (
            {"writes": (fs.Indicator(name="garrison_strength", unit="x", meaning="y"),)},
            "series 'garrison_strength' must have one owner",
        ),
    ],
)
def test_two_owners_of_one_name_are_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(fs.PlanError, match=said):
        Catalogue([Garrison, made("rival", **more)])


@pytest.mark.parametrize("section", ["nations", "name", "settings", "audit"])
def test_a_section_is_no_word_of_every_scenario(section: str) -> None:
    with pytest.raises(fs.PlanError, match=f"section '{section}' must not be a word of every scenario"):
        fs.Scenario.of(garrison_data(), [made("rival", section=section)])


class Point:
    """An entry point."""

    name = "toy"

    def __init__(self, found: Any) -> None:
        self.found = found

    def load(self) -> Any:
        return self.found


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    points: list[Point] = []
    monkeypatch.setattr(catalogue, "entry_points", lambda group: points if group == "forcesim.processes" else [])
    catalogue.installed.cache_clear()
    yield points
    catalogue.installed.cache_clear()


def test_installed_packages_offer_processes(installed: list[Point]) -> None:
    installed.append(Point(Garrison))
    assert Catalogue().kinds == (*built_in(), Garrison)


def test_an_entry_point_must_be_a_process(installed: list[Point]) -> None:
    installed.append(Point("no class"))
    with pytest.raises(fs.PlanError, match=r"entry point toy: must be a class of Process, got 'no class'"):
        Catalogue()
