"""The gradebook is the truth, and nothing in it is lost: not by a new version, not by a regrade."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import LEVEL
from nbformat import NotebookNode
from typer.testing import CliRunner

from autograder.classroom.course import Course, CourseError
from autograder.classroom.grade import grade_class
from autograder.classroom.rebuild import grade_id
from autograder.classroom.release import release
from autograder.classroom.sample import write_sample
from autograder.cli import app
from autograder.grader import marks

NAME = "02_mse"
Edit = Callable[[NotebookNode], None]


@pytest.fixture
def graded(course: Course) -> Course:
    """A course with two graded submissions; a person gave ada 1.5 points for her written answer."""
    release(course, NAME)
    write_sample(course, NAME, 2)
    list(grade_class(course, NAME, ["ada", "anouk"], 1, LEVEL))
    with course.gradebook() as book:
        grade = book.find_grade("written", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    return course


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell with this grade_id."""
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def edit(course: Course, change: Edit, name: str = NAME) -> None:
    """Change the source of the assignment, as its author would."""
    path = course.source(NAME) / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def renamed(notebook: NotebookNode) -> None:
    for old, new in (("written", "why"), ("test_mse_loop", "loop")):
        marks(cell(notebook, old))["grade_id"] = new


def one_more(notebook: NotebookNode) -> None:
    made = nbformat.v4.new_code_cell("assert mse_loop([1], [3]) == 4", id="more")
    made.metadata["nbgrader"] = {
        "grade": True, "grade_id": "more", "locked": True, "points": 3, "schema_version": 3,
        "solution": False, "task": False,
    }  # fmt: skip
    notebook.cells.append(made)


def one_less(notebook: NotebookNode) -> None:
    notebook.cells.remove(cell(notebook, "test_rmse_numpy"))


def other_points(notebook: NotebookNode) -> None:
    marks(cell(notebook, "test_mse_loop"))["points"] = 8


def points(course: Course, student: str) -> dict[str, float | None]:
    """Return the score of each cell of a student, as the gradebook has it."""
    with course.gradebook() as book:
        submission = book.find_submission(NAME, student)
        return {g.name: g.score for notebook in submission.notebooks for g in notebook.grades}


BEFORE = {
    "test_mse_loop": 4.0,
    "test_mse_numpy": 4.0,
    "test_rmse_numpy": 2.0,
    "test_squared_errors": 1.0,
    "by_hand": 1.0,
    "written": 1.5,
}
NEW_VERSIONS: dict[str, tuple[list[Edit], str, dict[str, float]]] = {
    "cells renamed": (
        [renamed],
        "written is now called why, and keeps its grades",
        {
            **{name: BEFORE[name] for name in BEFORE if name not in ("written", "test_mse_loop")},
            "why": 1.5,
            "loop": 4.0,
        },
    ),
    "a test more": ([one_more], "more is new: grade again", {**BEFORE, "more": 0.0}),
    "a test less": (
        [one_less],
        "test_rmse_numpy was taken out; its grades are kept in gradebook.before-",
        {name: BEFORE[name] for name in BEFORE if name != "test_rmse_numpy"},
    ),
    "other points": ([other_points], "test_mse_loop is worth 8 points, not 4: grade again", BEFORE),
}
AFTER = {
    "cells renamed": {},
    "a test more": {"more": 3.0},
    "a test less": {},
    "other points": {"test_mse_loop": 8.0},
}


@pytest.mark.parametrize("kind", NEW_VERSIONS)
def test_new_version_of_a_graded_assignment_loses_no_grade(kind: str, graded: Course) -> None:
    edits, says, kept = NEW_VERSIONS[kind]
    assert points(graded, "ada") == BEFORE
    for change in edits:
        edit(graded, change)
    notices = release(graded, NAME)
    assert any(notice.says.startswith(says) for notice in notices), notices
    assert points(graded, "ada") == kept
    copies = list(graded.database.parent.glob("gradebook.before-*.db"))
    assert len(copies) == (kind in ("cells renamed", "a test less"))
    for copy in copies:
        with sqlite3.connect(copy) as old:
            assert old.execute("select count(*) from grade").fetchone() == (12,)
    list(grade_class(graded, NAME, ["ada", "anouk"], 1, LEVEL))
    assert points(graded, "ada") == {**kept, **AFTER[kind]}
    assert release(graded, NAME) == []  # and nothing is left to say


def test_new_version_that_cannot_be_made_leaves_all_as_it_was(graded: Course) -> None:
    before = {p: p.read_bytes() for p in graded.released(NAME).rglob("*")}
    edit(graded, lambda notebook: marks(cell(notebook, "written")).update(grade_id="test_mse_loop"))
    with pytest.raises(CourseError, match="could not generate 02_mse"):
        release(graded, NAME)
    assert {p: p.read_bytes() for p in graded.released(NAME).rglob("*")} == before
    assert points(graded, "ada") == BEFORE
    assert not list(graded.database.parent.glob(".release-*"))


def test_second_notebook_comes_and_goes(graded: Course) -> None:
    part = graded.source(NAME) / "part_2.ipynb"
    shutil.copy(graded.source(NAME) / f"{NAME}.ipynb", part)
    assert {notice.about for notice in release(graded, NAME)} == {"part_2"}
    with graded.gradebook() as book:
        assert len(book.find_submission_notebook("part_2", NAME, "ada").grades) == 6
    assert points(graded, "ada").items() >= {"written": 0.0}.items()
    part.unlink()
    assert all("was taken out" in notice.says for notice in release(graded, NAME))
    assert not (graded.released(NAME) / "part_2.ipynb").exists()
    assert points(graded, "ada") == BEFORE


def test_release_never_replaces_answers(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    path = course.released(NAME) / f"{NAME}.ipynb"
    monkeypatch.chdir(course.root)
    path.write_text(path.read_text().replace("raise NotImplementedError", "return 42", 1))
    mine = path.read_bytes()
    done = CliRunner().invoke(app, ["release", NAME])
    said = " ".join(done.stderr.split())
    assert done.exit_code == 1 and f"{NAME}.ipynb holds answers (squared_errors)" in said, (
        done.output
    )
    assert "Traceback" not in said and path.read_bytes() == mine


def test_release_touches_no_file_that_is_as_it_should_be(course: Course) -> None:
    path = course.released(NAME) / f"{NAME}.ipynb"
    before = path.stat().st_ino, path.stat().st_mtime_ns
    assert release(course, NAME) == []
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    "name", ["hw+1", "a b", "Übung 1", "-x", "x" * 200, "hw[1]", "hw{1}", "a'b"]
)
def test_odd_name_of_an_assignment_works_or_is_told(
    name: str, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(course.source(NAME), course.source(NAME).with_name(name))
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(app, ["release", "--", name])
    assert not done.exception or isinstance(done.exception, SystemExit)
    if done.exit_code:
        assert "cannot be an assignment's name" in " ".join(done.stderr.split())
        assert not Path(course.root, "exercises", name).exists()
    else:
        assert (course.released(name) / f"{NAME}.ipynb").exists()
