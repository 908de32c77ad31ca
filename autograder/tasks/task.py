"""What a task is: a function to write, the inputs that it is asked with, and its wrong turns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
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
        return eval(self.source, {"np": np, "x": x})


@dataclass(frozen=True)
class Call:
    """One question to a student's function; its arguments are given by position.

    An *example* and an *edge* are stated by the task and may be shown; a *random* one is hidden.
    *again* asks the example once more at the end: a function with a memory answers differently.
    """

    kind: Literal["example", "edge", "random", "again"]
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


def edge(name: str, slug: str, *args: Any, upto: tuple[Any, ...] = ()) -> Call:
    """Return an edge case that the task states, and the mistake of failing on it."""
    return Call("edge", name, args, slug, upto)


@dataclass(frozen=True)
class Mistake:
    """One wrong turn: the slug that names it, which one of its kind, the stages it replaces."""

    slug: str
    detail: str
    stages: Mapping[str, Stage]


def wrong(slug: str, detail: str = "", **stages: Stage) -> Mistake:
    """Return the mistake that takes these stages instead of the right ones."""
    return Mistake(slug, detail, stages)


@dataclass(frozen=True)
class Pipeline:
    """A loss as a chain of choices, and the known wrong turn of each.

    Every stage takes what the one before returned (a tuple is spread over its arguments); the
    first takes the arguments of the task. A mistake replaces one stage or several, and two
    mistakes happen at once when they replace different ones.
    """

    stages: Mapping[str, Stage]
    mistakes: tuple[Mistake, ...]

    def run(self, taken: tuple[Mistake, ...], args: tuple[Any, ...]) -> Any:
        """Return what the loss gives when these wrong turns are taken."""
        stages = dict(self.stages)
        for mistake in taken:
            stages.update(mistake.stages)
        value: Any = args
        for stage in stages.values():
            value = stage(*value) if isinstance(value, tuple) else stage(value)
        return value

    def combinations(self, size: int) -> Iterator[tuple[Mistake, ...]]:
        """Yield every way to make `size` mistakes at once."""
        for taken in itertools.combinations(self.mistakes, size):
            replaced = [name for mistake in taken for name in mistake.stages]
            if len(set(replaced)) == len(replaced):
                yield taken


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
    edges: tuple[Call, ...]
    draw: Callable[[np.random.Generator, int], tuple[Any, ...]]
    pipeline: Pipeline
    hints: tuple[str, str, str]
    tolerance: tuple[float, float] = (1e-9, 1e-12)
    """How far, relative and absolute, an answer may be off: rounding in float64 unless widened."""

    def calls(self, seed: int) -> list[Call]:
        """Return the questions for one student: what is stated, then hidden random inputs.

        The same seed gives the same questions, so that a regrade asks what was asked before.
        """
        rng = np.random.default_rng([seed, *self.name.encode()])
        # What may be shown comes first: no answer to it can then carry a hidden input out.
        calls = [Call("example", "the example", self.example), *self.edges]
        calls += [Call("random", f"{n} random samples", self.draw(rng, n)) for n in (5, 8, 500)]
        calls += [Call("again", "the example, asked again", self.example)]
        return [replace(call, args=tuple(map(self._given, call.args))) for call in calls]

    def _given(self, argument: Any) -> Any:
        """Return an argument as this task's students get it: a list, or an array of its own."""
        if not isinstance(argument, np.ndarray):
            return argument
        return argument.tolist() if self.style == "loop" else argument.copy()
