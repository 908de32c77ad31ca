"""The one writer: puts graded submissions into nbgrader's gradebook and its autograded folder.

It does through nbgrader's own API what `nbgrader autograde` does at the end of its run, with the
gradebook kept open and one commit a submission; a test compares the two row by row.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import nbformat
from nbgrader.api import Gradebook, SubmittedAssignment
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import text

from autograder.classroom.course import Course
from autograder.classroom.run import Graded

Line = dict[str, Any]


class Recorder:
    """Writes the gradebook of one assignment while a class is graded, and a journal beside it.

    A line is added to the journal when everything else of a submission is on disk. So whatever
    stops the run, what the journal has is finished, and the rest can be graded again.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self._course, self._assignment = course, assignment
        self._journal = course.root / "grading" / f"{assignment}.jsonl"

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._book: Gradebook = opened.enter_context(self._course.gradebook())
            if self._book.engine.dialect.name == "sqlite":
                # A killed process loses nothing either way; this only spares waits for the disk.
                self._book.db.execute(text("PRAGMA synchronous = NORMAL"))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._opened.close()

    def finished(self) -> dict[str, Line]:
        """Return the journal's last line of each student."""
        found: dict[str, Line] = {}
        if self._journal.exists():
            for written in self._journal.read_text("utf-8").splitlines():
                try:
                    line = json.loads(written)
                except ValueError:  # cut short when a run was killed
                    continue
                found[line["student"]] = line
        return found

    def record(self, graded: Graded) -> Line:
        """Write one submission everywhere and return its line for the report."""
        line: Line = {
            "student": graded.student,
            "digest": graded.digest,
            "points": None,
            "max_points": None,
            "cells": {},
            "by_hand": 0,
            "changed": {},
            "mistakes": graded.mistakes,
            "notes": [*graded.notes, *([graded.problem] if graded.problem else [])],
            "seconds": round(graded.seconds, 3),
        }
        if not graded.problem:
            line |= self._gradebook(graded)
            self._documents(graded)
        with self._journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return line

    def _gradebook(self, graded: Graded) -> Line:
        """Write the points; return what of the line the gradebook knows."""
        submission = self._submission(graded.student)
        changed: dict[str, list[float | None]] = {}
        cells: dict[str, float] = {}
        max_points = 0.0
        for notebook in submission.notebooks:
            points = graded.points.get(notebook.name, {})
            left = graded.unanswered.get(notebook.name, [])
            for grade in notebook.grades:
                new = points.get(grade.name, 0.0)
                if grade.auto_score not in (None, new):
                    changed[grade.name] = [grade.auto_score, new]
                grade.auto_score = new
                grade.needs_manual_grade = grade.manual_score is not None or new is None
                if grade.cell.cell_type == "code":
                    cells[grade.name] = new or 0.0
                    max_points += grade.max_score
            for comment in notebook.comments:
                comment.auto_comment = "No response." if comment.name in left else None
        self._book.db.commit()
        if submission.total_seconds_late > 0:
            self._penalize(submission)
        return {
            "points": round(sum(cells.values()), 4),
            "max_points": max_points,
            "cells": cells,
            "by_hand": sum(g.needs_manual_grade for n in submission.notebooks for g in n.grades),
            "changed": changed,
        }

    def _submission(self, student: str) -> SubmittedAssignment:
        """Return the gradebook's row for a submission, new or as it was."""
        folder = self._course.submitted(student, self._assignment)
        stamp = self._course.directory.get_existing_timestamp(str(folder))
        self._book.update_or_create_student(student)
        known = {"timestamp": stamp} if stamp else {}
        return self._book.update_or_create_submission(self._assignment, student, **known)

    def _penalize(self, submission: SubmittedAssignment) -> None:
        """Let nbgrader's own step, or the instructor's plugin in it, judge a late submission."""
        step = AssignLatePenalties(config=self._course.config)
        for notebook in submission.notebooks:
            ids = {
                "notebook": notebook.name,
                "assignment": self._assignment,
                "student": submission.student.id,
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
            path = folder / f"{name}.ipynb"
            new = path.with_suffix(".new")
            new.write_text(document, "utf-8")
            new.chmod(0o444)
            os.replace(new, path)
