"""The judge where it can be stopped: a process of ours beside this one that does nothing else.

It reads what students wrote and returned. Should something in that cost more than anybody thought
of, this process is ended, the verdict says so, and the next one is made by a new process.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from autograder.grader.alarm import undisturbed
from autograder.judge import Answer, Finding, Row, Style, Verdict, judge, read_style
from autograder.sandbox.inside.caps import JUDGE_BYTES, JUDGE_SECONDS
from autograder.tasks import LOADED, TASKS, Call, Task, load_tasks

GRACE = 5.0
"""Seconds after which a judge that should have ended itself is killed: it may wait for the disk."""
LATER = "counts once the values are right"


class Judging:
    """Makes verdicts, in a process that is started when the first one is asked for."""

    def __init__(self, seconds: float = JUDGE_SECONDS) -> None:
        self._seconds = seconds
        self._process: multiprocessing.process.BaseProcess | None = None
        self._known: dict[str, Task] = {}

    def judge(
        self,
        task: str,
        calls: Sequence[Call],
        answers: Sequence[Answer],
        cells: Sequence[str],
        style: Style | None = None,
    ) -> Verdict:
        """Return judge's verdict on a task, or one with no points that says why there is none.

        Raises KeyError for a task that does not exist.
        """
        made = self._ask(task, (calls, answers, cells, style))
        return made if isinstance(made, Verdict) else unjudged(task, str(made))

    def read(self, task: str, cells: Sequence[str]) -> Style:
        """Return the style that is read in a notebook's cells; unreadable if it takes too long."""
        made = self._ask(task, (cells,))
        return made if isinstance(made, Style) else Style("unreadable", "", True)

    def _ask(self, task: str, given: tuple[Any, ...]) -> object:
        """Return what was made of this, or in a few words why nothing was."""
        known = TASKS[task]
        with undisturbed():
            try:
                connection = self._line(known)
                connection.send((task, given))
                if not connection.poll(self._seconds + GRACE):
                    raise EOFError
                made = connection.recv()
            except (EOFError, ConnectionError):  # it ended itself, or does not even do that
                self.close()
                return f"over {self._seconds:g} seconds, or too much memory"
            except BaseException:  # what still comes would be taken for the next answer
                self.close()
                raise
            if not isinstance(made, (Verdict, Style)):
                self.close()
            return made

    def _line(self, task: Task) -> Connection:
        """Return the line to a process that knows this task; a new one where there is none."""
        if self._process and not (self._process.is_alive() and task is self._known.get(task.name)):
            self.close()
        if self._process is None:
            forks = sys.platform == "linux"
            context = multiprocessing.get_context("fork" if forks else "spawn")
            self._known = dict(TASKS)
            self._connection, theirs = context.Pipe()
            given = (theirs, self._seconds, [] if forks else LOADED)
            process = context.Process(target=serve, args=given, daemon=True)  # type: ignore[attr-defined]
            with warnings.catch_warnings():
                # Newer Pythons warn of threads; the one that is here waits for its parent's end.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            self._process = process
            theirs.close()
        return self._connection

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None


def serve(connection: Connection, seconds: float, loaded: Sequence[Path]) -> None:
    """Judge what comes until the other side hangs up, each within these seconds or never more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's business
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        let_go(connection)
    for path in loaded:
        load_tasks(path)
    limit_memory()
    gc.freeze()  # to touch a page is to copy it
    while True:
        try:
            task, given = connection.recv()
        except (EOFError, OSError):
            return
        expire(seconds)
        try:
            made: object = (judge if len(given) > 1 else read_style)(TASKS[task], *given)
        except Exception as problem:
            made = type(problem).__name__
        expire(0)
        connection.send(made)


def let_go(connection: Connection) -> None:
    """Close all that a fork inherits: a sandbox does not end while somebody holds its line."""
    ours = connection.fileno()
    os.closerange(3, ours)
    os.closerange(ours + 1, os.sysconf("SC_OPEN_MAX"))


def limit_memory() -> None:
    """Let this process grow by JUDGE_BYTES, where the system can hold it to that."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + JUDGE_BYTES
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def expire(seconds: float) -> None:
    """End this process after some seconds, even if its parent is gone by then; 0 is never."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def unjudged(task: str, why: str) -> Verdict:
    """Return the verdict on what could not be judged: no points, and a person has to look."""
    says = f"could not be judged ({why}); a person has to look at it"
    rows = (Row("values", False, says), Row("edges", None, LATER), Row("style", None, LATER))
    asks = "What in your code, or in what it returns, is much larger than it has to be?"
    return Verdict(task, rows, (Finding("not-judged", f"This {says}.", asks),))
