"""What crosses between the trusted process and a student's: arguments out, answers back."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from autograder.grader import outputs
from autograder.judge import Answer
from autograder.judge.behaviour import RETURNED
from autograder.judge.compare import numbers
from autograder.sandbox.inside.caps import MAX_ANSWER
from autograder.sandbox.inside.wire import Other, Source
from autograder.tasks import Formula

TELLING_ERRORS = {name for name, kind in vars(builtins).items() if isinstance(kind, type)} | {
    *("TimeoutError", "ProcessEnded", "MissingFunction")
}
TELLING_TYPES = {"NoneType", "tuple", "float32", *RETURNED}
"""Names of errors and types that say something to the judge; others may say anything."""


def sendable(argument: Any) -> Any:
    """Return an argument in the form in which it crosses to U: a formula as its source.

    Raises TypeError for a function: it would be nothing there, and a test that hands one over
    (such as `check` to a name of the student's) would test nothing.
    """
    if isinstance(argument, Formula):
        return Source(argument.source)
    if callable(argument):
        raise TypeError("a function cannot be handed to a student's function, only plain data")
    return argument


def withheld(answer: Answer) -> Answer:
    """Return of an answer to a hidden question what the judge needs, and no word of the student's.

    What was asked could stand in any of them. Numbers are compared and never shown; a name of an
    error or a type is kept if it is one of a few.
    """
    return Answer(
        value=answer.value if numbers(answer.value) is not None else None,
        type=answer.type if answer.type in TELLING_TYPES else "",
        error=answer.error and (answer.error if answer.error in TELLING_ERRORS else "Exception"),
        changed=answer.changed,
    )


def answer(reply: dict[str, Any]) -> Answer:
    """Return what U replied as an Answer, believing nothing about it."""
    text = {
        key: outputs.message(reply.get(key))
        for key in ("type", "error", "message", "line", "printed")
    }
    value = reply.get("value")
    if isinstance(value, Other):
        text["type"], value = value.type, None
    if too_large(value):
        value, text["error"], text["message"] = None, "ValueError", "the value is too large"
    return Answer(value=value, changed=reply.get("changed") is True, **text)


def too_large(value: Any) -> bool:
    """Whether one array of all that is in `value`, as the judge makes, would be a bomb."""
    leaves, widest = extent(value)
    return leaves * widest > MAX_ANSWER


def extent(value: Any) -> tuple[int, int]:
    """Return how many values there are in `value`, and the length of its longest text.

    Rows of nothing count as well: a test may walk them, or reduce them to as many numbers.
    """
    if isinstance(value, np.ndarray):
        return math.prod(max(1, length) for length in value.shape), 1
    if isinstance(value, (list, tuple, dict)):
        parts = [*map(extent, value.values() if isinstance(value, dict) else value)]
        return sum(n for n, _ in parts), max((width for _, width in parts), default=1)
    return 1, len(value) if isinstance(value, str) else 1
