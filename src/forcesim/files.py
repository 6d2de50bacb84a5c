"""Files: the one way from what a caller names to a path; files that are whole or not there.

A file is written beside its place, then put into it in one step. What it replaces keeps what it was: a link stays a
link, permissions and owner stay. Another hard link to the old file keeps the old contents: only a file that is written
over in place could do otherwise, and a stop in mid-write would then lose both.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from forcesim.errors import Fault, FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["behind_links", "located", "replacing", "write_text"]


def located(path: str | os.PathLike[str]) -> Path:
    """Return the path that a caller names; ``~`` stands for the home folder.

    Parameters
    ----------
    path : str or path
        The name of a file or folder.

    Raises
    ------
    FileError
        If it is no name of a file, or begins with ``~`` where no home folder is known.

    Examples
    --------
    >>> located("runs/first.nc").name, "~" in str(located("~/first.nc"))
    ('first.nc', False)
    """
    try:
        text = os.fsdecode(path)
    except TypeError:
        raise FileError(Fault("path", "must be the name of a file or folder", repr(path)[:60])) from None
    if not text or "\0" in text:
        raise FileError(Fault("path", "must be the name of a file or folder", repr(text)[:60]))
    first = Path(text).parts[0] if Path(text).parts else ""
    if not first.startswith("~"):
        return Path(text)
    found = os.path.expanduser(text)  # noqa: PTH111 - Path.expanduser takes an empty HOME for the root
    known = found != text and os.path.isabs(found) and (first != "~" or os.environ.get("HOME") != "")  # noqa: PTH117
    if not known and (first == "~" or first != text):
        raise FileError(Fault(text, f"{first} must stand for a home folder", "none", "write the whole path"))
    return Path(found if known else text)


def behind_links(path: str | os.PathLike[str]) -> Path:
    """Return the path of what a name leads to, links followed; there may be nothing there yet.

    Raises
    ------
    FileError
        If its links lead to each other, or :func:`located` refuses it.
    """
    named = located(path)
    try:
        target = Path(os.path.realpath(named))
    except OSError as error:  # the working directory is gone, say
        raise FileError(Fault(str(named), "must be a path that can be followed", _reason(error))) from error
    if target.is_symlink():
        raise FileError(Fault(str(named), "must lead to a file", "links that lead to each other", "remove the links"))
    return target


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name beside a file to write to; once the block ends well, what is written there takes the file's place.

    If the block raises, the file stays as it was and what was begun is removed. A link stays: the file that it
    names is replaced. Permissions stay, and the owner where the system allows it.

    Parameters
    ----------
    path : str or path
        The file; it need not exist, its folder must. ``~`` stands for the home folder.

    Yields
    ------
    Path
        A name in the same folder that no other writer has. The block must write a file of this name.

    Raises
    ------
    FileError
        If the file cannot be written or put in its place; it is an OSError too.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder, "a.txt")) as aside:
    ...         _ = aside.write_text("whole")
    ...     Path(folder, "a.txt").read_text(), os.listdir(folder)
    ('whole', ['a.txt'])
    """
    target = behind_links(path)
    aside = target.with_name(f".forcesim-{secrets.token_hex(8)}.tmp")
    try:
        old = _replaceable(target)
        yield aside
        # without this a power cut could leave the new name with an empty file behind it
        with aside.open("rb+") as written:
            os.fsync(written.fileno())
        if old is not None:
            _keep_what_it_was(target, old, aside)
        aside.replace(target)
    except FileError:
        raise
    except OSError as error:
        raise _not_written(target, error) from error
    finally:
        with contextlib.suppress(OSError):  # its folder may be gone, or is none
            aside.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _replaceable(target: Path) -> os.stat_result | None:
    """Return what is known of the file to replace, None if there is none; refuse what is no file."""
    if not target.parent.is_dir():
        raise FileError(Fault(str(target), "must lie in a folder that exists", str(target.parent), "make the folder"))
    try:
        old = target.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(old.st_mode):
        found = "a folder" if stat.S_ISDIR(old.st_mode) else "a device or pipe"
        raise FileError(Fault(str(target), "must be a file", found, "give the name of a file"))
    if not os.access(target, os.W_OK):
        raise FileError(Fault(str(target), "must be a file that may be written", "a read-only file", "allow writing"))
    return old


def _keep_what_it_was(target: Path, old: os.stat_result, aside: Path) -> None:
    """Give a new file the owner, the attributes and the permissions of the one that it replaces."""
    mode = stat.S_IMODE(old.st_mode)
    if hasattr(os, "chown"):
        new = aside.stat()
        if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            try:
                os.chown(aside, old.st_uid, old.st_gid)
            except OSError:  # only an administrator gives files away
                try:
                    os.chown(aside, -1, old.st_gid)
                except OSError:  # then the writer's own group gets no more than everybody has
                    mode = mode & ~(stat.S_IRWXG | stat.S_ISUID | stat.S_ISGID) | (mode & stat.S_IRWXO) << 3
    for name in os.listxattr(target) if hasattr(os, "listxattr") else ():
        with contextlib.suppress(OSError):  # some are the system's own
            os.setxattr(aside, name, os.getxattr(target, name))
    aside.chmod(mode)


def _not_written(target: Path, error: OSError) -> FileError:
    """Return what kept a file from being written, in our words; the number of the system's error stays."""
    refused = isinstance(error, PermissionError)
    remedy = "the folder may be read-only, or another program holds the file open" if refused else ""
    found = FileError(Fault(str(target), "must be a file that can be written", _reason(error), remedy))
    found.errno = error.errno
    return found


def _reason(error: OSError) -> str:
    """Return why the system refused something."""
    return error.strerror or str(error)


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file survive a power cut, where the system can do that."""
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    with contextlib.suppress(OSError):  # some network disks cannot; the file is in its place all the same
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file, UTF-8, the same bytes on every system; an existing one is replaced when all is written.

    Parameters
    ----------
    path : str or path
        The file.
    text : str
        What it is to hold.

    Raises
    ------
    FileError
        If it cannot be written, or the text holds half of a character; an existing file then stays as it was.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        found = f"{text[error.start : error.end]!r} at {error.start}"
        raise FileError(Fault(str(path), "must get text that UTF-8 can hold", found)) from None
    with replacing(path) as aside:
        aside.write_bytes(content)
