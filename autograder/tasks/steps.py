"""The named steps of a loss, and the rows that rewrite some of them, as they are written.

Steps are lines `step = expression`, in Python and in NumPy's words without the `np.`; a loop is an
ordinary `for`. A mistake is one row of a table,

    slug: detail | step = expression; step = expression

with `rare` before the slug where it is seldom made beside another. A `?` is a number of the
student's own, which is found from their numbers; `{}` tells it in the detail. A line that begins
with a space goes on with the one before; what follows a `#` is a comment.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from textwrap import dedent, indent

from autograder.tasks.words import ATTRIBUTES

OWN_NUMBER = "own_number"
"""What is read where a row has a `?`."""


@dataclass(frozen=True)
class Mistake:
    """One wrong turn: the slug that names it, which one of its kind, the steps it rewrites.

    A `rare` one explains nothing beside another rare one: that fits more often than it is made.
    """

    slug: str
    detail: str
    rewrites: tuple[tuple[str, str], ...]
    rare: bool = False

    @property
    def open(self) -> bool:
        """Whether there is a number in it that is not known yet."""
        return any(OWN_NUMBER in expression for _, expression in self.rewrites)

    def at(self, number: float) -> Mistake:
        """Return the mistake with this number in it."""
        rewrites = ((step, text.replace(OWN_NUMBER, repr(number))) for step, text in self.rewrites)
        return Mistake(self.slug, self.detail.format(f"{number:g}"), tuple(rewrites), self.rare)


Taken = tuple[Mistake, ...]
"""Wrong turns that are taken at once."""


def rows(table: str) -> tuple[Mistake, ...]:
    """Read a table of mistakes.

    >>> rows("abs-missing | each = e")
    (Mistake(slug='abs-missing', detail='', rewrites=(('each', 'e'),), rare=False),)
    """
    return tuple(map(row, lines_of(table)))


def lines_of(table: str) -> list[str]:
    """Return the rows of a table as they are, without comments."""
    lines: list[str] = []
    for line in dedent(table).splitlines():
        told = line.partition("#")[0].rstrip()
        if told.startswith(" "):
            lines[-1] += told
        elif told:
            lines.append(told)
    return lines


def row(line: str) -> Mistake:
    """Read one row; ValueError says what is wrong with it."""
    name, bar, program = line.partition(" | ")
    slug, detail, rare = named(name)
    if not bar or " " in slug:
        raise ValueError(f"no mistake: {line}")
    return Mistake(slug, detail, tuple(map(written, program.split("; "))), rare)


def named(name: str) -> tuple[str, str, bool]:
    """Return what stands before the bar of a row: slug, detail, and whether it is rare."""
    slug, _, detail = name.strip().removeprefix("rare ").partition(": ")
    return slug, detail, name.startswith("rare ")


def written(assignment: str) -> tuple[str, str]:
    """Return the step's name and the expression of `step = expression`."""
    name, equals, expression = assignment.partition(" = ")
    if not equals:
        raise ValueError(f"no `step = expression`: {assignment}")
    return name.strip(), expression.strip().replace("?", OWN_NUMBER)


@dataclass(frozen=True)
class Line:
    """A statement: its text, the names that it reads, and the steps that it writes."""

    text: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    def function(self, name: str) -> str:
        """Return the source of a function from what it reads to what it writes."""
        return function(name, self.reads, [self.text], ", ".join(self.writes))


def function(name: str, reads: Collection[str], lines: Collection[str], value: str) -> str:
    """Return the source of a function."""
    body = indent("\n".join([*lines, f"return {value}"]), "    ")
    return f"def {name}({', '.join(reads)}):\n{body}"


class Steps:
    """The lines of a program, and what they become when some steps are rewritten.

    A default of an argument is a step as well; these come first. ValueError says which line or row
    cannot be: it does not compile, names no step, or reads what is not there yet.
    """

    def __init__(self, given: str, program: str, words: Collection[str]) -> None:
        (head,) = ast.parse(f"def f({given}): 0").body
        assert isinstance(head, ast.FunctionDef)
        self.arguments = [argument.arg for argument in head.args.args]
        self.required = len(self.arguments) - len(head.args.defaults)
        optional = zip(self.arguments[self.required :], head.args.defaults, strict=True)
        defaults = [f"{name} = {ast.unparse(default)}" for name, default in optional]
        self._words = set(words)
        self._statements = ast.parse("\n".join([*defaults, dedent(program)])).body
        self._places: dict[str, int] = {}
        for number, statement in enumerate(self._statements):
            for step in assignments(statement):
                if step_of(step) in self._places:
                    raise ValueError(f"two steps are called {step_of(step)}")
                self._places[step_of(step)] = number
        self.last = [*self._places][-1]
        self._numbers = {step: number for number, step in enumerate(self._places)}
        self.lines = [self._line(number, {}) for number in range(len(self._statements))]
        for name in set(self.arguments[: self.required]) & self._places.keys():
            if any(name in line.reads for line in self.lines[: self._places[name]]):
                raise ValueError(f"{name} is an argument, and then a step: call one otherwise")

    @property
    def names(self) -> list[str]:
        """The names of the steps, in order."""
        return [*self._places]

    def number(self, step: str) -> int:
        """Return which one a step is, of all."""
        return self._numbers[step]

    def rewritten(self, taken: Taken) -> dict[int, Line]:
        """Return the lines that mistakes change, by their numbers."""
        rewrites = dict(pair for mistake in taken for pair in mistake.rewrites)
        try:
            if unknown := rewrites.keys() - self._places.keys():
                raise ValueError(f"there is no step {', '.join(unknown)}")
            numbers = sorted({self._places[name] for name in rewrites})
            return {number: self._line(number, rewrites) for number in numbers}
        except (SyntaxError, ValueError) as problem:
            raise ValueError(f"{taken[0].slug} | {rewrites}: {problem}") from None

    def rest(self, changed: Mapping[int, Line]) -> tuple[list[str], list[str]]:
        """Return what must be read, and what must be run, for all that depends on these lines."""
        reads, touched, run = dict[str, None](), set[str](), []
        for number in range(min(changed), len(self.lines)):
            line = changed.get(number) or self.lines[number]
            if number in changed or not touched.isdisjoint(line.reads):
                reads |= dict.fromkeys(name for name in line.reads if name not in touched)
                touched.update(line.writes)
                run.append(line.text)
        return [*reads, *({self.last} - touched)], run

    def expressions(self) -> Iterator[tuple[str, str, set[str]]]:
        """Yield each step but the defaults: its name, its expression, and what that can read."""
        for number, statement in enumerate(self._statements):
            inside = [step_of(step) for step in assignments(statement)]
            for step in assignments(statement):
                if step_of(step) not in self.arguments[self.required :]:
                    own = set(inside) if len(inside) > 1 else set()
                    yield step_of(step), ast.unparse(step.value), self._known(number) | own

    def _known(self, number: int) -> set[str]:
        """Return the arguments, and the steps before a line."""
        before = {name for name, place in self._places.items() if place < number}
        return before.union(self.arguments, {OWN_NUMBER})

    def _line(self, number: int, rewrites: Mapping[str, str]) -> Line:
        """Return a line, with some of its steps rewritten."""
        statement = self._statements[number]
        if isinstance(statement, ast.Assign):
            name = step_of(statement)
            text = f"{name} = {rewrites.get(name) or ast.unparse(statement.value)}"
        else:
            statement = copy.deepcopy(statement)
            for step in assignments(statement):
                if (name := step_of(step)) in rewrites:
                    step.value = ast.parse(rewrites[name], mode="eval").body
            text = ast.unparse(statement)
        (statement,) = ast.parse(text).body
        known = self._known(number)
        used = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and loads(n)}
        after_dots = {n.attr for n in ast.walk(statement) if isinstance(n, ast.Attribute)}
        unknown = (used - known - self._words) | (after_dots - ATTRIBUTES)
        if unknown := unknown and unknown - bound_in(statement):
            raise ValueError(f"there is no {', '.join(sorted(unknown))} at this step")
        writes = tuple(step_of(step) for step in assignments(statement))
        reads = used & known
        for name in reads & set(writes):  # a loop goes on from an argument, and keeps it
            text = f"{name} = {given(name)}\n{text}"
            reads = reads - {name} | {given(name)}
        return Line(text, tuple(sorted(reads)), writes)


def given(name: str) -> str:
    """Return how an argument is called where a step of the same name takes its place."""
    return f"given_{name}"


def assignments(statement: ast.stmt) -> list[ast.Assign]:
    """Return the steps in a statement."""
    return [part for part in ast.walk(statement) if isinstance(part, ast.Assign)]


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
