"""Tasks on errors between numbers: mean absolute error, mean squared error and its root."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.task import Mistake, Pipeline, Style, Task, edge, same, wrong


def mean(values: Any) -> Any:
    """Return the mean; nan, without a warning, when nothing is left to average."""
    return np.add.reduce(values, axis=None) / np.size(values)  # np.sum takes twice as long


def median(values: Any) -> Any:
    """Return the median; nan, without a warning, when nothing is left."""
    return np.median(values) if np.size(values) else np.nan


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


def rounding(decimals: int) -> Callable[[Any], Any]:
    """Return a stage that rounds."""
    return lambda values: np.round(values, decimals)


def falling(factor: Callable[[int], float]) -> Callable[[Any], Any]:
    """Return a reduction that multiplies its running total by `factor(n)` in every turn."""

    def stage(values: Any) -> Any:
        turns = np.arange(len(values), 0, -1.0)
        return np.sum(values * factor(len(values)) ** turns)

    return stage


ROUNDED = {0: "a whole number", 1: "1 decimal"} | {d: f"{d} decimals" for d in range(2, 7)}

DIGITS = (
    wrong("float32", finish=lambda v: np.float64(np.float32(v))),
    *(wrong("rounds-result", ROUNDED[d], finish=rounding(d)) for d in ROUNDED if d),
    wrong("times-hundred", finish=lambda v: v * 100),
)
"""What becomes of the digits of a result, be it one number or many."""

REDUCE = (
    wrong("sum-not-mean", reduce=np.sum),
    wrong("half-factor", reduce=lambda e: mean(e) / 2),
    wrong("divides-twice", reduce=lambda e: mean(e) / e.size),
    wrong("divides-in-loop", reduce=falling(lambda n: 1 / n)),
    wrong("divides-in-loop", reduce=falling(lambda n: 1 / 2)),
    wrong("divides-in-loop", reduce=lambda e: np.sum(e.T / np.arange(1, len(e) + 1))),
    wrong("n-minus-1", reduce=lambda e: np.sum(e) / (e.size - 1)),
    wrong("wrong-n", reduce=lambda e: np.sum(e) / (e.size + 1)),
    wrong("wrong-n", reduce=lambda e: np.sum(e) / (e.size - 2)),
    wrong("wrong-n", reduce=lambda e: np.sum(e) / (2 * e.size + 2)),
    wrong("wrong-n", reduce=lambda e: np.sum(e) / (2 * e.size - 2)),
    wrong("wrong-n", reduce=lambda e: np.sum(e) * e.size),
    *(
        wrong("hard-coded-n", str(n), reduce=lambda e, n=n: np.sum(e) / n)
        for n in (2, 3, 4, 5, 10, 100)
    ),
    wrong("per-sample-array", reduce=same),
    wrong("per-sample-array", reduce=lambda e: e / e.size),
    wrong("max-not-mean", reduce=np.max),
    wrong("max-not-mean", reduce=lambda e: np.max(e) / e.size),
    wrong("median-not-mean", reduce=median),
    wrong("last-only", reduce=lambda e: e[-1]),
    wrong("overwrites-accumulator", reduce=lambda e: e[-1] / e.size),
    wrong("early-return", reduce=lambda e: e[0]),
    wrong("early-return", reduce=lambda e: e[0] / e.size),
    wrong("running-total", reduce=lambda e: np.sum(np.cumsum(e))),
    wrong("running-total", reduce=lambda e: mean(np.cumsum(e))),
    wrong("running-total", reduce=np.cumsum),
    wrong("wrong-start", reduce=lambda e: (np.sum(e) + 1) / e.size),
    wrong("wrong-start", reduce=lambda e: (np.sum(e) - 1) / e.size),
    wrong("wrong-start", reduce=lambda e: mean(e) + 1),
    wrong("off-by-one", "the first", select=keep(1, None)),
    wrong("off-by-one", "the last", select=keep(0, -1)),
    wrong("off-by-one", "the first, and divides by n - 1", select=lambda e: e[1:]),
    wrong("off-by-one", "the last, and divides by n - 1", select=lambda e: e[:-1]),
    wrong("int-buffer", select=np.trunc),
    *(
        wrong("rounds-result", f"{ROUNDED[d]}, sample by sample", select=rounding(d))
        for d in range(5)
    ),
    *DIGITS,
    wrong("rounds-result", ROUNDED[0], finish=rounding(0)),
    wrong("rounds-result", "a whole number, always downwards", finish=np.floor),
    wrong("minus-missing", finish=np.negative),
    wrong("not-scalar", "an array with one entry", shape=lambda v: np.reshape(v, 1)),
    wrong("not-scalar", "a matrix with one entry", shape=lambda v: np.reshape(v, (1, 1))),
)
"""What goes wrong between the errors and the one number, whatever the loss."""

REDUCTION = (
    *REDUCE,
    wrong("wrong-loss", "the root of this one", finish=np.sqrt),
    wrong("wrong-loss", "the square of this one", finish=np.square),
)
"""The same for a loss that is not a power already."""


def draw(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return truths and predictions: once mostly above, once mostly below each other.

    The root of a mean of plain differences is then a number somewhere, not always nan.
    """
    if n > 8:
        return rng.normal(0, 3, n), rng.normal(1, 3, n)
    small, large = rng.normal(1, 1, n), rng.normal(9, 3, n)
    small[1] = -abs(small[1])  # where signs are dropped too early, it shows
    return (large, small) if n == 8 else (small, large)


def large_values(rng: np.random.Generator) -> tuple[Any, ...]:
    """Return large truths, and predictions that are off by a few halves, which floats can hold."""
    truths = rng.choice([-1e8, 1e8], 3) * rng.integers(1, 9, 3)
    return truths, truths - rng.permutation([0, 1, -1]) * rng.integers(1, 9, 3) / 2


def task(
    name: str,
    loss: Callable[..., float],
    style: Style,
    power: Callable[[Any], Any],
    after: Callable[[Any], Any],
    mistakes: tuple[Mistake, ...],
    hints: tuple[str, str, str],
    invites: tuple[str, ...] = (),
) -> Task:
    """Return a regression task: difference, power, mean, and something after."""
    perfect = (np.array([1.0, -2.0, 7.5]), np.array([1.0, -2.0, 7.5]))
    large = (np.array([1e8, -2e8, 3e8]), np.array([1e8 + 1.5, -2e8, 3e8 - 2]))
    stages: dict[str, Callable[..., Any]] = {
        "pair": error, "power": power, "select": same,
        "reduce": mean, "after": after, "finish": same, "shape": same,
    }  # fmt: skip
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
        pipeline=Pipeline(stages, mistakes + REDUCE),
        hints=hints,
        invites=invites,
    )  # fmt: skip


def squares_first(y_true: Any, y_pred: Any) -> Any:
    """Squares of truth and prediction, subtracted after."""
    return np.square(y_true) - np.square(y_pred)


def sizes_first(y_true: Any, y_pred: Any) -> Any:
    """Sizes of truth and prediction, subtracted after."""
    return np.abs(y_true) - np.abs(y_pred)


def expanded(y_true: Any, y_pred: Any) -> Any:
    """Squared errors by the binomial formula, which loses digits on large values."""
    t, p = np.asarray(y_true), np.asarray(y_pred)
    return t**2 - 2 * t * p + p**2


def in_float32(y_true: Any, y_pred: Any) -> Any:
    """Differences in float32, which every later stage then keeps to."""
    return np.asarray(y_true, dtype=np.float32) - np.asarray(y_pred, dtype=np.float32)


def whole(slug: str, detail: str, formula: Callable[[Any, Any], Any]) -> Mistake:
    """Return the mistake of computing `formula(y_true, y_pred)` in place of everything."""
    return wrong(
        slug,
        detail,
        pair=lambda t, p: formula(np.asarray(t, dtype=float), np.asarray(p, dtype=float)),
        power=same,
        select=same,
        reduce=same,
        after=same,
    )


def huber(e: Any) -> Any:
    """Huber loss of each error, for a delta of 1."""
    return np.where(np.abs(e) <= 1, e**2 / 2, np.abs(e) - 0.5)


def variance(e: Any) -> Any:
    """The variance as a sample's, over n - 1."""
    return np.var(e) * e.size / (e.size - 1)


def correlation(t: Any, p: Any) -> Any:
    """Pearson's correlation."""
    return np.mean((t - np.mean(t)) * (p - np.mean(p))) / (np.std(t) * np.std(p))


def r_squared(t: Any, p: Any) -> Any:
    """The share of the variance that is explained."""
    return 1 - np.sum((t - p) ** 2) / np.sum((t - np.mean(t)) ** 2)


PAIRS = (
    wrong("adds-not-subtracts", pair=np.add),
    wrong("wrong-operator", "a product", pair=np.multiply),
    wrong("wrong-operator", "a quotient", pair=np.divide),
    wrong("ignores-y-true", pair=lambda t, p: np.asarray(p, dtype=float)),
    wrong("ignores-y-pred", pair=lambda t, p: np.asarray(t, dtype=float)),
    wrong("ignores-y-pred", pair=lambda t, p: t - np.mean(t)),
    wrong("mean-first", pair=lambda t, p: t - np.mean(p)),
    wrong("mean-first", pair=lambda t, p: np.mean(t) - p),
    wrong("misaligned", pair=lambda t, p: error(t, np.roll(p, 1))),
    wrong("misaligned", pair=lambda t, p: error(t, np.roll(p, -1))),
    wrong("misaligned", pair=lambda t, p: error(t, p[::-1])),
    wrong("misaligned", pair=lambda t, p: error(np.sort(t), np.sort(p))),
    wrong("int-buffer", pair=lambda t, p: np.trunc(t) - np.trunc(p)),
    wrong("int-buffer", pair=lambda t, p: np.trunc(error(t, p))),
    *(
        wrong("rounds-result", f"{ROUNDED[d]}, error by error",
              pair=lambda t, p, d=d: np.round(error(t, p), d))
        for d in range(4)
    ),
    wrong("all-pairs", pair=all_pairs),
    wrong("all-pairs", pair=all_pairs, reduce=lambda e: np.sum(e) / len(e)),
    wrong("float32", pair=in_float32),
    wrong("one-sided", pair=lambda t, p: np.maximum(error(t, p), 0)),
    wrong("one-sided", pair=lambda t, p: np.maximum(error(p, t), 0)),
    wrong("one-sided", pair=lambda t, p: error(t, p)[error(t, p) > 0]),
    wrong("one-sided", pair=lambda t, p: error(t, p)[error(t, p) < 0]),
)  # fmt: skip
"""What goes wrong before the error is an error."""

POWERS = (
    wrong("wrong-power", "the third power", power=lambda e: e**3),
    wrong("wrong-power", "the third power", power=lambda e: np.abs(e) ** 3),
    wrong("wrong-power", "the fourth power", power=lambda e: e**4),
    wrong("wrong-power", "the root of its size", power=lambda e: np.sqrt(np.abs(e))),
    wrong("doubled-not-squared", power=lambda e: 2 * e),
    wrong("doubled-not-squared", power=lambda e: -2 * e),
    wrong("doubled-not-squared", power=lambda e: 2 * np.abs(e)),
    wrong("wrong-loss", "the Huber loss", power=huber),
    wrong("wrong-loss", "the log-cosh", power=lambda e: np.log(np.cosh(e))),
    wrong("wrong-loss", "the sign of each error", power=np.sign),
    wrong("wrong-loss", "the sign of each error", power=lambda e: np.sign(-e)),
    wrong("wrong-loss", "how many predictions are off", power=lambda e: (e != 0).astype(float)),
    wrong("difference-of-squares", pair=squares_first, power=same),
    wrong("difference-of-squares", pair=squares_first, power=np.negative),
    wrong("difference-of-squares", pair=squares_first, power=np.abs),
    wrong("difference-of-sizes", pair=sizes_first, power=same),
    wrong("difference-of-sizes", pair=sizes_first, power=np.negative),
    wrong("bracket-misplaced", pair=lambda t, p: np.abs(t) - p, power=same),
    wrong("bracket-misplaced", pair=lambda t, p: np.abs(p) - t, power=same),
    wrong("bracket-misplaced", pair=lambda t, p: t - np.abs(p), power=same),
    wrong("bracket-misplaced", pair=lambda t, p: t - np.square(p), power=same),
    wrong("bracket-misplaced", pair=lambda t, p: p - np.square(t), power=same),
    wrong("bracket-misplaced", pair=lambda t, p: np.square(t) - p, power=same),
    wrong("bracket-misplaced", pair=lambda t, p: np.square(p) - t, power=same),
)
"""What else students do to an error than its size or its square."""

RELATIVE = (
    *(
        wrong("wrong-loss", f"errors relative to {what}",
              pair=lambda t, p, size=size: error(t, p) / size(t, p))
        for what, size in (
            ("the truth", lambda t, p: np.abs(t)),
            ("the truth", lambda t, p: t),
            ("the prediction", lambda t, p: np.abs(p)),
            ("the prediction", lambda t, p: p),
            ("truth and prediction", lambda t, p: (np.abs(t) + np.abs(p)) / 2),
            ("the mean truth", lambda t, p: np.mean(t)),
            ("the mean size of the truths", lambda t, p: np.mean(np.abs(t))),
            ("the spread of the truths", lambda t, p: np.std(t)),
            ("the range of the truths", lambda t, p: np.ptp(t)),
        )
    ),
    wrong("wrong-loss", "errors of the logarithms", pair=lambda t, p: np.log1p(t) - np.log1p(p)),
)  # fmt: skip
"""Errors on another scale."""

MEASURES = (
    whole("wrong-loss", "R², the share of the variance that is explained", r_squared),
    whole("wrong-loss", "1 - R², the unexplained variance", lambda t, p: 1 - r_squared(t, p)),
    whole("wrong-loss", "the variance of the errors", lambda t, p: np.var(t - p)),
    whole("wrong-loss", "the variance of the errors", lambda t, p: variance(t - p)),
    whole("wrong-loss", "the spread of the errors", lambda t, p: np.std(t - p)),
    whole("wrong-loss", "the spread of the errors", lambda t, p: np.sqrt(variance(t - p))),
    whole("wrong-loss", "the correlation", correlation),
)
"""Measures of how well numbers agree that are none of ours."""

COMMON = (*POWERS, *RELATIVE, *MEASURES, *PAIRS)

MAE_MISTAKES = (
    wrong("abs-missing", power=same),
    wrong("abs-missing", power=np.negative),
    wrong("abs-of-mean", power=same, after=np.abs),
    wrong("difference-of-sizes", pair=sizes_first),
    wrong("bracket-misplaced", pair=lambda t, p: np.abs(t) - p),
    wrong("wrong-loss", "the mean squared error", power=np.square),
    wrong("rmse", power=np.square, after=np.sqrt),
    wrong("wrong-loss", "the root of the mean absolute error", after=np.sqrt),
    *COMMON,
)

SQUARE_MISTAKES = (
    wrong("square-missing", power=same),
    wrong("square-missing", power=np.negative),
    wrong("square-of-sum", power=same, reduce=lambda e: np.sum(e) ** 2),
    wrong("square-of-sum", power=same, reduce=lambda e: np.sum(e) ** 2 / e.size),
    wrong("square-of-sum", power=np.abs, reduce=lambda e: np.sum(e) ** 2),
    wrong("square-of-sum", power=np.abs, reduce=lambda e: np.sum(e) ** 2 / e.size),
    wrong("difference-of-squares", pair=squares_first),
    wrong("cancellation", pair=expanded, power=same),
)

MSE_MISTAKES = (
    *SQUARE_MISTAKES,
    wrong("square-of-mean", power=same, after=np.square),
    wrong("square-of-mean", power=np.abs, after=np.square),
    wrong("square-of-mean", after=np.square),
    wrong("wrong-loss", "the mean absolute error", power=np.abs),
    wrong("rmse", after=np.sqrt),
    wrong("sqrt-of-sum-over-n", reduce=lambda e: np.sqrt(np.sum(e)) / e.size),
    *COMMON,
)

RMSE_MISTAKES = (
    *SQUARE_MISTAKES,
    wrong("square-of-mean", power=same, after=np.abs),
    wrong("wrong-loss", "the mean squared error", after=same),
    wrong("wrong-loss", "the mean absolute error", power=np.abs, after=same),
    wrong("wrong-loss", "the root of the mean absolute error", power=np.abs),
    wrong("square-missing", power=same, after=same),
    wrong("square-missing", power=np.negative, after=same),
    wrong("square-of-mean", power=np.abs, after=np.square),
    wrong("square-of-mean", power=same, after=np.square),
    wrong("square-of-mean", after=np.square),
    wrong("sqrt-of-sum-over-n", reduce=lambda e: np.sum(e) / e.size**2),
    wrong("half-factor", reduce=lambda e: mean(e) / 4),
    wrong("divides-twice", reduce=lambda e: mean(e) / e.size**2),
    wrong("bracket-misplaced", after=lambda v: v / 2),
    wrong("wrong-power", "the fourth root", after=lambda v: v**0.25),
    wrong("wrong-power", "the third root", after=np.cbrt),
    *COMMON,
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
    ("mse_loop", "mse_numpy"),
)  # fmt: skip

TASKS = (MAE_LOOP, MAE_NUMPY, MSE_LOOP, MSE_NUMPY, RMSE_NUMPY)
