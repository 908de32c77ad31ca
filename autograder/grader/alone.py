"""The program that was read of a function, run alone: style is earned by what ran.

Whatever a notebook does to have another function answer under the name that is read (`exec`, a
hook, a changed library), none of it is in a fresh process that has been given only what was read.
If the answers are right there too, then what was read is what earns the points. There is no
reflection in it (see judge/style.py), so that it can also be counted how many steps it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograder.grader.student import Limits, Student
from autograder.judge import Answer, Style, read_style, right
from autograder.sandbox import Session
from autograder.tasks import Call, Task

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


def styles(
    start: Callable[[], Session],
    level: str,
    limits: Limits,
    written: Sequence[tuple[Task, Sequence[Call], Sequence[str]]],
) -> list[str | None]:
    """Return, for tasks with their questions and cells, the slug of each one's broken rule or None.

    One process does for all: read code cannot change what another one's names mean.
    """
    read = [read_style(task, cells) for task, _, cells in written]
    if not any(map(to_run, read)):
        return [style.slug for style in read]
    with Student(start, level, limits, shown=False) as student:
        return [
            run(student, style, task, calls) if to_run(style) else style.slug
            for style, (task, calls, _) in zip(read, written, strict=True)
        ]


def to_run(style: Style) -> bool:
    """Whether there is anything that must still show that it answers."""
    return style.slug is None and bool(style.source)


def run(student: Student, style: Style, task: Task, calls: Sequence[Call]) -> str | None:
    """Run a program that was read; return the slug of what it shows, or None."""
    calls = [call for call in calls if call.kind == "random"]
    counts = task.style == "numpy" and style.own
    student.run(style.source + (COUNTED.format(name=task.name) if counts else ""))
    answers = student.ask("__counted__" if counts else task.name, calls)
    values = [value_and_steps(answer) if counts else (answer.value, 0) for answer in answers]
    for (value, _), answer, call in zip(values, answers, calls, strict=True):
        if answer.error or not right(value, call, task):
            return "unreadable"
    steps = [count for _, count in values]
    return "hidden-loop" if max(steps) - min(steps) > FEW else None


def value_and_steps(answer: Answer) -> tuple[object, int]:
    """Return both halves of a counted answer."""
    match answer.value:
        case [value, int(steps)]:
            return value, steps
    return None, 0
