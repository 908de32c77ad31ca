"""A loss that runs: rightly, with one mistake in it, or with two at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, product
from typing import Any, NamedTuple

import numpy as np

from autograder.tasks.derived import derive
from autograder.tasks.steps import OWN_NUMBER, Line, Mistake, Steps, Taken, function, given, rows
from autograder.tasks.words import WORDS

FAILURES = (ArithmeticError, ValueError, TypeError, IndexError, AttributeError)
"""What a wrong turn that leads to nowhere raises."""


class Block(NamedTuple):
    """A line that is compiled."""

    line: Line
    run: Callable[..., Any]


class Turn(NamedTuple):
    """A mistake that is compiled: by number, the blocks that it puts in place of others.

    `rest` runs all that depends on them, and returns the loss; it takes the values of `reads`.
    """

    blocks: Mapping[int, Block]
    reads: Sequence[str]
    rest: Callable[..., Any]


class State(NamedTuple):
    """What the steps came to, and the number of the line that failed (or of all, if none did).

    So many defaults, the first lines, do not count: these arguments were passed.
    """

    values: dict[str, Any]
    stop: int
    passed: int


class Alone(NamedTuple):
    """A mistake, what comes of it when it is made alone, and what decides with whom it pairs.

    It changes the lines from `first` to `last`; `steps` has a bit for each step that it rewrites,
    and one more where it is rare.
    """

    mistake: Mistake
    turn: Turn
    state: State
    first: int
    last: int
    steps: int


@dataclass(frozen=True)
class Program:
    """A loss in named steps, and the known mistakes in it.

    `given` are the arguments, as in a `def`; the last step is what the loss returns. The `table`
    has a row for each mistake, and `words` are functions that NumPy has not.

    >>> float(Program("t, p", "e = t - p; loss = sum(e * e)").run((), (np.ones(2), np.zeros(2))))
    2.0
    """

    given: str
    steps: str
    table: str = ""
    words: tuple[Callable[..., Any], ...] = ()

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The rows of the table."""
        return rows(self.table)

    @property
    def arguments(self) -> list[str]:
        """The names of the arguments, in order."""
        return self._source.arguments

    @property
    def names(self) -> list[str]:
        """The names of the steps."""
        return self._source.names

    def run(self, taken: Taken, args: tuple[Any, ...], number: float = np.nan) -> Any:
        """Return what the loss gives when these wrong turns are taken; None when it fails.

        The `number` is put into those that have one of the student's own.
        """
        blocks = dict[int, Block]()
        for mistake in taken:
            turn = self._turn(mistake)
            if not turn.blocks.keys().isdisjoint(blocks):  # two steps of one loop
                blocks = self._blocks_of(self._source.rewritten(taken))
                break
            blocks |= turn.blocks
        return self.result(self._run(self._start(args, number), blocks))

    def on(self, args: tuple[Any, ...]) -> Outcomes:
        """Return what the mistakes give on one question."""
        return Outcomes(self, args)

    def load(self) -> int:
        """Compile the steps and the rows, and return how many rows there are.

        ValueError says which of them cannot be.
        """
        return len(self._own)

    def state(self, args: tuple[Any, ...]) -> State:
        """Return what all steps come to, with no mistake in them."""
        return self._run(self._start(args), {})

    def alone(self, mistake: Mistake, right: State) -> Alone:
        """Return what a mistake comes to when it is made alone."""
        turn = self._turn(mistake)
        bits = sum(1 << self._source.number(step) for step, _ in mistake.rewrites)
        state = self._run(right, turn.blocks)
        return Alone(
            mistake, turn, state, min(turn.blocks), max(turn.blocks), 2 * bits + mistake.rare
        )

    def result(self, state: State) -> Any:
        """Return what the last step came to; None where one failed."""
        return state.values[self._source.last] if state.stop == self.size else None

    @cached_property
    def size(self) -> int:
        """How many lines there are."""
        return len(self._source.lines)

    @cached_property
    def derived(self) -> tuple[Mistake, ...]:
        """What can go wrong in any expression, found in the steps; none of it is an own row."""
        own = {mistake.rewrites for mistake in self.mistakes}
        found = {m.rewrites: m for m in derive(self._source) if m.rewrites not in own}
        return tuple(found.values())

    def _start(self, args: tuple[Any, ...], number: float = np.nan) -> State:
        """Return the arguments alone."""
        names, required = self._source.arguments, self._source.required
        values = {OWN_NUMBER: number, **dict(zip(names, args, strict=False))}
        values |= {given(name): value for name, value in values.items()}
        return State(values, 0, max(0, len(args) - required))

    def _run(self, before: State, blocks: Mapping[int, Block]) -> State:
        """Run on with these blocks: only what they touch, and what never came to a value."""
        values, touched = dict(before.values), set[str]()
        for number in range(min([before.stop, *blocks]), len(self._blocks)):
            line, run = blocks.get(number) or self._blocks[number]
            known = number < before.stop and number not in blocks
            if number < before.passed or (known and touched.isdisjoint(line.reads)):
                continue
            touched.update(line.writes)
            try:
                found = run(*[values[name] for name in line.reads])
            except FAILURES:
                return before._replace(values=values, stop=number)
            values.update(zip(line.writes, found if len(line.writes) > 1 else [found], strict=True))
        return before._replace(values=values, stop=len(self._blocks))

    @cached_property
    def _words(self) -> dict[str, Any]:
        return WORDS | {word.__name__: word for word in self.words}

    @cached_property
    def _source(self) -> Steps:
        return Steps(self.given, self.steps, self._words)

    @cached_property
    def _blocks(self) -> list[Block]:
        return list(self._blocks_of(dict(enumerate(self._source.lines))).values())

    @cached_property
    def _own(self) -> dict[Mistake, Turn]:
        return self._turns(self.mistakes)

    @cached_property
    def _found(self) -> dict[Mistake, Turn]:
        return {}

    @cached_property
    def _more(self) -> dict[Mistake, Turn]:
        return self._turns(self.derived)

    def _turn(self, mistake: Mistake) -> Turn:
        turn = self._own.get(mistake) or self._found.get(mistake) or self._more.get(mistake)
        if turn is None:  # a number of the student's own stands in it
            turn = self._found[mistake] = self._turns([mistake])[mistake]
        return turn

    def _turns(self, mistakes: Sequence[Mistake]) -> dict[Mistake, Turn]:
        """Compile mistakes, all at once: one by one takes five times as long."""
        changed = [self._source.rewritten((mistake,)) for mistake in mistakes]
        rests = [self._source.rest(lines) for lines in changed]
        sources = [
            line.function(f"at{place}_{n}")
            for place, lines in enumerate(changed)
            for n, line in lines.items()
        ]
        sources += [
            function(f"rest{place}", reads, lines, self._source.last)
            for place, (reads, lines) in enumerate(rests)
        ]
        made = self._compiled(sources)
        return {
            mistake: Turn(
                {n: Block(line, made[f"at{place}_{n}"]) for n, line in changed[place].items()},
                rests[place][0],
                made[f"rest{place}"],
            )
            for place, mistake in enumerate(mistakes)
        }

    def _blocks_of(self, lines: Mapping[int, Line]) -> dict[int, Block]:
        made = self._compiled([line.function(f"at{n}") for n, line in lines.items()])
        return {n: Block(line, made[f"at{n}"]) for n, line in lines.items()}

    def _compiled(self, sources: list[str]) -> dict[str, Any]:
        made = dict(self._words)
        exec(compile("\n".join(sources), "<steps>", "exec"), made)
        return made


class Outcomes:
    """What a program's mistakes give on one question; what one has come to is kept for the pairs.

    `derived` asks for those that nobody wrote down.
    """

    def __init__(self, program: Program, args: tuple[Any, ...]) -> None:
        self._program = program
        self._args = args
        self._right = program.state(args)

    def singles(self, derived: bool = False) -> Iterator[tuple[Taken, Any]]:
        """Yield every mistake, and what the loss gives when it is made alone."""
        for one in self._derived if derived else self._own:
            yield (one.mistake,), self._program.result(one.state)

    def pairs(self, derived: bool = False) -> Iterator[tuple[Taken, Any]]:
        """Yield every two mistakes that rewrite different steps, and what the loss gives then.

        Two rare ones at once explain nothing. Where `derived`, one of the two is derived, or both.
        What the mistake whose turn comes first makes of the steps before the other's is kept.
        """
        more = self._telling if derived else []
        with_more = chain(product(self._own, more), combinations(more, 2))
        for a, b in with_more if derived else combinations(self._own, 2):
            if not a.steps & b.steps:
                early, late = (a, b) if a.first < b.first else (b, a)
                yield (a.mistake, b.mistake), self._both(early, late)

    @cached_property
    def _own(self) -> list[Alone]:
        known = (mistake for mistake in self._program.mistakes if not mistake.open)
        return [self._program.alone(mistake, self._right) for mistake in known]

    @cached_property
    def _derived(self) -> list[Alone]:
        return [self._program.alone(mistake, self._right) for mistake in self._program.derived]

    @cached_property
    def _telling(self) -> list[Alone]:
        """The derived mistakes that give something else than all before them."""
        known = {told(self._program.result(one.state)) for one in self._own}
        known.add(told(self._program.result(self._right)))
        found = []
        for one in self._derived:
            if (value := told(self._program.result(one.state))) not in known:
                known.add(value)
                found.append(one)
        return found

    def _both(self, early: Alone, late: Alone) -> Any:
        """Return what the loss gives with two mistakes, from what the first makes of its steps."""
        values, stop, passed = early.state
        if early.last >= late.first or late.first < passed or stop < self._program.size:
            return self._program.run((early.mistake, late.mistake), self._args)
        try:
            return late.turn.rest(*[values[name] for name in late.turn.reads])
        except FAILURES:
            return None


def told(value: Any) -> object:
    """Return a value as a key by which equal ones are found, but for the last digits."""
    if value is None:
        return None
    array = np.asarray(value, dtype=np.float64)
    return array.shape, tuple(f"{number:.9g}" for number in array.flat)
