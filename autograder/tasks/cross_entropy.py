"""Tasks on losses between classes: softmax and the categorical cross-entropy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder import losses
from autograder.tasks.regression import DIGITS, REDUCTION, keep, mean
from autograder.tasks.task import Edge, Mistake, Pipeline, Style, Task, edge, same, wrong

EPS = 1e-15


def total(values: Any) -> Any:
    """Sum of each row, kept as a column."""
    return values.sum(axis=-1, keepdims=True)


def top(values: Any) -> Any:
    """Largest entry of each row, kept as a column."""
    return values.max(axis=-1, keepdims=True)


def powers(z: Any) -> Any:
    """Exponentials of each row, shifted by its own maximum."""
    return np.exp(z - top(z))


def shares(e: Any) -> Any:
    """Each entry's share of its row."""
    return e / total(e)


def softmax(z: Any) -> Any:
    """Softmax of each row."""
    return shares(powers(z))


def sigmoid(z: Any) -> Any:
    """Each number as a probability of its own."""
    return 1 / (1 + np.exp(-z))


def largest(p: Any) -> Any:
    """One-hot rows: 1 at the largest entry."""
    return (p == top(p)).astype(np.float64)


def dimensions(count: int) -> Callable[[Any], Any]:
    """Return a stage that fails on any other number of dimensions."""

    def stage(z: Any) -> Any:
        if z.ndim != count:
            raise ValueError("a sum over an axis that is not there")
        return z

    return stage


def rows_only(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a stage that changes a matrix, and leaves a single row as it is."""
    return lambda values: change(values) if values.ndim == 2 else values


# --- What may happen to an array of results

OUTPUT = (
    *DIGITS,
    wrong("int-buffer", finish=np.trunc),
    wrong("int-buffer", finish=np.floor),
    wrong("early-return", finish=lambda g: g[0]),
    wrong("early-return", finish=lambda g: g[:1]),
    wrong("early-return", finish=keep(0, 1)),
    wrong("last-only", finish=lambda g: g[-1]),
    wrong("last-only", finish=lambda g: g[-1:]),
    wrong("overwrites-accumulator", finish=keep(-1, None)),
    wrong("off-by-one", "the first", finish=lambda g: g[1:]),
    wrong("off-by-one", "the last", finish=lambda g: g[:-1]),
    wrong("off-by-one", "the first", finish=keep(1, None)),
    wrong("off-by-one", "the last", finish=keep(0, -1)),
    wrong("extra-axis", finish=lambda g: g[:, None]),
    wrong("extra-axis", finish=lambda g: g[None]),
)
"""An array is there, and something becomes of it before it is returned."""

MATRIX_OUTPUT = (
    wrong("flattened-output", finish=np.ravel),
    wrong("transposed-output", finish=np.transpose),
    wrong("early-return", finish=rows_only(lambda g: g[0])),
    wrong("early-return", finish=rows_only(keep(0, 1))),
    wrong("last-only", finish=rows_only(lambda g: g[-1])),
    wrong("overwrites-accumulator", finish=rows_only(keep(-1, None))),
    wrong("early-return", finish=lambda g: g.flat[0]),
)
"""What only becomes of an array with rows."""


# --- softmax


def replaced(slug: str, whole: Callable[[Any], Any], detail: str = "") -> Mistake:
    """Return the mistake that computes softmax in another way altogether."""
    return wrong(slug, detail, powers=same, shares=whole)


SOFTMAX = (
    wrong("one-dim-only", given=dimensions(1)),
    wrong("two-dim-only", given=dimensions(2)),
    wrong("two-dim-only", shares=lambda e: shares(e) if e.ndim == 2 else np.ones(e.shape)),
    wrong("two-dim-only", shares=lambda e: shares(e) if e.ndim == 2 else np.ones((e.size, 1))),
    wrong("two-dim-only", finish=np.atleast_2d),
    wrong("float32", given=lambda z: np.asarray(z, dtype=np.float32)),
    wrong("no-max-shift", powers=np.exp),
    wrong("no-max-shift", powers=lambda z: np.exp(z - z.max())),
    wrong("running-max", powers=lambda z: np.exp(z - np.maximum.accumulate(z, axis=-1))),
    wrong("exp-missing", powers=same),
    wrong("exp-missing", powers=np.abs),
    wrong("exp-missing", powers=np.square),
    wrong("exp-missing", powers=lambda z: z - top(z)),
    wrong("exp-missing", powers=lambda z: z - z.min(axis=-1, keepdims=True)),
    wrong("wrong-base", "2", powers=lambda z: 2 ** (z - top(z))),
    wrong("wrong-base", "2", powers=lambda z: 2**z),
    wrong("wrong-base", "10", powers=lambda z: 10 ** (z - top(z))),
    replaced("exp-missing", lambda z: (z - z.min()) / (z.max() - z.min())),
    replaced("scalar-not-array", lambda z: np.log(np.exp(z).sum(axis=-1))),
    wrong("sign-in-exp", powers=lambda z: np.exp(-z)),
    wrong("sign-in-exp", powers=lambda z: np.exp(top(z) - z)),
    wrong("wrong-axis", powers=lambda z: np.exp(z - z.max(axis=0))),
    wrong("wrong-axis", powers=lambda z: np.exp(z - z.mean(axis=0))),
    wrong("no-keepdims", powers=lambda z: np.exp(z - z.max(axis=-1))),
    wrong("not-normalized", shares=same),
    wrong("not-normalized", powers=np.exp, shares=same),
    wrong("not-normalized", powers=lambda z: np.exp(z - z.max()), shares=same),
    wrong("mean-not-sum", shares=lambda e: e / e.mean(axis=-1, keepdims=True)),
    wrong("mean-not-sum", shares=lambda e: e / e.shape[-1]),
    wrong("norm-not-sum", shares=lambda e: e / np.sqrt(total(e**2))),
    wrong("whole-matrix-sum", shares=lambda e: e / e.sum()),
    wrong("whole-matrix-sum", powers=lambda z: np.exp(z - z.max()), shares=lambda e: e / e.sum()),
    wrong("wrong-axis", shares=lambda e: e / e.sum(axis=0)),
    wrong(
        "wrong-axis",
        powers=lambda z: np.exp(z - z.max()), shares=lambda e: e / e.sum(axis=0),
    ),
    wrong(
        "no-keepdims",
        powers=lambda z: np.exp(z - z.max(axis=-1)), shares=lambda e: e / e.sum(axis=-1),
    ),
    wrong("no-keepdims", shares=lambda e: e / e.sum(axis=-1)),
    wrong(
        "no-keepdims",
        powers=lambda z: np.exp(z - z.max()), shares=lambda e: e / e.sum(axis=-1),
    ),
    wrong("hard-coded-classes", "3", shares=lambda e: e / total(e[..., :3])),
    replaced("shift-one-side", lambda z: powers(z) / total(np.exp(z))),
    replaced("shift-one-side", lambda z: np.exp(z) / total(powers(z))),
    replaced("shift-one-side", lambda z: np.exp(z - z.max()) / total(np.exp(z))),
    replaced("shift-one-side", lambda z: np.exp(z) / total(np.exp(z - z.max()))),
    replaced("exp-of-sum", lambda z: np.exp(z) / np.exp(total(z))),
    replaced("exp-of-sum", lambda z: np.exp(z) / np.exp(z.sum())),
    replaced("exp-of-sum", lambda z: powers(z) / np.exp(total(z - top(z)))),
    replaced("exp-of-sum", lambda z: np.exp(z / total(z))),
    replaced("exp-missing", lambda z: np.exp(z) / total(z)),
    replaced("exp-missing", lambda z: powers(z) / total(z - top(z))),
    replaced("exp-missing", lambda z: z / total(np.exp(z))),
    replaced("exp-missing", lambda z: z / np.exp(z).sum()),
    replaced("exp-missing", same),
    replaced("sigmoid-instead", sigmoid),
    replaced("sigmoid-instead", lambda z: shares(sigmoid(z))),
    wrong("softmax-twice", finish=softmax),
    wrong("log-of-result", finish=np.log),
    wrong("log-of-result", finish=lambda p: -np.log(p)),
    wrong("complement", finish=lambda p: 1 - p),
    wrong("argmax-instead", finish=largest),
    wrong("argmax-instead", finish=lambda p: p.argmax(axis=-1)),
    wrong("argmax-instead", finish=np.argmax),
    wrong("argmax-instead", finish=lambda p: p.max(axis=-1)),
    wrong("argmax-instead", finish=np.max),
    wrong("scalar-not-array", finish=np.sum),
    wrong("scalar-not-array", finish=np.mean),
    wrong("scalar-not-array", finish=lambda p: p.sum(axis=-1)),
    wrong("minus-missing", finish=np.negative),
)  # fmt: skip


def draw_logits(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    """Return one row for n = 8, else rows: a square matrix too, where a lost axis goes unseen."""
    shape = {5: (5, 5), 8: (8,)}.get(n, (n, 3))
    return (rng.normal(0, 2, shape),)


# The largest comes first, in the middle and last: only its own shift helps every row.
LARGE = np.array([[1e3, 998, -1e3], [-1e3, 1e3, 999], [-1e3, -1001, -999], [0, -1e3, 1e3]])


def large_logits(rng: np.random.Generator) -> Any:
    """Return rows like those of LARGE, of another size and in another order."""
    return rng.permuted(LARGE * rng.uniform(0.8, 1.25), axis=1)


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
    pipeline=Pipeline(
        {
            "given": lambda z: np.asarray(z, dtype=np.float64),
            "powers": powers, "shares": shares, "finish": same,
        },
        (*SOFTMAX, *OUTPUT, *MATRIX_OUTPUT),
    ),
    hints=(
        "Every logit becomes a positive number, and each row of those then sums to 1. How?",
        "`np.exp` makes them positive. The sum of a row is `sum` along the last axis; what does "
        "`keepdims=True` keep?",
        "exp(1000) is too large for a float. What happens to the quotient when you subtract the "
        "same number from every logit of a row, and which number makes the largest one 0?",
    ),
)  # fmt: skip


# --- Cross-entropy: which epsilon, and how


def clipped(p: Any, eps: float) -> Any:
    """Probabilities kept away from 0 and 1."""
    return np.clip(p, eps, 1 - eps)


def clipping(slug: str, how: Callable[[Any, float], Any], detail: str = "") -> Mistake:
    """Return the mistake that keeps the probabilities away from 0 and 1 in this way."""
    return wrong(slug, detail, clip=lambda true, p, eps: (true, how(p, eps)))


def always(eps: float) -> Callable[[Any, float], Any]:
    """Clip with this epsilon, whatever is asked for."""
    return lambda p, _: clipped(p, eps)


CLIP = (
    clipping("no-clipping", lambda p, eps: p),
    clipping("clips-one-only", lambda p, eps: np.minimum(p, 1 - eps)),
    clipping("half-clip", lambda p, eps: np.minimum(p, 1 - eps)),
    clipping("clip-min-max-swapped", lambda p, eps: np.full_like(p, eps)),
    clipping("clip-min-max-swapped", lambda p, eps: np.full_like(p, 1 - eps)),
    clipping("clip-min-max-swapped", lambda p, eps: np.minimum(p, eps)),
    clipping("clip-min-max-swapped", lambda p, eps: np.maximum(p, 1 - eps)),
    *(
        clipping("eps-ignored", always(eps))
        for eps in (1e-15, 1e-16, 2**-52, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 2**-23, 1e-6, 1e-5)
    ),
    *(
        clipping("clip-too-wide", always(eps), f"{eps:g} and {1 - eps:g}")
        for eps in (0.1, 0.05, 0.01, 0.001, 0.0001)
    ),
    *(
        wrong("clip-too-wide", f"{eps:g} and {1 - eps:g}", given=lambda t, p, e=eps: (t, p, e))
        for eps in (0.1, 0.01, 0.001, 0.0001)
    ),
    wrong("eps-other-value", "half of it", given=lambda t, p, eps=EPS: (t, p, eps / 2)),
    wrong("eps-other-value", "twice as much", given=lambda t, p, eps=EPS: (t, p, eps * 2)),
    wrong("eps-other-value", "its square", given=lambda t, p, eps=EPS: (t, p, eps**2)),
    wrong("eps-other-value", "its root", given=lambda t, p, eps=EPS: (t, p, eps**0.5)),
    clipping("threshold-first", lambda p, eps: clipped(np.round(p), eps)),
    clipping("threshold-first", lambda p, eps: clipped(p >= 0.5, eps)),
)
"""How probabilities of 0 and 1 are met. Those that only differ at 0 and 1 are told by the edges."""

CLASS_CLIP = (
    *CLIP,
    clipping("clips-exact-only", lambda p, eps: np.where(p == 0, eps, p)),
    clipping("threshold-first", lambda p, eps: clipped(largest(p), eps)),
    clipping("eps-in-log", lambda p, eps: p + eps),
    clipping("eps-in-log", lambda p, eps: clipped(p, eps) + eps),
    clipping("eps-in-log", lambda p, eps: p + 1),
    clipping("eps-wrong-side", lambda p, eps: p * np.exp(eps)),  # log(p) + eps
    clipping("eps-wrong-side", lambda p, eps: p * np.exp(-eps)),
    clipping("softmax-twice", lambda p, eps: softmax(p)),
    clipping("softmax-twice", lambda p, eps: softmax(clipped(p, eps))),
    clipping("skips-clipped", lambda p, eps: np.where(p < eps, 1, p)),
    clipping("renormalizes", lambda p, eps: shares(clipped(p, eps))),
    clipping("renormalizes", lambda p, eps: shares(np.maximum(p, eps))),
    clipping("renormalizes", lambda p, eps: shares(p + eps)),
    clipping("complement", lambda p, eps: clipped(1 - p, eps)),
)
"""The same for classes, where a value above 1 - eps may stay: only its log of nearly 0 changes."""

# --- Cross-entropy: the tasks

STAGES: dict[str, Callable[..., Any]] = {
    "given": lambda true, p, eps=EPS: (true, p, eps),
    "arrays": lambda true, p, eps: (np.asarray(true), np.asarray(p, dtype=np.float64), eps),
    "clip": lambda true, p, eps: (true, clipped(p, eps)),
}

CLASSES = (
    *CLASS_CLIP,
    *REDUCTION,
    wrong("float32", arrays=lambda t, p, eps: (np.asarray(t), np.asarray(p, np.float32), eps)),
    wrong("log-base-2", log=lambda *given: (*given[:-1], np.log2(given[-1]))),
    wrong("log-base-10", log=lambda *given: (*given[:-1], np.log10(given[-1]))),
    wrong("log-of-mean", log=lambda *given: given, reduce=lambda e: -np.log(np.mean(-e))),
    wrong(
        "product-underflow",
        log=lambda *given: given, reduce=lambda e: -np.log(np.prod(-e)) / e.size,
    ),
    wrong("product-underflow", log=lambda *given: given, reduce=lambda e: -np.log(np.prod(-e))),
    wrong("log-of-mean", log=lambda *given: given, reduce=lambda e: -np.log(np.sum(-e))),
    wrong("log-of-mean", log=lambda *given: given, reduce=lambda e: -np.log(np.sum(-e)) / e.size),
    wrong("wrong-loss", "the geometric mean of the probabilities", finish=lambda v: np.exp(-v)),
    wrong("wrong-loss", "the perplexity, e to the power of this one", finish=np.exp),
)  # fmt: skip
"""What goes wrong with the logs of one-hot rows and of class numbers alike."""


def binary(true: Any, q: Any) -> Any:
    """Every entry by itself, as in the log loss of yes and no."""
    return true * np.log(q) + (1 - true) * np.log(1 - q)


def chosen_only(true: Any, logs: Any) -> Any:
    """Minus the log of the true class, and 0 for the others whatever their logs are."""
    return np.where(true == 1, -logs, 0.0)


def below_one(true: Any, p: Any, eps: float) -> Any:
    """Probabilities kept away from 1 alone."""
    return true, np.minimum(p, 1 - eps)


def row_means(m: Any) -> Any:
    """Mean of each row: divided by the number of classes too."""
    return m.mean(axis=1)


def termwise(slug: str, terms: Callable[[Any, Any], Any], detail: str = "", **more: Any) -> Mistake:
    """Return the mistake that makes other terms of one-hot rows, logs included."""
    return wrong(slug, detail, log=lambda true, q: (true, q), terms=terms, **more)


def not_clipped(
    slug: str, terms: Callable[[Any, Any], Any], detail: str = "", **more: Any
) -> tuple[Mistake, Mistake]:
    """Return the mistake of other terms that need no clipping, with it and without."""
    raw = {"clip": lambda true, p, eps: (true, p)}
    return termwise(slug, terms, detail, **more), termwise(slug, terms, detail, **raw, **more)


ONE_HOT = (
    *CLASSES,
    # Where the label chooses one entry, as an `if` does, those beside it never meet the log.
    wrong("no-clipping", clip=lambda true, p, eps: (true, p), terms=chosen_only),
    wrong("clips-one-only", clip=below_one, terms=chosen_only),
    wrong("half-clip", clip=below_one, terms=chosen_only),
    wrong("args-swapped", given=lambda true, p, eps=EPS: (p, true, eps)),
    wrong("args-swapped", given=lambda true, p, eps=EPS: (p, true, EPS)),
    wrong(
        "args-swapped",
        given=lambda true, p, eps=EPS: (p, true, eps),
        clip=lambda true, p, eps: (true, np.maximum(p, eps)),
    ),
    wrong("float32", arrays=lambda t, p, e: (np.float32(t), np.asarray(p, np.float32), e)),
    wrong(
        "clip-typo", "the labels are clipped, not the predictions",
        clip=lambda true, p, eps: (clipped(true, eps), p),
    ),
    wrong(
        "clip-typo", "the labels are clipped too",
        clip=lambda true, p, eps: (clipped(true, eps), clipped(p, eps)),
    ),
    wrong("ignores-y-true", terms=lambda true, logs: -logs),
    termwise("ignores-y-true", lambda true, q: -q * np.log(q)),
    wrong("argmax-instead", terms=lambda true, logs: -logs * largest(logs)),
    wrong("argmax-instead", terms=lambda true, logs: -true * largest(logs) * logs),
    wrong("terms-swapped", terms=lambda true, logs: -(1 - true) * logs),
    termwise("negative-term-only", lambda true, q: -(1 - true) * np.log(1 - q)),
    termwise("binary-on-onehot", lambda true, q: -binary(true, q)),
    termwise("minus-between-terms", lambda t, q: (1 - t) * np.log(1 - q) - t * np.log(q)),
    *not_clipped("wrong-loss", lambda t, q: (t - q) ** 2, "the squared error of each class"),
    *not_clipped("wrong-loss", lambda t, q: (t - q) ** 2, "the mean squared error", rows=row_means),
    *not_clipped("wrong-loss", lambda t, q: abs(t - q), "the absolute error of each class"),
    *not_clipped("wrong-loss", lambda t, q: abs(t - q), "the mean absolute error", rows=row_means),
    *not_clipped("log-missing", lambda true, q: -true * q),
    *not_clipped("log-missing", lambda true, q: true * (1 - q)),
    termwise("wrong-loss", lambda true, q: -true * q * np.log(q), "p log p of the true class"),
    termwise(
        "wrong-loss", lambda true, q: q * np.log(q / np.clip(true, EPS, 1)),
        "the divergence from the labels to the predictions",
    ),
    wrong(
        "clip-typo", "the logarithms are clipped, not what goes into them",
        clip=lambda true, p, eps: (true, p, eps),
        log=lambda true, p, eps: (true, clipped(np.log(p), eps)),
    ),
    termwise("wrong-loss", lambda true, q: true * (1 - largest(q)), "the share of wrong classes"),
    termwise("wrong-loss", lambda true, q: true * largest(q), "the accuracy"),
    wrong("mean-over-nk", rows=row_means),
    wrong("divides-by-classes", rows=row_means, reduce=np.sum),
    wrong("wrong-axis", rows=lambda m: m.sum(axis=0)),
    wrong("wrong-axis", rows=lambda m: m.sum(axis=0), reduce=same),
    wrong("wrong-axis", rows=lambda m: m.mean(axis=0), reduce=same),
    wrong("not-scalar", "a matrix of its parts", rows=same, reduce=same),
    *(
        wrong("hard-coded-classes", str(k), rows=lambda m, k=k: np.take(m, range(k), 1).sum(axis=1))
        for k in range(2, 7)
    ),
    wrong("hard-coded-classes", "3", rows=lambda m: m.reshape(-1, 3).sum(axis=1)),
    wrong("hard-coded-classes", "3", rows=lambda m: m.sum(axis=1) / 3),
    wrong("off-by-one", "the first class", rows=lambda m: m[:, 1:].sum(axis=1)),
    wrong("off-by-one", "the last class", rows=lambda m: m[:, :-1].sum(axis=1)),
    wrong("max-not-mean", rows=lambda m: m.max(axis=1), reduce=np.max),
    wrong("early-return", rows=lambda m: m[:, 0], reduce=lambda e: e[0]),
    wrong("early-return", rows=lambda m: m[:, 0], reduce=lambda e: e[0] / e.size),
    wrong("early-return", rows=lambda m: m[:, 0]),
    wrong("overwrites-accumulator", rows=lambda m: m[:, -1]),
    wrong("all-pairs", terms=lambda true, logs: -true @ logs.T),
    wrong("all-pairs", terms=lambda true, logs: -true @ logs.T, rows=row_means),
    wrong("dot-orientation", terms=lambda t, logs: -t @ logs.T, rows=same, reduce=same),
    wrong("dot-orientation", terms=lambda t, logs: -t.T @ logs, rows=same, reduce=same),
    wrong("outer-product", terms=lambda t, logs: -t.T @ logs, rows=same),
    wrong("outer-product", terms=lambda t, logs: -t.T @ logs / len(t), reduce=np.sum),
)  # fmt: skip


def chosen(q: Any, classes: Any) -> Any:
    """From each row the entry of its class."""
    return q[np.arange(len(q)), classes]


def picked(slug: str, pick: Callable[[Any, Any], Any], detail: str = "", **more: Any) -> Mistake:
    """Return the mistake that takes other numbers from the rows, logs included."""
    return wrong(slug, detail, pick=pick, log=same, **more)


def counting(classes: Callable[[Any], int]) -> Callable[..., Any]:
    """Return a stage that counts the classes in this way, and fails where rows have others."""

    def stage(labels: Any, p: Any, eps: float) -> Any:
        one_hot(labels, classes(labels)) * p
        return STAGES["arrays"](labels, p, eps)

    return stage


SPARSE = (
    *CLASSES,
    wrong("label-off-by-one", pick=lambda c, q: chosen(q, c - 1)),
    wrong("label-off-by-one", pick=lambda c, q: chosen(q, (c + 1) % q.shape[1])),
    wrong("label-off-by-one", pick=lambda c, q: chosen(q, np.minimum(c + 1, q.shape[1] - 1))),
    wrong("label-off-by-one", pick=lambda c, q: chosen(q, np.maximum(c - 1, 0))),
    wrong("label-off-by-one", pick=lambda c, q: chosen(q, -c)),
    wrong("first-row-only", pick=lambda c, q: q[0, c]),
    wrong("argmax-instead", pick=lambda c, q: q.max(axis=1)),
    wrong("ignores-y-true", pick=lambda c, q: q[:, 0]),
    wrong("ignores-y-true", pick=lambda c, q: q[:, -1]),
    wrong("ignores-y-true", pick=lambda c, q: np.diagonal(q)),
    wrong("log-missing", log=same),
    wrong("log-missing", log=lambda q: q - 1),
    wrong("log-missing", log=same, clip=lambda classes, p, eps: (classes, p)),
    wrong("log-missing", log=lambda q: q - 1, clip=lambda classes, p, eps: (classes, p)),
    picked("hard-coded-classes", lambda c, q: np.where(c < 3, np.log(chosen(q, c)), 0), "3"),
    picked("hard-coded-classes", lambda c, q: np.where(c < 2, np.log(chosen(q, c)), 0), "2"),
    picked("ignores-y-true", lambda c, q: np.log(q).sum(axis=1)),
    picked("ignores-y-true", lambda c, q: np.log(q).mean(axis=1)),
    picked("ignores-y-true", lambda c, q: (q * np.log(q)).sum(axis=1)),
    picked("label-as-onehot", lambda c, q: (c[:, None] * np.log(q)).sum(axis=1)),
    picked("label-as-onehot", lambda c, q: (c[:, None] * np.log(q)).mean(axis=1)),
    picked("label-as-onehot", lambda c, q: (c * np.log(q)).sum(axis=1)),
    picked("label-as-onehot", lambda c, q: (c * np.log(q)).mean(axis=1)),
    picked("label-as-onehot", lambda c, q: c * np.log(q.max(axis=1))),
    picked("label-as-onehot", lambda c, q: c * np.log(chosen(q, c))),
    picked("rows-by-label", lambda c, q: np.log(q[c]).sum(axis=1)),
    picked("rows-by-label", lambda c, q: np.log(q[c]).mean(axis=1)),
    picked("wrong-axis", lambda c, q: np.log(q[c, np.arange(len(q))])),
    wrong("classes-from-labels", arrays=counting(lambda c: len(np.unique(c)))),
    wrong("classes-from-labels", arrays=counting(lambda c: np.max(c) + 1)),
    picked("all-pairs", lambda c, q: np.log(q[:, c]).sum(axis=1)),
    picked("all-pairs", lambda c, q: np.log(q[:, c]).mean(axis=1)),
    picked("all-pairs", lambda c, q: np.log(q[:, c]), select=same, reduce=same),
    picked("hard-coded-classes", lambda c, q: (one_hot(c, 3) * np.log(q)).sum(axis=1), "3"),
    picked("mean-over-nk", lambda c, q: np.log(chosen(q, c)) / q.shape[1]),
    picked("divides-by-classes", lambda c, q: np.log(chosen(q, c)) / q.shape[1], reduce=np.sum),
    picked("hard-coded-classes", lambda c, q: np.log(chosen(q, c)) / 3, "3"),
    picked("binary-on-onehot", lambda c, q: binary(one_hot(c, q.shape[1]), q).sum(axis=1)),
    picked("binary-on-onehot", lambda c, q: binary(one_hot(c, q.shape[1]), q).mean(axis=1)),
    picked("negative-term-only", lambda c, q: (np.log(1 - q) * others(c, q)).sum(axis=1)),
    picked("wrong-loss", lambda c, q: chosen(largest(q), c) - 1, "the share of wrong classes"),
    picked("wrong-loss", lambda c, q: -chosen(largest(q), c), "the accuracy"),
    picked(
        "wrong-loss", lambda c, q: -((c - q.argmax(axis=1)) ** 2),
        "the squared difference of class numbers",
    ),
    picked(
        "wrong-loss",
        lambda c, q: -((one_hot(c, q.shape[1]) - q) ** 2).sum(axis=1), "the squared errors",
    ),
)  # fmt: skip


def one_hot(classes: Any, k: int) -> Any:
    """Rows with 1 at the class and 0 elsewhere; fails on a class that is not below k."""
    return np.eye(k)[classes]


def others(classes: Any, q: Any) -> Any:
    """Rows with 0 at the class and 1 elsewhere."""
    return 1 - one_hot(classes, q.shape[1])


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
    """Return the arguments of a cross-entropy of classes with one-hot rows instead."""
    return one_hot(classes, p.shape[1]).astype(int), p, *eps


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


def class_edges(form: Callable[..., tuple[Any, ...]], one_row: str) -> tuple[Edge, ...]:
    """Return the edges: zero probability, and one row; `form` makes the arguments of the task."""
    labels, sure = np.array([0, 2]), np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    unsure = np.array([[0.0, 0.5, 0.5], [0.25, 0.75, 0.0]])
    row = np.array([[0.003, 0.995, 0.002]])
    return (
        edge("the true class has probability 0", "no-clipping", *form(labels, unsure, EPS),
             vary=lambda rng: form(*one_is_impossible(rng), EPS)),
        edge("every other class has probability 0", "no-clipping", *form(labels, sure, EPS),
             vary=lambda rng: form(*all_are_sure(rng), EPS)),
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


def one_hot_task(name: str, style: Style, hints: tuple[str, str, str]) -> Task:
    """Return a task on one-hot rows."""
    return Task(
        name=name,
        reference=losses.cross_entropy,
        style=style,
        example=as_one_hot(*EXAMPLE),
        edges=class_edges(as_one_hot, "single-sample"),
        draw=lambda rng, n: as_one_hot(*draw_classes(rng, n)),
        pipeline=Pipeline(
            {
                **STAGES,
                "log": lambda true, q: (true, np.log(q)),
                "terms": lambda true, logs: -true * logs,
                "rows": lambda m: m.sum(axis=1),
                "select": same, "reduce": mean, "finish": same, "shape": same,
            },
            ONE_HOT,
        ),
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
    pipeline=Pipeline(
        {
            **STAGES,
            "pick": lambda classes, q: chosen(q, classes),
            "log": np.log, "sign": np.negative,
            "select": same, "reduce": mean, "finish": same, "shape": same,
        },
        SPARSE,
    ),
    hints=(
        "Which one of the k probabilities in row 3 does the third label choose?",
        "Two arrays of indices, row numbers and column numbers, choose one entry from each row.",
        SHIELD,
    ),
)  # fmt: skip

TASKS = (SOFTMAX_TASK, CROSS_ENTROPY_LOOP, CROSS_ENTROPY_NUMPY, SPARSE_CROSS_ENTROPY)
