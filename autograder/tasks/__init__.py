"""What each exercise asks: every task of the course by its name."""

from autograder.tasks import cross_entropy, gradients, regression
from autograder.tasks.task import Call, Formula, Mistake, Pipeline, Task, edge, wrong

FAMILIES = (
    regression,
    cross_entropy,
    gradients,
)

TASKS: dict[str, Task] = {task.name: task for family in FAMILIES for task in family.TASKS}

__all__ = ["TASKS", "Call", "Formula", "Mistake", "Pipeline", "Task", "edge", "wrong"]
