"""Answers and a task in, a verdict out. Pure: no input or output, and no student code runs here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from autograder.judge.compare import close, numbers
from autograder.judge.diagnose import diagnose
from autograder.judge.style import read_style, without_magics
from autograder.judge.verdict import Answer, Example, Finding, Row, Verdict
from autograder.tasks import Call, Task

__all__ = ["Answer", "Example", "Finding", "Row", "Verdict", "judge", "sentences", "without_magics"]

RAISED = {
    "NotImplementedError": "not-implemented",
    "NameError": "undefined-name",
    "UnboundLocalError": "undefined-name",
    "RecursionError": "recursion-depth",
    "SyntaxError": "syntax-error",
    "IndentationError": "syntax-error",
    "TimeoutError": "infinite-loop",
    "MissingFunction": "missing-function",
    "ProcessEnded": "ends-process",
}
NO_ANSWER = ("MissingFunction", "NotImplementedError", "SyntaxError", "IndentationError")
RETURNED = {"generator": "returns-generator", "tuple": "returns-tuple", "str": "returns-string"}


@cache
def sentences() -> dict[str, dict[str, str]]:
    """Return what each slug says to the student and the question that it asks."""
    return tomllib.loads((files(__package__) / "sentences.toml").read_text("utf-8"))


def finding(slug: str, detail: str = "") -> Finding:
    """Return the finding of a slug in words; `detail` says which one of its kind."""
    prose = sentences()[slug]
    return Finding(slug, prose["says"].format(detail=detail), prose["asks"])


def judge(
    task: Task, calls: Sequence[Call], answers: Sequence[Answer], cells: Iterable[str]
) -> Verdict:
    """Compare the answers with the reference, read the style, and name what went wrong.

    `cells` are the sources of the notebook's code cells, in order; `answers` belong to `calls`.
    """
    cells = list(cells)
    expected = [task.reference(*call.args, **call.keywords) for call in calls]
    right = [not a.error and close(a.value, e) for a, e in zip(answers, expected, strict=True)]
    values = all(ok for call, ok in zip(calls, right, strict=True) if call.kind != "edge")
    failed = [c for c, ok in zip(calls, right, strict=True) if c.kind == "edge" and not ok]
    changed = any(answer.changed for answer in answers)
    style = read_style(task.name, task.style, cells)
    findings: list[Finding] = []
    if not values:
        findings += behaviour(calls, answers, right) or pipeline(task, calls, answers)
    else:
        findings += [finding(call.slug) for call in failed]
    findings += [finding("mutates-input")] if changed else []
    findings += [finding(style)] if style and values else []
    return Verdict(
        task=task.name,
        rows=(
            Row("values", values, "as the reference" if values else said(calls, answers, right, cells)),
            edges_row(values, failed, changed),
            Row("style", (style is None) if values else None, ""),
        ),
        findings=tuple(findings),
        example=example(task, calls, answers, expected, right),
    )


def edges_row(values: bool, failed: Sequence[Call], changed: bool) -> Row:
    """Return the row of the edge cases that the task states, and of its inputs being left alone."""
    if not values:
        return Row("edges", None, "counts once the values are right")
    troubles = [call.name for call in failed] + (["your inputs are changed"] if changed else [])
    return Row("edges", not troubles, ", ".join(troubles))


def pipeline(task: Task, calls: Sequence[Call], answers: Sequence[Answer]) -> list[Finding]:
    """Return the findings for the wrong turns that give exactly these answers."""
    found = diagnose(task, calls, answers)
    return [finding(mistake.slug, mistake.detail) for taken in found for mistake in taken]


def behaviour(
    calls: Sequence[Call], answers: Sequence[Answer], right: Sequence[bool]
) -> list[Finding]:
    """Return what running the function shows, before any look at its numbers."""
    call, answer = first_wrong(calls, answers, right)
    example, again = right[0], right[-1]
    if answer.error in RAISED:
        return [finding(RAISED[answer.error], answer.message if visible(call) else "")]
    if answer.error:
        return []
    if answer.value is None and answer.type == "NoneType":
        return [finding("prints-not-returns" if answer.printed else "no-return")]
    if answer.type in RETURNED:
        return [finding(RETURNED[answer.type])]
    if constant(answers):
        return [finding("hard-coded-example" if example else "constant-answer")]
    if example and not again:
        return [finding("global-state")]
    return []


def constant(answers: Sequence[Answer]) -> bool:
    """Whether every call, whatever its inputs, got one and the same finite number."""
    arrays = [numbers(answer.value) for answer in answers]
    first = arrays[0]
    return first is not None and all(a is not None and np.array_equal(a, first) for a in arrays)


def visible(call: Call) -> bool:
    """Whether what was asked, and what came back, may be shown to the student."""
    return call.kind in ("example", "edge")


def first_wrong(
    calls: Sequence[Call], answers: Sequence[Answer], right: Sequence[bool]
) -> tuple[Call, Answer]:
    """Return the first call that decides the values and has a wrong answer."""
    return next(
        (call, answer)
        for call, answer, ok in zip(calls, answers, right, strict=True)
        if not ok and call.kind != "edge"
    )


def said(
    calls: Sequence[Call], answers: Sequence[Answer], right: Sequence[bool], cells: Sequence[str]
) -> str:
    """Say in one line how the values differ; nothing of a hidden call's answer is told."""
    call, answer = first_wrong(calls, answers, right)
    if not visible(call):
        problem = "an error" if answer.error else "a wrong number"
        return f"right on the example, but {problem} on {call.name}"
    if answer.error == "MissingFunction":
        return "the notebook has no such function"
    if not answer.error:
        return f"{show(answer.value)} on {call.name}"
    # The line comes from the student's process: it is shown only if the notebook has it.
    known = answer.line and any(answer.line in cell for cell in cells)
    return f"{answer.error}: {answer.message}" + (f", in `{answer.line}`" if known else "")


def example(
    task: Task,
    calls: Sequence[Call],
    answers: Sequence[Answer],
    expected: Sequence[Any],
    right: Sequence[bool],
) -> Example | None:
    """Return the first visible call that fails, or None."""
    for call, answer, value, ok in zip(calls, answers, expected, right, strict=True):
        if not ok and visible(call) and answer.error not in NO_ANSWER:
            given = ", ".join(map(show, call.args))
            keywords = "".join(f", {name}={show(v)}" for name, v in call.keywords.items())
            yours = f"{answer.error}: {answer.message}" if answer.error else show(answer.value)
            return Example(f"{task.name}({given}{keywords})", yours, show(value))
    return None


def show(value: Any, width: int = 80) -> str:
    """Return a value as a student would write it, numbers to six digits, cut to one short line."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=6, threshold=12, separator=", ")
        return " ".join(text.split())[:width]
    if isinstance(value, (list, tuple)):
        left, right = "[]" if isinstance(value, list) else "()"
        return f"{left}{', '.join(map(show, value))}{right}"[:width]
    return repr(value)[:width]
