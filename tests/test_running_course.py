"""Courses beside ours: one that runs already and takes an assignment of ours, the sample's own,
and a student's machine that has nothing but NumPy and JupyterLab."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import nbformat
import nbgrader
import pytest
from conftest import LEVEL, ROOT
from gradebooks import scored
from typer.testing import CliRunner

from autograder.classroom.course import Course
from autograder.classroom.rebuild import grade_id
from autograder.classroom.sample import sample_course, write_sample
from autograder.cli import app

NAME = "02_mse"
BIN = Path(sys.executable).parent
THEIRS = Path(nbgrader.__file__).parent / "docs/source/user_guide/submitted"
"""What two students handed in to nbgrader's own example course."""


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this environment in a folder; it has to succeed."""
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def rows(course: Course, assignment: str) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return what the gradebook holds on every cell of every student."""
    with course.gradebook() as book:
        return {
            (submission.student.id, grade.name): (grade.auto_score, grade.needs_manual_grade)
            for submission in book.assignment_submissions(assignment)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


@pytest.mark.slow
def test_a_running_course_takes_one_of_our_assignments(tmp_path: Path) -> None:
    """nbgrader's own example course, ours added by a folder and two lines; both ways of grading."""
    run(tmp_path, "nbgrader", "quickstart", "theirs")
    root = tmp_path / "theirs"
    shutil.copytree(ROOT / "solutions" / NAME, root / "source" / NAME)
    settings = root / "nbgrader_config.py"
    settings.write_text(
        settings.read_text()
        + "\nfrom autograder.classroom.settings import configure\nconfigure(c)\n"
    )
    run(root, "autograder", "release", NAME)
    course = Course(root)
    write_sample(course, NAME, 4)
    shutil.copytree(THEIRS, root / "submitted", dirs_exist_ok=True)
    ours = {}
    for name in (NAME, "ps1"):
        done = run(root, "autograder", "grade", name, "--level", LEVEL, "--json")
        assert all(line["points"] is not None for line in json.loads(done.stdout)["submissions"])
        ours[name] = rows(course, name)
    assert ours[NAME]["ada", "test_mse_loop"] == (4.0, False)
    assert {student for student, _ in ours["ps1"]} == {"bitdiddle", "hacker"}
    assert not list(root.glob("*.jsonl"))  # what we keep lies in a folder of its own
    course.database.unlink()
    shutil.rmtree(root / "autograded")
    for name in (NAME, "ps1"):
        run(root, "nbgrader", "generate_assignment", name, "--force")
        run(root, "nbgrader", "autograde", name)
        assert rows(Course(root), name) == ours[name]


@pytest.mark.slow
def test_the_sample_touches_no_real_class(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = course.submitted("ada", NAME) / f"{NAME}.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("a real student's")
    monkeypatch.chdir(course.root)
    commands = (["sample", NAME, "-n", "3"], ["grade", NAME, "--sample"])
    for command in commands:
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
    assert "12 / 12" in done.stdout and "grading/sample/grading/02_mse.csv" in done.stdout
    assert mine.read_text() == "a real student's" and not course.database.exists()
    assert len(scored(sample_course(course), NAME)) == 3
    assert not course.seed_file.exists() and sample_course(course).seed_file.exists()
    for command in (["nbgrader", "generate_feedback", NAME], ["autograder", "grade", NAME]):
        run(course.root / "grading/sample", *command)  # it is a course like any other
    assert (course.root / "grading/sample/grading/feedback/ada" / NAME / f"{NAME}.html").exists()


def test_zip_for_students_holds_the_checks_and_no_answer(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    path = course.root / f"grading/release/{NAME}.zip"
    made = []
    for _ in range(2):
        assert CliRunner().invoke(app, ["release", NAME]).exit_code == 0
        made.append(path.read_bytes())
    assert made[0] == made[1]
    with zipfile.ZipFile(path) as archive:
        (checks,) = [name for name in archive.namelist() if name.endswith(".whl")]
        assert checks in archive.read("START_HERE.txt").decode()
        with archive.open(checks) as file, zipfile.ZipFile(file) as inner:
            names = inner.namelist()
            assert not any(part in name for name in names for part in ("classroom", "students"))
            assert "autograder/judge/sentences.toml" in names


@pytest.mark.slow
def test_a_student_with_numpy_and_jupyterlab_alone_gets_a_card(
    course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(course.root)
    assert CliRunner().invoke(app, ["release", NAME]).exit_code == 0
    home = tmp_path / "home"
    with zipfile.ZipFile(course.root / f"grading/release/{NAME}.zip") as archive:
        archive.extractall(home)
    venv.create(home / "env")
    python = home / "env/bin/python"
    install = [str(BIN / "uv"), "pip", "install", "--quiet", "--python", str(python)]
    run(home, *install, "numpy", "jupyterlab")
    run(home, *install, "--offline", *map(str, home.glob("*.whl")))
    execute = ["-m", "jupyter", "nbconvert", "--execute", "--allow-errors", "--to", "notebook"]
    run(home, str(python), *execute, f"{NAME}/{NAME}.ipynb", "--output", "done.ipynb")
    cells = {grade_id(c): c for c in nbformat.read(home / NAME / "done.ipynb", as_version=4).cells}
    card, stopped = cells["test_mse_loop"].outputs
    assert "not finished yet" in card["data"]["text/html"]
    assert stopped.ename == "CheckFailed"
