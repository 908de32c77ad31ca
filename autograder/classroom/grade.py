"""Grade a whole class: submissions run and are judged in parallel, one writer records them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path

from autograder.classroom.course import Course
from autograder.classroom.rebuild import printable
from autograder.classroom.record import Line, Recorder
from autograder.classroom.run import Graded, Job, run, start_worker
from autograder.grader import Limits

AHEAD = 64
"""Submissions that are on their way at a time."""


def students(course: Course, assignment: str) -> list[str]:
    """Return who has submitted the assignment, in order, and can be graded."""
    return [name for name in submitters(course, assignment) if name.isprintable()]


def misnamed(course: Course, assignment: str) -> list[str]:
    """Return the other folders as they can be shown: no gradebook or page could have their names.

    `collect` makes none; somebody has put them there by hand.
    """
    return [printable(n) for n in submitters(course, assignment) if not n.isprintable()]


def submitters(course: Course, assignment: str) -> list[str]:
    """Return the names of all folders that hold a submission."""
    home = course.submitted("*", assignment).parent.parent
    return sorted(path.parent.name for path in home.glob(f"*/{assignment}"))


def grade_class(
    course: Course,
    assignment: str,
    names: list[str],
    workers: int,
    level: str,
    resume: bool = False,
) -> Iterator[Line]:
    """Yield a line for every submission as soon as it is graded and in the gradebook.

    `level` is the isolation level, one of those that the machine has.

    With `resume` a submission is not run again when the journal has it, unchanged, already.
    """
    settings = course.config.Execute
    job = Job(
        assignment=assignment,
        handed_out=course.templates(assignment),
        released=course.released(assignment),
        course_seed=course.seed(),
        limits=Limits(settings.get("cell_seconds", 30), settings.get("call_seconds", 5)),
        level=level,
        tasks=course.own_tasks(),
    )
    folders = {name: course.submitted(name, assignment) for name in names}
    with Recorder(course, assignment) as recorder:
        done = recorder.finished() if resume else {}
        for name in [n for n in names if n in done and done[n]["digest"] == job.digest(folders[n])]:
            folders.pop(name)
            yield done[name]
        context = get_context("forkserver")
        context.set_forkserver_preload(["autograder.classroom.run"])
        pool = ProcessPoolExecutor(min(workers, len(folders)) or 1, context, start_worker)
        try:
            for batch in finished(pool, job, folders):
                yield from recorder.record(batch)
        finally:
            pool.shutdown(cancel_futures=True)


def finished(
    pool: ProcessPoolExecutor, job: Job, folders: dict[str, Path]
) -> Iterator[list[Graded]]:
    """Yield submissions as they are finished: all at once that were while the last were written.

    Only some are on their way at any time, so that no memory grows with the class.
    """
    assert job.common
    waiting = iter(folders.items())
    running: set[Future[Graded]] = set()
    while True:
        for name, folder in itertools.islice(waiting, AHEAD - len(running)):
            running.add(pool.submit(run, job, name, folder))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        yield [future.result() for future in done]
