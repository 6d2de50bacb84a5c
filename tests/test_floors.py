"""No import circle: whatever is imported for types only, or inside a function, counts."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import forcesim

PACKAGE = Path(str(forcesim.__file__)).parent


def imports_of(package: Path) -> dict[str, set[str]]:
    """Return which modules of a package each of its modules imports, anywhere in the file."""
    names = {}
    for file in package.rglob("*.py"):
        parts = (package.name, *file.relative_to(package).with_suffix("").parts)
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    found: dict[str, set[str]] = {}
    for name, file in names.items():
        asked: list[str] = []
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                asked += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{name}: relative imports are not read here"
                whole = [f"{node.module}.{alias.name}" for alias in node.names]
                asked += [one if one in names else str(node.module) for one in whole]
        found[name] = {one for one in asked if one in names} - {name}
    return found


def circle_in(imports: dict[str, set[str]]) -> list[str]:
    """Return the modules of an import circle, or none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_import_circle() -> None:
    imports = imports_of(PACKAGE)
    assert "forcesim.engine.block" in imports["forcesim.engine.recording"], "imports are read"
    assert circle_in(imports) == []


@pytest.mark.parametrize(
    "back",
    [
        "import small.one",
        "from small import one",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from small.one import f",
        "def g():\n    from small.one import f\n    return f",
    ],
)
def test_a_circle_is_seen(tmp_path: Path, back: str) -> None:
    """The negative twin: each way to import back closes a circle of two; without it there is none."""
    package = tmp_path / "small"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("from small.two import h\n\n\ndef f():\n    return h\n")
    (package / "two.py").write_text("def h():\n    return 1\n")
    assert circle_in(imports_of(package)) == []
    (package / "two.py").write_text(f"{back}\n\n\ndef h():\n    return 1\n")
    assert {"small.one", "small.two"} == set(circle_in(imports_of(package)))
