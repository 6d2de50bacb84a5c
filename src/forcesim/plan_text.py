"""The text of a plan: one process of a month, law by law."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from forcesim.processes.laws import (
    WORDS,
    OverItems,
    Rest,
    Stage,
    Total,
    World,
    Yearly,
    as_law,
    results_of,
    takes_of,
)
from forcesim.state import Factor, Flow, Stock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from forcesim.order import Act
    from forcesim.processes.laws import Items
    from forcesim.processes.process import Process

__all__ = ["month_of"]

WIDTH = 120


def month_of(
    number: int,
    process: Process,
    nations: Sequence[str],
    factors: Mapping[str, Sequence[str]],
    acts: Iterable[tuple[str, Act]],
    fixed: Collection[str],
) -> list[str]:
    """Return the lines of one process.

    Parameters
    ----------
    number : int
        Its place in the month.
    process : Process
        Whose month it is.
    nations : sequence of str
        For whom it runs.
    factors : mapping of str to sequence of str
        Parameters that others multiply, with the factors.
    acts : iterable of (str, Act)
        What others do to its stocks, with their names.
    fixed : collection of str
        Laws and totals that are worked out only when parameters change.
    """
    who = "the world" if tuple(nations) == ("WORLD",) else f"{len(nations)} nation{'s' * (len(nations) > 1)}"
    lines = [f"{number:2}. {process.name}, for {who}"]
    lines += _line(6, "reads", [read.name + " (last month's)" * read.lag for read in process.reads])
    lines += _line(6, "factors", [" x ".join((name, *names)) for name, names in factors.items()])
    if process.month:
        lines += _Laws(process, fixed).lines(process.month, 6)
    else:
        draws = [draw.name + ("" if draw.every == "month" else f" (by {draw.every})") for draw in process.draws]
        lines += _line(6, "draws", draws)
        lines += _line(6, "writes", [series.name for series in process.writes])
    return [*lines, *_moved(process, list(acts)), *_acting(process)]


def _line(indent: int, word: str, parts: Iterable[str], mark: str = ", ") -> list[str]:
    """Return a word and what belongs to it, wrapped; nothing where nothing does."""
    listed = mark.join(parts)
    if not listed:
        return []
    first, later = " " * indent + f"{word} ", " " * (indent + len(word) + 1)
    return textwrap.wrap(listed, WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)


def _moved(process: Process, acts: list[tuple[str, Act]]) -> Iterator[str]:
    """Yield how each stock moves."""
    for stock in process.writes:
        if isinstance(stock, Stock):
            terms = [*(f"+ {name}" for name in stock.inflows), *(f"- {name}" for name in stock.outflows)]
            others = [(name, act) for name, act in acts if act.stock == stock.name]
            terms += [f"{'+' if act.sign > 0 else '-'} {act.flow} (of {name})" for name, act in others]
            yield from _line(6, f"stock {stock.name}", [" ".join(terms)])


def _acting(process: Process) -> Iterator[str]:
    """Yield what a process does to others."""
    for series in process.writes:
        if isinstance(series, Factor):
            yield f"      multiplies {series.on} by {series.name}"
        elif isinstance(series, Flow):
            for word, stock in (("takes", series.out_of), ("adds", series.into)):
                if stock:
                    yield f"      {word} {series.name} {'out of' if word == 'takes' else 'to'} {stock}"


class _Laws:
    """The laws of one process, with the kind of each name."""

    def __init__(self, process: Process, fixed: Collection[str]) -> None:
        """Note what is a series and what is a draw."""
        self.series = {read.name for read in process.reads} | {series.name for series in process.writes}
        self.draws, self.fixed = {draw.name for draw in process.draws}, fixed
        self.given: set[str] = set()

    def lines(self, stages: Iterable[Any], indent: int) -> list[str]:
        """Return the lines of some stages."""
        return [line for stage in stages for line in self._of(stage, indent)]

    def _of(self, stage: Any, indent: int) -> list[str]:
        """Return the lines of one stage."""
        space = " " * indent
        if isinstance(stage, Yearly):
            return [f"{space}in month 1 and each January:", *self.lines(stage.laws, indent + 2)]
        if isinstance(stage, Rest):
            names = " and ".join(stage.names)
            verb = "is" if len(stage.names) == 1 else "are"
            return [f"{space}rests while {names} {verb} 0:", *self.lines(stage.laws, indent + 2)]
        if isinstance(stage, Total):
            self.given.add(stage.name)
            over = "all nations" if stage.over is None else _items(stage.over)
            return _line(indent, stage.name, [f"the total of {stage.of} over {over}{self._when(stage.name)}"])
        if isinstance(stage, Stage):
            takes = [*stage.takes, *stage.takes_of_item]
            over = "" if stage.over is None else f", for each of {_items(stage.over)}"
            return [f"{space}{type(stage).__name__}{over}", *self._names(takes, stage.gives, indent + 4)]
        one, for_whom = stage, ""
        if isinstance(stage, World):
            one, for_whom = stage.law, ", for the world"
        elif isinstance(stage, OverItems):
            one, for_whom = stage.law, f", for each of {_items(stage.items)}"
        law = as_law(one)
        name = law.function.__name__
        head = f"{space}{name}{for_whom}{self._when(name)}"
        gives = list(results_of(law))
        if isinstance(stage, OverItems):
            items = stage.items
            gives = [name if name not in items.writes else f"{name} as {_spelled(items, name)}" for name in gives]
        return [head, *self._names(takes_of(law), gives, indent + 4)]

    def _when(self, name: str) -> str:
        return ", when parameters change" if name in self.fixed else ""

    def _names(self, takes: Sequence[str], gives: Sequence[str], indent: int) -> list[str]:
        """Return what a law takes, by kind, and what it gives."""
        kinds: dict[str, list[str]] = {"series": [], "from above": [], "parameters": [], "draws": [], "words": []}
        for name in takes:
            kinds[self._kind(name)].append(name)
        self.given |= {name.split(" as ")[0] for name in gives}
        parts = [f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names]
        return [*_line(indent, "takes", parts, "; "), *_line(indent, "gives", gives)]

    def _kind(self, name: str) -> str:
        """Return what a name means to a law, in the order in which names are looked up."""
        if name in self.series:
            return "series"
        if name in self.given:
            return "from above"
        if name in self.draws:
            return "draws"
        return "words" if name in WORDS else "parameters"


def _spelled(items: Items, name: str) -> str:
    """Return the series of a result that has one name an item."""
    return ", ".join(items.writes[name].format(item) for item in items.names)


def _items(items: Items) -> str:
    """Return the items in words."""
    return ", ".join(items.names)
