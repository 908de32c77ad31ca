"""What sentences say of the answers themselves, and whether it is so.

A sentence of `sentences.toml` that `claims` something is told only where every wrong answer bears
it out; else the slug's `otherwise` is told, which says less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.judge.compare import TOLERANCE, close, numbers
from autograder.judge.verdict import Asked
from autograder.tasks import Task

Numbers = np.ndarray[Any, Any]
Claim = Callable[[Numbers, Numbers, Mapping[str, Any]], bool]
"""Of an answer, what was expected, and what the task's steps come to."""


def times(factor: float) -> Claim:
    """Return the claim that an answer is so many times what was expected."""
    return lambda given, expected, steps: close(given, factor * expected)


def rounded(given: Numbers, expected: Numbers, steps: Mapping[str, Any]) -> bool:
    """Whether it is what was expected, with fewer digits."""
    cut = [np.floor(expected), *(np.round(expected, digits) for digits in range(8))]
    return any(close(given, one) for one in cut)


def total_over_another(given: Numbers, expected: Numbers, steps: Mapping[str, Any]) -> bool:
    """Whether it is the right total, divided by a whole number that is not n, or multiplied."""
    if given.size != 1 or not given.any():
        return False
    over = float(np.size(steps["kept"]) * expected / given)
    return any(close(number, np.round(number)) and number >= 0.5 for number in (over, 1 / over))


def off_by_one(given: Numbers, expected: Numbers, steps: Mapping[str, Any]) -> bool:
    """Whether the total, or what it is divided into, is off by 1."""
    n = np.size(steps["kept"])
    return any(close(given, expected + off) for off in (1, 1 / n, -1 / n))


def same_numbers(given: Numbers, expected: Numbers, steps: Mapping[str, Any]) -> bool:
    """Whether the numbers are right, in another shape or order of axes."""
    return given.size == expected.size and close(np.sort(given.flat), np.sort(expected.flat))


def near(given: Numbers, expected: Numbers, steps: Mapping[str, Any]) -> bool:
    """Whether it is right to six digits or so."""
    return close(given, expected, (1e-5, 1e-6))


def some_right(given: Numbers, expected: Numbers, steps: Mapping[str, Any]) -> bool:
    """Whether some entries are right."""
    return given.shape == expected.shape and bool(np.isclose(given, expected, *TOLERANCE).any())


def n_times(given: Numbers, expected: Numbers, steps: Mapping[str, Any]) -> bool:
    """Whether each entry is right, or n times too large."""
    if given.shape != expected.shape:
        return False
    n = len(expected) if expected.ndim else 1
    return all(
        close(a, b) or close(a, n * b) for a, b in zip(given.flat, expected.flat, strict=True)
    )


def right_size(given: Numbers, expected: Numbers, steps: Mapping[str, Any]) -> bool:
    """Whether only signs are wrong."""
    return close(np.abs(given), np.abs(expected))


def is_step(name: str, of: Callable[[Numbers], Any]) -> Claim:
    """Return the claim that an answer is this, made of what a step comes to."""
    return lambda given, expected, steps: close(given, of(np.asarray(steps[name], dtype=float)))


CLAIMS: Mapping[str, Claim] = {
    "half": times(0.5),
    "twice": times(2),
    "a hundred times": times(100),
    "the opposite": times(-1),
    "rounded": rounded,
    "the right total": total_over_another,
    "off by 1": off_by_one,
    "the right numbers": same_numbers,
    "nearly right": near,
    "some right": some_right,
    "n times": n_times,
    "the right size": right_size,
    "the samples": is_step("kept", lambda kept: kept),
    "the sum": is_step("kept", np.sum),
    "the largest": is_step("kept", np.max),
    "the median": is_step("kept", np.median),
    "the first": is_step("kept", lambda kept: kept[0]),
    "the last": is_step("kept", lambda kept: kept[-1]),
    "the root": is_step("average", np.sqrt),
}
"""What a sentence may claim, beside "not finite"."""


def holds(claim: str, task: Task, wrong: Sequence[Asked]) -> bool:
    """Whether every wrong answer bears a claim out, as far as it is made of finite numbers.

    Of "not finite" it is enough if one is infinite, not a number or an error.
    """
    given = [(one.call, numbers(one.answer.value)) for one in wrong]
    finite = [(call, n) for call, n in given if n is not None and np.isfinite(n).all()]
    if claim == "not finite":
        return len(finite) < len(given)
    values = [(call, number) for call, number in finite if call.row == "values"]
    return bool(finite) and all(
        bears(CLAIMS[claim], number, task, call.args) for call, number in values or finite
    )


def bears(claim: Claim, given: Numbers, task: Task, args: tuple[Any, ...]) -> bool:
    """Whether an answer bears a claim out; one on steps that the task has not is none."""
    expected = np.asarray(task.right(*args), dtype=float)
    try:
        return claim(given, expected, task.program.state(args).values)
    except (KeyError, IndexError):
        return False
