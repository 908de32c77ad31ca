"""The reference losses against independent oracles: scikit-learn, SciPy, closed forms."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats
from sklearn import metrics

from autograder import losses

NUMBERS = st.floats(-1e6, 1e6)
LOGITS = st.floats(-700, 700)
PROBABILITIES = st.floats(0, 1)
SIZES = st.floats(1e-3, 1e3)


def pairs(left: st.SearchStrategy, right: st.SearchStrategy) -> st.SearchStrategy:
    """Draw two lists of equal length, at least one sample."""
    return st.lists(st.tuples(left, right), min_size=1, max_size=30).map(
        lambda p: [*zip(*p, strict=True)]
    )


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(losses).failed == 0


@given(pairs(NUMBERS, NUMBERS))
def test_mae_mse_rmse_are_those_of_scikit_learn(data: list[tuple[float, ...]]) -> None:
    y, p = data
    assert losses.mae(y, p) == pytest.approx(metrics.mean_absolute_error(y, p), rel=1e-12)
    assert losses.mse(y, p) == pytest.approx(metrics.mean_squared_error(y, p), rel=1e-12)
    assert losses.rmse(y, p) == pytest.approx(metrics.root_mean_squared_error(y, p), rel=1e-12)


@given(pairs(st.integers(0, 10**6), SIZES))
def test_poisson_deviance_is_that_of_scikit_learn(data: list[tuple[float, ...]]) -> None:
    y, p = data
    expected = metrics.mean_poisson_deviance(y, p)
    assert losses.poisson_deviance(y, p) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.integers(0, 300), SIZES)
def test_poisson_deviance_is_twice_what_the_likelihood_loses(y: int, p: float) -> None:
    lost = stats.poisson.logpmf(y, max(y, 1e-300)) - stats.poisson.logpmf(y, p)
    assert losses.poisson_deviance([y], [p]) == pytest.approx(2 * lost, rel=1e-6, abs=1e-9)


def test_poisson_deviance_wants_counts_and_positive_expectations() -> None:
    with pytest.raises(ValueError, match="below 0"):
        losses.poisson_deviance([-1], [1])
    with pytest.raises(ValueError, match="above 0"):
        losses.poisson_deviance([1], [0])


@given(pairs(NUMBERS, NUMBERS), SIZES)
def test_huber_is_that_of_scipy(data: list[tuple[float, ...]], delta: float) -> None:
    y, p = map(np.array, data)
    expected = np.mean(special.huber(delta, y - p))
    assert losses.huber(y, p, delta) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@given(NUMBERS, SIZES)
def test_huber_is_the_integral_of_the_clipped_error(r: float, delta: float) -> None:
    r = math.remainder(r, 5 * delta)
    area, _ = integrate.quad(lambda x: min(max(x, -delta), delta), 0, r, points=[delta, -delta])
    assert losses.huber([0], [r], delta) == pytest.approx(area, rel=1e-6, abs=1e-9)


@given(pairs(NUMBERS, NUMBERS))
def test_huber_between_its_two_limits(data: list[tuple[float, ...]]) -> None:
    y, p = data
    assert losses.huber(y, p, 1e9) == pytest.approx(losses.mse(y, p) / 2)
    small = 1e-9
    assert losses.huber(y, p, small) / small == pytest.approx(losses.mae(y, p), abs=1e-9)


@given(pairs(NUMBERS, NUMBERS), PROBABILITIES)
def test_quantile_is_that_of_scikit_learn(data: list[tuple[float, ...]], tau: float) -> None:
    y, p = data
    expected = metrics.mean_pinball_loss(y, p, alpha=tau)
    assert losses.quantile(y, p, tau) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=15), st.integers(1, 9))
def test_quantile_is_smallest_at_the_quantile(y: list[int], tenths: int) -> None:
    def at(constant: float) -> float:
        return losses.quantile(y, [constant] * len(y), tenths / 10)

    best = at(float(np.quantile(y, tenths / 10, method="inverted_cdf")))
    assert all(best <= at(c) + 1e-9 for c in y)


@given(pairs(st.integers(0, 1), st.floats(1e-15, 1 - 1e-15)))
def test_log_loss_is_that_of_scikit_learn(data: list[tuple[float, ...]]) -> None:
    y, p = data
    expected = metrics.log_loss(y, np.array(p), labels=[0, 1])
    assert losses.log_loss(y, p) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(pairs(PROBABILITIES, PROBABILITIES), st.floats(1e-15, 0.4))
def test_log_loss_is_cross_entropy_of_clipped_probabilities(
    data: list[tuple[float, ...]], eps: float
) -> None:
    y, p = np.array(data[0]), np.clip(data[1], eps, 1 - eps)
    expected = -np.mean(special.xlogy(y, p) + special.xlog1py(1 - y, -p))
    assert losses.log_loss(*data, eps) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(pairs(st.integers(0, 1), st.floats(-15, 15)))
def test_log_loss_from_logits_is_that_of_the_sigmoid(data: list[tuple[float, ...]]) -> None:
    y, z = data
    expected = losses.log_loss(y, special.expit(z))
    assert losses.log_loss_from_logits(y, z) == pytest.approx(expected, rel=1e-8)


@given(pairs(st.integers(0, 1), LOGITS))
def test_log_loss_from_logits_far_out(data: list[tuple[float, ...]]) -> None:
    y, z = map(np.array, data)
    expected = -np.mean(np.where(y == 1, special.log_expit(z), special.log_expit(-z)))
    assert losses.log_loss_from_logits(y, z) == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_log_loss_at_the_ends() -> None:
    assert losses.log_loss([1, 0], [1, 0]) == pytest.approx(1e-15, rel=0.2)
    assert losses.log_loss([1], [0]) == pytest.approx(-math.log(1e-15))
    assert losses.log_loss([0], [1]) == pytest.approx(-math.log(1e-15), rel=1e-4)
    assert losses.log_loss_from_logits([1, 0], [-1e300, 0]) == pytest.approx(5e299)


@given(pairs(st.sampled_from([-1, 1]), NUMBERS))
def test_hinge_is_that_of_scikit_learn(data: list[tuple[float, ...]]) -> None:
    y, s = data
    if len(set(y)) == 2:  # with one class scikit-learn takes it for the negative one
        assert losses.hinge(y, s) == pytest.approx(metrics.hinge_loss(y, s), rel=1e-12)
    by_hand = sum(max(0, 1 - a * b) for a, b in zip(y, s, strict=True)) / len(y)
    assert losses.hinge(y, s) == pytest.approx(by_hand, rel=1e-12)


def test_hinge_is_0_beyond_the_margin_and_grows_on_the_wrong_side() -> None:
    y = np.array([1, -1, -1])
    assert [losses.hinge(y, m * y) for m in (-3, -1, 0, 0.5, 1, 9)] == [4, 2, 1, 0.5, 0, 0]


@pytest.mark.parametrize("loss", [losses.mae, losses.mse, losses.huber, losses.quantile])
def test_best_constants(loss: object) -> None:
    y = np.array([1.0, 2.0, 4.0, 8.0, 30.0])
    found = optimize.minimize_scalar(
        lambda c: loss(y, np.full(5, c)),  # type: ignore[operator]
        bounds=(0, 40), method="bounded", options={"xatol": 1e-9},
    ).x  # fmt: skip
    best = {losses.mae: 4, losses.mse: 9, losses.quantile: 4, losses.huber: 4}[loss]
    assert found == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize(
    ("loss", "y", "p", "rest"),
    [
        (losses.huber, [1, 2], [2, 5], (0.5,)),
        (losses.quantile, [1, 2], [2, 0], (0.9,)),
        (losses.log_loss, [1, 0], [0, 1], (0.01,)),
        (losses.log_loss_from_logits, [1, 0], [3, 1], ()),
        (losses.hinge, [1, -1], [0, 2], ()),
    ],
)
def test_lists_arrays_and_integers_give_one_float_and_stay_as_they_are(
    loss: object, y: list[int], p: list[int], rest: tuple[float, ...]
) -> None:
    arrays = np.array(y), np.array(p)
    of_lists = loss(y, p, *rest)  # type: ignore[operator]
    assert type(of_lists) is float and of_lists == loss(*arrays, *rest)  # type: ignore[operator]
    assert of_lists == loss(*(a.astype(float) for a in arrays), *rest)  # type: ignore[operator]
    assert (arrays[0].tolist(), arrays[1].tolist()) == (y, p)


@pytest.mark.parametrize(
    "loss",
    [losses.huber, losses.quantile, losses.log_loss, losses.log_loss_from_logits, losses.hinge],
)
def test_shapes_that_would_broadcast_are_refused(loss: object) -> None:
    for y, p in ([1, 1], [1]), ([1, 1], [[1], [1]]), ([], []), ([1], 1):
        with pytest.raises(ValueError):
            loss(y, p)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: losses.huber([1], [1], 0), "delta must be positive"),
        (lambda: losses.huber([1], [1], math.nan), "delta must be positive"),
        (lambda: losses.quantile([1], [1], 1.5), "tau must be from 0 to 1"),
        (lambda: losses.log_loss([-1, 1], [0.5, 0.5]), "labels must be 0 and 1"),
        (lambda: losses.log_loss_from_logits([2], [0.5]), "labels must be 0 and 1"),
        (lambda: losses.log_loss([[1, 0]], [[0.5, 0.5]]), "1 dimension"),
        (lambda: losses.log_loss_from_logits([[1, 0]], [[0.5, 0.5]]), "1 dimension"),
        (lambda: losses.hinge([[1, -1]], [[0.5, 0.5]]), "1 dimension"),
        (lambda: losses.hinge([0, 1], [0.5, 0.5]), "labels must be -1 and \\+1"),
    ],
)
def test_nonsense_is_refused_in_words(call: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()  # type: ignore[operator]
