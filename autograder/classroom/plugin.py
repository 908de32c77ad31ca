"""What nbgrader runs in place of its own steps; nbgrader_config.py names these classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import Execute as NbGraderExecute
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, List, Unicode

from autograder.classroom.course import Course
from autograder.classroom.rebuild import rebuild, template
from autograder.classroom.run import grader
from autograder.grader import Limits

Resources = dict[str, Any]


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """Sanitizes a submission: rebuilt from the released notebook, the student's cells in it."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the rebuilt notebook; what was not as handed out is logged."""
        ids = resources["nbgrader"]
        course = self.parent.parent.coursedir
        name = f"{ids['notebook']}.ipynb"

        def handed_out(folder: str) -> Path:
            return Path(course.format_path(folder, ".", ids["assignment"])) / name

        source = handed_out(course.source_directory)
        graded = course.format_path(course.autograded_directory, ids["student"], ids["assignment"])
        leave_ours(Path(graded), source.parent)
        ours = template(source, handed_out(course.release_directory))
        nb, notes = rebuild(nb, ours)
        for note in notes:
            self.log.warning("%s: %s", ids["student"], note)
        return nb, resources


def leave_ours(folder: Path, ours: Path) -> None:
    """Remove what a student handed in beside the notebooks, which nbgrader has just copied.

    Formgrader would serve it from its own address: an evil.html would run as the instructor.
    """
    for path in folder.rglob("*"):
        known = (ours / path.relative_to(folder)).is_file() or path.name == "timestamp.txt"
        if path.is_symlink() or (path.is_file() and not known):
            path.unlink()


class Execute(NbGraderExecute):  # type: ignore[misc]
    """Runs a submission in the sandbox and judges it, where nbgrader would start a kernel."""

    course_seed = Unicode("", help="Draws the hidden inputs; keep it secret.").tag(config=True)
    tasks = List(Unicode(), help="Files with tasks of your own, from the course's root.").tag(
        config=True
    )
    level = Unicode("", help="Grade under this level, even if it is lower than last time.").tag(
        config=True
    )
    cell_seconds = Float(30, help="How long one cell may run.").tag(config=True)
    call_seconds = Float(5, help="How long one call of a student's function may take.").tag(
        config=True
    )

    def preprocess(
        self, nb: NotebookNode, resources: Resources, km: object = None
    ) -> tuple[NotebookNode, Resources]:
        """Write every code cell's outputs into it; a grade cell's holds its points."""
        ids = resources["nbgrader"]
        limits = Limits(self.cell_seconds, self.call_seconds)
        course = Course(Path(self.parent.parent.coursedir.root))
        grading = grader(
            self.course_seed, limits, course.settle_level(self.level), course.own_tasks()
        )
        grading.grade_notebook(nb.cells, ids["student"], course.released(ids["assignment"]))
        return nb, resources
