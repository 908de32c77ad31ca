"""Grade a whole class: submissions run and are judged in parallel, one writer records them."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from nbformat import NotebookNode

from autograder.classroom.course import Course
from autograder.classroom.plugin import Execute, grader
from autograder.classroom.rebuild import Unreadable, read, rebuild
from autograder.grader import Limits
from autograder.judge import Verdict


@dataclass(frozen=True)
class Job:
    """What every submission of one run has in common."""

    assignment: str
    handed_out: dict[str, NotebookNode]
    course_seed: str
    limits: Limits
    rung: str


@dataclass(frozen=True)
class Graded:
    """One submission after its run: its notebooks with outputs, or the problem that stopped it."""

    student: str
    assignment: str
    seconds: float
    notebooks: dict[str, list[NotebookNode]] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The mistakes by task, such as "mse_loop: sum-not-mean"."""
        return tuple(f"{v.task}: {', '.join(v.mistakes)}" for v in self.verdicts if v.mistakes)


def students(course: Course, assignment: str) -> list[str]:
    """Return who has submitted the assignment, in order."""
    folders = course.submitted("*", assignment)
    return sorted(path.parent.name for path in folders.parent.parent.glob(f"*/{assignment}"))


def grade_class(
    course: Course, assignment: str, names: list[str], workers: int, rung: str = ""
) -> Iterator[Graded]:
    """Yield every submission as soon as it is graded and in the gradebook."""
    settings = course.config.Execute
    job = Job(
        assignment=assignment,
        handed_out=course.templates(assignment),
        course_seed=str(settings.get("course_seed", "")),
        limits=Limits(settings.get("cell_seconds", 30), settings.get("call_seconds", 5)),
        rung=course.settle_rung(rung),
    )
    pool = ProcessPoolExecutor(
        min(workers, len(names)) or 1, get_context("forkserver"), initializer=ignore_interrupt
    )
    try:
        waiting = [
            pool.submit(run, job, name, course.submitted(name, assignment)) for name in names
        ]
        for finished in as_completed(waiting):
            yield record(course, finished.result())
    finally:
        pool.shutdown(cancel_futures=True)


def ignore_interrupt() -> None:
    """Leave Ctrl-C to the process that writes the gradebook."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run(job: Job, student: str, folder: Path) -> Graded:
    """Run and judge one submission; knows no gradebook, so many can do so at once."""
    start = time.perf_counter()
    notebooks: dict[str, list[NotebookNode]] = {}
    verdicts: list[Verdict] = []
    notes: list[str] = []
    problem = ""
    graded_by = grader(job.course_seed, job.limits, job.rung)
    try:
        for name, ours in job.handed_out.items():
            path = folder / f"{name}.ipynb"
            if not path.is_file():
                raise Unreadable(f"{name}.ipynb was not handed in")
            rebuilt, found = rebuild(read(path), ours)
            notes += found
            verdicts += graded_by.grade_notebook(rebuilt.cells, student)
            notebooks[name] = rebuilt.cells
    except Unreadable as reason:
        problem = str(reason)
    seconds = time.perf_counter() - start
    return Graded(
        student, job.assignment, seconds, notebooks, tuple(verdicts), tuple(notes), problem
    )


def record(course: Course, graded: Graded) -> Graded:
    """Put a graded submission into the gradebook through nbgrader's own autograde step."""
    if graded.problem:
        return graded
    for name, cells in graded.notebooks.items():
        Execute.finished[graded.assignment, graded.student, name] = cells
    problem = course.record(graded.student, graded.assignment)
    return Graded(**{**vars(graded), "problem": problem})
