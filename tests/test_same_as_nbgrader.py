"""What `nbgrader autograde` gives and what `autograder grade` gives: equal, or told in the guide.

First with our classes in nbgrader's own command, on every assignment of this course; then beside
nbgrader as it is installed, on its own example course and on twenty odd notebooks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import nbgrader
import pytest
from conftest import LEVEL, ROOT
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.classroom.course import Course
from autograder.classroom.grade import grade_class, students
from autograder.classroom.rebuild import grade_id
from autograder.classroom.release import release
from autograder.classroom.sample import write_sample

THEIRS = Path(nbgrader.__file__).parent / "docs/source/user_guide"
Rows = dict[tuple[str, str], tuple[float | None, bool]]
STOCK = "c = get_config()\nc.CourseDirectory.course_id = 'stock'\n"
OURS = STOCK + "from autograder.classroom.settings import configure\nconfigure(c)\n"


def rows(course: Course, assignment: str) -> Rows:
    """Return what the gradebook holds on every cell of every student."""
    with course.gradebook() as book:
        return {
            (submission.student.id, grade.name): (grade.auto_score, grade.needs_manual_grade)
            for submission in book.assignment_submissions(assignment)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def by_nbgrader(course: Course, assignment: str, whole: bool = True) -> Rows:
    """Grade with nbgrader's own command, in an empty gradebook."""
    shutil.rmtree(course.folder(course.directory.autograded_directory), ignore_errors=True)
    course.database.unlink(missing_ok=True)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in ("generate_assignment", "autograde"):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, assignment, "--force"],
            cwd=course.root, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0 or (command == "autograde" and not whole), done.stderr
    return rows(Course(course.root), assignment)


def by_us(course: Course, assignment: str) -> Rows:
    """Grade with our own run."""
    release(course, assignment)
    list(grade_class(course, assignment, students(course, assignment), 2, LEVEL))
    return rows(course, assignment)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "solutions").iterdir()))
def test_every_assignment_has_equal_rows(name: str, course: Course) -> None:
    """Handed in as it was given out, solved, and where there is one by the invented class."""
    for student, folder in {"empty": "exercises", "solved": "solutions"}.items():
        shutil.copytree(course.root / folder / name, course.submitted(student, name))
    if name == "02_mse":
        write_sample(course, name, 30)
    ours = by_us(course, name)
    assert {row[0] for (student, _), row in ours.items() if student == "empty"} == {0.0}
    assert by_nbgrader(course, name) == ours


def foreign(tmp_path: Path, settings: str) -> Course:
    """Return an empty course with these settings."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "nbgrader_config.py").write_text(settings)
    return Course(tmp_path)


PATCHES = ("sum_of_squares_uses_squares",)
"""The one test of nbgrader's example that takes a name away from the student's function."""


@pytest.mark.slow
def test_nbgraders_own_example(tmp_path: Path) -> None:
    found = {}
    for name, settings, grade in (("stock", STOCK, by_nbgrader), ("ours", OURS, by_us)):
        course = foreign(tmp_path / name, settings)
        shutil.copytree(THEIRS / "source/ps1", course.root / "source/ps1")
        shutil.copy(THEIRS / "source/header.ipynb", course.root / "source")
        shutil.copytree(THEIRS / "submitted", course.root / "submitted")
        found[name] = grade(course, "ps1")
    different = {key for key in found["stock"] if found["stock"][key] != found["ours"][key]}
    assert found["stock"].keys() == found["ours"].keys()
    assert {cell for _, cell in different} <= {*PATCHES}


def marked(source: str, name: str, kind: str = "code", **marks: object) -> NotebookNode:
    """Return a cell of the assignment."""
    cell = (new_code_cell if kind == "code" else new_markdown_cell)(source, id=name)
    cell.metadata["nbgrader"] = {
        "grade": False, "solution": False, "locked": False, "task": False, "grade_id": name,
        "schema_version": 3, **marks,
    }  # fmt: skip
    return cell


def homework() -> NotebookNode:
    """Return an assignment with every kind of cell."""
    stub = "def {0}(x):\n    ### BEGIN SOLUTION\n    return {1}\n    ### END SOLUTION"
    test = {"grade": True, "locked": True}
    return new_notebook(cells=[
        marked(stub.format("double", "2 * x"), "double", solution=True),
        marked("assert double(2) == 4", "test_double", points=2, **test),
        marked(
            "assert double(3) == 6\n### BEGIN HIDDEN TESTS\nassert double(5) == 10\n"
            "### END HIDDEN TESTS", "test_hidden", points=2, **test,
        ),
        marked("1.5 if double(1) == 2 else 0.5", "test_partial", points=2, **test),
        marked(stub.format("table", "{x: x}"), "table", solution=True),
        marked("assert table(1) == {1: 1}", "test_table", points=1, **test),
        marked("### BEGIN SOLUTION\nplot = 1\n### END SOLUTION", "plot", solution=True, grade=True,
               points=3),
        marked("Tidy?", "tidy", "markdown", task=True, locked=True, points=4),
        marked("Why?", "why", "markdown", solution=True, grade=True, points=5),
    ])  # fmt: skip


def put(name: str, source: str) -> Callable[[NotebookNode], None]:
    """Return an edit that writes an answer."""

    def edit(notebook: NotebookNode) -> None:
        next(cell for cell in notebook.cells if grade_id(cell) == name).source = source

    return edit


def drop(name: str) -> Callable[[NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        notebook.cells[:] = [cell for cell in notebook.cells if grade_id(cell) != name]

    return edit


def own(place: int, source: str, kind: str = "code") -> Callable[[NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        made = (new_code_cell if kind == "code" else new_markdown_cell)(source, id=f"own{place}")
        notebook.cells.insert(place, made)

    return edit


def swapped(notebook: NotebookNode) -> None:
    notebook.cells[0], notebook.cells[4] = notebook.cells[4], notebook.cells[0]


def nameless(notebook: NotebookNode) -> None:
    cell = next(cell for cell in notebook.cells if grade_id(cell) == "double")
    cell.metadata.clear()


def outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "2"})]


def unlocked(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if grade_id(cell) == "test_double":
            cell.metadata["nbgrader"]["locked"] = False
            cell.source = "2"


ODD: dict[str, Callable[[NotebookNode], None]] = {
    "solved": lambda notebook: None,
    "own cells": own(1, "import math\nnote = 1"),
    "own text": own(2, "a note", "markdown"),
    "own error": own(0, "1 / 0"),
    "own print": own(1, "print('hello')"),
    "wrong": put("double", "def double(x):\n    return x"),
    "table of inputs": put("double", "def double(x):\n    return {1: 2, 2: 4, 3: 6}.get(x)"),
    "raises": put("double", "def double(x):\n    raise ValueError('no')"),
    "syntax error": put("double", "def double(x:"),
    "another name": put("double", "def Double(x):\n    return 2 * x"),
    "magic": put("double", "%matplotlib inline\ndef double(x):\n    return 2 * x"),
    "prints": put("double", "def double(x):\n    print(x)\n    return 2 * x"),
    "NumPy number": put("double", "import numpy as np\ndef double(x):\n    return np.int64(2 * x)"),
    "lambda": put("double", "double = lambda x: 2 * x"),
    "class": put(
        "double", "class D:\n    def __call__(self, x):\n        return 2 * x\ndouble = D()"
    ),
    "unanswered text": put("why", "Why?"),
    "answer elsewhere": swapped,
    "no test": drop("test_double"),
    "no answer": drop("double"),
    "no text": drop("why"),
    "stored outputs": outputs,
    "changed test": unlocked,
    "no name": nameless,
    "warns": put(
        "double", "import warnings\ndef double(x):\n    warnings.warn('old')\n    return 2 * x"
    ),
    "exits": put("double", "def double(x):\n    raise SystemExit"),
}
DIFFERENT: dict[str, dict[str, tuple[object, object]]] = {
    "answer elsewhere": {  # put back into their places: every test runs after its answer
        "test_double": ((0.0, False), (2.0, False)),
        "test_hidden": ((0.0, False), (2.0, False)),
        "test_partial": ((0.0, False), (1.5, False)),
    },
    "no test": {"test_double": ((None, True), (2.0, False))},  # it is put back, and runs
    "no text": {"why": ((None, True), (0.0, False))},  # there is nothing to read
    "warns": {  # a warning is no mistake
        "test_double": ((0.0, False), (2.0, False)),
        "test_hidden": ((0.0, False), (2.0, False)),
        "test_partial": ((0.0, False), (1.5, False)),
    },
}
"""By student and cell what nbgrader gives and what we give; each has its line in the guide."""


@pytest.mark.slow
def test_odd_notebooks_beside_stock_nbgrader(tmp_path: Path) -> None:
    found = {}
    for name, settings, grade in (("stock", STOCK, by_nbgrader), ("ours", OURS, by_us)):
        course = foreign(tmp_path / name, settings)
        (course.root / "source/hw").mkdir(parents=True)
        nbformat.write(homework(), course.root / "source/hw/hw.ipynb")
        for student, edit in ODD.items():
            notebook = homework()
            edit(notebook)
            folder = course.root / "submitted" / student / "hw"
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / "hw.ipynb")
        found[name] = grade(course, "hw")
    different: dict[str, dict[str, tuple[object, object]]] = {}
    for student, cell in sorted({*found["stock"], *found["ours"]}):
        pair = tuple(rows.get((student, cell)) for rows in (found["stock"], found["ours"]))
        if pair[0] != pair[1]:
            different.setdefault(student, {})[cell] = pair
    assert different == DIFFERENT
