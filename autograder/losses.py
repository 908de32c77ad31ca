"""The reference functions and their gradients: NumPy, readable, what answers are judged by.

Everywhere `y_true` comes first and the result is the mean over the samples. Gradients are those of
the *mean* loss with respect to the prediction. Lists are welcome; shapes must agree exactly,
because NumPy would otherwise broadcast (n,) against (n, 1) to n x n differences in silence.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def residuals(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Return truth minus prediction, shape (n,), float64: above 0 where a prediction is too low.

    Raises ValueError when the shapes differ or when there is no sample at all.

    >>> residuals([3, 5, 2], [2, 5, 4])
    array([ 1.,  0., -2.])
    """
    true, pred = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if true.shape != pred.shape:
        raise ValueError(f"y_true has shape {true.shape}, y_pred {pred.shape}: they must be equal")
    if true.size == 0:
        raise ValueError("a mean over no samples does not exist")
    return true - pred


def mae(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean absolute error, mean(|y_true - y_pred|), in the unit of the data.

    >>> mae([3, 5, 2], [2, 5, 4])
    1.0
    """
    return float(np.mean(np.abs(residuals(y_true, y_pred))))


def mse(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean squared error, mean((y_true - y_pred)^2), in the squared unit of the data.

    >>> mse([3, 5, 2, 1], [2, 5, 4, 2])
    1.5
    """
    return float(np.mean(residuals(y_true, y_pred) ** 2))


def rmse(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Root of the mean squared error, back in the unit of the data.

    >>> rmse([0, 0], [3, 3])
    3.0
    """
    return float(np.sqrt(mse(y_true, y_pred)))


def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> float:
    """Huber loss, mean of r^2 / 2 where |r| <= delta and delta (|r| - delta / 2) outside.

    Both have the same shape. It is quadratic near zero and linear far out, without a jump or a
    corner at delta. Raises ValueError when the shapes differ, when there is no sample at all, and
    when delta is not positive.

    >>> huber([0, 0], [1, 4], delta=2)
    3.25
    """
    if not delta > 0:
        raise ValueError(f"delta must be positive, not {delta}")
    sizes = residuals(y_true, y_pred)
    np.abs(sizes, out=sizes)
    inner = np.minimum(sizes, delta)
    # Both branches are inner * size - inner^2 / 2: inner is the size inside, delta outside.
    return float((np.vdot(inner, sizes) - np.vdot(inner, inner) / 2) / sizes.size)


def quantile(y_true: ArrayLike, y_pred: ArrayLike, tau: float = 0.5) -> float:
    """Quantile (pinball) loss, mean of max(tau r, (tau - 1) r) with r = y_true - y_pred.

    A truth above the prediction costs tau for each unit, one below 1 - tau; the best constant is
    the quantile of level tau. Both have the same shape. Raises ValueError when the shapes differ,
    when there is no sample at all, and when tau is not from 0 to 1.

    >>> quantile([10, 10], [8, 14], tau=0.75)
    1.25
    """
    if not 0 <= tau <= 1:
        raise ValueError(f"tau must be from 0 to 1, not {tau}")
    r = residuals(y_true, y_pred)
    return float(np.mean(np.maximum(tau * r, (tau - 1) * r)))


def poisson_deviance(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Poisson deviance, mean of 2 (y log(y / p) - (y - p)), of counts y and expected counts p.

    Twice what the negative log-likelihood of a Poisson law is above its least: 0 where every
    expected count is the count itself. A count of 0 has no logarithm; its term is 2 p. McCullagh
    and Nelder, Generalized Linear Models (1989), section 2.3. Both have the same shape. Raises
    ValueError when the shapes differ, when there is no sample at all, when a count is below 0, and
    when an expected count is not above 0.

    >>> poisson_deviance([0, 3], [0.5, 3])
    0.5
    """
    r = residuals(y_true, y_pred)
    counts, expected = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if np.any(counts < 0):
        raise ValueError("a count cannot be below 0")
    if not np.all(expected > 0):
        raise ValueError("an expected count must be above 0")
    logs = np.log(np.where(counts > 0, counts, expected) / expected)
    return float(np.mean(2 * (counts * logs - r)))


def labelled(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """Return both as float64 arrays of shape (n,); ValueError when a label is not from 0 to 1.

    >>> labelled([1, 0], [0.75, 0.5])
    (array([1., 0.]), array([0.75, 0.5 ]))
    """
    true, pred = matched(y_true, y_pred, 1)
    if true.min() < 0 or true.max() > 1:
        raise ValueError("labels must be 0 and 1")
    return true, pred


def log_loss(y_true: ArrayLike, y_pred: ArrayLike, eps: float = 1e-15) -> float:
    """Log loss (binary cross-entropy), mean of -(y log p + (1 - y) log(1 - p)), natural log.

    Both have shape (n,): labels 0 and 1 (or probabilities), and the predicted probabilities of a
    1, which are clipped to [eps, 1 - eps], so that a sure and wrong one costs much and not
    infinitely much. Raises ValueError when the shapes differ or are not (n,), when there is no
    sample at all, and when a label is not from 0 to 1: labels -1 and +1 belong to the hinge loss.

    >>> round(log_loss([1, 0], [0.8, 0.8]), 4)
    0.9163
    """
    true, pred = labelled(y_true, y_pred)
    p = np.clip(pred, eps, 1 - eps)
    total = np.vdot(true, np.log(p))
    np.subtract(1, p, out=p)
    np.log(p, out=p)
    return float(-(total + np.vdot(1 - true, p)) / p.size)


def log_loss_from_logits(y_true: ArrayLike, logits: ArrayLike) -> float:
    """Log loss of p = 1 / (1 + exp(-z)), straight from the logits z: mean of log(1 + exp(z)) - y z.

    Both have shape (n,), the logits finite. Nothing is clipped, and nothing overflows: the
    exponential is only taken of -|z|. Raises ValueError as log_loss does.

    >>> log_loss_from_logits([1, 0], [1000, 1000])
    500.0
    """
    true, z = labelled(y_true, logits)
    powers = np.abs(z)
    np.negative(powers, out=powers)
    np.exp(powers, out=powers)
    np.log1p(powers, out=powers)
    return float(np.mean(np.maximum(z, 0) - true * z + powers))


def hinge(y_true: ArrayLike, scores: ArrayLike) -> float:
    """Hinge loss, mean of max(0, 1 - y s), for labels -1 and +1.

    Both have shape (n,). A score on the right side by 1 or more costs nothing. Raises ValueError
    when the shapes differ or are not (n,), when there is no sample at all, and when a label is
    neither -1 nor +1: labels 0 and 1 would give another number in silence.

    >>> hinge([1, -1], [0.5, -2])
    0.25
    """
    true, score = matched(y_true, scores, 1)
    if not np.all(np.abs(true) == 1):
        raise ValueError("labels must be -1 and +1")
    return float(np.mean(np.maximum(1 - true * score, 0)))


def mae_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Gradient of the MAE with respect to y_pred, -sign(y_true - y_pred) / n, shape (n,).

    At a tie the absolute value has a kink; of its subgradients [-1, 1] we take 0.

    >>> mae_gradient([3, 5], [2, 5])
    array([-0.5,  0. ])
    """
    r = residuals(y_true, y_pred)
    return -np.sign(r) / r.size + 0.0  # which makes -0.0 a plain 0


def mse_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Gradient of the MSE with respect to y_pred, -2 (y_true - y_pred) / n, shape (n,).

    >>> mse_gradient([3, 5], [2, 5])
    array([-1.,  0.])
    """
    r = residuals(y_true, y_pred)
    return -2 * r / r.size + 0.0


def matched(y_true: ArrayLike, y_pred: ArrayLike, dimensions: int) -> tuple[Array, Array]:
    """Return both as float64 arrays of one shape with this many dimensions.

    Raises ValueError when the shapes differ or are others, or when there is no sample at all.

    >>> matched([1, 0], [0.75, 0.5], 1)
    (array([1., 0.]), array([0.75, 0.5 ]))
    """
    true, pred = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if true.shape != pred.shape or true.ndim != dimensions:
        shapes = f"shapes are {true.shape} and {pred.shape}"
        raise ValueError(f"{shapes}: they must be equal, with {dimensions} dimension(s)")
    if true.size == 0:
        raise ValueError("a mean over no samples does not exist")
    return true, pred


def softmax(logits: ArrayLike) -> Array:
    """Probabilities from logits of any size: exp(z) / sum(exp(z)) along the last axis.

    Takes the logits of one sample, shape (k,), or of one sample per row, (n, k), and returns the
    same shape. Each row is shifted by its own maximum first, which changes no quotient and keeps
    exp from overflowing. Raises ValueError when a row has no logit; no rows give no rows.

    >>> softmax([1000, 1000])
    array([0.5, 0.5])
    """
    z = np.asarray(logits, dtype=np.float64)
    powers: Array = z - z.max(axis=-1, keepdims=True)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def cross_entropy(y_true: ArrayLike, y_pred: ArrayLike, eps: float = 1e-15) -> float:
    """Categorical cross-entropy, mean over the rows of -sum(y_true * log(y_pred)).

    Both have shape (n, k): one-hot rows and rows of probabilities, which are clipped to
    [eps, 1 - eps]. Raises ValueError when the shapes differ or are not (n, k).

    >>> round(cross_entropy([[1, 0], [0, 1]], [[0.25, 0.75], [0.5, 0.5]]), 4)
    1.0397
    """
    true, pred = matched(y_true, y_pred, 2)
    logs = np.clip(pred, eps, 1 - eps)
    np.log(logs, out=logs)
    return float(-np.vdot(true, logs) / len(true))


def sparse_cross_entropy(labels: ArrayLike, y_pred: ArrayLike, eps: float = 1e-15) -> float:
    """Categorical cross-entropy of class numbers, mean of -log(y_pred[i, labels[i]]).

    `labels` are integers from 0 to k - 1, shape (n,); `y_pred` has shape (n, k) and is clipped to
    [eps, 1 - eps]. The number is that of cross_entropy on the same labels, one-hot. Raises
    ValueError for other shapes, for labels that are no integers, and for no such class.

    >>> round(sparse_cross_entropy([0, 1], [[0.25, 0.75], [0.5, 0.5]]), 4)
    1.0397
    """
    classes, pred = np.asarray(labels), np.asarray(y_pred, dtype=np.float64)
    if classes.ndim != 1 or pred.ndim != 2 or len(classes) != len(pred):
        raise ValueError(f"labels {classes.shape}, y_pred {pred.shape}: not (n,) and (n, k)")
    if classes.size == 0:
        raise ValueError("a mean over no samples does not exist")
    if classes.dtype.kind not in "iu":
        raise ValueError(f"labels are class numbers, integers, not {classes.dtype}")
    if classes.min() < 0 or classes.max() >= pred.shape[1]:
        raise ValueError(f"labels must be classes from 0 to {pred.shape[1] - 1}")
    chosen = np.clip(pred[np.arange(len(pred)), classes], eps, 1 - eps)
    return float(-np.mean(np.log(chosen)))


def huber_gradient(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Array:
    """Gradient of the Huber loss with respect to y_pred, shape (n,).

    With r = y_true - y_pred it is -r / n where |r| <= delta and -delta * sign(r) / n outside, which
    is -r held between -delta and delta. Raises ValueError as huber does.

    >>> huber_gradient([0, 0], [0.5, -3])
    array([ 0.25, -0.5 ])
    """
    if not delta > 0:
        raise ValueError(f"delta must be positive, not {delta}")
    r = residuals(y_true, y_pred)
    return -np.clip(r, -delta, delta) / r.size + 0.0


def log_loss_gradient(y_true: ArrayLike, y_pred: ArrayLike, eps: float = 1e-15) -> Array:
    """Gradient of the log loss with respect to the probability, (p - y) / (p (1 - p)) / n.

    Shape (n,), labels 0 and 1. Probabilities are clipped to [eps, 1 - eps], so that it stays
    finite at 0 and 1: there it is the unclipped loss's gradient at the bound, where that of the
    clipped loss itself would be 0. Raises ValueError when the shapes differ or are not (n,).

    >>> log_loss_gradient([1, 0], [0.5, 0.5])
    array([-1.,  1.])
    """
    true, pred = matched(y_true, y_pred, 1)
    p = np.clip(pred, eps, 1 - eps)
    return (p - true) / (p * (1 - p)) / p.size


def hinge_gradient(y_true: ArrayLike, scores: ArrayLike) -> Array:
    """Gradient of the hinge loss with respect to the scores, -y / n where y * score < 1, else 0.

    Shape (n,), labels -1 and +1. At a margin of exactly 1 the loss has a kink; of its
    subgradients we take 0. Raises ValueError when the shapes differ or are not (n,).

    >>> hinge_gradient([1, -1], [0.5, -2])
    array([-0.5,  0. ])
    """
    true, score = matched(y_true, scores, 1)
    return np.where(true * score < 1, -true / true.size, 0.0)


def softmax_cross_entropy_gradient(y_true: ArrayLike, logits: ArrayLike) -> Array:
    """Gradient of cross_entropy(y_true, softmax(logits)) with respect to the logits, shape (n, k).

    Of the loss without its clipping it is (softmax(logits) - y_true) / n, for rows of y_true that
    sum to 1, as one-hot rows do: so short because the derivatives of log and exp cancel. Raises
    ValueError when the shapes differ or are not (n, k).

    >>> softmax_cross_entropy_gradient([[1, 0]], [[3, 3]])
    array([[-0.5,  0.5]])
    """
    true, z = matched(y_true, logits, 2)
    return (softmax(z) - true) / len(true)


def numerical_gradient(f: Callable[[Array], float], x: ArrayLike, h: float = 1e-5) -> Array:
    """Gradient of f at x by central differences, (f(x + h) - f(x - h)) / (2 h) entry by entry.

    `f` takes an array of the shape of `x` and returns one number; the result has that shape too.

    >>> numerical_gradient(lambda x: np.sum(x**2), [[1, -2]]).round(6)
    array([[ 2., -4.]])
    """
    at = np.array(x, dtype=np.float64)  # a copy: f is asked beside x, and x stays as it is
    gradient = np.empty_like(at)
    for i in np.ndindex(at.shape):
        here = at[i]
        at[i] = here + h
        above = f(at)
        at[i] = here - h
        below = f(at)
        at[i] = here
        gradient[i] = (above - below) / (2 * h)
    return gradient
