"""Two passes over a notebook: the visible one is shown, the hidden one only decides.

In each, the student's cells run in a process of theirs and the locked cells in this one.
"""

from __future__ import annotations

import re
from typing import Any

from nbformat import NotebookNode

from autograder import notebook
from autograder.grader import outputs
from autograder.grader.alone import Written
from autograder.grader.cells import is_locked, marks
from autograder.grader.student import GONE, RemoteFunction, Student
from autograder.grader.trusted import Trusted
from autograder.judge import Answer, Verdict, judge, right
from autograder.tasks import TASKS


class VisiblePass:
    """T beside one U: a notebook's cells in order, each asked what students may see asked."""

    def __init__(self, student: Student, seed: int) -> None:
        self.incomplete = False
        self.verdicts: list[Verdict] = []
        self.heard: dict[tuple[int, str], list[Answer]] = {}
        self.shown: dict[int, list[NotebookNode]] = {}
        self.written: dict[tuple[int, str], Written] = {}
        self.student, self._seed = student, seed
        self.trusted = Trusted(student)

    def cell(self, cell: NotebookNode) -> list[NotebookNode]:
        """Run a code cell and return its outputs."""
        if is_locked(cell) and not marks(cell).get("grade"):
            self.trusted.execute(cell["source"], lambda function: 1.0)
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
        value, printed, raised = self.trusted.execute(source, check)
        self._note(cell)
        last = outputs.told(raised, source) if raised else self._worth(cell, value)
        return [*([outputs.printed(printed)] if printed else []), last]

    def _note(self, cell: NotebookNode) -> None:
        """Keep what is written so far for the tasks that are checked here, openly or hidden."""
        words = set(re.findall(r"\w+", cell["source"]))
        for name in TASKS.keys() & words if "check" in words else ():
            heard = self.heard.get((id(cell), name), [])
            calls = TASKS[name].calls(self._seed)
            asked = zip([call for call in calls if call.visible], heard, strict=False)
            plain = [(a.value, call) for call, a in asked if call.kind != "edge"]
            if all(right(value, call, TASKS[name]) for value, call in plain):
                self.written[id(cell), name] = TASKS[name], calls, list(self.student.sources)

    def _worth(self, cell: NotebookNode, value: Any) -> NotebookNode:
        """Return the output of a test that passed: its value where that is a number, or all."""
        points = float(marks(cell)["points"])
        given = min(max(float(value), 0.0), points) if type(value) in (int, float) else points
        graded_under = {"autograder": {"level": self.student.level}}
        return outputs.result({"text/plain": repr(round(given, 4))}, graded_under)


class HiddenPass(VisiblePass):
    """The same notebook in a new U, which is asked what is hidden; nothing from it is shown."""

    def __init__(
        self,
        student: Student,
        seed: int,
        run: VisiblePass,
        style: dict[tuple[int, str], str | None],
    ) -> None:
        super().__init__(student, seed)
        self._first, self._style = run, style

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
            verdict = self._verdict(name, heard, self._style.get((id(cell), name), "unreadable"))
            self.verdicts.append(verdict)
            fractions.append(verdict.score)
            if heard:
                html, text = notebook.card(verdict, graded=True)
                cards.append(outputs.displayed({"text/html": html, "text/plain": text}))
            return verdict.score

        source = cell["source"]
        value, _, raised = self.trusted.execute(source, check)
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

    def _verdict(self, name: str, heard: list[Answer], style: str | None) -> Verdict:
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
        return judge(TASKS[name], calls, answers, self.student.sources, lambda: style)


def name_of(function: object) -> str:
    """Return the task of a student's function, or raise CheckFailed."""
    if not isinstance(function, RemoteFunction):  # the name of another task is a string, for one
        raise notebook.CheckFailed("what should be checked is not a function")
    return notebook.task_name(function)
