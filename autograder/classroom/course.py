"""A course on disk: its folders, its settings, its gradebook."""

from __future__ import annotations

import re
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import DatabaseError, SAWarning
from traitlets import TraitError
from traitlets.config import Config, PyFileConfigLoader

from autograder.classroom.rebuild import grade_id, template, whole
from autograder.classroom.results import Journal
from autograder.grader import is_locked, marks
from autograder.tasks import load_tasks

if TYPE_CHECKING:
    from autograder.classroom.plugin import Execute

# nbgrader builds its rows in an order that newer SQLAlchemy versions remark on; they are right.
warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")

SETTINGS = "nbgrader_config.py"


class CourseError(Exception):
    """Something about the course that its instructor can mend; str() says what and how."""


class Course:
    """The course whose nbgrader_config.py is in `root` or above it."""

    def __init__(self, start: Path) -> None:
        here = start.resolve()
        found = [folder for folder in (here, *here.parents) if (folder / SETTINGS).is_file()]
        if not found:
            raise CourseError(f"no {SETTINGS} here or above: call this inside a course's folder")
        self.root = found[0]

    @cached_property
    def config(self) -> Config:
        """The settings that nbgrader itself would use."""
        try:
            config = PyFileConfigLoader(SETTINGS, path=str(self.root)).load_config()
        except Exception as problem:  # it is anybody's Python
            why = f"{type(problem).__name__}: {problem}"
            raise CourseError(f"{self.root / SETTINGS} cannot be read: {why}") from None
        config.CourseDirectory.root = str(self.root)
        if config.ClearHiddenTests.keys() & {"begin_test_delimeter", "end_test_delimeter"}:
            raise CourseError(
                f"{SETTINGS} sets marks of its own for hidden tests, which the grader does not "
                "know and would show: use nbgrader's, BEGIN HIDDEN TESTS and END HIDDEN TESTS"
            )
        return config

    @cached_property
    def settings(self) -> Execute:
        """What the course says of our own step, each value checked."""
        from autograder.classroom.plugin import Execute  # it needs this module itself

        try:
            found = Execute(config=self.config)
            for name in found.trait_names(config=True):
                getattr(found, name)
        except TraitError as problem:
            raise CourseError(f"{SETTINGS}: {problem}") from None
        return found

    @cached_property
    def home(self) -> Path:
        """Where reports, journals and the seed lie: beside the gradebook, or in grading/."""
        beside = self.database.parent
        home = self.root / "grading" if beside == self.root or not beside.is_dir() else beside
        home.mkdir(exist_ok=True)
        return home

    @cached_property
    def database(self) -> Path:
        """Where the gradebook lies when it is a file, as it is unless db_url says otherwise."""
        return Path(self.directory.db_url.removeprefix("sqlite:///"))

    def journal(self, assignment: str) -> Journal:
        """Return what the runs of an assignment came to."""
        return Journal(self.home / f"{assignment}.jsonl")

    @cached_property
    def directory(self) -> CourseDirectory:
        """nbgrader's view of the folders."""
        directory = CourseDirectory(config=self.config)
        file = directory.db_url.removeprefix("sqlite:///")
        if file != directory.db_url:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        return directory

    def folder(self, name: str, student: str = ".", assignment: str = ".") -> Path:
        """Return a folder such as `submitted` of a student and an assignment."""
        return Path(self.directory.format_path(name, student, assignment))

    def submitted(self, student: str, assignment: str) -> Path:
        """Return where a student's submission lies."""
        return self.folder(self.directory.submitted_directory, student, assignment)

    def released(self, assignment: str) -> Path:
        """Return where the students' version of an assignment lies."""
        return self.folder(self.directory.release_directory, assignment=assignment)

    def source(self, assignment: str) -> Path:
        """Return an assignment's source folder; CourseError when there is no such assignment."""
        if odd := re.search(r"[\[\]{}*?+/\\\0]|^\s|\s$|^\.|^$", assignment):
            raise CourseError(
                f"{assignment!r} cannot be an assignment's name: nbgrader takes {odd[0]!r} in it "
                "for something else; call its folder otherwise"
            )
        if len(assignment.encode()) > 128:  # as long as the gradebook's column for it
            raise CourseError(f"{assignment[:30]}… is too long to be an assignment's name")
        folder = self.folder(self.directory.source_directory, assignment=assignment)
        if not folder.is_dir():
            there = sorted(path.name for path in folder.parent.iterdir() if path.is_dir())
            raise CourseError(f"no assignment {assignment!r}; there are {', '.join(there)}")
        return folder

    def templates(self, assignment: str) -> dict[str, NotebookNode]:
        """Return the notebooks that students got, hidden tests included, by name."""
        return {
            path.stem: template(path, self.released(assignment) / path.name)
            for path in sorted(self.source(assignment).glob("*.ipynb"))
        }

    def is_released(self, assignment: str) -> bool:
        """Whether the gradebook knows the assignment and its release is there."""
        with self.gradebook() as book:
            try:
                known = bool(book.find_assignment(assignment).notebooks)
            except MissingEntry:
                return False
        return known and self.released(assignment).is_dir()

    def due(self, assignment: str) -> datetime | None:
        """Return when an assignment is due, in UTC, if the gradebook says so."""
        with self.gradebook() as book:
            try:
                due = book.find_assignment(assignment).duedate
            except MissingEntry:
                return None
        return due.replace(tzinfo=UTC) if due else None

    def own_tasks(self) -> tuple[Path, ...]:
        """Return the files with the instructor's own tasks, `c.Execute.tasks` in the settings."""
        found = tuple(self.root / name for name in self.settings.tasks)
        for path in found:
            if not path.is_file():
                raise CourseError(f"{SETTINGS} names {path.name}, which is not there")
        return found

    def load_tasks(self) -> None:
        """Add the instructor's own tasks to ours; CourseError when one of the files is broken."""
        for path in self.own_tasks():
            try:
                load_tasks(path)
            except Exception as problem:  # it is anybody's Python
                why = f"{type(problem).__name__}: {problem}"
                raise CourseError(f"the file of tasks {path.name} is broken: {why}") from None

    def seed(self) -> str:
        """Return the secret that draws the hidden inputs, made at the first grading.

        It is what nbgrader_config.py says, or else what lies in grading/seed: the same at a
        regrade, and nothing that a student could look up.
        """
        if chosen := str(self.settings.course_seed):
            return chosen
        if not self.seed_file.exists():
            with whole(self.seed_file, 0o600) as file:
                file.write(secrets.token_hex(16).encode())
        if not (kept := self.seed_file.read_text("utf-8").strip()):
            raise CourseError(f"{self.seed_file} is empty; delete it, and a new seed is made")
        return kept

    @property
    def seed_file(self) -> Path:
        """Where the seed lies that was made here, if one was."""
        return self.home / "seed"

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """Open the gradebook; raises CourseError where it cannot be used."""
        try:
            with Gradebook(self.directory.db_url, self.directory.course_id) as book:
                yield book
        except DatabaseError as problem:
            raise CourseError(f"{self.database}: {trouble(problem)}") from None

    def automatic(self, assignment: str) -> set[str]:
        """Return the names of the cells that earn their points by themselves."""
        return {
            grade_id(cell)
            for notebook in self.templates(assignment).values()
            for cell in notebook.cells
            if is_locked(cell) and cell.cell_type == "code" and marks(cell).get("grade")
        }


def trouble(problem: DatabaseError) -> str:
    """Return what is wrong with a gradebook and what to do, in one sentence."""
    said = str(problem.orig)
    if "locked" in said:
        return "another program is writing into the gradebook; close it or wait, then try again"
    if "no such column" in said or "no such table" in said:
        return (
            "an older nbgrader made this gradebook; keep a copy of it, then run "
            "`nbgrader db upgrade` in the course's folder"
        )
    return f"the gradebook cannot be used ({said}); put a copy of it in its place, or move it away"
