"""Mistakes that nobody wrote down: what can go wrong in any expression, found in a program's steps.

A row of `SLIPS` is `slug: detail | pattern -> what is written instead`. In a pattern `a`, `b`, `c`
and `x` stand for any expression, `n` for a number, `v` for a step or an argument, and `w`, on the
right, for each other one that is there by then. What they stood for may be told in the detail.
What they are called fits any task: one of an instructor's own may be about no errors at all.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from autograder.tasks.steps import Mistake, Steps, lines_of, named

SLIPS = """
sum-not-mean | mean(x) -> sum(x)
half-factor | mean(x) -> mean(x) / 2
divides-twice | mean(x) -> mean(x) / size(x)
n-minus-1 | mean(x) -> sum(x) / (size(x) - 1)
rare wrong-n | mean(x) -> sum(x) / (size(x) + 1)
rare wrong-n | mean(x) -> sum(x) * size(x)
per-sample-array | mean(x) -> x
early-return | mean(x) -> x[0]
early-return | mean(x) -> x[0] / size(x)
overwrites-accumulator | mean(x) -> x[-1]
overwrites-accumulator | mean(x) -> x[-1] / size(x)
off-by-one: the first | mean(x) -> sum(x[1:]) / size(x)
off-by-one: the last | mean(x) -> sum(x[:-1]) / size(x)
off-by-one: the first, and divides by n - 1 | mean(x) -> mean(x[1:])
off-by-one: the last, and divides by n - 1 | mean(x) -> mean(x[:-1])
rare wrong-start | mean(x) -> (sum(x) + 1) / size(x)
rare wrong-start | sum(x) -> sum(x) + 1
rare wrong-start | a @ b -> a @ b + 1
int-buffer | mean(x) -> mean(trunc(x))
other-function: the first one alone instead of a sum | sum(x) -> x[0]
other-function: the last one alone instead of a sum | sum(x) -> x[-1]
off-by-one: the first | sum(x) -> sum(x[1:])
off-by-one: the last | sum(x) -> sum(x[:-1])
other-function: the first product alone instead of a sum | a @ b -> a[0] * b[0]
other-function: the last product alone instead of a sum | a @ b -> a[-1] * b[-1]
off-by-one: the first | a @ b -> a[1:] @ b[1:]
off-by-one: the last | a @ b -> a[:-1] @ b[:-1]
other-function: the median instead of the mean | mean(x) -> median(x)
other-function: the largest instead of the mean | mean(x) -> max(x)
other-function: the mean instead of the sum | sum(x) -> mean(x)
other-function: the largest instead of the sum | sum(x) -> max(x)
other-function: the product instead of the sum | sum(x) -> prod(x)
other-function: the product of two sums instead of the sum of products | a @ b -> sum(a) * sum(b)
other-function: the sum of all instead of the sum of products | a @ b -> sum(a + b)
other-function: the mean of the products instead of their sum | a @ b -> mean(a * b)
other-function: the products, which are never added up | a @ b -> a * b
other-function: the sum of the sizes of the products | a @ b -> sum(abs(a * b))
other-function: the sum instead of the length | linalg.norm(x) -> sum(x)
other-function: the size of the sum instead of the length | linalg.norm(x) -> abs(sum(x))
other-function: the sum of the sizes instead of the length | linalg.norm(x) -> sum(abs(x))
left-out: the square root in a length | linalg.norm(x) -> x @ x
other-function: the largest size instead of the length | linalg.norm(x) -> max(abs(x))
other-function: how many there are instead of the length | linalg.norm(x) -> size(x)
rare other-function: the root of how many there are | linalg.norm(x) -> size(x) ** 0.5
other-function: the root of the mean square instead of the length
 | linalg.norm(x) -> sqrt(mean(x**2))
log-base-2 | log(x) -> log2(x)
log-base-10 | log(x) -> log10(x)
other-function: log(1 + x) instead of log(x) | log(x) -> log1p(x)
other-function: the larger instead of the smaller | minimum(a, b) -> maximum(a, b)
other-function: the smaller instead of the larger | maximum(a, b) -> minimum(a, b)
left-out: abs | abs(x) -> x
left-out: what is below zero | abs(x) -> maximum(x, 0)
left-out: what is above zero | abs(x) -> maximum(-x, 0)
left-out: the square root | sqrt(x) -> x
left-out: the logarithm | log(x) -> x
left-out: exp | exp(x) -> x
left-out: the square | x**2 -> x
other-function: the size instead of the square | x**2 -> abs(x)
other-function: the square instead of the size | abs(x) -> x**2
other-function: twice instead of the square | x**2 -> 2 * x
left-out: the lower bound | clip(x, a, b) -> minimum(x, b)
left-out: the upper bound | clip(x, a, b) -> maximum(x, a)
left-out: the clipping | clip(x, a, b) -> x
left-out: the bound | maximum(a, b) -> a
left-out: the bound | minimum(a, b) -> a
turned-round: which case is which | where(c, a, b) -> where(c, b, a)
left-out: one of two cases | where(c, a, b) -> a
left-out: one of two cases | where(c, a, b) -> b
left-out: one of two cases | where(c, a, b) -> where(c, a, 0)
left-out: one of two cases | where(c, a, b) -> where(c, 0, b)
wrong-condition | a <= b -> a > b
wrong-condition | a < b -> a > b
wrong-condition | a == b -> a != b
rare other-operator: + where − belongs | a - b -> a + b
rare other-operator: − where + belongs | a + b -> a - b
rare other-operator: · where + belongs | a + b -> a * b
rare other-operator: / where · belongs | a * b -> a / b
rare other-operator: + where · belongs | a * b -> a + b
rare other-operator: · where / belongs | a / b -> a * b
rare other-operator: − where / belongs | a / b -> a - b
turned-round: a difference | a - b -> b - a
rare turned-round: a quotient | a / b -> b / a
left-out: what is subtracted | a - b -> a
left-out: what something is subtracted from | a - b -> b
left-out: a part of a sum | a + b -> a
left-out: a part of a sum | a + b -> b
left-out: a factor | a * b -> a
left-out: a factor | a * b -> b
left-out: a division | a / b -> a
rare left-out: what is divided | a / b -> 1 / b
rare other-function: the mean of what is divided by | a / b -> a / mean(b)
rare bracket-misplaced | (a - b) / c -> a - b / c
rare bracket-misplaced | (a + b) / c -> a + b / c
rare bracket-misplaced | a / (b * c) -> a / b * c
rare bracket-misplaced | c * (a - b) -> c * a - b
rare bracket-misplaced | c * (a + b) -> c * a + b
left-out: a minus | -x -> x
left-out: the axis | x.sum(axis=n) -> sum(x)
left-out: the axis | x.mean(axis=n) -> mean(x)
other-function: the mean instead of the sum | x.sum(axis=n) -> x.mean(axis=n)
wrong-axis | x.sum(axis=n) -> x.sum(axis=0)
rare other-constant: {n} · 2 where {n} belongs | n -> n * 2
rare other-constant: {n} / 2 where {n} belongs | n -> n / 2
rare other-constant: {n} + 1 where {n} belongs | n -> n + 1
rare other-constant: 1 where {n} belongs | n -> 1
rare other-constant: 1 more in a logarithm | log(x) -> log(x + 1)
rare other-quantity: {w} where {v} belongs | v -> w
rare other-quantity: the first of {v} where all belong | v -> v[0]
"""
"""In one step."""

ACROSS = """
other-function: the quotient of two means instead of a mean of quotients
 | mean(a / b) -> mean(a) / mean(b)
other-function: the product of two means instead of a mean of products
 | mean(a * b) -> mean(a) * mean(b)
other-function: the size of the mean instead of the mean of the sizes
 | mean(abs(x)) -> abs(mean(x))
other-function: the square of the mean instead of the mean of the squares
 | mean(x**2) -> mean(x) ** 2
other-function: the logarithm of the mean instead of the mean of the logarithms
 | mean(log(x)) -> log(mean(x))
other-function: the mean of the roots instead of the root of the mean
 | sqrt(mean(x)) -> mean(sqrt(x))
other-function: the difference of the sizes instead of the size of the difference
 | abs(a - b) -> abs(a) - abs(b)
other-function: the difference of the squares instead of the square of the difference
 | (a - b) ** 2 -> a**2 - b**2
other-function: the sum of two sizes in place of one
 | abs(x) / abs(c) -> abs(x) / (abs(x) + abs(c))
rare bracket-misplaced | abs(a - b) / c -> abs(a - b / c)
rare bracket-misplaced | abs(a - b) / abs(c) -> abs(a - b / c)
rare bracket-misplaced | (a - b) / c -> a - b / c
"""
"""In a step and those that it reads, written as one expression."""

ENDS = """
minus-missing | x -> -x
sign-lost | x -> abs(x)
other-function: 1 minus it | x -> 1 - x
other-function: 100 minus it | x -> 100 - x
other-function: the root of it | x -> sqrt(x)
other-function: the square of it | x -> x**2
rare other-function: half of it | x -> x / 2
rare other-function: twice it | x -> x * 2
rare rounds-result: a whole number | x -> round(x, 0)
rare rounds-result: a whole number, always downwards | x -> floor(x)
rare rounds-result: 1 decimal | x -> round(x, 1)
rare rounds-result: 2 decimals | x -> round(x, 2)
rare rounds-result: 3 decimals | x -> round(x, 3)
rare rounds-result: 4 decimals | x -> round(x, 4)
rare rounds-result: 6 decimals | x -> round(x, 6)
rare times-hundred | x -> x * 100
rare other-function: a hundredth of it | x -> x / 100
float32 | x -> float64(float32(x))
"""
"""Of what is returned."""

ARGUMENTS = """
off-by-one: the first | v -> v[1:]
off-by-one: the last | v -> v[:-1]
early-return | v -> v[:1]
overwrites-accumulator | v -> v[-1:]
int-buffer | v -> trunc(v)
other-function: all numbers less their mean | v -> v - mean(v)
"""
"""Of every argument, wherever it is read."""

Found = Mapping[str, ast.expr]
ANY, NUMBER, QUANTITY, OTHER = set("abcx"), "n", "v", "w"


class Slip(NamedTuple):
    """A row: what it is called, and what it writes in place of what."""

    slug: str
    detail: str
    rare: bool
    pattern: ast.expr
    instead: ast.expr


@cache
def slips(table: str) -> tuple[Slip, ...]:
    """Read a table of slips."""
    found = []
    for line in lines_of(table):
        name, _, change = line.partition(" | ")
        pattern, _, instead = change.partition(" -> ")
        found.append(Slip(*named(name), expression(pattern), expression(instead)))
    return tuple(found)


def expression(source: str) -> ast.expr:
    """Return an expression as Python reads it."""
    return ast.parse(source, mode="eval").body


def derive(steps: Steps) -> Iterator[Mistake]:
    """Yield a mistake for each slip that fits a program, for each place in it."""
    inlined: dict[str, ast.expr] = {}
    for step, source, before in steps.expressions():
        whole = expression(source)
        found = [] if isinstance(whole, ast.Name) else list(within(SLIPS, whole, before))
        inlined[step] = put(inlined, whole)
        found += within(ACROSS, inlined[step], before)
        if step == steps.last:
            found += [(slip, slip.detail, put({"x": whole}, slip.instead)) for slip in slips(ENDS)]
        for slip, detail, changed in found:
            yield Mistake(slip.slug, detail, ((step, ast.unparse(changed)),), slip.rare)
    arguments = set(steps.arguments[: steps.required])
    for slip in slips(ARGUMENTS):
        sources = [(step, expression(source)) for step, source, _ in steps.expressions()]
        rewrites = tuple(
            (step, ast.unparse(everywhere(slip, source, arguments)))
            for step, source in sources
            if names_in(source) & arguments
        )
        yield Mistake(slip.slug, slip.detail, rewrites, slip.rare)


def within(table: str, whole: ast.expr, before: set[str]) -> Iterator[tuple[Slip, str, ast.expr]]:
    """Yield an expression with each slip in it, in one place and, if there are more, in all."""
    for slip in slips(table):
        places = list(changes(slip, whole, before))
        for detail, changed in places:
            yield slip, detail, changed
        if len(places) > 1 and OTHER not in names_in(slip.instead):
            yield slip, places[0][0], everywhere(slip, whole, before)


def everywhere(slip: Slip, node: ast.expr, names: set[str]) -> ast.expr:
    """Return an expression with a slip in every place that it fits, the inner ones first."""
    for field, value in ast.iter_fields(node):
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.expr) and field != "func":
                node = with_child(node, field, place, everywhere(slip, child, names))
    found: dict[str, ast.expr] = {}
    return put(found, slip.instead) if fits(slip.pattern, node, found, names) else node


def changes(slip: Slip, node: ast.expr, names: set[str]) -> Iterator[tuple[str, ast.expr]]:
    """Yield an expression with a slip in one place of it, for each place that it fits."""
    found: dict[str, ast.expr] = {}
    if fits(slip.pattern, node, found, names):
        others = names - {node.id} if isinstance(node, ast.Name) else set[str]()
        for other in sorted(others) if OTHER in names_in(slip.instead) else [""]:
            full = {**found, OTHER: ast.Name(other, ast.Load())}
            told = {name: ast.unparse(what) for name, what in full.items()}
            yield slip.detail.format(**told), put(full, slip.instead)
    for field, value in ast.iter_fields(node):
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.expr) and field != "func":
                for told_of, changed in changes(slip, child, names):
                    yield told_of, with_child(node, field, place, changed)


def with_child(node: ast.expr, field: str, place: int, child: ast.expr) -> ast.expr:
    """Return a node with one of its children replaced."""
    made, value = copy.copy(node), getattr(node, field)
    new = [*value[:place], child, *value[place + 1 :]] if isinstance(value, list) else child
    setattr(made, field, new)
    return made


def fits(pattern: ast.AST, node: object, found: dict[str, ast.expr], names: set[str]) -> bool:
    """Whether an expression is as a pattern says; `found` gets what its letters stand for."""
    if isinstance(pattern, ast.Name) and isinstance(node, ast.expr):
        letter = pattern.id
        if (
            letter in ANY
            or (letter == NUMBER and is_number(node))
            or (letter == QUANTITY and isinstance(node, ast.Name) and node.id in names)
        ):
            found[letter] = node
            return True
    if type(pattern) is not type(node):
        return False
    for field, value in ast.iter_fields(pattern):
        other = getattr(node, field, None)
        if isinstance(value, list):
            if not isinstance(other, list) or len(value) != len(other):
                return False
            if not all(fits(one, two, found, names) for one, two in zip(value, other, strict=True)):
                return False
        elif isinstance(value, ast.AST):
            if not fits(value, other, found, names):
                return False
        elif field not in ("ctx", "kind") and value != other:
            return False
    return True


def is_number(node: ast.expr) -> bool:
    """Whether an expression is a number as it stands."""
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float))


def names_in(node: ast.expr) -> set[str]:
    """Return the names in an expression."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


class Put(ast.NodeTransformer):
    """Put expressions in the place of the letters that stand for them."""

    def __init__(self, found: Found) -> None:
        self.found = found

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a letter."""
        return self.found.get(node.id, node)


def put(found: Found, instead: ast.expr) -> ast.expr:
    """Return what is written instead, with what the letters stood for."""
    made = Put(found).visit(copy.deepcopy(instead))
    assert isinstance(made, ast.expr)
    return made
