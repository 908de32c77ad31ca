"""A synthetic class with known mistakes, to try everything on. Its people are invented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.classroom.course import Course, CourseError
from autograder.classroom.rebuild import bounded, grade_id, ordinary, ours


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


def write_sample(course: Course, assignment: str, size: int) -> list[Path]:
    """Write `size` submissions into the course's submitted folder and return their notebooks."""
    written = []
    for name, student in roster(sample_students(assignment), size):
        target = course.submitted(name, assignment) / f"{assignment}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(submission(ours(course.released(assignment) / target.name), student), target)
        written.append(target)
    return written


def is_sample(course: Course, assignment: str, names: list[str]) -> bool:
    """Whether these submissions are the invented ones, letter by letter, and nobody else's."""
    try:
        invented = {student.name: student for student in sample_students(assignment)}
    except CourseError:
        return False
    released = course.released(assignment) / f"{assignment}.ipynb"
    expected: dict[str, str] = {}
    for name in names:
        base = re.sub(r"-\d+$", "", name)
        if base not in invented:
            return False
        if base not in expected:
            expected[base] = nbformat.writes(submission(ours(released), invented[base]))
        with ordinary(course.submitted(name, assignment) / f"{assignment}.ipynb") as file:
            if bounded(file).decode("utf-8", "replace").strip() != expected[base].strip():
                return False
    return True


def roster(invented: list[Student], size: int) -> Iterator[tuple[str, Student]]:
    """Yield `size` names with their students; a second ada is called ada-2."""
    for number in range(size):
        student = invented[number % len(invented)]
        again = number // len(invented) + 1
        yield (student.name if again == 1 else f"{student.name}-{again}"), student


def submission(released: NotebookNode, student: Student) -> NotebookNode:
    """Return the released notebook with a student's answers in it."""
    for cell in released.cells:
        cell.source = student.answers.get(grade_id(cell), cell.source)
    return released
