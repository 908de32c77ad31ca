"""The gradebook is the truth, and nothing in it is lost: not by a new version, not by a regrade."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from conftest import LEVEL, ROOT
from nbformat import NotebookNode
from typer.testing import CliRunner

from autograder.classroom.course import Course, CourseError
from autograder.classroom.grade import grade_class
from autograder.classroom.rebuild import grade_id
from autograder.classroom.record import Recorder
from autograder.classroom.release import release
from autograder.classroom.results import Line
from autograder.classroom.sample import write_sample
from autograder.cli import app
from autograder.grader import marks

NAME = "02_mse"
Edit = Callable[[NotebookNode], None]
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture(scope="module")
def graded_once(released_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `graded` is a copy of."""
    root = tmp_path_factory.mktemp("graded")
    course = Course(shutil.copytree(released_once, root, dirs_exist_ok=True))
    write_sample(course, NAME, 2)
    list(grade_class(course, NAME, ["ada", "anouk"], 1, LEVEL))
    with course.gradebook() as book:
        grade = book.find_grade("written", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    return root


@pytest.fixture
def graded(graded_once: Path, tmp_path: Path) -> Course:
    """A course with two graded submissions; a person gave ada 1.5 points for her written answer."""
    return Course(shutil.copytree(graded_once, tmp_path, dirs_exist_ok=True))


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


@pytest.mark.slow
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
    for _ in range(2):  # nor is anybody graded against them, however often one tries
        assert "holds answers" in " ".join(CliRunner().invoke(app, ["grade", NAME]).stderr.split())


def test_release_touches_no_file_that_is_as_it_should_be(course: Course) -> None:
    path = course.released(NAME) / f"{NAME}.ipynb"
    before = path.stat().st_ino, path.stat().st_mtime_ns
    assert release(course, NAME) == []
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    "name",
    ["hw+1", "Übung 1", "x" * 200, "hw[1]", "hw{1}",
     *(pytest.param(name, marks=pytest.mark.slow) for name in ("a b", "a'b", "-x"))],
)  # fmt: skip
def test_odd_name_of_an_assignment_works_or_is_told(
    name: str, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(course.source(NAME), course.source(NAME).with_name(name))
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(app, ["release", "--", name])
    assert not done.exception or isinstance(done.exception, SystemExit)
    if done.exit_code:
        assert "be an assignment's name" in " ".join(done.stderr.split())
        assert not Path(course.root, "exercises", name).exists()
    else:
        assert (course.released(name) / f"{NAME}.ipynb").exists()


def regraded(course: Course, *names: str, resume: bool = False) -> dict[str, Line]:
    """Grade again; return the lines."""
    chosen = list(names or ("ada", "anouk"))
    return {
        line.student: line for line in grade_class(course, NAME, chosen, 1, LEVEL, resume=resume)
    }


def test_resume_trusts_the_gradebook_and_not_the_journal(graded: Course) -> None:
    autograded = graded.root / "grading/autograded"
    with graded.gradebook() as book:
        book.remove_submission(NAME, "ada")
    shutil.rmtree(autograded / "anouk")
    lines = regraded(graded, resume=True)
    assert points(graded, "ada") == {**BEFORE, "written": 0.0}
    assert (autograded / "anouk" / NAME / f"{NAME}.ipynb").exists()
    assert regraded(graded, resume=True) == graded.journal(NAME).lines() == lines


def test_manual_grades_are_asked_for_again_only_where_the_answer_changed(graded: Course) -> None:
    assert regraded(graded)["ada"].by_hand == 0
    path = graded.submitted("ada", NAME) / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell(notebook, "written").source += " And one more thing."
    nbformat.write(notebook, path)
    assert regraded(graded)["ada"].by_hand == 1
    assert points(graded, "ada") == BEFORE
    shutil.rmtree(graded.root / "grading/autograded/ada")
    assert regraded(graded)["ada"].by_hand == 1  # what was graded is not there to compare


def test_a_picture_is_part_of_an_answer(graded: Course) -> None:
    path = graded.submitted("ada", NAME) / f"{NAME}.ipynb"
    for picture in ("iVBORw0KGgo=", "iVBORw0KGgoA"):
        notebook = nbformat.read(path, as_version=4)
        cell(notebook, "written").attachments = {"a.png": {"image/png": picture}}
        nbformat.write(notebook, path)
        assert regraded(graded)["ada"].by_hand == 1
        with graded.gradebook() as book:
            grade = book.find_grade("written", NAME, NAME, "ada")
            grade.manual_score, grade.needs_manual_grade = 1.0, False
            book.db.commit()
        assert regraded(graded)["ada"].by_hand == 0


def late(course: Course, days: float, extension: float | None = None) -> float:
    """Grade ada, who handed in at noon, with a due date so many days before; return the penalty."""
    (course.submitted("ada", NAME) / "timestamp.txt").write_text("2026-10-05 12:00:00 UTC")
    with course.gradebook() as book:
        due = datetime(2026, 10, 5, 12) - timedelta(days=days)
        book.update_or_create_assignment(NAME, duedate=due)
        book.find_submission(NAME, "ada").extension = extension and timedelta(days=extension)
        book.db.commit()
    penalty = regraded(course, "ada")["ada"].penalty
    with course.gradebook() as book:
        assert book.find_submission(NAME, "ada").late_submission_penalty == penalty
    return penalty


def test_penalties_follow_due_dates_and_extensions(graded: Course) -> None:
    config = graded.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    course = Course(graded.root)
    assert late(course, days=1) == 13.5  # all of 12 and 1.5
    assert late(course, days=-1) == 0.0
    assert late(course, days=1) == 13.5
    assert late(course, days=1, extension=2) == 0.0
    assert late(course, days=1) == 13.5
    (course.submitted("ada", NAME) / "timestamp.txt").unlink()
    assert regraded(course, "ada")["ada"].penalty == 0.0


def command(course: Course, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    """Run the command line in a course; return its status and what it says, in one line."""
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(app, list(arguments))
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, " ".join((done.stdout + done.stderr).split())


def test_gradebook_that_cannot_be_used_is_one_sentence(
    graded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(graded.database, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        status, said = command(graded, monkeypatch, "grade", NAME)
        assert status == 1 and "another program is writing into the gradebook" in said, said
        other.execute("ROLLBACK")
    whole = graded.database.read_bytes()
    with sqlite3.connect(graded.database) as other:
        other.execute("ALTER TABLE submitted_notebook DROP COLUMN late_submission_penalty")
    status, said = command(graded, monkeypatch, "grade", NAME)
    assert status == 1 and "an older nbgrader made this gradebook" in said, said
    graded.database.write_bytes(b"x" * 5000)
    status, said = command(graded, monkeypatch, "grade", NAME)
    assert status == 1 and "the gradebook cannot be used" in said, said
    graded.database.write_bytes(whole)
    assert command(graded, monkeypatch, "grade", NAME)[0] == 0


def test_a_grade_without_a_submission_is_told(
    graded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(graded.submitted("anouk", NAME).parent)
    status, said = command(graded, monkeypatch, "grade", NAME)
    assert status == 0 and "anouk: has a grade, and no submission any more" in said
    assert points(graded, "anouk")["test_mse_loop"] is not None


def test_what_nbgrader_cannot_generate_is_told_without_a_traceback(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = course.root / "solutions/empty"
    source.mkdir()
    status, said = command(course, monkeypatch, "release", "empty")
    assert status == 1 and "holds no notebook" in said
    made = nbformat.v4.new_code_cell("### AUTOTEST double(2)", id="test")
    made.metadata["nbgrader"] = {
        "grade": True, "grade_id": "test", "locked": True, "points": 3, "schema_version": 3,
        "solution": False, "task": False,
    }  # fmt: skip
    nbformat.write(nbformat.v4.new_notebook(cells=[made], metadata=PYTHON), source / "empty.ipynb")
    status, said = command(course, monkeypatch, "release", "empty")
    assert status == 1 and "autotests.yml" in said and "Traceback" not in said, said
    assert len(said) < 1500


def test_two_runs_do_not_mix(graded: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    with Recorder(graded, NAME):
        status, said = command(graded, monkeypatch, "grade", NAME)
    assert status == 1 and "this course is being graded already" in said
    assert command(graded, monkeypatch, "grade", NAME)[0] == 0


def test_another_seed_is_told(graded: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "secret seed" not in command(graded, monkeypatch, "grade", NAME)[1]
    graded.seed_file.write_text("another")
    _, said = command(graded, monkeypatch, "grade", NAME)
    assert "secret seed: another one than in the run before" in said
    assert "secret seed" not in command(graded, monkeypatch, "grade", NAME)[1]


def test_release_knows_an_instructors_own_tasks(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Execute.tasks = ['cosine.py']\n")
    made = nbformat.v4.new_notebook()
    answer = nbformat.v4.new_code_cell(
        "import numpy as np\n\ndef cosine_similarity(u, v):\n    ### BEGIN SOLUTION\n"
        "    return (u @ v) / np.sqrt((u @ u) * (v @ v))\n    ### END SOLUTION",
        id="answer",
    )
    test = nbformat.v4.new_code_cell("check(cosine_similarity)", id="test")
    for one, mark in ((answer, {"solution": True}), (test, {"grade": True, "points": 3})):
        one.metadata["nbgrader"] = {
            "grade": False, "solution": False, "locked": "grade" in mark, "task": False,
            "grade_id": one.id, "schema_version": 3, **mark,
        }  # fmt: skip
    load = nbformat.v4.new_code_cell("from autograder import check", id="load")
    made.cells = [load, answer, test]
    (course.root / "solutions/own").mkdir()
    nbformat.write(made, course.root / "solutions/own/own.ipynb")
    status, said = command(course, monkeypatch, "release", "own")
    assert status == 1 and "names cosine.py, which is not there" in said
    (course.root / "cosine.py").write_text("1 +")
    status, said = command(course, monkeypatch, "release", "own")
    assert status == 1 and "cosine.py is broken: SyntaxError" in said
    shutil.copy(ROOT / "docs/examples/cosine.py", course.root)
    status, said = command(course, monkeypatch, "release", "own")
    assert status == 0 and "own is released in exercises/own/" in said, said


@pytest.mark.slow
def test_nbgraders_exchange_round_trip(course: Course, tmp_path: Path) -> None:
    """From release_assignment to fetch_feedback, with our grading in the middle."""
    root, student = tmp_path / "exchange", tmp_path / "student"
    student.mkdir()
    root.mkdir(mode=0o777)
    root.chmod(0o777)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"\nc.Exchange.root = {str(root)!r}\n")
    (student / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.Exchange.root = {str(root)!r}\n"
        "c.CourseDirectory.course_id = 'loss-functions'\n"
    )
    environment = os.environ | {
        "HOME": str(student), "JUPYTER_DATA_DIR": str(student / "data"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip

    def nbgrader(where: Path, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=where, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    release(course, NAME)
    course = Course(course.root)
    nbgrader(course.root, "release_assignment", NAME)
    nbgrader(student, "fetch_assignment", NAME)
    nbgrader(student, "submit", NAME)
    nbgrader(course.root, "collect", NAME)
    (path,) = course.submitted("*", NAME).parent.parent.glob(f"*/{NAME}")
    name = path.parent.name
    stamp = (path / "timestamp.txt").read_text()
    (line,) = grade_class(course, NAME, [name], 1, LEVEL)
    assert line.graded and line.points == 0
    with course.gradebook() as book:
        assert str(book.find_submission(NAME, name).timestamp) in stamp
    nbgrader(course.root, "generate_feedback", NAME)
    nbgrader(course.root, "release_feedback", NAME)
    nbgrader(student, "fetch_feedback", NAME)
    (page,) = student.rglob(f"feedback/*/{NAME}.html")
    assert "not written yet" in page.read_text("utf-8")
