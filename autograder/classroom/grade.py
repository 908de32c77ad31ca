"""Grade a whole class: submissions run and are judged in parallel, one writer records them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from autograder.classroom.course import Course
from autograder.classroom.rebuild import printable
from autograder.classroom.record import Recorder
from autograder.classroom.results import Line, Notice
from autograder.classroom.run import Graded, Job, run, start_worker
from autograder.grader import Limits
from autograder.sandbox import NoSandbox

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


def gone(course: Course, assignment: str) -> list[Notice]:
    """Tell whose grade stays although their submission is not there any more."""
    here = submitters(course, assignment)
    graded = (line.student for line in course.journal(assignment).lines().values() if line.graded)
    why = "has a grade, and no submission any more; the grade stays as it is"
    return [Notice(name, why, ungraded=False) for name in sorted(graded) if name not in here]


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
    settings = course.settings
    job = Job(
        assignment=assignment,
        handed_out=course.templates(assignment),
        released=course.released(assignment),
        course_seed=course.seed(),
        limits=Limits(settings.cell_seconds, settings.call_seconds),
        level=level,
        tasks=course.own_tasks(),
        companions=tuple(settings.companions),
    )
    folders = {name: course.submitted(name, assignment) for name in names}
    with Recorder(course, assignment) as recorder:
        done = recorder.kept(course.journal(assignment).lines()) if resume else {}
        for name in [n for n in names if n in done and done[n].digest == job.digest(folders[n])]:
            folders.pop(name)
            yield done[name]
        for batch in finished(job, folders, min(workers, len(folders)) or 1):
            yield from recorder.record(batch)


def workers_of(size: int) -> ProcessPoolExecutor:
    """Return a pool of processes that grade."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["autograder.classroom.run"])
    return ProcessPoolExecutor(size, context, start_worker)


def finished(job: Job, folders: dict[str, Path], size: int) -> Iterator[list[Graded]]:
    """Yield submissions as they are finished: all at once that were while the last were written.

    Only some are on their way at any time, so that no memory grows with the class. Where a worker
    is killed, all that were on their way are graded again, each alone: so it shows whose it was.
    One that found no sandbox in time, while another kept the machine busy, is graded at the end.
    """
    _ = job.common  # made once, here: it travels with the job
    waiting = deque(folders.items())
    running: dict[Future[Graded], tuple[str, Path]] = {}
    again: list[tuple[str, Path]] = []
    begun = False
    pool = workers_of(size)
    try:
        while True:
            try:
                while waiting and len(running) < AHEAD:
                    running[pool.submit(run, job, *waiting[0])] = waiting[0]
                    waiting.popleft()
                if not running:
                    yield [alone(job, name, folder) for name, folder in again]
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                starved = [one for one in done if isinstance(one.exception(), NoSandbox)]
                if starved and not begun:
                    starved[0].result()  # there is none to be had
                begun = True
                again += [running[future] for future in starved]
                yield [future.result() for future in done if future not in starved]
                for future in done:
                    del running[future]
            except BrokenProcessPool:
                pool.shutdown()
                yield [alone(job, name, folder) for name, folder in running.values()]
                running.clear()
                pool = workers_of(size)
    finally:
        pool.shutdown(cancel_futures=True)


def alone(job: Job, name: str, folder: Path) -> Graded:
    """Grade one submission in a process of its own, whose death is its own fault."""
    pool = workers_of(1)
    try:
        return pool.submit(run, job, name, folder).result()
    except BrokenProcessPool:
        why = "could not be graded: the process that graded it was ended; look at it by hand"
        return Graded(name, job.digest(folder), 0.0, problem=why)
    finally:
        pool.shutdown()
