"""What a task is: a function to write, the inputs that it is asked with, and its wrong turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from types import CodeType
from typing import Any, Literal

import numpy as np

from autograder.tasks.program import Program

Style = Literal["loop", "numpy", "either"]


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
    finite: str = ""
    """For an edge: the mistake of whoever fails with a number, where `slug` speaks of none."""
    upto: tuple[tuple[Any, ...], ...] = ()
    """Where a choice is free (which epsilon?): right is all between what `args` and each of these
    give."""

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
    upto: Callable[..., tuple[Any, ...] | list[tuple[Any, ...]]] | None = None
    """Of the arguments of either: what gives the other end of the range of right answers, or the
    ends."""
    finite: str = ""
    """The mistake of whoever fails with a number, where `slug` speaks of infinity or an error."""
    holds: Callable[..., Any] | None = None
    """Whether arguments are as the name says; tests ask it of those that are drawn."""

    def stated(self) -> Call:
        """Return the question that the task states."""
        return self._call("edge", self.args)

    def variant(self, rng: np.random.Generator) -> Call | None:
        """Return a hidden question of the same kind; None when there is no other one."""
        return self._call("variant", self.vary(rng)) if self.vary else None

    def _call(self, kind: Literal["edge", "variant"], args: tuple[Any, ...]) -> Call:
        ends = self.upto(*args) if self.upto else []
        upto = (ends,) if type(ends) is tuple else (*ends,)
        return Call(kind, self.name, args, self.slug, self.finite, upto)


def edge(
    name: str,
    slug: str,
    *args: Any,
    vary: Draw | None = None,
    upto: Callable[..., tuple[Any, ...] | list[tuple[Any, ...]]] | None = None,
    finite: str = "",
    holds: Callable[..., Any] | None = None,
) -> Edge:
    """Return an edge case that the task states, and the mistake of failing on it.

    `vary(rng)` draws other arguments of which its name is as true; None if there are none.
    """
    return Edge(name, slug, args, vary, upto, finite, holds)


def with_a_twin(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arguments in which two samples are the same: whoever counts them as one loses one."""
    twins = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
    for arg in twins:
        if isinstance(arg, np.ndarray):
            arg[1] = arg[0]
    return tuple(twins)


@dataclass(frozen=True)
class Task:
    """One function to write.

    `example` and `edges` are stated in the exercise; `draw(rng, n)` returns random arguments with
    n samples. Arrays are turned into lists for a task whose style is "loop". Where there is no
    `reference`, the program's own steps are right.
    """

    name: str
    example: tuple[Any, ...]
    edges: tuple[Edge, ...]
    draw: Callable[[np.random.Generator, int], tuple[Any, ...]]
    program: Program
    hints: tuple[str, str, str]
    reference: Callable[..., Any] | None = None
    style: Style = "either"
    tolerance: tuple[float, float] = (1e-9, 1e-12)
    """How far, relative and absolute, an answer may be off: rounding in float64 unless widened."""
    approximation: str = "imprecise"
    """The mistake of whoever is nearly right, to a few digits only."""
    invites: tuple[str, ...] = ()
    """Other tasks whose functions may be called here, in whatever style they are."""

    def right(self, *args: Any) -> Any:
        """Return the right answer to a question."""
        return self.reference(*args) if self.reference else self.program.run((), args)

    def calls(self, seed: int) -> list[Call]:
        """Return the questions for one student: what is stated, then what is hidden.

        The same seed gives the same questions, so that a regrade asks what was asked before.
        """
        rng = np.random.default_rng([seed, *self.name.encode()])
        # What may be shown comes first: no answer to it can then carry a hidden input out.
        calls = [Call("example", "the example", self.example)]
        calls += [edge.stated() for edge in self.edges]
        calls += [Call("random", f"{n} random samples", self.draw(rng, n)) for n in (5, 8)]
        calls += [Call("random", "500 random samples", with_a_twin(self.draw(rng, 500)))]
        calls += [variant for edge in self.edges if (variant := edge.variant(rng))]
        calls += [Call("again", "the example, asked again", self.example)]
        return [replace(call, args=tuple(map(self._given, call.args))) for call in calls]

    def _given(self, argument: Any) -> Any:
        """Return an argument as this task's students get it: a list, or an array of its own."""
        if not isinstance(argument, np.ndarray):
            return argument
        return argument.tolist() if self.style == "loop" else argument.copy()
