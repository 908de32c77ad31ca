"""A synthetic class with known mistakes, to try everything on. Its people are invented."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.classroom.course import SETTINGS, Course, CourseError
from autograder.classroom.rebuild import (
    Unreadable,
    bounded,
    grade_id,
    nothing_odd,
    ordinary,
    ours,
    whole,
)


@dataclass(frozen=True)
class Student:
    """One invented student: what they wrote in each cell, and the scores worked out by hand."""

    name: str
    answers: dict[str, str]
    scores: dict[str, float]
    mistakes: dict[str, tuple[str, ...]]


def sample_students(assignment: str) -> list[Student]:
    """Return the invented students of an assignment; CourseError when it has none."""
    folder = files(__package__) / "students" / assignment
    if not folder.is_dir():
        raise CourseError(f"there is no sample class for {assignment!r}")
    found = sorted(folder.iterdir(), key=lambda path: path.name)
    return [parse(path.name.removesuffix(".txt"), path.read_text("utf-8")) for path in found]


def parse(name: str, text: str) -> Student:
    """Read a student's file: two header lines, then a section `# %% cell` for each answer."""
    header, *sections = re.split(r"^# %% (\w+)\n", text, flags=re.MULTILINE)
    lines = dict(re.findall(r"^# (scores|mistakes): (.*)$", header, re.MULTILINE))
    mistakes = dict(pair.split("=") for pair in lines["mistakes"].split() if "=" in pair)
    return Student(
        name=name,
        answers={
            cell: code.strip("\n") for cell, code in zip(sections[::2], sections[1::2], strict=True)
        },
        scores={
            cell: float(points) for cell, points in (p.split("=") for p in lines["scores"].split())
        },
        mistakes={task: tuple(slugs.split("+")) for task, slugs in mistakes.items()},
    )


SETTINGS_OF_SAMPLE = '''\
"""A course to try things out in: the assignments of the one above, invented students."""

from pathlib import Path

HERE, ABOVE = Path(__file__).parent, Path(__file__).parent{above}
c = get_config()
load_subconfig("nbgrader_config.py", path=str(ABOVE))
c.CourseDirectory.course_id = "sample"
for step in ("source", "release"):
    folder = c.CourseDirectory.get(f"{{step}}_directory", step)
    c.CourseDirectory[f"{{step}}_directory"] = str(ABOVE / folder)
c.CourseDirectory.db_url = f"sqlite:///{{HERE / 'grading' / 'gradebook.db'}}"
c.Execute.tasks = [str(ABOVE / name) for name in c.Execute.get("tasks", [])]
'''


def sample_course(course: Course) -> Course:
    """Return the course in which the invented students are; it is made where there is none.

    It has the assignments of the real one, and folders, gradebook and seed of its own.
    """
    root = course.home / "sample"
    if course.directory.course_id == "sample":
        return course
    root.mkdir(exist_ok=True)
    above = ".parent" * len(root.relative_to(course.root).parts)
    with whole(root / SETTINGS) as file:
        file.write(SETTINGS_OF_SAMPLE.format(above=above).encode())
    return Course(root)


def write_sample(course: Course, assignment: str, size: int) -> list[Path]:
    """Write `size` submissions into the course's submitted folder and return their notebooks."""
    written = []
    for name, student in roster(sample_students(assignment), size):
        target = course.submitted(name, assignment) / f"{assignment}.ipynb"
        if target.parent.is_symlink() or target.parent.parent.is_symlink():
            raise CourseError(f"the folder of {name} is a link; move that away first")
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target) as file:
            file.write(handed_in(course, assignment, student))
        written.append(target)
    return written


def is_sample(course: Course, assignment: str, names: list[str]) -> bool:
    """Whether these submissions are the invented ones, letter by letter, and nothing else."""
    only = f"{assignment}.ipynb"
    try:
        expected = {
            student.name: handed_in(course, assignment, student)
            for student in sample_students(assignment)
        }
        if [path.name for path in course.source(assignment).glob("*.ipynb")] != [only]:
            return False
        for name in names:
            folder = course.submitted(name, assignment)
            nothing_odd(folder)
            if os.listdir(folder) != [only]:
                return False
            with ordinary(folder / only) as file:
                if bounded(file) != expected.get(re.sub(r"-\d+$", "", name)):
                    return False
    except (CourseError, Unreadable, OSError):
        return False
    return True


def roster(invented: list[Student], size: int) -> Iterator[tuple[str, Student]]:
    """Yield `size` names with their students; a second ada is called ada-2."""
    for number in range(size):
        student = invented[number % len(invented)]
        again = number // len(invented) + 1
        yield (student.name if again == 1 else f"{student.name}-{again}"), student


def handed_in(course: Course, assignment: str, student: Student) -> bytes:
    """Return the notebook that a student of the sample hands in."""
    released = ours(course.released(assignment) / f"{assignment}.ipynb")
    return str(nbformat.writes(submission(released, student))).encode()


def submission(released: NotebookNode, student: Student) -> NotebookNode:
    """Return the released notebook with a student's answers in it."""
    for cell in released.cells:
        cell.source = student.answers.get(grade_id(cell), cell.source)
    return released
