"""Run a notebook in two halves: the student's cells in the sandbox (U), the test cells here (T).

In T the student's functions are stubs: a call carries the arguments to U and brings plain data
back. T holds the references and the tests; U never does.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import hashlib
import io
import json
import os
import re
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder import notebook
from autograder.judge import Answer, Verdict, judge, without_magics
from autograder.sandbox import Died, Sandbox, TooSlow
from autograder.sandbox.inside.wire import Other, Source
from autograder.tasks import TASKS, Formula

SHOWN = ("text/plain", "text/html", "text/latex", "text/markdown", "image/png", "image/svg+xml")
MAX_SOURCE = 2**17
"""Characters of code that a submission may have: Python needs minutes to parse some megabytes."""
MAX_SHOWN = 2**24
"""Characters of output that a submission may leave in its notebook."""
MAX_TEXT = 2000
"""Characters of a message that came from a student's process."""
MAX_ANSWER = 2**18
"""Numbers in one answer; the most that is honest is a square of 500 samples."""
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
        TASKS[task]
        with Student(self.sandbox, self.limits) as attempt:
            attempt.run("import numpy as np")
            attempt.run(source)
            return attempt.verdict(task, self._seed(student))

    def grade_notebook(self, cells: Iterable[NotebookNode], student: str = "") -> list[Verdict]:
        """Run a submission's cells, write their outputs into them, return the checks' verdicts.

        A graded test cell gets one execute_result, the points that it earned, or an error. It has
        the error before anything runs, so that nothing stays ungraded whatever happens here.
        """
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        for cell in code:
            cell["outputs"] = [error("NotGraded", "the grading did not come this far")]
        with Student(self.sandbox, self.limits) as attempt:
            tests = Tests(attempt, self._seed(student))
            for cell in code:
                if is_locked(cell) and marks(cell).get("grade"):
                    cell["outputs"] = tests.run(cell["source"], float(marks(cell)["points"]))
                    continue
                if is_locked(cell):
                    tests.execute(cell["source"])
                cell["outputs"] = attempt.run(cell["source"])
        return tests.verdicts

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

    def __init__(self, sandbox: Sandbox, limits: Limits) -> None:
        self._sandbox, self._limits = sandbox, limits
        self.rung = sandbox.rung
        self._session = sandbox.session()
        self._replay: list[str] = []
        self._lost: dict[str, Answer] = {}
        self._broken: list[tuple[str, NotebookNode]] = []
        self._end = time.monotonic() + limits.notebook
        self._code_left, self._shown_left = MAX_SOURCE, MAX_SHOWN
        self.sources: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def run(self, source: str) -> list[NotebookNode]:
        """Run one cell and return its outputs."""
        if len(source) > self._code_left:
            return [error("TooLong", f"a notebook may have {MAX_SOURCE:,} characters of code")]
        self._code_left -= len(source)
        self.sources.append(source)
        self._lost.clear()
        try:
            outputs = self._session.run(source, self._seconds(self._limits.cell))
        except Died as death:
            self._revive()
            ended = error(death_name(death), f"This cell was stopped: {death}.")
            self._broken.append((source, ended))
            return [ended]
        self._replay.append(source)
        cleaned = [output for output in map(cleaned_output, outputs) if output]
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
            raise TooSlow(f"the notebook took longer than {self._limits.notebook:g} seconds")
        return min(seconds, left)

    def call(self, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Answer:
        """Call the student's function; after a death its later calls are not tried again."""
        if name not in self._lost:
            try:
                return answer(
                    self._session.call(
                        name,
                        tuple(map(sendable, args)),
                        keywords,
                        self._seconds(self._limits.call),
                    )
                )
            except Died as death:
                self._revive()
                self._lost[name] = Answer(error=death_name(death), message=str(death))
        return self._lost[name]

    def fetch(self, name: str) -> Any:
        """Return a student's name: a stub for a function, or plain data; KeyError if missing."""
        try:
            kind, value = self._session.get(name, self._seconds(self._limits.call))
        except Died:
            self._revive()
            raise KeyError(name) from None
        if kind == "missing" or too_large(value):
            raise KeyError(name)
        return Stub(name, self) if kind == "function" else value

    def verdict(self, name: str, seed: int) -> Verdict:
        """Ask the task's questions and judge the answers."""
        task = TASKS[name]
        calls = task.calls(seed)
        try:
            self.fetch(name)
        except KeyError:
            answers = [self._missing(name)] * len(calls)
        else:
            answers = [self.call(name, call.args, {}) for call in calls]
        return judge(task, calls, answers, self.sources)

    def _missing(self, name: str) -> Answer:
        """Say why a function is not there: the error of the cell that should define it, if any."""
        for source, output in reversed(self._broken):
            if name in source:
                says = re.sub(
                    r"\(<[^<>]*>, line (\d+)\)",
                    r"(line \1 of its cell)",
                    message(output["evalue"]),
                )
                return Answer(error=message(output["ename"]), message=says)
        return Answer(error="MissingFunction")

    def _revive(self) -> None:
        """Start a new process and bring it to where the dead one was."""
        self._session.close()
        while time.monotonic() < self._end:
            self._session = self._sandbox.session()
            for source in self._replay:
                try:
                    self._session.run(source, self._seconds(self._limits.cell))
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


class Tests:
    """T, the trusted half: the namespace of the locked cells."""

    def __init__(self, student: Student, seed: int) -> None:
        self._student, self._seed = student, seed
        self._bound: dict[str, Any] = {"__name__": "__main__"}
        self.verdicts: list[Verdict] = []

    def run(self, source: str, points: float) -> list[NotebookNode]:
        """Run a test cell; the last output is the points that it earned, or its error."""
        fractions: list[float] = []
        shown: list[NotebookNode] = []

        def grade(function: object) -> float:
            if not isinstance(function, Stub):  # the name of another task is a string, for one
                raise notebook.CheckFailed("what should be checked is not a function")
            verdict = self._student.verdict(notebook.task_name(function), self._seed)
            self.verdicts.append(verdict)
            fractions.append(verdict.score)
            html, text = notebook.card(verdict, graded=True)
            shown.append(new_output("display_data", data={"text/html": html, "text/plain": text}))
            return verdict.score

        token = notebook.graded_by.set(grade)
        try:
            value, printed, problem = self.execute(source)
        finally:
            notebook.graded_by.reset(token)
        if printed:
            shown.insert(0, new_output("stream", name="stdout", text=printed))
        if problem:
            return [*shown, problem]
        if fractions:
            earned = points * sum(fractions) / len(fractions)
        elif type(value) in (int, float):
            earned = min(max(float(value), 0.0), points)
        else:
            earned = points
        data = {"text/plain": repr(round(earned, 4))}
        graded_under = {"autograder": {"rung": self._student.rung}}
        return [*shown, new_output("execute_result", data=data, metadata=graded_under)]

    def execute(self, source: str) -> tuple[Any, str, NotebookNode | None]:
        """Execute a locked cell; return its last line's value, what it printed, its error."""
        source = without_magics(source)
        printed = io.StringIO()
        try:
            tree = ast.parse(source)
            borrowed = self._borrow(tree)
            names = {**borrowed, **self._bound}
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                value = evaluate(tree, names)
        except Exception as raised:
            return None, printed.getvalue(), error_of(raised, source)
        self._bound = {k: v for k, v in names.items() if k not in borrowed or borrowed[k] is not v}
        return value, printed.getvalue(), None

    def _borrow(self, tree: ast.Module) -> dict[str, Any]:
        """Return the student's names that a cell reads: never one that a locked cell has bound."""
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        found: dict[str, Any] = {}
        for name in sorted(names - self._bound.keys() - vars(builtins).keys()):
            with contextlib.suppress(KeyError):
                found[name] = self._student.fetch(name)
            if name in TASKS and name not in found:
                found[name] = Stub(name, self._student)  # so that its check can say it is missing
        return found


def evaluate(tree: ast.Module, names: dict[str, Any]) -> Any:
    """Execute a cell and return the value of its last line, None when that is no expression."""
    last = tree.body[-1] if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    body = ast.Module(tree.body[:-1] if last else tree.body, [])
    exec(compile(body, "<test cell>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<test cell>", "eval"), names) if last else None


def death_name(death: Died) -> str:
    """Return the name of the error that stands for a death: too slow, or gone."""
    return "TimeoutError" if death.too_slow else "ProcessEnded"


def sendable(argument: Any) -> Any:
    """Return an argument in the form in which it crosses to U: a formula as its source."""
    return Source(argument.source) if isinstance(argument, Formula) else argument


def answer(reply: dict[str, Any]) -> Answer:
    """Return what U replied as an Answer, believing nothing about it."""
    text = {key: message(reply.get(key)) for key in ("type", "error", "message", "line", "printed")}
    value = reply.get("value")
    if isinstance(value, Other):
        text["type"], value = value.type, None
    if too_large(value):
        value, text["error"], text["message"] = None, "ValueError", "the value is too large"
    return Answer(value=value, changed=reply.get("changed") is True, **text)


def message(value: Any) -> str:
    """Return a text of U's, cut and without commands to a terminal; "" for what is no text."""
    return value[:MAX_TEXT].replace("\x1b", "\ufffd") if isinstance(value, str) else ""


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


def cleaned_output(output: Any) -> NotebookNode | None:
    """Return an output of U rebuilt from the parts that a notebook may show, or None."""
    if isinstance(output, dict):  # a pattern compares, and comparing an array is an error
        output = {k: v for k, v in output.items() if isinstance(v, (str, list, dict))}
    match output:
        case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
            return new_output("stream", name=name, text=text)
        case {
            "output_type": "error",
            "ename": str(name),
            "evalue": str(text),
            "traceback": list(tb),
        }:
            lines = [line for line in tb if isinstance(line, str)]
            return new_output("error", ename=name, evalue=text, traceback=lines)
        case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
            shown = {key: data[key] for key in SHOWN if isinstance(data.get(key), str)}
            return new_output(kind, data=shown)
    return None


def error(name: str, message: str, lines: Iterable[str] = ()) -> NotebookNode:
    """Return an error as a cell's output."""
    shown = [*lines, f"{name}: {message}"]
    return new_output("error", ename=name, evalue=message, traceback=shown)


def error_of(raised: Exception, source: str) -> NotebookNode:
    """Return what a test cell raised, with the line that did: a student learns from that one.

    Of a hidden test only a message that the instructor wrote is shown, never what was compared.
    """
    frames = traceback.extract_tb(raised.__traceback__)
    numbers = [frame.lineno or 0 for frame in frames if frame.filename == "<test cell>"]
    line = numbers[-1] if numbers else 0
    if line in hidden_lines(source):
        own = isinstance(raised, AssertionError) and frames[-1].filename == "<test cell>"
        return error("HiddenTest", (own and str(raised)) or "a hidden test did not pass")
    where = [f"----> {source.splitlines()[line - 1].strip()}"] if line else []
    return error(type(raised).__name__, str(raised), where)


def hidden_lines(source: str) -> set[int]:
    """Return the numbers of the lines between nbgrader's marks of hidden tests."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate(source.splitlines(), 1):
        inside = (inside or "BEGIN HIDDEN TESTS" in line) and "END HIDDEN TESTS" not in line
        if inside:
            found.add(number)
    return found
