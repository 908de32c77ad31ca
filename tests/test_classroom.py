"""From a folder of submissions to scores in a real nbgrader gradebook."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from conftest import LEVEL
from gradebooks import scored
from rich.console import Console
from typer.testing import CliRunner

from autograder.classroom import report
from autograder.classroom.course import Course
from autograder.classroom.grade import grade_class, students
from autograder.classroom.rebuild import grade_id
from autograder.classroom.results import Line, Notice
from autograder.classroom.sample import sample_students, write_sample
from autograder.cli import app

NAME = "02_mse"


@pytest.fixture
def course(released: Course) -> Course:
    """A course of its own to grade in."""
    return released


def graded(course: Course, *names: str) -> dict[str, Line]:
    """Grade some students, or all, as `autograder grade` does."""
    chosen = list(names) or students(course, NAME)
    return {
        line.student: line for line in grade_class(course, NAME, chosen, workers=2, level=LEVEL)
    }


def by_cell(course: Course, student: str) -> dict[str, float | None]:
    """Return a student's points by the name of the cell in the sample's headers."""
    cells = scored(course, NAME)[student].cells
    return {name.removeprefix("test_"): points for name, points in cells.items()}


def nbgrader(course: Course, *command: str) -> subprocess.CompletedProcess[str]:
    """Run nbgrader itself in the course's folder."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=course.root, env=environment, capture_output=True, text=True,
    )  # fmt: skip


def test_sample_class_gets_the_scores_and_mistakes_worked_out_by_hand(course: Course) -> None:
    write_sample(course, NAME, 30)
    results = graded(course)
    for student in sample_students(NAME):
        assert by_cell(course, student.name) == pytest.approx(student.scores), student.name
        found = results[student.name].mistakes
        assert set(found) == set(student.mistakes)
        for task, mistakes in student.mistakes.items():
            assert set(mistakes) <= set(found[task]), (student.name, task)


def rows(course: Course) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return what the gradebook holds on every cell of every student."""
    with course.gradebook() as book:
        return {
            (submission.student.id, row.name): (
                getattr(row, "auto_score", None),
                getattr(row, "needs_manual_grade", None),
                getattr(row, "auto_comment", None),
            )
            for submission in book.assignment_submissions(NAME)
            for notebook in submission.notebooks
            for row in [*notebook.grades, *notebook.comments]
        }


def test_nbgrader_by_hand_gives_the_same_rows_and_feedback(course: Course) -> None:
    write_sample(course, NAME, 8)
    graded(course)
    ours, scores = rows(course), scored(course, NAME)
    shutil.rmtree(course.root / "grading/autograded")
    course.database.unlink()
    assert nbgrader(course, "generate_assignment", NAME, "--force").returncode == 0
    done = nbgrader(course, "autograde", NAME, "--force")
    assert done.returncode == 0, done.stderr
    assert scored(Course(course.root), NAME) == scores
    assert rows(Course(course.root)) == ours
    assert nbgrader(course, "generate_feedback", NAME).returncode == 0
    page = (course.root / "grading/feedback/bilal" / NAME / f"{NAME}.html").read_text("utf-8")
    assert "Python cannot read your code" in page


def test_feedback_can_be_made_from_our_own_run(course: Course) -> None:
    write_sample(course, NAME, 3)
    path = course.submitted("bilal", NAME) / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    script = "<script>document.title = 'mine'</script>"
    for cell in notebook.cells:
        if grade_id(cell) == "written":
            cell.source = script + "<b onclick='steal()'>my answer</b>"
        if grade_id(cell) == "weighted_mse":
            cell.source = f"from IPython.display import HTML, display\ndisplay(HTML({script!r}))"
    nbformat.write(notebook, path)
    graded(course)
    done = nbgrader(course, "generate_feedback", NAME)
    assert done.returncode == 0, done.stderr
    page = (course.root / "grading/feedback/bilal" / NAME / f"{NAME}.html").read_text("utf-8")
    assert "Python cannot read your code" in page and "<strong>values</strong>" in page
    assert "HIDDEN TESTS" not in page and "6.5" not in page
    assert "my answer" in page and "onclick" not in page
    assert script not in page


def test_resume_runs_only_what_is_new_or_changed(course: Course) -> None:
    write_sample(course, NAME, 4)
    graded(course)
    journal = course.root / "grading" / f"{NAME}.jsonl"
    journal.write_text(journal.read_text() + '{"student": "cut off')  # as after a kill
    answers = course.submitted("bo", NAME) / f"{NAME}.ipynb"
    answers.write_text(answers.read_text() + "\n")
    before = course.journal(NAME).lines()
    lines = {
        line.student: line
        for line in grade_class(
            course, NAME, students(course, NAME), workers=2, level=LEVEL, resume=True
        )
    }
    assert lines.keys() == before.keys()
    assert {name for name in lines if lines[name] != before[name]} == {"bo"}


def descendants(root: int) -> list[int]:
    """Return the processes that descend from one."""
    children = subprocess.run(["pgrep", "-P", str(root)], capture_output=True, text=True).stdout
    return [pid for child in map(int, children.split()) for pid in [child, *descendants(child)]]


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    state = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True)
    return state.stdout.strip() not in ("", "Z")


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGINT])
def test_stopped_run_loses_nothing_finished_and_leaves_nothing_running(
    course: Course, way: signal.Signals
) -> None:
    write_sample(course, NAME, 12)
    journal = course.root / "grading" / f"{NAME}.jsonl"
    run = subprocess.Popen(
        [Path(sys.executable).parent / "autograder", "grade", NAME],
        cwd=course.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        # what is started in the background may have been told to ignore it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    while not journal.exists() or journal.read_text().count("\n") < 3:
        assert run.poll() is None
        time.sleep(0.02)
    workers = descendants(run.pid)
    run.send_signal(way)
    assert run.wait() == (1 if way == signal.SIGINT else -way)
    soon = time.monotonic() + 10
    while (left := [pid for pid in workers if alive(pid)]) and time.monotonic() < soon:
        time.sleep(0.05)
    assert workers and not left
    finished = [json.loads(line)["student"] for line in journal.read_text().splitlines()]
    kept = scored(course, NAME)
    assert 3 <= len(finished) < 12
    assert all(name in kept for name in finished)
    lines = list(
        grade_class(course, NAME, students(course, NAME), workers=2, level=LEVEL, resume=True)
    )
    assert [line.student for line in lines[: len(finished)]] == sorted(finished)
    assert len(scored(course, NAME)) == 12
    for student in sample_students(NAME)[:12]:
        assert by_cell(course, student.name) == pytest.approx(student.scores)


def test_regrade_tells_every_changed_score(course: Course) -> None:
    write_sample(course, NAME, 2)
    graded(course)
    answers = course.submitted("ada", NAME) / f"{NAME}.ipynb"
    answers.write_text(answers.read_text().replace("np.mean(", "np.sum("))
    assert graded(course)["ada"].changed == {
        "test_mse_numpy": (4.0, 0.0),
        "test_rmse_numpy": (2.0, 0.0),
    }


def test_feedback_shows_what_the_student_saw_and_the_card(course: Course) -> None:
    write_sample(course, NAME, 30)
    graded(course, "nour")
    path = course.root / "grading/autograded/nour" / NAME / f"{NAME}.ipynb"
    cells = {grade_id(cell): cell for cell in nbformat.read(path, as_version=4).cells}
    card, points = cells["test_mse_numpy"].outputs
    assert "never divided by how many" in card["data"]["text/html"]
    assert points["data"]["text/plain"] == "0.0"


def test_regrading_changes_nothing(course: Course) -> None:
    write_sample(course, NAME, 4)
    graded(course)
    before = scored(course, NAME)
    graded(course)
    assert scored(course, NAME) == before


def test_a_manual_grade_survives_a_regrade(course: Course) -> None:
    write_sample(course, NAME, 1)
    graded(course)
    with course.gradebook() as book:
        book.find_grade("written", NAME, NAME, "ada").manual_score = 1.5
        book.db.commit()
    graded(course)
    with course.gradebook() as book:
        assert book.find_grade("written", NAME, NAME, "ada").manual_score == 1.5


def test_command_line_prints_a_table_and_json(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    run = CliRunner().invoke
    assert "3 submissions" in run(app, ["sample", NAME, "-n", "3"]).stdout
    table = run(app, ["grade", NAME, "--sample"])
    assert table.exit_code == 0
    assert "ada" in table.stdout and "12 / 12" in table.stdout
    assert "grading/sample/grading/gradebook.db" in table.stdout
    said = json.loads(run(app, ["grade", NAME, "--sample", "--json"]).stdout)
    lines = said["submissions"]
    assert [line["student"] for line in lines] == ["ada", "anouk", "bilal"]
    assert said["notices"] == [] and lines[2]["mistakes"] == {
        "mse_loop": ["syntax-error"],
        "rmse_numpy": ["undefined-name"],
    }
    assert (
        (course.root / "grading/sample/grading/02_mse.csv").read_text().startswith("student,points")
    )


def test_command_line_says_in_one_line_what_is_wrong(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CliRunner().invoke
    monkeypatch.chdir(course.root)
    for arguments, says in [
        (["grade", "99_none"], "no assignment '99_none'; there are 01_mae"),
        (["grade", "02_mse"], "nobody has submitted 02_mse"),
        (["sample", "01_mae"], "there is no sample class for '01_mae'"),
        (["check", "mse", "x.py"], "there is no task 'mse'; the tasks are"),
        (["check", "mse_loop", "nowhere.py"], "cannot read nowhere.py"),
    ]:
        done = run(app, arguments)
        assert done.exit_code == 1
        assert says in " ".join(done.stderr.split())
    settings = course.root / "nbgrader_config.py"
    for line, says in [
        ("c.Foo = (", "nbgrader_config.py cannot be read: SyntaxError"),
        ("c.Execute.cell_seconds = 'long'", "nbgrader_config.py: The 'cell_seconds' trait"),
        ("c.Execute.tasks = 3", "nbgrader_config.py"),
    ]:
        before = settings.read_text()
        settings.write_text(f"{before}{line}\n")
        done = run(app, ["grade", NAME, "--sample"])
        assert done.exit_code == 1 and says in " ".join(done.stderr.split()), done.output
        settings.write_text(before)
    for arguments in (["sample", NAME, "-n", "0"], ["grade", NAME, "--workers", "0"]):
        assert run(app, arguments).exit_code == 2
    settings.unlink()
    assert "call this inside a course's folder" in run(app, ["grade"]).stderr


def test_report_shows_whatever_a_student_is_called_as_text(course: Course) -> None:
    link = "[link=javascript:steal()]eve[/link] :skull: <b onclick=steal()>"
    names = [link, "\x1b[31mred\nline", "not\udcffutf8", "=1+1", "@SUM(A1)", "\t=1", "O'Brien"]
    common = Line("", points=1.0, max_points=2.0, cells={"t": 1.0}, changed={"t": (0.0, 1.0)})
    lines = [replace(common, student=name, notes=(f"={name}",)) for name in names]
    notices = [Notice(name, f"={name}") for name in names]
    (course.root / "grading").mkdir(exist_ok=True)
    page, table = report.write(course, NAME, lines, notices)
    made = page.read_text("utf-8")
    assert "<a " not in made and "<b " not in made
    assert "changed: [link=javascript:steal()]eve[/link] :skull: " in made
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    shown = [link, "\ufffd[31mred\ufffdline", "not\ufffdutf8", "'=1+1", "'@SUM(A1)", "'\ufffd=1"]
    assert [row[0] for row in rows] == [*shown, "O'Brien"] * 2
    assert all(row[6].startswith("'=") for row in rows)
    assert [row[1] for row in rows] == ["1.0"] * len(names) + [""] * len(names)
    terminal = io.StringIO()
    report.show(lines, notices, Console(file=terminal, force_terminal=True, width=200))
    assert "javascript" in terminal.getvalue()
    assert "\x1b[31mred" not in terminal.getvalue() and "\x1b]8" not in terminal.getvalue()


def test_folder_whose_name_is_no_name_is_told_and_the_others_are_graded(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(course, NAME, 1)
    for name in "\x1b[2Jeve", "not\udcffutf8":
        shutil.copytree(course.submitted("ada", NAME), course.submitted(name, NAME))
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(app, ["grade", NAME, "--level", LEVEL])
    assert done.exit_code == 3, done.output
    assert "12 / 12" in done.stdout
    for shown in "\ufffd[2Jeve", "not\ufffdutf8":
        assert f"✗ {shown}: cannot be a student's name; rename it\n" in done.stdout
    assert list(scored(course, NAME)) == ["ada"]


@pytest.mark.parametrize("text", ["=1+1", "Ada;=1+1", "Ada; @x", "-1"])
def test_no_spreadsheet_computes_what_a_student_is_called(text: str) -> None:
    assert not re.search(r"(^|;\s*)[=+@-]", report.field(text))
