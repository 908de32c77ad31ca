"""The program that was read of a function, run alone: style is earned by what ran.

Whatever a notebook does to have another function answer under the name that is read (`exec`, a
hook, a changed library), none of it is in a fresh process that has been given only what was read.
If the answers are right there too, then what was read is what earns the points. There is no
reflection in it (see judge/style.py), so that it can also be counted how many steps it takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.grader.student import Student
from autograder.judge import Answer, read_style, right
from autograder.tasks import Call, Task

Written = tuple[Task, Sequence[Call], Sequence[str]]
"""A task, its questions, and the cells that there were when it was checked."""

COUNTED = """
def __counted__(*args):
    from sys import settrace
    here, steps = __counted__.__code__.co_filename, 0
    def step(frame, event, argument):
        nonlocal steps
        if frame.f_code.co_filename == here:
            steps += 1
            return step
    settrace(step)
    try:
        value = {name}(*args)
    finally:
        settrace(None)
    return [value, steps]
"""
"""Asked in the place of a function, this also counts the lines that it runs, but no library's."""

FEW = 50
"""Steps that whole-array code may take more for 500 samples than for a few."""


def styles(student: Student, written: Sequence[Written]) -> list[str | None]:
    """Return the slug of the broken rule, or None, of tasks with their questions and cells.

    The process must be a new one. It may run the notebook afterwards: what was read can neither
    change what others find in a library nor reach into the shell, and one process costs as much as
    all the rest.
    """
    return [judged(student, *one) for one in written]


def judged(student: Student, task: Task, calls: Sequence[Call], cells: Sequence[str]) -> str | None:
    """Read a task's function, and run what was read where there is nothing else against it."""
    style = read_style(task, cells)
    if style.slug or not style.source:
        return style.slug
    hidden = [call for call in calls if call.kind == "random"]
    few, many = hidden[0], hidden[-1]
    counts = task.style == "numpy" and style.own
    program = style.source + (COUNTED.format(name=task.name) if counts else "")
    answers = student.ask_alone(program, "__counted__" if counts else task.name, [few, many])
    values = [value_and_steps(answer) if counts else (answer.value, 0) for answer in answers]
    for (value, _), answer, call in zip(values, answers, (few, many), strict=True):
        if answer.error or not right(value, call, task):
            return "unreadable"
    (_, start), (_, end) = values
    return "hidden-loop" if end - start > FEW else None


def value_and_steps(answer: Answer) -> tuple[object, int]:
    """Return both halves of a counted answer."""
    match answer.value:
        case [value, int(steps)]:
            return value, steps
    return None, 0
