"""Tasks on losses between classes: softmax and the categorical cross-entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.regression import REDUCE, same
from autograder.tasks.task import Call, Mistake, Pipeline, Style, Task, edge, wrong

EPS = 1e-15

FINISH = tuple(mistake for mistake in REDUCE if set(mistake.stages) == {"finish"})
"""What may happen to any result at the very end: rounded, cut to float32, sign turned."""


# --- softmax


def powers(z: Any) -> Any:
    """Exponentials of each row, shifted by its maximum."""
    return np.exp(z - z.max(axis=-1, keepdims=True))


def shares(e: Any) -> Any:
    """Each entry's share of its row."""
    return e / e.sum(axis=-1, keepdims=True)


def softmax(z: Any) -> Any:
    """Softmax of each row."""
    return shares(powers(z))


def sigmoid(z: Any) -> Any:
    """Each number by itself as a probability."""
    return 1 / (1 + np.exp(-z))


def shifted_once(z: Any) -> Any:
    """Shares where only the upper half of the quotient was shifted."""
    return powers(z) / np.exp(z).sum(axis=-1, keepdims=True)


def row_major(z: Any) -> Any:
    """Refuse what has no rows."""
    if z.ndim != 2:
        raise ValueError("no rows")
    return z


def flat(z: Any) -> Any:
    """Refuse what has rows."""
    if z.ndim != 1:
        raise ValueError("rows")
    return z


def largest(p: Any) -> Any:
    """One-hot rows of the largest entry."""
    return (p == p.max(axis=-1, keepdims=True)).astype(float)


SOFTMAX_STAGES: dict[str, Callable[..., Any]] = {
    "given": lambda z: np.asarray(z, dtype=np.float64),
    "powers": powers, "shares": shares, "finish": same,
}  # fmt: skip

NO_POWERS = (
    wrong("exp-missing", powers=same),
    wrong("exp-missing", powers=lambda z: z - z.max(axis=-1, keepdims=True)),
    wrong("exp-missing", powers=np.abs),
    wrong("exp-missing", powers=np.square),
    wrong("exp-missing", powers=lambda z: z - z.min(axis=-1, keepdims=True)),
    wrong("wrong-base", "2", powers=lambda z: 2 ** (z - z.max(axis=-1, keepdims=True))),
    wrong("wrong-base", "10", powers=lambda z: 10 ** (z - z.max(axis=-1, keepdims=True))),
    wrong("sign-in-exp", powers=lambda z: np.exp(z.min(axis=-1, keepdims=True) - z)),
    wrong("sign-in-exp", powers=lambda z: np.exp(-np.abs(z))),
    wrong("wrong-axis", powers=lambda z: np.exp(z - z.max(axis=0))),
    wrong("no-keepdims", powers=lambda z: np.exp(z - z.max(axis=-1))),
    wrong("no-max-shift", powers=np.exp),
    wrong("no-max-shift", powers=lambda z: np.exp(z - z.max())),
    wrong("plus-one", powers=lambda z: np.exp(z) - 1),
    wrong("plus-one", powers=lambda z: np.exp(z) + 1),
)

NO_SHARES = (
    wrong("not-normalized", shares=same),
    wrong("not-normalized", powers=np.exp, shares=same),
    wrong("not-normalized", shares=lambda e: e / e.max(axis=-1, keepdims=True), powers=np.exp),
    wrong("mean-not-sum", shares=lambda e: e / e.mean(axis=-1, keepdims=True)),
    wrong("norm-not-sum", shares=lambda e: e / np.sqrt((e**2).sum(axis=-1, keepdims=True))),
    wrong("whole-matrix-sum", shares=lambda e: e / e.sum()),
    wrong("whole-matrix-sum", powers=lambda z: np.exp(z - z.max()), shares=lambda e: e / e.sum()),
    wrong("wrong-axis", shares=lambda e: e / e.sum(axis=0)),
    wrong(
        "wrong-axis",
        powers=lambda z: np.exp(z - z.max(axis=0)),
        shares=lambda e: e / e.sum(axis=0),
    ),
    wrong(
        "wrong-axis", powers=lambda z: np.exp(z - z.max()), shares=lambda e: e / e.sum(axis=0)
    ),
    wrong("no-keepdims", shares=lambda e: e / e.sum(axis=-1)),
    wrong(
        "no-keepdims", powers=lambda z: np.exp(z - z.max()), shares=lambda e: e / e.sum(axis=-1)
    ),
    wrong(
        "no-keepdims",
        powers=lambda z: np.exp(z - z.max(axis=-1)),
        shares=lambda e: e / e.sum(axis=-1),
    ),
    wrong("shift-one-side", powers=same, shares=shifted_once),
    wrong(
        "shift-one-side",
        powers=same,
        shares=lambda z: np.exp(z) / powers(z).sum(axis=-1, keepdims=True),
    ),
    wrong(
        "exp-of-sum",
        powers=same,
        shares=lambda z: np.exp(z) / np.exp(z.sum(axis=-1, keepdims=True)),
    ),
    wrong(
        "exp-of-sum",
        powers=lambda z: z - z.max(axis=-1, keepdims=True),
        shares=lambda z: np.exp(z) / np.exp(z.sum(axis=-1, keepdims=True)),
    ),
    wrong(
        "exp-of-sum", powers=same, shares=lambda z: np.exp(z / z.sum(axis=-1, keepdims=True))
    ),
    wrong(
        "exp-missing",
        powers=same,
        shares=lambda z: np.exp(z) / z.sum(axis=-1, keepdims=True),
    ),
    wrong("sigmoid-instead", powers=same, shares=sigmoid),
    wrong("sigmoid-instead", powers=same, shares=lambda z: shares(sigmoid(z))),
    wrong("exp-missing", powers=same, shares=same),
)

SOFTMAX_MISTAKES = (
    wrong("one-dim-only", given=flat),
    wrong("two-dim-only", given=row_major),
    wrong("int-buffer", finish=np.trunc),
    wrong("softmax-twice", finish=softmax),
    wrong("log-of-result", finish=np.log),
    wrong("log-of-result", finish=lambda p: -np.log(p)),
    wrong("complement", finish=lambda p: 1 - p),
    wrong("argmax-instead", finish=largest),
    wrong("argmax-instead", finish=lambda p: p.argmax(axis=-1)),
    wrong("argmax-instead", finish=lambda p: p.argmax()),
    wrong("argmax-instead", finish=lambda p: p.max(axis=-1)),
    wrong("argmax-instead", finish=np.max),
    wrong("flattened-output", finish=np.ravel),
    wrong("transposed-output", finish=np.transpose),
    wrong("early-return", finish=lambda p: p[0]),
    wrong("early-return", finish=lambda p: p[:1]),
    wrong("early-return", finish=lambda p: p[0] if p.ndim == 2 else p),
    wrong("early-return", finish=lambda p: p[:1] if p.ndim == 2 else p),
    wrong("last-only", finish=lambda p: p[-1]),
    wrong("last-only", finish=lambda p: p[-1] if p.ndim == 2 else p),
    wrong("off-by-one", finish=lambda p: p[1:]),
    wrong("off-by-one", finish=lambda p: p[:-1]),
    wrong("not-scalar", "a sum", finish=np.sum),
    wrong("not-scalar", "a mean", finish=np.mean),
    wrong("not-scalar", "a sum for each row", finish=lambda p: p.sum(axis=-1)),
)
