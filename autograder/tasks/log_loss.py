"""Tasks on the log loss: from probabilities, in a loop and with NumPy, and from logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.regression import REDUCTION, mean
from autograder.tasks.task import Draw, Edge, Mistake, Pipeline, Style, Task, edge, same, wrong

EPS = 1e-15


def log(values: Any, base: float | None = None) -> Any:
    """Return the logarithm, the natural one unless a base is given."""
    return np.log(values) if base is None else np.log(values) / np.log(base)


def clipped(p: Any, eps: float) -> Any:
    """Return probabilities kept away from 0 and 1."""
    return np.clip(p, eps, 1 - eps)


def sigmoid(z: Any) -> Any:
    """Return the probability that belongs to a logit."""
    return 1 / (1 + np.exp(-z))


# --- What is the same from probabilities and from logits: the two terms, by their logarithms

Terms = Callable[[Any, Any, Any], Any]


def terms(slug: str, formula: Terms, detail: str = "") -> Mistake:
    """Return the mistake of these terms, of the labels and the logs of p and of 1 - p."""
    return wrong(slug, detail, terms=formula)


def loss(slug: str, detail: str, formula: Callable[[Any, Any], Any]) -> Mistake:
    """Return the mistake of another loss of each sample, of its label and what is predicted."""
    return wrong(slug, detail, clip=lambda y, p, eps: formula(y, p), logs=same, terms=same,
                 sign=same)  # fmt: skip


def by_class(y: Any, a: Any, b: Any) -> Any:
    """Return terms whose mean is that of the ones plus that of the zeros."""
    return np.size(y) * (y * a / np.sum(y) + (1 - y) * b / np.sum(1 - y))


TERMS = (
    terms("positive-term-only", lambda y, a, b: y * a),
    terms("negative-term-only", lambda y, a, b: (1 - y) * b),
    terms("positive-term-only", lambda y, a, b: a[y == 1]),
    terms("negative-term-only", lambda y, a, b: b[y == 0]),
    terms("terms-swapped", lambda y, a, b: y * b + (1 - y) * a),
    terms("minus-between-terms", lambda y, a, b: y * a - (1 - y) * b),
    terms("minus-between-terms", lambda y, a, b: (1 - y) * b - y * a),
    terms("one-minus-missing", lambda y, a, b: a, "log(1 - p)"),
    terms("one-minus-missing", lambda y, a, b: y * a + y * b, "1 - y"),
    terms("ignores-y-true", lambda y, a, b: a),
    terms("ignores-y-true", lambda y, a, b: b),
    terms("weight-missing", lambda y, a, b: a + b, "y, and 1 - y,"),
    terms("weight-missing", lambda y, a, b: y * a + b, "1 - y"),
    terms("weight-missing", lambda y, a, b: a + (1 - y) * b, "y"),
    terms("weight-missing", lambda y, a, b: (1 - y) * a + (1 - y) * b, "y"),
    terms("prediction-as-weight", lambda y, a, b: np.exp(a) * a + (1 - y) * b),
    terms("prediction-as-weight", lambda y, a, b: y * a + np.exp(b) * b),
    terms("prediction-as-weight", lambda y, a, b: np.exp(a) * a + np.exp(b) * b),
    terms("log-base-2", lambda y, a, b: y * a / np.log(2) + (1 - y) * b),
    terms("log-base-2", lambda y, a, b: y * a + (1 - y) * b / np.log(2)),
    terms("log-base-10", lambda y, a, b: y * a / np.log(10) + (1 - y) * b),
    terms("log-base-10", lambda y, a, b: y * a + (1 - y) * b / np.log(10)),
    terms("log-missing", lambda y, a, b: y * a + (1 - y) * np.exp(b)),
    terms("log-missing", lambda y, a, b: y * np.exp(a) + (1 - y) * b),
    terms("log-missing", lambda y, a, b: y * a + (1 - y)),
    terms("bracket-misplaced", lambda y, a, b: y * a + (1 - y) * (1 - a)),
    terms("bracket-misplaced", lambda y, a, b: y * a + (1 - y) - np.exp(a)),
    terms("bracket-misplaced", lambda y, a, b: y * a + 1 - y * b),
    terms("bracket-misplaced", lambda y, a, b: (y * a + 1 - y) * b),
    terms("all-pairs", lambda y, a, b: np.outer(y, a) + np.outer(1 - y, b)),
    terms("wrong-n", lambda y, a, b: (y * a + (1 - y) * b) * np.size(y) / np.sum(y)),
    terms("wrong-n", lambda y, a, b: (y * a + (1 - y) * b) * np.size(y) / np.sum(1 - y)),
    terms("wrong-n", by_class),
    terms("wrong-n", lambda *given: by_class(*given) / 2),
    wrong("all-pairs", terms=lambda y, a, b: np.outer(y, a) + np.outer(1 - y, b),
          reduce=lambda e: np.sum(e) / len(e)),
)  # fmt: skip

LOGS = (
    wrong("log-base-2", logs=lambda y, a, b: (y, log(a, 2), log(b, 2))),
    wrong("log-base-10", logs=lambda y, a, b: (y, log(a, 10), log(b, 10))),
    wrong("log-missing", logs=lambda y, a, b: (y, np.asarray(a), np.asarray(b))),
    wrong("eps-in-log", "1", logs=lambda y, a, b: (y, log(a + 1), log(b + 1))),
)


def likelihood(slug: str, reduce: Callable[[Any], Any]) -> tuple[Mistake, Mistake]:
    """Return the mistake of reducing the truths' probabilities, of those given and of logits."""
    return (
        wrong(slug, logs=lambda y, a, b: (y, a, b), sign=same, reduce=reduce),
        wrong(slug, logs=lambda y, z: (y, sigmoid(z), sigmoid(-z)), sign=same, reduce=reduce),
    )


LIKELIHOODS, LIKELIHOODS_OF_LOGITS = zip(
    likelihood("log-of-mean", lambda e: -log(mean(e))),
    likelihood("log-of-mean", lambda e: -log(np.sum(e))),
    likelihood("log-of-mean", lambda e: -log(np.sum(e)) / e.size),
    likelihood("product-underflow", lambda e: -log(np.prod(e)) / e.size),
    likelihood("product-underflow", lambda e: -log(np.prod(e))),
    likelihood("product-underflow", lambda e: -log(np.prod(e) ** (1 / e.size))),
    likelihood("log-missing", np.prod),
    strict=True,
)


# --- From probabilities: which of them are moved away from 0 and 1, and by how much


def clip(slug: str, how: Callable[[Any, float], Any], detail: str = "") -> Mistake:
    """Return the mistake of moving the probabilities in this way."""
    return wrong(slug, detail, clip=lambda y, p, eps: both(y, how(p, eps)))


def both(y: Any, p: Any) -> tuple[Any, Any, Any]:
    """Return the labels, and what goes into the two logarithms."""
    return y, p, 1 - p


def always(eps: float) -> Callable[[Any, float], Any]:
    """Clip with this epsilon whatever is asked for."""
    return lambda p, _: clipped(p, eps)


def ends(p: Any, low: float, high: float) -> Any:
    """Replace what is exactly 0, and exactly 1."""
    return np.where(p == 0, low, np.where(p == 1, high, p))


def guarded(y: Any, p: Any, eps: float) -> tuple[Any, Any, Any]:
    """Let 1 stand where a logarithm does not exist: its log is 0."""
    return y, np.where(p > 0, p, 1), np.where(p < 1, 1 - p, 1)


def skipping(y: Any, p: Any, eps: float) -> tuple[Any, Any, Any]:
    """Let 1 stand in both logarithms of a sample that would have to be clipped."""
    fine = clipped(p, eps) == p
    return y, np.where(fine, p, 1), np.where(fine, 1 - p, 1)


CLIPS = (
    clip("no-clipping", lambda p, eps: p),
    clip("clips-zero-only", lambda p, eps: np.maximum(p, eps)),
    clip("clips-one-only", lambda p, eps: np.minimum(p, 1 - eps)),
    clip("half-clip", lambda p, eps: np.maximum(p, eps)),
    clip("half-clip", lambda p, eps: np.minimum(p, 1 - eps)),
    clip("clip-min-max-swapped", lambda p, eps: np.full(np.shape(p), eps)),
    clip("clip-min-max-swapped", lambda p, eps: np.full(np.shape(p), 1 - eps)),
    clip("clip-typo", lambda p, eps: np.where(p < eps, 1 - eps, np.where(p > 1 - eps, eps, p)),
         "0 becomes nearly 1, and 1 nearly 0"),
    clip("clip-typo", lambda p, eps: np.where((p < eps) | (p > 1 - eps), eps, p),
         "0 and 1 both become nearly 0"),
    clip("clip-typo", lambda p, eps: np.where((p < eps) | (p > 1 - eps), 1 - eps, p),
         "0 and 1 both become nearly 1"),
    clip("clip-typo", lambda p, eps: np.where(p > eps, 1 - eps, eps),
         "everything becomes nearly 0 or nearly 1"),
    clip("clip-typo", lambda p, eps: np.clip(p, eps, 0.5), "the upper bound is one half"),
    clip("clip-typo", lambda p, eps: np.maximum(p, 1 - eps), "all become 1 - eps at least"),
    clip("clip-typo", lambda p, eps: np.minimum(p, eps), "all become eps at most"),
    wrong("one-minus-missing", "log(1 - p)",
          clip=lambda y, p, eps: (y, clipped(p, eps), 1 + clipped(p, eps))),
    wrong("clip-typo", "the labels, not the predictions",
          clip=lambda y, p, eps: both(clipped(y, eps), p)),
    wrong("clip-typo", "the labels too",
          clip=lambda y, p, eps: both(clipped(y, eps), clipped(p, eps))),
    clip("clips-exact-only", lambda p, eps: ends(p, eps, 1 - eps)),
    clip("clips-exact-only", lambda p, eps: ends(p, eps, 1)),
    clip("clips-exact-only", lambda p, eps: ends(p, 0, 1 - eps)),
    *(clip("eps-ignored", always(eps))
      for eps in (1e-15, 1e-16, 2**-52, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 2**-23, 1e-6, 1e-5)),
    *(clip("clip-too-wide", always(eps), f"{eps:g} and {1 - eps:g}")
      for eps in (0.1, 0.01, 0.001, 0.0001)),
    wrong("eps-in-log", clip=lambda y, p, eps: (y, p + eps, 1 - p + eps)),
    wrong("eps-in-log", clip=lambda y, p, eps: (y, p + 1e-15, 1 - p + 1e-15)),
    wrong("eps-in-log", clip=lambda y, p, eps: (y, p + 1e-9, 1 - p + 1e-9)),
    wrong("eps-in-log", clip=lambda y, p, eps: (y, p + eps, 1 - p)),
    wrong("eps-in-log", clip=lambda y, p, eps: (y, p, 1 - p + eps)),
    wrong("eps-in-log",
          clip=lambda y, p, eps: (y, clipped(p, eps) + eps, 1 - clipped(p, eps) + eps)),
    clip("eps-wrong-side", lambda p, eps: p + eps),
    clip("eps-wrong-side", lambda p, eps: p - eps),
    wrong("eps-wrong-side",
          clip=lambda y, p, eps: (y, p * np.exp(eps), (1 - p) * np.exp(eps))),
    wrong("eps-wrong-side",
          clip=lambda y, p, eps: (y, p * np.exp(-eps), (1 - p) * np.exp(-eps))),
    wrong("eps-wrong-side", clip=lambda y, p, eps: (y, p - eps, 1 - p - eps)),
    clip("smooths", lambda p, eps: p * (1 - 2 * eps) + eps),
    clip("smooths", lambda p, eps: (p + eps) / (1 + 2 * eps)),
    clip("smooths", lambda p, eps: p * (1 - eps) + eps / 2),
    wrong("skips-clipped", clip=skipping),
    wrong("nan-to-num", clip=guarded),
    wrong("nan-to-num", clip=lambda y, p, eps: both(y, p),
          logs=lambda y, a, b: (y, np.nan_to_num(log(a)), np.nan_to_num(log(b)))),
    wrong("nan-to-num", clip=lambda y, p, eps: both(y, p),
          terms=lambda y, a, b: np.nan_to_num(y * a + (1 - y) * b)),
    wrong("nan-to-num", clip=lambda y, p, eps: both(y, p),
          terms=lambda y, a, b: np.nan_to_num(y * a) + np.nan_to_num((1 - y) * b)),
    wrong("nan-to-num", clip=lambda y, p, eps: both(y, p), finish=np.nan_to_num),
)  # fmt: skip


def given(change: Callable[[float], float]) -> Callable[..., Any]:
    """Return the stage that takes another epsilon than the one that is passed."""
    return lambda y, p, eps=EPS: (y, p, change(eps))


def wide(eps: float) -> Mistake:
    """Return the mistake of a default that touches probabilities that were fine."""
    return wrong("clip-too-wide", f"{eps:g} and {1 - eps:g}", given=lambda y, p, e=eps: (y, p, e))


GIVEN = (
    wrong("args-swapped", given=lambda y, p, eps=EPS: (p, y, eps)),
    wrong("args-swapped", given=lambda y, p, eps=EPS: (p, y, EPS)),
    # On labels it shows that each logarithm has a floor of its own; on predictions it does not.
    wrong("args-swapped", given=lambda y, p, eps=EPS: (p, y, eps),
          clip=lambda y, p, eps: (y, np.maximum(p, eps), np.maximum(1 - p, eps))),
    *(wide(eps) for eps in (0.1, 0.05, 0.01, 0.001, 0.0001, 0.00001)),
    wrong("eps-other-value", "half of it", given=given(lambda eps: eps / 2)),
    wrong("eps-other-value", "twice as much", given=given(lambda eps: eps * 2)),
    wrong("eps-other-value", "its square", given=given(lambda eps: eps**2)),
    wrong("eps-other-value", "its root", given=given(lambda eps: eps**0.5)),
    wrong("eps-too-small", given=lambda y, p, eps=1e-17: (y, p, eps)),
)  # fmt: skip

PREDICTED = (
    wrong("threshold-first", predicted=lambda y, p, eps: (y, np.round(p), eps)),
    wrong("complement", predicted=lambda y, p, eps: (y, 1 - np.asarray(p), eps)),
    wrong("sigmoid-twice", predicted=lambda y, p, eps: (y, sigmoid(p), eps)),
    wrong("labels-minus-one", predicted=lambda y, p, eps: (2 * y - 1, p, eps)),
    wrong("labels-minus-one", predicted=lambda y, p, eps: ((y + 1) / 2, p, eps)),
    wrong("misaligned", predicted=lambda y, p, eps: (y, p[::-1], eps)),
    wrong("misaligned", predicted=lambda y, p, eps: (np.sort(y), np.sort(p), eps)),
    wrong("normalizes", predicted=lambda y, p, eps: (y, p / np.sum(p), eps)),
    wrong("int-buffer", predicted=lambda y, p, eps: (y, np.trunc(p), eps)),
    wrong("float32", predicted=lambda y, p, eps: (np.float32(y), np.float32(p), np.float32(eps))),
    wrong("float32", predicted=lambda y, p, eps: (y, np.float32(p), eps)),
    wrong("float32", predicted=lambda y, p, eps: (y, np.float64(np.float32(p)), eps)),
)

OTHERS = (
    loss("wrong-loss", "the mean squared error", lambda y, p: (y - p) ** 2),
    loss("wrong-loss", "the mean absolute error", lambda y, p: np.abs(y - p)),
    loss("wrong-loss", "the mean difference", lambda y, p: y - p),
    loss("wrong-loss", "the share of wrong decisions", lambda y, p: 1.0 * ((p > 0.5) != (y == 1))),
    loss("wrong-loss", "the share of right decisions", lambda y, p: 1.0 * ((p > 0.5) == (y == 1))),
    loss("wrong-loss", "the hinge loss", lambda y, p: np.maximum(0, 1 - y * p)),
    loss("wrong-loss", "the hinge loss", lambda y, p: np.maximum(0, 1 - (2 * y - 1) * p)),
)  # fmt: skip


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


def sure(name: str, slug: str, y: list[int], p: list[float], other: float, vary: Draw) -> Edge:
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
         5e-16, vary=lambda rng: sure_among(rng, 1, 0)),
    sure("a prediction of 1 where the truth is 0", "clips-zero-only", [1, 0, 0], [0.8, 0.3, 1],
         2e-15, vary=lambda rng: sure_among(rng, 0, 1)),
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

STAGES: dict[str, Callable[..., Any]] = {
    "given": lambda y, p, eps=EPS: (y, p, eps),
    "arrays": lambda y, p, eps: (np.asarray(y), np.asarray(p, dtype=float), eps),
    "predicted": lambda y, p, eps: (y, p, eps),
    "clip": lambda y, p, eps: both(y, clipped(p, eps)),
    "logs": lambda y, a, b: (y, log(a), log(b)),
    "terms": lambda y, a, b: y * a + (1 - y) * b,
    "sign": np.negative,
    "select": same, "reduce": mean, "finish": same, "shape": same,
}  # fmt: skip

FROM_PROBABILITIES = (
    *GIVEN, *PREDICTED, *CLIPS, *LOGS, *TERMS, *LIKELIHOODS, *OTHERS, *REDUCTION,
)  # fmt: skip


def task(name: str, style: Style, hints: tuple[str, str, str]) -> Task:
    """Return the task of the log loss of probabilities in a style."""
    return Task(
        name=name,
        reference=losses.log_loss,
        style=style,
        example=(np.array([1, 0, 1]), np.array([0.9, 0.2, 0.4])),
        edges=EDGES,
        draw=draw,
        pipeline=Pipeline(STAGES, FROM_PROBABILITIES),
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


def logits(slug: str, formula: Callable[[Any, Any], Any], detail: str = "") -> Mistake:
    """Return the mistake of this loss of each sample, of its label and its logit."""
    return wrong(slug, detail, logs=formula, terms=same, sign=same)


def of_probability(slug: str, p: Callable[[Any], Any], detail: str = "") -> Mistake:
    """Return the mistake of these probabilities of the logits, in place of the sigmoid's."""
    return wrong(slug, detail, logs=lambda y, z: (y, log(p(z)), log(1 - p(z))))


def soft(z: Any) -> Any:
    """Return log(1 + exp(z)) without overflow."""
    return np.logaddexp(0, z)


def rest(z: Any) -> Any:
    """Return what the stable formula adds for every sample, log(1 + exp(-|z|))."""
    return np.log1p(np.exp(-np.abs(z)))


LOGIT_STAGES: dict[str, Callable[..., Any]] = {
    "given": lambda y, z: (np.asarray(y), np.asarray(z, dtype=float)),
    "predicted": lambda y, z: (y, z),
    "logs": lambda y, z: (y, -soft(-z), -soft(z)),
    "terms": STAGES["terms"],
    "sign": np.negative,
    "select": same, "reduce": mean, "finish": same, "shape": same,
}  # fmt: skip


def kept_off(eps: float, p: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return probabilities of the logits that are clipped with an epsilon."""
    return lambda z: clipped(p(z), eps)


def in_base(base: int) -> tuple[Mistake, ...]:
    """Return the mistake of another logarithm within each formula of label and logit."""
    slug, unit = f"log-base-{base}", np.log(base)
    return (
        logits(slug, lambda y, z: soft(z) / unit - y * z),
        logits(slug, lambda y, z: soft(-z) / unit + (1 - y) * z),
        logits(slug, lambda y, z: np.maximum(z, 0) - y * z + rest(z) / unit),
    )


SIGMOIDS = (
    of_probability("no-max-shift", sigmoid),
    *(
        of_probability("saturates", kept_off(eps, sigmoid))
        for eps in (1e-15, 1e-16, 2**-52, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)
    ),
    wrong("saturates", logs=lambda y, z: (y, log(sigmoid(z) + EPS), log(sigmoid(-z) + EPS))),
    *(
        of_probability("sigmoid-missing", kept_off(eps, same))
        for eps in (1e-15, 1e-16, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7)
    ),
    of_probability("sigmoid-twice", lambda z: sigmoid(sigmoid(z))),
    of_probability("logit-sign", lambda z: sigmoid(-z)),
    of_probability("softmax-instead", lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum()),
    of_probability("wrong-base", lambda z: 1 / (1 + 2.0**-z), "2"),
    of_probability("wrong-base", lambda z: 1 / (1 + 10.0**-z), "10"),
    of_probability("wrong-sigmoid", kept_off(EPS, lambda z: np.exp(z) / (1 + np.exp(-z)))),
    of_probability("wrong-sigmoid", lambda z: 1 / (1 + np.exp(-np.abs(z)))),
    of_probability("wrong-sigmoid", lambda z: (np.tanh(z) + 1) / 2),
    of_probability("wrong-sigmoid", kept_off(EPS, np.tanh)),
    of_probability("wrong-sigmoid", kept_off(EPS, lambda z: 1 + np.exp(-z))),
    of_probability("wrong-sigmoid", kept_off(EPS, np.exp)),
    of_probability("threshold-first", kept_off(EPS, lambda z: (z > 0) * 1.0)),
    of_probability("threshold-first", kept_off(EPS, lambda z: (z > 0.5) * 1.0)),
    wrong("log-base-2", logs=lambda y, z: (y, -soft(-z) / np.log(2), -soft(z) / np.log(2))),
    wrong("log-base-10", logs=lambda y, z: (y, -soft(-z) / np.log(10), -soft(z) / np.log(10))),
    wrong("log-missing", logs=lambda y, z: (y, sigmoid(z), sigmoid(-z))),
)

STABLE = (
    logits("no-max-shift", lambda y, z: np.log(1 + np.exp(z)) - y * z),
    logits("no-max-shift", lambda y, z: np.log(1 + np.exp(-z)) + (1 - y) * z),
    logits("no-max-shift", lambda y, z: np.where(y == 1, np.log(1 + np.exp(-z)),
                                             np.log(1 + np.exp(z)))),
    logits("no-max-shift", lambda y, z: np.log(1 + np.exp(-(2 * y - 1) * z))),
    *in_base(2),
    *in_base(10),
    logits("max-of-logit", lambda y, z: rest(z) - y * z, "nothing"),
    logits("max-of-logit", lambda y, z: z - y * z + rest(z), "z"),
    logits("max-of-logit", lambda y, z: np.abs(z) - y * z + rest(z), "|z|"),
    logits("sign-kept", lambda y, z: np.maximum(z, 0) - y * z + soft(-z), "in the exponent"),
    logits("sign-kept", lambda y, z: np.maximum(z, 0) - y * z + soft(z), "in the exponent"),
    logits("logit-sign", lambda y, z: np.maximum(z, 0) - y * z + np.log1p(np.exp(np.abs(z)))),
    logits("logit-sign", lambda y, z: soft(-z) - y * z),
    logits("logit-sign", lambda y, z: soft(z) + (1 - y) * z),
    logits("sign-before-yz", lambda y, z: soft(z) + y * z),
    logits("sign-before-yz", lambda y, z: soft(-z) - (1 - y) * z),
    logits("sign-before-yz", lambda y, z: soft(y * z)),
    logits("one-plus-missing", lambda y, z: np.maximum(z, 0) - y * z - np.abs(z)),
    logits("one-plus-missing", lambda y, z: z - y * z),
    logits("one-plus-missing", lambda y, z: np.maximum(z, 0) - y * z + log(1 - np.exp(-abs(z)))),
    logits("minus-between-terms", lambda y, z: np.maximum(z, 0) - y * z - rest(z)),
    logits("term-missing", lambda y, z: soft(z) - y, "the z in y · z"),
    logits("term-missing", lambda y, z: np.maximum(z, 0) - y * z, "log(1 + exp(-|z|))"),
    logits("ignores-y-true", lambda y, z: soft(z)),
    logits("ignores-y-true", lambda y, z: soft(z) - z),
    logits("labels-minus-one", lambda y, z: soft(-y * z)),
    logits("log-missing", lambda y, z: np.maximum(z, 0) - y * z + np.exp(-np.abs(z))),
    logits("np-max-not-maximum", lambda y, z: np.max(z) - y * z + rest(z)),
    logits("np-max-not-maximum", lambda y, z: max(np.max(z), 0) - y * z + rest(z)),
    logits("term-missing", lambda y, z: -y * z, "log(1 + exp(z))"),
    logits("term-missing", lambda y, z: soft(z) - y * np.maximum(z, 0), "y · z where z < 0"),
    logits("term-missing", lambda y, z: soft(z) - y * np.minimum(z, 0), "y · z where z > 0"),
    logits("wrong-loss", lambda y, z: (y - sigmoid(z)) ** 2, "the mean squared error"),
    logits("wrong-loss", lambda y, z: np.abs(y - sigmoid(z)), "the mean absolute error"),
    logits("wrong-loss", lambda y, z: (y - z) ** 2, "the squared error of the logits"),
    logits("wrong-loss", lambda y, z: np.maximum(0, 1 - (2 * y - 1) * z), "the hinge loss"),
    logits("wrong-loss", lambda y, z: 1.0 * ((z > 0) != (y == 1)), "the share of wrong decisions"),
    wrong("args-swapped", predicted=lambda y, z: (z, 1.0 * y)),
    wrong("labels-minus-one", predicted=lambda y, z: (2 * y - 1, z)),
    wrong("misaligned", predicted=lambda y, z: (y, z[::-1])),
    wrong("float32", predicted=lambda y, z: (np.float32(y), np.float32(z))),
    wrong("float32", predicted=lambda y, z: (y, np.float64(np.float32(z)))),
    wrong("int-buffer", predicted=lambda y, z: (y, np.trunc(z))),
)  # fmt: skip


FROM_LOGITS = (*SIGMOIDS, *STABLE, *TERMS, *LIKELIHOODS_OF_LOGITS, *REDUCTION)


def draw_logits(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return labels and logits, small enough for a sigmoid that is clipped with care."""
    return (rng.permutation(n) % 5 < 3).astype(int), rng.uniform(-6, 6, n)


def large_logits(rng: np.random.Generator, sign: int) -> tuple[Any, ...]:
    """Return labels of both kinds and logits near ±1000: right for a sign of 1, wrong for -1."""
    labels = rng.permutation([0, 1, *rng.integers(0, 2, 2)])
    return labels, sign * (2 * labels - 1) * rng.uniform(800, 1200, 4)


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
    pipeline=Pipeline(LOGIT_STAGES, FROM_LOGITS),
    hints=(
        "With p = 1 / (1 + exp(-z)): what becomes of log(1 - p) = -log(1 + exp(z)) at z = 1000?",
        "Write the loss without p: log(1 + exp(z)) - y · z. It is right, but exp(1000) overflows.",
        "Take out what is too large: log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)).",
    ),
)  # fmt: skip

TASKS = (LOG_LOSS_LOOP, LOG_LOSS_NUMPY, LOG_LOSS_FROM_LOGITS)
