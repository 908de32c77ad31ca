"""What a student sees in a notebook: the card of a check, hints, quiz, flashcards."""

from __future__ import annotations

import html
import json
import linecache
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the first check loads what judges: importing this package takes no time
    from autograder.judge import Answer, Verdict

graded_by: ContextVar[Callable[[object], float] | None] = ContextVar("graded_by", default=None)
"""While a submission is graded: what `check` hands its function to, in place of running it."""

SECONDS = 10.0
"""How long a question may take before `check` stops the function."""
MARKS = {True: ("✓", "passed"), False: ("✗", "not yet"), None: ("–", "not counted")}
HIDDEN = "Hidden inputs decide the grade; this check uses others of the same kind."


class CheckFailed(AssertionError):
    """A check that did not pass; in a notebook it shows as one line, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def check(function: object, all: bool = False) -> float | None:
    """Check your function and show what is right and what is not yet.

    Give it the function itself: `check(mse_loop)`. When something is not right yet, the cell stops
    with one line, so that nbgrader's Validate button sees it too. Where more than two mistakes
    would explain your numbers, `all=True` shows the rest of them.
    """
    grade = graded_by.get()
    if grade is not None:
        return grade(function)
    from autograder.judge import judge, written_wrongly
    from autograder.tasks import TASKS

    names = sys._getframe(1).f_globals
    if isinstance(function, str) and function in names:
        function = names[function]
    name = task_name(function, names)
    task = TASKS[name]
    cells = sources(function, names)
    if written_wrongly(name, cells):
        raise CheckFailed(
            f"Python could not read the last cell that defines {name}, so it still has what you "
            "wrote before. Mend that cell, run it, and then check again."
        ) from None
    calls = task.calls(seed=0)
    answers = answered(function, [call.args for call in calls])  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the judge's own arithmetic
        verdict = judge(task, calls, answers, cells)
    show(*card(verdict, all=all))
    if not verdict.passed:
        raise CheckFailed(f"{name} is not finished yet: {headline(verdict)}") from None
    return None


def answered(function: Callable[..., Any], questions: list[tuple[Any, ...]]) -> list[Answer]:
    """Return what a function answers; where one question takes too long, the rest is not asked."""
    from autograder.judge import Answer
    from autograder.sandbox.inside.ask import ask

    answers: list[Answer] = []
    for args in questions:
        if not answers or answers[-1].error != "TimeoutError":
            try:
                with limited(SECONDS):
                    answers.append(Answer(**ask(function, deepcopy(args), {})))
            except TimeoutError as late:  # it struck when the function was done
                answers.append(Answer(error="TimeoutError", message=str(late)))
        else:
            answers.append(answers[-1])
    return answers


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what takes longer, where the system offers a way."""

    def late(*_: object) -> None:
        raise TimeoutError(f"it took longer than {seconds:g} seconds")

    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


def task_name(function: object, names: dict[str, Any] | None = None) -> str:
    """Return the task that a function is for: a name it is bound to in the notebook, or its own."""
    from autograder.tasks import TASKS

    own = getattr(function, "__name__", str(function))
    bound = [name for name, value in (names or {}).items() if value is function and name in TASKS]
    if own in TASKS and (own in bound or not bound):
        return str(own)
    if bound:
        return bound[-1]
    if not callable(function) and not isinstance(function, str):
        raise CheckFailed(
            "check wants the function itself, without brackets behind its name: check(mse_loop)"
        ) from None
    raise CheckFailed(no_such_task(own)) from None


def no_such_task(name: str) -> str:
    """Say that there is no such task, and which may be meant."""
    from autograder.tasks import TASKS

    near = get_close_matches(name, TASKS, n=1)
    known = "checks and hints are for the functions that a cell of the exercise checks"
    which = f"did you mean {near[0]}?" if near else known
    return f"there is no task called {name!r}; {which}"


def sources(function: object, names: dict[str, Any]) -> list[str]:
    """Return the sources of the notebook that has these names, or of the function's own file.

    As they were written where that is kept: `In` holds what IPython made of a magic.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell and "In" in names and shell.user_ns.get("In") is names["In"]:
        return [str(cell) for cell in shell.history_manager.input_hist_raw]
    if "In" in names:
        return [str(cell) for cell in names["In"]]
    code = getattr(function, "__code__", None)
    return ["".join(linecache.getlines(code.co_filename))] if code else []


def headline(verdict: Verdict) -> str:
    """Return the one sentence that matters most."""
    if verdict.findings:
        return verdict.findings[0].says
    row = next(row for row in verdict.rows if not row.passed)
    return f"{row.name}: {row.says}"


def card(verdict: Verdict, graded: bool = False, all: bool = False) -> tuple[str, str]:
    """Return a verdict for reading, as HTML and as plain text; `all` tells every explanation."""
    state = "passed" if verdict.passed else "not finished yet"
    text, e = [f"{verdict.task}: {state}"], html.escape
    # Only tags that nbgrader's pages let through (no p, no table); styles they drop.
    page = [
        f'<div role="group" aria-label="Check of {e(verdict.task)}: {state}" '
        'style="border-left:4px solid;padding:.2em 1em;margin:.5em 0;max-width:46em">',
        f'<div style="margin-bottom:.5em"><strong>{e(verdict.task)}</strong>: {state}</div>',
    ]
    for row in verdict.rows:
        mark, word = MARKS[row.passed]
        said = f"{word}: {row.says}" if row.says else word
        text.append(f"  {mark} {row.name:<7}{said}")
        page.append(f"<div>{mark} <strong>{row.name}</strong> {e(said)}</div>")
    for finding in verdict.findings + (verdict.further if all else ()):
        text += ["", f"  {finding.says}", f"  {finding.asks}"]
        page.append(f'<div style="margin-top:.5em">{e(finding.says)}</div>')
        page.append(f"<div><em>{e(finding.asks)}</em></div>")
    if verdict.example:
        lines = [
            verdict.example.call,
            f"  yours     {verdict.example.yours}",
            f"  expected  {verdict.example.expected}",
            *["  step by step"] * bool(verdict.example.steps),
            *(f"    {name:<8}{value}" for name, value in verdict.example.steps),
        ]
        text += ["", *(f"  {line}" for line in lines)]
        page.append(
            '<pre style="font-family:monospace;margin-top:.5em;white-space:pre-wrap">'
            + e("\n".join(lines))
            + "</pre>"
        )
    if not graded:
        closing = HIDDEN if verdict.passed else f'Stuck? hint("{verdict.task}") has three steps.'
        if verdict.further and not all:
            closing += f" More explanations: check({verdict.task}, all=True)."
        text += ["", f"  {closing}"]
        page.append(f'<div style="margin-top:.5em"><small>{e(closing)}</small></div>')
    return "\n".join([*page, "</div>"]), "\n".join(text)


_hints_given: dict[str, int] = {}


def hint(task: object) -> None:
    """Show the next of a task's three hints: `hint("mse_loop")`; the function will do as well."""
    if graded_by.get() is not None:
        return
    from autograder.tasks import TASKS

    name = task if isinstance(task, str) else task_name(task)
    if name not in TASKS:
        raise CheckFailed(no_such_task(name))
    steps = TASKS[name].hints
    step = min(_hints_given.get(name, 0), len(steps) - 1)
    _hints_given[name] = step + 1
    print(f"Hint {step + 1} of {len(steps)}: {steps[step]}")


def show(page: str, text: str) -> None:
    """Display HTML where there is a notebook, and plain text elsewhere."""
    if "IPython" not in sys.modules:
        print(text)
        return
    from IPython.display import display

    display({"text/html": page, "text/plain": text}, raw=True)


RUN = "in Jupyter, run this cell to see them"


def quiz(lesson: str) -> None:
    """Show the quiz of a lesson; its questions are in `<lesson>.quiz.json` beside the notebook."""
    from autograder.review import quiz_page

    questions = json.loads(Path(f"{lesson}.quiz.json").read_text("utf-8"))
    show(quiz_page(f"Quiz of {lesson}", questions), f"{len(questions)} questions; {RUN}")


def flashcards(lesson: str) -> None:
    """Show the flashcards of a lesson; they are in `<lesson>.cards.json` beside the notebook."""
    from autograder.review import cards_page

    cards = json.loads(Path(f"{lesson}.cards.json").read_text("utf-8"))
    show(cards_page(f"Flashcards of {lesson}", cards), f"{len(cards)} flashcards; {RUN}")
