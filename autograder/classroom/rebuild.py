"""What was handed in is never trusted as a frame: rebuild it from what was handed out.

The student's answers and own cells are taken; every locked cell, its points and its place are
ours. Duplicated, missing, retyped and unknown cells are thereby no special cases any more.
"""

from __future__ import annotations

import copy
import io
import os
import re
import stat
from pathlib import Path
from typing import Protocol

import nbformat
from nbformat import NotebookNode

from autograder.grader import is_locked, marks

LARGEST = 20 * 2**20
TOO_LARGE = f"larger than {LARGEST // 2**20} MB; clear its outputs first"
LINK = "a link, and links are not followed; the file itself is needed"
SPECIAL = "a pipe or a device, not a file"


class Unreadable(Exception):
    """A file that cannot be graded; str() is one line that says why."""


class Readable(Protocol):
    """What bytes can be read from, a part at a time."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""


def bounded(file: Readable) -> bytes:
    """Return what is in a file, or raise Unreadable before more than LARGEST lies in memory."""
    parts, left = [], LARGEST
    while part := file.read(2**16):
        left -= len(part)
        if left < 0:
            raise Unreadable(TOO_LARGE)
        parts.append(part)
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


def read(path: Path) -> NotebookNode:
    """Return the notebook in a file, or raise Unreadable."""
    with ordinary(path) as file:
        content = bounded(file)
    try:
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
        list(notebook.cells)
    except UnicodeDecodeError:
        raise Unreadable("not a notebook: it is not UTF-8 text") from None
    except Exception:  # nbformat raises whatever the broken part happens to cause
        raise Unreadable("not a notebook: its JSON is broken or incomplete") from None
    return notebook


def template(source: Path, release: Path) -> NotebookNode:
    """Return the released notebook with the hidden tests of its source put back."""
    released, locked = read(release.resolve()), {}
    for cell in read(source.resolve()).cells:
        if is_locked(cell):
            locked[grade_id(cell)] = cell.source
    for cell in released.cells:
        cell.source = locked.get(grade_id(cell), cell.source)
    return released


def rebuild(submitted: NotebookNode, handed_out: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Return the notebook to grade, and a line for each thing that was not as handed out.

    Raises Unreadable when the submission has no cell of this assignment, or a broken one.
    """
    if not all(map(is_cell, submitted.cells)):
        raise Unreadable("not a notebook: one of its cells is broken")
    known = {grade_id(cell): cell for cell in handed_out.cells if grade_id(cell)}
    answers: dict[str, str] = {}
    own: dict[str, list[NotebookNode]] = {}
    seen: set[str] = set()
    notes = foreign_kernel(submitted)
    place = ""
    for cell in submitted.cells:
        name = grade_id(cell)
        if name not in known:
            own.setdefault(place, []).append(cell)
            continue
        if name in seen:
            notes.append(f"the cell {name} is there more than once")
            if not is_locked(known[name]):
                own.setdefault(name, []).append(cell)
            continue
        seen.add(name)
        place = name
        answers[name] = text(cell)
        notes += changes(name, cell, known[name])
    if not seen:
        raise Unreadable("no cell of this assignment is in it")
    notes += [f"the cell {name} is missing; it was put back" for name in known if name not in seen]
    rebuilt = copy.deepcopy(handed_out)
    rebuilt.cells = [plain(cell) for cell in own.get("", [])]
    for name, cell in known.items():
        made = copy.deepcopy(cell)
        if name in answers and not is_locked(cell):
            made.source = answers[name]
        rebuilt.cells += [made, *(plain(extra) for extra in own.get(name, []))]
    for number, cell in enumerate(rebuilt.cells):
        cell.id = grade_id(cell) or f"own-{number}"
    return rebuilt, notes


def is_cell(cell: object) -> bool:
    """Whether a part of a notebook has what makes it a cell."""
    return (
        isinstance(cell, dict)
        and cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("metadata"), dict)
    )


def text(cell: NotebookNode) -> str:
    """Return what a cell holds; half a character, which no file can hold, is shown as \ufffd."""
    return re.sub("[\ud800-\udfff]", "\ufffd", str(cell.get("source", "")))


def printable(given: object, most: int = 100) -> str:
    """Return a text of unknown origin as it may be shown in a terminal, cut short."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in str(given)[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def grade_id(cell: NotebookNode) -> str:
    """Return the name by which nbgrader knows a cell, or ""."""
    return str(marks(cell).get("grade_id", ""))


def changes(name: str, cell: NotebookNode, ours: NotebookNode) -> list[str]:
    """Say what of a cell's frame was changed."""
    found = []
    if marks(cell).get("points") != marks(ours).get("points"):
        found.append(f"the points of {name} were changed; they count as handed out")
    if cell.cell_type != ours.cell_type:
        found.append(f"the cell {name} was turned into {cell.cell_type}; it counts as handed out")
    return found


def foreign_kernel(submitted: NotebookNode) -> list[str]:
    """Say so when the notebook was written for another language."""
    kernel = submitted.metadata.get("kernelspec", {})
    language = kernel.get("language", "python") if isinstance(kernel, dict) else "python"
    if language == "python":
        return []
    return [f"written for a kernel of {printable(language, 30)}; it was run with Python"]


def plain(cell: NotebookNode) -> NotebookNode:
    """Return a student's own cell without anything but its source."""
    make = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
    return make(text(cell))
