"""Tasks on derivatives: of each loss with respect to the prediction, and of any function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.cross_entropy import (
    CLIP,
    EPS,
    MATRIX_OUTPUT,
    OUTPUT,
    SOFTMAX,
    STAGES,
    clipped,
    clipping,
    large_logits,
    largest,
    one_hot,
    powers,
    shares,
    sigmoid,
    softmax,
)
from autograder.tasks.hinge import with_margins
from autograder.tasks.log_loss import both_ends, wrong_ends
from autograder.tasks.regression import all_pairs
from autograder.tasks.robust import at_delta
from autograder.tasks.task import Formula, Mistake, Pipeline, Task, edge, same, wrong

Stage = Callable[..., Any]


# --- What goes wrong with any gradient of a mean

END: dict[str, Stage] = {"sign": same, "divide": lambda g: g / len(g), "finish": same}

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
    wrong("hard-coded-n", "3", divide=lambda g: g / 3),
    wrong("grad-scalar", divide=np.mean),
    wrong("grad-scalar", divide=np.sum),
    wrong("grad-scalar", divide=lambda g: np.mean(g) / len(g)),
    wrong("grad-scalar", divide=lambda g: np.full_like(g, np.mean(g))),
    wrong("grad-scalar", divide=lambda g: np.full_like(g, np.sum(g))),
    wrong("grad-scalar", divide=lambda g: np.full_like(g, np.mean(g) / len(g))),
    wrong("norm-not-sum", divide=lambda g: g / np.linalg.norm(g)),
    *OUTPUT,
)
"""The slope of each sample's loss is there; the sign, the division by n and the rest follow."""


def unlike(slug: str, detail: str = "", **stages: Stage) -> tuple[Mistake, ...]:
    """Return the mistake of a loss where its slope belongs: per sample, divided, averaged, summed.

    A loss has a sign of its own, and nobody takes its absolute value after.
    """
    return tuple(
        wrong(slug, detail, sign=same, divide=divide, **stages)
        for divide in (END["divide"], same, np.mean, np.sum)
    )


# --- Regression

RESIDUAL: dict[str, Stage] = {
    "residual": lambda true, p: np.asarray(p, dtype=np.float64) - np.asarray(true)
}

RESIDUALS = (
    wrong("args-swapped", residual=lambda true, p: true - p),
    wrong("ignores-y-true", residual=lambda true, p: p),
    wrong("adds-not-subtracts", residual=lambda true, p: p + true),
    wrong("difference-of-squares", residual=lambda true, p: p**2 - true**2),
    wrong("bracket-misplaced", residual=lambda true, p: p - true / len(p), divide=same),
    wrong("bracket-misplaced", residual=lambda true, p: true - p / len(p), divide=same),
    wrong("all-pairs", residual=lambda true, p: -all_pairs(true, p)),
    wrong("all-pairs", residual=lambda true, p: all_pairs(p, true)),
    wrong("all-pairs", residual=lambda t, p: all_pairs(p, t), divide=lambda g: g / g.size),
)

MAE_SLOPES = (
    *SLOPES,
    *RESIDUALS,
    wrong("grad-not-sign", slope=same),
    wrong("grad-not-sign", slope=same, divide=lambda g: g / np.abs(g).sum()),
    wrong("grad-scalar", slope=same, divide=lambda g: np.sign(np.mean(g))),
    wrong("grad-extra-factor", "2", slope=lambda r: 2 * np.sign(r)),
    wrong("tie", slope=lambda r: np.where(r > 0, 1.0, -1.0)),
    wrong("tie", slope=lambda r: np.where(r >= 0, 1.0, -1.0)),
    wrong("tie", slope=lambda r: r / np.abs(r)),
    wrong("missing-branch", slope=lambda r: np.maximum(np.sign(r), 0)),
    wrong("missing-branch", slope=lambda r: np.minimum(np.sign(r), 0)),
    wrong("wrong-loss", "the gradient of the mean squared error", slope=lambda r: 2 * r),
    *unlike("loss-not-gradient", slope=np.abs),
    *unlike("loss-not-gradient", slope=np.square),
    *unlike("numerical-gradient", slope=lambda r: np.gradient(np.abs(r))),
)

MSE_SLOPES = (
    wrong("grad-no-2", factor=same),
    *SLOPES,
    *RESIDUALS,
    wrong("float32", residual=lambda true, p: np.float32(p) - np.float32(true)),
    wrong("grad-extra-factor", "y_pred", residual=lambda true, p: (p - true) * p),
    wrong("grad-extra-factor", "y_true", residual=lambda true, p: (p - true) * true),
    wrong("grad-no-2", factor=lambda g: g / 2),
    wrong("bracket-misplaced", residual=lambda true, p: 2 * p - true, factor=same),
    wrong("bracket-misplaced", residual=lambda t, p: 2 * p - t / len(p), factor=same, divide=same),
    wrong("power-not-lowered", slope=np.square),
    wrong("power-not-lowered", slope=lambda r: np.square(r) * np.sign(r)),
    wrong("wrong-loss", "the gradient of the mean absolute error", slope=np.sign, factor=same),
    wrong("rmse", slope=lambda r: r / np.sqrt(np.mean(r**2)), factor=same),
    wrong("rmse", slope=lambda r: r / np.sqrt(np.mean(r**2)) / 2),
    *unlike("loss-not-gradient", slope=np.square, factor=same),
    *unlike("numerical-gradient", slope=lambda r: np.gradient(np.square(r)), factor=same),
)


def residuals_around(rng: np.random.Generator, n: int, delta: float) -> Any:
    """Return residuals of both signs and all sizes on both sides of delta.

    The first is above and the last below 0, both below it when n is 8: that tells the slopes of
    the two from each other, and from each other's opposite.
    """
    low, high, sign = np.array(
        [(2.2, 3, 1), (0.75, 0.95, 1), (1.1, 1.35, -1), (0.1, 0.4, -1), (0.5, 0.7, -1)]
    ).T[:, (np.arange(n) + 2 * (n == 8)) % 5]
    return delta * sign * rng.uniform(low, high)


def draw_numbers(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return truths and predictions, without a tie."""
    true = rng.normal(0, 3, n)
    return true, true + residuals_around(rng, n, 1.7)


EXAMPLE = (np.array([3.0, 5.0, 2.0]), np.array([2.5, 8.0, 4.0]))
TIE = (np.array([2.0, -1.0, 0.5]), np.array([2.0, 1.5, 0.5]))


def with_ties(rng: np.random.Generator) -> tuple[Any, ...]:
    """Return truths, and predictions of which two are exactly right."""
    true = rng.normal(0, 3, 4)
    return true, true + rng.permutation([0, 0, *rng.uniform(-3, 3, 2)])


AT_A_TIE = edge("a tie", "tie", *TIE, vary=with_ties)

MEAN_HINT = (
    "The loss is a mean over n samples. How much of it does one sample carry, and in which "
    "direction does the loss move when that prediction grows a little?"
)

MAE_GRADIENT = Task(
    name="mae_gradient",
    reference=losses.mae_gradient,
    style="either",
    example=EXAMPLE,
    edges=(AT_A_TIE,),
    draw=draw_numbers,
    pipeline=Pipeline({**RESIDUAL, "slope": np.sign, **END}, MAE_SLOPES),
    approximation="numerical-gradient",
    hints=(
        "Draw |r|, with r the prediction minus the truth. What is its slope left and right of 0?",
        MEAN_HINT,
        "NumPy has a function that gives -1, 0 or 1. What does the task want at a tie?",
    ),
)
MSE_GRADIENT = Task(
    name="mse_gradient",
    reference=losses.mse_gradient,
    style="either",
    example=EXAMPLE,
    edges=(AT_A_TIE,),
    draw=draw_numbers,
    pipeline=Pipeline(
        {**RESIDUAL, "slope": same, "factor": lambda g: 2 * g, **END},
        MSE_SLOPES,
    ),
    approximation="numerical-gradient",
    hints=(
        "What is the derivative of r squared with respect to r?",
        "r is the prediction minus the truth: what does one more unit of prediction do to r?",
        MEAN_HINT,
    ),
)


# --- Huber


def held(r: Any, delta: Any) -> Any:
    """The residual held between -delta and delta."""
    return np.clip(r, -delta, delta)


def huber(r: Any, delta: Any) -> Any:
    """The Huber loss of each residual."""
    return np.where(abs(r) <= delta, r**2 / 2, delta * (abs(r) - delta / 2))


def condition(slug: str, inside: Stage, detail: str = "") -> Mistake:
    """Return the mistake that decides in another way which residuals are small."""
    return wrong(slug, detail, where=lambda r, delta: (r, delta, inside(r, delta)))


def inner(slug: str, slope: Stage, detail: str = "") -> Mistake:
    """Return the mistake that takes another slope for small residuals."""
    return wrong(slug, detail, inside=lambda r, delta, small: (r, delta, small, slope(r, delta)))


def outer(slug: str, slope: Stage, detail: str = "") -> Mistake:
    """Return the mistake that takes another slope for large residuals."""
    return wrong(slug, detail, outside=lambda r, delta, small, g: (small, g, slope(r, delta)))


def both(*given: Any) -> Any:
    """Hand all arguments on."""
    return given


def curve(slope: Stage) -> dict[str, Stage]:
    """Return the stages that compute all slopes with one formula."""
    return {"where": both, "inside": both, "outside": both, "choose": slope}


HUBER_STAGES: dict[str, Stage] = {
    "given": lambda true, p, delta=1.0: (true, p, delta),
    "residual": lambda true, p, delta: (p - true, delta),
    "where": lambda r, delta: (r, delta, abs(r) <= delta),
    "inside": lambda r, delta, small: (r, delta, small, r),
    "outside": lambda r, delta, small, g: (small, g, delta * np.sign(r)),
    "choose": np.where,
    **END,
}

HUBER_SLOPES = (
    *SLOPES,
    wrong("args-swapped", residual=lambda true, p, delta: (true - p, delta)),
    wrong("ignores-y-true", residual=lambda true, p, delta: (p, delta)),
    wrong("adds-not-subtracts", residual=lambda true, p, delta: (p + true, delta)),
    wrong(
        "bracket-misplaced", divide=same, residual=lambda true, p, delta: (p - true / len(p), delta)
    ),
    wrong("all-pairs", residual=lambda true, p, delta: (-all_pairs(true, p), delta)),
    wrong("all-pairs", residual=lambda true, p, delta: (all_pairs(p, true), delta)),
    wrong("float32", residual=lambda t, p, delta: (np.float32(p) - np.float32(t), delta)),
    wrong("delta-ignored", given=lambda true, p, delta=1.0: (true, p, 1.0)),
    wrong("delta-ignored", given=lambda true, p, delta=1.0: (true, p, 0.5)),
    wrong("delta-ignored", given=lambda true, p, delta=1.0: (true, p, 1.35)),
    condition("delta-ignored", lambda r, delta: abs(r) <= 1),
    condition("cond-no-abs", lambda r, delta: r <= delta),
    condition("cond-no-abs", lambda r, delta: -r <= delta),
    condition("branches-swapped", lambda r, delta: abs(r) > delta),
    condition("wrong-condition", lambda r, delta: abs(r) <= delta / 2),
    condition("wrong-condition", lambda r, delta: abs(r) <= 2 * delta),
    condition("wrong-condition", lambda r, delta: r**2 <= delta),
    condition("wrong-condition", lambda r, delta: r**2 / 2 <= delta),
    condition("wrong-condition", lambda r, delta: abs(r) <= delta**2),
    condition("wrong-condition", lambda r, delta: r <= -delta),
    condition("wrong-condition", lambda r, delta: r > delta),
    condition("missing-branch", lambda r, delta: np.full_like(r, True, dtype=bool)),
    condition("missing-branch", lambda r, delta: np.full_like(r, False, dtype=bool)),
    # In one case or the other a residual of exactly delta has a slope; here in none.
    inner("missing-branch", lambda r, delta: np.where(abs(r) == delta, 0, r)),
    inner("wrong-condition", lambda r, delta: np.where(abs(r) == delta, 0, r)),
    inner("missing-half", lambda r, delta: 2 * r),
    inner("branch-factor", lambda r, delta: r / 2, "small residuals are half"),
    inner("power-not-lowered", lambda r, delta: r**2),
    inner("loss-not-gradient", lambda r, delta: r**2 / 2),
    inner("abs-of-gradient", lambda r, delta: abs(r)),
    inner("grad-extra-factor", lambda r, delta: delta * r, "delta"),
    inner("grad-extra-factor", lambda r, delta: r / delta, "1 / delta"),
    inner("missing-branch", lambda r, delta: 0 * r),
    inner("wrong-loss", lambda r, delta: np.sign(r), "the slope of the absolute error"),
    inner("grad-sign", lambda r, delta: -r),
    outer("missing-delta", lambda r, delta: np.sign(r)),
    outer("missing-delta", lambda r, delta: np.ones_like(r)),
    outer("grad-not-sign", lambda r, delta: np.full_like(r, delta)),
    outer("grad-not-sign", lambda r, delta: np.full_like(r, -delta)),
    outer("grad-not-sign", lambda r, delta: delta * r),
    outer("grad-not-sign", lambda r, delta: delta * abs(r)),
    outer("loss-not-gradient", lambda r, delta: delta * (abs(r) - delta / 2)),
    outer("missing-offset", lambda r, delta: np.sign(r) * (abs(r) - delta / 2)),
    outer("missing-offset", lambda r, delta: delta * (np.sign(r) - delta / 2)),
    outer("missing-offset", lambda r, delta: delta * np.sign(r) - delta**2 / 2),
    outer("missing-offset", lambda r, delta: delta * (np.sign(r) - 0.5)),
    outer("branch-factor", lambda r, delta: delta * np.sign(r) / 2, "large residuals are half"),
    outer("grad-extra-factor", lambda r, delta: delta**2 * np.sign(r), "delta"),
    outer("branch-factor", lambda r, delta: 2 * delta * np.sign(r), "large residuals are twice"),
    outer("missing-branch", lambda r, delta: 0 * r),
    outer("missing-offset", lambda r, delta: r - delta),
    outer("missing-offset", lambda r, delta: r - delta * np.sign(r)),
    outer("missing-offset", lambda r, delta: abs(r) - delta),
    wrong("grad-no-1-over-n", divide=same, inside=lambda r, d, small: (r, d, small, r / len(r))),
    wrong(
        "grad-no-1-over-n",
        divide=same,
        outside=lambda r, delta, small, g: (small, g, delta * np.sign(r) / len(r)),
    ),
    outer("grad-sign", lambda r, delta: -delta * np.sign(r)),
    wrong("missing-half", sign=lambda g: 2 * g),
    wrong("grad-extra-factor", "1 / delta", **curve(lambda r, delta: held(r, delta) / delta)),
    wrong("grad-extra-factor", "delta", **curve(lambda r, delta: held(r, delta) * delta)),
    wrong("wrong-condition", "", **curve(lambda r, delta: delta * held(r, 1))),
    wrong("divides-first", "", divide=same, **curve(lambda r, delta: held(r / len(r), delta))),
    wrong("pseudo-huber", "", **curve(lambda r, delta: r / np.sqrt(1 + (r / delta) ** 2))),
    wrong(
        "min-of-branches", "smaller", **curve(lambda r, delta: np.minimum(r, delta * np.sign(r)))
    ),
    wrong("min-of-branches", "smaller", **curve(lambda r, delta: np.minimum(abs(r), delta))),
    wrong("min-of-branches", "larger", **curve(lambda r, delta: np.maximum(r, delta * np.sign(r)))),
    wrong("wrong-loss", "the gradient of log-cosh", **curve(lambda r, delta: np.tanh(r))),
    wrong("wrong-loss", "the gradient of the MSE", **curve(lambda r, delta: 2 * r)),
    wrong("wrong-loss", "the gradient of the MAE", **curve(lambda r, delta: np.sign(r))),
    *unlike("loss-not-gradient", "", **curve(huber)),
)


def draw_with_delta(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return truths and predictions on both sides of delta, which is given when n is 8."""
    delta = (2.5,) if n == 8 else ()
    true = rng.normal(0, 3, n)
    return true, true + residuals_around(rng, n, *delta or (1.0,)), *delta


HUBER_GRADIENT = Task(
    name="huber_gradient",
    reference=losses.huber_gradient,
    style="either",
    example=EXAMPLE,
    edges=(
        AT_A_TIE,
        edge(
            "residuals equal to delta",
            "wrong-condition",
            np.array([1.0, 2.0, 0.0]),
            np.array([1.5, 1.5, 4.0]),
            0.5,
            vary=at_delta,
        ),
    ),
    draw=draw_with_delta,
    pipeline=Pipeline(HUBER_STAGES, HUBER_SLOPES),
    approximation="numerical-gradient",
    hints=(
        "The loss is a parabola near 0 and a straight line outside. What are their slopes?",
        "The line's slope is delta to the right. What is it to the left?",
        MEAN_HINT,
    ),
)


# --- Log loss


def formula(slug: str, slope: Stage, detail: str = "", **more: Stage) -> Mistake:
    """Return the mistake that computes the slope with another formula of label and probability."""
    return wrong(slug, detail, terms=both, combine=slope, **more)


def bce(y: Any, p: Any) -> Any:
    """The log loss of each sample."""
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


def slope_of_bce(y: Any, p: Any) -> Any:
    """Its derivative with respect to the probability."""
    return (p - y) / (p * (1 - p))


def branches(y: Any, p: Any) -> Any:
    """The two terms where an `if` chooses one: what is beside it is never divided."""
    return np.where(y == 1, 1 / p, 0.0), np.where(y == 1, 0.0, 1 / (1 - p))


def raw(y: Any, p: Any, eps: Any) -> Any:
    """Probabilities as they are given."""
    return y, p


def unclipped(y: Any, p: Any, eps: Any) -> Any:
    """Leave the clipping to the next stage."""
    return y, p, eps


LOG_LOSS_SLOPES = (
    *SLOPES,
    *CLIP,
    clipping("clips-zero-only", lambda p, eps: np.maximum(p, eps)),
    clipping("half-clip", lambda p, eps: np.maximum(p, eps)),
    clipping(
        "clips-exact-only", lambda p, eps: np.where(p == 0, eps, np.where(p == 1, 1 - eps, p))
    ),
    wrong("no-clipping", clip=raw, terms=branches),
    *(
        wrong(slug, clip=lambda y, p, eps: (y, np.minimum(p, 1 - eps)), terms=branches)
        for slug in ("clips-one-only", "half-clip")
    ),
    wrong("float32", arrays=lambda y, p, eps: (np.asarray(y), np.float32(p), eps)),
    wrong("args-swapped", given=lambda y, p, eps=EPS: (p, y, eps)),
    wrong("clip-typo", "the labels are clipped", clip=lambda y, p, eps: (clipped(y, eps), p)),
    wrong(
        "clip-typo",
        "the labels are clipped too",
        clip=lambda y, p, eps: (clipped(y, eps), clipped(p, eps)),
    ),
    wrong(
        "half-clip",
        clip=unclipped,
        terms=lambda y, p, eps: (p - y, clipped(p, eps)),
        combine=lambda above, p: above / (p * (1 - p)),
    ),
    wrong(
        "eps-in-denominator",
        clip=unclipped,
        terms=lambda y, p, eps: (y / (p + eps), (1 - y) / (1 - p + eps)),
    ),
    wrong(
        "eps-in-denominator",
        clip=unclipped,
        terms=lambda y, p, eps: (p - y, p * (1 - p) + eps),
        combine=np.divide,
    ),
    wrong(
        "eps-in-denominator",
        clip=unclipped,
        terms=lambda y, p, eps: (p - y, (p + eps) * (1 - p + eps)),
        combine=np.divide,
    ),
    wrong(
        "zero-when-clipped",
        clip=unclipped,
        terms=lambda y, p, eps: (slope_of_bce(y, clipped(p, eps)), p, clipped(p, eps)),
        combine=lambda g, p, q: g * (p == q),
    ),
    wrong("minus-between-terms", combine=lambda a, b: -a - b),
    wrong("grad-missing-factor", "-1", combine=lambda a, b: -a - b),
    wrong("minus-missing", combine=lambda a, b: a + b),
    wrong("positive-term-only", combine=lambda a, b: -a),
    wrong("negative-term-only", combine=lambda a, b: b),
    wrong("negative-term-only", combine=lambda a, b: -b),
    wrong("terms-swapped", terms=lambda y, p: ((1 - y) / p, y / (1 - p))),
    wrong("terms-swapped", terms=lambda y, p: (y / (1 - p), (1 - y) / p)),
    wrong("grad-no-1-over-n", combine=lambda a, b: b / len(b) - a, divide=same),
    wrong("grad-no-1-over-n", combine=lambda a, b: b - a / len(a), divide=same),
    wrong("grad-extra-factor", "1 / p", terms=lambda y, p: (y / p**2, (1 - y) / (1 - p) ** 2)),
    wrong("log-not-differentiated", terms=lambda y, p: (y / np.log(p), (1 - y) / np.log(1 - p))),
    formula("log-not-differentiated", lambda y, p: -y / np.log(p) - (1 - y) / np.log(1 - p)),
    formula("precedence", lambda y, p: (p - y) / p * (1 - p)),
    formula("bracket-misplaced", lambda y, p: p - y / (p * (1 - p))),
    wrong("ignores-y-true", terms=lambda y, p: (1 / p, 1 / (1 - p))),
    formula("ignores-y-true", lambda y, p: -1 / p),
    formula("ignores-y-true", lambda y, p: 1 / (1 - p)),
    formula("ignores-y-true", lambda y, p: 1 / (p * (1 - p))),
    formula("grad-logit", lambda y, p: p - y),
    formula("grad-logit", lambda y, p: p - y, clip=raw),
    formula("grad-logit", lambda y, p: sigmoid(p) - y),
    formula("grad-missing-factor", lambda y, p: (p - y) / p, "1 / (1 - p)"),
    formula("grad-missing-factor", lambda y, p: (p - y) / (1 - p), "1 / p"),
    formula("grad-extra-factor", lambda y, p: (p - y) * p * (1 - p), "p² (1 - p)²"),
    formula("grad-extra-factor", lambda y, p: (p - y) * p, "p² (1 - p)"),
    formula("adds-not-subtracts", lambda y, p: (p + y) / (p * (1 - p))),
    formula("log-not-differentiated", lambda y, p: np.log(p) - np.log(1 - p)),
    formula("grad-extra-factor", lambda y, p: (p - y) * p * (1 - p), "p² (1 - p)²", clip=raw),
    formula("wrong-loss", lambda y, p: 2 * (p - y), "the gradient of the MSE"),
    formula("wrong-loss", lambda y, p: 2 * (p - y), "the gradient of the MSE", clip=raw),
    formula("wrong-loss", lambda y, p: np.sign(p - y), "the gradient of the MAE"),
    wrong("log-base-2", sign=lambda g: g / np.log(2)),
    wrong("log-base-10", sign=lambda g: g / np.log(10)),
    *unlike("loss-not-gradient", terms=both, combine=bce),
    *unlike("loss-not-gradient", terms=both, combine=lambda y, p: -bce(y, p)),
)


def draw_yes_no(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return unequally many labels of both kinds, and for n = 8 an epsilon that matters.

    Two probabilities are near the ends, yet farther from them than any careful epsilon.
    """
    y = rng.permutation(np.arange(n) % 3 == 0).astype(int)
    near = 0.03 if n == 8 else 3e-5
    p = rng.uniform(0.25, 0.75, n)
    ones, zeros = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    p[ones[:2]] = near, 1 - near * 1.5
    p[zeros[:2]] = near * 2, 1 - near * 2.5
    return (y, p, 0.2) if n == 8 else (y, p)


ZERO_ONE, ENDS = np.array([0, 1]), np.array([0.0, 1.0])

LOG_LOSS_GRADIENT = Task(
    name="log_loss_gradient",
    reference=losses.log_loss_gradient,
    style="either",
    example=(np.array([1, 0, 1]), np.array([0.8, 0.25, 0.5])),
    edges=(
        edge(
            "p of 0 and 1, both right",
            "no-clipping",
            ZERO_ONE,
            ENDS,
            vary=both_ends,
            upto=lambda y, p: (y, p, 1e-6),
        ),
        edge(
            "p of 0 and 1, both wrong",
            "no-clipping",
            1 - ZERO_ONE,
            ENDS,
            1e-3,
            vary=lambda rng: wrong_ends(rng, rng.uniform(5e-4, 5e-3)),
        ),
    ),
    draw=draw_yes_no,
    pipeline=Pipeline(
        {
            **STAGES,
            "terms": lambda y, p: (y / p, (1 - y) / (1 - p)),
            "combine": lambda a, b: b - a,
            **END,
        },
        LOG_LOSS_SLOPES,
    ),
    approximation="numerical-gradient",
    hints=(
        "What is the derivative of log(p), and what is that of log(1 - p)? Mind the inner one.",
        "For a label of 1 only one term is left, for a label of 0 only the other.",
        "Where do you divide by p or by 1 - p? Keep both away from 0 with `eps`, as in the loss.",
    ),
)


# --- Hinge


def activity(slug: str, active: Stage, detail: str = "") -> Mistake:
    """Return the mistake that decides in another way which samples have a slope."""
    return wrong(slug, detail, active=lambda y, s, m: (y, s, m, active(y, s, m)))


def hinge_slope(slug: str, slope: Stage, detail: str = "") -> Mistake:
    """Return the mistake that takes another slope where a sample is active."""
    return wrong(slug, detail, slope=lambda y, s, m, active: np.where(active, slope(y, s, m), 0.0))


def everywhere(slope: Stage) -> dict[str, Stage]:
    """Return the stages that compute all slopes with one formula."""
    return {"active": both, "slope": slope}


HINGE_SLOPES = (
    *SLOPES,
    wrong("labels-01", given=lambda y, s: ((y + 1) / 2, s)),
    wrong("labels-01", given=lambda y, s: (2 * y - 1, s)),
    wrong("labels-01", slope=lambda y, s, m, active: np.where(active, -(y + 1) / 2, 0.0)),
    wrong("labels-01", slope=lambda y, s, m, active: np.where(active, 1.0 - 2 * y, 0.0)),
    wrong("args-swapped", given=lambda y, s: (s, y)),
    wrong("float32", divide=lambda g: np.float32(g) / np.float32(len(g))),
    wrong("hinge-sign", margin=lambda y, s: (y, s, -y * s)),
    wrong(
        "hinge-sign",
        margin=lambda y, s: (y, s, -y * s),
        slope=lambda y, s, m, active: np.where(active, y, 0.0),
    ),
    wrong("wrong-condition", margin=lambda y, s: (y, s, s)),
    wrong("wrong-condition", margin=lambda y, s: (y, s, abs(s))),
    wrong("wrong-condition", margin=lambda y, s: (y, s, abs(y - s))),
    wrong("adds-not-subtracts", margin=lambda y, s: (y, s, y + s)),
    activity("max-missing", lambda y, s, m: m == m),
    activity("margin-missing", lambda y, s, m: m < 0),
    activity("wrong-condition", lambda y, s, m: m > 1),
    activity("wrong-condition", lambda y, s, m: m > 0),
    activity("wrong-condition", lambda y, s, m: m < -1),
    activity("wrong-condition", lambda y, s, m: abs(m) < 1),
    activity("wrong-condition", lambda y, s, m: m < 2),
    activity("wrong-condition", lambda y, s, m: m < 0.5),
    activity("missing-branch", lambda y, s, m: (m < 1) & (y > 0)),
    activity("missing-branch", lambda y, s, m: (m < 1) & (y < 0)),
    hinge_slope("grad-sign", lambda y, s, m: y),
    hinge_slope("grad-missing-factor", lambda y, s, m: -1.0, "the label"),
    hinge_slope("grad-missing-factor", lambda y, s, m: 1.0, "the label"),
    hinge_slope("grad-wrong-variable", lambda y, s, m: -s),
    hinge_slope("grad-wrong-variable", lambda y, s, m: -np.sign(s)),
    hinge_slope("grad-extra-factor", lambda y, s, m: -m, "the score"),
    hinge_slope("squared-hinge", lambda y, s, m: -2 * y * (1 - m)),
    hinge_slope("squared-hinge", lambda y, s, m: -y * (1 - m)),
    wrong("wrong-condition", "", **everywhere(lambda y, s, m: np.maximum(0, -y))),
    wrong("wrong-n", divide=lambda g: g / np.count_nonzero(g)),
    wrong("wrong-loss", "the gradient of the logistic loss",
          **everywhere(lambda y, s, m: -y * sigmoid(-m))),
    wrong("wrong-loss", "the gradient of the mean squared error",
          **everywhere(lambda y, s, m: 2 * (s - y))),
    wrong("wrong-loss", "the gradient of the MAE", **everywhere(lambda y, s, m: np.sign(s - y))),
    *unlike("loss-not-gradient", "", **everywhere(lambda y, s, m: np.maximum(0, 1 - m))),
    *unlike("loss-not-gradient", "", **everywhere(lambda y, s, m: 1 - m)),
)  # fmt: skip


def draw_scores(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return labels of both kinds, with margins of both signs and on both sides of 1 for each.

    The first and the last sample have slopes of different signs, but of the same when n is 8.
    """
    low, high = np.array(
        [(0.1, 0.4), (1.2, 1.9), (-0.9, -0.1), (-3.0, -1.2), (0.6, 0.9), (2.1, 3.0), (-0.9, -0.1)]
    ).T[:, np.arange(n) % 7]
    y = np.where(np.arange(n) % 3 == 0, 1, -1)
    y[-1], low[-1], high[-1] = 1 if n == 8 else -1, -0.9, -0.1
    return y, y * rng.uniform(low, high)


KINK = np.array([1, -1, 1, -1])

HINGE_GRADIENT = Task(
    name="hinge_gradient",
    reference=losses.hinge_gradient,
    style="either",
    example=(np.array([1, -1, -1]), np.array([0.5, -2.0, 0.3])),
    edges=(
        # Any slope between those of the two sides is a subgradient.
        edge(
            "a margin of exactly 1",
            "tie",
            KINK,
            np.array([1.0, -1.0, 3.0, 0.5]),
            vary=lambda rng: with_margins(rng, [1, 1, rng.uniform(1.5, 4), rng.uniform(-2, 0.5)]),
            upto=lambda y, s: (y, np.where(y * s == 1, 0.9 * s, s)),
        ),
    ),
    draw=draw_scores,
    pipeline=Pipeline(
        {
            "given": lambda y, s: (y, s),
            "margin": lambda y, s: (y, s, y * s),
            "active": lambda y, s, m: (y, s, m, m < 1),
            "slope": lambda y, s, m, active: np.where(active, -y, 0.0),
            **END,
        },
        HINGE_SLOPES,
    ),
    approximation="numerical-gradient",
    hints=(
        "The loss of one sample is 0 from a margin of 1 on. What is its slope there?",
        "Below a margin of 1 the loss is 1 - y * s. What is its derivative with respect to s?",
        MEAN_HINT,
    ),
)


# --- Softmax and cross-entropy


def beside_labels(mistake: Mistake) -> Mistake:
    """Return a mistake of softmax for a pipeline that carries the labels along."""

    def carry(stage: Stage) -> Stage:
        return lambda true, z: (true, stage(z))

    stages = {name: carry(stage) for name, stage in mistake.stages.items()}
    return Mistake(mistake.slug, mistake.detail, stages)


IN_SOFTMAX = tuple(
    beside_labels(m)
    for m in SOFTMAX
    if set(m.stages) <= {"powers", "shares"}
    and m.slug != "two-dim-only"
    and m.stages != {"powers": same, "shares": same}  # that is softmax-missing here
)

SOFTMAX_SLOPES = (
    # The entries of this gradient sum to 0: their mean, in every place, is a matrix of zeros.
    *(m for m in SLOPES if m.slug != "grad-scalar"),
    wrong("grad-scalar", divide=np.mean),
    wrong("grad-scalar", divide=lambda g: abs(g).mean()),
    *MATRIX_OUTPUT,
    *IN_SOFTMAX,
    wrong("softmax-missing", powers=both, shares=both),
    wrong("softmax-twice", shares=lambda true, e: (true, softmax(shares(e)))),
    wrong("float32", given=lambda true, z: (true, np.float32(z))),
    wrong("args-swapped", given=lambda true, z: (z, true)),
    wrong("args-swapped", difference=lambda true, p: true - p),
    wrong("ignores-y-true", difference=lambda true, p: p),
    wrong("ignores-y-true", difference=lambda true, p: p - 1),
    wrong("ignores-y-true", difference=lambda true, p: p * (1 - p)),
    wrong("adds-not-subtracts", difference=lambda true, p: p + true),
    wrong("bracket-misplaced", difference=lambda true, p: p - true / len(p), divide=same),
    wrong("true-class-only", difference=lambda true, p: true * (p - 1)),
    wrong("true-class-only", difference=lambda true, p: p * (true - p)),
    wrong("grad-missing-factor", "the derivative of softmax", difference=lambda t, p: -t / p),
    wrong("grad-extra-factor", "p (1 - p)", difference=lambda true, p: (p - true) * p * (1 - p)),
    wrong("grad-extra-factor", "p", difference=lambda true, p: (p - true) * p),
    wrong("grad-extra-factor", "1 / (p (1 - p))", difference=lambda t, p: (p - t) / (p * (1 - p))),
    wrong("log-of-result", difference=lambda true, p: np.log(p) - true),
    wrong("argmax-instead", difference=lambda true, p: largest(p) - true),
    wrong("label-off-by-one", difference=lambda true, p: p - np.roll(true, 1, axis=1)),
    wrong("label-off-by-one", difference=lambda true, p: p - np.roll(true, -1, axis=1)),
    wrong("wrong-loss", "the gradient of the squared error", difference=lambda t, p: 2 * (p - t)),
    wrong("mean-over-nk", divide=lambda g: g / g.size),
    wrong("divides-by-classes", divide=lambda g: g / g.shape[1]),
    wrong("hard-coded-n", "2", divide=lambda g: g / 2),
    wrong("wrong-axis", divide=lambda g: g.sum(axis=0)),
    wrong("wrong-axis", divide=lambda g: g.mean(axis=0)),
    wrong("wrong-axis", divide=lambda g: g.sum(axis=1)),
    *unlike("loss-not-gradient", difference=lambda true, p: -true * np.log(p)),
    *unlike("loss-not-gradient", difference=lambda true, p: -(true * np.log(p)).sum(axis=1)),
)


def draw_rows(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return one-hot rows and logits; a square matrix too, where a lost axis goes unseen."""
    k = {5: 5, 8: 3}.get(n, 4)
    classes = rng.permutation(np.concatenate([np.arange(k), rng.choice(k, n - k)]))
    return one_hot(classes, k).astype(int), rng.normal(0, 2, (n, k))


ROWS = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1]])

SOFTMAX_CROSS_ENTROPY_GRADIENT = Task(
    name="softmax_cross_entropy_gradient",
    reference=losses.softmax_cross_entropy_gradient,
    style="either",
    example=(ROWS, np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [1.0, 1.5, 0.0]])),
    edges=(
        edge(
            "large logits",
            "no-max-shift",
            ROWS,
            np.array([[1e3, 0, -1e3], [-1e3, 1e3, 0], [-1e3, -1001, -999]]),
            vary=lambda rng: (np.eye(3, dtype=int)[rng.integers(0, 3, 4)], large_logits(rng)),
        ),
    ),
    draw=draw_rows,
    pipeline=Pipeline(
        {
            "given": lambda true, z: (np.asarray(true), np.asarray(z)),
            "powers": lambda true, z: (true, powers(z)),
            "shares": lambda true, e: (true, shares(e)),
            "difference": lambda true, p: p - true,
            **END,
        },
        SOFTMAX_SLOPES,
    ),
    approximation="numerical-gradient",
    hints=(
        "Work out the softmax first. What would the gradient be if it were exactly the label?",
        "The derivatives of log and of exp cancel: for one sample a plain difference is left.",
        MEAN_HINT,
    ),
)


# --- Any function


def moved(f: Stage, x: Any, step: Any) -> Any:
    """Values of f, asked beside x: one entry at a time is moved by `step`."""
    values = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        at = x.copy()
        at[i] += np.broadcast_to(step, x.shape)[i]
        values[i] = f(at)
    return values


def asking(slug: str, ask: Stage, detail: str = "", **more: Stage) -> Mistake:
    """Return the mistake that asks f elsewhere: `ask` gives the two values to subtract."""
    return wrong(slug, detail, ask=lambda f, x, h: (*ask(f, x, h), h), **more)


def never_put_back(f: Stage, x: Any, h: float) -> Any:
    """Both values of each entry, when no entry is put back after its turn."""
    above, below, at = np.empty(x.shape), np.empty(x.shape), x.copy()
    for i in np.ndindex(x.shape):
        at[i] += h
        above[i] = f(at)
        at[i] -= 2 * h
        below[i] = f(at)
    return above, below


def both_keep_moving(f: Stage, x: Any, h: float) -> Any:
    """Both values of each entry, when one copy only ever goes up and the other only down."""
    above, below, up, down = np.empty(x.shape), np.empty(x.shape), x.copy(), x.copy()
    for i in np.ndindex(x.shape):
        up[i] += h
        down[i] -= h
        above[i], below[i] = f(up), f(down)
    return above, below


def goes_up(f: Stage, x: Any, h: float) -> Any:
    """Both values of each entry, when what moved up stays there and f(x) is what is subtracted."""
    above, up = np.empty(x.shape), x.copy()
    for i in np.ndindex(x.shape):
        up[i] += h
        above[i] = f(up)
    return above, np.full(x.shape, f(x))


def alone(f: Stage, x: Any, step: float) -> Any:
    """Values of f for each entry by itself."""
    return np.array([f(entry + step) for entry in x.flat], dtype=np.float64).reshape(x.shape)


def by_h(difference: Any, h: Any) -> Any:
    """Divide by one step."""
    return difference / h


NUMERICAL = (
    *(m for m in OUTPUT if m.slug != "float32"),
    asking("one-sided-difference", lambda f, x, h: (moved(f, x, h), f(x)), divide=by_h),
    asking("one-sided-difference", lambda f, x, h: (f(x), moved(f, x, -h)), divide=by_h),
    asking("one-sided-difference", lambda f, x, h: (moved(f, x, h), f(x))),
    asking("one-sided-difference", lambda f, x, h: (f(x), moved(f, x, -h))),
    asking("step-doubled", lambda f, x, h: (moved(f, x, 2 * h), moved(f, x, -2 * h)), "2h"),
    asking("step-doubled", lambda f, x, h: (moved(f, x, h / 2), moved(f, x, -h / 2)), "h / 2"),
    asking(
        "step-doubled",
        lambda f, x, h: (moved(f, x, h / 2), moved(f, x, -h / 2)), "h / 2", divide=by_h,
    ),
    wrong(
        "step-doubled", "2h",
        ask=lambda f, x, h: (moved(f, x, 2 * h), moved(f, x, -2 * h), 2 * h),
    ),
    asking("grad-scalar", lambda f, x, h: (f(x + h), f(x - h))),
    asking("grad-scalar", lambda f, x, h: (f(x + h), f(x)), divide=by_h),
    asking("grad-scalar", lambda f, x, h: (np.full(x.shape, f(x + h)), f(x - h))),
    asking("grad-scalar", lambda f, x, h: (np.full(x.shape, f(x + h)), f(x)), divide=by_h),
    asking("step-not-undone", never_put_back),
    asking("step-not-undone", both_keep_moving),
    asking("step-not-undone", goes_up, divide=by_h),
    asking("entry-alone", lambda f, x, h: (alone(f, x, h), alone(f, x, -h))),
    asking("entry-alone", lambda f, x, h: (alone(f, x, h), alone(f, x, 0)), divide=by_h),
    asking("relative-step", lambda f, x, h: (moved(f, x, h * x), moved(f, x, -h * x))),
    wrong("relative-step",
          ask=lambda f, x, h: (moved(f, x, h * x), moved(f, x, -h * x), h * x)),
    wrong("relative-step",
          ask=lambda f, x, h: (moved(f, x, h * abs(x)), moved(f, x, -h * abs(x)), h * abs(x))),
    asking("float32", lambda f, x, h: (moved(f, np.float32(x), h), moved(f, np.float32(x), -h))),
    wrong("step-ignored", given=lambda f, x, h=1e-5: (f, x, 1e-5)),
    wrong("step-ignored", given=lambda f, x, h=1e-5: (f, x, 1e-3)),
    wrong("step-ignored", given=lambda f, x, h=1e-5: (f, x, 1e-2)),
    wrong("step-ignored", given=lambda f, x, h=1e-5: (f, x, 1.0)),
    asking("alias-not-copy", lambda f, x, h: (np.zeros(x.shape), 0.0)),
    wrong("grad-sign", difference=lambda above, below, h: (below - above, h)),
    wrong("abs-of-gradient", difference=lambda above, below, h: (abs(above - below), h)),
    wrong("adds-not-subtracts", difference=lambda above, below, h: (above + below, h)),
    wrong("divides-by-h", divide=by_h),
    wrong("divides-by-h", divide=lambda d, h: d / (4 * h)),
    wrong("divides-by-h", divide=lambda d, h: d / 2),
    wrong("divides-by-h", divide=lambda d, h: d),
    wrong("divides-by-h", divide=lambda d, h: d / h**2),
    wrong("divides-by-h", divide=lambda d, h: d / (2 * h**2)),
    wrong("divides-by-h", divide=lambda d, h: d / (2 + h)),
    wrong("precedence", divide=lambda d, h: d / 2 * h),
    wrong("precedence", divide=lambda d, h: d * h),
    wrong(
        "precedence",
        difference=lambda above, below, h: (above - below / (2 * h), h), divide=lambda d, h: d,
    ),
    wrong(
        "precedence",
        difference=lambda above, below, h: (above - below / 2 * h, h), divide=lambda d, h: d,
    ),
    wrong(
        "second-derivative",
        ask=lambda f, x, h: (moved(f, x, h) - 2 * f(x) + moved(f, x, -h), h),
        difference=both, divide=lambda d, h: d / h**2,
    ),
    wrong(
        "other-stencil",
        ask=lambda f, x, h: (
            8 * (moved(f, x, h) - moved(f, x, -h)) - moved(f, x, 2 * h) + moved(f, x, -2 * h), h,
        ),
        difference=both, divide=lambda d, h: d / (12 * h),
    ),
    asking("loss-not-gradient", lambda f, x, h: (f(x), 0), divide=lambda d, h: d),
    wrong("grad-scalar", finish=np.sum),
    wrong("grad-scalar", finish=np.mean),
    wrong("grad-scalar", finish=np.linalg.norm),
    wrong("grad-no-1-over-n", finish=lambda g: g * g.size),
    wrong("divides-twice", finish=lambda g: g / g.size),
)  # fmt: skip


def draw_function(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return a function whose entries depend on each other, and where to take its gradient.

    Its second and third derivative do not vanish: with the large step that n = 8 brings, one
    difference can be told from another, and each from the exact derivative. At most 30 entries:
    f is asked twice for each.
    """
    x = rng.uniform(0.5, 1.5, min(n, 30)) * rng.choice([-1, 1], min(n, 30))
    f = {
        5: Formula("np.sum(x ** 3) + np.sum(x) ** 2"),
        8: Formula("np.sum(np.sin(x)) * np.sum(x ** 2) + np.sum(x ** 3)"),
    }.get(n, Formula("np.exp(np.mean(x)) + np.mean(x ** 3) * np.sum(x)"))
    return (f, x, 0.1) if n == 8 else (f, x)


NUMERICAL_GRADIENT = Task(
    name="numerical_gradient",
    reference=losses.numerical_gradient,
    style="either",
    example=(Formula("np.sum(x ** 2)"), np.array([1.0, 2.0, -3.0])),
    edges=(
        edge(
            "a kink",
            "one-sided-difference",
            Formula("np.sum(np.abs(x))"),
            np.array([0.0, 1.5, -2.0]),
            vary=lambda rng: (
                Formula("3 * np.sum(np.abs(x))"),
                rng.permutation([0, 0, *rng.uniform(0.5, 3, 2) * rng.choice([-1, 1], 2)]),
            ),
        ),
        edge(
            "x with two dimensions",
            "one-dim-only",
            Formula("np.sum(x ** 3) * np.sum(x)"),
            np.array([[1.0, 2.0, -1.0], [0.5, -0.5, 3.0]]),
            vary=lambda rng: (
                Formula("np.sum(x ** 3) * np.sum(x)"),
                rng.uniform(0.3, 1.5, (3, 2)) * rng.choice([-1, 1], (3, 2)),
            ),
        ),
    ),
    draw=draw_function,
    pipeline=Pipeline(
        {
            "given": lambda f, x, h=1e-5: (f, x, h),
            "ask": lambda f, x, h: (moved(f, x, h), moved(f, x, -h), h),
            "difference": lambda above, below, h: (above - below, h),
            "divide": lambda difference, h: difference / (2 * h),
            "finish": same,
        },
        NUMERICAL,
    ),
    hints=(
        "f gives one number for the whole array. How does it change when one entry moves a little?",
        "Ask f a step above and a step below, and divide by the distance between the two points.",
        "One entry at a time: move it in a copy of x, and put it back before the next one's turn.",
    ),
    # Differences of nearly equal numbers lose digits: right answers agree to six or so.
    tolerance=(1e-6, 1e-8),
)

TASKS = (
    MAE_GRADIENT,
    MSE_GRADIENT,
    HUBER_GRADIENT,
    LOG_LOSS_GRADIENT,
    HINGE_GRADIENT,
    SOFTMAX_CROSS_ENTROPY_GRADIENT,
    NUMERICAL_GRADIENT,
)
