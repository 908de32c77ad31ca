"""Tasks on the hinge loss, of labels -1 and +1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.regression import REDUCTION, mean
from autograder.tasks.task import Mistake, Pipeline, Style, Task, edge, same, wrong


def sigmoid(s: Any) -> Any:
    """Return the probability that belongs to a score."""
    return 1 / (1 + np.exp(-s))


def loss(slug: str, detail: str, formula: Callable[[Any], Any]) -> Mistake:
    """Return the mistake of another loss of each margin y · s."""
    return wrong(slug, detail, missing=formula, cut=same)


STAGES: dict[str, Callable[..., Any]] = {
    "given": lambda y, s: (np.asarray(y, dtype=float), np.asarray(s, dtype=float)),
    "labels": lambda y, s: (y, s),
    "margin": np.multiply,
    "missing": lambda m: 1 - m,
    "cut": lambda v: np.maximum(v, 0),
    "select": same, "reduce": mean, "after": same, "finish": same, "shape": same,
}  # fmt: skip

LABELS = (
    wrong("labels-01", labels=lambda y, s: (2 * y - 1, s)),
    wrong("labels-01", labels=lambda y, s: ((y + 1) / 2, s)),
    wrong("labels-01", labels=lambda y, s: (np.where(y == 0, -1, 1), s)),
    wrong("threshold-first", labels=lambda y, s: (y, np.sign(s))),
    wrong("threshold-first", labels=lambda y, s: (y, np.where(s >= 0, 1, -1))),
    wrong("threshold-first", labels=lambda y, s: (y, 1.0 * (s > 0))),
    wrong("threshold-first", labels=lambda y, s: (y, np.round(s))),
    wrong("sigmoid-twice", labels=lambda y, s: (y, sigmoid(s))),
    wrong("sigmoid-twice", labels=lambda y, s: (y, np.tanh(s))),
    wrong("misaligned", labels=lambda y, s: (y, s[::-1])),
    wrong("misaligned", labels=lambda y, s: (np.sort(y), np.sort(s))),
    wrong("float32", labels=lambda y, s: (y, np.float32(s))),
    wrong("int-buffer", labels=lambda y, s: (y, np.trunc(s))),
)

MARGINS = (
    wrong("ignores-y-true", margin=lambda y, s: s),
    wrong("ignores-y-true", margin=lambda y, s: np.abs(s)),
    wrong("ignores-y-pred", margin=lambda y, s: y),
    wrong("wrong-operator", "the difference y - s", margin=lambda y, s: y - s),
    wrong("wrong-operator", "the difference s - y", margin=lambda y, s: s - y),
    wrong("wrong-operator", "the distance |y - s|", margin=lambda y, s: np.abs(y - s)),
    wrong("wrong-operator", "the sum y + s", margin=lambda y, s: y + s),
    wrong("wrong-operator", "the quotient of y and s", margin=lambda y, s: y / s),
    wrong("missing-branch", margin=lambda y, s: np.where(y > 0, s, np.inf)),
    wrong("missing-branch", margin=lambda y, s: np.where(y > 0, np.inf, -s)),
    wrong("margin-missing", margin=lambda y, s: np.where(y > 0, s, 1 - s)),
    wrong("margin-missing", margin=lambda y, s: np.where(y > 0, 1 + s, -s)),
    wrong("max-after-mean", margin=lambda y, s: np.reshape(y @ s, 1)),
    wrong("max-after-mean",  # the one loss of all samples together, over n
          margin=lambda y, s: np.where(np.arange(len(y)) == 0, y @ s, np.inf)),
    wrong("all-pairs", margin=np.outer),
    wrong("all-pairs", margin=np.outer, reduce=lambda v: np.sum(v) / len(v)),
    wrong("bracket-misplaced", margin=lambda y, s: (1 - y) * s, missing=same),
    wrong("bracket-misplaced", margin=lambda y, s: y * (1 - s), missing=same),
)  # fmt: skip

PIECES = (
    wrong("hinge-sign", missing=lambda m: 1 + m),
    wrong("hinge-sign", missing=lambda m: m - 1),
    wrong("hinge-sign", missing=lambda m: np.where(m < 1, 1 + m, 0), cut=same),
    wrong("factor-two", cut=lambda v: 2 * np.maximum(v, 0)),
    wrong("margin-missing", missing=np.negative),
    wrong("margin-missing", missing=same),
    wrong("wrong-margin", "0.5", missing=lambda m: 0.5 - m),
    wrong("wrong-margin", "2", missing=lambda m: 2 - m),
    wrong("max-missing", cut=same),
    wrong("max-missing", missing=lambda m: m - 1, cut=same),
    wrong("abs-not-max", cut=np.abs),
    wrong("min-of-branches", "smaller", cut=lambda v: np.minimum(v, 0)),
    wrong("wrong-floor", "1", cut=lambda v: np.maximum(v, 1)),
    wrong("wrong-floor", "-1", cut=lambda v: np.maximum(v, -1)),
    wrong("wrong-floor", "0, and 1 at most", cut=lambda v: np.clip(v, 0, 1)),
    wrong("wrong-floor", "1 at most", cut=lambda v: np.minimum(v, 1)),
    wrong("np-max-not-maximum", cut=lambda v: np.reshape(np.max(v), 1)),
    wrong("max-after-mean", cut=same, after=lambda v: np.maximum(v, 0)),
    wrong("if-on-array", cut=lambda v: v if np.all(v > 0) else 0 * v),
    wrong("if-on-array", cut=lambda v: v if np.any(v > 0) else 0 * v),
    wrong("squared-hinge", cut=lambda v: np.maximum(v, 0) ** 2),
    wrong("squared-hinge", cut=lambda v: np.maximum(v, 0) ** 2 / 2),
    wrong("wrong-n", select=lambda v: v[v > 0]),
    wrong("wrong-condition", missing=lambda m: np.where(m < 0, 1 - m, 0), cut=same),
    wrong("wrong-condition", missing=lambda m: np.where(m > 0, 1 - m, 0), cut=same),
    wrong("wrong-condition", missing=lambda m: np.where(m > 0, np.maximum(1 - m, 0), 0), cut=same),
    wrong("wrong-condition", missing=lambda m: np.where(m < 1, m, 0), cut=same),
    wrong("wrong-condition", missing=lambda m: np.where(m < 1, -m, 0), cut=same),
    wrong("wrong-condition", missing=lambda m: np.where(m > 1, m, 0), cut=same),
    wrong("both-branches", missing=lambda m: np.where(m < 1, 1 - m, 1), cut=same),
    loss("wrong-loss", "how many margins are below 1", lambda m: 1.0 * (m < 1)),
    loss("wrong-loss", "how many scores are on the wrong side", lambda m: 1.0 * (m < 0)),
    loss("wrong-loss", "how many scores are on the right side", lambda m: 1.0 * (m > 0)),
    loss("wrong-loss", "the logistic loss", lambda m: np.logaddexp(0, -m)),
    loss("wrong-loss", "the exponential loss", lambda m: np.exp(-m)),
    wrong("wrong-loss", "the mean squared error",
          margin=lambda y, s: (y - s) ** 2, missing=same),
    wrong("wrong-loss", "the mean absolute error",
          margin=lambda y, s: np.abs(y - s), missing=same),
)  # fmt: skip

MISTAKES = (*LABELS, *MARGINS, *PIECES, *REDUCTION)


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
        ),
        draw=draw,
        pipeline=Pipeline(STAGES, MISTAKES),
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
