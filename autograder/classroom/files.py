"""Files of others, opened and written with care: ordinary ones only, bounded, and whole or not."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from autograder.sandbox.inside import caps

TOO_LARGE = f"larger than {caps.MAX_RAW // 2**20} MB; clear its outputs first"
LINK = "a link, and links are not followed; the file itself is needed"
SPECIAL = "a pipe or a device, not a file"
EXCHANGE = ("timestamp.txt", "submission_secret.txt")
"""What nbgrader's exchange puts beside a submission, and needs to give its feedback back."""


class Unreadable(Exception):
    """A file that cannot be graded; str() is one line that says why."""


class Readable(Protocol):
    """What bytes can be read from, a part at a time."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""


def bounded(file: Readable) -> bytes:
    """Return what is in a file, or raise Unreadable before more than MAX_RAW lies in memory."""
    parts, left = [], caps.MAX_RAW
    try:
        while part := file.read(2**16):
            left -= len(part)
            if left < 0:
                raise Unreadable(TOO_LARGE)
            parts.append(part)
    except OSError as problem:
        raise Unreadable(f"it cannot be read: {problem.strerror}") from None
    return b"".join(parts)


def ordinary(path: Path) -> io.BufferedReader:
    """Open an ordinary file; raises Unreadable for a link, and for a pipe without waiting."""

    def opener(name: str, flags: int) -> int:
        no_link, no_wait = getattr(os, "O_NOFOLLOW", 0), getattr(os, "O_NONBLOCK", 0)
        return os.open(name, flags | no_link | no_wait)

    try:
        file = open(path, "rb", opener=opener)  # noqa: SIM115
    except OSError as problem:
        why = LINK if path.is_symlink() else f"it cannot be opened: {problem.strerror}"
        raise Unreadable(why) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Unreadable(SPECIAL)
    return file


def shallow(
    root: Path, onerror: Callable[[OSError], object] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk a folder as os.walk does, which ends at about a thousand folders inside each other.

    The deepest are left out of what is below them, and stand among the names.
    """
    for where, folders, names in os.walk(root, onerror=onerror):
        if len(Path(where).relative_to(root).parts) >= caps.MAX_FOLDERS:
            names += folders
            folders.clear()
        yield where, folders, names


def nothing_odd(folder: Path) -> None:
    """Raise Unreadable for a submission that has anything but files and folders, or is a link."""
    for path in (folder.parent, folder):
        if path.is_symlink():
            raise Unreadable(f"{printable(path.name)}: {LINK}")
    for where, folders, names in shallow(folder):
        for name in [*folders, *names]:
            kind = os.lstat(os.path.join(where, name)).st_mode
            if not stat.S_ISDIR(kind) and not stat.S_ISREG(kind):
                raise Unreadable(f"{printable(name)}: {LINK if stat.S_ISLNK(kind) else SPECIAL}")
            if stat.S_ISDIR(kind) and name in names:
                raise Unreadable(f"more than {caps.MAX_FOLDERS} folders inside each other")


@contextmanager
def whole(path: Path, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Write a file whole or not at all; what lies there is replaced, and never written through.

    Its name is random until then: a link may lie under any that could be foreseen.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            yield file
            file.close()
            os.chmod(file.name, mode)
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def printable(given: object, most: int = 100) -> str:
    """Return a text of unknown origin as it may be shown in a terminal, cut short."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in str(given)[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"
