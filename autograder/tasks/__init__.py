"""What each exercise asks: every task of the course by its name."""

import pkgutil
import runpy
from importlib import import_module
from pathlib import Path

from autograder.tasks.program import Outcomes, Program
from autograder.tasks.steps import Mistake, Taken
from autograder.tasks.task import Call, Edge, Formula, Task, edge

TASKS: dict[str, Task] = {
    task.name: task
    for module in pkgutil.iter_modules(__path__)
    for task in getattr(import_module(f"{__name__}.{module.name}"), "TASKS", ())
}
"""The tasks of every module beside this one."""

LOADED: list[Path] = []
"""The files of the instructor's own tasks: a process that starts afresh loads them again."""


def load_tasks(path: str | Path) -> None:
    """Add an instructor's own tasks: every Task that the Python file at `path` makes.

    docs/examples/cosine.py is such a file. Raises ValueError where a step or a row of theirs does
    not compile, or where the steps cannot answer a question of the task's own.
    """
    made = [one for one in runpy.run_path(str(path)).values() if isinstance(one, Task)]
    for task in made:
        task.program.load()
        for call in task.calls(0):
            if task.right(*call.args) is None:
                why = "a loop's lists become arrays by floats(...)"
                raise ValueError(f"{task.name}: its own steps fail on {call.name}; {why}")
    TASKS.update({task.name: task for task in made})
    LOADED.append(Path(path))


__all__ = [
    "LOADED", "TASKS", "Call", "Edge", "Formula", "Mistake", "Outcomes", "Program", "Taken", "Task",
    "edge", "load_tasks",
]  # fmt: skip
