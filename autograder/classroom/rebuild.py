"""What was handed in is never trusted as a frame: rebuild it from what was handed out.

The student's answers and own cells are taken; every locked cell, its points and its place are
ours. Duplicated, missing, retyped and unknown cells are thereby no special cases any more.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, from_dict

from autograder.classroom.files import (
    LINK,
    SPECIAL,
    TOO_LARGE,
    Unreadable,
    bounded,
    nothing_odd,
    ordinary,
    printable,
    whole,
)
from autograder.classroom.matching import Matching, asked, grade_id, is_answer
from autograder.classroom.reduced import read, reduced
from autograder.grader import is_locked
from autograder.sandbox.inside import caps

__all__ = [
    "LINK", "SPECIAL", "TOO_LARGE", "Unreadable", "bounded", "few", "grade_id", "nothing_odd",
    "ordinary", "ours", "printable", "read", "rebuild", "reduced", "template", "whole",
]  # fmt: skip


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
    matching = Matching(submitted.cells, handed_out.cells)
    named = {
        number: handed_out.cells[place]
        for place, number in matching.found.items()
        if grade_id(handed_out.cells[place])
    }
    if not named:
        raise Unreadable("no cell of this assignment is in it")
    notes = [*foreign_kernel(submitted), *matching.notes]
    answers: dict[str, NotebookNode] = {}
    own: dict[str, list[NotebookNode]] = {}
    place = ""
    for number, cell in enumerate(submitted.cells):
        if number in named:
            place = grade_id(named[number])
            answers[place] = cell
            notes += turned(cell, named[number])
        elif number not in matching.extra or is_answer(known(handed_out)[grade_id(cell)]):
            own.setdefault(place, []).append(cell)
    rebuilt = copy.deepcopy(handed_out)
    rebuilt.cells = [plain(cell) for cell in own.get("", [])]
    for name, cell in known(handed_out).items():
        made = copy.deepcopy(cell)
        if name not in answers:
            notes.append(put_back(made, matching.bound))
        elif not is_locked(cell):
            made |= content(answers[name], made.cell_type)
        rebuilt.cells += [made, *(plain(extra) for extra in own.get(name, []))]
    for number, cell in enumerate(rebuilt.cells):
        cell.id = grade_id(cell) or f"own-{number}"
    return rebuilt, few(notes)


def few(notes: list[str]) -> list[str]:
    """Return as many lines as somebody would read, and how many more there are."""
    more = len(notes) - caps.MAX_NOTES
    return [*notes[: caps.MAX_NOTES], *([f"{more:,} lines more like these"] if more > 0 else [])]


def known(handed_out: NotebookNode) -> dict[str, NotebookNode]:
    """Return the cells of a hand-out that have a name."""
    return {grade_id(cell): cell for cell in handed_out.cells if grade_id(cell)}


def put_back(missing: NotebookNode, bound: set[str]) -> str:
    """Say that a cell is missing; it is left empty where it would undo what stands elsewhere."""
    says = f"the cell {grade_id(missing)} is missing; it was put back"
    if is_answer(missing) and asked(missing) & bound:
        missing.source = ""
        return f"{says} empty, for another cell defines what it should"
    return says


def turned(cell: NotebookNode, ours: NotebookNode) -> list[str]:
    """Say so where a cell was turned into one of another kind."""
    if cell.cell_type == ours.cell_type:
        return []
    name = grade_id(ours)
    return [f"the cell {name} was turned into {cell.cell_type}; it counts as handed out"]


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
