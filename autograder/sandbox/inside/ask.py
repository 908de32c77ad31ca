"""Ask a function one question; note all that happens: value, error, prints, changed arguments."""

from __future__ import annotations

import contextlib
import copy
import io
import linecache
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from .caps import MAX_TEXT


class Printed(io.StringIO):
    """A stdout that keeps the first characters, so many at the most, and drops the rest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def write(self, text: str) -> int:
        """Keep what still fits."""
        super().write(text[: max(0, self.most - self.tell())])
        return len(text)


def ask(
    function: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """Call `function` and return the fields of an Answer."""
    before = copy.deepcopy(args)
    printed = Printed(MAX_TEXT)
    answer: dict[str, Any] = {}

    def note(kind: str, _: int) -> None:
        """Note how and where numbers stop being finite, the first time."""
        if "message" not in answer:
            here = traceback.walk_stack(sys._getframe(1))
            frames = ((frame.f_code.co_filename, number) for frame, number in here)
            answer.update(message=kind, line=own_line(frames))

    notes = np.errstate(divide="call", invalid="call", over="call", under="ignore", call=note)
    try:
        with contextlib.redirect_stdout(printed), notes:
            value = function(*args, **keywords)
        answer |= {"value": value, "type": type(value).__name__}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a student's exit() must not end the notebook
        answer |= {
            "error": type(error).__name__,
            "message": str(error)[:MAX_TEXT],
            "line": own_line(raised_at(error)),
        }
    return answer | {"printed": printed.getvalue(), "changed": not alike(before, args)}


def raised_at(error: BaseException) -> Iterator[tuple[str, int]]:
    """Yield the files and lines that an error came through, the innermost first."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        yield frame.filename, frame.lineno or 0


def own_line(frames: Iterable[tuple[str, int]]) -> str:
    """Return the source of the first line that is the student's."""
    for filename, number in frames:
        line = linecache.getline(filename, number).strip()
        if line and "site-packages" not in filename and filename != __file__:
            return line[:200]
    return ""


def alike(before: Any, after: Any) -> bool:
    """Whether two arguments are the same to the last bit; NaN equals NaN."""
    if isinstance(before, np.ndarray):
        return (
            isinstance(after, np.ndarray)
            and before.shape == after.shape
            and before.dtype == after.dtype
            and before.tobytes() == after.tobytes()
        )
    if isinstance(before, (list, tuple)):
        return (
            type(before) is type(after)
            and len(before) == len(after)
            and all(map(alike, before, after))
        )
    return bool(type(before) is type(after) and (before == after or before != before)) or callable(
        before
    )
