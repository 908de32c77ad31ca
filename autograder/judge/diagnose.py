"""Which wrong turns give exactly these numbers?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.judge.compare import close, numbers
from autograder.judge.verdict import Answer
from autograder.tasks import Call, Mistake, Task

Taken = tuple[Mistake, ...]


def diagnose(task: Task, calls: Sequence[Call], answers: Sequence[Answer]) -> list[Taken]:
    """Return the simplest sets of mistakes that explain the answers, all that do so equally well.

    The random calls come first: they tell mistakes apart best, so that nearly every wrong
    candidate is dropped after one small run of the pipeline.
    """
    pairs = list(zip(calls, answers, strict=True))
    values = sorted((p for p in pairs if p[0].kind != "edge"), key=lambda p: p[0].kind != "random")
    edges = [p for p in pairs if p[0].kind == "edge"]
    if not any(usable(answer.value) for _, answer in values):
        return []  # no number at all: the error that was raised says more
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a wrong turn may take the mean of nothing
        for size in (1, 2):
            found = [
                taken
                for taken in task.pipeline.combinations(size)
                if all(explains(task, taken, *pair) for pair in values)
            ]
            if found:
                best = [t for t in found if all(explains(task, t, *pair) for pair in edges)]
                return simplest(best or found)
    return []


def explains(task: Task, taken: Taken, call: Call, answer: Answer) -> bool:
    """Whether taking these wrong turns gives this answer to this call."""
    value = attempt(task, taken, call)
    if not usable(value):  # NumPy gives nan or inf where plain Python raises
        return bool(answer.error) or not usable(answer.value)
    return not answer.error and close(answer.value, value, task.tolerance)


def attempt(task: Task, taken: Taken, call: Call) -> Any:
    """Return what the wrong turns give for a call; None when they cannot be run on it."""
    try:
        return task.pipeline.run(taken, call.args)
    except (ArithmeticError, ValueError, TypeError, IndexError):
        return None


def usable(value: Any) -> bool:
    """Whether a value is made of finite numbers."""
    array = numbers(value)
    return array is not None and bool(np.isfinite(array).all())


def simplest(found: list[Taken]) -> list[Taken]:
    """Return one set of mistakes for each distinct naming."""
    return list({tuple(m.slug for m in taken): taken for taken in reversed(found)}.values())[::-1]
