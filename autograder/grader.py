"""Run a notebook in two halves: the student's cells in the sandbox (U), the test cells here (T).

In T the student's functions are stubs: a call carries the arguments to U and brings plain data
back. T holds the references and the tests; U never does.

A notebook runs twice, each time in a new U. The first is asked what students may see, and all that
is shown of their code comes from it. The second is asked what is hidden, and only decides.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import hashlib
import io
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from nbformat import NotebookNode

from autograder import notebook, outputs
from autograder.judge import Answer, Verdict, judge, without_magics
from autograder.sandbox import Died, Sandbox, Session, TooSlow
from autograder.sandbox.inside.wire import Other, Source
from autograder.tasks import TASKS, Call, Formula

MAX_SOURCE = 2**17
"""Characters of code that a submission may have: Python needs minutes to parse some megabytes."""
MAX_SHOWN = 2**24
"""Characters of output that a submission may leave in its notebook."""
MAX_ANSWER = 2**18
"""Numbers in one answer; the most that is honest is a square of 500 samples."""
GONE = ("TimeoutError", "ProcessEnded")
"""Answers of a function that is not asked again: its process was too slow, or ended."""
os.environ.setdefault("MPLBACKEND", "agg")  # test cells may import pyplot; nobody looks


@dataclass(frozen=True)
class Limits:
    """How many seconds a cell, one call of a function, and a whole notebook may take."""

    cell: float = 30
    call: float = 5
    notebook: float = 600


class Grader:
    """Grades functions and notebooks; keeps one warm sandbox until it is closed.

    >>> with Grader() as grader:
    ...     grader.grade_source("mae_loop", "def mae_loop(y_true, y_pred): return 0").mistakes
    ('constant-answer',)
    """

    def __init__(
        self, course_seed: str = "", limits: Limits | None = None, rung: str | None = None
    ) -> None:
        self.course_seed, self.limits = course_seed, limits or Limits()
        self.sandbox = Sandbox(rung)

    def grade_source(self, task: str, source: str, student: str = "") -> Verdict:
        """Return the verdict on a function's source; `np` is imported for it.

        Raises KeyError for a task that does not exist.
        """
        calls = TASKS[task].calls(self._seed(student))
        with Student(self.sandbox.session, self.sandbox.rung, self.limits) as attempt:
            attempt.run("import numpy as np")
            attempt.run(source)
            return judge(TASKS[task], calls, attempt.ask(task, calls), attempt.sources)

    def grade_notebook(
        self, cells: Iterable[NotebookNode], student: str = "", folder: Path | None = None
    ) -> list[Verdict]:
        """Run a submission's cells, write their outputs into them, return the checks' verdicts.

        `folder` is where the assignment lies; both halves have the data files in it beside them.
        A graded test cell gets one execute_result, the points that it earned, or an error. It has
        the error before anything runs, so that nothing stays ungraded whatever happens here.
        """
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        for cell in code:
            cell["outputs"] = [outputs.error("NotGraded", "the grading did not come this far")]
        seed = self._seed(student)
        plots = any("matplotlib" in cell["source"] for cell in code)
        start = functools.partial(self.sandbox.session, plots, data_files(folder))
        with contextlib.chdir(folder or "."):
            with Student(start, self.sandbox.rung, self.limits) as half:
                run = Run(half, seed)
                shown = [run.cell(cell) for cell in code]
            if run.incomplete:
                with Student(start, self.sandbox.rung, self.limits, shown=False) as half:
                    run = Rerun(half, seed, run)
                    shown = [run.cell(cell) for cell in code]
        for cell, output in zip(code, shown, strict=True):
            cell["outputs"] = output
        return run.verdicts

    def _seed(self, student: str) -> int:
        digest = hashlib.sha256(f"{self.course_seed}\0{student}".encode()).digest()
        return int.from_bytes(digest[:4])

    def close(self) -> None:
        """End the sandbox."""
        self.sandbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


def data_files(folder: Path | None) -> dict[str, bytes]:
    """Return the files that lie beside an assignment's notebooks, by their relative paths."""
    if folder is None:
        return {}
    files = [path for path in sorted(folder.rglob("[!.]*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.suffix != ".ipynb" and ".ipynb_checkpoints" not in path.parts
    }


def marks(cell: NotebookNode) -> dict[str, Any]:
    """Return nbgrader's part of a cell's metadata."""
    found = cell["metadata"].get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def is_locked(cell: NotebookNode) -> bool:
    """Whether a cell is the course's and not the student's."""
    found = marks(cell)
    return bool(found.get("locked") or found.get("grade")) and not found.get("solution")


class Student:
    """U, the student's half. When its process dies it is started again and its cells replayed."""

    def __init__(
        self, start: Callable[[], Session], rung: str, limits: Limits, shown: bool = True
    ) -> None:
        self.rung, self.limits = rung, limits
        self.fatal: set[str] = set()
        self.sources: list[str] = []
        self._start, self._session, self._visible = start, start(), shown
        self._replay: list[str] = []
        self.lost: dict[str, Answer] = {}
        self._broken: list[tuple[str, NotebookNode]] = []
        self._end = self.until = time.monotonic() + limits.notebook
        self._code_left, self._shown_left = MAX_SOURCE, MAX_SHOWN

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def run(self, source: str) -> list[NotebookNode]:
        """Run one cell and return its outputs."""
        if len(source) > self._code_left:
            too_long = f"a notebook may have {MAX_SOURCE:,} characters of code"
            return [outputs.error("TooLong", too_long)]
        self._code_left -= len(source)
        self.sources.append(source)
        self.lost.clear()
        try:
            given = self._session.run(source, self._seconds(self.limits.cell), self._visible)
        except Died as death:
            self._revive()
            self.fatal.add(source)
            ended = outputs.error(death_name(death), f"This cell was stopped: {death}.")
            self._broken.append((source, ended))
            return [ended]
        self._replay.append(source)
        cleaned = [output for output in map(outputs.cleaned, given) if output]
        self._broken += [(source, o) for o in cleaned if o["output_type"] == "error"]
        return [output for output in cleaned if self._fits(output)]

    def _fits(self, output: NotebookNode) -> bool:
        """Whether there is room for one more output, and take it."""
        size = len(json.dumps(output))
        fits = size <= self._shown_left
        self._shown_left -= size if fits else 0
        return fits

    def _seconds(self, seconds: float) -> float:
        """Return how long the next step may take; TooSlow when the notebook's time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TooSlow(f"the notebook took longer than {self.limits.notebook:g} seconds")
        return min(seconds, left)

    def _call_seconds(self) -> float:
        """Return how long a call may take; TooSlow when the test's time is over."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TooSlow(f"the test took longer than {self.limits.cell:g} seconds")
        return min(self._seconds(self.limits.call), left)

    def call(self, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Answer:
        """Call the student's function; after a death its later calls are not tried again."""
        if name in self.lost:
            return self.lost[name]
        try:
            seconds = self._call_seconds()
        except TooSlow as over:
            return Answer(error=death_name(over), message=str(over))
        sent = tuple(map(sendable, args))
        try:
            return answer(self._session.call(name, sent, keywords, seconds))
        except Died as death:
            self._revive()
            gone = Answer(error=death_name(death), message=str(death))
            if not death.too_slow or seconds == self.limits.call:  # it had all its time
                self.lost[name] = gone
            return gone

    def fetch(self, name: str) -> Any:
        """Return a student's name: a stub for a function, or plain data; KeyError if missing."""
        try:
            kind, value = self._session.get(name, self._call_seconds())
        except Died:
            self._revive()
            raise KeyError(name) from None
        if kind == "missing" or too_large(value):
            raise KeyError(name)
        return Stub(name, self) if kind == "function" else value

    @contextlib.contextmanager
    def hurried(self) -> Iterator[float]:
        """Let all calls of one test together take no longer than a cell may; give the rest of T."""
        self.until = time.monotonic() + self.limits.cell
        try:
            yield self.limits.cell + self.limits.call
        finally:
            self.until = self._end

    def ask(self, name: str, calls: Sequence[Call]) -> list[Answer]:
        """Return the answers to a task's questions, or to each why there is no such function."""
        try:
            self.fetch(name)
        except KeyError:
            return [self._missing(name)] * len(calls)
        return [self.call(name, call.args, {}) for call in calls]

    def _missing(self, name: str) -> Answer:
        """Say why a function is not there: the error of the cell that should define it, if any."""
        for source, output in reversed(self._broken):
            if name in source:
                says = re.sub(
                    r"\(<[^<>]*>, line (\d+)\)",
                    r"(line \1 of its cell)",
                    outputs.message(output["evalue"]),
                )
                return Answer(error=outputs.message(output["ename"]), message=says)
        return Answer(error="MissingFunction")

    def _revive(self) -> None:
        """Start a new process and bring it to where the dead one was."""
        self._session.close()
        while time.monotonic() < self._end:
            self._session = self._start()
            for source in self._replay:
                try:
                    self._session.run(source, self._seconds(self.limits.cell), shown=False)
                except Died:  # what ran well once does not now: go on without it
                    self._session.close()
                    self._replay.remove(source)
                    break
            else:
                return


class Stub:
    """A student's function as T sees it."""

    def __init__(self, name: str, student: Student) -> None:
        self.__name__, self._student = name, student

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Call it in U; what it raises there is raised here, by the same built-in name."""
        given = self._student.call(self.__name__, args, keywords)
        if given.error:
            kind = getattr(builtins, given.error, RuntimeError)
            known = isinstance(kind, type) and issubclass(kind, Exception)
            raise (kind if known else RuntimeError)(given.message)
        return given.value


class Run:
    """T beside one U: a notebook's cells in order, each asked what students may see asked."""

    def __init__(self, student: Student, seed: int) -> None:
        self.incomplete = False
        self.verdicts: list[Verdict] = []
        self.heard: dict[tuple[int, str], list[Answer]] = {}
        self.shown: dict[int, list[NotebookNode]] = {}
        self.student, self._seed = student, seed
        self._bound: dict[str, Any] = {"__name__": "__main__"}

    def cell(self, cell: NotebookNode) -> list[NotebookNode]:
        """Run a code cell and return its outputs."""
        if is_locked(cell) and not marks(cell).get("grade"):
            self.execute(cell["source"], lambda function: 1.0)
        tested = is_locked(cell) and marks(cell).get("grade")
        run = self.test(cell) if tested else self.student.run(cell["source"])
        self.shown[id(cell)] = run
        return run

    def test(self, cell: NotebookNode) -> list[NotebookNode]:
        """Run a test cell without its hidden part, as if what is hidden were right."""

        def check(function: object) -> float:
            name = name_of(function)
            visible = [call for call in TASKS[name].calls(self._seed) if call.visible]
            self.heard[id(cell), name] = self.student.ask(name, visible)
            self.incomplete = True
            return 1.0

        source = outputs.without_hidden(cell["source"])
        self.incomplete |= source != cell["source"]
        value, printed, raised = self.execute(source, check)
        last = outputs.told(raised, source) if raised else self._worth(cell, value)
        return [*([outputs.printed(printed)] if printed else []), last]

    def _worth(self, cell: NotebookNode, value: Any) -> NotebookNode:
        """Return the output of a test that passed: its value where that is a number, or all."""
        points = float(marks(cell)["points"])
        given = min(max(float(value), 0.0), points) if type(value) in (int, float) else points
        graded_under = {"autograder": {"rung": self.student.rung}}
        return outputs.result({"text/plain": repr(round(given, 4))}, graded_under)

    def execute(
        self, source: str, check: Callable[[object], float]
    ) -> tuple[Any, str, Exception | None]:
        """Execute a locked cell; return its last line's value, what it printed, its error."""
        printed = io.StringIO()
        token = notebook.graded_by.set(check)
        try:
            tree = ast.parse(without_magics(source))
            borrowed = self._borrow(tree)
            names = {**borrowed, **self._bound}
            with (
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
                self.student.hurried() as seconds,
                interrupted(seconds),
            ):
                value = evaluate(tree, names)
        except Exception as raised:
            return None, printed.getvalue(), raised
        finally:
            notebook.graded_by.reset(token)
        self._bound = {k: v for k, v in names.items() if k not in borrowed or borrowed[k] is not v}
        return value, printed.getvalue(), None

    def _borrow(self, tree: ast.Module) -> dict[str, Any]:
        """Return the student's names that a cell reads: never one that a locked cell has bound."""
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        found: dict[str, Any] = {}
        for name in sorted(names - self._bound.keys() - vars(builtins).keys()):
            with contextlib.suppress(KeyError):
                found[name] = self.student.fetch(name)
            if name in TASKS and name not in found:
                found[name] = Stub(name, self.student)  # so that its check can say it is missing
        return found


class Rerun(Run):
    """The same notebook in a new U, which is asked what is hidden; nothing from it is shown."""

    def __init__(self, student: Student, seed: int, run: Run) -> None:
        super().__init__(student, seed)
        self._first = run

    def cell(self, cell: NotebookNode) -> list[NotebookNode]:
        """Run a code cell; return what is shown, which only a test changes now."""
        if is_locked(cell) and marks(cell).get("grade"):
            return self.test(cell)
        if cell["source"] not in self._first.student.fatal:
            super().cell(cell)
        return self._first.shown[id(cell)]

    def test(self, cell: NotebookNode) -> list[NotebookNode]:
        """Run a test cell whole; return what the first run showed, with what was decided now."""
        fractions: list[float] = []
        cards: list[NotebookNode] = []

        def check(function: object) -> float:
            name = name_of(function)
            heard = self._first.heard.get((id(cell), name), [])  # none: the check is hidden itself
            verdict = self._verdict(name, heard)
            self.verdicts.append(verdict)
            fractions.append(verdict.score)
            if heard:
                html, text = notebook.card(verdict, graded=True)
                cards.append(outputs.displayed({"text/html": html, "text/plain": text}))
            return verdict.score

        source = cell["source"]
        value, _, raised = self.execute(source, check)
        *printed, last = self._first.shown[id(cell)]
        if last["output_type"] == "error":
            return [*printed, *cards, last]
        if raised:
            return [*printed, *cards, outputs.untold(raised, source)]
        if fractions:
            value = float(marks(cell)["points"]) * sum(fractions) / len(fractions)
        elif source == outputs.without_hidden(source):
            return [*printed, last]
        return [*printed, *cards, self._worth(cell, value)]

    def _verdict(self, name: str, heard: list[Answer]) -> Verdict:
        """Judge a function by what the first run heard of it and by what is hidden."""
        calls = TASKS[name].calls(self._seed)
        visible = [call for call in calls if call.visible]
        hidden = [call for call in calls if not call.visible]
        heard = heard or self.student.ask(name, visible)
        for answer in heard:
            if answer.error in GONE:
                self.student.lost[name] = answer
        first, second = iter(heard), iter(self.student.ask(name, hidden))
        answers = [next(first if call.visible else second) for call in calls]
        return judge(TASKS[name], calls, answers, self.student.sources)


def name_of(function: object) -> str:
    """Return the task of a student's function, or raise CheckFailed."""
    if not isinstance(function, Stub):  # the name of another task is a string, for one
        raise notebook.CheckFailed("what should be checked is not a function")
    return notebook.task_name(function)


@contextlib.contextmanager
def interrupted(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in a test cell of the course that hangs, where Python offers a way."""

    def late(*_: object) -> None:
        raise TimeoutError(f"this test took longer than {seconds:g} seconds")

    if threading.current_thread() is not threading.main_thread() or os.name != "posix":
        yield
        return
    earlier = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


def evaluate(tree: ast.Module, names: dict[str, Any]) -> Any:
    """Execute a cell and return the value of its last line, None when that is no expression."""
    last = tree.body[-1] if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    body = ast.Module(tree.body[:-1] if last else tree.body, [])
    exec(compile(body, outputs.TEST_CELL, "exec"), names)
    return (
        eval(compile(ast.Expression(last.value), outputs.TEST_CELL, "eval"), names)
        if last
        else None
    )


def death_name(death: Died) -> str:
    """Return the name of the error that stands for a death: too slow, or gone."""
    return "TimeoutError" if death.too_slow else "ProcessEnded"


def sendable(argument: Any) -> Any:
    """Return an argument in the form in which it crosses to U: a formula as its source."""
    return Source(argument.source) if isinstance(argument, Formula) else argument


def answer(reply: dict[str, Any]) -> Answer:
    """Return what U replied as an Answer, believing nothing about it."""
    text = {
        key: outputs.message(reply.get(key))
        for key in ("type", "error", "message", "line", "printed")
    }
    value = reply.get("value")
    if isinstance(value, Other):
        text["type"], value = value.type, None
    if too_large(value):
        value, text["error"], text["message"] = None, "ValueError", "the value is too large"
    return Answer(value=value, changed=reply.get("changed") is True, **text)


def too_large(value: Any) -> bool:
    """Whether one array of all that is in `value`, as the judge makes, would be a bomb."""
    leaves, widest = extent(value)
    return leaves * widest > MAX_ANSWER


def extent(value: Any) -> tuple[int, int]:
    """Return how many values there are in `value`, and the length of its longest text."""
    if isinstance(value, np.ndarray):
        return value.size, 1
    if isinstance(value, (list, tuple, dict)):
        parts = [*map(extent, value.values() if isinstance(value, dict) else value)]
        return sum(n for n, _ in parts), max((width for _, width in parts), default=1)
    return 1, len(value) if isinstance(value, str) else 1
