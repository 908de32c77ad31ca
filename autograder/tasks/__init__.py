"""What each exercise asks: every task of the course by its name."""

import runpy
from pathlib import Path

from autograder.tasks import cross_entropy, gradients, hinge, log_loss, regression, robust
from autograder.tasks.task import Call, Edge, Formula, Mistake, Pipeline, Taken, Task, edge, wrong

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

    docs/examples/cosine.py is such a file.
    """
    made = runpy.run_path(str(path)).values()
    TASKS.update({task.name: task for task in made if isinstance(task, Task)})
    LOADED.append(Path(path))


__all__ = [
    "LOADED", "TASKS", "Call", "Edge", "Formula", "Mistake", "Pipeline", "Taken", "Task",
    "edge", "load_tasks", "wrong",
]  # fmt: skip
