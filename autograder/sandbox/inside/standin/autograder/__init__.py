"""What `import autograder` gives inside the sandbox: the names that a notebook uses, no secrets."""

from __future__ import annotations

from typing import Any


def check(function: Any, all: bool = False) -> None:
    """Say that grading has its own checks."""
    print("While your notebook is graded, the grader checks this function by itself.")


def _silent(*_: Any) -> None:
    """Show nothing: hints, quizzes and flashcards are for readers."""


hint = quiz = flashcards = load_tasks = _silent
