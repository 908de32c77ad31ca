"""The words that steps are written in: NumPy's, without the `np.`, and some of our own."""

from __future__ import annotations

from typing import Any

import numpy as np


def floats(values: Any) -> Any:
    """Return an array of float64."""
    return np.asarray(values, dtype=np.float64)


def mean(values: Any) -> Any:
    """Return the mean; nan, without a warning, when nothing is left to average."""
    return np.add.reduce(values, axis=None) / np.size(values)  # np.sum takes twice as long


def median(values: Any) -> Any:
    """Return the median; nan, without a warning, when nothing is left."""
    return np.median(values) if np.size(values) else np.nan


def part(values: Any, start: int, stop: int | None) -> Any:
    """Forget the samples outside of start:stop; whoever divides then divides by all of them."""
    left = np.zeros_like(values)
    left[start:stop] = values[start:stop]
    return left


def falling(values: Any, factor: float) -> Any:
    """Return a total that is multiplied by `factor` in every turn."""
    return np.sum(values * factor ** np.arange(len(values), 0, -1.0))


def pairs(a: Any, b: Any) -> Any:
    """Return every a minus every b, which broadcasting (n,) against (n, 1) gives."""
    return np.subtract.outer(floats(a), floats(b))


def sigmoid(z: Any) -> Any:
    """Return each number as a probability of its own."""
    return 1 / (1 + np.exp(-z))


def total(values: Any) -> Any:
    """Return the sum of each row, kept as a column."""
    return values.sum(axis=-1, keepdims=True)


def top(values: Any) -> Any:
    """Return the largest entry of each row, kept as a column."""
    return values.max(axis=-1, keepdims=True)


def softmax(z: Any) -> Any:
    """Return the softmax of each row."""
    e = np.exp(z - top(z))
    return e / total(e)


def largest(p: Any) -> Any:
    """Return rows with 1 at the largest entry, and 0 elsewhere."""
    return (p == top(p)).astype(np.float64)


def one_hot(classes: Any, k: int) -> Any:
    """Return rows with 1 at the class and 0 elsewhere; fail on a class that is not below k."""
    return np.eye(k)[classes]


OWN = (floats, mean, median, part, falling, pairs, sigmoid, total, top, softmax, largest, one_hot)
WORDS: dict[str, Any] = {
    **{name: word for name, word in vars(np).items() if callable(word) and name in np.__all__},
    **{"inf": np.inf, "nan": np.nan, "linalg": np.linalg},
    **{word.__name__: word for word in (len, range, float, int, *OWN)},
}
"""Functions and a few numbers: NumPy's constant e would be read for a step that is not there."""
ATTRIBUTES = {*dir(np.ndarray), *dir(np.ufunc), "norm"}
"""What may follow a dot."""
