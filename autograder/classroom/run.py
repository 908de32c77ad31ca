"""The pure half of grading: a submission goes in, notebooks with outputs and points come out.

It knows no gradebook and imports no nbgrader, so that any number of processes can do it at once.
"""

from __future__ import annotations

import ctypes
import hashlib
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.classroom.companions import companions
from autograder.classroom.rebuild import (
    LINK,
    Unreadable,
    few,
    grade_id,
    ours,
    printable,
    read,
    rebuild,
)
from autograder.classroom.reduced import without_outputs
from autograder.grader import Grader, Limits, data_files, is_locked, marks
from autograder.grader.alarm import alarm
from autograder.sandbox.inside import caps
from autograder.tasks import load_tasks

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Job:
    """What every submission of one run has in common."""

    assignment: str
    handed_out: dict[str, NotebookNode]
    released: Path
    course_seed: str
    limits: Limits
    level: str
    tasks: tuple[Path, ...] = ()
    companions: tuple[str, ...] = ()
    """Patterns of the files beside a submitted notebook that it may use."""

    @cached_property
    def common(self) -> bytes:
        """What decides every grade, as bytes; they are made once and travel with the job."""
        parts = [self.assignment, self.course_seed, str(self.limits), self.level]
        parts += [path.read_text("utf-8") for path in self.tasks]
        parts += [nbformat.writes(notebook) for notebook in self.handed_out.values()]
        parts += [f"{name}\0{content!r}" for name, content in data_files(self.released).items()]
        return "\0".join(parts).encode()

    def digest(self, folder: Path) -> str:
        """Return a short number of all that decides a grade: same digest, same grade."""
        hashed = hashlib.sha256(self.common)
        for name in self.handed_out:
            try:
                hashed.update(without_outputs(folder / f"{name}.ipynb"))
            except Unreadable as reason:
                hashed.update(str(reason).encode())
        beside, _ = companions(folder, self.companions, self.released)
        hashed.update(repr(sorted(beside.items())).encode())
        return hashed.hexdigest()[:16]


@dataclass(frozen=True)
class Graded:
    """One submission after its run.

    `points` holds, by notebook and grade cell, what was earned, None where a person has to grade;
    `unanswered` the cells that were left as handed out; `documents` the notebooks with outputs.
    """

    student: str
    digest: str
    seconds: float
    points: dict[str, dict[str, float | None]] = field(default_factory=dict)
    unanswered: dict[str, list[str]] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    mistakes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problem: str = ""


@cache
def grader(course_seed: str, limits: Limits, level: str, tasks: tuple[Path, ...] = ()) -> Grader:
    """Return this process's grader: starting its sandbox takes a second."""
    for path in tasks:
        load_tasks(path)
    made = Grader(course_seed, limits, level)
    Finalize(None, made.close, exitpriority=0)  # a worker process skips atexit
    return made


def start_worker() -> None:
    """Leave Ctrl-C to the process that writes the gradebook, and do not outlive that process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    alarm.kills = True
    if sys.platform == "linux":  # a worker that hears nothing is ended by the kernel
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """End this process when the one that started it is gone, which a pool does not notice."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def run(job: Job, student: str, folder: Path) -> Graded:
    """Run and judge one submission, whatever it is; raises NoSandbox where none can be started."""
    graded_by = grader(job.course_seed, job.limits, job.level, job.tasks)
    begun = time.perf_counter()
    graded = Graded(student, "", 0.0)
    notes: list[str] = []
    try:
        graded = Graded(student, job.digest(folder), 0.0)
        if folder.is_symlink() or folder.parent.is_symlink():
            raise Unreadable(LINK)
        there, missing = handed_in(folder, job.handed_out)
        beside, left_out = companions(folder, job.companions, job.released)
        notes += missing + left_out
        for name in there:
            handed_out = job.handed_out[name]
            notebook, found = rebuild(read(folder / f"{name}.ipynb"), handed_out)
            judged = graded_by.grade_notebook(notebook.cells, student, job.released, beside)
            notes += found + judged.lacks
            graded.points[name] = {
                grade_id(cell): earned(cell) for cell in notebook.cells if has_points(cell)
            }
            graded.unanswered[name] = unanswered(notebook, handed_out)
            for left in set(graded.unanswered[name]) & graded.points[name].keys():
                graded.points[name][left] = 0.0
            graded.documents[name] = nbformat.writes(notebook)
            graded.documents[name].encode()  # what no file can hold is this student's problem
            graded.mistakes.update({v.task: v.mistakes for v in judged.verdicts if v.mistakes})
    except Unreadable as reason:
        graded = Graded(student, graded.digest, 0.0, problem=str(reason))
    except Exception as problem:  # whatever it is, it is not the end of the others
        why = f"could not be graded: {type(problem).__name__}: {printable(problem, 200)}"
        graded = Graded(student, graded.digest, 0.0, problem=why)
    seconds = time.perf_counter() - begun
    return Graded(**{**vars(graded), "notes": tuple(few(notes)), "seconds": seconds})


def handed_in(folder: Path, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return which notebooks are there, and a line for those that are not; Unreadable without any.

    One that is missing earns nothing, as in nbgrader, and nobody has to look at it.
    """
    there = [name for name in names if os.path.lexists(folder / f"{name}.ipynb")]
    files = itertools.islice(folder.glob("*.ipynb"), caps.MAX_LISTED)
    others = sorted(path.name for path in files if path.stem not in names)
    hint = f"; what is there instead is {printable(', '.join(others))}" if others else ""
    missing = ", ".join(f"{name}.ipynb" for name in names if name not in there)
    note = f"{missing} {'were' if ',' in missing else 'was'} not handed in{hint}"
    if not there:
        raise Unreadable(note)
    return there, [note] if missing else []


def has_points(cell: NotebookNode) -> bool:
    """Whether a cell earns points, by its test or by hand: a task is what several cells do."""
    return bool(marks(cell).get("grade") or marks(cell).get("task"))


def shortfalls(source: Path, graded_by: Grader) -> list[str]:
    """Run a source notebook with its own solutions; name each test cell short of full marks.

    Such a test needs more of a student's code than calls with plain data, so nobody can pass it.
    """
    cells = ours(source).cells
    graded_by.grade_notebook(cells, "the solution", source.parent)
    found = []
    for cell in cells:
        points = marks(cell).get("points", 0)
        got = earned(cell) if has_points(cell) else None
        if got is not None and got < points:
            problem = next((o for o in cell.outputs if o.output_type == "error"), None)
            why = f": {problem.ename}: {problem.evalue}" if problem else ""
            found.append(f"{grade_id(cell)} earns {got:g} of {points:g}{why}")
    return found


def earned(cell: NotebookNode) -> float | None:
    """Return the points of a test cell, as nbgrader reads them; None for what a person grades."""
    if not is_locked(cell) or cell.cell_type != "code" or not marks(cell).get("grade"):
        return None
    if any(output.output_type == "error" for output in cell.outputs):
        return 0.0
    return float(cell.outputs[-1]["data"]["text/plain"])


def unanswered(notebook: NotebookNode, handed_out: NotebookNode) -> list[str]:
    """Return the names of the solution cells that are as they were handed out."""
    ours = {grade_id(cell): cell.source for cell in handed_out.cells if marks(cell).get("solution")}
    return [
        grade_id(cell)
        for cell in notebook.cells
        if grade_id(cell) in ours and cell.source.strip() == ours[grade_id(cell)].strip()
    ]
