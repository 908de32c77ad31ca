"""The outputs of a graded notebook's cells, of known parts only, whoever says what is in them."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode, from_dict

from autograder.judge import without_magics
from autograder.sandbox.inside.caps import MAX_LINES, MAX_OUTPUT, MAX_TEXT

SHOWN = ("text/plain", "text/html", "text/latex", "text/markdown", "image/png", "image/svg+xml")
TEST_CELL = "<test cell>"
"""The file name under which a test cell is compiled."""


def printed(text: str, name: str = "stdout") -> NotebookNode:
    """Return what a cell printed as an output."""
    return output("stream", name=name, text=text)


def displayed(data: dict[str, str]) -> NotebookNode:
    """Return a display's data, by its kinds, as an output."""
    return output("display_data", data=data, metadata={})


def result(data: dict[str, str], metadata: dict[str, Any]) -> NotebookNode:
    """Return the value of a cell's last line as an output."""
    return output("execute_result", data=data, metadata=metadata, execution_count=None)


def error(name: str, message: str, lines: Iterable[str] = ()) -> NotebookNode:
    """Return an error as an output."""
    shown = [*lines, f"{name}: {message}"]
    return output("error", ename=name, evalue=message, traceback=shown)


def output(kind: str, **fields: Any) -> NotebookNode:
    """Return an output; nbformat's own function would check each against its schema."""
    return from_dict({"output_type": kind, **fields})


def cleaned(given: Any) -> NotebookNode | None:
    """Return an output of a student's process rebuilt from what may be shown, or None."""
    if isinstance(given, dict):  # a pattern compares, and comparing an array is an error
        given = {k: v for k, v in given.items() if isinstance(v, (str, list, dict))}
    match given:
        case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
            return printed(text, name)
        case {
            "output_type": "error",
            "ename": str(name),
            "evalue": str(text),
            "traceback": list(tb),
        }:
            lines = [line for line in tb[-MAX_LINES:] if isinstance(line, str)]
            return output("error", ename=name, evalue=text, traceback=lines)
        case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
            shown = {key: data[key] for key in SHOWN if isinstance(data.get(key), str)}
            return displayed(shown) if kind == "display_data" else result(shown, {})
    return None


def message(value: Any) -> str:
    """Return a text of a student's process, cut and without commands to a terminal."""
    return value[:MAX_TEXT].replace("\x1b", "\ufffd") if isinstance(value, str) else ""


def told(raised: BaseException, source: str) -> NotebookNode:
    """Return what a visible test raised, with its line: a student learns from that one."""
    line = raised_at(raised)
    where = [f"----> {source.splitlines()[line - 1].strip()}"] if line else []
    return error(type(raised).__name__, str(raised)[:MAX_OUTPUT], where)


def untold(raised: BaseException, source: str, hides: bool) -> NotebookNode:
    """Return what a test raised in the hidden pass: never what was compared.

    Where it `hides` something, that is the message of its `assert` as the author wrote it, unless
    it is put together while the test runs; elsewhere the same test has passed before.
    """
    if not hides:
        again = "this test passed, and failed when it was run again: does your code draw at random?"
        return error("Unsteady", again)
    line = raised_at(raised)
    tree = ast.parse(without_magics(source) if isinstance(raised, AssertionError) else "")
    written = [
        node.msg.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or 0)
        if isinstance(node.msg, ast.Constant)
    ]
    return error("HiddenTest", str(written[0]) if written else "a hidden test did not pass")


def raised_at(raised: BaseException) -> int:
    """Return the line of the test cell that raised an error, or 0."""
    frames = traceback.extract_tb(raised.__traceback__)
    numbers = [frame.lineno or 0 for frame in frames if frame.filename == TEST_CELL]
    return numbers[-1] if numbers else 0
