"""Tables as text and HTML that one can quote."""

from __future__ import annotations

import html
from collections.abc import Sequence

__all__ = ["html_table", "text_table"]


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
    lines = [
        "  ".join(cell.ljust(w) if place == 0 else cell.rjust(w) for place, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]  # fmt: skip
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*([caption] if caption else []), *(line.rstrip() for line in lines)])


def html_table(rows: Sequence[Sequence[str]], *, caption: str = "") -> str:
    """Return rows as an HTML table; everything is escaped."""

    def line(row: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

    head = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    body = "".join(line(row, "td") for row in rows[1:])
    return f"<table>{head}<thead>{line(rows[0], 'th')}</thead><tbody>{body}</tbody></table>"
