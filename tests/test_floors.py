"""No import circle (imports for types only, or inside a function, count), no long file and no long function."""

from __future__ import annotations

import ast
import statistics
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


LONGEST_FILE, MEDIAN_FILE, LONGEST_FUNCTION = 500, 200, 60


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's own lines of code: without its docstring, and without functions inside it."""
    inside = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef) and node is not function]
    silent = {line for node in inside for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    if ast.get_docstring(function):
        silent |= set(range(function.body[0].lineno, (function.body[0].end_lineno or 0) + 1))
    return len(set(range(function.lineno, (function.end_lineno or 0) + 1)) - silent)


def long_functions(source: str) -> list[str]:
    """Return the names of functions that are too long, each with its lines."""
    functions = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [f"{one.name}: {lines_of(one)}" for one in functions if lines_of(one) > LONGEST_FUNCTION]


def test_no_file_and_no_function_is_long() -> None:
    sources = {file: file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
    sizes = {file: len(source.splitlines()) for file, source in sources.items()}
    assert [f"{file}: {size}" for file, size in sizes.items() if size > LONGEST_FILE] == []
    assert statistics.median(sizes.values()) <= MEDIAN_FILE
    assert [f"{file}: {long}" for file, source in sources.items() for long in long_functions(source)] == []


def test_a_long_function_is_seen() -> None:
    """The negative twin; a long docstring and a function inside do not count, but the one inside does for itself."""
    body = "\n".join(f"    x = {i}" for i in range(60))
    inner = "    def g():\n" + "\n".join(f"        x = {i}" for i in range(60))
    doc = '    """' + "\n    ".join(["Text."] * 70) + '"""\n'
    assert long_functions(f"def f():\n{body}") == ["f: 61"]
    assert long_functions(f"def f():\n{doc}    return 0") == []
    assert long_functions(f"def f():\n{inner}\n    return g") == ["g: 61"]
