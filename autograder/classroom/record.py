"""The one writer: puts graded submissions into nbgrader's gradebook and its autograded folder.

It makes the rows that `nbgrader autograde` makes, with nbgrader's own classes, but commits
whatever is finished together; a test compares the two row by row.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import nbformat
from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import select, text
from sqlalchemy.orm import selectinload

from autograder.classroom.course import Course
from autograder.classroom.rebuild import Unreadable, ordinary, printable, whole
from autograder.classroom.results import Line
from autograder.classroom.run import Graded
from autograder.sandbox.inside.caps import MAX_STAMP


class Recorder:
    """Writes the gradebook of one assignment while a class is graded, and the journal last."""

    def __init__(self, course: Course, assignment: str) -> None:
        self._course, self._assignment = course, assignment
        self._journal = course.journal(assignment)

    def __enter__(self) -> Self:
        with ExitStack() as opened:
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._opened.close()

    def record(self, batch: Sequence[Graded]) -> list[Line]:
        """Write some submissions everywhere, with one commit; return their lines for the report."""
        rows = self._rows({graded.student for graded in batch if not graded.problem})
        written = [(graded, self._line(graded, rows.get(graded.student))) for graded in batch]
        self._book.db.commit()
        for graded, _ in written:
            if not graded.problem:
                self._penalize(rows[graded.student])
                self._documents(graded)
        lines = [line for _, line in written]
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
        self._known |= students
        return rows

    def _new_row(self, student: str) -> SubmittedAssignment:
        """Add a submission with a row for every cell, as Gradebook.add_submission would."""
        if student not in self._students:
            self._students.add(student)
            self._book.db.add(Student(id=student))
        row = SubmittedAssignment(assignment_id=self._row.id, student_id=student)
        for notebook in self._row.notebooks:
            made = SubmittedNotebook(notebook_id=notebook.id, assignment=row)
            graded = [*notebook.grade_cells, *notebook.task_cells]
            commented = [*notebook.solution_cells, *notebook.task_cells]
            made.grades = [Grade(cell_id=cell.id) for cell in graded]
            made.comments = [Comment(cell_id=cell.id) for cell in commented]
        self._book.db.add(row)
        return row

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
            for grade in notebook.grades:
                cell = self._cells[grade.cell_id]
                new = points.get(cell.name, 0.0)
                if grade.auto_score not in (None, new):
                    changed[cell.name] = grade.auto_score, new
                grade.auto_score = new
                grade.needs_manual_grade = grade.manual_score is not None or new is None
                by_hand += grade.needs_manual_grade
                if cell.cell_type == "code":
                    cells[cell.name] = new or 0.0
                    max_points += cell.max_score
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

    def _penalize(self, submission: SubmittedAssignment) -> None:
        """Let nbgrader's own step, or the instructor's plugin in it, judge a late submission."""
        if submission.total_seconds_late <= 0:
            return
        step = AssignLatePenalties(config=self._course.config)
        for name in self._names.values():
            ids = {
                "notebook": name,
                "assignment": self._assignment,
                "student": submission.student_id,
                "db_url": self._course.directory.db_url,
            }
            step.preprocess(nbformat.v4.new_notebook(), {"nbgrader": ids})

    def _documents(self, graded: Graded) -> None:
        """Write the autograded notebooks, whole or not at all, read-only as nbgrader does."""
        folder = self._course.folder(
            self._course.directory.autograded_directory, graded.student, self._assignment
        )
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in graded.documents.items():
            with whole(folder / f"{name}.ipynb", 0o444) as file:
                file.write(document.encode())


def handed_in(folder: Path) -> datetime | None:
    """Return when a submission was handed in, as its timestamp.txt says; None when it has none."""
    path = folder / "timestamp.txt"
    if not os.path.lexists(path):
        return None
    with ordinary(path) as file:
        said = file.read(MAX_STAMP + 1)
    try:
        when: datetime | None = parse_utc(said.decode().strip()) if len(said) <= MAX_STAMP else None
    except Exception:  # dateutil raises whatever the odd part happens to cause
        when = None
    if when is None:
        raise Unreadable(f"“{printable(said.decode(errors='replace'), 40)}” is no time")
    return when
