"""Small notebooks, and what their cells earned."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from autograder.classroom.rebuild import grade_id
from autograder.grader import is_locked, marks


def test(source: str, points: float = 4) -> nbformat.NotebookNode:
    """Return a locked test cell."""
    marks = {"grade": True, "locked": True, "solution": False, "grade_id": "t", "points": points}
    return new_code_cell(source, metadata={"nbgrader": marks})


test.__test__ = False  # type: ignore[attr-defined]


def given(source: str) -> nbformat.NotebookNode:
    """Return a locked cell without points."""
    marks = {"grade": False, "locked": True, "solution": False, "grade_id": "g"}
    return new_code_cell(source, metadata={"nbgrader": marks})


IMPORTS = "import numpy as np\nfrom autograder import check"

ROOT = Path(__file__).parent.parent
ASSIGNMENTS = sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())


def points(cells: list[nbformat.NotebookNode]) -> dict[str, float]:
    """Return what each test cell earned, read as nbgrader reads it."""
    earned = {}
    for cell in cells:
        if is_locked(cell) and marks(cell).get("grade"):
            results = [o for o in cell.outputs if o.output_type == "execute_result"]
            failed = any(o.output_type == "error" for o in cell.outputs)
            earned[grade_id(cell)] = 0.0 if failed else float(results[-1]["data"]["text/plain"])
    return earned


def full_marks(cells: list[nbformat.NotebookNode]) -> dict[str, float]:
    """Return the points that each test cell can give."""
    return {
        grade_id(cell): float(marks(cell)["points"])
        for cell in cells
        if is_locked(cell) and marks(cell).get("grade")
    }
