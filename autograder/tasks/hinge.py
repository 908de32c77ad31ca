"""Tasks on the hinge loss, of labels -1 and +1."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.program import Program
from autograder.tasks.shared import REDUCTION, TAIL
from autograder.tasks.task import Style, Task, edge

STEPS = """
y = floats(labels)
s = floats(scores)
m = y * s
lack = 1 - m
each = maximum(lack, 0)
""" + TAIL  # fmt: skip

MISTAKES = """
labels-01 | y = 2 * floats(labels) - 1
labels-01 | y = (floats(labels) + 1) / 2
labels-01 | y = where(floats(labels) == 0, -1, 1)
threshold-first | s = sign(floats(scores))
threshold-first | s = where(floats(scores) >= 0, 1, -1)
threshold-first | s = 1.0 * (floats(scores) > 0)
threshold-first | s = round(floats(scores))
sigmoid-twice | s = sigmoid(floats(scores))
sigmoid-twice | s = tanh(floats(scores))
rare misaligned | s = floats(scores)[::-1]
rare misaligned | s = roll(floats(scores), 1)
rare misaligned | s = roll(floats(scores), -1)
wrong-condition | each = where(s < 1, lack, 0)
wrong-condition | each = where(abs(s) < 1, lack, 0)
wrong-condition | each = where(s > 0, 0, lack)
rare misaligned | y = sort(floats(labels)); s = sort(floats(scores))
float32 | s = float32(floats(scores))
int-buffer | s = trunc(floats(scores))
ignores-y-true | m = s
ignores-y-true | m = abs(s)
ignores-y-pred | m = y
rare wrong-operator: the difference y - s | m = y - s
rare wrong-operator: the difference s - y | m = s - y
rare wrong-operator: the distance |y - s| | m = abs(y - s)
rare wrong-operator: the sum y + s | m = y + s
rare wrong-operator: the quotient of y and s | m = y / s
missing-branch | m = where(y > 0, s, inf)
missing-branch | m = where(y > 0, inf, -s)
margin-missing | m = where(y > 0, s, 1 - s)
margin-missing | m = where(y > 0, 1 + s, -s)
max-after-mean | m = reshape(y @ s, 1)
max-after-mean | m = where(arange(len(y)) == 0, y @ s, inf)
rare all-pairs | m = outer(y, s)
rare all-pairs | m = outer(y, s); average = sum(kept) / len(kept)
rare bracket-misplaced | m = (1 - y) * s; lack = m
rare bracket-misplaced | m = y * (1 - s); lack = m
hinge-sign | lack = 1 + m
hinge-sign | lack = m - 1
hinge-sign | lack = where(m < 1, 1 + m, 0); each = lack
factor-two | each = 2 * maximum(lack, 0)
margin-missing | lack = -m
margin-missing | lack = m
wrong-margin: {} | lack = ? - m
wrong-margin: 0.5 | lack = 0.5 - m
wrong-margin: 2 | lack = 2 - m
breaks-early | kept = where(cumsum(lack <= 0) > 0, 0, each)
skips-zeros: the score | kept = where(s == 0, 0, each)
skips-zeros: the score | kept = each[s != 0]
max-missing | each = lack
max-missing | lack = m - 1; each = lack
abs-not-max | each = abs(lack)
min-of-branches: smaller | each = minimum(lack, 0)
wrong-floor: {} | each = maximum(lack, ?)
rare wrong-floor: 1 | each = maximum(lack, 1)
rare wrong-floor: -1 | each = maximum(lack, -1)
rare wrong-floor: 0, and 1 at most | each = clip(lack, 0, 1)
rare wrong-floor: 1 at most | each = minimum(lack, 1)
np-max-not-maximum | each = reshape(max(lack), 1)
max-after-mean | each = lack; value = maximum(average, 0)
rare if-on-array | each = lack if all(lack > 0) else 0 * lack
rare if-on-array | each = lack if any(lack > 0) else 0 * lack
squared-hinge | each = maximum(lack, 0)**2
wrong-n | kept = each[each > 0]
wrong-condition | lack = where(m < 0, 1 - m, 0)
wrong-condition | lack = where(m > 0, 1 - m, 0); each = lack
wrong-condition | lack = where(m > 0, maximum(1 - m, 0), 0); each = lack
wrong-condition | lack = where(m < 1, m, 0); each = lack
wrong-condition | lack = where(m < 1, -m, 0); each = lack
wrong-condition | lack = where(m > 1, m, 0); each = lack
both-branches | lack = where(m < 1, 1 - m, 1); each = lack
wrong-loss: how many margins are below 1 | each = 1.0 * (m < 1)
wrong-loss: how many scores are on the wrong side | each = 1.0 * (m < 0)
wrong-loss: how many scores are on the right side | each = 1.0 * (m > 0)
wrong-loss: the logistic loss | each = logaddexp(0, -m)
wrong-loss: the exponential loss | each = exp(-m)
wrong-loss: the mean squared error | m = (y - s)**2; lack = m
wrong-loss: the mean absolute error | m = abs(y - s); lack = m
""" + REDUCTION  # fmt: skip


def draw(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return labels and scores with margins of every kind: below 0, up to 1, and beyond.

    For n = 8 most are beyond, so that what is missing to them is negative on the whole.
    """
    labels = np.where(rng.permutation(n) % 5 < 3, 1, -1)
    low = np.array([-2.5, 0.1, 1.2, -0.9, 0.4])[np.arange(n) % 5]
    margins = rng.permutation(low + rng.uniform(0, 0.8, n) * np.where(low > 1, 2, 1))
    margins[margins > 1] *= 5 if n == 8 else 1
    return labels, labels * margins


def with_margins(rng: np.random.Generator, margins: Any) -> tuple[Any, ...]:
    """Return labels, and the scores that have these margins, in some order."""
    labels = rng.choice([-1, 1], len(margins))
    return labels, labels * rng.permutation(margins)


def task(name: str, style: Style, hints: tuple[str, str, str]) -> Task:
    """Return the task of the hinge loss in a style."""
    y = np.array([1, -1, 1])
    return Task(
        name=name,
        reference=losses.hinge,
        style=style,
        example=(y, np.array([0.5, -2.0, -1.0])),
        edges=(
            edge("a score of 0", "wrong-condition", y, np.array([0.0, 0.0, 0.5]),
                 vary=lambda rng: with_margins(rng, [0, 0, *rng.uniform(-2, 2, 2)])),
            edge("margins of exactly 1 and beyond", "wrong-condition", y, np.array([1.0, -1, 2]),
                 vary=lambda rng: with_margins(rng, [1, 1, *rng.uniform(1.5, 4, 2)])),
            edge("whole scores", "integer-wrap", np.array([1, -1, 1, 1]), np.array([-1, -2, 3, 0]),
                 vary=lambda rng: with_margins(rng, [0, -1, *rng.integers(-4, 5, 3)])),
        ),
        draw=draw,
        program=Program("labels, scores", STEPS, MISTAKES),
        hints=hints,
    )  # fmt: skip


HINGE_LOOP = task(
    "hinge_loop", "loop",
    (
        "Truth +1, score 0.5: on which side is it, and how much is missing to a margin of 1?",
        "`zip` gives a label and its score. When is 1 - y · s below zero, and what counts then?",
        "`max(0, ...)` for each sample; add up in the loop, divide after it.",
    ),
)  # fmt: skip
HINGE_NUMPY = task(
    "hinge_numpy", "numpy",
    (
        "Which one line gives y · s for all samples at once?",
        "What is left to a margin of 1 is 1 - y · s. Which samples have nothing left?",
        "`np.maximum` compares an array with 0 element by element; `np.max` does not. Mean last.",
    ),
)  # fmt: skip

TASKS = (HINGE_LOOP, HINGE_NUMPY)
