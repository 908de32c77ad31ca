"""Run a notebook in two halves: the student's cells in the sandbox (U), the locked cells here (T).

In T the student's functions are remote: a call carries the arguments to U and brings plain data
back. T holds the references and the tests; U never does.

A notebook runs twice, each time in a new U. The first is asked what students may see, and all that
is shown of their code comes from it. The second is asked what is hidden, and only decides.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nbformat import NotebookNode

from autograder.grader import outputs
from autograder.grader.alone import styles, values_right
from autograder.grader.cells import data_files, is_locked, marks
from autograder.grader.judging import Judging
from autograder.grader.lacking import lacking
from autograder.grader.passes import HiddenPass, VisiblePass
from autograder.grader.student import Limits, Student
from autograder.judge import Verdict
from autograder.sandbox import Sandbox
from autograder.tasks import TASKS

__all__ = ["Grader", "Judged", "Limits", "data_files", "is_locked", "marks"]


CELL_MARK = re.compile(r"^# (?:In ?\[[\d ]*\]:|%%.*)$", re.MULTILINE)
"""Where a cell begins in a notebook that was exported as a script."""


@dataclass(frozen=True)
class Judged:
    """What grading a notebook came to, beside its outputs.

    `lacks` has a line for each package, file or `input()` that the code asked for in vain.
    """

    verdicts: list[Verdict]
    lacks: list[str]


class Grader:
    """Grades functions and notebooks; keeps one warm sandbox until it is closed.

    The hidden inputs follow from the course's seed, which nobody should know, and the student's
    name; without a seed one is drawn, and no other grader asks the same. `level` is the isolation
    level, the strongest unless it is named; NoSandbox is raised where that is not to be had.

    >>> with Grader() as grader:
    ...     grader.grade_source("mae_loop", "def mae_loop(y_true, y_pred): return 0").mistakes
    ('constant-answer',)
    """

    def __init__(
        self, course_seed: str = "", limits: Limits | None = None, level: str | None = None
    ) -> None:
        self.course_seed = course_seed or secrets.token_hex(16)
        self.limits = limits or Limits()
        self.sandbox = Sandbox(level)
        self.judging = Judging()

    def grade_source(self, task: str, source: str, student: str = "") -> Verdict:
        """Return the verdict on a function's source; `np` is imported for it.

        What Jupyter exported, or an editor marks as cells, is run cell by cell: one that is not
        finished does not stop the others. Raises KeyError for a task that does not exist.
        """
        calls = TASKS[task].calls(self._seed(student))
        with Student(self.sandbox.session, self.sandbox.level, self.limits) as attempt:
            attempt.run("import numpy as np")
            for cell in filter(str.strip, CELL_MARK.split(source)):
                attempt.run(cell)
            answers, cells = attempt.ask(task, calls), attempt.sources
        style = None
        if values_right(TASKS[task], calls, answers):
            with Student(self.sandbox.session, self.sandbox.level, self.limits) as fresh:
                (style,) = styles(fresh, self.judging, [(TASKS[task], calls, cells)])
        return self.judging.judge(task, calls, answers, cells, style)

    def grade_notebook(
        self,
        cells: Iterable[NotebookNode],
        student: str = "",
        folder: Path | None = None,
        companions: Mapping[str, bytes] | None = None,
    ) -> Judged:
        """Run a submission's cells, write their outputs into them, return the checks' verdicts.

        `folder` is where the assignment lies; both halves have the data files in it beside them.
        `companions` are the student's own files: their process has them, this one never sees any.
        A graded test cell gets one execute_result, the points that it earned, or an error. It has
        the error before anything runs, so that nothing stays ungraded whatever happens here.
        """
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        for cell in code:
            cell["outputs"] = [outputs.error("NotGraded", "the grading did not come this far")]
        seed = self._seed(student)
        plots = any("matplotlib" in cell["source"] for cell in code)
        beside = {**(companions or {}), **data_files(folder)}
        start = functools.partial(self.sandbox.session, plots, beside)
        with contextlib.chdir(folder or "."):
            with Student(start, self.sandbox.level, self.limits) as half:
                run = VisiblePass(half, seed)
                shown = [run.cell(cell) for cell in code]
            own = [cell["source"] for cell in code if not is_locked(cell)]
            lacks = lacking(half.errors, own)
            if run.undecided:
                with Student(start, self.sandbox.level, self.limits, shown=False) as half:
                    run = HiddenPass(half, seed, run, self.judging)
                    shown = [run.cell(cell) for cell in code]
        for cell, output in zip(code, shown, strict=True):
            cell["outputs"] = output
        return Judged(run.verdicts, lacks)

    def _seed(self, student: str) -> int:
        digest = hashlib.sha256(f"{self.course_seed}\0{student}".encode()).digest()
        return int.from_bytes(digest[:16])

    def close(self) -> None:
        """End the sandbox, and the process that judges."""
        self.judging.close()
        self.sandbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
