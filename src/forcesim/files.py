"""Files that are whole or not there: written beside their place, then put into it in one step."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["replacing", "write_text"]


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name beside a file to write to; once the block ends well, what is written there takes the file's place.

    If the block raises, the file stays as it was and what was begun is removed.

    Parameters
    ----------
    path : str or path
        The file; it need not exist, its folder must.

    Yields
    ------
    Path
        A name in the same folder that no other writer has. The block must write a file of this name.

    Raises
    ------
    OSError
        If the file cannot be put in its place.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "a.txt")) as aside:
    ...         _ = aside.write_text("whole")
    ...     Path(folder, "a.txt").read_text(), os.listdir(folder)
    ('whole', ['a.txt'])
    """
    target = Path(path)
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield aside
        # without this a power cut could leave the new name with an empty file behind it
        with aside.open("rb+") as written:
            os.fsync(written.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file, UTF-8; an existing one is replaced only when all is written.

    Parameters
    ----------
    path : str or path
        The file.
    text : str
        What it is to hold.

    Raises
    ------
    OSError
        If it cannot be written; an existing file then stays as it was.
    """
    with replacing(path) as aside:
        aside.write_text(text, encoding="utf-8")
