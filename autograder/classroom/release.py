"""Make the students' version of an assignment, also of one that has grades already.

nbgrader's own step removes the old version first, and refuses to change the cells of an assignment
that somebody has submitted. So it works in a folder aside; only what came out whole is taken.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import compute_checksum

from autograder.classroom.course import Course, CourseError
from autograder.classroom.rebuild import grade_id, whole
from autograder.classroom.record import alone_in
from autograder.classroom.results import Notice
from autograder.grader import is_locked, marks

RAISED = re.compile(r"[\w.]*(Error|Exception)\b.*")
"""The last line of a traceback."""
LARGEST_FILE = 8 * 2**20
"""Bytes of a data file, which every student's process gets."""
GRADED = (GradeCell, TaskCell)
COMMENTED = (SolutionCell, TaskCell)


def release(course: Course, assignment: str) -> list[Notice]:
    """Make the students' version from the source; return what became of grades that were there.

    Raises CourseError, and leaves all as it was, where nbgrader cannot make it, or where somebody
    has written answers into the version that would be replaced.
    """
    source = course.source(assignment)
    if not any(source.glob("*.ipynb")):
        raise CourseError(f"{source} holds no notebook; an assignment is a folder with one in it")
    for path in source.rglob("*"):
        if path.stat().st_size > LARGEST_FILE:
            raise CourseError(f"{path.name} is larger than {LARGEST_FILE // 2**20} MB")
    released = course.released(assignment)
    for path in sorted(released.glob("*.ipynb")):
        if answers := answered(path):
            raise CourseError(
                f"{path} holds answers ({', '.join(answers)}); nothing was replaced. "
                "Move it away to keep them, or delete it"
            )
    with alone_in(course.home), aside(course) as folder:
        submitted = has_submissions(course, assignment)
        url = f"sqlite:///{folder / 'gradebook.db'}" if submitted else course.directory.db_url
        made = generated(course, assignment, folder, url)
        notices = adapted(course, assignment, url) if submitted else []
        replace(released, made)
    return notices


@contextmanager
def aside(course: Course) -> Iterator[Path]:
    """Return a folder within the course that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=course.home, prefix=".release-") as folder:
        yield Path(folder)


def generated(course: Course, assignment: str, folder: Path, url: str) -> Path:
    """Let nbgrader make the students' version in a folder and note its cells in a gradebook."""
    config = deepcopy(course.config)
    config.CourseDirectory.release_directory = str(folder / "release")
    config.CourseDirectory.db_url = url
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    outcome = api.generate_assignment(assignment, force=True, create=True)
    made = folder / "release" / assignment
    if not outcome["success"] or not made.is_dir():
        why = in_short(outcome["log"] or outcome["error"] or "")
        raise CourseError(f"nbgrader could not generate {assignment}:\n{why}")
    return made


def in_short(log: str) -> str:
    """Return nbgrader's log without tracebacks: of each only what was raised."""
    lines, inside = [], False
    for line in log.splitlines():
        bare = line.strip()
        inside = "Traceback (" in bare or (inside and not line.startswith("["))
        if bare and (not inside or RAISED.match(bare)) and "above traceback" not in bare:
            lines.append(bare)
    return "\n".join(dict.fromkeys(lines))


def answered(path: Path) -> list[str]:
    """Return the cells of a released notebook in which somebody has written an answer."""
    try:
        cells = nbformat.read(path, as_version=4).cells
    except Exception:  # nbformat raises whatever the broken part happens to cause
        return ["it is no notebook any more"]
    return [
        grade_id(cell)
        for cell in cells
        if marks(cell).get("solution")
        and not is_locked(cell)
        and marks(cell).get("checksum") not in (None, compute_checksum(cell))
    ]


def replace(released: Path, made: Path) -> None:
    """Put a new version in the place of the old one, file by file, each whole or not at all."""
    new = {path.relative_to(made): path for path in made.rglob("*") if path.is_file()}
    for inside, path in new.items():
        target, content = released / inside, path.read_bytes()
        if target.is_file() and target.read_bytes() == content:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target) as file:
            file.write(content)
    for path in released.glob("*.ipynb"):
        if path.relative_to(released) not in new:
            path.unlink()


def has_submissions(course: Course, assignment: str) -> bool:
    """Whether the gradebook has grades of an assignment."""
    with course.gradebook() as book:
        try:
            return bool(book.find_assignment(assignment).submissions)
        except MissingEntry:
            return False


@dataclass(frozen=True)
class Change:
    """What a new version does to the cells of one notebook, by name."""

    notebook: str
    renamed: dict[str, str]
    added: list[str]
    removed: list[str]
    points: dict[str, tuple[float, float]]


def adapted(course: Course, assignment: str, url: str) -> list[Notice]:
    """Give the gradebook the cells that the one at `url` has; no grade is lost.

    What is renamed keeps its grades; what is new has rows for all; before anything is moved or
    taken out, the whole gradebook is copied aside.
    """
    course_id = course.directory.course_id
    with Gradebook(url, course_id) as fresh, course.gradebook() as book:
        new = {notebook.name: notebook for notebook in fresh.find_assignment(assignment).notebooks}
        row = book.find_assignment(assignment)
        old = {notebook.name: notebook for notebook in row.notebooks}
        changes = [compared(name, old.get(name), new.get(name)) for name in sorted({*old, *new})]
        kept = ""
        if any(change.renamed or change.removed for change in changes):
            kept = copied(course)
        for change in changes:
            if change.notebook not in old:
                made = Notebook(name=change.notebook, assignment=row)
                made.submissions = [SubmittedNotebook(assignment=s) for s in row.submissions]
                book.db.add(made)
                old[change.notebook] = made
            adapt(book, old[change.notebook], new.get(change.notebook), change)
            if change.notebook not in new:
                for submitted in list(old[change.notebook].submissions):
                    book.db.delete(submitted)
                book.db.delete(old[change.notebook])
        book.db.commit()
    return [notice for change in changes for notice in told(change, kept)]


def compared(name: str, old: Notebook | None, new: Notebook | None) -> Change:
    """Say how the cells of two versions of a notebook differ.

    A cell is renamed where the same source stands under another name, once in each version.
    """
    before, after = ({cell.name: cell for cell in n.source_cells} if n else {} for n in (old, new))
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    renamed = {}
    for cell in gone:
        same = [other for other in come if likeness(after[other]) == likeness(before[cell])]
        twins = [other for other in gone if likeness(before[other]) == likeness(before[cell])]
        if len(same) == len(twins) == 1:
            renamed[cell] = same[0]
    points = {}
    if old and new:
        worth = {cell.name: cell.max_score for cell in [*new.grade_cells, *new.task_cells]}
        for cell in [*old.grade_cells, *old.task_cells]:
            if (now := worth.get(cell.name, cell.max_score)) != cell.max_score:
                points[cell.name] = cell.max_score, now
    return Change(
        notebook=name,
        renamed=renamed,
        added=[name for name in come if name not in renamed.values()],
        removed=[name for name in gone if name not in renamed],
        points=points,
    )


def likeness(cell: SourceCell) -> tuple[str, str]:
    """Return what a cell is recognized by when its name has changed."""
    return cell.cell_type, cell.source.strip()


def adapt(book: Gradebook, old: Notebook, new: Notebook | None, change: Change) -> None:
    """Make the cells of a notebook in the gradebook those of its new version."""
    for cell in [*old._base_cells, *old.source_cells]:
        cell.name = change.renamed.get(cell.name, cell.name)
    book.db.flush()
    wanted = {(type(cell), cell.name): cell for cell in cells(new)} if new else {}
    there = {(type(cell), cell.name): cell for cell in cells(old)}
    for key, cell in there.items():
        if key not in wanted:
            remove(book, cell)
    for key, cell in wanted.items():
        if key in there:
            update(there[key], cell)
        else:
            add(book, old, cell)
    if new:
        old.kernelspec = new.kernelspec


def cells(notebook: Notebook) -> list[BaseCell | SourceCell]:
    """Return all of a notebook's cells; one cell of a notebook can be several of these."""
    return [*notebook._base_cells, *notebook.source_cells]


def facts(cell: BaseCell | SourceCell) -> dict[str, object]:
    """Return what the gradebook keeps of a cell besides its name."""
    names = ("max_score", "cell_type", "locked", "source", "checksum")
    return {name: getattr(cell, name) for name in names if hasattr(cell, name)}


def update(cell: BaseCell | SourceCell, new: BaseCell | SourceCell) -> None:
    """Give a cell what its new version has."""
    for name, value in facts(new).items():
        setattr(cell, name, value)


def add(book: Gradebook, notebook: Notebook, new: BaseCell | SourceCell) -> None:
    """Add a cell, with an empty row for everybody who has submitted."""
    cell = type(new)(name=new.name, notebook=notebook, **facts(new))
    book.db.add(cell)
    for submitted in notebook.submissions:
        if isinstance(cell, GRADED):
            book.db.add(Grade(cell=cell, notebook=submitted))
        if isinstance(cell, COMMENTED):
            book.db.add(Comment(cell=cell, notebook=submitted))


def remove(book: Gradebook, cell: BaseCell | SourceCell) -> None:
    """Take a cell out, with its grades and comments."""
    if isinstance(cell, BaseCell):
        for row in [*cell.grades, *cell.comments]:
            book.db.delete(row)
    book.db.delete(cell)


def copied(course: Course) -> str:
    """Copy the gradebook aside, as it is now; return the copy's name."""
    if not course.directory.db_url.startswith("sqlite:///"):
        raise CourseError(
            "cells were renamed or taken out, and only a gradebook in a SQLite file can be copied "
            "aside first: back yours up, and use nbgrader's own commands for this change"
        )
    when = time.strftime("%Y-%m-%d_%H-%M-%S")
    target = course.database.with_name(f"{course.database.stem}.before-{when}.db")
    with closing(sqlite3.connect(course.database)) as now, closing(sqlite3.connect(target)) as kept:
        now.backup(kept)
    shutil.copymode(course.database, target)
    return target.name


def told(change: Change, kept: str) -> list[Notice]:
    """Return what an instructor should know of the changes to a notebook that has grades."""
    says = [
        f"{old} is now called {new}, and keeps its grades" for old, new in change.renamed.items()
    ]
    says += [f"{name} is new: grade again" for name in change.added]
    says += [
        f"{name} is worth {new:g} points, not {old:g}: grade again"
        for name, (old, new) in change.points.items()
    ]
    says += [f"{name} was taken out; its grades are kept in {kept}" for name in change.removed]
    return [Notice(change.notebook, line, ungraded=False) for line in says]
