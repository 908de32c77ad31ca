"""The one writer: puts graded submissions into nbgrader's gradebook and its autograded folder.

It makes the rows that `nbgrader autograde` makes, with nbgrader's own classes, but commits
whatever is finished together; a test compares the two row by row.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Self
from zoneinfo import available_timezones

import nbformat
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import select, text
from sqlalchemy.orm import selectinload

from autograder.classroom.course import Course, CourseError
from autograder.classroom.files import EXCHANGE, Unreadable, ordinary, printable, whole
from autograder.classroom.matching import grade_id
from autograder.classroom.results import Line
from autograder.classroom.run import Graded
from autograder.grader import data_files
from autograder.sandbox.inside.caps import MAX_STAMP


class Recorder:
    """Writes the gradebook of one assignment while a class is graded, and the journal last."""

    def __init__(self, course: Course, assignment: str) -> None:
        self._course, self._assignment = course, assignment
        self._journal = course.journal(assignment)

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(alone_in(self._course.home))
            self._book: Gradebook = opened.enter_context(self._course.gradebook())
            if self._book.engine.dialect.name == "sqlite":
                # A killed process loses nothing either way; this only spares waits for the disk.
                self._book.db.execute(text("PRAGMA synchronous = NORMAL"))
            self._load()
            self._opened = opened.pop_all()
        return self

    def _load(self) -> None:
        """Fetch what all submissions have in common, and who is known already."""
        database = self._book.db
        database().expire_on_commit = False
        self._row = self._book.find_assignment(self._assignment)
        self._names = {notebook.id: notebook.name for notebook in self._row.notebooks}
        self._cells = {
            cell.id: cell
            for notebook in self._row.notebooks
            for cell in [*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells]
        }
        self._students = set(database.scalars(select(Student.id)))
        mine = SubmittedAssignment.assignment_id == self._row.id
        self._known = set(database.scalars(select(SubmittedAssignment.student_id).where(mine)))
        self._automatic = self._course.automatic(self._assignment)
        self._ours = data_files(self._course.source(self._assignment))

    def __exit__(self, *error: Any) -> bool | None:
        return self._opened.__exit__(*error)

    def kept(self, lines: Mapping[str, Line]) -> dict[str, Line]:
        """Return the lines that are true still: the gradebook has their points, and what was run.

        Somebody may have taken out a row in formgrader, or a folder.
        """
        mine = (
            select(SubmittedAssignment.student_id, BaseCell.name, Grade.auto_score)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .join(BaseCell, BaseCell.id == Grade.cell_id)
            .where(SubmittedAssignment.assignment_id == self._row.id)
        )
        there: dict[str, dict[str, float | None]] = defaultdict(dict)
        for student, cell, points in self._book.db.execute(mine):
            there[student][cell] = points
        return {
            student: line
            for student, line in lines.items()
            if not line.graded
            or (line.cells.items() <= there[student].items() and self._folder(student).is_dir())
        }

    def record(self, batch: Sequence[Graded]) -> list[Line]:
        """Write some submissions everywhere, with one commit; return their lines for the report."""
        rows = self._rows({graded.student for graded in batch if not graded.problem})
        lines = [self._line(graded, rows.get(graded.student)) for graded in batch]
        self._book.db.commit()
        for number, graded in enumerate(batch):
            if row := rows.get(graded.student):
                lines[number] = replace(lines[number], penalty=self._penalty(row))
                self._documents(graded)
        self._journal.add(lines)
        return lines

    def _rows(self, students: set[str]) -> dict[str, SubmittedAssignment]:
        """Return the gradebook's rows for some submissions, new or as they were.

        They are let go after their batch, so that no memory grows with the class.
        """
        asked = students & self._known
        parts = selectinload(SubmittedAssignment.notebooks)
        found = (
            select(SubmittedAssignment)
            .where(SubmittedAssignment.assignment_id == self._row.id)
            .where(SubmittedAssignment.student_id.in_(asked))
            .options(parts.selectinload(SubmittedNotebook.grades))
            .options(parts.selectinload(SubmittedNotebook.comments))
        )
        rows = {row.student_id: row for row in self._book.db.scalars(found)} if asked else {}
        rows |= {student: self._new_row(student) for student in students - self._known}
        for row in rows.values():
            self._complete(row)
        self._known |= students
        return rows

    def _new_row(self, student: str) -> SubmittedAssignment:
        """Add a submission."""
        if student not in self._students:
            self._students.add(student)
            self._book.db.add(Student(id=student))
        row = SubmittedAssignment(assignment_id=self._row.id, student_id=student)
        self._book.db.add(row)
        return row

    def _complete(self, row: SubmittedAssignment) -> None:
        """Give a submission a row for each cell, as Gradebook.add_submission does."""
        there = {made.notebook_id: made for made in row.notebooks}
        for notebook in self._row.notebooks:
            made = there.get(notebook.id)
            if made is None:
                made = SubmittedNotebook(notebook_id=notebook.id, assignment=row)
                self._book.db.add(made)
            graded = {grade.cell_id for grade in made.grades}
            commented = {comment.cell_id for comment in made.comments}
            for cell in [*notebook.grade_cells, *notebook.task_cells]:
                if cell.id not in graded:
                    made.grades.append(Grade(cell_id=cell.id))
            for cell in [*notebook.solution_cells, *notebook.task_cells]:
                if cell.id not in commented:
                    made.comments.append(Comment(cell_id=cell.id))

    def _line(self, graded: Graded, row: SubmittedAssignment | None) -> Line:
        """Put one submission into the gradebook and return its line."""
        notes = [*graded.notes, *([graded.problem] if graded.problem else [])]
        if graded.problem and graded.student in self._known:
            earlier = self._book.find_submission(self._assignment, graded.student).score
            said = (
                f"not graded now; the gradebook still has {earlier:g} points of an earlier hand-in"
            )
            notes += [said] if earlier else []
        if row:
            try:
                row.timestamp = handed_in(self._course.submitted(graded.student, self._assignment))
            except Unreadable as reason:
                notes.append(f"its timestamp.txt does not count: {reason}")
        line = Line(
            student=graded.student,
            digest=graded.digest,
            mistakes=graded.mistakes,
            notes=tuple(notes),
            seconds=round(graded.seconds, 3),
        )
        return self._gradebook(graded, row, line) if row else line

    def _gradebook(self, graded: Graded, submission: SubmittedAssignment, line: Line) -> Line:
        """Write the points; return the line with what the gradebook knows."""
        changed: dict[str, tuple[float | None, float | None]] = {}
        cells: dict[str, float] = {}
        max_points, by_hand = 0.0, 0
        for notebook in submission.notebooks:
            name = self._names[notebook.notebook_id]
            points = graded.points.get(name, {})
            left = graded.unanswered.get(name, [])
            same = self._same_answers(graded, notebook)
            for grade in notebook.grades:
                cell = self._cells[grade.cell_id]
                if isinstance(cell, GradeCell):
                    new = points.get(cell.name, 0.0)
                    if grade.auto_score not in (None, new):
                        changed[cell.name] = grade.auto_score, new
                    settled = grade.manual_score is not None and not grade.needs_manual_grade
                    if not (settled and grade.auto_score == new and cell.name in same):
                        grade.needs_manual_grade = grade.manual_score is not None or new is None
                    grade.auto_score = new
                    if cell.name in self._automatic:
                        cells[cell.name] = new or 0.0
                        max_points += cell.max_score
                elif name not in graded.points:  # not handed in: nobody has to look at it
                    grade.auto_score, grade.needs_manual_grade = 0.0, False
                elif grade.needs_manual_grade is None or (
                    grade.manual_score is not None and "" not in same
                ):  # a task that a person grades may be answered anywhere in the notebook
                    grade.needs_manual_grade = True
                by_hand += grade.needs_manual_grade
            for comment in notebook.comments:
                answered = self._cells[comment.cell_id].name not in left
                comment.auto_comment = None if answered else "No response."
        return replace(
            line,
            points=round(sum(cells.values()), 4),
            max_points=max_points,
            cells=cells,
            by_hand=by_hand,
            changed=changed,
        )

    def _same_answers(self, graded: Graded, notebook: SubmittedNotebook) -> set[str]:
        """Return the cells that are as they were when a person graded some of the notebook."""
        if all(grade.manual_score is None for grade in notebook.grades):
            return set()
        name = self._names[notebook.notebook_id]
        try:
            before = sources((self._folder(graded.student) / f"{name}.ipynb").read_text("utf-8"))
        except (OSError, ValueError):
            return set()
        after = sources(graded.documents.get(name, ""))
        return {cell for cell, source in after.items() if before.get(cell) == source}

    def _penalty(self, submission: SubmittedAssignment) -> float:
        """Return what a late submission loses, as nbgrader's own step or the plugin in it says.

        It is worked out anew each time: the due date may have moved, or an extension was given.
        """
        asked = select(SubmittedNotebook.late_submission_penalty).where(
            SubmittedNotebook.assignment_id == submission.id
        )
        late = self._row.duedate is not None and submission.total_seconds_late > 0
        if not late and not any(self._book.db.scalars(asked)):
            return 0.0
        step = AssignLatePenalties(config=self._course.config)
        for name in self._names.values():
            ids = {
                "notebook": name,
                "assignment": self._assignment,
                "student": submission.student_id,
                "db_url": self._course.directory.db_url,
            }
            step.preprocess(nbformat.v4.new_notebook(), {"nbgrader": ids})
        self._book.db.commit()  # or else what another connection wrote is not seen
        return float(sum(penalty or 0.0 for penalty in self._book.db.scalars(asked)))

    def _folder(self, student: str) -> Path:
        """Return where a student's autograded notebooks lie."""
        autograded = self._course.directory.autograded_directory
        return self._course.folder(autograded, student, self._assignment)

    def _documents(self, graded: Graded) -> None:
        """Write the autograded notebooks, whole or not at all, read-only as nbgrader does.

        Beside them lie the course's own files, and what nbgrader's exchange knows a submission by.
        """
        folder = self._folder(graded.student)
        folder.mkdir(parents=True, exist_ok=True)
        files = {f"{name}.ipynb": text.encode() for name, text in graded.documents.items()}
        files |= self._ours
        submitted = self._course.submitted(graded.student, self._assignment)
        files |= {name: said for name in EXCHANGE if (said := stamp(submitted / name))}
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with whole(folder / name, 0o444) as file:
                file.write(content)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the course, so that no second run writes between the lines of this one."""
    import fcntl  # not on Windows, where nobody is graded

    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(
                "this course is being graded already; wait until that is over"
            ) from None
        yield


def sources(notebook: str) -> dict[str, str]:
    """Return what each cell of a notebook that we wrote says, pictures too, by its name.

    Under no name stands what all of them say.
    """
    cells = json.loads(notebook)["cells"] if notebook else []
    said = ["".join(cell["source"]) + str(cell.get("attachments", "")) for cell in cells]
    return {"": "\0".join(said)} | {
        grade_id(cell): text for cell, text in zip(cells, said, strict=True) if grade_id(cell)
    }


def stamp(path: Path) -> bytes:
    """Return what is in a small file that nbgrader made; nothing where it is no such file."""
    try:
        with ordinary(path) as file:
            said = file.read(MAX_STAMP + 1)
    except Unreadable:
        return b""
    return said if len(said) <= MAX_STAMP else b""


def handed_in(folder: Path) -> datetime | None:
    """Return when a submission was handed in, as its timestamp.txt says; None when it has none."""
    path = folder / "timestamp.txt"
    if not os.path.lexists(path):
        return None
    with ordinary(path) as file:
        said = file.read(MAX_STAMP + 1)
    when: datetime | None = None
    with suppress(Exception):  # dateutil raises whatever the odd part happens to cause
        _, *rest = said.decode().strip().split(" ", 2)
        if len(said) <= MAX_STAMP and (len(rest) < 2 or is_zone(rest[1])):
            when = parse_utc(said.decode().strip())
    if when is None:
        raise Unreadable(
            f"“{printable(said.decode(errors='replace'), 40)}” is no time that is understood"
        )
    return when


@cache  # the zones are some hundreds of files
def is_zone(word: str) -> bool:
    """Whether nbgrader understands a time's third word: of PST or PM it makes nothing, silently."""
    return word.lstrip("+-").isdigit() or word in {"UTC", "GMT", *available_timezones()}
