"""Which wrong turns give exactly these numbers?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograder.judge.behaviour import told
from autograder.judge.compare import TOLERANCE, close, numbers
from autograder.judge.verdict import Asked
from autograder.tasks import Outcomes, Taken, Task


def diagnose(task: Task, asked: Sequence[Asked]) -> list[Taken]:
    """Return the simplest sets of mistakes that explain the answers, all that do so equally well.

    Edges must be explained where nothing else is wrong; else what explains them too is told rather
    than what is simpler. What nobody wrote down is looked for where no row fits.
    """
    edges = [one for one in asked if one.call.row == "edges"]
    values = [one for one in asked if one.call.row == "values"]
    must = asked if all(one.right for one in values) else values
    if not any(usable(one.answer.value) for one in must):
        return []  # no number at all: the error that was raised says more
    # Wrong, and asked with few numbers, a random one if there is one: nearly every candidate is
    # dropped there, after a part of a run of the program.
    telling = min(
        (one for one in must if not one.right),
        key=lambda one: (one.call.kind != "random", np.size(one.call.args[0])),
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a wrong turn may take the mean of nothing
        given = task.program.on(telling.call.args)
        for derived in (False, True):
            if found := explaining(task, telling, given, must, edges, derived):
                return found
    return []


def explaining(
    task: Task,
    telling: Asked,
    given: Outcomes,
    must: Sequence[Asked],
    edges: Sequence[Asked],
    derived: bool,
) -> list[Taken]:
    """Return the simplest sets of own mistakes, or with derived ones, that explain the answers."""
    single: list[Taken] = []
    for outcomes in (given.singles, given.pairs):
        if outcomes == given.pairs and not enough(must):
            break
        fits = [taken for taken, value in outcomes(derived) if same(telling, value, task)]
        found = [taken for taken in fits if explains(task, taken, must)]
        alone = {mistake.slug for taken in single for mistake in taken}
        if alone:  # a second mistake, which only shows in an edge
            found = [taken for taken in found if any(m.slug in alone for m in taken)]
        best = simplest(likely([taken for taken in found if explains(task, taken, edges)]))
        if best and not (single and len(best) > 1):  # in an edge alone, several are a guess
            return best
        single = single or likely(found)
    return simplest(single)


def likely(found: list[Taken]) -> list[Taken]:
    """Return the pairs without a rare mistake if there are any, else all; every single one."""
    plain = [taken for taken in found if len(taken) == 1 or not any(m.rare for m in taken)]
    return plain or found


def explains(task: Task, taken: Taken, asked: Iterable[Asked]) -> bool:
    """Whether taking these wrong turns gives these answers."""
    return all(same(one, task.program.run(taken, one.call.args), task) for one in asked)


def enough(asked: Iterable[Asked]) -> bool:
    """Whether the answers can bear two mistakes at once: one, and plain zeros, fit too many."""
    answers = [one.answer for one in asked if one.call.kind != "again"]
    return sum(bool(answer.error) or not nothing(answer.value) for answer in answers) > 1


def nothing(value: Any) -> bool:
    """Whether a value is 0 throughout, but for rounding."""
    array = numbers(value)
    return array is not None and bool((np.abs(array) <= TOLERANCE[1]).all())


def same(one: Asked, value: Any, task: Task) -> bool:
    """Whether a question was answered with this value.

    NumPy gives nan or inf where plain Python raises: each of them is like the other. An error
    that is none of arithmetic, as its text tells, is only like a wrong turn that fails.
    """
    answer = one.answer
    if answer.error and told(answer.message, answer.line):
        return value is None
    if answer.error or not usable(answer.value):
        return not usable(value)
    return close(one.answer.value, value, task.tolerance)


def usable(value: Any) -> bool:
    """Whether a value is made of finite numbers."""
    if isinstance(value, float):
        return math.isfinite(value)
    array = numbers(value)
    return array is not None and bool(np.isfinite(array).all())


def simplest(found: list[Taken]) -> list[Taken]:
    """Return one set of mistakes for each distinct naming."""
    return list({tuple(m.slug for m in taken): taken for taken in reversed(found)}.values())[::-1]
