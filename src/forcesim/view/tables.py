"""Tables as text and HTML that one can quote."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Quotable", "html_table", "text_table"]


def text_table(rows: Sequence[Sequence[str]], *, caption: str = "") -> str:
    """Return rows as aligned text; the first row is the head, the first column is left-aligned.

    Examples
    --------
    >>> print(text_table([["policy", "gap"], ["status-quo", "512,000"]]))
    policy          gap
    ----------  -------
    status-quo  512,000
    """
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        head, *rest = (cell for cell in row)
        cells = [head.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(rest, widths[1:], strict=True))]
        lines.append("  ".join(cells))
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*([caption] if caption else []), *(line.rstrip() for line in lines)])


def html_table(rows: Sequence[Sequence[str]], *, caption: str = "") -> str:
    """Return rows as an HTML table; everything is escaped."""

    def line(row: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

    head = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    body = "".join(line(row, "td") for row in rows[1:])
    return f"<table>{head}<thead>{line(rows[0], 'th')}</thead><tbody>{body}</tbody></table>"


class Quotable(ABC):
    """What prints as a table: as text, and as HTML in a notebook.

    A dataclass among its heirs is made with ``repr=False``, or its own line would take the place of the table.
    """

    __slots__ = ()

    @abstractmethod
    def _cells(self) -> list[list[str]]:
        """Return the cells of the table, row by row; the first row is the head."""

    @abstractmethod
    def _caption(self) -> str:
        """Return the line above the table."""

    def __repr__(self) -> str:
        """Return the table that one can quote."""
        return text_table(self._cells(), caption=self._caption())

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return html_table(self._cells(), caption=self._caption())
