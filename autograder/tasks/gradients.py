"""Tasks on derivatives: of each loss with respect to the prediction, and of any function."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.cross_entropy import IN_SOFTMAX, large_logits
from autograder.tasks.hinge import with_margins
from autograder.tasks.log_loss import both_ends, wrong_ends
from autograder.tasks.program import Program
from autograder.tasks.regression import ERROR
from autograder.tasks.robust import at_delta
from autograder.tasks.shared import CLIPS, MATRIX, OUTPUT, many
from autograder.tasks.task import Formula, Task, edge
from autograder.tasks.words import one_hot

# --- What goes wrong with any gradient of a mean

TAIL = """
value = signed / len(signed)
result = value
"""
OF_ERROR = "signed = -slope  # an error falls where its prediction grows" + TAIL
OF_PREDICTION = "signed = slope" + TAIL

SHARES = (
    """
grad-no-1-over-n | value = signed
half-factor | value = signed / (2 * len(signed))
divides-twice | value = signed / len(signed) ** 2
n-minus-1 | value = signed / (len(signed) - 1)
rare wrong-n | value = signed / (len(signed) + 1)
rare wrong-n | value = signed / (2 * len(signed) + 2)
rare wrong-n | value = signed * len(signed)
rare hard-coded-n: 3 | value = signed / 3
rare hard-coded-n: {} | value = signed / ?
rare wrong-factor: {} | value = signed * ? / len(signed)
rare norm-not-sum | value = signed / linalg.norm(signed)
"""
    + OUTPUT
)
"""The slope of each sample's loss is there; the division by n and the rest follow."""

SCALARS = """
grad-scalar | value = mean(signed)
grad-scalar | value = sum(signed)
grad-scalar | value = mean(signed) / len(signed)
grad-scalar | value = full_like(signed, mean(signed))
grad-scalar | value = full_like(signed, sum(signed))
grad-scalar | value = full_like(signed, mean(signed) / len(signed))
"""

SLOPES_OF_ERRORS = (
    """
grad-sign | signed = slope
abs-of-gradient | signed = abs(slope)
"""
    + SHARES
    + SCALARS
)
SLOPES = (
    """
grad-sign | signed = -slope
abs-of-gradient | signed = abs(slope)
"""
    + SHARES
)


def unlike(row: str) -> str:
    """Return the mistake of a loss where its slope belongs: divided, not, averaged, summed.

    A loss has a sign of its own.
    """
    return many(
        f"{row}; signed = slope{{}}",
        ("", "; value = signed", "; value = mean(signed)", "; value = sum(signed)"),
    )


# --- Regression

ERRORS = """
args-swapped | e = p - t
ignores-y-true | e = -p
adds-not-subtracts | e = -(p + t)
rare bracket-misplaced | e = t / len(p) - p; value = signed
rare all-pairs | e = pairs(t, p)
rare all-pairs | e = -pairs(p, t)
"""
MORE_ERRORS = (
    ERRORS
    + """
difference-of-squares | e = t**2 - p**2
rare bracket-misplaced | e = p / len(p) - t; value = signed
rare all-pairs | e = -pairs(p, t); value = signed / size(signed)
"""
)

MAE_STEPS = (
    ERROR
    + """
slope = sign(e)
"""
    + OF_ERROR
)

MAE = SLOPES_OF_ERRORS + MORE_ERRORS + """
grad-not-sign | slope = e
grad-not-sign | slope = e; value = signed / abs(signed).sum()
grad-scalar | slope = e; value = sign(mean(signed))
grad-extra-factor: 2 | slope = 2 * sign(e)
tie | slope = where(e < 0, -1.0, 1.0)
tie | slope = where(e <= 0, -1.0, 1.0)
tie | slope = e / abs(e)
missing-branch | slope = minimum(sign(e), 0)
missing-branch | slope = maximum(sign(e), 0)
wrong-loss: the gradient of the mean squared error | slope = 2 * e
""" + unlike("loss-not-gradient | slope = abs(e)") + unlike(
    "loss-not-gradient | slope = e**2"
) + unlike("numerical-gradient | slope = gradient(abs(e))")  # fmt: skip

MSE_STEPS = (
    ERROR
    + """
power = e  # one less than 2
slope = 2 * power
"""
    + OF_ERROR
)

MSE = """
grad-no-2 | slope = power
""" + SLOPES_OF_ERRORS + MORE_ERRORS + """
float32 | e = float32(t) - float32(p)
grad-extra-factor: y_pred | e = (t - p) * p
grad-extra-factor: y_true | e = (t - p) * t
grad-no-2 | slope = power / 2
rare bracket-misplaced | e = t - 2 * p; slope = power
rare bracket-misplaced | e = t / len(p) - 2 * p; slope = power; value = signed
power-not-lowered | power = -(e**2)
power-not-lowered | power = e**2 * sign(e)
wrong-loss: the gradient of the mean absolute error | slope = sign(e)
rmse | slope = e / sqrt(mean(e**2))
rmse | power = e / sqrt(mean(e**2)) / 2
""" + unlike("loss-not-gradient | slope = e**2") + unlike(
    "numerical-gradient | slope = gradient(e**2)"
)  # fmt: skip


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


INTEGERS = edge(
    "integers", "int-buffer", np.array([4, 0, 7, 1]), np.array([1, 2, 9, 3]),
    vary=lambda rng: tuple(rng.integers(0, 10, (2, 5))),
)  # fmt: skip
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
    edges=(AT_A_TIE, INTEGERS),
    draw=draw_numbers,
    program=Program("y_true, y_pred", MAE_STEPS, MAE),
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
    edges=(AT_A_TIE, INTEGERS),
    draw=draw_numbers,
    program=Program("y_true, y_pred", MSE_STEPS, MSE),
    approximation="numerical-gradient",
    hints=(
        "What is the derivative of r squared with respect to r?",
        "r is the prediction minus the truth: what does one more unit of prediction do to r?",
        MEAN_HINT,
    ),
)


# --- Huber

HUBER_STEPS = (
    ERROR
    + """
d = delta
small = abs(e) <= d
near = e
far = d * sign(e)
slope = where(small, near, far)
"""
    + OF_ERROR
)

HUBER = SLOPES_OF_ERRORS + ERRORS + """
float32 | e = float32(t) - float32(p)
delta-ignored | d = 1.0
delta-ignored: {} | d = ?
default-changed: delta | delta = ?
delta-ignored | small = abs(e) <= 1
cond-no-abs | small = -e <= d
cond-no-abs | small = e <= d
branches-swapped | small = abs(e) > d
wrong-condition | small = abs(e) <= d / 2
wrong-condition | small = abs(e) <= 2 * d
wrong-condition | small = e**2 <= d
wrong-condition | small = e**2 / 2 <= d
wrong-condition | small = abs(e) <= d**2
wrong-condition | small = e >= d
wrong-condition | small = e < -d
missing-branch | small = full(shape(e), True)
missing-branch | small = full(shape(e), False)
# In one case or the other an error of exactly delta has a slope; here in none.
missing-branch | near = where(abs(e) == d, 0, e)
wrong-condition | near = where(abs(e) == d, 0, e)
missing-half | near = 2 * e
branch-factor: small residuals are half | near = e / 2
power-not-lowered | near = -(e**2)
loss-not-gradient | near = -(e**2) / 2
abs-of-gradient | near = -abs(e)
grad-extra-factor: delta | near = d * e
grad-extra-factor: 1 / delta | near = e / d
missing-branch | near = 0 * e
wrong-loss: the slope of the absolute error | near = sign(e)
grad-sign | near = -e
missing-delta | far = sign(e)
missing-delta | far = -ones_like(e)
grad-not-sign | far = full(shape(e), -d)
grad-not-sign | far = full(shape(e), d)
grad-not-sign | far = d * e
grad-not-sign | far = -d * abs(e)
loss-not-gradient | far = -d * (abs(e) - d / 2)
missing-offset | far = sign(e) * (abs(e) - d / 2)
missing-offset | far = d * (sign(e) + d / 2)
missing-offset | far = d * sign(e) + d**2 / 2
missing-offset | far = d * (sign(e) + 0.5)
branch-factor: large residuals are half | far = d * sign(e) / 2
grad-extra-factor: delta | far = d**2 * sign(e)
branch-factor: large residuals are twice | far = 2 * d * sign(e)
missing-branch | far = 0 * e
missing-offset | far = e + d
missing-offset | far = e - d * sign(e)
missing-offset | far = d - abs(e)
grad-no-1-over-n | near = e / len(e); value = signed
grad-no-1-over-n | far = d * sign(e) / len(e); value = signed
grad-sign | far = -d * sign(e)
missing-half | signed = -2 * slope
grad-extra-factor: 1 / delta | slope = clip(e, -d, d) / d
grad-extra-factor: delta | slope = clip(e, -d, d) * d
wrong-condition | slope = d * clip(e, -1, 1)
divides-first | slope = clip(e / len(e), -d, d); value = signed
pseudo-huber | slope = e / sqrt(1 + (e / d) ** 2)
min-of-branches: smaller | slope = maximum(e, d * sign(e))
min-of-branches: smaller | slope = -minimum(abs(e), d)
min-of-branches: larger | slope = minimum(e, d * sign(e))
wrong-loss: the gradient of log-cosh | slope = tanh(e)
wrong-loss: the gradient of the MSE | slope = 2 * e
wrong-loss: the gradient of the MAE | slope = sign(e)
""" + unlike(
    "loss-not-gradient | slope = where(abs(e) <= d, e**2 / 2, d * (abs(e) - d / 2))"
)  # fmt: skip


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
        INTEGERS,
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
    program=Program("y_true, y_pred, delta=1.0", HUBER_STEPS, HUBER),
    approximation="numerical-gradient",
    hints=(
        "The loss is a parabola near 0 and a straight line outside. What are their slopes?",
        "The line's slope is delta to the right. What is it to the left?",
        MEAN_HINT,
    ),
)


# --- Log loss

LOG_LOSS_STEPS = (
    """
low = eps
y = asarray(y_true)
p = floats(y_pred)
q = clip(p, low, 1 - low)
a = y / q
b = (1 - y) / (1 - q)
slope = b - a
"""
    + OF_PREDICTION
)

BRANCHES = "a = where(y == 1, 1 / q, 0.0); b = where(y == 1, 0.0, 1 / (1 - q))"
"""The two terms where an `if` chooses one: what is beside it is never divided."""

LOG_LOSS = SLOPES + SCALARS + CLIPS + f"""
clips-zero-only | q = maximum(p, low)
half-clip | q = maximum(p, low)
clips-exact-only | q = where(p == 0, low, where(p == 1, 1 - low, p))
no-clipping | q = p; {BRANCHES}
clips-one-only | q = minimum(p, 1 - low); {BRANCHES}
half-clip | q = minimum(p, 1 - low); {BRANCHES}
float32 | p = float32(y_pred)
args-swapped | y = asarray(y_pred); p = floats(y_true)
rare clip-typo: the labels are clipped | y = clip(y_true, low, 1 - low); q = p
rare clip-typo: the labels are clipped too | y = clip(y_true, low, 1 - low)
half-clip | slope = (p - y) / (q * (1 - q))
eps-in-denominator | a = y / (p + low); b = (1 - y) / (1 - p + low)
eps-in-denominator | slope = (p - y) / (p * (1 - p) + low)
eps-in-denominator: {{}} | a = y / (p + ?); b = (1 - y) / (1 - p + ?)
eps-in-denominator: {{}} | a = y / (q + ?); b = (1 - y) / (1 - q + ?)
eps-in-denominator: {{}} | slope = (p - y) / (p * (1 - p) + ?)
eps-in-denominator: {{}} | slope = (q - y) / (q * (1 - q) + ?)
eps-in-denominator: {{}} | slope = (p - y) / ((p + ?) * (1 - p + ?))
eps-ignored: {{}} | q = clip(p, ?, 1 - ?)
default-eps: {{}} | eps = ?
eps-in-denominator | slope = (p - y) / ((p + low) * (1 - p + low))
zero-when-clipped | slope = (q - y) / (q * (1 - q)) * (p == q)
minus-between-terms | slope = -a - b
grad-missing-factor: -1 | slope = -a - b
minus-missing | slope = a + b
positive-term-only | slope = -a
negative-term-only | slope = b
negative-term-only | slope = -b
terms-swapped | a = (1 - y) / q; b = y / (1 - q)
terms-swapped | a = y / (1 - q); b = (1 - y) / q
grad-no-1-over-n | slope = b / len(b) - a; value = signed
grad-no-1-over-n | slope = b - a / len(a); value = signed
grad-extra-factor: 1 / p | a = y / q**2; b = (1 - y) / (1 - q)**2
log-not-differentiated | a = y / log(q); b = (1 - y) / log(1 - q)
log-not-differentiated | slope = -y / log(q) - (1 - y) / log(1 - q)
precedence | slope = (q - y) / q * (1 - q)
rare bracket-misplaced | slope = q - y / (q * (1 - q))
ignores-y-true | a = 1 / q; b = 1 / (1 - q)
ignores-y-true | slope = -1 / q
ignores-y-true | slope = 1 / (1 - q)
ignores-y-true | slope = 1 / (q * (1 - q))
grad-logit | slope = q - y
grad-logit | slope = p - y
grad-logit | slope = sigmoid(q) - y
grad-missing-factor: 1 / (1 - p) | slope = (q - y) / q
grad-missing-factor: 1 / p | slope = (q - y) / (1 - q)
grad-extra-factor: p² (1 - p)² | slope = (q - y) * q * (1 - q)
grad-extra-factor: p² (1 - p) | slope = (q - y) * q
adds-not-subtracts | slope = (q + y) / (q * (1 - q))
log-not-differentiated | slope = log(q) - log(1 - q)
grad-extra-factor: p² (1 - p)² | slope = (p - y) * p * (1 - p)
wrong-loss: the gradient of the MSE | slope = 2 * (q - y)
wrong-loss: the gradient of the MSE | slope = 2 * (p - y)
wrong-loss: the gradient of the MAE | slope = sign(q - y)
log-base-2 | signed = slope / log(2)
log-base-10 | signed = slope / log(10)
""" + unlike(
    "loss-not-gradient | slope = -y * log(q) - (1 - y) * log(1 - q)"
) + unlike("loss-not-gradient | slope = y * log(q) + (1 - y) * log(1 - q)")  # fmt: skip


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
            finite="eps-ignored",
            upto=lambda y, p: (y, p, 1e-6),
        ),
        edge(
            "p of 0 and 1, both wrong",
            "no-clipping",
            1 - ZERO_ONE,
            ENDS,
            1e-3,
            finite="eps-ignored",
            vary=lambda rng: wrong_ends(rng, rng.uniform(5e-4, 5e-3)),
        ),
    ),
    draw=draw_yes_no,
    program=Program("y_true, y_pred, eps=1e-15", LOG_LOSS_STEPS, LOG_LOSS),
    approximation="numerical-gradient",
    hints=(
        "What is the derivative of log(p), and what is that of log(1 - p)? Mind the inner one.",
        "For a label of 1 only one term is left, for a label of 0 only the other.",
        "Where do you divide by p or by 1 - p? Keep both away from 0 with `eps`, as in the loss.",
    ),
)


# --- Hinge

HINGE_STEPS = (
    """
y = asarray(labels)
s = asarray(scores)
m = y * s
active = m < 1
slope = where(active, -y, 0.0)
"""
    + OF_PREDICTION
)

HINGE = SLOPES + SCALARS + """
labels-01 | y = (labels + 1) / 2
labels-01 | y = 2 * labels - 1
labels-01 | slope = where(active, -(y + 1) / 2, 0.0)
labels-01 | slope = where(active, 1.0 - 2 * y, 0.0)
args-swapped | y = asarray(scores); s = asarray(labels)
float32 | value = float32(signed) / float32(len(signed))
hinge-sign | m = -y * s
hinge-sign | m = -y * s; slope = where(active, y, 0.0)
wrong-condition | m = s
wrong-condition | m = abs(s)
wrong-condition | m = abs(y - s)
adds-not-subtracts | m = y + s
max-missing | active = m == m
margin-missing | active = m < 0
wrong-condition | active = m > 1
wrong-condition | active = m > 0
wrong-condition | active = m < -1
wrong-condition | active = abs(m) < 1
wrong-condition | active = m < 2
wrong-condition | active = m < 0.5
missing-branch | active = (m < 1) & (y > 0)
missing-branch | active = (m < 1) & (y < 0)
grad-sign | slope = where(active, y, 0.0)
grad-missing-factor: the label | slope = where(active, -1.0, 0.0)
grad-missing-factor: the label | slope = where(active, 1.0, 0.0)
grad-wrong-variable | slope = where(active, -s, 0.0)
grad-wrong-variable | slope = where(active, -sign(s), 0.0)
grad-extra-factor: the score | slope = where(active, -m, 0.0)
squared-hinge | slope = where(active, -2 * y * (1 - m), 0.0)
squared-hinge | slope = where(active, -y * (1 - m), 0.0)
wrong-condition | slope = maximum(0, -y)
rare wrong-n | value = signed / count_nonzero(signed)
wrong-loss: the gradient of the logistic loss | slope = -y * sigmoid(-m)
wrong-loss: the gradient of the mean squared error | slope = 2 * (s - y)
wrong-loss: the gradient of the MAE | slope = sign(s - y)
""" + unlike("loss-not-gradient | slope = maximum(0, 1 - m)") + unlike(
    "loss-not-gradient | slope = 1 - m"
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
    program=Program("labels, scores", HINGE_STEPS, HINGE),
    approximation="numerical-gradient",
    hints=(
        "The loss of one sample is 0 from a margin of 1 on. What is its slope there?",
        "Below a margin of 1 the loss is 1 - y * s. What is its derivative with respect to s?",
        MEAN_HINT,
    ),
)


# --- Softmax and cross-entropy

SOFTMAX_STEPS = (
    """
t = asarray(y_true)
z = asarray(logits)
e = exp(z - top(z))
s = e / total(e)
slope = s - t
"""
    + OF_PREDICTION
)

# The entries of this gradient sum to 0: their mean, in every place, is a matrix of zeros.
SOFTMAX = SLOPES + MATRIX + IN_SOFTMAX + """
grad-scalar | value = mean(signed)
grad-scalar | value = abs(signed).mean()
softmax-missing | s = z
softmax-twice | s = softmax(e / total(e))
float32 | z = float32(logits)
args-swapped | t = asarray(logits); z = asarray(y_true)
args-swapped | slope = t - s
ignores-y-true | slope = s
ignores-y-true | slope = s - 1
ignores-y-true | slope = s * (1 - s)
adds-not-subtracts | slope = s + t
rare bracket-misplaced | slope = s - t / len(s); value = signed
true-class-only | slope = t * (s - 1)
true-class-only | slope = s * (t - s)
grad-missing-factor: the derivative of softmax | slope = -t / s
grad-extra-factor: p (1 - p) | slope = (s - t) * s * (1 - s)
grad-extra-factor: p | slope = (s - t) * s
grad-extra-factor: 1 / (p (1 - p)) | slope = (s - t) / (s * (1 - s))
log-of-result | slope = log(s) - t
argmax-instead | slope = largest(s) - t
label-off-by-one | slope = s - roll(t, 1, axis=1)
label-off-by-one | slope = s - roll(t, -1, axis=1)
wrong-loss: the gradient of the squared error | slope = 2 * (s - t)
mean-over-nk | value = signed / size(signed)
divides-by-classes | value = signed / signed.shape[1]
rare hard-coded-n: 2 | value = signed / 2
wrong-axis | value = signed.sum(axis=0)
wrong-axis | value = signed.mean(axis=0)
wrong-axis | value = signed.sum(axis=1)
""" + unlike("loss-not-gradient | slope = -t * log(s)") + unlike(
    "loss-not-gradient | slope = -(t * log(s)).sum(axis=1)"
)  # fmt: skip


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
    program=Program("y_true, logits", SOFTMAX_STEPS, SOFTMAX),
    approximation="numerical-gradient",
    hints=(
        "Work out the softmax first. What would the gradient be if it were exactly the label?",
        "The derivatives of log and of exp cancel: for one sample a plain difference is left.",
        MEAN_HINT,
    ),
)


# --- Any function


def moved(f: Any, x: Any, step: Any) -> Any:
    """Values of f, asked beside x: one entry at a time is moved by `step`."""
    values = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        at = x.copy()
        at[i] += np.broadcast_to(step, x.shape)[i]
        values[i] = f(at)
    return values


def never_put_back(f: Any, x: Any, h: float) -> Any:
    """Both values of each entry, when no entry is put back after its turn."""
    above, below, at = np.empty(x.shape), np.empty(x.shape), x.copy()
    for i in np.ndindex(x.shape):
        at[i] += h
        above[i] = f(at)
        at[i] -= 2 * h
        below[i] = f(at)
    return above, below


def both_keep_moving(f: Any, x: Any, h: float) -> Any:
    """Both values of each entry, when one copy only ever goes up and the other only down."""
    above, below, up, down = np.empty(x.shape), np.empty(x.shape), x.copy(), x.copy()
    for i in np.ndindex(x.shape):
        up[i] += h
        down[i] -= h
        above[i], below[i] = f(up), f(down)
    return above, below


def goes_up(f: Any, x: Any, h: float) -> Any:
    """The upper value of each entry, when what moved up stays there."""
    above, up = np.empty(x.shape), x.copy()
    for i in np.ndindex(x.shape):
        up[i] += h
        above[i] = f(up)
    return above


def alone(f: Any, x: Any, step: float) -> Any:
    """Values of f for each entry by itself."""
    return np.array([f(entry + step) for entry in x.flat], dtype=np.float64).reshape(x.shape)


NUMERICAL_STEPS = """
step = h
above = moved(f, x, step)
below = moved(f, x, -step)
d = above - below
value = d / (2 * step)
result = value
"""

# What float32 and six decimals leave is as near as differences come.
NUMERICAL = OUTPUT.replace("float32 |", "# float32 |").replace(
    "rare rounds-result: 6 decimals |", "# 6 decimals |"
) + """
one-sided-difference | below = f(x); value = d / step
one-sided-difference | above = f(x); value = d / step
one-sided-difference | below = f(x)
one-sided-difference | above = f(x)
step-doubled: 2h | above = moved(f, x, 2 * step); below = moved(f, x, -2 * step)
step-doubled: h / 2 | above = moved(f, x, step / 2); below = moved(f, x, -step / 2)
step-doubled: h / 2
  | above = moved(f, x, step / 2); below = moved(f, x, -step / 2); value = d / step
step-doubled: 2h | step = 2 * h
grad-scalar | above = f(x + step); below = f(x - step)
grad-scalar | above = f(x + step); below = f(x); value = d / step
grad-scalar | above = full(x.shape, f(x + step)); below = f(x - step)
grad-scalar | above = full(x.shape, f(x + step)); below = f(x); value = d / step
step-not-undone | above = never_put_back(f, x, step)[0]; below = never_put_back(f, x, step)[1]
step-not-undone
  | above = both_keep_moving(f, x, step)[0]; below = both_keep_moving(f, x, step)[1]
step-not-undone | above = goes_up(f, x, step); below = f(x); value = d / step
entry-alone | above = alone(f, x, step); below = alone(f, x, -step)
entry-alone | above = alone(f, x, step); below = alone(f, x, 0); value = d / step
relative-step | above = moved(f, x, step * x); below = moved(f, x, -step * x)
relative-step | step = h * x
relative-step | step = h * abs(x)
float32 | above = moved(f, float32(x), step); below = moved(f, float32(x), -step)
step-ignored: 1e-5 | step = 1e-5
step-ignored: 0.001 | step = 1e-3
step-ignored: 0.01 | step = 1e-2
step-ignored: 1 | step = 1.0
alias-not-copy | above = zeros(x.shape); below = 0.0
grad-sign | d = below - above
abs-of-gradient | d = abs(above - below)
adds-not-subtracts | d = above + below
divides-by-h | value = d / step
divides-by-h | value = d / (4 * step)
divides-by-h | value = d / 2
divides-by-h | value = d
divides-by-h | value = d / step**2
divides-by-h | value = d / (2 * step**2)
divides-by-h | value = d / (2 + step)
precedence | value = d / 2 * step
precedence | value = d * step
precedence | d = above - below / (2 * step); value = d
precedence | d = above - below / 2 * step; value = d
second-derivative | d = above - 2 * f(x) + below; value = d / step**2
rare other-stencil
  | d = 8 * (above - below) - moved(f, x, 2 * step) + moved(f, x, -2 * step)
  ; value = d / (12 * step)
loss-not-gradient | value = f(x)
grad-scalar | result = sum(value)
grad-scalar | result = mean(value)
grad-scalar | result = linalg.norm(value)
grad-no-1-over-n | result = value * value.size
divides-twice | result = value / value.size
"""  # fmt: skip


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
    program=Program(
        "f, x, h=1e-5",
        NUMERICAL_STEPS,
        NUMERICAL,
        (moved, never_put_back, both_keep_moving, goes_up, alone),
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
