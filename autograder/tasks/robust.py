"""Tasks on losses that forgive outliers, or one side: the Huber loss and the quantile loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.regression import (
    NUMPY_MEAN,
    PAIRS,
    REDUCTION,
    RELATIVE,
    error,
    mean,
    median,
)
from autograder.tasks.task import Mistake, Pipeline, Style, Task, edge, same, wrong

Formula = Callable[[Any, Any], Any]
"""A piece of a loss, of the errors and the parameter (delta or tau)."""


def paired(formula: Formula) -> Callable[..., Any]:
    """Return the stage that makes errors of truth and prediction and hands the parameter on."""
    return lambda t, p, x: (formula(t, p), x)


WITH_PARAMETER = tuple(
    replace(mistake, stages={**mistake.stages, "pair": paired(mistake.stages["pair"])})
    for mistake in (*PAIRS, *RELATIVE)
)
"""What goes wrong before the error is an error, in a task whose third argument is a parameter."""


def of_one_number(formula: Callable[[Any], Any]) -> Mistake:
    """Return the mistake of making one number of the errors before the loss is taken of it."""
    return wrong("loss-of-mean", pair=paired(lambda t, p: np.reshape(formula(error(t, p)), 1)))


OF_ONE_NUMBER = (
    of_one_number(mean),
    of_one_number(np.sum),
    of_one_number(median),
    of_one_number(lambda e: mean(np.abs(e))),
    of_one_number(lambda e: np.sum(np.abs(e))),
)


def default(value: float, name: str) -> Mistake:
    """Return the mistake of another default than the task's."""
    return wrong("default-changed", name, given=lambda t, p, x=value: (t, p, x))


def balanced(rng: np.random.Generator, n: int, scale: float) -> Any:
    """Return n errors: both signs, on both sides of `scale`, none near it; three out of five in."""
    sizes = scale * np.where(
        np.arange(n) % 5 < 3, rng.uniform(0.2, 0.9, n), rng.uniform(1.2, 3.5, n)
    )
    sizes[1::2] *= -1
    sizes[4::5] *= rng.choice([-1, 1], len(sizes[4::5]))
    return rng.permutation(sizes)


# --- Huber


def inside(condition: Formula) -> Callable[..., Any]:
    """Return the stage that decides which errors are small."""
    return lambda e, d: (e, d, condition(e, d))


def once(condition: Formula) -> Callable[..., Any]:
    """Return the stage that decides once, for all the errors together."""
    return lambda e, d: (e, d, np.full(np.shape(e), condition(np.abs(e), d)))


def quadratic(formula: Formula) -> Callable[..., Any]:
    """Return the stage that computes what small errors cost."""
    return lambda e, d, small: (e, d, small, formula(e, d))


def linear(formula: Formula) -> Callable[..., Any]:
    """Return the stage that computes what large errors cost, of their sizes unless `signed`."""
    return lambda e, d, small, q: (small, q, formula(np.abs(e), d))


def signed(formula: Formula) -> Callable[..., Any]:
    """Return the stage that computes what large errors cost, of the errors with their signs."""
    return lambda e, d, small, q: (small, q, formula(e, d))


def by_branch(small: Any, q: Any, far: Any) -> Any:
    """Return the mean of the small ones plus the mean of the large ones."""
    return mean(q[small]) + mean(far[~small])


def everywhere(slug: str, detail: str, formula: Formula) -> Mistake:
    """Return the mistake of one formula for small and large errors."""
    return wrong(slug, detail, quadratic=quadratic(formula), choose=lambda small, q, far: q)


HUBER_STAGES: dict[str, Callable[..., Any]] = {
    "given": lambda t, p, delta=1.0: (t, p, delta),
    "pair": paired(error),
    "inside": inside(lambda e, d: np.abs(e) <= d),
    "quadratic": quadratic(lambda e, d: e**2 / 2),
    "linear": linear(lambda a, d: d * (a - d / 2)),
    "choose": np.where,
    "select": same, "reduce": mean, "finish": same, "shape": same,
}  # fmt: skip

CONDITIONS = (
    wrong("cond-no-abs", inside=inside(lambda e, d: e <= d)),
    wrong("cond-no-abs", inside=inside(lambda e, d: -e <= d)),
    wrong("wrong-condition", inside=inside(lambda e, d: e**2 <= d)),
    wrong("wrong-condition", inside=inside(lambda e, d: e**2 / 2 <= d)),
    wrong("wrong-condition", inside=inside(lambda e, d: np.abs(e) <= d**2)),
    wrong("wrong-condition", inside=inside(lambda e, d: np.abs(e) <= d / 2)),
    wrong("wrong-condition", inside=inside(lambda e, d: np.abs(e) <= 2 * d)),
    wrong("wrong-condition", inside=inside(lambda e, d: np.abs(e) <= 0)),
    wrong("delta-ignored", inside=inside(lambda e, d: np.abs(e) <= 1)),
    wrong("delta-ignored", inside=inside(lambda e, d: np.abs(e) <= 0.5)),
    wrong("if-on-array", inside=once(lambda a, d: np.all(a <= d))),
    wrong("if-on-array", inside=once(lambda a, d: np.any(a <= d))),
    wrong("if-on-array", inside=once(lambda a, d: mean(a) <= d)),
    wrong("if-on-array", inside=once(lambda a, d: median(a) <= d)),
    wrong("if-on-array", inside=once(lambda a, d: np.sum(a) <= d)),
    wrong("if-on-array", inside=once(lambda a, d: a.flat[0] <= d)),
    wrong("if-on-array", inside=once(lambda a, d: a.flat[-1] <= d)),
)

QUADRATICS = (
    *(
        # In one case or the other an error of exactly delta counts; here in none.
        wrong(slug, quadratic=quadratic(lambda e, d: np.where(np.abs(e) == d, 0, e**2 / 2)))
        for slug in ("missing-branch", "wrong-condition")
    ),
    wrong("missing-half", quadratic=quadratic(lambda e, d: e**2)),
    wrong(
        "missing-half",
        quadratic=quadratic(lambda e, d: e**2),
        linear=linear(lambda a, d: 2 * d * a - d**2),
    ),
    wrong(
        "missing-half",
        quadratic=quadratic(lambda e, d: e**2),
        linear=linear(lambda a, d: d * (a - d)),
    ),
    wrong("square-missing", quadratic=quadratic(lambda e, d: np.abs(e) / 2)),
    wrong("square-missing", quadratic=quadratic(lambda e, d: np.abs(e))),
    wrong("square-missing", quadratic=quadratic(lambda e, d: e / 2)),
    wrong("square-missing", quadratic=quadratic(lambda e, d: -e / 2)),
    wrong("square-missing", quadratic=quadratic(lambda e, d: e)),
    wrong("square-missing", quadratic=quadratic(lambda e, d: -e)),
    wrong("bracket-misplaced", quadratic=quadratic(lambda e, d: (e / 2) ** 2)),
    wrong("doubled-not-squared", quadratic=quadratic(lambda e, d: 2 * e**2)),
    wrong("wrong-power", "the third power", quadratic=quadratic(lambda e, d: e**3 / 3)),
    wrong("delta-misplaced", quadratic=quadratic(lambda e, d: d * e**2 / 2)),
    wrong("delta-misplaced", quadratic=quadratic(lambda e, d: d * e**2)),
    wrong("delta-misplaced", quadratic=quadratic(lambda e, d: e**2 / (2 * d))),
    wrong("delta-misplaced", quadratic=quadratic(lambda e, d: (e / d) ** 2 / 2)),
    wrong("delta-misplaced", quadratic=quadratic(lambda e, d: d**2 / 2)),
)

LINEARS = (
    wrong("missing-offset", linear=linear(lambda a, d: d * a)),
    wrong("missing-offset", linear=signed(lambda e, d: d * e)),
    wrong("missing-delta", linear=linear(lambda a, d: a - d / 2)),
    wrong("missing-delta", linear=linear(lambda a, d: a - d)),
    wrong("missing-delta", linear=linear(lambda a, d: a - d**2 / 2)),
    wrong("missing-delta", linear=linear(lambda a, d: a)),
    wrong("delta-ignored", linear=linear(lambda a, d: a - 0.5)),
    wrong("linear-offset", linear=linear(lambda a, d: d * (a - d))),
    wrong("linear-offset", linear=linear(lambda a, d: d * (a + d / 2))),
    wrong("linear-offset", linear=linear(lambda a, d: d * (a + d))),
    wrong("linear-offset", linear=linear(lambda a, d: d * (a - 2 * d))),
    wrong("linear-offset", linear=linear(lambda a, d: d * a - d / 2)),
    wrong("linear-offset", linear=linear(lambda a, d: d * a - d)),
    wrong("linear-offset", linear=linear(lambda a, d: d * (a - 0.5))),
    wrong("linear-offset", linear=linear(lambda a, d: d * (a - 1))),
    wrong("linear-offset", linear=linear(lambda a, d: d * a - 0.5)),
    wrong("linear-offset", linear=linear(lambda a, d: d * (a - d**2 / 2))),
    wrong("linear-offset", linear=linear(lambda a, d: d * a - d**2 / 4)),
    wrong("linear-offset", linear=linear(lambda a, d: d * (d / 2 - a))),
    wrong("bracket-misplaced", linear=linear(lambda a, d: d * a / 2 - d / 2)),
    wrong("bracket-misplaced", linear=linear(lambda a, d: d * (a - d) / 2)),
    wrong("half-in-linear", linear=linear(lambda a, d: d * (a - d / 2) / 2)),
    wrong("half-in-linear", linear=linear(lambda a, d: d * a / 2)),
    wrong("half-in-linear", linear=linear(lambda a, d: (a - d / 2) / 2)),
    wrong("delta-misplaced", linear=linear(lambda a, d: d**2 * (a - d / 2))),
    wrong("delta-misplaced", linear=linear(lambda a, d: d**2 * a)),
    wrong("delta-misplaced", linear=linear(lambda a, d: (a - d / 2) / d)),
    wrong("delta-misplaced", linear=linear(lambda a, d: a / d)),
    wrong("sign-kept", "in what large errors cost", linear=signed(lambda e, d: d * (e - d / 2))),
    wrong("sign-kept", "in what large errors cost", linear=signed(lambda e, d: d * (-e - d / 2))),
    wrong("abs-of-mean", linear=linear(lambda a, d: d * (mean(a) - d / 2))),
    wrong("bracket-misplaced", linear=signed(lambda e, d: d * np.abs(e - d / 2))),
    wrong("bracket-misplaced", linear=signed(lambda e, d: d * np.abs(-e - d / 2))),
    wrong("square-in-linear", linear=linear(lambda a, d: d * (a**2 - d / 2))),
    wrong("square-in-linear", linear=linear(lambda a, d: a**2)),
)

CHOICES = (
    wrong("branches-swapped", choose=lambda small, q, far: np.where(small, far, q)),
    wrong("missing-branch", "the quadratic", choose=lambda small, q, far: q),
    wrong("missing-branch", "the linear", choose=lambda small, q, far: far),
    wrong("missing-branch", "the quadratic", choose=lambda small, q, far: np.where(small, q, 0)),
    wrong("missing-branch", "the linear", choose=lambda small, q, far: np.where(small, 0, far)),
    wrong("missing-branch", "the quadratic", choose=lambda small, q, far: q[small]),
    wrong("missing-branch", "the linear", choose=lambda small, q, far: far[~small]),
    wrong("min-of-branches", "smaller", choose=lambda small, q, far: np.minimum(q, far)),
    wrong("min-of-branches", "larger", choose=lambda small, q, far: np.maximum(q, far)),
    wrong("both-branches", choose=lambda small, q, far: q + far),
    wrong("both-branches", choose=lambda small, q, far: np.where(small, q + far, far)),
    wrong("both-branches", choose=lambda small, q, far: np.where(small, q, q + far)),
    wrong("wrong-n", choose=by_branch, select=same, reduce=same),
    wrong("wrong-n", choose=lambda *x: by_branch(*x) / 2, select=same, reduce=same),
)

OTHER_LOSSES = (
    everywhere("pseudo-huber", "", lambda e, d: d**2 * (np.sqrt(1 + (e / d) ** 2) - 1)),
    everywhere("pseudo-huber", "", lambda e, d: d * (np.sqrt(1 + (e / d) ** 2) - 1)),
    everywhere("pseudo-huber", "", lambda e, d: np.sqrt(d**2 + e**2) - d),
    everywhere("pseudo-huber", "", lambda e, d: np.sqrt(1 + e**2) - 1),
    everywhere("pseudo-huber", "", lambda e, d: d**2 * np.sqrt(1 + (e / d) ** 2)),
    everywhere("wrong-loss", "the log-cosh", lambda e, d: np.log(np.cosh(e))),
    everywhere("wrong-loss", "the mean squared error", lambda e, d: e**2),
    everywhere("wrong-loss", "the mean absolute error", lambda e, d: np.abs(e)),
    wrong(
        "wrong-loss",
        "the smooth L1 loss, which is the Huber loss divided by delta",
        quadratic=quadratic(lambda e, d: e**2 / (2 * d)),
        linear=linear(lambda a, d: a - d / 2),
    ),
    wrong("wrong-loss", "a squared error that is cut off at delta",
          linear=linear(lambda a, d: d**2 / 2 + 0 * a)),
    wrong("wrong-loss", "a squared error that is cut off at delta",
          linear=linear(lambda a, d: d + 0 * a)),
)  # fmt: skip

HUBER_MISTAKES = (
    wrong("delta-ignored", given=lambda t, p, delta=1.0: (t, p, 1.0)),
    wrong("delta-ignored", given=lambda t, p, delta=1.0: (t, p, 0.5)),
    *(default(value, "delta") for value in (0.1, 0.5, 1.35, 1.345, 1.5, 2.0)),
    *CONDITIONS, *QUADRATICS, *LINEARS, *CHOICES, *OTHER_LOSSES,
    *OF_ONE_NUMBER, *WITH_PARAMETER, *REDUCTION,
)  # fmt: skip


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
        ),
        draw=draw_huber,
        pipeline=Pipeline(HUBER_STAGES, HUBER_MISTAKES),
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


def upper(formula: Formula) -> Callable[..., Any]:
    """Return the stage that computes what a truth above the prediction costs."""
    return lambda r, tau: (r, tau, formula(r, tau))


def lower(formula: Formula) -> Callable[..., Any]:
    """Return the stage that computes what a truth below the prediction costs."""
    return lambda r, tau, above: (r, tau, above, formula(r, tau))


def by_sign(r: Any, tau: Any, above: Any, below: Any) -> Any:
    """Choose by the sign of the error, as an if and an else do."""
    return np.where(r >= 0, above, below)


def slope(slug: str, detail: str, formula: Formula) -> Mistake:
    """Return the mistake of one formula for both sides."""
    return wrong(slug, detail, upper=upper(formula), choose=lambda r, tau, above, below: above)


QUANTILE_STAGES: dict[str, Callable[..., Any]] = {
    "given": lambda t, p, tau=0.5: (t, p, tau),
    "pair": paired(error),
    "upper": upper(lambda r, tau: tau * r),
    "lower": lower(lambda r, tau: (tau - 1) * r),
    "choose": lambda r, tau, above, below: np.maximum(above, below),
    "select": same, "reduce": mean, "finish": same, "shape": same,
}  # fmt: skip

QUANTILE_MISTAKES = (
    wrong("args-swapped", pair=paired(lambda t, p: error(p, t))),
    wrong("tau-swapped", given=lambda t, p, tau=0.5: (t, p, 1 - tau)),
    wrong("tau-ignored", given=lambda t, p, tau=0.5: (t, p, 0.5)),
    wrong("tau-ignored", given=lambda t, p, tau=0.5: (t, p, 0.9)),
    *(default(value, "tau") for value in (0.05, 0.1, 0.25, 0.75, 0.9, 0.95, 1.0)),
    slope("one-slope", "", lambda r, tau: tau * np.abs(r)),
    slope("one-slope", "", lambda r, tau: (1 - tau) * np.abs(r)),
    slope("one-slope", "", lambda r, tau: np.maximum(tau, 1 - tau) * np.abs(r)),
    slope("missing-branch", "tau · r", lambda r, tau: tau * r),
    slope("missing-branch", "(tau - 1) · r", lambda r, tau: (tau - 1) * r),
    slope("missing-branch", "(1 - tau) · r", lambda r, tau: (1 - tau) * r),
    slope("missing-branch", "tau · r", lambda r, tau: np.maximum(tau * r, 0)),
    slope("missing-branch", "(tau - 1) · r", lambda r, tau: np.maximum((tau - 1) * r, 0)),
    wrong("missing-branch", "tau · r", choose=lambda r, tau, a, b: a[r > 0]),
    wrong("missing-branch", "(tau - 1) · r", choose=lambda r, tau, a, b: b[r < 0]),
    wrong("wrong-n", choose=lambda r, tau, a, b: by_branch(r >= 0, a, b), select=same,
          reduce=same),
    slope("both-branches", "", lambda r, tau: tau * r + (tau - 1) * r),
    wrong("min-of-branches", "smaller", choose=lambda r, tau, a, b: np.minimum(a, b)),
    wrong("branches-swapped", choose=lambda r, tau, a, b: np.where(r >= 0, b, a)),
    wrong("sign-in-branch", lower=lower(lambda r, tau: (1 - tau) * r)),
    wrong("sign-in-branch", lower=lower(lambda r, tau: (1 - tau) * r), choose=by_sign),
    wrong("sign-in-branch", upper=upper(lambda r, tau: -tau * r), choose=by_sign),
    wrong("sign-in-branch", upper=upper(lambda r, tau: -tau * r)),
    wrong("wrong-slope", "below", lower=lower(lambda r, tau: (tau + 1) * r)),
    wrong("wrong-slope", "below", lower=lower(lambda r, tau: (tau + 1) * r), choose=by_sign),
    wrong("wrong-slope", "below", lower=lower(lambda r, tau: -(tau + 1) * r)),
    wrong("tau-ignored", lower=lower(lambda r, tau: -r / 2)),
    wrong("tau-ignored", upper=upper(lambda r, tau: r / 2)),
    wrong("tau-missing", "above", upper=upper(lambda r, tau: r)),
    wrong("tau-missing", "below", lower=lower(lambda r, tau: -r)),
    wrong("tau-missing", "below", lower=lower(lambda r, tau: r), choose=by_sign),
    wrong("bracket-misplaced", lower=lower(lambda r, tau: tau - r)),
    wrong("bracket-misplaced", lower=lower(lambda r, tau: 1 - tau * r)),
    wrong("bracket-misplaced", lower=lower(lambda r, tau: tau - r), choose=by_sign),
    wrong("bracket-misplaced", lower=lower(lambda r, tau: 1 - tau * r), choose=by_sign),
    wrong("bracket-misplaced", lower=lower(lambda r, tau: tau * r - 1), choose=by_sign),
    wrong("wrong-condition", choose=lambda r, tau, a, b: np.where(r > tau, a, b)),
    wrong("wrong-condition", choose=lambda r, tau, a, b: np.where(np.abs(r) > tau, a, b)),
    wrong("if-on-array", choose=lambda r, tau, a, b: a if np.all(r >= 0) else b),
    wrong("if-on-array", choose=lambda r, tau, a, b: a if np.any(r >= 0) else b),
    wrong("np-max-not-maximum", choose=lambda r, tau, a, b: np.max([a, b]),
          select=same, reduce=same),
    wrong("max-after-mean", choose=lambda r, tau, a, b: np.reshape(max(mean(a), mean(b)), 1)),
    wrong("max-after-mean", choose=lambda r, tau, a, b: np.reshape(max(np.sum(a), np.sum(b)), 1)),
    wrong("factor-two", choose=lambda r, tau, a, b: 2 * np.maximum(a, b)),
    wrong("squared", choose=lambda r, tau, a, b: np.maximum(a, b) ** 2),
    wrong("squared", upper=upper(lambda r, tau: tau * r**2),
          lower=lower(lambda r, tau: (1 - tau) * r**2), choose=by_sign),
    slope("wrong-loss", "the mean squared error", lambda r, tau: r**2),
    slope("wrong-loss", "the mean absolute error", lambda r, tau: np.abs(r)),
    slope("wrong-loss", "the mean difference", lambda r, tau: r),
    slope("wrong-loss", "the mean difference", lambda r, tau: -r),
    slope("wrong-loss", "a quantile of the errors", lambda r, tau: np.quantile(r, tau)),
    slope("wrong-loss", "a quantile of the errors", lambda r, tau: np.quantile(-r, tau)),
    slope("wrong-loss", "a quantile of the errors", lambda r, tau: np.quantile(np.abs(r), tau)),
    *(mistake for mistake in WITH_PARAMETER if mistake.slug != "one-sided"), *REDUCTION,
)  # fmt: skip


def draw_quantile(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return truths on both sides of their predictions; tau itself is left out at n = 8."""
    truths = rng.normal(2, 3, n)
    arguments = (truths, truths - balanced(rng, n, 1.5))
    return arguments if n == 8 else (*arguments, {5: 0.8}.get(n, 0.15))


def one_side(rng: np.random.Generator, sign: int, tau: float) -> tuple[Any, ...]:
    """Return predictions that are all above the truth for a sign of 1, all below it for -1."""
    truths = rng.normal(2, 3, 4)
    return truths, truths + sign * rng.uniform(0.5, 3, 4), tau


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
    ),
    draw=draw_quantile,
    pipeline=Pipeline(QUANTILE_STAGES, QUANTILE_MISTAKES),
    hints=(
        "With tau = 0.9, which is dearer: a prediction that is too low by 1, or too high by 1?",
        "Compute both lines, tau · r and (tau - 1) · r, for all samples. Which one is never below?",
        "`np.maximum(a, b)` compares two arrays element by element. " + NUMPY_MEAN,
    ),
)  # fmt: skip

TASKS = (HUBER_LOOP, HUBER_NUMPY, QUANTILE_NUMPY)
