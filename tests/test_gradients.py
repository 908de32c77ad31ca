"""Classes and gradients: the references against SciPy, scikit-learn and closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.special
import sklearn.metrics
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autograder import losses
from autograder.judge.compare import close, right
from autograder.tasks import TASKS, Call

MATRICES = st.tuples(st.integers(1, 6), st.integers(2, 5))
MODERATE = st.floats(-20, 20)
calm = settings(deadline=None, max_examples=60)


@st.composite
def rows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers and rows of probabilities, none of them near 0."""
    n, k = draw(MATRICES)
    p = draw(arrays(float, (n, k), elements=st.floats(0.01, 1)))
    labels = draw(arrays(int, n, elements=st.integers(0, k - 1)))
    return labels, p / p.sum(axis=1, keepdims=True)


@st.composite
def numbers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Truths and predictions, no residual near 0."""
    n = draw(st.integers(1, 8))
    true = draw(arrays(float, n, elements=MODERATE))
    r = draw(arrays(float, n, elements=st.floats(0.01, 5)))
    sign = draw(arrays(int, n, elements=st.sampled_from([-1, 1])))
    return true, true + r * sign


@st.composite
def probabilities(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Labels 0 and 1, and probabilities away from the ends."""
    n = draw(st.integers(1, 8))
    labels = draw(arrays(int, n, elements=st.integers(0, 1)))
    return labels, draw(arrays(float, n, elements=st.floats(0.05, 0.95)))


# --- Softmax and cross-entropy


@calm
@given(arrays(float, MATRICES, elements=st.floats(-1e4, 1e4)))
def test_softmax_is_scipys_for_rows_and_for_one_row(logits: np.ndarray) -> None:
    np.testing.assert_allclose(losses.softmax(logits), scipy.special.softmax(logits, axis=1))
    np.testing.assert_allclose(losses.softmax(logits[0]), scipy.special.softmax(logits[0]))
    np.testing.assert_allclose(losses.softmax(logits).sum(axis=1), 1)


def test_softmax_keeps_its_argument_and_takes_lists() -> None:
    logits = np.array([[1000, -1000, 0], [1, 2, 3]])
    before = logits.copy()
    np.testing.assert_allclose(losses.softmax(logits)[0], [1, 0, 0])
    np.testing.assert_array_equal(logits, before)
    np.testing.assert_array_equal(losses.softmax([[5]]), [[1]])


@calm
@given(rows())
def test_cross_entropy_is_scikit_learns(given_rows: tuple[np.ndarray, np.ndarray]) -> None:
    labels, p = given_rows
    k = p.shape[1]
    expected = sklearn.metrics.log_loss(labels, p, labels=range(k))
    assert losses.sparse_cross_entropy(labels, p) == pytest.approx(expected, rel=1e-12)
    assert losses.cross_entropy(np.eye(k)[labels], p) == pytest.approx(expected, rel=1e-12)


@calm
@given(rows())
def test_cross_entropy_is_the_xlogy_of_scipy(given_rows: tuple[np.ndarray, np.ndarray]) -> None:
    labels, p = given_rows
    soft = 0.9 * np.eye(p.shape[1])[labels] + 0.1 / p.shape[1]
    expected = -scipy.special.xlogy(soft, p).sum() / len(p)
    assert losses.cross_entropy(soft.tolist(), p.tolist()) == pytest.approx(expected, rel=1e-12)


@calm
@given(arrays(float, MATRICES, elements=st.floats(-10, 10)), st.integers(0, 1))
def test_cross_entropy_of_a_softmax_is_log_sum_exp_minus_the_logit(z: np.ndarray, c: int) -> None:
    labels = np.full(len(z), c)
    expected = np.mean(scipy.special.logsumexp(z, axis=1) - z[:, c])
    got = losses.sparse_cross_entropy(labels, losses.softmax(z))
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("eps", [1e-15, 1e-7, 0.01])
def test_cross_entropy_clips_at_both_ends(eps: float) -> None:
    p = np.array([[0.0, 1.0]])
    for labels, expected in (([0], -np.log(eps)), ([1], -np.log(1 - eps))):
        assert losses.sparse_cross_entropy(labels, p, eps) == pytest.approx(expected, abs=1e-15)
        got = losses.cross_entropy(np.eye(2)[labels], p, eps)
        assert got == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("loss", "wrong"),
    [
        (losses.softmax, ([],)),
        (losses.cross_entropy, ([1, 0], [0.5, 0.5])),
        (losses.cross_entropy, ([[1, 0]], [[0.5, 0.25, 0.25]])),
        (losses.cross_entropy, (np.zeros((0, 2)), np.zeros((0, 2)))),
        (losses.sparse_cross_entropy, ([0, 1], [[0.5, 0.5]])),
        (losses.sparse_cross_entropy, ([2], [[0.5, 0.5]])),
        (losses.sparse_cross_entropy, ([-1], [[0.5, 0.5]])),
        (losses.sparse_cross_entropy, ([1.0], [[0.5, 0.5]])),
        (losses.sparse_cross_entropy, (np.zeros(0, int), np.zeros((0, 2)))),
        (losses.huber_gradient, ([1, 2], [[1], [2]])),
        (losses.log_loss_gradient, ([[1]], [[0.5]])),
        (losses.hinge_gradient, ([1, -1], [0.5])),
        (losses.softmax_cross_entropy_gradient, ([1, 0], [0.5, 2])),
    ],
)
def test_wrong_shapes_and_labels_are_refused(loss: Any, wrong: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError):
        loss(*wrong)


# --- Gradients: each against the slope of an independent loss


def slope(loss: Any, at: np.ndarray) -> np.ndarray:
    """Central differences, written down once more: what numerical_gradient is tested with too."""
    h = 1e-6
    steps = h * np.eye(at.size).reshape(-1, *at.shape)
    return np.reshape([(loss(at + e) - loss(at - e)) / (2 * h) for e in steps], at.shape)


def agree(gradient: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-7)


@calm
@given(numbers())
def test_regression_gradients(case: tuple[np.ndarray, np.ndarray]) -> None:
    true, pred = case
    mse, mae = sklearn.metrics.mean_squared_error, sklearn.metrics.mean_absolute_error
    agree(losses.mse_gradient(true, pred), slope(lambda p: mse(true, p), pred))
    agree(losses.mae_gradient(true, pred), slope(lambda p: mae(true, p), pred))


@calm
@given(numbers(), st.floats(0.1, 6))
def test_huber_gradient(case: tuple[np.ndarray, np.ndarray], delta: float) -> None:
    true, pred = case
    expected = slope(lambda p: scipy.special.huber(delta, p - true).mean(), pred)
    agree(losses.huber_gradient(true, pred, delta), expected)


@calm
@given(probabilities())
def test_log_loss_gradient(case: tuple[np.ndarray, np.ndarray]) -> None:
    y, pred = case
    expected = slope(lambda p: sklearn.metrics.log_loss(y, p, labels=[0, 1]), pred)
    agree(losses.log_loss_gradient(y, pred), expected)


@calm
@given(probabilities())
def test_hinge_gradient(case: tuple[np.ndarray, np.ndarray]) -> None:
    y, scores = 2 * case[0] - 1, 8 * case[1] - 4
    assume(len(set(y)) == 2 and (abs(y * scores - 1) > 1e-3).all())
    expected = slope(lambda s: sklearn.metrics.hinge_loss(y, s, labels=[-1, 1]), scores)
    agree(losses.hinge_gradient(y, scores), expected)


@calm
@given(rows(), st.data())
def test_softmax_cross_entropy_gradient(
    given_rows: tuple[np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    labels, p = given_rows
    logits = data.draw(arrays(float, p.shape, elements=st.floats(-5, 5)))

    def loss(z: np.ndarray) -> float:
        return np.mean(scipy.special.logsumexp(z, axis=1) - z[np.arange(len(z)), labels])

    one_hot = np.eye(p.shape[1])[labels]
    agree(losses.softmax_cross_entropy_gradient(one_hot, logits), slope(loss, logits))


@calm
@given(arrays(float, MATRICES, elements=st.floats(-3, 3)))
def test_numerical_gradient_of_a_quadratic_form(x: np.ndarray) -> None:
    matrix = np.arange(x.size**2).reshape(x.size, x.size) / x.size**2
    before = x.copy()
    x.setflags(write=False)
    got = losses.numerical_gradient(lambda z: z.ravel() @ matrix @ z.ravel(), x)
    agree(got, ((matrix + matrix.T) @ x.ravel()).reshape(x.shape))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("h", [0.5, 0.1, 1e-3])
def test_numerical_gradient_is_the_central_difference_for_this_step(h: float) -> None:
    x = np.array([1.0, -2.0])
    got = losses.numerical_gradient(lambda z: np.sum(z**3), x, h)
    np.testing.assert_allclose(got, 3 * x**2 + h**2, rtol=1e-9)
    np.testing.assert_array_equal(losses.numerical_gradient(lambda z: abs(z).sum(), [0, 0]), 0)


def test_gradients_at_the_kinks_and_at_the_ends() -> None:
    np.testing.assert_array_equal(losses.mae_gradient([1, 2], [1, 3]), [0, 0.5])
    np.testing.assert_array_equal(losses.huber_gradient([0, 0], [2, -2], 2), [1, -1])
    np.testing.assert_array_equal(losses.hinge_gradient([1, -1], [1, -1]), [0, 0])
    got = losses.log_loss_gradient([1, 0, 1, 0], [0, 1, 1, 0])
    np.testing.assert_allclose(got, [-1e15 / 4, 1e15 / 4, -0.25, 0.25], rtol=0.01)
    got = losses.softmax_cross_entropy_gradient([[1, 0]], [[1000, -1000]])
    np.testing.assert_array_equal(got, [[0, 0]])


@calm
@given(probabilities())
def test_the_gradient_by_the_logit_is_that_by_the_probability_times_its_slope(
    case: tuple[np.ndarray, np.ndarray],
) -> None:
    y, p = case
    by_logit = losses.log_loss_gradient(y, p) * p * (1 - p)
    two = np.stack([np.zeros_like(p), scipy.special.logit(p)], axis=1)
    expected = losses.softmax_cross_entropy_gradient(np.eye(2)[y], two)[:, 1]
    np.testing.assert_allclose(by_logit, expected, rtol=1e-9, atol=1e-15)


# --- What counts as right


def test_a_task_may_widen_the_tolerance() -> None:
    assert not close(1 + 1e-7, 1.0)
    assert close(1 + 1e-7, 1.0, (1e-6, 0))
    narrow, wide = TASKS["mse_gradient"], TASKS["numerical_gradient"]
    for task, accepted in ((narrow, False), (wide, True)):
        call = task.calls(0)[0]
        off = np.asarray(task.right(*call.args)) * (1 + 1e-7)
        assert right(off, call, task) is accepted
        assert right(off, call, replace(task, tolerance=(1e-6, 0)))


def test_between_two_ends_rounding_is_free_as_well() -> None:
    task = replace(TASKS["hinge_gradient"], reference=lambda a: np.asarray(a))
    call = Call("edge", "a range", ([0.1, 0.3],), upto=(([0.2, 0.3],),))
    assert right([0.15, 0.1 + 0.2], call, task)
    assert right([0.2 + 1e-16, 0.3 - 1e-16], call, task)
    assert not right([0.15, 0.31], call, task)
    assert not right([0.21, 0.3], call, task)
    assert not right([0.15], call, task)


def test_a_one_sided_difference_is_told_from_a_central_one() -> None:
    task = TASKS["numerical_gradient"]
    for call in task.calls(0):
        f, x, h = (*call.args, 1e-5)[:3]
        steps = h * np.eye(x.size).reshape(-1, *x.shape)
        forward = np.reshape([(f(x + e) - f(x)) / h for e in steps], x.shape)
        assert not right(forward, call, task)
        assert right(losses.numerical_gradient(f, x, h) * (1 + 1e-8), call, task)
