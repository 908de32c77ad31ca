"""Two passes over a notebook: the visible one is shown, the hidden one only decides.

In each, the student's cells run in a process of theirs and all locked cells in this one, whatever
became of the student's process.
"""

from __future__ import annotations

import math
import numbers
import re
from functools import cache
from typing import Any

import numpy as np
from nbformat import NotebookNode

from autograder import notebook
from autograder.grader import outputs
from autograder.grader.alone import UNREAD, Written, styles, values_right
from autograder.grader.cells import is_locked, marks, without_hidden
from autograder.grader.judging import Judging
from autograder.grader.student import GONE, RemoteFunction, Student
from autograder.grader.trusted import Outcome, Trusted
from autograder.grader.values import withheld
from autograder.judge import Answer, Verdict
from autograder.tasks import TASKS


class VisiblePass:
    """A notebook's cells in order, each asked what students may see asked.

    What a check or a hidden test is worth is not known here: `undecided` says that there is one,
    and then no point counts before the hidden pass has given it.
    """

    def __init__(self, student: Student, seed: int) -> None:
        self.undecided = False
        self.verdicts: list[Verdict] = []
        self.heard: dict[int, dict[str, list[Answer]]] = {}
        self.written: dict[tuple[int, str], Written] = {}
        self.shown: dict[int, list[NotebookNode]] = {}
        self.failed: set[int] = set()
        self.fatal: set[int] = set()
        self._student, self._trusted = student, Trusted(student)
        self._calls = cache(lambda name: TASKS[name].calls(seed))

    def cell(self, cell: NotebookNode) -> list[NotebookNode]:
        """Run a code cell and return its outputs."""
        given = self._execute(cell) if is_locked(cell) else None
        if given and is_test(cell):
            shown = self._told(cell, given)
        else:
            shown = self._student.run(cell["source"])
            if self._student.died:
                self.fatal.add(id(cell))
        self.shown[id(cell)] = shown
        return shown

    def _execute(self, cell: NotebookNode) -> Outcome:
        """Execute a locked cell without its hidden part, as if what is hidden were right."""

        def check(function: object) -> float:
            name = name_of(function)
            visible = [call for call in self._calls(name) if call.visible]
            self.undecided = True
            self.heard.setdefault(id(cell), {})[name] = self._student.ask(name, visible)
            return 1.0

        self.undecided |= has_hidden(cell)
        given = self._trusted.execute(cell["source"], check, hidden=False)
        self._note(cell)
        return given

    def _note(self, cell: NotebookNode) -> None:
        """Keep what is written so far for the tasks that are checked here, openly or hidden."""
        words = set(re.findall(r"\w+", cell["source"]))
        for name in TASKS.keys() & words if "check" in words else ():
            calls = self._calls(name)
            heard = self.heard.get(id(cell), {}).get(name, [])
            visible = [call for call in calls if call.visible]
            if values_right(TASKS[name], visible, heard):
                self.written[id(cell), name] = TASKS[name], calls, list(self._student.sources)

    def _told(self, cell: NotebookNode, given: Outcome) -> list[NotebookNode]:
        """Return what a test prints, and what it came to as far as it is decided."""
        printed = [outputs.printed(given.printed)] if given.printed else []
        if given.raised:
            last = outputs.told(given.raised, cell["source"])
        else:
            last = self._worth(cell, given.value)
        if last["output_type"] == "error":
            self.failed.add(id(cell))
        return [*printed, last]

    def _worth(self, cell: NotebookNode, value: Any) -> NotebookNode:
        """Return the output of a test that passed: its value where that is a number, or all."""
        points = float(marks(cell)["points"])
        number = as_number(value)
        if number is not None:
            if not is_finite(number):
                return outputs.error("NotFinite", "this test came to a number that is not finite")
            points = min(max(float(number), 0.0), points)
        graded_under = {"autograder": {"level": self._student.level}}
        return outputs.result({"text/plain": repr(round(points, 4))}, graded_under)


class HiddenPass(VisiblePass):
    """The same cells beside a new process, which is asked what is hidden; nothing of it is shown.

    A test cell earns what it earns here, if it has not failed in the visible pass.
    """

    def __init__(self, student: Student, seed: int, visible: VisiblePass, judging: Judging) -> None:
        super().__init__(student, seed)
        self._visible, self._judging = visible, judging
        read = styles(student, judging, list(visible.written.values()))
        self._styles = dict(zip(visible.written, read, strict=True))
        self._scores: dict[int, dict[str, float]] = {}
        self._cards: dict[int, list[NotebookNode]] = {}

    def cell(self, cell: NotebookNode) -> list[NotebookNode]:
        """Run a code cell; return what is shown, which only a test changes now."""
        given = self._execute(cell) if is_locked(cell) else None
        if given and is_test(cell):
            return self._decided(cell, given)
        if id(cell) not in self._visible.fatal:
            self._student.run(cell["source"])
        return self._visible.shown[id(cell)]

    def _execute(self, cell: NotebookNode) -> Outcome:
        """Execute a locked cell whole; what was checked in the visible pass has to be again."""
        heard = self._visible.heard.get(id(cell), {})
        scores = self._scores[id(cell)] = dict.fromkeys(heard, 0.0)
        cards: list[NotebookNode] = []
        self._cards[id(cell)] = cards

        def check(function: object) -> float:
            name = name_of(function)
            verdict = self._verdict(cell, name)
            self.verdicts.append(verdict)
            scores[name] = verdict.score
            if name in heard:
                html, text = notebook.card(verdict, graded=True)
                cards.append(outputs.displayed({"text/html": html, "text/plain": text}))
            return verdict.score

        return self._trusted.execute(cell["source"], check)

    def _decided(self, cell: NotebookNode, given: Outcome) -> list[NotebookNode]:
        """Return what the visible pass showed of a test, and the cards and points of this one."""
        *printed, last = self._visible.shown[id(cell)]
        scores = self._scores[id(cell)].values()
        hides = bool(scores) or has_hidden(cell)
        if id(cell) not in self._visible.failed:
            if given.raised:
                last = outputs.untold(given.raised, cell["source"], hides)
            elif scores:
                last = self._worth(cell, marks(cell)["points"] * sum(scores) / len(scores))
            else:
                last = self._worth(cell, given.value)
        return [*printed, *self._cards[id(cell)], last]

    def _verdict(self, cell: NotebookNode, name: str) -> Verdict:
        """Judge a function by what the visible pass heard of it and by what is hidden."""
        heard = self._visible.heard.get(id(cell), {}).get(name, [])
        style = self._styles.get((id(cell), name), UNREAD)
        calls = self._calls(name)
        visible = [call for call in calls if call.visible]
        hidden = [call for call in calls if not call.visible]
        # Without `heard` the check is hidden itself, and what is visible is asked only now.
        heard = heard or [withheld(answer) for answer in self._student.ask(name, visible)]
        for answer in heard:
            if answer.error in GONE:
                self._student.lost[name] = answer
        asked = [withheld(answer) for answer in self._student.ask(name, hidden)]
        first, second = iter(heard), iter(asked)
        answers = [next(first if call.visible else second) for call in calls]
        return self._judging.judge(name, calls, answers, self._student.sources, style)


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is the course's and has points."""
    return is_locked(cell) and bool(marks(cell).get("grade"))


def has_hidden(cell: NotebookNode) -> bool:
    """Whether a cell has hidden tests."""
    return bool(without_hidden(cell["source"]) != cell["source"])


def as_number(value: Any) -> Any:
    """Return a test's last value where it says what the test is worth: a real number, or False."""
    if isinstance(value, (np.ndarray, np.generic)) and not np.ndim(value):
        value = value.item()
    if isinstance(value, bool):
        return None if value else 0.0
    return value if isinstance(value, numbers.Real) else None


def is_finite(value: Any) -> bool:
    """Whether a number is one that a float can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def name_of(function: object) -> str:
    """Return the task of a student's function, or raise CheckFailed."""
    if not isinstance(function, RemoteFunction):  # the name of another task is a string, for one
        raise notebook.CheckFailed("what should be checked is not a function")
    return notebook.task_name(function)
