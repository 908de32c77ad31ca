"""One run of `autograder grade`: collect, settle how and with which seed, grade, keep what there
is to say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.classroom import report
from autograder.classroom.collect import collect
from autograder.classroom.course import Course, CourseError
from autograder.classroom.grade import gone, grade_class, misnamed, students
from autograder.classroom.release import release
from autograder.classroom.results import Line, Notice, open_points
from autograder.classroom.sample import is_sample
from autograder.sandbox import levels


class Session:
    """Whose submissions of an assignment are graded, and what a run has to say so far.

    `names`, `lines` and `notices` fill as it goes on, and hold what was found out also where it
    ends early, with CourseError or NoSandbox.
    """

    def __init__(self, course: Course, assignment: str, paths: Sequence[Path], level: str) -> None:
        if assignment.endswith((".zip", ".ipynb")):
            raise CourseError(f"say the assignment first: autograder grade 02_mse {assignment}")
        course.source(assignment)
        course.load_tasks()
        self.course, self.assignment, self.level = course, assignment, level
        self.names: list[str] = []
        self.lines: list[Line] = []
        self.notices: list[Notice] = []
        self._paths = list(paths)
        self._journal = course.journal(assignment)

    def prepare(self) -> None:
        """Release the assignment if it never was, collect, and settle the level and the seed."""
        course, assignment = self.course, self.assignment
        if not course.is_released(assignment):
            self.notices += release(course, assignment)
        if self._paths:
            collected = collect(course, assignment, self._paths)
            self.names = collected.students
            self.notices += collected.notices
        else:
            self.names = students(course, assignment)
            why = "cannot be a student's name; rename it"
            self.notices += [Notice(name, why) for name in misnamed(course, assignment)]
            self.notices += gone(course, assignment)
        if not self.names and not self.notices:
            where = os.path.relpath(course.submitted("STUDENT", assignment))
            raise CourseError(f"nobody has submitted {assignment}: put notebooks into {where}/")
        self._settle_level()
        self._settle_seed()

    def grade(self, workers: int, resume: bool) -> Iterator[Line]:
        """Grade, and yield each line when it is in the gradebook."""
        found = grade_class(self.course, self.assignment, self.names, workers, self.level, resume)
        for line in found:
            self.lines.append(line)
            yield line
        self.lines.sort(key=lambda line: line.student)
        self._journal.note(self._paths, self.notices, self.course.seed())

    def write(self) -> tuple[Path, Path]:
        """Write the report of the whole class, as a page and as CSV; return where."""
        here = {*students(self.course, self.assignment), *self.names}
        every = [line for name, line in sorted(self._journal.lines().items()) if name in here]
        listed = list(dict.fromkeys([*self.notices, *self._journal.notices()]))
        return report.write(self.course, self.assignment, every, listed)

    def to_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Return what the run has to say as plain data."""
        return {
            "submissions": [asdict(line) for line in self.lines],
            "notices": [asdict(notice) for notice in self.notices],
        }

    @property
    def all_graded(self) -> bool:
        """Whether everybody's work has a grade."""
        return not any(notice.ungraded for notice in open_points(self.lines, self.notices))

    def _settle_level(self) -> None:
        asked = self.level or self.course.settings.level
        ours = not asked and is_sample(self.course, self.assignment, self.names)
        self.level = levels.settle(asked, ours=ours)
        if self.level != levels.LEVELS[-1]:
            why = f"{levels.PROTECTS[self.level]} {levels.best()[1]}."
            self.notices.append(Notice(f"isolation level {self.level}", why, ungraded=False))

    def _settle_seed(self) -> None:
        file = self.course.seed_file
        had_one = file.exists()
        seed = self.course.seed()
        if not had_one and file.exists():
            why = f"now in {os.path.relpath(file)}; it draws the hidden inputs, also next time"
            self.notices.append(Notice("secret seed", why, ungraded=False))
        if self._journal.had_another(seed):
            why = "another one than in the run before, so the hidden inputs are others: " + (
                "grade everybody again, without PATH"
                if self._paths
                else "scores may differ a little"
            )
            self.notices.append(Notice("secret seed", why, ungraded=False))
