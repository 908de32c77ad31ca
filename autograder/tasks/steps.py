"""A loss as a short program of named steps, and a mistake as what it writes in place of some.

A program is lines `step = expression`, in Python and in NumPy's words without the `np.`; a loop is
an ordinary `for`. A mistake is one row of a table,

    slug: detail | step = expression; step = expression

with `rare` before the slug where it is seldom made beside another. A line that begins with a space
goes on with the one before; what follows a `#` is a comment.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from textwrap import dedent, indent
from typing import Any, NamedTuple

from autograder.tasks.words import WORDS

FAILURES = (ArithmeticError, ValueError, TypeError, IndexError)
"""What a wrong turn that leads to nowhere raises."""


@dataclass(frozen=True)
class Mistake:
    """One wrong turn: the slug that names it, which one of its kind, the steps it rewrites.

    A `rare` one explains nothing beside another rare one: that fits more often than it is made.
    """

    slug: str
    detail: str
    rewrites: Mapping[str, str]
    rare: bool = False


Taken = tuple[Mistake, ...]
"""Wrong turns that are taken at once."""


def rows(table: str) -> tuple[Mistake, ...]:
    """Read a table of mistakes.

    >>> rows("abs-missing | each = e")
    (Mistake(slug='abs-missing', detail='', rewrites={'each': 'e'}, rare=False),)
    """
    lines: list[str] = []
    for line in dedent(table).splitlines():
        told = line.partition("#")[0].rstrip()
        if told.startswith(" "):
            lines[-1] += told
        elif told:
            lines.append(told)
    return tuple(map(row, lines))


def row(line: str) -> Mistake:
    """Read one row; ValueError says what is wrong with it."""
    name, bar, program = line.partition(" | ")
    rare, _, named = name.strip().rpartition("rare ")
    slug, _, detail = named.partition(": ")
    rewrites = dict(map(written, program.split("; "))) if bar else {}
    if rare or not rewrites or " " in slug:
        raise ValueError(f"no mistake: {line}")
    return Mistake(slug, detail, rewrites, rare=name.strip() != named)


def written(assignment: str) -> tuple[str, str]:
    """Return the step's name and the expression of `step = expression`."""
    name, equals, expression = assignment.partition(" = ")
    if not equals:
        raise ValueError(f"no `step = expression`: {assignment}")
    return name.strip(), expression.strip()


@dataclass(frozen=True)
class Line:
    """A statement of a program: which values it reads and which it writes."""

    text: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    def function(self, name: str) -> str:
        """Return the source of a function from what it reads to what it writes."""
        return function(name, self.reads, [self.text], ", ".join(self.writes))


class Block(NamedTuple):
    """A line that is compiled."""

    line: Line
    run: Callable[..., Any]


class Turn(NamedTuple):
    """A mistake that is compiled: by number the blocks that it puts in place of others.

    `rest` runs all from the first of these on that depends on them, and returns the loss; it reads
    what is called `reads`.
    """

    blocks: Mapping[int, Block]
    first: int
    last: int
    reads: tuple[str, ...]
    rest: Callable[..., Any]


class State(NamedTuple):
    """What the steps came to, and the number of the line that failed (or of all, if none did).

    So many defaults, the first lines, do not count: these arguments were passed.
    """

    values: dict[str, Any]
    stop: int
    passed: int


@dataclass(frozen=True)
class Program:
    """A loss in named steps, and the known mistakes in it.

    `given` are the arguments, as in a `def`; a default is a step as well, which a mistake may
    rewrite. The last step is what the loss returns. `words` are functions that NumPy has not.
    Whatever does not compile, or uses a name that is not there, is a ValueError from `load`.
    """

    given: str
    steps: str
    mistakes: tuple[Mistake, ...] = ()
    words: tuple[Callable[..., Any], ...] = ()

    def run(self, taken: Taken, args: tuple[Any, ...]) -> Any:
        """Return what the loss gives when these wrong turns are taken; None when it fails."""
        blocks = dict[int, Block]()
        for mistake in taken:
            turn = self._turns[self.mistakes.index(mistake)]
            if not turn.blocks.keys().isdisjoint(blocks):  # two steps of one loop
                blocks = self._together(taken)
                break
            blocks |= turn.blocks
        return self._result(self._run(self._start(args), blocks))

    def singles(self, args: tuple[Any, ...]) -> Iterator[tuple[Taken, Any]]:
        """Yield every mistake, and what the loss gives when it is made alone."""
        right = self._run(self._start(args), {})
        for mistake, turn in zip(self.mistakes, self._turns, strict=True):
            yield (mistake,), self._result(self._run(right, turn.blocks))

    def pairs(self, args: tuple[Any, ...]) -> Iterator[tuple[Taken, Any]]:
        """Yield every two mistakes that rewrite different steps, and what the loss gives then.

        Two rare ones at once explain nothing. What the one whose turn comes first makes of the
        steps before the other's is kept.
        """
        right, whole = self._run(self._start(args), {}), len(self._lines)
        turns = self._turns
        alone = [self._run(right, turn.blocks) for turn in turns]
        for a, b in combinations(range(len(turns)), 2):
            one, other = self.mistakes[a], self.mistakes[b]
            if (one.rare and other.rare) or not one.rewrites.keys().isdisjoint(other.rewrites):
                continue
            early, late = (a, b) if turns[a].first < turns[b].first else (b, a)
            state, turn = alone[early], turns[late]
            if max(turns[early].last + 1, state.passed) > turn.first or state.stop < whole:
                yield (one, other), self.run((one, other), args)
                continue
            try:
                value = turn.rest(*[state.values[name] for name in turn.reads])
            except FAILURES:
                value = None
            yield (one, other), value

    def load(self) -> None:
        """Compile the steps and the rows; ValueError says which of them cannot be."""
        assert self._turns is not None

    def _start(self, args: tuple[Any, ...]) -> State:
        """Return the arguments alone."""
        names = [name for name, _ in self._arguments]
        required = len(names) - self._defaults
        return State(dict(zip(names, args, strict=False)), 0, max(0, len(args) - required))

    def _result(self, state: State) -> Any:
        (*_, last) = self._steps
        return state.values[last] if state.stop == len(self._lines) else None

    def _run(self, before: State, blocks: Mapping[int, Block]) -> State:
        """Run on with these blocks: only what they touch, and what never came to a value."""
        values, stop = dict(before.values), before.stop
        start = min(blocks, default=0)
        touched = set[str]()
        for number in range(min(start, stop), len(self._lines)):
            line, run = blocks.get(number) or self._blocks[number]
            if number < before.passed:
                continue
            if number < stop and number not in blocks and touched.isdisjoint(line.reads):
                continue
            touched.update(line.writes)
            try:
                found = run(*[values[name] for name in line.reads])
            except FAILURES:
                return State(values, number, before.passed)
            values.update(zip(line.writes, found if len(line.writes) > 1 else [found], strict=True))
        return State(values, len(self._lines), before.passed)

    @cached_property
    def _arguments(self) -> list[tuple[str, str]]:
        """The arguments' names, each with its default if it has one."""
        (function,) = ast.parse(f"def f({self.given}): 0").body
        assert isinstance(function, ast.FunctionDef)
        names = [argument.arg for argument in function.args.args]
        defaults = list(map(ast.unparse, function.args.defaults))
        return list(zip(names, [""] * (len(names) - len(defaults)) + defaults, strict=True))

    @cached_property
    def _defaults(self) -> int:
        return sum(bool(default) for _, default in self._arguments)

    @cached_property
    def _statements(self) -> list[ast.stmt]:
        defaults = [f"{name} = {default}" for name, default in self._arguments if default]
        return ast.parse("\n".join([*defaults, dedent(self.steps)])).body

    @cached_property
    def _steps(self) -> dict[str, int]:
        """In which statement each step is."""
        found: dict[str, int] = {}
        for number, statement in enumerate(self._statements):
            for name in steps_in(statement):
                if name in found:
                    raise ValueError(f"two steps are called {name}")
                found[name] = number
        return found

    @cached_property
    def _lines(self) -> list[Line]:
        return [self._line(number, {}) for number in range(len(self._statements))]

    @cached_property
    def _words(self) -> dict[str, Any]:
        own = {word.__name__: word for word in self.words}
        return {**WORDS, **own}

    @cached_property
    def _blocks(self) -> list[Block]:
        made = self._compiled([line.function(f"line{n}") for n, line in enumerate(self._lines)])
        return [Block(line, made[f"line{n}"]) for n, line in enumerate(self._lines)]

    @cached_property
    def _turns(self) -> list[Turn]:
        """All mistakes, compiled at once: one by one takes five times as long."""
        sources: list[str] = []
        found = []
        for place, mistake in enumerate(self.mistakes):
            lines = self._rewritten((mistake,))
            sources += [line.function(f"at{place}_{n}") for n, line in lines.items()]
            reads, rest = self._rest(lines)
            sources.append(function(f"rest{place}", reads, rest, [*self._steps][-1]))
            found.append((lines, reads))
        made = self._compiled(sources)
        return [
            Turn(
                {n: Block(line, made[f"at{place}_{n}"]) for n, line in lines.items()},
                min(lines), max(lines), reads, made[f"rest{place}"],
            )
            for place, (lines, reads) in enumerate(found)
        ]  # fmt: skip

    def _together(self, taken: Taken) -> dict[int, Block]:
        lines = self._rewritten(taken)
        made = self._compiled([line.function(f"at{n}") for n, line in lines.items()])
        return {n: Block(line, made[f"at{n}"]) for n, line in lines.items()}

    def _compiled(self, sources: list[str]) -> dict[str, Any]:
        made = dict(self._words)
        exec(compile("\n".join(sources), "<steps>", "exec"), made)
        return made

    def _rest(self, lines: Mapping[int, Line]) -> tuple[tuple[str, ...], list[str]]:
        """Return what must be read, and what must be run, for all that depends on these lines."""
        reads, touched, rest = dict[str, None](), set[str](), []
        for number in range(min(lines), len(self._lines)):
            line = lines.get(number) or self._lines[number]
            if number in lines or not touched.isdisjoint(line.reads):
                reads |= dict.fromkeys(name for name in line.reads if name not in touched)
                touched.update(line.writes)
                rest.append(line.text)
        last = [*self._steps][-1]
        return tuple(reads if last in touched else {**reads, last: None}), rest

    def _rewritten(self, taken: Taken) -> dict[int, Line]:
        rewrites = {name: how for mistake in taken for name, how in mistake.rewrites.items()}
        try:
            if unknown := rewrites.keys() - self._steps.keys():
                raise ValueError(f"there is no step {', '.join(unknown)}")
            numbers = sorted({self._steps[name] for name in rewrites})
            return {number: self._line(number, rewrites) for number in numbers}
        except (SyntaxError, ValueError) as problem:
            raise ValueError(f"{taken[0].slug} | {dict(rewrites)}: {problem}") from None

    def _line(self, number: int, rewrites: Mapping[str, str]) -> Line:
        """Return a statement, with some of its steps rewritten."""
        statement = self._statements[number]
        if isinstance(statement, ast.Assign):
            name = step_of(statement)
            text = f"{name} = {rewrites.get(name) or ast.unparse(statement.value)}"
        else:
            statement = copy.deepcopy(statement)
            for step in ast.walk(statement):
                if isinstance(step, ast.Assign) and (name := step_of(step)) in rewrites:
                    step.value = ast.parse(rewrites[name], mode="eval").body
            text = ast.unparse(statement)
        (statement,) = ast.parse(text).body
        known = {name for name, _ in self._arguments}
        known |= {name for name, place in self._steps.items() if place < number}
        used = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and loads(n)}
        unknown = used - known - self._words.keys()
        if unknown := unknown and unknown - bound_in(statement):
            raise ValueError(f"there is no {', '.join(sorted(unknown))} at this step")
        return Line(text, tuple(sorted(used & known)), tuple(steps_in(statement)))


def function(name: str, reads: Iterable[str], lines: list[str], value: str) -> str:
    """Return the source of a function."""
    body = indent("\n".join([*lines, f"return {value}"]), "    ")
    return f"def {name}({', '.join(reads)}):\n{body}"


def steps_in(statement: ast.stmt) -> list[str]:
    """Return the names of the steps in a statement."""
    return [step_of(part) for part in ast.walk(statement) if isinstance(part, ast.Assign)]


def step_of(assignment: ast.Assign) -> str:
    """Return the name of a step."""
    (target,) = assignment.targets
    if not isinstance(target, ast.Name):
        raise ValueError(f"a step has one name: {ast.unparse(assignment)}")
    return target.id


def bound_in(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds before it reads them: those of loops and lambdas.

    A loop may read its own steps too, in the next turn.
    """
    inside = statement.value if isinstance(statement, ast.Assign) else statement
    names = {n.id for n in ast.walk(inside) if isinstance(n, ast.Name) and not loads(n)}
    return names | {n.arg for n in ast.walk(inside) if isinstance(n, ast.arg)}


def loads(name: ast.Name) -> bool:
    """Whether a name is read where it stands."""
    return isinstance(name.ctx, ast.Load)
