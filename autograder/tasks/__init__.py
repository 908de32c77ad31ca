"""What each exercise asks: every task of the course by its name."""

from autograder.tasks import regression
from autograder.tasks.task import Call, Formula, Mistake, Pipeline, Task, edge, wrong

TASKS: dict[str, Task] = {task.name: task for task in regression.TASKS}

__all__ = ["TASKS", "Call", "Formula", "Mistake", "Pipeline", "Task", "edge", "wrong"]
