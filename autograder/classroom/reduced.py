"""A notebook that was handed in, with nothing left in it but what grading uses.

Bounded before it is parsed; what else was handed in costs nothing any more.
"""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat.v4.convert import upgrade_cell

from autograder.classroom.files import TOO_LARGE, Unreadable, ordinary, printable
from autograder.sandbox.inside import caps

BROKEN = "not a notebook: its JSON is broken or incomplete"
STILL_TOO_LARGE = (
    f"larger than {caps.MAX_FILE // 2**20} MB without its outputs; take large pictures out of it"
)
TOO_MANY = "its outputs have too many parts; clear them first"
BROKEN_CELL = "not a notebook: one of its cells is broken"
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A text in JSON, or the rest of the file: no byte is ever read twice."""
TOKEN = re.compile(
    rb'(?P<outputs>"outputs"\s*+:\s*+\[)|(?P<text>' + STRING.pattern + rb")|[][{}]", re.DOTALL
)
MARKS = ("cell_type", "grade", "grade_id", "locked", "points", "schema_version", "solution", "task")
"""What nbgrader keeps with a cell."""
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
CELL_ID = re.compile(r"[\w-]{1,64}")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


def read(path: Path) -> Any:
    """Return what JSON says in a notebook that was handed in, or raise Unreadable."""
    raw = without_outputs(path)
    count_values(raw)
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("not a notebook: it is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise Unreadable(BROKEN) from None


def without_outputs(path: Path) -> bytes:
    """Return what is in a file but for the outputs; they are most of it, and are never used.

    They are skipped while the file still lies on the disk: what is kept is all that takes memory.
    """
    with ordinary(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > caps.MAX_RAW:
            raise Unreadable(TOO_LARGE)
        if not size:
            raise Unreadable(BROKEN)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            parts, left = [], caps.MAX_FILE
            for start, end in kept(raw):
                left -= end - start
                if left < 0:
                    raise Unreadable(STILL_TOO_LARGE)
                parts.append(raw[start:end])
    return b"".join(parts)


def kept(raw: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Yield from where to where a notebook is kept: up to `"outputs": [`, then from its `]` on."""
    start = inside = 0
    for looked_at, token in enumerate(TOKEN.finditer(raw)):
        if looked_at == caps.MAX_SKIPPED:
            raise Unreadable(TOO_MANY)
        if token.lastgroup == "outputs" and not inside:
            yield start, token.end()
            inside = 1
        elif token.lastgroup != "text" and inside:
            inside += 1 if raw[token.end() - 1] in b"[{" else -1
            start = token.end() - 1
    if inside:
        raise Unreadable(BROKEN)
    yield start, len(raw)


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
        raise Unreadable(f"it has more than {caps.MAX_VALUES:,} values")


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
    # From minor 5 on, cells must have ids; those of a submission only say which cell it was.
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
    known_as = given.get("id", metadata.get("id"))  # Colab keeps it in the metadata
    if isinstance(known_as, str) and CELL_ID.fullmatch(known_as):
        cell["id"] = known_as
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
        text(name): {
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


def text(given: Any) -> str:
    """Return what a cell holds; half a character, which no file can hold, is shown as \ufffd."""
    parts = given if isinstance(given, list) else [str(given)]
    if not all(isinstance(part, str) for part in parts):
        raise Unreadable(BROKEN_CELL)
    return re.sub("[\ud800-\udfff]", "\ufffd", "".join(parts))
