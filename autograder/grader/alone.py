"""The program that was read of a function, run alone: style is earned by what ran.

Whatever a notebook does to have another function answer under the name that is read (`exec`, a
hook, a changed library), none of it is in a fresh process that has been given only what was read.
If the answers are right there too, then what was read is what earns the points. There is no
reflection in it (see judge/style.py), so that it can also be counted how many steps it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autograder.grader.judging import Judging
from autograder.grader.student import Student
from autograder.judge import Answer, Style, right
from autograder.tasks import Call, Task

Written = tuple[Task, Sequence[Call], Sequence[str]]
"""A task, its questions, and the cells that there were when it was checked."""

COUNTED = """
def __counted__(*args):
    from sys import gettrace, settrace
    here, steps = __counted__.__code__.co_filename, 0
    def step(frame, event, argument):
        nonlocal steps
        if frame.f_code.co_filename == here:
            steps += 1
            return step
    settrace(step)
    try:
        value = {name}(*args)
        heard = gettrace() is step  # an error in the midst of counting ends it
    finally:
        settrace(None)
    return [value, steps if heard else {many}]
"""
"""Asked in the place of a function, this also counts the lines that it runs, but no library's."""

FEW, MANY = 50, 300
"""Steps that whole-array code may take more for 500 samples than for a few, and at all."""
UNREAD = Style("unreadable", "", True)
"""The style of what was never read."""


def values_right(task: Task, calls: Sequence[Call], answers: Sequence[Answer]) -> bool:
    """Whether what is known of the answers leaves the values right: only then does style count."""
    plain = [pair for pair in zip(calls, answers, strict=False) if pair[0].row == "values"]
    return all(not answer.error and right(answer.value, call, task) for call, answer in plain)


def styles(student: Student, judging: Judging, written: Sequence[Written]) -> list[Style]:
    """Return the style of tasks, from their questions and cells.

    The process must be a new one. It may run the notebook afterwards: what was read can neither
    change what others find in a library nor reach into the shell, and one process costs as much as
    all the rest.
    """
    return [
        ran(student, task, calls, judging.read(task.name, cells)) for task, calls, cells in written
    ]


def ran(student: Student, task: Task, calls: Sequence[Call], style: Style) -> Style:
    """Run what was read where there is nothing else against it; return the style after that."""
    if style.slug or not style.source:
        return style if style.slug else UNREAD
    counts = task.style == "numpy" and style.own
    program = style.source + (COUNTED.format(name=task.name, many=MANY + 1) if counts else "")
    answers = student.ask_alone(program, "__counted__" if counts else task.name, calls)
    if len(answers) != len(calls):
        return UNREAD
    values = [value_and_steps(answer) if counts else (answer.value, 0) for answer in answers]
    wrong = frozenset(
        place
        for place, ((value, _), answer, call) in enumerate(zip(values, answers, calls, strict=True))
        if answer.error or not right(value, call, task)
    )
    steps = [taken for (_, taken), call in zip(values, calls, strict=True) if call.kind == "random"]
    if steps[-1] - steps[0] > FEW or max(steps) > MANY:
        return replace(style, slug="hidden-loop")
    return replace(style, wrong=wrong)


def value_and_steps(answer: Answer) -> tuple[object, int]:
    """Return both halves of a counted answer."""
    match answer.value:
        case [value, int(steps)]:
            return value, steps
    return None, 0
