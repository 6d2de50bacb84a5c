"""Change the code on purpose, one place at a time, and see whether its tests fail.

Usage: ``python tools/mutate.py [--sample 60] [--seed 1] [part ...]``. A part is a file of laws (all of them unless
given) or ``summary`` (its kernels, functions and methods). Prints each mutant, killed or survived, and the score. All
runs as plain Python, so that nothing is compiled anew; tests run on few paths. Only tests are used that pass so without
a mutant, and that take less than ``LONGEST`` seconds. A mutant that takes ``PATIENCE`` seconds is killed.
"""

from __future__ import annotations
import __future__

import argparse
import ast
import contextlib
import copy
import importlib
import inspect
import io
import os
import random
import signal
import sys
import textwrap
import time
import types
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
os.environ["FORCESIM_COMPILE"] = "0"

import pytest  # noqa: E402 - after the path is set
from tests.support import alone  # noqa: E402

from forcesim import kernels  # noqa: E402

ARMY, ATTACKS, MISSION = ("test_personnel",), ("test_conflict", "test_endings"), ("test_contingent",)
TESTS = {
    "absence": ("test_recruiting",),
    "aid": ("test_aid",),
    "backstop": MISSION,
    "balance": ("test_balance",),
    "conflict": ATTACKS,
    "contingent": MISSION,
    "debt": ("test_debt",),
    "deterrence": ATTACKS,
    "economy": ("test_economy",),
    "exchange": ("test_exchange",),
    "front": ("test_front",),
    "generation": ("test_generation",),
    "industry": ("test_industry",),
    "leaving": ARMY,
    "lines": ("test_industry",),
    "mission": MISSION,
    "personnel": ARMY,
    "recruiting": ("test_recruiting",),
    "resources": ("test_resources",),
    "spending": ("test_spending",),
    "stances": MISSION,
    "tempo": ARMY,
}
"""Files of laws, and the files of tests that must find a change in one."""
SUMMARY = "summary"
SUMMARY_TESTS = ("tests/test_summary.py", "tests/test_summary_by_hand.py")
FILES = ("sums", "buckets", "folding", "events", "summary")
FEW = 200
"""Paths of a statistical test."""
LONGEST = 0.5
"""Seconds that a test may take in plain Python."""
UNSEEN = {
    ("count_row", "(least < 1)"): "a value of 0 lies in the bucket of 0, whatever its sign",
    ("count_row", "(most < 1)"): "a value of 0 lies in the bucket of 0, whatever its sign",
    ("count_row", "elif last - first"): "both ways to count give the same counts; one is quicker",
    ("_count_close_by", "last + 2"): "an octave into which nothing fell adds nothing",
    ("_count_close_by", "(place + 2) * BUCKETS"): "a slice longer than what is read of it",
    ("_about", "work[j - 64]"): "of 128 places, 64 before the first is 64 after it",
    ("_about", "x[j - 128]"): "of 256 places, 128 before the first is 128 after it",
    ("_add_months", "elif least != 1:"): "a row of zeros adds nothing",
    ("_add_months", "x.shape[0] % CHUNK != 1:"): "a constant row has the same bits by both ways; one is quicker",
    ("_fold_row", "x.shape[0] % CHUNK != 1:"): "a constant row has the same bits by both ways; one is quicker",
    ("fold_month", "since[r] = -2"): "any negative number says that there is no copy",
    ("fold_month", "waits = True"): "a row that moves is copied for nothing; the numbers are the same",
    ("fold_month", "since[r] - 1 < month"): "a row that moves is copied for nothing; the numbers are the same",
    ("fold_month", "month + since[r]"): "the pool grows sooner than it must",
    ("fold_month", "untouched = month > 1"): "in month 1 no row has a copy yet",
    ("workspace", "Workspace("): "more room than is used, or a first value that month 0 replaces",
    ("Summary.__init__", "self.pool = "): "the first size of the pool; it grows",
    ("Summary.fold", "ticks = self._work.seen"): "any tick but the last says that a row was written",
    ("Summary._grow", "* 3 * 2)"): "the pool grows by more than it must",
    ("Summary.quantiles", "np.maximum(n, 2)"): "with one path no rank is above 1",
    ("Event.fold", "minlength=months + 2))[:months]"): "what is more is cut off",
    ("_add", "exponent == 0 and"): "NumPy shifts all bits out; compiled code must not shift by 64 and more",
    ("Summary.variance", "n * (n - 1), 2)"): "with one path the spread is 0, whatever it is divided by",
    ("Summary.quantiles", "reshape(-2"): "NumPy takes any negative number",
}
"""Changes that no test can see, by function and a part of the changed line, with the reason."""
PATIENCE = 20.0
"""Seconds after which a mutant is in a loop without end."""
SLOW = "same_bits"

OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Lt: ast.GtE, ast.GtE: ast.Lt,
    ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
}  # fmt: skip


@dataclass
class Mutant:
    """A function with one change."""

    function: types.FunctionType
    place: int

    @property
    def name(self) -> str:
        """Return the function's name."""
        return self.function.__qualname__

    def changed(self) -> ast.FunctionDef:
        """Return the function's tree, with the change."""
        tree = tree_of(self.function)
        change(tree, list(ast.walk(tree))[self.place])
        return tree

    @property
    def line(self) -> str:
        """Return the line that is changed, as it then reads."""
        before, after = (ast.unparse(one).splitlines() for one in (tree_of(self.function), self.changed()))
        return next((b.strip() for a, b in zip(before, after, strict=True) if a != b), "(nothing)")

    @property
    def unseen(self) -> str:
        """Return why no test can see the change, or an empty text."""
        line = self.line
        return next((why for (name, part), why in UNSEEN.items() if name == self.name and part in line), "")

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Have the function do what is changed: whoever holds it calls other code."""
        tree = self.changed()
        namespace = dict(self.function.__globals__)
        late = __future__.annotations.compiler_flag
        code = compile(ast.fix_missing_locations(ast.Module([tree], [])), "<mutant>", "exec", late)
        exec(code, namespace)  # noqa: S102 - our own source, changed
        plain = self.function.__code__
        self.function.__code__ = namespace[tree.name].__code__
        try:
            yield
        finally:
            self.function.__code__ = plain


def tree_of(function: types.FunctionType) -> ast.FunctionDef:
    """Return the source of a function as a tree, without decorators, docstring and annotations."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
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
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in OTHER:
        node.op = OTHER[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OTHER:
        node.ops = [OTHER[type(node.ops[0])]()]  # type: ignore[list-item]
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        node.value += 1
    elif isinstance(node, ast.Constant) and isinstance(node.value, float) and not 0.0 < abs(node.value) <= 1e-200:
        node.value = 1.5 * node.value or 1.0
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


def laws_of(part: str) -> Iterator[types.FunctionType]:
    """Yield the laws of a file."""
    module = importlib.import_module(f"forcesim.processes.{part}")
    for law in vars(module).values():
        if not isinstance(law, kernels.Compiled) or law.function.__module__ != module.__name__:
            continue
        if law._make is kernels.cached or "memory" in law.function.__code__.co_varnames:
            continue  # a loop, not a law of numbers
        yield law.function


def functions_of_summary() -> Iterator[types.FunctionType]:
    """Yield the kernels, functions and methods of the summary."""
    for name in FILES:
        module = importlib.import_module(f"forcesim.summary.{name}")
        for found in vars(module).values():
            inside = vars(found).values() if isinstance(found, type) and not issubclass(found, tuple) else [found]
            for one in inside:
                plain = getattr(one, "function", None) or getattr(one, "__func__", None) or getattr(one, "fget", one)
                if isinstance(plain, types.FunctionType) and plain.__module__ == module.__name__:
                    yield plain


def mutants_of(part: str) -> Iterator[Mutant]:
    """Yield every mutant of a part; in the summary no argument stands in for another, which mostly ends in an error."""
    for function in functions_of_summary() if part == SUMMARY else laws_of(part):
        tree = tree_of(function)
        for place, node in enumerate(ast.walk(tree)):
            if part == SUMMARY and isinstance(node, ast.Name):
                continue
            if change(copy.deepcopy(tree), copy.deepcopy(node)):
                yield Mutant(function, place)


def on_few_paths(*arguments: Any, paths: int = 1, **more: Any) -> Any:
    """Run a process by itself on at most a few paths."""
    return alone.run_alone(*arguments, paths=min(paths, FEW), **more)


class Watch:
    """Reduces paths, and notes how each test ends and how long it takes."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.passed, self.failed, self.took = list[str](), list[str](), dict[str, float]()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Let tests take few paths; leave out those of many examples, and of bits."""
        items[:] = [one for one in items if not getattr(one.obj, "is_hypothesis_test", False) and SLOW not in one.name]
        for module in {item.module for item in items}:
            module.run_alone = on_few_paths
            for name in ("PATHS", "N"):
                if isinstance(getattr(module, name, None), int):
                    setattr(module, name, FEW)

    def pytest_runtest_setup(self) -> None:
        """Begin to wait; a test that goes on for ever fails."""
        signal.setitimer(signal.ITIMER_REAL, self.patience)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note how a test ended."""
        if report.when == "call" or report.failed:
            (self.failed if report.failed else self.passed).append(report.nodeid)
            self.took[report.nodeid] = report.duration


def too_long(*_: Any) -> None:
    """End a test that takes too long."""
    raise TimeoutError


def run(tests: list[str], *, stop: bool) -> Watch:
    """Run some tests, and return how they ended."""
    watch = Watch(PATIENCE if stop else LONGEST)
    signal.signal(signal.SIGALRM, too_long)
    options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "--tb=no", *(["-x"] if stop else [])]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*options, *tests], plugins=[watch])
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    return watch


def score(part: str, sample: list[Mutant]) -> Iterator[tuple[Mutant, str]]:
    """Yield mutants with the test that killed each, or an empty text."""
    ours = SUMMARY_TESTS if part == SUMMARY else [f"tests/processes/{name}.py" for name in TESTS[part]]
    whole = run(list(ours), stop=False)
    quick = sorted((t for t in whole.passed if whole.took[t] < LONGEST), key=whole.took.__getitem__)
    for mutant in sample:
        with mutant.at_work():
            found = run(quick, stop=True)
        yield mutant, found.failed[0].split("::")[1] if found.failed else ""


def main() -> None:
    """Run a sample of mutants of each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=TESTS)
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    every = [(part, mutant) for part in options.parts for mutant in mutants_of(part)]
    killed, done, unseen, begun = 0, 0, 0, time.perf_counter()
    chance = random.Random(options.seed)  # noqa: S311 - a sample of mutants
    sample = chance.sample(every, min(options.sample, len(every)))
    for name in sorted({part for part, _ in sample}):
        for mutant, by in score(name, [mutant for part, mutant in sample if part == name]):
            why = "" if by else mutant.unseen
            done, killed, unseen = done + (not why), killed + bool(by), unseen + bool(why)
            verdict = f"killed by {by}" if by else f"unseen, since {why}" if why else "survived"
            print(f"{name}.{mutant.name} [{mutant.place}] {mutant.line}: {verdict}", flush=True)
    took = time.perf_counter() - begun
    print(f"{killed} of {done} killed ({killed / done:.0%}); {unseen} unseen; {len(every)} possible; {took:.0f} s")


if __name__ == "__main__":
    main()
