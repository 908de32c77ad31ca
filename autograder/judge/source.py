"""What a function's source says, where its numbers leave a choice between mistakes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from types import NoneType

from autograder.judge.style import (
    LOOPS,
    bindings,
    called,
    parse,
    reading,
    without_magics,
    words,
)
from autograder.tasks import Task

SAME = {
    "amax": "max", "nanmax": "max", "amin": "min", "fmax": "maximum", "fmin": "minimum",
    "absolute": "abs", "fabs": "abs", "average": "mean", "nanmean": "mean", "nansum": "sum",
    "size": "shape", "len": "shape", "select": "where", "choose": "where", "add": "sum",
    "norm": "sqrt",
}  # fmt: skip
"""Functions and attributes that do what another one does."""


def seen(task: Task, cells: Iterable[str]) -> frozenset[str]:
    """Return what the function that a task asks for is written with, in words.

    Those are functions, attributes, numbers and names; `if`, `loop`, `+=`, `==`, `<` and `sqrt`;
    `half-open clip`, one to 0, 1 or None; `two <`, several comparisons;
    `second - first`, a difference of its arguments; `renamed`, where these stand in another order
    than the task's; and `first unused`, `second unused`.
    """
    nodes = reading(task.name, bindings(map(parse, cells))).nodes
    own = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == task.name]
    found = [*written(nodes), *(word for function in own for word in of_arguments(function, task))]
    return frozenset(found + ["two <"] * (found.count("<") > 1))


def written(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the words for what is written."""
    nodes = list(nodes)
    yield from (SAME.get(word, word) for word in words(nodes))
    for node in nodes:
        if isinstance(node, LOOPS):
            yield "loop"
        elif isinstance(node, (ast.If, ast.IfExp)):
            yield "if"
        elif isinstance(node, ast.AugAssign):
            yield "+="
        elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float, NoneType)):
            yield "None" if node.value is None else f"{node.value:g}"
        elif isinstance(node, ast.Call) and called(node) == "clip":
            if not {*map(ast.unparse, node.args[1:])}.isdisjoint(("0", "0.0", "1", "1.0", "None")):
                yield "half-open clip"
        elif isinstance(node, ast.Compare):
            yield "==" if isinstance(node.ops[0], (ast.Eq, ast.NotEq)) else "<"
        elif (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Pow)
            and ast.unparse(node.right) in ("0.5", "1 / 2")
        ):
            yield "sqrt"


def of_arguments(function: ast.FunctionDef, task: Task) -> Iterator[str]:
    """Yield the words for how the first two arguments are used."""
    names = [argument.arg for argument in function.args.args][:2]
    if len(names) < 2:
        return
    first, second = names
    asked = task.program.arguments[:2]
    if names != asked and sorted(names) == sorted(asked):
        yield "renamed"
    loaded = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    if first not in loaded:
        yield "first unused"
    if second not in loaded:
        yield "second unused"
    if f"{second} - {first}" in {ast.unparse(n) for n in ast.walk(function) if binary(n)}:
        yield "second - first"


def binary(node: ast.AST) -> bool:
    """Whether a node is one operation on two names."""
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.left, ast.Name)
        and isinstance(node.right, ast.Name)
    )


def written_wrongly(name: str, cells: Sequence[str]) -> bool:
    """Whether Python could not read the last cell that defines a function."""
    defines = re.compile(rf"^[ \t]*def[ \t]+{name}\b", re.MULTILINE)
    last = next((cell for cell in reversed(cells) if defines.search(cell)), "")
    if last.lstrip().startswith("%%"):
        return False
    for plain in (str, without_magics):  # a line may begin with % in Python too
        with suppress(SyntaxError, ValueError):
            ast.parse(plain(last))
            return False
    return True


def speaks(rule: str, words: frozenset[str]) -> int:
    """Return 1 if a source is written as a rule says, -1 if not, and 0 for no rule.

    A rule lists words that are there, several in a row joined by commas; one with a minus before
    it is not there, and of those joined by | one is enough.
    """
    if not rule:
        return 0
    return 1 if all(met(part.strip(), words) for part in rule.split(",")) else -1


def met(part: str, words: frozenset[str]) -> bool:
    """Whether one part of a rule is met."""
    absent = part.startswith("-")
    return any(word.strip() in words for word in part.removeprefix("-").split("|")) != absent
