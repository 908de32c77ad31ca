"""Tasks on the Poisson deviance, of counts and expected counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.program import Program
from autograder.tasks.shared import MEAN, TAIL
from autograder.tasks.task import Style, Task, edge

STEPS = """
y = floats(y_true)
p = floats(y_pred)
ratio = where(y > 0, y, p) / p
logs = log(ratio)
surprise = where(y > 0, y * logs, 0)
excess = y - p
each = 2 * (surprise - excess)
""" + TAIL  # fmt: skip

MISTAKES = (
    """
args-swapped | y = floats(y_pred); p = floats(y_true)
half-factor | each = surprise - excess
left-out: the difference y - p | each = 2 * surprise
left-out: y log(y / p) | each = -2 * excess
turned-round: the quotient in the logarithm | ratio = p / where(y > 0, y, p)
turned-round: the difference y - p | excess = p - y
int-buffer | surprise = trunc(where(y > 0, y * logs, 0))
int-buffer | logs = trunc(log(ratio))
zero-counts | surprise = y * log(y / p)
zero-counts: a count of 0 is counted as 1 | y = maximum(floats(y_true), 1)
number-in-log: 1 | ratio = (y + 1) / (p + 1)
number-in-log: {} | ratio = (y + ?) / (p + ?)
number-in-log: {} | ratio = (y + ?) / p
number-in-log: {} | ratio = where(y > 0, y, p) / (p + ?)
number-in-log: {} | y = floats(y_true) + ?; p = floats(y_pred) + ?
wrong-n | average = sum(kept) / sum(y > 0)
rare bracket-misplaced | each = 2 * surprise - excess
log-base-2 | logs = log2(ratio)
log-base-10 | logs = log10(ratio)
skips-zero-counts | each = where(y > 0, 2 * (surprise - excess), 0)
skips-zero-counts | kept = each[y > 0]
wrong-loss: the negative log-likelihood without its factorial | each = p - y * log(p)
wrong-loss: Pearson's, the squared error over the expected count | each = excess**2 / p
wrong-loss: the squared error over the count | each = excess**2 / where(y > 0, y, 1)
wrong-loss: the squared difference of the roots | each = (sqrt(y) - sqrt(p))**2
wrong-loss: the mean squared error | each = excess**2
wrong-loss: the mean absolute error | each = abs(excess)
"""
    + MEAN
)


def draw(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return counts above 0, and expected counts on both sides of them."""
    expected = rng.uniform(0.5, 9, n)
    return np.maximum(rng.poisson(expected), 1), expected


def task(name: str, style: Style, hints: tuple[str, str, str]) -> Task:
    """Return the task of the Poisson deviance in a style."""
    return Task(
        name=name,
        reference=losses.poisson_deviance,
        style=style,
        example=(np.array([3, 1, 2]), np.array([2.0, 1.0, 4.0])),
        edges=(
            edge("a count of 0", "zero-counts", np.array([0, 2]), np.array([0.5, 3.0]),
                 vary=lambda rng: (rng.permutation([0, *rng.integers(1, 9, 3)]),
                                   rng.uniform(0.5, 9, 4)),
                 holds=lambda y, p: 0 < (y == 0).sum() < len(y)),
            edge("a perfect prediction", "perfect-prediction", np.array([4, 1]),
                 np.array([4.0, 1.0]),
                 vary=lambda rng: (c := rng.integers(1, 9, 4), c * 1.0)),
        ),
        draw=draw,
        program=Program("y_true, y_pred", STEPS, MISTAKES),
        hints=hints,
    )  # fmt: skip


POISSON_LOOP = task(
    "poisson_loop", "loop",
    (
        "Take one hour: 3 orders came, 2 were expected. What are 3 · log(3 / 2), and 3 - 2?",
        "`zip` gives a count and its expectation. What is left of the two parts for a count of 0?",
        "Before `math.log`, ask with an `if` whether the count is above 0. The mean comes last.",
    ),
)  # fmt: skip
POISSON_NUMPY = task(
    "poisson_numpy", "numpy",
    (
        "Which of the two parts can be computed for whole arrays at once, zeros included?",
        "0 · log(0) is nan for NumPy. Which number may stand in the logarithm where y is 0?",
        "`np.where(y > 0, y, 1)` has no zeros; times y, its logarithm is 0 where y is.",
    ),
)  # fmt: skip

TASKS = (POISSON_LOOP, POISSON_NUMPY)
