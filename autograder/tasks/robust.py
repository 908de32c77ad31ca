"""Tasks on losses that forgive outliers, or one side: the Huber loss and the quantile loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.program import Program
from autograder.tasks.regression import ERROR, NUMPY_MEAN
from autograder.tasks.shared import ERRORS, REDUCTION, RELATIVE, TAIL
from autograder.tasks.task import Style, Task, edge
from autograder.tasks.words import mean

OF_ONE_NUMBER = """
loss-of-mean | e = reshape(mean(t - p), 1)
loss-of-mean | e = reshape(sum(t - p), 1)
loss-of-mean | e = reshape(median(t - p), 1)
loss-of-mean | e = reshape(mean(abs(t - p)), 1)
loss-of-mean | e = reshape(sum(abs(t - p)), 1)
"""
"""One number is made of the errors before the loss is taken of it."""


def by_branch(first: Any, a: Any, b: Any) -> Any:
    """Return the mean of a where `first` holds, plus the mean of b elsewhere."""
    return mean(a[first]) + mean(b[~first])


def balanced(rng: np.random.Generator, n: int, scale: float) -> Any:
    """Return n errors: both signs, on both sides of `scale`, none near it; three out of five in."""
    sizes = scale * np.where(
        np.arange(n) % 5 < 3, rng.uniform(0.2, 0.9, n), rng.uniform(1.2, 3.5, n)
    )
    sizes[1::2] *= -1
    sizes[4::5] *= rng.choice([-1, 1], len(sizes[4::5]))
    return rng.permutation(sizes)


# --- Huber

HUBER_STEPS = ERROR + """
d = delta
small = abs(e) <= d
near = e**2 / 2
far = d * (abs(e) - d / 2)
each = where(small, near, far)
""" + TAIL  # fmt: skip

HUBER = """
delta-ignored | d = 1.0
delta-ignored | d = 0.5
delta-ignored: {} | d = ?
default-changed: delta | delta = ?
cond-no-abs | small = e <= d
cond-no-abs | small = -e <= d
wrong-condition | small = e**2 <= d
wrong-condition | small = e**2 / 2 <= d
wrong-condition | small = abs(e) <= d**2
wrong-condition | small = abs(e) <= d / 2
wrong-condition | small = abs(e) <= 2 * d
wrong-condition | small = abs(e) <= 0
delta-ignored | small = abs(e) <= 1
delta-ignored | small = abs(e) <= 0.5
delta-ignored: {} | far = ? * (abs(e) - ? / 2)
rare if-on-array | small = full(shape(e), all(abs(e) <= d))
rare if-on-array | small = full(shape(e), any(abs(e) <= d))
rare if-on-array | small = full(shape(e), mean(abs(e)) <= d)
rare if-on-array | small = full(shape(e), median(abs(e)) <= d)
rare if-on-array | small = full(shape(e), sum(abs(e)) <= d)
rare if-on-array | small = full(shape(e), abs(e).flat[0] <= d)
rare if-on-array | small = full(shape(e), abs(e).flat[-1] <= d)
missing-branch | near = where(abs(e) == d, 0, e**2 / 2)  # in one case or the other an error
wrong-condition | near = where(abs(e) == d, 0, e**2 / 2)  # of exactly delta counts; here in none
missing-half | near = e**2
missing-half | near = e**2; far = 2 * d * abs(e) - d**2
missing-half | near = e**2; far = d * (abs(e) - d)
square-missing | near = abs(e) / 2
square-missing | near = abs(e)
square-missing | near = e / 2
square-missing | near = -e / 2
square-missing | near = e
square-missing | near = -e
rare bracket-misplaced | near = (e / 2)**2
doubled-not-squared | near = 2 * e**2
rare wrong-power: the third power | near = e**3 / 3
rare delta-misplaced | near = d * e**2 / 2
rare delta-misplaced | near = (d * e)**2 / 2
rare delta-misplaced | far = d * (d * abs(e) - d / 2)
rare delta-misplaced | average = d * mean(kept)
rare linear-offset | far = d * (abs(e) - d) + d / 2
rare loss-of-mean | e = reshape(sqrt(mean((t - p)**2)), 1)
rare loss-of-mean | e = reshape(linalg.norm(t - p), 1)
rare delta-misplaced | near = d * e**2
rare delta-misplaced | near = e**2 / (2 * d)
rare delta-misplaced | near = (e / d)**2 / 2
rare delta-misplaced | near = d**2 / 2
missing-offset | far = d * abs(e)
missing-offset | far = d * e
missing-delta | far = abs(e) - d / 2
missing-delta | far = d**2 / 2 + abs(e) - d
missing-delta | far = abs(e) - d
missing-delta | far = abs(e) - d**2 / 2
missing-delta | far = abs(e)
delta-ignored | far = abs(e) - 0.5
rare linear-offset | far = d * (abs(e) - d)
rare linear-offset | far = d * (abs(e) + d / 2)
rare linear-offset | far = d * (abs(e) + d)
rare linear-offset | far = d * (abs(e) - 2 * d)
rare linear-offset | far = d * abs(e) - d / 2
rare linear-offset | far = d * abs(e) - d
rare linear-offset | far = d * (abs(e) - 0.5)
rare linear-offset | far = d * (abs(e) - 1)
rare linear-offset | far = d * abs(e) - 0.5
rare linear-offset | far = d * (abs(e) - d**2 / 2)
rare linear-offset | far = d * abs(e) - d**2 / 4
rare linear-offset | far = d * (d / 2 - abs(e))
rare bracket-misplaced | far = d * abs(e) / 2 - d / 2
rare bracket-misplaced | far = d * (abs(e) - d) / 2
half-in-linear | far = d * (abs(e) - d / 2) / 2
half-in-linear | far = d * abs(e) / 2
half-in-linear | far = (abs(e) - d / 2) / 2
rare delta-misplaced | far = d**2 * (abs(e) - d / 2)
rare delta-misplaced | far = d**2 * abs(e)
rare delta-misplaced | far = (abs(e) - d / 2) / d
rare delta-misplaced | far = abs(e) / d
sign-kept: in what large errors cost | far = d * (e - d / 2)
sign-kept: in what large errors cost | far = d * (-e - d / 2)
abs-of-mean | far = d * (mean(abs(e)) - d / 2)
rare bracket-misplaced | far = d * abs(e - d / 2)
rare bracket-misplaced | far = d * abs(-e - d / 2)
square-in-linear | far = d * (abs(e)**2 - d / 2)
square-in-linear | far = abs(e)**2
branches-swapped | each = where(small, far, near)
missing-branch: the quadratic | each = near
missing-branch: the linear | each = far
missing-branch: the quadratic | each = where(small, near, 0)
missing-branch: the linear | each = where(small, 0, far)
missing-branch: the quadratic | each = near[small]
missing-branch: the linear | each = far[~small]
min-of-branches: smaller | each = minimum(near, far)
min-of-branches: larger | each = maximum(near, far)
both-branches | each = near + far
both-branches | each = where(small, near + far, far)
both-branches | each = where(small, near, near + far)
rare wrong-n | average = sum(kept) / sum(small)
rare wrong-n | average = sum(kept) / sum(~small)
rare wrong-n | each = by_branch(small, near, far); kept = each; average = kept
rare wrong-n | each = by_branch(small, near, far) / 2; kept = each; average = kept
pseudo-huber | each = d**2 * (sqrt(1 + (e / d)**2) - 1)
pseudo-huber | each = d * (sqrt(1 + (e / d)**2) - 1)
pseudo-huber | each = sqrt(d**2 + e**2) - d
pseudo-huber | each = sqrt(1 + e**2) - 1
pseudo-huber | each = d**2 * sqrt(1 + (e / d)**2)
wrong-loss: the log-cosh | each = log(cosh(e))
wrong-loss: the mean squared error | each = e**2
wrong-loss: the mean absolute error | each = abs(e)
wrong-loss: the smooth L1 loss, which is the Huber loss divided by delta
  | near = e**2 / (2 * d); far = abs(e) - d / 2
wrong-loss: a squared error that is cut off at delta | far = d**2 / 2 + 0 * abs(e)
wrong-loss: a squared error that is cut off at delta | far = d + 0 * abs(e)
""" + OF_ONE_NUMBER + ERRORS + RELATIVE + REDUCTION  # fmt: skip


def draw_huber(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return truths and predictions on both sides of delta; delta itself is left out at n = 8."""
    delta = {5: 0.375, 8: 1.0}.get(n, 6.0)  # 6: what a first mask wrote, a second may read
    truths = rng.normal(0, 3, n)
    arguments = (truths, truths - balanced(rng, n, delta))
    return arguments if n == 8 else (*arguments, delta)


def off_by(rng: np.random.Generator, sizes: Any, *delta: float) -> tuple[Any, ...]:
    """Return whole truths, predictions off by these sizes on either side, and a delta if any."""
    truths = rng.integers(-9, 10, len(sizes)) * 1.0
    return truths, truths - rng.choice([-1, 1], len(sizes)) * rng.permutation(sizes), *delta


def at_delta(rng: np.random.Generator) -> tuple[Any, ...]:
    """Return errors of exactly a delta that floats can hold, and others."""
    delta = float(rng.choice([0.75, 1.25, 2.5, 3.5]))
    return off_by(rng, delta * np.array([1, 1, 0.5, 2.5]), delta)


HUBER_PROGRAM = Program("y_true, y_pred, delta=1.0", HUBER_STEPS, HUBER, (by_branch,))


def integers(rng: np.random.Generator) -> tuple[Any, ...]:
    """Return whole truths and predictions, one of them off by 1 and one by more."""
    truths = rng.integers(0, 10, 5)
    return truths, truths + rng.permutation([0, 1, -1, 3, -4])


def huber_task(name: str, style: Style, hints: tuple[str, str, str]) -> Task:
    """Return the task of the Huber loss in a style."""
    y = np.array([3.0, 5.0, 2.0])
    return Task(
        name=name,
        reference=losses.huber,
        style=style,
        example=(y, np.array([2.5, 5.0, 4.0])),
        edges=(
            edge("errors of exactly delta", "wrong-condition", y, np.array([4.0, 4.0, 2.5]),
                 vary=lambda rng: off_by(rng, [1, 1, 0.25, 2.75])),
            edge("errors of exactly delta = 2", "wrong-condition", y, np.array([5.0, 3, 7]), 2.0,
                 vary=at_delta),
            edge("a delta below all errors", "delta-ignored", y, np.array([5.0, 2, 6]), 0.5,
                 vary=lambda rng: off_by(rng, rng.uniform(1, 5, 4), rng.uniform(0.2, 0.8))),
            edge("a delta above all errors", "delta-ignored", y, np.array([5.0, 2, 6]), 10.0,
                 vary=lambda rng: off_by(rng, rng.uniform(1, 5, 4), rng.uniform(6, 12))),
            edge("integers", "integer-wrap", np.array([4, 0, 7, 2]), np.array([1, 1, 7, 0]),
                 vary=integers),
        ),
        draw=draw_huber,
        program=HUBER_PROGRAM,
        hints=hints,
    )  # fmt: skip


HUBER_LOOP = huber_task(
    "huber_loop", "loop",
    (
        "Take one sample. Is its error, without the sign, larger than delta or not?",
        "An `if` and an `else` inside the loop: each adds its own formula to the total.",
        "Check the seam: at an error of exactly delta both formulas must give the same number.",
    ),
)  # fmt: skip
HUBER_NUMPY = huber_task(
    "huber_numpy", "numpy",
    (
        "An `if` looks at one number. Which NumPy function chooses for each element of an array?",
        "Compute both formulas for all samples; a mask of small errors says which one counts.",
        "`np.where(mask, a, b)` takes from `a` where the mask is true; the mean comes last.",
    ),
)  # fmt: skip


# --- Quantile loss

QUANTILE_STEPS = ERROR + """
q = tau
above = q * e
below = (q - 1) * e
each = maximum(above, below)
""" + TAIL  # fmt: skip

QUANTILE = """
args-swapped | e = p - t
tau-swapped | q = 1 - tau
tau-ignored | q = 0.5
tau-ignored: {} | q = ?
default-changed: tau | tau = ?
tau-clipped: {} | q = clip(tau, ?, 1 - ?)
one-slope | each = q * abs(e)
one-slope | each = (1 - q) * abs(e)
one-slope | each = maximum(q, 1 - q) * abs(e)
missing-branch: tau · r | each = q * e
missing-branch: (tau - 1) · r | each = (q - 1) * e
missing-branch: (1 - tau) · r | each = (1 - q) * e
missing-branch: tau · r | each = maximum(q * e, 0)
missing-branch: (tau - 1) · r | each = maximum((q - 1) * e, 0)
missing-branch: tau · r | each = above[e > 0]
missing-branch: (tau - 1) · r | each = below[e < 0]
rare wrong-n | each = by_branch(e >= 0, above, below); kept = each; average = kept
both-branches | each = q * e + (q - 1) * e
min-of-branches: smaller | each = minimum(above, below)
branches-swapped | each = where(e >= 0, below, above)
sign-in-branch | below = (1 - q) * e
sign-in-branch | below = (1 - q) * e; each = where(e >= 0, above, below)
sign-in-branch | above = -q * e; each = where(e >= 0, above, below)
sign-in-branch | above = -q * e
rare wrong-slope: below | below = (q + 1) * e
rare wrong-slope: below | below = (q + 1) * e; each = where(e >= 0, above, below)
rare wrong-slope: below | below = -(q + 1) * e
tau-ignored | below = -e / 2
tau-ignored | above = e / 2
tau-missing: above | above = e
tau-missing: below | below = -e
tau-missing: below | below = e; each = where(e >= 0, above, below)
rare wrong-slope: below | below = 2 * (q - 1) * e
rare bracket-misplaced | above = q * t - p
rare bracket-misplaced | below = (q - 1) * t - p
rare bracket-misplaced | below = 1 + q * e; each = where(e >= 0, above, below)
rare bracket-misplaced | below = q - e
rare bracket-misplaced | below = 1 - q * e
rare bracket-misplaced | below = q - e; each = where(e >= 0, above, below)
rare bracket-misplaced | below = 1 - q * e; each = where(e >= 0, above, below)
rare bracket-misplaced | below = q * e - 1; each = where(e >= 0, above, below)
wrong-condition | each = where(e > q, above, below)
wrong-condition | each = where(abs(e) > q, above, below)
rare if-on-array | each = above if all(e >= 0) else below
rare if-on-array | each = above if any(e >= 0) else below
np-max-not-maximum | each = max([above, below]); kept = each; average = kept
np-max-not-maximum | average = (max(above) + max(below)) / 2
term-missing: the residual, in one case | below = q - 1; each = where(e > 0, above, below)
max-after-mean | each = reshape(maximum(mean(above), mean(below)), 1)
max-after-mean | each = reshape(maximum(sum(above), sum(below)), 1)
factor-two | each = 2 * maximum(above, below)
squared | each = maximum(above, below)**2
squared | above = q * e**2; below = (1 - q) * e**2; each = where(e >= 0, above, below)
wrong-loss: the mean squared error | each = e**2
wrong-loss: the mean absolute error | each = abs(e)
wrong-loss: the mean difference | each = e
wrong-loss: the mean difference | each = -e
wrong-loss: a quantile of the errors | each = quantile(e, q)
wrong-loss: a quantile of the errors | each = quantile(-e, q)
wrong-loss: a quantile of the errors | each = quantile(abs(e), q)
""" + ERRORS.replace("one-sided", "# one-sided") + RELATIVE + REDUCTION  # fmt: skip


def draw_quantile(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return truths on both sides of their predictions; tau itself is left out at n = 8."""
    truths = rng.normal(2, 3, n)
    if n > 8:
        truths[n // 2] = 0  # whoever drops what is 0 drops a sample
    arguments = (truths, truths - balanced(rng, n, 1.5))
    return arguments if n == 8 else (*arguments, {5: 0.8}.get(n, 0.15))


def one_side(rng: np.random.Generator, sign: int, tau: float) -> tuple[Any, ...]:
    """Return predictions that are all above the truth for a sign of 1, all below it for -1."""
    truths = rng.normal(2, 3, 4)
    return truths, truths + sign * rng.uniform(0.5, 3, 4), tau


QUANTILE_PROGRAM = Program("y_true, y_pred, tau=0.5", QUANTILE_STEPS, QUANTILE, (by_branch,))
QUANTILE_NUMPY = Task(
    name="quantile_numpy",
    reference=losses.quantile,
    style="numpy",
    example=(np.array([10.0, 20.0, 30.0]), np.array([12.0, 20.0, 25.0]), 0.9),
    edges=(
        edge("tau near 0", "extreme-tau", np.array([1.0, 2.0, 4]), np.array([3.0, 2.5, 5]), 0.001,
             vary=lambda rng: one_side(rng, 1, rng.uniform(5e-4, 2e-3))),
        edge("tau near 1", "extreme-tau", np.array([1.0, 2.0, 4]), np.array([0.5, 1.0, 4]), 0.999,
             vary=lambda rng: one_side(rng, -1, 1 - rng.uniform(5e-4, 2e-3))),
        edge("integers", "integer-wrap", np.array([4, 0, 7, 2]), np.array([1, 1, 7, 0]),
             vary=integers),
    ),
    draw=draw_quantile,
    program=QUANTILE_PROGRAM,
    hints=(
        "With tau = 0.9, which is dearer: a prediction that is too low by 1, or too high by 1?",
        "Compute both lines, tau · r and (tau - 1) · r, for all samples. Which one is never below?",
        "`np.maximum(a, b)` compares two arrays element by element. " + NUMPY_MEAN,
    ),
)  # fmt: skip

TASKS = (HUBER_LOOP, HUBER_NUMPY, QUANTILE_NUMPY)
