"""Tasks on the log loss: from probabilities, in a loop and with NumPy, and from logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.program import Program
from autograder.tasks.shared import REDUCTION, TAIL, many
from autograder.tasks.task import Draw, Edge, Style, Task, edge

EPS = 1e-15

# --- What is the same from probabilities and from logits: the two terms, by their logarithms


def by_class(y: Any, a: Any, b: Any) -> Any:
    """Return terms whose mean is that of the ones plus that of the zeros."""
    return np.size(y) * (y * a / np.sum(y) + (1 - y) * b / np.sum(1 - y))


TERMS = """
positive-term-only | term = y * a
negative-term-only | term = (1 - y) * b
positive-term-only | term = a[y == 1]
negative-term-only | term = b[y == 0]
terms-swapped | term = y * b + (1 - y) * a
bitwise-not | term = y * a + (-1 - y) * b
argmax-instead | term = maximum(a, b)
bracket-misplaced | each = -(1 - y) * b - mean(y * a); average = each
bracket-misplaced | each = -y * a - mean((1 - y) * b); average = each
minus-between-terms | term = y * a - (1 - y) * b
minus-between-terms | term = (1 - y) * b - y * a
one-minus-missing: log(1 - p) | term = a
one-minus-missing: 1 - y | term = y * a + y * b
ignores-y-true | term = a
ignores-y-true | term = b
weight-missing: y, and 1 - y, | term = a + b
weight-missing: 1 - y | term = y * a + b
weight-missing: y | term = a + (1 - y) * b
weight-missing: y | term = (1 - y) * a + (1 - y) * b
rare prediction-as-weight | term = exp(a) * a + (1 - y) * b
rare prediction-as-weight | term = y * a + exp(b) * b
rare prediction-as-weight | term = exp(a) * a + exp(b) * b
log-base-2 | term = y * a / log(2) + (1 - y) * b
log-base-2 | term = y * a + (1 - y) * b / log(2)
log-base-10 | term = y * a / log(10) + (1 - y) * b
log-base-10 | term = y * a + (1 - y) * b / log(10)
log-missing | term = y * a + (1 - y) * exp(b)
log-missing | term = y * exp(a) + (1 - y) * b
log-missing | term = y * a + (1 - y)
rare bracket-misplaced | term = y * a + (1 - y) * (1 - a)
rare bracket-misplaced | term = y * a + (1 - y) - exp(a)
rare bracket-misplaced | term = y * a + 1 - y * b
rare bracket-misplaced | term = (y * a + 1 - y) * b
rare all-pairs | term = outer(y, a) + outer(1 - y, b)
rare wrong-n | term = (y * a + (1 - y) * b) * size(y) / sum(y)
rare wrong-n | term = (y * a + (1 - y) * b) * size(y) / sum(1 - y)
rare wrong-n | term = by_class(y, a, b)
rare all-pairs | term = outer(y, a) + outer(1 - y, b); value = sum(kept) / len(kept)
rare wrong-n | term = by_class(y, a, b) / 2
"""
"""With `a` the log of p, and `b` that of 1 - p."""

# --- From probabilities: which of them are moved away from 0 and 1, and by how much

STEPS = """
low = eps
y = asarray(y_true)
p = floats(y_pred)
q = clip(p, low, 1 - low)
r = 1 - q
a = log(q)
b = log(r)
term = y * a + (1 - y) * b
each = -term
""" + TAIL  # fmt: skip

MISTAKES = """
args-swapped | y = asarray(y_pred); p = floats(y_true)
args-swapped | y = asarray(y_pred); p = floats(y_true); low = 1e-15
# On labels it shows that each logarithm has a floor of its own; on predictions it does not.
args-swapped | y = asarray(y_pred); p = floats(y_true); q = maximum(p, low); r = maximum(1 - p, low)
args-swapped | y = asarray(y_pred); p = floats(y_true); q = p + ?; r = 1 - p + ?
clip-too-wide: 0.1 and 0.9 | eps = 0.1
clip-too-wide: 0.05 and 0.95 | eps = 0.05
clip-too-wide: 0.01 and 0.99 | eps = 0.01
clip-too-wide: 0.001 and 0.999 | eps = 0.001
clip-too-wide: 0.0001 and 0.9999 | eps = 0.0001
clip-too-wide: 1e-05 and 0.99999 | eps = 0.00001
rare eps-other-value: half of it | low = eps / 2
rare eps-other-value: twice as much | low = eps * 2
rare eps-other-value: its square | low = eps**2
rare eps-other-value: its root | low = eps**0.5
eps-too-small | eps = 1e-17
threshold-first | p = round(floats(y_pred))
complement | p = 1 - floats(y_pred)
sigmoid-twice | p = sigmoid(floats(y_pred))
labels-minus-one | y = 2 * asarray(y_true) - 1
labels-minus-one | y = (asarray(y_true) + 1) / 2
rare misaligned | p = floats(y_pred)[::-1]
rare misaligned | p = sort(floats(y_pred))
rare bracket-misplaced | b = -q
rare log-of-mean | p = full(shape(y_pred), mean(y_pred))
rare misaligned | y = sort(y_true); p = sort(floats(y_pred))
rare normalizes | p = floats(y_pred) / sum(y_pred)
int-buffer | p = trunc(floats(y_pred))
float32 | y = float32(y_true); p = float32(y_pred); low = float32(eps)
float32 | p = float32(y_pred)
float32 | p = floats(float32(y_pred))
no-clipping | q = p
clips-zero-only | q = maximum(p, low)
clips-one-only | q = minimum(p, 1 - low)
half-clip | q = maximum(p, low)
half-clip | q = minimum(p, 1 - low)
clip-min-max-swapped | q = full(shape(p), low)
clip-min-max-swapped | q = full(shape(p), 1 - low)
rare clip-typo: 0 becomes nearly 1, and 1 nearly 0
  | q = where(p < low, 1 - low, where(p > 1 - low, low, p))
rare clip-typo: 0 and 1 both become nearly 0 | q = where((p < low) | (p > 1 - low), low, p)
rare clip-typo: 0 and 1 both become nearly 1 | q = where((p < low) | (p > 1 - low), 1 - low, p)
rare clip-typo: everything becomes nearly 0 or nearly 1 | q = where(p > low, 1 - low, low)
rare clip-typo: the upper bound is one half | q = clip(p, low, 0.5)
rare clip-typo: all become 1 - eps at least | q = maximum(p, 1 - low)
rare clip-typo: all become eps at most | q = minimum(p, low)
one-minus-missing: log(1 - p) | r = 1 + q
rare clip-typo: the labels, not the predictions | y = clip(y_true, low, 1 - low); q = p
rare clip-typo: the labels too | y = clip(y_true, low, 1 - low)
clips-exact-only | q = where(p == 0, low, where(p == 1, 1 - low, p))
clips-exact-only | q = where(p == 0, low, p)
clips-exact-only | q = where(p == 1, 1 - low, p)
eps-ignored: {} | q = clip(p, ?, 1 - ?)
eps-ignored: {} | q = maximum(p, ?); r = maximum(1 - p, ?)
eps-ignored: {} at the lower end | q = clip(p, ?, 1 - low)
eps-ignored: {} at the upper end | q = clip(p, low, 1 - ?)
eps-ignored: {} at the lower end | q = maximum(p, ?)
eps-ignored: {} at the upper end | q = minimum(p, 1 - ?)
default-eps: {} | eps = ?
clip-too-wide: 0.1 and 0.9 | q = clip(p, 0.1, 0.9)
clip-too-wide: 0.01 and 0.99 | q = clip(p, 0.01, 0.99)
clip-too-wide: 0.001 and 0.999 | q = clip(p, 0.001, 0.999)
clip-too-wide: 0.0001 and 0.9999 | q = clip(p, 0.0001, 0.9999)
eps-in-log | q = p + low; r = 1 - p + low
eps-in-log: {} | q = p + ?; r = 1 - p + ?
eps-in-log: {} | q = p + ?; r = 1 - p
eps-in-log: {} | q = p; r = 1 - p + ?
eps-in-log: {} | q = clip(p, low, 1 - low) + ?; r = 1 - clip(p, low, 1 - low) + ?
eps-wrong-side: {} | q = p + ?
eps-in-log | q = p + low; r = 1 - p
eps-in-log | q = p; r = 1 - p + low
eps-in-log | q = clip(p, low, 1 - low) + low; r = 1 - clip(p, low, 1 - low) + low
rare eps-wrong-side | q = p + low
rare eps-wrong-side | q = p - low
rare eps-wrong-side | q = p * exp(low); r = (1 - p) * exp(low)
rare eps-wrong-side | q = p * exp(-low); r = (1 - p) * exp(-low)
rare eps-wrong-side | q = p - low; r = 1 - p - low
rare smooths | q = p * (1 - 2 * low) + low
rare smooths | q = (p + low) / (1 + 2 * low)
rare smooths | q = p * (1 - low) + low / 2
skips-clipped | q = p; kept = each[isfinite(each)]
skips-clipped | q = where(clip(p, low, 1 - low) == p, p, 1)
  ; r = where(clip(p, low, 1 - low) == p, 1 - p, 1)
nan-to-num | q = where(p > 0, p, 1); r = where(p < 1, 1 - p, 1)
nan-to-num | q = p; a = nan_to_num(log(q)); b = nan_to_num(log(r))
nan-to-num | q = p; term = nan_to_num(y * a + (1 - y) * b)
nan-to-num | q = p; term = nan_to_num(y * a) + nan_to_num((1 - y) * b)
nan-to-num | q = p; result = nan_to_num(value)
log-base-2 | a = log2(q); b = log2(r)
log-base-10 | a = log10(q); b = log10(r)
log-missing | a = q; b = r
eps-in-log: 1 | a = log(q + 1); b = log(r + 1)
""" + TERMS + """
log-of-mean | a = q; b = r; each = term; average = -log(mean(kept))
log-of-mean | a = q; b = r; each = term; average = -log(sum(kept))
log-of-mean | a = q; b = r; each = term; average = -log(sum(kept)) / kept.size
product-underflow | a = q; b = r; each = term; average = -log(prod(kept)) / kept.size
product-underflow | a = q; b = r; each = term; average = -log(prod(kept))
product-underflow | a = q; b = r; each = term; average = -log(prod(kept) ** (1 / kept.size))
log-missing | a = q; b = r; each = term; average = prod(kept)
wrong-loss: the mean squared error | each = (y - p) ** 2
wrong-loss: the mean absolute error | each = abs(y - p)
wrong-loss: the mean difference | each = y - p
wrong-loss: the share of wrong decisions | each = 1.0 * ((p > 0.5) != (y == 1))
wrong-loss: the share of right decisions | each = 1.0 * ((p > 0.5) == (y == 1))
wrong-loss: the hinge loss | each = maximum(0, 1 - y * p)
wrong-loss: the hinge loss | each = maximum(0, 1 - (2 * y - 1) * p)
""" + REDUCTION  # fmt: skip


def draw(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return labels and probabilities, and for n = 8 an epsilon that matters.

    Many true classes get little: a product of 500 probabilities is too small for a float. None
    is surer than 1 - eps, so that clipping what goes into each logarithm is as right as clipping p.
    """
    low = {5: 2e-4, 8: 0.01}.get(n, 5e-6)  # well above an epsilon that is careful
    of_truth = np.exp(rng.uniform(np.log(low), np.log(0.9), n))
    labels = (rng.permutation(n) % 5 < 3).astype(int)
    if n == 8:
        of_truth[[np.argmax(labels), np.argmin(labels)]] = rng.uniform(low, 0.04, 2)
        return labels, np.where(labels == 1, of_truth, 1 - of_truth), 0.05
    return labels, np.where(labels == 1, of_truth, 1 - of_truth)


def sure(
    name: str, slug: str, y: list[int], p: list[float], other: float, vary: Draw, finite: str = ""
) -> Edge:
    """Return an edge of predictions of exactly 0 or 1, which the smallest epsilon guards.

    1 - (1 - eps) is not eps to the last digit, so that clipping p, 1 - p or the probability of
    the truth differ: all between eps and `other` is right.
    """
    return edge(
        name,
        slug,
        np.array(y),
        np.array(p),
        EPS,
        vary=lambda rng: (*vary(rng), EPS),
        upto=lambda y, p, eps: (y, p, other),
        finite=finite,
    )


def shuffled(rng: np.random.Generator, labels: Any, p: Any) -> tuple[Any, ...]:
    """Return these labels and probabilities in another order."""
    order = rng.permutation(len(labels))
    return np.asarray(labels)[order], np.asarray(p)[order]


def sure_among(rng: np.random.Generator, label: int, p: float) -> tuple[Any, ...]:
    """Return one sample among others of both labels, which are not sure."""
    return shuffled(rng, [label, 0, 1, *rng.integers(0, 2, 2)], [p, *rng.uniform(0.1, 0.9, 4)])


def whole_among(rng: np.random.Generator) -> tuple[Any, ...]:
    """Return integer predictions: one of 0 where the truth is 1, all others right."""
    labels = np.repeat([1, 0], rng.integers(3, 6, 2))
    return shuffled(rng, labels, np.where(np.arange(len(labels)) == 0, 0, labels))


def both_ends(rng: np.random.Generator) -> tuple[Any, ...]:
    """Return labels of both kinds, and themselves as probabilities."""
    labels = rng.permutation([0, 1, *rng.integers(0, 2, 3)])
    return labels, labels * 1.0


def wrong_ends(rng: np.random.Generator, *eps: float) -> tuple[Any, ...]:
    """Return labels of both kinds, their opposites as probabilities, and an epsilon."""
    labels, p = both_ends(rng)
    return labels, 1 - p, *eps


ONE_ZERO = np.array([1, 0])
EDGES: tuple[Edge, ...] = (
    sure("a prediction of 0 where the truth is 1", "clips-one-only", [1, 1, 0], [0, 0.8, 0.3],
         5e-16, vary=lambda rng: sure_among(rng, 1, 0), finite="eps-ignored"),
    sure("a prediction of 1 where the truth is 0", "clips-zero-only", [1, 0, 0], [0.8, 0.3, 1],
         2e-15, vary=lambda rng: sure_among(rng, 0, 1), finite="eps-ignored"),
    edge("predictions of 0 and 1, both right", "eps-too-small", ONE_ZERO, np.array([1.0, 0.0]),
         vary=both_ends, upto=lambda y, p: (y, p, 1e-6)),
    edge("ones only", "one-class", np.array([1, 1, 1]), np.array([0.9, 0.6, 0.2]),
         vary=lambda rng: (np.ones(4, dtype=int), rng.uniform(0.1, 0.9, 4))),
    edge("zeros only", "one-class", np.array([0, 0, 0]), np.array([0.9, 0.6, 0.2]),
         vary=lambda rng: (np.zeros(4, dtype=int), rng.uniform(0.1, 0.9, 4))),
    sure("integer predictions", "int-buffer", [1, 0, 1, 0], [0, 0, 1, 0], 5e-16,
         vary=whole_among),
    edge("another eps", "eps-ignored", ONE_ZERO, np.array([0.0, 1.0]), 0.01,
         vary=lambda rng: wrong_ends(rng, rng.uniform(0.005, 0.05))),
)  # fmt: skip

PROGRAM = Program("y_true, y_pred, eps=1e-15", STEPS, MISTAKES, (by_class,))


def task(name: str, style: Style, hints: tuple[str, str, str]) -> Task:
    """Return the task of the log loss of probabilities in a style."""
    return Task(
        name=name,
        reference=losses.log_loss,
        style=style,
        example=(np.array([1, 0, 1]), np.array([0.9, 0.2, 0.4])),
        edges=EDGES,
        draw=draw,
        program=PROGRAM,
        hints=hints,
    )


LOG_LOSS_LOOP = task(
    "log_loss_loop", "loop",
    (
        "Take one sample with truth 1 and prediction 0.9. Which probability did the truth get?",
        "`math.log` is the natural log. Which term counts for a truth of 1, and which for a 0?",
        "Before any log: hold p between eps and 1 - eps, with `min` and `max`. Then the mean.",
    ),
)  # fmt: skip
LOG_LOSS_NUMPY = task(
    "log_loss_numpy", "numpy",
    (
        "What is left of y · log(p) + (1 - y) · log(1 - p) when y is 1, and when y is 0?",
        "Both terms can be computed for all samples at once; the labels switch one of them off.",
        "`np.clip` holds a whole array between two bounds. The minus goes before the whole mean.",
    ),
)  # fmt: skip


# --- From logits


def soft(z: Any) -> Any:
    """Return log(1 + exp(z)) without overflow."""
    return np.logaddexp(0, z)


def rest(z: Any) -> Any:
    """Return what the stable formula adds for every sample, log(1 + exp(-|z|))."""
    return np.log1p(np.exp(-np.abs(z)))


LOGIT_STEPS = """
y = asarray(y_true)
z = floats(logits)
up = soft(-z)
down = soft(z)
a = -up
b = -down
term = y * a + (1 - y) * b
each = -term
""" + TAIL  # fmt: skip

LOGIT_MISTAKES = """
no-max-shift | a = log(sigmoid(z)); b = log(1 - sigmoid(z))
no-max-shift | up = log(1 + exp(-z)); down = log(1 + exp(z))
saturates: the probability, at {}
  | a = log(clip(sigmoid(z), ?, 1 - ?)); b = log(1 - clip(sigmoid(z), ?, 1 - ?))
saturates: the logit, at {} | z = clip(floats(logits), -?, ?)
rare eps-in-log: {} | a = log(sigmoid(z) + ?); b = log(sigmoid(-z) + ?)
""" + many(
    "sigmoid-missing | a = log(clip(z, {}, 1 - {})); b = log(1 - clip(z, {}, 1 - {}))",
    ("1e-15", "1e-16", "1e-12", "1e-10", "1e-9", "1e-8", "1e-7"),
) + """
sigmoid-twice | a = log(sigmoid(sigmoid(z))); b = log(1 - sigmoid(sigmoid(z)))
logit-sign | z = -floats(logits)
other-constant: log(e + exp(z)) where log(1 + exp(z)) belongs | each = logaddexp(1, z) - y * z
logit-sign | a = log(sigmoid(-z)); b = log(1 - sigmoid(-z))
softmax-instead | a = log(exp(z - z.max()) / exp(z - z.max()).sum())
  ; b = log(1 - exp(z - z.max()) / exp(z - z.max()).sum())
rare wrong-base: 2 | a = -log(1 + 2.0**-z); b = log(1 - 1 / (1 + 2.0**-z))
rare wrong-base: 10 | a = -log(1 + 10.0**-z); b = log(1 - 1 / (1 + 10.0**-z))
""" + many("rare wrong-sigmoid | a = log({}); b = log(1 - {})", (
    "kept_off(exp(z) / (1 + exp(-z)))",
    "1 / (1 + exp(-abs(z)))",
    "kept_off(0.2 * z + 0.5)",
    "(z / (1 + abs(z)) + 1) / 2",
    "(tanh(z) + 1) / 2",
    "kept_off(tanh(z))",
    "kept_off(1 + exp(-z))",
    "kept_off(exp(z))",
)) + """
threshold-first | a = log(kept_off((z > 0) * 1.0)); b = log(1 - kept_off((z > 0) * 1.0))
threshold-first | a = log(kept_off((z > 0.5) * 1.0)); b = log(1 - kept_off((z > 0.5) * 1.0))
log-base-2 | a = -up / log(2); b = -down / log(2)
log-base-10 | a = -up / log(10); b = -down / log(10)
log-missing | a = sigmoid(z); b = sigmoid(-z)
""" + "".join(f"""
log-base-{base} | each = down / log({base}) - y * z
log-base-{base} | each = up / log({base}) + (1 - y) * z
log-base-{base} | each = maximum(z, 0) - y * z + rest(z) / log({base})
""" for base in (2, 10)) + """
no-max-shift | each = log(1 + exp(-(2 * y - 1) * z))
max-of-logit: nothing | each = rest(z) - y * z
max-of-logit: z | each = z - y * z + rest(z)
max-of-logit: |z| | each = abs(z) - y * z + rest(z)
sign-kept: in the exponent | each = maximum(z, 0) - y * z + up
sign-kept: in the exponent | each = maximum(z, 0) - y * z + down
logit-sign | each = maximum(z, 0) - y * z + log1p(exp(abs(z)))
logit-sign | each = up - y * z
logit-sign | each = down + (1 - y) * z
sign-before-yz | each = down + y * z
sign-before-yz | each = up - (1 - y) * z
sign-before-yz | each = soft(y * z)
one-plus-missing | each = maximum(z, 0) - y * z - abs(z)
one-plus-missing | each = z - y * z
one-plus-missing | each = maximum(z, 0) - y * z + log(1 - exp(-abs(z)))
minus-between-terms | each = maximum(z, 0) - y * z - rest(z)
term-missing: the z in y · z | each = down - y
term-missing: log(1 + exp(-|z|)) | each = maximum(z, 0) - y * z
ignores-y-true | each = down
ignores-y-true | each = down - z
labels-minus-one | each = soft(-y * z)
log-missing | each = maximum(z, 0) - y * z + exp(-abs(z))
log-missing | each = 1 + exp(z) - y * z
rare wrong-base: 2 | each = log1p(2.0**z) - y * z
rare wrong-base: 2 | each = maximum(z, 0) - y * z + log1p(2.0**-abs(z))
rare wrong-base: 10 | each = log1p(10.0**z) - y * z
rare wrong-base: 10 | each = maximum(z, 0) - y * z + log1p(10.0**-abs(z))
rare log-of-mean | a = log(full(shape(z), mean(sigmoid(z))))
  ; b = log(full(shape(z), mean(sigmoid(-z))))
np-max-not-maximum | each = max(z) - y * z + rest(z)
np-max-not-maximum | each = maximum(max(z), 0) - y * z + rest(z)
term-missing: log(1 + exp(z)) | each = -y * z
term-missing: y · z where z < 0 | each = down - y * maximum(z, 0)
term-missing: y · z where z > 0 | each = down - y * minimum(z, 0)
wrong-loss: the mean squared error | each = (y - sigmoid(z))**2
wrong-loss: the mean absolute error | each = abs(y - sigmoid(z))
wrong-loss: the squared error of the logits | each = (y - z)**2
wrong-loss: the hinge loss | each = maximum(0, 1 - (2 * y - 1) * z)
wrong-loss: the share of wrong decisions | each = 1.0 * ((z > 0) != (y == 1))
args-swapped | y = floats(logits); z = floats(y_true)
labels-minus-one | y = 2 * asarray(y_true) - 1
rare misaligned | z = floats(logits)[::-1]
float32 | y = float32(y_true); z = float32(logits)
float32 | z = floats(float32(logits))
int-buffer | z = trunc(floats(logits))
""" + TERMS + """
log-of-mean | a = sigmoid(z); b = sigmoid(-z); each = term; average = -log(mean(kept))
log-of-mean | a = sigmoid(z); b = sigmoid(-z); each = term; average = -log(sum(kept))
log-of-mean | a = sigmoid(z); b = sigmoid(-z); each = term; average = -log(sum(kept)) / kept.size
product-underflow | a = sigmoid(z); b = sigmoid(-z); each = term
  ; average = -log(prod(kept)) / kept.size
product-underflow | a = sigmoid(z); b = sigmoid(-z); each = term; average = -log(prod(kept))
product-underflow | a = sigmoid(z); b = sigmoid(-z); each = term
  ; average = -log(prod(kept) ** (1 / kept.size))
log-missing | a = sigmoid(z); b = sigmoid(-z); each = term; average = prod(kept)
""" + REDUCTION  # fmt: skip


def kept_off(p: Any) -> Any:
    """Return probabilities kept away from 0 and 1."""
    return np.clip(p, EPS, 1 - EPS)


def draw_logits(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return labels and logits, small enough for a sigmoid that is clipped with care."""
    return (rng.permutation(n) % 5 < 3).astype(int), rng.uniform(-6, 6, n)


def large_logits(rng: np.random.Generator, sign: int) -> tuple[Any, ...]:
    """Return labels of both kinds and logits near ±1000: right for a sign of 1, wrong for -1."""
    labels = rng.permutation([0, 1, *rng.integers(0, 2, 2)])
    return labels, sign * (2 * labels - 1) * rng.uniform(800, 1200, 4)


LOGIT_PROGRAM = Program(
    "y_true, logits", LOGIT_STEPS, LOGIT_MISTAKES, (by_class, soft, rest, kept_off)
)
LOG_LOSS_FROM_LOGITS = Task(
    name="log_loss_from_logits",
    reference=losses.log_loss_from_logits,
    style="either",
    example=(np.array([1, 0, 1]), np.array([2.0, -1.0, -0.5])),
    edges=(
        # A clipped sigmoid is right here, up to its epsilon.
        edge("logits of ±1000, both right", "no-max-shift", ONE_ZERO, np.array([1000.0, -1000.0]),
             vary=lambda rng: large_logits(rng, 1), upto=lambda y, z: (y, np.clip(z, -13.8, 13.8))),
        edge("logits of ±1000, both wrong", "saturates", ONE_ZERO, np.array([-1000.0, 1000.0]),
             vary=lambda rng: large_logits(rng, -1)),
    ),
    draw=draw_logits,
    program=LOGIT_PROGRAM,
    hints=(
        "With p = 1 / (1 + exp(-z)): what becomes of log(1 - p) = -log(1 + exp(z)) at z = 1000?",
        "Write the loss without p: log(1 + exp(z)) - y · z. It is right, but exp(1000) overflows.",
        "Take out what is too large: log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)).",
    ),
)  # fmt: skip

TASKS = (LOG_LOSS_LOOP, LOG_LOSS_NUMPY, LOG_LOSS_FROM_LOGITS)
