"""What nbgrader runs in place of its own steps; nbgrader_config.py names these classes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute as NbGraderExecute
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Int, List, Unicode, Union

from autograder.classroom.companions import companions
from autograder.classroom.course import Course, CourseError
from autograder.classroom.files import EXCHANGE
from autograder.classroom.rebuild import few, nothing_odd, read, rebuild, reduced, template
from autograder.classroom.run import grader
from autograder.grader import Limits
from autograder.sandbox import NoSandbox, levels
from autograder.sandbox.inside.caps import MAX_STAMP

Resources = dict[str, Any]


class Submitted(NotebookExporter):
    """Reads what was handed in as `autograder grade` does: bounded, and only what grading uses."""

    def __init__(self, parent: Any = None, **settings: Any) -> None:
        """Let nbgrader look through each submission first: it copies files, and follows links.

        Its own pre_convert_hook comes no earlier than the first file that is read, and what it
        raises is forgotten.
        """
        super().__init__(parent=parent, **settings)  # type: ignore[no-untyped-call]
        begin = parent.init_destination

        def checked(assignment: str, student: str) -> bool:
            course = parent.coursedir
            nothing_odd(Path(course.format_path(course.submitted_directory, student, assignment)))
            return bool(begin(assignment, student))

        parent.init_destination = checked

    def from_filename(
        self, filename: str, resources: Resources | None = None, **_: Any
    ) -> tuple[NotebookNode, Resources]:
        """Return the notebook in a file, preprocessed; the one that we rebuilt is read whole."""
        course = self.parent.coursedir
        rebuilt = os.path.abspath(course.format_path(course.autograded_directory, ".", "."))
        if Path(os.path.abspath(filename)).is_relative_to(rebuilt):
            return super().from_filename(filename, resources)
        notebook = reduced(read(Path(filename)))
        return self.from_notebook_node(notebook, resources)  # type: ignore[no-untyped-call, no-any-return]


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
        if path.is_dir() and not path.is_symlink():
            continue
        known = (ours / path.relative_to(folder)).is_file()
        stamp = (
            path.parent == folder and path.name in EXCHANGE and path.lstat().st_size <= MAX_STAMP
        )
        if path.is_symlink() or not path.is_file() or not (known or stamp):
            path.unlink()


class Execute(NbGraderExecute):  # type: ignore[misc]
    """Runs a submission in the sandbox and judges it, where nbgrader would start a kernel."""

    course_seed = Union(
        [Unicode(), Int()],
        default_value="",
        help="Draws the hidden inputs; keep it secret. Without it one is made in grading/seed.",
    ).tag(config=True)
    tasks = List(Unicode(), help="Files with tasks of your own, from the course's root.").tag(
        config=True
    )
    companions = List(
        Unicode(), help="Files beside a submitted notebook that it may use, such as *.csv."
    ).tag(config=True)
    level = Unicode(
        "", help="Grade under this isolation level, even if it is not the strongest."
    ).tag(config=True)
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
        released = course.released(ids["assignment"])
        submitted = course.submitted(ids["student"], ids["assignment"])
        beside, notes = companions(submitted, self.companions, released)
        seed = str(self.course_seed) or course.seed()
        try:
            grading = grader(seed, limits, levels.settle(self.level), course.own_tasks())
            judged = grading.grade_notebook(nb.cells, ids["student"], released, beside)
        except NoSandbox as problem:  # nbgrader tells what is an Exception
            raise CourseError(str(problem)) from None
        for note in few(notes + judged.lacks):
            self.log.warning("%s: %s", ids["student"], note)
        return nb, resources
