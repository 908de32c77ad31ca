"""Tasks on errors between numbers: mean absolute error, mean squared error and its root."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.program import Program
from autograder.tasks.shared import ERRORS, MEAN, RELATIVE, TAIL
from autograder.tasks.task import Style, Task, edge

ERROR = """
t = floats(y_true)
p = floats(y_pred)
e = t - p
"""
"""The first steps of every loss of errors."""


def huber(e: Any) -> Any:
    """Return the Huber loss of each error, for a delta of 1."""
    return np.where(np.abs(e) <= 1, e**2 / 2, np.abs(e) - 0.5)


def variance(e: Any) -> Any:
    """Return the variance as a sample's, over n - 1."""
    return np.var(e) * e.size / (e.size - 1)


def correlation(t: Any, p: Any) -> Any:
    """Return Pearson's correlation."""
    return np.mean((t - np.mean(t)) * (p - np.mean(p))) / (np.std(t) * np.std(p))


def r_squared(t: Any, p: Any) -> Any:
    """Return the share of the variance that is explained."""
    return 1 - np.sum((t - p) ** 2) / np.sum((t - np.mean(t)) ** 2)


COMMON = """
rare wrong-power: the third power | each = e**3
rare wrong-power: the third power | each = abs(e)**3
rare wrong-power: the fourth power | each = e**4
rare wrong-power: the root of its size | each = sqrt(abs(e))
doubled-not-squared | each = 2 * e
doubled-not-squared | each = -2 * e
doubled-not-squared | each = 2 * abs(e)
wrong-loss: the Huber loss | each = huber(e)
wrong-loss: the log-cosh | each = log(cosh(e))
wrong-loss: the sign of each error | each = sign(e)
wrong-loss: the sign of each error | each = sign(-e)
wrong-loss: how many predictions are off | each = (e != 0).astype(float)
difference-of-squares | e = t**2 - p**2; each = e
difference-of-squares | e = t**2 - p**2; each = -e
difference-of-squares | e = t**2 - p**2; each = abs(e)
difference-of-sizes | e = abs(t) - abs(p); each = e
difference-of-sizes | e = abs(t) - abs(p); each = -e
rare bracket-misplaced | e = p - t / size(t); average = sum(kept)
rare bracket-misplaced | e = t - p / size(t); average = sum(kept)
rare wrong-loss: errors relative to the mean truth | average = mean(kept) / mean(t)
rare bracket-misplaced | e = abs(t) - p; each = e
rare bracket-misplaced | e = abs(p) - t; each = e
rare bracket-misplaced | e = t - abs(p); each = e
rare bracket-misplaced | e = t - p**2; each = e
rare bracket-misplaced | e = p - t**2; each = e
rare bracket-misplaced | e = t**2 - p; each = e
rare bracket-misplaced | e = p**2 - t; each = e
""" + RELATIVE + """
wrong-loss: R², the share of the variance that is explained | value = r_squared(t, p)
wrong-loss: 1 - R², the unexplained variance | value = 1 - r_squared(t, p)
wrong-loss: the variance of the errors | value = var(t - p)
wrong-loss: the variance of the errors | value = variance(t - p)
wrong-loss: the spread of the errors | value = std(t - p)
wrong-loss: the spread of the errors | value = sqrt(variance(t - p))
wrong-loss: the correlation | value = correlation(t, p)
""" + ERRORS + MEAN  # fmt: skip
"""What goes wrong whatever is done to an error."""

MAE = (
    """
abs-missing | each = e
abs-missing | each = -e
abs-of-mean | each = e; value = abs(average)
difference-of-sizes | e = abs(t) - abs(p)
rare bracket-misplaced | e = abs(t) - p
wrong-loss: the mean squared error | each = e**2
rmse | each = e**2; value = sqrt(average)
wrong-loss: the root of the mean absolute error | value = sqrt(average)
"""
    + COMMON
)

SQUARES = """
square-missing | each = e
square-missing | each = -e
rare square-of-sum | each = e; average = sum(kept)**2
rare square-of-sum | each = e; average = sum(kept)**2 / kept.size
rare square-of-sum | each = abs(e); average = sum(kept)**2
rare square-of-sum | each = abs(e); average = sum(kept)**2 / kept.size
difference-of-squares | e = t**2 - p**2
cancellation | e = t**2 - 2 * t * p + p**2; each = e
"""

MSE = SQUARES + """
square-of-mean | each = e; value = average**2
square-of-mean | each = abs(e); value = average**2
square-of-mean | value = average**2
wrong-loss: the mean absolute error | each = abs(e)
rmse | value = sqrt(average)
sqrt-of-sum-over-n | average = sqrt(sum(kept)) / kept.size
""" + COMMON  # fmt: skip

RMSE = SQUARES + """
square-of-mean | each = e; value = abs(average)
wrong-loss: the mean squared error | value = average
wrong-loss: the mean absolute error | each = abs(e); value = average
wrong-loss: the root of the mean absolute error | each = abs(e)
square-missing | each = e; value = average
square-missing | each = -e; value = average
square-of-mean | each = abs(e); value = average**2
square-of-mean | each = e; value = average**2
square-of-mean | value = average**2
sqrt-of-sum-over-n | average = sum(kept) / kept.size**2
half-factor | average = mean(kept) / 4
divides-twice | average = mean(kept) / kept.size**2
rare bracket-misplaced | value = average / 2
rare wrong-power: the fourth root | value = average**0.25
rare wrong-power: the third root | value = cbrt(average)
""" + COMMON  # fmt: skip


def draw(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return truths and predictions: once mostly above, once mostly below each other.

    The root of a mean of plain differences is then a number somewhere, not always nan.
    """
    if n > 8:
        truths = rng.normal(0, 3, n)
        truths[n // 2] = 0  # whoever drops what is 0 drops a sample
        return truths, rng.normal(1, 3, n)
    small, large = rng.normal(1, 1, n), rng.normal(9, 3, n)
    small[1] = -abs(small[1])  # where signs are dropped too early, it shows
    return (large, small) if n == 8 else (small, large)


def large_values(rng: np.random.Generator) -> tuple[Any, ...]:
    """Return large truths, and predictions that are off by a few halves, which floats can hold."""
    truths = rng.choice([-1e8, 1e8], 3) * rng.integers(1, 9, 3)
    return truths, truths - rng.permutation([0, 1, -1]) * rng.integers(1, 9, 3) / 2


def program(each: str, value: str, mistakes: str) -> Program:
    """Return the program of a loss, by what it makes of an error and of the mean."""
    return Program(
        "y_true, y_pred",
        ERROR + f"each = {each}" + TAIL.replace("value = average", f"value = {value}"),
        mistakes,
        (huber, variance, correlation, r_squared),
    )


def task(
    name: str,
    loss: Callable[..., float],
    style: Style,
    program: Program,
    hints: tuple[str, str, str],
    invites: tuple[str, ...] = (),
) -> Task:
    """Return a task on errors between numbers."""
    perfect = (np.array([1.0, -2.0, 7.5]), np.array([1.0, -2.0, 7.5]))
    large = (np.array([1e8, -2e8, 3e8]), np.array([1e8 + 1.5, -2e8, 3e8 - 2]))
    return Task(
        name=name,
        reference=loss,
        style=style,
        example=(np.array([3.0, 5.0, 2.0]), np.array([2.0, 5.0, 4.0])),
        edges=(
            edge("one sample", "single-sample", np.array([2.5]), np.array([4.0]),
                 vary=lambda rng: (rng.normal(0, 3, 1), rng.normal(1, 3, 1))),
            edge("a perfect prediction", "perfect-prediction", *perfect,
                 vary=lambda rng: (rng.normal(0, 3, 4),) * 2),
            edge("large values", "cancellation", *large, vary=large_values),
            edge("integers", "integer-wrap", np.array([4, 0, 7, 1]), np.array([1, 0, 9, 1]),
                 vary=lambda rng: tuple(rng.integers(0, 10, (2, 5)))),
        ),
        draw=draw,
        program=program,
        hints=hints,
        invites=invites,
    )  # fmt: skip


MAE_STEPS = program("abs(e)", "average", MAE)
MSE_STEPS = program("e**2", "average", MSE)
RMSE_STEPS = program("e**2", "sqrt(average)", RMSE)

LOOP_MEAN = "Keep a running total; divide it once, after the loop, by the number of samples."
NUMPY_MEAN = "NumPy subtracts whole arrays at once, and has a function for the mean of an array."

MAE_LOOP = task(
    "mae_loop", losses.mae, "loop", MAE_STEPS,
    (
        "How far off is each prediction, whichever side it fell on?",
        "`zip(y_true, y_pred)` gives one truth and one prediction at a time; `abs` drops the sign.",
        LOOP_MEAN,
    ),
)  # fmt: skip
MAE_NUMPY = task(
    "mae_numpy", losses.mae, "numpy", MAE_STEPS,
    (
        "Write the loop's steps, difference, size, mean, as one line each, on whole arrays.",
        "`np.abs` takes an array and drops every sign at once.",
        NUMPY_MEAN,
    ),
)  # fmt: skip
MSE_LOOP = task(
    "mse_loop", losses.mse, "loop", MSE_STEPS,
    (
        "What is the squared error of one sample? Work it out for truth 3 and prediction 5.",
        "`zip(y_true, y_pred)` gives a truth and its prediction at a time; square the difference.",
        LOOP_MEAN,
    ),
)  # fmt: skip
MSE_NUMPY = task(
    "mse_numpy", losses.mse, "numpy", MSE_STEPS,
    (
        "Write the loop's steps, difference, square, mean, as one line each, on whole arrays.",
        "`**` squares every element of an array. Which comes first, the square or the mean?",
        NUMPY_MEAN,
    ),
)  # fmt: skip
RMSE_NUMPY = task(
    "rmse_numpy", losses.rmse, "numpy", RMSE_STEPS,
    (
        "The MSE is in squared units. What takes a square back?",
        "Take the root of the mean, not the mean of the roots.",
        "You have a function for the MSE already: use it.",
    ),
    ("mse_loop", "mse_numpy"),
)  # fmt: skip

TASKS = (MAE_LOOP, MAE_NUMPY, MSE_LOOP, MSE_NUMPY, RMSE_NUMPY)
