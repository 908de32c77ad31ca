"""Find what was handed in, in notebooks, folders and archives that may be hostile.

Nothing is written here. No link is followed, no pipe is waited for, nothing is unpacked but what is
asked for, and none of it is larger than `MAX_RAW`.
"""

from __future__ import annotations

import io
import re
import stat
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from autograder.classroom.files import shallow
from autograder.classroom.lms import said_by
from autograder.classroom.rebuild import (
    LINK,
    SPECIAL,
    TOO_LARGE,
    Unreadable,
    bounded,
    ordinary,
    printable,
)
from autograder.sandbox.inside.caps import MAX_CONTENTS, MAX_FOUND, MAX_PACKED, MAX_PATH, MAX_RAW

FOLDER = "a folder, not a notebook"
EARLIER = ".earlier"
"""How the folders end in which replaced submissions are kept."""
STRAY = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)|[\\\0]|^[./]*$")
"""A path that no honest archive has."""


@dataclass(frozen=True)
class File:
    """A file that was found, and is not opened yet. `time` is 0 where nothing says it."""

    source: Path
    inside: str
    size: int
    time: float
    problem: str
    read: Callable[[], bytes]

    @property
    def parts(self) -> tuple[str, ...]:
        """Its folders, and its name."""
        return PurePosixPath(self.inside).parts

    @property
    def is_notebook(self) -> bool:
        """Whether it says so."""
        return self.inside.lower().rstrip("/").endswith(".ipynb")

    @property
    def is_leftover(self) -> bool:
        """Whether an operating system, Jupyter or we ourselves made it, and no student."""
        return not STRAY.search(self.inside) and any(
            part in ("__MACOSX", "__pycache__") or part.startswith(".") or part.endswith(EARLIER)
            for part in self.parts
            if not said_by(part)
        )

    @property
    def shown(self) -> str:
        """Where it is, for a person."""
        return printable(f"{self.source.name}/{self.inside}", 160)

    def trouble(self) -> str:
        """Say why it cannot be taken, or nothing."""
        if self.problem or not self.is_notebook:
            return self.problem
        return TOO_LARGE if self.size > MAX_RAW else "" if self.size else "an empty file"


def files(path: Path, opened: ExitStack) -> Iterable[File]:
    """Return the files in a folder or an archive, or the one notebook; Unreadable if it is none."""
    if path.is_symlink():
        raise Unreadable(LINK)
    if path.is_dir():
        return in_folder(path)
    if not path.exists():
        raise Unreadable("there is no such file")
    if path.suffix.lower() == ".ipynb":
        return [on_disk(path.parent, path)]
    if path.suffix.lower() == ".zip":
        return in_archive(path, opened)
    raise Unreadable("neither a notebook, nor a folder, nor a .zip")


def in_folder(root: Path) -> Iterator[File]:
    """Yield the files in a folder and below it."""
    blocked: list[OSError] = []
    number = 0
    for where, folders, names in shallow(root, blocked.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        odd = [
            name for name in folders if name.endswith(".ipynb") or Path(where, name).is_symlink()
        ]
        for name in [*odd, *sorted(names)]:
            number += 1
            if number > MAX_FOUND:
                raise Unreadable(f"more than {MAX_FOUND:,} files; the others were not looked at")
            yield on_disk(root, Path(where, name))
    if blocked:
        raise Unreadable(f"{printable(blocked[0].filename)} cannot be opened")


def on_disk(root: Path, path: Path) -> File:
    """Return a file of this machine."""
    found = path.lstat()
    kinds = {stat.S_IFREG: "", stat.S_IFLNK: LINK, stat.S_IFDIR: FOLDER}
    problem = kinds.get(stat.S_IFMT(found.st_mode), SPECIAL)
    inside = path.relative_to(root).as_posix()
    return File(root, inside, found.st_size, found.st_mtime, problem, partial(contents, path))


def contents(path: Path) -> bytes:
    """Return what is in an ordinary file."""
    with ordinary(path) as file:
        return bounded(file)


class Careful(io.BufferedReader):
    """An archive that is not read when its table of contents would fill the memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return so many bytes, if they are not too many at once."""
        if size is not None and size > MAX_CONTENTS:
            raise Unreadable("its table of contents is too long")
        return super().read(size)


def in_archive(path: Path, opened: ExitStack) -> Iterator[File]:
    """Yield the files in a zip, which is left open for them."""
    raw = opened.enter_context(ordinary(path)).raw
    try:
        archive = zipfile.ZipFile(Careful(raw))
    except Unreadable:
        raise
    except Exception:  # zipfile raises whatever the broken part happens to cause
        raise Unreadable("not a zip, or only a part of one; download it again") from None
    if len(archive.infolist()) > MAX_FOUND:
        raise Unreadable(f"more than {MAX_FOUND:,} files")
    for info in archive.infolist():
        problem = entry_problem(info)
        if problem or not info.is_dir():
            read = partial(unpacked, archive, info)
            yield File(path, info.filename, info.file_size, packed_at(info), problem, read)


def packed(outer: File) -> list[File]:
    """Return the files in a zip that was handed in; nothing where it cannot be looked into.

    It is opened again for each that is read: the zips of a class do not lie in memory together.
    """

    def opened() -> zipfile.ZipFile:
        return zipfile.ZipFile(Careful(io.BytesIO(outer.read())))

    try:
        entries = opened().infolist()
    except Exception:  # zipfile raises whatever the broken part happens to cause
        return []
    return [
        File(
            outer.source,
            f"{outer.inside}/{info.filename}",
            info.file_size,
            outer.time,
            entry_problem(info),
            partial(unpacked_from, opened, info),
        )
        for info in entries[:MAX_PACKED]
        if not info.is_dir()
    ]


def entry_problem(info: zipfile.ZipInfo) -> str:
    """Say why an archive's entry cannot be taken, or nothing."""
    name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
    if STRAY.search(name) or len(name) > MAX_PATH or max(map(len, name.split("/"))) > 255:
        return "a path that no archive should have"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return LINK if kind == stat.S_IFLNK else SPECIAL
    if info.is_dir():
        return FOLDER if name.lower().endswith(".ipynb/") else ""
    if info.flag_bits & 1:
        return "locked with a password; ask for it without one"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packed in an unusual way; ask for an ordinary zip"
    return ""


def unpacked_from(opened: Callable[[], zipfile.ZipFile], info: zipfile.ZipInfo) -> bytes:
    """Return what is in an entry of an archive that is opened for it."""
    return unpacked(opened(), info)


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return what is in an entry."""
    try:
        with archive.open(info) as file:
            return bounded(file)
    except Exception:  # zipfile raises whatever the broken part happens to cause
        raise Unreadable("damaged in the archive; download it again") from None


def packed_at(info: zipfile.ZipInfo) -> float:
    """Return the time that an archive gives for an entry; 0 for the beginning of its calendar."""
    try:
        return (
            time.mktime((*info.date_time, 0, 0, -1)) if info.date_time[:3] > (1980, 1, 1) else 0.0
        )
    except (OverflowError, ValueError):
        return 0.0
