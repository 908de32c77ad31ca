"""The trusted process: it executes the locked cells, to which a student's functions are remote."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from autograder import notebook
from autograder.grader import outputs
from autograder.grader.student import RemoteFunction, Student
from autograder.judge import without_magics
from autograder.tasks import TASKS

os.environ.setdefault("MPLBACKEND", "agg")  # test cells may import pyplot; nobody looks


class Trusted:
    """T: the names that the locked cells have bound so far, beside one student's process."""

    def __init__(self, student: Student) -> None:
        self.student = student
        self._bound: dict[str, Any] = {"__name__": "__main__"}

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
                found[name] = RemoteFunction(name, self.student)  # so that its check can complain
        return found


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
