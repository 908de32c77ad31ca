"""Whose a cell is, as nbgrader's metadata says, and the files that lie beside a notebook."""

from __future__ import annotations

import site
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.judge.style import ARRAYS, LIBRARIES


def data_files(folder: Path | None) -> dict[str, bytes]:
    """Return the files that lie beside an assignment's notebooks, by their relative paths."""
    if folder is None:
        return {}
    files = [path for path in sorted(folder.rglob("[!.]*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.suffix != ".ipynb" and ".ipynb_checkpoints" not in path.parts
    }


def marks(cell: NotebookNode) -> dict[str, Any]:
    """Return nbgrader's part of a cell's metadata."""
    found = cell["metadata"].get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def is_locked(cell: NotebookNode) -> bool:
    """Whether a cell is the course's and not the student's."""
    found = marks(cell)
    return bool(found.get("locked") or found.get("grade")) and not found.get("solution")


def without_hidden(source: str) -> str:
    """Return a test cell without what stands between nbgrader's marks of hidden tests."""
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        inside = inside or "BEGIN HIDDEN TESTS" in line
        kept.append("" if inside else line)
        inside = inside and "END HIDDEN TESTS" not in line
    return "\n".join(kept)


def is_module(name: str) -> bool:
    """Whether a file of this name would be imported in the place of a library."""
    known = {*sys.stdlib_module_names, *sys.builtin_module_names, *LIBRARIES, *ARRAYS}
    return name in known or PathFinder.find_spec(name, site.getsitepackages()) is not None
