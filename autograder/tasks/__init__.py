"""What each exercise asks: every task of the course by its name."""

import runpy
from pathlib import Path

from autograder.tasks import cross_entropy, gradients, hinge, log_loss, regression, robust
from autograder.tasks.program import Program
from autograder.tasks.steps import Mistake, Taken, rows
from autograder.tasks.task import Call, Edge, Formula, Task, edge

FAMILIES = (
    regression,
    robust,
    log_loss,
    cross_entropy,
    hinge,
    gradients,
)

TASKS: dict[str, Task] = {task.name: task for family in FAMILIES for task in family.TASKS}

LOADED: list[Path] = []
"""The files of the instructor's own tasks: a process that starts afresh loads them again."""


def load_tasks(path: str | Path) -> None:
    """Add an instructor's own tasks: every Task that the Python file at `path` makes.

    docs/examples/cosine.py is such a file. Raises ValueError where a step or a row of theirs does
    not compile.
    """
    made = [one for one in runpy.run_path(str(path)).values() if isinstance(one, Task)]
    for task in made:
        task.program.load()
    TASKS.update({task.name: task for task in made})
    LOADED.append(Path(path))


__all__ = [
    "LOADED", "TASKS", "Call", "Edge", "Formula", "Mistake", "Program", "Taken", "Task",
    "edge", "load_tasks", "rows",
]  # fmt: skip
