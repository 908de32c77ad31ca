"""What was handed in is never trusted as a frame: rebuild it from what was handed out.

The student's answers and own cells are taken; every locked cell, its points and its place are
ours. Duplicated, missing, retyped and unknown cells are thereby no special cases any more.
"""

from __future__ import annotations

import copy
import io
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import nbformat
from nbformat import NotebookNode, from_dict
from nbformat.v4.convert import upgrade_cell

from autograder.grader import is_locked, marks
from autograder.sandbox.inside import caps

TOO_LARGE = f"larger than {caps.MAX_FILE // 2**20} MB; clear its outputs first"
LINK = "a link, and links are not followed; the file itself is needed"
SPECIAL = "a pipe or a device, not a file"
BROKEN = "not a notebook: its JSON is broken or incomplete"
BROKEN_CELL = "not a notebook: one of its cells is broken"
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A text in JSON, or the rest of the file: no byte is ever read twice."""
MARKS = ("cell_type", "grade", "grade_id", "locked", "points", "schema_version", "solution", "task")
"""What nbgrader keeps with a cell."""
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


class Unreadable(Exception):
    """A file that cannot be graded; str() is one line that says why."""


class Readable(Protocol):
    """What bytes can be read from, a part at a time."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""


def bounded(file: Readable) -> bytes:
    """Return what is in a file, or raise Unreadable before more than MAX_FILE lies in memory."""
    parts, left = [], caps.MAX_FILE
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


def nothing_odd(folder: Path) -> None:
    """Raise Unreadable for a submission that has anything but files and folders, or is a link."""
    for path in (folder.parent, folder):
        if path.is_symlink():
            raise Unreadable(f"{printable(path.name)}: {LINK}")
    for where, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            kind = os.lstat(os.path.join(where, name)).st_mode
            if not stat.S_ISDIR(kind) and not stat.S_ISREG(kind):
                raise Unreadable(f"{printable(name)}: {LINK if stat.S_ISLNK(kind) else SPECIAL}")


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


def read(path: Path) -> Any:
    """Return what JSON says in a notebook that was handed in, or raise Unreadable."""
    with ordinary(path) as file:
        raw = bounded(file)
    count_values(raw)
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("not a notebook: it is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise Unreadable(BROKEN) from None


def count_values(raw: bytes) -> None:
    """Raise Unreadable before JSON becomes more values than there may be: most cost far more there.

    Outside of texts, each but the first has one of these characters before it.
    """
    values = end = 0
    for text in STRING.finditer(raw):
        before = sum(raw.count(mark, end, text.start()) for mark in (b",", b":", b"[", b"{"))
        if end and not before:
            raise Unreadable(BROKEN)
        values, end = values + before, text.end()
        if values > caps.MAX_VALUES:
            break
    values += sum(raw.count(mark, end) for mark in (b",", b":", b"[", b"{"))
    if values > caps.MAX_VALUES:
        raise Unreadable(f"it has more than {caps.MAX_VALUES:,} values; clear its outputs first")


def reduced(given: Any) -> NotebookNode:
    """Return a notebook of today's format with nothing in it but what grading uses.

    What else was handed in costs nothing any more: outputs above all, which nbformat would check
    one by one. Raises Unreadable when what is used is too much, or broken.
    """
    cells = cells_of(given)
    if len(cells) > caps.MAX_CELLS:
        raise Unreadable(f"it has more than {caps.MAX_CELLS:,} cells")
    kept = [reduced_cell(cell, older=given["nbformat"] < 4) for cell in cells]
    if sum(len(cell.get("attachments", {})) for cell in kept) > caps.MAX_PICTURES:
        raise Unreadable(f"more than {caps.MAX_PICTURES:,} pictures are attached in it")
    if sum(map(written, kept)) > caps.MAX_WRITTEN:
        raise Unreadable(f"more than {caps.MAX_WRITTEN:,} characters are written in it")
    metadata: dict[str, Any] = {}
    match given.get("metadata"):
        case {"kernelspec": {"language": str(language)}}:
            names = ("name", "display_name", "language")  # a notebook has all three or is invalid
            metadata["kernelspec"] = dict.fromkeys(names, language[:100])
    # From minor 5 on, cells have ids; those of a submission are never used.
    return from_dict({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": kept})


def cells_of(given: Any) -> list[Any]:
    """Return a notebook's cells, wherever its format keeps them; Unreadable if there are none."""
    match given:
        case {"nbformat": 4, "cells": list(cells)}:
            return cells
        case {"nbformat": 2 | 3, "worksheets": list(sheets)}:
            parts = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
            return [cell for part in parts if isinstance(part, list) for cell in part]
        case {"nbformat": int(version)} if version not in (2, 3, 4):
            raise Unreadable(f"a notebook of format {printable(version, 20)}; 2, 3 and 4 are known")
    raise Unreadable(BROKEN)


def reduced_cell(given: Any, older: bool) -> NotebookNode:
    """Return a cell with nothing in it but what grading uses."""
    if not isinstance(given, dict):
        raise Unreadable(BROKEN_CELL)
    kind, metadata = given.get("cell_type"), given.get("metadata", {} if older else None)
    source = text(given.get("input" if older and kind == "code" else "source", ""))
    if older:
        level = given.get("level") if given.get("level") in range(1, 7) else 1
        old: dict[str, Any] = {"cell_type": kind, "source": source, "level": level}
        old |= {"input": source, "outputs": []}
        made = upgrade_cell(from_dict(old))
        kind, source = made.cell_type, made.source
    if kind not in ("code", "markdown", "raw") or not isinstance(metadata, dict):
        raise Unreadable(BROKEN_CELL)
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    if isinstance(found := metadata.get("nbgrader"), dict):
        kept = {key: found[key] for key in MARKS if isinstance(found.get(key), (str, int, float))}
        cell["metadata"] = {"nbgrader": kept}
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    elif shown := pictures(given.get("attachments")):
        cell["attachments"] = shown
    return from_dict(cell)


def pictures(given: Any) -> dict[str, dict[str, str]]:
    """Return the pictures among what is attached to a cell, and nothing that is none."""
    bundles = given.items() if isinstance(given, dict) else ()
    found = {
        name: {
            kind: data
            for kind in PICTURES
            if isinstance(data := bundle.get(kind), str) and BASE64.fullmatch(data)
        }
        for name, bundle in bundles
        if isinstance(bundle, dict)
    }
    return {name: kept for name, kept in found.items() if kept}


def written(cell: NotebookNode) -> int:
    """Return how many characters of a cell go into the notebook that is graded."""
    return len(cell.source) + sum(
        len(name) + sum(map(len, kinds.values()))
        for name, kinds in cell.get("attachments", {}).items()
    )


def ours(path: Path) -> NotebookNode:
    """Return a notebook of the course itself, whole."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception:  # nbformat raises whatever the broken part happens to cause
        raise Unreadable(f"{path.name} of the course itself is no notebook") from None


def template(source: Path, release: Path) -> NotebookNode:
    """Return the released notebook with the hidden tests of its source put back."""
    released, locked = ours(release), {}
    for cell in ours(source).cells:
        if is_locked(cell):
            locked[grade_id(cell)] = cell.source
    for cell in released.cells:
        cell.source = locked.get(grade_id(cell), cell.source)
    return released


def rebuild(given: Any, handed_out: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Return the notebook to grade, and a line for each thing that was not as handed out.

    Raises Unreadable when the submission has no cell of this assignment, or a broken one.
    """
    submitted = reduced(given)
    known = {grade_id(cell): cell for cell in handed_out.cells if grade_id(cell)}
    answers: dict[str, NotebookNode] = {}
    own: dict[str, list[NotebookNode]] = {}
    notes = foreign_kernel(submitted)
    place = ""
    for cell in submitted.cells:
        name = grade_id(cell)
        if name not in known:
            own.setdefault(place, []).append(cell)
            continue
        if name in answers:
            notes.append(f"the cell {name} is there more than once")
            if not is_locked(known[name]):
                own.setdefault(name, []).append(cell)
            continue
        place = name
        answers[name] = cell
        notes += changes(name, cell, known[name])
    if not answers:
        raise Unreadable("no cell of this assignment is in it")
    missing = [name for name in known if name not in answers]
    notes += [f"the cell {name} is missing; it was put back" for name in missing]
    rebuilt = copy.deepcopy(handed_out)
    rebuilt.cells = [plain(cell) for cell in own.get("", [])]
    for name, cell in known.items():
        made = copy.deepcopy(cell)
        if name in answers and not is_locked(cell):
            made |= content(answers[name], made.cell_type)
        rebuilt.cells += [made, *(plain(extra) for extra in own.get(name, []))]
    for number, cell in enumerate(rebuilt.cells):
        cell.id = grade_id(cell) or f"own-{number}"
    if (more := len(notes) - caps.MAX_NOTES) > 0:
        notes[caps.MAX_NOTES :] = [f"{more:,} lines more like these"]
    return rebuilt, notes


def text(given: Any) -> str:
    """Return what a cell holds; half a character, which no file can hold, is shown as \ufffd."""
    parts = given if isinstance(given, list) else [str(given)]
    if not all(isinstance(part, str) for part in parts):
        raise Unreadable(BROKEN_CELL)
    return re.sub("[\ud800-\udfff]", "\ufffd", "".join(parts))


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
    """Return a student's own cell without anything but its content.

    Made as it is: nbformat's own function would check each against its schema, a millisecond each.
    """
    if cell.cell_type != "code":
        return from_dict({"cell_type": "markdown", "metadata": {}, **content(cell, "markdown")})
    empty: dict[str, Any] = {"metadata": {}, "outputs": [], "execution_count": None}
    return from_dict({"cell_type": "code", **empty, **content(cell, "code")})


def content(cell: NotebookNode, kind: str) -> dict[str, Any]:
    """Return what a student wrote in a cell that will be of this kind; code has no pictures."""
    found = {"source": cell.source}
    if kind != "code" and "attachments" in cell:
        found["attachments"] = cell.attachments
    return found
