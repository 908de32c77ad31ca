"""What a task is: a function to write, the inputs that it is asked with, and its wrong turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, combinations
from types import CodeType
from typing import Any, Literal

import numpy as np

Style = Literal["loop", "numpy", "either"]
Stage = Callable[..., Any]


@dataclass(frozen=True)
class Formula:
    """A function that is an argument of a task, such as the f of numerical_gradient(f, x).

    It travels as its source, an expression of `x` and `np`, so that a student's process gets a
    function without any of our code.
    """

    source: str

    def __call__(self, x: Any) -> Any:
        """Return the formula's value at `x`."""
        return eval(compiled(self.source), {"np": np, "x": x})


@cache
def compiled(source: str) -> CodeType:
    """Compile a formula, once: it is asked for many values."""
    return compile(source, "<formula>", "eval")


@dataclass(frozen=True)
class Call:
    """One question to a student's function; its arguments are given by position.

    An *example* and an *edge* are stated by the task and may be shown. A *random* one and a
    *variant*, an edge that is drawn, are hidden. *again* asks the example once more at the end: a
    function with a memory answers differently.
    """

    kind: Literal["example", "edge", "random", "variant", "again"]
    name: str
    args: tuple[Any, ...]
    slug: str = ""
    """For an edge: the mistake of whoever fails on this one alone."""
    upto: tuple[Any, ...] = ()
    """Where a choice is free (which epsilon?): right is all between what these and `args` give."""

    @property
    def visible(self) -> bool:
        """Whether the question, and what came back, may be shown to the student."""
        return self.kind in ("example", "edge")

    @property
    def row(self) -> Literal["values", "edges"]:
        """The row of a verdict that the answer decides."""
        return "edges" if self.kind in ("edge", "variant") else "values"


Draw = Callable[[np.random.Generator], tuple[Any, ...]]
"""What draws the arguments of a question."""


@dataclass(frozen=True)
class Edge:
    """An edge case: as the task states it, and how another one of its kind is drawn.

    The stated inputs are known, so that a table could answer them; a drawn one is asked as well.
    """

    name: str
    slug: str
    args: tuple[Any, ...]
    vary: Draw | None = None
    upto: Callable[..., tuple[Any, ...]] | None = None
    """Of the arguments of either: what gives the other end of the range of right answers."""

    def stated(self) -> Call:
        """Return the question that the task states."""
        return self._call("edge", self.args)

    def variant(self, rng: np.random.Generator) -> Call | None:
        """Return a hidden question of the same kind; None when there is no other one."""
        return self._call("variant", self.vary(rng)) if self.vary else None

    def _call(self, kind: Literal["edge", "variant"], args: tuple[Any, ...]) -> Call:
        return Call(kind, self.name, args, self.slug, self.upto(*args) if self.upto else ())


def edge(
    name: str,
    slug: str,
    *args: Any,
    vary: Draw | None = None,
    upto: Callable[..., tuple[Any, ...]] | None = None,
) -> Edge:
    """Return an edge case that the task states, and the mistake of failing on it.

    `vary(rng)` draws other arguments of which its name is as true; None if there are none.
    """
    return Edge(name, slug, args, vary, upto)


ODD = frozenset({
    "all-pairs", "bracket-misplaced", "clip-typo", "delta-misplaced", "divides-in-loop",
    "dot-orientation", "eps-other-value", "eps-wrong-side", "hard-coded-classes", "hard-coded-n",
    "if-on-array", "linear-offset", "misaligned", "norm-not-sum", "normalizes", "other-stencil",
    "outer-product", "overwrites-accumulator", "prediction-as-weight", "rounds-result",
    "running-total", "smooths", "square-of-sum", "times-hundred", "wrong-base", "wrong-floor",
    "wrong-margin", "wrong-n", "wrong-operator", "wrong-power", "wrong-sigmoid", "wrong-slope",
    "wrong-start",
})  # fmt: skip
"""Mistakes that are seldom made beside another: what a pair with one explains, others do better."""


@dataclass(frozen=True)
class Mistake:
    """One wrong turn: the slug that names it, which one of its kind, the stages it replaces."""

    slug: str
    detail: str
    stages: Mapping[str, Stage]

    @property
    def odd(self) -> bool:
        """Whether it is far-fetched as one mistake of two."""
        return self.slug in ODD


def wrong(slug: str, detail: str = "", **stages: Stage) -> Mistake:
    """Return the mistake that takes these stages instead of the right ones."""
    return Mistake(slug, detail, stages)


Taken = tuple[Mistake, ...]
"""Wrong turns that are taken at once."""


def same(x: Any) -> Any:
    """Change nothing: the stage of a place where only mistakes do anything."""
    return x


def through(value: Any, stages: Iterable[Stage]) -> Any:
    """Return what some stages make of a value; None when one of them, or one before, fails."""
    if value is None:
        return None
    try:
        for stage in stages:
            if stage is not same:
                value = stage(*value) if isinstance(value, tuple) else stage(value)
    except (ArithmeticError, ValueError, TypeError, IndexError):  # a wrong turn led to nowhere
        return None
    return value


@dataclass(frozen=True)
class Pipeline:
    """A loss as a chain of choices, and the known wrong turn of each.

    Every stage takes what the one before returned (a tuple is spread over its arguments); the
    first takes the arguments of the task. A mistake replaces one stage or several, and two
    mistakes happen at once when they replace different ones.
    """

    stages: Mapping[str, Stage]
    mistakes: tuple[Mistake, ...]

    def __post_init__(self) -> None:
        """Refuse a mistake that replaces nothing, or a stage that is not there."""
        for mistake in self.mistakes:
            if not mistake.stages or mistake.stages.keys() - self.stages.keys():
                raise ValueError(f"{mistake.slug} replaces {list(mistake.stages)}, not stages")

    def run(self, taken: Taken, args: tuple[Any, ...]) -> Any:
        """Return what the loss gives when these wrong turns are taken; None when it fails."""
        return through(args, self._path(taken))

    def singles(self, args: tuple[Any, ...]) -> Iterator[tuple[Taken, Any]]:
        """Yield every mistake, and what the loss gives when it is made alone."""
        for mistake in self.mistakes:
            yield (mistake,), self.run((mistake,), args)

    def pairs(self, args: tuple[Any, ...]) -> Iterator[tuple[Taken, Any]]:
        """Yield every two mistakes that replace different stages, and what the loss gives then.

        Two odd ones at once explain nothing: they fit by chance more often than they are made.
        Up to the first stage that the later one replaces, the earlier one was alone: what it had
        come to is kept.
        """
        names = list(self.stages)
        first = [min(map(names.index, mistake.stages)) for mistake in self.mistakes]
        paths = [self._path((mistake,)) for mistake in self.mistakes]
        kept = [
            list(accumulate(path, lambda value, stage: through(value, [stage]), initial=args))
            for path in paths
        ]
        for a, b in combinations(range(len(self.mistakes)), 2):
            taken = self.mistakes[a], self.mistakes[b]
            apart = taken[0].stages.keys().isdisjoint(taken[1].stages)
            if apart and not all(mistake.odd for mistake in taken):
                early, late = (a, b) if first[a] < first[b] else (b, a)
                start, turns = first[late], self.mistakes[late].stages
                rest = map(turns.get, names[start:], paths[early][start:])
                yield taken, through(kept[early][start], rest)

    def _path(self, taken: Taken) -> list[Stage]:
        stages = dict(self.stages)
        for mistake in taken:
            stages.update(mistake.stages)
        return list(stages.values())


@dataclass(frozen=True)
class Task:
    """One function to write.

    `example` and `edges` are stated in the exercise; `draw(rng, n)` returns random arguments with
    n samples. Arrays are turned into lists for a task whose style is "loop".
    """

    name: str
    reference: Callable[..., Any]
    style: Style
    example: tuple[Any, ...]
    edges: tuple[Edge, ...]
    draw: Callable[[np.random.Generator, int], tuple[Any, ...]]
    pipeline: Pipeline
    hints: tuple[str, str, str]
    tolerance: tuple[float, float] = (1e-9, 1e-12)
    """How far, relative and absolute, an answer may be off: rounding in float64 unless widened."""
    approximation: str = "imprecise"
    """The mistake of whoever is nearly right, to a few digits only."""
    invites: tuple[str, ...] = ()
    """Other tasks whose functions may be called here, in whatever style they are."""

    def calls(self, seed: int) -> list[Call]:
        """Return the questions for one student: what is stated, then what is hidden.

        The same seed gives the same questions, so that a regrade asks what was asked before.
        """
        rng = np.random.default_rng([seed, *self.name.encode()])
        # What may be shown comes first: no answer to it can then carry a hidden input out.
        calls = [Call("example", "the example", self.example)]
        calls += [edge.stated() for edge in self.edges]
        calls += [Call("random", f"{n} random samples", self.draw(rng, n)) for n in (5, 8, 500)]
        calls += [variant for edge in self.edges if (variant := edge.variant(rng))]
        calls += [Call("again", "the example, asked again", self.example)]
        return [replace(call, args=tuple(map(self._given, call.args))) for call in calls]

    def _given(self, argument: Any) -> Any:
        """Return an argument as this task's students get it: a list, or an array of its own."""
        if not isinstance(argument, np.ndarray):
            return argument
        return argument.tolist() if self.style == "loop" else argument.copy()
