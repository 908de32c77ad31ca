"""Tasks on losses between classes: softmax and the categorical cross-entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.program import Program
from autograder.tasks.shared import CLIPS, MATRIX, OUTPUT, REDUCTION, TAIL, many
from autograder.tasks.task import Edge, Style, Task, edge
from autograder.tasks.words import one_hot

EPS = 1e-15

# --- softmax

SOFTMAX_STEPS = """
z = floats(logits)
e = exp(z - top(z))
s = e / total(e)
value = s
result = value
"""

IN_SOFTMAX = """
no-max-shift | e = exp(z)
no-max-shift | e = exp(z - z.min(axis=-1, keepdims=True))
no-max-shift | e = exp(z - z.mean(axis=-1, keepdims=True))
whole-shift | e = exp(z - z.max())
running-max | e = exp(z - maximum.accumulate(z, axis=-1))
exp-missing | e = z
exp-missing | e = abs(z)
exp-missing | e = z**2
exp-missing | e = z - top(z)
exp-missing | e = z - z.min(axis=-1, keepdims=True)
rare wrong-base: 2 | e = 2**(z - top(z))
rare wrong-base: 2 | e = 2**z
rare wrong-base: 10 | e = 10**(z - top(z))
exp-missing | s = (z - z.min()) / (z.max() - z.min())
scalar-not-array | s = log(exp(z).sum(axis=-1))
sign-in-exp | e = exp(-z)
sign-in-exp | e = exp(top(z) - z)
wrong-axis | e = exp(z - z.max(axis=0))
wrong-axis | e = exp(z - z.mean(axis=0))
no-keepdims | e = exp(z - z.max(axis=-1))
not-normalized | s = e
not-normalized | e = exp(z); s = e
not-normalized | e = exp(z - z.max()); s = e
mean-not-sum | s = e / e.mean(axis=-1, keepdims=True)
mean-not-sum | s = e / e.shape[-1]
rare norm-not-sum | s = e / sqrt(total(e**2))
whole-matrix-sum | s = e / e.sum()
whole-matrix-sum | e = exp(z - z.max()); s = e / e.sum()
wrong-axis | s = e / e.sum(axis=0)
eps-in-denominator: {} | s = e / (total(e) + ?)
wrong-axis | e = exp(z - z.max()); s = e / e.sum(axis=0)
no-keepdims | e = exp(z - z.max(axis=-1)); s = e / e.sum(axis=-1)
no-keepdims | s = e / e.sum(axis=-1)
no-keepdims | e = exp(z - z.max()); s = e / e.sum(axis=-1)
rare hard-coded-classes: 3 | s = e / total(e[..., :3])
shift-one-side | s = exp(z - top(z)) / total(exp(z))
shift-one-side | s = exp(z) / total(exp(z - top(z)))
shift-one-side | s = exp(z - z.max()) / total(exp(z))
shift-one-side | s = exp(z) / total(exp(z - z.max()))
exp-of-sum | s = exp(z) / exp(total(z))
exp-of-sum | s = exp(z) / exp(z.sum())
exp-of-sum | s = exp(z - top(z)) / exp(total(z - top(z)))
exp-of-sum | s = exp(z / total(z))
exp-of-sum | e = exp(z / top(z))
exp-missing | s = exp(z) / total(z)
exp-missing | s = exp(z - top(z)) / total(z - top(z))
exp-missing | s = z / total(exp(z))
exp-missing | s = z / exp(z).sum()
sigmoid-instead | s = sigmoid(z)
sigmoid-instead | s = sigmoid(z) / total(sigmoid(z))
"""
"""What goes wrong between logits `z`, their exponentials `e`, and the shares `s` of these."""

SOFTMAX = """
one-dim-only | z = with_axes(floats(logits), 1)
two-dim-only | z = with_axes(floats(logits), 2)
two-dim-only | s = e / total(e) if e.ndim == 2 else ones(e.shape)
two-dim-only | s = e / total(e) if e.ndim == 2 else ones((e.size, 1))
two-dim-only | result = atleast_2d(value)
float32 | z = float32(logits)
""" + IN_SOFTMAX + """
exp-missing | s = z
softmax-twice | result = softmax(value)
log-of-result | result = log(value)
log-of-result | result = -log(value)
complement | result = 1 - value
argmax-instead | result = largest(value)
argmax-instead | result = value.argmax(axis=-1)
argmax-instead | result = argmax(value)
argmax-instead | result = value.max(axis=-1)
argmax-instead | result = max(value)
scalar-not-array | result = sum(value)
scalar-not-array | result = mean(value)
scalar-not-array | result = value.sum(axis=-1)
minus-missing | result = -value
""" + OUTPUT + MATRIX  # fmt: skip


def with_axes(values: Any, count: int) -> Any:
    """Return the values; fail on any other number of dimensions, as a sum over a lost axis does."""
    if values.ndim != count:
        raise ValueError("a sum over an axis that is not there")
    return values


def draw_logits(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return one row for n = 8, else rows: a square matrix too, where a lost axis goes unseen."""
    shape = {5: (5, 5), 8: (8,)}.get(n, (n, 3))
    return (rng.normal(0, 2, shape),)


# The largest comes first, in the middle and last: only its own shift helps every row.
LARGE = np.array([[1e3, 998, -1e3], [-1e3, 1e3, 999], [-1e3, -1001, -999], [0, -1e3, 1e3]])


def large_logits(rng: np.random.Generator) -> Any:
    """Return rows like those of LARGE, of another size and in another order."""
    return rng.permuted(LARGE * rng.uniform(0.8, 1.25), axis=1)


SOFTMAX_PROGRAM = Program("logits", SOFTMAX_STEPS, SOFTMAX, (with_axes,))
SOFTMAX_TASK = Task(
    name="softmax",
    reference=losses.softmax,
    style="either",
    example=(np.array([1.0, 2.0, 4.0]),),
    edges=(
        edge("logits of 1000", "no-max-shift", np.array([1000.0, 1001.0, 999.0]),
             vary=lambda rng: (rng.uniform(800, 1200) + rng.normal(0, 1, 4),)),
        edge("logits of ±1000", "no-max-shift", LARGE, vary=lambda rng: (large_logits(rng),)),
        edge("one entry", "single-class", np.array([2.5]), vary=lambda rng: (rng.normal(0, 2, 1),)),
        edge("one row", "single-sample", np.array([[0.5, -1.0, 2.0]]),
             vary=lambda rng: (rng.normal(0, 2, (1, rng.integers(2, 6))),)),
        edge("whole numbers", "int-buffer", np.array([[1, 2, 4], [0, -1, 3]]),
             vary=lambda rng: (rng.integers(-3, 5, (2, 3)),)),
    ),
    draw=draw_logits,
    program=SOFTMAX_PROGRAM,
    hints=(
        "Every logit becomes a positive number, and each row of those then sums to 1. How?",
        "`np.exp` makes them positive. The sum of a row is `sum` along the last axis; what does "
        "`keepdims=True` keep?",
        "exp(1000) is too large for a float. What happens to the quotient when you subtract the "
        "same number from every logit of a row, and which number makes the largest one 0?",
    ),
)  # fmt: skip


# --- Cross-entropy

CLASSES = CLIPS + """
clips-exact-only | q = where(p == 0, low, p)
threshold-first | q = clip(largest(p), low, 1 - low)
eps-in-log | q = p + low
eps-in-log | q = clip(p, low, 1 - low) + low
eps-in-log: 1e-15 | q = p + 1e-15  # at the edges it gives what eps gives there
eps-in-log: {} | q = p + ?
eps-in-log: {} | q = clip(p, low, 1 - low) + ?
default-eps: {} | eps = ?
rare eps-wrong-side | q = p * exp(low)
rare eps-wrong-side | q = p * exp(-low)
softmax-twice | q = softmax(p)
softmax-twice | q = softmax(clip(p, low, 1 - low))
skips-clipped | q = where(p < low, 1, p)
skips-clipped | q = where(p == 0, 1, maximum(p, low))
renormalizes | q = clip(p / total(p), low, 1 - low)
renormalizes | q = clip(p, low, 1 - low) / total(clip(p, low, 1 - low))
renormalizes | q = maximum(p, low) / total(maximum(p, low))
renormalizes | q = (p + low) / total(p + low)
complement | q = clip(1 - p, low, 1 - low)
float32 | p = float32(y_pred)
wrong-loss: the geometric mean of the probabilities | result = exp(-value)
wrong-loss: the perplexity, e to the power of this one | result = exp(value)
""" + REDUCTION  # fmt: skip
"""What goes wrong with one-hot rows and with class numbers alike."""

OF_LOGS = """
log-base-2 | logs = log2({})
log-base-10 | logs = log10({})
log-of-mean | logs = {}; average = -log(mean(-kept))
log-of-mean | logs = {}; average = -log(sum(-kept))
log-of-mean | logs = {}; average = -log(sum(-kept)) / kept.size
product-underflow | logs = {}; average = -log(prod(-kept)) / kept.size
product-underflow | logs = {}; average = -log(prod(-kept))
nan-to-num | q = p; logs = nan_to_num(log({}))
"""
"""The same with the logs, of what stands in the place of `{}`."""

ONE_HOT_STEPS = """
low = eps
t = asarray(y_true)
p = floats(y_pred)
q = clip(p, low, 1 - low)
logs = log(q)
terms = -t * logs
each = terms.sum(axis=1)
""" + TAIL  # fmt: skip

ONE_HOT = CLASSES + many(OF_LOGS, ("q",)) + """
# Where the label chooses one entry, as an `if` does, those beside it never meet the log.
no-clipping | q = p; terms = where(t == 1, -logs, 0.0)
clips-one-only | q = minimum(p, 1 - low); terms = where(t == 1, -logs, 0.0)
half-clip | q = minimum(p, 1 - low); terms = where(t == 1, -logs, 0.0)
args-swapped | t = asarray(y_pred); p = floats(y_true)
args-swapped | t = asarray(y_pred); p = floats(y_true); low = 1e-15
args-swapped | t = asarray(y_pred); p = floats(y_true); q = maximum(p, low)
float32 | t = float32(y_true); p = float32(y_pred)
rare clip-typo: the labels are clipped, not the predictions
  | t = clip(y_true, low, 1 - low); q = p
rare clip-typo: the labels are clipped too | t = clip(y_true, low, 1 - low)
nan-to-num | q = p; terms = nan_to_num(-t * logs)
nan-to-num | q = p; terms = where(isfinite(t * logs), -t * logs, 0)
truth-inside-log | logs = log(maximum(t * q, low)); terms = -logs
truth-inside-log | logs = log(t * q + low); terms = -logs
rows-by-label | average = -mean(log(q[t]))
rows-by-label | average = -mean(log(q[int64(t)]))
rows-by-label | average = -sum(log(q[int64(t)])) / len(t)
ignores-y-true | terms = -logs
ignores-y-true | terms = -q * log(q)
argmax-instead | terms = -logs * largest(logs)
argmax-instead | terms = -t * largest(logs) * logs
terms-swapped | terms = -(1 - t) * logs
negative-term-only | terms = -(1 - t) * log(1 - q)
binary-on-onehot | terms = -binary(t, q)
minus-between-terms | terms = (1 - t) * log(1 - q) - t * log(q)
wrong-loss: the squared error of each class | terms = (t - q) ** 2
wrong-loss: the squared error of each class | terms = (t - p) ** 2
wrong-loss: the mean squared error | terms = (t - q) ** 2; each = terms.mean(axis=1)
wrong-loss: the mean squared error | terms = (t - p) ** 2; each = terms.mean(axis=1)
wrong-loss: the absolute error of each class | terms = abs(t - q)
wrong-loss: the absolute error of each class | terms = abs(t - p)
wrong-loss: the mean absolute error | terms = abs(t - q); each = terms.mean(axis=1)
wrong-loss: the mean absolute error | terms = abs(t - p); each = terms.mean(axis=1)
log-missing | terms = -t * q
log-missing | terms = -t * p
log-missing | terms = t * (1 - q)
log-missing | terms = t * (1 - p)
wrong-loss: p log p of the true class | terms = -t * q * log(q)
wrong-loss: the divergence from the labels to the predictions
  | terms = q * log(q / clip(t, 1e-15, 1))
rare clip-typo: the logarithms are clipped, not what goes into them
  | logs = clip(log(p), low, 1 - low)
wrong-loss: the share of wrong classes | terms = t * (1 - largest(q))
wrong-loss: the accuracy | terms = t * largest(q)
""" + many(
    "rare hard-coded-classes: {} | each = take(terms, range({}), 1).sum(axis=1)", range(2, 7)
) + """
mean-over-nk | each = terms.mean(axis=1)
divides-by-classes | each = terms.mean(axis=1); average = sum(kept)
wrong-axis | each = terms.sum(axis=0)
wrong-axis | each = terms.sum(axis=0); average = kept
wrong-axis | each = terms.mean(axis=0); average = kept
not-scalar: a matrix of its parts | each = terms; average = kept
rare hard-coded-classes: 3 | each = terms.reshape(-1, 3).sum(axis=1)
rare hard-coded-classes: 3 | each = terms.sum(axis=1) / 3
off-by-one: the first class | each = terms[:, 1:].sum(axis=1)
off-by-one: the last class | each = terms[:, :-1].sum(axis=1)
max-not-mean | each = terms.max(axis=1); average = max(kept)
early-return | each = terms[:, 0]; average = kept[0]
early-return | each = terms[:, 0]; average = kept[0] / kept.size
early-return | each = terms[:, 0]
rare overwrites-accumulator | each = terms[:, -1]
rare all-pairs | terms = -t @ logs.T
rare all-pairs | terms = -t @ logs.T; each = terms.mean(axis=1)
rare dot-orientation | terms = -t @ logs.T; each = terms; average = kept
rare dot-orientation | terms = -t.T @ logs; each = terms; average = kept
rare outer-product | terms = -t.T @ logs; each = terms
rare outer-product | terms = -t.T @ logs / len(t); average = sum(kept)
"""  # fmt: skip


def binary(true: Any, q: Any) -> Any:
    """Every entry by itself, as in the log loss of yes and no."""
    return true * np.log(q) + (1 - true) * np.log(1 - q)


def chosen(q: Any, classes: Any) -> Any:
    """From each row the entry of its class."""
    return q[np.arange(len(q)), classes]


SPARSE_STEPS = """
low = eps
c = asarray(classes)
p = floats(y_pred)
q = clip(p, low, 1 - low)
own = chosen(q, c)
logs = log(own)
each = -logs
""" + TAIL  # fmt: skip

SPARSE = CLASSES + many(OF_LOGS, ("own",)) + """
label-off-by-one | own = chosen(q, c - 1)
label-off-by-one | own = chosen(q, (c + 1) % q.shape[1])
label-off-by-one | own = chosen(q, minimum(c + 1, q.shape[1] - 1))
label-off-by-one | own = chosen(q, maximum(c - 1, 0))
label-off-by-one | own = chosen(q, -c)
first-row-only | own = q[0, c]
argmax-instead | own = q.max(axis=1)
ignores-y-true | own = q[:, 0]
ignores-y-true | own = q[:, -1]
ignores-y-true | own = diagonal(q)
log-missing | logs = own
log-missing | logs = own - 1
log-missing | logs = own; q = p
log-missing | logs = own - 1; q = p
rare hard-coded-classes: 3 | logs = where(c < 3, log(chosen(q, c)), 0)
rare hard-coded-classes: 2 | logs = where(c < 2, log(chosen(q, c)), 0)
ignores-y-true | logs = log(q).sum(axis=1)
ignores-y-true | logs = log(q).mean(axis=1)
ignores-y-true | logs = (q * log(q)).sum(axis=1)
label-as-onehot | logs = (c[:, None] * log(q)).sum(axis=1)
label-as-onehot | logs = (c[:, None] * log(q)).mean(axis=1)
label-as-onehot | logs = (c * log(q)).sum(axis=1)
label-as-onehot | logs = (c * log(q)).mean(axis=1)
label-as-onehot | logs = c * log(q.max(axis=1))
label-as-onehot | logs = c * log(chosen(q, c))
skips-zeros: the label | kept = where(c == 0, 0, each)
skips-zeros: the label | kept = each[c != 0]
rows-by-label | logs = log(q[c]).sum(axis=1)
rows-by-label | logs = log(q[c]).mean(axis=1)
wrong-axis | logs = log(q[c, arange(len(q))])
classes-from-labels | own = ravel(q)[arange(len(c)) * (max(c) + 1) + c]
classes-from-labels | p = floats(y_pred) + 0 * one_hot(c, len(unique(c)))
classes-from-labels | p = floats(y_pred) + 0 * one_hot(c, max(c) + 1)
rare all-pairs | logs = log(q[:, c]).sum(axis=1)
rare all-pairs | logs = log(q[:, c]).mean(axis=1)
rare all-pairs | logs = log(q[:, c]); kept = each; average = kept
rare hard-coded-classes: 3 | logs = (one_hot(c, 3) * log(q)).sum(axis=1)
mean-over-nk | average = sum(kept) / q.size
divides-by-classes | average = sum(kept) / q.shape[1]
rare hard-coded-classes: 3 | logs = log(chosen(q, c)) / 3
binary-on-onehot | logs = binary(one_hot(c, q.shape[1]), q).sum(axis=1)
binary-on-onehot | logs = binary(one_hot(c, q.shape[1]), q).mean(axis=1)
negative-term-only | logs = (log(1 - q) * (1 - one_hot(c, q.shape[1]))).sum(axis=1)
wrong-loss: the share of wrong classes | logs = chosen(largest(q), c) - 1
wrong-loss: the accuracy | logs = -chosen(largest(q), c)
wrong-loss: the squared difference of class numbers | logs = -(c - q.argmax(axis=1))**2
wrong-loss: the squared errors | logs = -((one_hot(c, q.shape[1]) - q)**2).sum(axis=1)
"""  # fmt: skip


def class_probabilities(rng: np.random.Generator, n: int, k: int, low: float) -> tuple[Any, Any]:
    """Return class numbers, in which every class occurs, and rows of probabilities.

    No probability is below `low` but those of the true class in rows 0 and 3: one epsilon can be
    told from another there, and none is needed elsewhere.
    """
    often = np.arange(1, k + 1) / np.arange(1, k + 1).sum()
    classes = rng.permutation(np.concatenate([np.arange(k), rng.choice(k, n - k, p=often)]))
    p = rng.dirichlet(np.ones(k), n) + low
    for row, part in ((0, 0.3), (3, 0.6)):
        p[row, classes[row]] = 0
        p[row] *= (1 - part * low) / p[row].sum()
        p[row, classes[row]] = part * low
    return classes, p / p.sum(axis=1, keepdims=True)


def draw_classes(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return class numbers and probabilities, and for n = 8 an epsilon that matters.

    No true class is surer than 1 - eps, so that clipping at 0 alone is as right as at both ends.
    """
    if n == 8:
        return *class_probabilities(rng, n, 3, 0.04), 0.05
    return class_probabilities(rng, n, {5: 5}.get(n, 6), 1e-4)


def as_one_hot(classes: Any, p: Any, *eps: float) -> tuple[Any, ...]:
    """Return the arguments of a cross-entropy of classes with one-hot rows instead.

    With eight of them the labels are floats, as one-hot rows often are.
    """
    return one_hot(classes, p.shape[1]).astype(float if len(p) == 8 else int), p, *eps


def three_of(rng: np.random.Generator, k: int) -> Any:
    """Return three of k > 3 class numbers, with the last class among them and others missing."""
    return rng.permutation([k - 1, *rng.integers(0, k, 2)])


def one_is_impossible(rng: np.random.Generator) -> tuple[Any, Any]:
    """Return class numbers and probabilities: of exactly 0 for the true class of some row."""
    labels, p = three_of(rng, 4), rng.dirichlet(np.full(4, 5), 3)
    row = rng.integers(0, 3)
    p[row, labels[row]] = 0
    return labels, p / p.sum(axis=1, keepdims=True)


def all_are_sure(rng: np.random.Generator) -> tuple[Any, Any]:
    """Return class numbers, and the same as probabilities of exactly 0 and 1."""
    k = int(rng.integers(4, 7))
    labels = three_of(rng, k)
    return labels, one_hot(labels, k)


def nearly_sure(rng: np.random.Generator) -> tuple[Any, Any]:
    """Return one class number, neither the first nor the last, and more than 0.99 for it."""
    k = int(rng.integers(3, 6))
    labels, rest = rng.integers(1, k - 1, 1), rng.uniform(0.001, 0.009)
    return labels, rest * rng.dirichlet(np.full(k, 5), 1) + (1 - rest) * one_hot(labels, k)


def off_by_a_bit(rng: np.random.Generator) -> tuple[Any, Any]:
    """Return class numbers and rows that sum to a bit less than 1."""
    labels = rng.integers(0, 3, 3)  # none is of the last class
    return labels, rng.dirichlet(np.full(4, 5), 3) * rng.uniform(0.8, 0.95, (3, 1))


def class_edges(form: Callable[..., tuple[Any, ...]], one_row: str) -> tuple[Edge, ...]:
    """Return the edges: zero probability, and one row; `form` makes the arguments of the task."""
    labels, sure = np.array([0, 2]), np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    unsure = np.array([[0.0, 0.5, 0.5], [0.25, 0.75, 0.0]])
    row = np.array([[0.003, 0.995, 0.002]])
    rounded = np.array([[0.3, 0.3, 0.3], [0.5, 0.3, 0.25]])
    return (
        edge("the true class has probability 0", "no-clipping", *form(labels, unsure, EPS),
             finite="certain-and-wrong", vary=lambda rng: form(*one_is_impossible(rng), EPS)),
        edge("the true class has probability 0, and eps is left out", "certain-and-wrong",
             *form(labels, unsure), vary=lambda rng: form(*one_is_impossible(rng)),
             upto=lambda true, p: [(true, p, 1e-16), (true, p, 1e-6)]),
        edge("every other class has probability 0", "no-clipping", *form(labels, sure, EPS),
             finite="eps-ignored", vary=lambda rng: form(*all_are_sure(rng), EPS)),
        edge("rows that do not sum to 1", "rows-not-one", *form(np.array([0, 1]), rounded),
             vary=lambda rng: form(*off_by_a_bit(rng))),
        # Clipped at both ends or at 0 alone: both are careful.
        edge("one row", one_row, *form(np.array([1]), row, 0.01),
             vary=lambda rng: form(*nearly_sure(rng), 0.01),
             upto=lambda true, p, eps: (true, p, 0.0)),
    )  # fmt: skip


EXAMPLE = (
    np.array([0, 2, 1, 1]),
    np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.25, 0.5, 0.25], [0.1, 0.8, 0.1]]),
)

SHIELD = (
    "What is log(0)? `eps` is the smallest probability that you let through, 1 - `eps` the largest."
)


ONE_HOT_PROGRAM = Program("y_true, y_pred, eps=1e-15", ONE_HOT_STEPS, ONE_HOT, (binary,))
SPARSE_PROGRAM = Program("classes, y_pred, eps=1e-15", SPARSE_STEPS, SPARSE, (binary, chosen))


def one_hot_task(name: str, style: Style, hints: tuple[str, str, str]) -> Task:
    """Return a task on one-hot rows."""
    return Task(
        name=name,
        reference=losses.cross_entropy,
        style=style,
        example=as_one_hot(*EXAMPLE),
        edges=class_edges(as_one_hot, "single-sample"),
        draw=lambda rng, n: as_one_hot(*draw_classes(rng, n)),
        program=ONE_HOT_PROGRAM,
        hints=hints,
    )  # fmt: skip


CROSS_ENTROPY_LOOP = one_hot_task(
    "cross_entropy_loop", "loop",
    (
        "A row of `y_true` has one 1. Which entry of the same row of `y_pred` does it choose?",
        "One loop over the rows, one over the classes of a row: `zip` serves both.",
        SHIELD,
    ),
)  # fmt: skip
CROSS_ENTROPY_NUMPY = one_hot_task(
    "cross_entropy_numpy", "numpy",
    (
        "What is left of `y_true * np.log(y_pred)` where `y_true` is 0?",
        "Sum within a row, mean over the rows: by which number do you divide, n or n times k?",
        SHIELD,
    ),
)  # fmt: skip
SPARSE_CROSS_ENTROPY = Task(
    name="sparse_cross_entropy",
    reference=losses.sparse_cross_entropy,
    style="either",
    example=EXAMPLE,
    edges=class_edges(lambda *given: given, "classes-from-labels"),
    draw=draw_classes,
    program=SPARSE_PROGRAM,
    hints=(
        "Which one of the k probabilities in row 3 does the third label choose?",
        "Two arrays of indices, row numbers and column numbers, choose one entry from each row.",
        SHIELD,
    ),
)  # fmt: skip

TASKS = (SOFTMAX_TASK, CROSS_ENTROPY_LOOP, CROSS_ENTROPY_NUMPY, SPARSE_CROSS_ENTROPY)
