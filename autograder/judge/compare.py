"""When two values count as equal, decided once (docs/design.md says why)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.tasks import Call, Task

TOLERANCE = (1e-9, 1e-12)
"""Relative and absolute: what the order of operations may change in float64."""


def numbers(value: Any) -> np.ndarray[Any, Any] | None:
    """Return `value` as an array of floats, or None when it is not made of real numbers."""
    if isinstance(value, (bool, np.bool_, str, bytes)) or value is None:
        return None
    try:
        # A Python int may be larger than any of NumPy's: (10**8)**3 is an honest sum of cubes.
        array = np.asarray(float(value) if type(value) is int else value)
    except (ValueError, TypeError, OverflowError):  # a ragged list, for one
        return None
    return array.astype(np.float64) if array.dtype.kind in "iuf" else None


def close(value: Any, expected: Any, tolerance: tuple[float, float] = TOLERANCE) -> bool:
    """Whether `value` is numbers of the expected shape, equal up to the tolerance.

    A Python int, a NumPy scalar and a 0-d array count as the number they hold; NaN equals NaN.
    """
    relative, absolute = tolerance
    if isinstance(value, float) and isinstance(expected, float):  # NumPy's float64 is one too
        near = math.isclose(value, expected, rel_tol=relative, abs_tol=absolute)
        return near or (math.isnan(value) and math.isnan(expected))
    left, right = numbers(value), numbers(expected)
    if left is None or right is None or left.shape != right.shape:
        return False
    if left.size and not close(left.item(0), right.item(0), tolerance):
        return False  # nearly always it is seen here, in a tenth of the time
    return bool(np.allclose(left, right, rtol=relative, atol=absolute, equal_nan=True))


def right(value: Any, call: Call, task: Task) -> bool:
    """Whether `value` answers a call as the reference does, or lies in the range left free."""
    expected = task.right(*call.args)
    if close(value, expected, task.tolerance):
        return True
    number = numbers(value)
    if not call.upto or number is None or number.shape != np.shape(expected):
        return False
    low, *_, high = np.sort([expected, *(task.right(*args) for args in call.upto)], axis=0)
    inside = (low <= number) & (number <= high)
    for end in (low, high):  # where nothing is free, rounding still is
        inside |= np.isclose(number, end, *task.tolerance)
    return bool(np.all(inside))
