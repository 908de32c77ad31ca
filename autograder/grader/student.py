"""The student's process: it runs cells, answers calls, and is started anew when it dies."""

from __future__ import annotations

import builtins
import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from nbformat import NotebookNode

from autograder.grader import outputs
from autograder.grader.alarm import undisturbed
from autograder.grader.values import answer, sendable, too_large
from autograder.judge import Answer
from autograder.sandbox import Died, Session, TooSlow
from autograder.sandbox.inside.caps import MAX_ERRORS, MAX_OUTPUTS, MAX_SHOWN, MAX_SOURCE, MAX_TEXT
from autograder.tasks import Call

REVIVALS = 4
"""How often a process is brought back to where it was, while other cells than before end it."""
GONE = ("TimeoutError", "ProcessEnded")
"""Answers of a function that is not asked again: its process was too slow, or ended."""


@dataclass(frozen=True)
class Limits:
    """How many seconds a cell, one call of a function, and a whole notebook may take."""

    cell: float = 30
    call: float = 5
    notebook: float = 600


class Student:
    """U, the student's half. When its process dies it is started again and its cells replayed."""

    def __init__(
        self, start: Callable[[], Session], level: str, limits: Limits, shown: bool = True
    ) -> None:
        self.level, self.limits = level, limits
        self.died = False
        self.sources: list[str] = []
        self.errors: dict[tuple[str, str], None] = {}
        """What was raised, in cells and in calls, each once: names and messages."""
        self._start, self._session, self._visible = start, start(), shown
        self.lost: dict[str, Answer] = {}
        self._broken: list[tuple[str, NotebookNode]] = []
        self._end = self.until = time.monotonic() + limits.notebook
        self._code_left, self._shown_left = MAX_SOURCE, MAX_SHOWN
        self._outputs_left = MAX_OUTPUTS

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
        self.lost.clear()
        self.died = False
        try:
            given = self._session.run(source, self._seconds(self.limits.cell), self._visible)
        except Died as death:
            self._revive()
            self.died = True
            ended = outputs.error(death_name(death), f"This cell was stopped: {death}.")
            self._broken.append((source, ended))
            return [ended]
        self.sources.append(source)
        cleaned = (output for output in map(outputs.cleaned, given) if output)
        kept = [output for output in cleaned if self._fits(output)]
        broken = [output for output in kept if output["output_type"] == "error"]
        self._broken += [(source, output) for output in broken]
        for output in broken:
            self._heard(output["ename"], output["evalue"])
        return kept

    def _heard(self, name: str, message: str) -> None:
        """Keep an error, up to a number of them."""
        if name and len(self.errors) < MAX_ERRORS:
            self.errors[name[:MAX_TEXT], message[:MAX_TEXT]] = None

    def _fits(self, output: NotebookNode) -> bool:
        """Whether there is room for one more output, and take it."""
        size = len(json.dumps(output))
        fits = size <= self._shown_left and self._outputs_left > 0
        self._shown_left -= size if fits else 0
        self._outputs_left -= fits
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
        keywords = {key: sendable(value) for key, value in keywords.items()}
        with undisturbed():
            try:
                given = answer(self._session.call(name, sent, keywords, seconds))
                self._heard(given.error, given.message)
                return given
            except Died as death:
                self._revive()
                gone = Answer(error=death_name(death), message=str(death))
                if not death.too_slow or seconds == self.limits.call:  # it had all its time
                    self.lost[name] = gone
                return gone

    def fetch(self, name: str) -> Any:
        """Return a student's name: a remote function, or plain data; KeyError if missing."""
        with undisturbed():
            try:
                kind, value = self._session.get(name, self._call_seconds())
            except Died:
                self._revive()
                raise KeyError(name) from None
        if kind == "missing" or too_large(value):
            raise KeyError(name)
        return RemoteFunction(name, self) if kind == "function" else value

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

    def ask_alone(self, program: str, name: str, calls: Sequence[Call]) -> list[Answer]:
        """Run a program that is no cell, and ask a function of it; no answers where it fails."""
        questions = [tuple(map(sendable, call.args)) for call in calls]
        try:
            replies = self._session.alone(program, name, questions, self._seconds(self.limits.call))
        except Died:
            self._revive()
            return []
        return [answer(reply) for reply in replies if isinstance(reply, dict)]

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
        for _ in range(REVIVALS):
            self._session = self._start()
            for source in self.sources:
                try:
                    self._session.run(source, self._seconds(self.limits.cell), shown=False)
                except Died:  # what ran well once does not now: go on without it
                    self._session.close()
                    self.sources.remove(source)
                    break
            else:
                return
        self.sources.clear()
        self._session = self._start()


class NotPlain:
    """Stands for what a student's function returned and cannot leave its process."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<a value of type {self.kind}, which is no plain data>"


class RemoteFunction:
    """A student's function as the trusted process sees it."""

    def __init__(self, name: str, student: Student) -> None:
        self.__name__, self._student = name, student

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Call it in U; what it raises there is raised here, by the same built-in name.

        StopIteration is not: it would end a loop of the test, which then has tested nothing. What
        is no plain data comes back as something that is equal to nothing.
        """
        given = self._student.call(self.__name__, args, keywords)
        if given.error:
            kind = getattr(builtins, given.error, RuntimeError)
            known = isinstance(kind, type) and issubclass(kind, Exception)
            ends = known and issubclass(kind, (StopIteration, StopAsyncIteration))
            raise (kind if known and not ends else RuntimeError)(given.message)
        if given.value is None and given.type == "int":
            raise OverflowError("an integer that no float can hold")
        if given.value is None and given.type not in ("", "NoneType"):
            return NotPlain(given.type)
        return given.value


def death_name(death: Died) -> str:
    """Return the name of the error that stands for a death: too slow, or gone."""
    return "TimeoutError" if death.too_slow else "ProcessEnded"
