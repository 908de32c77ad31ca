"""Who may grade how: the isolation level by name, and a seed that nobody can look up."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.classroom.course import Course, CourseError
from autograder.classroom.sample import is_sample, write_sample
from autograder.cli import app
from autograder.grader import Grader
from autograder.sandbox import NoSandbox, levels
from autograder.sandbox.inside.caps import MAX_FILE

NAME = "02_mse"
WEAKER = "process"


@pytest.fixture
def weaker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the strongest level."""
    missing = {"bubblewrap": "bubblewrap is missing; install it", "bubblewrap-shared": "gone"}
    monkeypatch.setattr(levels, "lacks", lambda level: missing.get(level, ""))


@pytest.mark.usefixtures("weaker")
def test_weaker_level_has_to_be_named() -> None:
    with pytest.raises(NoSandbox, match=f"install it.*--level {WEAKER}"):
        levels.settle()
    assert levels.settle(WEAKER) == WEAKER
    assert levels.settle(ours=True) == WEAKER
    with pytest.raises(NoSandbox, match="was asked for, but bubblewrap is missing"):
        levels.settle(levels.LEVELS[-1])
    with pytest.raises(NoSandbox, match="there are"):
        levels.settle("armour")
    with pytest.raises(NoSandbox, match="install it"):
        Grader()


@pytest.mark.usefixtures("weaker")
def test_real_class_is_not_graded_on_a_weaker_level_unasked(
    released: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = write_sample(released, NAME, 1)
    path.write_text(path.read_text().replace("total = 0", "total = 0  # mine"))
    monkeypatch.chdir(released.root)
    refused = CliRunner().invoke(app, ["grade", NAME])
    assert refused.exit_code == 1 and f"--level {WEAKER}" in refused.output
    with released.gradebook() as book:
        assert not book.assignment_submissions(NAME)
    answer = released.root / "answer.py"
    answer.write_text("def mse_loop(y_true, y_pred): return 0")
    checked = CliRunner().invoke(app, ["check", "mse_loop", str(answer)])
    assert checked.exit_code == 1 and f"--level {WEAKER}" in checked.output


@pytest.mark.usefixtures("weaker")
def test_sample_class_is_graded_unasked_and_the_level_is_said(
    released: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(released, NAME, 2)
    monkeypatch.chdir(released.root)
    graded = CliRunner().invoke(app, ["grade", NAME])
    assert graded.exit_code == 0, graded.output
    (line,) = [one for one in graded.output.splitlines() if "isolation level" in one]
    assert WEAKER in line and "install it" in line


def test_sample_is_the_sample_to_the_letter(released: Course) -> None:
    paths = write_sample(released, NAME, 32)
    names = [path.parent.parent.name for path in paths]
    assert "ada-2" in names and is_sample(released, NAME, names)
    paths[1].write_text(paths[1].read_text().replace("\n", " \n", 1))
    assert not is_sample(released, NAME, names)
    assert is_sample(released, NAME, names[2:])
    assert not is_sample(released, NAME, ["somebody"])


def link(path: Path) -> None:
    path.rename(path.with_name("there"))
    path.symlink_to("there")


ODD: dict[str, Callable[[Path], object]] = {
    "no folder": lambda path: shutil.rmtree(path.parent),
    "no notebook": lambda path: path.unlink(),
    "second notebook": lambda path: shutil.copy(path, path.with_name("more.ipynb")),
    "other file": lambda path: path.with_name("numpy.py").write_text("raise"),
    "folder in it": lambda path: path.with_name("more").mkdir(),
    "link": link,
    "linked folder": lambda path: link(path.parent),
    "linked student": lambda path: link(path.parent.parent),
    "pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "huge": lambda path: os.truncate(path, MAX_FILE + 1),
    "no text": lambda path: path.write_bytes(b"\xff"),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
}


@pytest.mark.parametrize("odd", ODD)
def test_sample_is_nothing_but_the_sample(odd: str, course: Course) -> None:
    (path,) = write_sample(course, NAME, 1)
    assert is_sample(course, NAME, ["ada"])
    ODD[odd](path)
    assert not is_sample(course, NAME, ["ada"])


@pytest.mark.parametrize("inside", ["ada", f"ada/{NAME}"])
def test_sample_is_not_written_elsewhere(inside: str, course: Course) -> None:
    (path,) = write_sample(course, NAME, 1)
    before = path.stat().st_ino
    link(path.parent if "/" in inside else path.parent.parent)
    with pytest.raises(CourseError, match="the folder of ada is a link"):
        write_sample(course, NAME, 1)
    assert path.stat().st_ino == before


def test_sample_is_of_an_assignment_with_one_notebook(course: Course) -> None:
    """What else is graded would come from people."""
    write_sample(course, NAME, 1)
    source = course.source(NAME) / f"{NAME}.ipynb"
    shutil.copy(source, source.with_name("more.ipynb"))
    assert not is_sample(course, NAME, ["ada"])


def test_seed_is_made_once_is_secret_and_stays(course: Course) -> None:
    first = course.seed()
    assert len(first) == 32 and Course(course.root).seed() == first
    assert stat.S_IMODE(course.seed_file.stat().st_mode) == 0o600
    course.seed_file.write_text("")
    with pytest.raises(CourseError, match="delete it"):
        course.seed()
    course.seed_file.unlink()
    assert course.seed() != first


def test_seed_of_the_settings_counts_a_number_too(course: Course) -> None:
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.Execute.course_seed = 2026\n")
    assert Course(course.root).seed() == "2026"
    assert not course.seed_file.exists()


def test_first_grading_tells_where_the_seed_is_and_a_regrade_asks_the_same(
    released: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(released, NAME, 1)
    monkeypatch.chdir(released.root)
    first = CliRunner().invoke(app, ["grade", NAME])
    assert first.exit_code == 0 and str(Path("grading/seed")) in first.output, first.output
    again = CliRunner().invoke(app, ["grade", NAME])
    assert again.exit_code == 0 and "grading/seed" not in again.output
    assert "changed" not in again.output


def test_graders_without_a_seed_ask_other_questions() -> None:
    with Grader(level=levels.settle(ours=True)) as one, Grader(level=one.sandbox.level) as other:
        assert one._seed("ada") != other._seed("ada")


def test_hidden_tests_with_marks_of_their_own_are_refused(course: Course) -> None:
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write('\nc.ClearHiddenTests.begin_test_delimeter = "HIDE"\n')
    with pytest.raises(CourseError, match="BEGIN HIDDEN TESTS"):
        Course(course.root).seed()
