"""The reference functions and their gradients: NumPy, readable, what answers are judged by.

Everywhere `y_true` comes first and the result is the mean over the samples. Gradients are those of
the *mean* loss with respect to the prediction. Lists are welcome; shapes must agree exactly,
because NumPy would otherwise broadcast (n,) against (n, 1) to n x n differences in silence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def residuals(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Return prediction minus truth, shape (n,), float64.

    Raises ValueError when the shapes differ or when there is no sample at all.

    >>> residuals([3, 5, 2], [2, 5, 4])
    array([-1.,  0.,  2.])
    """
    true, pred = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if true.shape != pred.shape:
        raise ValueError(f"y_true has shape {true.shape}, y_pred {pred.shape}: they must be equal")
    if true.size == 0:
        raise ValueError("a mean over no samples does not exist")
    return pred - true


def mae(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean absolute error, mean(|y_pred - y_true|), in the unit of the data.

    >>> mae([3, 5, 2], [2, 5, 4])
    1.0
    """
    return float(np.mean(np.abs(residuals(y_true, y_pred))))


def mse(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean squared error, mean((y_pred - y_true)^2), in the squared unit of the data.

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


def mae_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Gradient of the MAE with respect to y_pred, sign(y_pred - y_true) / n, shape (n,).

    At a tie the absolute value has a kink; of its subgradients [-1, 1] we take 0.

    >>> mae_gradient([3, 5], [2, 5])
    array([-0.5,  0. ])
    """
    r = residuals(y_true, y_pred)
    return np.sign(r) / r.size


def mse_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """Gradient of the MSE with respect to y_pred, 2 (y_pred - y_true) / n, shape (n,).

    >>> mse_gradient([3, 5], [2, 5])
    array([-1.,  0.])
    """
    r = residuals(y_true, y_pred)
    return 2 * r / r.size
