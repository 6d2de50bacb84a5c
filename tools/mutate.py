"""Change laws on purpose, one place at a time, and see whether the tests of their process fail.

Usage: ``python tools/mutate.py [--sample 60] [--seed 1] [process ...]``. Prints each mutant, killed or survived, and
the score. Laws run as plain Python, so that nothing is compiled anew; tests run on few paths. Only tests are used that
pass so without a mutant, and that take less than ``LONGEST`` seconds.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import inspect
import io
import random
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import pytest  # noqa: E402 - after the path is set
from tests.support import alone  # noqa: E402

from forcesim import kernels  # noqa: E402
from forcesim.engine import loops  # noqa: E402

PROCESSES = ("economy", "spending", "conflict", "personnel", "contingent", "industry", "resources", "balance")
HELPERS = {"contingent": ("stances",)}
"""Files of laws that a process calls."""
FEW = 200
"""Paths of a statistical test."""
LONGEST = 1.0
SLOW = "same_bits"
"""Seconds that a test may take in plain Python."""

OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Lt: ast.GtE, ast.GtE: ast.Lt,
    ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass
class Mutant:
    """A law with one change."""

    law: kernels.Compiled[..., Any]
    place: int
    line: str

    def function(self) -> Any:
        """Return the changed function."""
        tree = tree_of(self.law)
        change(tree, list(ast.walk(tree))[self.place])
        namespace = dict(self.law.function.__globals__)
        code = compile(ast.fix_missing_locations(ast.Module([tree], [])), "<mutant>", "exec")
        exec(code, namespace)  # noqa: S102 - our own source, changed
        return namespace[tree.name]


def tree_of(law: kernels.Compiled[..., Any]) -> ast.FunctionDef:
    """Return the source of a law as a tree, without decorators, docstring and annotations."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(law.function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    tree.decorator_list, tree.returns = [], None
    for argument in tree.args.args:
        argument.annotation = None
    if ast.get_docstring(tree):
        tree.body = tree.body[1:]
    return tree


def change(tree: ast.FunctionDef, node: ast.AST) -> bool:
    """Change one place, and return whether there is anything to change."""
    names = [argument.arg for argument in tree.args.args]
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in OTHER:
        node.op = OTHER[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OTHER:
        node.ops = [OTHER[type(node.ops[0])]()]  # type: ignore[list-item]
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and abs(node.value) > 1e-200:
        node.value = node.value * 1.5
    elif isinstance(node, ast.Constant) and node.value == 0.0:
        node.value = 1.0
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
        node.func.id = "max" if node.func.id == "min" else "min"
    elif isinstance(node, ast.IfExp):
        node.body, node.orelse = node.orelse, node.body
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names and len(names) > 1:
        node.id = names[(names.index(node.id) + 1) % len(names)]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
    else:
        return False
    return True


def mutants_of(process: str) -> Iterator[Mutant]:
    """Yield every mutant of the laws of a process."""
    for name in (process, *HELPERS.get(process, ())):
        module = importlib.import_module(f"forcesim.processes.{name}")
        for law in vars(module).values():
            if not isinstance(law, kernels.Compiled) or law.function.__module__ != module.__name__:
                continue
            if law._make is kernels.cached or "memory" in law.function.__code__.co_varnames:
                continue  # a loop, not a law of numbers
            nodes = list(ast.walk(tree_of(law)))
            for place, node in enumerate(nodes):
                if change(copy.deepcopy(tree_of(law)), copy.deepcopy(node)):
                    yield Mutant(law, place, ast.unparse(node))


def on_few_paths(*arguments: Any, paths: int = 1, **more: Any) -> Any:
    """Run a process by itself on at most a few paths."""
    return alone.run_alone(*arguments, paths=min(paths, FEW), **more)


class Watch:
    """Reduces paths, and notes how each test ends and how long it takes."""

    def __init__(self) -> None:
        self.passed, self.failed, self.took = list[str](), list[str](), dict[str, float]()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Let tests take few paths; leave out those of many examples, and of bits."""
        items[:] = [one for one in items if not getattr(one.obj, "is_hypothesis_test", False) and SLOW not in one.name]
        for module in {item.module for item in items}:
            module.run_alone = on_few_paths
            for name in ("PATHS", "N"):
                if isinstance(getattr(module, name, None), int):
                    setattr(module, name, FEW)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note how a test ended."""
        if report.when == "call" or report.failed:
            (self.failed if report.failed else self.passed).append(report.nodeid)
            self.took[report.nodeid] = report.duration


def run(tests: list[str], *, stop: bool) -> Watch:
    """Run some tests, and return how they ended."""
    watch = Watch()
    options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "--tb=no", *(["-x"] if stop else [])]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*options, *tests], plugins=[watch])
    return watch


def score(process: str, sample: list[Mutant]) -> Iterator[tuple[Mutant, str]]:
    """Yield mutants with the test that killed each, or an empty text."""
    whole = run([f"tests/processes/test_{process}.py"], stop=False)
    quick = sorted((t for t in whole.passed if whole.took[t] < LONGEST), key=whole.took.__getitem__)
    for mutant in sample:
        plain, mutant.law.function = mutant.law.function, mutant.function()
        try:
            found = run(quick, stop=True)
        finally:
            mutant.law.function = plain
        yield mutant, found.failed[0].split("::")[1] if found.failed else ""


def main() -> None:
    """Run a sample of mutants of each process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("processes", nargs="*", default=PROCESSES)
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    loops.compiling = lambda: False
    every = {name: list(mutants_of(name)) for name in options.processes}
    number, killed, done, begun = sum(map(len, every.values())), 0, 0, time.perf_counter()
    chance = random.Random(options.seed)  # noqa: S311 - a sample of mutants
    for name, mutants in every.items():
        for mutant, by in score(name, chance.sample(mutants, max(1, round(options.sample * len(mutants) / number)))):
            done, killed = done + 1, killed + bool(by)
            verdict = f"killed by {by}" if by else "survived"
            print(f"{name}.{mutant.law.function.__name__} [{mutant.place}] {mutant.line}: {verdict}", flush=True)
    print(f"{killed} of {done} killed ({killed / done:.0%}); {number} possible; {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
