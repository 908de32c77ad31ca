"""What running a function shows before any look at its numbers: errors, types, memory."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache

import numpy as np

from autograder.judge.compare import close, numbers
from autograder.judge.style import mentions
from autograder.judge.verdict import Answer, Asked
from autograder.tasks import Task

RAISED = {
    "NotImplementedError": "not-implemented",
    "NameError": "undefined-name",
    "UnboundLocalError": "no-value-yet",
    "RecursionError": "recursion-depth",
    "SyntaxError": "syntax-error",
    "IndentationError": "syntax-error",
    "TabError": "syntax-error",
    "TimeoutError": "infinite-loop",
    "MissingFunction": "missing-function",
    "ProcessEnded": "ends-process",
    "SystemExit": "ends-process",
}
"""Errors that are a mistake by their name."""

UNCALLED = (
    r"('|of type |not )(builtin_function_or_method|function|method|numpy\.(ufunc|_Array\w+))\b"
)
BUILTINS = r"(?<![\w.])(abs|all|any|float|int|len|list|max|min|pow|range|round|sorted|sum|zip)\("

PAIRS = r"^for .+,.+ in "
ROWS = r"expected 2, got 1\)|axis 1 is out of|array is 1-dimensional"
OWN_CALL = r"\(\) (takes|got|missing)|^(missing|got an unexpected|got multiple)"

TOLD = (
    ("zip-missing", r"to unpack|cannot unpack", PAIRS),
    ("expects-rows", ROWS, ""),
    ("expects-rows", r"tuple index out of range", r"\.shape"),
    ("append-returns-none", r"'NoneType' object has no attribute 'append'", ""),
    ("mask-one-side", r"boolean array indexing assignment", ""),
    ("number-wanted", r"cannot be interpreted as an integer|truth value|length-1", r"range\("),
    ("value-as-index", r"indices must be integers or slices, not float|arrays used as ind", ""),
    ("list-of-lists", r"list indices must be integers or slices, not tuple", ""),
    ("list-of-lists", r"real number, not list|supported between .*'list'|, not 'list'", ""),
    ("pair-as-number", r"operand .*'tuple'|real number, not tuple", ""),
    ("times-missing", r"object is not callable", r"(?<![\w.])\d[\d.]*\s*\(|\)\s*\("),
    ("hides-function", r"object is not callable", BUILTINS),
    ("times-missing", r"'(int|float|list|numpy\.\w+)' object is not callable", ""),
    ("not-called", UNCALLED, ""),
    ("builtin-max-on-array", r"truth value of an array", r"\b(max|min)\("),
    ("if-on-array", r"truth value of an array", ""),
    ("np-max-axis", r"integer scalar arrays|as an integer", r"np\.a?(max|min)\("),
    ("inner-call", r"integer scalar arrays|as an integer", r"np\.(mean|sum|average|median|std)\("),
    ("crash-on-array", r"only (length-1|size-1|0-dimensional) arrays|unhashable type: 'numpy", ""),
    ("crash-on-array", r"'(numpy\.)?ndarray' object has no attribute", ""),
    ("crash-on-list", r"for [-+*/]*: 'list' and|pow\(\): 'list'|: '(float|int)' and 'list'", ""),
    ("crash-on-list", r"'list' object has no attribute|operand type for .*: 'list'", ""),
    ("crash-on-list", r"list indices must be|multiply sequence by", ""),
    ("inner-call", OWN_CALL, ""),
    ("number-not-sequence", r"not iterable|of type '(int|float|numpy\.float64)' has no len", ""),
    ("number-not-sequence", r"'(int|float|numpy\.\w+)' object is not subscr|index to scalar", ""),
    ("index-too-large", r"(list|tuple|string) index out of range|out of bounds for axis", ""),
    ("caret-not-power", r"operand type\(s\) for \^|ufunc 'bitwise_xor'", ""),
    ("shapes-differ", r"broadcast together|inhomogeneous shape|not aligned|mismatch", ""),
    ("none-inside", r"unsupported operand type\(s\) for .*'NoneType'", ""),
    ("no-such-attribute", r"has no attribute", ""),
)
"""Errors that are a mistake by what they say, and by the line that raised them."""

SYMPTOMS = ("shapes-differ", "index-too-large")
"""Errors that only tell what a wrong turn led to."""

RETURNED = {
    "generator": "returns-generator",
    "map": "returns-generator",
    "filter": "returns-generator",
    "zip": "returns-generator",
    "str": "returns-string",
    "function": "returns-function",
    "builtin_function_or_method": "returns-function",
    "method": "returns-function",
}


NEARLY = 1e-3
"""How far, of the largest number expected, an approximation may be off."""


def behaviour(task: Task, asked: Sequence[Asked], cells: Iterable[str]) -> tuple[str, str] | None:
    """Return the slug of what running shows, and its detail; None when only numbers can tell."""
    first = next(one for one in asked if not one.right and one.call.row == "values")
    answer = first.answer
    if answer.error == "NotImplementedError" and left_in(task.name, cells):
        return "raise-left-in", ""
    if answer.error in RAISED:
        return undefined(answer, first.visible)
    if answer.error == "TypeError" and not fits_call(task, first, asked):
        return "signature", answer.message if first.visible else ""
    if answer.error:
        return raised(answer, first.visible)
    if answer.value is None and answer.type == "NoneType":
        return ("prints-not-returns" if answer.printed else "no-return"), ""
    if answer.type in RETURNED:
        return RETURNED[answer.type], ""
    if answer.type == "tuple" and numbers(task.right(*first.call.args)) is not None:
        return "returns-tuple", ""
    if numbers(answer.value) is None:
        return "not-a-number", answer.type
    if constant([one.answer for one in asked]):
        return ("hard-coded-example" if asked[0].right else "constant-answer"), ""
    if not close(asked[0].answer.value, asked[-1].answer.value):
        return ("random-output" if mentions(task.name, cells, "rand") else "global-state"), ""
    if answer.type == "float32":
        return "float32", ""
    return None


def left_in(name: str, cells: Iterable[str]) -> bool:
    """Whether a function's code is there, and the `raise` that it was handed out with as well."""
    found: list[ast.stmt] = []
    for cell in cells:
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            functions = [n for n in ast.parse(cell).body if isinstance(n, ast.FunctionDef)]
            found = next((f.body for f in reversed(functions) if f.name == name), found)
    raises = [n for n in found if isinstance(n, ast.Raise)]
    bare = (ast.Raise, ast.Pass, ast.Import, ast.ImportFrom)
    code = [
        n for n in found
        if not isinstance(n, bare)
        and not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
    ]  # fmt: skip
    return bool(raises and code)


def unexplained(task: Task, wrong: Sequence[Asked]) -> tuple[str, str]:
    """Return the slug of wrong answers that no known mistake gives, and its detail.

    They are errors, not finite or nearly right; or else there is nothing more to say.
    """
    first = wrong[0]
    if any(one.answer.message == "math domain error" for one in wrong):
        return "math-domain", ""
    if first.answer.error:
        return "stops-with-error", first.answer.error if first.visible else ""
    arrays = [a for one in wrong if (a := numbers(one.answer.value)) is not None]
    unknown = "no-known-mistake" if first.visible else "right-on-what-is-told"
    if len(arrays) < len(wrong):
        return unknown, ""
    if not any(np.isfinite(array).all() for array in arrays):
        nan = any(np.isnan(array).any() for array in arrays)
        return "not-finite", begun(wrong) or ("NaN (not a number)" if nan else "infinity")
    for one in wrong:
        expected = task.right(*one.call.args)
        if not close(one.answer.value, expected, (0, NEARLY * np.max(np.abs(expected)))):
            return unknown, ""
    return task.approximation, ""


def undefined(answer: Answer, visible: bool) -> tuple[str, str]:
    """Return the slug for an error by its name; a module's name is one that an import gives."""
    imported = answer.error == "NameError" and re.search(r"'(np|numpy|math)'", answer.message)
    slug = "import-missing" if imported else RAISED[answer.error]
    return slug, answer.message if visible else ""


def fits_call(task: Task, first: Asked, asked: Sequence[Asked]) -> bool:
    """Whether a function takes the arguments that it was called with, as far as can be seen.

    An error that is withheld has no words: then it is those calls that fail which pass more, or
    fewer, arguments than the others.
    """
    if first.answer.message:
        return not first.answer.message.startswith(f"{task.name}()")
    counts = {len(one.call.args) for one in asked if not one.answer.error}
    return not counts or len(first.call.args) in counts


def raised(answer: Answer, visible: bool) -> tuple[str, str] | None:
    """Return the slug for an error by what it says; a hidden question's words stay here."""
    slug = told(answer.message, answer.line)
    return (slug, answer.message if visible else "") if slug else None


@lru_cache(maxsize=1024)  # a student thinks of the messages
def told(message: str, line: str) -> str | None:
    """Return the slug for an error by its text and its line; None for one of arithmetic."""
    fits = (s for s, m, at in TOLD if re.search(m, message) and re.search(at, line))
    return next(fits, None)


BEGINS = (
    (r"divide by zero", r"log", "the logarithm of 0"),
    (r"invalid value", r"log", "the logarithm of a negative number, or 0 times infinity"),
    (r"invalid value", r"sqrt|\*\* *0?\.", "the root of a negative number"),
    (r"divide by zero", r"", "a division by 0"),
    (r"invalid value", r"", "0 / 0, or infinity less infinity"),
    (r"overflow", r"", "a number that is too large for a float, as exp(1000) is"),
)
"""What stops being a number, by what NumPy calls it and by the line."""


def begun(wrong: Sequence[Asked]) -> str:
    """Say with what, and in which line, numbers stop being finite; "" if nobody knows.

    It is known of questions that may be shown alone.
    """
    for one in wrong:
        for says, line, begins in BEGINS if one.visible and one.answer.message else ():
            if re.search(says, one.answer.message) and re.search(line, one.answer.line):
                nan = np.isnan(np.asarray(one.answer.value, dtype=float)).any()
                what = "NaN (not a number)" if nan else "infinity"
                return f"{what}; it begins with {begins}, in `{one.answer.line}`"
    return ""


def constant(answers: Sequence[Answer]) -> bool:
    """Whether every call, whatever its inputs, got one and the same finite number."""
    arrays = [numbers(answer.value) for answer in answers]
    first = arrays[0]
    if first is None or not first.size or not np.isfinite(first).all():
        return False
    return all(a is not None and np.array_equal(a, first) for a in arrays)
