"""Tasks on errors between numbers: mean absolute error, mean squared error and its root."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.task import Mistake, Pipeline, Style, Task, edge, wrong


def same(x: Any) -> Any:
    """Change nothing."""
    return x


def error(y_true: Any, y_pred: Any) -> Any:
    """Truth minus prediction."""
    return np.asarray(y_true, dtype=np.float64) - np.asarray(y_pred, dtype=np.float64)


def all_pairs(y_true: Any, y_pred: Any) -> Any:
    """Every truth against every prediction, which broadcasting (n,) against (n, 1) gives."""
    return np.subtract.outer(np.asarray(y_true, dtype=float), np.asarray(y_pred, dtype=float))


def keep(start: int, stop: int | None) -> Callable[[Any], Any]:
    """Return a stage that forgets the samples outside of start:stop, yet divides by all of them."""

    def stage(values: Any) -> Any:
        kept = np.zeros_like(values)
        kept[start:stop] = values[start:stop]
        return kept

    return stage


REDUCE = (
    wrong("sum-not-mean", reduce=np.sum),
    wrong("half-factor", reduce=lambda e: np.mean(e) / 2),
    wrong("divides-twice", reduce=lambda e: np.mean(e) / e.size),
    wrong("n-minus-1", reduce=lambda e: np.sum(e) / (e.size - 1)),
    wrong("wrong-n", reduce=lambda e: np.sum(e) / (e.size + 1)),
    wrong("wrong-n", reduce=lambda e: np.sum(e) / (2 * e.size + 2)),
    wrong("per-sample-array", reduce=same),
    wrong("max-not-mean", reduce=np.max),
    wrong("median-not-mean", reduce=np.median),
    wrong("last-only", reduce=lambda e: e[-1]),
    wrong("overwrites-accumulator", reduce=lambda e: e[-1] / e.size),
    wrong("early-return", reduce=lambda e: e[0]),
    wrong("early-return", reduce=lambda e: e[0] / e.size),
    wrong("off-by-one", select=lambda e: e[1:]),
    wrong("off-by-one", select=lambda e: e[:-1]),
    wrong("off-by-one", select=keep(1, None)),
    wrong("off-by-one", select=keep(0, -1)),
    wrong("all-pairs", pair=all_pairs),
    wrong("float32", finish=lambda v: np.float64(np.float32(v))),
    wrong("rounds-result", "2 decimals", finish=lambda v: np.round(v, 2)),
    wrong("rounds-result", "3 decimals", finish=lambda v: np.round(v, 3)),
    wrong("rounds-result", "4 decimals", finish=lambda v: np.round(v, 4)),
    wrong("rounds-result", "1 decimal", finish=lambda v: np.round(v, 1)),
    wrong("rounds-result", "a whole number", finish=np.round),
    wrong("minus-missing", finish=np.negative),
)
"""What goes wrong between the errors and the one number, whatever the loss."""


def task(
    name: str,
    loss: Callable[..., float],
    style: Style,
    power: Callable[[Any], Any],
    after: Callable[[Any], Any],
    mistakes: tuple[Mistake, ...],
    hints: tuple[str, str, str],
) -> Task:
    """Return a regression task: difference, power, mean, and something after."""
    perfect = (np.array([1.0, -2.0, 7.5]), np.array([1.0, -2.0, 7.5]))
    large = (np.array([1e8, -2e8, 3e8]), np.array([1.5e8, -2e8, 2e8]))
    stages: dict[str, Callable[..., Any]] = {
        "pair": error, "power": power, "select": same,
        "reduce": np.mean, "after": after, "finish": same,
    }  # fmt: skip
    return Task(
        name=name,
        reference=loss,
        style=style,
        example=(np.array([3.0, 5.0, 2.0]), np.array([2.0, 5.0, 4.0])),
        edges=(
            edge("one sample", "single-sample", np.array([2.5]), np.array([4.0])),
            edge("a perfect prediction", "perfect-prediction", *perfect),
            edge("large values", "cancellation", *large),
            edge("integers", "integer-wrap", np.array([4, 0, 7, 1]), np.array([1, 0, 9, 1])),
        ),
        draw=lambda rng, n: (rng.normal(0, 3, n), rng.normal(1, 3, n)),
        pipeline=Pipeline(stages, mistakes + REDUCE),
        hints=hints,
    )


MAE_MISTAKES = (
    wrong("abs-missing", power=same),
    wrong("abs-missing", power=np.negative),
    wrong("abs-of-mean", power=same, reduce=lambda e: abs(np.mean(e))),
    wrong("wrong-loss", "the mean squared error", power=np.square),
    wrong("rmse", power=np.square, after=np.sqrt),
)

SQUARE_MISTAKES = (
    wrong("square-missing", power=same),
    wrong("square-missing", power=np.negative),
    wrong("square-of-mean", power=same, reduce=lambda e: np.mean(e) ** 2),
    wrong("square-of-mean", power=np.abs, reduce=lambda e: np.mean(e) ** 2),
    wrong("square-of-sum", power=same, reduce=lambda e: np.sum(e) ** 2),
    wrong("square-of-sum", power=same, reduce=lambda e: np.sum(e) ** 2 / e.size),
)

MSE_MISTAKES = (
    *SQUARE_MISTAKES,
    wrong("wrong-loss", "the mean absolute error", power=np.abs),
    wrong("rmse", after=np.sqrt),
)

RMSE_MISTAKES = (
    *SQUARE_MISTAKES,
    wrong("wrong-loss", "the mean squared error", after=same),
    wrong("wrong-loss", "the mean absolute error", power=np.abs, after=same),
    wrong("sqrt-of-sum-over-n", reduce=lambda e: np.sqrt(np.sum(e)) / e.size, after=same),
)

LOOP_MEAN = "Keep a running total; divide it once, after the loop, by the number of samples."
NUMPY_MEAN = "NumPy subtracts whole arrays at once, and has a function for the mean of an array."

MAE_LOOP = task(
    "mae_loop", losses.mae, "loop", np.abs, same, MAE_MISTAKES,
    (
        "How far off is each prediction, whichever side it fell on?",
        "`zip(y_true, y_pred)` gives one truth and one prediction at a time; `abs` drops the sign.",
        LOOP_MEAN,
    ),
)  # fmt: skip
MAE_NUMPY = task(
    "mae_numpy", losses.mae, "numpy", np.abs, same, MAE_MISTAKES,
    (
        "Write the loop's steps, difference, size, mean, as one line each, on whole arrays.",
        "`np.abs` takes an array and drops every sign at once.",
        NUMPY_MEAN,
    ),
)  # fmt: skip
MSE_LOOP = task(
    "mse_loop", losses.mse, "loop", np.square, same, MSE_MISTAKES,
    (
        "What is the squared error of one sample? Work it out for truth 3 and prediction 5.",
        "`zip(y_true, y_pred)` gives a truth and its prediction at a time; square the difference.",
        LOOP_MEAN,
    ),
)  # fmt: skip
MSE_NUMPY = task(
    "mse_numpy", losses.mse, "numpy", np.square, same, MSE_MISTAKES,
    (
        "Write the loop's steps, difference, square, mean, as one line each, on whole arrays.",
        "`**` squares every element of an array. Which comes first, the square or the mean?",
        NUMPY_MEAN,
    ),
)  # fmt: skip
RMSE_NUMPY = task(
    "rmse_numpy", losses.rmse, "numpy", np.square, np.sqrt,
    RMSE_MISTAKES,
    (
        "The MSE is in squared units. What takes a square back?",
        "Take the root of the mean, not the mean of the roots.",
        "You have a function for the MSE already: use it.",
    ),
)  # fmt: skip

TASKS = (MAE_LOOP, MAE_NUMPY, MSE_LOOP, MSE_NUMPY, RMSE_NUMPY)
