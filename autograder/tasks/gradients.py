"""Tasks on derivatives: of each loss with respect to the prediction, and of any function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.cross_entropy import (
    CLIP, EPS, MATRIX_OUTPUT, OUTPUT, clipped, largest, one_hot, powers, row_means, rows_only,
    shares, sigmoid, softmax, top, total,
)  # fmt: skip
from autograder.tasks.regression import all_pairs, same
from autograder.tasks.task import Call, Formula, Mistake, Pipeline, Task, edge, wrong

Stages = dict[str, Callable[..., Any]]


# --- What goes wrong with any gradient of a mean

SLOPES = (
    wrong("grad-sign", sign=np.negative),
    wrong("abs-of-gradient", sign=np.abs),
    wrong("grad-no-1-over-n", divide=same),
    wrong("half-factor", divide=lambda g: g / (2 * len(g))),
    wrong("divides-twice", divide=lambda g: g / len(g) ** 2),
    wrong("n-minus-1", divide=lambda g: g / (len(g) - 1)),
    wrong("wrong-n", divide=lambda g: g / (len(g) + 1)),
    wrong("wrong-n", divide=lambda g: g / (2 * len(g) + 2)),
    wrong("wrong-n", divide=lambda g: g * len(g)),
    wrong("wrong-n", divide=lambda g: g / np.arange(1, len(g) + 1).reshape(-1, *[1] * (g.ndim - 1))),
    wrong("hard-coded-n", "3", divide=lambda g: g / 3),
    wrong("grad-scalar", divide=np.mean),
    wrong("grad-scalar", divide=np.sum),
    wrong("grad-scalar", divide=lambda g: np.mean(g) / len(g)),
    wrong("grad-scalar", divide=lambda g: np.full_like(g, np.mean(g))),
    wrong("grad-scalar", divide=lambda g: np.full_like(g, np.mean(g) / len(g))),
    wrong("grad-norm", divide=lambda g: g / np.linalg.norm(g)),
    *OUTPUT,
)
"""The slope of each sample's loss is there; `sign`, `divide` by n and `finish` follow."""

END: Stages = {"sign": same, "divide": lambda g: g / len(g), "finish": same}


def instead(slug: str, detail: str = "", **stages: Callable[..., Any]) -> tuple[Mistake, ...]:
    """Return the mistake of taking the loss itself for its slope, reduced or not."""
    return (
        wrong(slug, detail, **stages),
        wrong(slug, detail, **stages, divide=same),
        wrong(slug, detail, **stages, divide=np.mean),
        wrong(slug, detail, **stages, divide=np.sum),
    )
